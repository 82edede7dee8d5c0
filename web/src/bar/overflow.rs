//! What is needed seldom, in a menu at the end of the bar.

use web_sys::KeyboardEvent;
use yew::{Html, Properties, component, html, use_state};

use crate::app::Dispatch;
use crate::canvas::icon::Icon;
use crate::state::actions::{Key, action};
use crate::words::Lang;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lang: Lang,
    pub dispatch: Dispatch,
}

const LINES: &[&str] = &["new", "open", "starter", "before", "save", "", "embed", "limits", "help", "theme"];

#[component]
pub fn Overflow(props: &Props) -> Html {
    let open = use_state(|| false);
    let m = props.lang.messages();
    let toggle = {
        let open = open.clone();
        move |_| open.set(!*open)
    };
    let escape = {
        let open = open.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                open.set(false);
            }
        }
    };
    let line = |id: &&'static str| {
        if *id == "before" && crate::state::storage::work_before().is_none() {
            return html! {};
        }
        let Some(action) = action(id) else { return html! { <hr /> } };
        let (open, dispatch, id) = (open.clone(), props.dispatch.clone(), action.id);
        let onclick = move |_| {
            open.set(false);
            dispatch.perform(id);
        };
        html! {
            <button class="menu-item" role="menuitem" data-action={id} {onclick}>
                <span>{ (action.label)(m) }</span><span>{ action.keys.first().map(Key::shown) }</span>
            </button>
        }
    };
    let away = {
        let open = open.clone();
        move |_| open.set(false)
    };
    html! {
        <span class="overflow" onkeydown={escape}>
            <button class="button icon-only" title={m.more} aria-label={m.more} aria-haspopup="menu"
                aria-expanded={open.to_string()} data-testid="more" onclick={toggle}><Icon name="more" /></button>
            if *open {
                <div class="menu-veil" onclick={away}></div>
                <div class="menu overflow-menu" role="menu" aria-label={m.more}>{ for LINES.iter().map(line) }</div>
            }
        </span>
    }
}
