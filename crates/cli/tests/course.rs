//! The course in the terminal.

mod support;

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
