//! The writes of a replicated database in order: one history that counts, and those of primaries that were deposed.
//!
//! A position names a write within its history, from 1 on. What a deposed primary had that the new one has not is a
//! fork: it begins behind a position of the main history, and is thrown away once nobody has it any more.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::pages::Pages;
use crate::engine::Ns;

/// The history that counts. Others are forks, counted from 1.
pub(crate) const MAIN: u32 = 0;

/// One write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) at: Ns,
    pub(crate) key: u32,
    /// Its writer was told that it is kept.
    pub(crate) acknowledged: bool,
}

/// The last writes of a key in the main history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Last {
    pub(crate) written: u64,
    pub(crate) acknowledged: u64,
}

/// A fork: what stands behind this position of the main history.
#[derive(Clone, Debug)]
struct Fork {
    base: u64,
    writes: VecDeque<Written>,
}

/// Where somebody stands: in which history, at which position, and whether he goes on writing there beside the one
/// who was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) history: u32,
    pub(crate) last: u64,
    pub(crate) writes: bool,
}

/// What became of the writes that were acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fates {
    pub(crate) acknowledged: u64,
    /// In the main history.
    pub(crate) kept: u64,
    /// In a fork, or thrown away with one.
    pub(crate) lost: u64,
}

/// All writes that anybody may still ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histories {
    /// The position before the first that is remembered.
    start: u64,
    main: VecDeque<Written>,
    forks: Vec<Option<Fork>>,
    last: Pages<Last>,
    fates: Fates,
    /// Acknowledged writes of the main history that are remembered no more, and those that went with their fork.
    forgotten: u64,
    discarded: u64,
}

impl Histories {
    /// The last position of a history.
    pub(crate) fn head(&self, of: u32) -> u64 {
        match self.fork(of) {
            Some(fork) => fork.base + fork.writes.len() as u64,
            None => self.start + self.main.len() as u64,
        }
    }

    /// Who has less than this needs a copy of all data: the log does not reach back so far.
    pub(crate) const fn start(&self) -> u64 {
        self.start
    }

    /// Up to where a history is the main one.
    pub(crate) fn base(&self, of: u32) -> u64 {
        self.fork(of).map_or(u64::MAX, |fork| fork.base)
    }

    fn fork(&self, of: u32) -> Option<&Fork> {
        self.forks.get((of as usize).checked_sub(1)?)?.as_ref()
    }

    pub(crate) const fn fates(&self) -> Fates {
        self.fates
    }

    /// The last writes of a key.
    pub(crate) fn last(&self, key: u32) -> Last {
        self.last.get(key)
    }

    pub(crate) fn get(&self, of: u32, position: u64) -> Option<&Written> {
        match self.fork(of) {
            Some(fork) if position > fork.base => fork.writes.get((position - fork.base - 1) as usize),
            _ => self.main.get(position.checked_sub(self.start + 1)? as usize),
        }
    }

    /// Writes down a write; its position.
    pub(crate) fn append(&mut self, of: u32, at: Ns, key: u32) -> u64 {
        let write = Written { at, key, acknowledged: false };
        match self.forks.get_mut((of as usize).wrapping_sub(1)).and_then(Option::as_mut) {
            Some(fork) => {
                fork.writes.push_back(write);
                fork.base + fork.writes.len() as u64
            }
            None => {
                self.main.push_back(write);
                let position = self.start + self.main.len() as u64;
                self.last.at(key).written = position;
                position
            }
        }
    }

    /// The writer of this write is told that it is kept. Whether it is one that counts.
    pub(crate) fn acknowledge(&mut self, of: u32, position: u64) -> bool {
        let fork = self.forks.get_mut((of as usize).wrapping_sub(1)).and_then(Option::as_mut);
        let (write, counts) = match fork {
            Some(fork) if position > fork.base => {
                (fork.writes.get_mut((position - fork.base - 1) as usize), false)
            }
            _ => (self.main.get_mut(position.wrapping_sub(self.start + 1) as usize), true),
        };
        let Some(write) = write.filter(|write| !write.acknowledged) else { return counts };
        write.acknowledged = true;
        self.fates.acknowledged += 1;
        if counts {
            self.fates.kept += 1;
            let last = self.last.at(write.key);
            last.acknowledged = last.acknowledged.max(position);
        } else {
            self.fates.lost += 1;
        }
        counts
    }

    /// Forgets writes up to a position of the main history.
    pub(crate) fn trim(&mut self, upto: u64) {
        while self.start < upto
            && let Some(write) = self.main.pop_front()
        {
            self.start += 1;
            self.forgotten += u64::from(write.acknowledged);
        }
    }

    /// From now on the history counts that has the writes of this one up to `position`; what is not in it stands in
    /// forks. The keys that were written differently in what counted before.
    ///
    /// `members` is everybody; they are put where they belong. A write that several forks have counts with the first
    /// of them.
    pub(crate) fn choose(&mut self, of: u32, position: u64, members: &mut [Place]) -> BTreeSet<u32> {
        let of = if position <= self.base(of) && of != MAIN { MAIN } else { of };
        let (base, tail) = match self.fork(of) {
            Some(fork) => (fork.base, fork.writes.clone()),
            None => (position, VecDeque::new()),
        };
        let taken = (position - base) as usize;
        let cut = base.saturating_sub(self.start).min(self.main.len() as u64) as usize;
        let rest = self.main.split_off(cut);
        let mut ahead = tail.clone();
        let brought: Vec<Written> = ahead.drain(..taken.min(tail.len())).collect();
        let changed = rest.iter().chain(&brought).map(|write| write.key).collect();
        self.fates.kept -= acknowledged(&rest);
        self.fates.lost += acknowledged(&rest);
        self.fates.kept += acknowledged(&brought);
        self.fates.lost -= acknowledged(&brought);
        self.main.extend(brought);
        let is_apart = |place: &Place, history: u32, upto: u64| {
            place.history == history && (place.last > upto || place.writes)
        };
        let is_had = |history, upto| members.iter().any(|place| is_apart(place, history, upto));
        let (is_rest_had, is_ahead_had) = (is_had(MAIN, base), of != MAIN && is_had(of, position));
        if of != MAIN {
            if !is_ahead_had {
                self.discarded += acknowledged(&ahead);
            }
            self.forks[of as usize - 1] = is_ahead_had.then_some(Fork { base: position, writes: ahead });
        }
        self.move_forks(of, base, &rest, is_rest_had);
        let old_main = is_rest_had.then(|| self.add(Fork { base, writes: rest }));
        for place in members.iter_mut() {
            place.history = match place.history {
                MAIN if is_apart(place, MAIN, base) => old_main.unwrap_or(MAIN),
                other if other == of && !is_apart(place, of, position) => MAIN,
                other => other,
            };
        }
        self.relearn(&changed);
        changed
    }

    /// The main history leaves its old one at `base`, with the rest left behind: forks from the rest begin there.
    fn move_forks(&mut self, but: u32, base: u64, rest: &VecDeque<Written>, is_rest_had: bool) {
        let beyond = |fork: &Fork| fork.base.saturating_sub(base) as usize;
        let indices = 1..=self.forks.len() as u32;
        let moves = |index: &u32| *index != but && self.fork(*index).is_some_and(|fork| beyond(fork) > 0);
        let moved: Vec<u32> = indices.filter(moves).collect();
        let farthest = moved.iter().copied().max_by_key(|index| self.fork(*index).map_or(0, beyond));
        let counted = farthest.filter(|_| !is_rest_had);
        let remembered = counted.and_then(|index| self.fork(index)).map_or(0, beyond);
        if !is_rest_had {
            self.discarded += acknowledged(rest.iter().skip(remembered));
        }
        for index in moved {
            let Some(fork) = &mut self.forks[index as usize - 1] else { continue };
            let counts = counted == Some(index);
            let between = rest.iter().take(beyond(fork));
            let mut writes: VecDeque<Written> = between
                .map(|write| Written { acknowledged: write.acknowledged && counts, ..*write })
                .collect();
            writes.extend(&fork.writes);
            *fork = Fork { base, writes };
        }
    }

    fn add(&mut self, fork: Fork) -> u32 {
        let free = self.forks.iter().position(Option::is_none);
        let at = free.unwrap_or_else(|| {
            self.forks.push(None);
            self.forks.len() - 1
        });
        self.forks[at] = Some(fork);
        at as u32 + 1
    }

    /// Throws away the forks that nobody has.
    pub(crate) fn forget_forks(&mut self, is_had: impl Fn(u32) -> bool) {
        for (index, place) in (1..).zip(&mut self.forks) {
            if place.is_some() && !is_had(index) {
                self.discarded += place.take().map_or(0, |fork| acknowledged(&fork.writes));
            }
        }
    }

    /// Finds the last writes of these keys anew. Who reads has all that was forgotten.
    fn relearn(&mut self, keys: &BTreeSet<u32>) {
        let mut last: BTreeMap<u32, Last> = keys.iter().map(|key| (*key, Last::default())).collect();
        for (position, write) in (self.start + 1..).zip(&self.main) {
            if let Some(last) = last.get_mut(&write.key) {
                last.written = position;
                if write.acknowledged {
                    last.acknowledged = position;
                }
            }
        }
        for (key, found) in last {
            *self.last.at(key) = found;
        }
    }

    /// What was acknowledged is kept or lost, recounted write by write.
    pub(crate) fn audit(&self) -> Result<(), String> {
        let in_main = acknowledged(&self.main);
        let in_forks: u64 = self.forks.iter().flatten().map(|fork| acknowledged(&fork.writes)).sum();
        let Fates { acknowledged, kept, lost } = self.fates;
        if acknowledged == kept + lost
            && kept == self.forgotten + in_main
            && lost == self.discarded + in_forks
        {
            return Ok(());
        }
        let (forgotten, discarded) = (self.forgotten, self.discarded);
        Err(format!(
            "{:?}, but {in_main} and {forgotten} forgotten in what counts, {in_forks} and {discarded} thrown away beside it",
            self.fates
        ))
    }

    /// Loses an acknowledged write, as a bug would. For the test of the audit.
    pub(crate) fn leak(&mut self) -> Option<()> {
        self.main.iter_mut().find(|write| write.acknowledged)?.acknowledged = false;
        Some(())
    }

    /// Makes room for twice as many writes, of so many keys.
    pub(crate) fn reserve(&mut self, keys: u32) {
        // After a failover it may be short.
        const LEAST: usize = 16_384;
        self.main.reserve(self.main.len() + LEAST);
        self.last.reserve(keys);
    }

    /// Heap that it holds, in bytes; pages count in full, though copies of a run may share them.
    pub(crate) fn bytes(&self) -> usize {
        let writes = |writes: &VecDeque<Written>| writes.capacity() * size_of::<Written>();
        writes(&self.main)
            + self.forks.iter().flatten().map(|fork| writes(&fork.writes)).sum::<usize>()
            + self.forks.capacity() * size_of::<Option<Fork>>()
            + self.last.bytes()
    }
}

/// How many of these writes were acknowledged.
fn acknowledged<'a>(writes: impl IntoIterator<Item = &'a Written>) -> u64 {
    writes.into_iter().filter(|write| write.acknowledged).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(histories: &mut Histories, of: u32, keys: &[u32]) {
        for key in keys {
            let position = histories.append(of, 0, *key);
            histories.acknowledge(of, position);
        }
        histories.audit().unwrap_or_else(|error| panic!("{error}"));
    }

    /// Members at these places, none of whom goes on writing.
    fn at<const N: usize>(all: [(u32, u64); N]) -> [Place; N] {
        all.map(|(history, last)| Place { history, last, writes: false })
    }

    /// Three have seven writes, five and four; the second is chosen: two writes are lost, and then found again with
    /// the fork that they stand in.
    #[test]
    fn what_the_new_primary_lacks_is_lost() {
        let mut histories = Histories::default();
        write(&mut histories, MAIN, &[1, 2, 3, 4, 5, 6, 1]);
        let mut members = at([(MAIN, 7), (MAIN, 5), (MAIN, 4)]);
        let changed = histories.choose(MAIN, 5, &mut members);
        assert_eq!(changed.into_iter().collect::<Vec<_>>(), [1, 6]);
        assert_eq!(histories.fates(), Fates { acknowledged: 7, kept: 5, lost: 2 });
        assert_eq!(members, at([(1, 7), (MAIN, 5), (MAIN, 4)]));
        assert_eq!((histories.last(1).acknowledged, histories.last(6).acknowledged), (1, 0));
        // The deposed one goes on, as does the new one; then the deposed one is chosen after all.
        write(&mut histories, 1, &[7]);
        write(&mut histories, MAIN, &[8, 9]);
        assert_eq!(histories.fates(), Fates { acknowledged: 10, kept: 7, lost: 3 });
        assert_eq!((histories.head(MAIN), histories.head(1), histories.base(1)), (7, 8, 5));
        let mut members = at([(1, 8), (MAIN, 7), (MAIN, 5)]);
        histories.choose(1, 8, &mut members);
        histories.audit().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(histories.fates(), Fates { acknowledged: 10, kept: 8, lost: 2 });
        assert_eq!(members, at([(MAIN, 8), (1, 7), (MAIN, 5)]));
        assert_eq!((histories.last(7).acknowledged, histories.last(8).acknowledged), (8, 0));
        histories.forget_forks(|_| false);
        histories.audit().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(histories.fates().lost, 2);
    }

    /// A deposed primary that had no more than the new one goes on writing, and not where that one writes.
    #[test]
    fn two_that_write_do_not_write_together() {
        let mut histories = Histories::default();
        write(&mut histories, MAIN, &[1, 2]);
        let mut members = at([(MAIN, 2), (MAIN, 2)]);
        members[0].writes = true;
        histories.choose(MAIN, 2, &mut members);
        assert_eq!((members[0].history, members[1].history), (1, MAIN));
        write(&mut histories, 1, &[3]);
        assert_eq!((histories.head(MAIN), histories.head(1)), (2, 3));
        assert_eq!(histories.fates(), Fates { acknowledged: 3, kept: 2, lost: 1 });
    }

    /// Forks of forks, chosen at random, with somebody in each place: nothing is counted twice or not at all.
    #[test]
    fn acknowledged_is_kept_or_lost() {
        let stream = crate::engine::Stream::new(1, 2, 3);
        for run in 0..200 {
            let mut draws = stream.at(run);
            let mut histories = Histories::default();
            let mut members = at([(MAIN, 0); 4]);
            for _ in 0..60 {
                let who = draws.below(4) as usize;
                let Place { history, last, .. } = members[who];
                for place in &mut members {
                    place.writes = false;
                }
                if draws.unit() < 0.2 {
                    members[draws.below(4) as usize].writes = true;
                    members[who].writes = false;
                    histories.choose(history, last, &mut members);
                } else if last == histories.head(history) {
                    write(&mut histories, history, &[draws.below(5)]);
                    members[who].last += 1;
                } else {
                    members[who].last += 1;
                }
                histories.forget_forks(|index| members.iter().any(|place| place.history == index));
                histories.audit().unwrap_or_else(|error| panic!("run {run}: {error}"));
                for place in members {
                    assert!(place.last <= histories.head(place.history), "run {run}: {members:?}");
                }
            }
        }
    }
}
