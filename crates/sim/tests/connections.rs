//! Connections that cost something to open: what they cost, when they are used again, and what breaks them.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::observe::{EdgeReport, Outcome, Report};
use brownout_sim::param::{ParamSet, Value};
use brownout_sim::system::{Action, Intervention, Mode, Policy, Target, Verb};
use brownout_sim::{Ns, Simulation};
use common::{MS, Plan, SECOND, constant, count, exp, fault, number, word};

fn policy(mut plan: Plan, edge: u32, settings: &[(&str, Value)]) -> Plan {
    let row = plan.system.edges.iter_mut().find(|row| row.id == edge).unwrap();
    for (name, value) in settings {
        let at = Policy::SPECS.iter().position(|spec| spec.name == *name).unwrap();
        row.policy.set(at, value.clone()).unwrap();
    }
    plan
}

/// A caller whose calls to a server take 4 ms of network and some work.
fn calls(rate: f64, work: Value, settings: &[(&str, Value)]) -> Plan {
    let many = [("threads", count(10_000)), ("backlog", count(10_000))];
    let with = |time: Value| [many[0].clone(), many[1].clone(), ("service_time", time)];
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(rate)), ("static_share", number(0.0))])
        .part(2, "app", &with(constant(0.0)))
        .part(3, "app", &with(work))
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 2.0, 500.0);
    policy(plan, 12, settings)
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

/// A new connection takes a round trip (4 ms) and 30 ms, then the call its 5 ms.
#[test]
fn opening_takes_a_round_trip_and_its_time() {
    let each_anew = [("connect_ms", number(30.0)), ("pool_idle_s", number(0.000_001))];
    let report = run(&calls(20.0, constant(1.0), &each_anew), &[], 20 * SECOND).report();
    assert_eq!(edge(&report, 12).connects, edge(&report, 12).issued);
    assert!((report.latency.mean.unwrap() - 39.0).abs() < 1e-6, "{:?}", report.latency);
    let kept = [("connect_ms", number(30.0))];
    let report = run(&calls(20.0, constant(1.0), &kept), &[], 20 * SECOND).report();
    // As many as were ever needed at one moment.
    assert!((1..8).contains(&edge(&report, 12).connects), "{:?}", edge(&report, 12));
    assert!(report.latency.p50.unwrap() < 5.05, "{:?}", report.latency);
}

/// Calls that take no time come 50 a second; a connection idles for longer than T between two of them with
/// probability exp(-50 T). Of 20,000 calls a standard error is at most 0.0035.
#[test]
fn idle_connections_close() {
    for longest in [0.005_f64, 0.02, 0.05] {
        let settings = [("connect_ms", number(0.000_001)), ("pool_idle_s", number(longest))];
        let mut plan = calls(50.0, constant(0.0), &settings);
        plan.system.edges[1].net.latency_ms.0 = 0.0;
        let report = run(&plan, &[], 400 * SECOND).report();
        let share = edge(&report, 12).connects as f64 / edge(&report, 12).issued as f64;
        let expected = libm::exp(-50.0 * longest);
        assert!((share - expected).abs() < 0.014, "{longest}: {share}, but {expected}");
    }
}

/// A restarted server knows no connection: every caller opens anew, once for each.
#[test]
fn a_death_resets_connections() {
    let settings = [("connect_ms", number(10.0)), ("pool_idle_s", number(0.0))];
    let plan = calls(200.0, exp(20.0), &settings);
    let connects = |steps: &[Intervention]| edge(&run(&plan, steps, 20 * SECOND).report(), 12).connects;
    let before = connects(&[]);
    let restart = [
        fault(10 * SECOND, Verb::Kill, Target::whole(3)),
        fault(10 * SECOND + 1, Verb::Restore, Target::whole(3)),
    ];
    let after = connects(&restart);
    assert!(after > before && after < before + 20, "{before} {after}");
    // While it is down, each call tries to connect and is refused after the round trip.
    let dead = [fault(10 * SECOND, Verb::Kill, Target::whole(3))];
    let report = run(&plan, &dead, 20 * SECOND).report();
    let refused = edge(&report, 12).failed[Outcome::Refused as usize];
    assert!(
        refused > 1_500 && edge(&report, 12).connects >= before + refused - 20,
        "{:?}",
        edge(&report, 12)
    );
}

/// A cut edge swallows the handshake: the caller waits for its timeout, opening included.
#[test]
fn a_cut_swallows_the_handshake() {
    let settings = [("connect_ms", number(10.0)), ("pool_idle_s", number(0.000_001))];
    let cut = [fault(0, Verb::Cut, Target::whole(12))];
    let report = run(&calls(20.0, constant(1.0), &settings), &cut, 20 * SECOND).report();
    assert_eq!(edge(&report, 12).failed[Outcome::TimedOut as usize], edge(&report, 12).lost);
    assert!(edge(&report, 12).lost > 300);
    // And a timeout shorter than opening leaves nothing to work on.
    let plan = calls(20.0, constant(1.0), &[("connect_ms", number(600.0))]);
    let report = run(&plan, &[], 20 * SECOND).report();
    let edge = edge(&report, 12);
    assert_eq!((edge.ok, edge.late), (0, 0));
    assert!(edge.cancelled > 300, "{edge:?}");
}

/// Slots, branches, second copies, retries and deadlines over connections, through deaths and cuts.
#[test]
fn connections_with_everything_else() {
    let settings = [
        ("connect_ms", number(3.0)),
        ("pool_idle_s", number(0.05)),
        ("pool_size", count(12)),
        ("pool_wait_ms", number(20.0)),
        ("fan_out", count(3)),
        ("need", count(2)),
        ("hedge_ms", number(8.0)),
        ("retries", count(2)),
        ("backoff_ms", number(2.0)),
        ("cancel", Value::Flag(true)),
        ("deadline", Value::Flag(true)),
        ("breaker_share", number(0.9)),
        ("breaker_window", word("calls")),
    ];
    let mut plan = calls(100.0, exp(10.0), &settings);
    plan.system.parts[2].count = 3;
    plan.system.edges[1].policy.timeout_ms.0 = 40.0;
    let plan = policy(plan, 11, &[("timeout_ms", number(60.0)), ("cancel", Value::Flag(true))]);
    let mut run = plan.run(1, &[]);
    for step in 1..300_u64 {
        run.run_until(step * 20 * MS);
        let (verb, target) = match step % 6 {
            0 => (Verb::Kill, Target::one(3, 1 + (step / 6 % 3) as u32)),
            2 => (Verb::Restore, Target::whole(3)),
            3 if step % 4 == 1 => (Verb::Kill, Target::whole(2)),
            4 if step % 4 == 2 => (Verb::Cut, Target::whole(12)),
            5 => (Verb::Restore, Target::whole(if step % 2 == 0 { 2 } else { 12 })),
            _ => continue,
        };
        run.intervene(&Action::Do { verb, target }).unwrap();
        run.intervene(&Action::Do { verb: Verb::Restore, target: Target::whole(2) }).unwrap();
        run.audit().unwrap();
    }
    let report = run.report();
    let calls = edge(&report, 12);
    assert!(calls.connects > 200 && calls.hedges > 50 && calls.ok > 500, "{calls:?}");
}

/// The caller's connections lead through a firewall: client 1, caller 2, firewall 4, server 3.
fn through_firewall(rate: f64, firewall: &[(&str, Value)], settings: &[(&str, Value)]) -> Plan {
    let mut plan = calls(rate, constant(1.0), settings).part(4, "firewall", firewall);
    plan.system.edges[1].to = 4;
    plan.edge(13, 4, 3, Mode::Forward, 0.1, 0.0)
}

/// Client 1, firewall 2, server 3.
fn behind_firewall(rate: f64, firewall: &[(&str, Value)], client: &[(&str, Value)]) -> Plan {
    let client = [&[("rate_rps", number(rate)), ("static_share", number(0.0))], client].concat();
    let server = [("threads", count(10_000)), ("service_time", constant(1.0))];
    Plan::default()
        .part(1, "client", &client)
        .part(2, "firewall", firewall)
        .part(3, "app", &server)
        .edge(11, 1, 2, Mode::Sync, 1.0, 500.0)
        .edge(12, 2, 3, Mode::Forward, 0.1, 0.0)
}

fn gauge(report: &Report, id: u32, name: &str) -> u64 {
    let part = report.components.iter().find(|part| part.id == id).unwrap();
    part.gauges.iter().find(|gauge| gauge.name == name).unwrap().value as u64
}

/// Calls come 0.5 a second; a connection is idle for longer than 2 s before a call with probability 1/e, and then
/// the call is lost and its connection with it. The next opens a new one, which passes. So p/(1+p) = 0.269 of all
/// fail, if calls never met; of 2,000 a standard error is 0.01.
#[test]
fn a_firewall_forgets_idle_connections() {
    let kept = [("connect_ms", number(1.0)), ("pool_idle_s", number(0.0))];
    let forgets = [("idle_timeout_s", number(2.0))];
    let until = 4_000 * SECOND;
    let report = run(&through_firewall(0.5, &forgets, &kept), &[], until).report();
    let calls = edge(&report, 12);
    let lost = calls.failed[Outcome::TimedOut as usize];
    assert_eq!(lost, gauge(&report, 4, "unknown_dropped"));
    let share = lost as f64 / calls.issued as f64;
    assert!((0.20..0.31).contains(&share), "{share}");
    // Told at once, the caller does not wait; and it opens a new connection all the same.
    let rejects = [forgets[0].clone(), ("refusal", word("reject"))];
    let told = run(&through_firewall(0.5, &rejects, &kept), &[], until).report();
    assert_eq!(edge(&told, 12).failed[Outcome::Refused as usize], gauge(&told, 4, "unknown_dropped"));
    assert!((edge(&told, 12).failed[Outcome::Refused as usize] as f64 / share / 2_000.0 - 1.0).abs() < 0.2);
    // Callers who close them earlier, and firewalls that keep them, lose nothing.
    let closes = [kept[0].clone(), ("pool_idle_s", number(1.9))];
    let keeps = [("idle_timeout_s", number(1e6))];
    for (firewall, settings) in [(&forgets, &closes), (&keeps, &kept)] {
        let report = run(&through_firewall(0.5, firewall, settings), &[], until).report();
        assert_eq!(edge(&report, 12).ok, edge(&report, 12).issued - edge(&report, 12).open);
    }
}

/// Each of 100 calls a second holds a place for 10 s: 500 places take 50 a second (Erlang B: 0.501 is lost).
#[test]
fn a_table_of_connections_fills_up() {
    let small = |states: u32, closed: f64| [("states", count(states)), ("closed_s", number(closed))];
    let report = run(&behind_firewall(100.0, &small(500, 10.0), &[]), &[], 400 * SECOND).report();
    let dropped = gauge(&report, 2, "full_dropped");
    let share = dropped as f64 / report.requests.issued as f64;
    assert!((share - 0.501).abs() < 0.02, "{share}");
    assert_eq!(gauge(&report, 2, "states"), 500);
    let timed_out = report.requests.failed[Outcome::TimedOut as usize];
    assert!(dropped - timed_out < 100, "{dropped} dropped, {timed_out} gave up");
    // Little's law: 1,000 in a table that has room for them.
    let report = run(&behind_firewall(100.0, &small(2_000, 10.0), &[]), &[], 400 * SECOND).report();
    assert_eq!(gauge(&report, 2, "full_dropped"), 0);
    assert!((850..1_150).contains(&gauge(&report, 2, "states")));
    let report = run(&behind_firewall(100.0, &small(1, 0.0), &[]), &[], 40 * SECOND).report();
    assert_eq!(report.requests.failed, [0; Outcome::COUNT]);
}

#[test]
fn faults_of_a_firewall() {
    let kept = [("connect_ms", number(1.0)), ("pool_idle_s", number(0.0))];
    let plan = through_firewall(50.0, &[], &kept);
    let at = |verb: Verb| fault(10 * SECOND, verb, Target::whole(4));
    let report = run(&plan, &[], 20 * SECOND).report();
    assert_eq!((gauge(&report, 4, "unknown_dropped"), edge(&report, 12).failed), (0, [0; Outcome::COUNT]));
    // Flushed, it knows none of the connections that lie idle: each is lost with the first call over it.
    let report = run(&plan, &[at(Verb::Flush)], 20 * SECOND).report();
    let unknown = gauge(&report, 4, "unknown_dropped");
    assert!((1..20).contains(&unknown), "{unknown}");
    assert_eq!(edge(&report, 12).failed[Outcome::TimedOut as usize], unknown);
    // Dead, it lets nobody pass; restarted, it has forgotten everything.
    let back = fault(11 * SECOND, Verb::Restore, Target::whole(4));
    let report = run(&plan, &[at(Verb::Kill), back], 20 * SECOND).report();
    let refused = edge(&report, 12).failed[Outcome::Refused as usize];
    assert!((20..90).contains(&refused), "{refused}");
    // Full of what nobody opened, it takes no new connection until the first have gone, 5 s after they came.
    let filled = behind_firewall(100.0, &[("closed_s", number(5.0))], &[]);
    let report = run(&filled, &[fault(SECOND / 2, Verb::Fill, Target::whole(2))], 30 * SECOND).report();
    let dropped = gauge(&report, 2, "full_dropped");
    assert!((380..530).contains(&dropped), "{dropped}");
}

/// Open arrivals have an address each; behind a gateway all have one.
#[test]
fn rules_of_a_firewall() {
    let failed = |firewall: &[(&str, Value)], client: &[(&str, Value)]| {
        let report = run(&behind_firewall(100.0, firewall, client), &[], 100 * SECOND).report();
        (report.requests.failed, report.requests.issued as f64, report)
    };
    let (causes, issued, report) = failed(&[("denied_share", number(0.3))], &[]);
    let share = gauge(&report, 2, "denied") as f64 / issued;
    assert!((share - 0.3).abs() < 0.015, "{share}");
    assert!(causes[Outcome::Refused as usize] == 0 && causes[Outcome::TimedOut as usize] > 2_000);
    let reject = ("refusal", word("reject"));
    let (causes, issued, report) = failed(&[("denied_part", count(1)), reject.clone()], &[]);
    assert!(issued - (causes[Outcome::Refused as usize] as f64) < 5.0);
    assert!(report.components[2].offered_rps == 0.0, "what is denied costs those behind it nothing");
    assert_eq!(failed(&[("denied_part", count(9))], &[]).0, [0; Outcome::COUNT]);
    // 10 a second for one address: nothing where each visitor has his own, and a tenth where all share one.
    let limit = [("limit_rps", number(10.0)), ("limit_burst", count(5)), reject];
    assert_eq!(failed(&limit, &[]).0, [0; Outcome::COUNT]);
    let (_, issued, report) = failed(&limit, &[("behind_gateway", number(1.0))]);
    let passed = issued - gauge(&report, 2, "limited") as f64;
    assert!((990.0..=1_006.0).contains(&passed), "{passed}");
    let (_, issued, report) = failed(&limit, &[("behind_gateway", number(0.5))]);
    let limited = gauge(&report, 2, "limited") as f64;
    assert!((limited / issued - 0.4).abs() < 0.02, "{limited}");
}

/// One at a time, 10 ms each, 50 a second: M/D/1 waits 5 ms, of 20,000 within 5 %.
#[test]
fn a_firewall_has_a_capacity() {
    let plan = behind_firewall(50.0, &[("cost_us", number(10_000.0))], &[]);
    let report = run(&plan, &[], 400 * SECOND).report();
    let wait = report.components[1].wait.mean.unwrap();
    assert!((wait - 5.0).abs() < 0.4, "{wait}");
    // It works on one call at a time, and has many under way.
    let slow = |mode: Mode| {
        let mut plan = behind_firewall(100.0, &[], &[]);
        plan.system.edges[1].mode = mode;
        common::set(&mut plan.system.parts[2].params, "service_time", constant(100.0));
        run(&plan, &[], 20 * SECOND).report()
    };
    for mode in [Mode::Forward, Mode::Sync] {
        let report = slow(mode);
        assert_eq!(report.requests.failed, [0; Outcome::COUNT]);
        assert!(report.latency.p99.unwrap() < 105.0, "{:?}", report.latency);
    }
}

/// Deaths, floods and edits of a firewall with everything else; the audit counts along.
#[test]
fn a_firewall_among_everything() {
    let settings = [
        ("connect_ms", number(3.0)),
        ("pool_idle_s", number(0.05)),
        ("pool_size", count(12)),
        ("fan_out", count(3)),
        ("need", count(2)),
        ("hedge_ms", number(8.0)),
        ("retries", count(2)),
        ("cancel", Value::Flag(true)),
    ];
    let tight = [("states", count(9)), ("idle_timeout_s", number(0.03)), ("closed_s", number(0.05))];
    let mut plan = through_firewall(100.0, &tight, &settings);
    plan.system.parts[3].count = 2;
    let mut run = plan.run(1, &[]);
    for step in 1..300_u64 {
        run.run_until(step * 20 * MS);
        let (verb, target) = match step % 5 {
            0 => (Verb::Kill, Target::one(4, 1 + (step / 5 % 2) as u32)),
            1 => (Verb::Restore, Target::whole(4)),
            2 => (Verb::Flush, Target::whole(4)),
            3 => (Verb::Fill, Target::one(4, 1)),
            _ => (Verb::Pause, Target::whole(4)),
        };
        run.intervene(&Action::Do { verb, target }).unwrap();
        run.audit().unwrap();
    }
    let report = run.report();
    assert!(gauge(&report, 4, "full_dropped") > 0 && gauge(&report, 4, "unknown_dropped") > 0);
    assert!(edge(&report, 12).ok > 100, "{:?}", edge(&report, 12));
}

/// Pages of 31 objects from a server, 20 ms away, that answers at once.
fn pages(client: &[(&str, Value)], server: &[(&str, Value)]) -> Plan {
    let visitors = [("rate_rps", number(62.0)), ("static_share", number(0.0)), ("objects", count(31))];
    let visitors: Vec<(&str, Value)> = visitors.into_iter().chain(client.iter().cloned()).collect();
    let web = [("workers", count(10_000)), ("static_time", constant(0.0)), ("dynamic_time", constant(0.0))];
    let web: Vec<(&str, Value)> = web.into_iter().chain(server.iter().cloned()).collect();
    Plan::default().part(1, "client", &visitors).part(2, "web", &web).edge(
        11,
        1,
        2,
        Mode::Sync,
        20.0,
        1_000.0,
    )
}

fn of_part(report: &Report, part: u32, name: &str) -> f64 {
    let part = report.components.iter().find(|row| row.id == part).unwrap();
    part.gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

/// A round trip (40 ms) for the document, and one for as many objects as there are connections; every one of them is
/// a request, and the rate counts all.
#[test]
fn a_page_takes_its_round_trips() {
    for (connections, trips) in [(1, 31.0), (6, 6.0), (7, 6.0), (30, 2.0), (32, 2.0)] {
        let run = run(&pages(&[("connections", count(connections))], &[]), &[], 500 * SECOND);
        let report = run.report();
        let (mean, most) = (of_part(&report, 1, "page_ms"), of_part(&report, 1, "page_p95_ms"));
        assert!((mean - 40.0 * trips).abs() < 1e-6, "{connections}: {mean}");
        assert!((most / mean - 1.0).abs() < 0.02, "{most}");
        let loaded = of_part(&report, 1, "pages");
        assert!((loaded - 1_000.0).abs() < 150.0, "{loaded}");
        let issued = report.requests.issued as f64;
        assert!(issued >= loaded * 31.0 && issued <= (loaded + 20.0) * 31.0, "{issued}");
        assert_eq!(of_part(&report, 1, "broken_pages"), 0.0);
    }
}

/// A page with an object that failed is not whole; the others are fetched all the same.
#[test]
fn a_page_without_an_object_is_broken() {
    let steps = [
        fault(100 * SECOND, Verb::Kill, Target { id: 2, instance: None }),
        fault(102 * SECOND, Verb::Restore, Target { id: 2, instance: None }),
    ];
    let mut run = pages(&[], &[]).run(1, &steps);
    for second in 95..110 {
        run.run_until(second * SECOND);
        run.audit().unwrap();
    }
    let report = run.report();
    assert!((1.0..30.0).contains(&of_part(&report, 1, "broken_pages")), "{:?}", report.components);
    run.run_until(120 * SECOND);
    assert_eq!(of_part(&run.report(), 1, "broken_pages"), of_part(&report, 1, "broken_pages"));
}

/// Users of a closed loop load pages one after another, think between them, and die with their population.
#[test]
fn users_load_pages_in_turn() {
    let settings = [("arrival", word("closed")), ("users", count(10)), ("think_time", constant(760.0))];
    let kill = fault(50 * SECOND, Verb::Kill, Target { id: 1, instance: None });
    let run = run(&pages(&settings, &[]), &[kill], 60 * SECOND);
    // Each takes 6 round trips and 760 ms: one a second.
    let loaded = of_part(&run.report(), 1, "pages");
    assert!((480.0..=500.0).contains(&loaded), "{loaded}");
    assert_eq!(run.report().requests.in_flight, 0);
}

/// Each connection of a visitor has a worker that waits for it; the document's connection is the first of them.
#[test]
fn each_connection_keeps_a_worker() {
    for (connections, kept) in [(1, 1.0), (6, 6.0)] {
        let settings = [("connections", count(connections)), ("rate_rps", number(31.0))];
        let run = run(&pages(&settings, &[("keepalive_s", number(5.0))]), &[], 2_000 * SECOND);
        // One page a second, and each connection idles for 5 s after its last answer.
        let idle = of_part(&run.report(), 2, "idle_connections");
        assert!((idle / kept - 5.0).abs() < 5.0 && idle % kept == 0.0, "{connections}: {idle}");
        let report = run.report();
        let again = of_part(&report, 2, "kept_requests") / report.requests.succeeded as f64;
        assert!((again - (31.0 - kept) / 31.0).abs() < 0.01, "{connections}: {again}");
    }
}

/// A balancer that knows visitors by cookie sends the whole page to one server.
#[test]
fn the_objects_of_a_page_are_of_one_visitor() {
    for (persistence, is_whole) in [("cookie", true), ("none", false)] {
        let times = Value::List((0..101).map(f64::from).collect());
        let settings = [("arrival", word("times")), ("times_s", times)];
        let mut plan = pages(&settings, &[]);
        plan.system.edges.clear();
        let plan = plan
            .part(3, "lb", &[("persistence", word(persistence)), ("check", word("none"))])
            .part(4, "web", &[("static_time", constant(0.0)), ("dynamic_time", constant(0.0))])
            .edge(11, 1, 3, Mode::Sync, 20.0, 0.0)
            .edge(12, 3, 2, Mode::Forward, 0.0, 0.0)
            .edge(13, 3, 4, Mode::Forward, 0.0, 0.0);
        let run = run(&plan, &[], 200 * SECOND);
        let report = run.report();
        assert_eq!(report.requests.succeeded, 3_131);
        let answered = report.components.iter().find(|part| part.id == 2).unwrap().throughput_rps * 200.0;
        let answered = (answered + 0.5) as u64;
        assert!((1..3_131).contains(&answered));
        assert_eq!(answered.is_multiple_of(31), is_whole, "{persistence}: {answered}");
    }
}
