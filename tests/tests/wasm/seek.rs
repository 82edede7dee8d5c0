//! How soon another instant of a long run is reached, natively and in WebAssembly.
//!
//! `cargo test --release -p brownout-tests --test wasm seek -- --nocapture`, and the same with `--target
//! wasm32-unknown-unknown`, measure ten minutes of sixty parts; builds that are not optimised go there all the same,
//! but only a few seconds of the way.

use brownout_scenario::Scenario;
use brownout_sim::engine::SECOND;
use brownout_sim::timeline::{Budget, Seeks, Timeline, measure};
use brownout_sim::{Digest, Simulation};

use super::clock::{clock, say};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const DOCUMENT: &str = include_str!("../../../fixtures/parts60.json");

fn start() -> Simulation {
    let document = Scenario::from_json(DOCUMENT).unwrap_or_else(|error| panic!("{error}"));
    let record = brownout_scenario::Record::new(document);
    record.simulation().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn seeks_are_soon_there() {
    let is_optimised = !cfg!(debug_assertions);
    let seconds = if is_optimised { 600 } else { 5 };
    let Seeks { median_ms, worst_ms, fork_median_ms, fork_worst_ms, moments, bytes_per_moment, .. } =
        measure(start(), seconds * SECOND, Budget::default(), &mut clock());
    say(&format!(
        "{} on {}: {seconds} s of parts60, to any second: median {median_ms:.2} ms, worst {worst_ms:.2} ms; fork: \
         median {fork_median_ms:.2} ms, worst {fork_worst_ms:.2} ms; {moments} checkpoints of {bytes_per_moment} bytes",
        if is_optimised { "optimised" } else { "not optimised" },
        std::env::consts::ARCH,
    ));
    if is_optimised {
        assert!(median_ms <= 100.0 && worst_ms <= 400.0, "to any second");
        assert!(fork_median_ms <= 20.0, "to fork");
    }
}

/// Digests at some seconds, gone to straight and back and forth.
#[test]
fn seeks_lead_to_the_run_that_went_there_straight() {
    let straight = |second: u64| -> Digest {
        let mut run = start();
        run.run_until(second * SECOND);
        run.digest()
    };
    let budget = Budget { distance: 2_000, ..Budget::default() };
    let mut timeline = Timeline::with_budget(start(), budget);
    timeline.run_until(3 * SECOND);
    for second in [2, 0, 3, 1] {
        timeline.seek(second * SECOND);
        assert_eq!(timeline.simulation().digest(), straight(second), "at {second} s");
    }
}
