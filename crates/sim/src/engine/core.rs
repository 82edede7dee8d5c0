//! The state of a running system, apart from the components' own.

use std::collections::{BTreeMap, VecDeque};

use super::balance::Counts;
use super::caching::{Cache, CacheId};
use super::calendar::Calendar;
use super::carry::{Carried, KnownKey};
use super::condition::{Condition, Pauses, Strikes};
use super::cost::Cost;
use super::deliver::Handed;
use super::host::Hosts;
use super::kept::Kept;
use super::notes::Notes;
use super::place::Places;
use super::policy::{Extra, NO_EXTRA};
use super::record::Stories;
use super::release::Releases;
use super::team::Team;
use super::transfer::{Bodies, Interfaces};
use super::{Digest, FrameId, Frames, Keys, Ns};
use crate::component::{AnyParams, CallPlan, Kind};
use crate::network::{EdgeRow, EdgeSlot, Idle, Lane, PolicyRow, Resolver, Routes, View};
use crate::observe::{Happening, PartStats, Series, What, Workloads};
use crate::resource::{
    Broker, BrokerId, Locks, Placement, Pool, Quorum, Regime, Replicas, Rows, Station, StationId,
    StationShape, Table, Transaction,
};
use crate::system::Id;

/// The place of an instance, given in order of appearance and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct InstanceId(pub(crate) u32);

impl InstanceId {
    pub(crate) const NONE: Self = Self(u32::MAX);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstanceState {
    Up,
    /// Up, but its version answers some calls with an error.
    Flawed,
    /// Killed: new calls are refused.
    Down,
    /// Taken out of the design: its callers were reset, and it never comes back under this number unless the
    /// count is raised again.
    Leaving,
}

impl InstanceState {
    pub(crate) const fn is_up(self) -> bool {
        matches!(self, Self::Up | Self::Flawed)
    }
}

/// One of the identical instances of a part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instance {
    /// Names it in the digest: its part's id, and its number there.
    pub(super) stamp: u64,
    /// The slot of its part.
    pub(crate) part: u32,
    pub(crate) kind: Kind,
    /// The part's row in the arena of its type.
    pub(crate) row: u32,
    /// Counted from 0 within the part.
    pub(crate) number: u32,
    pub(crate) state: InstanceState,
    /// How many balancers send it nothing.
    pub(crate) shunned: u32,
    /// It does nothing at the moment.
    pub(crate) is_paused: bool,
    /// When it died last; 0 is never.
    pub(crate) died: Ns,
    pub(super) first_station: u32,
    stations: u32,
}

/// Where a step is made, looked up once for all that it does there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The slot of the part.
    pub(crate) part: u32,
    /// The first station of the instance.
    pub(crate) first: u32,
}

impl Place {
    /// No instance's.
    pub(crate) const NONE: Self = Self { part: u32::MAX, first: u32::MAX };
}

impl Instance {
    #[inline(always)]
    pub(crate) const fn place(&self) -> Place {
        Place { part: self.part, first: self.first_station }
    }

    /// The place of the first of its stations.
    pub(crate) const fn first_station(&self) -> u32 {
        self.first_station
    }
}

/// A part of a running system. Slots are given in order of appearance and never reused.
#[derive(Clone, Debug)]
pub(crate) struct PartRow {
    pub(crate) id: Id,
    pub(crate) kind: Kind,
    pub(crate) row: u32,
    pub(crate) params: AnyParams,
    pub(crate) removed: bool,
    /// The part that it is inside of, and whether it was inside of any.
    pub(crate) inside: Option<Id>,
    pub(crate) was_inside: bool,
    /// All instances that it ever had, by number; those beyond `present` have left the design.
    pub(crate) instances: Vec<InstanceId>,
    pub(crate) present: u32,
    /// Its own `calls` edges, by id.
    pub(crate) out: Vec<EdgeSlot>,
    pub(crate) plan: CallPlan,
    pub(crate) shapes: Vec<StationShape>,
    /// The pauses that its instances make by themselves.
    pub(crate) pauses: Option<Box<Pauses>>,
    /// How long a resolver may keep its answers; of name servers only.
    pub(crate) answer_ttl: Ns,
    /// An answer later than this is no goodput; of clients only. The end of time is no deadline beside the timeout.
    pub(crate) deadline: Ns,
    /// The share of its users who come from one address; of clients only.
    pub(crate) behind_gateway: f64,
    pub(crate) stats: PartStats,
    pub(super) cost: Cost,
    pub(super) bodies: Bodies,
    /// What its requests are about, each since when; of clients only.
    pub(crate) keys: Vec<(Ns, Keys)>,
    /// Of each instance by number, what it keeps; of caches only.
    pub(crate) caches: Vec<CacheId>,
    /// Of each instance by number, the messages that it has; of brokers only.
    pub(crate) brokers: Vec<BrokerId>,
    /// Which instance a call goes to.
    pub(crate) placement: Placement,
    /// Of clients only.
    pub(crate) workloads: Option<Box<Workloads>>,
}

/// A frame's time in the queue of a station.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) since: Ns,
    /// What it will do with the worker, if that is known.
    pub(crate) work: Ns,
    /// Where, and behind whom; of the first in a queue, who was before it.
    pub(crate) station: StationId,
    pub(crate) ahead: FrameId,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { since: 0, work: 0, station: StationId(u32::MAX), ahead: FrameId::NONE }
    }
}

/// Everything that the engine owns.
#[derive(Clone, Debug)]
pub(crate) struct Core {
    pub(crate) seed: u64,
    pub(crate) now: Ns,
    pub(crate) calendar: Calendar,
    pub(crate) frames: Frames,
    /// Of each frame in a queue: since when, and with what work.
    pub(crate) waiting: Vec<Waiting>,
    /// Of frames that call by policies, what these need.
    pub(crate) extras: Notes<Extra>,
    /// Of each frame whose call is tried again if it fails, over which edge; as long as the highest.
    pub(super) tried: Vec<EdgeSlot>,
    /// Whether any part reads the keys of requests, and of each frame what is carried for that; as long as
    /// the highest that needed any.
    pub(crate) reads_keys: bool,
    /// Whether any part asks a store for sessions.
    pub(crate) shares_sessions: bool,
    pub(crate) carried: Vec<Carried>,
    /// Of each frame, the key that was found for it; as long as the highest for which one was.
    pub(super) known_keys: Vec<KnownKey>,
    pub(crate) rows: Vec<Rows>,
    pub(crate) caches: Vec<Cache>,
    /// The number of the alarm that was set last.
    pub(crate) alarms: u32,
    /// Frames that go on at this very moment, in order.
    pub(crate) ready: VecDeque<FrameId>,
    pub(crate) parts: Vec<PartRow>,
    pub(crate) part_slots: BTreeMap<Id, u32>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) stations: Vec<Station>,
    /// Of stations that are, or were, more than plain.
    pub(crate) regimes: Vec<Regime>,
    /// By part: the faults that hold.
    pub(crate) strikes: BTreeMap<u32, Strikes>,
    /// By instance: what becomes of those that pause.
    pub(crate) conditions: BTreeMap<u32, Condition>,
    /// How many instances are paused.
    pub(crate) paused: u32,
    /// What holds other parts.
    pub(super) places: Places,
    /// Machines that software shares.
    pub(super) hosts: Hosts,
    /// What machines send by.
    pub(super) interfaces: Interfaces,
    /// What instances run, where somebody deploys.
    pub(crate) releases: Releases,
    pub(crate) edges: Vec<EdgeRow>,
    pub(crate) edge_slots: BTreeMap<Id, EdgeSlot>,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) routes: Routes,
    pub(crate) resolvers: Vec<Resolver>,
    pub(crate) policies: Vec<PolicyRow>,
    /// How many callers they remember in all.
    pub(crate) callers: usize,
    /// What each instance of a balancer knows, and the calls that it counts as open.
    pub(crate) views: Vec<View>,
    pub(super) counts: Counts,
    /// What each instance of a message broker holds, and what is known of messages that were handed out.
    pub(crate) brokers: Vec<Broker>,
    pub(crate) handed: Handed,
    /// Of each worker part, who waits for a word.
    pub(crate) teams: Vec<Team>,
    /// What the instances of each replicated database know of each other.
    pub(crate) groups: Vec<Replicas>,
    /// What the instances of each leaderless database hold.
    pub(crate) quorums: Vec<Quorum>,
    /// By instance: workers that are started when they are needed.
    pub(crate) pools: BTreeMap<u32, Pool>,
    /// Of parts whose idle connections take memory, how many megabytes each; and of their instances, what was left open.
    pub(super) connection_sizes: BTreeMap<u32, f64>,
    pub(super) kept_connections: BTreeMap<u32, Kept>,
    /// Of each database whose writes lock: what is locked.
    pub(crate) locks: Vec<Locks>,
    /// Of each write that has locked or seen a row, what; by the name of its place.
    pub(super) transactions: Table<Transaction>,
    /// Open connections that nobody uses.
    pub(super) idle: Idle,
    /// What the call that was answered last had to say: the record of a look-up.
    pub(crate) answer: u32,
    pub(crate) digest: Digest,
    pub(crate) executed: u64,
    /// Steps since time last advanced.
    pub(crate) steps_now: u32,
    /// So many may be made without a closer look; none while requests are recorded or instances are paused.
    pub(super) steps_allowed: u32,
    /// Single requests are chosen or recorded.
    pub(super) has_stories: bool,
    pub(super) stories: Stories,
    /// Sessions that were begun in stores.
    pub(crate) sessions_begun: u32,
    pub(super) falls: super::falls::Falls,
    pub(crate) halted: Option<crate::param::Sentence>,
    pub(crate) measured_from: Ns,
    pub(crate) series: Series,
    pub(crate) happenings: Vec<Happening>,
}

impl Core {
    /// The log keeps this many lines, and beyond them only what was done.
    const HAPPENINGS: usize = 10_000;
    /// Instances are never forgotten: so many may there be in one run, together with those that left.
    pub(crate) const MOST_INSTANCES: usize = 1 << 18;
    /// So many callers may remember what a policy needs, each on each edge.
    pub(crate) const MOST_CALLERS: usize = 1 << 18;
    /// A system that makes more steps than this in one nanosecond is going round in a circle.
    pub(crate) const STEPS_AT_ONCE: u32 = 1_000_000;

    pub(crate) fn new(seed: u64, window: Ns) -> Self {
        Self {
            seed,
            now: 0,
            calendar: Calendar::new(),
            frames: Frames::new(),
            waiting: Vec::new(),
            extras: Notes::new(NO_EXTRA),
            tried: Vec::new(),
            reads_keys: false,
            shares_sessions: false,
            carried: Vec::new(),
            known_keys: Vec::new(),
            rows: Vec::new(),
            caches: Vec::new(),
            alarms: 0,
            ready: VecDeque::new(),
            parts: Vec::new(),
            part_slots: BTreeMap::new(),
            instances: Vec::new(),
            stations: Vec::new(),
            regimes: Vec::new(),
            strikes: BTreeMap::new(),
            conditions: BTreeMap::new(),
            paused: 0,
            places: Places::default(),
            hosts: Hosts::default(),
            interfaces: Interfaces::default(),
            releases: Releases::default(),
            edges: Vec::new(),
            edge_slots: BTreeMap::new(),
            lanes: Vec::new(),
            routes: Routes::default(),
            resolvers: Vec::new(),
            policies: Vec::new(),
            callers: 0,
            views: Vec::new(),
            counts: Counts::default(),
            brokers: Vec::new(),
            handed: Handed::default(),
            teams: Vec::new(),
            groups: Vec::new(),
            quorums: Vec::new(),
            pools: BTreeMap::new(),
            connection_sizes: BTreeMap::new(),
            kept_connections: BTreeMap::new(),
            locks: Vec::new(),
            transactions: Table::default(),
            idle: Idle::default(),
            answer: 0,
            digest: Digest::new(seed),
            executed: 0,
            steps_now: 0,
            steps_allowed: Self::STEPS_AT_ONCE,
            has_stories: false,
            stories: Stories::default(),
            sessions_begun: 0,
            falls: super::falls::Falls::default(),
            halted: None,
            measured_from: 0,
            series: Series::new(window),
            happenings: Vec::new(),
        }
    }

    /// Whether somebody looks before every step: since requests are recorded, or an instance is paused.
    #[inline(always)]
    pub(crate) const fn is_watched(&self) -> bool {
        self.steps_allowed < Self::STEPS_AT_ONCE
    }

    /// Whether a step may be made at once that would be made next anyway: nobody stands before it, and
    /// nobody looks before it.
    #[inline]
    pub(crate) fn has_nothing_ready(&self) -> bool {
        self.ready.is_empty() && !self.is_watched()
    }

    #[inline]
    pub(crate) fn kind_and_row(&self, instance: InstanceId) -> (Kind, u32, Place) {
        let row = &self.instances[instance.0 as usize];
        (row.kind, row.row, row.place())
    }

    /// Where an instance is: for those who need more than one thing of it.
    #[inline(always)]
    pub(crate) fn place_of(&self, instance: InstanceId) -> Place {
        self.instances[instance.0 as usize].place()
    }

    /// The slot of the part that an instance is of.
    #[inline]
    pub(crate) fn part_of(&self, instance: InstanceId) -> u32 {
        self.instances[instance.0 as usize].part
    }

    #[inline]
    pub(crate) fn part_mut(&mut self, slot: u32) -> &mut PartRow {
        &mut self.parts[slot as usize]
    }

    #[inline]
    pub(crate) fn edge(&self, slot: EdgeSlot) -> &EdgeRow {
        &self.edges[slot as usize]
    }

    #[inline]
    pub(crate) fn edge_mut(&mut self, slot: EdgeSlot) -> &mut EdgeRow {
        &mut self.edges[slot as usize]
    }

    pub(crate) fn is_up(&self, instance: InstanceId) -> bool {
        self.instances.get(instance.0 as usize).is_some_and(|row| row.state.is_up())
    }

    /// The station at `slot` of an instance.
    #[inline]
    pub(crate) fn station(&self, instance: InstanceId, slot: u8) -> StationId {
        StationId(self.instances[instance.0 as usize].first_station + u32::from(slot))
    }

    /// All stations of an instance, with their slots.
    pub(crate) fn slots_of(&self, instance: InstanceId) -> impl Iterator<Item = (usize, u8)> + use<> {
        self.stations_of(instance).enumerate().map(|(slot, at)| (at, slot as u8))
    }

    /// All stations of an instance.
    pub(crate) fn stations_of(&self, instance: InstanceId) -> std::ops::Range<usize> {
        let row = &self.instances[instance.0 as usize];
        row.first_station as usize..(row.first_station + row.stations) as usize
    }

    /// Adds an instance to a part, with the stations that its type declared.
    pub(crate) fn add_instance(&mut self, slot: u32) -> InstanceId {
        let id = InstanceId(self.instances.len() as u32);
        let now = self.now;
        let part = &mut self.parts[slot as usize];
        self.instances.push(Instance {
            stamp: u64::from(part.id) << 32 | (part.instances.len() as u64) << 20,
            part: slot,
            kind: part.kind,
            row: part.row,
            number: part.instances.len() as u32,
            state: InstanceState::Up,
            shunned: 0,
            is_paused: false,
            died: 0,
            first_station: self.stations.len() as u32,
            stations: part.shapes.len() as u32,
        });
        self.stations.extend(part.shapes.iter().map(|shape| Station::new(*shape, now)));
        part.instances.push(id);
        part.present = part.instances.len() as u32;
        id
    }

    /// What checks and resolvers have to say may fill the log; faults and edits stand in it all the same.
    pub(crate) fn tell(&mut self, what: What) {
        let is_done = matches!(
            what,
            What::Struck { .. } | What::Experiment { .. } | What::Edited | What::Halted { .. }
        );
        if is_done || self.happenings.len() < Self::HAPPENINGS {
            self.happenings.push(Happening { at: self.now, what });
        }
    }

    /// Stops the run with a sentence. What has happened so far stands, and nothing more will.
    #[cold]
    pub(crate) fn halt(&mut self, reason: crate::param::Sentence) {
        if self.halted.is_none() {
            self.tell(What::Halted { reason: reason.clone() });
            self.halted = Some(reason);
            self.calendar = Calendar::new();
            // Whoever is in the midst of a step finds that there is no time for another.
            self.steps_now = u32::MAX / 2;
        }
        self.ready.clear();
    }

    /// How much there is to walk through when something strikes or is measured.
    pub(crate) fn rows(&self) -> u32 {
        let rows = self.frames.places() + self.instances.len() + self.parts.len() + self.edges.len();
        u32::try_from(rows).unwrap_or(u32::MAX)
    }
}
