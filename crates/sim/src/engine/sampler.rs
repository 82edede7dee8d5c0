//! Distributions made ready for drawing.

use super::ziggurat::{Ziggurat, exponential, exponential_table, normal};
use super::{Draws, Ns};
use crate::param::Law;

/// A [`Law`] in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sampler {
    Constant(Ns),
    Exponential {
        mean: f64,
        table: &'static Ziggurat,
    },
    Uniform {
        least: f64,
        span: f64,
    },
    /// `mu` and `sigma` of the logarithm.
    Lognormal {
        mu: f64,
        sigma: f64,
    },
}

impl Sampler {
    pub(crate) fn new(law: &Law) -> Self {
        match *law {
            Law::Constant { ms } => Self::Constant(round(ms * 1e6)),
            Law::Exponential { mean_ms } => {
                Self::Exponential { mean: mean_ms * 1e6, table: exponential_table() }
            }
            Law::Uniform { min_ms, max_ms } => {
                Self::Uniform { least: min_ms * 1e6, span: (max_ms - min_ms) * 1e6 }
            }
            Law::Lognormal { mean_ms: 0.0, .. } => Self::Constant(0),
            Law::Lognormal { mean_ms, cv } => {
                let variance = libm::log1p(cv * cv);
                Self::Lognormal { mu: libm::log(mean_ms * 1e6) - 0.5 * variance, sigma: libm::sqrt(variance) }
            }
        }
    }

    #[inline]
    pub(crate) fn draw(&self, draws: &mut Draws) -> Ns {
        let time = self.draw_honestly(draws);
        #[cfg(test)]
        let time = super::tamper::time(time);
        time
    }

    #[inline]
    fn draw_honestly(&self, draws: &mut Draws) -> Ns {
        match *self {
            Self::Constant(ns) => ns,
            Self::Exponential { mean, table } => round(mean * exponential(table, draws)),
            Self::Uniform { least, span } => round(least + span * draws.unit()),
            Self::Lognormal { mu, sigma } => round(libm::exp(mu + sigma * normal(draws))),
        }
    }
}

/// To the nearest nanosecond; `as` saturates (at 292 years), so that a time beyond every horizon never wraps.
#[inline]
fn round(ns: f64) -> Ns {
    (ns + 0.5) as i64 as Ns
}

#[cfg(test)]
mod tests {
    use super::super::Stream;
    use super::*;

    /// Means over 200,000 draws, within five standard errors of a law with this variation.
    #[test]
    fn means_are_right() {
        let laws = [
            (Law::Constant { ms: 5.0 }, 0.0),
            (Law::Exponential { mean_ms: 5.0 }, 1.0),
            (Law::Uniform { min_ms: 2.0, max_ms: 8.0 }, 0.35),
            (Law::Lognormal { mean_ms: 5.0, cv: 2.0 }, 2.0),
        ];
        for (law, cv) in laws {
            let sampler = Sampler::new(&law);
            let stream = Stream::new(11, 4, law.kind() as u32);
            let n = 200_000;
            let sum: f64 = (0..n).map(|at| sampler.draw(&mut stream.at(at)) as f64).sum();
            let mean = sum / n as f64 / 1e6;
            let tolerance = 5.0 * (5.0 * cv) / libm::sqrt(n as f64) + 1e-6;
            assert!((mean - law.mean_ms()).abs() < tolerance, "{law:?}: {mean}");
        }
    }

    #[test]
    fn a_time_beyond_the_horizon_saturates() {
        let sampler = Sampler::Exponential { mean: 1e300, table: exponential_table() };
        assert!(sampler.draw(&mut Stream::new(1, 1, 1).at(1)) > 1 << 62);
    }
}
