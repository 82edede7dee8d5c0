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
//! | `{"do": "why"}`, `{"do": "scan"}` | why the run is as it is (`crates/why`); every part killed in a copy |
//! | `{"do": "charts"}` | everything measured on one time axis; `percentile` and `save` change it |
//! | `{"do": "runs"}`, `{"do": "sweep"}` | many runs: `{"spread": [questions]}`, each of which any thread answers |
//! | `{"do": "stop"}` | whatever is under way is left |
//!
//! Every answer is `{"panel": node}`, `{"save": …}`, `{"progress": 0 to 1}` or `{"error": sentence}`, or for the thread
//! itself (`study-worker.js`): `{"spread": …}` and what another thread found, `{"do": "took"}`.
#![allow(missing_debug_implementations, reason = "wasm-bindgen makes a handle of it")]

mod charts;
mod compare;
mod many;
mod node;
mod plot;
mod steps;
mod story;
mod svg;
#[cfg(test)]
mod tests;
mod why;
mod words;

use brownout_scenario::{Lang, Record, Scenario, Shared, otlp, read_any};
use brownout_sim::observe::{Choice, RequestName, Trace};
use brownout_sim::param::Sentence;
use brownout_sim::timeline::{Budget, Timeline};
use brownout_sim::{Ns, sentence};
use brownout_why::{Damage, Diagnosis, Inquiry, Scan};
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

/// A run, or a design that nothing was done to.
fn read(text: &str) -> Result<Record, Sentence> {
    read_any(text).map(Shared::into_record).map_err(|error| refused(&error))
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
    job: Option<Job>,
    charts: Option<charts::Reading>,
    set: Option<many::Set>,
    shown: Option<Shown>,
    tongue: Tongue,
}

/// Longer work than a story.
enum Job {
    Why(Box<Inquiry>),
    Scan(Box<Scan>),
    Charts,
    Unit(Box<many::Unit>),
}

/// What can be said again in another language.
enum Shown {
    Why(Box<Diagnosis>),
    Scan(Vec<Damage>),
    Charts,
    Form,
    Set,
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
        self.said(answer)
    }

    /// Whether there is work.
    pub fn is_busy(&self) -> bool {
        self.task.is_some() || self.pair.is_busy() || self.job.is_some()
    }

    /// Works for some milliseconds, and gives an answer or how far it is.
    pub fn work(&mut self) -> Option<String> {
        let answer = if self.job.is_some() { Ok(self.work_on()) } else { self.try_work() };
        self.said(answer)
    }
}

fn unknown_request(name: &str) -> Sentence {
    sentence!("no request {0} was issued in this run", "이 실행에는 {0}(이)라는 요청이 없습니다", name)
}

/// What the reader of documents refuses, in its own words.
pub(crate) fn refused(error: &brownout_scenario::Error) -> Sentence {
    Sentence::both(error.to_string(), error.sentence(Lang::Ko))
}

impl Study {
    fn said(&self, answer: Result<Option<Value>, Sentence>) -> Option<String> {
        let refuse = |reason: Sentence| Some(json!({ "error": self.tongue.sentence(&reason) }));
        answer.unwrap_or_else(refuse).map(|answer| answer.to_string())
    }

    fn try_ask(&mut self, question: &str) -> Result<Option<Value>, Sentence> {
        let question: Value = serde_json::from_str(question).map_err(Sentence::untranslated)?;
        if let Some(lang) = question["lang"].as_str() {
            self.tongue = Tongue::of_code(lang);
        }
        if question["do"] == "unit" {
            self.job = Some(Job::Unit(Box::new(many::Unit::new(&question)?)));
            return Ok(None);
        }
        if question["do"] == "compare" {
            (self.task, self.job, self.shown) = (None, None, None);
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
                Wish::Story(name.parse().map_err(|_| unknown_request(name))?)
            }
            "dot" => Wish::Dot(question["key"].as_u64().unwrap_or(0) as u32),
            "step" => {
                let at = question["at"].as_u64().unwrap_or(0) as usize;
                return Ok(self.show_story(Some(at)));
            }
            "words" => return Ok(self.again().or_else(|| self.show_story(None))),
            "took" => return Ok(self.take_unit(question.clone())),
            "stop" => {
                (self.task, self.job, self.set) = (None, None, None);
                let gone = node::node("p", "dim").text(self.tongue.of(words::CANCELLED));
                return Ok(Some(self.tabbed(gone, "")));
            }
            "why" | "scan" | "charts" | "forms" | "runs" | "sweep" => return self.begin(&question),
            "percentile" | "save" => return Ok(self.on_charts(&question)),
            "export" => return Ok(self.export()),
            other => return Err(sentence!("{0} cannot be done", "{0}은(는) 할 수 없습니다", other)),
        };
        (self.job, self.shown) = (None, None);
        let run = self.run.as_mut().ok_or_else(|| sentence!("no run is open", "열린 실행이 없습니다"))?;
        let now = now.unwrap_or_else(|| run.timeline.now()).min(run.duration);
        run.timeline.go_near(now);
        let name = if let Wish::Story(name) = wish { Some(name) } else { None };
        self.task = Some(Task { wish, from: run.timeline.now(), until: now, now, name, ahead: AHEAD.0 });
        Ok(None)
    }

    /// Opens a run, unless it is open already.
    fn open(&mut self, text: &str) -> Result<(), Sentence> {
        if self.run.as_ref().is_some_and(|run| run.text == text) {
            return Ok(());
        }
        self.story = None;
        let record = read(text)?;
        let mut start = record.simulation().map_err(|error| refused(&error))?;
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

    fn try_work(&mut self) -> Result<Option<Value>, Sentence> {
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
                let list = story::list(&chosen, &run.document, self.tongue);
                return Ok(Some(self.tabbed(list, "list")));
            }
            Wish::Dot(key) if task.name.is_none() => {
                task.name = timeline.simulation().request_behind(key);
                if task.name.is_none() {
                    return Err(Sentence::new(words::GONE));
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
        let trace = trace.ok_or_else(|| unknown_request(&name.to_string()))?;
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

/// Questions that take longer than a story.
impl Study {
    /// A panel with the way to the others above it.
    fn tabbed(&self, content: node::Node, here: &str) -> Value {
        let tabs = [
            ("list", words::TAB_STORIES),
            ("why", words::TAB_WHY),
            ("charts", words::TAB_CHARTS),
            ("forms", words::TAB_RUNS),
        ];
        let tabs = tabs.into_iter().map(|(what, label)| {
            node::button("button", self.tongue.of(label), json!([{ "ask": { "do": what } }]))
                .attribute("data-testid", format!("tab-{what}"))
                .attribute("aria-pressed", what == here)
        });
        panel(node::node("div", "").child(node::node("div", "study-tabs").children(tabs)).child(content))
    }

    /// What stands where the answer will: how to stop it.
    fn busy(&self, here: &str) -> Value {
        let stop = node::button(
            "button framed",
            self.tongue.of(words::CANCEL),
            json!([{ "ask": { "do": "stop" } }]),
        );
        self.tabbed(stop.attribute("data-testid", "cancel"), here)
    }

    fn begin(&mut self, question: &Value) -> Result<Option<Value>, Sentence> {
        let run = self.run.as_ref().ok_or_else(|| sentence!("no run is open", "열린 실행이 없습니다"))?;
        let now = question["now"].as_u64().unwrap_or(0).min(run.duration).max(1_000_000_000);
        (self.task, self.story, self.job, self.shown) = (None, None, None, None);
        let said = |error: brownout_scenario::Error| refused(&error);
        match question["do"].as_str().unwrap_or_default() {
            "why" => {
                let inquiry = Inquiry::new(read(&run.text)?, now).map_err(said)?;
                self.job = Some(Job::Why(Box::new(inquiry)));
                Ok(Some(self.busy("why")))
            }
            "scan" => {
                self.job = Some(Job::Scan(Box::new(Scan::new(read(&run.text)?, now, 30).map_err(said)?)));
                Ok(Some(self.busy("why")))
            }
            "charts" => {
                let record = read(&run.text)?;
                let simulation = record.simulation().map_err(said)?;
                self.charts = Some(charts::Reading::new(simulation, &record.document(), now));
                self.job = Some(Job::Charts);
                Ok(Some(self.busy("charts")))
            }
            "forms" => {
                self.shown = Some(Shown::Form);
                Ok(self.again())
            }
            _ => {
                let (set, questions) = many::Set::new(&run.text, question)?;
                self.set = Some(set);
                let busy = self.busy("forms");
                Ok(Some(json!({ "spread": questions, "panel": busy["panel"] })))
            }
        }
    }

    fn work_on(&mut self) -> Option<Value> {
        const UNIT: u32 = 200_000;
        let job = self.job.take()?;
        let (job, done) = match job {
            Job::Why(mut inquiry) => match inquiry.work(PIECE) {
                Some(found) => {
                    self.shown = Some(Shown::Why(Box::new(found)));
                    return self.again();
                }
                None => {
                    let done = inquiry.progress();
                    (Job::Why(inquiry), done)
                }
            },
            Job::Scan(mut scan) => match scan.work(PIECE) {
                Some(found) => {
                    self.shown = Some(Shown::Scan(found));
                    return self.again();
                }
                None => {
                    let done = scan.progress();
                    (Job::Scan(scan), done)
                }
            },
            Job::Charts => {
                let reading = self.charts.as_mut()?;
                if reading.work(PIECE) {
                    self.shown = Some(Shown::Charts);
                    return self.again();
                }
                (Job::Charts, reading.progress())
            }
            Job::Unit(mut unit) => {
                let found = unit.work(UNIT);
                if found.is_none() {
                    self.job = Some(Job::Unit(unit));
                }
                return found;
            }
        };
        self.job = Some(job);
        Some(json!({ "progress": done }))
    }

    /// What was shown last, in the words of now.
    fn again(&self) -> Option<Value> {
        let run = self.run.as_ref()?;
        Some(match self.shown.as_ref()? {
            Shown::Why(found) => self.tabbed(why::panel(found, self.tongue), "why"),
            Shown::Scan(found) => self.tabbed(why::damages(found, &run.document, self.tongue), "why"),
            Shown::Charts => self.tabbed(self.charts.as_ref()?.view(&run.document, self.tongue), "charts"),
            Shown::Form => self.tabbed(many::form(&run.text, self.tongue), "forms"),
            Shown::Set => {
                let save = json!([{ "ask": { "do": "save", "as": "csv" } }]);
                let saves = node::button("button framed", "CSV", save).attribute("data-testid", "save-csv");
                let view = self.set.as_ref()?.view(self.tongue).child(saves);
                self.tabbed(view, "forms")
            }
        })
    }

    /// A unit that was done somewhere: how far it all is, or the result.
    fn take_unit(&mut self, unit: Value) -> Option<Value> {
        let set = self.set.as_mut().filter(|set| set.is_open)?;
        let done = set.take(unit);
        if set.is_open {
            return Some(json!({ "progress": done }));
        }
        self.shown = Some(Shown::Set);
        self.again()
    }

    fn on_charts(&mut self, question: &Value) -> Option<Value> {
        match question["do"].as_str()? {
            "percentile" => self.charts.as_mut()?.toggle(question),
            _ => return self.save(question["as"].as_str()?),
        }
        self.again()
    }

    fn save(&self, kind: &str) -> Option<Value> {
        let document = &self.run.as_ref()?.document;
        if kind == "csv" {
            let text = match self.shown.as_ref()? {
                Shown::Set => self.set.as_ref()?.csv(),
                _ => self.charts.as_ref()?.csv(document),
            };
            return Some(json!({ "save": { "name": "charts.csv", "text": text, "type": "text/csv" } }));
        }
        let (text, width, height) = svg::file(&self.again()?["panel"]);
        let mut save = json!({ "name": format!("charts.{kind}"), "text": text, "type": "image/svg+xml" });
        if kind == "png" {
            save["size"] = json!([width, height]);
        }
        Some(json!({ "save": save }))
    }
}

fn panel(node: node::Node) -> Value {
    json!({ "panel": node.into_value() })
}
