//! Several runs: replications, sweeps, and what a warm-up is found from.

pub mod grid;
mod replications;
mod sweep;
pub mod threads;

use std::ops::ControlFlow;

use brownout_scenario::replicate::warmup::{Cut, Reason, Watched};
use brownout_scenario::replicate::{PILOTS, pilot, prepare, seed_of, window};
use brownout_scenario::{Record, sweep::Warmup};
use brownout_sim::Simulation;

pub use replications::replications;
pub use sweep::{merge, sweep};

use crate::failure::Failure;

/// Events between two looks at anything else.
const CHUNK: u32 = 1_000_000;

/// Runs it to the end of its document.
fn finish(mut simulation: Simulation, record: &Record) -> Simulation {
    let end = record.start.options().duration;
    while !simulation.run_chunk(end, CHUNK) {}
    simulation
}

/// Where measuring begins in runs of this record. Finding it out takes runs of its own, which are measured
/// from the start and thrown away.
pub fn cut(
    record: &Record,
    warmup: Warmup,
    runs: usize,
    jobs: usize,
    refused: &(impl Fn(brownout_scenario::Error) -> Failure + Sync),
) -> Result<Cut, Failure> {
    let watched = match warmup.of(&record.start) {
        Warmup::Document => {
            return Ok(Cut { at: record.start.options().warmup, reason: Reason::Document });
        }
        Warmup::Given(at) => return Ok(Cut { at, reason: Reason::Given }),
        Warmup::Found(watched) => watched,
    };
    let base = record.start.settings.seed.0;
    let (mut series, mut length) = (Vec::new(), 0);
    let work = |index: usize| {
        let simulation = prepare(record, seed_of(base, index as u64), 0).map_err(refused)?;
        let simulation = finish(simulation, record);
        Ok((pilot(&simulation, watched), window(&simulation)))
    };
    threads::in_order(runs.min(PILOTS), jobs, work, |_, (observed, window)| {
        series.push(observed);
        length = window;
        ControlFlow::Continue(())
    })?;
    Ok(Cut::find(&series, watched, length))
}

/// `auto`, `auto:p95`, or a time.
pub fn warmup(text: &str) -> Result<Warmup, String> {
    match text.strip_prefix("auto") {
        Some("") => Ok(Warmup::Found(Watched::default())),
        Some(rest) => {
            let found = rest.strip_prefix(':').and_then(Watched::from_name);
            found.map(Warmup::Found).ok_or_else(|| {
                let names: Vec<&str> = Watched::ALL.iter().map(|watched| watched.name()).collect();
                format!("expected auto, auto:SERIES with one of {}, or a time", names.join(", "))
            })
        }
        None if text == "0" => Ok(Warmup::Given(0)),
        None => crate::arguments::duration(text).map(Warmup::Given),
    }
}
