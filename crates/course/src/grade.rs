//! What became of an answer: the assignment's load, plan, seeds and goals on the student's design.

use brownout_scenario::{Part, Scenario, Shared, read_any};
use brownout_sim::component::Kind;
use serde_json::{Value, json};

use crate::assignment::{Assignment, DESIGN};
use crate::goal::Verdict;
use crate::measure::{Limit, Measured, Over, measure};
use crate::read::shown;

/// One goal on one seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Graded {
    pub goal: String,
    pub seed: u64,
    pub verdict: Verdict,
}

/// The row of one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub name: String,
    /// Every goal on every seed; empty where the answer was not run.
    pub goals: Vec<Graded>,
    /// Of the design's own run under the first seed: what the page shows for it.
    pub digest: Option<String>,
    /// Why the answer was refused, or a run of it stopped.
    pub reason: Option<String>,
}

impl Row {
    /// Every goal is met on every seed, and nothing was refused.
    pub fn passed(&self) -> bool {
        self.reason.is_none() && !self.goals.is_empty() && self.goals.iter().all(|goal| goal.verdict.passed)
    }

    /// How many goals are met on all seeds.
    pub fn met(&self, assignment: &Assignment) -> usize {
        let is_met = |id: &str| {
            let mut seeds = self.goals.iter().filter(|graded| graded.goal == id).peekable();
            seeds.peek().is_some() && seeds.all(|graded| graded.verdict.passed)
        };
        assignment.all_goals().filter(|goal| is_met(&goal.id)).count()
    }

    pub fn to_json(&self, assignment: &Assignment) -> Value {
        let goals = self.goals.iter().map(|one| {
            let Verdict { passed, value, bound } = one.verdict;
            json!({"id": one.goal, "seed": one.seed, "passed": passed, "value": value, "bound": bound})
        });
        json!({
            "name": self.name, "passed": self.passed(), "met": self.met(assignment),
            "of": assignment.all_goals().count(), "reason": self.reason, "digest": self.digest,
            "goals": goals.collect::<Vec<_>>(),
        })
    }
}

/// Grades an answer: the text of a document or of a link. Whatever it is, a row comes of it.
pub fn grade(assignment: &Assignment, name: &str, answer: &str) -> Row {
    let mut row = Row { name: name.to_owned(), goals: Vec::new(), digest: None, reason: None };
    match design(assignment, answer) {
        Ok(design) => row.reason = run(assignment, &design, &mut row).err(),
        Err(reason) => row.reason = Some(reason),
    }
    row
}

/// The document that is run: the student's parts and edges, and everything else of the assignment.
pub fn design(assignment: &Assignment, answer: &str) -> Result<Scenario, String> {
    let answer = match read_any(answer).map_err(|error| error.to_string())? {
        Shared::Design(document) => document,
        Shared::Run(record) => record.document(),
    };
    check_locked(assignment, &answer)?;
    check_types(assignment, &answer)?;
    check_open(assignment, &answer)?;
    let mut design = assignment.document.clone();
    design.goals.clear();
    design.parts = answer.parts;
    design.edges = answer.edges;
    design.validate().map_err(|error| error.to_string())?;
    Ok(design)
}

fn run(assignment: &Assignment, design: &Scenario, row: &mut Row) -> Result<(), String> {
    let mut documents = vec![(DESIGN, design.clone())];
    for (name, change) in &assignment.hidden.runs {
        documents.push((name, change.apply(design, name).map_err(|refused| refused.to_string())?));
    }
    for seed in assignment.all_seeds() {
        let mut runs: Vec<(&str, Measured)> = Vec::new();
        for (name, document) in &documents {
            let mut stretches: Vec<Over> = Vec::new();
            for goal in assignment.all_goals() {
                stretches.extend(goal.needs().filter(|(run, _)| run == name).map(|(_, over)| over));
            }
            if *name == DESIGN && row.digest.is_none() {
                stretches.push(None);
            }
            if stretches.is_empty() {
                continue;
            }
            let measured = measure(document, seed, &stretches, Limit::ANSWER);
            runs.push((name, measured.map_err(|reason| format!("run {name}, seed {seed}: {reason}"))?));
        }
        let find = |name: &str| runs.iter().find(|(run, _)| *run == name).map(|(_, measured)| measured);
        if row.digest.is_none() {
            row.digest = find(DESIGN).map(|measured| measured.digest.clone());
        }
        for goal in assignment.all_goals() {
            let verdict = goal.judge(|run, over| find(run)?.figures(over));
            row.goals.push(Graded { goal: goal.id.clone(), seed, verdict });
        }
    }
    Ok(())
}

/// What is locked stands in the answer as it was given; where it stands on the canvas and its name do not matter.
fn check_locked(assignment: &Assignment, answer: &Scenario) -> Result<(), String> {
    let given = &assignment.document;
    for part in &given.parts {
        let is_locked = assignment.locked.contains(&part.id) || part.params.kind() == Kind::Client;
        if is_locked && answer.part(part.id).is_none_or(|theirs| theirs.simulated() != part.simulated()) {
            return Err(format!("part {} is locked, and was changed", part.id));
        }
    }
    for edge in given.edges.iter().filter(|edge| assignment.locked.contains(&edge.id)) {
        if answer.edge(edge.id) != Some(edge) {
            return Err(format!("edge {} is locked, and was changed", edge.id));
        }
    }
    let stranger = |part: &&Part| part.params.kind() == Kind::Client && given.part(part.id).is_none();
    match answer.parts.iter().find(stranger) {
        Some(part) => Err(format!("part {}: clients are the assignment's, none may be added", part.id)),
        None => Ok(()),
    }
}

fn check_types(assignment: &Assignment, answer: &Scenario) -> Result<(), String> {
    let given = &assignment.document;
    let added =
        |part: &&Part| given.part(part.id).is_none_or(|theirs| theirs.params.kind() != part.params.kind());
    if let Some(types) = &assignment.types {
        let wrong = answer.parts.iter().filter(added).find(|part| !types.contains(&part.params.kind()));
        if let Some(part) = wrong {
            return Err(format!("part {}: no {} may be added", part.id, part.params.kind().spec().name));
        }
    }
    for kind in &assignment.required {
        if !answer.parts.iter().any(|part| part.params.kind() == *kind) {
            return Err(format!("there must be a {}", kind.spec().name));
        }
    }
    let instances = answer.parts.iter().filter(|part| part.params.kind() != Kind::Client);
    let instances: u64 = instances.map(|part| u64::from(part.count)).sum();
    match assignment.instances {
        Some(most) if instances > u64::from(most) => {
            Err(format!("{instances} instances are more than the {most} that may be used"))
        }
        _ => Ok(()),
    }
}

/// Where only some paths are open, everything else that was given is as it was.
fn check_open(assignment: &Assignment, answer: &Scenario) -> Result<(), String> {
    let Some(open) = &assignment.open else { return Ok(()) };
    let is_open = |path: &str| open.iter().any(|pattern| matches(pattern, path));
    let [before, after] = [&assignment.document, answer].map(fields);
    let find = |all: &[(String, Value)], path: &str| {
        all.binary_search_by(|(known, _)| known.as_str().cmp(path)).ok().map(|at| all[at].1.clone())
    };
    let given = |path: &str| {
        let id = path.split('.').nth(1).and_then(|id| id.parse().ok()).unwrap_or(u32::MAX);
        assignment.document.part(id).is_some() || assignment.document.edge(id).is_some()
    };
    let changed = before.iter().filter(|(path, value)| find(&after, path).as_ref() != Some(value));
    let added = after.iter().filter(|(path, _)| given(path) && find(&before, path).is_none());
    match changed.chain(added).find(|(path, _)| !is_open(path)) {
        Some((path, _)) => Err(format!("{}: may not be changed", shown(path))),
        None => Ok(()),
    }
}

/// `edges.*.policy` matches `edges.7.policy.timeout_ms`.
fn matches(pattern: &str, path: &str) -> bool {
    let mut steps = path.split('.');
    pattern.split('.').all(|wanted| steps.next().is_some_and(|step| wanted == "*" || wanted == step))
}

/// Everything that is simulated of the parts and edges of a document, path by path, in order.
fn fields(document: &Scenario) -> Vec<(String, Value)> {
    let mut bare =
        Scenario { parts: document.parts.clone(), edges: document.edges.clone(), ..Scenario::default() };
    for part in &mut bare.parts {
        part.name.clear();
        part.at = None;
    }
    let json: Value = serde_json::from_str(&bare.to_json()).unwrap_or(Value::Null);
    let mut all = Vec::new();
    for list in ["parts", "edges"] {
        for element in json[list].as_array().into_iter().flatten() {
            let id = element["id"].as_u64().unwrap_or_default();
            for (name, value) in element.as_object().into_iter().flatten() {
                match (name.as_str(), value) {
                    ("params", Value::Object(params)) => {
                        all.extend(
                            params.iter().map(|(name, value)| (format!("{list}.{id}.{name}"), value.clone())),
                        );
                    }
                    ("net" | "policy", Value::Object(set)) => all.extend(
                        set.iter().map(|(key, value)| (format!("{list}.{id}.{name}.{key}"), value.clone())),
                    ),
                    _ => all.push((format!("{list}.{id}.{name}"), value.clone())),
                }
            }
        }
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}
