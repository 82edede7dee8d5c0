//! The documents of theory end with the same digest natively and in WebAssembly.
//!
//! `BROWNOUT_WRITE_GOLDEN=1 cargo test -p brownout-tests --test wasm` writes this list anew as well.

use brownout_sim::Simulation;

use crate::cases::{Collection, Run};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const GOLDEN: &str = include_str!("../../../fixtures/golden-theory.txt");
/// The most events of each: what theory needs beyond that is repetition.
const EVENTS: u64 = 20_000;
/// Units of each: as many make at least that many events, unless every event is one of a kind.
const UNITS: f64 = 20_000.0;

/// One line of the list: case and run, digest, events.
fn line(id: &str, index: usize, run: &Run) -> String {
    let scenario = run.scenario(1, UNITS.min(run.count));
    let mut simulation = Simulation::new(&scenario.system(), scenario.options(), &run.plan(&scenario))
        .unwrap_or_else(|error| panic!("{id}: {error}"));
    while simulation.events() < EVENTS && !simulation.run_chunk(scenario.options().duration, 4_096) {}
    format!("{id}.{index} {} {}", simulation.digest(), simulation.events())
}

fn lines() -> String {
    let cases = Collection::read().cases;
    let runs =
        cases.iter().flat_map(|case| case.runs.iter().enumerate().map(|(at, run)| (&case.id, at, run)));
    runs.map(|(id, at, run)| line(id, at, run) + "\n").collect()
}

#[test]
fn digests_of_theory() {
    for (now, golden) in lines().lines().zip(GOLDEN.lines().chain(std::iter::repeat(""))) {
        assert_eq!(now, golden, "it runs differently on {}", std::env::consts::ARCH);
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn digests_of_theory_are_written_anew_if_asked_for() {
    if std::env::var_os("BROWNOUT_WRITE_GOLDEN").is_none() {
        return;
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/golden-theory.txt");
    std::fs::write(path, lines()).unwrap_or_else(|error| panic!("{path}: {error}"));
}
