//! Interventions: faults, repairs and edits of a running system.

use super::flow::Flow;
use super::{Build, Core, Frame, FrameId, InstanceId, InstanceState, PartRow, Phase, Simulation};
use crate::component::CallPlan;
use crate::network::{EdgeRow, EdgeSlot, Lane, LaneId, Resolver};
use crate::observe::{EdgeLedger, Outcome, PartStats, What};
use crate::param::{ParamSet, Value};
use crate::system::{Action, Change, Edge, EdgeKind, Id, Part, Target, Verb};

impl Simulation {
    /// Carries out a validated action at this moment.
    pub(super) fn act(&mut self, action: &Action) {
        self.core.digest.fold(self.core.now, 0x0061_6374);
        match action {
            Action::Do { verb, target } => self.strike(*verb, *target),
            Action::Edit(changes) => {
                self.system.apply(changes);
                self.change(changes);
                self.core.tell(What::Edited);
            }
        }
        self.drain();
    }

    fn strike(&mut self, verb: Verb, target: Target) {
        let instance = u64::from(target.instance.unwrap_or(0));
        self.core.digest.fold(u64::from(target.id) << 8 | verb as u64, instance);
        self.core.tell(What::Struck { verb, target });
        if let Some(slot) = self.core.edge_slots.get(&target.id).copied() {
            match verb {
                Verb::Cut => self.core.cut(slot),
                Verb::Restore => self.core.edge_mut(slot).cut = false,
                _ => {}
            }
            return;
        }
        let Some(slot) = self.core.part_slots.get(&target.id).copied() else { return };
        let instances: Vec<InstanceId> = self.core.parts[slot as usize]
            .instances
            .iter()
            .copied()
            .filter(|id| self.core.is_present(*id))
            .filter(|id| {
                target.instance.is_none_or(|number| self.core.instances[id.0 as usize].number + 1 == number)
            })
            .collect();
        match verb {
            Verb::Kill => self.kill(&instances, InstanceState::Down),
            Verb::Restore => {
                for instance in instances {
                    if self.core.instances[instance.0 as usize].state == InstanceState::Down {
                        self.core.instances[instance.0 as usize].state = InstanceState::Up;
                        self.parts.started(&mut self.core, instance);
                    }
                }
            }
            _ => {}
        }
    }

    /// Crashes instances together: their state is lost, their callers are reset, what they had called is
    /// abandoned, and new calls find nobody.
    fn kill(&mut self, instances: &[InstanceId], state: InstanceState) {
        let core = &mut self.core;
        let dying: Vec<InstanceId> = instances
            .iter()
            .copied()
            .filter(|id| core.instances[id.0 as usize].state == InstanceState::Up)
            .collect();
        for instance in instances {
            core.instances[instance.0 as usize].state = state;
        }
        core.bury(&dying);
        for instance in dying {
            self.parts.killed(&mut self.core, instance);
        }
    }

    fn change(&mut self, changes: &[Change]) {
        // Edges go before the parts that they hang on, and come after them.
        for change in changes {
            if let Change::RemoveEdge(id) = change {
                self.core.digest.fold(u64::from(*id), 1);
                self.core.remove_edge(*id);
            }
        }
        for change in changes {
            if let Change::RemovePart(id) = change {
                self.core.digest.fold(u64::from(*id), 2);
                self.remove_part(*id);
            }
        }
        for change in changes {
            if let Change::PutPart(part) = change {
                self.put_part(part);
            }
        }
        for change in changes {
            if let Change::PutEdge(edge) = change {
                self.core.put_edge(edge);
            }
        }
        self.rewire();
    }

    fn remove_part(&mut self, id: Id) {
        let Some(slot) = self.core.part_slots.remove(&id) else { return };
        self.core.parts[slot as usize].removed = true;
        let instances = self.core.parts[slot as usize].instances.clone();
        self.kill(&instances, InstanceState::Leaving);
    }

    fn put_part(&mut self, part: &Part) {
        self.core.fold_part(part);
        let known = self.core.part_slots.get(&part.id).copied();
        match known {
            Some(slot) if self.core.parts[slot as usize].kind == part.params.kind() => {
                self.edit_part(slot, part);
            }
            Some(_) => {
                self.remove_part(part.id);
                self.add_part(part);
            }
            None => self.add_part(part),
        }
    }

    fn add_part(&mut self, part: &Part) {
        let slot = self.core.parts.len() as u32;
        self.core.parts.push(PartRow {
            id: part.id,
            kind: part.params.kind(),
            row: 0,
            params: part.params.clone(),
            removed: false,
            instances: Vec::new(),
            out: Vec::new(),
            plan: CallPlan::default(),
            shapes: Vec::new(),
            answer_ttl: 0,
            deadline: 0,
            stats: PartStats::default(),
            workloads: None,
        });
        self.core.part_slots.insert(part.id, slot);
        let row = self.parts.add(&part.params, &mut Build { core: &mut self.core, part: slot });
        self.core.parts[slot as usize].row = row;
        for _ in 0..part.count {
            let instance = self.core.add_instance(slot);
            self.parts.started(&mut self.core, instance);
        }
    }

    fn edit_part(&mut self, slot: u32, part: &Part) {
        let row = self.core.parts[slot as usize].row;
        if self.core.parts[slot as usize].params != part.params {
            self.core.parts[slot as usize].params = part.params.clone();
            self.parts.edit(row, &part.params, &mut Build { core: &mut self.core, part: slot });
        }
        let instances = self.core.parts[slot as usize].instances.clone();
        for (number, instance) in instances.iter().enumerate() {
            let leaving = self.core.instances[instance.0 as usize].state == InstanceState::Leaving;
            let wanted = number < part.count as usize;
            if wanted && leaving {
                self.core.instances[instance.0 as usize].state = InstanceState::Up;
                self.parts.started(&mut self.core, *instance);
            } else if !wanted && !leaving {
                self.kill(&[*instance], InstanceState::Leaving);
            }
        }
        for _ in instances.len()..part.count as usize {
            let instance = self.core.add_instance(slot);
            self.parts.started(&mut self.core, instance);
        }
    }

    /// Makes the plans of calls anew and tells every part that has edges.
    fn rewire(&mut self) {
        let mut out: Vec<Vec<EdgeSlot>> = vec![Vec::new(); self.core.parts.len()];
        // By id, so that the order is the document's and not that of drawing.
        for slot in self.core.edge_slots.values() {
            let row = self.core.edge(*slot);
            if row.kind == EdgeKind::Calls {
                out[row.from as usize].push(*slot);
            }
        }
        for (slot, out) in out.into_iter().enumerate() {
            if !self.core.parts[slot].removed && (self.core.parts[slot].out != out || !out.is_empty()) {
                self.core.parts[slot].out = out;
                self.core.parts[slot].plan = CallPlan::new(&self.core, slot as u32);
            }
        }
        for slot in 0..self.core.parts.len() {
            for instance in self.core.parts[slot].instances.clone() {
                if self.core.is_up(instance) {
                    self.parts.rewired(&mut self.core, instance);
                }
            }
        }
    }
}

impl Core {
    /// Every simulated field of a part enters the digest.
    fn fold_part(&mut self, part: &Part) {
        let kind = part.params.kind();
        self.digest.fold(u64::from(part.id), u64::from(part.count));
        self.digest.fold_bytes(kind.spec().name.as_bytes());
        for at in 0..kind.spec().params.len() {
            self.fold_value(&part.params.get(at));
        }
    }

    fn fold_value(&mut self, value: &Value) {
        match value {
            Value::Flag(on) => self.digest.fold(1, u64::from(*on)),
            Value::Count(n) => self.digest.fold(2, u64::from(*n)),
            Value::Number(x) => self.digest.fold(3, x.to_bits()),
            Value::Choice(word) => self.digest.fold_bytes(word.as_bytes()),
            Value::Law(law) => {
                let [a, b] = law.fields();
                self.digest.fold(4 + law.kind() as u64, a.to_bits() ^ b.to_bits().rotate_left(1));
            }
        }
    }

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

    fn put_edge(&mut self, edge: &Edge) {
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
            self.halt("more than 65,535 edges were drawn during one run".to_owned());
            return;
        }
        let resolver = (self.parts[to as usize].kind == crate::component::Kind::Dns).then(|| {
            self.resolvers.push(Resolver::default());
            (self.resolvers.len() - 1) as u32
        });
        self.edges.push(EdgeRow {
            id: edge.id,
            kind: edge.kind,
            from,
            to,
            mode: edge.mode,
            weight: edge.weight,
            removed: false,
            cut: false,
            timeouts: FrameId::NONE,
            resolver,
            turn: 0,
            ledger: EdgeLedger::default(),
        });
        self.lanes.extend([Lane::default(), Lane::default()]);
        self.lane_epochs.extend([0, 0]);
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
            self.edge_mut(slot).timeouts = list;
        }
        let row = self.edge_mut(slot);
        row.mode = edge.mode;
        row.weight = edge.weight;
        let latency = edge.net.latency_ms.ns();
        self.lanes[LaneId::requests(slot).0 as usize].latency = latency;
        self.lanes[LaneId::replies(slot).0 as usize].latency = latency;
    }

    fn remove_edge(&mut self, id: Id) {
        if let Some(slot) = self.edge_slots.remove(&id) {
            self.edge_mut(slot).removed = true;
        }
    }

    /// Everything on an edge is lost, both ways.
    fn cut(&mut self, slot: EdgeSlot) {
        if self.edge(slot).cut {
            return;
        }
        self.edge_mut(slot).cut = true;
        for lane in [LaneId::requests(slot), LaneId::replies(slot)] {
            self.lane_epochs[lane.0 as usize] = self.lane_epochs[lane.0 as usize].wrapping_add(1);
            for message in self.lanes[lane.0 as usize].lose_all() {
                self.lose(message.frame);
            }
        }
    }

    /// Ends everything that runs in dying instances.
    fn bury(&mut self, dying: &[InstanceId]) {
        let mut dead: Vec<FrameId> = Vec::new();
        for (id, frame) in self.frames.live() {
            let here = matches!(frame.phase, Phase::Root | Phase::Process | Phase::Work);
            if here && dying.contains(&frame.instance) {
                dead.push(id);
            }
        }
        // By age, not by place: places depend on what else runs.
        dead.sort_by_key(|id| (self.frames[*id].arrived, self.frames[*id].key, *id));
        for id in &dead {
            self.frames[*id].flags |= Frame::DYING;
        }
        self.orphan_children();
        for instance in dying {
            for station in self.stations_of(*instance) {
                self.stations[station].clear(self.now);
            }
        }
        for id in dead {
            self.end_dead(id);
        }
        self.forget_dead_look_ups(dying);
    }

    /// What the dying had called goes on, and nobody waits for it.
    fn orphan_children(&mut self) {
        let is_orphan = |frame: &Frame| {
            matches!(frame.phase, Phase::Request | Phase::Work | Phase::Reply | Phase::Lost)
                && !frame.has(Frame::ABANDONED)
                && !frame.parent.is_none()
                && self.frames[frame.parent].has(Frame::DYING)
        };
        let mut children: Vec<FrameId> =
            self.frames.live().filter(|(_, frame)| is_orphan(frame)).map(|(id, _)| id).collect();
        children.sort_by_key(|id| (self.frames[*id].sent, self.frames[*id].key, *id));
        for id in children {
            let entry = self.routes.entry(self.frames[id].route);
            self.edge_mut(entry).ledger.orphaned += 1;
            self.abandon(id);
        }
    }

    fn end_dead(&mut self, id: FrameId) {
        let row = &mut self.frames[id];
        row.held = 0;
        row.flags &= !(Frame::QUEUED | Frame::WORKS | Frame::DYING);
        let row = *row;
        self.frames.renew(id);
        match row.phase {
            Phase::Root => {
                let part = self.part_of(row.instance);
                self.count_request(part, row.class, Outcome::Reset, self.now - row.arrived);
                self.frames.free(id);
            }
            Phase::Process => self.frames.free(id),
            _ if row.has(Frame::ABANDONED) => {
                let entry = self.routes.entry(row.route);
                let ledger = &mut self.edge_mut(entry).ledger;
                ledger.abandoned -= 1;
                ledger.lost += 1;
                self.frames.free(id);
            }
            _ => {
                let part = self.part_of(row.instance);
                self.part_mut(part).stats.replied[Outcome::Reset as usize] += 1;
                self.part_mut(part).stats.window_errors += 1;
                if let Flow::Go(caller) = self.send_back(id, Outcome::Reset) {
                    self.ready.push_back(caller);
                }
            }
        }
    }

    /// A look-up whose asker died is asked again by those who waited for it.
    fn forget_dead_look_ups(&mut self, dying: &[InstanceId]) {
        let parts: Vec<u32> = dying.iter().map(|instance| self.part_of(*instance)).collect();
        for slot in 0..self.edges.len() {
            let row = &self.edges[slot];
            let Some(resolver) = row.resolver.filter(|_| parts.contains(&row.from)) else { continue };
            let Some((asker, generation)) = self.resolvers[resolver as usize].asking else { continue };
            if self.frames[asker].generation != generation {
                self.resolvers[resolver as usize].asking = None;
                let waiting = std::mem::take(&mut self.resolvers[resolver as usize].waiting);
                self.wake(waiting);
            }
        }
    }
}
