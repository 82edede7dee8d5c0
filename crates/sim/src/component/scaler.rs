//! Autoscaling: as many instances as the load asks for, with all the lag that this has.
//!
//! The rule is that of Kubernetes' horizontal pod autoscaler: the share of busy workers, averaged over a while, beside
//! the one that is aimed at, says by how many times the number of instances is wrong; a tenth is left alone, and after
//! a change nothing is taken away for a time. Every step takes its own time: samples, the look at them, booting, the
//! health checks of balancers, a cold start, draining.

use std::collections::BTreeMap;

use crate::choices;
use crate::engine::{Core, Cx, InstanceId, Next, Ns, Pc, Release, SECOND};
use crate::observe::Outcome;

choices! {
    /// By what instances are added and taken away.
    pub enum Scales {
        Nothing = "none", en "nothing: it deploys", ko "아무것도 안 함(배포만)";
        Utilisation = "utilisation", en "busy workers", ko "워커 이용률";
    }
}

pub(super) const SAMPLE: Pc = 40;
const STARTED: Pc = 41;
const STOPPED: Pc = 42;
/// From one sample of the load to the next.
const EVERY: Ns = SECOND;
/// A deviation that is left alone.
const TOLERANCE: f64 = 0.1;

/// What an autoscaler is set to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ScaleRules {
    pub(super) is_on: bool,
    /// The share of busy workers that is aimed at.
    pub(super) target: f64,
    pub(super) least: usize,
    /// From one decision to the next.
    pub(super) look: Ns,
    /// After a change nothing is taken away for so long.
    pub(super) cooldown: Ns,
    pub(super) boot: Ns,
    pub(super) drain: Ns,
    pub(super) cold_for: Ns,
    pub(super) cold: f64,
}

/// What is known of one part.
#[derive(Clone, Debug, Default)]
struct Group {
    sum: f64,
    samples: u32,
    changed: Ns,
    /// Instances that boot, and when they are there.
    booting: Vec<(Ns, InstanceId)>,
    /// Instances that finish what they have, and for how long at most.
    leaving: Vec<(Ns, InstanceId)>,
}

/// An autoscaler.
#[derive(Clone, Debug, Default)]
pub(super) struct Scaler {
    pub(super) rules: ScaleRules,
    groups: BTreeMap<u32, Group>,
    starts: Vec<InstanceId>,
    stops: Vec<InstanceId>,
    added: u64,
    removed: u64,
}

impl Scaler {
    /// How many instances were ever added, and taken away.
    pub(super) const fn counts(&self) -> [f64; 2] {
        [self.added as f64, self.removed as f64]
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let of = |group: &Group| (group.booting.capacity() + group.leaving.capacity()) * 16;
        self.groups.values().map(of).sum::<usize>() + self.groups.len() * size_of::<Group>()
    }

    /// Of the instances that boot or leave, nobody knows any more.
    pub(super) fn forget(&mut self) {
        self.groups.clear();
        self.starts.clear();
        self.stops.clear();
    }

    pub(super) fn step(&mut self, cx: &mut Cx<'_>, targets: &[InstanceId]) -> Next {
        match cx.pc() {
            SAMPLE => {
                self.sample(cx, targets);
                let starts = std::mem::take(&mut self.starts);
                if starts.is_empty() {
                    return self.stop(cx);
                }
                Next::Told(cx.order(true, starts, STARTED))
            }
            STARTED => self.stop(cx),
            STOPPED => Next::Sleep { time: EVERY, then: SAMPLE },
            _ => Next::Reply(Outcome::Refused),
        }
    }

    fn stop(&mut self, cx: &mut Cx<'_>) -> Next {
        let stops = std::mem::take(&mut self.stops);
        if !stops.is_empty() {
            return Next::Told(cx.order(false, stops, STOPPED));
        }
        if self.rules.is_on { Next::Sleep { time: EVERY, then: SAMPLE } } else { Next::Reply(Outcome::Ok) }
    }

    /// Takes one sample of each part, and decides where it is time to.
    fn sample(&mut self, cx: &mut Cx<'_>, targets: &[InstanceId]) {
        let core = &mut *cx.core;
        let mut parts: Vec<u32> = targets.iter().map(|id| core.part_of(*id)).collect();
        parts.dedup();
        for part in parts {
            let all: Vec<InstanceId> =
                targets.iter().copied().filter(|id| core.part_of(*id) == part).collect();
            // Whoever was started by somebody else runs.
            for id in &all {
                if core.is_up(*id) && core.is_parked(*id) {
                    core.park(*id, false);
                }
            }
            if !self.rules.is_on {
                let parked = all.iter().copied().filter(|id| core.is_parked(*id));
                self.starts.extend(parked);
                for id in &self.starts {
                    core.park(*id, false);
                }
                continue;
            }
            let is_new = !self.groups.contains_key(&part);
            let mut group = self.groups.remove(&part).unwrap_or_default();
            if is_new {
                for id in all.iter().skip(self.rules.least) {
                    if core.is_up(*id) {
                        core.park(*id, true);
                        self.stops.push(*id);
                    }
                }
                group.changed = core.now;
            } else {
                self.follow(core, &mut group);
                self.weigh(core, &mut group, &all);
            }
            self.groups.insert(part, group);
        }
        core.settle_costs();
    }

    /// Whoever has booted begins, whoever has nothing left to do stops.
    fn follow(&mut self, core: &mut Core, group: &mut Group) {
        let now = core.now;
        let (there, booting) = group.booting.drain(..).partition(|(due, _)| *due <= now);
        group.booting = booting;
        let there: Vec<(Ns, InstanceId)> = there;
        for (_, id) in there {
            let release = Release {
                is_new: core.is_new(id),
                slower: 1.0,
                fails: 0.0,
                cold_for: self.rules.cold_for,
                cold: self.rules.cold,
            };
            if core.is_present(id) {
                core.install(id, release);
                core.park(id, false);
                self.starts.push(id);
            }
        }
        let leaving = std::mem::take(&mut group.leaving);
        for (until, id) in leaving {
            if now < until && core.is_up(id) && core.open_calls(id) > 0 {
                group.leaving.push((until, id));
            } else if core.is_present(id) {
                core.park(id, true);
                self.stops.push(id);
            }
        }
    }

    fn weigh(&mut self, core: &mut Core, group: &mut Group, all: &[InstanceId]) {
        let is_leaving = |id: &InstanceId| group.leaving.iter().any(|(_, other)| other == id);
        let running: Vec<InstanceId> =
            all.iter().copied().filter(|id| core.is_up(*id) && !is_leaving(id)).collect();
        let loads = running.iter().map(|id| core.load_of(*id));
        let [busy, workers] = loads.fold([0.0, 0.0], |[busy, workers], [some, of, _]| {
            [busy + f64::from(some), workers + f64::from(of)]
        });
        group.sum += if workers > 0.0 { busy / workers } else { 0.0 };
        group.samples += 1;
        if u64::from(group.samples) * EVERY < self.rules.look {
            return;
        }
        let load = group.sum / f64::from(group.samples);
        (group.sum, group.samples) = (0.0, 0);
        let ratio = load / self.rules.target;
        let have = running.len() + group.booting.len();
        let mut want = have;
        if (ratio - 1.0).abs() > TOLERANCE {
            want = libm::ceil(running.len() as f64 * ratio) as usize;
        }
        want = want.clamp(self.rules.least.min(all.len()), all.len());
        if want > have {
            let due = core.now.saturating_add(self.rules.boot);
            let is_booting = |id: &InstanceId| group.booting.iter().any(|(_, other)| other == id);
            let free = all.iter().copied().filter(|id| core.is_parked(*id) && !is_booting(id));
            let more: Vec<(Ns, InstanceId)> = free.take(want - have).map(|id| (due, id)).collect();
            self.added += more.len() as u64;
            group.booting.extend(more);
            group.changed = core.now;
        } else if want < have && core.now - group.changed >= self.rules.cooldown && group.booting.is_empty() {
            let until = core.now.saturating_add(self.rules.drain);
            for id in running.into_iter().rev().take(have - want) {
                core.drain(id, true);
                group.leaving.push((until, id));
                self.removed += 1;
            }
            group.changed = core.now;
        }
    }
}
