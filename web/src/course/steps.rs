//! The steps of a lesson: what is opened and shown, what is waited for, and which goals are due.

use std::rc::Rc;

use brownout_scenario::{Done, Scenario, Shared};
use brownout_sim::Ns;
use serde_json::json;

use crate::canvas::geometry::{Camera, Point};
use crate::state::Lab;

/// The one document of an assignment.
pub(super) const DESIGN: &str = "design";

impl Lab {
    /// Shows a step: its document, camera, speed and time, and what it points at.
    pub fn go_to_step(&mut self, step: usize) {
        let Some(open) = &mut self.course.lesson else { return };
        (open.step, open.waited) = (step, false);
        open.pointed.clear();
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
        if let Some(open) = &mut self.course.lesson {
            open.pointed = points;
        }
        if let [x, y, zoom] = [0, 1, 2].map(|at| step["view"][at].as_f64())
            && let (Some(x), Some(y), Some(zoom)) = (x, y, zoom)
        {
            let zoom = zoom.clamp(Camera::MIN_ZOOM, Camera::MAX_ZOOM);
            self.camera = Camera { origin: Point::new(x, y), zoom };
        } else if let Some(id) = self.course.lesson.as_ref().and_then(|open| open.pointed.first().copied()) {
            self.reveal(id);
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
        let play = self.embed.is_frame && self.embed.run != Some(false);
        self.show(Shared::Design(document), play);
        self.take_run(run);
    }

    /// What is on the canvas is the lesson's document of this name, or what the visitor has made of it.
    pub(super) fn take_run(&mut self, run: &str) {
        let Some(open) = &mut self.course.lesson else { return };
        let Some(document) =
            open.lesson["runs"][run].as_str().and_then(|text| Scenario::from_json(text).ok())
        else {
            return;
        };
        (open.run, open.original, open.asked) = (Some(run.to_owned()), document, (0, 0));
        (open.row, open.compared) = (None, None);
    }

    /// Leaves the lesson for the canvas; what is there stays, to go on with.
    pub fn leave_lesson(&mut self) {
        self.course.lesson = None;
        self.course.open = false;
        self.prefs.sheet = None;
        self.focus = Some(crate::state::lab::Focus::Canvas);
    }

    /// Back to the table of contents.
    pub fn show_contents(&mut self) {
        self.course.lesson = None;
        self.load_contents();
    }

    /// Commits to a number before the run.
    pub fn predict(&mut self, goal: &str, value: f64) {
        if let Some(open) = &mut self.course.lesson {
            open.predicted.insert(goal.to_owned(), value);
        }
        self.keep_progress();
    }

    /// Commits to a curve before the run.
    pub fn sketch(&mut self, step: &str, values: Vec<f64>) {
        if let Some(open) = &mut self.course.lesson {
            open.sketched.insert(step.to_owned(), values);
        }
        self.keep_progress();
    }

    /// Judges the answer as the teacher's terminal will, as far as the assignment is public.
    pub fn check_answer(&mut self) {
        let question = json!({ "do": "grade", "answer": self.document.to_json() });
        if let Some(open) = &mut self.course.lesson {
            (open.row, open.busy, open.judged) = (None, true, self.document.clone());
        }
        self.ask_tutor(&question);
    }

    /// The visitor's run so far beside one of the lesson's.
    pub fn compare_with(&mut self, run: &str) {
        let now = self.live.last().map_or(0, |frame| frame.now);
        let record = self.editor.record().to_json();
        if let Some(open) = &mut self.course.lesson {
            (open.compared, open.busy) = (None, true);
        }
        self.ask_tutor(&json!({ "do": "compare", "run": run, "record": record, "now_ns": now }));
    }

    /// Looks whether what a step waits for was done just now.
    pub fn follow_course(&mut self) {
        if self.course.lesson.is_none() {
            return;
        }
        let now = self.live.last().map_or(0, |frame| frame.now);
        let arrived = self.has_waited(now);
        let edited = self.course.rules().is_some();
        if let Some(open) = &mut self.course.lesson {
            open.waited |= arrived;
            // What the checker said was of another design.
            if edited && open.row.is_some() && !Rc::ptr_eq(&open.judged, &self.document) {
                open.row = None;
            }
        }
        // Which of the visitor's documents is the answer.
        let known = self.course.lesson.as_ref().map(|open| &self.course.progress[&open.id]["document"]);
        if edited && self.home.id().is_some_and(|id| known.is_some_and(|known| known != id)) {
            self.keep_progress();
        }
    }

    /// Whether goals are due that were not judged yet, now that the run has come so far.
    pub fn judge_goals(&mut self, now: Ns) -> bool {
        self.judge_own_goals(now);
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

    /// The same of the document's own goals, in a frame: nobody else is told of them.
    fn judge_own_goals(&mut self, now: Ns) {
        if !self.embed.is_frame || self.document.goals.is_empty() {
            return;
        }
        let (entries, duration) = (self.editor.record().log.len(), self.document.options().duration);
        let due = self.document.goals.iter().filter(|goal| goal.over.map_or(duration, |[_, end]| end) <= now);
        let due = due.count();
        if due == 0 || self.course.own.asked == (due, entries) {
            return;
        }
        self.course.own.asked = (due, entries);
        self.course.own.ticket += 1;
        let (ticket, record) = (self.course.own.ticket, self.editor.record().to_json());
        self.ask_tutor(&json!({ "do": "own", "record": record, "now_ns": now, "ticket": ticket }));
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
}
