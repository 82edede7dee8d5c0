//! Runs of cases, and what is measured of them.

use std::collections::BTreeMap;

use brownout_scenario::replicate::student_t;
use brownout_sim::observe::{Class, ComponentReport, EdgeReport, Histogram, Outcome, Report, Times, Window};
use brownout_sim::{Ns, Simulation};
use serde::{Deserialize, Serialize};

use super::cases::{Case, Expected, Run};

/// What one run gave.
pub struct Measured {
    pub report: Report,
    distributions: BTreeMap<Times, Histogram>,
    /// Of the looks at the sampled part, the share that found all its workers busy.
    all_busy: Option<f64>,
}

/// A value over several runs.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Estimate {
    pub mean: f64,
    /// Half of a 95 % confidence interval by Student's t; none of a single run.
    pub half_width: Option<f64>,
    pub tolerance: f64,
}

impl Estimate {
    /// The distance from the expected value in tolerances; what is not a number is too far.
    pub fn used(&self, expected: &Expected) -> f64 {
        let used = (self.mean - expected.value).abs() / self.tolerance;
        if used.is_nan() { f64::INFINITY } else { used }
    }
}

impl Run {
    pub fn measured(&self, seed: u64, count: f64) -> Measured {
        let scenario = self.scenario(seed, count);
        let options = scenario.options();
        let mut simulation = Simulation::new(&scenario.system(), options, &self.plan(&scenario)).unwrap();
        let all_busy =
            self.sampled.map(|part| self.sample(part, &mut simulation, options.warmup, options.duration));
        simulation.run_until(options.duration);
        simulation.audit().unwrap();
        assert_eq!(simulation.halted(), None);
        Measured { report: simulation.report(), distributions: simulation.distributions(), all_busy }
    }

    /// Looks at regular times. Poisson arrivals see what a look at any time sees (R. W. Wolff: Poisson
    /// arrivals see time averages, Operations Research 30, 1982).
    fn sample(&self, part: u32, simulation: &mut Simulation, from: Ns, to: Ns) -> f64 {
        let step = (10.0 / self.rate * 1e9) as Ns;
        let (mut at, mut looks, mut busy) = (from, 0_u64, 0_u64);
        while at < to {
            simulation.run_until(at);
            let picture = simulation.picture(0);
            let gauge = picture.parts.iter().find(|gauge| gauge.id == part).unwrap();
            looks += 1;
            busy += u64::from(gauge.busy == gauge.workers);
            at += step;
        }
        busy as f64 / looks as f64
    }
}

/// Half of the 95 % confidence interval of the mean of these values.
pub fn half_width(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (squares / (n - 1.0) / n).sqrt() * student_t(values.len() as u64 - 1)
}

/// Every expected value of a case, from so many replications that share the units of one run between them.
pub fn estimates(
    case: &Case,
    replications: u64,
    first_seed: u64,
    count: impl Fn(&Run) -> f64,
) -> Vec<Estimate> {
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); case.expected.len()];
    for replication in 0..replications {
        let measured =
            |run: &Run| run.measured(first_seed + replication, (count(run) / replications as f64).ceil());
        let runs: Vec<Measured> = case.runs.iter().map(measured).collect();
        for (expected, values) in case.expected.iter().zip(&mut values) {
            values.push(measure(&expected.measure, &runs[expected.run], expected.part));
        }
    }
    let estimate = |(expected, values): (&Expected, Vec<f64>)| {
        let n = values.len() as f64;
        let mean = match expected.measure.as_str() {
            "detected_min" => values.iter().copied().fold(f64::MAX, f64::min),
            "detected_max" => values.iter().copied().fold(f64::MIN, f64::max),
            _ => values.iter().sum::<f64>() / n,
        };
        let half_width = (replications > 1).then(|| half_width(&values));
        let error = match (expected.sigma_1, half_width) {
            (Some(sigma), _) => sigma / count(&case.runs[expected.run]).sqrt(),
            (None, Some(half)) => half / student_t(replications - 1),
            (None, None) => f64::NAN,
        };
        Estimate { mean, half_width, tolerance: expected.tolerance(error) }
    };
    case.expected.iter().zip(values).map(estimate).collect()
}

/// The value of a measure in seconds, requests or shares.
pub fn measure(name: &str, measured: &Measured, of: u32) -> f64 {
    let report = &measured.report;
    let span = (report.simulated - report.measured_from) as f64 / 1e9;
    let part = || -> &ComponentReport { report.components.iter().find(|part| part.id == of).unwrap() };
    let edge = || -> &EdgeReport { report.edges.iter().find(|edge| edge.id == of).unwrap() };
    let gauge = |name| part().gauges.iter().find(|gauge| gauge.name == name).unwrap().value;
    let seconds = |ms: Option<f64>| ms.unwrap() / 1e3;
    match name {
        "response" => seconds(report.latency.mean),
        // By class of request, of the one client.
        "response_read" | "response_write" => {
            let class = if name == "response_read" { Class::Read } else { Class::Write };
            let classes = &report.workloads[0].classes;
            seconds(classes.iter().find(|of| of.class == class).unwrap().latency.mean)
        }
        "sd" => deviation(&measured.distributions[&Times::Latency]),
        "goodput" => report.goodput_rps,
        "residence" => seconds(part().residence.mean),
        "wait" => seconds(part().wait.mean),
        // Of those who came to a worker. What did not wait is in the bucket of 0 ns, which is exact.
        "waited" => {
            let waits = &measured.distributions[&Times::Wait(of)];
            let none = waits.filled().find(|(bucket, _)| *bucket == 0).map_or(0, |(_, count)| count);
            1.0 - none as f64 / waits.count() as f64
        }
        "all_busy" => measured.all_busy.unwrap(),
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
        // Of messages: until they were handed out, and until they were acknowledged.
        "message_wait" => gauge("wait_mean_ms") / 1e3,
        "message_time" => gauge("done_mean_ms") / 1e3,
        "known_names" => 1.0 - edge().issued as f64 / report.requests.issued as f64,
        "look_ups" => edge().issued as f64 / span,
        "hit_ratio" => gauge("hit_ratio"),
        "fetch_rate" => gauge("fetches") / span,
        // The first that comes back stores what is new; others began before it did.
        "fetches_per_value" => gauge("fetches") / (gauge("fetches") - gauge("repeated_fetches")),
        "early_lead" => gauge("early_lead_ms") / 1e3,
        "failed_after_5" | "failed_after_20" | "failed_after_40" => {
            failed_after(report, name["failed_after_".len()..].parse().unwrap())
        }
        // Of all deaths, what the mean one cost, in seconds of all traffic.
        "lost_seconds" => {
            let measured = report.series.iter().filter(|window| window.start >= report.measured_from);
            let [failed, issued] = sums(measured);
            failed / issued * span / report.outages.len() as f64
        }
        _ => detected(name, report),
    }
}

/// The standard deviation of times, in seconds.
fn deviation(times: &Histogram) -> f64 {
    let mean = times.mean().unwrap();
    let square = |(bucket, count): (usize, u64)| {
        let off = Histogram::middle(bucket) - mean;
        off * off * count as f64
    };
    let squares: f64 = times.filled().map(square).sum();
    (squares / times.count() as f64).sqrt() / 1e9
}

/// The share of the requests that ended so, of all that ended in windows after the warm-up.
fn window_share(report: &Report, outcome: Outcome) -> f64 {
    let windows = || report.series.iter().filter(|window| window.start >= report.measured_from);
    let ended: u64 = windows().map(|window| window.outcomes.iter().sum::<u64>()).sum();
    windows().map(|window| window.outcomes[outcome as usize]).sum::<u64>() as f64 / ended as f64
}

/// Requests that failed and all, of these windows.
fn sums<'a>(windows: impl Iterator<Item = &'a Window>) -> [f64; 2] {
    windows.fold([0.0, 0.0], |[failed, issued], window| {
        [failed + window.failed() as f64, issued + window.issued as f64]
    })
}

/// The share of the requests that failed around so many seconds after a death.
fn failed_after(report: &Report, seconds: u64) -> f64 {
    const SECOND: Ns = 1_000_000_000;
    let is_near = |window: &&Window| {
        let middle = window.start + window.length / 2;
        report.outages.iter().any(|outage| middle.abs_diff(outage.start + seconds * SECOND) <= 2 * SECOND)
    };
    let [failed, issued] = sums(report.series.iter().filter(is_near));
    failed / issued
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
