//! Several runs of one document, and what they tell together.
//!
//! Everything here is arithmetic: whoever has threads or workers runs the replications, in any order, and
//! adds them in the order of their seeds, so that the result does not depend on who was faster.

mod average;
mod pool;
mod student;
pub mod warmup;

use brownout_sim::Simulation;
use serde_json::{Value, json};

pub use average::{Average, Moments};
pub use pool::Pool;
pub use student::quantile as student_t;

use crate::error::Error;
use crate::figures::figures;
use crate::model::{LARGEST_SEED, Scenario};
use crate::record::Record;
use warmup::{Cut, Watched};

/// So many runs, at most, are looked at to find out where measuring should begin.
pub const PILOTS: usize = 5;

/// The seed of the replication at `index`: they count up from the document's own.
pub const fn seed_of(base: u64, index: u64) -> u64 {
    (base.wrapping_add(index)) & LARGEST_SEED
}

/// What one run contributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Replication {
    pub seed: u64,
    pub digest: String,
    pub halted: Option<String>,
    /// As `figures` gives them, without what is the run's own name.
    pub figures: Value,
    pub pool: Pool,
}

impl Replication {
    /// Reads a run that has come to its end. Of a run among many the windows and the parts' distributions
    /// are left out.
    pub fn of(simulation: &Simulation, document: &Scenario, among_many: bool) -> Self {
        let mut report = simulation.report();
        if among_many {
            report.series.clear();
        }
        let mut figures = figures(&report, document, None);
        if let Some(fields) = figures.as_object_mut() {
            let own = ["version", "engine", "seed", "digest", "wall_s", "halted"];
            fields.retain(|name, _| !(own.contains(&name.as_str()) || among_many && name == "series"));
        }
        let distributions = simulation.distributions();
        Self {
            seed: report.seed,
            digest: report.digest.to_string(),
            halted: report.halted.map(|reason| reason.en()),
            figures,
            pool: if among_many { Pool::of_requests(distributions) } else { Pool::of(distributions) },
        }
    }
}

/// A run of this record under another seed and another warm-up, ready to go.
pub fn prepare(record: &Record, seed: u64, warmup: brownout_sim::Ns) -> Result<Simulation, Error> {
    let mut options = record.start.options();
    options.seed = seed;
    options.warmup = warmup;
    Ok(Simulation::new(&record.start.system(), options, &record.interventions())?)
}

/// What is observed of a pilot run, which is measured from its start.
pub fn pilot(simulation: &Simulation, watched: Watched) -> Vec<f64> {
    warmup::observe(simulation, watched)
}

/// How long a window of this run is.
pub fn window(simulation: &Simulation) -> brownout_sim::Ns {
    simulation.windows().first().map_or(0, |window| window.length)
}

/// When enough replications have been run.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// Half-width over mean, at most.
    pub target: f64,
    /// The path of the figure.
    pub metric: String,
}

impl Precision {
    /// Intervals of fewer runs are too uncertain themselves to be stopped by.
    pub const FEWEST: u64 = 5;

    /// Half-width over mean as it stands.
    pub fn reached(&self, average: &Average) -> Option<f64> {
        let moments = average.find(&self.metric)?;
        let half = moments.half_width()?;
        if half == 0.0 { Some(0.0) } else { Some(half / moments.mean.abs()) }
    }

    /// Whether the runs so far are enough.
    pub fn is_met(&self, average: &Average) -> bool {
        average.runs() >= Self::FEWEST && self.reached(average).is_some_and(|share| share <= self.target)
    }
}

/// Replications as they come in, in the order of their seeds.
#[derive(Clone, Debug, Default)]
pub struct Together {
    pub average: Average,
    pub pool: Pool,
    pub seeds: Vec<u64>,
    pub digests: Vec<String>,
    /// The seeds of runs that stopped early, and why.
    pub halted: Vec<(u64, String)>,
}

impl Together {
    pub fn add(&mut self, run: Replication) {
        self.average.add(&run.figures);
        self.pool.add(&run.pool);
        self.seeds.push(run.seed);
        self.digests.push(run.digest);
        self.halted.extend(run.halted.map(|reason| (run.seed, reason)));
    }

    /// The means at the paths where a single run has its figures, their half-widths under `half_width`, and
    /// under `pooled` the distributions of all runs taken together.
    pub fn figures(&self, cut: &Cut, precision: Option<&Precision>) -> Value {
        let mut value = json!({
            "runs": self.average.runs(),
            "confidence": 0.95,
            "warmup": cut.to_json(),
            "seeds": self.seeds,
            "digests": self.digests,
        });
        if let Some(precision) = precision {
            value["precision"] = json!({
                "metric": precision.metric,
                "target": precision.target,
                "reached": precision.reached(&self.average),
                "met": precision.is_met(&self.average),
            });
        }
        if !self.halted.is_empty() {
            let halted = self.halted.iter().map(|(seed, reason)| json!({"seed": seed, "reason": reason}));
            value["halted"] = halted.collect();
        }
        if let (Some(fields), Value::Object(means)) = (value.as_object_mut(), self.average.means()) {
            fields.extend(means);
        }
        value["half_width"] = self.average.half_widths();
        value["missing"] = Value::Object(self.average.missing());
        value["pooled"] = self.pool.figures();
        value
    }
}

/// The figures of a set of replications, for the terminal and the page.
pub fn replicated(together: &Together, base: u64, cut: &Cut, precision: Option<&Precision>) -> Value {
    let mut value = json!({
        "version": crate::figures::VERSION,
        "engine": brownout_sim::ENGINE_VERSION,
        "seed": base,
        "digest": null,
        "wall_s": null,
    });
    if let (Some(fields), Value::Object(rest)) = (value.as_object_mut(), together.figures(cut, precision)) {
        fields.extend(rest);
    }
    value
}
