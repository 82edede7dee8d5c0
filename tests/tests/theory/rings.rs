//! P22 of the collection: how uneven the shares of ten servers at a hundred places each are, and what moves when an
//! eleventh joins; 400 circles, each a document of its own seed.

use brownout_scenario::Scenario;
use brownout_sim::Simulation;
use brownout_sim::system::{Action, Change};
use serde_json::{Value, json};

/// A client over a balancer, or over a shard router, with so many targets.
fn document(seed: u64, router: &Value, targets: u32) -> Scenario {
    let mut parts = vec![
        json!({"id": 1, "type": "client", "params": {"rate_rps": 100, "static_share": 0, "keys": 100_000, "zipf": 0}}),
        router.clone(),
    ];
    let mut edges = vec![json!({"id": 3, "from": 1, "to": 2})];
    for target in 0..targets {
        parts.push(json!({"id": 10 + target, "type": "db"}));
        edges.push(json!({"id": 100 + target, "from": 2, "to": 10 + target}));
    }
    let document =
        json!({"version": 1, "seed": seed, "duration_s": 2, "warmup_s": 0, "parts": parts, "edges": edges});
    Scenario::from_json(&document.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

/// The gauges of the router: while ten targets stand behind it, and once an eleventh does.
fn run(seed: u64, router: &Value) -> [Vec<(&'static str, f64)>; 2] {
    let (ten, eleven) = (document(seed, router, 10), document(seed, router, 11).system());
    let mut simulation = Simulation::new(&ten.system(), ten.options(), &ten.plan()).unwrap();
    let gauges = |simulation: &Simulation| {
        let report = simulation.report();
        let router = report.components.iter().find(|part| part.id == 2).unwrap();
        router.gauges.iter().map(|gauge| (gauge.name, gauge.value)).collect()
    };
    simulation.run_until(1_000_000_000);
    let before = gauges(&simulation);
    let part = eleven.part(20).unwrap().clone();
    let edge = eleven.edge(110).unwrap().clone();
    simulation.intervene(&Action::Edit(vec![Change::PutPart(part), Change::PutEdge(edge)])).unwrap();
    simulation.run_until(2_000_000_000);
    simulation.audit().unwrap();
    [before, gauges(&simulation)]
}

fn of(gauges: &[(&'static str, f64)], name: &str) -> f64 {
    gauges.iter().find(|(other, _)| *other == name).unwrap().1
}

#[test]
fn circles_are_as_uneven_as_theory_says() {
    const RINGS: u64 = 400;
    let by = |by: &str| json!({"id": 2, "type": "shard", "params": {"by": by, "places": 100, "keys": 100_000, "move_rps": 0}});
    let lb = json!({"id": 2, "type": "lb", "params": {"algorithm": "consistent_hash", "places": 100, "check": "none"}});
    for (router, keys) in [(lb, f64::INFINITY), (by("ring"), 100_000.0)] {
        let (mut largest, mut squares, mut moved) = (0.0, 0.0, 0.0);
        for seed in 1..=RINGS {
            let [before, after] = run(seed, &router);
            largest += of(&before, "largest_share") * 10.0 / RINGS as f64;
            squares += of(&before, "share_cv") * of(&before, "share_cv") / RINGS as f64;
            moved += of(&after, "moved_share") / RINGS as f64;
        }
        // Keys that are counted one by one spread a little beyond the shares of the circle.
        let deviation = libm::sqrt(squares - 10.0 / keys);
        println!(
            "P22  max/mean {largest:.5} of 1.15943, cv {deviation:.5} of 0.09482, moved {moved:.5} of 0.09091"
        );
        assert!((largest - 1.159_426).abs() < 0.013, "{largest}");
        assert!((deviation - 0.094_821).abs() < 0.0048, "{deviation}");
        assert!((moved - 0.090_909).abs() < 0.0022, "{moved}");
    }
    let [_, after] = run(1, &by("modulo"));
    let moved = of(&after, "moved_share");
    // Of 100,000 keys: a standard deviation of 0.0009.
    assert!((moved - 10.0 / 11.0).abs() < 0.004, "{moved}");
}
