//! Generated run records end with the same digest natively and in WebAssembly: both compare with one list.
//!
//! `BROWNOUT_WRITE_GOLDEN=1 cargo test -p brownout-tests --test wasm` writes the list anew, natively. A list that
//! changes means that runs shared as links no longer replay the same: the engine's version must change with it.

use brownout_scenario::arbitrary;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The first so many have at least so many events; the others are short.
const LONG: u64 = 200;
const LEAST_EVENTS: u64 = 10_000;
const RECORDS: u64 = 1_000;
const GOLDEN: &str = include_str!("../../../fixtures/golden-digests.txt");

/// A short one may still call a storm upon itself.
const MOST_EVENTS: u64 = 100_000;

/// One line of the list: seed, digest, events, parts.
fn line(seed: u64) -> String {
    let (record, most) = if seed < LONG {
        (arbitrary::generate(seed), u64::MAX)
    } else {
        (arbitrary::generate_short(seed), MOST_EVENTS)
    };
    let end = record.start.options().duration;
    let mut simulation = record.simulation().unwrap_or_else(|error| panic!("{seed}: {error}"));
    // In chunks, as the page runs it; the digest must not depend on them.
    while simulation.events() < most && !simulation.run_chunk(end, 4_096) {}
    format!("{seed} {} {} {}", simulation.digest(), simulation.events(), record.start.parts.len())
}

/// The line in the list for this seed.
fn golden(seed: u64) -> &'static str {
    GOLDEN.lines().find(|line| line.split(' ').next() == Some(&seed.to_string())).unwrap_or_default()
}

fn compare(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        assert_eq!(
            line(seed),
            golden(seed),
            "record {seed} runs differently on {} (if the engine was meant to change, write the list anew)",
            std::env::consts::ARCH
        );
    }
}

#[test]
fn digests_of_records_0_to_49() {
    compare(0..50);
}

#[test]
fn digests_of_records_50_to_99() {
    compare(50..100);
}

#[test]
fn digests_of_records_100_to_149() {
    compare(100..150);
}

#[test]
fn digests_of_records_150_to_199() {
    compare(150..LONG);
}

#[test]
fn digests_of_short_records_200_to_599() {
    compare(LONG..600);
}

#[test]
fn digests_of_short_records_600_to_999() {
    compare(600..RECORDS);
}

#[test]
fn the_list_is_long_enough_to_mean_something() {
    let numbers = |column: usize| {
        GOLDEN
            .lines()
            .map(move |line| line.split(' ').nth(column).map_or(0, |text| text.parse::<u64>().unwrap_or(0)))
    };
    assert!(GOLDEN.lines().count() as u64 >= RECORDS, "{} records", GOLDEN.lines().count());
    // Where a part dies early that all others need, there are fewer.
    let short = numbers(2).take(LONG as usize).filter(|events| *events < LEAST_EVENTS).count() as u64;
    assert!(short <= LONG / 50, "{short} of the first {LONG} have fewer than {LEAST_EVENTS} events");
    assert!(numbers(2).all(|events| events >= 100), "each has some events");
    assert!(numbers(3).sum::<u64>() >= 10 * RECORDS, "ten parts on average");
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn written_anew_if_asked_for() {
    if std::env::var_os("BROWNOUT_WRITE_GOLDEN").is_none() {
        return;
    }
    let list: String = (0..RECORDS).map(|seed| line(seed) + "\n").collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/golden-digests.txt");
    std::fs::write(path, list).unwrap_or_else(|error| panic!("{path}: {error}"));
}
