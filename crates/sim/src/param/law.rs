//! Distributions of times, as a document writes them: `{"exp":{"mean_ms":10}}`.

use super::value::range;
use super::{ParamError, Words};

/// A distribution of times. All its times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    /// Always the same.
    Constant { ms: f64 },
    /// Memoryless: many short times, few long ones.
    Exponential { mean_ms: f64 },
    /// Evenly spread between two times.
    Uniform { min_ms: f64, max_ms: f64 },
    /// A long right tail, as measured service times mostly have; `cv` is standard deviation over mean.
    Lognormal { mean_ms: f64, cv: f64 },
}

/// One kind of distribution: its name and fields in the document.
#[derive(Clone, Copy, Debug)]
pub struct LawSpec {
    pub name: &'static str,
    pub key: &'static str,
    pub label: Words,
    pub fields: &'static [LawField],
}

/// One field of a distribution. A field whose name ends in `_ms` or is `ms` is a time.
#[derive(Clone, Copy, Debug)]
pub struct LawField {
    pub name: &'static str,
    pub key: &'static str,
    pub label: Words,
    pub min: f64,
    pub max: f64,
}

/// The longest time that any distribution may name: ten years.
const LONGEST_MS: f64 = 315_576_000_000.0;

const fn time(name: &'static str, key: &'static str, label: Words) -> LawField {
    LawField { name, key, label, min: 0.0, max: LONGEST_MS }
}

const MEAN: LawField = time("mean_ms", "m", Words::new("Mean", "평균"));

/// All kinds, in the order in which forms offer them.
pub const LAWS: &[LawSpec] = &[
    LawSpec {
        name: "const",
        key: "c",
        label: Words::new("constant", "고정"),
        fields: &[time("ms", "t", Words::new("Time", "시간"))],
    },
    LawSpec { name: "exp", key: "e", label: Words::new("exponential", "지수분포"), fields: &[MEAN] },
    LawSpec {
        name: "uniform",
        key: "u",
        label: Words::new("uniform", "균등분포"),
        fields: &[
            time("min_ms", "a", Words::new("Shortest", "최소")),
            time("max_ms", "b", Words::new("Longest", "최대")),
        ],
    },
    LawSpec {
        name: "lognormal",
        key: "l",
        label: Words::new("lognormal", "로그정규분포"),
        fields: &[
            MEAN,
            LawField {
                name: "cv",
                key: "v",
                label: Words::new("Variation", "변동계수"),
                min: 0.0,
                max: 100.0,
            },
        ],
    },
];

impl Law {
    /// The position of this kind in [`LAWS`].
    pub const fn kind(&self) -> usize {
        match self {
            Self::Constant { .. } => 0,
            Self::Exponential { .. } => 1,
            Self::Uniform { .. } => 2,
            Self::Lognormal { .. } => 3,
        }
    }

    /// The fields' values, in the order of [`LawSpec::fields`]; unused ones are zero.
    pub const fn fields(&self) -> [f64; 2] {
        match *self {
            Self::Constant { ms } => [ms, 0.0],
            Self::Exponential { mean_ms } => [mean_ms, 0.0],
            Self::Uniform { min_ms, max_ms } => [min_ms, max_ms],
            Self::Lognormal { mean_ms, cv } => [mean_ms, cv],
        }
    }

    /// The distribution of this kind with these fields; `None` where there is no such kind.
    pub const fn from_fields(kind: usize, fields: [f64; 2]) -> Option<Self> {
        let [a, b] = fields;
        Some(match kind {
            0 => Self::Constant { ms: a },
            1 => Self::Exponential { mean_ms: a },
            2 => Self::Uniform { min_ms: a, max_ms: b },
            3 => Self::Lognormal { mean_ms: a, cv: b },
            _ => return None,
        })
    }

    /// The mean in milliseconds.
    pub fn mean_ms(&self) -> f64 {
        match *self {
            Self::Constant { ms } => ms,
            Self::Exponential { mean_ms } | Self::Lognormal { mean_ms, .. } => mean_ms,
            Self::Uniform { min_ms, max_ms } => f64::midpoint(min_ms, max_ms),
        }
    }

    pub(super) fn check(&self, max_ms: f64) -> Result<(), ParamError> {
        for (field, value) in LAWS[self.kind()].fields.iter().zip(self.fields()) {
            let is_time = field.name == "ms" || field.name.ends_with("_ms");
            range(field.min, if is_time { field.max.min(max_ms) } else { field.max }, value)?;
        }
        match *self {
            Self::Uniform { min_ms, max_ms } => range(min_ms, max_ms.max(min_ms), max_ms),
            _ => Ok(()),
        }
    }
}
