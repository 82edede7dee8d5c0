//! Who gets what from behind a cache, and who waits for it: one fetch for each key, however many ask.

use super::index::Index;
use crate::engine::FrameId;

/// A frame and its generation: a later life of its place is somebody else.
pub(crate) type Asker = (FrameId, u32);

const NOBODY: Asker = (FrameId::NONE, 0);

/// The fetches that others may wait for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fetches {
    index: Index,
    rows: Vec<Fetch>,
    /// Places of `rows` that are free; their lists keep their memory.
    free: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Fetch {
    key: u32,
    leader: Asker,
    waiting: Vec<Asker>,
}

impl Fetches {
    /// Heap that they hold, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let lists: usize = self.rows.iter().map(|row| row.waiting.capacity()).sum();
        self.index.bytes()
            + self.rows.capacity() * size_of::<Fetch>()
            + self.free.capacity() * size_of::<u32>()
            + lists * size_of::<Asker>()
    }

    /// Waits for the fetch of a key, if there is one.
    pub(crate) fn join(&mut self, key: u32, asker: Asker) -> bool {
        let found = self.index.get(key);
        if let Some(at) = found {
            self.rows[at as usize].waiting.push(asker);
        }
        found.is_some()
    }

    /// Whether somebody fetches a key.
    pub(crate) fn is_open(&self, key: u32) -> bool {
        self.index.get(key).is_some()
    }

    /// Begins a fetch; nobody fetches the key so far.
    pub(crate) fn open(&mut self, key: u32, leader: Asker) {
        let at = self.free.pop().unwrap_or(self.rows.len() as u32);
        match self.rows.get_mut(at as usize) {
            Some(row) => (row.key, row.leader) = (key, leader),
            None => self.rows.push(Fetch { key, leader, waiting: Vec::new() }),
        }
        self.index.put(key, at);
    }

    /// Ends the fetch of this key that this frame leads; those who waited for it, in order. The list is to be
    /// given [back](Self::give_back).
    pub(crate) fn close(&mut self, key: u32, leader: Asker) -> Option<Vec<Asker>> {
        let at = self.index.get(key)?;
        let row = &mut self.rows[at as usize];
        if row.leader != leader {
            return None;
        }
        row.leader = NOBODY;
        let waiting = std::mem::take(&mut row.waiting);
        self.index.remove(key);
        self.free.push(at);
        Some(waiting)
    }

    /// The next of those who wait, if this frame led, in its place; the one that it is now. Whether he lives
    /// still has to be seen. Without one the fetch is closed.
    pub(crate) fn hand_over(&mut self, key: u32, leader: Asker) -> Option<Asker> {
        let at = self.index.get(key)?;
        let row = &mut self.rows[at as usize];
        if row.leader != leader {
            return None;
        }
        if row.waiting.is_empty() {
            row.leader = NOBODY;
            self.index.remove(key);
            self.free.push(at);
            return None;
        }
        row.leader = row.waiting.remove(0);
        Some(row.leader)
    }

    /// The memory of the list that was taken out last.
    pub(crate) fn give_back(&mut self, mut list: Vec<Asker>) {
        list.clear();
        if let Some(at) = self.free.last() {
            self.rows[*at as usize].waiting = list;
        }
    }

    /// Nobody fetches and nobody waits any more.
    pub(crate) fn clear(&mut self) {
        for (at, row) in self.rows.iter_mut().enumerate().filter(|(_, row)| row.leader != NOBODY) {
            row.leader = NOBODY;
            row.waiting.clear();
            self.free.push(at as u32);
        }
        self.index.clear();
    }

    /// The key of the fetch that a frame leads. For those that are called off, which is rare.
    pub(crate) fn led_by(&self, leader: Asker) -> Option<u32> {
        self.rows.iter().find(|row| row.leader == leader).map(|row| row.key)
    }

    /// Leaders, and those who wait for each. For the audit.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Asker, &[Asker])> {
        let open = self.rows.iter().filter(|row| row.leader != NOBODY);
        open.map(|row| (row.leader, &row.waiting[..]))
    }
}
