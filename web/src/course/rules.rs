//! What an assignment lets be changed. The checker judges the same once more; here it is said at once.

use brownout_scenario::edit::Set;
use brownout_scenario::{Part, Scenario};
use brownout_sim::component::Kind;
use brownout_sim::param::{ParamSet, ParamSpec, Value as Given, Words};
use brownout_sim::system::{Edge, Id, Net, Policy};
use serde_json::Value;

use super::{steps::DESIGN, words};
use crate::words::{Lang, format};

/// The rules of an assignment, and the document that it gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    given: Scenario,
    locked: Vec<Id>,
    open: Option<Vec<String>>,
    limits: Vec<(String, [f64; 2])>,
    types: Option<Vec<String>>,
    forbidden: Vec<String>,
}

/// Why an edit is not taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    Locked(String),
    /// What may not be changed, by its label.
    Closed(Words),
    Removed(String),
    Limits(Words, [f64; 2]),
    Type(Words),
    /// Plan, settings and goals are the assignment's.
    Plan,
}

impl Refusal {
    pub fn say(&self, lang: Lang) -> String {
        match self {
            Self::Locked(name) => words::locked(lang, name),
            Self::Closed(label) => words::closed(lang, lang.of(*label)),
            Self::Removed(name) => words::removed(lang, name),
            Self::Limits(label, [least, most]) => {
                words::limits(lang, lang.of(*label), &format::number(*least), &format::number(*most))
            }
            Self::Type(label) => words::no_type(lang, lang.of(*label)),
            Self::Plan => lang.of(words::PLAN).to_owned(),
        }
    }
}

/// What has no declaration of its own.
const COUNT: Words = Words::new("Instances", "인스턴스 수");
const PLACE: Words = Words::new("Place", "위치");
const CALLS: Words = Words::new("How it is called", "호출 방식");
const ENDS: Words = Words::new("Where it leads", "연결 대상");

impl Rules {
    /// From a lesson as `crates/tutor` describes it.
    pub fn read(lesson: &Value) -> Self {
        let rules = &lesson["rules"];
        let texts = |value: &Value| -> Option<Vec<String>> {
            Some(value.as_array()?.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect())
        };
        let given = lesson["runs"][DESIGN].as_str().and_then(|text| Scenario::from_json(text).ok());
        let given = given.unwrap_or_default();
        let locked = rules["locked"].as_array().into_iter().flatten();
        let mut locked: Vec<Id> = locked.filter_map(|id| Some(id.as_u64()? as Id)).collect();
        locked
            .extend(given.parts.iter().filter(|part| part.params.kind() == Kind::Client).map(|part| part.id));
        let pair = |value: &Value| Some([value[0].as_f64()?, value[1].as_f64()?]);
        let limits = rules["limits"].as_object().into_iter().flatten();
        Self {
            locked,
            open: texts(&rules["open"]),
            limits: limits.filter_map(|(path, value)| Some((path.clone(), pair(value)?))).collect(),
            types: texts(&rules["types"]),
            forbidden: texts(&rules["forbidden"]).unwrap_or_default(),
            given,
        }
    }

    pub fn locked(&self) -> impl Iterator<Item = Id> + '_ {
        self.locked.iter().copied()
    }

    pub fn is_locked(&self, id: Id) -> bool {
        self.locked.contains(&id)
    }

    /// Whether what stands at this path may be changed: `parts.4.workers`, `edges.7.policy.retries`.
    pub fn is_open(&self, id: Id, path: &str) -> bool {
        let is_given = self.given.part(id).is_some() || self.given.edge(id).is_some();
        let fits = |pattern: &String| matches(pattern, path);
        !self.is_locked(id) && (!is_given || self.open.as_ref().is_none_or(|open| open.iter().any(fits)))
    }

    /// Why these edits are not taken, if they are not.
    pub fn refusal(&self, sets: &[Set]) -> Option<Refusal> {
        sets.iter().find_map(|set| match set {
            Set::Part(id, part) => self.part(*id, part.as_deref()).err(),
            Set::Edge(id, edge) => self.edge(*id, edge.as_ref()).err(),
            Set::Entry(..) | Set::Goal(..) | Set::Settings(_) => Some(Refusal::Plan),
            Set::EdgeName(..) | Set::Name(_) | Set::Notes(_) | Set::View(_) => None,
        })
    }

    fn part(&self, id: Id, part: Option<&Part>) -> Result<(), Refusal> {
        let given = self.given.part(id);
        let Some(part) = part else {
            return given.map_or(Ok(()), |_| self.removal(id, &format!("parts.{id}.type")));
        };
        let kind = part.params.kind();
        if given.is_none_or(|given| given.params.kind() != kind) {
            let name = kind.spec().name;
            let has = |names: &Vec<String>| names.iter().any(|known| known == name);
            let is_allowed =
                kind != Kind::Client && self.types.as_ref().is_none_or(has) && !has(&self.forbidden);
            if !is_allowed {
                return Err(Refusal::Type(kind.spec().label));
            }
        }
        if let Some(given) = given {
            if given.simulated() == part.simulated() {
                return Ok(());
            }
            self.check_lock(id)?;
            self.check(id, &format!("parts.{id}.count"), COUNT, given.count != part.count)?;
            self.check(id, &format!("parts.{id}.inside"), PLACE, given.inside != part.inside)?;
        }
        self.limits(&format!("parts.{id}.count"), COUNT, f64::from(part.count))?;
        let before = |at| given.filter(|given| given.params.kind() == kind).map(|given| given.params.get(at));
        self.params(id, &format!("parts.{id}"), kind.spec().params, before, |at| part.params.get(at))
    }

    fn edge(&self, id: Id, edge: Option<&Edge>) -> Result<(), Refusal> {
        let given = self.given.edge(id);
        let Some(edge) = edge else {
            return given.map_or(Ok(()), |_| self.removal(id, &format!("edges.{id}.kind")));
        };
        if let Some(given) = given {
            if given == edge {
                return Ok(());
            }
            self.check_lock(id)?;
            self.check(id, &format!("edges.{id}.from"), ENDS, given.from != edge.from)?;
            self.check(id, &format!("edges.{id}.to"), ENDS, given.to != edge.to)?;
            self.check(id, &format!("edges.{id}.mode"), CALLS, given.mode != edge.mode)?;
            self.check(id, &format!("edges.{id}.weight"), CALLS, given.weight != edge.weight)?;
        }
        let net = |at| given.map(|given| given.net.get(at));
        self.params(id, &format!("edges.{id}.net"), Net::SPECS, net, |at| edge.net.get(at))?;
        let policy = |at| given.map(|given| given.policy.get(at));
        self.params(id, &format!("edges.{id}.policy"), Policy::SPECS, policy, |at| edge.policy.get(at))
    }

    fn params(
        &self,
        id: Id,
        at: &str,
        specs: &[ParamSpec],
        before: impl Fn(usize) -> Option<Given>,
        after: impl Fn(usize) -> Given,
    ) -> Result<(), Refusal> {
        for (index, spec) in specs.iter().enumerate() {
            let (path, value) = (format!("{at}.{}", spec.name), after(index));
            self.check(id, &path, spec.label, before(index).is_some_and(|before| before != value))?;
            let number = match &value {
                Given::Count(count) => f64::from(*count),
                Given::Number(number) => *number,
                Given::Law(law) => law.mean_ms(),
                _ => continue,
            };
            self.limits(&path, spec.label, number)?;
        }
        Ok(())
    }

    fn check_lock(&self, id: Id) -> Result<(), Refusal> {
        if self.is_locked(id) {
            return Err(Refusal::Locked(crate::state::lab::name_of(&self.given, id)));
        }
        Ok(())
    }

    fn removal(&self, id: Id, path: &str) -> Result<(), Refusal> {
        self.check_lock(id)?;
        if self.is_open(id, path) {
            return Ok(());
        }
        Err(Refusal::Removed(crate::state::lab::name_of(&self.given, id)))
    }

    fn check(&self, id: Id, path: &str, label: Words, changed: bool) -> Result<(), Refusal> {
        if changed && !self.is_open(id, path) { Err(Refusal::Closed(label)) } else { Ok(()) }
    }

    fn limits(&self, path: &str, label: Words, number: f64) -> Result<(), Refusal> {
        let broken = |(pattern, [least, most]): &&(String, [f64; 2])| {
            matches(pattern, path) && !(*least..=*most).contains(&number)
        };
        self.limits.iter().find(broken).map_or(Ok(()), |(_, limits)| Err(Refusal::Limits(label, *limits)))
    }
}

/// `edges.*.policy` matches `edges.7.policy.timeout_ms`; as the checker has it.
fn matches(pattern: &str, path: &str) -> bool {
    let mut steps = path.split('.');
    pattern.split('.').all(|wanted| steps.next().is_some_and(|step| wanted == "*" || wanted == step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rules(rules: &Value) -> Rules {
        let document = brownout_scenario::starter().to_json();
        Rules::read(&json!({ "runs": { "design": document }, "rules": rules }))
    }

    #[test]
    fn what_is_locked_or_closed_is_not_taken() {
        let document = brownout_scenario::starter();
        let (client, part) = (document.parts[0].clone(), document.parts[4].clone());
        let all_open = rules(&json!({ "locked": [part.id] }));
        let twice = |part: &Part| Set::part(Part { count: part.count + 1, ..part.clone() });
        let renamed = Set::part(Part { name: "other".to_owned(), ..part.clone() });
        assert_eq!(all_open.refusal(&[renamed]), None, "names and places are free");
        assert!(matches!(all_open.refusal(&[twice(&part)]), Some(Refusal::Locked(_))));
        assert!(
            matches!(all_open.refusal(&[twice(&client)]), Some(Refusal::Locked(_))),
            "clients always are"
        );
        let path = format!("parts.{}.count", part.id);
        let some_open = rules(&json!({ "open": [path], "limits": { "parts.*.count": [1, part.count + 1] } }));
        assert_eq!(some_open.refusal(&[twice(&part)]), None);
        let thrice = Part { count: part.count + 2, ..part.clone() };
        assert!(matches!(some_open.refusal(&[Set::part(thrice)]), Some(Refusal::Limits(..))));
        assert!(matches!(some_open.refusal(&[twice(&document.parts[5])]), Some(Refusal::Closed(_))));
        assert!(matches!(some_open.refusal(&[Set::Part(part.id, None)]), Some(Refusal::Removed(_))));
        assert_eq!(all_open.refusal(&[Set::Part(document.parts[5].id, None)]), None);
        assert_eq!(all_open.refusal(&[Set::Settings(document.settings.clone())]), Some(Refusal::Plan));
    }

    #[test]
    fn only_some_types_are_added() {
        let document = brownout_scenario::starter();
        let kinds = rules(&json!({ "types": ["cache", "web"], "forbidden": ["web"] }));
        let add = |kind: Kind| {
            let alike = document.parts.iter().find(|part| part.params.kind() == kind).cloned();
            kinds.refusal(&[Set::part(Part { id: 900, ..alike.expect("the starter has one") })])
        };
        for kind in [Kind::Web, Kind::Db, Kind::Client] {
            assert!(matches!(add(kind), Some(Refusal::Type(_))), "{kind:?}");
        }
        assert!(
            rules(&json!({})).refusal(&[Set::part(Part { id: 900, ..document.parts[4].clone() })]).is_none()
        );
    }
}
