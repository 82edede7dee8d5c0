//! Copies, connections, balancers, deadlines and calling off, together.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::observe::{ComponentReport, EdgeReport, Report};
use brownout_sim::param::{Law, ParamSet, Value};
use brownout_sim::system::{Intervention, Mode, Policy, Target, Verb};
use brownout_sim::{Ns, Simulation};
use common::{Plan, SECOND, constant, count, exp, fault, number, set, word};

fn policy(mut plan: Plan, edge: u32, settings: &[(&str, Value)]) -> Plan {
    let row = plan.system.edges.iter_mut().find(|row| row.id == edge).unwrap();
    for (name, value) in settings {
        let at = Policy::SPECS.iter().position(|spec| spec.name == *name).unwrap();
        row.policy.set(at, value.clone()).unwrap();
    }
    plan
}

fn app(plan: Plan, id: u32, service: Value) -> Plan {
    plan.part(
        id,
        "app",
        &[("threads", count(10_000)), ("backlog", count(100_000)), ("service_time", service)],
    )
}

/// A page, and leaves that it calls.
fn leaves(rate: f64, service: Value) -> Plan {
    let client = [("rate_rps", number(rate)), ("static_share", number(0.0))];
    app(app(Plan::default().part(1, "client", &client), 2, constant(0.0)), 3, service)
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 1.0, 0.0)
}

fn run(plan: &Plan, steps: &[Intervention], until: Ns) -> Simulation {
    let mut run = plan.run(1, steps);
    run.run_until(until);
    run.audit().unwrap();
    run
}

fn edge(report: &Report, id: u32) -> &EdgeReport {
    report.edges.iter().find(|edge| edge.id == id).unwrap()
}

fn part(report: &Report, id: u32) -> &ComponentReport {
    report.components.iter().find(|part| part.id == id).unwrap()
}

/// A second copy has a connection of its own; whichever copy loses, its connection is closed with it.
#[test]
fn the_loser_of_two_copies_loses_its_connection() {
    let slow = [(0.9, Law::Constant { ms: 5.0 }), (0.1, Law::Exponential { mean_ms: 300.0 })];
    let plan = leaves(40.0, Value::Law(Law::Mixture { parts: slow.into() }));
    let settings = [("connect_ms", number(4.0)), ("pool_idle_s", number(0.0)), ("hedge_ms", number(25.0))];
    let report = run(&policy(plan, 12, &settings), &[], 100 * SECOND).report();
    let calls = edge(&report, 12);
    assert!(calls.hedges > 250, "{calls:?}");
    // One closed for each, and a few that were there to begin with.
    assert!(calls.connects + 1 >= calls.hedges && calls.connects < calls.hedges + 12, "{calls:?}");
}

/// Three copies under way, one answer needed: the others are called off wherever they are, also before their
/// connections are open, and then never arrive.
#[test]
fn copies_that_still_connect_are_called_off() {
    let mut plan = leaves(50.0, exp(5.0));
    plan.system.parts[2].count = 3;
    plan.system.edges[1].net.jitter = Law::Exponential { mean_ms: 10.0 };
    let settings = [
        ("connect_ms", number(4.0)),
        ("pool_idle_s", number(0.000_001)),
        ("fan_out", count(3)),
        ("need", count(1)),
        ("cancel", Value::Flag(true)),
    ];
    let report = run(&policy(plan, 12, &settings), &[], 100 * SECOND).report();
    let calls = edge(&report, 12);
    assert_eq!(calls.issued, 3 * report.requests.issued);
    assert!(calls.cancelled > calls.late, "{calls:?}");
    assert!(calls.cancelled + calls.late + calls.abandoned == 2 * calls.ok, "{calls:?}");
    let arrived = part(&report, 3).offered_rps * 100.0;
    assert!(arrived < 0.9 * calls.issued as f64, "{arrived} of {calls:?}");
}

/// Copies that a balancer sends go to one target after another: with one of three dead, two are answered.
#[test]
fn a_balancer_spreads_copies() {
    let client = [("rate_rps", number(50.0)), ("static_share", number(0.0))];
    let plan = Plan::default().part(1, "client", &client).part(2, "lb", &[("check", word("none"))]);
    let plan = app(plan, 3, exp(5.0)).count(3).edge(11, 1, 2, Mode::Sync, 0.0, 0.0).edge(
        12,
        2,
        3,
        Mode::Sync,
        1.0,
        0.0,
    );
    let plan = policy(plan, 12, &[("fan_out", count(3)), ("need", count(2))]);
    let dead = [fault(0, Verb::Kill, Target::one(3, 2))];
    let report = run(&plan, &dead, 50 * SECOND).report();
    assert_eq!(report.requests.failed.iter().sum::<u64>(), 0);
    assert_eq!(edge(&report, 12).issued, 3 * report.requests.issued);
}

/// The visitor's deadline reaches through calls made at once, their copies and the opening of connections:
/// after it, nobody begins anything.
#[test]
fn a_deadline_reaches_every_branch() {
    let plan = app(leaves(50.0, exp(8.0)), 4, exp(8.0)).edge(13, 3, 4, Mode::Sync, 1.0, 0.0);
    let mut plan = policy(plan, 11, &[("deadline", Value::Flag(true))]);
    set(&mut plan.system.parts[0].params, "deadline_ms", number(40.0));
    for part in &mut plan.system.parts[1..] {
        set(&mut part.params, "calls", word("at_once"));
    }
    let settings = [
        ("deadline", Value::Flag(true)),
        ("fan_out", count(2)),
        ("connect_ms", number(3.0)),
        ("retries", count(5)),
        ("backoff_ms", number(4.0)),
    ];
    let plan = policy(policy(plan, 12, &settings), 13, &settings);
    let report = run(&plan, &[], 50 * SECOND).report();
    assert!(report.requests.succeeded > 50, "{:?}", report.requests);
    let latest = report.latency.max.unwrap();
    assert!(latest < 40.5, "{latest}");
    for id in [12, 13] {
        // Callers wait no longer than the deadline, and what they left behind ends soon after.
        let calls = edge(&report, id);
        assert!(calls.latency.max.unwrap() <= 40.5 && calls.abandoned < 40, "{id}: {calls:?}");
    }
}
