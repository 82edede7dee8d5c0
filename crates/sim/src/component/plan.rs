//! The calls that a part makes, one after another.

use crate::engine::{Core, Cx, Next, Pc, RELAY, Stream, Timeouts};
use crate::network::EdgeSlot;
use crate::observe::Outcome;
use crate::system::Mode;

/// The purpose of the stream from which one edge of a weighted group is drawn.
const CHOICE: u32 = 0x0077_6179;

/// A part's own `calls` edges in the order in which they are called: by id, those with a weight as one
/// group at the place of its first.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallPlan {
    steps: Vec<Step>,
    stream: Option<Stream>,
}

#[derive(Clone, Debug)]
enum Step {
    Always(EdgeSlot),
    /// At most one of these, by weight.
    OneOf {
        edges: Vec<(EdgeSlot, f64)>,
        total: f64,
    },
}

impl CallPlan {
    /// Reads the plan off a part's edges.
    pub(crate) fn new(core: &Core, part: u32) -> Self {
        let row = &core.parts[part as usize];
        let mut steps: Vec<Step> = Vec::new();
        let mut group = None;
        for slot in &row.out {
            let Some(weight) = core.edge(*slot).weight else {
                steps.push(Step::Always(*slot));
                continue;
            };
            let at = *group.get_or_insert_with(|| {
                steps.push(Step::OneOf { edges: Vec::new(), total: 0.0 });
                steps.len() - 1
            });
            if let Step::OneOf { edges, total } = &mut steps[at] {
                *total += weight;
                edges.push((*slot, *total));
            }
        }
        Self { steps, stream: Some(Stream::new(core.seed, row.id, CHOICE)) }
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let groups = self.steps.iter().map(|step| match step {
            Step::Always(_) => 0,
            Step::OneOf { edges, .. } => edges.capacity() * size_of::<(EdgeSlot, f64)>(),
        });
        self.steps.capacity() * size_of::<Step>() + groups.sum::<usize>()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What stands at `step` of the plan, for the visit with this key.
    pub(super) fn at(&self, step: u16, key: u64) -> Planned {
        let edge = match self.steps.get(step as usize) {
            None => return Planned::End,
            Some(Step::Always(slot)) => Some(*slot),
            Some(Step::OneOf { edges, total }) => {
                let Some(stream) = self.stream else { return Planned::End };
                let mut draws = stream.at(key ^ u64::from(step));
                // Weights up to 1 are probabilities, and the rest is an exit; beyond, they are proportions.
                let drawn = draws.unit() * total.max(1.0);
                let chosen = edges.iter().position(|(_, upto)| drawn < *upto);
                #[cfg(test)]
                let chosen = crate::engine::tamper_choice(chosen, edges.len());
                chosen.map(|at| edges[at].0)
            }
        };
        edge.map_or(Planned::Exit, Planned::Call)
    }
}

/// One step of a plan, for one visit.
pub(super) enum Planned {
    Call(EdgeSlot),
    /// None of the group's edges was drawn.
    Exit,
    End,
}

/// Makes the next call of the plan, or answers where nothing is left to call. After the last call the
/// engine goes on at `last` ([`RELAY`] or [`PASS`](crate::engine::PASS)), after others the step at `then`.
pub(crate) fn proceed(cx: &mut Cx<'_>, then: Pc, last: Pc) -> Next {
    let part = cx.part() as usize;
    loop {
        let frame = cx.frame();
        let (cursor, key) = (frame.cursor, frame.key);
        frame.cursor = cursor.saturating_add(1);
        let plan = &cx.core.parts[part].plan;
        let planned = plan.at(cursor, key);
        let then = if usize::from(cursor) + 1 == plan.steps.len() { last } else { then };
        let edge = match planned {
            Planned::Call(edge) => edge,
            Planned::Exit => continue,
            Planned::End => return Next::Reply(Outcome::Ok),
        };
        match cx.core.edge(edge).mode {
            Mode::Sync => return Next::Call { edge, to: None, timeouts: Timeouts::Policy, then },
            Mode::Async => cx.core.cast(cx.frame, edge, None),
            Mode::Forward => return Next::Forward { edge, to: None },
        }
    }
}

/// Goes on after an answer: to the next call, or out with an error where the answer was none.
pub(crate) fn go_on(cx: &mut Cx<'_>, then: Pc) -> Next {
    if cx.outcome().is_ok() { proceed(cx, then, RELAY) } else { Next::Reply(Outcome::Upstream) }
}
