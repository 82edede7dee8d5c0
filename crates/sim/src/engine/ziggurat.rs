//! Exponential and normal variates by the ziggurat method (Marsaglia and Tsang 2000), 256 layers.
//!
//! Tables and tails come from `libm`, so that native and wasm agree bit for bit.

use std::sync::LazyLock;

use super::Draws;

const LAYERS: usize = 256;

#[derive(Debug, PartialEq)]
pub(crate) struct Ziggurat {
    /// Right edge of each layer; the first is the base strip's virtual width.
    x: [f64; LAYERS + 1],
    /// Density at each edge.
    y: [f64; LAYERS + 1],
}

/// Where the tail begins, and the area of each layer, for `exp(-x)`.
const EXPONENTIAL_R: f64 = 7.697_117_470_131_05;
const EXPONENTIAL_V: f64 = 0.003_949_659_822_581_557;
/// The same for `exp(-x²/2)`.
const NORMAL_R: f64 = 3.654_152_885_361_009;
const NORMAL_V: f64 = 0.004_928_673_233_974_655;

static EXPONENTIAL: LazyLock<Ziggurat> =
    LazyLock::new(|| Ziggurat::new(EXPONENTIAL_R, EXPONENTIAL_V, |x| libm::exp(-x), |y| -libm::log(y)));
static NORMAL: LazyLock<Ziggurat> = LazyLock::new(|| {
    Ziggurat::new(NORMAL_R, NORMAL_V, |x| libm::exp(-0.5 * x * x), |y| libm::sqrt(-2.0 * libm::log(y)))
});

impl Ziggurat {
    fn new(r: f64, v: f64, density: impl Fn(f64) -> f64, inverse: impl Fn(f64) -> f64) -> Self {
        let mut x = [0.0; LAYERS + 1];
        x[0] = v / density(r);
        x[1] = r;
        for layer in 2..LAYERS {
            x[layer] = inverse(v / x[layer - 1] + density(x[layer - 1]));
        }
        let y = x.map(&density);
        Self { x, y }
    }

    /// A point under the widest part of a layer, and the layer.
    #[inline(always)]
    fn sample(&self, draws: &mut Draws) -> (f64, usize) {
        let bits = draws.bits();
        let layer = (bits & 0xff) as usize;
        let unit = (bits >> 11) as i64 as f64 * (1.0 / (1u64 << 53) as f64);
        (unit * self.x[layer], layer)
    }
}

/// The tables of the exponential: a sampler keeps them at hand.
pub(crate) fn exponential_table() -> &'static Ziggurat {
    &EXPONENTIAL
}

/// An exponential variate with mean 1.
#[inline(always)]
pub(crate) fn exponential(table: &Ziggurat, draws: &mut Draws) -> f64 {
    let (x, layer) = table.sample(draws);
    if x < table.x[layer + 1] {
        return x;
    }
    // Not lent: what is lent stands in memory, also where this is not called.
    let (x, after) = exponential_further(table, *draws, x, layer);
    *draws = after;
    x
}

/// As [`exponential`], of draws that nothing else is drawn from: they need not come back, which in WebAssembly would be
/// by way of memory.
#[inline(always)]
pub(crate) fn exponential_once(table: &Ziggurat, mut draws: Draws) -> f64 {
    let (x, layer) = table.sample(&mut draws);
    if x < table.x[layer + 1] { x } else { exponential_to_the_end(table, draws, x, layer) }
}

#[cold]
#[inline(never)]
fn exponential_to_the_end(table: &Ziggurat, draws: Draws, x: f64, layer: usize) -> f64 {
    exponential_further(table, draws, x, layer).0
}

/// Ends a draw that did not fall within its layer: one in seventy.
#[cold]
#[inline(never)]
fn exponential_further(table: &Ziggurat, mut draws: Draws, mut x: f64, mut layer: usize) -> (f64, Draws) {
    let mut shift = 0.0;
    loop {
        if layer == 0 {
            // The tail of an exponential is an exponential.
            shift += EXPONENTIAL_R;
        } else if table.y[layer] + draws.unit() * (table.y[layer + 1] - table.y[layer]) < libm::exp(-x) {
            return (shift + x, draws);
        }
        (x, layer) = table.sample(&mut draws);
        if x < table.x[layer + 1] {
            return (shift + x, draws);
        }
    }
}

/// A normal variate with mean 0 and variance 1.
#[inline]
pub(super) fn normal(draws: &mut Draws) -> f64 {
    let table = &*NORMAL;
    loop {
        let bits = draws.bits();
        let layer = (bits & 0xff) as usize;
        let sign = if bits & 0x100 == 0 { 1.0 } else { -1.0 };
        let unit = (bits >> 11) as i64 as f64 * (1.0 / (1u64 << 53) as f64);
        let x = unit * table.x[layer];
        if x < table.x[layer + 1] {
            return sign * x;
        }
        if layer == 0 {
            // Marsaglia's tail: 1 - unit avoids the logarithm of 0.
            loop {
                let a = -libm::log(1.0 - draws.unit()) / NORMAL_R;
                let b = -libm::log(1.0 - draws.unit());
                if b + b > a * a {
                    return sign * (NORMAL_R + a);
                }
            }
        }
        if table.y[layer] + draws.unit() * (table.y[layer + 1] - table.y[layer]) < libm::exp(-0.5 * x * x) {
            return sign * x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Stream;
    use super::*;

    /// Moments over 400,000 draws; tolerances are about five standard errors.
    #[test]
    fn moments_are_right() {
        let stream = Stream::new(3, 1, 9);
        let n = 400_000;
        let exponentials: Vec<f64> =
            (0..n).map(|at| exponential(exponential_table(), &mut stream.at(at))).collect();
        let mean = exponentials.iter().sum::<f64>() / n as f64;
        let second = exponentials.iter().map(|x| x * x).sum::<f64>() / n as f64;
        assert!((mean - 1.0).abs() < 0.008, "{mean}");
        assert!((second - 2.0).abs() < 0.036, "{second}");
        let beyond = exponentials.iter().filter(|x| **x > EXPONENTIAL_R).count() as f64 / n as f64;
        assert!((beyond - libm::exp(-EXPONENTIAL_R)).abs() < 2e-4, "{beyond}");

        let normals: Vec<f64> = (0..n).map(|at| normal(&mut stream.at(at))).collect();
        let mean = normals.iter().sum::<f64>() / n as f64;
        let second = normals.iter().map(|x| x * x).sum::<f64>() / n as f64;
        let fourth = normals.iter().map(|x| x * x * x * x).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.008, "{mean}");
        assert!((second - 1.0).abs() < 0.012, "{second}");
        assert!((fourth - 3.0).abs() < 0.08, "{fourth}");
    }

    /// Kolmogorov-Smirnov at the 0.1 % level: 1.95 / sqrt(n).
    #[test]
    fn the_exponential_has_the_right_shape() {
        let stream = Stream::new(4, 2, 9);
        let n = 100_000;
        let mut draws: Vec<f64> =
            (0..n).map(|at| exponential(exponential_table(), &mut stream.at(at))).collect();
        draws.sort_by(f64::total_cmp);
        let worst = draws
            .iter()
            .enumerate()
            .map(|(at, x)| ((at as f64 + 0.5) / n as f64 - (1.0 - libm::exp(-x))).abs())
            .fold(0.0, f64::max);
        assert!(worst < 1.95 / libm::sqrt(n as f64), "{worst}");
    }
}
