//! Simulated time: whole nanoseconds since the start of the run.

use std::fmt;

/// Simulated time or a span of it, in nanoseconds: 584 years fit.
pub type Ns = u64;

pub const MILLISECOND: Ns = 1_000_000;
pub const SECOND: Ns = 1_000_000_000;

/// Shows a time in seconds, exactly, without trailing zeros: `12.4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub Ns);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / SECOND, self.0 % SECOND);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{rest:09}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact_and_short() {
        assert_eq!(Seconds(12_400_000_000).to_string(), "12.4");
        assert_eq!(Seconds(3 * SECOND).to_string(), "3");
        assert_eq!(Seconds(1).to_string(), "0.000000001");
    }
}
