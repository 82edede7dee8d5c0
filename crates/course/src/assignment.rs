//! An assignment: a document, what is asked of it, and what may be changed.
//!
//! The teacher's file may hide faults and seeds; `brownout grade --public` is what students get.

use brownout_scenario::{LARGEST_SEED, Scenario};
use brownout_sim::component::Kind;
use serde_json::{Value, json};

use crate::change::Change;
use crate::error::Refused;
use crate::goal::Goal;
use crate::lesson::check_goal;
use crate::metric::Vocabulary;
use crate::prose;
use crate::read::{self, Object};

const GOALS: usize = 60;
const SEEDS: usize = 100;
const LIST: usize = 1_000;

/// What a teacher asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    pub title: String,
    /// Markdown; see [`prose`](mod@crate::prose).
    pub words: String,
    pub document: Scenario,
    /// Goals of the run `design`, which is the answer with the assignment's load and plan, and of the hidden runs.
    pub goals: Vec<Goal>,
    /// Parts and edges that an answer may not change, by id. Clients are always among them.
    pub locked: Vec<u32>,
    /// Paths that an answer may change, such as `parts.4.workers` or `edges.*.policy`; none names everything that is
    /// not locked.
    pub open: Option<Vec<String>>,
    /// Types that may be added; none allows every type.
    pub types: Option<Vec<Kind>>,
    /// Types of which the answer must have a part.
    pub required: Vec<Kind>,
    /// The most instances, clients apart.
    pub instances: Option<u32>,
    pub seeds: Vec<u64>,
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

impl Assignment {
    /// Reads an assignment and refuses what could not be graded, with the path of the field.
    pub fn from_json(text: &str) -> Result<Self, Refused> {
        let json = read::parse(text)?;
        let mut object = Object::open(&json, "")?;
        if object.whole("version", u64::from(u32::MAX))?.unwrap_or(1) != 1 {
            return Err(Refused::new("version", "is newer than this version of Brownout reads"));
        }
        let title = object.need_text("title", 200)?;
        let words = object.text("words", 20_000)?.unwrap_or_default();
        prose::read(&words).map_err(|refused| refused.within("words"))?;
        let document = Scenario::from_json(&object.need("document")?.to_string())
            .map_err(|error| Refused::new("document", error.to_string()))?;
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
            if is_there { Ok(id) } else { Err(Refused::new(path, format!("there is no {id}"))) }
        })?;
        let is_open = object.take("open").is_some();
        let open = object.list("open", LIST, |value, path| read::text(value, path, 200))?;
        let has_types = object.take("types").is_some();
        let types = object.list("types", LIST, kind)?;
        let required = object.list("required", LIST, kind)?;
        let instances = object.whole("instances", 1_000_000)?.map(|most| most as u32);
        let seeds = object.list("seeds", SEEDS, |value, path| read::whole(value, path, LARGEST_SEED))?;
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
            types: has_types.then_some(types),
            required,
            instances,
            seeds: if seeds.is_empty() { vec![1] } else { seeds },
            hidden,
        };
        assignment.check()?;
        Ok(assignment)
    }

    fn check(&self) -> Result<(), Refused> {
        if self.goals.is_empty() && self.hidden.goals.is_empty() {
            return Err(Refused::new("goals", "an assignment without a goal asks nothing"));
        }
        let mut documents = vec![(DESIGN.to_owned(), self.document.clone())];
        for (name, change) in &self.hidden.runs {
            documents.push((name.clone(), change.apply(&self.document, &format!("hidden.runs.{name}"))?));
        }
        let refused = |error: brownout_scenario::Error| Refused::new("document", error.to_string());
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
        let mut ids: Vec<&str> = self.all_goals().map(|goal| goal.id.as_str()).collect();
        ids.sort_unstable();
        match ids.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Refused::new("goals", format!("{} stands twice", pair[0]))),
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
    Assignment::from_json(text)?;
    let mut json = read::parse(text)?;
    if let Some(fields) = json.as_object_mut() {
        fields.remove("hidden");
    }
    Ok(format!("{json:#}"))
}

fn read_hidden(
    value: &Value,
    goal: impl Fn(&Value, &str) -> Result<Goal, Refused>,
) -> Result<Hidden, Refused> {
    let mut object = Object::open(value, "hidden")?;
    let runs = object.named("runs", 20, |name, value, path| {
        let name = read::name(name, path)?;
        if name == DESIGN {
            return Err(Refused::new(path, "is the name of the answer itself"));
        }
        let list = value.as_array().ok_or_else(|| Refused::new(path, "must be a list of interventions"))?;
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
        Refused::new(path, format!("there is no type {}; there are {}", read::shown(&name), known.join(", ")))
    })
}
