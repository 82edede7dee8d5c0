//! What is valid and still probably not meant.

use brownout_sim::component::Kind;
use brownout_sim::param::Value;
use brownout_sim::system::{EdgeKind, Verb};

use crate::error::Lang;
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
}

impl Advice {
    /// The sentence in the reader's language.
    pub fn sentence(&self, lang: Lang) -> String {
        let Self { path, what, name } = self;
        let text = match (lang, what) {
            (Lang::En, What::NoClient) => "no client: nothing will ask for anything".to_owned(),
            (Lang::Ko, What::NoClient) => "클라이언트가 없어 아무 요청도 생기지 않습니다".to_owned(),
            (Lang::En, What::CallsNobody) => {
                format!("{name} calls nobody: every request of it is answered or fails at once")
            }
            (Lang::Ko, What::CallsNobody) => format!("{name}에서 나가는 호출이 없습니다"),
            (Lang::En, What::NeverCalled) => format!("nobody calls {name}"),
            (Lang::Ko, What::NeverCalled) => format!("{name}을(를) 호출하는 곳이 없습니다"),
            (Lang::En, What::NobodyConsumes) => {
                format!("nobody takes messages from {name}: they only pile up")
            }
            (Lang::Ko, What::NobodyConsumes) => {
                format!("{name}의 메시지를 가져가는 소비자가 없어 쌓이기만 합니다")
            }
            (Lang::En, What::IdleThreads) => {
                format!("some threads of {name} never work: the prefetch of its queue is smaller")
            }
            (Lang::Ko, What::IdleThreads) => {
                format!("큐의 프리페치가 더 작아 {name}의 스레드 일부는 일하지 않습니다")
            }
            (Lang::En, What::AfterTheEnd) => "happens after the end of the run".to_owned(),
            (Lang::Ko, What::AfterTheEnd) => "실행이 끝난 뒤의 일입니다".to_owned(),
            (Lang::En, What::NothingToRestore) => "restores what nothing has struck before".to_owned(),
            (Lang::Ko, What::NothingToRestore) => "그 전에 장애가 없던 대상을 복구합니다".to_owned(),
        };
        format!("{path}: {text}")
    }
}

impl Scenario {
    /// What is valid and still probably not meant.
    pub fn advice(&self) -> Vec<Advice> {
        let mut all = Vec::new();
        if !self.parts.iter().any(is_client) {
            all.push(Advice { path: "parts".to_owned(), what: What::NoClient, name: String::new() });
        }
        for (index, part) in self.parts.iter().enumerate() {
            let mut calls = self.edges.iter().filter(|edge| edge.kind == EdgeKind::Calls);
            let asks = |kind: Kind| matches!(kind, Kind::Client | Kind::Lb | Kind::Dns | Kind::Resolver);
            let what = if !is_client(part) && !calls.clone().any(|edge| edge.to == part.id) {
                What::NeverCalled
            } else if asks(part.params.kind()) && !calls.clone().any(|edge| edge.from == part.id) {
                What::CallsNobody
            } else if part.params.kind() == Kind::Queue && !calls.any(|edge| edge.from == part.id) {
                What::NobodyConsumes
            } else if self.has_idle_threads(part) {
                What::IdleThreads
            } else {
                continue;
            };
            all.push(Advice { path: format!("parts[{index}]"), what, name: shown(part) });
        }
        self.advise_on_plan(&mut all);
        all
    }

    /// Whether a worker can do more jobs at once than all queues before it let it have.
    fn has_idle_threads(&self, part: &Part) -> bool {
        let count = |part: &Part, name: &str| {
            let at = part.params.kind().spec().params.iter().position(|spec| spec.name == name)?;
            if let Value::Count(count) = part.params.get(at) { Some(u64::from(count)) } else { None }
        };
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
}
