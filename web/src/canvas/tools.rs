//! Zoom buttons in the corner of the canvas.

use yew::{Html, Properties, component, html};

use super::icon::Icon;
use crate::app::Dispatch;
use crate::words::{Lang, format};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub zoom: f64,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

#[component]
pub fn Tools(props: &Props) -> Html {
    let m = props.lang.messages();
    let button = |id: &'static str, icon: &'static str, label: &'static str| {
        let dispatch = props.dispatch.clone();
        html! {
            <button class="button icon-only" title={label} aria-label={label} onclick={move |_| dispatch.perform(id)}>
                <Icon name={icon} />
            </button>
        }
    };
    let reset = {
        let dispatch = props.dispatch.clone();
        move |_| dispatch.perform("zoom-reset")
    };
    html! {
        <div class="canvas-tools">
            { button("zoom-out", "minus", m.zoom_out) }
            <button class="button zoom-level" title={m.zoom_reset} onclick={reset}>{ format::share(props.zoom) }</button>
            { button("zoom-in", "plus", m.zoom_in) }
            { button("fit", "fit", m.fit) }
        </div>
    }
}
