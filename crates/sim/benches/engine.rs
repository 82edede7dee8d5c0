//! The calendar, the samplers, and four queueing models from end to end.
//!
//! `cargo bench -p brownout-sim --features bench`; `brownout bench` measures the same models from documents.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;

use brownout_sim::bench::{hold, sample};
use brownout_sim::engine::Options;
use brownout_sim::param::{Law, Value};
use brownout_sim::system::Mode;
use brownout_sim::{Ns, Simulation};
use common::{Plan, count, exp, number, word};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const TIMES: u32 = 10_000;
const EVENTS: u32 = 100_000;

fn calendar(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("calendar");
    group.throughput(Throughput::Elements(u64::from(TIMES)));
    for pending in [10, 1_000, 100_000] {
        group.bench_function(format!("hold/{pending}"), |bencher| {
            bencher.iter(|| hold(black_box(pending), TIMES));
        });
    }
    group.finish();
}

fn samplers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sampler");
    group.throughput(Throughput::Elements(u64::from(TIMES)));
    let laws = [
        ("constant", Law::Constant { ms: 1.0 }),
        ("exponential", Law::Exponential { mean_ms: 1.0 }),
        ("uniform", Law::Uniform { min_ms: 1.0, max_ms: 2.0 }),
        ("lognormal", Law::Lognormal { mean_ms: 1.0, cv: 1.0 }),
    ];
    for (name, law) in laws {
        group.bench_function(name, |bencher| bencher.iter(|| sample(black_box(&law), TIMES)));
    }
    group.finish();
}

fn client(rate: f64) -> Plan {
    Plan::default().part(1, "client", &[("rate_rps", number(rate)), ("static_share", number(0.0))])
}

fn server(plan: Plan, id: u32, threads: u32, mean_ms: f64) -> Plan {
    let params: [(&str, Value); 3] =
        [("threads", count(threads)), ("backlog", count(1_000_000)), ("service_time", exp(mean_ms))];
    plan.part(id, "app", &params)
}

fn plans() -> [(&'static str, Plan); 4] {
    let forward = |plan: Plan, id, from, to| plan.edge(id, from, to, Mode::Forward, 0.0, 0.0);
    let balancer = [("check", word("none")), ("cost_us", number(0.0))];
    [
        ("m1", server(client(0.8), 2, 1, 1e3).edge(11, 1, 2, Mode::Sync, 0.0, 0.0)),
        ("m2", server(client(7.2), 2, 8, 1e3).edge(11, 1, 2, Mode::Sync, 0.0, 0.0)),
        ("m3", {
            let plan = server(server(server(client(2.8), 2, 4, 1e3), 3, 4, 1e3), 4, 2, 500.0);
            forward(forward(plan.edge(11, 1, 2, Mode::Sync, 0.0, 0.0), 12, 2, 3), 13, 3, 4)
        }),
        ("m4", {
            let plan = server(client(12.8).part(2, "lb", &balancer), 3, 1, 1e3).count(16);
            forward(plan.edge(11, 1, 2, Mode::Sync, 0.0, 0.0), 12, 2, 3)
        }),
    ]
}

fn models(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("model, calendar events");
    group.throughput(Throughput::Elements(u64::from(EVENTS)));
    for (name, plan) in plans() {
        // Long windows, as the documents of `brownout bench` have them.
        let options = Options { duration: 100_000_000 * common::SECOND, ..Options::default() };
        let mut steady = Simulation::new(&plan.system, options, &[]).unwrap();
        steady.run_chunk(Ns::MAX, EVENTS);
        group.bench_function(name, |bencher| {
            let run = |mut simulation: Simulation| {
                simulation.run_chunk(Ns::MAX, EVENTS);
                simulation
            };
            bencher.iter_batched(|| steady.clone(), run, BatchSize::SmallInput);
        });
    }
    group.finish();
}

/// What an event costs beside a thousand and beside a million others: calls that are worked on, and users who think.
fn crowds(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("crowd, calendar events");
    group.throughput(Throughput::Elements(u64::from(EVENTS)));
    group.sample_size(20);
    for many in [1_000, 1_000_000] {
        let workers = [("threads", count(10_000)), ("service_time", exp(1e4))];
        let calls = client(f64::from(many) / 10.0).part(2, "app", &workers).count(100);
        let users = [
            ("arrival", word("closed")),
            ("users", count(many / 10)),
            ("think_time", exp(3.6 * f64::from(many))),
            ("static_share", number(0.0)),
        ];
        let timers = server(Plan::default().part(1, "client", &users).count(10), 2, 100, 1.0);
        for (name, plan) in [("calls in flight", calls), ("idle timers", timers)] {
            let plan = plan.edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
            let options = Options { duration: 100_000_000 * common::SECOND, ..Options::default() };
            let mut run = Simulation::new(&plan.system, options, &[]).unwrap();
            run.run_until(60 * common::SECOND);
            group.bench_function(format!("{name}/{many}"), |bencher| {
                bencher.iter(|| run.run_chunk(Ns::MAX, EVENTS));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, calendar, samplers, models, crowds);
criterion_main!(benches);
