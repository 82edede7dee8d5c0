//! Those who watch over a running system: what monitors notice, and when.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::Simulation;
use brownout_sim::component::Metric;
use brownout_sim::observe::What;
use brownout_sim::param::Value;
use brownout_sim::system::{Edge, EdgeKind, Mode, Target, Verb};
use common::{MS, Plan, SECOND, constant, count, fault, number, word};

/// A client 1 at a web server 2, which a monitor 3 watches every second over 1 ms.
fn watched(monitor: &[(&str, Value)]) -> Plan {
    let mut params = vec![("check_s", number(1.0)), ("check_timeout_s", number(0.5))];
    params.extend_from_slice(monitor);
    let mut plan = Plan::default()
        .part(
            1,
            "client",
            &[("rate_rps", number(50.0)), ("arrival", word("even")), ("static_share", number(1.0))],
        )
        .part(2, "web", &[("static_time", constant(5.0))])
        .part(3, "monitor", &params)
        .edge(11, 1, 2, Mode::Sync, 1.0, 1_000.0)
        .edge(12, 3, 2, Mode::Sync, 1.0, 0.0);
    plan.system.edges[1].kind = EdgeKind::Watches;
    plan
}

/// When alerts were raised, and when they were over.
fn alerts(run: &Simulation) -> (Vec<(u64, Metric)>, Vec<u64>) {
    let raised = run.happenings().iter().filter_map(|line| match line.what {
        What::Alerted { metric, .. } => Some((line.at, metric)),
        _ => None,
    });
    let over = run.happenings().iter().filter(|line| matches!(line.what, What::AlertOver { .. }));
    (raised.collect(), over.map(|line| line.at).collect())
}

#[test]
fn a_healthy_target_raises_nothing_and_probes_are_real_calls() {
    let mut run = watched(&[]).run(1, &[]);
    run.run_until(60 * SECOND);
    assert_eq!(alerts(&run), (Vec::new(), Vec::new()));
    let report = run.report();
    let probes = report.edges.iter().find(|edge| edge.id == 12).unwrap();
    assert!((59..=60).contains(&probes.issued), "{probes:?}");
    // Two crossings and the work of a health check: a probe takes as long as any call.
    assert!((probes.latency.mean.unwrap() - 7.0).abs() < 0.1, "{probes:?}");
    let web = report.components.iter().find(|part| part.id == 2).unwrap();
    assert!((web.offered_rps - 51.0).abs() < 0.1, "{web:?}");
    run.audit().unwrap();
}

#[test]
fn an_alert_comes_after_so_many_misses_and_not_before() {
    for (fall, interval) in [(1, 1.0), (3, 1.0), (3, 4.0)] {
        let plan = watched(&[("fall", count(fall)), ("check_s", number(interval)), ("rise", count(2))]);
        let steps = [
            fault(20 * SECOND, Verb::Kill, Target::whole(2)),
            fault(60 * SECOND, Verb::Restore, Target::whole(2)),
        ];
        let mut run = plan.run(1, &steps);
        run.run_until(100 * SECOND);
        let (raised, over) = alerts(&run);
        assert_eq!((raised.len(), over.len()), (1, 1), "{raised:?} {over:?}");
        // Refused at once, the first miss within one interval: the delay is emergent, its bounds are arithmetic.
        let step = (interval * 1e9) as u64;
        let earliest = 20 * SECOND + u64::from(fall - 1) * step;
        assert!(
            (earliest..=earliest + step + 2 * MS).contains(&raised[0].0),
            "{fall} {interval}: {raised:?}"
        );
        assert!((60 * SECOND + step..=60 * SECOND + 2 * step + 10 * MS).contains(&over[0]), "{over:?}");
        assert_eq!(run.report().outages[0].detected, Some(raised[0].0));
        run.audit().unwrap();
    }
}

#[test]
fn what_the_probe_cannot_see_raises_nothing() {
    // All workers hang: a connection is still accepted, a request is not answered.
    let hang = [fault(20 * SECOND, Verb::Pause, Target::whole(2))];
    let noticed = |check| {
        let mut run = watched(&[("check", word(check))]).run(1, &hang);
        run.run_until(60 * SECOND);
        run.audit().unwrap();
        alerts(&run).0.len()
    };
    assert_eq!((noticed("tcp"), noticed("http"), noticed("none")), (0, 1, 0));
    // Nobody watches the watcher: dead, it says nothing.
    let both =
        [fault(10 * SECOND, Verb::Kill, Target::whole(3)), fault(20 * SECOND, Verb::Kill, Target::whole(2))];
    let mut run = watched(&[]).run(1, &both);
    run.run_until(60 * SECOND);
    assert_eq!(alerts(&run).0, []);
    // Nor does it see beyond a network that is cut; it takes the silence for the target's.
    let mut run = watched(&[]).run(1, &[fault(10 * SECOND, Verb::Cut, Target::whole(12))]);
    run.run_until(60 * SECOND);
    assert_eq!(alerts(&run).0.len(), 1, "a false alarm");
    assert_eq!(common::failed(&run.report()), 0);
}

#[test]
fn a_metric_must_stay_above_its_limit_for_so_long() {
    // Slowed down, work takes 500 ms: 50/s on 20 workers queue without end.
    let slow = |at: u64| brownout_sim::system::Intervention {
        at: at * SECOND,
        action: brownout_sim::system::Action::Scale {
            verb: Verb::Slow,
            target: Target::whole(2),
            factor: 100.0,
        },
    };
    let mend = |at: u64| fault(at * SECOND, Verb::Restore, Target::whole(2));
    let run = |metric, held: f64, steps: &[_]| {
        let mut plan = watched(&[
            ("metric", word(metric)),
            ("check", word("tcp")),
            ("for_s", number(held)),
            ("queue_above", count(20)),
        ]);
        common::set(&mut plan.system.parts[1].params, "workers", count(20));
        let mut run = plan.run(1, steps);
        run.run_until(60 * SECOND);
        run.audit().unwrap();
        alerts(&run)
    };
    let (raised, over) = run("queue", 10.0, &[slow(20), mend(50)]);
    assert_eq!((raised.len(), over.len()), (1, 1));
    assert_eq!(raised[0].1, Metric::Queue);
    // 10 a second queue: above 20 after 2 s, and so for 10 s, seen once a second.
    assert!((32 * SECOND..36 * SECOND).contains(&raised[0].0), "{raised:?}");
    let (short, _) = run("queue", 10.0, &[slow(20), mend(27)]);
    assert_eq!(short, [], "it was over before");
    let (at_once, _) = run("queue", 0.0, &[slow(20), mend(27)]);
    assert_eq!(at_once.len(), 1);
    assert_eq!(run("utilisation", 5.0, &[slow(20)]).0.len(), 1);
    assert_eq!(run("none", 0.0, &[slow(20)]).0, []);
}

#[test]
fn when_measuring_begins_changes_nothing_that_monitors_see() {
    let digest = |warmup: u64| {
        let plan =
            watched(&[("metric", word("errors")), ("for_s", number(2.0)), ("errors_above", number(0.1))]);
        let options = brownout_sim::engine::Options { warmup, ..Default::default() };
        let steps = [fault(20 * SECOND, Verb::Kill, Target::whole(2))];
        let mut run = Simulation::new(&plan.system, options, &steps).unwrap();
        run.run_until(40 * SECOND);
        (run.digest(), alerts(&run))
    };
    assert_eq!(digest(0), digest(15 * SECOND + 1));
}

#[test]
fn a_watch_waits_for_its_answer() {
    let refused = |change: &dyn Fn(&mut Edge)| {
        let mut plan = watched(&[]);
        change(&mut plan.system.edges[1]);
        plan.system.validate().unwrap_err().to_string()
    };
    assert!(refused(&|edge| edge.mode = Mode::Async).starts_with("edges[1].mode: "));
    assert!(refused(&|edge| edge.weight = Some(0.5)).starts_with("edges[1].weight: "));
    assert!(refused(&|edge| edge.kind = EdgeKind::Calls).starts_with("edges[1].kind: "));
    assert!(refused(&|edge| edge.to = 1).starts_with("edges[1].kind: "));
}
