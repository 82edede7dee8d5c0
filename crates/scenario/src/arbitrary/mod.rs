//! Valid random documents and run records, the same for the same seed on every machine.
//!
//! They drive the whole engine: every type, parameter, distribution, mode, weight group and fault that a
//! declaration offers is drawn from its declaration, and the log of each record edits and breaks the
//! running system. Digest and conservation tests run them; nothing else does.

mod log;
mod mutate;
mod pick;
mod plan;
mod system;

use brownout_sim::param::Seconds;

use crate::model::{Scenario, Seed, View, WarmUp};
use crate::record::Record;
pub use mutate::mutate;
use pick::Random;

/// Requests of all clients together over a run.
const REQUESTS: f64 = 40_000.0;
/// The same over a short one.
const FEW_REQUESTS: f64 = 800.0;

/// A run record of a random system of 6 to 16 parts, with at least 10,000 events.
pub fn generate(seed: u64) -> Record {
    record(seed, REQUESTS)
}

/// As [`generate`], with so few requests that thousands of such records can be run: some thousands of events.
pub fn generate_short(seed: u64) -> Record {
    record(seed, FEW_REQUESTS)
}

/// The document of [`generate`]'s record.
pub fn scenario(seed: u64) -> Scenario {
    document(&mut Random::new(seed), REQUESTS)
}

fn record(seed: u64, requests: f64) -> Record {
    let mut random = Random::new(seed);
    let document = document(&mut random, requests);
    log::live(&mut random, document)
}

fn document(random: &mut Random, requests: f64) -> Scenario {
    let mut document = Scenario::default();
    let seconds = random.between(4, 12);
    document.settings.seed = Seed(random.next() >> 11);
    document.settings.duration_s = Seconds(f64::from(seconds));
    let after = WarmUp::After(f64::from(random.below(seconds)));
    document.settings.warmup_s = if random.chance(0.1) { WarmUp::Auto } else { after };
    document.name = random.words(3);
    document.notes = random.words(12);
    system::fill(random, &mut document, requests);
    plan::fill(random, &mut document);
    if random.chance(0.5) {
        document.view = random.set::<View>();
    }
    document
}
