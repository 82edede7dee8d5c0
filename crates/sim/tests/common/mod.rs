//! Systems for the tests, put together as a document would.
#![allow(dead_code, clippy::unwrap_used)]

use brownout_sim::component::{AnyParams, Kind};
use brownout_sim::engine::Options;
use brownout_sim::observe::Report;
use brownout_sim::param::{Law, Value};
use brownout_sim::system::{Action, Edge, Id, Intervention, Mode, Part, System, Target, Verb};
use brownout_sim::{Ns, Simulation};

pub const SECOND: Ns = 1_000_000_000;
pub const MS: Ns = 1_000_000;

/// A system under construction.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub system: System,
}

impl Plan {
    pub fn part(mut self, id: Id, kind: &str, params: &[(&str, Value)]) -> Self {
        let kind = Kind::from_name(kind).unwrap();
        let mut all = kind.defaults();
        for (name, value) in params {
            set(&mut all, name, value.clone());
        }
        self.system.parts.push(Part { id, params: all, count: 1, inside: None });
        self
    }

    pub fn count(mut self, count: u32) -> Self {
        self.system.parts.last_mut().unwrap().count = count;
        self
    }

    pub fn inside(mut self, place: Id) -> Self {
        self.system.parts.last_mut().unwrap().inside = Some(place);
        self
    }

    /// A `calls` edge: mode, one-way latency and timeout in milliseconds.
    pub fn edge(mut self, id: Id, from: Id, to: Id, mode: Mode, latency_ms: f64, timeout_ms: f64) -> Self {
        let mut edge = Edge::calls(id, from, to);
        edge.mode = mode;
        edge.net.latency_ms.0 = latency_ms;
        edge.policy.timeout_ms.0 = timeout_ms;
        self.system.edges.push(edge);
        self
    }

    pub fn weight(mut self, weight: f64) -> Self {
        self.system.edges.last_mut().unwrap().weight = Some(weight);
        self
    }

    pub fn run(&self, seed: u64, plan: &[Intervention]) -> Simulation {
        Simulation::new(&self.system, Options { seed, ..Options::default() }, plan).unwrap()
    }
}

pub fn set(params: &mut AnyParams, name: &str, value: Value) {
    let at = params.place(name).unwrap();
    params.set(at, value).unwrap();
}

pub fn exp(mean_ms: f64) -> Value {
    Value::Law(Law::Exponential { mean_ms })
}

pub fn constant(ms: f64) -> Value {
    Value::Law(Law::Constant { ms })
}

pub fn number(x: f64) -> Value {
    Value::Number(x)
}

pub fn count(n: u32) -> Value {
    Value::Count(n)
}

pub fn word(word: &'static str) -> Value {
    Value::Choice(word)
}

pub fn fault(at: Ns, verb: Verb, target: Target) -> Intervention {
    Intervention { at, action: Action::Do { verb, target } }
}

pub fn failed(report: &Report) -> u64 {
    report.requests.failed.iter().sum()
}

/// Client 1, balancer 2, two web servers 3 and 4, an application 5, a database 6.
pub fn three_tiers() -> Plan {
    Plan::default()
        .part(1, "client", &[("rate_rps", number(200.0))])
        .part(2, "lb", &[("check_s", number(1.0)), ("check_timeout_s", number(0.5))])
        .part(3, "web", &[])
        .part(4, "web", &[])
        .part(5, "app", &[])
        .part(6, "db", &[])
        .edge(11, 1, 2, Mode::Sync, 20.0, 5_000.0)
        .edge(12, 2, 3, Mode::Forward, 0.5, 0.0)
        .edge(13, 2, 4, Mode::Forward, 0.5, 0.0)
        .edge(14, 3, 5, Mode::Sync, 0.5, 2_000.0)
        .edge(15, 4, 5, Mode::Sync, 0.5, 2_000.0)
        .edge(16, 5, 6, Mode::Sync, 0.5, 1_000.0)
}
