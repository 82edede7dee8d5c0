//! Seconds as documents write them, and nanoseconds as the simulator counts them: exact both ways.
//!
//! The number's own text is converted, digit by digit. A 64-bit float could not tell neighbouring
//! nanoseconds apart beyond 97 days.

use brownout_sim::Ns;

use crate::error::Problem;

/// The longest time that a document may name: ten years.
pub const LONGEST_S: u64 = 315_576_000;
const NS_PER_S: u64 = 1_000_000_000;
pub(crate) const LONGEST: Ns = LONGEST_S * NS_PER_S;

/// The nanoseconds that a JSON number of seconds stands for.
pub(crate) fn ns_from_seconds(text: &str) -> Result<Ns, Problem> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, power(exponent)),
        None => (text, 0),
    };
    if mantissa.starts_with('-') {
        return if text.parse() == Ok(0.0) { Ok(0) } else { Err(out_of_range(text)) };
    }
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{decimals}");
    let significant = digits.trim_end_matches('0');
    // What the last significant digit counts, as a power of ten of nanoseconds.
    let place = exponent + whole.len() as i64 - significant.len() as i64 + 9;
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    if place < 0 {
        return Err(Problem::Decimals);
    }
    let value: u64 = significant.parse().map_err(|_| out_of_range(text))?;
    let ns = u32::try_from(place)
        .ok()
        .and_then(|place| 10_u64.checked_pow(place))
        .and_then(|unit| value.checked_mul(unit))
        .filter(|ns| *ns <= LONGEST);
    ns.ok_or_else(|| out_of_range(text))
}

/// The shortest text of seconds that stands for these nanoseconds.
pub(crate) fn seconds_from_ns(ns: Ns) -> String {
    let (whole, decimals) = (ns / NS_PER_S, ns % NS_PER_S);
    if decimals == 0 {
        return whole.to_string();
    }
    let text = format!("{whole}.{decimals:09}");
    text.trim_end_matches('0').to_owned()
}

/// An exponent; beyond every bound it is as good as at the bound.
fn power(exponent: &str) -> i64 {
    const FAR: i64 = 1 << 32;
    let beyond = if exponent.starts_with('-') { -FAR } else { FAR };
    exponent.parse::<i64>().map_or(beyond, |exponent| exponent.clamp(-FAR, FAR))
}

fn out_of_range(text: &str) -> Problem {
    match text.parse::<f64>() {
        Ok(got) if got.is_finite() => Problem::Range { min: 0.0, max: LONGEST_S as f64, got },
        _ => Problem::NotFinite,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seconds_are_exact() {
        assert_eq!(ns_from_seconds("0.1"), Ok(100_000_000));
        assert_eq!(ns_from_seconds("12.5e1"), Ok(125 * NS_PER_S));
        assert_eq!(ns_from_seconds("1e-9"), Ok(1));
        assert_eq!(ns_from_seconds("0.0000000010"), Ok(1));
        assert_eq!(ns_from_seconds("-0"), Ok(0));
        assert_eq!(ns_from_seconds("0e99999"), Ok(0));
        assert_eq!(ns_from_seconds("315575999.999999999"), Ok(LONGEST - 1));
    }

    #[test]
    fn what_is_finer_or_longer_is_refused() {
        assert_eq!(ns_from_seconds("0.0000000001"), Err(Problem::Decimals));
        assert_eq!(ns_from_seconds("1e-10"), Err(Problem::Decimals));
        assert_eq!(ns_from_seconds("1e999"), Err(Problem::NotFinite));
        for text in ["-1", "315576000.000000001", "1e20", "1e9223372036854775807"] {
            assert!(ns_from_seconds(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn both_ways(ns in 0..=LONGEST) {
            prop_assert_eq!(ns_from_seconds(&seconds_from_ns(ns)), Ok(ns));
        }

        #[test]
        fn no_text_panics(text in "-?[0-9]{1,30}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,20})?") {
            let _ = ns_from_seconds(&text);
        }
    }
}
