//! What charts and log say. One value per language: a missing text does not compile.

use crate::words::Lang;

/// The fixed texts.
#[derive(Debug)]
pub struct Words {
    pub rates: &'static str,
    pub goodput: &'static str,
    pub throughput: &'static str,
    pub latency: &'static str,
    pub errors: &'static str,
    pub per_second: &'static str,
    pub milliseconds: &'static str,
    pub errors_per_second: &'static str,
    /// How long the windows are that each point stands for.
    pub windows: fn(f64) -> String,
    pub too_few: &'static str,
    pub no_errors: &'static str,
    pub no_window: &'static str,
    pub one_run: &'static str,
    pub one_run_help: &'static str,
    pub what_is_not: &'static str,
    /// How the cursor is used.
    pub chart_keys: &'static str,
    /// What a chart shows, for who cannot see it: title, time, values.
    pub described: fn(&str, &str, &str) -> String,
    pub log: &'static str,
    pub log_empty: &'static str,
    pub log_full: &'static str,
    pub sentences: Sentences,
}

/// What happened, in sentences. Names come first or behind a colon, so that no particle depends on them.
#[derive(Debug)]
pub struct Sentences {
    pub killed: fn(&str) -> String,
    pub cut: fn(&str) -> String,
    pub restored: fn(&str) -> String,
    /// Any other verb, by its own word.
    pub struck: fn(&str, &str) -> String,
    /// Target, action, how far it has come, with how many.
    pub experiment: fn(&str, &str, &str, u32) -> String,
    /// Replica, how long after the last word of the primary before, writes that were lost with that one.
    pub promoted: fn(&str, &str, u64) -> String,
    pub edited: &'static str,
    /// Target, checker, how many in a row, cause.
    pub check_failed: fn(&str, &str, u32, &str) -> String,
    /// Appended when that was the last straw: where traffic goes now.
    pub moved: fn(&[String]) -> String,
    pub nowhere: &'static str,
    /// Checker, target, how long after the first miss, where traffic goes now.
    pub taken_out: fn(&str, &str, &str, &str) -> String,
    pub taken_in: fn(&str, &str) -> String,
    /// Caller, name server, cause.
    pub look_up_failed: fn(&str, &str, &str) -> String,
    /// Caller, callee.
    pub breaker_opened: fn(&str, &str) -> String,
    pub breaker_closed: fn(&str, &str) -> String,
    /// Monitor, target, what is wrong there.
    pub alerted: fn(&str, &str, &str) -> String,
    pub alert_over: fn(&str, &str, &str) -> String,
    /// What is wrong: probes fail, since so long; or the metric is above its limit, since so long.
    pub probes_fail: fn(&str) -> String,
    pub too_high: fn(&str, &str) -> String,
    pub probes: &'static str,
    /// Deployer, what it has come to, with how many instances.
    pub rollout: fn(&str, &str, u32) -> String,
    pub halted: fn(&str) -> String,
    pub link: fn(&str, &str) -> String,
    pub instance: fn(&str, u32) -> String,
    pub unknown: fn(u32) -> String,
    /// A time since the start of the run.
    pub at: fn(&str) -> String,
    pub times: fn(usize) -> String,
}

fn ordinal(number: u32) -> String {
    match number {
        1 => "for the first time".to_owned(),
        2 => "for the second time".to_owned(),
        3 => "for the third time".to_owned(),
        _ => format!("for the {number}th time in a row"),
    }
}

fn listed(names: &[String], and: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] if names.len() <= 3 => format!("{}{and}{last}", rest.join(", ")),
        _ => names.len().to_string(),
    }
}

pub static EN: Words = Words {
    rates: "Goodput and throughput",
    goodput: "goodput",
    throughput: "throughput",
    latency: "Latency",
    errors: "Errors by cause",
    per_second: "req/s",
    milliseconds: "ms",
    errors_per_second: "per s",
    windows: |seconds| format!("{seconds} s windows"),
    too_few: "not enough data",
    no_errors: "none so far",
    no_window: "First values at 1 s of simulated time",
    one_run: "1 run",
    one_run_help: "These are the values of one run. Another seed gives other ones: differences may be chance.",
    what_is_not: "What is not simulated",
    chart_keys: "Point, or move with the arrows. Click or Enter: the requests of that moment. With Shift: go there.",
    described: |title, time, values| format!("{title} at {time}: {values}"),
    log: "What happened",
    log_empty: "Nothing has happened yet. Faults, failed health checks and repairs are told here.",
    log_full: "The log is full; later events are not told.",
    sentences: Sentences {
        killed: |name| format!("{name} was killed"),
        cut: |name| format!("{name} was cut"),
        restored: |name| format!("{name} was restored"),
        struck: |name, verb| format!("{name}: {verb}"),
        experiment: |name, verb, stage, count| match count {
            1 => format!("{name}: the experiment ({verb}) {stage}, 1 target"),
            _ => format!("{name}: the experiment ({verb}) {stage}, {count} targets"),
        },
        promoted: |name, after, lost| match lost {
            0 => format!("{name} became the primary, {after} after the last word of the one before"),
            1 => format!(
                "{name} became the primary, {after} after the last word of the one before; 1 acknowledged write was lost"
            ),
            _ => format!(
                "{name} became the primary, {after} after the last word of the one before; {lost} acknowledged writes were lost"
            ),
        },
        edited: "the design was edited",
        check_failed: |target, checker, misses, cause| {
            format!("health check of {target} by {checker} failed {} ({cause})", ordinal(misses))
        },
        moved: |names| match names.len() {
            0 => String::new(),
            1..=3 => format!("traffic moved to {}", listed(names, " and ")),
            more => format!("traffic moved to the {more} others"),
        },
        nowhere: "no healthy target is left",
        taken_out: |checker, target, after, then| {
            format!("{checker} stopped sending to {target}, {after} after the first failed check; {then}")
        },
        taken_in: |checker, target| format!("{checker} sends traffic to {target} again"),
        look_up_failed: |caller, dns, cause| format!("{caller} got no answer from {dns} ({cause})"),
        breaker_opened: |caller, callee| {
            format!("the circuit breaker of {caller} opened: it sends nothing to {callee} for a while")
        },
        breaker_closed: |caller, callee| format!("{caller} calls {callee} again: its circuit breaker closed"),
        alerted: |monitor, target, wrong| format!("[FIRING] {target}: {wrong} (by {monitor})"),
        alert_over: |monitor, target, what| format!("[RESOLVED] {target}: {what} (by {monitor})"),
        probes_fail: |after| format!("its probes have failed for {after}"),
        too_high: |metric, after| format!("{metric} above its limit for {after}"),
        probes: "probes",
        rollout: |deployer, step, count| format!("{deployer}: {step} (instances: {count})"),
        halted: |reason| format!("the run stopped: {reason}"),
        link: |from, to| format!("the link {from} → {to}"),
        instance: |name, number| format!("{name} #{number}"),
        unknown: |id| format!("part {id}"),
        at: |time| format!("{time}:"),
        times: |times| format!("×{times}"),
    },
};

pub static KO: Words = Words {
    rates: "유효 처리량과 처리량",
    goodput: "유효 처리량",
    throughput: "처리량",
    latency: "지연 시간",
    errors: "원인별 오류",
    per_second: "건/초",
    milliseconds: "ms",
    errors_per_second: "초당",
    windows: |seconds| format!("{seconds}초 구간"),
    too_few: "데이터 부족",
    no_errors: "아직 없음",
    no_window: "시뮬레이션 시간 1초부터 값이 표시됩니다",
    one_run: "1회 실행",
    one_run_help: "한 번 실행한 결과입니다. 시드가 다르면 값도 달라지므로 작은 차이는 우연일 수 있습니다.",
    what_is_not: "시뮬레이션하지 않는 것",
    chart_keys: "가리키거나 화살표로 옮깁니다. 클릭이나 Enter: 그 순간의 요청. Shift와 함께: 그 순간으로 이동.",
    described: |title, time, values| format!("{title}, {time}: {values}"),
    log: "일어난 일",
    log_empty: "아직 일어난 일이 없습니다. 장애, 헬스 체크 실패, 복구가 여기에 기록됩니다.",
    log_full: "기록이 가득 찼습니다. 이후의 일은 기록되지 않습니다.",
    sentences: Sentences {
        killed: |name| format!("{name}: 강제 종료됨"),
        cut: |name| format!("{name}: 끊어짐"),
        restored: |name| format!("{name}: 복구됨"),
        struck: |name, verb| format!("{name}: {verb}"),
        experiment: |name, verb, stage, count| format!("{name}: 실험({verb}) {stage}, 대상 {count}개"),
        promoted: |name, after, lost| match lost {
            0 => format!("{name}: 새 프라이머리로 승격됨, 이전 프라이머리의 마지막 소식 후 {after}"),
            _ => format!(
                "{name}: 새 프라이머리로 승격됨, 이전 프라이머리의 마지막 소식 후 {after}, 확인된 쓰기 {lost}개를 잃음"
            ),
        },
        edited: "설계가 수정됨",
        check_failed: |target, checker, misses, cause| {
            format!("{checker} → {target}: 헬스 체크 {misses}회 연속 실패 ({cause})")
        },
        moved: |names| match names.len() {
            0 => String::new(),
            1..=3 => format!("트래픽 이동 → {}", listed(names, ", ")),
            more => format!("트래픽이 나머지 {more}곳으로 이동"),
        },
        nowhere: "정상 대상이 남아 있지 않음",
        taken_out: |checker, target, after, then| {
            format!("{checker} → {target}: 첫 실패 {after} 후 트래픽 중단; {then}")
        },
        taken_in: |checker, target| format!("{checker} → {target}: 트래픽 재개"),
        look_up_failed: |caller, dns, cause| format!("{caller} → {dns}: 이름 조회 실패 ({cause})"),
        breaker_opened: |caller, callee| format!("{caller} → {callee}: 서킷 브레이커 열림, 한동안 호출 중단"),
        breaker_closed: |caller, callee| format!("{caller} → {callee}: 서킷 브레이커 닫힘, 호출 재개"),
        alerted: |monitor, target, wrong| format!("[발생] {target}: {wrong} ({monitor})"),
        alert_over: |monitor, target, what| format!("[해소] {target}: {what} ({monitor})"),
        probes_fail: |after| format!("프로브가 {after} 동안 실패"),
        too_high: |metric, after| format!("{metric} 값이 {after} 동안 한도 초과"),
        probes: "프로브",
        rollout: |deployer, step, count| format!("{deployer}: {step}(인스턴스 {count}개)"),
        halted: |reason| format!("실행 중단: {reason}"),
        link: |from, to| format!("연결 {from} → {to}"),
        instance: |name, number| format!("{name} #{number}"),
        unknown: |id| format!("부품 {id}"),
        at: |time| format!("{time}:"),
        times: |times| format!("{times}회"),
    },
};

/// The texts in this language.
pub const fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::En => &EN,
        Lang::Ko => &KO,
    }
}
