//! For tests: a run that has reached its size allocates nothing, and a test that would not notice is none.

use std::cell::Cell;
use std::hint::black_box;

use super::{Ns, Options, SECOND, Simulation, tamper};

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
fn allocations(planted: bool) -> u64 {
    let Ok(mut simulation) = Simulation::new(&tamper::system(), Options::default(), &[]) else {
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
    assert_eq!(allocations(false), 0);
    let planted = allocations(true);
    assert!(planted > u64::from(EVENTS) / 2, "{planted} of the planted ones were noticed");
}
