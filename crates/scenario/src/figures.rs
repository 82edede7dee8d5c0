//! The figures of a run as JSON: what the terminal prints and what goals point into.

use brownout_sim::Ns;
use brownout_sim::observe::{
    ClassReport, ComponentReport, EdgeReport, Latency, OutageReport, Outcome, Report, Requests, Window,
    WorkloadReport,
};
use serde_json::{Map, Value, json};

use crate::model::Scenario;

/// The version of this contract.
pub(crate) const VERSION: u32 = 1;

/// The report of a run of this document. `wall_s` is the time that it took, where that was measured.
///
/// Components and workloads are keyed by the ids of their parts, edges by theirs: `components.4.wait_ms.p95`.
pub fn figures(report: &Report, scenario: &Scenario, wall_s: Option<f64>) -> Value {
    let workload = |one: &WorkloadReport| (one.client.to_string(), of_workload(one, scenario));
    let component = |one: &ComponentReport| (one.id.to_string(), of_component(one, scenario));
    let mut value = json!({
        "version": VERSION,
        "engine": brownout_sim::ENGINE_VERSION,
        "seed": report.seed,
        "digest": report.digest.to_string(),
        "simulated_s": seconds(report.simulated),
        "measured_from_s": seconds(report.measured_from),
        "wall_s": wall_s,
        "events": report.events,
        "calendar_events": report.calendar_events,
        "requests": requests(&report.requests),
        "throughput_rps": report.throughput_rps,
        "goodput_rps": report.goodput_rps,
        "availability": report.availability,
        "cost_per_hour": report.cost_per_hour,
        "cost_per_million": cost_per_million(report),
        "latency_ms": latency(&report.latency),
        "workloads": report.workloads.iter().map(workload).collect::<Map<_, _>>(),
        "components": report.components.iter().map(component).collect::<Map<_, _>>(),
        "edges": report.edges.iter().map(|one| (one.id.to_string(), of_edge(one, scenario))).collect::<Map<_, _>>(),
        "outages": report.outages.iter().map(outage).collect::<Vec<_>>(),
        "series": report.series.iter().map(window).collect::<Vec<_>>(),
    });
    if let Some(reason) = &report.halted {
        value["halted"] = json!(reason.en());
    }
    value
}

/// What a million good answers cost; `None` where there were none.
pub fn cost_per_million(report: &Report) -> Option<f64> {
    (report.goodput_rps > 0.0).then(|| report.cost_per_hour / (report.goodput_rps * 3_600.0) * 1e6)
}

fn seconds(ns: Ns) -> f64 {
    ns as f64 / 1e9
}

fn milliseconds(ns: Option<Ns>) -> Option<f64> {
    ns.map(|ns| ns as f64 / 1e6)
}

fn requests(counts: &Requests) -> Value {
    json!({
        "issued": counts.issued,
        "succeeded": counts.succeeded,
        "failed": by_cause(&counts.failed),
        "in_flight": counts.in_flight,
    })
}

/// Every cause is there, so that a path into the figures always leads somewhere.
fn by_cause(counts: &[u64; Outcome::COUNT]) -> Value {
    let causes = Outcome::ALL.iter().zip(counts).filter(|(outcome, _)| !outcome.is_ok());
    let mut map: Map<String, Value> =
        causes.clone().map(|(outcome, count)| (outcome.name().to_owned(), json!(count))).collect();
    map.insert("total".to_owned(), json!(causes.map(|(_, count)| count).sum::<u64>()));
    Value::Object(map)
}

pub(crate) fn latency(times: &Latency) -> Value {
    json!({
        "mean": times.mean,
        "p50": times.p50,
        "p90": times.p90,
        "p95": times.p95,
        "p99": times.p99,
        "p999": times.p999,
        "max": times.max,
        "count": times.count,
    })
}

fn of_workload(one: &WorkloadReport, scenario: &Scenario) -> Value {
    let class = |class: &ClassReport| {
        let figures = json!({
            "requests": requests(&class.requests),
            "throughput_rps": class.throughput_rps,
            "goodput_rps": class.goodput_rps,
            "availability": class.availability,
            "latency_ms": latency(&class.latency),
        });
        (brownout_sim::observe::Class::CHOICES[class.class as usize].name.to_owned(), figures)
    };
    json!({
        "name": name(scenario, one.client),
        "requests": requests(&one.requests),
        "throughput_rps": one.throughput_rps,
        "goodput_rps": one.goodput_rps,
        "availability": one.availability,
        "latency_ms": latency(&one.latency),
        "classes": one.classes.iter().map(class).collect::<Map<_, _>>(),
    })
}

fn of_component(one: &ComponentReport, scenario: &Scenario) -> Value {
    let mut value = json!({
        "name": name(scenario, one.id),
        "type": one.kind.spec().name,
        "cost_per_hour": one.cost_per_hour,
        "offered_rps": one.offered_rps,
        "throughput_rps": one.throughput_rps,
        "utilisation": one.utilisation,
        "queue_mean": one.queue_mean,
        "queue_max": one.queue_max,
        "wait_ms": latency(&one.wait),
        "service_ms": latency(&one.service),
        "residence_ms": latency(&one.residence),
        "errors": by_cause(&one.errors),
    });
    for gauge in &one.gauges {
        value[gauge.name] = json!(gauge.value);
    }
    value
}

fn of_edge(one: &EdgeReport, scenario: &Scenario) -> Value {
    let ends = scenario.edge(one.id).map(|edge| (edge.from, edge.to));
    json!({
        "from": ends.map(|(from, _)| from),
        "to": ends.map(|(_, to)| to),
        "issued": one.issued,
        "ok": one.ok,
        "failed": by_cause(&one.failed),
        "open": one.open,
        "late": one.late,
        "lost": one.lost,
        "abandoned": one.abandoned,
        "cancelled": one.cancelled,
        "calls": one.issued - one.retries - one.hedges,
        "retries": one.retries,
        "hedges": one.hedges,
        "connects": one.connects,
        "breakers_open": one.breakers_open,
        "request_mbps": one.request_mbps,
        "reply_mbps": one.reply_mbps,
        "latency_ms": latency(&one.latency),
    })
}

fn outage(one: &OutageReport) -> Value {
    json!({
        "cause": one.cause,
        "start_s": seconds(one.start),
        "detected_s": one.detected.map(seconds),
        "recovered_s": one.recovered.map(seconds),
        "failed_requests": one.failed_requests,
    })
}

fn window(one: &Window) -> Value {
    json!({
        "start_s": seconds(one.start),
        "length_s": seconds(one.length),
        "issued": one.issued,
        "finished": one.finished,
        "good": one.good,
        "failed": by_cause(&one.outcomes),
        "late": one.late,
        "p50_ms": milliseconds(one.p50),
        "p95_ms": milliseconds(one.p95),
        "p99_ms": milliseconds(one.p99),
    })
}

/// The visitor's name for a part; parts that were removed since have none.
fn name(scenario: &Scenario, id: brownout_sim::system::Id) -> Option<&str> {
    scenario.part(id).map(|part| part.name.as_str())
}
