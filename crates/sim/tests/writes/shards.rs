//! Shard routers and balancers that hash: who has which key, what moves, and what that costs.

use brownout_sim::Simulation;
use brownout_sim::observe::{Outcome, Report};
use brownout_sim::param::Value;
use brownout_sim::system::{Action, Change, Edge, Mode, Target, Verb};

use crate::common::{Plan, SECOND, constant, count, exp, fault, number, word};

const ROUTER: u32 = 2;

/// A router over so many databases, numbered from 10 on, with 1,000 reads and writes a second of 10,000 keys.
fn sharded(kind: &str, shards: u32, client: &[(&str, Value)], router: &[(&str, Value)]) -> Plan {
    let all = [("rate_rps", number(1_000.0)), ("static_share", number(0.0)), ("zipf", number(0.0))];
    let all: Vec<(&str, Value)> = all.into_iter().chain(client.iter().cloned()).collect();
    let mut plan = Plan::default().part(1, "client", &all).part(ROUTER, kind, router);
    for id in 10..10 + shards {
        let db = [("workers", count(100)), ("read_time", constant(0.0)), ("write_time", constant(0.0))];
        plan = plan.part(id, "db", &db);
    }
    plan = plan.edge(100, 1, ROUTER, Mode::Sync, 0.0, 0.0);
    for id in 10..10 + shards {
        plan = plan.edge(100 + id, ROUTER, id, Mode::Sync, 0.0, 0.0);
    }
    plan
}

fn gauge(simulation: &Simulation, name: &str) -> f64 {
    let report = simulation.report();
    let router = report.components.iter().find(|part| part.id == ROUTER).unwrap();
    router.gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

fn offered(report: &Report, id: u32) -> f64 {
    report.components.iter().find(|part| part.id == id).unwrap().offered_rps
}

/// One more database, 15, behind the router.
fn with_another(plan: &Plan, id: u32) -> Action {
    let mut part = plan.system.parts.last().unwrap().clone();
    part.id = id;
    let mut edge = Edge::calls(100 + id, ROUTER, id);
    edge.net.latency_ms.0 = 0.0;
    edge.policy.timeout_ms.0 = 0.0;
    Action::Edit(vec![Change::PutPart(part), Change::PutEdge(edge)])
}

/// A hot key, or a few, are one shard's: of keys in turn by rank with exponent 1.2, a shard of ten has far more than
/// a tenth; where all are asked for equally, it has not.
#[test]
fn hot_keys_make_hot_shards() {
    for by in ["ring", "modulo", "range", "directory"] {
        let largest = |zipf: f64| {
            let plan = sharded("shard", 10, &[("zipf", number(zipf))], &[("by", word(by))]);
            let mut run = plan.run(1, &[]);
            run.run_until(50 * SECOND);
            run.audit().unwrap();
            gauge(&run, "largest_load")
        };
        let (even, hot) = (largest(0.0), largest(1.2));
        assert!((0.099..0.15).contains(&even), "{by}: {even}");
        assert!(hot > 0.2, "{by}: {hot}");
        // Of a range, the first tenth of all ranks.
        if by == "range" {
            assert!(hot > 0.8, "{hot}");
        }
    }
}

/// From four shards to five: by modulo four fifths of the keys move, by the ring a fifth, by the directory none; each is
/// read where it was and written where it will be, and no request fails meanwhile.
#[test]
fn another_shard_takes_its_keys() {
    for (by, expected, tolerance) in [("modulo", 0.8, 0.02), ("ring", 0.2, 0.07), ("directory", 0.0, 0.0)] {
        let plan = sharded("shard", 4, &[("read_share", number(1.0))], &[("by", word(by))]);
        let mut run = plan.run(1, &[]);
        run.run_until(100 * SECOND);
        run.intervene(&with_another(&plan, 15)).unwrap();
        let moved = gauge(&run, "moved_share");
        assert!((moved - expected).abs() <= tolerance, "{by}: {moved}");
        run.run_until(150 * SECOND);
        run.audit().unwrap();
        assert_eq!(gauge(&run, "moved_keys"), moved * 10_000.0, "{by}");
        assert_eq!(gauge(&run, "moving"), 0.0);
        let report = run.report();
        assert_eq!(report.requests.failed.iter().sum::<u64>(), 0, "{by}");
        let calls: f64 = (10..14).chain([15]).map(|id| offered(&report, id) * 150.0).sum();
        let issued = report.requests.issued as f64;
        assert!(
            (calls - issued - 2.0 * moved * 10_000.0).abs() < 2.0,
            "{by}: {calls} calls, {issued} requests"
        );
    }
}

/// A shard that joins later takes its keys then, as one that is put in by hand does.
#[test]
fn the_last_shard_joins_when_it_is_time() {
    let settings = [("by", word("modulo")), ("joins_s", number(100.0))];
    let plan = sharded("shard", 5, &[("read_share", number(1.0))], &settings);
    let mut run = plan.run(1, &[]);
    run.run_until(99 * SECOND);
    assert_eq!((offered(&run.report(), 14), gauge(&run, "shards")), (0.0, 4.0));
    run.run_until(150 * SECOND);
    run.audit().unwrap();
    let moved = gauge(&run, "moved_share");
    assert!((moved - 0.8).abs() < 0.02, "{moved}");
    assert_eq!((gauge(&run, "moved_keys"), gauge(&run, "shards")), (moved * 10_000.0, 5.0));
    assert_eq!(run.report().requests.failed.iter().sum::<u64>(), 0);
}

/// Until a key has moved it is asked for where it was.
#[test]
fn keys_move_one_by_one() {
    let settings = [("by", word("modulo")), ("move_rps", number(100.0))];
    let plan = sharded("shard", 4, &[("read_share", number(1.0))], &settings);
    let mut run = plan.run(1, &[]);
    run.run_until(10 * SECOND);
    run.intervene(&with_another(&plan, 15)).unwrap();
    run.run_until(30 * SECOND);
    // 2,000 keys of 8,000 in 20 s: about a quarter of the way.
    let moved = gauge(&run, "moved_keys");
    assert!((moved - 2_000.0).abs() < 5.0, "{moved}");
    let at_new = offered(&run.report(), 15) * 30.0;
    // Of 20,000 requests an eighth find the quarter moved on average, and a fifth of these belong there; and the
    // writes of what moved there: a quarter of all that moves.
    let expected = 20_000.0 * 0.125 * 0.2 + 2_000.0 / 4.0;
    assert!((at_new - expected).abs() < 150.0, "{at_new}, not {expected}");
    run.run_until(200 * SECOND);
    assert_eq!(gauge(&run, "moving"), 0.0);
}

/// Asking all shards takes as long as the slowest: of ten with exponential times of 10 ms, 29.3 ms. A shard that is
/// down fails all of these, and a tenth of the others.
#[test]
fn scattered_reads_wait_for_the_slowest() {
    let plan = |scatter: f64| {
        let router =
            [("scatter_share", number(scatter)), ("route_time", constant(0.0)), ("by", word("modulo"))];
        let mut plan =
            sharded("shard", 10, &[("read_share", number(1.0)), ("rate_rps", number(100.0))], &router);
        for part in &mut plan.system.parts[2..] {
            crate::common::set(&mut part.params, "read_time", exp(10.0));
        }
        plan
    };
    let mean = |scatter: f64| {
        let mut run = plan(scatter).run(1, &[]);
        run.run_until(200 * SECOND);
        run.audit().unwrap();
        run.report().latency.mean.unwrap()
    };
    let harmonic: f64 = (1..=10).map(|n| 1.0 / f64::from(n)).sum();
    assert!((mean(1.0) - 10.0 * harmonic).abs() < 0.6, "{}", mean(1.0));
    assert!((mean(0.0) - 10.0).abs() < 0.4, "{}", mean(0.0));
    let failed = |scatter: f64| {
        let mut run = plan(scatter).run(1, &[fault(0, Verb::Kill, Target::whole(10))]);
        run.run_until(100 * SECOND);
        run.report().requests.failed.iter().sum::<u64>() as f64 / run.report().requests.issued as f64
    };
    assert!((failed(0.0) - 0.1).abs() < 0.02, "{}", failed(0.0));
    assert!(failed(1.0) > 0.99);
}

/// A router that dies while keys move goes on when it is back.
#[test]
fn moving_survives_the_router() {
    let settings = [("by", word("modulo")), ("move_rps", number(500.0))];
    let plan = sharded("shard", 4, &[], &settings);
    let faults = [
        fault(15 * SECOND, Verb::Kill, Target::whole(ROUTER)),
        fault(20 * SECOND, Verb::Restore, Target::whole(ROUTER)),
    ];
    let mut run = plan.run(1, &faults);
    run.run_until(10 * SECOND);
    run.intervene(&with_another(&plan, 15)).unwrap();
    run.run_until(18 * SECOND);
    let before = gauge(&run, "moved_keys");
    assert!((2_400.0..2_600.0).contains(&before), "{before}");
    run.run_until(60 * SECOND);
    run.audit().unwrap();
    assert_eq!(
        (gauge(&run, "moving"), gauge(&run, "moved_keys")),
        (0.0, gauge(&run, "moved_share") * 10_000.0)
    );
}

/// A balancer that hashes sends a key to one target, and the keys of one that dies to all others; its own come back.
#[test]
fn a_balancer_hashes_keys_to_targets() {
    let settings =
        [("algorithm", word("consistent_hash")), ("check_s", number(0.5)), ("cost_us", number(0.0))];
    let plan = sharded("lb", 10, &[], &settings);
    let mut run = plan.run(1, &[]);
    run.run_until(100 * SECOND);
    run.audit().unwrap();
    let shares: Vec<f64> = (10..20).map(|id| offered(&run.report(), id)).collect();
    let largest = shares.iter().copied().fold(0.0, f64::max) / shares.iter().sum::<f64>();
    // As uneven as the circle is: 100,000 requests for 10,000 keys.
    assert!((largest - gauge(&run, "largest_share")).abs() < 0.01, "{largest}");
    run.intervene(&Action::Do { verb: Verb::Kill, target: Target::whole(10) }).unwrap();
    run.run_until(120 * SECOND);
    let moved = gauge(&run, "moved_share");
    assert!((moved - shares[0] / shares.iter().sum::<f64>()).abs() < 0.01, "{moved}");
    let refused = run.report().requests.failed[Outcome::Refused as usize];
    run.run_until(140 * SECOND);
    assert_eq!(run.report().requests.failed[Outcome::Refused as usize], refused);
}

/// One key that all ask for, of 10 ms each at 600 a second: its owner of 4 workers is full and more; with a bound
/// of 1.25 the others take what it has no room for.
#[test]
fn a_bound_spreads_a_hot_key() {
    let open = |bound: f64| {
        let settings = [
            ("algorithm", word("consistent_hash")),
            ("load_bound", number(bound)),
            ("cost_us", number(0.0)),
            ("check", word("none")),
        ];
        let client = [("keys", count(1)), ("rate_rps", number(600.0)), ("read_share", number(1.0))];
        let mut plan = sharded("lb", 4, &client, &settings);
        for part in &mut plan.system.parts[2..] {
            crate::common::set(&mut part.params, "read_time", constant(10.0));
            crate::common::set(&mut part.params, "workers", count(4));
        }
        let mut run = plan.run(1, &[]);
        run.run_until(30 * SECOND);
        run.audit().unwrap();
        run.report().latency.p99.unwrap()
    };
    let (without, with) = (open(0.0), open(1.25));
    assert!(without > 1_000.0 && with < 50.0, "{without} ms, {with} ms");
}
