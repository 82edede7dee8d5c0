//! `brownout grade`: an assignment, and what became of the answers to it.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;

use brownout_course::assignment::{Assignment, LINK, public, text_of};
use brownout_course::grade::{Row, grade as grade_one};
use brownout_sim::param::Sentence;
use serde_json::json;

use crate::arguments::{Format, GradeOptions};
use crate::failure::Failure;
use crate::many::threads;
use crate::progress::Count;
use crate::{input, output};

/// The most answers of one call.
const ANSWERS: usize = 100_000;

/// An answer, and its text; or why there is none.
struct Answer {
    name: String,
    text: Result<String, String>,
}

pub fn grade(options: &GradeOptions) -> Result<(), Failure> {
    let given = given(&options.assignment)?;
    let refused = |refused: brownout_course::Refused| {
        Failure::Check(format!("{}: {refused}", options.assignment.chars().take(200).collect::<String>()))
    };
    let text = text_of(&given).map_err(refused)?;
    if options.public {
        return output::print(&public(&text).map_err(refused)?);
    }
    let assignment = Assignment::from_json(&text).map_err(refused)?;
    let answers = answers(&options.answers)?;
    let mut progress = Count::new("answers", answers.len(), options.progress);
    let mut rows = Vec::with_capacity(answers.len());
    let work = |index: usize| {
        let Answer { name, text } = &answers[index];
        Ok(match text {
            Ok(text) => grade_one(&assignment, name, text),
            Err(reason) => Row {
                name: name.clone(),
                goals: Vec::new(),
                digest: None,
                reason: Some(Sentence::untranslated(reason)),
            },
        })
    };
    threads::in_order(answers.len(), threads::jobs(options.jobs), work, |_, row| {
        rows.push(row);
        progress.one();
        ControlFlow::Continue(())
    })?;
    progress.clear();
    match options.format {
        Format::Json => output::print_json(&json!({
            "title": assignment.title.en,
            "passed": rows.iter().filter(|row| row.passed()).count(),
            "answers": rows.iter().map(|row| row.to_json(&assignment)).collect::<Vec<_>>(),
        })),
        Format::Csv => output::print(&csv(&assignment, &rows)),
        Format::Table => output::print(&table(&assignment, &rows)),
    }
}

/// The assignment: a link to it as it stands, or the text of a file.
fn given(name: &str) -> Result<String, Failure> {
    if name.contains(LINK) { Ok(name.to_owned()) } else { input::read_text(name) }
}

/// Files of documents or links, and tables of names and links.
fn answers(names: &[String]) -> Result<Vec<Answer>, Failure> {
    let mut all = Vec::new();
    for name in names {
        let is_table = Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
        if is_table {
            all.extend(from_table(&input::read_text(name)?));
        } else {
            // One answer that cannot be read is no reason not to grade the others.
            let text = input::read_text(name).map_err(|failure| failure.to_string());
            all.push(Answer { name: name.clone(), text });
        }
        if all.len() > ANSWERS {
            return Err(Failure::Usage(format!("more than {ANSWERS} answers in one call")));
        }
    }
    Ok(all)
}

/// A line each: a name, a comma, a link. A first line without a link is a heading.
fn from_table(text: &str) -> Vec<Answer> {
    let mut all = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        // Links hold no comma: names may.
        let (name, link) = line.rsplit_once([',', ';', '\t']).unwrap_or((line, ""));
        let [name, link] = [name, link].map(|field| field.trim().trim_matches('"').replace("\"\"", "\""));
        if index == 0 && !link.contains('#') && !link.starts_with('v') {
            continue;
        }
        let text =
            if link.is_empty() { Err(format!("line {}: there is no link", index + 1)) } else { Ok(link) };
        all.push(Answer { name, text });
    }
    all
}

fn csv(assignment: &Assignment, rows: &[Row]) -> String {
    let mut text = String::from("name,passed,met,of,reason,digest");
    for seed in assignment.all_seeds() {
        for goal in assignment.all_goals() {
            let _ = write!(text, ",{0}@{seed},{0}@{seed} passed", goal.id);
        }
    }
    text.push('\n');
    for row in rows {
        let of = assignment.all_goals().count();
        let reason = row.reason.as_ref().map(ToString::to_string).unwrap_or_default();
        let digest = row.digest.as_deref().unwrap_or_default();
        let _ = write!(
            text,
            "{},{},{},{of},{},{digest}",
            field(&row.name),
            row.passed(),
            row.met(assignment),
            field(&reason)
        );
        for seed in assignment.all_seeds() {
            for goal in assignment.all_goals() {
                let found = row.goals.iter().find(|one| one.goal == goal.id && one.seed == seed);
                let value = found.and_then(|one| one.verdict.value).map(|value| value.to_string());
                let passed = found.map_or("", |one| if one.verdict.passed { "true" } else { "false" });
                let _ = write!(text, ",{},{passed}", value.unwrap_or_default());
            }
        }
        text.push('\n');
    }
    text
}

/// A field of a table. What a spreadsheet would take for a formula is led by an apostrophe.
fn field(text: &str) -> String {
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

fn table(assignment: &Assignment, rows: &[Row]) -> String {
    let of = assignment.all_goals().count();
    let clean = |text: &str| -> String { text.chars().filter(|letter| !letter.is_control()).collect() };
    let width = rows.iter().map(|row| row.name.chars().count().min(40)).max().unwrap_or(0);
    let mut text = String::new();
    for row in rows {
        let name: String = clean(&row.name).chars().take(40).collect();
        let verdict = if row.passed() { "passed" } else { "failed" };
        let _ = write!(text, "{name:width$}  {verdict}  {:>2} of {of} goals", row.met(assignment));
        if let Some(reason) = &row.reason {
            let _ = write!(text, "  {}", clean(&reason.to_string()));
        }
        text.push('\n');
    }
    let _ =
        writeln!(text, "{} of {} answers pass", rows.iter().filter(|row| row.passed()).count(), rows.len());
    text
}
