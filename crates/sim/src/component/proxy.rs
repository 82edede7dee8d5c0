//! The reverse proxy: it stands in front of a site, passes requests on and keeps answers for a while.
//!
//! R. Fielding, M. Nottingham, J. Reschke: HTTP caching, RFC 9111; M. Nottingham: HTTP cache-control
//! extensions for stale content, RFC 5861.

use super::caching::{Caching, FETCHING, Keeps, Settings, WritePolicy, evictions};
use super::spec::{Component, Gauge, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Core, Cx, Next, Sampler};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::resource::{Evict, StationParams, StoreShape};
use crate::system::{EdgeKind, Mode, Verb};

params! {
    /// What a reverse proxy is set to.
    pub struct Params with station: StationParams costs 0.05 {
        workers: Count = Count(1_000), [1, 10_000], key "w", since 1,
            en "Workers" "Requests at the same time. Each holds one until its answer is there, also while it waits for what is behind.",
            ko "워커" "동시에 처리하는 요청 수입니다. 뒤쪽의 응답을 기다리는 동안에도 답할 때까지 점유합니다.";
        backlog: Count = Count(511), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Requests that may wait for a worker; the next is refused.",
            ko "백로그" "워커를 기다릴 수 있는 요청 수입니다. 넘치면 거부합니다.";
        cost_time: Law = Law::Constant { ms: 0.3 }, [0, 3_600_000], key "co", since 1,
            en "Own work" "The proxy's own work on a request.",
            ko "처리 시간" "요청 하나에 프록시 자신이 쓰는 시간입니다.";
        capacity: Count = Count(0), [0, 1_000_000], key "cy", since 1,
            en "Cache capacity" "Answers that each instance keeps at most. 0 keeps none: it only passes on.",
            ko "캐시 용량" "인스턴스 하나가 담을 수 있는 최대 응답 수입니다. 0이면 담지 않고 넘기기만 합니다.";
        keeps: Keeps = Keeps::Files, [], key "kp", since 1,
            en "Keeps" "Which answers are kept. With reads, a write that passes deletes what it is about on the instance that passed it (RFC 9111, section 4.4).",
            ko "보관 대상" "보관할 응답입니다. 읽기까지 보관하면, 지나가는 쓰기가 그 인스턴스에서 해당 항목을 삭제합니다(RFC 9111 4.4절).";
        evict: Evict = Evict::Lru, [], key "ev", since 1,
            en "Eviction" "Which answer a full cache throws out for a new one.",
            ko "교체 방식" "가득 찬 캐시가 새 응답을 위해 내보낼 것을 고르는 방법입니다.";
        ttl_s: Seconds = Seconds(60.0), [0, 31_557_600], key "tl", since 1,
            en "TTL" "How long an answer is fresh, from when it was stored. 0 keeps it until it is thrown out or deleted.",
            ko "TTL" "저장한 때부터 응답이 유효한 시간입니다. 0이면 내보내거나 삭제할 때까지 유지합니다.";
        coalesce: Flag = Flag(false), [], key "cl", since 1,
            en "Request coalescing" "Misses of one key that come while it is fetched wait for that fetch.",
            ko "요청 병합" "한 키를 가져오는 동안 온 미스는 그 결과를 함께 기다립니다.";
        while_revalidate_s: Seconds = Seconds(0.0), [0, 31_557_600], key "sw", since 1,
            en "Stale while revalidate" "For so long after it expired, an answer is served at once while it is fetched again.",
            ko "재검증 중 만료 응답 허용" "만료 후 이 시간 동안은 다시 가져오는 사이에 만료된 응답을 바로 내줍니다.";
        rewrites: Flag = Flag(false), [], key "rw", since 1,
            en "Rewrites addresses" "Turns the new addresses of pages into the old ones that a legacy system behind it knows.",
            ko "주소 다시 쓰기" "페이지의 새 주소를 뒤쪽의 오래된 시스템이 아는 옛 주소로 바꿉니다.";
        if_error_s: Seconds = Seconds(0.0), [0, 31_557_600], key "ie", since 1,
            en "Stale if error" "For so long after it expired, an answer is served where fetching it again fails.",
            ko "오류 시 만료 응답 허용" "만료 후 이 시간 동안은 다시 가져오기가 실패하면 만료된 응답을 내줍니다.";
    }
}

/// A running reverse proxy.
#[derive(Clone, Debug)]
pub(crate) struct Proxy(Caching);

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
        time: Sampler::new(&params.cost_time),
        writes: WritePolicy::Invalidate,
        unwritten: 1,
        write_every: 0,
        coalesces: params.coalesce.0,
        early: 0.0,
        while_revalidate,
        if_error,
        keeps: params.keeps,
        holds: true,
        purge: None,
    }
}

impl Component for Proxy {
    const SPEC: TypeSpec = TypeSpec {
        name: "proxy",
        label: Words::new("Reverse proxy", "리버스 프록시"),
        help: Words::new(
            "Stands in front of a site, passes requests on and keeps answers for a while if it has room for them.",
            "사이트 앞에서 요청을 넘기고, 공간이 있으면 응답을 한동안 보관합니다.",
        ),
        group: Group::Spreading,
        icon: "proxy",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow, Verb::Flush, Verb::Fill, Verb::Corrupt],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 5_000.0 },
        chooses: false,
        sources: &[
            "RFC 9111: HTTP caching",
            "RFC 5861: answers that are stale while the origin fails",
            "RFC 9110, section 13: conditional requests",
            "Manual of the Apache HTTP Server 2.4, module rewrite: addresses that are changed on their way",
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
