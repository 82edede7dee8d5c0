//! How a leaderless database reads and writes: whoever is asked coordinates, sends to all, and answers as soon as
//! enough of them have.
//!
//! Every copy is a message that travels, waits for a worker of its replica and works there; so is every read of a
//! copy. Who is down or cut off misses writes, until a read repairs it or a hint reaches it.
//!
//! G. DeCandia et al.: Dynamo, SOSP 2007; D. K. Gifford: Weighted voting for replicated data, SOSP 1979.

use super::{Core, Frame, FrameId, InstanceId, Next, Pc, Phase};
use crate::observe::{Class, Outcome};
use crate::resource::{Coordinator, Hint, MOST_COPIES, Op, Quorum, QuorumId, QuorumRules};
use crate::system::Verb;

/// The coordinator has done its own work on a write, on a read.
pub(crate) const QUORUM_WRITE: Pc = 80;
pub(crate) const QUORUM_READ: Pc = 81;
/// Enough have answered; or not, and the time is over.
const ENOUGH: Pc = 82;
const TOO_FEW: Pc = 83;
/// A message is at its replica: a version to keep, or a question for one.
const BRING: Pc = 84;
const ASK: Pc = 85;
const BROUGHT: Pc = 86;
const LOOKED: Pc = 87;
/// A replica's answer is at the coordinator.
const CONFIRMED: Pc = 88;
const IMPATIENT: Pc = 89;
const HAND_OVER: Pc = 90;

/// The purpose of the stream of times.
const TIMES: u32 = 0x7175_6f72;
/// A message that belongs to no read or write.
const NO_OP: (u32, u16) = (u32::MAX, 0);
/// Hints that are handed over in one interval at most.
const HANDED: usize = 1_000;
/// A number below the copies, and a version above it, are one word.
const NUMBER_BITS: u32 = 6;

/// What travels to a replica: a version to keep, or a question for the one that it has.
#[derive(Clone, Copy)]
struct Message {
    /// The place and life of the read or write that it belongs to.
    op: (u32, u16),
    key: u32,
    version: u64,
    brings: bool,
}

impl Core {
    /// The instances of a database hold copies by these rules from now on.
    pub(crate) fn vote(
        &mut self,
        part: u32,
        known: Option<QuorumId>,
        rules: QuorumRules,
        rows: u32,
    ) -> QuorumId {
        if let Some(id) = known {
            self.quorums[id as usize].rules = rules;
            return id;
        }
        let times = super::Stream::new(self.seed, self.parts[part as usize].id, TIMES);
        self.quorums.push(Quorum::new(part, rules, times, rows));
        self.quorums.len() as QuorumId - 1
    }

    /// What happens next to a call to a leaderless database, or to its own messages.
    pub(crate) fn step_quorum(&mut self, frame: FrameId, id: QuorumId) -> Next {
        match self.frames[frame].pc {
            QUORUM_WRITE => self.ask_all(frame, id, true),
            QUORUM_READ => self.ask_all(frame, id, false),
            ENOUGH => Next::Reply(Outcome::Ok),
            TOO_FEW => Next::Reply(Outcome::Upstream),
            BRING => self.work_on_copy(frame, id, BROUGHT),
            ASK => self.work_on_copy(frame, id, LOOKED),
            BROUGHT | LOOKED => self.confirm(frame, id),
            CONFIRMED => self.hear_copy(frame, id),
            IMPATIENT => self.give_up_late(frame, id),
            _ => self.hand_over(frame, id),
        }
    }

    fn copies_of(&self, id: QuorumId) -> u32 {
        self.parts[self.quorums[id as usize].part as usize].present.min(MOST_COPIES)
    }

    fn keeper_at(&self, id: QuorumId, number: u32) -> InstanceId {
        self.parts[self.quorums[id as usize].part as usize].instances[number as usize]
    }

    /// Whoever was asked reads or writes its own copy, and asks all others.
    fn ask_all(&mut self, frame: FrameId, id: QuorumId, is_write: bool) -> Next {
        let number = self.number_of(self.frames[frame].instance);
        let key = self.data_key(frame);
        let (rows, copies) = (self.quorums[id as usize].rows, self.copies_of(id));
        if is_write {
            let replaced = self.overwrite_row(frame, rows);
            self.quorums[id as usize].counts.lost_updates += u64::from(replaced);
        }
        let quorum = &mut self.quorums[id as usize];
        quorum.keeper(number.max(copies.saturating_sub(1)));
        let floor = quorum.last(key).acknowledged;
        // One without a copy of its own asks the instance beside it as it asks all others.
        let has_copy = number < copies && quorum.rules.coordinator == Coordinator::Copy;
        let version = if is_write {
            quorum.versions += 1;
            let version = quorum.versions;
            quorum.wrote(key, version);
            version
        } else if has_copy {
            quorum.keepers[number as usize].version(key)
        } else {
            0
        };
        let need = if is_write { quorum.rules.writes } else { quorum.rules.reads };
        let fresh = Op {
            life: 0,
            is_open: true,
            waits: Some((frame, self.frames[frame].generation)),
            coordinator: number,
            is_write,
            key,
            version,
            floor,
            need,
            from: 0,
            found: Vec::new(),
        };
        let Some(at) = quorum.open(fresh) else { return Next::Reply(Outcome::Overloaded) };
        let (life, wait) = (quorum.ops[at as usize].life, quorum.rules.wait);
        self.release_workers(frame);
        self.frames[frame].pc = TOO_FEW;
        for to in (0..copies).filter(|to| *to != number || !has_copy) {
            self.send_copy(id, number, to, Message { op: (at, life), key, version, brings: is_write });
        }
        if has_copy {
            self.note_answer(id, at, number, version);
        }
        if !self.quorums[id as usize].is_live(at, life) {
            return Next::Await { then: self.frames[frame].pc };
        }
        let due = self.now.saturating_add(if wait == 0 { u64::MAX / 4 } else { wait });
        self.quorums[id as usize].keepers[number as usize].pending.push_back((due, at, life));
        self.look_after(id, number);
        Next::Await { then: self.frames[frame].pc }
    }

    /// A version, or a question for one, goes to a replica, unless nothing gets there.
    fn send_copy(&mut self, id: QuorumId, from: u32, to: u32, message: Message) {
        let Message { op, key, version, brings } = message;
        let [sender, instance] = [from, to].map(|number| self.keeper_at(id, number));
        if !self.hears(sender, instance) {
            return;
        }
        let quorum = &mut self.quorums[id as usize];
        quorum.begun += 1;
        let place = quorum.begun;
        let draws = &mut quorum.times.at(place << 2);
        let time = if brings {
            quorum.rules.transfer.draw(draws)
        } else {
            quorum.rules.peer.saturating_add(quorum.rules.jitter.draw(draws))
        };
        let message = Frame {
            instance,
            phase: Phase::Process,
            class: Class::Probe as u8,
            note: op.0,
            cursor: op.1,
            key: version,
            ..Frame::EMPTY
        };
        let Some(message) = self.spawn(message) else { return };
        self.carry_key(message, key);
        let flow = self.sleep(message, time, if brings { BRING } else { ASK });
        self.go_later(flow);
    }

    /// A replica works on what it was sent, as on any query.
    fn work_on_copy(&mut self, frame: FrameId, id: QuorumId, then: Pc) -> Next {
        let instance = self.frames[frame].instance;
        if self.holds(instance, Verb::Partition) || self.holds(instance, Verb::PartitionIn) {
            return Next::Reply(Outcome::Ok);
        }
        let quorum = &mut self.quorums[id as usize];
        quorum.begun += 1;
        let draws = &mut quorum.times.at(quorum.begun << 2 | 1);
        let law = if then == BROUGHT { &quorum.rules.apply } else { &quorum.rules.look };
        Next::Visit { slot: 0, time: law.draw(draws), then }
    }

    /// A replica has kept the version, or found its own, and says so.
    fn confirm(&mut self, frame: FrameId, id: QuorumId) -> Next {
        self.release(frame);
        let Frame { instance, note: op, cursor: life, pc, key: version, .. } = self.frames[frame];
        let (number, key) = (self.number_of(instance), self.data_key(frame));
        let keeper = self.quorums[id as usize].keeper(number);
        let found = if pc == BROUGHT {
            keeper.put(key, version);
            version
        } else {
            keeper.version(key)
        };
        if !self.quorums[id as usize].is_live(op, life) {
            return Next::Reply(Outcome::Ok);
        }
        let coordinator = self.quorums[id as usize].ops[op as usize].coordinator;
        let to = self.keeper_at(id, coordinator);
        if self.hears(instance, to) {
            let quorum = &mut self.quorums[id as usize];
            quorum.told += 1;
            let jitter = quorum.rules.jitter.draw(&mut quorum.times.at(quorum.told << 2 | 2));
            let (peer, key) =
                (quorum.rules.peer.saturating_add(jitter), found << NUMBER_BITS | u64::from(number));
            let (phase, class) = (Phase::Process, Class::Probe as u8);
            let word = Frame { instance: to, phase, class, note: op, cursor: life, key, ..Frame::EMPTY };
            if let Some(word) = self.spawn(word) {
                let flow = self.sleep(word, peer, CONFIRMED);
                self.go_later(flow);
            }
        }
        Next::Reply(Outcome::Ok)
    }

    /// The coordinator hears an answer.
    fn hear_copy(&mut self, frame: FrameId, id: QuorumId) -> Next {
        let Frame { instance, note: op, cursor: life, key, .. } = self.frames[frame];
        let is_cut = self.holds(instance, Verb::Partition) || self.holds(instance, Verb::PartitionIn);
        if self.quorums[id as usize].is_live(op, life) && !is_cut {
            self.note_answer(id, op, (key & ((1 << NUMBER_BITS) - 1)) as u32, key >> NUMBER_BITS);
        }
        Next::Reply(Outcome::Ok)
    }

    /// One more has answered: enough, perhaps, or all.
    fn note_answer(&mut self, id: QuorumId, at: u32, number: u32, version: u64) {
        let copies = self.copies_of(id);
        let quorum = &mut self.quorums[id as usize];
        let op = &mut quorum.ops[at as usize];
        op.from |= 1 << number;
        if op.is_write {
            if op.coordinator == number {
                let (key, version) = (op.key, op.version);
                quorum.keepers[number as usize].put(key, version);
            }
        } else {
            op.version = op.version.max(version);
            op.found.push((number, version));
        }
        let op = &quorum.ops[at as usize];
        let (is_enough, is_all) = (op.answers() >= op.need, op.answers() >= copies);
        if is_enough {
            self.answer_op(id, at);
        }
        if is_all {
            // More were asked for than there are.
            self.fail_op(id, at);
            self.close_op(id, at);
        }
    }

    /// Enough have answered: the call that waits goes on.
    fn answer_op(&mut self, id: QuorumId, at: u32) {
        let quorum = &mut self.quorums[id as usize];
        let op = &mut quorum.ops[at as usize];
        let Some((frame, generation)) = op.waits.take() else { return };
        if self.frames[frame].generation != generation {
            return;
        }
        let (key, version, floor, is_write, copies) =
            (op.key, op.version, op.floor, op.is_write, op.answers());
        let rows = quorum.rows;
        if is_write {
            // One who has given up never hears that it was done.
            if !self.frames[frame].has(Frame::ABANDONED) {
                quorum.acknowledge(key, version, copies);
            }
        } else {
            quorum.counts.stale += u64::from(version < floor);
            let is_older = version < quorum.last(key).written;
            self.read_row(frame, rows);
            if is_older {
                self.frames[frame].note = Self::older(self.frames[frame].note);
            }
        }
        self.frames[frame].pc = ENOUGH;
        self.ready.push_back(frame);
    }

    /// All have answered, or the time is over: who is behind is seen to.
    fn close_op(&mut self, id: QuorumId, at: u32) {
        let copies = self.copies_of(id);
        let quorum = &mut self.quorums[id as usize];
        let op = &mut quorum.ops[at as usize];
        let (coordinator, key, version, is_write, from) =
            (op.coordinator, op.key, op.version, op.is_write, op.from);
        let found = std::mem::take(&mut op.found);
        if is_write {
            for to in (0..copies).filter(|to| from >> to & 1 == 0) {
                let quorum = &mut self.quorums[id as usize];
                quorum.counts.missed += 1;
                let keeper = &mut quorum.keepers[coordinator as usize];
                if quorum.rules.hints && keeper.hints.len() < quorum.rules.keep as usize {
                    keeper.hints.push_back(Hint { to, key, version });
                }
            }
            self.begin_handing(id, coordinator);
        } else if quorum.rules.repair {
            for (to, _) in found.iter().copied().filter(|(_, had)| *had < version) {
                self.quorums[id as usize].counts.repairs += 1;
                if to == coordinator && self.quorums[id as usize].rules.coordinator == Coordinator::Copy {
                    self.quorums[id as usize].keepers[to as usize].put(key, version);
                } else {
                    self.send_copy(id, coordinator, to, Message { op: NO_OP, key, version, brings: true });
                }
            }
        }
        let quorum = &mut self.quorums[id as usize];
        quorum.ops[at as usize].found = found;
        quorum.free(at);
    }

    /// Somebody looks after what waits at a coordinator.
    fn look_after(&mut self, id: QuorumId, number: u32) {
        let keeper = &self.quorums[id as usize].keepers[number as usize];
        let (is_watched, first) = (!keeper.patience.is_none(), keeper.pending.front().copied());
        let (false, Some((due, ..))) = (is_watched, first) else { return };
        let (instance, phase, class) = (self.keeper_at(id, number), Phase::Process, Class::Probe as u8);
        let Some(frame) = self.spawn(Frame { instance, phase, class, ..Frame::EMPTY }) else { return };
        self.quorums[id as usize].keepers[number as usize].patience = frame;
        let flow = self.sleep(frame, due - self.now, IMPATIENT);
        self.go_later(flow);
    }

    /// What has waited for too long is given up.
    fn give_up_late(&mut self, frame: FrameId, id: QuorumId) -> Next {
        let number = self.number_of(self.frames[frame].instance);
        loop {
            let quorum = &mut self.quorums[id as usize];
            let pending = &mut quorum.keepers[number as usize].pending;
            let Some((due, at, life)) = pending.front().copied() else { break };
            let is_live = quorum.is_live(at, life);
            if is_live && due > self.now {
                return Next::Sleep { time: due - self.now, then: IMPATIENT };
            }
            self.quorums[id as usize].keepers[number as usize].pending.pop_front();
            if is_live {
                self.fail_op(id, at);
                self.close_op(id, at);
            }
        }
        self.quorums[id as usize].keepers[number as usize].patience = FrameId::NONE;
        Next::Reply(Outcome::Ok)
    }

    fn fail_op(&mut self, id: QuorumId, at: u32) {
        let quorum = &mut self.quorums[id as usize];
        let Some((frame, generation)) = quorum.ops[at as usize].waits.take() else { return };
        quorum.counts.failed += 1;
        if self.frames[frame].generation == generation {
            self.frames[frame].pc = TOO_FEW;
            self.ready.push_back(frame);
        }
    }

    fn begin_handing(&mut self, id: QuorumId, number: u32) {
        let quorum = &self.quorums[id as usize];
        let (keeper, beat) = (&quorum.keepers[number as usize], quorum.rules.beat);
        if keeper.hints.is_empty() || !keeper.hander.is_none() {
            return;
        }
        let (instance, phase, class) = (self.keeper_at(id, number), Phase::Process, Class::Probe as u8);
        let Some(frame) = self.spawn(Frame { instance, phase, class, ..Frame::EMPTY }) else { return };
        self.quorums[id as usize].keepers[number as usize].hander = frame;
        let flow = self.sleep(frame, beat.max(1), HAND_OVER);
        self.go_later(flow);
    }

    /// Hints go to those who can be reached again.
    fn hand_over(&mut self, frame: FrameId, id: QuorumId) -> Next {
        let instance = self.frames[frame].instance;
        let (number, copies) = (self.number_of(instance), self.copies_of(id));
        let quorum = &mut self.quorums[id as usize];
        let beat = quorum.rules.beat;
        let hints = std::mem::take(&mut quorum.keepers[number as usize].hints);
        let (mut kept, mut sent) = (std::collections::VecDeque::new(), 0);
        for hint in hints {
            if hint.to >= copies {
                continue;
            }
            if sent < HANDED && self.hears(instance, self.keeper_at(id, hint.to)) {
                sent += 1;
                self.quorums[id as usize].counts.handed += 1;
                let Hint { to, key, version } = hint;
                self.send_copy(id, number, to, Message { op: NO_OP, key, version, brings: true });
            } else {
                kept.push_back(hint);
            }
        }
        let is_over = kept.is_empty();
        let keeper = &mut self.quorums[id as usize].keepers[number as usize];
        keeper.hints = kept;
        if is_over {
            keeper.hander = FrameId::NONE;
            return Next::Reply(Outcome::Ok);
        }
        Next::Sleep { time: beat.max(1), then: HAND_OVER }
    }

    /// An instance comes up, with what is on its disk.
    pub(crate) fn join_quorum(&mut self, instance: InstanceId, id: QuorumId) {
        let number = self.number_of(instance);
        self.quorums[id as usize].keeper(number);
        self.begin_handing(id, number);
    }

    /// An instance died: what it coordinated is over, and its disk stays.
    pub(crate) fn leave_quorum(&mut self, instance: InstanceId, id: QuorumId) {
        let number = self.number_of(instance);
        let quorum = &mut self.quorums[id as usize];
        for at in 0..quorum.ops.len() as u32 {
            let op = &quorum.ops[at as usize];
            if op.is_open && op.coordinator == number {
                quorum.free(at);
            }
        }
        let keeper = quorum.keeper(number);
        keeper.pending.clear();
        (keeper.patience, keeper.hander) = (FrameId::NONE, FrameId::NONE);
    }

    /// As the database lists its gauges.
    pub(crate) fn quorum_gauges(&self, id: QuorumId) -> [f64; 7] {
        let counts = &self.quorums[id as usize].counts;
        let all = [
            counts.stale,
            counts.acknowledged,
            counts.failed,
            counts.missed,
            counts.repairs,
            counts.handed,
            counts.lost_updates,
        ];
        all.map(|count| count as f64)
    }

    /// Those who wait for answers wait for nothing else.
    pub(super) fn audit_quorums(&self, mut bump: impl FnMut(FrameId)) -> Result<(), String> {
        for (at, quorum) in self.quorums.iter().enumerate() {
            quorum.audit().map_err(|error| format!("quorum {at}: {error}"))?;
            for (frame, generation) in quorum.ops.iter().filter_map(|op| op.waits) {
                if self.frames[frame].generation == generation {
                    bump(frame);
                }
            }
        }
        Ok(())
    }
}
