//! What happened in each window of time, over all workloads.

use super::{Histogram, Outcome};
use crate::Ns;

/// One window. Rates are per second of simulated time.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    pub start: Ns,
    pub length: Ns,
    /// Requests issued in it.
    pub issued: u64,
    /// Requests finished in it, late answers and error replies included.
    pub finished: u64,
    /// Good answers within the deadline.
    pub good: u64,
    /// Answers that came after their caller had given up.
    pub late: u64,
    /// Requests that ended in it by outcome, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; Outcome::COUNT],
    /// Latency of the good answers; `None` where there was none.
    pub p50: Option<Ns>,
    pub p95: Option<Ns>,
    pub p99: Option<Ns>,
}

impl Window {
    pub(crate) fn empty(start: Ns, length: Ns) -> Self {
        Self {
            start,
            length,
            issued: 0,
            finished: 0,
            good: 0,
            outcomes: [0; Outcome::COUNT],
            late: 0,
            p50: None,
            p95: None,
            p99: None,
        }
    }

    fn add(&mut self, other: &Self) {
        self.issued += other.issued;
        self.finished += other.finished;
        self.good += other.good;
        self.late += other.late;
        for (mine, theirs) in self.outcomes.iter_mut().zip(other.outcomes) {
            *mine += theirs;
        }
    }

    fn read(&mut self, latency: &Histogram) {
        [self.p50, self.p95, self.p99] = latency.quantiles([0.50, 0.95, 0.99]);
    }

    /// Requests that ended badly.
    pub fn failed(&self) -> u64 {
        self.outcomes[1..].iter().sum()
    }
}

/// The windows that are complete. They are only ever appended to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) done: Vec<Window>,
    pub(crate) fine: Vec<Window>,
    /// Of each complete window, the mean latency of its good answers.
    pub(crate) means: Vec<Option<f64>>,
}

/// The windows of a run, in order and at two resolutions.
#[derive(Clone, Debug)]
pub struct Series {
    pub(crate) written: Written,
    /// The fine window that is open, and the latencies in it.
    pub(crate) open: Window,
    pub(crate) latency: Histogram,
    /// What the fine windows of the open coarse one add up to.
    sum: Window,
    pub(crate) sum_latency: Histogram,
}

impl Series {
    /// So many fine windows make a window.
    pub const FINE: u64 = 10;
    /// Fine windows are kept for the first stretch of a run; beyond it the coarse ones tell enough.
    const KEPT: usize = 20_000;

    /// A planned run has at most 20,000 windows; one that goes on far beyond its plan is not written down.
    const MOST: usize = 100_000;

    pub(crate) fn new(length: Ns) -> Self {
        Self {
            written: Written::default(),
            open: Window::empty(0, length / Self::FINE),
            latency: Histogram::default(),
            sum: Window::empty(0, length),
            sum_latency: Histogram::default(),
        }
    }

    /// The windows that are complete.
    pub fn windows(&self) -> &[Window] {
        &self.written.done
    }

    /// Makes room for the windows up to `end`, so that none of them has to ask for memory.
    pub(crate) fn reserve(&mut self, end: Ns) {
        const MOST: u64 = 100_000;
        let more = |from: Ns, length: Ns| (end.saturating_sub(from) / length.max(1)).min(MOST) as usize + 1;
        let windows = more(self.sum.start, self.sum.length);
        self.written.done.reserve(windows);
        self.written.means.reserve(windows);
        let room = Self::KEPT.saturating_sub(self.written.fine.len());
        self.written.fine.reserve(more(self.open.start, self.open.length).min(room));
        self.latency.reserve(end);
        self.sum_latency.reserve(end);
    }

    /// The mean latency of the good answers of each complete window, in nanoseconds.
    pub fn means(&self) -> &[Option<f64>] {
        &self.written.means
    }

    /// The fine windows that are complete: each a tenth of a window.
    pub fn fine_windows(&self) -> &[Window] {
        &self.written.fine
    }

    /// How many fine windows were closed.
    pub(crate) fn closed(&self) -> u64 {
        self.open.start / self.open.length.max(1)
    }

    /// When the open fine window ends.
    pub(crate) fn ends(&self) -> Ns {
        self.open.start.saturating_add(self.open.length)
    }

    /// Closes the open fine window and begins the next.
    pub(crate) fn close(&mut self) {
        let next = Window::empty(self.ends(), self.open.length);
        let mut window = std::mem::replace(&mut self.open, next);
        let replies = Outcome::ALL.iter().zip(window.outcomes).filter(|(outcome, _)| outcome.is_reply());
        window.finished = window.late + replies.map(|(_, count)| count).sum::<u64>();
        self.sum.add(&window);
        self.sum_latency.merge(&self.latency);
        if self.written.fine.len() < Self::KEPT {
            window.read(&self.latency);
            self.written.fine.push(window);
        }
        self.latency.clear();
        if self.open.start == self.sum.start + self.sum.length {
            let next = Window::empty(self.open.start, self.sum.length);
            let mut window = std::mem::replace(&mut self.sum, next);
            window.read(&self.sum_latency);
            self.written.means.push(self.sum_latency.mean());
            self.sum_latency.clear();
            if self.written.done.len() < Self::MOST {
                self.written.done.push(window);
            }
        }
    }
}
