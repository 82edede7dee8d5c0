//! The deployer: it brings a new version to what it watches, batch by batch or all at once.
//!
//! It asks balancers to send a batch nothing more, waits for its open calls, stops it, starts the new version and
//! checks it before it goes on, as J. Humble and D. Farley describe (Continuous Delivery, 2010, chapter 10). How many
//! requests that costs is nowhere set: it follows from what is open when, and from who knows of it.

use super::Kind;
use super::scaler::{SAMPLE, ScaleRules, Scaler, Scales};
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::choices;
use crate::engine::{
    Build, Core, Cx, FrameId, InstanceId, MILLISECOND, Next, Ns, Pc, Release, SECOND, Stream,
};
use crate::network::EdgeSlot;
use crate::observe::{Outcome, What};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::system::{EdgeKind, Mode, Verb};

choices! {
    /// In what order instances get the new version.
    pub enum Strategy {
        Rolling = "rolling", en "rolling, batch by batch", ko "롤링(묶음씩)";
        BigBang = "big_bang", en "big bang, all at once", ko "일괄(한꺼번에)";
    }
}

choices! {
    /// What the log tells of a deployment.
    pub enum Rollout {
        Began = "began", en "began", ko "시작";
        /// So many instances run the new version and take traffic.
        Updated = "updated", en "instances updated", ko "인스턴스 교체";
        /// Checks, errors or an alert spoke against the new version.
        Failed = "failed", en "failed", ko "실패";
        RollsBack = "rolls_back", en "rolls back", ko "되돌리기 시작";
        Finished = "finished", en "finished", ko "완료";
        RolledBack = "rolled_back", en "rolled back", ko "되돌리기 완료";
    }
}

params! {
    /// What a deployer is set to.
    pub struct Params costs 0.0 {
        start_s: Seconds = Seconds(60.0), [0, 315_576_000], key "st", since 1,
            en "Begins at" "When it begins, from the start of the run. Of a deployer that comes later, or comes back, at once.",
            ko "시작 시각" "실행 시작부터 배포를 시작할 때까지의 시간입니다. 나중에 추가되거나 복구된 배포기는 바로 시작합니다.";
        strategy: Strategy = Strategy::Rolling, [], key "sg", since 1,
            en "Strategy" "Whether some instances go on serving while others are replaced.",
            ko "방식" "일부를 교체하는 동안 나머지가 계속 서비스할지 정합니다.";
        batch: Count = Count(1), [1, 1_000], key "ba", since 1,
            en "Batch" "How many instances are replaced at the same time.",
            ko "묶음 크기" "동시에 교체하는 인스턴스 수입니다.",
            when strategy in ["rolling"];
        drain_s: Seconds = Seconds(10.0), [0, 3_600], key "dr", since 1,
            en "Draining" "Balancers send a batch nothing more, and for up to so long it may finish what is open; then it is stopped and what is still open is reset. 0 stops it at once, and no balancer is told.",
            ko "연결 드레이닝" "로드 밸런서가 묶음에 더 보내지 않고, 열린 호출을 끝낼 시간을 최대 이만큼 줍니다. 그 뒤에는 멈추고 남은 호출을 끊습니다. 0이면 로드 밸런서에 알리지 않고 바로 멈춥니다.";
        restart_s: Seconds = Seconds(20.0), [0, 86_400], key "re", since 1,
            en "Restart" "From stopping the old version until the new one listens.",
            ko "재시작" "이전 버전을 멈춘 뒤 새 버전이 듣기 시작할 때까지의 시간입니다.";
        cold_s: Seconds = Seconds(10.0), [0, 3_600], key "cs", since 1,
            en "Cold for" "How long a version is slow after each start, until caches and compilers are warm.",
            ko "콜드 스타트" "시작할 때마다 캐시와 컴파일러가 데워질 때까지 느린 시간입니다.";
        cold_times: Number = Number(3.0), [1, 1_000], key "cx", since 1,
            en "Cold work" "Work takes so many times as long while it is cold.",
            ko "콜드 배율" "데워지기 전에 일이 몇 배 오래 걸리는지 정합니다.";
        fails: Share = Share(0.0), [0, 1], key "fl", since 1,
            en "New version: errors" "Share of its calls that the new version answers with an error. Above 0 it is a bad one.",
            ko "새 버전 오류" "새 버전이 오류로 답하는 호출의 비율입니다. 0보다 크면 나쁜 버전입니다.";
        every_s: Seconds = Seconds(0.0), [0, 315_576_000], key "ev", since 1,
            en "A new version every" "From one new version to the next; one that is not through yet is waited for. 0 brings a single one.",
            ko "새 버전 간격" "새 버전이 나오는 간격입니다. 앞의 배포가 끝나지 않았으면 기다립니다. 0이면 한 번만 배포합니다.";
        bad_share: Share = Share(1.0), [0, 1], key "bs", since 1,
            en "Bad versions" "So large a share of the new versions has the errors that are set above; the others have none. Which, is drawn for each.",
            ko "나쁜 버전 비율" "새 버전 가운데 위에서 정한 오류가 있는 것의 비율입니다. 나머지에는 오류가 없으며, 버전마다 추첨합니다.";
        ci_catch: Share = Share(0.0), [0, 1], key "cc", since 1,
            en "Caught by tests (CI)" "So large a share of the bad versions do tests find before they are deployed; those are not deployed.",
            ko "테스트(CI)가 잡는 비율" "나쁜 버전 가운데 배포 전에 테스트가 찾아내는 비율입니다. 찾아낸 버전은 배포하지 않습니다.";
        slower: Number = Number(1.0), [0.001, 1_000], key "sl", since 1,
            en "New version: work" "Work takes so many times as long with the new version as with the old one.",
            ko "새 버전 처리 배율" "새 버전에서 일이 이전 버전의 몇 배 오래 걸리는지 정합니다.";
        gate: Flag = Flag(true), [], key "ga", since 1,
            en "Health gate" "Whether it checks a batch by requests of its own before balancers send to it and the next batch is touched.",
            ko "헬스 게이트" "로드 밸런서가 다시 보내고 다음 묶음으로 넘어가기 전에 묶음을 직접 요청해 확인할지 정합니다.";
        check_s: Seconds = Seconds(1.0), [0.01, 3_600], key "ci", since 1,
            en "Check interval" "Time from one check of the gate to the next.",
            ko "체크 간격" "게이트의 체크 사이 시간입니다.";
        check_timeout_s: Seconds = Seconds(2.0), [0.001, 3_600], key "ct", since 1,
            en "Check timeout" "A check without an answer for this long has failed.",
            ko "체크 타임아웃" "이 시간 동안 답이 없으면 체크 실패로 봅니다.";
        rise: Count = Count(2), [1, 100], key "ri", since 1,
            en "Good checks" "So many rounds in a row, in which all of the batch answered well, open the gate.",
            ko "통과 기준" "묶음 전체가 연속으로 이만큼 잘 답하면 게이트를 통과합니다.";
        fall: Count = Count(3), [1, 100], key "fa", since 1,
            en "Failed checks" "So many rounds in a row in which one failed, and the deployment has failed.",
            ko "실패 기준" "하나라도 실패한 체크가 연속으로 이만큼이면 배포가 실패한 것입니다.";
        soak_s: Seconds = Seconds(10.0), [0, 86_400], key "so", since 1,
            en "Observation" "How long it looks at a batch that takes traffic before it goes on to the next.",
            ko "관찰 시간" "트래픽을 받는 묶음을 지켜본 뒤 다음으로 넘어가는 시간입니다.";
        errors_above: Share = Share(0.05), [0, 1], key "ea", since 1,
            en "Errors above" "Where more of the replies given during the observation were errors, the deployment has failed. It has, too, where a monitor that it is connected with has an alert then.",
            ko "오류 비율 초과" "관찰 동안의 응답 가운데 오류가 이 비율보다 많으면 실패입니다. 연결된 모니터에 알림이 있을 때도 실패입니다.";
        scales: Scales = Scales::Nothing, [], key "sc", since 1,
            en "Autoscaling" "By what it keeps as many instances of each part running as the load asks for, from the least to the number that the part has. It then brings no new version. The others are stopped and cost nothing; put a balancer with health checks before them.",
            ko "오토스케일링" "무엇을 보고 부하에 맞는 수의 인스턴스를 돌릴지 정합니다. 최소 수부터 부품에 정한 수까지이며, 이때는 새 버전을 배포하지 않습니다. 나머지는 멈춰 있고 비용이 들지 않습니다. 앞에 헬스 체크를 하는 로드 밸런서를 두십시오.";
        scale_target: Share = Share(0.6), [0.01, 1], key "tg", since 1,
            en "Target utilisation" "The share of busy workers that it aims at.",
            ko "목표 이용률" "맞추려는 워커 이용률입니다.",
            when scales in ["utilisation"];
        scale_least: Count = Count(1), [1, 1_000], key "le", since 1,
            en "Least instances" "No fewer run, and it begins with so many.",
            ko "최소 인스턴스" "이보다 적게 돌리지 않으며, 이 수로 시작합니다.",
            when scales in ["utilisation"];
        scale_look_s: Seconds = Seconds(15.0), [1, 3_600], key "lo", since 1,
            en "Decides every" "Over so long it averages samples, one a second, and then decides.",
            ko "판단 간격" "1초마다 잰 값을 이 시간 동안 평균해 판단합니다.",
            when scales in ["utilisation"];
        scale_down_s: Seconds = Seconds(300.0), [0, 86_400], key "dn", since 1,
            en "Cooldown" "After a change it takes nothing away for so long.",
            ko "축소 대기" "변경 뒤 이 시간 동안은 줄이지 않습니다.",
            when scales in ["utilisation"];
        boot_s: Seconds = Seconds(60.0), [0, 86_400], key "bo", since 1,
            en "Boot time" "From the decision until a new instance listens. Then it is cold, and balancers have to notice it.",
            ko "부팅 시간" "결정한 뒤 새 인스턴스가 듣기 시작할 때까지의 시간입니다. 그 뒤에도 아직 데워지지 않았고, 로드 밸런서가 알아채야 합니다.",
            when scales in ["utilisation"];
        rollback: Flag = Flag(true), [], key "ro", since 1,
            en "Rollback" "Whether a failed deployment is undone, in the same steps. Otherwise it stops where it is.",
            ko "자동 되돌리기" "실패한 배포를 같은 단계로 되돌릴지 정합니다. 아니면 그 자리에서 멈춥니다.";
    }
}

const BEGIN: Pc = 2;
const NEXT: Pc = 3;
const DRAIN: Pc = 4;
const STOPPED: Pc = 5;
const RESTART: Pc = 6;
const STARTED: Pc = 7;
const GATE: Pc = 8;
const JUDGE: Pc = 9;
const SOAK: Pc = 10;
const DECIDE: Pc = 11;
const ASK: Pc = 12;
const HEARD: Pc = 13;
const RELEASES: u32 = 1;

/// How often it looks whether calls are still open.
const LOOK: Ns = 100 * MILLISECOND;

type Target = (EdgeSlot, InstanceId);

/// A deployment under way.
#[derive(Clone, Debug, Default)]
struct Run {
    back: bool,
    todo: Vec<Target>,
    batch: Vec<Target>,
    until: Ns,
    /// Which of the batch, or of the monitors, is asked; rounds in a row that were good, and bad.
    at: usize,
    good: u32,
    bad: u32,
    missed: bool,
    /// Of the parts of the batch: replies and errors when the observation began.
    read: Vec<(u32, [u64; 2])>,
}

/// A running deployer.
#[derive(Clone, Debug)]
pub(crate) struct Deploy {
    params: Params,
    timeouts: FrameId,
    /// Sleeps until it is time; the same until the next version, and when the last one began.
    sleeper: FrameId,
    rests: FrameId,
    begun: Ns,
    run: Run,
    rollbacks: u32,
    /// Versions so far, those of them that tests caught, and bad ones that were deployed; whether the last one is bad.
    versions: [u32; 3],
    is_bad: bool,
    luck: Stream,
    /// Everything that it would bring a new version to.
    targets: Vec<InstanceId>,
    scaler: Scaler,
}

impl Deploy {
    fn set(&mut self, params: &Params, core: &mut Core) {
        if self.timeouts.is_none() || self.params.check_timeout_s != params.check_timeout_s {
            core.retire_list(self.timeouts);
            self.timeouts = core.timeout_list(params.check_timeout_s.ns());
        }
        self.params = params.clone();
        self.scaler.rules = ScaleRules {
            is_on: params.scales != Scales::Nothing,
            target: params.scale_target.0,
            least: params.scale_least.0 as usize,
            look: params.scale_look_s.ns(),
            cooldown: params.scale_down_s.ns(),
            boot: params.boot_s.ns(),
            drain: params.drain_s.ns(),
            cold_for: params.cold_s.ns(),
            cold: params.cold_times.0,
        };
    }

    /// All that still run another version than the one wanted, from now on.
    fn begin(&mut self, cx: &mut Cx<'_>, back: bool) -> Next {
        (self.sleeper, self.rests) = (FrameId::NONE, FrameId::NONE);
        if !back && self.is_caught(cx) {
            return self.rest(cx);
        }
        let behind = cx.core.behind(cx.part());
        let is_due =
            |(_, instance): &Target| !is_monitor(cx.core, *instance) && cx.core.is_new(*instance) == back;
        let todo: Vec<Target> = behind.into_iter().filter(is_due).collect();
        if todo.is_empty() && !back {
            return self.rest(cx);
        }
        let step = if back { Rollout::RollsBack } else { Rollout::Began };
        tell(cx, step, todo.len());
        self.run = Run { back, todo, ..Run::default() };
        Next::Sleep { time: 1, then: NEXT }
    }

    /// There is a new version: whether it is bad, and whether tests find that out in time. A deployer that comes back
    /// goes on with the one that it had.
    fn is_caught(&mut self, cx: &mut Cx<'_>) -> bool {
        if self.params.every_s.ns() == 0 && self.versions[0] > 0 {
            return self.versions[1] > 0;
        }
        let mut draws = self.luck.at(u64::from(self.versions[0]));
        self.is_bad = self.params.fails.0 > 0.0 && draws.chance(self.params.bad_share.0);
        let is_caught = self.is_bad && draws.chance(self.params.ci_catch.0);
        self.begun = cx.core.now;
        self.versions[0] += 1;
        self.versions[1] += u32::from(is_caught);
        self.versions[2] += u32::from(self.is_bad && !is_caught);
        if self.versions[0] > 1 {
            // What runs is the old version now.
            for instance in self.targets.clone() {
                cx.core.grow_old(instance);
            }
        }
        is_caught
    }

    /// Nothing is left to do with this version; with the next one, if there is to be one, in time.
    fn rest(&mut self, cx: &mut Cx<'_>) -> Next {
        if self.params.every_s.ns() == 0 {
            return Next::Reply(Outcome::Ok);
        }
        self.rests = cx.frame;
        Next::Sleep { time: self.due().saturating_sub(cx.core.now).max(1), then: BEGIN }
    }

    /// When the next version is due. No more often than once a second: each is work. What a deployer that was dead has
    /// missed is not made up for.
    fn due(&self) -> Ns {
        self.begun.saturating_add(self.params.every_s.ns().max(SECOND))
    }

    fn next(&mut self, cx: &mut Cx<'_>) -> Next {
        let size = match self.params.strategy {
            Strategy::Rolling => self.params.batch.0 as usize,
            Strategy::BigBang => usize::MAX,
        };
        let rest = self.run.todo.split_off(size.min(self.run.todo.len()));
        self.run.batch = std::mem::replace(&mut self.run.todo, rest);
        self.run.batch.retain(|(_, instance)| cx.core.is_present(*instance));
        if self.run.batch.is_empty() {
            if !self.run.todo.is_empty() {
                return Next::Sleep { time: 1, then: NEXT };
            }
            let step = if self.run.back { Rollout::RolledBack } else { Rollout::Finished };
            tell(cx, step, cx.core.behind(cx.part()).len());
            return self.rest(cx);
        }
        if self.params.drain_s.ns() > 0 {
            for (_, instance) in &self.run.batch {
                cx.core.drain(*instance, true);
            }
        }
        self.run.until = cx.core.now.saturating_add(self.params.drain_s.ns());
        Next::Sleep { time: 1, then: DRAIN }
    }

    fn instances(&self) -> Vec<InstanceId> {
        self.run.batch.iter().map(|(_, instance)| *instance).collect()
    }

    /// Waits until nothing is open, or for as long as it may.
    fn await_drain(&self, cx: &mut Cx<'_>) -> Next {
        let (now, until) = (cx.core.now, self.run.until);
        let is_open = |(_, instance): &Target| cx.core.open_calls(*instance) > 0;
        if now < until && self.run.batch.iter().any(is_open) {
            return Next::Sleep { time: LOOK.min(until - now), then: DRAIN };
        }
        Next::Told(cx.order(false, self.instances(), STOPPED))
    }

    fn start_batch(&self, cx: &mut Cx<'_>) -> Next {
        let params = &self.params;
        let is_new = !self.run.back;
        let release = Release {
            is_new,
            slower: if is_new { params.slower.0 } else { 1.0 },
            fails: if is_new && self.is_bad { params.fails.0 } else { 0.0 },
            cold_for: params.cold_s.ns(),
            cold: params.cold_times.0,
        };
        for (_, instance) in &self.run.batch {
            cx.core.install(*instance, release);
        }
        Next::Told(cx.order(true, self.instances(), STARTED))
    }

    fn begin_checks(&mut self) -> Next {
        (self.run.at, self.run.good, self.run.bad) = (0, 0, 0);
        Next::Sleep { time: 0, then: if self.params.gate.0 { GATE } else { SOAK } }
    }

    /// One check after another, through the whole batch; then it looks how that round went.
    fn check(&mut self, cx: &mut Cx<'_>) -> Next {
        if let Some((edge, to)) = self.run.batch.get(self.run.at).copied() {
            return Next::CallOne { edge, to, list: self.timeouts, then: JUDGE };
        }
        self.run.at = 0;
        (self.run.good, self.run.bad) =
            if std::mem::take(&mut self.run.missed) { (0, self.run.bad + 1) } else { (self.run.good + 1, 0) };
        if self.run.bad >= self.params.fall.0 {
            return self.fail(cx);
        }
        let is_open = self.run.good >= self.params.rise.0;
        Next::Sleep {
            time: if is_open { 0 } else { self.params.check_s.ns() },
            then: if is_open { SOAK } else { GATE },
        }
    }

    fn judge(&mut self, cx: &mut Cx<'_>) -> Next {
        self.run.missed |= !cx.outcome().is_ok();
        self.run.at += 1;
        self.check(cx)
    }

    /// The batch takes traffic, and is looked at.
    fn soak(&mut self, cx: &mut Cx<'_>) -> Next {
        for (_, instance) in &self.run.batch {
            cx.core.drain(*instance, false);
        }
        let mut parts: Vec<u32> = self.instances().iter().map(|id| cx.core.part_of(*id)).collect();
        parts.dedup();
        self.run.read = parts.into_iter().map(|part| (part, cx.core.replies_of(part))).collect();
        self.run.at = 0;
        tell(cx, Rollout::Updated, self.run.batch.len());
        Next::Sleep { time: self.params.soak_s.ns(), then: DECIDE }
    }

    fn decide(&mut self, cx: &mut Cx<'_>) -> Next {
        let most = self.params.errors_above.0;
        let is_bad = |(part, before): &(u32, [u64; 2])| {
            let [replies, errors] = [0, 1].map(|at| cx.core.replies_of(*part)[at] - before[at]);
            replies > 0 && errors as f64 / replies as f64 > most
        };
        // On the way back the others may still be as bad as they are.
        if self.run.back {
            return Next::Sleep { time: 1, then: NEXT };
        }
        if self.run.read.iter().any(is_bad) {
            return self.fail(cx);
        }
        self.ask(cx)
    }

    /// Asks the monitors that it knows, one after another, whether they have an alert.
    fn ask(&mut self, cx: &mut Cx<'_>) -> Next {
        let behind = cx.core.behind(cx.part());
        let mut monitors = behind.into_iter().filter(|(_, instance)| is_monitor(cx.core, *instance));
        match monitors.nth(self.run.at) {
            Some((edge, to)) => Next::CallOne { edge, to, list: self.timeouts, then: HEARD },
            None => Next::Sleep { time: 1, then: NEXT },
        }
    }

    /// A monitor that does not answer has nothing to say.
    fn hear(&mut self, cx: &mut Cx<'_>) -> Next {
        if cx.outcome() == Outcome::Upstream {
            return self.fail(cx);
        }
        self.run.at += 1;
        self.ask(cx)
    }

    fn fail(&mut self, cx: &mut Cx<'_>) -> Next {
        tell(cx, Rollout::Failed, self.run.batch.len());
        if self.run.back || !self.params.rollback.0 {
            return self.rest(cx);
        }
        self.rollbacks += 1;
        self.begin(cx, true)
    }
}

fn is_monitor(core: &Core, instance: InstanceId) -> bool {
    core.kind_and_row(instance).0 == Kind::Monitor
}

fn tell(cx: &mut Cx<'_>, step: Rollout, instances: usize) {
    let deployer = cx.core.parts[cx.part() as usize].id;
    cx.core.tell(What::Rollout { deployer, step, instances: instances as u32 });
}

impl Component for Deploy {
    const SPEC: TypeSpec = TypeSpec {
        name: "deploy",
        label: Words::new("Deployer", "배포기"),
        help: Words::new(
            "Brings a new version to the parts that it is connected with: drains, stops, starts and checks them, and undoes what fails.",
            "연결된 부품에 새 버전을 배포합니다. 드레이닝하고, 멈추고, 시작하고, 확인하며, 실패하면 되돌립니다.",
        ),
        group: Group::Operations,
        icon: "deploy",
        params: Params::SPECS,
        offers: &[EdgeKind::Watches],
        accepts: &[],
        faults: &[Verb::Kill, Verb::Pause],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: false,
        sources: &[
            "J. Humble, D. Farley, Continuous Delivery (2010), chapter 10: rolling, blue-green and canary releases",
            "Documentation of Kubernetes: the algorithm of the horizontal pod autoscaler",
        ],
        gauges: &[
            GaugeKind { name: "targets", label: Words::new("Targets", "대상 수") },
            GaugeKind {
                name: "updated_targets", label: Words::new("Updated targets", "교체된 대상 수")
            },
            GaugeKind { name: "rollbacks", label: Words::new("Rollbacks", "되돌린 횟수") },
            GaugeKind { name: "versions", label: Words::new("New versions", "새 버전 수") },
            GaugeKind {
                name: "caught_versions",
                label: Words::new("Bad versions caught by tests", "테스트가 잡은 나쁜 버전"),
            },
            GaugeKind {
                name: "bad_versions",
                label: Words::new("Bad versions deployed", "배포된 나쁜 버전"),
            },
            GaugeKind {
                name: "running_targets", label: Words::new("Running targets", "실행 중인 대상")
            },
            GaugeKind {
                name: "added_targets", label: Words::new("Instances added", "추가한 인스턴스")
            },
            GaugeKind {
                name: "removed_targets", label: Words::new("Instances removed", "제거한 인스턴스")
            },
        ],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        build.stations(&[]);
        let mut deploy = Self {
            params: params.clone(),
            timeouts: FrameId::NONE,
            sleeper: FrameId::NONE,
            rests: FrameId::NONE,
            begun: 0,
            run: Run::default(),
            rollbacks: 0,
            versions: [0; 3],
            is_bad: false,
            luck: build.stream(RELEASES),
            targets: Vec::new(),
            scaler: Scaler::default(),
        };
        deploy.set(params, build.core);
        deploy
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            SAMPLE.. => self.scaler.step(cx, &self.targets),
            BEGIN if self.scaler.rules.is_on => Next::Reply(Outcome::Ok),
            BEGIN => self.begin(cx, false),
            NEXT => self.next(cx),
            DRAIN => self.await_drain(cx),
            STOPPED => Next::Sleep { time: self.params.restart_s.ns().max(1), then: RESTART },
            RESTART => self.start_batch(cx),
            STARTED => self.begin_checks(),
            GATE => self.check(cx),
            JUDGE => self.judge(cx),
            SOAK => self.soak(cx),
            DECIDE => self.decide(cx),
            ASK => self.ask(cx),
            HEARD => self.hear(cx),
            _ => Next::Reply(Outcome::Refused),
        }
    }

    /// A new beginning holds where it has not begun; the rest from its next use on.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        let is_moved = self.params.start_s != params.start_s;
        let is_paced = self.params.every_s != params.every_s && params.every_s.ns() > 0;
        let scaled = self.scaler.rules.is_on;
        self.set(params, build.core);
        if self.scaler.rules.is_on && !scaled {
            self.scaler.forget();
            build.start_processes(0, SAMPLE, 0);
        }
        if is_moved && !self.sleeper.is_none() {
            let at = params.start_s.ns().max(build.core.now);
            build.core.reschedule(self.sleeper, at);
        }
        if is_paced && !self.rests.is_none() {
            let at = self.due().max(build.core.now);
            build.core.reschedule(self.rests, at);
        }
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        let wait = self.params.start_s.ns().saturating_sub(cx.core.now);
        self.sleeper = cx.start_process(wait, BEGIN, 0).unwrap_or(FrameId::NONE);
        if self.scaler.rules.is_on {
            cx.start_process(0, SAMPLE, 0);
        }
    }

    fn rewired(&mut self, cx: &mut Cx<'_>) {
        let behind = cx.core.behind(cx.part()).into_iter().map(|(_, instance)| instance);
        self.targets = behind.filter(|instance| !is_monitor(cx.core, *instance)).collect();
    }

    /// It died in the midst of it: what it has done so far stays.
    fn killed(&mut self, cx: &mut Cx<'_>) {
        if cx.core.parts[cx.part() as usize].removed {
            for instance in self.instances() {
                cx.core.drain(instance, false);
            }
        }
        (self.sleeper, self.rests) = (FrameId::NONE, FrameId::NONE);
        self.run = Run::default();
        self.scaler.forget();
    }

    fn bytes(&self) -> usize {
        self.scaler.bytes()
            + self.targets.capacity() * size_of::<InstanceId>()
            + (self.run.todo.capacity() + self.run.batch.capacity()) * size_of::<Target>()
            + self.run.read.capacity() * size_of::<(u32, [u64; 2])>()
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        let updated = self.targets.iter().filter(|instance| core.is_new(**instance)).count();
        out.push(Gauge { name: "targets", value: self.targets.len() as f64 });
        out.push(Gauge { name: "updated_targets", value: updated as f64 });
        out.push(Gauge { name: "rollbacks", value: f64::from(self.rollbacks) });
        for (name, count) in ["versions", "caught_versions", "bad_versions"].into_iter().zip(self.versions) {
            out.push(Gauge { name, value: f64::from(count) });
        }
        let running = self.targets.iter().filter(|instance| core.is_up(**instance)).count();
        let [added, removed] = self.scaler.counts();
        out.push(Gauge { name: "running_targets", value: running as f64 });
        out.push(Gauge { name: "added_targets", value: added });
        out.push(Gauge { name: "removed_targets", value: removed });
    }
}
