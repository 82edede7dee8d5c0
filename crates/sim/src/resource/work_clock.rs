//! Work that gets on at a pace that changes: shared capacity, slowed down machines, pauses.
//!
//! One virtual clock per station shows the work that somebody who was there all the time would have had.
//! Whoever comes with a demand is done when the clock shows what it showed then and that demand on top. A
//! change of pace therefore touches the clock alone, never those being served (L. Kleinrock: Queueing
//! Systems, volume 2, 1976, section 4.4, has the model; the clock is that of packet fair queueing, A. K.
//! Parekh and R. G. Gallager 1993).

use crate::Ns;
use crate::engine::{FrameId, Waiting};
use crate::resource::StationId;

/// Beyond this the clock is set back, so that it never lacks a nanosecond.
const FAR: f64 = (1_u64 << 50) as f64;

/// A piece of work under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    /// What the clock shows when it is done; of interrupted work, how much is left.
    pub(crate) finish: f64,
    sequence: u64,
    pub(crate) frame: FrameId,
    /// All of it, in nanoseconds.
    pub(crate) demand: Ns,
    /// When it would be done if it had never waited and were never held up from now on: what the end is
    /// later than this is its wait.
    pub(crate) base: Ns,
    /// Its wait and its service are in the books already.
    pub(crate) is_counted: bool,
}

impl Piece {
    pub(crate) const fn new(frame: FrameId, demand: Ns, base: Ns, is_counted: bool) -> Self {
        Self { finish: 0.0, sequence: 0, frame, demand, base, is_counted }
    }
}

/// Those who go first have a heap of their own: they interrupt only the others.
pub(crate) const EXPRESS: usize = 0;
pub(crate) const ORDINARY: usize = 1;

/// The work under way at one station.
#[derive(Clone, Debug, Default)]
pub(crate) struct WorkClock {
    shows: f64,
    since: Ns,
    /// Work per nanosecond for each piece.
    rate: f64,
    heaps: [Vec<Piece>; 2],
    sequence: u64,
    /// What the calendar holds for this station, the latest first: an alarm is set only where it is earlier
    /// than all that are set already, so that every one that rings is the last here.
    alarms: Vec<Ns>,
}

impl WorkClock {
    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let pieces: usize = self.heaps.iter().map(Vec::capacity).sum();
        pieces * size_of::<Piece>() + self.alarms.capacity() * size_of::<Ns>()
    }

    /// Makes room for twice as many pieces.
    pub(crate) fn reserve(&mut self) {
        const LEAST: usize = 256;
        self.heaps.iter_mut().for_each(|heap| heap.reserve(heap.len() + LEAST));
        self.alarms.reserve(self.alarms.len() + LEAST);
    }

    /// How many pieces are under way.
    pub(crate) fn len(&self) -> usize {
        self.heaps[0].len() + self.heaps[1].len()
    }

    pub(crate) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.heaps.iter().flatten()
    }

    /// The pieces, with what their frames should have noted as their places.
    pub(crate) fn places(&self) -> impl Iterator<Item = (FrameId, &Piece)> {
        let of_level = |(level, heap)| {
            let all: &Vec<Piece> = heap;
            all.iter().enumerate().map(move |(at, piece)| (FrameId((at << 1 | level) as u32), piece))
        };
        self.heaps.iter().enumerate().flat_map(of_level)
    }

    pub(crate) fn alarms(&self) -> &[Ns] {
        &self.alarms
    }

    /// Brings the clock up to date. Called before every change of pace.
    pub(crate) fn advance(&mut self, now: Ns) {
        let span = now - self.since;
        self.since = now;
        if self.len() == 0 {
            self.shows = 0.0;
        } else if span > 0 {
            self.shows += span as f64 * self.rate;
            if self.shows > FAR {
                let shown = std::mem::take(&mut self.shows);
                self.heaps.iter_mut().flatten().for_each(|piece| piece.finish -= shown);
            }
        }
    }

    /// From now on every piece gets on at this pace.
    pub(crate) fn run_at(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// Begins a piece, or goes on with one of which `left` is still to be done.
    pub(crate) fn begin(
        &mut self,
        piece: Piece,
        left: f64,
        level: usize,
        station: StationId,
        waiting: &mut [Waiting],
    ) {
        self.sequence += 1;
        let piece = Piece { finish: self.shows + left, sequence: self.sequence, ..piece };
        let at = self.heaps[level].len();
        waiting[piece.frame.0 as usize].station = station;
        self.heaps[level].push(piece);
        self.rise(level, at, waiting);
    }

    /// Whether what it shows will always be a whole number as things stand: an alarm that was set is exact then, and
    /// stays so.
    pub(crate) fn is_exact(&self) -> bool {
        self.rate == 1.0 && self.shows == self.shows as u64 as f64
    }

    /// When the next piece is done if nothing changes; `None` where nothing ever will be.
    pub(crate) fn due(&self) -> Option<Ns> {
        let (_, first) = self.first()?;
        if self.rate <= 0.0 {
            return None;
        }
        // `as` saturates, and what is a fraction of a nanosecond late is done.
        let work = first.finish - self.shows;
        let left = (if self.rate == 1.0 { work } else { work / self.rate } + 0.5) as Ns;
        self.since.checked_add(left).filter(|due| *due < Ns::MAX / 2)
    }

    /// When an alarm has to be set; it is remembered.
    pub(crate) fn set_alarm(&mut self) -> Option<Ns> {
        let due = self.due().filter(|due| self.alarms.last().is_none_or(|set| due < set))?;
        self.alarms.push(due);
        Some(due)
    }

    /// An alarm rings.
    pub(crate) fn rang(&mut self) {
        self.alarms.pop();
    }

    /// Takes the piece that is done at this moment, if there is one.
    pub(crate) fn take_done(&mut self, waiting: &mut [Waiting]) -> Option<Piece> {
        let (level, _) = self.first().filter(|_| self.due().is_some_and(|due| due <= self.since))?;
        Some(self.take(level, 0, waiting))
    }

    /// Takes a frame's piece, if it is under way here.
    pub(crate) fn remove(&mut self, frame: FrameId, waiting: &mut [Waiting]) -> Option<Piece> {
        let place = waiting[frame.0 as usize].ahead.0 as usize;
        let (level, at) = (place & 1, place >> 1);
        self.heaps[level].get(at).filter(|piece| piece.frame == frame)?;
        Some(self.take(level, at, waiting))
    }

    /// Takes an ordinary piece for one that goes first: it says how much of it is left. The last leaf of
    /// the heap is nobody's next.
    pub(crate) fn interrupt(&mut self, waiting: &mut [Waiting]) -> Option<Piece> {
        let at = self.heaps[ORDINARY].len().checked_sub(1)?;
        let piece = self.take(ORDINARY, at, waiting);
        Some(Piece { finish: (piece.finish - self.shows).max(0.0), ..piece })
    }

    /// Forgets all work; alarms that are set still ring.
    pub(crate) fn clear(&mut self) {
        self.heaps.iter_mut().for_each(Vec::clear);
        self.shows = 0.0;
    }

    fn first(&self) -> Option<(usize, &Piece)> {
        let [express, ordinary] = self.heaps.each_ref().map(|heap| heap.first());
        match (express, ordinary) {
            (Some(first), Some(other)) if is_before(other, first) => Some((ORDINARY, other)),
            (Some(first), _) => Some((EXPRESS, first)),
            (None, other) => other.map(|piece| (ORDINARY, piece)),
        }
    }

    fn take(&mut self, level: usize, at: usize, waiting: &mut [Waiting]) -> Piece {
        let piece = self.heaps[level].swap_remove(at);
        if at < self.heaps[level].len() {
            self.rise(level, at, waiting);
            self.sink(level, at, waiting);
        }
        piece
    }

    fn rise(&mut self, level: usize, mut at: usize, waiting: &mut [Waiting]) {
        let heap = &mut self.heaps[level];
        while at > 0 {
            let above = (at - 1) / 2;
            if is_before(&heap[above], &heap[at]) {
                break;
            }
            heap.swap(above, at);
            place(waiting, &heap[at], level, at);
            at = above;
        }
        place(waiting, &heap[at], level, at);
    }

    fn sink(&mut self, level: usize, mut at: usize, waiting: &mut [Waiting]) {
        let heap = &mut self.heaps[level];
        loop {
            let mut least = at;
            for below in [2 * at + 1, 2 * at + 2] {
                if below < heap.len() && is_before(&heap[below], &heap[least]) {
                    least = below;
                }
            }
            if least == at {
                break;
            }
            heap.swap(least, at);
            place(waiting, &heap[at], level, at);
            at = least;
        }
        place(waiting, &heap[at], level, at);
    }
}

fn is_before(piece: &Piece, other: &Piece) -> bool {
    (piece.finish, piece.sequence) < (other.finish, other.sequence)
}

/// A frame at work knows where its piece stands.
fn place(waiting: &mut [Waiting], piece: &Piece, level: usize, at: usize) {
    waiting[piece.frame.0 as usize].ahead = FrameId((at << 1 | level) as u32);
}
