//! What is refused, in sentences that name the field.

/// Why a lesson, an assignment or an answer is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Refused {
    /// The field: `goals[3].metric`.
    pub path: String,
    pub reason: String,
}

impl Refused {
    pub(crate) fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        let path = path.into();
        Self { path: if path.is_empty() { "the file".to_owned() } else { path }, reason: reason.into() }
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
