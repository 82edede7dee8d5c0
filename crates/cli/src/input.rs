//! Reads a scenario from a file, a link on the command line, or standard input; never more than may be.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use brownout_scenario::{Error, FILE_LIMIT, Input, Shared, link, read_any};

use crate::failure::Failure;

/// Reads a text from a file or from standard input.
pub fn read_text(argument: &str) -> Result<String, Failure> {
    if argument == "-" {
        return bounded(io::stdin().lock(), "standard input");
    }
    let file = File::open(argument).map_err(|error| Failure::Read { name: argument.to_owned(), error })?;
    bounded(file, argument)
}

/// Reads a document or a run record.
pub fn read(argument: &str) -> Result<Shared, Failure> {
    let (name, text) = if argument == "-" {
        ("standard input".to_owned(), read_text(argument)?)
    } else if Path::new(argument).exists() {
        (argument.to_owned(), read_text(argument)?)
    } else if link::is_link(argument) {
        ("the link".to_owned(), argument.to_owned())
    } else if let Some(document) = crate::lessons::document(argument) {
        return document.map(Shared::Design);
    } else {
        return Err(Failure::NotFound { name: argument.chars().take(200).collect() });
    };
    read_any(&text).map_err(|error| Failure::Refused { name, error })
}

/// Shards of a sweep are larger than documents.
const SHARD_LIMIT: usize = 1 << 30;

/// Reads a file that `sweep --shard` printed.
pub fn read_shard(name: &str) -> Result<String, Failure> {
    let failed = |error| Failure::Read { name: name.to_owned(), error };
    let mut text = String::new();
    let file = File::open(name).map_err(failed)?;
    file.take(SHARD_LIMIT as u64 + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() > SHARD_LIMIT {
        return Err(Failure::Shard(format!("{name}: larger than 1 GiB, the most that is read")));
    }
    Ok(text)
}

/// At most one byte more than the limit is read, whatever is offered.
fn bounded(source: impl Read, name: &str) -> Result<String, Failure> {
    let refused = |error| Failure::Refused { name: name.to_owned(), error };
    let mut bytes = Vec::new();
    let read = source.take(FILE_LIMIT as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Read { name: name.to_owned(), error })?;
    if bytes.len() > FILE_LIMIT {
        return Err(refused(Error::TooLarge { what: Input::File, limit: FILE_LIMIT }));
    }
    String::from_utf8(bytes).map_err(|_| refused(Error::NotText { what: Input::File }))
}
