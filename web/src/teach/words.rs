//! The words of the teacher's desk.

use brownout_sim::param::Words;

/// What has no declaration of its own, by the last step of its path.
pub(super) const PLAIN: &[(&str, Words)] = &[
    ("count", Words::new("Instances", "인스턴스 수")),
    ("mode", Words::new("How it is called", "호출 방식")),
    ("weight", Words::new("Weight", "가중치")),
    ("inside", Words::new("Place", "위치")),
    ("net", Words::new("Network", "네트워크")),
    ("policy", Words::new("Policy of its calls", "호출 정책")),
    ("type", Words::new("Type", "종류")),
];

pub(super) const INTRO: Words = Words::new(
    "The design on the canvas becomes an assignment: say what is asked, and what may be changed.",
    "캔버스의 설계를 과제로 만듭니다. 무엇을 요구하고 무엇을 바꿀 수 있는지 정하세요.",
);
pub(super) const TASK: Words = Words::new("The task", "과제 내용");
pub(super) const TITLE_EN: Words = Words::new("Title, English", "제목(영어)");
pub(super) const TITLE_KO: Words = Words::new("Title, Korean", "제목(한국어)");
pub(super) const WORDS_EN: Words = Words::new("Task, English (Markdown)", "내용(영어, Markdown)");
pub(super) const WORDS_KO: Words = Words::new("Task, Korean (Markdown)", "내용(한국어, Markdown)");
pub(super) const ONE_IS_ENOUGH: Words = Words::new(
    "One language is enough: it stands in for the other.",
    "한 언어만 써도 됩니다. 다른 언어에도 그대로 쓰입니다.",
);

pub(super) const GOALS: Words = Words::new("Goals", "목표");
pub(super) const NO_GOALS: Words =
    Words::new("No goal yet: add the first one.", "아직 목표가 없습니다. 첫 목표를 추가하세요.");
pub(super) const SUBJECT: Words = Words::new("Of what", "대상");
pub(super) const WHOLE: Words = Words::new("The whole system", "시스템 전체");
pub(super) const METRIC: Words = Words::new("Measured", "측정 항목");
pub(super) const CUSTOM: Words = Words::new("A formula of figures…", "직접 쓰는 수식…");
pub(super) const FORMULA: Words = Words::new("Formula", "수식");
pub(super) const COMPARISON: Words = Words::new("Is to be", "조건");
pub(super) const BOUND: Words = Words::new("Value", "값");
pub(super) const TOLERANCE: Words = Words::new("Tolerance", "허용 오차");
pub(super) const FROM: Words = Words::new("From (s)", "시작(초)");
pub(super) const TO: Words = Words::new("To (s)", "끝(초)");
pub(super) const OVER_HELP: Words = Words::new(
    "Without a stretch, everything after the warm-up counts.",
    "구간을 비우면 준비 시간 뒤의 전체 실행을 측정합니다.",
);
pub(super) const SAY_EN: Words = Words::new("In words, English", "문장(영어)");
pub(super) const SAY_KO: Words = Words::new("In words, Korean", "문장(한국어)");
pub(super) const SAY_BY_ITSELF: Words = Words::new("made by itself", "자동으로 만듭니다");
pub(super) const HIDE_GOAL: Words = Words::new("Hidden from students", "학생에게 숨김");
pub(super) const UNDER_FAULTS: Words = Words::new("Under the hidden faults", "숨은 장애가 일어나는 실행에서");
pub(super) const ADD_GOAL: Words = Words::new("Add the goal", "목표 추가");
pub(super) const HIDDEN_TAG: Words = Words::new("hidden", "숨김");
pub(super) const FAULTS_TAG: Words = Words::new("under hidden faults", "숨은 장애");

pub(super) const SOLUTION: Words = Words::new("Reference solution", "참고 풀이");
pub(super) const SOLUTION_HELP: Words = Words::new(
    "Build your answer on the canvas, keep it here, then take your changes back. Students see it beside theirs once they meet all goals; the link holds it, so it is no secret.",
    "캔버스에서 풀이를 만들어 여기에 담은 뒤, 바꾼 것을 되돌리세요. 학생은 모든 목표를 달성하면 자기 답안과 나란히 볼 수 있습니다. 링크에 들어 있으므로 비밀은 아닙니다.",
);
pub(super) const SOLUTION_KEPT: Words = Words::new("A solution is kept.", "풀이를 담아 두었습니다.");
pub(super) const KEEP_SOLUTION: Words =
    Words::new("Keep this design as the solution", "지금 설계를 풀이로 담기");
pub(super) const DROP_SOLUTION: Words = Words::new("Without a solution", "풀이 빼기");
pub(super) const LOCKED: Words = Words::new("Locked", "잠글 항목");
pub(super) const LOCKED_HELP: Words = Words::new(
    "Students cannot change these. User populations always are.",
    "학생이 바꿀 수 없습니다. 사용자 집단은 항상 잠깁니다.",
);
pub(super) const LOCK_SELECTED: Words =
    Words::new("Lock or unlock what is selected", "선택한 항목 잠그기/풀기");
pub(super) const OPEN: Words = Words::new("What may be changed", "바꿀 수 있는 것");
pub(super) const OPEN_ALL: Words = Words::new("Everything that is not locked", "잠기지 않은 모든 것");
pub(super) const OPEN_SOME: Words = Words::new("Only these parameters", "다음 매개변수만");
pub(super) const ELEMENT: Words = Words::new("Part or connection", "부품 또는 연결");
pub(super) const PARAMETER: Words = Words::new("Parameter", "매개변수");
pub(super) const EVERYTHING: Words = Words::new("all of it", "전부");
pub(super) const LEAST: Words = Words::new("At least", "최솟값");
pub(super) const MOST: Words = Words::new("At most", "최댓값");
pub(super) const ADD_OPEN: Words = Words::new("Let it be changed", "변경 허용");
pub(super) const ADD_LIMITS: Words = Words::new("Set the limits", "범위 정하기");
pub(super) const TYPES: Words = Words::new("Types and budget", "종류와 예산");
pub(super) const ONLY: Words = Words::new("Only these may be added", "이 종류만 추가할 수 있음");
pub(super) const NOT: Words = Words::new("May not be added", "추가할 수 없음");
pub(super) const MUST: Words = Words::new("Must be there", "반드시 있어야 함");
pub(super) const ADD_TYPE: Words = Words::new("Add a type…", "종류 추가…");
pub(super) const BUDGET: Words =
    Words::new("Most instances, without users", "최대 인스턴스 수(사용자 집단 제외)");
pub(super) const SEEDS: Words = Words::new("Seeds that students know", "학생이 아는 시드");
pub(super) const SEEDS_HELP: Words = Words::new(
    "Numbers with commas. Without any, the document's own.",
    "쉼표로 구분한 수. 비우면 문서의 시드를 씁니다.",
);

pub(super) const HIDDEN: Words = Words::new("Only for checking", "채점에만 쓰는 것");
pub(super) const HIDDEN_HELP: Words = Words::new(
    "Stays in your own file, is read by brownout grade alone, and is in no link.",
    "선생님의 파일에만 남고 brownout grade만 읽습니다. 링크에는 들어가지 않습니다.",
);
pub(super) const HIDDEN_SEEDS: Words = Words::new("Further seeds", "추가 시드");
pub(super) const FAULT: Words = Words::new("Fault", "장애");
pub(super) const TARGET: Words = Words::new("Strikes", "대상");
pub(super) const AT: Words = Words::new("At (s)", "시각(초)");
pub(super) const LASTS: Words = Words::new("For (s)", "지속(초)");
pub(super) const ADD_FAULT: Words = Words::new("Add the fault", "장애 추가");

pub(super) const GIVE: Words = Words::new("Give it out", "나눠 주기");
pub(super) const COPY_LINK: Words = Words::new("Copy the link for students", "학생용 링크 복사");
pub(super) const LINK: Words = Words::new("Link for students", "학생용 링크");
pub(super) const FILE: Words = Words::new("File for students", "학생용 파일");
pub(super) const OWN_FILE: Words =
    Words::new("My own file, with what is hidden", "숨은 내용까지 담은 내 파일");
pub(super) const OWN_HELP: Words = Words::new(
    "Keep your own file: grading needs it, and opening it here goes on with it.",
    "내 파일을 보관하세요. 채점할 때 필요하고, 여기서 열면 이어서 고칠 수 있습니다.",
);
pub(super) const TRY: Words = Words::new("Try it as a student", "학생으로 풀어 보기");
pub(super) const ANEW: Words = Words::new("Begin a new one", "새로 시작");
pub(super) const NOT_READY: Words = Words::new("Not ready yet: ", "아직 준비되지 않았습니다. ");
pub(super) const REMOVE: Words = Words::new("Remove", "제거");
