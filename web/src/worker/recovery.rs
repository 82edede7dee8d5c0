//! What to do when the worker dies: once is an accident, twice at the same place is a defect.

/// Events within which two deaths are taken to be the same: what the worker last told of is a slice old.
const SAME_PLACE_EVENTS: u64 = 100_000;

/// What is known of the deaths of a run's workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deaths {
    last_at: Option<u64>,
}

impl Deaths {
    /// A worker died after this many events. True when a fresh one should try again.
    pub fn may_retry(&mut self, events: u64) -> bool {
        let same = self.last_at.is_some_and(|last| last.abs_diff(events) <= SAME_PLACE_EVENTS);
        self.last_at = Some(events);
        !same
    }
}

/// Notices a worker that neither answers nor fails. Counts ticks of a timer, not time: a machine that slept
/// is no reason to give up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watchdog {
    silent_ticks: u32,
}

impl Watchdog {
    pub const TICK_MS: u32 = 2_000;
    const MOST_SILENT_TICKS: u32 = 6;

    /// A sign of life.
    pub fn heard(&mut self) {
        self.silent_ticks = 0;
    }

    /// One tick has passed. True when the worker must be given up.
    pub fn tick(&mut self) -> bool {
        self.silent_ticks += 1;
        self.silent_ticks > Self::MOST_SILENT_TICKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_death_at_the_same_place_is_the_last() {
        let mut deaths = Deaths::default();
        assert!(deaths.may_retry(1_000_000), "the first time");
        assert!(deaths.may_retry(9_000_000), "somewhere else");
        assert!(!deaths.may_retry(9_000_500), "there again");
    }

    #[test]
    fn a_silent_worker_is_given_up_after_a_while() {
        let mut watchdog = Watchdog::default();
        assert!((0..6).all(|_| !watchdog.tick()), "patience");
        watchdog.heard();
        assert!((0..6).all(|_| !watchdog.tick()), "patience again");
        assert!(watchdog.tick(), "and an end of it");
    }
}
