//! What a step of the history did, in words for a menu.

use brownout_sim::param::Words;
use brownout_sim::system::{Id, Target, Verb};

use super::{Edit, Set};
use crate::error::Lang;
use crate::model::{Part, Scenario};

/// What a step did: "remove web-1 and 2 others".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    what: What,
    /// The first thing that it was done to, by the visitor's name for it.
    name: Option<String>,
    /// The same without a name of its own.
    unnamed: Option<Words>,
    /// How many more there were.
    others: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum What {
    Add,
    Remove,
    Move,
    Rename,
    #[default]
    Change,
    Do(Verb),
}

const EDGE: Words = Words::new("connection", "연결");
const PLAN: Words = Words::new("timeline", "타임라인");
const GOAL: Words = Words::new("goal", "목표");
const SETTINGS: Words = Words::new("run settings", "실행 설정");
const NAME: Words = Words::new("title", "제목");
const NOTES: Words = Words::new("notes", "메모");
const VIEW: Words = Words::new("view", "화면");

impl Label {
    /// The words in the reader's language.
    pub fn text(&self, lang: Lang) -> String {
        let unnamed = self.unnamed.map(|words| pick(words, lang));
        let name = self.name.as_deref().or(unnamed).unwrap_or_default();
        let verb = pick(self.what.words(), lang);
        match (lang, self.others) {
            (Lang::En, 0) => format!("{verb} {name}"),
            (Lang::En, 1) => format!("{verb} {name} and 1 other"),
            (Lang::En, others) => format!("{verb} {name} and {others} others"),
            (Lang::Ko, 0) => format!("{name} {verb}"),
            (Lang::Ko, others) => format!("{name} 외 {others}개 {verb}"),
        }
        .trim()
        .to_owned()
    }

    pub(super) fn of_fault(verb: Verb, target: Target, others: usize, document: &Scenario) -> Self {
        let (name, unnamed) = named(target.id, document);
        let name = match (name, target.instance) {
            (Some(name), Some(instance)) => Some(format!("{name}/{instance}")),
            (name, _) => name,
        };
        Self { what: What::Do(verb), name, unnamed, others }
    }

    /// Told from the edit and the document before it.
    pub(super) fn of_edit(edit: &Edit, before: &Scenario) -> Self {
        let parts = |what: fn(Option<&Part>, Option<&Part>) -> bool| {
            let all = edit.0.iter().filter_map(move |set| match set {
                Set::Part(id, new) if what(new.as_deref(), before.part(*id)) => Some((new.as_deref(), *id)),
                _ => None,
            });
            all.collect::<Vec<_>>()
        };
        let cases = [
            (What::Add, parts(|new, old| new.is_some() && old.is_none())),
            (What::Remove, parts(|new, old| new.is_none() && old.is_some())),
            (What::Change, parts(|new, old| new.is_some() && old.is_some() && new != old)),
        ];
        for (what, found) in cases {
            let Some((new, id)) = found.first() else { continue };
            let (name, unnamed) = new.map_or_else(|| named(*id, before), names);
            let what = if what == What::Change { kind_of_change(&found, before) } else { what };
            return Self { what, name, unnamed, others: found.len() - 1 };
        }
        Self::of_rest(edit, before)
    }

    /// Of an edit that touches no part.
    fn of_rest(edit: &Edit, before: &Scenario) -> Self {
        let Some(set) = edit.0.first() else { return Self::default() };
        let others = edit.0.len() - 1;
        let about = |there: bool, was: bool| match (there, was) {
            (true, false) => What::Add,
            (false, _) => What::Remove,
            (true, true) => What::Change,
        };
        let (what, words) = match set {
            Set::Edge(id, edge) => (about(edge.is_some(), before.edge(*id).is_some()), EDGE),
            Set::EdgeName(..) => (What::Rename, EDGE),
            Set::Entry(..) => (What::Change, PLAN),
            Set::Goal(id, goal) => (about(goal.is_some(), before.goal(*id).is_some()), GOAL),
            Set::Settings(_) => (What::Change, SETTINGS),
            Set::Name(_) => (What::Change, NAME),
            Set::Notes(_) => (What::Change, NOTES),
            Set::View(_) | Set::Part(..) => (What::Change, VIEW),
        };
        Self { what, name: None, unnamed: Some(words), others }
    }
}

impl What {
    const fn words(self) -> Words {
        match self {
            Self::Add => Words::new("add", "추가"),
            Self::Remove => Words::new("remove", "삭제"),
            Self::Move => Words::new("move", "이동"),
            Self::Rename => Words::new("rename", "이름 바꾸기"),
            Self::Change => Words::new("change", "변경"),
            Self::Do(verb) => Verb::CHOICES[verb as usize].label,
        }
    }
}

/// Whether only places or only names differ.
fn kind_of_change(found: &[(Option<&Part>, Id)], before: &Scenario) -> What {
    let only = |blur: fn(&mut Part)| {
        found.iter().all(|(new, id)| match (new, before.part(*id)) {
            (Some(new), Some(old)) => {
                let (mut new, mut old) = ((*new).clone(), old.clone());
                blur(&mut new);
                blur(&mut old);
                new == old
            }
            _ => false,
        })
    };
    if only(|part| part.at = None) {
        What::Move
    } else if only(|part| part.name.clear()) {
        What::Rename
    } else {
        What::Change
    }
}

fn named(id: Id, document: &Scenario) -> (Option<String>, Option<Words>) {
    document.part(id).map_or((None, Some(EDGE)), names)
}

fn names(part: &Part) -> (Option<String>, Option<Words>) {
    let name = (!part.name.is_empty()).then(|| part.name.clone());
    (name, Some(part.params.kind().spec().label))
}

const fn pick(words: Words, lang: Lang) -> &'static str {
    match lang {
        Lang::En => words.en,
        Lang::Ko => words.ko,
    }
}
