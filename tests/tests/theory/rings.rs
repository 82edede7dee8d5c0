//! P22 of the collection: how uneven the shares of ten servers at a hundred places each are, and what moves when an
//! eleventh joins; 400 circles, each a document of its own seed.

use brownout_scenario::Scenario;
use brownout_sim::Simulation;
use brownout_sim::system::{Action, Change};
use serde_json::{Value, json};

use super::cases::{Case, Expected, Run};
use super::harness::{Estimate, half_width};

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

/// Of each circle: the largest share, in tenths, the square of the coefficient of variation, and what moved.
fn rings(router: &Value) -> Vec<[f64; 3]> {
    let ring = |seed| {
        let [before, after] = run(seed, router);
        let deviation = of(&before, "share_cv");
        [of(&before, "largest_share") * 10.0, deviation * deviation, of(&after, "moved_share")]
    };
    (1..=RINGS).map(ring).collect()
}

/// The means of the first and the last over circles, and the root of that of the squares. Keys that are counted one
/// by one spread a little beyond the shares of the circle.
fn means(rings: &[[f64; 3]], keys: f64) -> [f64; 3] {
    let mean = |at: usize| rings.iter().map(|ring| ring[at]).sum::<f64>() / rings.len() as f64;
    [mean(0), libm::sqrt(mean(1) - 10.0 / keys), mean(2)]
}

const RINGS: u64 = 400;
/// Name, value and asymptotic standard deviation of one circle.
const EXPECTED: [(&str, f64, f64); 3] = [
    ("max_over_mean", 1.159_426, 0.055_73),
    ("cv", 0.094_821, 0.021_04),
    ("moved_on_join", 0.090_909, 0.009_458),
];

fn balancer() -> Value {
    json!({"id": 2, "type": "lb", "params": {"algorithm": "consistent_hash", "places": 100, "check": "none"}})
}

/// The case as the page of theory has it: over a balancer, in ten groups of circles.
pub fn on_the_page() -> (Case, Vec<Estimate>) {
    let expected = EXPECTED.map(|(metric, value, sigma)| Expected {
        metric: metric.to_owned(),
        measure: metric.to_owned(),
        run: 0,
        part: 2,
        value,
        sigma_1: Some(sigma),
        bias: 0.0,
    });
    let rings = rings(&balancer());
    let all = means(&rings, f64::INFINITY);
    let groups: Vec<[f64; 3]> =
        rings.chunks(RINGS as usize / 10).map(|some| means(some, f64::INFINITY)).collect();
    let estimate = |(at, expected): (usize, &Expected)| Estimate {
        mean: all[at],
        half_width: Some(half_width(&groups.iter().map(|group| group[at]).collect::<Vec<f64>>())),
        tolerance: expected.tolerance(EXPECTED[at].2 / libm::sqrt(RINGS as f64)),
    };
    let estimates = expected.iter().enumerate().map(estimate).collect();
    let document = document(1, &balancer(), 10);
    let case = Case {
        id: "P22".to_owned(),
        model: "consistent hashing".to_owned(),
        title: "10 servers at 100 places each, then 11".to_owned(),
        runs: vec![Run {
            rate: 1.0,
            count: 2.0,
            full: None,
            warmup: 0.0,
            cuts: None,
            deaths: None,
            sampled: None,
            document: serde_json::from_str(&document.to_json()).unwrap(),
        }],
        expected: expected.into(),
        note: Some(
            "400 circles, each a document of its own seed: the gauges of a balancer that goes by the key, before an \
             eleventh server is added by hand and after."
                .to_owned(),
        ),
    };
    (case, estimates)
}

#[test]
fn circles_are_as_uneven_as_theory_says() {
    let by = |by: &str| json!({"id": 2, "type": "shard", "params": {"by": by, "places": 100, "keys": 100_000, "move_rps": 0}});
    for (router, keys) in [(balancer(), f64::INFINITY), (by("ring"), 100_000.0)] {
        let [largest, deviation, moved] = means(&rings(&router), keys);
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
