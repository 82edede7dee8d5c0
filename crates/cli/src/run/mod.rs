//! `brownout run`: one run and its figures.

pub mod csv;
mod table;

use std::time::Instant;

use brownout_scenario::replicate::prepare;
use brownout_scenario::replicate::warmup::{Cut, Reason};
use brownout_scenario::{Record, Seed, figures};
use brownout_sim::Simulation;
use brownout_sim::param::Seconds;

use crate::arguments::{Format, RunOptions};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{input, many, output};

/// Events between two looks at the clock.
const CHUNK: u32 = 100_000;

pub fn run(options: &RunOptions) -> Result<(), Failure> {
    let mut record = input::read(&options.scenario)?.into_record();
    warn_of_engine(&record);
    if let Some(seed) = options.seed {
        record.start.settings.seed = Seed(seed);
    }
    if let Some(duration) = options.duration {
        record.start.settings.duration_s = Seconds(duration as f64 / 1e9);
    }
    options.many.warmup().settle(&mut record.start);
    let refused = |error| Failure::Refused { name: options.scenario.chars().take(60).collect(), error };
    record.start.validate().map_err(refused)?;
    if options.runs.is_some() || options.precision.is_some() {
        return many::replications(&record, options, &refused);
    }
    let cut = many::cut(&record, options.many.warmup(), 1, 1, &refused)?;
    let mut simulation = prepare(&record, record.start.settings.seed.0, cut.at).map_err(refused)?;
    let end = options.duration.unwrap_or(record.start.options().duration);
    let begin = Instant::now();
    let mut progress = Progress::new(end, options.many.progress);
    while !simulation.run_chunk(end, CHUNK) {
        progress.show(simulation.now(), simulation.events());
    }
    progress.clear();
    report(&simulation, &record, options.format, &cut, begin.elapsed().as_secs_f64())
}

fn report(
    simulation: &Simulation,
    record: &Record,
    format: Format,
    cut: &Cut,
    wall_s: f64,
) -> Result<(), Failure> {
    let report = simulation.report();
    let document = record.document();
    let figures = || {
        let mut figures = figures(&report, &document, Some(wall_s));
        figures["warmup"] = cut.to_json();
        figures
    };
    match format {
        Format::Json => output::print_json(&figures())?,
        Format::Csv => output::print(&csv::csv(&figures()))?,
        Format::Table => {
            let found = matches!(cut.reason, Reason::Found { .. }).then(|| cut.sentence());
            output::print(&table::table(&report, &document, wall_s, found.as_deref()))?;
        }
    }
    simulation.halted().map_or(Ok(()), |reason| Err(Failure::Halted(reason.en())))
}

fn warn_of_engine(record: &Record) {
    if !record.engine.is_empty() && record.engine != brownout_sim::ENGINE_VERSION {
        eprintln!(
            "brownout: recorded by engine {}, replayed by {}: the run may differ",
            record.engine,
            brownout_sim::ENGINE_VERSION
        );
    }
}
