//! Faults, repairs and edits: what changes a system at a point in time.

use super::{Edge, Id, Part};
use crate::Ns;
use crate::choices;

/// Something that changes the system at a point in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervention {
    pub at: Ns,
    pub action: Action,
}

/// What an intervention does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A fault or a repair.
    Do { verb: Verb, target: Target },
    /// A fault that is as strong as its factor says.
    Scale { verb: Verb, target: Target, factor: f64 },
    /// The end of the fault of this kind that struck at this time. Others that hold go on.
    End { verb: Verb, target: Target, since: Ns },
    /// An edit of the design; its changes apply together.
    Edit(Vec<Change>),
}

impl Action {
    /// A fault or a repair; the factor counts where it is a matter of degree.
    pub const fn fault(verb: Verb, target: Target, factor: f64) -> Self {
        if verb.has_factor() { Self::Scale { verb, target, factor } } else { Self::Do { verb, target } }
    }
}

/// One element of a design, put in place or taken away.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A new part, or new parameters, count or place of one that exists.
    PutPart(Part),
    RemovePart(Id),
    /// A new edge, or new settings or ends of one that exists.
    PutEdge(Edge),
    RemoveEdge(Id),
}

/// What a fault strikes: a part, an edge, or one instance of a part. Written `7` or `"7/2"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub id: Id,
    /// Counted from 1, as a reader counts.
    pub instance: Option<u32>,
}

impl Target {
    pub const fn whole(id: Id) -> Self {
        Self { id, instance: None }
    }

    pub const fn one(id: Id, instance: u32) -> Self {
        Self { id, instance: Some(instance) }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.instance {
            Some(instance) => write!(f, "{}/{instance}", self.id),
            None => write!(f, "{}", self.id),
        }
    }
}

choices! {
    /// The words for faults and repairs. Those that this version cannot run are refused by validation.
    pub enum Verb {
        /// A process crash: state lost, callers reset, new calls refused.
        Kill = "kill", en "kill", ko "강제 종료";
        /// An edge loses everything in both directions.
        Cut = "cut", en "cut", ko "절단";
        /// An instance does nothing for a while: work stops where it is, calls queue, answers lie.
        Pause = "pause", en "pause", ko "일시 정지";
        /// Work takes so many times as long, also what is under way.
        Slow = "slow", en "slow down", ko "느리게";
        /// A store is full of what nobody asks for.
        Fill = "fill", en "fill up", ko "가득 채우기";
        /// A copy no longer hears what changes.
        Corrupt = "corrupt", en "corrupt", ko "손상";
        /// So many times as many visitors come.
        Surge = "surge", en "surge", ko "급증";
        /// A store is emptied.
        Flush = "flush", en "flush", ko "비우기";
        /// Nothing gets from the inside to the outside, nor back.
        Partition = "partition", en "partition", ko "네트워크 분할";
        /// Undoes a fault; what it destroyed stays destroyed.
        Restore = "restore", en "restore", ko "복구";
        /// What others send there is lost; of an edge, the answers.
        PartitionIn = "partition_in", en "partition (nothing gets in)", ko "네트워크 분할(들어오는 것 없음)";
        /// What it sends is lost; of an edge, the requests.
        PartitionOut = "partition_out", en "partition (nothing gets out)", ko "네트워크 분할(나가는 것 없음)";
    }
}

impl Verb {
    /// Whether this version of the engine can run it.
    pub const fn runs(self) -> bool {
        let _ = self;
        true
    }

    /// What can be done to an edge.
    pub const OF_EDGES: &'static [Self] = &[Self::Cut, Self::PartitionIn, Self::PartitionOut];

    /// The factor of a fault that says none.
    pub const FACTOR: f64 = 2.0;
    /// Factors that a fault may have.
    pub const FACTORS: [f64; 2] = [0.001, 1_000.0];

    /// Whether it is a matter of degree.
    pub const fn has_factor(self) -> bool {
        matches!(self, Self::Slow | Self::Surge)
    }
}
