//! Places: what parts are inside of. Distance, capacity, isolation and loss come to parts from the places around
//! them. Nothing here is asked while a call travels, but for calls to names, whose callers stand at several
//! places, and while something is isolated.

use std::collections::{BTreeMap, BTreeSet};

use super::{Core, FrameId, InstanceId, InstanceState, Ns, Simulation};
use crate::component::Kind;
use crate::network::{Cut, EdgeSlot, LaneId};
use crate::system::{EdgeKind, Id, Verb};

/// Deeper than anything that validates.
const DEEPEST: usize = 2_048;

/// What is known of all places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// Of each part that holds others.
    rows: BTreeMap<u32, Place>,
    /// Instances that are down since a place around them is lost.
    dark: BTreeSet<u32>,
    /// Something is, or was, inside a place, or isolated.
    are_used: bool,
}

/// What a place does to those inside.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Half a round trip to a place beside it.
    one_way: Ns,
    capacity: f64,
}

impl Places {
    /// Heap that they hold, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.rows.len() * size_of::<(u32, Place)>() * 3 / 2 + self.dark.len() * 6
    }
}

impl super::Build<'_> {
    /// The part holds others: they are half of `round_trip` away from what is in places beside it, and work so
    /// fast.
    pub(crate) fn holds_others(&mut self, round_trip: Ns, capacity: f64) {
        let place = Place { one_way: round_trip / 2, capacity };
        self.core.places.rows.insert(self.part, place);
    }
}

impl Core {
    /// The places around a part from the inside out, beginning with itself.
    pub(super) fn around(&self, part: u32) -> impl Iterator<Item = u32> + '_ {
        let outer = |at: &u32| {
            let id = self.parts[*at as usize].inside?;
            self.part_slots.get(&id).copied()
        };
        std::iter::successors(Some(part), outer).take(DEEPEST)
    }

    /// Whether one part is, or is inside of, the other.
    pub(super) fn is_within(&self, part: u32, place: u32) -> bool {
        self.around(part).any(|at| at == place)
    }

    /// Whether the machine under an instance has lost its power: its part is a place that is lost, or inside one.
    pub(super) fn is_dark(&self, instance: InstanceId) -> bool {
        if !self.places.are_used {
            return false;
        }
        let Some(row) = self.instances.get(instance.0 as usize) else { return false };
        let mut number = row.number;
        self.around(row.part).any(|at| {
            let place = &self.parts[at as usize];
            if at != row.part {
                number %= place.present.max(1);
            }
            self.places.rows.contains_key(&at) && self.holds_at(at, Verb::Kill, number)
        })
    }

    /// What the places around an instance do to it: how many pauses, and how many times slower.
    pub(super) fn weigh_places(&self, part: u32, mut number: u32) -> (u32, f64) {
        let (mut pauses, mut slow) = (0, 1.0);
        // Visitors are people: they go on coming while the machines around them stand still.
        if !self.places.are_used || self.parts[part as usize].kind == Kind::Client {
            return (pauses, slow);
        }
        for at in self.around(part).skip(1) {
            number %= self.parts[at as usize].present.max(1);
            if let Some(place) = self.places.rows.get(&at) {
                slow /= place.capacity;
            }
            let (more, slower) = self.struck_by(at, number);
            pauses += more;
            slow *= slower;
        }
        (pauses, slow.clamp(1e-9, 1e9))
    }

    /// How long a message takes from one part to another, beside what their edge says: half of the round trip
    /// between the outermost sites that only one of them is in.
    pub(crate) fn distance(&self, from: u32, to: u32) -> Ns {
        let sites = |part: u32| {
            let is_site = |at: &u32| self.parts[*at as usize].kind == Kind::Site;
            let mut all: Vec<u32> = self.around(part).filter(is_site).collect();
            all.reverse();
            all
        };
        let (from, to) = (sites(from), sites(to));
        let apart = from.iter().zip(&to).find(|(from, to)| from != to);
        let way = |site: &u32| self.places.rows.get(site).map_or(0, |place| place.one_way);
        apart.map_or(0, |(from, to)| (way(from) / 2).saturating_add(way(to) / 2))
    }

    /// Whether a message from one part to another is lost since one of them is isolated and the other is outside.
    fn is_parted(&self, from: u32, to: u32) -> bool {
        let holds = |part: u32, far: u32, one_way: Verb| {
            let apart = |at: &u32| self.is_place(*at) && !self.is_within(far, *at);
            let mut around = self.around(part).filter(apart);
            around.any(|at| self.holds_at(at, Verb::Partition, 0) || self.holds_at(at, one_way, 0))
        };
        holds(from, to, Verb::PartitionOut) || holds(to, from, Verb::PartitionIn)
    }

    /// Whether what is put on a lane now is lost, on an edge that is cut in some way.
    #[cold]
    #[inline(never)]
    pub(super) fn is_cut(&self, lane: LaneId, frame: FrameId) -> bool {
        let edge = self.edge(lane.edge());
        let way = if lane.is_request() { Cut::REQUESTS } else { Cut::REPLIES };
        if edge.cut.holds(way) {
            return true;
        }
        let is_astray = !lane.is_request() && edge.cut.holds(Cut::ASTRAY);
        if is_astray && self.part_of(self.frames[frame].instance) != edge.to {
            return true;
        }
        if !edge.cut.holds(Cut::PLACES) {
            return false;
        }
        let asking = self.asking_part(&self.frames[frame], lane);
        let [from, to] = if lane.is_request() { [asking, edge.to] } else { [edge.to, asking] };
        self.is_parted(from, to)
    }

    /// How much longer a message takes on an edge whose callers stand at several places.
    pub(super) fn way_of(&self, lane: LaneId, frame: FrameId) -> Ns {
        let edge = self.edge(lane.edge());
        if edge.is_far { self.distance(self.asking_part(&self.frames[frame], lane), edge.to) } else { 0 }
    }

    /// An instance is struck by hand: it no longer comes back with the place that it is in.
    pub(super) fn forget_dark(&mut self, instances: &[InstanceId]) {
        for instance in instances {
            self.places.dark.remove(&instance.0);
        }
    }

    /// Whether an instance comes up only together with the place around it, which is lost.
    pub(super) fn must_wait(&mut self, instance: InstanceId) -> bool {
        let is_dark = self.is_dark(instance);
        if is_dark {
            self.instances[instance.0 as usize].state = InstanceState::Down;
            self.places.dark.insert(instance.0);
        }
        is_dark
    }

    /// Something is inside a place, or isolated.
    pub(super) fn use_places(&mut self) {
        self.places.are_used = true;
    }

    /// Whether a part of this slot holds others.
    pub(super) fn is_place(&self, part: u32) -> bool {
        self.places.rows.contains_key(&part)
    }

    /// The ids of all parts inside of one, itself included.
    pub(super) fn within(&self, id: Id) -> Vec<Id> {
        let Some(place) = self.part_slots.get(&id).copied().filter(|_| self.places.are_used) else {
            return vec![id];
        };
        let is_inside = |(_, slot): &(&Id, &u32)| self.is_within(**slot, place);
        self.part_slots.iter().filter(is_inside).map(|(id, _)| *id).collect()
    }

    /// The parts whose calls may travel over an edge: those that look a name up, where it is a record.
    fn askers(&self, edge: EdgeSlot) -> Vec<u32> {
        let mut askers = vec![self.edge(edge).from];
        let is_name = |slot: u32| self.parts[slot as usize].kind.is_looked_up();
        for at in 0.. {
            let Some(asker) = askers.get(at).copied() else { break };
            if is_name(asker) {
                let into = self.edges.iter().filter(|edge| edge.to == asker && !edge.removed);
                for edge in into.filter(|edge| edge.kind == EdgeKind::Calls) {
                    if !askers.contains(&edge.from) {
                        askers.push(edge.from);
                    }
                }
            }
        }
        if is_name(askers[0]) {
            // Those who look up a record are the ones who call it; a name server calls nobody but name servers.
            let is_asked = self.parts[self.edge(edge).to as usize].kind.is_looked_up();
            askers.retain(|asker| is_name(*asker) == is_asked);
        }
        askers
    }

    /// Distances and isolation, as the places stand now, of all edges; those with another latency than before.
    fn settle_edges(&mut self) -> Vec<Id> {
        let mut changed = Vec::new();
        let slots: Vec<(Id, EdgeSlot)> = self.edge_slots.iter().map(|(id, slot)| (*id, *slot)).collect();
        for (id, slot) in slots {
            let to = self.edge(slot).to;
            let askers = self.askers(slot);
            let mut ways: Vec<Ns> = askers.iter().map(|asker| self.distance(*asker, to)).collect();
            ways.dedup();
            let (is_far, distance) =
                if ways.len() > 1 { (true, 0) } else { (false, ways.first().map_or(0, |way| *way)) };
            let row = self.edge_mut(slot);
            if (row.is_far, row.distance) != (is_far, distance) {
                (row.is_far, row.distance) = (is_far, distance);
                changed.push(id);
            }
            let parted = |core: &Self, asker: u32| [core.is_parted(asker, to), core.is_parted(to, asker)];
            let lost = askers.iter().map(|asker| parted(self, *asker));
            let [there, back] = lost.fold([false; 2], |[a, b], [c, d]| [a || c, b || d]);
            self.part_edge(slot, there, back);
            let astray = self.answers_come_astray(self.edge(slot).from, to);
            if astray != self.edge(slot).cut.holds(Cut::ASTRAY) {
                let cut = self.edge(slot).cut;
                self.edge_mut(slot).cut =
                    if astray { cut.and(Cut::ASTRAY) } else { cut.without(Cut::ASTRAY) };
                self.note_instant(slot);
            }
        }
        changed
    }

    /// An edge leads into or out of something isolated, or no longer does. What is under way is lost, but for
    /// calls to names, each of which travels by itself.
    fn part_edge(&mut self, slot: EdgeSlot, there: bool, back: bool) {
        let was = self.edge(slot).cut;
        let rest = was.without(Cut::PLACES);
        let cut = if there || back { rest.and(Cut::PLACES) } else { rest };
        if was == cut && cut.is_none() {
            return;
        }
        self.edge_mut(slot).cut = cut;
        let is_record = self.parts[self.edge(slot).from as usize].kind.is_looked_up();
        for (lane, is_lost) in [(LaneId::requests(slot), there), (LaneId::replies(slot), back)] {
            if is_lost && !is_record {
                self.lose_lane(lane);
            }
        }
        self.note_instant(slot);
    }

    /// Everything on a lane is lost.
    pub(super) fn lose_lane(&mut self, lane: LaneId) {
        for message in self.lanes[lane.0 as usize].lose_all() {
            self.lose(message.frame);
        }
    }
}

impl Simulation {
    /// Brings what the places do to those inside into effect: after an edit, a fault or a repair.
    pub(super) fn settle_places(&mut self) {
        let core = &mut self.core;
        if !core.places.are_used {
            return;
        }
        let all = || (0..core.instances.len() as u32).map(InstanceId);
        let falls = |id: &InstanceId| core.is_up(*id) && core.is_dark(*id);
        let fallen: Vec<InstanceId> = all().filter(falls).collect();
        let rises = |id: &InstanceId| core.places.dark.contains(&id.0) && !core.is_dark(*id);
        let risen: Vec<InstanceId> = all().filter(rises).collect();
        core.places.dark.extend(fallen.iter().map(|id| id.0));
        core.forget_dark(&risen);
        if !fallen.is_empty() {
            self.kill(&fallen, InstanceState::Down);
        }
        for id in self.core.settle_edges() {
            if let Some(edge) = self.system.edge(id) {
                self.core.reset_lanes(edge);
            }
        }
        for slot in self.core.with_other_interfaces() {
            if let Some(edge) = self.system.edge(self.core.edge(slot).id) {
                self.core.reset_lanes(edge);
            }
        }
        self.core.settle_hosts();
        let inside: Vec<InstanceId> = (0..self.core.instances.len() as u32)
            .map(InstanceId)
            .filter(|id| self.core.is_up(*id) && self.core.is_held(*id))
            .collect();
        self.core.put_in_condition(&inside);
        for instance in risen {
            if self.core.instances[instance.0 as usize].state == InstanceState::Down {
                self.core.instances[instance.0 as usize].state = InstanceState::Up;
                self.start(instance);
            }
        }
    }
}

impl Core {
    /// Whether an instance is inside of anything.
    fn is_held(&self, instance: InstanceId) -> bool {
        let part = self.part_of(instance) as usize;
        self.parts[part].inside.is_some() || self.parts[part].was_inside
    }
}
