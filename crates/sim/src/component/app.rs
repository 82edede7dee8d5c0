//! The application server: it works on a request, calls what it needs and answers.

use super::aside;
use super::plan::{Order, go_on, go_on_at_once, proceed, proceed_at_once};
use super::sessions::{HEARD, Keeping, Sessions, Welcome};
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use super::step_in_full;
use super::write::{self, Writes};
use crate::engine::{Build, Core, Cx, DONE, FrameId, Next, Pc, RELAY, Sampler, Stream};
use crate::observe::{Class, Outcome};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::resource::StationParams;
use crate::system::{EdgeKind, Mode, Verb};

params! {
    /// What an application server is set to.
    pub struct Params with station: StationParams costs 0.1 {
        threads: Count = Count(100), [1, 10_000], key "th", since 1,
            en "Threads" "Requests that are worked on at the same time. A thread is held while it waits for what it calls.",
            ko "스레드" "동시에 처리하는 요청 수입니다. 호출한 곳의 응답을 기다리는 동안에도 스레드를 점유합니다.";
        backlog: Count = Count(100), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Requests that may wait for a thread; the next is refused.",
            ko "백로그" "스레드를 기다릴 수 있는 요청 수입니다. 넘치면 거부합니다.";
        service_time: Law = Law::Exponential { mean_ms: 20.0 }, [0, 3_600_000], key "sv", since 1,
            en "Service time" "The application's own work on a request.",
            ko "처리 시간" "요청 하나에 애플리케이션 자신이 쓰는 시간입니다.";
        writes: Writes = Writes::Plain, [], key "wr", since 1,
            en "Writes" "How a write reaches what is called for it: as it is, or as a read and a write that is refused if the row was written in between (optimistic concurrency). After a conflict both start again, by the retries of the connection. Versions come from a database that is called directly or through a balancer that hands over.",
            ko "쓰기 방식" "쓰기를 그대로 보낼지, 먼저 읽은 뒤 그사이 바뀌지 않았을 때만 쓸지(낙관적 동시성) 정합니다. 충돌하면 연결의 재시도 설정에 따라 읽기부터 다시 합니다. 버전은 직접 호출하거나 넘겨주는 로드 밸런서를 거친 데이터베이스에서 옵니다.";
        sessions: Keeping = Keeping::Nowhere, [], key "se", since 1,
            en "Sessions" "Where it keeps what it knows of visitors who come again. A server that has no session of a visitor who has one turns him away; one that was lost, too, and his next request logs in anew. A store that all share is the first database or cache that is called: each request reads its session there before anything else, a new visitor's writes one, and a visitor is turned away where the store does not answer. What a cache has dies with it.",
            ko "세션" "다시 오는 방문자의 정보를 두는 곳입니다. 세션이 있는 방문자가 그 세션이 없는 서버에 오면 거절합니다. 세션이 사라졌을 때도 거절하고, 다음 요청에서 다시 로그인합니다. 공유 저장소는 처음 호출하는 데이터베이스나 캐시입니다. 요청마다 먼저 거기서 세션을 읽고 새 방문자는 세션을 쓰며, 저장소가 답하지 않으면 방문자를 거절합니다. 캐시에 둔 것은 캐시와 함께 사라집니다.";
        session_s: Seconds = Seconds(600.0), [0.001, 1_000_000], key "sl", since 1,
            en "Sessions end after" "A visitor who has not come for so long is logged out.",
            ko "세션 만료" "이 시간 동안 오지 않은 방문자는 로그아웃됩니다.",
            when sessions in ["local", "replicated", "shared"];
        session_ms: Millis = Millis(1.0), [0, 3_600_000], key "sf", since 1,
            en "Getting a session" "How long it takes to get a session from the server that has it.",
            ko "세션 가져오기" "세션이 있는 서버에서 가져오는 데 걸리는 시간입니다.",
            when sessions in ["replicated"];
        old_paths: Flag = Flag(false), [], key "op", since 1,
            en "Old addresses only" "It knows its pages by their old addresses alone, and answers requests by new ones, which is what visitors send, with an error (404), unless a proxy on their way rewrites them.",
            ko "옛 주소만 처리" "페이지를 옛 주소로만 압니다. 방문자가 보내는 새 주소의 요청에는 도중의 프록시가 주소를 다시 쓰지 않는 한 오류(404)로 답합니다.";
        calls: Order = Order::InTurn, [], key "cs", since 1,
            en "Calls" "Whether it makes the calls that it waits for one after another or all at once. Then it fails as soon as one fails.",
            ko "호출 순서" "응답을 기다리는 호출을 차례로 할지 한꺼번에 할지 정합니다. 한꺼번에 하면 하나만 실패해도 바로 실패합니다.";
    }
}

const START: Pc = 0;
const ASK: Pc = 1;
const ANSWERED: Pc = 2;
/// A thread looks whether it knows the visitor.
const IDENTIFY: Pc = 3;
const TIMES: u32 = 1;

/// A running application server.
#[derive(Clone, Debug)]
pub(crate) struct App {
    service_time: Sampler,
    times: Stream,
    writes: Writes,
    calls: Order,
    /// What follows its own work.
    first: Pc,
    sessions: Sessions,
    /// Whether it knows old addresses only; and whether it has to look at a request before it works on it.
    old_paths: bool,
    looks: bool,
}

impl App {
    /// The work on a request of a visitor whom it knows, or gets to know.
    #[cold]
    #[inline(never)]
    fn identify(&mut self, cx: &mut Cx<'_>) -> Next {
        if self.old_paths && !cx.core.is_rewritten(cx.frame) {
            return Next::Reply(Outcome::Upstream);
        }
        let keeps = self.sessions.are_kept() && cx.class() != Class::Static;
        let welcome = match cx.pc() {
            HEARD => self.sessions.heard(cx),
            _ if keeps => self.sessions.look(cx),
            _ => Welcome::In(0),
        };
        match welcome {
            Welcome::Out => Next::Reply(Outcome::Upstream),
            Welcome::Ask(edge) => Next::Call { edge, then: HEARD },
            Welcome::In(more) => {
                let time = self.service_time.draw(&mut cx.draws(self.times));
                Next::Told(cx.core.work_on(cx.frame, time.saturating_add(more), self.first))
            }
        }
    }

    /// Where its own work leads to, by what it calls.
    fn look_at_calls(&mut self, cx: &Cx<'_>) {
        let plan = &cx.core.parts[cx.part() as usize].plan;
        self.first = match plan.aside() {
            Some(_) => aside::LOOK,
            None if plan.is_empty() => DONE,
            None => ASK,
        };
    }
}

impl Component for App {
    const SPEC: TypeSpec = TypeSpec {
        name: "app",
        label: Words::new("App server", "애플리케이션 서버"),
        help: Words::new(
            "Works on a request and calls what it needs, one after another or at once, holding a thread all the while.",
            "요청을 처리하면서 필요한 곳을 차례로 또는 동시에 호출하고, 그동안 스레드를 점유합니다.",
        ),
        group: Group::Serving,
        icon: "code",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: false,
        sources: &[
            "A. K. Erlang (1917): waiting before a group of servers",
            "L. Kleinrock, Queueing Systems I and II (1975, 1976): service disciplines and processor sharing",
            "RFC 6265: cookies, by which a server knows a visitor again",
            "Oracle WebLogic Server, Administering Clusters: sessions with a copy in a second server, which the cookie names",
        ],
        gauges: &[
            GaugeKind { name: "sessions", label: Words::new("Sessions", "세션 수") },
            GaugeKind { name: "lost_sessions", label: Words::new("Sessions lost", "잃은 세션") },
            GaugeKind {
                name: "missed_sessions",
                label: Words::new("Turned away: session elsewhere", "거절: 다른 서버의 세션"),
            },
            GaugeKind {
                name: "session_copies",
                label: Words::new("Copies of sessions sent", "보낸 세션 사본"),
            },
            GaugeKind {
                name: "unreached_sessions",
                label: Words::new("Turned away: store not reached", "거절: 세션 저장소에 닿지 못함"),
            },
        ],
    };
    const IS_HOT: bool = true;
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        build.serves(params.threads, params.backlog, &params.station);
        let (writes, calls) = (params.writes, params.calls);
        if writes == Writes::CompareAndSet {
            build.reads_keys();
        }
        params.sessions.reads_keys(build);
        let service_time = Sampler::new(&params.service_time);
        let mut sessions = Sessions::default();
        sessions.set(params, build.part);
        let old_paths = params.old_paths.0;
        let looks = old_paths || sessions.are_kept();
        let times = build.stream(TIMES);
        Self { service_time, times, writes, calls, first: DONE, sessions, old_paths, looks }
    }

    #[inline(always)]
    fn go(&mut self, cx: &mut Cx<'_>) -> FrameId {
        // Most steps: a request that asks for a thread and its work.
        if cx.pc() == START && !self.looks && cx.class() != Class::Probe {
            let time = self.service_time.draw_once(cx.draws(self.times));
            return cx.core.visit_at(cx.frame, cx.place(), 0, time, self.first).next();
        }
        step_in_full(self, cx.core, cx.frame, cx.instance, cx.place())
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            // A health check finds out whether a thread is to be had, no more.
            START if cx.class() == Class::Probe => Next::Acquire { slot: 0, then: DONE },
            START if self.looks && (self.old_paths || cx.class() != Class::Static) => {
                Next::Acquire { slot: 0, then: IDENTIFY }
            }
            IDENTIFY | HEARD => self.identify(&mut cx.again()),
            START => {
                let time = self.service_time.draw(&mut cx.draws(self.times));
                cx.visit(0, time, self.first)
            }
            ASK if self.writes == Writes::CompareAndSet && cx.class() == Class::Write => {
                write::begin(&mut cx.again())
            }
            ASK if self.calls == Order::AtOnce => proceed_at_once(&mut cx.again(), ANSWERED),
            ASK => proceed(cx, ANSWERED, RELAY),
            write::AGAIN..=write::WRITTEN => write::step(&mut cx.again()),
            aside::LOOK if self.writes == Writes::CompareAndSet && cx.class() == Class::Write => {
                write::begin(&mut cx.again())
            }
            aside::LOOK..=aside::TOLD => aside::step(&mut cx.again(), self.calls),
            _ if self.calls == Order::AtOnce => go_on_at_once(&mut cx.again(), ANSWERED),
            _ => go_on(&mut cx.again(), ANSWERED),
        }
    }

    /// New times hold for requests that arrive from now on.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        build.serves(params.threads, params.backlog, &params.station);
        self.service_time = Sampler::new(&params.service_time);
        self.writes = params.writes;
        if self.writes == Writes::CompareAndSet {
            build.reads_keys();
        }
        params.sessions.reads_keys(build);
        self.calls = params.calls;
        self.sessions.set(params, build.part);
        self.old_paths = params.old_paths.0;
        self.looks = self.old_paths || self.sessions.are_kept();
    }

    fn bytes(&self) -> usize {
        self.sessions.bytes()
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        self.sessions.gauges(core, out);
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        self.look_at_calls(cx);
    }

    fn rewired(&mut self, cx: &mut Cx<'_>) {
        self.look_at_calls(cx);
    }
}
