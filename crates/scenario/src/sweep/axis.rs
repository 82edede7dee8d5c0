//! What a sweep varies: a path into the document, and the values that stand there in turn.

use brownout_sim::component::Kind;
use brownout_sim::param::{ParamSet as _, ParamSpec, Sentence};
use brownout_sim::sentence;
use brownout_sim::system::{Net, Policy};
use serde_json::{Map, Value};

use crate::codec::value_text;
use crate::error::{Error, Lang};
use crate::model::Scenario;

/// Why a sweep is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SweepError {
    #[error("--vary {0}: expected path=value,value,..., such as parts.4.workers=1,2,5")]
    Shape(String),
    #[error("{path}: no {what} {found}; there are {known}")]
    Unknown { path: String, what: &'static str, found: String, known: String },
    #[error("{path}: {what} goes on with {known}")]
    Short { path: String, what: String, known: String },
    #[error("{path}: {found} has no parts of its own")]
    Deep { path: String, found: String },
    #[error("{path}={value}: {error}")]
    Refused { path: String, value: String, error: Error },
    #[error("{0} is varied twice")]
    Twice(String),
    #[error("{got} runs are more than the {limit} of one sweep: fewer values or fewer --runs")]
    TooMany { got: String, limit: u64 },
    #[error("{0}")]
    Shard(String),
}

impl SweepError {
    /// The same in both languages.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Shape(text) => sentence!(
                "{0}: expected path=value,value,..., such as parts.4.workers=1,2,5",
                "{0}: parts.4.workers=1,2,5처럼 경로=값,값,... 꼴이어야 합니다",
                text
            ),
            Self::Unknown { path, what, found, known } => sentence!(
                "{0}: no {1} {2}; there are {3}",
                "{0}: {2}은(는) 없습니다. 있는 것은 {3}입니다",
                path,
                what,
                found,
                known
            ),
            Self::Short { path, what, known } => {
                sentence!(
                    "{0}: {1} goes on with {2}",
                    "{0}: {1} 다음에는 {2}이(가) 옵니다",
                    path,
                    what,
                    known
                )
            }
            Self::Deep { path, found } => {
                sentence!(
                    "{0}: {1} has no parts of its own",
                    "{0}: {1} 아래에는 아무것도 없습니다",
                    path,
                    found
                )
            }
            Self::Refused { path, value, error } => sentence!("{0}={1}: {2}", "{0}={1}: {2}", path, value)
                .with_sentence(Sentence::both(error.to_string(), error.sentence(Lang::Ko))),
            Self::Twice(path) => sentence!("{0} is varied twice", "{0}을(를) 두 번 바꿉니다", path),
            Self::TooMany { got, limit } => sentence!(
                "{0} runs are more than the {1} of one sweep",
                "실행 {0}번은 한 번의 스윕에 허용된 {1}번보다 많습니다",
                got,
                limit
            ),
            Self::Shard(text) => Sentence::untranslated(text),
        }
    }
}

/// One thing that is varied.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub path: String,
    pub values: Vec<Value>,
}

impl Axis {
    /// Reads `parts.4.workers=1,2,5`. Values are JSON; what is no JSON is a word.
    pub fn parse(text: &str) -> Result<Self, SweepError> {
        let shape = || SweepError::Shape(text.chars().take(80).collect());
        let (path, values) = text.split_once('=').ok_or_else(shape)?;
        let values: Vec<Value> = split(values).map(value).collect();
        let is_empty = |value: &Value| value.as_str().is_some_and(str::is_empty);
        if path.is_empty() || values.is_empty() || values.iter().any(is_empty) {
            return Err(shape());
        }
        Ok(Self { path: path.to_owned(), values })
    }
}

/// Splits at commas that stand outside of brackets and strings.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut quoted, mut escaped) = (0_i32, false, false);
    text.split(move |letter| {
        let was_escaped = std::mem::take(&mut escaped);
        match letter {
            '\\' if quoted => escaped = !was_escaped,
            '"' if !was_escaped => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0 && !quoted
    })
}

fn value(text: &str) -> Value {
    let text = text.trim();
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// A value as a column shows it.
pub fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The document with these values in these places, checked as if it had been written so.
pub fn apply(document: &Scenario, axes: &[Axis], values: &[Value]) -> Result<Scenario, SweepError> {
    let mut json: Value = serde_json::from_str(&document.to_json()).unwrap_or(Value::Null);
    for (axis, value) in axes.iter().zip(values) {
        *place(document, &mut json, &axis.path)? = value.clone();
    }
    let (paths, shown_values): (Vec<_>, Vec<_>) =
        axes.iter().zip(values).map(|(axis, value)| (axis.path.as_str(), shown(value))).unzip();
    Scenario::from_json(&json.to_string()).map_err(|error| SweepError::Refused {
        path: paths.join(","),
        value: shown_values.join(","),
        error,
    })
}

/// Where a path leads to; what the document left at its default is written there first.
fn place<'a>(document: &Scenario, json: &'a mut Value, path: &str) -> Result<&'a mut Value, SweepError> {
    let mut steps: Vec<&str> = path.split('.').collect();
    let first = steps.remove(0);
    let settings = crate::model::Settings::SPECS;
    match first {
        "parts" | "edges" => {
            let ids: Vec<u32> = if first == "parts" {
                document.parts.iter().map(|part| part.id).collect()
            } else {
                document.edges.iter().map(|edge| edge.id).collect()
            };
            let what = if first == "parts" { "part" } else { "edge" };
            let known = || list(ids.iter().map(u32::to_string));
            let Some(id) = steps.first() else {
                return Err(SweepError::Short {
                    path: path.to_owned(),
                    what: first.to_owned(),
                    known: known(),
                });
            };
            let Some(at) = ids.iter().position(|known| known.to_string() == **id) else {
                return Err(unknown(path, what, id, known()));
            };
            let element = field(json, first).get_mut(at).ok_or_else(|| unknown(path, what, id, known()))?;
            if first == "parts" {
                in_part(document.parts[at].params.kind(), element, &steps[1..], path)
            } else {
                in_edge(element, &steps[1..], path)
            }
        }
        name => match settings.iter().find(|spec| spec.name == name) {
            Some(spec) => parameter(json, spec, &steps, path),
            None => {
                let names =
                    ["parts.<id>", "edges.<id>"].into_iter().chain(settings.iter().map(|spec| spec.name));
                Err(unknown(path, "such path", name, list(names.map(str::to_owned))))
            }
        },
    }
}

fn in_part<'a>(
    kind: Kind,
    part: &'a mut Value,
    steps: &[&str],
    path: &str,
) -> Result<&'a mut Value, SweepError> {
    let specs = kind.spec().params;
    let known =
        || list(std::iter::once("count").chain(specs.iter().map(|spec| spec.name)).map(str::to_owned));
    match steps {
        [] => Err(SweepError::Short {
            path: path.to_owned(),
            what: kind.spec().name.to_owned(),
            known: known(),
        }),
        ["count"] => Ok(field(part, "count")),
        ["params", rest @ ..] | rest => match rest.split_first() {
            None => Err(SweepError::Short {
                path: path.to_owned(),
                what: kind.spec().name.to_owned(),
                known: known(),
            }),
            Some((name, rest)) => match specs.iter().find(|spec| spec.name == *name) {
                Some(spec) => parameter(object(field(part, "params")), spec, rest, path),
                None => Err(unknown(path, "parameter", name, known())),
            },
        },
    }
}

fn in_edge<'a>(edge: &'a mut Value, steps: &[&str], path: &str) -> Result<&'a mut Value, SweepError> {
    let set =
        |name: &str, specs: &[ParamSpec]| specs.iter().map(|spec| format!("{name}.{}", spec.name)).collect();
    let known = || {
        let net: Vec<String> = set("net", Net::SPECS);
        let policy: Vec<String> = set("policy", Policy::SPECS);
        list(["weight".to_owned(), "mode".to_owned()].into_iter().chain(net).chain(policy))
    };
    let specs = |name: &str| match name {
        "net" => Some(Net::SPECS),
        "policy" => Some(Policy::SPECS),
        _ => None,
    };
    match steps {
        [name @ ("weight" | "mode")] => Ok(field(edge, name)),
        [set, name, rest @ ..] if specs(set).is_some() => {
            match specs(set).unwrap_or_default().iter().find(|spec| spec.name == *name) {
                Some(spec) => parameter(object(field(edge, set)), spec, rest, path),
                None => Err(unknown(path, "parameter", &format!("{set}.{name}"), known())),
            }
        }
        [] => Err(SweepError::Short { path: path.to_owned(), what: "an edge".to_owned(), known: known() }),
        [name, ..] => Err(unknown(path, "parameter", name, known())),
    }
}

/// A parameter, or a number inside its value: `service_time.exp.mean_ms`.
fn parameter<'a>(
    set: &'a mut Value,
    spec: &ParamSpec,
    rest: &[&str],
    path: &str,
) -> Result<&'a mut Value, SweepError> {
    let mut place = field(set, spec.name);
    if place.is_null() && !rest.is_empty() {
        *place = serde_json::from_str(&value_text(&(spec.default)())).unwrap_or(Value::Null);
    }
    let mut found = spec.name;
    for step in rest {
        let Value::Object(fields) = place else {
            return Err(SweepError::Deep { path: path.to_owned(), found: found.to_owned() });
        };
        let known = list(fields.keys().cloned());
        place = fields.get_mut(*step).ok_or_else(|| unknown(path, "field", step, known))?;
        found = step;
    }
    Ok(place)
}

fn object(value: &mut Value) -> &mut Value {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value
}

fn field<'a>(value: &'a mut Value, name: &str) -> &'a mut Value {
    &mut object(value)[name]
}

fn unknown(path: &str, what: &'static str, found: &str, known: String) -> SweepError {
    SweepError::Unknown { path: path.to_owned(), what, found: found.to_owned(), known }
}

/// The first dozens of what exists.
fn list(all: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 40;
    let all: Vec<String> = all.collect();
    let more = if all.len() > SHOWN { format!(" and {} more", all.len() - SHOWN) } else { String::new() };
    if all.is_empty() { "none".to_owned() } else { all[..all.len().min(SHOWN)].join(", ") + &more }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn axes_are_read() {
        let axis = Axis::parse(r#"parts.4.service_time={"exp":{"mean_ms":1}},{"uniform":[1,2]},word, 3"#)
            .expect("read");
        assert_eq!(axis.path, "parts.4.service_time");
        let wanted = [json!({"exp": {"mean_ms": 1}}), json!({"uniform": [1, 2]}), json!("word"), json!(3)];
        assert_eq!(axis.values, wanted);
        for wrong in ["", "x", "x=", "=1", "x=1,,2"] {
            assert!(Axis::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_stand_where_the_path_leads() {
        let document = crate::starter();
        let set = |path: &str, value: Value| {
            apply(&document, &[Axis { path: path.to_owned(), values: vec![] }], &[value])
        };
        let web =
            document.parts.iter().find(|part| part.params.kind() == Kind::Web).expect("there is one").id;
        let edge = document.edges[0].id;
        assert_eq!(
            set(&format!("parts.{web}.count"), json!(7)).map(|done| done.part(web).map(|part| part.count)),
            Ok(Some(7))
        );
        let workers = set(&format!("parts.{web}.workers"), json!(7)).expect("set").to_json();
        assert!(workers.contains("\"workers\": 7"), "{workers}");
        let edited = set(&format!("edges.{edge}.policy.timeout_ms"), json!(77)).expect("set");
        assert_eq!(edited.edge(edge).map(|edge| edge.policy.timeout_ms.0), Some(77.0));
        assert_eq!(set("duration_s", json!(70)).map(|done| done.settings.duration_s.0), Ok(70.0));
        let app =
            document.parts.iter().find(|part| part.params.kind() == Kind::App).expect("there is one").id;
        assert!(
            set(&format!("parts.{app}.service_time.exp.mean_ms"), json!(7))
                .expect("set")
                .to_json()
                .contains("\"mean_ms\": 7")
        );
    }

    #[test]
    fn what_is_not_there_is_answered_with_what_is() {
        let document = crate::starter();
        let says = |path: &str, value: Value| {
            let axis = Axis { path: path.to_owned(), values: vec![] };
            apply(&document, &[axis], &[value]).expect_err("refused").to_string()
        };
        let web =
            document.parts.iter().find(|part| part.params.kind() == Kind::Web).expect("there is one").id;
        assert!(says("frobs", json!(1)).contains("parts.<id>, edges.<id>, seed, duration_s, warmup_s"));
        assert!(says("parts.999.workers", json!(1)).contains("no part 999; there are 1, "));
        assert!(says(&format!("parts.{web}.wrkers"), json!(1)).contains("count, workers"));
        assert!(
            says(&format!("edges.{}.policy.x", document.edges[0].id), json!(1)).contains("policy.timeout_ms")
        );
        assert!(says(&format!("parts.{web}.workers.x"), json!(1)).contains("has no parts of its own"));
        assert!(says(&format!("parts.{web}"), json!(1)).contains("goes on with count, workers"));
        assert!(says(&format!("parts.{web}.workers"), json!(0)).contains("params.workers"));
        assert!(says(&format!("parts.{web}.workers"), json!("many")).contains("params.workers"));
    }
}
