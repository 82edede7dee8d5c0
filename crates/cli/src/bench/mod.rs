//! `brownout bench`: how fast the engine is, on ordinary documents with every statistic on.

mod model;
mod seek;

use serde_json::{Value, json};

use crate::arguments::{BenchOptions, Plain};
use crate::failure::Failure;
use crate::many::grid::{Grid, grouped, number};
use crate::output;
use crate::progress::Count;
use model::{MODELS, Measured};

/// The figures, as a list of models.
pub fn bench(options: &BenchOptions) -> Result<(), Failure> {
    if options.seek {
        return seek::seek(options.format);
    }
    if let Some(unknown) = options.model.iter().find(|id| MODELS.iter().all(|model| model.id != **id)) {
        let known: Vec<&str> = MODELS.iter().map(|model| model.id).collect();
        return Err(Failure::Usage(format!("--model {unknown}: there are {}", known.join(", "))));
    }
    let chosen = MODELS
        .iter()
        .filter(|model| options.model.is_empty() || options.model.iter().any(|id| id == model.id));
    let chosen: Vec<_> = chosen.collect();
    let mut progress = Count::new("measurements", chosen.len() * options.repeat as usize, options.progress);
    let mut measured = Vec::new();
    for model in chosen {
        measured.push(model.measure(options.events, options.repeat, || progress.one())?);
    }
    progress.clear();
    match options.format {
        Plain::Json => output::print_json(&json!({
            "version": 1,
            "engine": brownout_sim::ENGINE_VERSION,
            "optimised": !cfg!(debug_assertions),
            "repeats": options.repeat,
            "models": measured.iter().map(Measured::to_json).collect::<Vec<Value>>(),
        }))?,
        Plain::Table => output::print(&table(&measured))?,
    }
    // Debug builds audit themselves between events, which allocates and takes time.
    if cfg!(debug_assertions) { Ok(()) } else { verdict(&measured) }
}

/// With a part that nobody calls, a model keeps at least this share of its rate.
const KEPT: f64 = 0.9;

/// What must hold on every machine.
fn verdict(measured: &[Measured]) -> Result<(), Failure> {
    if let Some(one) = measured.iter().find(|one| one.allocations > 0) {
        return Err(Failure::Bench(format!(
            "{}: {} allocations in {} events of steady state, where there should be none",
            one.id, one.allocations, one.counted_events
        )));
    }
    let rate = |id: &str| measured.iter().find(|one| one.id == id).map(Measured::jobs_per_cpu_s);
    match (rate("m1"), rate("m1-unused")) {
        (Some(alone), Some(beside)) if beside < KEPT * alone => Err(Failure::Bench(format!(
            "m1-unused: a part that nobody calls leaves {:.0} % of the rate of m1, less than {:.0} %",
            beside / alone * 100.0,
            KEPT * 100.0
        ))),
        _ => Ok(()),
    }
}

fn table(measured: &[Measured]) -> String {
    let heads = [
        "model",
        "M jobs/s",
        "M events/s",
        "M calls/s",
        "jobs",
        "cpu, s",
        "wait, s",
        "theory, s",
        "stay, s",
        "algorithm",
        "bytes/call",
        "allocations/event",
    ];
    let mut grid = Grid::new(&heads);
    for one in measured {
        grid.row([
            one.id.to_owned(),
            number(one.jobs_per_cpu_s() / 1e6),
            number(one.events_per_cpu_s() / 1e6),
            number(one.calls_per_cpu_s() / 1e6),
            grouped(one.jobs),
            number(one.cpu_s),
            number(one.mean_wait_s),
            one.theory_wait_s.map_or("-".to_owned(), number),
            number(one.mean_stay_s),
            one.algorithm.clone().unwrap_or_default(),
            format!("{:.0}", one.bytes_per_call),
            one.allocations_per_event().to_string(),
        ]);
    }
    let mut out = String::new();
    grid.write(&mut out);
    out.push_str(
        "\nPer second of CPU time of one core. Events: one arrival and one departure per visit of a station.\n",
    );
    if cfg!(debug_assertions) {
        out.push_str("This build is not optimised and audits itself: its speed says nothing.\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(id: &'static str, jobs: u64, allocations: u64) -> Measured {
        Measured { id, jobs, cpu_s: 1.0, counted_events: 1_000_000, allocations, ..Measured::default() }
    }

    #[test]
    fn one_allocation_is_one_too_many() {
        assert!(verdict(&[measured("m1", 100, 0), measured("m4", 100, 0)]).is_ok());
        let failure = verdict(&[measured("m1", 100, 0), measured("m4", 100, 1)]).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "m4: 1 allocations in 1000000 events of steady state, where there should be none"
        );
    }

    #[test]
    fn an_unused_part_may_cost_a_tenth() {
        assert!(verdict(&[measured("m1", 100, 0), measured("m1-unused", 91, 0)]).is_ok());
        assert!(verdict(&[measured("m1", 100, 0), measured("m1-unused", 89, 0)]).is_err());
    }
}
