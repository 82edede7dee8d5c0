//! Single points of failure: every part that can die is killed in a copy of the run, one after another.

use brownout_scenario::Record;
use brownout_sim::component::Kind;
use brownout_sim::system::{Action, Id, Intervention, Target, Verb};
use brownout_sim::{Ns, Simulation};

use crate::measure::{Health, Run};

const SECOND: Ns = 1_000_000_000;

/// What becomes of the run when this part's first instance dies and stays dead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Damage {
    pub target: Target,
    pub at: Ns,
    /// The same stretch without the death, and with it.
    pub before: Health,
    pub after: Health,
    /// The last third of it alone, once whoever takes over has taken over.
    pub settled: Health,
}

impl Damage {
    /// Nearly everybody is without an answer, and stays so.
    pub fn is_single_point(&self) -> bool {
        self.settled.share() - self.before.share() > 0.5
    }
}

/// A scan under way.
#[derive(Debug)]
pub struct Scan {
    record: Record,
    start: Simulation,
    at: Ns,
    to: Ns,
    left: Vec<Target>,
    all: usize,
    run: Option<(Option<Target>, Box<Run>)>,
    before: Health,
    found: Vec<Damage>,
}

impl Scan {
    /// Of the run of a record, at `now`: each part dies then, and the run goes on for `seconds`.
    pub fn new(record: Record, now: Ns, seconds: u64) -> Result<Self, brownout_scenario::Error> {
        let at = (now / SECOND).max(1) * SECOND;
        let start = record.simulation()?;
        let kills = |id: &Id| {
            let part = record.start.part(*id);
            part.is_some_and(|part| {
                let kind = part.params.kind();
                kind != Kind::Client && kind.spec().faults.contains(&Verb::Kill)
            })
        };
        let mut left: Vec<Target> = record
            .document()
            .parts
            .iter()
            .filter(|part| kills(&part.id))
            .map(|part| if part.count > 1 { Target::one(part.id, 1) } else { Target::whole(part.id) })
            .collect();
        left.reverse();
        let all = left.len() + 1;
        let to = at + seconds.max(3) * SECOND;
        Ok(Self { record, start, at, to, left, all, run: None, before: Health::default(), found: Vec::new() })
    }

    pub fn progress(&self) -> f64 {
        1.0 - (self.left.len() as f64 + 0.5) / self.all as f64
    }

    /// Goes on; the damage of every part once it is there, the worst first.
    pub fn work(&mut self, events: u32) -> Option<Vec<Damage>> {
        // Up to the moment itself only once.
        if self.start.now() < self.at && self.start.halted().is_none() {
            self.start.run_chunk(self.at, events);
            return None;
        }
        match self.run.take() {
            None => self.run = Some((None, Box::new(Run::new(self.start.clone(), self.to, None)))),
            Some((target, mut run)) => {
                if !run.work(events) {
                    self.run = Some((target, run));
                    return None;
                }
                self.note(target, &run);
                while let Some(target) = self.left.pop() {
                    let mut dying = self.start.clone();
                    let kill = Action::Do { verb: Verb::Kill, target };
                    if dying.intervene(&kill).is_ok() {
                        self.run = Some((Some(target), Box::new(Run::new(dying, self.to, None))));
                        return None;
                    }
                }
                let mut found = std::mem::take(&mut self.found);
                brownout_sim::order::sort_by_key(&mut found, |damage| {
                    u64::MAX - (damage.settled.share() * 1e9) as u64 - (damage.after.share() * 1e3) as u64
                });
                return Some(found);
            }
        }
        None
    }

    /// Everything at once.
    pub fn finish(mut self) -> Vec<Damage> {
        loop {
            if let Some(found) = self.work(1 << 20) {
                return found;
            }
        }
    }

    /// The record that is scanned.
    pub const fn record(&self) -> &Record {
        &self.record
    }

    fn note(&mut self, target: Option<Target>, run: &Run) {
        let health = run.health(self.at, self.to);
        let Some(target) = target else {
            self.before = health;
            return;
        };
        let settled = run.health(self.to - (self.to - self.at) / 3 / SECOND * SECOND, self.to);
        self.found.push(Damage { target, at: self.at, before: self.before, after: health, settled });
    }
}

/// The intervention that a damage stands for: whoever wants to see it plays it.
impl From<Damage> for Intervention {
    fn from(damage: Damage) -> Self {
        Self { at: damage.at, action: Action::Do { verb: Verb::Kill, target: damage.target } }
    }
}
