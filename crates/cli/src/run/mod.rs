//! `brownout run`: one run and its figures.

mod csv;
mod progress;
mod table;

use std::time::Instant;

use brownout_scenario::{Record, Seed, figures};
use brownout_sim::Simulation;
use brownout_sim::param::Seconds;

use crate::arguments::{Format, RunOptions};
use crate::failure::Failure;
use crate::{input, output};
use progress::Progress;

/// Events between two looks at the clock.
const CHUNK: u32 = 100_000;

pub fn run(options: &RunOptions) -> Result<(), Failure> {
    if options.runs.is_some() || options.jobs.is_some() {
        let reason = "--runs and --jobs: replications are not there yet; run once per --seed instead";
        return Err(Failure::Usage(reason.to_owned()));
    }
    let mut record = input::read(&options.scenario)?.into_record();
    warn_of_engine(&record);
    if let Some(seed) = options.seed {
        record.start.settings.seed = Seed(seed);
    }
    if let Some(duration) = options.duration {
        record.start.settings.duration_s = Seconds(duration as f64 / 1e9);
    }
    let refused = |error| Failure::Refused { name: options.scenario.chars().take(60).collect(), error };
    record.start.validate().map_err(refused)?;
    let mut simulation = record.simulation().map_err(refused)?;
    let end = options.duration.unwrap_or(record.start.options().duration);
    let begin = Instant::now();
    let mut progress = Progress::new(end);
    while !simulation.run_chunk(end, CHUNK) {
        progress.show(simulation.now(), simulation.events());
    }
    progress.clear();
    report(&simulation, &record, options.format, begin.elapsed().as_secs_f64())
}

fn report(simulation: &Simulation, record: &Record, format: Format, wall_s: f64) -> Result<(), Failure> {
    let report = simulation.report();
    let document = record.document();
    match format {
        Format::Json => output::print_json(&figures(&report, &document, Some(wall_s)))?,
        Format::Csv => output::print(&csv::csv(&figures(&report, &document, Some(wall_s))))?,
        Format::Table => output::print(&table::table(&report, &document, wall_s))?,
    }
    simulation.halted().map_or(Ok(()), |reason| Err(Failure::Halted(reason.to_owned())))
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
