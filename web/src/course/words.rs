//! The course's own words, beside those of the lessons.

use brownout_sim::param::Words;

use crate::words::{Lang, format};

pub(super) const CONTENTS: Words = Words::new("All lessons", "전체 강의");
pub(super) const INTRO: Words = Words::new(
    "Each lesson asks a question. Commit to an answer, run it, and see what happens.",
    "강의마다 질문이 하나 있습니다. 먼저 답을 정하고, 실행해서, 무슨 일이 일어나는지 확인하세요.",
);
pub(super) const LOADING: Words = Words::new("Loading…", "불러오는 중…");
pub(super) const FAILED: Words = Words::new(
    "This could not be loaded. Check the connection and try again.",
    "불러오지 못했습니다. 연결을 확인하고 다시 시도하세요.",
);
pub(super) const AGAIN: Words = Words::new("Try again", "다시 시도");
pub(super) const BACK: Words = Words::new("Back", "이전");
pub(super) const NEXT: Words = Words::new("Next", "다음");
pub(super) const EXPLORE: Words = Words::new("Explore from here", "여기서부터 직접 탐구");
pub(super) const GOALS: Words = Words::new("Goals", "목표");
pub(super) const RUNS: Words = Words::new("Systems of this lesson", "이 강의의 시스템");
pub(super) const ANEW: Words = Words::new("opens it as it was", "처음 상태로 엽니다");
pub(super) const COMMIT: Words = Words::new("Commit", "확정");
pub(super) const YOURS: Words = Words::new("Your prediction", "나의 예측");
pub(super) const MEASURED: Words = Words::new("Measured", "측정값");
pub(super) const NOT_YET: Words = Words::new("not measured yet", "아직 측정 전");
pub(super) const MET: Words = Words::new("met", "달성");
pub(super) const MISSED: Words = Words::new("not met", "미달성");
pub(super) const OPEN: Words = Words::new("open", "진행 전");
pub(super) const HINT: Words = Words::new("Hint", "힌트");
pub(super) const MINUTES: Words = Words::new("min", "분");

pub(super) fn needs(lang: Lang, run: &str, until: Option<f64>) -> String {
    let until = until.map(format::number);
    match (lang, until) {
        (Lang::En, Some(until)) => format!("Run “{run}” until {until} s."),
        (Lang::En, None) => format!("Run “{run}” to its end."),
        (Lang::Ko, Some(until)) => format!("‘{run}’을(를) {until}초까지 실행하세요."),
        (Lang::Ko, None) => format!("‘{run}’을(를) 끝까지 실행하세요."),
    }
}

pub(super) fn wait(lang: Lang, seconds: f64) -> String {
    let seconds = format::number(seconds);
    match lang {
        Lang::En => format!("Play until {seconds} s to go on."),
        Lang::Ko => format!("{seconds}초까지 재생하면 다음으로 넘어갑니다."),
    }
}
