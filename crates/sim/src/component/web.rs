//! The web server: it answers static requests itself and passes the others on.

use super::aside;
use super::keepalive::{CLOSE, KEEP, KeepAlive, Model};
use super::plan::{Order, go_on, proceed};
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Core, Cx, DONE, Next, Ns, Pc, RELAY, Sampler, Stream};
use crate::observe::Class;
use crate::param::{ParamSet, Words};
use crate::params;
use crate::resource::{PoolRules, StationParams};
use crate::system::{EdgeKind, Mode, Verb};

params! {
    /// What a web server is set to.
    pub struct Params with station: StationParams costs 0.05 {
        workers: Count = Count(150), [1, 10_000], key "w", since 1,
            en "Workers" "Requests that are handled at the same time. A worker is held until its answer is sent, also while the application works.",
            ko "워커" "동시에 처리하는 요청 수입니다. 워커는 응답을 보낼 때까지, 애플리케이션이 일하는 동안에도 점유됩니다.";
        backlog: Count = Count(511), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Requests that may wait for a worker; the next is refused.",
            ko "백로그" "워커를 기다릴 수 있는 요청 수입니다. 넘치면 거부합니다.";
        least_workers: Count = Count(10_000), [0, 10_000], key "lw", since 1,
            en "Workers at rest" "So many are there from the start and never end, at most as many as there may be at work. Beyond them, a worker is started for the request that needs it.",
            ko "상시 워커" "처음부터 있고 끝나지 않는 워커 수입니다(최대 워커 수까지). 이보다 많이 필요하면 그 요청을 위해 워커를 새로 시작합니다.";
        spawn_ms: Millis = Millis(5.0), [0, 3_600_000], key "sp", since 1,
            en "Starting a worker" "How much longer a request takes for which a worker has to be started: a process takes milliseconds, a thread tenths of one.",
            ko "워커 시작 시간" "워커를 새로 시작해야 하는 요청이 그만큼 더 걸립니다. 프로세스는 수 밀리초, 스레드는 그 10분의 1쯤입니다.";
        worker_idle_s: Seconds = Seconds(10.0), [0, 86_400], key "wi", since 1,
            en "Idle workers end after" "A worker beyond those at rest ends when it has got no request for so long.",
            ko "유휴 워커 종료" "상시 워커가 아닌 워커는 이 시간 동안 요청을 받지 못하면 끝납니다.";
        worker_mb: Number = Number(0.0), [0, 1_000_000], key "wm", since 1,
            en "Memory of a worker (MB)" "What each worker that is there takes of the memory of its server, busy or not.",
            ko "워커 메모리(MB)" "워커 하나가 일하든 쉬든 서버 메모리에서 차지하는 크기입니다.";
        keepalive_s: Seconds = Seconds(0.0), [0, 86_400], key "ka", since 1,
            en "Keep-alive" "For so long after an answer the connection stays open, and a worker with it: the next request of the same visitor, or of a caller that keeps its connections, finds it waiting. 0 closes at once. Not where answers come from a cache that the server keeps itself.",
            ko "Keep-Alive" "응답 뒤 이 시간 동안 연결을 열어 두고 워커도 함께 기다립니다. 같은 방문자나 연결을 유지하는 호출자의 다음 요청은 그 워커가 처리합니다. 0이면 바로 닫습니다. 서버가 직접 채우는 캐시의 응답에는 적용하지 않습니다.";
        connection_mb: Number = Number(0.0), [0, 1_000], key "xm", since 1,
            en "Memory of a connection (MB)" "What each connection that is kept open takes of the memory of its server while it idles, with a worker that waits or without.",
            ko "연결 메모리(MB)" "열어 둔 연결 하나가 쉬는 동안 서버 메모리에서 차지하는 크기입니다. 기다리는 워커가 있든 없든 같습니다.";
        model: Model = Model::Worker, [], key "md", since 1,
            en "Waits by" "What waits for the next request of a connection that is kept alive.",
            ko "대기 방식" "열어 둔 연결의 다음 요청을 기다리는 주체입니다.";
        static_time: Law = Law::Exponential { mean_ms: 1.0 }, [0, 3_600_000], key "st", since 1,
            en "Static time" "Time to answer a static request or a health check.",
            ko "정적 처리 시간" "정적 요청이나 헬스 체크에 답하는 데 걸리는 시간입니다.";
        dynamic_time: Law = Law::Exponential { mean_ms: 0.5 }, [0, 3_600_000], key "dt", since 1,
            en "Dynamic time" "The web server's own work on a request before it passes it on.",
            ko "동적 처리 시간" "요청을 넘기기 전에 웹 서버 자신이 쓰는 시간입니다.";
    }
}

const START: Pc = 0;
const ASK: Pc = 1;
const ANSWERED: Pc = 2;
const TIMES: u32 = 1;

/// A running web server.
#[derive(Clone, Debug)]
pub(crate) struct Web {
    static_time: Sampler,
    dynamic_time: Sampler,
    times: Stream,
    /// What follows its own work on what it does not answer alone.
    first: Pc,
    keepalive: KeepAlive,
    /// How workers are started and end, where they are not all there for good.
    pool: Option<PoolRules>,
    spawned: u64,
    workers: u32,
    part: u32,
}

/// Workers that come and go, or that take memory.
fn pool(params: &Params) -> Option<PoolRules> {
    let least = params.least_workers.0.min(params.workers.0);
    let is_on = least < params.workers.0 || params.worker_mb.0 > 0.0;
    is_on.then_some(PoolRules {
        least,
        spawn: params.spawn_ms.ns(),
        idle: params.worker_idle_s.ns(),
        megabytes: params.worker_mb.0,
    })
}

impl Web {
    /// What it takes to start a worker for a call that has just come.
    #[cold]
    #[inline(never)]
    fn spawn(&mut self, cx: &mut Cx<'_>) -> Ns {
        let time = cx.core.spawn_worker(cx.frame, cx.instance);
        self.spawned += u64::from(time.is_some());
        time.unwrap_or(0)
    }

    fn look_at_calls(&mut self, cx: &Cx<'_>) {
        let keeps = cx.core.parts[cx.part() as usize].plan.aside().is_some();
        self.first = if keeps { aside::LOOK } else { ASK };
    }
}

impl Web {
    /// The work on a request whose connection may have a worker waiting.
    fn begin(&mut self, cx: &mut Cx<'_>) -> Next {
        let mut draws = cx.draws(self.times);
        let (sampler, then) = match cx.class() {
            Class::Static | Class::Probe => (&self.static_time, KEEP),
            Class::Read | Class::Write => (&self.dynamic_time, self.first),
        };
        let time = sampler.draw(&mut draws);
        // A connection that is kept has its worker.
        let more = if self.pool.is_some() && !self.keepalive.has_worker(cx) { self.spawn(cx) } else { 0 };
        self.keepalive.serve(cx, time.saturating_add(more), then)
    }

    /// The next call, or the answer, after which the worker stays.
    fn go_on(&mut self, cx: &mut Cx<'_>) -> Next {
        let cursor = cx.frame().cursor;
        if cx.core.parts[cx.part() as usize].plan.is_done(cursor) {
            return self.keepalive.keep(cx);
        }
        proceed(cx, ANSWERED, ANSWERED)
    }
}

impl Component for Web {
    const SPEC: TypeSpec = TypeSpec {
        name: "web",
        label: Words::new("Web server", "웹 서버"),
        help: Words::new(
            "Answers static requests itself and passes the others on, holding a worker until the answer is there.",
            "정적 요청은 직접 답하고, 나머지는 뒤로 넘기며 응답이 올 때까지 워커를 점유합니다.",
        ),
        group: Group::Serving,
        icon: "window",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 2_000.0 },
        chooses: false,
        sources: &[
            "A. K. Erlang (1917): waiting before a group of servers",
            "L. Kleinrock, Queueing Systems I and II (1975, 1976): service disciplines and processor sharing",
            "RFC 9112, section 9.3: connections that stay open",
            "Manual of the Apache HTTP Server 2.4, module prefork: workers that are started when they are needed",
            "D. Kegel, The C10K problem (1999): a thread for each connection, or events",
        ],
        gauges: &[
            GaugeKind {
                name: "idle_connections",
                label: Words::new("Workers waiting for a request", "요청을 기다리는 워커"),
            },
            GaugeKind {
                name: "kept_requests",
                label: Words::new("Requests over kept connections", "열어 둔 연결로 온 요청"),
            },
            GaugeKind { name: "open_connections", label: Words::new("Idle connections", "쉬는 연결") },
            GaugeKind { name: "workers_there", label: Words::new("Workers there", "떠 있는 워커") },
            GaugeKind { name: "spawned_workers", label: Words::new("Workers started", "시작한 워커") },
        ],
    };
    const IS_HOT: bool = true;
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        build.serves(params.workers, params.backlog, &params.station);
        let mut keepalive = KeepAlive::default();
        keepalive.set(params.keepalive_s.ns(), params.model, params.connection_mb.0 > 0.0);
        build.core.set_connection_size(build.part, params.connection_mb.0);
        Self {
            static_time: Sampler::new(&params.static_time),
            dynamic_time: Sampler::new(&params.dynamic_time),
            times: build.stream(TIMES),
            first: ASK,
            keepalive,
            pool: pool(params),
            spawned: 0,
            workers: params.workers.0,
            part: build.part,
        }
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            START if self.keepalive.is_on() && cx.class() != Class::Probe => self.begin(&mut cx.again()),
            START => {
                let mut draws = cx.draws(self.times);
                let (sampler, then) = match cx.class() {
                    Class::Static | Class::Probe => (&self.static_time, DONE),
                    Class::Read | Class::Write => (&self.dynamic_time, self.first),
                };
                let mut time = sampler.draw(&mut draws);
                if self.pool.is_some() {
                    time = time.saturating_add(self.spawn(&mut cx.again()));
                }
                cx.visit(0, time, then)
            }
            ASK if self.keepalive.is_on() => self.go_on(&mut cx.again()),
            ASK => proceed(cx, ANSWERED, RELAY),
            KEEP => self.keepalive.keep(&mut cx.again()),
            CLOSE => self.keepalive.close(&mut cx.again()),
            ANSWERED if self.keepalive.is_on() && cx.outcome().is_ok() => self.go_on(&mut cx.again()),
            aside::LOOK..=aside::TOLD => aside::step(&mut cx.again(), Order::InTurn),
            _ => go_on(&mut cx.again(), ANSWERED),
        }
    }

    /// New times hold for requests that arrive from now on.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        build.serves(params.workers, params.backlog, &params.station);
        self.static_time = Sampler::new(&params.static_time);
        self.dynamic_time = Sampler::new(&params.dynamic_time);
        self.keepalive.set(params.keepalive_s.ns(), params.model, params.connection_mb.0 > 0.0);
        build.core.set_connection_size(build.part, params.connection_mb.0);
        self.pool = pool(params);
        self.workers = params.workers.0;
        for instance in build.core.parts[build.part as usize].instances.clone() {
            build.core.pool_by(instance, self.pool);
        }
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        cx.core.empty_pool(cx.instance);
        self.keepalive.killed(cx);
    }

    fn bytes(&self) -> usize {
        self.keepalive.bytes()
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        if self.pool.is_some() {
            let all = core.parts[self.part as usize].instances.iter();
            let there: u32 = all.map(|instance| core.workers_there(*instance)).sum();
            out.push(Gauge { name: "workers_there", value: f64::from(there) });
            out.push(Gauge { name: "spawned_workers", value: self.spawned as f64 });
        } else {
            // All are there from the start.
            let all = core.parts[self.part as usize].instances.iter();
            let up = all.filter(|instance| core.is_up(**instance)).count();
            out.push(Gauge { name: "workers_there", value: up as f64 * f64::from(self.workers) });
            out.push(Gauge { name: "spawned_workers", value: self.spawned as f64 });
        }
        if self.keepalive.takes_memory() {
            let all = core.parts[self.part as usize].instances.iter();
            let open: usize = all.map(|instance| core.idle_connections(*instance)).sum();
            out.push(Gauge { name: "open_connections", value: open as f64 });
        }
        let [waiting, again] = self.keepalive.counts();
        out.push(Gauge { name: "idle_connections", value: waiting });
        out.push(Gauge { name: "kept_requests", value: again });
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        cx.core.pool_by(cx.instance, self.pool);
        self.look_at_calls(cx);
    }

    fn rewired(&mut self, cx: &mut Cx<'_>) {
        self.look_at_calls(cx);
    }
}
