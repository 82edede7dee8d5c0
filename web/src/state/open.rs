//! Where documents come from: links, files, templates, the visitor's own storage.

use brownout_scenario::edit::Editor;
use brownout_scenario::{Scenario, Shared, View, read_any, starter};
use brownout_sim::param::{Flag, Number};

use super::keep::Home;
use super::layout::Flow;
use super::{Dialog, Lab, Notice, Sheet};
use crate::course::ASSIGNMENT;

/// Where the first visit begins, in nanoseconds: caches are filled, ten windows are full.
const WARM: brownout_sim::Ns = 12_000_000_000;

/// What the name of a lesson stands behind in the page's address.
const LESSON: &str = "#lesson=";

impl Lab {
    /// The first document: what the address names, else the visitor's own work, else the starter.
    pub fn open_first(&mut self, fragment: &str) {
        let play = self.embed.run.unwrap_or(true);
        if fragment.starts_with("#v") {
            match read_any(fragment) {
                Ok(shared) => return self.visit(shared, play),
                Err(error) => {
                    let sentence = self.prefs.lang.sentence(&error);
                    self.embed.error(&sentence);
                    self.dialog = Some(Dialog::Open { text: String::new(), error: Some(sentence) });
                }
            }
        }
        let is_course = self.open_course(fragment);
        if is_course && self.embed.is_frame {
            // The first document is the lesson's.
            return;
        }
        if !self.embed.is_frame && self.open_own(play) {
            return;
        }
        self.show(Shared::Design(starter()), play);
        if self.embed.at.is_none() {
            // Gauges and charts have something to say from the first second on.
            self.seek(WARM);
        }
    }

    /// Shows a document that came from elsewhere. The visitor's own are not touched.
    fn visit(&mut self, shared: Shared, play: bool) {
        self.show(shared, play);
        if self.home == Home::New {
            self.notices.push(Notice::Visiting);
        }
    }

    /// Shows a document in place of the present one. It is kept nowhere until it is changed.
    pub fn show(&mut self, shared: Shared, play: bool) {
        // What is open now may have changed a moment ago.
        self.keep_all();
        let home = if self.embed.is_frame { Home::Nowhere } else { Home::New };
        match shared {
            Shared::Design(mut scenario) => {
                if let Some(seed) = self.embed.seed {
                    scenario.settings.seed = brownout_scenario::Seed(seed);
                }
                self.show_editor(Editor::new(scenario), home);
                self.start_run(play);
            }
            Shared::Run(record) => {
                let replayed = record.log.len();
                self.show_editor(Editor::from_record(record), home);
                self.replayed = replayed;
                self.refresh();
                let record = self.editor.record().clone();
                self.load(&record, play);
                // The record is a run already: playing goes on with it instead of starting anew.
                self.run.fresh = false;
            }
        }
        self.after_show();
    }

    /// Takes another document under the visitor's hands; what belonged to the one before is over.
    pub(super) fn show_editor(&mut self, editor: Editor, home: Home) {
        self.course.leave_run();
        self.editor = editor;
        self.home = home;
        self.replayed = 0;
        self.changed = false;
        self.history_due = false;
        self.selection = std::rc::Rc::default();
        self.wiring = std::rc::Rc::default();
        self.rerouting = None;
        self.menu = None;
        self.hint = None;
        self.notices.retain(|notice| {
            matches!(notice, Notice::UnknownParameters(_) | Notice::NotKept | Notice::Update)
        });
    }

    pub(super) fn after_show(&mut self) {
        if let Some(at) = self.embed.at {
            self.simulator.seek(at);
        }
        self.look_at_document();
        let entry = self.embed.signal.and_then(|id| self.document.entry(id)).cloned();
        if let Some(entry) = entry
            && let Err(sentence) = self.fault(entry.verb, &[entry.target], entry.factor)
        {
            self.complain(sentence);
        }
    }

    /// The camera that the document asks for; without one, everything.
    pub(super) fn look_at_document(&mut self) {
        let view = &self.document.view;
        let at = View { charts: Flag(false), ..view.clone() };
        if view.charts.0 {
            self.prefs.side = true;
            self.prefs.sheet = Some(Sheet::Charts);
        }
        if let (Some(view), Some(canvas)) = (self.embed.view, self.canvas) {
            self.camera = crate::canvas::geometry::Camera::fitting(view, canvas, 0.0, 4.0);
        } else if at == View::default() || self.embed.fit || self.flow == Flow::Down {
            self.fit(false);
        } else {
            let (Number(x), Number(y), Number(zoom)) = (at.x, at.y, at.zoom);
            let origin = crate::canvas::geometry::Point::new(x, y);
            let zoom = zoom
                .clamp(crate::canvas::geometry::Camera::MIN_ZOOM, crate::canvas::geometry::Camera::MAX_ZOOM);
            self.camera = crate::canvas::geometry::Camera { origin, zoom };
        }
    }

    /// Where the visitor looks, as a document has it.
    pub fn view(&self) -> View {
        let round = |value: f64| Number((value * 1_000.0).round() / 1_000.0);
        let (origin, zoom) = (self.camera.origin, self.camera.zoom);
        View { x: round(origin.x), y: round(origin.y), zoom: round(zoom), charts: Flag(false) }
    }

    /// Opens what was pasted or dropped: a link, an address, the text of a file, a picture with a document in it.
    pub fn open_text(&mut self, text: &str) {
        if is_assignment(text) {
            self.dialog = None;
            return self.open_assignment(text);
        }
        match read_any(text.trim()) {
            Ok(shared) => {
                self.dialog = None;
                self.visit(shared, true);
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
        } else {
            self.open_course(fragment);
        }
    }

    /// A lesson or an assignment that the address names; whether it names one.
    fn open_course(&mut self, fragment: &str) -> bool {
        if let Some(lesson) = fragment.strip_prefix(LESSON) {
            self.open_lesson(lesson);
        } else if fragment.starts_with(ASSIGNMENT) {
            self.open_assignment(fragment);
        } else {
            return false;
        }
        true
    }

    /// An empty canvas.
    pub fn new_document(&mut self) {
        self.dialog = None;
        self.show(Shared::Design(Scenario::default()), false);
    }

    pub fn open_starter(&mut self) {
        self.show(Shared::Design(starter()), true);
    }

    /// Opens a template: the text of its document.
    pub fn open_template(&mut self, name: &str, text: &str) {
        match Scenario::from_json(text) {
            Ok(mut document) => {
                name.clone_into(&mut document.name);
                self.dialog = None;
                self.show(Shared::Design(document), true);
            }
            Err(error) => self.complain(self.prefs.lang.sentence(&error)),
        }
    }

    /// Back from a visited document to the visitor's own work.
    pub fn back_to_own(&mut self) {
        forget_fragment();
        if !self.open_own(true) {
            self.open_starter();
        }
    }

    /// A name for the file.
    pub fn file_name(&self, ending: &str) -> String {
        let stem: String = self
            .document
            .name
            .chars()
            .map(|character| if character.is_alphanumeric() { character } else { '-' })
            .take(60)
            .collect();
        let stem = stem.trim_matches('-');
        let stem = if stem.is_empty() { "brownout" } else { stem };
        format!("{stem}.{ending}")
    }
}

/// A link to an assignment, or what looks like the file of one: a document has neither of its fields.
fn is_assignment(text: &str) -> bool {
    let text = text.trim();
    if !text.starts_with('{') {
        return text.contains(ASSIGNMENT);
    }
    let json = js_sys::JSON::parse(text).ok();
    json.is_some_and(|json| js_sys::Reflect::has(&json, &"document".into()).unwrap_or(false))
}

/// Takes the link out of the address bar, so that a reload does not open it again.
pub(super) fn forget_fragment() {
    let window = gloo::utils::window();
    let location = window.location();
    let (Ok(path), Ok(query)) = (location.pathname(), location.search()) else { return };
    if let Ok(history) = window.history() {
        let _ =
            history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&format!("{path}{query}")));
    }
}
