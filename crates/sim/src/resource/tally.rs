//! A count that changes over time, and the area under it.

use crate::Ns;

/// How many there are of something, and the sum of how many there were, times how long.
///
/// The area up to a moment is the count times that moment, plus what is kept here: each change by one adds or
/// takes off the moment at which it happened. So a change costs one addition, and there is nothing to bring up
/// to date in between. The sum is kept modulo 2^128, in two words, and the area is exact.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    low: u64,
    high: u64,
    count: u32,
}

impl Tally {
    /// One with this count, from now on.
    pub(crate) fn new(count: u32, now: Ns) -> Self {
        let mut tally = Self { count, ..Self::default() };
        tally.restart(now);
        tally
    }

    #[inline(always)]
    pub(crate) const fn count(self) -> u32 {
        self.count
    }

    #[inline(always)]
    const fn kept(self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }

    #[inline(always)]
    const fn keep(&mut self, kept: u128) {
        self.low = kept as u64;
        self.high = (kept >> 64) as u64;
    }

    /// One more.
    #[inline(always)]
    pub(crate) const fn rise(&mut self, now: Ns) {
        self.count += 1;
        self.keep(self.kept().wrapping_sub(now as u128));
    }

    /// One less; there is one.
    #[inline(always)]
    pub(crate) const fn fall(&mut self, now: Ns) {
        self.count -= 1;
        self.keep(self.kept().wrapping_add(now as u128));
    }

    /// One less, if there is one.
    pub(crate) const fn fall_if_any(&mut self, now: Ns) {
        if self.count > 0 {
            self.fall(now);
        }
    }

    /// Another count.
    pub(crate) const fn set(&mut self, count: u32, now: Ns) {
        let area = self.area(now);
        self.count = count;
        self.keep(area.wrapping_sub(count as u128 * now as u128));
    }

    /// The area up to now.
    pub(crate) const fn area(self, now: Ns) -> u128 {
        self.kept().wrapping_add(self.count as u128 * now as u128)
    }

    /// The area begins at zero.
    pub(crate) const fn restart(&mut self, now: Ns) {
        self.keep((self.count as u128 * now as u128).wrapping_neg());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_exact() {
        // Longer than two words hold if it were summed up in one.
        const STEP: Ns = 1 << 60;
        let mut tally = Tally::new(2, 5);
        tally.rise(10);
        assert_eq!((tally.count(), tally.area(20)), (3, 2 * 5 + 3 * 10));
        tally.set(1_000_000, STEP);
        let before = 2 * 5 + 3 * u128::from(STEP - 10);
        assert_eq!(tally.area(3 * STEP), before + 2_000_000 * u128::from(STEP));
        tally.fall(3 * STEP);
        tally.restart(3 * STEP);
        assert_eq!((tally.count(), tally.area(3 * STEP + 2)), (999_999, 1_999_998));
    }
}
