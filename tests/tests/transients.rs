//! Runs that come to an end, many times over: how long a backlog takes, and what a hundred writers of one row
//! cost each other. Each case is an ordinary document, run with the seeds from 1 on.
//!
//! `BROWNOUT_FULL=1 cargo test --release -p brownout-tests --test transients -- --nocapture` runs as often as the cases
//! ask for, and prints what was measured.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

#[path = "theory/transients.rs"]
mod transients;

use serde_json::json;
use transients::{Case, Collection, Expected, Measured, measure};

#[test]
fn what_comes_to_an_end_does_so_in_time() {
    let is_full = std::env::var_os("BROWNOUT_FULL").is_some();
    let collection = Collection::read();
    let mut missed = Vec::new();
    println!("{:<5} {:<16} {:>13} {:>13} {:>10} {:>6}", "", "", "expected", "measured", "tolerance", "used");
    for case in &collection.cases {
        let count = if is_full { case.runs } else { case.quick.unwrap_or(case.runs.min(100)) };
        println!("{} {}: {count} runs", case.id, case.title);
        let runs: Vec<Measured> = (1..=count).map(|seed| case.run(seed)).collect();
        for expected in &case.expected {
            let got = measure(&expected.measure, &runs);
            let tolerance = 4.5 * expected.sigma_1 / libm::sqrt(count as f64) + expected.bias;
            let used = (got - expected.value).abs() / tolerance;
            let line = format!(
                "{:<5} {:<16} {:>13.4} {got:>13.4} {tolerance:>10.4} {:>5.0} %",
                case.id,
                expected.metric,
                expected.value,
                used * 100.0
            );
            println!("{line}");
            if used.is_nan() || used > 1.0 {
                missed.push(line);
            }
        }
    }
    assert!(missed.is_empty(), "missed:\n{}", missed.join("\n"));
}

/// Whether the tolerances can see what goes wrong most easily: no jitter where there is to be some, no cap.
#[test]
fn wrong_pauses_miss() {
    let collection = Collection::read();
    let case = collection.cases.into_iter().find(|case| case.title.contains("full jitter")).unwrap();
    for (setting, value) in
        [("jitter", json!("none")), ("backoff_cap_ms", json!(200)), ("backoff_ms", json!(5))]
    {
        let mut wrong = Case {
            document: case.document.clone(),
            title: case.title.clone(),
            id: String::new(),
            expected: Vec::new(),
            ..case
        };
        wrong.document["edges"][1]["policy"][setting] = value;
        let runs: Vec<Measured> = (1..=20).map(|seed| wrong.run(seed)).collect();
        let is_missed = |expected: &Expected| {
            let got = measure(&expected.measure, &runs);
            (got - expected.value).abs() > 4.5 * expected.sigma_1 / libm::sqrt(20.0) + expected.bias
        };
        assert!(case.expected.iter().any(is_missed), "{setting}");
    }
}
