//! Keeping the visitor's work: when, under which name, and what is said when the browser refuses.

use std::rc::Rc;

use brownout_scenario::edit::{Edit, Editor};
use brownout_scenario::{Record, Scenario};

use super::shelf::{self, Label, Trouble};
use super::storage::{self, SHELF};
use super::{Lab, Notice};

/// The most steps of the history that are kept either way, and the most characters that they may take.
const STEPS: usize = 500;
const HISTORY_LIMIT: usize = 1_000_000;

/// Where the open document is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Home {
    /// Among the visitor's documents.
    Kept {
        id: String,
        /// The save that this tab has read or written last.
        stamp: String,
        /// Nothing was kept since it was opened.
        first: bool,
    },
    /// Nowhere yet: what came by link or was just begun gets a place of its own with the first change.
    #[default]
    New,
    /// A frame in another page keeps nothing.
    Nowhere,
}

impl Home {
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Kept { id, .. } => Some(id),
            _ => None,
        }
    }
}

impl Lab {
    /// The visitor has changed the document.
    pub fn touch(&mut self) {
        self.changed = true;
        self.history_due = true;
    }

    /// Keeps the work in the visitor's browser. Whether the page must be rendered.
    pub fn autosave(&mut self) -> bool {
        if !self.unsaved() || self.home == Home::Nowhere {
            return false;
        }
        let before = self.notices.len();
        self.saved = self.document.clone();
        let (id, seen, first) = match &self.home {
            Home::Kept { id, stamp, first } => (id.clone(), Some(stamp.clone()), *first),
            _ => (storage::new_name(), None, false),
        };
        let label = Label {
            stamp: storage::new_name(),
            at_ms: js_sys::Date::now() as u64,
            parts: self.document.parts.len(),
            name: self.document.name.clone(),
        };
        match SHELF.save(&id, seen.as_deref(), first, &label, &self.document.to_json()) {
            Ok(()) => {
                if seen.is_none() {
                    // From now on a reload opens the visitor's own.
                    super::open::forget_fragment();
                    storage::set_of_tab(&id);
                }
                self.home = Home::Kept { id, stamp: label.stamp, first: false };
                self.notices.retain(|notice| !matches!(notice, Notice::Visiting | Notice::NotKept));
                storage::set_unkept(false);
            }
            Err(Trouble::Elsewhere) => {
                self.home = Home::New;
                self.saved = Rc::default();
                self.notices.retain(|notice| *notice != Notice::Newer);
                self.notices.push(Notice::Parted);
                self.autosave();
                return true;
            }
            Err(Trouble::Refused) => {
                storage::set_unkept(true);
                if !self.notices.contains(&Notice::NotKept) {
                    self.notices.push(Notice::NotKept);
                }
            }
        }
        self.notices.len() != before
    }

    /// Keeps the history beside the document.
    pub fn keep_history(&mut self) {
        let Some(id) = self.home.id().filter(|_| std::mem::take(&mut self.history_due)) else { return };
        let mut most = STEPS;
        while most > 0 {
            let (record, done) = self.editor.kept_history(most);
            let text = record.to_json();
            if text.len() <= HISTORY_LIMIT {
                return SHELF.keep_history(id, done, &text);
            }
            most /= 2;
        }
    }

    /// Keeps everything, then loads the version that waits.
    pub fn take_update(&mut self) {
        self.keep_all();
        if let Ok(event) = web_sys::Event::new("brownout-take-update") {
            let _ = gloo::utils::window().dispatch_event(&event);
        }
    }

    /// The page may be gone in a moment.
    pub fn keep_all(&mut self) {
        self.autosave();
        self.keep_history();
    }

    /// Opens one of the visitor's documents, with its history; whether there is such a one.
    pub fn open_kept(&mut self, id: &str, play: bool) -> bool {
        // What is open now may have changed a moment ago.
        self.keep_all();
        let Some((label, text)) = SHELF.document(id) else { return false };
        let Ok(document) = Scenario::from_json(&text) else { return false };
        let history = SHELF.history(id).and_then(|(done, text)| Some((done, Record::from_json(&text).ok()?)));
        let editor = match history {
            Some((done, record)) => Editor::with_history(document, &record, done),
            None => Editor::new(document),
        };
        storage::set_of_tab(id);
        self.show_editor(editor, Home::Kept { id: id.to_owned(), stamp: label.stamp, first: true });
        self.start_run(play);
        self.after_show();
        self.resume_assignment(id);
        true
    }

    /// The document that this tab had open, else the one that was kept last; whether there is any.
    pub fn open_own(&mut self, play: bool) -> bool {
        let of_tab = storage::of_tab().is_some_and(|id| self.open_kept(&id, play));
        of_tab || SHELF.list().iter().any(|(id, _)| self.open_kept(id, play))
    }

    /// Makes an earlier version the present one, in a step that can be undone. The run starts again.
    pub fn restore_version(&mut self, at_ms: u64) {
        let version = self.home.id().and_then(|id| SHELF.version(id, at_ms));
        let Some(document) = version.and_then(|(_, text)| Scenario::from_json(&text).ok()) else { return };
        let (edit, play) = (Edit::between(&self.document, &document), self.run.playing);
        self.dialog = None;
        if self.edit(edit.0, None) {
            self.start_run(play);
            self.fit(false);
            self.toast = Some(self.words().restored.to_owned());
        }
    }

    /// Takes away a document of the visitor's for good. The open one stays on the canvas.
    pub fn delete_document(&mut self, id: &str) {
        SHELF.delete(id);
        if self.home.id() == Some(id) {
            self.home = Home::New;
            self.changed = false;
        }
    }

    /// Keeps a document that came by link, as it is.
    pub fn keep_visited(&mut self) {
        self.changed = true;
        self.saved = Rc::default();
        self.autosave();
    }

    /// Shows what another tab has made of the open document.
    pub fn show_newer(&mut self) {
        if let Some(id) = self.home.id().map(str::to_owned) {
            self.open_kept(&id, self.run.playing);
        }
    }

    /// Another tab has kept something. Whether the page must be rendered.
    pub fn stored_elsewhere(&mut self, key: &str) -> bool {
        let Home::Kept { id, stamp, .. } = &self.home else { return false };
        if !shelf::is_document(key, id) || self.notices.contains(&Notice::Newer) {
            return false;
        }
        let newer = SHELF.document(id).is_some_and(|(label, _)| label.stamp != *stamp);
        if newer {
            self.notices.push(Notice::Newer);
        }
        newer
    }
}
