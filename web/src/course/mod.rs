//! The course in the page: the table of contents, the steps of a lesson, predictions, and goals that light up.
//!
//! Lessons are files beside the page, read and judged by a thread of its own (`crates/tutor`). Nothing of that is loaded
//! before the visitor opens the course.

mod panel;
mod prose;
mod tutor;
mod words;

use std::collections::BTreeMap;

use brownout_scenario::{Done, Scenario, Shared};
use brownout_sim::Ns;
use serde_json::{Value, json};
use wasm_bindgen_futures::spawn_local;

pub use self::panel::view;
use self::tutor::Tutor;
use crate::app::Dispatch;
use crate::canvas::geometry::{Camera, Point};
use crate::dialogs::files::fetched;
use crate::state::storage;
use crate::state::{Lab, Sheet};

const CONTENTS: &str = "./lessons/contents.json";
/// Steps that were reached and goals that were met, by lesson.
const PROGRESS: &str = "brownout.course";

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
    tutor: Option<Tutor>,
    /// Why the course cannot be shown.
    error: Option<String>,
    progress: Value,
}

/// A lesson that is open.
struct Open {
    id: String,
    /// As `crates/tutor` describes it.
    lesson: Value,
    step: usize,
    /// The document of the lesson that the visitor's run began with.
    run: Option<String>,
    /// That document, as it comes.
    original: Scenario,
    /// By goal.
    predicted: BTreeMap<String, f64>,
    verdicts: BTreeMap<String, Verdict>,
    /// The number of the last question, and the goals that it was about.
    ticket: u64,
    asked: (usize, usize),
    /// What the step waits for was done.
    waited: bool,
}

impl Course {
    fn steps(&self) -> &[Value] {
        self.lesson.as_ref().and_then(|open| open.lesson["steps"].as_array()).map_or(&[], Vec::as_slice)
    }

    fn step(&self) -> Option<&Value> {
        self.steps().get(self.lesson.as_ref()?.step)
    }

    /// Another document is opened: goals are no longer judged in it.
    pub fn leave_run(&mut self) {
        if let Some(open) = &mut self.lesson {
            open.run = None;
        }
    }

    fn goals(&self) -> &[Value] {
        self.lesson.as_ref().and_then(|open| open.lesson["goals"].as_array()).map_or(&[], Vec::as_slice)
    }
}

impl Lab {
    /// Opens or closes the course.
    pub fn toggle_course(&mut self) {
        self.course.open = !self.course.open;
        self.prefs.sheet = self.course.open.then_some(Sheet::Course);
        if self.course.open {
            self.load_contents();
        }
    }

    fn load_contents(&mut self) {
        if self.course.contents.is_some() {
            return;
        }
        self.course.progress = storage::get(PROGRESS)
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_else(|| json!({}));
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
                        dispatch.act(move |lab| lab.course.error = Some(file));
                        return;
                    }
                }
            }
            dispatch.act(move |lab| then(lab, texts));
        });
    }

    /// Opens a lesson at the step that the visitor had reached.
    pub fn open_lesson(&mut self, id: &str) {
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        if id.is_empty() || !id.chars().all(is_name) {
            return;
        }
        self.course.open = true;
        self.prefs.sheet = Some(Sheet::Course);
        self.load_contents();
        let id = id.to_owned();
        let files = ["lesson.json", "en.md", "ko.md"].map(|name| format!("./lessons/{id}/{name}"));
        self.fetch(files.to_vec(), move |lab, texts| {
            let question =
                json!({ "do": "open", "id": id, "lesson": texts[0], "en": texts[1], "ko": texts[2] });
            lab.ask_tutor(&question);
        });
    }

    fn ask_tutor(&mut self, question: &Value) {
        let Some(dispatch) = self.dispatch.clone() else { return };
        let tutor = self.course.tutor.get_or_insert_with(|| Tutor::start(dispatch));
        tutor.ask(question.to_string());
    }

    /// What the thread of the course answers.
    fn hear_tutor(&mut self, answer: &str) {
        let Ok(mut answer) = serde_json::from_str::<Value>(answer) else { return };
        if let Some(reason) = answer["error"].as_str() {
            self.course.error = Some(reason.to_owned());
        } else if answer["lesson"].is_object() {
            let id = answer["id"].as_str().unwrap_or_default().to_owned();
            let reached = self.course.progress[&id]["step"].as_u64().unwrap_or(0) as usize;
            let met = self.course.progress[&id]["met"].as_array().cloned().unwrap_or_default();
            let met = met
                .iter()
                .filter_map(Value::as_str)
                .map(|goal| (goal.to_owned(), Verdict { passed: true, value: None }));
            let open = Open {
                id,
                lesson: answer["lesson"].take(),
                step: 0,
                run: None,
                original: Scenario::default(),
                predicted: BTreeMap::new(),
                verdicts: met.collect(),
                ticket: 0,
                asked: (0, 0),
                waited: false,
            };
            self.course.lesson = Some(open);
            let last = self.course.steps().len().saturating_sub(1);
            self.go_to_step(if reached >= last { 0 } else { reached });
        } else if let Some(open) = &mut self.course.lesson
            && answer["ticket"].as_u64() == Some(open.ticket)
        {
            for verdict in answer["verdicts"].as_array().into_iter().flatten() {
                let goal = verdict["goal"].as_str().unwrap_or_default().to_owned();
                let passed = verdict["passed"] == true;
                open.verdicts.insert(goal, Verdict { passed, value: verdict["value"].as_f64() });
            }
            self.keep_progress();
        }
    }

    /// Shows a step: its document, camera, speed and time, and what it points at.
    pub fn go_to_step(&mut self, step: usize) {
        let Some(open) = &mut self.course.lesson else { return };
        (open.step, open.waited) = (step, false);
        let Some(step) = self.course.step().cloned() else { return };
        // A document that had to be opened on the way here is opened now, if another one is there.
        let at = self.course.lesson.as_ref().map_or(0, |open| open.step);
        let wanted =
            self.course.steps()[..=at].iter().rev().find_map(|step| step["run"].as_str().map(str::to_owned));
        if wanted.is_some() && self.course.lesson.as_ref().is_some_and(|open| open.run != wanted) {
            self.open_run(&wanted.unwrap_or_default());
        }
        if let Some(speed) = step["speed"].as_f64() {
            self.set_speed(speed);
        }
        if let Some(at) = step["at_s"].as_f64() {
            self.seek((at * 1e9) as Ns);
        }
        let points: Vec<u32> = step["point"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|id| Some(id.as_u64()? as u32))
            .collect();
        if !points.is_empty() {
            self.select(points);
        }
        if let [x, y, zoom] = [0, 1, 2].map(|at| step["view"][at].as_f64())
            && let (Some(x), Some(y), Some(zoom)) = (x, y, zoom)
        {
            let zoom = zoom.clamp(Camera::MIN_ZOOM, Camera::MAX_ZOOM);
            self.camera = Camera { origin: Point::new(x, y), zoom };
        }
        self.keep_progress();
    }

    /// Opens a document of the lesson, as it comes; the visitor's own work stays untouched.
    pub fn open_run(&mut self, run: &str) {
        let Some(open) = &self.course.lesson else { return };
        let Some(document) =
            open.lesson["runs"][run].as_str().and_then(|text| Scenario::from_json(text).ok())
        else {
            return;
        };
        self.show(Shared::Design(document.clone()), false);
        if let Some(open) = &mut self.course.lesson {
            (open.run, open.original, open.asked) = (Some(run.to_owned()), document, (0, 0));
        }
    }

    /// Leaves the lesson; what is on the canvas stays, to go on with.
    pub fn leave_lesson(&mut self) {
        self.course.lesson = None;
    }

    /// Commits to a number before the run.
    pub fn predict(&mut self, goal: &str, value: f64) {
        if let Some(open) = &mut self.course.lesson {
            open.predicted.insert(goal.to_owned(), value);
        }
    }

    /// Whether goals are due that were not judged yet, now that the run has come so far.
    pub fn judge_goals(&mut self, now: Ns) -> bool {
        let entries = self.editor.record().log.len();
        let arrived = self.has_waited(now);
        let Some(open) = &mut self.course.lesson else { return false };
        open.waited |= arrived;
        let Some(run) = open.run.clone() else { return arrived };
        let duration = self.document.options().duration as f64 / 1e9;
        let ends = open.lesson["goals"].as_array().into_iter().flatten();
        let ends = ends
            .filter(|goal| goal["run"] == run.as_str())
            .map(|goal| goal["until_s"].as_f64().unwrap_or(duration));
        let due = ends.filter(|end| *end * 1e9 <= now as f64).count();
        if due == 0 || open.asked == (due, entries) {
            return arrived;
        }
        open.asked = (due, entries);
        open.ticket += 1;
        let record = self.editor.record().to_json();
        let question =
            json!({ "do": "judge", "run": run, "record": record, "now_ns": now, "ticket": open.ticket });
        self.ask_tutor(&question);
        arrived
    }

    /// Whether what the step waits for has just been done.
    fn has_waited(&self, now: Ns) -> bool {
        let (Some(open), Some(step)) = (&self.course.lesson, self.course.step()) else { return false };
        if open.waited || open.run.is_none() {
            return false;
        }
        let wait = &step["wait"];
        let id = |name: &str| wait[name].as_u64().map(|id| id as u32);
        let of = |done: &Done| matches!(done, Done::Fault { target, .. } if Some(target.id) == id("fault"));
        wait["time_s"].as_f64().is_some_and(|at| now as f64 >= at * 1e9)
            || id("select").is_some_and(|id| self.selection.contains(&id))
            || (id("fault").is_some() && self.editor.record().log.iter().any(|entry| of(&entry.done)))
            || id("edit").is_some_and(|id| {
                self.document.part(id) != open.original.part(id)
                    || self.document.edge(id) != open.original.edge(id)
            })
    }

    fn keep_progress(&mut self) {
        let Some(open) = &self.course.lesson else { return };
        let met: Vec<&String> =
            open.verdicts.iter().filter(|(_, verdict)| verdict.passed).map(|(goal, _)| goal).collect();
        let known = &mut self.course.progress[&open.id];
        let furthest = known["step"].as_u64().unwrap_or(0).max(open.step as u64);
        *known = json!({ "step": furthest, "met": met });
        storage::set(PROGRESS, &self.course.progress.to_string());
    }
}

/// Passes on what the thread says, in the page's one queue.
fn heard(dispatch: &Dispatch, answer: String) {
    dispatch.act(move |lab| lab.hear_tutor(&answer));
}
