//! The monitor: it probes what it watches from outside, by calls of its own, and raises alerts.
//!
//! It knows of a target what its probes tell: whether they come back, how long they take, and what the target says
//! of itself in a good answer. Whatever is not probed, or happens between two probes, it does not see. The model is
//! that of black-box probing and of alerts with a duration, as in B. Beyer and others: Site Reliability Engineering
//! (2016), chapters 6 and 10.

use std::collections::BTreeSet;

use super::checks::Check;
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::choices;
use crate::engine::{Build, Core, Cx, Frame, FrameId, InstanceId, Next, Ns, Pc, Stream};
use crate::network::EdgeSlot;
use crate::observe::{Outcome, What};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::system::{EdgeKind, Mode, Verb};

choices! {
    /// What a monitor looks at beside whether its probes come back.
    pub enum Metric {
        None = "none", en "none", ko "없음";
        /// How long its own probes take.
        Response = "response", en "response time of the probe", ko "프로브 응답 시간";
        /// Share of the workers that are busy when the probe is answered.
        Utilisation = "utilisation", en "utilisation", ko "사용률";
        /// Calls that wait for a worker when the probe is answered.
        Queue = "queue", en "queue", ko "대기열";
        /// Share of error replies among those given since the last good probe.
        Errors = "errors", en "share of errors", ko "오류 비율";
    }
}

params! {
    /// What a monitor is set to.
    pub struct Params costs 0.02 {
        check: Check = Check::Http, [], key "ck", since 1,
            en "Probe" "What a probe asks for: a real request, which waits in the target's queue and takes a worker, or a connection, which whoever listens answers at once.",
            ko "프로브" "프로브의 종류입니다. 실제 요청은 대상의 대기열에서 기다려 워커를 쓰고, 연결은 듣고 있기만 하면 바로 답합니다.";
        check_s: Seconds = Seconds(10.0), [0.01, 86_400], key "ci", since 1,
            en "Interval" "Time from one probe of a target to the next.",
            ko "간격" "한 대상의 다음 프로브까지의 시간입니다.";
        check_timeout_s: Seconds = Seconds(2.0), [0.001, 3_600], key "ct", since 1,
            en "Probe timeout" "A probe without an answer for this long has failed.",
            ko "프로브 타임아웃" "이 시간 동안 답이 없으면 프로브 실패로 봅니다.";
        fall: Count = Count(3), [1, 100], key "fa", since 1,
            en "Misses" "Failed probes in a row until the monitor raises an alert.",
            ko "실패 기준" "프로브가 연속으로 이만큼 실패하면 알림을 냅니다.";
        rise: Count = Count(2), [1, 100], key "ri", since 1,
            en "Recoveries" "Good probes in a row until that alert is over.",
            ko "회복 기준" "프로브가 연속으로 이만큼 성공하면 알림이 끝납니다.";
        metric: Metric = Metric::None, [], key "me", since 1,
            en "Metric" "What else it looks at, in every good answer of a probe.",
            ko "지표" "프로브가 성공할 때마다 함께 살피는 값입니다.";
        response_above_ms: Millis = Millis(500.0), [0, 3_600_000], key "ra", since 1,
            en "Response above" "The probe took longer than this.",
            ko "응답 시간 초과" "프로브가 이보다 오래 걸린 경우입니다.",
            when metric in ["response"];
        utilisation_above: Share = Share(0.9), [0, 1], key "ua", since 1,
            en "Utilisation above" "More than this share of the workers is busy at the moment of the probe.",
            ko "사용률 초과" "프로브 순간에 바쁜 워커의 비율이 이보다 큰 경우입니다.",
            when metric in ["utilisation"];
        queue_above: Count = Count(100), [0, 10_000_000], key "qa", since 1,
            en "Queue above" "More calls than this wait at the moment of the probe.",
            ko "대기열 초과" "프로브 순간에 이보다 많은 호출이 기다리는 경우입니다.",
            when metric in ["queue"];
        errors_above: Share = Share(0.05), [0, 1], key "ea", since 1,
            en "Errors above" "Of the replies that all instances of the part gave since the last probe, more than this share were errors.",
            ko "오류 비율 초과" "지난 프로브 뒤 부품의 모든 인스턴스가 낸 응답 가운데 오류가 이 비율보다 많은 경우입니다.",
            when metric in ["errors"];
        for_s: Seconds = Seconds(30.0), [0, 86_400], key "fo", since 1,
            en "Held for" "The metric must be above its limit in every probe for this long before the alert is raised. One probe below ends it.",
            ko "지속 시간" "이 시간 동안 모든 프로브에서 지표가 한도를 넘어야 알림을 냅니다. 한 번이라도 한도 아래면 끝납니다.",
            when metric in ["response", "utilisation", "queue", "errors"];
    }
}

const PROBE: Pc = 2;
const PROBED: Pc = 3;
const PHASES: u32 = 1;

/// One target, as one instance of the monitor knows it.
#[derive(Clone, Copy, Debug)]
struct Watched {
    edge: EdgeSlot,
    instance: InstanceId,
    wired: bool,
    /// Its round of probes; none where it makes none.
    probe: FrameId,
    next: Ns,
    sent: Ns,
    /// The alert that its probes fail, and how many in a row say otherwise.
    is_down: bool,
    streak: u32,
    first_miss: Ns,
    /// The alert about the metric, and since when it has been above its limit; never is `Ns::MAX`.
    is_high: bool,
    above: Ns,
    /// Replies and errors of the part when they were read last.
    read: [u64; 2],
}

/// A running monitor.
#[derive(Clone, Debug)]
pub(crate) struct Monitor {
    params: Params,
    /// The list that probes in flight time out in.
    timeouts: FrameId,
    phases: Stream,
    /// By instance of the monitor.
    watched: Vec<Vec<Watched>>,
    raised: u64,
}

impl Monitor {
    fn set(&mut self, params: &Params, core: &mut Core) {
        if self.timeouts.is_none() || self.params.check_timeout_s != params.check_timeout_s {
            core.retire_list(self.timeouts);
            self.timeouts = core.timeout_list(params.check_timeout_s.ns());
        }
        self.params = params.clone();
    }

    fn interval(&self) -> Ns {
        self.params.check_s.ns()
    }

    /// One round: ask, judge, sleep until the next place on the grid.
    fn probe(&mut self, cx: &mut Cx<'_>) -> Next {
        let (number, at, now) = (cx.number(), cx.frame().note as usize, cx.core.now);
        let next = now.saturating_add(self.interval());
        let is_made = self.params.check != Check::None;
        let target = &mut self.watched[number][at];
        if !target.wired || !is_made {
            target.probe = FrameId::NONE;
            return Next::Reply(Outcome::Ok);
        }
        (target.next, target.sent) = (next, now);
        let (edge, to) = (target.edge, target.instance);
        cx.frame().flags &= !Frame::KNOCK;
        if self.params.check == Check::Tcp {
            cx.frame().flags |= Frame::KNOCK;
        }
        Next::CallOne { edge, to, list: self.timeouts, then: PROBED }
    }

    /// What it answers to those who ask: an error while there is an alert.
    fn report(&self, number: usize) -> Outcome {
        let mut targets = self.watched.get(number).into_iter().flatten();
        let is_firing = targets.any(|target| target.is_down || target.is_high);
        if is_firing { Outcome::Upstream } else { Outcome::Ok }
    }

    /// Takes in how a probe ended.
    fn judge(&mut self, cx: &mut Cx<'_>) -> Next {
        let (number, at, outcome, now) = (cx.number(), cx.frame().note as usize, cx.outcome(), cx.core.now);
        let mut target = self.watched[number][at];
        if !target.wired || self.params.check == Check::None {
            self.watched[number][at].probe = FrameId::NONE;
            return Next::Reply(Outcome::Ok);
        }
        let raised = self.hear(&mut target, outcome.is_ok(), now);
        if let Some(is_raised) = raised {
            tell(cx, &target, is_raised, Metric::None, now - target.first_miss);
            self.raised += u64::from(is_raised);
        }
        if outcome.is_ok()
            && let Some(is_above) = self.is_above(cx.core, &mut target, now)
        {
            if is_above {
                target.above = target.above.min(now);
            } else {
                target.above = Ns::MAX;
            }
            let is_high = is_above && now - target.above >= self.params.for_s.ns();
            if is_high != target.is_high {
                target.is_high = is_high;
                let after = if is_high { now - target.above } else { 0 };
                tell(cx, &target, is_high, self.params.metric, after);
                self.raised += u64::from(is_high);
            }
        }
        self.watched[number][at] = target;
        Next::Sleep { time: target.next.saturating_sub(now).max(1), then: PROBE }
    }

    /// One more probe came back, or did not; whether that raises the alert or ends it.
    fn hear(&self, target: &mut Watched, is_good: bool, now: Ns) -> Option<bool> {
        if is_good != target.is_down {
            target.streak = 0;
            return None;
        }
        if target.streak == 0 {
            target.first_miss = now;
        }
        target.streak += 1;
        let limit = if target.is_down { self.params.rise.0 } else { self.params.fall.0 };
        if target.streak < limit {
            return None;
        }
        target.is_down = !target.is_down;
        target.streak = 0;
        Some(target.is_down)
    }

    /// Whether the metric is above its limit; `None` where nothing can be read.
    fn is_above(&self, core: &Core, target: &mut Watched, now: Ns) -> Option<bool> {
        let params = &self.params;
        match params.metric {
            Metric::None => None,
            Metric::Response => Some(now - target.sent > params.response_above_ms.ns()),
            Metric::Utilisation => {
                let [busy, workers, _] = core.load_of(target.instance);
                (workers > 0).then(|| f64::from(busy) / f64::from(workers) > params.utilisation_above.0)
            }
            Metric::Queue => Some(core.load_of(target.instance)[2] > params.queue_above.0),
            Metric::Errors => {
                let read = core.replies_of(core.part_of(target.instance));
                let [replies, errors] = [0, 1].map(|at| read[at] - target.read[at]);
                target.read = read;
                (replies > 0).then(|| errors as f64 / replies as f64 > params.errors_above.0)
            }
        }
    }

    /// Takes in new targets and lets go of old ones, whose alerts are over.
    fn wire(&mut self, cx: &mut Cx<'_>) {
        let number = cx.number();
        if self.watched.len() <= number {
            self.watched.resize_with(number + 1, Vec::new);
        }
        let behind = cx.core.behind(cx.part());
        let wanted: BTreeSet<(EdgeSlot, InstanceId)> = crate::order::gather(behind.iter().copied());
        let mut known = BTreeSet::new();
        for target in &mut self.watched[number] {
            target.wired = wanted.contains(&(target.edge, target.instance));
            known.insert((target.edge, target.instance));
            if !target.wired {
                (target.is_down, target.is_high, target.streak, target.above) = (false, false, 0, Ns::MAX);
            }
        }
        for (edge, instance) in behind {
            if !known.contains(&(edge, instance)) {
                let read = cx.core.replies_of(cx.core.part_of(instance));
                self.watched[number].push(Watched {
                    edge,
                    instance,
                    wired: true,
                    probe: FrameId::NONE,
                    next: 0,
                    sent: 0,
                    is_down: false,
                    streak: 0,
                    first_miss: 0,
                    is_high: false,
                    above: Ns::MAX,
                    read,
                });
            }
        }
        if self.params.check == Check::None || !cx.core.is_up(cx.instance) {
            return;
        }
        for at in 0..self.watched[number].len() {
            let target = self.watched[number][at];
            if target.wired && target.probe.is_none() {
                // Probes of different targets are spread over the interval.
                let instance = &cx.core.instances[target.instance.0 as usize];
                let name = u64::from(cx.core.edge(target.edge).id) << 32
                    | u64::from(instance.number) << 12
                    | number as u64;
                let phase = (self.phases.at(name).unit() * self.interval() as f64) as Ns;
                let probe = cx.start_process(phase, PROBE, at as u32).unwrap_or(FrameId::NONE);
                self.watched[number][at].probe = probe;
            }
        }
    }
}

/// An alert is raised, or over.
fn tell(cx: &mut Cx<'_>, target: &Watched, is_raised: bool, metric: Metric, after: Ns) {
    let monitor = cx.core.parts[cx.part() as usize].id;
    let target = cx.core.target_of(target.instance);
    cx.core.tell(if is_raised {
        What::Alerted { monitor, target, metric, after }
    } else {
        What::AlertOver { monitor, target, metric }
    });
}

impl Component for Monitor {
    const SPEC: TypeSpec = TypeSpec {
        name: "monitor",
        label: Words::new("Monitor", "모니터"),
        help: Words::new(
            "Probes what it watches by calls of its own and raises alerts. It knows nothing but what its probes tell.",
            "감시 대상을 직접 호출해 보고 알림을 냅니다. 프로브가 알려 주는 것 말고는 모릅니다.",
        ),
        group: Group::Operations,
        icon: "monitor",
        params: Params::SPECS,
        offers: &[EdgeKind::Watches],
        accepts: &[EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: false,
        sources: &[
            "B. Beyer et al., Site Reliability Engineering (2016), chapter 6: black-box probes and what deserves an alert",
            "Manual of Prometheus: alerting rules, and how long a condition must hold",
        ],
        gauges: &[
            GaugeKind { name: "watched_targets", label: Words::new("Watched targets", "감시 대상 수") },
            GaugeKind { name: "alerts_firing", label: Words::new("Alerts firing", "진행 중인 알림") },
            GaugeKind { name: "alerts_raised", label: Words::new("Alerts raised", "낸 알림 수") },
        ],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        build.stations(&[]);
        let mut monitor = Self {
            params: params.clone(),
            timeouts: FrameId::NONE,
            phases: build.stream(PHASES),
            watched: Vec::new(),
            raised: 0,
        };
        monitor.set(params, build.core);
        monitor
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            PROBE => self.probe(cx),
            PROBED => self.judge(cx),
            _ => Next::Reply(self.report(cx.number())),
        }
    }

    /// A new interval holds after the next probe.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        self.set(params, build.core);
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        self.rewired(cx);
    }

    fn rewired(&mut self, cx: &mut Cx<'_>) {
        self.wire(cx);
    }

    /// It died, and with it what it knew.
    fn killed(&mut self, cx: &mut Cx<'_>) {
        if let Some(watched) = self.watched.get_mut(cx.number()) {
            watched.clear();
        }
    }

    fn bytes(&self) -> usize {
        let rows = self.watched.iter().map(|all| all.capacity() * size_of::<Watched>());
        self.watched.capacity() * size_of::<Vec<Watched>>() + rows.sum::<usize>()
    }

    fn gauges(&self, _: &Core, out: &mut Vec<Gauge>) {
        let all = || self.watched.iter().flatten().filter(|target| target.wired);
        let firing = all().map(|target| u32::from(target.is_down) + u32::from(target.is_high)).sum::<u32>();
        out.push(Gauge { name: "watched_targets", value: all().count() as f64 });
        out.push(Gauge { name: "alerts_firing", value: f64::from(firing) });
        out.push(Gauge { name: "alerts_raised", value: self.raised as f64 });
    }
}
