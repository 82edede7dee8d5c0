//! Removing, copying and pasting several parts at once.

use std::collections::{BTreeMap, BTreeSet};

use brownout_sim::order::gather;
use brownout_sim::system::Id;

use super::{Edit, Set};
use crate::model::{EdgeName, Part, Scenario};

impl Edit {
    /// Takes away parts and edges, and with them every edge at those parts and every planned intervention
    /// on any of them. What was inside of a part that goes is inside of what that was in, as far as it can be.
    pub fn remove(document: &Scenario, ids: &[Id]) -> Self {
        let mut gone: BTreeSet<Id> = gather(ids.iter().copied());
        for edge in &document.edges {
            if gone.contains(&edge.from) || gone.contains(&edge.to) {
                gone.insert(edge.id);
            }
        }
        let is_gone = |id: &Id| gone.contains(id);
        let entries = document.timeline.iter().filter(|entry| is_gone(&entry.target.id));
        let edges = document.edges.iter().filter(|edge| is_gone(&edge.id));
        let names = document.names.iter().filter(|name| is_gone(&name.id));
        let parts = document.parts.iter().filter(|part| is_gone(&part.id));
        let orphans = document
            .parts
            .iter()
            .filter(|part| !is_gone(&part.id) && part.inside.as_ref().is_some_and(is_gone));
        entries
            .map(|entry| Set::Entry(entry.id, None))
            .chain(names.map(|name| Set::EdgeName(name.id, None)))
            .chain(edges.map(|edge| Set::Edge(edge.id, None)))
            .chain(
                orphans.map(|part| {
                    Set::part(Part { inside: document.place_without(part, &gone), ..part.clone() })
                }),
            )
            .chain(parts.map(|part| Set::Part(part.id, None)))
            .collect()
    }

    /// Puts a copy of everything in `fragment` into a document, moved by `offset`, under ids from `first_id`
    /// up. Returns the ids of the new parts too, for the selection.
    pub fn paste(fragment: &Scenario, offset: [f64; 2], first_id: Id) -> (Self, Vec<Id>) {
        let old = fragment.parts.iter().map(|part| part.id).chain(fragment.edges.iter().map(|edge| edge.id));
        let new: BTreeMap<Id, Id> = gather(old.zip(first_id..));
        let mut sets = Vec::with_capacity(new.len());
        let mut pasted = Vec::with_capacity(fragment.parts.len());
        for part in &fragment.parts {
            let mut part = part.clone();
            part.id = new[&part.id];
            part.inside = part.inside.and_then(|id| new.get(&id).copied());
            part.at = part.at.map(|[x, y]| [x + offset[0], y + offset[1]]);
            pasted.push(part.id);
            sets.push(Set::part(part));
        }
        for edge in &fragment.edges {
            let (Some(from), Some(to)) = (new.get(&edge.from), new.get(&edge.to)) else { continue };
            let (id, mut edge) = (edge.id, edge.clone());
            (edge.id, edge.from, edge.to) = (new[&edge.id], *from, *to);
            let name = fragment.edge_name(id).map(|name| Set::edge_name(edge.id, name));
            sets.push(Set::edge(edge));
            sets.extend(name);
        }
        (Self(sets), pasted)
    }

    /// A copy of these parts and the edges between them, beside them.
    pub fn duplicate(document: &Scenario, ids: &[Id], offset: [f64; 2], first_id: Id) -> (Self, Vec<Id>) {
        Self::paste(&document.fragment(ids), offset, first_id)
    }
}

impl Scenario {
    /// What a part is inside of when those are gone: the next around them that can hold it.
    fn place_without(&self, part: &Part, gone: &BTreeSet<Id>) -> Option<Id> {
        let above = |place: &&Part| self.part(place.inside?);
        let mut around = std::iter::successors(self.part(part.inside?), above);
        let holds =
            |place: &&Part| !gone.contains(&place.id) && place.params.kind().holds(part.params.kind());
        around.find(holds).map(|place| place.id)
    }

    /// These parts and the edges between them, as a document of its own: what a clipboard holds.
    pub fn fragment(&self, ids: &[Id]) -> Self {
        let chosen: BTreeSet<Id> = gather(ids.iter().copied());
        let mut fragment = Self::default();
        for part in self.parts.iter().filter(|part| chosen.contains(&part.id)) {
            let mut part = part.clone();
            part.inside = part.inside.filter(|id| chosen.contains(id));
            fragment.parts.push(part);
        }
        let between =
            |edge: &&brownout_sim::system::Edge| chosen.contains(&edge.from) && chosen.contains(&edge.to);
        fragment.edges.extend(self.edges.iter().filter(between).cloned());
        let named = |name: &&EdgeName| fragment.edge(name.id).is_some();
        fragment.names = self.names.iter().filter(named).cloned().collect();
        fragment
    }
}
