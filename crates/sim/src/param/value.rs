//! A parameter's value, apart from the struct that holds it.

use std::sync::Arc;

use super::{Choice, Domain, Law, Sentence, Words};
use crate::sentence;

/// One parameter's value, as documents, links and forms carry it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Flag(bool),
    Count(u32),
    Number(f64),
    /// A word out of the specification's own list.
    Choice(&'static str),
    Law(Law),
    List(Arc<[f64]>),
}

/// Why a value is refused. The sentence follows the field's path: "`parts[3].params.workers` must be …".
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", self.sentence())]
pub enum ParamError {
    Kind { wanted: &'static str },
    Range { min: f64, max: f64, got: f64 },
    Entries { least: usize, most: usize, got: usize },
    Choice { words: Vec<&'static str> },
}

impl ParamError {
    pub(crate) fn choice(choices: &'static [Choice]) -> Self {
        Self::Choice { words: choices.iter().map(|choice| choice.name).collect() }
    }

    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Kind { wanted } => {
                Sentence::new(Words::new("must be {0}", "{0}이어야 합니다")).with_words(wanted_kind(wanted))
            }
            Self::Range { min, max, got } => sentence!(
                "must be from {0} to {1}, but is {2}",
                "{0} 이상 {1} 이하여야 하는데 {2}입니다",
                min,
                max,
                got
            ),
            Self::Entries { least, most, got } => sentence!(
                "must hold {0} to {1} entries, but holds {2}",
                "항목이 {0}개 이상 {1}개 이하여야 하는데 {2}개입니다",
                least,
                most,
                got
            ),
            Self::Choice { words } => {
                sentence!("must be one of {0}", "{0} 중 하나여야 합니다", words.join(", "))
            }
        }
    }
}

/// What is wanted, in both languages.
pub fn wanted_kind(wanted: &'static str) -> Words {
    Words::new(
        wanted,
        match wanted {
            "a whole number" => "정수",
            "a number" => "숫자",
            "true or false" => "true 또는 false",
            "a distribution" => "분포",
            "a text" => "문자열",
            "an object" => "객체",
            "a list" => "목록",
            "a list whose shares and times rise" => "비율과 시간이 차례로 커지는 목록",
            "a mixture at most 3 deep and of at most 64 laws" => "최대 3단계 깊이, 최대 64개 분포의 혼합분포",
            "a mixture with a weight above 0" => "가중치가 0보다 큰 항목이 있는 혼합분포",
            "a list of numbers" => "숫자 목록",
            "a whole number from 1" => "1 이상의 정수",
            "an object of exactly one field" => "필드가 하나뿐인 객체",
            "an id such as 7, or \"7/2\" for instance 2 of part 7" => {
                "7이나, 부품 7의 인스턴스 2를 뜻하는 \"7/2\" 같은 id"
            }
            "a list of two numbers" => "숫자 두 개의 목록",
            other => other,
        },
    )
}

impl Value {
    /// Refuses what the domain does not hold.
    pub fn check(&self, domain: &Domain) -> Result<(), ParamError> {
        match (domain, self) {
            (Domain::Flag, Self::Flag(_)) => Ok(()),
            (Domain::Count { min, max }, Self::Count(n)) => {
                range(f64::from(*min), f64::from(*max), f64::from(*n))
            }
            (Domain::Number { min, max } | Domain::NumberOr { min, max, .. }, Self::Number(x)) => {
                range(*min, *max, *x)
            }
            (Domain::Number { min, max } | Domain::NumberOr { min, max, .. }, Self::Count(n)) => {
                range(*min, *max, f64::from(*n))
            }
            (Domain::Choice(choices) | Domain::NumberOr { words: choices, .. }, Self::Choice(word)) => {
                if choices.iter().any(|choice| choice.name == *word) {
                    Ok(())
                } else {
                    Err(ParamError::choice(choices))
                }
            }
            (Domain::Law { max_ms }, Self::Law(law)) => law.check(*max_ms),
            (Domain::List { min, max, most }, Self::List(all)) => {
                if all.len() > *most {
                    return Err(ParamError::Entries { least: 0, most: *most, got: all.len() });
                }
                all.iter().try_for_each(|number| range(*min, *max, *number))
            }
            (Domain::List { .. }, _) => Err(ParamError::Kind { wanted: "a list of numbers" }),
            (Domain::Flag, _) => Err(ParamError::Kind { wanted: "true or false" }),
            (Domain::Count { .. }, _) => Err(ParamError::Kind { wanted: "a whole number" }),
            (Domain::Number { .. } | Domain::NumberOr { .. }, _) => {
                Err(ParamError::Kind { wanted: "a number" })
            }
            (Domain::Choice(choices), _) => Err(ParamError::choice(choices)),
            (Domain::Law { .. }, _) => Err(ParamError::Kind { wanted: "a distribution" }),
        }
    }
}

/// Both limits are included; what is not a number is outside every range.
pub(super) fn range(min: f64, max: f64, got: f64) -> Result<(), ParamError> {
    if got >= min && got <= max { Ok(()) } else { Err(ParamError::Range { min, max, got }) }
}
