//! Queries that take the longer way: they lock rows, look for blocks in memory, and wait for a disk.
//!
//! They hold their worker all the while, as a session of a database does.

use super::blocks::Blocks;
use super::db::Params;
use super::spec::Gauge;
use super::storage::Storage;
use crate::engine::{Build, Core, Cx, LOCK_GIVEN_UP, LOCK_PATIENCE, LOCKED, Next, Ns, Pc, mix64};
use crate::observe::{Class, Outcome};
use crate::resource::{LockId, LockRules, Locking, MOST_ROWS};

/// A worker begins.
pub(super) const ENTER: Pc = 10;
const FETCH: Pc = 12;
const CHANGED: Pc = 13;
/// All is done but what makes it take effect.
pub(super) const LOGGED: Pc = 14;
/// Its statement is parsed.
pub(super) const PARSED: Pc = 17;

/// Changed blocks are written back.
pub(super) const CHECKPOINT: Pc = 18;

const BLOCKS: u32 = 3;
const ROWS: u32 = 4;

/// What queries of the longer way need.
#[derive(Clone, Debug)]
pub(super) struct Transactions {
    locks: Option<LockId>,
    /// Whether writes lock, or are seen to lose updates, at the moment.
    locking: bool,
    rows: u16,
    storage: Option<Box<Storage>>,
    /// The rows whose versions are kept.
    versions: u32,
    /// The last name of processes that make checkpoints.
    checkpoints: u32,
}

/// What a query does with its worker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    pub(super) time: Ns,
    pub(super) is_range: bool,
}

impl Transactions {
    /// None where no query takes the longer way, and none did before.
    pub(super) fn new(
        params: &Params,
        build: &mut Build<'_>,
        before: Option<Box<Self>>,
        versions: u32,
    ) -> Option<Box<Self>> {
        // Processes that make checkpoints outlive a storage that is taken away: a new one has its own.
        let life = before.as_ref().map_or(0, |before| before.checkpoints + 1);
        let mut storage = Storage::new(params, build.part, build.stream(BLOCKS), life);
        let locking = params.locking != Locking::Unseen;
        if storage.is_none() && !locking && before.is_none() {
            return None;
        }
        let (known, old) = before.map_or((None, None), |before| (before.locks, before.storage));
        if let (Some(new), Some(old)) = (&mut storage, old) {
            new.inherit(build.core, *old);
        }
        if let Some(storage) = &storage
            && storage.begins()
        {
            let life = storage.life();
            build.start_processes(storage.every(), CHECKPOINT, life);
        }
        let mut locks = known;
        if locking || known.is_some() {
            build.reads_keys();
            let rules = LockRules {
                locking: params.locking,
                order: params.lock_order,
                rows: params.rows_per_write.0 as u16,
                among: params.rows_among.0,
                wait: params.lock_wait_s.ns(),
                stream: build.stream(ROWS),
            };
            locks = Some(build.core.lock_by(known, rules));
        }
        if storage.is_some() {
            build.reads_keys();
        }
        let rows = (params.rows_per_write.0 as u16).min(MOST_ROWS as u16);
        let checkpoints = storage.as_ref().map_or(life, |storage| storage.life());
        Some(Box::new(Self { locks, locking, rows, storage, versions, checkpoints }))
    }

    /// Whether queries that come now take this way.
    pub(super) const fn are_on(&self) -> bool {
        self.locking || self.storage.is_some()
    }

    fn locks_for(&self, cx: &Cx<'_>) -> Option<LockId> {
        self.locks.filter(|_| self.locking && cx.class() == Class::Write)
    }

    /// How many rows a query works on, one after another.
    fn rows_of(&self, cx: &Cx<'_>) -> u16 {
        if self.locks_for(cx).is_some() { self.rows.max(1) } else { 1 }
    }

    pub(super) fn step(&mut self, cx: &mut Cx<'_>, blocks: Option<&Blocks>, work: Work) -> Next {
        match cx.pc() {
            CHECKPOINT => match &mut self.storage {
                Some(storage) => storage.checkpoint(cx),
                None => Next::Reply(Outcome::Ok),
            },
            LOCK_GIVEN_UP => Next::Reply(Outcome::Conflict),
            LOCK_PATIENCE => match self.locks {
                Some(id) => cx.core.lose_patience_for_locks(cx.frame, id),
                None => Next::Reply(Outcome::Ok),
            },
            ENTER => {
                cx.frame().cursor = 0;
                self.begin_row(cx)
            }
            LOCKED => self.look(cx, blocks, work),
            FETCH => self.fetch(cx, blocks, work),
            _ => self.changed(cx),
        }
    }

    /// The next row: it is locked first, where it has to be.
    fn begin_row(&self, cx: &mut Cx<'_>) -> Next {
        let Some(id) = self.locks_for(cx) else { return Next::Sleep { time: 0, then: LOCKED } };
        let number = cx.frame().cursor;
        let row = cx.core.row_of(id, cx.frame, number);
        cx.core.take_lock(cx.frame, id, row, LOCKED)
    }

    /// Its blocks are looked for.
    fn look(&mut self, cx: &mut Cx<'_>, blocks: Option<&Blocks>, work: Work) -> Next {
        let (number, now, class, locks) = (cx.number(), cx.core.now, cx.class(), self.locks_for(cx));
        let mut visits = 0;
        if let (Some(storage), Some(blocks)) = (&mut self.storage, blocks) {
            let row = match locks {
                Some(id) => {
                    let at = cx.frame().cursor;
                    cx.core.row_of(id, cx.frame, at)
                }
                None => cx.core.data_key(cx.frame),
            };
            visits = storage.look(blocks, (number, now), row, class, work.is_range);
        }
        cx.frame().note = visits;
        self.fetch(cx, blocks, work)
    }

    /// What is not in memory comes from disk, one access after another; then the work begins.
    fn fetch(&mut self, cx: &mut Cx<'_>, blocks: Option<&Blocks>, work: Work) -> Next {
        let (number, class, row) = (cx.number(), cx.class(), *cx.frame());
        if let Some(storage) = self.storage.as_mut().filter(|_| row.note > 0) {
            let position = mix64(row.key ^ u64::from(row.note) << 32 ^ u64::from(row.cursor));
            let each = blocks.map_or(1, |blocks| Storage::accesses_at_once(blocks, class, work.is_range));
            let time = storage.access(cx.core, number, position, each);
            cx.frame().note -= 1;
            return Next::Sleep { time, then: FETCH };
        }
        if let Some(id) = self.locks_for(cx).filter(|_| row.cursor == 0) {
            cx.core.see_row(cx.frame, id, self.versions);
        }
        let rows = Ns::from(self.rows_of(cx));
        let rest = if row.cursor == 0 { work.time % rows } else { 0 };
        Next::Told(cx.core.work_on(cx.frame, work.time / rows + rest, CHANGED))
    }

    /// A row is as it will be: on to the next, or to the log.
    fn changed(&mut self, cx: &mut Cx<'_>) -> Next {
        let (number, rows) = (cx.number(), self.rows_of(cx));
        cx.frame().cursor += 1;
        if cx.frame().cursor < rows {
            return self.begin_row(cx);
        }
        let is_write = cx.class() == Class::Write;
        let storage = self.storage.as_mut().filter(|_| is_write);
        let time = storage.map_or(0, |storage| storage.flush(cx.core, number));
        Next::Sleep { time, then: LOGGED }
    }

    /// A write is about to take effect: whether it throws away what another has changed meanwhile.
    pub(super) fn overwrites(&self, cx: &mut Cx<'_>) -> bool {
        self.locks_for(cx).is_some() && cx.core.is_overwritten(cx.frame, self.versions)
    }

    /// It did.
    pub(super) fn count_lost(&self, core: &mut Core) {
        if let Some(id) = self.locks {
            core.locks[id as usize].lost_updates += 1;
        }
    }

    /// Whether an instance replays its log.
    pub(super) fn recovers(&self, cx: &Cx<'_>) -> bool {
        self.storage.as_ref().is_some_and(|storage| storage.recovers(cx.number(), cx.core.now))
    }

    /// An instance comes up: it replays what its log has, and begins to make checkpoints.
    pub(super) fn started(&mut self, cx: &mut Cx<'_>) {
        if let Some(storage) = &mut self.storage {
            storage.started(cx);
        }
    }

    pub(super) fn killed(&mut self, core: &mut Core, number: usize) {
        if let Some(id) = self.locks {
            core.locks[id as usize].killed(number);
        }
        if let Some(storage) = &mut self.storage {
            storage.killed(core, number);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.storage.as_ref().map_or(0, |storage| storage.bytes())
    }

    /// Updates that were lost so far, where somebody looks.
    pub(super) fn lost_updates(&self, core: &Core) -> Option<f64> {
        let id = self.locks.filter(|_| self.locking)?;
        Some(core.locks[id as usize].lost_updates as f64)
    }

    pub(super) fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        if let Some(id) = self.locks.filter(|_| self.locking) {
            let locks = &core.locks[id as usize];
            out.push(Gauge { name: "lock_waits", value: locks.waits as f64 });
            out.push(Gauge { name: "waiting_for_locks", value: core.waiting_for_locks(id) as f64 });
            out.push(Gauge { name: "deadlocks", value: locks.deadlocks as f64 });
            out.push(Gauge { name: "lock_timeouts", value: locks.timeouts as f64 });
        }
        if let Some(storage) = &self.storage {
            storage.gauges(core, out);
        }
    }
}
