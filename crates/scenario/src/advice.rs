//! What is valid and still probably not meant.

mod data;
mod settings;
mod words;

use brownout_sim::component::{AnyParams, Kind};
use brownout_sim::param::Value;
use brownout_sim::system::{Edge, EdgeKind, Id, Mode, Verb};

use crate::model::{Part, Scenario};

/// One piece of advice, about one place of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Such as `parts[3]`.
    pub path: String,
    pub what: What,
    /// The visitor's name of what it is about.
    pub name: String,
}

/// What is probably not meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    NoClient,
    CallsNobody,
    NeverCalled,
    AfterTheEnd,
    NothingToRestore,
    NobodyConsumes,
    IdleThreads,
    /// A cache that calls nobody, called by nobody who would keep it.
    NobodyFills,
    /// A cache whose answers do not come back through it.
    KeepsNothing,
    /// A cache that should get or write by itself and has nowhere to.
    NoOrigin,
    /// A firewall whose rule names a part that is not there.
    DeniesNobody,
    /// A pool keeps connections for longer than the firewall on their way knows them.
    OutlivesFirewall,
    /// A link of limited bandwidth, and nothing in the document has a size.
    NothingHasASize,
    /// A balancer whose answers should go past it, and that waits for them.
    WaitsForAnswers,
    /// A balancer that reads cookies in answers that go past it.
    SeesNoCookies,
    /// One address for a single instance.
    NobodyTakesOver,
    /// A client whose recorded times or rates are missing.
    NobodyComes,
    /// A deadline beyond the time for which an answer is waited for.
    LateDeadline,
    /// More good answers are needed than calls are made.
    MoreThanAsked,
    /// A second copy is sent when nobody waits any more.
    NeverSecond,
    /// Sessions that all share, and nothing is called that would have them.
    NoStore,
    /// Copies that are made for one instance only.
    CopiesNowhere,
    /// More copies are waited for than there can be.
    NeverEnough,
    /// R + W is not above N.
    NoOverlap,
    /// Reads of copies that lag.
    ReadsBehind,
    /// Nobody is a majority of two once the other is gone.
    NoMajority,
    /// Nothing keeps a second primary away.
    SplitBrain,
}

impl Scenario {
    /// What is valid and still probably not meant.
    pub fn advice(&self) -> Vec<Advice> {
        let mut all = Vec::new();
        if !self.parts.iter().any(is_client) {
            all.push(Advice { path: "parts".to_owned(), what: What::NoClient, name: String::new() });
        }
        for (index, part) in self.parts.iter().enumerate() {
            all.extend(self.advise_on_part(index, part));
        }
        self.advise_on_settings(&mut all);
        self.advise_on_connections(&mut all);
        self.advise_on_plan(&mut all);
        all
    }

    /// What is advised about a part as a whole.
    fn advise_on_part(&self, index: usize, part: &Part) -> Option<Advice> {
        let mut calls = self.edges.iter().filter(|edge| edge.kind == EdgeKind::Calls);
        let asks = |kind: Kind| {
            use Kind::{Cdn, Client, Dns, Firewall, Lb, Proxy, Resolver};
            matches!(kind, Client | Lb | Dns | Resolver | Cdn | Proxy | Firewall)
        };
        let is_called = part.params.kind().spec().accepts.contains(&EdgeKind::Calls);
        let what = if is_called && !calls.clone().any(|edge| edge.to == part.id) {
            What::NeverCalled
        } else if asks(part.params.kind()) && !calls.clone().any(|edge| edge.from == part.id) {
            What::CallsNobody
        } else if part.params.kind() == Kind::Queue && !calls.any(|edge| edge.from == part.id) {
            What::NobodyConsumes
        } else if self.has_idle_threads(part) {
            What::IdleThreads
        } else if self.shares_nowhere(part) {
            What::NoStore
        } else if self.denies_nobody(part) {
            What::DeniesNobody
        } else {
            let what = data::advise(part).or_else(|| self.advise_on_cache(part));
            what.or_else(|| self.advise_on_balancer(part))?
        };
        Some(Advice { path: format!("parts[{index}]"), what, name: shown(part) })
    }

    /// The advice about one part or connection.
    pub fn advice_on(&self, id: Id) -> Vec<Advice> {
        let part = self.parts.iter().position(|part| part.id == id);
        let edge = || self.edges.iter().position(|edge| edge.id == id).map(|at| format!("edges[{at}]"));
        let Some(place) = part.map(|at| format!("parts[{at}]")).or_else(edge) else { return Vec::new() };
        let mut all = Vec::new();
        self.advise_on_settings(&mut all);
        self.advise_on_connections(&mut all);
        let is_there = |advice: &Advice| {
            let rest = advice.path.strip_prefix(&place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let of_part = part.and_then(|at| self.advise_on_part(at, &self.parts[at]));
        of_part.into_iter().chain(all.into_iter().filter(is_there)).collect()
    }

    /// Whether a server keeps sessions in a store that it does not call.
    fn shares_nowhere(&self, part: &Part) -> bool {
        let shares = part.params.word("sessions") == Some("shared");
        let has = |id| self.part(id).is_some_and(|to| matches!(to.params.kind(), Kind::Cache | Kind::Db));
        shares && !self.edges.iter().any(|edge| edge.from == part.id && has(edge.to))
    }

    /// Whether a firewall's rule names a part that is not there.
    fn denies_nobody(&self, part: &Part) -> bool {
        let AnyParams::Firewall(params) = &part.params else { return false };
        params.denied_part.0 != 0 && self.part(params.denied_part.0).is_none()
    }

    fn advise_on_balancer(&self, part: &Part) -> Option<What> {
        let AnyParams::Lb(params) = &part.params else { return None };
        let goes_past = part.params.word("forwarding") != Some("nat");
        let waits = |edge: &Edge| edge.from == part.id && edge.mode == Mode::Sync;
        if goes_past && self.edges.iter().any(waits) {
            Some(What::WaitsForAnswers)
        } else if goes_past && part.params.word("persistence") == Some("cookie") {
            Some(What::SeesNoCookies)
        } else {
            (params.shared_address.0 && part.count == 1).then_some(What::NobodyTakesOver)
        }
    }

    /// Whether anything that is sent has a size.
    fn has_sizes(&self) -> bool {
        let sizes = ["request_kb", "reply_kb"];
        self.parts.iter().any(|part| {
            let specs = part.params.kind().spec().params.iter().enumerate();
            let mut sizes = specs.filter(|(_, spec)| sizes.contains(&spec.name));
            sizes.any(|(at, _)| part.params.get(at) != Value::Number(0.0))
        })
    }

    fn advise_on_connections(&self, all: &mut Vec<Advice>) {
        let limited = |edge: &Edge| edge.net.bandwidth_mbps.0 > 0.0 || edge.net.slow_start.0;
        if let Some(index) = self.edges.iter().position(limited).filter(|_| !self.has_sizes()) {
            let path = format!("edges[{index}].net");
            all.push(Advice { path, what: What::NothingHasASize, name: String::new() });
        }
        for (index, edge) in self.edges.iter().enumerate() {
            let Some(part) = self.part(edge.to) else { continue };
            let AnyParams::Firewall(params) = &part.params else { continue };
            let kept = edge.policy.pool_idle_s.0;
            let outlives = kept == 0.0 || kept > params.idle_timeout_s.0;
            if edge.policy.connect_ms.0 > 0.0 && outlives {
                let path = format!("edges[{index}].policy.pool_idle_s");
                all.push(Advice { path, what: What::OutlivesFirewall, name: shown(part) });
            }
        }
    }

    fn advise_on_cache(&self, part: &Part) -> Option<What> {
        if !matches!(part.params.kind(), Kind::Cache | Kind::Cdn | Kind::Proxy) {
            return None;
        }
        let calls = || self.edges.iter().filter(|edge| edge.kind == EdgeKind::Calls);
        let mut out = calls().filter(|edge| edge.from == part.id).peekable();
        if out.peek().is_some() {
            return out.all(|edge| edge.mode == Mode::Forward).then_some(What::KeepsNothing);
        }
        let kind_of = |id| self.part(id).map(|part| part.params.kind());
        let keeps = |edge: &Edge| {
            let can = matches!(kind_of(edge.from), Some(Kind::App | Kind::Web));
            can && edge.mode == Mode::Sync && edge.weight.is_none()
        };
        let is_set = |name: &str, to: Value| part.params.named(name) == Some(to);
        if !calls().any(|edge| edge.to == part.id && keeps(edge)) {
            Some(What::NobodyFills)
        } else if is_set("write", Value::Choice("back")) || is_set("coalesce", Value::Flag(true)) {
            Some(What::NoOrigin)
        } else {
            None
        }
    }

    /// Whether a worker can do more jobs at once than all queues before it let it have.
    fn has_idle_threads(&self, part: &Part) -> bool {
        let count = |part: &Part, name: &str| part.params.count(name).map(u64::from);
        if part.params.kind() != Kind::Worker {
            return false;
        }
        let before = self.edges.iter().filter(|edge| edge.to == part.id);
        let callers = before.filter_map(|edge| self.parts.iter().find(|other| other.id == edge.from));
        // Each instance of a queue counts for itself.
        let has = |other: &Part| count(other, "prefetch").map(|prefetch| prefetch * u64::from(other.count));
        let had: Option<u64> = callers.map(has).sum();
        had.zip(count(part, "threads")).is_some_and(|(had, threads)| had < threads)
    }

    fn advise_on_plan(&self, all: &mut Vec<Advice>) {
        let end = self.options().duration;
        for (index, entry) in self.timeline.iter().enumerate() {
            let path = format!("timeline[{index}]");
            let struck = |other: &&crate::model::Entry| {
                other.verb != Verb::Restore && other.target.id == entry.target.id && other.at <= entry.at
            };
            if entry.at >= end {
                all.push(Advice { path, what: What::AfterTheEnd, name: String::new() });
            } else if entry.verb == Verb::Restore && !self.timeline.iter().any(|other| struck(&other)) {
                all.push(Advice { path, what: What::NothingToRestore, name: String::new() });
            }
        }
        for (index, goal) in self.goals.iter().enumerate() {
            if goal.over.is_some_and(|[_, to]| to > end) {
                let path = format!("goals[{index}].over");
                all.push(Advice { path, what: What::AfterTheEnd, name: String::new() });
            }
        }
    }
}

fn is_client(part: &Part) -> bool {
    part.params.kind() == Kind::Client
}

fn shown(part: &Part) -> String {
    if part.name.is_empty() { format!("part {}", part.id) } else { part.name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advised(document: &str) -> Vec<What> {
        let document = Scenario::from_json(document).unwrap_or_else(|error| panic!("{error}"));
        document.advice().into_iter().map(|advice| advice.what).collect()
    }

    #[test]
    fn a_cache_wants_somebody_who_fills_it() {
        let document = |cache: &str, edges: &str| {
            format!(
                r#"{{"version":1,"parts":[{{"id":1,"type":"client"}},{{"id":2,"type":"app"}},
                {{"id":3,"type":"cache","params":{{{cache}}}}},{{"id":4,"type":"db"}}],"edges":[{edges}]}}"#
            )
        };
        let edge = |id: u32, from: u32, to: u32, more: &str| {
            format!(r#"{{"id":{id},"from":{from},"to":{to}{more}}}"#)
        };
        let (user, db) = (edge(5, 1, 2, ""), edge(7, 2, 4, ""));
        let aside = format!("{user},{},{db}", edge(6, 2, 3, ""));
        assert_eq!(advised(&document("", &aside)), []);
        for cache in [r#""write":"back""#, r#""coalesce":true"#] {
            assert_eq!(advised(&document(cache, &aside)), [What::NoOrigin]);
        }
        let asked = format!("{user},{},{db}", edge(6, 2, 3, r#","mode":"async""#));
        assert_eq!(advised(&document("", &asked)), [What::NobodyFills]);
        let before = |mode: &str| format!("{user},{},{}", edge(6, 2, 3, ""), edge(8, 3, 4, mode));
        assert_eq!(advised(&document(r#""write":"back""#, &before(""))), []);
        assert_eq!(advised(&document("", &before(r#","mode":"forward""#))), [What::KeepsNothing]);
    }

    #[test]
    fn a_queue_wants_consumers_and_a_worker_its_messages() {
        let queue = r#"{"version":1,"parts":[{"id":1,"type":"client"},{"id":2,"type":"queue"}],
            "edges":[{"id":4,"from":1,"to":2}]}"#;
        assert_eq!(advised(queue), [What::NobodyConsumes]);
        let worker = |threads: u32| {
            format!(
                r#"{{"version":1,"parts":[{{"id":1,"type":"client"}},{{"id":2,"type":"queue"}},
                {{"id":3,"type":"worker","params":{{"threads":{threads}}}}}],
                "edges":[{{"id":4,"from":1,"to":2}},{{"id":5,"from":2,"to":3}}]}}"#
            )
        };
        assert_eq!(advised(&worker(2)), []);
        assert_eq!(advised(&worker(3)), [What::IdleThreads]);
    }

    #[test]
    fn a_firewall_is_known_to_its_neighbours() {
        let document = |rules: &str, policy: &str| {
            format!(
                r#"{{"version":1,"parts":[{{"id":1,"type":"client"}},{{"id":2,"type":"app"}},
                {{"id":3,"type":"firewall","params":{{{rules}}}}},{{"id":4,"type":"db"}}],
                "edges":[{{"id":5,"from":1,"to":2}},{{"id":6,"from":2,"to":3,"policy":{{{policy}}}}},
                {{"id":7,"from":3,"to":4,"mode":"forward"}}]}}"#
            )
        };
        assert_eq!(advised(&document("", "")), []);
        assert_eq!(advised(&document(r#""denied_part":2"#, "")), []);
        assert_eq!(advised(&document(r#""denied_part":9"#, "")), [What::DeniesNobody]);
        assert_eq!(advised(&document("", r#""connect_ms":3,"pool_idle_s":60"#)), []);
        for kept in ["0", "1801"] {
            let policy = format!(r#""connect_ms":3,"pool_idle_s":{kept}"#);
            assert_eq!(advised(&document("", &policy)), [What::OutlivesFirewall]);
        }
        assert_eq!(advised(&document("", r#""pool_idle_s":0"#)), []);
    }

    #[test]
    fn links_and_balancers_that_do_nothing() {
        let document = |count: u32, balancer: &str, mode: &str, net: &str, size: u32| {
            format!(
                r#"{{"version":1,"parts":[{{"id":1,"type":"client"}},
                {{"id":2,"type":"lb","count":{count},"params":{{{balancer}}}}},
                {{"id":3,"type":"app","params":{{"reply_kb":{size}}}}}],
                "edges":[{{"id":4,"from":1,"to":2,"net":{{{net}}}}},
                {{"id":5,"from":2,"to":3,"mode":"{mode}"}}]}}"#
            )
        };
        let narrow = r#""bandwidth_mbps":10"#;
        assert_eq!(advised(&document(1, "", "forward", narrow, 9)), []);
        assert_eq!(advised(&document(1, "", "forward", narrow, 0)), [What::NothingHasASize]);
        assert_eq!(advised(&document(1, "", "forward", r#""slow_start":true"#, 0)), [What::NothingHasASize]);
        let direct = r#""forwarding":"direct""#;
        assert_eq!(advised(&document(1, direct, "forward", "", 0)), []);
        assert_eq!(advised(&document(1, direct, "sync", "", 0)), [What::WaitsForAnswers]);
        let cookie = r#""forwarding":"tunnel","persistence":"cookie""#;
        assert_eq!(advised(&document(1, cookie, "forward", "", 0)), [What::SeesNoCookies]);
        assert_eq!(advised(&document(1, r#""persistence":"cookie""#, "forward", "", 0)), []);
        let shared = r#""shared_address":true"#;
        assert_eq!(advised(&document(1, shared, "forward", "", 0)), [What::NobodyTakesOver]);
        assert_eq!(advised(&document(2, shared, "forward", "", 0)), []);
    }
}
