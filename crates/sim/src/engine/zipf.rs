//! Which of many keys: by Zipf's law, without a table.
//!
//! Rejection-inversion (W. Hörmann, G. Derflinger: Rejection-inversion to generate variates from monotone
//! discrete distributions, ACM Transactions on Modeling and Computer Simulation 6(3), 1996, 169-184): a number
//! is drawn under a curve above the bars, by inverting its integral, and drawn again where it lies above
//! the bar that it falls to. Exact for every exponent, and no more than a few draws however many keys there
//! are.

use super::{Draws, Stream};

/// Keys from 0 on, the most popular first: key `k` is drawn in proportion to `(k + 1)^-exponent`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Zipf {
    count: u32,
    exponent: f64,
    /// The integral of the curve up to the end of the first bar, less that bar, and up to the last one's.
    first: f64,
    last: f64,
    /// So far left of a bar's middle a number is below the bar for certain.
    certain: f64,
}

impl Zipf {
    /// `count` is at least 1, and the exponent not negative; 0 is uniform.
    pub(crate) fn new(count: u32, exponent: f64) -> Self {
        let mut zipf = Self { count, exponent, first: 0.0, last: 0.0, certain: 0.0 };
        zipf.first = zipf.integral(1.5) - 1.0;
        zipf.last = zipf.integral(f64::from(count) + 0.5);
        zipf.certain = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.height(2.0));
        zipf
    }

    /// How many keys there are.
    pub(crate) const fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn draw(&self, draws: &mut Draws) -> u32 {
        if self.count == 1 {
            return 0;
        }
        if self.exponent == 0.0 {
            return draws.below(self.count);
        }
        loop {
            let area = self.last + draws.unit() * (self.first - self.last);
            let at = self.inverse(area);
            // `as` saturates; rounding may lead half a step out on either side.
            let rank = ((at + 0.5) as u32).clamp(1, self.count);
            let bar = f64::from(rank);
            if bar - at <= self.certain || area >= self.integral(bar + 0.5) - self.height(bar) {
                return rank - 1;
            }
        }
    }

    /// `x^-exponent`.
    fn height(&self, x: f64) -> f64 {
        libm::exp(-self.exponent * libm::log(x))
    }

    /// The integral of the height: `(x^(1 - exponent) - 1) / (1 - exponent)`, or the logarithm.
    fn integral(&self, x: f64) -> f64 {
        let log = libm::log(x);
        let power = (1.0 - self.exponent) * log;
        // (e^p - 1) / p, by its series near 0.
        let growth =
            if power.abs() > 1e-8 { libm::expm1(power) / power } else { 1.0 + power * (0.5 + power / 6.0) };
        growth * log
    }

    /// Where the integral is this.
    fn inverse(&self, area: f64) -> f64 {
        // Below -1 only by rounding.
        let power = (area * (1.0 - self.exponent)).max(-1.0);
        let growth =
            if power.abs() > 1e-8 { libm::log1p(power) / power } else { 1.0 - power * (0.5 - power / 3.0) };
        libm::exp(growth * area)
    }
}

/// What the requests of a population are about: each request has one key, drawn at its own name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Keys {
    pub(crate) zipf: Zipf,
    pub(crate) stream: Stream,
}

impl Keys {
    /// The key of the request with this name.
    pub(crate) fn of(&self, request: u64) -> u32 {
        self.zipf.draw(&mut self.stream.at(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: u64 = 200_000;
    const EXPONENTS: [f64; 8] = [0.0, 0.3, 0.9, 1.0, 1.000_000_001, 1.5, 2.0, 6.0];

    fn drawn(count: u32, exponent: f64) -> Vec<u32> {
        let (zipf, stream) = (Zipf::new(count, exponent), Stream::new(7, 3, 1));
        let keys: Vec<u32> = (0..N).map(|at| zipf.draw(&mut stream.at(at))).collect();
        assert!(keys.iter().all(|key| *key < count), "{count} keys, exponent {exponent}");
        keys
    }

    fn counted(count: u32, exponent: f64) -> Vec<u32> {
        let mut seen = vec![0; count as usize];
        for key in drawn(count, exponent) {
            seen[key as usize] += 1;
        }
        seen
    }

    /// The chance of each key, by the definition.
    fn chances(count: u32, exponent: f64) -> Vec<f64> {
        let heights: Vec<f64> = (1..=count).map(|rank| libm::pow(f64::from(rank), -exponent)).collect();
        // From the smallest on.
        let total: f64 = heights.iter().rev().sum();
        heights.iter().map(|height| height / total).collect()
    }

    /// 200,000 draws each: mean and variance within five standard errors, the latter from the law's own
    /// fourth moment.
    #[test]
    fn moments_are_those_of_the_definition() {
        for count in [1, 2, 10, 1_000, 1_000_000] {
            for exponent in EXPONENTS {
                let chances = chances(count, exponent);
                let moment = |about: f64, power: f64| -> f64 {
                    let each = |(key, chance): (usize, &f64)| chance * libm::pow(key as f64 - about, power);
                    chances.iter().enumerate().map(each).sum()
                };
                let mean = moment(0.0, 1.0);
                let (variance, fourth) = (moment(mean, 2.0), moment(mean, 4.0));
                let keys = drawn(count, exponent);
                let n = N as f64;
                let got = keys.iter().map(|key| f64::from(*key)).sum::<f64>() / n;
                let tolerance = 5.0 * libm::sqrt(variance / n) + 1e-12;
                assert!((got - mean).abs() <= tolerance, "{count}, {exponent}: mean {got}, not {mean}");
                let second = keys.iter().map(|key| libm::pow(f64::from(*key) - mean, 2.0)).sum::<f64>() / n;
                let tolerance = 5.0 * libm::sqrt((fourth - variance * variance).max(0.0) / n) + 1e-12;
                // A law of rare, distant keys has a fourth moment that its sample need not show.
                let is_heavy = fourth > 1e4 * variance * variance;
                assert!(
                    is_heavy || (second - variance).abs() <= tolerance,
                    "{count}, {exponent}: variance {second}, not {variance}"
                );
            }
        }
    }

    /// Chi-square over the keys that are expected at least 20 times, the rest as one. With `d` degrees of
    /// freedom the 0.01 % point is about `d (1 - 2/(9d) + 3.72 sqrt(2/(9d)))^3` (Wilson and Hilferty 1931).
    #[test]
    fn each_key_is_as_frequent_as_its_rank_says() {
        for count in [2, 10, 300, 1_000_000] {
            for exponent in EXPONENTS {
                let chances = chances(count, exponent);
                let seen = counted(count, exponent);
                let common = chances.iter().take_while(|chance| **chance * N as f64 >= 20.0).count();
                let rest: f64 = chances[common..].iter().sum();
                let other = seen[common..].iter().sum();
                let mut cells: Vec<(f64, u32)> =
                    chances[..common].iter().copied().zip(seen[..common].iter().copied()).collect();
                if rest * N as f64 >= 20.0 {
                    cells.push((rest, other));
                }
                if cells.len() < 2 {
                    continue;
                }
                let apart = |(chance, seen): &(f64, u32)| {
                    let expected = chance * N as f64;
                    libm::pow(f64::from(*seen) - expected, 2.0) / expected
                };
                let chi: f64 = cells.iter().map(apart).sum();
                let freedom = cells.len() as f64 - 1.0;
                let share = 2.0 / (9.0 * freedom);
                let limit = freedom * libm::pow(1.0 - share + 3.72 * libm::sqrt(share), 3.0);
                assert!(chi < limit, "{count}, {exponent}: {chi} of {limit}");
            }
        }
    }

    /// Kolmogorov-Smirnov at the 0.1 % level, 1.95 / sqrt(n): for a law of whole numbers that is on the safe
    /// side.
    #[test]
    fn the_shape_is_that_of_the_distribution_function() {
        for count in [1, 10, 1_000_000] {
            for exponent in EXPONENTS {
                let seen = counted(count, exponent);
                let (mut expected, mut got, mut worst) = (0.0, 0_u64, 0.0_f64);
                for (chance, seen) in chances(count, exponent).iter().zip(seen) {
                    expected += chance;
                    got += u64::from(seen);
                    worst = worst.max((got as f64 / N as f64 - expected).abs());
                }
                assert!(worst < 1.95 / libm::sqrt(N as f64), "{count}, {exponent}: {worst}");
            }
        }
    }

    /// Exponents and counts at their limits, where powers underflow.
    #[test]
    fn extremes_stay_within_the_keys() {
        for count in [1, 2, 3, u32::MAX] {
            for exponent in [0.0, 1e-12, 0.999_999_999_9, 10.0, 50.0] {
                drawn(count, exponent);
            }
        }
    }
}
