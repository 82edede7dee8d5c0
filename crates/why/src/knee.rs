//! The knee of a curve of response over load: where throughput over mean response is largest (L. Kleinrock: Power and
//! deterministic rules of thumb for probabilistic problems in computer communications, ICC 1979).

/// One point of a sweep: what was varied, throughput, and mean response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loaded {
    pub value: f64,
    pub throughput: f64,
    pub response: f64,
}

impl Loaded {
    pub fn power(&self) -> f64 {
        if self.response > 0.0 { self.throughput / self.response } else { 0.0 }
    }
}

/// Where power is largest. The curve is flat there and every point has its noise: a parabola through all points of at
/// least seven tenths of the best smooths it. None where the best point is the first or the last: the knee is elsewhere.
pub fn knee(points: &[Loaded]) -> Option<f64> {
    let best = points.iter().map(Loaded::power).fold(0.0, f64::max);
    let at = points.iter().position(|point| point.power() == best)?;
    if at == 0 || at + 1 == points.len() || best <= 0.0 {
        return None;
    }
    // The top alone, without gaps.
    let is_near = |point: &Loaded| point.power() >= 0.7 * best;
    let from =
        points[..at].iter().rposition(|point| !is_near(point)).map_or(0, |before| before + 1).min(at - 1);
    let to = points[at..]
        .iter()
        .position(|point| !is_near(point))
        .map_or(points.len(), |past| at + past)
        .max(at + 2);
    let near = &points[from..to];
    let (origin, scale) = (points[at].value, (near[near.len() - 1].value - near[0].value).abs());
    if scale <= 0.0 {
        return None;
    }
    let degree = if near.len() >= 6 { 3 } else { 2 };
    let samples: Vec<(f64, f64)> =
        near.iter().map(|point| ((point.value - origin) / scale, point.power() / best)).collect();
    let fit = least_squares(&samples, degree)?;
    let of = |x: f64| fit.iter().rev().fold(0.0, |sum, factor| sum * x + factor);
    let (low, high) = (samples[0].0, samples[samples.len() - 1].0);
    let steps = (0..=1_000).map(|step| low + (high - low) * f64::from(step) / 1e3);
    let top = steps.max_by(|a, b| of(*a).total_cmp(&of(*b)))?;
    Some(origin + top * scale)
}

/// Coefficients of the polynomial of this degree that is nearest to the samples.
fn least_squares(samples: &[(f64, f64)], degree: usize) -> Option<Vec<f64>> {
    let n = degree + 1;
    let mut rows = vec![vec![0.0; n + 1]; n];
    for (x, y) in samples {
        let mut powers = vec![1.0; 2 * n];
        for at in 1..2 * n {
            powers[at] = powers[at - 1] * x;
        }
        for (row, values) in rows.iter_mut().enumerate() {
            for (column, value) in values.iter_mut().enumerate().take(n) {
                *value += powers[row + column];
            }
            values[n] += powers[row] * y;
        }
    }
    for at in 0..n {
        let pivot = (at..n).max_by(|a, b| rows[*a][at].abs().total_cmp(&rows[*b][at].abs()))?;
        rows.swap(at, pivot);
        if rows[at][at].abs() < 1e-12 {
            return None;
        }
        let lead = rows[at].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(other, _)| *other != at) {
            let factor = row[at] / lead[at];
            for (value, above) in row.iter_mut().zip(&lead) {
                *value -= factor * above;
            }
        }
    }
    Some((0..n).map(|at| rows[at][n] / rows[at][at]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory;

    #[test]
    fn the_knee_of_an_exact_curve_is_that_of_the_formula() {
        for servers in [1, 2, 4, 16] {
            let capacity = f64::from(servers) / 0.01;
            let points: Vec<Loaded> = (1..20)
                .map(|at| {
                    let value = capacity * f64::from(at) / 20.0;
                    let wait = theory::erlang_c_wait(value, 0.01, servers).unwrap_or(0.0);
                    Loaded { value, throughput: value, response: wait + 0.01 }
                })
                .collect();
            let (found, exact) = (knee(&points).unwrap_or(0.0), theory::knee(0.01, servers));
            assert!((found - exact).abs() < 0.02 * exact, "{servers}: {found} beside {exact}");
        }
        assert_eq!(knee(&[]), None);
    }
}
