//! Calling off: what nobody waits for any more is not worked on any more, once its callee knows.

use super::calendar::{Entry, Tag};
use super::flow::Flow;
use super::{Core, Frame, FrameId, Phase};
use crate::network::{EdgeSlot, LaneId};
use crate::observe::Outcome;

impl Core {
    /// A caller lets go of a call otherwise than by its timeout.
    pub(super) fn orphan(&mut self, frame: FrameId) {
        let entry = self.routes.entry(self.frames[frame].route);
        self.edge_mut(entry).ledger.orphaned += 1;
        self.abandon(frame);
    }

    /// Tells the callee that its call is abandoned, where the edge's policy says so. The word travels as
    /// the call did, and is lost where that would be.
    #[cold]
    pub(super) fn call_off(&mut self, frame: FrameId, entry: EdgeSlot) {
        let cancels = self.edge(entry).policy.is_some_and(|row| self.policies[row as usize].rules.cancels);
        let row = &self.frames[frame];
        if !cancels || !matches!(row.phase, Phase::Request | Phase::Work) {
            return;
        }
        let (mut at, mut route) = (self.now, Some(row.route));
        while let Some(id) = route {
            let edge = self.routes.edge(id);
            let is_cut = !self.edge(edge).cut.is_none();
            if is_cut && self.is_cut(LaneId::requests(edge), frame) {
                return;
            }
            let Some(time) = self.word_takes(LaneId::requests(edge), frame) else { return };
            at = at.saturating_add(time);
            route = self.routes.before(id);
        }
        let generation = self.frames[frame].generation;
        self.calendar.push(at, Entry::new(Tag::Cancel, frame.0, generation));
    }

    /// The word that a call is abandoned arrives.
    pub(super) fn called_off(&mut self, frame: FrameId) {
        let row = &mut self.frames[frame];
        let mut route = Some(row.route);
        match row.phase {
            Phase::Work => {}
            // Still, or again, on its way: it ends where it arrives.
            Phase::Request => {
                row.flags |= Frame::CANCELLED;
                return;
            }
            _ => return,
        }
        while let Some(id) = route {
            let lane = LaneId::requests(self.routes.edge(id));
            if !self.edge(lane.edge()).cut.is_none() && self.is_cut(lane, frame) {
                return;
            }
            route = self.routes.before(id);
        }
        self.cancel(frame);
    }

    /// Ends work at once: it leaves its queue, its workers are free, and nobody waits for what it called.
    fn cancel(&mut self, frame: FrameId) {
        self.give_up_calls(frame);
        self.release(frame);
        self.end_cancelled(frame);
    }

    pub(super) fn end_cancelled(&mut self, frame: FrameId) {
        #[cfg(debug_assertions)]
        crate::planted::leak();
        let entry = self.routes.entry(self.frames[frame].route);
        let ledger = &mut self.edge_mut(entry).ledger;
        ledger.abandoned -= 1;
        ledger.cancelled += 1;
        self.uncount_all(frame);
        self.frames.free(frame);
    }

    /// The call that a frame waits for, if it was made without a policy.
    pub(super) fn only_child(&self, frame: FrameId) -> Option<FrameId> {
        let child = self.frames[frame].next;
        self.is_child(child, frame).then_some(child)
    }

    /// Whether a frame is a call that another waits for. It need not be the frame that it once was.
    pub(super) fn is_child(&self, frame: FrameId, of: FrameId) -> bool {
        if frame.is_none() {
            return false;
        }
        let row = &self.frames[frame];
        let is_call = matches!(row.phase, Phase::Request | Phase::Work | Phase::Reply | Phase::Lost);
        is_call && row.parent == of && !row.has(Frame::ABANDONED)
    }

    /// If this frame asks a name server, somebody else who waits for the answer asks again.
    pub(super) fn forget_look_up(&mut self, frame: FrameId) {
        let row = self.frames[frame];
        let Some(edge) = self.edges.get(row.note as usize) else { return };
        let Some(id) = edge.resolver else { return };
        let resolver = &mut self.resolvers[id as usize];
        if resolver.asking == Some((frame, row.generation)) {
            resolver.asking = None;
            self.wake(id);
        }
    }

    /// What arrives with a mark: a knock, a cancelled call, one with a deadline.
    #[cold]
    pub(super) fn arrive_marked(&mut self, frame: FrameId) -> Flow {
        if self.frames[frame].has(Frame::CANCELLED) {
            self.end_cancelled(frame);
            return Flow::WAIT;
        }
        if self.is_expired(frame) {
            return self.answer(frame, Outcome::Expired);
        }
        if self.frames[frame].has(Frame::KNOCK) { self.answer(frame, Outcome::Ok) } else { Flow::go(frame) }
    }

    /// Whether a call has a deadline that is over.
    pub(super) fn is_expired(&self, frame: FrameId) -> bool {
        self.frames[frame].has(Frame::DEADLINE)
            && self.extras.get(frame, &self.frames).is_some_and(|extra| extra.deadline <= self.now)
    }

    /// Whether a call whose timeout was cut short by a deadline is still waited for.
    pub(super) fn is_awaited(&self, frame: FrameId, generation: u32) -> bool {
        let row = &self.frames[frame];
        row.generation == generation && row.phase != Phase::Free && !row.has(Frame::ABANDONED)
    }
}
