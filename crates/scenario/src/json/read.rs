//! A reader that builds nothing larger than its bounds allow. The grammar is serde_json's; the bounds, the
//! refusal of repeated names and the numbers kept as text are this module's.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Json;
use crate::error::{Error, JsonProblem};

/// No document of this format nests deeper than ten levels.
const DEPTH: usize = 32;
/// Enough for every list of a document at its own limit, and less than 100 MB at worst.
const VALUES: usize = 500_000;
/// No object of this format has as many fields.
const FIELDS: usize = 256;
/// The name under which serde_json hands on a number that is no small integer, as the text that it was written as (its feature
/// `arbitrary_precision`). A test pins it.
const NUMBER: &str = "$serde_json::private::Number";

/// Reads one JSON value that is the whole text.
pub(crate) fn parse(text: &str) -> Result<Json<'_>, Error> {
    let bounds = Bounds::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Bounded { bounds: &bounds, depth: 0 }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| {
        let problem =
            bounds.problem.take().unwrap_or_else(|| JsonProblem::Syntax { message: message(&error) });
        Error::Json { line: error.line(), column: error.column(), problem }
    })
}

/// What serde_json says, without the place that it says it of.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// What has been read so far, and why it was refused.
#[derive(Default)]
struct Bounds {
    values: Cell<usize>,
    problem: RefCell<Option<JsonProblem>>,
}

impl Bounds {
    fn refuse<E: serde::de::Error>(&self, problem: JsonProblem) -> E {
        self.problem.replace(Some(problem));
        E::custom("refused")
    }
}

/// Reads one value at this depth.
#[derive(Clone, Copy)]
struct Bounded<'b> {
    bounds: &'b Bounds,
    depth: usize,
}

impl Bounded<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH {
            return Err(self.bounds.refuse(JsonProblem::Depth { limit: DEPTH }));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'t> DeserializeSeed<'t> for Bounded<'_> {
    type Value = Json<'t>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Json<'t>, D::Error> {
        let values = self.bounds.values.get() + 1;
        self.bounds.values.set(values);
        if values > VALUES {
            return Err(self.bounds.refuse(JsonProblem::Values { limit: VALUES }));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Bounded<'_> {
    type Value = Json<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Json<'t>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'t>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'t>, E> {
        Ok(Json::Number(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'t>, E> {
        Ok(Json::Number(Cow::Owned(number.to_string())))
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Json<'t>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'t>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut list: A) -> Result<Json<'t>, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Json<'t>, A::Error> {
        let inner = self.deeper()?;
        let mut fields: Vec<(Cow<'t, str>, Json<'t>)> = Vec::new();
        while let Some(name) = map.next_key_seed(Name)? {
            if name == NUMBER {
                return map.next_value::<String>().map(|number| Json::Number(Cow::Owned(number)));
            }
            if fields.iter().any(|(earlier, _)| *earlier == name) {
                let name = name.chars().take(40).collect();
                return Err(self.bounds.refuse(JsonProblem::Duplicate { name }));
            }
            if fields.len() == FIELDS {
                return Err(self.bounds.refuse(JsonProblem::Fields { limit: FIELDS }));
            }
            fields.push((name, map.next_value_seed(inner)?));
        }
        Ok(Json::Object(fields))
    }
}

/// The name of a field, borrowed where it has no escapes.
struct Name;

impl<'t> DeserializeSeed<'t> for Name {
    type Value = Cow<'t, str>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Cow<'t, str>, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<'t> Visitor<'t> for Name {
    type Value = Cow<'t, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Cow<'t, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'t, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<Cow<'t, str>, E> {
        Err(E::custom("not UTF-8"))
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
        assert_eq!(refused("{\"a\": NaN}"), "JSON: line 1, column 7: expected value");
        assert_eq!(refused("{\n  \"a\": 1"), "JSON: line 2, column 8: EOF while parsing an object");
        assert_eq!(
            refused("{\"a\":1,\"a\":2}"),
            "JSON: line 1, column 10: the field `a` stands twice in one object"
        );
        assert_eq!(refused("[01]"), "JSON: line 1, column 3: invalid number");
        assert!(refused(&"[".repeat(100_000)).contains("nested deeper than 32 levels"));
        assert!(refused(&format!("[{}1]", "1,".repeat(VALUES))).contains("more than 500000 values"));
        assert!(refused("\"\\ud800\"").contains("escape"));
        assert!(refused("\"\u{1}\"").contains("control character"));
        assert!(refused("1 2").contains("trailing characters"));
        assert!(refused("").contains("EOF"));
    }

    #[test]
    fn strings_are_unescaped() {
        let value = parse(r#""a\n\u00e9\ud83d\ude00\/""#).expect("valid");
        assert_eq!(value, Json::text("a\n\u{e9}\u{1f600}/"));
    }

    #[test]
    fn numbers_stay_the_text_that_they_were() {
        let value = parse("[9000000.123456789, 1e999, -0]").expect("valid");
        let Json::List(list) = value else { panic!("a list") };
        let texts: Vec<&Json<'_>> = list.iter().collect();
        for (json, text) in texts.iter().zip(["9000000.123456789", "1e999", "-0"]) {
            let Json::Number(number) = json else { panic!("a number, not {json:?}") };
            assert_eq!(number.replace('+', ""), text);
        }
    }

    proptest! {
        /// What is read is what serde_json's own value reads, but for names that stand twice.
        #[test]
        fn agrees_with_the_plain_reader(text in "[\\[\\]{},:\"\\\\0-9a-eE+.\\- \\nutrfl]{0,24}") {
            let other = serde_json::from_str::<serde_json::Value>(&text);
            match (parse(&text), other) {
                (Ok(ours), Ok(other)) => {
                    let again: serde_json::Value = serde_json::from_str(&ours.compact()).expect("valid");
                    prop_assert_eq!(again, other);
                }
                (Err(_), Err(_)) => {}
                (Err(error), Ok(_)) => prop_assert!(error.to_string().contains("twice"), "{error}"),
                (Ok(value), Err(error)) => prop_assert!(false, "{value:?}: {error}"),
            }
        }
    }
}
