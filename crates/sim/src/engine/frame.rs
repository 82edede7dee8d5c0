//! Frames: one call each, in a slab that reuses its places.

use std::ops::{Index, IndexMut};

use super::fold::Ended;
use super::{InstanceId, Ns, Pc};

/// The place of a frame in the slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FrameId(pub(crate) u32);

impl FrameId {
    pub(crate) const NONE: Self = Self(u32::MAX);

    pub(crate) const fn is_none(self) -> bool {
        self.0 == u32::MAX
    }
}

/// Where a frame is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    Free,
    /// A visitor's request, seen from its client: lives from issue to end.
    Root,
    /// An activity of a part: arrivals, health checks.
    Process,
    /// A call on its way to the callee.
    Request,
    /// A call being worked on, or waiting to be.
    Work,
    /// An answer on its way back.
    Reply,
    /// A call or an answer that was lost on the way; its caller does not know.
    Lost,
    /// The head of a list of timeouts.
    List,
    /// One of several calls that a caller makes at once, seen from its instance.
    Branch,
    /// What waits for the branches, which stand in a ring behind it: as many as the note says are out, and
    /// as many as the cursor says must end well.
    Join,
}

/// One call: who asked, what it waits for, what it holds. 64 bytes, one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Frame {
    /// Who waits for the answer; none for processes, asynchronous calls and roots (but those of a visitor
    /// who waits for the end). Of abandoned work, the slot of the part that had asked.
    pub(crate) parent: FrameId,
    /// Where it is handled, or will be.
    pub(crate) instance: InstanceId,
    /// The next in the queue of a station, or in the free list; of a frame that waits for an answer, the
    /// call that it made.
    pub(crate) next: FrameId,
    /// Neighbours in the list of timeouts; a frame in none is its own neighbour.
    pub(crate) timeout_before: FrameId,
    pub(crate) timeout_after: FrameId,
    /// Counts the lives of this place: what was scheduled for an earlier one is stale.
    pub(crate) generation: u32,
    /// Which visit of a station's queue, an attempt or whatever else the type needs to keep.
    pub(crate) note: u32,
    /// The edges that it came by, for the way back.
    pub(crate) route: u16,
    /// How far the plan of calls is done.
    pub(crate) cursor: u16,
    /// Names the request and the visit: random numbers are drawn at this position.
    pub(crate) key: u64,
    /// When the caller sent it; of a list, how long its timeouts are.
    pub(crate) sent: Ns,
    /// When it arrived here; of a root, when it was issued.
    pub(crate) arrived: Ns,
    /// Where the step goes on.
    pub(crate) pc: Pc,
    /// Where it goes on after the engine's own steps of a look-up.
    pub(crate) then: Pc,
    pub(crate) phase: Phase,
    /// How the last call that it made ended; on the way back, how this call ended.
    pub(crate) outcome: u8,
    pub(crate) class: u8,
    /// One bit for each station of the instance that it holds a worker of.
    pub(crate) held: u8,
    /// How many calls deep.
    pub(crate) depth: u8,
    pub(crate) flags: u8,
}

impl Frame {
    /// Its caller gave up or died: nobody takes the answer.
    pub(crate) const ABANDONED: u8 = 1;
    /// No answer was ever awaited.
    pub(crate) const DETACHED: u8 = 2;
    /// It waits in the queue of a station; of a list of timeouts, its alarm is set.
    pub(crate) const QUEUED: u8 = 4;
    /// It only knocks: whoever listens answers at once, without a worker.
    pub(crate) const KNOCK: u8 = 8;
    /// Once it leaves the queue, it works for as long as is written down for it.
    pub(crate) const WORKS: u8 = 32;
    /// Its instance is dying at this moment.
    pub(crate) const DYING: u8 = 16;
    /// Called off while it was on its way.
    pub(crate) const CANCELLED: u8 = 64;
    /// Its caller needs no answer after a certain time.
    pub(crate) const DEADLINE: u8 = 128;
    /// Of a list of timeouts, which is never called off: no new call joins it; it goes with the last in it.
    pub(crate) const RETIRED: u8 = 64;

    /// Among the bits of what it holds: more than plain workers. It is in the midst of a transaction, or its worker is one
    /// of a pool.
    pub(crate) const TRANSACTION: u8 = 128;

    pub(crate) const fn has_transaction(&self) -> bool {
        self.held & Self::TRANSACTION != 0
    }

    pub(crate) const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

impl Frame {
    /// Nobody's, waiting for nothing.
    pub(crate) const EMPTY: Self = Self {
        parent: FrameId::NONE,
        instance: InstanceId(u32::MAX),
        next: FrameId::NONE,
        timeout_before: FrameId::NONE,
        timeout_after: FrameId::NONE,
        generation: 0,
        note: 0,
        route: 0,
        cursor: 0,
        key: 0,
        sent: 0,
        arrived: 0,
        pc: 0,
        then: 0,
        phase: Phase::Free,
        outcome: 0,
        class: 0,
        held: 0,
        depth: 0,
        flags: 0,
    };
}

/// The slab, with little for the places that are free.
#[derive(Clone, Debug)]
pub(super) struct PackedFrames {
    live: Box<[Frame]>,
    /// One bit for each place: whether it is taken.
    taken: Box<[u64]>,
    /// Of the others, the generation and the next free place.
    gaps: Box<[(u32, FrameId)]>,
    places: usize,
    free: FrameId,
    count: u32,
    freely: u32,
}

/// The slab of frames.
#[derive(Clone, Debug)]
pub(crate) struct Frames {
    rows: Vec<Frame>,
    free: FrameId,
    live: u32,
    /// From so many live frames on, whoever takes another one goes a longer way.
    freely: u32,
}

impl Frames {
    /// No more calls than this may be open at once; beyond it, calls are refused and counted.
    pub(crate) const MOST: u32 = 1 << 22;
    /// The last of them are kept for what instances do of themselves: a balancer that starts among millions of
    /// calls still checks its targets.
    const KEPT: u32 = 1 << 17;

    pub(crate) fn new() -> Self {
        Self { rows: Vec::new(), free: FrameId::NONE, live: 0, freely: Self::MOST - Self::KEPT }
    }

    /// Whether there is no room for anything.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.live >= Self::MOST
    }

    /// Whether there is no room for another call.
    pub(crate) fn is_full(&self) -> bool {
        self.live >= Self::MOST - Self::KEPT
    }

    /// Whether there may be no room, or somebody wants to know of every frame.
    #[inline(always)]
    pub(super) const fn is_guarded(&self) -> bool {
        self.live >= self.freely
    }

    /// From now on, somebody wants to know of every frame.
    pub(super) fn guard(&mut self) {
        self.freely = 0;
    }

    /// Whether there is room for so many more calls.
    pub(crate) const fn has_room_for(&self, more: usize) -> bool {
        self.live as usize + more <= (Self::MOST - Self::KEPT) as usize
    }

    /// A request shares the frame of its call: there is one more than there are places taken.
    #[inline(always)]
    pub(super) const fn count_hidden(&mut self) {
        self.live += 1;
    }

    /// A request shares a frame no more.
    #[inline(always)]
    pub(super) const fn uncount_hidden(&mut self) {
        self.live -= 1;
    }

    /// How many frames are live.
    pub(crate) const fn count(&self) -> usize {
        self.live as usize
    }

    /// Makes room for twice as many places.
    pub(crate) fn reserve(&mut self) {
        self.rows.reserve(self.rows.len() + 1_024);
    }

    /// How many places there are, taken or free.
    pub(crate) fn places(&self) -> usize {
        self.rows.len()
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Frame>()
    }

    /// Puts a frame in the place that was freed last, while it is still in the cache. There is one: see
    /// [`has_room`](Self::has_room).
    #[inline(always)]
    pub(crate) fn reuse(&mut self, frame: Frame) -> FrameId {
        let id = self.free;
        let row = &mut self.rows[id.0 as usize];
        self.free = row.next;
        let generation = row.generation;
        *row = Frame { timeout_before: id, timeout_after: id, generation, ..frame };
        self.live += 1;
        id
    }

    /// Whether a place is free.
    #[inline(always)]
    pub(crate) const fn has_room(&self) -> bool {
        !self.free.is_none()
    }

    /// Where the next frame will be put, if there is room.
    #[inline(always)]
    pub(crate) const fn next_place(&self) -> FrameId {
        self.free
    }

    /// Makes a place.
    pub(crate) fn grow(&mut self) {
        let id = FrameId(self.rows.len() as u32);
        make_room_for_one(&mut self.rows);
        self.rows.push(Frame { next: self.free, ..Frame::EMPTY });
        self.free = id;
    }

    #[inline]
    pub(crate) fn free(&mut self, id: FrameId) {
        let row = &mut self.rows[id.0 as usize];
        debug_assert_ne!(row.phase, Phase::Free, "a frame is freed twice");
        row.phase = Phase::Free;
        row.generation = row.generation.wrapping_add(1);
        row.next = self.free;
        self.free = id;
        self.live -= 1;
    }

    /// Frees an answered call: who waits for it, when it was sent, and what it has to say.
    #[inline(always)]
    pub(crate) fn end(&mut self, id: FrameId) -> Ended {
        let row = &mut self.rows[id.0 as usize];
        let ended =
            Ended { parent: row.parent, sent: row.sent, note: row.note, key: row.key, class: row.class };
        let (before, after) = (row.timeout_before, row.timeout_after);
        debug_assert_ne!(row.phase, Phase::Free, "a frame is freed twice");
        row.phase = Phase::Free;
        row.generation = row.generation.wrapping_add(1);
        row.next = self.free;
        self.free = id;
        self.live -= 1;
        if before != id {
            self.rows[before.0 as usize].timeout_after = after;
            self.rows[after.0 as usize].timeout_before = before;
        }
        ended
    }

    /// Makes everything scheduled for this frame stale; its life goes on.
    pub(crate) fn renew(&mut self, id: FrameId) -> u32 {
        let row = &mut self.rows[id.0 as usize];
        row.generation = row.generation.wrapping_add(1);
        row.generation
    }

    /// All live frames, by place.
    pub(crate) fn live(&self) -> impl Iterator<Item = (FrameId, &Frame)> {
        self.rows
            .iter()
            .enumerate()
            .filter(|(_, frame)| frame.phase != Phase::Free)
            .map(|(at, frame)| (FrameId(at as u32), frame))
    }

    /// Puts a frame at the end of a list of timeouts.
    #[inline]
    pub(crate) fn link_timeout(&mut self, list: FrameId, id: FrameId) {
        let last = self[list].timeout_before;
        self[id].timeout_before = last;
        self[id].timeout_after = list;
        self[last].timeout_after = id;
        self[list].timeout_before = id;
    }

    /// Takes a frame out of its list of timeouts, if it is in one.
    #[inline]
    pub(crate) fn unlink_timeout(&mut self, id: FrameId) {
        let (before, after) = (self[id].timeout_before, self[id].timeout_after);
        if before == id {
            return;
        }
        self[before].timeout_after = after;
        self[after].timeout_before = before;
        self[id].timeout_before = id;
        self[id].timeout_after = id;
    }
}

/// A list that is full grows to twice its length, and once it is long, by an eighth: much is copied then, but much
/// less lies idle.
pub(super) fn make_room_for_one<T>(list: &mut Vec<T>) {
    const LONG: usize = 1 << 16;
    if list.len() == list.capacity() && list.len() >= LONG {
        list.reserve_exact(list.len() / 8);
    }
}

/// Makes a list as long as that, with room for an eighth more.
pub(super) fn grow_to<T: Clone>(list: &mut Vec<T>, length: usize, none: T) {
    if length > list.capacity() {
        list.reserve_exact(length + length / 8 - list.len());
    }
    list.resize(length, none);
}

impl PackedFrames {
    /// What a free place holds beside its generation and the next one means nothing.
    pub(super) fn new(frames: &Frames) -> Self {
        let places = frames.rows.len();
        let mut taken = vec![0; places.div_ceil(64)].into_boxed_slice();
        for (id, _) in frames.live() {
            taken[id.0 as usize / 64] |= 1 << (id.0 % 64);
        }
        let gaps = frames.rows.iter().filter(|row| row.phase == Phase::Free);
        Self {
            live: frames.live().map(|(_, row)| *row).collect(),
            taken,
            gaps: gaps.map(|row| (row.generation, row.next)).collect(),
            places,
            free: frames.free,
            count: frames.live,
            freely: frames.freely,
        }
    }

    pub(super) fn unpack(&self) -> Frames {
        let (mut live, mut gaps) = (self.live.iter(), self.gaps.iter());
        let row = |at: usize| {
            let id = FrameId(at as u32);
            let (generation, next) = if self.is_taken(id) {
                match live.next() {
                    Some(row) => return *row,
                    None => (0, FrameId::NONE),
                }
            } else {
                gaps.next().copied().unwrap_or((0, FrameId::NONE))
            };
            Frame { timeout_before: id, timeout_after: id, generation, next, ..Frame::EMPTY }
        };
        let rows = (0..self.places).map(row).collect();
        Frames { rows, free: self.free, live: self.count, freely: self.freely }
    }

    /// Whether there is a live frame at this place.
    pub(super) fn is_taken(&self, id: FrameId) -> bool {
        self.taken.get(id.0 as usize / 64).is_some_and(|word| word >> (id.0 % 64) & 1 == 1)
    }

    /// How many places there are, taken or free.
    pub(super) const fn places(&self) -> usize {
        self.places
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.live) + size_of_val(&*self.taken) + size_of_val(&*self.gaps)
    }
}

impl Index<FrameId> for Frames {
    type Output = Frame;

    #[inline]
    fn index(&self, id: FrameId) -> &Frame {
        &self.rows[id.0 as usize]
    }
}

impl IndexMut<FrameId> for Frames {
    #[inline]
    fn index_mut(&mut self, id: FrameId) -> &mut Frame {
        &mut self.rows[id.0 as usize]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::engine) fn take(frames: &mut Frames) -> FrameId {
        if !frames.has_room() {
            frames.grow();
        }
        frames.reuse(Frame::EMPTY)
    }

    #[test]
    fn a_frame_is_one_cache_line() {
        assert_eq!(std::mem::size_of::<Frame>(), 64);
    }

    #[test]
    fn timeouts_leave_from_anywhere() {
        let mut frames = Frames::new();
        let list = take(&mut frames);
        frames[list].phase = Phase::List;
        let ids: Vec<FrameId> = (0..3).map(|_| take(&mut frames)).collect();
        for id in &ids {
            frames.link_timeout(list, *id);
        }
        frames.unlink_timeout(ids[1]);
        frames.unlink_timeout(ids[1]);
        assert_eq!(frames[list].timeout_after, ids[0]);
        assert_eq!(frames[ids[0]].timeout_after, ids[2]);
        assert_eq!(frames[list].timeout_before, ids[2]);
    }

    #[test]
    fn places_are_reused_under_a_new_generation() {
        let mut frames = Frames::new();
        let first = take(&mut frames);
        frames[first].phase = Phase::Root;
        let generation = frames[first].generation;
        frames.free(first);
        let second = take(&mut frames);
        assert_eq!(first, second);
        assert_ne!(frames[second].generation, generation);
    }
}
