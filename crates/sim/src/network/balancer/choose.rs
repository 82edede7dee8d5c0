//! Who gets the next call.

use super::{Algorithm, NOBODY, Rank, View};
use crate::engine::Draws;

/// No more targets than this are drawn for one choice.
const MOST_DRAWN: usize = 16;

impl View {
    /// The target of the next call; `but` only where there is no other. `None` where nobody is eligible.
    #[inline]
    pub(crate) fn choose(&mut self, draws: Draws, but: u32) -> Option<u32> {
        self.choose_and_open(draws, but, 0)
    }

    /// As [`View::choose`]; so many calls more are open there from now on.
    #[inline(always)]
    pub(crate) fn choose_and_open(&mut self, draws: Draws, but: u32, opens: u32) -> Option<u32> {
        Some(self.choose_out_of_line(draws, but, opens)).filter(|target| *target != NOBODY)
    }

    /// In one word: see [`Flow`](crate::engine::Flow).
    #[inline(never)]
    fn choose_out_of_line(&mut self, draws: Draws, but: u32, opens: u32) -> u32 {
        // For the least loaded nothing is drawn, and nothing has to stand in memory.
        if self.algorithm == Algorithm::Least
            && but == NOBODY
            && self.is_even()
            && let Some(first) = self.even.first()
        {
            let target = self.even_ranks.target(first);
            self.note(target, opens);
            return target;
        }
        self.choose_of_all(draws, but, opens).unwrap_or(NOBODY)
    }

    #[inline(never)]
    fn choose_of_all(&mut self, mut draws: Draws, but: u32, opens: u32) -> Option<u32> {
        let count = self.eligible.len() as u32;
        if count == 0 {
            return None;
        }
        if but != NOBODY && count > 1 {
            return Some(self.choose_another(draws, but, opens));
        }
        let target = match self.algorithm {
            Algorithm::RoundRobin if self.upto.is_empty() => {
                let at = self.turn % count;
                self.turn = at + 1;
                return Some(self.eligible[at as usize]);
            }
            Algorithm::Random | Algorithm::ConsistentHash => {
                return Some(self.eligible[self.draw(&mut draws) as usize]);
            }
            Algorithm::Least if self.is_even() => self.even_ranks.target(self.even.first()?),
            Algorithm::RoundRobin | Algorithm::Least => self.weighted.first()?.target(),
            Algorithm::PowerOfChoices => self.best_of_drawn(&mut draws, NOBODY)?,
            Algorithm::ResponseTime => self.soonest(NOBODY)?,
        };
        self.note(target, opens);
        Some(target)
    }

    /// As [`View::choose`], of at least two, one of which is not wanted.
    #[cold]
    fn choose_another(&mut self, mut draws: Draws, but: u32, opens: u32) -> u32 {
        let count = self.eligible.len() as u32;
        let after = |at: u32| if self.eligible[at as usize] == but { (at + 1) % count } else { at };
        let target = match self.algorithm {
            Algorithm::RoundRobin if self.upto.is_empty() => {
                let at = after(self.turn % count);
                self.turn = at + 1;
                return self.eligible[at as usize];
            }
            Algorithm::Random | Algorithm::ConsistentHash => {
                let at = after(self.draw(&mut draws));
                return self.eligible[at as usize];
            }
            Algorithm::PowerOfChoices => self.best_of_drawn(&mut draws, but),
            Algorithm::Least if self.next_look.is_some() => self.least_seen(&mut draws, but),
            Algorithm::ResponseTime => self.soonest(but),
            Algorithm::RoundRobin | Algorithm::Least => {
                let others = self.eligible.iter().filter(|target| **target != but);
                others.map(|target| self.rank(*target)).min().map(Rank::target)
            }
        };
        let target = target.unwrap_or(but);
        self.note(target, opens);
        target
    }

    /// A place among the eligible, with equal chances or by weight.
    fn draw(&self, draws: &mut Draws) -> u32 {
        let count = self.eligible.len() as u32;
        let Some(total) = self.upto.last() else { return draws.choose(count) };
        let drawn = draws.unit() * total;
        (self.upto.partition_point(|upto| *upto <= drawn) as u32).min(count - 1)
    }

    /// The best of a few drawn ones, the first drawn of equals. Without weights they are different ones.
    fn best_of_drawn(&self, draws: &mut Draws, but: u32) -> Option<u32> {
        let count = self.eligible.len() as u32;
        let most = self.drawn.min(count).min(MOST_DRAWN as u32);
        // The places drawn so far, in order of place.
        let mut known = [0_u32; MOST_DRAWN];
        let mut best: Option<(f64, u32)> = None;
        for so_far in 0..most as usize {
            let at = if self.upto.is_empty() {
                let mut at = draws.choose(count - so_far as u32);
                let mut place = 0;
                while place < so_far && known[place] <= at {
                    at += 1;
                    place += 1;
                }
                known.copy_within(place..so_far, place + 1);
                known[place] = at;
                at
            } else {
                self.draw(draws)
            };
            let target = self.eligible[at as usize];
            let row = &self.targets[target as usize];
            let load = f64::from(self.known(row)) / row.weight;
            if target != but && best.is_none_or(|(least, _)| load < least) {
                best = Some((load, target));
            }
        }
        let others = || self.eligible.iter().copied().find(|target| *target != but);
        best.map(|(_, target)| target).or_else(others)
    }

    /// A target was chosen, and so many calls more are open there.
    #[inline]
    pub(super) fn note(&mut self, target: u32, opens: u32) {
        self.chosen += 1;
        if self.chosen >= self.even_ranks.end() {
            self.renumber();
        }
        let row = &mut self.targets[target as usize];
        row.last = self.chosen;
        row.open += opens;
        if self.algorithm == Algorithm::RoundRobin {
            row.sent = row.sent.saturating_add(1);
        }
        if !matches!(self.algorithm, Algorithm::PowerOfChoices | Algorithm::ResponseTime) {
            self.order(target);
        }
    }

    /// The target of a key on the circle: its owner or, where loads are bounded, the next that has room for one more
    /// (V. Mirrokni, M. Thorup, M. Zadimoghaddam: Consistent hashing with bounded loads, SODA 2018).
    pub(crate) fn choose_on_circle(&mut self, hash: u64, bound: f64) -> Option<u32> {
        let (owner, chosen) = self.on_circle(hash, bound)?;
        self.displaced += u64::from(chosen != owner);
        Some(chosen)
    }

    /// The target that has a key, and the one that takes a call about it.
    fn on_circle(&self, hash: u64, bound: f64) -> Option<(u32, u32)> {
        let circle = self.circle.as_ref()?;
        let target = |node: u32| circle.targets.get(node as usize).map(|(target, _)| *target);
        let owner = target(circle.ring.of(hash))?;
        if bound == 0.0 {
            return Some((owner, owner));
        }
        let of = |target: u32| &self.targets[target as usize];
        let all = || circle.targets.iter().map(|(target, _)| of(*target));
        let (open, weight): (f64, f64) =
            (all().map(|row| f64::from(row.open)).sum(), all().map(|row| row.weight).sum());
        let has_room = |target: &u32| {
            let row = of(*target);
            f64::from(row.open) < libm::ceil(bound * (open + 1.0) * row.weight / weight)
        };
        Some((owner, circle.ring.behind(hash).filter_map(target).find(has_room).unwrap_or(owner)))
    }
}
