//! Chance for the fuzzer: SplitMix64 (G. L. Steele, D. Lea, C. H. Flood: Fast splittable pseudorandom number
//! generators, OOPSLA 2014), so that every execution can be repeated from its number.

pub struct Random(u64);

impl Random {
    /// The stream of one execution of a hunt.
    pub fn of(seed: u64, execution: u64) -> Self {
        let mut random = Self(seed);
        let base = random.next();
        Self(base ^ execution.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of some things; there must be one.
    pub fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
