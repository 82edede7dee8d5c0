//! Databases whose instances replicate: what is acknowledged is kept or lost, and why.

use brownout_sim::Simulation;
use brownout_sim::observe::{Outcome, Report};
use brownout_sim::param::Value;
use brownout_sim::system::{Intervention, Mode, Target, Verb};

use crate::common::{MS, Plan, SECOND, constant, count, exp, fault, number, set, word};
use crate::{DB, gauge, latency_ms, readers_and_writers};

/// Writes and reads at these rates to a database of three, 200 ms behind its primary, in 100 keys.
fn replicated(writes: f64, reads: f64, db: &[(&str, Value)]) -> Plan {
    let client = readers_and_writers(writes, reads);
    let all = [
        ("workers", count(1_000)),
        ("read_time", constant(0.0)),
        ("write_time", constant(0.0)),
        ("replication", word("async")),
        ("transfer_time", constant(200.0)),
        ("apply_time", constant(0.0)),
        ("promote_s", number(0.0)),
        ("repoint_s", number(0.0)),
        ("peer_ms", number(1.0)),
    ];
    let all: Vec<(&str, Value)> = all.into_iter().chain(db.iter().cloned()).collect();
    Plan::default().part(1, "client", &client).part(DB, "db", &all).count(3).edge(
        11,
        1,
        DB,
        Mode::Sync,
        0.0,
        0.0,
    )
}

fn run(plan: &Plan, faults: &[Intervention], until: u64) -> Simulation {
    let mut run = plan.run(1, faults);
    run.run_until(until);
    run.audit().unwrap();
    run
}

/// What was acknowledged is kept or lost, and a read on a replica is stale if its key was written within the lag: of
/// 100 keys written at 1 a second each, 200 ms behind, 1 - e^-0.2 of them.
#[test]
fn reads_from_replicas_are_older_by_the_lag() {
    let stale = |reads: &'static str| {
        let plan = replicated(100.0, 400.0, &[("reads", word(reads))]);
        let report = run(&plan, &[], 100 * SECOND).report();
        assert_eq!(gauge(&report, "acknowledged"), gauge(&report, "kept_writes"));
        assert_eq!(report.requests.failed.iter().sum::<u64>(), 0);
        gauge(&report, "stale_reads") / 40_000.0
    };
    let expected = 1.0 - libm::exp(-0.2);
    let replicas = stale("replicas");
    // Neighbours in time see the same key stale: some 5 standard errors of independent ones.
    assert!((replicas - expected).abs() < 0.01, "{replicas}, not {expected}");
    assert!((stale("any") - expected * 2.0 / 3.0).abs() < 0.01);
    assert_eq!(stale("primary"), 0.0);
}

/// Who has written lately reads from the primary. Ten users of a closed loop, who read what they wrote.
#[test]
fn users_see_their_own_writes() {
    let stale = |reads: &'static str, own: f64| {
        let mut plan = replicated(1.0, 1.0, &[("reads", word(reads)), ("own_writes_s", number(own))]);
        let client = &mut plan.system.parts[0].params;
        for (name, value) in [
            ("arrival", word("closed")),
            ("users", count(1)),
            ("think_time", constant(20.0)),
            ("keys", count(1)),
        ] {
            set(client, name, value);
        }
        gauge(&run(&plan, &[], 100 * SECOND).report(), "stale_reads")
    };
    assert!(stale("replicas", 1.0) > 100.0);
    assert_eq!(stale("own_writes", 0.5), 0.0);
    assert!(stale("own_writes", 0.1) > 10.0, "the lag is longer than what is remembered");
}

/// Asynchronous commits take no time; semi-synchronous ones the transfer and the receipt; synchronous ones also until
/// the slower of two has applied them.
#[test]
fn commits_wait_for_as_much_as_they_say() {
    use brownout_sim::observe::Class::Write;
    let latency = |settings: &[(&str, Value)]| {
        let report = run(&replicated(50.0, 1.0, settings), &[], 60 * SECOND).report();
        assert_eq!(report.requests.failed.iter().sum::<u64>(), 0);
        assert_eq!(gauge(&report, "unreplicated_commits"), 0.0);
        latency_ms(&report, Write)
    };
    let mode = |how: &'static str| ("replication", word(how));
    assert_eq!(latency(&[mode("async")]), 0.0);
    assert!((latency(&[mode("semi_sync")]) - 201.0).abs() < 0.1);
    let sync = latency(&[mode("sync"), ("apply_time", constant(5.0)), ("appliers", count(8))]);
    assert!((206.0..207.0).contains(&sync), "{sync}");
    // Of two exponential transfers of 20 ms in order, the earlier and the later: 10 and 30 ms where nothing waits.
    let slow = |receipts: u32| {
        let mut plan = replicated(0.5, 0.01, &[("transfer_time", exp(20.0)), mode("semi_sync")]);
        set(&mut plan.system.parts[1].params, "receipts", count(receipts));
        latency_ms(&run(&plan, &[], 20_000 * SECOND).report(), Write)
    };
    // 10,000 writes: a standard error of 0.1 and of 0.22 ms.
    assert!((slow(1) - 11.0).abs() < 0.5, "{}", slow(1));
    assert!((slow(2) - 31.0).abs() < 1.0, "{}", slow(2));
}

/// With every replica synchronous no acknowledged write is missing anywhere.
#[test]
fn synchronous_replicas_are_never_stale() {
    let plan = replicated(100.0, 400.0, &[("replication", word("sync")), ("reads", word("replicas"))]);
    let report = run(&plan, &[], 50 * SECOND).report();
    assert!(gauge(&report, "acknowledged") > 4_000.0);
    assert_eq!(gauge(&report, "stale_reads"), 0.0);
}

/// One that applies 80 of 100 writes a second falls behind by 20 each second; two appliers keep up.
#[test]
fn a_replica_that_applies_too_slowly_lags_for_ever() {
    let behind = |appliers: u32, writes: f64| {
        let settings = [("apply_time", constant(12.5)), ("appliers", count(appliers))];
        gauge(&run(&replicated(writes, 1.0, &settings), &[], 100 * SECOND).report(), "behind")
    };
    let lags = behind(1, 100.0);
    // Poisson arrivals: a standard deviation of 100, and 20 under way.
    assert!((lags - 2_020.0).abs() < 450.0, "{lags}");
    assert!(behind(2, 100.0) < 100.0);
    assert!(behind(1, 60.0) < 100.0);
}

/// A replica that pauses or is slow falls behind and catches up; one that was dead gets what it missed.
#[test]
fn faults_of_replicas_make_them_lag() {
    let plan = replicated(100.0, 1.0, &[("apply_time", constant(5.0)), ("transfer_time", constant(1.0))]);
    for verb in [Verb::Pause, Verb::Slow, Verb::Kill, Verb::Partition] {
        let target = Target::one(DB, 2);
        let faults = [fault(20 * SECOND, verb, target), fault(50 * SECOND, Verb::Restore, target)];
        let mut simulation = plan.run(1, &faults);
        let mut behind = |at: u64| {
            simulation.run_until(at * SECOND);
            simulation.audit().unwrap();
            gauge(&simulation.report(), "behind")
        };
        let (before, during, after) = (behind(19), behind(49), behind(100));
        assert!(before < 30.0 && after < 30.0, "{verb:?}: {before}, {after}");
        match verb {
            // Twice the time for each write: exactly as fast as they come.
            Verb::Slow => assert!(during > before, "{verb:?}: {during}"),
            // The dead are not measured.
            Verb::Kill => {}
            _ => assert!((during - 2_900.0).abs() < 300.0, "{verb:?}: {during}"),
        }
        let report = simulation.report();
        assert_eq!(gauge(&report, "lost_writes"), 0.0, "{verb:?}");
        if verb != Verb::Partition {
            assert_eq!(gauge(&report, "failovers"), 0.0, "{verb:?}");
        }
    }
}

/// The primary dies: what was under way is lost, the others notice after three heartbeats, and writes go on.
#[test]
fn a_failover_loses_what_was_under_way() {
    let faults = [fault(20 * SECOND + 500 * MS, Verb::Kill, Target::one(DB, 1))];
    let plan = replicated(100.0, 100.0, &[("promote_s", number(2.0)), ("repoint_s", number(1.0))]);
    let report = run(&plan, &faults, 60 * SECOND).report();
    let lost = gauge(&report, "lost_writes");
    // 100 a second for 200 ms: 20, and a deviation of its root.
    assert!((2.0..40.0).contains(&lost), "{lost}");
    assert_eq!(gauge(&report, "acknowledged"), gauge(&report, "kept_writes") + lost);
    assert_eq!((gauge(&report, "failovers"), gauge(&report, "primaries")), (1.0, 1.0));
    // Three beats from the last one, up to one more that was nearly due, 2 ms of votes, and promotion and address.
    let outage = gauge(&report, "failover_max_s");
    assert!((6.0..7.1).contains(&outage), "{outage}");
    let refused = report.requests.failed[Outcome::Refused as usize] as f64;
    assert!((refused / 200.0 - (outage - 0.5)).abs() < 1.0, "{refused} refused, {outage} s");
    let last = report.series.last().unwrap();
    assert!(last.failed() == 0, "{last:?}");
}

/// Where commits wait for one receipt, nothing that was acknowledged is lost, as the most advanced is chosen.
#[test]
fn semi_synchronous_commits_survive_the_primary() {
    for transfer in [constant(200.0), exp(200.0)] {
        let settings = [("replication", word("semi_sync")), ("transfer_time", transfer)];
        let kill = fault(20 * SECOND + 300 * MS, Verb::Kill, Target::one(DB, 1));
        let report = run(&replicated(100.0, 10.0, &settings), &[kill], 60 * SECOND).report();
        assert_eq!((gauge(&report, "failovers"), gauge(&report, "lost_writes")), (1.0, 0.0));
        assert!(gauge(&report, "acknowledged") > 4_000.0);
    }
}

/// A commit that finds no replica waits for as long as it may; then the primary goes on alone.
#[test]
fn commits_do_not_wait_for_ever_for_the_dead() {
    let settings = [("replication", word("semi_sync")), ("commit_wait_s", number(5.0))];
    let faults = [
        fault(20 * SECOND, Verb::Kill, Target::one(DB, 2)),
        fault(20 * SECOND, Verb::Kill, Target::one(DB, 3)),
        fault(40 * SECOND, Verb::Restore, Target::one(DB, 2)),
    ];
    let plan = replicated(20.0, 1.0, &settings);
    let report = run(&plan, &faults, 80 * SECOND).report();
    let alone = gauge(&report, "unreplicated_commits");
    assert!((60.0..140.0).contains(&alone), "{alone}");
    let longest = report.latency.max.unwrap();
    assert!((5_000.0..5_600.0).contains(&longest), "{longest}");
    let mut for_ever = plan.clone();
    set(&mut for_ever.system.parts[1].params, "commit_wait_s", number(0.0));
    let report = run(&for_ever, &faults[..2], 80 * SECOND).report();
    assert_eq!(gauge(&report, "unreplicated_commits"), 0.0);
    assert!(report.requests.in_flight > 1_000, "{:?}", report.requests);
}

/// The old primary comes back after another has risen: what only it had is thrown away, and it follows.
#[test]
fn an_old_primary_that_returns_follows() {
    let faults = [
        fault(20 * SECOND + 500 * MS, Verb::Kill, Target::one(DB, 1)),
        fault(40 * SECOND, Verb::Restore, Target::one(DB, 1)),
        fault(60 * SECOND + 700 * MS, Verb::Kill, Target::one(DB, 2)),
    ];
    let plan = replicated(100.0, 100.0, &[]);
    let mut simulation = plan.run(1, &faults);
    simulation.run_until(59 * SECOND);
    let before = simulation.report();
    assert_eq!((gauge(&before, "primaries"), gauge(&before, "failovers")), (1.0, 1.0));
    let lost = gauge(&before, "lost_writes");
    simulation.run_until(100 * SECOND);
    simulation.audit().unwrap();
    let after = simulation.report();
    assert_eq!((gauge(&after, "primaries"), gauge(&after, "failovers")), (1.0, 2.0));
    let again = gauge(&after, "lost_writes") - lost;
    assert!((2.0..45.0).contains(&again), "{again}");
    assert_eq!(gauge(&after, "acknowledged"), gauge(&after, "kept_writes") + gauge(&after, "lost_writes"));
}

/// The primary is cut off from the others, but not from its callers, for 30 s.
fn split(verb: Verb, settings: &[(&str, Value)]) -> Report {
    let target = Target::one(DB, 1);
    let faults =
        [fault(20 * SECOND + 500 * MS, verb, target), fault(50 * SECOND + 500 * MS, Verb::Restore, target)];
    let report = run(&replicated(100.0, 10.0, settings), &faults, 80 * SECOND).report();
    assert_eq!(gauge(&report, "acknowledged"), gauge(&report, "kept_writes") + gauge(&report, "lost_writes"));
    assert_eq!(gauge(&report, "primaries"), 1.0);
    report
}

/// Two take writes until the partition ends, each half of them; what the loser took in is lost.
#[test]
fn without_fencing_a_partition_makes_two_primaries() {
    let report = split(Verb::Partition, &[("fencing", word("none"))]);
    let (divergent, lost) = (gauge(&report, "divergent_writes"), gauge(&report, "lost_writes"));
    // Some 27 s at 50 a second, and all 100 of the time before anybody noticed count as lost only.
    assert!((1_100.0..1_600.0).contains(&divergent), "{divergent}");
    assert!((lost - divergent - 300.0).abs() < 120.0, "{lost} lost, {divergent} divergent");
    for how in ["fence", "majority"] {
        let report = split(Verb::Partition, &[("fencing", word(how))]);
        let (divergent, lost) = (gauge(&report, "divergent_writes"), gauge(&report, "lost_writes"));
        assert_eq!(divergent, 0.0, "{how}");
        assert!(lost < 500.0, "{how}: {lost}");
    }
}

/// A primary that is heard by nobody but hears the others steps down when another says that it leads; one that
/// hears nobody is still followed, and waits for receipts in vain.
#[test]
fn one_way_partitions_differ() {
    let out = split(Verb::PartitionOut, &[("fencing", word("none"))]);
    assert_eq!(gauge(&out, "failovers"), 1.0);
    assert!(gauge(&out, "divergent_writes") < 10.0);
    let settings = [("fencing", word("none")), ("replication", word("semi_sync"))];
    let within = split(Verb::PartitionIn, &settings);
    assert_eq!((gauge(&within, "failovers"), gauge(&within, "lost_writes")), (0.0, 0.0));
    assert!(gauge(&within, "unreplicated_commits") > 100.0);
}

/// A primary that pauses for longer than the others have patience goes on beside the next one; fenced, it does not.
#[test]
fn a_paused_primary_is_replaced() {
    let target = Target::one(DB, 1);
    let faults = [fault(20 * SECOND, Verb::Pause, target), fault(40 * SECOND, Verb::Restore, target)];
    for how in ["none", "fence", "majority"] {
        let report = run(&replicated(100.0, 10.0, &[("fencing", word(how))]), &faults, 60 * SECOND).report();
        assert_eq!((gauge(&report, "failovers"), gauge(&report, "primaries")), (1.0, 1.0), "{how}");
        assert_eq!(
            gauge(&report, "acknowledged"),
            gauge(&report, "kept_writes") + gauge(&report, "lost_writes"),
            "{how}"
        );
    }
}

/// Reads and applying share the workers of a replica: with 60 writes a second of 10 ms each has time for 40 reads.
#[test]
fn replicas_pay_for_every_write() {
    let busy = |apply: f64| {
        let settings = [
            ("workers", count(1)),
            ("read_time", constant(10.0)),
            ("write_time", constant(10.0)),
            ("apply_time", constant(apply)),
            ("reads", word("replicas")),
        ];
        let report = run(&replicated(60.0, 70.0, &settings), &[], 200 * SECOND).report();
        report.components.iter().find(|part| part.id == DB).unwrap().utilisation.unwrap()
    };
    let [with, without] = [busy(10.0), busy(0.0)];
    assert!((with - (0.6 + 0.95 + 0.95) / 3.0).abs() < 0.02, "{with}");
    assert!((without - (0.6 + 0.35 + 0.35) / 3.0).abs() < 0.02, "{without}");
}

/// A replica that was away for longer than the log remembers copies all data.
#[test]
fn the_log_is_bounded() {
    let faults = [
        fault(20 * SECOND, Verb::Kill, Target::one(DB, 3)),
        fault(60 * SECOND, Verb::Restore, Target::one(DB, 3)),
    ];
    let settings = [("log", count(1_000)), ("copy_s", number(10.0)), ("reads", word("replicas"))];
    let report = run(&replicated(100.0, 100.0, &settings), &faults, 100 * SECOND).report();
    assert_eq!(gauge(&report, "copies"), 1.0);
    assert!(gauge(&report, "behind") < 60.0);
    let settings = [("log", count(10_000)), ("reads", word("replicas"))];
    let report = run(&replicated(100.0, 100.0, &settings), &faults, 100 * SECOND).report();
    assert_eq!(gauge(&report, "copies"), 0.0);
}
