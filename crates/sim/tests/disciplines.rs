//! Orders of queues, what happens when they are full, limits of rates: against what is known of them.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::observe::Outcome;
use brownout_sim::param::Value;
use brownout_sim::system::Mode;
use brownout_sim::{Ns, Simulation};
use common::{Plan, SECOND, constant, count, exp, number, word};

/// One server of 100/s with room for 1,000, asked by people with a patience of 1 s.
fn server(rate: f64, patience_ms: f64, settings: &[(&str, Value)], until: Ns) -> Simulation {
    let mut params = vec![("threads", count(1)), ("backlog", count(1_000)), ("service_time", exp(10.0))];
    params.extend(settings.iter().cloned());
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(rate)), ("static_share", number(0.0))])
        .part(2, "app", &params)
        .edge(11, 1, 2, Mode::Sync, 0.0, patience_ms);
    let mut run = plan.run(1, &[]);
    run.run_until(until);
    run.audit().unwrap();
    run
}

fn goodput(run: &Simulation, from: u64, to: u64) -> f64 {
    let windows = run.windows().iter();
    let within = windows.filter(|window| (from * SECOND..to * SECOND).contains(&window.start));
    within.map(|window| window.good).sum::<u64>() as f64 / (to - from) as f64
}

const LIFO: (&str, Value) = ("order", Value::Choice("lifo"));

/// At 120/s a queue in order of arrival serves only those who have left; served from its end it serves
/// nearly all that it can, as does a short queue.
#[test]
fn in_overload_the_order_of_arrival_is_the_wrong_one() {
    let at = |settings: &[(&str, Value)]| goodput(&server(120.0, 1_000.0, settings, 260 * SECOND), 60, 260);
    assert!(at(&[]) < 1.0);
    let lifo = at(&[LIFO]);
    assert!((lifo - 99.3).abs() < 3.0, "{lifo}");
    let pushed_out = at(&[("backlog", count(50)), ("when_full", word("push_out"))]);
    assert!((pushed_out - 100.0).abs() < 3.0, "{pushed_out}");
}

/// The order does not change the mean wait of M/M/1, 40 ms at 80/s, but its variance.
#[test]
fn the_order_leaves_the_mean_and_changes_the_tail() {
    let wait =
        |settings: &[(&str, Value)]| server(80.0, 0.0, settings, 3_000 * SECOND).report().components[1].wait;
    let (fifo, lifo) = (wait(&[]), wait(&[LIFO]));
    // 240,000 requests: a standard error of 0.94 ms; four of them.
    assert!((fifo.mean.unwrap() - 40.0).abs() < 3.8 && (lifo.mean.unwrap() - 40.0).abs() < 3.8);
    assert!(lifo.p999.unwrap() > 1.5 * fifo.p999.unwrap(), "{lifo:?} {fifo:?}");
    assert!(lifo.p50.unwrap() < fifo.p50.unwrap());
}

/// Whoever is pushed out is refused, and those behind move up: both orders hold as many.
#[test]
fn the_oldest_is_pushed_out() {
    for order in ["fifo", "lifo"] {
        let settings = [
            ("backlog", count(5)),
            ("when_full", word("push_out")),
            ("order", word(order)),
            ("service_time", constant(10.0)),
        ];
        let run = server(200.0, 0.0, &settings, 60 * SECOND);
        let report = run.report();
        let app = &report.components[1];
        // Half of 200/s find no place for long; in order of arrival,
        // nobody waits for more than five services and the one under way.
        let refused = app.errors[Outcome::Overloaded as usize] as f64 / 60.0;
        assert!((refused - 100.0).abs() < 8.0, "{order}: {refused}");
        let longest = if order == "fifo" { 60.5 } else { f64::INFINITY };
        assert!(app.queue_max == 5 && app.wait.max.unwrap() <= longest, "{order}: {:?}", app.wait);
        assert!((app.utilisation.unwrap() - 1.0).abs() < 0.01);
    }
}

/// A bucket of 5 filled at 100/s, asked 90 times a second at random, drops 6.436 % (it is M/D/1/5). Over
/// 180,000 requests the share has a standard error below 0.1 %.
#[test]
fn a_rate_limit_drops_below_its_limit() {
    let settings = [
        ("limit_rps", number(100.0)),
        ("limit_burst", count(5)),
        ("threads", count(1_000)),
        ("service_time", constant(0.0)),
    ];
    let report = server(90.0, 0.0, &settings, 2_000 * SECOND).report();
    let dropped = report.requests.failed[Outcome::Overloaded as usize] as f64 / report.requests.issued as f64;
    assert!((dropped - 0.064_36).abs() < 0.004, "{dropped}");
}
