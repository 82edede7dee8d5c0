//! The server: a machine that software is inside of, which shares its cores and its memory and dies with it.

use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::choices;
use crate::engine::{Build, Core, Cx, InstanceId, MILLISECOND, Next, Ns, Pc, Sampler, Stream};
use crate::observe::{Outcome, What};
use crate::param::{ParamSet, Words};
use crate::params;
use crate::system::{Mode, Verb};

choices! {
    /// What happens where software wants more memory than there is.
    pub enum Memory {
        Unlimited = "unlimited", en "not simulated", ko "시뮬레이션 안 함";
        /// What does not fit lies on disk, and work waits for it.
        Swap = "swap", en "swap to disk", ko "디스크로 스왑";
        /// The largest process is killed.
        Kill = "kill", en "kill the largest process (OOM)", ko "가장 큰 프로세스 종료(OOM)";
    }
}

params! {
    /// What a server is set to.
    pub struct Params costs 0.2 {
        cores: Count = Count(4), [1, 1_024], key "co", since 1,
            en "Cores" "So many pieces of work of the software inside get on at full speed at the same time; more share the cores evenly. Each of several servers has its own, and instances inside are spread over them in turn.",
            ko "코어" "안의 소프트웨어가 하는 일 가운데 동시에 제 속도로 진행되는 수입니다. 더 많으면 코어를 고르게 나눕니다. 서버가 여러 대면 각자 코어가 있고, 안의 인스턴스는 차례로 배치됩니다.";
        speed: Number = Number(1.0), [0.001, 1_000], key "sp", since 1,
            en "Speed" "How much faster a core is than the times of the parts inside say.",
            ko "속도" "안의 부품에 적힌 처리 시간보다 코어가 몇 배 빠른지 정합니다.";
        nic_mbps: Number = Number(0.0), [0, 1_000_000], key "ni", since 1,
            en "Network interface (Mbit/s)" "All that the software inside sends, answers and calls, shares this. Each of several servers has its own. 0 sets no limit.",
            ko "네트워크 인터페이스(Mbit/s)" "안의 소프트웨어가 보내는 응답과 호출이 모두 함께 쓰는 속도입니다. 서버가 여러 대면 각자 있습니다. 0이면 제한이 없습니다.";
        memory: Memory = Memory::Unlimited, [], key "me", since 1,
            en "Memory" "What happens where software wants more memory than there is.",
            ko "메모리" "소프트웨어가 메모리보다 많이 쓰려 할 때 일어나는 일입니다.";
        memory_mb: Count = Count(16_384), [1, 100_000_000], key "mm", since 1,
            en "Memory size (MB)" "What all software on one machine shares.",
            ko "메모리 크기(MB)" "한 기계의 모든 소프트웨어가 함께 쓰는 크기입니다.",
            when memory in ["swap", "kill"];
        process_mb: Count = Count(200), [0, 100_000_000], key "pm", since 1,
            en "Memory of a process (MB)" "What each instance inside takes while it runs.",
            ko "프로세스 메모리(MB)" "안의 인스턴스 하나가 실행 중에 쓰는 크기입니다.",
            when memory in ["swap", "kill"];
        call_mb: Number = Number(5.0), [0, 1_000_000], key "cm", since 1,
            en "Memory of a call (MB)" "What each call takes on top while it holds a worker or waits for one.",
            ko "호출 메모리(MB)" "호출 하나가 워커를 쓰거나 기다리는 동안 더 쓰는 크기입니다.",
            when memory in ["swap", "kill"];
        swap_times: Number = Number(50.0), [1, 100_000], key "sw", since 1,
            en "Swapped work" "Work would take so many times as long if all its memory were on disk; as much of that as the share that is.",
            ko "스왑 배율" "메모리가 모두 디스크에 있다면 일이 몇 배 오래 걸리는지 정합니다. 디스크에 있는 비율만큼 느려집니다.",
            when memory in ["swap"];
        restart_time: Law = Law::Constant { ms: 0.0 }, [0, 3_600_000], key "rt", since 1,
            en "Restart" "A process that was killed for its memory is started again after this time, with empty hands. 0 leaves it dead.",
            ko "재시작 시간" "메모리 때문에 종료된 프로세스를 이 시간 뒤에 빈 상태로 다시 시작합니다. 0이면 그대로 둡니다.",
            when memory in ["kill"];
    }
}

const TIMES: u32 = 1;
const LOOK: Pc = 2;
const KILLED: Pc = 3;
/// How often it looks how much memory is taken.
const INTERVAL: Ns = 100 * MILLISECOND;

/// A running server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    params: Params,
    part: u32,
    killed: u64,
    /// Processes that are to be started again, and when.
    down: Vec<(Ns, InstanceId)>,
    restart: Sampler,
    times: Stream,
    /// Megabytes taken on each machine when it looked last.
    taken: Vec<f64>,
}

impl Server {
    fn set(&mut self, params: &Params, build: &mut Build<'_>) {
        build.holds_others(0, params.speed.0);
        build.cores(params.cores.0);
        build.interface(params.nic_mbps.0);
        self.params = params.clone();
        self.restart = Sampler::new(&params.restart_time);
    }

    fn memory_of(&self, core: &Core, instance: InstanceId) -> f64 {
        let [busy, _, waiting] = core.load_of(instance);
        f64::from(self.params.process_mb.0)
            + self.params.call_mb.0 * (f64::from(busy) + f64::from(waiting))
            + core.memory_of_workers(instance)
            + core.memory_of_connections(instance)
    }

    /// Looks how much memory is taken, and does what is to be done where that is too much.
    fn look(&mut self, cx: &mut Cx<'_>) -> Next {
        if self.params.memory == Memory::Unlimited {
            // Nobody looks any more.
            cx.core.swap(cx.instance, 1.0);
            return Next::Reply(Outcome::Ok);
        }
        if let Some(due) = self.down.iter().position(|(at, _)| *at <= cx.core.now) {
            let (_, process) = self.down.swap_remove(due);
            return Next::Told(cx.order(true, vec![process], LOOK));
        }
        let mut software = cx.core.software_on(cx.instance);
        software.retain(|instance| cx.core.is_up(*instance));
        let sizes: Vec<f64> = software.iter().map(|instance| self.memory_of(cx.core, *instance)).collect();
        let (taken, there) = (sizes.iter().sum::<f64>(), f64::from(self.params.memory_mb.0));
        let number = cx.number();
        if self.taken.len() <= number {
            self.taken.resize(number + 1, 0.0);
        }
        self.taken[number] = taken;
        let over = if taken > there { (taken - there) / taken } else { 0.0 };
        let swaps = self.params.memory == Memory::Swap;
        cx.core.swap(cx.instance, if swaps { 1.0 + over * (self.params.swap_times.0 - 1.0) } else { 1.0 });
        if swaps || over == 0.0 {
            return Next::Sleep { time: INTERVAL, then: LOOK };
        }
        let largest = sizes.iter().copied().fold(0.0, f64::max);
        let victim = sizes.iter().position(|size| *size == largest).map(|at| software[at]);
        let Some(victim) = victim else { return Next::Sleep { time: INTERVAL, then: LOOK } };
        self.killed += 1;
        if self.params.restart_time.mean_ms() > 0.0 {
            let time = self.restart.draw(&mut self.times.at(self.killed));
            self.down.push((cx.core.now.saturating_add(time), victim));
        }
        let target = cx.core.target_of(victim);
        cx.core.tell(What::Struck { verb: Verb::Kill, target });
        Next::Told(cx.order(false, vec![victim], KILLED))
    }
}

impl Component for Server {
    const SPEC: TypeSpec = TypeSpec {
        name: "server",
        label: Words::new("Server", "서버"),
        help: Words::new(
            "A machine that software is inside of. It shares the cores and the memory, and its loss is the loss of all that runs on it.",
            "소프트웨어가 들어가는 기계입니다. 코어와 메모리를 함께 쓰고, 기계가 꺼지면 그 위의 모든 것이 사라집니다.",
        ),
        group: Group::Places,
        icon: "server",
        params: Params::SPECS,
        offers: &[],
        accepts: &[],
        faults: Verb::OF_MACHINES,
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: false,
        sources: &[
            "L. Kleinrock, Queueing Systems, volume 2 (1976), section 4.4: processor sharing",
            "P. J. Denning, \"Thrashing: Its Causes and Prevention\", AFIPS 1968: memory that does not fit (a model here: work slows down by the share on disk)",
            "Manual of Linux, proc(5): the process that is killed when memory runs out",
        ],
        gauges: &[
            GaugeKind { name: "wanted_cores", label: Words::new("Cores wanted", "필요한 코어") },
            GaugeKind {
                name: "memory_mb", label: Words::new("Memory taken (MB)", "사용 중 메모리(MB)")
            },
            GaugeKind { name: "sent_mbps", label: Words::new("Sent (Mbit/s)", "송신(Mbit/s)") },
            GaugeKind {
                name: "killed_processes",
                label: Words::new("Processes killed for memory", "메모리 부족으로 종료된 프로세스"),
            },
        ],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        build.stations(&[]);
        let mut server = Self {
            params: params.clone(),
            part: build.part,
            killed: 0,
            down: Vec::new(),
            restart: Sampler::new(&params.restart_time),
            times: build.stream(TIMES),
            taken: Vec::new(),
        };
        server.set(params, build);
        server
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            LOOK => self.look(cx),
            KILLED => Next::Sleep { time: INTERVAL, then: LOOK },
            _ => Next::Reply(Outcome::Refused),
        }
    }

    /// What is under way goes on with the new cores.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        let looked = self.params.memory != Memory::Unlimited;
        self.set(params, build);
        if !looked && params.memory != Memory::Unlimited {
            build.start_processes(INTERVAL, LOOK, 0);
        }
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        if self.params.memory != Memory::Unlimited {
            cx.start_process(INTERVAL, LOOK, 0);
        }
    }

    fn bytes(&self) -> usize {
        self.taken.capacity() * size_of::<f64>() + self.down.capacity() * size_of::<(Ns, InstanceId)>()
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        let wanted: u32 = (0..core.parts[self.part as usize].present)
            .map(|number| core.wanted_cores(self.part, number))
            .sum();
        out.push(Gauge { name: "wanted_cores", value: f64::from(wanted) });
        out.push(Gauge { name: "memory_mb", value: self.taken.iter().sum() });
        out.push(Gauge { name: "sent_mbps", value: core.per_measured_second(core.megabits_sent(self.part)) });
        out.push(Gauge { name: "killed_processes", value: self.killed as f64 });
    }
}
