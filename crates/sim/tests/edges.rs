//! Reverse proxies and content delivery networks: caches in front of a site.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::Simulation;
use brownout_sim::observe::{Outcome, Report};
use brownout_sim::param::Value;
use brownout_sim::system::{Action, Intervention, Mode, Target, Verb};
use common::{Plan, SECOND, constant, count, fault, number, set, word};

fn users(rate: f64, static_share: f64, read_share: f64, keys: u32) -> Vec<(&'static str, Value)> {
    vec![
        ("rate_rps", number(rate)),
        ("static_share", number(static_share)),
        ("read_share", number(read_share)),
        ("keys", count(keys)),
        ("zipf", number(0.9)),
    ]
}

fn site(ms: f64) -> Vec<(&'static str, Value)> {
    vec![("workers", count(10_000)), ("read_time", constant(ms)), ("write_time", constant(ms))]
}

/// Users 1, a proxy 2, a database 3 that answers everything after so many milliseconds.
fn proxied(users: &[(&str, Value)], proxy: &[(&'static str, Value)], ms: f64) -> Plan {
    Plan::default()
        .part(1, "client", users)
        .part(2, "proxy", proxy)
        .part(3, "db", &site(ms))
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 0.0, 0.0)
}

/// Users 1 ten milliseconds from an edge 2, which is 75 from the origin 3.
fn delivered(users: &[(&str, Value)], cdn: &[(&'static str, Value)]) -> Plan {
    let mut all = vec![("serve_time", constant(0.0)), ("keeps", word("reads"))];
    all.extend_from_slice(cdn);
    Plan::default()
        .part(1, "client", users)
        .part(2, "cdn", &all)
        .part(3, "db", &site(0.0))
        .edge(11, 1, 2, Mode::Sync, 10.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 75.0, 1_000.0)
}

fn run(plan: &Plan, seconds: u64, faults: &[Intervention]) -> Simulation {
    let mut run = plan.run(1, faults);
    run.run_until(seconds * SECOND);
    run.audit().unwrap();
    run
}

fn gauge_of(report: &Report, id: u32, name: &str) -> f64 {
    let part = report.components.iter().find(|part| part.id == id).unwrap();
    part.gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

fn gauge(report: &Report, name: &str) -> f64 {
    gauge_of(report, 2, name)
}

fn issued(report: &Report, edge: u32) -> u64 {
    report.edges.iter().find(|one| one.id == edge).unwrap().issued
}

fn failed(report: &Report) -> u64 {
    report.requests.failed.iter().sum()
}

/// Without room it only passes on; with room for files, files reach the site once for each time to live.
#[test]
fn a_proxy_keeps_what_it_is_told_to() {
    let users = users(500.0, 0.6, 1.0, 200);
    let passes = run(&proxied(&users, &[], 2.0), 20, &[]).report();
    assert_eq!(issued(&passes, 12), passes.requests.issued);
    let keeps = run(&proxied(&users, &[("capacity", count(1_000))], 2.0), 20, &[]).report();
    let share = issued(&keeps, 12) as f64 / keeps.requests.issued as f64;
    assert!((share - 0.4).abs() < 0.04 && gauge(&keeps, "keys") <= 200.0, "{share}");
    let all = [("capacity", count(1_000)), ("keeps", word("reads"))];
    let all = run(&proxied(&users, &all, 2.0), 20, &[]).report();
    assert!(gauge(&all, "hit_ratio") > 0.9 && gauge(&all, "keys") > 300.0);
    assert!(all.latency.mean.unwrap() < 0.25 * passes.latency.mean.unwrap());
}

/// A slow site holds the workers of a proxy until others are refused; no answer in time is an error reply.
#[test]
fn a_proxy_waits_with_a_worker() {
    let proxy = [("workers", count(10)), ("backlog", count(0)), ("cost_time", constant(0.0))];
    let mut plan = proxied(&users(100.0, 0.0, 1.0, 10), &proxy, 200.0);
    let report = run(&plan, 60, &[]).report();
    // M/D/10/10 with 20 Erlangs: Erlang's formula B.
    let refused = report.requests.failed[Outcome::Overloaded as usize] as f64 / report.requests.issued as f64;
    assert!((refused - 0.538).abs() < 0.03, "{refused}");
    plan.system.edges[1].policy.timeout_ms.0 = 50.0;
    let report = run(&plan, 60, &[]).report();
    assert_eq!(report.requests.succeeded, 0);
    assert!(report.requests.failed[Outcome::Upstream as usize] > 4_000);
    // Nobody behind it: an error reply at once.
    let dead = run(&plan, 10, &[fault(0, Verb::Kill, Target::whole(3))]).report();
    assert_eq!(dead.requests.failed[Outcome::Upstream as usize], failed(&dead));
    // The proxy is a single point of failure.
    let dead = run(&plan, 10, &[fault(0, Verb::Kill, Target::whole(2))]).report();
    assert_eq!(dead.requests.failed[Outcome::Refused as usize], failed(&dead));
    assert!(failed(&dead) > 900);
}

/// 20 ms to the edge, 150 more to the origin for what is not there: the first is slow, the others are fast.
#[test]
fn an_edge_is_near_and_the_origin_far() {
    let report = run(&delivered(&users(200.0, 0.0, 1.0, 500), &[]), 100, &[]).report();
    let ratio = gauge(&report, "hit_ratio");
    // Those who joined a fetch waited for a part of it only.
    let mean = report.latency.mean.unwrap();
    assert!(ratio > 0.95 && mean <= 20.0 + (1.0 - ratio) * 150.0 + 0.01 && mean > 20.0, "{ratio}, {mean}");
    assert_eq!(issued(&report, 12), 500);
    let cold = run(&delivered(&users(200.0, 0.0, 1.0, 1), &[]), 1, &[]).report();
    assert_eq!(issued(&cold, 12), 1);
    assert!(gauge(&cold, "coalesced_misses") > 10.0 && cold.latency.max.unwrap() > 169.0);
    let alone =
        run(&delivered(&users(200.0, 0.0, 1.0, 1), &[("coalesce", Value::Flag(false))]), 1, &[]).report();
    assert!(issued(&alone, 12) > 10);
}

/// Three edges ask a shield, which asks the origin once for all of them.
#[test]
fn a_shield_asks_once_for_all_edges() {
    let mut plan = delivered(&users(600.0, 0.0, 1.0, 200), &[("ttl_s", number(2.0))]);
    plan.system.parts[1].count = 3;
    let straight = run(&plan, 60, &[]).report();
    let shield = [("serve_time", constant(0.0)), ("keeps", word("reads")), ("ttl_s", number(2.0))];
    plan.system.edges[1].to = 4;
    let shielded = plan.part(4, "cdn", &shield).edge(13, 4, 3, Mode::Sync, 1.0, 0.0);
    let shielded = run(&shielded, 60, &[]).report();
    let ratio = issued(&shielded, 13) as f64 / issued(&straight, 12) as f64;
    assert!((0.3..0.55).contains(&ratio), "{ratio}");
    assert!(gauge_of(&shielded, 4, "hit_ratio") > 0.4);
}

/// A write passes one of three edges. The others serve the old answer until it is purged there, or without a
/// purge until it expires.
#[test]
fn a_purge_reaches_the_other_edges() {
    let stale = |cdn: &[(&'static str, Value)], faults: &[Intervention]| {
        let mut plan = delivered(&users(300.0, 0.0, 0.99, 30), cdn);
        plan.system.parts[1].count = 3;
        let report = run(&plan, 200, faults).report();
        gauge(&report, "stale_reads") / report.requests.issued as f64
    };
    let at_once = stale(&[("purge_s", number(0.0))], &[]);
    let later = stale(&[("purge_s", number(5.0))], &[]);
    let never = stale(&[("purge", Value::Flag(false))], &[]);
    assert!(at_once < 0.02 && later > 3.0 * at_once && never > 1.5 * later, "{at_once}, {later}, {never}");
    let short = stale(&[("purge", Value::Flag(false)), ("ttl_s", number(2.0))], &[]);
    assert!(short < 0.5 * never, "{short}");
    // Purges that are lost are as good as none.
    let deaf = stale(&[("purge_s", number(0.0))], &[fault(0, Verb::Corrupt, Target::whole(2))]);
    assert!(deaf > 0.8 * never, "{deaf}, {never}");
}

/// A proxy hears of the writes that pass it, unless a fault keeps them from its cache.
#[test]
fn a_proxy_forgets_what_is_written() {
    let proxy = [("capacity", count(100)), ("keeps", word("reads")), ("ttl_s", number(0.0))];
    let plan = proxied(&users(200.0, 0.0, 0.95, 50), &proxy, 0.0);
    let report = run(&plan, 60, &[]).report();
    assert_eq!(gauge(&report, "stale_reads"), 0.0);
    assert!(gauge(&report, "invalidations") > 200.0 && gauge(&report, "missed_invalidations") == 0.0);
    let report = run(&plan, 60, &[fault(0, Verb::Corrupt, Target::whole(2))]).report();
    assert!(gauge(&report, "stale_reads") > 5_000.0 && gauge(&report, "missed_invalidations") > 400.0);
}

/// The origin dies: what is fresh is served on; with stale-if-error also what has expired since.
#[test]
fn an_edge_outlives_its_origin() {
    let failures = |cdn: &[(&'static str, Value)]| {
        let plan = delivered(&users(100.0, 0.0, 1.0, 20), cdn);
        let mut run = plan.run(1, &[fault(30 * SECOND, Verb::Kill, Target::whole(3))]);
        let mut until = |second: u64| {
            let before = failed(&run.report());
            run.run_until(second * SECOND);
            failed(&run.report()) - before
        };
        until(31);
        let answer = [until(39), until(60), until(100)];
        run.audit().unwrap();
        (answer, gauge(&run.report(), "served_expired"))
    };
    let (fresh, _) = failures(&[("ttl_s", number(0.0))]);
    assert_eq!(fresh, [0, 0, 0]);
    let (expires, served) = failures(&[("ttl_s", number(20.0))]);
    assert!(expires[0] < 700 && expires[2] > 3_900 && served == 0.0, "{expires:?}, {served}");
    let (kept, served) = failures(&[("ttl_s", number(20.0)), ("if_error_s", number(1_000.0))]);
    assert_eq!(kept, [0, 0, 0]);
    assert!(served > 4_000.0, "{served}");
    let (while_kept, _) = failures(&[("ttl_s", number(20.0)), ("if_error_s", number(30.0))]);
    assert!(while_kept[0] == 0 && while_kept[2] > 1_000, "{while_kept:?}");
}

/// Who comes after the expiry does not wait: the old answer is there at once, and one fetch is behind it.
/// Nothing has changed at the origin, so that each of these is a 304.
#[test]
fn what_expired_is_served_while_it_is_fetched_again() {
    let cdn = |swr: f64| [("ttl_s", number(1.0)), ("while_revalidate_s", number(swr))];
    let waits = run(&delivered(&users(100.0, 0.0, 1.0, 1), &cdn(0.0)), 200, &[]).report();
    let serves = run(&delivered(&users(100.0, 0.0, 1.0, 1), &cdn(5.0)), 200, &[]).report();
    assert!(waits.latency.mean.unwrap() > 25.0);
    assert!((serves.latency.mean.unwrap() - 20.0).abs() < 0.2, "{:?}", serves.latency.mean);
    let fetches = gauge(&serves, "fetches");
    assert!((160.0..200.0).contains(&fetches), "{fetches}");
    assert!(gauge(&serves, "unchanged_fetches") >= fetches - 2.0);
    assert!(gauge(&serves, "served_expired") > 10.0 * fetches);
}

/// An edge or a proxy that dies or is flushed is empty and fills again.
#[test]
fn an_empty_edge_fills_again() {
    let kinds = ["cdn", "proxy"];
    for (kind, verb) in
        kinds.into_iter().flat_map(|kind| [Verb::Kill, Verb::Flush, Verb::Fill].map(|verb| (kind, verb)))
    {
        let mut plan = delivered(&users(300.0, 0.0, 1.0, 300), &[("capacity", count(400))]);
        if kind == "proxy" {
            plan.system.parts[1].params = brownout_sim::component::Kind::Proxy.defaults();
            set(&mut plan.system.parts[1].params, "capacity", count(400));
            set(&mut plan.system.parts[1].params, "keeps", word("reads"));
            set(&mut plan.system.parts[1].params, "ttl_s", number(0.0));
            set(&mut plan.system.parts[1].params, "coalesce", Value::Flag(true));
        }
        let faults = [
            fault(20 * SECOND, verb, Target::whole(2)),
            fault(20 * SECOND + 1, Verb::Restore, Target::whole(2)),
        ];
        let mut run = plan.run(1, &faults);
        run.run_until(20 * SECOND - 1);
        let before = issued(&run.report(), 12);
        run.run_until(60 * SECOND);
        run.audit().unwrap();
        let after = issued(&run.report(), 12) - before;
        assert!(
            (290..=400).contains(&before) && (250..=460).contains(&after),
            "{kind}, {verb:?}: {before}, {after}"
        );
    }
}

/// Memory follows the room that caches have: a document cannot ask for more than a browser tab has, and
/// neither can an edit or a list of faults.
#[test]
fn too_much_room_is_refused() {
    let room = |keys: u32, instances: u32| {
        let mut plan = delivered(&users(1.0, 0.0, 1.0, 1), &[("capacity", count(keys))]);
        plan.system.parts[1].count = instances;
        plan
    };
    let error = room(1_000_000, 5).system.validate().unwrap_err();
    assert_eq!(error.path, "parts[1].params.capacity");
    assert!(error.reason.en().contains("5000000 keys, more than 4000000"), "{error}");
    let plan = room(1_000_000, 4);
    plan.system.validate().unwrap();
    let mut run = room(10, 100).run(1, &[]);
    let mut part = room(1_000_000, 100).system.parts[1].clone();
    part.count = 100;
    let edit = Action::Edit(vec![brownout_sim::system::Change::PutPart(part)]);
    assert_eq!(run.intervene(&edit).unwrap_err().path, "parts[1].params.capacity");
    let faults: Vec<Intervention> =
        (1..=6).map(|at| fault(at * SECOND, Verb::Fill, Target::whole(2))).collect();
    let error = plan.system.check_interventions(&faults).unwrap_err();
    assert_eq!(error.path, "timeline[5].do");
}
