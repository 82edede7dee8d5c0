//! One table of parameters as JSON, apart from any document: what an inspector copies and a test looks at.

use brownout_sim::param::{Domain, ParamSet, Value};

use crate::codec::{Path, Style, read_set_object, value_from_text, value_text, write_set_json};
use crate::error::Error;
use crate::json::parse;

/// The parameters that are not at their defaults, in full words.
pub fn to_json<P: ParamSet>(set: &P) -> String {
    write_set_json(set, Style::Document).compact()
}

/// The same in the short keys of a link.
pub fn to_link_json<P: ParamSet>(set: &P) -> String {
    write_set_json(set, Style::Link).compact()
}

/// Reads parameters in full words; the ones that are absent are at their defaults.
pub fn from_json<P: ParamSet>(text: &str) -> Result<P, Error> {
    read(text, Style::Document)
}

/// Reads parameters in the short keys of a link.
pub fn from_link_json<P: ParamSet>(text: &str) -> Result<P, Error> {
    read(text, Style::Link)
}

fn read<P: ParamSet>(text: &str, style: Style) -> Result<P, Error> {
    read_set_object(Some(&parse(text)?), &Path::Root, style)
}

/// One value in full words, for a field of text.
pub fn text_of(value: &Value) -> String {
    value_text(value)
}

/// Reads one value in full words and holds it against its domain.
pub fn value_of(text: &str, domain: &Domain) -> Result<Value, Error> {
    value_from_text(text, domain)
}
