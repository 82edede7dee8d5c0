//! The charts beside the canvas: goodput and throughput, latency, errors by cause, on one time axis.

use std::cell::Cell;
use std::rc::Rc;

use brownout_scenario::axis;
use brownout_sim::Ns;
use gloo::timers::callback::Timeout;
use web_sys::{HtmlCanvasElement, KeyboardEvent, PointerEvent};
use yew::{Callback, Component, Context, Html, NodeRef, Properties, TargetCast, html};

use super::data::{Chart, Plot, Series, plot};
use super::plotting::{LEFT, Shared, css, draw, stroke};
use super::sentences::time;
use super::words::{Words, words};
use crate::look::Theme;
use crate::motion::Tokens;
use crate::state::{Following, Live, Subscription};
use crate::words::{Lang, format};

/// The least time between two drawings, in milliseconds.
const REDRAW_MS: u32 = 150;
/// Of a chart without and with the time axis, in CSS pixels.
const HEIGHT: f64 = 84.0;
const HEIGHT_WITH_AXIS: f64 = 101.0;

#[derive(Clone, Debug, PartialEq, Properties)]
pub struct Props {
    pub live: Live,
    pub duration: Ns,
    /// When the last planned fault is over: the axis is the timeline's.
    pub planned: Ns,
    pub warmup: Ns,
    pub theme: Theme,
    pub lang: Lang,
    /// Only these charts; without any, all.
    #[prop_or_default]
    pub only: Vec<Chart>,
    /// A point was chosen: the stretch of time that it stands for.
    #[prop_or_default]
    pub on_pick: Callback<(Ns, Ns)>,
    /// The run is to go to the cursor.
    #[prop_or_default]
    pub on_seek: Callback<Ns>,
    /// Opens the page that says what is not simulated.
    pub on_limits: Callback<()>,
}

impl Props {
    fn shows(&self, chart: Chart) -> bool {
        self.only.is_empty() || self.only.contains(&chart)
    }

    /// The time axis stands below the last chart.
    fn has_axis(&self, chart: Chart) -> bool {
        Chart::ALL.iter().rev().find(|chart| self.shows(**chart)) == Some(&chart)
    }
}

/// Redraws a few times a second, and only when something has changed.
pub struct Charts {
    canvases: [NodeRef; 3],
    tokens: Option<Tokens>,
    shown: Shown,
    waiting: Rc<Cell<bool>>,
    timer: Option<Timeout>,
    live: Live,
    subscription: Option<(Subscription, Following)>,
}

/// What the charts were last drawn from.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shown {
    now: Ns,
    windows: usize,
    happenings: usize,
    plots: [Plot; 3],
    faults: Vec<(f64, f64)>,
}

#[derive(Debug)]
pub enum Message {
    Came,
    Draw,
    /// The cursor is somewhere else.
    Pointed,
    /// A key, in this chart.
    Key(KeyboardEvent),
}

fn listen(context: &Context<Charts>, live: &Live, waiting: &Rc<Cell<bool>>) -> (Subscription, Following) {
    let pointed = context.link().callback(|_| Message::Pointed);
    let following = live.cursor().follow(move |at| pointed.emit(at));
    let came = context.link().callback(|()| Message::Came);
    let waiting = Rc::clone(waiting);
    // Frames come sixty times a second; only the first after a drawing is worth a message.
    let subscription = live.subscribe(move |_| {
        if !waiting.replace(true) {
            came.emit(());
        }
    });
    (subscription, following)
}

impl Component for Charts {
    type Message = Message;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let live = context.props().live.clone();
        let waiting = Rc::new(Cell::new(false));
        let mut charts = Self {
            canvases: Default::default(),
            tokens: Some(Tokens::read()),
            shown: Shown::default(),
            subscription: Some(listen(context, &live, &waiting)),
            waiting,
            timer: None,
            live,
        };
        charts.read();
        charts
    }

    fn update(&mut self, context: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Came => {
                let link = context.link().clone();
                self.timer = Some(Timeout::new(REDRAW_MS, move || link.send_message(Message::Draw)));
                false
            }
            Message::Draw => {
                self.waiting.set(false);
                self.read()
            }
            Message::Pointed => true,
            Message::Key(event) => {
                self.key(context.props(), &event);
                false
            }
        }
    }

    fn changed(&mut self, context: &Context<Self>, old: &Props) -> bool {
        let props = context.props();
        if self.live != props.live {
            self.live = props.live.clone();
            drop(self.subscription.replace(listen(context, &self.live, &self.waiting)));
            self.read();
        }
        if old.theme != props.theme {
            self.tokens = None;
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        let texts = words(props.lang);
        let on_limits = props.on_limits.reform(|_| ());
        html! {
            <div class="charts">
                { for Chart::ALL.iter().enumerate().filter(|(_, chart)| props.shows(**chart)).map(|(index, chart)| self.view_chart(context, index, *chart)) }
                <p class="charts-foot">
                    <span class="badge" title={texts.one_run_help}>{ texts.one_run }</span>
                    <button type="button" class="link" onclick={on_limits}>{ texts.what_is_not }</button>
                </p>
            </div>
        }
    }

    fn rendered(&mut self, context: &Context<Self>, _: bool) {
        let props = context.props();
        let shared = shared(&self.shown, props, self.cursor());
        let tokens = self.tokens.get_or_insert_with(Tokens::read);
        for (index, (canvas, plot)) in self.canvases.iter().zip(&self.shown.plots).enumerate() {
            let Some(canvas) = canvas.cast::<HtmlCanvasElement>() else { continue };
            let axis = props.has_axis(Chart::ALL[index]);
            let size = (f64::from(canvas.client_width()), if axis { HEIGHT_WITH_AXIS } else { HEIGHT });
            draw(&canvas, plot, &shared, tokens, size, axis);
        }
    }
}

fn shared(shown: &Shown, props: &Props, cursor: Option<f64>) -> Shared {
    Shared {
        end: axis::end(props.planned, props.duration, shown.now) as f64 / 1e9,
        now: shown.now as f64 / 1e9,
        cursor,
        warmup: props.warmup as f64 / 1e9,
        faults: shown.faults.clone(),
    }
}

impl Charts {
    /// Where the reader points, in seconds.
    fn cursor(&self) -> Option<f64> {
        self.live.cursor().at().map(|at| at as f64 / 1e9)
    }

    fn end(&self, props: &Props) -> Ns {
        axis::end(props.planned, props.duration, self.shown.now)
    }

    /// The stretch of time of the point at the cursor.
    fn stretch(&self, index: usize) -> (Ns, Ns) {
        let window = self.shown.plots[index].window_s.max(1.0);
        let from = (self.cursor().unwrap_or(0.0) / window).floor() * window;
        ((from * 1e9) as Ns, ((from + window) * 1e9) as Ns)
    }

    /// Arrows move the cursor, Enter chooses the point there, with Shift the run goes there.
    fn key(&self, props: &Props, event: &KeyboardEvent) {
        let cursor = self.live.cursor();
        match (event.key().as_str(), cursor.at()) {
            ("Enter", Some(at)) if event.shift_key() => props.on_seek.emit(at),
            ("Enter", Some(_)) => props.on_pick.emit(self.stretch(0)),
            (key, _) => {
                cursor.press(key, event.ctrl_key() || event.meta_key(), self.shown.now, self.end(props));
            }
        }
    }

    /// Takes what is there to be drawn. False where it is what is drawn already.
    fn read(&mut self) -> bool {
        let now = self.live.last().map_or(0, |frame| frame.now);
        let history = self.live.history();
        let (windows, happenings) = (history.windows.len(), history.happenings.len());
        let before = &self.shown;
        if (now, windows, happenings) == (before.now, before.windows, before.happenings) {
            return false;
        }
        // After a seek there may be as many windows as before, but others.
        let same = windows == before.windows && now >= before.now;
        let plots =
            if same { before.plots.clone() } else { Chart::ALL.map(|chart| plot(chart, &history.windows)) };
        let faults = axis::fault_spans(&history.happenings, now);
        self.shown = Shown { now, windows, happenings, plots, faults };
        true
    }

    fn view_chart(&self, context: &Context<Self>, index: usize, chart: Chart) -> Html {
        let props = context.props();
        let texts = words(props.lang);
        let plot = &self.shown.plots[index];
        let (title, unit) = match chart {
            Chart::Rates => (texts.rates, texts.per_second),
            Chart::Latency => (texts.latency, texts.milliseconds),
            Chart::Errors => (texts.errors, texts.errors_per_second),
        };
        let values: Vec<(Series, String)> =
            plot.values_at(self.cursor()).map(|(series, value)| (series, said(value, texts))).collect();
        let (end, cursor) = (self.end(props), self.live.cursor().clone());
        let on_point = move |event: PointerEvent| {
            let canvas: Option<HtmlCanvasElement> = event.target_dyn_into();
            let width = canvas.map_or(1.0, |canvas| (f64::from(canvas.client_width()) - LEFT).max(1.0));
            let share = (f64::from(event.offset_x()) - LEFT) / width;
            cursor.put((0.0..=1.0).contains(&share).then_some((share * end as f64) as Ns));
        };
        let stretch = self.stretch(index);
        let (pick, seek, at) = (props.on_pick.clone(), props.on_seek.clone(), self.live.cursor().at());
        let on_click = move |event: yew::MouseEvent| match at {
            Some(at) if event.shift_key() => seek.emit(at),
            _ => pick.emit(stretch),
        };
        let cursor = self.live.cursor().clone();
        let on_leave = move |_: PointerEvent| cursor.put(None);
        // Keys that are the cursor's own go no further: the canvas has arrows too.
        let on_key = context.link().callback(|event: KeyboardEvent| {
            if matches!(
                event.key().as_str(),
                "ArrowLeft" | "ArrowRight" | "Home" | "End" | "Escape" | "Enter"
            ) {
                event.prevent_default();
                event.stop_propagation();
            }
            Message::Key(event)
        });
        let second = |at: Ns| format!("{:.3}", at as f64 / 1e9);
        html! {
            <figure class="chart">
                <figcaption>
                    <h3>{ title }</h3>
                    <span class="chart-unit">{ unit }{ " · " }{ (texts.windows)(plot.window_s.max(1.0)) }</span>
                </figcaption>
                <canvas
                    ref={self.canvases[index].clone()}
                    class={if props.has_axis(chart) { "with-axis" } else { "" }}
                    role="slider"
                    tabindex="0"
                    title={texts.chart_keys}
                    aria-label={title}
                    aria-valuemin="0"
                    aria-valuemax={second(end)}
                    aria-valuenow={second(at.unwrap_or(self.shown.now))}
                    aria-valuetext={self.described(title, &values, props.lang)}
                    data-cursor={at.map(|at| at.to_string())}
                    data-end={end.to_string()}
                    onpointermove={on_point}
                    onpointerleave={on_leave}
                    onkeydown={on_key}
                    onclick={on_click}
                />
                { self.view_legend(chart, &values, texts, props.lang) }
            </figure>
        }
    }

    fn view_legend(
        &self,
        chart: Chart,
        values: &[(Series, String)],
        texts: &'static Words,
        lang: Lang,
    ) -> Html {
        if self.shown.plots[0].times.is_empty() {
            return html! { <p class="chart-legend dim">{ texts.no_window }</p> };
        }
        if chart == Chart::Errors && values.is_empty() {
            return html! { <p class="chart-legend dim">{ texts.no_errors }</p> };
        }
        html! {
            <ul class="chart-legend">
                { for values.iter().enumerate().map(|(index, (series, value))| html! {
                    <li>
                        { self.view_swatch(*series, index) }
                        { name(*series, texts, lang) }{ " " }<b>{ value }</b>
                    </li>
                }) }
            </ul>
        }
    }

    fn view_swatch(&self, series: Series, index: usize) -> Html {
        let Some(tokens) = &self.tokens else { return Html::default() };
        let stroke = stroke(series, index, tokens);
        let dash = stroke.dash.map_or_else(String::new, |(dash, gap)| format!("{dash} {gap}"));
        let width = if matches!(series, Series::Errors(_)) { 8 } else { stroke.width };
        html! {
            <svg class="swatch" width="16" height="8" viewBox="0 0 16 8" aria-hidden="true">
                <line
                    x1="0" y1="4" x2="16" y2="4"
                    stroke={css(stroke.color)} stroke-width={width.to_string()} stroke-dasharray={dash}
                />
            </svg>
        }
    }

    fn described(&self, title: &str, values: &[(Series, String)], lang: Lang) -> String {
        let texts = words(lang);
        let said: Vec<String> =
            values.iter().map(|(series, value)| format!("{} {value}", name(*series, texts, lang))).collect();
        let said = match (said.is_empty(), self.shown.windows) {
            (_, 0) => texts.no_window.to_owned(),
            (true, _) => texts.no_errors.to_owned(),
            _ => said.join(", "),
        };
        let at = self.live.cursor().at().unwrap_or(self.shown.now);
        (texts.described)(title, &time(at), &said)
    }
}

fn said(value: Option<f64>, texts: &Words) -> String {
    value.map_or_else(|| texts.too_few.to_owned(), |value| format::number((value * 10.0).round() / 10.0))
}

fn name(series: Series, texts: &'static Words, lang: Lang) -> &'static str {
    use brownout_sim::observe::Outcome;
    match series {
        Series::Goodput => texts.goodput,
        Series::Throughput => texts.throughput,
        Series::P50 => "p50",
        Series::P95 => "p95",
        Series::P99 => "p99",
        Series::Errors(outcome) => lang.of(Outcome::CHOICES[outcome as usize].label),
    }
}
