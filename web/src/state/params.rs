//! Parameters, wherever they live: of a part, of an edge's network or policy, of the run.

use std::cell::Cell;

use brownout_scenario::edit::Set;
use brownout_scenario::{Part, Scenario, Settings};
use brownout_sim::param::{ParamSet, ParamSpec, Value};
use brownout_sim::system::{Edge, Id, Mode, Net, Policy};

use super::Lab;
use crate::desk::many;

/// Whose parameters are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Part(Id),
    Net(Id),
    Policy(Id),
    Settings,
}

impl Owner {
    /// The declarations, in the order in which forms show them.
    pub fn specs(self, document: &Scenario) -> &'static [ParamSpec] {
        match self {
            Self::Part(id) => document.part(id).map_or(&[], |part| part.params.kind().spec().params),
            Self::Net(_) => Net::SPECS,
            Self::Policy(_) => Policy::SPECS,
            Self::Settings => Settings::SPECS,
        }
    }

    pub fn value(self, document: &Scenario, index: usize) -> Option<Value> {
        Some(match self {
            Self::Part(id) => document.part(id)?.params.get(index),
            Self::Net(id) => document.edge(id)?.net.get(index),
            Self::Policy(id) => document.edge(id)?.policy.get(index),
            Self::Settings => document.settings.get(index),
        })
    }

    /// The edit that sets one parameter.
    pub fn set(self, document: &Scenario, index: usize, value: Value) -> Option<Set> {
        match self {
            Self::Part(id) => {
                let mut part = document.part(id)?.clone();
                part.params.set(index, value).ok()?;
                Some(Set::part(part))
            }
            Self::Net(id) => {
                let mut edge = document.edge(id)?.clone();
                edge.net.set(index, value).ok()?;
                Some(Set::edge(edge))
            }
            Self::Policy(id) => {
                let mut edge = document.edge(id)?.clone();
                edge.policy.set(index, value).ok()?;
                Some(Set::edge(edge))
            }
            Self::Settings => {
                let mut settings = document.settings.clone();
                settings.set(index, value).ok()?;
                Some(Set::Settings(settings))
            }
        }
    }
}

thread_local! {
    static GESTURES: Cell<u64> = const { Cell::new(1) };
}

/// A number that no other gesture has.
pub fn next_gesture() -> u64 {
    GESTURES.with(|next| next.replace(next.get() + 1))
}

impl Lab {
    pub fn set_param(&mut self, owner: Owner, index: usize, value: Value, gesture: Option<u64>) {
        if let Some(set) = owner.set(&self.document, index, value) {
            self.edit(vec![set], gesture);
        }
    }

    /// Gives one parameter of several the same value.
    pub fn set_params(&mut self, places: &[(Owner, usize)], value: &Value, gesture: Option<u64>) {
        self.edit(many::set(&self.document, places, value), gesture);
    }

    /// Changes several parts, in one step.
    pub fn set_parts(&mut self, ids: &[Id], gesture: Option<u64>, change: impl Fn(&mut Part)) {
        let changed = ids.iter().filter_map(|id| {
            let mut part = self.part(*id)?.clone();
            change(&mut part);
            Some(Set::part(part))
        });
        self.edit(changed.collect(), gesture);
    }

    /// Changes several connections, in one step.
    pub fn set_edges(&mut self, ids: &[Id], change: impl Fn(&mut Edge)) {
        let changed = ids.iter().filter_map(|id| {
            let mut edge = self.edge(*id)?.clone();
            change(&mut edge);
            Some(Set::edge(edge))
        });
        self.edit(changed.collect(), None);
    }

    pub fn set_part(&mut self, id: Id, gesture: Option<u64>, change: impl FnOnce(&mut Part)) {
        if let Some(mut part) = self.part(id).cloned() {
            change(&mut part);
            self.edit(vec![Set::part(part)], gesture);
        }
    }

    pub fn set_edge(&mut self, id: Id, gesture: Option<u64>, change: impl FnOnce(&mut Edge)) {
        if let Some(mut edge) = self.edge(id).cloned() {
            change(&mut edge);
            self.edit(vec![Set::edge(edge)], gesture);
        }
    }

    pub fn set_mode(&mut self, id: Id, mode: Mode) {
        self.set_edge(id, None, |edge| edge.mode = mode);
    }

    pub fn set_document_notes(&mut self, notes: String) {
        self.edit(vec![Set::Notes(notes)], None);
    }

    pub fn set_document_name(&mut self, name: String) {
        if name != self.document.name {
            self.edit(vec![Set::Name(name)], None);
        }
    }
}
