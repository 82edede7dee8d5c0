//! Cache-aside: the caller asks a cache first, calls what it would call anyway where there is nothing, and
//! stores the answer; after a write it tells the cache. Between any two of these steps others make theirs.

use super::caching::{WritePolicy, begin, next_call, note_answer, version};
use super::plan::{Order, go_on_at_once, proceed_at_once};
use crate::engine::{Asks, Cx, Next, Pc};
use crate::network::EdgeSlot;
use crate::observe::{Class, Outcome};

/// Where the steps here go on.
pub(super) const LOOK: Pc = 24;
const LOOKED: Pc = 25;
const GOT: Pc = 26;
pub(super) const TOLD: Pc = 27;

/// The cache that a part keeps, and what a write does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Aside {
    pub(super) edge: EdgeSlot,
    pub(super) writes: WritePolicy,
}

fn aside(cx: &Cx<'_>) -> Option<Aside> {
    cx.core.parts[cx.part() as usize].plan.aside()
}

pub(super) fn step(cx: &mut Cx<'_>, order: Order) -> Next {
    match cx.pc() {
        LOOK => look(cx, order),
        LOOKED => looked(cx, order),
        GOT => got(cx, order),
        // The cache was told, or was not to be reached: the answer is the same.
        _ => Next::Reply(Outcome::Ok),
    }
}

fn look(cx: &mut Cx<'_>, order: Order) -> Next {
    match aside(cx) {
        Some(aside) if cx.class() != Class::Write => {
            cx.core.carried_mut(cx.frame).asks = Asks::Get;
            Next::Call { edge: aside.edge, then: LOOKED }
        }
        _ => {
            begin(cx);
            call_on(cx, order)
        }
    }
}

fn looked(cx: &mut Cx<'_>, order: Order) -> Next {
    let (outcome, token) = (cx.outcome(), cx.core.answer);
    if outcome.is_ok() && token != 0 {
        cx.frame().note = token;
        return Next::Reply(Outcome::Ok);
    }
    begin(cx);
    // A cache that does not answer is not called again for this.
    cx.core.carried_mut(cx.frame).count = u32::from(outcome.is_ok());
    call_on(cx, order)
}

fn got(cx: &mut Cx<'_>, order: Order) -> Next {
    if !cx.outcome().is_ok() {
        return Next::Reply(Outcome::Upstream);
    }
    note_answer(cx);
    if order == Order::AtOnce { or_tell(cx, go_on_at_once) } else { call_on(cx, order) }
}

fn call_on(cx: &mut Cx<'_>, order: Order) -> Next {
    if order == Order::AtOnce {
        return or_tell(cx, proceed_at_once);
    }
    match next_call(cx, GOT) {
        Some(next) => next,
        None => tell(cx),
    }
}

/// Tells the cache where there is nothing left to call.
fn or_tell(cx: &mut Cx<'_>, go: fn(&mut Cx<'_>, Pc) -> Next) -> Next {
    match go(cx, GOT) {
        Next::Reply(Outcome::Ok) => tell(cx),
        next => next,
    }
}

/// All calls were answered well: the cache is told what was read or written.
pub(super) fn tell(cx: &mut Cx<'_>) -> Next {
    let carried = cx.core.carried_mut(cx.frame);
    if std::mem::take(&mut carried.writes) {
        // What the last of its writes brought.
        carried.version = carried.token;
    }
    let token = version(cx);
    cx.frame().note = token;
    let Some(aside) = aside(cx) else { return Next::Reply(Outcome::Ok) };
    let asks = if cx.class() == Class::Write {
        match aside.writes {
            WritePolicy::Invalidate | WritePolicy::Back => Asks::Drop,
            WritePolicy::Through => Asks::Set,
            WritePolicy::TtlOnly => return Next::Reply(Outcome::Ok),
        }
    } else if cx.core.carried_mut(cx.frame).count == 1 {
        Asks::Fill
    } else {
        return Next::Reply(Outcome::Ok);
    };
    let carried = cx.core.carried_mut(cx.frame);
    (carried.asks, carried.token) = (asks, token);
    let row = cx.frame();
    row.cursor = row.cursor.saturating_add(1);
    Next::Call { edge: aside.edge, then: TOLD }
}
