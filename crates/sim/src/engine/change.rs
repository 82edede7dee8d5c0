//! Interventions: faults, repairs and edits of a running system.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cost::{COST, Cost};
use super::transfer::Bodies;
use super::{Build, Core, InstanceId, InstanceState, Ns, PartRow, Simulation};
use crate::component::CallPlan;
use crate::network::{Cut, EdgeSlot};
use crate::observe::{PartStats, What};
use crate::param::{LawValue, Value};
use crate::resource::Placement;
use crate::system::{Action, Change, EdgeKind, Id, Part, Target, Verb};

impl Simulation {
    /// Carries out a validated action at this moment.
    pub(super) fn act(&mut self, action: &Action) {
        self.core.digest.fold(self.core.now, 0x0061_6374);
        match action {
            Action::Do { verb, target } => self.strike(*verb, *target, Verb::FACTOR),
            Action::Scale { verb, target, factor } => self.strike(*verb, *target, *factor),
            Action::End { verb, target, since } => self.end(*verb, *target, *since),
            Action::Experiment(experiment) => self.begin_experiment(experiment),
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
                Verb::Cut => self.core.cut(slot, Cut::BOTH),
                Verb::PartitionOut => self.core.cut(slot, Cut::REQUESTS),
                Verb::PartitionIn => self.core.cut(slot, Cut::REPLIES),
                Verb::Restore => self.core.mend(slot),
                _ => {}
            }
            return;
        }
        let Some(slot) = self.core.part_slots.get(&target.id).copied() else { return };
        match verb {
            Verb::Kill | Verb::Partition | Verb::PartitionIn | Verb::PartitionOut
                if self.core.is_place(slot) =>
            {
                self.core.strike(slot, target, verb, factor);
                self.core.use_places();
                self.settle_places();
            }
            Verb::Kill => {
                let instances = self.struck(slot, target);
                self.core.forget_dark(&instances);
                self.kill(&instances, InstanceState::Down);
            }
            Verb::Pause
            | Verb::Slow
            | Verb::Surge
            | Verb::Corrupt
            | Verb::Partition
            | Verb::PartitionIn
            | Verb::PartitionOut => {
                self.core.strike(slot, target, verb, factor);
                self.settle_places();
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
                self.settle_places();
            }
            Verb::Cut => {}
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
        if verb == Verb::Kill && !self.core.is_place(slot) {
            self.revive(slot, target);
        } else {
            self.core.digest.fold(verb as u64, since);
            self.core.end_strike(slot, target, verb, since);
            self.settle_places();
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
                self.core.forget_dark(&[instance]);
                self.core.instances[instance.0 as usize].state = InstanceState::Up;
                self.start(instance);
            }
        }
    }

    pub(super) fn start(&mut self, instance: InstanceId) {
        if self.core.must_wait(instance) {
            return;
        }
        self.core.begin_release(instance);
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
    pub(super) fn kill(&mut self, instances: &[InstanceId], state: InstanceState) {
        let core = &mut self.core;
        let dying: Vec<InstanceId> = instances.iter().copied().filter(|id| core.is_up(*id)).collect();
        for instance in instances {
            core.instances[instance.0 as usize].state = state;
            if state == InstanceState::Leaving {
                core.forget_dark(&[*instance]);
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
        self.settle_places();
        self.rewire();
        self.core.settle_costs();
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
            inside: None,
            was_inside: false,
            instances: Vec::new(),
            present: 0,
            out: Vec::new(),
            plan: CallPlan::default(),
            shapes: Vec::new(),
            pauses: None,
            answer_ttl: 0,
            deadline: Ns::MAX,
            behind_gateway: 0.0,
            keys: Vec::new(),
            caches: Vec::new(),
            brokers: Vec::new(),
            placement: Placement::InTurn,
            stats: PartStats::default(),
            cost: Cost::default(),
            bodies: Bodies::default(),
            workloads: None,
        });
        self.core.part_slots.insert(part.id, slot);
        self.core.put_inside(slot, part.inside);
        let row = self.parts.add(&part.params, &mut Build { core: &mut self.core, part: slot });
        self.core.parts[slot as usize].row = row;
        for _ in 0..part.count {
            let instance = self.core.add_instance(slot);
            self.start(instance);
        }
    }

    fn edit_part(&mut self, slot: u32, part: &Part) {
        self.core.put_inside(slot, part.inside);
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
            if matches!(row.kind, EdgeKind::Calls | EdgeKind::Watches) {
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
        if let Some(place) = part.inside {
            self.digest.fold(u64::from(place), 3);
        }
        self.digest.fold_bytes(kind.spec().name.as_bytes());
        let simulated = |at: &usize| kind.spec().params[*at].name != COST;
        for at in (0..kind.spec().params.len()).filter(simulated) {
            self.fold_value(&part.params.get(at));
        }
    }

    pub(super) fn fold_value(&mut self, value: &Value) {
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

    fn put_inside(&mut self, slot: u32, place: Option<Id>) {
        let part = self.part_mut(slot);
        part.was_inside |= part.inside.is_some();
        part.inside = place;
        if place.is_some() {
            self.use_places();
        }
    }

    /// Whether so many instances can be made; where not, the run stops.
    fn has_room_for(&mut self, count: usize) -> bool {
        let most = Self::MOST_INSTANCES;
        let has_room = self.instances.len() + count <= most;
        if !has_room {
            self.halt(crate::sentence!(
                "more than {0} instances were made during one run",
                "한 번의 실행에서 만들어진 인스턴스가 {0}개를 넘었습니다",
                most
            ));
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
