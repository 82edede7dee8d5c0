//! What every live frame waits for, recounted: whoever waits for nothing would wait for ever.

use super::calendar::Tag;
use super::{Core, Frame, FrameId, Phase};
use crate::network::LaneId;

impl Core {
    /// Every frame waits for exactly one thing, and that thing knows of it.
    pub(super) fn audit_waits(&self) -> Result<(), String> {
        if self.halted.is_some() {
            return Ok(());
        }
        if let Some(frame) = self.ready.front() {
            return Err(format!("frame {} was to go on at once and did not", frame.0));
        }
        let mut reasons = vec![0_u8; self.frames.places()];
        self.audit_lanes(&mut reasons)?;
        self.audit_loose()?;
        self.audit_links()?;
        self.audit_timeouts()?;
        for entry in self.calendar.entries().filter(|entry| entry.tag() == Tag::Resume) {
            let id = FrameId(entry.id());
            if self.frames[id].generation == entry.generation() && self.frames[id].phase != Phase::Free {
                bump(&mut reasons, id);
            }
        }
        // What is kept for those that pause stands for the calendar.
        for (_, entry) in self.kept().filter(|(_, entry)| entry.tag() == Tag::Resume) {
            let id = FrameId(entry.id());
            if self.frames[id].generation == entry.generation() && self.frames[id].phase != Phase::Free {
                bump(&mut reasons, id);
            }
        }
        for regime in &self.regimes {
            for piece in regime.work.pieces().chain(&regime.interrupted) {
                bump(&mut reasons, piece.frame);
            }
        }
        for (id, frame) in self.frames.live() {
            let is_awaited =
                !frame.has(Frame::ABANDONED) && !frame.parent.is_none() && !frame.parent.is_folded();
            if is_awaited && frame.phase != Phase::List {
                if matches!(self.frames[frame.parent].phase, Phase::Free | Phase::List | Phase::Lost) {
                    return Err(format!(
                        "frame {} is awaited by frame {}, which is gone",
                        id.0, frame.parent.0
                    ));
                }
                bump(&mut reasons, frame.parent);
            }
            if frame.phase != Phase::List && frame.has(Frame::QUEUED) {
                bump(&mut reasons, id);
            }
        }
        self.audit_resolvers(&mut reasons)?;
        self.audit_blocked(|frame| bump(&mut reasons, frame));
        self.audit_teams(|frame| bump(&mut reasons, frame))?;
        self.audit_groups(|frame| bump(&mut reasons, frame))?;
        self.audit_quorums(|frame| bump(&mut reasons, frame))?;
        self.audit_locks(|frame| bump(&mut reasons, frame))?;
        self.audit_caches(&mut reasons)?;
        self.audit_reasons(&reasons)
    }

    /// Whoever waits for a look-up waits for one that somebody makes.
    fn audit_resolvers(&self, reasons: &mut [u8]) -> Result<(), String> {
        for (at, resolver) in self.resolvers.iter().enumerate() {
            let is_live = |asked: &(FrameId, u32)| self.frames[asked.0].generation == asked.1;
            if resolver.asking.is_some_and(|asker| !is_live(&asker)) {
                return Err(format!("resolver {at}: the frame that asks is gone"));
            }
            for asked in resolver.waiting.iter().filter(|asked| is_live(asked)) {
                if resolver.asking.is_none() {
                    return Err(format!("resolver {at}: frames wait, but nobody asks"));
                }
                bump(reasons, asked.0);
            }
        }
        Ok(())
    }

    fn audit_reasons(&self, reasons: &[u8]) -> Result<(), String> {
        for (id, frame) in self.frames.live() {
            let count = reasons[id.0 as usize];
            let (phase, at) = (frame.phase, id.0);
            let fits = match phase {
                Phase::Free | Phase::List | Phase::Lost => count == 0,
                // A population without requests sleeps for ever.
                Phase::Process if !Self::is_calling(frame) => count <= 1,
                Phase::Join => u32::from(count) == frame.note.min(u32::from(u8::MAX)),
                Phase::Root
                | Phase::Branch
                | Phase::Process
                | Phase::Request
                | Phase::Work
                | Phase::Reply => {
                    count > 0 && count == if Self::is_calling(frame) { self.wants(id) } else { 1 }
                }
            };
            if !fits {
                return Err(format!("frame {at} ({phase:?}, pc {}) waits for {count} things", frame.pc));
            }
            let works =
                matches!(phase, Phase::Root | Phase::Process | Phase::Work | Phase::Branch | Phase::Join);
            if works && !self.is_up(frame.instance) {
                return Err(format!("frame {at} ({phase:?}) is at work in a dead instance"));
            }
        }
        Ok(())
    }

    /// Messages are in order, are what their lane carries, and the head is in the calendar.
    fn audit_lanes(&self, reasons: &mut [u8]) -> Result<(), String> {
        let mut heads = vec![0_u32; self.lanes.len()];
        for entry in self.calendar.entries().filter(|entry| entry.tag() == Tag::Lane) {
            let lane = entry.id() as usize;
            heads[lane] += u32::from(self.lanes[lane].epoch == entry.generation());
        }
        for (at, lane) in self.lanes.iter().enumerate() {
            let id = LaneId(at as u32);
            let mut before = 0;
            for message in lane.loose() {
                bump(reasons, message.frame);
            }
            for message in lane.ordered() {
                let frame = &self.frames[message.frame];
                let phase = if id.is_request() { Phase::Request } else { Phase::Reply };
                if frame.phase != phase || self.routes.edge(frame.route) != id.edge() || message.due < before
                {
                    return Err(format!("lane {at} carries frame {} in disorder", message.frame.0));
                }
                before = message.due;
                bump(reasons, message.frame);
            }
            if heads[at] != u32::from(lane.head().is_some()) {
                return Err(format!("lane {at} stands {} times in the calendar", heads[at]));
            }
        }
        Ok(())
    }

    /// Lists of timeouts are rings in order of sending, with one alarm each.
    fn audit_timeouts(&self) -> Result<(), String> {
        let mut alarms = vec![0_u32; self.frames.places()];
        for entry in self.calendar.entries().filter(|entry| entry.tag() == Tag::Timeouts) {
            alarms[entry.id() as usize] += 1;
        }
        let mut linked = 0_usize;
        for edge in self.edges.iter().filter(|edge| !edge.timeouts.is_none()) {
            let list = &self.frames[edge.timeouts];
            if list.phase != Phase::List || list.has(Frame::RETIRED) {
                return Err(format!("edge {} has no list of timeouts any more", edge.id));
            }
        }
        for (list, head) in self.frames.live().filter(|(_, frame)| frame.phase == Phase::List) {
            let (mut at, mut before, mut sent) = (head.timeout_after, list, 0);
            while at != list {
                let frame = &self.frames[at];
                if frame.timeout_before != before || frame.sent < sent || frame.has(Frame::ABANDONED) {
                    return Err(format!("the list of timeouts {} is in disorder at frame {}", list.0, at.0));
                }
                (before, at, sent) = (at, frame.timeout_after, frame.sent);
                linked += 1;
            }
            let is_armed = head.has(Frame::QUEUED);
            if alarms[list.0 as usize] != u32::from(is_armed) || (before != list && !is_armed) {
                return Err(format!("the list of timeouts {} has no alarm, or more than one", list.0));
            }
        }
        let in_lists = self
            .frames
            .live()
            .filter(|(id, frame)| frame.timeout_before != *id)
            .filter(|(_, frame)| !matches!(frame.phase, Phase::List | Phase::Branch | Phase::Join));
        let in_lists = in_lists.count();
        if in_lists == linked { Ok(()) } else { Err(format!("{in_lists} timeouts, but {linked} in lists")) }
    }
}

fn bump(reasons: &mut [u8], id: FrameId) {
    let reason = &mut reasons[id.0 as usize];
    *reason = reason.saturating_add(1);
}
