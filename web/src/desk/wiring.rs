//! Which parts may be connected, and why others may not.

use std::collections::BTreeSet;

use brownout_scenario::Scenario;
use brownout_scenario::edit::Set;
use brownout_sim::component::Kind;
use brownout_sim::param::{Millis, Words};
use brownout_sim::system::{Edge, EdgeKind, Id, Mode};

use super::{Change, Desk};

/// Why two parts cannot be connected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Refusal {
    Gone,
    Itself,
    Already,
    /// The first offers nothing.
    NoStart(Words),
    /// The second accepts nothing.
    NoEnd(Words),
    /// Each connects, but not with the other.
    NoMatch(Words, Words),
}

/// The edge that connecting these two would make, or why not.
pub fn edge_between(document: &Scenario, from: Id, to: Id) -> Result<Edge, Refusal> {
    let part = |id: Id| document.parts.iter().find(|part| part.id == id).ok_or(Refusal::Gone);
    let (source, target) = (part(from)?.params.kind(), part(to)?.params.kind());
    if from == to {
        return Err(Refusal::Itself);
    }
    let kind = kind_between(source, target)?;
    if document.edges.iter().any(|edge| edge.from == from && edge.to == to && edge.kind == kind) {
        return Err(Refusal::Already);
    }
    let new = source.spec().new_edge;
    let mut edge = Edge { kind, mode: new.mode, ..Edge::calls(document.largest_id() + 1, from, to) };
    // A look-up is always answered to the one who asks.
    if target.is_looked_up() {
        edge.mode = Mode::Sync;
    }
    edge.net.latency_ms = Millis(new.latency_ms);
    edge.policy.timeout_ms = Millis(new.timeout_ms);
    Ok(edge)
}

/// The edge with its settings, but to another part; or why not.
pub fn rerouted(document: &Scenario, edge: Id, to: Id) -> Result<Edge, Refusal> {
    let old = document.edge(edge).ok_or(Refusal::Gone)?;
    let new = edge_between(document, old.from, to)?;
    // Only a look-up says what its caller does meanwhile.
    let is_looked_up = document.part(to).is_some_and(|part| part.params.kind().is_looked_up());
    let mode = if is_looked_up { new.mode } else { old.mode };
    Ok(Edge { to, kind: new.kind, mode, ..old.clone() })
}

/// Whether anything can be connected from there to here.
pub fn is_target(document: &Scenario, from: &BTreeSet<Id>, to: Id) -> bool {
    from.iter().any(|from| edge_between(document, *from, to).is_ok())
}

/// Connects each of these parts with each of those, as far as that is possible; and why the others are not.
pub fn connect(desk: &Desk, from: &BTreeSet<Id>, to: &[Id]) -> (Change, Vec<Refusal>) {
    let (mut sets, mut refused, mut made) = (Vec::new(), Vec::new(), Vec::new());
    for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to))) {
        match edge_between(&desk.document, from, to) {
            Ok(edge) => {
                let id = desk.next_id + made.len() as Id;
                made.push(id);
                sets.push(Set::edge(Edge { id, ..edge }));
            }
            Err(refusal) => refused.push(refusal),
        }
    }
    (Change { sets, select: Some(made) }, refused)
}

/// The kind of edge that would lead from a part of one type to one of another, or why none can.
pub fn kind_between(source: Kind, target: Kind) -> Result<EdgeKind, Refusal> {
    let (offers, accepts) = (source.spec().offers, target.spec().accepts);
    if offers.is_empty() {
        return Err(Refusal::NoStart(source.spec().label));
    }
    if accepts.is_empty() {
        return Err(Refusal::NoEnd(target.spec().label));
    }
    let match_none = Refusal::NoMatch(source.spec().label, target.spec().label);
    let asks = if source == Kind::Resolver { target == Kind::Dns } else { !source.spec().chooses };
    if (source == Kind::Resolver || target.is_looked_up()) && !asks {
        return Err(match_none);
    }
    offers.iter().copied().find(|kind| accepts.contains(kind)).ok_or(match_none)
}
