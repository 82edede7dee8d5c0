//! The hash by which two runs are compared.

use std::fmt;

use super::mix64;

/// A 128-bit hash over every executed event. Equal digests mean equal runs, to the last request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest {
    a: u64,
    b: u64,
}

impl Digest {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { a: mix64(seed ^ 0x6272_6f77_6e6f_7574), b: mix64(seed ^ 0x6469_6765_7374_2031) }
    }

    /// Takes in two words. Each step is a bijection of the state for given words, and of each word for a
    /// given state: one changed bit can never be lost by what follows it.
    #[inline]
    pub(crate) const fn fold(&mut self, x: u64, y: u64) {
        let a = (self.a ^ x).wrapping_mul(0x9fb2_1c65_1e98_df25);
        let b = (self.b ^ y).wrapping_mul(0xd6e8_feb8_6659_fd93);
        self.a = (a ^ (a >> 32)).wrapping_add(b);
        self.b = (b ^ (b >> 29)).wrapping_add(self.a.rotate_left(21));
    }

    pub(crate) fn fold_bytes(&mut self, bytes: &[u8]) {
        self.fold(bytes.len() as u64, 0x62_79_74_65_73);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.fold(u64::from_le_bytes(word), 0);
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", mix64(self.a), mix64(self.b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_changed_bit_changes_it_for_good() {
        let run = |flip: u64| {
            let mut digest = Digest::new(1);
            for n in 0..1_000 {
                digest.fold(n, if n == 500 { flip } else { 0 });
            }
            digest
        };
        assert_eq!(run(0), run(0));
        for bit in 0..64 {
            assert_ne!(run(0), run(1 << bit));
        }
    }
}
