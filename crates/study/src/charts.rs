//! Everything that is measured, on one time axis: the run again, read stretch by stretch.

use std::fmt::Write as _;

use brownout_scenario::{Scenario, axis};
use brownout_sim::observe::{Histogram, Outcome, Report, Times};
use brownout_sim::{Ns, Simulation};
use serde_json::{Value, json};

use crate::node::{Node, button, node};
use crate::plot::{Line, Plot, chart, short, strip};
use crate::words::{self, Tongue, name_of};

/// Points on the time axis, at most.
const POINTS: u64 = 60;
const SECOND: Ns = 1_000_000_000;
/// Good answers that a percentile of a stretch needs.
const LEAST: [u64; 4] = [2, 20, 100, 1_000];

/// A run being read.
pub(crate) struct Reading {
    simulation: Simulation,
    pub(crate) warmup: Ns,
    pub(crate) to: Ns,
    /// Where the page's time axis ends.
    end: Ns,
    step: Ns,
    reports: Vec<Report>,
    times: Histogram,
    /// Of the percentiles 50, 95, 99 and 99.9: which are shown.
    pub(crate) shown: [bool; 4],
}

impl Reading {
    pub(crate) fn new(mut simulation: Simulation, document: &Scenario, now: Ns) -> Self {
        let to = now.max(SECOND);
        let step = (to / POINTS / SECOND).max(1) * SECOND;
        let options = document.options();
        simulation.measure_from_now();
        let shown = [true, true, true, false];
        Self {
            simulation,
            warmup: options.warmup,
            to,
            end: axis::end(axis::planned(document), options.duration, to),
            step,
            reports: Vec::new(),
            times: Histogram::default(),
            shown,
        }
    }

    pub(crate) fn progress(&self) -> f64 {
        self.simulation.now() as f64 / self.to.max(1) as f64
    }

    /// True once all of it is read. Measuring begins anew with every stretch: that changes nothing of what happens.
    pub(crate) fn work(&mut self, events: u32) -> bool {
        let next = (self.reports.len() as Ns + 1) * self.step;
        if next > self.to || self.simulation.halted().is_some() {
            return true;
        }
        if self.simulation.run_chunk(next, events) {
            let mut report = self.simulation.report();
            report.series.clear();
            self.reports.push(report);
            // While nothing but the warm-up was seen, that is what there is.
            if (next > self.warmup || self.to <= self.warmup)
                && let Some(times) = self.simulation.distributions().get(&Times::Latency)
            {
                self.times.merge(times);
            }
            self.simulation.measure_from_now();
        }
        false
    }

    fn line(&self, name: impl Into<String>, value: impl Fn(&Report) -> Option<f64>) -> Line {
        self.of(name.into(), self.reports.iter().map(value).collect())
    }

    fn step_s(&self) -> f64 {
        self.step as f64 / 1e9
    }

    /// Values stand in the middles of their stretches.
    fn of(&self, name: String, values: Vec<Option<f64>>) -> Line {
        let step = self.step_s();
        let points = values.into_iter().enumerate().map(|(at, value)| ((at as f64 + 0.5) * step, value));
        Line { name, points: points.collect(), band: Vec::new() }
    }

    fn plot(&self, title: &str, unit: &'static str, lines: Vec<Line>) -> Plot {
        let faults = axis::fault_spans(self.simulation.happenings(), self.to);
        let plot = Plot::of_time(title, unit, self.end as f64 / 1e9, self.step_s(), lines);
        Plot { warmup: self.warmup as f64 / 1e9, faults, ..plot }
    }

    /// Requests that failed in each stretch, by outcome: reports count from the start of the run.
    fn failed(&self, outcome: Outcome) -> Line {
        let mut before = 0;
        let seconds = self.step_s();
        let values = self.reports.iter().map(|report| {
            let count = report.requests.failed[outcome as usize];
            let since = count - std::mem::replace(&mut before, count);
            Some(since as f64 / seconds)
        });
        self.of(String::new(), values.collect())
    }

    pub(crate) fn view(&self, document: &Scenario, tongue: Tongue) -> Node {
        let mut all: Vec<Node> = Vec::new();
        let mut put = |node: Node| all.push(node);
        let rates = vec![
            self.line(tongue.of(words::GOODPUT), |report| Some(report.goodput_rps)),
            self.line(tongue.of(words::THROUGHPUT), |report| Some(report.throughput_rps)),
        ];
        put(chart(&self.plot(tongue.of(words::RATES), "/s", rates)));
        let toggles = words::PERCENTILES.iter().enumerate().map(|(at, name)| {
            button("button", name, json!([{ "ask": { "do": "percentile", "at": at } }]))
                .attribute("aria-pressed", self.shown[at])
                .attribute("data-testid", format!("percentile-{name}"))
        });
        put(node("div", "plot-toggles").children(toggles));
        let lines = (0..4).filter(|at| self.shown[*at]).map(|at| {
            self.line(format!("p{}", words::PERCENTILES[at]), move |report| {
                let latency = &report.latency;
                let value = [latency.p50, latency.p95, latency.p99, latency.p999][at];
                value.filter(|_| latency.count >= LEAST[at])
            })
        });
        let latency = self.plot(tongue.of(words::LATENCY), "ms", lines.collect());
        let lacks = latency.lines.iter().any(|line| line.points.iter().any(|(_, value)| value.is_none()));
        put(chart(&latency));
        if lacks {
            put(node("p", "dim").text(tongue.of(words::TOO_FEW)));
        }
        put(self.histogram(tongue));
        let mut errors: Vec<Line> = Vec::new();
        for outcome in Outcome::ALL.iter().filter(|outcome| !outcome.is_ok()) {
            let mut line = self.failed(*outcome);
            if line.points.iter().any(|(_, value)| value.is_some_and(|value| value > 0.0)) {
                tongue.outcome(*outcome).clone_into(&mut line.name);
                errors.push(line);
            }
        }
        if errors.is_empty() {
            put(node("p", "dim").text(tongue.of(words::NO_ERRORS)));
        } else {
            put(chart(&self.plot(tongue.of(words::ERRORS), "/s", errors)));
        }
        put(self.heat(document, tongue));
        let queues = self.parts(document, tongue, |report, id| {
            report.components.iter().find(|part| part.id == id).map(|part| part.queue_mean)
        });
        if !queues.is_empty() {
            put(chart(&self.plot(tongue.of(words::QUEUES), "", queues)));
        }
        for (title, unit, gauge) in
            [(words::STALE, "", "stale_reads"), (words::LAG, "ms", "replication_lag_ms")]
        {
            let of = self.parts(document, tongue, |report, id| {
                let part = report.components.iter().find(|part| part.id == id)?;
                part.gauges.iter().find(|one| one.name == gauge).map(|one| one.value)
            });
            if !of.is_empty() {
                put(chart(&self.plot(tongue.of(title), unit, of)));
            }
        }
        let cost = vec![self.line("", |report| Some(report.cost_per_hour))];
        put(chart(&self.plot(tongue.of(words::COST), "/h", cost)));
        let save = |kind: &str| {
            button("button framed", &kind.to_uppercase(), json!([{ "ask": { "do": "save", "as": kind } }]))
                .attribute("data-testid", format!("save-{kind}"))
        };
        put(node("div", "plot-toggles").children(["svg", "png", "csv"].map(save)));
        put(node("p", "dim").text(tongue.of(words::ONE_RUN)));
        node("div", "study-charts").attribute("data-testid", "all-charts").children(all)
    }

    /// A line for each of the five parts with the most of something.
    fn parts(
        &self,
        document: &Scenario,
        tongue: Tongue,
        of: impl Fn(&Report, u32) -> Option<f64>,
    ) -> Vec<Line> {
        let mut lines: Vec<(f64, Line)> = document
            .parts
            .iter()
            .map(|part| {
                let line = self.line(name_of(document, part.id, 0, tongue), |report| of(report, part.id));
                (line.points.iter().filter_map(|(_, value)| *value).sum(), line)
            })
            .filter(|(sum, _)| *sum > 0.0)
            .collect();
        brownout_sim::order::sort_by_key(&mut lines, |(sum, _)| u64::MAX - (*sum * 1e3) as u64);
        lines.truncate(5);
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// Latencies of all good answers since the warm-up, on a logarithmic axis.
    fn histogram(&self, tongue: Tongue) -> Node {
        const BARS: usize = 40;
        let filled: Vec<(f64, u64)> =
            self.times.filled().map(|(bucket, count)| (Histogram::middle(bucket).max(1.0), count)).collect();
        let (Some(first), Some(last)) = (filled.first(), filled.last()) else { return node("p", "dim") };
        let (low, high) = (libm::log10(first.0), libm::log10(last.0).max(libm::log10(first.0) + 0.01));
        let mut bars = vec![0.0; BARS];
        for (middle, count) in &filled {
            let at = ((libm::log10(*middle) - low) / (high - low) * BARS as f64) as usize;
            bars[at.min(BARS - 1)] += *count as f64;
        }
        let points = bars.into_iter().enumerate().map(|(at, value)| (at as f64 + 0.5, Some(value)));
        let line = Line { points: points.collect(), ..Line::default() };
        // Marks at the powers of ten between its ends.
        let place = |ms: f64| (libm::log10(ms * 1e6) - low) / (high - low) * BARS as f64;
        let ends = [first.0 / 1e6, last.0 / 1e6];
        let powers = (-6..9).map(|power| libm::pow(10.0, f64::from(power)));
        let inside = powers.filter(|ms| (4.0..BARS as f64 - 4.0).contains(&place(*ms)));
        let marks = inside.chain(ends).map(|ms| (place(ms), format!("{} ms", short(ms))));
        let title = tongue.of(words::HISTOGRAM).to_owned();
        chart(&Plot {
            title,
            span: [0.0, BARS as f64],
            marks: marks.collect(),
            lines: vec![line],
            bars: true,
            ..Plot::default()
        })
    }

    /// One row for each part, as dark as it is busy; the number is in the row's name.
    fn heat(&self, document: &Scenario, tongue: Tongue) -> Node {
        let rows = document.parts.iter().filter_map(|part| {
            let values: Vec<f64> = self
                .reports
                .iter()
                .filter_map(|report| report.components.iter().find(|one| one.id == part.id)?.utilisation)
                .collect();
            let most = values.iter().copied().fold(0.0, f64::max);
            if values.is_empty() {
                return None;
            }
            let name = name_of(document, part.id, 0, tongue);
            let most = most * 100.0;
            let label =
                tongue.either(format!("{name}: at most {most:.0} %"), format!("{name}: 최대 {most:.0} %"));
            let svg = strip(&label, self.end as f64 / 1e9, self.step_s(), &values);
            Some(node("li", "").child(button("why-line", &label, json!([{ "show": part.id }]))).child(svg))
        });
        node("section", "plot-box")
            .child(node("h3", "").text(tongue.of(words::BUSY)))
            .child(node("ul", "heat-strip").attribute("data-testid", "heat").children(rows))
    }

    /// Every number that is drawn.
    pub(crate) fn csv(&self, document: &Scenario) -> String {
        let mut text =
            "t_s,goodput_rps,throughput_rps,p50_ms,p95_ms,p99_ms,p999_ms,failed,cost_per_hour".to_owned();
        for part in &document.parts {
            let _ = write!(text, ",utilisation_{0},queue_{0}", part.id);
        }
        text.push('\n');
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value}"));
        let mut before = 0;
        for (at, report) in self.reports.iter().enumerate() {
            let failed: u64 = report.requests.failed.iter().sum();
            let latency = &report.latency;
            let mut row = vec![
                format!("{}", (at + 1) as f64 * self.step as f64 / 1e9),
                format!("{}", report.goodput_rps),
                format!("{}", report.throughput_rps),
            ];
            row.extend([latency.p50, latency.p95, latency.p99, latency.p999].map(number));
            row.push((failed - std::mem::replace(&mut before, failed)).to_string());
            row.push(format!("{}", report.cost_per_hour));
            for part in &document.parts {
                let part = report.components.iter().find(|one| one.id == part.id);
                row.push(number(part.and_then(|part| part.utilisation)));
                row.push(number(part.map(|part| part.queue_mean)));
            }
            text += &(row.join(",") + "\n");
        }
        text
    }

    pub(crate) fn toggle(&mut self, question: &Value) {
        if let Some(shown) = question["at"].as_u64().and_then(|at| self.shown.get_mut(at as usize)) {
            *shown = !*shown;
        }
    }
}
