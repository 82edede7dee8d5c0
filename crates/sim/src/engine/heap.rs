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

/// The heap. Keys differ from each other and are below `u64::MAX`. The root may be taken while its place
/// waits to be filled: what comes next is put there and sinks, so that taking one and putting another costs
/// one way down.
///
/// The root stands by itself. Places below it are counted through all groups; the children of place `n` are group
/// `n + 1`.
#[derive(Clone, Debug)]
pub(super) struct Heap {
    /// Free if there is nothing; what it was, while it is taken.
    root: u64,
    entry: Entry,
    groups: Vec<Group>,
    /// With the root, also while that is taken.
    count: usize,
    /// While the root is taken, what it was taken with; 0 otherwise.
    open: u64,
}

impl Heap {
    pub(super) fn new() -> Self {
        Self { root: FREE, entry: Entry::NONE, groups: Vec::new(), count: 0, open: 0 }
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.count - self.is_taken() as usize
    }

    /// Whether the root is taken and nothing has filled its place yet.
    #[inline(always)]
    pub(super) const fn is_taken(&self) -> bool {
        self.open != 0
    }

    /// What the root was taken with; 0 where it is not taken.
    #[inline(always)]
    pub(super) const fn open(&self) -> u64 {
        self.open
    }

    /// The least, unless it is taken.
    #[inline(always)]
    pub(super) fn first(&self) -> Option<(u64, Entry)> {
        (self.root != FREE).then_some((self.root, self.entry))
    }

    /// Takes the least, which there is; its place is open, with this mark, until it is filled.
    #[inline(always)]
    pub(super) const fn take(&mut self, mark: u64) {
        self.open = mark;
    }

    /// Puts one in.
    pub(super) fn push(&mut self, key: u64, entry: Entry) {
        if self.is_taken() {
            self.fill(key, entry);
            return;
        }
        self.count += 1;
        let Some(place) = self.count.checked_sub(2) else {
            (self.root, self.entry) = (key, entry);
            return;
        };
        if place / 4 == self.groups.len() {
            self.groups.push(Group::FREE);
        }
        self.rise(place, key, entry);
    }

    /// Fills the place of the taken root.
    #[inline(always)]
    pub(super) fn fill(&mut self, key: u64, entry: Entry) {
        self.open = 0;
        self.sink(key, entry);
    }

    /// Closes the place of the taken root with the last one.
    #[inline(never)]
    pub(super) fn close(&mut self) {
        self.open = 0;
        self.count -= 1;
        let Some(place) = self.count.checked_sub(1) else {
            self.root = FREE;
            return;
        };
        let last = &mut self.groups[place / 4];
        let (key, entry) = (last.keys[place % 4], last.entries[place % 4]);
        last.keys[place % 4] = FREE;
        if place.is_multiple_of(4) {
            self.groups.pop();
        }
        self.sink(key, entry);
    }

    /// Lets one sink from the place of the root.
    #[inline(always)]
    fn sink(&mut self, key: u64, entry: Entry) {
        let groups = &mut self.groups[..];
        let Some(first) = groups.first() else {
            (self.root, self.entry) = (key, entry);
            return;
        };
        let (least, least_key) = first.least();
        if key < least_key {
            (self.root, self.entry) = (key, entry);
            return;
        }
        self.sink_further(key, entry, least, least_key);
    }

    /// The least of the root's children, this one, takes its place. Out of line: what goes to the root at once needs
    /// few registers.
    #[inline(never)]
    fn sink_further(&mut self, key: u64, entry: Entry, mut least: usize, least_key: u64) {
        let groups = &mut self.groups[..];
        (self.root, self.entry) = (least_key, groups[0].entries[least % 4]);
        let mut here = 0;
        while let Some(group) = groups.get(4 * here + least + 1) {
            let (next, next_key) = group.least();
            if key < next_key {
                break;
            }
            let moved = group.entries[next % 4];
            let place = &mut groups[here];
            place.keys[least % 4] = next_key;
            place.entries[least % 4] = moved;
            (here, least) = (4 * here + least + 1, next);
        }
        let place = &mut groups[here];
        place.keys[least % 4] = key;
        place.entries[least % 4] = entry;
    }

    /// Lets one rise from a free place.
    fn rise(&mut self, mut place: usize, key: u64, entry: Entry) {
        let groups = &mut self.groups[..];
        loop {
            let Some(parent) = (place / 4).checked_sub(1) else {
                let is_first = key < self.root;
                let (key, entry) = if is_first {
                    let below = (self.root, self.entry);
                    (self.root, self.entry) = (key, entry);
                    below
                } else {
                    (key, entry)
                };
                groups[place / 4].keys[place % 4] = key;
                groups[place / 4].entries[place % 4] = entry;
                return;
            };
            let above = &groups[parent / 4];
            let (above_key, above_entry) = (above.keys[parent % 4], above.entries[parent % 4]);
            if above_key <= key {
                break;
            }
            groups[place / 4].keys[place % 4] = above_key;
            groups[place / 4].entries[place % 4] = above_entry;
            place = parent;
        }
        groups[place / 4].keys[place % 4] = key;
        groups[place / 4].entries[place % 4] = entry;
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
        let below = self.groups.iter().flat_map(|group| group.keys.into_iter().zip(group.entries));
        let root = (!self.is_taken()).then_some((self.root, self.entry));
        root.into_iter().chain(below).filter(|(key, _)| *key != FREE)
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
            heap.take(1);
            assert_eq!(heap.entries().count(), heap.len());
            heap.close();
        }
        assert_eq!(heap.len(), 0);
    }
}
