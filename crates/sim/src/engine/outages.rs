//! Faults and their measured effect, read off the log and the windows.

use std::collections::BTreeMap;

use super::{Core, Ns};
use crate::observe::{OutageReport, Outcome, What, Window};
use crate::system::{Id, Target, Verb};

/// The windows of a run, prepared for the questions that every fault asks.
struct Effects<'a> {
    windows: &'a [Window],
    /// Failed requests in all windows before each.
    failed_before: Vec<u64>,
    /// The next window, from each on, in which something is wrong, and the next in which all is well.
    next_hurt: Vec<usize>,
    next_well: Vec<usize>,
}

impl<'a> Effects<'a> {
    fn of(windows: &'a [Window]) -> Self {
        let count = windows.len();
        let last_ended = windows.iter().rposition(|window| ended(window) > 0);
        let is_hurt = |at: usize| {
            let window = &windows[at];
            let is_silent = last_ended.is_none_or(|last| at > last) && window.issued > 0;
            window.failed() * 100 > ended(window) || is_silent
        };
        let mut effects = Self {
            windows,
            failed_before: vec![0; count + 1],
            next_hurt: vec![count; count + 1],
            next_well: vec![count; count + 1],
        };
        for (at, window) in windows.iter().enumerate() {
            effects.failed_before[at + 1] = effects.failed_before[at] + window.failed();
        }
        for at in (0..count).rev() {
            effects.next_hurt[at] = if is_hurt(at) { at } else { effects.next_hurt[at + 1] };
            effects.next_well[at] = if is_well(&windows[at]) { at } else { effects.next_well[at + 1] };
        }
        effects
    }

    /// When the requests had recovered from what happened at `at`, and how many failed until then. What
    /// first goes wrong after the next fault is the next one's.
    fn recovered(&self, at: Ns, next_fault: Ns) -> (Option<Ns>, u64) {
        let first = self.windows.partition_point(|window| window.start + window.length <= at);
        let hurt = self.next_hurt[first];
        let recovered = match self.windows.get(hurt) {
            Some(window) if window.start < next_fault => {
                self.windows.get(self.next_well[hurt]).map(|window| window.start)
            }
            _ => Some(at),
        };
        let end = match recovered {
            Some(until) => self.windows.partition_point(|window| window.start < until).max(first),
            None => self.windows.len(),
        };
        (recovered, self.failed_before[end] - self.failed_before[first])
    }
}

fn ended(window: &Window) -> u64 {
    window.outcomes[Outcome::Ok as usize] + window.failed()
}

/// At least 99 % of what ended in the window ended well, and something did.
fn is_well(window: &Window) -> bool {
    let ended = ended(window);
    ended > 0 && window.outcomes[Outcome::Ok as usize] * 100 >= ended * 99
}

/// One balancer takes one target out, or one monitor raises an alert about it.
struct TakenOut {
    at: Ns,
    checker: Id,
    target: Target,
}

impl Core {
    /// Pairs each fault with its effect on the requests.
    pub(super) fn outages(&self) -> Vec<OutageReport> {
        let effects = Effects::of(self.series.windows());
        let mut taken_out: BTreeMap<Id, Vec<TakenOut>> = BTreeMap::new();
        let mut faults: Vec<(Ns, Verb, Target)> = Vec::new();
        for happening in &self.happenings {
            match &happening.what {
                What::TakenOut { checker, target, .. } => {
                    let event = TakenOut { at: happening.at, checker: *checker, target: *target };
                    taken_out.entry(target.id).or_default().push(event);
                }
                What::Alerted { monitor, target, .. } => {
                    let event = TakenOut { at: happening.at, checker: *monitor, target: *target };
                    taken_out.entry(target.id).or_default().push(event);
                }
                What::Struck { verb, target } if *verb != Verb::Restore => {
                    faults.push((happening.at, *verb, *target));
                }
                _ => {}
            }
        }
        let mut outages = Vec::with_capacity(faults.len());
        // From the last to the first: of each, when the next strikes, anything or the same element.
        let (mut next, mut next_of) = (Ns::MAX, BTreeMap::new());
        let mut later = Ns::MAX;
        for (at, verb, target) in faults.into_iter().rev() {
            if at < later {
                (next, later) = (later, at);
            }
            let again = next_of.insert(target.id, at).unwrap_or(Ns::MAX);
            let (recovered, failed_requests) = effects.recovered(at, next);
            outages.push(OutageReport {
                cause: format!("{} {target}", Verb::CHOICES[verb as usize].name),
                start: at,
                detected: self.detected(&taken_out, target, at, again),
                recovered,
                failed_requests,
            });
        }
        outages.reverse();
        outages
    }

    /// When the first balancer or monitor had noticed a fault, before the same element was struck again. A cut edge is
    /// noticed by the balancer that it starts from.
    fn detected(
        &self,
        taken_out: &BTreeMap<Id, Vec<TakenOut>>,
        struck: Target,
        at: Ns,
        again: Ns,
    ) -> Option<Ns> {
        let edge = self.edge_slots.get(&struck.id).map(|slot| self.edge(*slot));
        let (id, by) = match edge {
            Some(edge) => (self.parts[edge.to as usize].id, Some(self.parts[edge.from as usize].id)),
            None => (struck.id, None),
        };
        let notices = |event: &&TakenOut| {
            by.is_none_or(|checker| checker == event.checker)
                && (struck.instance.is_none()
                    || event.target.id != struck.id
                    || event.target.instance.is_none()
                    || struck.instance == event.target.instance)
        };
        // Of a place, whoever notices that anything inside is gone.
        let first_of = |id: Id| {
            let events = taken_out.get(&id)?;
            let first = events.partition_point(|event| event.at < at);
            events[first..].iter().find(notices).map(|event| event.at)
        };
        self.within(id).into_iter().filter_map(first_of).min().filter(|detected| *detected <= again)
    }
}
