//! Numbers as a reader wants them.

/// Digits with commas between thousands; a sign may stand before them.
pub fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut out = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let all = ["0", "999", "1000", "-123456", "1234567"].map(grouped);
        assert_eq!(all, ["0", "999", "1,000", "-123,456", "1,234,567"]);
    }
}
