//! `brownout sweep` and `brownout merge`.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::OnceLock;

use brownout_scenario::replicate::warmup::Cut;
use brownout_scenario::replicate::{Replication, prepare};
use brownout_scenario::sweep::{Assembly, Axis, Plan, Shard, Swept, merge as put_together, shown};
use brownout_scenario::{Record, Seed, Shared};
use brownout_sim::param::Seconds;

use super::grid::{Grid, clean, half};
use super::{cut, finish, replications, threads};
use crate::arguments::{Format, SweepOptions};
use crate::failure::Failure;
use crate::progress::Count;
use crate::{input, output};

/// What the columns of a table show of each point.
const SHOWN: [(&str, &str); 6] = [
    ("throughput/s", "throughput_rps"),
    ("goodput/s", "goodput_rps"),
    ("availability", "availability"),
    ("mean, ms", "latency_ms.mean"),
    ("p95, ms", "latency_ms.p95"),
    ("p99, ms", "latency_ms.p99"),
];

pub fn sweep(options: &SweepOptions) -> Result<(), Failure> {
    let Shared::Design(mut document) = input::read(&options.scenario)? else {
        let reason = "a sweep varies a document, and this is a run record: save the design alone";
        return Err(Failure::Usage(reason.to_owned()));
    };
    if let Some(seed) = options.seed {
        document.settings.seed = Seed(seed);
    }
    if let Some(duration) = options.duration {
        document.settings.duration_s = Seconds(duration as f64 / 1e9);
    }
    options.many.warmup().settle(&mut document);
    let refused = |error| Failure::Refused { name: options.scenario.chars().take(60).collect(), error };
    document.validate().map_err(refused)?;
    let axes = options.vary.iter().map(|text| Axis::parse(text)).collect::<Result<_, _>>();
    let plan = Plan::new(document, axes.map_err(usage)?, u64::from(options.runs), options.many.warmup())
        .map_err(usage)?;
    let jobs = threads::jobs(options.many.jobs);
    match options.shard {
        Some((number, of)) => {
            let mut shard = Shard::new(plan.clone(), number, of);
            let units: Vec<usize> = shard.units().collect();
            run(&plan, &units, jobs, options.many.progress, |unit, replication, cut| {
                shard.add(unit, replication, cut);
            })?;
            output::print(&format!("{}\n", shard.to_json()))
        }
        None => {
            let units: Vec<usize> = (0..plan.units()).collect();
            let mut assembly = Assembly::new(plan.clone());
            run(&plan, &units, jobs, options.many.progress, |_, replication, cut| {
                assembly.add(replication, cut);
            })?;
            print(&assembly.finish(), options.format)
        }
    }
}

/// Mistakes in `--vary` are mistakes of the command line.
#[allow(clippy::needless_pass_by_value)] // It is handed to map_err.
fn usage(error: brownout_scenario::sweep::SweepError) -> Failure {
    Failure::Usage(error.to_string())
}

fn run(
    plan: &Plan,
    units: &[usize],
    jobs: usize,
    shown: bool,
    mut take: impl FnMut(usize, Replication, Cut),
) -> Result<(), Failure> {
    let mut progress = Count::new("runs", units.len(), shown);
    // Each point's warm-up is found once, by the thread that comes to it first.
    let cuts: Vec<OnceLock<Cut>> = (0..plan.points()).map(|_| OnceLock::new()).collect();
    let refused = |error| Failure::Refused { name: "the sweep".to_owned(), error };
    let work = |index: usize| {
        let unit = units[index];
        let (point, _) = plan.unit(unit);
        let record = Record::new(plan.of_unit(unit).map_err(usage)?);
        let cut = match cuts[point].get() {
            Some(cut) => *cut,
            None => {
                let of_point = Record::new(plan.at(point).map_err(usage)?);
                let found = cut(&of_point, plan.warmup, plan.runs as usize, 1, &refused)?;
                *cuts[point].get_or_init(|| found)
            }
        };
        let seed = record.start.settings.seed.0;
        let simulation = finish(prepare(&record, seed, cut.at).map_err(refused)?, &record);
        Ok((Replication::of(&simulation, &record.start, true), cut))
    };
    threads::in_order(units.len(), jobs, work, |index, (replication, cut)| {
        take(units[index], replication, cut);
        progress.one();
        ControlFlow::Continue(())
    })?;
    progress.clear();
    Ok(())
}

pub fn merge(files: &[String], format: Format) -> Result<(), Failure> {
    let mut shards = Vec::with_capacity(files.len());
    for file in files {
        let text = input::read_shard(file)?;
        let refuse = |error: brownout_scenario::sweep::SweepError| Failure::Shard(error.to_string());
        shards.push((file.clone(), Shard::from_text(file, &text).map_err(refuse)?));
    }
    let swept = put_together(shards).map_err(|error| Failure::Shard(error.to_string()))?;
    print(&swept, format)
}

fn print(swept: &Swept, format: Format) -> Result<(), Failure> {
    for point in &swept.points {
        replications::warn(&point.cut);
    }
    match format {
        Format::Json => output::print_json(&swept.figures())?,
        Format::Csv => output::print(&csv(swept))?,
        Format::Table => output::print(&table(swept))?,
    }
    let halted =
        swept.points.iter().enumerate().find_map(|(at, point)| Some((at, point.together.halted.first()?)));
    match halted {
        Some((at, (seed, reason))) => {
            let values: Vec<String> = swept.plan.values(at).iter().map(shown).collect();
            Err(Failure::Halted(format!("{}, seed {seed}: {reason}", values.join(", "))))
        }
        None => Ok(()),
    }
}

fn table(swept: &Swept) -> String {
    let mut out = String::new();
    let document = &swept.plan.document;
    if !document.name.is_empty() {
        let _ = writeln!(out, "{}\n", clean(&document.name));
    }
    let mut heads: Vec<&str> = swept.plan.axes.iter().map(|axis| axis.path.as_str()).collect();
    heads.push("runs");
    heads.push("warm-up, s");
    heads.extend(SHOWN.iter().flat_map(|(head, _)| [*head, "±"]));
    let mut grid = Grid::new(&heads);
    for (at, point) in swept.points.iter().enumerate() {
        let mut cells: Vec<String> = swept.plan.values(at).iter().map(|value| clean(&shown(value))).collect();
        cells.push(point.together.average.runs().to_string());
        cells.push((point.cut.at as f64 / 1e9).to_string());
        cells.extend(SHOWN.iter().flat_map(|(_, path)| half(point.together.average.find(path))));
        grid.row(cells);
    }
    grid.write(&mut out);
    let _ = writeln!(
        out,
        "\n± is half of a 95 % confidence interval of the mean over the runs of a point (Student's t)."
    );
    out
}

/// One line for each figure of each point.
fn csv(swept: &Swept) -> String {
    use crate::run::csv::quoted;
    let mut out = String::new();
    for axis in &swept.plan.axes {
        let _ = write!(out, "{},", quoted(&axis.path));
    }
    out.push_str("metric,mean,half_width,runs\n");
    for (at, point) in swept.points.iter().enumerate() {
        let values: String = swept.plan.values(at).iter().map(|value| quoted(&shown(value)) + ",").collect();
        point.together.average.walk(|path, moments| {
            let mean = if moments.count > 0 { moments.mean.to_string() } else { String::new() };
            let half = moments.half_width().map_or(String::new(), |half| half.to_string());
            let _ = writeln!(out, "{values}{path},{mean},{half},{}", moments.count);
        });
    }
    out
}
