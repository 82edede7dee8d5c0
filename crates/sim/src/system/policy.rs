//! What callers do about answers that do not come: the policy of an edge.

use crate::{choices, params};

choices! {
    /// Which failures are tried again.
    pub enum RetryOn {
        None = "none", en "nothing", ko "없음";
        /// Nobody took the call, or the connection broke: refused, reset.
        Connection = "connection", en "connection errors", ko "연결 오류";
        /// Timeouts and error replies as well.
        All = "all", en "every failure", ko "모든 실패";
    }
}

choices! {
    /// How the pauses between attempts are spread, so that callers who failed together do not return together.
    pub enum Jitter {
        /// Everybody waits for as long.
        None = "none", en "none", ko "없음";
        /// Anything from nothing to the whole pause.
        Full = "full", en "full", ko "전체";
        /// Half of the pause, and anything up to the other half.
        Equal = "equal", en "equal", ko "절반";
        /// Anything from the first pause to three times the last one.
        Decorrelated = "decorrelated", en "decorrelated", ko "비상관";
        /// Memoryless, with the pause as its mean; never longer than the longest backoff.
        Exponential = "exponential", en "exponential", ko "지수 분포";
    }
}

choices! {
    /// Which calls a circuit breaker judges by.
    pub enum BreakerWindow {
        /// Those of the last stretch of time.
        Time = "time", en "of a time", ko "시간";
        /// So many last ones, in however long.
        Calls = "calls", en "the last calls", ko "최근 호출";
    }
}

params! {
    /// What the caller on an edge does about answers that do not come.
    pub struct Policy {
        timeout_ms: Millis = Millis(1000.0), [0, 3_600_000], key "to", since 1,
            en "Timeout" "The caller gives up after this time; the work that it left behind goes on. 0 waits for ever.",
            ko "타임아웃" "이 시간이 지나면 호출자가 포기합니다. 이미 시작된 작업은 계속됩니다. 0이면 무한히 기다립니다.";
        retries: Count = Count(0), [0, 100], key "re", since 1,
            en "Retries" "How often a failed call is tried again. Every attempt is a call of its own with its own timeout.",
            ko "재시도" "실패한 호출을 다시 시도하는 횟수입니다. 시도마다 별개의 호출이며 타임아웃도 따로 적용됩니다.";
        retry_on: RetryOn = RetryOn::All, [], key "ro", since 1,
            en "Retried failures" "Which failures are tried again. What the caller itself refused to send is not.",
            ko "재시도 대상" "다시 시도할 실패의 종류입니다. 호출자 스스로 보내지 않은 호출은 다시 시도하지 않습니다.";
        backoff_ms: Millis = Millis(100.0), [0, 3_600_000], key "ba", since 1,
            en "Backoff" "The pause before the first retry; it doubles with every further one.",
            ko "백오프" "첫 재시도 전의 대기 시간입니다. 재시도할 때마다 두 배가 됩니다.";
        backoff_cap_ms: Millis = Millis(10_000.0), [0, 3_600_000], key "bc", since 1,
            en "Longest backoff" "No pause before a retry is longer than this.",
            ko "최대 백오프" "재시도 전 대기 시간의 상한입니다.";
        jitter: Jitter = Jitter::Full, [], key "ji", since 1,
            en "Jitter" "How the pauses are spread by chance, so that callers who failed together do not return together.",
            ko "지터" "함께 실패한 호출자들이 한꺼번에 돌아오지 않도록 대기 시간을 무작위로 흩뜨리는 방법입니다.";
        retry_budget: Share = Share(0.0), [0, 1], key "rb", since 1,
            en "Retry budget" "Every call of a caller earns it this share of a retry; without a whole one saved up it does not retry. 0 sets no budget.",
            ko "재시도 예산" "호출 하나가 적립하는 재시도의 비율입니다. 적립이 하나에 못 미치면 재시도하지 않습니다. 0이면 제한이 없습니다.";
        retry_burst: Count = Count(10), [1, 100_000], key "ru", since 1,
            en "Retry reserve" "At most so many retries are saved up; a caller begins with them.",
            ko "재시도 적립 한도" "적립할 수 있는 재시도 수입니다. 처음에는 가득 찬 상태로 시작합니다.";
        cancel: Flag = Flag(false), [], key "ca", since 1,
            en "Cancellation" "A caller that gives up tells the callee, which stops working on the call and on what it had called for it.",
            ko "취소 전파" "호출자가 포기하면 상대에게 알리고, 상대는 그 작업과 하위 호출을 멈춥니다.";
        deadline: Flag = Flag(false), [], key "dl", since 1,
            en "Deadline propagation" "Calls carry the time that is left. Who gets to a call too late refuses it at once, and waits for others no longer than that.",
            ko "데드라인 전파" "호출에 남은 시간을 실어 보냅니다. 시간이 지난 호출은 바로 거절하고, 하위 호출도 그 시간까지만 기다립니다.";
        breaker_share: Share = Share(0.0), [0, 1], key "bs", since 1,
            en "Circuit breaker" "Once this share of the calls in the window has failed, the caller sends none for a while. 0 has no breaker.",
            ko "서킷 브레이커" "구간 안의 호출 중 이 비율이 실패하면 한동안 호출을 보내지 않습니다. 0이면 쓰지 않습니다.";
        breaker_window: BreakerWindow = BreakerWindow::Time, [], key "bk", since 1,
            en "Breaker counts" "Which calls the breaker judges by: those of a time, or the last ones, as many as its minimum (at most 1,024).",
            ko "브레이커 기준" "브레이커가 판단하는 호출입니다. 일정 시간의 호출 또는 최근 호출(최소 호출 수만큼, 최대 1,024개)입니다.";
        breaker_window_s: Seconds = Seconds(10.0), [0.01, 3_600], key "bw", since 1,
            en "Breaker window" "The time over which the breaker counts.",
            ko "브레이커 구간" "브레이커가 실패를 세는 구간의 길이입니다.", when breaker_window in ["time"];
        breaker_calls: Count = Count(20), [1, 1_000_000], key "bm", since 1,
            en "Breaker minimum" "With fewer calls in the window the breaker stays closed.",
            ko "브레이커 최소 호출" "구간 안의 호출이 이보다 적으면 브레이커가 열리지 않습니다.";
        breaker_open_s: Seconds = Seconds(5.0), [0, 3_600], key "bo", since 1,
            en "Breaker open" "How long an open breaker sends nothing before it lets trial calls through.",
            ko "브레이커 열림" "열린 브레이커가 시험 호출을 허용하기까지의 시간입니다.";
        breaker_trials: Count = Count(1), [1, 1_000], key "bt", since 1,
            en "Breaker trials" "So many good trial calls close the breaker; one that fails opens it again.",
            ko "브레이커 시험 호출" "시험 호출이 이만큼 성공하면 닫히고, 하나라도 실패하면 다시 열립니다.";
        pool_size: Count = Count(0), [0, 100_000], key "ps", since 1,
            en "Connections" "Calls that one instance of the caller has under way at the same time. 0 sets no limit.",
            ko "연결 수" "호출자 인스턴스 하나가 동시에 진행하는 호출 수입니다. 0이면 제한이 없습니다.";
        pool_waiters: Count = Count(100), [0, 1_000_000], key "pw", since 1,
            en "Waiters" "Calls that may wait for a free connection; the next fails at once.",
            ko "연결 대기 수" "빈 연결을 기다릴 수 있는 호출 수입니다. 넘치면 바로 실패합니다.";
        pool_wait_ms: Millis = Millis(1000.0), [0, 3_600_000], key "pt", since 1,
            en "Longest wait" "A call that waits for a connection longer than this fails. 0 waits for ever.",
            ko "연결 대기 시간" "연결을 이보다 오래 기다리면 실패합니다. 0이면 무한히 기다립니다.";
        connect_ms: Millis = Millis(0.0), [0, 3_600_000], key "cn", since 1,
            en "Connecting" "A new connection takes a round trip and this time to open; then it stays open and is used again. 0 means that connections cost nothing.",
            ko "연결 수립" "새 연결을 여는 데 왕복 한 번과 이 시간이 걸리며, 열린 연결은 다시 사용합니다. 0이면 연결 비용이 없습니다.";
        pool_idle_s: Seconds = Seconds(60.0), [0, 86_400], key "pi", since 1,
            en "Longest idle time" "A connection that nobody has used for longer is closed. 0 keeps it open.",
            ko "유휴 연결 유지" "이 시간보다 오래 쓰지 않은 연결은 닫습니다. 0이면 계속 열어 둡니다.";
        hedge_ms: Millis = Millis(0.0), [0, 3_600_000], key "he", since 1,
            en "Hedge after" "A call without an answer for this long is sent a second time, if possible to another instance; the first good answer counts. 0 hedges nothing.",
            ko "헤지 시점" "이 시간 동안 응답이 없으면 가능한 한 다른 인스턴스로 한 번 더 보내고, 먼저 온 성공 응답을 씁니다. 0이면 쓰지 않습니다.";
        fan_out: Count = Count(1), [1, 2_000], key "fo", since 1,
            en "Copies at once" "So many copies of a call are sent at once, to one instance after another. Each is a call of its own with its own timeout and retries.",
            ko "동시 복제 호출" "호출 하나를 이만큼 복제해 여러 인스턴스로 동시에 보냅니다. 각각 별개의 호출이며 타임아웃과 재시도도 따로 적용됩니다.";
        need: Count = Count(0), [0, 2_000], key "ne", since 1,
            en "Answers needed" "Of calls sent at once, so many good answers suffice; the others are then called off, or left behind without cancellation. 0 needs all of them.",
            ko "필요한 응답 수" "동시에 보낸 호출 중 이만큼 성공하면 충분합니다. 나머지는 취소하거나, 취소 전파가 없으면 그대로 둡니다. 0이면 모두 필요합니다.";
        throttle_ratio: Number = Number(0.0), [0, 1_000], key "tk", since 1,
            en "Throttle ratio" "A caller sends at most about this many times what is accepted and refuses the rest itself, by chance. 0 throttles nothing.",
            ko "스로틀 비율" "수락된 호출의 약 이 배수까지만 보내고 나머지는 호출자가 확률적으로 스스로 거절합니다. 0이면 쓰지 않습니다.";
        throttle_window_s: Seconds = Seconds(120.0), [0.01, 3_600], key "tw", since 1,
            en "Throttle window" "The time over which sent and accepted calls are counted.",
            ko "스로틀 구간" "보낸 호출과 수락된 호출을 세는 구간의 길이입니다.";
    }
}
