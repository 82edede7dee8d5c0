//! What is simulated exactly, what is a model, and what is not simulated.

use yew::{Html, Properties, component, html};

use super::Dialog;
use crate::actions::Act;
use crate::app::Dispatch;
use crate::words::Lang;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lang: Lang,
    pub dispatch: Dispatch,
}

#[component]
pub fn LimitsDialog(props: &Props) -> Html {
    let text = &props.lang.messages().limits_text;
    let list = |title: &'static str, lines: &'static [&'static str]| {
        html! {
            <>
                <h3>{ title }</h3>
                <ul class="prose">{ for lines.iter().map(|line| html! { <li>{ *line }</li> }) }</ul>
            </>
        }
    };
    html! {
        <Dialog title={Act::Limits.label(props.lang)} wide=true lang={props.lang} dispatch={props.dispatch.clone()}>
            <div class="reading" tabindex="0" role="group" aria-label={Act::Limits.label(props.lang)} data-first="true">
            <p>{ text.opening }</p>
            { list(text.exact_title, text.exact) }
            { list(text.model_title, text.model) }
            { list(text.missing_title, text.missing) }
            { list(text.reading_title, text.reading) }
            </div>
        </Dialog>
    }
}
