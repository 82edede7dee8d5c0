//! A lesson as the page shows it: plain JSON, with its words as elements that the page knows.
//!
//! A piece of prose is a text, or a list: the name of an element, and what is in it. `["a", address, …]` is a link. The
//! names are those of HTML, and there are no others than `p`, `h4`, `ul`, `ol`, `li`, `blockquote`, `pre`, `hr`, `code`,
//! `strong`, `em`, `a` and `br`.

use brownout_course::assignment::{Assignment, TASK};
use brownout_course::compare::{Difference, Figure};
use brownout_course::grade::Row;
use brownout_course::lesson::{Prediction, Sketch, Step, Wait};
use brownout_course::prose::{self, Block, Inline, Prose};
use brownout_course::{Goal, Lesson, Refused, Text, Verdict};
use brownout_sim::component::Kind;
use brownout_sim::param::{Sentence, Words};
use brownout_sim::sentence;
use serde_json::{Value, json};

/// With its words in English and Korean.
pub(crate) fn lesson(lesson: &Lesson, words: [&str; 2]) -> Result<Value, Sentence> {
    let [en, ko] = words;
    let read = |words: &str, file: &str| {
        let inside =
            |refused: Refused| sentence!("{0}: {1}", "{0}: {1}", file).with_sentence(refused.sentence());
        prose::read(words).map_err(inside)
    };
    Ok(described(lesson, &read(en, "en.md")?, &read(ko, "ko.md")?))
}

/// An assignment as a lesson of one step, with its rules.
pub(crate) fn assignment(assignment: &Assignment, link: &str) -> Result<Value, Sentence> {
    let read = |words: &str| {
        let sections = prose::read(words).map_err(|refused| refused.sentence())?;
        let mut all = prose::Section { id: TASK.to_owned(), ..prose::Section::default() };
        for section in sections {
            if !section.title.is_empty() {
                all.blocks.push(Block::Heading(section.title));
            }
            all.blocks.extend(section.blocks);
        }
        Ok::<Prose, Sentence>(vec![all])
    };
    let lesson = assignment.lesson();
    let mut value = described(&lesson, &read(&assignment.words.en)?, &read(&assignment.words.ko)?);
    let names = |kinds: &[Kind]| kinds.iter().map(|kind| kind.spec().name).collect::<Vec<_>>();
    let limits: serde_json::Map<String, Value> =
        assignment.limits.iter().map(|(path, limits)| (path.clone(), json!(limits))).collect();
    value["rules"] = json!({
        "locked": assignment.locked,
        "open": assignment.open,
        "limits": limits,
        "types": assignment.types.as_deref().map(names),
        "forbidden": names(&assignment.forbidden),
        "required": names(&assignment.required),
        "instances": assignment.instances,
        "seeds": assignment.seeds,
        "link": link,
    });
    Ok(value)
}

fn described(lesson: &Lesson, en: &Prose, ko: &Prose) -> Value {
    let runs: serde_json::Map<String, Value> =
        lesson.runs.iter().map(|run| (run.name.clone(), run.document.to_json().into())).collect();
    json!({
        "title": text(&lesson.title),
        "minutes": lesson.minutes,
        "runs": runs,
        "goals": lesson.goals.iter().map(goal).collect::<Vec<_>>(),
        "steps": lesson.steps.iter().map(|one| step(one, en, ko)).collect::<Vec<_>>(),
    })
}

pub(crate) fn both(sentence: &Sentence) -> Value {
    json!({ "en": sentence.en(), "ko": sentence.ko() })
}

pub(crate) fn verdict(goal: &str, verdict: &Verdict) -> Value {
    json!({ "goal": goal, "passed": verdict.passed, "value": verdict.value, "bound": verdict.bound })
}

/// What became of an answer.
pub(crate) fn row(row: &Row) -> Value {
    let goals = row.goals.iter().map(|graded| {
        let mut value = verdict(&graded.goal, &graded.verdict);
        value["seed"] = graded.seed.into();
        value
    });
    json!({
        "passed": row.passed(),
        "digest": row.digest,
        "reason": row.reason.as_ref().map(both),
        "goals": goals.collect::<Vec<_>>(),
    })
}

/// Two designs side by side.
pub(crate) fn compared(run: &str, differences: &[Difference], figures: &[Figure]) -> Value {
    let words = |words: Words| json!({ "en": words.en, "ko": words.ko });
    let difference = |one: &Difference| json!({ "path": one.path, "label": one.label.map(words), "here": one.here, "there": one.there });
    let figure = |one: &Figure| json!({ "metric": one.metric, "label": words(one.label), "here": one.here, "there": one.there });
    json!({
        "run": run,
        "differences": differences.iter().map(difference).collect::<Vec<_>>(),
        "figures": figures.iter().map(figure).collect::<Vec<_>>(),
    })
}

fn text(text: &Text) -> Value {
    json!({ "en": text.en, "ko": text.ko })
}

fn goal(goal: &Goal) -> Value {
    json!({
        "id": goal.id,
        "run": goal.run,
        "say": text(&goal.say),
        "hint": goal.hint.as_ref().map(text),
        "metric": goal.metric.text(),
        "wanted": goal.comparison(),
        "until_s": goal.over.map(|[_, end]| end as f64 / 1e9),
    })
}

fn step(step: &Step, en: &Prose, ko: &Prose) -> Value {
    json!({
        "id": step.id,
        "run": step.run,
        "point": step.point,
        "view": step.view,
        "speed": step.speed,
        "at_s": step.at_s,
        "wait": step.wait.as_ref().map(wait),
        "predict": step.predict.as_ref().map(prediction),
        "sketch": step.sketch.as_ref().map(sketch),
        "goals": step.goals,
        "en": section(en, &step.id),
        "ko": section(ko, &step.id),
    })
}

fn wait(wait: &Wait) -> Value {
    match wait {
        Wait::Time(at) => json!({ "time_s": *at as f64 / 1e9 }),
        Wait::Select(id) => json!({ "select": id }),
        Wait::Fault(id) => json!({ "fault": id }),
        Wait::Edit(id) => json!({ "edit": id }),
    }
}

fn prediction(prediction: &Prediction) -> Value {
    let Prediction { goal, unit, from, to } = prediction;
    json!({ "goal": goal, "unit": text(unit), "from": from, "to": to })
}

fn sketch(sketch: &Sketch) -> Value {
    let Sketch { curve, unit, most } = sketch;
    json!({ "curve": curve, "unit": text(unit), "most": most })
}

fn section(prose: &Prose, id: &str) -> Value {
    prose.iter().find(|section| section.id == id).map_or(
        Value::Null,
        |section| json!({ "title": prose::plain(&section.title), "blocks": blocks(&section.blocks) }),
    )
}

fn blocks(all: &[Block]) -> Vec<Value> {
    all.iter().map(block).collect()
}

fn block(block: &Block) -> Value {
    match block {
        Block::Paragraph(pieces) => element("p", inlines(pieces)),
        Block::Heading(pieces) => element("h4", inlines(pieces)),
        Block::Quote(inner) => element("blockquote", blocks(inner)),
        Block::Code(text) => json!(["pre", text]),
        Block::Rule => json!(["hr"]),
        Block::List { ordered, items } => {
            let items = items.iter().map(|item| element("li", blocks(item))).collect();
            element(if *ordered { "ol" } else { "ul" }, items)
        }
    }
}

fn inlines(pieces: &[Inline]) -> Vec<Value> {
    pieces.iter().map(inline).collect()
}

fn inline(piece: &Inline) -> Value {
    match piece {
        Inline::Text(text) => json!(text),
        Inline::Code(text) => json!(["code", text]),
        Inline::Strong(inner) => element("strong", inlines(inner)),
        Inline::Emphasis(inner) => element("em", inlines(inner)),
        Inline::Link { to, text } => {
            let mut link = vec![json!("a"), json!(to)];
            link.extend(inlines(text));
            Value::Array(link)
        }
        Inline::Break => json!(["br"]),
    }
}

fn element(name: &str, inner: Vec<Value>) -> Value {
    std::iter::once(Value::from(name)).chain(inner).collect()
}
