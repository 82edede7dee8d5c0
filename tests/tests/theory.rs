//! The simulator against closed forms of queueing theory, each as an ordinary document.
//!
//! `cargo xtask theory` prints every value expected and measured with its half-width, and writes `docs/theory.md`;
//! `BROWNOUT_SEEDS=20 cargo test -p brownout-tests --test theory` repeats what the test suite checks.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

#[path = "theory/cases.rs"]
mod cases;
#[path = "theory/formulas.rs"]
mod formulas;
#[path = "theory/harness.rs"]
mod harness;
#[path = "theory/kept.rs"]
mod kept;
#[path = "theory/page.rs"]
mod page;
#[path = "theory/rings.rs"]
mod rings;
#[path = "theory/transients.rs"]
mod transients;
#[path = "theory/variations.rs"]
mod variations;

use cases::{Case, Collection};
use harness::{estimates, measure};
use variations::variations;

/// Of the cases whose standard error is only known from the runs themselves.
const REPLICATIONS: u64 = 20;

fn check(cases: &[Case], replications: u64) {
    let seeds: u64 = std::env::var("BROWNOUT_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut missed = Vec::new();
    for seed in 0..seeds {
        for case in cases {
            println!("{} {}: {}", case.id, case.model, case.title);
            let first = 1 + seed * replications;
            let estimates = estimates(case, replications, first, |run| run.count);
            for (expected, estimate) in case.expected.iter().zip(estimates) {
                let line = format!(
                    "{:<4} {:<20} {:>14.7} {:>14.7} {:>12.7} {:>5.0} %",
                    case.id,
                    expected.metric,
                    expected.value,
                    estimate.mean,
                    estimate.tolerance,
                    estimate.used(expected) * 100.0
                );
                println!("{line}");
                if estimate.used(expected) > 1.0 {
                    missed.push(format!("from seed {first}: {line}"));
                }
                // What is known so badly that anything would do checks nothing.
                if expected.sigma_1.is_none()
                    && estimate.tolerance > 0.08 * expected.value.abs() + expected.bias
                {
                    missed.push(format!("too few units to check anything: {line}"));
                }
            }
        }
    }
    assert!(missed.is_empty(), "missed:\n{}", missed.join("\n"));
}

#[test]
fn closed_forms_are_met() {
    let collection = Collection::read();
    check(&collection.cases, 1);
    for open in &collection.not_expressible_yet {
        println!("{} {} needs {}", open.id, open.model, open.needs);
    }
}

#[test]
fn closed_forms_are_met_elsewhere_too() {
    check(&variations(&Collection::read()), REPLICATIONS);
}

/// Whether the tolerances can see anything: a server a twentieth slower must miss most of them.
#[test]
fn a_wrong_server_misses() {
    let collection = Collection::read();
    let case = collection.cases.iter().find(|case| case.id == "P02").unwrap();
    let mut run = case.runs[0].clone();
    run.document["parts"][1]["params"]["service_time"]["exp"]["mean_ms"] = serde_json::json!(10.5);
    let measured = run.measured(1, run.count);
    let misses = case.expected.iter().filter(|expected| {
        let got = measure(&expected.measure, &measured, expected.part);
        let error = expected.sigma_1.unwrap() / run.count.sqrt();
        (got - expected.value).abs() > expected.tolerance(error)
    });
    assert_eq!(misses.count(), case.expected.len());
}

/// Full lengths, ten replications: some minutes, in an optimised build.
#[test]
#[ignore = "`cargo xtask theory` runs it"]
fn the_page_is_written() {
    page::write();
}
