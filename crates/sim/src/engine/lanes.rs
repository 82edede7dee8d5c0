//! Connections of a visitor that ask for one thing after another, side by side.
//!
//! Each is a branch of the visitor's join that makes requests instead of a call.

use super::cx::JOINED;
use super::{Core, FrameId, Next, Pc, Phase};

impl Core {
    /// One more of several that a process of a client waits for: it begins at `pc` once the present step is over.
    pub(crate) fn open_lane(&mut self, join: FrameId, key: u64, number: u16, pc: Pc) {
        let lane = self.open_branch(join, key);
        let row = &mut self.frames[lane];
        (row.pc, row.cursor) = (pc, number);
        self.ready.push_back(lane);
    }

    /// It is over; whether well or not is not the join's business.
    pub(crate) fn close_lane(&mut self, lane: FrameId) -> Next {
        self.frames[lane].outcome = crate::observe::Outcome::Ok as u8;
        Next::Sleep { time: 0, then: JOINED }
    }

    /// The visitor behind a request, and which of his connections it came by: the first where he has but one.
    pub(crate) fn visitor_by(&self, parent: FrameId) -> (FrameId, u16) {
        let row = &self.frames[parent];
        let visitor = if row.phase == Phase::Branch { self.asker(parent) } else { FrameId::NONE };
        if visitor.is_none() { (parent, 0) } else { (visitor, row.cursor) }
    }
}
