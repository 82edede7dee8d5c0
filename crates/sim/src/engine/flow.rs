//! How calls flow: sent, arrived, queued, answered, given up.

use super::calendar::{Entry, Tag};
use super::core::Waiting;
use super::cx::{
    BACK, DONE, EXPIRED, GO_ON, JOINED, LOOK, OPENED, PASS, PAUSE, REACHED, RELAY, RESERVED, RETRY, SHED,
    TRIED,
};
use super::{Core, Frame, FrameId, InstanceId, InstanceState, Next, Ns, Pc, Phase, mix64};
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

impl Timeouts {
    /// As [`Next`](super::Next) writes it.
    pub(super) fn of(list: FrameId) -> Self {
        if list == Next::BY_POLICY { Self::Policy } else { Self::List(list) }
    }
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
    pub(crate) fn spawn(&mut self, frame: Frame) -> Option<FrameId> {
        if self.frames.is_guarded() {
            return self.spawn_guarded(frame);
        }
        Some(self.spawn_now(frame))
    }

    #[inline(always)]
    pub(super) fn spawn_now(&mut self, frame: Frame) -> FrameId {
        self.put_frame(Frame { arrived: self.now, ..frame })
    }

    /// A fresh frame; its neighbours and its generation are the slab's to set.
    #[inline(always)]
    pub(super) fn put_frame(&mut self, frame: Frame) -> FrameId {
        if !self.frames.has_room() {
            self.make_place();
        }
        self.frames.reuse(frame)
    }

    #[cold]
    #[inline(never)]
    fn make_place(&mut self) {
        self.waiting.push(Waiting::default());
        self.frames.grow();
    }

    /// A list of timeouts of one length.
    pub(crate) fn timeout_list(&mut self, length: Ns) -> FrameId {
        self.look();
        self.put_frame(Frame { phase: Phase::List, sent: length, ..Frame::EMPTY })
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
    #[inline(always)]
    pub(crate) fn call(&mut self, caller: FrameId, edge: EdgeSlot, then: Pc) -> Flow {
        let row = &self.edges[edge as usize];
        if !row.is_plain {
            return self.call_one(caller, edge, None, Timeouts::Policy, then);
        }
        let (list, is_instant) = (row.timeouts, row.is_instant);
        let row = &mut self.frames[caller];
        row.pc = then;
        match self.open_call(caller, edge, None, list) {
            Some(child) if is_instant => self.arrive(child),
            Some(child) => self.transmit(child),
            None => self.stay(caller),
        }
    }

    /// A bound of the simulator is reached: the call is refused.
    #[cold]
    fn stay(&mut self, caller: FrameId) -> Flow {
        self.frames[caller].outcome = Outcome::Guarded as u8;
        Flow::Go(caller)
    }

    /// Sends a call to one instance, or to the next in turn, over any kind of edge.
    pub(crate) fn call_one(
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
            None => self.stay(caller),
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
        Some(self.open_call_now(caller, edge, to, list))
    }

    #[inline(always)]
    pub(super) fn open_call_now(
        &mut self,
        caller: FrameId,
        edge: EdgeSlot,
        to: Option<InstanceId>,
        list: FrameId,
    ) -> FrameId {
        if !self.frames.has_room() {
            self.make_place();
        }
        // The place that it will have.
        let next = self.frames.next_place();
        let above = &mut self.frames[caller];
        above.next = next;
        let fresh = Frame {
            parent: caller,
            key: visit_key(above.key, above.cursor),
            class: above.class,
            depth: above.depth + 1,
            flags: above.flags & Frame::KNOCK,
            sent: self.now,
            phase: Phase::Request,
            ..Frame::EMPTY
        };
        let row = &mut self.edges[edge as usize];
        row.ledger.issued += 1;
        row.ledger.open += 1;
        row.ledger.window += 1;
        let (route, sole) = (row.route, row.sole);
        let instance = match to {
            Some(instance) => instance,
            None if sole != InstanceId::NONE => sole,
            None => self.in_turn(edge),
        };
        let child = self.frames.reuse(Frame { instance, route, ..fresh });
        if !list.is_none() {
            self.arm(list, child);
        }
        child
    }

    /// The instance that the next call on an edge goes to. Nobody checks whether it lives.
    #[inline(never)]
    fn in_turn(&mut self, edge: EdgeSlot) -> InstanceId {
        let row = &mut self.edges[edge as usize];
        let part = &self.parts[row.to as usize];
        // Those beyond the present count have left the design.
        let instances = &part.instances[..part.present as usize];
        if let [] | [_] = *instances {
            return instances.first().copied().unwrap_or(InstanceId::NONE);
        }
        let turn = row.turn % instances.len() as u32;
        row.turn = turn + 1;
        instances[turn as usize]
    }

    #[inline(never)]
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
        if self.edge(edge).is_instant {
            return self.arrive(frame);
        }
        self.put_on_wire(edge, LaneId::requests(edge), frame)
    }

    /// Puts a message on a lane: it takes its time, or is lost.
    fn put_on_wire(&mut self, edge: EdgeSlot, lane: LaneId, frame: FrameId) -> Flow {
        if self.edge(edge).cut {
            self.lose(frame);
            return Flow::Wait;
        }
        let row = &mut self.lanes[lane.0 as usize];
        if row.is_instant() {
            // The other direction still has something under way.
            return self.lane_delivers(lane, frame);
        }
        if row.latency == Lane::VARIES {
            let travels = self.on_varying_wire(lane, frame);
            return if travels { Flow::Wait } else { self.lane_delivers(lane, frame) };
        }
        if let Some(due) = row.send(self.now, frame) {
            let epoch = row.epoch;
            self.calendar.push(due, Entry::new(Tag::Lane, lane.0, epoch));
        }
        Flow::Wait
    }

    /// Takes the head of a lane, which is due.
    #[inline]
    pub(crate) fn lane_due(&mut self, lane: LaneId, epoch: u32) -> Option<FrameId> {
        let row = &mut self.lanes[lane.0 as usize];
        if row.epoch != epoch {
            return None;
        }
        let (head, next) = row.arrive();
        match next {
            Some(due) => self.calendar.push(due, Entry::new(Tag::Lane, lane.0, epoch)),
            None if row.latency == 0 => self.note_instant(lane.edge()),
            None => {}
        }
        head.map(|message| message.frame)
    }

    /// A message comes out of a lane.
    #[inline]
    pub(crate) fn lane_delivers(&mut self, lane: LaneId, frame: FrameId) -> Flow {
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
        let row = &mut self.frames[frame];
        let Some(instance) = self
            .instances
            .get(row.instance.0 as usize)
            .filter(|instance| instance.state == InstanceState::Up)
        else {
            return self.send_back(frame, Outcome::Refused);
        };
        row.phase = Phase::Work;
        row.arrived = now;
        row.pc = 0;
        row.cursor = 0;
        row.note = 0;
        let is_marked = row.flags & (Frame::KNOCK | Frame::CANCELLED | Frame::DEADLINE) != 0;
        let stats = &mut self.parts[instance.part as usize].stats;
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
        let row = &mut self.frames[frame];
        let (held, here, arrived) = (row.held, row.instance, row.arrived);
        if held != 0 {
            row.held = 0;
            self.take_back(frame, here, held);
        }
        self.count_reply(here, self.now - arrived, Outcome::Ok);
        let sole = self.edge(edge).sole;
        let instance = match to {
            Some(instance) => instance,
            None if sole != InstanceId::NONE => sole,
            None => self.in_turn(edge),
        };
        let row = &mut self.frames[frame];
        row.key = visit_key(row.key, row.cursor);
        row.route = route;
        row.instance = instance;
        row.phase = Phase::Request;
        let row = &mut self.edges[edge as usize];
        row.ledger.window += 1;
        if row.is_instant {
            return self.arrive(frame);
        }
        self.put_on_wire(edge, LaneId::requests(edge), frame)
    }

    /// A frame's work is over. Where its caller only passes the answer on, so is the caller's.
    pub(crate) fn answer(&mut self, mut frame: FrameId, mut outcome: Outcome) -> Flow {
        loop {
            let row = &mut self.frames[frame];
            let (phase, held, instance, arrived) = (row.phase, row.held, row.instance, row.arrived);
            if held != 0 {
                row.held = 0;
                self.take_back(frame, instance, held);
            }
            match phase {
                Phase::Root => return self.end_request(frame, outcome),
                Phase::Process => {
                    self.frames.free(frame);
                    return Flow::Wait;
                }
                _ => {}
            }
            self.count_reply(instance, self.now - arrived, outcome);
            let Flow::Go(caller) = self.send_back(frame, outcome) else { return Flow::Wait };
            let row = &self.frames[caller];
            outcome = match row.pc {
                // Somebody looks before every step.
                _ if self.is_watched() => return Flow::Go(caller),
                PASS => Outcome::from_index(row.outcome),
                RELAY if row.outcome == Outcome::Ok as u8 => Outcome::Ok,
                _ => return Flow::Go(caller),
            };
            frame = caller;
        }
    }

    /// A visitor's request is over.
    #[inline(always)]
    fn end_request(&mut self, frame: FrameId, outcome: Outcome) -> Flow {
        let row = &self.frames[frame];
        let (visitor, key, class, last) = (row.parent, row.key, row.class, row.outcome);
        let (instance, latency) = (row.instance, self.now - row.arrived);
        let part = self.part_of(instance);
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
        let hop = self.routes.hop(route);
        if !self.edge(hop.edge).is_instant {
            return self.put_on_wire(hop.edge, LaneId::replies(hop.edge), frame);
        }
        match hop.before {
            None => self.deliver_to_caller(frame, hop.edge),
            Some(before) => self.hop_further(frame, before),
        }
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
        let hop = self.routes.hop(row.route);
        match hop.before {
            Some(before) => self.hop_further(frame, before),
            None => self.deliver_to_caller(frame, hop.edge),
        }
    }

    /// Crosses the edges of a route backwards as far as that takes no time.
    fn hop_further(&mut self, frame: FrameId, mut route: RouteId) -> Flow {
        loop {
            self.frames[frame].route = route;
            if self.counts.are_used() {
                self.uncount_beyond(frame, route);
            }
            let hop = self.routes.hop(route);
            let edge = hop.edge;
            let lane = LaneId::replies(edge);
            if self.edge(edge).cut || !self.lanes[lane.0 as usize].is_instant() {
                return self.put_on_wire(edge, lane, frame);
            }
            match hop.before {
                Some(before) => route = before,
                None => return self.deliver_to_caller(frame, edge),
            }
        }
    }

    #[inline(always)]
    fn deliver_to_caller(&mut self, frame: FrameId, edge: EdgeSlot) -> Flow {
        if self.paused > 0 { self.deliver_or_keep(frame, edge) } else { self.deliver(frame, edge) }
    }

    /// An answer reaches its caller over the edge that the call was sent on.
    #[inline(always)]
    pub(super) fn deliver(&mut self, frame: FrameId, edge: EdgeSlot) -> Flow {
        self.frames.unlink_timeout(frame);
        if self.counts.are_used() {
            self.uncount_all(frame);
        }
        let row = &self.frames[frame];
        let (parent, outcome, note) = (row.parent, row.outcome, row.note);
        let latency = self.now - row.sent;
        self.frames.free(frame);
        let ledger = &mut self.edges[edge as usize].ledger;
        ledger.ended[outcome as usize] += 1;
        ledger.open -= 1;
        if outcome == Outcome::Ok as u8 {
            ledger.latency.record(latency);
        }
        self.answer = note;
        self.frames[parent].outcome = outcome;
        Flow::Go(parent)
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
            JOINED => self.joined(frame),
            REACHED => self.reached(frame),
            OPENED => self.opened(frame),
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
