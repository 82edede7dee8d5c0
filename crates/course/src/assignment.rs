//! An assignment: a document, what is asked of it, and what may be changed.
//!
//! The teacher's file may hide faults and seeds; `brownout grade --public` is what students get.

use std::borrow::Cow;

use brownout_scenario::link::{pack, unpack};
use brownout_scenario::{LARGEST_SEED, Scenario, Seed};
use brownout_sim::component::Kind;
use brownout_sim::sentence;
use serde_json::{Value, json};

use crate::change::Change;
use crate::error::Refused;
use crate::fields::{fields, matches};
use crate::goal::Goal;
use crate::lesson::{Lesson, Run, Step, Text, check_goal};
use crate::metric::Vocabulary;
use crate::prose;
use crate::read::{self, Object};

const GOALS: usize = 60;
const SEEDS: usize = 100;
const LIST: usize = 1_000;

/// What a teacher asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    pub title: Text,
    /// Markdown; see [`prose`](mod@crate::prose).
    pub words: Text,
    pub document: Scenario,
    /// Goals of the run `design`, which is the answer with the assignment's load and plan, and of the hidden runs.
    pub goals: Vec<Goal>,
    /// Parts and edges that an answer may not change, by id. Clients are always among them.
    pub locked: Vec<u32>,
    /// Paths that an answer may change, such as `parts.4.workers` or `edges.*.policy`; none names everything that is
    /// not locked.
    pub open: Option<Vec<String>>,
    /// Between what numbers an answer may change what stands at these paths, defaults included; of a distribution, its
    /// mean counts, in milliseconds.
    pub limits: Vec<(String, [f64; 2])>,
    /// Types that may be added; none allows every type.
    pub types: Option<Vec<Kind>>,
    /// Types that may not be added.
    pub forbidden: Vec<Kind>,
    /// Types of which the answer must have a part.
    pub required: Vec<Kind>,
    /// The most instances, clients apart.
    pub instances: Option<u32>,
    /// The first is the one that the page runs.
    pub seeds: Vec<u64>,
    /// A design that meets the goals, to compare with once the student's own does. It is no secret: the link holds it.
    pub solution: Option<Scenario>,
    pub hidden: Hidden,
}

/// What only the teacher's own file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hidden {
    /// Further runs, by name, and what is done to the answer in them: interventions alone.
    pub runs: Vec<(String, Change)>,
    pub seeds: Vec<u64>,
    /// Goals of these runs, or of `design`.
    pub goals: Vec<Goal>,
}

/// The run of an answer under the assignment's load and plan.
pub const DESIGN: &str = "design";

/// The teacher's own answer, beside which a student's may stand.
pub const SOLUTION: &str = "solution";

/// The one step of an assignment.
pub const TASK: &str = "task";

/// What an assignment stands behind in the page's address: version 1 of its link.
pub const LINK: &str = "#a1.";

impl Assignment {
    /// Reads an assignment and refuses what could not be graded, with the path of the field.
    pub fn from_json(text: &str) -> Result<Self, Refused> {
        let json = read::parse(text)?;
        let mut object = Object::open(&json, "")?;
        if object.whole("version", u64::from(u32::MAX))?.unwrap_or(1) != 1 {
            return Err(Refused::new(
                "version",
                sentence!(
                    "is newer than this version of Brownout reads",
                    "이 Brownout이 읽을 수 있는 버전보다 새롭습니다"
                ),
            ));
        }
        let title = Text::read_either(object.need("title")?, "title", 200)?;
        let words = object.take("words").filter(|words| words.as_str().is_none_or(|words| !words.is_empty()));
        let words =
            words.map(|words| Text::read_either(words, "words", 20_000)).transpose()?.unwrap_or_default();
        for words in [&words.en, &words.ko] {
            prose::read(words).map_err(|refused| refused.within("words"))?;
        }
        let document = Scenario::from_json(&object.need("document")?.to_string())
            .map_err(|error| Refused::document("document", &error))?;
        let solution = object.take("solution").map(|value| {
            Scenario::from_json(&value.to_string()).map_err(|error| Refused::document("solution", &error))
        });
        let solution = solution.transpose()?;
        let goal = |value: &Value, path: &str| {
            let mut goal = Object::open(value, path)?;
            let read = Goal::read(&mut goal, Some(DESIGN))?;
            goal.finish()?;
            Ok(read)
        };
        let goals = object.list("goals", GOALS, goal)?;
        let locked = object.list("locked", LIST, |value, path| {
            let id = read::whole(value, path, u64::from(brownout_scenario::LARGEST_ID))? as u32;
            let is_there = document.part(id).is_some() || document.edge(id).is_some();
            if is_there {
                Ok(id)
            } else {
                Err(Refused::new(path, sentence!("there is no {0}", "{0}이(가) 없습니다", id)))
            }
        })?;
        let is_open = object.take("open").is_some();
        let open = object.list("open", LIST, |value, path| read::text(value, path, 200))?;
        let limits = object.named("limits", LIST, |name, value, path| {
            let [least, most] = value.as_array().map_or(&[][..], Vec::as_slice) else {
                return Err(Refused::new(
                    path,
                    sentence!("must be a list of two numbers", "숫자 두 개의 목록이어야 합니다"),
                ));
            };
            let limits = [read::number(least, path)?, read::number(most, path)?];
            if limits[0] <= limits[1] {
                return Ok((name.to_owned(), limits));
            }
            Err(Refused::new(
                path,
                sentence!("must begin with the smaller one", "작은 수가 먼저 와야 합니다"),
            ))
        })?;
        let has_types = object.take("types").is_some();
        let types = object.list("types", LIST, kind)?;
        let forbidden = object.list("forbidden", LIST, kind)?;
        let required = object.list("required", LIST, kind)?;
        let instances = object.whole("instances", 1_000_000)?.map(|most| most as u32);
        let seeds = object.list("seeds", SEEDS, |value, path| read::whole(value, path, LARGEST_SEED))?;
        let own_seed = document.settings.seed.0;
        let hidden = match object.take("hidden") {
            Some(value) => read_hidden(value, goal)?,
            None => Hidden::default(),
        };
        object.finish()?;
        let assignment = Self {
            title,
            words,
            document,
            goals,
            locked,
            open: is_open.then_some(open),
            limits,
            forbidden,
            types: has_types.then_some(types),
            required,
            instances,
            seeds: if seeds.is_empty() { vec![own_seed] } else { seeds },
            solution,
            hidden,
        };
        assignment.check()?;
        Ok(assignment)
    }

    /// The same as a lesson of one step, so that its goals are judged in the visitor's own run. Its document has the
    /// seed under which answers are graded first.
    pub fn lesson(&self) -> Lesson {
        let mut document = self.document.clone();
        document.goals.clear();
        document.settings.seed = Seed(self.seeds[0]);
        let goals = self.goals.iter().map(|goal| goal.id.clone()).collect();
        let solution = self.solution.clone().map(|document| Run { name: SOLUTION.to_owned(), document });
        Lesson {
            id: "assignment".to_owned(),
            title: self.title.clone(),
            about: Text::default(),
            minutes: 0,
            length: String::new(),
            runs: std::iter::once(Run { name: DESIGN.to_owned(), document }).chain(solution).collect(),
            goals: self.goals.clone(),
            mutations: Vec::new(),
            steps: vec![Step { id: TASK.to_owned(), run: Some(DESIGN.to_owned()), goals, ..Step::default() }],
        }
    }

    fn check(&self) -> Result<(), Refused> {
        if self.goals.is_empty() && self.hidden.goals.is_empty() {
            return Err(Refused::new(
                "goals",
                sentence!("an assignment without a goal asks nothing", "목표가 없으면 과제가 되지 않습니다"),
            ));
        }
        let mut documents = vec![(DESIGN.to_owned(), self.document.clone())];
        for (name, change) in &self.hidden.runs {
            documents.push((name.clone(), change.apply(&self.document, &format!("hidden.runs.{name}"))?));
        }
        let refused = |error: brownout_scenario::Error| Refused::document("document", &error);
        let vocabularies: Result<Vec<_>, Refused> =
            documents.iter().map(|(_, document)| Vocabulary::of(document).map_err(refused)).collect();
        let vocabularies = vocabularies?;
        let known = |name: &str| {
            let at = documents.iter().position(|(known, _)| known == name)?;
            Some((&documents[at].1, &vocabularies[at]))
        };
        for (field, goals) in [("goals", &self.goals), ("hidden.goals", &self.hidden.goals)] {
            for (index, goal) in goals.iter().enumerate() {
                check_goal(goal, &format!("{field}[{index}]"), known)?;
            }
        }
        let held = fields(&self.document);
        for (pattern, [least, most]) in &self.limits {
            let path = format!("limits.{}", read::shown(pattern));
            let mut numbers = held.iter().filter(|(known, _)| matches(pattern, known));
            let mut numbers = numbers.by_ref().filter_map(|(_, held)| held.number()).peekable();
            if numbers.peek().is_none() {
                return Err(Refused::new(
                    path,
                    sentence!(
                        "there is no number in the document at this path",
                        "문서의 이 경로에는 숫자가 없습니다"
                    ),
                ));
            }
            if let Some(number) = numbers.find(|number| !(least..=most).contains(&number)) {
                return Err(Refused::new(
                    path,
                    sentence!(
                        "does not hold {0}, as the document has it",
                        "문서에 있는 값 {0}을(를) 벗어납니다",
                        number
                    ),
                ));
            }
        }
        let mut ids: Vec<&str> = self.all_goals().map(|goal| goal.id.as_str()).collect();
        ids.sort_unstable();
        match ids.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => {
                Err(Refused::new("goals", sentence!("{0} stands twice", "{0}이(가) 두 번 나옵니다", pair[0])))
            }
            None => Ok(()),
        }
    }

    /// Goals that everybody sees, then those that only the teacher does.
    pub fn all_goals(&self) -> impl Iterator<Item = &Goal> {
        self.goals.iter().chain(&self.hidden.goals)
    }

    /// Seeds that everybody sees, then those that only the teacher does.
    pub fn all_seeds(&self) -> impl Iterator<Item = u64> {
        self.seeds.iter().chain(&self.hidden.seeds).copied()
    }
}

/// What students get of a teacher's file: all of it but what is hidden.
pub fn public(text: &str) -> Result<String, Refused> {
    Ok(format!("{:#}", without_hidden(text)?))
}

/// The same as the fragment of an address: `#a1.…`.
pub fn link(text: &str) -> Result<String, Refused> {
    let payload = pack(&without_hidden(text)?.to_string());
    payload.map(|payload| format!("{LINK}{payload}")).map_err(|error| Refused::document("", &error))
}

fn without_hidden(text: &str) -> Result<Value, Refused> {
    Assignment::from_json(text)?;
    let mut json = read::parse(text)?;
    if let Some(fields) = json.as_object_mut() {
        fields.remove("hidden");
    }
    Ok(json)
}

/// The text of an assignment's file, of itself or of a link to it.
pub fn text_of(text: &str) -> Result<Cow<'_, str>, Refused> {
    match text.trim().split_once(LINK) {
        Some((page, payload)) if !page.starts_with('{') => {
            let json = unpack(payload).map_err(|error| Refused::document("", &error))?;
            Ok(Cow::Owned(json))
        }
        _ => Ok(Cow::Borrowed(text)),
    }
}

fn read_hidden(
    value: &Value,
    goal: impl Fn(&Value, &str) -> Result<Goal, Refused>,
) -> Result<Hidden, Refused> {
    let mut object = Object::open(value, "hidden")?;
    let runs = object.named("runs", 20, |name, value, path| {
        let name = read::name(name, path)?;
        if name == DESIGN {
            return Err(Refused::new(
                path,
                sentence!("is the name of the answer itself", "답안 자신의 이름입니다"),
            ));
        }
        let list = value.as_array().ok_or_else(|| {
            Refused::new(path, sentence!("must be a list of interventions", "개입의 목록이어야 합니다"))
        })?;
        let change = json!({"put": {"timeline": list}});
        let mut object = Object::open(&change, path)?;
        Ok((name, Change::read(&mut object)?))
    })?;
    let seeds = object.list("seeds", SEEDS, |value, path| read::whole(value, path, LARGEST_SEED))?;
    let goals = object.list("goals", GOALS, goal)?;
    object.finish()?;
    Ok(Hidden { runs, seeds, goals })
}

fn kind(value: &Value, path: &str) -> Result<Kind, Refused> {
    let name = read::text(value, path, 60)?;
    Kind::from_name(&name).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.spec().name).collect();
        Refused::new(
            path,
            sentence!(
                "there is no type {0}; there are {1}",
                "{0}이라는 종류는 없습니다. 있는 종류: {1}",
                read::shown(&name),
                known.join(", ")
            ),
        )
    })
}
