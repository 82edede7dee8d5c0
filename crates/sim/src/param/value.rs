//! A parameter's value, apart from the struct that holds it.

use std::sync::Arc;

use super::{Choice, Domain, Law};

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
pub enum ParamError {
    #[error("must be {wanted}")]
    Kind { wanted: &'static str },
    #[error("must be from {min} to {max}, but is {got}")]
    Range { min: f64, max: f64, got: f64 },
    #[error("must hold {least} to {most} entries, but holds {got}")]
    Entries { least: usize, most: usize, got: usize },
    #[error("must be one of {}", words.join(", "))]
    Choice { words: Vec<&'static str> },
}

impl ParamError {
    pub(crate) fn choice(choices: &'static [Choice]) -> Self {
        Self::Choice { words: choices.iter().map(|choice| choice.name).collect() }
    }
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
