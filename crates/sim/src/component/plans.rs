//! The cache of parsed statements: an array of hash values, each of which leads to a short list.

use std::collections::BTreeMap;

use super::db::Params;
use crate::engine::Ns;
use crate::resource::hash_of;

/// No entry.
const NONE: u32 = u32::MAX;

/// What the instances of a database have parsed.
#[derive(Clone, Debug)]
pub(crate) struct Plans {
    capacity: u32,
    buckets: u32,
    parse: Ns,
    probe: Ns,
    /// By instance: memory that a crash empties.
    caches: BTreeMap<u32, Cache>,
    /// Statements looked for and found, and entries that were looked at for it.
    pub(crate) looked: u64,
    pub(crate) found: u64,
    pub(crate) probes: u64,
}

/// The statements that one instance holds.
#[derive(Clone, Debug)]
struct Cache {
    /// Of each bucket, the first entry of its list.
    heads: Vec<u32>,
    /// Statements and what follows them in their lists; beyond the capacity the oldest gives way.
    entries: Vec<(u32, u32)>,
    added: u64,
}

impl Plans {
    /// None where nothing is parsed.
    pub(crate) fn new(params: &Params) -> Option<Box<Self>> {
        let capacity = params.plan_cache.0;
        (capacity > 0 || params.parse_ms.ns() > 0).then(|| {
            Box::new(Self {
                capacity,
                buckets: params.plan_buckets.0,
                parse: params.parse_ms.ns(),
                probe: params.probe_us.ns(),
                caches: BTreeMap::new(),
                looked: 0,
                found: 0,
                probes: 0,
            })
        })
    }

    /// What it takes an instance to have a statement parsed: it looks through the list of its hash value, and parses
    /// what is not there.
    pub(crate) fn look_up(&mut self, number: u32, statement: u32) -> Ns {
        let (buckets, capacity) = (self.buckets, self.capacity);
        let cache = self.caches.entry(number).or_insert_with(|| Cache::new(buckets, capacity));
        let (is_there, probes) = cache.find(statement);
        self.looked += 1;
        self.found += u64::from(is_there);
        self.probes += probes;
        let looking = self.probe.saturating_mul(probes);
        if is_there {
            return looking;
        }
        cache.add(statement, capacity);
        looking.saturating_add(self.parse)
    }

    /// Goes on with what it counted, and with what it holds where its shape is the same.
    pub(crate) fn inherit(&mut self, before: Self) {
        (self.looked, self.found, self.probes) = (before.looked, before.found, before.probes);
        if (self.capacity, self.buckets) == (before.capacity, before.buckets) {
            self.caches = before.caches;
        }
    }

    pub(crate) fn killed(&mut self, number: u32) {
        self.caches.remove(&number);
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let one = |cache: &Cache| cache.heads.capacity() * 4 + cache.entries.capacity() * 8;
        size_of::<Self>() + self.caches.values().map(one).sum::<usize>()
    }
}

impl Cache {
    fn new(buckets: u32, capacity: u32) -> Self {
        // What keeps nothing needs no lists.
        let buckets = if capacity > 0 { buckets } else { 1 };
        Self { heads: vec![NONE; buckets as usize], entries: Vec::new(), added: 0 }
    }

    fn bucket(&self, statement: u32) -> usize {
        (hash_of(statement) % self.heads.len() as u64) as usize
    }

    /// Whether a statement is there, and how many entries of its list were looked at.
    fn find(&self, statement: u32) -> (bool, u64) {
        let (mut at, mut probes) = (self.heads[self.bucket(statement)], 0);
        while at != NONE {
            let (entry, next) = self.entries[at as usize];
            probes += 1;
            if entry == statement {
                return (true, probes);
            }
            at = next;
        }
        (false, probes)
    }

    fn add(&mut self, statement: u32, capacity: u32) {
        if capacity == 0 {
            return;
        }
        let place = (self.added % u64::from(capacity)) as u32;
        self.added += 1;
        if self.entries.len() == capacity as usize {
            self.take_out(place);
        }
        let bucket = self.bucket(statement);
        let entry = (statement, std::mem::replace(&mut self.heads[bucket], place));
        match self.entries.get_mut(place as usize) {
            Some(row) => *row = entry,
            None => self.entries.push(entry),
        }
    }

    fn take_out(&mut self, place: u32) {
        let (statement, after) = self.entries[place as usize];
        let bucket = self.bucket(statement);
        if self.heads[bucket] == place {
            self.heads[bucket] = after;
            return;
        }
        let mut at = self.heads[bucket];
        while at != NONE {
            let next = self.entries[at as usize].1;
            if next == place {
                self.entries[at as usize].1 = after;
                return;
            }
            at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, hash_of};

    #[test]
    fn a_list_is_walked_half_way_in_the_mean_and_nothing_is_lost() {
        let mut cache = Cache::new(100, 1_000);
        for statement in 0..1_000 {
            assert!(!cache.find(statement).0);
            cache.add(statement, 1_000);
        }
        let probes: u64 = (0..1_000)
            .map(|statement| cache.find(statement))
            .map(|(is, probes)| {
                assert!(is);
                probes
            })
            .sum();
        let lengths =
            (0..100_u64).map(|bucket| (0..1_000).filter(|one| hash_of(*one) % 100 == bucket).count() as u64);
        assert_eq!(probes, lengths.map(|length| length * (length + 1) / 2).sum::<u64>());
    }

    #[test]
    fn the_oldest_gives_way() {
        let mut cache = Cache::new(7, 10);
        for statement in 0..25 {
            cache.add(statement, 10);
        }
        for statement in 0..25 {
            assert_eq!(cache.find(statement).0, statement >= 15, "{statement}");
        }
    }
}
