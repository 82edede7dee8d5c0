//! One request's story, as a panel: where its time went, its waterfall, its steps.

use brownout_scenario::Scenario;
use brownout_sim::Ns;
use brownout_sim::observe::{Chosen, EndedRequest, Fate, Span, Spent, Trace};
use serde_json::{Value, json};

use crate::node::{Node, button, node};
use crate::steps::Step;
use crate::words::{self, Tongue, clock, ms, name_of};

/// Rows of a waterfall that are shown.
const MOST_ROWS: usize = 120;

/// What a stretch of time is shown as: a colour, and a pattern that says the same.
const fn look(spent: Spent) -> &'static str {
    match spent {
        Spent::Wait => "wait",
        Spent::Service => "serve",
        Spent::There | Spent::Back => "net",
        Spent::Calls => "held",
        Spent::Lost => "lost",
        Spent::LookUp | Spent::Connection | Spent::Backoff | Spent::Rest => "other",
    }
}

/// The requests to choose from.
pub(crate) fn list(chosen: &Chosen, document: &Scenario, tongue: Tongue) -> Node {
    let panel = node("div", "story-list");
    if chosen.ended == 0 {
        return panel.child(node("p", "dim").text(tongue.of(words::EMPTY)));
    }
    let worst = chosen.slowest.iter().map(|one| one.latency).max().unwrap_or(1);
    let kinds = [
        (words::SLOWEST, "slowest", &chosen.slowest),
        (words::FAILED, "failed", &chosen.failed),
        (words::SAMPLE, "sample", &chosen.sample),
    ];
    let sections = kinds.into_iter().map(|(title, kind, requests)| {
        let section = node("section", "story-kind")
            .attribute("data-kind", kind)
            .child(node("h3", "").text(tongue.of(title)));
        if requests.is_empty() {
            return section.child(node("p", "dim").text(tongue.of(words::NONE)));
        }
        let lines = requests.iter().map(|one| node("li", "").child(line(one, worst, document, tongue)));
        section.child(node("ol", "").children(lines))
    });
    panel.child(node("p", "dim").text(tongue.of(words::INTRO))).children(sections)
}

fn line(request: &EndedRequest, worst: Ns, document: &Scenario, tongue: Tongue) -> Node {
    let client = name_of(document, request.client, 0, tongue);
    let how =
        if request.outcome.is_ok() { tongue.class(request.class) } else { tongue.outcome(request.outcome) };
    let share = request.latency.min(worst) as f64 / worst.max(1) as f64 * 100.0;
    let ended = request.name.issued + request.latency;
    let bad = if request.outcome.is_ok() { "" } else { " bad" };
    node("button", &format!("story-line{bad}"))
        .attribute("type", "button")
        .attribute("data-request", request.name)
        .child(node("b", "").text(ms(request.latency)))
        .child(node("i", "story-share").attribute("style", format!("width:{share:.1}%")))
        .child(node("span", "").text(format!("{client} · {how}")))
        .child(node("small", "dim").text(clock(ended)))
        .does(json!([{ "ask": { "do": "story", "request": request.name.to_string() } }]))
}

/// A story, and where the reader is in it.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) trace: Trace,
    pub(crate) steps: Vec<Step>,
    pub(crate) at: usize,
    /// The run was at this time when the story was asked for: it goes on beyond it.
    pub(crate) is_ahead: bool,
}

impl Story {
    pub(crate) fn view(&self, document: &Scenario, tongue: Tongue) -> Node {
        let trace = &self.trace;
        let client = name_of(document, trace.client, 0, tongue);
        let (how, bad) = match trace.outcome {
            Some(outcome) => (tongue.outcome(outcome), !outcome.is_ok()),
            None => (tongue.of(words::UNFINISHED), false),
        };
        let title = trace.latency().map_or_else(|| client.clone(), |took| format!("{client} · {}", ms(took)));
        let note = format!("{} · {how} · {}", tongue.class(trace.class), clock(trace.name.issued));
        let follow: Vec<Value> =
            self.steps.iter().map(|step| json!([step.from, step.to, step.about])).collect();
        let mut panel = node("div", "story")
            .attribute("data-request", trace.name)
            .child(button(
                "link-button",
                tongue.of(words::BACK_TO_LIST),
                json!([{ "ask": { "do": "list" } }]),
            ))
            .child(node("h3", "").text(title))
            .child(node("p", if bad { "bad" } else { "dim" }).text(note));
        if self.is_ahead {
            panel = panel.child(node("p", "dim story-note").text(tongue.of(words::AHEAD)));
        }
        panel
            .child(
                node("p", "story-tools")
                    .child(
                        button("button framed", tongue.of(words::FOLLOW), json!([{ "follow": follow }]))
                            .attribute("data-testid", "follow"),
                    )
                    .child(
                        button("button", tongue.of(words::EXPORT), json!([{ "ask": { "do": "export" } }]))
                            .attribute("data-testid", "otlp"),
                    ),
            )
            .child(self.division(tongue))
            .child(self.step_by_step(tongue))
            .child(self.waterfall(document, tongue))
    }

    /// Where the visitor's time went; the parts add up to the latency.
    fn division(&self, tongue: Tongue) -> Node {
        let Some(latency) = self.trace.latency().filter(|latency| *latency > 0) else { return node("p", "") };
        let division = self.trace.division();
        let of = |looks: &str| -> Ns {
            Spent::ALL
                .iter()
                .filter(|spent| look(**spent) == looks)
                .map(|spent| division[*spent as usize])
                .sum()
        };
        let parts = [
            ("wait", words::WAITS),
            ("serve", words::SERVED),
            ("net", words::NETWORK),
            ("lost", Spent::CHOICES[Spent::Lost as usize].label),
            ("other", words::OTHER),
        ];
        let parts: Vec<_> = parts
            .into_iter()
            .map(|(look, words)| (look, words, of(look)))
            .filter(|(_, _, ns)| *ns > 0)
            .collect();
        let share = |ns: Ns| ns as f64 / latency as f64 * 100.0;
        let bar = parts.iter().map(|(look, _, ns)| {
            node("i", &format!("seg {look}")).attribute("style", format!("flex-grow:{:.3}", share(*ns)))
        });
        let legend = parts.iter().map(|(look, words, ns)| {
            node("li", "")
                .child(node("i", &format!("seg {look}")))
                .child(node("span", "").text(tongue.of(*words)))
                .child(node("b", "").text(format!("{} ({:.0} %)", ms(*ns), share(*ns))))
        });
        node("section", "story-where")
            .child(node("h4", "").text(tongue.of(words::WHERE)))
            .child(node("div", "story-bar").attribute("aria-hidden", "true").children(bar))
            .child(node("ul", "story-legend").children(legend))
    }

    fn step_by_step(&self, tongue: Tongue) -> Node {
        let last = self.steps.len().saturating_sub(1);
        let go = |words, at: usize, id: &str, is_off: bool| {
            let one = button("button framed", tongue.of(words), self.go_to(at)).attribute("data-testid", id);
            if is_off { one.attribute("disabled", "") } else { one }
        };
        let lines = self.steps.iter().enumerate().map(|(at, step)| {
            let bad = if step.is_bad { " bad" } else { "" };
            let here = if at == self.at { " here" } else { "" };
            let line = node("button", &format!("story-step{bad}{here}"))
                .attribute("type", "button")
                .child(node("small", "").text(format!("+{}", ms(step.from - self.trace.name.issued))))
                .child(node("span", "").text(&step.words))
                .does(self.go_to(at));
            let line = if at == self.at { line.attribute("aria-current", "step") } else { line };
            node("li", "").child(line)
        });
        node("section", "story-steps")
            .child(node("h4", "").text(tongue.of(words::STEPS)))
            .child(
                node("p", "story-tools")
                    .child(go(words::PREVIOUS, self.at.saturating_sub(1), "previous-step", self.at == 0))
                    .child(go(words::NEXT, (self.at + 1).min(last), "next-step", self.at >= last))
                    .child(node("span", "dim").text(format!("{} / {}", self.at + 1, last + 1))),
            )
            .child(node("ol", "").children(lines))
    }

    /// Shows a step: its station, the run at that moment, its sentence.
    fn go_to(&self, at: usize) -> Value {
        let Some(step) = self.steps.get(at) else { return json!([]) };
        // In the middle of a way its message is seen.
        let moment = step.from + (step.to - step.from) / 2;
        json!([{ "show": step.about }, { "seek": moment }, { "ask": { "do": "step", "at": at } }])
    }

    fn waterfall(&self, document: &Scenario, tongue: Tongue) -> Node {
        let trace = &self.trace;
        let begin = trace.name.issued;
        let last = trace.spans.iter().filter_map(|span| span.finished.or(span.end)).max();
        let end = trace.ended.unwrap_or(begin).max(last.unwrap_or(begin)).max(begin + 1);
        let order = in_order(trace);
        let rows = order.iter().take(MOST_ROWS).map(|at| row(trace, *at, document, tongue, (begin, end)));
        let kinds = [
            ("wait", words::WAITS),
            ("serve", words::SERVED),
            ("net", words::NETWORK),
            ("held", words::HELD),
            ("other", words::OTHER),
        ];
        let legend = kinds.map(|(look, words)| {
            node("li", "")
                .child(node("i", &format!("seg {look}")))
                .child(node("span", "").text(tongue.of(words)))
        });
        node("section", "story-waterfall")
            .child(node("h4", "").text(tongue.of(words::WATERFALL)))
            .child(node("ul", "story-legend flat").children(legend))
            .child(node("ol", "").children(rows))
    }
}

/// Calls under who made them, in the order in which they were sent.
fn in_order(trace: &Trace) -> Vec<(usize, usize)> {
    let mut order = Vec::with_capacity(trace.spans.len());
    let roots = (0..trace.spans.len()).rev().filter(|at| trace.spans[*at].parent.is_none());
    let mut open: Vec<(usize, usize)> = roots.map(|at| (at, 0)).collect();
    while let Some((at, depth)) = open.pop() {
        order.push((at, depth));
        let calls = (at + 1..trace.spans.len()).rev().filter(|call| trace.spans[*call].parent == Some(at));
        open.extend(calls.map(|call| (call, depth + 1)));
    }
    order
}

fn row(
    trace: &Trace,
    (at, depth): (usize, usize),
    document: &Scenario,
    tongue: Tongue,
    (begin, end): (Ns, Ns),
) -> Node {
    let span = &trace.spans[at];
    let name = name_of(document, span.part, span.instance, tongue);
    let percent = |at: Ns| at.saturating_sub(begin) as f64 / (end - begin) as f64 * 100.0;
    let segments = span.stretches.iter().filter(|one| one.to > one.from).map(|one| {
        let in_vain = span.end.is_some_and(|end| one.from >= end);
        let look = match one.spent {
            // A visitor who waits holds nothing, nor does who has no worker.
            Spent::Calls if span.parent.is_none() || span.started.is_none() => "idle",
            spent => look(spent),
        };
        let (left, width) = (percent(one.from), percent(one.to) - percent(one.from));
        let title =
            format!("{}: {}", tongue.of(Spent::CHOICES[one.spent as usize].label), ms(one.to - one.from));
        node("i", &format!("seg {look}{}", if in_vain { " vain" } else { "" }))
            .attribute("style", format!("left:{left:.3}%;width:{width:.3}%"))
            .attribute("title", title)
    });
    let arrow = if span.before.is_some() { "→ " } else { "" };
    let again = if span.attempt > 0 { format!(" ({})", span.attempt + 1) } else { String::new() };
    let bad = span.outcome.is_some_and(|outcome| !outcome.is_ok()) || span.fate == Fate::GivenUp;
    let took = span.duration().map_or("…".to_owned(), ms);
    node("li", if bad { "bad" } else { "" })
        .attribute("data-span", at)
        .child(
            button("story-name", &format!("{arrow}{name}{again}"), json!([{ "show": span.part }]))
                .attribute("style", format!("padding-left:{}px", 4 + depth.min(8) * 10)),
        )
        .child(node("span", "story-took").text(took))
        .child(node("span", "story-track").children(segments))
        .child(node("span", "visually-hidden").text(said(span, tongue)))
}

/// The bar in words.
fn said(span: &Span, tongue: Tongue) -> String {
    let told = Spent::CHOICES.iter().zip(span.division()).filter(|(_, ns)| *ns > 0);
    told.map(|(spent, ns)| format!("{} {}", tongue.of(spent.label), ms(ns))).collect::<Vec<_>>().join(", ")
}
