//! Calls that ended without an answer a moment ago: the caller gave up, or never sent them. No message tells of these,
//! and so pictures ask here. Nothing else is read from it.

use super::{Core, FrameId, InstanceId, Ns};
use crate::network::{EdgeSlot, LaneId};
use crate::observe::{Class, Fall, Outcome};

/// The eye follows no more of them.
const KEPT: usize = 48;

#[derive(Clone, Copy, Debug)]
struct Fallen {
    at: Ns,
    key: u64,
    from: u32,
    edge: EdgeSlot,
    outcome: u8,
    class: u8,
}

/// The last of them.
#[derive(Clone, Debug)]
pub(super) struct Falls {
    ring: [Fallen; KEPT],
    count: usize,
}

impl Default for Falls {
    fn default() -> Self {
        Self { ring: [Fallen { at: 0, key: 0, from: 0, edge: 0, outcome: 0, class: 0 }; KEPT], count: 0 }
    }
}

impl Core {
    /// A call by this frame, or for it, ends here.
    pub(super) fn note_fall(&mut self, frame: FrameId, edge: EdgeSlot, outcome: Outcome) {
        let row = self.frames[frame];
        let instance = |id: InstanceId| self.instances.get(id.0 as usize).map_or(0, |row| row.part);
        let is_call = outcome == Outcome::TimedOut;
        let from =
            if is_call { self.asking_part(&row, LaneId::requests(edge)) } else { instance(row.instance) };
        let at = self.falls.count % KEPT;
        let (outcome, class) = (outcome as u8, row.class);
        self.falls.ring[at] = Fallen { at: self.now, key: row.key, from, edge, outcome, class };
        self.falls.count += 1;
    }

    pub(super) fn falls(&self) -> Vec<Fall> {
        let known = &self.falls.ring[..self.falls.count.min(KEPT)];
        known
            .iter()
            .filter_map(|fallen| {
                let edge = self.edges.get(usize::from(fallen.edge)).filter(|edge| !edge.removed)?;
                Some(Fall {
                    at: fallen.at,
                    edge: edge.id,
                    from: self.parts.get(fallen.from as usize)?.id,
                    to: self.parts[edge.to as usize].id,
                    class: Class::from_index(fallen.class),
                    outcome: Outcome::from_index(fallen.outcome),
                    key: super::read::fold_key(fallen.key),
                })
            })
            .collect()
    }
}
