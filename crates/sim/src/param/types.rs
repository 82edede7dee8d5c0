//! The types that a parameter may have. The unit is part of the type.

use std::sync::Arc;

use super::{Domain, Law, ParamError, Unit, Value};
use crate::engine::Ns;

/// A Rust type that a parameter may have.
///
/// Each has, beside this trait, an inherent `const fn domain(limits: &[f64]) -> Domain`: the tables of
/// specifications are constants, and trait functions cannot be called in one.
pub trait ParamType: Sized {
    const UNIT: Unit;
    fn to_value(&self) -> Value;
    fn from_value(value: Value) -> Result<Self, ParamError>;

    /// One body for all parameters of a type: hundreds of copies are a part of what every visitor loads.
    #[inline(never)]
    fn assign(&mut self, value: Value) -> Result<(), ParamError> {
        *self = Self::from_value(value)?;
        Ok(())
    }
}

/// A whole number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count(pub u32);

impl Count {
    pub const fn domain(limits: &[f64]) -> Domain {
        Domain::Count { min: limits[0] as u32, max: limits[1] as u32 }
    }
}

impl ParamType for Count {
    const UNIT: Unit = Unit::None;

    fn to_value(&self) -> Value {
        Value::Count(self.0)
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        match value {
            Value::Count(n) => Ok(Self(n)),
            _ => Err(ParamError::Kind { wanted: "a whole number" }),
        }
    }
}

/// On or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

impl Flag {
    pub const fn domain(_limits: &[f64]) -> Domain {
        Domain::Flag
    }
}

impl ParamType for Flag {
    const UNIT: Unit = Unit::None;

    fn to_value(&self) -> Value {
        Value::Flag(self.0)
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        match value {
            Value::Flag(on) => Ok(Self(on)),
            _ => Err(ParamError::Kind { wanted: "true or false" }),
        }
    }
}

impl Law {
    /// Laws are bounded field by field; the one limit is the longest time that a field may name.
    pub const fn domain(limits: &[f64]) -> Domain {
        Domain::Law { max_ms: limits[1] }
    }
}

impl ParamType for Law {
    const UNIT: Unit = Unit::Milliseconds;

    fn to_value(&self) -> Value {
        Value::Law(self.clone())
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        match value {
            Value::Law(law) => Ok(law),
            _ => Err(ParamError::Kind { wanted: "a distribution" }),
        }
    }
}

macro_rules! number_types {
    ($( $(#[$doc:meta])* $name:ident in $unit:ident; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct $name(pub f64);

        impl $name {
            pub const fn domain(limits: &[f64]) -> Domain {
                Domain::Number { min: limits[0], max: limits[1] }
            }
        }

        impl ParamType for $name {
            const UNIT: Unit = Unit::$unit;

            fn to_value(&self) -> Value {
                Value::Number(self.0)
            }

            fn from_value(value: Value) -> Result<Self, ParamError> {
                match value {
                    Value::Number(x) => Ok(Self(x)),
                    Value::Count(n) => Ok(Self(f64::from(n))),
                    _ => Err(ParamError::Kind { wanted: "a number" }),
                }
            }
        }
    )* };
}

number_types! {
    /// A plain number.
    Number in None;
    /// A time in microseconds.
    Micros in Microseconds;
    /// A time in milliseconds.
    Millis in Milliseconds;
    /// A time in seconds.
    Seconds in Seconds;
    /// Happenings per second.
    Rate in PerSecond;
    /// A share from 0 to 1.
    Share in Share;
}

macro_rules! list_types {
    ($( $(#[$doc:meta])* $name:ident in $unit:ident; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name(pub Arc<[f64]>);

        impl $name {
            pub const fn domain(limits: &[f64]) -> Domain {
                Domain::List { min: limits[0], max: limits[1], most: limits[2] as usize }
            }
        }

        impl ParamType for $name {
            const UNIT: Unit = Unit::$unit;

            fn to_value(&self) -> Value {
                Value::List(Arc::clone(&self.0))
            }

            fn from_value(value: Value) -> Result<Self, ParamError> {
                match value {
                    Value::List(all) => Ok(Self(all)),
                    _ => Err(ParamError::Kind { wanted: "a list of numbers" }),
                }
            }
        }
    )* };
}

list_types! {
    /// Happenings per second, one after another.
    Rates in PerSecond;
    /// Moments, in seconds.
    Times in Seconds;
}

impl Micros {
    /// The nearest whole number of nanoseconds.
    pub fn ns(self) -> Ns {
        nearest(self.0 * 1e3)
    }
}

impl Millis {
    /// The nearest whole number of nanoseconds.
    pub fn ns(self) -> Ns {
        nearest(self.0 * 1e6)
    }
}

impl Seconds {
    /// The nearest whole number of nanoseconds.
    pub fn ns(self) -> Ns {
        nearest(self.0 * 1e9)
    }
}

/// `as` saturates, so that no document can make a time wrap.
fn nearest(ns: f64) -> Ns {
    (ns + 0.5) as Ns
}
