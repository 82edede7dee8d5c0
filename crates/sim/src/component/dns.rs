//! The authoritative name server: it answers look-ups with one of its records.

use super::checks::{Check, CheckRules, Checks, PROBE, PROBED};
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Core, Cx, FrameId, Next, Pc, Sampler, Stream};
use crate::network::{Algorithm, EdgeSlot, View, ViewId};
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
        /// The nearest to whoever asks, by the sites that both are in; among equals, each in turn.
        Nearest = "geo", en "the nearest to who asks (geo)", ko "묻는 쪽에서 가장 가까운 것(지오)";
    }
}

params! {
    /// What a name server is set to.
    pub struct Params costs 0.02 {
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
        check: Check = Check::None, [], key "ck", since 1,
            en "Health check" "How it finds out which records lead to something healthy; only those are answers, unless none does. Without checks it answers with the dead like with the living.",
            ko "헬스 체크" "어느 레코드의 대상이 정상인지 알아내는 방법입니다. 정상인 레코드로만 답하며, 하나도 없으면 모두로 답합니다. 체크하지 않으면 죽은 대상으로도 답합니다.";
        check_s: Seconds = Seconds(10.0), [0.01, 3_600], key "ci", since 1,
            en "Check interval" "Time from one check of a target to the next.",
            ko "체크 간격" "한 대상을 다시 체크하기까지의 시간입니다.",
            when check in ["http", "tcp"];
        check_timeout_s: Seconds = Seconds(2.0), [0.001, 3_600], key "ct", since 1,
            en "Check timeout" "A check without an answer for this long has failed.",
            ko "체크 타임아웃" "이 시간 동안 답이 없으면 체크 실패로 봅니다.",
            when check in ["http", "tcp"];
        fall: Count = Count(3), [1, 100], key "fa", since 1,
            en "Fall" "Failed checks in a row until a record is no answer any more.",
            ko "제외 기준" "연속으로 이만큼 실패하면 그 레코드로 답하지 않습니다.",
            when check in ["http", "tcp"];
        rise: Count = Count(2), [1, 100], key "ri", since 1,
            en "Rise" "Good checks in a row until it is one again.",
            ko "복귀 기준" "연속으로 이만큼 성공하면 다시 답에 넣습니다.",
            when check in ["http", "tcp"];
    }
}

const ANSWER: Pc = 1;
const TIMES: u32 = 1;
const CHOICES: u32 = 2;
const PHASES: u32 = 3;

/// A running name server.
#[derive(Clone, Debug)]
pub(crate) struct Dns {
    policy: Policy,
    time: Sampler,
    times: Stream,
    choices: Stream,
    turn: usize,
    checks: Checks,
    /// By instance, where it is kept what that instance knows; none where nothing was ever checked.
    views: Vec<ViewId>,
}

impl Dns {
    /// The answer of an instance: one of the records that lead to somebody healthy; of all, where none does or
    /// nobody looks.
    fn record(&mut self, core: &Core, part: u32, number: usize, frame: FrameId) -> Option<EdgeSlot> {
        let key = core.frames[frame].key;
        let nearest;
        let mut records = &core.parts[part as usize].out;
        if self.policy == Policy::Nearest {
            nearest = self.nearest(core, part, number, frame);
            records = &nearest;
        }
        let view = self.views.get(number).filter(|_| self.checks.are_made());
        let view = view.map(|view| &core.views[*view as usize]);
        let is_healthy = |record: &&EdgeSlot| view.is_some_and(|view| leads_to_health(view, **record));
        let healthy = records.iter().filter(is_healthy).count();
        let count = if healthy == 0 { records.len() } else { healthy };
        let at = match self.policy {
            Policy::Random => (self.choices.at(key).unit() * count as f64) as usize,
            Policy::Single => 0,
            Policy::RoundRobin | Policy::Nearest => {
                let at = self.turn % count.max(1);
                self.turn = at + 1;
                at
            }
        };
        if healthy == 0 { records.get(at) } else { records.iter().filter(is_healthy).nth(at) }.copied()
    }
}

impl Dns {
    /// The records whose targets are nearest to whoever asks; of those that lead to somebody healthy, if any does.
    #[cold]
    #[inline(never)]
    fn nearest(&self, core: &Core, part: u32, number: usize, frame: FrameId) -> Vec<EdgeSlot> {
        let view = self.views.get(number).filter(|_| self.checks.are_made());
        let view = view.map(|view| &core.views[*view as usize]);
        let all = &core.parts[part as usize].out;
        let is_healthy = |record: &EdgeSlot| view.is_none_or(|view| leads_to_health(view, *record));
        let any = all.iter().any(is_healthy);
        let asker = core.sender_part(frame);
        let far = |record: &EdgeSlot| core.distance(asker, core.edge(*record).to);
        let usable = || all.iter().copied().filter(|record| !any || is_healthy(record));
        let least = usable().map(|record| far(&record)).min();
        usable().filter(|record| Some(far(record)) == least).collect()
    }
}

fn leads_to_health(view: &View, record: EdgeSlot) -> bool {
    view.targets
        .iter()
        .any(|target| target.edge == record && target.wired && target.healthy && !target.drained)
}

fn declare(params: &Params, build: &mut Build<'_>) {
    build.answer_ttl(params.ttl_s.ns());
    build.stations(&[StationShape::plain(params.workers.0, params.backlog.0)]);
}

fn rules(params: &Params) -> CheckRules {
    CheckRules {
        check: params.check,
        interval: params.check_s.ns(),
        timeout: params.check_timeout_s.ns(),
        fall: params.fall.0,
        rise: params.rise.0,
    }
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
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 20.0, timeout_ms: 5_000.0 },
        chooses: true,
        sources: &[
            "RFC 1034 and RFC 1035: records and their time to live",
            "RFC 1794: several addresses in turn",
            "RFC 7871: answers that fit the network of who asks",
        ],
        gauges: &[
            GaugeKind { name: "targets", label: Words::new("Checked targets", "체크 대상 수") },
            GaugeKind { name: "healthy_targets", label: Words::new("Healthy targets", "정상 대상 수") },
        ],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        declare(params, build);
        let time = Sampler::new(&params.answer_time);
        let mut checks = Checks::new(build.stream(PHASES));
        checks.set(build.core, &rules(params));
        Self {
            policy: params.policy,
            time,
            times: build.stream(TIMES),
            choices: build.stream(CHOICES),
            turn: 0,
            checks,
            views: Vec::new(),
        }
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            0 => Next::Visit { slot: 0, time: self.time.draw(&mut cx.draws(self.times)), then: ANSWER },
            PROBE => self.checks.probe(cx, self.views[cx.number()]),
            PROBED => self.checks.judge(cx, self.views[cx.number()]),
            _ => {
                let (part, number, frame) = (cx.part(), cx.number(), cx.frame);
                let Some(record) = self.record(cx.core, part, number, frame) else {
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
        self.checks.set(build.core, &rules(params));
        self.checks.heal(build.core, &self.views);
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        self.rewired(cx);
    }

    fn rewired(&mut self, cx: &mut Cx<'_>) {
        if !self.checks.are_made() && self.views.is_empty() {
            return;
        }
        // All instances at once, so that each has the place of its number.
        for instance in cx.core.parts[cx.part() as usize].instances.iter().skip(self.views.len()) {
            let mut view = View::new(Algorithm::Random, 1, self.choices);
            view.owner = *instance;
            self.views.push(cx.core.views.len() as ViewId);
            cx.core.views.push(view);
        }
        self.checks.wire(cx, self.views[cx.number()]);
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        if let Some(view) = self.views.get(cx.number()) {
            Checks::forget(cx, *view);
        }
    }

    fn bytes(&self) -> usize {
        self.views.capacity() * size_of::<ViewId>()
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        let views = self.views.iter().map(|id| &core.views[*id as usize]);
        let targets = || views.clone().flat_map(|view| &view.targets).filter(|target| target.wired);
        out.push(Gauge { name: "targets", value: targets().count() as f64 });
        let healthy = targets().filter(|target| target.healthy).count();
        out.push(Gauge { name: "healthy_targets", value: healthy as f64 });
    }
}
