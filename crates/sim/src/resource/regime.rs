//! What a station needs that does not just hand workers to whoever waits: shared or interrupted work,
//! classes that go first, other speeds and pauses, shedding, a limit that adapts.

use super::work_clock::{Piece, WorkClock};
use super::{Concurrency, QueueOrder, Shed, StationId, StationShape};
use crate::Ns;
use crate::engine::{FrameId, Frames};

/// A queue through the frames that wait in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) first: FrameId,
    pub(crate) last: FrameId,
}

impl Line {
    pub(crate) const EMPTY: Self = Self { first: FrameId::NONE, last: FrameId::NONE };

    /// Puts a frame in, at the end or, last come first served, at the front.
    pub(crate) fn join(&mut self, frames: &mut Frames, frame: FrameId, order: QueueOrder) {
        if self.first.is_none() {
            frames[frame].next = FrameId::NONE;
            *self = Self { first: frame, last: frame };
        } else if order == QueueOrder::Lifo {
            frames[frame].next = self.first;
            self.first = frame;
        } else {
            frames[frame].next = FrameId::NONE;
            frames[self.last].next = frame;
            self.last = frame;
        }
    }

    /// Takes a frame out that stands at an end of it; who stood behind it. `None` where it does not.
    pub(crate) fn leave(&mut self, frames: &mut Frames, frame: FrameId, ahead: FrameId) -> Option<FrameId> {
        let behind = frames[frame].next;
        if self.first == frame {
            self.first = behind;
            if behind.is_none() {
                self.last = FrameId::NONE;
            }
        } else if self.last == frame {
            frames[ahead].next = behind;
            self.last = ahead;
        } else {
            return None;
        }
        Some(behind)
    }

    pub(crate) fn queue(self, frames: &Frames) -> impl Iterator<Item = FrameId> {
        let first = (!self.first.is_none()).then_some(self.first);
        std::iter::successors(first, |frame| Some(frames[*frame].next).filter(|next| !next.is_none()))
    }
}

/// The rest of a station, for those that are more than plain.
#[derive(Clone, Debug)]
pub(crate) struct Regime {
    pub(crate) station: StationId,
    /// Which of its instance's stations it is.
    pub(crate) slot: u8,
    pub(crate) work: WorkClock,
    /// Those of the class that goes first; the others wait in the station's own queue.
    pub(crate) express: Line,
    /// Work that was interrupted, the next one last. Its frames count as holding a worker of the station.
    pub(crate) interrupted: Vec<Piece>,
    /// How many hold a worker, or a share of them.
    pub(crate) present: u32,
    pub(crate) is_paused: bool,
    /// Work per nanosecond of a worker.
    pub(crate) speed: f64,
    pub(crate) is_sharing: bool,
    /// The machine that it is on, how many of its cores it wants, and what they leave it of its speed.
    pub(crate) host: u32,
    pub(crate) wanted: u32,
    pub(crate) cpu: f64,
    /// Those who are there share although new ones will not: the order was edited.
    still_shares: bool,
    /// How many may be inside, where that adapts, and when it was lowered last.
    limit: f64,
    lowered: Ns,
    /// Since when somebody has been waiting.
    pub(crate) filled: Ns,
}

impl Regime {
    pub(crate) fn new(station: StationId, slot: u8) -> Self {
        Self {
            station,
            slot,
            work: WorkClock::default(),
            express: Line::EMPTY,
            interrupted: Vec::new(),
            present: 0,
            is_paused: false,
            speed: 1.0,
            is_sharing: false,
            host: u32::MAX,
            wanted: 0,
            cpu: 1.0,
            still_shares: false,
            limit: 0.0,
            lowered: 0,
            filled: 0,
        }
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.work.bytes() + self.interrupted.capacity() * size_of::<Piece>()
    }

    /// Whether the station could do without it now.
    pub(crate) fn is_idle(&self) -> bool {
        self.work.len() == 0
            && self.interrupted.is_empty()
            && self.express.first.is_none()
            && !self.is_paused
            && self.speed == 1.0
            && !self.is_sharing
            && self.host == u32::MAX
    }

    /// Sets the pace of the work under way: with c workers and n who share them, min(1, c / n) each.
    pub(crate) fn set_pace(&mut self, workers: u32) {
        let (count, workers) = (self.work.len() as f64, f64::from(workers));
        self.still_shares = self.is_sharing || (self.still_shares && count > workers);
        let share = if self.still_shares && count > workers { workers / count } else { 1.0 };
        self.work.run_at(if self.is_paused { 0.0 } else { self.speed * self.cpu * share });
    }

    /// Forgets everybody: their instance is dead.
    pub(crate) fn clear(&mut self) {
        self.work.clear();
        self.interrupted.clear();
        self.express = Line::EMPTY;
        self.present = 0;
    }

    /// Whether the limit that adapts has no room for one more, when `inside` are there.
    pub(crate) fn is_at_limit(&mut self, shape: &StationShape, inside: u32) -> bool {
        if shape.concurrency == Concurrency::Fixed {
            return false;
        }
        if self.limit < 1.0 {
            self.limit = f64::from(shape.workers.max(1));
        }
        f64::from(inside) >= libm::floor(self.limit)
    }

    /// Additive increase, multiplicative decrease (D.-M. Chiu and R. Jain 1989; V. Jacobson 1988; as a limit
    /// of concurrency: Netflix, concurrency-limits, `AIMDLimit`): an answer in time while at least half
    /// of the limit is used raises it by one in as many answers; one that took too long lowers it to nine tenths, at
    /// most once in that time.
    pub(crate) fn learn(&mut self, shape: &StationShape, took: Ns, inside: u32, now: Ns) {
        if shape.concurrency == Concurrency::Fixed || self.limit < 1.0 {
            return;
        }
        let most = f64::from(shape.workers) + f64::from(shape.backlog);
        if took <= shape.aim {
            if 2.0 * f64::from(inside) >= self.limit {
                self.limit += 1.0 / self.limit;
            }
        } else if now - self.lowered >= shape.aim {
            self.lowered = now;
            self.limit *= 0.9;
        }
        self.limit = self.limit.clamp(1.0, most.max(1.0));
    }

    /// Whether a call whose turn it is after this wait is answered with an error instead.
    pub(crate) fn sheds(&self, shape: &StationShape, waited: Ns, now: Ns) -> bool {
        match shape.shed {
            Shed::None | Shed::Newcomers => false,
            Shed::Waited => waited > shape.shed_after,
            // Short while somebody has been waiting all through the interval, long otherwise.
            Shed::Controlled => {
                let is_standing = now - self.filled >= shape.shed_interval;
                waited
                    > if is_standing { shape.shed_after } else { shape.shed_interval.max(shape.shed_after) }
            }
        }
    }
}
