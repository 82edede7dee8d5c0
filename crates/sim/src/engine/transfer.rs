//! What it costs to send bytes: the link that is shared, the machine's interface, the rounds of TCP.

use std::collections::BTreeMap;

use super::{Build, Core, Frame, FrameId, InstanceId, Ns, Phase};
use crate::component::Kind;
use crate::network::{Channel, EdgeSlot, FIRST_WINDOW, LaneId, rounds};
use crate::observe::{Class, Outcome};

/// Bytes that a message has, by who sends it, and which way answers go.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bodies {
    /// Of a call that this part sends.
    request: u64,
    /// Of a good answer that it gives.
    reply: u64,
    /// Of a balancer: answers go straight from those behind it to the caller, and do not cross its links.
    returns_directly: bool,
    /// Of a balancer: it wraps requests into others, which makes them longer.
    wraps: u64,
    /// Of callers: they stand in the same subnet as those behind a balancer.
    beside: bool,
}

/// What machines send, by part and number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interfaces {
    speeds: BTreeMap<u32, f64>,
    rows: BTreeMap<(u32, u32), Channel>,
}

impl Interfaces {
    /// Heap that they hold, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.speeds.len() * 24 + self.rows.len() * (size_of::<Channel>() + 16)
    }

    pub(super) fn count_anew(&mut self) {
        self.rows.values_mut().for_each(Channel::count_anew);
    }
}

/// Kilobytes are a thousand bytes.
fn from_kb(kb: f64) -> u64 {
    (kb * 1e3 + 0.5) as u64
}

impl Build<'_> {
    /// So large are the calls that this part sends.
    pub(crate) fn sends_kb(&mut self, kb: f64) {
        self.core.part_mut(self.part).bodies.request = from_kb(kb);
    }

    /// So large are its good answers.
    pub(crate) fn answers_kb(&mut self, kb: f64) {
        self.core.part_mut(self.part).bodies.reply = from_kb(kb);
    }

    /// Answers go straight to the caller; requests become so many bytes longer.
    pub(crate) fn returns_directly(&mut self, directly: bool, wraps: u64) {
        let bodies = &mut self.core.part_mut(self.part).bodies;
        (bodies.returns_directly, bodies.wraps) = (directly, wraps);
    }

    /// They stand in the same subnet as those behind the balancer that they call.
    pub(crate) fn stands_beside(&mut self, beside: bool) {
        self.core.part_mut(self.part).bodies.beside = beside;
        if beside {
            self.core.use_places();
        }
    }

    /// All that the software on each machine of this part sends shares this; 0 sets no limit.
    pub(crate) fn interface(&mut self, mbps: f64) {
        let interfaces = &mut self.core.interfaces;
        if mbps > 0.0 {
            interfaces.speeds.insert(self.part, mbps);
        } else {
            interfaces.speeds.remove(&self.part);
        }
        for (_, row) in interfaces.rows.range_mut((self.part, 0)..=(self.part, u32::MAX)) {
            row.set(mbps);
        }
    }
}

/// What a message brings to a link.
pub(super) struct Sends {
    pub(super) bytes: u64,
    pub(super) more: Ns,
}

impl Core {
    /// The part that sends what is on a lane.
    fn sender(&self, lane: LaneId) -> u32 {
        let row = self.edge(lane.edge());
        if lane.is_request() { row.from } else { row.to }
    }

    /// Whether what is on a lane comes from a machine of limited speed.
    pub(super) fn shares_interface(&self, lane: LaneId) -> bool {
        let speeds = &self.interfaces.speeds;
        !speeds.is_empty() && self.around(self.sender(lane)).skip(1).any(|at| speeds.contains_key(&at))
    }

    /// The lanes whose sender has come to a machine of limited speed, or left one.
    pub(super) fn with_other_interfaces(&self) -> Vec<EdgeSlot> {
        let differs = |slot: &EdgeSlot| {
            [LaneId::requests(*slot), LaneId::replies(*slot)].into_iter().any(|lane| {
                let link = self.lanes[lane.0 as usize].link();
                link.is_none() && self.shares_interface(lane)
            })
        };
        if self.interfaces.speeds.is_empty() {
            return Vec::new();
        }
        self.edge_slots.values().copied().filter(differs).collect()
    }

    /// Bytes of a message.
    fn bytes_of(&self, lane: LaneId, frame: FrameId) -> u64 {
        let row = &self.frames[frame];
        if row.class == Class::Probe as u8 {
            return 0;
        }
        if lane.is_request() {
            let edge = self.edge(lane.edge());
            let sender = self.edge(self.routes.entry(row.route)).from;
            return self.parts[sender as usize].bodies.request + self.parts[edge.from as usize].bodies.wraps;
        }
        if row.outcome != Outcome::Ok as u8 {
            return 0;
        }
        self.parts[self.part_of(row.instance) as usize].bodies.reply
    }

    /// Whether answers from behind this edge's balancer reach callers past it, with an address that they do not know.
    pub(super) fn answers_come_astray(&self, from: u32, to: u32) -> bool {
        let balancer = &self.parts[to as usize];
        self.parts[from as usize].bodies.beside
            && balancer.kind == Kind::Lb
            && !balancer.bodies.returns_directly
    }

    /// Whether an answer goes past this edge, straight to the caller: it was given behind a balancer that stands
    /// at one of its ends.
    fn goes_past(&self, lane: LaneId, frame: FrameId) -> bool {
        if lane.is_request() {
            return false;
        }
        let edge = self.edge(lane.edge());
        let answered = self.part_of(self.frames[frame].instance);
        let directly = |part: u32| self.parts[part as usize].bodies.returns_directly;
        directly(edge.from) || directly(edge.to) && answered != edge.to
    }

    /// How long a message takes beside its latency: it waits for the link and for its machine's interface, and goes
    /// in rounds where its connection starts slowly.
    #[inline(never)]
    pub(super) fn bytes_take(&mut self, lane: LaneId, frame: FrameId) -> Ns {
        let (now, bytes) = (self.now, self.bytes_of(lane, frame));
        let (mut wait, mut pace) = (0, 0.0_f64);
        if self.is_first_hop(lane, frame)
            && let Some(interface) = self.interface_of(lane, frame)
        {
            wait = interface.take(now, bytes);
            pace = interface.pace();
        }
        let goes_past = self.goes_past(lane, frame);
        let Some(link) = self.lanes[lane.0 as usize].bytes_mut() else { return wait };
        if !goes_past {
            wait = wait.max(link.channel.take(now, bytes));
            pace = pace.max(link.channel.pace());
        }
        let window = link.window;
        let Some(most) = window.filter(|_| self.routes.entry(self.frames[frame].route) == lane.edge()) else {
            return wait.saturating_add((bytes as f64 * pace) as Ns);
        };
        let round_trip = self.round_trip(frame);
        let known = if lane.is_request() { None } else { self.window_of(frame) };
        let (time, grown) = rounds(bytes, known.unwrap_or(FIRST_WINDOW), most, round_trip, pace);
        if !lane.is_request() {
            self.keep_window(frame, grown);
        }
        wait.saturating_add(time)
    }

    /// What a message has to get over a link that is shared evenly, and how much longer it takes beside that: it waits
    /// for its machine's interface, and for acknowledgements where its connection starts slowly.
    pub(super) fn what_is_sent(&mut self, lane: LaneId, frame: FrameId) -> Sends {
        let (now, bytes) = (self.now, self.bytes_of(lane, frame));
        let mut more = 0;
        if self.is_first_hop(lane, frame)
            && let Some(interface) = self.interface_of(lane, frame)
        {
            more = interface.take(now, bytes).saturating_add((bytes as f64 * interface.pace()) as Ns);
        }
        if self.goes_past(lane, frame) {
            return Sends { bytes: 0, more };
        }
        let Some(link) = self.lanes[lane.0 as usize].bytes_mut() else { return Sends { bytes: 0, more } };
        link.channel.count(bytes);
        let (window, pace) = (link.window, link.channel.pace());
        if let Some(most) = window.filter(|_| self.routes.entry(self.frames[frame].route) == lane.edge()) {
            let round_trip = self.round_trip(frame);
            let known = if lane.is_request() { None } else { self.window_of(frame) };
            let (time, grown) = rounds(bytes, known.unwrap_or(FIRST_WINDOW), most, round_trip, pace);
            if !lane.is_request() {
                self.keep_window(frame, grown);
            }
            more = more.saturating_add(time.saturating_sub((bytes as f64 * pace) as Ns));
        }
        Sends { bytes, more }
    }

    /// Whether a message has just left who sent it, and is not being passed on.
    fn is_first_hop(&self, lane: LaneId, frame: FrameId) -> bool {
        let row = &self.frames[frame];
        lane.is_request() || self.part_of(row.instance) == self.edge(lane.edge()).to
    }

    /// What the machine sends by that a message comes from, where that is limited.
    fn interface_of(&mut self, lane: LaneId, frame: FrameId) -> Option<&mut Channel> {
        if self.interfaces.speeds.is_empty() {
            return None;
        }
        let key = self.host_of(self.sending_instance(lane, frame)?)?;
        let speed = *self.interfaces.speeds.get(&key.0)?;
        let row = self.interfaces.rows.entry(key).or_insert_with(|| {
            let mut fresh = Channel::default();
            fresh.set(speed);
            fresh
        });
        Some(row)
    }

    /// The instance that sends what is on a lane; of a request that was passed on, the first of that part.
    fn sending_instance(&self, lane: LaneId, frame: FrameId) -> Option<InstanceId> {
        let row = &self.frames[frame];
        if !lane.is_request() {
            return Some(row.instance);
        }
        let from = self.edge(lane.edge()).from;
        let is_call = self.routes.entry(row.route) == lane.edge();
        let has_caller = !row.has(Frame::ABANDONED) && !row.parent.is_none() && !row.parent.is_folded();
        if is_call && has_caller && self.frames[row.parent].phase != Phase::Free {
            let caller = self.frames[row.parent].instance;
            if self.instances.get(caller.0 as usize).is_some_and(|caller| caller.part == from) {
                return Some(caller);
            }
        }
        self.parts[from as usize].instances.first().copied()
    }

    /// There and back over all edges of a call's route, by their latencies alone.
    fn round_trip(&self, frame: FrameId) -> Ns {
        let (mut sum, mut route): (Ns, _) = (0, Some(self.frames[frame].route));
        while let Some(id) = route {
            let hop = self.routes.hop(id);
            for lane in [LaneId::requests(hop.edge), LaneId::replies(hop.edge)] {
                sum = sum.saturating_add(self.lanes[lane.0 as usize].base());
            }
            route = hop.before;
        }
        sum
    }

    /// Million bits that the machines of a part have sent.
    pub(crate) fn megabits_sent(&self, part: u32) -> f64 {
        let mine = self.interfaces.rows.range((part, 0)..=(part, u32::MAX));
        mine.map(|(_, channel)| channel.bytes() as f64 * 8e-6).sum()
    }
}
