//! Waterfalls for a reader at a terminal.

use std::fmt::Write as _;

use brownout_scenario::Scenario;
use brownout_sim::Ns;
use brownout_sim::observe::{Class, Fate, Outcome, Span, Spent, Trace};

use super::{Stories, Why, name_of};
use crate::many::grid::{Grid, grouped, number};

/// Letters of a bar.
const WIDTH: usize = 48;

/// Spans that are shown of one request.
const MOST: usize = 200;

/// How a stretch is drawn.
const fn letter(spent: Spent) -> char {
    match spent {
        Spent::Service => '█',
        Spent::Wait => '▒',
        Spent::There | Spent::Back => '─',
        Spent::Calls => '·',
        Spent::LookUp => '?',
        Spent::Connection => 'c',
        Spent::Backoff => 'z',
        Spent::Lost => '×',
        Spent::Rest => '-',
    }
}

pub fn text(stories: &Stories, document: &Scenario) -> String {
    let mut out = String::new();
    let chosen = &stories.chosen;
    let _ = writeln!(
        out,
        "{} requests ended, {} of them failed.",
        grouped(chosen.ended),
        grouped(chosen.failures)
    );
    let _ = writeln!(
        out,
        "█ worked on   ▒ waiting for a worker   ─ on the way   · waiting for calls   ? for a name   \
         c for a connection   z pausing before a retry   × lost   - other"
    );
    for (at, (why, trace)) in stories.shown.iter().enumerate() {
        let before = stories.shown[..at].iter().filter(|(other, _)| other == why).count();
        let all = stories.shown.iter().filter(|(other, _)| other == why).count();
        let title = match why {
            Why::Asked => "as asked for".to_owned(),
            Why::Slowest => format!("slowest, {} of {all}", before + 1),
            Why::Failed => format!("failed, {} of {all} out of {}", before + 1, grouped(chosen.failures)),
            Why::Sample => format!("sample, {} of {all} out of {}", before + 1, grouped(chosen.ended)),
        };
        story(&mut out, &title, trace, document);
    }
    out
}

fn story(out: &mut String, title: &str, trace: &Trace, document: &Scenario) {
    let class = Class::CHOICES[trace.class as usize].label.en;
    let _ = writeln!(out, "\n{} ({title})", trace.name);
    let issued = number(trace.name.issued as f64 / 1e9);
    let client = name_of(document, trace.client);
    let _ = match (trace.outcome, trace.latency()) {
        (Some(outcome), Some(latency)) => writeln!(
            out,
            "{client}, {class}: {} after {} ms, issued at {issued} s",
            Outcome::CHOICES[outcome as usize].label.en,
            exact(latency)
        ),
        _ => writeln!(out, "{client}, {class}: in flight, issued at {issued} s"),
    };
    let heads =
        ["span", "", "from, ms", "took, ms", "wait", "service", "network", "calls", "other", "outcome"];
    let mut grid = Grid::new(&heads);
    grid.left(1);
    grid.left(9);
    let begin = trace.name.issued;
    let last = trace.spans.iter().filter_map(|span| span.finished.or(span.end)).max();
    let end = trace.ended.or(last).unwrap_or(begin + 1).max(begin + 1);
    for span in in_order(trace).into_iter().take(MOST) {
        grid.row(row(trace, span, document, begin, end));
    }
    grid.write(out);
    if trace.spans.len() > MOST || trace.left_out > 0 {
        let more = trace.spans.len().saturating_sub(MOST) as u64 + trace.left_out;
        let _ = writeln!(out, "… and {} calls more", grouped(more));
    }
    where_the_time_went(out, trace);
}

/// Calls under who made them, in the order in which they were sent.
fn in_order(trace: &Trace) -> Vec<usize> {
    let mut order = Vec::with_capacity(trace.spans.len());
    let mut open: Vec<usize> =
        (0..trace.spans.len()).filter(|at| trace.spans[*at].parent.is_none()).collect();
    open.reverse();
    while let Some(at) = open.pop() {
        order.push(at);
        let calls = (at + 1..trace.spans.len()).rev().filter(|call| trace.spans[*call].parent == Some(at));
        open.extend(calls);
    }
    order
}

fn row(trace: &Trace, at: usize, document: &Scenario, begin: Ns, end: Ns) -> [String; 10] {
    let span = &trace.spans[at];
    let division = span.division();
    let ms = |some: &[Spent]| {
        let sum: Ns = some.iter().map(|spent| division[*spent as usize]).sum();
        if sum == 0 { String::new() } else { exact(sum) }
    };
    [
        label(trace, span, document),
        bar(span, begin, end),
        exact(span.sent - begin),
        span.duration().map_or("open".to_owned(), exact),
        ms(&[Spent::Wait]),
        ms(&[Spent::Service]),
        ms(&[Spent::There, Spent::Back]),
        ms(&[Spent::Calls]),
        ms(&[Spent::LookUp, Spent::Connection, Spent::Backoff, Spent::Lost, Spent::Rest]),
        outcome(span),
    ]
}

fn label(trace: &Trace, span: &Span, document: &Scenario) -> String {
    let mut depth = 0;
    let mut parent = span.parent;
    while let Some(above) = parent {
        depth += 1;
        parent = trace.spans[above].parent;
    }
    let mut label = "  ".repeat(depth.min(16));
    if span.before.is_some() {
        label.push_str("→ ");
    }
    label.push_str(&name_of(document, span.part));
    if document.part(span.part).is_some_and(|part| part.count > 1) && span.instance > 0 {
        let _ = write!(label, " {}", span.instance);
    }
    if span.is_look_up {
        label.push_str(", name");
    }
    if span.is_copy {
        label.push_str(", second copy");
    } else if span.attempt > 0 {
        let _ = write!(label, ", attempt {}", span.attempt + 1);
    }
    label
}

fn outcome(span: &Span) -> String {
    let words = span.outcome.map(|outcome| Outcome::CHOICES[outcome as usize].label.en);
    let mut text = match (span.fate, words) {
        (Fate::Open, _) => "still open".to_owned(),
        (Fate::HandedOver, _) => "handed over".to_owned(),
        (Fate::GivenUp, Some(words)) => words.to_owned(),
        (Fate::GivenUp, None) => "given up".to_owned(),
        (Fate::NotSent, words) => format!("not sent: {}", words.unwrap_or_default()),
        (Fate::Answered, words) => words.unwrap_or_default().to_owned(),
        (Fate::Unawaited, words) => format!("nobody waits: {}", words.unwrap_or("open")),
    };
    if let (Some(end), Some(finished)) = (span.end, span.finished)
        && finished > end
    {
        let _ = write!(text, "; worked on in vain for {} ms", exact(finished - end));
    }
    text
}

/// What the span did most in each letter's time.
fn bar(span: &Span, begin: Ns, end: Ns) -> String {
    let length = u128::from(end - begin);
    let edge = |cell: usize| begin + (length * cell as u128 / WIDTH as u128) as Ns;
    let letter_at = |cell: usize| {
        let (from, to) = (edge(cell), edge(cell + 1).max(edge(cell) + 1));
        let inside = |stretch: &&brownout_sim::observe::Stretch| stretch.from < to && stretch.to > from;
        let most = span.stretches.iter().filter(inside).max_by_key(|one| one.to.min(to) - one.from.max(from));
        most.map_or(' ', |stretch| letter(stretch.spent))
    };
    let bar: String = (0..WIDTH).map(letter_at).collect();
    // What took no time is seen all the same.
    if bar.trim().is_empty() && span.sent >= begin && span.sent <= end {
        let cell = (u128::from(span.sent - begin) * WIDTH as u128 / length.max(1)) as usize;
        let mut bar = " ".repeat(cell.min(WIDTH - 1));
        bar.push('|');
        return bar;
    }
    bar.trim_end().to_owned()
}

fn where_the_time_went(out: &mut String, trace: &Trace) {
    let Some(latency) = trace.latency().filter(|latency| *latency > 0) else { return };
    let division = trace.division();
    let mut all: Vec<(Ns, &str)> =
        Spent::CHOICES.iter().zip(division).map(|(spent, ns)| (ns, spent.label.en)).collect();
    all.retain(|(ns, _)| *ns > 0);
    all.sort_by_key(|(ns, _)| std::cmp::Reverse(*ns));
    let parts = all.iter().map(|(ns, words)| {
        format!("{words} {} ms ({:.1} %)", exact(*ns), 100.0 * *ns as f64 / latency as f64)
    });
    let _ = writeln!(out, "of the visitor's time: {}", parts.collect::<Vec<_>>().join(", "));
}

/// Milliseconds with all their nanoseconds, down to where there are only zeros.
fn exact(ns: Ns) -> String {
    let text = format!("{}.{:06}", ns / 1_000_000, ns % 1_000_000);
    let least = text.find('.').map_or(text.len(), |point| point + 4);
    let zeros = text.trim_end_matches('0').len().max(least);
    text[..zeros].to_owned()
}
