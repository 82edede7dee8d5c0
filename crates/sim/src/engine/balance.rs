//! Calls that a balancer sends on, and its own count of those that are open.
//!
//! A forwarded call is open, for the balancer, until the answer has come back over the balancer's edge, or
//! until nothing is left of the call: a visitor who gives up does not tell the balancer, and neither does a
//! server that was cut off. A call that the balancer itself waits for is over as soon as it gives up.

use super::flow::Flow;
use super::policy::{Extra, NO_EXTRA};
use super::{Core, Frame, FrameId, InstanceId, Ns, Phase, RELAY};
use crate::network::{EdgeSlot, NOBODY, RouteId, ViewId};
use crate::observe::Outcome;
use crate::system::Mode;

/// One balancer's count of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    pub(super) view: ViewId,
    /// Of the balancer's instance; in another life it does not know of this call.
    pub(super) life: u32,
    pub(super) target: u32,
    edge: EdgeSlot,
    /// Handed over, or awaited by the balancer.
    forwarded: bool,
    /// When it was sent.
    at: Ns,
    /// The count that was made before, by a balancer nearer to the caller; in the free list, the next.
    below: u32,
}

/// All counts of open calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// By frame, the count that was made last.
    last: Vec<u32>,
    rows: Vec<Count>,
    /// The first free row, counted from 1; 0 is none.
    free: u32,
}

impl Counts {
    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.last.capacity() * size_of::<u32>() + self.rows.capacity() * size_of::<Count>()
    }

    /// Whether any balancer has ever counted.
    #[inline(always)]
    pub(super) const fn are_used(&self) -> bool {
        !self.last.is_empty()
    }

    /// Makes room for twice as many, where any are counted.
    pub(super) fn reserve(&mut self) {
        if self.are_used() {
            self.last.reserve(self.last.len() + 1_024);
            self.rows.reserve(self.rows.len() + 1_024);
        }
    }

    #[inline(always)]
    fn last_of(&self, frame: FrameId) -> u32 {
        self.last.get(frame.0 as usize).copied().unwrap_or(NOBODY)
    }

    #[inline(always)]
    fn add(&mut self, frame: FrameId, places: usize, count: Count) {
        let at = frame.0 as usize;
        if at >= self.last.len() {
            self.last.resize(places.max(at + 1), NOBODY);
        }
        let count = Count { below: self.last[at], ..count };
        let place = self.free.wrapping_sub(1);
        self.last[at] = if let Some(row) = self.rows.get_mut(place as usize) {
            self.free = row.below;
            *row = count;
            place
        } else {
            self.rows.push(count);
            self.rows.len() as u32 - 1
        };
    }

    #[inline(always)]
    fn take_last(&mut self, frame: FrameId) -> Option<Count> {
        let place = self.last_of(frame);
        let row = self.rows.get_mut(place as usize)?;
        let count = *row;
        row.below = self.free;
        self.last[frame.0 as usize] = count.below;
        self.free = place + 1;
        Some(count)
    }

    /// That of the balancer that waits for the call itself: the first that was made.
    fn take_awaited(&mut self, frame: FrameId) -> Option<Count> {
        let (mut place, mut above) = (self.last_of(frame), NOBODY);
        let mut row = *self.rows.get(place as usize)?;
        while row.below != NOBODY {
            (above, place) = (place, row.below);
            row = self.rows[place as usize];
        }
        if row.forwarded {
            return None;
        }
        match self.rows.get_mut(above as usize) {
            Some(above) => above.below = NOBODY,
            None => self.last[frame.0 as usize] = NOBODY,
        }
        self.rows[place as usize].below = self.free;
        self.free = place + 1;
        Some(row)
    }

    /// Those of one frame, the last first.
    pub(super) fn of(&self, frame: FrameId) -> impl Iterator<Item = &Count> {
        std::iter::successors(self.rows.get(self.last_of(frame) as usize), |count| {
            self.rows.get(count.below as usize)
        })
    }

    /// Rows in use, by the list of the free ones.
    pub(super) fn in_use(&self) -> usize {
        let (mut free, mut at) = (0, self.free);
        while at != 0 && free <= self.rows.len() {
            free += 1;
            at = self.rows[at as usize - 1].below;
        }
        self.rows.len().saturating_sub(free)
    }
}

impl Core {
    /// Sends a call on to the target that its balancer chooses.
    pub(crate) fn balance(&mut self, frame: FrameId, id: ViewId) -> Flow {
        let key = self.frames[frame].key;
        let view = &mut self.views[id as usize];
        if view.habits.is_some() {
            return self.balance_by_habit(frame, id);
        }
        let counts = view.counts();
        let Some(target) = view.choose_and_open(view.stream.of(key), NOBODY, u32::from(counts)) else {
            return self.answer(frame, Outcome::NoTarget);
        };
        let (row, life) = (&view.targets[target as usize], view.life);
        let (edge, to) = (row.edge, row.instance);
        let mode = self.edges[edge as usize].mode;
        if counts && mode != Mode::Forward {
            // Counted when it is sent.
            view.closed(target);
        }
        match mode {
            Mode::Forward => {
                if counts {
                    let count =
                        Count { view: id, life, target, edge, forwarded: true, at: self.now, below: NOBODY };
                    self.counts.add(frame, self.frames.places(), count);
                }
                self.forward(frame, edge, Some(to))
            }
            Mode::Sync => self.balance_and_wait(frame, edge, to, id, target),
            Mode::Async => {
                self.cast(frame, edge, Some(to));
                self.answer(frame, Outcome::Ok)
            }
        }
    }

    /// Sends a call to a target and waits for the answer. A proxy keeps the connection, not the processor.
    #[inline(never)]
    fn balance_and_wait(
        &mut self,
        frame: FrameId,
        edge: EdgeSlot,
        to: InstanceId,
        id: ViewId,
        target: u32,
    ) -> Flow {
        self.release(frame);
        let extra = Extra { edge, then: RELAY, to: Some(to), view: id, target, ..NO_EXTRA };
        if self.edge(edge).policy.is_some() {
            return self.call_as_ruled(frame, extra);
        }
        self.send_plain(frame, extra, None)
    }

    /// Sends a balancer's call over an edge without a policy; a retry has a position of its own.
    pub(super) fn send_plain(&mut self, caller: FrameId, extra: Extra, position: Option<u64>) -> Flow {
        self.frames[caller].pc = extra.then;
        let list = self.edge(extra.edge).timeouts;
        let Some(child) = self.open_call(caller, extra.edge, extra.to, list) else {
            self.frames[caller].outcome = Outcome::Guarded as u8;
            return Flow::go(caller);
        };
        if let Some(position) = position {
            self.frames[child].key = position;
            self.edge_mut(extra.edge).ledger.retries += 1;
        }
        self.count_open(child, extra.view, extra.target, false);
        self.transmit(child)
    }

    /// Another target for a call that a balancer waits for: over any edge on which it waits, or over this
    /// one only. `None` where there is none.
    pub(super) fn choose_again(
        &mut self,
        extra: &Extra,
        position: u64,
        over: Option<EdgeSlot>,
    ) -> Option<Extra> {
        let view = &mut self.views[extra.view as usize];
        let target = view.choose(view.stream.at(position), extra.target)?;
        let row = view.targets[target as usize];
        let fits = over.is_none_or(|edge| edge == row.edge) && self.edge(row.edge).mode == Mode::Sync;
        fits.then_some(Extra { edge: row.edge, to: Some(row.instance), target, ..*extra })
    }

    /// The pause before a balancer's next attempt is over: it goes to another target, if there is one, by
    /// the policy of that target's edge.
    pub(super) fn retry_elsewhere(&mut self, caller: FrameId) -> Flow {
        let before = *self.extra(caller);
        let position = self.position(caller, before.sent);
        let same = (!self.edge(before.edge).removed).then_some(before);
        let Some(next) = self.choose_again(&before, position, None).or(same) else {
            self.frames[caller].pc = before.then;
            return Flow::go(caller);
        };
        *self.extra(caller) = next;
        if self.edge(next.edge).policy.is_some() {
            return self.attempt(caller);
        }
        self.send_plain(caller, next, Some(position))
    }

    /// A balancer counts a call as open.
    pub(super) fn count_open(&mut self, frame: FrameId, id: ViewId, target: u32, forwarded: bool) {
        if let Some(view) = self.views.get_mut(id as usize).filter(|view| view.counts()) {
            view.opened(target);
            self.note_open(frame, id, target, forwarded);
        }
    }

    /// Writes down that a balancer counts a call.
    pub(super) fn note_open(&mut self, frame: FrameId, id: ViewId, target: u32, forwarded: bool) {
        let view = &self.views[id as usize];
        let (life, edge) = (view.life, view.targets[target as usize].edge);
        let count = Count { view: id, life, target, edge, forwarded, at: self.now, below: NOBODY };
        self.counts.add(frame, self.frames.places(), count);
    }

    /// A balancer counts a call no more; it may have seen how it ended.
    #[inline(always)]
    fn uncount(&mut self, count: Count, outcome: Option<Outcome>) {
        let view = &mut self.views[count.view as usize];
        if view.life == count.life {
            view.closed(count.target);
            if view.measures() && matches!(outcome, Some(Outcome::Ok | Outcome::TimedOut)) {
                view.measured(count.target, self.now - count.at, self.now);
            }
            if view.habits.is_some()
                && let Some(outcome) = outcome
            {
                self.judge_target(count.view, count.target, outcome);
            }
        }
    }

    /// Nothing is left of a call: no balancer counts it any more.
    #[inline(always)]
    pub(super) fn uncount_all(&mut self, frame: FrameId) {
        if self.counts.last_of(frame) != NOBODY {
            self.uncount_each(frame);
        }
    }

    #[inline(never)]
    fn uncount_each(&mut self, frame: FrameId) {
        while let Some(count) = self.counts.take_last(frame) {
            let row = &self.frames[frame];
            let outcome = (row.phase == Phase::Reply).then(|| Outcome::from_index(row.outcome));
            self.uncount(count, outcome);
        }
    }

    /// An answer has crossed an edge, with `route` before it: a balancer that sent the call over it has seen it.
    #[inline(always)]
    pub(super) fn uncount_crossed(
        &mut self,
        frame: FrameId,
        edge: EdgeSlot,
        route: RouteId,
        outcome: Outcome,
    ) {
        let Some(last) = self.counts.rows.get(self.counts.last_of(frame) as usize) else { return };
        if last.edge != edge || last.below != NOBODY {
            self.uncount_several(frame, edge, route, outcome);
        } else if let Some(count) = self.counts.take_last(frame) {
            self.uncount(count, Some(outcome));
        }
    }

    /// As [`uncount_crossed`](Self::uncount_crossed), where several balancers count the call, or another one.
    #[inline(never)]
    fn uncount_several(&mut self, frame: FrameId, edge: EdgeSlot, route: RouteId, outcome: Outcome) {
        if self.counts.of(frame).next().is_some_and(|last| last.edge == edge)
            && let Some(count) = self.counts.take_last(frame)
        {
            self.uncount(count, Some(outcome));
        }
        self.uncount_beyond(frame, route);
    }

    /// An answer has come back as far as `route`: balancers beyond it have seen it.
    #[inline(never)]
    pub(super) fn uncount_beyond(&mut self, frame: FrameId, route: RouteId) {
        loop {
            let last = self.counts.of(frame).next().copied();
            let Some(count) = last else { return };
            if self.routes.crosses(route, count.edge) {
                return;
            }
            self.counts.take_last(frame);
            self.uncount(count, Some(Outcome::from_index(self.frames[frame].outcome)));
        }
    }

    /// Whoever waited for a call has given up: if that was a balancer, it counts the call no more.
    #[cold]
    pub(super) fn uncount_awaited(&mut self, frame: FrameId) {
        if let Some(count) = self.counts.take_awaited(frame) {
            self.uncount(count, Some(Outcome::TimedOut));
        }
    }

    /// What balancers count is what is live.
    pub(super) fn audit_counts(&self) -> Result<(), String> {
        let mut open: Vec<Vec<u32>> = self.views.iter().map(|view| vec![0; view.targets.len()]).collect();
        let mut rows = 0;
        for (id, frame) in self.frames.live() {
            for count in self.counts.of(id) {
                rows += 1;
                let is_call =
                    matches!(frame.phase, Phase::Request | Phase::Work | Phase::Reply | Phase::Lost);
                if !is_call || !count.forwarded && frame.has(Frame::ABANDONED) {
                    return Err(format!("frame {} ({:?}) is counted by a balancer", id.0, frame.phase));
                }
                if self.views[count.view as usize].life == count.life {
                    open[count.view as usize][count.target as usize] += 1;
                }
            }
        }
        for (view, open) in self.views.iter().zip(open) {
            for (target, open) in view.targets.iter().zip(open) {
                if target.open != open {
                    return Err(format!(
                        "a balancer counts {} open calls to instance {}, but {open} are live",
                        target.open, target.instance.0
                    ));
                }
            }
        }
        let in_use = self.counts.in_use();
        if in_use == rows {
            Ok(())
        } else {
            Err(format!("{in_use} counts of balancers, but {rows} of live calls"))
        }
    }

    /// Damages a count as a bug would. For the test of the audit.
    pub(super) fn leak_count(&mut self) -> Option<()> {
        let open = self.views.iter_mut().flat_map(|view| &mut view.targets).find(|target| target.open > 0)?;
        open.open -= 1;
        Some(())
    }
}
