//! Closed forms of queueing theory, for loads and laws that no published table has. Rates are per second, times in
//! seconds.

use libm::{exp, log, pow};

/// Erlang's loss formula for `a` erlangs offered to `c` servers (A. K. Erlang, 1917), by its recursion.
pub fn erlang_b(a: f64, c: u32) -> f64 {
    (1..=c).fold(1.0, |b, k| a * b / (f64::from(k) + a * b))
}

/// M/M/c: Erlang's delay formula and what follows from it (L. Kleinrock: Queueing Systems I, 1975, 3.5).
#[derive(Clone, Copy)]
pub struct MMc {
    pub lambda: f64,
    pub mu: f64,
    pub c: u32,
}

impl MMc {
    fn spare(self) -> f64 {
        f64::from(self.c) * self.mu - self.lambda
    }

    /// The share of arrivals that wait.
    pub fn waits(self) -> f64 {
        let (a, c) = (self.lambda / self.mu, f64::from(self.c));
        let b = erlang_b(a, self.c);
        c * b / (c - a * (1.0 - b))
    }

    pub fn wait(self) -> f64 {
        self.waits() / self.spare()
    }

    pub fn response(self) -> f64 {
        self.wait() + 1.0 / self.mu
    }

    pub fn in_system(self) -> f64 {
        self.lambda * self.response()
    }

    /// The response time that a share `q` does not exceed.
    pub fn quantile(self, q: f64) -> f64 {
        let (th, mu, waits) = (self.spare(), self.mu, self.waits());
        quantile(q, |t| {
            let both = if (th - mu).abs() < 1e-9 * mu {
                (1.0 + mu * t) * exp(-mu * t)
            } else {
                (th * exp(-mu * t) - mu * exp(-th * t)) / (th - mu)
            };
            (1.0 - waits) * exp(-mu * t) + waits * both
        })
    }
}

/// The time that is exceeded with probability 1 - q, given the probability of exceeding a time.
pub fn quantile(q: f64, exceeds: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1e-3);
    while exceeds(high) > 1.0 - q {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if exceeds(middle) > 1.0 - q { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The stationary law of a birth-death chain on 0..=most.
fn birth_death(most: u32, birth: impl Fn(f64) -> f64, death: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut weights = vec![1.0];
    for n in 0..most {
        let last = weights[n as usize];
        weights.push(last * birth(f64::from(n)) / death(f64::from(n + 1)));
    }
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

fn mean(law: &[f64]) -> f64 {
    law.iter().enumerate().map(|(n, p)| n as f64 * p).sum()
}

/// M/M/c/K: at most `k` in the system; what is accepted waits in order.
pub struct Bounded {
    pub blocking: f64,
    pub throughput: f64,
    pub in_system: f64,
    pub response: f64,
    law: Vec<f64>,
    mu: f64,
}

pub fn bounded(lambda: f64, mu: f64, c: u32, k: u32) -> Bounded {
    let law = birth_death(k, |_| lambda, |n| n.min(f64::from(c)) * mu);
    let blocking = law[k as usize];
    let throughput = lambda * (1.0 - blocking);
    let in_system = mean(&law);
    Bounded { blocking, throughput, in_system, response: in_system / throughput, law, mu }
}

impl Bounded {
    /// Of the response time at one server: who finds n stays for n + 1 exponential services.
    pub fn quantile(&self, q: f64) -> f64 {
        quantile(q, |t| {
            let (mut term, mut sum, mut exceeds) = (exp(-self.mu * t), 0.0, 0.0);
            for (n, p) in self.law[..self.law.len() - 1].iter().enumerate() {
                sum += term;
                term *= self.mu * t / (n + 1) as f64;
                exceeds += p / (1.0 - self.blocking) * sum;
            }
            exceeds
        })
    }
}

/// M/G/1: the mean wait by Pollaczek and Khinchine, from the first two moments of the service time.
pub fn pollaczek_khinchine(lambda: f64, mean: f64, square: f64) -> f64 {
    lambda * square / (2.0 * (1.0 - lambda * mean))
}

/// M/D/1: the wait that a share `q` does not exceed, by Erlang's alternating series (1909), which is accurate
/// for waits of a few services.
pub fn constant_service_wait(lambda: f64, service: f64, q: f64) -> f64 {
    let below = |t: f64| {
        let mut sum = 0.0;
        for k in 0..=(t / service) as u32 {
            let x = lambda * (t - f64::from(k) * service);
            let factorial: f64 = (1..=k).map(f64::from).product();
            sum += pow(-x, f64::from(k)) / factorial * exp(x);
        }
        (1.0 - lambda * service) * sum
    };
    quantile(q, |t| 1.0 - below(t))
}

/// M^[b]/G/1: batches of exactly `b` add the mean wait for those in front of the same batch.
pub fn batch_wait(lambda: f64, b: f64, mean: f64, square: f64) -> f64 {
    pollaczek_khinchine(lambda, mean, square) + mean * (b - 1.0) / (2.0 * (1.0 - lambda * mean))
}

/// E_n/M/1, which is what round robin over n servers makes of Poisson arrivals: the rate at which the response
/// time, which is exponential, ends (Kleinrock 1975, 6.4).
pub fn round_robin_rate(lambda: f64, mu: f64, n: u32) -> f64 {
    let n = f64::from(n);
    let mut sigma = 0.5;
    for _ in 0..10_000 {
        sigma = pow(1.0 + mu * (1.0 - sigma) / lambda, -n);
    }
    mu * (1.0 - sigma)
}

/// A closed network of single servers and a delay: throughput and response by exact mean value analysis
/// (M. Reiser, S. S. Lavenberg, Journal of the ACM 27, 1980).
pub fn mean_values(demands: &[f64], users: u32, think: f64) -> (f64, f64) {
    let mut queues = vec![0.0; demands.len()];
    let (mut throughput, mut response) = (0.0, 0.0);
    for n in 1..=users {
        let times: Vec<f64> =
            demands.iter().zip(&queues).map(|(demand, queue)| demand * (1.0 + queue)).collect();
        response = times.iter().sum();
        throughput = f64::from(n) / (think + response);
        queues = times.iter().map(|time| throughput * time).collect();
    }
    (throughput, response)
}

/// M/M/c//N, a machine-repair model: throughput and response of N users who think.
pub fn finite_source(users: u32, think: f64, mu: f64, c: u32) -> (f64, f64) {
    let n = f64::from(users);
    let law = birth_death(users, |at| (n - at) / think, |at| at.min(f64::from(c)) * mu);
    let in_system = mean(&law);
    let throughput = (n - in_system) / think;
    (throughput, in_system / throughput)
}

/// M/M/c+D: who has waited `patience` leaves (F. Baccelli, G. Hebuterne: On queues with impatient customers,
/// Performance 1981). The offered wait has the density k e^{-th x} before and k e^{-th p - c mu (x - p)} after
/// the patience p, where th = c mu - lambda.
pub struct Impatient {
    pub gives_up: f64,
    pub waits: f64,
    /// Of those who are served.
    pub response: f64,
    pub utilisation: f64,
    k: f64,
    th: f64,
    mu: f64,
    patience: f64,
}

pub fn impatient(lambda: f64, mu: f64, c: u32, patience: f64) -> Impatient {
    let (a, th) = (lambda / mu, f64::from(c) * mu - lambda);
    let mut weights = vec![1.0];
    for n in 1..c {
        weights.push(weights[n as usize - 1] * a / f64::from(n));
    }
    let last = weights[c as usize - 1];
    let before = (1.0 - exp(-th * patience)) / th;
    let after = exp(-th * patience) / (f64::from(c) * mu);
    let sum: f64 = weights.iter().sum::<f64>() + lambda * last * (before + after);
    let k = lambda * last / sum;
    let gives_up = k * after;
    let first_moment = (1.0 - exp(-th * patience) * (1.0 + th * patience)) / (th * th);
    Impatient {
        gives_up,
        waits: k * (before + after),
        response: k * first_moment / (1.0 - gives_up) + 1.0 / mu,
        utilisation: lambda * (1.0 - gives_up) / (f64::from(c) * mu),
        k,
        th,
        mu,
        patience,
    }
}

impl Impatient {
    /// Of the response time of those who are served.
    pub fn quantile(&self, q: f64) -> f64 {
        let Self { th, mu, patience, .. } = *self;
        quantile(q, |t| {
            let waited = exp(-mu * t) * (exp((mu - th) * t.min(patience)) - 1.0) / (mu - th);
            let waits_longer = if t < patience { (exp(-th * t) - exp(-th * patience)) / th } else { 0.0 };
            ((1.0 - self.waits) * exp(-mu * t) + self.k * (waited + waits_longer)) / (1.0 - self.gives_up)
        })
    }
}

/// M/D/1/K: the share that is lost, from the chain seen by those who leave. A token bucket of depth K that is
/// filled once in a service time loses the same.
pub fn constant_service_loss(lambda: f64, service: f64, k: usize) -> f64 {
    let m = lambda * service;
    let arrive = |n: usize| (1..=n).fold(exp(-m), |p, i| p * m / i as f64);
    let mut left: Vec<f64> = vec![1.0];
    for j in 0..k - 1 {
        let from: f64 = (1..=j).map(|i| left[i] * arrive(j + 1 - i)).sum();
        left.push((left[j] - left[0] * arrive(j) - from) / arrive(0));
    }
    let first = left[0] / left.iter().sum::<f64>();
    1.0 - 1.0 / (first + m)
}

/// The first of two independent exponential times of this mean, of which the second begins `delay` later:
/// mean, quantile and how often there is a second.
pub fn second_copy(mean: f64, delay: f64, q: f64) -> (f64, f64, f64) {
    let second = exp(-delay / mean);
    let late = mean * log(1.0 / (1.0 - q));
    let quantile = if late < delay { late } else { 0.5 * (late + delay) };
    (mean * (1.0 - second) + 0.5 * mean * second, quantile, second)
}

/// Against values that are published or follow from each other.
#[test]
fn formulas_agree_with_each_other() {
    let near = |got: f64, wanted: f64| {
        assert!((got - wanted).abs() < 1e-9 * wanted.abs().max(1.0), "{got} {wanted}");
    };
    near(erlang_b(10.0, 10), 0.214_582_343_104_217);
    let one = MMc { lambda: 80.0, mu: 100.0, c: 1 };
    near(one.response(), 0.05);
    near(one.quantile(0.95), log(20.0) / 20.0);
    near(MMc { lambda: 2.0, mu: 1.0, c: 3 }.waits(), 4.0 / 9.0);
    near(bounded(7.0, 1.0, 10, 10).blocking, erlang_b(7.0, 10));
    near(bounded(80.0, 100.0, 1, 500).quantile(0.95), one.quantile(0.95));
    near(pollaczek_khinchine(80.0, 0.01, 2e-4), one.wait());
    near(batch_wait(80.0, 1.0, 0.01, 2e-4), one.wait());
    near(1.0 / round_robin_rate(80.0, 100.0, 1), 0.05);
    let (throughput, response) = finite_source(10, 0.1, 100.0, 1);
    let (same, also) = mean_values(&[0.01], 10, 0.1);
    near(throughput, same);
    near(response, also);
    let patient = impatient(8.0, 1.0, 10, 60.0);
    near(patient.response, MMc { lambda: 8.0, mu: 1.0, c: 10 }.response());
    near(patient.quantile(0.99), MMc { lambda: 8.0, mu: 1.0, c: 10 }.quantile(0.99));
    let hurried = impatient(9.0, 1.0, 7, 1.5);
    near(hurried.gives_up, 1.0 - 7.0 * hurried.utilisation / 9.0);
    // A bucket of one token: what finds the server busy is lost, as Erlang has it for any law.
    near(constant_service_loss(1.0, 0.5, 1), erlang_b(0.5, 1));
    assert!((constant_service_loss(90.0, 0.01, 5) - 0.064_361_897_185_502_89).abs() < 1e-12);
    assert!((constant_service_wait(80.0, 0.01, 0.5) + 0.01 - 0.022_759_398_733_762_17).abs() < 1e-9);
    near(second_copy(1.0, 1e9, 0.99).1, log(100.0));
}
