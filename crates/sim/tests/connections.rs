//! Connections that cost something to open: what they cost, when they are used again, and what breaks them.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::observe::{EdgeReport, Outcome, Report};
use brownout_sim::param::{ParamSet, Value};
use brownout_sim::system::{Action, Intervention, Mode, Policy, Target, Verb};
use brownout_sim::{Ns, Simulation};
use common::{MS, Plan, SECOND, constant, count, exp, fault, number, word};

fn policy(mut plan: Plan, edge: u32, settings: &[(&str, Value)]) -> Plan {
    let row = plan.system.edges.iter_mut().find(|row| row.id == edge).unwrap();
    for (name, value) in settings {
        let at = Policy::SPECS.iter().position(|spec| spec.name == *name).unwrap();
        row.policy.set(at, value.clone()).unwrap();
    }
    plan
}

/// A caller whose calls to a server take 4 ms of network and some work.
fn calls(rate: f64, work: Value, settings: &[(&str, Value)]) -> Plan {
    let many = [("threads", count(10_000)), ("backlog", count(10_000))];
    let with = |time: Value| [many[0].clone(), many[1].clone(), ("service_time", time)];
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(rate)), ("static_share", number(0.0))])
        .part(2, "app", &with(constant(0.0)))
        .part(3, "app", &with(work))
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 2.0, 500.0);
    policy(plan, 12, settings)
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

/// A new connection takes a round trip (4 ms) and 30 ms, then the call its 5 ms.
#[test]
fn opening_takes_a_round_trip_and_its_time() {
    let each_anew = [("connect_ms", number(30.0)), ("pool_idle_s", number(0.000_001))];
    let report = run(&calls(20.0, constant(1.0), &each_anew), &[], 20 * SECOND).report();
    assert_eq!(edge(&report, 12).connects, edge(&report, 12).issued);
    assert!((report.latency.mean.unwrap() - 39.0).abs() < 1e-6, "{:?}", report.latency);
    let kept = [("connect_ms", number(30.0))];
    let report = run(&calls(20.0, constant(1.0), &kept), &[], 20 * SECOND).report();
    // As many as were ever needed at one moment.
    assert!((1..8).contains(&edge(&report, 12).connects), "{:?}", edge(&report, 12));
    assert!(report.latency.p50.unwrap() < 5.05, "{:?}", report.latency);
}

/// Calls that take no time come 50 a second; a connection idles for longer than T between two of them with
/// probability exp(-50 T). Of 20,000 calls a standard error is at most 0.0035.
#[test]
fn idle_connections_close() {
    for longest in [0.005_f64, 0.02, 0.05] {
        let settings = [("connect_ms", number(0.000_001)), ("pool_idle_s", number(longest))];
        let mut plan = calls(50.0, constant(0.0), &settings);
        plan.system.edges[1].net.latency_ms.0 = 0.0;
        let report = run(&plan, &[], 400 * SECOND).report();
        let share = edge(&report, 12).connects as f64 / edge(&report, 12).issued as f64;
        let expected = libm::exp(-50.0 * longest);
        assert!((share - expected).abs() < 0.014, "{longest}: {share}, but {expected}");
    }
}

/// A restarted server knows no connection: every caller opens anew, once for each.
#[test]
fn a_death_resets_connections() {
    let settings = [("connect_ms", number(10.0)), ("pool_idle_s", number(0.0))];
    let plan = calls(200.0, exp(20.0), &settings);
    let connects = |steps: &[Intervention]| edge(&run(&plan, steps, 20 * SECOND).report(), 12).connects;
    let before = connects(&[]);
    let restart = [
        fault(10 * SECOND, Verb::Kill, Target::whole(3)),
        fault(10 * SECOND + 1, Verb::Restore, Target::whole(3)),
    ];
    let after = connects(&restart);
    assert!(after > before && after < before + 20, "{before} {after}");
    // While it is down, each call tries to connect and is refused after the round trip.
    let dead = [fault(10 * SECOND, Verb::Kill, Target::whole(3))];
    let report = run(&plan, &dead, 20 * SECOND).report();
    let refused = edge(&report, 12).failed[Outcome::Refused as usize];
    assert!(
        refused > 1_500 && edge(&report, 12).connects >= before + refused - 20,
        "{:?}",
        edge(&report, 12)
    );
}

/// A cut edge swallows the handshake: the caller waits for its timeout, opening included.
#[test]
fn a_cut_swallows_the_handshake() {
    let settings = [("connect_ms", number(10.0)), ("pool_idle_s", number(0.000_001))];
    let cut = [fault(0, Verb::Cut, Target::whole(12))];
    let report = run(&calls(20.0, constant(1.0), &settings), &cut, 20 * SECOND).report();
    assert_eq!(edge(&report, 12).failed[Outcome::TimedOut as usize], edge(&report, 12).lost);
    assert!(edge(&report, 12).lost > 300);
    // And a timeout shorter than opening leaves nothing to work on.
    let plan = calls(20.0, constant(1.0), &[("connect_ms", number(600.0))]);
    let report = run(&plan, &[], 20 * SECOND).report();
    let edge = edge(&report, 12);
    assert_eq!((edge.ok, edge.late), (0, 0));
    assert!(edge.cancelled > 300, "{edge:?}");
}

/// Slots, branches, second copies, retries and deadlines over connections, through deaths and cuts.
#[test]
fn connections_with_everything_else() {
    let settings = [
        ("connect_ms", number(3.0)),
        ("pool_idle_s", number(0.05)),
        ("pool_size", count(12)),
        ("pool_wait_ms", number(20.0)),
        ("fan_out", count(3)),
        ("need", count(2)),
        ("hedge_ms", number(8.0)),
        ("retries", count(2)),
        ("backoff_ms", number(2.0)),
        ("cancel", Value::Flag(true)),
        ("deadline", Value::Flag(true)),
        ("breaker_share", number(0.9)),
        ("breaker_window", word("calls")),
    ];
    let mut plan = calls(100.0, exp(10.0), &settings);
    plan.system.parts[2].count = 3;
    plan.system.edges[1].policy.timeout_ms.0 = 40.0;
    let plan = policy(plan, 11, &[("timeout_ms", number(60.0)), ("cancel", Value::Flag(true))]);
    let mut run = plan.run(1, &[]);
    for step in 1..300_u64 {
        run.run_until(step * 20 * MS);
        let (verb, target) = match step % 6 {
            0 => (Verb::Kill, Target::one(3, 1 + (step / 6 % 3) as u32)),
            2 => (Verb::Restore, Target::whole(3)),
            3 if step % 4 == 1 => (Verb::Kill, Target::whole(2)),
            4 if step % 4 == 2 => (Verb::Cut, Target::whole(12)),
            5 => (Verb::Restore, Target::whole(if step % 2 == 0 { 2 } else { 12 })),
            _ => continue,
        };
        run.intervene(&Action::Do { verb, target }).unwrap();
        run.intervene(&Action::Do { verb: Verb::Restore, target: Target::whole(2) }).unwrap();
        run.audit().unwrap();
    }
    let report = run.report();
    let calls = edge(&report, 12);
    assert!(calls.connects > 200 && calls.hedges > 50 && calls.ok > 500, "{calls:?}");
}
