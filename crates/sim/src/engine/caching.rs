//! Caches as the engine keeps them: of each instance what it remembers, what it still has to write, and who
//! waits for what it gets.

use super::{Core, FrameId, InstanceId, Ns};
use crate::observe::{Class, Outcome};
use crate::resource::{Asker, Entry, Evict, Fetches, Look, Store, StoreShape};
use crate::system::Verb;

/// The place of a cache.
pub(crate) type CacheId = u32;

/// What one instance of a cache has.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    pub(super) instance: InstanceId,
    pub(crate) store: Store,
    /// Keys that were written here and not yet where they belong, in order, each with the number of its write.
    pub(crate) unwritten: Store,
    pub(crate) fetches: Fetches,
    /// Writes so far.
    pub(crate) writes: u32,
    /// What writes on; none while nothing is unwritten.
    pub(crate) writer: FrameId,
    /// One bit for each kind of data that it was asked for: rows, files.
    kinds: u32,
    pub(crate) tally: Tally,
}

/// What is counted since measuring began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    /// Hits on what has been written since it was read.
    pub(crate) stale: u64,
    /// Of the misses, those of keys that were there and had expired.
    pub(crate) expired: u64,
    pub(crate) evicted: u64,
    /// Calls to where the data belong, for a key that was not there.
    pub(crate) fetches: u64,
    /// Of these, those that brought what another had brought meanwhile.
    pub(crate) repeated: u64,
    /// Of these, those that found the same version that was here and had expired.
    pub(crate) unchanged: u64,
    /// Misses that waited for the fetch of another.
    pub(crate) joined: u64,
    /// Fresh entries that were fetched again before they expired.
    pub(crate) early: u64,
    /// Of the first of these for each stored version: how many, and the time that was left.
    pub(crate) renewed: u64,
    pub(crate) ahead: Ns,
    /// Answers with what had expired.
    pub(crate) served_expired: u64,
    pub(crate) invalidated: u64,
    /// Invalidations and updates that had no effect, by a fault.
    pub(crate) missed: u64,
    /// Writes that were answered well and died with the cache.
    pub(crate) lost: u64,
}

/// What a cache knows of a key, counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Known {
    Hit(u32),
    /// It has expired, and may be served while it is fetched again.
    Old,
    Nothing,
}

impl Cache {
    fn new(instance: InstanceId, shape: StoreShape, unwritten: u32) -> Self {
        let queue =
            StoreShape { evict: Evict::Fifo, capacity: unwritten, ttl: 0, slides: false, grace: 0, ..shape };
        Self {
            instance,
            store: Store::new(shape),
            unwritten: Store::new(queue),
            fetches: Fetches::default(),
            writes: 0,
            writer: FrameId::NONE,
            kinds: 0,
            tally: Tally::default(),
        }
    }

    /// Makes room for twice as many keys, and for as many that are fetched.
    pub(super) fn reserve(&mut self) {
        self.store.reserve();
        self.fetches.reserve();
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.store.bytes() + self.unwritten.bytes() + self.fetches.bytes()
    }

    pub(super) fn restart_measuring(&mut self) {
        self.tally = Tally::default();
    }

    /// Whether this key may come in at all: where the most popular are pinned, only these may. Keys are
    /// numbered by popularity; those of rows and of files share the room.
    fn admits(&self, key: u32) -> bool {
        let shape = self.store.shape();
        if shape.capacity == 0 {
            return false;
        }
        shape.evict != Evict::TopK || key >> 1 < shape.capacity / self.kinds.count_ones().max(1)
    }

    /// Stores what was fetched since then; what is there already is replaced.
    pub(crate) fn put(&mut self, key: u32, token: u32, since: Ns, now: Ns) {
        if let Some(before) = self.store.peek(key) {
            let is_fresh = now < before.expires;
            self.tally.repeated += u64::from(is_fresh && before.stored > since);
            self.tally.unchanged += u64::from(!is_fresh && before.token == token);
        }
        if self.admits(key) {
            let before = self.store.evictions();
            self.store.put(key, token, now - since, now);
            self.tally.evicted += self.store.evictions() - before;
        }
    }

    /// Takes a write in, to be written where it belongs later. False where there is no room for it.
    pub(crate) fn put_unwritten(&mut self, key: u32, now: Ns) -> bool {
        if self.unwritten.peek(key).is_none() && self.unwritten.is_full() {
            return false;
        }
        self.writes = self.writes.wrapping_add(1);
        self.unwritten.put(key, self.writes, 0, now);
        self.put(key, Core::UNWRITTEN, now, now);
        true
    }

    /// The write of this key with this number is where it belongs. Where it was written again meanwhile, it
    /// stands at the end of the queue.
    pub(crate) fn is_written(&mut self, key: u32, number: u32, token: u32, now: Ns) {
        let Some(entry) = self.unwritten.peek(key).copied() else { return };
        self.unwritten.remove(key);
        if entry.token != number {
            self.unwritten.put(key, entry.token, 0, now);
        } else if let Some(entry) = self.store.peek_mut(key)
            && entry.token == Core::UNWRITTEN
        {
            entry.token = token;
        }
    }
}

impl Core {
    /// The caches of a part, one for each instance; with another shape, those that are known take it.
    pub(crate) fn shape_caches(&mut self, part: u32, shape: StoreShape, unwritten: u32) {
        for instance in self.parts[part as usize].instances.clone() {
            let Some(id) = self.known_cache(instance) else { continue };
            let cache = &mut self.caches[id as usize];
            cache.store.reshape(shape);
            let queue = *cache.unwritten.shape();
            // What is still to be written stays, also where there is no more room for more.
            let capacity = unwritten.max(cache.unwritten.len() as u32).max(1);
            cache.unwritten.reshape(StoreShape { capacity, ..queue });
        }
    }

    fn known_cache(&self, instance: InstanceId) -> Option<CacheId> {
        let row = self.instances.get(instance.0 as usize)?;
        self.parts[row.part as usize].caches.get(row.number as usize).copied()
    }

    /// The cache of an instance that is at work.
    pub(crate) fn cache_of(&self, instance: InstanceId) -> CacheId {
        self.known_cache(instance).unwrap_or(0)
    }

    /// An instance that comes up has a cache.
    pub(crate) fn give_cache(&mut self, instance: InstanceId, shape: StoreShape, unwritten: u32) {
        let part = self.part_of(instance) as usize;
        // Instances come up in the order of their numbers when they are first made.
        while self.known_cache(instance).is_none() {
            let id = self.caches.len() as CacheId;
            let number = self.parts[part].caches.len();
            let owner = self.parts[part].instances.get(number).copied().unwrap_or(instance);
            self.caches.push(Cache::new(owner, shape, unwritten.max(1)));
            self.parts[part].caches.push(id);
        }
    }

    /// The key that a call is about, as caches tell them apart: files are others than rows.
    pub(crate) fn cache_key(&mut self, frame: FrameId) -> u32 {
        self.data_key(frame) << 1 | u32::from(self.frames[frame].class == Class::Static as u8)
    }

    /// Looks a key up and counts what comes of it. An entry expires `early` before its time, in times of how
    /// long it took to get it.
    pub(crate) fn look_in_cache(&mut self, id: CacheId, key: u32, early: f64) -> Known {
        let now = self.now;
        let cache = &mut self.caches[id as usize];
        cache.kinds |= 1 << (key & 1);
        if cache.unwritten.peek(key).is_some() {
            cache.tally.hits += 1;
            return Known::Hit(Self::UNWRITTEN);
        }
        match cache.store.look(key, now) {
            Look::Fresh(entry) if is_due(&entry, now, early) => {
                cache.tally.early += 1;
                if cache.store.peek_mut(key).is_some_and(Entry::renew) {
                    cache.tally.renewed += 1;
                    cache.tally.ahead = cache.tally.ahead.saturating_add(entry.expires - now);
                }
                cache.tally.misses += 1;
                Known::Nothing
            }
            Look::Fresh(Entry { token, .. }) => {
                cache.tally.hits += 1;
                let is_stale = self.is_stale(token, key >> 1);
                self.caches[id as usize].tally.stale += u64::from(is_stale);
                Known::Hit(token)
            }
            Look::Expired => {
                cache.tally.expired += 1;
                cache.tally.misses += 1;
                if cache.store.peek(key).is_some() { Known::Old } else { Known::Nothing }
            }
            Look::Absent => {
                cache.tally.misses += 1;
                Known::Nothing
            }
        }
    }

    /// Answers with what has expired; the version.
    pub(crate) fn serve_expired(&mut self, id: CacheId, key: u32) -> Option<u32> {
        let cache = &mut self.caches[id as usize];
        let token = cache.store.peek(key)?.token;
        cache.tally.served_expired += 1;
        let is_stale = self.is_stale(token, key >> 1);
        self.caches[id as usize].tally.stale += u64::from(is_stale);
        Some(token)
    }

    /// Whether a cache has a session that its server asks for, counted; it keeps it for longer then.
    pub(crate) fn touch_session(&mut self, id: CacheId, key: u32, until: Ns) -> bool {
        let now = self.now;
        let cache = &mut self.caches[id as usize];
        let is_there = matches!(cache.store.look(key, now), Look::Fresh(_));
        if is_there {
            cache.tally.hits += 1;
            if let Some(entry) = cache.store.peek_mut(key) {
                entry.expires = until;
            }
        } else {
            cache.tally.misses += 1;
        }
        is_there
    }

    /// Keeps a session until it ends, and not by the cache's own time to live.
    pub(crate) fn keep_session(&mut self, id: CacheId, key: u32, until: Ns) {
        let now = self.now;
        let cache = &mut self.caches[id as usize];
        cache.put(key, Self::SOME_VERSION, now, now);
        if let Some(entry) = cache.store.peek_mut(key) {
            entry.expires = until;
        }
    }

    /// Stores what was just written, or forgets what is stored, unless a fault keeps the word from the cache.
    pub(crate) fn tell_cache(&mut self, instance: InstanceId, key: u32, token: Option<u32>) {
        let (id, now) = (self.cache_of(instance), self.now);
        if self.holds(instance, Verb::Corrupt) {
            self.caches[id as usize].tally.missed += 1;
            return;
        }
        let cache = &mut self.caches[id as usize];
        match token {
            Some(token) => cache.put(key, token, now, now),
            None => cache.tally.invalidated += u64::from(cache.store.remove(key)),
        }
    }

    /// Begins the fetch of a key, which others may join; or joins that of another.
    pub(crate) fn joins_fetch(&mut self, id: CacheId, key: u32, frame: FrameId) -> bool {
        let asker: Asker = (frame, self.frames[frame].generation);
        let cache = &mut self.caches[id as usize];
        let joins = cache.fetches.join(key, asker);
        if joins {
            cache.tally.joined += 1;
        } else {
            cache.fetches.open(key, asker);
        }
        joins
    }

    /// The fetch that a frame leads has come to an end: those who waited hear the same. How many they are.
    pub(crate) fn end_fetch(
        &mut self,
        id: CacheId,
        key: u32,
        leader: FrameId,
        outcome: Outcome,
        token: u32,
    ) -> u64 {
        let asker: Asker = (leader, self.frames[leader].generation);
        let Some(mut waiting) = self.caches[id as usize].fetches.close(key, asker) else { return 0 };
        let mut heard = 0;
        while let Some((frame, generation)) = self.caches[id as usize].fetches.take(&mut waiting) {
            if self.frames[frame].generation == generation {
                let row = &mut self.frames[frame];
                (row.outcome, row.note) = (outcome as u8, token);
                self.ready.push_back(frame);
                heard += 1;
            }
        }
        heard
    }

    /// A frame that leads a fetch brings nothing: one of those who wait leads it from now on.
    pub(crate) fn hand_fetch_over(&mut self, id: CacheId, key: u32, leader: FrameId) {
        let mut asker: Asker = (leader, self.frames[leader].generation);
        while let Some(next) = self.caches[id as usize].fetches.hand_over(key, asker) {
            if self.frames[next.0].generation == next.1 {
                self.frames[next.0].pc = crate::component::LEAD_FETCH;
                self.ready.push_back(next.0);
                return;
            }
            asker = next;
        }
    }

    /// A frame is called off: if others wait for what it gets, one of them gets it.
    #[cold]
    pub(super) fn forget_fetch(&mut self, frame: FrameId) {
        let row = &self.frames[frame];
        let asker: Asker = (frame, row.generation);
        let Some(id) = self.known_cache(row.instance) else { return };
        if let Some(key) = self.caches[id as usize].fetches.led_by(asker) {
            self.hand_fetch_over(id, key, frame);
        }
    }

    /// An instance crashed: what it remembered is gone.
    pub(crate) fn clear_cache(&mut self, instance: InstanceId) {
        let id = self.cache_of(instance) as usize;
        let Some(cache) = self.caches.get_mut(id) else { return };
        cache.tally.lost += cache.unwritten.len() as u64;
        // Its memory with it: it may never come back.
        cache.unwritten = Store::new(*cache.unwritten.shape());
        cache.store = Store::new(*cache.store.shape());
        cache.fetches = Fetches::default();
        cache.writer = FrameId::NONE;
    }

    /// Everything is forgotten but what is still to be written.
    pub(crate) fn flush_cache(&mut self, instance: InstanceId) {
        let id = self.cache_of(instance) as usize;
        self.caches[id].store.clear();
    }

    /// The room is taken by keys that nobody asks for.
    pub(crate) fn fill_cache(&mut self, instance: InstanceId) {
        /// Beyond all keys that requests have.
        const NOBODYS: u32 = 1 << 31;
        let (id, now) = (self.cache_of(instance) as usize, self.now);
        let cache = &mut self.caches[id];
        cache.store.clear();
        for key in 0..cache.store.shape().capacity {
            cache.store.put(NOBODYS | key, Self::SOME_VERSION, 0, now);
        }
    }

    /// What all instances of a part have counted, how many keys they hold, and how many are still to be
    /// written.
    pub(crate) fn tally_of(&self, part: u32) -> (Tally, usize, usize) {
        let (mut sum, mut keys, mut unwritten) = (Tally::default(), 0, 0);
        for id in &self.parts[part as usize].caches {
            let cache = &self.caches[*id as usize];
            sum.add(&cache.tally);
            keys += cache.store.len();
            unwritten += cache.unwritten.len();
        }
        (sum, keys, unwritten)
    }

    /// Every key knows its place, and whoever leads a fetch or waits for one lives.
    pub(super) fn audit_caches(&self, reasons: &mut [u8]) -> Result<(), String> {
        for (at, cache) in self.caches.iter().enumerate() {
            let is_live = |asker: &Asker| self.frames[asker.0].generation == asker.1;
            for (leader, waiting) in cache.fetches.all() {
                if !is_live(&leader) || self.frames[leader.0].instance != cache.instance {
                    return Err(format!("cache {at}: the frame that fetches is gone"));
                }
                for asker in waiting.filter(|asker| is_live(asker)) {
                    let reason = &mut reasons[asker.0.0 as usize];
                    *reason = reason.saturating_add(1);
                }
            }
        }
        Ok(())
    }

    /// Of the stores alone.
    pub(super) fn audit_stores(&self) -> Result<(), String> {
        for (at, cache) in self.caches.iter().enumerate() {
            for store in [&cache.store, &cache.unwritten] {
                store.check().map_err(|error| format!("cache {at}: {error}"))?;
            }
            let writes = !cache.writer.is_none();
            if writes == (cache.unwritten.len() == 0) && self.halted.is_none() {
                return Err(format!("cache {at}: {} unwritten, writer {writes}", cache.unwritten.len()));
            }
        }
        Ok(())
    }

    /// For the test of the audit.
    pub(super) fn leak_key(&mut self) -> Option<()> {
        self.caches.iter_mut().find(|cache| cache.store.len() > 1)?.store.lose_one()
    }
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.stale += other.stale;
        self.expired += other.expired;
        self.evicted += other.evicted;
        self.fetches += other.fetches;
        self.repeated += other.repeated;
        self.unchanged += other.unchanged;
        self.joined += other.joined;
        self.early += other.early;
        self.renewed += other.renewed;
        self.ahead = self.ahead.saturating_add(other.ahead);
        self.served_expired += other.served_expired;
        self.invalidated += other.invalidated;
        self.missed += other.missed;
        self.lost += other.lost;
    }
}

/// Whether an entry that is fresh is fetched again all the same, `early` times what it took before its time.
fn is_due(entry: &Entry, now: Ns, early: f64) -> bool {
    early > 0.0 && {
        let ahead = (early * entry.took()).min(1e18) as Ns;
        now.saturating_add(ahead) >= entry.expires
    }
}
