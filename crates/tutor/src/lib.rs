//! The course in the browser: reads lessons and judges goals, in a thread of its own.
//!
//! A second wasm file, which the page loads only when a lesson is opened: whoever never opens one never downloads the
//! reader of Markdown and the checker of goals. Page and thread speak JSON; the page needs neither of them to show what
//! it gets.
//!
//! | asked | answered |
//! |---|---|
//! | `{"do": "open", "id", "lesson", "en", "ko"}`: the three files of a lesson | `{"id", "lesson": …}` as `describe.rs` has it |
//! | `{"do": "judge", "run", "record", "now_ns", "ticket"}`: what the visitor's run of a document has reached | `{"ticket", "verdicts": [{"goal", "passed", "value", "bound"}]}` |
//!
//! What cannot be read is answered with `{"error": sentence}`.
#![allow(missing_debug_implementations, reason = "wasm-bindgen makes a handle of it")]

mod describe;

use brownout_course::{Lesson, judge_run};
use brownout_scenario::{Shared, read_any};
use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

/// The lesson that is open.
#[wasm_bindgen]
#[derive(Default)]
pub struct Tutor {
    lesson: Option<Lesson>,
}

#[wasm_bindgen]
impl Tutor {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers a question; both are JSON.
    pub fn answer(&mut self, question: &str) -> String {
        self.try_answer(question).unwrap_or_else(|reason| json!({ "error": reason })).to_string()
    }
}

impl Tutor {
    fn try_answer(&mut self, question: &str) -> Result<Value, String> {
        let question: Value = serde_json::from_str(question).map_err(|error| error.to_string())?;
        let text = |name: &str| question[name].as_str().unwrap_or_default();
        match text("do") {
            "open" => {
                self.lesson = None;
                let lesson = Lesson::from_json(text("lesson")).map_err(|refused| refused.to_string())?;
                let described = describe::lesson(&lesson, [text("en"), text("ko")])?;
                self.lesson = Some(lesson);
                Ok(json!({ "id": text("id"), "lesson": described }))
            }
            "judge" => {
                let lesson = self.lesson.as_ref().ok_or("no lesson is open")?;
                let now = question["now_ns"].as_u64().unwrap_or(0);
                let record = match read_any(text("record")).map_err(|error| error.to_string())? {
                    Shared::Run(record) => record,
                    Shared::Design(document) => brownout_scenario::Record::new(document),
                };
                let verdicts = judge_run(lesson, text("run"), &record, now);
                let verdicts: Vec<Value> = verdicts
                    .into_iter()
                    .map(|(goal, verdict)| {
                        json!({ "goal": goal, "passed": verdict.passed, "value": verdict.value, "bound": verdict.bound })
                    })
                    .collect();
                Ok(json!({ "ticket": question["ticket"], "verdicts": verdicts }))
            }
            other => Err(format!("{other:?} cannot be done")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brownout_course::library::LESSONS;

    fn ask(tutor: &mut Tutor, question: &Value) -> Value {
        serde_json::from_str(&tutor.answer(&question.to_string())).expect("an answer is JSON")
    }

    #[test]
    fn every_lesson_opens_with_words_for_each_step() {
        for source in LESSONS {
            let open = json!({ "do": "open", "id": source.id, "lesson": source.json, "en": source.en, "ko": source.ko });
            let answer = ask(&mut Tutor::new(), &open);
            assert!(answer["error"].is_null(), "{}: {answer}", source.id);
            let steps = answer["lesson"]["steps"].as_array().expect("steps");
            for step in steps {
                for lang in ["en", "ko"] {
                    let words = &step[lang];
                    assert!(
                        words["title"].as_str().is_some_and(|title| !title.is_empty()),
                        "{}: {step}",
                        source.id
                    );
                    assert!(
                        words["blocks"].as_array().is_some_and(|blocks| !blocks.is_empty()),
                        "{}: {step}",
                        source.id
                    );
                }
            }
        }
    }

    #[test]
    fn goals_are_judged_in_the_visitors_own_run_once_it_is_far_enough() {
        let source = brownout_course::library::Source::find("story-retry-storm").expect("a lesson");
        let mut tutor = Tutor::new();
        ask(
            &mut tutor,
            &json!({ "do": "open", "id": "x", "lesson": source.json, "en": source.en, "ko": source.ko }),
        );
        let lesson = source.lesson().expect("valid");
        let document = &lesson.run("storm").expect("a run").document;
        let judge = |tutor: &mut Tutor, record: String, seconds: u64| {
            let question = json!({ "do": "judge", "run": "storm", "record": record, "now_ns": seconds * 1_000_000_000, "ticket": 7 });
            let answer = ask(tutor, &question);
            assert_eq!(answer["ticket"], 7);
            let verdicts = answer["verdicts"].as_array().expect("verdicts").clone();
            verdicts
                .iter()
                .map(|verdict| (verdict["goal"].as_str().expect("id").to_owned(), verdict["passed"] == true))
                .collect::<Vec<_>>()
        };
        assert_eq!(judge(&mut tutor, document.to_json(), 30), []);
        assert_eq!(judge(&mut tutor, document.to_json(), 60), [("before".to_owned(), true)]);
        let all = judge(&mut tutor, document.to_json(), 300);
        assert_eq!(all.len(), 4);
        assert!(all.iter().all(|(_, passed)| *passed), "{all:?}");
        // Whoever took the retries out does not see the storm.
        let calm = document
            .to_json()
            .replace("\"retries\": 1", "\"retries\": 0")
            .replace("\"retries\":1", "\"retries\":0");
        assert_ne!(calm, document.to_json());
        let verdicts = judge(&mut tutor, calm, 300);
        assert!(verdicts.contains(&("stays-down".to_owned(), false)), "{verdicts:?}");
    }

    #[test]
    fn nonsense_is_answered_with_a_sentence() {
        let mut tutor = Tutor::new();
        for question in
            ["", "{}", "[]", r#"{"do":"open"}"#, r#"{"do":"judge"}"#, r#"{"do":"open","lesson":"{}"}"#]
        {
            let answer: Value = serde_json::from_str(&tutor.answer(question)).expect("an answer is JSON");
            assert!(
                answer["error"].as_str().is_some_and(|reason| !reason.is_empty()),
                "{question}: {answer}"
            );
        }
    }
}
