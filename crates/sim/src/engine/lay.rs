//! Edges of a running system: laid, given other settings, cut, mended and taken away.

use super::{Core, FrameId, InstanceId};
use crate::component::Kind;
use crate::network::{Cut, EdgeRow, EdgeSlot, Lane, LaneId, PolicyRow, Resolver, Rules, Varying};
use crate::observe::EdgeLedger;
use crate::param::ParamSet;
use crate::system::{Edge, EdgeKind, Id};

impl Core {
    fn fold_edge(&mut self, edge: &Edge) {
        let ends = u64::from(edge.from) << 32 | u64::from(edge.to);
        self.digest.fold(u64::from(edge.id), ends);
        self.digest
            .fold((edge.kind as u64) << 8 | edge.mode as u64, edge.weight.map_or(u64::MAX, f64::to_bits));
        for at in 0..crate::system::Net::SPECS.len() {
            self.fold_value(&edge.net.get(at));
        }
        for at in 0..crate::system::Policy::SPECS.len() {
            self.fold_value(&edge.policy.get(at));
        }
    }

    pub(super) fn put_edge(&mut self, edge: &Edge) {
        self.fold_edge(edge);
        let (Some(from), Some(to)) =
            (self.part_slots.get(&edge.from).copied(), self.part_slots.get(&edge.to).copied())
        else {
            return;
        };
        if let Some(slot) = self.edge_slots.get(&edge.id).copied() {
            let row = self.edge(slot);
            if row.from == from && row.to == to && row.kind == edge.kind {
                self.set_edge(slot, edge);
                return;
            }
            // Other ends make it another edge: what is under way on the old one arrives there.
            self.remove_edge(edge.id);
        }
        let slot = self.edges.len();
        if slot >= usize::from(EdgeSlot::MAX) {
            self.halt(crate::sentence!(
                "more than 65,535 edges were drawn during one run",
                "한 번의 실행에서 그은 연결이 65,535개를 넘었습니다"
            ));
            return;
        }
        let [asker, asked] = [from, to].map(|end| self.parts[end as usize].kind);
        // A resolver asks name servers as others ask anybody.
        let is_look_up = edge.kind == EdgeKind::Calls && asked.is_looked_up() && asker != Kind::Resolver;
        let resolver = is_look_up.then(|| {
            self.resolvers.push(Resolver { asks_always: asked == Kind::Resolver, ..Resolver::default() });
            (self.resolvers.len() - 1) as u32
        });
        let Some(route) = self.routes.extend(None, slot as EdgeSlot) else {
            self.halt(crate::sentence!(
                "the calls of one run took more than 65,536 different ways",
                "한 번의 실행에서 호출이 지나간 경로가 65,536가지를 넘었습니다"
            ));
            return;
        };
        self.edges.push(EdgeRow {
            id: edge.id,
            kind: edge.kind,
            from,
            to,
            mode: edge.mode,
            weight: edge.weight,
            removed: false,
            cut: Cut::NONE,
            distance: 0,
            is_far: false,
            is_instant: false,
            is_plain: false,
            only_retries: false,
            route,
            sole: InstanceId::NONE,
            timeouts: FrameId::NONE,
            resolver,
            policy: None,
            turn: 0,
            ledger: EdgeLedger::default(),
        });
        self.lanes.extend([Lane::default(), Lane::default()]);
        let slot = slot as EdgeSlot;
        self.edge_slots.insert(edge.id, slot);
        self.set_edge(slot, edge);
    }

    /// New settings: the latency holds for what is sent from now on, and so does the timeout.
    fn set_edge(&mut self, slot: EdgeSlot, edge: &Edge) {
        let timeout = edge.policy.timeout_ms.ns();
        let list = self.edge(slot).timeouts;
        let known = if list.is_none() { 0 } else { self.frames[list].sent };
        if known != timeout {
            let list = if timeout == 0 { FrameId::NONE } else { self.timeout_list(timeout) };
            let before = std::mem::replace(&mut self.edge_mut(slot).timeouts, list);
            self.retire_list(before);
        }
        self.set_policy(slot, edge);
        let row = self.edge_mut(slot);
        row.mode = edge.mode;
        row.weight = edge.weight;
        self.set_lanes(slot, edge);
        let row = &mut self.edges[slot as usize];
        let rules = row.policy.map(|policy| &self.policies[policy as usize].rules);
        row.is_plain = row.resolver.is_none() && rules.is_none();
        row.only_retries = row.resolver.is_none() && rules.is_some_and(Rules::only_retries);
        self.note_instant(slot);
    }

    fn set_lanes(&mut self, slot: EdgeSlot, edge: &Edge) {
        let (distance, is_far) = (self.edge(slot).distance, self.edge(slot).is_far);
        let latency = Varying::constant(&edge.net).saturating_add(distance);
        for lane in [LaneId::requests(slot), LaneId::replies(slot)] {
            let is_shared = self.shares_interface(lane);
            let varying =
                Varying::new(&edge.net, self.seed, edge.id, lane.is_request(), distance, is_far, is_shared);
            let before = self.lanes[lane.0 as usize].set(latency, varying, self.now);
            self.link_was_set(lane, before);
        }
    }

    /// The ends of an edge are farther apart than before, or nearer: that holds for what is sent from now on.
    pub(super) fn reset_lanes(&mut self, edge: &Edge) {
        if let Some(slot) = self.edge_slots.get(&edge.id).copied() {
            self.set_lanes(slot, edge);
            self.note_instant(slot);
        }
    }

    pub(super) fn note_sole_instances(&mut self) {
        for part in &mut self.parts {
            part.placement.place(part.id, part.present);
        }
        for edge in &mut self.edges {
            let part = &self.parts[edge.to as usize];
            edge.sole = if part.present == 1 { part.instances[0] } else { InstanceId::NONE };
        }
    }

    /// Notes whether what is sent over an edge arrives at the same moment.
    pub(super) fn note_instant(&mut self, slot: EdgeSlot) {
        let lanes = [LaneId::requests(slot), LaneId::replies(slot)];
        let is_free = lanes.iter().all(|lane| self.lanes[lane.0 as usize].is_instant());
        let row = self.edge_mut(slot);
        row.is_instant = is_free && row.cut.is_none();
    }

    /// What callers remember stays; new rules hold from the next decision on.
    fn set_policy(&mut self, slot: EdgeSlot, edge: &Edge) {
        let rules = Rules::new(&edge.policy);
        match self.edge(slot).policy {
            Some(row) => {
                self.policies[row as usize].set(rules);
                self.resize_pools(row as usize);
            }
            None if rules.is_plain() => {}
            None => {
                self.policies.push(PolicyRow::new(self.seed, edge.id, rules));
                self.edge_mut(slot).policy = Some(self.policies.len() as u32 - 1);
            }
        }
    }

    pub(super) fn remove_edge(&mut self, id: Id) {
        if let Some(slot) = self.edge_slots.remove(&id) {
            self.edge_mut(slot).removed = true;
        }
    }

    /// Everything on an edge is lost, both ways.
    pub(super) fn cut(&mut self, slot: EdgeSlot, ways: Cut) {
        let row = self.edge_mut(slot);
        let now = row.cut.and(ways);
        if std::mem::replace(&mut row.cut, now) == now {
            return;
        }
        #[cfg(debug_assertions)]
        crate::planted::endless();
        if ways.holds(Cut::REQUESTS) {
            self.lose_lane(LaneId::requests(slot));
        }
        if ways.holds(Cut::REPLIES) {
            self.lose_lane(LaneId::replies(slot));
        }
        self.note_instant(slot);
    }

    pub(super) fn mend(&mut self, slot: EdgeSlot) {
        let row = self.edge_mut(slot);
        row.cut = row.cut.mended();
        self.note_instant(slot);
    }
}
