//! Look-ups of names by the resolver that every caller has.

use super::cx::{ASKED, LOOK};
use super::flow::{Flow, Timeouts, VISIT};
use super::policy::{Extra, NO_EXTRA};
use super::{Core, FrameId, mix64};
use crate::network::{EdgeSlot, Known, ResolverId};
use crate::observe::{Outcome, What};

impl Core {
    /// Asks the caller's resolver for the record that the edge in the frame's note leads to.
    pub(crate) fn look_up(&mut self, frame: FrameId) -> Flow {
        let row = self.frames[frame];
        let edge = row.note as EdgeSlot;
        let Some(id) = self.edge(edge).resolver else { return Flow::Go(frame) };
        match self.resolvers[id as usize].look(self.now) {
            Known::Record(record) => self.call_one(frame, record, None, Timeouts::Policy, row.then),
            Known::Failed => {
                self.frames[frame].outcome = Outcome::Unresolved as u8;
                self.frames[frame].pc = row.then;
                Flow::Go(frame)
            }
            Known::Asking => {
                self.frames[frame].pc = LOOK;
                self.resolvers[id as usize].waiting.push((frame, row.generation));
                Flow::Wait
            }
            Known::Nothing => {
                self.frames[frame].pc = ASKED;
                if self.edge(edge).policy.is_some() {
                    self.resolvers[id as usize].asking = Some((frame, row.generation));
                    return self.begin_by_policy(frame, Extra { edge, then: ASKED, ..NO_EXTRA });
                }
                let list = self.edge(edge).timeouts;
                let Some(child) = self.open_call(frame, edge, None, list) else {
                    self.frames[frame].outcome = Outcome::Guarded as u8;
                    self.frames[frame].pc = row.then;
                    return Flow::Go(frame);
                };
                self.frames[child].key = mix64(row.key ^ VISIT);
                self.resolvers[id as usize].asking = Some((frame, row.generation));
                self.transmit(child)
            }
        }
    }

    /// The name server has answered, or has not.
    pub(crate) fn looked_up(&mut self, frame: FrameId) -> Flow {
        let edge = self.frames[frame].note as EdgeSlot;
        let outcome = Outcome::from_index(self.frames[frame].outcome);
        let (id, server, caller) = {
            let row = self.edge(edge);
            (row.resolver, row.to, row.from)
        };
        let Some(id) = id else { return Flow::Go(frame) };
        let record = (outcome.is_ok() && self.answer != 0)
            .then(|| ((self.answer - 1) as EdgeSlot, self.parts[server as usize].answer_ttl));
        let (now, dns, caller) = (self.now, self.parts[server as usize].id, self.parts[caller as usize].id);
        if record.is_none() {
            self.tell(What::LookUpFailed { caller, dns, cause: outcome });
        }
        self.resolvers[id as usize].answered(now, record);
        self.wake(id);
        self.look_up(frame)
    }

    /// Lets the frames that wait for a resolver look again, those that still live. The list keeps its memory.
    pub(crate) fn wake(&mut self, resolver: ResolverId) {
        let mut waiting = std::mem::take(&mut self.resolvers[resolver as usize].waiting);
        for (frame, generation) in waiting.drain(..) {
            if self.frames[frame].generation == generation {
                self.ready.push_back(frame);
            }
        }
        self.resolvers[resolver as usize].waiting = waiting;
    }
}
