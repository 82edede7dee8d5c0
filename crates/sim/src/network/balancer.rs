//! What one instance of a load balancer knows: its targets, what it believes of them, and how it chooses.

use std::sync::Arc;

use super::EdgeSlot;
use super::habits::{HabitRules, Habits};
use super::order::{EvenRanks, Rank, Tournament};
use crate::Ns;
use crate::choices;
use crate::engine::{FrameId, InstanceId, Stream};
use crate::resource::Ring;

mod choose;
mod look;
mod measure;

pub(crate) use measure::MeasureRules;

choices! {
    /// How a target is chosen. Where edges have weights, each target counts by the weight of its edge.
    pub enum Algorithm {
        /// Each healthy target in turn; with weights, whoever had the fewest for its weight.
        RoundRobin = "rr", en "round robin", ko "라운드 로빈";
        /// Any healthy target, with equal chances or by weight.
        Random = "random", en "random", ko "무작위";
        /// The fewest open calls, as the balancer itself counts them; among equals, whoever was chosen
        /// longest ago. With weights, the fewest for its weight, the new one included.
        Least = "least", en "least connections", ko "최소 연결";
        /// The fewest open calls, for their weight, among a few drawn at random or by weight (M. Mitzenmacher: The power of two choices in
        /// randomized load balancing, IEEE TPDS 12, 2001).
        PowerOfChoices = "power_of_choices", en "power of d choices", ko "d개 중 선택(power of d choices)";
        /// The shortest answers of late, as the balancer itself measured them (a mean that forgets), times the calls that
        /// are open there with the new one (as Finagle's balancer does); where it looks at times only, the time alone.
        ResponseTime = "rt", en "response time", ko "응답 시간";
        /// By what the request is about: each target has the keys before its places on a circle (D. Karger et al.:
        /// Consistent hashing and random trees, STOC 1997).
        ConsistentHash = "consistent_hash", en "consistent hash of the key", ko "키의 일관된 해시";
    }
}

/// The place of what one instance of a balancer knows.
pub(crate) type ViewId = u32;

/// No view, or no target of one.
pub(crate) const NOBODY: u32 = u32::MAX;

/// What one instance of a balancer believes: it alone, by its own checks and counts.
#[derive(Clone, Debug)]
pub(crate) struct View {
    algorithm: Algorithm,
    /// Of how many drawn targets one is chosen.
    drawn: u32,
    pub(crate) stream: Stream,
    /// The instance whose view this is.
    pub(crate) owner: InstanceId,
    /// Counts the lives of the instance: calls that were forwarded in an earlier one are counted no more.
    pub(crate) life: u32,
    /// Places are never reused within a life.
    pub(crate) targets: Vec<TargetView>,
    /// The places in `targets` that get traffic.
    eligible: Vec<u32>,
    turn: u32,
    /// Of each eligible target, the weights up to and including its own. Empty where all are equal.
    upto: Vec<f64>,
    /// The weight of the first.
    first: f64,
    /// The eligible targets in the order in which they are chosen, where they are kept in one: those of unequal
    /// weights, or those that all have the same.
    weighted: Tournament<Rank>,
    even: Tournament<u64>,
    even_ranks: EvenRanks,
    /// Who was eligible when the order was made.
    ordered: Vec<u32>,
    /// Choices so far.
    chosen: u64,
    measure: MeasureRules,
    /// When it was measured last, and when it looked last.
    measured: Ns,
    looked: Ns,
    /// Whether it looks how calls end.
    watches: bool,
    /// Whether it bounds how many are open by their mean.
    bounds: bool,
    /// When it looks again how many calls are open, where it does not always know.
    next_look: Option<Ns>,
    /// The circle of those who get calls, once a call needs it; and how much of it moved when it changed last.
    pub(crate) circle: Option<Arc<Circle>>,
    pub(crate) circle_before: Option<Arc<Circle>>,
    pub(crate) moved: f64,
    /// Calls so far that went on from a target with too many open ones.
    pub(crate) displaced: u64,
    /// What it does beside its algorithm, if anything.
    pub(crate) habits: Option<Box<Habits>>,
}

/// Targets by places on a circle; each has a name, which is its instance's.
#[derive(Debug)]
pub(crate) struct Circle {
    pub(crate) ring: Ring,
    pub(crate) targets: Vec<(u32, u64)>,
}

/// What a balancer knows of a target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TargetView {
    pub(crate) edge: EdgeSlot,
    pub(crate) instance: InstanceId,
    /// Still behind one of the balancer's edges.
    pub(crate) wired: bool,
    pub(crate) healthy: bool,
    /// It is about to stop, and gets nothing more.
    pub(crate) drained: bool,
    /// Checks in a row that spoke against the present belief.
    pub(crate) streak: u32,
    pub(crate) first_miss: Ns,
    pub(crate) next_check: Ns,
    pub(crate) probe: FrameId,
    pub(crate) weight: f64,
    /// Calls that were sent to it and are not over, as far as the balancer counts them.
    pub(crate) open: u32,
    /// As many as the balancer has seen, where it does not always know.
    seen: u32,
    /// Calls sent to it since somebody came or went; of weighted round robin only.
    sent: u32,
    /// Which choice of the balancer it was last.
    last: u64,
    /// Since when it gets calls.
    pub(crate) since: Ns,
    /// Calls to it that failed in a row, and since when.
    pub(crate) failures: u32,
    pub(crate) failing_since: Ns,
    /// How long it takes to answer, by a mean that forgets, and when that was measured last; 0 is never.
    takes: f64,
    measured: Ns,
    /// The same when the balancer looked last.
    took: f64,
    /// Left out until then for its failures; 0 is not at all.
    pub(crate) ejected_until: Ns,
}

impl TargetView {
    /// A new target counts as healthy until a check says otherwise.
    pub(crate) const fn new(edge: EdgeSlot, instance: InstanceId, weight: f64, since: Ns) -> Self {
        Self {
            edge,
            instance,
            wired: true,
            healthy: true,
            drained: false,
            streak: 0,
            first_miss: 0,
            next_check: 0,
            probe: FrameId::NONE,
            weight,
            open: 0,
            seen: 0,
            sent: 0,
            last: 0,
            since,
            failures: 0,
            failing_since: 0,
            takes: 0.0,
            measured: 0,
            took: 0.0,
            ejected_until: 0,
        }
    }

    const fn is_eligible(&self) -> bool {
        self.wired && self.healthy && !self.drained && self.weight > 0.0 && self.ejected_until == 0
    }

    /// How full it would be with one call more.
    fn load(&self) -> f64 {
        (f64::from(self.open) + 1.0) / self.weight
    }
}

impl View {
    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.targets.capacity() * size_of::<TargetView>()
            + self.eligible.capacity() * size_of::<u32>()
            + self.upto.capacity() * size_of::<f64>()
            + self.weighted.bytes()
            + self.even.bytes()
            + self.ordered.capacity() * size_of::<u32>()
            + self.habits.as_ref().map_or(0, |habits| habits.bytes())
    }

    pub(crate) fn new(algorithm: Algorithm, drawn: u32, stream: Stream) -> Self {
        Self {
            algorithm,
            drawn,
            stream,
            owner: InstanceId::NONE,
            life: 0,
            targets: Vec::new(),
            eligible: Vec::new(),
            turn: 0,
            upto: Vec::new(),
            first: 1.0,
            weighted: Tournament::default(),
            even: Tournament::default(),
            even_ranks: EvenRanks::new(0),
            ordered: Vec::new(),
            chosen: 0,
            measure: MeasureRules::default(),
            measured: 0,
            looked: 0,
            watches: false,
            bounds: false,
            next_look: None,
            circle: None,
            circle_before: None,
            moved: 0.0,
            displaced: 0,
            habits: None,
        }
    }

    /// The instance died, and with it what it knew.
    pub(crate) fn forget(&mut self) {
        let habits = self.habits.as_ref().map(|habits| Box::new(Habits::new(habits.rules)));
        let (life, watches, bounds) = (self.life.wrapping_add(1), self.watches, self.bounds);
        let next_look = self.next_look.map(|_| 0);
        let owner = self.owner;
        *self = Self {
            owner,
            life,
            watches,
            bounds,
            next_look,
            habits,
            displaced: self.displaced,
            measure: self.measure,
            ..Self::new(self.algorithm, self.drawn, self.stream)
        };
    }

    /// Chooses by another rule from now on.
    pub(crate) fn set(&mut self, algorithm: Algorithm, drawn: u32) {
        self.drawn = drawn;
        if self.algorithm != algorithm {
            self.algorithm = algorithm;
            self.arrange();
        }
    }

    /// Whether it counts the calls that are open.
    #[inline]
    pub(crate) const fn counts(&self) -> bool {
        self.is_by_load() || self.watches || self.bounds
    }

    const fn is_by_load(&self) -> bool {
        matches!(self.algorithm, Algorithm::Least | Algorithm::PowerOfChoices | Algorithm::ResponseTime)
    }

    /// Whether a target gets calls.
    pub(crate) fn is_eligible(&self, target: u32) -> bool {
        self.targets.get(target as usize).is_some_and(TargetView::is_eligible)
    }

    /// Does this beside its algorithm from now on. What it remembers of users, it remembers.
    pub(crate) fn set_habits(&mut self, rules: HabitRules) {
        self.watches = rules.eject_after > 0;
        self.bounds = rules.hashes && rules.load_bound > 0.0;
        self.next_look = (rules.look_every > 0).then(|| self.next_look.unwrap_or(0));
        if rules.are_none() {
            self.habits = None;
        } else if let Some(habits) = &mut self.habits {
            habits.rules = rules;
        } else {
            self.habits = Some(Box::new(Habits::new(rules)));
        }
        if !self.watches {
            for target in &mut self.targets {
                (target.failures, target.ejected_until) = (0, 0);
            }
        }
    }

    /// Who gets traffic has perhaps changed.
    pub(crate) fn refresh(&mut self) {
        self.circle = None;
        let eligible = self.targets.iter().enumerate().filter(|(_, target)| target.is_eligible());
        self.eligible.clear();
        self.eligible.extend(eligible.map(|(at, _)| at as u32));
        let weights = || self.eligible.iter().map(|at| self.targets[*at as usize].weight);
        let first = weights().next().unwrap_or(1.0);
        let mut upto = Vec::new();
        if weights().any(|weight| weight != first) {
            let mut sum = 0.0;
            upto.extend(weights().map(|weight| {
                sum += weight;
                sum
            }));
        }
        // What other edits leave as it was goes on as it did.
        let is_same = self.first == first && self.upto == upto && self.ordered == self.eligible;
        if !is_same {
            (self.first, self.upto) = (first, upto);
            self.arrange();
        }
    }

    /// Puts the eligible targets in order anew.
    fn arrange(&mut self) {
        self.ordered.clone_from(&self.eligible);
        for target in &mut self.targets {
            target.sent = 0;
        }
        self.put_in_order();
    }

    /// Fills the order with who is eligible, if there is one.
    fn put_in_order(&mut self) {
        if !self.is_ordered() {
            return;
        }
        let (places, is_even) = (self.targets.len(), self.is_even());
        self.even_ranks = EvenRanks::new(places);
        if is_even {
            self.even.begin(places);
        } else {
            self.weighted.begin(places);
        }
        for at in 0..self.eligible.len() {
            let target = self.eligible[at];
            if is_even {
                let rank = self.even_rank(target);
                self.even.put(target, rank);
            } else {
                let rank = self.rank(target);
                self.weighted.put(target, rank);
            }
        }
    }

    /// The choices so far are counted anew, in the order that they have. The next one is the last.
    #[cold]
    #[inline(never)]
    fn renumber(&mut self) {
        let mut all: Vec<u32> = (0..self.targets.len() as u32).collect();
        all.retain(|target| self.targets[*target as usize].last > 0);
        crate::order::sort_by_key(&mut all, |target| self.targets[*target as usize].last);
        self.chosen = 1;
        for target in all {
            self.targets[target as usize].last = self.chosen;
            self.chosen += 1;
        }
        self.put_in_order();
    }

    /// Whether targets are ordered that all have the same weight.
    #[inline(always)]
    const fn is_even(&self) -> bool {
        self.upto.is_empty()
    }

    #[inline(always)]
    fn even_rank(&self, target: u32) -> u64 {
        let row = &self.targets[target as usize];
        self.even_ranks.rank(row.open, row.last, target)
    }

    /// Whether the targets are kept in an order.
    const fn is_ordered(&self) -> bool {
        match self.algorithm {
            Algorithm::Least => true,
            Algorithm::RoundRobin => !self.upto.is_empty(),
            Algorithm::Random
            | Algorithm::PowerOfChoices
            | Algorithm::ResponseTime
            | Algorithm::ConsistentHash => false,
        }
    }

    fn rank(&self, target: u32) -> Rank {
        let row = &self.targets[target as usize];
        let load = match self.algorithm {
            Algorithm::RoundRobin => (f64::from(row.sent) + 1.0) / row.weight,
            _ => row.load(),
        };
        Rank::new(load, row.last, target)
    }

    /// Who gets calls: the place of each among the targets.
    pub(crate) fn eligible(&self) -> &[u32] {
        &self.eligible
    }

    /// One more call is open at a target.
    #[inline]
    pub(crate) fn opened(&mut self, target: u32) {
        self.targets[target as usize].open += 1;
        self.reorder(target);
    }

    /// A call that was open at a target is over.
    #[inline]
    pub(crate) fn closed(&mut self, target: u32) {
        let open = &mut self.targets[target as usize].open;
        *open = open.saturating_sub(1);
        self.reorder(target);
    }

    #[inline]
    fn reorder(&mut self, target: u32) {
        if self.algorithm == Algorithm::Least {
            self.order(target);
        }
    }

    /// Puts a target where it stands now, where there is an order.
    #[inline(always)]
    fn order(&mut self, target: u32) {
        if self.is_even() {
            let rank = self.even_rank(target);
            self.even.change(target, rank);
        } else {
            let rank = self.rank(target);
            self.weighted.change(target, rank);
        }
    }
}

#[cfg(test)]
mod tests;
