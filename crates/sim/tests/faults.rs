//! What fails when something breaks, when it is noticed, and what is left when it is repaired.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::observe::{Outcome, What};
use brownout_sim::system::{Mode, Target, Verb};
use common::{MS, Plan, SECOND, constant, count, failed, fault, number, three_tiers, word};

#[test]
fn a_healthy_system_answers_everything() {
    let mut run = three_tiers().run(1, &[]);
    run.run_until(20 * SECOND);
    let report = run.report();
    assert_eq!(failed(&report), 0, "{report:#?}");
    // 200/s for 20 s: 4,000 ± 4 standard deviations of a Poisson count.
    assert!((3_750..4_250).contains(&report.requests.issued), "{:?}", report.requests);
    assert!(report.requests.in_flight < 60, "{:?}", report.requests);
    // Two crossings of 20.5 ms, and at least the web server's work.
    assert!(report.latency.p50.unwrap() > 41.0, "{:?}", report.latency);
    run.audit().unwrap();
}

#[test]
fn one_dead_web_server_hurts_until_the_checks_have_noticed() {
    let plan = [fault(10 * SECOND, Verb::Kill, Target::whole(3))];
    let mut run = three_tiers().run(1, &plan);
    run.run_until(30 * SECOND);
    let refused: Vec<u64> = run.windows().iter().map(brownout_sim::observe::Window::failed).collect();
    assert!(refused[..10].iter().all(|count| *count == 0), "{refused:?}");
    assert!(refused[10] > 20, "half of 200/s fails: {refused:?}");
    // Three misses of a check a second: noticed after 2 to 3 seconds and the last check's own time.
    assert!(refused[14..].iter().all(|count| *count == 0), "{refused:?}");
    let taken_out = run.happenings().iter().find(|line| matches!(line.what, What::TakenOut { .. })).unwrap();
    assert!((12 * SECOND..14 * SECOND).contains(&taken_out.at), "{taken_out:?}");
    let outage = &run.report().outages[0];
    assert_eq!((outage.start, outage.detected), (10 * SECOND, Some(taken_out.at)));
    assert!(outage.recovered.unwrap() <= 14 * SECOND && outage.failed_requests > 100, "{outage:?}");
    run.audit().unwrap();
}

#[test]
fn both_dead_is_an_outage_and_restore_ends_it() {
    let plan = [
        fault(5 * SECOND, Verb::Kill, Target::whole(3)),
        fault(5 * SECOND, Verb::Kill, Target::whole(4)),
        fault(15 * SECOND, Verb::Restore, Target::whole(3)),
    ];
    let mut run = three_tiers().run(2, &plan);
    run.run_until(25 * SECOND);
    let good: Vec<u64> = run.windows().iter().map(|window| window.good).collect();
    assert!(good[6..15].iter().all(|count| *count == 0), "{good:?}");
    assert!(good[20..].iter().all(|count| *count > 100), "{good:?}");
    let no_target: u64 = run.windows().iter().map(|window| window.outcomes[Outcome::NoTarget as usize]).sum();
    assert!(no_target > 500, "once both are out, the balancer says so: {no_target}");
    run.audit().unwrap();
}

#[test]
fn a_crash_resets_what_was_being_worked_on_and_its_own_calls_are_abandoned() {
    let plan = [fault(5 * SECOND, Verb::Kill, Target::whole(5))];
    let mut run = three_tiers().run(3, &plan);
    run.run_until(5 * SECOND + 100 * MS);
    let report = run.report();
    let app = report.components.iter().find(|part| part.id == 5).unwrap();
    assert!(app.errors[Outcome::Reset as usize] > 0, "{app:?}");
    let to_db = report.edges.iter().find(|edge| edge.id == 16).unwrap();
    let given_up = to_db.issued - to_db.ok - to_db.failed.iter().sum::<u64>() - to_db.open;
    assert_eq!(given_up, to_db.late + to_db.lost + to_db.abandoned);
    run.audit().unwrap();
}

#[test]
fn a_cut_edge_is_silent_and_callers_time_out() {
    let plan = [
        fault(5 * SECOND, Verb::Cut, Target::whole(16)),
        fault(10 * SECOND, Verb::Restore, Target::whole(16)),
    ];
    let mut run = three_tiers().run(4, &plan);
    run.run_until(20 * SECOND);
    let to_db = run.report().edges.iter().find(|edge| edge.id == 16).unwrap().clone();
    assert!(to_db.failed[Outcome::TimedOut as usize] > 300, "{to_db:?}");
    assert_eq!(to_db.lost + to_db.late, to_db.failed[Outcome::TimedOut as usize], "{to_db:?}");
    assert_eq!(run.windows()[18].failed(), 0, "it heals");
    run.audit().unwrap();
}

#[test]
fn one_of_three_instances_takes_its_share_with_it() {
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(300.0)), ("static_share", number(1.0))])
        .part(2, "web", &[])
        .count(3)
        .edge(11, 1, 2, Mode::Sync, 1.0, 1_000.0);
    let mut run = plan.run(5, &[fault(0, Verb::Kill, Target::one(2, 2))]);
    run.run_until(10 * SECOND);
    let report = run.report();
    let refused = report.requests.failed[Outcome::Refused as usize];
    // Nobody checks: exactly every third call goes to the dead one.
    assert!(refused.abs_diff(report.requests.issued / 3) <= 1, "{:?}", report.requests);
}

#[test]
fn a_full_queue_refuses_and_counts_where_it_happens() {
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(200.0))])
        .part(2, "app", &[("threads", count(1)), ("backlog", count(3)), ("service_time", constant(10.0))])
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    let mut run = plan.run(6, &[]);
    run.run_until(50 * SECOND);
    let report = run.report();
    let app = report.components.iter().find(|part| part.id == 2).unwrap();
    assert_eq!(
        app.errors[Outcome::Overloaded as usize],
        report.requests.failed[Outcome::Overloaded as usize]
    );
    assert!(app.utilisation.unwrap() > 0.98 && app.queue_max == 3, "{app:?}");
    // One worker and 10 ms: 100/s at the most.
    assert!((98.0..=100.1).contains(&report.goodput_rps), "{}", report.goodput_rps);
}

#[test]
fn late_answers_are_no_goodput_and_the_work_goes_on() {
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(10.0))])
        .part(2, "app", &[("service_time", constant(300.0))])
        .edge(11, 1, 2, Mode::Sync, 0.0, 100.0);
    let mut run = plan.run(7, &[]);
    run.run_until(20 * SECOND);
    let report = run.report();
    assert_eq!(report.requests.succeeded, 0);
    assert_eq!(report.goodput_rps, 0.0);
    assert!((8.0..12.0).contains(&report.throughput_rps), "late answers are finished work: {report:#?}");
    let edge = &report.edges[0];
    assert_eq!(edge.late + edge.abandoned, edge.failed[Outcome::TimedOut as usize]);
    run.audit().unwrap();
}

#[test]
fn names_are_kept_until_their_ttl_runs_out() {
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(100.0)), ("static_share", number(1.0))])
        .part(2, "dns", &[("ttl_s", number(5.0))])
        .part(3, "web", &[])
        .part(4, "web", &[])
        .edge(11, 1, 2, Mode::Sync, 10.0, 2_000.0)
        .edge(12, 2, 3, Mode::Sync, 1.0, 1_000.0)
        .edge(13, 2, 4, Mode::Sync, 1.0, 1_000.0);
    let mut run = plan.run(8, &[fault(11 * SECOND, Verb::Kill, Target::whole(2))]);
    run.run_until(20 * SECOND);
    let report = run.report();
    let look_ups = report.edges.iter().find(|edge| edge.id == 11).unwrap();
    // At 0, about 5 and about 10 s, then one failed one a second after 15 s: failures are kept for 1 s.
    assert_eq!(look_ups.ok, 3, "{look_ups:?}");
    assert!((4..=6).contains(&look_ups.failed[Outcome::Refused as usize]), "{look_ups:?}");
    let bad: Vec<u64> =
        run.windows().iter().map(|window| window.outcomes[Outcome::Unresolved as usize]).collect();
    assert!(
        bad[..15].iter().all(|count| *count == 0) && bad[17] > 50,
        "a dead name server is felt late: {bad:?}"
    );
    // Every request goes to one server while the answer is kept, then to the other.
    let [to_web, to_other] = [12, 13].map(|id| report.edges.iter().find(|edge| edge.id == id).unwrap().ok);
    assert!(to_web > 700 && to_other > 350, "{to_web} {to_other}");
    run.audit().unwrap();
}

#[test]
fn a_connection_check_does_not_notice_a_server_that_is_busy() {
    let story = |check: &'static str| {
        let plan = Plan::default()
            .part(1, "client", &[("rate_rps", number(50.0))])
            .part(
                2,
                "lb",
                &[("check", word(check)), ("check_s", number(1.0)), ("check_timeout_s", number(0.5))],
            )
            .part(3, "app", &[("threads", count(1)), ("service_time", constant(100.0))])
            .edge(11, 1, 2, Mode::Sync, 1.0, 1_000.0)
            .edge(12, 2, 3, Mode::Forward, 1.0, 0.0);
        let mut run = plan.run(9, &[]);
        run.run_until(20 * SECOND);
        run.audit().unwrap();
        run.happenings().iter().filter(|line| matches!(line.what, What::TakenOut { .. })).count()
    };
    assert_eq!(story("tcp"), 0);
    assert!(story("http") > 0);
}

#[path = "faults/experiments.rs"]
mod experiments;
