//! Reads objects field by field; what nobody asked for is refused with its path.

use std::borrow::Cow;
use std::fmt;

use brownout_sim::Ns;
use brownout_sim::param::Choice;
use brownout_sim::system::Id;

use super::{Field, Style};
use crate::error::{Error, Problem};
use crate::json::Json;
use crate::time;
use crate::validate::{LARGEST_ID, characters};

/// Where in the document something stands. Written out only in a refusal.
#[derive(Clone, Copy)]
pub(crate) enum Path<'p> {
    Root,
    Field(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Field(Path::Root, name) => f.write_str(name),
            Path::Field(parent, name) => write!(f, "{parent}.{name}"),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

impl Path<'_> {
    pub(crate) fn refuse<T>(&self, problem: Problem) -> Result<T, Error> {
        let path = self.to_string();
        Err(Error::field(if path.is_empty() { "document".to_owned() } else { path }, problem))
    }
}

/// An object under the reader's eyes.
pub(crate) struct Object<'j, 't, 'p> {
    fields: &'j [(Cow<'t, str>, Json<'t>)],
    pub(crate) path: &'p Path<'p>,
    pub(crate) style: Style,
    taken: u64,
    known: Vec<&'static str>,
}

impl<'j, 't, 'p> Object<'j, 't, 'p> {
    pub(crate) fn open(json: &'j Json<'t>, path: &'p Path<'p>, style: Style) -> Result<Self, Error> {
        match json {
            Json::Object(fields) => Ok(Self { fields, path, style, taken: 0, known: Vec::new() }),
            _ => path.refuse(Problem::Kind { wanted: "an object" }),
        }
    }

    /// The value of a field, if it is there.
    pub(crate) fn take_word(&mut self, name: &'static str, key: &'static str) -> Option<&'j Json<'t>> {
        let word = if self.style == Style::Link { key } else { name };
        self.known.push(name);
        let at = self.fields.iter().position(|(field, _)| field == word)?;
        // Objects with more fields than bits are refused by `finish`: no object of the format is so large.
        self.taken |= 1_u64.checked_shl(at as u32).unwrap_or(0);
        Some(&self.fields[at].1)
    }

    pub(crate) fn take(&mut self, field: &Field) -> Option<&'j Json<'t>> {
        self.take_word(field.name, field.key)
    }

    pub(crate) fn need(&mut self, field: &Field) -> Result<&'j Json<'t>, Error> {
        match self.take(field) {
            Some(json) => Ok(json),
            None => self.at(field.name).refuse(Problem::Missing),
        }
    }

    pub(crate) const fn at<'s>(&'s self, name: &'s str) -> Path<'s> {
        Path::Field(self.path, name)
    }

    /// Refuses fields that nobody asked for.
    pub(crate) fn finish(self) -> Result<(), Error> {
        for (index, (name, _)) in self.fields.iter().enumerate() {
            if index >= 64 || self.taken & (1 << index) == 0 {
                let shown: String = name.chars().take(40).collect();
                let suggestion =
                    if self.style == Style::Document { closest(name, &self.known) } else { None };
                return self.at(&shown).refuse(Problem::Unknown { suggestion });
            }
        }
        Ok(())
    }

    pub(crate) fn text(&mut self, field: &Field, limit: usize) -> Result<String, Error> {
        let Some(json) = self.take(field) else { return Ok(String::new()) };
        text(json, &self.at(field.name), limit).map(str::to_owned)
    }

    pub(crate) fn id(&mut self, field: &Field) -> Result<Id, Error> {
        let json = self.need(field)?;
        id(json, &self.at(field.name))
    }

    pub(crate) fn number(&mut self, field: &Field) -> Result<Option<f64>, Error> {
        let Some(json) = self.take(field) else { return Ok(None) };
        number(json, &self.at(field.name)).map(Some)
    }

    /// A word of a list; without one, the first of the list.
    pub(crate) fn choice<T: Copy>(&mut self, field: &Field, words: &[Choice], all: &[T]) -> Result<T, Error> {
        let Some(json) = self.take(field) else { return Ok(all[0]) };
        let at = word(json, &self.at(field.name), words)?;
        Ok(all[at])
    }

    pub(crate) fn list(&mut self, field: &Field, limit: usize) -> Result<&'j [Json<'t>], Error> {
        let Some(json) = self.take(field) else { return Ok(&[]) };
        list(json, &self.at(field.name), limit)
    }
}

pub(crate) fn number(json: &Json<'_>, path: &Path<'_>) -> Result<f64, Error> {
    let Json::Number(text) = json else { return path.refuse(Problem::Kind { wanted: "a number" }) };
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(if value == 0.0 { 0.0 } else { value }),
        _ => path.refuse(Problem::NotFinite),
    }
}

/// A whole number up to `max`, which is at most 2^53. Written `3`, `3.0` or `3e0`.
pub(crate) fn whole(json: &Json<'_>, path: &Path<'_>, max: u64) -> Result<u64, Error> {
    if let Json::Number(text) = json
        && let Ok(value) = text.parse::<u64>()
        && value <= max
    {
        return Ok(value);
    }
    let got = number(json, path).map_err(|error| match error {
        Error::Field { path, problem: Problem::Kind { .. } } => {
            Error::field(path, Problem::Kind { wanted: "a whole number" })
        }
        other => other,
    })?;
    if got.fract() != 0.0 {
        return path.refuse(Problem::Kind { wanted: "a whole number" });
    }
    if !(0.0..=max as f64).contains(&got) {
        return path.refuse(Problem::Range { min: 0.0, max: max as f64, got });
    }
    Ok(got as u64)
}

pub(crate) fn id(json: &Json<'_>, path: &Path<'_>) -> Result<Id, Error> {
    whole(json, path, u64::from(LARGEST_ID)).map(|id| id as Id)
}

pub(crate) fn seconds(json: &Json<'_>, path: &Path<'_>) -> Result<Ns, Error> {
    let Json::Number(text) = json else { return path.refuse(Problem::Kind { wanted: "a number" }) };
    time::ns_from_seconds(text).or_else(|problem| path.refuse(problem))
}

pub(crate) fn text<'j>(json: &'j Json<'_>, path: &Path<'_>, limit: usize) -> Result<&'j str, Error> {
    let Json::Text(text) = json else { return path.refuse(Problem::Kind { wanted: "a text" }) };
    characters(text, limit, || path.to_string())?;
    Ok(text)
}

/// The position of a word in a list of words.
pub(crate) fn word(json: &Json<'_>, path: &Path<'_>, words: &[Choice]) -> Result<usize, Error> {
    let Json::Text(text) = json else { return path.refuse(Problem::Kind { wanted: "a text" }) };
    words
        .iter()
        .position(|choice| choice.name == text)
        .map_or_else(|| path.refuse(unknown_word(text, words.iter().map(|choice| choice.name))), Ok)
}

pub(crate) fn unknown_word(got: &str, words: impl Iterator<Item = &'static str>) -> Problem {
    Problem::Choice { words: words.collect(), got: got.chars().take(40).collect() }
}

pub(crate) fn list<'j, 't>(
    json: &'j Json<'t>,
    path: &Path<'_>,
    limit: usize,
) -> Result<&'j [Json<'t>], Error> {
    let Json::List(list) = json else { return path.refuse(Problem::Kind { wanted: "a list" }) };
    if list.len() > limit {
        return path.refuse(Problem::Entries { limit, got: list.len() });
    }
    Ok(list)
}

pub(crate) fn pair<'j, 't>(json: &'j Json<'t>, path: &Path<'_>) -> Result<[&'j Json<'t>; 2], Error> {
    match json {
        Json::List(list) if list.len() == 2 => Ok([&list[0], &list[1]]),
        _ => path.refuse(Problem::Kind { wanted: "a list of two numbers" }),
    }
}

/// The known name that was probably meant: at most two letters away.
fn closest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    if name.len() > 40 {
        return None;
    }
    known
        .iter()
        .map(|candidate| (distance(name, candidate), *candidate))
        .filter(|(apart, candidate)| *apart <= 2 && *apart < candidate.len())
        .min_by_key(|(apart, _)| *apart)
        .map(|(_, candidate)| candidate)
}

/// Letters inserted, removed, replaced or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
}
