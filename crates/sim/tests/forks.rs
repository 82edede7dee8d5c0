//! Calls made at once: how long the last, or the needed ones, take; what becomes of the others; that
//! nothing is lost when callers and callees die in the midst of it.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::observe::{EdgeReport, Outcome, Report};
use brownout_sim::param::{ParamSet, Value};
use brownout_sim::system::{Action, Change, Intervention, Mode, Policy, Target, Verb};
use brownout_sim::{Ns, Simulation};
use common::{MS, Plan, SECOND, constant, count, exp, fault, number, set, word};

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

fn pages(rate: f64) -> Plan {
    Plan::default().part(1, "client", &[("rate_rps", number(rate)), ("static_share", number(0.0))])
}

/// A page that sends copies of a call to leaves which take 10 ms on average.
fn leaves(rate: f64, copies: u32, need: u32) -> Plan {
    let plan = app(app(pages(rate), 2, constant(0.0)), 3, exp(10.0))
        .count(3)
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 0.0, 0.0);
    policy(plan, 12, &[("fan_out", count(copies)), ("need", count(need))])
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

/// The k-th of n exponentials takes the sum of 1/n to 1/(n - k + 1) of their mean. 40,000 pages: five
/// standard errors of the largest are 0.0127 / 200 × 5 s = 0.32 ms.
#[test]
fn the_last_and_the_first_of_several() {
    let harmonic = |from: u32, to: u32| (from..=to).map(|k| 10.0 / f64::from(k)).sum::<f64>();
    for (copies, need, expected) in
        [(3, 1, harmonic(3, 3)), (3, 2, harmonic(2, 3)), (3, 0, harmonic(1, 3)), (100, 0, harmonic(1, 100))]
    {
        let report = run(&leaves(400.0, copies, need), &[], 100 * SECOND).report();
        let latency = report.latency.mean.unwrap();
        assert!((latency - expected).abs() < 0.32, "{need} of {copies}: {latency}, but {expected}");
        let per_page = edge(&report, 12).issued as f64 / report.requests.issued as f64;
        assert_eq!(per_page, f64::from(copies));
    }
}

/// Copies draw for themselves, and the first one as if it were alone.
#[test]
fn the_first_copy_is_the_single_call() {
    let single = run(&leaves(100.0, 1, 0), &[], 20 * SECOND).report();
    let double = run(&leaves(100.0, 2, 0), &[], 20 * SECOND).report();
    assert_eq!(single.requests.issued, double.requests.issued);
    let (one, two) = (single.latency.mean.unwrap(), double.latency.mean.unwrap());
    // The longer of two is never shorter than the first: 15 ms, not 10.
    assert!(two > 1.4 * one && two < 1.6 * one, "{one} {two}");
    assert!(single.latency.max.unwrap() <= double.latency.max.unwrap());
}

/// One of three instances is dead: two answers still come, three do not, and the page fails at once.
#[test]
fn a_quorum_survives_one_death() {
    let dead = [fault(0, Verb::Kill, Target::one(3, 2))];
    let failed = |need| run(&leaves(100.0, 3, need), &dead, 20 * SECOND).report().requests;
    assert_eq!(failed(2).failed.iter().sum::<u64>(), 0);
    let all = failed(3);
    assert_eq!(all.succeeded, 0);
    assert_eq!(all.failed[Outcome::Upstream as usize], all.issued);
}

/// What is no longer needed is called off, where the edge says so, and left behind otherwise.
#[test]
fn what_is_not_needed_is_called_off_or_left_behind() {
    let report = |cancel| {
        let plan = policy(leaves(100.0, 5, 1), 12, &[("cancel", Value::Flag(cancel))]);
        run(&plan, &[], 20 * SECOND).report()
    };
    let (left, called_off) = (report(false), report(true));
    let (left, called_off) = (edge(&left, 12).clone(), edge(&called_off, 12).clone());
    assert_eq!(left.cancelled, 0);
    assert!(left.late + left.abandoned == 4 * left.ok, "{left:?}");
    assert_eq!((called_off.late, called_off.abandoned), (0, 0));
    assert!(called_off.cancelled == 4 * called_off.ok, "{called_off:?}");
}

/// Every branch has the attempts of its edge: three in ten calls fail, and up to three retries mend it.
#[test]
fn branches_retry_for_themselves() {
    let plan = app(leaves(100.0, 4, 0), 4, constant(0.0)).edge(13, 3, 4, Mode::Forward, 0.0, 0.0).weight(0.3);
    let tries = [("retries", count(3)), ("backoff_ms", number(1.0))];
    let dead = [fault(0, Verb::Kill, Target::whole(4))];
    let plain = run(&plan, &dead, 50 * SECOND).report();
    let share = plain.requests.succeeded as f64 / plain.requests.issued as f64;
    assert!((share - 0.2401).abs() < 0.03, "{share}");
    let report = run(&policy(plan, 12, &tries), &dead, 50 * SECOND).report();
    let share =
        report.requests.succeeded as f64 / (report.requests.issued - report.requests.in_flight) as f64;
    // 1 - 0.3⁴ each, four times.
    assert!((share - 0.968).abs() < 0.013, "{share}");
    let attempts =
        edge(&report, 12).issued as f64 / (edge(&report, 12).issued - edge(&report, 12).retries) as f64;
    assert!((attempts - 1.417).abs() < 0.04, "{attempts}");
}

/// Calls of a part, in turn and at once: a sum and a maximum of the same draws.
#[test]
fn calls_in_turn_or_at_once() {
    let plan = |order: &'static str| {
        let mut plan =
            app(app(app(app(pages(200.0), 2, constant(0.0)), 3, exp(10.0)), 4, exp(10.0)), 5, exp(10.0))
                .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
                .edge(12, 2, 3, Mode::Sync, 0.0, 0.0)
                .edge(13, 2, 4, Mode::Async, 0.0, 0.0)
                .edge(14, 2, 4, Mode::Sync, 0.0, 0.0)
                .edge(15, 2, 5, Mode::Forward, 0.0, 0.0);
        set(&mut plan.system.parts[1].params, "calls", word(order));
        plan
    };
    let mean = |order| run(&plan(order), &[], 100 * SECOND).report().latency.mean.unwrap();
    // Handed over after both: 10 more. A standard error is 0.12 ms.
    assert!((mean("in_turn") - 30.0).abs() < 0.6, "{}", mean("in_turn"));
    assert!((mean("at_once") - 25.0).abs() < 0.6, "{}", mean("at_once"));
    // One dead: the page fails as soon as that is known, and not after the others.
    let dead = [fault(0, Verb::Kill, Target::whole(4))];
    let report = run(&plan("at_once"), &dead, 10 * SECOND).report();
    assert_eq!(report.requests.failed[Outcome::Upstream as usize], report.requests.issued);
    assert!(edge(&report, 12).late > 0 && edge(&report, 12).ok == 0, "{:?}", edge(&report, 12));
}

/// A thousand copies, and copies of copies of copies: bounded, and said so.
#[test]
fn copies_of_copies_are_bounded() {
    let plan = app(leaves(5.0, 2_000, 0), 4, constant(1.0)).edge(13, 3, 4, Mode::Sync, 0.5, 100.0);
    let plan = app(policy(plan, 13, &[("fan_out", count(2_000))]), 5, constant(1.0)).edge(
        14,
        4,
        5,
        Mode::Sync,
        0.5,
        100.0,
    );
    let plan = policy(plan, 14, &[("fan_out", count(2_000))]);
    let mut run = plan.run(1, &[]);
    let mut chunks = 0;
    while chunks < 20 && !run.run_chunk(SECOND, 4_096) {
        chunks += 1;
    }
    assert!(run.live() <= 1 << 22);
}

/// Callers and callees die, edges are cut, callers give up, rules change; look-ups, balancers, pools, second
/// copies and nested joins below: at every moment the books balance, and in the end nothing is left.
#[test]
fn nothing_is_left_behind() {
    let plan = pages(60.0)
        .part(2, "app", &[("calls", word("at_once")), ("service_time", exp(1.0))])
        .count(2)
        .part(3, "dns", &[("ttl_s", number(0.05))])
        .part(4, "lb", &[("algorithm", word("least")), ("check_s", number(0.2))])
        .part(5, "app", &[("threads", count(4)), ("service_time", exp(15.0)), ("backlog", count(20))])
        .count(3)
        .part(6, "db", &[("read_time", exp(3.0))])
        .edge(11, 1, 2, Mode::Sync, 2.0, 80.0)
        .edge(12, 2, 3, Mode::Sync, 1.0, 30.0)
        .edge(13, 3, 6, Mode::Sync, 1.0, 30.0)
        .edge(14, 2, 4, Mode::Sync, 1.0, 60.0)
        .edge(15, 4, 5, Mode::Sync, 1.0, 40.0)
        .edge(16, 5, 6, Mode::Sync, 0.0, 20.0);
    let busy = |plan| {
        let all = [
            ("cancel", Value::Flag(true)),
            ("deadline", Value::Flag(true)),
            ("fan_out", count(3)),
            ("need", count(2)),
            ("retries", count(2)),
            ("backoff_ms", number(5.0)),
        ];
        let pool = [("pool_size", count(6)), ("pool_wait_ms", number(10.0)), ("hedge_ms", number(5.0))];
        let plan = policy(policy(plan, 11, &all[..2]), 13, &all);
        let plan = policy(policy(plan, 14, &all), 14, &pool);
        policy(policy(plan, 15, &all[1..]), 16, &pool)
    };
    let plan = busy(plan);
    let mut run = plan.run(1, &[]);
    for step in 1..300_u64 {
        run.run_until(step * 20 * MS);
        run.audit().unwrap();
        let which = step / 6;
        let target = [Target::one(2, 1), Target::one(5, 2), Target::whole(6), Target::whole(4)];
        let cut = Target::whole(11 + (which % 6) as u32);
        let action = match step % 6 {
            0 => Action::Do { verb: Verb::Kill, target: target[(which % 4) as usize] },
            1 => Action::Do { verb: Verb::Restore, target: target[(which % 4) as usize] },
            2 if which % 3 == 0 => Action::Do { verb: Verb::Cut, target: cut },
            3 if which % 3 == 0 => Action::Do { verb: Verb::Restore, target: cut },
            4 if which % 5 == 0 => {
                let mut edge = plan.system.edges[3 + (which % 3) as usize].clone();
                edge.policy.fan_out.0 = 1 + (which % 4) as u32;
                Action::Edit(vec![Change::PutEdge(edge)])
            }
            _ => continue,
        };
        run.intervene(&action).unwrap();
        run.audit().unwrap();
    }
    let report = run.report();
    assert!(report.requests.succeeded > 100, "{:?}", report.requests);
    assert!(edge(&report, 14).cancelled > 0 && edge(&report, 14).hedges > 0, "{:?}", report.edges);
    for id in [1, 2, 3, 4, 5, 6] {
        run.intervene(&Action::Do { verb: Verb::Kill, target: Target::whole(id) }).unwrap();
        run.audit().unwrap();
    }
    let now = run.now();
    run.run_until(now + 10 * SECOND);
    assert_eq!(run.live(), 0);
}

/// A deadline passes while branches wait before their retries: nobody goes on with what nobody needs.
#[test]
fn a_deadline_ends_all_branches() {
    let all = [
        ("fan_out", count(5)),
        ("need", count(1)),
        ("retries", count(50)),
        ("backoff_ms", number(10.0)),
        ("jitter", word("none")),
        ("backoff_cap_ms", number(10.0)),
        ("deadline", Value::Flag(true)),
    ];
    let mut plan = policy(leaves(50.0, 5, 1), 12, &all);
    set(&mut plan.system.parts[0].params, "deadline_ms", number(35.0));
    let plan = policy(plan, 11, &[("deadline", Value::Flag(true))]);
    let report = run(&plan, &[fault(0, Verb::Kill, Target::whole(3))], 10 * SECOND).report();
    let per_page = edge(&report, 12).issued as f64 / report.requests.issued as f64;
    // At 0, 10, 20 and 30 ms: four attempts by each of five branches.
    assert!((per_page - 20.0).abs() < 0.5, "{per_page}");
}
