//! The application server: it works on a request, calls what it needs and answers.

use super::aside;
use super::plan::{Order, go_on, go_on_at_once, proceed, proceed_at_once};
use super::spec::{Component, Group, NewEdge, TypeSpec};
use super::write::{self, Writes};
use crate::engine::{Build, Cx, DONE, Next, Pc, RELAY, Sampler, Stream};
use crate::observe::Class;
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
        calls: Order = Order::InTurn, [], key "cs", since 1,
            en "Calls" "Whether it makes the calls that it waits for one after another or all at once. Then it fails as soon as one fails.",
            ko "호출 순서" "응답을 기다리는 호출을 차례로 할지 한꺼번에 할지 정합니다. 한꺼번에 하면 하나만 실패해도 바로 실패합니다.";
    }
}

const START: Pc = 0;
const ASK: Pc = 1;
const ANSWERED: Pc = 2;
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
}

impl App {
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
        ],
        gauges: &[],
    };
    const IS_HOT: bool = true;
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        build.serves(params.threads, params.backlog, &params.station);
        let (writes, calls) = (params.writes, params.calls);
        if writes == Writes::CompareAndSet {
            build.reads_keys();
        }
        let service_time = Sampler::new(&params.service_time);
        Self { service_time, times: build.stream(TIMES), writes, calls, first: DONE }
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            // A health check finds out whether a thread is to be had, no more.
            START if cx.class() == Class::Probe => Next::Acquire { slot: 0, then: DONE },
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
        self.calls = params.calls;
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        self.look_at_calls(cx);
    }

    fn rewired(&mut self, cx: &mut Cx<'_>) {
        self.look_at_calls(cx);
    }
}
