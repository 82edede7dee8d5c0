//! The worker: it does the jobs that messages ask for, and acknowledges them.
//!
//! Where the acknowledgement comes after the work, a worker that dies in the midst of a job leaves it to another:
//! done at least once, perhaps twice. Where it comes on receipt, the job dies with the worker: at most once.
//! J. Gray, A. Reuter: Transaction Processing, 1993, chapter 10, on queues and recoverable requests.

use super::plan::Planned;
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::engine::{
    Build, Coordination, Core, Cx, DONE, Frame, GRANTED, Next, Pc, Phase, Sampler, Stream, TAKE_OVER, TOLD,
    Team, TeamId,
};
use crate::observe::{Class, Outcome};
use crate::param::{ParamSet, Words};
use crate::resource::StationShape;
use crate::system::{EdgeKind, Mode, Verb};
use crate::{choices, params};

choices! {
    /// When a job is acknowledged.
    pub enum Acknowledge {
        AfterWork = "after_work", en "after the work", ko "작업을 마친 뒤";
        OnReceipt = "on_receipt", en "on receipt", ko "받자마자";
    }
}

params! {
    /// What a worker is set to.
    pub struct Params costs 0.05 {
        threads: Count = Count(1), [1, 10_000], key "th", since 1,
            en "Threads" "Jobs that an instance does at the same time. It can only have as many as the queue's prefetch lets it.",
            ko "스레드" "인스턴스 하나가 동시에 처리하는 작업 수입니다. 큐의 프리페치가 허용하는 만큼만 받을 수 있습니다.";
        backlog: Count = Count(1_000), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Jobs that may wait for a thread; the next is refused.",
            ko "백로그" "스레드를 기다릴 수 있는 작업 수입니다. 넘치면 거부합니다.";
        job_time: Law = Law::Exponential { mean_ms: 66.0 }, [0, 3_600_000], key "jt", since 1,
            en "Job time" "Work on one job, up to its effect. A job that is delivered again takes as long again.",
            ko "작업 시간" "작업 하나가 효과를 낼 때까지 걸리는 시간입니다. 다시 전달된 작업은 같은 시간이 다시 걸립니다.";
        ack_time: Law = Law::Constant { ms: 1.0 }, [0, 3_600_000], key "at", since 1,
            en "Acknowledgement time" "From the effect of a job to its acknowledgement. A worker that dies in between leaves a job that is done and will be done again.",
            ko "확인 응답 시간" "작업의 효과가 난 뒤 확인 응답을 보내기까지의 시간입니다. 그 사이에 죽으면 이미 한 작업을 다시 하게 됩니다.";
        acknowledge: Acknowledge = Acknowledge::AfterWork, [], key "ac", since 1,
            en "Acknowledges" "After the work, a job survives its worker. On receipt, it is lost with him.",
            ko "확인 응답 시점" "작업을 마친 뒤 응답하면 워커가 죽어도 작업이 남습니다. 받자마자 응답하면 워커와 함께 사라집니다.";
        idempotent: Flag = Flag(false), [], key "id", since 1,
            en "Idempotent" "Looks up whether a job was done already before it takes effect, so that no job takes effect twice. All instances share what they know.",
            ko "멱등성" "효과를 내기 전에 이미 처리한 작업인지 확인하므로 같은 작업이 두 번 반영되지 않습니다. 모든 인스턴스가 이 정보를 공유합니다.";
        coordination: Coordination = Coordination::None, [], key "co", since 1,
            en "Coordination" "How the instances agree on who does a job. A master has one message for each, all at its desk, and nobody begins a job while there is none. Peers that share what they work on have one for each pair of them, n(n-1)/2 for every job.",
            ko "조율" "인스턴스들이 작업을 누가 할지 정하는 방식입니다. 마스터는 작업마다 메시지 하나를 혼자 처리하며, 마스터가 없으면 아무도 작업을 시작하지 못합니다. 자원을 공유하는 피어들은 작업마다 두 대씩 짝지어 n(n-1)/2개의 메시지를 주고받습니다.";
        message_time: Law = Law::Constant { ms: 0.5 }, [0, 3_600_000], key "mt", since 1,
            en "Message time" "Work on one message of coordination; among peers its two ends share it.",
            ko "메시지 처리 시간" "조율 메시지 하나를 처리하는 시간입니다. 피어끼리는 양쪽이 나눠 부담합니다.",
            when coordination in ["master", "peers"];
        takeover_s: Seconds = Seconds(5.0), [0, 3_600], key "ts", since 1,
            en "Takeover" "From the death of the master until another instance is master, noticing it included.",
            ko "인계 시간" "마스터가 죽은 뒤 이를 알아채고 다른 인스턴스가 마스터가 되기까지의 시간입니다.",
            when coordination in ["master"];
    }
}

const START: Pc = 0;
const WORKED: Pc = 1;
const ANSWERED: Pc = 2;
const ACKNOWLEDGE: Pc = 3;

const TIMES: u32 = 1;
const ACKS: u32 = 2;
const WORDS: u32 = 3;

/// A running worker.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    job_time: Sampler,
    ack_time: Sampler,
    times: Stream,
    acks: Stream,
    acknowledge: Acknowledge,
    idempotent: bool,
    team: TeamId,
    coordinates: bool,
    /// By instance, the jobs that were acknowledged on receipt and are not done.
    open: Vec<u32>,
    done: u64,
    twice: u64,
    skipped: u64,
    failed: u64,
    lost: u64,
}

impl Worker {
    fn set(&mut self, params: &Params, build: &mut Build<'_>) {
        build.stations(&[StationShape::plain(params.threads.0, params.backlog.0)]);
        self.job_time = Sampler::new(&params.job_time);
        self.ack_time = Sampler::new(&params.ack_time);
        self.acknowledge = params.acknowledge;
        self.idempotent = params.idempotent.0;
        let team = &mut build.core.teams[self.team as usize];
        team.time = Sampler::new(&params.message_time);
        team.takeover = params.takeover_s.ns();
        self.coordinates = params.coordination != Coordination::None;
        build.core.coordinate_by(self.team, params.coordination);
    }

    fn start(&mut self, cx: &mut Cx<'_>) -> Next {
        let key = cx.frame().key;
        if self.idempotent && cx.core.handed.was_done(key) {
            self.skipped += 1;
            return Next::Reply(Outcome::Ok);
        }
        let time = self.job_time.draw(&mut cx.draws(self.times));
        if self.acknowledge == Acknowledge::AfterWork {
            return Next::Visit { slot: 0, time, then: WORKED };
        }
        let (instance, class) = (cx.instance, cx.frame().class);
        let fresh =
            Frame { instance, phase: Phase::Process, key, class, depth: cx.frame().depth, ..Frame::EMPTY };
        let Some(job) = cx.core.spawn(fresh) else { return Next::Reply(Outcome::Guarded) };
        let data = if cx.core.reads_keys { cx.core.data_key(cx.frame) } else { 0 };
        if cx.core.reads_keys {
            cx.core.carry_key(job, data);
        }
        let generation = cx.core.frames[job].generation;
        let flow = cx.core.visit(job, 0, time, WORKED);
        if cx.core.frames[job].generation != generation {
            // There is no place for it: it was not taken in.
            return Next::Reply(Outcome::Overloaded);
        }
        if let Some(job) = flow.frame() {
            cx.core.ready.push_back(job);
        }
        self.open[cx.number()] += 1;
        Next::Reply(Outcome::Ok)
    }

    /// The next call that the job needs, or its effect.
    fn proceed(&mut self, cx: &mut Cx<'_>) -> Next {
        loop {
            let frame = cx.frame();
            let (cursor, key) = (frame.cursor, frame.key);
            frame.cursor = cursor.saturating_add(1);
            let planned = cx.core.parts[cx.part() as usize].plan.at(cursor, key);
            match planned {
                // Nobody but the worker can say that the job is done: what is handed over is waited for.
                Planned::Call(edge, Mode::Sync | Mode::Forward) => {
                    return Next::Call { edge, then: ANSWERED };
                }
                Planned::Call(edge, Mode::Async) => cx.core.cast(cx.frame, edge, None),
                Planned::Exit => {}
                Planned::End => return self.take_effect(cx),
            }
        }
    }

    fn take_effect(&mut self, cx: &mut Cx<'_>) -> Next {
        let key = cx.frame().key;
        if cx.core.handed.done(key) {
            self.done += 1;
        } else if self.idempotent {
            self.skipped += 1;
        } else {
            self.done += 1;
            self.twice += 1;
        }
        Next::Sleep { time: self.ack_time.draw(&mut cx.draws(self.acks)), then: ACKNOWLEDGE }
    }

    /// A job is over. Whoever was told on receipt that it is in good hands is told no more.
    fn end(&mut self, cx: &mut Cx<'_>, outcome: Outcome) -> Next {
        let is_ok = outcome.is_ok();
        if !is_ok {
            self.failed += 1;
        }
        if cx.frame().phase == Phase::Process {
            self.open[cx.number()] -= 1;
            self.lost += u64::from(!is_ok);
        }
        Next::Reply(outcome)
    }
}

impl Component for Worker {
    const SPEC: TypeSpec = TypeSpec {
        name: "worker",
        label: Words::new("Worker", "워커(소비자)"),
        help: Words::new(
            "Takes jobs from a message queue, works on them, calls what it needs and acknowledges them.",
            "메시지 큐에서 작업을 받아 처리하고, 필요한 곳을 호출한 뒤 확인 응답을 보냅니다.",
        ),
        group: Group::Serving,
        icon: "worker",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: false,
        sources: &[
            "AMQP 0-9-1 (2008): acknowledgement before or after the work, prefetch",
            "L. Kleinrock, Queueing Systems I (1975): a group of servers",
        ],
        gauges: &[
            GaugeKind { name: "jobs_done", label: Words::new("Jobs done", "완료한 작업") },
            GaugeKind {
                name: "jobs_done_again", label: Words::new("Done twice", "두 번 반영된 작업")
            },
            GaugeKind { name: "jobs_skipped", label: Words::new("Duplicates skipped", "건너뛴 중복") },
            GaugeKind { name: "jobs_failed", label: Words::new("Jobs failed", "실패한 작업") },
            GaugeKind { name: "jobs_lost", label: Words::new("Jobs lost", "유실된 작업") },
            GaugeKind { name: "messages", label: Words::new("Coordination messages", "조율 메시지") },
            GaugeKind {
                name: "busiest_desk",
                label: Words::new("Time spent on messages, busiest", "가장 바쁜 인스턴스의 조율 시간 비율"),
            },
        ],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        let mut worker = Self {
            job_time: Sampler::new(&params.job_time),
            ack_time: Sampler::new(&params.ack_time),
            times: build.stream(TIMES),
            acks: build.stream(ACKS),
            acknowledge: params.acknowledge,
            idempotent: params.idempotent.0,
            team: build.core.teams.len() as TeamId,
            coordinates: false,
            open: Vec::new(),
            done: 0,
            twice: 0,
            skipped: 0,
            failed: 0,
            lost: 0,
        };
        let team = Team::new(build.part, build.stream(WORDS), Sampler::new(&params.message_time));
        build.core.teams.push(team);
        worker.set(params, build);
        worker
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            // A health check finds out whether a thread is to be had, no more.
            START if cx.class() == Class::Probe => Next::Acquire { slot: 0, then: DONE },
            START if self.coordinates => cx.core.coordinate(cx.frame, self.team),
            START | GRANTED => self.start(cx),
            TOLD => {
                cx.core.told(cx.frame, self.team);
                Next::Reply(Outcome::Ok)
            }
            TAKE_OVER => cx.core.become_master(cx.frame, self.team),
            WORKED => self.proceed(cx),
            ANSWERED if cx.outcome().is_ok() => self.proceed(cx),
            ANSWERED => self.end(cx, Outcome::Upstream),
            _ => self.end(cx, Outcome::Ok),
        }
    }

    /// New settings hold for jobs that come from now on.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        self.set(params, build);
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        if self.open.len() <= cx.number() {
            self.open.push(0);
        }
        cx.core.joined_team(cx.instance, self.team);
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        self.lost += u64::from(std::mem::take(&mut self.open[cx.number()]));
        cx.core.left_team(cx.instance, self.team);
    }

    fn bytes(&self) -> usize {
        self.open.capacity() * size_of::<u32>()
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        let mut gauge = |name, count: u64| out.push(Gauge { name, value: count as f64 });
        gauge("jobs_done", self.done);
        gauge("jobs_done_again", self.twice);
        gauge("jobs_skipped", self.skipped);
        gauge("jobs_failed", self.failed);
        gauge("jobs_lost", self.lost);
        let team = &core.teams[self.team as usize];
        gauge("messages", team.messages);
        out.push(Gauge { name: "busiest_desk", value: team.busiest(core.now) });
    }
}
