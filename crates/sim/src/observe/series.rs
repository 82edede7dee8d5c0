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
    /// Requests that ended in it by outcome, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; Outcome::COUNT],
    /// Answers that came after their caller had given up.
    pub late: u64,
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

    /// Requests that ended badly.
    pub fn failed(&self) -> u64 {
        self.outcomes[1..].iter().sum()
    }
}

/// The windows of a run, in order.
#[derive(Clone, Debug)]
pub struct Series {
    pub(crate) done: Vec<Window>,
    pub(crate) open: Window,
    pub(crate) latency: Histogram,
}

impl Series {
    pub(crate) fn new(length: Ns) -> Self {
        Self { done: Vec::new(), open: Window::empty(0, length), latency: Histogram::default() }
    }

    /// The windows that are complete.
    pub fn windows(&self) -> &[Window] {
        &self.done
    }

    /// When the open window ends.
    pub(crate) fn ends(&self) -> Ns {
        self.open.start.saturating_add(self.open.length)
    }

    /// Closes the open window and begins the next.
    pub(crate) fn close(&mut self) {
        let next = Window::empty(self.ends(), self.open.length);
        let mut window = std::mem::replace(&mut self.open, next);
        window.p50 = self.latency.quantile(0.50);
        window.p95 = self.latency.quantile(0.95);
        window.p99 = self.latency.quantile(0.99);
        self.latency.clear();
        self.done.push(window);
    }
}
