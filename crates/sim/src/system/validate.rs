//! What a system must satisfy before it may run. The engine never panics on one that does.

use super::{Action, Edge, EdgeKind, Id, Mode, Part, System, Target, Verb};
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
    /// Keys that all caches together have room for.
    pub keys: u64,
    /// Keys that the faults planned for a run bring into caches at once.
    pub filled: u64,
    /// Parts and edges, times the edits that change who is there and who calls whom: each is checked anew.
    pub rebuilt: u64,
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
        keys: 4_000_000,
        filled: 20_000_000,
        rebuilt: 10_000_000,
    };
}

/// Why a system is refused: where, in the words of the document, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct SystemError {
    /// Such as `edges[4].to`.
    pub path: String,
    pub reason: String,
}

pub(super) fn refuse<T>(path: impl Into<String>, reason: impl Into<String>) -> Result<T, SystemError> {
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
        self.check_keys()?;
        self.check_inside_cycles()?;
        self.check_places()?;
        let ids: Vec<Id> = self.parts.iter().map(|part| part.id).collect();
        let mut ends = Vec::with_capacity(self.edges.len());
        for (index, edge) in self.edges.iter().enumerate() {
            ends.push(self.check_edge(index, edge, &ids)?);
        }
        self.check_fan_out(&ends)?;
        self.check_sequences(&ends)?;
        self.check_call_cycles(&ends)
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
            return if verb == Verb::Restore || Verb::OF_EDGES.contains(&verb) {
                Ok(())
            } else {
                refuse("do", "an edge can only be cut, in one direction or both, and restored")
            };
        }
        let Some(part) = self.part(target.id) else {
            return refuse("target", format!("there is no part or edge {}", target.id));
        };
        if verb == Verb::Cut {
            return refuse("do", format!("{} is a part: only an edge can be cut", target.id));
        }
        let spec = part.params.kind().spec();
        if verb != Verb::Restore && !spec.faults.contains(&verb) {
            let word = Verb::CHOICES[verb as usize].name;
            return refuse("do", format!("a `{}` knows no `{word}`", spec.name));
        }
        match target.instance {
            Some(_)
                if matches!(verb, Verb::Partition | Verb::PartitionIn | Verb::PartitionOut)
                    && part.params.kind() != Kind::Db =>
            {
                refuse("target", format!("a `{}` can only be isolated as a whole", spec.name))
            }
            Some(instance) if instance == 0 || instance > part.count => refuse(
                "target",
                format!("part {} has instances 1 to {}, not {instance}", part.id, part.count),
            ),
            _ => Ok(()),
        }
    }

    /// Refuses a fault, a repair or the end of one that this system cannot have.
    pub fn check_action(&self, action: &Action) -> Result<(), SystemError> {
        match action {
            Action::Do { verb, target } | Action::End { verb, target, .. } => {
                self.check_fault(*verb, *target)
            }
            Action::Scale { verb, target, factor } => {
                self.check_fault(*verb, *target)?;
                Self::check_factor(*verb, *factor)
            }
            Action::Edit(_) => Ok(()),
        }
    }

    /// Refuses a factor that this kind of fault cannot have.
    pub fn check_factor(verb: Verb, factor: f64) -> Result<(), SystemError> {
        let [least, most] = Verb::FACTORS;
        if !verb.has_factor() {
            let word = Verb::CHOICES[verb as usize].name;
            return refuse("factor", format!("`{word}` has none"));
        }
        if !(least..=most).contains(&factor) {
            return refuse("factor", format!("must be from {least} to {most}, but is {factor}"));
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
        // Both ascend: one walk through both finds what they share.
        let mut parts = self.parts.iter().map(|part| part.id).peekable();
        for (index, edge) in self.edges.iter().enumerate() {
            while parts.next_if(|id| *id < edge.id).is_some() {}
            if parts.peek() == Some(&edge.id) {
                return refuse(
                    format!("edges[{index}].id"),
                    format!("{} is already the id of a part", edge.id),
                );
            }
        }
        Ok(())
    }

    /// Memory follows the keys that caches have room for.
    pub(super) fn check_keys(&self) -> Result<(), SystemError> {
        let mut sum = 0;
        for (index, part) in self.parts.iter().enumerate() {
            sum += room(part);
            if sum > Limits::V1.keys {
                return refuse(
                    format!("parts[{index}].params.capacity"),
                    format!("with it, all caches have room for {sum} keys, more than {}", Limits::V1.keys),
                );
            }
        }
        Ok(())
    }

    /// The keys that a fault brings into caches at once.
    pub(super) fn filled_by(&self, action: &Action) -> u64 {
        match action {
            Action::Do { verb: Verb::Fill, target } => self.part(target.id).map_or(0, |part| {
                let share = if target.instance.is_some() { u64::from(part.count) } else { 1 };
                room(part) / share.max(1)
            }),
            _ => 0,
        }
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

    /// Only some types hold others, and not all others.
    fn check_places(&self) -> Result<(), SystemError> {
        for (index, part) in self.parts.iter().enumerate() {
            if let Some(container) = part.inside.and_then(|id| self.part(id)) {
                let (kind, place) = (part.params.kind(), container.params.kind());
                if place.holds(kind) {
                    continue;
                }
                let name = place.spec().name;
                return refuse(
                    format!("parts[{index}].inside"),
                    format!("part {} is of type `{name}`, which cannot hold other parts", container.id),
                );
            }
        }
        Ok(())
    }

    /// The places of the parts at its ends, looked up in `ids`: all parts', in their order.
    pub(super) fn check_edge(&self, index: usize, edge: &Edge, ids: &[Id]) -> Result<Ends, SystemError> {
        let path = |field: &str| format!("edges[{index}].{field}");
        let Ok(from_at) = ids.binary_search(&edge.from) else {
            return refuse(path("from"), format!("there is no part {}", edge.from));
        };
        let Ok(to_at) = ids.binary_search(&edge.to) else {
            return refuse(path("to"), format!("there is no part {}", edge.to));
        };
        let (from, to) = (&self.parts[from_at], &self.parts[to_at]);
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
        if from.params.kind() == Kind::Resolver && to.params.kind() != Kind::Dns {
            return refuse(path("to"), "a `resolver` asks name servers: it can only call a `dns`");
        }
        let is_looked_up = to.params.kind().is_looked_up();
        if is_looked_up && source.chooses && from.params.kind() != Kind::Resolver {
            return refuse(
                path("to"),
                format!("a `{}` spreads calls; it does not look up names", source.name),
            );
        }
        if is_looked_up && edge.mode != Mode::Sync {
            return refuse(path("mode"), format!("a look-up at a `{}` is always `sync`", target.name));
        }
        if edge.mode == Mode::Forward && from.params.kind() == Kind::Client {
            return refuse(
                path("mode"),
                "a `client` has nobody to hand its answer to: use `sync` or `async`",
            );
        }
        if edge.kind == EdgeKind::Watches && edge.mode != Mode::Sync {
            return refuse(
                path("mode"),
                "who watches waits for the answer: a `watches` edge is always `sync`",
            );
        }
        if edge.kind == EdgeKind::Watches && edge.weight.is_some() {
            return refuse(
                path("weight"),
                "everything that is watched is watched always: there is no choice",
            );
        }
        if let Some(weight) = edge.weight {
            let most = Limits::V1.weight;
            if !(0.0..=most).contains(&weight) {
                return refuse(path("weight"), format!("must be from 0 to {most}, but is {weight}"));
            }
        }
        check_params(super::Net::SPECS, |at| edge.net.get(at), || path("net"))?;
        check_params(super::Policy::SPECS, |at| edge.policy.get(at), || path("policy"))?;
        Ok((from_at, to_at))
    }

    /// Every instance of a balancer checks every instance behind it, and every instance of a queue knows them.
    fn check_fan_out(&self, ends: &[Ends]) -> Result<(), SystemError> {
        let mut behind = vec![0_u64; self.parts.len()];
        for (from, to) in ends {
            behind[*from] += u64::from(self.parts[*to].count);
        }
        for (index, (part, behind)) in self.parts.iter().zip(behind).enumerate() {
            let checked = behind * u64::from(part.count);
            let [many, others, pairs] = match part.params.kind() {
                Kind::Lb => ["balancers", "targets", "health checks"],
                Kind::Dns if checks(part) => ["name servers", "targets", "health checks"],
                Kind::Monitor => ["monitors", "targets", "probes"],
                Kind::Deploy => ["deployers", "targets", "checks"],
                Kind::Queue => ["queues", "consumers", "connections"],
                _ => continue,
            };
            if checked > Limits::V1.checked {
                return refuse(
                    format!("parts[{index}].count"),
                    format!(
                        "{} {many} with {behind} {others} each are {checked} {pairs}, more than {}",
                        part.count,
                        Limits::V1.checked
                    ),
                );
            }
        }
        Ok(())
    }

    /// Nothing may stand behind a hand-over that always happens: it would never be called.
    fn check_sequences(&self, ends: &[Ends]) -> Result<(), SystemError> {
        let mut handed_over: Vec<Option<Id>> = vec![None; self.parts.len()];
        // Edges with a weight are drawn from together, at the place of the first of them.
        let mut has_drawn = vec![false; self.parts.len()];
        for (index, (edge, (from, _))) in self.edges.iter().zip(ends).enumerate() {
            let from = *from;
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
    fn check_call_cycles(&self, places: &[Ends]) -> Result<(), SystemError> {
        let mut outgoing: Vec<Vec<Call>> = vec![Vec::new(); self.parts.len()];
        let mut callers: Vec<Vec<usize>> = vec![Vec::new(); self.parts.len()];
        for (index, edge) in self.edges.iter().enumerate().filter(|(_, edge)| edge.kind == EdgeKind::Calls) {
            let (from, to) = places[index];
            outgoing[from].push(Call { index, to, weight: edge.weight });
            callers[to].push(from);
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
    pub(super) fn position(&self, id: Id) -> Option<usize> {
        self.parts.binary_search_by_key(&id, |part| part.id).ok()
    }
}

/// Whether a part makes health checks.
fn checks(part: &Part) -> bool {
    let at = part.params.kind().spec().params.iter().position(|spec| spec.name == "check");
    at.is_some_and(|at| part.params.get(at) != Value::Choice("none"))
}

/// The places of the parts at the ends of an edge: from, to.
type Ends = (usize, usize);

/// A `calls` edge, as the search for circles needs it.
#[derive(Clone, Copy)]
struct Call {
    index: usize,
    to: usize,
    weight: Option<f64>,
}

pub(super) fn check_part(index: usize, part: &Part) -> Result<(), SystemError> {
    let most = Limits::V1.instances_per_part;
    if part.count == 0 || part.count > most {
        return refuse(
            format!("parts[{index}].count"),
            format!("must be from 1 to {most}, but is {}", part.count),
        );
    }
    let kind = part.params.kind();
    if kind.is_single() && part.count != 1 {
        let reason = format!("there is always one of a `{}`: add another for more", kind.spec().name);
        return refuse(format!("parts[{index}].count"), reason);
    }
    let specs = part.params.kind().spec().params;
    check_params(specs, |at| part.params.get(at), || format!("parts[{index}].params"))
}

/// The keys that all instances of a part have room for, if it is a cache.
fn room(part: &Part) -> u64 {
    let spec = part.params.kind().spec();
    if !spec.faults.contains(&Verb::Flush) {
        return 0;
    }
    let of = |name| match spec.params.iter().position(|spec| spec.name == name).map(|at| part.params.get(at))
    {
        Some(Value::Count(count)) => u64::from(count),
        _ => 0,
    };
    of("capacity") * u64::from(part.count)
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

fn check_params(
    specs: &[ParamSpec],
    get: impl Fn(usize) -> Value,
    path: impl Fn() -> String,
) -> Result<(), SystemError> {
    for (at, spec) in specs.iter().enumerate() {
        if let Err(error) = spec.check(&get(at)) {
            return refuse(format!("{}.{}", path(), spec.name), error.to_string());
        }
    }
    Ok(())
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
