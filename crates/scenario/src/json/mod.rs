//! JSON, read with bounds and written in one canonical form.
//!
//! Numbers stay the text that they were written as, so that a time of nine decimals converts exactly
//! however large it is; names that stand twice, depth and counts are refused while reading, before
//! anything is built from them.

mod read;
mod write;

use std::borrow::Cow;

pub(crate) use read::parse;

/// A JSON value. Objects keep the order of their fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'t> {
    Null,
    Bool(bool),
    /// As written.
    Number(Cow<'t, str>),
    Text(Cow<'t, str>),
    List(Vec<Json<'t>>),
    Object(Vec<(Cow<'t, str>, Json<'t>)>),
}

impl Json<'_> {
    /// The shortest text that reads back as the same number; an exponent stands only in very long ones.
    pub(crate) fn number(value: f64) -> Json<'static> {
        // Minus zero is zero: a document has one way to write each value.
        let value = if value == 0.0 { 0.0 } else { value };
        let plain = value.to_string();
        Json::Number(Cow::Owned(if plain.len() > 20 { format!("{value:e}") } else { plain }))
    }

    pub(crate) fn whole(value: u64) -> Json<'static> {
        Json::Number(Cow::Owned(value.to_string()))
    }

    pub(crate) fn text(value: &str) -> Json<'static> {
        Json::Text(Cow::Owned(value.to_owned()))
    }
}
