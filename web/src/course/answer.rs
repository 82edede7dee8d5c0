//! The foot of an assignment: what may be changed, whether the answer meets the goals, and how it is handed in.

use std::rc::Rc;

use brownout_scenario::{Scenario, Shared, link};
use brownout_sim::component::Kind;
use serde_json::Value;
use yew::{Html, Properties, component, html};

use super::panel::{act, of};
use super::{Open, Rules, compare, words};
use crate::app::Dispatch;
use crate::canvas::icon::Icon;
use crate::dialogs::files;
use crate::state::Lab;
use crate::teach::label_of;
use crate::words::{Lang, format};

pub(super) fn view(lab: &Lab, open: &Open, rules: &Rules, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    if open.run.is_none() {
        return html! {};
    }
    html! {
        <>
            { changes(lab, open, rules) }
            <section class="course-answer" aria-label={lang.of(words::ANSWER)}>
                <h4>{ lang.of(words::ANSWER) }</h4>
                <p class="dim">{ lang.of(words::CHECK_HELP) }</p>
                <div class="course-buttons">
                    <button class="button framed" data-testid="check-answer" disabled={open.busy} onclick={act(dispatch, Lab::check_answer)}>{ lang.of(words::CHECK) }</button>
                </div>
                if open.busy { <p class="dim" role="status">{ lang.of(words::WORKING) }</p> }
                if let Some(row) = &open.row { { verdict(lab, row, lang) } }
                <HandIn design={lab.document.clone()} {lang} dispatch={dispatch.clone()} />
            </section>
        </>
    }
}

/// The rules in words.
fn changes(lab: &Lab, open: &Open, rules: &Rules) -> Html {
    let lang = lab.prefs.lang;
    let given = &open.lesson["rules"];
    let kinds = |name: &str| {
        let all = given[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        let labels = all.filter_map(Kind::from_name).map(|kind| lang.of(kind.spec().label));
        labels.collect::<Vec<_>>().join(", ")
    };
    let mut lines: Vec<String> = Vec::new();
    let limited = given["limits"].as_object().into_iter().flatten();
    let limits = |path: &str| {
        let found = given["limits"][path].as_array()?;
        Some([found.first()?.as_f64()?, found.get(1)?.as_f64()?])
    };
    let line = |path: &str| {
        let what =
            compare::label(lab, path, label_of(&open.original, path).map_or("", |label| lang.of(label)));
        limits(path).map_or_else(|| what.clone(), |[least, most]| words::between(lang, &what, least, most))
    };
    let paths = given["open"].as_array();
    lines.extend(paths.into_iter().flatten().filter_map(Value::as_str).map(line));
    lines.extend(limited.filter(|_| paths.is_none()).map(|(path, _)| line(path)));
    for (name, say) in [
        ("types", words::only_types as fn(Lang, &str) -> String),
        ("forbidden", words::not_types),
        ("required", words::must_types),
    ] {
        let names = kinds(name);
        if !names.is_empty() {
            lines.push(say(lang, &names));
        }
    }
    lines.extend(given["instances"].as_u64().map(|most| words::budget(lang, most)));
    let locked = rules.locked().count();
    html! {
        <section class="course-rules" aria-label={lang.of(words::RULES)}>
            <h4>{ lang.of(words::RULES) }</h4>
            if paths.is_none() && locked > 0 { <p><Icon name="lock" />{ " " }{ lang.of(words::RULES_ALL) }</p> }
            <ul>{ for lines.into_iter().map(|line| html! { <li>{ line }</li> }) }</ul>
        </section>
    }
}

fn verdict(lab: &Lab, row: &Value, lang: Lang) -> Html {
    if row["reason"].is_object() {
        return html! { <p class="dialog-error" role="alert" data-testid="answer-refused">{ of(&row["reason"], lang).to_owned() }</p> };
    }
    let passed = row["passed"] == true;
    let goals: Vec<&Value> = row["goals"].as_array().into_iter().flatten().collect();
    let line = |goal: &Value| {
        let id = goal["id"].as_str().unwrap_or_default();
        let of_goal: Vec<&&Value> = goals.iter().filter(|graded| graded["goal"] == id).collect();
        let met = of_goal.iter().all(|graded| graded["passed"] == true);
        let values: Vec<String> = of_goal
            .iter()
            .map(|graded| graded["value"].as_f64().map_or_else(|| "–".to_owned(), format::number))
            .collect();
        let mark = if met { words::MET } else { words::MISSED };
        html! {
            <tr data-graded={id.to_owned()} data-state={if met { "met" } else { "missed" }}>
                <th scope="row">{ of(&goal["say"], lang).to_owned() }</th><td>{ values.join(", ") }</td><td>{ lang.of(mark) }</td>
            </tr>
        }
    };
    let digest = row["digest"].as_str().unwrap_or_default().to_owned();
    html! {
        <div data-testid="answer-row" data-passed={passed.to_string()}>
            <p role="status"><strong>{ lang.of(if passed { words::PASSED } else { words::NOT_PASSED }) }</strong></p>
            <table class="course-table"><tbody>{ for lab.course.goals().iter().map(line) }</tbody></table>
            <p class="dim course-digest">{ lang.of(words::DIGEST) }{ " " }<code data-testid="answer-digest">{ digest }</code></p>
        </div>
    }
}

#[derive(Properties, Clone, PartialEq)]
struct HandInProps {
    design: Rc<Scenario>,
    lang: Lang,
    dispatch: Dispatch,
}

/// The design alone, as a link: what is done during a run is no part of an answer. A component, so that the link is made
/// only where the design has changed.
#[component]
fn HandIn(props: &HandInProps) -> Html {
    let lang = props.lang;
    let address = match link::encode(&Shared::Design((*props.design).clone())) {
        Err(error) => return html! { <p class="dialog-error" role="alert">{ lang.sentence(&error) }</p> },
        Ok(fragment) => format!("{}{fragment}", files::page_address()),
    };
    let (text, dispatch) = (address.clone(), props.dispatch.clone());
    let copy = move |_| files::copy_and_tell(text.clone(), &dispatch);
    html! {
        <div class="course-hand-in">
            <textarea class="input" rows="2" readonly=true aria-label={lang.of(words::ANSWER_LINK)} data-testid="answer-link" value={address} />
            <p class="dim">{ lang.of(words::HAND_IN_HELP) }</p>
            <button class="button primary" data-testid="hand-in" onclick={copy}>{ lang.of(words::HAND_IN) }</button>
        </div>
    }
}
