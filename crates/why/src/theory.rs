//! Closed forms that stand beside measurements. Rates are per second, times in seconds.

use brownout_sim::param::Law;

/// Mean wait in M/M/c: A. K. Erlang's delay formula (L. Kleinrock: Queueing Systems I, 1975, 3.5). `None` where the
/// load is more than the servers can do.
pub fn erlang_c_wait(lambda: f64, service: f64, servers: u32) -> Option<f64> {
    let (offered, c) = (lambda * service, f64::from(servers));
    if offered >= c {
        return None;
    }
    let blocked = (1..=servers).fold(1.0, |b, k| offered * b / (f64::from(k) + offered * b));
    let waits = c * blocked / (c - offered * (1.0 - blocked));
    Some(waits * service / (c - offered))
}

/// Mean wait in M/G/1 by Pollaczek and Khinchine, with the squared coefficient of variation of the service time.
pub fn pollaczek_khinchine_wait(lambda: f64, service: f64, scv: f64) -> Option<f64> {
    let load = lambda * service;
    (load < 1.0).then(|| load * service * (1.0 + scv) / (2.0 * (1.0 - load)))
}

/// Throughput of a closed network by exact mean value analysis (M. Reiser and S. S. Lavenberg, 1980): `demands` are
/// seconds of work of one request at each station, with its servers; stations of several servers are taken as one
/// fast server and a delay (A. Seidmann, P. J. Schweitzer, S. Shalev-Oren, 1987).
pub fn mva_throughput(demands: &[(f64, u32)], think: f64, users: u32) -> f64 {
    let fast: Vec<f64> = demands.iter().map(|(demand, servers)| demand / f64::from(*servers)).collect();
    let delay: f64 = demands.iter().zip(&fast).map(|((demand, _), fast)| demand - fast).sum();
    let mut queues = vec![0.0; demands.len()];
    let mut throughput = 0.0;
    for n in 1..=users.min(100_000) {
        let times: Vec<f64> =
            fast.iter().zip(&queues).map(|(demand, queue)| demand * (1.0 + queue)).collect();
        throughput = f64::from(n) / (think + delay + times.iter().sum::<f64>());
        for (queue, time) in queues.iter_mut().zip(&times) {
            *queue = throughput * time;
        }
    }
    throughput
}

/// Load at which throughput over mean response is largest in M/M/c: the knee, as a rate.
pub fn knee(service: f64, servers: u32) -> f64 {
    let capacity = f64::from(servers) / service;
    let power =
        |lambda: f64| erlang_c_wait(lambda, service, servers).map_or(0.0, |wait| lambda / (wait + service));
    let (mut low, mut high) = (0.0, capacity);
    for _ in 0..200 {
        let (left, right) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if power(left) < power(right) { low = left } else { high = right }
    }
    f64::midpoint(low, high)
}

/// Mean in milliseconds and squared coefficient of variation, where the law's parameters say them.
pub fn moments(law: &Law) -> Option<(f64, f64)> {
    Some(match law {
        Law::Constant { ms } => (*ms, 0.0),
        Law::Exponential { mean_ms } => (*mean_ms, 1.0),
        Law::Uniform { min_ms, max_ms } => {
            let (mean, width) = (f64::midpoint(*min_ms, *max_ms), max_ms - min_ms);
            (mean, width * width / 12.0 / (mean * mean).max(1e-12))
        }
        Law::Lognormal { mean_ms, cv } | Law::Gamma { mean_ms, cv } => (*mean_ms, cv * cv),
        Law::Hyperexponential { mean_ms, scv } => (*mean_ms, *scv),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms_agree_where_they_meet() {
        // M/M/1 at 0.8: wait is 4 services.
        assert!((erlang_c_wait(80.0, 0.01, 1).unwrap_or(0.0) - 0.04).abs() < 1e-12);
        assert!((pollaczek_khinchine_wait(80.0, 0.01, 1.0).unwrap_or(0.0) - 0.04).abs() < 1e-12);
        // Erlang C of 2 servers at 0.5: a third of the arrivals waits.
        let wait = erlang_c_wait(100.0, 0.01, 2).unwrap_or(0.0);
        assert!((wait - 0.01 / 3.0).abs() < 1e-9, "{wait}");
        assert!(erlang_c_wait(200.0, 0.01, 2).is_none());
        // M/M/1: power is largest at half the capacity.
        assert!((knee(0.01, 1) - 50.0).abs() < 0.01);
        // One user never waits.
        assert!((mva_throughput(&[(0.02, 1), (0.03, 1)], 0.05, 1) - 10.0).abs() < 1e-9);
        assert!(mva_throughput(&[(0.02, 1), (0.03, 1)], 0.05, 500) > 33.0);
    }
}
