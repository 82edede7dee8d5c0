//! Where documents come from and where they go: links, files, the visitor's own storage.

use brownout_scenario::edit::Editor;
use brownout_scenario::{Scenario, Shared, read_any, starter};

use super::layout::Flow;
use super::storage::{self, Slot};
use super::{Dialog, Lab, Notice};

/// Where the first visit begins, in nanoseconds: caches are filled, ten windows are full.
const WARM: brownout_sim::Ns = 12_000_000_000;

impl Lab {
    /// The first document: what the address names, else the visitor's own work, else the starter.
    pub fn open_first(&mut self, fragment: &str) {
        let play = self.embed.run.unwrap_or(true);
        if self.embed.is_frame {
            self.slot = Slot::Nowhere;
        }
        if fragment.starts_with("#v") {
            match read_any(fragment) {
                Ok(shared) => {
                    let slot = if self.embed.is_frame { Slot::Nowhere } else { Slot::Visit };
                    self.show(shared, slot, play);
                    return;
                }
                Err(error) => {
                    let sentence = self.prefs.lang.sentence(&error);
                    self.embed.error(&sentence);
                    self.dialog = Some(Dialog::Open { text: String::new(), error: Some(sentence) });
                }
            }
        }
        let own = if self.embed.is_frame { None } else { storage::own_work() };
        let own = own.and_then(|text| Scenario::from_json(&text).ok());
        let first_visit = own.is_none();
        self.show(Shared::Design(own.unwrap_or_else(starter)), self.slot, play);
        if first_visit && self.embed.at.is_none() {
            // Gauges and charts have something to say from the first second on.
            self.seek(WARM);
        }
    }

    /// Shows a document in place of the present one.
    pub fn show(&mut self, shared: Shared, slot: Slot, play: bool) {
        // What is open now may have changed a moment ago.
        self.autosave();
        self.slot = slot;
        self.changed = false;
        self.selection = std::rc::Rc::default();
        self.wiring = std::rc::Rc::default();
        self.rerouting = None;
        self.menu = None;
        self.hint = None;
        self.notices.retain(|notice| *notice != Notice::Visiting);
        if slot == Slot::Visit {
            self.notices.push(Notice::Visiting);
        }
        match shared {
            Shared::Design(mut scenario) => {
                self.replayed = 0;
                if let Some(seed) = self.embed.seed {
                    scenario.settings.seed = brownout_scenario::Seed(seed);
                }
                self.editor = Editor::new(scenario);
                self.start_run(play);
            }
            Shared::Run(record) => {
                self.replayed = record.log.len();
                self.editor = Editor::from_record(record);
                self.refresh();
                let record = self.editor.record().clone();
                self.load(&record, play);
                // The record is a run already: playing goes on with it instead of starting anew.
                self.run.fresh = false;
            }
        }
        if let Some(at) = self.embed.at {
            self.simulator.seek(at);
        }
        self.look_at_document();
    }

    /// The camera that the document asks for; without one, everything.
    fn look_at_document(&mut self) {
        use brownout_sim::param::Number;
        let view = &self.document.view;
        if *view == brownout_scenario::View::default() || self.embed.fit || self.flow == Flow::Down {
            self.fit(false);
        } else {
            let (Number(x), Number(y), Number(zoom)) = (view.x, view.y, view.zoom);
            let origin = crate::canvas::geometry::Point::new(x, y);
            let zoom = zoom
                .clamp(crate::canvas::geometry::Camera::MIN_ZOOM, crate::canvas::geometry::Camera::MAX_ZOOM);
            self.camera = crate::canvas::geometry::Camera { origin, zoom };
        }
    }

    /// Opens what was pasted or dropped: a link, an address, or the text of a file.
    pub fn open_text(&mut self, text: &str) {
        match read_any(text.trim()) {
            Ok(shared) => {
                self.dialog = None;
                if self.slot == Slot::Own && self.changed {
                    storage::set_aside();
                }
                self.show(shared, Slot::Visit, true);
            }
            Err(error) => {
                let sentence = self.prefs.lang.sentence(&error);
                // A whole file does not belong into a text field.
                let text = if text.len() > 4_000 { String::new() } else { text.to_owned() };
                self.dialog = Some(Dialog::Open { text, error: Some(sentence) });
            }
        }
    }

    /// The page's address has changed under it.
    pub fn open_fragment(&mut self, fragment: &str) {
        if fragment.starts_with("#v") {
            self.open_text(fragment);
        }
    }

    /// An empty canvas. The work so far stays in the undo history of nobody: it is set aside.
    pub fn new_document(&mut self) {
        if self.slot == Slot::Own {
            storage::set_aside();
        }
        let slot = if self.embed.is_frame { Slot::Nowhere } else { Slot::Own };
        self.show(Shared::Design(Scenario::default()), slot, false);
    }

    pub fn open_starter(&mut self) {
        let slot = if self.embed.is_frame { Slot::Nowhere } else { Slot::Own };
        if self.slot == Slot::Own && self.changed {
            storage::set_aside();
        }
        self.show(Shared::Design(starter()), slot, true);
    }

    /// The work that was set aside, in place of the present one.
    pub fn open_before(&mut self) {
        let Some(before) = storage::work_before().and_then(|text| Scenario::from_json(&text).ok()) else {
            return;
        };
        self.autosave();
        storage::set_aside();
        self.show(Shared::Design(before), Slot::Own, false);
        self.changed = true;
    }

    /// Back from a visited document to the visitor's own work.
    pub fn back_to_own(&mut self) {
        let own = storage::own_work().and_then(|text| Scenario::from_json(&text).ok());
        self.show(Shared::Design(own.unwrap_or_else(starter)), Slot::Own, true);
        forget_fragment();
    }

    /// Makes the visited document the visitor's own; what was the own work is set aside.
    pub fn keep_visited(&mut self) {
        storage::set_aside();
        self.slot = Slot::Own;
        self.changed = true;
        self.notices.retain(|notice| *notice != Notice::Visiting);
        forget_fragment();
        self.autosave();
    }

    /// Keeps the work in the visitor's browser.
    pub fn autosave(&mut self) {
        if !self.unsaved() {
            return;
        }
        self.saved = self.document.clone();
        if !self.slot.save(&self.document.to_json()) {
            self.complain(self.words().autosave_failed);
        }
    }

    /// A name for the file.
    pub fn file_name(&self) -> String {
        let stem: String = self
            .document
            .name
            .chars()
            .map(|character| if character.is_alphanumeric() { character } else { '-' })
            .take(60)
            .collect();
        let stem = stem.trim_matches('-');
        if stem.is_empty() { "brownout.json".to_owned() } else { format!("{stem}.json") }
    }
}

/// Takes the link out of the address bar, so that a reload does not open it again.
fn forget_fragment() {
    let window = gloo::utils::window();
    let location = window.location();
    let (Ok(path), Ok(query)) = (location.pathname(), location.search()) else { return };
    if let Ok(history) = window.history() {
        let _ =
            history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&format!("{path}{query}")));
    }
}
