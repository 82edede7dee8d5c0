//! The document and the run record as JSON: in full words for files, in short keys for links.
//!
//! Both are written and read by the same code; only the words differ. Parameters are read from their
//! tables: none is named here.

mod document;
mod fields;
mod output;
mod params;
mod reader;
mod record;

use crate::error::{Error, Input};
use crate::json::{self, Json};
use crate::link;
use crate::migrate;
use crate::model::Scenario;
use crate::record::{Record, Shared};

pub(crate) use document::{
    read_edge, read_edge_name, read_entry, read_goal, read_part, write_edge, write_edge_name, write_entry,
    write_goal, write_part,
};
pub(crate) use fields::{
    CONTEXTS, Field, edge, edge_name, entry, goal, log, part, record as record_fields, scenario, set,
};
pub(crate) use params::{read_set_object, value_from_text, value_text, write_set_json};
pub(crate) use reader::Path;

/// The version of the format that is written.
pub const VERSION: u64 = 1;

/// The most bytes that are read from a file or a stream.
pub const FILE_LIMIT: usize = 8 * 1024 * 1024;

/// Which words a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Full names, for files and people.
    Document,
    /// Short keys, for links.
    Link,
}

/// Reads a document or a run record.
pub(crate) fn decode(text: &str, style: Style) -> Result<Shared, Error> {
    let mut json = json::parse(text)?;
    migrate::to_current(&mut json, style)?;
    if record::is_record(&json, style) {
        let record = record::read_record(&json, style)?;
        record.validate()?;
        return Ok(Shared::Run(record));
    }
    let scenario = document::read_scenario(&json, style, &Path::Root)?;
    scenario.validate()?;
    Ok(Shared::Design(scenario))
}

pub(crate) fn encode(shared: &Shared, style: Style) -> Json<'static> {
    match shared {
        Shared::Design(scenario) => document::write_scenario(scenario, style),
        Shared::Run(record) => record::write_record(record, style),
    }
}

fn decode_file(text: &str) -> Result<Shared, Error> {
    if text.len() > FILE_LIMIT {
        return Err(Error::TooLarge { what: Input::File, limit: FILE_LIMIT });
    }
    decode(text.trim_start_matches('\u{feff}'), Style::Document)
}

/// Reads whatever a visitor may have: the text of a file, a link, an address or a fragment.
pub fn read_any(text: &str) -> Result<Shared, Error> {
    if text.len() > FILE_LIMIT {
        return Err(Error::TooLarge { what: Input::File, limit: FILE_LIMIT });
    }
    if link::is_link(text) { link::decode(text) } else { decode_file(text) }
}

impl Scenario {
    /// Reads a document; of a run record, the design as it stands at the end of its log.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        Ok(match decode_file(text)? {
            Shared::Design(scenario) => scenario,
            Shared::Run(record) => record.document(),
        })
    }

    /// The one canonical text of this document: sorted by id, defaults omitted, laid out for people.
    pub fn to_json(&self) -> String {
        document::write_scenario(self, Style::Document).pretty()
    }
}

impl Record {
    /// Reads a run record; a document is a record of nothing done.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        Ok(match decode_file(text)? {
            Shared::Design(scenario) => Self::new(scenario),
            Shared::Run(record) => record,
        })
    }

    /// The one canonical text of this record.
    pub fn to_json(&self) -> String {
        record::write_record(self, Style::Document).pretty()
    }
}

impl Shared {
    /// Reads a file: a document or a run record.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        decode_file(text)
    }

    /// The one canonical text.
    pub fn to_json(&self) -> String {
        encode(self, Style::Document).pretty()
    }
}
