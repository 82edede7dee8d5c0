//! The run cannot go on: what happened, and what is safe.

use yew::{Html, Properties, component, html};

use super::Dialog;
use crate::actions::Act;
use crate::app::Dispatch;
use crate::words::Lang;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub reason: String,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

#[component]
pub fn BrokenDialog(props: &Props) -> Html {
    let m = props.lang.messages();
    let act = |act: Act| {
        let dispatch = props.dispatch.clone();
        move |_| {
            dispatch.act(|lab| lab.dialog = None);
            dispatch.perform(act);
        }
    };
    html! {
        <Dialog title={m.broken_title} lang={props.lang} dispatch={props.dispatch.clone()}>
            <p class="dialog-error" role="alert">{ &props.reason }</p>
            <p>{ m.broken_text }</p>
            <div class="dialog-actions">
                <span class="grow"></span>
                <button class="button framed" onclick={act(Act::Share)}>{ Act::Share.label(props.lang) }</button>
                <button class="button framed" onclick={act(Act::Undo)}>{ Act::Undo.label(props.lang) }</button>
                <button class="button primary" onclick={act(Act::Reset)}>{ Act::Reset.label(props.lang) }</button>
            </div>
        </Dialog>
    }
}
