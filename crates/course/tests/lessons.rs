//! Every lesson: that it can be read, that its words are whole, and that its goals hold.

use std::collections::BTreeSet;

use brownout_course::library::{LESSONS, rows};
use brownout_course::prose::{Block, Inline, Section, plain};
use brownout_course::{Lesson, coverage};

fn all() -> Vec<Lesson> {
    LESSONS.iter().map(|source| source.lesson().expect("a lesson is read")).collect()
}

fn is_korean(text: &str) -> bool {
    text.chars().any(|letter| ('가'..='힣').contains(&letter))
}

#[test]
fn lessons_are_read_and_have_their_own_names() {
    for (source, lesson) in LESSONS.iter().zip(all()) {
        assert_eq!(source.id, lesson.id);
        assert!(is_korean(&lesson.title.ko) && is_korean(&lesson.about.ko), "{}", lesson.id);
        for goal in &lesson.goals {
            let words = [&goal.say].into_iter().chain(&goal.hint);
            assert!(words.clone().all(|text| is_korean(&text.ko)), "{}/{}", lesson.id, goal.id);
            assert!(words.clone().all(|text| !is_korean(&text.en)), "{}/{}", lesson.id, goal.id);
        }
    }
    assert_eq!(LESSONS.iter().map(|source| source.id).collect::<BTreeSet<_>>().len(), LESSONS.len());
}

#[test]
fn every_step_has_words_in_both_languages() {
    for (source, lesson) in LESSONS.iter().zip(all()) {
        let [en, ko] = source.prose().expect("the words are read");
        let ids = |prose: &[Section]| prose.iter().map(|section| section.id.clone()).collect::<Vec<_>>();
        let steps: Vec<String> = lesson.steps.iter().map(|step| step.id.clone()).collect();
        assert_eq!(ids(&en), steps, "{}/en.md", source.id);
        assert_eq!(ids(&ko), steps, "{}/ko.md", source.id);
        assert!(
            lesson.steps.iter().any(|step| step.predict.is_some()),
            "{}: nothing is predicted",
            source.id
        );
        for section in &ko {
            let words = words(&section.blocks);
            assert!(
                is_korean(&words) && is_korean(&plain(&section.title)),
                "{}/ko.md {}",
                source.id,
                section.id
            );
        }
        for section in en.iter().chain(&ko) {
            let words = words(&section.blocks);
            assert!(words.len() > 15, "{} {}: hardly a word", source.id, section.id);
            assert!(
                !words.contains(['<', '>']) || !words.contains("</"),
                "{} {}: HTML",
                source.id,
                section.id
            );
        }
        assert!(!en.iter().any(|section| is_korean(&words(&section.blocks))), "{}/en.md", source.id);
        let shown: BTreeSet<&String> = lesson.steps.iter().flat_map(|step| &step.goals).collect();
        for goal in &lesson.goals {
            assert!(shown.contains(&goal.id), "{}: no step shows the goal {}", source.id, goal.id);
        }
    }
}

fn words(blocks: &[Block]) -> String {
    let pieces = |pieces: &[Inline]| plain(pieces) + " ";
    let one = |block: &Block| match block {
        Block::Paragraph(text) | Block::Heading(text) => pieces(text),
        Block::List { items, .. } => items.iter().map(|item| words(item)).collect(),
        Block::Quote(inner) => words(inner),
        Block::Code(text) => text.clone(),
        Block::Rule => String::new(),
    };
    blocks.iter().map(one).collect()
}

#[test]
fn goals_bear_rows_of_the_catalogue() {
    let (rows, lessons) = (rows(), all());
    assert_eq!(rows.len(), 347);
    assert_eq!(coverage::unknown_rows(&rows, &lessons), Vec::<String>::new());
    let covered = coverage::coverage(rows, &lessons);
    for one in &covered {
        assert_eq!(one.goals.is_empty(), one.status() == "open");
        assert!(one.goals.is_empty() || one.needs.is_empty());
    }
}

/// On one seed only, and only what is soon done: all of it is `brownout lessons --check`.
#[test]
fn goals_hold_and_mutations_turn_them_red() {
    for lesson in all() {
        let checked = brownout_course::check::check(&lesson, 1, true).expect("runs");
        for (index, goal) in lesson.goals.iter().enumerate() {
            let verdict = &checked.verdicts[index];
            assert!(verdict.passed, "{}/{}: {verdict:?}", lesson.id, goal.id);
            let mutated = &checked.mutated[index];
            assert!(mutated.is_good(), "{}/{}: {mutated:?}", lesson.id, goal.id);
        }
    }
}

/// The table of contents is a file of its own, so that a page need not load every lesson to show it.
/// `WRITE_DOCS=1 cargo test -p brownout-course --test lessons` writes it anew.
#[test]
fn the_table_of_contents_is_that_of_the_lessons() {
    let text = |text: &brownout_course::Text| serde_json::json!({ "en": text.en, "ko": text.ko });
    let lines = all().into_iter().map(|lesson| {
        let Lesson { id, title, about, minutes, .. } = &lesson;
        serde_json::json!({ "id": id, "title": text(title), "about": text(about), "minutes": minutes })
            .to_string()
    });
    let contents = format!("[\n{}\n]\n", lines.collect::<Vec<_>>().join(",\n"));
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons/contents.json");
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(&path, &contents).expect("the folder can be written");
    }
    let file = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        file == contents,
        "contents.json is old: WRITE_DOCS=1 cargo test -p brownout-course --test lessons"
    );
}
