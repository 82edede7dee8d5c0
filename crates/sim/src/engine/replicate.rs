//! How a replicated database writes, ships, applies and reads.
//!
//! The primary writes down what it takes in, and every replica gets it after a time of its own, in order, and applies
//! it with workers that its reads need too. What is under way to a replica dies with the process that sends it. Who
//! leads, and how that changes, is in `failover.rs`.

use super::{Core, Frame, FrameId, InstanceId, Next, Ns, Pc, Phase};
use crate::observe::{Class, Outcome};
use crate::resource::{Applier, GroupId, ReadFrom, Replication};
use crate::system::Verb;

/// A write has been worked on, and is written down.
pub(crate) const APPEND: Pc = 64;
/// It has the receipts that it needs.
pub(crate) const COMMITTED: Pc = 65;
/// The primary that took it in is none any more.
pub(super) const REJECTED: Pc = 66;
/// A read has been worked on.
pub(crate) const SEEN: Pc = 67;
/// What was shipped arrives at a replica.
pub(super) const RECEIVE: Pc = 68;
pub(super) const APPLY: Pc = 69;
const APPLIED: Pc = 70;
/// A primary hears how far a replica is.
const RECEIPT: Pc = 71;
/// A primary looks whether a commit has waited for too long.
pub(super) const IMPATIENT: Pc = 72;
/// A member sends its word, or looks whether it has heard one.
pub(super) const TICK: Pc = 73;
/// A replica becomes the primary.
pub(super) const RISE: Pc = 74;

impl Core {
    /// What happens next to a call to a replicated database, or to what its instances do of themselves.
    pub(crate) fn step_group(&mut self, frame: FrameId, id: GroupId) -> Next {
        match self.frames[frame].pc {
            APPEND => self.append(frame, id),
            COMMITTED => Next::Reply(Outcome::Ok),
            REJECTED => Next::Reply(Outcome::Upstream),
            SEEN => self.see(frame, id),
            RECEIVE => self.receive(frame, id),
            APPLY => self.apply(frame, id),
            APPLIED => self.applied(frame, id),
            RECEIPT => self.receipt(frame, id),
            IMPATIENT => self.lose_patience(frame, id),
            TICK => self.tick(frame, id),
            _ => self.rise(frame, id),
        }
    }

    pub(super) fn number_of(&self, instance: InstanceId) -> u32 {
        self.instances[instance.0 as usize].number
    }

    /// Whether a message from one member to another would arrive.
    pub(super) fn reaches(&self, id: GroupId, from: u32, to: u32) -> bool {
        let group = &self.groups[id as usize];
        let [from, to] = [from, to].map(|number| group.members[number as usize].instance);
        self.hears(from, to)
    }

    /// Whether a message from one instance of a database to another would arrive.
    pub(super) fn hears(&self, from: InstanceId, to: InstanceId) -> bool {
        if !self.is_up(from) || !self.is_up(to) {
            return false;
        }
        let is_cut = |instance, way| self.holds(instance, Verb::Partition) || self.holds(instance, way);
        !is_cut(from, Verb::PartitionOut) && !is_cut(to, Verb::PartitionIn)
    }

    /// Whether an instance takes writes.
    pub(crate) fn takes_writes(&mut self, id: GroupId, number: u32) -> bool {
        let group = &mut self.groups[id as usize];
        let takes = group.members[number as usize].is_primary;
        group.counts.misdirected += u64::from(!takes);
        takes
    }

    /// The instance that a caller takes for the right one. Nobody tells callers who lives; a replica that its
    /// primary has lost gets no reads.
    pub(super) fn route_to_member(&mut self, id: GroupId, caller: FrameId) -> InstanceId {
        let class = Class::from_index(self.frames[caller].class);
        let reads = self.groups[id as usize].rules.reads;
        let to_primary = match (class, reads) {
            (Class::Write, _) | (Class::Read | Class::Static, ReadFrom::Primary) => true,
            (Class::Read | Class::Static, ReadFrom::OwnWrites) => self.has_just_written(id, caller),
            _ => false,
        };
        let number = if to_primary {
            self.primary_for(id, self.frames[caller].key)
        } else {
            self.replica_in_turn(id, caller, class == Class::Probe || reads == ReadFrom::Any)
        };
        self.groups[id as usize]
            .members
            .get(number as usize)
            .map_or(InstanceId::NONE, |member| member.instance)
    }

    /// Whom callers take for the primary: where two claim to be it, each gets half.
    fn primary_for(&mut self, id: GroupId, key: u64) -> u32 {
        let now = self.now;
        let (group, instances) = (&self.groups[id as usize], &self.instances);
        let claims = |number: &u32| {
            let member = &group.members[*number as usize];
            let is_up = instances[member.instance.0 as usize].state.is_up();
            member.is_primary && member.claims <= now && is_up
        };
        let mut all = (0..group.members.len() as u32).filter(claims);
        let Some(first) = all.next() else { return group.address };
        let (mut last, mut count) = (first, 1);
        for next in all {
            count += 1;
            if group.members[next as usize].claims >= group.members[last as usize].claims {
                last = next;
            }
        }
        let address = if count == 1 {
            first
        } else {
            let mut claimants = (0..group.members.len() as u32).filter(claims);
            claimants.nth((super::mix64(key) % count) as usize).unwrap_or(first)
        };
        self.groups[id as usize].address = last;
        address
    }

    fn replica_in_turn(&mut self, id: GroupId, caller: FrameId, with_primary: bool) -> u32 {
        let primary = self.primary_for(id, self.frames[caller].key);
        let group = &mut self.groups[id as usize];
        let count = (self.parts[group.part as usize].present).min(group.members.len() as u32).max(1);
        for step in 0..count {
            let number = (group.turn + step) % count;
            let member = &group.members[number as usize];
            if number == primary && with_primary || number != primary && member.connected && !member.copies {
                group.turn = number + 1;
                return number;
            }
        }
        primary
    }

    fn has_just_written(&self, id: GroupId, caller: FrameId) -> bool {
        let group = &self.groups[id as usize];
        let (user, now) = (self.user_of(caller).0, self.now);
        let wrote = group.own.iter().filter_map(|own| own.get(user)).max();
        wrote.is_some_and(|at| now - at < group.rules.own)
    }

    pub(super) fn note_own(&mut self, id: GroupId, frame: FrameId) {
        let (user, now) = (self.user_of(frame).0, self.now);
        let group = &mut self.groups[id as usize];
        // What is older than the time that counts goes all at once.
        if now - group.own_since >= group.rules.own {
            group.own_since = now;
            group.own.swap(0, 1);
            group.own[0].clear();
        }
        group.own[0].put(user, now);
    }

    /// Sends what was written to all replicas that the primary has a connection to.
    pub(super) fn ship(&mut self, id: GroupId, from: u32, upto: u64) {
        for to in 0..self.groups[id as usize].members.len() as u32 {
            let member = &self.groups[id as usize].members[to as usize];
            if to == from || !member.connected || member.leader != from {
                continue;
            }
            if self.reaches(id, from, to) {
                self.send_upto(id, to, upto, 0);
            } else {
                self.disconnect(id, to);
            }
        }
    }

    /// Everything up to a position is under way to a replica; it comes no earlier than what was sent before.
    pub(super) fn send_upto(&mut self, id: GroupId, to: u32, upto: u64, more: Ns) {
        let now = self.now;
        let group = &mut self.groups[id as usize];
        if !group.rules.ships {
            return;
        }
        let place = upto.wrapping_mul(1 << 10).wrapping_add(u64::from(to));
        let time = group.rules.transfer.draw(&mut group.transfers.at(place));
        let member = &mut group.members[to as usize];
        let due = now.saturating_add(time).saturating_add(more).max(member.last_due);
        member.last_due = due;
        member.transit.push_back((due, upto));
        let (is_first, receiver) = (member.transit.len() == 1, member.receiver);
        if is_first && !receiver.is_none() {
            self.reschedule(receiver, due);
        }
    }

    /// A replica has lost its primary, or the other way round: what was under way is gone.
    pub(super) fn disconnect(&mut self, id: GroupId, number: u32) {
        let member = &mut self.groups[id as usize].members[number as usize];
        member.connected = false;
        member.transit.clear();
    }

    fn receive(&mut self, frame: FrameId, id: GroupId) -> Next {
        let (number, now) = (self.number_of(self.frames[frame].instance), self.now);
        let member = &self.groups[id as usize].members[number as usize];
        let leader = member.leader;
        match member.transit.front() {
            None => return Next::Await { then: RECEIVE },
            Some((due, _)) if *due > now => return Next::Sleep { time: due - now, then: RECEIVE },
            Some(_) => {}
        }
        if !self.reaches(id, leader, number) {
            self.disconnect(id, number);
            return Next::Await { then: RECEIVE };
        }
        let member = &mut self.groups[id as usize].members[number as usize];
        while let Some((_, upto)) = member.transit.pop_front_if(|(due, _)| *due <= now) {
            member.received = member.received.max(upto);
            member.copies = false;
        }
        let (received, next) = (member.received, member.transit.front().copied());
        self.feed(id, number);
        if self.groups[id as usize].rules.how == Replication::SemiSync {
            self.send_receipt(id, number, received);
        }
        match next {
            Some((due, _)) => Next::Sleep { time: due - now, then: RECEIVE },
            None => Next::Await { then: RECEIVE },
        }
    }

    /// Gives whoever applies writes something to apply.
    pub(super) fn feed(&mut self, id: GroupId, number: u32) {
        self.mend_appliers(id, number);
        let most = self.groups[id as usize].rules.appliers as usize;
        for at in 0..most {
            let Some(applier) = self.groups[id as usize].members[number as usize].appliers.get(at).copied()
            else {
                return;
            };
            if applier.position == 0 && self.take_next(id, number, at) {
                self.ready.push_back(applier.frame);
            }
        }
    }

    /// Takes the next write for one that applies; false where there is none.
    fn take_next(&mut self, id: GroupId, number: u32, at: usize) -> bool {
        let member = &mut self.groups[id as usize].members[number as usize];
        // As many as there are bits for.
        if member.taken >= member.received || member.taken - member.applied >= 63 {
            return false;
        }
        member.taken += 1;
        let (life, position) = (member.life, member.taken);
        let Some(applier) = member.appliers.get_mut(at) else { return false };
        applier.position = position;
        let row = &mut self.frames[applier.frame];
        (row.key, row.cursor, row.pc) = (position, life, APPLY);
        true
    }

    /// There are as many appliers as there should be. One that was shed from a full queue begins again.
    fn mend_appliers(&mut self, id: GroupId, number: u32) {
        let group = &self.groups[id as usize];
        let (most, member) = (group.rules.appliers as usize, &group.members[number as usize]);
        let instance = member.instance;
        for at in 0..most {
            let known = self.groups[id as usize].members[number as usize].appliers.get(at).copied();
            if known.is_some_and(|one| self.frames[one.frame].generation == one.generation) {
                continue;
            }
            let (phase, class, note) = (Phase::Process, Class::Probe as u8, at as u32);
            let fresh = Frame { instance, phase, class, note, pc: APPLY, ..Frame::EMPTY };
            let Some(frame) = self.spawn(fresh) else { return };
            let one = Applier { frame, generation: self.frames[frame].generation, position: 0 };
            let member = &mut self.groups[id as usize].members[number as usize];
            match member.appliers.get_mut(at) {
                Some(place) => *place = one,
                None => member.appliers.push(one),
            }
            if known.is_some() {
                // What it was at is begun anew, and what others are at as well.
                let received = member.received;
                let applied = member.applied;
                member.has_upto(applied);
                member.received = received;
            }
        }
    }

    fn apply(&mut self, frame: FrameId, id: GroupId) -> Next {
        let Frame { instance, note, .. } = self.frames[frame];
        let number = self.number_of(instance);
        let group = &self.groups[id as usize];
        let applier = group.members[number as usize].appliers.get(note as usize);
        let Some(position) = applier.map(|one| one.position).filter(|position| *position > 0) else {
            return Next::Await { then: APPLY };
        };
        let place = position.wrapping_mul(1 << 10).wrapping_add(u64::from(number));
        let time = group.rules.apply.draw(&mut group.applies.at(place));
        Next::Visit { slot: 0, time, then: APPLIED }
    }

    fn applied(&mut self, frame: FrameId, id: GroupId) -> Next {
        self.release(frame);
        let Frame { instance, note, cursor, .. } = self.frames[frame];
        let (number, at) = (self.number_of(instance), note as usize);
        let group = &mut self.groups[id as usize];
        let how = group.rules.how;
        let member = &mut group.members[number as usize];
        let position = member.appliers.get_mut(at).map_or(0, |one| std::mem::take(&mut one.position));
        if cursor == member.life && position > member.applied {
            member.applied_one(position);
            let applied = member.applied;
            if how == Replication::Sync {
                self.send_receipt(id, number, applied);
            }
            self.poke_riser(id, number);
        }
        if at < self.groups[id as usize].rules.appliers as usize && self.take_next(id, number, at) {
            return self.apply(frame, id);
        }
        Next::Await { then: APPLY }
    }

    /// Tells the primary how far a replica is.
    fn send_receipt(&mut self, id: GroupId, number: u32, position: u64) {
        let group = &self.groups[id as usize];
        let (member, peer) = (&group.members[number as usize], group.rules.peer);
        let (leader, term) = (member.leader, member.term);
        if leader == number || !self.reaches(id, number, leader) {
            return;
        }
        let instance = self.groups[id as usize].members[leader as usize].instance;
        let (phase, class) = (Phase::Process, Class::Probe as u8);
        let word = Frame {
            instance,
            phase,
            class,
            note: number,
            key: position,
            cursor: term as u16,
            ..Frame::EMPTY
        };
        let Some(word) = self.spawn(word) else { return };
        let flow = self.sleep(word, peer, RECEIPT);
        self.go_later(flow);
    }

    /// A read sees what its instance has applied, which may be older than what was acknowledged.
    fn see(&mut self, frame: FrameId, id: GroupId) -> Next {
        let number = self.number_of(self.frames[frame].instance);
        let key = self.data_key(frame);
        let group = &mut self.groups[id as usize];
        if group.members[number as usize].copies {
            return Next::Reply(Outcome::Upstream);
        }
        let (last, visible, rows) = (group.histories.last(key), group.visible(number), group.rows);
        group.counts.reads += 1;
        group.counts.stale += u64::from(last.acknowledged > visible);
        self.read_row(frame, rows);
        if last.written > visible {
            self.frames[frame].note = Self::older(self.frames[frame].note);
        }
        Next::Reply(Outcome::Ok)
    }

    /// As the database lists its gauges.
    pub(crate) fn group_gauges(&self, id: GroupId) -> [f64; 13] {
        let group = &self.groups[id as usize];
        let is_up = |instance| self.is_up(instance);
        let (behind, lag) = group.lag(is_up, self.now);
        let primaries = group.members.iter().filter(|member| member.is_primary && is_up(member.instance));
        let (fates, counts) = (group.histories.fates(), &group.counts);
        [
            primaries.count() as f64,
            lag as f64 / 1e6,
            behind as f64,
            counts.stale as f64,
            fates.acknowledged as f64,
            fates.kept as f64,
            fates.lost as f64,
            counts.divergent as f64,
            counts.failovers as f64,
            counts.outage as f64 / 1e9,
            counts.misdirected as f64,
            counts.given_up as f64,
            counts.copies as f64,
        ]
    }

    /// Those who wait for receipts wait for nothing else.
    pub(super) fn audit_groups(&self, mut bump: impl FnMut(FrameId)) -> Result<(), String> {
        for (at, group) in self.groups.iter().enumerate() {
            group.histories.audit().map_err(|error| format!("group {at}: {error}"))?;
            for member in &group.members {
                let head = group.histories.head(member.history);
                let in_order = member.applied <= member.taken && member.taken <= member.received;
                if !in_order || member.received > head || member.is_primary && member.received != head {
                    return Err(format!("group {at}: a member is at no place of its history: {member:?}"));
                }
                for (_, frame, generation) in &member.waiting {
                    if self.frames[*frame].generation == *generation {
                        bump(*frame);
                    }
                }
            }
        }
        Ok(())
    }
}
