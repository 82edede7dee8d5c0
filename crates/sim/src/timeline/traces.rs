//! The stories of single requests, had by going back to them.

use super::{Timeline, advance};
use crate::engine::SECOND;
use crate::observe::{Choice, Chosen, History, RequestName, Trace};
use crate::{Ns, Simulation};

/// Events between two looks at whether a story is over.
const CHUNK: u32 = 1_024;

impl Timeline {
    /// The stories of these requests, in the order in which they were issued, as far as they go up to the
    /// playhead. Each is recorded by running again from the nearest moment before it, until its request has
    /// ended; what is left of its work then is followed for as long again as the request took, and a second.
    /// Requests of another run have no story.
    pub fn traces(&self, requests: &[RequestName]) -> Vec<Trace> {
        let mut names = requests.to_vec();
        crate::order::sort(&mut names);
        names.dedup();
        names.retain(|name| name.issued <= self.now());
        let mut replay: Option<Replay> = None;
        let mut traces: Vec<Trace> = Vec::new();
        for (at, name) in names.iter().enumerate() {
            // What was told by the way is not told again.
            let is_known = |replay: &Replay| replay.simulation.is_recorded(*name, true);
            if replay.as_ref().is_some_and(is_known) {
                continue;
            }
            if !replay.as_ref().is_some_and(|replay| self.leads_to(replay, *name)) {
                traces.extend(replay.take().map(|replay| replay.simulation.traces()).unwrap_or_default());
                replay = self.replay(&names[at..]);
            }
            if let Some(replay) = &mut replay {
                self.tell(replay, *name);
            }
        }
        traces.extend(replay.map(|replay| replay.simulation.traces()).unwrap_or_default());
        // One that a replay only began is told in full by another.
        crate::order::sort_by_key(&mut traces, |trace| {
            (trace.name, trace.ended.is_none(), trace.spans.len())
        });
        traces.dedup_by_key(|trace| trace.name);
        traces
    }

    /// The requests that ended after `from` and not after `to`, as far as the run went: had by running that
    /// stretch of time again.
    pub fn chosen(&self, from: Ns, to: Ns, choice: Choice) -> Chosen {
        let Some(nearest) = self.before(from.max(1)) else { return Chosen::default() };
        let mut simulation = nearest.moment.unpack(History::default(), &self.known);
        let mut done = nearest.done;
        let mut go = |simulation: &mut Simulation, until: Ns| {
            while !advance(simulation, &self.by_hand, &mut done, until, CHUNK) {}
        };
        go(&mut simulation, from.min(self.now()));
        simulation.choose_requests(choice);
        go(&mut simulation, to.min(self.now()));
        simulation.chosen()
    }

    /// Whether a replay will come by a request, and no moment that is kept is nearer.
    fn leads_to(&self, replay: &Replay, name: RequestName) -> bool {
        let has_met = replay.simulation.now() >= name.issued;
        let nearest = self.before(name.issued);
        if has_met {
            return replay.simulation.traces().iter().any(|trace| trace.name == name);
        }
        nearest.is_none_or(|nearest| nearest.moment.work() <= replay.simulation.work())
    }

    /// The nearest moment at which nothing of this time has happened yet.
    fn before(&self, t: Ns) -> Option<&super::Kept> {
        let before = self.kept.iter().rev().find(|kept| kept.moment.now() < t);
        let start = self.kept.first().filter(|start| start.moment.now() == t && start.moment.work() == 0);
        before.or(start).map(AsRef::as_ref)
    }

    fn replay(&self, names: &[RequestName]) -> Option<Replay> {
        let nearest = self.before(names.first()?.issued)?;
        let mut simulation = nearest.moment.unpack(History::default(), &self.known);
        simulation.record_requests(names);
        Some(Replay { simulation, done: nearest.done })
    }

    /// Goes on until a request's story is told.
    fn tell(&self, replay: &mut Replay, name: RequestName) {
        let until = self.now();
        let mut go = |until: Ns, altogether: bool| {
            let mut there = false;
            while !there && !replay.simulation.is_recorded(name, altogether) {
                there = advance(&mut replay.simulation, &self.by_hand, &mut replay.done, until, CHUNK);
            }
            replay.simulation.now()
        };
        let ended = go(until, false);
        let grace = (ended - name.issued.min(ended)).saturating_add(SECOND);
        go(until.min(ended.saturating_add(grace)), true);
    }
}

/// A run on its way past requests whose stories are recorded.
struct Replay {
    simulation: Simulation,
    done: usize,
}
