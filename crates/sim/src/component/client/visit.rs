//! Visitors who come again and again: those of a visit, and the users of a closed loop.

use super::page::DOCUMENT;
use super::source::nth;
use super::{ASK, Arrival, Client, HEARD, USER, USERS, User, VISITOR};
use crate::engine::{Core, Cx, FrameId, InstanceId, Next};
use crate::observe::Outcome;

impl Client {
    /// Starts a visitor who sends several requests.
    pub(super) fn greet(&self, cx: &mut Cx<'_>, key: u64) {
        let is_visit = self.pace.arrival == Arrival::Sessions;
        let requests = if is_visit { self.size(self.visit, nth(key, 1 << 32)) } else { 1 };
        let visitor = if cx.core.frames.is_full() { None } else { cx.start_process(0, ASK, requests) };
        match visitor {
            Some(visitor) => {
                let row = &mut cx.core.frames[visitor];
                row.key = key;
                row.cursor = VISITOR;
            }
            // As many calls are open as there may be: counted where every refused request is.
            None => {
                self.issue(cx, key);
            }
        }
    }

    /// How many users the closed loop of an instance has now.
    pub(super) fn users_of(&self, number: usize) -> u32 {
        let surge = self.sources[number].surge;
        if surge == 1.0 { self.users } else { (f64::from(self.users) * surge + 0.5) as u32 }
    }

    /// Every user of the closed loop who should be here is, or comes.
    pub(super) fn gather(&mut self, core: &mut Core, instance: InstanceId, number: usize) {
        if self.pace.arrival != Arrival::Closed || self.sources[number].process.is_none() {
            return;
        }
        let first = u64::from(self.sources[number].lives) << 32;
        let users = self.users_of(number) as usize;
        let crowd = &mut self.crowds[number];
        let place = core.place_of(instance);
        let mut cx = Cx::new(core, FrameId::NONE, instance, place);
        for user in 0..users {
            let state = crowd.get(user).copied().unwrap_or(User::Away);
            if state == User::Here || (state == User::Content && self.stops) {
                continue;
            }
            if cx.core.frames.is_full() {
                return;
            }
            let key = self.streams.name(number, USERS | user as u64);
            let think = self.think.draw(&mut self.streams.thinks.of(nth(key, first)));
            let Some(frame) = cx.start_process(think, ASK, user as u32) else { return };
            let row = &mut cx.core.frames[frame];
            row.key = key;
            row.sent = first;
            row.cursor = USER;
            // It grows with those who found room, not with those who are wished for.
            match crowd.get_mut(user) {
                Some(state) => *state = User::Here,
                None => crowd.push(User::Here),
            }
        }
    }

    /// A visitor sends the next request.
    #[inline(never)]
    pub(super) fn ask(&mut self, cx: &mut Cx<'_>) -> Next {
        let row = *cx.frame();
        let is_welcome = self.pace.arrival == Arrival::Closed && row.note < self.users_of(cx.number());
        if row.cursor == USER && !is_welcome {
            return self.leave(cx, User::Away);
        }
        let (key, is_page) = (nth(row.key, row.sent), self.pages.are_on());
        match if is_page { self.ask_for_page(cx, key) } else { self.issue(cx, key) } {
            Some(request) => {
                cx.core.frames[request].parent = cx.frame;
                Next::Await { then: if is_page { DOCUMENT } else { HEARD } }
            }
            None => {
                cx.frame().outcome = Outcome::Guarded as u8;
                self.heard(cx)
            }
        }
    }

    /// A visitor has the answer, or knows that there is none: thinks and comes again, or leaves.
    #[inline(never)]
    pub(super) fn heard(&mut self, cx: &mut Cx<'_>) -> Next {
        let is_content = self.stops && cx.outcome().is_ok();
        let row = cx.frame();
        row.sent += 1;
        if row.cursor == VISITOR {
            row.note -= 1;
        }
        let (key, is_over) = (nth(row.key, row.sent), row.cursor == VISITOR && row.note == 0);
        if is_content || is_over {
            return self.leave(cx, User::Content);
        }
        Next::Sleep { time: self.think.draw(&mut self.streams.thinks.of(key)), then: ASK }
    }

    pub(super) fn leave(&mut self, cx: &mut Cx<'_>, state: User) -> Next {
        let (kind, user) = (cx.frame().cursor, cx.frame().note);
        if kind == USER {
            self.crowds[cx.number()][user as usize] = state;
        }
        Next::Reply(Outcome::Ok)
    }
}
