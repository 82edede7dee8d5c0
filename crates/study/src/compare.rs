//! Two futures side by side: run in step to the same moment, with the same draws where they are the same, and told as a
//! table of what differs, a table of results, and charts laid over each other.

use brownout_course::compare::differences;
use brownout_scenario::{Done, Record, Scenario, WarmUp, axis, figures};
use brownout_sim::observe::Window;
use brownout_sim::param::{Sentence, Words};
use brownout_sim::system::Verb;
use brownout_sim::timeline::{Budget, Timeline};
use brownout_sim::{Ns, sentence};
use serde_json::Value;

use crate::node::{Node, node};
use crate::plot::{Line, Plot, chart};
use crate::words::{Tongue, clock, name_of};
use crate::{read, refused};

const DIFFER: Words = Words::new("What differs", "다른 점");
const SAME: Words = Words::new(
    "The designs and what was done are the same: both futures are one, to the last request.",
    "설계와 한 일이 같습니다. 두 미래는 마지막 요청까지 하나입니다.",
);
const RESULTS: Words = Words::new("What they came to", "결과");
const HERE: Words = Words::new("here", "여기");
const THERE: Words = Words::new("there", "저기");
const CHANGE: Words = Words::new("difference", "차이");
const ONE_RUN: Words = Words::new(
    "One run each, with common random numbers: the same visitors come at the same instants in both.",
    "각각 1회 실행, 공통 난수 사용: 두 실행 모두 같은 방문자가 같은 순간에 옵니다.",
);

const FROM_START: Words = Words::new(
    "The warm-up is not over yet: everything from the start on is counted.",
    "아직 준비 구간이라, 처음부터의 값을 모두 셉니다.",
);
const AFTER_WARM_UP: Words = Words::new("Counted after the warm-up.", "준비 구간이 끝난 뒤의 값입니다.");

/// What both are asked for: a path into the figures, and digits after the point.
const FIGURES: [(&str, Words); 8] = [
    ("goodput_rps", Words::new("Goodput, req/s", "유효 처리량, req/s")),
    ("throughput_rps", Words::new("Throughput, req/s", "처리량, req/s")),
    ("availability", Words::new("Availability", "가용성")),
    ("latency_ms.p50", Words::new("Latency p50, ms", "지연 p50, ms")),
    ("latency_ms.p95", Words::new("Latency p95, ms", "지연 p95, ms")),
    ("latency_ms.p99", Words::new("Latency p99, ms", "지연 p99, ms")),
    ("requests.failed.total", Words::new("Failed requests", "실패한 요청")),
    ("cost_per_hour", Words::new("Cost per hour", "시간당 비용")),
];

struct Future {
    text: String,
    /// Measured from the start on: the warm-up is not over yet.
    is_early: bool,
    record: Record,
    document: Scenario,
    timeline: Timeline,
}

impl Future {
    fn new(text: &str, now: Ns) -> Result<Self, Sentence> {
        let record = read(text)?;
        let is_early = now <= record.start.options().warmup;
        let mut measured = record.clone();
        if is_early {
            measured.start.settings.warmup_s = WarmUp::After(0.0);
        }
        let start = measured.simulation().map_err(|error| refused(&error))?;
        let budget = Budget { bytes: 48 << 20, ..Budget::default() };
        Ok(Self {
            text: text.to_owned(),
            is_early,
            document: record.document(),
            timeline: Timeline::with_budget(start, budget),
            record,
        })
    }
}

/// Two runs at the same moment.
#[derive(Default)]
pub(crate) struct Pair {
    futures: Vec<Future>,
    name: String,
    from: Ns,
    until: Ns,
    is_busy: bool,
}

impl Pair {
    /// Compares the run of the page with another at a moment.
    pub(crate) fn ask(&mut self, question: &Value) -> Result<(), Sentence> {
        let text = |name: &str| {
            question[name].as_str().ok_or_else(|| sentence!("{0} is missing", "{0}이(가) 없습니다", name))
        };
        let texts = [text("record")?, text("other")?];
        let now = question["now"].as_u64().unwrap_or(0);
        let mut known = std::mem::take(&mut self.futures);
        known.retain(|future| future.is_early == (now <= future.record.start.options().warmup));
        for text in texts {
            let at = known.iter().position(|future| future.text == text);
            self.futures.push(match at {
                Some(at) => known.swap_remove(at),
                None => Future::new(text, now)?,
            });
        }
        question["name"].as_str().unwrap_or_default().clone_into(&mut self.name);
        self.until = now;
        self.futures.iter_mut().for_each(|future| future.timeline.go_near(self.until));
        self.from = self.futures.iter().map(|future| future.timeline.now()).min().unwrap_or(0);
        self.is_busy = true;
        Ok(())
    }

    pub(crate) const fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Some milliseconds of work: the one that is behind goes on. How far both are; none once they are there.
    pub(crate) fn work(&mut self, piece: u32) -> Option<f64> {
        let until = self.until;
        let behind = |future: &&mut Future| {
            future.timeline.now() < until.min(future.record.start.options().duration)
                && future.timeline.simulation().halted().is_none()
        };
        let next = self.futures.iter_mut().filter(behind).min_by_key(|future| future.timeline.now());
        let Some(future) = next else {
            for future in &mut self.futures {
                future.timeline.run_until(until);
            }
            self.is_busy = false;
            return None;
        };
        // In step: never more than a quarter of a second ahead of the other.
        let target = until.min(future.timeline.now() + 250_000_000);
        future.timeline.run_chunk(target, piece);
        let done = self.futures.iter().map(|future| future.timeline.now()).min().unwrap_or(0);
        Some((done - self.from.min(done)) as f64 / (until - self.from).max(1) as f64)
    }

    pub(crate) fn view(&self, tongue: Tongue) -> Option<Node> {
        let [here, there] = &self.futures[..] else { return None };
        let there_name = if self.name.is_empty() { tongue.of(THERE) } else { &self.name };
        let head = |last: &str| row(["", tongue.of(HERE), there_name, last], "columnheader");
        let mut differ = vec![head("")];
        differ.extend(design(here, there, tongue));
        differ.extend(plan(here, there, tongue));
        differ.extend(done(here, there, tongue));
        let same = differ.len() == 1;
        let reports = [here, there].map(|one| {
            let report = one.timeline.simulation().report();
            figures(&report, &one.document, None)
        });
        let mut results = vec![head(tongue.of(CHANGE))];
        for (path, label) in FIGURES {
            let [one, other] = reports.each_ref().map(|report| number(report, path));
            let text = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), short);
            let change = one.zip(other).map_or_else(String::new, |(one, other)| changed(other, one));
            results.push(row([tongue.of(label), &text(one), &text(other), &change], "cell"));
        }
        let windows = [here, there].map(|one| one.timeline.simulation().windows());
        let goodput = |window: &Window| Some(window.good as f64 * 1e9 / window.length.max(1) as f64);
        let p95 = |window: &Window| window.p95.map(|latency| latency as f64 / 1e6);
        let names = [tongue.of(HERE), there_name];
        let end = axis::end(axis::planned(&here.document), here.document.options().duration, self.until);
        let title = |words: Words| node("h3", "").text(tongue.of(words));
        let table = |rows: Vec<Node>, id: &str| {
            node("div", "compare-table")
                .attribute("role", "table")
                .attribute("data-testid", id)
                .children(rows)
        };
        Some(
            node("div", "compare")
                .child(node("p", "dim").text(format!("{} · {}", clock(self.until), tongue.of(ONE_RUN))))
                .child(node("p", "dim").text(tongue.of(if here.is_early {
                    FROM_START
                } else {
                    AFTER_WARM_UP
                })))
                .child(title(DIFFER))
                .child(if same {
                    node("p", "").attribute("data-testid", "same").text(tongue.of(SAME))
                } else {
                    table(differ, "differences")
                })
                .child(title(RESULTS))
                .child(table(results, "results"))
                .child(overlaid((tongue.of(FIGURES[0].1), names), windows, end, goodput))
                .child(overlaid((tongue.of(FIGURES[4].1), names), windows, end, p95)),
        )
    }
}

fn row(cells: [&str; 4], role: &str) -> Node {
    let cell = |(at, text): (usize, &str)| {
        let role = if at == 0 && role == "cell" { "rowheader" } else { role };
        node("span", "").attribute("role", role).text(text)
    };
    node("div", "compare-row").attribute("role", "row").children(cells.into_iter().enumerate().map(cell))
}

fn difference(what: &str, here: Option<String>, there: Option<String>) -> Node {
    let text = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    row([what, &text(here), &text(there), ""], "cell")
}

/// Where the designs differ.
fn design(here: &Future, there: &Future, tongue: Tongue) -> Vec<Node> {
    let told = |one: brownout_course::compare::Difference| {
        let mut steps = one.path.split('.').skip(1);
        let id = steps.next().and_then(|id| id.parse().ok());
        let known = if here.document.part(id.unwrap_or(0)).is_some() { here } else { there };
        let name = id.map_or_else(String::new, |id| place(&known.document, id, tongue));
        let last = steps.last().unwrap_or_default();
        let label = one.label.map_or(last, |label| tongue.of(label));
        let what = if label.is_empty() { name } else { format!("{name}: {label}") };
        difference(&what, one.here, one.there)
    };
    differences(&here.document, &there.document).into_iter().map(told).collect()
}

/// What is planned in one of them alone.
fn plan(here: &Future, there: &Future, tongue: Tongue) -> Vec<Node> {
    let planned = |one: &Future, other: &Future| {
        let entries = one.document.timeline.clone();
        let only = entries.into_iter().filter(|entry| !other.document.timeline.contains(entry));
        only.map(|entry| said(one, entry.verb, entry.target.id, entry.at, tongue)).collect::<Vec<_>>()
    };
    sides(planned(here, there), planned(there, here))
}

/// What was done by hand in one of them alone.
fn done(here: &Future, there: &Future, tongue: Tongue) -> Vec<Node> {
    let by_hand = |one: &Future, other: &Future| {
        let mut all = Vec::new();
        for entry in one.record.log.iter().filter(|entry| !other.record.log.contains(entry)) {
            if let Done::Fault { verb, target, .. } = &entry.done {
                all.push(said(one, *verb, target.id, entry.at, tongue));
            }
        }
        all
    };
    sides(by_hand(here, there), by_hand(there, here))
}

fn said(one: &Future, verb: Verb, id: u32, at: Ns, tongue: Tongue) -> (String, String) {
    let word = tongue.of(Verb::CHOICES[verb as usize].label);
    (place(&one.document, id, tongue), format!("{word}, {}", clock(at)))
}

fn sides(here: Vec<(String, String)>, there: Vec<(String, String)>) -> Vec<Node> {
    let ours = here.into_iter().map(|(what, how)| difference(&what, Some(how), None));
    ours.chain(there.into_iter().map(|(what, how)| difference(&what, None, Some(how)))).collect()
}

/// The name of a part, or of an edge by its ends.
fn place(document: &Scenario, id: u32, tongue: Tongue) -> String {
    document.edge(id).map_or_else(
        || name_of(document, id, 0, tongue),
        |edge| {
            format!("{} → {}", name_of(document, edge.from, 0, tongue), name_of(document, edge.to, 0, tongue))
        },
    )
}

fn number(report: &Value, path: &str) -> Option<f64> {
    path.split('.').try_fold(report, |value, step| value.get(step))?.as_f64()
}

fn short(value: f64) -> String {
    let digits = if value.abs() >= 100.0 || value.fract() == 0.0 { 0 } else { 3 };
    format!("{value:.digits$}")
}

/// How much the first run has more than the second.
fn changed(from: f64, to: f64) -> String {
    let by = to - from;
    let sign = if by > 0.0 {
        "+"
    } else if by < 0.0 {
        "−"
    } else {
        return "=".to_owned();
    };
    let share =
        if from == 0.0 { String::new() } else { format!(" ({sign}{:.1} %)", (by / from * 100.0).abs()) };
    format!("{sign}{}{share}", short(by.abs()))
}

/// One line for each run, on the time axis of the page.
fn overlaid(
    (title, names): (&str, [&str; 2]),
    windows: [&[Window]; 2],
    end: Ns,
    value: impl Fn(&Window) -> Option<f64>,
) -> Node {
    let lines = windows.into_iter().zip(names).map(|(windows, name)| {
        let middle = |window: &Window| (window.start + window.length / 2) as f64 / 1e9;
        let points = windows.iter().map(|window| (middle(window), value(window)));
        Line { name: name.to_owned(), points: points.collect(), band: Vec::new() }
    });
    chart(&Plot::of_time(title, "", end as f64 / 1e9, 1.0, lines.collect()))
}
