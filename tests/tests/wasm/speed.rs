//! How many jobs and events a second, natively and in WebAssembly, on the documents of `brownout bench`.
//!
//! `cargo test --release -p brownout-tests --test wasm speed -- --nocapture`, and the same with `--target
//! wasm32-unknown-unknown`, measure by the clock on the wall: on a machine that does nothing else. Builds that are
//! not optimised run a few events only.

use brownout_scenario::sweep::{Axis, apply};
use brownout_scenario::{Record, Scenario};
use brownout_sim::{Ns, Simulation};
use serde_json::json;

use super::clock::{clock, say};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// As the page runs it: a browser optimises a loop only once it has returned to its caller.
const CHUNK: u32 = 4_096;

const MODELS: [(&str, &str); 5] = [
    ("m1", include_str!("../../../fixtures/bench/m1.json")),
    ("m2", include_str!("../../../fixtures/bench/m2.json")),
    ("m3", include_str!("../../../fixtures/bench/m3.json")),
    ("m4", include_str!("../../../fixtures/bench/m4.json")),
    ("parts60", include_str!("../../../fixtures/parts60.json")),
];

fn start(name: &str, text: &str) -> Simulation {
    let mut document = Scenario::from_json(text).unwrap_or_else(|error| panic!("{error}"));
    if name == "m4" {
        let axis = Axis { path: "parts.2.algorithm".to_owned(), values: Vec::new() };
        document = apply(&document, &[axis], &[json!("least")]).unwrap_or_else(|error| panic!("{error}"));
    }
    Record::new(document).simulation().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn jobs_and_events_a_second() {
    let is_optimised = !cfg!(debug_assertions);
    let chunks = if is_optimised { 500 } else { 2 };
    let mut now = clock();
    for (name, text) in MODELS {
        let mut run = start(name, text);
        let mut best = (f64::INFINITY, 0, 0);
        // The first stretch warms up: queues, tables and histograms, and the compiler of a browser.
        for stretch in 0..6 {
            let (before, begun) = (run.report(), now());
            for _ in 0..chunks {
                run.run_chunk(Ns::MAX, CHUNK);
            }
            let (after, ms) = (run.report(), now() - begun);
            let jobs = after.requests.succeeded - before.requests.succeeded;
            let events = after.events - before.events;
            assert!(events > 0, "{name}: nothing happens");
            if stretch > 0 && ms / (events as f64) < best.0 / best.2.max(1) as f64 {
                best = (ms, jobs, events);
            }
        }
        let (ms, jobs, events) = best;
        say(&format!(
            "{} on {}: {name} {:.2} million jobs/s, {:.2} million events/s",
            if is_optimised { "optimised" } else { "not optimised" },
            std::env::consts::ARCH,
            jobs as f64 / ms / 1e3,
            events as f64 / ms / 1e3,
        ));
    }
}
