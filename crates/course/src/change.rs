//! Changes of a document, as lessons write them: other values at some paths, elements taken out or put in.

use brownout_scenario::Scenario;
use brownout_scenario::sweep::{Axis, SweepError, apply};
use brownout_sim::param::Sentence;
use brownout_sim::sentence;
use serde_json::Value;

use crate::error::{Refused, sentence_of};
use crate::read::{self, Object};

/// The most paths that one change sets.
const PATHS: usize = 200;
/// Lists of a document whose elements have ids.
const LISTS: [&str; 3] = ["parts", "edges", "timeline"];

/// How one document differs from another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Paths as `sweep --vary` has them, with what stands there.
    pub set: Vec<(String, Value)>,
    /// Parts, edges and interventions that are not there, by id. What hangs on a part goes with it.
    pub drop: Vec<u32>,
    /// Elements that are there as well, or instead of those with their ids; as documents write them.
    pub put: Vec<(&'static str, Value)>,
}

impl Change {
    pub(crate) fn read(object: &mut Object<'_>) -> Result<Self, Refused> {
        let set = object.named("set", PATHS, |path, value, _| Ok((path.to_owned(), value.clone())))?;
        let drop = object.list("drop", PATHS, |value, path| {
            read::whole(value, path, u64::from(brownout_scenario::LARGEST_ID)).map(|id| id as u32)
        })?;
        let path = object.at("put");
        let mut put = Vec::new();
        if let Some(value) = object.take("put") {
            let mut lists = Object::open(value, &path)?;
            for list in LISTS {
                put.extend(lists.list(list, PATHS, |value, _| Ok((list, value.clone())))?);
            }
            lists.finish()?;
        }
        Ok(Self { set, drop, put })
    }

    pub fn is_nothing(&self) -> bool {
        self.set.is_empty() && self.drop.is_empty() && self.put.is_empty()
    }

    /// The changed document.
    pub fn apply(&self, document: &Scenario, path: &str) -> Result<Scenario, Refused> {
        let mut changed = document.clone();
        if !self.drop.is_empty() || !self.put.is_empty() {
            let mut json: Value = serde_json::from_str(&document.to_json()).unwrap_or(Value::Null);
            for id in &self.drop {
                take_out(&mut json, *id).ok_or_else(|| {
                    Refused::new(
                        format!("{path}.drop"),
                        sentence!("there is no {0}", "{0}이(가) 없습니다", id),
                    )
                })?;
            }
            for (list, element) in &self.put {
                put_in(&mut json, list, element);
            }
            changed = Scenario::from_json(&json.to_string())
                .map_err(|error| Refused::document(format!("{path}.put"), &error))?;
        }
        if self.set.is_empty() {
            return Ok(changed);
        }
        let axes: Vec<Axis> =
            self.set.iter().map(|(path, _)| Axis { path: path.clone(), values: Vec::new() }).collect();
        let values: Vec<Value> = self.set.iter().map(|(_, value)| value.clone()).collect();
        apply(&changed, &axes, &values).map_err(|error| Refused::new(format!("{path}.set"), unset(&error)))
    }
}

/// Why something cannot be set.
fn unset(error: &SweepError) -> Sentence {
    match error {
        SweepError::Unknown { path, what, found, known } => sentence!(
            "{0}: no {1} {2}; there are {3}",
            "{0}: {2}은(는) 없습니다. 있는 것: {3}",
            path,
            what,
            found,
            known
        ),
        SweepError::Short { path, known, .. } => {
            sentence!("{0}: it goes on with {1}", "{0}: 뒤에 더 있어야 합니다. 있는 것: {1}", path, known)
        }
        SweepError::Refused { path, value, error } => {
            sentence!("{0}={1}: {2}", "{0}={1}: {2}", path, value).with_sentence(sentence_of(error))
        }
        SweepError::Twice(path) => sentence!("{0} is set twice", "{0}을(를) 두 번 정했습니다", path),
        _ => sentence!("is no path of the document", "문서에 없는 경로입니다"),
    }
}

fn id_of(element: &Value) -> Option<u64> {
    element.get("id").and_then(Value::as_u64)
}

/// Takes the element with this id out, with the edges and interventions that need it.
fn take_out(json: &mut Value, id: u32) -> Option<()> {
    let id = u64::from(id);
    let mut gone = vec![id];
    let mut found = false;
    for list in LISTS {
        let Some(all) = json.get_mut(list).and_then(Value::as_array_mut) else { continue };
        all.retain(|element| {
            let is_it = id_of(element) == Some(id);
            let hangs_on = ["from", "to", "target"].iter().any(|field| {
                let value = element.get(field);
                let number = value.and_then(Value::as_u64).or_else(|| {
                    value.and_then(Value::as_str).and_then(|text| text.split('/').next()?.parse().ok())
                });
                number.is_some_and(|number| gone.contains(&number))
            });
            found |= is_it;
            if is_it || hangs_on {
                gone.extend(id_of(element));
            }
            !(is_it || hangs_on)
        });
    }
    found.then_some(())
}

fn put_in(json: &mut Value, list: &str, element: &Value) {
    if !json[list].is_array() {
        json[list] = Value::Array(Vec::new());
    }
    let Some(all) = json[list].as_array_mut() else { return };
    match all.iter_mut().find(|known| id_of(known).is_some() && id_of(known) == id_of(element)) {
        Some(known) => *known = element.clone(),
        None => all.push(element.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn change(value: &Value) -> Result<Scenario, Refused> {
        let mut object = Object::open(value, "runs.b")?;
        let change = Change::read(&mut object)?;
        object.finish()?;
        change.apply(&brownout_scenario::starter(), "runs.b")
    }

    #[test]
    fn documents_change_at_paths_and_by_elements() {
        let changed =
            change(&json!({"set": {"parts.1.rate_rps": 7, "edges.9.policy.retries": 2}})).expect("changed");
        assert_eq!(changed.edge(9).map(|edge| edge.policy.retries.0), Some(2));
        let without = change(&json!({"drop": [5]})).expect("changed");
        assert!(without.part(5).is_none() && without.edge(11).is_none() && without.edge(10).is_some());
        let fault = json!({"put": {"timeline": [{"id": 90, "at_s": 1, "do": "kill", "target": 4}]}});
        assert_eq!(change(&fault).expect("changed").timeline.len(), 1);
    }

    #[test]
    fn what_cannot_be_changed_is_named() {
        for (wrong, path, reason) in [
            (json!({"drop": [77]}), "runs.b.drop", "no 77"),
            (json!({"set": {"parts.1.rate": 7}}), "runs.b.set", "no parameter rate"),
            (json!({"set": {"parts.1.rate_rps": -1}}), "runs.b.set", "must be from"),
            (json!({"put": {"parts": [{"id": 5, "type": "nobody"}]}}), "runs.b.put", "parts"),
            (json!({"put": {"goals": []}}), "runs.b.put.goals", "unknown field"),
        ] {
            let refused = change(&wrong).expect_err("refused");
            assert_eq!(refused.path, path);
            assert!(refused.reason.en().contains(reason), "{refused}");
        }
    }
}
