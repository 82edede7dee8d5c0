//! Edits of a design, and whether a run's interventions are possible when their time comes.

use std::collections::BTreeMap;

use super::validate::{check_part, refuse};
use super::{Action, Change, Id, Intervention, Limits, System, SystemError};
use crate::order::gather;
use crate::sentence;

/// From so many changes on, an edit is applied in bulk.
const MANY: usize = 32;

impl System {
    /// Applies the changes of an edit one after another, keeping the order of ids. The result is validated
    /// by the caller.
    pub fn apply(&mut self, changes: &[Change]) {
        if changes.len() > MANY {
            self.apply_many(changes);
            return;
        }
        for change in changes {
            match change {
                Change::PutPart(part) => put(&mut self.parts, part.clone(), |part| part.id),
                Change::RemovePart(id) => remove(&mut self.parts, *id, |part| part.id),
                Change::PutEdge(edge) => put(&mut self.edges, edge.clone(), |edge| edge.id),
                Change::RemoveEdge(id) => remove(&mut self.edges, *id, |edge| edge.id),
            }
        }
    }

    /// The same by way of maps: moving a list's rest at every change takes too long where there are many.
    fn apply_many(&mut self, changes: &[Change]) {
        let parts = std::mem::take(&mut self.parts).into_iter().map(|part| (part.id, part));
        let edges = std::mem::take(&mut self.edges).into_iter().map(|edge| (edge.id, edge));
        let (mut parts, mut edges): (BTreeMap<_, _>, BTreeMap<_, _>) = (gather(parts), gather(edges));
        for change in changes {
            match change {
                Change::PutPart(part) => drop(parts.insert(part.id, part.clone())),
                Change::RemovePart(id) => drop(parts.remove(id)),
                Change::PutEdge(edge) => drop(edges.insert(edge.id, edge.clone())),
                Change::RemoveEdge(id) => drop(edges.remove(id)),
            }
        }
        self.parts = parts.into_values().collect();
        self.edges = edges.into_values().collect();
    }

    /// The design after an edit, refused where it cannot run. This one is valid.
    pub fn after(&self, changes: &[Change]) -> Result<Self, SystemError> {
        let mut after = self.clone();
        after.edit(changes)?;
        Ok(after)
    }

    /// Applies an edit to a valid design and validates what can have become invalid.
    fn edit(&mut self, changes: &[Change]) -> Result<(), SystemError> {
        let is_local = changes.iter().all(|change| self.is_local(change));
        self.apply(changes);
        if !is_local {
            return self.validate();
        }
        self.check_keys()?;
        let ids: Vec<Id> = self.parts.iter().map(|part| part.id).collect();
        for change in changes {
            match change {
                Change::PutPart(part) => check_part(self.position(part.id).unwrap_or(0), part)?,
                Change::PutEdge(edge) => {
                    let index = self.edges.binary_search_by_key(&edge.id, |edge| edge.id).unwrap_or(0);
                    self.check_edge(index, edge, &ids)?;
                }
                Change::RemovePart(_) | Change::RemoveEdge(_) => {}
            }
        }
        Ok(())
    }

    /// Whether a change leaves alone who is there, how many, who calls whom and how: then nothing beyond
    /// the element itself can have become invalid.
    fn is_local(&self, change: &Change) -> bool {
        match change {
            Change::PutPart(part) => self.part(part.id).is_some_and(|now| {
                now.params.kind() == part.params.kind()
                    && (now.count, now.inside) == (part.count, part.inside)
            }),
            Change::PutEdge(edge) => self.edge(edge.id).is_some_and(|now| {
                (now.kind, now.from, now.to, now.mode, now.weight)
                    == (edge.kind, edge.from, edge.to, edge.mode, edge.weight)
            }),
            Change::RemovePart(_) | Change::RemoveEdge(_) => false,
        }
    }

    /// Checks planned or recorded interventions against the design as it stands when each applies.
    pub fn check_interventions(&self, plan: &[Intervention]) -> Result<(), SystemError> {
        if plan.len() > Limits::V1.interventions {
            return refuse(
                "timeline",
                sentence!(
                    "holds {0} entries, more than {1}",
                    "항목이 {0}개로, 한도 {1}개를 넘습니다",
                    plan.len(),
                    Limits::V1.interventions
                ),
            );
        }
        let mut now = self.clone();
        let (mut rebuilt, mut filled) = (0, 0);
        for (index, step) in plan.iter().enumerate() {
            let at = |error: SystemError| SystemError {
                path: format!("timeline[{index}].{}", error.path),
                reason: error.reason,
            };
            match &step.action {
                Action::Edit(changes) => {
                    rebuilt += now.rebuilt_by(changes);
                    if rebuilt > Limits::V1.rebuilt {
                        return refuse(
                            format!("timeline[{index}]"),
                            sentence!(
                                "a design of this size cannot be rebuilt so often in one run",
                                "이 크기의 설계를 한 번의 실행에서 이렇게 자주 다시 만들 수는 없습니다"
                            ),
                        );
                    }
                    now.edit(changes).map_err(at)?;
                }
                fault => {
                    now.check_action(fault).map_err(at)?;
                    filled += now.filled_by(fault);
                    if filled > Limits::V1.filled {
                        return refuse(
                            format!("timeline[{index}].do"),
                            sentence!(
                                "caches are filled up with more than {0} keys in one run",
                                "한 번의 실행에서 캐시를 채우는 키가 {0}개를 넘습니다",
                                Limits::V1.filled
                            ),
                        );
                    }
                }
            }
        }
        Ok(())
    }

    /// Of interventions in order of time, those that are possible when their time comes. Where the design is
    /// rebuilt more often than a run allows, the rest stands as it is.
    pub fn possible(&self, plan: Vec<Intervention>) -> Vec<Intervention> {
        let mut now = self.clone();
        let mut rebuilt = 0;
        let mut is_possible = |step: &Intervention| match &step.action {
            Action::Edit(changes) => {
                rebuilt += now.rebuilt_by(changes);
                if rebuilt > Limits::V1.rebuilt {
                    return true;
                }
                // What changes nothing is no edit: after a jump back, it may take away what is not there yet.
                now.after(changes).is_ok_and(|after| std::mem::replace(&mut now, after) != now)
            }
            fault => now.check_action(fault).is_ok(),
        };
        plan.into_iter().filter(|step| is_possible(step)).collect()
    }

    /// How many parts and edges must be checked anew after an edit.
    fn rebuilt_by(&self, changes: &[Change]) -> u64 {
        let is_local = changes.iter().all(|change| self.is_local(change));
        if is_local { 0 } else { (self.parts.len() + self.edges.len()) as u64 }
    }
}

fn put<T>(elements: &mut Vec<T>, element: T, id: impl Fn(&T) -> Id) {
    match elements.binary_search_by_key(&id(&element), &id) {
        Ok(at) => elements[at] = element,
        Err(at) => elements.insert(at, element),
    }
}

fn remove<T>(elements: &mut Vec<T>, gone: Id, id: impl Fn(&T) -> Id) {
    if let Ok(at) = elements.binary_search_by_key(&gone, id) {
        elements.remove(at);
    }
}
