//! Writes that take locks, wait for them, and give them back.
//!
//! A write that has taken a lock, or has seen the version of a row, has a bit among those of the workers that it holds:
//! whatever becomes of it, what is held is given back as workers are.

use super::flow::Flow;
use super::{Core, Cx, Frame, FrameId, Next, Ns, Pc, mix64};
use crate::observe::Outcome;
use crate::resource::{LockId, LockRules, LockWait, Locks, Transaction};

/// No lock is waited for.
const NO_LOCK: u32 = u32::MAX;

/// No circle of those that wait for each other is looked for any further than this.
const LONGEST_CIRCLE: u32 = 10_000;

impl Core {
    /// The locks of a part, made anew or as they are to be from now on.
    pub(crate) fn lock_by(&mut self, known: Option<LockId>, rules: LockRules) -> LockId {
        if let Some(id) = known {
            let before = std::mem::replace(&mut self.locks[id as usize].rules, rules).wait;
            if before > 0 && rules.wait != before {
                self.wait_otherwise(id, rules.wait);
            }
            return id;
        }
        self.locks.push(Locks::new(rules));
        self.locks.len() as LockId - 1
    }

    /// Whoever waits has no more time than those who come now have; without a limit, all that it takes.
    #[cold]
    fn wait_otherwise(&mut self, id: LockId, wait: Ns) {
        let due = self.now.saturating_add(wait);
        for number in 0..self.locks[id as usize].patience.len() {
            let patience = self.locks[id as usize].patience(number);
            if wait == 0 {
                patience.waits.clear();
            }
            patience.waits.iter_mut().for_each(|one| one.due = one.due.min(due));
            let first = patience.waits.front().map(|first| first.due);
            if let (Some(process), Some(first)) = (patience.process, first) {
                self.reschedule(process, first);
            }
        }
    }

    /// The row that a write changes as its n-th.
    pub(crate) fn row_of(&mut self, id: LockId, frame: FrameId, number: u16) -> u32 {
        let key = self.data_key(frame);
        self.locks[id as usize].rules.row(self.frames[frame].key, key, number)
    }

    /// Takes the lock of a row, at once or when it is given back; the write goes on at `then`.
    pub(crate) fn take_lock(&mut self, frame: FrameId, id: LockId, row: u32, then: Pc) -> Next {
        let me = (frame, self.frames[frame].generation);
        self.frames[frame].note = NO_LOCK;
        let locks = &mut self.locks[id as usize];
        let Some(lock) = locks.rules.lock(row) else { return Next::Sleep { time: 0, then } };
        match locks.held.leader(lock) {
            None => {
                locks.held.open(lock, me);
                self.transaction(frame, id).take(lock);
            }
            Some(holder) if holder == me => {}
            Some(_) if self.closes_circle(id, lock, frame) => {
                self.locks[id as usize].deadlocks += 1;
                return Next::Reply(Outcome::Conflict);
            }
            Some(_) => {
                self.transaction(frame, id);
                let locks = &mut self.locks[id as usize];
                locks.waits += 1;
                locks.held.join(lock, me);
                let row = &mut self.frames[frame];
                (row.note, row.pc) = (lock, then);
                if self.locks[id as usize].rules.wait > 0 {
                    self.wait_with_patience(id, lock, me);
                }
                return Next::Await { then };
            }
        }
        Next::Sleep { time: 0, then }
    }

    /// What a write holds: from now on it is given back with its worker.
    fn transaction(&mut self, frame: FrameId, id: LockId) -> &mut Transaction {
        let row = &mut self.frames[frame];
        row.held |= Frame::TRANSACTION;
        let (name, generation) = (name_of(frame), row.generation);
        let fresh = Transaction::new(generation, id);
        let transaction = self.transactions.at(name, fresh);
        if transaction.generation != generation {
            *transaction = fresh;
        }
        transaction
    }

    /// Somebody looks whether a write has waited for a lock for too long.
    #[cold]
    fn wait_with_patience(&mut self, id: LockId, lock: u32, who: (FrameId, u32)) {
        let instance = self.frames[who.0].instance;
        let (number, now) = (self.number_of(instance) as usize, self.now);
        self.forget_lock_waits(id, number);
        let locks = &mut self.locks[id as usize];
        let wait = locks.rules.wait;
        let patience = locks.patience(number);
        // In order, also where the time was shortened meanwhile.
        let last = patience.waits.back().map_or(0, |last| last.due);
        let due = now.saturating_add(wait).max(last);
        patience.waits.push_back(LockWait { due, who, lock });
        if patience.process.is_some() {
            return;
        }
        let place = self.place_of(instance);
        let mut cx = Cx::new(self, FrameId::NONE, instance, place);
        let process = cx.start_process(due - now, LOCK_PATIENCE, 0);
        self.locks[id as usize].patience(number).process = process;
    }

    /// Whoever has got his lock is taken out before there are many more of them than of those who wait.
    fn forget_lock_waits(&mut self, id: LockId, number: usize) {
        let patience = self.locks[id as usize].patience(number);
        if patience.waits.len() < patience.tidy_at {
            return;
        }
        let mut waits = std::mem::take(&mut patience.waits);
        waits.retain(|wait| self.waits_for(wait.who, wait.lock));
        let patience = self.locks[id as usize].patience(number);
        patience.tidy_at = 2 * waits.len() + 64;
        patience.waits = waits;
    }

    /// Writes that have waited for too long are rolled back; for the others there is time yet.
    pub(crate) fn lose_patience_for_locks(&mut self, process: FrameId, id: LockId) -> Next {
        let number = self.number_of(self.frames[process].instance) as usize;
        while let Some(wait) = self.locks[id as usize].patience(number).waits.front().copied() {
            if self.waits_for(wait.who, wait.lock) {
                if wait.due > self.now {
                    return Next::Sleep { time: wait.due - self.now, then: LOCK_PATIENCE };
                }
                let row = &mut self.frames[wait.who.0];
                (row.note, row.pc) = (NO_LOCK, LOCK_GIVEN_UP);
                self.ready.push_back(wait.who.0);
                self.locks[id as usize].timeouts += 1;
            }
            self.locks[id as usize].patience(number).waits.pop_front();
        }
        self.locks[id as usize].patience(number).process = None;
        Next::Reply(Outcome::Ok)
    }

    /// Whether somebody waits for this lock still.
    fn waits_for(&self, (frame, generation): (FrameId, u32), lock: u32) -> bool {
        let row = &self.frames[frame];
        row.generation == generation && row.note == lock && self.waits_for_lock(frame)
    }

    /// How many wait for a lock of a database.
    pub(crate) fn waiting_for_locks(&self, id: LockId) -> usize {
        let all = self.locks[id as usize].held.all_by_key();
        all.map(|(lock, _, waiting)| waiting.filter(|who| self.waits_for(*who, lock)).count()).sum()
    }

    /// Whether those who have a lock wait, one for the other, for somebody who would now wait for it.
    fn closes_circle(&self, id: LockId, mut lock: u32, frame: FrameId) -> bool {
        let held = &self.locks[id as usize].held;
        for _ in 0..LONGEST_CIRCLE {
            let Some((holder, generation)) = held.leader(lock) else { return false };
            if holder == frame {
                return true;
            }
            let row = &self.frames[holder];
            if row.generation != generation || !self.waits_for_lock(holder) {
                return false;
            }
            lock = row.note;
        }
        false
    }

    /// Whether a write waits for a lock that somebody else has.
    pub(crate) fn waits_for_lock(&self, frame: FrameId) -> bool {
        let row = &self.frames[frame];
        row.has_transaction() && row.pc == LOCKED && row.note != NO_LOCK
    }

    /// A write has seen a row that it will change.
    pub(crate) fn see_row(&mut self, frame: FrameId, id: LockId, rows: u32) {
        let key = self.data_key(frame);
        let version = self.rows[rows as usize].version(key);
        self.transaction(frame, id).seen = version;
    }

    /// A write is about to take effect: whether somebody else has changed the row since it was seen.
    pub(crate) fn is_overwritten(&mut self, frame: FrameId, rows: u32) -> bool {
        let key = self.data_key(frame);
        let version = self.rows[rows as usize].version(key);
        let generation = self.frames[frame].generation;
        let known = self.transactions.get(name_of(frame)).filter(|known| known.generation == generation);
        known.is_some_and(|known| known.seen != 0 && known.seen != version)
    }

    /// Gives workers back, and not what is locked: a commit waits for others.
    pub(super) fn release_workers(&mut self, frame: FrameId) {
        let row = &mut self.frames[frame];
        let (held, instance) = (row.held & !Frame::TRANSACTION, row.instance);
        row.held &= Frame::TRANSACTION;
        if held != 0 {
            self.take_back(frame, self.place_of(instance), held);
        }
    }

    /// What a frame had beside plain workers is given back: whoever waits for what it had locked goes on.
    #[cold]
    #[inline(never)]
    pub(super) fn end_transaction(&mut self, frame: FrameId) {
        let row = &self.frames[frame];
        let (me, instance) = ((frame, row.generation), row.instance);
        if !self.pools.is_empty() {
            self.end_of_pooled(instance);
        }
        let Some(transaction) = self.transactions.get(name_of(frame)) else { return };
        self.transactions.remove(name_of(frame));
        if transaction.generation == me.1 {
            for lock in transaction.locks() {
                self.pass_lock_on(transaction.id, *lock, me);
            }
        }
    }

    /// The next who waits for a lock, and is not dead or dying, has it.
    fn pass_lock_on(&mut self, id: LockId, lock: u32, mut holder: (FrameId, u32)) {
        while let Some(next) = self.locks[id as usize].held.hand_over(lock, holder) {
            if self.waits_for(next, lock) && !self.frames[next.0].has(Frame::DYING) {
                self.frames[next.0].note = NO_LOCK;
                self.ready.push_back(next.0);
                self.transaction(next.0, id).take(lock);
                return;
            }
            holder = next;
        }
    }

    /// Whoever has a lock is at work and knows of it, and whoever waits for one waits for nothing else.
    pub(super) fn audit_locks(&self, mut bump: impl FnMut(FrameId)) -> Result<(), String> {
        let mut known = 0;
        for (_, transaction) in self.transactions.iter() {
            known += transaction.locks().len();
        }
        for (at, locks) in self.locks.iter().enumerate() {
            for (lock, holder, waiting) in locks.held.all_by_key() {
                let row = &self.frames[holder.0];
                if row.generation != holder.1 || !row.has_transaction() {
                    return Err(format!("locks {at}: frame {} has one, and is gone", holder.0.0));
                }
                let its = self.transactions.get(name_of(holder.0));
                let is_its = |its: &Transaction| its.id as usize == at && its.locks().contains(&lock);
                if !its.is_some_and(|its| its.generation == holder.1 && is_its(&its)) {
                    return Err(format!("locks {at}: frame {} does not know that it has one", holder.0.0));
                }
                known -= 1;
                for who in waiting.filter(|who| self.waits_for(*who, lock)) {
                    bump(who.0);
                }
            }
        }
        if known == 0 { Ok(()) } else { Err(format!("{known} locks that nobody has are held")) }
    }
}

/// Names the place of a frame.
const fn name_of(frame: FrameId) -> u64 {
    mix64(frame.0 as u64)
}

/// Where a write goes on once it has a lock.
pub(crate) const LOCKED: Pc = 11;
/// Where it goes on that has waited for one for too long.
pub(crate) const LOCK_GIVEN_UP: Pc = 15;
/// Where the process goes on that looks after those who wait.
pub(crate) const LOCK_PATIENCE: Pc = 16;

impl Core {
    /// Works for a time with the worker that a call holds already, by its station's own clock.
    pub(crate) fn work_on(&mut self, frame: FrameId, time: super::Ns, then: Pc) -> Flow {
        self.frames[frame].pc = then;
        self.work_with(frame, 0, time)
    }
}
