//! What callers do about failures, against what is known of it: how retries multiply, what budgets and
//! breakers save, what cancellation, deadlines, pools, hedges and throttles are worth.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::observe::{EdgeReport, Outcome, Report, What};
use brownout_sim::param::{ParamSet, Value};
use brownout_sim::system::{Intervention, Mode, Policy, Target, Verb};
use brownout_sim::{Ns, Simulation};
use common::{MS, Plan, SECOND, constant, count, exp, fault, number, word};

fn with(mut plan: Plan, id: u32, settings: &[(&str, Value)]) -> Plan {
    let edge = plan.system.edges.iter_mut().find(|edge| edge.id == id).unwrap();
    for (name, value) in settings {
        let at = Policy::SPECS.iter().position(|spec| spec.name == *name).unwrap();
        edge.policy.set(at, value.clone()).unwrap();
    }
    plan
}

fn edge(report: &Report, id: u32) -> &EdgeReport {
    report.edges.iter().find(|edge| edge.id == id).unwrap()
}

fn calls(edge: &EdgeReport) -> u64 {
    edge.issued - edge.retries - edge.hedges
}

fn failed_by(edge: &EdgeReport, outcome: Outcome) -> u64 {
    edge.failed[outcome as usize]
}

fn run(plan: &Plan, steps: &[Intervention], until: Ns) -> Simulation {
    let mut run = plan.run(1, steps);
    run.run_until(until);
    run.audit().unwrap();
    run
}

/// Good answers per second between two times.
fn goodput(run: &Simulation, from: u64, to: u64) -> f64 {
    let windows = run.windows().iter();
    let good: u64 = windows
        .filter(|window| (from * SECOND..to * SECOND).contains(&window.start))
        .map(|window| window.good)
        .sum();
    good as f64 / (to - from) as f64
}

fn client(rate: f64) -> Plan {
    Plan::default().part(1, "client", &[("rate_rps", number(rate)), ("static_share", number(0.0))])
}

fn app(plan: Plan, id: u32, threads: u32, backlog: u32, service: Value) -> Plan {
    let params = [("threads", count(threads)), ("backlog", count(backlog)), ("service_time", service)];
    plan.part(id, "app", &params)
}

const AT_ONCE: (&str, Value) = ("backoff_ms", Value::Number(0.0));

/// Attempts that fail with probability 0.3, each on its own, and up to three retries: (1 - 0.3⁴) / 0.7 =
/// 1.417 attempts a request, and 1 - 0.3⁴ = 99.19 % succeed. Over 50,000 requests the attempts have a
/// standard error of 0.817 / √50,000 = 0.0037, the successes one of 0.0004; four of each.
#[test]
fn three_retries_at_thirty_per_cent_failures() {
    let plan = app(app(client(500.0), 2, 100, 100, constant(0.0)), 3, 1, 1, constant(0.0));
    let plan =
        plan.edge(11, 1, 2, Mode::Sync, 0.0, 1_000.0).edge(12, 2, 3, Mode::Forward, 0.0, 1_000.0).weight(0.3);
    let plan = with(plan, 11, &[("retries", count(3)), AT_ONCE]);
    let report = run(&plan, &[fault(0, Verb::Kill, Target::whole(3))], 100 * SECOND).report();
    let edge = edge(&report, 11);
    let attempts = edge.issued as f64 / calls(edge) as f64;
    assert!((attempts - 1.417).abs() < 0.015, "{attempts}");
    let succeeded = report.availability.unwrap();
    assert!((succeeded - 0.9919).abs() < 0.0016, "{succeeded}");
}

/// Three layers with four attempts each: 4³ = 64 calls reach a bottom that always fails.
#[test]
fn retries_multiply_across_layers() {
    let mut plan = client(20.0);
    for id in 2..=5 {
        plan = app(plan, id, 100, 100, constant(0.0));
    }
    plan = plan.edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    for id in 12..=14 {
        plan = plan.edge(id, id - 10, id - 9, Mode::Sync, 0.0, 0.0);
        plan = with(plan, id, &[("retries", count(3)), AT_ONCE]);
    }
    let report = run(&plan, &[fault(0, Verb::Kill, Target::whole(5))], 5 * SECOND).report();
    let (users, bottom) = (edge(&report, 11), edge(&report, 14));
    assert!(users.issued > 50);
    assert_eq!(bottom.issued, 64 * users.issued);
    assert_eq!(failed_by(bottom, Outcome::Refused), bottom.issued);
    assert_eq!(failed_by(users, Outcome::Upstream), users.issued);
}

/// What is retried is a choice: an error reply is no connection error.
#[test]
fn only_what_is_named_is_retried() {
    for (words, from_dead, from_broken) in [("none", 1, 1), ("connection", 3, 1), ("all", 3, 3)] {
        let plan = app(app(client(50.0), 2, 100, 100, constant(0.0)), 3, 1, 1, constant(0.0));
        let plan = plan.edge(11, 1, 2, Mode::Sync, 0.0, 0.0).edge(12, 2, 3, Mode::Sync, 0.0, 0.0);
        let settings = [("retries", count(2)), ("retry_on", word(words)), AT_ONCE];
        let plan = with(with(plan, 11, &settings), 12, &settings);
        let report = run(&plan, &[fault(0, Verb::Kill, Target::whole(3))], 2 * SECOND).report();
        let (users, bottom) = (edge(&report, 11), edge(&report, 12));
        assert_eq!(users.issued, from_broken * calls(users), "{words}");
        assert_eq!(bottom.issued, from_dead * calls(bottom), "{words}");
    }
}

/// Pauses of 100, 200 and 400 ms, spread in four ways, by Little's law: at 10,000/s so many requests are in
/// flight as a request lasts. Decorrelated pauses grow by 1/2 + 3/2 of the last: 200, 350 and 575 ms.
#[test]
fn pauses_double_and_are_spread() {
    for (jitter, seconds) in [("none", 0.7), ("full", 0.35), ("equal", 0.525), ("decorrelated", 1.125)] {
        let plan = app(client(10_000.0), 2, 1, 1, constant(0.0)).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
        let plan = with(plan, 11, &[("retries", count(3)), ("jitter", word(jitter))]);
        let run = run(&plan, &[fault(0, Verb::Kill, Target::whole(2))], 4 * SECOND);
        let in_flight = run.report().requests.in_flight as f64;
        // A Poisson number: five standard deviations.
        let expected = 10_000.0 * seconds;
        assert!((in_flight - expected).abs() < 5.0 * expected.sqrt(), "{jitter}: {in_flight}");
    }
}

#[test]
fn a_budget_caps_retries() {
    let plan = app(client(100.0), 2, 1, 1, constant(0.0)).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    let plan = with(plan, 11, &[("retries", count(5)), ("retry_budget", number(0.1)), AT_ONCE]);
    let report = run(&plan, &[fault(0, Verb::Kill, Target::whole(2))], 60 * SECOND).report();
    let edge = edge(&report, 11);
    // A tenth of the calls, and the ten that were saved up at the start.
    let most = calls(edge) / 10 + 10;
    assert!(calls(edge) > 5_000 && (most - 1..=most).contains(&edge.retries), "{edge:?}");
}

/// The storm of Bronson and others (HotOS 2021): 280/s on a server of 300/s, one retry, and ten seconds in
/// which nothing comes through. Its queue holds more than a timeout's worth.
fn storm(settings: &[(&str, Value)]) -> Simulation {
    let plan = app(client(280.0), 2, 1, 599, exp(1_000.0 / 300.0)).edge(11, 1, 2, Mode::Sync, 0.0, 1_000.0);
    let plan = with(plan, 11, &[("retries", count(1)), ("backoff_ms", number(2_000.0))]);
    let steps = [
        fault(60 * SECOND, Verb::Cut, Target::whole(11)),
        fault(70 * SECOND, Verb::Restore, Target::whole(11)),
    ];
    run(&with(plan, 11, settings), &steps, 200 * SECOND)
}

/// Before the trigger all is well; long after it is gone, nobody is served, though the server works on.
#[test]
fn a_short_outage_with_retries_keeps_goodput_down() {
    let storm = storm(&[]);
    assert!(goodput(&storm, 20, 60) > 270.0);
    let after = goodput(&storm, 100, 200);
    assert!(after < 10.0, "{after}");
    let report = storm.report();
    assert!(report.components[1].utilisation.unwrap() > 0.9, "busy with what nobody waits for");
    assert!(edge(&report, 11).late > 20_000);
}

#[test]
fn a_budget_or_a_breaker_or_cancellation_ends_the_storm() {
    let breaker = [("breaker_share", number(0.5)), ("breaker_window_s", number(1.0))];
    let cures: [(&str, &[(&str, Value)]); 3] = [
        ("budget", &[("retry_budget", number(0.1))]),
        ("breaker", &breaker),
        ("cancellation", &[("cancel", Value::Flag(true))]),
    ];
    for (name, settings) in cures {
        let after = goodput(&storm(settings), 100, 200);
        assert!(after > 265.0, "{name}: {after}");
    }
}

/// 120/s on a server of 100/s with room for 1,000 and a patience of 1 s: first come, first served, serves
/// only those who have gone. Told that they have, it serves the others.
#[test]
fn cancellation_and_deadlines_keep_dead_work_away() {
    let overload = |settings: &[(&str, Value)]| {
        let plan = app(client(120.0), 2, 1, 1_000, constant(10.0));
        let plan = with(plan.edge(11, 1, 2, Mode::Sync, 1.0, 1_000.0), 11, settings);
        run(&plan, &[], 150 * SECOND)
    };
    assert!(goodput(&overload(&[]), 60, 150) < 1.0);
    let cancelled = overload(&[("cancel", Value::Flag(true))]);
    assert!(goodput(&cancelled, 60, 150) > 70.0, "{}", goodput(&cancelled, 60, 150));
    let report = cancelled.report();
    let ledger = edge(&report, 11);
    let timed_out = failed_by(ledger, Outcome::TimedOut);
    assert_eq!(timed_out, ledger.late + ledger.lost + ledger.cancelled + ledger.abandoned);
    // Those whose answer was on its way already came too late.
    assert!(ledger.cancelled > timed_out * 8 / 10, "{ledger:?}");
    assert!(report.components[1].queue_max < 200, "{}", report.components[1].queue_max);
    let refused = overload(&[("deadline", Value::Flag(true))]);
    assert!(goodput(&refused, 60, 150) > 50.0, "{}", goodput(&refused, 60, 150));
    assert!(refused.report().components[1].errors[Outcome::Expired as usize] > 1_000);
}

/// Called off at the top, work ends at the bottom, one latency later at every step.
#[test]
fn cancellation_reaches_what_was_called_further_down() {
    let told = |bottom: bool| {
        let plan = app(app(client(100.0), 2, 1_000, 0, constant(0.0)), 3, 1_000, 0, constant(5_000.0));
        let plan = plan.edge(11, 1, 2, Mode::Sync, 10.0, 100.0).edge(12, 2, 3, Mode::Sync, 20.0, 0.0);
        let plan = with(plan, 11, &[("cancel", Value::Flag(true))]);
        with(plan, 12, &[("cancel", Value::Flag(bottom))])
    };
    let (both, one) = (run(&told(true), &[], 5 * SECOND), run(&told(false), &[], 5 * SECOND));
    // Begun after 30 ms and told after 100 + 30: a call is worked on for 100 ms.
    let busy = |run: &Simulation| run.report().components[2].utilisation.unwrap() * 1_000.0;
    assert!((busy(&both) - 10.0).abs() < 1.5, "{}", busy(&both));
    assert!(busy(&one) > 200.0, "{}", busy(&one));
    for (run, cancelled) in [(&both, true), (&one, false)] {
        let report = run.report();
        assert_eq!(edge(&report, 12).cancelled > 400, cancelled);
        assert!(edge(&report, 11).cancelled > 400);
    }
}

/// A server with a deadline waits no longer for others than its own caller does.
#[test]
fn timeouts_are_capped_by_the_deadline() {
    let plan = |on: bool| {
        let plan = app(app(client(100.0), 2, 10_000, 0, constant(0.0)), 3, 10, 0, constant(0.0));
        let plan = plan.edge(11, 1, 2, Mode::Sync, 10.0, 210.0).edge(12, 2, 3, Mode::Sync, 0.0, 10_000.0);
        let plan = with(plan, 11, &[("deadline", Value::Flag(true))]);
        with(plan, 12, &[("deadline", Value::Flag(on)), ("retries", count(5))])
    };
    let cut = [fault(0, Verb::Cut, Target::whole(12))];
    let (on, off) =
        (run(&plan(true), &cut, 9 * SECOND).report(), run(&plan(false), &cut, 9 * SECOND).report());
    // 200 ms of 100/s are under way, and no retry would come in time.
    assert!((8..=36).contains(&edge(&on, 12).open), "{:?}", edge(&on, 12));
    assert_eq!(edge(&on, 12).retries, 0);
    assert!(edge(&off, 12).open > 700, "{:?}", edge(&off, 12));
}

/// A pool of two connections without waiters is a loss system: one erlang on two lines loses 1/5.
#[test]
fn a_pool_bounds_what_is_under_way() {
    let pool = |waiters: u32, settings: &[(&str, Value)]| {
        let plan = app(client(100.0), 2, 100, 100, exp(10.0)).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
        let plan = with(plan, 11, &[("pool_size", count(2)), ("pool_waiters", count(waiters))]);
        run(&with(plan, 11, settings), &[], 500 * SECOND).report()
    };
    let lost = pool(0, &[]);
    let share = failed_by(edge(&lost, 11), Outcome::NoConnection) as f64 / edge(&lost, 11).issued as f64;
    assert!((share - 0.2).abs() < 0.01, "{share}");
    // With room to wait it is M/M/2 at one half: 4/3 of a service time, nobody lost.
    let patient = pool(100_000, &[("pool_wait_ms", number(0.0))]);
    assert_eq!(edge(&patient, 11).failed.iter().sum::<u64>(), 0);
    let mean = patient.latency.mean.unwrap();
    assert!((mean - 13.33).abs() < 0.6, "{mean}");
    let hasty = pool(100_000, &[("pool_wait_ms", number(5.0))]);
    let share = failed_by(edge(&hasty, 11), Outcome::NoConnection) as f64 / edge(&hasty, 11).issued as f64;
    assert!((0.02..0.2).contains(&share), "{share}");
    assert!(hasty.components[1].queue_max == 0);
}

/// Exponential times with a mean of 20 ms and a second copy after 46.05 ms: one in ten needs it, and the
/// 99.9th percentile falls from 138 to 92 ms.
#[test]
fn hedging_cuts_the_tail() {
    let hedged = |settings: &[(&str, Value)]| {
        let plan = app(client(1_000.0), 2, 10_000, 0, exp(20.0)).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
        run(&with(plan, 11, settings), &[], 200 * SECOND).report()
    };
    let plain = hedged(&[]).latency.p999.unwrap();
    assert!((plain - 138.2).abs() < 6.0, "{plain}");
    for cancel in [false, true] {
        let report = hedged(&[("hedge_ms", number(46.05)), ("cancel", Value::Flag(cancel))]);
        let edge = edge(&report, 11);
        let share = edge.hedges as f64 / calls(edge) as f64;
        assert!((share - 0.1).abs() < 0.004, "{share}");
        let tail = report.latency.p999.unwrap();
        assert!((tail - 92.1).abs() < 3.0, "{tail}");
        assert_eq!(edge.cancelled > 15_000, cancel, "{edge:?}");
        assert_eq!(edge.late > 15_000, !cancel, "{edge:?}");
    }
}

/// A server that takes a call of 10 ms at a time accepts X / (1 + X / 100) of X a second. A caller that
/// sends twice what is accepted settles where 1 + X / 100 = 2: at 100/s of the 300/s that it is asked for.
#[test]
fn a_throttle_sends_a_multiple_of_what_is_accepted() {
    let plan = app(client(300.0), 2, 1, 0, exp(10.0)).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    let plan = with(plan, 11, &[("throttle_ratio", number(2.0)), ("throttle_window_s", number(20.0))]);
    let mut run = plan.run(1, &[]);
    run.run_until(100 * SECOND);
    let of = |run: &Simulation| {
        let report = run.report();
        let edge = edge(&report, 11);
        [edge.issued, failed_by(edge, Outcome::Throttled), edge.ok].map(|count| count as f64)
    };
    let before = of(&run);
    run.run_until(1_100 * SECOND);
    let [issued, throttled, ok] = of(&run);
    let sent = (issued - throttled - before[0] + before[1]) / 1_000.0;
    assert!((sent - 100.0).abs() < 3.0, "{sent}");
    assert!(((ok - before[2]) / 1_000.0 - 50.0).abs() < 1.5, "{ok}");
}

/// A backend admits 100 of 300 a second; with a ratio of two it is asked 200 times, as published.
#[test]
fn a_throttle_before_a_rate_limit() {
    let limit = [("limit_rps", number(100.0)), ("limit_burst", count(10)), ("service_time", constant(0.0))];
    let plan = client(300.0).part(2, "app", &limit).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    let plan = with(plan, 11, &[("throttle_ratio", number(2.0))]);
    let report = run(&plan, &[], 1_300 * SECOND).report();
    let edge = edge(&report, 11);
    let sent = (edge.issued - failed_by(edge, Outcome::Throttled)) as f64 / 1_300.0;
    // The first window, in which nothing is known yet, adds a few calls a second.
    assert!((sent - 200.0).abs() < 5.0, "{sent}");
    assert!((edge.ok as f64 / 1_300.0 - 100.0).abs() < 1.0, "{edge:?}");
}

/// A breaker opens once half of the calls fail, lets one through every five seconds, and closes after the
/// first good one. Each instance of the caller has its own.
#[test]
fn breakers_open_and_close_with_a_line_in_the_log() {
    let plan = client(100.0).count(2);
    let plan = app(plan, 2, 100, 100, constant(1.0)).edge(11, 1, 2, Mode::Sync, 1.0, 1_000.0);
    let plan = with(plan, 11, &[("breaker_share", number(0.5)), ("breaker_window_s", number(2.0))]);
    let steps = [
        fault(10 * SECOND, Verb::Kill, Target::whole(2)),
        fault(22 * SECOND, Verb::Restore, Target::whole(2)),
    ];
    let mut simulation = plan.run(1, &steps);
    simulation.run_until(20 * SECOND);
    assert_eq!(edge(&simulation.report(), 11).breakers_open, 2);
    simulation.run_until(60 * SECOND);
    simulation.audit().unwrap();
    let report = simulation.report();
    let edge = edge(&report, 11);
    assert_eq!(edge.breakers_open, 0);
    // Each sees 100/s: at most two seconds' worth of failures, and two trials.
    let refused = failed_by(edge, Outcome::Refused);
    assert!((100..=2 * 204).contains(&refused), "{refused}");
    assert!(failed_by(edge, Outcome::CircuitOpen) > 2 * 1_000, "{edge:?}");
    let of = |what: fn(&What) -> bool| {
        let lines = simulation.happenings().iter().filter(|line| what(&line.what));
        lines.map(|line| line.at).collect::<Vec<Ns>>()
    };
    let opened = of(|what| matches!(what, What::BreakerOpened { callee: 2, .. }));
    let closed = of(|what| matches!(what, What::BreakerClosed { callee: 2, .. }));
    assert_eq!((opened.len(), closed.len()), (6, 2), "{opened:?} {closed:?}");
    assert!(opened[0] > 10 * SECOND && opened[0] < 12 * SECOND, "{opened:?}");
    assert!(closed.iter().all(|at| (25 * SECOND..28 * SECOND).contains(at)), "{closed:?}");
}

/// A look-up is a call like others: a lost one is asked again.
#[test]
fn look_ups_are_retried() {
    let plan = |retries: u32| {
        let plan = client(50.0).part(2, "dns", &[("ttl_s", number(0.5))]).part(3, "web", &[]);
        let plan = plan.edge(11, 1, 2, Mode::Sync, 1.0, 50.0).edge(12, 2, 3, Mode::Sync, 1.0, 1_000.0);
        with(plan, 11, &[("retries", count(retries)), ("backoff_ms", number(20.0))])
    };
    let glitch = [
        fault(5 * SECOND, Verb::Cut, Target::whole(11)),
        fault(5_600 * MS, Verb::Restore, Target::whole(11)),
    ];
    let lost = |retries: u32| {
        let report = run(&plan(retries), &glitch, 10 * SECOND).report();
        report.requests.failed.iter().sum::<u64>()
    };
    assert!(lost(0) > 20, "{}", lost(0));
    assert_eq!(lost(20), 0);
}

/// What is undone leaves nothing behind: rules that are switched off in the midst of it all.
#[test]
fn policies_may_be_switched_off_while_they_work() {
    use brownout_sim::system::{Action, Change};
    let plan = app(client(500.0), 2, 4, 50, exp(20.0)).edge(11, 1, 2, Mode::Sync, 5.0, 60.0);
    let all = [
        ("retries", count(3)),
        ("retry_budget", number(0.5)),
        ("cancel", Value::Flag(true)),
        ("deadline", Value::Flag(true)),
        ("breaker_share", number(0.9)),
        ("pool_size", count(20)),
        ("pool_wait_ms", number(30.0)),
        ("hedge_ms", number(30.0)),
        ("throttle_ratio", number(3.0)),
    ];
    let busy = with(plan.clone(), 11, &all);
    let mut run = busy.run(1, &[]);
    for second in 1..20 {
        run.run_until(second * SECOND);
        let design = if second % 2 == 0 { &busy } else { &plan };
        run.intervene(&Action::Edit(vec![Change::PutEdge(design.system.edges[0].clone())])).unwrap();
        run.audit().unwrap();
    }
    let report = run.report();
    assert!(edge(&report, 11).hedges > 0 && edge(&report, 11).cancelled > 0, "{:?}", edge(&report, 11));
}
