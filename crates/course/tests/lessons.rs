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
            // `**63%**가` is no emphasis: what ends in a sign must not be followed by a letter.
            let is_left_over = words.contains("**") || words.contains('`');
            assert!(
                !is_left_over && !has_star(&words),
                "{} {}: a mark is shown as it is",
                source.id,
                section.id
            );
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

/// A star beside a letter marks emphasis that was not understood; one between numbers multiplies.
fn has_star(words: &str) -> bool {
    let letters: Vec<char> = words.chars().collect();
    let at = |index: usize| letters.get(index).copied().unwrap_or(' ');
    (0..letters.len()).any(|here| {
        at(here) == '*' && (at(here + 1).is_alphabetic() || here > 0 && at(here - 1).is_alphabetic())
    })
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

/// On one seed only, and only what is soon done: all of it is `brownout lessons --check`. In parts, so that they run
/// beside each other.
fn goals_hold_and_mutations_turn_them_red(part: usize) {
    for lesson in all().into_iter().skip(part).step_by(PARTS) {
        let checked = brownout_course::check::check(&lesson, 1, true).expect("runs");
        for (index, goal) in lesson.goals.iter().enumerate() {
            let verdict = &checked.verdicts[index];
            assert!(verdict.passed, "{}/{}: {verdict:?}", lesson.id, goal.id);
            let mutated = &checked.mutated[index];
            assert!(mutated.is_good(), "{}/{}: {mutated:?}", lesson.id, goal.id);
        }
    }
}

const PARTS: usize = 3;

#[test]
fn goals_of_a_third_of_the_lessons_hold() {
    goals_hold_and_mutations_turn_them_red(0);
}

#[test]
fn goals_of_another_third_hold() {
    goals_hold_and_mutations_turn_them_red(1);
}

#[test]
fn goals_of_the_last_third_hold() {
    goals_hold_and_mutations_turn_them_red(2);
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

/// Names that are the same in Korean.
const NAMES: [&str; 4] = ["CDN", "Keep-Alive", "OpenTelemetry(OTLP JSON)", "English"];

/// Whoever writes words for people writes both languages: a type sees to that, and this to what the second of them is.
#[test]
fn every_sentence_of_the_page_has_korean_words() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = vec![root.join("crates"), root.join("web/src")];
    let (mut pairs, mut wrong) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                for (en, ko) in both_languages(&text) {
                    pairs += 1;
                    let words = ko.split(|letter: char| !letter.is_ascii_alphabetic());
                    let has_words = words.filter(|word| word.len() > 2).count() > 0;
                    if has_words && !is_korean(ko) && !NAMES.contains(&ko) {
                        wrong.push(format!("{}: {en} | {ko}", path.display()));
                    }
                }
            }
        }
    }
    assert!(pairs > 500, "only {pairs} pairs were found");
    assert_eq!(wrong, Vec::<String>::new());
}

/// The first two texts behind every `Words::new(` and `sentence!(`.
fn both_languages(source: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for start in ["Words::new(", "sentence!("] {
        for (at, _) in source.match_indices(start) {
            let rest = source[at + start.len()..].trim_start();
            let texts = rest.strip_prefix('"').and_then(text_and_rest).and_then(|(en, rest)| {
                let rest = rest.trim_start().strip_prefix(',')?.trim_start().strip_prefix('"')?;
                Some((en, text_and_rest(rest)?.0))
            });
            found.extend(texts);
        }
    }
    found
}

/// A text up to its closing quote, and what follows.
fn text_and_rest(source: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    let end = source.find(|letter| {
        let closes = letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        closes
    })?;
    Some((&source[..end], &source[end + 1..]))
}
