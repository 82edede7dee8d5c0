//! Queues against closed forms. The long cases stand in the theory tests; these are the engine's own.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::system::Mode;
use common::{Plan, SECOND, count, exp, number};

const BACKLOG: u32 = 1_000_000;

fn server(plan: Plan, id: u32, threads: u32, mean_ms: f64) -> Plan {
    plan.part(
        id,
        "app",
        &[("threads", count(threads)), ("backlog", count(BACKLOG)), ("service_time", exp(mean_ms))],
    )
}

/// M/M/1 at 80/s and 100/s: waiting 40 ms, response 50 ms. Over 4 × 10^5 requests the mean wait has a
/// standard error of 0.461 / sqrt(n) s = 0.73 ms (asymptotic, correlation included); four of them.
#[test]
fn m_m_1() {
    let plan = Plan::default().part(1, "client", &[("rate_rps", number(80.0))]);
    let plan = server(plan, 2, 1, 10.0).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    let mut run = plan.run(1, &[]);
    run.run_until(5_000 * SECOND);
    let report = run.report();
    let app = &report.components[1];
    assert!((app.wait.mean.unwrap() - 40.0).abs() < 2.9, "{app:?}");
    assert!((app.utilisation.unwrap() - 0.8).abs() < 0.006, "{app:?}");
    // Little's law holds exactly for the queue: time-average length = rate × mean wait, but for the ends.
    let little = app.offered_rps * app.wait.mean.unwrap() / 1e3;
    assert!((app.queue_mean - little).abs() < 0.01, "{} {little}", app.queue_mean);
    assert!((report.latency.mean.unwrap() - 50.0).abs() < 3.0, "{:?}", report.latency);
}

/// M/M/8 at 0.9: Erlang C gives a mean wait of 0.8769 service times. 7.2 × 10^5 requests.
#[test]
fn m_m_8() {
    let plan = Plan::default().part(1, "client", &[("rate_rps", number(720.0))]);
    let plan = server(plan, 2, 8, 10.0).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    let mut run = plan.run(2, &[]);
    run.run_until(1_000 * SECOND);
    let wait = run.report().components[1].wait.mean.unwrap();
    assert!((wait - 8.769).abs() < 0.75, "{wait}");
}

/// A tandem of M/M/4, M/M/4, M/M/2 at 0.7 each, handed over: sojourn 3.6948 service times of the first.
#[test]
fn a_tandem_by_forwarding() {
    let plan = Plan::default().part(1, "client", &[("rate_rps", number(280.0))]);
    let plan = server(server(server(plan, 2, 4, 10.0), 3, 4, 10.0), 4, 2, 5.0)
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Forward, 0.0, 0.0)
        .edge(13, 3, 4, Mode::Forward, 0.0, 0.0);
    let mut run = plan.run(3, &[]);
    run.run_until(1_500 * SECOND);
    let report = run.report();
    let sojourn = report.latency.mean.unwrap();
    assert!((sojourn - 36.948).abs() < 0.6, "{sojourn}");
    assert_eq!(report.requests.issued, report.requests.succeeded + report.requests.in_flight);
}

/// Feedback with probability 0.4: the server sees 1 / 0.6 of the arrivals, and the network stays a
/// product form. 30/s outside, 50/s inside, 100/s served: 1 / (100 - 50) s a visit, 33.3 ms in all.
#[test]
fn feedback_with_an_exit() {
    let plan = Plan::default().part(1, "client", &[("rate_rps", number(30.0))]);
    let plan = server(plan, 2, 1, 10.0)
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 2, Mode::Forward, 0.0, 0.0)
        .weight(0.4);
    let mut run = plan.run(4, &[]);
    run.run_until(5_000 * SECOND);
    let report = run.report();
    let app = &report.components[1];
    assert!((app.offered_rps - 50.0).abs() < 0.6, "{app:?}");
    assert!((report.latency.mean.unwrap() - 33.33).abs() < 0.8, "{:?}", report.latency);
}
