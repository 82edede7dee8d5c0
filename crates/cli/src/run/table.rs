//! The figures for a reader at a terminal.

use std::fmt::Write as _;

use brownout_scenario::{Scenario, cost_per_million};
use brownout_sim::Ns;
use brownout_sim::observe::{ComponentReport, Latency, OutageReport, Outcome, Report};

use crate::many::grid::{Grid, clean, grouped, number};

pub fn table(report: &Report, scenario: &Scenario, wall_s: f64, warmup: Option<&str>) -> String {
    let mut out = String::new();
    if !scenario.name.is_empty() {
        let _ = writeln!(out, "{}\n", clean(&scenario.name));
    }
    run(&mut out, report, wall_s);
    if let Some(warmup) = warmup {
        let _ = writeln!(out, "warm-up    {warmup}");
    }
    requests(&mut out, report);
    latency(&mut out, report);
    components(&mut out, report, scenario);
    outages(&mut out, report);
    let _ = writeln!(out, "\nA single run with one seed: another seed gives somewhat different figures.");
    out
}

fn run(out: &mut String, report: &Report, wall_s: f64) {
    let simulated = seconds(report.simulated);
    let pairs = [
        ("seed", report.seed.to_string()),
        ("digest", report.digest.to_string()),
        ("simulated", format!("{simulated}, measured from {}", seconds(report.measured_from))),
        (
            "took",
            format!(
                "{wall_s:.3} s, {} events, {:.2} million/s",
                grouped(report.events),
                report.events as f64 / wall_s.max(1e-9) / 1e6
            ),
        ),
    ];
    for (name, value) in pairs {
        let _ = writeln!(out, "{name:<10} {value}");
    }
}

fn requests(out: &mut String, report: &Report) {
    let counts = &report.requests;
    let failed: u64 = counts.failed.iter().sum();
    let mut grid = Grid::new(&["", "requests", "share"]);
    let share = |count: u64| {
        if counts.issued == 0 {
            String::new()
        } else {
            format!("{:.3} %", 100.0 * count as f64 / counts.issued as f64)
        }
    };
    grid.row(["issued".into(), grouped(counts.issued), String::new()]);
    grid.row(["succeeded".into(), grouped(counts.succeeded), share(counts.succeeded)]);
    grid.row(["failed".into(), grouped(failed), share(failed)]);
    for (outcome, count) in Outcome::ALL.iter().zip(counts.failed) {
        if count > 0 {
            let words = Outcome::CHOICES[*outcome as usize].label.en;
            grid.row([format!("  {words}"), grouped(count), share(count)]);
        }
    }
    grid.row(["in flight".into(), grouped(counts.in_flight), share(counts.in_flight)]);
    grid.write(out);
    let availability =
        report.availability.map_or("-".to_owned(), |availability| format!("{:.3} %", 100.0 * availability));
    let _ = writeln!(
        out,
        "\nthroughput {}/s   goodput {}/s   availability {availability}",
        number(report.throughput_rps),
        number(report.goodput_rps)
    );
    if report.cost_per_hour > 0.0 {
        let each = cost_per_million(report).map_or("-".to_owned(), number);
        let _ = writeln!(
            out,
            "cost       {} an hour, {each} per million good answers",
            number(report.cost_per_hour)
        );
    }
}

fn latency(out: &mut String, report: &Report) {
    let mut grid = Grid::new(&["latency, ms", "mean", "p50", "p90", "p95", "p99", "p99.9", "max", "samples"]);
    let row = |name: &str, times: &Latency| {
        let Latency { count, mean, p50, p90, p95, p99, p999, max } = *times;
        let mut cells = vec![name.to_owned()];
        cells.extend([mean, p50, p90, p95, p99, p999, max].map(optional));
        cells.push(grouped(count));
        cells
    };
    grid.row(row("all", &report.latency));
    for class in report.workloads.iter().filter(|_| report.workloads.len() == 1).flat_map(|one| &one.classes)
    {
        if class.latency.count > 0 {
            let words = brownout_sim::observe::Class::CHOICES[class.class as usize].label.en;
            grid.row(row(words, &class.latency));
        }
    }
    grid.write(out);
}

fn components(out: &mut String, report: &Report, scenario: &Scenario) {
    let heads = [
        "id",
        "name",
        "type",
        "offered/s",
        "done/s",
        "busy",
        "queue",
        "wait p95",
        "service",
        "stay p95",
        "errors",
    ];
    let mut grid = Grid::new(&heads);
    grid.left(1);
    grid.left(2);
    for one in &report.components {
        grid.row(component(one, scenario));
    }
    grid.write(out);
}

fn component(one: &ComponentReport, scenario: &Scenario) -> [String; 11] {
    let part = scenario.part(one.id);
    let name = part.map_or("(removed)".to_owned(), |part| clean(&part.name));
    let count = part.map_or(1, |part| part.count);
    let errors: u64 = one.errors.iter().sum();
    let busy = one.utilisation.map_or(String::new(), |share| format!("{:.1} %", 100.0 * share));
    let kind = one.kind.spec().name;
    [
        one.id.to_string(),
        name,
        if count > 1 { format!("{kind} ×{count}") } else { kind.to_owned() },
        number(one.offered_rps),
        number(one.throughput_rps),
        busy,
        number(one.queue_mean),
        optional(one.wait.p95),
        optional(one.service.mean),
        optional(one.residence.p95),
        if errors == 0 { String::new() } else { grouped(errors) },
    ]
}

fn outages(out: &mut String, report: &Report) {
    if report.outages.is_empty() {
        return;
    }
    let mut grid = Grid::new(&["outage", "began", "detected", "recovered", "failed requests"]);
    for one in &report.outages {
        let OutageReport { cause, start, detected, recovered, failed_requests } = one;
        let after = |moment: &Option<Ns>| {
            moment.map_or("never".to_owned(), |at| format!("after {}", seconds(at.saturating_sub(*start))))
        };
        grid.row([
            clean(cause),
            seconds(*start),
            after(detected),
            after(recovered),
            grouped(*failed_requests),
        ]);
    }
    grid.write(out);
}

fn seconds(ns: Ns) -> String {
    format!("{} s", number(ns as f64 / 1e9))
}

fn optional(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), number)
}
