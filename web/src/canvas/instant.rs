//! The instant of the cursor on the canvas, beside the instant that the canvas shows.

use brownout_sim::param::Words;
use yew::{Component, Context, Html, Properties, html};

use crate::state::{Following, Live};
use crate::words::{Lang, format};

const CURSOR: Words = Words::new("Cursor", "커서");
const SHOWN: Words = Words::new("canvas", "캔버스");

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub live: Live,
    pub lang: Lang,
}

pub struct Instant {
    _following: Following,
}

impl Component for Instant {
    type Message = ();
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let moved = context.link().callback(|_| ());
        Self { _following: context.props().live.cursor().follow(move |at| moved.emit(at)) }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let Props { live, lang } = context.props();
        let Some(at) = live.cursor().at() else { return html! {} };
        let now = live.last().map_or(0, |frame| frame.now);
        html! {
            <p class="instant" data-testid="canvas-cursor" data-ns={at.to_string()}>
                <b>{ lang.of(CURSOR) }{ " " }{ format::clock(at) }</b>{ " · " }{ lang.of(SHOWN) }{ " " }{ format::clock(now) }
            </p>
        }
    }
}
