//! Messages that take different times, against what is known of them.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::Simulation;
use brownout_sim::observe::{EdgeReport, Report, Way};
use brownout_sim::param::Law;
use brownout_sim::system::{Action, Change, Mode, Order, Target, Verb};
use common::{MS, Plan, SECOND, constant, count, fault, number};

/// 100 requests a second to a server that takes no time, over an edge of this jitter.
fn one_edge(jitter: Law, order: Order) -> Plan {
    let mut plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(100.0)), ("static_share", number(0.0))])
        .part(2, "app", &[("service_time", constant(0.0)), ("threads", count(10_000))])
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    plan.system.edges[0].net.jitter = jitter;
    plan.system.edges[0].net.order = order;
    plan
}

fn edge(report: &Report) -> &EdgeReport {
    &report.edges[0]
}

fn exponential(mean_ms: f64) -> Law {
    Law::Exponential { mean_ms }
}

/// How many requests are on their way, on average over 20,000 looks.
fn under_way(run: &mut Simulation) -> f64 {
    let mut sum = 0_usize;
    for look in 1..=20_000 {
        run.run_until(look * 100 * MS);
        let picture = run.picture(10_000);
        assert_eq!(picture.messages as usize, picture.dots.len());
        assert!(picture.dots.iter().all(|dot| (0.0..=1.0).contains(&dot.position)));
        sum += picture.dots.iter().filter(|dot| dot.way == Way::Request).count();
    }
    sum as f64 / 20_000.0
}

/// Two exponential ways are a gamma of shape 2: mean 20 ms, median 16.783 ms. Over 200,000 answers the mean
/// has a standard error of 14.14 / √200,000 = 0.032 ms, the median one of 0.5 / (f √n) = 0.036 ms.
#[test]
fn each_way_is_drawn_by_itself() {
    let mut run = one_edge(exponential(10.0), Order::Any).run(1, &[]);
    run.run_until(2_000 * SECOND);
    let latency = edge(&run.report()).latency;
    assert!((latency.mean.unwrap() - 20.0).abs() < 4.5 * 0.032, "{latency:?}");
    assert!((latency.p50.unwrap() - 16.783).abs() < 4.5 * 0.036 + 0.008 * 16.8, "{latency:?}");
}

/// By Little, 100 a second that take 10 ms each are one at a time, spread as Poisson; looks 0.1 s apart are
/// nearly independent: 1 / √20,000 = 0.007.
#[test]
fn messages_that_may_overtake_take_as_long_as_drawn() {
    let mean = under_way(&mut one_edge(exponential(10.0), Order::Any).run(1, &[]));
    assert!((mean - 1.0).abs() < 4.5 * 0.008, "{mean}");
}

/// In order, a message arrives with the slowest before it: `P(W <= x) = (1 - e^-x) exp(-r e^-x)` for Poisson
/// sending and r messages in a mean time, of mean `Ein(r) + (1 - e^-r) / r`: 1.42872 for r = 1.
#[test]
fn messages_in_order_wait_for_the_slowest_before_them() {
    let mean = under_way(&mut one_edge(exponential(10.0), Order::Sent).run(1, &[]));
    assert!((mean - 1.428_72).abs() < 4.5 * 0.011, "{mean}");
}

/// A jitter that is always the same is a longer latency, to the last request; and none is none.
#[test]
fn a_constant_jitter_is_a_latency() {
    let report = |latency: f64, jitter: f64, order: Order| {
        let mut plan = one_edge(Law::Constant { ms: jitter }, order);
        plan.system.edges[0].net.latency_ms.0 = latency;
        let mut run = plan.run(1, &[]);
        run.run_until(50 * SECOND);
        run.report()
    };
    let long = report(7.5, 0.0, Order::Any);
    for (latency, jitter) in [(5.0, 2.5), (0.0, 7.5)] {
        for order in [Order::Any, Order::Sent] {
            let other = report(latency, jitter, order);
            assert_eq!((&other.latency, &other.series), (&long.latency, &long.series));
        }
    }
}

/// A cut loses what travels by itself as well; what was sent before an edit arrives when it was to.
#[test]
fn cuts_and_edits_know_of_every_message() {
    for order in [Order::Any, Order::Sent] {
        let mut plan = one_edge(exponential(200.0), order);
        plan.system.edges[0].policy.timeout_ms.0 = 1_000.0;
        let steps = [
            fault(2 * SECOND, Verb::Cut, Target::whole(11)),
            fault(3 * SECOND, Verb::Restore, Target::whole(11)),
        ];
        let mut run = plan.run(1, &steps);
        run.run_until(2 * SECOND - 1);
        assert!(run.picture(1_000).messages > 10);
        run.run_until(2 * SECOND);
        assert_eq!(run.picture(1_000).messages, 0);
        run.run_until(6 * SECOND);
        run.audit().unwrap();
        let now = run.picture(10_000).messages;
        assert!(now > 10);
        let mut plain = plan.system.edges[0].clone();
        plain.net.jitter = Law::Constant { ms: 0.0 };
        run.intervene(&Action::Edit(vec![Change::PutEdge(plain)])).unwrap();
        assert!(run.picture(10_000).messages >= now);
        run.run_until(20 * SECOND);
        run.audit().unwrap();
        assert_eq!(run.picture(10_000).messages, 0);
        let report = run.report();
        // All that was on its way at the cut, or sent before the repair, was given up.
        assert!(edge(&report).lost > 100, "{order:?}: {:?}", edge(&report));
        assert_eq!(edge(&report).abandoned, 0);
    }
}

/// Health checks have no name, and still each takes its own time.
#[test]
fn checks_do_not_all_take_equally_long() {
    let mut plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(1.0))])
        .part(
            2,
            "lb",
            &[
                ("check_s", number(0.1)),
                ("check_timeout_s", number(0.05)),
                ("fall", count(1)),
                ("rise", count(1)),
            ],
        )
        .part(3, "web", &[("static_time", constant(0.0))])
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Forward, 0.0, 0.0);
    plan.system.edges[1].net.jitter = exponential(10.0);
    let mut run = plan.run(1, &[]);
    run.run_until(1_000 * SECOND);
    // There and back in more than 50 ms: e^-5 (1 + 5) = 4.04 %, of 10,000 checks.
    let report = run.report();
    let checks = report.edges.iter().find(|edge| edge.id == 12).unwrap();
    let late = checks.failed[brownout_sim::observe::Outcome::TimedOut as usize];
    assert!((300..520).contains(&late), "{late} of {}", checks.issued);
}

/// Each message is lost by itself: with a tenth lost each way 0.81 of the calls are answered, the others given
/// up and lost; and with three retries all but 0.19⁴ of the requests. Over 50,000 requests the first has a
/// standard error of 0.0018, the second one of 0.00016.
#[test]
fn a_share_of_all_messages_is_lost() {
    for latency in [0.0, 4.0] {
        let mut plan = one_edge(Law::Constant { ms: 0.0 }, Order::Any);
        let settings = &mut plan.system.edges[0];
        settings.net.loss.0 = 0.1;
        settings.net.latency_ms.0 = latency;
        settings.policy.timeout_ms.0 = 50.0;
        let mut run = plan.run(1, &[]);
        run.run_until(500 * SECOND);
        run.audit().unwrap();
        let report = run.report();
        let share = report.availability.unwrap();
        assert!((share - 0.81).abs() < 4.5 * 0.0018, "{share}");
        let one = edge(&report);
        assert_eq!((one.late, one.abandoned), (0, 0));
        assert_eq!(one.lost, one.failed[brownout_sim::observe::Outcome::TimedOut as usize]);
        plan.system.edges[0].policy.retries.0 = 3;
        let mut run = plan.run(1, &[]);
        run.run_until(500 * SECOND);
        let failed = 1.0 - run.report().availability.unwrap();
        assert!((failed - 0.001_303).abs() < 4.5 * 0.000_17, "{failed}");
    }
}
