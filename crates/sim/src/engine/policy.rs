//! Calls by the policy of their edge: attempts, pauses between them, second copies, connections.
//!
//! While a caller's frame stands at one of the engine's own steps here, [`Extra`] says what it is about. An
//! edge without a policy knows nothing of all this.

use super::calendar::{Entry, Tag};
use super::cx::{ASKED, ONCE, RESERVED, RETRY, TRIED};
use super::flow::{Flow, VISIT, next_visit};
use super::{Core, Frame, FrameId, InstanceId, Ns, Pc, Phase, mix64};
use crate::network::{Admission, EdgeSlot, NOBODY, Turn, ViewId};
use crate::observe::{Outcome, What};
use crate::resource::{Grant, Station, StationId, StationShape};
use crate::system::Target;

/// Tells the attempts of one call apart: the square root of two in 64 bits.
const ATTEMPT: u64 = 0x6a09_e667_f3bc_c909;

/// Of a frame, what only policies need: it stands apart, so that a frame stays one cache line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extra {
    /// Where its call leads.
    pub(crate) edge: EdgeSlot,
    /// Where the step goes on once the call is over.
    pub(crate) then: Pc,
    /// Connections that it holds.
    pub(crate) connections: u8,
    /// It stands among those that go on at this moment.
    pub(crate) woken: bool,
    pub(super) to: Option<InstanceId>,
    /// The balancer that chose, and its target.
    pub(super) view: ViewId,
    pub(super) target: u32,
    /// Retries so far.
    pub(super) attempt: u32,
    /// Attempts and second copies sent so far.
    pub(super) sent: u32,
    /// The last pause.
    pub(super) pause: Ns,
    /// Names its alarm in the calendar: for a second copy, or for having waited too long. 0 is none.
    pub(crate) alarm: u32,
    /// The series of trials that it belongs to. 0 is none.
    pub(crate) trial: u32,
    /// What it sent last, and before.
    pub(super) copies: [FrameId; 2],
    /// Whom their connections lead to, where these cost something to open.
    pub(super) peers: [InstanceId; 2],
    /// These connections.
    pub(super) wires: [Wire; 2],
    /// As a call: when its caller no longer needs the answer. Holds with [`Frame::DEADLINE`].
    pub(crate) deadline: Ns,
}

/// An open connection, as its caller knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire {
    pub(crate) name: u32,
    /// Opened for this call.
    pub(crate) is_fresh: bool,
    /// How much the other end sends in one round, in bytes; 0 is as much as at first.
    pub(super) window: u32,
}

impl Wire {
    const NONE: Self = Self { name: 0, is_fresh: false, window: 0 };
}

pub(crate) const NO_EXTRA: Extra = Extra {
    edge: 0,
    then: 0,
    connections: 0,
    woken: false,
    to: None,
    view: NOBODY,
    target: NOBODY,
    attempt: 0,
    sent: 0,
    pause: 0,
    alarm: 0,
    trial: 0,
    copies: [FrameId::NONE; 2],
    peers: [InstanceId::NONE; 2],
    wires: [Wire::NONE; 2],
    deadline: 0,
};

impl Core {
    #[inline]
    pub(super) fn extra(&mut self, frame: FrameId) -> &mut Extra {
        self.extras.of_mut(frame, &self.frames)
    }

    /// Makes everything scheduled for this frame stale; its life goes on.
    pub(super) fn renew(&mut self, frame: FrameId) -> u32 {
        let before = self.frames[frame].generation;
        let generation = self.frames.renew(frame);
        self.extras.renew(frame, before, generation);
        generation
    }

    /// The policy of an edge that is known to have one.
    pub(super) fn policy_of(&self, edge: EdgeSlot) -> usize {
        self.edge(edge).policy.map_or(0, |row| row as usize)
    }

    /// Whether a frame waits in the midst of a call by policy.
    pub(super) const fn is_calling(frame: &Frame) -> bool {
        matches!(frame.phase, Phase::Root | Phase::Work | Phase::Branch | Phase::Process)
            && matches!(frame.pc, RETRY | RESERVED | TRIED)
    }

    /// Makes a call as the edge's policy says; the caller goes on at `then`.
    pub(super) fn call_by_policy(
        &mut self,
        caller: FrameId,
        edge: EdgeSlot,
        to: Option<InstanceId>,
        then: Pc,
    ) -> Flow {
        self.call_as_ruled(caller, Extra { edge, then, to, ..NO_EXTRA })
    }

    /// The first attempt of a call that is only tried again when it fails is a call like any other. Where the
    /// caller goes on then.
    #[inline(always)]
    pub(super) fn begin_once(&mut self, caller: FrameId, edge: EdgeSlot, then: Pc) -> Pc {
        let at = caller.0 as usize;
        match self.tried.get_mut(at) {
            Some(known) => *known = edge,
            None => self.try_first(at, edge),
        }
        self.frames[caller].then = then;
        ONCE
    }

    #[cold]
    fn try_first(&mut self, at: usize, edge: EdgeSlot) {
        self.tried.resize(self.frames.places().max(at + 1), 0);
        self.tried[at] = edge;
    }

    /// That attempt has ended.
    #[cold]
    pub(super) fn tried_once(&mut self, caller: FrameId) -> Flow {
        let (then, outcome) = (self.frames[caller].then, Outcome::from_index(self.frames[caller].outcome));
        let edge = self.tried.get(caller.0 as usize).copied().unwrap_or_default();
        let extra = self.extra(caller);
        *extra = Extra { edge, then, deadline: extra.deadline, sent: 1, ..NO_EXTRA };
        self.over(caller, outcome)
    }

    /// The first attempt of a call by policy.
    pub(super) fn begin_by_policy(&mut self, caller: FrameId, begun: Extra) -> Flow {
        let extra = self.extra(caller);
        *extra = Extra { deadline: extra.deadline, ..begun };
        let edge = begun.edge;
        let (policy, instance) = (self.policy_of(edge), self.frames[caller].instance);
        let known = self.policies[policy].callers().len();
        self.policies[policy].begin(instance);
        let flow = self.attempt(caller);
        if self.policies[policy].callers().len() > known {
            self.remember_one_more();
        }
        flow
    }

    #[cold]
    fn remember_one_more(&mut self) {
        self.callers += 1;
        if self.callers > Self::MOST_CALLERS {
            self.halt(crate::sentence!(
                "more than {0} instances make calls by the policy of an edge, each on each edge counted: fewer instances, or fewer edges with a policy",
                "정책이 있는 연결로 호출하는 인스턴스가 연결마다 세어 {0}개를 넘습니다. 인스턴스나 정책이 있는 연결을 줄이십시오",
                Self::MOST_CALLERS
            ));
        }
    }

    /// Where random numbers of this attempt are drawn.
    pub(super) fn position(&self, caller: FrameId, sent: u32) -> u64 {
        let row = &self.frames[caller];
        let mut key = next_visit(row);
        // The look-up that the engine makes for a caller is no visit of its plan.
        if self.extras.get(caller, &self.frames).is_some_and(|extra| extra.then == ASKED) {
            key = mix64(row.key ^ VISIT);
        }
        if sent == 0 { key } else { mix64(key ^ ATTEMPT.wrapping_mul(u64::from(sent))) }
    }

    /// When nobody needs the answer to what this frame does any more.
    pub(super) fn deadline_of(&self, frame: FrameId) -> Option<Ns> {
        let row = &self.frames[frame];
        if row.has(Frame::DEADLINE) {
            return self.extras.get(frame, &self.frames).map(|extra| extra.deadline);
        }
        let deadline = self.parts[self.part_of(row.instance) as usize].deadline;
        (row.phase == Phase::Root && deadline > 0).then(|| row.arrived.saturating_add(deadline))
    }

    pub(super) fn attempt(&mut self, caller: FrameId) -> Flow {
        let (Extra { edge, sent, .. }, now) = (*self.extra(caller), self.now);
        let (policy, instance, position) =
            (self.policy_of(edge), self.frames[caller].instance, self.position(caller, sent));
        let rules = self.policies[policy].rules;
        if rules.propagates && self.deadline_of(caller).is_some_and(|deadline| deadline <= now) {
            return self.refuse_to_send(caller, Outcome::Expired);
        }
        match self.policies[policy].admit(instance, now, position) {
            Admission::Refuse(outcome) => return self.refuse_to_send(caller, outcome),
            Admission::Trial(series) => self.extra(caller).trial = series,
            Admission::Pass => {}
        }
        if rules.pool_size == 0 {
            return self.send(caller);
        }
        let pool = self.pool(policy, instance);
        let ahead = self.stations[pool.0 as usize].last();
        match self.stations[pool.0 as usize].acquire(now, &mut self.frames, caller) {
            Grant::Taken => {
                self.extra(caller).connections = 1;
                self.send(caller)
            }
            Grant::Queued => {
                self.wait_in(caller, pool, ahead, None);
                self.frames[caller].pc = RESERVED;
                if rules.pool_wait > 0 {
                    self.set_alarm(caller, rules.pool_wait);
                }
                Flow::WAIT
            }
            // A pool is never more than plain.
            Grant::Full | Grant::ByRegime => self.refuse_to_send(caller, Outcome::NoConnection),
        }
    }

    /// The connections of one instance of a caller.
    fn pool(&mut self, policy: usize, instance: InstanceId) -> StationId {
        let (now, rules) = (self.now, self.policies[policy].rules);
        let pool = &mut self.policies[policy].caller(instance).pool;
        *pool.get_or_insert_with(|| {
            let shape = StationShape::plain(rules.pool_size, rules.pool_waiters);
            self.stations.push(Station::new(shape, now));
            StationId(self.stations.len() as u32 - 1)
        })
    }

    /// The attempt fails before anything is sent. It is not tried again.
    fn refuse_to_send(&mut self, caller: FrameId, outcome: Outcome) -> Flow {
        self.forget_trial(caller);
        let Extra { edge, attempt, then, .. } = *self.extra(caller);
        let ledger = &mut self.edge_mut(edge).ledger;
        ledger.issued += 1;
        ledger.ended[outcome as usize] += 1;
        ledger.retries += u64::from(attempt > 0);
        self.note_fall(caller, edge, outcome);
        let row = &mut self.frames[caller];
        row.outcome = outcome as u8;
        row.pc = then;
        if self.is_recording() {
            self.tell_of_refusal(caller, edge, outcome);
        }
        Flow::go(caller)
    }

    /// Sends an attempt.
    fn send(&mut self, caller: FrameId) -> Flow {
        let Extra { edge, attempt, then, trial, .. } = *self.extra(caller);
        let rules = self.policies[self.policy_of(edge)].rules;
        let Some(child) = self.open_copy(caller) else {
            self.let_go(caller, 0);
            self.forget_trial(caller);
            let row = &mut self.frames[caller];
            row.outcome = Outcome::Guarded as u8;
            row.pc = then;
            return Flow::go(caller);
        };
        self.edge_mut(edge).ledger.retries += u64::from(attempt > 0);
        self.frames[caller].pc = TRIED;
        if rules.hedge > 0 && trial == 0 {
            self.set_alarm(caller, rules.hedge);
        }
        self.dispatch(caller, child)
    }

    /// Makes the frame of an attempt, or of a second copy of it.
    fn open_copy(&mut self, caller: FrameId) -> Option<FrameId> {
        let Extra { edge, to, sent, .. } = *self.extra(caller);
        let (rules, position) = (self.policies[self.policy_of(edge)].rules, self.position(caller, sent));
        let timeout = if rules.timeout == 0 { Ns::MAX } else { self.now.saturating_add(rules.timeout) };
        let deadline = if rules.propagates { self.deadline_of(caller) } else { None };
        let is_capped = deadline.is_some_and(|deadline| deadline < timeout);
        let list = if is_capped { FrameId::NONE } else { self.edge(edge).timeouts };
        let child = self.open_call(caller, edge, to, list)?;
        self.frames[child].key = position;
        let needed_until = deadline.unwrap_or(Ns::MAX).min(timeout);
        if rules.propagates && needed_until < Ns::MAX {
            self.frames[child].flags |= Frame::DEADLINE;
            self.extra(child).deadline = needed_until;
            if is_capped {
                self.expire_at(child, needed_until);
            }
        }
        let extra = self.extra(caller);
        extra.sent += 1;
        extra.copies = [child, extra.copies[0]];
        extra.peers = [InstanceId::NONE, extra.peers[0]];
        extra.wires = [Wire::NONE, extra.wires[0]];
        let Extra { view, target, .. } = *extra;
        if view != NOBODY {
            self.count_open(child, view, target, false);
        }
        Some(child)
    }

    /// A timeout that was cut short by a deadline is of a length of its own, and stands in no list.
    pub(super) fn expire_at(&mut self, frame: FrameId, at: Ns) {
        let generation = self.frames[frame].generation;
        self.calendar.push(at, Entry::new(Tag::Expire, frame.0, generation));
    }

    fn set_alarm(&mut self, frame: FrameId, after: Ns) {
        self.alarms = self.alarms.wrapping_add(1).max(1);
        let alarm = self.alarms;
        self.extra(frame).alarm = alarm;
        self.calendar.push(self.now.saturating_add(after), Entry::new(Tag::Alarm, frame.0, alarm));
    }

    /// Whether an alarm in the calendar is still wanted.
    pub(super) fn is_alarm(&self, frame: FrameId, alarm: u32) -> bool {
        self.extras.get(frame, &self.frames).is_some_and(|extra| extra.alarm == alarm)
    }

    /// A caller has waited long enough: for a connection, or for an answer without a second copy.
    pub(super) fn alarm(&mut self, caller: FrameId) -> Flow {
        self.extra(caller).alarm = 0;
        if self.frames[caller].pc == RESERVED {
            self.leave_queue(caller);
            return self.refuse_to_send(caller, Outcome::NoConnection);
        }
        let edge = self.extra(caller).edge;
        let policy = self.policy_of(edge);
        let (rules, instance) = (self.policies[policy].rules, self.frames[caller].instance);
        if self.edge(edge).removed || rules.hedge == 0 {
            return Flow::WAIT;
        }
        // A second copy needs a connection of its own, and does not wait for one.
        let has_room =
            |station: &Station| station.busy.count() < station.shape.workers && station.queued.count() == 0;
        let pool = (rules.pool_size > 0).then(|| self.pool(policy, instance));
        if pool.is_some_and(|pool| !has_room(&self.stations[pool.0 as usize])) {
            return Flow::WAIT;
        }
        let before = *self.extra(caller);
        if before.view != NOBODY {
            let position = self.position(caller, before.sent);
            let other = self.choose_again(&before, position, Some(edge));
            *self.extra(caller) = other.unwrap_or(before);
        }
        let Some(child) = self.open_copy(caller) else { return Flow::WAIT };
        if let Some(pool) = pool {
            self.stations[pool.0 as usize].acquire(self.now, &mut self.frames, caller);
            self.extra(caller).connections += 1;
        }
        self.edge_mut(edge).ledger.hedges += 1;
        self.dispatch(caller, child)
    }

    /// What a caller has sent and still waits for.
    pub(super) fn awaited(&self, caller: FrameId) -> impl Iterator<Item = FrameId> + use<> {
        let [last, before] =
            self.extras.get(caller, &self.frames).map_or([FrameId::NONE; 2], |extra| extra.copies);
        // The place of a copy that has ended may be taken by the other.
        let copies = [last, if before == last { FrameId::NONE } else { before }];
        copies.map(|copy| self.is_child(copy, caller).then_some(copy)).into_iter().flatten()
    }

    /// An attempt has ended, or its second copy.
    pub(super) fn tried(&mut self, caller: FrameId) -> Flow {
        let outcome = Outcome::from_index(self.frames[caller].outcome);
        self.extra(caller).woken = false;
        self.settle_connections(caller, outcome);
        let open = self.awaited(caller).count();
        let Extra { edge, trial, .. } = *self.extra(caller);
        let (policy, instance) = (self.policy_of(edge), self.frames[caller].instance);
        if open > 0 && !outcome.is_ok() {
            self.let_go(caller, open as u8);
            return Flow::WAIT;
        }
        if let Some(turn) = self.policies[policy].ended(instance, self.now, trial, outcome) {
            self.tell_turn(caller, edge, turn);
        }
        let extra = self.extra(caller);
        extra.alarm = 0;
        extra.trial = 0;
        extra.peers = [InstanceId::NONE; 2];
        for copy in self.awaited(caller) {
            self.orphan(copy);
        }
        self.let_go(caller, 0);
        self.over(caller, outcome)
    }

    /// An attempt is over: pauses before the next, or lets the caller go on.
    fn over(&mut self, caller: FrameId, outcome: Outcome) -> Flow {
        let Extra { edge, then, attempt, pause, sent, .. } = *self.extra(caller);
        let (policy, instance) = (self.policy_of(edge), self.frames[caller].instance);
        let rules = self.policies[policy].rules;
        self.frames[caller].pc = then;
        // The same write would meet the same conflict.
        let is_stale = outcome == Outcome::Conflict && self.reads_again(caller);
        if outcome.is_ok() || attempt >= rules.retries || !rules.retries_after(outcome) || is_stale {
            return Flow::go(caller);
        }
        let pause = self.policies[policy].pause(attempt + 1, pause, self.position(caller, sent));
        let next = self.now.saturating_add(pause);
        let is_too_late = rules.propagates && self.deadline_of(caller).is_some_and(|until| until <= next);
        if is_too_late || self.edge(edge).removed || !self.policies[policy].spend(instance) {
            return Flow::go(caller);
        }
        let extra = self.extra(caller);
        extra.attempt = attempt + 1;
        extra.pause = pause;
        self.sleep(caller, pause, RETRY)
    }

    /// The pause is over. An edge that was taken away meanwhile is not called again.
    pub(super) fn retry(&mut self, caller: FrameId) -> Flow {
        let Extra { edge, then, view, .. } = *self.extra(caller);
        if view != NOBODY {
            return self.retry_elsewhere(caller);
        }
        if self.edge(edge).removed {
            self.frames[caller].pc = then;
            return Flow::go(caller);
        }
        self.attempt(caller)
    }

    /// A connection has become free for a frame that waited for it.
    pub(super) fn reserved(&mut self, caller: FrameId) -> Flow {
        self.send(caller)
    }

    /// Gives back all connections but so many; those who waited for them go on.
    fn let_go(&mut self, caller: FrameId, but: u8) {
        while self.extra(caller).connections > but {
            let edge = self.extra(caller).edge;
            let (policy, instance) = (self.policy_of(edge), self.frames[caller].instance);
            self.extra(caller).connections -= 1;
            let pool = self.pool(policy, instance);
            if let Some(next) = self.stations[pool.0 as usize].release(self.now, &self.frames) {
                self.connected(next);
            }
        }
    }

    /// A waiting caller gets a connection.
    fn connected(&mut self, caller: FrameId) {
        let extra = self.extra(caller);
        extra.connections = 1;
        extra.alarm = 0;
        self.frames[caller].flags &= !Frame::QUEUED;
        self.ready.push_back(caller);
    }

    fn forget_trial(&mut self, caller: FrameId) {
        let Extra { edge, trial, .. } = *self.extra(caller);
        if trial != 0 {
            self.extra(caller).trial = 0;
            let (policy, instance) = (self.policy_of(edge), self.frames[caller].instance);
            self.policies[policy].caller(instance).breaker.forget_trial(trial);
        }
    }

    /// A caller ends in the midst of a call: what it held for it is free again.
    pub(super) fn withdraw(&mut self, caller: FrameId) {
        let extra = self.extra(caller);
        extra.alarm = 0;
        extra.peers = [InstanceId::NONE; 2];
        self.let_go(caller, 0);
        self.forget_trial(caller);
    }

    /// Of dying instances, what they remembered is gone and nobody is connected.
    pub(super) fn forget_callers(&mut self, dying: &[InstanceId]) {
        for instance in dying {
            for row in &mut self.policies {
                row.forget(*instance);
                if let Some(caller) = row.known_mut(*instance) {
                    self.idle.close(&mut caller.peers);
                }
                if let Some(pool) = row.known(*instance).and_then(|caller| caller.pool) {
                    self.stations[pool.0 as usize].clear(self.now);
                }
            }
        }
    }

    /// New sizes of the pools of a policy: more connections are given out at once.
    pub(super) fn resize_pools(&mut self, policy: usize) {
        let rules = self.policies[policy].rules;
        if rules.connect == 0 {
            self.close_idle(policy, None);
        }
        let workers = if rules.pool_size == 0 { u32::MAX } else { rules.pool_size };
        let pools: Vec<StationId> =
            self.policies[policy].callers().iter().filter_map(|caller| caller.pool).collect();
        for pool in pools {
            let station = pool.0 as usize;
            self.stations[station].reshape(self.now, StationShape::plain(workers, rules.pool_waiters));
            while let Some(next) = self.stations[station].admit(self.now, &self.frames) {
                self.connected(next);
            }
        }
    }

    fn tell_turn(&mut self, caller: FrameId, edge: EdgeSlot, turn: Turn) {
        let instance = &self.instances[self.frames[caller].instance.0 as usize];
        let part = &self.parts[instance.part as usize];
        let is_alone = part.instances.len() == 1;
        let caller =
            if is_alone { Target::whole(part.id) } else { Target::one(part.id, instance.number + 1) };
        let callee = self.parts[self.edge(edge).to as usize].id;
        self.tell(match turn {
            Turn::Opened => What::BreakerOpened { caller, callee },
            Turn::Closed => What::BreakerClosed { caller, callee },
        });
    }
}
