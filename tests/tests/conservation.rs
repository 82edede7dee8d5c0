//! The books of generated documents balance at every moment: requests and calls that were issued have ended or are in
//! flight, and in flight is counted by walking what is live.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use brownout_scenario::{arbitrary, figures};
use serde_json::Value;

const RECORDS: u64 = 60;

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// As anybody can check it in what the terminal prints.
fn check(figures: &Value) {
    let workloads = figures["workloads"].as_object().unwrap();
    for requests in
        std::iter::once(&figures["requests"]).chain(workloads.values().map(|one| &one["requests"]))
    {
        let ended = count(&requests["succeeded"]) + count(&requests["failed"]["total"]);
        assert_eq!(count(&requests["issued"]), ended + count(&requests["in_flight"]), "{requests}");
    }
    let issued: u64 = workloads.values().map(|one| count(&one["requests"]["issued"])).sum();
    assert_eq!(issued, count(&figures["requests"]["issued"]));
}

#[test]
fn generated_records_balance_at_every_moment() {
    let (mut chunks, mut issued) = (0_u64, 0);
    for seed in 0..RECORDS {
        let record = arbitrary::generate(seed);
        let mut simulation = record.simulation().unwrap();
        let end = record.start.options().duration;
        loop {
            let done = simulation.run_chunk(end, 1_000);
            chunks += 1;
            if let Err(error) = simulation.audit() {
                panic!("record {seed} at {} ns: {error}", simulation.now());
            }
            if done || chunks.is_multiple_of(10) {
                check(&figures(&simulation.report(), &record.start, None));
            }
            if done {
                break;
            }
        }
        issued += simulation.report().requests.issued;
    }
    assert!(chunks > 10 * RECORDS && issued > 1_000 * RECORDS, "{chunks} chunks, {issued} requests");
}
