//! Leaderless databases: what R + W > N guarantees, what less gives away, and what brings copies together again.

use brownout_sim::Simulation;
use brownout_sim::observe::{Class, Report};
use brownout_sim::param::Value;
use brownout_sim::system::{Intervention, Mode, Target, Verb};

use crate::common::{Plan, SECOND, constant, count, exp, fault, number, word};
use crate::{DB, gauge, latency_ms, readers_and_writers};

/// Writes and reads to a database of three without a primary, in 100 keys.
fn leaderless(writes: f64, reads: f64, quorums: [u32; 2], db: &[(&str, Value)]) -> Plan {
    let client = readers_and_writers(writes, reads);
    let all = [
        ("workers", count(1_000)),
        ("read_time", constant(0.0)),
        ("write_time", constant(0.0)),
        ("replication", word("quorum")),
        ("write_quorum", count(quorums[0])),
        ("read_quorum", count(quorums[1])),
        ("transfer_time", constant(200.0)),
        ("apply_time", constant(0.0)),
        ("peer_ms", number(1.0)),
        ("commit_wait_s", number(2.0)),
        ("read_repair", Value::Flag(false)),
        ("hinted_handoff", Value::Flag(false)),
    ];
    let all: Vec<(&str, Value)> = all.into_iter().chain(db.iter().cloned()).collect();
    let plan = Plan::default().part(1, "client", &client).part(DB, "db", &all).count(3);
    plan.edge(11, 1, DB, Mode::Sync, 0.0, 0.0)
}

fn run(plan: &Plan, faults: &[Intervention], until: u64) -> Simulation {
    let mut run = plan.run(1, faults);
    for step in 1..=10 {
        run.run_until(until * step / 10);
        run.audit().unwrap();
    }
    run
}

fn failed(report: &Report) -> u64 {
    report.requests.failed.iter().sum()
}

/// D. K. Gifford (1979): any R and any W of N share a member where R + W > N, whatever is late and whatever fails.
#[test]
fn quorums_that_overlap_never_read_old_versions() {
    let faults = |part: bool| {
        let at = |second: u64, verb, instance| fault(second * SECOND, verb, Target::one(DB, instance));
        let all = vec![
            at(10, Verb::Kill, 1),
            at(20, Verb::Restore, 1),
            at(25, Verb::Partition, 2),
            at(35, Verb::Restore, 2),
            at(40, Verb::Pause, 3),
            at(41, Verb::Restore, 3),
            at(45, Verb::PartitionIn, 1),
            at(50, Verb::Restore, 1),
        ];
        if part { all } else { Vec::new() }
    };
    let late = [("transfer_time", exp(100.0)), ("read_time", exp(5.0)), ("apply_time", exp(5.0))];
    for (quorums, overlap) in
        [([2, 2], true), ([3, 1], true), ([1, 3], true), ([1, 1], false), ([2, 1], false), ([1, 2], false)]
    {
        for broken in [false, true] {
            let plan = leaderless(50.0, 200.0, quorums, &late);
            let report = run(&plan, &faults(broken), 60 * SECOND).report();
            let stale = gauge(&report, "stale_reads");
            assert!(gauge(&report, "acknowledged") > 1_000.0);
            assert_eq!(stale == 0.0, overlap, "{quorums:?} broken: {broken}: {stale} stale reads");
        }
    }
}

/// With W = R = 1 whoever is asked answers alone: two of three have not heard of what was written within the time of
/// a transfer. Of 100 keys written at 1 a second each, 200 ms late, 2/3 of 1 - e^-0.2 of the reads.
#[test]
fn one_copy_of_three_is_as_old_as_theory_says() {
    let report = run(&leaderless(100.0, 400.0, [1, 1], &[]), &[], 100 * SECOND).report();
    let expected = (1.0 - libm::exp(-0.2)) * 2.0 / 3.0;
    let stale = gauge(&report, "stale_reads") / 40_000.0;
    // As of replicas in turn: some 5 standard errors of independent reads.
    assert!((stale - expected).abs() < 0.01, "{stale}, not {expected}");
    assert_eq!(failed(&report), 0);
}

/// The time of a write is an order statistic: with copies that take exponential times of mean 100 ms to two others,
/// W = 2 waits for the first (50 ms) and W = 3 for both (150 ms), and 1 ms for the answer. 20,000 writes: 3 ms are
/// four standard errors.
#[test]
fn a_write_waits_for_the_fastest_of_the_others() {
    let times = [("transfer_time", exp(100.0))];
    for (writes, expected) in [(1, 0.0), (2, 51.0), (3, 151.0)] {
        let report = run(&leaderless(100.0, 100.0, [writes, 2], &times), &[], 200 * SECOND).report();
        let latency = latency_ms(&report, Class::Write);
        assert!((latency - expected).abs() < 3.0, "W = {writes}: {latency}, not {expected}");
        let read = latency_ms(&report, Class::Read);
        assert!((read - 2.0).abs() < 1e-6, "a question and its answer: {read}");
    }
}

/// A coordinator without a copy waits for the fastest of all three: with exponential times of mean 100 ms 33.3, 83.3
/// and 183.3 ms, and 1 ms for the answer; a read of one for the faster of three questions and answers of mean 30 ms
/// each (numerically 28.9 ms, by the sum's own distribution).
#[test]
fn a_coordinator_apart_waits_for_messages_alone() {
    let times =
        [("coordinator", word("apart")), ("transfer_time", exp(100.0)), ("read_repair", Value::Flag(true))];
    for (writes, expected) in [(1, 34.3), (2, 84.3), (3, 184.3)] {
        let report = run(&leaderless(100.0, 100.0, [writes, 2], &times), &[], 200 * SECOND).report();
        let latency = latency_ms(&report, Class::Write);
        assert!((latency - expected).abs() < 3.0, "W = {writes}: {latency}, not {expected}");
        assert!((latency_ms(&report, Class::Read) - 2.0).abs() < 1e-6, "a question and its answer");
    }
    let times = [("coordinator", word("apart")), ("peer_jitter", exp(30.0)), ("peer_ms", number(0.0))];
    let report = run(&leaderless(1.0, 200.0, [1, 1], &times), &[], 200 * SECOND).report();
    let latency = latency_ms(&report, Class::Read);
    // The least of three sums X + Y: the integral of ((1 + x) e^-x)^3 is 26/27 of the mean.
    let expected = 30.0 * 26.0 / 27.0;
    assert!((latency - expected).abs() < 0.6, "{latency}, not {expected}");
}

/// One that is down is missed by nobody who needs two of three, and stops who needs all.
#[test]
fn one_of_three_may_be_lost() {
    let faults = [fault(10 * SECOND, Verb::Partition, Target::one(DB, 3))];
    let failures = |quorums| {
        let report = run(&leaderless(50.0, 50.0, quorums, &[]), &faults, 60 * SECOND).report();
        assert!(gauge(&report, "missed_writes") > 1_000.0);
        (gauge(&report, "quorum_failures"), failed(&report))
    };
    // A third of all calls are led to the one that is cut off from the others: it finds nobody.
    let (two, _) = failures([2, 2]);
    let (all, _) = failures([3, 1]);
    assert!((1_400.0..2_000.0).contains(&two), "{two}");
    assert!(all > 2_000.0, "{all}");
    let report = run(&leaderless(50.0, 50.0, [4, 1], &[]), &[], 10 * SECOND).report();
    assert_eq!(gauge(&report, "acknowledged"), 0.0, "there are no four of three");
    assert!(gauge(&report, "quorum_failures") > 400.0);
}

/// What a replica missed comes by hints, or by reads that notice; without either it stays old.
#[test]
fn hints_and_read_repair_bring_copies_together() {
    // Each key is written some twice while one is away, and never again: the writers stop.
    let faults = [
        fault(SECOND, Verb::Kill, Target::one(DB, 3)),
        fault(11 * SECOND, Verb::Restore, Target::one(DB, 3)),
    ];
    let stale_after = |hints: bool, repair: bool| {
        let settings = [
            ("hinted_handoff", Value::Flag(hints)),
            ("read_repair", Value::Flag(repair)),
            ("transfer_time", constant(1.0)),
        ];
        let mut plan = leaderless(20.0, 200.0, [1, 1], &settings);
        plan = plan.part(
            5,
            "client",
            &[
                ("rate_rps", number(200.0)),
                ("static_share", number(0.0)),
                ("read_share", number(0.0)),
                ("keys", count(100)),
                ("zipf", number(0.0)),
            ],
        );
        plan.system.parts.sort_by_key(|part| part.id);
        plan = plan.edge(12, 5, DB, Mode::Sync, 0.0, 0.0);
        // The writers of other keys die before the replica comes back.
        crate::common::set(&mut plan.system.parts[0].params, "read_share", number(1.0));
        let mut all = faults.to_vec();
        all.push(fault(10 * SECOND, Verb::Kill, Target::whole(5)));
        let mut run = plan.run(1, &all);
        run.run_until(16 * SECOND);
        let before = gauge(&run.report(), "stale_reads");
        run.run_until(40 * SECOND);
        run.audit().unwrap();
        let report = run.report();
        (
            gauge(&report, "stale_reads") - before,
            gauge(&report, "hints_handed"),
            gauge(&report, "read_repairs"),
        )
    };
    let (none, handed, repairs) = stale_after(false, false);
    assert!(none > 1_000.0 && handed == 0.0 && repairs == 0.0, "{none} {handed} {repairs}");
    let (hinted, handed, _) = stale_after(true, false);
    assert!(hinted == 0.0 && handed > 1_000.0, "{hinted} {handed}");
    let (repaired, _, repairs) = stale_after(false, true);
    // The first read of each key finds it, and there are 100.
    assert!(repaired < 20.0 && (50.0..1_000.0).contains(&repairs), "{repaired} {repairs}");
}

/// A replica that is slow is waited for by those alone who need all of them.
#[test]
fn a_slow_replica_is_outvoted() {
    let latency = |writes: u32| {
        let slow = fault(0, Verb::Slow, Target::one(DB, 3));
        let slow = Intervention {
            action: brownout_sim::system::Action::fault(Verb::Slow, Target::one(DB, 3), 100.0),
            ..slow
        };
        let times = [("apply_time", constant(5.0)), ("transfer_time", constant(1.0))];
        let report = run(&leaderless(10.0, 10.0, [writes, 2], &times), &[slow], 60 * SECOND).report();
        latency_ms(&report, Class::Write)
    };
    let (two, three) = (latency(2), latency(3));
    // A third of the writes are begun by the slow one itself, which only its own work slows.
    assert!(two < 10.0, "{two}");
    assert!(three > 300.0, "{three}");
}

/// Who changes what he has read while another does loses one of the two changes: nobody stops them here, and a primary
/// that compares versions does.
#[test]
fn updates_are_lost_without_a_primary() {
    let lost = |replication: &'static str| {
        let mut plan = leaderless(100.0, 1.0, [2, 2], &[("replication", word(replication))]);
        let at = plan.system.parts.iter().position(|part| part.id == 1).unwrap();
        crate::common::set(&mut plan.system.parts[at].params, "keys", count(5));
        plan.system.edges.clear();
        plan = plan.part(
            3,
            "app",
            &[
                ("service_time", constant(1.0)),
                ("threads", count(1_000)),
                ("writes", word("compare_and_set")),
            ],
        );
        plan = plan.edge(11, 1, 3, Mode::Sync, 1.0, 0.0).edge(12, 3, DB, Mode::Sync, 1.0, 0.0);
        let report = run(&plan, &[], 30 * SECOND).report();
        (gauge(&report, "lost_updates"), failed(&report))
    };
    let (quorum, failures) = lost("quorum");
    assert!(quorum > 100.0 && failures == 0, "{quorum} {failures}");
    let (primary, conflicts) = lost("none");
    assert!(primary == 0.0 && conflicts > 10, "{primary} {conflicts}");
}
