//! Edits of the document, and their history.
//!
//! An edit sets elements to new values or takes them away; its inverse does the same with the old values,
//! so that undo restores the document byte for byte.

mod editor;
mod fragment;
mod history;
mod label;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;

use brownout_sim::system::{Change, Edge, Id};

pub use editor::{Editor, GestureId, Step};
pub use label::Label;

use crate::model::{EdgeName, Entry, Goal, Numbered, Part, Scenario, Settings, View, find, set};

/// One element set to a new value, or taken away.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "edits are few and short-lived, and connections are most of them"
)]
pub enum Set {
    Part(Id, Option<Box<Part>>),
    Edge(Id, Option<Edge>),
    EdgeName(Id, Option<EdgeName>),
    Entry(Id, Option<Entry>),
    Goal(Id, Option<Goal>),
    Settings(Settings),
    Name(String),
    Notes(String),
    View(View),
}

/// What a [`Set`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Element {
    Part(Id),
    Edge(Id),
    EdgeName(Id),
    Entry(Id),
    Goal(Id),
    Settings,
    Name,
    Notes,
    View,
}

impl Set {
    /// A part put in place.
    pub fn part(part: Part) -> Self {
        Self::Part(part.id, Some(Box::new(part)))
    }

    /// An edge put in place.
    pub fn edge(edge: Edge) -> Self {
        Self::Edge(edge.id, Some(edge))
    }

    /// A connection called so; an empty name is none.
    pub fn edge_name(id: Id, name: &str) -> Self {
        Self::EdgeName(id, EdgeName::new(id, name.to_owned()))
    }

    /// A planned intervention put in place.
    pub fn entry(entry: Entry) -> Self {
        Self::Entry(entry.id, Some(entry))
    }

    /// A goal put in place.
    pub fn goal(goal: Goal) -> Self {
        Self::Goal(goal.id, Some(goal))
    }

    const fn element(&self) -> Element {
        match self {
            Self::Part(id, _) => Element::Part(*id),
            Self::Edge(id, _) => Element::Edge(*id),
            Self::EdgeName(id, _) => Element::EdgeName(*id),
            Self::Entry(id, _) => Element::Entry(*id),
            Self::Goal(id, _) => Element::Goal(*id),
            Self::Settings(_) => Element::Settings,
            Self::Name(_) => Element::Name,
            Self::Notes(_) => Element::Notes,
            Self::View(_) => Element::View,
        }
    }

    /// Applies it, and returns what undoes it.
    fn exchange(self, document: &mut Scenario) -> Self {
        use std::mem::replace;
        match self {
            Self::Part(id, part) => {
                let old = set(&mut document.parts, id, part.map(|part| *part));
                Self::Part(id, old.map(Box::new))
            }
            Self::Edge(id, edge) => Self::Edge(id, set(&mut document.edges, id, edge)),
            Self::EdgeName(id, name) => Self::EdgeName(id, set(&mut document.names, id, name)),
            Self::Entry(id, entry) => Self::Entry(id, set(&mut document.timeline, id, entry)),
            Self::Goal(id, goal) => Self::Goal(id, set(&mut document.goals, id, goal)),
            Self::Settings(settings) => Self::Settings(replace(&mut document.settings, settings)),
            Self::Name(name) => Self::Name(replace(&mut document.name, name)),
            Self::Notes(notes) => Self::Notes(replace(&mut document.notes, notes)),
            Self::View(view) => Self::View(replace(&mut document.view, view)),
        }
    }
}

/// A change of the document that is made, refused and undone as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edit(pub Vec<Set>);

impl From<Set> for Edit {
    fn from(set: Set) -> Self {
        Self(vec![set])
    }
}

impl FromIterator<Set> for Edit {
    fn from_iter<I: IntoIterator<Item = Set>>(sets: I) -> Self {
        Self(sets.into_iter().collect())
    }
}

impl Edit {
    /// What makes the other document of this one.
    pub fn between(from: &Scenario, to: &Scenario) -> Self {
        fn missing<T: Numbered>(from: &[T], to: &[T], gone: fn(Id) -> Set) -> Vec<Set> {
            from.iter().map(Numbered::id).filter(|id| find(to, *id).is_none()).map(gone).collect()
        }
        fn put<T: Numbered + Clone + PartialEq>(from: &[T], to: &[T], put: fn(T) -> Set) -> Vec<Set> {
            let same = |one: &&T| find(from, one.id()).is_some_and(|at| from[at] == **one);
            to.iter().filter(|one| !same(one)).cloned().map(put).collect()
        }
        let mut all = missing(&from.timeline, &to.timeline, |id| Set::Entry(id, None));
        all.extend(missing(&from.goals, &to.goals, |id| Set::Goal(id, None)));
        all.extend(missing(&from.names, &to.names, |id| Set::EdgeName(id, None)));
        all.extend(missing(&from.edges, &to.edges, |id| Set::Edge(id, None)));
        all.extend(missing(&from.parts, &to.parts, |id| Set::Part(id, None)));
        all.extend(put(&from.parts, &to.parts, Set::part));
        all.extend(put(&from.edges, &to.edges, Set::edge));
        all.extend(put(&from.names, &to.names, |name| Set::EdgeName(name.id, Some(name))));
        all.extend(put(&from.timeline, &to.timeline, Set::entry));
        all.extend(put(&from.goals, &to.goals, Set::goal));
        let rest = [
            Set::Settings(to.settings.clone()),
            Set::Name(to.name.clone()),
            Set::Notes(to.notes.clone()),
            Set::View(to.view.clone()),
        ];
        all.extend(rest.into_iter().filter(|set| !Self(vec![set.clone()]).is_idle(from)));
        Self(all)
    }

    /// Changes the document, and returns the edit that restores it.
    pub fn apply(&self, document: &mut Scenario) -> Self {
        let mut old: Vec<Set> = self.0.iter().map(|set| set.clone().exchange(document)).collect();
        // What was done last is undone first.
        old.reverse();
        Self(old)
    }

    /// What the edit means to a running system; empty where it changes only what is around it.
    pub fn changes(&self, document: &Scenario) -> Vec<Change> {
        let mut changes = Vec::new();
        for set in &self.compact().0 {
            match set {
                Set::Part(id, part) => {
                    let old = document.part(*id).map(Part::simulated);
                    match part.as_deref().map(Part::simulated) {
                        Some(new) if old.as_ref() != Some(&new) => changes.push(Change::PutPart(new)),
                        None if old.is_some() => changes.push(Change::RemovePart(*id)),
                        _ => {}
                    }
                }
                Set::Edge(id, edge) => {
                    let old = document.edge(*id);
                    match edge {
                        Some(new) if old != Some(new) => changes.push(Change::PutEdge(new.clone())),
                        None if old.is_some() => changes.push(Change::RemoveEdge(*id)),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        changes
    }

    /// The same edit with each element set once: later sets swallow earlier ones.
    pub fn compact(&self) -> Self {
        let mut kept: Vec<Set> = Vec::with_capacity(self.0.len());
        let mut at = BTreeMap::new();
        for set in &self.0 {
            match at.entry(set.element()) {
                Place::Occupied(place) => kept[*place.get()] = set.clone(),
                Place::Vacant(place) => {
                    place.insert(kept.len());
                    kept.push(set.clone());
                }
            }
        }
        Self(kept)
    }

    /// This edit and then another, as one.
    pub fn then(mut self, later: Self) -> Self {
        self.0.extend(later.0);
        self.compact()
    }

    /// Whether nothing would be different afterwards.
    pub fn is_idle(&self, document: &Scenario) -> bool {
        self.compact().0.iter().all(|set| match set {
            Set::Part(id, part) => document.part(*id) == part.as_deref(),
            Set::Edge(id, edge) => document.edge(*id) == edge.as_ref(),
            Set::EdgeName(id, name) => {
                document.edge_name(*id) == name.as_ref().map(|name| name.name.as_str())
            }
            Set::Entry(id, entry) => document.entry(*id) == entry.as_ref(),
            Set::Goal(id, goal) => document.goal(*id) == goal.as_ref(),
            Set::Settings(settings) => document.settings == *settings,
            Set::Name(name) => document.name == *name,
            Set::Notes(notes) => document.notes == *notes,
            Set::View(view) => document.view == *view,
        })
    }
}
