//! Who gets what from behind a cache, and who waits for it: one fetch for each key, however many ask.

use super::index::{Index, NOWHERE};
use crate::engine::FrameId;

/// A frame and its generation: a later life of its place is somebody else.
pub(crate) type Asker = (FrameId, u32);

const NOBODY: Asker = (FrameId::NONE, 0);

/// The fetches that others may wait for.
#[derive(Clone, Debug)]
pub(crate) struct Fetches {
    index: Index,
    rows: Vec<Fetch>,
    /// Those who wait, each with the next one behind it; of a free place, the next free one.
    waits: Vec<(Asker, u32)>,
    free_row: u32,
    free_wait: u32,
}

#[derive(Clone, Copy, Debug)]
struct Fetch {
    key: u32,
    leader: Asker,
    first: u32,
    /// The last who waits; of a free place, the next free one.
    last: u32,
}

/// Those who waited for a fetch that is over: to be taken to the end.
#[derive(Debug)]
pub(crate) struct Waiting(u32);

impl Default for Fetches {
    fn default() -> Self {
        Self {
            index: Index::default(),
            rows: Vec::new(),
            waits: Vec::new(),
            free_row: NOWHERE,
            free_wait: NOWHERE,
        }
    }
}

impl Fetches {
    /// Makes room for twice as many.
    pub(crate) fn reserve(&mut self) {
        const LEAST: usize = 64;
        self.rows.reserve(self.rows.len() + LEAST);
        self.waits.reserve(self.waits.len() + LEAST);
        self.index.reserve(self.index.len() + LEAST);
    }

    /// Heap that they hold, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.index.bytes()
            + self.rows.capacity() * size_of::<Fetch>()
            + self.waits.capacity() * size_of::<(Asker, u32)>()
    }

    /// Waits for the fetch of a key, if there is one.
    pub(crate) fn join(&mut self, key: u32, asker: Asker) -> bool {
        let Some(at) = self.index.get(key) else { return false };
        let place = match self.free_wait {
            NOWHERE => {
                self.waits.push((asker, NOWHERE));
                self.waits.len() as u32 - 1
            }
            place => {
                self.free_wait = self.waits[place as usize].1;
                self.waits[place as usize] = (asker, NOWHERE);
                place
            }
        };
        let row = &mut self.rows[at as usize];
        match std::mem::replace(&mut row.last, place) {
            NOWHERE => row.first = place,
            last => self.waits[last as usize].1 = place,
        }
        true
    }

    /// Who fetches a key.
    pub(crate) fn leader(&self, key: u32) -> Option<Asker> {
        self.index.get(key).map(|at| self.rows[at as usize].leader)
    }

    /// Whether somebody fetches a key.
    pub(crate) fn is_open(&self, key: u32) -> bool {
        self.index.get(key).is_some()
    }

    /// Begins a fetch; nobody fetches the key so far.
    pub(crate) fn open(&mut self, key: u32, leader: Asker) {
        let fresh = Fetch { key, leader, first: NOWHERE, last: NOWHERE };
        let at = match self.free_row {
            NOWHERE => {
                self.rows.push(fresh);
                self.rows.len() as u32 - 1
            }
            at => {
                self.free_row = self.rows[at as usize].last;
                self.rows[at as usize] = fresh;
                at
            }
        };
        self.index.put(key, at);
    }

    /// The fetch of this key, if this frame leads it.
    fn led(&self, key: u32, leader: Asker) -> Option<u32> {
        self.index.get(key).filter(|at| self.rows[*at as usize].leader == leader)
    }

    /// Ends the fetch of this key that this frame leads; those who waited for it, in order.
    pub(crate) fn close(&mut self, key: u32, leader: Asker) -> Option<Waiting> {
        let at = self.led(key, leader)?;
        let first = self.rows[at as usize].first;
        let next = std::mem::replace(&mut self.free_row, at);
        self.rows[at as usize] = Fetch { key, leader: NOBODY, first: NOWHERE, last: next };
        self.index.remove(key);
        Some(Waiting(first))
    }

    /// The next of those who waited.
    pub(crate) fn take(&mut self, waiting: &mut Waiting) -> Option<Asker> {
        let place = waiting.0;
        let (asker, next) = *self.waits.get(place as usize)?;
        waiting.0 = next;
        self.waits[place as usize].1 = std::mem::replace(&mut self.free_wait, place);
        Some(asker)
    }

    /// The next of those who wait, if this frame led, in its place; the one that it is now. Whether he lives
    /// still has to be seen. Without one the fetch is closed.
    pub(crate) fn hand_over(&mut self, key: u32, leader: Asker) -> Option<Asker> {
        let at = self.led(key, leader)? as usize;
        let mut waiting = Waiting(self.rows[at].first);
        let Some(next) = self.take(&mut waiting) else {
            self.close(key, leader);
            return None;
        };
        let row = &mut self.rows[at];
        (row.leader, row.first) = (next, waiting.0);
        if row.first == NOWHERE {
            row.last = NOWHERE;
        }
        Some(next)
    }

    /// The key of the fetch that a frame leads. For those that are called off, which is rare.
    pub(crate) fn led_by(&self, leader: Asker) -> Option<u32> {
        self.rows.iter().find(|row| row.leader == leader).map(|row| row.key)
    }

    /// Leaders, and those who wait for each. For the audit.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Asker, impl Iterator<Item = Asker>)> {
        self.all_by_key().map(|(_, leader, waiting)| (leader, waiting))
    }

    /// As [`all`](Self::all), each with its key.
    pub(crate) fn all_by_key(&self) -> impl Iterator<Item = (u32, Asker, impl Iterator<Item = Asker>)> {
        let place = |at: u32| self.waits.get(at as usize).copied();
        let from = move |first: u32| {
            std::iter::successors(place(first), move |(_, next)| place(*next)).map(|(asker, _)| asker)
        };
        let open = self.rows.iter().filter(|row| row.leader != NOBODY);
        open.map(move |row| (row.key, row.leader, from(row.first)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(n: u32) -> Asker {
        (FrameId(n), 7)
    }

    fn all(fetches: &Fetches) -> Vec<(Asker, Vec<Asker>)> {
        let mut all: Vec<_> = fetches.all().map(|(leader, waiting)| (leader, waiting.collect())).collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn those_who_wait_are_told_in_order_or_lead() {
        let mut fetches = Fetches::default();
        assert!(!fetches.join(5, asker(0)));
        for round in 0..3 {
            fetches.open(5, asker(1));
            fetches.open(6, asker(2));
            for n in 10..14 {
                assert!(fetches.join(5 + n % 2, asker(n)));
            }
            let expected = [(1, vec![10, 12]), (2, vec![11, 13])];
            let expected = expected.map(|(n, all)| (asker(n), all.into_iter().map(asker).collect()));
            assert_eq!(all(&fetches), expected);
            assert!(fetches.close(5, asker(2)).is_none() && fetches.led_by(asker(2)) == Some(6));
            let mut waiting = fetches.close(5, asker(1)).unwrap();
            let told: Vec<Asker> = std::iter::from_fn(|| fetches.take(&mut waiting)).collect();
            assert_eq!(told, [asker(10), asker(12)]);
            for next in [11, 13] {
                assert_eq!(fetches.hand_over(6, asker(if next == 11 { 2 } else { 11 })), Some(asker(next)));
            }
            assert!(fetches.is_open(6) && fetches.join(6, asker(20)));
            assert_eq!(all(&fetches), [(asker(13), vec![asker(20)])]);
            assert_eq!(fetches.hand_over(6, asker(13)), Some(asker(20)));
            assert_eq!(fetches.hand_over(6, asker(20)), None);
            assert!(!fetches.is_open(6) && all(&fetches).is_empty());
            assert_eq!((fetches.rows.len(), fetches.waits.len()), (2, 4), "round {round}");
        }
    }
}
