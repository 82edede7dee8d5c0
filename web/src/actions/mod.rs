//! The one list of actions. Toolbar, menus, command palette, keys and help are made from it.

mod keys;
mod list;

use std::collections::BTreeSet;
use std::rc::Rc;

use brownout_sim::component::Kind;
use brownout_sim::param::Words;
use brownout_sim::system::{Id, Verb};

pub use self::keys::{Key, Press, Where};
pub use self::list::{Act, actions};
use crate::desk::{Change, Desk, frames};
use crate::state::Lab;
use crate::state::lab::Focus;
use crate::state::params::next_gesture;
use crate::words::Lang;

/// What an action is about: help and menus are grouped by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Run,
    Break,
    Connect,
    Edit,
    Select,
    Arrange,
    View,
    Document,
}

impl Topic {
    pub const ALL: [Self; 8] = [
        Self::Run,
        Self::Break,
        Self::Connect,
        Self::Edit,
        Self::Select,
        Self::Arrange,
        Self::View,
        Self::Document,
    ];

    pub const fn words(self) -> Words {
        match self {
            Self::Run => Words::new("Running", "실행"),
            Self::Break => Words::new("Breaking and repairing", "고장과 복구"),
            Self::Connect => Words::new("Connecting", "연결"),
            Self::Edit => Words::new("Editing", "편집"),
            Self::Select => Words::new("Selecting and finding", "선택과 찾기"),
            Self::Arrange => Words::new("Arranging", "정렬"),
            Self::View => Words::new("View", "보기"),
            Self::Document => Words::new("Document", "문서"),
        }
    }
}

/// Where an action is offered, apart from the command palette, which has them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer(u8);

impl Offer {
    /// By its key and in the command palette alone.
    pub const NOWHERE: Self = Self(0);
    /// In the menu of a part.
    pub const PART: Self = Self(1);
    /// In the menu of a connection.
    pub const EDGE: Self = Self(2);
    /// In the menu of the empty canvas.
    pub const PANE: Self = Self(4);
    /// In the menu at the end of the bar.
    pub const MORE: Self = Self(8);
    /// In the panel of details.
    pub const INSPECTOR: Self = Self(16);
    /// In the panel of details, while several parts are selected.
    pub const MANY: Self = Self(32);

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What an action does.
#[derive(Clone, Copy, Debug)]
pub enum Does {
    /// Changes the document, in one step of the history.
    Edit(fn(&Desk) -> Change),
    /// The same; repeated, it remains one step.
    Nudge(fn(&Desk) -> Change),
    /// Breaks or repairs what is selected.
    Fault(Verb),
    /// Puts what is selected into a new part of this type.
    Group(Kind),
    /// Something else: the run, the view, a dialog.
    Page(fn(&mut Lab)),
}

/// One thing that a visitor can do.
#[derive(Clone, Debug)]
pub struct Action {
    pub act: Act,
    /// As `data-action` in the page has it.
    pub id: &'static str,
    pub topic: Topic,
    pub words: Words,
    /// Several entries that help shows in one line, such as one for each arrow.
    pub family: Option<Words>,
    pub icon: &'static str,
    pub keys: &'static [Key],
    pub offer: Offer,
    pub enabled: fn(&Lab) -> bool,
    pub does: Does,
}

impl Action {
    pub fn is_enabled(&self, lab: &Lab) -> bool {
        match self.does {
            Does::Fault(verb) => lab.chosen().iter().any(|id| lab.knows_fault(*id, verb)),
            Does::Group(kind) => lab.editable() && frames::can_group(&lab.desk(), kind),
            _ => (self.enabled)(lab),
        }
    }

    /// Whether it destroys something.
    pub const fn is_danger(&self) -> bool {
        matches!(self.does, Does::Fault(Verb::Kill | Verb::Cut)) || matches!(self.act, Act::Delete)
    }

    /// The label, the key where there is one, and what a fault does.
    pub fn tip(&self, lang: Lang) -> String {
        let label = lang.of(self.words);
        let key =
            self.keys.first().map_or_else(|| label.to_owned(), |key| format!("{label} ({})", key.shown()));
        match self.act {
            Act::Fault(verb) => format!("{key}: {}", lang.of(verb.help())),
            _ => key,
        }
    }
}

impl Act {
    pub fn entry(self) -> &'static Action {
        // Every act is made by the list.
        let mut all = actions().iter();
        all.find(|action| action.act == self).unwrap_or(&actions()[0])
    }

    pub fn label(self, lang: Lang) -> &'static str {
        lang.of(self.entry().words)
    }

    pub fn tip(self, lang: Lang) -> String {
        self.entry().tip(lang)
    }
}

/// The action that was pressed, and where its key counts.
pub fn pressed(press: &Press, letters: bool) -> Option<(&'static Action, Where)> {
    actions().iter().find_map(|action| {
        let fits = |key: &&Key| (letters || !key.is_letter()) && key.fits(press);
        action.keys.iter().find(fits).map(|key| (action, key.place))
    })
}

impl Lab {
    /// Performs an action, if it makes sense now.
    pub fn perform(&mut self, act: Act) {
        let action = act.entry();
        if !action.is_enabled(self) {
            return;
        }
        match action.does {
            Does::Edit(make) => {
                self.change(make, None);
            }
            Does::Nudge(make) => {
                let gesture = self.nudging.unwrap_or_else(next_gesture);
                self.nudging = Some(gesture);
                self.change(make, Some(gesture));
            }
            Does::Fault(verb) => self.fault_selected(verb),
            Does::Group(kind) => {
                self.change(|desk| frames::group(desk, kind), None);
            }
            Does::Page(perform) => perform(self),
        }
    }

    /// What an action is done to: what is selected, or what a key of the canvas was pressed on.
    pub fn chosen(&self) -> Rc<BTreeSet<Id>> {
        match self.focused {
            Some(id) if !self.selection.contains(&id) => Rc::new(brownout_sim::order::gather([id])),
            _ => self.selection.clone(),
        }
    }

    /// What an edit is made from.
    pub fn desk(&self) -> Desk {
        Desk {
            document: self.document.clone(),
            geometry: self.geometry.clone(),
            flow: self.flow,
            chosen: self.chosen(),
            next_id: self.editor.next_id(),
        }
    }

    /// Makes an edit from what lies on the desk; whether it was accepted.
    pub fn change(&mut self, make: impl FnOnce(&Desk) -> Change, gesture: Option<u64>) -> bool {
        let desk = self.desk();
        let change = make(&desk);
        if !self.edit(change.sets, gesture) {
            return false;
        }
        if let Some(ids) = change.select {
            self.focus = ids.first().map(|id| Focus::Part(*id));
            self.select(ids);
        } else if !desk.chosen.is_empty()
            && !desk.chosen.iter().any(|id| self.is_part(*id) || self.is_edge(*id))
        {
            self.focus = Some(Focus::Canvas);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::icon;

    #[test]
    fn every_entry_is_whole() {
        let mut ids = BTreeSet::new();
        for action in actions() {
            assert_eq!(action.act.entry().id, action.id);
            assert!(ids.insert(action.id), "two actions are called {}", action.id);
            let Words { en, ko } = action.words;
            let is_korean = |text: &str| text.chars().any(|letter| ('가'..='힣').contains(&letter));
            assert!(!is_korean(en) && !en.is_empty(), "{}: English words", action.id);
            assert!(is_korean(ko), "{}: Korean words", action.id);
            assert!(icon::exists(action.icon), "{}: no drawing is called {}", action.id, action.icon);
        }
    }

    #[test]
    fn every_fault_that_a_type_declares_is_offered() {
        for verb in Verb::ALL.iter().copied().filter(|verb| verb.runs()) {
            let entry = Act::Fault(verb).entry();
            assert!(matches!(entry.does, Does::Fault(does) if does == verb), "{verb:?} has no entry");
            let declared = Kind::ALL.iter().any(|kind| kind.spec().faults.contains(&verb));
            assert_eq!(entry.offer.has(Offer::PART), declared || verb == Verb::Restore, "{verb:?}");
        }
    }

    #[test]
    fn words_name_one_action_each() {
        let (mut en, mut ko) = (BTreeSet::new(), BTreeSet::new());
        for Action { id, words, .. } in actions() {
            assert!(en.insert(words.en) && ko.insert(words.ko), "{id}: {words:?} mean another action too");
        }
    }

    #[test]
    fn a_key_means_one_thing() {
        let mut seen: Vec<(Press, &str)> = Vec::new();
        for action in actions() {
            for key in action.keys {
                let press = Press {
                    ctrl: key.ctrl,
                    shift: key.shift,
                    alt: key.alt,
                    key: key.writes.to_owned(),
                    code: key.code.to_owned(),
                };
                if let Some((_, other)) = seen.iter().find(|(other, _)| *other == press) {
                    panic!("{} and {other} have the same key", action.id);
                }
                if key.place != Where::Elsewhere {
                    let found = pressed(&press, true).map(|(found, _)| found.id);
                    assert_eq!(found, Some(action.id), "{key:?}");
                }
                if key.is_letter() {
                    assert!(pressed(&press, false).is_none(), "{key:?} cannot be switched off");
                }
                seen.push((press, action.id));
            }
        }
    }
}
