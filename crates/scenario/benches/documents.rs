//! The models of `brownout bench`, from their documents: four queueing models and sixty parts of every type.
//!
//! `cargo bench -p brownout-scenario --features bench`.
#![allow(clippy::unwrap_used, missing_docs)]

use brownout_scenario::{Record, Scenario};
use brownout_sim::engine::SECOND;
use brownout_sim::{Ns, Simulation};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Calendar events of one iteration.
const EVENTS: u32 = 100_000;
/// What parts60 plans to happen is over by then.
const SETTLED: Ns = 320 * SECOND;

const DOCUMENTS: [(&str, &str); 5] = [
    ("m1", include_str!("../../../fixtures/bench/m1.json")),
    ("m2", include_str!("../../../fixtures/bench/m2.json")),
    ("m3", include_str!("../../../fixtures/bench/m3.json")),
    ("m4", include_str!("../../../fixtures/bench/m4.json")),
    ("parts60", include_str!("../../../fixtures/parts60.json")),
];

fn documents(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("document, calendar events");
    group.throughput(Throughput::Elements(u64::from(EVENTS)));
    for (name, text) in DOCUMENTS {
        let mut run: Simulation = Record::new(Scenario::from_json(text).unwrap()).simulation().unwrap();
        run.run_until(SETTLED);
        group.bench_function(name, |bencher| bencher.iter(|| run.run_chunk(Ns::MAX, EVENTS)));
    }
    group.finish();
}

criterion_group!(benches, documents);
criterion_main!(benches);
