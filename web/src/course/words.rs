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
pub(super) const OFF_BY: Words = Words::new("Apart by", "차이");
pub(super) const MET: Words = Words::new("met", "달성");
pub(super) const MISSED: Words = Words::new("not met", "미달성");
pub(super) const OPEN: Words = Words::new("open", "진행 전");
pub(super) const HINT: Words = Words::new("Hint", "힌트");
pub(super) const MINUTES: Words = Words::new("min", "분");

pub(super) const COMPARE: Words = Words::new("Compare with another system", "다른 시스템과 비교");
pub(super) const COMPARE_HELP: Words = Words::new(
    "What you have now beside one of the lesson's systems: where they differ, and what both came to by now.",
    "지금의 설계를 이 강의의 다른 시스템과 나란히 놓고, 다른 점과 지금까지의 결과를 봅니다.",
);
pub(super) const SOLUTION: Words = Words::new("Reference solution", "참고 풀이");
pub(super) const SOLUTION_HELP: Words = Words::new(
    "Your answer meets all goals. Here it is beside the teacher's: where they differ, and what both came to by now.",
    "답안이 모든 목표를 달성했습니다. 선생님의 풀이와 나란히 놓고, 다른 점과 지금까지의 결과를 봅니다.",
);
pub(super) const HERE: Words = Words::new("Yours", "내 설계");
pub(super) const SAME: Words = Words::new("The two designs are the same.", "두 설계가 같습니다.");
pub(super) const WHAT: Words = Words::new("What differs", "다른 점");
pub(super) const RESULT: Words = Words::new("Result", "결과");
pub(super) const WORKING: Words = Words::new("Running…", "실행하는 중…");

pub(super) const SKETCH: Words = Words::new("Draw what you expect", "예상하는 곡선을 그리세요");
/// What can be drawn, as lessons name it.
pub(super) const CURVES: &[(&str, Words)] = &[
    ("goodput", Words::new("goodput over the whole run", "실행 전체의 유효 처리량")),
    ("throughput", Words::new("throughput over the whole run", "실행 전체의 처리량")),
    ("errors", Words::new("failures over the whole run", "실행 전체의 실패")),
    ("p50", Words::new("median latency over the whole run", "실행 전체의 지연 시간 중앙값")),
    ("p99", Words::new("99th percentile of latency over the whole run", "실행 전체의 지연 시간 99백분위수")),
];
pub(super) const SKETCH_HELP: Words = Words::new(
    "Drag across the chart. By keyboard: left and right choose a time, up and down set the value.",
    "차트 위를 끌어 그립니다. 키보드로는 좌우 화살표로 시점을 고르고 위아래 화살표로 값을 정합니다.",
);
pub(super) const SKETCHED: Words = Words::new("Drawn", "그린 곡선");
pub(super) const MEAN_OFF: Words = Words::new("Apart by, in the mean", "평균 차이");

pub(super) const RULES: Words = Words::new("What you may change", "바꿀 수 있는 것");
pub(super) const RULES_ALL: Words = Words::new(
    "Everything that bears no lock. Users, the plan and the settings of the run are given.",
    "잠기지 않은 것은 모두 바꿀 수 있습니다. 사용자 집단, 계획, 실행 설정은 정해져 있습니다.",
);
pub(super) const CHECK: Words = Words::new("Check my answer", "답안 확인");
pub(super) const CHECK_HELP: Words = Words::new(
    "Runs your design from its start, as your teacher will. What is changed during a run counts as if it had been so from the start.",
    "선생님이 채점하는 것과 똑같이 설계를 처음부터 실행합니다. 실행 중에 바꾼 것도 처음부터 그랬던 것으로 칩니다.",
);
pub(super) const HAND_IN: Words = Words::new("Hand in: copy the answer link", "제출: 답안 링크 복사");
pub(super) const HAND_IN_HELP: Words =
    Words::new("Send this link to your teacher.", "이 링크를 선생님에게 보내세요.");
pub(super) const ANSWER: Words = Words::new("Answer", "답안");
pub(super) const ANSWER_LINK: Words = Words::new("Answer link", "답안 링크");
pub(super) const PASSED: Words = Words::new("All goals are met.", "모든 목표를 달성했습니다.");
pub(super) const NOT_PASSED: Words =
    Words::new("Not all goals are met yet.", "아직 달성하지 못한 목표가 있습니다.");
pub(super) const DIGEST: Words = Words::new("Digest", "다이제스트");
pub(super) const ASSIGNMENT: Words = Words::new("Assignment", "과제");
pub(super) const THIS_LESSON: Words = Words::new("This lesson", "이 강의");
pub(super) const THIS_STEP: Words = Words::new("This step alone", "이 단계만");

pub(super) const PLAN: Words = Words::new(
    "The plan and the settings of the run are the assignment's: they cannot be changed.",
    "계획과 실행 설정은 과제가 정합니다. 바꿀 수 없습니다.",
);

pub(super) fn needs(lang: Lang, run: &str, until: Option<f64>) -> String {
    let until = until.map(format::number);
    match (lang, until) {
        (Lang::En, Some(until)) => format!("Run “{run}” until {until} s."),
        (Lang::En, None) => format!("Run “{run}” to its end."),
        (Lang::Ko, Some(until)) => format!("‘{run}’을(를) {until}초까지 실행하세요."),
        (Lang::Ko, None) => format!("‘{run}’을(를) 끝까지 실행하세요."),
    }
}

/// Of an assignment, which has one document.
pub(super) fn play(lang: Lang, until: Option<f64>) -> String {
    let until = until.map(format::number);
    match (lang, until) {
        (Lang::En, Some(until)) => format!("Play until {until} s."),
        (Lang::En, None) => "Play to the end.".to_owned(),
        (Lang::Ko, Some(until)) => format!("{until}초까지 실행하세요."),
        (Lang::Ko, None) => "끝까지 실행하세요.".to_owned(),
    }
}

pub(super) fn wait(lang: Lang, seconds: f64) -> String {
    let seconds = format::number(seconds);
    match lang {
        Lang::En => format!("Play until {seconds} s to go on."),
        Lang::Ko => format!("{seconds}초까지 재생하면 다음으로 넘어갑니다."),
    }
}

pub(super) fn wait_select(lang: Lang, name: &str) -> String {
    match lang {
        Lang::En => format!("Select “{name}” to go on."),
        Lang::Ko => format!("‘{name}’을(를) 선택하면 다음으로 넘어갑니다."),
    }
}

pub(super) fn wait_fault(lang: Lang, name: &str) -> String {
    match lang {
        Lang::En => format!("Break “{name}” by hand to go on."),
        Lang::Ko => format!("‘{name}’에 장애를 직접 일으키면 다음으로 넘어갑니다."),
    }
}

pub(super) fn wait_edit(lang: Lang, name: &str) -> String {
    match lang {
        Lang::En => format!("Change “{name}” to go on."),
        Lang::Ko => format!("‘{name}’을(를) 바꾸면 다음으로 넘어갑니다."),
    }
}

pub(super) fn met(lang: Lang, met: usize) -> String {
    match lang {
        Lang::En => format!("{met} goals met"),
        Lang::Ko => format!("목표 {met}개 달성"),
    }
}

pub(super) fn locked(lang: Lang, name: &str) -> String {
    match lang {
        Lang::En => format!("{name} is locked: the assignment gives it as it is."),
        Lang::Ko => format!("{name}: 잠겨 있습니다. 과제가 정한 그대로 두어야 합니다."),
    }
}

pub(super) fn closed(lang: Lang, label: &str) -> String {
    match lang {
        Lang::En => format!("{label}: the assignment does not let this be changed."),
        Lang::Ko => format!("{label}: 이 과제에서는 바꿀 수 없습니다."),
    }
}

pub(super) fn removed(lang: Lang, name: &str) -> String {
    match lang {
        Lang::En => format!("{name} belongs to the assignment: it cannot be removed."),
        Lang::Ko => format!("{name}: 과제에 속하므로 지울 수 없습니다."),
    }
}

pub(super) fn limits(lang: Lang, label: &str, least: &str, most: &str) -> String {
    match lang {
        Lang::En => format!("{label}: the assignment allows {least} to {most}."),
        Lang::Ko => format!("{label}: 이 과제에서는 {least}에서 {most}까지 허용됩니다."),
    }
}

pub(super) fn no_type(lang: Lang, label: &str) -> String {
    match lang {
        Lang::En => format!("{label}: the assignment does not let this type be added."),
        Lang::Ko => format!("{label}: 이 과제에서는 추가할 수 없는 종류입니다."),
    }
}

pub(super) fn only_types(lang: Lang, types: &str) -> String {
    match lang {
        Lang::En => format!("May be added: {types}."),
        Lang::Ko => format!("추가할 수 있는 종류: {types}."),
    }
}

pub(super) fn not_types(lang: Lang, types: &str) -> String {
    match lang {
        Lang::En => format!("May not be added: {types}."),
        Lang::Ko => format!("추가할 수 없는 종류: {types}."),
    }
}

pub(super) fn must_types(lang: Lang, types: &str) -> String {
    match lang {
        Lang::En => format!("There must be: {types}."),
        Lang::Ko => format!("있어야 하는 종류: {types}."),
    }
}

pub(super) fn budget(lang: Lang, most: u64) -> String {
    match lang {
        Lang::En => format!("At most {most} instances, without users."),
        Lang::Ko => format!("사용자 집단을 빼고 인스턴스 {most}개까지."),
    }
}

/// What stands at a path of the document: `Web: Workers`.
pub(super) fn at_path(name: &str, label: &str) -> String {
    if label.is_empty() { name.to_owned() } else { format!("{name}: {label}") }
}

pub(super) fn between(lang: Lang, what: &str, least: f64, most: f64) -> String {
    let (least, most) = (format::number(least), format::number(most));
    match lang {
        Lang::En => format!("{what} ({least} to {most})"),
        Lang::Ko => format!("{what}({least}~{most})"),
    }
}
