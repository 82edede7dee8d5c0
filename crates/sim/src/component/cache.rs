//! The cache: it remembers keys, a limited number of them, and forgets the others.

use super::caching::{Caching, Keeps, Settings, TtlFrom, WritePolicy, evictions};
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Core, Cx, Next, Sampler};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::resource::{Evict, Placement, Placing, StationParams, StoreShape};
use crate::system::{EdgeKind, Mode, Verb};

params! {
    /// What a cache is set to.
    pub struct Params with station: StationParams costs 0.15 {
        capacity: Count = Count(1_000), [1, 1_000_000], key "cy", since 1,
            en "Capacity" "Keys that each node holds at most.",
            ko "용량" "노드 하나가 담을 수 있는 최대 키 수입니다.";
        evict: Evict = Evict::Lru, [], key "ev", since 1,
            en "Eviction" "Which key a full node throws out for a new one. The pinned top keys are known beforehand: the best that is possible while popularity does not change.",
            ko "교체 방식" "가득 찬 노드가 새 키를 위해 내보낼 키를 고르는 방법입니다. 인기 상위 키 고정은 인기를 미리 아는 경우로, 인기가 변하지 않을 때 가능한 최선입니다.";
        ttl_s: Seconds = Seconds(300.0), [0, 31_557_600], key "tl", since 1,
            en "TTL" "How long an entry is fresh. 0 keeps it until it is thrown out or deleted.",
            ko "TTL" "항목이 유효한 시간입니다. 0이면 내보내거나 삭제할 때까지 유지합니다.";
        ttl_from: TtlFrom = TtlFrom::Fill, [], key "tf", since 1,
            en "TTL counts from" "Whether the time to live counts from when an entry was stored, as HTTP and DNS have it, or from its last use, as sessions do.",
            ko "TTL 기준" "TTL을 저장한 때부터 세는지(HTTP, DNS), 마지막으로 쓴 때부터 세는지(세션) 정합니다.";
        write: WritePolicy = WritePolicy::Invalidate, [], key "wp", since 1,
            en "Writes" "What a write does to the entry. A cache that calls nobody is kept by its callers: they write where the data belong and then delete or set here. Keeping writes for later needs a connection from the cache to where they belong.",
            ko "쓰기 정책" "쓰기가 항목에 하는 일입니다. 나가는 연결이 없는 캐시는 호출자가 관리하며, 원본에 쓴 뒤 여기서 삭제하거나 갱신합니다. 나중에 쓰기는 캐시에서 원본으로 나가는 연결이 있어야 합니다.";
        write_every_s: Seconds = Seconds(1.0), [0.001, 86_400], key "we", since 1,
            en "Write to the origin every" "How long the first write waits; then everything unwritten is written, one after another. What dies before is lost.",
            ko "원본 쓰기 간격" "첫 쓰기가 기다리는 시간입니다. 그 뒤 밀린 것을 하나씩 씁니다. 그 전에 죽으면 잃습니다.",
            when write in ["back"];
        write_buffer: Count = Count(1_000), [1, 1_000_000], key "wb", since 1,
            en "Unwritten keys" "Keys that may be unwritten; beyond, writes go to the origin at once.",
            ko "쓰기 대기 키" "아직 원본에 쓰지 않은 키를 담는 최대 수입니다. 넘치면 바로 원본에 씁니다.",
            when write in ["back"];
        access_time: Law = Law::Constant { ms: 0.1 }, [0, 3_600_000], key "at", since 1,
            en "Access time" "Time that one look-up or update takes a worker.",
            ko "접근 시간" "조회나 갱신 하나가 워커를 점유하는 시간입니다.";
        workers: Count = Count(4), [1, 10_000], key "w", since 1,
            en "Workers" "Accesses at the same time. Nobody holds one while he waits for the origin.",
            ko "워커" "동시에 처리하는 접근 수입니다. 원본을 기다리는 동안에는 점유하지 않습니다.";
        backlog: Count = Count(10_000), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Accesses that may wait; the next is refused.",
            ko "백로그" "대기할 수 있는 접근 수입니다. 넘치면 거부합니다.";
        coalesce: Flag = Flag(false), [], key "co", since 1,
            en "Request coalescing" "Misses of one key that come while it is fetched wait for that fetch. Needs a connection from the cache to the origin.",
            ko "요청 병합" "한 키를 가져오는 동안 온 미스는 그 결과를 함께 기다립니다. 캐시에서 원본으로 나가는 연결이 있어야 합니다.";
        early: Number = Number(0.0), [0, 100], key "ea", since 1,
            en "Early recomputation" "A request fetches an entry before it expires, at random and the likelier the closer the expiry (XFetch with this beta; 1 is usual). 0 waits for the expiry.",
            ko "조기 갱신" "만료가 가까울수록 높은 확률로, 요청이 만료 전에 미리 다시 가져옵니다(XFetch의 베타 값, 보통 1). 0이면 만료를 기다립니다.";
        placement: Placing = Placing::Ring, [], key "pl", since 1,
            en "Placement" "Which of several nodes has a key. Callers compute it; they do not know which nodes live.",
            ko "배치" "여러 노드 중 어느 노드가 키를 맡는지 정합니다. 호출자가 계산하며, 노드가 살아 있는지는 모릅니다.";
    }
}

/// A running cache.
#[derive(Clone, Debug)]
pub(crate) struct Cache(Caching);

fn declare(params: &Params, build: &mut Build<'_>) -> Settings {
    build.serves(params.workers, params.backlog, &params.station);
    build.place(Placement::new(params.placement));
    Settings {
        shape: StoreShape {
            evict: params.evict,
            capacity: params.capacity.0,
            ttl: params.ttl_s.ns(),
            slides: params.ttl_from == TtlFrom::Use,
            grace: 0,
            stream: evictions(build),
        },
        time: Sampler::new(&params.access_time),
        writes: params.write,
        unwritten: params.write_buffer.0,
        write_every: params.write_every_s.ns(),
        coalesces: params.coalesce.0,
        early: params.early.0,
        while_revalidate: 0,
        if_error: 0,
        keeps: Keeps::Reads,
        holds: false,
        purge: None,
    }
}

impl Component for Cache {
    const SPEC: TypeSpec = TypeSpec {
        name: "cache",
        label: Words::new("Cache", "캐시"),
        help: Words::new(
            "Remembers answers by key, as many as fit. An app or a web server asks it first and fills it; with a connection to the origin it fetches by itself.",
            "응답을 키별로 기억하며 용량만큼 담습니다. 앱이나 웹 서버가 먼저 묻고 채웁니다. 원본으로 연결하면 스스로 가져옵니다.",
        ),
        group: Group::Data,
        icon: "cache",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow, Verb::Flush, Verb::Fill, Verb::Corrupt],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: false,
        sources: &[
            "H. Che, Y. Tung, Z. Wang, \"Hierarchical Web Caching Systems\", IEEE JSAC 20 (2002): what the hit ratio of least recently used is compared with",
            "R. Nishtala et al., \"Scaling Memcache at Facebook\", NSDI 2013: look-aside, leases and races",
            "A. Vattani, F. Chierichetti, K. Lowenstein, \"Optimal Probabilistic Cache Stampede Prevention\", VLDB 2015",
        ],
        gauges: &[
            GaugeKind { name: "hit_ratio", label: Words::new("Hit ratio", "적중률") },
            GaugeKind { name: "keys", label: Words::new("Keys held", "담은 키") },
            GaugeKind { name: "stale_reads", label: Words::new("Stale reads", "오래된 읽기") },
            GaugeKind { name: "evictions", label: Words::new("Evictions", "교체") },
            GaugeKind { name: "expirations", label: Words::new("Expirations", "만료") },
            GaugeKind {
                name: "fetches", label: Words::new("Fetches from the origin", "원본에서 가져옴")
            },
            GaugeKind {
                name: "repeated_fetches",
                label: Words::new("Fetched more than once", "중복으로 가져옴"),
            },
            GaugeKind { name: "coalesced_misses", label: Words::new("Coalesced misses", "병합된 미스") },
            GaugeKind { name: "early_fetches", label: Words::new("Early fetches", "조기 갱신") },
            GaugeKind { name: "early_lead_ms", label: Words::new("Early by (ms)", "앞당긴 시간(ms)") },
            GaugeKind { name: "invalidations", label: Words::new("Invalidations", "무효화") },
            GaugeKind {
                name: "missed_invalidations",
                label: Words::new("Missed invalidations", "놓친 무효화"),
            },
            GaugeKind { name: "unwritten_keys", label: Words::new("Unwritten keys", "쓰기 대기 키") },
            GaugeKind { name: "lost_writes", label: Words::new("Lost writes", "잃은 쓰기") },
        ],
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
