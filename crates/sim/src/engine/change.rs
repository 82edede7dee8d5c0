//! Interventions: faults, repairs and edits of a running system.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Build, Core, FrameId, InstanceId, InstanceState, Ns, PartRow, Simulation};
use crate::component::{CallPlan, Kind};
use crate::network::{EdgeRow, EdgeSlot, Lane, LaneId, PolicyRow, Resolver, Rules, Varying};
use crate::observe::{EdgeLedger, PartStats, What};
use crate::param::{LawValue, ParamSet, Value};
use crate::resource::Placement;
use crate::system::{Action, Change, Edge, EdgeKind, Id, Part, Target, Verb};

impl Simulation {
    /// Carries out a validated action at this moment.
    pub(super) fn act(&mut self, action: &Action) {
        self.core.digest.fold(self.core.now, 0x0061_6374);
        match action {
            Action::Do { verb, target } => self.strike(*verb, *target, Verb::FACTOR),
            Action::Scale { verb, target, factor } => self.strike(*verb, *target, *factor),
            Action::End { verb, target, since } => self.end(*verb, *target, *since),
            Action::Edit(changes) => {
                Arc::make_mut(&mut self.system).apply(changes);
                self.change(changes);
                self.core.tell(What::Edited);
            }
        }
        self.drain();
        self.core.look();
    }

    fn strike(&mut self, verb: Verb, target: Target, factor: f64) {
        let instance = u64::from(target.instance.unwrap_or(0));
        self.core.digest.fold(u64::from(target.id) << 8 | verb as u64, instance);
        if verb.has_factor() {
            self.core.digest.fold(instance, factor.to_bits());
        }
        self.core.tell(What::Struck { verb, target });
        if let Some(slot) = self.core.edge_slots.get(&target.id).copied() {
            match verb {
                Verb::Cut => self.core.cut(slot),
                Verb::Restore => self.core.mend(slot),
                _ => {}
            }
            return;
        }
        let Some(slot) = self.core.part_slots.get(&target.id).copied() else { return };
        match verb {
            Verb::Kill => {
                let instances = self.struck(slot, target);
                self.kill(&instances, InstanceState::Down);
            }
            Verb::Pause | Verb::Slow | Verb::Surge | Verb::Corrupt => {
                self.core.strike(slot, target, verb, factor);
            }
            Verb::Flush | Verb::Fill => {
                for instance in self.struck(slot, target) {
                    if self.core.is_up(instance) {
                        self.parts.struck(&mut self.core, instance, verb);
                    }
                }
            }
            Verb::Restore => {
                self.core.restore_strikes(slot, target);
                self.revive(slot, target);
            }
            _ => {}
        }
        self.tell_surge(slot, verb);
    }

    /// A fault of this kind that struck at this time is over; others of its kind may hold on.
    fn end(&mut self, verb: Verb, target: Target, since: Ns) {
        let instance = u64::from(target.instance.unwrap_or(0));
        self.core.digest.fold(u64::from(target.id) << 8 | Verb::Restore as u64, instance);
        self.core.tell(What::Struck { verb: Verb::Restore, target });
        if let Some(slot) = self.core.edge_slots.get(&target.id).copied() {
            self.core.mend(slot);
            return;
        }
        let Some(slot) = self.core.part_slots.get(&target.id).copied() else { return };
        if verb == Verb::Kill {
            self.revive(slot, target);
        } else {
            self.core.digest.fold(verb as u64, since);
            self.core.end_strike(slot, target, verb, since);
            self.tell_surge(slot, verb);
        }
    }

    /// The instances that a fault is about.
    fn struck(&self, slot: u32, target: Target) -> Vec<InstanceId> {
        let number = |id: &InstanceId| self.core.instances[id.0 as usize].number + 1;
        let instances = self.core.parts[slot as usize].instances.iter().copied();
        instances
            .filter(|id| self.core.is_present(*id))
            .filter(|id| target.instance.is_none_or(|wanted| number(id) == wanted))
            .collect()
    }

    fn revive(&mut self, slot: u32, target: Target) {
        for instance in self.struck(slot, target) {
            if self.core.instances[instance.0 as usize].state == InstanceState::Down {
                self.core.instances[instance.0 as usize].state = InstanceState::Up;
                self.start(instance);
            }
        }
    }

    fn start(&mut self, instance: InstanceId) {
        self.core.came_up(instance);
        self.parts.started(&mut self.core, instance);
    }

    /// Those who come hear that more of them do, or fewer.
    fn tell_surge(&mut self, slot: u32, verb: Verb) {
        if matches!(verb, Verb::Surge | Verb::Restore) {
            for instance in self.core.parts[slot as usize].instances.clone() {
                if self.core.is_up(instance) {
                    self.parts.surged(&mut self.core, instance);
                }
            }
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
            if state == InstanceState::Leaving {
                core.take_workers(*instance);
            }
        }
        core.bury(&dying);
        for instance in instances {
            core.went_down(*instance);
        }
        for instance in dying {
            self.parts.killed(&mut self.core, instance);
        }
    }

    fn change(&mut self, changes: &[Change]) {
        // Edges go before the parts that they hang on, and come after them. Of what one edit puts and takes
        // away again, only what is there in the end counts.
        for change in changes {
            if let Change::RemoveEdge(id) = change {
                self.core.digest.fold(u64::from(*id), 1);
                self.core.remove_edge(*id);
            }
        }
        let mut replaced = BTreeSet::new();
        for change in changes {
            if let Change::RemovePart(id) = change {
                self.core.digest.fold(u64::from(*id), 2);
                replaced.extend(self.remove_part(*id));
            }
        }
        for change in changes {
            if let Change::PutPart(part) = change
                && self.system.part(part.id) == Some(part)
            {
                replaced.extend(self.put_part(part));
            }
        }
        for change in changes {
            if let Change::PutEdge(edge) = change
                && self.system.edge(edge.id) == Some(edge)
            {
                self.core.put_edge(edge);
            }
        }
        self.reconnect(&replaced);
        self.rewire();
    }

    /// Edges that stayed while a part at their end was replaced by another under the same id lead to the
    /// new one from now on.
    fn reconnect(&mut self, replaced: &BTreeSet<u32>) {
        if replaced.is_empty() {
            return;
        }
        let is_loose = |slot: EdgeSlot| {
            let row = self.core.edge(slot);
            replaced.contains(&row.from) || replaced.contains(&row.to)
        };
        let slots = self.core.edge_slots.iter();
        let loose: Vec<Id> = slots.filter(|(_, slot)| is_loose(**slot)).map(|(id, _)| *id).collect();
        for id in loose {
            if let Some(edge) = self.system.edge(id) {
                self.core.put_edge(edge);
            }
        }
    }

    /// The slot that the part had.
    fn remove_part(&mut self, id: Id) -> Option<u32> {
        let slot = self.core.part_slots.remove(&id)?;
        self.core.parts[slot as usize].removed = true;
        let instances = self.core.parts[slot as usize].instances.clone();
        self.kill(&instances, InstanceState::Leaving);
        self.core.strikes.remove(&slot);
        Some(slot)
    }

    /// The slot of the part that this one took the place of, being of another type.
    fn put_part(&mut self, part: &Part) -> Option<u32> {
        self.core.fold_part(part);
        let known = self.core.part_slots.get(&part.id).copied();
        match known {
            Some(slot) if self.core.parts[slot as usize].kind == part.params.kind() => {
                self.edit_part(slot, part);
                None
            }
            Some(_) => {
                let replaced = self.remove_part(part.id);
                self.add_part(part);
                replaced
            }
            None => {
                self.add_part(part);
                None
            }
        }
    }

    fn add_part(&mut self, part: &Part) {
        if !self.core.has_room_for(part.count as usize) {
            return;
        }
        let slot = self.core.parts.len() as u32;
        self.core.parts.push(PartRow {
            id: part.id,
            kind: part.params.kind(),
            row: 0,
            params: part.params.clone(),
            removed: false,
            instances: Vec::new(),
            present: 0,
            out: Vec::new(),
            plan: CallPlan::default(),
            shapes: Vec::new(),
            pauses: None,
            answer_ttl: 0,
            deadline: 0,
            behind_gateway: 0.0,
            keys: Vec::new(),
            caches: Vec::new(),
            placement: Placement::InTurn,
            stats: PartStats::default(),
            workloads: None,
        });
        self.core.part_slots.insert(part.id, slot);
        let row = self.parts.add(&part.params, &mut Build { core: &mut self.core, part: slot });
        self.core.parts[slot as usize].row = row;
        for _ in 0..part.count {
            let instance = self.core.add_instance(slot);
            self.start(instance);
        }
    }

    fn edit_part(&mut self, slot: u32, part: &Part) {
        let row = self.core.parts[slot as usize].row;
        if self.core.parts[slot as usize].params != part.params {
            self.core.parts[slot as usize].params = part.params.clone();
            self.parts.edit(row, &part.params, &mut Build { core: &mut self.core, part: slot });
        }
        let instances = self.core.parts[slot as usize].instances.clone();
        let (before, count) = (self.core.parts[slot as usize].present as usize, part.count as usize);
        if !self.core.has_room_for(count.saturating_sub(instances.len())) {
            return;
        }
        self.core.parts[slot as usize].present = count.min(instances.len()) as u32;
        if count < before {
            self.kill(&instances[count..before], InstanceState::Leaving);
        }
        for instance in instances.iter().take(count).skip(before) {
            self.core.come_back(*instance);
            self.start(*instance);
        }
        for _ in instances.len()..count {
            let instance = self.core.add_instance(slot);
            self.start(instance);
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
        let mut planned = Vec::new();
        for (slot, out) in out.into_iter().enumerate() {
            if !self.core.parts[slot].removed && (self.core.parts[slot].out != out || !out.is_empty()) {
                self.core.parts[slot].out = out;
                planned.push(slot);
            }
        }
        for slot in planned {
            self.core.parts[slot].plan = CallPlan::new(&self.core, slot as u32);
        }
        self.core.note_sole_instances();
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
            Value::List(all) => {
                self.digest.fold(4, all.len() as u64);
                for number in all.iter() {
                    self.digest.fold(3, number.to_bits());
                }
            }
            Value::Law(law) => self.fold_law(law.kind(), &law.fields()),
        }
    }

    fn fold_law(&mut self, kind: usize, fields: &[LawValue]) {
        let mut numbers = 0;
        for (at, field) in fields.iter().enumerate() {
            match field {
                LawValue::Number(number) => numbers ^= number.to_bits().rotate_left(at as u32),
                LawValue::Rows(rows) => {
                    numbers ^= rows.len() as u64;
                    for row in rows {
                        self.fold_law(kind, row);
                    }
                }
                LawValue::Law(law) => self.fold_law(law.kind(), &law.fields()),
            }
        }
        self.digest.fold(4 + kind as u64, numbers);
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
        let [asker, asked] = [from, to].map(|end| self.parts[end as usize].kind);
        // A resolver asks name servers as others ask anybody.
        let resolver = (asked.is_looked_up() && asker != Kind::Resolver).then(|| {
            self.resolvers.push(Resolver { asks_always: asked == Kind::Resolver, ..Resolver::default() });
            (self.resolvers.len() - 1) as u32
        });
        let Some(route) = self.routes.extend(None, slot as EdgeSlot) else {
            self.halt("the calls of one run took more than 65,536 different ways".to_owned());
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
            cut: false,
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
        let latency = Varying::constant(&edge.net);
        for lane in [LaneId::requests(slot), LaneId::replies(slot)] {
            let varying = Varying::new(&edge.net, self.seed, edge.id, lane.is_request());
            self.lanes[lane.0 as usize].set(latency, varying);
        }
        let row = &mut self.edges[slot as usize];
        let rules = row.policy.map(|policy| &self.policies[policy as usize].rules);
        row.is_plain = row.resolver.is_none() && rules.is_none();
        row.only_retries = row.resolver.is_none() && rules.is_some_and(Rules::only_retries);
        self.note_instant(slot);
    }

    fn note_sole_instances(&mut self) {
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
        row.is_instant = is_free && !row.cut;
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
        #[cfg(debug_assertions)]
        crate::planted::endless();
        for lane in [LaneId::requests(slot), LaneId::replies(slot)] {
            for message in self.lanes[lane.0 as usize].lose_all() {
                self.lose(message.frame);
            }
        }
        self.note_instant(slot);
    }

    fn mend(&mut self, slot: EdgeSlot) {
        self.edge_mut(slot).cut = false;
        self.note_instant(slot);
    }

    /// Whether so many instances can be made; where not, the run stops.
    fn has_room_for(&mut self, count: usize) -> bool {
        let most = Self::MOST_INSTANCES;
        let has_room = self.instances.len() + count <= most;
        if !has_room {
            self.halt(format!("more than {most} instances were made during one run"));
        }
        has_room
    }

    /// An instance that left the design has no workers.
    fn take_workers(&mut self, instance: InstanceId) {
        for station in self.stations_of(instance) {
            let mut shape = self.stations[station].shape;
            shape.workers = 0;
            self.stations[station].reshape(self.now, shape);
        }
    }

    /// An instance that had left the design is part of it again.
    fn come_back(&mut self, instance: InstanceId) {
        let part = self.part_of(instance) as usize;
        for (at, station) in self.stations_of(instance).enumerate() {
            self.stations[station].reshape(self.now, self.parts[part].shapes[at]);
        }
        self.instances[instance.0 as usize].state = InstanceState::Up;
    }
}
