//! What the layer of messages says.

use crate::words::Lang;

/// Only one message in `factor` is drawn.
pub fn sampled(lang: Lang, factor: usize) -> String {
    match lang {
        Lang::En => format!("Streams: width is the rate · 1 of {factor} messages drawn"),
        Lang::Ko => format!("흐름의 굵기 = 호출률 · 메시지 {factor}개 중 1개만 표시"),
    }
}
