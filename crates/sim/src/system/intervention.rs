//! Faults, repairs and edits: what changes a system at a point in time.

use super::{Edge, Experiment, Id, Part};
use crate::Ns;
use crate::choices;
use crate::param::Words;

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
    /// The beginning of an experiment, which goes on by itself.
    Experiment(Box<Experiment>),
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
#[allow(clippy::large_enum_variant, reason = "few, and most are parts")]
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

    /// What can be done to a machine: to one that software runs on, to one that keeps data, to all of a place.
    pub const OF_MACHINES: &'static [Self] =
        &[Self::Kill, Self::Pause, Self::Slow, Self::Partition, Self::PartitionIn, Self::PartitionOut];

    /// The factor of a fault that says none.
    pub const FACTOR: f64 = 2.0;
    /// Factors that a fault may have.
    pub const FACTORS: [f64; 2] = [0.001, 1_000.0];

    /// What it does, in a sentence.
    pub const fn help(self) -> Words {
        match self {
            Self::Kill => Words::new(
                "A crash: the state in memory is lost, callers see their connections reset, and new calls are refused until it is repaired. What is on disk or acknowledged stays.",
                "프로세스가 죽습니다. 메모리의 상태가 사라지고, 호출자의 연결이 끊기며, 복구할 때까지 새 호출이 거부됩니다. 디스크에 있거나 확인 응답된 것은 남습니다.",
            ),
            Self::Cut => Words::new(
                "Everything on the connection is lost, in both directions. Callers notice only by their timeouts. An instance of a database is cut off from its other instances alone.",
                "연결 위의 모든 것이 양방향으로 사라집니다. 호출자는 타임아웃으로만 알아챕니다. 데이터베이스 인스턴스는 다른 인스턴스와만 끊깁니다.",
            ),
            Self::Pause => Words::new(
                "It stands still, as in a long garbage collection: work stops where it is, calls queue up, and nobody is refused.",
                "긴 가비지 컬렉션처럼 멈춰 섭니다. 하던 일이 그 자리에서 멈추고 호출이 쌓이지만, 거부되지는 않습니다.",
            ),
            Self::Slow => Words::new(
                "Work takes so many times as long, also the work under way.",
                "하던 일을 포함해 모든 일이 지정한 배수만큼 오래 걸립니다.",
            ),
            Self::Fill => Words::new(
                "The store is filled with what nobody asks for: what was in it has gone.",
                "저장소가 아무도 찾지 않는 것으로 가득 찹니다. 들어 있던 것은 밀려납니다.",
            ),
            Self::Corrupt => Words::new(
                "A copy no longer hears of changes, and goes on answering.",
                "사본이 변경을 더 이상 받지 못한 채 계속 응답합니다.",
            ),
            Self::Surge => {
                Words::new("So many times as many visitors come.", "방문자가 지정한 배수만큼 몰려옵니다.")
            }
            Self::Flush => Words::new(
                "The store is emptied: every request misses until it has filled again.",
                "저장소를 비웁니다. 다시 찰 때까지 모든 요청이 적중하지 못합니다.",
            ),
            Self::Partition => Words::new(
                "Nothing gets in or out, while everything inside runs on. Callers notice only by their timeouts.",
                "안에서는 모든 것이 계속 돌아가지만 아무것도 드나들지 못합니다. 호출자는 타임아웃으로만 알아챕니다.",
            ),
            Self::Restore => Words::new(
                "Undoes the faults that hold. What they destroyed stays destroyed.",
                "걸려 있는 장애를 없앱니다. 이미 파괴된 것은 되돌아오지 않습니다.",
            ),
            Self::PartitionIn => Words::new(
                "What others send there is lost; of a connection, the answers. What it sends itself arrives.",
                "그쪽으로 보내는 것이 사라집니다. 연결에서는 응답이 사라집니다. 스스로 보내는 것은 도착합니다.",
            ),
            Self::PartitionOut => Words::new(
                "What it sends is lost; of a connection, the requests. What others send there arrives.",
                "보내는 것이 사라집니다. 연결에서는 요청이 사라집니다. 다른 곳에서 보내는 것은 도착합니다.",
            ),
        }
    }

    /// Whether it is a matter of degree.
    pub const fn has_factor(self) -> bool {
        matches!(self, Self::Slow | Self::Surge)
    }
}
