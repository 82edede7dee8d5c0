//! The course in the page: the table of contents, the steps of a lesson, predictions, and goals that light up.
//!
//! Lessons are files beside the page, read and judged by a thread of its own (`crates/tutor`). Nothing of that is loaded
//! before the visitor opens the course. An assignment of a teacher is a lesson of one step, with rules.

mod answer;
mod compare;
mod panel;
mod prose;
mod rules;
mod sketch;
mod steps;
mod words;

use std::collections::BTreeMap;
use std::rc::Rc;

use brownout_scenario::Scenario;
use brownout_sim::param::Words;
use brownout_sim::system::Id;
use serde_json::{Value, json};
use wasm_bindgen_futures::spawn_local;

pub use self::panel::view;
pub use self::rules::Rules;
use crate::app::Dispatch;
use crate::aside::Aside;
use crate::canvas::marks::Marks;
use crate::dialogs::files::fetched;
use crate::state::storage;
use crate::state::{Lab, Sheet};

const TUTOR: &str = "./tutor-worker.js";
const CONTENTS: &str = "./lessons/contents.json";
/// Steps that were reached and goals that were met, by lesson.
const PROGRESS: &str = "brownout.course";

/// What an assignment stands behind in the page's address.
pub const ASSIGNMENT: &str = "#a1.";

/// Of a part or a connection that an assignment locks.
pub const LOCKED_HERE: Words =
    Words::new("Locked: the assignment gives this as it is.", "잠김: 과제가 정한 그대로 두어야 합니다.");

/// What a goal has come to in the visitor's own runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    pub passed: bool,
    pub value: Option<f64>,
}

/// The course as far as it is loaded.
#[derive(Default)]
pub struct Course {
    pub open: bool,
    contents: Option<Value>,
    lesson: Option<Open>,
    tutor: Option<Aside>,
    /// Why the course cannot be shown, in both languages.
    error: Option<Value>,
    progress: Value,
    /// What the run on the canvas has come to of its document's own goals, which a frame tells its host.
    own: Own,
    /// The step that the address asks for, and whether it is the only one that is shown.
    wanted: Option<(usize, bool)>,
}

/// The goals that a document brings itself.
#[derive(Default)]
struct Own {
    ticket: u64,
    /// How many were due, and what had been done by hand, when they were judged last.
    asked: (usize, usize),
    told: BTreeMap<String, Verdict>,
}

/// A lesson that is open.
struct Open {
    id: String,
    /// As `crates/tutor` describes it.
    lesson: Value,
    step: usize,
    /// This step alone is shown.
    alone: bool,
    /// The document of the lesson that the visitor's run began with.
    run: Option<String>,
    /// That document, as it comes.
    original: Scenario,
    /// By goal.
    predicted: BTreeMap<String, f64>,
    /// What was drawn beforehand, by step.
    sketched: BTreeMap<String, Vec<f64>>,
    verdicts: BTreeMap<String, Verdict>,
    /// The number of the last question, and the goals that it was about.
    ticket: u64,
    asked: (usize, usize),
    /// What the step waits for was done.
    waited: bool,
    /// What the step points at, until the visitor goes on.
    pointed: Vec<Id>,
    /// Of an assignment.
    rules: Option<Rc<Rules>>,
    /// What the checker said of the answer.
    row: Option<Value>,
    /// The answer that it was said of.
    judged: Rc<Scenario>,
    /// The visitor's run beside one of the lesson's.
    compared: Option<Value>,
    /// The checker or the comparison is at work.
    busy: bool,
}

impl Course {
    fn steps(&self) -> &[Value] {
        self.lesson.as_ref().and_then(|open| open.lesson["steps"].as_array()).map_or(&[], Vec::as_slice)
    }

    fn step(&self) -> Option<&Value> {
        self.steps().get(self.lesson.as_ref()?.step)
    }

    /// A run begins: its goals are due anew.
    pub fn run_begins(&mut self) {
        self.own.asked = (0, 0);
        if let Some(open) = &mut self.lesson {
            open.asked = (0, 0);
        }
    }

    /// Another document is opened: goals are no longer judged in it.
    pub fn leave_run(&mut self) {
        self.own.told.clear();
        self.own.ticket += 1;
        if let Some(open) = &mut self.lesson {
            open.run = None;
            open.pointed.clear();
        }
    }

    fn goals(&self) -> &[Value] {
        self.lesson.as_ref().and_then(|open| open.lesson["goals"].as_array()).map_or(&[], Vec::as_slice)
    }

    /// What may be changed in the document on the canvas, if it is an assignment's.
    pub fn rules(&self) -> Option<&Rc<Rules>> {
        self.lesson.as_ref().filter(|open| open.run.is_some())?.rules.as_ref()
    }

    /// What is open here, as addresses name it: a lesson and one step of it, or an assignment.
    pub fn fragments(&self) -> Vec<(Words, String)> {
        let Some(open) = self.lesson.as_ref().filter(|_| self.open) else { return Vec::new() };
        if let Some(link) = open.lesson["rules"]["link"].as_str() {
            return vec![(words::ASSIGNMENT, link.to_owned())];
        }
        let lesson = format!("#lesson={}", open.id);
        let step = format!("{lesson}&step={}", open.step + 1);
        vec![(words::THIS_LESSON, lesson), (words::THIS_STEP, step)]
    }
}

impl Lab {
    /// Opens or closes the course.
    pub fn toggle_course(&mut self) {
        self.course.open = !self.course.open;
        self.teach.open = false;
        self.study.open = false;
        self.prefs.sheet = self.course.open.then_some(Sheet::Course);
        if self.course.open {
            self.load_contents();
        }
    }

    fn load_progress(&mut self) {
        if self.course.progress.is_null() {
            let kept = storage::get(PROGRESS).filter(|_| !self.embed.is_frame);
            self.course.progress =
                kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(|| json!({}));
        }
    }

    pub(super) fn load_contents(&mut self) {
        self.load_progress();
        if self.course.contents.is_some() {
            return;
        }
        self.fetch(vec![CONTENTS.to_owned()], |lab, texts| {
            lab.course.contents = serde_json::from_str(&texts[0]).ok();
        });
    }

    /// Gets files that lie beside the page, and goes on with their texts.
    fn fetch(&mut self, files: Vec<String>, then: impl FnOnce(&mut Self, Vec<String>) + 'static) {
        let Some(dispatch) = self.dispatch.clone() else { return };
        self.course.error = None;
        spawn_local(async move {
            let mut texts = Vec::new();
            for file in files {
                match fetched(&file).await {
                    Some(text) => texts.push(text),
                    None => {
                        dispatch.act(move |lab| lab.fail_course(json!({ "en": file, "ko": file })));
                        return;
                    }
                }
            }
            dispatch.act(move |lab| then(lab, texts));
        });
    }

    fn fail_course(&mut self, reason: Value) {
        self.embed.error(reason[self.prefs.lang.code()].as_str().unwrap_or_default());
        self.course.error = Some(reason);
    }

    /// Opens a lesson at the step that the address names (`L14-load-balancer&step=3`), else at the one that the visitor
    /// had reached.
    pub fn open_lesson(&mut self, place: &str) {
        let mut pieces = place.split('&');
        let id = pieces.next().unwrap_or_default();
        let step = pieces.find_map(|piece| piece.strip_prefix("step=")?.parse::<usize>().ok());
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        if id.is_empty() || !id.chars().all(is_name) {
            return;
        }
        self.show_course();
        // A frame shows the step that it is about, the page goes on from there.
        self.course.wanted = step.map(|step| (step.max(1) - 1, self.embed.is_frame));
        let id = id.to_owned();
        let files = ["lesson.json", "en.md", "ko.md"].map(|name| format!("./lessons/{id}/{name}"));
        self.fetch(files.to_vec(), move |lab, texts| {
            let question =
                json!({ "do": "open", "id": id, "lesson": texts[0], "en": texts[1], "ko": texts[2] });
            lab.ask_tutor(&question);
        });
    }

    /// Opens an assignment: the text of a file, or a link to one.
    pub fn open_assignment(&mut self, text: &str) {
        self.show_course();
        (self.course.error, self.course.wanted) = (None, None);
        self.ask_tutor(&json!({ "do": "assign", "text": text }));
    }

    /// One of the visitor's documents was opened: if it is the answer to an assignment, that is opened beside it.
    pub fn resume_assignment(&mut self, document: &str) {
        if self.embed.is_frame {
            return;
        }
        self.load_progress();
        let known = self.course.progress.as_object().into_iter().flatten();
        let mut known = known.filter(|(_, known)| known["document"] == document);
        let found = known.find_map(|(id, known)| Some((id.clone(), known["link"].as_str()?.to_owned())));
        let Some((id, link)) = found else { return };
        if self.course.lesson.as_ref().is_none_or(|open| open.id != id) {
            self.open_assignment(&link);
        }
    }

    fn show_course(&mut self) {
        self.course.open = true;
        self.teach.open = false;
        self.study.open = false;
        self.prefs.sheet = Some(Sheet::Course);
        if self.embed.is_frame { self.load_progress() } else { self.load_contents() }
    }

    pub fn ask_tutor(&mut self, question: &Value) {
        let Some(dispatch) = self.dispatch.clone() else { return };
        let tutor = self
            .course
            .tutor
            .get_or_insert_with(|| Aside::start(TUTOR, move |answer| heard(&dispatch, answer)));
        tutor.ask(question.to_string());
    }

    /// What the thread of the course answers.
    fn hear_tutor(&mut self, answer: &str) {
        let Ok(mut answer) = serde_json::from_str::<Value>(answer) else { return };
        if answer["error"].is_object() {
            self.fail_course(answer["error"].take());
        } else if answer["checked"].is_object() {
            self.draft_checked(answer["checked"].take());
        } else if answer["lesson"].is_object() {
            let file = answer["teacher"].as_str().filter(|_| !self.embed.is_frame).map(str::to_owned);
            if let Some(file) = file {
                return self.open_on_desk(&file);
            }
            self.take_lesson(&mut answer);
        } else if answer["own"].is_array() {
            self.tell_own_goals(&answer);
        } else if let Some(open) = &mut self.course.lesson {
            if answer["row"].is_object() {
                (open.row, open.busy) = (Some(answer["row"].take()), false);
            } else if answer["compared"].is_object() {
                (open.compared, open.busy) = (Some(answer["compared"].take()), false);
            } else if answer["ticket"].as_u64() == Some(open.ticket) {
                self.take_verdicts(&answer);
            }
        }
    }

    fn take_lesson(&mut self, answer: &mut Value) {
        let id = answer["id"].as_str().unwrap_or_default().to_owned();
        let known = self.course.progress[&id].take();
        let names = |value: &Value| {
            let all = value.as_array().into_iter().flatten();
            all.filter_map(|name| name.as_str().map(str::to_owned)).collect::<Vec<_>>()
        };
        let met = names(&known["met"]).into_iter();
        let met = met.map(|goal| (goal, Verdict { passed: true, value: None }));
        let lesson = answer["lesson"].take();
        let rules = lesson["rules"].is_object().then(|| Rc::new(Rules::read(&lesson)));
        self.course.lesson = Some(Open {
            id,
            step: 0,
            alone: false,
            run: None,
            original: Scenario::default(),
            predicted: serde_json::from_value(known["predicted"].clone()).unwrap_or_default(),
            sketched: serde_json::from_value(known["sketched"].clone()).unwrap_or_default(),
            verdicts: met.collect(),
            ticket: 0,
            asked: (0, 0),
            waited: false,
            pointed: Vec::new(),
            rules,
            row: None,
            judged: Rc::default(),
            compared: None,
            busy: false,
            lesson,
        });
        let last = self.course.steps().len().saturating_sub(1);
        let reached = known["step"].as_u64().unwrap_or(0) as usize;
        let kept = known["document"].as_str().map(str::to_owned);
        if let Some(open) = &self.course.lesson {
            self.course.progress[&open.id] = known;
        }
        let (step, alone) =
            self.course.wanted.take().unwrap_or((if reached >= last { 0 } else { reached }, false));
        if let Some(open) = &mut self.course.lesson {
            open.alone = alone;
        }
        // An answer that was begun goes on where it was left.
        let is_answer = self.course.lesson.as_ref().is_some_and(|open| open.rules.is_some());
        if let Some(kept) = kept.filter(|_| is_answer)
            && self.open_kept(&kept, false)
        {
            self.take_run(steps::DESIGN);
        }
        self.go_to_step(step.min(last));
    }

    /// Tells the host of a frame what its document's own goals have come to.
    fn tell_own_goals(&mut self, answer: &Value) {
        let own = &mut self.course.own;
        if answer["ticket"].as_u64() != Some(own.ticket) {
            return;
        }
        for verdict in answer["own"].as_array().into_iter().flatten() {
            let goal = verdict["goal"].as_str().unwrap_or_default().to_owned();
            let new = Verdict { passed: verdict["passed"] == true, value: verdict["value"].as_f64() };
            if own.told.get(&goal) != Some(&new) {
                self.embed.goal("", "", verdict);
                own.told.insert(goal, new);
            }
        }
    }

    fn take_verdicts(&mut self, answer: &Value) {
        let Some(open) = &mut self.course.lesson else { return };
        for verdict in answer["verdicts"].as_array().into_iter().flatten() {
            let goal = verdict["goal"].as_str().unwrap_or_default().to_owned();
            let new = Verdict { passed: verdict["passed"] == true, value: verdict["value"].as_f64() };
            if open.verdicts.get(&goal) != Some(&new) {
                self.embed.goal(&open.id, open.run.as_deref().unwrap_or_default(), verdict);
                open.verdicts.insert(goal, new);
            }
        }
        self.keep_progress();
    }

    pub(super) fn keep_progress(&mut self) {
        let Some(open) = &self.course.lesson else { return };
        let met: Vec<&String> =
            open.verdicts.iter().filter(|(_, verdict)| verdict.passed).map(|(goal, _)| goal).collect();
        let known = &mut self.course.progress[&open.id];
        let furthest = known["step"].as_u64().unwrap_or(0).max(open.step as u64);
        let document = match self.home.id() {
            Some(id) if open.rules.is_some() && open.run.is_some() => id.into(),
            _ => known["document"].clone(),
        };
        let new = json!({
            "step": furthest, "met": met, "predicted": open.predicted, "sketched": open.sketched, "document": document,
            "link": open.lesson["rules"]["link"],
        });
        if *known == new {
            return;
        }
        *known = new;
        // A frame keeps nothing.
        if !self.embed.is_frame {
            storage::set(PROGRESS, &self.course.progress.to_string());
        }
    }
}

impl Lab {
    /// What the canvas marks: what a step points at, and what may not be changed.
    pub fn marks(&self) -> Marks {
        let open = self.course.lesson.as_ref().filter(|_| self.course.open);
        let mut locked = self.embed.lock.clone();
        locked.extend(self.course.rules().into_iter().flat_map(|rules| rules.locked()));
        if self.teach.open {
            locked = self.teach.locked();
        }
        Marks { pointed: open.map(|open| open.pointed.clone()).unwrap_or_default(), locked }
    }
}

/// Passes on what the thread says, in the page's one queue.
fn heard(dispatch: &Dispatch, answer: String) {
    dispatch.act(move |lab| lab.hear_tutor(&answer));
}
