//! Two counts over the last stretch of time.

use crate::Ns;

/// How many pieces the stretch is counted in: one at a time falls out of it.
const PIECES: usize = 16;

/// Two counts that belong together, such as calls and failures, over a window of fixed length that moves on
/// by a sixteenth of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rolling {
    pieces: [[u32; 2]; PIECES],
    sums: [u32; 2],
    /// The number of the newest piece, counted from time 0.
    newest: u64,
    /// How long a piece is; another length begins anew.
    length: Ns,
}

impl Rolling {
    fn advance(&mut self, now: Ns, window: Ns) -> usize {
        let length = (window / PIECES as Ns).max(1);
        if self.length != length {
            *self = Self { length, newest: now / length, ..Self::default() };
        }
        let newest = now / length;
        let gone = (newest - self.newest).min(PIECES as u64);
        for at in 1..=gone {
            let piece = &mut self.pieces[((self.newest + at) % PIECES as u64) as usize];
            self.sums[0] -= piece[0];
            self.sums[1] -= piece[1];
            *piece = [0; 2];
        }
        self.newest = newest;
        (newest % PIECES as u64) as usize
    }

    /// Adds to both counts.
    pub(crate) fn count(&mut self, now: Ns, window: Ns, some: [u32; 2]) {
        let at = self.advance(now, window);
        for (which, some) in some.into_iter().enumerate() {
            // A window with four billion calls counts no more.
            if self.sums[which].checked_add(some).is_some() {
                self.sums[which] += some;
                self.pieces[at][which] += some;
            }
        }
    }

    /// Both counts over the window that ends now.
    pub(crate) fn sums(&mut self, now: Ns, window: Ns) -> [u32; 2] {
        self.advance(now, window);
        self.sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let mut rolling = Rolling::default();
        for at in 0..160 {
            rolling.count(at, 160, [1, u32::from(at % 4 == 0)]);
        }
        assert_eq!(rolling.sums(159, 160), [160, 40]);
        assert_eq!(rolling.sums(160, 160), [150, 37]);
        assert_eq!(rolling.sums(239, 160), [80, 20]);
        assert_eq!(rolling.sums(10_000, 160), [0, 0]);
        rolling.count(10_000, 160, [5, 0]);
        assert_eq!(rolling.sums(10_000, 320), [0, 0], "another window begins anew");
    }
}
