//! Balancers that look at the loads of their targets now and then, and choose by what they saw last
//! (M. Mitzenmacher: How useful is old information?, IEEE TPDS 11, 2000).

use super::{Algorithm, NOBODY, TargetView, View};
use crate::Ns;
use crate::engine::Draws;

impl View {
    /// How many calls are open at a target, as far as the balancer knows.
    #[inline]
    pub(super) const fn known(&self, row: &TargetView) -> u32 {
        if self.next_look.is_some() { row.seen } else { row.open }
    }

    /// Looks, if it is time to, and chooses. Looks fall on multiples of the interval; nobody asks in between, so the
    /// one that is due is made up for at the next choice.
    pub(crate) fn look_and_choose(&mut self, mut draws: Draws, every: Ns, now: Ns) -> Option<u32> {
        if self.next_look.is_some_and(|due| due <= now) {
            for target in &mut self.targets {
                target.seen = target.open;
            }
            self.next_look = Some((now - now % every).saturating_add(every));
        }
        if self.algorithm != Algorithm::Least {
            return self.choose(draws, NOBODY);
        }
        let target = self.least_seen(&mut draws, NOBODY)?;
        self.note(target, 0);
        Some(target)
    }

    /// The least loaded by what was seen last, any of those that are equal.
    pub(super) fn least_seen(&self, draws: &mut Draws, but: u32) -> Option<u32> {
        let mut best: Option<(f64, u32)> = None;
        let mut equal = 0;
        for target in self.eligible.iter().copied().filter(|target| *target != but) {
            let row = &self.targets[target as usize];
            let load = f64::from(row.seen) / row.weight;
            match best {
                Some((least, _)) if load > least => continue,
                Some((least, _)) if load == least => equal += 1,
                _ => equal = 1,
            }
            if draws.choose(equal) == 0 {
                best = Some((load, target));
            }
        }
        best.map(|(_, target)| target)
    }
}
