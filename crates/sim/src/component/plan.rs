//! The calls that a part makes, one after another or at once.

use super::aside::Aside;
use super::{AnyParams, Kind};
use crate::choices;
use crate::engine::{Core, Cx, Flow, FrameId, MOST_BRANCHES, Next, Pc, RELAY, Stream};
use crate::network::EdgeSlot;
use crate::observe::Outcome;
use crate::system::Mode;

choices! {
    /// When a part makes the calls that it waits for.
    pub enum Order {
        InTurn = "in_turn", en "one after another", ko "차례로";
        AtOnce = "at_once", en "all at once", ko "한꺼번에";
    }
}

/// The purpose of the stream from which one edge of a weighted group is drawn.
const CHOICE: u32 = 0x0077_6179;

/// A part's own `calls` edges in the order in which they are called: by id, those with a weight as one
/// group at the place of its first.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallPlan {
    steps: Vec<Step>,
    stream: Option<Stream>,
    /// The cache that is asked before the first step.
    aside: Option<Aside>,
    /// The only call, where it is one that is always made and awaited.
    only: Option<EdgeSlot>,
}

#[derive(Clone, Debug)]
enum Step {
    Always(EdgeSlot, Mode),
    /// At most one of these, by weight.
    OneOf {
        edges: Vec<(EdgeSlot, Mode, f64)>,
        total: f64,
    },
}

impl CallPlan {
    /// Reads the plan off a part's edges.
    pub(crate) fn new(core: &Core, part: u32) -> Self {
        let row = &core.parts[part as usize];
        let mut steps: Vec<Step> = Vec::new();
        let mut group = None;
        let aside = row.out.iter().find_map(|slot| Self::kept_cache(core, row.kind, *slot));
        for slot in row.out.iter().filter(|slot| aside.is_none_or(|aside| aside.edge != **slot)) {
            let mode = core.edge(*slot).mode;
            let Some(weight) = core.edge(*slot).weight else {
                steps.push(Step::Always(*slot, mode));
                continue;
            };
            let at = *group.get_or_insert_with(|| {
                steps.push(Step::OneOf { edges: Vec::new(), total: 0.0 });
                steps.len() - 1
            });
            if let Step::OneOf { edges, total } = &mut steps[at] {
                *total += weight;
                edges.push((*slot, mode, *total));
            }
        }
        let only = match steps[..] {
            [Step::Always(slot, Mode::Sync)] if aside.is_none() => Some(slot),
            _ => None,
        };
        Self { steps, stream: Some(Stream::new(core.seed, row.id, CHOICE)), aside, only }
    }

    /// The first cache that is always called, waited for, and calls nobody itself, is kept by its caller, if
    /// that is of a type that can.
    fn kept_cache(core: &Core, kind: Kind, edge: EdgeSlot) -> Option<Aside> {
        let row = core.edge(edge);
        let cache = &core.parts[row.to as usize];
        let AnyParams::Cache(params) = &cache.params else { return None };
        let keeps = matches!(kind, Kind::App | Kind::Web);
        let is_kept = keeps && row.mode == Mode::Sync && row.weight.is_none() && cache.out.is_empty();
        is_kept.then_some(Aside { edge, writes: params.write })
    }

    pub(super) fn aside(&self) -> Option<Aside> {
        self.aside
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let groups = self.steps.iter().map(|step| match step {
            Step::Always(..) => 0,
            Step::OneOf { edges, .. } => edges.capacity() * size_of::<(EdgeSlot, Mode, f64)>(),
        });
        self.steps.capacity() * size_of::<Step>() + groups.sum::<usize>()
    }

    /// The only call of the plan, where it is always made and awaited.
    #[inline(always)]
    pub(crate) const fn only(&self) -> Option<EdgeSlot> {
        self.only
    }

    /// Whether nothing of it is left, so far along.
    pub(super) fn is_done(&self, cursor: u16) -> bool {
        usize::from(cursor) >= self.steps.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What stands at `step` of the plan, for the visit with this key.
    #[inline(always)]
    pub(super) fn at(&self, step: u16, key: u64) -> Planned {
        match self.steps.get(step as usize) {
            None => Planned::End,
            Some(Step::Always(slot, mode)) => Planned::Call(*slot, *mode),
            Some(Step::OneOf { edges, total }) => self.draw(step, key, edges, *total),
        }
    }

    fn draw(&self, step: u16, key: u64, edges: &[(EdgeSlot, Mode, f64)], total: f64) -> Planned {
        let Some(stream) = self.stream else { return Planned::End };
        let mut draws = stream.at(key ^ u64::from(step));
        // Weights up to 1 are probabilities, and the rest is an exit; beyond, they are proportions.
        let drawn = draws.unit() * total.max(1.0);
        let chosen = edges.iter().position(|(.., upto)| drawn < *upto);
        #[cfg(test)]
        let chosen = crate::engine::tamper_choice(chosen, edges.len());
        chosen.map_or(Planned::Exit, |at| Planned::Call(edges[at].0, edges[at].1))
    }
}

/// One step of a plan, for one visit.
pub(super) enum Planned {
    Call(EdgeSlot, Mode),
    /// None of the group's edges was drawn.
    Exit,
    End,
}

/// Makes the next call of the plan, or answers where nothing is left to call. After the last call the
/// engine goes on at `last` ([`RELAY`] or [`PASS`](crate::engine::PASS)), after others the step at `then`.
#[inline(always)]
pub(crate) fn proceed(cx: &mut Cx<'_>, then: Pc, last: Pc) -> Next {
    Next::Told(make_next_call(cx.core, cx.frame, cx.part, then, last))
}

/// As [`proceed`], for a frame at a part.
pub(crate) fn make_next_call(core: &mut Core, frame: FrameId, part: u32, then: Pc, last: Pc) -> Flow {
    loop {
        let row = &mut core.frames[frame];
        let (cursor, key) = (row.cursor, row.key);
        row.cursor = cursor.saturating_add(1);
        let plan = &core.parts[part as usize].plan;
        let planned = plan.at(cursor, key);
        let then = if usize::from(cursor) + 1 == plan.steps.len() { last } else { then };
        let (edge, mode) = match planned {
            Planned::Call(edge, mode) => (edge, mode),
            Planned::Exit => continue,
            Planned::End => return core.answer(frame, Outcome::Ok),
        };
        match mode {
            Mode::Sync => return core.call(frame, edge, then),
            Mode::Async => core.cast(frame, edge, None),
            Mode::Forward => return core.forward(frame, edge, None),
        }
    }
}

/// Goes on after an answer: to the next call, or out with an error where the answer was none.
pub(crate) fn go_on(cx: &mut Cx<'_>, then: Pc) -> Next {
    if cx.outcome().is_ok() { proceed(cx, then, RELAY) } else { Next::Reply(Outcome::Upstream) }
}

/// As [`proceed`], with all calls that are awaited under way at once; what is handed over is handed over
/// once they have ended well.
pub(crate) fn proceed_at_once(cx: &mut Cx<'_>, then: Pc) -> Next {
    let part = cx.part() as usize;
    let mut join = None;
    loop {
        let frame = cx.frame();
        let (cursor, key) = (frame.cursor, frame.key);
        let call = match cx.core.parts[part].plan.at(cursor, key) {
            Planned::Call(edge, mode) => Some((edge, mode)),
            Planned::Exit => None,
            Planned::End => break,
        };
        let mode = call.map(|(_, mode)| mode);
        let is_full = join.is_some_and(|join| cx.core.branches(join) == MOST_BRANCHES);
        if join.is_some() && (mode == Some(Mode::Forward) || is_full && mode == Some(Mode::Sync)) {
            break;
        }
        cx.frame().cursor = cursor.saturating_add(1);
        match call {
            None => {}
            Some((edge, Mode::Forward)) => return Next::Forward { edge },
            Some((edge, Mode::Async)) => cx.core.cast(cx.frame, edge, None),
            Some((edge, Mode::Sync)) => {
                let left = cx.core.parts[part].plan.steps.len() as u32 - u32::from(cursor);
                let at = join.or_else(|| cx.core.open_join(cx.frame, then, left.min(MOST_BRANCHES)));
                let Some(at) = at else { return Next::Reply(Outcome::Upstream) };
                cx.core.branch_off(at, edge);
                join = Some(at);
            }
        }
    }
    let Some(join) = join else { return Next::Reply(Outcome::Ok) };
    cx.core.need_all(join);
    Next::Await { then }
}

/// Goes on after all answers: to what is left, or out with an error where one was none.
pub(crate) fn go_on_at_once(cx: &mut Cx<'_>, then: Pc) -> Next {
    if cx.outcome().is_ok() { proceed_at_once(cx, then) } else { Next::Reply(Outcome::Upstream) }
}
