//! The words around the panel; its own come with it.

use brownout_sim::param::Words;

pub(super) const LOOKING: Words =
    Words::new("Running it again to look closer…", "자세히 보려고 다시 실행하는 중…");
pub(super) const AGAIN: Words = Words::new("Look again", "다시 보기");
pub(super) const STOP: Words = Words::new("Stop following", "따라가기 중지");
