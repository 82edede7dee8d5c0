//! Messages that share a link evenly with all others on it.

use super::calendar::{Entry, Tag};
use super::{Core, FrameId, Ns};
use crate::network::{Crossed, LaneId};

impl Core {
    /// Puts a message on a lane whose bandwidth is shared evenly; false where it arrives at once.
    pub(super) fn on_fair_wire(&mut self, lane: LaneId, frame: FrameId, way: Ns) -> bool {
        let (now, sends) = (self.now, self.what_is_sent(lane, frame));
        let way = way.saturating_add(sends.more);
        let Some(fair) = self.lanes[lane.0 as usize].fair_mut() else { return false };
        if sends.bytes > 0 && fair.is_full() {
            self.lose(frame);
            return true;
        }
        let due =
            if sends.bytes == 0 { now.saturating_add(way) } else { fair.join(now, sends.bytes, frame, way) };
        if due == now {
            return false;
        }
        self.travel_alone(lane, frame, due.min(Ns::MAX - 1));
        true
    }

    /// A message that keeps no order is due at this time.
    pub(super) fn travel_alone(&mut self, lane: LaneId, frame: FrameId, due: Ns) {
        let place = self.lanes[lane.0 as usize].let_loose(self.now, due, frame);
        let row = &mut self.frames[frame];
        row.next = FrameId(place);
        self.calendar.push(due, Entry::new(Tag::Message, frame.0, row.generation));
    }

    /// The time of a message has come; true where it is still under way.
    pub(super) fn is_still_crossing(&mut self, lane: LaneId, frame: FrameId) -> bool {
        let now = self.now;
        let Some(fair) = self.lanes[lane.0 as usize].fair_mut() else { return false };
        let due = match fair.look(now, frame) {
            None | Some(Crossed::Travels(0)) => return false,
            Some(Crossed::At(due)) => due,
            Some(Crossed::Travels(way)) => now.saturating_add(way),
        };
        let due = due.min(Ns::MAX - 1);
        let row = &self.frames[frame];
        self.lanes[lane.0 as usize].put_off(row.next.0, due);
        self.calendar.push(due, Entry::new(Tag::Message, frame.0, row.generation));
        true
    }
}
