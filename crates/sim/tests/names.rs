//! Resolvers: one answer for all users, for as long as its TTL or the resolver's own stubbornness says.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::Simulation;
use brownout_sim::observe::{ComponentReport, Outcome, Window};
use brownout_sim::param::Value;
use brownout_sim::system::{Action, Change, Intervention, Mode, Target, Verb};
use common::{MS, Plan, SECOND, constant, count, fault, number, set, word};

const CLIENT: u32 = 1;
const RESOLVER: u32 = 2;
const DNS: u32 = 3;
/// The first of four servers, and the edge of its record.
const SERVER: u32 = 4;
const RECORD: u32 = 13;

/// A client who asks resolvers, which ask a name server with four records. Only what is said takes time.
fn four_records(rate: f64, resolvers: u32, ttl_s: f64) -> Plan {
    let instant = || constant(0.0);
    let quick = [("levels", count(0)), ("answer_time", instant())];
    let dns = [("ttl_s", number(ttl_s)), ("answer_time", instant()), ("policy", word("random"))];
    let mut plan = Plan::default()
        .part(CLIENT, "client", &[("rate_rps", number(rate))])
        .part(RESOLVER, "resolver", &quick)
        .count(resolvers)
        .part(DNS, "dns", &dns);
    for id in SERVER..SERVER + 4 {
        plan = plan.part(id, "app", &[("service_time", instant())]);
    }
    plan =
        plan.edge(11, CLIENT, RESOLVER, Mode::Sync, 0.0, 0.0).edge(12, RESOLVER, DNS, Mode::Sync, 0.0, 0.0);
    for at in 0..4 {
        plan = plan.edge(RECORD + at, DNS, SERVER + at, Mode::Sync, 0.0, 0.0);
    }
    plan
}

fn with(mut plan: Plan, part: u32, name: &str, value: Value) -> Plan {
    let part = plan.system.parts.iter_mut().find(|known| known.id == part).unwrap();
    set(&mut part.params, name, value);
    plan
}

fn component(run: &Simulation, id: u32) -> ComponentReport {
    run.report().components.into_iter().find(|part| part.id == id).unwrap()
}

fn gauge(run: &Simulation, name: &str) -> f64 {
    component(run, RESOLVER).gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

/// Requests that each server has answered.
fn shares(run: &Simulation) -> Vec<f64> {
    let all: Vec<f64> = (SERVER..SERVER + 4).map(|id| component(run, id).throughput_rps).collect();
    let sum: f64 = all.iter().sum();
    all.iter().map(|share| share / sum).collect()
}

fn without_record(at: Simulation) -> Simulation {
    let mut run = at;
    run.intervene(&Action::Edit(vec![Change::RemoveEdge(RECORD)])).unwrap();
    run
}

/// One name, Poisson look-ups, TTL from the answer: each question answers 1 + rate * TTL look-ups. A TTL that
/// every hit renews would give 0.950.
#[test]
fn what_is_known_is_known_until_the_ttl_runs_out() {
    let mut run = four_records(100.0, 1, 0.03).run(1, &[]);
    run.run_until(2_000 * SECOND);
    // 50,000 questions: three standard deviations of the ratio are 0.002.
    assert!((gauge(&run, "hit_ratio") - 0.75).abs() < 0.002, "{}", gauge(&run, "hit_ratio"));
    assert!((gauge(&run, "asked") / 2_000.0 - 25.0).abs() < 0.3);
    run.audit().unwrap();
}

/// A name server is asked once per resolver and TTL, however many users there are.
#[test]
fn questions_follow_resolvers_and_ttl_and_not_users() {
    let asked = |rate: f64, resolvers: u32| {
        let mut run = four_records(rate, resolvers, 20.0).run(1, &[]);
        run.run_until(400 * SECOND);
        gauge(&run, "asked") / 400.0
    };
    for (rate, resolvers) in [(100.0, 10), (400.0, 10), (400.0, 40)] {
        let expected = f64::from(resolvers) / (20.0 + f64::from(resolvers) / rate);
        let asked = asked(rate, resolvers);
        assert!((asked - expected).abs() < 0.08 * expected, "{asked} {expected}");
    }
}

/// The walk from the root is made once; then the name server alone is asked until what was said above is old.
#[test]
fn the_walk_down_is_paid_once() {
    let plan = four_records(1.0, 1, 5.0);
    let plan = with(with(plan, RESOLVER, "levels", count(2)), RESOLVER, "delegation_ttl_s", number(600.0));
    let mut run = plan.run(2, &[]);
    run.run_until(590 * SECOND);
    assert_eq!(gauge(&run, "asked_above"), 2.0);
    // The first user waits for both levels at 20 ms, those who come later for none of them.
    assert!((run.report().latency.max.unwrap() - 40.0).abs() < 0.5, "{:?}", run.report().latency);
    assert_eq!(run.report().latency.p99.unwrap(), 0.0);
    run.run_until(1_190 * SECOND);
    assert_eq!(gauge(&run, "asked_above"), 4.0);
}

/// 60 % of the users behind one gateway, the others behind many resolvers: while its answer holds, one server of
/// four has 0.6 + 0.4 / 4.
#[test]
fn a_carrier_sends_all_its_users_to_one_server() {
    let mut plan = four_records(500.0, 200, 300.0)
        .part(9, "resolver", &[("levels", count(0))])
        .edge(30, CLIENT, 9, Mode::Sync, 0.0, 0.0)
        .weight(0.6)
        .edge(31, 9, DNS, Mode::Sync, 0.0, 0.0);
    plan.system.edges[0].weight = Some(0.4);
    let mut run = plan.run(5, &[]);
    run.run_until(290 * SECOND);
    let busiest = shares(&run).into_iter().fold(0.0, f64::max);
    // 200 resolvers spread the rest by chance: a standard deviation of 0.4 * 0.43 / sqrt(200).
    assert!((busiest - 0.7).abs() < 0.04, "{busiest}");
    // Without the gateway, each has a quarter.
    let mut run = four_records(500.0, 400, 10.0).run(5, &[]);
    run.run_until(290 * SECOND);
    let busiest = shares(&run).into_iter().fold(0.0, f64::max);
    assert!((busiest - 0.25).abs() < 0.02, "{busiest}");
}

/// Users go on to a dead address: a quarter of them until its record is gone, and then fewer and fewer until the
/// last TTL has run out; a resolver that ignores TTLs keeps sending them there.
#[test]
fn users_go_to_a_dead_address_until_the_ttl_runs_out() {
    // So slow a ramp spreads the resolvers' first questions over more than a TTL, and with them all others.
    let failed_by_second = |min_ttl_s: f64| {
        let plan = with(four_records(50.0, 200, 60.0), CLIENT, "ramp_s", number(2_400.0));
        let plan = with(plan, RESOLVER, "min_ttl_s", number(min_ttl_s));
        let mut run = plan.run(3, &[fault(2_400 * SECOND, Verb::Kill, Target::whole(SERVER))]);
        run.run_until(2_410 * SECOND);
        let mut run = without_record(run);
        run.run_until(2_650 * SECOND);
        let share = |from: usize, to: usize| {
            let windows = &run.windows()[from..to];
            let failed: u64 = windows.iter().map(Window::failed).sum();
            let issued: u64 = windows.iter().map(|window| window.issued).sum();
            failed as f64 / issued as f64
        };
        [share(2_400, 2_410), share(2_435, 2_445), share(2_472, 2_490), share(2_572, 2_650)]
    };
    let [at_once, halfway, after, late] = failed_by_second(0.0);
    // 200 resolvers: a standard deviation of 0.03 in which records they hold.
    assert!((at_once - 0.25).abs() < 0.1, "{at_once}");
    assert!((halfway - 0.125).abs() < 0.08 && halfway < at_once, "{halfway}");
    assert!(after < 0.01 && late == 0.0, "{after} {late}");
    let [_, _, after, late] = failed_by_second(150.0);
    assert!(after > 0.05 && late < 0.01, "{after} {late}");
}

/// Ten thousand users who come at one moment ask one question between them.
#[test]
fn users_who_come_together_share_one_question() {
    let mut plan = with(four_records(0.0, 1, 60.0), CLIENT, "start_with", count(10_000));
    plan = with(with(plan, RESOLVER, "levels", count(1)), RESOLVER, "backlog", count(10_000));
    let mut run = plan.run(1, &[]);
    run.run_until(10 * MS);
    assert_eq!(run.report().requests.in_flight, 10_000);
    run.audit().unwrap();
    run.run_until(SECOND);
    assert_eq!((gauge(&run, "asked"), gauge(&run, "asked_above")), (1.0, 1.0));
    assert_eq!(shares(&run).iter().filter(|share| **share > 0.0).count(), 1);
}

#[test]
fn a_dead_resolver_resolves_nothing_and_comes_back_empty() {
    let faults = [
        fault(10 * SECOND, Verb::Kill, Target::whole(RESOLVER)),
        fault(20 * SECOND, Verb::Restore, Target::whole(RESOLVER)),
    ];
    let mut run = four_records(50.0, 1, 3_600.0).run(1, &faults);
    run.run_until(30 * SECOND);
    run.audit().unwrap();
    let unresolved: Vec<u64> =
        run.windows().iter().map(|window| window.outcomes[Outcome::Unresolved as usize]).collect();
    assert!(unresolved[..10].iter().all(|n| *n == 0) && unresolved[20..].iter().all(|n| *n == 0));
    assert!(unresolved[10..20].iter().all(|n| *n > 20), "{unresolved:?}");
    assert_eq!(gauge(&run, "asked"), 2.0, "what it knew is gone");
}

/// Without a name server, answers last as long as their TTL; served stale, longer.
#[test]
fn what_is_old_is_better_than_nothing_where_it_may_be_served() {
    let unresolved = |stale_s: f64| {
        let plan = with(four_records(50.0, 1, 10.0), RESOLVER, "stale_s", number(stale_s));
        let mut run = plan.run(1, &[fault(15 * SECOND, Verb::Kill, Target::whole(DNS))]);
        run.run_until(60 * SECOND);
        run.audit().unwrap();
        let all = run.windows().iter().map(|window| window.outcomes[Outcome::Unresolved as usize]);
        let seconds = all.filter(|n| *n > 0).count();
        (seconds, gauge(&run, "served_stale"))
    };
    let (seconds, stale) = unresolved(0.0);
    assert!((39..=41).contains(&seconds) && stale == 0.0, "{seconds} {stale}");
    let (seconds, stale) = unresolved(20.0);
    assert!((19..=21).contains(&seconds) && stale > 15.0, "{seconds} {stale}");
    assert_eq!(unresolved(3_600.0).0, 0);
}

/// A second name server is asked where the first does not answer.
#[test]
fn a_second_name_server_stands_in() {
    let two = |second: bool| {
        let mut plan = four_records(50.0, 1, 1.0).part(9, "dns", &[("ttl_s", number(1.0))]);
        plan = plan.edge(30, 9, SERVER, Mode::Sync, 0.0, 0.0);
        if second {
            plan = plan.edge(31, RESOLVER, 9, Mode::Sync, 0.0, 0.0);
        }
        let mut run = plan.run(1, &[fault(5 * SECOND, Verb::Kill, Target::whole(DNS))]);
        run.run_until(20 * SECOND);
        run.windows()[7..].iter().map(Window::failed).sum::<u64>()
    };
    assert!(two(false) > 500);
    assert_eq!(two(true), 0);
}

#[test]
fn what_is_not_a_look_up_is_refused() {
    let reason = |edit: &dyn Fn(&mut Plan)| {
        let mut plan = four_records(1.0, 1, 1.0);
        edit(&mut plan);
        plan.system.validate().unwrap_err().to_string()
    };
    let asks_an_app = reason(&|plan| plan.system.edges[1].to = SERVER);
    assert_eq!(asks_an_app, "edges[1].to: a `resolver` asks name servers: it can only call a `dns`");
    let hands_over = reason(&|plan| plan.system.edges[1].mode = Mode::Forward);
    assert_eq!(hands_over, "edges[1].mode: a look-up at a `dns` is always `sync`");
    let in_the_dark = reason(&|plan| plan.system.edges[0].mode = Mode::Async);
    assert_eq!(in_the_dark, "edges[0].mode: a look-up at a `resolver` is always `sync`");
    let record = reason(&|plan| plan.system.edges[2].to = RESOLVER);
    assert_eq!(record, "edges[2].to: a `dns` spreads calls; it does not look up names");
}

/// Users give up, and the walk goes on: whoever comes later finds the answer.
#[test]
fn a_walk_outlives_those_who_waited_for_it() {
    let mut plan = with(four_records(20.0, 1, 60.0), RESOLVER, "levels", count(4));
    plan = with(plan, RESOLVER, "level_time", constant(500.0));
    plan.system.edges[0].policy.timeout_ms.0 = 100.0;
    plan.system.edges[0].policy.cancel.0 = true;
    let mut run = plan.run(1, &[]);
    run.run_until(1_900 * MS);
    run.audit().unwrap();
    assert_eq!(run.report().requests.succeeded, 0);
    run.run_until(10 * SECOND);
    assert_eq!(gauge(&run, "asked"), 1.0);
    assert!(run.windows()[3..].iter().all(|window| window.failed() == 0));
}

/// A name server that checks its records stops answering with the dead, and users stop going there a TTL later;
/// one that does not sends them there for ever.
#[test]
fn health_checked_answers_fail_over_within_detection_and_ttl() {
    let failed = |check: &'static str, ttl_s: f64| {
        let plan = with(four_records(200.0, 100, ttl_s), DNS, "check", word(check));
        let plan = with(with(plan, DNS, "check_s", number(2.0)), DNS, "check_timeout_s", number(1.0));
        let faults = [
            fault(50 * SECOND, Verb::Kill, Target::whole(SERVER)),
            fault(150 * SECOND, Verb::Restore, Target::whole(SERVER)),
        ];
        let mut run = plan.run(1, &faults);
        run.run_until(250 * SECOND);
        run.audit().unwrap();
        let share = |from: usize, to: usize| {
            let windows = &run.windows()[from..to];
            windows.iter().map(Window::failed).sum::<u64>() as f64
                / windows.iter().map(|window| window.issued).sum::<u64>() as f64
        };
        [share(0, 50), share(50, 54), share(50 + 7 + ttl_s as usize, 150), share(152, 250)]
    };
    let [before, at_once, later, after] = failed("http", 20.0);
    assert!(before == 0.0 && (at_once - 0.25).abs() < 0.13, "{before} {at_once}");
    // Refused at once, the third time in four to six seconds: nobody is sent there any more.
    assert!(later == 0.0 && after == 0.0, "{later} {after}");
    let [_, _, later, after] = failed("none", 20.0);
    assert!((later - 0.25).abs() < 0.05 && after == 0.0, "{later}");
}

/// Where the first record is the answer while it is healthy, the second stands in, and hands back.
#[test]
fn the_first_healthy_record_is_the_answer() {
    let plan =
        with(with(four_records(50.0, 1, 1.0), DNS, "policy", word("single")), DNS, "check", word("tcp"));
    let plan = with(with(plan, DNS, "check_s", number(1.0)), DNS, "fall", count(1));
    let faults = [
        fault(20 * SECOND, Verb::Kill, Target::whole(SERVER)),
        fault(60 * SECOND, Verb::Restore, Target::whole(SERVER)),
        fault(80 * SECOND, Verb::Kill, Target::whole(DNS)),
        fault(81 * SECOND, Verb::Restore, Target::whole(DNS)),
    ];
    let mut run = plan.run(1, &faults);
    run.run_until(20 * SECOND);
    // Each server answers a check a second as well.
    assert!(shares(&run)[0] > 0.93, "{:?}", shares(&run));
    run.run_until(100 * SECOND);
    run.audit().unwrap();
    let [first, second, ..] = shares(&run)[..] else { panic!("four servers") };
    assert!((first - 0.56).abs() < 0.05 && (second - 0.4).abs() < 0.05, "{first} {second}");
    // All dead: it answers with all, and somebody may be there again sooner than it knows.
    let all: Vec<_> =
        (SERVER..SERVER + 4).map(|id| fault(5 * SECOND, Verb::Kill, Target::whole(id))).collect();
    let plan = with(four_records(50.0, 1, 1.0), DNS, "check", word("http"));
    let mut run = plan.run(1, &all);
    run.run_until(60 * SECOND);
    assert_eq!(run.report().requests.failed[Outcome::Unresolved as usize], 0);
}

/// A slow or paused resolver holds its users up, and nobody else.
#[test]
fn a_slow_or_paused_resolver_holds_its_users_up() {
    let mut plan = with(four_records(50.0, 1, 60.0), RESOLVER, "answer_time", constant(1.0));
    plan.system.edges[0].policy.timeout_ms.0 = 500.0;
    let slow =
        Intervention { at: 10 * SECOND, action: Action::fault(Verb::Slow, Target::whole(RESOLVER), 100.0) };
    let faults = [
        slow,
        fault(20 * SECOND, Verb::Restore, Target::whole(RESOLVER)),
        fault(30 * SECOND, Verb::Pause, Target::whole(RESOLVER)),
        fault(40 * SECOND, Verb::Restore, Target::whole(RESOLVER)),
    ];
    let mut run = plan.run(1, &faults);
    run.run_until(50 * SECOND);
    run.audit().unwrap();
    let median = |second: usize| run.windows()[second].p50.unwrap() / MS;
    assert!((median(5), median(15), median(25)) == (1, 100, 1) || median(15) == 99, "{}", median(15));
    let unresolved = |second: usize| run.windows()[second].outcomes[Outcome::Unresolved as usize];
    assert!(unresolved(35) > 20 && unresolved(45) == 0, "{}", unresolved(35));
}
