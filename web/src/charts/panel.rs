//! The charts beside the canvas: goodput and throughput, latency, errors by cause, on one time axis.

use std::cell::Cell;
use std::rc::Rc;

use brownout_sim::Ns;
use gloo::timers::callback::Timeout;
use web_sys::{HtmlCanvasElement, PointerEvent};
use yew::{Callback, Component, Context, Html, NodeRef, Properties, TargetCast, html};

use super::data::{Chart, Plot, Series, fault_spans, plot, time_end};
use super::plotting::{LEFT, Shared, css, draw, stroke};
use super::sentences::time;
use super::words::{Words, words};
use crate::look::Theme;
use crate::motion::Tokens;
use crate::state::{Live, Subscription};
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
    pub warmup: Ns,
    pub theme: Theme,
    pub lang: Lang,
    /// Only these charts; without any, all.
    #[prop_or_default]
    pub only: Vec<Chart>,
    /// A point was chosen: the stretch of time that it stands for.
    #[prop_or_default]
    pub on_pick: Callback<(Ns, Ns)>,
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
    cursor: Option<f64>,
    waiting: Rc<Cell<bool>>,
    timer: Option<Timeout>,
    live: Live,
    subscription: Option<Subscription>,
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
    Point(Option<f64>),
}

fn listen(context: &Context<Charts>, live: &Live, waiting: &Rc<Cell<bool>>) -> Subscription {
    let came = context.link().callback(|()| Message::Came);
    let waiting = Rc::clone(waiting);
    // Frames come sixty times a second; only the first after a drawing is worth a message.
    live.subscribe(move |_| {
        if !waiting.replace(true) {
            came.emit(());
        }
    })
}

impl Component for Charts {
    type Message = Message;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let live = context.props().live.clone();
        let waiting = Rc::new(Cell::new(false));
        let mut charts = Self {
            canvases: Default::default(),
            tokens: None,
            shown: Shown::default(),
            cursor: None,
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
            Message::Point(at) => std::mem::replace(&mut self.cursor, at) != at,
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
        let tokens = self.tokens.get_or_insert_with(Tokens::read);
        let props = context.props();
        let shared = shared(&self.shown, props, self.cursor);
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
        end: time_end(shown.now, props.duration),
        now: shown.now as f64 / 1e9,
        cursor,
        warmup: props.warmup as f64 / 1e9,
        faults: shown.faults.clone(),
    }
}

impl Charts {
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
        let faults = fault_spans(&history.happenings, now);
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
            plot.values_at(self.cursor).map(|(series, value)| (series, said(value, texts))).collect();
        let end = time_end(self.shown.now, props.duration);
        let on_point = context.link().callback(move |event: PointerEvent| {
            let canvas: Option<HtmlCanvasElement> = event.target_dyn_into();
            let width = canvas.map_or(1.0, |canvas| (f64::from(canvas.client_width()) - LEFT).max(1.0));
            let share = (f64::from(event.offset_x()) - LEFT) / width;
            Message::Point((share >= 0.0).then_some(share * end))
        });
        let window = plot.window_s.max(1.0);
        let cursor = self.cursor;
        let on_pick = props.on_pick.reform(move |_: yew::MouseEvent| {
            let from = (cursor.unwrap_or(0.0) / window).floor() * window;
            ((from * 1e9) as Ns, ((from + window) * 1e9) as Ns)
        });
        let on_leave = context.link().callback(|_: PointerEvent| Message::Point(None));
        html! {
            <figure class="chart">
                <figcaption>
                    <h3>{ title }</h3>
                    <span class="chart-unit">{ unit }{ " · " }{ (texts.windows)(plot.window_s.max(1.0)) }</span>
                </figcaption>
                <canvas
                    ref={self.canvases[index].clone()}
                    class={if props.has_axis(chart) { "with-axis" } else { "" }}
                    role="img"
                    aria-label={self.described(title, &values, props.lang)}
                    onpointermove={on_point}
                    onpointerleave={on_leave}
                    onclick={on_pick}
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
        let at = self.cursor.map_or(self.shown.now, |second| (second * 1e9) as Ns);
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
