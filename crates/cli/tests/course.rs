//! The course in the terminal.

mod support;

use std::fmt::Write as _;

use serde_json::Value;
use support::{brownout, brownout_on_threads};

#[test]
fn lessons_are_listed_checked_and_opened() {
    let list = brownout(&["lessons"], b"");
    assert!(list.code == Some(0) && list.out.contains("story-retry-storm"), "{}", list.err);
    let done = brownout_on_threads(
        &["lessons", "story-retry-storm", "--check", "--seeds", "3", "--format", "json"],
        b"",
    );
    assert_eq!(done.code, Some(0), "{}", done.err);
    let checked: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(checked["held"], checked["pairs"]);
    assert_eq!(checked["mutations_red"], checked["pairs"]);
    let document = brownout(&["link", "story-retry-storm/storm"], b"");
    assert!(document.out.starts_with("#v1."), "{}", document.err);
    let calm = brownout(&["link", "story-retry-storm/calm"], b"");
    assert_ne!(document.out, calm.out);
}

/// Each document of each lesson, by its name.
#[test]
fn every_lesson_is_known_by_its_name() {
    for source in brownout_course::library::LESSONS {
        let lesson = source.lesson().expect("a lesson is read");
        let run = &lesson.runs.first().expect("a document").name;
        let link = brownout(&["link", &format!("{}/{run}", source.id)], b"");
        assert!(link.code == Some(0) && link.out.starts_with("#v1."), "{}/{run}: {}", source.id, link.err);
    }
}

#[test]
fn every_row_of_the_catalogue_is_listed() {
    let done = brownout(&["lessons", "--coverage", "--format", "json"], b"");
    let rows: Vec<Value> = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(rows.len(), 347);
    for row in &rows {
        assert!(["covered", "open"].contains(&row["status"].as_str().expect("a status")), "{row}");
        assert!(row["id"].is_string() && row["lessons"].is_array() && row["needs"].is_array(), "{row}");
    }
}

#[test]
fn wrong_names_are_answered_with_what_there_is() {
    let unknown = brownout(&["lessons", "L99"], b"");
    assert!(unknown.code == Some(2) && unknown.err.contains("story-retry-storm"), "{}", unknown.err);
    let document = brownout(&["run", "story-retry-storm/nothing"], b"");
    assert!(document.code == Some(2) && document.err.contains("storm, calm"), "{}", document.err);
}

const ASSIGNMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/assignment.json");

/// The assignment's document with these texts in place of others, as a link.
fn answer(changes: &[(&str, &str)]) -> String {
    let assignment: Value =
        serde_json::from_str(&std::fs::read_to_string(ASSIGNMENT).expect("there")).expect("JSON");
    let mut document = assignment["document"].to_string();
    for (from, to) in changes {
        assert!(document.contains(from), "{from}");
        document = document.replace(from, to);
    }
    let link = brownout(&["link", "-"], document.as_bytes());
    assert_eq!(link.code, Some(0), "{}", link.err);
    link.out.trim().to_owned()
}

#[test]
fn two_hundred_answers_are_graded_in_one_call() {
    let folder = std::env::temp_dir().join(format!("brownout-grade-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let good = answer(&[
        (r#""check_s":5"#, r#""check_s":0.5,"fall":1"#),
        (r#""count":2"#, r#""count":4"#),
        (
            r#""from":2,"to":3,"policy":{"timeout_ms":1000"#,
            r#""from":2,"to":3,"policy":{"retries":2,"timeout_ms":1000"#,
        ),
    ]);
    let poor = answer(&[]);
    let locked =
        answer(&[(r#""to":2,"policy":{"timeout_ms":1000"#, r#""to":2,"policy":{"timeout_ms":9000"#)]);
    let closed = answer(&[(r#""workers":4"#, r#""workers":400"#)]);
    let client = answer(&[(r#""rate_rps":100"#, r#""rate_rps":1"#)]);
    let many = answer(&[(r#""count":2"#, r#""count":900"#)]);
    let beyond = answer(&[(
        r#""from":2,"to":3,"policy":{"timeout_ms":1000"#,
        r#""from":2,"to":3,"policy":{"retries":9,"timeout_ms":1000"#,
    )]);
    let hostile = format!("#v1.{}", "A".repeat(100_000));
    let truncated = &good[..good.len() / 2];
    let special = [
        ("locked", locked.as_str()),
        ("closed", &closed),
        ("client", &client),
        ("many", &many),
        ("beyond", &beyond),
        ("hostile", &hostile),
        ("truncated", truncated),
        ("empty", ""),
        ("=1+1", "#v1.x"),
    ];
    let mut table = String::from("name,link\n");
    for index in 0..200 - special.len() {
        writeln!(table, "student {index},{}", if index % 2 == 0 { &good } else { &poor }).expect("written");
    }
    for (name, link) in special {
        writeln!(table, "{name},{link}").expect("written");
    }
    let file = folder.join("answers.csv");
    std::fs::write(&file, table).expect("written");
    let file = file.to_str().expect("a name");
    let done = brownout_on_threads(&["grade", ASSIGNMENT, file, "--format", "json"], b"");
    assert_eq!(done.code, Some(0), "{}", done.err);
    let graded: Value = serde_json::from_str(&done.out).expect("JSON");
    let rows = graded["answers"].as_array().expect("rows");
    assert_eq!((rows.len(), &graded["passed"]), (200, &Value::from(96)));
    assert_eq!(rows[0]["goals"].as_array().map(Vec::len), Some(6));
    assert!(
        rows[0]["digest"].is_string() && rows[0]["reason"].is_null() && rows[0]["passed"] == true,
        "{}",
        rows[0]
    );
    assert!(rows[1]["reason"].is_null() && rows[1]["passed"] == false, "{}", rows[1]);
    for (row, says) in rows[191..].iter().zip([
        "edge 4 is locked",
        "parts.3.workers: may not be changed",
        "part 1 is locked",
        "901 instances",
        "edges.5.policy.retries: must be from 0 to 3, but is 9",
        "larger than",
        "",
        "no link",
        "",
    ]) {
        let reason = row["reason"].as_str().expect("a reason");
        assert!(reason.contains(says) && row["passed"] == false, "{row}");
    }
    let short = folder.join("short.csv");
    std::fs::write(&short, format!("=1+1,#v1.x\nfair,{poor}\n")).expect("written");
    let csv = brownout(&["grade", ASSIGNMENT, short.to_str().expect("a name"), "--format", "csv"], b"");
    assert!(csv.out.lines().count() == 3 && csv.out.contains("\"'=1+1\""), "a formula is none: {}", csv.out);
    std::fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn students_do_not_get_what_is_hidden() {
    let public = brownout(&["grade", ASSIGNMENT, "--public"], b"");
    assert_eq!(public.code, Some(0), "{}", public.err);
    assert!(public.out.contains("available") && !public.out.contains("hidden") && !public.out.contains("77"));
}

#[test]
fn an_assignment_is_graded_by_its_link_as_by_its_file() {
    let text = std::fs::read_to_string(ASSIGNMENT).expect("there");
    let link = brownout_course::assignment::link(&text).expect("fits");
    assert!(link.starts_with("#a1."), "{link}");
    let address = format!("https://example.org/lab/{link}");
    let public = brownout(&["grade", &address, "--public"], b"");
    assert_eq!(public.code, Some(0), "{}", public.err);
    assert!(public.out.contains("서버 한 대") && !public.out.contains("hidden"), "{}", public.out);
    let folder = std::env::temp_dir().join(format!("brownout-grade-link-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("answer.txt");
    std::fs::write(&file, answer(&[])).expect("written");
    let row = |assignment: &str| {
        let file = file.to_str().expect("a name");
        let done = brownout(&["grade", assignment, file, "--format", "json"], b"");
        assert_eq!(done.code, Some(0), "{}", done.err);
        let graded: Value = serde_json::from_str(&done.out).expect("JSON");
        graded["answers"][0].clone()
    };
    let (by_link, by_file) = (row(&address), row(ASSIGNMENT));
    let counts = (by_link["of"].as_u64(), by_file["of"].as_u64());
    assert_eq!(counts, (Some(2), Some(3)), "what is hidden is in no link");
    assert_eq!((&by_link["digest"], &by_link["goals"][0]), (&by_file["digest"], &by_file["goals"][0]));
    let broken = brownout(&["grade", "#a1.A", "x"], b"");
    assert!(broken.code == Some(1) && broken.err.contains("base64"), "{}", broken.err);
    std::fs::remove_dir_all(folder).expect("removed");
}
