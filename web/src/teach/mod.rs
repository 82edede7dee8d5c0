//! The teacher's desk: the open document becomes an assignment. What is written here is the file itself, without its
//! document; the thread of the course checks it and makes the link.
//!
//! One entry, [`view`]: whoever gives no assignment sees none of it.

mod changes;
mod form;
mod goals;
mod hidden;
mod metrics;
mod panel;
mod words;

use std::collections::BTreeMap;
use std::rc::Rc;

use brownout_scenario::{Scenario, Shared};
use brownout_sim::component::Kind;
use brownout_sim::param::ParamSet;
use brownout_sim::param::Words;
use brownout_sim::system::{Id, Net, Policy};
use serde_json::{Map, Value, json};

pub use self::form::name;
pub use self::panel::view;
use crate::dialogs::files;
use crate::state::{Lab, Sheet, storage};

/// The draft of this visitor.
const DRAFT: &str = "brownout.teach";
/// The run with the faults that students do not know.
const FAULTS: &str = "faults";

/// What a teacher is writing.
#[derive(Default)]
pub struct Teach {
    pub open: bool,
    /// The file of the assignment without its document.
    draft: Value,
    /// What stands in the fields of the forms, before it is added.
    form: BTreeMap<&'static str, String>,
    /// What the thread of the course says of the draft: `{"link"}` or `{"error"}`.
    checked: Option<Value>,
    /// The document that it was said of.
    seen: Rc<Scenario>,
}

impl Teach {
    /// What students may not change, as far as it is marked on the canvas.
    pub fn locked(&self) -> Vec<Id> {
        let ids = self.draft["locked"].as_array().into_iter().flatten();
        let clients = self.seen.parts.iter().filter(|part| part.params.kind() == Kind::Client);
        ids.filter_map(|id| Some(id.as_u64()? as Id)).chain(clients.map(|part| part.id)).collect()
    }

    fn field(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }

    /// A number of the form.
    fn number(&self, name: &str) -> Option<f64> {
        self.field(name).trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// The goals of a list, which is that of all or that which is hidden.
    fn goals(&self, hidden: bool) -> &[Value] {
        let list = if hidden { &self.draft["hidden"]["goals"] } else { &self.draft["goals"] };
        list.as_array().map_or(&[], Vec::as_slice)
    }
}

impl Lab {
    /// Opens or closes the desk.
    pub fn toggle_teach(&mut self) {
        self.teach.open = !self.teach.open;
        self.course.open = false;
        self.study.open = false;
        self.prefs.sheet = self.teach.open.then_some(Sheet::Course);
        if self.teach.draft.is_null() {
            let kept = storage::get(DRAFT).and_then(|text| serde_json::from_str(&text).ok());
            self.teach.draft = kept.filter(Value::is_object).unwrap_or_else(empty);
        }
        if self.teach.open {
            self.check_draft();
        }
    }

    /// A teacher's own file, or one that a teacher goes on with.
    pub fn open_on_desk(&mut self, file: &str) {
        let Ok(Value::Object(mut fields)) = serde_json::from_str::<Value>(file) else { return };
        let document = fields.remove("document").unwrap_or_default().to_string();
        let Ok(document) = Scenario::from_json(&document) else { return };
        fields.remove("version");
        for name in ["title", "words"] {
            // One text for both languages.
            if let Some(text) = fields.get(name).and_then(Value::as_str) {
                fields.insert(name.to_owned(), json!({ "en": text, "ko": text }));
            }
        }
        self.show(Shared::Design(document), false);
        self.teach = Teach { open: true, draft: Value::Object(fields), ..Teach::default() };
        self.course.open = false;
        self.study.open = false;
        self.prefs.sheet = Some(Sheet::Course);
        self.draft_changed();
    }

    /// Changes the draft; it is kept and checked.
    fn draft(&mut self, change: impl FnOnce(&mut Value)) {
        change(&mut self.teach.draft);
        self.draft_changed();
    }

    fn draft_changed(&mut self) {
        storage::set(DRAFT, &self.teach.draft.to_string());
        self.check_draft();
    }

    fn new_draft(&mut self) {
        self.teach = Teach { open: true, draft: empty(), ..Teach::default() };
        self.draft_changed();
    }

    fn fill(&mut self, name: &'static str, value: String) {
        self.teach.form.insert(name, value);
    }

    /// The file of the assignment as it stands now.
    fn draft_file(&self) -> Value {
        let mut file = Map::new();
        file.insert("version".to_owned(), 1.into());
        for (name, value) in self.teach.draft.as_object().into_iter().flatten() {
            if let Some(value) = stripped(value) {
                file.insert(name.clone(), value);
            }
        }
        let document = serde_json::from_str(&self.document.to_json()).unwrap_or(Value::Null);
        file.insert("document".to_owned(), document);
        Value::Object(file)
    }

    fn check_draft(&mut self) {
        self.teach.seen = self.document.clone();
        let text = self.draft_file().to_string();
        self.ask_tutor(&json!({ "do": "check", "text": text }));
    }

    /// Whether the design was changed since the draft was checked.
    pub fn follow_teach(&mut self) {
        if self.teach.open && !Rc::ptr_eq(&self.teach.seen, &self.document) {
            self.check_draft();
        }
    }

    pub fn draft_checked(&mut self, checked: Value) {
        self.teach.checked = Some(checked);
    }

    fn save_draft(&mut self, with_hidden: bool) {
        let mut file = self.draft_file();
        if let Some(fields) = file.as_object_mut().filter(|_| !with_hidden) {
            fields.remove("hidden");
        }
        let ending = if with_hidden { "teacher.json" } else { "assignment.json" };
        let text = format!("{file:#}").into();
        if files::download(&text, "application/json", &self.file_name(ending)).is_none() {
            self.complain(self.words().save_failed);
        }
    }
}

fn empty() -> Value {
    json!({ "title": {}, "words": {}, "goals": [], "locked": [], "hidden": {} })
}

/// Without what is empty.
fn stripped(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) => (!text.trim().is_empty()).then(|| value.clone()),
        Value::Array(all) => (!all.is_empty()).then(|| value.clone()),
        Value::Object(fields) => {
            let kept: Map<String, Value> =
                fields.iter().filter_map(|(name, value)| Some((name.clone(), stripped(value)?))).collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        other => Some(other.clone()),
    }
}

/// What stands at a path of a document, where it has a name of its own.
pub fn label_of(document: &Scenario, path: &str) -> Option<Words> {
    let mut steps = path.split('.');
    let (list, id) = (steps.next()?, steps.next()?);
    let (name, last) = (steps.next()?, steps.next());
    if let Some(words) = words::PLAIN.iter().find(|(known, _)| *known == name && last.is_none()) {
        return Some(words.1);
    }
    let specs = match (list, name) {
        ("parts", _) => document.part(id.parse().ok()?)?.params.kind().spec().params,
        (_, "net") => Net::SPECS,
        _ => Policy::SPECS,
    };
    let wanted = if list == "parts" { Some(name) } else { last };
    specs.iter().find(|spec| Some(spec.name) == wanted).map(|spec| spec.label)
}
