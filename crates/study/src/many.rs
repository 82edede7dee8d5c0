//! Many runs: replications with confidence bands, and sweeps with their knee. Each run is a unit of its own, which
//! another thread may do; they are put together in their order, so that nothing depends on who was faster.

use std::fmt::Write as _;

use brownout_scenario::replicate::{Moments, prepare, seed_of};
use brownout_scenario::sweep::{Axis, SweepError, apply, shown};
use brownout_scenario::{Part, WarmUp};
use brownout_sim::component::Kind;
use brownout_sim::param::{Seconds, Sentence, Words};
use brownout_sim::{Ns, Simulation, sentence};
use brownout_why::{Loaded, knee};
use serde_json::{Value, json};

use crate::node::{Node, button, node};
use crate::plot::{Line, Plot, chart, short};
use crate::words::{self, Tongue};
use crate::{read, refused};

/// Runs of one question, at most.
const MOST: usize = 2_000;
const BINS: usize = 60;
const FIGURES: [(&str, &str); 7] = [
    ("goodput_rps", "/s"),
    ("throughput_rps", "/s"),
    ("availability", ""),
    ("mean_ms", "ms"),
    ("p95_ms", "ms"),
    ("p99_ms", "ms"),
    ("p999_ms", "ms"),
];

/// One run, on its way.
pub(crate) struct Unit {
    at: u64,
    simulation: Simulation,
    warmup: Ns,
    to: Ns,
}

impl Unit {
    pub(crate) fn new(question: &Value) -> Result<Self, Sentence> {
        let mut record = read(question["record"].as_str().unwrap_or_default())?;
        if let (Some(path), Some(value)) = (question["path"].as_str(), question.get("value")) {
            let axis = Axis { path: path.to_owned(), values: vec![value.clone()] };
            record.start = apply(&record.start, &[axis], std::slice::from_ref(value))
                .map_err(|error| error.sentence())?;
        }
        let seconds = question["seconds"].as_f64().unwrap_or(60.0);
        record.start.settings.duration_s = Seconds(seconds);
        let to = (seconds * 1e9) as Ns;
        let warmup = record.start.settings.warmup_s.ns().min(to / 2);
        record.start.settings.warmup_s = WarmUp::After(warmup as f64 / 1e9);
        let seed = seed_of(record.start.settings.seed.0, question["run"].as_u64().unwrap_or(0));
        let simulation = prepare(&record, seed, warmup).map_err(|error| refused(&error))?;
        Ok(Self { at: question["unit"].as_u64().unwrap_or(0), simulation, warmup, to })
    }

    /// What it contributes, once it is over; it reads as a question to whoever puts units together.
    pub(crate) fn work(&mut self, events: u32) -> Option<Value> {
        if !self.simulation.run_chunk(self.to, events) && self.simulation.halted().is_none() {
            return None;
        }
        let report = self.simulation.report();
        let latency = report.latency;
        // Too few samples for a percentile are none.
        let enough = |value: Option<f64>, least: u64| value.filter(|_| latency.count >= least);
        let mut bins: Vec<(f64, f64, f64)> = vec![(0.0, 0.0, 0.0); BINS];
        for window in self.simulation.windows() {
            let at = (window.start as u128 * BINS as u128 / u128::from(self.to.max(1))) as usize;
            let bin = &mut bins[at.min(BINS - 1)];
            bin.0 += window.good as f64;
            bin.1 += window.length as f64 / 1e9;
            bin.2 = bin.2.max(window.p95.unwrap_or(0) as f64 / 1e6);
        }
        let goodput: Vec<Option<f64>> =
            bins.iter().map(|(good, seconds, _)| (*seconds > 0.0).then(|| good / seconds)).collect();
        let slow: Vec<Option<f64>> = bins.iter().map(|(_, _, p95)| (*p95 > 0.0).then_some(*p95)).collect();
        Some(json!({
            "do": "took", "unit": self.at, "seed": report.seed, "warmup_s": self.warmup as f64 / 1e9,
            "digest": report.digest.to_string(), "halted": report.halted.map(|why| json!([why.en(), why.ko()])),
            "figures": [
                report.goodput_rps, report.throughput_rps, report.availability, latency.mean,
                enough(latency.p95, 200), enough(latency.p99, 1_000), enough(latency.p999, 10_000),
            ],
            "goodput": goodput, "p95": slow,
        }))
    }
}

/// What is being put together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set {
    path: Option<String>,
    values: Vec<Value>,
    runs: usize,
    seconds: f64,
    units: Vec<Option<Value>>,
    pub(crate) is_open: bool,
}

impl Set {
    /// A set, and the questions that others answer for it.
    pub(crate) fn new(record_text: &str, question: &Value) -> Result<(Self, Vec<String>), Sentence> {
        let record = read(record_text)?;
        let number = |name: &str| question[name].as_str().and_then(|text| text.trim().parse::<f64>().ok());
        let of_runs = if question["do"] == "sweep" { "each" } else { "runs" };
        let runs = number(of_runs).unwrap_or(30.0).clamp(1.0, 1_000.0) as usize;
        let seconds = number("seconds").unwrap_or(60.0).clamp(1.0, 100_000.0);
        let path = question["path"].as_str().map(|path| path.trim().to_owned());
        let path = path.filter(|path| question["do"] == "sweep" && !path.is_empty());
        let values = match (&path, question["values"].as_str()) {
            (Some(path), Some(text)) => values(path, text)?,
            _ => Vec::new(),
        };
        if let Some(path) = &path {
            let axis = Axis { path: path.clone(), values: values.clone() };
            for value in &values {
                apply(&record.start, std::slice::from_ref(&axis), std::slice::from_ref(value))
                    .map_err(|error| error.sentence())?;
            }
        }
        let points = values.len().max(1);
        if points * runs > MOST {
            return Err(
                SweepError::TooMany { got: (points * runs).to_string(), limit: MOST as u64 }.sentence()
            );
        }
        let mut questions = Vec::new();
        for unit in 0..points * runs {
            let mut one = json!({
                "do": "unit", "record": record_text, "unit": unit, "run": unit % runs, "seconds": seconds,
            });
            if let (Some(path), Some(value)) = (&path, values.get(unit / runs)) {
                (one["path"], one["value"]) = (json!(path), value.clone());
            }
            questions.push(one.to_string());
        }
        let units = vec![None; questions.len()];
        Ok((Self { path, values, runs, seconds, units, is_open: true }, questions))
    }

    /// Takes a unit; how far it is.
    pub(crate) fn take(&mut self, answer: Value) -> f64 {
        let at = answer["unit"].as_u64().unwrap_or(0) as usize;
        if let Some(place) = self.units.get_mut(at) {
            *place = Some(answer);
        }
        let done = self.units.iter().flatten().count();
        self.is_open = done < self.units.len();
        done as f64 / self.units.len().max(1) as f64
    }

    fn moments(&self, point: usize, figure: usize) -> Moments {
        let mut moments = Moments::default();
        for unit in self.units.iter().skip(point * self.runs).take(self.runs).flatten() {
            if let Some(value) = unit["figures"][figure].as_f64() {
                moments.add(value);
            }
        }
        moments
    }

    pub(crate) fn view(&self, tongue: Tongue) -> Node {
        if self.path.is_some() { self.sweep(tongue) } else { self.replications(tongue) }
    }

    /// Runs that stopped before their end, and why the first of them did: their figures are those of a shorter run.
    fn halted(&self, tongue: Tongue) -> Option<Node> {
        let mut halted = self.units.iter().flatten().map(|unit| &unit["halted"]).filter(|why| why.is_array());
        let why = halted.next()?;
        let count = 1 + halted.count();
        let of = |at: usize| why[at].as_str().unwrap_or_default();
        let said = tongue.either(
            format!("{count} of {} runs stopped early: {}", self.units.len(), of(0)),
            format!("{}번 중 {count}번은 일찍 멈추었습니다: {}", self.units.len(), of(1)),
        );
        Some(node("p", "dim").attribute("data-testid", "halted").text(said))
    }

    fn replications(&self, tongue: Tongue) -> Node {
        let rows = FIGURES.iter().enumerate().map(|(at, (name, unit))| {
            let moments = self.moments(0, at);
            let value = if moments.count == 0 {
                tongue.of(words::TOO_FEW_SHORT).to_owned()
            } else {
                match moments.half_width() {
                    Some(half) => format!("{} ± {} {unit}", short(moments.mean), short(half)),
                    None => format!("{} {unit}", short(moments.mean)),
                }
            };
            node("li", "")
                .attribute("data-kind", name)
                .child(node("span", "").text(*name))
                .child(node("b", "").text(value))
        });
        let mut view = node("div", "many").attribute("data-testid", "replications");
        let note = if self.runs == 1 { tongue.of(words::ONE_RUN) } else { tongue.of(words::BANDS) };
        view = view.child(node("p", "dim").text(format!("{} × {} s. {note}", self.runs, self.seconds)));
        view = view.children(self.halted(tongue)).child(node("ul", "figures").children(rows));
        for (title, unit, name) in [(words::GOODPUT, "/s", "goodput"), (words::P95, "ms", "p95")] {
            let mut line = Line::default();
            let step = self.seconds / BINS as f64;
            for bin in 0..BINS {
                let mut moments = Moments::default();
                for value in self.units.iter().flatten().filter_map(|unit| unit[name][bin].as_f64()) {
                    moments.add(value);
                }
                // Runs shorter than the bins leave gaps in between: the line goes over them.
                if moments.count > 0 {
                    line.points.push(((bin as f64 + 0.5) * step, Some(moments.mean)));
                    line.band.push(moments.half_width().unwrap_or(0.0));
                }
            }
            let warmup = self.units.iter().flatten().next().and_then(|unit| unit["warmup_s"].as_f64());
            let plot = Plot::of_time(tongue.of(title), unit, self.seconds, step, vec![line]);
            view = view.child(chart(&Plot { warmup: warmup.unwrap_or(0.0), ..plot }));
        }
        view
    }

    fn loads(&self) -> Vec<Loaded> {
        let point = |(at, value): (usize, &Value)| {
            let response = self.moments(at, 3);
            (response.count > 0).then(|| Loaded {
                value: value.as_f64().unwrap_or(at as f64),
                throughput: self.moments(at, 1).mean,
                response: response.mean,
            })
        };
        self.values.iter().enumerate().filter_map(point).collect()
    }

    fn sweep(&self, tongue: Tongue) -> Node {
        let loads = self.loads();
        let knee = knee(&loads);
        let mut view = node("div", "many").attribute("data-testid", "sweep");
        let path = self.path.clone().unwrap_or_default();
        let said = match knee {
            Some(at) => tongue.either(
                format!(
                    "The knee is at {path} = {}: there throughput over mean response is largest.",
                    short(at)
                ),
                format!(
                    "무릎점: {path} = {}. 처리량을 평균 응답 시간으로 나눈 값이 가장 큰 곳입니다.",
                    short(at)
                ),
            ),
            None => tongue.of(words::NO_KNEE).to_owned(),
        };
        view = view.child(
            node("p", "")
                .attribute("data-testid", "knee")
                .attribute("data-span", knee.unwrap_or(0.0))
                .text(said),
        );
        let span = [loads.first().map_or(0.0, |one| one.value), loads.last().map_or(1.0, |one| one.value)];
        let figures: [(Words, &'static str, usize); 3] =
            [(words::THROUGHPUT, "/s", 1), (words::RESPONSE, "ms", 3), (words::P95, "ms", 4)];
        for (title, unit, figure) in figures {
            let mut line = Line::default();
            for (at, value) in self.values.iter().enumerate() {
                let moments = self.moments(at, figure);
                let x = value.as_f64().unwrap_or(at as f64);
                line.points.push((x, (moments.count > 0).then_some(moments.mean)));
                line.band.push(moments.half_width().unwrap_or(0.0));
            }
            let mut marks = vec![(span[0], short(span[0])), (span[1], short(span[1]))];
            marks.extend(knee.map(|at| (at, short(at))));
            let title = tongue.of(title).to_owned();
            let plot = Plot {
                title,
                unit,
                span,
                marks,
                lines: vec![line],
                mark: knee,
                warmup: span[0],
                ..Plot::default()
            };
            view = view.child(chart(&plot));
        }
        let rows = self.values.iter().enumerate().map(|(at, value)| {
            let figures: Vec<String> = [1, 3, 4]
                .iter()
                .map(|figure| {
                    let moments = self.moments(at, *figure);
                    let value = if moments.count > 0 { short(moments.mean) } else { "–".to_owned() };
                    moments.half_width().map_or(value.clone(), |half| format!("{value} ± {}", short(half)))
                })
                .collect();
            node("li", "")
                .child(node("span", "").text(shown(value)))
                .child(node("b", "").text(figures.join("  ·  ")))
        });
        view.children(self.halted(tongue)).child(node("ul", "figures").children(rows))
    }

    pub(crate) fn csv(&self) -> String {
        let mut text = "value,run,seed".to_owned();
        for (name, _) in FIGURES {
            let _ = write!(text, ",{name}");
        }
        text.push('\n');
        for (at, unit) in self.units.iter().enumerate() {
            let Some(unit) = unit else { continue };
            let value = self.values.get(at / self.runs).map_or_else(String::new, shown);
            let _ = write!(text, "{value},{},{}", at % self.runs, unit["seed"]);
            for figure in 0..FIGURES.len() {
                text += &unit["figures"][figure]
                    .as_f64()
                    .map_or_else(|| ",".to_owned(), |value| format!(",{value}"));
            }
            text.push('\n');
        }
        text
    }
}

/// `10,20,50`, or `10..200` for sixteen values between.
fn values(path: &str, text: &str) -> Result<Vec<Value>, Sentence> {
    if let Some((from, to)) = text.split_once("..") {
        let number = |text: &str| {
            text.trim()
                .parse::<f64>()
                .map_err(|_| sentence!("{0}: {1} is no number", "{0}: {1}은(는) 숫자가 아닙니다", path, text))
        };
        let (from, to) = (number(from)?, number(to)?);
        let whole = from.fract() == 0.0 && to.fract() == 0.0 && (to - from).abs() >= 15.0;
        let between = (0..16).map(|at| from + (to - from) * f64::from(at) / 15.0);
        return Ok(between
            .map(|value| if whole { json!(value.round() as i64) } else { json!(value) })
            .collect());
    }
    Axis::parse(&format!("{path}={text}")).map(|axis| axis.values).map_err(|error| error.sentence())
}

/// The form that asks for them.
pub(crate) fn form(record_text: &str, tongue: Tongue) -> Node {
    let document = read(record_text).map(|record| record.start).unwrap_or_default();
    let is_client = |part: &&Part| part.params.kind() == Kind::Client;
    let path = document
        .parts
        .iter()
        .find(is_client)
        .map_or_else(String::new, |part| format!("parts.{}.rate_rps", part.id));
    let field = |label: Words, name: &str, value: &str| {
        node("label", "study-field").text(tongue.of(label)).child(
            node("input", "field")
                .attribute("name", name)
                .attribute("value", value)
                .attribute("data-testid", format!("field-{name}")),
        )
    };
    let ask = |what: &str, label: Words| {
        button("button framed", tongue.of(label), json!([{ "form": { "do": what } }]))
            .attribute("data-testid", what)
    };
    node("form", "study-form")
        .child(node("h3", "").text(tongue.of(words::REPLICATIONS)))
        .child(field(words::RUNS, "runs", "30"))
        .child(field(words::RUN_SECONDS, "seconds", "60"))
        .child(ask("runs", words::RUN_THEM))
        .child(node("h3", "").text(tongue.of(words::SWEEP)))
        .child(field(words::PATH, "path", &path))
        .child(field(words::VALUES, "values", "20..400"))
        .child(field(words::EACH, "each", "4"))
        .child(ask("sweep", words::RUN_SWEEP))
}
