//! What came from the study, shown; and in its charts the one cursor and the playhead of timeline and page.
//!
//! An element with `data-end` is as wide as the time axis up to that instant, and may have lines of the classes `cursor`
//! and `now` in it. An element with `data-values` says the value at the cursor, or the last one.

use std::rc::Rc;

use brownout_sim::Ns;
use serde_json::Value;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, KeyboardEvent, MouseEvent, PointerEvent};
use yew::{Component, Context, Html, NodeRef, Properties, html};

use super::tree;
use crate::app::Dispatch;
use crate::state::{Following, Live, Subscription};
use crate::words::format;

#[derive(Properties, Clone)]
pub struct Props {
    pub panel: Rc<Value>,
    pub live: Live,
    pub dispatch: Dispatch,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.panel, &other.panel) && self.live == other.live
    }
}

pub enum Msg {
    Moved,
    Over(PointerEvent),
    Away,
    Click(MouseEvent),
    Key(KeyboardEvent),
}

pub struct Panel {
    root: NodeRef,
    _following: Following,
    _subscription: Subscription,
}

impl Component for Panel {
    type Message = Msg;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let live = &context.props().live;
        let (moved, framed) =
            (context.link().callback(|_| Msg::Moved), context.link().callback(|()| Msg::Moved));
        Self {
            root: NodeRef::default(),
            _following: live.cursor().follow(move |at| moved.emit(at)),
            _subscription: live.subscribe_calmly(move |_| framed.emit(())),
        }
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        let props = context.props();
        let cursor = props.live.cursor();
        match message {
            Msg::Moved => self.show(props),
            Msg::Over(event) => {
                let chart = chart_of(event.target());
                cursor.put(chart.and_then(|chart| instant(&chart, event.client_x())));
            }
            Msg::Away => cursor.put(None),
            Msg::Click(event) => {
                let chart = chart_of(event.target());
                if let Some(at) = chart.and_then(|chart| instant(&chart, event.client_x())) {
                    go(props, at);
                }
            }
            Msg::Key(event) => {
                let Some(chart) = chart_of(event.target()) else { return false };
                let now = props.live.last().map_or(0, |frame| frame.now);
                let key = event.key();
                let far = event.ctrl_key() || event.meta_key();
                match (key.as_str(), cursor.at()) {
                    ("Enter", Some(at)) => go(props, at),
                    (key, _) if cursor.press(key, far, now, end_of(&chart).unwrap_or(0)) => {}
                    _ => return false,
                }
                event.prevent_default();
                event.stop_propagation();
            }
        }
        false
    }

    fn rendered(&mut self, context: &Context<Self>, _: bool) {
        self.show(context.props());
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let (props, link) = (context.props(), context.link());
        // Messages are taken up after the event has gone on: what a chart's keys must not do is prevented here.
        let key = link.callback(|event: KeyboardEvent| {
            let is_ours = ["ArrowLeft", "ArrowRight", "Home", "End", "Enter"].contains(&event.key().as_str());
            if is_ours && chart_of(event.target()).is_some() {
                event.prevent_default();
                event.stop_propagation();
            }
            Msg::Key(event)
        });
        html! {
            <div ref={&self.root} onpointermove={link.callback(Msg::Over)} onpointerleave={link.callback(|_| Msg::Away)}
                onclick={link.callback(Msg::Click)} onkeydown={key}>
                { tree::element(&props.panel, &props.dispatch) }
            </div>
        }
    }
}

impl Panel {
    /// Puts the lines where they belong, and says the values.
    fn show(&self, props: &Props) {
        let Some(root) = self.root.cast::<Element>() else { return };
        let (cursor, now) = (props.live.cursor().at(), props.live.last().map_or(0, |frame| frame.now));
        for chart in all(&root, "[data-end]") {
            let Some(end) = end_of(&chart) else { continue };
            for (class, at) in [(".cursor", cursor), (".now", Some(now))] {
                let Ok(Some(line)) = chart.query_selector(class) else { continue };
                let at = at.filter(|at| *at <= end);
                let _ = line.set_attribute("visibility", if at.is_some() { "visible" } else { "hidden" });
                if let Some(at) = at {
                    let x = at as f64 / end as f64 * width_of(&chart);
                    let _ = line.set_attribute("transform", &format!("translate({x:.2})"));
                }
            }
            if let Some(at) = cursor {
                let _ = chart.set_attribute("data-cursor", &at.to_string());
                if chart.has_attribute("aria-valuemin") {
                    let _ = chart.set_attribute("aria-valuetext", &format::clock(at));
                }
            } else {
                let _ = chart.remove_attribute("data-cursor");
            }
        }
        for said in all(&root, "[data-values]") {
            let values = said.get_attribute("data-values").unwrap_or_default();
            let values: Vec<&str> = values.split('|').collect();
            let step: f64 = said.get_attribute("data-step").and_then(|step| step.parse().ok()).unwrap_or(1.0);
            let value = match cursor {
                Some(at) => values.get((at as f64 / step.max(1.0)) as usize).copied(),
                None => values.iter().rfind(|value| !value.is_empty()).copied(),
            };
            let value = value.filter(|value| !value.is_empty()).unwrap_or("–");
            if said.text_content().as_deref() != Some(value) {
                said.set_text_content(Some(value));
            }
        }
    }
}

fn go(props: &Props, at: Ns) {
    props.dispatch.act(move |lab| {
        if lab.run.playing {
            lab.pause();
        }
        lab.seek(at);
    });
}

fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
}

/// The chart on the time axis that an event is in.
fn chart_of(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into::<Element>().ok()?.closest("[data-end]").ok().flatten()
}

fn end_of(chart: &Element) -> Option<Ns> {
    chart.get_attribute("data-end")?.parse().ok()
}

/// In the units that it is drawn in.
fn width_of(chart: &Element) -> f64 {
    let bounds = chart.get_attribute("viewBox").unwrap_or_default();
    bounds.split(' ').nth(2).and_then(|width| width.parse().ok()).unwrap_or(0.0)
}

/// The instant at a place of the screen.
fn instant(chart: &Element, x: i32) -> Option<Ns> {
    let bounds = chart.get_bounding_client_rect();
    let share = (f64::from(x) - bounds.left()) / bounds.width().max(1.0);
    Some((share.clamp(0.0, 1.0) * end_of(chart)? as f64) as Ns)
}
