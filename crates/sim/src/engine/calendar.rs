//! The event calendar.
//!
//! A 4-ary heap of 16-byte entries. The key is one word: 36 bits of time since the start of the window
//! (68.7 s in nanoseconds) over 28 bits of sequence, so that events of one nanosecond leave in the order in
//! which they were scheduled. What lies beyond the window waits in a far heap; when the near heap is empty
//! the window jumps to the earliest of it. A sequence that runs out is renumbered, never wrapped.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Ns;
use super::heap::Heap;

const SEQUENCE_BITS: u32 = 28;
const WINDOW: Ns = 1 << (64 - SEQUENCE_BITS);
const SEQUENCE_END: u64 = 1 << SEQUENCE_BITS;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// A frame goes on.
    Resume,
    /// The head of a lane arrives.
    Lane,
    /// The head of a list of timeouts is due.
    Timeouts,
    /// The word that a call is abandoned reaches its callee.
    Cancel,
    /// A caller has waited long enough; not a generation but the alarm's own number tells whether it still has.
    Alarm,
    /// A call with a deadline is given up.
    Expire,
    /// A message that keeps no order arrives.
    Message,
    /// The next piece of work of a station with a clock of its own is done; early where it goes slower now.
    Station,
}

/// Something to happen: a tag over 29 bits of id, over the generation of a frame. One word: a processor that reads
/// two pieces at once which it has just written one by one has to wait for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry(u64);

impl Entry {
    const ID_BITS: u32 = 29;
    pub(super) const NONE: Self = Self(0);

    #[inline]
    pub(crate) const fn new(tag: Tag, id: u32, generation: u32) -> Self {
        let what = ((tag as u32) << Self::ID_BITS) | id;
        Self((what as u64) << 32 | generation as u64)
    }

    #[inline]
    const fn what(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    pub(crate) const fn generation(self) -> u32 {
        self.0 as u32
    }

    #[inline]
    pub(crate) const fn tag(self) -> Tag {
        match self.what() >> Self::ID_BITS {
            // Its number is 0: the word is the id.
            0 => Tag::Resume,
            1 => Tag::Lane,
            2 => Tag::Timeouts,
            3 => Tag::Cancel,
            4 => Tag::Alarm,
            5 => Tag::Expire,
            6 => Tag::Message,
            _ => Tag::Station,
        }
    }

    /// The frame that goes on, of an entry that says so.
    #[inline(always)]
    pub(super) const fn resumed(self) -> u32 {
        self.what()
    }

    #[inline]
    pub(crate) const fn id(self) -> u32 {
        self.what() & ((1 << Self::ID_BITS) - 1)
    }
}

/// Far entries sort by time, then by the order of scheduling.
type Far = Reverse<(Ns, u64, Entry)>;

/// The pending events, earliest first.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    heap: Heap,
    start: Ns,
    sequence: u64,
    far: BinaryHeap<Far>,
    scheduled_far: u64,
}

impl Calendar {
    /// Makes room for so many more events, near and far.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.heap.reserve(more);
        self.far.reserve(more);
    }

    pub(crate) fn new() -> Self {
        Self { heap: Heap::new(), start: 0, sequence: 0, far: BinaryHeap::new(), scheduled_far: 0 }
    }

    /// Schedules an entry. Times beyond the end of the clock never come.
    #[inline(never)]
    pub(crate) fn push(&mut self, at: Ns, entry: Entry) {
        #[cfg(test)]
        let at = super::tamper::schedule(at, entry.tag());
        let offset = at.wrapping_sub(self.start);
        // No place is open, or the sequence is at its end.
        if offset >= WINDOW || self.sequence >= self.heap.open() {
            return self.push_otherwise(at, entry);
        }
        let key = (offset << SEQUENCE_BITS) | self.sequence;
        self.sequence += 1;
        self.heap.fill(key, entry);
    }

    /// Where no place at the root waits to be filled, or the window or the sequence is at its end.
    #[inline(never)]
    fn push_otherwise(&mut self, at: Ns, entry: Entry) {
        let offset = at.wrapping_sub(self.start);
        if offset >= WINDOW {
            self.push_far(at, entry);
            return;
        }
        if self.sequence == SEQUENCE_END {
            self.renumber();
        }
        let key = (offset << SEQUENCE_BITS) | self.sequence;
        self.sequence += 1;
        self.heap.push(key, entry);
    }

    /// Takes the earliest entry out if it is due by `limit`, with its time.
    #[inline(always)]
    pub(crate) fn pop(&mut self, limit: Ns) -> Option<(Ns, Entry)> {
        if self.heap.is_taken() {
            self.heap.close();
        }
        let (key, entry) = match self.heap.first() {
            Some(first) => first,
            None if self.jump(limit) => self.heap.first()?,
            None => return None,
        };
        let at = self.start + (key >> SEQUENCE_BITS);
        if at > limit {
            return None;
        }
        self.heap.take(SEQUENCE_END);
        Some((at, entry))
    }

    /// The time of the earliest entry.
    pub(crate) fn next_time(&mut self) -> Option<Ns> {
        if self.heap.is_taken() {
            self.heap.close();
        }
        match self.heap.first() {
            Some((key, _)) => Some(self.start + (key >> SEQUENCE_BITS)),
            None => self.far.peek().map(|Reverse((at, ..))| *at),
        }
    }

    /// How many entries there are, stale ones included.
    pub(crate) fn len(&self) -> usize {
        self.heap.len() + self.far.len()
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.heap.bytes() + self.far.capacity() * size_of::<Far>()
    }

    /// All entries, in no order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.heap.entries().chain(self.far.iter().map(|Reverse((.., entry))| *entry))
    }

    /// Keeps some entries, and the order that they have.
    #[cold]
    pub(crate) fn retain(&mut self, keep: impl Fn(Entry) -> bool) {
        self.heap.rebuild(|_, key, entry| keep(entry).then_some(key));
        self.far.retain(|Reverse((.., entry))| keep(*entry));
    }

    /// Takes out all entries of some kind, in the order in which they would come.
    pub(crate) fn take_if(&mut self, wanted: impl Fn(Entry) -> bool) -> Vec<(Ns, Entry)> {
        let mut taken = Vec::new();
        let start = self.start;
        self.heap.rebuild(|_, key, entry| {
            let takes = wanted(entry);
            if takes {
                taken.push((start + (key >> SEQUENCE_BITS), entry));
            }
            (!takes).then_some(key)
        });
        let mut far = Vec::new();
        self.far.retain(|Reverse((at, scheduled, entry))| {
            let takes = wanted(*entry);
            if takes {
                far.push((*at, *scheduled, *entry));
            }
            !takes
        });
        far.sort_unstable_by_key(|(at, scheduled, _)| (*at, *scheduled));
        taken.extend(far.into_iter().map(|(at, _, entry)| (at, entry)));
        taken
    }

    #[cold]
    fn push_far(&mut self, at: Ns, entry: Entry) {
        if at == Ns::MAX {
            return;
        }
        self.far.push(Reverse((at, self.scheduled_far, entry)));
        self.scheduled_far += 1;
    }

    /// Moves the window to the earliest far entry and takes in all that it covers, in order.
    #[cold]
    fn jump(&mut self, limit: Ns) -> bool {
        match self.far.peek() {
            Some(Reverse((at, ..))) if *at <= limit => self.start = *at,
            _ => return false,
        }
        self.sequence = 0;
        while let Some(Reverse((at, ..))) = self.far.peek() {
            if at - self.start >= WINDOW {
                break;
            }
            if let Some(Reverse((at, _, entry))) = self.far.pop() {
                self.push(at, entry);
            }
        }
        true
    }

    /// Gives the pending entries the lowest sequence numbers, in the order that they have.
    #[cold]
    fn renumber(&mut self) {
        self.heap.rebuild(|sequence, key, _| Some((key >> SEQUENCE_BITS << SEQUENCE_BITS) | sequence as u64));
        self.sequence = self.heap.len() as u64;
    }

    #[cfg(test)]
    fn skip_sequence(&mut self, to: u64) {
        self.sequence = self.sequence.max(to);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SECOND, Stream};
    use super::*;

    /// The plainest calendar there is: sorted by time, then by order of scheduling.
    #[derive(Default)]
    struct Reference {
        heap: BinaryHeap<Reverse<(Ns, u64, Entry)>>,
        count: u64,
    }

    impl Reference {
        fn push(&mut self, at: Ns, entry: Entry) {
            self.heap.push(Reverse((at, self.count, entry)));
            self.count += 1;
        }
    }

    /// Time scales from nanoseconds to hours, ties, jumps of the window, and sequences that run out.
    #[test]
    fn agrees_with_the_reference() {
        for seed in 0..40 {
            let stream = Stream::new(seed, 1, 1);
            let (mut calendar, mut reference) = (Calendar::new(), Reference::default());
            let mut now = 0;
            for step in 0..4_000 {
                let mut draws = stream.at(step);
                if draws.below(3) < 2 {
                    let scale =
                        [1, 100, 1_000_000, SECOND, 100 * SECOND, 5_000 * SECOND][draws.below(6) as usize];
                    let at = now + draws.bits() % scale;
                    let entry = Entry::new(Tag::Resume, step as u32, draws.below(9));
                    calendar.push(at, entry);
                    reference.push(at, entry);
                } else {
                    let expected = reference.heap.pop().map(|Reverse((at, _, entry))| (at, entry));
                    assert_eq!(calendar.next_time(), expected.map(|(at, _)| at));
                    assert_eq!(calendar.pop(Ns::MAX), expected, "seed {seed}, step {step}");
                    now = expected.map_or(now, |(at, _)| at);
                }
                if step % 500 == 499 {
                    calendar.skip_sequence(SEQUENCE_END - 20);
                }
            }
        }
    }

    #[test]
    fn the_limit_is_included_and_nothing_beyond_it_leaves() {
        let mut calendar = Calendar::new();
        let entry = Entry::new(Tag::Lane, 5, 0);
        calendar.push(10, entry);
        assert_eq!(calendar.pop(9), None);
        assert_eq!(calendar.pop(10), Some((10, entry)));
        assert_eq!(calendar.pop(Ns::MAX), None);
        calendar.push(Ns::MAX, entry);
        assert_eq!(calendar.pop(Ns::MAX), None);
    }
}
