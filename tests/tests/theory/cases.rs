//! Cases as data: documents, how long they run, and what theory expects of them.

use brownout_scenario::Scenario;
use brownout_sim::system::{Action, Change, Intervention, Target, Verb};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const CASES: &str = include_str!("../../theory/cases.json");

#[derive(Clone, Debug, Deserialize)]
pub struct Collection {
    pub cases: Vec<Case>,
    pub not_expressible_yet: Vec<Open>,
}

impl Collection {
    /// The cases in `tests/theory/cases.json`.
    pub fn read() -> Self {
        serde_json::from_str(CASES).unwrap_or_else(|error| panic!("cases.json: {error}"))
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Case {
    pub id: String,
    pub model: String,
    pub title: String,
    pub runs: Vec<Run>,
    pub expected: Vec<Expected>,
    /// How the document expresses the model, where that is not plain.
    pub note: Option<String>,
}

/// A case that needs a mechanism which no component type has yet.
#[derive(Clone, Debug, Deserialize)]
pub struct Open {
    pub id: String,
    pub model: String,
    pub needs: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Run {
    /// Units per second: how long the run must be for its count.
    pub rate: f64,
    /// Units counted by the test suite.
    pub count: f64,
    /// Units counted for the page of theory; without it, as many as by the test suite.
    pub full: Option<f64>,
    /// Units before counting begins.
    pub warmup: f64,
    /// Silent failures at random phases of the checks.
    pub cuts: Option<Cuts>,
    /// Servers that die and leave the name server a while later.
    pub deaths: Option<Deaths>,
    /// A part whose workers are looked at ten times in a hundred units: whether all are busy.
    pub sampled: Option<u32>,
    pub document: Value,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Cuts {
    #[serde(default)]
    edge: u32,
    /// An instance that is killed, where no edge is cut.
    kill: Option<String>,
    every_s: f64,
    for_s: f64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Deaths {
    server: u32,
    record: u32,
    /// From the death to the end of its record, and to the return of both.
    gone_s: u32,
    back_s: u32,
    every_s: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Expected {
    pub metric: String,
    pub measure: String,
    pub run: usize,
    /// The part, or the edge, that is measured.
    pub part: u32,
    pub value: f64,
    /// Asymptotic standard deviation for one counted unit, correlation included. Where it is not known, the
    /// standard error is that of the replications.
    pub sigma_1: Option<f64>,
    #[serde(default)]
    pub bias: f64,
}

impl Expected {
    /// 4.5 standard errors, never below 0.2 % of the value, which start and end of a run may cost.
    pub fn tolerance(&self, error: f64) -> f64 {
        let is_percentile = matches!(self.measure.as_str(), "p50" | "p95" | "p99" | "p999");
        let bucket = if is_percentile { 0.008 * self.value } else { 0.0 };
        (4.5 * error + self.bias).max(0.002 * self.value.abs()) + bucket
    }
}

impl Run {
    /// The document of a run of so many units.
    pub fn scenario(&self, seed: u64, count: f64) -> Scenario {
        let mut document = self.document.clone();
        document["seed"] = json!(seed);
        document["warmup_s"] = json!((self.warmup / self.rate).round());
        document["duration_s"] = json!(((self.warmup + count) / self.rate).ceil());
        if let Some(cuts) = &self.cuts {
            document["timeline"] = cuts.timeline(count as u64, seed);
        }
        Scenario::from_json(&document.to_string()).unwrap_or_else(|error| panic!("{error}\n{document}"))
    }
}

impl Run {
    /// What is planned for a run of this document.
    pub fn plan(&self, scenario: &Scenario) -> Vec<Intervention> {
        let mut plan = scenario.plan();
        if let Some(deaths) = &self.deaths {
            plan.extend(deaths.plan(scenario));
        }
        plan
    }
}

impl Deaths {
    fn plan(&self, scenario: &Scenario) -> Vec<Intervention> {
        let (options, system) = (scenario.options(), scenario.system());
        let record =
            system.edge(self.record).unwrap_or_else(|| panic!("there is no record {}", self.record)).clone();
        let seconds = |from: u64, seconds: u32| from + u64::from(seconds) * 1_000_000_000;
        let server = Target::whole(self.server);
        // In the middle of a window, so that windows lie around whole seconds after it.
        let mut at = options.warmup + 500_000_000;
        let mut plan = Vec::new();
        while seconds(at, self.every_s) < options.duration {
            let gone = Action::Edit(vec![Change::RemoveEdge(self.record)]);
            let back = Action::Edit(vec![Change::PutEdge(record.clone())]);
            plan.extend([
                Intervention { at, action: Action::Do { verb: Verb::Kill, target: server } },
                Intervention { at: seconds(at, self.gone_s), action: gone },
                Intervention { at: seconds(at, self.back_s), action: back },
                Intervention {
                    at: seconds(at, self.back_s),
                    action: Action::Do { verb: Verb::Restore, target: server },
                },
            ]);
            at = seconds(at, self.every_s);
        }
        plan
    }
}

impl Cuts {
    fn timeline(&self, count: u64, seed: u64) -> Value {
        let cut = |index: u64| {
            // The golden ratio spreads phases evenly, and a mix of it at random.
            let mixed = (index + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let phase = (mixed >> 40) as f64 / (1u64 << 24) as f64 * 5.0;
            let at = ((index as f64 * self.every_s + 10.0 + phase) * 1e6).round() / 1e6;
            let (verb, target) = match &self.kill {
                Some(instance) => ("kill", json!(instance)),
                None => ("cut", json!(self.edge)),
            };
            json!({"id": 1_000 + index, "at_s": at, "do": verb, "target": target, "for_s": self.for_s})
        };
        (0..count).map(cut).collect()
    }
}
