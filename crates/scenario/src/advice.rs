//! What is valid and still probably not meant.

use brownout_sim::component::Kind;
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
            let asks = |kind: Kind| matches!(kind, Kind::Client | Kind::Lb | Kind::Dns);
            let what = if !is_client(part) && !calls.clone().any(|edge| edge.to == part.id) {
                What::NeverCalled
            } else if asks(part.params.kind()) && !calls.any(|edge| edge.from == part.id) {
                What::CallsNobody
            } else {
                continue;
            };
            all.push(Advice { path: format!("parts[{index}]"), what, name: shown(part) });
        }
        self.advise_on_plan(&mut all);
        all
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
