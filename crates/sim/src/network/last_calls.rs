//! How the last few calls ended.

/// More calls than this are not remembered.
pub(super) const MOST: u32 = 1_024;

/// The last calls, up to a number of them, and how many of these failed.
#[derive(Clone, Debug, Default)]
pub(super) struct LastCalls {
    /// A ring of one bit for each: whether it failed. Empty until the first.
    failed: Vec<u64>,
    at: u32,
    calls: u32,
    failures: u32,
    /// How many it remembers; another number begins anew.
    most: u32,
}

impl LastCalls {
    /// Takes in one more call; calls and failures among the last `most`.
    pub(super) fn count(&mut self, most: u32, has_failed: bool) -> [u32; 2] {
        let most = most.clamp(1, MOST);
        if self.most != most {
            self.failed.clear();
            self.failed.resize(most.div_ceil(64) as usize, 0);
            (self.at, self.calls, self.failures, self.most) = (0, 0, 0, most);
        }
        let (word, bit) = ((self.at / 64) as usize, 1 << (self.at % 64));
        if self.calls == most {
            self.failures -= u32::from(self.failed[word] & bit != 0);
        } else {
            self.calls += 1;
        }
        if has_failed {
            self.failed[word] |= bit;
            self.failures += 1;
        } else {
            self.failed[word] &= !bit;
        }
        self.at = (self.at + 1) % most;
        [self.calls, self.failures]
    }

    /// Heap that they hold, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.failed.capacity() * size_of::<u64>()
    }

    /// Forgets them, and keeps the memory.
    pub(super) fn clear(&mut self) {
        (self.at, self.calls, self.failures) = (0, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_calls_are_forgotten() {
        for most in [1_u32, 5, 64, 100, 1_024] {
            let mut last = LastCalls::default();
            let failed = |at: u32| at.wrapping_mul(2_654_435_761) >> 30 == 0;
            for at in 0..3_000_u32 {
                let from = (at + 1).saturating_sub(most);
                let failures = (from..=at).filter(|at| failed(*at)).count() as u32;
                assert_eq!(last.count(most, failed(at)), [at + 1 - from, failures], "{most} {at}");
            }
            last.clear();
            assert_eq!(last.count(most, true), [1, 1]);
        }
    }
}
