//! Blocks on disk: what memory saves, and what the queue before a disk costs.

use brownout_sim::param::Value;
use brownout_sim::system::{Intervention, Target, Verb};

use crate::common::{Plan, SECOND, constant, count, exp, fault, number, word};
use crate::{DB, audited, before_database, common, gauge};

/// Reads, or with `writes` nothing but writes, of a thousand keys all alike, each in a block of its own.
fn queries(rate: f64, writes: bool, db: &[(&str, Value)]) -> Plan {
    let client = [
        ("rate_rps", number(rate)),
        ("static_share", number(0.0)),
        ("read_share", number(if writes { 0.0 } else { 1.0 })),
        ("keys", count(1_000)),
        ("zipf", number(0.0)),
    ];
    let all = [
        ("workers", count(1_000)),
        ("read_time", constant(0.0)),
        ("write_time", constant(0.0)),
        ("block_ms", number(0.0)),
        ("access", word("hash")),
        ("table_rows", count(1_000_000_000)),
        ("rows_per_block", count(1)),
        ("media", word("disk")),
        ("buffer_blocks", count(0)),
        ("disk_time", exp(10.0)),
    ];
    before_database(&client, &[&all, db].concat())
}

/// With nothing in memory a disk is M/M/1, two are M/M/2: 1 / (mu - lambda) = 50 ms and 10 / (1 - 0.8²) = 27.8 ms.
#[test]
fn a_disk_has_a_queue() {
    for (rate, disks, expected, tolerance) in [(80.0, 1, 50.0, 6.0), (160.0, 2, 27.8, 3.0)] {
        let report = audited(&queries(rate, false, &[("disks", count(disks))]), &[], 3_000).report();
        let mean = report.latency.mean.unwrap();
        assert!((mean - expected).abs() < tolerance, "{disks}: {mean}, not {expected}");
        let busy = gauge(&report, "disk_utilisation");
        assert!((busy - 0.8).abs() < 0.02, "{busy}");
        assert_eq!(gauge(&report, "disk_reads"), gauge(&report, "buffer_misses"));
    }
    let memory = [("media", word("memory"))];
    let report = audited(&queries(80.0, false, &memory), &[], 100).report();
    assert_eq!(report.latency.mean, Some(0.0));
}

/// Of keys that are all alike, memory answers for as large a share as it holds; what holds all is asked no more once
/// all were read. Over 250,000 reads a standard error is 0.001.
#[test]
fn memory_answers_for_what_it_holds() {
    for (buffer, expected) in [(250, 0.25), (500, 0.5)] {
        let report = audited(&queries(50.0, false, &[("buffer_blocks", count(buffer))]), &[], 5_000).report();
        let [hits, misses] = ["buffer_hits", "buffer_misses"].map(|name| gauge(&report, name));
        let ratio = hits / (hits + misses);
        assert!((ratio - expected).abs() < 0.01, "{buffer}: {ratio}");
    }
    for buffer in [1_000, 2_000] {
        let report = audited(&queries(50.0, false, &[("buffer_blocks", count(buffer))]), &[], 1_000).report();
        assert!((990.0..=1_000.0).contains(&gauge(&report, "disk_reads")), "more memory changes nothing");
    }
}

/// After a crash memory is empty: all is read from disk once more.
#[test]
fn a_crash_empties_memory() {
    let faults = [
        fault(500 * SECOND, Verb::Kill, Target { id: DB, instance: None }),
        fault(501 * SECOND, Verb::Restore, Target { id: DB, instance: None }),
    ];
    let report = audited(&queries(50.0, false, &[("buffer_blocks", count(1_000))]), &faults, 1_000).report();
    assert!((1_980.0..=2_000.0).contains(&gauge(&report, "disk_reads")));
}

/// A tree of three levels and the row are four blocks; a scan of 10,000 blocks reads 64 at a time, past memory.
#[test]
fn a_tree_reads_few_blocks_and_a_scan_all() {
    let table =
        [("table_rows", count(1_000_000)), ("rows_per_block", count(100)), ("disk_time", constant(1.0))];
    let with =
        |access| [table.to_vec(), vec![("access", word(access)), ("buffer_blocks", count(0))]].concat();
    let report = audited(&queries(1.0, false, &with("btree")), &[], 100).report();
    assert!((report.latency.p50.unwrap() - 4.0).abs() < 0.05, "{:?}", report.latency);
    let mut scan = with("scan");
    scan[4].1 = count(20_000);
    let report = audited(&queries(1.0, false, &scan), &[], 100).report();
    let p50 = report.latency.p50.unwrap();
    assert!((p50 - 159.0).abs() < 3.0, "{p50}");
    assert_eq!(gauge(&report, "buffer_hits"), 0.0);
}

/// A write is answered once the log is on disk: one access for its block, and 2 ms for the log.
#[test]
fn a_commit_waits_for_the_log() {
    let settings = [("flush_ms", number(2.0)), ("disk_time", constant(5.0))];
    let report = audited(&queries(1.0, true, &settings), &[], 200).report();
    assert!((report.latency.p50.unwrap() - 7.0).abs() < 0.05, "{:?}", report.latency);
    assert_eq!(gauge(&report, "disk_flushes"), report.requests.succeeded as f64);
}

/// Of two instances with a disk each only one is asked, all the time: half of the disks are busy. What they have still to
/// do is no work yet, and after a death never will be.
#[test]
fn disks_are_busy_as_far_as_they_have_worked() {
    let mut plan = queries(0.0, false, &[("disk_time", constant(1_000.0))]);
    common::set(&mut plan.system.parts[0].params, "start_with", count(1));
    let busy = |plan: &Plan, faults: &[Intervention], ms: u64| {
        let mut run = plan.run(1, faults);
        run.run_until(ms * SECOND / 1_000);
        gauge(&run.report(), "disk_utilisation")
    };
    assert_eq!(busy(&plan, &[], 500), 1.0);
    assert_eq!(busy(&plan, &[], 4_000), 0.25);
    let kill = fault(SECOND / 2, Verb::Kill, Target { id: DB, instance: None });
    assert_eq!(busy(&plan, &[kill], 4_000), 0.125);
    plan.system.parts[1].count = 2;
    assert_eq!(busy(&plan, &[], 4_000), 0.125);
    common::set(&mut plan.system.parts[0].params, "start_with", count(10));
    plan.system.parts[1].count = 1;
    assert_eq!(busy(&plan, &[], 5_000), 1.0);
    assert_eq!(busy(&plan, &[], 20_000), 0.5);
    let kill = fault(5 * SECOND, Verb::Kill, Target { id: DB, instance: None });
    assert_eq!(busy(&plan, &[kill], 20_000), 0.25);
}

/// A hundred writes a second, evenly; the first checkpoint begins after 10 s. After a crash at 25 s the log since 20 s
/// is replayed, 500 writes at 100/s; with no checkpoint before, all 2,500. Dead for a second, every query fails for that
/// and the replay. A second crash at 32 s, a second after the replay, finds the log of the first still there: 600 writes.
#[test]
fn a_log_is_replayed_from_the_last_checkpoint() {
    let crash = |at: u64| {
        let database = Target { id: DB, instance: None };
        [fault(at * SECOND, Verb::Kill, database), fault((at + 1) * SECOND, Verb::Restore, database)]
    };
    let twice = [crash(25), crash(32)].concat();
    let failed = |checkpoint_s: f64, faults: &[Intervention]| {
        let settings = [
            ("checkpoint_s", number(checkpoint_s)),
            ("redo_rps", number(100.0)),
            ("flush_ms", number(0.0)),
            ("buffer_blocks", count(1_000)),
            ("disk_time", constant(0.0)),
        ];
        let mut plan = queries(100.0, true, &settings);
        common::set(&mut plan.system.parts[0].params, "arrival", word("even"));
        let report = audited(&plan, faults, 60).report();
        (common::failed(&report), gauge(&report, "recoveries"))
    };
    for (checkpoint_s, expected) in [(10.0, 600_u64), (1_000.0, 2_600)] {
        let (failed, recoveries) = failed(checkpoint_s, &twice[..2]);
        assert!(failed.abs_diff(expected) <= 5 && recoveries == 1.0, "{checkpoint_s}: {failed}");
    }
    assert!(failed(0.0, &twice[..2]).0.abs_diff(100) <= 2);
    let (again, recoveries) = failed(10.0, &twice);
    assert!(again.abs_diff(600 + 700) <= 5 && recoveries == 2.0, "{again}");
}

/// A checkpoint writes each block once, however often it has changed: a thousand writes of a thousand rows change
/// 1,000 (1 - 1/e) = 632 blocks, with a standard deviation of 10; those of one row a single one. The disk has that to do
/// as well: 632 of 5 ms in 10 s beside a thousand commits of 2 ms.
#[test]
fn a_checkpoint_writes_what_has_changed() {
    let run = |keys: u32, until: u64| {
        let settings = [
            ("checkpoint_s", number(10.0)),
            ("flush_ms", number(2.0)),
            ("buffer_blocks", count(1_000)),
            ("disk_time", constant(5.0)),
        ];
        let mut plan = queries(100.0, true, &settings);
        common::set(&mut plan.system.parts[0].params, "arrival", word("even"));
        common::set(&mut plan.system.parts[0].params, "keys", count(keys));
        audited(&plan, &[], until).report()
    };
    let report = run(1_000, 19);
    let flushed = gauge(&report, "blocks_flushed");
    assert!((flushed - 632.0).abs() < 50.0 && gauge(&report, "checkpoints") == 1.0, "{flushed}");
    let report = run(1, 95);
    assert_eq!((gauge(&report, "blocks_flushed"), gauge(&report, "checkpoints")), (9.0, 9.0));
    let busy = gauge(&run(1_000, 1_000), "disk_utilisation");
    assert!((busy - (0.316 + 0.2)).abs() < 0.02, "{busy}");
}

/// Memory follows what parts may remember: a hundred databases of 100,000 statements each are more than a document may
/// ask for.
#[test]
fn parsed_statements_count_among_the_keys_of_a_document() {
    let mut plan = queries(1.0, false, &[("plan_cache", count(100_000))]);
    assert_eq!(plan.system.validate(), Ok(()));
    plan.system.parts[1].count = 100;
    let refused = plan.system.validate().unwrap_err().to_string();
    assert!(refused.starts_with("parts[1].params.plan_cache: "), "{refused}");
}
