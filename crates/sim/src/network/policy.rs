//! What callers on one edge remember in order to follow its policy: budgets, breakers, what was accepted.
//!
//! Every instance of the caller has a memory of its own, as every process has; it is gone when the instance
//! dies.

use super::Rolling;
use super::idle::Peer;
use super::last_calls::{self, LastCalls};
use crate::Ns;
use crate::engine::{Draws, InstanceId, Stream};
use crate::observe::Outcome;
use crate::resource::StationId;
use crate::system::{BreakerWindow, Jitter, Policy, RetryOn};

/// The purposes of an edge's streams.
const PAUSES: u32 = 0x0070_6175;
const REFUSALS: u32 = 0x0072_6566;

/// A [`Policy`] made ready for use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) timeout: Ns,
    pub(crate) retries: u32,
    retry_on: RetryOn,
    backoff: Ns,
    backoff_cap: Ns,
    jitter: Jitter,
    budget: f64,
    burst: f64,
    pub(crate) cancels: bool,
    pub(crate) propagates: bool,
    pub(crate) hedge: Ns,
    /// Copies sent at once, and how many good answers suffice; 0 is all.
    pub(crate) fan_out: u32,
    pub(crate) need: u32,
    breaker: BreakerRules,
    pub(crate) pool_size: u32,
    pub(crate) pool_waiters: u32,
    pub(crate) pool_wait: Ns,
    /// What opening a connection takes beside a round trip; 0 opens none.
    pub(crate) connect: Ns,
    pub(crate) pool_idle: Ns,
    throttle: f64,
    throttle_window: Ns,
}

#[derive(Clone, Copy, Debug)]
struct BreakerRules {
    share: f64,
    window: Ns,
    /// It counts the last calls, not those of a time.
    by_calls: bool,
    least: u32,
    open: Ns,
    trials: u32,
}

impl Rules {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self {
            timeout: policy.timeout_ms.ns(),
            retries: policy.retries.0,
            retry_on: policy.retry_on,
            backoff: policy.backoff_ms.ns(),
            backoff_cap: policy.backoff_cap_ms.ns(),
            jitter: policy.jitter,
            budget: policy.retry_budget.0,
            burst: f64::from(policy.retry_burst.0),
            cancels: policy.cancel.0,
            propagates: policy.deadline.0,
            hedge: policy.hedge_ms.ns(),
            fan_out: policy.fan_out.0,
            need: policy.need.0,
            breaker: BreakerRules {
                share: policy.breaker_share.0,
                window: policy.breaker_window_s.ns(),
                by_calls: policy.breaker_window == BreakerWindow::Calls,
                least: policy.breaker_calls.0,
                open: policy.breaker_open_s.ns(),
                trials: policy.breaker_trials.0,
            },
            pool_size: policy.pool_size.0,
            pool_waiters: policy.pool_waiters.0,
            pool_wait: policy.pool_wait_ms.ns(),
            connect: policy.connect_ms.ns(),
            pool_idle: policy.pool_idle_s.ns(),
            throttle: policy.throttle_ratio.0,
            throttle_window: policy.throttle_window_s.ns(),
        }
    }

    /// Nothing but a timeout, which costs no policy.
    pub(crate) fn is_plain(&self) -> bool {
        let asks_again = self.retries > 0 || self.hedge > 0 || self.fan_out > 1;
        !(asks_again || self.holds_back() || self.cancels || self.propagates)
    }

    /// Whether a call may have to wait before it is sent, or is not sent at all.
    fn holds_back(&self) -> bool {
        self.pool_size > 0 || self.connect > 0 || self.breaker.share > 0.0 || self.throttle > 0.0
    }

    /// Nothing beside a timeout but further attempts, and no budget for them.
    pub(crate) fn only_retries(&self) -> bool {
        let is_more = self.hedge > 0 || self.fan_out > 1 || self.budget > 0.0 || self.propagates;
        !(is_more || self.holds_back())
    }

    pub(crate) const fn retries_after(&self, outcome: Outcome) -> bool {
        match self.retry_on {
            RetryOn::None => false,
            RetryOn::Connection => matches!(outcome, Outcome::Refused | Outcome::Reset),
            RetryOn::All => !matches!(outcome, Outcome::Ok | Outcome::Guarded),
        }
    }

    /// The pause before the `attempt`th retry, which is at least the first; `last` is the pause before.
    pub(crate) fn pause(&self, attempt: u32, last: Ns, mut draws: Draws) -> Ns {
        let doubled = self.backoff.saturating_mul(1 << attempt.saturating_sub(1).min(62));
        let whole = doubled.min(self.backoff_cap);
        let share = draws.unit();
        let some = |span: Ns| (share * span as f64) as Ns;
        match self.jitter {
            Jitter::None => whole,
            Jitter::Full => some(whole),
            Jitter::Equal => whole / 2 + some(whole - whole / 2),
            Jitter::Decorrelated => {
                let least = self.backoff.min(self.backoff_cap);
                let upto = last.max(least).saturating_mul(3);
                (least + some(upto - least)).min(self.backoff_cap)
            }
            // What is beyond all times saturates.
            Jitter::Exponential => ((draws.exponential() * whole as f64) as Ns).min(self.backoff_cap),
        }
    }
}

/// What the edge's callers remember.
#[derive(Clone, Debug)]
pub(crate) struct PolicyRow {
    pub(crate) rules: Rules,
    pauses: Stream,
    refusals: Stream,
    /// In order of instances. Behind a name server, those of several parts.
    callers: Vec<Caller>,
}

/// What one instance remembers.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) instance: InstanceId,
    /// Retries saved up.
    saved: f64,
    pub(crate) breaker: Breaker,
    seen: Rolling,
    pub(crate) pool: Option<StationId>,
    /// Whom it has open connections to that nobody uses.
    pub(crate) peers: Vec<Peer>,
}

/// Whether a call may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    Pass,
    /// As a trial of this series, which decides whether the breaker closes.
    Trial(u32),
    Refuse(Outcome),
}

impl PolicyRow {
    pub(crate) fn new(seed: u64, id: u32, rules: Rules) -> Self {
        let [pauses, refusals] = [PAUSES, REFUSALS].map(|purpose| Stream::new(seed, id, purpose));
        Self { rules, pauses, refusals, callers: Vec::new() }
    }

    pub(crate) fn callers(&self) -> &[Caller] {
        &self.callers
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let of = |caller: &Caller| caller.peers.capacity() * size_of::<Peer>() + caller.breaker.last.bytes();
        self.callers.capacity() * size_of::<Caller>() + self.callers.iter().map(of).sum::<usize>()
    }

    /// What this instance remembers, if it has called before.
    pub(crate) fn known(&self, instance: InstanceId) -> Option<&Caller> {
        let at = self.callers.binary_search_by_key(&instance, |caller| caller.instance).ok()?;
        Some(&self.callers[at])
    }

    pub(crate) fn known_mut(&mut self, instance: InstanceId) -> Option<&mut Caller> {
        let at = self.callers.binary_search_by_key(&instance, |caller| caller.instance).ok()?;
        Some(&mut self.callers[at])
    }

    pub(crate) fn callers_mut(&mut self) -> &mut [Caller] {
        &mut self.callers
    }

    pub(crate) fn caller(&mut self, instance: InstanceId) -> &mut Caller {
        let found = self.callers.binary_search_by_key(&instance, |caller| caller.instance);
        let at = found.unwrap_or_else(|at| {
            let (saved, breaker) = (self.rules.burst, Breaker::default());
            self.callers.insert(
                at,
                Caller { instance, saved, breaker, seen: Rolling::default(), pool: None, peers: Vec::new() },
            );
            at
        });
        &mut self.callers[at]
    }

    /// Takes new rules while running. A breaker that is switched off forgets what it has seen.
    pub(crate) fn set(&mut self, rules: Rules) {
        self.rules = rules;
        for caller in &mut self.callers {
            caller.saved = caller.saved.min(rules.burst);
            if rules.breaker.share == 0.0 {
                caller.breaker.reset();
            }
            if rules.throttle == 0.0 {
                caller.seen = Rolling::default();
            }
        }
    }

    /// An instance died, and with it what it remembered; its pool stays, empty.
    pub(crate) fn forget(&mut self, instance: InstanceId) {
        if self.known(instance).is_some() {
            let burst = self.rules.burst;
            let caller = self.caller(instance);
            caller.saved = burst;
            caller.breaker.reset();
            caller.seen = Rolling::default();
        }
    }

    /// A call begins, which earns its share of a retry.
    pub(crate) fn begin(&mut self, instance: InstanceId) {
        let (budget, burst) = (self.rules.budget, self.rules.burst);
        if budget > 0.0 {
            let saved = &mut self.caller(instance).saved;
            *saved = (*saved + budget).min(burst);
        }
    }

    /// Takes a retry out of the savings, where there is a budget; false where there is none left.
    pub(crate) fn spend(&mut self, instance: InstanceId) -> bool {
        if self.rules.budget == 0.0 {
            return true;
        }
        let saved = &mut self.caller(instance).saved;
        // Shares such as 0.1 do not add up exactly.
        let is_enough = *saved >= 1.0 - 1e-9;
        if is_enough {
            *saved -= 1.0;
        }
        is_enough
    }

    pub(crate) fn pause(&self, attempt: u32, last: Ns, position: u64) -> Ns {
        self.rules.pause(attempt, last, self.pauses.at(position))
    }

    /// Whether an attempt may be sent at all.
    pub(crate) fn admit(&mut self, instance: InstanceId, now: Ns, position: u64) -> Admission {
        let (rules, mut draws) = (self.rules, self.refusals.at(position));
        let caller = self.caller(instance);
        if rules.throttle > 0.0 {
            let [asked, accepted] = caller.seen.sums(now, rules.throttle_window).map(f64::from);
            caller.seen.count(now, rules.throttle_window, [1, 0]);
            if draws.chance((asked - rules.throttle * accepted) / (asked + 1.0)) {
                return Admission::Refuse(Outcome::Throttled);
            }
        }
        if rules.breaker.share > 0.0 { caller.breaker.admit(now, &rules.breaker) } else { Admission::Pass }
    }

    /// An attempt that was sent has ended; whether the breaker opened or closed by it.
    pub(crate) fn ended(
        &mut self,
        instance: InstanceId,
        now: Ns,
        trial: u32,
        outcome: Outcome,
    ) -> Option<Turn> {
        let rules = self.rules;
        let caller = self.caller(instance);
        // An error reply was accepted, and then failed; the others are overload or absence. A conflict is
        // the answer of a server that is well.
        let is_well = matches!(outcome, Outcome::Ok | Outcome::Conflict);
        if rules.throttle > 0.0 && (is_well || outcome == Outcome::Upstream) {
            caller.seen.count(now, rules.throttle_window, [0, 1]);
        }
        if rules.breaker.share == 0.0 {
            return None;
        }
        caller.breaker.ended(now, &rules.breaker, trial, is_well)
    }
}

/// Which way a breaker turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Opened,
    Closed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum BreakerState {
    #[default]
    Closed,
    Open {
        until: Ns,
    },
    /// Trial calls under way, and those that went well.
    HalfOpen {
        trying: u32,
        good: u32,
    },
}

/// A circuit breaker: after too many failures nothing is sent, then trials.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breaker {
    state: BreakerState,
    /// Counts the series of trials: those of an earlier one decide nothing.
    series: u32,
    /// Calls and failures: of a time, or the last ones.
    seen: Rolling,
    last: LastCalls,
}

impl Breaker {
    pub(crate) const fn is_closed(&self) -> bool {
        matches!(self.state, BreakerState::Closed)
    }

    pub(crate) const fn is_half_open(&self) -> bool {
        matches!(self.state, BreakerState::HalfOpen { .. })
    }

    /// Trials that are under way, and of which series.
    pub(crate) const fn trying(&self) -> (u32, u32) {
        match self.state {
            BreakerState::HalfOpen { trying, .. } => (trying, self.series),
            _ => (0, self.series),
        }
    }

    fn reset(&mut self) {
        self.state = BreakerState::Closed;
        self.seen = Rolling::default();
        self.last.clear();
    }

    fn admit(&mut self, now: Ns, rules: &BreakerRules) -> Admission {
        if let BreakerState::Open { until } = self.state
            && now >= until
        {
            self.series = self.series.wrapping_add(1).max(1);
            self.state = BreakerState::HalfOpen { trying: 0, good: 0 };
        }
        match &mut self.state {
            BreakerState::Closed => Admission::Pass,
            BreakerState::HalfOpen { trying, good } if *trying + *good < rules.trials => {
                *trying += 1;
                Admission::Trial(self.series)
            }
            _ => Admission::Refuse(Outcome::CircuitOpen),
        }
    }

    /// A trial that never came to an end: another may take its place.
    pub(crate) fn forget_trial(&mut self, series: u32) {
        if let BreakerState::HalfOpen { trying, .. } = &mut self.state
            && series == self.series
        {
            *trying -= 1;
        }
    }

    fn ended(&mut self, now: Ns, rules: &BreakerRules, trial: u32, ok: bool) -> Option<Turn> {
        match &mut self.state {
            BreakerState::Closed => {
                let [calls, failures] = if rules.by_calls {
                    self.last.count(rules.least, !ok)
                } else {
                    self.seen.count(now, rules.window, [1, u32::from(!ok)]);
                    self.seen.sums(now, rules.window)
                };
                let least = if rules.by_calls { rules.least.min(last_calls::MOST) } else { rules.least };
                let is_bad = f64::from(failures) >= rules.share * f64::from(calls);
                if ok || calls < least || !is_bad {
                    return None;
                }
                self.open(now, rules);
                Some(Turn::Opened)
            }
            BreakerState::HalfOpen { trying, good } if trial == self.series => {
                *trying -= 1;
                if !ok {
                    self.open(now, rules);
                    return Some(Turn::Opened);
                }
                *good += 1;
                if *good < rules.trials {
                    return None;
                }
                self.reset();
                Some(Turn::Closed)
            }
            _ => None,
        }
    }

    fn open(&mut self, now: Ns, rules: &BreakerRules) {
        self.reset();
        self.state = BreakerState::Open { until: now.saturating_add(rules.open) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{MILLISECOND, SECOND};
    use crate::param::{Count, Millis, Share};

    const ONE: InstanceId = InstanceId(0);

    fn rules(jitter: Jitter) -> Rules {
        Rules::new(&Policy {
            backoff_ms: Millis(100.0),
            backoff_cap_ms: Millis(1_000.0),
            jitter,
            ..Policy::default()
        })
    }

    fn mean(jitter: Jitter, attempt: u32) -> f64 {
        let (rules, stream) = (rules(jitter), Stream::new(1, 1, 1));
        let sum: Ns = (0..10_000).map(|at| rules.pause(attempt, 0, stream.at(at))).sum();
        sum as f64 / 1e10
    }

    /// Uniform pauses have a standard deviation of 0.289 of their span: over 10,000 draws a mean is within
    /// four standard errors, 1.2 % of the span.
    #[test]
    fn pauses_double_up_to_the_cap_and_are_spread() {
        let none: Vec<f64> = (1..=6).map(|attempt| mean(Jitter::None, attempt)).collect();
        assert_eq!(none, [100.0, 200.0, 400.0, 800.0, 1_000.0, 1_000.0]);
        for (attempt, whole) in (1..=6).zip(none) {
            assert!((mean(Jitter::Full, attempt) - whole / 2.0).abs() < whole * 0.012);
            assert!((mean(Jitter::Equal, attempt) - whole * 0.75).abs() < whole * 0.006);
        }
        assert!((mean(Jitter::Decorrelated, 1) - 200.0).abs() < 2.4);
        // Exponentials have the standard deviation of their mean: four standard errors are 4 %. Cut off at
        // 1,000, the mean of one with mean m is m × (1 - exp(-1,000 / m)).
        for (attempt, whole) in [(1, 100.0), (2, 200.0), (3, 400.0), (5, 1_000.0)] {
            let cut = whole * (1.0 - libm::exp(-1_000.0 / whole));
            let mean = mean(Jitter::Exponential, attempt);
            assert!((mean - cut).abs() < whole * 0.04, "{attempt}: {mean}, but {cut}");
        }
        let (rules, stream) = (rules(Jitter::Decorrelated), Stream::new(1, 1, 1));
        let mut last = 0;
        for at in 0..1_000 {
            let pause = rules.pause(1, last, stream.at(at));
            let least = 100 * MILLISECOND;
            assert!((least..=SECOND).contains(&pause) && pause <= 3 * last.max(least), "{last} {pause}");
            last = pause;
        }
    }

    #[test]
    fn a_breaker_opens_tries_and_closes() {
        let policy = Policy { breaker_share: Share(0.5), ..Policy::default() };
        let mut row = PolicyRow::new(1, 1, Rules::new(&policy));
        for at in 0..19 {
            assert_eq!(row.ended(ONE, at, 0, Outcome::Refused), None);
        }
        assert_eq!(row.ended(ONE, 19, 0, Outcome::Refused), Some(Turn::Opened));
        let refused = Admission::Refuse(Outcome::CircuitOpen);
        assert_eq!(row.admit(ONE, 5 * SECOND, 0), refused);
        let later = 5 * SECOND + 19;
        assert_eq!(row.admit(ONE, later, 0), Admission::Trial(1));
        assert_eq!(row.admit(ONE, later, 0), refused);
        assert_eq!(row.ended(ONE, later, 1, Outcome::TimedOut), Some(Turn::Opened));
        let later = later + 5 * SECOND;
        assert_eq!(row.admit(ONE, later, 0), Admission::Trial(2));
        assert_eq!(row.ended(ONE, later, 1, Outcome::Ok), None, "a trial of an earlier series");
        assert_eq!(row.ended(ONE, later, 2, Outcome::Ok), Some(Turn::Closed));
        assert_eq!(row.admit(ONE, later, 0), Admission::Pass);
        assert_eq!(
            row.admit(InstanceId(1), later, 0),
            Admission::Pass,
            "another instance has a breaker of its own"
        );
    }

    /// Ten calls in a row of which half fail open it, in however long; one more good one among them does not.
    #[test]
    fn a_breaker_may_count_the_last_calls() {
        let policy = Policy {
            breaker_share: Share(0.5),
            breaker_window: BreakerWindow::Calls,
            breaker_calls: Count(10),
            ..Policy::default()
        };
        let mut row = PolicyRow::new(1, 1, Rules::new(&policy));
        let mut end = |at: Ns, ok: bool| {
            row.ended(ONE, at * 3_600 * SECOND, 0, if ok { Outcome::Ok } else { Outcome::TimedOut })
        };
        for at in 0..1_000 {
            assert_eq!(end(at, at % 5 > 1), None, "two of five");
        }
        assert_eq!(end(1_000, false), None);
        assert_eq!(end(1_001, false), None);
        assert_eq!(end(1_002, false), Some(Turn::Opened));
    }

    #[test]
    fn a_budget_grants_its_share_and_no_more() {
        let policy = Policy { retry_budget: Share(0.1), ..Policy::default() };
        let mut row = PolicyRow::new(1, 1, Rules::new(&policy));
        let mut granted = 0;
        for _ in 0..1_000 {
            row.begin(ONE);
            granted += u32::from(row.spend(ONE));
        }
        // Ten to begin with, and a tenth of a thousand.
        assert!((108..=110).contains(&granted), "{granted}");
    }
}
