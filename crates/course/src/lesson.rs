//! A lesson: named documents, steps, goals, and for each goal a mutation that must turn it red.

use std::collections::BTreeMap;

use brownout_scenario::{Lang, Scenario};
use brownout_sim::{Ns, sentence};
use serde_json::Value;

use crate::assignment::DESIGN;
use crate::change::Change;
use crate::error::Refused;
use crate::goal::{Bound, Goal};
use crate::metric::{Metric, Vocabulary};
use crate::read::{self, Object};

/// The most documents of a lesson.
const RUNS: usize = 32;
const GOALS: usize = 60;
const STEPS: usize = 40;

/// Words in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub en: String,
    pub ko: String,
}

impl Text {
    pub(crate) fn read(value: &Value, path: &str, most: usize) -> Result<Self, Refused> {
        let mut object = Object::open(value, path)?;
        let text = Self { en: object.need_text("en", most)?, ko: object.need_text("ko", most)? };
        object.finish()?;
        Ok(text)
    }

    /// The same, or a text in one language, which then stands in for the other.
    pub(crate) fn read_either(value: &Value, path: &str, most: usize) -> Result<Self, Refused> {
        if value.is_string() {
            let text = read::text(value, path, most)?;
            return Ok(Self { en: text.clone(), ko: text });
        }
        let mut object = Object::open(value, path)?;
        let (en, ko) = (object.text("en", most)?, object.text("ko", most)?);
        object.finish()?;
        let either = en.clone().or_else(|| ko.clone());
        let either = either
            .ok_or_else(|| Refused::new(path, sentence!("must not be empty", "비어 있을 수 없습니다")))?;
        Ok(Self { en: en.unwrap_or_else(|| either.clone()), ko: ko.unwrap_or(either) })
    }

    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ko => &self.ko,
        }
    }
}

/// A document of a lesson, by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub name: String,
    pub document: Scenario,
}

/// What alters a mechanism, so that one goal turns red.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutation {
    /// The run, and how it differs.
    pub changes: Vec<(String, Change)>,
}

/// A step of the way through a lesson. Its words stand in the prose under the same id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub id: String,
    /// The document that is opened.
    pub run: Option<String>,
    /// Parts and edges that it points at.
    pub point: Vec<u32>,
    /// Camera: x, y and zoom.
    pub view: Option<[f64; 3]>,
    /// Simulated seconds for each second that passes.
    pub speed: Option<f64>,
    /// Where the playhead is put.
    pub at_s: Option<f64>,
    /// Goes on only after this was done.
    pub wait: Option<Wait>,
    /// A number to commit to before the run, compared with what this goal measures afterwards.
    pub predict: Option<Prediction>,
    /// A curve to draw before the run, beside which the measured one stands afterwards.
    pub sketch: Option<Sketch>,
    /// Goals that this step shows.
    pub goals: Vec<String>,
}

/// What a step waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wait {
    /// The run was played up to this time.
    Time(Ns),
    /// This part or edge was selected.
    Select(u32),
    /// This part or edge was struck by this fault.
    Fault(u32),
    /// This part or edge was edited.
    Edit(u32),
}

/// What a learner is asked to say beforehand.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    pub goal: String,
    pub unit: Text,
    /// The range of the entry.
    pub from: f64,
    pub to: f64,
}

/// What a learner is asked to draw beforehand, over the whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct Sketch {
    /// One of [`CURVES`].
    pub curve: String,
    pub unit: Text,
    /// The top of the value axis.
    pub most: f64,
}

/// What can be drawn: per second, or milliseconds.
pub const CURVES: [&str; 5] = ["goodput", "throughput", "errors", "p50", "p99"];

/// A lesson without its prose.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    pub id: String,
    pub title: Text,
    /// One sentence for the table of contents.
    pub about: Text,
    pub minutes: u32,
    /// Why the runs are as long as they are, and the tolerances as wide.
    pub length: String,
    /// In the order in which they are introduced.
    pub runs: Vec<Run>,
    pub goals: Vec<Goal>,
    /// One for each goal, in the same order.
    pub mutations: Vec<Mutation>,
    pub steps: Vec<Step>,
}

impl Lesson {
    /// Reads a lesson and refuses what could not be checked, with the path of the field.
    pub fn from_json(text: &str) -> Result<Self, Refused> {
        let json = read::parse(text)?;
        let mut object = Object::open(&json, "")?;
        let id = object.need_text("id", 60)?;
        let id = read::name(&id, "id")?;
        let title = Text::read(object.need("title")?, "title", 120)?;
        let about = Text::read(object.need("about")?, "about", 300)?;
        let minutes = object.whole("minutes", 600)?.unwrap_or(15) as u32;
        let length = object.need_text("length", 2_000)?;
        let runs = read_runs(&mut object)?;
        let mut mutations = Vec::new();
        let goals = object.list("goals", GOALS, |value, path| {
            let mut goal = Object::open(value, path)?;
            mutations.push(read_mutation(&mut goal, &runs)?);
            let read = Goal::read(&mut goal, runs.first().map(|run| run.name.as_str()))?;
            goal.finish()?;
            Ok(read)
        })?;
        let steps = object.list("steps", STEPS, |value, path| read_step(value, path, &runs, &goals))?;
        object.finish()?;
        let lesson = Self { id, title, about, minutes, length, runs, goals, mutations, steps };
        lesson.check_goals()?;
        Ok(lesson)
    }

    /// The goals of a document itself, under their ids. One whose metric cannot be read is left out.
    pub fn of(document: &Scenario) -> Self {
        let goal = |own: &brownout_scenario::Goal| {
            Some(Goal {
                id: own.id.to_string(),
                row: None,
                run: DESIGN.to_owned(),
                metric: Metric::parse(&own.metric, "metric").ok()?,
                over: own.over,
                op: own.op,
                bound: Bound::Value(own.value),
                tolerance: own.tolerance,
                say: Text::default(),
                hint: None,
            })
        };
        Self {
            id: String::new(),
            title: Text::default(),
            about: Text::default(),
            minutes: 0,
            length: String::new(),
            goals: document.goals.iter().filter_map(goal).collect(),
            runs: vec![Run { name: DESIGN.to_owned(), document: document.clone() }],
            mutations: Vec::new(),
            steps: Vec::new(),
        }
    }

    pub fn run(&self, name: &str) -> Option<&Run> {
        self.runs.iter().find(|run| run.name == name)
    }

    pub fn goal(&self, id: &str) -> Option<&Goal> {
        self.goals.iter().find(|goal| goal.id == id)
    }

    fn check_goals(&self) -> Result<(), Refused> {
        if self.goals.is_empty() {
            return Err(Refused::new(
                "goals",
                sentence!(
                    "a lesson without a goal proves nothing",
                    "목표가 없는 강의는 아무것도 확인하지 못합니다"
                ),
            ));
        }
        let mut vocabularies = BTreeMap::new();
        for run in &self.runs {
            let refused = |error: brownout_scenario::Error| {
                Refused::document(format!("documents.{}", run.name), &error)
            };
            vocabularies.insert(run.name.as_str(), Vocabulary::of(&run.document).map_err(refused)?);
        }
        for (index, goal) in self.goals.iter().enumerate() {
            let path = format!("goals[{index}]");
            if self.goals[..index].iter().any(|other| other.id == goal.id) {
                return Err(Refused::new(
                    format!("{path}.id"),
                    sentence!("{0} stands twice", "{0}이(가) 두 번 나옵니다", &goal.id),
                ));
            }
            check_goal(goal, &path, |name| {
                let run = self.run(name)?;
                Some((&run.document, vocabularies.get(name)?))
            })?;
        }
        Ok(())
    }
}

/// Refuses a goal whose figures the runs do not have.
pub(crate) fn check_goal<'d>(
    goal: &Goal,
    path: &str,
    known: impl Fn(&str) -> Option<(&'d Scenario, &'d Vocabulary)>,
) -> Result<(), Refused> {
    let no_run = |name: &str, field: &str| {
        Refused::new(
            format!("{path}.{field}"),
            sentence!("there is no run {0}", "{0}이라는 실행이 없습니다", read::shown(name)),
        )
    };
    let (document, vocabulary) = known(&goal.run).ok_or_else(|| no_run(&goal.run, "run"))?;
    goal.metric.check(vocabulary, &format!("{path}.metric"))?;
    check_over(goal.over, document, &format!("{path}.over"))?;
    if let crate::Bound::Of { run, metric, over } = &goal.bound {
        let (document, vocabulary) = known(run).ok_or_else(|| no_run(run, "value.of"))?;
        metric.check(vocabulary, &format!("{path}.value.metric"))?;
        check_over(over.or(goal.over), document, &format!("{path}.value.over"))?;
    }
    Ok(())
}

fn check_over(over: Option<[Ns; 2]>, document: &Scenario, path: &str) -> Result<(), Refused> {
    let duration = document.options().duration;
    match over {
        Some([_, to]) if to > duration => Err(Refused::new(
            path,
            sentence!("ends after the run of {0} s", "{0}초의 실행보다 뒤에 끝납니다", duration as f64 / 1e9),
        )),
        _ => Ok(()),
    }
}

fn read_runs(object: &mut Object<'_>) -> Result<Vec<Run>, Refused> {
    let mut runs: Vec<Run> = Vec::new();
    object.named("documents", RUNS, |name, value, path| {
        let name = read::name(name, path)?;
        let document = if value.get("from").is_some() {
            let mut derived = Object::open(value, path)?;
            let from = derived.need_text("from", 60)?;
            let base = runs.iter().find(|run| run.name == from);
            let base = base.ok_or_else(|| {
                Refused::new(
                    format!("{path}.from"),
                    sentence!(
                        "there is no document {0} before it",
                        "앞에 {0}이라는 문서가 없습니다",
                        read::shown(&from)
                    ),
                )
            })?;
            let change = Change::read(&mut derived)?;
            derived.finish()?;
            change.apply(&base.document, path)?
        } else {
            Scenario::from_json(&value.to_string()).map_err(|error| Refused::document(path, &error))?
        };
        runs.push(Run { name, document });
        Ok(())
    })?;
    if runs.is_empty() {
        Err(Refused::new("documents", sentence!("a lesson needs a document", "강의에는 문서가 필요합니다")))
    } else {
        Ok(runs)
    }
}

/// What sets the load is not to be touched: a goal must turn red because a mechanism is gone, not the visitors.
const LOAD: [&str; 12] = [
    "rate_rps",
    "arrival",
    "users",
    "think_time",
    "burst_rps",
    "burst_s",
    "calm_s",
    "rates_rps",
    "rates_step_s",
    "times_s",
    "batch",
    "duration_s",
];

fn read_mutation(goal: &mut Object<'_>, runs: &[Run]) -> Result<Mutation, Refused> {
    goal.need("mutation")?;
    let changes = goal.named("mutation", RUNS, |name, value, path| {
        let run = runs.iter().find(|run| run.name == name);
        let run = run.ok_or_else(|| {
            Refused::new(path, sentence!("there is no run of this name", "이런 이름의 실행이 없습니다"))
        })?;
        let mut object = Object::open(value, path)?;
        let change = Change::read(&mut object)?;
        object.finish()?;
        let is_load = |set: &str| set.rsplit('.').next().is_some_and(|last| LOAD.contains(&last));
        if let Some((set, _)) = change.set.iter().find(|(set, _)| is_load(set)) {
            return Err(Refused::new(
                format!("{path}.set"),
                sentence!(
                    "{0}: a mutation leaves the load as it is",
                    "{0}: 변이는 부하를 바꾸지 않아야 합니다",
                    set
                ),
            ));
        }
        if change.apply(&run.document, path)? == run.document {
            return Err(Refused::new(path, sentence!("changes nothing", "아무것도 바꾸지 않습니다")));
        }
        Ok((name.to_owned(), change))
    })?;
    if changes.is_empty() {
        return Err(Refused::new(
            goal.at("mutation"),
            sentence!("names no run", "실행을 지정하지 않았습니다"),
        ));
    }
    Ok(Mutation { changes })
}

fn read_step(value: &Value, path: &str, runs: &[Run], goals: &[Goal]) -> Result<Step, Refused> {
    let mut object = Object::open(value, path)?;
    let id = object.need_text("id", 60)?;
    let id = read::name(&id, &object.at("id"))?;
    let run = object.text("run", 60)?;
    if let Some(name) = run.as_ref().filter(|name| !runs.iter().any(|run| run.name == **name)) {
        return Err(Refused::new(
            object.at("run"),
            sentence!("there is no run {0}", "{0}이라는 실행이 없습니다", read::shown(name)),
        ));
    }
    let known_id = |value: &Value, path: &str| {
        let id = read::whole(value, path, u64::from(brownout_scenario::LARGEST_ID))? as u32;
        let is_there = |document: &Scenario| document.part(id).is_some() || document.edge(id).is_some();
        if runs.iter().any(|run| is_there(&run.document)) {
            return Ok(id);
        }
        Err(Refused::new(
            path,
            sentence!(
                "no document has a part or an edge {0}",
                "{0}번 요소나 연결이 있는 문서가 없습니다",
                id
            ),
        ))
    };
    let point = object.list("point", 50, known_id)?;
    let view = object.list("view", 3, read::number)?;
    let view = match view[..] {
        [] => None,
        [x, y, zoom] if (0.01..=100.0).contains(&zoom) => Some([x, y, zoom]),
        _ => {
            return Err(Refused::new(
                object.at("view"),
                sentence!("must be x, y and zoom", "x, y, 배율이어야 합니다"),
            ));
        }
    };
    let speed = object.number("speed")?;
    if speed.is_some_and(|speed| !(0.0001..=10_000.0).contains(&speed)) {
        return Err(Refused::new(
            object.at("speed"),
            sentence!("must be from 0.0001 to 10000", "0.0001 이상 10000 이하여야 합니다"),
        ));
    }
    let at_s = object.number("at_s")?;
    if at_s.is_some_and(|at| !(0.0..=brownout_scenario::LONGEST_S as f64).contains(&at)) {
        return Err(Refused::new(
            object.at("at_s"),
            sentence!("must be a time of a run", "실행 안의 시각이어야 합니다"),
        ));
    }
    let wait = object.at("wait");
    let wait = object.take("wait").map(|value| read_wait(value, &wait, &known_id)).transpose()?;
    let predict = object.at("predict");
    let predict = object.take("predict").map(|value| read_prediction(value, &predict, goals)).transpose()?;
    let sketch = object.at("sketch");
    let sketch = object.take("sketch").map(|value| read_sketch(value, &sketch)).transpose()?;
    let shown = object.list("goals", GOALS, |value, path| {
        let id = read::text(value, path, 60)?;
        if goals.iter().any(|goal| goal.id == id) {
            Ok(id)
        } else {
            Err(Refused::new(path, sentence!("there is no such goal", "이런 목표가 없습니다")))
        }
    })?;
    object.finish()?;
    Ok(Step { id, run, point, view, speed, at_s, wait, predict, sketch, goals: shown })
}

fn read_wait(
    value: &Value,
    path: &str,
    known_id: &impl Fn(&Value, &str) -> Result<u32, Refused>,
) -> Result<Wait, Refused> {
    let mut object = Object::open(value, path)?;
    let mut all = Vec::new();
    if let Some(at) = object.number("time_s")? {
        all.push(Wait::Time((at.clamp(0.0, brownout_scenario::LONGEST_S as f64) * 1e9) as Ns));
    }
    for (name, wait) in
        [("select", Wait::Select as fn(u32) -> Wait), ("fault", Wait::Fault), ("edit", Wait::Edit)]
    {
        let path = object.at(name);
        if let Some(value) = object.take(name) {
            all.push(wait(known_id(value, &path)?));
        }
    }
    object.finish()?;
    match (all.pop(), all.pop()) {
        (Some(wait), None) => Ok(wait),
        _ => Err(Refused::new(
            path,
            sentence!(
                "must have one of time_s, select, fault, edit",
                "time_s, select, fault, edit 중 하나가 있어야 합니다"
            ),
        )),
    }
}

fn read_prediction(value: &Value, path: &str, goals: &[Goal]) -> Result<Prediction, Refused> {
    let mut object = Object::open(value, path)?;
    let goal = object.need_text("goal", 60)?;
    if !goals.iter().any(|known| known.id == goal) {
        return Err(Refused::new(
            object.at("goal"),
            sentence!("there is no such goal", "이런 목표가 없습니다"),
        ));
    }
    let unit = Text::read(object.need("unit")?, &object.at("unit"), 40)?;
    let (from, to) = (object.number("from")?.unwrap_or(0.0), object.number("to")?.unwrap_or(100.0));
    if from >= to {
        return Err(Refused::new(
            object.at("to"),
            sentence!("must be above `from`", "`from`보다 커야 합니다"),
        ));
    }
    object.finish()?;
    Ok(Prediction { goal, unit, from, to })
}

fn read_sketch(value: &Value, path: &str) -> Result<Sketch, Refused> {
    let mut object = Object::open(value, path)?;
    let curve = object.need_text("curve", 40)?;
    if !CURVES.contains(&curve.as_str()) {
        return Err(Refused::new(
            object.at("curve"),
            sentence!("must be one of {0}", "다음 중 하나여야 합니다: {0}", CURVES.join(", ")),
        ));
    }
    let unit = Text::read(object.need("unit")?, &object.at("unit"), 40)?;
    let most = object.number("most")?.unwrap_or(100.0);
    if most <= 0.0 {
        return Err(Refused::new(object.at("most"), sentence!("must be above 0", "0보다 커야 합니다")));
    }
    object.finish()?;
    Ok(Sketch { curve, unit, most })
}
