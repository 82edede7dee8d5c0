//! `brownout run --runs N`: the same document under several seeds.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use brownout_scenario::replicate::warmup::{Cut, Reason};
use brownout_scenario::replicate::{Precision, Replication, Together, prepare, replicated, seed_of};
use brownout_scenario::{Record, Scenario};

use super::grid::{Grid, clean, half, number};
use super::{cut, finish, threads};
use crate::arguments::{Format, RunOptions};
use crate::failure::Failure;
use crate::output;
use crate::progress::Count;

/// A figure that does not settle must not keep a machine busy for ever.
const MOST_RUNS: u32 = 1_000;

pub fn replications(
    record: &Record,
    options: &RunOptions,
    refused: &(impl Fn(brownout_scenario::Error) -> Failure + Sync),
) -> Result<(), Failure> {
    let precision = options.precision.map(|target| Precision { target, metric: options.metric.clone() });
    let runs = options.runs.unwrap_or(if precision.is_some() { MOST_RUNS } else { 1 }) as usize;
    let jobs = threads::jobs(options.many.jobs);
    let document = record.document();
    let base = record.start.settings.seed.0;
    let cut = cut(record, options.many.warmup(), runs, jobs, refused)?;
    warn(&cut);
    let mut together = Together::default();
    let mut progress = Count::new("runs", runs, options.many.progress);
    let work = |index: usize| {
        let simulation = prepare(record, seed_of(base, index as u64), cut.at).map_err(refused)?;
        Ok(Replication::of(&finish(simulation, record), &document, false))
    };
    let mut unknown = false;
    threads::in_order(runs, jobs, work, |_, run| {
        together.add(run);
        progress.one();
        let Some(precision) = &precision else { return ControlFlow::Continue(()) };
        unknown = together.average.find(&precision.metric).is_none();
        if unknown || precision.is_met(&together.average) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    progress.clear();
    if unknown {
        return Err(no_metric(&together, &options.metric));
    }
    if let Some(precision) = precision.as_ref().filter(|precision| !precision.is_met(&together.average)) {
        let Precision { target, metric } = precision;
        eprintln!("brownout: {metric} is not known to {} % after {runs} runs", 100.0 * target);
    }
    match options.format {
        Format::Json => output::print_json(&replicated(&together, base, &cut, precision.as_ref()))?,
        Format::Csv => output::print(&csv(&together))?,
        Format::Table => output::print(&table(&together, &document, &cut, precision.as_ref()))?,
    }
    match together.halted.first() {
        Some((seed, reason)) => Err(Failure::Halted(format!("seed {seed}: {reason}"))),
        None => Ok(()),
    }
}

/// Figures that stand on an unsettled start are not kept quiet about.
pub fn warn(cut: &Cut) {
    if let Reason::Found { settled: false, .. } = cut.reason {
        eprintln!("brownout: warm-up: {}", cut.sentence());
    }
}

fn no_metric(together: &Together, metric: &str) -> Failure {
    let mut known = Vec::new();
    together.average.walk(|path, _| {
        if !path.contains('.') || path.starts_with("latency_ms") {
            known.push(path.to_owned());
        }
    });
    let metric: String = metric.chars().take(80).collect();
    Failure::Usage(format!(
        "--metric {metric}: no such figure; there are {} and those of workloads, components and edges, such \
         as components.4.wait_ms.mean",
        known.join(", ")
    ))
}

fn csv(together: &Together) -> String {
    let mut out = "metric,mean,half_width,runs\n".to_owned();
    together.average.walk(|path, moments| {
        let mean = if moments.count > 0 { moments.mean.to_string() } else { String::new() };
        let half = moments.half_width().map_or(String::new(), |half| half.to_string());
        let _ = writeln!(out, "{path},{mean},{half},{}", moments.count);
    });
    out
}

fn table(together: &Together, document: &Scenario, cut: &Cut, precision: Option<&Precision>) -> String {
    let mut out = String::new();
    if !document.name.is_empty() {
        let _ = writeln!(out, "{}\n", clean(&document.name));
    }
    let average = &together.average;
    let _ = writeln!(out, "runs       {}, seeds {}", average.runs(), seeds(&together.seeds));
    let _ = writeln!(out, "warm-up    {}", cut.sentence());
    if let Some(precision) = precision {
        let reached = precision.reached(average).map_or("-".to_owned(), |share| number(100.0 * share));
        let _ = writeln!(
            out,
            "precision  {} to {reached} % (asked for {} %)",
            clean(&precision.metric),
            100.0 * precision.target
        );
    }
    let mut grid = Grid::new(&["", "mean", "±"]);
    let whole = [
        "throughput_rps",
        "goodput_rps",
        "availability",
        "cost_per_hour",
        "requests.issued",
        "requests.failed.total",
    ];
    let latency =
        ["mean", "p50", "p90", "p95", "p99", "p999", "max"].map(|name| format!("latency_ms.{name}"));
    for path in whole.iter().map(|path| (*path).to_owned()).chain(latency) {
        row(&mut grid, together, &path, &path);
    }
    grid.write(&mut out);
    let heads = [
        "id",
        "name",
        "type",
        "offered/s",
        "±",
        "busy",
        "±",
        "queue",
        "±",
        "wait mean",
        "±",
        "wait p95",
        "±",
    ];
    let mut grid = Grid::new(&heads);
    grid.left(1);
    grid.left(2);
    for part in &document.parts {
        let mut cells =
            vec![part.id.to_string(), clean(&part.name), part.params.kind().spec().name.to_owned()];
        for figure in ["offered_rps", "utilisation", "queue_mean", "wait_ms.mean", "wait_ms.p95"] {
            cells.extend(half(average.find(&format!("components.{}.{figure}", part.id))));
        }
        grid.row(cells);
    }
    grid.write(&mut out);
    let _ = writeln!(
        out,
        "\n± is half of a 95 % confidence interval of the mean over the runs (Student's t); times in ms."
    );
    out
}

fn row(grid: &mut Grid, together: &Together, name: &str, path: &str) {
    let [mean, half] = half(together.average.find(path));
    grid.row([name.to_owned(), mean, half]);
}

fn seeds(seeds: &[u64]) -> String {
    match seeds {
        [] => "none".to_owned(),
        [only] => only.to_string(),
        [first, .., last] => format!("{first} to {last}"),
    }
}
