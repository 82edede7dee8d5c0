//! What a system must satisfy before it may run. The engine never panics on one that does.

use std::collections::BTreeMap;

use super::{Action, Change, Edge, EdgeKind, Id, Intervention, Mode, Part, System, Target, Verb};
use crate::component::Kind;
use crate::param::{ParamSet, ParamSpec, Value};

/// Bounds on a system, so that no document can ask for more than a browser tab has.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub parts: usize,
    pub edges: usize,
    pub interventions: usize,
    /// Instances of one part.
    pub instances_per_part: u32,
    /// Instances of all parts together.
    pub instances: u64,
    /// The largest weight of an edge.
    pub weight: f64,
    /// Targets behind one balancer, times the balancer's instances: each checks each.
    pub checked: u64,
}

impl Limits {
    pub const V1: Self = Self {
        parts: 2_000,
        edges: 10_000,
        interventions: 10_000,
        instances_per_part: 1_000,
        instances: 20_000,
        weight: 1_000_000.0,
        checked: 50_000,
    };
}

/// From so many changes on, an edit is applied in bulk.
const MANY: usize = 32;

/// Why a system is refused: where, in the words of the document, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct SystemError {
    /// Such as `edges[4].to`.
    pub path: String,
    pub reason: String,
}

fn refuse<T>(path: impl Into<String>, reason: impl Into<String>) -> Result<T, SystemError> {
    Err(SystemError { path: path.into(), reason: reason.into() })
}

impl System {
    /// The part with this id.
    pub fn part(&self, id: Id) -> Option<&Part> {
        self.parts.binary_search_by_key(&id, |part| part.id).ok().map(|at| &self.parts[at])
    }

    /// The edge with this id.
    pub fn edge(&self, id: Id) -> Option<&Edge> {
        self.edges.binary_search_by_key(&id, |edge| edge.id).ok().map(|at| &self.edges[at])
    }

    /// Refuses what the engine cannot run, naming the place.
    pub fn validate(&self) -> Result<(), SystemError> {
        self.check_sizes()?;
        self.check_ids()?;
        for (index, part) in self.parts.iter().enumerate() {
            check_part(index, part)?;
        }
        self.check_inside_cycles()?;
        self.check_places()?;
        for (index, edge) in self.edges.iter().enumerate() {
            self.check_edge(index, edge)?;
        }
        self.check_fan_out()?;
        self.check_sequences()?;
        self.check_call_cycles()
    }

    /// Applies the changes of an edit one after another, keeping the order of ids. The result is validated
    /// by the caller.
    pub fn apply(&mut self, changes: &[Change]) {
        if changes.len() > MANY {
            self.apply_many(changes);
            return;
        }
        for change in changes {
            match change {
                Change::PutPart(part) => put(&mut self.parts, part.clone(), |part| part.id),
                Change::RemovePart(id) => remove(&mut self.parts, *id, |part| part.id),
                Change::PutEdge(edge) => put(&mut self.edges, edge.clone(), |edge| edge.id),
                Change::RemoveEdge(id) => remove(&mut self.edges, *id, |edge| edge.id),
            }
        }
    }

    /// The same by way of maps: moving a list's rest at every change takes too long where there are many.
    fn apply_many(&mut self, changes: &[Change]) {
        let parts = std::mem::take(&mut self.parts).into_iter().map(|part| (part.id, part));
        let edges = std::mem::take(&mut self.edges).into_iter().map(|edge| (edge.id, edge));
        let (mut parts, mut edges): (BTreeMap<_, _>, BTreeMap<_, _>) = (parts.collect(), edges.collect());
        for change in changes {
            match change {
                Change::PutPart(part) => drop(parts.insert(part.id, part.clone())),
                Change::RemovePart(id) => drop(parts.remove(id)),
                Change::PutEdge(edge) => drop(edges.insert(edge.id, edge.clone())),
                Change::RemoveEdge(id) => drop(edges.remove(id)),
            }
        }
        self.parts = parts.into_values().collect();
        self.edges = edges.into_values().collect();
    }

    /// The design after an edit, refused where it cannot run. This one is valid.
    pub fn after(&self, changes: &[Change]) -> Result<Self, SystemError> {
        let mut after = self.clone();
        after.edit(changes)?;
        Ok(after)
    }

    /// Applies an edit to a valid design and validates what can have become invalid.
    fn edit(&mut self, changes: &[Change]) -> Result<(), SystemError> {
        let is_local = changes.iter().all(|change| self.is_local(change));
        self.apply(changes);
        if !is_local {
            return self.validate();
        }
        for change in changes {
            match change {
                Change::PutPart(part) => check_part(self.position(part.id).unwrap_or(0), part)?,
                Change::PutEdge(edge) => {
                    let index = self.edges.binary_search_by_key(&edge.id, |edge| edge.id).unwrap_or(0);
                    self.check_edge(index, edge)?;
                }
                Change::RemovePart(_) | Change::RemoveEdge(_) => {}
            }
        }
        Ok(())
    }

    /// Whether a change leaves alone who is there, how many, who calls whom and how: then nothing beyond
    /// the element itself can have become invalid.
    fn is_local(&self, change: &Change) -> bool {
        match change {
            Change::PutPart(part) => self.part(part.id).is_some_and(|now| {
                now.params.kind() == part.params.kind()
                    && (now.count, now.inside) == (part.count, part.inside)
            }),
            Change::PutEdge(edge) => self.edge(edge.id).is_some_and(|now| {
                (now.kind, now.from, now.to, now.mode, now.weight)
                    == (edge.kind, edge.from, edge.to, edge.mode, edge.weight)
            }),
            Change::RemovePart(_) | Change::RemoveEdge(_) => false,
        }
    }

    /// Refuses a fault or a repair that this system or this version cannot have.
    pub fn check_fault(&self, verb: Verb, target: Target) -> Result<(), SystemError> {
        if !verb.runs() {
            let word = Verb::CHOICES[verb as usize].name;
            return refuse("do", format!("`{word}` cannot be simulated yet"));
        }
        if self.edge(target.id).is_some() {
            if target.instance.is_some() {
                return refuse("target", format!("{target} names an instance, but {} is an edge", target.id));
            }
            return match verb {
                Verb::Cut | Verb::Restore => Ok(()),
                _ => refuse("do", "an edge can only be cut and restored"),
            };
        }
        let Some(part) = self.part(target.id) else {
            return refuse("target", format!("there is no part or edge {}", target.id));
        };
        if verb == Verb::Cut {
            return refuse("do", format!("{} is a part: only an edge can be cut", target.id));
        }
        match target.instance {
            Some(instance) if instance == 0 || instance > part.count => refuse(
                "target",
                format!("part {} has instances 1 to {}, not {instance}", part.id, part.count),
            ),
            _ => Ok(()),
        }
    }

    /// Checks planned or recorded interventions against the design as it stands when each applies.
    pub fn check_interventions(&self, plan: &[Intervention]) -> Result<(), SystemError> {
        if plan.len() > Limits::V1.interventions {
            return refuse(
                "timeline",
                format!("holds {} entries, more than {}", plan.len(), Limits::V1.interventions),
            );
        }
        let mut now = self.clone();
        for (index, step) in plan.iter().enumerate() {
            let at = |error: SystemError| SystemError {
                path: format!("timeline[{index}].{}", error.path),
                reason: error.reason,
            };
            match &step.action {
                Action::Do { verb, target } => now.check_fault(*verb, *target).map_err(at)?,
                Action::Edit(changes) => now.edit(changes).map_err(at)?,
            }
        }
        Ok(())
    }

    fn check_sizes(&self) -> Result<(), SystemError> {
        let limits = Limits::V1;
        if self.parts.len() > limits.parts {
            return refuse("parts", format!("holds {} parts, more than {}", self.parts.len(), limits.parts));
        }
        if self.edges.len() > limits.edges {
            return refuse("edges", format!("holds {} edges, more than {}", self.edges.len(), limits.edges));
        }
        let instances: u64 = self.parts.iter().map(|part| u64::from(part.count)).sum();
        if instances > limits.instances {
            return refuse(
                "parts",
                format!("hold {instances} instances in all, more than {}", limits.instances),
            );
        }
        Ok(())
    }

    fn check_ids(&self) -> Result<(), SystemError> {
        for (index, pair) in self.parts.windows(2).enumerate() {
            if pair[0].id >= pair[1].id {
                return refuse(format!("parts[{}].id", index + 1), repeated(pair[1].id, pair[0].id));
            }
        }
        for (index, pair) in self.edges.windows(2).enumerate() {
            if pair[0].id >= pair[1].id {
                return refuse(format!("edges[{}].id", index + 1), repeated(pair[1].id, pair[0].id));
            }
        }
        for (index, edge) in self.edges.iter().enumerate() {
            if self.part(edge.id).is_some() {
                return refuse(
                    format!("edges[{index}].id"),
                    format!("{} is already the id of a part", edge.id),
                );
            }
        }
        Ok(())
    }

    /// The chain of containers above a part must end.
    fn check_inside_cycles(&self) -> Result<(), SystemError> {
        // Of each part, the walk that reached it first: a walk that meets itself goes round in a circle,
        // one that meets an earlier walk ends as that one did.
        let mut reached = vec![usize::MAX; self.parts.len()];
        for index in 0..self.parts.len() {
            let mut at = index;
            let mut chain = Vec::new();
            while reached[at] == usize::MAX {
                reached[at] = index;
                chain.push(self.parts[at].id);
                let Some(id) = self.parts[at].inside else { break };
                let Some(above) = self.position(id) else {
                    return refuse(format!("parts[{at}].inside"), format!("there is no part {id}"));
                };
                if reached[above] == index {
                    let start = chain.iter().position(|seen| *seen == id).unwrap_or(0);
                    return refuse(
                        format!("parts[{at}].inside"),
                        format!("parts {} → {id} are inside one another in a circle", ids(&chain[start..])),
                    );
                }
                at = above;
            }
        }
        Ok(())
    }

    /// No type of this version holds others.
    fn check_places(&self) -> Result<(), SystemError> {
        for (index, part) in self.parts.iter().enumerate() {
            if let Some(container) = part.inside.and_then(|id| self.part(id)) {
                let name = container.params.kind().spec().name;
                return refuse(
                    format!("parts[{index}].inside"),
                    format!("part {} is of type `{name}`, which cannot hold other parts", container.id),
                );
            }
        }
        Ok(())
    }

    fn check_edge(&self, index: usize, edge: &Edge) -> Result<(), SystemError> {
        let path = |field: &str| format!("edges[{index}].{field}");
        let Some(from) = self.part(edge.from) else {
            return refuse(path("from"), format!("there is no part {}", edge.from));
        };
        let Some(to) = self.part(edge.to) else {
            return refuse(path("to"), format!("there is no part {}", edge.to));
        };
        let kind = EdgeKind::CHOICES[edge.kind as usize].name;
        let (source, target) = (from.params.kind().spec(), to.params.kind().spec());
        if !source.offers.contains(&edge.kind) {
            return refuse(
                path("kind"),
                format!("a `{}` cannot be the start of a `{kind}` edge", source.name),
            );
        }
        if !target.accepts.contains(&edge.kind) {
            return refuse(path("kind"), format!("a `{}` cannot be the end of a `{kind}` edge", target.name));
        }
        if to.params.kind() == Kind::Dns && source.chooses {
            return refuse(
                path("to"),
                format!("a `{}` spreads calls; it does not look up names", source.name),
            );
        }
        if to.params.kind() == Kind::Dns && edge.mode != Mode::Sync {
            return refuse(path("mode"), "a look-up at a `dns` is always `sync`");
        }
        if edge.mode == Mode::Forward && from.params.kind() == Kind::Client {
            return refuse(
                path("mode"),
                "a `client` has nobody to hand its answer to: use `sync` or `async`",
            );
        }
        if let Some(weight) = edge.weight {
            let most = Limits::V1.weight;
            if !(0.0..=most).contains(&weight) {
                return refuse(path("weight"), format!("must be from 0 to {most}, but is {weight}"));
            }
        }
        check_params(super::Net::SPECS, |at| edge.net.get(at), &path("net"))?;
        check_params(super::Policy::SPECS, |at| edge.policy.get(at), &path("policy"))
    }

    /// Every instance of a balancer checks every instance behind it.
    fn check_fan_out(&self) -> Result<(), SystemError> {
        let mut behind = vec![0_u64; self.parts.len()];
        for edge in &self.edges {
            if let (Some(from), Some(to)) = (self.position(edge.from), self.part(edge.to)) {
                behind[from] += u64::from(to.count);
            }
        }
        for (index, (part, behind)) in self.parts.iter().zip(behind).enumerate() {
            let checked = behind * u64::from(part.count);
            if part.params.kind() == Kind::Lb && checked > Limits::V1.checked {
                return refuse(
                    format!("parts[{index}].count"),
                    format!(
                        "{} balancers with {behind} targets each are {checked} health checks, more than {}",
                        part.count,
                        Limits::V1.checked
                    ),
                );
            }
        }
        Ok(())
    }

    /// Nothing may stand behind a hand-over that always happens: it would never be called.
    fn check_sequences(&self) -> Result<(), SystemError> {
        let mut handed_over: Vec<Option<Id>> = vec![None; self.parts.len()];
        // Edges with a weight are drawn from together, at the place of the first of them.
        let mut has_drawn = vec![false; self.parts.len()];
        for (index, edge) in self.edges.iter().enumerate() {
            let Some(from) = self.position(edge.from) else { continue };
            if edge.kind != EdgeKind::Calls || self.parts[from].params.kind().spec().chooses {
                continue;
            }
            let is_drawn_before = edge.weight.is_some() && has_drawn[from];
            has_drawn[from] |= edge.weight.is_some();
            if let Some(earlier) = handed_over[from].filter(|_| !is_drawn_before) {
                return refuse(
                    format!("edges[{index}]"),
                    format!("is never called: edge {earlier} has handed the request over before"),
                );
            }
            if edge.mode == Mode::Forward && edge.weight.is_none() {
                handed_over[from] = Some(edge.id);
            }
        }
        Ok(())
    }

    /// Every part must be able to come to an end: a request that can only go on calling never returns.
    fn check_call_cycles(&self) -> Result<(), SystemError> {
        let mut outgoing: Vec<Vec<Call>> = vec![Vec::new(); self.parts.len()];
        let mut callers: Vec<Vec<usize>> = vec![Vec::new(); self.parts.len()];
        for (index, edge) in self.edges.iter().enumerate().filter(|(_, edge)| edge.kind == EdgeKind::Calls) {
            if let (Some(from), Some(to)) = (self.position(edge.from), self.position(edge.to)) {
                outgoing[from].push(Call { index, to, weight: edge.weight });
                callers[to].push(from);
            }
        }
        let mut ends = vec![false; self.parts.len()];
        let mut waiting: Vec<usize> = (0..self.parts.len()).collect();
        while let Some(at) = waiting.pop() {
            if !ends[at] && can_end(&self.parts[at], &outgoing[at], &ends) {
                ends[at] = true;
                waiting.extend(callers[at].iter().filter(|caller| !ends[**caller]));
            }
        }
        let Some(first) = ends.iter().position(|end| !end) else { return Ok(()) };
        let mut chain = vec![first];
        let mut place = vec![usize::MAX; self.parts.len()];
        place[first] = 0;
        loop {
            let last = chain[chain.len() - 1];
            let Some(call) = outgoing[last].iter().find(|call| !ends[call.to]) else { return Ok(()) };
            if place[call.to] != usize::MAX {
                let round: Vec<Id> = chain[place[call.to]..].iter().map(|at| self.parts[*at].id).collect();
                return refuse(
                    format!("edges[{}]", call.index),
                    format!(
                        "parts {} → {} call each other in a circle without an exit: give an edge of it a weight below 1",
                        ids(&round),
                        round[0]
                    ),
                );
            }
            place[call.to] = chain.len();
            chain.push(call.to);
        }
    }

    /// The place of a part in the list.
    fn position(&self, id: Id) -> Option<usize> {
        self.parts.binary_search_by_key(&id, |part| part.id).ok()
    }
}

/// A `calls` edge, as the search for circles needs it.
#[derive(Clone, Copy)]
struct Call {
    index: usize,
    to: usize,
    weight: Option<f64>,
}

fn check_part(index: usize, part: &Part) -> Result<(), SystemError> {
    let most = Limits::V1.instances_per_part;
    if part.count == 0 || part.count > most {
        return refuse(
            format!("parts[{index}].count"),
            format!("must be from 1 to {most}, but is {}", part.count),
        );
    }
    let specs = part.params.kind().spec().params;
    check_params(specs, |at| part.params.get(at), &format!("parts[{index}].params"))
}

/// Whether a visit to this part can come to an end, given which others can.
fn can_end(part: &Part, outgoing: &[Call], ends: &[bool]) -> bool {
    if outgoing.is_empty() {
        return true;
    }
    if part.params.kind().spec().chooses {
        return outgoing.iter().any(|call| ends[call.to]);
    }
    let always = outgoing.iter().filter(|call| call.weight.is_none()).all(|call| ends[call.to]);
    let weighted = || outgoing.iter().filter_map(|call| call.weight.map(|weight| (weight, ends[call.to])));
    let exit = weighted().map(|(weight, _)| weight).sum::<f64>() < 1.0;
    always && (exit || weighted().next().is_none() || weighted().any(|(weight, end)| weight > 0.0 && end))
}

fn check_params(specs: &[ParamSpec], get: impl Fn(usize) -> Value, path: &str) -> Result<(), SystemError> {
    for (at, spec) in specs.iter().enumerate() {
        if let Err(error) = spec.check(&get(at)) {
            return refuse(format!("{path}.{}", spec.name), error.to_string());
        }
    }
    Ok(())
}

fn put<T>(elements: &mut Vec<T>, element: T, id: impl Fn(&T) -> Id) {
    match elements.binary_search_by_key(&id(&element), &id) {
        Ok(at) => elements[at] = element,
        Err(at) => elements.insert(at, element),
    }
}

fn remove<T>(elements: &mut Vec<T>, gone: Id, id: impl Fn(&T) -> Id) {
    if let Ok(at) = elements.binary_search_by_key(&gone, id) {
        elements.remove(at);
    }
}

fn repeated(id: Id, before: Id) -> String {
    if id == before {
        format!("{id} stands twice")
    } else {
        format!("{id} stands after {before}: ids ascend")
    }
}

fn ids(ids: &[Id]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" → ")
}
