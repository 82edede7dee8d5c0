//! The visitor's run beside one of the lesson's: where the designs differ, and what both came to.

use serde_json::Value;
use yew::{Html, html};

use super::panel::{act, of};
use super::{Open, words};
use crate::app::Dispatch;
use crate::state::Lab;
use crate::words::{Lang, format};

/// The teacher's answer, as the thread of the course names it.
const SOLUTION: &str = "solution";

pub(super) fn view(lab: &Lab, open: &Open, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let names: Vec<&String> =
        open.lesson["runs"].as_object().into_iter().flatten().map(|(name, _)| name).collect();
    // The teacher's answer stands beside the student's once that meets the goals.
    let met = open.row.as_ref().is_some_and(|row| row["passed"] == true);
    let is_shown = |name: &&&String| open.rules.is_none() || met && name.as_str() == SOLUTION;
    let names: Vec<&String> = names.iter().filter(is_shown).copied().collect();
    if open.run.is_none() || names.is_empty() {
        return html! {};
    }
    let chosen = open.compared.as_ref().and_then(|compared| compared["run"].as_str());
    let button = |name: &&String| {
        let run = (*name).clone();
        let here = chosen == Some(name.as_str());
        html! {
            <button class={yew::classes!("button", "framed", here.then_some("here"))} aria-pressed={here.to_string()} data-compare={(*name).clone()}
                onclick={act(dispatch, move |lab| lab.compare_with(&run))}>{ shown(open, name, lang) }</button>
        }
    };
    html! {
        <details class="course-other" open={chosen.is_some() || open.busy}>
            <summary>{ lang.of(words::COMPARE) }</summary>
            <p class="dim">{ lang.of(if open.rules.is_some() { words::SOLUTION_HELP } else { words::COMPARE_HELP }) }</p>
            <div class="course-buttons">{ for names.iter().map(button) }</div>
            if open.busy { <p class="dim" role="status">{ lang.of(words::WORKING) }</p> }
            if let Some(compared) = &open.compared { { tables(lab, open, compared, lang) } }
        </details>
    }
}

/// What a run is called: of an assignment there is the teacher's answer alone.
fn shown(open: &Open, name: &str, lang: Lang) -> String {
    if open.rules.is_some() { lang.of(words::SOLUTION).to_owned() } else { name.to_owned() }
}

fn tables(lab: &Lab, open: &Open, compared: &Value, lang: Lang) -> Html {
    let there = shown(open, compared["run"].as_str().unwrap_or_default(), lang);
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    let number = |value: &Value| value.as_f64().map_or_else(|| "–".to_owned(), format::number);
    let differences: Vec<&Value> = compared["differences"].as_array().into_iter().flatten().collect();
    let difference = |one: &&Value| {
        let what = label(lab, one["path"].as_str().unwrap_or_default(), of(&one["label"], lang));
        html! { <tr><th scope="row">{ what }</th><td>{ text(&one["here"]) }</td><td>{ text(&one["there"]) }</td></tr> }
    };
    let figure = |one: &Value| {
        html! { <tr><th scope="row">{ of(&one["label"], lang).to_owned() }</th><td>{ number(&one["here"]) }</td><td>{ number(&one["there"]) }</td></tr> }
    };
    let head = |what: &'static str| {
        html! { <thead><tr><th scope="col">{ what }</th><th scope="col">{ lang.of(words::HERE) }</th><th scope="col">{ there.clone() }</th></tr></thead> }
    };
    html! {
        <>
            if differences.is_empty() {
                <p data-testid="same">{ lang.of(words::SAME) }</p>
            } else {
                <table class="course-table" data-testid="differences">{ head(lang.of(words::WHAT)) }<tbody>{ for differences.iter().map(difference) }</tbody></table>
            }
            <table class="course-table" data-testid="figures">{ head(lang.of(words::RESULT)) }
                <tbody>{ for compared["figures"].as_array().into_iter().flatten().map(figure) }</tbody></table>
        </>
    }
}

/// What stands at a path, by the names on the canvas.
pub(super) fn label(lab: &Lab, path: &str, label: &str) -> String {
    let mut steps = path.split('.').skip(1);
    let id = steps.next().and_then(|id| id.parse().ok());
    let name = id.map_or_else(|| path.to_owned(), |id| crate::teach::name(&lab.document, id, lab.prefs.lang));
    let rest: Vec<&str> = steps.collect();
    words::at_path(&name, if label.is_empty() { rest.last().copied().unwrap_or_default() } else { label })
}
