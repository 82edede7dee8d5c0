//! What is refused, in sentences that name the step, the field or the limit.

use brownout_sim::param::{ParamError, wanted_kind};
use brownout_sim::system::SystemError;

/// The languages of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    En,
    Ko,
}

/// Why a document, a link or an edit is refused. [`Display`](std::fmt::Display) gives the English
/// sentence, [`sentence`](Error::sentence) the one in the reader's language.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The text is larger than may be read at all.
    #[error("{what}: larger than {limit}, the most that is read", what = what.en(), limit = size(*limit))]
    TooLarge { what: Input, limit: usize },
    #[error("{what}: not UTF-8 text", what = what.en())]
    NotText { what: Input },
    /// Neither a document nor a link.
    #[error("link: expected `#v1.` and the payload behind it")]
    NotALink,
    #[error("link: format version {found} is newer than this version of Brownout reads (up to {known})")]
    NewerLink { found: u32, known: u32 },
    #[error("base64: {}", base64(*at))]
    Base64 { at: Option<usize> },
    #[error("DEFLATE: {}", problem.en())]
    Deflate { problem: DeflateProblem },
    #[error("JSON: line {line}, column {column}: {}", problem.en())]
    Json { line: usize, column: usize, problem: JsonProblem },
    #[error("version: {found} is newer than the newest that this version of Brownout reads ({known})")]
    NewerVersion { found: u64, known: u64 },
    #[error("{path}: {}", problem.en())]
    Field { path: String, problem: Problem },
    /// What the simulator cannot run.
    #[error(transparent)]
    System(#[from] SystemError),
    /// The writer's own refusal: the link would be too long.
    #[error("link: {got} characters do not fit into the {limit} of a link: save it as a file instead")]
    LinkTooLong { got: usize, limit: usize },
    #[error("link: {} of JSON do not fit into the {} of a link: save it as a file instead", size(*got), size(*limit))]
    LinkTooLarge { got: usize, limit: usize },
    /// More was done in this run than its record holds.
    #[error("run record: it holds {limit} interventions already: start the run anew to do more")]
    RecordFull { limit: usize },
}

/// What was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    File,
    Payload,
    Json,
}

impl Input {
    const fn en(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Payload => "link",
            Self::Json => "JSON",
        }
    }

    const fn ko(self) -> &'static str {
        match self {
            Self::File => "파일",
            Self::Payload => "링크",
            Self::Json => "JSON",
        }
    }
}

/// Why a payload cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeflateProblem {
    Damaged,
    Truncated,
    Trailing { bytes: usize },
    TooLarge { limit: usize },
}

impl DeflateProblem {
    fn en(self) -> String {
        match self {
            Self::Damaged => "the data are damaged".into(),
            Self::Truncated => "the data end too early: part of the link is missing".into(),
            Self::Trailing { bytes } => format!("{bytes} bytes too many stand behind the end of the data"),
            Self::TooLarge { limit } => {
                format!("unpacks to more than {}, the most that is read", size(limit))
            }
        }
    }

    fn ko(self) -> String {
        match self {
            Self::Damaged => "데이터가 손상되었습니다".into(),
            Self::Truncated => "데이터가 중간에 끊겼습니다. 링크의 일부가 빠져 있습니다".into(),
            Self::Trailing { bytes } => format!("데이터 끝 뒤에 {bytes}바이트가 더 있습니다"),
            Self::TooLarge { limit } => format!("압축을 풀면 허용 한도 {}를 넘습니다", size(limit)),
        }
    }
}

/// Why a text is not JSON, or not JSON that is read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonProblem {
    /// Not JSON at all; in serde_json's words.
    Syntax {
        message: String,
    },
    Depth {
        limit: usize,
    },
    Values {
        limit: usize,
    },
    Fields {
        limit: usize,
    },
    Duplicate {
        name: String,
    },
}

impl JsonProblem {
    fn en(&self) -> String {
        match self {
            Self::Syntax { message } => message.clone(),
            Self::Depth { limit } => format!("nested deeper than {limit} levels"),
            Self::Values { limit } => format!("more than {limit} values"),
            Self::Fields { limit } => format!("an object of more than {limit} fields"),
            Self::Duplicate { name } => format!("the field `{name}` stands twice in one object"),
        }
    }

    fn ko(&self) -> String {
        match self {
            Self::Syntax { .. } => "JSON 문법에 맞지 않습니다".into(),
            Self::Depth { limit } => format!("{limit}단계보다 깊게 중첩되었습니다"),
            Self::Values { limit } => format!("값이 {limit}개를 넘습니다"),
            Self::Fields { limit } => format!("한 객체의 필드가 {limit}개를 넘습니다"),
            Self::Duplicate { name } => format!("한 객체에 `{name}` 필드가 두 번 있습니다"),
        }
    }
}

/// What is wrong with one field. The sentence follows its path.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    Missing,
    Unknown {
        suggestion: Option<&'static str>,
    },
    Kind {
        wanted: &'static str,
    },
    Range {
        min: f64,
        max: f64,
        got: f64,
    },
    NotFinite,
    Choice {
        words: Vec<&'static str>,
        got: String,
    },
    Characters {
        limit: usize,
        got: usize,
    },
    Entries {
        limit: usize,
        got: usize,
    },
    Experiments {
        limit: usize,
        got: usize,
    },
    /// A time with more than nine decimals.
    Decimals,
    Twice {
        id: u32,
    },
    NoSuch {
        id: u32,
    },
    /// The warm-up is as long as the run or longer.
    WarmUp {
        duration_s: f64,
    },
    /// `for_s` on something that is no fault.
    NothingToEnd,
    /// `factor` on what is no matter of degree.
    NoFactor,
    /// `tol` on a comparison that has none.
    NoTolerance,
    /// A stretch of time that ends before it begins.
    Backwards,
    /// A record's log goes back in time, or repeats a number.
    Order,
    /// Written by another version of the engine, whose runs may differ.
    Empty,
}

impl Problem {
    fn en(&self) -> String {
        match self {
            Self::Missing => "is missing".into(),
            Self::Unknown { suggestion: Some(name) } => format!("unknown field; did you mean `{name}`?"),
            Self::Unknown { suggestion: None } => "unknown field".into(),
            Self::Kind { wanted } => format!("must be {wanted}"),
            Self::Range { min, max, got } => format!("must be from {min} to {max}, but is {got}"),
            Self::NotFinite => "must be a finite number that fits into 64 bits".into(),
            Self::Choice { words, got } => format!("must be one of {}, but is `{got}`", words.join(", ")),
            Self::Characters { limit, got } => format!("holds {got} characters, more than {limit}"),
            Self::Entries { limit, got } => format!("holds {got} entries, more than {limit}"),
            Self::Experiments { limit, got } => {
                format!("holds {got} experiments and random faults, more than {limit}")
            }
            Self::Decimals => "has more than 9 decimals: nothing is finer than a nanosecond".into(),
            Self::Twice { id } => format!("{id} stands twice"),
            Self::NoSuch { id } => format!("there is no {id}"),
            Self::WarmUp { duration_s } => format!("must be shorter than the run of {duration_s} s"),
            Self::NothingToEnd => "only a fault can end after a while".into(),
            Self::NoFactor => "only `slow` and `surge` have a factor".into(),
            Self::NoTolerance => "only `==` has a tolerance".into(),
            Self::Backwards => "must end after it begins".into(),
            Self::Order => "must not go back: entries stand in the order in which they were done".into(),
            Self::Empty => "must not be empty".into(),
        }
    }

    fn ko(&self) -> String {
        match self {
            Self::Missing => "값이 없습니다".into(),
            Self::Unknown { suggestion: Some(name) } => {
                format!("알 수 없는 필드입니다. 혹시 `{name}`인가요?")
            }
            Self::Unknown { suggestion: None } => "알 수 없는 필드입니다".into(),
            Self::Kind { wanted } => format!("{}이어야 합니다", wanted_kind(wanted).ko),
            Self::Range { min, max, got } => format!("{min} 이상 {max} 이하여야 하는데 {got}입니다"),
            Self::NotFinite => "64비트로 나타낼 수 있는 유한한 수여야 합니다".into(),
            Self::Choice { words, got } => format!("{} 중 하나여야 하는데 `{got}`입니다", words.join(", ")),
            Self::Characters { limit, got } => format!("{got}자로, 한도 {limit}자를 넘습니다"),
            Self::Entries { limit, got } => format!("항목이 {got}개로, 한도 {limit}개를 넘습니다"),
            Self::Experiments { limit, got } => {
                format!("실험과 무작위 장애가 {got}개로, 한도 {limit}개를 넘습니다")
            }
            Self::Decimals => "소수점 아래는 9자리(나노초)까지만 쓸 수 있습니다".into(),
            Self::Twice { id } => format!("{id}이(가) 두 번 나옵니다"),
            Self::NoSuch { id } => format!("{id}이(가) 없습니다"),
            Self::WarmUp { duration_s } => format!("실행 시간 {duration_s}초보다 짧아야 합니다"),
            Self::NothingToEnd => "장애만 일정 시간 뒤에 끝날 수 있습니다".into(),
            Self::NoFactor => "배수는 `slow`와 `surge`에만 쓸 수 있습니다".into(),
            Self::NoTolerance => "허용 오차는 `==`에만 쓸 수 있습니다".into(),
            Self::Backwards => "시작한 뒤에 끝나야 합니다".into(),
            Self::Order => "기록은 수행된 순서대로 있어야 합니다".into(),
            Self::Empty => "비어 있을 수 없습니다".into(),
        }
    }
}

impl From<ParamError> for Problem {
    fn from(error: ParamError) -> Self {
        match error {
            ParamError::Kind { wanted } => Self::Kind { wanted },
            ParamError::Range { min, max, got } => Self::Range { min, max, got },
            ParamError::Entries { most, got, .. } if got > most => Self::Entries { limit: most, got },
            ParamError::Entries { .. } => Self::Empty,
            ParamError::Choice { words } => Self::Choice { words, got: String::new() },
        }
    }
}

impl Error {
    pub(crate) fn field(path: impl Into<String>, problem: Problem) -> Self {
        Self::Field { path: path.into(), problem }
    }

    /// The sentence in the reader's language. Paths and names of fields stay as they are.
    pub fn sentence(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return self.to_string();
        }
        match self {
            Self::TooLarge { what, limit } => {
                format!("{}: 읽을 수 있는 한도 {}를 넘습니다", what.ko(), size(*limit))
            }
            Self::NotText { what } => format!("{}: UTF-8 텍스트가 아닙니다", what.ko()),
            Self::NotALink => "링크: `#v1.`과 그 뒤의 내용이 있어야 합니다".into(),
            Self::NewerLink { found, known } => {
                format!(
                    "링크: 형식 버전 {found}은(는) 이 Brownout이 읽을 수 있는 버전({known}까지)보다 새롭습니다"
                )
            }
            Self::Base64 { at: Some(at) } => format!("base64: {}번째 글자는 쓸 수 없는 글자입니다", at + 1),
            Self::Base64 { at: None } => {
                "base64: 길이나 마지막 글자가 맞지 않습니다. 링크의 일부가 빠져 있습니다".into()
            }
            Self::Deflate { problem } => format!("DEFLATE: {}", problem.ko()),
            Self::Json { line, column, problem } => format!("JSON: {line}행 {column}열: {}", problem.ko()),
            Self::NewerVersion { found, known } => {
                format!(
                    "version: {found}은(는) 이 Brownout이 읽을 수 있는 가장 새로운 버전({known})보다 새롭습니다"
                )
            }
            Self::Field { path, problem } => format!("{path}: {}", problem.ko()),
            Self::System(SystemError { path, reason }) => format!("{path}: {}", reason.ko()),
            Self::LinkTooLong { got, limit } => {
                format!("링크: {got}자로, 링크의 한도 {limit}자를 넘습니다. 대신 파일로 저장하세요")
            }
            Self::LinkTooLarge { got, limit } => {
                format!(
                    "링크: JSON이 {}로, 링크의 한도 {}를 넘습니다. 대신 파일로 저장하세요",
                    size(*got),
                    size(*limit)
                )
            }
            Self::RecordFull { limit } => {
                format!("실행 기록: 이미 {limit}개의 개입이 있습니다. 더 하려면 실행을 새로 시작하세요")
            }
        }
    }
}

fn base64(at: Option<usize>) -> String {
    match at {
        Some(at) => format!("character {} of the payload is not one of base64url", at + 1),
        None => "the length or the last character is wrong: part of the link is missing".into(),
    }
}

/// A number of bytes as a person reads it.
fn size(bytes: usize) -> String {
    const KI: usize = 1024;
    match bytes {
        _ if bytes >= KI * KI && bytes.is_multiple_of(KI * KI) => format!("{} MiB", bytes / KI / KI),
        _ if bytes >= KI && bytes.is_multiple_of(KI) => format!("{} KiB", bytes / KI),
        _ if bytes >= KI * KI => format!("{:.1} MiB", bytes as f64 / (KI * KI) as f64),
        _ => format!("{bytes} bytes"),
    }
}
