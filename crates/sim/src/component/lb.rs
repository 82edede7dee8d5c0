//! The load balancer: it spreads calls over the instances behind its edges and checks their health.

use super::address::{Address, AddressRules, TURN};
use super::checks::{Check, CheckRules, Checks, PROBE};
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use super::step_in_full;
use crate::choices;
use crate::engine::{Build, Core, Cx, FrameId, LEARN, Next, Ns, Pc, Stream};
use crate::network::{Algorithm, HabitRules, MeasureRules, Persistence, View, ViewId};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::resource::StationShape;
use crate::system::{EdgeKind, Mode, Verb};

choices! {
    /// Which way answers go, of calls that are handed over.
    pub enum Forwarding {
        /// Back through the balancer, which gave requests another address.
        Nat = "nat", en "through the balancer (NAT)", ko "로드 밸런서를 거침(NAT)";
        /// Straight from the target to the caller.
        Direct = "direct", en "straight to the caller (DSR)", ko "호출자에게 바로(DSR)";
        /// The same, with requests wrapped into others, so that targets may stand elsewhere.
        Tunnel = "tunnel", en "straight to the caller, requests in a tunnel", ko "호출자에게 바로, 요청은 터널로";
    }
}

params! {
    /// What a load balancer is set to.
    pub struct Params costs 0.03 {
        algorithm: Algorithm = Algorithm::RoundRobin, [], key "al", since 1,
            en "Algorithm" "How a target is chosen among those that are believed healthy. Each counts by the weight of its edge.",
            ko "알고리즘" "정상이라고 믿는 대상 중에서 고르는 방법입니다. 연결에 가중치가 있으면 그에 비례합니다.";
        choices: Count = Count(2), [1, 16], key "ch", since 1,
            en "Choices" "Of so many targets drawn at random, the one with the fewest open calls is chosen.",
            ko "추첨 수" "무작위로 이만큼 뽑은 대상 중 진행 중인 호출이 가장 적은 것을 고릅니다.",
            when algorithm in ["power_of_choices"];
        look_ms: Millis = Millis(0.0), [0, 3_600_000], key "lk", since 1,
            en "Looks every" "How often it takes in how many calls are open at each target, or what times it has measured; in between it chooses by what it saw last, as a balancer does that is told by reports. 0 always knows.",
            ko "부하 확인 간격" "대상마다 열린 호출 수나 잰 시간을 확인하는 간격입니다. 보고를 받아 판단하는 로드 밸런서처럼, 그사이에는 마지막으로 본 값으로 고릅니다. 0이면 항상 최신 값을 압니다.",
            when algorithm in ["least", "power_of_choices", "rt"];
        places: Count = Count(100), [1, 10_000], key "pc", since 1,
            en "Places on the circle" "So many places has each target, of the largest weight. With more, shares are more even.",
            ko "링의 자리 수" "가중치가 가장 큰 대상 하나가 링에서 차지하는 자리(가상 노드) 수입니다. 많을수록 몫이 고릅니다.",
            when algorithm in ["consistent_hash"];
        load_bound: Number = Number(0.0), [0, 100], key "lo", since 1,
            en "Load bound" "No target has more open calls than this many times the mean, rounded up; the next on the circle takes what is beyond. 1.25 is usual, 0 sets no bound.",
            ko "부하 상한" "어느 대상도 진행 중인 호출이 평균의 이 배수(올림)를 넘지 않으며, 넘치는 것은 링의 다음 대상이 받습니다. 보통 1.25이고, 0이면 상한이 없습니다.",
            when algorithm in ["consistent_hash"];
        memory_s: Seconds = Seconds(10.0), [0.001, 86_400], key "my", since 1,
            en "Memory" "A time that was measured so long ago counts for about a third.",
            ko "기억 시간" "이만큼 전에 잰 시간은 약 3분의 1만 반영합니다.",
            when algorithm in ["rt"];
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
        shared_address: Flag = Flag(false), [], key "va", since 1,
            en "One address (VRRP)" "All instances have one address between them: one answers to it, and another takes it over when it has heard nothing for three adverts and a little more. Without it, callers spread over the instances, dead ones too.",
            ko "공유 주소(VRRP)" "모든 인스턴스가 주소 하나를 함께 씁니다. 하나가 응답하고, 광고를 세 번 남짓 듣지 못하면 다른 하나가 넘겨받습니다. 끄면 호출자가 죽은 것까지 포함해 인스턴스에 나누어 보냅니다.";
        advert_s: Seconds = Seconds(1.0), [0.01, 40.95], key "av", since 1,
            en "Advert interval" "How often whoever has the address says so.",
            ko "광고 간격" "주소를 가진 인스턴스가 자신을 알리는 간격입니다.";
        priority: Count = Count(100), [2, 253], key "py", since 1,
            en "Priority" "Of the second instance; the first has one more, each further one less. The higher, the shorter it waits beyond three adverts: by (256 − priority) / 256 of one.",
            ko "우선순위" "두 번째 인스턴스의 값이며, 첫 번째는 하나 높고 그다음부터 하나씩 낮습니다. 높을수록 광고 세 번에 더 기다리는 시간((256 − 우선순위)/256 × 간격)이 짧습니다.";
        preempt: Flag = Flag(true), [], key "pm", since 1,
            en "Takes back" "An instance that comes back takes the address again if its priority is higher.",
            ko "되찾기" "돌아온 인스턴스가 우선순위가 높으면 주소를 다시 가져옵니다.";
        forwarding: Forwarding = Forwarding::Nat, [], key "fw", since 1,
            en "Forwarding" "Which way answers go, where the balancer hands over: they take the bandwidth of its connections, or go straight to the caller. A tunnel makes requests 20 bytes longer.",
            ko "전달 방식" "넘겨준 호출의 응답이 가는 길입니다. 로드 밸런서 연결의 대역폭을 쓰거나 호출자에게 바로 갑니다. 터널은 요청을 20바이트 늘립니다.";
        backlog: Count = Count(10_000), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Calls that may wait for the balancer; the next is refused.",
            ko "백로그" "로드 밸런서를 기다릴 수 있는 호출 수입니다. 넘치면 거부합니다.";
        persistence: Persistence = Persistence::None, [], key "pe", since 1,
            en "Persistence" "By what a user is known again and sent to the same target as before: the address, which all users behind one gateway share, a cookie that came with a good answer, or the name of the target in the addresses of its pages (URL), which users can edit. A cookie is read by a balancer that waits for answers (sync); one that hands over takes it as set at once.",
            ko "퍼시스턴스" "사용자를 알아보고 전과 같은 대상으로 보내는 기준입니다. 클라이언트 주소는 같은 게이트웨이 뒤의 사용자가 모두 공유하고, 쿠키는 좋은 응답과 함께 전달됩니다. 쿠키는 응답을 기다리는(sync) 로드 밸런서가 읽으며, 넘겨주는 방식이면 바로 설정된 것으로 봅니다.";
        persistence_s: Seconds = Seconds(300.0), [0.001, 31_536_000], key "ps", since 1,
            en "Persistence for" "A user who has not come for so long may go anywhere.",
            ko "퍼시스턴스 유지" "이 시간 동안 오지 않은 사용자는 어느 대상으로든 갈 수 있습니다.",
            when persistence in ["source", "cookie", "url"];
        table: Count = Count(100_000), [1, 1_000_000], key "tb", since 1,
            en "Session table" "So many users are remembered; beyond, whoever came least recently is forgotten.",
            ko "세션 테이블" "기억하는 사용자 수입니다. 넘치면 가장 오래전에 온 사용자부터 잊습니다.",
            when persistence in ["source", "cookie", "url"];
        tampered_share: Share = Share(0.0), [0, 1], key "ts", since 1,
            en "Edited addresses" "Share of the users who write the name of the first target into the addresses of pages, to be sent there.",
            ko "주소를 고치는 사용자" "첫 번째 대상으로 가려고 페이지 주소에 그 이름을 적어 넣는 사용자의 비율입니다.",
            when persistence in ["url"];
        signed: Flag = Flag(false), [], key "sd", since 1,
            en "Signed names" "Whether the name of the target carries a keyed hash (MAC). One that does not fit is ignored: such a call goes where the algorithm says.",
            ko "서명된 이름" "대상 이름에 키를 쓴 해시(MAC)를 붙일지 정합니다. 맞지 않으면 무시하고, 그 호출은 알고리즘이 고른 곳으로 갑니다.",
            when persistence in ["url"];
        slow_start_s: Seconds = Seconds(0.0), [0, 86_400], key "sl", since 1,
            en "Slow start" "A target that comes back, or is new, gets a tenth of its share at first and all of it after this time. 0 gives it all at once.",
            ko "슬로 스타트" "돌아왔거나 새로 온 대상은 처음에 제 몫의 10분의 1을 받고, 이 시간이 지나면 모두 받습니다. 0이면 바로 모두 받습니다.";
        eject_after: Count = Count(0), [0, 10_000], key "ea", since 1,
            en "Eject after" "After so many failed calls in a row a target gets none for a while, whatever health checks say. 0 never.",
            ko "이상 대상 제외" "호출이 연속으로 이만큼 실패하면 헬스 체크 결과와 상관없이 그 대상에 한동안 보내지 않습니다. 0이면 하지 않습니다.";
        eject_s: Seconds = Seconds(30.0), [0.001, 86_400], key "es", since 1,
            en "Ejected for" "How long a target gets nothing after its calls failed.",
            ko "제외 시간" "호출이 실패한 대상에 보내지 않는 시간입니다.";
        eject_most: Share = Share(0.5), [0, 1], key "em", since 1,
            en "Ejected at most" "No larger share of the targets is ejected at a time.",
            ko "최대 제외 비율" "동시에 제외할 수 있는 대상의 최대 비율입니다.";
    }
}

const START: Pc = 0;
const CHOOSE: Pc = 1;

const CHOICES: u32 = 1;
const PHASES: u32 = 2;

/// A running load balancer.
#[derive(Clone, Debug)]
pub(crate) struct Lb {
    algorithm: Algorithm,
    drawn: u32,
    cost: Ns,
    habits: HabitRules,
    choices: Stream,
    checks: Checks,
    measure: MeasureRules,
    /// By instance, where it is kept what that instance knows.
    views: Vec<ViewId>,
    address: Address,
}

impl Lb {
    fn set(&mut self, params: &Params, build: &mut Build<'_>) {
        build.stations(&[StationShape::plain(1, params.backlog.0)]);
        let wraps = if params.forwarding == Forwarding::Tunnel { 20 } else { 0 };
        build.returns_directly(params.forwarding != Forwarding::Nat, wraps);
        self.algorithm = params.algorithm;
        self.drawn = params.choices.0;
        self.habits = habits(params);
        self.measure = MeasureRules { memory: params.memory_s.ns(), every: params.look_ms.ns() };
        let address = AddressRules {
            is_shared: params.shared_address.0,
            advert: params.advert_s.ns(),
            priority: params.priority.0,
            preempts: params.preempt.0,
        };
        self.address.set(address, build);
        if self.habits.hashes {
            build.reads_keys();
        }
        for id in &self.views {
            let view = &mut build.core.views[*id as usize];
            view.set_measure(self.measure);
            view.set(self.algorithm, self.drawn);
            view.set_habits(self.habits);
            view.refresh();
        }
        self.cost = params.cost_us.ns();
        self.checks.set(build.core, &rules(params));
    }
}

/// The largest of shares, and the deviation of all, as a share of their mean.
pub(super) fn unevenness(shares: &[f64]) -> (f64, f64) {
    let count = shares.len() as f64;
    let mean = shares.iter().sum::<f64>() / count;
    if shares.is_empty() || mean == 0.0 {
        return (0.0, 0.0);
    }
    let squares: f64 = shares.iter().map(|share| (share / mean - 1.0) * (share / mean - 1.0)).sum();
    (shares.iter().copied().fold(0.0, f64::max), libm::sqrt(squares / count))
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

fn habits(params: &Params) -> HabitRules {
    HabitRules {
        persistence: params.persistence,
        table: params.table.0,
        idle: params.persistence_s.ns(),
        tampered: params.tampered_share.0,
        is_signed: params.signed.0,
        slow_start: params.slow_start_s.ns(),
        look_every: match params.algorithm {
            Algorithm::Least | Algorithm::PowerOfChoices => params.look_ms.ns(),
            _ => 0,
        },
        hashes: params.algorithm == Algorithm::ConsistentHash,
        places: params.places.0,
        load_bound: params.load_bound.0,
        eject_after: params.eject_after.0,
        eject_for: params.eject_s.ns(),
        eject_most: params.eject_most.0,
    }
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
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow],
        new_edge: NewEdge { mode: Mode::Forward, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: true,
        sources: &[
            "M. Mitzenmacher, \"The Power of Two Choices in Randomized Load Balancing\", IEEE TPDS 12 (2001)",
            "M. Mitzenmacher, \"How Useful Is Old Information?\", IEEE TPDS 11 (2000)",
            "D. Karger et al., \"Consistent Hashing and Random Trees\", STOC 1997",
            "V. Mirrokni, M. Thorup, M. Zadimoghaddam, \"Consistent Hashing with Bounded Loads\", SODA 2018",
            "RFC 9568: VRRP, one address for several routers",
            "Documentation of Finagle: load metric of the time that answers take (Peak EWMA)",
            "Manual of the Linux Virtual Server: forwarding by NAT, direct routing and tunnels",
            "Manual of WebLogic Server, HTTP sessions: URL rewriting, where there are no cookies",
            "RFC 2104: HMAC, names that cannot be made up",
            "Manuals of HAProxy and Envoy: rise and fall of health checks, slow start, outlier ejection",
        ],
        gauges: &[
            GaugeKind {
                name: "takeovers", label: Words::new("Addresses taken over", "주소 인계 횟수")
            },
            GaugeKind { name: "targets", label: Words::new("Targets", "대상 수") },
            GaugeKind { name: "healthy_targets", label: Words::new("Healthy targets", "정상 대상 수") },
            GaugeKind {
                name: "ejected_targets", label: Words::new("Ejected targets", "제외된 대상 수")
            },
            GaugeKind {
                name: "remembered_users",
                label: Words::new("Remembered users", "기억하는 사용자 수"),
            },
            GaugeKind {
                name: "largest_share", label: Words::new("Largest share of keys", "가장 큰 키 몫")
            },
            GaugeKind {
                name: "share_cv", label: Words::new("Unevenness of shares (cv)", "몫의 불균형(cv)")
            },
            GaugeKind {
                name: "moved_share",
                label: Words::new("Keys moved by the last change", "마지막 변경으로 옮겨진 키"),
            },
            GaugeKind {
                name: "displaced",
                label: Words::new("Calls beyond the load bound", "부하 상한을 넘은 호출"),
            },
        ],
    };
    const IS_HOT: bool = true;
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        let mut lb = Self {
            algorithm: params.algorithm,
            drawn: params.choices.0,
            cost: 0,
            habits: habits(params),
            measure: MeasureRules::default(),
            address: Address::default(),
            choices: build.stream(CHOICES),
            checks: Checks::new(build.stream(PHASES)),
            views: Vec::new(),
        };
        lb.set(params, build);
        lb
    }

    #[inline(always)]
    fn go(&mut self, cx: &mut Cx<'_>) -> FrameId {
        let pc = cx.pc();
        if pc == CHOOSE || pc == START && self.cost == 0 && !cx.is_paused() {
            let view = self.views[cx.number()];
            return cx.core.balance(cx.frame, view).next();
        }
        step_in_full(self, cx.core, cx.frame, cx.instance, cx.place())
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            START if self.cost != 0 || cx.is_paused() => {
                Next::Visit { slot: 0, time: self.cost, then: CHOOSE }
            }
            START | CHOOSE => Next::Balance { view: self.views[cx.number()] },
            TURN => self.address.take_turn(&mut cx.again()),
            PROBE => self.checks.probe(cx, self.views[cx.number()]),
            LEARN => Next::Reply(cx.core.learn(cx.frame, self.views[cx.number()])),
            _ => self.checks.judge(cx, self.views[cx.number()]),
        }
    }

    /// A new interval holds after the next check; without checks everything counts as healthy.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        self.set(params, build);
        self.checks.heal(build.core, &self.views);
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        self.rewired(cx);
        self.address.started(cx);
    }

    /// Takes in new targets, which count as healthy until a check says otherwise, and lets go of old ones.
    fn rewired(&mut self, cx: &mut Cx<'_>) {
        let number = cx.number();
        while self.views.len() <= number {
            self.views.push(cx.core.views.len() as ViewId);
            let mut view = View::new(self.algorithm, self.drawn, self.choices);
            view.owner = cx.instance;
            view.set_measure(self.measure);
            view.set_habits(self.habits);
            cx.core.views.push(view);
        }
        self.checks.wire(cx, self.views[number]);
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        self.address.killed(cx);
        Checks::forget(cx, self.views[cx.number()]);
    }

    fn bytes(&self) -> usize {
        self.views.capacity() * size_of::<u32>() + self.address.bytes()
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        let views = self.views.iter().map(|id| &core.views[*id as usize]);
        let targets = || views.clone().flat_map(|view| &view.targets).filter(|target| target.wired);
        out.push(Gauge { name: "takeovers", value: self.address.takeovers() as f64 });
        out.push(Gauge { name: "targets", value: targets().count() as f64 });
        let healthy = targets().filter(|target| target.healthy).count();
        out.push(Gauge { name: "healthy_targets", value: healthy as f64 });
        let ejected = targets().filter(|target| target.ejected_until > core.now).count();
        out.push(Gauge { name: "ejected_targets", value: ejected as f64 });
        let users = views.filter_map(|view| view.habits.as_ref()).map(|habits| habits.remembered());
        out.push(Gauge { name: "remembered_users", value: users.sum::<usize>() as f64 });
        let first = self.views.first().map(|id| &core.views[*id as usize]);
        let shares = first.and_then(|view| view.circle.as_ref()).map(|circle| circle.ring.shares());
        let (largest, cv) = unevenness(&shares.unwrap_or_default());
        out.push(Gauge { name: "largest_share", value: largest });
        out.push(Gauge { name: "share_cv", value: cv });
        out.push(Gauge { name: "moved_share", value: first.map_or(0.0, |view| view.moved) });
        let displaced = self.views.iter().map(|id| core.views[*id as usize].displaced);
        out.push(Gauge { name: "displaced", value: displaced.sum::<u64>() as f64 });
    }
}
