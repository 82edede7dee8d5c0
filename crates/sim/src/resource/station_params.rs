//! What every part with workers and a queue can be set to, declared once for all of them.

use super::{QueueOrder, WhenFull};
use crate::{choices, params};

choices! {
    /// Which class of calls goes before the others.
    pub enum Express {
        None = "none", en "none", ko "없음";
        Static = "static", en "static requests", ko "정적 요청";
        Read = "read", en "reads", ko "읽기";
        Write = "write", en "writes", ko "쓰기";
        Probe = "probe", en "health checks", ko "헬스 체크";
    }
}

choices! {
    /// How load is shed before the queue is full.
    pub enum Shed {
        None = "none", en "not before the queue is full", ko "대기열이 찰 때까지 안 함";
        /// Whoever has waited too long when its turn comes.
        Waited = "waited", en "calls that have waited too long", ko "너무 오래 기다린 호출";
        /// The same, strictly only while the queue has not been empty for some time: CoDel as servers use it
        /// (K. Nichols and V. Jacobson, Controlling Queue Delay, 2012; B. Maurer, Fail at Scale, 2015).
        Controlled = "controlled", en "controlled delay (CoDel)", ko "지연 제어(CoDel)";
        /// Whoever comes while the oldest has waited too long.
        Newcomers = "newcomers", en "newcomers while the oldest waits too long", ko "대기가 길 때 새 호출";
    }
}

choices! {
    /// How many calls an instance lets in.
    pub enum Concurrency {
        Fixed = "fixed", en "as many as work and wait", ko "처리와 대기 자리만큼";
        /// Additive increase, multiplicative decrease by the time that answers take.
        Adaptive = "aimd", en "adapts to latency (AIMD)", ko "지연 시간에 맞춰 조절(AIMD)";
    }
}

params! {
    /// How a station serves those who come, whatever the part does for them.
    pub struct StationParams {
        order: QueueOrder = QueueOrder::Fifo, [], key "or", since 1,
            en "Order" "Who of those that wait is next.",
            ko "대기 순서" "기다리는 것 중 다음에 처리할 것을 고르는 순서입니다.";
        when_full: WhenFull = WhenFull::Refuse, [], key "wf", since 1,
            en "When full" "Who has to go when the backlog is full: the newcomer, or the one that has waited longest.",
            ko "가득 찼을 때" "백로그가 가득 찼을 때 거부할 대상입니다. 새로 온 것 또는 가장 오래 기다린 것입니다.";
        limit_rps: Rate = Rate(0.0), [0, 10_000_000], key "lr", since 1,
            en "Rate limit" "Each instance takes at most this many a second and refuses the rest at once. 0 sets no limit.",
            ko "속도 제한" "인스턴스 하나가 초당 받는 최대 수입니다. 넘치면 바로 거부합니다. 0이면 제한이 없습니다.";
        limit_burst: Count = Count(10), [1, 1_000_000], key "lu", since 1,
            en "Limit burst" "After a quiet time, so many may come at once in spite of the rate limit.",
            ko "순간 허용량" "한동안 조용했다면 속도 제한과 상관없이 한꺼번에 받을 수 있는 수입니다.";
        first: Express = Express::None, [], key "fi", since 1,
            en "Goes first" "Calls of this class are served before all others, in their order.",
            ko "우선 처리" "이 종류의 호출을 다른 모든 호출보다 먼저 처리합니다.";
        preempt: Flag = Flag(false), [], key "pr", since 1,
            en "Interrupts" "Calls that go first interrupt the work on others, which goes on later where it stopped.",
            ko "선점" "우선 호출이 다른 호출의 처리를 중단시킵니다. 중단된 처리는 나중에 멈춘 곳부터 이어집니다.";
        shed: Shed = Shed::None, [], key "sh", since 1,
            en "Load shedding" "Which calls are answered with an error at once, so that the others are in time. Not where work is shared.",
            ko "부하 차단" "나머지가 제때 처리되도록 바로 오류로 답할 호출입니다. 공유 방식에서는 쓰지 않습니다.";
        shed_ms: Millis = Millis(100.0), [0, 3_600_000], key "sm", since 1,
            en "Too long" "The wait from which calls are shed.",
            ko "허용 대기 시간" "이보다 오래 기다리면 차단 대상이 됩니다.",
            when shed in ["waited", "controlled", "newcomers"];
        shed_interval_ms: Millis = Millis(500.0), [0, 3_600_000], key "si", since 1,
            en "Interval" "While the queue was empty within this time, calls may wait as long as this.",
            ko "관찰 간격" "이 시간 안에 대기열이 빈 적이 있으면 이만큼까지 기다릴 수 있습니다.",
            when shed in ["controlled"];
        concurrency: Concurrency = Concurrency::Fixed, [], key "cc", since 1,
            en "Concurrency" "How many calls an instance lets in, at work and waiting together; the next is refused.",
            ko "동시성 제한" "처리 중과 대기 중을 합쳐 인스턴스가 받아들이는 호출 수를 정하는 방식입니다. 넘치면 거부합니다.";
        concurrency_ms: Millis = Millis(250.0), [0.001, 3_600_000], key "cm", since 1,
            en "Latency aimed at" "Answers within this time raise the limit by one for every round of it; one that takes longer lowers it to nine tenths.",
            ko "목표 지연 시간" "이 시간 안에 답하면 한도가 한 바퀴에 하나씩 오르고, 더 걸리면 9할로 줄어듭니다.",
            when concurrency in ["aimd"];
        reply_kb: Number = Number(0.0), [0, 10_000_000], key "rz", since 1,
            en "Size of an answer (kB)" "How long a good answer is: what it takes on links of limited bandwidth.",
            ko "응답 크기(kB)" "정상 응답의 크기입니다. 대역폭이 제한된 연결에서 이만큼 시간이 걸립니다.";
        pause_every: Law = Law::Constant { ms: 0.0 }, [0, 3_600_000_000_000_000_u64], key "pe", since 1,
            en "Time between pauses" "From one pause of an instance, such as a garbage collection, to the next. 0 makes none.",
            ko "정지 간격" "가비지 컬렉션처럼 인스턴스가 스스로 멈추는 일시 정지 사이의 시간입니다. 0이면 멈추지 않습니다.";
        pause_time: Law = Law::Constant { ms: 100.0 }, [0, 3_600_000], key "pt", since 1,
            en "Length of pauses" "How long an instance stands still: work stops where it is, calls queue, answers lie.",
            ko "정지 시간" "인스턴스가 멈춰 있는 시간입니다. 처리는 그 자리에서 멈추고 호출은 대기합니다.";
        pause_per_call_ms: Millis = Millis(0.0), [0, 3_600_000], key "pc", since 1,
            en "Pause per call" "A pause is so much longer for each call that the instance holds when it begins, at work or waiting: a garbage collection walks through all that is alive.",
            ko "호출당 정지 시간" "멈추기 시작할 때 처리 중이거나 대기 중인 호출 하나마다 정지가 이만큼 길어집니다. 가비지 컬렉션은 살아 있는 객체를 모두 훑기 때문입니다.";
    }
}
