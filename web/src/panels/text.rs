//! A value written as the document writes it: for lists, which no slider and no number can show.

use brownout_scenario::params::{text_of, value_of};
use brownout_sim::param::{Domain, Value};
use web_sys::{Event, HtmlTextAreaElement};
use yew::{Callback, Component, Context, Html, Properties, TargetCast, html};

use super::field::Given;
use crate::words::Lang;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub value: Value,
    pub domain: Domain,
    pub label: &'static str,
    pub help: &'static str,
    pub name: &'static str,
    pub lang: Lang,
    pub disabled: bool,
    pub on_change: Callback<Given>,
}

/// What was typed and not taken, and why.
pub struct TextRow(Option<(String, String)>);

impl Component for TextRow {
    type Message = String;
    type Properties = Props;

    fn create(_context: &Context<Self>) -> Self {
        Self(None)
    }

    fn changed(&mut self, _context: &Context<Self>, _before: &Props) -> bool {
        self.0 = None;
        true
    }

    fn update(&mut self, context: &Context<Self>, typed: String) -> bool {
        let props = context.props();
        self.0 = match value_of(&typed, &props.domain) {
            Ok(value) => {
                props.on_change.emit((value, None));
                None
            }
            Err(error) => Some((typed, props.lang.sentence(&error))),
        };
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        let typed = context
            .link()
            .callback(|event: Event| event.target_unchecked_into::<HtmlTextAreaElement>().value());
        let (shown, refused) = match &self.0 {
            Some((typed, sentence)) => (typed.clone(), Some(sentence.clone())),
            None => (text_of(&props.value), None),
        };
        let error = format!("error-{}", props.name);
        html! {
            <div class="row">
                <label title={props.help}>
                    <span class="row-label">{ props.label }</span>
                    <textarea class="input" rows="3" spellcheck="false" value={shown} disabled={props.disabled}
                        aria-invalid={refused.is_some().then_some("true")}
                        aria-describedby={refused.is_some().then(|| error.clone())} onchange={typed} data-param={props.name} />
                </label>
                if let Some(sentence) = refused { <p id={error} class="row-error" role="alert">{ sentence }</p> }
            </div>
        }
    }
}
