//! The load balancer: it spreads calls over the instances behind its edges and checks their health.

use std::collections::BTreeSet;

use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Core, Cx, Frame, FrameId, InstanceId, Next, Ns, Pc, RELAY, Stream, Timeouts};
use crate::network::EdgeSlot;
use crate::observe::{Outcome, What};
use crate::param::{ParamSet, Words};
use crate::resource::StationShape;
use crate::system::{EdgeKind, Mode, Target, Verb};
use crate::{choices, params};

choices! {
    /// How a target is chosen.
    pub enum Algorithm {
        /// Each healthy target in turn.
        RoundRobin = "rr", en "round robin", ko "라운드 로빈";
        /// Any healthy target, with equal chances.
        Random = "random", en "random", ko "무작위";
    }
}

choices! {
    /// How health is found out.
    pub enum Check {
        /// A real request, which waits in the target's queue and takes a worker.
        Http = "http", en "request (HTTP)", ko "요청(HTTP)";
        /// A connection: whoever listens answers at once, even when every worker is busy.
        Tcp = "tcp", en "connection (TCP)", ko "연결(TCP)";
        /// Not at all.
        None = "none", en "none", ko "없음";
    }
}

params! {
    /// What a load balancer is set to.
    pub struct Params {
        algorithm: Algorithm = Algorithm::RoundRobin, [], key "al", since 1,
            en "Algorithm" "How a target is chosen among those that are believed healthy.",
            ko "알고리즘" "정상이라고 믿는 대상 중에서 고르는 방법입니다.";
        check: Check = Check::Http, [], key "ck", since 1,
            en "Health check" "How the balancer finds out whether a target is healthy. It knows nothing else.",
            ko "헬스 체크" "대상이 정상인지 알아내는 방법입니다. 로드 밸런서는 그 밖의 것은 모릅니다.";
        check_s: Seconds = Seconds(5.0), [0.01, 3_600], key "ci", since 1,
            en "Check interval" "Time from one check of a target to the next.",
            ko "체크 간격" "한 대상을 다시 체크하기까지의 시간입니다.";
        check_timeout_s: Seconds = Seconds(2.0), [0.001, 3_600], key "ct", since 1,
            en "Check timeout" "A check without an answer for this long has failed.",
            ko "체크 타임아웃" "이 시간 동안 답이 없으면 체크 실패로 봅니다.";
        fall: Count = Count(3), [1, 100], key "fa", since 1,
            en "Fall" "Failed checks in a row until a target is taken out.",
            ko "제외 기준" "연속으로 이만큼 실패하면 대상을 제외합니다.";
        rise: Count = Count(2), [1, 100], key "ri", since 1,
            en "Rise" "Good checks in a row until it is taken in again.",
            ko "복귀 기준" "연속으로 이만큼 성공하면 다시 포함합니다.";
        cost_us: Micros = Micros(5.0), [0, 1_000_000], key "co", since 1,
            en "Cost" "The balancer's own work on a call; one at a time.",
            ko "처리 비용" "호출 하나에 로드 밸런서가 쓰는 시간입니다. 한 번에 하나씩 처리합니다.";
        backlog: Count = Count(10_000), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Calls that may wait for the balancer; the next is refused.",
            ko "백로그" "로드 밸런서를 기다릴 수 있는 호출 수입니다. 넘치면 거부합니다.";
    }
}

const START: Pc = 0;
const CHOOSE: Pc = 1;
const PROBE: Pc = 2;
const PROBED: Pc = 3;

const CHOICES: u32 = 1;
const PHASES: u32 = 2;

/// A running load balancer.
#[derive(Clone, Debug)]
pub(crate) struct Lb {
    algorithm: Algorithm,
    check: Check,
    interval: Ns,
    /// The list that checks in flight time out in.
    timeouts: FrameId,
    timeout: Ns,
    fall: u32,
    rise: u32,
    cost: Ns,
    choices: Stream,
    phases: Stream,
    /// What each instance of the balancer believes: it alone, by its own checks.
    views: Vec<View>,
}

#[derive(Clone, Debug, Default)]
struct View {
    targets: Vec<TargetView>,
    /// The places in `targets` that get traffic.
    eligible: Vec<u32>,
    turn: u32,
}

#[derive(Clone, Copy, Debug)]
struct TargetView {
    edge: EdgeSlot,
    instance: InstanceId,
    /// Still behind one of the balancer's edges. Places are never reused.
    wired: bool,
    healthy: bool,
    /// Checks in a row that spoke against the present belief.
    streak: u32,
    first_miss: Ns,
    next_check: Ns,
    probe: FrameId,
}

impl View {
    fn refresh(&mut self) {
        self.eligible.clear();
        let eligible = self.targets.iter().enumerate().filter(|(_, target)| target.wired && target.healthy);
        self.eligible.extend(eligible.map(|(at, _)| at as u32));
    }
}

impl Lb {
    fn set(&mut self, params: &Params, build: &mut Build<'_>) {
        build.stations(&[StationShape::plain(1, params.backlog.0)]);
        self.algorithm = params.algorithm;
        self.check = params.check;
        self.interval = params.check_s.ns();
        self.fall = params.fall.0;
        self.rise = params.rise.0;
        self.cost = params.cost_us.ns();
        let timeout = params.check_timeout_s.ns();
        if self.timeout != timeout {
            self.timeout = timeout;
            build.core.retire_list(self.timeouts);
            self.timeouts = build.core.timeout_list(timeout);
        }
    }

    fn choose(&mut self, cx: &mut Cx<'_>) -> Next {
        let choices = self.choices;
        let mut draws = cx.draws(choices);
        let view = &mut self.views[cx.number()];
        if view.eligible.is_empty() {
            return Next::Reply(Outcome::NoTarget);
        }
        let count = view.eligible.len() as u32;
        let at = match self.algorithm {
            Algorithm::RoundRobin => {
                let at = view.turn % count;
                view.turn = at + 1;
                at
            }
            Algorithm::Random => draws.choose(count),
        };
        let target = view.targets[view.eligible[at as usize] as usize];
        let (edge, to) = (target.edge, Some(target.instance));
        match cx.core.edge(edge).mode {
            Mode::Forward => Next::Forward { edge, to },
            Mode::Sync => {
                // A proxy keeps the connection, not the processor.
                cx.core.release(cx.frame);
                Next::Call { edge, to, timeouts: Timeouts::Policy, then: RELAY }
            }
            Mode::Async => {
                cx.core.cast(cx.frame, edge, to);
                Next::Reply(Outcome::Ok)
            }
        }
    }

    /// One round of a target's checks: ask, judge, sleep until the next place on the grid.
    fn probe(&mut self, cx: &mut Cx<'_>) -> Next {
        let (number, at) = (cx.number(), cx.frame().note as usize);
        let target = &mut self.views[number].targets[at];
        if !target.wired || self.check == Check::None {
            target.probe = FrameId::NONE;
            return Next::Reply(Outcome::Ok);
        }
        target.next_check = cx.core.now.saturating_add(self.interval);
        let (edge, to) = (target.edge, Some(target.instance));
        cx.frame().flags &= !Frame::KNOCK;
        if self.check == Check::Tcp {
            cx.frame().flags |= Frame::KNOCK;
        }
        Next::Call { edge, to, timeouts: Timeouts::List(self.timeouts), then: PROBED }
    }

    fn judge(&mut self, cx: &mut Cx<'_>) -> Next {
        let (number, at, outcome, now) = (cx.number(), cx.frame().note as usize, cx.outcome(), cx.core.now);
        let checker = cx.core.parts[cx.part() as usize].id;
        let view = &mut self.views[number];
        let target = &mut view.targets[at];
        // An edit may have taken the target or all checking away while this check was under way.
        if !target.wired || self.check == Check::None {
            target.probe = FrameId::NONE;
            return Next::Reply(Outcome::Ok);
        }
        let name = target_name(cx.core, target.instance);
        if outcome.is_ok() == target.healthy {
            target.streak = 0;
        } else {
            if target.streak == 0 {
                target.first_miss = now;
            }
            target.streak += 1;
        }
        if !outcome.is_ok() && target.healthy {
            let misses = target.streak;
            cx.core.tell(What::CheckFailed { checker, target: name, misses, cause: outcome });
        }
        let limit = if target.healthy { self.fall } else { self.rise };
        if target.streak >= limit {
            target.healthy = !target.healthy;
            target.streak = 0;
            let (healthy, instance, after) = (target.healthy, target.instance, now - target.first_miss);
            let shunned = &mut cx.core.instances[instance.0 as usize].shunned;
            if healthy {
                *shunned = shunned.saturating_sub(1);
                cx.core.tell(What::TakenIn { checker, target: name });
            } else {
                *shunned += 1;
                cx.core.tell(What::TakenOut { checker, target: name, after });
            }
            view.refresh();
        }
        let time = view.targets[at].next_check.saturating_sub(now);
        Next::Sleep { time: time.max(1), then: PROBE }
    }
}

fn target_name(core: &Core, instance: InstanceId) -> Target {
    let row = &core.instances[instance.0 as usize];
    let part = &core.parts[row.part as usize];
    if part.instances.len() == 1 { Target::whole(part.id) } else { Target::one(part.id, row.number + 1) }
}

impl Component for Lb {
    const SPEC: TypeSpec = TypeSpec {
        name: "lb",
        label: Words::new("Load balancer", "로드 밸런서"),
        help: Words::new(
            "Spreads calls over the instances behind it and takes out those that fail its health checks.",
            "뒤에 있는 인스턴스에 호출을 나누고, 헬스 체크에 실패한 대상을 제외합니다.",
        ),
        group: Group::Spreading,
        icon: "fork",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[EdgeKind::Calls],
        faults: &[Verb::Kill],
        new_edge: NewEdge { mode: Mode::Forward, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: true,
        gauges: &[
            GaugeKind { name: "targets", label: Words::new("Targets", "대상 수") },
            GaugeKind { name: "healthy_targets", label: Words::new("Healthy targets", "정상 대상 수") },
        ],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        let mut lb = Self {
            algorithm: params.algorithm,
            check: params.check,
            interval: 0,
            timeouts: FrameId::NONE,
            timeout: 0,
            fall: 0,
            rise: 0,
            cost: 0,
            choices: build.stream(CHOICES),
            phases: build.stream(PHASES),
            views: Vec::new(),
        };
        lb.set(params, build);
        lb
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            START if self.cost == 0 => self.choose(cx),
            START => Next::Visit { slot: 0, time: self.cost, then: CHOOSE },
            CHOOSE => self.choose(cx),
            PROBE => self.probe(cx),
            _ => self.judge(cx),
        }
    }

    /// A new interval holds after the next check; without checks everything counts as healthy.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        self.set(params, build);
        if self.check == Check::None {
            for view in &mut self.views {
                for target in view.targets.iter_mut().filter(|target| target.wired && !target.healthy) {
                    target.healthy = true;
                    target.streak = 0;
                    let shunned = &mut build.core.instances[target.instance.0 as usize].shunned;
                    *shunned = shunned.saturating_sub(1);
                }
                view.refresh();
            }
        }
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        self.rewired(cx);
    }

    /// Takes in new targets, which count as healthy until a check says otherwise, and lets go of old ones.
    fn rewired(&mut self, cx: &mut Cx<'_>) {
        let number = cx.number();
        if self.views.len() <= number {
            self.views.resize_with(number + 1, View::default);
        }
        let part = cx.part() as usize;
        let mut behind = Vec::new();
        for edge in &cx.core.parts[part].out {
            let to = cx.core.edge(*edge).to as usize;
            let present =
                cx.core.parts[to].instances.iter().filter(|instance| cx.core.is_present(**instance));
            behind.extend(present.map(|instance| (*edge, *instance)));
        }
        let wanted: BTreeSet<(EdgeSlot, InstanceId)> = behind.iter().copied().collect();
        let view = &mut self.views[number];
        let mut known = BTreeSet::new();
        for target in view.targets.iter_mut().filter(|target| target.wired) {
            target.wired = wanted.contains(&(target.edge, target.instance));
            known.insert((target.edge, target.instance));
            if !target.wired && !target.healthy {
                let shunned = &mut cx.core.instances[target.instance.0 as usize].shunned;
                *shunned = shunned.saturating_sub(1);
            }
        }
        let fresh = behind.into_iter().filter(|target| !known.contains(target));
        view.targets.extend(fresh.map(|(edge, instance)| TargetView {
            edge,
            instance,
            wired: true,
            healthy: true,
            streak: 0,
            first_miss: 0,
            next_check: 0,
            probe: FrameId::NONE,
        }));
        view.refresh();
        if self.check == Check::None || !cx.core.is_up(cx.instance) {
            return;
        }
        for at in 0..self.views[number].targets.len() {
            let target = self.views[number].targets[at];
            if target.wired && target.probe.is_none() {
                // Checks of different targets are spread over the interval, as health checkers do.
                let name = u64::from(cx.core.edge(target.edge).id) << 32
                    | u64::from(cx.core.instances[target.instance.0 as usize].number) << 12
                    | number as u64;
                let phase = (self.phases.at(name).unit() * self.interval as f64) as Ns;
                self.views[number].targets[at].probe =
                    cx.start_process(phase, PROBE, at as u32).unwrap_or(FrameId::NONE);
            }
        }
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        let view = &mut self.views[cx.number()];
        for target in view.targets.iter().filter(|target| target.wired && !target.healthy) {
            let shunned = &mut cx.core.instances[target.instance.0 as usize].shunned;
            *shunned = shunned.saturating_sub(1);
        }
        *view = View::default();
    }

    fn gauges(&self, _core: &Core, out: &mut Vec<Gauge>) {
        let targets = self.views.iter().flat_map(|view| &view.targets).filter(|target| target.wired);
        out.push(Gauge { name: "targets", value: targets.count() as f64 });
        let healthy: usize = self.views.iter().map(|view| view.eligible.len()).sum();
        out.push(Gauge { name: "healthy_targets", value: healthy as f64 });
    }
}
