//! The figures of a run, as the terminal and the checker of goals read them.
//!
//! `requests` counts the whole run, so that what was issued is what was answered, failed or is in flight.
//! Everything else is measured from the end of the warm-up on.

use super::Window;
use crate::component::Gauge;
use crate::param::Sentence;
use crate::system::Id;
use crate::{Digest, Ns};

/// The figures of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub seed: u64,
    pub digest: Digest,
    pub simulated: Ns,
    /// When measuring began.
    pub measured_from: Ns,
    /// Canonical events: one arrival and one departure per visit of a station.
    pub events: u64,
    /// Events that the calendar held: the simulator's own work.
    pub calendar_events: u64,
    pub requests: Requests,
    pub throughput_rps: f64,
    pub goodput_rps: f64,
    /// Succeeded / (succeeded + failed); `None` where nothing ended.
    pub availability: Option<f64>,
    /// What the design cost per hour, on average since measuring began.
    pub cost_per_hour: f64,
    pub latency: Latency,
    pub workloads: Vec<WorkloadReport>,
    pub components: Vec<ComponentReport>,
    pub edges: Vec<EdgeReport>,
    pub outages: Vec<OutageReport>,
    pub series: Vec<Window>,
    /// Why the run stopped early, if it did.
    pub halted: Option<Sentence>,
}

/// What became of the requests of a workload, over the whole run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requests {
    pub issued: u64,
    pub succeeded: u64,
    /// By outcome, in the order of [`Outcome::ALL`](super::Outcome::ALL); the first is always 0.
    pub failed: [u64; super::Outcome::COUNT],
    /// Counted by walking what is live.
    pub in_flight: u64,
}

/// A distribution of times, in milliseconds. Percentiles are within 0.8 % of the exact ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    pub count: u64,
    pub mean: Option<f64>,
    pub p50: Option<f64>,
    pub p90: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    pub p999: Option<f64>,
    pub max: Option<f64>,
}

impl Latency {
    /// What is reported of a histogram.
    pub fn of(times: &super::Histogram) -> Self {
        let ms = |ns: Option<Ns>| ns.map(|ns| ns as f64 / 1e6);
        Self {
            count: times.count(),
            mean: times.mean().map(|ns| ns / 1e6),
            p50: ms(times.quantile(0.50)),
            p90: ms(times.quantile(0.90)),
            p95: ms(times.quantile(0.95)),
            p99: ms(times.quantile(0.99)),
            p999: ms(times.quantile(0.999)),
            max: ms(times.max()),
        }
    }
}

/// One client's requests.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadReport {
    pub client: Id,
    pub requests: Requests,
    pub throughput_rps: f64,
    pub goodput_rps: f64,
    pub availability: Option<f64>,
    pub latency: Latency,
    pub classes: Vec<ClassReport>,
}

/// One class of one client's requests.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassReport {
    pub class: super::Class,
    pub requests: Requests,
    pub throughput_rps: f64,
    pub goodput_rps: f64,
    pub availability: Option<f64>,
    pub latency: Latency,
}

/// One part, all its instances together.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentReport {
    pub id: Id,
    pub kind: crate::component::Kind,
    /// Calls that arrived per second.
    pub offered_rps: f64,
    /// Calls that it answered well per second.
    pub throughput_rps: f64,
    /// Mean share of the workers that were busy; `None` where it has none.
    pub utilisation: Option<f64>,
    pub queue_mean: f64,
    pub queue_max: u32,
    /// From arrival to a worker.
    pub wait: Latency,
    /// Work alone, without waiting for others.
    pub service: Latency,
    /// From arrival to reply.
    pub residence: Latency,
    /// Error replies that it gave, by outcome.
    pub errors: [u64; super::Outcome::COUNT],
    /// What all its instances cost per hour, as they stand now.
    pub cost_per_hour: f64,
    pub gauges: Vec<Gauge>,
}

/// One edge, seen by the caller.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeReport {
    pub id: Id,
    pub issued: u64,
    pub ok: u64,
    /// By outcome; `timed_out` are those that the caller gave up.
    pub failed: [u64; super::Outcome::COUNT],
    pub open: u64,
    /// Of those given up: answered too late.
    pub late: u64,
    /// Of those given up: lost on the way, or dead with their server.
    pub lost: u64,
    /// Of those given up: still being worked on.
    pub abandoned: u64,
    /// Of those given up: called off, and no longer worked on.
    pub cancelled: u64,
    /// Of those issued: attempts after the first one of a call.
    pub retries: u64,
    /// Of those issued: second copies, sent while the first was still without an answer.
    pub hedges: u64,
    /// Of those issued: opened a connection first, where that costs something.
    pub connects: u64,
    /// Circuit breakers that are not closed at the moment; every instance of the caller has one.
    pub breakers_open: u32,
    /// Bits that crossed it, of requests and of replies; 0 where bytes take no time on it.
    pub request_mbps: f64,
    pub reply_mbps: f64,
    /// From sending to the answer, of calls that were answered well.
    pub latency: Latency,
}

/// What a distribution of times is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Times {
    /// Latency of all requests.
    Latency,
    /// Latency of one client's requests.
    Workload(Id),
    Wait(Id),
    Service(Id),
    Residence(Id),
    /// Latency of the calls of one edge.
    Edge(Id),
}

/// A fault and its measured effect.
#[derive(Clone, Debug, PartialEq)]
pub struct OutageReport {
    pub cause: String,
    pub start: Ns,
    /// When the first balancer stopped sending traffic there, or the first monitor raised an alert.
    pub detected: Option<Ns>,
    /// The start of the first window of 1 s with at least 99 % success.
    pub recovered: Option<Ns>,
    pub failed_requests: u64,
}
