//! Which rows of the catalogue are covered: those whose id a goal bears.

use brownout_sim::component::Kind;
use serde_json::{Value, json};

use crate::lesson::Lesson;

/// A row of the catalogue of systems and principles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub en: String,
    pub ko: String,
    /// S is simulated and measured, V is shown step by step, C is told.
    pub class: String,
    /// The types that it is about.
    pub components: Vec<String>,
    /// The lessons that name it, such as `L14`.
    pub lessons: Vec<String>,
}

/// What is known of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    pub row: Row,
    /// `lesson/goal` of each goal that bears its id.
    pub goals: Vec<String>,
    /// The types that it is about and that do not exist yet.
    pub needs: Vec<String>,
}

impl Covered {
    pub fn status(&self) -> &'static str {
        if self.goals.is_empty() { "open" } else { "covered" }
    }

    pub fn to_json(&self) -> Value {
        let Row { id, class, lessons, en, ko, .. } = &self.row;
        json!({
            "id": id, "en": en, "ko": ko, "class": class, "lessons": lessons, "goals": self.goals,
            "status": self.status(), "needs": self.needs,
        })
    }
}

/// Parts of the palette that stand for edges: they need no type of their own.
const EDGES: &[&str] = &["link"];

/// Reads the committed catalogue.
pub fn read_rows(text: &str) -> Vec<Row> {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let words = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let list = |row: &Value, name: &str| -> Vec<String> {
        row[name]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect()
    };
    let row = |row: &Value| Row {
        id: words(row, "id"),
        en: words(row, "en"),
        ko: words(row, "ko"),
        class: words(row, "cls"),
        components: list(row, "components"),
        lessons: list(row, "lessons"),
    };
    json.as_array().into_iter().flatten().map(row).collect()
}

/// All rows, with the goals of these lessons.
pub fn coverage(rows: Vec<Row>, lessons: &[Lesson]) -> Vec<Covered> {
    let goals_of = |id: &str| -> Vec<String> {
        let goals = lessons.iter().flat_map(|lesson| lesson.goals.iter().map(move |goal| (lesson, goal)));
        let bear = goals.filter(|(_, goal)| goal.row.as_deref() == Some(id));
        bear.map(|(lesson, goal)| format!("{}/{}", lesson.id, goal.id)).collect()
    };
    let is_missing = |name: &&String| Kind::from_name(name).is_none() && !EDGES.contains(&name.as_str());
    let covered = |row: Row| {
        let goals = goals_of(&row.id);
        let needs = if goals.is_empty() {
            row.components.iter().filter(is_missing).cloned().collect()
        } else {
            Vec::new()
        };
        Covered { row, goals, needs }
    };
    rows.into_iter().map(covered).collect()
}

/// Rows that goals bear and that the catalogue does not have.
pub fn unknown_rows(rows: &[Row], lessons: &[Lesson]) -> Vec<String> {
    let goals = lessons.iter().flat_map(|lesson| &lesson.goals);
    let named = goals.filter_map(|goal| goal.row.clone());
    named.filter(|id| !rows.iter().any(|row| row.id == *id)).collect()
}
