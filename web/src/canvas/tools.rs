//! Zoom buttons in the corner of the canvas, and what it says while it is empty.

use yew::{Html, Properties, component, html};

use super::icon::Icon;
use crate::actions::Act;
use crate::app::Dispatch;
use crate::state::Lab;
use crate::words::{Lang, Messages, format};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub zoom: f64,
    /// The page is made for projectors.
    pub presenter: bool,
    /// Nothing can be changed until the visitor says so.
    pub view_only: bool,
    /// A drag of the empty canvas selects an area.
    pub selecting: bool,
    pub editable: bool,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

/// What an empty canvas says: where the parts are, or how to see them. Which of the two, the style sheet decides.
pub fn empty(m: &Messages, dispatch: &Dispatch) -> Html {
    let dispatch = dispatch.clone();
    html! {
        <div class="canvas-empty">
            <h2>{ m.empty_title }</h2>
            <p class="empty-beside">{ m.empty_text }</p>
            <div class="empty-hidden">
                <p>{ m.empty_hidden }</p>
                <button class="button framed" data-testid="show-parts" onclick={move |_| dispatch.act(Lab::show_palette)}>{ m.empty_show }</button>
            </div>
        </div>
    }
}

#[component]
pub fn Tools(props: &Props) -> Html {
    let lang = props.lang;
    let button = |act: Act| {
        let dispatch = props.dispatch.clone();
        html! {
            <button class="button icon-only" title={act.tip(lang)} aria-label={act.label(lang)} data-action={act.entry().id}
                onclick={move |_| dispatch.perform(act)}><Icon name={act.entry().icon} /></button>
        }
    };
    let reset = {
        let dispatch = props.dispatch.clone();
        move |_| dispatch.perform(Act::ZoomReset)
    };
    let mode = Act::SelectMode;
    let select = {
        let dispatch = props.dispatch.clone();
        move |_| dispatch.perform(mode)
    };
    let edit = {
        let dispatch = props.dispatch.clone();
        move |_| dispatch.perform(Act::ViewOnly)
    };
    html! {
        <div class="canvas-tools">
            if props.editable {
                <button class="button icon-only" title={mode.tip(lang)} aria-label={mode.label(lang)} aria-pressed={props.selecting.to_string()}
                    data-action={mode.entry().id} onclick={select}><Icon name={mode.entry().icon} /></button>
                <span class="separator"></span>
            }
            { button(Act::ZoomOut) }
            <button class="button zoom-level" title={Act::ZoomReset.tip(lang)} onclick={reset}>{ format::share(props.zoom) }</button>
            { button(Act::ZoomIn) }
            { button(Act::Fit) }
            if props.view_only {
                <span class="separator"></span>
                <button class="button icon-only" title={Act::ViewOnly.tip(lang)} aria-label={Act::ViewOnly.label(lang)} aria-pressed="true"
                    data-action={Act::ViewOnly.entry().id} onclick={edit}><Icon name="lock" /></button>
            }
            if props.presenter {
                <span class="separator"></span>
                { button(Act::Presenter) }
            }
        </div>
    }
}
