//! What became of the requests so far, at the corner of the canvas. Written straight into the page.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::Element;
use yew::{Component, Context, Html, NodeRef, Properties, html};

use crate::state::{Live, Subscription};
use crate::words::{Lang, format};
use crate::worker::Frame;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub live: Live,
    pub lang: Lang,
}

const FIGURES: usize = 5;

#[derive(Default)]
struct Board {
    nodes: [NodeRef; FIGURES],
    failed: NodeRef,
    shown: RefCell<[String; FIGURES]>,
}

pub struct Scoreboard {
    board: Rc<Board>,
    subscription: Option<Subscription>,
}

impl Component for Scoreboard {
    type Message = ();
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self { board: Rc::default(), subscription: None }
    }

    fn changed(&mut self, _: &Context<Self>, _: &Props) -> bool {
        self.subscription = None;
        true
    }

    fn rendered(&mut self, context: &Context<Self>, _: bool) {
        if self.subscription.is_some() {
            return;
        }
        let (live, lang) = (context.props().live.clone(), context.props().lang);
        *self.board.shown.borrow_mut() = <[String; FIGURES]>::default();
        let board = self.board.clone();
        let goodput = live.clone();
        let write = move |frame: &Rc<Frame>| board.write(frame, last_goodput(&goodput), lang);
        if let Some(frame) = live.last() {
            write(&frame);
        }
        self.subscription = Some(live.subscribe_calmly(write));
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let m = context.props().lang.messages();
        let [answered, failed, in_flight, goodput, cost] = &self.board.nodes;
        html! {
            <dl class="scoreboard" aria-label={m.scoreboard}>
                <div><dt>{ m.answered }</dt><dd ref={answered} data-testid="answered"></dd></div>
                <div ref={&self.board.failed} class="failed"><dt>{ m.failed }</dt><dd ref={failed} data-testid="failed"></dd></div>
                <div><dt>{ m.in_flight }</dt><dd ref={in_flight} data-testid="in-flight"></dd></div>
                <div><dt>{ m.goodput }</dt><dd ref={goodput} data-testid="goodput"></dd></div>
                <div title={m.cost_help}><dt>{ m.cost }</dt><dd ref={cost} data-testid="cost"></dd></div>
            </dl>
        }
    }
}

/// Good answers per second in the last full window; `None` before the first is full.
pub fn last_goodput(live: &Live) -> Option<f64> {
    let history = live.history();
    let window = history.windows.last()?;
    Some(window.good as f64 * 1e9 / window.length.max(1) as f64)
}

impl Board {
    fn write(&self, frame: &Frame, goodput: Option<f64>, lang: Lang) {
        let failed: u64 = frame.requests.failed.iter().sum();
        let texts = [
            format::count(frame.requests.succeeded),
            format::count(failed),
            format::count(frame.requests.in_flight),
            goodput.map_or_else(|| "–".to_owned(), |goodput| format::rate(lang, goodput)),
            // The sum of nothing is a negative zero.
            format::number(frame.picture.cost_per_hour + 0.0),
        ];
        let mut shown = self.shown.borrow_mut();
        for ((node, text), old) in self.nodes.iter().zip(texts).zip(shown.iter_mut()) {
            if *old != text {
                if let Some(element) = node.cast::<Element>() {
                    element.set_text_content(Some(&text));
                }
                *old = text;
            }
        }
        if let Some(element) = self.failed.cast::<Element>() {
            let some = if failed > 0 { "true" } else { "false" };
            if element.get_attribute("data-some").as_deref() != Some(some) {
                let _ = element.set_attribute("data-some", some);
            }
        }
    }
}
