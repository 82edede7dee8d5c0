//! Workers and the queue before them.

use super::{Concurrency, Express, Shed, StationParams, Tally};
use crate::Ns;
use crate::choices;
use crate::engine::{FrameId, Frames};
use crate::param::{Count, Rate};

/// The place of a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StationId(pub(crate) u32);

choices! {
    /// Who of those that wait is next.
    pub enum QueueOrder {
        Fifo = "fifo", en "first come, first served", ko "먼저 온 순서";
        Lifo = "lifo", en "last come, first served", ko "나중에 온 순서";
        /// Processor sharing: all who are there are served at once, each as fast as the workers allow.
        Sharing = "sharing", en "all at once, sharing the workers", ko "모두 동시에 나누어";
    }
}

choices! {
    /// Who has to go when a queue is full.
    pub enum WhenFull {
        Refuse = "refuse", en "refuse the newcomer", ko "새 요청 거부";
        PushOut = "push_out", en "push out the oldest", ko "가장 오래된 요청 밀어내기";
    }
}

/// What a station is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StationShape {
    pub(crate) workers: u32,
    /// How many may wait; the next is refused.
    pub(crate) backlog: u32,
    pub(crate) order: QueueOrder,
    pub(crate) when_full: WhenFull,
    /// Time between two tokens of the limit, and how far ahead of it a burst may be. 0 limits nothing.
    pub(crate) gap: Ns,
    burst: Ns,
    /// Who goes before the others, and whether they interrupt them.
    pub(crate) first: Express,
    pub(crate) preempts: bool,
    pub(crate) shed: Shed,
    pub(crate) shed_after: Ns,
    pub(crate) shed_interval: Ns,
    pub(crate) concurrency: Concurrency,
    /// The latency that a limit of concurrency aims at.
    pub(crate) aim: Ns,
}

impl StationShape {
    /// First come, first served; whoever finds the queue full is refused.
    pub(crate) const fn plain(workers: u32, backlog: u32) -> Self {
        Self {
            workers,
            backlog,
            order: QueueOrder::Fifo,
            when_full: WhenFull::Refuse,
            gap: 0,
            burst: 0,
            first: Express::None,
            preempts: false,
            shed: Shed::None,
            shed_after: 0,
            shed_interval: 0,
            concurrency: Concurrency::Fixed,
            aim: 0,
        }
    }

    /// As a part's parameters have it.
    pub(crate) fn new(workers: Count, backlog: Count, params: &StationParams) -> Self {
        let shape = Self {
            order: params.order,
            when_full: params.when_full,
            first: params.first,
            preempts: params.preempt.0,
            shed: params.shed,
            shed_after: params.shed_ms.ns(),
            shed_interval: params.shed_interval_ms.ns(),
            concurrency: params.concurrency,
            aim: params.concurrency_ms.ns(),
            ..Self::plain(workers.0, backlog.0)
        };
        shape.limited(params.limit_rps, params.limit_burst)
    }

    /// Whether a station of this shape works by a regime at all times.
    pub(crate) fn needs_regime(&self) -> bool {
        self.order == QueueOrder::Sharing
            || self.first != Express::None
            || self.shed != Shed::None
            || self.concurrency != Concurrency::Fixed
    }

    /// Whether work under way may be held up by others that come.
    pub(crate) fn holds_up_work(&self) -> bool {
        self.order == QueueOrder::Sharing || (self.preempts && self.first != Express::None)
    }

    /// With a bucket of `burst` tokens that is filled at `rate`. None sets no limit.
    fn limited(self, rate: Rate, burst: Count) -> Self {
        if rate.0 <= 0.0 {
            return self;
        }
        let gap = ((1e9 / rate.0 + 0.5) as Ns).max(1);
        Self { gap, burst: gap.saturating_mul(Ns::from(burst.0 - 1)), ..self }
    }
}

/// What became of the wish for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// The station works by a [`Regime`](super::Regime), which has not been asked yet.
    ByRegime,
    Taken,
    Queued,
    Full,
}

/// Workers and the queue before them, with the areas under both for means over time.
#[derive(Clone, Debug)]
pub(crate) struct Station {
    pub(crate) shape: StationShape,
    /// Tokens limit it, or it works by its regime.
    pub(crate) is_rare: bool,
    pub(crate) by_regime: bool,
    /// The place of its regime; `u32::MAX` where it never had one.
    pub(crate) regime: u32,
    pub(crate) busy: Tally,
    pub(crate) queued: Tally,
    first: FrameId,
    last: FrameId,
    /// The capacity that utilisation is a share of.
    workers: Tally,
    pub(crate) queue_max: u32,
    /// Until when the tokens of the limit are spoken for.
    spoken_for: Ns,
}

impl Station {
    pub(crate) fn new(shape: StationShape, now: Ns) -> Self {
        Self {
            shape,
            is_rare: shape.gap != 0,
            by_regime: false,
            regime: u32::MAX,
            busy: Tally::default(),
            queued: Tally::default(),
            first: FrameId::NONE,
            last: FrameId::NONE,
            workers: Tally::new(shape.workers, now),
            queue_max: 0,
            spoken_for: 0,
        }
    }

    /// New numbers of workers and of places to wait.
    pub(crate) fn reshape(&mut self, now: Ns, shape: StationShape) {
        self.workers.set(shape.workers, now);
        self.shape = shape;
        self.work_by_regime(self.by_regime);
    }

    /// Whether it works by its regime from now on.
    pub(crate) fn work_by_regime(&mut self, by_regime: bool) {
        self.by_regime = by_regime;
        self.is_rare = by_regime || self.shape.gap != 0;
    }

    /// Busy workers, waiting calls and workers, each times nanoseconds, up to `now`.
    pub(crate) fn areas(&self, now: Ns) -> [u128; 3] {
        [self.busy, self.queued, self.workers].map(|tally| tally.area(now))
    }

    /// Gives a worker, a place in the queue, or neither.
    #[inline(always)]
    pub(crate) fn acquire(&mut self, now: Ns, frames: &mut Frames, frame: FrameId) -> Grant {
        if self.busy.count() < self.shape.workers && self.queued.count() == 0 {
            self.busy.rise(now);
            return Grant::Taken;
        }
        if self.queued.count() >= self.shape.backlog {
            return Grant::Full;
        }
        if self.shape.order == QueueOrder::Fifo {
            self.join_last(frames, frame);
        } else {
            self.join(frames, frame);
        }
        self.one_waits(now);
        Grant::Queued
    }

    /// One more waits.
    #[inline(always)]
    pub(crate) fn one_waits(&mut self, now: Ns) {
        self.queued.rise(now);
        if self.queue_max < self.queued.count() {
            self.queue_max = self.queued.count();
        }
    }

    /// Puts a frame at the end of the queue; the count is the caller's to keep.
    #[inline(always)]
    fn join_last(&mut self, frames: &mut Frames, frame: FrameId) {
        frames[frame].next = FrameId::NONE;
        if self.last.is_none() {
            self.first = frame;
        } else {
            frames[self.last].next = frame;
        }
        self.last = frame;
    }

    /// Puts a frame into the queue where its order says; the count is the caller's to keep.
    pub(crate) fn join(&mut self, frames: &mut Frames, frame: FrameId) {
        if self.shape.order == QueueOrder::Fifo || self.last.is_none() {
            return self.join_last(frames, frame);
        }
        frames[frame].next = self.first;
        self.first = frame;
    }

    /// Takes the first out of the queue, worker or not.
    pub(crate) fn take_first(&mut self, now: Ns, frames: &Frames) -> Option<FrameId> {
        let frame = (!self.first.is_none()).then_some(self.first)?;
        self.first = frames[frame].next;
        if self.first.is_none() {
            self.last = FrameId::NONE;
        }
        self.queued.fall_if_any(now);
        Some(frame)
    }

    /// Takes a token of the limit, if there is one: the bucket as a time up to which tokens are spoken for.
    #[inline]
    pub(crate) fn take_token(&mut self, now: Ns) -> bool {
        let from = self.spoken_for.max(now);
        let has_token = from - now <= self.shape.burst;
        if has_token {
            self.spoken_for = from.saturating_add(self.shape.gap);
        }
        has_token
    }

    /// Who goes when the queue is full and the oldest has to.
    pub(crate) fn to_push_out(&self) -> Option<FrameId> {
        let is_full = self.queued.count() >= self.shape.backlog && self.queued.count() > 0;
        let oldest = if self.shape.order == QueueOrder::Fifo { self.first } else { self.last };
        (is_full && self.shape.when_full == WhenFull::PushOut).then_some(oldest)
    }

    /// The first in the queue.
    pub(crate) const fn first(&self) -> FrameId {
        self.first
    }

    /// The last in the queue.
    #[inline(always)]
    pub(crate) const fn last(&self) -> FrameId {
        self.last
    }

    /// Takes a frame out of the queue, from anywhere; `ahead` is who stands before it, unless it is the
    /// first. Who stood behind it.
    pub(crate) fn unlink(&mut self, now: Ns, frames: &mut Frames, frame: FrameId, ahead: FrameId) -> FrameId {
        let behind = frames[frame].next;
        let is_first = self.first == frame;
        if is_first {
            self.first = behind;
        } else {
            frames[ahead].next = behind;
        }
        if behind.is_none() {
            self.last = if is_first { FrameId::NONE } else { ahead };
        }
        self.queued.fall(now);
        behind
    }

    /// Takes a worker back; the next in the queue that gets it.
    #[inline(always)]
    pub(crate) fn release(&mut self, now: Ns, frames: &Frames) -> Option<FrameId> {
        // Fewer workers than are busy are there after an edit only.
        if self.queued.count() == 0 || self.busy.count() > self.shape.workers {
            self.busy.fall(now);
            return None;
        }
        Some(self.hand_over(now, frames))
    }

    /// Whoever is first in the queue gets a worker that is counted as busy.
    #[inline(always)]
    fn hand_over(&mut self, now: Ns, frames: &Frames) -> FrameId {
        let frame = self.first;
        self.first = frames[frame].next;
        if self.first.is_none() {
            self.last = FrameId::NONE;
        }
        self.queued.fall(now);
        frame
    }

    /// The next in the queue, if there is a worker for it. After an edit there may be several.
    #[inline(always)]
    pub(crate) fn admit(&mut self, now: Ns, frames: &Frames) -> Option<FrameId> {
        if self.busy.count() >= self.shape.workers || self.queued.count() == 0 {
            return None;
        }
        self.busy.rise(now);
        Some(self.hand_over(now, frames))
    }

    /// Drops the second in the queue, as a bug would. For the test of the audit.
    pub(crate) fn lose_one(&mut self, frames: &mut Frames) {
        let second = frames[self.first].next;
        frames[self.first].next = frames[second].next;
        if self.last == second {
            self.last = self.first;
        }
    }

    /// Forgets holders and queue: their instance is dead.
    pub(crate) fn clear(&mut self, now: Ns) {
        self.busy.set(0, now);
        self.queued.set(0, now);
        self.first = FrameId::NONE;
        self.last = FrameId::NONE;
    }

    /// Begins measuring anew.
    pub(crate) fn restart_measuring(&mut self, now: Ns) {
        for tally in [&mut self.busy, &mut self.queued, &mut self.workers] {
            tally.restart(now);
        }
        self.queue_max = self.queued.count();
    }

    /// The queue, first to last.
    pub(crate) fn queue<'a>(&self, frames: &'a Frames) -> impl Iterator<Item = FrameId> + use<'a> {
        let first = (!self.first.is_none()).then_some(self.first);
        std::iter::successors(first, |frame| Some(frames[*frame].next).filter(|next| !next.is_none()))
    }
}
