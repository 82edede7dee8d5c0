//! Runs of a document, and their figures over stretches of time.
//!
//! Figures over a stretch are those of `run --format json` when measuring begins at its start and the run ends at its
//! end. What a report counts from the start of the run (requests, calls on edges, messages, jobs) is counted within
//! the stretch; what is a state (backlog, keys held, healthy targets) is the state at its end.

use std::collections::BTreeMap;

use brownout_scenario::{Record, Scenario, WarmUp, figures};
use brownout_sim::param::Sentence;
use brownout_sim::{Ns, Simulation, sentence};
use serde_json::Value;

use crate::error::sentence_of;

/// A stretch of time; without one, everything after the document's warm-up.
pub type Over = Option<[Ns; 2]>;

/// The gauges of types that count from the start of a run.
const COUNTED: &[&str] = &[
    "accepted",
    "acknowledged",
    "redelivered",
    "dead_letters",
    "lost",
    "full_refused",
    "jobs_done",
    "jobs_done_again",
    "jobs_skipped",
    "jobs_failed",
    "jobs_lost",
    "messages",
    "asked",
    "asked_above",
    "served_stale",
    "lost_writes",
    "stale_reads",
    "divergent_writes",
    "failovers",
    "refused_writes",
    "unreplicated_commits",
    "takeovers",
    "added_targets",
    "removed_targets",
    "kept_requests",
    "full_dropped",
    "unknown_dropped",
    "denied",
    "limited",
    "copies",
    "alerts_raised",
    "rollbacks",
    "killed_processes",
    "moved_keys",
    "scattered",
    "blocks_read",
    "blocks_written",
    "quorum_failures",
    "missed_writes",
    "read_repairs",
    "hints_handed",
    "lost_updates",
    "lock_waits",
    "deadlocks",
    "lock_timeouts",
    "buffer_hits",
    "buffer_misses",
    "disk_reads",
    "disk_flushes",
    "blocks_flushed",
    "checkpoints",
    "recoveries",
    "pages",
    "broken_pages",
    "spawned_workers",
    "lost_sessions",
    "missed_sessions",
    "session_copies",
    "versions",
    "caught_versions",
    "bad_versions",
    "displaced",
    "plan_look_ups",
    "plan_hits",
    "plan_probes",
    "unreached_sessions",
];
/// What an edge has that is no count.
const STATES: &[&str] = &["from", "to", "open", "breakers_open", "in_flight", "request_mbps", "reply_mbps"];

/// How much work a run may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Events of the simulator, all stretches together.
    pub events: u64,
}

impl Limit {
    /// For lessons, which are known.
    pub const NONE: Self = Self { events: u64::MAX };
    /// For answers, which are not: some minutes at most.
    pub const ANSWER: Self = Self { events: 200_000_000 };
}

/// The figures of one run, over every stretch that was asked for.
#[derive(Clone, Debug)]
pub struct Measured {
    over: BTreeMap<Over, Value>,
    /// Of the whole run up to the last stretch's end.
    pub digest: String,
}

impl Measured {
    pub fn figures(&self, over: Over) -> Option<&Value> {
        self.over.get(&over)
    }
}

/// Runs a document under a seed and reads it over these stretches.
///
/// Refused with a sentence where the document is not valid, where it stops early, or where it is too much work.
pub fn measure(
    document: &Scenario,
    seed: u64,
    stretches: &[Over],
    limit: Limit,
) -> Result<Measured, Sentence> {
    let mut options = document.options();
    let planned = [options.warmup, options.duration];
    options.seed = seed;
    options.warmup = 0;
    let simulation = Simulation::new(&document.system(), options, &document.plan())
        .map_err(|error| sentence_of(&error.into()))?;
    walk(simulation, document, planned, stretches, limit)
}

/// The same of a run in which things were done by hand, under its own seed.
pub fn measure_record(record: &Record, stretches: &[Over], limit: Limit) -> Result<Measured, Sentence> {
    let options = record.start.options();
    let mut from_start = record.clone();
    from_start.start.settings.warmup_s = WarmUp::After(0.0);
    let simulation = from_start.simulation().map_err(|error| sentence_of(&error))?;
    walk(simulation, &record.document(), [options.warmup, options.duration], stretches, limit)
}

fn walk(
    simulation: Simulation,
    document: &Scenario,
    planned: [Ns; 2],
    stretches: &[Over],
    limit: Limit,
) -> Result<Measured, Sentence> {
    let mut wanted: BTreeMap<[Ns; 2], Vec<Over>> = BTreeMap::new();
    for over in stretches {
        let stretch = over.unwrap_or(planned);
        let known = wanted.entry(stretch).or_default();
        if !known.contains(over) {
            known.push(*over);
        }
    }
    let mut walk =
        Walk { document, left: limit.events, over: BTreeMap::new(), digest: String::new(), last: 0 };
    walk.all(simulation, &wanted)?;
    Ok(Measured { over: walk.over, digest: walk.digest })
}

struct Walk<'d> {
    document: &'d Scenario,
    left: u64,
    over: BTreeMap<Over, Value>,
    digest: String,
    last: Ns,
}

impl Walk<'_> {
    /// From the start of one stretch to the next; each is measured in a copy of the run, the last in the run itself.
    fn all(
        &mut self,
        mut simulation: Simulation,
        wanted: &BTreeMap<[Ns; 2], Vec<Over>>,
    ) -> Result<(), Sentence> {
        let mut starts: Vec<Ns> = wanted.keys().map(|[from, _]| *from).collect();
        starts.dedup();
        let last = starts.pop();
        for start in starts {
            self.run(&mut simulation, start)?;
            self.from(simulation.clone(), start, wanted)?;
        }
        if let Some(start) = last {
            self.run(&mut simulation, start)?;
            self.from(simulation, start, wanted)?;
        }
        Ok(())
    }

    fn from(
        &mut self,
        mut run: Simulation,
        start: Ns,
        wanted: &BTreeMap<[Ns; 2], Vec<Over>>,
    ) -> Result<(), Sentence> {
        run.measure_from_now();
        let before = self.read(&run);
        for ([_, end], names) in wanted.range([start, 0]..=[start, Ns::MAX]) {
            self.run(&mut run, *end)?;
            if *end >= self.last {
                self.last = *end;
                self.digest = run.digest().to_string();
            }
            let mut figures = self.read(&run);
            take_away(&mut figures, &before);
            for name in names {
                self.over.insert(*name, figures.clone());
            }
        }
        Ok(())
    }

    fn run(&mut self, simulation: &mut Simulation, end: Ns) -> Result<(), Sentence> {
        const CHUNK: u32 = 65_536;
        while !simulation.run_chunk(end, CHUNK) {
            self.left = self.left.saturating_sub(u64::from(CHUNK));
            if self.left == 0 {
                return Err(sentence!(
                    "the run takes more events than are simulated for one answer",
                    "답안 하나에 허용된 것보다 이벤트가 많습니다"
                ));
            }
        }
        match simulation.halted() {
            Some(reason) => Err(sentence!("the run stopped early: {0}", "실행이 도중에 멈췄습니다: {0}")
                .with_sentence(reason.clone())),
            None => Ok(()),
        }
    }

    fn read(&self, simulation: &Simulation) -> Value {
        let mut report = simulation.report();
        report.series.clear();
        figures(&report, self.document, None)
    }
}

/// Takes away what had been counted when the stretch began.
fn take_away(figures: &mut Value, before: &Value) {
    subtract(&mut figures["requests"], &before["requests"]);
    each(figures, before, "workloads", |workload, before| {
        subtract(&mut workload["requests"], &before["requests"]);
        each(workload, before, "classes", |class, before| {
            subtract(&mut class["requests"], &before["requests"]);
        });
    });
    each(figures, before, "edges", subtract);
    each(figures, before, "components", |component, before| {
        for name in COUNTED {
            if let Some(count) = component.get_mut(*name) {
                subtract(count, &before[*name]);
            }
        }
    });
}

fn each(figures: &mut Value, before: &Value, name: &str, with: impl Fn(&mut Value, &Value)) {
    for (id, value) in figures.get_mut(name).and_then(Value::as_object_mut).into_iter().flatten() {
        with(value, &before[name][id.as_str()]);
    }
}

/// Counts, and counts by cause; distributions begin anew by themselves.
fn subtract(value: &mut Value, before: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if !STATES.contains(&name.as_str()) && name != "latency_ms" {
                    subtract(value, &before[name.as_str()]);
                }
            }
        }
        Value::Number(number) => {
            let had = before.as_f64().unwrap_or(0.0);
            *value = serde_json::json!(number.as_f64().unwrap_or(0.0) - had);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brownout_sim::engine::SECOND;

    fn at(figures: &Value, path: &str) -> f64 {
        crate::metric::find(figures, path).and_then(Value::as_f64).expect(path)
    }

    #[test]
    fn a_stretch_is_a_run_measured_from_its_start() {
        let document = brownout_scenario::starter();
        let over = [3 * SECOND, 7 * SECOND];
        let stretches =
            [Some([SECOND, 2 * SECOND]), Some(over), Some([3 * SECOND, 5 * SECOND]), Some([0, 7 * SECOND])];
        let measured = measure(&document, 5, &stretches, Limit::NONE).expect("runs");
        let mut options = document.options();
        (options.seed, options.warmup) = (5, over[0]);
        let mut run = Simulation::new(&document.system(), options, &[]).expect("valid");
        run.run_until(over[1]);
        let wanted = figures(&run.report(), &document, None);
        let got = measured.figures(Some(over)).expect("measured");
        for path in [
            "latency_ms.p99",
            "goodput_rps",
            "components.6.utilisation",
            "components.7.queue_mean",
            "edges.14.latency_ms.mean",
        ] {
            assert_eq!(at(got, path), at(&wanted, path), "{path}");
        }
        assert_eq!(measured.digest, run.digest().to_string());
        // Counts are those of the stretch alone.
        let issued = at(measured.figures(Some([0, 7 * SECOND])).expect("measured"), "requests.issued");
        let rate = at(got, "requests.issued") / 4.0;
        assert!((700.0..900.0).contains(&rate) && issued > 4_900.0, "{rate} {issued}");
        assert!((at(got, "edges.9.issued") - at(got, "requests.issued")).abs() < 100.0);
    }

    #[test]
    fn too_much_work_is_refused() {
        let document = brownout_scenario::starter();
        let refused = measure(&document, 1, &[None], Limit { events: 100_000 }).expect_err("too much");
        assert!(refused.en().contains("more events"), "{refused}");
    }
}
