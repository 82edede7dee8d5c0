//! The kinds of distributions: the one declaration from which documents, links, schema, forms and reference
//! are derived.

use super::{Law, LawValue, Words};

/// One kind of distribution: its name and fields in the document.
#[derive(Clone, Copy, Debug)]
pub struct LawSpec {
    pub name: &'static str,
    pub key: &'static str,
    pub label: Words,
    pub fields: &'static [LawField],
    /// A law of this kind with this mean in milliseconds, or close to it.
    pub with_mean: fn(f64) -> Law,
}

/// One field of a distribution. A field whose name ends in `_ms` or is `ms` is a time.
#[derive(Clone, Copy, Debug)]
pub struct LawField {
    pub name: &'static str,
    pub key: &'static str,
    pub label: Words,
    pub kind: LawFieldKind,
}

/// What a field of a distribution holds.
#[derive(Clone, Copy, Debug)]
pub enum LawFieldKind {
    /// A finite number within limits, both included.
    Number { min: f64, max: f64 },
    /// At least one list of values, in the order of these fields.
    Rows { of: &'static [LawField], most: usize },
    /// At least one object with these fields.
    Items { of: &'static [LawField], most: usize },
    /// A distribution itself.
    Law,
}

impl LawField {
    const fn number(name: &'static str, key: &'static str, label: Words, min: f64, max: f64) -> Self {
        Self { name, key, label, kind: LawFieldKind::Number { min, max } }
    }

    const fn time(name: &'static str, key: &'static str, label: Words) -> Self {
        Self::number(name, key, label, 0.0, LONGEST_MS)
    }

    /// Whether it is a time in milliseconds.
    pub fn is_time(&self) -> bool {
        self.name == "ms" || self.name.ends_with("_ms")
    }

    /// Whether a value is of the field's kind, whatever its limits.
    pub(super) fn takes(&self, value: &LawValue) -> bool {
        match (self.kind, value) {
            (LawFieldKind::Number { .. }, LawValue::Number(_)) | (LawFieldKind::Law, LawValue::Law(_)) => {
                true
            }
            (LawFieldKind::Rows { of, .. } | LawFieldKind::Items { of, .. }, LawValue::Rows(rows)) => {
                let fits = |row: &Vec<LawValue>| {
                    row.len() == of.len() && of.iter().zip(row).all(|(field, value)| field.takes(value))
                };
                rows.iter().all(fits)
            }
            _ => false,
        }
    }
}

/// The longest time that any distribution may name: a billion hours, as times between failures are given.
const LONGEST_MS: f64 = 3_600_000_000_000_000.0;

const MEAN: LawField = LawField::time("mean_ms", "m", Words::new("Mean", "평균"));
const CV: LawField = LawField::number("cv", "v", Words::new("Variation", "변동계수"), 0.0, 100.0);

const SHARE: LawField = LawField::number("share", "s", Words::new("Share", "비율"), 0.0, 1.0);
const TIME: LawField = LawField::time("ms", "t", Words::new("Time", "시간"));
const WEIGHT: LawField = LawField::number("weight", "w", Words::new("Weight", "가중치"), 0.0, 1e6);
const LAW: LawField =
    LawField { name: "law", key: "l", label: Words::new("Distribution", "분포"), kind: LawFieldKind::Law };

/// All kinds, in the order in which forms offer them.
pub const LAWS: &[LawSpec] = &[
    LawSpec {
        name: "const",
        key: "c",
        label: Words::new("constant", "고정"),
        fields: &[TIME],
        with_mean: |ms| Law::Constant { ms },
    },
    LawSpec {
        name: "exp",
        key: "e",
        label: Words::new("exponential", "지수분포"),
        fields: &[MEAN],
        with_mean: |mean_ms| Law::Exponential { mean_ms },
    },
    LawSpec {
        name: "uniform",
        key: "u",
        label: Words::new("uniform", "균등분포"),
        fields: &[
            LawField::time("min_ms", "a", Words::new("Shortest", "최소")),
            LawField::time("max_ms", "b", Words::new("Longest", "최대")),
        ],
        with_mean: |mean| Law::Uniform { min_ms: mean * 0.5, max_ms: mean * 1.5 },
    },
    LawSpec {
        name: "lognormal",
        key: "l",
        label: Words::new("lognormal", "로그정규분포"),
        fields: &[MEAN, CV],
        with_mean: |mean_ms| Law::Lognormal { mean_ms, cv: 1.0 },
    },
    LawSpec {
        name: "gamma",
        key: "g",
        label: Words::new("gamma", "감마분포"),
        fields: &[MEAN, CV],
        with_mean: |mean_ms| Law::Gamma { mean_ms, cv: 0.5 },
    },
    LawSpec {
        name: "pareto",
        key: "p",
        label: Words::new("Pareto (type I)", "파레토분포(제1형)"),
        fields: &[MEAN, LawField::number("shape", "s", Words::new("Tail index", "꼬리 지수"), 1.01, 100.0)],
        with_mean: |mean_ms| Law::Pareto { mean_ms, shape: 2.5 },
    },
    LawSpec {
        name: "weibull",
        key: "w",
        label: Words::new("Weibull", "베이불분포"),
        fields: &[MEAN, LawField::number("shape", "s", Words::new("Shape", "형상 모수"), 0.1, 100.0)],
        with_mean: |mean_ms| Law::Weibull { mean_ms, shape: 1.5 },
    },
    LawSpec {
        name: "hyperexp",
        key: "h",
        label: Words::new("hyperexponential (balanced means)", "초지수분포(균형 평균)"),
        fields: &[
            MEAN,
            LawField::number("scv", "v", Words::new("Squared variation", "변동계수 제곱"), 1.0, 10_000.0),
        ],
        with_mean: |mean_ms| Law::Hyperexponential { mean_ms, scv: 4.0 },
    },
    LawSpec {
        name: "folded_normal",
        key: "f",
        label: Words::new("folded normal", "접힌 정규분포"),
        fields: &[
            LawField::time("mean_ms", "m", Words::new("Mean before folding", "접기 전 평균")),
            LawField::time("sd_ms", "d", Words::new("Deviation before folding", "접기 전 표준편차")),
        ],
        with_mean: |mean_ms| Law::FoldedNormal { mean_ms, sd_ms: mean_ms * 0.2 },
    },
    LawSpec {
        name: "empirical",
        key: "q",
        label: Words::new("from percentiles", "백분위수로 정한 분포"),
        fields: &[LawField {
            name: "points",
            key: "p",
            label: Words::new("Percentiles [share, ms]", "백분위수 [비율, ms]"),
            kind: LawFieldKind::Rows { of: &[SHARE, TIME], most: 64 },
        }],
        with_mean: |mean| {
            let points = [[0.0, mean * 0.25], [0.5, mean * 0.75], [0.9, mean * 1.75], [1.0, mean * 3.25]];
            Law::Empirical { points: points.into() }
        },
    },
    LawSpec {
        name: "mix",
        key: "x",
        label: Words::new("mixture", "혼합분포"),
        fields: &[LawField {
            name: "of",
            key: "o",
            label: Words::new("Laws [{weight, law}]", "구성 분포 [{weight, law}]"),
            kind: LawFieldKind::Items { of: &[WEIGHT, LAW], most: 16 },
        }],
        with_mean: |mean| {
            let (most, few) =
                (Law::Exponential { mean_ms: mean * 0.5 }, Law::Exponential { mean_ms: mean * 5.5 });
            Law::Mixture { parts: [(0.9, most), (0.1, few)].into() }
        },
    },
];
