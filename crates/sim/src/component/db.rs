//! The database: it answers reads and writes, from one set of data or from replicas that follow a primary.

use super::blocks::{Access, Blocks};
use super::replicas::ReplicaParams;
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::engine::{
    APPEND, Build, Core, Cx, DONE, Next, Pc, QUORUM_READ, QUORUM_WRITE, SEEN, Sampler, Stream,
};
use crate::observe::{Class, Outcome};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::resource::{GroupId, QuorumId, Replication};
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
        access: Access = Access::Times, [], key "ac", since 1,
            en "Index" "How rows are found, and so how many blocks a query touches beside its own time. Where the times say it, blocks are not counted.",
            ko "인덱스" "행을 찾는 방법이며, 쿼리가 자기 시간 말고 블록을 몇 개 건드리는지 정합니다. 시간으로 정하면 블록을 세지 않습니다.";
        table_rows: Count = Count(1_000_000), [1, 1_000_000_000], key "tr", since 1,
            en "Rows" "Rows of the table.",
            ko "행 수" "테이블의 행 수입니다.",
            when access in ["scan", "btree", "hash"];
        rows_per_block: Count = Count(100), [1, 10_000], key "rb", since 1,
            en "Rows per block" "Rows that one block of the table holds.",
            ko "블록당 행" "테이블의 블록 하나에 들어가는 행 수입니다.",
            when access in ["scan", "btree", "hash"];
        fanout: Count = Count(200), [2, 10_000], key "fo", since 1,
            en "Fanout" "Entries of one node of the tree.",
            ko "팬아웃" "트리 노드 하나의 항목 수입니다.",
            when access in ["btree"];
        block_ms: Millis = Millis(0.1), [0, 3_600_000], key "bm", since 1,
            en "Time per block" "Time to read or write one block.",
            ko "블록당 시간" "블록 하나를 읽거나 쓰는 시간입니다.",
            when access in ["scan", "btree", "hash"];
        range_share: Share = Share(0.0), [0, 1], key "rs", since 1,
            en "Ranges" "Share of reads that ask for a range of rows, not for one.",
            ko "범위 조회 비율" "행 하나가 아니라 범위를 찾는 읽기의 비율입니다.",
            when access in ["scan", "btree", "hash"];
        range_rows: Count = Count(100), [1, 1_000_000], key "rn", since 1,
            en "Rows of a range" "Rows that a range has.",
            ko "범위의 행 수" "범위 하나에 들어 있는 행 수입니다.",
            when access in ["btree"];
        indexes: Count = Count(0), [0, 64], key "ix", since 1,
            en "Further indexes" "So many more indexes does each write keep up, a block each.",
            ko "추가 인덱스" "쓰기마다 블록 하나씩 갱신하는 다른 인덱스의 수입니다.",
            when access in ["scan", "btree", "hash"];
    }
}

const START: Pc = 0;
const READ: Pc = 1;
const WRITTEN: Pc = 2;
const TIMES: u32 = 1;
const RANGES: u32 = 2;

/// A running database.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    read_time: Sampler,
    write_time: Sampler,
    times: Stream,
    /// What queries touch, where it is counted; and which of them ask for ranges.
    blocks: Option<Box<Blocks>>,
    ranges: Stream,
    /// All instances have the same rows, and a crash leaves them as they are.
    rows: u32,
    /// What its instances know of each other, once they replicate; and whether they do now.
    group: Option<GroupId>,
    replicates: bool,
    /// What they hold, once there is no primary; and whether that is so now.
    quorum: Option<QuorumId>,
    votes: bool,
}

impl Db {
    fn replicate(&mut self, params: &Params, build: &mut Build<'_>) {
        let how = params.replicas.replication;
        self.votes = how == Replication::Quorum;
        if self.votes || self.quorum.is_some() {
            build.reads_keys();
            let rules = params.replicas.quorum(&self.read_time);
            self.quorum = Some(build.core.vote(build.part, self.quorum, rules, self.rows));
        }
        self.replicates = !self.votes && how != Replication::None;
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
        if let Some(quorum) = self.quorum.filter(|_| cx.pc() >= QUORUM_WRITE) {
            return cx.core.step_quorum(cx.frame, quorum);
        }
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
            "R. Bayer, E. McCreight, \"Organization and Maintenance of Large Ordered Indexes\", Acta Informatica 1 (1972): levels of a tree (a model here: blocks are counted, each takes the same time)",
            "G. DeCandia et al., \"Dynamo: Amazon's Highly Available Key-value Store\", SOSP 2007: quorums, read repair, hinted handoff",
            "D. K. Gifford, \"Weighted Voting for Replicated Data\", SOSP 1979: R + W > N",
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
            GaugeKind {
                name: "quorum_failures",
                label: Words::new("Quorums not reached", "채우지 못한 정족수"),
            },
            GaugeKind { name: "missed_writes", label: Words::new("Copies missed", "놓친 사본") },
            GaugeKind { name: "read_repairs", label: Words::new("Read repairs", "읽기 복구") },
            GaugeKind { name: "hints_handed", label: Words::new("Hints handed over", "전달한 힌트") },
            GaugeKind { name: "lost_updates", label: Words::new("Lost updates", "잃은 갱신") },
            GaugeKind { name: "blocks_read", label: Words::new("Blocks read", "읽은 블록") },
            GaugeKind { name: "blocks_written", label: Words::new("Blocks written", "쓴 블록") },
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
            blocks: Blocks::new(params),
            ranges: build.stream(RANGES),
            rows: build.rows(),
            group: None,
            replicates: false,
            quorum: None,
            votes: false,
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
            (false, READ) if self.votes => QUORUM_READ,
            (false, _) if self.votes => QUORUM_WRITE,
            (false, _) if cx.core.reads_keys => then,
            (false, _) => DONE,
        };
        let mut time = sampler.draw(&mut draws);
        if let Some(blocks) = &mut self.blocks {
            time = time.saturating_add(match cx.class() {
                Class::Write => blocks.write(),
                _ => {
                    let share = blocks.range_share;
                    blocks.read(share > 0.0 && cx.draws(self.ranges).chance(share))
                }
            });
        }
        cx.visit(0, time, then)
    }

    /// New times hold for queries that arrive from now on.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        build.serves(params.workers, params.backlog, &params.replicas.station);
        self.read_time = Sampler::new(&params.read_time);
        self.write_time = Sampler::new(&params.write_time);
        let before = self.blocks.take().map_or((0, 0), |blocks| (blocks.read, blocks.written));
        self.blocks = Blocks::new(params);
        if let Some(blocks) = &mut self.blocks {
            (blocks.read, blocks.written) = before;
        }
        self.replicate(params, build);
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        if let Some(group) = self.group {
            cx.core.join_group(cx.instance, group);
        }
        if let Some(quorum) = self.quorum {
            cx.core.join_quorum(cx.instance, quorum);
        }
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        if let Some(group) = self.group {
            cx.core.leave_group(cx.instance, group);
        }
        if let Some(quorum) = self.quorum {
            cx.core.leave_quorum(cx.instance, quorum);
        }
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        let values = self.group.filter(|_| self.replicates).map(|id| core.group_gauges(id));
        let mut values: Vec<f64> = values.unwrap_or_default().into();
        let votes = self.quorum.filter(|_| self.votes).map(|id| core.quorum_gauges(id));
        let [stale, acknowledged, others @ ..] = votes.unwrap_or_default();
        if self.votes {
            (values[3], values[4]) = (stale, acknowledged);
        }
        values.extend(others);
        let all = Self::SPEC.gauges.iter().zip(values);
        out.extend(all.map(|(kind, value)| Gauge { name: kind.name, value }));
        if let Some(blocks) = &self.blocks {
            out.push(Gauge { name: "blocks_read", value: blocks.read as f64 });
            out.push(Gauge { name: "blocks_written", value: blocks.written as f64 });
        }
    }
}
