//! A run with its past: earlier moments are kept, so that any instant is soon reached, forwards and backwards.
//!
//! A simulation is a value, and what it does is determined: to be at another instant, the nearest moment
//! before it that is kept is taken up again and goes on from there. Moments are kept within a budget of
//! bytes. Where there are too many, those go whose absence costs least in proportion to how far they are
//! from the playhead, so that the distances between them grow with the distance from it.

mod measure;
mod traces;

use std::sync::Arc;

pub use measure::{Seeks, measure};

use crate::engine::Packed;
use crate::observe::History;
use crate::system::{Action, Intervention, SystemError};
use crate::{Ns, Simulation};

/// Events, at most, between two looks at whether a moment should be kept.
const CHUNK: u64 = 1 << 14;

/// A run that can go back, and the interventions by hand that belong to it.
#[derive(Clone, Debug)]
pub struct Timeline {
    live: Simulation,
    /// How many of the interventions have been done on the way to where `live` is.
    done: usize,
    /// Interventions by hand in order of time. Those beyond the playhead, made before it went back, happen
    /// again when their time comes.
    by_hand: Vec<Intervention>,
    /// Earlier and later moments in order of time; the first is the start and is never given up.
    kept: Vec<Arc<Kept>>,
    /// Windows and happenings as far as any moment has them.
    known: History,
    budget: Budget,
}

/// How many moments of a run are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What they may take together, in bytes. The start is kept in any case.
    pub bytes: usize,
    /// The least distance between two of them, in events.
    pub distance: u64,
    /// A moment takes time to keep. The distance is at least an event for so many of its bytes, so that this
    /// stays a small part of the run.
    pub bytes_per_event: usize,
}

impl Default for Budget {
    /// 256 MiB, and a distance that takes some milliseconds to replay.
    fn default() -> Self {
        Self { bytes: 256 << 20, distance: 1 << 17, bytes_per_event: 8 }
    }
}

/// A moment, and how many interventions by hand lie before it.
#[derive(Debug)]
struct Kept {
    moment: Packed,
    done: usize,
}

impl Timeline {
    /// No more moments than this are kept, however small they are.
    const MOST: usize = 4_096;

    /// A timeline whose past begins here.
    pub fn new(start: Simulation) -> Self {
        Self::with_budget(start, Budget::default())
    }

    /// The same with another budget.
    pub fn with_budget(mut start: Simulation, budget: Budget) -> Self {
        let mut known = History::default();
        let first = Arc::new(Kept { moment: start.pack(), done: 0 });
        learn(&mut known, &mut start);
        Self { live: start, done: 0, by_hand: Vec::new(), kept: vec![first], known, budget }
    }

    /// With interventions by hand that an earlier life of this run had: they happen again in their time.
    #[must_use]
    pub fn with_interventions(mut self, mut by_hand: Vec<Intervention>) -> Self {
        by_hand.retain(|step| step.at > self.live.now());
        crate::order::sort_by_key(&mut by_hand, |step| step.at);
        self.forget_future();
        self.by_hand.extend(by_hand);
        self
    }

    /// The simulation at the playhead.
    pub const fn simulation(&self) -> &Simulation {
        &self.live
    }

    /// Where the playhead is.
    pub fn now(&self) -> Ns {
        self.live.now()
    }

    /// Interventions by hand in order of time, those that lie beyond the playhead included.
    pub fn by_hand(&self) -> &[Intervention] {
        &self.by_hand
    }

    /// How many moments are kept.
    pub const fn moments(&self) -> usize {
        self.kept.len()
    }

    /// When the moments are that are kept, in order.
    pub fn moment_times(&self) -> impl Iterator<Item = Ns> {
        self.kept.iter().map(|kept| kept.moment.now())
    }

    /// The memory that the moments take, in bytes, with the windows and happenings that they share.
    pub fn bytes(&self) -> usize {
        self.kept.iter().map(|kept| kept.moment.bytes()).sum::<usize>() + self.known.bytes()
    }

    /// Executes at most about `most` events with times up to `t`; true once there is none left.
    pub fn run_chunk(&mut self, t: Ns, most: u32) -> bool {
        let there = advance(&mut self.live, &self.by_hand, &mut self.done, t, most);
        self.keep();
        there
    }

    /// Executes all events with times up to `t`.
    pub fn run_until(&mut self, t: Ns) {
        let most = self.budget.distance.clamp(1, CHUNK) as u32;
        while !self.run_chunk(t, most) {}
    }

    /// Executes the next single event or intervention; false where nothing will ever happen again.
    pub fn step_event(&mut self) -> bool {
        let next = self.live.next_happening();
        let stepped = match self.by_hand.get(self.done) {
            Some(step) if self.live.halted().is_none() && next.is_none_or(|next| step.at <= next) => {
                advance(&mut self.live, &self.by_hand, &mut self.done, step.at, u32::MAX);
                true
            }
            _ => self.live.step_event(),
        };
        self.keep();
        stepped
    }

    /// Goes to this instant, forwards or backwards: everything up to it has happened, and nothing after it.
    pub fn seek(&mut self, t: Ns) {
        self.go_near(t);
        self.run_until(t);
    }

    /// Takes up the nearest moment that is not after `t`. From there, [`run_chunk`](Self::run_chunk) leads to
    /// it.
    pub fn go_near(&mut self, t: Ns) {
        let Some(nearest) = self.kept.iter().rev().find(|kept| kept.moment.now() <= t) else { return };
        if self.live.now() <= t && nearest.moment.work() <= self.live.work() {
            return;
        }
        let before = self.live.take_history();
        self.live = nearest.moment.unpack(before, &self.known);
        self.done = nearest.done;
    }

    /// Changes the running system by hand, one nanosecond after the playhead; the stamp is returned. What was
    /// kept of the future is forgotten. Interventions that lie beyond the playhead happen again, those that
    /// are still possible. An edit that changes nothing is none, and is not recorded.
    pub fn intervene(&mut self, action: &Action) -> Result<Ns, SystemError> {
        if self.live.halted().is_none() {
            self.run_until(self.live.now());
            // What had been done at the very next nanosecond comes first.
            while self.by_hand.get(self.done).is_some_and(|step| step.at == self.live.now() + 1) {
                self.run_until(self.live.now() + 1);
            }
        }
        if !changes_anything(&self.live, action) {
            return Ok(self.live.now() + 1);
        }
        let at = self.live.intervene(action)?;
        self.by_hand.insert(self.done, Intervention { at, action: action.clone() });
        self.done += 1;
        self.kept.retain(|kept| kept.done < self.done && kept.moment.now() < at);
        let history = self.live.take_history();
        self.known.resize(history.lengths(), &history);
        self.live.put_history(history);
        Ok(at)
    }

    /// Forgets the interventions by hand that lie beyond the playhead, and what was kept of that future.
    pub fn forget_future(&mut self) {
        self.by_hand.truncate(self.done);
        let (done, work) = (self.done, self.live.work());
        self.kept.retain(|kept| kept.done <= done && kept.moment.work() <= work);
    }

    /// A second run that begins to differ here. Its past is this one's, and is shared.
    pub fn fork(&self) -> Self {
        self.clone()
    }

    /// Keeps the moment at the playhead, if none is near.
    fn keep(&mut self) {
        let work = self.live.work();
        let at = self.kept.partition_point(|kept| kept.moment.work() <= work);
        let is_near = |kept: &Arc<Kept>, least: u64| kept.moment.work().abs_diff(work) < least;
        if self.kept[..at].last().is_some_and(|before| is_near(before, self.budget.distance))
            || self.kept.get(at).is_some_and(|after| is_near(after, self.budget.distance / 2))
        {
            return;
        }
        let moment = self.live.pack();
        let least = moment.bytes() / self.budget.bytes_per_event.max(1);
        self.budget.distance = self.budget.distance.max(least as u64);
        learn(&mut self.known, &mut self.live);
        self.kept.insert(at, Arc::new(Kept { moment, done: self.done }));
        while self.kept.len() > 1 && (self.bytes() > self.budget.bytes || self.kept.len() > Self::MOST) {
            self.forget_one();
        }
    }

    /// Gives up the moment that is missed least: what is to be replayed without it, in proportion to how far
    /// it is from the playhead.
    fn forget_one(&mut self) {
        let here = self.live.work();
        let regret = |at: usize| {
            let work = self.kept[at].moment.work();
            let before = self.kept[at - 1].moment.work();
            let after = self.kept.get(at + 1).map_or(work.max(here), |next| next.moment.work());
            (after - before) as f64 / (here.abs_diff(work) + self.budget.distance) as f64
        };
        let least = (1..self.kept.len()).min_by(|a, b| regret(*a).total_cmp(&regret(*b)));
        if let Some(least) = least {
            self.kept.remove(least);
        }
    }
}

/// Runs towards `t`, giving interventions again where they were given. True once it is there.
fn advance(
    simulation: &mut Simulation,
    by_hand: &[Intervention],
    done: &mut usize,
    t: Ns,
    most: u32,
) -> bool {
    let Some(step) = by_hand.get(*done).filter(|step| step.at <= t) else {
        return simulation.run_chunk(t, most);
    };
    if !simulation.run_chunk(step.at - 1, most) {
        return false;
    }
    // What can no longer be done, after an earlier edit was put before it, is left out.
    if changes_anything(simulation, &step.action) {
        let _ = simulation.intervene(&step.action);
    }
    *done += 1;
    false
}

/// Takes in what has been observed since.
fn learn(known: &mut History, simulation: &mut Simulation) {
    let history = simulation.take_history();
    known.take_in(&history);
    simulation.put_history(history);
}

/// An edit that leaves the design as it is is no intervention: after a jump back, it may take away what is
/// not there yet.
fn changes_anything(simulation: &Simulation, action: &Action) -> bool {
    let Action::Edit(changes) = action else { return true };
    let mut edited = simulation.system().clone();
    edited.apply(changes);
    edited != *simulation.system()
}
