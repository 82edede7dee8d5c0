//! Valid random documents and run records, the same for the same seed on every machine.
//!
//! They drive the whole engine: every type, parameter, distribution, mode, weight group and fault that a
//! declaration offers is drawn from its declaration, and the log of each record edits and breaks the
//! running system. Digest and conservation tests run them; nothing else does.

mod log;
mod pick;
mod plan;
mod system;

use brownout_sim::param::Seconds;

use crate::model::{Scenario, Seed, View, WarmUp};
use crate::record::Record;
use pick::Random;

/// A run record of a random system of 6 to 16 parts, with at least 10,000 events.
pub fn generate(seed: u64) -> Record {
    let mut random = Random::new(seed);
    let document = document(&mut random);
    log::live(&mut random, document)
}

/// The document of [`generate`]'s record.
pub fn scenario(seed: u64) -> Scenario {
    document(&mut Random::new(seed))
}

fn document(random: &mut Random) -> Scenario {
    let mut document = Scenario::default();
    let seconds = random.between(4, 12);
    document.settings.seed = Seed(random.next() >> 11);
    document.settings.duration_s = Seconds(f64::from(seconds));
    let after = WarmUp::After(f64::from(random.below(seconds)));
    document.settings.warmup_s = if random.chance(0.1) { WarmUp::Auto } else { after };
    document.name = random.words(3);
    document.notes = random.words(12);
    system::fill(random, &mut document);
    plan::fill(random, &mut document);
    if random.chance(0.5) {
        document.view = random.set::<View>();
    }
    document
}
