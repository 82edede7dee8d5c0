//! Stories of requests in the format of OpenTelemetry: OTLP as JSON (opentelemetry.io/docs/specs/otlp, "JSON
//! Protobuf Encoding"), for whatever shows traces.
//!
//! A part is a resource, an instance too where there are several; a call is a span, from when its caller sent it
//! until its caller went on. Names of fields are those of the protocol: lower camel case, identifiers as
//! hexadecimal digits, 64-bit numbers as text, enumerations as numbers.

use brownout_sim::Ns;
use brownout_sim::observe::{Class, Fate, Outcome, Span, Spent, Trace};
use brownout_sim::order::sort_by_key;
use serde_json::{Value, json};

use crate::model::Scenario;

/// The moment that stands for the start of the run, since spans have dates: 2000-01-01T00:00:00Z.
pub const ORIGIN: Ns = 946_684_800_000_000_000;

/// Kinds of spans: `SPAN_KIND_INTERNAL`, `SPAN_KIND_SERVER`, `SPAN_KIND_CLIENT`, `SPAN_KIND_CONSUMER`.
const INTERNAL: u32 = 1;
const SERVER: u32 = 2;
const CLIENT: u32 = 3;
const CONSUMER: u32 = 5;
/// `STATUS_CODE_OK` and `STATUS_CODE_ERROR`.
const OK: u32 = 1;
const ERROR: u32 = 2;

/// These stories as one `TracesData`. Parts are called as the document calls them.
pub fn export(traces: &[Trace], document: &Scenario) -> Value {
    let mut spans: Vec<(u32, u32, Value)> = Vec::new();
    for trace in traces {
        for (at, one) in trace.spans.iter().enumerate() {
            spans.push((one.part, one.instance, span(trace, at, document)));
        }
    }
    sort_by_key(&mut spans, |(part, instance, _)| (*part, *instance));
    let resources = spans.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)).map(|spans| {
        let (part, instance, _) = &spans[0];
        let spans: Vec<&Value> = spans.iter().map(|(_, _, span)| span).collect();
        json!({
            "resource": { "attributes": resource(*part, *instance, document) },
            "scopeSpans": [{
                "scope": { "name": "brownout", "version": brownout_sim::ENGINE_VERSION },
                "spans": spans,
            }],
        })
    });
    json!({ "resourceSpans": resources.collect::<Vec<Value>>() })
}

fn resource(part: u32, instance: u32, document: &Scenario) -> Value {
    let kind = document.part(part).map(|part| part.params.kind().spec().name);
    let mut attributes = vec![
        text("service.name", &name_of(part, document)),
        text("service.instance.id", &format!("{part}/{instance}")),
        text("brownout.time_origin", "2000-01-01T00:00:00Z is the start of the run"),
    ];
    attributes.extend(kind.map(|kind| text("brownout.type", kind)));
    Value::Array(attributes)
}

fn span(trace: &Trace, at: usize, document: &Scenario) -> Value {
    let one = &trace.spans[at];
    let last = one.stretches.last().map_or(one.sent, |stretch| stretch.to);
    let end = one.end.unwrap_or(last).max(one.sent);
    let (code, message) = status(one);
    let handed_over = one.before.map(|before| {
        json!({ "traceId": trace_id(trace), "spanId": span_id(trace, before), "attributes": [text("brownout.link", "handed over by")] })
    });
    let mut span = json!({
        "traceId": trace_id(trace),
        "spanId": span_id(trace, at),
        "parentSpanId": one.parent.map(|parent| span_id(trace, parent)).unwrap_or_default(),
        "name": title(trace, at, document),
        "kind": kind(one),
        "startTimeUnixNano": (ORIGIN + one.sent).to_string(),
        "endTimeUnixNano": (ORIGIN + end).to_string(),
        "attributes": attributes(trace, at),
        "events": events(one),
        "status": { "code": code, "message": message },
    });
    if let Some(link) = handed_over {
        span["links"] = json!([link]);
    }
    span
}

/// Two different requests differ in key or time.
fn trace_id(trace: &Trace) -> String {
    format!("{:016x}{:016x}", trace.name.key, trace.name.issued)
}

/// Never zero, and different in different traces of one run.
fn span_id(trace: &Trace, at: usize) -> String {
    let mixed = (trace.name.key ^ trace.name.issued.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{:016x}", (mixed & !0xffff) | (at as u64 + 1))
}

fn kind(span: &Span) -> u32 {
    match (span.edge, span.fate) {
        (None, _) => CLIENT,
        (_, Fate::Unawaited) => CONSUMER,
        (_, Fate::NotSent) => INTERNAL,
        _ => SERVER,
    }
}

fn status(span: &Span) -> (u32, &'static str) {
    match (span.outcome, span.fate) {
        (Some(Outcome::Ok), _) | (None, Fate::HandedOver) => (OK, ""),
        (Some(outcome), _) => (ERROR, Outcome::CHOICES[outcome as usize].label.en),
        (None, Fate::GivenUp) => (ERROR, "given up"),
        (None, _) => (0, ""),
    }
}

fn title(trace: &Trace, at: usize, document: &Scenario) -> String {
    let one = &trace.spans[at];
    let class = Class::CHOICES[trace.class as usize].name;
    let what = if one.is_look_up { "look-up" } else { class };
    format!("{} {what}", name_of(one.part, document))
}

fn attributes(trace: &Trace, at: usize) -> Value {
    let one = &trace.spans[at];
    let mut all =
        vec![text("brownout.fate", one.fate.name()), number("brownout.attempt", u64::from(one.attempt))];
    all.extend(one.edge.map(|edge| number("brownout.edge", u64::from(edge))));
    all.extend(one.outcome.map(|outcome| text("brownout.outcome", outcome.name())));
    if one.is_copy {
        all.push(json!({ "key": "brownout.second_copy", "value": { "boolValue": true } }));
    }
    if at == 0 {
        all.push(text("brownout.request", &trace.name.to_string()));
        if trace.left_out > 0 {
            all.push(number("brownout.calls_left_out", trace.left_out));
        }
    }
    let division = one.division();
    for (spent, ns) in Spent::CHOICES.iter().zip(division).filter(|(_, ns)| *ns > 0) {
        all.push(number(&format!("brownout.{}_ns", spent.name), ns));
    }
    Value::Array(all)
}

/// What happened in between, as events of the span.
fn events(span: &Span) -> Value {
    let happened = [("arrived", span.arrived), ("work began", span.started), ("answered", span.answered)];
    let happened = happened.iter().filter_map(|(name, at)| Some((*name, (*at)?)));
    let over = span.finished.filter(|finished| span.end.is_some_and(|end| *finished > end));
    let over = over.map(|at| ("work in vain ended", at));
    let event = |(name, at): (&str, Ns)| json!({ "timeUnixNano": (ORIGIN + at).to_string(), "name": name });
    Value::Array(happened.chain(over).map(event).collect())
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn number(key: &str, value: u64) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

fn name_of(id: u32, document: &Scenario) -> String {
    let part = document.part(id);
    let own = part.map(|part| part.name.clone()).filter(|name| !name.trim().is_empty());
    own.unwrap_or_else(|| part.map_or("(removed)", |part| part.params.kind().spec().name).to_owned())
}
