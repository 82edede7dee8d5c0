//! What is refused, in sentences that name the field.

use brownout_sim::param::Sentence;
use brownout_sim::sentence;

/// Why a lesson, an assignment or an answer is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Refused {
    /// The field: `goals[3].metric`.
    pub path: String,
    pub reason: Sentence,
}

/// What stands for the path of the whole.
const FILE: &str = "the file";

impl Refused {
    pub(crate) fn new(path: impl Into<String>, reason: Sentence) -> Self {
        let path = path.into();
        Self { path: if path.is_empty() { FILE.to_owned() } else { path }, reason }
    }

    /// What the reader of documents refuses, in its own words.
    pub(crate) fn document(path: impl Into<String>, error: &brownout_scenario::Error) -> Self {
        Self::new(path, sentence_of(error))
    }

    /// Path and reason, in both languages.
    pub fn sentence(&self) -> Sentence {
        if self.path == FILE {
            return sentence!("the file: {0}", "파일: {0}").with_sentence(self.reason.clone());
        }
        sentence!("{0}: {1}", "{0}: {1}", &self.path).with_sentence(self.reason.clone())
    }

    /// The same, seen from further out.
    #[must_use]
    pub(crate) fn within(self, outer: &str) -> Self {
        if outer.is_empty() {
            return self;
        }
        let joint = if self.path.starts_with('[') { "" } else { "." };
        Self { path: format!("{outer}{joint}{}", self.path), reason: self.reason }
    }
}

pub(crate) fn sentence_of(error: &brownout_scenario::Error) -> Sentence {
    Sentence::both(error.to_string(), error.sentence(brownout_scenario::Lang::Ko))
}
