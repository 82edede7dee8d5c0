//! What stands beside some frames: entries of their own, so that memory follows those that need one, and not all.
//!
//! Nobody says that an entry is no longer needed, since frames end where every instruction counts. An entry knows the
//! life of the frame that it belongs to: where no entry is free, those whose frames have ended are gathered.

use super::frame::grow_to;
use super::{FrameId, Frames};

/// Entries in one page: a table that grows copies none of them.
const PAGE: usize = 64;
/// No entry.
const NONE: u32 = u32::MAX;

/// One entry for each frame that ever asked for one and still lives.
#[derive(Clone, Debug)]
pub(crate) struct Notes<T> {
    /// Of each place of a frame, which entry; as long as the highest that asked for one.
    places: Vec<u32>,
    pages: Vec<Box<[Entry<T>; PAGE]>>,
    free: Vec<u32>,
    none: T,
}

#[derive(Clone, Copy, Debug)]
struct Entry<T> {
    place: FrameId,
    /// The life of the frame that it is about.
    generation: u32,
    value: T,
}

/// The entries of the frames that live.
#[derive(Clone, Debug)]
pub(super) struct PackedNotes<T> {
    entries: Box<[Entry<T>]>,
    none: T,
}

impl<T: Copy> Notes<T> {
    /// What an entry holds at first.
    pub(crate) const fn new(none: T) -> Self {
        Self { places: Vec::new(), pages: Vec::new(), free: Vec::new(), none }
    }

    fn at(&self, entry: u32) -> &Entry<T> {
        &self.pages[entry as usize / PAGE][entry as usize % PAGE]
    }

    fn at_mut(&mut self, entry: u32) -> &mut Entry<T> {
        &mut self.pages[entry as usize / PAGE][entry as usize % PAGE]
    }

    fn entry_of(&self, frame: FrameId) -> u32 {
        self.places.get(frame.0 as usize).copied().unwrap_or(NONE)
    }

    /// What stands beside this life of a frame.
    pub(crate) fn get(&self, frame: FrameId, frames: &Frames) -> Option<&T> {
        let entry = self.entry_of(frame);
        let entry = (entry != NONE).then(|| self.at(entry))?;
        (entry.generation == frames[frame].generation).then_some(&entry.value)
    }

    /// What stands beside a place, be it of an earlier life, for who changes it.
    pub(crate) fn get_mut(&mut self, frame: FrameId) -> Option<&mut T> {
        let entry = self.entry_of(frame);
        (entry != NONE).then(|| &mut self.at_mut(entry).value)
    }

    /// As [`get`](Self::get), for who changes it, made if there is nothing.
    #[inline(always)]
    pub(crate) fn of_mut(&mut self, frame: FrameId, frames: &Frames) -> &mut T {
        let (mut entry, generation) = (self.entry_of(frame), frames[frame].generation);
        let page = self.pages.get(entry as usize / PAGE);
        if page.is_none_or(|page| page[entry as usize % PAGE].generation != generation) {
            entry = self.begin(frame, frames);
        }
        &mut self.at_mut(entry).value
    }

    /// Another life of a frame begins, or the first that asks for an entry.
    #[cold]
    #[inline(never)]
    fn begin(&mut self, frame: FrameId, frames: &Frames) -> u32 {
        let entry = match self.entry_of(frame) {
            NONE => self.make(frame, frames),
            entry => entry,
        };
        let (none, generation) = (self.none, frames[frame].generation);
        let row = self.at_mut(entry);
        (row.generation, row.value) = (generation, none);
        entry
    }

    /// The life of a frame goes on under another number.
    pub(super) fn renew(&mut self, frame: FrameId, before: u32, now: u32) {
        let entry = self.entry_of(frame);
        if entry != NONE && self.at(entry).generation == before {
            self.at_mut(entry).generation = now;
        }
    }

    fn make(&mut self, frame: FrameId, frames: &Frames) -> u32 {
        if frame.0 as usize >= self.places.len() {
            grow_to(&mut self.places, frames.places().max(frame.0 as usize + 1), NONE);
        }
        if self.free.is_empty() {
            self.gather(frames);
            // To gather again costs as much as there are entries: enough must be free until then.
            if self.free.len() <= self.len() / 8 {
                self.grow(self.len() / 8 + 1);
            }
        }
        let entry = self.free.pop().unwrap_or(NONE);
        self.places[frame.0 as usize] = entry;
        self.at_mut(entry).place = frame;
        entry
    }

    /// Takes the entries of frames that have ended.
    fn gather(&mut self, frames: &Frames) {
        for (number, entry) in self.pages.iter_mut().flat_map(|page| page.iter_mut()).enumerate() {
            if !entry.place.is_none() && frames[entry.place].generation != entry.generation {
                self.places[entry.place.0 as usize] = NONE;
                entry.place = FrameId::NONE;
                self.free.push(number as u32);
            }
        }
    }

    /// How many entries there are, taken or free.
    const fn len(&self) -> usize {
        self.pages.len() * PAGE
    }

    /// Makes so many entries more, at least.
    fn grow(&mut self, more: usize) {
        let first = self.len() as u32;
        for _ in 0..more.div_ceil(PAGE) {
            let empty = Entry { place: FrameId::NONE, generation: 0, value: self.none };
            self.pages.push(Box::new([empty; PAGE]));
        }
        let all = self.len();
        self.free.reserve_exact(all - self.free.len());
        self.free.extend((first..all as u32).rev());
    }

    /// Room for twice as many, where there are any.
    pub(super) fn reserve(&mut self, frames: &Frames, least: usize) {
        if self.pages.is_empty() {
            return;
        }
        self.places.reserve(frames.places() + least);
        self.grow(self.len() + least);
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<u32>()
            + self.pages.capacity() * size_of::<Box<[Entry<T>; PAGE]>>()
            + self.len() * size_of::<Entry<T>>()
            + self.free.capacity() * size_of::<u32>()
    }

    /// As much of it as is held for nobody at the moment.
    pub(super) const fn bytes_spare(&self) -> usize {
        self.free.len() * size_of::<Entry<T>>()
    }

    pub(super) fn pack(&self, frames: &Frames) -> PackedNotes<T> {
        let is_live =
            |entry: &&Entry<T>| !entry.place.is_none() && frames[entry.place].generation == entry.generation;
        PackedNotes {
            entries: self.pages.iter().flat_map(|page| page.iter()).filter(is_live).copied().collect(),
            none: self.none,
        }
    }
}

impl<T: Copy> PackedNotes<T> {
    pub(super) fn unpack(&self, places: usize) -> Notes<T> {
        let mut notes = Notes::new(self.none);
        if self.entries.is_empty() {
            return notes;
        }
        grow_to(&mut notes.places, places, NONE);
        notes.grow(self.entries.len());
        for entry in &self.entries {
            let number = notes.free.pop().unwrap_or(NONE);
            notes.places[entry.place.0 as usize] = number;
            *notes.at_mut(number) = *entry;
        }
        notes
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::frame::tests::take;

    /// However many frames come and go, there are as many entries as were needed at once.
    #[test]
    fn entries_of_the_dead_are_taken_again() {
        let (mut frames, mut notes) = (Frames::new(), Notes::new(0_u64));
        let others: Vec<FrameId> = (0..10_000).map(|_| take(&mut frames)).collect();
        for id in others.chunks(100).flat_map(|few| few.iter().rev()) {
            *notes.of_mut(*id, &frames) = u64::from(id.0);
            assert_eq!(notes.get(*id, &frames), Some(&u64::from(id.0)));
            frames[*id].phase = super::super::Phase::Root;
            frames.free(*id);
        }
        assert!(notes.len() <= 4 * PAGE, "{} entries for one at a time", notes.len());
        let id = take(&mut frames);
        assert_eq!(*notes.of_mut(id, &frames), 0, "what an earlier life left is gone");
    }

    #[test]
    fn what_lives_is_kept_and_packed() {
        let (mut frames, mut notes) = (Frames::new(), Notes::new(0_u64));
        let ids: Vec<FrameId> = (0..1_000).map(|_| take(&mut frames)).collect();
        for id in &ids {
            *notes.of_mut(*id, &frames) = u64::from(id.0) + 1;
        }
        let before = frames[ids[7]].generation;
        let now = frames.renew(ids[7]);
        notes.renew(ids[7], before, now);
        let again = notes.pack(&frames).unpack(frames.places());
        for (id, notes) in ids.iter().flat_map(|id| [(id, &notes), (id, &again)]) {
            assert_eq!(notes.get(*id, &frames), Some(&(u64::from(id.0) + 1)));
        }
        assert!(notes.len() < 1_000 + 1_000 / 4, "{} entries for 1,000", notes.len());
    }
}
