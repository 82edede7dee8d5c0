//! One frame of animation, read from what is live at this moment.

use super::{Class, Outcome};
use crate::Ns;
use crate::system::Id;

/// What is to be seen at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    pub now: Ns,
    pub parts: Vec<PartGauge>,
    pub edges: Vec<EdgeGauge>,
    pub dots: Vec<Dot>,
    /// Calls that ended a moment ago without any message.
    pub falls: Vec<Fall>,
    /// How many messages were under way in all; more than `dots` holds where the picture was sampled.
    pub messages: u32,
    /// What the design costs per hour now.
    pub cost_per_hour: f64,
    /// Each dot stands for this many messages: requests were chosen by hash, one in so many.
    pub one_in: u32,
}

/// A message under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    pub edge: Id,
    /// The part that sent the request. Not the edge's own start where a name was resolved.
    pub from: Id,
    /// The part that is asked.
    pub to: Id,
    /// 0 at `from`, 1 at `to`, for both ways.
    pub position: f32,
    pub way: Way,
    pub class: Class,
    /// `Ok` while the request is on its way there.
    pub outcome: Outcome,
    /// Tells one request's messages from another's; equal from frame to frame.
    pub key: u32,
    pub mark: Mark,
}

/// What a message is beyond its class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    #[default]
    Plain,
    /// Its caller tries again.
    Retry,
    /// Its caller has given up: nobody waits for it.
    GivenUp,
}

/// A call that ended without an answer: its caller gave up, or never sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fall {
    pub at: Ns,
    pub edge: Id,
    /// The part that asked, and whom.
    pub from: Id,
    pub to: Id,
    pub class: Class,
    pub outcome: Outcome,
    pub key: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Request,
    Reply,
}

/// How a part is doing.
#[derive(Clone, Debug, PartialEq)]
pub struct PartGauge {
    pub id: Id,
    /// Of each instance, whether it is up.
    pub up: Vec<bool>,
    /// Of each instance, whether an autoscaler keeps it back: it is not up, and nothing has happened to it.
    pub parked: Vec<bool>,
    /// Of each instance that balancers check: how many of them send it no traffic.
    pub shunned: Vec<u32>,
    /// Faults hold that do not kill: it is paused or slow, or more visitors come.
    pub struck: bool,
    /// Busy workers now.
    pub busy: u32,
    pub workers: u32,
    /// Waiting now.
    pub queued: u32,
    /// Share of the workers busy, mean over the last second; of a client, none.
    pub utilisation: Option<f32>,
    /// Calls that arrived (of a client: requests issued) per second, over the last second.
    pub rate: f32,
    /// Calls that it answered with an error (of a client: requests that failed) per second, over the last second.
    pub errors: f32,
    /// Of what remembers keys: the share of its room that is taken.
    pub filled: Option<f32>,
    /// Of what replicates: the position of the log.
    pub log: u64,
    /// Of each instance of it, how many writes it has not applied yet.
    pub behind: Vec<u64>,
    /// How long the oldest of these has waited.
    pub lag: Ns,
}

impl PartGauge {
    /// Whether an instance, counted from 0, is not up although it should be.
    pub fn is_down(&self, instance: usize) -> bool {
        self.up.get(instance).is_some_and(|up| !up) && !self.is_parked(instance)
    }

    /// Whether an instance waits for an autoscaler to start it.
    pub fn is_parked(&self, instance: usize) -> bool {
        let is_kept = self.parked.get(instance).is_some_and(|parked| *parked);
        is_kept && self.up.get(instance).is_some_and(|up| !up)
    }

    /// How many instances are down, and how many wait for an autoscaler.
    pub fn count_down(&self) -> [usize; 2] {
        let all = 0..self.up.len();
        [all.clone().filter(|at| self.is_down(*at)).count(), all.filter(|at| self.is_parked(*at)).count()]
    }
}

/// How an edge is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeGauge {
    pub id: Id,
    pub cut: bool,
    /// Calls sent per second, over the last second.
    pub rate: f32,
}
