//! Open a link or a file; what cannot be opened is told in a sentence, and nothing else changes.

use web_sys::{Event, HtmlInputElement, HtmlTextAreaElement, InputEvent};
use yew::{Html, Properties, TargetCast, component, html, use_state};

use super::{Dialog, files};
use crate::actions::Act;
use crate::app::Dispatch;
use crate::words::Lang;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub text: String,
    pub error: Option<String>,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

#[component]
pub fn OpenDialog(props: &Props) -> Html {
    let m = props.lang.messages();
    let text = use_state(|| props.text.clone());
    let typed = {
        let text = text.clone();
        move |event: InputEvent| text.set(event.target_unchecked_into::<HtmlTextAreaElement>().value())
    };
    let open = {
        let (text, dispatch) = (text.clone(), props.dispatch.clone());
        move |_| {
            let text = (*text).clone();
            dispatch.act(move |lab| lab.open_text(&text));
        }
    };
    let chosen = {
        let dispatch = props.dispatch.clone();
        move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
            files::open(&file, dispatch.clone());
        }
    };
    html! {
        <Dialog title={Act::Open.label(props.lang)} lang={props.lang} dispatch={props.dispatch.clone()}>
            <p class="dim">{ m.open_help }</p>
            if let Some(error) = &props.error {
                <div class="dialog-error" role="alert" data-testid="open-error">
                    <p><strong>{ m.open_refused }</strong></p>
                    <p>{ error }</p>
                    <p class="dim">{ m.open_kept }</p>
                </div>
            }
            <textarea class="input" data-first="true" data-testid="open-text" aria-label={m.open_paste} placeholder={m.open_paste}
                spellcheck="false" value={(*text).clone()} oninput={typed} />
            <div class="dialog-actions">
                <label class="button framed file-button">
                    { m.choose_file }
                    <input class="visually-hidden" type="file" accept=".json,.svg,.png,application/json,text/plain" data-testid="open-file" onchange={chosen} />
                </label>
                <span class="grow"></span>
                <button class="button primary" data-testid="open-go" disabled={text.trim().is_empty()} onclick={open}>{ Act::Open.label(props.lang) }</button>
            </div>
        </Dialog>
    }
}
