//! The timeline: planned and actual faults as bars, what the balancers did about them, and the playhead.

use std::collections::BTreeMap;
use std::rc::Rc;

use brownout_scenario::Scenario;
use brownout_sim::Ns;
use brownout_sim::observe::{Happening, What};
use brownout_sim::param::Seconds;
use brownout_sim::system::{Id, Target, Verb};
use web_sys::{Element, HtmlElement, PointerEvent};
use yew::{Component, Context, Html, NodeRef, Properties, TargetCast, classes, html};

use crate::app::Dispatch;
use crate::state::lab::name_of;
use crate::state::{Live, Subscription};
use crate::words::{Lang, format};

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub document: Rc<Scenario>,
    pub live: Live,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    Planned,
    Fault,
    /// A balancer sends no traffic.
    Shunned,
}

impl Nature {
    const fn class(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Fault => "fault",
            Self::Shunned => "shunned",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Bar {
    from: Ns,
    /// `None`: not over yet.
    to: Option<Ns>,
    nature: Nature,
    label: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Lane {
    name: String,
    bars: Vec<Bar>,
}

pub enum Msg {
    Frame,
    Down(PointerEvent),
    Moved(PointerEvent),
    Up,
}

pub struct Timeline {
    lanes: Vec<Lane>,
    /// The end of the axis.
    end: Ns,
    happenings: usize,
    playhead: NodeRef,
    scrubber: NodeRef,
    scrubbing: bool,
    _subscription: Subscription,
}

impl Component for Timeline {
    type Message = Msg;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let link = context.link().clone();
        let subscription = context.props().live.subscribe_calmly(move |_| link.send_message(Msg::Frame));
        let mut timeline = Self {
            lanes: Vec::new(),
            end: 10_000_000_000,
            happenings: 0,
            playhead: NodeRef::default(),
            scrubber: NodeRef::default(),
            scrubbing: false,
            _subscription: subscription,
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
                    || end_of_axis(context.props()) != self.end;
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
                false
            }
            Msg::Up => {
                self.scrubbing = false;
                false
            }
        }
    }

    fn rendered(&mut self, context: &Context<Self>, _: bool) {
        self.place_playhead(context.props());
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let m = context.props().lang.messages();
        let link = context.link();
        let now = context.props().live.last().map_or(0, |frame| frame.now);
        let percent = |at: Ns| at.min(self.end) as f64 / self.end as f64 * 100.0;
        html! {
            <div class="timeline">
                <div class="timeline-lanes">
                    if self.lanes.is_empty() { <p class="dim timeline-none">{ m.timeline_none }</p> }
                    { for self.lanes.iter().map(|lane| html! {
                        <div class="lane">
                            <span class="lane-name" title={lane.name.clone()}>{ &lane.name }</span>
                            <span class="lane-track">{ for lane.bars.iter().map(|bar| {
                                let (left, right) = (percent(bar.from), percent(bar.to.unwrap_or(now)));
                                let style = format!("left:{left:.3}%;width:{:.3}%", (right - left).max(0.0));
                                // A word that would be cut to a letter says less than none.
                                let label = if right - left > 14.0 { bar.label.as_str() } else { "" };
                                html! { <span class={classes!("lane-bar", bar.nature.class())} {style} title={bar.label.clone()}>{ label }</span> }
                            }) }</span>
                        </div>
                    }) }
                </div>
                <div class="axis" aria-hidden="true">
                    { for (0..=5_u64).map(|step| html! {
                        <span style={format!("left:{}%", step * 20)}>{ axis_label(self.end / 5 * step) }</span>
                    }) }
                </div>
                <div ref={&self.scrubber} class="scrubber" title={m.timeline_hint} data-testid="scrubber"
                    onpointerdown={link.callback(Msg::Down)} onpointermove={link.callback(Msg::Moved)}
                    onpointerup={link.callback(|_| Msg::Up)} onpointercancel={link.callback(|_| Msg::Up)}>
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
        self.lanes = lanes(&props.document, &history.happenings, props.lang);
        drop(history);
        self.end = end_of_axis(props);
    }

    fn place_playhead(&self, props: &Props) {
        let now = props.live.last().map_or(0, |frame| frame.now);
        if let Some(playhead) = self.playhead.cast::<HtmlElement>() {
            let share = now.min(self.end) as f64 / self.end as f64 * 100.0;
            let _ = playhead.style().set_property("left", &format!("{share:.3}%"));
        }
    }

    fn seek(&self, props: &Props, event: &PointerEvent) {
        let Some(scrubber) = self.scrubber.cast::<Element>() else { return };
        let bounds = scrubber.get_bounding_client_rect();
        let share = (f64::from(event.client_x()) - bounds.left()) / bounds.width().max(1.0);
        let to = (share.clamp(0.0, 1.0) * self.end as f64) as Ns;
        props.dispatch.act(move |lab| lab.seek(to));
    }
}

fn axis_label(at: Ns) -> String {
    if at == 0 { "0 s".to_owned() } else { format::span(at) }
}

/// A round time beyond what has been simulated and what is planned.
fn end_of_axis(props: &Props) -> Ns {
    let now = props.live.last().map_or(0, |frame| frame.now);
    let planned =
        props.document.timeline.iter().map(|entry| entry.at + entry.lasts.unwrap_or(0)).max().unwrap_or(0);
    let Seconds(duration) = props.document.settings.duration_s;
    let duration = (duration * 1e9) as Ns;
    let wanted = (now + now / 8).max(planned + planned / 10).max(10_000_000_000);
    let mut end: Ns = 10_000_000_000;
    while end < wanted {
        // 10, 20, 50, 100, …
        end = if end.to_string().starts_with('2') { end / 2 * 5 } else { end * 2 };
    }
    if duration >= wanted { end.min(duration.max(10_000_000_000)) } else { end }
}

fn lanes(document: &Scenario, happenings: &[Happening], lang: Lang) -> Vec<Lane> {
    let m = lang.messages();
    let mut faults: BTreeMap<Id, Lane> = BTreeMap::new();
    let mut shunned: BTreeMap<(Id, Id), Lane> = BTreeMap::new();
    let label = |verb: Verb, target: Target| {
        let word = lang.of(Verb::CHOICES[verb as usize].label);
        target.instance.map_or_else(|| word.to_owned(), |instance| format!("{word} #{instance}"))
    };
    for entry in &document.timeline {
        let lane = faults.entry(entry.target.id).or_default();
        // What strikes again and again goes on to the end.
        let open = if entry.injection.is_plain() { entry.at } else { Ns::MAX };
        let to = Some(entry.lasts.map_or(open, |lasts| entry.at + lasts));
        lane.bars.push(Bar {
            from: entry.at,
            to,
            nature: Nature::Planned,
            label: label(entry.verb, entry.target),
        });
    }
    for happening in happenings {
        match &happening.what {
            What::Struck { verb: Verb::Restore, target } => {
                close(&mut faults.entry(target.id).or_default().bars, Nature::Fault, happening.at);
            }
            What::Struck { verb, target } => {
                let bar =
                    Bar { from: happening.at, to: None, nature: Nature::Fault, label: label(*verb, *target) };
                faults.entry(target.id).or_default().bars.push(bar);
            }
            What::TakenOut { checker, target, .. } => {
                let label = target.instance.map_or_else(String::new, |instance| format!("#{instance}"));
                let bar = Bar {
                    from: happening.at,
                    to: None,
                    nature: Nature::Shunned,
                    label: (m.taken_out)(&label),
                };
                shunned.entry((*checker, target.id)).or_default().bars.push(bar);
            }
            What::TakenIn { checker, target } => {
                close(
                    &mut shunned.entry((*checker, target.id)).or_default().bars,
                    Nature::Shunned,
                    happening.at,
                );
            }
            _ => {}
        }
    }
    let faults = faults.into_iter().map(|(id, lane)| Lane { name: name_of(document, id), ..lane });
    let shunned = shunned.into_iter().map(|((checker, target), lane)| Lane {
        name: format!("{} ⊘ {}", name_of(document, checker), name_of(document, target)),
        ..lane
    });
    faults.chain(shunned).filter(|lane| !lane.bars.is_empty()).collect()
}

fn close(bars: &mut [Bar], nature: Nature, at: Ns) {
    for bar in bars.iter_mut().filter(|bar| bar.nature == nature && bar.to.is_none()) {
        bar.to = Some(at);
    }
}
