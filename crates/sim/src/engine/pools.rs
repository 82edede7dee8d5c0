//! Workers that are started when they are needed, and what they take of memory.

use super::{Core, Frame, FrameId, InstanceId, Ns};
use crate::resource::PoolRules;

impl Core {
    /// The workers of an instance are started and ended by these rules from now on; by none, they are all there.
    pub(crate) fn pool_by(&mut self, instance: InstanceId, rules: Option<PoolRules>) {
        match rules {
            Some(rules) => self.pools.entry(instance.0).or_default().rules = rules,
            None => drop(self.pools.remove(&instance.0)),
        }
    }

    /// A call comes to an instance; how long it takes to start a worker for it, if one has to be. Who has to wait
    /// for a worker gets one that is there.
    pub(crate) fn spawn_worker(&mut self, frame: FrameId, instance: InstanceId) -> Option<Ns> {
        let [busy, workers, waiting] = self.load_of(instance);
        let now = self.now;
        let pool = self.pools.get_mut(&instance.0)?;
        // The pool is told when it is given back.
        self.frames[frame].held |= Frame::TRANSACTION;
        let has_place = busy < workers && waiting == 0;
        (has_place && pool.take(now, busy)).then_some(pool.rules.spawn)
    }

    /// A worker of a pool is given back, if nobody who waited has it now.
    pub(super) fn end_of_pooled(&mut self, instance: InstanceId) {
        let [busy, workers, _] = self.load_of(instance);
        let (now, is_up) = (self.now, self.is_up(instance));
        if let Some(pool) = self.pools.get_mut(&instance.0).filter(|_| is_up && busy < workers) {
            pool.give_back(now, busy);
        }
    }

    /// Workers of an instance that are there, at work or not; none where that is not simulated.
    pub(crate) fn workers_there(&self, instance: InstanceId) -> u32 {
        let [busy, ..] = self.load_of(instance);
        self.pools.get(&instance.0).map_or(0, |pool| pool.count(self.now, busy))
    }

    /// Megabytes that the workers of an instance take.
    pub(crate) fn memory_of_workers(&self, instance: InstanceId) -> f64 {
        let pool = self.pools.get(&instance.0);
        pool.map_or(0.0, |pool| pool.rules.megabytes * f64::from(self.workers_there(instance)))
    }

    /// The workers of a dead instance are gone.
    pub(crate) fn empty_pool(&mut self, instance: InstanceId) {
        if let Some(pool) = self.pools.get_mut(&instance.0) {
            pool.clear();
        }
    }
}
