//! The same document with other values in some places: a grid of points, each run several times.
//!
//! A run of a point is a unit. Units are counted through, first the runs of the first point; a shard takes
//! every n-th of them. What shards found is put together in the order of the units, so that a sweep that was
//! divided gives the result of one that was not, to the last byte.

mod axis;
mod shard;

use serde_json::{Map, Value, json};

pub use axis::{Axis, SweepError, apply, shown};
pub use shard::{Shard, merge};

use crate::model::{Scenario, Seed, WarmUp};
use crate::replicate::warmup::{Cut, Watched};
use crate::replicate::{Pool, Replication, Together, seed_of};
use crate::time::LONGEST_S;

/// More units than this are no sweep but a mistake.
pub const MOST_UNITS: u64 = 1_000_000;

/// Which warm-up the runs of a sweep have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Warmup {
    /// As the document says.
    Document,
    /// The same for all, in nanoseconds.
    Given(brownout_sim::Ns),
    /// Found for each point.
    Found(Watched),
}

impl Warmup {
    /// What the document says no longer counts where something else was asked for.
    pub fn settle(self, document: &mut Scenario) {
        document.settings.warmup_s = match self {
            Self::Document => return,
            Self::Given(ns) => WarmUp::After(ns as f64 / 1e9),
            Self::Found(_) => WarmUp::After(0.0),
        };
    }

    /// What it comes to for runs of this document.
    pub fn of(self, document: &Scenario) -> Self {
        match (self, document.settings.warmup_s) {
            (Self::Document, WarmUp::Auto) => Self::Found(Watched::default()),
            _ => self,
        }
    }
}

/// What a sweep is to do. Two shards belong together where their plans are equal.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub document: Scenario,
    pub axes: Vec<Axis>,
    /// Of each point.
    pub runs: u64,
    pub warmup: Warmup,
}

impl Plan {
    /// Refuses a plan of which any point would not run, naming its values.
    pub fn new(document: Scenario, axes: Vec<Axis>, runs: u64, warmup: Warmup) -> Result<Self, SweepError> {
        for (at, axis) in axes.iter().enumerate() {
            if axes[..at].iter().any(|other| other.path == axis.path) {
                return Err(SweepError::Twice(axis.path.clone()));
            }
        }
        let points = axes.iter().map(|axis| axis.values.len() as u128).fold(1, u128::saturating_mul);
        let units = points.saturating_mul(u128::from(runs));
        if units > u128::from(MOST_UNITS) {
            return Err(SweepError::TooMany { got: units.to_string(), limit: MOST_UNITS });
        }
        let plan = Self { document, axes, runs, warmup };
        // Every value by itself first: the sentence then names it alone.
        for axis in &plan.axes {
            for value in &axis.values {
                apply(&plan.document, std::slice::from_ref(axis), std::slice::from_ref(value))?;
            }
        }
        Ok(plan)
    }

    pub fn points(&self) -> usize {
        self.axes.iter().map(|axis| axis.values.len()).product()
    }

    pub fn units(&self) -> usize {
        self.points() * self.runs as usize
    }

    /// The point and the run of a unit.
    pub const fn unit(&self, unit: usize) -> (usize, u64) {
        (unit / self.runs as usize, unit as u64 % self.runs)
    }

    /// The values of a point; the last axis changes first.
    pub fn values(&self, point: usize) -> Vec<Value> {
        let mut rest = point;
        let mut values = Vec::with_capacity(self.axes.len());
        for axis in self.axes.iter().rev() {
            values.push(axis.values[rest % axis.values.len()].clone());
            rest /= axis.values.len();
        }
        values.reverse();
        values
    }

    /// The document of a point.
    pub fn at(&self, point: usize) -> Result<Scenario, SweepError> {
        apply(&self.document, &self.axes, &self.values(point))
    }

    /// The document of a unit: its own seed, the same for the same run of every point.
    pub fn of_unit(&self, unit: usize) -> Result<Scenario, SweepError> {
        let (point, run) = self.unit(unit);
        let mut document = self.at(point)?;
        document.settings.seed = Seed(seed_of(document.settings.seed.0, run));
        Ok(document)
    }

    fn to_json(&self) -> Value {
        let axis = |axis: &Axis| json!({"path": axis.path, "values": axis.values});
        let warmup = match self.warmup {
            Warmup::Document => json!("document"),
            Warmup::Given(ns) => json!(ns),
            Warmup::Found(watched) => json!(watched.name()),
        };
        json!({
            "scenario": serde_json::from_str::<Value>(&self.document.to_json()).unwrap_or(Value::Null),
            "vary": self.axes.iter().map(axis).collect::<Vec<_>>(),
            "runs": self.runs,
            "warmup": warmup,
        })
    }

    /// `None` where it is no plan; a plan that would not run is refused with its sentence.
    fn from_json(value: &Value) -> Option<Result<Self, SweepError>> {
        let document = Scenario::from_json(&value.get("scenario")?.to_string()).ok()?;
        let axis = |axis: &Value| {
            let values = axis.get("values")?.as_array().filter(|values| !values.is_empty())?.clone();
            Some(Axis { path: axis.get("path")?.as_str()?.to_owned(), values })
        };
        let axes = value.get("vary")?.as_array()?.iter().map(axis).collect::<Option<_>>()?;
        let runs = value.get("runs")?.as_u64().filter(|runs| *runs > 0)?;
        let warmup = match value.get("warmup")? {
            Value::String(word) if word == "document" => Warmup::Document,
            Value::String(word) => Warmup::Found(Watched::from_name(word)?),
            number => Warmup::Given(number.as_u64().filter(|ns| *ns <= LONGEST_S * 1_000_000_000)?),
        };
        Some(Self::new(document, axes, runs, warmup))
    }
}

/// What was found so far of one point.
#[derive(Clone, Debug)]
pub struct Point {
    pub cut: Cut,
    pub together: Together,
}

/// Puts the units of a sweep together, in their order.
#[derive(Debug)]
pub struct Assembly {
    plan: Plan,
    next: usize,
    points: Vec<Point>,
}

impl Assembly {
    pub const fn new(plan: Plan) -> Self {
        Self { plan, next: 0, points: Vec::new() }
    }

    /// Takes in the next unit.
    pub fn add(&mut self, run: Replication, cut: Cut) {
        let (point, _) = self.plan.unit(self.next);
        self.next += 1;
        if point == self.points.len() {
            self.points.push(Point { cut, together: Together::default() });
        }
        self.points[point].together.add(run);
    }

    fn pool(&mut self, point: usize, pool: &Pool) {
        self.points[point].together.pool.add(pool);
    }

    /// The result. Every point has its values by path beside its figures.
    pub fn finish(self) -> Swept {
        Swept { plan: self.plan, points: self.points }
    }
}

/// The result of a sweep.
#[derive(Debug)]
pub struct Swept {
    pub plan: Plan,
    pub points: Vec<Point>,
}

impl Swept {
    pub fn figures(&self) -> Value {
        let points = self.points.iter().enumerate().map(|(at, point)| {
            let paths = self.plan.axes.iter().map(|axis| axis.path.clone());
            let values: Map<String, Value> = paths.zip(self.plan.values(at)).collect();
            let mut value = json!({"values": values});
            let figures = point.together.figures(&point.cut, None);
            if let (Some(fields), Value::Object(figures)) = (value.as_object_mut(), figures) {
                fields.extend(figures);
            }
            value
        });
        json!({
            "version": crate::figures::VERSION,
            "engine": brownout_sim::ENGINE_VERSION,
            "seed": self.plan.document.settings.seed.0,
            "runs": self.plan.runs,
            "vary": self.plan.axes.iter().map(|axis| json!({"path": axis.path, "values": axis.values}))
                .collect::<Vec<_>>(),
            "points": points.collect::<Vec<_>>(),
        })
    }
}
