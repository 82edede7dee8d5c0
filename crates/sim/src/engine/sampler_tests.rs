use super::super::Stream;
use super::*;
use crate::param::{LAWS, ParamType, Value};

const N: u64 = 200_000;

/// Drawn times in milliseconds.
fn drawn(law: &Law, purpose: u32) -> Vec<f64> {
    let sampler = Sampler::new(law);
    let stream = Stream::new(11, 4, purpose);
    (0..N).map(|at| sampler.draw(&mut stream.at(at)) as f64 / 1e6).collect()
}

/// The regularised lower incomplete gamma function, by its series (small x) or continued fraction.
fn gamma_cdf(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(shape * libm::log(x) - x - libm::lgamma(shape));
    if x < shape + 1.0 {
        let (mut term, mut sum, mut at) = (1.0 / shape, 1.0 / shape, shape);
        while term > sum * 1e-15 {
            at += 1.0;
            term *= x / at;
            sum += term;
        }
        return sum * front;
    }
    let mut b = x + 1.0 - shape;
    let mut upper = 1e300;
    let mut lower = 1.0 / b;
    let mut fraction = lower;
    for n in 1..500 {
        let n = f64::from(n);
        let a = -n * (n - shape);
        b += 2.0;
        lower = 1.0 / (a * lower + b);
        upper = b + a / upper;
        fraction *= lower * upper;
        if (lower * upper - 1.0).abs() < 1e-14 {
            break;
        }
    }
    1.0 - front * fraction
}

fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

type Cdf = Box<dyn Fn(f64) -> f64>;

/// A law, its variance and its distribution function.
fn laws() -> Vec<(Law, f64, Cdf)> {
    let mean_ms = 5.0;
    let square = mean_ms * mean_ms;
    let exponential = |mean: f64| move |x: f64| 1.0 - libm::exp(-x / mean);
    let gamma = |cv: f64| {
        let (shape, scale) = (1.0 / (cv * cv), mean_ms * cv * cv);
        (
            Law::Gamma { mean_ms, cv },
            square * cv * cv,
            Box::new(move |x: f64| gamma_cdf(shape, x / scale)) as Cdf,
        )
    };
    let pareto = |shape: f64| {
        let least = mean_ms * (shape - 1.0) / shape;
        let variance = square / (shape * (shape - 2.0));
        let cdf = move |x: f64| if x < least { 0.0 } else { 1.0 - libm::pow(least / x, shape) };
        (
            Law::Pareto { mean_ms, shape },
            if shape > 4.0 { variance } else { f64::INFINITY },
            Box::new(cdf) as Cdf,
        )
    };
    let weibull = |shape: f64| {
        let first = libm::tgamma(1.0 + 1.0 / shape);
        let variance = square * (libm::tgamma(1.0 + 2.0 / shape) / (first * first) - 1.0);
        let cdf = move |x: f64| 1.0 - libm::exp(-libm::pow(x * first / mean_ms, shape));
        (Law::Weibull { mean_ms, shape }, variance, Box::new(cdf) as Cdf)
    };
    let hyper = |scv: f64| {
        let share = 0.5 * (1.0 + libm::sqrt((scv - 1.0) / (scv + 1.0)));
        let (fast, slow) = (mean_ms / 2.0 / share, mean_ms / 2.0 / (1.0 - share));
        let cdf = move |x: f64| 1.0 - share * libm::exp(-x / fast) - (1.0 - share) * libm::exp(-x / slow);
        (Law::Hyperexponential { mean_ms, scv }, scv * square, Box::new(cdf) as Cdf)
    };
    let folded = |mean_ms: f64, sd_ms: f64| {
        let law = Law::FoldedNormal { mean_ms, sd_ms };
        let mean = law.mean_ms();
        let variance = mean_ms * mean_ms + sd_ms * sd_ms - mean * mean;
        let cdf = move |x: f64| normal_cdf((x - mean_ms) / sd_ms) - normal_cdf((-x - mean_ms) / sd_ms);
        (law, variance, Box::new(cdf) as Cdf)
    };
    let sigma = libm::sqrt(libm::log1p(0.25));
    let mu = libm::log(mean_ms) - 0.5 * sigma * sigma;
    // Uniform on [1, 3], then on [3, 11]: half each. Mean 4.5, second moment (13/3 + 163/3) / 2.
    let empirical = Law::Empirical { points: [[0.0, 1.0], [0.5, 3.0], [1.0, 11.0]].into() };
    let on_lines = |x: f64| if x < 3.0 { (x - 1.0) / 4.0 } else { 0.5 + (x - 3.0) / 16.0 };
    // A mixture within one: half exponential of mean 2, a quarter of mean 4, a quarter of mean 8.
    let inner = Law::Mixture {
        parts: [(3.0, Law::Exponential { mean_ms: 4.0 }), (3.0, Law::Exponential { mean_ms: 8.0 })].into(),
    };
    let mixture = Law::Mixture { parts: [(1.0, Law::Exponential { mean_ms: 2.0 }), (1.0, inner)].into() };
    let mixed = |x: f64| 1.0 - 0.5 * libm::exp(-x / 2.0) - 0.25 * (libm::exp(-x / 4.0) + libm::exp(-x / 8.0));
    vec![
        (Law::Exponential { mean_ms }, square, Box::new(exponential(mean_ms))),
        (Law::Uniform { min_ms: 2.0, max_ms: 8.0 }, 3.0, Box::new(|x| (x - 2.0) / 6.0)),
        (
            Law::Lognormal { mean_ms, cv: 0.5 },
            square * 0.25,
            Box::new(move |x| normal_cdf((libm::log(x) - mu) / sigma)),
        ),
        gamma(0.1),
        gamma(0.5),
        gamma(1.0),
        gamma(2.0),
        pareto(1.5),
        pareto(2.5),
        pareto(10.0),
        weibull(0.7),
        weibull(1.0),
        weibull(3.0),
        hyper(1.0),
        hyper(4.0),
        hyper(30.0),
        folded(10.0, 2.0),
        folded(0.0, 3.0),
        folded(1.0, 2.0),
        (empirical, (13.0 + 163.0) / 6.0 - 4.5 * 4.5, Box::new(on_lines)),
        (mixture, 0.5 * 8.0 + 0.25 * 32.0 + 0.25 * 128.0 - 16.0, Box::new(mixed)),
    ]
}

/// Mean and variance of 200,000 draws within five standard errors; those of the variance come from the
/// sample's own fourth moment, and laws without one are held to their distribution function alone.
#[test]
fn moments_are_those_of_the_closed_forms() {
    for (at, (law, variance, _)) in laws().into_iter().enumerate() {
        if !variance.is_finite() {
            continue;
        }
        let times = drawn(&law, at as u32);
        let n = N as f64;
        let mean = times.iter().sum::<f64>() / n;
        let tolerance = 5.0 * libm::sqrt(variance / n);
        assert!((mean - law.mean_ms()).abs() < tolerance, "{law:?}: mean {mean}, not {}", law.mean_ms());
        let squares = times.iter().map(|x| (x - mean) * (x - mean));
        let second = squares.clone().sum::<f64>() / n;
        let fourth = squares.map(|x| x * x).sum::<f64>() / n;
        let tolerance = 5.0 * libm::sqrt((fourth - second * second) / n);
        assert!((second - variance).abs() < tolerance, "{law:?}: variance {second}, not {variance}");
    }
}

/// Kolmogorov-Smirnov at the 0.1 % level: 1.95 / sqrt(n).
#[test]
fn shapes_are_those_of_the_distribution_functions() {
    for (at, (law, _, cdf)) in laws().into_iter().enumerate() {
        let mut times = drawn(&law, 100 + at as u32);
        times.sort_by(f64::total_cmp);
        let n = times.len() as f64;
        // Times are whole nanoseconds: up to half of one more belongs to each.
        let last_of_its_time = (0..times.len()).filter(|at| times.get(at + 1) != Some(&times[*at]));
        let apart = |at: usize| ((at as f64 + 1.0) / n - cdf(times[at] + 0.5e-6)).abs();
        let worst = last_of_its_time.map(apart).fold(0.0, f64::max);
        assert!(worst < 1.95 / libm::sqrt(n), "{law:?}: {worst}");
    }
}

#[test]
fn narrow_laws_are_constant() {
    let narrow = [
        Law::Constant { ms: 5.0 },
        Law::Uniform { min_ms: 5.0, max_ms: 5.0 },
        Law::Lognormal { mean_ms: 5.0, cv: 0.0 },
        Law::Gamma { mean_ms: 5.0, cv: 0.0 },
        Law::FoldedNormal { mean_ms: 5.0, sd_ms: 0.0 },
        Law::Empirical { points: [[0.0, 5.0]].into() },
        Law::Empirical { points: [[0.0, 5.0], [1.0, 5.0]].into() },
        Law::Mixture { parts: [(0.0, Law::Constant { ms: 1.0 }), (7.0, Law::Constant { ms: 5.0 })].into() },
    ];
    for law in narrow {
        assert!(drawn(&law, 1)[..1_000].iter().all(|ms| *ms == 5.0), "{law:?}");
        assert!((law.mean_ms() - 5.0).abs() < 1e-12, "{law:?}");
    }
    // Nearly constant: no wider than it says, and not off.
    let gamma = drawn(&Law::Gamma { mean_ms: 1e6, cv: 1e-6 }, 1);
    let mean = gamma.iter().sum::<f64>() / N as f64;
    assert!((mean - 1e6).abs() < 5.0 / libm::sqrt(N as f64), "{mean}");
}

/// From nothing to ten years and at every shape: no panic, and no time wraps.
#[test]
fn extremes_saturate() {
    let longest = 315_576_000_000.0;
    for mean_ms in [0.0, 1e-9, 1e-6, longest] {
        let all = [
            Law::Exponential { mean_ms },
            Law::Lognormal { mean_ms, cv: 100.0 },
            Law::Gamma { mean_ms, cv: 100.0 },
            Law::Pareto { mean_ms, shape: 1.01 },
            Law::Pareto { mean_ms, shape: 100.0 },
            Law::Weibull { mean_ms, shape: 0.1 },
            Law::Weibull { mean_ms, shape: 100.0 },
            Law::Hyperexponential { mean_ms, scv: 10_000.0 },
            Law::FoldedNormal { mean_ms, sd_ms: longest },
            Law::Empirical { points: [[0.5, mean_ms], [0.9, longest]].into() },
        ];
        for law in all {
            assert_eq!(Value::Law(law.clone()).check(&Law::domain(&[0.0, longest])), Ok(()), "{law:?}");
            let times = drawn(&law, 3);
            assert!(times.iter().all(|ms| (0.0..=9.3e12).contains(ms)), "{law:?}");
            if mean_ms == 0.0 && !matches!(law, Law::FoldedNormal { .. } | Law::Empirical { .. }) {
                assert!(times.iter().all(|ms| *ms == 0.0), "{law:?}");
            }
        }
    }
    let beyond = Sampler::Exponential { mean: 1e300, table: exponential_table() };
    assert!(beyond.draw(&mut Stream::new(1, 1, 1).at(1)) > 1 << 62);
}

#[test]
fn a_law_is_its_kind_and_its_fields() {
    for (kind, spec) in LAWS.iter().enumerate() {
        let law = (spec.with_mean)(8.0);
        assert_eq!(law.kind(), kind, "{}", spec.name);
        assert_eq!(Law::from_fields(kind, law.fields()), Some(law.clone()));
        assert_eq!(Law::from_value(law.to_value()), Ok(law.clone()));
        assert!((law.mean_ms() - 8.0).abs() < 0.001, "{}: {}", spec.name, law.mean_ms());
        assert_eq!(law.to_value().check(&Law::domain(&[0.0, 100.0])), Ok(()), "{}", spec.name);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let one = || Law::Constant { ms: 1.0 };
    let mix = |law: Law| Law::Mixture { parts: [(1.0, law)].into() };
    let refused = [
        Law::Uniform { min_ms: 2.0, max_ms: 1.0 },
        Law::Constant { ms: 101.0 },
        Law::Pareto { mean_ms: 1.0, shape: 1.0 },
        Law::Hyperexponential { mean_ms: 1.0, scv: 0.5 },
        Law::Gamma { mean_ms: f64::NAN, cv: 1.0 },
        Law::Empirical { points: [].into() },
        Law::Empirical { points: [[0.5, 2.0], [0.5, 3.0]].into() },
        Law::Empirical { points: [[0.5, 2.0], [0.9, 1.0]].into() },
        Law::Empirical { points: [[0.5, 2.0], [1.1, 3.0]].into() },
        Law::Empirical { points: [[0.5, 200.0]].into() },
        Law::Mixture { parts: [].into() },
        Law::Mixture { parts: [(0.0, one())].into() },
        mix(Law::Constant { ms: 101.0 }),
        mix(mix(mix(mix(one())))),
        Law::Mixture { parts: vec![(1.0, one()); 17].into() },
        Law::Mixture { parts: vec![(1.0, Law::Mixture { parts: vec![(1.0, one()); 16].into() }); 5].into() },
    ];
    for law in refused {
        assert!(Value::Law(law.clone()).check(&Law::domain(&[0.0, 100.0])).is_err(), "{law:?}");
    }
    assert_eq!(Value::Law(mix(mix(mix(one())))).check(&Law::domain(&[0.0, 100.0])), Ok(()));
}
