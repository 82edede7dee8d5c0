//! For benchmarks: parts of the engine that nobody else may touch.

use super::calendar::{Calendar, Entry, Tag};
use super::{Ns, Sampler, Stream};
use crate::param::Law;

/// So many times takes the earliest of `pending` events out of a calendar and schedules another, at
/// exponential intervals. Returns the time reached.
pub fn hold(pending: u32, times: u32) -> Ns {
    let sampler = Sampler::new(&Law::Exponential { mean_ms: 1.0 });
    let stream = Stream::new(1, 1, 1);
    let mut draws = stream.at(0);
    let mut calendar = Calendar::new();
    for id in 0..pending {
        calendar.push(sampler.draw(&mut draws), Entry::new(Tag::Resume, id, 0));
    }
    let mut now = 0;
    for _ in 0..times {
        let Some((at, entry)) = calendar.pop(Ns::MAX) else { break };
        now = at;
        calendar.push(now.saturating_add(sampler.draw(&mut draws)), entry);
    }
    now
}

/// The sum of so many draws of a law.
pub fn sample(law: &Law, times: u32) -> Ns {
    let sampler = Sampler::new(law);
    let mut draws = Stream::new(1, 1, 1).at(0);
    (0..times).fold(0, |sum: Ns, _| sum.wrapping_add(sampler.draw(&mut draws)))
}
