//! Messages that share a link evenly with all others on it.

use super::calendar::{Entry, Tag};
use super::{Core, FrameId, Ns};
use crate::network::{Fair, LaneId};

/// Alarms of links are among those of stations, which have lower numbers.
const LINKS: u32 = 1 << 28;

/// The link that an alarm of stations and links is about; none where it is a station's.
pub(super) const fn rings_for(id: u32) -> Option<LaneId> {
    if id >= LINKS { Some(LaneId(id - LINKS)) } else { None }
}

impl Core {
    /// Puts a message on a lane whose bandwidth is shared evenly; false where it arrives at once.
    pub(super) fn on_fair_wire(&mut self, lane: LaneId, frame: FrameId, way: Ns) -> bool {
        let (now, sends) = (self.now, self.what_is_sent(lane, frame));
        let way = way.saturating_add(sends.more);
        if sends.bytes == 0 {
            let due = now.saturating_add(way).min(Ns::MAX - 1);
            if due > now {
                self.travel_alone(lane, frame, due);
            }
            return due > now;
        }
        let row = &mut self.lanes[lane.0 as usize];
        let Some(fair) = row.fair_mut() else { return false };
        fair.join(now, sends.bytes, frame, way);
        // Until it is across nobody knows when it will arrive.
        let place = row.let_loose(now, Ns::MAX, frame);
        self.frames[frame].next = FrameId(place);
        self.set_link_alarm(lane);
        true
    }

    fn set_link_alarm(&mut self, lane: LaneId) {
        let due = self.lanes[lane.0 as usize].fair_mut().and_then(Fair::set_alarm);
        if let Some(due) = due {
            self.calendar.push(due, Entry::new(Tag::Station, LINKS | lane.0, 0));
        }
    }

    /// A message that keeps no order is due at this time.
    pub(super) fn travel_alone(&mut self, lane: LaneId, frame: FrameId, due: Ns) {
        let place = self.lanes[lane.0 as usize].let_loose(self.now, due, frame);
        let row = &mut self.frames[frame];
        row.next = FrameId(place);
        self.calendar.push(due, Entry::new(Tag::Message, frame.0, row.generation));
    }

    /// The alarm of a link rings.
    pub(super) fn link_rang(&mut self, lane: LaneId) {
        let now = self.now;
        if let Some(fair) = self.lanes[lane.0 as usize].fair_mut() {
            fair.rang(now);
            fair.advance(now);
        }
    }

    /// The next message that is across a link at this moment and arrives at once; others travel on.
    pub(super) fn next_across(&mut self, lane: LaneId) -> Option<FrameId> {
        while let Some(one) = self.lanes[lane.0 as usize].fair_mut().and_then(Fair::take_done) {
            if one.way == 0 {
                return Some(one.frame);
            }
            self.travels_on(lane, one.frame, self.now.saturating_add(one.way));
        }
        self.set_link_alarm(lane);
        None
    }

    /// A message that has been under way knows when it arrives.
    fn travels_on(&mut self, lane: LaneId, frame: FrameId, due: Ns) {
        let due = due.min(Ns::MAX - 1);
        let row = &self.frames[frame];
        self.lanes[lane.0 as usize].put_off(row.next.0, due);
        self.calendar.push(due, Entry::new(Tag::Message, frame.0, row.generation));
    }

    /// A link is set anew: what is on it goes on at its pace, or, where it is shared evenly no more, as it would have
    /// had nobody else come.
    pub(super) fn link_was_set(&mut self, lane: LaneId, before: Option<Fair>) {
        self.set_link_alarm(lane);
        let Some(before) = before else { return };
        for one in before.in_order() {
            let over = before.outlook(&one, self.now);
            self.travels_on(lane, one.frame, over.saturating_add(one.way));
        }
    }

    /// Every link that is shared has its alarm, and whatever crosses it is under way there.
    pub(super) fn audit_links(&self) -> Result<(), String> {
        // No alarm rings any more once a run has stopped.
        if self.halted.is_some() {
            return Ok(());
        }
        let mut alarms = vec![0_usize; self.lanes.len()];
        for entry in self.calendar.entries().filter(|entry| entry.tag() == Tag::Station) {
            if let Some(lane) = rings_for(entry.id()) {
                alarms[lane.0 as usize] += 1;
            }
        }
        for (at, (lane, alarms)) in self.lanes.iter().zip(alarms).enumerate() {
            let Some(fair) = lane.fair() else { continue };
            let is_in_time = fair.due().is_none_or(|due| fair.alarms().last().is_some_and(|set| *set <= due));
            if !is_in_time || fair.alarms().len() > alarms {
                return Err(format!("lane {at}: {} alarms are set, {alarms} will ring", fair.alarms().len()));
            }
            for one in fair.all() {
                let place = self.frames[one.frame].next.0 as usize;
                if lane.loose().get(place).is_none_or(|message| message.frame != one.frame) {
                    return Err(format!("lane {at}: frame {} crosses it, and is not there", one.frame.0));
                }
            }
        }
        Ok(())
    }
}
