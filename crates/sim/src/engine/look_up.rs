//! Look-ups of names by the resolver that every caller has.

use super::cx::{ASKED, LOOK};
use super::flow::{Flow, Timeouts, VISIT};
use super::policy::{Extra, NO_EXTRA};
use super::{Core, FrameId, mix64};
use crate::component::Kind;
use crate::network::{EdgeSlot, Known, ResolverId};
use crate::observe::{Outcome, What};

/// Tells the choice of a user's resolver apart from what else is drawn for a request.
const RESOLVER: u64 = 0x7265_736f_6c76_6572;

impl Core {
    /// Asks the caller's resolver for the record that the edge in the frame's note leads to.
    pub(crate) fn look_up(&mut self, frame: FrameId) -> Flow {
        let row = self.frames[frame];
        let edge = row.note as EdgeSlot;
        let Some(id) = self.edge(edge).resolver else { return Flow::go(frame) };
        if self.resolvers[id as usize].asks_always {
            return self.ask_resolver(frame, edge);
        }
        match self.resolvers[id as usize].look(self.now) {
            Known::Record(record) => self.call_one(frame, record, None, Timeouts::Policy, row.then),
            Known::Failed => {
                self.frames[frame].outcome = Outcome::Unresolved as u8;
                self.frames[frame].pc = row.then;
                Flow::go(frame)
            }
            Known::Asking => {
                self.frames[frame].pc = LOOK;
                self.resolvers[id as usize].waiting.push((frame, row.generation));
                Flow::WAIT
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
                    return Flow::go(frame);
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
        let Some(id) = id else { return Flow::go(frame) };
        if self.resolvers[id as usize].asks_always {
            return self.asked_resolver(frame, edge, outcome);
        }
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

    /// Asks a resolver part. Users are spread over its instances at random, each request being another user's;
    /// any other caller always asks the same.
    fn ask_resolver(&mut self, frame: FrameId, edge: EdgeSlot) -> Flow {
        let (row, part) = (self.frames[frame], &self.parts[self.edge(edge).to as usize]);
        let asker = self.instances[row.instance.0 as usize];
        let present = u64::from(part.present.max(1));
        let chosen =
            if asker.kind == Kind::Client { mix64(row.key ^ RESOLVER) } else { u64::from(asker.number) };
        let to = part.instances[(chosen % present) as usize];
        self.frames[frame].pc = ASKED;
        if self.edge(edge).policy.is_some() {
            return self.begin_by_policy(frame, Extra { edge, then: ASKED, to: Some(to), ..NO_EXTRA });
        }
        let list = self.edge(edge).timeouts;
        let Some(child) = self.open_call(frame, edge, Some(to), list) else {
            self.frames[frame].outcome = Outcome::Guarded as u8;
            self.frames[frame].pc = row.then;
            return Flow::go(frame);
        };
        self.frames[child].key = mix64(row.key ^ VISIT);
        self.transmit(child)
    }

    /// A resolver part has answered, or has not: the request goes where the record leads to.
    fn asked_resolver(&mut self, frame: FrameId, edge: EdgeSlot, outcome: Outcome) -> Flow {
        let (then, row) = (self.frames[frame].then, self.edge(edge));
        if outcome.is_ok() && self.answer != 0 {
            let record = (self.answer - 1) as EdgeSlot;
            return self.call_one(frame, record, None, Timeouts::Policy, then);
        }
        let (caller, dns) = (self.parts[row.from as usize].id, self.parts[row.to as usize].id);
        self.tell(What::LookUpFailed { caller, dns, cause: outcome });
        let row = &mut self.frames[frame];
        row.outcome = Outcome::Unresolved as u8;
        row.pc = then;
        Flow::go(frame)
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
