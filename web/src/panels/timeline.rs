//! The timeline: faults, detections, takeovers, outages and goals as bars, and the playhead.

use std::rc::Rc;

use brownout_scenario::edit::Set;
use brownout_scenario::{Entry, Scenario, axis};
use brownout_sim::Ns;
use brownout_sim::system::Id;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent, PointerEvent};
use yew::{Component, Context, Html, NodeRef, Properties, TargetCast, classes, html};

use super::lanes::{Bar, Lane, lanes};
use super::plan::{Shift, described, shifted, step};
use crate::app::Dispatch;
use crate::state::params::next_gesture;
use crate::state::{Following, Live, Subscription};
use crate::words::{Lang, format};

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub document: Rc<Scenario>,
    pub live: Live,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

pub enum Msg {
    Frame,
    Down(PointerEvent),
    Moved(PointerEvent),
    Up,
    /// A double click places a fault of what is selected.
    Place(MouseEvent),
    /// A planned fault is taken hold of, at its body or at its end.
    Hold(Id, Shift, PointerEvent),
    Key(Id, KeyboardEvent),
    /// The pointer is over it, or has left it.
    Over(PointerEvent),
    Away,
    /// A key, where the cursor is.
    CursorKey(KeyboardEvent),
    /// The cursor is somewhere else.
    Pointed,
}

/// A planned fault in the hand.
#[derive(Clone, Debug)]
struct Held {
    entry: Entry,
    shift: Shift,
    from_x: i32,
    gesture: u64,
}

pub struct Timeline {
    lanes: Vec<Lane>,
    /// The end of the axis.
    end: Ns,
    happenings: usize,
    windows: usize,
    playhead: NodeRef,
    cursor: NodeRef,
    scrubber: NodeRef,
    scrubbing: bool,
    held: Option<Held>,
    _subscription: Subscription,
    _following: Following,
}

impl Component for Timeline {
    type Message = Msg;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let link = context.link().clone();
        let subscription = context.props().live.subscribe_calmly(move |_| link.send_message(Msg::Frame));
        let pointed = context.link().callback(|_| Msg::Pointed);
        let following = context.props().live.cursor().follow(move |at| pointed.emit(at));
        let mut timeline = Self {
            lanes: Vec::new(),
            end: 10_000_000_000,
            happenings: 0,
            windows: 0,
            playhead: NodeRef::default(),
            cursor: NodeRef::default(),
            scrubber: NodeRef::default(),
            scrubbing: false,
            held: None,
            _subscription: subscription,
            _following: following,
        };
        timeline.read(context.props());
        timeline
    }

    fn changed(&mut self, context: &Context<Self>, _: &Props) -> bool {
        self.read(context.props());
        true
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        match message {
            Msg::Frame => {
                // A bar that is not over grows with time.
                let grows = self.lanes.iter().any(|lane| lane.bars.iter().any(|bar| bar.to.is_none()));
                let stale = grows
                    || context.props().live.history().happenings.len() != self.happenings
                    || context.props().live.history().windows.len() != self.windows
                    || axis_of(context.props()) != self.end;
                if stale {
                    self.read(context.props());
                }
                self.place_playhead(context.props());
                stale
            }
            Msg::Down(event) => {
                self.scrubbing = true;
                let _ = event.target_unchecked_into::<Element>().set_pointer_capture(event.pointer_id());
                self.seek(context.props(), &event);
                false
            }
            Msg::Moved(event) => {
                if self.scrubbing {
                    self.seek(context.props(), &event);
                }
                self.drag(context.props(), &event);
                false
            }
            Msg::Up => {
                self.scrubbing = false;
                if self.held.take().is_some() {
                    context.props().dispatch.act(crate::state::Lab::replan);
                }
                false
            }
            Msg::Place(event) => {
                let (at, end) = (self.time_at(event.client_x()), self.end);
                context.props().dispatch.act(move |lab| lab.plan_fault(at, end));
                false
            }
            Msg::Hold(id, shift, event) => {
                if let Some(entry) = context.props().document.entry(id) {
                    let _ = event.target_unchecked_into::<Element>().set_pointer_capture(event.pointer_id());
                    let (entry, from_x, gesture) = (entry.clone(), event.client_x(), next_gesture());
                    self.held = Some(Held { entry, shift, from_x, gesture });
                }
                false
            }
            Msg::Key(id, event) => {
                self.key(context.props(), id, &event);
                false
            }
            Msg::Over(event) => {
                // Beside the axis stand names.
                let on_axis = (0.0..=1.0).contains(&self.share_at(event.client_x()));
                context.props().live.cursor().put(on_axis.then(|| self.time_at(event.client_x())));
                false
            }
            Msg::Away => {
                context.props().live.cursor().put(None);
                false
            }
            Msg::CursorKey(event) => {
                self.cursor_key(context.props(), &event);
                false
            }
            Msg::Pointed => {
                self.place_cursor(context.props());
                false
            }
        }
    }

    fn rendered(&mut self, context: &Context<Self>, _: bool) {
        self.place_playhead(context.props());
        self.place_cursor(context.props());
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let m = context.props().lang.messages();
        let link = context.link();
        let now = context.props().live.last().map_or(0, |frame| frame.now);
        let cursor_key = link.callback(|event: KeyboardEvent| {
            if ["ArrowLeft", "ArrowRight", "Home", "End", "Escape", "Enter"].contains(&event.key().as_str()) {
                event.prevent_default();
                event.stop_propagation();
            }
            Msg::CursorKey(event)
        });
        let percent = |at: Ns| at.min(self.end) as f64 / self.end as f64 * 100.0;
        html! {
            <div class="timeline" onpointermove={link.callback(Msg::Over)} onpointerleave={link.callback(|_| Msg::Away)}>
                <div class="timeline-lanes">
                    if self.lanes.is_empty() { <p class="dim timeline-none">{ m.timeline_none }</p> }
                    { for self.lanes.iter().map(|lane| html! {
                        <div class="lane" key={lane.key.clone()}>
                            <span class="lane-name" title={lane.name.clone()}>{ &lane.name }</span>
                            <span class="lane-track">{ for lane.bars.iter().map(|bar| {
                                let (left, right) = (percent(bar.from), percent(bar.to.unwrap_or(now)));
                                let style = format!("left:{left:.3}%;width:{:.3}%", (right - left).max(0.0));
                                // A word that would be cut to a letter says less than none.
                                let told = lane.bars.iter().any(|other| other.entry.is_some() && bar.entry.is_none() && other.from == bar.from);
                                let label = if right - left > 14.0 && !told { bar.label.as_str() } else { "" };
                                match bar.entry.and_then(|id| context.props().document.entry(id)) {
                                    Some(entry) => Self::planned(context, entry, &lane.name, bar, &style),
                                    None => html! { <span key={format!("{}-{}", bar.nature.class(), bar.from)} class={classes!("lane-bar", bar.nature.class())} {style} title={bar.label.clone()}>{ label }</span> },
                                }
                            }) }</span>
                        </div>
                    }) }
                </div>
                <div class="axis" aria-hidden="true">{ for self.marks() }</div>
                <div ref={&self.scrubber} class="scrubber" title={m.timeline_hint} data-testid="scrubber" data-end={self.end.to_string()}
                    role="slider" tabindex="0" aria-label={m.timeline} aria-valuemin="0" aria-valuemax={seconds(self.end)} aria-valuenow={seconds(now)}
                    onpointerdown={link.callback(Msg::Down)} onpointermove={link.callback(Msg::Moved)} onkeydown={cursor_key}
                    onpointerup={link.callback(|_| Msg::Up)} onpointercancel={link.callback(|_| Msg::Up)}
                    ondblclick={link.callback(Msg::Place)}>
                    <div ref={&self.cursor} class="cursor" hidden=true data-testid="timeline-cursor"><span></span></div>
                    <div ref={&self.playhead} class="playhead"></div>
                </div>
            </div>
        }
    }
}

impl Timeline {
    fn read(&mut self, props: &Props) {
        let history = props.live.history();
        self.happenings = history.happenings.len();
        self.windows = history.windows.len();
        self.lanes = lanes(&props.document, &history.happenings, &history.windows, props.lang);
        drop(history);
        if self.held.is_none() {
            self.end = axis_of(props);
        }
    }

    fn place_playhead(&self, props: &Props) {
        let now = props.live.last().map_or(0, |frame| frame.now);
        if let Some(playhead) = self.playhead.cast::<HtmlElement>() {
            let share = now.min(self.end) as f64 / self.end as f64 * 100.0;
            let _ = playhead.style().set_property("left", &format!("{share:.3}%"));
        }
    }

    /// The instant that the reader points at, here or in a chart.
    fn place_cursor(&self, props: &Props) {
        let Some(cursor) = self.cursor.cast::<HtmlElement>() else { return };
        let at = props.live.cursor().at().filter(|at| *at <= self.end);
        cursor.set_hidden(at.is_none());
        if let Some(at) = at {
            let share = at as f64 / self.end as f64 * 100.0;
            let _ = cursor.style().set_property("left", &format!("{share:.3}%"));
            let _ = cursor.set_attribute("data-ns", &at.to_string());
            if let Some(label) = cursor.first_element_child() {
                label.set_text_content(Some(&format::clock(at)));
            }
        }
        if let Some(scrubber) = self.scrubber.cast::<Element>() {
            let now = props.live.last().map_or(0, |frame| frame.now);
            let _ = scrubber.set_attribute("aria-valuetext", &format::clock(at.unwrap_or(now)));
        }
    }

    /// Arrows move the cursor, Enter takes the run there.
    fn cursor_key(&self, props: &Props, event: &KeyboardEvent) {
        let cursor = props.live.cursor();
        match (event.key().as_str(), cursor.at()) {
            ("Enter", Some(at)) => props.dispatch.act(move |lab| lab.seek(at)),
            (key, _) => {
                let now = props.live.last().map_or(0, |frame| frame.now);
                cursor.press(key, event.ctrl_key() || event.meta_key(), now, self.end);
            }
        }
    }

    fn marks(&self) -> impl Iterator<Item = Html> + use<> {
        let end = self.end as f64 / 1e9;
        let step = axis::step(end);
        let count = (end / step + 1e-9) as usize;
        (0..=count).map(move |at| {
            let second = step * at as f64;
            // At the end of the axis it stands before its mark.
            let class = if second / end > 0.97 { "last" } else { "" };
            html! { <span {class} style={format!("left:{:.3}%", second / end * 100.0)}>{ axis::label(second) }</span> }
        })
    }

    fn seek(&self, props: &Props, event: &PointerEvent) {
        let to = self.time_at(event.client_x());
        props.dispatch.act(move |lab| lab.seek(to));
    }

    /// The time at a place of the screen.
    fn time_at(&self, x: i32) -> Ns {
        (self.share_at(x).clamp(0.0, 1.0) * self.end as f64) as Ns
    }

    /// From 0 to 1 on the axis.
    fn share_at(&self, x: i32) -> f64 {
        let Some(scrubber) = self.scrubber.cast::<Element>() else { return 0.0 };
        let bounds = scrubber.get_bounding_client_rect();
        (f64::from(x) - bounds.left()) / bounds.width().max(1.0)
    }

    fn drag(&self, props: &Props, event: &PointerEvent) {
        let (Some(held), Some(scrubber)) = (&self.held, self.scrubber.cast::<Element>()) else { return };
        let width = scrubber.get_bounding_client_rect().width().max(1.0);
        let by = f64::from(event.client_x() - held.from_x) / width * self.end as f64;
        let entry = shifted(&held.entry, held.shift, by as i64, self.end);
        let gesture = held.gesture;
        props.dispatch.act(move |lab| {
            lab.edit(vec![Set::entry(entry)], Some(gesture));
        });
    }

    fn key(&self, props: &Props, id: Id, event: &KeyboardEvent) {
        let Some(entry) = props.document.entry(id) else { return };
        let step = step(self.end, event.ctrl_key() || event.meta_key());
        let by = match event.key().as_str() {
            "ArrowLeft" => -step,
            "ArrowRight" => step,
            "Delete" | "Backspace" => {
                props.dispatch.act(move |lab| lab.remove_planned(id));
                return;
            }
            _ => return,
        };
        let shift = if event.shift_key() { Shift::Stretch } else { Shift::Move };
        let entry = shifted(entry, shift, by, self.end);
        props.dispatch.act(move |lab| {
            if lab.edit(vec![Set::entry(entry)], None) {
                lab.replan();
            }
        });
    }

    fn planned(context: &Context<Self>, entry: &Entry, target: &str, bar: &Bar, style: &str) -> Html {
        let (link, id) = (context.link(), entry.id);
        // Messages are taken up after the event has gone on: what must not go on is held here.
        let hold = |shift| {
            link.callback(move |event: PointerEvent| {
                event.stop_propagation();
                Msg::Hold(id, shift, event)
            })
        };
        let key = link.callback(move |event: KeyboardEvent| {
            if matches!(event.key().as_str(), "ArrowLeft" | "ArrowRight" | "Delete" | "Backspace") {
                event.prevent_default();
                event.stop_propagation();
            }
            Msg::Key(id, event)
        });
        let label = described(entry, &bar.label, target, context.props().lang);
        html! {
            <button type="button" key={format!("planned-{id}")} class="lane-bar planned" style={style.to_owned()} title={label.clone()} aria-label={label}
                data-entry={id.to_string()} onpointerdown={hold(Shift::Move)} onpointermove={link.callback(Msg::Moved)}
                onpointerup={link.callback(|_| Msg::Up)} onpointercancel={link.callback(|_| Msg::Up)}
                onkeydown={key}>
                { &bar.label }
                <span class="lane-grip" onpointerdown={hold(Shift::Stretch)}></span>
            </button>
        }
    }
}

fn axis_of(props: &Props) -> Ns {
    end_of_axis(&props.document, props.live.last().map_or(0, |frame| frame.now))
}

fn seconds(at: Ns) -> String {
    format!("{:.3}", at as f64 / 1e9)
}

pub(super) fn end_of_axis(document: &Scenario, now: Ns) -> Ns {
    axis::end(axis::planned(document), document.options().duration, now)
}
