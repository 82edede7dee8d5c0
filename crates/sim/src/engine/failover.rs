//! Who leads a replicated database: words of the primary, replicas that miss them, the choice of the most advanced,
//! and what the others do when they hear of it.
//!
//! Terms and the rule that a higher one ends a lower one are those of D. Ongaro, J. Ousterhout: In search of an
//! understandable consensus algorithm, USENIX ATC 2014. A majority is only asked for where the group is set so.

use super::replicate::{RECEIVE, RISE, TICK};
use super::{Core, Frame, FrameId, InstanceId, Next, Ns, Phase, Stream};
use crate::observe::{Class, Outcome, What};
use crate::resource::{
    Fencing, GroupCounts, GroupId, GroupRules, Histories, MAIN, Member, Place, Placement, Replicas,
    Replication,
};
use crate::system::Target;

/// The purposes of a group's streams.
const TRANSFERS: u32 = 0x7472_616e;
const APPLIES: u32 = 0x6170_706c;
const PHASES: u32 = 0x7068_6173;

impl Core {
    /// The instances of a database replicate by these rules from now on.
    pub(crate) fn replicate(
        &mut self,
        part: u32,
        known: Option<GroupId>,
        rules: GroupRules,
        rows: u32,
    ) -> GroupId {
        let how = rules.how;
        let id = known.unwrap_or_else(|| {
            let stream = |purpose| Stream::new(self.seed, self.parts[part as usize].id, purpose);
            self.groups.push(Replicas {
                part,
                rules: rules.clone(),
                transfers: stream(TRANSFERS),
                applies: stream(APPLIES),
                phases: stream(PHASES),
                members: Vec::new(),
                histories: Histories::default(),
                rows,
                address: 0,
                turn: 0,
                own: Default::default(),
                own_since: 0,
                counts: GroupCounts::default(),
            });
            self.groups.len() as GroupId - 1
        });
        self.groups[id as usize].rules = rules;
        let placement = if how == Replication::None { Placement::InTurn } else { Placement::Group(id) };
        self.parts[part as usize].placement = placement;
        // Who waited for receipts that nobody asks for any more goes on.
        for number in 0..self.groups[id as usize].members.len() as u32 {
            self.settle(id, number);
        }
        // Instances that were there before replicate from now on.
        for instance in self.parts[part as usize].instances.clone() {
            let number = self.number_of(instance) as usize;
            if self.is_up(instance)
                && self.groups[id as usize].members.get(number).is_none_or(|one| one.ticker.is_none())
            {
                self.join_group(instance, id);
            }
        }
        id
    }

    /// An instance comes up, with what is on its disk.
    pub(crate) fn join_group(&mut self, instance: InstanceId, id: GroupId) {
        let (number, now) = (self.number_of(instance), self.now);
        let group = &mut self.groups[id as usize];
        while group.members.len() <= number as usize {
            let at = group.members.len();
            let owner = self.parts[group.part as usize].instances.get(at).copied().unwrap_or(instance);
            let mut member = Member::new(owner, now);
            // The first of all is the first primary.
            (member.is_primary, member.claims) = if at == 0 { (true, now) } else { (false, Ns::MAX) };
            group.members.push(member);
        }
        let member = &mut group.members[number as usize];
        member.taken = member.applied;
        (member.done, member.alone, member.heard) = (0, 0, now);
        member.life = member.life.wrapping_add(1);
        (member.rises, member.gave_up, member.fenced) = (None, None, false);
        member.appliers.clear();
        let phase = group.phases.at(u64::from(number) ^ now).below(u32::MAX);
        let first = ((u128::from(group.rules.beat) * u128::from(phase)) >> 32) as Ns;
        let is_primary = group.members[number as usize].is_primary;
        let fresh = Frame { instance, phase: Phase::Process, class: Class::Probe as u8, ..Frame::EMPTY };
        let receiver = self.spawn(Frame { pc: RECEIVE, ..fresh }).unwrap_or(FrameId::NONE);
        let ticker = self.spawn(Frame { pc: TICK, ..fresh }).unwrap_or(FrameId::NONE);
        let member = &mut self.groups[id as usize].members[number as usize];
        (member.receiver, member.ticker) = (receiver, ticker);
        if !ticker.is_none() {
            let delay = if is_primary { first } else { self.patience_of(id) };
            self.reschedule(ticker, now.saturating_add(delay));
        }
        let members = 0..self.groups[id as usize].members.len() as u32;
        let leads = |core: &Self, other: u32| {
            core.groups[id as usize].members[other as usize].is_primary
                && core.hear_each_other(id, number, other)
        };
        // It connects to whoever leads.
        if let Some(leader) = members.into_iter().find(|other| leads(self, *other)) {
            self.send_words(id, leader);
        }
        self.feed(id, number);
    }

    /// An instance died. Its log is on disk; what was under way to it and from it is gone.
    pub(crate) fn leave_group(&mut self, instance: InstanceId, id: GroupId) {
        let number = self.number_of(instance);
        let Some(member) = self.groups[id as usize].members.get_mut(number as usize) else { return };
        (member.receiver, member.ticker, member.patience) = (FrameId::NONE, FrameId::NONE, FrameId::NONE);
        member.waiting.clear();
        member.appliers.clear();
        (member.rises, member.taken, member.done) = (None, member.applied, 0);
        self.disconnect(id, number);
        for other in 0..self.groups[id as usize].members.len() as u32 {
            let follower = &self.groups[id as usize].members[other as usize];
            if follower.leader == number && other != number {
                self.disconnect(id, other);
            }
        }
    }

    /// Without a word for so long, a primary counts as gone.
    fn patience_of(&self, id: GroupId) -> Ns {
        let rules = &self.groups[id as usize].rules;
        rules.beat.saturating_mul(u64::from(rules.misses)).max(1)
    }

    /// A primary says that it lives; a replica looks whether one does.
    pub(super) fn tick(&mut self, frame: FrameId, id: GroupId) -> Next {
        let (number, now) = (self.number_of(self.frames[frame].instance), self.now);
        let beat = self.groups[id as usize].rules.beat;
        self.feed(id, number);
        if self.groups[id as usize].rules.how == Replication::None {
            return Next::Sleep { time: self.patience_of(id), then: TICK };
        }
        if self.groups[id as usize].members[number as usize].is_primary {
            self.send_words(id, number);
            self.trim(id);
            if self.is_left_alone(id, number) {
                self.step_down(id, number);
            }
            return Next::Sleep { time: beat.max(1), then: TICK };
        }
        let patience = self.patience_of(id);
        let due = self.groups[id as usize].members[number as usize].heard.saturating_add(patience);
        if now < due {
            return Next::Sleep { time: due - now, then: TICK };
        }
        self.elect(id, number);
        Next::Sleep { time: patience, then: TICK }
    }

    /// A primary's word goes to all whom it reaches; it hears from them whether somebody else leads.
    fn send_words(&mut self, id: GroupId, from: u32) {
        let (now, peer) = (self.now, self.groups[id as usize].rules.peer);
        for to in 0..self.groups[id as usize].members.len() as u32 {
            if to == from {
                continue;
            }
            if !self.reaches(id, from, to) {
                if self.groups[id as usize].members[to as usize].leader == from {
                    self.disconnect(id, to);
                }
                continue;
            }
            let members = &self.groups[id as usize].members;
            let (mine, theirs) = (members[from as usize].term, members[to as usize].term);
            if theirs > mine {
                if self.reaches(id, to, from) {
                    self.groups[id as usize].members[from as usize].term = theirs;
                    self.step_down(id, from);
                    return;
                }
                continue;
            }
            if theirs < mine && members[to as usize].is_primary {
                self.step_down(id, to);
            }
            let member = &mut self.groups[id as usize].members[to as usize];
            let is_new = theirs < mine || member.leader != from;
            (member.term, member.leader) = (mine, from);
            member.heard = now.saturating_add(peer);
            member.fenced = false;
            if is_new || !member.connected {
                self.connect(id, from, to);
            }
        }
    }

    /// A replica begins to follow a primary: it gives up what that one has not, and gets what it lacks.
    fn connect(&mut self, id: GroupId, from: u32, to: u32) {
        self.disconnect(id, to);
        let copy = self.groups[id as usize].rules.copy;
        let group = &mut self.groups[id as usize];
        let (history, has) = (group.members[from as usize].history, group.members[from as usize].received);
        let member = &mut group.members[to as usize];
        member.connected = true;
        member.last_due = 0;
        if member.history != history {
            let common = group.histories.base(history).min(group.histories.base(member.history));
            let common = common.min(member.received);
            let applied = member.applied.min(common);
            member.has_upto(common);
            (member.applied, member.taken) = (applied, applied);
            member.history = history;
        } else if member.received > has {
            let applied = member.applied.min(has);
            member.has_upto(has);
            (member.applied, member.taken) = (applied, applied);
        }
        member.receipt = 0;
        let needs_copy = member.copies || member.applied < group.histories.start();
        if needs_copy {
            member.has_upto(has);
            member.copies = true;
            group.counts.copies += 1;
        }
        let lacks = has > group.members[to as usize].received || needs_copy;
        self.forget_forks(id);
        if lacks {
            self.send_upto(id, to, has, if needs_copy { copy } else { 0 });
        }
        self.feed(id, to);
    }

    fn forget_forks(&mut self, id: GroupId) {
        let Replicas { members, histories, .. } = &mut self.groups[id as usize];
        histories.forget_forks(|history| members.iter().any(|member| member.history == history));
    }

    /// Forgets what all have applied, and more where the log is full.
    fn trim(&mut self, id: GroupId) {
        let present = self.parts[self.groups[id as usize].part as usize].present as usize;
        let Replicas { members, histories, rules, .. } = &mut self.groups[id as usize];
        let applied = members.iter().take(present).map(|member| {
            let first = member.waiting.front().map_or(u64::MAX, |(position, ..)| position - 1);
            member.applied.min(histories.base(member.history)).min(first)
        });
        let all = applied.min().unwrap_or(0);
        let waiting =
            members.iter().filter_map(|member| member.waiting.front().map(|(position, ..)| position - 1));
        let full = histories.head(MAIN).saturating_sub(u64::from(rules.log));
        let upto = all.max(full.min(waiting.min().unwrap_or(u64::MAX)));
        histories.trim(upto);
    }

    /// Whether a primary has not reached a majority for so long that it must assume another.
    fn is_left_alone(&mut self, id: GroupId, number: u32) -> bool {
        if self.groups[id as usize].rules.fencing != Fencing::Majority {
            return false;
        }
        let has = self.has_majority(id, number);
        let group = &mut self.groups[id as usize];
        let member = &mut group.members[number as usize];
        member.alone = if has { 0 } else { member.alone + 1 };
        member.alone >= group.rules.misses
    }

    fn has_majority(&self, id: GroupId, number: u32) -> bool {
        let present = self.parts[self.groups[id as usize].part as usize].present;
        let reached = (0..present).filter(|other| self.hear_each_other(id, number, *other)).count() as u32;
        reached * 2 > present
    }

    fn hear_each_other(&self, id: GroupId, one: u32, other: u32) -> bool {
        let Some(member) = self.groups[id as usize].members.get(other as usize) else { return false };
        let answers = !member.fenced && !self.instances[member.instance.0 as usize].is_paused;
        answers && (one == other || self.reaches(id, one, other) && self.reaches(id, other, one))
    }

    /// A primary is none any more: the writes that wait there come to nothing.
    pub(super) fn step_down(&mut self, id: GroupId, number: u32) {
        let now = self.now;
        let member = &mut self.groups[id as usize].members[number as usize];
        if !member.is_primary {
            return;
        }
        (member.is_primary, member.claims, member.heard, member.alone) = (false, Ns::MAX, now, 0);
        self.reject_waiting(id, number);
    }

    /// A replica that has not heard of its primary asks the others; the most advanced of those who agree rises.
    fn elect(&mut self, id: GroupId, number: u32) {
        let (now, patience) = (self.now, self.patience_of(id));
        let group = &self.groups[id as usize];
        if group.members[number as usize].fenced {
            return;
        }
        let present = self.parts[group.part as usize].present;
        let near = |other: &u32| self.hear_each_other(id, number, *other);
        let voters = || (0..present).filter(near);
        let is_content = |other: &u32| {
            let member = &group.members[*other as usize];
            member.is_primary || now < member.heard.saturating_add(patience) && *other != number
        };
        let is_rising = |other: &u32| {
            let rises = group.members[*other as usize].rises;
            rises.is_some_and(|(frame, generation, _)| self.frames[frame].generation == generation)
        };
        if voters().any(|other| is_content(&other) || is_rising(&other)) {
            return;
        }
        let (reached, present) = (voters().count() as u32, present);
        let may = match group.rules.fencing {
            Fencing::None => true,
            // Where each has half, who is faster stops the other.
            Fencing::Fence => reached * 2 >= present,
            Fencing::Majority => reached * 2 > present,
        };
        if !may {
            return;
        }
        let start = group.histories.start();
        let fits = |other: &u32| {
            let member = &group.members[*other as usize];
            !member.copies && member.received >= start && group.histories.base(member.history) >= start
        };
        let term = voters().map(|other| group.members[other as usize].term).max().unwrap_or(0) + 1;
        let rank = |other: &u32| (group.members[*other as usize].received, u32::MAX - other);
        let Some(best) = voters().filter(fits).max_by_key(rank) else { return };
        let (instance, rules) = (group.members[best as usize].instance, &group.rules);
        let time = rules.promote.saturating_add(rules.peer.saturating_mul(2));
        let (phase, class) = (Phase::Process, Class::Probe as u8);
        let Some(frame) = self.spawn(Frame { instance, phase, class, ..Frame::EMPTY }) else { return };
        let generation = self.frames[frame].generation;
        self.groups[id as usize].members[best as usize].rises = Some((frame, generation, term));
        let flow = self.sleep(frame, time, RISE);
        self.go_later(flow);
    }

    /// One that rises goes on once it has applied everything.
    pub(super) fn poke_riser(&mut self, id: GroupId, number: u32) {
        let member = &self.groups[id as usize].members[number as usize];
        if let Some((frame, generation, _)) = member.rises
            && member.applied == member.received
            && self.frames[frame].generation == generation
            && self.frames[frame].then == RISE
        {
            self.frames[frame].then = 0;
            self.ready.push_back(frame);
        }
    }

    pub(super) fn rise(&mut self, frame: FrameId, id: GroupId) -> Next {
        let (number, now) = (self.number_of(self.frames[frame].instance), self.now);
        let patience = self.patience_of(id);
        let member = &mut self.groups[id as usize].members[number as usize];
        let Some((_, _, term)) = member.rises else { return Next::Reply(Outcome::Ok) };
        let has_heard = now < member.heard.saturating_add(patience);
        if member.term >= term || has_heard || member.is_primary || member.copies {
            member.rises = None;
            return Next::Reply(Outcome::Ok);
        }
        // What is still under way comes from one that is gone.
        self.disconnect(id, number);
        let member = &self.groups[id as usize].members[number as usize];
        if member.applied < member.received {
            self.frames[frame].then = RISE;
            self.feed(id, number);
            return Next::Await { then: RISE };
        }
        self.groups[id as usize].members[number as usize].rises = None;
        self.become_primary(id, number, term);
        Next::Reply(Outcome::Ok)
    }

    fn become_primary(&mut self, id: GroupId, number: u32, term: u64) {
        let now = self.now;
        if self.groups[id as usize].rules.fencing == Fencing::Fence {
            for other in 0..self.groups[id as usize].members.len() as u32 {
                self.groups[id as usize].members[other as usize].fenced |=
                    self.groups[id as usize].members[other as usize].is_primary;
                self.step_down(id, other);
            }
        }
        let Replicas { members, histories, rules, counts, rows, .. } = &mut self.groups[id as usize];
        let place = |one: &Member| Place { history: one.history, last: one.received, writes: one.is_primary };
        let mut places: Vec<Place> = members.iter().map(place).collect();
        let Place { history: of, last: position, .. } = places[number as usize];
        let lost_before = histories.fates().lost;
        let changed = histories.choose(of, position, &mut places);
        let lost = histories.fates().lost.saturating_sub(lost_before);
        for (member, place) in members.iter_mut().zip(places) {
            member.history = place.history;
        }
        let member = &mut members[number as usize];
        counts.failovers += 1;
        let after = now.saturating_add(rules.repoint).saturating_sub(member.heard);
        counts.outage = counts.outage.max(after);
        (member.is_primary, member.term, member.leader) = (true, term, number);
        (member.history, member.claims) = (MAIN, now.saturating_add(rules.repoint));
        (member.alone, member.gave_up) = (0, None);
        let (ticker, rows) = (member.ticker, *rows);
        let target = Target::one(self.parts[self.groups[id as usize].part as usize].id, number + 1);
        // What was lost was read by somebody, perhaps: it is not the version that it was.
        for key in changed {
            self.rows[rows as usize].write(key);
        }
        self.tell(What::Promoted { target, after, lost });
        self.forget_forks(id);
        if !ticker.is_none() {
            self.frames[ticker].pc = TICK;
            self.reschedule(ticker, now);
        }
    }
}
