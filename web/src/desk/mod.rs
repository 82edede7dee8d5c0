//! What a visitor does to the design, as plain functions from what lies on the desk to an edit. No browser.

pub mod add;
pub mod arrange;
pub mod copies;
pub mod frames;
pub mod graph;
pub mod many;
pub mod place;
#[cfg(test)]
mod tests;
pub mod wiring;

use std::collections::BTreeSet;
use std::rc::Rc;

use brownout_scenario::Scenario;
use brownout_scenario::edit::Set;
use brownout_sim::system::Id;

use crate::canvas::geometry::Geometry;
use crate::state::layout::Flow;

/// What an edit is made from.
pub struct Desk {
    pub document: Rc<Scenario>,
    /// Where parts are shown.
    pub geometry: Rc<Geometry>,
    pub flow: Flow,
    /// What it is done to.
    pub chosen: Rc<BTreeSet<Id>>,
    /// The first of the ids that nothing has.
    pub next_id: Id,
}

/// An edit, and what is selected when it is done. Without sets there was nothing to do.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub sets: Vec<Set>,
    pub select: Option<Vec<Id>>,
}

impl From<Vec<Set>> for Change {
    fn from(sets: Vec<Set>) -> Self {
        Self { sets, select: None }
    }
}

impl Desk {
    /// The chosen parts.
    pub fn parts(&self) -> Vec<Id> {
        self.chosen.iter().copied().filter(|id| self.document.part(*id).is_some()).collect()
    }
}
