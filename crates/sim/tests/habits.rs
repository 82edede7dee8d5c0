//! Balancers that know their users again, let newcomers warm up and leave out whoever keeps failing.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::Simulation;
use brownout_sim::observe::{Outcome, What, Window};
use brownout_sim::param::Value;
use brownout_sim::system::{Mode, Target, Verb};
use common::{MS, Plan, SECOND, constant, count, fault, number, set, word};

const LB: u32 = 2;
/// The first of four servers.
const SERVER: u32 = 3;

/// Two hundred users who come again and again, a balancer, four servers.
fn crowd(mode: Mode, lb: &[(&str, Value)]) -> Plan {
    let users = [("arrival", word("closed")), ("users", count(200)), ("static_share", number(0.0))];
    let mut plan = Plan::default().part(1, "client", &users).part(LB, "lb", lb);
    for id in SERVER..SERVER + 4 {
        plan = plan.part(id, "app", &[("service_time", constant(1.0))]);
    }
    plan = plan.edge(11, 1, LB, Mode::Sync, 1.0, 0.0);
    for id in SERVER..SERVER + 4 {
        plan = plan.edge(20 + id, LB, id, mode, 0.0, 0.0);
    }
    plan
}

fn with(mut plan: Plan, part: u32, name: &str, value: Value) -> Plan {
    let part = plan.system.parts.iter_mut().find(|known| known.id == part).unwrap();
    set(&mut part.params, name, value);
    plan
}

fn answered(run: &Simulation) -> Vec<f64> {
    let components = run.report().components;
    let servers = components.iter().filter(|part| (SERVER..SERVER + 4).contains(&part.id));
    servers.map(|part| part.throughput_rps).collect()
}

fn busiest(run: &Simulation) -> f64 {
    let all = answered(run);
    all.iter().copied().fold(0.0, f64::max) / all.iter().sum::<f64>()
}

fn gauge(run: &Simulation, name: &str) -> f64 {
    let report = run.report();
    let lb = report.components.iter().find(|part| part.id == LB).unwrap();
    lb.gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

/// Half of the users come from one address: one server gets them all, 0.5 + 0.5 / 4. A cookie tells them apart.
#[test]
fn a_shared_address_overloads_one_server_and_a_cookie_does_not() {
    let share = |persistence: &'static str, mode: Mode| {
        let plan = crowd(mode, &[("persistence", word(persistence))]);
        let mut run = with(plan, 1, "behind_gateway", number(0.5)).run(1, &[]);
        run.run_until(300 * SECOND);
        run.audit().unwrap();
        (busiest(&run), gauge(&run, "remembered_users"))
    };
    for mode in [Mode::Forward, Mode::Sync] {
        // Which half of 200 users is a draw: a standard deviation of 0.035 of them, and 0.02 in where the rest go.
        let (source, addresses) = share("source", mode);
        assert!((source - 0.625).abs() < 0.1, "{source}");
        assert!((addresses - 101.0).abs() < 30.0, "{addresses}");
        let (cookie, users) = share("cookie", mode);
        assert!((cookie - 0.25).abs() < 0.05 && users == 200.0, "{cookie} {users}");
    }
    let (none, users) = share("none", Mode::Forward);
    assert!((none - 0.25).abs() < 0.01 && users == 0.0, "{none}");
}

/// With persistence a dead server's users are spread anew once the checks have noticed, and stay where they are
/// when it comes back.
#[test]
fn users_of_a_dead_server_go_elsewhere_and_stay_there() {
    let checks = [("check_s", number(1.0)), ("check_timeout_s", number(0.5))];
    let shares = |persistence: &'static str| {
        let faults = [
            fault(50 * SECOND, Verb::Kill, Target::whole(SERVER)),
            fault(80 * SECOND, Verb::Restore, Target::whole(SERVER)),
        ];
        let plan = with(crowd(Mode::Forward, &checks), LB, "persistence", word(persistence));
        let mut run = plan.run(2, &faults);
        run.run_until(50 * SECOND);
        let before = answered(&run)[0] * 50.0;
        run.run_until(90 * SECOND);
        let back = answered(&run)[0] * 90.0;
        run.run_until(190 * SECOND);
        run.audit().unwrap();
        let failed = run.windows()[55..80].iter().map(Window::failed).sum::<u64>();
        assert_eq!(failed, 0, "{persistence}");
        (before / 50.0, (answered(&run)[0] * 190.0 - back) / 100.0)
    };
    let (before, after) = shares("none");
    assert!((after / before - 1.0).abs() < 0.1, "{before} {after}");
    let (before, after) = shares("cookie");
    assert!(before > 30.0 && after < 0.05 * before, "nobody has a reason to go back: {before} {after}");
}

/// A table that is too small forgets, and whoever is forgotten may go anywhere.
#[test]
fn a_small_table_forgets_users() {
    let remembered = |table: u32| {
        let plan = crowd(Mode::Forward, &[("persistence", word("source")), ("table", count(table))]);
        let mut run = plan.run(1, &[]);
        run.run_until(60 * SECOND);
        run.audit().unwrap();
        gauge(&run, "remembered_users")
    };
    assert_eq!((remembered(50), remembered(1_000)), (50.0, 200.0));
}

/// Whoever comes back gets a tenth of its share at first, and more and more until it has all of it.
#[test]
fn a_server_that_comes_back_warms_up() {
    let checks = [("check_s", number(1.0)), ("check_timeout_s", number(0.5)), ("rise", count(1))];
    let shares = |slow_start_s: f64| {
        let faults = [
            fault(10 * SECOND, Verb::Kill, Target::whole(SERVER)),
            fault(30 * SECOND, Verb::Restore, Target::whole(SERVER)),
        ];
        let plan = with(crowd(Mode::Forward, &checks), LB, "slow_start_s", number(slow_start_s));
        let plan = with(plan, 1, "users", count(2_000));
        let mut run = plan.run(2, &faults);
        run.run_until(30 * SECOND);
        let taken_in = |run: &Simulation| {
            let mut lines = run.happenings().iter();
            lines.find(|line| matches!(line.what, What::TakenIn { .. })).map(|line| line.at)
        };
        while taken_in(&run).is_none() {
            run.run_until(run.now() + 10 * MS);
        }
        let start = taken_in(&run).unwrap();
        let mut shares = Vec::new();
        for upto in [10, 30, 50, 70] {
            let before = run.report();
            run.run_until(start + upto * SECOND);
            let after = run.report();
            let done = |id: u32| {
                let of = |report: &brownout_sim::observe::Report| {
                    let part = report.components.iter().find(|part| part.id == id).unwrap();
                    part.throughput_rps * report.simulated as f64
                };
                of(&after) - of(&before)
            };
            let all: f64 = (SERVER..SERVER + 4).map(done).sum();
            shares.push(done(SERVER) / all);
        }
        shares
    };
    let slow = shares(50.0);
    // In the four stretches it weighs, in the mean, 0.11, 0.4, 0.8 and 1, beside three that weigh 1.
    for (share, warmth) in slow.iter().zip([0.11, 0.4, 0.8, 1.0]) {
        assert!((share - warmth / (3.0 + warmth)).abs() < 0.02, "{slow:?}");
    }
    assert!(shares(0.0).iter().all(|share| (share - 0.25).abs() < 0.02));
}

/// A server that answers health checks and fails every call: checks see nothing, calls do.
#[test]
fn whoever_keeps_failing_is_left_out_whatever_the_checks_say() {
    for mode in [Mode::Forward, Mode::Sync] {
        let failed = |eject_after: u32| {
            let plan = crowd(mode, &[("check", word("tcp")), ("eject_after", count(eject_after))]);
            let mut plan = with(plan, LB, "eject_s", number(10.0))
                .part(9, "db", &[("read_time", constant(1.0))])
                .edge(40, SERVER, 9, Mode::Sync, 0.0, 0.0);
            plan.system.edges.sort_by_key(|edge| edge.id);
            let mut run = plan.run(1, &[fault(20 * SECOND, Verb::Kill, Target::whole(9))]);
            run.run_until(100 * SECOND);
            run.audit().unwrap();
            let failed: u64 = run.windows()[21..].iter().map(Window::failed).sum();
            let taken_out = run.happenings().iter().filter(|line| matches!(line.what, What::TakenOut { .. }));
            (failed, taken_out.count())
        };
        let (without, never) = failed(0);
        assert!(without > 2_500 && never == 0, "{without} {never}");
        let (with, times) = failed(5);
        // Every ten seconds it gets five calls to show that nothing has changed, and those on their way.
        assert!(with < 80 && (6..=9).contains(&times), "{mode:?}: {with} {times}");
    }
}

/// Where all fail, leaving all out would leave nobody: half of them stay.
#[test]
fn no_more_than_its_share_is_left_out() {
    let plan = crowd(Mode::Forward, &[("check", word("none")), ("eject_after", count(2))]);
    let faults: Vec<_> =
        (SERVER..SERVER + 4).map(|id| fault(5 * SECOND, Verb::Kill, Target::whole(id))).collect();
    let mut run = plan.run(1, &faults);
    run.run_until(10 * SECOND);
    run.audit().unwrap();
    assert_eq!(gauge(&run, "ejected_targets"), 2.0);
    assert_eq!(run.report().requests.failed[Outcome::NoTarget as usize], 0);
}

/// Two hundred users who think for a second, a balancer, four instances that keep sessions.
fn logged_in(sessions: &'static str, persistence: &'static str) -> Plan {
    let users = [
        ("arrival", word("closed")),
        ("users", count(200)),
        ("think_time", constant(1_000.0)),
        ("static_share", number(0.0)),
    ];
    let lb = [
        ("persistence", word(persistence)),
        ("algorithm", word("random")),
        ("check_s", number(1.0)),
        ("check_timeout_s", number(0.5)),
    ];
    Plan::default()
        .part(1, "client", &users)
        .part(LB, "lb", &lb)
        .part(3, "app", &[("service_time", constant(1.0)), ("sessions", word(sessions))])
        .count(4)
        .edge(11, 1, LB, Mode::Sync, 1.0, 0.0)
        .edge(12, LB, 3, Mode::Forward, 0.0, 0.0)
}

fn session_gauge(run: &Simulation, name: &str) -> f64 {
    let report = run.report();
    let app = report.components.iter().find(|part| part.id == 3).unwrap();
    app.gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

fn one_dies(plan: &Plan, target: Target) -> Simulation {
    let mut run = plan.run(1, &[fault(100 * SECOND, Verb::Kill, target)]);
    for second in [50, 100, 101, 200] {
        run.run_until(second * SECOND);
        run.audit().unwrap();
    }
    run
}

/// Where a balancer sends visitors anywhere, three of four requests meet a server that does not know them, unless the
/// session is where all find it. Of 39,600 requests a standard error is 0.0022.
#[test]
fn a_session_elsewhere_is_no_session() {
    for (sessions, persistence, expected) in [
        ("local", "none", 0.75),
        ("local", "cookie", 0.0),
        ("replicated", "none", 0.0),
        ("none", "none", 0.0),
    ] {
        let mut run = logged_in(sessions, persistence).run(1, &[]);
        run.run_until(200 * SECOND);
        run.audit().unwrap();
        let requests = run.report().requests;
        let failed: u64 = requests.failed.iter().sum();
        let share = failed as f64 / (requests.issued - 200) as f64;
        assert!((share - expected).abs() < 0.01, "{sessions}, {persistence}: {share}");
        if sessions != "none" {
            assert_eq!(session_gauge(&run, "sessions"), 200.0);
            assert_eq!(session_gauge(&run, "missed_sessions"), failed as f64);
            assert_eq!(session_gauge(&run, "lost_sessions"), 0.0);
        }
    }
}

/// A server takes its sessions with it, a quarter of 200 (a standard deviation is 6); a copy survives it.
#[test]
fn sessions_die_with_what_has_them() {
    let first = Target { id: 3, instance: Some(1) };
    let lost = session_gauge(&one_dies(&logged_in("local", "cookie"), first), "lost_sessions");
    assert!((25.0..75.0).contains(&lost), "{lost}");
    let copied = one_dies(&logged_in("replicated", "cookie"), first);
    assert_eq!(session_gauge(&copied, "lost_sessions"), 0.0);
    assert!(session_gauge(&copied, "session_copies") > 30_000.0);
    let stored = one_dies(&with_store("cache", &[], 0.5), first);
    assert_eq!(session_gauge(&stored, "lost_sessions"), 0.0);
    // Both places die at once.
    let mut plan = logged_in("replicated", "cookie");
    plan.system.parts[2].count = 2;
    let kills = [1, 2].map(|number| fault(50 * SECOND, Verb::Kill, Target { id: 3, instance: Some(number) }));
    let back = fault(60 * SECOND, Verb::Restore, Target { id: 3, instance: None });
    let mut run = plan.run(1, &[kills[0].clone(), kills[1].clone(), back]);
    run.run_until(120 * SECOND);
    run.audit().unwrap();
    assert_eq!(session_gauge(&run, "lost_sessions"), 200.0);
}

/// Servers that ask a store for their sessions, and nothing else before it.
fn with_store(kind: &'static str, settings: &[(&str, Value)], latency_ms: f64) -> Plan {
    logged_in("shared", "none").part(4, kind, settings).edge(13, 3, 4, Mode::Sync, latency_ms, 1_000.0)
}

/// A store is called for each request, once more than for what the request is about: over an edge that is 49.5 ms
/// longer each way, that is twice 99 ms and not once. Over 20,000 answers a standard error is below 0.1 ms.
#[test]
fn a_session_store_is_called() {
    let run = |plan: &Plan| {
        let mut run = plan.run(1, &[]);
        run.run_until(100 * SECOND);
        run.audit().unwrap();
        run
    };
    let mean = |sessions: &'static str, latency_ms: f64| {
        let mut plan = with_store("db", &[], latency_ms);
        common::set(&mut plan.system.parts[2].params, "sessions", word(sessions));
        run(&plan).report().latency.mean.unwrap()
    };
    let once = mean("none", 50.0) - mean("none", 0.5);
    let twice = mean("shared", 50.0) - mean("shared", 0.5);
    assert!((once - 99.0).abs() < 1.0 && (twice - 198.0).abs() < 1.5, "{once}, {twice}");
    let report = run(&with_store("db", &[], 0.5)).report();
    let calls = report.edges.iter().find(|edge| edge.id == 13).unwrap().issued;
    assert!(calls.abs_diff(2 * report.requests.issued) < 400, "{calls} of {}", report.requests.issued);
}

/// While a store is dead or cut off nobody is let in, twice in two seconds or once in the two of a timeout; what a
/// cache had is gone then, and a database has it still. Sessions take room in a cache as anything else does.
#[test]
fn a_session_store_that_fails_is_felt() {
    let after = |kind: &'static str, verb: Verb, target: Target| {
        let plan = with_store(kind, &[("capacity", count(1_000))][..usize::from(kind == "cache")], 0.5);
        let steps = [fault(100 * SECOND, verb, target), fault(110 * SECOND, Verb::Restore, target)];
        let mut run = plan.run(1, &steps);
        for second in [50, 101, 109, 120, 200] {
            run.run_until(second * SECOND);
            run.audit().unwrap();
        }
        ["lost_sessions", "unreached_sessions"].map(|name| session_gauge(&run, name))
    };
    let store = Target::whole(4);
    for (kind, lost) in [("cache", 200.0), ("db", 0.0)] {
        let dead = after(kind, Verb::Kill, store);
        assert_eq!(dead[0], lost, "{kind}");
        assert!((dead[1] - 2_000.0).abs() < 250.0, "{kind}: {dead:?}");
        let cut = after(kind, Verb::Cut, Target::whole(13));
        assert_eq!(cut[0], 0.0, "{kind}");
        assert!((cut[1] - 1_000.0).abs() < 250.0, "{kind}: {cut:?}");
    }
    let mut run = with_store("cache", &[("capacity", count(100))], 0.5).run(1, &[]);
    run.run_until(100 * SECOND);
    run.audit().unwrap();
    assert!(session_gauge(&run, "lost_sessions") > 2_000.0);
}

/// The request behind a session is about what it was about, also where its caller gives up while the store is slow.
#[test]
fn a_session_call_is_about_the_session_alone() {
    let plan = || {
        let mut plan =
            with_store("cache", &[], 0.5).part(5, "db", &[]).edge(14, 3, 5, Mode::Sync, 0.5, 1_000.0);
        common::set(&mut plan.system.parts[0].params, "keys", count(7));
        common::set(&mut plan.system.parts[0].params, "read_share", number(1.0));
        plan
    };
    let mut run = plan().run(1, &[]);
    run.run_until(60 * SECOND);
    run.audit().unwrap();
    let report = run.report();
    let of = |id: u32, name: &str| {
        let part = report.components.iter().find(|part| part.id == id).unwrap();
        part.gauges.iter().find(|gauge| gauge.name == name).unwrap().value
    };
    // 200 sessions and the rows of 7 keys, each read through the cache.
    assert_eq!(of(4, "keys"), 207.0);
    let mut plan = plan();
    plan.system.edges[0].policy.timeout_ms.0 = 4.0;
    plan.system.edges[2].net.jitter = brownout_sim::param::Law::Exponential { mean_ms: 1.0 };
    let mut run = plan.run(1, &[]);
    for second in 1..=60 {
        run.run_until(second * SECOND);
        run.audit().unwrap();
    }
}
