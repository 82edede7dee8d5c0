//! A table by name that allocates only while it grows.
//!
//! Open addressing with linear probing; what is removed is closed up (D. E. Knuth: The Art of Computer Programming,
//! volume 3, section 6.4, algorithm R). Names are mixed already, so that their low bits are as good as any hash.

/// Values by name.
#[derive(Clone, Debug)]
pub(crate) struct Table<V> {
    /// As many places as a power of two, at most three quarters of them taken; or none.
    places: Vec<Option<(u64, V)>>,
    count: usize,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self { places: Vec::new(), count: 0 }
    }
}

impl<V: Copy> Table<V> {
    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// All of them, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, V)> {
        self.places.iter().filter_map(|place| *place)
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<Option<(u64, V)>>()
    }

    /// Takes all out; the places stay.
    pub(crate) fn clear(&mut self) {
        self.places.fill(None);
        self.count = 0;
    }

    const fn mask(&self) -> usize {
        self.places.len() - 1
    }

    /// The place of a name, or the free one where it would stand.
    fn place(&self, name: u64) -> usize {
        let mut at = name as usize & self.mask();
        while self.places[at].is_some_and(|(other, _)| other != name) {
            at = (at + 1) & self.mask();
        }
        at
    }

    pub(crate) fn get(&self, name: u64) -> Option<V> {
        if self.places.is_empty() {
            return None;
        }
        self.places[self.place(name)].map(|(_, value)| value)
    }

    /// Sets the value of a name.
    pub(crate) fn put(&mut self, name: u64, value: V) {
        *self.at(name, value) = value;
    }

    /// The value of a name; this one where there is none so far.
    pub(crate) fn at(&mut self, name: u64, fresh: V) -> &mut V {
        if (self.count + 1) * 4 > self.places.len() * 3 {
            self.grow();
        }
        let at = self.place(name);
        self.count += usize::from(self.places[at].is_none());
        &mut self.places[at].get_or_insert((name, fresh)).1
    }

    /// Makes room for so many more.
    pub(crate) fn reserve(&mut self, more: usize) {
        while (self.count + more) * 4 > self.places.len() * 3 {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        let length = (self.places.len() * 2).max(16);
        let before = std::mem::replace(&mut self.places, vec![None; length]);
        for (name, value) in before.into_iter().flatten() {
            let at = self.place(name);
            self.places[at] = Some((name, value));
        }
    }

    /// Takes a name out.
    pub(crate) fn remove(&mut self, name: u64) {
        if self.places.is_empty() {
            return;
        }
        let mut hole = self.place(name);
        if self.places[hole].take().is_none() {
            return;
        }
        self.count -= 1;
        // Whoever stands behind and could stand here does.
        let mut at = (hole + 1) & self.mask();
        while let Some((other, _)) = self.places[at] {
            let home = other as usize & self.mask();
            if (at.wrapping_sub(home) & self.mask()) >= (at.wrapping_sub(hole) & self.mask()) {
                self.places[hole] = self.places[at].take();
                hole = at;
            }
            at = (at + 1) & self.mask();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::Stream;

    #[test]
    fn it_is_a_map() {
        let stream = Stream::new(1, 2, 3);
        let (mut table, mut map) = (Table::default(), BTreeMap::new());
        for step in 0..100_000_u64 {
            let mut draws = stream.at(step);
            // Few names in few places, so that they stand in each other's way.
            let name = u64::from(draws.below(300)) << 2;
            if draws.unit() < 0.5 {
                table.put(name, step);
                map.insert(name, step);
            } else {
                table.remove(name);
                map.remove(&name);
            }
            let other = u64::from(draws.below(300)) << 2;
            assert_eq!(table.get(other), map.get(&other).copied(), "step {step}");
            assert_eq!(table.len(), map.len());
        }
        let mut all: Vec<(u64, u64)> = table.iter().collect();
        all.sort_unstable();
        assert_eq!(all, map.into_iter().collect::<Vec<_>>());
    }
}
