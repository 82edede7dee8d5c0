//! What the design costs: by the hour, for as long as an instance is part of it.

use super::time::SECOND;
use super::{Core, Ns};
use crate::component::Kind;

/// The parameter that is no part of what is simulated.
pub(super) const COST: &str = "cost_per_hour";

/// What a part costs, and has cost since measuring began.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(super) per_hour: f64,
    since: Ns,
    spent: f64,
}

impl Cost {
    fn set(&mut self, per_hour: f64, now: Ns) {
        *self = Self { per_hour, since: now, spent: self.spent(now) };
    }

    pub(super) fn restart(&mut self, now: Ns) {
        *self = Self { since: now, spent: 0.0, ..*self };
    }

    fn spent(self, now: Ns) -> f64 {
        self.spent + self.per_hour * ((now - self.since) as f64 / (3_600 * SECOND) as f64)
    }
}

impl Core {
    /// Who is there has changed, or what it costs.
    pub(crate) fn settle_costs(&mut self) {
        let now = self.now;
        for slot in 0..self.parts.len() {
            let per_hour = self.costs_now(slot);
            let row = &mut self.parts[slot];
            if row.cost.per_hour != per_hour {
                row.cost.set(per_hour, now);
            }
        }
    }

    fn costs_now(&self, slot: usize) -> f64 {
        let row = &self.parts[slot];
        let one = row.params.cost_per_hour();
        if row.removed || one == 0.0 {
            return 0.0;
        }
        let mut place = row.inside;
        while let Some(above) = place.and_then(|id| self.part_slots.get(&id)) {
            let above = &self.parts[*above as usize];
            if above.kind == Kind::Server {
                return 0.0;
            }
            place = above.inside;
        }
        let present = &row.instances[..row.present as usize];
        one * present.iter().filter(|instance| !self.is_parked(**instance)).count() as f64
    }

    /// What all of the design costs per hour at the moment.
    pub(super) fn cost_per_hour(&self) -> f64 {
        self.parts.iter().map(|part| part.cost.per_hour).sum()
    }

    /// What all of it cost per hour, on average since measuring began; at that very moment, what it costs then.
    pub(super) fn mean_cost_per_hour(&self, span: Ns) -> f64 {
        if span == 0 {
            return self.cost_per_hour();
        }
        let spent: f64 = self.parts.iter().map(|part| part.cost.spent(self.now)).sum();
        spent * ((3_600 * SECOND) as f64 / span as f64)
    }
}
