//! How answers flow: given, on their way back, received; and the engine's own steps.

use super::cx::{
    BACK, DONE, EXPIRED, GO_ON, JOINED, LOOK, ONCE, OPENED, PASS, PAUSE, REACHED, RELAY, RESERVED, RETRY,
    SHED, TRIED, WARM,
};
use super::flow::Flow;
use super::{Core, Frame, FrameId, Pc, Phase, Place};
use crate::network::{EdgeSlot, LaneId, RouteId};
use crate::observe::{Class, Outcome};

impl Core {
    /// A frame's work is over.
    pub(crate) fn answer(&mut self, frame: FrameId, outcome: Outcome) -> Flow {
        self.answer_at(frame, self.place_of(self.frames[frame].instance), outcome)
    }

    /// As [`answer`](Self::answer), of a frame whose place is known.
    #[inline(always)]
    pub(crate) fn answer_at(&mut self, frame: FrameId, place: Place, outcome: Outcome) -> Flow {
        Flow::of(if outcome.is_ok() {
            self.answer_well(frame, place)
        } else {
            self.answer_badly(frame, place, outcome)
        })
    }

    /// Good answers are most of all: compiled for themselves.
    #[inline(never)]
    fn answer_well(&mut self, frame: FrameId, place: Place) -> FrameId {
        self.answer_all(frame, place, Outcome::Ok).next()
    }

    #[inline(never)]
    fn answer_badly(&mut self, frame: FrameId, place: Place, outcome: Outcome) -> FrameId {
        self.answer_all(frame, place, outcome).next()
    }

    #[inline(always)]
    fn answer_all(&mut self, frame: FrameId, place: Place, outcome: Outcome) -> Flow {
        let row = &mut self.frames[frame];
        let (phase, held, arrived) = (row.phase, row.held, row.arrived);
        if held != 0 {
            row.held = 0;
            self.take_back(frame, place, held);
        }
        if phase != Phase::Work {
            match phase {
                Phase::Root => return self.end_request(frame, place.part, outcome),
                Phase::Process => {
                    self.frames.free(frame);
                    return Flow::WAIT;
                }
                _ => {}
            }
        }
        self.count_reply(place.part, self.now - arrived, outcome);
        let Some(caller) = self.send_back(frame, outcome).frame() else { return Flow::WAIT };
        // It comes from a caller that heard it at once: the outcome is what this call ended with.
        match self.frames[caller].pc {
            // Somebody looks before every step, or before this one.
            _ if self.steps_now >= self.steps_allowed => Flow::go(caller),
            PASS => self.pass_on(caller, outcome),
            RELAY if outcome.is_ok() => self.pass_on(caller, outcome),
            _ => Flow::go(caller),
        }
    }

    /// The caller of an answered call only passes the answer on: its work is over, too. As a call and not as a loop,
    /// whose variables would be kept apart from those of the first time through; no deeper than calls may be.
    #[inline(never)]
    fn pass_on(&mut self, caller: FrameId, outcome: Outcome) -> Flow {
        self.steps_now += 1;
        self.frames[caller].note = self.answer;
        self.answer_at(caller, self.place_of(self.frames[caller].instance), outcome)
    }

    /// A visitor's request is over.
    #[inline(always)]
    fn end_request(&mut self, frame: FrameId, part: u32, outcome: Outcome) -> Flow {
        let row = &self.frames[frame];
        let (visitor, key, class, last) = (row.parent, row.key, row.class, row.outcome);
        let latency = self.now - row.arrived;
        if self.has_stories {
            self.tell_of_end(frame, outcome);
        }
        self.frames.free(frame);
        self.digest.fold(self.now ^ key, u64::from(last) << 8 | outcome as u64);
        self.count_request(part, class, outcome, latency);
        self.hear(visitor, outcome)
    }

    /// A visitor who waited for the end of his request goes on.
    #[inline(always)]
    fn hear(&mut self, visitor: FrameId, outcome: Outcome) -> Flow {
        if visitor.is_none() {
            return Flow::WAIT;
        }
        self.frames[visitor].outcome = outcome as u8;
        Flow::go(visitor)
    }

    /// Starts the answer's way back.
    #[inline(always)]
    pub(crate) fn send_back(&mut self, frame: FrameId, outcome: Outcome) -> Flow {
        let row = &mut self.frames[frame];
        let (flags, route) = (row.flags, row.route);
        if flags & (Frame::ABANDONED | Frame::DETACHED) != 0 {
            (row.outcome, row.phase) = (outcome as u8, Phase::Reply);
            self.finish_unawaited(frame, outcome);
            return Flow::WAIT;
        }
        let hop = self.routes.hop(route);
        let is_instant = self.edge(hop.edge).is_instant;
        // It is there at once, and nobody looks at it before.
        if is_instant && hop.before.is_none() && self.paused == 0 && outcome.is_ok() {
            return self.deliver(frame, hop.edge, outcome);
        }
        let row = &mut self.frames[frame];
        (row.outcome, row.phase) = (outcome as u8, Phase::Reply);
        if !is_instant {
            return self.put_on_wire(hop.edge, LaneId::replies(hop.edge), frame);
        }
        match hop.before {
            None => self.deliver_to_caller(frame, hop.edge, outcome),
            Some(before) => self.hop_further(frame, hop.edge, before, outcome),
        }
    }

    /// A reply has crossed an edge: on over the one before it, or to the caller.
    #[inline(always)]
    pub(super) fn hop_back(&mut self, frame: FrameId) -> Flow {
        let row = &self.frames[frame];
        if row.has(Frame::ABANDONED) {
            let outcome = Outcome::from_index(row.outcome);
            self.finish_unawaited(frame, outcome);
            return Flow::WAIT;
        }
        let (hop, outcome) = (self.routes.hop(row.route), Outcome::from_index(row.outcome));
        match hop.before {
            Some(before) => self.hop_further(frame, hop.edge, before, outcome),
            None => self.deliver_to_caller(frame, hop.edge, outcome),
        }
    }

    /// Has crossed an edge, and crosses the others of a route backwards as far as that takes no time.
    fn hop_further(
        &mut self,
        frame: FrameId,
        mut crossed: EdgeSlot,
        mut route: RouteId,
        outcome: Outcome,
    ) -> Flow {
        loop {
            if self.counts.are_used() {
                self.uncount_crossed(frame, crossed, route, outcome);
            }
            let hop = self.routes.hop(route);
            if !self.edge(hop.edge).is_instant {
                self.frames[frame].route = route;
                return self.put_on_wire(hop.edge, LaneId::replies(hop.edge), frame);
            }
            match hop.before {
                Some(before) => (crossed, route) = (hop.edge, before),
                None => {
                    self.frames[frame].route = route;
                    return self.deliver_to_caller(frame, hop.edge, outcome);
                }
            }
        }
    }

    #[inline(always)]
    fn deliver_to_caller(&mut self, frame: FrameId, edge: EdgeSlot, outcome: Outcome) -> Flow {
        if self.paused > 0 { self.deliver_or_keep(frame, edge) } else { self.deliver(frame, edge, outcome) }
    }

    /// An answer reaches its caller over the edge that the call was sent on.
    #[inline(always)]
    pub(super) fn deliver(&mut self, frame: FrameId, edge: EdgeSlot, outcome: Outcome) -> Flow {
        if self.counts.are_used() {
            self.uncount_all(frame);
        }
        if !outcome.is_ok() {
            self.unfold_to_try_again(frame);
        }
        let ended = self.frames.end(frame);
        let latency = self.now - ended.sent;
        let from = self.edges[edge as usize].from;
        let ledger = &mut self.edges[edge as usize].ledger;
        ledger.ended[outcome as usize] += 1;
        ledger.open -= 1;
        if outcome.is_ok() {
            ledger.latency.record(latency);
        }
        if ended.parent.is_folded() {
            return self.end_folded(from, &ended, outcome, latency);
        }
        self.answer = ended.note;
        let row = &mut self.frames[ended.parent];
        row.outcome = outcome as u8;
        if row.pc == ONCE && outcome.is_ok() {
            row.pc = row.then;
        }
        Flow::go(ended.parent)
    }

    /// The work of a call that nobody waits for is over.
    #[cold]
    #[inline(never)]
    fn finish_unawaited(&mut self, frame: FrameId, outcome: Outcome) {
        let row = self.frames[frame];
        let entry = self.routes.entry(row.route);
        if row.has(Frame::ABANDONED) {
            let ledger = &mut self.edge_mut(entry).ledger;
            ledger.late += 1;
            ledger.abandoned -= 1;
            // A late refusal is no answer, and that of a name server is not the visitor's.
            let is_answer = outcome.is_reply() && self.edge(entry).resolver.is_none();
            if row.depth == 1 && row.class != Class::Probe as u8 && is_answer {
                self.count_late(row.parent.0, row.class);
            }
        } else {
            let ledger = &mut self.edge_mut(entry).ledger;
            ledger.ended[outcome as usize] += 1;
            ledger.open -= 1;
        }
        self.uncount_all(frame);
        self.frames.free(frame);
    }

    /// The engine's own steps; who goes on after them.
    #[inline(never)]
    pub(crate) fn go_on(&mut self, frame: FrameId, pc: Pc) -> FrameId {
        self.go_on_from(frame, pc).next()
    }

    #[inline(always)]
    fn go_on_from(&mut self, frame: FrameId, pc: Pc) -> Flow {
        let outcome = Outcome::from_index(self.frames[frame].outcome);
        if matches!(pc, RELAY | PASS) {
            self.frames[frame].note = self.answer;
        }
        match pc {
            DONE => self.answer(frame, Outcome::Ok),
            RELAY => self.answer(frame, if outcome.is_ok() { Outcome::Ok } else { Outcome::Upstream }),
            PASS => self.answer(frame, outcome),
            LOOK => self.look_up(frame),
            ONCE => self.tried_once(frame),
            TRIED => self.tried(frame),
            RETRY => self.retry(frame),
            JOINED => self.joined(frame),
            REACHED => self.reached(frame),
            OPENED => self.opened(frame),
            RESERVED => self.reserved(frame),
            EXPIRED => self.answer(frame, Outcome::Expired),
            SHED => self.answer(frame, Outcome::Overloaded),
            BACK => self.come_back_late(frame),
            PAUSE => self.pause(frame),
            GO_ON => self.go_on_after(frame),
            WARM => self.warmed(frame),
            _ => self.looked_up(frame),
        }
    }
}
