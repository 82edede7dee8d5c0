//! The two languages of the product.

use brownout_sim::param::Words;

/// A language that the page speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    En,
    Ko,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::En, Self::Ko];

    /// As `lang` attributes, addresses and storage write it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// The language of a tag such as `ko-KR`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|lang| lang.code().eq_ignore_ascii_case(primary))
    }

    /// The text of a declaration in this language.
    pub const fn of(self, words: Words) -> &'static str {
        match self {
            Self::En => words.en,
            Self::Ko => words.ko,
        }
    }
}
