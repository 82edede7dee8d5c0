//! Writes by compare-and-set: a row is read with its version, and written on condition that the version is
//! still the same. Where it is not, somebody else was faster, and both start again.
//!
//! H. T. Kung, J. T. Robinson: On optimistic methods for concurrency control, ACM Transactions on Database
//! Systems 6(2), 1981, 213-226.

use super::aside;
use super::plan::Planned;
use crate::choices;
use crate::engine::{Cx, Next, Pc};
use crate::network::EdgeSlot;
use crate::observe::{Class, Outcome};
use crate::system::Mode;

choices! {
    /// How a write reaches what is called for it.
    pub enum Writes {
        Plain = "plain", en "as they are", ko "그대로";
        /// Read first, and written only if nobody has written since.
        CompareAndSet = "compare_and_set", en "read, then write if unchanged", ko "읽은 뒤 바뀌지 않았으면 쓰기";
    }
}

/// Where the steps here go on.
pub(super) const AGAIN: Pc = 16;
const READ: Pc = 17;
pub(super) const WRITTEN: Pc = 18;

/// Makes the calls of a plan for a write.
pub(super) fn begin(cx: &mut Cx<'_>) -> Next {
    let writing = cx.core.carried_mut(cx.frame);
    writing.writes = true;
    writing.begin_step(0);
    read(cx)
}

pub(super) fn step(cx: &mut Cx<'_>) -> Next {
    match cx.pc() {
        AGAIN => read(cx),
        READ => write(cx),
        _ => written(cx),
    }
}

/// The edge that stands at the present step of the plan.
fn planned(cx: &mut Cx<'_>) -> Planned {
    let (step, key) = (cx.core.carried_mut(cx.frame).step, cx.frame().key);
    cx.core.parts[cx.part() as usize].plan.at(step, key)
}

/// The next call of the plan; one that is waited for is a read at first.
fn read(cx: &mut Cx<'_>) -> Next {
    cx.core.carried_mut(cx.frame).pauses = false;
    loop {
        let (edge, mode) = match planned(cx) {
            Planned::Call(edge, mode) => (edge, mode),
            Planned::Exit => {
                next_step(cx);
                continue;
            }
            Planned::End => return aside::tell(cx),
        };
        match mode {
            Mode::Sync => {
                let writing = cx.core.carried_mut(cx.frame);
                writing.edge = edge;
                writing.version = 0;
                cx.frame().class = Class::Read as u8;
                return call(cx, edge, READ);
            }
            Mode::Async => {
                name_next_visit(cx);
                cx.core.cast(cx.frame, edge, None);
                next_step(cx);
            }
            Mode::Forward => {
                name_next_visit(cx);
                cx.core.carried_mut(cx.frame).writes = false;
                return Next::Forward { edge };
            }
        }
    }
}

/// The row was read: it is written with the version that came back.
fn write(cx: &mut Cx<'_>) -> Next {
    cx.frame().class = Class::Write as u8;
    let (outcome, version) = (cx.outcome(), cx.core.answer);
    let edge = cx.core.carried_mut(cx.frame).edge;
    cx.core.count_again(cx.frame, edge, outcome);
    if !outcome.is_ok() {
        return Next::Reply(Outcome::Upstream);
    }
    // An edit may lead elsewhere by now: what was read there says nothing here.
    let is_planned = matches!(planned(cx), Planned::Call(still, Mode::Sync) if still == edge);
    if !is_planned {
        return read(cx);
    }
    cx.core.carried_mut(cx.frame).version = version;
    call(cx, edge, WRITTEN)
}

fn written(cx: &mut Cx<'_>) -> Next {
    let (outcome, edge) = (cx.outcome(), cx.core.carried_mut(cx.frame).edge);
    cx.core.count_again(cx.frame, edge, outcome);
    match outcome {
        Outcome::Ok => {
            let token = cx.core.answer;
            next_step(cx);
            cx.core.carried_mut(cx.frame).token = token;
            read(cx)
        }
        Outcome::Conflict => match cx.core.pause_after_conflict(cx.frame, edge) {
            Some(time) => Next::Sleep { time, then: AGAIN },
            None => Next::Reply(Outcome::Conflict),
        },
        _ => Next::Reply(Outcome::Upstream),
    }
}

fn next_step(cx: &mut Cx<'_>) {
    let writing = cx.core.carried_mut(cx.frame);
    writing.begin_step(writing.step.saturating_add(1));
}

fn call(cx: &mut Cx<'_>, edge: EdgeSlot, then: Pc) -> Next {
    name_next_visit(cx);
    Next::Call { edge, then }
}

/// Every call is a visit of its own: what it demands is drawn anew.
fn name_next_visit(cx: &mut Cx<'_>) {
    let frame = cx.frame();
    frame.cursor = frame.cursor.saturating_add(1);
}
