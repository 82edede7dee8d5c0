//! `brownout lessons --check`: every goal on every seed, and every mutation.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use brownout_course::Lesson;
use brownout_course::check::{Checked, Mutated, check as check_one};
use serde_json::{Value, json};

use crate::arguments::{LessonsOptions, Plain};
use crate::failure::Failure;
use crate::many::threads;
use crate::output;
use crate::progress::Count;

/// A lesson on all seeds.
struct Done<'l> {
    lesson: &'l Lesson,
    seeds: Vec<Checked>,
}

impl Done<'_> {
    /// Seeds on which a goal holds.
    fn held(&self, goal: usize) -> usize {
        self.seeds.iter().filter(|seed| seed.verdicts[goal].passed).count()
    }

    /// Seeds on which its mutation turns it red while another goal stays green.
    fn red(&self, goal: usize) -> usize {
        self.seeds.iter().filter(|seed| seed.mutated.get(goal).is_some_and(Mutated::is_good)).count()
    }
}

pub fn check(lessons: &[Lesson], options: &LessonsOptions) -> Result<(), Failure> {
    let (first, last) = options.seeds;
    let seeds: Vec<u64> = (first..=last).collect();
    let mut progress = Count::new("lessons on a seed", lessons.len() * seeds.len(), options.progress);
    let mut all: Vec<Done<'_>> = lessons.iter().map(|lesson| Done { lesson, seeds: Vec::new() }).collect();
    let work = |index: usize| {
        let lesson = &lessons[index / seeds.len()];
        let checked = check_one(lesson, seeds[index % seeds.len()], !options.no_mutations);
        checked.map_err(|reason| Failure::Check(format!("{}: {reason}", lesson.id)))
    };
    threads::in_order(lessons.len() * seeds.len(), threads::jobs(options.jobs), work, |index, checked| {
        all[index / seeds.len()].seeds.push(checked);
        progress.one();
        ControlFlow::Continue(())
    })?;
    progress.clear();
    let (held, pairs) = sum(&all, Done::held);
    let (red, _) = if options.no_mutations { (pairs, pairs) } else { sum(&all, Done::red) };
    match options.format {
        Plain::Json => output::print_json(&to_json(&all, held, pairs, options.no_mutations, red))?,
        Plain::Table => output::print(&table(&all, held, pairs, options.no_mutations, red))?,
    }
    let enough = held as f64 >= options.least * pairs as f64;
    match (enough, red == pairs) {
        (true, true) => Ok(()),
        (false, _) => {
            Err(Failure::Check(format!("{} of {pairs} pairs of a goal and a seed do not hold", pairs - held)))
        }
        (true, false) => {
            Err(Failure::Check(format!("{} of {pairs} mutations do not do what they should", pairs - red)))
        }
    }
}

fn sum<'l>(all: &[Done<'l>], of: impl Fn(&Done<'l>, usize) -> usize) -> (usize, usize) {
    let goals = all.iter().flat_map(|done| (0..done.lesson.goals.len()).map(move |goal| (done, goal)));
    goals.fold((0, 0), |(held, pairs), (done, goal)| (held + of(done, goal), pairs + done.seeds.len()))
}

fn to_json(all: &[Done<'_>], held: usize, pairs: usize, no_mutations: bool, red: usize) -> Value {
    let lesson = |done: &Done<'_>| {
        let goals = done.lesson.goals.iter().enumerate().map(|(index, goal)| {
            let seeds = done.seeds.iter().map(|seed| {
                let verdict = &seed.verdicts[index];
                let mut value =
                    json!({"seed": seed.seed, "passed": verdict.passed, "value": verdict.value, "bound": verdict.bound});
                if let Some(mutated) = seed.mutated.get(index) {
                    value["mutated"] = json!({
                        "red": !mutated.verdict.passed, "value": mutated.verdict.value, "green": mutated.green,
                    });
                }
                value
            });
            let seeds: Vec<Value> = seeds.collect();
            json!({"id": goal.id, "row": goal.row, "run": goal.run, "metric": goal.metric.text(),
                   "bound": goal.comparison(), "seeds": seeds})
        });
        json!({"id": done.lesson.id, "goals": goals.collect::<Vec<_>>()})
    };
    let mut value = json!({
        "pairs": pairs, "held": held, "lessons": all.iter().map(lesson).collect::<Vec<_>>(),
    });
    if !no_mutations {
        value["mutations_red"] = json!(red);
    }
    value
}

fn table(all: &[Done<'_>], held: usize, pairs: usize, no_mutations: bool, red: usize) -> String {
    let mut text = String::new();
    for done in all {
        let _ = writeln!(text, "{}", done.lesson.id);
        let width = done.lesson.goals.iter().map(|goal| goal.id.len()).max().unwrap_or(0);
        for (index, goal) in done.lesson.goals.iter().enumerate() {
            let seeds = done.seeds.len();
            let values = range(done.seeds.iter().filter_map(|seed| seed.verdicts[index].value));
            let bounds = range(done.seeds.iter().filter_map(|seed| seed.verdicts[index].bound));
            let _ = write!(text, "  {:width$}  held {}/{seeds}", goal.id, done.held(index));
            if !no_mutations {
                let mutated = done.seeds.iter().filter_map(|seed| seed.mutated.get(index)?.verdict.value);
                let _ = write!(text, "  red {}/{seeds} [{}]", done.red(index), range(mutated));
            }
            let _ = writeln!(text, "  {values} {}  ({bounds})", goal.comparison());
        }
    }
    let _ = write!(text, "{held} of {pairs} pairs of a goal and a seed hold");
    if !no_mutations {
        let _ = write!(text, ", {red} of {pairs} mutations turn their goal red");
    }
    text.push('\n');
    text
}

/// The least and the largest of several values, to four digits.
fn range(values: impl Iterator<Item = f64>) -> String {
    let all: Vec<f64> = values.collect();
    let (least, most) = (
        all.iter().copied().fold(f64::INFINITY, f64::min),
        all.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    );
    match all.len() {
        0 => "nothing measured".to_owned(),
        _ if short(least) == short(most) => short(least),
        _ => format!("{} to {}", short(least), short(most)),
    }
}

fn short(value: f64) -> String {
    let above = [1_000.0, 100.0, 10.0, 1.0, 0.1, 0.01].iter().position(|least| value.abs() >= *least);
    let digits = if value == 0.0 { 0 } else { above.unwrap_or(6) };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
