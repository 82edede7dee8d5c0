//! The database: it answers reads and writes.

use super::spec::{Component, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Cx, DONE, Next, Pc, Sampler, Stream};
use crate::observe::{Class, Outcome};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::resource::StationParams;
use crate::system::{EdgeKind, Mode, Verb};

params! {
    /// What a database is set to.
    pub struct Params with station: StationParams {
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
}

impl Component for Db {
    const SPEC: TypeSpec = TypeSpec {
        name: "db",
        label: Words::new("Database", "데이터베이스"),
        help: Words::new(
            "Answers reads and writes, a few at a time; the others wait.",
            "읽기와 쓰기를 몇 개씩 처리하고 나머지는 대기시킵니다.",
        ),
        group: Group::Data,
        icon: "database",
        params: Params::SPECS,
        offers: &[],
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: false,
        sources: &[
            "L. Kleinrock, Queueing Systems I (1975): a group of connections before a station",
            "R. Bayer, E. McCreight, \"Organization and Maintenance of Large Ordered Indices\", Acta Informatica 1 (1972)",
        ],
        gauges: &[],
    };
    const IS_HOT: bool = true;
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        build.serves(params.workers, params.backlog, &params.station);
        Self {
            read_time: Sampler::new(&params.read_time),
            write_time: Sampler::new(&params.write_time),
            times: build.stream(TIMES),
            rows: build.rows(),
        }
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            READ => {
                cx.core.read_row(cx.frame, self.rows);
                return Next::Reply(Outcome::Ok);
            }
            WRITTEN => return Next::Reply(cx.core.write_row(cx.frame, self.rows)),
            _ => {}
        }
        let mut draws = cx.draws(self.times);
        let (sampler, then) = match cx.class() {
            Class::Probe => return Next::Acquire { slot: 0, then: DONE },
            Class::Write => (&self.write_time, WRITTEN),
            Class::Static | Class::Read => (&self.read_time, READ),
        };
        // Rows are kept only where somebody asks for their versions.
        let then = if cx.core.reads_keys { then } else { DONE };
        let time = sampler.draw(&mut draws);
        cx.visit(0, time, then)
    }

    /// New times hold for queries that arrive from now on.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        build.serves(params.workers, params.backlog, &params.station);
        self.read_time = Sampler::new(&params.read_time);
        self.write_time = Sampler::new(&params.write_time);
    }
}
