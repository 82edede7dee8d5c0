//! The words around the panel; its own come with it.

use brownout_sim::param::Words;

pub(super) const LOOKING: Words =
    Words::new("Running it again to look closer…", "자세히 보려고 다시 실행하는 중…");
pub(super) const AGAIN: Words = Words::new("Look again", "다시 보기");
pub(super) const STOP: Words = Words::new("Stop following", "따라가기 중지");
pub(super) const FUTURES: Words = Words::new("Two futures", "두 갈래 미래");
pub(super) const FORKED: Words = Words::new(
    "The run so far is kept as the parent. Change something here: both go on in step.",
    "지금까지의 실행을 원본으로 남겼습니다. 여기서 무언가를 바꾸면 둘이 나란히 진행합니다.",
);

pub(super) fn parent(lang: crate::words::Lang, at: &str) -> String {
    match lang {
        crate::words::Lang::En => format!("Parent, forked at {at}"),
        crate::words::Lang::Ko => format!("원본({at}에서 갈라짐)"),
    }
}
