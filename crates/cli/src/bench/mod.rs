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
    // Debug builds audit themselves between events, which allocates.
    let too_many = |one: &&Measured| !cfg!(debug_assertions) && one.allocations_per_event() > model::ALLOWED;
    match measured.iter().find(too_many) {
        Some(one) => Err(Failure::Halted(format!(
            "{}: {} allocations per event in steady state, of which there should be none",
            one.id,
            one.allocations_per_event()
        ))),
        None => Ok(()),
    }
}

fn table(measured: &[Measured]) -> String {
    let heads = [
        "model",
        "M jobs/s",
        "M events/s",
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
        "\nPer second of CPU time of one core; one arrival and one departure per visit of a station.\n",
    );
    if cfg!(debug_assertions) {
        out.push_str("This build is not optimised and audits itself: its speed says nothing.\n");
    }
    out
}
