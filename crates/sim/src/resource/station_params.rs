//! What every part with workers and a queue can be set to, declared once for all of them.

use super::{QueueOrder, WhenFull};
use crate::params;

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
    }
}
