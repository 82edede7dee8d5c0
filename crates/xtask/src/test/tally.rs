//! Counts tests from what the runners print.

use std::ops::AddAssign;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Tally {
    pub fn one_failure() -> Self {
        Self { passed: 0, failed: 1 }
    }

    /// Takes in one line of `cargo test` or of `node --test`; lines that count nothing change nothing.
    pub fn count(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.count_cargo(counts);
        } else if let Some(counts) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
            self.count_node(counts);
        }
    }

    /// As in `ok. 3 passed; 1 failed; 0 ignored; …`.
    fn count_cargo(&mut self, counts: &str) {
        let after_verdict = counts.split_once(". ").map_or(counts, |(_, rest)| rest);
        for part in after_verdict.split("; ") {
            match part.split_once(' ').map(|(number, what)| (number.parse::<u64>(), what)) {
                Some((Ok(number), "passed")) => self.passed += number,
                Some((Ok(number), "failed")) => self.failed += number,
                _ => {}
            }
        }
    }

    /// As in `pass 3`; a cancelled test did not pass.
    fn count_node(&mut self, counts: &str) {
        match counts.split_once(' ').map(|(what, number)| (what, number.parse::<u64>())) {
            Some(("pass", Ok(number))) => self.passed += number,
            Some(("fail" | "cancelled", Ok(number))) => self.failed += number,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(text: &str) -> Tally {
        let mut tally = Tally::default();
        text.lines().for_each(|line| tally.count(line));
        tally
    }

    #[test]
    fn cargos_results_add_up() {
        let text = "test a ... ok\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(tally(text), Tally { passed: 15, failed: 2 });
    }

    #[test]
    fn nodes_results_count_in_both_formats_and_cancelled_is_failed() {
        assert_eq!(tally("# tests 5\n# pass 3\n# fail 1\n# cancelled 1"), Tally { passed: 3, failed: 2 });
        assert_eq!(tally("ℹ tests 3\nℹ pass 3\nℹ fail 0"), Tally { passed: 3, failed: 0 });
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(tally("12 passed\n# a comment\n  # pass 3\nrunning 4 tests"), Tally::default());
    }
}
