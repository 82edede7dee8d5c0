//! Messages whose travel is drawn one by one: whether they arrive, and when. Those that keep no order stand
//! in the calendar by themselves.

use super::calendar::{Entry, Tag};
use super::flow::Flow;
use super::{Core, FrameId, Ns, Phase, mix64};
use crate::network::{Fair, Lane, LaneId, Order};
use crate::observe::Outcome;

/// Names the word that a call is abandoned, beside the call: the square root of five.
const WORD: u64 = 0x3c6e_f372_fe94_f82b;

impl Core {
    /// Puts a message on a lane where latencies vary or messages are lost; false where it arrives at once.
    #[inline(never)]
    pub(super) fn on_varying_wire(&mut self, lane: LaneId, frame: FrameId) -> bool {
        let (name, now) = (self.message_name(frame), self.now);
        if self.lanes[lane.0 as usize].loses(name) {
            self.lose(frame);
            return true;
        }
        let row = &self.lanes[lane.0 as usize];
        // A time that does not fit into the clock is one that never comes, which the calendar would not keep.
        let mut way = row.delay(name).saturating_add(self.way_of(lane, frame));
        if self.lanes[lane.0 as usize].fair_mut().is_some() {
            return self.on_fair_wire(lane, frame, way);
        }
        let row = &self.lanes[lane.0 as usize];
        if row.link().is_some() {
            way = way.saturating_add(self.bytes_take(lane, frame));
        }
        let due = now.saturating_add(way).min(Ns::MAX - 1);
        let row = &mut self.lanes[lane.0 as usize];
        if row.order() == Order::Sent {
            if due == now && row.head().is_none() {
                return false;
            }
            if let Some(due) = row.send_for(now, due, frame) {
                let epoch = row.epoch;
                self.calendar.push(due, Entry::new(Tag::Lane, lane.0, epoch));
            }
            return true;
        }
        if due == now {
            return false;
        }
        self.travel_alone(lane, frame, due);
        true
    }

    /// What a message draws at: its call, which each attempt and each copy has a name of its own for.
    /// Health checks have none, and draw at their target and the moment.
    pub(super) fn message_name(&self, frame: FrameId) -> u64 {
        let row = &self.frames[frame];
        if row.key != 0 {
            return row.key;
        }
        let target = self
            .instances
            .get(row.instance.0 as usize)
            .map_or((0, 0), |row| (self.parts[row.part as usize].id, row.number));
        mix64(self.now) ^ (u64::from(target.0) << 32 | u64::from(target.1))
    }

    /// A part throws a call away without a word.
    pub(crate) fn drop_silently(&mut self, frame: FrameId) -> Flow {
        self.release(frame);
        let part = self.part_of(self.frames[frame].instance);
        self.count_reply(part, 0, Outcome::Refused);
        self.lose(frame);
        Flow::WAIT
    }

    /// How long the word takes over an edge that a call is abandoned; `None` where it is lost.
    pub(super) fn word_takes(&self, lane: LaneId, frame: FrameId) -> Option<Ns> {
        let (row, name) = (&self.lanes[lane.0 as usize], mix64(self.message_name(frame) ^ WORD));
        (!row.loses(name)).then(|| row.delay(name).saturating_add(self.way_of(lane, frame)))
    }

    /// Whether a message that stands in the calendar by itself is still under way.
    pub(super) fn is_under_way(&self, frame: FrameId, generation: u32) -> bool {
        let row = &self.frames[frame];
        row.generation == generation && matches!(row.phase, Phase::Request | Phase::Reply)
    }

    /// The lane that a frame travels on.
    pub(super) fn lane_of(&self, frame: FrameId) -> LaneId {
        let row = &self.frames[frame];
        let edge = self.routes.edge(row.route);
        if row.phase == Phase::Request { LaneId::requests(edge) } else { LaneId::replies(edge) }
    }

    /// A message that travelled by itself has arrived.
    pub(super) fn message_due(&mut self, frame: FrameId) -> Flow {
        let lane = self.lane_of(frame);
        let place = self.frames[frame].next;
        self.frames[frame].next = FrameId::NONE;
        if let Some(moved) = self.lanes[lane.0 as usize].catch(place.0) {
            self.frames[moved].next = place;
        }
        self.lane_delivers(lane, frame)
    }

    /// Messages that keep no order know their places, and each is in the calendar once.
    pub(super) fn audit_loose(&self) -> Result<(), String> {
        let mut entries = vec![0_u8; self.frames.places()];
        for entry in self.calendar.entries().filter(|entry| entry.tag() == Tag::Message) {
            let frame = FrameId(entry.id());
            if self.is_under_way(frame, entry.generation()) {
                let count = &mut entries[frame.0 as usize];
                *count = count.saturating_add(1);
            }
        }
        // What is getting across a link that is shared waits for the alarm of that link.
        for one in self.lanes.iter().filter_map(Lane::fair).flat_map(Fair::all) {
            let count = &mut entries[one.frame.0 as usize];
            *count = count.saturating_add(1);
        }
        for (at, lane) in self.lanes.iter().enumerate() {
            for (place, message) in lane.loose().iter().enumerate() {
                let (frame, count) = (&self.frames[message.frame], entries[message.frame.0 as usize]);
                let is_here = matches!(frame.phase, Phase::Request | Phase::Reply)
                    && self.lane_of(message.frame).0 as usize == at
                    && frame.next.0 as usize == place;
                if !is_here || count != 1 {
                    return Err(format!(
                        "lane {at}: frame {} travels by itself, at another place or {count} times",
                        message.frame.0
                    ));
                }
            }
        }
        Ok(())
    }
}
