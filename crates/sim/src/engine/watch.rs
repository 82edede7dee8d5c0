//! What those who watch others may read of them.

use super::{Core, InstanceId};
use crate::network::EdgeSlot;
use crate::observe::Outcome;

impl Core {
    /// All instances at the ends of a part's own edges.
    pub(crate) fn behind(&self, part: u32) -> Vec<(EdgeSlot, InstanceId)> {
        let mut behind = Vec::new();
        for edge in &self.parts[part as usize].out {
            let to = self.edge(*edge).to as usize;
            let present = self.parts[to].instances.iter().filter(|instance| self.is_present(**instance));
            behind.extend(present.map(|instance| (*edge, *instance)));
        }
        behind
    }

    /// Of an instance at this moment: busy workers, workers, waiting calls.
    pub(crate) fn load_of(&self, instance: InstanceId) -> [u32; 3] {
        let mut sum = [0_u32; 3];
        for station in self.stations_of(instance) {
            let row = &self.stations[station];
            let load = [row.busy.count(), row.shape.workers, row.queued.count()];
            sum.iter_mut().zip(load).for_each(|(sum, some)| *sum = sum.saturating_add(some));
        }
        sum
    }

    /// Replies that a part has given since the run began, and how many of them were errors. Measuring, which may
    /// begin later, does not show in it.
    pub(crate) fn replies_of(&self, part: u32) -> [u64; 2] {
        let stats = &self.parts[part as usize].stats;
        let of = |outcome: usize| stats.replied[outcome] + stats.replied_before[outcome];
        let all: u64 = (0..Outcome::COUNT).map(of).sum();
        [all, all - of(Outcome::Ok as usize)]
    }
}
