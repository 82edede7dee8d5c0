//! `brownout trace`: single requests and where their time went.

mod text;

use brownout_scenario::replicate::prepare;
use brownout_scenario::sweep::Warmup;
use brownout_scenario::{Scenario, Seed, otlp};
use brownout_sim::observe::{
    Choice, Chosen, Class, Division, EndedRequest, Outcome, RequestName, Span, Spent, Trace,
};
use brownout_sim::param::Seconds;
use brownout_sim::timeline::Timeline;
use serde_json::{Map, Value, json};

use crate::arguments::{Stories as Format, TraceOptions};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{input, many, output};

/// Events between two looks at the clock.
const CHUNK: u32 = 100_000;

pub fn trace(options: &TraceOptions) -> Result<(), Failure> {
    let mut record = input::read(&options.scenario)?.into_record();
    if let Some(seed) = options.seed {
        record.start.settings.seed = Seed(seed);
    }
    if let Some(duration) = options.duration {
        record.start.settings.duration_s = Seconds(duration as f64 / 1e9);
    }
    let refused = |error| Failure::Refused { name: options.scenario.chars().take(60).collect(), error };
    record.start.validate().map_err(refused)?;
    let settings = record.start.options();
    let cut = many::cut(&record, Warmup::Document, 1, 1, &refused)?;
    let mut start = prepare(&record, settings.seed, cut.at).map_err(refused)?;
    let choice = options.choice();
    start.choose_requests(choice);
    let end = options.duration.unwrap_or(settings.duration);
    let mut timeline = Timeline::new(start);
    let mut progress = Progress::new(end, options.progress);
    while !timeline.run_chunk(end, CHUNK) {
        progress.show(timeline.now(), timeline.simulation().events());
    }
    progress.clear();
    let stories = Stories::of(&timeline, &options.request);
    let document = record.document();
    match options.format {
        Format::Json => output::print_json(&stories.to_json(&timeline, settings.seed))?,
        Format::Otlp => output::print_json(&otlp::export(&stories.traces(), &document))?,
        Format::Table => output::print(&text::text(&stories, &document))?,
    }
    if let Some(name) = options.request.iter().find(|name| !stories.has(**name)) {
        return Err(Failure::Halted(format!("no request {name} was issued before the end of the run")));
    }
    let halted = timeline.simulation().halted();
    halted.map_or(Ok(()), |reason| Err(Failure::Halted(reason.en())))
}

impl TraceOptions {
    /// Without a word about it, a few of each kind.
    fn choice(&self) -> Choice {
        let is_silent = self.sample.is_none() && self.slowest.is_none() && self.failed.is_none();
        let default = if is_silent && self.request.is_empty() { 3 } else { 0 };
        let most = |count: Option<u32>| count.map_or(default, |count| count as usize);
        Choice { sample: most(self.sample), slowest: most(self.slowest), failed: most(self.failed) }
    }
}

/// Why a request is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Asked,
    Slowest,
    Failed,
    Sample,
}

impl Why {
    const fn name(self) -> &'static str {
        match self {
            Self::Asked => "request",
            Self::Slowest => "slowest",
            Self::Failed => "failed",
            Self::Sample => "sample",
        }
    }
}

/// The requests that are shown, with why.
struct Stories {
    chosen: Chosen,
    shown: Vec<(Why, Trace)>,
}

impl Stories {
    fn of(timeline: &Timeline, asked: &[RequestName]) -> Self {
        let chosen = timeline.simulation().chosen();
        let named = |why: Why, some: &[EndedRequest]| -> Vec<(Why, RequestName)> {
            some.iter().map(|request| (why, request.name)).collect()
        };
        let mut wanted: Vec<(Why, RequestName)> = asked.iter().map(|name| (Why::Asked, *name)).collect();
        wanted.extend(named(Why::Slowest, &chosen.slowest));
        wanted.extend(named(Why::Failed, &chosen.failed));
        wanted.extend(named(Why::Sample, &chosen.sample));
        let names: Vec<RequestName> = wanted.iter().map(|(_, name)| *name).collect();
        let traces = timeline.traces(&names);
        let find = |name| traces.iter().find(|trace| trace.name == name).cloned();
        let shown = wanted.into_iter().filter_map(|(why, name)| Some((why, find(name)?))).collect();
        Self { chosen, shown }
    }

    fn has(&self, name: RequestName) -> bool {
        self.shown.iter().any(|(_, trace)| trace.name == name)
    }

    /// Each once, however many reasons there are to show it.
    fn traces(&self) -> Vec<Trace> {
        let mut traces: Vec<Trace> = Vec::new();
        for (_, trace) in &self.shown {
            if traces.iter().all(|known| known.name != trace.name) {
                traces.push(trace.clone());
            }
        }
        traces
    }

    fn to_json(&self, timeline: &Timeline, seed: u64) -> Value {
        let traces: Vec<Value> = self.shown.iter().map(|(why, trace)| story(*why, trace)).collect();
        json!({
            "version": 1,
            "engine": brownout_sim::ENGINE_VERSION,
            "seed": seed,
            "digest": timeline.simulation().digest().to_string(),
            "simulated_s": timeline.now() as f64 / 1e9,
            "ended": self.chosen.ended,
            "failed": self.chosen.failures,
            "traces": traces,
        })
    }
}

fn division(times: &Division) -> Value {
    let entries = Spent::CHOICES.iter().zip(times).map(|(spent, ns)| (spent.name.to_owned(), json!(ns)));
    Value::Object(entries.collect::<Map<_, _>>())
}

fn story(why: Why, trace: &Trace) -> Value {
    json!({
        "request": trace.name.to_string(),
        "why": why.name(),
        "client": trace.client,
        "class": Class::CHOICES[trace.class as usize].name,
        "outcome": trace.outcome.map(Outcome::name),
        "issued_ns": trace.name.issued,
        "ended_ns": trace.ended,
        "latency_ns": trace.latency(),
        "division_ns": division(&trace.division()),
        "left_out": trace.left_out,
        "spans": trace.spans.iter().map(span).collect::<Vec<Value>>(),
    })
}

fn span(span: &Span) -> Value {
    let stretches = span.stretches.iter();
    json!({
        "parent": span.parent,
        "handed_over_by": span.before,
        "part": span.part,
        "instance": span.instance,
        "edge": span.edge,
        "attempt": span.attempt,
        "is_copy": span.is_copy,
        "is_look_up": span.is_look_up,
        "sent_ns": span.sent,
        "arrived_ns": span.arrived,
        "started_ns": span.started,
        "answered_ns": span.answered,
        "end_ns": span.end,
        "finished_ns": span.finished,
        "fate": span.fate.name(),
        "outcome": span.outcome.map(Outcome::name),
        "duration_ns": span.duration(),
        "division_ns": division(&span.division()),
        "stretches": stretches
            .map(|one| json!([Spent::CHOICES[one.spent as usize].name, one.from, one.to]))
            .collect::<Vec<Value>>(),
    })
}

/// What a part is called.
fn name_of(document: &Scenario, id: u32) -> String {
    let part = document.part(id);
    let name = part.map(|part| crate::many::grid::clean(&part.name)).filter(|name| !name.trim().is_empty());
    name.unwrap_or_else(|| part.map_or("(removed)", |part| part.params.kind().spec().name).to_owned())
}
