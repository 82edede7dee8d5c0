//! `brownout lessons`: the course, whether its goals hold, and what it covers.

mod check;
mod coverage;

use std::path::Path;

use brownout_course::library::{LESSONS, Source};
use brownout_course::{Lesson, Refused};
use serde_json::json;

use crate::arguments::{LessonsOptions, Plain};
use crate::failure::Failure;
use crate::output;

pub fn lessons(options: &LessonsOptions) -> Result<(), Failure> {
    let lessons = chosen(&options.lessons)?;
    if options.check {
        check::check(&lessons, options)
    } else if options.coverage {
        coverage::coverage(&lessons, options.format)
    } else {
        list(&lessons, options.format)
    }
}

/// The lessons that were named, by their whole id, its beginning (`L14`), or as a folder; all, where none was.
fn chosen(names: &[String]) -> Result<Vec<Lesson>, Failure> {
    let is_named = |source: &&Source, name: &str| {
        source.id == name || source.id.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
    };
    if names.is_empty() {
        return LESSONS.iter().map(|source| source.lesson().map_err(Failure::Lesson)).collect();
    }
    let mut chosen = Vec::new();
    for name in names {
        let before = chosen.len();
        for source in LESSONS.iter().filter(|source| is_named(source, name)) {
            chosen.push(source.lesson().map_err(Failure::Lesson)?);
        }
        if chosen.len() == before {
            chosen.push(from_folder(name)?);
        }
    }
    Ok(chosen)
}

/// A lesson that is being written.
fn from_folder(name: &str) -> Result<Lesson, Failure> {
    let path = Path::new(name).join("lesson.json");
    if !path.is_file() {
        let known: Vec<&str> = LESSONS.iter().map(|source| source.id).collect();
        let name: String = name.chars().take(60).collect();
        return Err(Failure::Usage(format!(
            "no lesson {name}, and no folder with a lesson.json; there are {}",
            known.join(", ")
        )));
    }
    let file = path.display().to_string();
    let within =
        |refused: Refused| Failure::Lesson(Refused { path: format!("{file}: {}", refused.path), ..refused });
    Lesson::from_json(&crate::input::read_text(&file)?).map_err(within)
}

/// A document of a lesson, as `L14-load-balancer/rr`; where only the lesson is named, its first.
pub fn document(name: &str) -> Option<Result<brownout_scenario::Scenario, Failure>> {
    let (id, run) = name.split_once('/').map_or((name, None), |(id, run)| (id, Some(run)));
    let source = Source::find(id)?;
    Some(source.lesson().map_err(Failure::Lesson).and_then(|lesson| {
        let found = run.map_or(lesson.runs.first(), |run| lesson.run(run));
        let known = || lesson.runs.iter().map(|run| run.name.as_str()).collect::<Vec<_>>().join(", ");
        found.map(|run| run.document.clone()).ok_or_else(|| {
            Failure::Usage(format!("{id} has no document of this name; there are {}", known()))
        })
    }))
}

fn list(lessons: &[Lesson], format: Plain) -> Result<(), Failure> {
    match format {
        Plain::Json => {
            let one = |lesson: &Lesson| {
                let goals = lesson.goals.iter().map(|goal| {
                    json!({
                        "id": goal.id, "row": goal.row, "run": goal.run, "metric": goal.metric.text(),
                        "bound": goal.comparison(), "say": {"en": goal.say.en, "ko": goal.say.ko},
                    })
                });
                json!({
                    "id": lesson.id, "title": {"en": lesson.title.en, "ko": lesson.title.ko}, "minutes": lesson.minutes,
                    "documents": lesson.runs.iter().map(|run| &run.name).collect::<Vec<_>>(),
                    "goals": goals.collect::<Vec<_>>(),
                })
            };
            output::print_json(&lessons.iter().map(one).collect())
        }
        Plain::Table => {
            let width = lessons.iter().map(|lesson| lesson.id.len()).max().unwrap_or(0);
            let one = |lesson: &Lesson| {
                let runs: Vec<&str> = lesson.runs.iter().map(|run| run.name.as_str()).collect();
                let goals = lesson.goals.len();
                format!("{:width$}  {goals:>2} goals  {}  [{}]\n", lesson.id, lesson.title.en, runs.join(" "))
            };
            output::print(&lessons.iter().map(one).collect::<String>())
        }
    }
}
