//! Numbers and times as a reader wants them.

use brownout_scenario::grouped;
use brownout_sim::Ns;

use super::Lang;

/// A number with as many decimals as say something, and commas between thousands.
pub fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 || size.fract() == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut out = grouped(whole);
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A count, with commas between thousands.
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// Per cent, whole where that is enough.
pub fn share(value: f64) -> String {
    let percent = value * 100.0;
    if !(0.05..99.95).contains(&percent) || (9.95..99.0).contains(&percent) {
        format!("{percent:.0} %")
    } else {
        format!("{percent:.1} %")
    }
}

/// Happenings per second.
pub fn rate(lang: Lang, per_second: f64) -> String {
    let size = if per_second >= 10.0 {
        number(per_second.round())
    } else {
        number((per_second * 10.0).round() / 10.0)
    };
    match lang {
        Lang::En => format!("{size} req/s"),
        Lang::Ko => format!("초당 {size}건"),
    }
}

/// A span of time in the unit that fits it.
pub fn span(ns: Ns) -> String {
    let ns = ns as f64;
    match ns {
        ns if ns < 1e3 => format!("{ns} ns"),
        ns if ns < 1e6 => format!("{} µs", number(rounded(ns / 1e3))),
        ns if ns < 1e9 => format!("{} ms", number(rounded(ns / 1e6))),
        ns => format!("{} s", number(rounded(ns / 1e9))),
    }
}

/// Three significant digits.
fn rounded(value: f64) -> f64 {
    let unit = match value {
        value if value >= 100.0 => 1.0,
        value if value >= 10.0 => 10.0,
        _ => 100.0,
    };
    (value * unit).round() / unit
}

/// The clock of the run: `0:14.382`, `1:02:03.000`.
pub fn clock(ns: Ns) -> String {
    let (millis, seconds) = (ns / 1_000_000 % 1_000, ns / 1_000_000_000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}.{millis:03}")
    } else {
        format!("{minutes}:{seconds:02}.{millis:03}")
    }
}

/// Simulated time per time: `1/200×`, `1×`, `50×`.
pub fn speed(value: f64) -> String {
    if value >= 1.0 || value <= 0.0 {
        format!("{}×", number(rounded(value)))
    } else {
        format!("1/{}×", number(rounded(1.0 / value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(0.5), "0.5");
        assert_eq!(number(-1500.0), "-1,500");
        assert_eq!(share(0.731), "73 %");
        assert_eq!(share(0.999), "99.9 %");
        assert_eq!(share(0.0), "0 %");
        assert_eq!(span(12_400_000_000), "12.4 s");
        assert_eq!(span(850_000), "850 µs");
        assert_eq!(clock(14_382_000_000), "0:14.382");
        assert_eq!(speed(0.005), "1/200×");
        assert_eq!(speed(10_000.0), "10,000×");
        assert_eq!(rate(Lang::Ko, 49.96), "초당 50건");
    }
}
