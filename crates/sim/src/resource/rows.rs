//! The rows of a database, of which only the versions are kept.

use std::sync::Arc;

const PAGE: usize = 1_024;

/// How often each row was written, by key. Pages are shared between copies of a run until one writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pages: Vec<Option<Arc<[u32; PAGE]>>>,
    writes: u64,
}

impl Rows {
    /// The version of a row, which is never 0.
    pub(crate) fn version(&self, key: u32) -> u32 {
        let page = self.pages.get(key as usize / PAGE).and_then(Option::as_ref);
        page.map_or(0, |page| page[key as usize % PAGE]).wrapping_add(1).max(1)
    }

    /// Changes the version of a row.
    pub(crate) fn write(&mut self, key: u32) {
        let at = key as usize / PAGE;
        if at >= self.pages.len() {
            self.pages.resize(at + 1, None);
        }
        let page = self.pages[at].get_or_insert_with(|| Arc::new([0; PAGE]));
        let version = &mut Arc::make_mut(page)[key as usize % PAGE];
        *version = version.wrapping_add(1);
        self.writes += 1;
    }

    /// Makes the pages of so many keys.
    pub(crate) fn reserve(&mut self, keys: u32) {
        let pages = (keys as usize).div_ceil(PAGE).max(self.pages.len());
        self.pages.resize(pages, None);
        for page in &mut self.pages {
            page.get_or_insert_with(|| Arc::new([0; PAGE]));
        }
    }

    /// Heap that it holds, in bytes; pages count in full, though copies of a run may share them.
    pub(crate) fn bytes(&self) -> usize {
        let pages = self.pages.iter().flatten().count();
        self.pages.capacity() * size_of::<Option<Arc<[u32; PAGE]>>>() + pages * size_of::<[u32; PAGE]>()
    }

    /// How many writes there were.
    pub(crate) const fn writes(&self) -> u64 {
        self.writes
    }

    /// How often versions changed, counted row by row.
    pub(crate) fn changes(&self) -> u64 {
        self.pages.iter().flatten().flat_map(|page| page.iter()).map(|version| u64::from(*version)).sum()
    }

    /// Takes a change back, as a bug would. For the test of the audit.
    pub(crate) fn forget_one(&mut self) -> Option<()> {
        let is_written = |page: &[u32; PAGE]| page.iter().any(|version| *version > 0);
        let page = self.pages.iter_mut().flatten().find(|page| is_written(page))?;
        *Arc::make_mut(page).iter_mut().find(|version| **version > 0)? -= 1;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_differ_after_every_write_and_only_there() {
        let mut rows = Rows::default();
        for key in [0, 1, 1_023, 1_024, 999_999] {
            let (before, beside) = (rows.version(key), rows.version(key + 1));
            let copy = rows.clone();
            rows.write(key);
            assert_ne!(rows.version(key), before);
            assert_eq!((rows.version(key + 1), copy.version(key)), (beside, before));
            assert!(before > 0);
        }
        assert_eq!((rows.writes(), rows.changes()), (5, 5));
        rows.forget_one().unwrap();
        assert_eq!((rows.writes(), rows.changes()), (5, 4));
    }
}
