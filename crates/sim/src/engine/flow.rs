//! How calls flow: sent, arrived, queued, answered, given up.

use super::calendar::{Entry, Tag};
use super::core::Waiting;
use super::cx::{BACK, DONE, EXPIRED, GO_ON, LOOK, PASS, PAUSE, RELAY, RESERVED, RETRY, SHED, TRIED};
use super::{Core, Frame, FrameId, InstanceId, InstanceState, Ns, Pc, Phase, mix64};
use crate::network::{EdgeSlot, Lane, LaneId, RouteId};
use crate::observe::{Class, Outcome};

/// Calls may be this deep; deeper ones are refused and counted.
pub(super) const DEEPEST: u8 = 64;

/// Tells the visits of one request apart: the golden ratio in 64 bits.
pub(super) const VISIT: u64 = 0x9e37_79b9_7f4a_7c15;

/// Which timeout a call has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Timeouts {
    /// The one of the edge's policy.
    Policy,
    /// One of the caller's own; none waits for ever.
    List(FrameId),
}

/// Who goes on now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Go(FrameId),
    Wait,
}

impl Core {
    /// A frame of an instance's own.
    #[inline(always)]
    pub(crate) fn spawn(&mut self, instance: InstanceId, phase: Phase) -> Option<FrameId> {
        if self.frames.is_guarded() {
            return self.spawn_guarded(instance, phase);
        }
        Some(self.spawn_now(instance, phase))
    }

    #[inline(always)]
    pub(super) fn spawn_now(&mut self, instance: InstanceId, phase: Phase) -> FrameId {
        let frame = self.take_frame();
        let now = self.now;
        let row = &mut self.frames[frame];
        row.instance = instance;
        row.phase = phase;
        row.arrived = now;
        frame
    }

    #[inline(always)]
    fn take_frame(&mut self) -> FrameId {
        let frame = self.frames.take();
        if frame.0 as usize >= self.waiting.len() {
            self.waiting.push(Waiting::default());
        }
        frame
    }

    /// A list of timeouts of one length.
    pub(crate) fn timeout_list(&mut self, length: Ns) -> FrameId {
        self.look();
        let list = self.take_frame();
        self.frames[list].phase = Phase::List;
        self.frames[list].sent = length;
        list
    }

    /// No new call joins a list of timeouts; it is forgotten as soon as its alarm finds it empty.
    pub(crate) fn retire_list(&mut self, list: FrameId) {
        if list.is_none() {
            return;
        }
        let row = &mut self.frames[list];
        if row.has(Frame::QUEUED) {
            row.flags |= Frame::RETIRED;
        } else {
            self.frames.free(list);
        }
    }

    /// Sends a call; the caller goes on at `then` with its outcome.
    pub(crate) fn call(
        &mut self,
        caller: FrameId,
        edge: EdgeSlot,
        to: Option<InstanceId>,
        timeouts: Timeouts,
        then: Pc,
    ) -> Flow {
        if self.edge(edge).resolver.is_some() {
            self.frames[caller].then = then;
            self.frames[caller].note = u32::from(edge);
            return self.look_up(caller);
        }
        if self.edge(edge).policy.is_some() && matches!(timeouts, Timeouts::Policy) {
            return self.call_by_policy(caller, edge, to, then);
        }
        self.frames[caller].pc = then;
        let list = match timeouts {
            Timeouts::Policy => self.edge(edge).timeouts,
            Timeouts::List(list) => list,
        };
        match self.open_call(caller, edge, to, list) {
            Some(child) => self.transmit(child),
            None => {
                self.frames[caller].outcome = Outcome::Guarded as u8;
                Flow::Go(caller)
            }
        }
    }

    /// Sends a call whose answer nobody awaits.
    pub(crate) fn cast(&mut self, caller: FrameId, edge: EdgeSlot, to: Option<InstanceId>) {
        let Some(child) = self.open_call(caller, edge, to, FrameId::NONE) else { return };
        if self.reads_keys {
            self.cut_off(child);
        }
        self.frames[child].parent = FrameId::NONE;
        self.frames[child].flags |= Frame::DETACHED;
        if let Flow::Go(frame) = self.transmit(child) {
            self.ready.push_back(frame);
        }
    }

    /// Makes the frame of a call. `None` where a bound of the simulator is reached.
    #[inline(always)]
    pub(super) fn open_call(
        &mut self,
        caller: FrameId,
        edge: EdgeSlot,
        to: Option<InstanceId>,
        list: FrameId,
    ) -> Option<FrameId> {
        if self.frames[caller].depth >= DEEPEST || self.frames.is_guarded() {
            return self.open_call_guarded(caller, edge, to, list);
        }
        self.open_call_now(caller, edge, to, list)
    }

    #[inline(always)]
    pub(super) fn open_call_now(
        &mut self,
        caller: FrameId,
        edge: EdgeSlot,
        to: Option<InstanceId>,
        list: FrameId,
    ) -> Option<FrameId> {
        let above = self.frames[caller];
        let route = self.routes.extend(None, edge)?;
        let instance = to.unwrap_or_else(|| self.in_turn(edge));
        let child = self.take_frame();
        let now = self.now;
        let row = &mut self.frames[child];
        row.parent = caller;
        row.instance = instance;
        row.route = route;
        row.key = visit_key(above.key, above.cursor);
        row.sent = now;
        row.phase = Phase::Request;
        row.class = above.class;
        row.depth = above.depth + 1;
        row.flags = above.flags & Frame::KNOCK;
        self.frames[caller].next = child;
        if !list.is_none() {
            self.arm(list, child);
        }
        let ledger = &mut self.edge_mut(edge).ledger;
        ledger.issued += 1;
        ledger.open += 1;
        ledger.window += 1;
        Some(child)
    }

    /// The instance that the next call on an edge goes to. Nobody checks whether it lives.
    #[inline(always)]
    fn in_turn(&mut self, edge: EdgeSlot) -> InstanceId {
        let row = &mut self.edges[edge as usize];
        let part = &self.parts[row.to as usize];
        // Those beyond the present count have left the design.
        let instances = &part.instances[..part.present as usize];
        if instances.len() == 1 {
            return instances[0];
        }
        if instances.is_empty() {
            return InstanceId::NONE;
        }
        let turn = row.turn % instances.len() as u32;
        row.turn = turn + 1;
        instances[turn as usize]
    }

    #[inline(always)]
    fn arm(&mut self, list: FrameId, frame: FrameId) {
        self.frames.link_timeout(list, frame);
        // One alarm for the whole list; it is armed at or before the truth and goes on from there.
        if !self.frames[list].has(Frame::QUEUED) {
            self.frames[list].flags |= Frame::QUEUED;
            let at = self.now.saturating_add(self.frames[list].sent);
            self.calendar.push(at, Entry::new(Tag::Timeouts, list.0, self.frames[list].generation));
        }
    }

    /// The alarm of a list of timeouts: the next frame whose caller gives up now, if there is one.
    pub(crate) fn next_timed_out(&mut self, list: FrameId) -> Option<FrameId> {
        let first = self.frames[list].timeout_after;
        if first == list {
            self.frames[list].flags &= !Frame::QUEUED;
            if self.frames[list].has(Frame::RETIRED) {
                self.frames.free(list);
            }
            return None;
        }
        let due = self.frames[first].sent.saturating_add(self.frames[list].sent);
        if due > self.now {
            self.calendar.push(due, Entry::new(Tag::Timeouts, list.0, self.frames[list].generation));
            return None;
        }
        Some(first)
    }

    /// A caller gives up; the work that it left behind goes on.
    pub(crate) fn time_out(&mut self, frame: FrameId) -> FrameId {
        let caller = self.frames[frame].parent;
        let entry = self.routes.entry(self.frames[frame].route);
        let ledger = &mut self.edge_mut(entry).ledger;
        ledger.ended[Outcome::TimedOut as usize] += 1;
        self.abandon(frame);
        self.frames[caller].outcome = Outcome::TimedOut as u8;
        caller
    }

    /// Nobody waits for this call any more. The ledger entry of the caller's side is the caller's to make.
    pub(crate) fn abandon(&mut self, frame: FrameId) {
        if self.reads_keys {
            self.cut_off(frame);
        }
        self.frames.unlink_timeout(frame);
        let caller = self.frames[frame].parent;
        // Whose request it was is still asked when the answer comes too late.
        let part = self.part_of(self.frames[caller].instance);
        let row = &mut self.frames[frame];
        row.flags |= Frame::ABANDONED;
        row.parent = FrameId(part);
        let (entry, is_lost) = (self.routes.entry(row.route), row.phase == Phase::Lost);
        if self.counts.are_used() {
            self.uncount_awaited(frame);
        }
        let row = self.edge_mut(entry);
        row.ledger.open -= 1;
        if is_lost {
            row.ledger.lost += 1;
            self.uncount_all(frame);
            self.frames.free(frame);
            return;
        }
        row.ledger.abandoned += 1;
        if row.policy.is_some() {
            self.call_off(frame, entry);
        }
    }

    /// Puts a request on the wire of the last edge of its route.
    #[inline(always)]
    pub(super) fn transmit(&mut self, frame: FrameId) -> Flow {
        let edge = self.routes.edge(self.frames[frame].route);
        if self.edge(edge).cut {
            self.lose(frame);
            return Flow::Wait;
        }
        if self.on_wire(LaneId::requests(edge), frame) { Flow::Wait } else { self.arrive(frame) }
    }

    /// Puts a message on a lane; false where it takes no time and nothing is under way before it.
    #[inline(always)]
    fn on_wire(&mut self, lane: LaneId, frame: FrameId) -> bool {
        let row = &mut self.lanes[lane.0 as usize];
        if row.latency == 0 && row.head_due().is_none() {
            return false;
        }
        if row.latency == Lane::VARIES {
            return self.on_varying_wire(lane, frame);
        }
        if let Some(due) = row.send(self.now, frame) {
            self.calendar.push(due, Entry::new(Tag::Lane, lane.0, self.lane_epochs[lane.0 as usize]));
        }
        true
    }

    /// The head of a lane has arrived.
    #[inline]
    pub(crate) fn lane_due(&mut self, lane: LaneId) -> Flow {
        let (head, next) = self.lanes[lane.0 as usize].arrive();
        if let Some(due) = next {
            self.calendar.push(due, Entry::new(Tag::Lane, lane.0, self.lane_epochs[lane.0 as usize]));
        }
        let Some(message) = head else { return Flow::Wait };
        self.landed(lane, message.frame)
    }

    /// A message has crossed its lane.
    #[inline(always)]
    pub(super) fn landed(&mut self, lane: LaneId, frame: FrameId) -> Flow {
        if lane.is_request() { self.arrive(frame) } else { self.hop_back(frame) }
    }

    /// A message is lost on the way. Its caller, if there is one, learns nothing.
    pub(crate) fn lose(&mut self, frame: FrameId) {
        let row = &mut self.frames[frame];
        row.phase = Phase::Lost;
        let (flags, entry) = (row.flags, self.routes.entry(row.route));
        if flags & (Frame::ABANDONED | Frame::DETACHED) == 0 {
            return;
        }
        let ledger = &mut self.edge_mut(entry).ledger;
        ledger.lost += 1;
        if flags & Frame::ABANDONED != 0 {
            ledger.abandoned -= 1;
        } else {
            ledger.orphaned += 1;
            ledger.open -= 1;
        }
        self.uncount_all(frame);
        self.frames.free(frame);
    }

    /// A request reaches an instance of the part at the end of its edge.
    #[inline(always)]
    fn arrive(&mut self, frame: FrameId) -> Flow {
        let now = self.now;
        let instance = self.frames[frame].instance;
        if !self.is_up(instance) {
            return self.send_back(frame, Outcome::Refused);
        }
        let row = &mut self.frames[frame];
        row.phase = Phase::Work;
        row.arrived = now;
        row.pc = 0;
        row.cursor = 0;
        row.note = 0;
        let is_marked = row.flags & (Frame::KNOCK | Frame::CANCELLED | Frame::DEADLINE) != 0;
        let part = self.part_of(instance);
        let stats = &mut self.part_mut(part).stats;
        stats.offered += 1;
        stats.window_offered += 1;
        if is_marked { self.arrive_marked(frame) } else { Flow::Go(frame) }
    }

    /// The part at the end of an edge answers in this one's place.
    pub(crate) fn forward(&mut self, frame: FrameId, edge: EdgeSlot, to: Option<InstanceId>) -> Flow {
        let before: RouteId = self.frames[frame].route;
        let Some(route) = self.routes.extend(Some(before), edge) else {
            self.uncount_beyond(frame, before);
            return self.answer(frame, Outcome::Guarded);
        };
        self.release(frame);
        self.count_reply(frame, Outcome::Ok);
        let instance = to.unwrap_or_else(|| self.in_turn(edge));
        let row = &mut self.frames[frame];
        row.key = visit_key(row.key, row.cursor);
        row.route = route;
        row.instance = instance;
        row.phase = Phase::Request;
        self.edge_mut(edge).ledger.window += 1;
        self.transmit(frame)
    }

    /// A frame's work is over.
    #[inline]
    pub(crate) fn answer(&mut self, frame: FrameId, outcome: Outcome) -> Flow {
        self.release(frame);
        match self.frames[frame].phase {
            Phase::Root => {
                let row = self.frames[frame];
                let part = self.part_of(row.instance);
                self.count_request(part, row.class, outcome, self.now - row.arrived);
                self.digest.fold(self.now ^ row.key, u64::from(row.outcome) << 8 | outcome as u64);
                if self.has_stories {
                    self.tell_of_end(frame, outcome);
                }
                self.frames.free(frame);
                self.hear(row.parent, outcome)
            }
            Phase::Process => {
                self.frames.free(frame);
                Flow::Wait
            }
            _ => {
                self.count_reply(frame, outcome);
                self.send_back(frame, outcome)
            }
        }
    }

    /// A visitor who waited for the end of his request goes on.
    #[inline]
    fn hear(&mut self, visitor: FrameId, outcome: Outcome) -> Flow {
        if visitor.is_none() {
            return Flow::Wait;
        }
        self.frames[visitor].outcome = outcome as u8;
        Flow::Go(visitor)
    }

    /// Starts the answer's way back.
    #[inline(always)]
    pub(crate) fn send_back(&mut self, frame: FrameId, outcome: Outcome) -> Flow {
        let row = &mut self.frames[frame];
        row.outcome = outcome as u8;
        row.phase = Phase::Reply;
        let (flags, route) = (row.flags, row.route);
        if flags & (Frame::ABANDONED | Frame::DETACHED) != 0 {
            self.finish_unawaited(frame, outcome);
            return Flow::Wait;
        }
        self.cross_back(frame, route)
    }

    /// Crosses the last edge of a route backwards.
    #[inline(always)]
    fn cross_back(&mut self, frame: FrameId, route: RouteId) -> Flow {
        let edge = self.routes.edge(route);
        if self.edge(edge).cut {
            self.lose(frame);
            return Flow::Wait;
        }
        if self.on_wire(LaneId::replies(edge), frame) { Flow::Wait } else { self.hop_back(frame) }
    }

    /// A reply has crossed an edge: on over the one before it, or to the caller.
    #[inline(always)]
    pub(super) fn hop_back(&mut self, frame: FrameId) -> Flow {
        let row = &self.frames[frame];
        if row.has(Frame::ABANDONED) {
            let outcome = Outcome::from_index(row.outcome);
            self.finish_unawaited(frame, outcome);
            return Flow::Wait;
        }
        match self.routes.before(row.route) {
            Some(before) => {
                self.frames[frame].route = before;
                if self.counts.are_used() {
                    self.uncount_beyond(frame, before);
                }
                self.cross_back(frame, before)
            }
            None if self.paused > 0 => self.deliver_or_keep(frame),
            None => self.deliver(frame),
        }
    }

    /// An answer reaches its caller.
    #[inline(always)]
    pub(super) fn deliver(&mut self, frame: FrameId) -> Flow {
        self.frames.unlink_timeout(frame);
        let row = self.frames[frame];
        let now = self.now;
        let entry = self.routes.edge(row.route);
        let ledger = &mut self.edge_mut(entry).ledger;
        ledger.ended[row.outcome as usize] += 1;
        ledger.open -= 1;
        if row.outcome == Outcome::Ok as u8 {
            ledger.latency.record(now - row.sent);
        }
        self.frames[row.parent].outcome = row.outcome;
        self.answer = row.note;
        if self.counts.are_used() {
            self.uncount_all(frame);
        }
        self.frames.free(frame);
        Flow::Go(row.parent)
    }

    /// The work of a call that nobody waits for is over.
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

    /// The engine's own steps.
    #[inline]
    pub(crate) fn go_on(&mut self, frame: FrameId, pc: Pc) -> Flow {
        let outcome = Outcome::from_index(self.frames[frame].outcome);
        match pc {
            DONE => self.answer(frame, Outcome::Ok),
            RELAY => self.answer(frame, if outcome.is_ok() { Outcome::Ok } else { Outcome::Upstream }),
            PASS => self.answer(frame, outcome),
            LOOK => self.look_up(frame),
            TRIED => self.tried(frame),
            RETRY => self.retry(frame),
            RESERVED => self.reserved(frame),
            EXPIRED => self.answer(frame, Outcome::Expired),
            SHED => self.answer(frame, Outcome::Overloaded),
            BACK => self.come_back_late(frame),
            PAUSE => self.pause(frame),
            GO_ON => self.go_on_after(frame),
            _ => self.looked_up(frame),
        }
    }

    /// Whether an instance takes part in the design, dead or alive.
    pub(crate) fn is_present(&self, instance: InstanceId) -> bool {
        self.instances[instance.0 as usize].state != InstanceState::Leaving
    }
}

/// Names the next visit of a request. Where a part only passes it on (`cursor` 0), the visit is the same:
/// a balancer put in between, or taken out, shifts nobody's draws.
#[inline]
pub(super) fn visit_key(key: u64, cursor: u16) -> u64 {
    if cursor == 0 { key } else { mix64(key.wrapping_add(VISIT.wrapping_mul(u64::from(cursor)))) }
}
