//! A part on the canvas: a focusable element whose gauges are written straight into the page at every frame.

use std::cell::RefCell;
use std::rc::Rc;

use brownout_scenario::Part;
use brownout_sim::observe::PartGauge;
use brownout_sim::param::{Seconds, Value};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::{AttrValue, Component, Context, Html, NodeRef, Properties, classes, html};

use super::icon::Icon;
use crate::state::{Live, Subscription};
use crate::words::{Lang, format};
use crate::worker::Frame;

/// Length of the windows that gauges are means over, in nanoseconds.
const WINDOW: brownout_sim::Ns = 1_000_000_000;
/// Instances beyond this are counted, not drawn.
const MOST_SQUARES: u32 = 8;
/// More workers than this are no slots that can be told apart.
const MOST_SLOTS: u32 = 12;
/// Up to this speed workers are seen busy and free; above it, how busy they are in the mean.
const SLOW: f64 = 0.2;
/// Nothing to be filled.
const NONE: u32 = u32::MAX;
/// Waiting calls beyond this are counted, not drawn.
const MOST_TICKS: u32 = 18;

/// What a part is to the wire that is being drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wire {
    #[default]
    None,
    Source,
    Yes,
    No,
}

impl Wire {
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Source => Some("source"),
            Self::Yes => Some("yes"),
            Self::No => Some("no"),
        }
    }
}

#[derive(Properties, Clone)]
pub struct Props {
    pub part: Rc<Part>,
    pub x: f64,
    pub y: f64,
    /// The size of what is drawn as a frame around others, and how many are inside.
    pub frame: Option<(f64, f64)>,
    pub contents: usize,
    /// The name of the part that it is inside of.
    pub inside: Option<AttrValue>,
    /// What is being dragged would be dropped into it.
    pub target: bool,
    pub selected: bool,
    pub moving: bool,
    pub wire: Wire,
    pub editable: bool,
    pub lang: Lang,
    pub live: Live,
}

/// Hundreds are compared whenever one of them moves: a part that has changed is another `Rc`.
impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        let rest = |one: &Self| (one.x, one.y, one.selected, one.moving, one.wire, one.editable, one.lang);
        let frame = |one: &Self| (one.frame, one.contents, one.target);
        Rc::ptr_eq(&self.part, &other.part)
            && rest(self) == rest(other)
            && frame(self) == frame(other)
            && self.inside == other.inside
            && self.live == other.live
    }
}

/// What a card shows of a frame. Written only where it differs from what is shown already.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shown {
    line: String,
    state: &'static str,
    load: &'static str,
    percent: u32,
    queued: u32,
    /// Workers that are drawn as slots; 0 where there are too many.
    slots: u32,
    /// How full what remembers is, in percent.
    filled: u32,
    /// Of each square: 0 up, 1 down, 2 up but without traffic, 3 parked; and how far it has come in the log, in percent.
    health: Vec<(u8, u32)>,
}

/// Where a part stands among others, as it is read aloud.
struct Standing {
    /// How many are inside of it, where it can hold others.
    contents: Option<usize>,
    inside: Option<AttrValue>,
}

struct Nodes {
    root: NodeRef,
    line: NodeRef,
    load: NodeRef,
    fill: NodeRef,
    queue: NodeRef,
    instances: NodeRef,
}

pub struct Card {
    nodes: Rc<Nodes>,
    shown: Rc<RefCell<Option<Shown>>>,
    subscription: Option<Subscription>,
}

impl Component for Card {
    type Message = ();
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        let nodes = Nodes {
            root: NodeRef::default(),
            line: NodeRef::default(),
            load: NodeRef::default(),
            fill: NodeRef::default(),
            queue: NodeRef::default(),
            instances: NodeRef::default(),
        };
        Self { nodes: Rc::new(nodes), shown: Rc::default(), subscription: None }
    }

    fn changed(&mut self, context: &Context<Self>, old: &Props) -> bool {
        let new = context.props();
        let named = |one: &Props| (one.inside.clone(), one.contents);
        if new.lang != old.lang || !Rc::ptr_eq(&new.part, &old.part) || named(new) != named(old) {
            self.subscription = None;
        }
        true
    }

    fn rendered(&mut self, context: &Context<Self>, _: bool) {
        if self.subscription.is_some() {
            return;
        }
        *self.shown.borrow_mut() = None;
        let Props { part, lang, live, frame, contents, inside, .. } = context.props().clone();
        let place = Standing { contents: frame.map(|_| contents), inside };
        let (nodes, shown) = (self.nodes.clone(), self.shown.clone());
        let show = move |frame: Option<&Frame>| {
            let gauge = frame.and_then(|frame| gauge(&frame.picture.parts, part.id));
            // Means over a window say nothing before the first one is full.
            let early = frame.is_none_or(|frame| frame.picture.now < WINDOW);
            let slow = frame.is_none_or(|frame| !frame.playing || frame.speed_reached <= SLOW);
            let new = Shown::of(&part, gauge, (early, slow), lang);
            let mut old = shown.borrow_mut();
            if old.as_ref() != Some(&new) {
                new.write(old.as_ref(), &nodes, &part, &place, lang);
                *old = Some(new);
            }
        };
        let last = live.last();
        show(last.as_deref());
        self.subscription = Some(live.subscribe_at_rest(move |frame| show(Some(frame))));
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let Props { part, x, y, frame, target, selected, moving, wire, editable, lang, .. } = context.props();
        let size =
            frame.map(|(width, height)| format!(";width:{width}px;height:{height}px")).unwrap_or_default();
        let spec = part.params.kind().spec();
        let m = lang.messages();
        let squares = if (2..=MOST_SQUARES).contains(&part.count) { part.count } else { 0 };
        let has_port = *editable && !spec.offers.is_empty();
        let name = if part.name.is_empty() { lang.of(spec.label) } else { &part.name };
        html! {
            <div ref={&self.nodes.root} class={classes!("card", frame.map(|_| "frame"), selected.then_some("selected"), moving.then_some("moving"), target.then_some("target"))}
                style={format!("left:{x}px;top:{y}px{size}")} role="group" tabindex="0"
                data-part={part.id.to_string()} data-type={spec.name} data-wire={wire.code()}
                aria-roledescription={m.part} aria-current={selected.then_some("true")}
                aria-disabled={(*wire == Wire::No).then_some("true")}>
                <span ref={&self.nodes.queue} class="card-queue" aria-hidden="true"><b></b><i></i></span>
                <Icon name={spec.icon} />
                <span class="card-name">
                    { name }
                    if part.count > 1 { <span class="card-count">{ format!(" ×{}", part.count) }</span> }
                </span>
                <span ref={&self.nodes.line} class="card-line" data-testid="card-line"></span>
                <span class="card-foot" aria-hidden="true">
                    <span ref={&self.nodes.load} class="card-load"></span>
                    <span ref={&self.nodes.fill} class="card-fill"></span>
                    <span ref={&self.nodes.instances} class="card-instances">
                        { for (0..squares).map(|_| html! { <i></i> }) }
                    </span>
                </span>
                if has_port {
                    <button class="port" data-port="out" tabindex={if *selected { "0" } else { "-1" }}
                        aria-label={(m.connect_from)(name)} title={m.connect_tip}></button>
                }
            </div>
        }
    }
}

fn gauge(gauges: &[PartGauge], id: brownout_sim::system::Id) -> Option<&PartGauge> {
    gauges.binary_search_by_key(&id, |gauge| gauge.id).ok().map(|at| &gauges[at])
}

impl Shown {
    fn of(part: &Part, gauge: Option<&PartGauge>, (early, slow): (bool, bool), lang: Lang) -> Self {
        let Some(gauge) = gauge else {
            return Self { line: idle_line(part, lang), state: "idle", filled: NONE, ..Self::default() };
        };
        let m = lang.messages();
        let all = gauge.up.len();
        let [down, parked] = gauge.count_down();
        let wanted = all - parked;
        let shunned = |index: usize| gauge.shunned.get(index).is_some_and(|by| *by > 0);
        let out = (0..all).filter(|index| gauge.up[*index] && shunned(*index)).count();
        let now = f64::from(gauge.busy) / f64::from(gauge.workers.max(1));
        let slots = if (2..=MOST_SLOTS).contains(&gauge.workers) { gauge.workers } else { 0 };
        let share =
            if early || slow && slots > 0 { now } else { f64::from(gauge.utilisation.unwrap_or(0.0)) };
        let (line, state) = if wanted == 0 && all > 0 {
            (m.parked.to_owned(), "idle")
        } else if down == wanted && all > 0 {
            (m.down.to_owned(), "down")
        } else if down > 0 {
            ((m.some_down)(down, wanted), "hurt")
        } else if out > 0 && out == wanted {
            (m.out_of_rotation.to_owned(), "hurt")
        } else if gauge.errors >= 0.5 {
            ((m.failing)(&format::rate(lang, f64::from(gauge.errors))), "hurt")
        } else {
            (Self::busy_line(part, gauge, early, lang), "up")
        };
        let load = match share {
            _ if gauge.workers == 0 && gauge.utilisation.is_none() => "none",
            share if share >= 0.9 => "full",
            share if share >= 0.7 => "high",
            _ => "calm",
        };
        let squares = if (2..=MOST_SQUARES as usize).contains(&all) { all } else { 0 };
        let health = (0..squares).map(|index| {
            let health = if gauge.is_parked(index) {
                3
            } else if !gauge.up[index] {
                1
            } else if shunned(index) {
                2
            } else {
                0
            };
            (health, gauge.behind.get(index).map_or(100, |behind| come(*behind)))
        });
        Self {
            line,
            state,
            load,
            percent: if state == "down" { 0 } else { (share * 100.0).round() as u32 },
            queued: gauge.queued,
            slots,
            filled: gauge.filled.map_or(NONE, |share| (share * 100.0).round() as u32),
            health: health.collect(),
        }
    }

    fn busy_line(part: &Part, gauge: &PartGauge, early: bool, lang: Lang) -> String {
        let rate = f64::from(gauge.rate);
        if gauge.log > 0 {
            let share = gauge.utilisation.map_or_else(String::new, |share| format::share(f64::from(share)));
            let first = if gauge.lag > 0 { lagging(gauge.lag, lang) } else { share };
            return format!("{first} · #{}", format::count(gauge.log));
        }
        match gauge.utilisation {
            _ if early && gauge.workers > 0 && gauge.busy > 0 => {
                (lang.messages().busy_of)(gauge.busy, gauge.workers)
            }
            Some(share) if rate > 0.0 || share > 0.0 => {
                format!("{} · {}", format::share(f64::from(share)), (lang.messages().per_second_short)(rate))
            }
            _ if rate > 0.0 => format::rate(lang, rate),
            _ => idle_line(part, lang),
        }
    }

    /// Writes what differs.
    fn write(&self, old: Option<&Self>, nodes: &Nodes, part: &Part, place: &Standing, lang: Lang) {
        let differs = |same: fn(&Self, &Self) -> bool| old.is_none_or(|old| !same(old, self));
        if differs(|a, b| a.line == b.line && a.state == b.state) {
            if let Some(line) = nodes.line.cast::<Element>() {
                line.set_text_content(Some(&self.line));
            }
            if let Some(root) = nodes.root.cast::<Element>() {
                let _ = root.set_attribute("data-state", self.state);
                let _ = root.set_attribute("aria-label", &self.label(part, place, lang));
            }
        }
        if differs(|a, b| a.load == b.load)
            && let Some(root) = nodes.root.cast::<Element>()
        {
            let _ = root.set_attribute("data-load", self.load);
        }
        if differs(|a, b| a.percent == b.percent)
            && let Some(bar) = nodes.load.cast::<HtmlElement>()
        {
            let _ = bar.style().set_property("background-size", &format!("{}% 100%", self.percent));
        }
        if differs(|a, b| a.slots == b.slots)
            && let Some(bar) = nodes.load.cast::<HtmlElement>()
        {
            let _ = bar.toggle_attribute_with_force("data-slots", self.slots > 0);
            let _ = bar.style().set_property("--slots", &self.slots.max(1).to_string());
        }
        if differs(|a, b| a.filled == b.filled)
            && let Some(bar) = nodes.fill.cast::<HtmlElement>()
        {
            let _ = bar.toggle_attribute_with_force("data-fill", self.filled != NONE);
            let _ = bar.style().set_property("background-size", &format!("{}% 100%", self.filled.min(100)));
        }
        if differs(|a, b| a.queued == b.queued) {
            self.write_queue(nodes);
        }
        if differs(|a, b| a.health == b.health) {
            self.write_health(nodes);
        }
    }

    /// What is read aloud: name, type, live values, and where it stands.
    fn label(&self, part: &Part, place: &Standing, lang: Lang) -> String {
        let (m, kind) = (lang.messages(), lang.of(part.params.kind().spec().label));
        let mut said: Vec<String> = [part.name.as_str(), kind].map(str::to_owned).into();
        // What is idle says its type, and it has been said.
        if self.line != kind {
            said.push(self.line.clone());
        }
        if self.queued > 0 {
            said.push((m.queued)(&format::count(u64::from(self.queued))));
        }
        if self.filled != NONE {
            said.push(full(self.filled, lang));
        }
        said.extend(place.contents.map(m.holds_parts));
        said.extend(place.inside.as_ref().map(|name| (m.is_inside)(name)));
        said.retain(|text| !text.is_empty());
        said.join(", ")
    }

    fn write_queue(&self, nodes: &Nodes) {
        let Some(queue) = nodes.queue.cast::<HtmlElement>() else { return };
        let ticks = self.queued.min(MOST_TICKS);
        if let Some(drawn) = queue.last_element_child().and_then(|drawn| drawn.dyn_into::<HtmlElement>().ok())
        {
            let _ = drawn.style().set_property("background-size", &format!("{}px 100%", ticks * 4));
        }
        if let Some(number) = queue.first_element_child() {
            let beyond = self.queued > MOST_TICKS;
            number.set_text_content(beyond.then(|| format::count(u64::from(self.queued))).as_deref());
        }
    }

    fn write_health(&self, nodes: &Nodes) {
        let Some(squares) = nodes.instances.cast::<Element>() else { return };
        let squares = squares.children();
        for (index, health) in self.health.iter().enumerate() {
            let Some(square) = squares.item(index as u32) else { continue };
            let (health, come) = *health;
            let word = ["up", "down", "shunned", "parked"][usize::from(health).min(3)];
            let _ = square.set_attribute("data-health", word);
            let _ = square.toggle_attribute_with_force("data-behind", come < 100);
            if let Some(square) = square.dyn_ref::<HtmlElement>() {
                let _ = square.style().set_property("--come", &format!("{come}%"));
            }
        }
    }
}

/// How far a copy has come that is so many writes behind, in percent: the first few are to be seen, and thousands too.
fn come(behind: u64) -> u32 {
    if behind == 0 { 100 } else { (88.0 - (behind as f64).ln_1p() * 10.0).max(0.0) as u32 }
}

fn lagging(lag: brownout_sim::Ns, lang: Lang) -> String {
    let span = format::span(lag);
    match lang {
        Lang::En => format!("lag {span}"),
        Lang::Ko => format!("지연 {span}"),
    }
}

fn full(percent: u32, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{percent} % full"),
        Lang::Ko => format!("{percent} % 참"),
    }
}

/// What a card says while nothing happens: how long its names live, else its type.
fn idle_line(part: &Part, lang: Lang) -> String {
    let spec = part.params.kind().spec();
    let ttl = spec.params.iter().position(|param| param.name == "ttl_s");
    if let Some(Value::Number(seconds)) = ttl.map(|index| part.params.get(index)) {
        let Seconds(seconds) = Seconds(seconds);
        return format!("TTL {} s", format::number(seconds));
    }
    lang.of(spec.label).to_owned()
}
