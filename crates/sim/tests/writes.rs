//! Keys, and writes by compare-and-set, against what is known of them.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "writes/disks.rs"]
mod disks;
#[path = "writes/locks.rs"]
mod locks;
#[path = "writes/quorum.rs"]
mod quorum;
#[path = "writes/replicas.rs"]
mod replicas;
#[path = "writes/shards.rs"]
mod shards;

use brownout_sim::Simulation;
use brownout_sim::observe::{Class, Outcome, Report};
use brownout_sim::param::{ParamSet, Value};
use brownout_sim::system::{Intervention, Mode, Policy, Target, Verb};
use common::{Plan, SECOND, constant, count, fault, number, word};

/// The database that the clients of the modules here read and write.
const DB: u32 = 2;

/// A client's parameters: so many writes and reads a second of 100 keys, each as often.
fn readers_and_writers(writes: f64, reads: f64) -> [(&'static str, Value); 5] {
    [
        ("rate_rps", number(writes + reads)),
        ("static_share", number(0.0)),
        ("read_share", number(reads / (writes + reads))),
        ("keys", count(100)),
        ("zipf", number(0.0)),
    ]
}

/// A client with these parameters before a database with those.
fn before_database(client: &[(&str, Value)], db: &[(&str, Value)]) -> Plan {
    Plan::default().part(1, "client", client).part(DB, "db", db).edge(11, 1, DB, Mode::Sync, 0.0, 0.0)
}

/// A run of so many seconds; the audit counts along.
fn audited(plan: &Plan, faults: &[Intervention], until: u64) -> Simulation {
    let mut run = plan.run(1, faults);
    for step in 1..=10 {
        run.run_until(until * SECOND * step / 10);
        run.audit().unwrap();
    }
    run
}

fn gauge(report: &Report, name: &str) -> f64 {
    let db = report.components.iter().find(|part| part.id == DB).unwrap();
    db.gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

fn latency_ms(report: &Report, class: Class) -> f64 {
    let classes = &report.workloads[0].classes;
    classes.iter().find(|one| one.class == class).unwrap().latency.mean.unwrap()
}

/// Writes at this rate, each a read and a write of one of so many keys, 5 ms from the database.
fn writers(rate: f64, keys: u32, zipf: f64) -> Plan {
    let client = [
        ("rate_rps", number(rate)),
        ("static_share", number(0.0)),
        ("read_share", number(0.0)),
        ("keys", count(keys)),
        ("zipf", number(zipf)),
    ];
    let app =
        [("threads", count(10_000)), ("service_time", constant(0.0)), ("writes", word("compare_and_set"))];
    let db = [("workers", count(10_000)), ("read_time", constant(0.0)), ("write_time", constant(0.0))];
    Plan::default()
        .part(1, "client", &client)
        .part(2, "app", &app)
        .part(3, "db", &db)
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 5.0, 0.0)
}

fn policy(plan: &mut Plan, edge: usize, settings: &[(&str, Value)]) {
    for (name, value) in settings {
        let at = Policy::SPECS.iter().position(|spec| spec.name == *name).unwrap();
        plan.system.edges[edge].policy.set(at, value.clone()).unwrap();
    }
}

fn run(plan: &Plan, until: u64) -> Simulation {
    let mut run = plan.run(1, &[]);
    run.run_until(until * SECOND);
    run.audit().unwrap();
    run
}

fn conflicts(report: &Report) -> u64 {
    report.components.iter().find(|part| part.id == 3).unwrap().errors[Outcome::Conflict as usize]
}

/// After a write of a key was taken at t, the first that reads it later wins, and until its write arrives,
/// 10 ms after its read, every other loses: a counter with a dead time. Of writes of a key at rate r, the
/// share 1 / (1 + 0.01 r) is taken. The spread of such a count is less than Poisson's: 1 / √n of the share.
#[test]
fn who_reads_first_after_a_write_wins() {
    let heights: Vec<f64> = (1..=50).map(|rank| libm::pow(f64::from(rank), -1.2)).collect();
    let all: f64 = heights.iter().sum();
    let share = |chance: f64, rate: f64| chance / (1.0 + 0.01 * rate * chance);
    let zipf: f64 = heights.iter().map(|height| share(height / all, 400.0)).sum();
    let cases =
        [(100.0, 1, 0.9, 0.5), (400.0, 1, 0.0, 0.2), (400.0, 10, 0.0, 1.0 / 1.4), (400.0, 50, 1.2, zipf)];
    for (rate, keys, exponent, expected) in cases {
        let report = run(&writers(rate, keys, exponent), 400).report();
        let ended = report.requests.succeeded + report.requests.failed[Outcome::Conflict as usize];
        let taken = report.requests.succeeded as f64 / ended as f64;
        let tolerance = 4.5 / libm::sqrt(ended as f64);
        assert!((taken - expected).abs() < tolerance, "{keys} keys, {exponent}: {taken}, not {expected}");
        let open = report.requests.in_flight;
        assert!(conflicts(&report) <= report.requests.failed[Outcome::Conflict as usize] + open);
    }
}

/// The policy of the edge starts both again, from the read on: nobody fails, and each conflict is followed
/// by one more read and one more write.
#[test]
fn a_conflict_starts_the_read_and_the_write_again() {
    let mut plan = writers(40.0, 1, 0.0);
    policy(&mut plan, 1, &[("retries", count(100)), ("backoff_ms", number(20.0))]);
    let report = run(&plan, 200).report();
    let edge = report.edges.iter().find(|edge| edge.id == 12).unwrap();
    let (conflicts, done) = (conflicts(&report), report.requests.succeeded);
    assert!(conflicts > 1_000, "{conflicts}");
    assert_eq!(report.requests.failed.iter().sum::<u64>(), 0);
    assert_eq!(edge.failed[Outcome::Conflict as usize], conflicts);
    let open = report.requests.in_flight * 2;
    assert!(edge.issued.abs_diff(2 * (done + conflicts)) <= open + 2, "{edge:?}");
    assert!(edge.retries.abs_diff(2 * conflicts) <= open + 2, "{edge:?}");
}

/// The same, tried again by whoever called the application; and not where only broken connections are.
#[test]
fn a_conflict_is_an_answer_that_callers_may_try_again() {
    let mut plan = writers(40.0, 1, 0.0);
    policy(&mut plan, 0, &[("retries", count(100)), ("backoff_ms", number(20.0))]);
    let report = run(&plan, 100).report();
    assert_eq!(report.requests.failed.iter().sum::<u64>(), 0);
    assert!(conflicts(&report) > 500);
    policy(&mut plan, 0, &[("retry_on", word("connection"))]);
    let report = run(&plan, 100).report();
    assert!(report.requests.failed[Outcome::Conflict as usize] > 500);
}

/// Plain writes meet no condition, and make those meet one that have it.
#[test]
fn plain_writes_are_taken_as_they_come() {
    let mut plan = writers(50.0, 1, 0.0);
    common::set(&mut plan.system.parts[1].params, "writes", word("plain"));
    let report = run(&plan, 100).report();
    assert_eq!((conflicts(&report), report.requests.failed.iter().sum::<u64>()), (0, 0));
    // Beside 50 writes a second by compare-and-set, 100 plain ones: those that win are fewer. A write is
    // taken if no other was within its 10 ms: the plain ones alone leave e^-1.
    let both = writers(50.0, 1, 0.0)
        .part(
            4,
            "client",
            &[
                ("rate_rps", number(100.0)),
                ("static_share", number(0.0)),
                ("read_share", number(0.0)),
                ("keys", count(1)),
            ],
        )
        .edge(13, 4, 3, Mode::Sync, 0.0, 0.0);
    let report = run(&both, 200).report();
    let of = |client: u32| &report.workloads.iter().find(|one| one.client == client).unwrap().requests;
    assert_eq!(of(4).succeeded, of(4).issued);
    let taken = of(1).succeeded as f64 / of(1).issued as f64;
    assert!((0.2..0.368).contains(&taken), "{taken}");
}

/// A balancer in between passes versions on; a crash of the database leaves its rows as they are; and calls
/// that were given up, repeated or sent twice are counted like all others.
#[test]
fn versions_survive_whatever_happens() {
    let mut plan = writers(100.0, 5, 0.5);
    plan.system.edges[1].to = 4;
    let mut plan = plan.part(4, "lb", &[("check_s", number(0.2))]).edge(13, 4, 3, Mode::Forward, 0.5, 0.0);
    plan.system.parts[2].count = 3;
    common::set(&mut plan.system.parts[2].params, "write_time", common::exp(5.0));
    policy(
        &mut plan,
        1,
        &[
            ("timeout_ms", number(25.0)),
            ("retries", count(6)),
            ("backoff_ms", number(5.0)),
            ("hedge_ms", number(18.0)),
            ("cancel", Value::Flag(true)),
        ],
    );
    let steps = [
        fault(20 * SECOND, Verb::Kill, Target::one(3, 1)),
        fault(25 * SECOND, Verb::Restore, Target::one(3, 1)),
        fault(30 * SECOND, Verb::Kill, Target::whole(2)),
        fault(31 * SECOND, Verb::Restore, Target::whole(2)),
    ];
    let mut run = plan.run(1, &steps);
    for second in 1..=60 {
        run.run_until(second * SECOND);
        run.audit().unwrap();
    }
    let report = run.report();
    assert!(report.requests.succeeded > 4_000 && conflicts(&report) > 100, "{:?}", report.requests);
}

/// Whether anybody reads keys changes nothing for those who do not.
#[test]
fn keys_that_nobody_reads_change_nothing() {
    let report = |keys: u32, zipf: f64| {
        let mut plan = common::three_tiers();
        common::set(&mut plan.system.parts[0].params, "keys", count(keys));
        common::set(&mut plan.system.parts[0].params, "zipf", number(zipf));
        run(&plan, 20).report()
    };
    let (one, many) = (report(1, 0.0), report(1_000_000, 3.0));
    assert_eq!((one.components, one.edges, one.series), (many.components, many.edges, many.series));
}
