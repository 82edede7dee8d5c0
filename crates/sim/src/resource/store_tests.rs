use super::*;
use crate::engine::Zipf;

fn shape(evict: Evict, capacity: u32, ttl: Ns) -> StoreShape {
    StoreShape { evict, capacity, ttl, slides: false, grace: 0, stream: Stream::new(9, 1, 1) }
}

/// The same set as a list without any order, searched from end to end.
#[derive(Clone, Debug, Default)]
struct Naive {
    rows: Vec<Row>,
    clock: u64,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    key: u32,
    token: u32,
    expires: Ns,
    uses: u64,
    used: u64,
    came: u64,
}

impl Naive {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn use_row(&mut self, at: usize) {
        let clock = self.tick();
        let row = &mut self.rows[at];
        row.uses += 1;
        row.used = clock;
    }

    fn look(&mut self, key: u32, now: Ns, shape: &StoreShape) -> Option<u32> {
        let at = self.rows.iter().position(|row| row.key == key)?;
        if now >= self.rows[at].expires {
            if now - self.rows[at].expires >= shape.grace {
                self.rows.remove(at);
            }
            return None;
        }
        self.use_row(at);
        if shape.slides {
            self.rows[at].expires = now + shape.ttl;
        }
        Some(self.rows[at].token)
    }

    fn evict(&mut self, evict: Evict) {
        let by = |row: &Row| match evict {
            Evict::Lru => (0, row.used),
            Evict::Lfu => (row.uses, row.used),
            _ => (0, row.came),
        };
        let at = (0..self.rows.len()).min_by_key(|at| by(&self.rows[*at])).unwrap();
        self.rows.remove(at);
    }

    fn put(&mut self, key: u32, token: u32, now: Ns, shape: &StoreShape) {
        let expires = if shape.ttl == 0 { Ns::MAX } else { now + shape.ttl };
        if let Some(at) = self.rows.iter().position(|row| row.key == key) {
            self.use_row(at);
            (self.rows[at].token, self.rows[at].expires) = (token, expires);
            return;
        }
        if self.rows.len() >= shape.capacity as usize {
            self.evict(shape.evict);
        }
        let clock = self.tick();
        self.rows.push(Row { key, token, expires, uses: 1, used: clock, came: clock });
    }
}

fn keys(store: &Store) -> Vec<u32> {
    let mut keys: Vec<u32> = store.entries.iter().map(|entry| entry.key).collect();
    keys.sort_unstable();
    keys
}

/// Random looks, puts, removals, changes of size and clearings: the same keys with the same content at every
/// step, whoever is thrown out.
#[test]
fn it_holds_what_a_list_without_order_would() {
    let mut seed = 0;
    for evict in [Evict::Lru, Evict::Lfu, Evict::Fifo] {
        for (capacity, ttl, slides, grace) in
            [(1, 0, false, 0), (5, 40, false, 0), (40, 300, true, 0), (40, 90, false, 60), (200, 0, false, 0)]
        {
            seed += 1;
            let mut shape = StoreShape { slides, grace, ..shape(evict, capacity, ttl) };
            let (mut store, mut naive) = (Store::new(shape), Naive::default());
            let zipf = Zipf::new(300, 0.8);
            let stream = Stream::new(3, seed, 1);
            for now in 1..30_000_u64 {
                let mut draws = stream.at(now);
                let key = zipf.draw(&mut draws);
                match draws.below(200) {
                    0 => {
                        assert_eq!(store.remove(key), naive.rows.iter().any(|row| row.key == key));
                        naive.rows.retain(|row| row.key != key);
                    }
                    1 => {
                        shape.capacity = 1 + draws.below(2 * capacity);
                        store.reshape(shape);
                        while naive.rows.len() > shape.capacity as usize {
                            naive.evict(evict);
                        }
                    }
                    2 if draws.below(20) == 0 => {
                        store.clear();
                        naive.rows.clear();
                    }
                    3..=9 => {
                        store.put(key, now as u32, 0, now);
                        naive.put(key, now as u32, now, &shape);
                    }
                    _ => {
                        let found = match store.look(key, now) {
                            Look::Fresh(entry) => Some(entry.token),
                            Look::Expired | Look::Absent => None,
                        };
                        assert_eq!(found, naive.look(key, now, &shape), "{evict:?}, step {now}");
                        if found.is_none() {
                            store.put(key, now as u32, 0, now);
                            naive.put(key, now as u32, now, &shape);
                        }
                    }
                }
                store.check().unwrap();
                if now % 16 == 0 {
                    let mut other: Vec<u32> = naive.rows.iter().map(|row| row.key).collect();
                    other.sort_unstable();
                    assert_eq!(keys(&store), other, "{evict:?}, step {now}");
                }
            }
        }
    }
}

/// R. L. Mattson, J. Gecsei, D. R. Slutz, I. L. Traiger: Evaluation techniques for storage hierarchies, IBM
/// Systems Journal 9(2), 1970: an LRU cache of C keys hits exactly where fewer than C others were asked for
/// since the same key was last.
#[test]
fn lru_hits_where_the_stack_distance_says() {
    let (zipf, stream) = (Zipf::new(500, 0.9), Stream::new(11, 1, 1));
    let capacities = [1, 2, 10, 50, 200, 500];
    let mut stores = capacities.map(|capacity| Store::new(shape(Evict::Lru, capacity, 0)));
    let mut stack: Vec<u32> = Vec::new();
    let mut hits = [0_u32; 6];
    for now in 0..20_000 {
        let key = zipf.draw(&mut stream.at(now));
        let distance = stack.iter().rev().position(|other| *other == key);
        stack.retain(|other| *other != key);
        stack.push(key);
        for (at, store) in stores.iter_mut().enumerate() {
            let hit = matches!(store.look(key, now), Look::Fresh(_));
            assert_eq!(hit, distance.is_some_and(|distance| distance < capacities[at] as usize));
            if !hit {
                store.put(key, 1, 0, now);
            }
            hits[at] += u32::from(hit);
        }
    }
    assert!(hits.windows(2).all(|pair| pair[0] < pair[1]), "{hits:?}");
}

/// Every one of 64 is thrown out as often: chi-square with 63 degrees of freedom is above 104 once in 1,000.
#[test]
fn random_eviction_is_fair() {
    let mut store = Store::new(shape(Evict::Random, 64, 0));
    let mut thrown_out = [0_u32; 64];
    for key in 0..64 {
        store.put(key, 1, 0, 0);
    }
    for round in 0..64_000 {
        store.put(1_000 + round, 1, 0, 0);
        // Who is missing leaves its place to itself again.
        let gone = (0..64).find(|key| store.peek(*key).is_none());
        if let Some(gone) = gone {
            thrown_out[gone as usize] += 1;
            assert!(store.remove(1_000 + round));
            store.put(gone, 1, 0, 0);
        }
    }
    let expected = f64::from(thrown_out.iter().sum::<u32>()) / 64.0;
    let chi: f64 = thrown_out.iter().map(|n| f64::from(*n) - expected).map(|off| off * off / expected).sum();
    assert!(expected > 900.0 && chi < 104.0, "{expected}, {chi}");
    store.check().unwrap();
}

#[test]
fn pinned_keys_stay() {
    let mut store = Store::new(shape(Evict::TopK, 2, 0));
    assert!(store.put(1, 1, 0, 0) && store.put(2, 1, 0, 0) && !store.put(3, 1, 0, 0));
    assert_eq!((keys(&store), store.evictions()), (vec![1, 2], 0));
}

/// Another rule begins with the order that is, and what is in stays in.
#[test]
fn the_rule_may_change() {
    let mut store = Store::new(shape(Evict::Lfu, 4, 0));
    for key in [1, 2, 3, 4, 1, 1, 2] {
        if !matches!(store.look(key, 0), Look::Fresh(_)) {
            store.put(key, 1, 0, 0);
        }
    }
    for evict in [Evict::Lru, Evict::Lfu, Evict::Random, Evict::Fifo] {
        store.reshape(shape(evict, 4, 0));
        store.check().unwrap();
        assert_eq!(keys(&store), [1, 2, 3, 4]);
    }
    store.put(5, 1, 0, 0);
    assert_eq!(keys(&store), [1, 2, 4, 5]);
}

#[test]
fn a_full_store_allocates_nothing() {
    for evict in [Evict::Lru, Evict::Lfu, Evict::Fifo, Evict::Random] {
        let mut store = Store::new(shape(evict, 1_000, 0));
        let (zipf, stream) = (Zipf::new(10_000, 0.9), Stream::new(5, 1, 1));
        let mut use_it = |from: u64, to: u64| {
            for now in from..to {
                let key = zipf.draw(&mut stream.at(now));
                if !matches!(store.look(key, now), Look::Fresh(_)) {
                    store.put(key, 1, 0, now);
                }
            }
        };
        use_it(0, 300_000);
        let info = allocation_counter::measure(|| use_it(300_000, 400_000));
        assert_eq!(info.count_total, 0, "{evict:?}");
    }
}
