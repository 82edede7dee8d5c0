//! What the course looks like: contents, or the steps of a lesson.

use serde_json::Value;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, SubmitEvent};
use yew::{Html, classes, html};

use super::prose::blocks;
use super::sketch::Sketch;
use super::{Open, answer, compare, words};
use crate::actions::Act;
use crate::app::Dispatch;
use crate::canvas::icon::Icon;
use crate::state::Lab;
use crate::words::{Lang, format};

/// The panel beside the canvas, while the course is open.
pub fn view(lab: &Lab, dispatch: &Dispatch) -> Html {
    if !lab.course.open {
        return html! {};
    }
    let lang = lab.prefs.lang;
    let close = act(dispatch, |lab| lab.perform(Act::Course));
    let body = match (&lab.course.error, &lab.course.lesson) {
        (Some(_), _) => failed(lab, dispatch),
        (None, Some(open)) => lesson(lab, open, dispatch),
        (None, None) => contents(lab, dispatch),
    };
    html! {
        <aside class="course" aria-label={Act::Course.label(lang)} data-testid="course">
            <header class="course-head">
                if lab.course.lesson.is_some() && !lab.embed.is_frame {
                    <button class="button icon-only" title={lang.of(words::CONTENTS)} aria-label={lang.of(words::CONTENTS)}
                        data-testid="contents" onclick={act(dispatch, Lab::show_contents)}><Icon name="arrow-left" /></button>
                }
                <h2>{ title(lab) }</h2>
                if !lab.embed.is_frame {
                    <button class="button icon-only" title={lang.messages().close} aria-label={lang.messages().close} onclick={close}><Icon name="close" /></button>
                }
            </header>
            { body }
        </aside>
    }
}

pub(super) fn act<E: 'static>(
    dispatch: &Dispatch,
    task: impl Fn(&mut Lab) + Clone + 'static,
) -> yew::Callback<E> {
    let dispatch = dispatch.clone();
    yew::Callback::from(move |_: E| dispatch.act(task.clone()))
}

/// The words of this language.
pub(super) fn of(words: &Value, lang: Lang) -> &str {
    words[lang.code()].as_str().unwrap_or_default()
}

fn title(lab: &Lab) -> String {
    let lang = lab.prefs.lang;
    lab.course
        .lesson
        .as_ref()
        .map_or_else(|| Act::Course.label(lang).to_owned(), |open| of(&open.lesson["title"], lang).to_owned())
}

fn failed(lab: &Lab, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let again = act(dispatch, |lab| {
        lab.course.error = None;
        lab.course.lesson = None;
        lab.load_contents();
    });
    let reason = lab.course.error.as_ref().map(|reason| of(reason, lang).to_owned());
    html! {
        <div class="course-body" role="alert">
            <p>{ lang.of(words::FAILED) }</p>
            <p class="dim">{ reason }</p>
            <button class="button framed" onclick={again}>{ lang.of(words::AGAIN) }</button>
        </div>
    }
}

fn contents(lab: &Lab, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let Some(all) = &lab.course.contents else {
        return html! { <p class="course-body dim" role="status">{ lang.of(words::LOADING) }</p> };
    };
    let line = |lesson: &Value| {
        let id = lesson["id"].as_str().unwrap_or_default().to_owned();
        let known = &lab.course.progress[&id];
        let met = known["met"].as_array().map_or(0, Vec::len);
        let opened = id.clone();
        let onclick = act(dispatch, move |lab| lab.open_lesson(&opened));
        html! {
            <li>
                <button class="course-line" data-lesson={id} {onclick}>
                    <strong>{ of(&lesson["title"], lang) }</strong>
                    <span>{ of(&lesson["about"], lang) }</span>
                    <small class="dim">
                        { format!("{} {}", lesson["minutes"], lang.of(words::MINUTES)) }
                        if met > 0 { <span class="course-met">{ words::met(lang, met) }</span> }
                    </small>
                </button>
            </li>
        }
    };
    html! {
        <div class="course-body">
            <p class="dim">{ lang.of(words::INTRO) }</p>
            <ol class="course-contents">{ for all.as_array().into_iter().flatten().map(line) }</ol>
        </div>
    }
}

fn lesson(lab: &Lab, open: &Open, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let (steps, at) = (lab.course.steps(), open.step);
    let Some(step) = steps.get(at) else { return html! {} };
    let section = &step[lang.code()];
    let reached = lab.course.progress[&open.id]["step"].as_u64().unwrap_or(0) as usize;
    let waits = step["wait"].is_object() && !open.waited && reached <= at;
    let last = at + 1 == steps.len();
    let title = section["title"].as_str().filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| lang.of(words::ASSIGNMENT));
    let next = act(dispatch, move |lab| if last { lab.leave_lesson() } else { lab.go_to_step(at + 1) });
    let back = act(dispatch, move |lab| lab.go_to_step(at.saturating_sub(1)));
    let dot = |index: usize| {
        let onclick = act(dispatch, move |lab| lab.go_to_step(index));
        let label = steps[index][lang.code()]["title"].as_str().unwrap_or_default().to_owned();
        html! {
            <button class={classes!("course-dot", (index == at).then_some("here"))} title={label.clone()} aria-label={label}
                aria-current={(index == at).then_some("step")} disabled={index > reached.max(at)} {onclick}></button>
        }
    };
    html! {
        <>
        <div class="course-body" key={format!("{}-{at}", open.id)} tabindex="0">
            <h3>{ title }</h3>
            <div class="course-prose">{ blocks(&section["blocks"]) }</div>
            { prediction(lab, open, step, dispatch) }
            { sketch(lab, open, step, dispatch) }
            if waits { { waited(lab, &step["wait"]) } }
            { goals(lab, open, step, dispatch) }
            if let Some(rules) = &open.rules { { answer::view(lab, open, rules, dispatch) } }
            { compare::view(lab, open, dispatch) }
            if open.rules.is_none() { { runs(lab, open, dispatch) } }
        </div>
        if open.rules.is_none() && !open.alone { <footer class="course-foot">
            <div class="course-dots">{ for (0..steps.len()).map(dot) }</div>
            <span class="grow"></span>
            <button class="button" disabled={at == 0} data-testid="step-back" onclick={back}>{ lang.of(words::BACK) }</button>
            <button class="button primary" disabled={waits} data-testid="step-next" onclick={next}>
                { lang.of(if last { words::EXPLORE } else { words::NEXT }) }
            </button>
        </footer> }
        </>
    }
}

/// A number to commit to; afterwards it stands beside what was measured.
/// What is to be done before the lesson goes on.
fn waited(lab: &Lab, wait: &Value) -> Html {
    let lang = lab.prefs.lang;
    let name = |field: &str| wait[field].as_u64().map(|id| lab.name_of(id as u32));
    let sentence = if let Some(seconds) = wait["time_s"].as_f64() {
        words::wait(lang, seconds)
    } else if let Some(name) = name("select") {
        words::wait_select(lang, &name)
    } else if let Some(name) = name("fault") {
        words::wait_fault(lang, &name)
    } else {
        words::wait_edit(lang, &name("edit").unwrap_or_default())
    };
    html! { <p class="course-wait" role="status">{ sentence }</p> }
}

/// A curve to be drawn before the run, and the measured one beside it.
fn sketch(lab: &Lab, open: &Open, step: &Value, dispatch: &Dispatch) -> Html {
    let asked = &step["sketch"];
    let (Some(curve), Some(most)) = (asked["curve"].as_str(), asked["most"].as_f64()) else {
        return html! {};
    };
    let id = step["id"].as_str().unwrap_or_default().to_owned();
    html! {
        <Sketch key={format!("{}-{id}", open.id)} drawn={open.sketched.get(&id).cloned()} step={id.clone()} curve={curve.to_owned()} unit={of(&asked["unit"], lab.prefs.lang).to_owned()} {most}
            duration_s={lab.document.options().duration as f64 / 1e9} live={lab.live.clone()} lang={lab.prefs.lang} dispatch={dispatch.clone()} />
    }
}

fn prediction(lab: &Lab, open: &Open, step: &Value, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let asked = &step["predict"];
    // Once committed to, it stays in view until the lesson ends.
    if !asked.is_object() {
        let all = lab.course.steps()[..open.step].iter().filter(|step| step["predict"].is_object());
        return html! { <>{ for all.filter_map(|step| compared(open, &step["predict"], lang)) }</> };
    }
    if let Some(shown) = compared(open, asked, lang) {
        return shown;
    }
    let goal = asked["goal"].as_str().unwrap_or_default().to_owned();
    let (from, to) = (asked["from"].as_f64().unwrap_or(0.0), asked["to"].as_f64().unwrap_or(100.0));
    let submit = {
        let dispatch = dispatch.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            let form = event.target().and_then(|form| form.dyn_into::<web_sys::Element>().ok());
            let input = form.and_then(|form| form.query_selector("input").ok().flatten());
            let Some(input) = input.and_then(|input| input.dyn_into::<HtmlInputElement>().ok()) else {
                return;
            };
            let value = input.value_as_number();
            if value.is_finite() {
                let goal = goal.clone();
                dispatch.act(move |lab| lab.predict(&goal, value));
            }
        }
    };
    html! {
        <form class="course-predict" onsubmit={submit}>
            <label>{ lang.of(words::YOURS) }
                <span class="course-entry">
                    <input class="input" type="number" step="any" min={from.to_string()} max={to.to_string()} required=true data-testid="prediction" />
                    { of(&asked["unit"], lang) }
                </span>
            </label>
            <button class="button primary" type="submit" data-testid="commit">{ lang.of(words::COMMIT) }</button>
        </form>
    }
}

fn compared(open: &Open, asked: &Value, lang: Lang) -> Option<Html> {
    let goal = asked["goal"].as_str()?;
    let said = open.predicted.get(goal)?;
    let unit = of(&asked["unit"], lang);
    let measured = open.verdicts.get(goal).and_then(|verdict| verdict.value);
    let apart = measured.map(|value| format!("{} {unit}", format::number((value - said).abs())));
    let measured = measured.map_or_else(
        || lang.of(words::NOT_YET).to_owned(),
        |value| format!("{} {unit}", format::number(value)),
    );
    Some(html! {
        <dl class="course-compare" data-testid="compared">
            <dt>{ lang.of(words::YOURS) }</dt><dd>{ format!("{} {unit}", format::number(*said)) }</dd>
            <dt>{ lang.of(words::MEASURED) }</dt><dd>{ measured }</dd>
            if let Some(apart) = apart { <dt>{ lang.of(words::OFF_BY) }</dt><dd>{ apart }</dd> }
        </dl>
    })
}

fn goals(lab: &Lab, open: &Open, step: &Value, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let shown: Vec<&str> = step["goals"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let shown =
        lab.course.goals().iter().filter(|goal| goal["id"].as_str().is_some_and(|id| shown.contains(&id)));
    let lines: Vec<Html> = shown.map(|goal| goal_line(open, goal, lang, dispatch)).collect();
    if lines.is_empty() {
        return html! {};
    }
    html! {
        <section class="course-goals" aria-label={lang.of(words::GOALS)}>
            <h4>{ lang.of(words::GOALS) }</h4>
            <ul aria-live="polite">{ for lines }</ul>
        </section>
    }
}

fn goal_line(open: &Open, goal: &Value, lang: Lang, dispatch: &Dispatch) -> Html {
    let id = goal["id"].as_str().unwrap_or_default();
    let verdict = open.verdicts.get(id);
    let (state, label) = match verdict {
        Some(verdict) if verdict.passed => ("met", words::MET),
        Some(_) => ("missed", words::MISSED),
        None => ("open", words::OPEN),
    };
    let run = goal["run"].as_str().unwrap_or_default().to_owned();
    let elsewhere = open.run.as_deref() != Some(run.as_str());
    let until = goal["until_s"].as_f64();
    let needs = if open.rules.is_some() { words::play(lang, until) } else { words::needs(lang, &run, until) };
    let onclick = act(dispatch, move |lab| lab.open_run(&run));
    html! {
        <li class={classes!("course-goal", state)} data-goal={id.to_owned()} data-state={state}>
            <span class="course-mark" role="img" aria-label={lang.of(label)}></span>
            <div>
                <p>{ of(&goal["say"], lang) }</p>
                <p class="dim"><code>{ format!("{} {}", goal["metric"].as_str().unwrap_or_default(), goal["wanted"].as_str().unwrap_or_default()) }</code>
                    if let Some(value) = verdict.and_then(|verdict| verdict.value) { { format!(" · {} {}", lang.of(words::MEASURED), format::number(value)) } }
                </p>
                if verdict.is_none() {
                    if elsewhere {
                        <button class="link-button" {onclick}>{ needs }</button>
                    } else {
                        <p class="dim">{ needs }</p>
                    }
                }
                if goal["hint"].is_object() && state != "met" {
                    <details><summary>{ lang.of(words::HINT) }</summary><p>{ of(&goal["hint"], lang) }</p></details>
                }
            </div>
        </li>
    }
}

/// The documents of the lesson, to be opened as they come.
fn runs(lab: &Lab, open: &Open, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let names = open.lesson["runs"].as_object().into_iter().flatten();
    let button = |(name, _): (&String, &Value)| {
        let run = name.clone();
        let here = open.run.as_ref() == Some(name);
        let title = format!("{name}: {}", lang.of(words::ANEW));
        html! {
            <button class={classes!("button", "framed", here.then_some("here"))} aria-pressed={here.to_string()} {title} data-run={name.clone()}
                onclick={act(dispatch, move |lab| lab.open_run(&run))}>{ name }</button>
        }
    };
    let leave = act(dispatch, Lab::leave_lesson);
    html! {
        <section class="course-runs" aria-label={lang.of(words::RUNS)}>
            <h4>{ lang.of(words::RUNS) }</h4>
            <div>{ for names.map(button) }</div>
            if !lab.embed.is_frame && open.step + 1 < lab.course.steps().len() {
                <button class="link-button course-explore" data-testid="explore" onclick={leave}>{ lang.of(words::EXPLORE) }</button>
            }
        </section>
    }
}
