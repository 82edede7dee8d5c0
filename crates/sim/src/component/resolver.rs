//! The recursive resolver: it asks name servers for all its users and keeps their answers until the TTL runs out.
//!
//! RFC 1034 (section 5.3.3) has the walk from the root down and its cache, RFC 2181 (section 8) the TTL, RFC 8767
//! answers that are served stale, RFC 9520 failures that are remembered. Look-ups of one name are coalesced.

use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Core, Cx, DONE, Next, Ns, Pc, SECOND, Sampler, Stream};
use crate::network::{EdgeSlot, Known, Resolver as Cache, ResolverId};
use crate::observe::{Class, Outcome};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::resource::StationShape;
use crate::system::{EdgeKind, Mode, Verb};

params! {
    /// What a resolver is set to.
    pub struct Params costs 0.0 {
        min_ttl_s: Seconds = Seconds(0.0), [0, 31_536_000], key "mt", since 1,
            en "Least TTL" "Keeps answers at least this long, whatever their TTL says. Resolvers that do so keep sending users to an address that is long gone.",
            ko "최소 TTL" "응답의 TTL과 상관없이 적어도 이만큼 보관합니다. 이런 리졸버는 이미 없어진 주소로 사용자를 계속 보냅니다.";
        levels: Count = Count(2), [0, 16], key "lv", since 1,
            en "Levels above" "Servers that are asked one after another before the name server itself: the root and those of top-level domains. What they say is kept for long.",
            ko "상위 단계" "네임 서버에 앞서 차례로 묻는 서버 수입니다. 루트와 최상위 도메인 서버이며, 그 답은 오래 보관합니다.";
        level_time: Law = Law::Constant { ms: 20.0 }, [0, 3_600_000], key "lt", since 1,
            en "Time per level" "Round trip and answer of a server above.",
            ko "단계별 시간" "상위 서버 하나를 오가며 답을 받는 시간입니다.";
        delegation_ttl_s: Seconds = Seconds(172_800.0), [0, 31_536_000], key "dt", since 1,
            en "Delegation TTL" "How long it keeps what the servers above have said.",
            ko "위임 TTL" "상위 서버의 답을 보관하는 시간입니다.";
        stale_s: Seconds = Seconds(0.0), [0, 31_536_000], key "ss", since 1,
            en "Serve stale for" "When no name server answers, an answer is used for so long after its TTL.",
            ko "만료 응답 사용 시간" "네임 서버가 답하지 않을 때 TTL이 지난 응답을 이만큼 더 사용합니다.";
        answer_time: Law = Law::Constant { ms: 0.1 }, [0, 3_600_000], key "at", since 1,
            en "Answer time" "Time that one look-up takes a worker.",
            ko "응답 처리 시간" "조회 하나가 워커를 점유하는 시간입니다.";
        workers: Count = Count(16), [1, 10_000], key "w", since 1,
            en "Workers" "Look-ups that are worked on at the same time. Those that wait for a name server hold none.",
            ko "워커" "동시에 처리하는 조회 수입니다. 네임 서버의 답을 기다리는 조회는 워커를 점유하지 않습니다.";
        backlog: Count = Count(1_000), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Look-ups that may wait for a worker; the next is refused.",
            ko "백로그" "워커를 기다릴 수 있는 조회 수입니다. 넘치면 거부합니다.";
    }
}

/// A user's look-up.
const LOOK: Pc = 1;
/// The walk down, which goes on though the user may have given up.
const WALK: Pc = 2;
const ANSWERED: Pc = 3;

const TIMES: u32 = 1;
const LEVELS: u32 = 2;

/// What one instance knows beside its cache.
#[derive(Clone, Copy, Debug)]
struct Site {
    cache: ResolverId,
    /// The last answer, and when it ceases to be of any use.
    last: Option<(EdgeSlot, Ns)>,
    /// Until when it knows whom to ask without asking above.
    delegated: Option<Ns>,
}

/// A running resolver.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    min_ttl: Ns,
    stale: Ns,
    levels: u32,
    level_time: Sampler,
    delegation_ttl: Ns,
    time: Sampler,
    times: Stream,
    level_times: Stream,
    /// By instance.
    sites: Vec<Site>,
    look_ups: u64,
    hits: u64,
    asked: u64,
    above: u64,
    served_stale: u64,
}

impl Resolver {
    fn set(&mut self, params: &Params, build: &mut Build<'_>) {
        build.stations(&[StationShape::plain(params.workers.0, params.backlog.0)]);
        self.min_ttl = params.min_ttl_s.ns();
        self.stale = params.stale_s.ns();
        self.levels = params.levels.0;
        self.level_time = Sampler::new(&params.level_time);
        self.delegation_ttl = params.delegation_ttl_s.ns();
        self.time = Sampler::new(&params.answer_time);
    }

    /// Answers from what is known, or waits until more is.
    fn look(&mut self, cx: &mut Cx<'_>) -> Next {
        cx.core.release(cx.frame);
        let (id, now) = (self.sites[cx.number()].cache, cx.core.now);
        match cx.core.resolvers[id as usize].look(now) {
            Known::Record(record) => {
                cx.frame().note = u32::from(record) + 1;
                return Next::Reply(Outcome::Ok);
            }
            Known::Failed => return Next::Reply(Outcome::Unresolved),
            Known::Asking => {}
            Known::Nothing => {
                let key = cx.frame().key;
                let Some(walk) = cx.start_process(0, WALK, 0) else { return Next::Reply(Outcome::Guarded) };
                cx.core.frames[walk].key = key;
                cx.core.frames[walk].depth = 1;
                let generation = cx.core.frames[walk].generation;
                cx.core.resolvers[id as usize].asking = Some((walk, generation));
            }
        }
        let generation = cx.frame().generation;
        cx.core.resolvers[id as usize].waiting.push((cx.frame, generation));
        Next::Await { then: LOOK }
    }

    /// Asks one level after another, as far as it does not know whom to ask, and then the name server.
    fn walk(&mut self, cx: &mut Cx<'_>) -> Next {
        let (number, now) = (cx.number(), cx.core.now);
        let knows = self.sites[number].delegated.is_some_and(|until| now <= until);
        let row = cx.frame();
        let level = u32::from(row.cursor);
        if !knows && level < self.levels {
            row.cursor += 1;
            self.above += 1;
            return Next::Sleep {
                time: self.level_time.draw(&mut self.level_times.at(row.key ^ u64::from(level))),
                then: WALK,
            };
        }
        if !knows {
            self.sites[number].delegated = Some(now.saturating_add(self.delegation_ttl));
        }
        self.ask(cx)
    }

    /// Asks the next of the name servers, of which one answer is enough.
    fn ask(&mut self, cx: &mut Cx<'_>) -> Next {
        let at = cx.frame().note as usize;
        let Some(edge) = cx.core.parts[cx.part() as usize].out.get(at).copied() else {
            return self.found(cx, None);
        };
        let row = cx.frame();
        row.note += 1;
        row.cursor = row.cursor.saturating_add(1);
        self.asked += 1;
        Next::Call { edge, then: ANSWERED }
    }

    fn answered(&mut self, cx: &mut Cx<'_>) -> Next {
        if !cx.outcome().is_ok() || cx.core.answer == 0 {
            return self.ask(cx);
        }
        let record = (cx.core.answer - 1) as EdgeSlot;
        let server = cx.core.edge(record).from;
        let ttl = cx.core.parts[server as usize].answer_ttl.max(self.min_ttl);
        self.found(cx, Some((record, ttl)))
    }

    /// The walk is over.
    fn found(&mut self, cx: &mut Cx<'_>, record: Option<(EdgeSlot, Ns)>) -> Next {
        let (number, now) = (cx.number(), cx.core.now);
        let site = &mut self.sites[number];
        match record {
            Some((record, ttl)) => {
                site.last = Some((record, now.saturating_add(ttl).saturating_add(self.stale)));
                self.keep(cx, Some((record, ttl)))
            }
            None => {
                let last = site.last.filter(|(_, until)| self.stale > 0 && now <= *until);
                self.served_stale += u64::from(last.is_some());
                // As failures are remembered for a while, so is that this one will do.
                self.keep(cx, last.map(|(record, _)| (record, SECOND)))
            }
        }
    }

    fn keep(&self, cx: &mut Cx<'_>, record: Option<(EdgeSlot, Ns)>) -> Next {
        let (id, now) = (self.sites[cx.number()].cache, cx.core.now);
        cx.core.resolvers[id as usize].answered(now, record);
        cx.core.wake(id);
        Next::Reply(Outcome::Ok)
    }
}

impl Component for Resolver {
    const SPEC: TypeSpec = TypeSpec {
        name: "resolver",
        label: Words::new("Resolver", "리졸버(재귀 DNS)"),
        help: Words::new(
            "Looks names up for all its users and keeps one answer for all of them until its TTL runs out, as resolvers of providers and gateways of carriers do.",
            "모든 사용자를 대신해 이름을 조회하고, TTL이 끝날 때까지 응답 하나를 모두에게 나눠 줍니다. 통신사의 리졸버나 게이트웨이가 이렇게 동작합니다.",
        ),
        group: Group::PeopleAndNames,
        icon: "resolver",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 10.0, timeout_ms: 5_000.0 },
        chooses: true,
        sources: &[
            "RFC 1034 and RFC 1035: recursive resolution and time to live",
            "RFC 2308: failures are kept for a while too",
            "RFC 8767: stale answers while the name servers are silent",
        ],
        gauges: &[
            GaugeKind { name: "hit_ratio", label: Words::new("Answered from cache", "캐시 응답 비율") },
            GaugeKind {
                name: "asked", label: Words::new("Questions to name servers", "네임 서버 질의")
            },
            GaugeKind {
                name: "asked_above",
                label: Words::new("Questions to levels above", "상위 단계 질의"),
            },
            GaugeKind { name: "served_stale", label: Words::new("Served stale", "만료 응답 사용") },
        ],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        let mut resolver = Self {
            min_ttl: 0,
            stale: 0,
            levels: 0,
            level_time: Sampler::new(&params.level_time),
            delegation_ttl: 0,
            time: Sampler::new(&params.answer_time),
            times: build.stream(TIMES),
            level_times: build.stream(LEVELS),
            sites: Vec::new(),
            look_ups: 0,
            hits: 0,
            asked: 0,
            above: 0,
            served_stale: 0,
        };
        resolver.set(params, build);
        resolver
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            0 if cx.class() == Class::Probe => Next::Acquire { slot: 0, then: DONE },
            0 => {
                let (now, id) = (cx.core.now, self.sites[cx.number()].cache);
                self.look_ups += 1;
                self.hits += u64::from(matches!(cx.core.resolvers[id as usize].look(now), Known::Record(_)));
                Next::Visit { slot: 0, time: self.time.draw(&mut cx.draws(self.times)), then: LOOK }
            }
            LOOK => self.look(cx),
            WALK => self.walk(cx),
            _ => self.answered(cx),
        }
    }

    /// What it keeps, it keeps for as long as it meant to.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        self.set(params, build);
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        if self.sites.len() <= cx.number() {
            let cache = cx.core.resolvers.len() as ResolverId;
            cx.core.resolvers.push(Cache::default());
            self.sites.push(Site { cache, last: None, delegated: None });
        }
    }

    /// It begins again with nothing.
    fn killed(&mut self, cx: &mut Cx<'_>) {
        let site = &mut self.sites[cx.number()];
        (site.last, site.delegated) = (None, None);
        cx.core.resolvers[site.cache as usize] = Cache::default();
    }

    fn bytes(&self) -> usize {
        self.sites.capacity() * size_of::<Site>()
    }

    fn gauges(&self, _core: &Core, out: &mut Vec<Gauge>) {
        let ratio = if self.look_ups == 0 { 0.0 } else { self.hits as f64 / self.look_ups as f64 };
        out.push(Gauge { name: "hit_ratio", value: ratio });
        out.push(Gauge { name: "asked", value: self.asked as f64 });
        out.push(Gauge { name: "asked_above", value: self.above as f64 });
        out.push(Gauge { name: "served_stale", value: self.served_stale as f64 });
    }
}
