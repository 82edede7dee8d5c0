//! Events appear where they happen, in a sentence with its time, and fade into the log.

use std::rc::Rc;

use brownout_scenario::Scenario;
use brownout_sim::Ns;
use brownout_sim::observe::Happening;
use brownout_sim::system::Id;
use gloo::timers::callback::Timeout;
use yew::{Component, Context, Html, Properties, classes, html};

use super::geometry::{Camera, Geometry, Point};
use crate::charts::{Line, Teller, Tone, names_of, time};
use crate::state::{Live, Subscription};
use crate::words::Lang;

/// How long a sentence stays, in milliseconds.
const STAYS_MS: u32 = 6_000;
/// More at once would hide what they are about.
const MOST: usize = 4;
/// Room that a sentence needs below its card.
const HEIGHT: f64 = 70.0;

#[derive(Properties, Clone)]
pub struct Props {
    pub live: Live,
    pub document: Rc<Scenario>,
    pub geometry: Rc<Geometry>,
    pub camera: Camera,
    /// Of the canvas, in CSS pixels.
    pub size: Point,
    pub lang: Lang,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        let rest = |one: &Self| (one.camera, one.size, one.lang);
        Rc::ptr_eq(&self.document, &other.document)
            && Rc::ptr_eq(&self.geometry, &other.geometry)
            && rest(self) == rest(other)
            && self.live == other.live
    }
}

struct Callout {
    line: Line,
    about: Id,
    number: u64,
    _end: Timeout,
}

pub enum Msg {
    Frame,
    End(u64),
}

pub struct Callouts {
    teller: Teller,
    told: usize,
    /// The last one told, to notice a log that is no longer the one that was told.
    last: Option<Happening>,
    now: Ns,
    shown: Vec<Callout>,
    next: u64,
    _subscription: Subscription,
}

impl Component for Callouts {
    type Message = Msg;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let props = context.props();
        let link = context.link().clone();
        let subscription = props.live.subscribe_calmly(move |_| link.send_message(Msg::Frame));
        let mut callouts = Self {
            teller: Teller::new(names_of(&props.document, props.lang), props.lang),
            told: 0,
            last: None,
            now: 0,
            shown: Vec::new(),
            next: 0,
            _subscription: subscription,
        };
        callouts.tell(props);
        callouts
    }

    fn changed(&mut self, context: &Context<Self>, old: &Props) -> bool {
        let props = context.props();
        if Rc::ptr_eq(&props.document, &old.document) && props.lang == old.lang {
            return !self.shown.is_empty();
        }
        let names = names_of(&props.document, props.lang);
        if !self.teller.tells(&names, props.lang) {
            self.teller = Teller::new(names, props.lang);
            self.told = 0;
            self.tell(props);
            self.shown.retain(|callout| props.geometry.card(callout.about).is_some());
        }
        true
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        match message {
            Msg::Frame => self.look(context),
            Msg::End(number) => {
                self.shown.retain(|callout| callout.number != number);
                true
            }
        }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        html! { { for self.shown.iter().filter_map(|callout| view(callout, props)) } }
    }
}

impl Callouts {
    /// Tells what is new to the teller; the new lines.
    fn tell(&mut self, props: &Props) -> Vec<Line> {
        let history = props.live.history();
        let happenings = &history.happenings;
        if self.told > happenings.len()
            || self.told > 0 && happenings.get(self.told - 1) != self.last.as_ref()
        {
            self.teller = self.teller.afresh();
            self.told = 0;
        }
        let before = self.teller.lines().len();
        self.teller.tell(&happenings[self.told..]);
        self.told = happenings.len();
        self.last = happenings.last().cloned();
        self.teller.lines()[before..].to_vec()
    }

    /// Shows what has just happened, but not what lies behind a jump in time.
    fn look(&mut self, context: &Context<Self>) -> bool {
        let props = context.props();
        let Some(now) = props.live.last().map(|frame| frame.now) else { return false };
        let jumped = now < self.now || now.saturating_sub(self.now) > 5_000_000_000;
        self.now = now;
        let lines = self.tell(props);
        if jumped || lines.is_empty() {
            return false;
        }
        for line in lines {
            if let Some(about) = line.about.filter(|_| line.tone != Tone::Plain) {
                self.show(context, about, line);
            }
        }
        true
    }

    fn show(&mut self, context: &Context<Self>, about: Id, line: Line) {
        self.next += 1;
        let (number, link) = (self.next, context.link().clone());
        let end = Timeout::new(STAYS_MS, move || link.send_message(Msg::End(number)));
        self.shown.retain(|callout| callout.about != about);
        if self.shown.len() >= MOST {
            self.shown.remove(0);
        }
        self.shown.push(Callout { line, about, number, _end: end });
    }
}

fn view(callout: &Callout, props: &Props) -> Option<Html> {
    let (below, above) = anchor(callout.about, props)?;
    let turned = below.y + HEIGHT > props.size.y && above.y > HEIGHT;
    let at = if turned { above } else { below };
    let x = at.x.clamp(110.0_f64.min(props.size.x / 2.0), (props.size.x - 110.0).max(props.size.x / 2.0));
    let tone = match callout.line.tone {
        Tone::Bad => "bad",
        Tone::Warning => "warning",
        Tone::Good | Tone::Plain => "good",
    };
    Some(html! {
        <p key={callout.number} class={classes!("callout", tone, turned.then_some("turned"))}
            style={format!("left:{x}px;top:{}px", at.y)} aria-hidden="true">
            <b>{ time(callout.line.at) }</b>{ " " }{ &callout.line.text }
        </p>
    })
}

/// Points below and above what a sentence is about.
fn anchor(about: Id, props: &Props) -> Option<(Point, Point)> {
    if let Some(card) = props.geometry.card(about) {
        let below = props.camera.screen(Point::new(card.center().x, card.bottom()));
        let above = props.camera.screen(Point::new(card.center().x, card.y));
        return Some((Point::new(below.x, below.y + 8.0), Point::new(above.x, above.y - 8.0)));
    }
    let edge = props.document.edge(about)?;
    let middle = props.camera.screen(props.geometry.path(edge.from, edge.to)?.point_at(0.5));
    Some((Point::new(middle.x, middle.y + 12.0), Point::new(middle.x, middle.y - 12.0)))
}
