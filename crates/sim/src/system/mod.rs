//! What is simulated, as plain data: parts, edges and the interventions planned or made.
//!
//! Layout, names and notes are the document's and are not here: they cannot change a run.

mod circles;
mod edit;
mod experiment;
mod faults;
mod intervention;
mod policy;
mod validate;

pub use experiment::{Among, Experiment, Injection, Stage};
pub use intervention::{Action, Change, Intervention, Target, Verb};
pub use policy::{BreakerWindow, Jitter, Policy, RetryOn};
pub use validate::{Limits, SystemError};

use crate::component::AnyParams;
pub use crate::network::{Order, Sharing};
use crate::{choices, params};

/// The number that a document gives a part or an edge. Both share one space.
pub type Id = u32;

/// Everything that a run depends on, apart from the seed and the interventions.
///
/// Parts and edges stand in ascending order of `id`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct System {
    pub parts: Vec<Part>,
    pub edges: Vec<Edge>,
}

/// A component on the canvas: one or several identical instances.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub id: Id,
    /// The type and its parameters.
    pub params: AnyParams,
    /// How many identical instances.
    pub count: u32,
    /// The part that this one is inside of.
    pub inside: Option<Id>,
}

/// A connection between two parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    pub id: Id,
    pub kind: EdgeKind,
    pub from: Id,
    pub to: Id,
    pub mode: Mode,
    /// Edges with a weight form one group, of which at most one is drawn per visit.
    pub weight: Option<f64>,
    pub net: Net,
    pub policy: Policy,
}

impl Edge {
    /// A plain call with the defaults of the document.
    pub fn calls(id: Id, from: Id, to: Id) -> Self {
        Self {
            id,
            kind: EdgeKind::Calls,
            from,
            to,
            mode: Mode::Sync,
            weight: None,
            net: Net::default(),
            policy: Policy::default(),
        }
    }
}

choices! {
    /// What an edge means. Every component type declares which kinds it offers and accepts.
    pub enum EdgeKind {
        /// Who asks whom: the path of requests.
        Calls = "calls", en "calls", ko "호출";
        /// What is physically connected.
        Wires = "wires", en "wire", ko "배선";
        /// Whose log follows whose.
        Replicates = "replicates", en "replication", ko "복제";
        /// Health checks, monitors, clusters.
        Watches = "watches", en "watch", ko "감시";
        /// Power.
        Feeds = "feeds", en "power feed", ko "전원 공급";
    }
}

choices! {
    /// What a caller does while it waits for an answer.
    pub enum Mode {
        /// The caller keeps its worker until the answer is there.
        Sync = "sync", en "wait for the answer", ko "응답 대기";
        /// No answer is awaited.
        Async = "async", en "do not wait", ko "기다리지 않음";
        /// The caller's worker is freed; the next part answers.
        Forward = "forward", en "hand over", ko "넘겨주기";
    }
}

params! {
    /// The network under an edge.
    pub struct Net {
        /// One way; the reply takes the same again.
        latency_ms: Millis = Millis(0.5), [0, 3_600_000], key "lt", since 1,
            en "Latency" "Time that a message takes one way; the reply takes the same again.",
            ko "지연 시간" "메시지가 한 방향으로 가는 데 걸리는 시간입니다. 응답도 같은 시간이 걸립니다.";
        jitter: Law = Law::Constant { ms: 0.0 }, [0, 3_600_000], key "ji", since 1,
            en "Jitter" "Time that a message takes on top of the latency, drawn anew for each message and each direction.",
            ko "지터" "메시지마다, 방향마다 새로 뽑아 지연 시간에 더하는 시간입니다.";
        loss: Share = Share(0.0), [0, 1], key "lo", since 1,
            en "Loss" "Share of messages that are lost, each by itself and in each direction. Nothing sends them again but the retries of the caller, once its timeout is over.",
            ko "손실" "메시지 하나하나가 방향마다 따로 유실되는 비율입니다. 호출자의 타임아웃이 지난 뒤 재시도할 때 말고는 다시 보내지 않습니다.";
        order: Order = Order::Any, [], key "or", since 1,
            en "Order of messages" "Whether a message may overtake another that was sent before it, as in different connections, or all wait for the slowest before them, as in one connection. It shows only with jitter.",
            ko "메시지 순서" "연결이 서로 다를 때처럼 나중에 보낸 메시지가 앞지를 수 있는지, 한 연결처럼 앞의 느린 메시지를 기다리는지 정합니다. 지터가 있을 때만 차이가 납니다.";
        bandwidth_mbps: Number = Number(0.0), [0, 1_000_000], key "bw", since 1,
            en "Bandwidth (Mbit/s)" "How fast bytes get through, in each direction. All that crosses it shares it, one message after another; bodies have the sizes that clients and servers are set to. 0 sets no limit.",
            ko "대역폭(Mbit/s)" "방향마다 바이트가 지나가는 속도입니다. 지나가는 모든 메시지가 차례로 나눠 쓰며, 크기는 클라이언트와 서버에 정합니다. 0이면 제한이 없습니다.";
        sharing: Sharing = Sharing::InTurn, [], key "bs", since 1,
            en "Bandwidth goes to" "Whether messages get across one after another, or all at the same time, each as fast as the others, as flows of TCP share a bottleneck. Then 4,096 at most get across at once; further ones are lost.",
            ko "대역폭 나누기" "메시지가 차례로 지나가는지, 병목을 나눠 쓰는 TCP 흐름처럼 모두 동시에 같은 속도로 지나가는지 정합니다. 동시에 지나가면 최대 4,096개까지이며 그보다 많은 것은 사라집니다.";
        slow_start: Flag = Flag(false), [], key "sl", since 1,
            en "TCP slow start" "Bodies go in rounds: ten segments, a round trip, twice as many. A connection that is kept open (policy) goes on with its window; a call without one begins with the first.",
            ko "TCP 슬로 스타트" "본문을 여러 번에 나눠 보냅니다. 세그먼트 10개로 시작해 왕복마다 두 배로 늘립니다. 열어 둔 연결(정책)은 커진 윈도를 이어 쓰고, 그렇지 않은 호출은 처음부터 시작합니다.";
        window_kb: Number = Number(256.0), [1, 10_000_000], key "wi", since 1,
            en "Receive window (kB)" "A receiver takes no more than this in one round trip, however fast the network is.",
            ko "수신 윈도(kB)" "네트워크가 아무리 빨라도 왕복 한 번에 받는 최대 크기입니다.";
    }
}
