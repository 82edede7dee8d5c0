//! Processes or threads of a server that are started when they are needed, and end when they idle.
//!
//! Whoever comes finds a worker that idles, the one that was used last, or has one started for him, as the Apache HTTP
//! Server's do (manual, "prefork": MinSpareServers, MaxRequestWorkers; a model here: a worker is started for the very
//! request that needs it, not by a look every second). The n-th worker is used where n - 1 others are at work, so that
//! one stamp for each, of when it was given back, tells how long it has idled.

use crate::Ns;

/// What a pool is set to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct PoolRules {
    /// Workers that are there from the start, and never end.
    pub(crate) least: u32,
    /// How long it takes to start one.
    pub(crate) spawn: Ns,
    /// One that has got nothing for so long ends.
    pub(crate) idle: Ns,
    /// What each takes of its machine's memory, busy or not.
    pub(crate) megabytes: f64,
}

/// The workers of one instance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    pub(crate) rules: PoolRules,
    /// Of each worker beyond the least, until when it stays if it gets nothing: for ever while it is at work.
    until: Vec<Ns>,
}

impl Pool {
    /// One comes while so many are at work; whether a worker has to be started for it.
    pub(crate) fn take(&mut self, now: Ns, busy: u32) -> bool {
        let Some(beyond) = busy.checked_sub(self.rules.least) else { return false };
        let beyond = beyond as usize;
        if beyond >= self.until.len() {
            self.until.resize(beyond + 1, 0);
        }
        std::mem::replace(&mut self.until[beyond], Ns::MAX) <= now
    }

    /// One is given back, and so many are at work still.
    pub(crate) fn give_back(&mut self, now: Ns, busy: u32) {
        let beyond = busy.checked_sub(self.rules.least);
        if let Some(until) = beyond.and_then(|beyond| self.until.get_mut(beyond as usize)) {
            *until = now.saturating_add(self.rules.idle);
        }
    }

    /// How many there are, while so many are at work.
    pub(crate) fn count(&self, now: Ns, busy: u32) -> u32 {
        let at_work = (busy.saturating_sub(self.rules.least)) as usize;
        let idle = self.until.iter().skip(at_work).filter(|until| **until > now).count();
        self.rules.least.max(busy) + idle as u32
    }

    pub(crate) fn clear(&mut self) {
        self.until.clear();
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.until.capacity() * size_of::<Ns>()
    }
}
