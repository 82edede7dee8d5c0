//! For tests: a run that has reached its size allocates nothing, and a test that would not notice is none.

use std::cell::Cell;
use std::hint::black_box;

use super::{Ns, Options, SECOND, Simulation, tamper};
use crate::param::{Count, Flag, Millis, Number, Share};
use crate::system::{Policy, System};

thread_local! {
    static PLANTED: Cell<bool> = const { Cell::new(false) };
}

/// One small allocation, if one was planted.
pub(super) fn at_event() {
    if PLANTED.get() {
        black_box(Box::new(0_u64));
    }
}

const EVENTS: u32 = 1_000_000;

/// Allocations during a million events, after two million.
fn allocations(system: &System, planted: bool) -> u64 {
    let Ok(mut simulation) = Simulation::new(system, Options::default(), &[]) else {
        panic!("the system is valid")
    };
    // Without the audits of debug builds, which allocate.
    simulation.run_some(Ns::MAX, 2 * EVENTS);
    simulation.reserve_until(simulation.now() * 5 + 100 * SECOND);
    PLANTED.set(planted);
    let counted = allocation_counter::measure(|| {
        simulation.run_some(Ns::MAX, EVENTS);
    });
    PLANTED.set(false);
    counted.count_total
}

#[test]
fn a_run_that_has_reached_its_size_allocates_nothing() {
    let system = tamper::system();
    assert_eq!(allocations(&system, false), 0);
    let planted = allocations(&system, true);
    assert!(planted > u64::from(EVENTS) / 2, "{planted} of the planted ones were noticed");
}

/// Retries, second copies, connections, cancellations, deadlines and throttles neither.
#[test]
fn callers_with_policies_allocate_nothing() {
    let mut system = tamper::system();
    for edge in &mut system.edges {
        edge.policy = Policy {
            timeout_ms: Millis(60.0),
            retries: Count(2),
            retry_budget: Share(0.5),
            backoff_ms: Millis(5.0),
            cancel: Flag(true),
            deadline: Flag(true),
            pool_size: Count(4),
            pool_wait_ms: Millis(20.0),
            hedge_ms: Millis(25.0),
            throttle_ratio: Number(2.0),
            ..Policy::default()
        };
    }
    assert_eq!(allocations(&system, false), 0);
}
