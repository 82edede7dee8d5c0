//! How long it takes to go to another instant, and what the moments take that make it short.

use super::{Budget, Timeline};
use crate::engine::{SECOND, mix64};
use crate::{Ns, Simulation};

/// Forks that are timed.
const FORKS: usize = 21;

/// Times in milliseconds of the clock that they were measured with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seeks {
    /// Whole seconds of the run that were gone to, in random order.
    pub seeks: usize,
    pub median_ms: f64,
    pub worst_ms: f64,
    /// To make a second run out of the one at the playhead.
    pub fork_median_ms: f64,
    pub fork_worst_ms: f64,
    /// The whole run, without a past and with one.
    pub run_ms: f64,
    pub run_with_past_ms: f64,
    /// Moments that are kept, with what they take in all and on average, in bytes.
    pub moments: usize,
    pub bytes: usize,
    pub bytes_per_moment: usize,
    /// What the simulation takes at the end of the run, as it runs, in bytes.
    pub bytes_live: usize,
    /// Events of the run.
    pub events: u64,
}

/// Runs to `end`, then goes to each of its seconds in random order. `clock` gives milliseconds.
pub fn measure(start: Simulation, end: Ns, budget: Budget, clock: &mut dyn FnMut() -> f64) -> Seeks {
    // In chunks, as a page runs it: there, a loop becomes fast only once it has returned to its caller.
    let mut plain = start.clone();
    let begin = clock();
    while !plain.run_chunk(end, 4_096) {}
    let run_ms = clock() - begin;
    drop(plain);
    let mut timeline = Timeline::with_budget(start, budget);
    let begin = clock();
    timeline.run_until(end);
    let run_with_past_ms = clock() - begin;
    let mut order: Vec<Ns> = (0..=end / SECOND).collect();
    order.sort_by_key(|second| mix64(*second ^ 0x7365_656b));
    let mut times: Vec<f64> = Vec::with_capacity(order.len());
    for second in &order {
        let begin = clock();
        timeline.seek(second * SECOND);
        times.push(clock() - begin);
    }
    timeline.seek(end);
    let mut forks = Vec::with_capacity(FORKS);
    for _ in 0..FORKS {
        let begin = clock();
        let fork = timeline.fork();
        forks.push(clock() - begin);
        drop(fork);
    }
    let (median_ms, worst_ms) = median_and_worst(times);
    let (fork_median_ms, fork_worst_ms) = median_and_worst(forks);
    Seeks {
        seeks: order.len(),
        median_ms,
        worst_ms,
        fork_median_ms,
        fork_worst_ms,
        run_ms,
        run_with_past_ms,
        moments: timeline.moments(),
        bytes: timeline.bytes(),
        bytes_per_moment: timeline.bytes() / timeline.moments().max(1),
        bytes_live: timeline.simulation().bytes(),
        events: timeline.simulation().events(),
    }
}

fn median_and_worst(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    (times.get(times.len() / 2).copied().unwrap_or(0.0), times.last().copied().unwrap_or(0.0))
}
