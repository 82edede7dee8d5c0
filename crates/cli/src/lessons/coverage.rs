//! `brownout lessons --coverage`: every row of the catalogue, and what the open ones need.

use std::fmt::Write as _;

use brownout_course::Lesson;
use brownout_course::coverage::{Covered, coverage as cover, unknown_rows};
use brownout_course::library;

use crate::arguments::Plain;
use crate::failure::Failure;
use crate::output;

pub fn coverage(lessons: &[Lesson], format: Plain) -> Result<(), Failure> {
    let rows = library::rows();
    if let Some(row) = unknown_rows(&rows, lessons).first() {
        return Err(Failure::Check(format!("a goal bears {row}, which is no row of the catalogue")));
    }
    let all = cover(rows, lessons);
    match format {
        Plain::Json => output::print_json(&all.iter().map(Covered::to_json).collect()),
        Plain::Table => output::print(&table(&all)),
    }
}

fn table(all: &[Covered]) -> String {
    let mut text = String::new();
    for one in all {
        let row = &one.row;
        let what = if one.goals.is_empty() {
            match (row.class.as_str(), one.needs.is_empty()) {
                ("C", _) => "told, not measured".to_owned(),
                (_, true) => "needs a goal".to_owned(),
                (_, false) => format!("needs {}", one.needs.join(", ")),
            }
        } else {
            one.goals.join(" ")
        };
        let lessons = row.lessons.join(" ");
        let _ = writeln!(text, "{:24} {} {:7} {lessons:12} {what}", row.id, row.class, one.status());
    }
    let covered = all.iter().filter(|one| !one.goals.is_empty()).count();
    let _ = writeln!(text, "{covered} of {} rows are covered", all.len());
    text
}
