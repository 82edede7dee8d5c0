//! A table by key in pages, which copies of a run share until one of them writes.

use std::sync::Arc;

const PAGE: usize = 256;

/// Values by key; those that nobody has set are the default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pages<T> {
    pages: Vec<Option<Arc<[T; PAGE]>>>,
}

impl<T: Copy + Default> Pages<T> {
    pub(crate) fn get(&self, key: u32) -> T {
        let page = self.pages.get(key as usize / PAGE).and_then(Option::as_ref);
        page.map_or_else(T::default, |page| page[key as usize % PAGE])
    }

    pub(crate) fn at(&mut self, key: u32) -> &mut T {
        let at = key as usize / PAGE;
        if at >= self.pages.len() {
            self.pages.resize(at + 1, None);
        }
        let page = self.pages[at].get_or_insert_with(|| Arc::new([T::default(); PAGE]));
        &mut Arc::make_mut(page)[key as usize % PAGE]
    }

    /// Makes the pages of so many keys.
    pub(crate) fn reserve(&mut self, keys: u32) {
        let pages = (keys as usize).div_ceil(PAGE).max(self.pages.len());
        self.pages.resize(pages, None);
        for page in &mut self.pages {
            page.get_or_insert_with(|| Arc::new([T::default(); PAGE]));
        }
    }

    /// Heap that it holds, in bytes; pages count in full.
    pub(crate) fn bytes(&self) -> usize {
        let pages = self.pages.iter().flatten().count();
        self.pages.capacity() * size_of::<Option<Arc<[T; PAGE]>>>() + pages * size_of::<[T; PAGE]>()
    }
}
