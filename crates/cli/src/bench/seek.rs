//! `brownout bench --seek`: how soon another instant of a long run is reached.

use std::fmt::Write as _;
use std::time::Instant;

use brownout_scenario::{Record, Scenario};
use brownout_sim::engine::SECOND;
use brownout_sim::timeline::{Budget, Seeks, measure};
use serde_json::json;

use crate::arguments::Plain;
use crate::failure::Failure;
use crate::many::grid::{Grid, grouped, number};
use crate::output;

const DOCUMENT: &str = include_str!("../../../../fixtures/parts60.json");
const SECONDS: u64 = 600;

/// Ten minutes of sixty parts with 1,000 requests a second: to each second of it, in random order.
pub fn seek(format: Plain) -> Result<(), Failure> {
    let refused = |error| Failure::Refused { name: "parts60".to_owned(), error };
    let document = Scenario::from_json(DOCUMENT).map_err(refused)?;
    let start = Record::new(document).simulation().map_err(refused)?;
    let (begin, budget) = (Instant::now(), Budget::default());
    let mut clock = || begin.elapsed().as_secs_f64() * 1e3;
    let seeks = measure(start, SECONDS * SECOND, budget, &mut clock);
    match format {
        Plain::Json => output::print_json(&json!({
            "version": 1,
            "engine": brownout_sim::ENGINE_VERSION,
            "optimised": !cfg!(debug_assertions),
            "document": "parts60",
            "simulated_s": SECONDS,
            "budget_bytes": budget.bytes,
            "seeks": seeks.seeks,
            "seek_median_ms": seeks.median_ms,
            "seek_worst_ms": seeks.worst_ms,
            "fork_median_ms": seeks.fork_median_ms,
            "fork_worst_ms": seeks.fork_worst_ms,
            "run_ms": seeks.run_ms,
            "run_with_past_ms": seeks.run_with_past_ms,
            "checkpoints": seeks.moments,
            "checkpoint_bytes": seeks.bytes_per_moment,
            "bytes": seeks.bytes,
            "bytes_live": seeks.bytes_live,
            "calendar_events": seeks.events,
        }))?,
        Plain::Table => output::print(&table(&seeks))?,
    }
    Ok(())
}

fn table(seeks: &Seeks) -> String {
    let kilobytes = |bytes: usize| format!("{} kB", grouped(bytes as u64 / 1_000));
    let mut grid = Grid::new(&["parts60, 10 minutes", "median, ms", "worst, ms"]);
    grid.row(["go to a second".to_owned(), number(seeks.median_ms), number(seeks.worst_ms)]);
    grid.row(["fork".to_owned(), number(seeks.fork_median_ms), number(seeks.fork_worst_ms)]);
    let mut out = String::new();
    grid.write(&mut out);
    let _ = write!(
        out,
        "\n{} checkpoints of {} on average, {} in all; the simulation as it runs takes {}.\n\
         The run took {} ms, and {} ms with checkpoints ({} calendar events).\n",
        seeks.moments,
        kilobytes(seeks.bytes_per_moment),
        kilobytes(seeks.bytes),
        kilobytes(seeks.bytes_live),
        number(seeks.run_ms),
        number(seeks.run_with_past_ms),
        grouped(seeks.events),
    );
    if cfg!(debug_assertions) {
        out.push_str("This build is not optimised and audits itself: its times say nothing.\n");
    }
    out
}
