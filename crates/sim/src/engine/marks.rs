//! What pictures show beside counts: how full what remembers is, how far copies of a log have come, and which messages
//! are tried again or awaited by nobody.

use std::collections::BTreeMap;

use super::{Core, Frame};
use crate::observe::{Mark, PartGauge};

impl Core {
    /// How full what remembers is, and how far each copy of a log has come.
    pub(super) fn read_levels(&self, gauges: &mut [PartGauge]) {
        let mut rooms: BTreeMap<u32, [usize; 2]> = BTreeMap::new();
        for cache in &self.caches {
            let room = rooms.entry(self.part_of(cache.instance)).or_default();
            room.iter_mut().zip(cache.store.room()).for_each(|(sum, more)| *sum += more);
        }
        for (part, [taken, all]) in rooms {
            gauges[part as usize].filled = (all > 0).then(|| taken as f32 / all as f32);
        }
        for group in &self.groups {
            let Some(gauge) = gauges.get_mut(group.part as usize) else { continue };
            let head = group.histories.head(crate::resource::MAIN);
            gauge.log = head;
            gauge.lag = group.lag(|instance| self.is_up(instance), self.now).1;
            gauge.behind = group.members.iter().map(|member| head.saturating_sub(member.applied)).collect();
            for (behind, member) in gauge.behind.iter_mut().zip(&group.members) {
                *behind = if member.is_primary { 0 } else { *behind };
            }
        }
    }

    /// What a message is beyond its class. Of what was given up, nobody knows any more whether it was a retry.
    pub(super) fn mark_of(&self, frame: &Frame) -> Mark {
        if frame.has(Frame::ABANDONED) {
            return Mark::GivenUp;
        }
        if frame.has(Frame::DETACHED) || frame.parent.is_none() || frame.parent.is_folded() {
            return Mark::Plain;
        }
        let edge = self.routes.entry(frame.route);
        if self.edge(edge).policy.is_none() || self.frames[frame.parent].pc == super::cx::ONCE {
            return Mark::Plain;
        }
        let again = self.extras.get(frame.parent, &self.frames).is_some_and(|extra| extra.attempt > 0);
        if again { Mark::Retry } else { Mark::Plain }
    }
}
