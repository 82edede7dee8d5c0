//! The course in the browser: reads lessons and judges goals, in a thread of its own.
//!
//! A second wasm file, which the page loads only when a lesson is opened: whoever never opens one never downloads the
//! reader of Markdown and the checker of goals. Page and thread speak JSON; the page needs neither of them to show what
//! it gets.
//!
//! | asked | answered |
//! |---|---|
//! | `{"do": "open", "id", "lesson", "en", "ko"}`: the three files of a lesson | `{"id", "lesson": …}` as `describe.rs` has it |
//! | `{"do": "assign", "text"}`: the file of an assignment or a link to one | the same, with `rules`; of a teacher's own file also `teacher`: its text |
//! | `{"do": "judge", "run", "record", "now_ns", "ticket"}`: what the visitor's run of a document has reached | `{"ticket", "verdicts": [{"goal", "passed", "value", "bound"}]}` |
//! | `{"do": "own", "record", "now_ns", "ticket"}`: what a run has reached of its document's own goals | `{"ticket", "own": [{"goal", …}]}` |
//! | `{"do": "grade", "answer"}`: what will become of an answer | `{"row": {"passed", "digest", "reason", "goals"}}` |
//! | `{"do": "compare", "run", "record", "now_ns"}`: the visitor's run beside one of the lesson's | `{"compared": {"run", "differences", "figures"}}` |
//! | `{"do": "check", "text"}`: a teacher's draft | `{"checked": {"link"}}` or `{"checked": {"error"}}` |
//!
//! What cannot be read is answered with `{"error": {"en", "ko"}}`.
#![allow(missing_debug_implementations, reason = "wasm-bindgen makes a handle of it")]

mod describe;

use brownout_course::assignment::{Assignment, DESIGN, Hidden, link, text_of};
use brownout_course::compare::{differences, figures};
use brownout_course::grade::grade;
use brownout_course::{Lesson, Refused, judge_run};
use brownout_scenario::{Lang, Record, Shared, read_any};
use brownout_sim::param::Sentence;
use brownout_sim::sentence;
use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

/// The lesson that is open.
#[wasm_bindgen]
#[derive(Default)]
pub struct Tutor {
    lesson: Option<Lesson>,
    /// What the lesson was made from, if it is one.
    assignment: Option<Assignment>,
}

#[wasm_bindgen]
impl Tutor {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers a question; both are JSON.
    pub fn answer(&mut self, question: &str) -> String {
        let answer = self.try_answer(question);
        answer.unwrap_or_else(|reason| json!({ "error": describe::both(&reason) })).to_string()
    }
}

impl Tutor {
    fn try_answer(&mut self, question: &str) -> Result<Value, Sentence> {
        let question: Value = serde_json::from_str(question).map_err(|_| not_understood())?;
        match question["do"].as_str().unwrap_or_default() {
            "open" => self.open(&question),
            "assign" => self.assign(text(&question, "text")),
            "judge" => self.judge(&question),
            "own" => {
                let record = record(&question)?;
                let now = question["now_ns"].as_u64().unwrap_or(0);
                let verdicts = judge_run(&Lesson::of(&record.document()), DESIGN, &record, now);
                let verdicts: Vec<Value> =
                    verdicts.iter().map(|(goal, verdict)| describe::verdict(goal, verdict)).collect();
                Ok(json!({ "ticket": question["ticket"], "own": verdicts }))
            }
            "grade" => {
                let assignment = self.assignment.as_ref().ok_or_else(none_open)?;
                Ok(json!({ "row": describe::row(&grade(assignment, "", text(&question, "answer"))) }))
            }
            "compare" => self.compare(&question),
            "check" => Ok(json!({ "checked": match link(text(&question, "text")) {
                Ok(link) => json!({ "link": link }),
                Err(refused) => json!({ "error": describe::both(&refused.sentence()) }),
            } })),
            _ => Err(not_understood()),
        }
    }

    fn open(&mut self, question: &Value) -> Result<Value, Sentence> {
        (self.lesson, self.assignment) = (None, None);
        let lesson = Lesson::from_json(text(question, "lesson")).map_err(|refused| refused.sentence())?;
        let described = describe::lesson(&lesson, [text(question, "en"), text(question, "ko")])?;
        self.lesson = Some(lesson);
        Ok(json!({ "id": text(question, "id"), "lesson": described }))
    }

    fn assign(&mut self, given: &str) -> Result<Value, Sentence> {
        let refused = |refused: Refused| refused.sentence();
        let file = text_of(given).map_err(refused)?;
        let assignment = Assignment::from_json(&file).map_err(refused)?;
        let link = link(&file).map_err(refused)?;
        let described = describe::assignment(&assignment, &link)?;
        let is_teachers = assignment.hidden != Hidden::default();
        let id = format!("assignment-{:016x}", hash(&link));
        self.lesson = Some(assignment.lesson());
        self.assignment = Some(assignment);
        Ok(json!({ "id": id, "lesson": described, "teacher": is_teachers.then_some(&file) }))
    }

    fn judge(&self, question: &Value) -> Result<Value, Sentence> {
        let lesson = self.lesson.as_ref().ok_or_else(none_open)?;
        let now = question["now_ns"].as_u64().unwrap_or(0);
        let verdicts = judge_run(lesson, text(question, "run"), &record(question)?, now);
        let verdicts: Vec<Value> =
            verdicts.iter().map(|(goal, verdict)| describe::verdict(goal, verdict)).collect();
        Ok(json!({ "ticket": question["ticket"], "verdicts": verdicts }))
    }

    fn compare(&self, question: &Value) -> Result<Value, Sentence> {
        let lesson = self.lesson.as_ref().ok_or_else(none_open)?;
        let run = lesson.run(text(question, "run")).ok_or_else(none_open)?;
        let record = record(question)?;
        let now = question["now_ns"].as_u64().unwrap_or(0);
        let differences = differences(&record.document(), &run.document);
        let figures = figures(&record, &run.document, now);
        Ok(json!({ "compared": describe::compared(&run.name, &differences, &figures) }))
    }
}

fn text<'q>(question: &'q Value, name: &str) -> &'q str {
    question[name].as_str().unwrap_or_default()
}

/// The visitor's run; of a document alone, one in which nothing was done.
fn record(question: &Value) -> Result<Record, Sentence> {
    let shared = read_any(text(question, "record"));
    let shared = shared.map_err(|error| Sentence::both(error.to_string(), error.sentence(Lang::Ko)))?;
    Ok(match shared {
        Shared::Run(record) => record,
        Shared::Design(document) => Record::new(document),
    })
}

fn not_understood() -> Sentence {
    sentence!("the page asked for something that cannot be done", "페이지가 할 수 없는 일을 요청했습니다")
}

fn none_open() -> Sentence {
    sentence!("no lesson is open", "열린 강의가 없습니다")
}

/// FNV-1a, by which progress on an assignment is kept.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
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
    fn a_documents_own_goals_are_judged_without_a_lesson() {
        let mut document: Value =
            serde_json::from_str(&brownout_scenario::starter().to_json()).expect("JSON");
        document["goals"] = json!([
            {"id": 901, "metric": "availability", "op": ">=", "value": 0.99, "over": [2, 4]},
            {"id": 902, "metric": "latency_ms.p99", "op": "<", "value": 0.001, "over": [2, 4]},
            {"id": 903, "metric": "goodput_rps", "op": ">", "value": 1},
        ]);
        let own = |now_s: u64| {
            let question = json!({ "do": "own", "record": document.to_string(), "now_ns": now_s * 1_000_000_000, "ticket": 3 });
            let answer = ask(&mut Tutor::new(), &question);
            assert_eq!(answer["ticket"], 3, "{answer}");
            let verdicts = answer["own"].as_array().expect("verdicts").clone();
            let one = |verdict: &Value| {
                (verdict["goal"].as_str().expect("id").to_owned(), verdict["passed"] == true)
            };
            verdicts.iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(own(3), []);
        assert_eq!(own(5), [("901".to_owned(), true), ("902".to_owned(), false)]);
    }

    #[test]
    fn an_assignment_is_opened_checked_and_graded() {
        let file = include_str!("../../../fixtures/assignment.json");
        let mut tutor = Tutor::new();
        let opened = ask(&mut tutor, &json!({ "do": "assign", "text": file }));
        assert!(opened["error"].is_null() && opened["teacher"].is_string(), "{opened}");
        let rules = &opened["lesson"]["rules"];
        assert_eq!(rules["limits"]["edges.5.policy.retries"], json!([0.0, 3.0]));
        let checked = ask(&mut tutor, &json!({ "do": "check", "text": file }));
        let link = checked["checked"]["link"].as_str().expect("a link");
        assert_eq!(rules["link"], link);
        let by_link = ask(&mut tutor, &json!({ "do": "assign", "text": link }));
        assert!(by_link["teacher"].is_null(), "a link is for students");
        assert_eq!((&by_link["id"], &by_link["lesson"]), (&opened["id"], &opened["lesson"]));
        let document = by_link["lesson"]["runs"]["design"].as_str().expect("a document");
        let graded = ask(&mut tutor, &json!({ "do": "grade", "answer": document }));
        let row = &graded["row"];
        assert!(
            row["digest"].is_string() && row["passed"] == false && row["goals"][0]["passed"] == false,
            "{row}"
        );
        let locked = document
            .replace("\"rate_rps\":100", "\"rate_rps\":10")
            .replace("\"rate_rps\": 100", "\"rate_rps\": 10");
        let row = &ask(&mut tutor, &json!({ "do": "grade", "answer": locked }))["row"];
        assert!(row["reason"]["ko"].as_str().is_some_and(|reason| reason.contains("잠겨")), "{row}");
        let mut solved: Value = serde_json::from_str(file).expect("JSON");
        solved["solution"] = solved["document"].clone();
        solved["solution"]["parts"][2]["count"] = 3.into();
        let mut other = Tutor::new();
        assert!(ask(&mut other, &json!({ "do": "assign", "text": solved.to_string() }))["error"].is_null());
        let compare =
            json!({ "do": "compare", "run": "solution", "record": document, "now_ns": 8_000_000_000_u64 });
        let compared = &ask(&mut other, &compare)["compared"];
        assert_eq!(
            (&compared["run"], &compared["differences"][0]["path"]),
            (&json!("solution"), &json!("parts.3.count"))
        );
        let broken =
            ask(&mut tutor, &json!({ "do": "check", "text": file.replace("availability", "avail") }));
        assert!(
            broken["checked"]["error"]["en"]
                .as_str()
                .is_some_and(|reason| reason.contains("goals[0].metric")),
            "{broken}"
        );
        let compare =
            json!({ "do": "compare", "run": "design", "record": locked, "now_ns": 8_000_000_000_u64 });
        let compared = &ask(&mut tutor, &compare)["compared"];
        assert_eq!(compared["differences"][0]["path"], "parts.1.rate_rps");
        let goodput = &compared["figures"][0];
        assert!(goodput["there"].as_f64() > goodput["here"].as_f64(), "{compared}");
    }

    #[test]
    fn nonsense_is_answered_with_a_sentence() {
        let mut tutor = Tutor::new();
        for question in [
            "",
            "{}",
            "[]",
            r##"{"do":"assign","text":"#a1.x"}"##,
            r#"{"do":"grade"}"#,
            r#"{"do":"compare"}"#,
            r#"{"do":"open"}"#,
            r#"{"do":"judge"}"#,
            r#"{"do":"own"}"#,
            r#"{"do":"dance"}"#,
            r#"{"do":"open","lesson":"{}"}"#,
        ] {
            let answer: Value = serde_json::from_str(&tutor.answer(question)).expect("an answer is JSON");
            assert!(
                answer["error"]["ko"].as_str().is_some_and(|reason| !reason.is_empty()),
                "{question}: {answer}"
            );
        }
    }
}
