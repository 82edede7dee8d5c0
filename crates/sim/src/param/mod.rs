//! One declaration per parameter.
//!
//! [`params!`](crate::params) turns a list of declarations into a plain struct and a table of
//! [`ParamSpec`]s. Document format, JSON Schema, validation, link keys, inspector, words and reference
//! pages are all read from that table; nothing else names a parameter.

mod law;
mod laws;
mod sentence;
mod types;
mod value;

pub use law::{Law, LawValue};
pub use laws::{LAWS, LawField, LawFieldKind, LawSpec};
pub use sentence::Sentence;
pub use types::{Count, Flag, Micros, Millis, Number, ParamType, Rate, Rates, Seconds, Share, Times};
pub use value::{ParamError, Value, wanted_kind};

/// A text in the languages of the product. A missing one does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    pub en: &'static str,
    pub ko: &'static str,
}

impl Words {
    pub const fn new(en: &'static str, ko: &'static str) -> Self {
        Self { en, ko }
    }
}

/// What a parameter may hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// On or off.
    Flag,
    /// A whole number within limits, both included.
    Count { min: u32, max: u32 },
    /// A finite number within limits, both included.
    Number { min: f64, max: f64 },
    /// A finite number within limits, both included, or one of a fixed list of words.
    NumberOr { min: f64, max: f64, words: &'static [Choice] },
    /// One of a fixed list of words.
    Choice(&'static [Choice]),
    /// At most so many numbers within limits, both included.
    List { min: f64, max: f64, most: usize },
    /// A distribution of times in milliseconds; limits hold for each of its fields that is a time.
    Law { max_ms: f64 },
}

/// One word of a [`Domain::Choice`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// As the document writes it.
    pub name: &'static str,
    pub label: Words,
}

/// The unit that a parameter is shown with. Names in the document carry it too (`timeout_ms`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    None,
    Microseconds,
    Milliseconds,
    Seconds,
    PerSecond,
    /// 0 to 1 in the document, per cent on the page.
    Share,
}

impl Unit {
    /// The unit as it stands behind a number; empty where there is none.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::None | Self::Share => "",
            Self::Microseconds => "µs",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::PerSecond => "/s",
        }
    }
}

/// Everything that is known of one parameter.
#[derive(Clone, Copy, Debug)]
pub struct ParamSpec {
    /// The field's name in the document, with its unit.
    pub name: &'static str,
    /// The field's name in a link. Released keys never change and are never reused.
    pub key: &'static str,
    /// The document version that introduced it.
    pub since: u16,
    pub domain: Domain,
    pub unit: Unit,
    pub default: fn() -> Value,
    pub label: Words,
    pub help: Words,
    /// Where it means something only while another parameter of the same set is one of these words.
    pub when: Option<When>,
}

/// The choice that a parameter belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// The other parameter's name in the document.
    pub param: &'static str,
    pub words: &'static [&'static str],
}

impl ParamSpec {
    /// Whether it means something, given the other parameters of its set.
    pub fn is_in_use(&self, specs: &[Self], get: impl Fn(usize) -> Value) -> bool {
        let Some(when) = self.when else { return true };
        let at = specs.iter().position(|spec| spec.name == when.param);
        at.is_none_or(|at| matches!(get(at), Value::Choice(word) if when.words.contains(&word)))
    }

    /// Refuses a value that is of the wrong kind or outside the limits.
    pub fn check(&self, value: &Value) -> Result<(), ParamError> {
        value.check(&self.domain)
    }
}

/// A struct whose fields were declared with [`params!`](crate::params).
pub trait ParamSet: Default + Clone + PartialEq {
    const SPECS: &'static [ParamSpec];

    /// The value of the parameter at `index` of [`SPECS`](Self::SPECS).
    fn get(&self, index: usize) -> Value;

    /// Sets the parameter at `index`, refusing what its domain does not hold.
    fn set(&mut self, index: usize, value: Value) -> Result<(), ParamError>;
}

/// Two tables of specifications, one behind the other: `N` is the length of both.
#[doc(hidden)]
pub const fn joined<const N: usize>(own: &[ParamSpec], shared: &[ParamSpec]) -> [ParamSpec; N] {
    let mut all = [if own.is_empty() { shared[0] } else { own[0] }; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < own.len() { own[at] } else { shared[at - own.len()] };
        at += 1;
    }
    all
}

/// Declares the parameters of a component type, an edge or a run.
///
/// ```
/// brownout_sim::params! {
///     /// Settings of an example.
///     pub struct Example {
///         /// How long a caller waits.
///         timeout_ms: Millis = Millis(1000.0), [0.0, 600_000.0], key "t", since 1,
///             en "Timeout" "How long a caller waits for an answer.",
///             ko "타임아웃" "호출자가 응답을 기다리는 시간입니다.";
///     }
/// }
/// use brownout_sim::param::{Millis, ParamSet};
/// assert_eq!(Example::default().timeout_ms, Millis(1000.0));
/// assert_eq!(Example::SPECS[0].key, "t");
/// ```
///
/// What several types have in common is declared once, as a set of its own, and taken in with
/// `with field: Type` behind the name. Its parameters stand behind the type's own, in the same object of a
/// document: to a reader there is one flat list. With `costs 0.1` behind that, it has a cost per hour, of so much by
/// default.
#[macro_export]
macro_rules! params {
    (
        $(#[$outer:meta])*
        pub struct $name:ident $(with $group:ident : $shared:ident)? {
            $(
                $(#[$inner:meta])*
                $field:ident : $type:ident = $default:expr, [$($limit:expr),*], key $key:literal, since $since:literal,
                    en $en:literal $en_help:literal, ko $ko:literal $ko_help:literal
                    $(, when $when:ident in [$($word:literal),+])?;
            )*
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $( $(#[$inner])* pub $field: $crate::params!(@type $type), )*
            $( /// What it shares with other types.
            pub $group: $shared, )?
        }

        impl Default for $name {
            fn default() -> Self {
                #[allow(unused_imports)]
                use $crate::param::{Count, Flag, Law, Micros, Millis, Number, Rate, Rates, Seconds, Share, Times};
                Self { $( $field: $default, )* $( $group: $shared::default(), )? }
            }
        }

        impl $crate::param::ParamSet for $name {
            const SPECS: &'static [$crate::param::ParamSpec] = $crate::params!(@specs [
                $( $crate::param::ParamSpec {
                    name: stringify!($field),
                    key: $key,
                    since: $since,
                    domain: <$crate::params!(@type $type)>::domain(&[$($limit as f64),*]),
                    unit: <$crate::params!(@type $type) as $crate::param::ParamType>::UNIT,
                    default: || {
                        #[allow(unused_imports)]
                        use $crate::param::{Count, Flag, Law, Micros, Millis, Number, Rate, Rates, Seconds, Share, Times};
                        $crate::param::ParamType::to_value(&$default)
                    },
                    label: $crate::param::Words::new($en, $ko),
                    help: $crate::param::Words::new($en_help, $ko_help),
                    when: $crate::params!(@when $($when [$($word),+])?),
                }, )*
            ] $($shared)?);

            #[allow(unused_assignments)]
            fn get(&self, index: usize) -> $crate::param::Value {
                let mut at = index;
                $(
                    if at == 0 {
                        return $crate::param::ParamType::to_value(&self.$field);
                    }
                    at -= 1;
                )*
                $( if at < <$shared as $crate::param::ParamSet>::SPECS.len() {
                    return $crate::param::ParamSet::get(&self.$group, at);
                } )?
                unreachable!("there is no parameter {index}: {at} too many")
            }

            #[allow(unused_assignments, unused_mut)]
            fn set(&mut self, index: usize, value: $crate::param::Value) -> Result<(), $crate::param::ParamError> {
                Self::SPECS[index].check(&value)?;
                let mut at = 0;
                $(
                    if index == at {
                        return $crate::param::ParamType::assign(&mut self.$field, value);
                    }
                    at += 1;
                )*
                $( $crate::param::ParamSet::set(&mut self.$group, index - at, value)?; )?
                Ok(())
            }
        }
    };
    (
        $(#[$outer:meta])*
        pub struct $name:ident $(with $group:ident : $shared:ident)? costs $cost:literal { $($fields:tt)* }
    ) => {
        $crate::params! {
            $(#[$outer])*
            pub struct $name $(with $group : $shared)? {
                $($fields)*
                cost_per_hour: Number = Number($cost), [0, 1_000_000], key "hc", since 1,
                    en "Cost per hour" "What one instance costs for as long as it is part of the design, dead or alive, in whatever currency. The default is only an example. Inside a server it costs nothing: the server does.",
                    ko "시간당 비용" "인스턴스 하나가 설계에 있는 동안, 살아 있든 아니든 드는 비용입니다. 통화는 자유이고 기본값은 예시일 뿐입니다. 서버 안에 있으면 서버의 비용만 듭니다.";
            }
        }
    };
    (@specs [$($own:tt)*]) => { &[$($own)*] };
    (@specs [$($own:tt)*] $shared:ident) => {{
        const OWN: &[$crate::param::ParamSpec] = &[$($own)*];
        const SHARED: &[$crate::param::ParamSpec] = <$shared as $crate::param::ParamSet>::SPECS;
        &$crate::param::joined::<{ OWN.len() + SHARED.len() }>(OWN, SHARED)
    }};
    (@when) => { None };
    (@when $when:ident [$($word:literal),+]) => {
        Some($crate::param::When { param: stringify!($when), words: &[$($word),+] })
    };
    (@type Count) => { $crate::param::Count };
    (@type Flag) => { $crate::param::Flag };
    (@type Law) => { $crate::param::Law };
    (@type Micros) => { $crate::param::Micros };
    (@type Millis) => { $crate::param::Millis };
    (@type Number) => { $crate::param::Number };
    (@type Rate) => { $crate::param::Rate };
    (@type Rates) => { $crate::param::Rates };
    (@type Seconds) => { $crate::param::Seconds };
    (@type Share) => { $crate::param::Share };
    (@type Times) => { $crate::param::Times };
    (@type $other:ident) => { $other };
}

/// Declares a parameter that is one of a list of words.
#[macro_export]
macro_rules! choices {
    (
        $(#[$outer:meta])*
        pub enum $name:ident {
            $( $(#[$inner:meta])* $variant:ident = $word:literal, en $en:literal, ko $ko:literal; )*
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $( $(#[$inner])* $variant, )* }

        impl $name {
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];
            pub const CHOICES: &'static [$crate::param::Choice] = &[
                $( $crate::param::Choice { name: $word, label: $crate::param::Words::new($en, $ko) }, )*
            ];
        }

        impl $crate::param::ParamType for $name {
            const UNIT: $crate::param::Unit = $crate::param::Unit::None;

            fn to_value(&self) -> $crate::param::Value {
                $crate::param::Value::Choice($name::CHOICES[*self as usize].name)
            }

            fn from_value(value: $crate::param::Value) -> Result<Self, $crate::param::ParamError> {
                if let $crate::param::Value::Choice(word) = value {
                    for (choice, variant) in Self::CHOICES.iter().zip(Self::ALL) {
                        if choice.name == word {
                            return Ok(*variant);
                        }
                    }
                }
                Err($crate::param::ParamError::choice(Self::CHOICES))
            }
        }

        impl $name {
            /// The domain that a declaration of this type has; it takes no limits.
            pub const fn domain(_limits: &[f64]) -> $crate::param::Domain {
                $crate::param::Domain::Choice(Self::CHOICES)
            }
        }
    };
}
