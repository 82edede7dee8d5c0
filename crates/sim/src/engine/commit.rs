//! When a write is answered: at once, or once as many replicas as it needs have said that they have it.

use super::flow::Flow;
use super::replicate::{COMMITTED, IMPATIENT, REJECTED};
use super::{Core, Frame, FrameId, Next, Phase};
use crate::observe::{Class, Outcome};
use crate::resource::{GroupId, MAIN, Member, ReadFrom, Replication};

impl Core {
    /// A write takes effect at its primary, which ships it, and answers at once or waits for receipts.
    pub(super) fn append(&mut self, frame: FrameId, id: GroupId) -> Next {
        let (instance, now) = (self.frames[frame].instance, self.now);
        let number = self.number_of(instance);
        let key = self.data_key(frame);
        let group = &self.groups[id as usize];
        let (history, rows) = (group.members[number as usize].history, group.rows);
        if !self.takes_writes(id, number) {
            return Next::Reply(Outcome::Upstream);
        }
        // Versions are those of the history that counts.
        if history == MAIN && self.write_row(frame, rows) == Outcome::Conflict {
            return Next::Reply(Outcome::Conflict);
        }
        if self.groups[id as usize].rules.reads == ReadFrom::OwnWrites {
            self.note_own(id, frame);
        }
        let group = &mut self.groups[id as usize];
        let position = group.histories.append(history, now, key);
        let member = &mut group.members[number as usize];
        (member.received, member.applied, member.taken) = (position, position, position);
        self.ship(id, number, position);
        if self.receipts_needed(id, number) == 0 {
            self.acknowledge(id, number, position, frame);
            return Next::Reply(Outcome::Ok);
        }
        self.release_workers(frame);
        let waits = (position, frame, self.frames[frame].generation);
        self.groups[id as usize].members[number as usize].waiting.push_back(waits);
        self.begin_patience(id, number);
        Next::Await { then: COMMITTED }
    }

    /// The receipts that a commit waits for.
    fn receipts_needed(&self, id: GroupId, number: u32) -> u32 {
        let group = &self.groups[id as usize];
        match group.rules.how {
            _ if group.members[number as usize].gave_up.is_some() => 0,
            Replication::None | Replication::Async | Replication::Quorum => 0,
            Replication::SemiSync => group.rules.receipts,
            Replication::Sync => self.parts[group.part as usize].present.saturating_sub(1),
        }
    }

    /// The writer hears that his write is kept, unless he has given up.
    fn acknowledge(&mut self, id: GroupId, number: u32, position: u64, frame: FrameId) {
        if self.frames[frame].has(Frame::ABANDONED) {
            return;
        }
        let group = &mut self.groups[id as usize];
        let counts = group.histories.acknowledge(group.members[number as usize].history, position);
        group.counts.divergent += u64::from(!counts);
    }

    pub(super) fn receipt(&mut self, frame: FrameId, id: GroupId) -> Next {
        let Frame { instance, note, key: position, cursor, .. } = self.frames[frame];
        let leader = self.number_of(instance);
        let members = &mut self.groups[id as usize].members;
        let term = members[leader as usize].term;
        let follower = &mut members[note as usize];
        if follower.leader == leader && follower.term == term && cursor == term as u16 {
            follower.receipt = follower.receipt.max(position);
            self.settle(id, leader);
        }
        Next::Reply(Outcome::Ok)
    }

    /// How many replicas are known to have a position.
    fn receipts_of(&self, id: GroupId, leader: u32, position: u64) -> u32 {
        let members = &self.groups[id as usize].members;
        let term = members[leader as usize].term;
        let has = |(number, member): &(u32, &Member)| {
            let follows = member.leader == leader && member.term == term && *number != leader;
            follows && member.receipt >= position
        };
        (0..).zip(members).filter(has).count() as u32
    }

    /// Answers the writes that have their receipts.
    pub(super) fn settle(&mut self, id: GroupId, leader: u32) {
        let gave_up = self.groups[id as usize].members[leader as usize].gave_up;
        if let Some(position) = gave_up {
            self.groups[id as usize].members[leader as usize].gave_up = None;
            if self.receipts_of(id, leader, position) < self.receipts_needed(id, leader) {
                self.groups[id as usize].members[leader as usize].gave_up = gave_up;
            }
        }
        let needed = self.receipts_needed(id, leader);
        while let Some((position, frame, generation)) =
            self.groups[id as usize].members[leader as usize].waiting.front().copied()
        {
            if needed > 0 && self.receipts_of(id, leader, position) < needed {
                return;
            }
            self.groups[id as usize].members[leader as usize].waiting.pop_front();
            if self.frames[frame].generation == generation {
                self.acknowledge(id, leader, position, frame);
                self.ready.push_back(frame);
            }
        }
    }

    /// Somebody looks after writes that wait for receipts.
    fn begin_patience(&mut self, id: GroupId, number: u32) {
        let group = &self.groups[id as usize];
        let (wait, member) = (group.rules.commit_wait, &group.members[number as usize]);
        if wait == 0 || !member.patience.is_none() {
            return;
        }
        let (instance, phase, class) = (member.instance, Phase::Process, Class::Probe as u8);
        let Some(frame) = self.spawn(Frame { instance, phase, class, ..Frame::EMPTY }) else { return };
        self.groups[id as usize].members[number as usize].patience = frame;
        let flow: Flow = self.sleep(frame, wait, IMPATIENT);
        self.go_later(flow);
    }

    /// Writes that have waited for too long are answered without their receipts, and so are others until those who
    /// are needed have caught up.
    pub(super) fn lose_patience(&mut self, frame: FrameId, id: GroupId) -> Next {
        let (number, now) = (self.number_of(self.frames[frame].instance), self.now);
        let group = &mut self.groups[id as usize];
        let (wait, member) = (group.rules.commit_wait, &mut group.members[number as usize]);
        let since = |position| group.histories.get(member.history, position).map_or(0, |write| write.at);
        let first = member.waiting.front().map(|(position, ..)| since(*position));
        match first {
            Some(since) if wait > 0 && now < since.saturating_add(wait) => {
                return Next::Sleep { time: since.saturating_add(wait) - now, then: IMPATIENT };
            }
            Some(_) if wait > 0 => {
                member.gave_up = Some(member.received);
                group.counts.given_up += member.waiting.len() as u64;
                member.patience = FrameId::NONE;
                self.settle(id, number);
            }
            _ => member.patience = FrameId::NONE,
        }
        Next::Reply(Outcome::Ok)
    }

    /// Writes that wait at one who is no primary any more come to nothing, as far as their writers know.
    pub(super) fn reject_waiting(&mut self, id: GroupId, number: u32) {
        let waiting = std::mem::take(&mut self.groups[id as usize].members[number as usize].waiting);
        for (_, frame, generation) in waiting {
            if self.frames[frame].generation == generation {
                self.frames[frame].pc = REJECTED;
                self.ready.push_back(frame);
            }
        }
    }
}
