//! The simulator against closed forms of queueing theory, each as an ordinary document.
//!
//! `cargo test -p brownout-tests --test theory -- --nocapture` prints every value expected and measured, and lists the
//! cases of the collection that the present component types cannot express. `BROWNOUT_SEEDS=20` repeats all of it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

#[path = "theory/harness.rs"]
mod harness;

use harness::{Collection, measure};

const CASES: &str = include_str!("../theory/cases.json");

#[test]
fn closed_forms_are_met() {
    let collection: Collection = serde_json::from_str(CASES).unwrap();
    let seeds = std::env::var("BROWNOUT_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut missed = Vec::new();
    let mut values = 0;
    println!("{:<4} {:<20} {:>14} {:>14} {:>12} {:>6}", "", "", "expected", "measured", "tolerance", "used");
    for seed in 1..=seeds {
        for case in &collection.cases {
            println!("{} {}: {}", case.id, case.model, case.title);
            let runs: Vec<_> = case.runs.iter().map(|run| run.report(seed)).collect();
            for expected in &case.expected {
                let run = &case.runs[expected.run];
                let got = measure(&expected.measure, &runs[expected.run], expected.part);
                let tolerance = expected.tolerance(run.count);
                let used = (got - expected.value).abs() / tolerance;
                let line = format!(
                    "{:<4} {:<20} {:>14.7} {got:>14.7} {tolerance:>12.7} {:>5.0} %",
                    case.id,
                    expected.metric,
                    expected.value,
                    used * 100.0
                );
                println!("{line}");
                values += 1;
                // What is not a number misses as well.
                if used.is_nan() || used > 1.0 {
                    missed.push(format!("seed {seed}: {line}"));
                }
            }
        }
    }
    println!("{values} values of {} cases", collection.cases.len());
    for open in &collection.not_expressible_yet {
        println!("{} {} needs {}", open.id, open.model, open.needs);
    }
    assert!(missed.is_empty(), "missed:\n{}", missed.join("\n"));
}

/// Whether the tolerances can see anything: a server a twentieth slower must miss most of them.
#[test]
fn a_wrong_server_misses() {
    let collection: Collection = serde_json::from_str(CASES).unwrap();
    let case = collection.cases.iter().find(|case| case.id == "P02").unwrap();
    let mut run = case.runs[0].clone();
    run.document["parts"][1]["params"]["service_time"]["exp"]["mean_ms"] = serde_json::json!(10.5);
    let report = run.report(1);
    let misses = case.expected.iter().filter(|expected| {
        let got = measure(&expected.measure, &report, expected.part);
        (got - expected.value).abs() > expected.tolerance(run.count)
    });
    assert_eq!(misses.count(), case.expected.len());
}
