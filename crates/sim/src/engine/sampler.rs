//! Distributions made ready for drawing.

use std::sync::Arc;

use super::ziggurat::{Ziggurat, exponential, exponential_once, exponential_table, normal};
use super::{Draws, Ns};
use crate::param::Law;

/// A [`Law`] in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
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
    /// `d` and `c` of Marsaglia and Tsang, the logarithm of the scale, and 1 / shape where the shape is
    /// below 1 (0 otherwise).
    Gamma {
        d: f64,
        c: f64,
        scale: f64,
        boost: f64,
    },
    /// `least × exp(E / shape)`.
    Pareto {
        least: f64,
        power: f64,
        table: &'static Ziggurat,
    },
    /// `scale × E^(1 / shape)`.
    Weibull {
        scale: f64,
        power: f64,
        table: &'static Ziggurat,
    },
    Hyperexponential {
        share: f64,
        means: [f64; 2],
        table: &'static Ziggurat,
    },
    FoldedNormal {
        mean: f64,
        deviation: f64,
    },
    /// Shares and times; the first point is at share 0.
    Empirical(Arc<[[f64; 2]]>),
    /// Weights summed up, to 1, and what is drawn from then; never a mixture again.
    Mixture(Arc<[(f64, Sampler)]>),
}

impl Sampler {
    pub(crate) fn new(law: &Law) -> Self {
        let table = exponential_table();
        match law {
            Law::Constant { ms } => Self::Constant(round(ms * 1e6)),
            Law::Exponential { mean_ms } => Self::Exponential { mean: mean_ms * 1e6, table },
            Law::Uniform { min_ms, max_ms } => {
                Self::Uniform { least: min_ms * 1e6, span: (max_ms - min_ms) * 1e6 }
            }
            Law::Lognormal { mean_ms: 0.0, .. } => Self::Constant(0),
            Law::Lognormal { mean_ms, cv } => {
                let variance = libm::log1p(cv * cv);
                Self::Lognormal { mu: libm::log(mean_ms * 1e6) - 0.5 * variance, sigma: libm::sqrt(variance) }
            }
            Law::Gamma { mean_ms, cv } => Self::gamma(mean_ms * 1e6, *cv),
            Law::Pareto { mean_ms, shape } => {
                Self::Pareto { least: mean_ms * 1e6 * (shape - 1.0) / shape, power: 1.0 / shape, table }
            }
            Law::Weibull { mean_ms, shape } => {
                let power = 1.0 / shape;
                Self::Weibull { scale: mean_ms * 1e6 / libm::tgamma(1.0 + power), power, table }
            }
            Law::Hyperexponential { mean_ms, scv } => {
                let share = 0.5 * (1.0 + libm::sqrt((scv - 1.0) / (scv + 1.0)));
                let half = mean_ms * 1e6 * 0.5;
                Self::Hyperexponential { share, means: [half / share, half / (1.0 - share)], table }
            }
            Law::FoldedNormal { mean_ms, sd_ms } => {
                Self::FoldedNormal { mean: mean_ms * 1e6, deviation: sd_ms * 1e6 }
            }
            Law::Empirical { points } => Self::empirical(points),
            Law::Mixture { .. } => {
                let mut parts = Vec::new();
                gather(law, 1.0, &mut parts);
                let mut sum = 0.0;
                for (weight, _) in &mut parts {
                    sum += *weight;
                    *weight = sum;
                }
                for (weight, _) in &mut parts {
                    *weight /= sum;
                }
                Self::Mixture(parts.into())
            }
        }
    }

    fn gamma(mean: f64, cv: f64) -> Self {
        // So narrow that it is no wider than a nanosecond in ten years.
        if cv < 1e-9 || mean == 0.0 {
            return Self::Constant(round(mean));
        }
        let shape = 1.0 / (cv * cv);
        let boosted = if shape < 1.0 { shape + 1.0 } else { shape };
        let d = boosted - 1.0 / 3.0;
        let boost = if shape < 1.0 { cv * cv } else { 0.0 };
        Self::Gamma { d, c: 1.0 / libm::sqrt(9.0 * d), scale: mean * cv * cv, boost }
    }

    fn empirical(points: &[[f64; 2]]) -> Self {
        let mut knots = Vec::with_capacity(points.len() + 1);
        if points.first().is_some_and(|point| point[0] > 0.0) {
            knots.push([0.0, 0.0]);
        }
        knots.extend(points.iter().map(|[share, ms]| [*share, ms * 1e6]));
        Self::Empirical(knots.into())
    }

    #[inline(always)]
    pub(crate) fn draw(&self, draws: &mut Draws) -> Ns {
        let time = self.draw_honestly(draws);
        #[cfg(test)]
        let time = super::tamper::time(time);
        time
    }

    /// As [`draw`](Self::draw), of draws that nothing else is drawn from.
    #[inline(always)]
    pub(crate) fn draw_once(&self, draws: Draws) -> Ns {
        let time = match self {
            Self::Constant(ns) => *ns,
            Self::Exponential { mean, table } => round(mean * exponential_once(table, draws)),
            _ => self.draw_rarely_once(draws),
        };
        #[cfg(test)]
        let time = super::tamper::time(time);
        time
    }

    #[inline(never)]
    fn draw_rarely_once(&self, draws: Draws) -> Ns {
        self.draw_rarely(draws).0
    }

    #[inline(always)]
    fn draw_honestly(&self, draws: &mut Draws) -> Ns {
        match self {
            Self::Constant(ns) => *ns,
            Self::Exponential { mean, table } => round(mean * exponential(table, draws)),
            // Not lent: what is lent stands in memory, also where this is not called.
            _ => {
                let (time, after) = self.draw_rarely(*draws);
                *draws = after;
                time
            }
        }
    }

    #[inline(never)]
    fn draw_rarely(&self, mut draws: Draws) -> (Ns, Draws) {
        let time = match self {
            Self::Mixture(parts) => {
                let unit = draws.unit();
                let at = parts.partition_point(|(sum, _)| *sum <= unit).min(parts.len() - 1);
                parts[at].1.draw_rarer(&mut draws)
            }
            _ => self.draw_rarer(&mut draws),
        };
        (round(time), draws)
    }

    /// Every law but mixtures.
    fn draw_rarer(&self, draws: &mut Draws) -> f64 {
        match self {
            Self::Constant(ns) => *ns as f64,
            Self::Exponential { mean, table } => mean * exponential(table, draws),
            Self::Uniform { least, span } => least + span * draws.unit(),
            Self::Lognormal { mu, sigma } => libm::exp(mu + sigma * normal(draws)),
            Self::Gamma { d, c, scale, boost } => {
                let factor = if *boost > 0.0 {
                    libm::exp(-exponential(exponential_table(), draws) * boost)
                } else {
                    1.0
                };
                scale * standard_gamma(*d, *c, draws) * factor
            }
            Self::Pareto { least, power, table } => least * libm::exp(exponential(table, draws) * power),
            Self::Weibull { scale, power, table } => {
                scale * libm::exp(libm::log(exponential(table, draws)) * power)
            }
            Self::Hyperexponential { share, means, table } => {
                let mean = means[usize::from(draws.unit() >= *share)];
                mean * exponential(table, draws)
            }
            Self::FoldedNormal { mean, deviation } => (mean + deviation * normal(draws)).abs(),
            Self::Empirical(knots) => on_lines(knots, draws.unit()),
            // Mixtures are laid flat when they are made.
            Self::Mixture(_) => 0.0,
        }
    }
}

/// Adds the laws of a mixture, and of those within, with their shares of `weight`.
fn gather(law: &Law, weight: f64, out: &mut Vec<(f64, Sampler)>) {
    if let Law::Mixture { parts } = law {
        let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
        for (part, law) in parts.iter().filter(|(part, _)| *part > 0.0) {
            gather(law, weight * part / total, out);
        }
    } else {
        out.push((weight, Sampler::new(law)));
    }
}

/// A gamma variate of scale 1 and shape `d + 1/3`, which is at least 1 (Marsaglia and Tsang 2000).
fn standard_gamma(d: f64, c: f64, draws: &mut Draws) -> f64 {
    loop {
        let x = normal(draws);
        let step = c * x;
        if step <= -1.0 {
            continue;
        }
        // (1 + step)³ - 1, without the rounding that a large shape would make visible.
        let grown = step * (3.0 + step * (3.0 + step));
        let unit = draws.unit();
        if unit < 1.0 - 0.0331 * (x * x) * (x * x)
            || libm::log(unit) < 0.5 * x * x + d * (libm::log1p(grown) - grown)
        {
            return d * (1.0 + grown);
        }
    }
}

/// The time at a share, on straight lines between points; beyond the last, its own.
fn on_lines(knots: &[[f64; 2]], share: f64) -> f64 {
    let after = knots.partition_point(|knot| knot[0] <= share);
    match (after.checked_sub(1).and_then(|at| knots.get(at)), knots.get(after)) {
        (Some(low), Some(high)) => low[1] + (high[1] - low[1]) * ((share - low[0]) / (high[0] - low[0])),
        (Some(last), None) => last[1],
        (None, first) => first.map_or(0.0, |first| first[1]),
    }
}

/// To the nearest nanosecond; `as` saturates (at 292 years), so that a time beyond every horizon never wraps.
#[inline]
fn round(ns: f64) -> Ns {
    (ns + 0.5) as i64 as Ns
}

#[cfg(test)]
#[path = "sampler_tests.rs"]
mod tests;
