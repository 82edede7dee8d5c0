//! How calls flow: sent, under way, arrived, given up.

use super::calendar::{Entry, Tag};
use super::core::Waiting;
use super::frame::make_room_for_one;
use super::{Core, Frame, FrameId, InstanceId, InstanceState, Next, Ns, Pc, Phase, mix64};
use crate::network::{EdgeSlot, Lane, LaneId, RouteId};
use crate::observe::Outcome;
use crate::resource::Placement;

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

/// Who goes on now, if anybody does. One word: two, as an enum has, would come by way of memory in WebAssembly, out of
/// everything that is called out of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flow(FrameId);

impl Flow {
    /// Something has to be waited for.
    pub(crate) const WAIT: Self = Self(FrameId::NONE);

    #[inline(always)]
    pub(crate) const fn go(frame: FrameId) -> Self {
        Self(frame)
    }

    /// Who goes on, or none.
    #[inline(always)]
    pub(crate) const fn of(next: FrameId) -> Self {
        Self(next)
    }

    /// Who goes on, or none: what [`of`](Self::of) takes.
    #[inline(always)]
    pub(crate) const fn next(self) -> FrameId {
        self.0
    }

    /// Who goes on.
    #[inline(always)]
    pub(crate) const fn frame(self) -> Option<FrameId> {
        if self.0.is_none() { None } else { Some(self.0) }
    }
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
        make_room_for_one(&mut self.waiting);
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
        let (list, is_instant, sole) = (row.timeouts, row.is_instant, row.sole);
        let then = match (row.is_plain, row.only_retries) {
            (true, _) => then,
            (_, true) => self.begin_once(caller, edge, then),
            _ => return self.call_one(caller, edge, None, Timeouts::Policy, then),
        };
        let above = &mut self.frames[caller];
        above.pc = then;
        let is_free = above.depth < DEEPEST && !self.frames.is_guarded();
        if !is_free {
            return match self.open_call_guarded(caller, edge, None, list) {
                Some(child) => self.transmit(child),
                None => self.stay(caller),
            };
        }
        match self.instances.get(sole.0 as usize) {
            // It is there at once.
            Some(row) if is_instant && row.state == InstanceState::Up => {
                let part = row.part;
                let there = Frame { phase: Phase::Work, arrived: self.now, ..Frame::EMPTY };
                let child = self.open_call_as(there, caller, edge, Some(sole), list);
                self.count_arrival(part);
                let is_marked = self.frames[child].has(Frame::KNOCK);
                if is_marked { self.arrive_marked(child) } else { Flow::go(child) }
            }
            _ => {
                let child = self.open_call_now(caller, edge, None, list);
                self.transmit(child)
            }
        }
    }

    #[inline(always)]
    pub(super) fn count_arrival(&mut self, part: u32) {
        self.parts[part as usize].stats.offered += 1;
    }

    /// A bound of the simulator is reached: the call is refused.
    #[cold]
    fn stay(&mut self, caller: FrameId) -> Flow {
        self.frames[caller].outcome = Outcome::Guarded as u8;
        Flow::go(caller)
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
        let row = self.edge(edge);
        let then = match timeouts {
            Timeouts::Policy if row.only_retries && to.is_none() => self.begin_once(caller, edge, then),
            Timeouts::Policy if row.policy.is_some() => return self.call_by_policy(caller, edge, to, then),
            _ => then,
        };
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
        let sent = Frame { phase: Phase::Request, ..Frame::EMPTY };
        self.open_call_as(sent, caller, edge, to, list)
    }

    /// Makes the frame of a call that is where `shape` says.
    #[inline(always)]
    fn open_call_as(
        &mut self,
        shape: Frame,
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
            key: next_visit(above),
            class: above.class,
            depth: above.depth + 1,
            flags: above.flags & Frame::KNOCK,
            sent: self.now,
            ..shape
        };
        let row = &mut self.edges[edge as usize];
        row.ledger.issued += 1;
        row.ledger.open += 1;
        let (route, sole) = (row.route, row.sole);
        let instance = match to {
            Some(instance) => instance,
            None if sole != InstanceId::NONE => sole,
            None => self.in_turn(edge, caller),
        };
        let child = self.frames.reuse(Frame { instance, route, ..fresh });
        if self.reads_keys {
            self.pass_key_on(caller, child);
        }
        if !list.is_none() {
            self.arm(list, child);
        }
        child
    }

    /// The instance that the next call on an edge goes to, by its key where the part is placed so. Nobody
    /// checks whether it lives.
    #[inline(never)]
    pub(super) fn in_turn(&mut self, edge: EdgeSlot, caller: FrameId) -> InstanceId {
        let to = self.edges[edge as usize].to as usize;
        match self.parts[to].placement {
            Placement::Group(id) if !caller.is_none() => return self.route_to_member(id, caller),
            Placement::Held(number) if number < self.parts[to].present => {
                return self.parts[to].instances[number as usize];
            }
            _ => {}
        }
        if self.parts[to].placement.is_by_key() && !caller.is_none() {
            let key = self.cache_key(caller);
            let number = self.parts[to].placement.of(key, self.parts[to].present);
            return self.parts[to].instances.get(number as usize).copied().unwrap_or(InstanceId::NONE);
        }
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
    pub(super) fn arm(&mut self, list: FrameId, frame: FrameId) {
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
        let caller = self.caller_of(frame);
        let entry = self.routes.entry(self.frames[frame].route);
        let ledger = &mut self.edge_mut(entry).ledger;
        ledger.ended[Outcome::TimedOut as usize] += 1;
        self.note_fall(frame, entry, Outcome::TimedOut);
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
    pub(super) fn put_on_wire(&mut self, edge: EdgeSlot, lane: LaneId, frame: FrameId) -> Flow {
        if !self.edge(edge).cut.is_none() && self.is_cut(lane, frame) {
            self.lose(frame);
            return Flow::WAIT;
        }
        let row = &mut self.lanes[lane.0 as usize];
        if row.is_instant() {
            // The other direction still has something under way.
            return self.lane_delivers(lane, frame);
        }
        if row.latency == Lane::VARIES {
            let travels = self.on_varying_wire(lane, frame);
            return if travels { Flow::WAIT } else { self.lane_delivers(lane, frame) };
        }
        if let Some(due) = row.send(self.now, frame) {
            let epoch = row.epoch;
            self.calendar.push(due, Entry::new(Tag::Lane, lane.0, epoch));
        }
        Flow::WAIT
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
    pub(super) fn arrive(&mut self, frame: FrameId) -> Flow {
        let row = &self.frames[frame];
        let Some(instance) = self
            .instances
            .get(row.instance.0 as usize)
            .filter(|instance| instance.state == InstanceState::Up)
        else {
            return self.find_nobody(frame);
        };
        let part = instance.part;
        self.take_in(frame, part)
    }

    /// A request is at a part that takes it.
    #[inline(always)]
    pub(super) fn take_in(&mut self, frame: FrameId, part: u32) -> Flow {
        let row = &mut self.frames[frame];
        row.phase = Phase::Work;
        row.arrived = self.now;
        row.pc = 0;
        row.cursor = 0;
        row.note = 0;
        let is_marked = row.flags & (Frame::KNOCK | Frame::CANCELLED | Frame::DEADLINE) != 0;
        self.count_arrival(part);
        if is_marked { self.arrive_marked(frame) } else { Flow::go(frame) }
    }

    /// A request reaches a machine without the process that it is for, one without power, or a bad version.
    #[cold]
    #[inline(never)]
    fn find_nobody(&mut self, frame: FrameId) -> Flow {
        let instance = self.frames[frame].instance;
        if self.is_up(instance) {
            return self.arrive_flawed(frame);
        }
        if !self.is_dark(instance) {
            return self.send_back(frame, Outcome::Refused);
        }
        self.lose(frame);
        Flow::WAIT
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
        row.held = 0;
        let place = self.place_of(here);
        if held != 0 {
            self.take_back(frame, place, held);
        }
        self.count_reply(place.part, self.now - arrived, Outcome::Ok);
        let sole = self.edge(edge).sole;
        let instance = match to {
            Some(instance) => instance,
            None if sole != InstanceId::NONE => sole,
            None => self.in_turn(edge, frame),
        };
        let row = &mut self.frames[frame];
        row.key = visit_key(row.key, row.cursor);
        row.route = route;
        row.instance = instance;
        row.phase = Phase::Request;
        let row = &mut self.edges[edge as usize];
        row.ledger.forwarded += 1;
        if row.is_instant {
            return self.arrive(frame);
        }
        self.put_on_wire(edge, LaneId::requests(edge), frame)
    }

    /// Whether an instance takes part in the design, dead or alive.
    pub(crate) fn is_present(&self, instance: InstanceId) -> bool {
        self.instances[instance.0 as usize].state != InstanceState::Leaving
    }
}

/// Names the visit that a caller sends a call to now. A visitor's request visits nobody itself: its first call
/// has its name.
#[inline(always)]
pub(super) fn next_visit(caller: &Frame) -> u64 {
    visit_key(caller.key, caller.cursor.saturating_sub(u16::from(caller.phase == Phase::Root)))
}

/// Names the next visit of a request. Where a part only passes it on (`cursor` 0), the visit is the same:
/// a balancer put in between, or taken out, shifts nobody's draws.
#[inline]
pub(super) fn visit_key(key: u64, cursor: u16) -> u64 {
    if cursor == 0 { key } else { mix64(key.wrapping_add(VISIT.wrapping_mul(u64::from(cursor)))) }
}
