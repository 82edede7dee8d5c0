//! Earlier moments of a run, kept so that seeking backwards replays little.

use brownout_sim::{Ns, Simulation};

/// How many are kept at most, and how many bytes they may take.
const MOST: usize = 64;
const BUDGET_BYTES: usize = 256 << 20;
/// What a histogram that has seen long times takes; a part has three, an edge one.
const HISTOGRAM_BYTES: usize = 16 << 10;
/// The distance at which the first ones are taken; it doubles whenever there are too many.
const FIRST_DISTANCE: Ns = 5_000_000_000;

/// The kept moments, oldest first. The first is the start of the run and is never thinned out.
#[derive(Debug)]
pub struct Checkpoints {
    kept: Vec<Simulation>,
    distance: Ns,
    most: usize,
}

impl Checkpoints {
    pub fn new(start: &Simulation) -> Self {
        let system = start.system();
        let bytes = (3 * system.parts.len() + system.edges.len() + 1) * HISTOGRAM_BYTES;
        let most = (BUDGET_BYTES / bytes).clamp(2, MOST);
        Self { kept: vec![start.clone()], distance: FIRST_DISTANCE, most }
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
        if self.kept.len() > self.most {
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
