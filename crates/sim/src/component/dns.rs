//! The authoritative name server: it answers look-ups with one of its records.

use super::spec::{Component, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Cx, Next, Pc, Sampler, Stream};
use crate::network::EdgeSlot;
use crate::observe::Outcome;
use crate::param::{ParamSet, Words};
use crate::resource::StationShape;
use crate::system::{EdgeKind, Mode, Verb};
use crate::{choices, params};

choices! {
    /// Which record a look-up is answered with.
    pub enum Policy {
        /// Each in turn.
        RoundRobin = "rr", en "each in turn", ko "번갈아";
        /// Any, with equal chances.
        Random = "random", en "at random", ko "무작위";
        /// Always the first.
        Single = "single", en "always the first", ko "항상 첫 번째";
    }
}

params! {
    /// What a name server is set to.
    pub struct Params {
        ttl_s: Seconds = Seconds(60.0), [0, 604_800], key "tt", since 1,
            en "TTL" "How long a resolver may keep an answer. Until then it does not ask again, whatever has changed.",
            ko "TTL" "리졸버가 응답을 보관하는 시간입니다. 그동안은 무엇이 바뀌어도 다시 묻지 않습니다.";
        policy: Policy = Policy::RoundRobin, [], key "po", since 1,
            en "Answer" "Which record a look-up is answered with. The records are the edges that leave this part.",
            ko "응답 방식" "조회에 어떤 레코드로 답할지 정합니다. 이 부품에서 나가는 연결이 레코드입니다.";
        answer_time: Law = Law::Constant { ms: 1.0 }, [0, 3_600_000], key "at", since 1,
            en "Answer time" "Time that one look-up takes a worker.",
            ko "응답 처리 시간" "조회 하나가 워커를 점유하는 시간입니다.";
        workers: Count = Count(16), [1, 10_000], key "w", since 1,
            en "Workers" "Look-ups that are answered at the same time.",
            ko "워커" "동시에 처리하는 조회 수입니다.";
        backlog: Count = Count(1_000), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Look-ups that may wait; the next is refused.",
            ko "백로그" "대기할 수 있는 조회 수입니다. 넘치면 거부합니다.";
    }
}

const ANSWER: Pc = 1;
const TIMES: u32 = 1;
const CHOICES: u32 = 2;

/// A running name server.
#[derive(Clone, Debug)]
pub(crate) struct Dns {
    policy: Policy,
    time: Sampler,
    times: Stream,
    choices: Stream,
    turn: usize,
}

impl Dns {
    fn record(&mut self, records: &[EdgeSlot], key: u64) -> Option<EdgeSlot> {
        match self.policy {
            Policy::Random => {
                let drawn = self.choices.at(key).unit() * records.len() as f64;
                records.get(drawn as usize).copied()
            }
            Policy::Single => records.first().copied(),
            Policy::RoundRobin => {
                let at = self.turn % records.len().max(1);
                self.turn = at + 1;
                records.get(at).copied()
            }
        }
    }
}

fn declare(params: &Params, build: &mut Build<'_>) {
    build.answer_ttl(params.ttl_s.ns());
    build.stations(&[StationShape::plain(params.workers.0, params.backlog.0)]);
}

impl Component for Dns {
    const SPEC: TypeSpec = TypeSpec {
        name: "dns",
        label: Words::new("Name server", "네임 서버(DNS)"),
        help: Words::new(
            "Turns a name into an address. Callers keep the answer until its TTL runs out.",
            "이름을 주소로 바꿉니다. 호출자는 TTL이 끝날 때까지 응답을 보관합니다.",
        ),
        group: Group::PeopleAndNames,
        icon: "globe",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[EdgeKind::Calls],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 20.0, timeout_ms: 5_000.0 },
        chooses: true,
        gauges: &[],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        declare(params, build);
        let time = Sampler::new(&params.answer_time);
        Self {
            policy: params.policy,
            time,
            times: build.stream(TIMES),
            choices: build.stream(CHOICES),
            turn: 0,
        }
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            0 => Next::Visit { slot: 0, time: self.time.draw(&mut cx.draws(self.times)), then: ANSWER },
            _ => {
                let part = cx.part() as usize;
                let key = cx.frame().key;
                let Some(record) = self.record(&cx.core.parts[part].out, key) else {
                    return Next::Reply(Outcome::Unresolved);
                };
                cx.frame().note = u32::from(record) + 1;
                Next::Reply(Outcome::Ok)
            }
        }
    }

    /// A new TTL holds for answers given from now on; what resolvers keep, they keep.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        declare(params, build);
        self.policy = params.policy;
        self.time = Sampler::new(&params.answer_time);
    }
}
