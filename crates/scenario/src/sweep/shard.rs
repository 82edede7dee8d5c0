//! A part of a sweep, as a file that another process goes on with.

use std::collections::BTreeMap;

use brownout_sim::ENGINE_VERSION;
use serde_json::{Value, json};

use super::{Assembly, Plan, SweepError, Swept};
use crate::replicate::warmup::{Cut, Reason, Watched};
use crate::replicate::{Pool, Replication};
use crate::time::LONGEST_S;

/// The version of these files.
const VERSION: u64 = 1;

/// What one process found. Distributions of one point are added up already: they add exactly.
#[derive(Debug)]
pub struct Shard {
    pub plan: Plan,
    /// Counted from 1, and out of how many.
    pub number: usize,
    pub of: usize,
    units: BTreeMap<usize, Replication>,
    points: BTreeMap<usize, (Cut, Pool)>,
}

impl Shard {
    pub const fn new(plan: Plan, number: usize, of: usize) -> Self {
        Self { plan, number, of, units: BTreeMap::new(), points: BTreeMap::new() }
    }

    /// The units that are its own.
    pub fn units(&self) -> impl Iterator<Item = usize> + use<> {
        (self.number - 1..self.plan.units()).step_by(self.of)
    }

    pub fn add(&mut self, unit: usize, mut run: Replication, cut: Cut) {
        let (point, _) = self.plan.unit(unit);
        let pool = std::mem::take(&mut run.pool);
        self.points.entry(point).or_insert_with(|| (cut, Pool::default())).1.add(&pool);
        self.units.insert(unit, run);
    }

    pub fn to_json(&self) -> Value {
        let unit = |(unit, run): (&usize, &Replication)| {
            let mut value =
                json!({"unit": unit, "seed": run.seed, "digest": run.digest, "figures": run.figures});
            if let Some(reason) = &run.halted {
                value["halted"] = json!(reason);
            }
            value
        };
        let point = |(point, (cut, pool)): (&usize, &(Cut, Pool))| json!({"point": point, "warmup": cut_to_json(cut), "distributions": pool.to_json()});
        json!({
            "shard": VERSION,
            "engine": ENGINE_VERSION,
            "number": self.number,
            "of": self.of,
            "plan": self.plan.to_json(),
            "units": self.units.iter().map(unit).collect::<Vec<_>>(),
            "points": self.points.iter().map(point).collect::<Vec<_>>(),
        })
    }

    /// Reads a file that [`to_json`](Self::to_json) wrote; `name` stands before what is wrong with another.
    pub fn from_text(name: &str, text: &str) -> Result<Self, SweepError> {
        let refuse = |reason: &str| SweepError::Shard(format!("{name}: {reason}"));
        let value: Value = serde_json::from_str(text).map_err(|error| refuse(&format!("JSON: {error}")))?;
        match value.get("shard").map(Value::as_u64) {
            Some(Some(VERSION)) => {}
            Some(Some(found)) if found > VERSION => {
                return Err(refuse(&format!(
                    "shard: {found} is newer than the newest that this version of Brownout reads ({VERSION})"
                )));
            }
            _ => return Err(refuse("not a shard of a sweep: expected what sweep --shard prints")),
        }
        let engine = value.get("engine").and_then(Value::as_str).unwrap_or_default();
        if engine != ENGINE_VERSION {
            return Err(refuse(&format!("engine: made by {engine:?}, this is {ENGINE_VERSION:?}")));
        }
        let plan =
            value.get("plan").and_then(Plan::from_json).ok_or_else(|| refuse("plan: not a plan"))??;
        let whole =
            |name: &str| value.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let (Some(number), Some(of)) = (whole("number"), whole("of")) else {
            return Err(refuse("number, of: expected two whole numbers"));
        };
        if number == 0 || number > of {
            return Err(refuse("number: expected one from 1 to `of`"));
        }
        let mut shard = Self::new(plan, number, of);
        let list = |name: &str| value.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (at, unit) in list("units").iter().enumerate() {
            let (unit, run) = shard
                .read_unit(unit)
                .ok_or_else(|| refuse(&format!("units[{at}]: not a unit of this shard")))?;
            shard.units.insert(unit, run);
        }
        for (at, point) in list("points").iter().enumerate() {
            let (point, found) = shard
                .read_point(point)
                .ok_or_else(|| refuse(&format!("points[{at}]: not a point of this sweep")))?;
            shard.points.insert(point, found);
        }
        let complete = shard.units().eq(shard.units.keys().copied())
            && shard.units.keys().all(|unit| shard.points.contains_key(&shard.plan.unit(*unit).0));
        if complete { Ok(shard) } else { Err(refuse("it does not hold all of its units")) }
    }

    fn read_unit(&self, value: &Value) -> Option<(usize, Replication)> {
        let unit = usize::try_from(value.get("unit")?.as_u64()?).ok()?;
        if unit >= self.plan.units() || unit % self.of != self.number - 1 || self.units.contains_key(&unit) {
            return None;
        }
        let halted = value.get("halted").map(|reason| reason.as_str().map(str::to_owned));
        let run = Replication {
            seed: value.get("seed")?.as_u64()?,
            digest: value.get("digest")?.as_str()?.to_owned(),
            halted: match halted {
                Some(reason) => Some(reason?),
                None => None,
            },
            figures: value.get("figures").filter(|figures| figures.is_object())?.clone(),
            pool: Pool::default(),
        };
        Some((unit, run))
    }

    fn read_point(&self, value: &Value) -> Option<(usize, (Cut, Pool))> {
        let point = usize::try_from(value.get("point")?.as_u64()?).ok()?;
        if point >= self.plan.points() || self.points.contains_key(&point) {
            return None;
        }
        let cut = cut_from_json(value.get("warmup")?)?;
        Some((point, (cut, Pool::from_json(value.get("distributions")?)?)))
    }
}

/// A cut with its nanoseconds: what results state is rounded for readers.
fn cut_to_json(cut: &Cut) -> Value {
    let mut value = cut.to_json();
    value["cut_ns"] = json!(cut.at);
    value
}

fn cut_from_json(value: &Value) -> Option<Cut> {
    let at = value.get("cut_ns")?.as_u64().filter(|at| *at <= LONGEST_S * 1_000_000_000)?;
    let whole = |name: &str| value.get(name)?.as_u64().and_then(|n| usize::try_from(n).ok());
    let reason = match value.get("method")?.as_str()? {
        "document" => Reason::Document,
        "given" => Reason::Given,
        "mser-5" => Reason::Found {
            watched: Watched::from_name(value.get("series")?.as_str()?)?,
            runs: whole("pilot_runs")?,
            windows: whole("windows")?,
            settled: value.get("settled")?.as_bool()?,
        },
        _ => return None,
    };
    Some(Cut { at, reason })
}

/// Puts all shards of one sweep together: the result of the sweep as if it had never been divided.
pub fn merge(shards: Vec<(String, Shard)>) -> Result<Swept, SweepError> {
    let mut shards = shards.into_iter();
    let Some((first_name, first)) = shards.next() else {
        return Err(SweepError::Shard("nothing to merge".to_owned()));
    };
    let of = first.of;
    let plan = first.plan.clone();
    let mut found = BTreeMap::from([(first.number, (first_name.clone(), first))]);
    for (name, shard) in shards {
        if shard.plan != plan || shard.of != of {
            let reason = format!("{name}: a shard of another sweep than {first_name}");
            return Err(SweepError::Shard(reason));
        }
        let number = shard.number;
        if let Some((other, _)) = found.insert(number, (name.clone(), shard)) {
            return Err(SweepError::Shard(format!("{name}: shard {number}/{of} again, as {other}")));
        }
    }
    let missing: Vec<String> =
        (1..=of).filter(|number| !found.contains_key(number)).take(20).map(|n| format!("{n}/{of}")).collect();
    if !missing.is_empty() {
        return Err(SweepError::Shard(format!("missing: shard {}", missing.join(", "))));
    }
    let mut shards: Vec<Shard> = found.into_values().map(|(_, shard)| shard).collect();
    let mut assembly = Assembly::new(plan);
    for unit in 0..assembly.plan.units() {
        let (point, _) = assembly.plan.unit(unit);
        let shard = &mut shards[unit % of];
        if let (Some(run), Some((cut, _))) = (shard.units.remove(&unit), shard.points.get(&point)) {
            assembly.add(run, *cut);
        }
    }
    for (point, (_, pool)) in shards.iter().flat_map(|shard| &shard.points) {
        assembly.pool(*point, pool);
    }
    Ok(assembly.finish())
}
