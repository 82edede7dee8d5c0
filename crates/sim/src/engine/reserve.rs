//! Room ahead of time: a run that has reached its size then asks for no memory.

use super::caching::Cache;
use super::{Core, Ns};
use crate::resource::Broker;

/// The least room that is made, for what comes in bursts.
const LEAST: usize = 1_024;

/// Room for twice as much as there is.
fn double<T>(all: &mut Vec<T>) {
    all.reserve(all.len() + LEAST);
}

impl Core {
    /// Makes room for every time that can be measured up to `until`, and for twice as much in flight as has
    /// been so far.
    pub(super) fn reserve(&mut self, until: Ns) {
        self.series.reserve(until);
        for part in &mut self.parts {
            for times in [&mut part.stats.wait, &mut part.stats.service, &mut part.stats.residence] {
                times.reserve(until);
            }
            for workload in part.workloads.iter_mut().flat_map(|all| all.iter_mut()) {
                workload.latency.reserve(until);
            }
        }
        for edge in &mut self.edges {
            edge.ledger.latency.reserve(until);
        }
        for lane in &mut self.lanes {
            lane.reserve();
        }
        for resolver in &mut self.resolvers {
            double(&mut resolver.waiting);
        }
        self.regimes.iter_mut().for_each(|regime| regime.work.reserve());
        self.caches.iter_mut().for_each(Cache::reserve);
        let keys = self.parts.iter().flat_map(|part| &part.keys).map(|(_, keys)| keys.zipf.count());
        let keys = keys.max().unwrap_or(0);
        self.rows.iter_mut().for_each(|rows| rows.reserve(keys));
        self.groups.iter_mut().for_each(|group| group.reserve(keys));
        self.brokers.iter_mut().for_each(Broker::reserve);
        self.handed.reserve();
        self.frames.reserve();
        self.counts.reserve();
        double(&mut self.waiting);
        self.extras.reserve(&self.frames, LEAST);
        double(&mut self.tried);
        double(&mut self.carried);
        double(&mut self.known_keys);
        double(&mut self.happenings);
        self.ready.reserve(self.ready.len() + LEAST);
        self.calendar.reserve(self.frames.places() + LEAST);
    }
}
