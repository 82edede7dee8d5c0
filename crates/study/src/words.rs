//! What stories say, in both languages. Names stand before a colon, so that no Korean particle depends on them.

use brownout_scenario::Scenario;
use brownout_sim::Ns;
use brownout_sim::observe::{Class, Outcome};
use brownout_sim::param::Words;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tongue {
    #[default]
    En,
    Ko,
}

impl Tongue {
    pub(crate) fn of_code(code: &str) -> Self {
        if code == "ko" { Self::Ko } else { Self::En }
    }

    pub(crate) const fn of(self, words: Words) -> &'static str {
        match self {
            Self::En => words.en,
            Self::Ko => words.ko,
        }
    }

    pub(crate) fn either(self, en: String, ko: String) -> String {
        match self {
            Self::En => en,
            Self::Ko => ko,
        }
    }

    pub(crate) fn class(self, class: Class) -> &'static str {
        self.of(Class::CHOICES[class as usize].label)
    }

    pub(crate) fn outcome(self, outcome: Outcome) -> &'static str {
        self.of(Outcome::CHOICES[outcome as usize].label)
    }
}

pub(crate) const SLOWEST: Words = Words::new("Slowest", "가장 느린 요청");
pub(crate) const FAILED: Words = Words::new("Failed", "실패한 요청");
pub(crate) const SAMPLE: Words = Words::new("At random", "무작위 표본");
pub(crate) const NONE: Words = Words::new("None so far.", "아직 없습니다.");
pub(crate) const EMPTY: Words = Words::new(
    "No request has ended yet. Press play, or pause and click a moving dot to read its story.",
    "아직 끝난 요청이 없습니다. 재생하거나, 일시 정지한 뒤 움직이는 점을 눌러 그 요청을 따라가 보세요.",
);
pub(crate) const INTRO: Words = Words::new(
    "Choose a request to see where its time went. Or click a moving dot, or a point of a chart.",
    "요청을 고르면 시간이 어디에 쓰였는지 보여 줍니다. 움직이는 점이나 차트의 한 지점을 눌러도 됩니다.",
);
pub(crate) const BACK_TO_LIST: Words = Words::new("All requests", "전체 목록");
pub(crate) const WHERE: Words = Words::new("Where the time went", "시간이 쓰인 곳");
pub(crate) const WATERFALL: Words = Words::new("Waterfall", "구간별 흐름");
pub(crate) const STEPS: Words = Words::new("Step by step", "한 단계씩");
pub(crate) const PREVIOUS: Words = Words::new("Previous step", "이전 단계");
pub(crate) const NEXT: Words = Words::new("Next step", "다음 단계");
pub(crate) const FOLLOW: Words = Words::new("Follow on the canvas", "캔버스에서 따라가기");
pub(crate) const EXPORT: Words = Words::new("OpenTelemetry (OTLP JSON)", "OpenTelemetry(OTLP JSON)");
pub(crate) const GONE: Words = Words::new(
    "Nobody waits for this message any more: it is a health check, work that was left behind, or has just arrived.",
    "이 메시지를 기다리는 요청이 없습니다. 상태 확인이거나, 버려진 작업이거나, 방금 도착했습니다.",
);
pub(crate) const AHEAD: Words = Words::new(
    "This request is still under way: the rest is what will happen if nothing is changed.",
    "아직 진행 중인 요청입니다. 나머지는 아무것도 바꾸지 않을 때 일어날 일입니다.",
);
pub(crate) const UNFINISHED: Words =
    Words::new("It has not ended by the end of the run.", "실행이 끝날 때까지 완료되지 않았습니다.");
pub(crate) const HELD: Words = Words::new("held while waiting", "응답을 기다리며 워커 점유");
pub(crate) const WAITS: Words = Words::new("waiting for a worker", "워커 대기");
pub(crate) const SERVED: Words = Words::new("being worked on", "처리");
pub(crate) const NETWORK: Words = Words::new("network", "네트워크");
pub(crate) const OTHER: Words = Words::new("name, connection, pause, loss", "이름·연결·쉼·유실");

/// A span of time with all the digits that tell it from another, in milliseconds.
pub(crate) fn ms(ns: Ns) -> String {
    let value = ns as f64 / 1e6;
    let decimals = match ns {
        100_000_000.. => 0,
        10_000_000.. => 1,
        1_000_000.. => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), ""), |(whole, rest)| (whole, rest));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{grouped} ms") } else { format!("{grouped}.{rest} ms") }
}

/// A moment of the run.
pub(crate) fn clock(at: Ns) -> String {
    format!("{:.3} s", at as f64 / 1e9)
}

/// What a part is called; an instance is told where there are several.
pub(crate) fn name_of(document: &Scenario, id: u32, instance: u32, tongue: Tongue) -> String {
    let Some(part) = document.part(id) else { return format!("#{id}") };
    let own = if part.name.trim().is_empty() {
        tongue.of(part.params.kind().spec().label).to_owned()
    } else {
        part.name.clone()
    };
    if part.count > 1 && instance > 0 { format!("{own} #{instance}") } else { own }
}
