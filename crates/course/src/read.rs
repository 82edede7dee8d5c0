//! Reads objects of JSON field by field; what nobody asked for is refused with its path.

use brownout_sim::{Ns, sentence};
use serde_json::{Map, Value};

use crate::error::Refused;

/// The most bytes of a lesson or an assignment.
pub const LIMIT: usize = 1024 * 1024;

/// Reads bounded text as JSON.
pub(crate) fn parse(text: &str) -> Result<Value, Refused> {
    if text.len() > LIMIT {
        return Err(Refused::new(
            "",
            sentence!("larger than 1 MiB, the most that is read", "읽을 수 있는 한도 1 MiB를 넘습니다"),
        ));
    }
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        Refused::new(
            "",
            sentence!(
                "no JSON: something is wrong at line {0}, column {1}",
                "JSON이 아닙니다. {0}번째 줄 {1}번째 글자에 문제가 있습니다",
                error.line(),
                error.column()
            ),
        )
    })
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
            _ => Err(Refused::new(path, sentence!("must be an object", "객체여야 합니다"))),
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
        self.take(name).ok_or_else(|| Refused::new(path, sentence!("is missing", "값이 없습니다")))
    }

    pub(crate) fn finish(self) -> Result<(), Refused> {
        match self.fields.keys().find(|name| !self.known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let shown: String = name.chars().take(40).collect();
                Err(Refused::new(
                    self.at(&shown),
                    sentence!(
                        "unknown field; there are {0}",
                        "알 수 없는 필드입니다. 쓸 수 있는 필드: {0}",
                        self.known.join(", ")
                    ),
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
        let all = value
            .as_array()
            .ok_or_else(|| Refused::new(&path, sentence!("must be a list", "목록이어야 합니다")))?;
        within(&path, all.len(), most)?;
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
        let all = value
            .as_object()
            .ok_or_else(|| Refused::new(&path, sentence!("must be an object", "객체여야 합니다")))?;
        within(&path, all.len(), most)?;
        all.iter().map(|(key, value)| read(key, value, &format!("{path}.{}", shown(key)))).collect()
    }

    /// A stretch of time, `[from, to]` in seconds.
    pub(crate) fn stretch(&mut self, name: &'static str) -> Result<Option<[Ns; 2]>, Refused> {
        let path = self.at(name);
        let Some(value) = self.take(name) else { return Ok(None) };
        let [from, to] = value.as_array().map_or(&[][..], Vec::as_slice) else {
            return Err(Refused::new(
                path,
                sentence!(
                    "must be a list of two numbers, in seconds",
                    "초 단위 숫자 두 개의 목록이어야 합니다"
                ),
            ));
        };
        let seconds = |value, index: usize| {
            let path = format!("{path}[{index}]");
            let seconds = number(value, &path)?;
            if (0.0..=brownout_scenario::LONGEST_S as f64).contains(&seconds) {
                return Ok((seconds * 1e9).round() as Ns);
            }
            Err(Refused::new(
                path,
                sentence!(
                    "must be from 0 to {0}",
                    "0 이상 {0} 이하여야 합니다",
                    brownout_scenario::LONGEST_S
                ),
            ))
        };
        let [from, to] = [seconds(from, 0)?, seconds(to, 1)?];
        if from >= to {
            return Err(Refused::new(
                path,
                sentence!("must end after it begins", "시작한 뒤에 끝나야 합니다"),
            ));
        }
        Ok(Some([from, to]))
    }
}

pub(crate) fn text(value: &Value, path: &str, most: usize) -> Result<String, Refused> {
    let text = value
        .as_str()
        .ok_or_else(|| Refused::new(path, sentence!("must be a text", "문자열이어야 합니다")))?;
    if text.chars().count() > most {
        return Err(Refused::new(
            path,
            sentence!("holds more than {0} characters", "한도 {0}자를 넘습니다", most),
        ));
    }
    if text.trim().is_empty() {
        return Err(Refused::new(path, sentence!("must not be empty", "비어 있을 수 없습니다")));
    }
    Ok(text.to_owned())
}

pub(crate) fn number(value: &Value, path: &str) -> Result<f64, Refused> {
    let number = value.as_f64().filter(|number| number.is_finite());
    number.ok_or_else(|| Refused::new(path, sentence!("must be a finite number", "유한한 수여야 합니다")))
}

pub(crate) fn whole(value: &Value, path: &str, most: u64) -> Result<u64, Refused> {
    let number = value.as_u64().filter(|number| *number <= most);
    number.ok_or_else(|| {
        Refused::new(path, sentence!("must be a whole number up to {0}", "{0} 이하의 정수여야 합니다", most))
    })
}

/// A list or an object of so many entries, of which there may be at most so many.
fn within(path: &str, entries: usize, most: usize) -> Result<(), Refused> {
    if entries <= most {
        return Ok(());
    }
    let words =
        sentence!("holds {0} entries, more than {1}", "항목이 {0}개로, 한도 {1}개를 넘습니다", entries, most);
    Err(Refused::new(path, words))
}

/// A name: letters, digits, `-` and `_`.
pub(crate) fn name(text: &str, path: &str) -> Result<String, Refused> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !text.is_empty() && text.len() <= 60 && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err(Refused::new(
        path,
        sentence!(
            "must be of letters, digits, - and _, at most 60",
            "영문자, 숫자, -, _로 60자까지 쓸 수 있습니다"
        ),
    ))
}

/// As much of a name as a sentence shows.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}
