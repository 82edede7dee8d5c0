//! What is measured of a run: its windows, each part second by second, and the figures of the stretch that matters.

use brownout_sim::observe::{Outcome, PartGauge, Report, Requests, Window};
use brownout_sim::system::Id;
use brownout_sim::{Ns, Simulation};

/// The parts at one moment.
#[derive(Clone, Debug)]
pub struct Sample {
    pub at: Ns,
    pub parts: Vec<PartGauge>,
}

/// How a run went, for those who asked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Health {
    pub issued: u64,
    /// Failed, answered too late, or stuck.
    pub bad: u64,
}

impl Health {
    pub fn share(&self) -> f64 {
        if self.issued == 0 { 0.0 } else { self.bad as f64 / self.issued as f64 }
    }

    /// Whether anybody would be told.
    pub fn is_alarming(&self) -> bool {
        self.bad >= 10 && self.share() >= 0.005
    }
}

pub(crate) fn bad_of(window: &Window) -> u64 {
    window.failed() + window.outcomes[Outcome::Ok as usize].saturating_sub(window.good)
}

/// The health of a stretch of a run. What has been in flight for longer than two seconds of load counts as stuck.
pub(crate) fn health(windows: &[Window], requests: &Requests, from: Ns, to: Ns) -> Health {
    let inside = windows.iter().filter(|window| window.start >= from && window.start < to);
    let (mut health, mut length) = (Health::default(), 0);
    for window in inside {
        health.issued += window.issued;
        health.bad += bad_of(window);
        length += window.length;
    }
    let per_second = health.issued as f64 / (length as f64 / 1e9).max(1.0);
    health.bad += requests.in_flight.saturating_sub((2.0 * per_second) as u64 + 20);
    health.bad = health.bad.min(health.issued);
    health
}

/// The first and the last moment at which something was wrong, within a stretch.
pub(crate) fn trouble(windows: &[Window], from: Ns, to: Ns) -> Option<(Ns, Ns)> {
    let is_bad = |window: &&Window| {
        let ended = window.outcomes.iter().sum::<u64>();
        bad_of(window) * 20 > ended.max(20)
    };
    let mut bad = windows.iter().filter(|window| window.start >= from && window.start < to).filter(is_bad);
    let first = bad.next()?;
    let last = bad.next_back().unwrap_or(first);
    Some((first.start, last.start + last.length))
}

/// Figures of a stretch: what reports count from the start is counted within it.
#[derive(Clone, Debug)]
pub struct Stretch {
    pub from: Ns,
    pub to: Ns,
    pub report: Report,
}

impl Stretch {
    pub(crate) fn of(before: &Report, mut report: Report, from: Ns, to: Ns) -> Self {
        for edge in &mut report.edges {
            let Some(was) = before.edges.iter().find(|was| was.id == edge.id) else { continue };
            edge.issued -= was.issued.min(edge.issued);
            edge.ok -= was.ok.min(edge.ok);
            edge.late -= was.late.min(edge.late);
            edge.lost -= was.lost.min(edge.lost);
            edge.retries -= was.retries.min(edge.retries);
            edge.hedges -= was.hedges.min(edge.hedges);
            for (now, was) in edge.failed.iter_mut().zip(was.failed) {
                *now -= was.min(*now);
            }
        }
        report.series.clear();
        Self { from, to, report }
    }

    pub fn seconds(&self) -> f64 {
        (self.to.saturating_sub(self.from)).max(1) as f64 / 1e9
    }
}

/// When each part first behaved otherwise than before: its errors, its queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Symptom {
    pub at: Ns,
    pub part: Id,
    pub kind: Ailment,
    pub value: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ailment {
    /// Instances are down.
    Down,
    /// It answers with errors: so many per second.
    Errors,
    /// Calls wait for a worker: so many.
    Queue,
    /// All its workers are taken.
    Full,
}

/// Who failed when, in order; each part once, by what was first.
pub(crate) fn symptoms(samples: &[Sample], from: Ns, to: Ns) -> Vec<Symptom> {
    let usual = |part: Id, of: &dyn Fn(&PartGauge) -> f64| {
        let before = samples.iter().filter(|sample| sample.at < from);
        let values = before.flat_map(|sample| &sample.parts).filter(|gauge| gauge.id == part).map(of);
        values.fold(0.0_f64, f64::max)
    };
    let mut found: Vec<Symptom> = Vec::new();
    for sample in samples.iter().filter(|sample| sample.at >= from && sample.at <= to) {
        for gauge in &sample.parts {
            if found.iter().any(|symptom| symptom.part == gauge.id) {
                continue;
            }
            let (errors, queue) = (f64::from(gauge.errors), f64::from(gauge.queued));
            let down = gauge.up.iter().filter(|up| !**up).count();
            let is_full = gauge.utilisation.is_some_and(|share| share > 0.99);
            let kind = if down > 0
                && usual(gauge.id, &|gauge| gauge.up.iter().filter(|up| !**up).count() as f64) == 0.0
            {
                Some((Ailment::Down, down as f64))
            } else if errors > 1.0 && errors > 2.0 * usual(gauge.id, &|gauge| f64::from(gauge.errors)) {
                Some((Ailment::Errors, errors))
            } else if queue > 10.0 && queue > 3.0 * usual(gauge.id, &|gauge| f64::from(gauge.queued)) {
                Some((Ailment::Queue, queue))
            } else if is_full && usual(gauge.id, &|gauge| gauge.utilisation.map_or(0.0, f64::from)) < 0.95 {
                Some((Ailment::Full, 1.0))
            } else {
                None
            };
            if let Some((kind, value)) = kind {
                found.push(Symptom { at: sample.at, part: gauge.id, kind, value });
            }
        }
    }
    found
}

/// Runs a simulation on by pieces, reading the parts at every second.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) simulation: Simulation,
    pub(crate) to: Ns,
    /// Between samples; none are taken of changed runs.
    every: Option<Ns>,
    pub(crate) samples: Vec<Sample>,
}

impl Run {
    pub(crate) fn new(simulation: Simulation, to: Ns, every: Option<Ns>) -> Self {
        Self { simulation, to, every, samples: Vec::new() }
    }

    /// True once it is there, or stopped.
    pub(crate) fn work(&mut self, events: u32) -> bool {
        let next = match self.every {
            Some(every) => (self.samples.len() as Ns + 1).saturating_mul(every).min(self.to),
            None => self.to,
        };
        if !self.simulation.run_chunk(next, events) && self.simulation.halted().is_none() {
            return false;
        }
        if self.every.is_some() {
            self.samples.push(Sample { at: next, parts: self.simulation.picture(0).parts });
        }
        next >= self.to || self.simulation.halted().is_some()
    }

    pub(crate) fn health(&self, from: Ns, to: Ns) -> Health {
        health(self.simulation.windows(), &self.simulation.requests(), from, to)
    }
}
