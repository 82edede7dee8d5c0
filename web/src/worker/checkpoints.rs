//! Earlier moments of a run, kept so that seeking backwards replays little.

use brownout_sim::{Ns, Simulation};

/// How many are kept. Each is a whole simulation; a few hundred kilobytes for a small system.
const MOST: usize = 24;
/// The distance at which the first ones are taken; it doubles whenever there are too many.
const FIRST_DISTANCE: Ns = 5_000_000_000;

/// The kept moments, oldest first. The first is the start of the run and is never thinned out.
#[derive(Debug)]
pub struct Checkpoints {
    kept: Vec<Simulation>,
    distance: Ns,
}

impl Checkpoints {
    pub fn new(start: &Simulation) -> Self {
        Self { kept: vec![start.clone()], distance: FIRST_DISTANCE }
    }

    /// When the next one is due.
    pub fn due(&self) -> Ns {
        self.kept.last().map_or(0, Simulation::now) + self.distance
    }

    /// Keeps this moment if it is time to.
    pub fn offer(&mut self, simulation: &Simulation) {
        if simulation.now() < self.due() {
            return;
        }
        self.kept.push(simulation.clone());
        if self.kept.len() > MOST {
            self.distance *= 2;
            self.thin();
        }
    }

    fn thin(&mut self) {
        let distance = self.distance;
        let mut last = None;
        self.kept.retain(|simulation| {
            let keep = last.is_none_or(|last| simulation.now() >= last + distance);
            if keep {
                last = Some(simulation.now());
            }
            keep
        });
    }

    /// Forgets what an intervention at `at` makes untrue.
    pub fn forget_from(&mut self, at: Ns) {
        self.kept.retain(|simulation| simulation.now() < at || simulation.now() == 0);
    }

    /// The latest moment that is not after `at`.
    pub fn before(&self, at: Ns) -> Option<&Simulation> {
        self.kept.iter().rev().find(|simulation| simulation.now() <= at)
    }
}
