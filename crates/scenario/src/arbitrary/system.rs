//! Random parts and edges.

use brownout_sim::component::Kind;
use brownout_sim::param::{Count, Domain, Unit, Value};
use brownout_sim::system::{Edge, EdgeKind, Id, Mode, Policy};

use super::pick::Random;
use crate::model::{Part, Scenario, set};

/// Parts and edges, with so many requests of all clients together over the run.
pub(super) fn fill(random: &mut Random, document: &mut Scenario, requests: f64) {
    let count = random.between(6, 16);
    let clients = random.between(1, 2);
    let rate = requests / document.settings.duration_s.0 / f64::from(clients);
    let mut kinds: Vec<Kind> = (0..count).map(|at| kind(random, at, clients)).collect();
    kinds.sort_unstable();
    let mut id = 0;
    for kind in kinds {
        id += random.between(1, 3);
        // Beside the first population, which comes at its rate, another may do nothing.
        let is_first = document.parts.is_empty();
        let rate = if is_first { rate * f64::from(clients) } else { rate };
        let mut part = part(random, id, kind, rate);
        if is_first {
            keep_coming(&mut part);
        }
        document.parts.push(part);
    }
    place(random, document);
    wire(random, document, &mut id);
    if random.chance(0.25) {
        turn_back(random, document, &mut id);
    }
    if random.chance(0.5) && !document.edges.is_empty() {
        copy(random, document);
    }
}

/// Some parts are inside others, where there are any that hold some.
fn place(random: &mut Random, document: &mut Scenario) {
    let holds = |part: &&Part| Kind::ALL.iter().any(|kind| part.params.kind().holds(*kind));
    let places: Vec<Id> = document.parts.iter().filter(holds).map(|part| part.id).collect();
    for at in 0..document.parts.len() {
        if !places.is_empty() && random.chance(0.6) {
            document.parts[at].inside = Some(*random.one(&places));
            if document.system().validate().is_err() {
                document.parts[at].inside = None;
            }
        }
    }
}

/// The first few make a system; the others are anything but clients.
fn kind(random: &mut Random, at: u32, clients: u32) -> Kind {
    let others = &Kind::ALL[1..];
    if at < clients {
        return Kind::ALL[0];
    }
    match at - clients {
        0 => Kind::Web,
        1 => *random.one(&[Kind::Lb, Kind::Dns]),
        _ => *random.one(others),
    }
}

pub(super) fn part(random: &mut Random, id: Id, kind: Kind, rate: f64) -> Part {
    let mut params = kind.defaults();
    for (index, spec) in kind.spec().params.iter().enumerate() {
        let is_rate = spec.unit == Unit::PerSecond && matches!(spec.domain, Domain::Number { .. });
        let value = if is_rate { Some(Value::Number(rate)) } else { random.value(spec) };
        if let Some(value) = value {
            // What its declaration does not allow stays at the default.
            let _ = params.set(index, value);
        }
    }
    let is_one = kind.is_single() || random.chance(0.6);
    let count = if is_one { 1 } else { random.between(2, 4) };
    let at = random.chance(0.9).then(|| [random.number(-2_000.0, 2_000.0), random.number(0.0, 900.0)]);
    Part { id, name: random.words(2), at, count, inside: None, params }
}

/// The first population comes at its rate whatever becomes of its requests, so that there is enough to do.
pub(super) fn keep_coming(part: &mut Part) {
    for (index, spec) in part.params.kind().spec().params.iter().enumerate() {
        let value = part.params.get(index);
        let depends = matches!(value, Value::Choice("rates" | "times" | "sessions" | "closed"));
        if depends || matches!(spec.name, "ramp_s" | "day_s" | "batch" | "objects") {
            // A default is always allowed.
            let _ = part.params.set(index, (spec.default)());
        }
    }
}

/// What an edge between the two would be.
fn kind_between(from: &Part, to: &Part) -> Option<EdgeKind> {
    let accepts = to.params.kind().spec().accepts;
    from.params.kind().spec().offers.iter().copied().find(|kind| accepts.contains(kind))
}

/// Whether an edge of calls may lead from one to the other.
fn may_call(from: &Part, to: &Part) -> bool {
    let (caller, called) = (from.params.kind(), to.params.kind());
    let fits = match caller {
        Kind::Resolver => called == Kind::Dns,
        _ => !(called.is_looked_up() && caller.spec().chooses),
    };
    kind_between(from, to).is_some() && fits
}

/// Everybody who can be asked is asked by somebody before him, and everybody who can ask asks.
fn wire(random: &mut Random, document: &mut Scenario, id: &mut Id) {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let parts = &document.parts;
    for to in 1..parts.len() {
        let before: Vec<usize> = (0..to).filter(|from| may_call(&parts[*from], &parts[to])).collect();
        if !before.is_empty() {
            pairs.push((*random.one(&before), to));
            if random.chance(0.4) {
                pairs.push((*random.one(&before), to));
            }
        }
    }
    for from in 0..parts.len() {
        let behind: Vec<usize> =
            (from + 1..parts.len()).filter(|to| may_call(&parts[from], &parts[*to])).collect();
        if !behind.is_empty() && !pairs.iter().any(|(start, _)| *start == from) {
            pairs.push((from, *random.one(&behind)));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    for from in 0..document.parts.len() {
        let to: Vec<usize> = pairs.iter().filter(|(start, _)| *start == from).map(|(_, to)| *to).collect();
        fan_out(random, document, from, &to, id);
    }
}

/// The edges of one part: modes, and perhaps a group with weights.
fn fan_out(random: &mut Random, document: &mut Scenario, from: usize, to: &[usize], id: &mut Id) {
    let kind = document.parts[from].params.kind();
    // Of those that choose, balancers go by weights.
    let calls = kind.spec().offers.contains(&EdgeKind::Calls);
    let weighted = calls && (kind == Kind::Lb || !kind.spec().chooses) && random.chance(0.45);
    // A sum of at most one leaves an exit; a larger one makes proportions.
    let largest = if random.chance(0.5) { 1.0 / to.len().max(1) as f64 } else { 5.0 };
    for to in to {
        *id += random.between(1, 2);
        let mut edge = edge(random, *id, &document.parts[from], &document.parts[*to]);
        if weighted && random.chance(0.8) {
            edge.weight = Some((random.number(0.0, largest) * 1_000.0).floor() / 1_000.0);
        }
        document.edges.push(edge);
    }
    settle(document, from);
}

/// Behind a hand-over that always happens nothing may stand.
fn settle(document: &mut Scenario, from: usize) {
    let part = &document.parts[from];
    if part.params.kind().spec().chooses {
        return;
    }
    let id = part.id;
    let last = document.edges.iter().rposition(|edge| edge.from == id);
    for (index, edge) in document.edges.iter_mut().enumerate() {
        if edge.from == id && edge.mode == Mode::Forward && edge.weight.is_none() && Some(index) != last {
            edge.mode = Mode::Sync;
        }
    }
}

/// What callers do, but for copies sent at once: copies of copies of copies leave no time for anything else.
pub(super) fn policy(random: &mut Random) -> Policy {
    let policy: Policy = random.set();
    Policy { fan_out: Count(1), need: Count(0), ..policy }
}

/// On one edge, calls are sent several times at once.
fn copy(random: &mut Random, document: &mut Scenario) {
    let at = random.below(document.edges.len() as u32) as usize;
    let policy = &mut document.edges[at].policy;
    policy.fan_out.0 = random.between(2, 3);
    policy.need.0 = random.below(policy.fan_out.0 + 1);
}

pub(super) fn edge(random: &mut Random, id: Id, from: &Part, to: &Part) -> Edge {
    let kind = kind_between(from, to).unwrap_or(EdgeKind::Calls);
    let mut edge = Edge { kind, ..Edge::calls(id, from.id, to.id) };
    edge.net = random.set();
    // Where half of all messages were lost on every edge, little would happen behind the first.
    edge.net.loss.0 = if random.chance(0.25) { random.number(0.0, 0.2) } else { 0.0 };
    edge.policy = policy(random);
    edge.mode = match random.below(10) {
        _ if kind != EdgeKind::Calls || to.params.kind().is_looked_up() => Mode::Sync,
        0 => Mode::Async,
        1..=4 if from.params.kind() != Kind::Client => Mode::Forward,
        _ => Mode::Sync,
    };
    edge
}

/// A call back to an earlier part, with a way out.
fn turn_back(random: &mut Random, document: &mut Scenario, id: &mut Id) {
    let places: Vec<(usize, usize)> = (0..document.parts.len())
        .flat_map(|from| (0..=from).map(move |to| (from, to)))
        .filter(|(from, to)| {
            let (from, to) = (&document.parts[*from], &document.parts[*to]);
            !from.params.kind().spec().chooses && !to.params.kind().is_looked_up() && may_call(from, to)
        })
        .collect();
    if places.is_empty() {
        return;
    }
    let (from, to) = *random.one(&places);
    *id += 1;
    let mut edge = edge(random, *id, &document.parts[from], &document.parts[to]);
    edge.weight = Some(random.number(0.01, 0.3));
    let mut trial = document.clone();
    set(&mut trial.edges, edge.id, Some(edge));
    if trial.validate().is_ok() {
        *document = trial;
    }
}
