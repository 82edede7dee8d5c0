//! Choosing requests while a run goes on. Only names and times are kept; their stories are had by replay.

use super::mix64;
use crate::observe::{Choice, Chosen, EndedRequest};

/// No more than so many of each kind.
const MOST: usize = 1_000;

/// Sets the order of the sample apart from everything that is drawn at a request's key.
const SAMPLE: u64 = 0x7361_6d70_6c65_7321;

/// The requests chosen so far.
///
/// The sample is those with the smallest hashes of their names (bottom-k sampling; E. Cohen and H. Kaplan,
/// Summarizing Data using Bottom-k Sketches, PODC 2007): it is uniform however many requests there are, and
/// nothing is drawn for it.
#[derive(Clone, Debug)]
pub(crate) struct Chooser {
    ended: u64,
    failures: u64,
    sample: Best,
    slowest: Best,
    failed: Best,
}

/// The requests with the smallest ranks.
#[derive(Clone, Debug)]
struct Best {
    most: usize,
    kept: Vec<(u64, EndedRequest)>,
    /// The largest rank in a full list, and where it stands.
    worst: (u64, usize),
}

impl Best {
    fn new(most: usize) -> Self {
        let most = most.min(MOST);
        Self { most, kept: Vec::with_capacity(most), worst: (u64::MAX, 0) }
    }

    #[inline]
    fn offer(&mut self, rank: u64, request: &EndedRequest) {
        if self.kept.len() == self.most {
            if rank >= self.worst.0 || self.most == 0 {
                return;
            }
            self.kept[self.worst.1] = (rank, *request);
        } else {
            self.kept.push((rank, *request));
        }
        if self.kept.len() == self.most {
            let ranks = self.kept.iter().enumerate().map(|(at, (rank, _))| (*rank, at));
            self.worst = ranks.max().unwrap_or((u64::MAX, 0));
        }
    }

    fn clear(&mut self) {
        self.kept.clear();
        self.worst = (u64::MAX, 0);
    }

    fn by_issue(&self) -> Vec<EndedRequest> {
        let mut all: Vec<_> = self.kept.iter().map(|(_, request)| *request).collect();
        crate::order::sort_by_key(&mut all, |request| request.name);
        all
    }
}

impl Chooser {
    pub(super) fn new(choice: Choice) -> Self {
        Self {
            ended: 0,
            failures: 0,
            sample: Best::new(choice.sample),
            slowest: Best::new(choice.slowest),
            failed: Best::new(choice.failed),
        }
    }

    pub(super) fn ended(&mut self, request: &EndedRequest) {
        let hash = mix64(mix64(request.name.key ^ SAMPLE) ^ request.name.issued);
        self.ended += 1;
        self.sample.offer(hash, request);
        if request.outcome.is_ok() {
            self.slowest.offer(u64::MAX - request.latency, request);
        } else {
            self.failures += 1;
            self.failed.offer(hash, request);
        }
    }

    /// Begins anew, as measuring does.
    pub(super) fn clear(&mut self) {
        (self.ended, self.failures) = (0, 0);
        self.sample.clear();
        self.slowest.clear();
        self.failed.clear();
    }

    pub(super) fn chosen(&self) -> Chosen {
        let mut slowest = self.slowest.by_issue();
        crate::order::sort_by_key(&mut slowest, |request| std::cmp::Reverse(request.latency));
        Chosen {
            ended: self.ended,
            failures: self.failures,
            sample: self.sample.by_issue(),
            slowest,
            failed: self.failed.by_issue(),
        }
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let of = |best: &Best| best.kept.capacity() * size_of::<(u64, EndedRequest)>();
        of(&self.sample) + of(&self.slowest) + of(&self.failed)
    }
}
