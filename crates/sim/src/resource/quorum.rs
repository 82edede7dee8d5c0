//! What the instances of a leaderless database hold: of each key the newest version that each has heard of, and the
//! reads and writes that wait for enough of them.
//!
//! G. DeCandia et al.: Dynamo: Amazon's highly available key-value store, SOSP 2007. The newer of two versions is the
//! one whose write began later, by the clocks of those who took them in; here all clocks agree.

use std::collections::VecDeque;

use super::Table;
use crate::choices;
use crate::engine::{FrameId, Ns, Sampler, Stream, mix64};

choices! {
    /// Who leads a read or a write of a leaderless database.
    pub enum Coordinator {
        /// The instance that is asked: its own copy costs no message.
        Copy = "copy", en "an instance with a copy", ko "사본을 가진 인스턴스";
        /// A library of the caller, or a node that keeps no data: every copy is a message away.
        Apart = "apart", en "one without a copy", ko "사본이 없는 코디네이터";
    }
}

/// The place of a leaderless database.
pub(crate) type QuorumId = u32;

/// So many instances hold copies at most: one bit each.
pub(crate) const MOST_COPIES: u32 = 64;

/// The rules of a leaderless database.
#[derive(Clone, Debug)]
pub(crate) struct QuorumRules {
    /// Copies that a write, and a read, wait for.
    pub(crate) writes: u32,
    pub(crate) reads: u32,
    /// A read brings those up to date that were found behind.
    pub(crate) repair: bool,
    /// Who took a write in keeps it for those who missed it.
    pub(crate) hints: bool,
    /// For so long they wait at most.
    pub(crate) wait: Ns,
    pub(crate) transfer: Sampler,
    pub(crate) apply: Sampler,
    pub(crate) look: Sampler,
    pub(crate) peer: Ns,
    /// On top of that, for each question and each answer.
    pub(crate) jitter: Sampler,
    pub(crate) coordinator: Coordinator,
    pub(crate) beat: Ns,
    /// So many hints are kept.
    pub(crate) keep: u32,
}

/// What is counted from the start of the run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct QuorumCounts {
    pub(crate) stale: u64,
    pub(crate) acknowledged: u64,
    /// Reads and writes that did not find enough copies in time.
    pub(crate) failed: u64,
    /// Copies of writes that their replica did not confirm in time.
    pub(crate) missed: u64,
    pub(crate) repairs: u64,
    /// Hints that were handed over.
    pub(crate) handed: u64,
    /// Writes that took what they changed from an older version than the one that they replaced.
    pub(crate) lost_updates: u64,
}

/// A read or a write at its coordinator.
#[derive(Clone, Debug)]
pub(crate) struct Op {
    /// Counts the lives of this place.
    pub(crate) life: u16,
    pub(crate) is_open: bool,
    /// The call that waits, until it is answered.
    pub(crate) waits: Option<(FrameId, u32)>,
    pub(crate) coordinator: u32,
    pub(crate) is_write: bool,
    pub(crate) key: u32,
    /// The version that is written, or the newest that was read.
    pub(crate) version: u64,
    /// What was acknowledged of the key when a read began.
    pub(crate) floor: u64,
    pub(crate) need: u32,
    /// Who has confirmed, a bit each, and which version each reader found.
    pub(crate) from: u64,
    pub(crate) found: Vec<(u32, u64)>,
}

impl Op {
    pub(crate) const fn answers(&self) -> u32 {
        self.from.count_ones()
    }
}

/// A write that somebody missed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hint {
    pub(crate) to: u32,
    pub(crate) key: u32,
    pub(crate) version: u64,
}

/// One instance.
#[derive(Clone, Debug)]
pub(crate) struct Keeper {
    /// Of each key, by its mixed name, the newest version that is on its disk.
    versions: Table<u64>,
    pub(crate) hints: VecDeque<Hint>,
    /// What it coordinates, in order: when it gives up, and the place and life of each.
    pub(crate) pending: VecDeque<(Ns, u32, u16)>,
    /// Gives up what waits for too long, and hands hints over.
    pub(crate) patience: FrameId,
    pub(crate) hander: FrameId,
}

impl Keeper {
    const fn new(versions: Table<u64>) -> Self {
        Self {
            versions,
            hints: VecDeque::new(),
            pending: VecDeque::new(),
            patience: FrameId::NONE,
            hander: FrameId::NONE,
        }
    }

    pub(crate) fn version(&self, key: u32) -> u64 {
        self.versions.get(mix64(u64::from(key))).unwrap_or(0)
    }

    /// The newer of two versions stays.
    pub(crate) fn put(&mut self, key: u32, version: u64) {
        if version > self.version(key) {
            self.versions.put(mix64(u64::from(key)), version);
        }
    }
}

/// The last versions of a key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastVersions {
    pub(crate) written: u64,
    pub(crate) acknowledged: u64,
    /// So many had it when it was.
    pub(crate) copies: u32,
}

/// The instances of one leaderless database.
#[derive(Clone, Debug)]
pub(crate) struct Quorum {
    pub(crate) part: u32,
    pub(crate) rules: QuorumRules,
    pub(crate) times: Stream,
    pub(crate) keepers: Vec<Keeper>,
    pub(crate) ops: Vec<Op>,
    free: Vec<u32>,
    pub(crate) begun: u64,
    /// Answers that replicas have sent.
    pub(crate) told: u64,
    pub(crate) versions: u64,
    last: Table<LastVersions>,
    /// Keys of the latest acknowledged writes, for the audit.
    pub(crate) lately: VecDeque<u32>,
    pub(crate) rows: u32,
    pub(crate) counts: QuorumCounts,
}

impl Quorum {
    /// So many reads and writes wait at once at most.
    const MOST: usize = 1 << 18;

    pub(crate) fn new(part: u32, rules: QuorumRules, times: Stream, rows: u32) -> Self {
        Self {
            part,
            rules,
            times,
            keepers: Vec::new(),
            ops: Vec::new(),
            free: Vec::new(),
            begun: 0,
            told: 0,
            versions: 0,
            last: Table::default(),
            lately: VecDeque::new(),
            rows,
            counts: QuorumCounts::default(),
        }
    }

    /// The instance of this number; one that is new begins with what the first has.
    pub(crate) fn keeper(&mut self, number: u32) -> &mut Keeper {
        while self.keepers.len() <= number as usize {
            let versions = self.keepers.first().map(|first| first.versions.clone()).unwrap_or_default();
            self.keepers.push(Keeper::new(versions));
        }
        &mut self.keepers[number as usize]
    }

    pub(crate) fn last(&self, key: u32) -> LastVersions {
        self.last.get(mix64(u64::from(key))).unwrap_or_default()
    }

    pub(crate) fn wrote(&mut self, key: u32, version: u64) {
        let last = self.last(key);
        let written = last.written.max(version);
        self.last.put(mix64(u64::from(key)), LastVersions { written, ..last });
    }

    pub(crate) fn acknowledge(&mut self, key: u32, version: u64, copies: u32) {
        let last = self.last(key);
        self.counts.acknowledged += 1;
        if version > last.acknowledged {
            let last = LastVersions { acknowledged: version, copies, ..last };
            self.last.put(mix64(u64::from(key)), last);
        }
        self.lately.push_back(key);
        if self.lately.len() > 32 {
            self.lately.pop_front();
        }
    }

    /// A place for a read or a write; none where too many wait.
    pub(crate) fn open(&mut self, fresh: Op) -> Option<u32> {
        self.begun += 1;
        if let Some(at) = self.free.pop() {
            let place = &mut self.ops[at as usize];
            let (life, mut found) = (place.life.wrapping_add(1), std::mem::take(&mut place.found));
            found.clear();
            *place = Op { life, found, ..fresh };
            return Some(at);
        }
        if self.ops.len() >= Self::MOST {
            return None;
        }
        self.ops.push(fresh);
        Some(self.ops.len() as u32 - 1)
    }

    pub(crate) fn is_live(&self, at: u32, life: u16) -> bool {
        self.ops.get(at as usize).is_some_and(|op| op.is_open && op.life == life)
    }

    pub(crate) fn free(&mut self, at: u32) {
        self.ops[at as usize].is_open = false;
        self.ops[at as usize].waits = None;
        self.free.push(at);
    }

    /// What was acknowledged stays: as many copies as then are at least as new.
    pub(crate) fn audit(&self) -> Result<(), String> {
        for key in &self.lately {
            let last = self.last(*key);
            let copies =
                self.keepers.iter().filter(|keeper| keeper.version(*key) >= last.acknowledged).count();
            if (copies as u32) < last.copies || last.acknowledged > last.written {
                return Err(format!("key {key} was acknowledged by {} and {copies} have it", last.copies));
            }
        }
        let open = self.ops.iter().filter(|op| op.is_open).count();
        if open + self.free.len() != self.ops.len() {
            return Err(format!("{open} reads and writes are open of {}", self.ops.len()));
        }
        Ok(())
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let keeper = |keeper: &Keeper| {
            keeper.versions.bytes()
                + keeper.hints.capacity() * size_of::<Hint>()
                + keeper.pending.capacity() * size_of::<(Ns, u32, u16)>()
        };
        let found: usize = self.ops.iter().map(|op| op.found.capacity() * size_of::<(u32, u64)>()).sum();
        self.keepers.capacity() * size_of::<Keeper>()
            + self.keepers.iter().map(keeper).sum::<usize>()
            + self.ops.capacity() * size_of::<Op>()
            + found
            + self.free.capacity() * size_of::<u32>()
            + self.last.bytes()
    }
}
