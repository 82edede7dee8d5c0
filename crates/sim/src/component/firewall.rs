//! The firewall: it lets calls pass by rules, and only those of connections that it knows.
//!
//! A connection is in its table from its first packet on; what comes over one that is not there is thrown away. So a
//! connection that was idle for too long, or whose firewall was restarted, looks open to both ends and carries nothing.

use super::plan::{go_on, proceed};
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::choices;
use crate::engine::{Build, Core, Cx, Next, Ns, Pc, RELAY, SECOND, mix64};
use crate::observe::{Class, Outcome};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::resource::{KnownConnection, Room, StationShape, Tracker};
use crate::system::{EdgeKind, Mode, Verb};

choices! {
    /// What becomes of what may not pass.
    pub enum Refusal {
        /// The caller learns nothing, and waits for its timeout.
        Drop = "drop", en "drop silently", ko "조용히 버리기(drop)";
        /// The caller is told at once.
        Reject = "reject", en "reject", ko "거부 응답(reject)";
    }
}

params! {
    /// What a firewall is set to.
    pub struct Params costs 0.1 {
        refusal: Refusal = Refusal::Drop, [], key "rf", since 1,
            en "Refused calls" "What becomes of a call that may not pass: its caller waits for the timeout, or is told at once (TCP reset).",
            ko "막힌 호출" "통과하지 못한 호출을 처리하는 방법입니다. 조용히 버리면 호출자는 타임아웃까지 기다리고, 거부하면 바로 압니다(TCP RST).";
        denied_share: Share = Share(0.0), [0, 1], key "ds", since 1,
            en "Denied addresses" "Share of all addresses that stand on the block list. Users behind one gateway have one address.",
            ko "차단 주소 비율" "차단 목록에 있는 주소의 비율입니다. 같은 게이트웨이 뒤의 사용자는 주소가 하나입니다.";
        denied_part: Count = Count(0), [0, 4_294_967_295_u32], key "dp", since 1,
            en "Denied part (id)" "Calls that this part sends may not pass. 0 denies no part.",
            ko "차단할 부품(id)" "이 부품이 보낸 호출은 통과하지 못합니다. 0이면 차단하지 않습니다.";
        limit_rps: Rate = Rate(0.0), [0, 1_000_000], key "lr", since 1,
            en "Limit per address" "So many calls per second may one address make. 0 sets no limit.",
            ko "주소별 제한" "주소 하나가 초당 보낼 수 있는 호출 수입니다. 0이면 제한이 없습니다.";
        limit_burst: Count = Count(20), [1, 1_000_000], key "lb", since 1,
            en "Burst per address" "So many calls may an address make at once, if it made fewer before.",
            ko "주소별 순간 허용" "한동안 적게 보낸 주소가 한꺼번에 보낼 수 있는 호출 수입니다.";
        states: Count = Count(100_000), [1, 1_000_000], key "st", since 1,
            en "State table" "So many connections are known at the same time. While the table is full, no new one passes.",
            ko "상태 테이블" "동시에 기억하는 연결 수입니다. 가득 차면 새 연결은 통과하지 못합니다.";
        idle_timeout_s: Seconds = Seconds(1_800.0), [0.001, 31_536_000], key "it", since 1,
            en "Idle timeout" "An open connection over which nothing has passed for so long is forgotten; its ends do not learn that. Connections are those that cost something to open (policy of the caller's connection).",
            ko "유휴 타임아웃" "이 시간 동안 아무것도 지나가지 않은 열린 연결은 잊으며, 양 끝은 그것을 모릅니다. 여기서 연결은 여는 데 비용이 드는 연결(호출자 쪽 연결의 정책)입니다.";
        closed_s: Seconds = Seconds(120.0), [0, 86_400], key "cl", since 1,
            en "After closing" "A connection that carries one call is kept in the table for so long after it (TIME-WAIT). So rate × this time is what the table must hold.",
            ko "종료 후 유지" "호출 하나만 나르는 연결을 그 뒤 이 시간 동안 테이블에 둡니다(TIME-WAIT). 초당 연결 수 × 이 시간만큼 자리가 필요합니다.";
        cost_us: Micros = Micros(5.0), [0, 1_000_000], key "co", since 1,
            en "Cost" "The firewall's own work on a call; one at a time.",
            ko "처리 비용" "호출 하나에 방화벽이 쓰는 시간입니다. 한 번에 하나씩 처리합니다.";
        backlog: Count = Count(10_000), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Calls that may wait for the firewall; the next is refused.",
            ko "백로그" "방화벽을 기다릴 수 있는 호출 수입니다. 넘치면 거부합니다.";
    }
}

const START: Pc = 0;
const JUDGE: Pc = 1;
const ANSWERED: Pc = 2;

/// Tells the block list from other draws at an address: the square root of thirteen in 64 bits.
const LISTED: u64 = 0x9b05_688c_2b3e_6c1f;

/// A running firewall.
#[derive(Clone, Debug)]
pub(crate) struct Firewall {
    params: Params,
    room: Room,
    cost: Ns,
    /// Time from one call of an address to the next; 0 sets no limit.
    gap: Ns,
    seed: u64,
    /// What each instance knows.
    trackers: Vec<Tracker>,
    denied: u64,
    limited: u64,
    full: u64,
    unknown: u64,
}

impl Firewall {
    fn new(params: &Params, build: &mut Build<'_>) -> Self {
        build.stations(&[StationShape::plain(1, params.backlog.0)]);
        let rate = params.limit_rps.0;
        Self {
            params: params.clone(),
            room: Room {
                states: params.states.0,
                idle: params.idle_timeout_s.ns(),
                closed: params.closed_s.ns(),
            },
            cost: params.cost_us.ns(),
            // A limit that is so low that nobody ever comes again is the longest time that there is.
            gap: if rate > 0.0 { (SECOND as f64 / rate).max(1.0) as Ns } else { 0 },
            seed: build.core.seed,
            trackers: Vec::new(),
            denied: 0,
            limited: 0,
            full: 0,
            unknown: 0,
        }
    }

    fn tracker(&mut self, number: usize) -> &mut Tracker {
        if self.trackers.len() <= number {
            self.trackers.resize(number + 1, Tracker::default());
        }
        &mut self.trackers[number]
    }

    fn is_denied(&self, cx: &Cx<'_>) -> bool {
        let by_part =
            self.params.denied_part.0 != 0 && cx.core.sending_part(cx.frame) == self.params.denied_part.0;
        if by_part || self.params.denied_share.0 == 0.0 {
            return by_part;
        }
        let drawn = mix64(cx.core.sender_of(cx.frame) ^ self.seed ^ LISTED) >> 11;
        (drawn as f64) < self.params.denied_share.0 * (1_u64 << 53) as f64
    }

    /// Lets a call pass, or not.
    fn judge(&mut self, cx: &mut Cx<'_>) -> Next {
        let (now, number) = (cx.core.now, cx.number());
        if self.is_denied(cx) {
            self.denied += 1;
            return self.refuse(cx);
        }
        if self.gap > 0 && cx.class() != Class::Probe {
            let (sender, gap, burst) = (cx.core.sender_of(cx.frame), self.gap, self.params.limit_burst.0);
            if !self.tracker(number).admits(sender, now, gap, burst) {
                self.limited += 1;
                return self.refuse(cx);
            }
        }
        let (connection, room) = (cx.core.connection_of(cx.frame), self.room);
        let tracker = self.tracker(number);
        let known = match connection {
            Some(wire) => tracker.pass(mix64(u64::from(wire.name)), wire.is_fresh, now, &room),
            None => tracker.pass_once(now, &room),
        };
        match known {
            // One call at a time is worked on, however many are under way behind.
            KnownConnection::Yes => {
                cx.core.release(cx.frame);
                proceed(&mut cx.again(), ANSWERED, RELAY)
            }
            KnownConnection::No => {
                self.unknown += 1;
                self.refuse(cx)
            }
            KnownConnection::Full => {
                self.full += 1;
                self.refuse(cx)
            }
        }
    }

    fn refuse(&self, cx: &mut Cx<'_>) -> Next {
        match self.params.refusal {
            Refusal::Drop => Next::Told(cx.core.drop_silently(cx.frame)),
            Refusal::Reject => Next::Reply(Outcome::Refused),
        }
    }
}

impl Component for Firewall {
    const SPEC: TypeSpec = TypeSpec {
        name: "firewall",
        label: Words::new("Firewall", "방화벽"),
        help: Words::new(
            "Lets calls pass by rules, and only over connections that it knows; its table of them can fill up.",
            "규칙에 맞고 알고 있는 연결의 호출만 통과시킵니다. 연결 테이블은 가득 찰 수 있습니다.",
        ),
        group: Group::Spreading,
        icon: "firewall",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow, Verb::Flush, Verb::Fill],
        new_edge: NewEdge { mode: Mode::Forward, latency_ms: 0.1, timeout_ms: 1_000.0 },
        chooses: false,
        sources: &[
            "W. R. Cheswick, S. M. Bellovin, A. D. Rubin, Firewalls and Internet Security, 2nd edition (2003)",
            "RFC 5382: what middleboxes must know of TCP connections, and for how long",
            "RFC 9293, section 3.6: closing a connection, TIME-WAIT",
            "Documentation of Linux, nf_conntrack-sysctl: the table of connections, its size and its timeouts",
            "ITU-T I.371: the generic cell rate algorithm",
        ],
        gauges: &[
            GaugeKind { name: "states", label: Words::new("Connections known", "기억하는 연결 수") },
            GaugeKind {
                name: "full_dropped",
                label: Words::new("Refused: table full", "막힘: 테이블 가득 참"),
            },
            GaugeKind {
                name: "unknown_dropped",
                label: Words::new("Refused: connection unknown", "막힘: 모르는 연결"),
            },
            GaugeKind { name: "denied", label: Words::new("Refused: rule", "막힘: 규칙") },
            GaugeKind { name: "limited", label: Words::new("Refused: rate", "막힘: 속도 제한") },
        ],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        Self::new(params, build)
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            START if self.cost != 0 || cx.is_paused() => {
                Next::Visit { slot: 0, time: self.cost, then: JUDGE }
            }
            START | JUDGE => self.judge(cx),
            _ => go_on(&mut cx.again(), ANSWERED),
        }
    }

    /// New rules hold from the next call on; what is in the table stays there.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        let new = Self::new(params, build);
        let trackers = std::mem::take(&mut self.trackers);
        let Self { denied, limited, full, unknown, .. } = *self;
        *self = Self { trackers, denied, limited, full, unknown, ..new };
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        self.tracker(cx.number()).clear();
    }

    fn struck(&mut self, cx: &mut Cx<'_>, verb: Verb) {
        let (now, room) = (cx.core.now, self.room);
        let tracker = self.tracker(cx.number());
        match verb {
            Verb::Flush => tracker.clear(),
            Verb::Fill => tracker.fill(now, &room),
            _ => {}
        }
    }

    fn bytes(&self) -> usize {
        let trackers = self.trackers.iter().map(Tracker::bytes);
        self.trackers.capacity() * size_of::<Tracker>() + trackers.sum::<usize>()
    }

    fn reserve(&mut self) {
        self.trackers.iter_mut().for_each(Tracker::reserve);
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        let known = self.trackers.iter().map(|tracker| tracker.count_at(core.now, &self.room));
        out.push(Gauge { name: "states", value: known.sum::<usize>() as f64 });
        out.push(Gauge { name: "full_dropped", value: self.full as f64 });
        out.push(Gauge { name: "unknown_dropped", value: self.unknown as f64 });
        out.push(Gauge { name: "denied", value: self.denied as f64 });
        out.push(Gauge { name: "limited", value: self.limited as f64 });
    }
}
