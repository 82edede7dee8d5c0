//! What is observed and only ever appended to, apart from the state that goes on.

use super::{Happening, Written};

/// Windows and happenings of a run. Every moment of the run has a beginning of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) written: Written,
    pub(crate) happenings: Vec<Happening>,
}

/// How much of a [`History`] a moment of the run has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lengths {
    done: usize,
    fine: usize,
    means: usize,
    happenings: usize,
}

impl History {
    pub(crate) const fn lengths(&self) -> Lengths {
        let Written { done, fine, means } = &self.written;
        Lengths { done: done.len(), fine: fine.len(), means: means.len(), happenings: self.happenings.len() }
    }

    /// Makes this one as long as asked for, with what `whole` goes on with. Both are of the same run, and
    /// `whole` is long enough.
    pub(crate) fn resize(&mut self, lengths: Lengths, whole: &Self) {
        let Written { done, fine, means } = &mut self.written;
        resize(done, lengths.done, &whole.written.done);
        resize(fine, lengths.fine, &whole.written.fine);
        resize(means, lengths.means, &whole.written.means);
        resize(&mut self.happenings, lengths.happenings, &whole.happenings);
    }

    /// Takes in what a later moment of the same run has beyond this.
    pub(crate) fn take_in(&mut self, later: &Self) {
        let (mine, theirs) = (self.lengths(), later.lengths());
        let longer = Lengths {
            done: mine.done.max(theirs.done),
            fine: mine.fine.max(theirs.fine),
            means: mine.means.max(theirs.means),
            happenings: mine.happenings.max(theirs.happenings),
        };
        self.resize(longer, later);
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        fn of<T>(all: &Vec<T>) -> usize {
            all.capacity() * size_of::<T>()
        }
        let Written { done, fine, means } = &self.written;
        of(done) + of(fine) + of(means) + of(&self.happenings)
    }
}

fn resize<T: Clone>(mine: &mut Vec<T>, length: usize, whole: &[T]) {
    mine.truncate(length);
    if let Some(more) = whole.get(mine.len()..length) {
        mine.extend_from_slice(more);
    }
}
