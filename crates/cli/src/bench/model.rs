//! One model, and one measurement of it.

use brownout_scenario::sweep::{Axis, apply};
use brownout_scenario::{Part, Record, Scenario};
use brownout_sim::component::Kind;
use brownout_sim::engine::SECOND;
use brownout_sim::observe::Report;
use brownout_sim::param::Domain;
use brownout_sim::{Ns, Simulation};
use cpu_time::ThreadTime;
use serde_json::{Value, json};

use crate::failure::Failure;

/// Events before measuring begins: queues, tables and histograms have reached their sizes by then.
const WARM_UP: u64 = 1_000_000;
/// What was planned goes on to have consequences for so long after its last step: instances start, queues empty.
const SETTLES: Ns = 60 * SECOND;
const CHUNK: u32 = 4_096;

/// A document that is measured.
pub struct Model {
    pub id: &'static str,
    text: &'static str,
    /// Beside its parts stands one that nobody calls.
    has_unused_part: bool,
    /// Mean wait by theory, for the algorithm of the balancer where there is one.
    theory: fn(algorithm: Option<&str>) -> Option<f64>,
}

macro_rules! document {
    ($name:literal) => {
        include_str!(concat!("../../../../fixtures/", $name, ".json"))
    };
}

pub const MODELS: [Model; 6] = [
    Model::new("m1", document!("bench/m1"), |_| Some(4.0)),
    Model { has_unused_part: true, ..Model::new("m1-unused", document!("bench/m1"), |_| Some(4.0)) },
    Model::new("m2", document!("bench/m2"), |_| Some(0.8769)),
    Model::new("m3", document!("bench/m3"), |_| Some(1.1948)),
    Model::new("m4", document!("bench/m4"), balanced),
    Model::new("parts60", document!("parts60"), |_| None),
];

/// Waits over sixteen servers. That of the least connections has no closed form; other simulators agree on it.
fn balanced(algorithm: Option<&str>) -> Option<f64> {
    match algorithm {
        Some("rr") => Some(1.8361),
        Some("random") => Some(4.0),
        Some(_) => Some(0.203),
        None => None,
    }
}

/// What a measurement gave.
#[derive(Default)]
pub struct Measured {
    pub id: &'static str,
    /// The balancers' algorithm, where there are any.
    pub algorithm: Option<String>,
    /// Of the repeat that took the least time for each event: others were disturbed.
    pub jobs: u64,
    pub events: u64,
    /// Calls that were sent, those that were only handed on not among them.
    pub calls: u64,
    pub cpu_s: f64,
    /// Over all repeats.
    pub mean_wait_s: f64,
    pub mean_stay_s: f64,
    pub theory_wait_s: Option<f64>,
    /// Memory for each call that is open, in bytes.
    pub bytes_per_call: f64,
    pub allocations: u64,
    pub counted_events: u64,
    pub calendar_events: u64,
}

impl Model {
    const fn new(id: &'static str, text: &'static str, theory: fn(Option<&str>) -> Option<f64>) -> Self {
        Self { id, text, has_unused_part: false, theory }
    }

    /// Runs it several times under different seeds, for at least so many events each.
    pub fn measure(&self, events: u64, repeat: u32, mut done: impl FnMut()) -> Result<Measured, Failure> {
        let refused = |error| Failure::Refused { name: self.id.to_owned(), error };
        let (document, algorithm) = self.document().map_err(refused)?;
        let mut best: Option<Span> = None;
        let mut all = Span::default();
        for seed in 1..=u64::from(repeat) {
            let span = Span::measure(&document, seed, events).map_err(refused)?;
            all.add(&span);
            let is_better = |best: &Span| span.cpu_s / (span.events as f64) < best.cpu_s / best.events as f64;
            if best.as_ref().is_none_or(is_better) {
                best = Some(span);
            }
            done();
        }
        let best = best.unwrap_or_default();
        Ok(Measured {
            id: self.id,
            jobs: best.jobs,
            events: best.events,
            calls: best.calls,
            cpu_s: best.cpu_s,
            mean_wait_s: all.wait_ms / 1e3 / all.stays.max(1.0),
            mean_stay_s: all.stay_ms / 1e3 / all.stays.max(1.0),
            theory_wait_s: (self.theory)(algorithm.as_deref()),
            algorithm,
            bytes_per_call: best.bytes_per_call,
            allocations: all.allocations,
            counted_events: all.events,
            calendar_events: best.calendar_events,
        })
    }

    /// The document; a lone balancer sends to the fewest open requests, if it knows how.
    fn document(&self) -> Result<(Scenario, Option<String>), brownout_scenario::Error> {
        let mut document = Scenario::from_json(self.text)?;
        if self.has_unused_part {
            document.parts.push(Part::new(document.next_id(), Kind::App.defaults()));
        }
        let balancers: Vec<u32> =
            document.parts.iter().filter(|part| part.params.kind() == Kind::Lb).map(|part| part.id).collect();
        let [balancer] = balancers[..] else { return Ok((document, None)) };
        let specs = Kind::Lb.spec().params;
        let choices = specs.iter().find(|spec| spec.name == "algorithm").map(|spec| spec.domain);
        let least = match choices {
            Some(Domain::Choice(choices)) => choices
                .iter()
                .map(|choice| choice.name)
                .find(|name| matches!(*name, "least" | "lc" | "least_conn" | "least_connections")),
            _ => None,
        };
        let Some(least) = least else { return Ok((document, Some("rr".to_owned()))) };
        let axis = Axis { path: format!("parts.{balancer}.algorithm"), values: Vec::new() };
        match apply(&document, &[axis], &[json!(least)]) {
            Ok(document) => Ok((document, Some(least.to_owned()))),
            Err(_) => Ok((document, Some("rr".to_owned()))),
        }
    }
}

/// A stretch of a run that is measured.
#[derive(Default)]
struct Span {
    jobs: u64,
    events: u64,
    calls: u64,
    calendar_events: u64,
    cpu_s: f64,
    allocations: u64,
    /// Sums over answered requests, and how many these are.
    wait_ms: f64,
    stay_ms: f64,
    stays: f64,
    bytes_per_call: f64,
}

impl Span {
    fn measure(document: &Scenario, seed: u64, events: u64) -> Result<Self, brownout_scenario::Error> {
        let record = Record::new(document.clone());
        let prepare = |warmup| brownout_scenario::replicate::prepare(&record, seed, warmup);
        // A run that only finds out how long the others have to be.
        let mut scout = prepare(0)?;
        scout.run_chunk(Ns::MAX, WARM_UP as u32 / 4);
        let per_ns = scout.report().events as f64 / scout.now().max(1) as f64;
        let last_plan = record.interventions().last().map_or(0, |step| step.at + SETTLES);
        let begin = last_plan + (WARM_UP as f64 / per_ns) as Ns;
        let end = begin + (events as f64 * 1.02 / per_ns) as Ns;
        drop(scout);
        let mut simulation = prepare(begin)?;
        run(&mut simulation, begin);
        simulation.reserve_until(end);
        let before = simulation.report();
        let clock = ThreadTime::now();
        let counted = allocation_counter::measure(|| run(&mut simulation, end));
        let cpu_s = clock.elapsed().as_secs_f64();
        let mut span = Self::between(&before, &simulation.report(), cpu_s, counted.count_total);
        span.bytes_per_call = simulation.bytes_per_call();
        Ok(span)
    }

    fn between(before: &Report, after: &Report, cpu_s: f64, allocations: u64) -> Self {
        let total = |mean: Option<f64>, count: u64| mean.unwrap_or(0.0) * count as f64;
        let calls = |report: &Report| report.edges.iter().map(|edge| edge.issued).sum::<u64>();
        Self {
            jobs: after.requests.succeeded - before.requests.succeeded,
            events: after.events - before.events,
            calls: calls(after).saturating_sub(calls(before)),
            calendar_events: after.calendar_events - before.calendar_events,
            cpu_s,
            allocations,
            wait_ms: after.components.iter().map(|part| total(part.wait.mean, part.wait.count)).sum(),
            stay_ms: total(after.latency.mean, after.latency.count),
            stays: after.latency.count as f64,
            bytes_per_call: 0.0,
        }
    }

    fn add(&mut self, other: &Self) {
        self.jobs += other.jobs;
        self.events += other.events;
        self.allocations += other.allocations;
        self.wait_ms += other.wait_ms;
        self.stay_ms += other.stay_ms;
        self.stays += other.stays;
    }
}

fn run(simulation: &mut Simulation, end: Ns) {
    while !simulation.run_chunk(end, CHUNK) {}
}

impl Measured {
    pub fn jobs_per_cpu_s(&self) -> f64 {
        self.jobs as f64 / self.cpu_s.max(1e-9)
    }

    pub fn events_per_cpu_s(&self) -> f64 {
        self.events as f64 / self.cpu_s.max(1e-9)
    }

    pub fn calls_per_cpu_s(&self) -> f64 {
        self.calls as f64 / self.cpu_s.max(1e-9)
    }

    pub fn allocations_per_event(&self) -> f64 {
        self.allocations as f64 / self.counted_events.max(1) as f64
    }

    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "algorithm": self.algorithm,
            "jobs": self.jobs,
            "events": self.events,
            "cpu_s": self.cpu_s,
            "jobs_per_cpu_s": self.jobs_per_cpu_s(),
            "events_per_cpu_s": self.events_per_cpu_s(),
            "calls": self.calls,
            "calls_per_cpu_s": self.calls_per_cpu_s(),
            "events_per_job": self.events as f64 / self.jobs.max(1) as f64,
            "calendar_events_per_job": self.calendar_events as f64 / self.jobs.max(1) as f64,
            "mean_wait_s": self.mean_wait_s,
            "theory_wait_s": self.theory_wait_s,
            "mean_stay_s": self.mean_stay_s,
            "bytes_per_call": self.bytes_per_call,
            "allocations": self.allocations,
            "allocations_per_event": self.allocations_per_event(),
        })
    }
}
