//! Where arrivals come from: one stream of them for each instance.

use super::pace::{Due, NEVER, Pace};
use super::params::Arrival;
use crate::engine::{FrameId, Ns, Stream, Ziggurat, exponential_once, mix64};

/// Tells the requests of a batch or of a visitor apart: the golden ratio in 64 bits.
const LATER: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a population draws from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streams {
    pub(super) arrivals: Stream,
    pub(super) classes: Stream,
    pub(super) sizes: Stream,
    pub(super) phases: Stream,
    pub(super) thinks: Stream,
    pub(super) table: &'static Ziggurat,
    /// The client's id, mixed: so that no two clients' requests demand the same of a shared part.
    pub(super) salt: u64,
}

impl Streams {
    /// Names an arrival by instance and ordinal; the first request that comes with it has its name.
    pub(super) fn name(&self, number: usize, ordinal: u64) -> u64 {
        mix64(self.salt ^ ((number as u64) << 48) ^ ordinal)
    }
}

/// One instance's stream of arrivals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    /// The process that lets them in; none while the instance is dead.
    pub(super) process: FrameId,
    /// The number of the next arrival, which counts on through deaths and edits, and its name.
    pub(super) ordinal: u64,
    pub(super) key: u64,
    /// The name of the one after it, and the exponential that belongs to that: drawn early, so that nothing waits
    /// for them.
    later: (u64, f64),
    /// Expected arrivals until the next one, from `since` on.
    pub(super) need: f64,
    pub(super) since: Ns,
    pub(super) due: Due,
    pub(super) in_burst: bool,
    pub(super) phase: u64,
    pub(super) phase_end: Ns,
    /// How many of the replayed moments have passed.
    pub(super) replayed: usize,
    /// How often the instance came up.
    pub(super) lives: u32,
    /// How many times as many come as usual.
    pub(super) surge: f64,
}

impl Source {
    pub(super) const NEW: Self = Self {
        process: FrameId::NONE,
        ordinal: 0,
        key: 0,
        later: (0, 0.0),
        need: 0.0,
        since: 0,
        due: Due { at: Ns::MAX, arrives: false, left: 0.0 },
        in_burst: false,
        phase: 0,
        phase_end: Ns::MAX,
        replayed: 0,
        lives: 0,
        surge: 1.0,
    };
}

impl Source {
    /// Takes off the expected arrivals that have come together since the last plan.
    pub(super) fn pass(&mut self, pace: &Pace, now: Ns) {
        let passed = pace.expected(self.since, now, self.in_burst, self.phase_end);
        self.need = (self.need - passed * self.surge).max(0.0);
    }
}

/// Names the n-th request of a batch or a visitor; the first has the name of the arrival itself.
pub(super) fn nth(key: u64, n: u64) -> u64 {
    if n == 0 { key } else { mix64(key.wrapping_add(LATER.wrapping_mul(n))) }
}

/// Names the arrival that is next, and draws the expected arrivals until it.
pub(super) fn name_first(pace: &Pace, streams: &Streams, source: &mut Source, number: usize) {
    source.later = draw(streams, number, source.ordinal);
    take_later(pace, streams, source, number);
}

/// As [`name_first`], once another arrival has passed.
#[inline(always)]
pub(super) fn name_next(pace: &Pace, streams: &Streams, source: &mut Source, number: usize) {
    source.ordinal += 1;
    take_later(pace, streams, source, number);
}

#[inline(always)]
fn take_later(pace: &Pace, streams: &Streams, source: &mut Source, number: usize) {
    let (key, exponential) = source.later;
    source.key = key;
    source.need = match pace.arrival {
        // Anywhere within the first gap, so that populations do not beat in time.
        Arrival::Even if source.ordinal == 0 => streams.arrivals.of(key).unit(),
        Arrival::Even => 1.0,
        _ => exponential,
    };
    source.later = draw(streams, number, source.ordinal + 1);
}

/// The name of an arrival, and its exponential.
#[inline(always)]
fn draw(streams: &Streams, number: usize, ordinal: u64) -> (u64, f64) {
    let key = streams.name(number, ordinal);
    (key, exponential_once(streams.table, streams.arrivals.of(key)))
}

/// The next phase begins: a burst, or the time until the next one.
pub(super) fn turn(phases: &[f64; 2], streams: &Streams, source: &mut Source, number: usize, now: Ns) {
    let in_burst = !source.in_burst;
    let mut draws = streams.phases.of(streams.name(number, source.phase + 1));
    let length = (phases[usize::from(in_burst)] * draws.exponential() + 0.5) as Ns;
    source.phase += 1;
    source.in_burst = in_burst;
    source.phase_end = now.saturating_add(length.max(1));
}

/// Plans the next arrival from `need` on.
#[inline(always)]
pub(super) fn plan(pace: &Pace, source: &mut Source, now: Ns) {
    let at = pace.next_steady(now, source.need);
    if at == NEVER || source.surge != 1.0 {
        return plan_otherwise(pace, source, now);
    }
    #[cfg(test)]
    let at = crate::engine::tamper_time(at).max(now);
    source.since = now;
    source.due.at = at;
    source.due.arrives = true;
}

/// As [`plan`], while rates change.
#[inline(never)]
fn plan_otherwise(pace: &Pace, source: &mut Source, now: Ns) {
    let is_surging = source.surge != 1.0;
    let need = if is_surging { source.need / source.surge } else { source.need };
    let mut due = pace.next(now, need, source.replayed, source.in_burst, source.phase_end);
    if is_surging {
        due.left *= source.surge;
    }
    #[cfg(test)]
    let due = if due.arrives { Due { at: crate::engine::tamper_time(due.at), ..due } } else { due };
    source.since = now;
    source.due = Due { at: due.at.max(now), ..due };
}
