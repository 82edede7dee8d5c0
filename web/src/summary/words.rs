//! The sentences of the summary.

use crate::words::Lang;

pub struct Texts {
    pub empty: &'static str,
    pub not_started: &'static str,
    pub sound: &'static str,
    pub idle: &'static str,
    /// A type and how many.
    pub of_type: fn(&str, usize) -> String,
    /// Parts, connections, types.
    pub there: fn(&str, &str, &str) -> String,
    pub holds: fn(&str, &str) -> String,
    pub asks: fn(&str, &str) -> String,
    pub more: fn(usize) -> String,
    /// Whether it goes on, its time, and requests: issued, answered, failed, under way.
    pub run: fn(bool, &str, &[String; 4]) -> String,
    /// Goodput and the 99th percentile of the last window.
    pub lately: fn(&str, Option<&str>) -> String,
    /// Instances that are down, of all.
    pub down: fn(&str, usize, usize) -> String,
    pub errors: fn(&str, &str) -> String,
    pub cut: fn(&str) -> String,
    /// A part, how busy it is, and how many wait.
    pub near: fn(&str, &str, u32) -> String,
}

impl Texts {
    pub const fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::En => &EN,
            Lang::Ko => &KO,
        }
    }
}

const EN: Texts = Texts {
    empty: "The canvas is empty.",
    not_started: "The run has not begun.",
    sound: "Nothing is broken.",
    idle: "No part is near its limit.",
    of_type: |kind, count| format!("{count} × {kind}"),
    there: |parts, edges, types| format!("{parts} and {edges}: {types}."),
    holds: |place, inside| format!("In {place}: {inside}."),
    asks: |from, to| format!("{from} asks {to}."),
    more: |count| format!("and {count} more"),
    run: |playing, time, [issued, answered, failed, open]| {
        let state = if playing { "The run goes on" } else { "The run is paused" };
        format!(
            "{state} at {time}. Of {issued} requests {answered} were answered, {failed} failed, {open} are under way."
        )
    },
    lately: |goodput, p99| match p99 {
        Some(p99) => format!("In the last second: goodput {goodput}, 99th percentile {p99}."),
        None => format!("In the last second: goodput {goodput}."),
    },
    down: |name, down, all| {
        if down == all {
            format!("{name} is down.")
        } else {
            format!("{down} of {all} instances of {name} are down.")
        }
    },
    errors: |name, rate| format!("{name} fails {rate}."),
    cut: |name| format!("The connection {name} is cut."),
    near: |name, share, queued| match queued {
        0 => format!("{name} is {share} busy."),
        1 => format!("{name} is {share} busy, and 1 call waits there."),
        queued => format!("{name} is {share} busy, and {queued} calls wait there."),
    },
};

const KO: Texts = Texts {
    empty: "캔버스가 비어 있습니다.",
    not_started: "아직 실행을 시작하지 않았습니다.",
    sound: "고장 난 곳이 없습니다.",
    idle: "한계에 가까운 부품이 없습니다.",
    of_type: |kind, count| format!("{kind} {count}개"),
    there: |parts, edges, types| format!("{parts}, {edges}: {types}."),
    holds: |place, inside| format!("{place} 안: {inside}."),
    asks: |from, to| format!("{from} → {to}."),
    more: |count| format!("외 {count}개"),
    run: |playing, time, [issued, answered, failed, open]| {
        let state = if playing { "실행 중" } else { "일시 정지" };
        format!(
            "{state}, 시각 {time}. 요청 {issued}건 중 응답 {answered}건, 실패 {failed}건, 처리 중 {open}건입니다."
        )
    },
    lately: |goodput, p99| match p99 {
        Some(p99) => format!("최근 1초: 유효 처리량 {goodput}, 99번째 백분위수 {p99}."),
        None => format!("최근 1초: 유효 처리량 {goodput}."),
    },
    down: |name, down, all| {
        if down == all {
            format!("{name}: 멈췄습니다.")
        } else {
            format!("{name}: 인스턴스 {all}개 중 {down}개가 멈췄습니다.")
        }
    },
    errors: |name, rate| format!("{name}: 오류 {rate}."),
    cut: |name| format!("연결 끊김: {name}."),
    near: |name, share, queued| {
        if queued == 0 {
            format!("{name}: 사용률 {share}.")
        } else {
            format!("{name}: 사용률 {share}, 대기 {queued}건.")
        }
    },
};
