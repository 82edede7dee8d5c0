//! Writes that take locks, wait for them, and give them back.
//!
//! A write that has taken a lock, or has seen the version of a row, has a bit among those of the workers that it holds:
//! whatever becomes of it, what is held is given back as workers are.

use super::flow::Flow;
use super::{Core, Frame, FrameId, Next, Pc, mix64};
use crate::observe::Outcome;
use crate::resource::{LockId, LockRules, Locks};

/// No lock is waited for.
const NO_LOCK: u32 = u32::MAX;

/// No circle of those that wait for each other is looked for any further than this.
const LONGEST_CIRCLE: u32 = 10_000;

impl Core {
    /// The locks of a part, made anew or as they are to be from now on.
    pub(crate) fn lock_by(&mut self, known: Option<LockId>, rules: LockRules) -> LockId {
        if let Some(id) = known {
            self.locks[id as usize].rules = rules;
            return id;
        }
        self.locks.push(Locks::new(rules));
        self.locks.len() as LockId - 1
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
        self.frames[frame].held |= Frame::TRANSACTION;
        match locks.held.leader(lock) {
            None => locks.held.open(lock, me),
            Some(holder) if holder == me => {}
            Some(_) if self.closes_circle(id, lock, frame) => {
                self.locks[id as usize].deadlocks += 1;
                return Next::Reply(Outcome::Conflict);
            }
            Some(_) => {
                let locks = &mut self.locks[id as usize];
                locks.waits += 1;
                locks.held.join(lock, me);
                let row = &mut self.frames[frame];
                (row.note, row.pc) = (lock, then);
                return Next::Await { then };
            }
        }
        Next::Sleep { time: 0, then }
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
        let me = (frame, self.frames[frame].generation);
        self.frames[frame].held |= Frame::TRANSACTION;
        self.locks[id as usize].seen.put(mix64(u64::from(frame.0)), (me, version));
    }

    /// A write is about to take effect: whether somebody else has changed the row since it was seen.
    pub(crate) fn is_overwritten(&mut self, frame: FrameId, id: LockId, rows: u32) -> bool {
        let key = self.data_key(frame);
        let version = self.rows[rows as usize].version(key);
        let generation = self.frames[frame].generation;
        let seen = self.locks[id as usize].seen.get(mix64(u64::from(frame.0)));
        seen.is_some_and(|((_, life), before)| life == generation && before != version)
    }

    /// A transaction is over: whoever waits for what it had goes on.
    #[cold]
    #[inline(never)]
    pub(super) fn end_transaction(&mut self, frame: FrameId) {
        let me = (frame, self.frames[frame].generation);
        for id in 0..self.locks.len() {
            self.locks[id].seen.remove(mix64(u64::from(frame.0)));
            while let Some(lock) = self.locks[id].held.led_by(me) {
                self.pass_lock_on(id, lock, me);
            }
        }
    }

    /// The next who waits for a lock, and still lives, has it.
    fn pass_lock_on(&mut self, id: usize, lock: u32, mut holder: (FrameId, u32)) {
        while let Some(next) = self.locks[id].held.hand_over(lock, holder) {
            if self.frames[next.0].generation == next.1 {
                self.frames[next.0].note = NO_LOCK;
                self.ready.push_back(next.0);
                return;
            }
            holder = next;
        }
    }

    /// The dead have nothing locked any more.
    pub(super) fn free_locks_of_dead(&mut self) {
        for id in 0..self.locks.len() {
            let frames = &self.frames;
            let is_dead = |holder: &(FrameId, u32)| frames[holder.0].generation != holder.1;
            let dead: Vec<(FrameId, u32)> =
                self.locks[id].held.all().map(|(holder, _)| holder).filter(is_dead).collect();
            for holder in dead {
                while let Some(lock) = self.locks[id].held.led_by(holder) {
                    self.pass_lock_on(id, lock, holder);
                }
            }
        }
    }

    /// Whoever has a lock is at work, and whoever waits for one waits for nothing else.
    pub(super) fn audit_locks(&self, mut bump: impl FnMut(FrameId)) -> Result<(), String> {
        for (at, locks) in self.locks.iter().enumerate() {
            for (holder, waiting) in locks.held.all() {
                let row = &self.frames[holder.0];
                if row.generation != holder.1 || !row.has_transaction() {
                    return Err(format!("locks {at}: frame {} has one, and is gone", holder.0.0));
                }
                for (frame, generation) in waiting {
                    if self.frames[frame].generation == generation {
                        bump(frame);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Where a write goes on once it has a lock.
pub(crate) const LOCKED: Pc = 11;

impl Core {
    /// Works for a time with the worker that a call holds already, by its station's own clock.
    pub(crate) fn work_on(&mut self, frame: FrameId, time: super::Ns, then: Pc) -> Flow {
        self.frames[frame].pc = then;
        self.work_with(frame, 0, time)
    }
}
