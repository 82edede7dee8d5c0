//! Whether every dependency may be used under a licence that `deny.toml` allows. Works without a network.

use std::fs;

use serde_json::Value;

use crate::failure::Failure;
use crate::workspace;

/// Checks all packages of the lock file; the number of packages, or a sentence that names the offenders.
pub fn check() -> Result<usize, Failure> {
    let path = workspace::root().join("deny.toml");
    let text = fs::read_to_string(&path).map_err(Failure::file(&path))?;
    let allowed = allowed_licences(&text);
    let metadata = workspace::metadata(true)?;
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let offenders: Vec<String> = packages.iter().filter_map(|package| offence(package, &allowed)).collect();
    if offenders.is_empty() {
        Ok(packages.len())
    } else {
        Err(Failure::Sentence(format!(
            "{}; deny.toml allows only {}",
            offenders.join(", "),
            allowed.join(", ")
        )))
    }
}

fn offence(package: &Value, allowed: &[String]) -> Option<String> {
    let licence = package["license"].as_str().unwrap_or_default();
    let name = package["name"].as_str().unwrap_or_default();
    (!is_allowed(licence, allowed)).then(|| {
        if licence.is_empty() {
            format!("{name} names no licence")
        } else {
            format!("{name} is under {licence}")
        }
    })
}

/// The strings of `allow = [ … ]`.
fn allowed_licences(deny: &str) -> Vec<String> {
    let list =
        deny.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Reads an SPDX expression: `OR` needs one side, `AND` both; a slash is an old way of writing `OR`.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let verdict = any(&mut words, allowed);
    words.next().is_none() && verdict
}

type Words<'text> = std::iter::Peekable<std::str::SplitWhitespace<'text>>;

fn any(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut verdict = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        verdict |= all(words, allowed);
    }
    verdict
}

fn all(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut verdict = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        verdict &= one(words, allowed);
    }
    verdict
}

fn one(words: &mut Words<'_>, allowed: &[String]) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let verdict = any(words, allowed);
        return words.next_if_eq(&")").is_some() && verdict;
    }
    let mut licence = words.next().unwrap_or_default().to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next().unwrap_or_default());
    }
    allowed.contains(&licence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Vec<String> {
        allowed_licences(
            "x = 1\nallow = [\n  \"MIT\",\n  \"Unicode-3.0\", # why\n  \"A WITH E\",\n]\nignore = [\"GPL\"]",
        )
    }

    #[test]
    fn the_list_is_read_from_deny_toml() {
        assert_eq!(allowed(), ["MIT", "Unicode-3.0", "A WITH E"]);
    }

    #[test]
    fn one_side_of_or_is_enough_and_both_of_and_are_needed() {
        for good in
            ["MIT", "GPL OR MIT", "GPL/MIT", "(GPL OR MIT) AND Unicode-3.0", "A WITH E", "A WITH E OR B"]
        {
            assert!(is_allowed(good, &allowed()), "{good}");
        }
        for bad in
            ["", "GPL", "MIT AND GPL", "MIT AND (GPL OR LGPL)", "A", "A WITH F", "(MIT", "MIT MIT", "mit"]
        {
            assert!(!is_allowed(bad, &allowed()), "{bad}");
        }
    }

    #[test]
    fn an_offender_is_named_with_its_licence() {
        let package = serde_json::json!({"name": "left-pad", "license": "GPL-3.0"});
        assert_eq!(offence(&package, &allowed()).as_deref(), Some("left-pad is under GPL-3.0"));
        let package = serde_json::json!({"name": "left-pad", "license": null});
        assert_eq!(offence(&package, &allowed()).as_deref(), Some("left-pad names no licence"));
    }
}
