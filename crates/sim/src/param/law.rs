//! Distributions of times, as a document writes them: `{"exp":{"mean_ms":10}}`.

use std::sync::Arc;

use super::laws::{LAWS, LawFieldKind};
use super::value::range;
use super::{LawField, ParamError};

/// A distribution of times. All its times are in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// Always the same.
    Constant { ms: f64 },
    /// Memoryless: many short times, few long ones.
    Exponential { mean_ms: f64 },
    /// Evenly spread between two times.
    Uniform { min_ms: f64, max_ms: f64 },
    /// A long right tail, as measured service times mostly have; `cv` is standard deviation over mean.
    Lognormal { mean_ms: f64, cv: f64 },
    /// Between constant (`cv` 0) and exponential (`cv` 1), or beyond; an Erlang where 1 / cv² is whole.
    Gamma { mean_ms: f64, cv: f64 },
    /// Pareto of type I: never below mean × (shape - 1) / shape, and the chance to exceed a time falls with
    /// its power -`shape`. The variance is infinite up to a shape of 2.
    Pareto { mean_ms: f64, shape: f64 },
    /// Ageing (`shape` above 1) or getting better with age (below 1).
    Weibull { mean_ms: f64, shape: f64 },
    /// Two exponentials with balanced means (each brings half of the mean); `scv` is the squared
    /// coefficient of variation.
    Hyperexponential { mean_ms: f64, scv: f64 },
    /// The distance from 0 of a normal with this mean and standard deviation.
    FoldedNormal { mean_ms: f64, sd_ms: f64 },
    /// What was measured, as percentiles: share of all, and the time that this share does not exceed.
    /// Straight lines between them, and from 0 to the first; beyond the last share its time holds.
    Empirical { points: Arc<[[f64; 2]]> },
    /// One of several laws, drawn by weight.
    Mixture { parts: Arc<[(f64, Law)]> },
}

/// The value of one field of a distribution.
#[derive(Clone, Debug, PartialEq)]
pub enum LawValue {
    Number(f64),
    /// Rows of values, in the order of the field's own fields.
    Rows(Vec<Vec<LawValue>>),
    Law(Law),
}

impl LawValue {
    const fn number(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            _ => 0.0,
        }
    }

    fn into_rows(self) -> Vec<Vec<Self>> {
        match self {
            Self::Rows(rows) => rows,
            _ => Vec::new(),
        }
    }
}

impl Law {
    /// Mixtures of mixtures are at most this deep, and hold at most so many laws in all.
    const DEEPEST: usize = 3;
    const MOST_MIXED: usize = 64;

    /// The position of this kind in [`LAWS`].
    pub const fn kind(&self) -> usize {
        match self {
            Self::Constant { .. } => 0,
            Self::Exponential { .. } => 1,
            Self::Uniform { .. } => 2,
            Self::Lognormal { .. } => 3,
            Self::Gamma { .. } => 4,
            Self::Pareto { .. } => 5,
            Self::Weibull { .. } => 6,
            Self::Hyperexponential { .. } => 7,
            Self::FoldedNormal { .. } => 8,
            Self::Empirical { .. } => 9,
            Self::Mixture { .. } => 10,
        }
    }

    /// The fields' values, in the order of [`LawSpec::fields`](super::LawSpec).
    pub fn fields(&self) -> Vec<LawValue> {
        let numbers = |all: &[f64]| all.iter().copied().map(LawValue::Number).collect();
        match self {
            Self::Constant { ms } => numbers(&[*ms]),
            Self::Exponential { mean_ms } => numbers(&[*mean_ms]),
            Self::Uniform { min_ms, max_ms } => numbers(&[*min_ms, *max_ms]),
            Self::Lognormal { mean_ms, cv } | Self::Gamma { mean_ms, cv } => numbers(&[*mean_ms, *cv]),
            Self::Pareto { mean_ms, shape } | Self::Weibull { mean_ms, shape } => {
                numbers(&[*mean_ms, *shape])
            }
            Self::Hyperexponential { mean_ms, scv } => numbers(&[*mean_ms, *scv]),
            Self::FoldedNormal { mean_ms, sd_ms } => numbers(&[*mean_ms, *sd_ms]),
            Self::Empirical { points } => vec![LawValue::Rows(points.iter().map(|at| numbers(at)).collect())],
            Self::Mixture { parts } => {
                let row =
                    |(weight, law): &(f64, Self)| vec![LawValue::Number(*weight), LawValue::Law(law.clone())];
                vec![LawValue::Rows(parts.iter().map(row).collect())]
            }
        }
    }

    /// The distribution of this kind with these fields; `None` where there is no such kind, or the fields
    /// are not its own. What they hold is checked by the parameter that takes the law.
    pub fn from_fields(kind: usize, fields: Vec<LawValue>) -> Option<Self> {
        let spec = LAWS.get(kind)?;
        if fields.len() != spec.fields.len()
            || !spec.fields.iter().zip(&fields).all(|(field, value)| field.takes(value))
        {
            return None;
        }
        let (a, b) = (fields[0].number(), fields.get(1).map_or(0.0, LawValue::number));
        let list = fields.into_iter().next();
        Some(match kind {
            0 => Self::Constant { ms: a },
            1 => Self::Exponential { mean_ms: a },
            2 => Self::Uniform { min_ms: a, max_ms: b },
            3 => Self::Lognormal { mean_ms: a, cv: b },
            4 => Self::Gamma { mean_ms: a, cv: b },
            5 => Self::Pareto { mean_ms: a, shape: b },
            6 => Self::Weibull { mean_ms: a, shape: b },
            7 => Self::Hyperexponential { mean_ms: a, scv: b },
            8 => Self::FoldedNormal { mean_ms: a, sd_ms: b },
            9 => {
                let rows = list?.into_rows();
                Self::Empirical {
                    points: rows.iter().map(|row| [row[0].number(), row[1].number()]).collect(),
                }
            }
            _ => {
                let part = |row: Vec<LawValue>| match <[LawValue; 2]>::try_from(row) {
                    Ok([weight, LawValue::Law(law)]) => Some((weight.number(), law)),
                    _ => None,
                };
                Self::Mixture { parts: list?.into_rows().into_iter().map(part).collect::<Option<_>>()? }
            }
        })
    }

    /// The mean in milliseconds.
    pub fn mean_ms(&self) -> f64 {
        match self {
            Self::Constant { ms } => *ms,
            Self::Exponential { mean_ms }
            | Self::Lognormal { mean_ms, .. }
            | Self::Gamma { mean_ms, .. }
            | Self::Pareto { mean_ms, .. }
            | Self::Weibull { mean_ms, .. }
            | Self::Hyperexponential { mean_ms, .. }
            | Self::FoldedNormal { mean_ms, sd_ms: 0.0 } => *mean_ms,
            Self::Uniform { min_ms, max_ms } => f64::midpoint(*min_ms, *max_ms),
            Self::FoldedNormal { mean_ms, sd_ms } => {
                let z = mean_ms / sd_ms;
                let root = libm::sqrt(2.0 / std::f64::consts::PI);
                sd_ms * root * libm::exp(-0.5 * z * z)
                    + mean_ms * libm::erf(z * std::f64::consts::FRAC_1_SQRT_2)
            }
            Self::Empirical { points } => {
                let mut mean = 0.0;
                let mut before = [0.0, 0.0];
                for point in points.iter() {
                    mean += (point[0] - before[0]) * f64::midpoint(point[1], before[1]);
                    before = *point;
                }
                mean + (1.0 - before[0]) * before[1]
            }
            Self::Mixture { parts } => {
                let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
                let sum: f64 = parts.iter().map(|(weight, law)| weight * law.mean_ms()).sum();
                if total > 0.0 { sum / total } else { 0.0 }
            }
        }
    }

    pub(super) fn check(&self, max_ms: f64) -> Result<(), ParamError> {
        let mut mixed = 0;
        self.check_at(max_ms, 0, &mut mixed)
    }

    fn check_at(&self, max_ms: f64, depth: usize, mixed: &mut usize) -> Result<(), ParamError> {
        check_row(LAWS[self.kind()].fields, &self.fields(), max_ms)?;
        match self {
            Self::Uniform { min_ms, max_ms } => range(*min_ms, max_ms.max(*min_ms), *max_ms),
            Self::Empirical { points } => {
                for pair in points.windows(2) {
                    let [before, point] = [pair[0], pair[1]];
                    if point[0] <= before[0] || point[1] < before[1] {
                        return Err(ParamError::Kind { wanted: "a list whose shares and times rise" });
                    }
                }
                Ok(())
            }
            Self::Mixture { parts } => {
                *mixed += parts.len();
                if depth == Self::DEEPEST || *mixed > Self::MOST_MIXED {
                    return Err(ParamError::Kind {
                        wanted: "a mixture at most 3 deep and of at most 64 laws",
                    });
                }
                if parts.iter().all(|(weight, _)| *weight == 0.0) {
                    return Err(ParamError::Kind { wanted: "a mixture with a weight above 0" });
                }
                parts.iter().try_for_each(|(_, law)| law.check_at(max_ms, depth + 1, mixed))
            }
            _ => Ok(()),
        }
    }
}

/// Holds each value against its declaration; laws within are checked by the law that holds them.
fn check_row(fields: &[LawField], values: &[LawValue], max_ms: f64) -> Result<(), ParamError> {
    for (field, value) in fields.iter().zip(values) {
        match (field.kind, value) {
            (LawFieldKind::Number { min, max }, LawValue::Number(number)) => {
                range(min, if field.is_time() { max.min(max_ms) } else { max }, *number)?;
            }
            (LawFieldKind::Rows { of, most } | LawFieldKind::Items { of, most }, LawValue::Rows(rows)) => {
                if rows.is_empty() || rows.len() > most {
                    return Err(ParamError::Entries { least: 1, most, got: rows.len() });
                }
                rows.iter().try_for_each(|row| check_row(of, row, max_ms))?;
            }
            _ => {}
        }
    }
    Ok(())
}
