//! Locks: what they keep apart, what they cost, and what happens where nothing does.

use brownout_sim::engine::Leak;
use brownout_sim::observe::Outcome;
use brownout_sim::param::Value;
use brownout_sim::system::{Action, Change, Target, Verb};

use crate::common::{Plan, SECOND, constant, count, exp, failed, fault, number, word};
use crate::{DB, audited, before_database, common, gauge};

/// Writes of so many keys, all alike, at a database of a thousand workers.
fn writes(rate: f64, keys: u32, db: &[(&str, Value)]) -> Plan {
    let client = [
        ("rate_rps", number(rate)),
        ("static_share", number(0.0)),
        ("read_share", number(0.0)),
        ("keys", count(keys)),
        ("zipf", number(0.0)),
    ];
    let all = [("workers", count(1_000)), ("write_time", constant(10.0))];
    before_database(&client, &[&all, db].concat())
}

/// Writes of one row stand in one line, however many workers there are: M/M/1, 1 / (mu - lambda) = 50 ms. Over
/// 240,000 requests sigma_1 is 0.66 s: 4.5 standard errors are 6 ms. Without locks each takes its 10 ms.
#[test]
fn one_row_is_one_server() {
    let row = [("write_time", exp(10.0)), ("locking", word("row"))];
    let report = audited(&writes(80.0, 1, &row), &[], 3_000).report();
    let mean = report.latency.mean.unwrap();
    assert!((mean - 50.0).abs() < 6.0, "{mean}");
    assert_eq!(gauge(&report, "lost_updates"), 0.0);
    assert!(gauge(&report, "lock_waits") > 100_000.0);
    let none = [("write_time", exp(10.0)), ("locking", word("none"))];
    let report = audited(&writes(80.0, 1, &none), &[], 1_000).report();
    let mean = report.latency.mean.unwrap();
    assert!((mean - 10.0).abs() < 0.2, "{mean}");
    assert_eq!(gauge(&report, "lock_waits"), 0.0);
}

/// A row lock holds up whoever wants the row, a table lock everybody: no more than 1 / 10 ms, of 150 offered.
#[test]
fn a_table_lock_is_one_for_all() {
    for (locking, least, most) in [("table", 99.0, 100.5), ("row", 147.0, 153.0)] {
        let plan = writes(150.0, 10_000, &[("locking", word(locking))]);
        let report = audited(&plan, &[], 100).report();
        let done = report.requests.succeeded as f64 / 100.0;
        assert!((least..most).contains(&done), "{locking}: {done}");
        assert_eq!(gauge(&report, "lost_updates"), 0.0);
    }
}

/// An update is lost where another of the same row takes effect in the 20 ms between its read and its write:
/// 1 - exp(-2/s * 20 ms) of them. Over 200,000 writes a standard error is 0.0004; neighbours are not independent.
#[test]
fn updates_are_lost_without_locks() {
    let settings = [("write_time", constant(20.0)), ("locking", word("none"))];
    let report = audited(&writes(100.0, 50, &settings), &[], 2_000).report();
    let share = gauge(&report, "lost_updates") / report.requests.succeeded as f64;
    let expected = 1.0 - libm::exp(-0.04);
    assert!((share - expected).abs() < 0.002, "{share}, not {expected}");
    let report = audited(&writes(100.0, 50, &[("write_time", constant(20.0))]), &[], 100).report();
    assert_eq!(gauge(&report, "lost_updates"), 0.0, "nobody looks");
}

/// Two rows in any order close circles, and one of each circle is rolled back; in one order nobody can.
#[test]
fn circles_come_of_orders() {
    let settings = |order| {
        [
            ("locking", word("row")),
            ("rows_per_write", count(2)),
            ("rows_among", count(20)),
            ("lock_order", word(order)),
        ]
    };
    let report = audited(&writes(300.0, 20, &settings("as_asked")), &[], 200).report();
    let conflicts = report.requests.failed[Outcome::Conflict as usize];
    assert!(conflicts > 100, "{conflicts}");
    assert_eq!(gauge(&report, "deadlocks"), conflicts as f64);
    let report = audited(&writes(300.0, 20, &settings("by_key")), &[], 200).report();
    assert_eq!((failed(&report), gauge(&report, "deadlocks")), (0, 0.0));
    assert!(gauge(&report, "lock_waits") > 1_000.0);
}

/// What a dead instance had locked is free for the others; who waited there is gone.
#[test]
fn the_dead_lock_nothing() {
    let mut plan = writes(150.0, 5, &[("locking", word("row"))]);
    plan.system.parts[1].count = 2;
    let kill = fault(5 * SECOND, Verb::Kill, Target { id: DB, instance: Some(1) });
    let mut run = audited(&plan, &[kill], 10);
    let before = run.report().requests.succeeded;
    run.run_until(20 * SECOND);
    run.audit().unwrap();
    let report = run.report();
    assert!(report.requests.succeeded - before > 700, "{:?}", report.requests);
    assert!(gauge(&report, "waiting_for_locks") < 50.0);
}

/// A lock that is never given back is found.
#[test]
fn a_lock_that_leaks_is_found() {
    let mut run = audited(&writes(90.0, 1, &[("locking", word("row"))]), &[], 5);
    while !run.leak(Leak::Lock) {
        run.run_until(run.now() + 5_000_000);
    }
    assert!(run.audit().unwrap_err().contains("has one, and is gone"));
}

/// Slowness slows the work under a lock as any other; sharing the workers shares it.
#[test]
fn work_under_a_lock_is_work() {
    let slow = fault(0, Verb::Slow, Target { id: DB, instance: None });
    let plan = writes(10.0, 1_000_000, &[("locking", word("row"))]);
    let plain = audited(&plan, &[], 50).report().latency.mean.unwrap();
    let slowed = audited(&plan, &[slow], 50).report().latency.mean.unwrap();
    assert!((plain - 10.0).abs() < 0.5 && slowed > 15.0, "{plain}, {slowed}");
    let sharing = [("workers", count(1)), ("order", word("sharing")), ("locking", word("row"))];
    let shared = audited(&writes(50.0, 1_000_000, &sharing), &[], 400).report().latency.mean.unwrap();
    // M/D/1 with processor sharing: 10 / (1 - 0.5).
    assert!((shared - 20.0).abs() < 1.0, "{shared}");
}

/// A write whose commit waits for receipts keeps its lock until it has them: a row is locked for the 1 ms of work and
/// the 9 ms until a replica has it, so that no more than 100 writes a second of one row are done, of 150 offered.
#[test]
fn a_commit_that_waits_keeps_its_locks() {
    let row = [
        ("locking", word("row")),
        ("write_time", constant(1.0)),
        ("transfer_time", constant(9.0)),
        ("apply_time", constant(0.0)),
        ("peer_ms", number(0.0)),
    ];
    let done = |how: &'static str, more: &[(&str, Value)]| {
        let mut plan = writes(150.0, 1, &[&row[..], &[("replication", word(how))], more].concat());
        plan.system.parts[1].count = 3;
        audited(&plan, &[], 10).report().requests.succeeded as f64 / 10.0
    };
    for (how, more) in [("semi_sync", vec![]), ("sync", vec![]), ("quorum", vec![("write_quorum", count(2))])]
    {
        let rate = done(how, &more);
        assert!((99.0..100.5).contains(&rate), "{how}: {rate}");
    }
    // 1,500 are offered, with a standard deviation of 39.
    let rate = done("async", &[]);
    assert!((133.0..167.0).contains(&rate), "{rate}");
}

/// A hundred thousand rows are locked at a time by as many writes, and each gives back its own.
#[test]
fn many_locks_are_given_back_one_by_one() {
    let settings = [
        ("locking", word("row")),
        ("workers", count(10_000)),
        ("rows_per_write", count(8)),
        ("rows_among", count(1_000_000)),
    ];
    let mut plan = writes(0.0, 1_000_000, &settings);
    common::set(&mut plan.system.parts[0].params, "start_with", count(10_000));
    let mut run = plan.run(1, &[]);
    for step in 1..=20 {
        run.run_until(step * 1_000_000);
        run.audit().unwrap();
    }
    run.run_until(SECOND);
    let report = run.report();
    let deadlocks = gauge(&report, "deadlocks");
    assert_eq!(report.requests.succeeded as f64 + deadlocks, 10_000.0);
    assert!(deadlocks < 100.0 && gauge(&report, "lock_waits") > 100.0);
}

/// Ten writes of one row at one moment, a second each: one after another has the lock, and whoever has waited for 2.5 s
/// gives up. Those who are over it in time are three, the third after 3 s.
#[test]
fn whoever_waits_for_too_long_gives_up() {
    let all = |wait: f64| {
        let settings =
            [("locking", word("row")), ("write_time", constant(1_000.0)), ("lock_wait_s", number(wait))];
        let mut plan = writes(0.0, 1, &settings);
        common::set(&mut plan.system.parts[0].params, "start_with", count(10));
        plan
    };
    let report = audited(&all(2.5), &[], 20).report();
    assert_eq!((report.requests.succeeded, report.requests.failed[Outcome::Conflict as usize]), (3, 7));
    assert_eq!((gauge(&report, "lock_timeouts"), gauge(&report, "waiting_for_locks")), (7.0, 0.0));
    assert_eq!((report.latency.mean, report.latency.max), (Some(2_000.0), Some(3_000.0)));
    let report = audited(&all(0.0), &[], 20).report();
    assert_eq!((report.requests.succeeded, gauge(&report, "lock_timeouts")), (10, 0.0));
    // Ten minutes become 1.5 s after the first second: that holds for those who wait already.
    let plan = all(600.0);
    let mut run = plan.run(1, &[]);
    run.run_until(SECOND);
    let mut part = run.system().parts[1].clone();
    common::set(&mut part.params, "lock_wait_s", number(1.5));
    run.intervene(&Action::Edit(vec![Change::PutPart(part)])).unwrap();
    run.run_until(20 * SECOND);
    assert_eq!((run.report().requests.succeeded, gauge(&run.report(), "lock_timeouts")), (3, 7.0));
    // Through deaths, pauses and other times to wait; the audit counts along.
    let mut plan = writes(
        150.0,
        1,
        &[("locking", word("row")), ("lock_wait_s", number(0.2)), ("rows_per_write", count(2))],
    );
    plan.system.parts[1].count = 2;
    let mut run = plan.run(1, &[]);
    for step in 1..100_u64 {
        run.run_until(step * SECOND / 10);
        let verb = [Verb::Kill, Verb::Restore, Verb::Pause, Verb::Restore, Verb::Slow][step as usize % 5];
        run.intervene(&Action::fault(verb, Target::one(DB, 1 + (step % 2) as u32), 2.0)).unwrap();
        let mut part = run.system().parts[1].clone();
        common::set(&mut part.params, "lock_wait_s", number([0.2, 0.0, 0.01][step as usize % 3]));
        run.intervene(&Action::Edit(vec![Change::PutPart(part)])).unwrap();
        run.audit().unwrap();
    }
    let (given_up, requests) = (gauge(&run.report(), "lock_timeouts"), run.report().requests);
    assert!(given_up > 50.0 && requests.succeeded > 50, "{given_up}, {requests:?}");
}
