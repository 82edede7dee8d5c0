//! Caches: what comes of keys, time and messages, against what is known of it.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::Simulation;
use brownout_sim::engine::Options;
use brownout_sim::observe::{ComponentReport, Report};
use brownout_sim::param::{ParamSet, Value};
use brownout_sim::system::{Intervention, Mode, Policy, Target, Verb};
use common::{MS, Plan, SECOND, constant, count, fault, number, set, word};

fn client(rate: f64, read_share: f64, keys: u32, zipf: f64) -> Vec<(&'static str, Value)> {
    vec![
        ("rate_rps", number(rate)),
        ("static_share", number(0.0)),
        ("read_share", number(read_share)),
        ("keys", count(keys)),
        ("zipf", number(zipf)),
    ]
}

const APP: &[(&str, Value)] = &[
    ("threads", Value::Count(10_000)),
    ("service_time", Value::Law(brownout_sim::param::Law::Constant { ms: 0.0 })),
];

fn database(read_ms: f64) -> Vec<(&'static str, Value)> {
    vec![("workers", count(10_000)), ("read_time", constant(read_ms)), ("write_time", constant(1.0))]
}

fn cache(more: &[(&'static str, Value)]) -> Vec<(&'static str, Value)> {
    let mut all = vec![("ttl_s", number(0.0)), ("access_time", constant(0.0))];
    all.extend_from_slice(more);
    all
}

/// Users 1, application 2, cache 3 beside it, database 4.
fn aside(client: &[(&str, Value)], cache: &[(&str, Value)], read_ms: f64) -> Plan {
    Plan::default()
        .part(1, "client", client)
        .part(2, "app", APP)
        .part(3, "cache", cache)
        .part(4, "db", &database(read_ms))
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 0.0, 0.0)
        .edge(13, 2, 4, Mode::Sync, 0.0, 0.0)
}

/// Users 1, cache 3, database 4 behind it.
fn through(client: &[(&str, Value)], cache: &[(&str, Value)], read_ms: f64) -> Plan {
    Plan::default()
        .part(1, "client", client)
        .part(3, "cache", cache)
        .part(4, "db", &database(read_ms))
        .edge(11, 1, 3, Mode::Sync, 0.0, 0.0)
        .edge(13, 3, 4, Mode::Sync, 0.0, 0.0)
}

fn run(plan: &Plan, seconds: u64, faults: &[Intervention]) -> Simulation {
    let mut run = plan.run(1, faults);
    run.run_until(seconds * SECOND);
    run.audit().unwrap();
    run
}

/// As [`run`], counted after some seconds.
fn measured(plan: &Plan, from: u64, to: u64) -> Report {
    let options = Options { warmup: from * SECOND, ..Options::default() };
    let mut run = Simulation::new(&plan.system, options, &[]).unwrap();
    run.run_until(to * SECOND);
    run.audit().unwrap();
    run.report()
}

fn part(report: &Report, id: u32) -> &ComponentReport {
    report.components.iter().find(|part| part.id == id).unwrap()
}

fn gauge(report: &Report, name: &str) -> f64 {
    part(report, 3).gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

fn issued(report: &Report, edge: u32) -> u64 {
    report.edges.iter().find(|one| one.id == edge).unwrap().issued
}

/// R. Fagin 1977, H. Che et al. 2002: a key of rate r is in an LRU cache with 1 - exp(-rT), where T is such
/// that these add up to the capacity; in a FIFO or a random one with rT / (1 + rT).
fn che(keys: u32, zipf: f64, capacity: f64, is_there: fn(f64) -> f64) -> f64 {
    let heights: Vec<f64> = (1..=keys).map(|rank| libm::pow(f64::from(rank), -zipf)).collect();
    let all: f64 = heights.iter().sum();
    let sum = |t: f64, weigh: bool| -> f64 {
        heights.iter().map(|h| is_there(h / all * t) * if weigh { h / all } else { 1.0 }).sum()
    };
    let (mut low, mut high) = (0.0, 1e9);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if sum(middle, false) < capacity { low = middle } else { high = middle }
    }
    sum(low, true)
}

/// 200,000 requests after 50,000: a hit ratio near a half has a standard error of 0.0011 were hits
/// independent; what they are not is within four of these more.
#[test]
fn hit_ratios_are_those_of_the_independent_reference_model() {
    let lru = |x: f64| 1.0 - libm::exp(-x);
    let fifo = |x: f64| x / (1.0 + x);
    let pinned: f64 = {
        let heights: Vec<f64> = (1..=10_000).map(|rank| libm::pow(f64::from(rank), -0.9)).collect();
        heights[..1_000].iter().sum::<f64>() / heights.iter().sum::<f64>()
    };
    let cases = [
        ("lru", che(10_000, 0.9, 1_000.0, lru)),
        ("fifo", che(10_000, 0.9, 1_000.0, fifo)),
        ("random", che(10_000, 0.9, 1_000.0, fifo)),
        ("top_k", pinned),
    ];
    let mut seen = Vec::new();
    for (rule, expected) in cases {
        for is_aside in [false, true] {
            let users = client(10_000.0, 1.0, 10_000, 0.9);
            let cache = cache(&[("evict", word(rule))]);
            let plan = if is_aside { aside(&users, &cache, 0.0) } else { through(&users, &cache, 0.0) };
            let ratio = gauge(&measured(&plan, 5, 25), "hit_ratio");
            assert!((ratio - expected).abs() < 0.009, "{rule}: {ratio}, not {expected}");
            seen.push(ratio);
        }
    }
    // The catalogue: FIFO 0.51, LRU 0.56, pinned 0.67.
    assert!(
        (seen[0] - 0.557).abs() < 0.01 && (seen[2] - 0.511).abs() < 0.01 && (seen[6] - 0.67).abs() < 0.01
    );
}

/// The catalogue: counts of cached keys, 0.63 after 100,000 requests.
#[test]
fn counting_uses_hits_more_often_where_popularity_stays() {
    let plan = through(&client(10_000.0, 1.0, 10_000, 0.9), &cache(&[("evict", word("lfu"))]), 0.0);
    let ratio = gauge(&measured(&plan, 10, 20), "hit_ratio");
    assert!((ratio - 0.633).abs() < 0.02, "{ratio}");
}

/// What hits does not reach the database, and what misses does, each once.
#[test]
fn the_database_sees_the_misses() {
    let users = client(1_000.0, 1.0, 10_000, 0.9);
    for is_aside in [false, true] {
        let plan = if is_aside { aside(&users, &cache(&[]), 2.0) } else { through(&users, &cache(&[]), 2.0) };
        let report = run(&plan, 30, &[]).report();
        let ratio = gauge(&report, "hit_ratio");
        let share = part(&report, 4).offered_rps * 30.0 / report.requests.issued as f64;
        assert!((share - (1.0 - ratio)).abs() < 0.001, "{share}, {ratio}");
        // A hit costs nothing here, a miss the read of the database.
        let mean = report.latency.mean.unwrap();
        assert!((mean - 2.0 * (1.0 - ratio)).abs() < 0.02, "{mean}");
    }
    // Without the cache the database sees all.
    let mut plan = aside(&users, &cache(&[]), 2.0);
    plan.system.edges.remove(1);
    let report = run(&plan, 30, &[]).report();
    assert_eq!(issued(&report, 13), report.requests.issued);
}

/// A. Dan, D. Towsley 1990 and everybody since: a key at rate r is asked for once when it is stored and
/// hits rT times until it expires, T after; restarted by every use, it misses after every gap above T.
#[test]
fn time_to_live_counts_from_where_it_is_said_to() {
    for (from, expected) in [("fill", 0.75), ("use", 1.0 - libm::exp(-3.0))] {
        let cache = cache(&[("ttl_s", number(0.03)), ("ttl_from", word(from))]);
        let report = run(&through(&client(100.0, 1.0, 1, 0.0), &cache, 0.0), 2_000, &[]).report();
        // 200,000 requests: 4.5 times 0.235 / √200,000.
        let ratio = gauge(&report, "hit_ratio");
        assert!((ratio - expected).abs() < 0.0024, "{from}: {ratio}, not {expected}");
        assert!(gauge(&report, "expirations") > 5_000.0);
    }
}

fn stampede(more: &[(&'static str, Value)]) -> Report {
    let mut all = vec![("ttl_s", number(10.0))];
    all.extend_from_slice(more);
    measured(&through(&client(100.0, 1.0, 1, 0.0), &cache(&all), 500.0), 20, 4_000)
}

/// One key at 100 a second, half a second to fetch, ten to live: 51 fetches for each expiry, whose number
/// has the spread of a Poisson variable of 50; about 380 expiries.
#[test]
fn an_expiry_is_followed_by_a_stampede() {
    let report = stampede(&[]);
    let fetches = gauge(&report, "fetches");
    let each = fetches / (fetches - gauge(&report, "repeated_fetches"));
    assert!((each - 51.0).abs() < 4.5 * 7.5 / libm::sqrt(380.0), "{each}");
}

/// Coalesced, there is one fetch for each expiry, and those who came meanwhile wait for it.
#[test]
fn coalescing_makes_one_fetch_of_a_stampede() {
    let report = stampede(&[("coalesce", Value::Flag(true))]);
    assert_eq!(gauge(&report, "repeated_fetches"), 0.0);
    let each = gauge(&report, "coalesced_misses") / gauge(&report, "fetches");
    assert!((each - 50.0).abs() < 4.5 * 7.5 / libm::sqrt(380.0), "{each}");
    assert!(report.latency.max.unwrap() <= 504.0);
}

/// A. Vattani et al. 2015: e fetches for each stored value, whatever the rate.
#[test]
fn early_recomputation_takes_e_fetches() {
    let report = stampede(&[("early", number(1.0))]);
    let fetches = gauge(&report, "fetches");
    let each = fetches / (fetches - gauge(&report, "repeated_fetches"));
    // About 480 values with a deviation of 2.25.
    assert!((each - core::f64::consts::E).abs() < 4.5 * 2.25 / libm::sqrt(480.0), "{each}");
    assert_eq!(gauge(&report, "early_fetches"), fetches);
}

/// Reads of one key at 50 a second and a write now and then, with times between everything, so that a read
/// can be overtaken by a write.
fn racing(write: &'static str, more: &[(&'static str, Value)]) -> Plan {
    let mut all = vec![("write", word(write))];
    all.extend_from_slice(more);
    let mut plan = aside(&client(60.0, 0.9, 20, 0.0), &cache(&all), 5.0);
    plan.system.edges[1].net.latency_ms.0 = 1.0;
    plan.system.edges[2].net.latency_ms.0 = 10.0;
    plan
}

/// A key is written every four seconds. Unheard, the entry is old from the first write on; heard, only where
/// the read of a miss crossed the write.
#[test]
fn who_does_not_hear_of_writes_serves_old_data() {
    let stale = |plan: &Plan, faults: &[Intervention]| {
        let report = run(plan, 400, faults).report();
        assert_eq!(report.requests.failed.iter().sum::<u64>(), 0);
        gauge(&report, "stale_reads") / (gauge(&report, "hit_ratio") * issued(&report, 12) as f64)
    };
    let [ttl_only, invalidate, through] =
        ["ttl_only", "invalidate", "through"].map(|w| stale(&racing(w, &[]), &[]));
    assert!(ttl_only > 0.5, "{ttl_only}");
    assert!(invalidate < 0.1 * ttl_only && invalidate > 0.0, "{invalidate}");
    assert!(through < 0.1 * ttl_only, "{through}");
    // Expiry is what ends it: the share falls with the time to live.
    let short = stale(&racing("ttl_only", &[("ttl_s", number(0.5))]), &[]);
    assert!(short < 0.25 * ttl_only && short > invalidate, "{short}");
    // A fault that keeps invalidations from the cache makes it one that hears of nothing.
    let faults = [fault(SECOND, Verb::Corrupt, Target::whole(3))];
    let deaf = stale(&racing("invalidate", &[]), &faults);
    assert!(deaf > 0.5, "{deaf}");
    let faults =
        [fault(SECOND, Verb::Corrupt, Target::whole(3)), fault(2 * SECOND, Verb::Restore, Target::whole(3))];
    assert!(stale(&racing("invalidate", &[]), &faults) < 0.15);
}

/// A read that crosses a write stores what it has read after the delete: the entry is old until it expires.
/// Without the latency between them nothing can cross.
#[test]
fn a_late_fill_after_the_delete_stays() {
    let racy = run(&racing("invalidate", &[]), 400, &[]).report();
    assert!(gauge(&racy, "stale_reads") > 20.0, "{}", gauge(&racy, "stale_reads"));
    let mut plan = racing("invalidate", &[]);
    for edge in &mut plan.system.edges {
        edge.net.latency_ms.0 = 0.0;
    }
    set(&mut plan.system.parts[3].params, "read_time", constant(0.0));
    set(&mut plan.system.parts[3].params, "write_time", constant(0.0));
    let calm = run(&plan, 400, &[]).report();
    assert_eq!(gauge(&calm, "stale_reads"), 0.0);
    assert!(gauge(&calm, "invalidations") > 1_000.0);
}

/// The more writes, the fewer hits, with the same room.
#[test]
fn writes_make_hits_rare() {
    let ratio = |read_share: f64| {
        let plan = aside(&client(1_000.0, read_share, 1_000, 0.9), &cache(&[]), 1.0);
        gauge(&run(&plan, 30, &[]).report(), "hit_ratio")
    };
    let ratios = [1.0, 0.9, 0.5].map(ratio);
    assert!(ratios[0] > ratios[1] + 0.08 && ratios[1] > ratios[2] + 0.2, "{ratios:?}");
}

/// A restart forgets everything, a flush too; what fills the room leaves it by and by.
#[test]
fn what_forgets_is_filled_again() {
    let users = client(1_000.0, 1.0, 2_000, 0.9);
    for verb in [Verb::Kill, Verb::Flush, Verb::Fill] {
        let faults = [
            fault(20 * SECOND, verb, Target::whole(3)),
            fault(20 * SECOND + MS, Verb::Restore, Target::whole(3)),
        ];
        let mut run = aside(&users, &cache(&[]), 1.0).run(1, &faults);
        let mut misses = |until: u64| {
            let before = issued(&run.report(), 13);
            run.run_until(until);
            issued(&run.report(), 13) - before
        };
        misses(19 * SECOND);
        let (before, after) = (misses(20 * SECOND - 1), misses(21 * SECOND));
        misses(39 * SECOND);
        let later = misses(40 * SECOND);
        assert!(after > 2 * before && later * 10 < after * 6, "{verb:?}: {before}, {after}, {later}");
        let report = run.report();
        assert!(report.requests.failed.iter().sum::<u64>() < 20, "{verb:?}");
        let keys = gauge(&report, "keys");
        assert_eq!(keys, 1_000.0);
    }
}

/// At a hit ratio h, losing the only node brings 1 / (1 - h) times the load; losing one of two, half the keys.
#[test]
fn a_dead_node_sends_its_keys_to_the_database() {
    for nodes in [1, 2] {
        let mut plan = aside(&client(1_000.0, 1.0, 2_000, 0.9), &cache(&[("capacity", count(1_200))]), 1.0);
        plan.system.parts[2].count = nodes;
        let mut run = plan.run(1, &[fault(20 * SECOND, Verb::Kill, Target::one(3, 1))]);
        run.run_until(10 * SECOND);
        let mut calls = |until: u64| {
            let before = issued(&run.report(), 13);
            run.run_until(until * SECOND);
            (issued(&run.report(), 13) - before) as f64
        };
        let (before, after) = (calls(20), calls(30));
        let (miss, lost) = (before / 10_000.0, 1.0 / f64::from(nodes));
        let expected = lost * 10_000.0 + (1.0 - lost) * miss * 10_000.0;
        // The halves of a ring of two differ by some per cent, and so does what is popular.
        let off = if nodes == 1 { 0.02 } else { 0.25 };
        assert!((after / expected - 1.0).abs() < off, "{nodes}: {before}, {after}, not {expected}");
        assert_eq!(run.report().requests.failed.iter().sum::<u64>(), 0);
        run.audit().unwrap();
    }
}

/// Another node: on a ring a third of what was there is elsewhere, by the remainder two thirds.
#[test]
fn a_new_node_moves_keys() {
    let missed = |placing: &'static str| {
        let cache = cache(&[("placement", word(placing)), ("capacity", count(10_000))]);
        let mut plan = aside(&client(2_000.0, 1.0, 1_000, 0.0), &cache, 1.0);
        plan.system.parts[2].count = 2;
        let mut run = plan.run(1, &[]);
        run.run_until(20 * SECOND);
        let before = issued(&run.report(), 13);
        let mut part = plan.system.parts[2].clone();
        part.count = 3;
        run.intervene(&brownout_sim::system::Action::Edit(vec![brownout_sim::system::Change::PutPart(part)]))
            .unwrap();
        run.run_until(40 * SECOND);
        run.audit().unwrap();
        (issued(&run.report(), 13) - before) as f64 / 1_000.0
    };
    let (ring, modulo) = (missed("ring"), missed("modulo"));
    assert!((ring - 1.0 / 3.0).abs() < 0.1 && (modulo - 2.0 / 3.0).abs() < 0.05, "{ring}, {modulo}");
}

/// Written through, every write reaches the database; written back, it is answered at once, several writes
/// of a key become one, and what is not written yet dies with the cache.
#[test]
fn write_back_is_fast_and_loses() {
    let users = client(200.0, 0.0, 10, 0.0);
    let of = |write: &'static str, faults: &[Intervention]| {
        let plan = through(&users, &cache(&[("write", word(write)), ("write_every_s", number(2.0))]), 1.0);
        run(&plan, 61, faults).report()
    };
    let (back, straight) = (of("back", &[]), of("through", &[]));
    assert!(straight.latency.mean.unwrap() > 0.99 && back.latency.mean.unwrap() < 0.01);
    assert_eq!(issued(&straight, 13), straight.requests.issued);
    // Ten keys every two seconds and a little more.
    assert!((280..=310).contains(&issued(&back, 13)), "{}", issued(&back, 13));
    assert_eq!((gauge(&back, "lost_writes"), gauge(&straight, "lost_writes")), (0.0, 0.0));
    let kill = [fault(31 * SECOND, Verb::Kill, Target::whole(3))];
    assert!((9.0..=10.0).contains(&gauge(&of("back", &kill), "lost_writes")));
    assert_eq!(gauge(&of("through", &kill), "lost_writes"), 0.0);
}

/// Where there is no room for more that is unwritten, writes take as long as the database.
#[test]
fn what_is_unwritten_is_bounded() {
    let cache =
        cache(&[("write", word("back")), ("write_every_s", number(1_000.0)), ("write_buffer", count(50))]);
    let report = run(&through(&client(200.0, 0.0, 1_000, 0.0), &cache, 1.0), 60, &[]).report();
    assert_eq!(gauge(&report, "unwritten_keys"), 50.0);
    let share = issued(&report, 13) as f64 / report.requests.issued as f64;
    assert!((share - 0.95).abs() < 0.02, "{share}");
}

/// What was fetched by somebody who was called off is fetched by one of those who waited; a policy with
/// attempts, copies and calling off leaves nobody waiting for ever.
#[test]
fn whoever_fetches_may_be_called_off() {
    let cache = cache(&[("coalesce", Value::Flag(true)), ("ttl_s", number(0.2))]);
    let mut plan = through(&client(300.0, 0.8, 5, 0.5), &cache, 30.0);
    let settings = [
        ("timeout_ms", number(45.0)),
        ("retries", count(2)),
        ("hedge_ms", number(20.0)),
        ("cancel", Value::Flag(true)),
    ];
    for edge in &mut plan.system.edges {
        for (name, value) in &settings {
            let at = Policy::SPECS.iter().position(|spec| spec.name == *name).unwrap();
            edge.policy.set(at, value.clone()).unwrap();
        }
        edge.net.latency_ms.0 = 2.0;
    }
    plan.system.edges[1].policy.timeout_ms.0 = 90.0;
    let mut run = plan.run(3, &[]);
    for second in 1..=20 {
        run.run_until(second * SECOND);
        run.audit().unwrap();
    }
    let report = run.report();
    let coalesced = gauge(&report, "coalesced_misses");
    assert!(report.requests.succeeded > 2_000 && coalesced > 500.0, "{:?}, {coalesced}", report.requests);
    // Nobody comes any more: nobody is left.
    let edit = brownout_sim::system::Change::RemovePart(1);
    let edges = brownout_sim::system::Change::RemoveEdge(11);
    run.intervene(&brownout_sim::system::Action::Edit(vec![edges, edit])).unwrap();
    run.run_until(30 * SECOND);
    run.audit().unwrap();
    assert_eq!(run.live(), 0, "{}", run.live());
}

/// A cache that is not called changes nothing for the others.
#[test]
fn a_cache_beside_changes_nothing() {
    let plain = common::three_tiers();
    let beside = common::three_tiers().part(20, "cache", &[]);
    let [plain, beside] = [plain, beside].map(|plan| run(&plan, 10, &[]).report());
    assert_eq!(plain.edges, beside.edges);
    assert_eq!(plain.components[..], beside.components[..6]);
}
