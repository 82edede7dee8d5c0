//! A reader that builds nothing larger than its bounds allow.

use std::borrow::Cow;

use super::Json;
use crate::error::{Error, JsonProblem};

/// No document of this format nests deeper than ten levels.
const DEPTH: usize = 32;
/// Enough for every array of a document at its own limit, and a few tens of megabytes at most.
const VALUES: usize = 1_000_000;
/// No object of this format has as many fields.
const FIELDS: usize = 256;

/// Reads one JSON value that is the whole text.
pub(crate) fn parse(text: &str) -> Result<Json<'_>, Error> {
    let mut reader = Reader { text, at: 0, depth: 0, values: 0 };
    let value = reader.value().and_then(|value| {
        reader.space();
        if reader.peek().is_none() { Ok(value) } else { Err(JsonProblem::Trailing) }
    });
    value.map_err(|problem| reader.locate(problem))
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    values: usize,
}

type Read<T> = Result<T, JsonProblem>;

impl<'t> Reader<'t> {
    fn locate(&self, problem: JsonProblem) -> Error {
        let before = &self.text[..self.at];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Error::Json {
            line: 1 + before.bytes().filter(|byte| *byte == b'\n').count(),
            column: 1 + before[line_start..].chars().count(),
            problem,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expected(&self, wanted: &'static str) -> JsonProblem {
        JsonProblem::Expected { wanted, found: self.text[self.at..].chars().next() }
    }

    fn value(&mut self) -> Read<Json<'t>> {
        self.space();
        self.values += 1;
        if self.values > VALUES {
            return Err(JsonProblem::Values { limit: VALUES });
        }
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'"') => Ok(Json::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                for (word, value) in
                    [("true", Json::Bool(true)), ("false", Json::Bool(false)), ("null", Json::Null)]
                {
                    if self.text[self.at..].starts_with(word) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err(self.expected("a value"))
            }
        }
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Read<Json<'t>>) -> Read<Json<'t>> {
        if self.depth == DEPTH {
            return Err(JsonProblem::Depth { limit: DEPTH });
        }
        self.at += 1;
        self.depth += 1;
        let value = inner(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Read<Json<'t>> {
        let mut list = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::List(list));
        }
        loop {
            list.push(self.value()?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Json::List(list));
                }
                _ => return Err(self.expected("`,` or `]`")),
            }
        }
    }

    fn object(&mut self) -> Read<Json<'t>> {
        let mut fields: Vec<(Cow<'t, str>, Json<'t>)> = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(fields));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.expected("the name of a field"));
            }
            let start = self.at;
            let name = self.string()?;
            if fields.iter().any(|(earlier, _)| *earlier == name) {
                self.at = start;
                return Err(JsonProblem::Duplicate { name: name.chars().take(40).collect() });
            }
            if fields.len() == FIELDS {
                return Err(JsonProblem::Fields { limit: FIELDS });
            }
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.expected("`:`"));
            }
            self.at += 1;
            let value = self.value()?;
            fields.push((name, value));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Json::Object(fields));
                }
                _ => return Err(self.expected("`,` or `}`")),
            }
        }
    }

    fn digits(&mut self) -> Read<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(JsonProblem::Number) } else { Ok(()) }
    }

    fn number(&mut self) -> Read<Json<'t>> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(JsonProblem::Number);
            }
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Json::Number(Cow::Borrowed(&self.text[start..self.at])))
    }

    /// A string without escapes is borrowed from the text.
    fn string(&mut self) -> Read<Cow<'t, str>> {
        self.at += 1;
        let start = self.at;
        let mut owned: Option<String> = None;
        let mut copied = start;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let rest = &self.text[copied..self.at];
                    self.at += 1;
                    return Ok(match owned {
                        Some(mut text) => {
                            text.push_str(rest);
                            Cow::Owned(text)
                        }
                        None => Cow::Borrowed(rest),
                    });
                }
                Some(b'\\') => {
                    let text = owned.get_or_insert_with(String::new);
                    text.push_str(&self.text[copied..self.at]);
                    let character = self.escape()?;
                    owned.get_or_insert_with(String::new).push(character);
                    copied = self.at;
                }
                Some(0..=0x1f) => return Err(JsonProblem::Control),
                Some(_) => self.at += 1,
                None => return Err(self.expected("the end of the text")),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let letter = self.text.as_bytes().get(self.at + 1).copied();
        let character = match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(JsonProblem::Escape),
        };
        self.at += 2;
        Ok(character)
    }

    /// `\uXXXX`, or two of them that stand for one character.
    fn unicode(&mut self) -> Read<char> {
        let first = self.hex(self.at)?;
        if (0xd800..0xdc00).contains(&first) {
            let second = self.hex(self.at + 6)?;
            if !(0xdc00..0xe000).contains(&second) {
                return Err(JsonProblem::Escape);
            }
            self.at += 12;
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return char::from_u32(code).ok_or(JsonProblem::Escape);
        }
        let character = char::from_u32(first).ok_or(JsonProblem::Escape)?;
        self.at += 6;
        Ok(character)
    }

    fn hex(&self, at: usize) -> Read<u32> {
        let bytes = self.text.as_bytes().get(at..at + 6).ok_or(JsonProblem::Escape)?;
        let digits = bytes.strip_prefix(b"\\u").ok_or(JsonProblem::Escape)?;
        digits.iter().try_fold(0, |code, digit| {
            char::from(*digit).to_digit(16).map(|digit| code * 16 + digit).ok_or(JsonProblem::Escape)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(text: &str) -> String {
        parse(text).expect_err("this text is not to be read").to_string()
    }

    #[test]
    fn refusals_name_the_place() {
        assert_eq!(refused("{\"a\": NaN}"), "JSON: line 1, column 7: expected a value, but found `N`");
        assert_eq!(
            refused("{\n  \"a\": 1"),
            "JSON: line 2, column 9: expected `,` or `}`, but the text ends here"
        );
        assert_eq!(
            refused("{\"a\":1,\"a\":2}"),
            "JSON: line 1, column 8: the field `a` stands twice in one object"
        );
        assert_eq!(refused("[01]"), "JSON: line 1, column 3: not a number of JSON");
        assert!(refused(&"[".repeat(100_000)).contains("nested deeper than 32 levels"));
        assert!(refused(&format!("[{}1]", "1,".repeat(VALUES))).contains("more than 1000000 values"));
        assert!(refused("\"\\ud800\"").contains("escape"));
        assert!(refused("\"\u{1}\"").contains("control character"));
        assert!(refused("1 2").contains("behind the end"));
        assert!(refused("").contains("the text ends here"));
    }

    #[test]
    fn strings_are_unescaped() {
        let value = parse(r#""a\n\u00e9\ud83d\ude00\/""#).expect("valid");
        assert_eq!(value, Json::text("a\n\u{e9}\u{1f600}/"));
    }

    proptest! {
        /// Another parser agrees on what is JSON, and on what it says.
        #[test]
        fn agrees_with_another_parser(text in "[\\[\\]{},:\"\\\\0-9a-eE+.\\- \\nutrfl]{0,24}") {
            let other = serde_json::from_str::<serde_json::Value>(&text);
            match (parse(&text), other) {
                (Ok(ours), Ok(other)) => {
                    let again: serde_json::Value = serde_json::from_str(&ours.compact()).expect("valid");
                    prop_assert_eq!(again, other);
                }
                (Err(_), Err(_)) => {}
                // Names that stand twice and numbers that do not fit are judged differently on purpose.
                (Err(error), Ok(_)) => prop_assert!(error.to_string().contains("twice"), "{error}"),
                (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("out of range"), "{error}"),
            }
        }
    }
}
