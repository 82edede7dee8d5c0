//! All goals of a lesson under a seed, and whether each mutation turns its goal red.

use std::collections::BTreeMap;

use brownout_scenario::{Record, Scenario};
use brownout_sim::Ns;

use crate::goal::Verdict;
use crate::lesson::Lesson;
use crate::measure::{Limit, Measured, Over, measure, measure_record};

/// What a mutation did.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutated {
    pub verdict: Verdict,
    /// Another goal that is still met; none where there is no other.
    pub green: Option<String>,
    /// Whether a lesson of one goal only is excused from having one.
    pub alone: bool,
}

impl Mutated {
    /// Its goal is red, and another still green.
    pub fn is_good(&self) -> bool {
        !self.verdict.passed && (self.alone || self.green.is_some())
    }
}

/// A lesson under one seed.
#[derive(Clone, Debug)]
pub struct Checked {
    pub seed: u64,
    /// Of each goal, in the lesson's order.
    pub verdicts: Vec<Verdict>,
    /// Of each goal, where mutations were asked for.
    pub mutated: Vec<Mutated>,
}

/// Runs all documents of a lesson under a seed and judges its goals, and, if asked, every mutation.
pub fn check(lesson: &Lesson, seed: u64, mutations: bool) -> Result<Checked, String> {
    let runs = measure_all(lesson, seed)?;
    let verdicts: Vec<Verdict> =
        lesson.goals.iter().map(|goal| goal.judge(|run, over| runs.get(run)?.figures(over))).collect();
    let mut mutated = Vec::new();
    if mutations {
        for index in 0..lesson.goals.len() {
            mutated.push(mutate(lesson, index, seed, &runs, &verdicts)?);
        }
    }
    Ok(Checked { seed, verdicts, mutated })
}

/// What a visitor's run of one of the lesson's documents has reached so far: the goals of that run whose stretch has
/// ended by `now`. Whatever the visitor did to the document or during the run counts; other runs that a goal compares
/// with are those of the lesson.
pub fn judge_run(lesson: &Lesson, run: &str, record: &Record, now: Ns) -> Vec<(String, Verdict)> {
    let Some(known) = lesson.run(run) else { return Vec::new() };
    let duration = known.document.options().duration;
    let ended = |over: Over| over.map_or(duration, |[_, end]| end) <= now;
    let due = || lesson.goals.iter().filter(|goal| goal.run == run && ended(goal.over));
    let needs: Vec<(String, Over)> = due()
        .flat_map(|goal| goal.needs().map(|(name, over)| (name.to_owned(), over)).collect::<Vec<_>>())
        .collect();
    let mut measured: BTreeMap<&str, Measured> = BTreeMap::new();
    for (name, _) in &needs {
        let stretches: Vec<Over> = needs
            .iter()
            .filter(|(other, over)| other == name && (other != run || ended(*over)))
            .map(|(_, over)| *over)
            .collect();
        let result = match lesson.run(name) {
            _ if measured.contains_key(name.as_str()) => continue,
            Some(_) if name == run => measure_record(record, &stretches, Limit::ANSWER),
            Some(other) => measure(&other.document, record.start.settings.seed.0, &stretches, Limit::NONE),
            None => continue,
        };
        // What cannot be measured, such as a run that stopped early, meets no goal.
        if let Ok(result) = result {
            measured.insert(name, result);
        }
    }
    due().map(|goal| (goal.id.clone(), goal.judge(|name, over| measured.get(name)?.figures(over)))).collect()
}

/// Every run that some goal needs.
fn measure_all(lesson: &Lesson, seed: u64) -> Result<BTreeMap<&str, Measured>, String> {
    let mut runs = BTreeMap::new();
    for run in &lesson.runs {
        let stretches = stretches(lesson, &run.name);
        if !stretches.is_empty() {
            runs.insert(run.name.as_str(), measured(&run.document, &run.name, seed, &stretches)?);
        }
    }
    Ok(runs)
}

/// Turns one goal red: only the runs that the mutation changes are run again.
pub fn mutate(
    lesson: &Lesson,
    index: usize,
    seed: u64,
    runs: &BTreeMap<&str, Measured>,
    verdicts: &[Verdict],
) -> Result<Mutated, String> {
    let mut changed: BTreeMap<&str, Measured> = BTreeMap::new();
    for (name, change) in &lesson.mutations[index].changes {
        let run = lesson.run(name).ok_or_else(|| format!("there is no run {name}"))?;
        let document = change.apply(&run.document, name).map_err(|error| error.to_string())?;
        changed.insert(name, measured(&document, name, seed, &stretches(lesson, name))?);
    }
    let judge = |at: usize| {
        lesson.goals[at].judge(|run, over| changed.get(run).or_else(|| runs.get(run))?.figures(over))
    };
    let touched = |at: usize| lesson.goals[at].needs().any(|(run, _)| changed.contains_key(run));
    let green = (0..lesson.goals.len())
        .filter(|at| *at != index)
        .find(|at| if touched(*at) { judge(*at).passed } else { verdicts[*at].passed });
    let green = green.map(|at| lesson.goals[at].id.clone());
    Ok(Mutated { verdict: judge(index), green, alone: lesson.goals.len() == 1 })
}

fn stretches(lesson: &Lesson, run: &str) -> Vec<Over> {
    let needs = lesson
        .goals
        .iter()
        .flat_map(|goal| goal.needs().map(|(run, over)| (run.to_owned(), over)).collect::<Vec<_>>());
    needs.filter(|(name, _)| name == run).map(|(_, over)| over).collect()
}

fn measured(document: &Scenario, name: &str, seed: u64, stretches: &[Over]) -> Result<Measured, String> {
    measure(document, seed, stretches, Limit::NONE).map_err(|reason| format!("{name}: {reason}"))
}
