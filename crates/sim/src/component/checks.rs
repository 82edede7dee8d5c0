//! Health checks: what balancers and name servers know of those behind them, and how they find out.
//!
//! A check is an ordinary call that travels, waits and times out. Nothing else says whether a target is healthy.

use std::collections::BTreeSet;

use crate::choices;
use crate::engine::{Core, Cx, Frame, FrameId, InstanceId, Next, Ns, Pc, Stream};
use crate::network::{EdgeSlot, TargetView, ViewId};
use crate::observe::{Outcome, What};

choices! {
    /// How health is found out.
    pub enum Check {
        /// A real request, which waits in the target's queue and takes a worker.
        Http = "http", en "request (HTTP)", ko "요청(HTTP)";
        /// A connection: whoever listens answers at once, even when every worker is busy.
        Tcp = "tcp", en "connection (TCP)", ko "연결(TCP)";
        /// Not at all.
        None = "none", en "none", ko "없음";
    }
}

/// Where the steps here go on.
pub(super) const PROBE: Pc = 2;
pub(super) const PROBED: Pc = 3;

/// When a target is checked, and what turns the belief in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CheckRules {
    pub(super) check: Check,
    pub(super) interval: Ns,
    pub(super) timeout: Ns,
    pub(super) fall: u32,
    pub(super) rise: u32,
}

/// The checks of one part.
#[derive(Clone, Debug)]
pub(super) struct Checks {
    rules: CheckRules,
    /// The list that checks in flight time out in.
    timeouts: FrameId,
    phases: Stream,
}

impl Checks {
    pub(super) const fn new(phases: Stream) -> Self {
        let rules = CheckRules { check: Check::None, interval: 0, timeout: 0, fall: 1, rise: 1 };
        Self { rules, timeouts: FrameId::NONE, phases }
    }

    /// Checks by these rules from now on.
    pub(super) fn set(&mut self, core: &mut Core, rules: &CheckRules) {
        if self.rules.timeout != rules.timeout {
            core.retire_list(self.timeouts);
            self.timeouts = core.timeout_list(rules.timeout);
        }
        self.rules = *rules;
    }

    pub(super) fn are_made(&self) -> bool {
        self.rules.check != Check::None
    }

    /// Without checks everything counts as healthy.
    pub(super) fn heal(&self, core: &mut Core, views: &[ViewId]) {
        if self.are_made() {
            return;
        }
        for id in views {
            let view = &mut core.views[*id as usize];
            for target in view.targets.iter_mut().filter(|target| target.wired && !target.healthy) {
                target.healthy = true;
                target.streak = 0;
                let shunned = &mut core.instances[target.instance.0 as usize].shunned;
                *shunned = shunned.saturating_sub(1);
            }
            view.refresh();
        }
    }

    /// Takes in new targets, which count as healthy until a check says otherwise, and lets go of old ones.
    pub(super) fn wire(&self, cx: &mut Cx<'_>, id: ViewId) {
        let behind = cx.core.behind(cx.part());
        let wanted: BTreeSet<(EdgeSlot, InstanceId)> = crate::order::gather(behind.iter().copied());
        let now = cx.core.now;
        let Core { views, edges, instances, releases, .. } = &mut *cx.core;
        let weight = |edge: EdgeSlot| edges[edge as usize].weight.unwrap_or(1.0);
        let view = &mut views[id as usize];
        let mut known = BTreeSet::new();
        for target in view.targets.iter_mut().filter(|target| target.wired) {
            target.wired = wanted.contains(&(target.edge, target.instance));
            target.weight = weight(target.edge);
            known.insert((target.edge, target.instance));
            if !target.wired && !target.healthy {
                let shunned = &mut instances[target.instance.0 as usize].shunned;
                *shunned = shunned.saturating_sub(1);
            }
        }
        let fresh = behind.into_iter().filter(|target| !known.contains(target));
        let fresh = fresh.map(|(edge, instance)| {
            let mut target = TargetView::new(edge, instance, weight(edge), now);
            target.drained = releases.holds_back(instance);
            target
        });
        view.targets.extend(fresh);
        view.refresh();
        if self.rules.check == Check::None || !cx.core.is_up(cx.instance) {
            return;
        }
        for at in 0..cx.core.views[id as usize].targets.len() {
            let target = cx.core.views[id as usize].targets[at];
            if target.wired && target.probe.is_none() {
                // Checks of different targets are spread over the interval, as health checkers do.
                let name = u64::from(cx.core.edge(target.edge).id) << 32
                    | u64::from(cx.core.instances[target.instance.0 as usize].number) << 12
                    | cx.number() as u64;
                let phase = (self.phases.at(name).unit() * self.rules.interval as f64) as Ns;
                let probe = cx.start_process(phase, PROBE, at as u32).unwrap_or(FrameId::NONE);
                cx.core.views[id as usize].targets[at].probe = probe;
            }
        }
    }

    /// The instance died, and with it what it knew.
    pub(super) fn forget(cx: &mut Cx<'_>, id: ViewId) {
        let Core { views, instances, .. } = &mut *cx.core;
        let view = &mut views[id as usize];
        for target in view.targets.iter().filter(|target| target.wired && !target.healthy) {
            let shunned = &mut instances[target.instance.0 as usize].shunned;
            *shunned = shunned.saturating_sub(1);
        }
        view.forget();
    }

    /// One round of a target's checks: ask, judge, sleep until the next place on the grid.
    pub(super) fn probe(&self, cx: &mut Cx<'_>, view: ViewId) -> Next {
        let at = cx.frame().note as usize;
        let now = cx.core.now;
        let target = &mut cx.core.views[view as usize].targets[at];
        if !target.wired || self.rules.check == Check::None {
            target.probe = FrameId::NONE;
            return Next::Reply(Outcome::Ok);
        }
        target.next_check = now.saturating_add(self.rules.interval);
        let (edge, to) = (target.edge, target.instance);
        cx.frame().flags &= !Frame::KNOCK;
        if self.rules.check == Check::Tcp {
            cx.frame().flags |= Frame::KNOCK;
        }
        Next::CallOne { edge, to, list: self.timeouts, then: PROBED }
    }

    /// Takes in how a check ended.
    pub(super) fn judge(&self, cx: &mut Cx<'_>, view: ViewId) -> Next {
        let (at, outcome, now) = (cx.frame().note as usize, cx.outcome(), cx.core.now);
        let checker = cx.core.parts[cx.part() as usize].id;
        let view = &mut cx.core.views[view as usize];
        let target = &mut view.targets[at];
        // An edit may have taken the target or all checking away while this check was under way.
        if !target.wired || self.rules.check == Check::None {
            target.probe = FrameId::NONE;
            return Next::Reply(Outcome::Ok);
        }
        if outcome.is_ok() == target.healthy {
            target.streak = 0;
        } else {
            if target.streak == 0 {
                target.first_miss = now;
            }
            target.streak += 1;
        }
        let limit = if target.healthy { self.rules.fall } else { self.rules.rise };
        let (before, turns) = (*target, target.streak >= limit);
        if turns {
            target.healthy = !target.healthy;
            target.streak = 0;
            target.since = now;
            view.refresh();
        }
        let name = cx.core.target_of(before.instance);
        if !outcome.is_ok() && before.healthy {
            cx.core.tell(What::CheckFailed { checker, target: name, misses: before.streak, cause: outcome });
        }
        if turns {
            let shunned = &mut cx.core.instances[before.instance.0 as usize].shunned;
            if before.healthy {
                *shunned += 1;
                cx.core.tell(What::TakenOut { checker, target: name, after: now - before.first_miss });
            } else {
                *shunned = shunned.saturating_sub(1);
                cx.core.tell(What::TakenIn { checker, target: name });
            }
        }
        let time = before.next_check.saturating_sub(now);
        Next::Sleep { time: time.max(1), then: PROBE }
    }
}
