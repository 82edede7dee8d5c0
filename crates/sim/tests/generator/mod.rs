//! Random systems, faults and edits. Everything comes from one seed, so that a failing case is one number.
#![allow(dead_code, clippy::unwrap_used)]

use brownout_sim::component::{AnyParams, Kind};
use brownout_sim::param::{Domain, LAWS, Law, ParamSet, Value};
use brownout_sim::system::{
    Action, Change, Edge, Id, Intervention, Mode, Order, Part, Policy, System, Target, Verb,
};

/// SplitMix64: enough for tests, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`, which is not 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound
    }

    pub const fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

const RATES: &[f64] = &[0.0, 1.0, 50.0, 200.0, 500.0, 2_000.0, 10_000_000.0];
const LATENCIES: &[f64] = &[0.0, 0.0, 0.0, 0.000_001, 0.5, 0.5, 5.0, 40.0, 3_600_000.0];
const TIMEOUTS: &[f64] = &[0.0, 0.0, 0.000_001, 0.5, 1.0, 20.0, 100.0, 1_000.0, 3_600_000.0];
const WEIGHTS: &[f64] = &[0.0, 0.1, 0.3, 0.5, 0.9, 1.0, 2.0, 1_000_000.0];

fn law(rng: &mut Rng) -> Law {
    match rng.below(14) {
        10 => (rng.pick(LAWS).with_mean)(8.0),
        11 => (rng.pick(LAWS).with_mean)(0.0),
        12 => Law::Pareto { mean_ms: 3_600_000.0, shape: 1.01 },
        13 => Law::Gamma { mean_ms: 5.0, cv: 100.0 },
        0 | 1 => Law::Constant { ms: 0.0 },
        2 => Law::Constant { ms: 0.000_001 },
        3 => Law::Constant { ms: 3_600_000.0 },
        4 => Law::Constant { ms: 3.0 },
        5 => Law::Exponential { mean_ms: 30.0 },
        6 => Law::Uniform { min_ms: 0.0, max_ms: 8.0 },
        7 => Law::Lognormal { mean_ms: 5.0, cv: 2.0 },
        8 => Law::Lognormal { mean_ms: 1.0, cv: 100.0 },
        _ => Law::Exponential { mean_ms: 2.0 },
    }
}

/// No message takes days: whoever waits for all to end waits one.
fn jitter(rng: &mut Rng) -> Law {
    match rng.below(5) {
        0 => (rng.pick(LAWS).with_mean)(8.0),
        1 => Law::Uniform { min_ms: 0.0, max_ms: 0.000_01 },
        2 => Law::Lognormal { mean_ms: 1.0, cv: 100.0 },
        3 => Law::Exponential { mean_ms: 30.0 },
        _ => Law::Exponential { mean_ms: 1.0 },
    }
}

fn value(rng: &mut Rng, name: &str, domain: &Domain) -> Value {
    match domain {
        Domain::Flag => Value::Flag(rng.one_in(2)),
        Domain::Count { min, max } => {
            // Whole crowds at one moment would leave the audits, which walk through all of them, no time.
            let some = match name {
                // Filled at one moment, and recounted after each event.
                "capacity" | "write_buffer" => rng.pick(&[1, 2, 8, 100]),
                "batch" | "start_with" => rng.pick(&[0, 1, 1, 1, 2, 8]),
                _ => rng.pick(&[0, 1, 2, 3, 8, 100]),
            };
            Value::Count(some.clamp(*min, *max))
        }
        Domain::Number { min, max } => {
            let some = match name {
                "rate_rps" => rng.pick(RATES),
                "check_s" | "check_timeout_s" | "heartbeat_s" => rng.pick(&[0.01, 0.02, 0.1, 1.0, 5.0]),
                "redeliver_s" | "reconnect_s" => rng.pick(&[0.001, 0.02, 0.1, 1.0, 30.0]),
                "ttl_s" => rng.pick(&[0.0, 0.0, 0.000_000_001, 0.01, 0.1, 60.0]),
                "start_s" | "restart_s" | "drain_s" | "soak_s" => rng.pick(&[0.0, 0.05, 0.3, 1.0]),
                "cost_us" => rng.pick(&[0.0, 0.0, 5.0, 2_000.0]),
                _ => rng.pick(&[0.0, 0.3, 0.5, 1.0, 20.0]),
            };
            Value::Number(some.clamp(*min, *max))
        }
        Domain::NumberOr { min, .. } => Value::Number(*min),
        Domain::Choice(words) => Value::Choice(words[rng.below(words.len() as u64) as usize].name),
        Domain::List { min, max, most } => {
            let count = rng.pick(&[0, 1, 3, 20]).min(*most);
            Value::List(
                (0..count).map(|_| rng.pick(&[0.0_f64, 0.5, 0.5, 1.0, 100.0]).clamp(*min, *max)).collect(),
            )
        }
        // Users who ask again at once where nobody answers stop the clock, which takes a million steps.
        Domain::Law { .. } if name == "think_time" && !rng.one_in(40) => {
            Value::Law(Law::Exponential { mean_ms: 20.0 })
        }
        Domain::Law { .. } if name == "pause_every" => Value::Law(match rng.below(5) {
            0 | 1 => Law::Constant { ms: 0.0 },
            2 => Law::Exponential { mean_ms: 30.0 },
            3 => Law::Constant { ms: 3.0 },
            _ => Law::Exponential { mean_ms: 3_600_000_000_000_000.0 },
        }),
        Domain::Law { .. } => Value::Law(law(rng)),
    }
}

fn params(rng: &mut Rng, kind: Kind) -> AnyParams {
    let mut params = kind.defaults();
    for at in 0..kind.spec().params.len() {
        if !rng.one_in(3) {
            set_one(rng, &mut params, at);
        }
    }
    params
}

fn set_one(rng: &mut Rng, params: &mut AnyParams, at: usize) {
    let spec = &params.kind().spec().params[at];
    let value = value(rng, spec.name, &spec.domain);
    params.set(at, value).unwrap();
}

fn part(rng: &mut Rng, id: Id, kind: Kind) -> Part {
    let count = if kind.is_single() { 1 } else { rng.pick(&[1, 1, 2, 3, 4]) };
    Part { id, params: params(rng, kind), count, inside: None }
}

fn kind(rng: &mut Rng) -> Kind {
    use Kind::{
        App, Cache, Cdn, Client, Db, Deploy, Dns, Lb, Monitor, Proxy, Queue, Resolver, Server, Shard, Site,
        Web, Worker,
    };
    rng.pick(&[
        Client, Resolver, Dns, Lb, Lb, Web, App, App, Queue, Worker, Db, Cache, Cache, Cdn, Proxy, Site,
        Site, Monitor, Deploy, Server, Server, Shard, Shard,
    ])
}

fn settings(rng: &mut Rng, edge: &mut Edge) {
    edge.mode = rng.pick(&[Mode::Sync, Mode::Sync, Mode::Async, Mode::Forward, Mode::Forward]);
    edge.weight = (!rng.one_in(3)).then(|| rng.pick(WEIGHTS));
    edge.net.latency_ms.0 = rng.pick(LATENCIES);
    edge.net.loss.0 = rng.pick(&[0.0, 0.0, 0.0, 0.1, 1.0]);
    if rng.one_in(2) {
        edge.net.jitter = jitter(rng);
        edge.net.order = rng.pick(Order::ALL);
    }
    edge.policy.timeout_ms.0 = rng.pick(TIMEOUTS);
    if rng.one_in(2) {
        policy(rng, edge);
    }
}

/// Some of what callers may do beside giving up.
fn policy(rng: &mut Rng, edge: &mut Edge) {
    for (at, spec) in Policy::SPECS.iter().enumerate() {
        if spec.name == "timeout_ms" || rng.one_in(2) {
            continue;
        }
        let value = match spec.name {
            "retries" => Value::Count(rng.pick(&[1, 1, 2, 3, 10])),
            "backoff_ms" => Value::Number(rng.pick(&[0.0, 0.000_001, 1.0, 30.0, 3_600_000.0])),
            "hedge_ms" => Value::Number(rng.pick(&[0.0, 0.000_001, 1.0, 5.0, 50.0])),
            "pool_wait_ms" => Value::Number(rng.pick(&[0.0, 0.5, 5.0, 100.0])),
            "breaker_share" => Value::Number(rng.pick(&[0.0, 0.000_001, 0.1, 0.5, 1.0])),
            "breaker_calls" => Value::Count(rng.pick(&[1, 2, 5, 20])),
            "breaker_window_s" | "breaker_open_s" | "throttle_window_s" => {
                Value::Number(rng.pick(&[0.01, 0.05, 0.5, 60.0]))
            }
            "fan_out" => Value::Count(rng.pick(&[1, 1, 1, 2, 3, 8])),
            "connect_ms" => Value::Number(rng.pick(&[0.0, 0.000_001, 2.0, 30.0])),
            "pool_idle_s" => Value::Number(rng.pick(&[0.0, 0.000_001, 0.01, 60.0])),
            "need" => Value::Count(rng.pick(&[0, 0, 1, 2])),
            "breaker_trials" => Value::Count(rng.pick(&[1, 1, 2, 5])),
            _ => value(rng, spec.name, &spec.domain),
        };
        edge.policy.set(at, value).unwrap();
    }
}

fn edge(rng: &mut Rng, id: Id, system: &System) -> Edge {
    let from = any_part(rng, system);
    let to = if rng.one_in(12) { from } else { any_part(rng, system) };
    let mut edge = Edge::calls(id, from, to);
    settings(rng, &mut edge);
    watch(system, &mut edge);
    edge
}

/// From a part that only watches, it is a watch.
fn watch(system: &System, edge: &mut Edge) {
    let offers = system.part(edge.from).map_or(&[][..], |part| part.params.kind().spec().offers);
    if !offers.is_empty() && !offers.contains(&edge.kind) {
        (edge.kind, edge.mode, edge.weight) = (offers[0], Mode::Sync, None);
    }
}

fn any_part(rng: &mut Rng, system: &System) -> Id {
    system.parts[rng.below(system.parts.len() as u64) as usize].id
}

/// Calls of one request must not multiply without measure: at most two edges of a part are always called, and
/// at most two edges are copied.
fn is_modest(system: &System) -> bool {
    let copied = system.edges.iter().filter(|edge| edge.policy.fan_out.0 > 1);
    let is_single = copied.count() <= 2;
    is_single
        && system.parts.iter().all(|part| {
            let always = system.edges.iter().filter(|edge| edge.from == part.id && edge.weight.is_none());
            part.params.kind().spec().chooses || always.count() <= 2
        })
}

/// A valid system of 2 to 14 parts, at least one of them a client that calls somebody where that is possible.
pub fn system(rng: &mut Rng) -> System {
    let mut system = System::default();
    let count = 2 + rng.below(13) as Id;
    for id in 1..=count {
        let kind = if id == 1 { Kind::Client } else { kind(rng) };
        system.parts.push(part(rng, id, kind));
    }
    for at in 0..system.parts.len() {
        if rng.one_in(2) {
            let before = system.parts[at].inside;
            system.parts[at].inside = Some(any_part(rng, &system));
            if system.validate().is_err() {
                system.parts[at].inside = before;
            }
        }
    }
    let wanted = 1 + rng.below(3 * u64::from(count)) as Id;
    for id in 100..100 + 6 * wanted {
        let edge = edge(rng, id, &system);
        system.edges.push(edge);
        if system.validate().is_err() || !is_modest(&system) {
            system.edges.pop();
        }
    }
    system
}

fn fault(rng: &mut Rng, system: &System) -> Action {
    if !system.edges.is_empty() && rng.one_in(3) {
        let id = system.edges[rng.below(system.edges.len() as u64) as usize].id;
        let verb = rng.pick(&[Verb::Cut, Verb::PartitionIn, Verb::PartitionOut, Verb::Restore]);
        return Action::Do { verb, target: Target::whole(id) };
    }
    let part = &system.parts[rng.below(system.parts.len() as u64) as usize];
    let one = Target::one(part.id, 1 + rng.below(u64::from(part.count)) as u32);
    let target = if rng.one_in(2) { Target::whole(part.id) } else { one };
    let verb = rng.pick(&[
        Verb::Kill,
        Verb::Restore,
        Verb::Restore,
        Verb::Pause,
        Verb::Slow,
        Verb::Surge,
        Verb::Partition,
        Verb::PartitionIn,
        Verb::PartitionOut,
    ]);
    match rng.below(4) {
        0 | 1 if verb.has_factor() => {
            Action::Scale { verb, target, factor: rng.pick(&[0.001, 0.2, 0.5, 1.0, 3.0, 1_000.0]) }
        }
        // Mostly of a fault that never was, which is nothing.
        2 if verb != Verb::Restore => Action::End { verb, target, since: rng.pick(&[0, 0, 1_000]) },
        _ => Action::Do { verb, target },
    }
}

fn changes(rng: &mut Rng, system: &System) -> Vec<Change> {
    let free = system.parts.iter().map(|part| part.id).chain(system.edges.iter().map(|edge| edge.id));
    let free = free.max().unwrap_or(0) + 1;
    let mut part_then = system.parts[rng.below(system.parts.len() as u64) as usize].clone();
    let id = part_then.id;
    let of_part = |id: Id| system.edges.iter().filter(move |edge| edge.from == id || edge.to == id);
    let some_edge = (!system.edges.is_empty())
        .then(|| system.edges[rng.below(system.edges.len() as u64) as usize].clone());
    match rng.below(14) {
        0 | 1 => {
            let at = rng.below(part_then.params.kind().spec().params.len() as u64) as usize;
            set_one(rng, &mut part_then.params, at);
            vec![Change::PutPart(part_then)]
        }
        // Moved into a place, or out.
        12 => {
            part_then.inside = (!rng.one_in(3)).then(|| any_part(rng, system));
            vec![Change::PutPart(part_then)]
        }
        2 => {
            part_then.count = rng.pick(&[1, 2, 3, 4]);
            vec![Change::PutPart(part_then)]
        }
        3 => {
            let kind = kind(rng);
            let fresh = part(rng, free, kind);
            let mut there = Edge::calls(free + 1, id, free);
            settings(rng, &mut there);
            let mut back = Edge::calls(free + 2, free, any_part(rng, system));
            settings(rng, &mut back);
            vec![Change::PutPart(fresh), Change::PutEdge(there), Change::PutEdge(back)]
        }
        4 => of_part(id)
            .map(|edge| Change::RemoveEdge(edge.id))
            .chain(std::iter::once(Change::RemovePart(id)))
            .collect(),
        5 => some_edge.map(|edge| Change::RemoveEdge(edge.id)).into_iter().collect(),
        6 | 7 => {
            let Some(mut edge) = some_edge else { return Vec::new() };
            match rng.below(4) {
                0 => edge.to = any_part(rng, system),
                1 => edge.from = any_part(rng, system),
                _ => settings(rng, &mut edge),
            }
            vec![Change::PutEdge(edge)]
        }
        8 => vec![Change::PutEdge(self::edge(rng, free, system))],
        // Another type under the same id; its edges stay.
        9 => {
            let kind = kind(rng);
            vec![Change::PutPart(part(rng, id, kind))]
        }
        // Taken away and put back at once, with or without its edges.
        10 => {
            let mut all = vec![Change::RemovePart(id)];
            all.push(Change::PutPart(part_then));
            if rng.one_in(2) {
                for edge in of_part(id) {
                    all.insert(0, Change::RemoveEdge(edge.id));
                    all.push(Change::PutEdge(edge.clone()));
                }
            }
            all
        }
        // Put and taken away in one edit; several parts at once.
        11 => {
            let kind = kind(rng);
            let fresh = part(rng, free, kind);
            let mut all = vec![Change::PutPart(fresh), Change::RemovePart(free)];
            if let Some(edge) = some_edge {
                all.extend([Change::PutEdge(edge.clone()), Change::RemoveEdge(edge.id)]);
            }
            all
        }
        _ => {
            let other = any_part(rng, system);
            let mut all: Vec<Change> =
                of_part(id).chain(of_part(other)).map(|edge| Change::RemoveEdge(edge.id)).collect();
            all.extend([Change::RemovePart(id), Change::RemovePart(other)]);
            all
        }
    }
}

/// An action that this system allows, and the system after it.
pub fn action(rng: &mut Rng, system: &mut System, edits: bool) -> Option<Action> {
    for _ in 0..20 {
        if !edits || rng.one_in(2) {
            let fault = fault(rng, system);
            if system.check_action(&fault).is_ok() {
                return Some(fault);
            }
            continue;
        }
        let changes = changes(rng, system);
        let mut after = system.clone();
        after.apply(&changes);
        if !changes.is_empty() && !after.parts.is_empty() && after.validate().is_ok() && is_modest(&after) {
            *system = after;
            return Some(Action::Edit(changes));
        }
    }
    None
}

/// Planned interventions up to `end`, some at time 0, some at one moment.
pub fn plan(rng: &mut Rng, system: &System, end: u64, edits: bool) -> Vec<Intervention> {
    let mut times: Vec<u64> = (0..rng.below(9)).map(|_| rng.below(end + 1)).collect();
    for at in 1..times.len() {
        if rng.one_in(3) {
            times[at] = times[at - 1];
        }
    }
    if rng.one_in(4) {
        times.push(0);
    }
    times.sort_unstable();
    let mut system = system.clone();
    let steps = times.into_iter().filter_map(|at| Some((at, action(rng, &mut system, edits)?)));
    steps.map(|(at, action)| Intervention { at, action }).collect()
}
