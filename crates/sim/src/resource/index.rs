//! Where keys are: a table of numbers by number, with open addressing and linear probing.
//!
//! What is deleted leaves no mark: those behind it move up (D. E. Knuth: The art of computer programming,
//! volume 3, section 6.4, algorithm R). The order of cells depends on the keys alone, and nobody walks them.

/// No place.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// Of each key, a number below [`NOWHERE`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// A power of two of them, at most half of which are taken; none before the first key.
    cells: Vec<Cell>,
    length: usize,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    key: u32,
    place: u32,
}

const FREE: Cell = Cell { key: 0, place: NOWHERE };

impl Index {
    const LEAST: usize = 16;

    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.cells.capacity() * size_of::<Cell>()
    }

    /// The number of a key.
    pub(crate) fn get(&self, key: u32) -> Option<u32> {
        if self.cells.is_empty() {
            return None;
        }
        let cell = self.cells[self.find(key)];
        (cell.place != NOWHERE).then_some(cell.place)
    }

    /// Gives a key a number, in place of one that it had.
    pub(crate) fn put(&mut self, key: u32, place: u32) {
        if (self.length + 1) * 2 > self.cells.len() {
            self.grow();
        }
        let at = self.find(key);
        self.length += usize::from(self.cells[at].place == NOWHERE);
        self.cells[at] = Cell { key, place };
    }

    /// Forgets a key.
    pub(crate) fn remove(&mut self, key: u32) {
        if self.cells.is_empty() {
            return;
        }
        let mut hole = self.find(key);
        if self.cells[hole].place == NOWHERE {
            return;
        }
        self.length -= 1;
        let mask = self.cells.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let cell = self.cells[at];
            if cell.place == NOWHERE {
                break;
            }
            // Whoever would be found before the hole stays where it is.
            let far = at.wrapping_sub(self.home(cell.key)) & mask;
            if far >= (at.wrapping_sub(hole) & mask) {
                self.cells[hole] = cell;
                hole = at;
            }
        }
        self.cells[hole] = FREE;
    }

    /// Forgets all keys; the room stays.
    pub(crate) fn clear(&mut self) {
        self.cells.fill(FREE);
        self.length = 0;
    }

    /// Makes room for so many more keys.
    pub(crate) fn reserve(&mut self, more: usize) {
        while (self.length + more) * 2 > self.cells.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let size = (self.cells.len() * 2).max(Self::LEAST);
        let before = std::mem::replace(&mut self.cells, vec![FREE; size]);
        for cell in before.into_iter().filter(|cell| cell.place != NOWHERE) {
            let at = self.find(cell.key);
            self.cells[at] = cell;
        }
    }

    /// The cell of a key, or the free one where it would be.
    fn find(&self, key: u32) -> usize {
        let mask = self.cells.len() - 1;
        let mut at = self.home(key);
        while self.cells[at].place != NOWHERE && self.cells[at].key != key {
            at = (at + 1) & mask;
        }
        at
    }

    /// Where the search for a key begins: Fibonacci hashing.
    fn home(&self, key: u32) -> usize {
        let bits = self.cells.len().trailing_zeros();
        (u64::from(key).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::Stream;

    #[test]
    fn it_is_a_map() {
        for range in [8, 60, 5_000] {
            let (mut index, mut naive) = (Index::default(), BTreeMap::new());
            let mut draws = Stream::new(1, range, 1).at(0);
            for step in 0..40_000 {
                let key = draws.below(range).wrapping_mul(0x0100_0001);
                match draws.below(5) {
                    0 | 1 => {
                        index.put(key, step);
                        naive.insert(key, step);
                    }
                    2 | 3 => {
                        index.remove(key);
                        naive.remove(&key);
                    }
                    _ => {}
                }
                assert_eq!(index.get(key), naive.get(&key).copied());
                assert_eq!(index.len(), naive.len());
            }
            for (key, place) in &naive {
                assert_eq!(index.get(*key), Some(*place));
            }
            index.clear();
            assert!(index.len() == 0 && naive.keys().all(|key| index.get(*key).is_none()));
        }
    }
}
