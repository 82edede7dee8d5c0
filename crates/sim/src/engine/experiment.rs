//! Experiments while they run: whom they chose, when each of those fails and is repaired, and what stops them.
//!
//! What is drawn for a target depends on the seed, the experiment, the target and how often it was drawn for, so that
//! an experiment elsewhere, or another target in this one, shifts nobody's failures.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::{Draws, Ns, SECOND, Sampler, Simulation, Stream, mix64};
use crate::observe::{Outcome, What, Window};
use crate::param::ParamSet;
use crate::system::{Action, Experiment, Stage, System, Target, Verb};

/// The purposes of an experiment's streams.
const CHOICE: u32 = 0x6578_6368;
const CLOCKS: u32 = 0x6578_636c;

/// More faults and repairs than this stop the run.
const MOST: u32 = 100_000;

/// All experiments that run, in the order in which they began.
#[derive(Clone, Debug)]
pub(super) struct Experiments {
    running: Vec<Running>,
    /// When the next of them does something.
    next: Ns,
    /// Faults and repairs so far.
    acted: u32,
}

impl Default for Experiments {
    fn default() -> Self {
        Self { running: Vec::new(), next: Ns::MAX, acted: 0 }
    }
}

#[derive(Clone, Debug)]
struct Running {
    what: Arc<Experiment>,
    units: Vec<Unit>,
    /// When which unit fails or is repaired.
    agenda: BinaryHeap<Reverse<(Ns, u32)>>,
    clocks: Stream,
    between: Sampler,
    repair: Sampler,
    /// When it began, when it ends by itself, and when it is stopped.
    began: Ns,
    until: Ns,
    stop: Ns,
    /// What was seen of the second under way: how much of it, and what was answered well and badly.
    seen: Ns,
    answered: [u64; 2],
    /// For so long too few requests have succeeded.
    low: Ns,
}

/// One that fails and is repaired.
#[derive(Clone, Debug)]
struct Unit {
    target: Target,
    /// Since when its fault holds.
    since: Option<Ns>,
    drawn: u64,
}

impl Unit {
    /// The next numbers of its own.
    fn draws(&mut self, clocks: Stream) -> Draws {
        let name = u64::from(self.target.id) << 32 | u64::from(self.target.instance.unwrap_or(0));
        self.drawn += 1;
        clocks.of(mix64(mix64(name).wrapping_add(self.drawn)))
    }
}

impl Running {
    fn new(what: Experiment, seed: u64, now: Ns, system: &System) -> Self {
        let mut targets = system.subjects(&what);
        let count = System::struck_by(&what.injection, targets.len());
        // The first of a shuffle: each set of so many is as likely as any other.
        let mut choice = Stream::new(seed, what.id, CHOICE).at(0);
        if count < targets.len() {
            for at in 0..count {
                let left = (targets.len() - at) as u32;
                targets.swap(at, at + choice.choose(left) as usize);
            }
            targets.truncate(count);
        }
        let mut running = Self {
            units: targets.into_iter().map(|target| Unit { target, since: None, drawn: 0 }).collect(),
            agenda: BinaryHeap::new(),
            clocks: Stream::new(seed, what.id, CLOCKS),
            between: Sampler::new(&what.injection.mtbf),
            repair: Sampler::new(&what.injection.mttr),
            began: now,
            until: what.lasts.map_or(Ns::MAX, |lasts| now.saturating_add(lasts)),
            stop: Ns::MAX,
            seen: 0,
            answered: [0; 2],
            low: 0,
            what: Arc::new(what),
        };
        for unit in 0..running.units.len() as u32 {
            if running.what.injection.is_random() {
                running.fails_next(unit, now);
            } else {
                running.agenda.push(Reverse((now, unit)));
            }
        }
        running
    }

    /// When it does something next.
    fn next(&self) -> Ns {
        let due = self.agenda.peek().map_or(Ns::MAX, |Reverse((due, _))| *due);
        due.min(self.until).min(self.stop)
    }

    /// The unit works until its clock has run down.
    fn fails_next(&mut self, unit: u32, now: Ns) {
        let draws = &mut self.units[unit as usize].draws(self.clocks);
        let due = now.saturating_add(self.between.draw(draws).max(1));
        self.agenda.push(Reverse((due, unit)));
    }

    /// The unit that is due, after its turn: what is done to it.
    fn turn(&mut self, unit: u32, now: Ns) -> Action {
        let Experiment { verb, factor, .. } = *self.what;
        let row = &mut self.units[unit as usize];
        let target = row.target;
        if let Some(since) = row.since.take() {
            if self.what.injection.is_random() {
                self.fails_next(unit, now);
            }
            return Action::End { verb, target, since };
        }
        if matches!(verb, Verb::Flush | Verb::Fill) {
            // Done at once: there is nothing that holds.
            if self.what.injection.is_random() {
                self.fails_next(unit, now);
            }
        } else {
            row.since = Some(now);
            if self.what.injection.mttr.mean_ms() > 0.0 {
                let time = self.repair.draw(&mut row.draws(self.clocks)).max(1);
                self.agenda.push(Reverse((now.saturating_add(time), unit)));
            }
        }
        Action::fault(verb, target, factor)
    }

    /// Takes in what a window brought; `waits` is whether any request is under way.
    fn see(&mut self, window: &Window, waits: bool) {
        // What was before it says nothing about it.
        if window.start < self.began {
            return;
        }
        let injection = &self.what.injection;
        self.seen += window.length;
        self.answered[0] += window.outcomes[Outcome::Ok as usize];
        self.answered[1] += window.failed();
        if self.seen < SECOND {
            return;
        }
        let [good, bad] = std::mem::take(&mut self.answered);
        let seen = std::mem::take(&mut self.seen);
        let is_low = match good + bad {
            0 => waits,
            all => (good as f64) < injection.stop_below.0 * all as f64,
        };
        self.low = if is_low { self.low + seen } else { 0 };
        if is_low && self.low >= injection.stop_after_s.ns() {
            // After everything of this moment.
            self.stop = self.stop.min(window.start.saturating_add(window.length).saturating_add(1));
        }
    }
}

impl Experiments {
    /// When the next of them does something.
    pub(super) const fn next(&self) -> Ns {
        self.next
    }

    /// Whether any of them looks at what becomes of requests.
    pub(super) fn look(&self) -> bool {
        self.running.iter().any(|one| one.what.injection.stop_below.0 > 0.0)
    }

    pub(super) fn see(&mut self, window: &Window, waits: bool) {
        for one in self.running.iter_mut().filter(|one| one.what.injection.stop_below.0 > 0.0) {
            one.see(window, waits);
        }
        self.settle();
    }

    fn settle(&mut self) {
        self.next = self.running.iter().map(Running::next).min().unwrap_or(Ns::MAX);
    }

    /// Heap that they hold, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let one = |one: &Running| {
            one.units.capacity() * size_of::<Unit>() + one.agenda.capacity() * size_of::<(Ns, u32)>()
        };
        self.running.capacity() * size_of::<Running>() + self.running.iter().map(one).sum::<usize>()
    }
}

impl Simulation {
    /// An experiment begins.
    pub(super) fn begin_experiment(&mut self, experiment: &Experiment) {
        let Experiment { id, verb, target, factor, lasts, injection } = experiment;
        let instance = u64::from(target.instance.unwrap_or(0));
        self.core.digest.fold(u64::from(*id) << 8 | *verb as u64, u64::from(target.id) << 32 | instance);
        self.core.digest.fold(factor.to_bits(), lasts.unwrap_or(0));
        for at in 0..crate::system::Injection::SPECS.len() {
            self.core.fold_value(&injection.get(at));
        }
        let running = Running::new(experiment.clone(), self.core.seed, self.core.now, &self.system);
        let targets = running.units.len() as u32;
        self.core.tell(What::Experiment { verb: *verb, target: *target, stage: Stage::Began, targets });
        self.experiments.running.push(running);
        self.experiments.settle();
        self.go_on_with_experiments();
    }

    /// Everything that experiments have to do by now.
    pub(super) fn go_on_with_experiments(&mut self) {
        let now = self.core.now;
        // Taken out meanwhile: what is done to the system does not touch them.
        let mut all = std::mem::take(&mut self.experiments);
        all.running.retain_mut(|one| {
            while self.core.halted.is_none() && one.until.min(one.stop) > now {
                let Some(Reverse((_, unit))) = one.agenda.peek().filter(|Reverse((due, _))| *due <= now)
                else {
                    return true;
                };
                let unit = *unit;
                one.agenda.pop();
                let action = one.turn(unit, now);
                self.act_for(&action, &mut all.acted);
            }
            self.end_experiment(one, &mut all.acted);
            false
        });
        all.settle();
        self.experiments = all;
    }

    /// What it broke is restored.
    fn end_experiment(&mut self, one: &mut Running, acted: &mut u32) {
        let Experiment { verb, target, .. } = *one.what;
        let mut targets = 0;
        for unit in &mut one.units {
            if let Some(since) = unit.since.take() {
                targets += 1;
                self.act_for(&Action::End { verb, target: unit.target, since }, acted);
            }
        }
        let stage = if one.stop <= self.core.now { Stage::Stopped } else { Stage::Ended };
        self.core.tell(What::Experiment { verb, target, stage, targets });
    }

    fn act_for(&mut self, action: &Action, acted: &mut u32) {
        // Its target may have been taken away by hand.
        if self.core.halted.is_some() || self.system.check_action(action).is_err() {
            return;
        }
        *acted += 1;
        if *acted > MOST {
            self.core.halt(crate::sentence!(
                "experiments struck and repaired more than {0} times",
                "실험이 고장 내고 복구한 횟수가 {0}번을 넘었습니다",
                MOST
            ));
            return;
        }
        self.act(action);
    }
}
