//! What a deployment costs, and what it costs to notice a bad one.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::Simulation;
use brownout_sim::component::Rollout;
use brownout_sim::observe::{Outcome, What};
use brownout_sim::param::Value;
use brownout_sim::system::{Action, Change, EdgeKind, Mode, Target, Verb};
use common::{MS, Plan, SECOND, constant, count, failed, fault, number, word};

/// 100 requests a second through a balancer 2 to four web servers 3 of 20 ms, and a deployer 4 that begins at 20 s.
fn shop(params: &[(&str, Value)]) -> Plan {
    let mut all = vec![
        ("start_s", number(20.0)),
        ("restart_s", number(5.0)),
        ("cold_s", number(0.0)),
        ("soak_s", number(2.0)),
    ];
    all.extend_from_slice(params);
    let mut plan = Plan::default()
        .part(
            1,
            "client",
            &[("rate_rps", number(100.0)), ("arrival", word("even")), ("static_share", number(1.0))],
        )
        .part(2, "lb", &[("check_s", number(1.0)), ("check_timeout_s", number(0.5))])
        .part(3, "web", &[("static_time", constant(20.0))])
        .count(4)
        .part(4, "deploy", &all)
        .edge(11, 1, 2, Mode::Sync, 1.0, 2_000.0)
        .edge(12, 2, 3, Mode::Forward, 0.5, 0.0)
        .edge(13, 4, 3, Mode::Sync, 0.5, 0.0);
    plan.system.edges[2].kind = EdgeKind::Watches;
    plan
}

fn steps(run: &Simulation) -> Vec<(u64, Rollout, u32)> {
    let lines = run.happenings().iter();
    let of = |line: &brownout_sim::observe::Happening| match line.what {
        What::Rollout { step, instances, .. } => Some((line.at, step, instances)),
        _ => None,
    };
    lines.filter_map(of).collect()
}

fn gauge(run: &Simulation, name: &str) -> f64 {
    let report = run.report();
    let deploy = report.components.iter().find(|part| part.id == 4).unwrap();
    deploy.gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

/// Runs for so long; how many requests failed.
fn after(plan: &Plan, seconds: u64) -> (Simulation, u64) {
    let mut run = plan.run(1, &[]);
    for second in 0..seconds {
        run.run_until(second * SECOND);
        run.audit().unwrap();
    }
    run.run_until(seconds * SECOND);
    let lost = failed(&run.report());
    (run, lost)
}

#[test]
fn rolling_with_draining_costs_nobody_anything() {
    let mut run = shop(&[]).run(1, &[]);
    let mut fewest = 4;
    for tenth in 0..800 {
        run.run_until(tenth * 100 * MS);
        let picture = run.picture(0);
        let web = picture.parts.iter().find(|part| part.id == 3).unwrap();
        fewest = fewest.min(web.up.iter().filter(|up| **up).count());
    }
    run.audit().unwrap();
    assert_eq!(failed(&run.report()), 0, "{:?}", run.report().requests);
    assert_eq!(fewest, 3, "one at a time");
    assert_eq!((gauge(&run, "targets"), gauge(&run, "updated_targets")), (4.0, 4.0));
    let steps = steps(&run);
    let kinds: Vec<Rollout> = steps.iter().map(|(_, step, _)| *step).collect();
    assert_eq!(kinds[0], Rollout::Began);
    assert_eq!(kinds[1..5], [Rollout::Updated; 4]);
    assert_eq!(kinds[5..], [Rollout::Finished]);
    // By hand: 5 s of restart, two checks a second apart, 2 s of observation; what is open is over in 0.1 s.
    let took = (steps[5].0 - steps[0].0) as f64 / 1e9;
    assert!((4.0 * 8.0..4.0 * 8.3).contains(&took), "{took}");
}

#[test]
fn without_draining_what_is_open_is_reset_and_the_balancer_learns_by_failures() {
    let (run, lost) = after(&shop(&[("drain_s", number(0.0))]), 80);
    let report = run.report();
    let [reset, refused] = [Outcome::Reset, Outcome::Refused].map(|how| report.requests.failed[how as usize]);
    assert!(reset > 0, "{:?}", report.requests);
    // Four times a quarter of 100/s until three checks have failed: 2 to 3 s each.
    assert!((180..320).contains(&refused), "{:?}", report.requests);
    assert_eq!(lost, reset + refused);
    assert_eq!(gauge(&run, "updated_targets"), 4.0);
}

#[test]
fn without_a_balancer_nobody_hears_of_the_draining() {
    let mut plan = shop(&[]);
    plan.system.edges.remove(1);
    plan.system.parts.remove(1);
    plan.system.edges[0].to = 3;
    let (_, lost) = after(&plan, 80);
    // Each of four is away for 5 s and gets 25/s meanwhile.
    assert!((490..515).contains(&lost), "{lost}");
}

#[test]
fn all_at_once_is_an_outage_as_long_as_the_restart() {
    let (run, lost) = after(&shop(&[("strategy", word("big_bang"))]), 60);
    assert_eq!(gauge(&run, "updated_targets"), 4.0);
    // 5 s of restart, 1 s of the gate, and the balancer's own two good checks: 100/s find nobody meanwhile.
    assert!((600..710).contains(&lost), "{lost}");
    let (_, longer) = after(&shop(&[("strategy", word("big_bang")), ("restart_s", number(10.0))]), 60);
    assert!((longer as f64 - lost as f64 - 500.0).abs() < 20.0, "{lost} {longer}");
}

#[test]
fn a_long_call_outlives_the_draining_only_if_it_may() {
    let lost = |drain: f64| {
        let mut plan = shop(&[("drain_s", number(drain)), ("gate", Value::Flag(false))]);
        common::set(&mut plan.system.parts[2].params, "static_time", constant(1_500.0));
        common::set(&mut plan.system.parts[1].params, "check_timeout_s", number(1.9));
        let (_, lost) = after(&plan, 80);
        lost
    };
    assert_eq!(lost(3.0), 0);
    // 25 to 33/s of 1.5 s are open at each of four; half a second of draining ends a third of them.
    let reset = lost(0.5);
    assert!((80..=140).contains(&reset), "{reset}");
}

#[test]
fn the_gate_keeps_a_bad_version_from_all_visitors() {
    let bad = ("fails", number(1.0));
    let (run, lost) = after(&shop(std::slice::from_ref(&bad)), 60);
    assert_eq!(lost, 0, "{:?}", run.report().requests);
    let kinds: Vec<Rollout> = steps(&run).iter().map(|(_, step, _)| *step).collect();
    let wanted = [Rollout::Began, Rollout::Failed, Rollout::RollsBack, Rollout::Updated, Rollout::RolledBack];
    assert_eq!(kinds, wanted);
    assert_eq!((gauge(&run, "updated_targets"), gauge(&run, "rollbacks")), (0.0, 1.0));
    // Without the gate, and with a balancer that only looks whether somebody listens, the first batch takes traffic
    // until the observation is over: a quarter of 100/s for what is left of 5 s.
    let seen_by_visitors = |extra: &[(&str, Value)], seconds| {
        let mut all = vec![bad.clone(), ("gate", Value::Flag(false)), ("soak_s", number(5.0))];
        all.extend_from_slice(extra);
        let mut plan = shop(&all);
        common::set(&mut plan.system.parts[1].params, "check", word("tcp"));
        let (run, lost) = after(&plan, seconds);
        (gauge(&run, "updated_targets"), lost)
    };
    let (updated, lost) = seen_by_visitors(&[], 60);
    assert!(updated == 0.0 && (40..=130).contains(&lost), "{updated} {lost}");
    // Without rollback too, it stays.
    let (updated, lost) = seen_by_visitors(&[("rollback", Value::Flag(false))], 60);
    assert!(updated == 1.0 && lost > 500, "{updated} {lost}");
    // Nobody looks at anything: all are bad in the end.
    let (updated, lost) = seen_by_visitors(&[("errors_above", number(1.0))], 90);
    assert!(updated == 4.0 && lost > 2_000, "{updated} {lost}");
}

#[test]
fn an_observation_that_ends_before_the_traffic_is_back_sees_nothing() {
    // The balancer has taken each out for being away, and its own checks keep the bad version out: nobody sees an
    // error until the last good one is gone.
    let blind = [("fails", number(1.0)), ("gate", Value::Flag(false))];
    let mut run = shop(&blind).run(1, &[]);
    run.run_until(100 * SECOND);
    let steps = steps(&run);
    let failed = steps.iter().position(|(_, step, _)| *step == Rollout::Failed).unwrap();
    assert!(failed >= 4, "{steps:?}");
    assert_eq!(run.windows()[35].failed(), 0);
    assert!(run.windows()[44].failed() > 90);
    assert_eq!((gauge(&run, "updated_targets"), gauge(&run, "rollbacks")), (0.0, 1.0));
}

#[test]
fn a_version_fails_as_often_as_it_says_and_costs_what_it_says() {
    let some = [
        ("fails", number(0.2)),
        ("strategy", word("big_bang")),
        ("gate", Value::Flag(false)),
        ("errors_above", number(1.0)),
    ];
    let mut plan = shop(&some);
    common::set(&mut plan.system.parts[1].params, "check", word("none"));
    let mut run = plan.run(1, &[]);
    run.run_until(80 * SECOND);
    let windows = &run.windows()[40..];
    let errors: u64 = windows.iter().map(|window| window.outcomes[Outcome::Upstream as usize]).sum();
    // 4,000 calls, a fifth of them, within four standard deviations.
    assert!((700..900).contains(&errors), "{errors}");
    run.audit().unwrap();
    let slow = [("slower", number(3.0)), ("strategy", word("big_bang"))];
    let mut run = shop(&slow).run(1, &[]);
    run.run_until(60 * SECOND);
    let means = run.window_means();
    let [before, then] = [means[10], means[55]].map(|mean| mean.unwrap() / 1e6);
    assert!((before - 23.0).abs() < 0.01 && (then - 63.0).abs() < 0.01, "{before} {then}");
}

#[test]
fn who_has_just_started_is_slow_at_first() {
    let cold = [("cold_s", number(10.0)), ("cold_times", number(5.0)), ("strategy", word("big_bang"))];
    let mut run = shop(&cold).run(1, &[]);
    run.run_until(60 * SECOND);
    let means: Vec<f64> = run.window_means().iter().map(|mean| mean.unwrap_or(0.0) / 1e6).collect();
    // Up again at 25 s, warm at 35 s.
    assert!((means[32] - 103.0).abs() < 0.01 && (means[40] - 23.0).abs() < 0.01, "{means:?}");
    run.audit().unwrap();
}

#[test]
fn an_alert_of_a_monitor_undoes_a_deployment() {
    let slow = [
        ("slower", number(30.0)),
        ("gate", Value::Flag(false)),
        ("soak_s", number(15.0)),
        ("check_timeout_s", number(0.5)),
    ];
    let monitored = |is_connected: bool| {
        let mut plan = shop(&slow)
            .part(
                5,
                "monitor",
                &[
                    ("check_s", number(1.0)),
                    ("metric", word("response")),
                    ("response_above_ms", number(300.0)),
                    ("for_s", number(3.0)),
                ],
            )
            .edge(14, 5, 3, Mode::Sync, 0.5, 0.0)
            .edge(15, 4, 5, Mode::Sync, 0.5, 0.0);
        plan.system.edges[3].kind = EdgeKind::Watches;
        plan.system.edges[4].kind = EdgeKind::Watches;
        if !is_connected {
            plan.system.edges.pop();
        }
        let (run, _) = after(&plan, 120);
        (gauge(&run, "rollbacks"), gauge(&run, "updated_targets"))
    };
    assert_eq!(monitored(true), (1.0, 0.0));
    assert_eq!(monitored(false), (0.0, 4.0));
}

#[test]
fn a_deployer_that_dies_leaves_half_of_it_done_and_goes_on_when_it_comes_back() {
    let strikes = [
        fault(32 * SECOND, Verb::Kill, Target::whole(4)),
        fault(60 * SECOND, Verb::Restore, Target::whole(4)),
    ];
    let mut run = shop(&[]).run(1, &strikes);
    run.run_until(59 * SECOND);
    run.audit().unwrap();
    // One is updated; the second was stopped, and nobody starts it.
    assert_eq!(gauge(&run, "updated_targets"), 1.0);
    let up = |run: &Simulation| {
        let picture = run.picture(0);
        let web = picture.parts.iter().find(|part| part.id == 3).unwrap();
        web.up.iter().filter(|up| **up).count()
    };
    assert_eq!(up(&run), 3);
    run.run_until(110 * SECOND);
    assert_eq!((up(&run), gauge(&run, "updated_targets")), (4, 4.0));
    assert_eq!(failed(&run.report()), 0);
    run.audit().unwrap();
}

#[test]
fn there_is_one_of_a_deployer() {
    let mut plan = shop(&[]);
    plan.system.parts[3].count = 2;
    assert!(plan.system.validate().unwrap_err().to_string().starts_with("parts[3].count: "));
    assert!(plan.system.parts[3].params.set(2, count(0)).is_err());
}

/// Up to ten app servers of ten threads and 100 ms: each is 60 % busy at 60 a second. 50 a second come, from 100 s to
/// 400 s 300.
fn scaled(params: &[(&str, Value)]) -> Plan {
    let mut all = vec![
        ("scales", word("utilisation")),
        ("boot_s", number(30.0)),
        ("cold_s", number(0.0)),
        ("scale_down_s", number(60.0)),
    ];
    all.extend_from_slice(params);
    let rates = |rates: &[f64]| Value::List(rates.into());
    let client = [
        ("arrival", word("rates")),
        ("rates_rps", rates(&[50.0, 300.0, 50.0])),
        ("rates_at_s", rates(&[0.0, 100.0, 400.0])),
        ("rates_step_s", number(600.0)),
        ("static_share", number(0.0)),
    ];
    let app = [("threads", count(10)), ("backlog", count(1_000)), ("service_time", constant(100.0))];
    let mut plan = Plan::default()
        .part(1, "client", &client)
        .part(2, "lb", &[("check_s", number(1.0)), ("check_timeout_s", number(0.5))])
        .part(3, "app", &app)
        .count(10)
        .part(4, "deploy", &all)
        .edge(11, 1, 2, Mode::Sync, 1.0, 2_000.0)
        .edge(12, 2, 3, Mode::Forward, 0.5, 0.0)
        .edge(13, 4, 3, Mode::Sync, 0.5, 0.0);
    plan.system.edges[2].kind = EdgeKind::Watches;
    plan
}

/// A surge meets one instance; 15 s later it is seen, 30 s after that more are there, and so on until there are enough:
/// five or six. After it they go, and nobody's request is lost by that.
#[test]
fn instances_follow_the_load_with_a_lag() {
    let mut run = scaled(&[]).run(1, &[]);
    let mut failed_until = |seconds: u64| {
        run.run_until(seconds * SECOND);
        run.audit().unwrap();
        (failed(&run.report()), gauge(&run, "running_targets"), run.report().cost_per_hour)
    };
    let (before, running, _) = failed_until(100);
    assert_eq!((before, running), (0, 1.0));
    // One instance for 250 more than it can do: most give up, until the first new ones are there.
    let (lagging, running, _) = failed_until(128);
    assert!(lagging > 1_000 && running == 1.0, "{lagging} {running}");
    let (_, running, _) = failed_until(250);
    // What had piled up looked like load: it went beyond what is needed, and comes back after the cooldown.
    assert!((5.0..=8.0).contains(&running), "{running}");
    let (settled, ..) = failed_until(260);
    let (later, running, _) = failed_until(399);
    assert!((5.0..=6.0).contains(&running) && settled == later, "{running} {settled} {later}");
    let (end, running, cost) = failed_until(600);
    assert_eq!((end, running), (later, 1.0));
    // Those that are stopped cost nothing: a balancer, one instance most of the time, half of the time five or six.
    assert!((0.2..0.7).contains(&cost), "{cost}");
    // All ten from the start fail nobody, and cost more; one alone fails most.
    let fixed = |count: u32| {
        let mut plan = scaled(&[("scales", word("none")), ("start_s", number(10_000.0))]);
        plan.system.parts[2].count = count;
        let mut run = plan.run(1, &[]);
        run.run_until(600 * SECOND);
        (failed(&run.report()), run.report().cost_per_hour)
    };
    let ((none, all), (most, one)) = (fixed(10), fixed(1));
    assert_eq!(none, 0);
    assert!(most > 20 * end / 10 && one < cost && cost < all, "{most} {end} {one} {cost} {all}");
}

/// What an autoscaler keeps back is not down: nothing has happened to it. What dies is.
#[test]
fn parked_instances_are_not_down() {
    let kill = fault(50 * SECOND, Verb::Kill, Target { id: 3, instance: Some(1) });
    let mut run = scaled(&[]).run(1, &[kill]);
    let mut down_at = |seconds: u64| {
        run.run_until(seconds * SECOND);
        let picture = run.picture(0);
        picture.parts.iter().find(|part| part.id == 3).unwrap().count_down()
    };
    assert_eq!(down_at(40), [0, 9]);
    assert_eq!(down_at(51), [1, 9]);
}

/// Faults, edits and restores beside an autoscaler; the audit counts along.
#[test]
fn scaling_among_everything() {
    let mut run =
        scaled(&[("scale_look_s", number(1.0)), ("boot_s", number(1.0)), ("scale_down_s", number(0.0))])
            .run(1, &[]);
    for step in 1..240_u64 {
        run.run_until((80 + step) * SECOND);
        let instance = |at: u64| Target::one(3, 1 + at as u32 % run.system().parts[2].count);
        let (verb, target) = match step % 7 {
            0 => (Verb::Kill, instance(step / 7)),
            1 => (Verb::Restore, Target::whole(3)),
            2 => (Verb::Kill, Target::whole(4)),
            3 => (Verb::Restore, Target::whole(4)),
            4 => (Verb::Pause, Target::one(3, 1)),
            _ => (Verb::Restore, instance(step)),
        };
        run.intervene(&brownout_sim::system::Action::Do { verb, target }).unwrap();
        if step % 11 == 0 {
            let mut part = run.system().parts[if step % 2 == 0 { 3 } else { 2 }].clone();
            if part.id == 4 {
                let word = if step % 4 == 0 { "none" } else { "utilisation" };
                common::set(&mut part.params, "scales", Value::Choice(word));
            } else {
                part.count = 1 + (step % 12) as u32;
            }
            run.intervene(&brownout_sim::system::Action::Edit(vec![brownout_sim::system::Change::PutPart(
                part,
            )]))
            .unwrap();
        }
        run.audit().unwrap();
    }
    assert!(run.report().requests.succeeded > 2_000);
}

/// A version a minute from 20 s on; dead from 100 s to 700 s, the deployer goes on with one and does not make up for the
/// ten that it missed. A pace of 10 s is felt at once by the one that waits.
#[test]
fn versions_come_at_their_pace_also_after_a_death() {
    let plan = shop(&[("every_s", number(60.0)), ("strategy", word("big_bang"))]);
    let dead = [
        fault(100 * SECOND, Verb::Kill, Target::whole(4)),
        fault(700 * SECOND, Verb::Restore, Target::whole(4)),
    ];
    let mut run = plan.run(1, &dead);
    run.run_until(90 * SECOND);
    assert_eq!(gauge(&run, "versions"), 2.0);
    run.run_until(759 * SECOND);
    assert_eq!(gauge(&run, "versions"), 3.0);
    run.run_until(780 * SECOND);
    assert_eq!(gauge(&run, "versions"), 4.0);
    let mut part = run.system().parts[3].clone();
    common::set(&mut part.params, "every_s", number(10.0));
    run.intervene(&Action::Edit(vec![Change::PutPart(part)])).unwrap();
    run.run_until(799 * SECOND);
    assert_eq!(gauge(&run, "versions"), 6.0);
    run.audit().unwrap();
}
