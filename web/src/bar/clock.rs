//! The time of the run, written straight into the page; behind it, the run's details.

use std::rc::Rc;

use brownout_sim::Ns;
use brownout_sim::param::Words;
use web_sys::{Element, Event, HtmlInputElement};
use yew::{Component, Context, Html, NodeRef, Properties, TargetCast, html};

use crate::app::Dispatch;
use crate::state::{Live, Subscription};
use crate::words::{Lang, format};
use crate::worker::{FIRST_DOTS, Frame, MAX_DOTS};

const DRAWN: Words = Words::new("Drawn one by one, at most", "하나씩 그리는 최대 수");
const LIMITS: [u32; 5] = [500, 1_000, FIRST_DOTS, 20_000, MAX_DOTS];

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub live: Live,
    pub lang: Lang,
    /// More messages than this are not drawn one by one.
    pub dots: u32,
    pub dispatch: Dispatch,
}

pub enum Msg {
    Frame(Rc<Frame>),
    Toggle,
}

pub struct Clock {
    time: NodeRef,
    open: bool,
    shown: String,
    _subscription: Subscription,
}

impl Component for Clock {
    type Message = Msg;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let link = context.link().clone();
        let subscription =
            context.props().live.subscribe_calmly(move |frame| link.send_message(Msg::Frame(frame.clone())));
        Self { time: NodeRef::default(), open: false, shown: String::new(), _subscription: subscription }
    }

    fn update(&mut self, _: &Context<Self>, message: Msg) -> bool {
        match message {
            Msg::Toggle => {
                self.open = !self.open;
                true
            }
            Msg::Frame(frame) => {
                self.write(frame.now);
                self.open
            }
        }
    }

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        if first {
            self.write(context.props().live.last().map_or(0, |frame| frame.now));
        }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let m = context.props().lang.messages();
        html! {
            <span class="clock-box">
                <button class="clock" title={m.run_details} aria-expanded={self.open.to_string()}
                    data-testid="run-details" onclick={context.link().callback(|_| Msg::Toggle)}>
                    <time ref={&self.time} data-testid="sim-time"></time>
                </button>
                if self.open { { details(context.props()) } }
            </span>
        }
    }
}

impl Clock {
    fn write(&mut self, now: Ns) {
        let text = format::clock(now);
        if text != self.shown {
            if let Some(time) = self.time.cast::<Element>() {
                time.set_text_content(Some(&text));
                let _ = time.set_attribute("data-ns", &now.to_string());
            }
            self.shown = text;
        }
    }
}

fn details(props: &Props) -> Html {
    let m = props.lang.messages();
    let Some(frame) = props.live.last() else { return html! {} };
    let dispatch = props.dispatch.clone();
    let go = move |event: Event| {
        let field = event.target_unchecked_into::<HtmlInputElement>();
        let text = field.value();
        // The same moment may be asked for again.
        field.set_value("");
        if let Some(seconds) = text.trim().parse::<f64>().ok().filter(|seconds| (0.0..=3e8).contains(seconds))
        {
            dispatch.act(move |lab| {
                lab.pause();
                lab.seek((seconds * 1e9).round() as Ns);
            });
        }
    };
    let dispatch = props.dispatch.clone();
    let choose = move |event: Event| {
        if let Ok(most) = event.target_unchecked_into::<web_sys::HtmlSelectElement>().value().parse() {
            dispatch.act(move |lab| lab.set_dots(most));
        }
    };
    html! {
        <dl class="popover">
            <div class="go-to">
                <dt><label for="go-to">{ m.go_to }</label></dt>
                <dd><input id="go-to" class="input" inputmode="decimal" placeholder={m.seconds} data-testid="go-to" onchange={go} /></dd>
            </div>
            <div class="go-to">
                <dt><label for="drawn">{ props.lang.of(DRAWN) }</label></dt>
                <dd><select id="drawn" class="input" data-testid="drawn" onchange={choose}>
                    { for LIMITS.map(|limit| html! {
                        <option value={limit.to_string()} selected={limit == props.dots}>{ format::count(u64::from(limit)) }</option>
                    }) }
                </select></dd>
            </div>
            <dt>{ m.time_exact }</dt><dd data-testid="sim-ns">{ format!("{} ns", format::count(frame.now)) }</dd>
            <dt>{ m.events }</dt><dd>{ format::count(frame.events) }</dd>
            <dt>{ m.issued }</dt><dd>{ format::count(frame.requests.issued) }</dd>
            <dt>{ m.digest }</dt><dd class="digest" data-testid="digest">{ &frame.digest }</dd>
        </dl>
    }
}
