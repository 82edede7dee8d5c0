//! Counters that the engine keeps while it runs.

use super::{Class, Histogram, Outcome, Series};
use crate::Ns;

/// What became of the calls of one edge, in two ledgers.
///
/// The caller's: issued = ok + failed by cause (given up among them) + open.
/// The callee's: given up = answered late + lost + cancelled + abandoned and still being worked on.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(crate) struct EdgeLedger {
    pub(crate) open: u64,
    pub(crate) issued: u64,
    /// Calls of others that were handed over on it; with those issued, how many were sent.
    pub(crate) forwarded: u64,
    /// How many were sent before the open fine window.
    sent_before: u64,
    /// By outcome; the first are the good answers. `TimedOut` are those given up by a living caller.
    pub(crate) ended: [u64; Outcome::COUNT],
    /// Given up for another reason: the caller died, was called off itself, or had its answer from a second copy.
    pub(crate) orphaned: u64,
    pub(crate) late: u64,
    pub(crate) lost: u64,
    pub(crate) abandoned: u64,
    /// Given up, and no longer worked on since the callee knows.
    pub(crate) cancelled: u64,
    /// Of those issued: attempts after the first, and second copies sent while the first was out.
    pub(crate) retries: u64,
    pub(crate) hedges: u64,
    /// Connections opened for them, where that costs something.
    pub(crate) connects: u64,
    pub(crate) latency: Histogram,
    /// Calls sent in the last fine windows.
    pub(crate) recent: Recent<1>,
}

impl EdgeLedger {
    /// Counts that were never checked against each other when they were made; true where they agree.
    pub(crate) fn balances(&self) -> bool {
        let ended: u64 = self.ended.iter().sum();
        let given_up = self.ended[Outcome::TimedOut as usize] + self.orphaned;
        self.issued == ended + self.orphaned + self.open
            && given_up == self.late + self.lost + self.cancelled + self.abandoned
            && self.retries + self.hedges <= self.issued
            && self.connects <= self.issued
    }

    /// Takes in the counts of another life of the same edge.
    pub(crate) fn add(&mut self, other: &Self) {
        self.issued += other.issued;
        self.forwarded += other.forwarded;
        self.orphaned += other.orphaned;
        self.open += other.open;
        self.late += other.late;
        self.lost += other.lost;
        self.abandoned += other.abandoned;
        self.cancelled += other.cancelled;
        self.retries += other.retries;
        self.hedges += other.hedges;
        self.connects += other.connects;
        self.ended.iter_mut().zip(other.ended).for_each(|(mine, theirs)| *mine += theirs);
        self.latency.merge(&other.latency);
    }

    pub(crate) fn close_window(&mut self) {
        let sent = self.issued + self.forwarded;
        self.recent.push([sent - self.sent_before]);
        self.sent_before = sent;
    }
}

/// What a part did, all its instances together.
///
/// What every visit touches stands together.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(crate) struct PartStats {
    pub(crate) offered: u64,
    /// How many were offered before the open fine window: since measuring began, modulo 2^64.
    pub(crate) offered_before: u64,
    pub(crate) window_errors: u64,
    /// Visits of a station before measuring began; since then, each has a wait.
    visits_before: u64,
    /// Replies given, by outcome.
    pub(crate) replied: [u64; Outcome::COUNT],
    pub(crate) wait: Histogram,
    pub(crate) service: Histogram,
    pub(crate) residence: Histogram,
    /// Replies given before measuring began.
    pub(crate) replied_before: [u64; Outcome::COUNT],
    /// Areas under busy workers and workers when the open fine window began.
    pub(crate) window_areas: [u128; 2],
    /// Offered calls, errors, and those two areas, of the last fine windows.
    pub(crate) recent: Recent<4>,
}

impl PartStats {
    /// Visits of a station: each is one arrival and one departure in the canonical count of events.
    pub(crate) const fn visits(&self) -> u64 {
        self.visits_before + self.wait.count()
    }

    /// Calls offered in the open fine window; the next begins.
    pub(crate) const fn close_offered(&mut self) -> u64 {
        let offered = self.offered.wrapping_sub(self.offered_before);
        self.offered_before = self.offered;
        offered
    }

    /// Begins measuring anew; what the windows show goes on.
    pub(crate) fn restart_measuring(&mut self) {
        self.visits_before += self.wait.count();
        self.offered_before = self.offered_before.wrapping_sub(self.offered);
        self.offered = 0;
        self.replied_before.iter_mut().zip(self.replied).for_each(|(before, some)| *before += some);
        self.replied = [0; Outcome::COUNT];
        self.wait.clear();
        self.service.clear();
        self.residence.clear();
        self.window_areas = [0; 2];
    }
}

/// What became of the requests of one class of one client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workload {
    /// Over the whole run.
    pub(crate) issued: u64,
    pub(crate) ended: [u64; Outcome::COUNT],
    /// Before measuring began.
    ended_before: [u64; Outcome::COUNT],
    /// Since measuring began.
    pub(crate) measured_good: u64,
    pub(crate) measured_late: u64,
    /// Of good answers, whether or not within the deadline.
    pub(crate) latency: Histogram,
}

impl Workload {
    /// Requests that ended since measuring began, by outcome.
    pub(crate) fn measured_ended(&self) -> [u64; Outcome::COUNT] {
        std::array::from_fn(|at| self.ended[at] - self.ended_before[at])
    }

    /// Takes in the counts of another life of the same client.
    pub(crate) fn add(&mut self, other: &Self) {
        self.issued += other.issued;
        self.measured_good += other.measured_good;
        self.measured_late += other.measured_late;
        self.ended.iter_mut().zip(other.ended).for_each(|(mine, theirs)| *mine += theirs);
        self.ended_before.iter_mut().zip(other.ended_before).for_each(|(mine, theirs)| *mine += theirs);
        self.latency.merge(&other.latency);
    }

    pub(crate) fn restart_measuring(&mut self) {
        self.ended_before = self.ended;
        self.measured_good = 0;
        self.measured_late = 0;
        self.latency.clear();
    }
}

/// One client's workloads by class.
pub(crate) type Workloads = [Workload; Class::VISITORS.len()];

/// Sums over the last fine windows: up to as many as make one window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recent<const N: usize> {
    samples: [[u64; N]; Series::FINE as usize],
    /// How many were pushed in all.
    pushed: u64,
}

impl<const N: usize> Default for Recent<N> {
    fn default() -> Self {
        Self { samples: [[0; N]; Series::FINE as usize], pushed: 0 }
    }
}

impl<const N: usize> Recent<N> {
    pub(crate) fn push(&mut self, sample: [u64; N]) {
        self.samples[(self.pushed % Series::FINE) as usize] = sample;
        self.pushed += 1;
    }

    /// How many fine windows it holds.
    pub(crate) fn count(&self) -> u64 {
        self.pushed.min(Series::FINE)
    }

    pub(crate) fn sum(&self, at: usize) -> u64 {
        self.samples.iter().map(|sample| sample[at]).fold(0, u64::saturating_add)
    }
}

/// A rate per second over a span; nothing over no span.
pub(crate) fn per_second(count: u64, span: Ns) -> f64 {
    if span == 0 { 0.0 } else { count as f64 / (span as f64 / 1e9) }
}
