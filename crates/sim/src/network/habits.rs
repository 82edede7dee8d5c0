//! What a balancer does beside its algorithm: it sends users back to where they were, lets newcomers warm up and
//! leaves out whoever keeps failing.

use std::collections::VecDeque;

use super::balancer::TargetView;
use crate::Ns;
use crate::choices;
use crate::observe::Outcome;
use crate::resource::Table;

choices! {
    /// By what a balancer knows a user again.
    pub enum Persistence {
        None = "none", en "none", ko "없음";
        /// By the address that the request comes from; many users may share one.
        Source = "source", en "client address", ko "클라이언트 주소";
        /// By a cookie that came with an answer.
        Cookie = "cookie", en "cookie", ko "쿠키";
        /// By the name of the target, which the addresses of all links carry; who wants to can change it.
        Url = "url", en "URL", ko "URL";
    }
}

/// What a balancer is set to do beside its algorithm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HabitRules {
    pub(crate) persistence: Persistence,
    /// So many users are remembered, each for so long after the last request.
    pub(crate) table: u32,
    pub(crate) idle: Ns,
    /// So large a share of the users puts another name into addresses; names that are signed cannot be made up.
    pub(crate) tampered: f64,
    pub(crate) is_signed: bool,
    pub(crate) slow_start: Ns,
    /// It looks so often how many calls are open; 0 always knows.
    pub(crate) look_every: Ns,
    /// It chooses by what a request is about, on a circle of so many places each, and by this bound of the load; 0
    /// sets none.
    pub(crate) hashes: bool,
    pub(crate) places: u32,
    pub(crate) load_bound: f64,
    /// After so many failures in a row a target gets nothing for so long. 0 never.
    pub(crate) eject_after: u32,
    pub(crate) eject_for: Ns,
    /// No larger share of the targets is left out.
    pub(crate) eject_most: f64,
}

impl HabitRules {
    pub(crate) fn are_none(&self) -> bool {
        !self.hashes
            && self.persistence == Persistence::None
            && self.slow_start == 0
            && self.look_every == 0
            && self.eject_after == 0
    }
}

/// What one instance of a balancer remembers.
#[derive(Clone, Debug)]
pub(crate) struct Habits {
    pub(crate) rules: HabitRules,
    /// By user or address, the target, when it was used last, and the number of that use.
    known: Table<(u32, Ns, u64)>,
    /// Numbers and names of all uses, those of the same user before included: the first that is the last of its
    /// user is the one to forget.
    order: VecDeque<(u64, u64)>,
    uses: u64,
    /// When the next of those left out comes back.
    pub(crate) returns: Ns,
}

impl Habits {
    pub(crate) fn new(rules: HabitRules) -> Self {
        Self { rules, known: Table::default(), order: VecDeque::new(), uses: 0, returns: Ns::MAX }
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.known.bytes() + self.order.capacity() * size_of::<(u64, u64)>()
    }

    /// Users that are remembered.
    pub(crate) fn remembered(&self) -> usize {
        self.known.len()
    }

    /// Where a user went last, unless that is too long ago.
    pub(crate) fn recall(&self, name: u64, now: Ns) -> Option<u32> {
        let (target, used, _) = self.known.get(name)?;
        (now - used <= self.rules.idle).then_some(target)
    }

    /// A user went there. Where the table is full, whoever came least recently is forgotten.
    pub(crate) fn remember(&mut self, name: u64, target: u32, now: Ns) {
        self.uses += 1;
        self.known.put(name, (target, now, self.uses));
        if self.order.len() >= 2 * self.known.len() + 64 {
            let known = &self.known;
            self.order.retain(|(use_, name)| known.get(*name).is_some_and(|(.., last)| last == *use_));
        }
        self.order.push_back((self.uses, name));
        while self.known.len() > self.rules.table as usize {
            let Some((oldest, name)) = self.order.pop_front() else { return };
            if self.known.get(name).is_some_and(|(.., last)| last == oldest) {
                self.known.remove(name);
            }
        }
    }

    /// How much of its share a target gets while it warms up.
    pub(crate) fn warmth(&self, target: &TargetView, now: Ns) -> f64 {
        /// Nobody gets warm from nothing.
        const LEAST: f64 = 0.1;
        // Those of the start of the run have been there all along.
        if target.since == 0 {
            return 1.0;
        }
        let since = (now - target.since) as f64;
        (since / self.rules.slow_start as f64).clamp(LEAST, 1.0)
    }

    /// Takes in how a call to a target ended; whether it is to be left out now.
    pub(crate) fn judge(&self, target: &mut TargetView, outcome: Outcome, now: Ns) -> bool {
        let failed = !matches!(outcome, Outcome::Ok | Outcome::Conflict | Outcome::Expired);
        if !failed {
            target.failures = 0;
            return false;
        }
        if target.failures == 0 {
            target.failing_since = now;
        }
        target.failures += 1;
        self.rules.eject_after > 0 && target.failures >= self.rules.eject_after
    }
}
