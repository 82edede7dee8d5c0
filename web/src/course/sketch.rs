//! A curve that the learner draws before the run; afterwards the measured one stands beside it.

use std::fmt::Write as _;

use brownout_sim::observe::Window;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};
use yew::{Component, Context, Html, Properties, html};

use super::words;
use crate::app::Dispatch;
use crate::state::{Live, Subscription};
use crate::words::{Lang, format};

/// A curve has so many points over the whole run.
const POINTS: usize = 24;
/// Of the drawing, in its own units.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 132.0;
/// A key moves a point by so much of the axis.
const STEP: f64 = 0.05;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub step: String,
    /// One of the names that lessons have for curves.
    pub curve: String,
    pub unit: String,
    pub most: f64,
    pub duration_s: f64,
    /// What was committed to.
    pub drawn: Option<Vec<f64>>,
    pub live: Live,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

pub enum Msg {
    Draw(PointerEvent),
    Lift,
    Key(KeyboardEvent),
    Commit,
    Frame,
}

pub struct Sketch {
    values: Vec<f64>,
    /// The point that the keyboard moves.
    at: usize,
    /// Where the pointer was last, while it draws.
    last: Option<usize>,
    touched: bool,
    _subscription: Subscription,
}

impl Component for Sketch {
    type Message = Msg;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let link = context.link().clone();
        let subscription = context.props().live.subscribe_calmly(move |_| link.send_message(Msg::Frame));
        let values = vec![context.props().most / 2.0; POINTS];
        Self { values, at: 0, last: None, touched: false, _subscription: subscription }
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        let props = context.props();
        if props.drawn.is_some() {
            return matches!(message, Msg::Frame);
        }
        match message {
            Msg::Draw(event) => self.draw(props, &event),
            Msg::Lift => {
                self.last = None;
                false
            }
            Msg::Key(event) => self.key(props, &event),
            Msg::Commit => {
                let (step, values) = (props.step.clone(), self.values.clone());
                props.dispatch.act(move |lab| lab.sketch(&step, values));
                false
            }
            Msg::Frame => false,
        }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        let (lang, link) = (props.lang, context.link());
        let drawn = props.drawn.as_ref().unwrap_or(&self.values);
        let measured = match props.drawn {
            Some(_) => curve(&props.curve, &props.live.history().windows, props.duration_s),
            None => vec![None; POINTS],
        };
        let points: Vec<Option<f64>> = drawn.iter().copied().map(Some).collect();
        let second = (self.at as f64 + 0.5) * props.duration_s / POINTS as f64;
        let now = format!("{} s: {} {}", format::number(second), format::number(drawn[self.at]), props.unit);
        let open = props.drawn.is_none();
        let what = words::CURVES
            .iter()
            .find(|(name, _)| *name == props.curve)
            .map_or("", |(_, words)| lang.of(*words));
        let cursor = (self.at as f64 + 0.5) * WIDTH / POINTS as f64;
        html! {
            <section class="course-sketch" aria-label={lang.of(words::SKETCH)}>
                <h4>{ format!("{}: {what}", lang.of(words::SKETCH)) }</h4>
                if open { <p class="dim">{ lang.of(words::SKETCH_HELP) }</p> }
                <div class="sketch-frame">
                    <span class="sketch-most dim">{ format!("{} {}", format::number(props.most), props.unit) }</span>
                    <div class="sketch-area" data-testid="sketch" role="slider" tabindex={if open { "0" } else { "-1" }} aria-label={lang.of(words::SKETCH)}
                        aria-disabled={(!open).to_string()} aria-valuemin="0" aria-valuemax={props.most.to_string()} aria-valuenow={drawn[self.at].to_string()} aria-valuetext={now.clone()}
                        onpointerdown={link.callback(Msg::Draw)} onpointermove={link.callback(Msg::Draw)}
                        onpointerup={link.callback(|_| Msg::Lift)} onpointercancel={link.callback(|_| Msg::Lift)} onkeydown={link.callback(Msg::Key)}>
                        <svg viewBox={format!("0 0 {WIDTH} {HEIGHT}")} preserveAspectRatio="none" aria-hidden="true">
                            if open { <line class="sketch-cursor" x1={cursor.to_string()} x2={cursor.to_string()} y1="0" y2={HEIGHT.to_string()} /> }
                            <path class="sketch-drawn" d={path(&points, props.most)} />
                            <path class="sketch-measured" d={path(&measured, props.most)} />
                        </svg>
                    </div>
                    <span class="sketch-times dim"><span>{ "0 s" }</span><span>{ format!("{} s", format::number(props.duration_s)) }</span></span>
                </div>
                if open {
                    <p class="sketch-now" role="status">{ now }</p>
                    <button class="button primary" data-testid="commit-sketch" disabled={!self.touched} onclick={link.callback(|_| Msg::Commit)}>{ lang.of(words::COMMIT) }</button>
                } else {
                    { compared(props, drawn, &measured) }
                }
            </section>
        }
    }
}

impl Sketch {
    /// Sets the points between the last place of the pointer and this one.
    fn draw(&mut self, props: &Props, event: &PointerEvent) -> bool {
        if event.buttons() & 1 == 0 {
            self.last = None;
            return false;
        }
        let Some(area) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return false;
        };
        if event.type_() == "pointerdown" {
            let _ = area.set_pointer_capture(event.pointer_id());
        }
        let bounds = area.get_bounding_client_rect();
        let share = |at: f64, start: f64, size: f64| ((at - start) / size.max(1.0)).clamp(0.0, 1.0);
        let x = share(f64::from(event.client_x()), bounds.left(), bounds.width());
        let y = share(f64::from(event.client_y()), bounds.top(), bounds.height());
        let at = ((x * POINTS as f64) as usize).min(POINTS - 1);
        let from = self.last.unwrap_or(at);
        for point in from.min(at)..=from.max(at) {
            self.values[point] = rounded((1.0 - y) * props.most, props.most);
        }
        (self.at, self.last, self.touched) = (at, Some(at), true);
        true
    }

    fn key(&mut self, props: &Props, event: &KeyboardEvent) -> bool {
        let by = props.most * STEP;
        let value = &mut self.values[self.at];
        match event.key().as_str() {
            "ArrowLeft" => self.at = self.at.saturating_sub(1),
            "ArrowRight" => self.at = (self.at + 1).min(POINTS - 1),
            "ArrowUp" => *value = rounded((*value + by).min(props.most), props.most),
            "ArrowDown" => *value = rounded((*value - by).max(0.0), props.most),
            "Home" => *value = 0.0,
            "End" => *value = props.most,
            _ => return false,
        }
        event.prevent_default();
        event.stop_propagation();
        self.touched = true;
        // What follows is expected to be like it, until it is set too.
        if !matches!(event.key().as_str(), "ArrowLeft" | "ArrowRight") {
            let value = self.values[self.at];
            self.values[self.at..].fill(value);
        }
        true
    }
}

fn compared(props: &Props, drawn: &[f64], measured: &[Option<f64>]) -> Html {
    let lang = props.lang;
    let pairs: Vec<f64> = drawn
        .iter()
        .zip(measured)
        .filter_map(|(drawn, measured)| Some((drawn - (*measured)?).abs()))
        .collect();
    let apart = (!pairs.is_empty()).then(|| pairs.iter().sum::<f64>() / pairs.len() as f64);
    let apart = apart.map_or_else(
        || lang.of(words::NOT_YET).to_owned(),
        |apart| format!("{} {}", format::number(apart), props.unit),
    );
    html! {
        <dl class="course-compare" data-testid="sketch-compared">
            <dt><i class="sketch-key drawn"></i>{ lang.of(words::SKETCHED) }</dt><dd></dd>
            <dt><i class="sketch-key measured"></i>{ lang.of(words::MEASURED) }</dt><dd></dd>
            <dt>{ lang.of(words::MEAN_OFF) }</dt><dd>{ apart }</dd>
        </dl>
    }
}

/// Three digits are as much as a hand draws.
fn rounded(value: f64, most: f64) -> f64 {
    let grain = most / 1000.0;
    (value / grain).round() * grain
}

fn path(values: &[Option<f64>], most: f64) -> String {
    let mut path = String::new();
    let mut pen = 'M';
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else {
            pen = 'M';
            continue;
        };
        let x = (index as f64 + 0.5) * WIDTH / values.len() as f64;
        let y = HEIGHT - (value / most).clamp(0.0, 1.0) * (HEIGHT - 4.0) - 2.0;
        let _ = write!(path, "{pen}{x:.1} {y:.1}");
        pen = 'L';
    }
    path
}

/// What was measured, in as many points as are drawn; none where the run has not come to.
fn curve(curve: &str, windows: &[Window], duration_s: f64) -> Vec<Option<f64>> {
    let span = duration_s * 1e9 / POINTS as f64;
    let value = |window: &Window| {
        let per_second = |count: u64| Some(count as f64 * 1e9 / window.length.max(1) as f64);
        let milliseconds = |ns: Option<u64>| ns.map(|ns| ns as f64 / 1e6);
        match curve {
            "throughput" => per_second(window.finished),
            "errors" => per_second(window.finished.saturating_sub(window.good)),
            "p50" => milliseconds(window.p50),
            "p99" => milliseconds(window.p99),
            _ => per_second(window.good),
        }
    };
    let mut sums = vec![(0.0, 0_u32); POINTS];
    for window in windows {
        let middle = window.start as f64 + window.length as f64 / 2.0;
        if let (Some(sum), Some(value)) = (sums.get_mut((middle / span) as usize), value(window)) {
            *sum = (sum.0 + value, sum.1 + 1);
        }
    }
    sums.into_iter().map(|(sum, count)| (count > 0).then(|| sum / f64::from(count))).collect()
}
