//! Cases as data, run through the document like any visitor's, and what is measured of them.

use brownout_scenario::Scenario;
use brownout_sim::Simulation;
use brownout_sim::observe::{ComponentReport, EdgeReport, Outcome, Report};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
pub struct Collection {
    pub cases: Vec<Case>,
    pub not_expressible_yet: Vec<Open>,
}

#[derive(Debug, Deserialize)]
pub struct Case {
    pub id: String,
    pub model: String,
    pub title: String,
    pub runs: Vec<Run>,
    pub expected: Vec<Expected>,
}

/// A case that needs a mechanism which no component type has yet.
#[derive(Debug, Deserialize)]
pub struct Open {
    pub id: String,
    pub model: String,
    pub needs: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Run {
    /// Units per second: how long the run must be for its count.
    pub rate: f64,
    pub count: f64,
    pub warmup: f64,
    /// Silent failures at random phases of the checks.
    pub cuts: Option<Cuts>,
    pub document: Value,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Cuts {
    edge: u32,
    every_s: f64,
    for_s: f64,
}

#[derive(Debug, Deserialize)]
pub struct Expected {
    pub metric: String,
    pub measure: String,
    pub run: usize,
    /// The part, or the edge, that is measured.
    pub part: u32,
    pub value: f64,
    pub sigma_1: f64,
    pub bias: f64,
}

impl Expected {
    /// 4.5 standard errors of an honest run of this length.
    pub fn tolerance(&self, count: f64) -> f64 {
        let honest = 4.5 * self.sigma_1 / count.sqrt() + self.bias;
        let bucket = if self.measure.starts_with('p') { 0.008 * self.value } else { 0.0 };
        honest.max(0.002 * self.value.abs()) + bucket
    }
}

impl Run {
    pub fn report(&self, seed: u64) -> Report {
        let mut document = self.document.clone();
        document["seed"] = json!(seed);
        document["warmup_s"] = json!((self.warmup / self.rate).round());
        document["duration_s"] = json!(((self.warmup + self.count) / self.rate).ceil());
        if let Some(cuts) = &self.cuts {
            document["timeline"] = cuts.timeline(self.count as u64, seed);
        }
        let scenario = Scenario::from_json(&document.to_string()).unwrap();
        let mut simulation =
            Simulation::new(&scenario.system(), scenario.options(), &scenario.plan()).unwrap();
        simulation.run_until(scenario.options().duration);
        simulation.audit().unwrap();
        assert_eq!(simulation.halted(), None);
        simulation.report()
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
            json!({"id": 1_000 + index, "at_s": at, "do": "cut", "target": self.edge, "for_s": self.for_s})
        };
        (0..count).map(cut).collect()
    }
}

/// The value of a measure in seconds, requests or shares.
pub fn measure(name: &str, report: &Report, of: u32) -> f64 {
    let span = (report.simulated - report.measured_from) as f64 / 1e9;
    let part = || -> &ComponentReport { report.components.iter().find(|part| part.id == of).unwrap() };
    let edge = || -> &EdgeReport { report.edges.iter().find(|edge| edge.id == of).unwrap() };
    let seconds = |ms: Option<f64>| ms.unwrap() / 1e3;
    match name {
        "response" => seconds(report.latency.mean),
        "residence" => seconds(part().residence.mean),
        "wait" => seconds(part().wait.mean),
        "p50" => seconds(report.latency.p50),
        "p95" => seconds(report.latency.p95),
        "p99" => seconds(report.latency.p99),
        "p999" => seconds(report.latency.p999),
        "offered" => part().offered_rps,
        // Since the end of the warm-up.
        "failed" => 1.0 - report.availability.unwrap(),
        "succeeded" => report.availability.unwrap(),
        "throttled" => window_share(report, Outcome::Throttled),
        // Over the whole run, which has no warm-up.
        "calls" => edge().issued as f64 / report.requests.issued as f64,
        "second_copies" => edge().hedges as f64 / report.requests.issued as f64,
        "utilisation" => part().utilisation.unwrap(),
        "throughput" => part().throughput_rps,
        "blocking" => part().errors[Outcome::Overloaded as usize] as f64 / (part().offered_rps * span),
        // One server: busy or not, and who waits.
        "in_system" => part().queue_mean + part().utilisation.unwrap(),
        "known_names" => 1.0 - edge().issued as f64 / report.requests.issued as f64,
        "look_ups" => edge().issued as f64 / span,
        _ => detected(name, report),
    }
}

/// The share of the requests that ended so, of all that ended in windows after the warm-up.
fn window_share(report: &Report, outcome: Outcome) -> f64 {
    let windows = || report.series.iter().filter(|window| window.start >= report.measured_from);
    let ended: u64 = windows().map(|window| window.outcomes.iter().sum::<u64>()).sum();
    windows().map(|window| window.outcomes[outcome as usize]).sum::<u64>() as f64 / ended as f64
}

/// How long the checks took to notice silent failures.
fn detected(name: &str, report: &Report) -> f64 {
    let times = report.outages.iter().map(|outage| (outage.detected.unwrap() - outage.start) as f64 / 1e9);
    let times: Vec<f64> = times.collect();
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    match name {
        "detected_mean" => mean,
        "detected_min" => times.iter().copied().fold(f64::MAX, f64::min),
        "detected_max" => times.iter().copied().fold(0.0, f64::max),
        "detected_sd" => {
            let squares: f64 = times.iter().map(|time| (time - mean) * (time - mean)).sum();
            (squares / (times.len() - 1) as f64).sqrt()
        }
        _ => panic!("there is no measure {name}"),
    }
}
