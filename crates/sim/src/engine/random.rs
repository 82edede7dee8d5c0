//! Named random streams.
//!
//! A stream is counter-based (SplitMix64 with a gamma of its own; Steele, Lea and Flood 2014): what is drawn
//! at a position depends on the seed, the document id, the purpose and that position, never on what was
//! drawn before. Edits elsewhere, retries and reroutes therefore shift nobody's draws.

use super::ziggurat::{exponential, exponential_table};

/// Mixes 64 bits so that every output bit depends on every input bit (the finaliser of SplitMix64).
#[inline]
pub(crate) const fn mix64(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A source of random numbers with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    base: u64,
    gamma: u64,
}

impl Stream {
    /// The stream of `purpose` at the element with this document id.
    pub(crate) const fn new(seed: u64, id: u32, purpose: u32) -> Self {
        let name = mix64(seed ^ mix64(((id as u64) << 32) | purpose as u64));
        Self { base: mix64(name ^ 0x9e37_79b9_7f4a_7c15), gamma: mix64(name ^ 0xd1b5_4a32_d192_ed03) | 1 }
    }

    /// The numbers at a position.
    #[inline]
    pub(crate) const fn at(self, position: u64) -> Draws {
        self.of(mix64(position.wrapping_mul(self.gamma)))
    }

    /// The numbers that belong to a name: a position that is well mixed already, as the keys of requests and
    /// visits are. Positions that only count up would overlap.
    #[inline]
    pub(crate) const fn of(self, name: u64) -> Draws {
        Draws { state: self.base ^ name, gamma: self.gamma }
    }
}

/// The numbers drawn at one position of a stream, one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    state: u64,
    gamma: u64,
}

impl Draws {
    #[inline]
    pub(crate) const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(self.gamma);
        mix64(self.state)
    }

    /// A choice among `count` alternatives, with equal chances.
    #[inline]
    pub(crate) fn choose(&mut self, count: u32) -> u32 {
        let chosen = self.below(count);
        #[cfg(test)]
        let chosen = super::tamper::choice(chosen, count);
        chosen
    }

    /// True with this probability.
    #[inline]
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        // What is certain needs no number, but takes its place.
        if probability <= 0.0 || probability >= 1.0 {
            self.state = self.state.wrapping_add(self.gamma);
            return probability > 0.0;
        }
        let yes = self.unit() < probability;
        #[cfg(test)]
        let yes = super::tamper::choice(u32::from(yes), 2) == 1;
        yes
    }

    /// From 0 (included) to 1 (excluded).
    #[inline]
    pub(crate) const fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as i64 as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// An exponential variate with mean 1.
    #[inline]
    pub(crate) fn exponential(&mut self) -> f64 {
        exponential(exponential_table(), self)
    }

    /// A geometric variate from 1 on, with this mean, which is above 1.
    pub(crate) fn geometric(&mut self, mean: f64) -> u32 {
        // An exponential cut into steps is geometric; `as` saturates.
        let steps = self.exponential() / -libm::log1p(-1.0 / mean);
        (steps as u32).saturating_add(1)
    }

    /// A whole number below `bound`, without bias worth a thought for bounds below 2^32.
    #[inline]
    pub(crate) const fn below(&mut self, bound: u32) -> u32 {
        (((self.bits() >> 32) * bound as u64) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_id_purpose_and_position_only() {
        let first = Stream::new(1, 7, 2).at(3).bits();
        assert_eq!(first, Stream::new(1, 7, 2).at(3).bits());
        for other in [Stream::new(2, 7, 2).at(3), Stream::new(1, 8, 2).at(3), Stream::new(1, 7, 3).at(3)] {
            assert_ne!(first, other.clone().bits());
        }
        assert_ne!(first, Stream::new(1, 7, 2).at(4).bits());
    }

    #[test]
    fn units_are_even() {
        // 100,000 draws: the mean of a uniform has a standard error of 0.289 / 316 = 0.0009; four of them.
        let stream = Stream::new(5, 1, 1);
        let mean = (0..100_000).map(|n| stream.at(n).unit()).sum::<f64>() / 100_000.0;
        assert!((mean - 0.5).abs() < 0.0037, "{mean}");
        let least = (0..100_000).filter(|n| stream.at(*n).below(3) == 0).count();
        assert!((32_700..34_000).contains(&least), "{least}");
    }
}
