//! Runs that come to an end, many times over: how long a backlog takes, and what a hundred writers of one row
//! cost each other. Each case is an ordinary document, run with the seeds from 1 on.
//!
//! `BROWNOUT_FULL=1 cargo test --release -p brownout-tests --test transients -- --nocapture` runs as often as the cases
//! ask for, and prints what was measured.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use brownout_scenario::Scenario;
use brownout_sim::Simulation;
use brownout_sim::observe::Outcome;
use serde::Deserialize;
use serde_json::{Value, json};

const CASES: &str = include_str!("../theory/transients.json");

#[derive(Deserialize)]
struct Collection {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    title: String,
    until: Until,
    /// The part that is looked at.
    part: u32,
    runs: u64,
    expected: Vec<Expected>,
    document: Value,
}

/// What a run lasts until.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Until {
    /// Nobody is at the part.
    Empty,
    /// No request is under way.
    Done,
}

#[derive(Deserialize)]
struct Expected {
    metric: String,
    measure: String,
    value: f64,
    sigma_1: f64,
    bias: f64,
}

/// What one run gave.
struct Measured {
    /// When it was over, in seconds.
    end: f64,
    writes: f64,
    last_ms: f64,
}

impl Case {
    fn run(&self, seed: u64) -> Measured {
        let mut document = self.document.clone();
        document["seed"] = json!(seed);
        let scenario = Scenario::from_json(&document.to_string()).unwrap();
        let mut run = Simulation::new(&scenario.system(), scenario.options(), &scenario.plan()).unwrap();
        // The start is one of the events.
        run.run_until(0);
        match self.until {
            Until::Empty => self.empty(&mut run),
            Until::Done => run.run_until(scenario.options().duration),
        }
        assert_eq!(run.halted(), None);
        run.audit().unwrap();
        let report = run.report();
        let part = report.components.iter().find(|part| part.id == self.part).unwrap();
        let conflicts = part.errors[Outcome::Conflict as usize];
        if self.until == Until::Done {
            let users = document["parts"][0]["params"]["users"].as_u64().unwrap();
            assert_eq!((report.requests.issued, report.requests.succeeded), (users, users), "{}", self.title);
        }
        Measured {
            end: run.now() as f64 / 1e9,
            writes: (report.requests.succeeded + conflicts) as f64,
            last_ms: report.latency.max.unwrap(),
        }
    }

    /// Goes on to the event after which nobody is at the part. While there are many it cannot be near.
    fn empty(&self, run: &mut Simulation) {
        loop {
            let picture = run.picture(0);
            let part = picture.parts.iter().find(|part| part.id == self.part).unwrap();
            if part.busy + part.queued == 0 {
                return;
            }
            if part.queued > 60 {
                let now = run.now();
                run.run_until(now + 100_000_000);
            } else {
                run.step_event();
            }
        }
    }
}

fn mean(of: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = of.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

fn measure(name: &str, runs: &[Measured]) -> f64 {
    let ends = mean(runs.iter().map(|run| run.end));
    match name {
        "mean" => ends,
        "sd" => {
            let squares = mean(runs.iter().map(|run| (run.end - ends) * (run.end - ends)));
            libm::sqrt(squares * runs.len() as f64 / (runs.len() as f64 - 1.0))
        }
        "writes" => mean(runs.iter().map(|run| run.writes)),
        "last_ms" => mean(runs.iter().map(|run| run.last_ms)),
        _ => panic!("there is no measure {name}"),
    }
}

#[test]
fn what_comes_to_an_end_does_so_in_time() {
    let is_full = std::env::var_os("BROWNOUT_FULL").is_some();
    let collection: Collection = serde_json::from_str(CASES).unwrap();
    let mut missed = Vec::new();
    println!("{:<5} {:<16} {:>13} {:>13} {:>10} {:>6}", "", "", "expected", "measured", "tolerance", "used");
    for case in &collection.cases {
        let count = if is_full { case.runs } else { case.runs.min(100) };
        println!("{} {}: {count} runs", case.id, case.title);
        let runs: Vec<Measured> = (1..=count).map(|seed| case.run(seed)).collect();
        for expected in &case.expected {
            let got = measure(&expected.measure, &runs);
            let tolerance = 4.5 * expected.sigma_1 / libm::sqrt(count as f64) + expected.bias;
            let used = (got - expected.value).abs() / tolerance;
            let line = format!(
                "{:<5} {:<16} {:>13.4} {got:>13.4} {tolerance:>10.4} {:>5.0} %",
                case.id,
                expected.metric,
                expected.value,
                used * 100.0
            );
            println!("{line}");
            if used.is_nan() || used > 1.0 {
                missed.push(line);
            }
        }
    }
    assert!(missed.is_empty(), "missed:\n{}", missed.join("\n"));
}

/// Whether the tolerances can see what goes wrong most easily: no jitter where there is to be some, no cap.
#[test]
fn wrong_pauses_miss() {
    let collection: Collection = serde_json::from_str(CASES).unwrap();
    let case = collection.cases.into_iter().find(|case| case.title.contains("full jitter")).unwrap();
    for (setting, value) in
        [("jitter", json!("none")), ("backoff_cap_ms", json!(200)), ("backoff_ms", json!(5))]
    {
        let mut wrong = Case {
            document: case.document.clone(),
            title: case.title.clone(),
            id: String::new(),
            expected: Vec::new(),
            ..case
        };
        wrong.document["edges"][1]["policy"][setting] = value;
        let runs: Vec<Measured> = (1..=20).map(|seed| wrong.run(seed)).collect();
        let is_missed = |expected: &Expected| {
            let got = measure(&expected.measure, &runs);
            (got - expected.value).abs() > 4.5 * expected.sigma_1 / libm::sqrt(20.0) + expected.bias
        };
        assert!(case.expected.iter().any(is_missed), "{setting}");
    }
}
