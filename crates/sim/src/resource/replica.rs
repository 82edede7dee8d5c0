//! What the instances of a replicated database know: who leads, and how far each has received and applied the log.

use std::collections::VecDeque;

use super::Histories;
use crate::choices;
use crate::engine::{FrameId, InstanceId, Ns, Sampler, Stream};

choices! {
    /// When a write is answered.
    pub enum Replication {
        /// All instances stand before one set of data.
        None = "none", en "none: shared data", ko "없음: 데이터 공유";
        Async = "async", en "asynchronous: at once", ko "비동기: 바로 응답";
        /// As semi-synchronous replication has it: received, not applied.
        SemiSync = "semi_sync", en "semi-synchronous: received by some replicas", ko "반동기: 일부 복제본이 받은 뒤";
        Sync = "sync", en "synchronous: applied by all replicas", ko "동기: 모든 복제본이 적용한 뒤";
        /// G. DeCandia et al.: Dynamo, SOSP 2007.
        Quorum = "quorum", en "quorum: no primary, enough copies", ko "정족수: 프라이머리 없이 충분한 사본";
    }
}

choices! {
    /// Who answers reads.
    pub enum ReadFrom {
        Primary = "primary", en "the primary", ko "프라이머리";
        Replicas = "replicas", en "the replicas, in turn", ko "복제본을 번갈아";
        /// D. Terry et al.: Session guarantees for weakly consistent replicated data, PDIS 1994.
        OwnWrites = "own_writes", en "replicas; the primary for who has just written", ko "복제본, 방금 쓴 사용자는 프라이머리";
        Any = "any", en "all in turn", ko "모두 번갈아";
    }
}

choices! {
    /// What keeps a second primary away.
    pub enum Fencing {
        None = "none", en "nothing", ko "없음";
        /// The old one is stopped by a way of its own before the new one begins. Less than half of all stop nobody.
        Fence = "fence", en "the old primary is fenced off", ko "옛 프라이머리 차단(펜싱)";
        /// Whoever does not reach more than half of all neither becomes primary nor remains it.
        Majority = "majority", en "only where a majority is", ko "과반수가 있는 쪽만";
    }
}

/// The place of a group.
pub(crate) type GroupId = u32;

/// How the instances of a database replicate.
#[derive(Clone, Debug)]
pub(crate) struct GroupRules {
    pub(crate) how: Replication,
    /// Receipts that a semi-synchronous commit waits for.
    pub(crate) receipts: u32,
    /// For so long; 0 is for ever.
    pub(crate) commit_wait: Ns,
    pub(crate) transfer: Sampler,
    pub(crate) apply: Sampler,
    pub(crate) appliers: u32,
    /// One way between two instances.
    pub(crate) peer: Ns,
    pub(crate) beat: Ns,
    pub(crate) misses: u32,
    pub(crate) promote: Ns,
    pub(crate) repoint: Ns,
    pub(crate) copy: Ns,
    /// So many writes are remembered for those who lag.
    pub(crate) log: u32,
    /// Whether there is a log that replicas get.
    pub(crate) ships: bool,
    pub(crate) reads: ReadFrom,
    /// Who wrote reads from the primary for so long.
    pub(crate) own: Ns,
    pub(crate) fencing: Fencing,
}

/// What is counted from the start of the run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GroupCounts {
    pub(crate) reads: u64,
    pub(crate) stale: u64,
    /// Acknowledged by a primary that was deposed already.
    pub(crate) divergent: u64,
    pub(crate) failovers: u64,
    /// Writes that reached somebody who takes none.
    pub(crate) misdirected: u64,
    /// Commits that waited in vain and went on without their receipts.
    pub(crate) given_up: u64,
    pub(crate) copies: u64,
    /// The longest time from the last word of a primary to the first of the next.
    pub(crate) outage: Ns,
}

/// Who applies writes at a replica, and which.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Applier {
    pub(crate) frame: FrameId,
    pub(crate) generation: u32,
    /// 0 is none: it waits.
    pub(crate) position: u64,
}

/// One instance.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) instance: InstanceId,
    /// Counts primaries; whoever hears of a higher one knows that his is over.
    pub(crate) term: u64,
    pub(crate) is_primary: bool,
    /// From when on callers take it for the primary.
    pub(crate) claims: Ns,
    /// The number of the primary that it follows.
    pub(crate) leader: u32,
    /// When it heard its primary last.
    pub(crate) heard: Ns,
    /// It was stopped, and does nothing by itself until a primary says that it leads.
    pub(crate) fenced: bool,
    /// Beats in a row in which a primary did not reach a majority.
    pub(crate) alone: u32,
    pub(crate) history: u32,
    pub(crate) received: u64,
    pub(crate) applied: u64,
    /// The last position that somebody applies or has applied.
    pub(crate) taken: u64,
    /// Applied behind the next one: a bit for each position after `applied`.
    pub(crate) done: u64,
    /// Counts the times that its position was set back: what was begun before is void.
    pub(crate) life: u16,
    /// Its primary sends it what is written.
    pub(crate) connected: bool,
    /// It copies all data, and has nothing until that is over.
    pub(crate) copies: bool,
    /// Under way to it: when it arrives, up to which position.
    pub(crate) transit: VecDeque<(Ns, u64)>,
    pub(crate) last_due: Ns,
    /// What its primary knows that it has.
    pub(crate) receipt: u64,
    pub(crate) receiver: FrameId,
    pub(crate) ticker: FrameId,
    pub(crate) appliers: Vec<Applier>,
    /// At a primary, writes that wait for receipts, in order: position, frame and generation.
    pub(crate) waiting: VecDeque<(u64, FrameId, u32)>,
    /// Looks after those that wait for too long.
    pub(crate) patience: FrameId,
    /// Waits for nobody until those who are needed have this position.
    pub(crate) gave_up: Option<u64>,
    /// It is becoming the primary of this term.
    pub(crate) rises: Option<(FrameId, u32, u64)>,
}

impl Member {
    pub(crate) const fn new(instance: InstanceId, now: Ns) -> Self {
        Self {
            instance,
            term: 1,
            is_primary: false,
            claims: Ns::MAX,
            leader: 0,
            heard: now,
            fenced: false,
            alone: 0,
            history: 0,
            received: 0,
            applied: 0,
            taken: 0,
            done: 0,
            life: 0,
            connected: false,
            copies: false,
            transit: VecDeque::new(),
            last_due: 0,
            receipt: 0,
            receiver: FrameId::NONE,
            ticker: FrameId::NONE,
            appliers: Vec::new(),
            waiting: VecDeque::new(),
            patience: FrameId::NONE,
            gave_up: None,
            rises: None,
        }
    }

    /// It has all writes up to this position, and nothing behind it.
    pub(crate) fn has_upto(&mut self, position: u64) {
        (self.received, self.applied, self.taken, self.done) = (position, position, position, 0);
        self.life = self.life.wrapping_add(1);
    }

    /// A write was applied; whether it was the next one, and how far that leads.
    pub(crate) fn applied_one(&mut self, position: u64) {
        self.done |= 1 << (position - self.applied - 1).min(63);
        while self.done & 1 == 1 {
            self.done >>= 1;
            self.applied += 1;
        }
    }

    fn reserve(&mut self) {
        const LEAST: usize = 256;
        self.transit.reserve(self.transit.len() + LEAST);
        self.waiting.reserve(self.waiting.len() + LEAST);
        self.appliers.reserve(self.appliers.len());
    }

    /// Heap that it holds, in bytes.
    fn bytes(&self) -> usize {
        self.transit.capacity() * size_of::<(Ns, u64)>()
            + self.waiting.capacity() * size_of::<(u64, FrameId, u32)>()
            + self.appliers.capacity() * size_of::<Applier>()
    }
}

/// The instances of one database.
#[derive(Clone, Debug)]
pub(crate) struct Replicas {
    pub(crate) part: u32,
    pub(crate) rules: GroupRules,
    pub(crate) transfers: Stream,
    pub(crate) applies: Stream,
    pub(crate) phases: Stream,
    /// By number of the instance.
    pub(crate) members: Vec<Member>,
    pub(crate) histories: Histories,
    /// Of the database, for versions.
    pub(crate) rows: u32,
    /// Where callers believe the primary to be, if nobody better is there.
    pub(crate) address: u32,
    pub(crate) turn: u32,
    /// When users wrote last; of read-your-writes only.
    pub(crate) own: [super::Table<Ns>; 2],
    pub(crate) own_since: Ns,
    pub(crate) counts: GroupCounts,
}

impl Replicas {
    /// What stands at a position of the log that a member reads by.
    pub(crate) fn visible(&self, number: u32) -> u64 {
        let member = &self.members[number as usize];
        let upto = if member.is_primary { member.received } else { member.applied };
        upto.min(self.histories.base(member.history))
    }

    /// How many writes the members have beyond what each has applied, at most, and for how long the oldest of
    /// these has waited.
    pub(crate) fn lag(&self, is_up: impl Fn(InstanceId) -> bool, now: Ns) -> (u64, Ns) {
        let head = self.histories.head(super::MAIN);
        let (mut most, mut longest) = (0, 0);
        for member in self.members.iter().filter(|member| !member.is_primary && is_up(member.instance)) {
            let behind = head.saturating_sub(member.applied);
            let since = self.histories.get(super::MAIN, member.applied + 1).map_or(0, |write| now - write.at);
            most = most.max(behind);
            longest = longest.max(if behind == 0 { 0 } else { since });
        }
        (most, longest)
    }

    /// Makes room for twice as many writes, of so many keys, and for as many under way.
    pub(crate) fn reserve(&mut self, keys: u32) {
        self.histories.reserve(keys);
        self.members.iter_mut().for_each(Member::reserve);
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.members.capacity() * size_of::<Member>()
            + self.members.iter().map(Member::bytes).sum::<usize>()
            + self.histories.bytes()
            + self.own.iter().map(super::Table::bytes).sum::<usize>()
    }
}
