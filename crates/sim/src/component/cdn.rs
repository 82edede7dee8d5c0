//! The content delivery network: many caches near the users, in front of one origin.
//!
//! Every instance is a place of its own with a cache of its own. A shield is another part of this type between the
//! edges and the origin. R. Fielding, M. Nottingham, J. Reschke: HTTP caching, RFC 9111; M. Nottingham: HTTP
//! cache-control extensions for stale content, RFC 5861.

use super::caching::{Caching, FETCHING, Keeps, Settings, WritePolicy, evictions};
use super::spec::{Component, Gauge, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Core, Cx, Next, Sampler};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::resource::{Evict, StationParams, StoreShape};
use crate::system::{EdgeKind, Mode, Verb};

params! {
    /// What a content delivery network is set to.
    pub struct Params with station: StationParams costs 0.08 {
        capacity: Count = Count(10_000), [1, 1_000_000], key "cy", since 1,
            en "Capacity" "Answers that each edge keeps at most.",
            ko "용량" "엣지 하나가 담을 수 있는 최대 응답 수입니다.";
        keeps: Keeps = Keeps::Files, [], key "kp", since 1,
            en "Keeps" "Which answers are kept. With reads, a write that passes deletes what it is about.",
            ko "보관 대상" "보관할 응답입니다. 읽기까지 보관하면, 지나가는 쓰기가 해당 항목을 삭제합니다.";
        evict: Evict = Evict::Lru, [], key "ev", since 1,
            en "Eviction" "Which answer a full edge throws out for a new one.",
            ko "교체 방식" "가득 찬 엣지가 새 응답을 위해 내보낼 것을 고르는 방법입니다.";
        ttl_s: Seconds = Seconds(3_600.0), [0, 31_557_600], key "tl", since 1,
            en "TTL" "How long an answer is fresh, from when it was stored. 0 keeps it until it is thrown out or purged.",
            ko "TTL" "저장한 때부터 응답이 유효한 시간입니다. 0이면 내보내거나 퍼지할 때까지 유지합니다.";
        purge: Flag = Flag(true), [], key "pg", since 1,
            en "Purge" "A write that passes one edge is purged from all others. Without it they serve the old answer until it expires.",
            ko "퍼지" "한 엣지를 지난 쓰기를 다른 모든 엣지에서 퍼지합니다. 끄면 만료될 때까지 옛 응답을 내줍니다.";
        purge_s: Seconds = Seconds(5.0), [0, 86_400], key "ps", since 1,
            en "Purge delay" "How long a purge takes to all edges.",
            ko "퍼지 지연" "퍼지가 모든 엣지에 닿는 데 걸리는 시간입니다.";
        coalesce: Flag = Flag(true), [], key "cl", since 1,
            en "Request coalescing" "Misses of one key that come to an edge while it is fetched wait for that fetch.",
            ko "요청 병합" "한 키를 가져오는 동안 같은 엣지에 온 미스는 그 결과를 함께 기다립니다.";
        while_revalidate_s: Seconds = Seconds(0.0), [0, 31_557_600], key "sw", since 1,
            en "Stale while revalidate" "For so long after it expired, an answer is served at once while it is fetched again.",
            ko "재검증 중 만료 응답 허용" "만료 후 이 시간 동안은 다시 가져오는 사이에 만료된 응답을 바로 내줍니다.";
        if_error_s: Seconds = Seconds(0.0), [0, 31_557_600], key "ie", since 1,
            en "Stale if error" "For so long after it expired, an answer is served where fetching it again fails.",
            ko "오류 시 만료 응답 허용" "만료 후 이 시간 동안은 다시 가져오기가 실패하면 만료된 응답을 내줍니다.";
        serve_time: Law = Law::Constant { ms: 0.2 }, [0, 3_600_000], key "st", since 1,
            en "Serve time" "Time that one request takes a worker of an edge.",
            ko "제공 시간" "요청 하나가 엣지의 워커를 점유하는 시간입니다.";
        workers: Count = Count(1_000), [1, 10_000], key "w", since 1,
            en "Workers" "Requests that an edge serves at the same time. Nobody holds one while he waits for the origin.",
            ko "워커" "엣지 하나가 동시에 처리하는 요청 수입니다. 원본을 기다리는 동안에는 점유하지 않습니다.";
        backlog: Count = Count(10_000), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Requests that may wait; the next is refused.",
            ko "백로그" "대기할 수 있는 요청 수입니다. 넘치면 거부합니다.";
    }
}

/// A running content delivery network.
#[derive(Clone, Debug)]
pub(crate) struct Cdn(Caching);

fn declare(params: &Params, build: &mut Build<'_>) -> Settings {
    build.serves(params.workers, params.backlog, &params.station);
    let (while_revalidate, if_error) = (params.while_revalidate_s.ns(), params.if_error_s.ns());
    Settings {
        shape: StoreShape {
            evict: params.evict,
            capacity: params.capacity.0,
            ttl: params.ttl_s.ns(),
            slides: false,
            grace: while_revalidate.max(if_error),
            stream: evictions(build),
        },
        time: Sampler::new(&params.serve_time),
        writes: WritePolicy::Invalidate,
        unwritten: 1,
        write_every: 0,
        coalesces: params.coalesce.0,
        early: 0.0,
        while_revalidate,
        if_error,
        keeps: params.keeps,
        holds: false,
        purge: params.purge.0.then(|| params.purge_s.ns()),
    }
}

impl Component for Cdn {
    const SPEC: TypeSpec = TypeSpec {
        name: "cdn",
        label: Words::new("CDN", "CDN"),
        help: Words::new(
            "Caches near the users. Each instance is an edge of its own and fetches from the origin, or from a shield: another CDN between.",
            "사용자 가까이의 캐시입니다. 인스턴스마다 독립된 엣지이며, 원본이나 그 앞의 실드(또 다른 CDN)에서 가져옵니다.",
        ),
        group: Group::Spreading,
        icon: "cdn",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow, Verb::Flush, Verb::Fill, Verb::Corrupt],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 35.0, timeout_ms: 5_000.0 },
        chooses: false,
        sources: &[
            "RFC 9111: HTTP caching",
            "RFC 5861: answers that are stale while the origin fails",
            "RFC 9110, section 13: conditional requests",
        ],
        gauges: FETCHING,
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        let settings = declare(params, build);
        Self(Caching::new(settings, build))
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        self.0.step(cx)
    }

    /// A new time to live holds for what is stored from now on; less room is emptied at once.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        let settings = declare(params, build);
        self.0.edit(settings, build);
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        self.0.started(cx);
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        Caching::killed(cx);
    }

    fn struck(&mut self, cx: &mut Cx<'_>, verb: Verb) {
        Caching::struck(cx, verb);
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        Caching::gauge(core, self.0.part, Self::SPEC.gauges, out);
    }
}
