//! A 4-ary heap of keys with something to each, in groups of four brothers: a cache line each.

use super::calendar::Entry;

/// Brothers: the children of one node. Free places hold the greatest key.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Group {
    keys: [u64; 4],
    entries: [Entry; 4],
}

impl Group {
    const FREE: Self = Self { keys: [FREE; 4], entries: [Entry::NONE; 4] };

    /// The least of four, without a branch: which it is cannot be predicted.
    #[inline(always)]
    fn least(&self) -> (usize, u64) {
        let [a, b, c, d] = self.keys;
        let (left, left_key) = if b < a { (1, b) } else { (0, a) };
        let (right, right_key) = if d < c { (3, d) } else { (2, c) };
        if right_key < left_key { (right, right_key) } else { (left, left_key) }
    }
}

/// No key is as great.
const FREE: u64 = u64::MAX;

/// The place of the first child of the root; the root has the first place of a group to itself.
const FIRST: usize = 4;

/// The heap. Keys differ from each other and are below `u64::MAX`. The root may be taken while its place
/// waits to be filled: what comes next is put there and sinks, so that taking one and putting another costs
/// one way down.
#[derive(Clone, Debug)]
pub(super) struct Heap {
    groups: Vec<Group>,
    /// With the root, also while that is taken.
    count: usize,
    taken: bool,
}

impl Heap {
    pub(super) fn new() -> Self {
        Self { groups: vec![Group::FREE], count: 0, taken: false }
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.count - self.taken as usize
    }

    /// Whether the root is taken and nothing has filled its place yet.
    #[inline(always)]
    pub(super) const fn is_taken(&self) -> bool {
        self.taken
    }

    /// The least, unless it is taken.
    #[inline(always)]
    pub(super) fn first(&self) -> Option<(u64, Entry)> {
        let root = self.groups.first().filter(|root| root.keys[0] != FREE)?;
        Some((root.keys[0], root.entries[0]))
    }

    /// Takes the least, which there is; its place is open.
    #[inline(always)]
    pub(super) const fn take(&mut self) {
        self.taken = true;
    }

    /// Puts one in.
    pub(super) fn push(&mut self, key: u64, entry: Entry) {
        if self.taken {
            self.fill(key, entry);
            return;
        }
        let at = if self.count == 0 { 0 } else { self.count + FIRST - 1 };
        self.count += 1;
        if at / 4 == self.groups.len() {
            self.groups.push(Group::FREE);
        }
        self.rise(at, key, entry);
    }

    /// Fills the place of the taken root.
    #[inline(always)]
    pub(super) fn fill(&mut self, key: u64, entry: Entry) {
        self.taken = false;
        self.sink(key, entry);
    }

    /// Closes the place of the taken root with the last one.
    #[inline(never)]
    pub(super) fn close(&mut self) {
        self.taken = false;
        self.count -= 1;
        if self.count == 0 {
            self.groups[0].keys[0] = FREE;
            return;
        }
        let at = self.count + FIRST - 1;
        let last = &mut self.groups[at / 4];
        let (key, entry) = (last.keys[at % 4], last.entries[at % 4]);
        last.keys[at % 4] = FREE;
        if at.is_multiple_of(4) {
            self.groups.pop();
        }
        self.sink(key, entry);
    }

    /// Lets one sink from the place of the root.
    #[inline(always)]
    fn sink(&mut self, key: u64, entry: Entry) {
        let groups = &mut self.groups[..];
        let (mut at, mut children) = (0, 1);
        while let Some(group) = groups.get(children) {
            let (least, least_key) = group.least();
            if key < least_key {
                break;
            }
            let moved = group.entries[least];
            let place = &mut groups[at / 4];
            place.keys[at % 4] = least_key;
            place.entries[at % 4] = moved;
            at = 4 * children + least;
            children = at - 2;
        }
        let place = &mut groups[at / 4];
        place.keys[at % 4] = key;
        place.entries[at % 4] = entry;
    }

    /// Lets one rise from a free place.
    fn rise(&mut self, mut at: usize, key: u64, entry: Entry) {
        let groups = &mut self.groups[..];
        while at > 0 {
            let parent = if at < 2 * FIRST { 0 } else { at / 4 + 2 };
            let above = &groups[parent / 4];
            let (above_key, above_entry) = (above.keys[parent % 4], above.entries[parent % 4]);
            if above_key <= key {
                break;
            }
            let place = &mut groups[at / 4];
            place.keys[at % 4] = above_key;
            place.entries[at % 4] = above_entry;
            at = parent;
        }
        let place = &mut groups[at / 4];
        place.keys[at % 4] = key;
        place.entries[at % 4] = entry;
    }

    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, more: usize) {
        self.groups.reserve(more / 4 + 1);
    }

    /// Heap memory that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.groups.capacity() * size_of::<Group>()
    }

    /// All entries, in no order.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.all().map(|(_, entry)| entry)
    }

    fn all(&self) -> impl Iterator<Item = (u64, Entry)> {
        let places = self.groups.iter().flat_map(|group| group.keys.into_iter().zip(group.entries));
        places.skip(usize::from(self.taken)).filter(|(key, _)| *key != FREE)
    }

    /// Puts what `keep` lets pass in anew, with the keys that it gives, least first.
    pub(super) fn rebuild(&mut self, mut keep: impl FnMut(usize, u64, Entry) -> Option<u64>) {
        let mut all: Vec<(u64, Entry)> = self.all().collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        *self = Self::new();
        for (at, (key, entry)) in all.into_iter().enumerate() {
            if let Some(key) = keep(at, key, entry) {
                self.push(key, entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::Tag;
    use super::*;

    #[test]
    fn a_group_is_one_cache_line() {
        assert_eq!(std::mem::size_of::<Group>(), 64);
    }

    #[test]
    fn comes_out_sorted() {
        let mut heap = Heap::new();
        let entry = |n: u64| Entry::new(Tag::Resume, n as u32, 0);
        for n in 0..1_000 {
            let key = n * 7_919 % 1_009;
            heap.push(key, entry(key));
        }
        let mut before = None;
        while let Some((key, found)) = heap.first() {
            assert_eq!(found, entry(key));
            assert!(before.is_none_or(|before| before < key));
            before = Some(key);
            heap.take();
            assert_eq!(heap.entries().count(), heap.len());
            heap.close();
        }
        assert_eq!(heap.len(), 0);
    }
}
