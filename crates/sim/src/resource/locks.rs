//! The locks of a database: who has which row, and who waits for it.
//!
//! Strict two-phase locking (K. P. Eswaran, J. N. Gray, R. A. Lorie, I. L. Traiger: The notions of consistency and
//! predicate locks in a database system, Communications of the ACM 19, 1976): a write takes each row that it changes
//! before it changes it, and gives all back at its end. Whoever would close a circle of those that wait for each other
//! is rolled back at once.

use std::collections::VecDeque;

use super::{Asker, Fetches};
use crate::choices;
use crate::engine::{FrameId, Ns, Stream, mix64};

choices! {
    /// What keeps writes apart that happen at the same time.
    pub enum Locking {
        /// Not simulated: writes take effect at once, at their end.
        Unseen = "unseen", en "not simulated", ko "시뮬레이션하지 않음";
        None = "none", en "nothing: updates can be lost", ko "없음: 갱신이 사라질 수 있음";
        Row = "row", en "a lock for each row", ko "행 락";
        Table = "table", en "one lock for the table", ko "테이블 락";
    }
}

choices! {
    /// In which order a write takes its locks.
    pub enum LockOrder {
        AsAsked = "as_asked", en "as they are asked for", ko "요청한 순서대로";
        ByKey = "by_key", en "always in the order of the rows", ko "항상 행의 순서대로";
    }
}

/// The place of a database's locks.
pub(crate) type LockId = u32;

/// No write changes more rows than this.
pub(crate) const MOST_ROWS: usize = 8;

/// How writes lock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockRules {
    pub(crate) locking: Locking,
    pub(crate) order: LockOrder,
    /// Rows that a write changes, and among how many it finds all but the first.
    pub(crate) rows: u16,
    pub(crate) among: u32,
    /// Whoever has waited so long for a lock gives up; 0 is never.
    pub(crate) wait: Ns,
    pub(crate) stream: Stream,
}

/// Tells the rows of a write apart: the square root of three in 64 bits.
const ROW: u64 = 0xbb67_ae85_84ca_a73b;

impl LockRules {
    /// The row that a write changes as its n-th, whose first is about this key.
    pub(crate) fn row(&self, write: u64, key: u32, number: u16) -> u32 {
        let mut rows = [key; MOST_ROWS];
        let count = usize::from(self.rows).clamp(1, MOST_ROWS);
        for (at, row) in rows[..count].iter_mut().enumerate().skip(1) {
            *row = self.stream.of(mix64(write ^ ROW.wrapping_mul(at as u64))).below(self.among);
        }
        if self.order == LockOrder::ByKey {
            crate::order::sort(&mut rows[..count]);
        }
        rows[usize::from(number).min(count - 1)]
    }

    /// What has to be locked for a row.
    pub(crate) fn lock(&self, row: u32) -> Option<u32> {
        match self.locking {
            Locking::Row => Some(row),
            Locking::Table => Some(0),
            Locking::Unseen | Locking::None => None,
        }
    }
}

/// What one write holds and has seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transaction {
    /// The life of the frame that this is about.
    pub(crate) generation: u32,
    /// The database.
    pub(crate) id: LockId,
    /// What it has locked, in the order in which it got it.
    locks: [u32; MOST_ROWS],
    count: u8,
    /// The version that it has seen of the row that it changes; 0 where it has not looked.
    pub(crate) seen: u32,
}

impl Transaction {
    pub(crate) const fn new(generation: u32, id: LockId) -> Self {
        Self { generation, id, locks: [0; MOST_ROWS], count: 0, seen: 0 }
    }

    pub(crate) fn take(&mut self, lock: u32) {
        if let Some(place) = self.locks.get_mut(usize::from(self.count)) {
            *place = lock;
            self.count += 1;
        }
    }

    pub(crate) fn locks(&self) -> &[u32] {
        &self.locks[..usize::from(self.count)]
    }
}

/// What is locked, and what has been counted.
#[derive(Clone, Debug)]
pub(crate) struct Locks {
    pub(crate) rules: LockRules,
    pub(crate) held: Fetches,
    pub(crate) waits: u64,
    pub(crate) deadlocks: u64,
    pub(crate) timeouts: u64,
    pub(crate) lost_updates: u64,
    /// Of each instance by number, who waits there and gives up.
    pub(crate) patience: Vec<Patience>,
}

/// Those who wait for locks at one instance, whoever gives up first at the front, and the process that looks after them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patience {
    pub(crate) process: Option<FrameId>,
    pub(crate) waits: VecDeque<LockWait>,
    /// So many, and those who have got their lock are taken out.
    pub(crate) tidy_at: usize,
}

/// Somebody gives up at this time, if he waits for this lock still.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockWait {
    pub(crate) due: Ns,
    pub(crate) who: Asker,
    pub(crate) lock: u32,
}

impl Locks {
    pub(crate) fn new(rules: LockRules) -> Self {
        let held = Fetches::default();
        Self { rules, held, waits: 0, deadlocks: 0, timeouts: 0, lost_updates: 0, patience: Vec::new() }
    }

    /// Who waits at an instance.
    pub(crate) fn patience(&mut self, number: usize) -> &mut Patience {
        if self.patience.len() <= number {
            self.patience.resize(number + 1, Patience::default());
        }
        &mut self.patience[number]
    }

    /// Whoever waited at an instance is dead.
    pub(crate) fn killed(&mut self, number: usize) {
        if let Some(patience) = self.patience.get_mut(number) {
            *patience = Patience::default();
        }
    }

    /// Heap that they hold, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let waits: usize = self.patience.iter().map(|one| one.waits.capacity()).sum();
        self.held.bytes() + waits * size_of::<LockWait>() + self.patience.capacity() * size_of::<Patience>()
    }
}
