use brownout_sim::Simulation;
use brownout_sim::component::Kind;
use brownout_sim::engine::Options;
use brownout_sim::param::*;
use brownout_sim::system::*;
fn main() {
    let only = std::env::args().nth(3);
    for (name, lam, tiers) in [
        ("M1", 0.8, vec![(1u32, 1000.0)]),
        ("M2", 7.2, vec![(8, 1000.0)]),
        ("M3", 2.8, vec![(4, 1000.0), (4, 1000.0), (2, 500.0)]),
    ] {
        if only.as_deref().is_some_and(|o| o != name) {
            continue;
        }
        let mut parts = vec![Part { id: 1, params: Kind::Client.defaults(), count: 1, inside: None }];
        parts[0].params.set(0, Value::Number(lam * 1000.0)).unwrap();
        let mut edges = vec![];
        for (i, (c, ms)) in tiers.iter().enumerate() {
            let mut p = Kind::App.defaults();
            p.set(0, Value::Count(*c)).unwrap();
            p.set(1, Value::Count(1000000)).unwrap();
            p.set(2, Value::Law(Law::Exponential { mean_ms: *ms / 1000.0 })).unwrap();
            parts.push(Part { id: 2 + i as u32, params: p, count: 1, inside: None });
            let mut e = Edge::calls(100 + i as u32, 1 + i as u32, 2 + i as u32);
            e.net.latency_ms.0 = 0.0;
            e.policy.timeout_ms.0 = 0.0;
            if i > 0 {
                e.mode = Mode::Forward;
            }
            edges.push(e);
        }
        let sys = System { parts, edges };
        let mut best = f64::MAX;
        let mut n = 0;
        let mut w = 0.0;
        for _ in 0..std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(3) {
            let mut sim = Simulation::new(&sys, Options::default(), &[]).unwrap();
            let t = std::time::Instant::now();
            sim.run_until(
                (std::env::args().nth(2).and_then(|a| a.parse::<f64>().ok()).unwrap_or(2e6) / lam / 1000.0
                    * 1e9) as u64,
            );
            best = best.min(t.elapsed().as_secs_f64());
            let r = sim.report();
            n = r.requests.issued;
            w = r.components[1].wait.mean.unwrap();
        }
        println!(
            "{name}: {:.2} M jobs/s, {:.1} ns/job, wait {w:.3}",
            n as f64 / best / 1e6,
            best * 1e9 / n as f64
        );
    }
}
