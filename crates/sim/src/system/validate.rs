//! What a system must satisfy before it may run. The engine never panics on one that does.

use std::fmt::Display;

use super::circles::{Ends, ids};
use super::{Action, Edge, EdgeKind, Id, Mode, Part, System, Verb};
use crate::component::Kind;
use crate::param::{ParamSet, ParamSpec, Sentence, Value};
use crate::sentence;

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
    pub reason: Sentence,
}

pub(super) fn refuse<T>(path: impl Into<String>, reason: Sentence) -> Result<T, SystemError> {
    Err(SystemError { path: path.into(), reason })
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

    fn check_sizes(&self) -> Result<(), SystemError> {
        let limits = Limits::V1;
        if self.parts.len() > limits.parts {
            return refuse(
                "parts",
                sentence!(
                    "holds {0} parts, more than {1}",
                    "부품이 {0}개로, 한도 {1}개를 넘습니다",
                    self.parts.len(),
                    limits.parts
                ),
            );
        }
        if self.edges.len() > limits.edges {
            return refuse(
                "edges",
                sentence!(
                    "holds {0} edges, more than {1}",
                    "연결이 {0}개로, 한도 {1}개를 넘습니다",
                    self.edges.len(),
                    limits.edges
                ),
            );
        }
        let instances: u64 = self.parts.iter().map(|part| u64::from(part.count)).sum();
        if instances > limits.instances {
            return refuse(
                "parts",
                sentence!(
                    "hold {0} instances in all, more than {1}",
                    "인스턴스가 모두 {0}개로, 한도 {1}개를 넘습니다",
                    instances,
                    limits.instances
                ),
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
                    sentence!(
                        "{0} is already the id of a part",
                        "{0}은(는) 이미 어떤 부품의 id입니다",
                        edge.id
                    ),
                );
            }
        }
        Ok(())
    }

    /// Memory follows the keys that caches have room for.
    pub(super) fn check_keys(&self) -> Result<(), SystemError> {
        let mut sum = 0;
        for (index, part) in self.parts.iter().enumerate() {
            let statements = statements(part);
            sum += room(part) + statements;
            if sum > Limits::V1.keys {
                let field = if statements > 0 { "plan_cache" } else { field_of_room(part) };
                return refuse(
                    format!("parts[{index}].params.{field}"),
                    sentence!(
                        "with it, all caches have room for {0} keys, more than {1}",
                        "이 값이면 모든 캐시의 키가 {0}개로, 한도 {1}개를 넘습니다",
                        sum,
                        Limits::V1.keys
                    ),
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
            Action::Experiment(experiment) if experiment.verb == Verb::Fill => {
                let fill = |target| self.filled_by(&Action::Do { verb: Verb::Fill, target });
                self.subjects(experiment).into_iter().map(fill).sum()
            }
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
                    return refuse(format!("parts[{at}].inside"), no_part(id));
                };
                if reached[above] == index {
                    let start = chain.iter().position(|seen| *seen == id).unwrap_or(0);
                    return refuse(
                        format!("parts[{at}].inside"),
                        sentence!(
                            "parts {0} → {1} are inside one another in a circle",
                            "부품 {0} → {1}이(가) 서로의 안에 있어 순환합니다",
                            ids(&chain[start..]),
                            id
                        ),
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
                    sentence!(
                        "part {0} is of type `{1}`, which cannot hold other parts",
                        "부품 {0}은(는) 다른 부품을 담을 수 없는 종류 `{1}`입니다",
                        container.id,
                        name
                    ),
                );
            }
        }
        Ok(())
    }

    /// The places of the parts at its ends, looked up in `ids`: all parts', in their order.
    pub(super) fn check_edge(&self, index: usize, edge: &Edge, ids: &[Id]) -> Result<Ends, SystemError> {
        let path = |field: &str| format!("edges[{index}].{field}");
        let Ok(from_at) = ids.binary_search(&edge.from) else {
            return refuse(path("from"), no_part(edge.from));
        };
        let Ok(to_at) = ids.binary_search(&edge.to) else {
            return refuse(path("to"), no_part(edge.to));
        };
        let (from, to) = (&self.parts[from_at], &self.parts[to_at]);
        let kind = EdgeKind::CHOICES[edge.kind as usize].name;
        let (source, target) = (from.params.kind().spec(), to.params.kind().spec());
        if !source.offers.contains(&edge.kind) {
            return refuse(
                path("kind"),
                sentence!(
                    "a `{0}` cannot be the start of a `{1}` edge",
                    "`{0}`에서 `{1}` 연결을 시작할 수 없습니다",
                    source.name,
                    kind
                ),
            );
        }
        if !target.accepts.contains(&edge.kind) {
            return refuse(
                path("kind"),
                sentence!(
                    "a `{0}` cannot be the end of a `{1}` edge",
                    "`{0}`은(는) `{1}` 연결을 받을 수 없습니다",
                    target.name,
                    kind
                ),
            );
        }
        if from.params.kind() == Kind::Resolver && to.params.kind() != Kind::Dns {
            return refuse(
                path("to"),
                sentence!(
                    "a `resolver` asks name servers: it can only call a `dns`",
                    "`resolver`는 네임 서버에 묻습니다. `dns`만 호출할 수 있습니다"
                ),
            );
        }
        let is_looked_up = to.params.kind().is_looked_up();
        if is_looked_up && source.chooses && from.params.kind() != Kind::Resolver {
            return refuse(
                path("to"),
                sentence!(
                    "a `{0}` spreads calls; it does not look up names",
                    "`{0}`은(는) 호출을 나눌 뿐 이름을 찾지 않습니다",
                    source.name
                ),
            );
        }
        if is_looked_up && edge.mode != Mode::Sync {
            return refuse(
                path("mode"),
                sentence!(
                    "a look-up at a `{0}` is always `sync`",
                    "`{0}`에 이름을 묻는 연결은 언제나 `sync`입니다",
                    target.name
                ),
            );
        }
        if edge.mode == Mode::Forward && from.params.kind() == Kind::Client {
            return refuse(
                path("mode"),
                sentence!(
                    "a `client` has nobody to hand its answer to: use `sync` or `async`",
                    "`client`는 응답을 넘겨줄 상대가 없습니다. `sync`나 `async`를 쓰세요"
                ),
            );
        }
        if edge.kind == EdgeKind::Watches && edge.mode != Mode::Sync {
            return refuse(
                path("mode"),
                sentence!(
                    "who watches waits for the answer: a `watches` edge is always `sync`",
                    "감시하는 쪽은 응답을 기다립니다. `watches` 연결은 언제나 `sync`입니다"
                ),
            );
        }
        if edge.kind == EdgeKind::Watches && edge.weight.is_some() {
            return refuse(
                path("weight"),
                sentence!(
                    "everything that is watched is watched always: there is no choice",
                    "감시 대상은 언제나 감시됩니다. 골라서 감시하지 않습니다"
                ),
            );
        }
        if let Some(weight) = edge.weight {
            let most = Limits::V1.weight;
            if !(0.0..=most).contains(&weight) {
                return refuse(path("weight"), out_of_range(0.0, most, weight));
            }
        }
        // Most edges say nothing, and defaults are within their limits.
        if edge.net != super::Net::default() {
            check_params(super::Net::SPECS, |at| edge.net.get(at), || path("net"))?;
        }
        if edge.policy != super::Policy::default() {
            check_params(super::Policy::SPECS, |at| edge.policy.get(at), || path("policy"))?;
        }
        Ok((from_at, to_at))
    }

    /// The place of a part in the list.
    pub(super) fn position(&self, id: Id) -> Option<usize> {
        self.parts.binary_search_by_key(&id, |part| part.id).ok()
    }
}

pub(super) fn check_part(index: usize, part: &Part) -> Result<(), SystemError> {
    let most = Limits::V1.instances_per_part;
    if part.count == 0 || part.count > most {
        return refuse(format!("parts[{index}].count"), out_of_range(1, most, part.count));
    }
    let kind = part.params.kind();
    if kind.is_single() && part.count != 1 {
        let reason = sentence!(
            "there is always one of a `{0}`: add another for more",
            "`{0}`은(는) 언제나 하나입니다. 더 필요하면 하나를 더 추가하세요",
            kind.spec().name
        );
        return refuse(format!("parts[{index}].count"), reason);
    }
    let specs = part.params.kind().spec().params;
    check_params(specs, |at| part.params.get(at), || format!("parts[{index}].params"))
}

/// The keys that all instances of a part have room for, if it is a cache; the blocks, if it is a database with a
/// buffer cache.
fn room(part: &Part) -> u64 {
    let is_cache = part.params.kind().spec().faults.contains(&Verb::Flush);
    let field = field_of_room(part);
    let room = part.params.count(field).filter(|_| is_cache || field == "buffer_blocks");
    u64::from(room.unwrap_or(0)) * u64::from(part.count)
}

fn field_of_room(part: &Part) -> &'static str {
    if part.params.word("media") == Some("disk") { "buffer_blocks" } else { "capacity" }
}

/// The parsed statements that all instances of a database have room for, and the lists that they stand in.
fn statements(part: &Part) -> u64 {
    let of = |name: &str| u64::from(part.params.count(name).unwrap_or(0));
    let kept = of("plan_cache");
    if kept == 0 { 0 } else { (kept + of("plan_buckets")) * u64::from(part.count) }
}

fn check_params(
    specs: &[ParamSpec],
    get: impl Fn(usize) -> Value,
    path: impl Fn() -> String,
) -> Result<(), SystemError> {
    for (at, spec) in specs.iter().enumerate() {
        if let Err(error) = spec.check(&get(at)) {
            return refuse(format!("{}.{}", path(), spec.name), error.sentence());
        }
    }
    Ok(())
}

fn repeated(id: Id, before: Id) -> Sentence {
    if id == before {
        sentence!("{0} stands twice", "{0}이(가) 두 번 나옵니다", id)
    } else {
        sentence!(
            "{0} stands after {1}: ids ascend",
            "{0}이(가) {1} 뒤에 있습니다. id는 작은 것부터 차례로 옵니다",
            id,
            before
        )
    }
}

fn no_part(id: Id) -> Sentence {
    sentence!("there is no part {0}", "부품 {0}이(가) 없습니다", id)
}

pub(super) fn out_of_range(least: impl Display, most: impl Display, got: impl Display) -> Sentence {
    sentence!(
        "must be from {0} to {1}, but is {2}",
        "{0} 이상 {1} 이하여야 하는데 {2}입니다",
        least,
        most,
        got
    )
}
