//! What stories say, in both languages. Names stand before a colon, so that no Korean particle depends on them.

use brownout_scenario::{Lang, Scenario, grouped};
use brownout_sim::Ns;
use brownout_sim::observe::{Class, Outcome};
use brownout_sim::param::{Sentence, Words};

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

    pub(crate) const fn lang(self) -> Lang {
        match self {
            Self::En => Lang::En,
            Self::Ko => Lang::Ko,
        }
    }

    pub(crate) const fn of(self, words: Words) -> &'static str {
        match self {
            Self::En => words.en,
            Self::Ko => words.ko,
        }
    }

    pub(crate) fn sentence(self, sentence: &Sentence) -> String {
        match self {
            Self::En => sentence.en(),
            Self::Ko => sentence.ko(),
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

pub(crate) const TAB_STORIES: Words = Words::new("Requests", "요청");
pub(crate) const TAB_WHY: Words = Words::new("Why", "원인");
pub(crate) const TAB_CHARTS: Words = Words::new("Charts", "차트");
pub(crate) const TAB_RUNS: Words = Words::new("Many runs", "여러 번 실행");
pub(crate) const CANCEL: Words = Words::new("Cancel", "취소");
pub(crate) const CANCELLED: Words = Words::new("Cancelled.", "취소했습니다.");
pub(crate) const WHY_STATE: Words = Words::new("How it is", "상태");
pub(crate) const WHY_CAUSE: Words = Words::new("The cause", "원인");
pub(crate) const WHY_COURSE: Words =
    Words::new("What failed first, and what it dragged along", "먼저 무너진 것과 끌려간 것");
pub(crate) const WHY_LIMIT: Words = Words::new("What limits it", "한계");
pub(crate) const WHY_HELP: Words =
    Words::new("What would help, tried in copies of this run", "도움이 될 변경(이 실행의 복제본에서 확인)");
pub(crate) const WHY_THEORY: Words = Words::new("Theory beside measurement", "이론과 측정");
pub(crate) const SCAN: Words =
    Words::new("Kill every part, each in a copy of the run", "복제본에서 부품을 하나씩 죽여 보기");
pub(crate) const SCAN_HELP: Words = Words::new(
    "Each part was killed in a copy of this run, now, and the copy went on for 30 s.",
    "지금 이 실행의 복제본에서 부품을 하나씩 죽이고 30초를 더 실행했습니다.",
);
pub(crate) const RATES: Words = Words::new("Goodput and throughput", "유효 처리량과 처리량");
pub(crate) const GOODPUT: Words = Words::new("goodput", "유효 처리량");
pub(crate) const THROUGHPUT: Words = Words::new("throughput", "처리량");
pub(crate) const LATENCY: Words = Words::new("Latency of good answers", "성공 응답의 지연 시간");
pub(crate) const P95: Words = Words::new("p95", "p95");
pub(crate) const RESPONSE: Words = Words::new("mean response", "평균 응답 시간");
pub(crate) const PERCENTILES: [&str; 4] = ["50", "95", "99", "99.9"];
pub(crate) const TOO_FEW: Words = Words::new(
    "Gaps: too few samples for that percentile in the stretch.",
    "빈 곳은 그 구간의 표본이 너무 적어 백분위수를 말할 수 없는 곳입니다.",
);
pub(crate) const TOO_FEW_SHORT: Words = Words::new("too few samples", "표본 부족");
pub(crate) const HISTOGRAM: Words =
    Words::new("Histogram of latency, logarithmic", "지연 시간 히스토그램(로그 축)");
pub(crate) const ERRORS: Words = Words::new("Errors by cause", "원인별 오류");
pub(crate) const NO_ERRORS: Words = Words::new("No errors so far.", "아직 오류가 없습니다.");
pub(crate) const BUSY: Words = Words::new("Utilisation of every part", "모든 부품의 사용률");
pub(crate) const QUEUES: Words = Words::new("Queue lengths, mean", "평균 대기열 길이");
pub(crate) const STALE: Words = Words::new("Stale reads", "오래된 읽기");
pub(crate) const LAG: Words = Words::new("Replication lag", "복제 지연");
pub(crate) const COST: Words = Words::new("Cost", "비용");
pub(crate) const ONE_RUN: Words = Words::new(
    "1 run: no interval can be told from one. Many runs tell how sure a number is.",
    "1회 실행: 한 번으로는 신뢰구간을 알 수 없습니다. 여러 번 실행하면 숫자가 얼마나 확실한지 알 수 있습니다.",
);
pub(crate) const BANDS: Words = Words::new(
    "Means with 95 % confidence intervals (Student's t).",
    "평균과 95 % 신뢰구간(스튜던트 t)입니다.",
);
pub(crate) const REPLICATIONS: Words = Words::new("The same run under other seeds", "시드만 바꾼 같은 실행");
pub(crate) const RUNS: Words = Words::new("Runs", "실행 횟수");
pub(crate) const RUN_SECONDS: Words = Words::new("Seconds of each run", "실행 하나의 길이(초)");
pub(crate) const RUN_THEM: Words = Words::new("Run them", "실행하기");
pub(crate) const SWEEP: Words = Words::new("A sweep over any parameter", "매개변수를 바꿔 가며 실행");
pub(crate) const PATH: Words = Words::new("Parameter", "매개변수");
pub(crate) const VALUES: Words = Words::new("Values: 10,20,50 or 20..400", "값: 10,20,50 또는 20..400");
pub(crate) const EACH: Words = Words::new("Runs of each value", "값마다 실행 횟수");
pub(crate) const RUN_SWEEP: Words = Words::new("Sweep", "바꿔 가며 실행");
pub(crate) const NO_KNEE: Words = Words::new(
    "No knee among these values: throughput over mean response is largest at an end of them.",
    "이 값들 사이에는 무릎점이 없습니다. 처리량을 평균 응답 시간으로 나눈 값이 끝에서 가장 큽니다.",
);

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
    let whole = grouped(whole);
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{whole} ms") } else { format!("{whole}.{rest} ms") }
}

/// A moment of the run.
pub(crate) fn clock(at: Ns) -> String {
    format!("{:.3} s", at as f64 / 1e9)
}

/// What a part is called; an instance is told where there are several.
pub(crate) fn name_of(document: &Scenario, id: u32, instance: u32, tongue: Tongue) -> String {
    let Some(own) = document.called(id, tongue.lang()) else { return format!("#{id}") };
    let is_one_of_several = instance > 0 && document.part(id).is_some_and(|part| part.count > 1);
    if is_one_of_several { format!("{own} #{instance}") } else { own.to_owned() }
}
