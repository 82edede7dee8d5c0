//! Old versions of the format migrate forward, one version at a time, for ever.
//!
//! Each step turns one version into the next, in the words of the style that it was written in (short
//! keys are never reused, so that today's tables still read yesterday's). Migrating what is current
//! changes nothing.

use crate::codec::{Path, Style, VERSION, scenario};
use crate::error::{Error, Problem};
use crate::json::Json;

/// Turns a document or a record of one version into the next version's, all but the number itself.
type Step = fn(&mut Json<'_>, Style) -> Result<(), Error>;

/// The step at index `n` leads from version `n + 1` to `n + 2`.
const STEPS: &[Step] = &[];

const _: () =
    assert!(STEPS.len() as u64 + 1 == VERSION, "every version but the newest has a step to the next");

pub(crate) fn to_current(json: &mut Json<'_>, style: Style) -> Result<(), Error> {
    migrate(json, style, STEPS)
}

fn migrate(json: &mut Json<'_>, style: Style, steps: &[Step]) -> Result<(), Error> {
    let newest = steps.len() as u64 + 1;
    let mut version = version(json, style)?;
    if version > newest {
        return Err(Error::NewerVersion { found: version, known: newest });
    }
    while version < newest {
        steps[version as usize - 1](json, style)?;
        version += 1;
        set_version(json, style, version);
    }
    Ok(())
}

fn word(style: Style) -> &'static str {
    if style == Style::Link { scenario::VERSION.key } else { scenario::VERSION.name }
}

fn version(json: &Json<'_>, style: Style) -> Result<u64, Error> {
    let Json::Object(fields) = json else { return Path::Root.refuse(Problem::Kind { wanted: "an object" }) };
    let path = Path::Field(&Path::Root, scenario::VERSION.name);
    match fields.iter().find(|(name, _)| name == word(style)) {
        Some((_, Json::Number(text))) => match text.parse::<u64>() {
            Ok(version) if version > 0 => Ok(version),
            _ => path.refuse(Problem::Kind { wanted: "a whole number from 1" }),
        },
        Some(_) => path.refuse(Problem::Kind { wanted: "a whole number from 1" }),
        None => path.refuse(Problem::Missing),
    }
}

fn set_version(json: &mut Json<'_>, style: Style, version: u64) {
    let Json::Object(fields) = json else { return };
    for (name, value) in fields {
        if name == word(style) {
            *value = Json::whole(version);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    const TWO_STEPS: &[Step] = &[
        |json, _| {
            let Json::Object(fields) = json else { return Ok(()) };
            fields.push(("added_in_2".into(), Json::Bool(true)));
            Ok(())
        },
        |json, _| {
            let Json::Object(fields) = json else { return Ok(()) };
            fields.retain(|(name, _)| name != "dropped_in_3");
            Ok(())
        },
    ];

    fn migrated(text: &str) -> String {
        let mut json = parse(text).expect("valid");
        migrate(&mut json, Style::Document, TWO_STEPS).expect("known version");
        json.compact()
    }

    #[test]
    fn steps_are_taken_one_after_another() {
        let newest = r#"{"version":3,"added_in_2":true}"#;
        assert_eq!(migrated(r#"{"version":1,"dropped_in_3":0}"#), newest);
        assert_eq!(migrated(r#"{"version":2,"dropped_in_3":0,"added_in_2":true}"#), newest);
        assert_eq!(migrated(newest), newest, "what is current stays as it is");
    }

    #[test]
    fn a_newer_version_is_named() {
        let mut json = parse(r#"{"version":7}"#).expect("valid");
        let error = to_current(&mut json, Style::Document).expect_err("too new");
        assert_eq!(
            error.to_string(),
            "version: 7 is newer than the newest that this version of Brownout reads (1)"
        );
    }
}
