//! Reads objects of JSON field by field; what nobody asked for is refused with its path.

use brownout_sim::Ns;
use serde_json::{Map, Value};

use crate::error::Refused;

/// The most bytes of a lesson or an assignment.
pub const LIMIT: usize = 1024 * 1024;

/// Reads bounded text as JSON.
pub(crate) fn parse(text: &str) -> Result<Value, Refused> {
    if text.len() > LIMIT {
        return Err(Refused::new("", "larger than 1 MiB, the most that is read"));
    }
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| Refused::new("", format!("no JSON: {error}")))
}

/// An object, and which of its fields have been asked for.
pub(crate) struct Object<'v> {
    fields: &'v Map<String, Value>,
    path: String,
    known: Vec<&'static str>,
}

impl<'v> Object<'v> {
    pub(crate) fn open(value: &'v Value, path: &str) -> Result<Self, Refused> {
        match value {
            Value::Object(fields) => Ok(Self { fields, path: path.to_owned(), known: Vec::new() }),
            _ => Err(Refused::new(path, "must be an object")),
        }
    }

    /// The path of a field.
    pub(crate) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub(crate) fn take(&mut self, name: &'static str) -> Option<&'v Value> {
        self.known.push(name);
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn need(&mut self, name: &'static str) -> Result<&'v Value, Refused> {
        let path = self.at(name);
        self.take(name).ok_or_else(|| Refused::new(path, "is missing"))
    }

    pub(crate) fn finish(self) -> Result<(), Refused> {
        match self.fields.keys().find(|name| !self.known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let shown: String = name.chars().take(40).collect();
                Err(Refused::new(
                    self.at(&shown),
                    format!("unknown field; there are {}", self.known.join(", ")),
                ))
            }
        }
    }

    pub(crate) fn text(&mut self, name: &'static str, most: usize) -> Result<Option<String>, Refused> {
        let path = self.at(name);
        self.take(name).map(|value| text(value, &path, most)).transpose()
    }

    pub(crate) fn need_text(&mut self, name: &'static str, most: usize) -> Result<String, Refused> {
        let path = self.at(name);
        text(self.need(name)?, &path, most)
    }

    pub(crate) fn number(&mut self, name: &'static str) -> Result<Option<f64>, Refused> {
        let path = self.at(name);
        self.take(name).map(|value| number(value, &path)).transpose()
    }

    pub(crate) fn whole(&mut self, name: &'static str, most: u64) -> Result<Option<u64>, Refused> {
        let path = self.at(name);
        self.take(name).map(|value| whole(value, &path, most)).transpose()
    }

    pub(crate) fn list<T>(
        &mut self,
        name: &'static str,
        most: usize,
        mut read: impl FnMut(&'v Value, &str) -> Result<T, Refused>,
    ) -> Result<Vec<T>, Refused> {
        let path = self.at(name);
        let Some(value) = self.take(name) else { return Ok(Vec::new()) };
        let all = value.as_array().ok_or_else(|| Refused::new(&path, "must be a list"))?;
        if all.len() > most {
            return Err(Refused::new(path, format!("holds {} entries, more than {most}", all.len())));
        }
        all.iter().enumerate().map(|(index, value)| read(value, &format!("{path}[{index}]"))).collect()
    }

    /// Names with something each, in the order in which they stand there.
    pub(crate) fn named<T>(
        &mut self,
        name: &'static str,
        most: usize,
        mut read: impl FnMut(&'v str, &'v Value, &str) -> Result<T, Refused>,
    ) -> Result<Vec<T>, Refused> {
        let path = self.at(name);
        let Some(value) = self.take(name) else { return Ok(Vec::new()) };
        let all = value.as_object().ok_or_else(|| Refused::new(&path, "must be an object"))?;
        if all.len() > most {
            return Err(Refused::new(path, format!("holds {} entries, more than {most}", all.len())));
        }
        all.iter().map(|(key, value)| read(key, value, &format!("{path}.{}", shown(key)))).collect()
    }

    /// A stretch of time, `[from, to]` in seconds.
    pub(crate) fn stretch(&mut self, name: &'static str) -> Result<Option<[Ns; 2]>, Refused> {
        let path = self.at(name);
        let Some(value) = self.take(name) else { return Ok(None) };
        let [from, to] = value.as_array().map_or(&[][..], Vec::as_slice) else {
            return Err(Refused::new(path, "must be a list of two numbers, in seconds"));
        };
        let seconds = |value, index: usize| {
            let path = format!("{path}[{index}]");
            let seconds = number(value, &path)?;
            if (0.0..=brownout_scenario::LONGEST_S as f64).contains(&seconds) {
                return Ok((seconds * 1e9).round() as Ns);
            }
            Err(Refused::new(path, format!("must be from 0 to {}", brownout_scenario::LONGEST_S)))
        };
        let [from, to] = [seconds(from, 0)?, seconds(to, 1)?];
        if from >= to {
            return Err(Refused::new(path, "must end after it begins"));
        }
        Ok(Some([from, to]))
    }
}

pub(crate) fn text(value: &Value, path: &str, most: usize) -> Result<String, Refused> {
    let text = value.as_str().ok_or_else(|| Refused::new(path, "must be a text"))?;
    if text.chars().count() > most {
        return Err(Refused::new(path, format!("holds more than {most} characters")));
    }
    if text.trim().is_empty() {
        return Err(Refused::new(path, "must not be empty"));
    }
    Ok(text.to_owned())
}

pub(crate) fn number(value: &Value, path: &str) -> Result<f64, Refused> {
    let number = value.as_f64().filter(|number| number.is_finite());
    number.ok_or_else(|| Refused::new(path, "must be a finite number"))
}

pub(crate) fn whole(value: &Value, path: &str, most: u64) -> Result<u64, Refused> {
    let number = value.as_u64().filter(|number| *number <= most);
    number.ok_or_else(|| Refused::new(path, format!("must be a whole number up to {most}")))
}

/// A name: letters, digits, `-` and `_`.
pub(crate) fn name(text: &str, path: &str) -> Result<String, Refused> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !text.is_empty() && text.len() <= 60 && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err(Refused::new(path, "must be of letters, digits, - and _, at most 60"))
}

/// As much of a name as a sentence shows.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}
