//! How much memory a simulation holds.

use super::{Core, FrameId, PartRow, Simulation};
use crate::network::{EdgeRow, EdgeSlot, Lane, PolicyRow, Resolver, View};
use crate::observe::{History, Workloads};
use crate::resource::{Broker, Locks, Pool, Quorum, Regime, Replicas, Rows, Station, StationShape};
use crate::system::Id;

use super::caching::Cache;
use super::carry::{Carried, KnownKey};
use super::condition::{Condition, Strikes};
use super::core::{Instance, Waiting};
use super::team::Team;

fn of<T>(all: &Vec<T>) -> usize {
    all.capacity() * size_of::<T>()
}

/// A map of so many small entries: nodes are a little more than half full.
fn of_map<K, V>(entries: usize) -> usize {
    entries * size_of::<(K, V)>() * 3 / 2
}

impl Simulation {
    /// The memory that this simulation holds for itself, in bytes. What copies of a run share (the design,
    /// the plan, tables of distributions) does not count.
    pub fn bytes(&self) -> usize {
        let written = of(&self.core.series.written.done)
            + of(&self.core.series.written.fine)
            + of(&self.core.series.written.means)
            + of(&self.core.happenings);
        size_of::<Self>() + written + self.experiments.bytes() + self.core.bytes() + self.parts.bytes()
    }

    /// The memory that follows what is open (frames, what stands beside them, calendar, messages), for each
    /// place that there is for a call, in bytes. Counted in a copy, whose lists are no longer than they need be.
    pub fn bytes_per_call(&self) -> f64 {
        let copy = self.clone();
        let messages: usize = copy.core.lanes.iter().map(Lane::bytes).sum();
        let spare = copy.core.extras.bytes_spare();
        (copy.core.bytes_of_calls() - spare + messages) as f64 / copy.places().max(1) as f64
    }

    /// What is observed, taken out; [`put_history`](Self::put_history) puts it back.
    pub(crate) fn take_history(&mut self) -> History {
        let written = std::mem::take(&mut self.core.series.written);
        History { written, happenings: std::mem::take(&mut self.core.happenings) }
    }

    pub(crate) fn put_history(&mut self, history: History) {
        self.core.series.written = history.written;
        self.core.happenings = history.happenings;
    }
}

impl Core {
    fn bytes_of_calls(&self) -> usize {
        self.calendar.bytes()
            + self.frames.bytes()
            + of::<Waiting>(&self.waiting)
            + self.extras.bytes()
            + of::<EdgeSlot>(&self.tried)
            + of::<Carried>(&self.carried)
            + of::<KnownKey>(&self.known_keys)
            + self.ready.capacity() * size_of::<FrameId>()
    }

    /// Heap that it holds without windows and happenings.
    fn bytes(&self) -> usize {
        let calls = self.bytes_of_calls();
        let parts = of::<PartRow>(&self.parts)
            + of_map::<Id, u32>(self.part_slots.len())
            + of::<Instance>(&self.instances)
            + of::<Station>(&self.stations)
            + of::<Regime>(&self.regimes)
            + self.regimes.iter().map(Regime::bytes).sum::<usize>()
            + of_map::<u32, Condition>(self.conditions.len())
            + self.conditions.values().map(Condition::bytes).sum::<usize>()
            + self.places.bytes()
            + self.hosts.bytes()
            + self.interfaces.bytes()
            + self.releases.bytes()
            + of_map::<u32, Strikes>(self.strikes.len())
            + self.strikes.values().map(Strikes::bytes).sum::<usize>()
            + of::<Cache>(&self.caches)
            + self.caches.iter().map(Cache::bytes).sum::<usize>()
            + of::<Rows>(&self.rows)
            + self.rows.iter().map(Rows::bytes).sum::<usize>()
            + self.parts.iter().map(PartRow::bytes).sum::<usize>();
        let edges = of::<EdgeRow>(&self.edges)
            + of_map::<Id, EdgeSlot>(self.edge_slots.len())
            + self.edges.iter().map(|edge| edge.ledger.latency.bytes()).sum::<usize>()
            + of::<Lane>(&self.lanes)
            + self.lanes.iter().map(Lane::bytes).sum::<usize>()
            + self.routes.bytes();
        let callers = of::<Resolver>(&self.resolvers)
            + self.resolvers.iter().map(|resolver| of(&resolver.waiting)).sum::<usize>()
            + of::<PolicyRow>(&self.policies)
            + self.policies.iter().map(PolicyRow::bytes).sum::<usize>()
            + self.idle.bytes();
        let balancers =
            of::<View>(&self.views) + self.views.iter().map(View::bytes).sum::<usize>() + self.counts.bytes();
        let messages = of::<Broker>(&self.brokers)
            + self.brokers.iter().map(Broker::bytes).sum::<usize>()
            + self.handed.bytes()
            + of::<Team>(&self.teams)
            + self.teams.iter().map(Team::bytes).sum::<usize>()
            + of::<Replicas>(&self.groups)
            + self.groups.iter().map(Replicas::bytes).sum::<usize>()
            + of::<Quorum>(&self.quorums)
            + self.quorums.iter().map(Quorum::bytes).sum::<usize>()
            + self.bytes_of_connections()
            + of_map::<u32, Pool>(self.pools.len())
            + self.pools.values().map(Pool::bytes).sum::<usize>()
            + of::<Locks>(&self.locks)
            + self.locks.iter().map(Locks::bytes).sum::<usize>()
            + self.transactions.bytes();
        let series = self.series.latency.bytes() + self.series.sum_latency.bytes();
        calls
            + parts
            + edges
            + callers
            + balancers
            + messages
            + series
            + self.bytes_of_stories()
            + self.halted.as_ref().map_or(0, |reason| reason.en().len() + reason.ko().len())
    }
}

impl PartRow {
    fn bytes(&self) -> usize {
        let stats = &self.stats;
        let workloads = self.workloads.as_ref().map_or(0, |all| {
            size_of::<Workloads>() + all.iter().map(|one| one.latency.bytes()).sum::<usize>()
        });
        of(&self.instances)
            + of(&self.keys)
            + of(&self.caches)
            + of(&self.brokers)
            + of(&self.out)
            + self.plan.bytes()
            + of::<StationShape>(&self.shapes)
            + stats.wait.bytes()
            + stats.service.bytes()
            + stats.residence.bytes()
            + workloads
    }
}
