//! Both stacks of the history, behind one surface.

use std::collections::VecDeque;

use brownout_sim::system::{Target, Verb};

use super::{Edit, GestureId, Label};

/// How many steps can be taken back.
const STEPS: usize = 500;

/// What is done by hand, to what, and how much of it.
pub(super) type Act = (Verb, Target, f64);

/// An edit and its inverse.
pub(super) type BothWays<'a> = (&'a Edit, &'a Edit);

/// One step of the history.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    Edit { label: Label, forward: Edit, inverse: Edit, gesture: Option<GestureId> },
    Fault { label: Label, forward: Vec<Act>, inverse: Vec<Act> },
}

impl Stage {
    const fn label(&self) -> &Label {
        match self {
            Self::Edit { label, .. } | Self::Fault { label, .. } => label,
        }
    }

    const fn is_fault(&self) -> bool {
        matches!(self, Self::Fault { .. })
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct History {
    past: VecDeque<Stage>,
    future: Vec<Stage>,
}

impl History {
    pub(super) fn push(&mut self, stage: Stage) {
        self.future.clear();
        if self.past.len() == STEPS {
            self.past.pop_front();
        }
        self.past.push_back(stage);
    }

    /// An edit of the same gesture as the last step becomes part of it.
    pub(super) fn push_edit(&mut self, label: Label, edit: Edit, undoing: Edit, by: Option<GestureId>) {
        if let Some(Stage::Edit { forward, inverse, gesture, .. }) = self.past.back_mut()
            && by.is_some()
            && *gesture == by
            && self.future.is_empty()
        {
            *forward = std::mem::take(forward).then(edit);
            *inverse = undoing.then(std::mem::take(inverse));
            return;
        }
        self.push(Stage::Edit { label, forward: edit, inverse: undoing, gesture: by });
    }

    pub(super) fn back(&mut self) -> Option<Stage> {
        let stage = self.past.pop_back()?;
        self.future.push(stage.clone());
        Some(stage)
    }

    pub(super) fn forth(&mut self) -> Option<Stage> {
        let stage = self.future.pop()?;
        self.past.push_back(stage.clone());
        Some(stage)
    }

    pub(super) fn drop_faults(&mut self) {
        self.past.retain(|stage| !stage.is_fault());
        self.future.retain(|stage| !stage.is_fault());
    }

    /// What can be undone in the order in which it was done, then what can be made again, with their inverses.
    pub(super) fn edits(&self, most: usize) -> (Vec<BothWays<'_>>, Vec<BothWays<'_>>) {
        const fn edit(stage: &Stage) -> Option<BothWays<'_>> {
            match stage {
                Stage::Edit { forward, inverse, .. } => Some((forward, inverse)),
                Stage::Fault { .. } => None,
            }
        }
        let mut past: Vec<_> = self.past.iter().rev().filter_map(edit).take(most).collect();
        past.reverse();
        (past, self.future.iter().rev().filter_map(edit).take(most).collect())
    }

    /// These stages, of which the first so many are done.
    pub(super) fn of(mut stages: Vec<Stage>, done: usize) -> Self {
        let mut future = stages.split_off(done.min(stages.len()));
        future.reverse();
        Self { past: stages.into(), future }
    }

    pub(super) fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    pub(super) fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    pub(super) fn undo_label(&self) -> Option<&Label> {
        self.past.back().map(Stage::label)
    }

    pub(super) fn redo_label(&self) -> Option<&Label> {
        self.future.last().map(Stage::label)
    }
}
