//! Sentences with values in their gaps, in the languages of the product.

use std::fmt;

use super::Words;

/// A sentence in the languages of the product. `{0}` in its words stands for the first value, so that each language has
/// the values in its own order.
///
/// No text becomes one by itself: whatever people may read has its Korean words beside it, or does not compile.
#[derive(Clone, Debug)]
pub struct Sentence(Box<Filled>);

/// Two are the same that say the same.
impl PartialEq for Sentence {
    fn eq(&self, other: &Self) -> bool {
        self.en() == other.en() && self.ko() == other.ko()
    }
}

impl Eq for Sentence {}

/// Behind a box: what is refused stands in the result of every check.
#[derive(Clone, Debug)]
struct Filled {
    words: Words,
    values: Vec<Value>,
}

#[derive(Clone, Debug)]
enum Value {
    /// The same in every language: a number, an id, a name in the document.
    Same(String),
    /// In English and Korean.
    Both(String, String),
    Words(Words),
    Sentence(Sentence),
}

impl Sentence {
    pub fn new(words: Words) -> Self {
        Self(Box::new(Filled { words, values: Vec::new() }))
    }

    /// With a value for the next gap.
    #[must_use]
    pub fn with(mut self, value: impl fmt::Display) -> Self {
        self.0.values.push(Value::Same(value.to_string()));
        self
    }

    /// What is a sentence already, in English and Korean.
    pub fn both(en: String, ko: String) -> Self {
        Self(Box::new(Filled { words: Words::new("{0}", "{0}"), values: vec![Value::Both(en, ko)] }))
    }

    /// With words of their own for the next gap.
    #[must_use]
    pub fn with_words(mut self, words: Words) -> Self {
        self.0.values.push(Value::Words(words));
        self
    }

    /// With a sentence of its own for the next gap.
    #[must_use]
    pub fn with_sentence(mut self, sentence: Self) -> Self {
        self.0.values.push(Value::Sentence(sentence));
        self
    }

    /// What only people at a terminal read, or what is a name in every language.
    pub fn untranslated(text: impl fmt::Display) -> Self {
        Self::new(Words::new("{0}", "{0}")).with(text)
    }

    pub fn en(&self) -> String {
        self.fill(false)
    }

    pub fn ko(&self) -> String {
        self.fill(true)
    }

    fn fill(&self, korean: bool) -> String {
        let of = |words: Words| if korean { words.ko } else { words.en };
        let mut text = String::new();
        let mut rest = of(self.0.words);
        while let Some((before, behind)) = rest.split_once('{') {
            text.push_str(before);
            let (gap, behind) = behind.split_once('}').unwrap_or((behind, ""));
            match gap.parse().ok().and_then(|at: usize| self.0.values.get(at)) {
                Some(Value::Same(value)) => text.push_str(value),
                Some(Value::Both(en, ko)) => text.push_str(if korean { ko } else { en }),
                Some(Value::Words(words)) => text.push_str(of(*words)),
                Some(Value::Sentence(sentence)) => text.push_str(&sentence.fill(korean)),
                None => debug_assert!(false, "nothing fills {{{gap}}} of `{}`", self.0.words.en),
            }
            rest = behind;
        }
        text.push_str(rest);
        text
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.en())
    }
}

/// A [`Sentence`]: English words, Korean words, and the values of their gaps.
#[macro_export]
macro_rules! sentence {
    ($en:literal, $ko:literal $(, $value:expr)* $(,)?) => {
        $crate::param::Sentence::new($crate::param::Words::new($en, $ko))$(.with($value))*
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_the_values_in_its_own_order() {
        let sentence = sentence!("holds {0} parts, more than {1}", "한도 {1}개보다 많은 {0}개입니다", 7, 5);
        assert_eq!(sentence.en(), "holds 7 parts, more than 5");
        assert_eq!(sentence.ko(), "한도 5개보다 많은 7개입니다");
        assert_eq!(sentence.to_string(), sentence.en());
        let outer = Sentence::new(Words::new("{0}: {1}!", "{0}: {1}!!"));
        let outer = outer.with_words(Words::new("here", "여기")).with_sentence(sentence);
        assert_eq!(outer.ko(), "여기: 한도 5개보다 많은 7개입니다!!");
        assert_eq!(sentence!("none", "없음").ko(), "없음");
    }
}
