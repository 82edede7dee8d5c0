//! Balancing by the times that answers take, as the balancer itself measures them.

use super::{Algorithm, View};
use crate::Ns;

/// How a balancer that goes by response times measures them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct MeasureRules {
    /// What was measured so long ago counts for a third (1/e).
    pub(crate) memory: Ns,
    /// How often it looks at what it has measured; 0 always.
    pub(crate) every: Ns,
}

impl View {
    /// Whether it measures how long calls take.
    #[inline]
    pub(crate) const fn measures(&self) -> bool {
        matches!(self.algorithm, Algorithm::ResponseTime)
    }

    pub(crate) const fn set_measure(&mut self, rules: MeasureRules) {
        self.measure = rules;
    }

    /// A call to a target took so long.
    #[inline(never)]
    pub(crate) fn measured(&mut self, target: u32, time: Ns, now: Ns) {
        let (time, kept) = (time as f64, self.kept_since(self.targets[target as usize].measured, now));
        let row = &mut self.targets[target as usize];
        row.takes = if row.measured == 0 { time } else { time + (row.takes - time) * kept };
        row.measured = now.max(1);
        self.measured = now;
        if now - self.looked >= self.measure.every {
            self.looked = now;
            for target in &mut self.targets {
                target.took = target.takes;
            }
        }
    }

    /// How much of what was measured then is left.
    fn kept_since(&self, then: Ns, now: Ns) -> f64 {
        libm::exp(-(now.saturating_sub(then) as f64) / self.measure.memory.max(1) as f64)
    }

    /// What a call to a target would cost, by the times that were measured there. Whoever has had no call for long is
    /// forgiven little by little, or nobody would ever learn that it is well again.
    fn expects(&self, target: u32) -> f64 {
        let row = &self.targets[target as usize];
        if self.measure.every > 0 {
            return row.took / row.weight;
        }
        row.takes * self.kept_since(row.measured, self.measured) * row.load()
    }

    /// The target from which an answer is expected soonest; of equals, the one that was chosen longest ago.
    pub(super) fn soonest(&self, but: u32) -> Option<u32> {
        let mut best: Option<(f64, u64, u32)> = None;
        for target in self.eligible.iter().copied().filter(|target| *target != but) {
            let (expected, last) = (self.expects(target), self.targets[target as usize].last);
            if best
                .is_none_or(|(least, earliest, _)| expected < least || expected == least && last < earliest)
            {
                best = Some((expected, last, target));
            }
        }
        best.map(|(.., target)| target)
    }
}
