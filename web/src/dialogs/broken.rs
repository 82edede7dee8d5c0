//! The run cannot go on: what happened, and what is safe.

use yew::{Html, Properties, component, html};

use super::Dialog;
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
    let act = |id: &'static str| {
        let dispatch = props.dispatch.clone();
        move |_| {
            dispatch.act(|lab| lab.dialog = None);
            dispatch.perform(id);
        }
    };
    html! {
        <Dialog title={m.broken_title} lang={props.lang} dispatch={props.dispatch.clone()}>
            <p class="dialog-error" role="alert">{ &props.reason }</p>
            <p>{ m.broken_text }</p>
            <div class="dialog-actions">
                <span class="grow"></span>
                <button class="button framed" onclick={act("share")}>{ m.share }</button>
                <button class="button framed" onclick={act("undo")}>{ m.undo }</button>
                <button class="button primary" onclick={act("reset")}>{ m.reset }</button>
            </div>
        </Dialog>
    }
}
