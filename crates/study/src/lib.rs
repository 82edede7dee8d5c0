//! What looks closely at a run, in a thread of its own: stories of single requests, had by replay.
//!
//! A third wasm file, which the page loads when somebody asks for a story: the page never waits for it, and whoever
//! asks for none never downloads it. It runs the page's record again, keeps a past of its own, and answers with panels
//! (`node.rs`) that the page shows without knowing what they mean.
//!
//! | asked | shown |
//! |---|---|
//! | `{"do": "list", "record", "now", "lang"}` | the slowest, the failed and some requests of the run up to now |
//! | `{"do": "list", …, "from", "to"}` | the same of a stretch of time |
//! | `{"do": "story", "request"}` or `{"do": "dot", "key"}` | one request's story |
//! | `{"do": "step", "at"}` | another step of it |
//! | `{"do": "compare", "record", "other", "name", "now", "lang"}` | two runs at the same moment: what differs, results, charts |
//! | `{"do": "export"}` | it as a file: `{"save": {"name", "text"}}` |
//!
//! Every answer is `{"panel": node}`, `{"save": …}`, `{"progress": 0 to 1}` or `{"error": sentence}`.
#![allow(missing_debug_implementations, reason = "wasm-bindgen makes a handle of it")]

mod compare;
mod node;
mod steps;
mod story;
#[cfg(test)]
mod tests;
mod words;

use brownout_scenario::{Record, Scenario, Shared, otlp, read_any};
use brownout_sim::Ns;
use brownout_sim::observe::{Choice, RequestName, Trace};
use brownout_sim::timeline::{Budget, Timeline};
use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

use self::story::Story;
use self::words::Tongue;

/// Events in one piece of work: some milliseconds.
const PIECE: u32 = 50_000;
/// How far a request that is under way is followed beyond the playhead: at first, and at most.
const AHEAD: (Ns, Ns) = (50_000_000, 100_000_000_000);
/// Requests of each kind in the list.
const CHOICE: Choice = Choice { sample: 5, slowest: 8, failed: 8 };

/// The run that is looked at, with its past.
struct Run {
    text: String,
    document: Scenario,
    duration: Ns,
    timeline: Timeline,
}

/// What is asked for once the run is there.
#[derive(Clone, Debug)]
enum Wish {
    List(Option<(Ns, Ns)>),
    Story(RequestName),
    Dot(u32),
}

/// What is being done: run up to a time, then fulfil the wish.
#[derive(Clone, Debug)]
struct Task {
    wish: Wish,
    from: Ns,
    until: Ns,
    /// Where the page's run is.
    now: Ns,
    /// The request, once it is known, and how far beyond the present to look for its end.
    name: Option<RequestName>,
    ahead: Ns,
}

#[wasm_bindgen]
#[derive(Default)]
pub struct Study {
    run: Option<Run>,
    task: Option<Task>,
    story: Option<Story>,
    pair: compare::Pair,
    tongue: Tongue,
}

#[wasm_bindgen]
impl Study {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a question; the answer may be there at once, or come from [`work`](Self::work). Both are JSON.
    pub fn ask(&mut self, question: &str) -> Option<String> {
        let answer = self.try_ask(question);
        Self::said(answer)
    }

    /// Whether there is work.
    pub fn is_busy(&self) -> bool {
        self.task.is_some() || self.pair.is_busy()
    }

    /// Works for some milliseconds, and gives an answer or how far it is.
    pub fn work(&mut self) -> Option<String> {
        let answer = self.try_work();
        Self::said(answer)
    }
}

impl Study {
    fn said(answer: Result<Option<Value>, String>) -> Option<String> {
        answer.unwrap_or_else(|reason| Some(json!({ "error": reason }))).map(|answer| answer.to_string())
    }

    fn try_ask(&mut self, question: &str) -> Result<Option<Value>, String> {
        let question: Value = serde_json::from_str(question).map_err(|error| error.to_string())?;
        if let Some(lang) = question["lang"].as_str() {
            self.tongue = Tongue::of_code(lang);
        }
        if question["do"] == "compare" {
            self.task = None;
            self.pair.ask(&question)?;
            return Ok(None);
        }
        if let Some(record) = question["record"].as_str() {
            self.open(record)?;
        }
        let now = question["now"].as_u64();
        let wish = match question["do"].as_str().unwrap_or_default() {
            "list" => {
                let stretch = question["from"].as_u64().zip(question["to"].as_u64());
                Wish::List(stretch)
            }
            "story" => {
                let name = question["request"].as_str().unwrap_or_default();
                Wish::Story(name.parse().map_err(str::to_owned)?)
            }
            "dot" => Wish::Dot(question["key"].as_u64().unwrap_or(0) as u32),
            "step" => {
                let at = question["at"].as_u64().unwrap_or(0) as usize;
                return Ok(self.show_story(Some(at)));
            }
            "words" => return Ok(self.show_story(None)),
            "export" => return Ok(self.export()),
            other => return Err(format!("{other:?} cannot be done")),
        };
        let run = self.run.as_mut().ok_or("no run is open")?;
        let now = now.unwrap_or_else(|| run.timeline.now()).min(run.duration);
        run.timeline.go_near(now);
        let name = if let Wish::Story(name) = wish { Some(name) } else { None };
        self.task = Some(Task { wish, from: run.timeline.now(), until: now, now, name, ahead: AHEAD.0 });
        Ok(None)
    }

    /// Opens a run, unless it is open already.
    fn open(&mut self, text: &str) -> Result<(), String> {
        if self.run.as_ref().is_some_and(|run| run.text == text) {
            return Ok(());
        }
        self.story = None;
        let record = match read_any(text).map_err(|error| error.to_string())? {
            Shared::Run(record) => record,
            Shared::Design(document) => Record::new(document),
        };
        let mut start = record.simulation().map_err(|error| error.to_string())?;
        start.choose_requests(CHOICE);
        let budget = Budget { bytes: 96 << 20, ..Budget::default() };
        self.run = Some(Run {
            text: text.to_owned(),
            document: record.document(),
            duration: record.start.options().duration,
            timeline: Timeline::with_budget(start, budget),
        });
        Ok(())
    }

    fn try_work(&mut self) -> Result<Option<Value>, String> {
        if self.pair.is_busy() {
            let done = self.pair.work(PIECE);
            let view = done.is_none().then(|| self.pair.view(self.tongue)).flatten();
            return Ok(view.map(panel).or(done.map(|done| json!({ "progress": done }))));
        }
        let (Some(mut task), Some(run)) = (self.task.take(), &mut self.run) else { return Ok(None) };
        let timeline = &mut run.timeline;
        if !timeline.run_chunk(task.until, PIECE) && timeline.simulation().halted().is_none() {
            let done = (timeline.now() - task.from.min(timeline.now())) as f64;
            let all = (task.until - task.from).max(1) as f64;
            self.task = Some(task);
            return Ok(Some(json!({ "progress": done / all })));
        }
        match task.wish {
            Wish::List(stretch) => {
                let chosen = match stretch {
                    Some((from, to)) => timeline.chosen(from, to, CHOICE),
                    None => timeline.simulation().chosen(),
                };
                self.story = None;
                return Ok(Some(panel(story::list(&chosen, &run.document, self.tongue))));
            }
            Wish::Dot(key) if task.name.is_none() => {
                task.name = timeline.simulation().request_behind(key);
                if task.name.is_none() {
                    return Err(self.tongue.of(words::GONE).to_owned());
                }
            }
            _ => {}
        }
        let Some(name) = task.name else { return Ok(None) };
        let trace = timeline.traces(&[name]).into_iter().next();
        let is_over = trace.as_ref().is_some_and(|trace| trace.ended.is_some());
        let limit = run.duration.min(task.now.saturating_add(AHEAD.1));
        if !is_over && task.until < limit && timeline.simulation().halted().is_none() {
            // Further and further, until its end is seen.
            task.until = task.now.saturating_add(task.ahead).min(limit);
            task.ahead *= 4;
            self.task = Some(task);
            return Ok(None);
        }
        let trace = trace.ok_or_else(|| format!("no request {name} was issued in this run"))?;
        Ok(Some(self.tell(trace, task.now)))
    }

    fn tell(&mut self, trace: Trace, now: Ns) -> Value {
        let document = self.run.as_ref().map(|run| run.document.clone()).unwrap_or_default();
        let steps = steps::steps(&trace, &document, self.tongue);
        let is_ahead = trace.ended.is_none_or(|ended| ended > now);
        let story = Story { trace, steps, at: 0, is_ahead };
        let view = story.view(&document, self.tongue);
        self.story = Some(story);
        panel(view)
    }

    /// The story at another step, or in other words.
    fn show_story(&mut self, at: Option<usize>) -> Option<Value> {
        let (story, run) = (self.story.as_mut()?, self.run.as_ref()?);
        match at {
            Some(at) => story.at = at.min(story.steps.len().saturating_sub(1)),
            None => story.steps = steps::steps(&story.trace, &run.document, self.tongue),
        }
        Some(panel(story.view(&run.document, self.tongue)))
    }

    fn export(&self) -> Option<Value> {
        let (story, run) = (self.story.as_ref()?, self.run.as_ref()?);
        let file = otlp::export(std::slice::from_ref(&story.trace), &run.document);
        let name = format!("request-{:016x}.otlp.json", story.trace.name.key);
        Some(json!({ "save": { "name": name, "text": format!("{file:#}") } }))
    }
}

fn panel(node: node::Node) -> Value {
    json!({ "panel": node.into_value() })
}
