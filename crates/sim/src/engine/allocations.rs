//! For tests: a run that has reached its size allocates nothing, and a test that would not notice is none.

use std::cell::Cell;
use std::hint::black_box;

use super::{Ns, Options, SECOND, Simulation, tamper};
use crate::component::{AnyParams, Kind};
use crate::param::{Count, Flag, Millis, Number, Share, Value};
use crate::system::{Edge, Part, Policy, System};

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

fn part(id: u32, kind: Kind, settings: &[(&str, Value)]) -> Part {
    let mut params: AnyParams = kind.defaults();
    for (name, value) in settings {
        let at = params.place(name).unwrap_or(usize::MAX);
        assert_eq!(params.set(at, value.clone()), Ok(()));
    }
    Part { id, params, count: 1, inside: None }
}

/// Users behind resolvers, a balancer that knows them again, a queue and its workers.
#[test]
fn names_and_messages_allocate_nothing() {
    let users = [("arrival", Value::Choice("closed")), ("users", Value::Count(500))];
    let knows = [("persistence", Value::Choice("source")), ("eject_after", Value::Count(5))];
    let mut parts = vec![
        part(1, Kind::Client, &users),
        part(2, Kind::Resolver, &[("levels", Value::Count(1))]),
        part(3, Kind::Dns, &[("ttl_s", Value::Number(0.5)), ("check", Value::Choice("http"))]),
        part(4, Kind::Lb, &knows),
        part(5, Kind::App, &[("threads", Value::Count(1_000))]),
        part(6, Kind::Queue, &[]),
        part(
            7,
            Kind::Worker,
            &[("idempotent", Value::Flag(true)), ("coordination", Value::Choice("master"))],
        ),
    ];
    parts[4].count = 4;
    parts[6].count = 60;
    let ends = [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7)];
    let edges = (11..).zip(ends).map(|(id, (from, to))| Edge::calls(id, from, to)).collect();
    assert_eq!(allocations(&System { parts, edges }, false), 0);
}

/// Users, an edge, a proxy, an application that keeps a cache, and one behind it that writes later: full, with
/// expiries, evictions, joined fetches and writes.
#[test]
fn caches_allocate_nothing() {
    let (room, life) = (("capacity", Value::Count(100)), ("ttl_s", Value::Number(0.2)));
    let reads = ("keeps", Value::Choice("reads"));
    let back = [("write", Value::Choice("back")), ("write_every_s", Value::Number(0.1))];
    let coalesce = ("coalesce", Value::Flag(true));
    let parts = vec![
        part(1, Kind::Client, &[("rate_rps", Value::Number(500.0)), ("keys", Value::Count(1_000))]),
        part(2, Kind::Cdn, &[room.clone(), life.clone(), reads.clone()]),
        part(3, Kind::Proxy, &[room.clone(), life.clone(), reads]),
        part(4, Kind::App, &[("threads", Value::Count(1_000))]),
        part(5, Kind::Cache, &[room.clone(), ("evict", Value::Choice("lfu"))]),
        part(6, Kind::Cache, &[room, back[0].clone(), back[1].clone(), coalesce]),
        part(7, Kind::Db, &[]),
    ];
    let ends = [(1, 2), (2, 3), (3, 4), (4, 5), (4, 6), (6, 7)];
    let edges = (11..).zip(ends).map(|(id, (from, to))| Edge::calls(id, from, to)).collect();
    assert_eq!(allocations(&System { parts, edges }, false), 0);
}
