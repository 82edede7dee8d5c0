//! The lab in sentences: read aloud when it opens, and there to be read.

use yew::{Html, Properties, component, html};

use super::Dialog;
use crate::actions::Act;
use crate::app::Dispatch;
use crate::words::Lang;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lines: Vec<String>,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

#[component]
pub fn SummaryDialog(props: &Props) -> Html {
    html! {
        <Dialog title={Act::Summary.label(props.lang)} lang={props.lang} dispatch={props.dispatch.clone()}>
            <div class="prose" tabindex="0" role="group" aria-label={Act::Summary.label(props.lang)} data-first="true" data-testid="summary">
                { for props.lines.iter().map(|line| html! { <p>{ line }</p> }) }
            </div>
        </Dialog>
    }
}
