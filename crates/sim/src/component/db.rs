//! The database: it answers reads and writes, from one set of data or from replicas that follow a primary.

use super::replicas::ReplicaParams;
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::engine::{APPEND, Build, Core, Cx, DONE, Next, Pc, SEEN, Sampler, Stream};
use crate::observe::{Class, Outcome};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::resource::{GroupId, Replication};
use crate::system::{EdgeKind, Mode, Verb};

params! {
    /// What a database is set to.
    pub struct Params with replicas: ReplicaParams costs 0.4 {
        workers: Count = Count(8), [1, 10_000], key "w", since 1,
            en "Workers" "Queries that run at the same time.",
            ko "워커" "동시에 실행되는 쿼리 수입니다.";
        backlog: Count = Count(1_000), [0, 10_000_000], key "b", since 1,
            en "Backlog" "Queries that may wait; the next is refused.",
            ko "백로그" "대기할 수 있는 쿼리 수입니다. 넘치면 거부합니다.";
        read_time: Law = Law::Exponential { mean_ms: 5.0 }, [0, 3_600_000], key "rt", since 1,
            en "Read time" "Time that a read takes a worker.",
            ko "읽기 시간" "읽기 하나가 워커를 점유하는 시간입니다.";
        write_time: Law = Law::Exponential { mean_ms: 8.0 }, [0, 3_600_000], key "wt", since 1,
            en "Write time" "Time that a write takes a worker.",
            ko "쓰기 시간" "쓰기 하나가 워커를 점유하는 시간입니다.";
    }
}

const START: Pc = 0;
const READ: Pc = 1;
const WRITTEN: Pc = 2;
const TIMES: u32 = 1;

/// A running database.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    read_time: Sampler,
    write_time: Sampler,
    times: Stream,
    /// All instances have the same rows, and a crash leaves them as they are.
    rows: u32,
    /// What its instances know of each other, once they replicate; and whether they do now.
    group: Option<GroupId>,
    replicates: bool,
}

impl Db {
    fn replicate(&mut self, params: &Params, build: &mut Build<'_>) {
        self.replicates = params.replicas.replication != Replication::None;
        if !self.replicates && self.group.is_none() {
            return;
        }
        build.reads_keys();
        self.group = Some(build.core.replicate(build.part, self.group, params.replicas.rules(), self.rows));
    }

    /// Kept apart: those without replicas never come here.
    #[cold]
    #[inline(never)]
    fn step_replica(&self, cx: &mut Cx<'_>) -> Next {
        match self.group {
            Some(group) => cx.core.step_group(cx.frame, group),
            None => Next::Reply(Outcome::Ok),
        }
    }

    #[cold]
    #[inline(never)]
    fn takes_no_writes(&self, cx: &mut Cx<'_>) -> bool {
        let number = cx.number() as u32;
        cx.class() == Class::Write && self.group.is_some_and(|group| !cx.core.takes_writes(group, number))
    }
}

impl Component for Db {
    const SPEC: TypeSpec = TypeSpec {
        name: "db",
        label: Words::new("Database", "데이터베이스"),
        help: Words::new(
            "Answers reads and writes, a few at a time; the others wait. Its instances share one set of data, or replicate a primary.",
            "읽기와 쓰기를 몇 개씩 처리하고 나머지는 대기시킵니다. 인스턴스들은 한 데이터를 공유하거나 프라이머리를 복제합니다.",
        ),
        group: Group::Data,
        icon: "database",
        params: Params::SPECS,
        offers: &[],
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: Verb::OF_MACHINES,
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: false,
        sources: &[
            "L. Kleinrock, Queueing Systems I (1975): a group of connections before a station",
            "MySQL 8.4 Reference Manual, chapter 19: replication, semi-synchronous commit, applier threads",
            "D. Ongaro, J. Ousterhout, \"In Search of an Understandable Consensus Algorithm\", USENIX ATC 2014: terms, the most advanced log",
            "D. Terry et al., \"Session Guarantees for Weakly Consistent Replicated Data\", PDIS 1994: read-your-writes",
        ],
        gauges: &[
            GaugeKind { name: "primaries", label: Words::new("Primaries", "프라이머리 수") },
            GaugeKind {
                name: "replication_lag_ms",
                label: Words::new("Replication lag (ms)", "복제 지연(ms)"),
            },
            GaugeKind { name: "behind", label: Words::new("Writes behind", "뒤처진 쓰기") },
            GaugeKind { name: "stale_reads", label: Words::new("Stale reads", "오래된 읽기") },
            GaugeKind { name: "acknowledged", label: Words::new("Acknowledged writes", "확인된 쓰기") },
            GaugeKind { name: "kept_writes", label: Words::new("Kept writes", "보존된 쓰기") },
            GaugeKind { name: "lost_writes", label: Words::new("Lost writes", "잃은 쓰기") },
            GaugeKind { name: "divergent_writes", label: Words::new("Divergent writes", "갈라진 쓰기") },
            GaugeKind { name: "failovers", label: Words::new("Failovers", "페일오버") },
            GaugeKind {
                name: "failover_max_s",
                label: Words::new("Longest failover (s)", "가장 긴 페일오버(초)"),
            },
            GaugeKind {
                name: "refused_writes",
                label: Words::new("Writes at a replica", "복제본에 온 쓰기"),
            },
            GaugeKind {
                name: "unreplicated_commits",
                label: Words::new("Commits without receipts", "확인 없이 한 커밋"),
            },
            GaugeKind { name: "copies", label: Words::new("Copies of all data", "전체 복사") },
        ],
    };
    const IS_HOT: bool = true;
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        build.serves(params.workers, params.backlog, &params.replicas.station);
        let mut db = Self {
            read_time: Sampler::new(&params.read_time),
            write_time: Sampler::new(&params.write_time),
            times: build.stream(TIMES),
            rows: build.rows(),
            group: None,
            replicates: false,
        };
        db.replicate(params, build);
        db
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            READ => {
                cx.core.read_row(cx.frame, self.rows);
                return Next::Reply(Outcome::Ok);
            }
            WRITTEN => return Next::Reply(cx.core.write_row(cx.frame, self.rows)),
            START => {}
            _ => return self.step_replica(cx),
        }
        if self.replicates && self.takes_no_writes(cx) {
            return Next::Reply(Outcome::Upstream);
        }
        let mut draws = cx.draws(self.times);
        let (sampler, then) = match cx.class() {
            Class::Probe => return Next::Acquire { slot: 0, then: DONE },
            Class::Write => (&self.write_time, WRITTEN),
            Class::Static | Class::Read => (&self.read_time, READ),
        };
        // Rows are kept only where somebody asks for their versions.
        let then = match (self.replicates, then) {
            (true, READ) => SEEN,
            (true, _) => APPEND,
            (false, _) if cx.core.reads_keys => then,
            (false, _) => DONE,
        };
        let time = sampler.draw(&mut draws);
        cx.visit(0, time, then)
    }

    /// New times hold for queries that arrive from now on.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        build.serves(params.workers, params.backlog, &params.replicas.station);
        self.replicate(params, build);
        self.read_time = Sampler::new(&params.read_time);
        self.write_time = Sampler::new(&params.write_time);
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        if let Some(group) = self.group {
            cx.core.join_group(cx.instance, group);
        }
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        if let Some(group) = self.group {
            cx.core.leave_group(cx.instance, group);
        }
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        let values = self.group.filter(|_| self.replicates).map(|id| core.group_gauges(id));
        let values = values.unwrap_or_default();
        let all = Self::SPEC.gauges.iter().zip(values);
        out.extend(all.map(|(kind, value)| Gauge { name: kind.name, value }));
    }
}
