//! Several calls at once, and the join that waits for them.
//!
//! Each call is a branch: a frame of the caller's instance that makes this one call, with the attempts,
//! copies and connections that the policy of its edge says, and that tells the join how it ended. The join
//! is a frame too, between the caller and the branches, which stand in a ring behind it. It lets the caller
//! go on as soon as enough branches have had a good answer, or as soon as too few can; those still out are
//! then called off or left behind, as their edges say.
//!
//! A branch draws at a position of its own, and the first at that of a single call: more copies shift
//! nobody's draws.

use super::calendar::{Entry, Tag};
use super::cx::{JOINED, TRIED};
use super::flow::{Flow, Timeouts, next_visit};
use super::policy::Extra;
use super::{Core, Frame, FrameId, InstanceId, Pc, Phase, mix64};
use crate::network::{EdgeSlot, NOBODY};
use crate::observe::Outcome;

/// No caller has more calls under way at once than this.
pub(crate) const MOST_BRANCHES: u32 = 2_000;

/// Tells the branches of one call apart: the square root of seven in 64 bits.
const BRANCH: u64 = 0xa54f_f53a_5f1d_36f1;

/// The position of a branch, by that of the call.
const fn branch_key(key: u64, number: u32) -> u64 {
    if number == 0 { key } else { mix64(key ^ BRANCH.wrapping_mul(number as u64)) }
}

impl Core {
    /// Makes a call as the edge's policy says: once, or several times at once.
    pub(super) fn call_as_ruled(&mut self, caller: FrameId, extra: Extra) -> Flow {
        let (copies, need) = self.copies_on(extra.edge);
        if copies == 1 {
            return self.begin_by_policy(caller, extra);
        }
        let Some(join) = self.open_join(caller, extra.then, copies) else {
            self.frames[caller].pc = extra.then;
            self.frames[caller].outcome = Outcome::Guarded as u8;
            return Flow::go(caller);
        };
        let key = next_visit(&self.frames[caller]);
        let mut of_branch = Extra { then: JOINED, ..extra };
        for number in 0..copies {
            let key = branch_key(key, number);
            if number > 0 && extra.view != NOBODY {
                let other = self.choose_again(&of_branch, key, Some(extra.edge));
                of_branch = other.unwrap_or(of_branch);
            }
            let branch = self.open_branch(join, key);
            let flow = self.begin_by_policy(branch, of_branch);
            self.go_later(flow);
        }
        self.begin_join(join, need);
        Flow::WAIT
    }

    /// How many copies of a call go over an edge at once, and how many good answers suffice.
    fn copies_on(&self, edge: EdgeSlot) -> (u32, u32) {
        let rules = self.edge(edge).policy.map(|row| self.policies[row as usize].rules);
        rules.map_or((1, 1), |rules| {
            let need = if rules.need == 0 { rules.fan_out } else { rules.need.min(rules.fan_out) };
            (rules.fan_out, need)
        })
    }

    /// Sends a call whose answer nobody awaits, as many times as the policy of its edge says.
    pub(crate) fn cast(&mut self, caller: FrameId, edge: EdgeSlot, to: Option<InstanceId>) {
        self.cast_one(caller, edge, to, None);
        let (copies, _) = self.copies_on(edge);
        let key = next_visit(&self.frames[caller]);
        self.steps_now = self.steps_now.saturating_add(copies);
        for number in 1..copies {
            self.cast_one(caller, edge, None, Some(branch_key(key, number)));
        }
    }

    fn cast_one(&mut self, caller: FrameId, edge: EdgeSlot, to: Option<InstanceId>, position: Option<u64>) {
        let Some(child) = self.open_call(caller, edge, to, FrameId::NONE) else { return };
        if self.reads_keys {
            self.cut_off(child);
        }
        let row = &mut self.frames[child];
        row.key = position.unwrap_or(row.key);
        row.parent = FrameId::NONE;
        row.flags |= Frame::DETACHED;
        let flow = self.transmit(child);
        self.go_later(flow);
    }

    /// A join for a caller that will go on at `then`. `None` where there is no room for so many branches.
    pub(crate) fn open_join(&mut self, caller: FrameId, then: Pc, branches: u32) -> Option<FrameId> {
        self.steps_now = self.steps_now.saturating_add(branches);
        // Each branch makes one call at least.
        if !self.frames.has_room_for(1 + 2 * branches as usize) {
            return None;
        }
        let above = self.frames[caller];
        let (instance, class, key) = (above.instance, above.class, above.key);
        let fresh = Frame { instance, phase: Phase::Join, parent: caller, class, key, ..Frame::EMPTY };
        let join = self.spawn(fresh)?;
        let row = &mut self.frames[caller];
        row.next = join;
        row.pc = then;
        Some(join)
    }

    /// A branch that draws at this position.
    pub(super) fn open_branch(&mut self, join: FrameId, key: u64) -> FrameId {
        let caller = self.frames[join].parent;
        let (above, deadline) = (self.frames[caller], self.deadline_of(caller));
        self.look();
        let branch = self.put_frame(Frame {
            parent: join,
            instance: above.instance,
            phase: Phase::Branch,
            class: above.class,
            depth: above.depth + 1,
            key,
            arrived: self.now,
            ..Frame::EMPTY
        });
        if let Some(deadline) = deadline {
            self.frames[branch].flags |= Frame::DEADLINE;
            self.extra(branch).deadline = deadline;
        }
        self.frames.link_timeout(join, branch);
        self.frames[join].note += 1;
        branch
    }

    /// One more call of a part that makes its calls at once, at the position where it would be made in turn.
    pub(crate) fn branch_off(&mut self, join: FrameId, edge: EdgeSlot) {
        let caller = &self.frames[self.frames[join].parent];
        let key = next_visit(caller);
        let branch = self.open_branch(join, key);
        let flow = self.call_one(branch, edge, None, Timeouts::Policy, JOINED);
        self.go_later(flow);
    }

    /// So many good answers let the caller go on.
    fn begin_join(&mut self, join: FrameId, need: u32) {
        self.frames[join].cursor = need as u16;
        // Calls that nobody awaits were perhaps made meanwhile.
        let caller = self.frames[join].parent;
        self.frames[caller].next = join;
    }

    /// All branches of a join must end well.
    pub(crate) fn need_all(&mut self, join: FrameId) {
        let all = self.frames[join].note;
        self.begin_join(join, all);
    }

    /// How many branches of a join are out.
    pub(crate) fn branches(&self, join: FrameId) -> u32 {
        self.frames[join].note
    }

    /// What comes of it comes once the present step is over.
    pub(super) fn go_later(&mut self, flow: Flow) {
        if let Some(frame) = flow.frame() {
            self.ready.push_back(frame);
        }
    }

    /// A branch is over.
    pub(super) fn joined(&mut self, branch: FrameId) -> Flow {
        let Frame { parent: join, outcome, .. } = self.frames[branch];
        self.frames.unlink_timeout(branch);
        self.frames.free(branch);
        if join.is_none() {
            return Flow::WAIT;
        }
        let outcome = Outcome::from_index(outcome);
        let row = &mut self.frames[join];
        row.note -= 1;
        row.cursor -= u16::from(outcome.is_ok());
        let (open, need, caller) = (row.note, u32::from(row.cursor), row.parent);
        if need > 0 && need <= open {
            return Flow::WAIT;
        }
        self.close_join(join);
        self.frames[caller].outcome = if need == 0 { Outcome::Ok } else { outcome } as u8;
        Flow::go(caller)
    }

    /// Whoever is behind the branch that a call was made by.
    pub(super) fn asker(&self, mut caller: FrameId) -> FrameId {
        while let Some(row) = (!caller.is_none()).then(|| &self.frames[caller])
            && matches!(row.phase, Phase::Branch | Phase::Join)
        {
            caller = row.parent;
        }
        caller
    }

    /// The join that a frame waits for.
    pub(super) fn join_of(&self, caller: FrameId) -> Option<FrameId> {
        let join = self.frames[caller].next;
        if join.is_none() {
            return None;
        }
        let row = &self.frames[join];
        (row.phase == Phase::Join && row.parent == caller).then_some(join)
    }

    /// Nobody needs what is still out.
    pub(super) fn close_join(&mut self, join: FrameId) {
        loop {
            let branch = self.frames[join].timeout_after;
            if branch == join {
                break;
            }
            self.frames.unlink_timeout(branch);
            self.give_up_branch(branch);
        }
        self.frames.free(join);
    }

    fn give_up_branch(&mut self, branch: FrameId) {
        let waits = self.surely_waits(branch);
        self.give_up_calls(branch);
        if waits {
            self.frames.free(branch);
            return;
        }
        // It may stand among those that go on at this moment: it goes when its turn comes.
        let generation = self.renew(branch);
        let row = &mut self.frames[branch];
        row.parent = FrameId::NONE;
        row.pc = JOINED;
        self.calendar.push(self.now, Entry::new(Tag::Resume, branch.0, generation));
    }

    /// Whether something that is still to come wakes this frame, so that it does not go on at this moment.
    fn surely_waits(&mut self, branch: FrameId) -> bool {
        let row = self.frames[branch];
        if row.has(Frame::QUEUED) {
            return true;
        }
        if Self::is_calling(&row) {
            let is_woken = self.extra(branch).woken;
            return row.pc == TRIED && !is_woken && self.awaited(branch).next().is_some();
        }
        self.only_child(branch).is_some() || self.join_of(branch).is_some()
    }

    /// Lets go of everything that a frame waits for.
    pub(super) fn give_up_calls(&mut self, frame: FrameId) {
        if self.frames[frame].has(Frame::QUEUED) {
            self.leave_queue(frame);
        }
        if Self::is_calling(&self.frames[frame]) {
            for copy in self.awaited(frame) {
                self.orphan(copy);
            }
            self.withdraw(frame);
        } else if let Some(child) = self.only_child(frame) {
            self.orphan(child);
        } else if let Some(join) = self.join_of(frame) {
            self.close_join(join);
        }
        self.forget_look_up(frame);
        if !self.caches.is_empty() {
            self.forget_fetch(frame);
        }
    }

    /// Joins wait for their branches, which stand behind them, and for no others.
    pub(super) fn audit_joins(&self) -> Result<(), String> {
        let branches = self.frames.live().filter(|(_, frame)| frame.phase == Phase::Branch);
        let mut joined = branches.filter(|(_, frame)| !frame.parent.is_none()).count();
        for (id, join) in self.frames.live().filter(|(_, frame)| frame.phase == Phase::Join) {
            let (mut at, mut open) = (join.timeout_after, 0);
            while at != id {
                let branch = &self.frames[at];
                if branch.phase != Phase::Branch || branch.parent != id || open > MOST_BRANCHES {
                    return Err(format!(
                        "frame {} stands behind join {}, but is no branch of it",
                        at.0, id.0
                    ));
                }
                open += 1;
                at = branch.timeout_after;
            }
            let need = u32::from(join.cursor);
            if open != join.note || need == 0 || need > open {
                let note = join.note;
                return Err(format!("join {}: {open} branches, but {note} counted and {need} needed", id.0));
            }
            if self.join_of(join.parent) != Some(id) {
                return Err(format!("join {} is waited for by nobody", id.0));
            }
            joined = joined.saturating_sub(open as usize);
        }
        if joined == 0 { Ok(()) } else { Err(format!("{joined} branches stand behind no join")) }
    }

    /// Damages a join as a bug would. For the test of the audit.
    pub(super) fn leak_branch(&mut self) -> Option<()> {
        let (id, _) = self.frames.live().find(|(_, frame)| frame.phase == Phase::Join && frame.note > 1)?;
        let branch = self.frames[id].timeout_after;
        self.frames.unlink_timeout(branch);
        Some(())
    }
}
