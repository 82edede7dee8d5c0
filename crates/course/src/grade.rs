//! What became of an answer: the assignment's load, plan, seeds and goals on the student's design.

use brownout_scenario::{Part, Scenario, Shared, read_any};
use brownout_sim::component::Kind;
use brownout_sim::param::Sentence;
use brownout_sim::sentence;
use serde_json::{Value, json};

use crate::assignment::{Assignment, DESIGN};
use crate::error::sentence_of;
use crate::fields::{fields, id_of, matches};
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
    pub reason: Option<Sentence>,
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
            "of": assignment.all_goals().count(), "reason": self.reason.as_ref().map(Sentence::en), "digest": self.digest,
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
pub fn design(assignment: &Assignment, answer: &str) -> Result<Scenario, Sentence> {
    let answer = match read_any(answer).map_err(|error| sentence_of(&error))? {
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
    design.validate().map_err(|error| sentence_of(&error))?;
    Ok(design)
}

fn run(assignment: &Assignment, design: &Scenario, row: &mut Row) -> Result<(), Sentence> {
    let mut documents = vec![(DESIGN, design.clone())];
    for (name, change) in &assignment.hidden.runs {
        documents.push((name, change.apply(design, name).map_err(|refused| refused.sentence())?));
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
            runs.push((
                name,
                measured.map_err(|reason| {
                    sentence!("run {0}, seed {1}: {2}", "실행 {0}, 시드 {1}: {2}", name, seed)
                        .with_sentence(reason)
                })?,
            ));
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
fn check_locked(assignment: &Assignment, answer: &Scenario) -> Result<(), Sentence> {
    let given = &assignment.document;
    for part in &given.parts {
        let is_locked = assignment.locked.contains(&part.id) || part.params.kind() == Kind::Client;
        if is_locked && answer.part(part.id).is_none_or(|theirs| theirs.simulated() != part.simulated()) {
            return Err(sentence!(
                "part {0} is locked, and was changed",
                "부품 {0}은(는) 잠겨 있는데 변경되었습니다",
                part.id
            ));
        }
    }
    for edge in given.edges.iter().filter(|edge| assignment.locked.contains(&edge.id)) {
        if answer.edge(edge.id) != Some(edge) {
            return Err(sentence!(
                "edge {0} is locked, and was changed",
                "연결 {0}은(는) 잠겨 있는데 변경되었습니다",
                edge.id
            ));
        }
    }
    let stranger = |part: &&Part| part.params.kind() == Kind::Client && given.part(part.id).is_none();
    match answer.parts.iter().find(stranger) {
        Some(part) => Err(sentence!(
            "part {0}: clients are the assignment's, none may be added",
            "부품 {0}: 사용자 집단은 과제가 정하며 추가할 수 없습니다",
            part.id
        )),
        None => Ok(()),
    }
}

fn check_types(assignment: &Assignment, answer: &Scenario) -> Result<(), Sentence> {
    let given = &assignment.document;
    let added =
        |part: &&Part| given.part(part.id).is_none_or(|theirs| theirs.params.kind() != part.params.kind());
    let is_allowed = |kind: Kind| {
        assignment.types.as_ref().is_none_or(|types| types.contains(&kind))
            && !assignment.forbidden.contains(&kind)
    };
    let wrong = answer.parts.iter().filter(added).find(|part| !is_allowed(part.params.kind()));
    if let Some(part) = wrong {
        let label = part.params.kind().spec().label;
        let sentence =
            sentence!("part {0}: no {1} may be added", "부품 {0}: {1} 종류는 추가할 수 없습니다", part.id);
        return Err(sentence.with_words(label));
    }
    for kind in &assignment.required {
        if !answer.parts.iter().any(|part| part.params.kind() == *kind) {
            let sentence = sentence!("there must be a {0}", "{0}이(가) 있어야 합니다");
            return Err(sentence.with_words(kind.spec().label));
        }
    }
    let instances = answer.parts.iter().filter(|part| part.params.kind() != Kind::Client);
    let instances: u64 = instances.map(|part| u64::from(part.count)).sum();
    match assignment.instances {
        Some(most) if instances > u64::from(most) => Err(sentence!(
            "{0} instances are more than the {1} that may be used",
            "인스턴스가 {0}개로, 쓸 수 있는 {1}개를 넘습니다",
            instances,
            most
        )),
        _ => Ok(()),
    }
}

/// Where only some paths are open, everything else that was given is as it was; and numbers are within their limits.
fn check_open(assignment: &Assignment, answer: &Scenario) -> Result<(), Sentence> {
    let (before, after) = (fields(&assignment.document), fields(answer));
    if let Some(open) = &assignment.open {
        let is_open = |path: &str| open.iter().any(|pattern| matches(pattern, path));
        let given = |path: &str| {
            id_of(path).is_some_and(|id| {
                assignment.document.part(id).is_some() || assignment.document.edge(id).is_some()
            })
        };
        let changed = before.iter().filter(|(path, held)| after.get(*path) != Some(held));
        let added = after.iter().filter(|(path, _)| given(path) && !before.contains_key(*path));
        if let Some((path, _)) = changed.chain(added).find(|(path, _)| !is_open(path)) {
            return Err(sentence!("{0}: may not be changed", "{0}: 바꿀 수 없습니다", shown(path)));
        }
    }
    for (pattern, [least, most]) in &assignment.limits {
        for (path, held) in after.iter().filter(|(path, _)| matches(pattern, path)) {
            if let Some(number) = held.number().filter(|number| !(least..=most).contains(&number)) {
                return Err(sentence!(
                    "{0}: must be from {1} to {2}, but is {3}",
                    "{0}: {1} 이상 {2} 이하여야 하는데 {3}입니다",
                    path,
                    least,
                    most,
                    number
                ));
            }
        }
    }
    Ok(())
}
