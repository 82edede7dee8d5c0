//! What a cache remembers: a set of keys with a limit, from which one is thrown out where a new one comes.
//!
//! Entries lie densely; their order (of use, of arrival) is a list through them, and for counts of uses one
//! list for each count, in order of the counts, so that every operation takes the same short time (K. Shah,
//! A. Mitra, D. Matani: An O(1) algorithm for implementing the LFU cache eviction scheme, 2010). Nothing is
//! allocated once a store has reached its size.

use super::index::{Index, NOWHERE};
use crate::choices;
use crate::engine::{Ns, Stream};

choices! {
    /// Whom a full cache throws out.
    pub enum Evict {
        /// Whoever was not used for longest.
        Lru = "lru", en "least recently used (LRU)", ko "가장 오래 안 쓴 것(LRU)";
        /// Whoever was used least often since it came in; among equals, whoever was not used for longest.
        Lfu = "lfu", en "least frequently used (LFU)", ko "가장 적게 쓴 것(LFU)";
        /// Whoever came first.
        Fifo = "fifo", en "first in, first out (FIFO)", ko "먼저 들어온 것(FIFO)";
        Random = "random", en "any (random)", ko "아무거나(무작위)";
        /// Nobody: only the most popular keys come in, which are known beforehand. The best that is possible
        /// where popularity does not change; no real cache knows it.
        TopK = "top_k", en "none: the most popular keys are pinned", ko "없음: 인기 상위 키를 고정";
    }
}

/// What a store is set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct StoreShape {
    pub(crate) evict: Evict,
    /// So many keys at most; where it is 0, nothing may be put in.
    pub(crate) capacity: u32,
    /// How long an entry is fresh; 0 is for ever.
    pub(crate) ttl: Ns,
    /// Every use makes it fresh again.
    pub(crate) slides: bool,
    /// How long an entry is kept when it is fresh no more.
    pub(crate) grace: Ns,
    /// Where random evictions are drawn.
    pub(crate) stream: Stream,
}

/// One key and what is known of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) key: u32,
    /// Names the version of the data.
    pub(crate) token: u32,
    pub(crate) stored: Ns,
    /// Fresh before this time.
    pub(crate) expires: Ns,
    /// How long it took to get, in microseconds; the highest bit says that it was fetched again early.
    took: u32,
    band: u32,
    /// Neighbours in its band, from those to be thrown out first on.
    before: u32,
    after: u32,
}

impl Entry {
    const RENEWED: u32 = 1 << 31;

    /// How long it took to get, in nanoseconds.
    pub(crate) fn took(&self) -> f64 {
        f64::from(self.took & !Self::RENEWED) * 1_000.0
    }

    /// It is fetched again before it expires. Whether that is the first time.
    pub(crate) const fn renew(&mut self) -> bool {
        let is_first = self.took & Self::RENEWED == 0;
        self.took |= Self::RENEWED;
        is_first
    }
}

/// Entries that were used equally often; where uses are not counted, all of them.
#[derive(Clone, Copy, Debug)]
struct Band {
    uses: u32,
    first: u32,
    last: u32,
    /// The bands of fewer and of more uses; of a free one, the next free one is after it.
    before: u32,
    after: u32,
}

/// What a store knows of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Look {
    Fresh(Entry),
    /// It has expired, and is kept for a while yet.
    Expired,
    Absent,
}

/// The set.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    shape: StoreShape,
    entries: Vec<Entry>,
    index: Index,
    bands: Vec<Band>,
    lowest: u32,
    free_band: u32,
    evictions: u64,
}

impl Store {
    pub(crate) fn new(shape: StoreShape) -> Self {
        Self {
            shape,
            entries: Vec::new(),
            index: Index::default(),
            bands: Vec::new(),
            lowest: NOWHERE,
            free_band: NOWHERE,
            evictions: 0,
        }
    }

    pub(crate) const fn shape(&self) -> &StoreShape {
        &self.shape
    }

    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.entries.len() >= self.shape.capacity as usize
    }

    /// How many were thrown out so far for want of room.
    pub(crate) const fn evictions(&self) -> u64 {
        self.evictions
    }

    /// Makes room for twice as many keys, as far as so many may be held.
    pub(crate) fn reserve(&mut self) {
        let more = (self.entries.len() + 1_024)
            .min((self.shape.capacity as usize).saturating_sub(self.entries.len()));
        self.entries.reserve(more);
        self.bands.reserve(more.min(1_024));
        self.index.reserve(more);
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
            + self.bands.capacity() * size_of::<Band>()
            + self.index.bytes()
    }

    /// Takes a new shape: a smaller store throws out at once, a new order begins with the one that is, and
    /// what is in it expires as it would have.
    pub(crate) fn reshape(&mut self, shape: StoreShape) {
        let counts = |evict| evict == Evict::Lfu;
        let is_counted_otherwise = counts(shape.evict) != counts(self.shape.evict);
        self.shape = shape;
        if is_counted_otherwise {
            self.join_bands();
        }
        while self.entries.len() > shape.capacity as usize {
            self.evict();
        }
    }

    /// All in one band, in the order in which they would have been thrown out.
    fn join_bands(&mut self) {
        let mut order = Vec::with_capacity(self.entries.len());
        let mut band = self.lowest;
        while band != NOWHERE {
            let mut at = self.bands[band as usize].first;
            while at != NOWHERE {
                order.push(at);
                at = self.entries[at as usize].after;
            }
            band = self.bands[band as usize].after;
        }
        self.bands.clear();
        (self.lowest, self.free_band) = (NOWHERE, NOWHERE);
        for at in order {
            self.come_last(at, 1);
        }
    }

    /// Looks a key up and uses it; one that has expired is used no more, and forgotten after its grace.
    pub(crate) fn look(&mut self, key: u32, now: Ns) -> Look {
        let Some(at) = self.index.get(key) else { return Look::Absent };
        let entry = self.entries[at as usize];
        if now < entry.expires {
            self.touch(at);
            if self.shape.slides {
                self.entries[at as usize].expires = self.expiry(now);
            }
            return Look::Fresh(entry);
        }
        if now - entry.expires >= self.shape.grace {
            self.remove_at(at);
        }
        Look::Expired
    }

    /// What is known of a key, which is not used by that.
    pub(crate) fn peek(&self, key: u32) -> Option<&Entry> {
        self.index.get(key).map(|at| &self.entries[at as usize])
    }

    /// As [`peek`](Self::peek), to change what is known.
    pub(crate) fn peek_mut(&mut self, key: u32) -> Option<&mut Entry> {
        self.index.get(key).map(|at| &mut self.entries[at as usize])
    }

    /// The key that would be thrown out next, where that is not drawn.
    pub(crate) fn first(&self) -> Option<&Entry> {
        let band = self.bands.get(self.lowest as usize)?;
        self.entries.get(band.first as usize)
    }

    fn expiry(&self, now: Ns) -> Ns {
        if self.shape.ttl == 0 { Ns::MAX } else { now.saturating_add(self.shape.ttl) }
    }

    /// Stores a key, or what is new of it, which is a use. False where the store does not take it.
    pub(crate) fn put(&mut self, key: u32, token: u32, took: Ns, now: Ns) -> bool {
        let took = (took / 1_000).min(u64::from(Entry::RENEWED - 1)) as u32;
        let expires = self.expiry(now);
        if let Some(at) = self.index.get(key) {
            let entry = &mut self.entries[at as usize];
            *entry = Entry { token, stored: now, expires, took, ..*entry };
            self.touch(at);
            return true;
        }
        if self.is_full() {
            if self.shape.evict == Evict::TopK {
                return false;
            }
            self.evict();
        }
        let at = self.entries.len() as u32;
        self.entries.push(Entry {
            key,
            token,
            stored: now,
            expires,
            took,
            band: NOWHERE,
            before: NOWHERE,
            after: NOWHERE,
        });
        self.index.put(key, at);
        self.come_last(at, 1);
        true
    }

    /// Forgets a key; whether it was there.
    pub(crate) fn remove(&mut self, key: u32) -> bool {
        let found = self.index.get(key);
        if let Some(at) = found {
            self.remove_at(at);
        }
        found.is_some()
    }

    /// Keys that are kept, and how many there is room for.
    pub(crate) fn room(&self) -> [usize; 2] {
        [self.entries.len(), self.shape.capacity as usize]
    }

    /// Forgets everything; the room stays.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.index.clear();
        self.bands.clear();
        (self.lowest, self.free_band) = (NOWHERE, NOWHERE);
    }

    fn touch(&mut self, at: u32) {
        match self.shape.evict {
            Evict::Fifo | Evict::Random | Evict::TopK => {}
            Evict::Lru => {
                let band = self.entries[at as usize].band;
                if self.bands[band as usize].last != at {
                    self.unlink(at);
                    self.link(at, band);
                }
            }
            Evict::Lfu => {
                let band = self.bands[self.entries[at as usize].band as usize];
                let is_alone = band.first == band.last;
                let here = self.entries[at as usize].band;
                let uses = band.uses.saturating_add(1);
                let has_next = band.after != NOWHERE && self.bands[band.after as usize].uses == uses;
                if is_alone && !has_next {
                    self.bands[here as usize].uses = uses;
                    return;
                }
                let next = if has_next { band.after } else { self.new_band(uses, here) };
                self.unlink(at);
                self.link(at, next);
                if is_alone {
                    self.free_band(here);
                }
            }
        }
    }

    /// Throws one out.
    fn evict(&mut self) {
        if self.entries.is_empty() {
            return;
        }
        let at = match self.shape.evict {
            Evict::Random => self.shape.stream.at(self.evictions).below(self.entries.len() as u32),
            _ => self.bands[self.lowest as usize].first,
        };
        self.evictions += 1;
        self.remove_at(at);
    }

    /// A new entry stands behind all that were used as often.
    fn come_last(&mut self, at: u32, uses: u32) {
        let lowest = self.bands.get(self.lowest as usize).map(|band| band.uses);
        if lowest != Some(uses) {
            self.lowest = self.new_band(uses, NOWHERE);
        }
        self.link(at, self.lowest);
    }

    fn link(&mut self, at: u32, band: u32) {
        let row = &mut self.bands[band as usize];
        let before = row.last;
        row.last = at;
        if before == NOWHERE {
            row.first = at;
        } else {
            self.entries[before as usize].after = at;
        }
        let entry = &mut self.entries[at as usize];
        (entry.band, entry.before, entry.after) = (band, before, NOWHERE);
    }

    fn unlink(&mut self, at: u32) {
        let Entry { band, before, after, .. } = self.entries[at as usize];
        match before {
            NOWHERE => self.bands[band as usize].first = after,
            before => self.entries[before as usize].after = after,
        }
        match after {
            NOWHERE => self.bands[band as usize].last = before,
            after => self.entries[after as usize].before = before,
        }
    }

    /// An empty band behind another, or before all.
    fn new_band(&mut self, uses: u32, behind: u32) -> u32 {
        let after = if behind == NOWHERE { self.lowest } else { self.bands[behind as usize].after };
        let fresh = Band { uses, first: NOWHERE, last: NOWHERE, before: behind, after };
        let id = match self.free_band {
            NOWHERE => {
                self.bands.push(fresh);
                self.bands.len() as u32 - 1
            }
            id => {
                self.free_band = self.bands[id as usize].after;
                self.bands[id as usize] = fresh;
                id
            }
        };
        if behind != NOWHERE {
            self.bands[behind as usize].after = id;
        }
        if after != NOWHERE {
            self.bands[after as usize].before = id;
        }
        id
    }

    fn free_band(&mut self, id: u32) {
        let Band { before, after, .. } = self.bands[id as usize];
        match before {
            NOWHERE => self.lowest = after,
            before => self.bands[before as usize].after = after,
        }
        if after != NOWHERE {
            self.bands[after as usize].before = before;
        }
        self.bands[id as usize] = Band {
            uses: 0,
            first: NOWHERE,
            last: NOWHERE,
            before: NOWHERE,
            after: std::mem::replace(&mut self.free_band, id),
        };
    }

    fn remove_at(&mut self, at: u32) {
        let Entry { key, band, .. } = self.entries[at as usize];
        self.unlink(at);
        if self.bands[band as usize].first == NOWHERE {
            self.free_band(band);
        }
        self.index.remove(key);
        self.entries.swap_remove(at as usize);
        let Some(moved) = self.entries.get(at as usize).copied() else { return };
        // The last one lies here now.
        self.index.put(moved.key, at);
        match moved.before {
            NOWHERE => self.bands[moved.band as usize].first = at,
            before => self.entries[before as usize].after = at,
        }
        match moved.after {
            NOWHERE => self.bands[moved.band as usize].last = at,
            after => self.entries[after as usize].before = at,
        }
    }

    /// Recounts everything: every key stands in the index and in one band, and bands in order of uses.
    pub(crate) fn check(&self) -> Result<(), String> {
        let (all, most) = (self.entries.len(), self.shape.capacity as usize);
        if all > most || self.index.len() != all {
            return Err(format!("{all} keys of at most {most}, and {} in the index", self.index.len()));
        }
        let (mut listed, mut band, mut uses) = (0, self.lowest, 0);
        while let Some(row) = self.bands.get(band as usize) {
            if row.uses <= uses || row.first == NOWHERE {
                return Err(format!("a list of {} uses behind one of {uses}, or an empty one", row.uses));
            }
            let (mut at, mut before) = (row.first, NOWHERE);
            while let Some(entry) = self.entries.get(at as usize) {
                if (entry.band, entry.before) != (band, before) || self.index.get(entry.key) != Some(at) {
                    return Err(format!("key {} does not know where it stands", entry.key));
                }
                listed += 1;
                if listed > all {
                    return Err("keys stand in a circle".to_owned());
                }
                (before, at) = (at, entry.after);
            }
            if row.last != before {
                return Err(format!("the list of {} uses does not know its end", row.uses));
            }
            (uses, band) = (row.uses, row.after);
        }
        if listed == all { Ok(()) } else { Err(format!("{all} keys, but {listed} in lists")) }
    }

    /// Damages it as a bug would: a key is in no list any more. For the test of the audit.
    pub(crate) fn lose_one(&mut self) -> Option<()> {
        let at = self.first()?.key;
        let at = self.index.get(at)?;
        self.unlink(at);
        Some(())
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
