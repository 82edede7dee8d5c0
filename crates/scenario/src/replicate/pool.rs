//! The distributions of several runs as one: histograms add exactly.

use std::collections::BTreeMap;

use brownout_sim::Ns;
use brownout_sim::observe::{Histogram, Latency, Times};
use serde_json::{Map, Value, json};

use crate::figures::latency;

/// Counts beyond this are no counts of a run, but could overflow a sum.
const MOST: u64 = 1 << 48;

/// Histograms by the path of the figures that are read from them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pool {
    times: BTreeMap<String, Histogram>,
}

impl Pool {
    pub(crate) fn of(all: BTreeMap<Times, Histogram>) -> Self {
        Self { times: all.into_iter().map(|(what, times)| (path(what), times)).collect() }
    }

    /// Only what is told of the whole and of each client: sweeps have many points.
    pub(crate) fn of_requests(mut all: BTreeMap<Times, Histogram>) -> Self {
        all.retain(|what, _| matches!(what, Times::Latency | Times::Workload(_)));
        Self::of(all)
    }

    /// Adds another's counts: what one run of both would have counted.
    pub fn add(&mut self, other: &Self) {
        for (path, times) in &other.times {
            match self.times.get_mut(path) {
                Some(mine) => mine.merge(times),
                None => drop(self.times.insert(path.clone(), times.clone())),
            }
        }
    }

    /// The figures of all runs taken together, by path.
    pub fn figures(&self) -> Value {
        let all = self.times.iter();
        Value::Object(all.map(|(path, times)| (path.clone(), latency(&Latency::of(times)))).collect())
    }

    /// The histogram behind the figures at this path.
    pub fn get(&self, path: &str) -> Option<&Histogram> {
        self.times.get(path)
    }

    /// Exactly, for another process to go on with: `[sum, max, bucket, count, bucket, count, …]`.
    pub(crate) fn to_json(&self) -> Value {
        let one = |times: &Histogram| {
            let mut all = vec![json!(times.sum().to_string()), json!(times.max())];
            all.extend(times.filled().flat_map(|(bucket, count)| [json!(bucket), json!(count)]));
            Value::Array(all)
        };
        Value::Object(
            self.times.iter().map(|(path, times)| (path.clone(), one(times))).collect::<Map<_, _>>(),
        )
    }

    /// `None` where it is nothing that [`to_json`](Self::to_json) writes.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let one = |value: &Value| {
            let (sum, rest) = value.as_array()?.split_first()?;
            let (max, rest) = rest.split_first()?;
            let max: Option<Ns> = if max.is_null() { None } else { Some(max.as_u64()?) };
            let pair = |pair: &[Value]| {
                let count = pair.get(1)?.as_u64().filter(|count| *count <= MOST)?;
                Some((usize::try_from(pair[0].as_u64()?).ok()?, count))
            };
            let filled: Option<Vec<_>> = rest.chunks(2).map(pair).collect();
            Histogram::from_filled(&filled?, sum.as_str()?.parse().ok()?, max)
        };
        let all = value.as_object()?.iter();
        let times = all.map(|(path, value)| Some((path.clone(), one(value)?))).collect::<Option<_>>()?;
        Some(Self { times })
    }
}

fn path(what: Times) -> String {
    match what {
        Times::Latency => "latency_ms".to_owned(),
        Times::Workload(id) => format!("workloads.{id}.latency_ms"),
        Times::Wait(id) => format!("components.{id}.wait_ms"),
        Times::Service(id) => format!("components.{id}.service_ms"),
        Times::Residence(id) => format!("components.{id}.residence_ms"),
        Times::Edge(id) => format!("edges.{id}.latency_ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_survive_the_way_through_a_file_and_add_up() {
        let mut left = Histogram::default();
        let mut right = Histogram::default();
        (0..2_000_u64).for_each(|at| if at % 2 == 0 { left.record(at * at) } else { right.record(at * 7) });
        let pool = |times: &Histogram| Pool::of(BTreeMap::from([(Times::Wait(4), times.clone())]));
        let mut both = pool(&left);
        both.add(&pool(&right));
        let again = Pool::from_json(&both.to_json()).expect("its own");
        assert_eq!(again, both);
        left.merge(&right);
        assert_eq!(both.get("components.4.wait_ms"), Some(&left));
        for wrong in [json!({"x": []}), json!({"x": ["1", null]}), json!({"x": ["1", 1, 1]}), json!([])] {
            assert_eq!(Pool::from_json(&wrong), None, "{wrong}");
        }
    }
}
