//! Runs that come to an end, many times over, and what is measured of them.

use brownout_scenario::Scenario;
use brownout_sim::Simulation;
use brownout_sim::observe::Outcome;
use serde::Deserialize;
use serde_json::{Value, json};

const CASES: &str = include_str!("../../theory/transients.json");

#[derive(Deserialize)]
pub struct Collection {
    pub cases: Vec<Case>,
}

#[derive(Deserialize)]
pub struct Case {
    pub id: String,
    pub title: String,
    pub until: Until,
    /// The part that is looked at.
    pub part: u32,
    pub runs: u64,
    /// As often as the test suite runs it; without it, a hundred times at most.
    #[allow(dead_code, reason = "the page of theory runs as often as asked")]
    pub quick: Option<u64>,
    pub expected: Vec<Expected>,
    pub document: Value,
}

/// What a run lasts until.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// Nobody is at the part.
    Empty,
    /// No request is under way.
    Done,
    /// The time that the document says.
    Time,
}

#[derive(Deserialize)]
pub struct Expected {
    pub metric: String,
    pub measure: String,
    pub value: f64,
    pub sigma_1: f64,
    pub bias: f64,
}

/// What one run gave.
pub struct Measured {
    /// When it was over, in seconds.
    pub end: f64,
    pub writes: f64,
    pub last_ms: f64,
    /// Acknowledged writes that a database has lost.
    pub lost: f64,
}

impl Collection {
    /// The cases in `tests/theory/transients.json`.
    pub fn read() -> Self {
        serde_json::from_str(CASES).unwrap_or_else(|error| panic!("transients.json: {error}"))
    }
}

impl Case {
    pub fn run(&self, seed: u64) -> Measured {
        let mut document = self.document.clone();
        document["seed"] = json!(seed);
        let scenario = Scenario::from_json(&document.to_string()).unwrap();
        let mut run = Simulation::new(&scenario.system(), scenario.options(), &scenario.plan()).unwrap();
        // The start is one of the events.
        run.run_until(0);
        match self.until {
            Until::Empty => self.empty(&mut run),
            Until::Done | Until::Time => run.run_until(scenario.options().duration),
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
            lost: part.gauges.iter().find(|gauge| gauge.name == "lost_writes").map_or(0.0, |one| one.value),
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

pub fn mean(of: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = of.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

fn deviation(of: impl Iterator<Item = f64> + Clone) -> f64 {
    let (middle, count) = (mean(of.clone()), of.clone().count() as f64);
    let squares = mean(of.map(|value| (value - middle) * (value - middle)));
    libm::sqrt(squares * count / (count - 1.0))
}

pub fn measure(name: &str, runs: &[Measured]) -> f64 {
    let ends = mean(runs.iter().map(|run| run.end));
    match name {
        "mean" => ends,
        "sd" => deviation(runs.iter().map(|run| run.end)),
        "writes" => mean(runs.iter().map(|run| run.writes)),
        "lost" => mean(runs.iter().map(|run| run.lost)),
        "lost_sd" => deviation(runs.iter().map(|run| run.lost)),
        "last_ms" => mean(runs.iter().map(|run| run.last_ms)),
        _ => panic!("there is no measure {name}"),
    }
}
