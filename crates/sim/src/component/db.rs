//! The database: it answers reads and writes, from one set of data or from replicas that follow a primary.

use super::blocks::{Access, Blocks};
use super::plans::Plans;
use super::replicas::ReplicaParams;
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use super::storage::Media;
use super::transact::{CHECKPOINT, ENTER, LOGGED, PARSED, Transactions, Work};
use crate::engine::{
    APPEND, Build, Core, Cx, DONE, LOCK_GIVEN_UP, LOCK_PATIENCE, Next, Ns, Pc, QUORUM_READ, QUORUM_WRITE,
    SEEN, Sampler, Stream,
};
use crate::observe::{Class, Outcome};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::resource::{GroupId, LockOrder, Locking, QuorumId, Replication};
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
        connection_mb: Number = Number(0.0), [0, 1_000], key "xm", since 1,
            en "Memory of a connection (MB)" "What each connection that a caller keeps open takes of the memory of the server while it idles: a session of the database. Callers keep connections where opening one costs them something.",
            ko "연결 메모리(MB)" "호출자가 열어 둔 연결 하나가 쉬는 동안 서버 메모리에서 차지하는 크기로, 데이터베이스의 세션에 해당합니다. 연결을 여는 데 비용을 둔 호출자만 연결을 열어 둡니다.";
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
        media: Media = Media::Memory, [], key "me", since 1,
            en "Blocks are" "Whether blocks have to be read from a disk where they are not in memory. Each instance has a memory and a disk of its own; its worker waits for the disk. What reads more than 1,024 blocks goes past the memory, 64 blocks an access.",
            ko "블록 위치" "블록이 메모리에 없을 때 디스크에서 읽어야 하는지 정합니다. 인스턴스마다 메모리와 디스크가 따로 있고, 워커는 디스크를 기다립니다. 1,024블록보다 많이 읽으면 메모리를 거치지 않고 한 번에 64블록씩 읽습니다.",
            when access in ["scan", "btree", "hash"];
        buffer_blocks: Count = Count(10_000), [0, 1_000_000], key "bu", since 1,
            en "Buffer cache (blocks)" "Blocks that memory holds: those that were used last. It is empty after a crash.",
            ko "버퍼 캐시(블록)" "메모리에 두는 블록 수로, 가장 최근에 쓴 것이 남습니다. 프로세스가 죽으면 비워집니다.",
            when media in ["disk"];
        disk_time: Law = Law::Exponential { mean_ms: 5.0 }, [0, 3_600_000], key "di", since 1,
            en "Disk access" "Time of one access to the disk. Accesses queue up before it.",
            ko "디스크 접근 시간" "디스크에 한 번 접근하는 시간입니다. 접근은 디스크 앞에서 줄을 섭니다.",
            when media in ["disk"];
        disks: Count = Count(1), [1, 64], key "dn", since 1,
            en "Disks" "Accesses that are served at the same time.",
            ko "디스크 수" "동시에 처리하는 접근의 수입니다.",
            when media in ["disk"];
        flush_ms: Millis = Millis(1.0), [0, 3_600_000], key "fl", since 1,
            en "Log write" "Time that the disk takes to write the log of a commit, before the write is answered. Changed blocks are written back by checkpoints.",
            ko "로그 쓰기" "쓰기에 응답하기 전에 커밋 로그를 디스크에 쓰는 시간입니다. 바뀐 블록은 체크포인트가 나중에 씁니다.",
            when media in ["disk"];
        checkpoint_s: Seconds = Seconds(0.0), [0, 86_400], key "cp", since 1,
            en "Checkpoint every" "Every so long the blocks that have changed are written from memory to disk, one after another, in the same queue as all that waits for it. After a crash the log since the last complete checkpoint is replayed, and until then every query is answered with an error. 0 simulates neither.",
            ko "체크포인트 간격" "이 간격마다 바뀐 블록을 메모리에서 디스크로 하나씩 쓰며, 디스크를 기다리는 다른 일과 같은 줄에 섭니다. 프로세스가 죽었다 살아나면 마지막으로 끝난 체크포인트 뒤의 로그를 다시 적용하고, 그동안 모든 쿼리에 오류로 답합니다. 0이면 둘 다 시뮬레이션하지 않습니다.",
            when media in ["disk"];
        redo_rps: Number = Number(10_000.0), [0.001, 1_000_000_000], key "rd", since 1,
            en "Log replay (writes/s)" "How many writes of the log are replayed in a second after a crash.",
            ko "로그 재적용(쓰기/초)" "프로세스가 살아난 뒤 1초에 다시 적용하는 로그의 쓰기 수입니다.",
            when media in ["disk"];
        parse_ms: Millis = Millis(0.0), [0, 3_600_000], key "pa", since 1,
            en "Parsing" "Time to parse the statement of a query and to plan it, where it is not cached. Each key has a statement of its own. 0 and no cache: not simulated.",
            ko "파싱 시간" "캐시에 없는 쿼리 문장을 파싱하고 계획을 세우는 시간입니다. 키마다 문장이 다릅니다. 0이고 캐시도 없으면 시뮬레이션하지 않습니다.";
        plan_cache: Count = Count(0), [0, 100_000], key "pn", since 1,
            en "Cached statements" "So many parsed statements does each instance hold; then the oldest gives way. They are gone after a crash.",
            ko "문장 캐시" "인스턴스 하나가 보관하는 파싱된 문장 수입니다. 가득 차면 가장 오래된 것을 내보냅니다. 프로세스가 죽으면 사라집니다.";
        plan_buckets: Count = Count(1_024), [1, 100_000], key "pb", since 1,
            en "Buckets" "Hash values of statements that the cache tells apart. All statements of one stand in a list, which is walked from its beginning.",
            ko "버킷 수" "캐시가 구별하는 문장 해시 값의 수입니다. 같은 값의 문장은 목록 하나에 있고, 처음부터 차례로 훑습니다.";
        probe_us: Micros = Micros(1.0), [0, 1_000_000], key "pz", since 1,
            en "Looking at an entry" "Time to compare a statement with one of the list.",
            ko "항목 비교" "문장을 목록의 항목 하나와 비교하는 시간입니다.";
        locking: Locking = Locking::Unseen, [], key "lk", since 1,
            en "Locks" "What keeps writes apart that are under way at the same time. A write reads its row, works for the write time, and changes it. Without locks it overwrites what another has changed meanwhile, and that update is lost. Reads take no locks: they see what was committed last.",
            ko "락" "동시에 진행 중인 쓰기를 어떻게 떼어 놓을지 정합니다. 쓰기는 행을 읽고 쓰기 시간만큼 일한 뒤 바꿉니다. 락이 없으면 그사이 다른 쓰기가 바꾼 것을 덮어써 갱신이 사라집니다. 읽기는 락을 잡지 않고 마지막으로 커밋된 값을 봅니다.";
        rows_per_write: Count = Count(1), [1, 8], key "lw", since 1,
            en "Rows of a write" "Rows that a write changes, one after another, in equal shares of its time. Locks are kept to its end. One that would close a circle of writes that wait for each other ends with a conflict.",
            ko "쓰기당 행" "쓰기 하나가 시간을 똑같이 나눠 차례로 바꾸는 행의 수입니다. 락은 쓰기가 끝날 때 풉니다. 서로 기다리는 고리를 만들게 되는 쓰기는 충돌로 끝납니다.",
            when locking in ["none", "row", "table"];
        rows_among: Count = Count(1_000), [1, 1_000_000], key "la", since 1,
            en "Further rows among" "All rows of a write but the first are found at random among so many.",
            ko "추가 행의 범위" "첫 행을 뺀 나머지 행은 이만큼의 행 가운데 무작위로 정해집니다.",
            when locking in ["none", "row", "table"];
        lock_order: LockOrder = LockOrder::AsAsked, [], key "lo", since 1,
            en "Order of locks" "In which order a write takes the locks of its rows. Where all keep to one order, no circle can come about.",
            ko "락 순서" "쓰기가 행의 락을 잡는 순서입니다. 모두가 같은 순서를 지키면 고리가 생기지 않습니다.",
            when locking in ["row"];
        lock_wait_s: Seconds = Seconds(0.0), [0, 86_400], key "lz", since 1,
            en "Wait for a lock" "A write that has waited so long for a lock is rolled back and ends with a conflict. 0 waits for ever.",
            ko "락 대기 시간" "이 시간 동안 락을 기다린 쓰기는 되돌려져 충돌로 끝납니다. 0이면 끝없이 기다립니다.",
            when locking in ["row", "table"];
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
    /// The statements that are parsed, where that is seen.
    plans: Option<Box<Plans>>,
    /// Whether there are blocks or statements to count.
    counts: bool,
    /// All instances have the same rows, and a crash leaves them as they are.
    rows: u32,
    /// What queries need that lock, or wait for a disk.
    transactions: Option<Box<Transactions>>,
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

    /// What follows the work on a query. Rows are kept only where somebody asks for their versions.
    #[inline(always)]
    fn last_step(&self, cx: &Cx<'_>) -> Pc {
        match (self.replicates, cx.class()) {
            (true, Class::Write) => APPEND,
            (true, _) => SEEN,
            (false, Class::Write) if self.votes => QUORUM_WRITE,
            (false, _) if self.votes => QUORUM_READ,
            (false, Class::Write) if cx.core.reads_keys => WRITTEN,
            (false, _) if cx.core.reads_keys => READ,
            (false, _) => DONE,
        }
    }

    /// Whether a query asks for a range of rows.
    fn is_range(&self, cx: &Cx<'_>) -> bool {
        let share = self.blocks.as_ref().map_or(0.0, |blocks| blocks.range_share);
        share > 0.0 && cx.class() != Class::Write && cx.draws(self.ranges).chance(share)
    }

    /// Counts the blocks that a query touches; the time that they take in memory.
    fn count_blocks(&mut self, cx: &mut Cx<'_>) -> Ns {
        let (class, is_range) = (cx.class(), self.is_range(cx));
        let Some(blocks) = &mut self.blocks else { return 0 };
        if class == Class::Write { blocks.write() } else { blocks.read(is_range) }
    }

    /// The time that it takes to have the statement of a query parsed.
    fn parse(&mut self, cx: &mut Cx<'_>) -> Ns {
        if self.plans.is_none() {
            return 0;
        }
        let statement = cx.core.data_key(cx.frame);
        self.plans.as_mut().map_or(0, |plans| plans.look_up(cx.number() as u32, statement))
    }

    fn set_plans(&mut self, params: &Params, build: &mut Build<'_>) {
        let before = self.plans.take();
        self.plans = Plans::new(params);
        if let (Some(new), Some(old)) = (&mut self.plans, before) {
            new.inherit(*old);
        }
        if self.plans.is_some() {
            build.reads_keys();
        }
        self.counts = self.blocks.is_some() || self.plans.is_some();
    }

    /// What a query does that locks, or waits for a disk.
    #[cold]
    #[inline(never)]
    fn transact(&mut self, cx: &mut Cx<'_>) -> Next {
        let pc = cx.pc();
        if pc == LOGGED {
            return self.take_effect(cx);
        }
        if matches!(pc, LOCK_GIVEN_UP | LOCK_PATIENCE | CHECKPOINT) {
            let nothing = Work { time: 0, is_range: false };
            return self
                .transactions
                .as_mut()
                .map_or(Next::Reply(Outcome::Ok), |all| all.step(cx, None, nothing));
        }
        if pc == ENTER && self.plans.is_some() {
            let time = self.parse(cx);
            return Next::Told(cx.core.work_on(cx.frame, time, PARSED));
        }
        if pc == PARSED {
            cx.frame().pc = ENTER;
        }
        let sampler = if cx.class() == Class::Write { &self.write_time } else { &self.read_time };
        let mut time = sampler.draw(&mut cx.draws(self.times));
        let is_range = self.is_range(cx);
        if pc == ENTER || pc == PARSED {
            self.count_blocks(cx);
        }
        let blocks = self.blocks.as_deref();
        time = time.saturating_add(blocks.map_or(0, |blocks| blocks.time_of(cx.class(), is_range)));
        match &mut self.transactions {
            Some(all) => all.step(cx, blocks, Work { time, is_range }),
            None => Next::Reply(Outcome::Upstream),
        }
    }

    /// The last step of such a query.
    fn take_effect(&mut self, cx: &mut Cx<'_>) -> Next {
        let is_lost = self.transactions.as_ref().is_some_and(|all| all.overwrites(cx));
        let then = self.last_step(cx);
        cx.frame().pc = then;
        let next = self.step(cx);
        let is_refused = matches!(next, Next::Reply(outcome) if !outcome.is_ok());
        if let Some(all) = self.transactions.as_ref().filter(|_| is_lost && !is_refused) {
            all.count_lost(cx.core);
        }
        next
    }

    /// Whether an instance replays its log after a crash.
    fn recovers(&self, cx: &Cx<'_>) -> bool {
        self.transactions.as_ref().is_some_and(|all| all.recovers(cx))
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
            "P. Bailis et al., \"Probabilistically Bounded Staleness for Practical Partial Quorums\", VLDB 2012: four messages, each with a time of its own",
            "D. K. Gifford, \"Weighted Voting for Replicated Data\", SOSP 1979: R + W > N",
            "K. P. Eswaran, J. N. Gray, R. A. Lorie, I. L. Traiger, \"The Notions of Consistency and Predicate Locks in a Database System\", CACM 19 (1976): two-phase locking",
            "H. Berenson et al., \"A Critique of ANSI SQL Isolation Levels\", SIGMOD 1995: lost updates",
            "C. Mohan et al., \"ARIES: A Transaction Recovery Method\", ACM TODS 17 (1992): checkpoints, redo from the log (a model here: each write of the log takes the same time)",
            "J. Gray, A. Reuter, Transaction Processing: Concepts and Techniques (1993): buffer cache, log, circles of those that wait",
            "PostgreSQL 17 Documentation, section 19.11: lock_timeout; MySQL 8.4 Reference Manual: innodb_lock_wait_timeout",
            "PostgreSQL 17 Documentation, section 19.4, and source of its buffer manager: large scans go past the cache (a model here: beyond 1,024 blocks)",
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
            GaugeKind {
                name: "plan_look_ups", label: Words::new("Statements looked up", "찾은 문장 수")
            },
            GaugeKind {
                name: "plan_hits",
                label: Words::new("Statements found parsed", "파싱되어 있던 문장"),
            },
            GaugeKind { name: "plan_probes", label: Words::new("Entries looked at", "비교한 항목 수") },
            GaugeKind { name: "blocks_read", label: Words::new("Blocks read", "읽은 블록") },
            GaugeKind { name: "blocks_written", label: Words::new("Blocks written", "쓴 블록") },
            GaugeKind { name: "lock_waits", label: Words::new("Waits for locks", "락을 기다린 횟수") },
            GaugeKind {
                name: "waiting_for_locks",
                label: Words::new("Waiting for locks now", "지금 락을 기다리는 쓰기"),
            },
            GaugeKind { name: "deadlocks", label: Words::new("Deadlocks", "교착 상태") },
            GaugeKind {
                name: "lock_timeouts",
                label: Words::new("Waits for locks given up", "포기한 락 대기"),
            },
            GaugeKind {
                name: "buffer_hits",
                label: Words::new("Blocks found in memory", "메모리에서 찾은 블록"),
            },
            GaugeKind {
                name: "buffer_misses",
                label: Words::new("Blocks not in memory", "메모리에 없던 블록"),
            },
            GaugeKind { name: "disk_reads", label: Words::new("Disk reads", "디스크 읽기") },
            GaugeKind { name: "disk_flushes", label: Words::new("Log writes", "로그 쓰기") },
            GaugeKind {
                name: "blocks_flushed", label: Words::new("Blocks written back", "되돌려 쓴 블록")
            },
            GaugeKind { name: "checkpoints", label: Words::new("Checkpoints", "체크포인트") },
            GaugeKind { name: "recoveries", label: Words::new("Recoveries", "복구 횟수") },
            GaugeKind {
                name: "disk_utilisation", label: Words::new("Disk utilisation", "디스크 사용률")
            },
        ],
    };
    const IS_HOT: bool = true;
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        build.serves(params.workers, params.backlog, &params.replicas.station);
        build.core.set_connection_size(build.part, params.connection_mb.0);
        let mut db = Self {
            read_time: Sampler::new(&params.read_time),
            write_time: Sampler::new(&params.write_time),
            times: build.stream(TIMES),
            blocks: Blocks::new(params),
            ranges: build.stream(RANGES),
            plans: None,
            counts: false,
            rows: build.rows(),
            transactions: None,
            group: None,
            replicates: false,
            quorum: None,
            votes: false,
        };
        db.transactions = Transactions::new(params, build, None, db.rows);
        db.set_plans(params, build);
        db.replicate(params, build);
        db
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            READ => {
                cx.core.read_row(cx.frame, self.rows);
                return Next::Reply(Outcome::Ok);
            }
            DONE => return Next::Reply(Outcome::Ok),
            WRITTEN => return Next::Reply(cx.core.write_row(cx.frame, self.rows)),
            START => {}
            ENTER..=CHECKPOINT => return self.transact(&mut cx.again()),
            _ => return self.step_replica(cx),
        }
        if self.replicates && self.takes_no_writes(cx) {
            return Next::Reply(Outcome::Upstream);
        }
        let mut draws = cx.draws(self.times);
        let sampler = match cx.class() {
            Class::Probe if !self.recovers(cx) => return Next::Acquire { slot: 0, then: DONE },
            _ if self.transactions.as_ref().is_some_and(|all| all.are_on()) => {
                let recovers = self.recovers(cx);
                return if recovers {
                    Next::Reply(Outcome::Upstream)
                } else {
                    Next::Acquire { slot: 0, then: ENTER }
                };
            }
            Class::Probe => return Next::Reply(Outcome::Upstream),
            Class::Write => &self.write_time,
            Class::Static | Class::Read => &self.read_time,
        };
        let then = self.last_step(cx);
        let mut time = sampler.draw(&mut draws);
        if self.counts {
            let more = self.count_blocks(&mut cx.again()).saturating_add(self.parse(&mut cx.again()));
            time = time.saturating_add(more);
        }
        cx.visit(0, time, then)
    }

    /// New times hold for queries that arrive from now on.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        build.serves(params.workers, params.backlog, &params.replicas.station);
        build.core.set_connection_size(build.part, params.connection_mb.0);
        self.read_time = Sampler::new(&params.read_time);
        self.write_time = Sampler::new(&params.write_time);
        let before = self.blocks.take().map_or((0, 0), |blocks| (blocks.read, blocks.written));
        self.blocks = Blocks::new(params);
        if let Some(blocks) = &mut self.blocks {
            (blocks.read, blocks.written) = before;
        }
        self.set_plans(params, build);
        let before = self.transactions.take();
        self.transactions = Transactions::new(params, build, before, self.rows);
        self.replicate(params, build);
    }

    fn bytes(&self) -> usize {
        self.transactions.as_ref().map_or(0, |all| all.bytes())
            + self.plans.as_ref().map_or(0, |plans| plans.bytes())
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        if let Some(all) = &mut self.transactions {
            all.started(cx);
        }
        if let Some(group) = self.group {
            cx.core.join_group(cx.instance, group);
        }
        if let Some(quorum) = self.quorum {
            cx.core.join_quorum(cx.instance, quorum);
        }
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        let number = cx.number();
        if let Some(all) = &mut self.transactions {
            all.killed(cx.core, number);
        }
        if let Some(plans) = &mut self.plans {
            plans.killed(number as u32);
        }
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
        if let Some(all) = &self.transactions {
            let lost = out.iter_mut().find(|gauge| gauge.name == "lost_updates");
            if let (Some(gauge), Some(lost)) = (lost, all.lost_updates(core)) {
                gauge.value += lost;
            }
            all.gauges(core, out);
        }
        if let Some(plans) = &self.plans {
            out.push(Gauge { name: "plan_look_ups", value: plans.looked as f64 });
            out.push(Gauge { name: "plan_hits", value: plans.found as f64 });
            out.push(Gauge { name: "plan_probes", value: plans.probes as f64 });
        }
        if let Some(blocks) = &self.blocks {
            out.push(Gauge { name: "blocks_read", value: blocks.read as f64 });
            out.push(Gauge { name: "blocks_written", value: blocks.written as f64 });
        }
    }
}
