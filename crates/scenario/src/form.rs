//! What a form needs to know of one parameter, read from its declaration: the inspector draws this, and
//! the terminal prints it.

use brownout_sim::component::Kind;
use brownout_sim::param::{Choice, Domain, LAWS, ParamSpec, When, Words};
use serde_json::{Value, json};

use crate::codec::value_text;
use crate::error::Lang;

/// One row of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub name: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    /// Behind the number; empty where there is none.
    pub unit: &'static str,
    pub control: Control,
    /// Where it means something only for some words of another choice.
    pub when: Option<When>,
    /// As the document would write it.
    pub default: String,
}

/// What a value is entered with.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    Switch,
    Whole {
        min: u32,
        max: u32,
    },
    Number {
        min: f64,
        max: f64,
    },
    /// A number, or one of these words with what they mean.
    NumberOr {
        min: f64,
        max: f64,
        words: Vec<(&'static str, &'static str)>,
    },
    /// At most so many numbers, as a text.
    List {
        min: f64,
        max: f64,
        most: usize,
    },
    /// Words as the document writes them, with what they mean.
    Choice(Vec<(&'static str, &'static str)>),
    /// Kinds of distributions as the document writes them, with what they mean; no time above `max_ms`.
    Law {
        kinds: Vec<(&'static str, &'static str)>,
        max_ms: f64,
    },
}

/// The form of one table of parameters.
pub fn rows(specs: &[ParamSpec], lang: Lang) -> Vec<Row> {
    specs.iter().map(|spec| row(spec, lang)).collect()
}

fn row(spec: &ParamSpec, lang: Lang) -> Row {
    let control = match spec.domain {
        Domain::Flag => Control::Switch,
        Domain::Count { min, max } => Control::Whole { min, max },
        Domain::Number { min, max } => Control::Number { min, max },
        Domain::NumberOr { min, max, words } => Control::NumberOr { min, max, words: pairs(words, lang) },
        Domain::Choice(choices) => Control::Choice(pairs(choices, lang)),
        Domain::List { min, max, most } => Control::List { min, max, most },
        Domain::Law { max_ms } => {
            Control::Law { kinds: LAWS.iter().map(|law| (law.name, pick(law.label, lang))).collect(), max_ms }
        }
    };
    Row {
        name: spec.name,
        label: pick(spec.label, lang),
        help: pick(spec.help, lang),
        unit: spec.unit.symbol(),
        control,
        when: spec.when,
        default: value_text(&(spec.default)()),
    }
}

/// Words as the document writes them, with what they mean.
fn pairs(choices: &[Choice], lang: Lang) -> Vec<(&'static str, &'static str)> {
    choices.iter().map(|choice| (choice.name, pick(choice.label, lang))).collect()
}

/// The text in the reader's language.
pub const fn pick(words: Words, lang: Lang) -> &'static str {
    match lang {
        Lang::En => words.en,
        Lang::Ko => words.ko,
    }
}

/// All component types with their parameters, for programs.
pub fn components(lang: Lang) -> Value {
    Kind::ALL.iter().map(|kind| component(*kind, lang)).collect()
}

fn component(kind: Kind, lang: Lang) -> Value {
    use brownout_sim::system::{EdgeKind, Mode, Verb};
    let spec = kind.spec();
    let edges = |kinds: &[EdgeKind]| {
        kinds.iter().map(|kind| EdgeKind::CHOICES[*kind as usize].name).collect::<Vec<_>>()
    };
    json!({
        "type": spec.name,
        "label": pick(spec.label, lang),
        "help": pick(spec.help, lang),
        "group": pick(spec.group.label(), lang),
        "offers": edges(spec.offers),
        "accepts": edges(spec.accepts),
        "faults": spec.faults.iter().map(|verb| Verb::CHOICES[*verb as usize].name).collect::<Vec<_>>(),
        "new_edge": {
            "mode": Mode::CHOICES[spec.new_edge.mode as usize].name,
            "latency_ms": spec.new_edge.latency_ms,
            "timeout_ms": spec.new_edge.timeout_ms,
        },
        "gauges": spec.gauges.iter().map(|gauge| json!({"name": gauge.name, "label": pick(gauge.label, lang)}))
            .collect::<Vec<_>>(),
        "params": describe(spec.params, lang),
    })
}

/// The parameters of one table, for programs.
pub fn describe(specs: &[ParamSpec], lang: Lang) -> Value {
    rows(specs, lang).into_iter().map(describe_row).collect()
}

fn describe_row(row: Row) -> Value {
    let words = |pairs: Vec<(&str, &str)>| {
        pairs.into_iter().map(|(name, label)| json!({"name": name, "label": label})).collect::<Vec<_>>()
    };
    let mut value = json!({"name": row.name, "label": row.label, "help": row.help, "unit": row.unit});
    let (kind, limits) = match row.control {
        Control::Switch => ("flag", Vec::new()),
        Control::Whole { min, max } => ("whole", vec![("min", json!(min)), ("max", json!(max))]),
        Control::Number { min, max } => ("number", vec![("min", json!(min)), ("max", json!(max))]),
        Control::NumberOr { min, max, words: choices } => {
            ("number", vec![("min", json!(min)), ("max", json!(max)), ("choices", json!(words(choices)))])
        }
        Control::Choice(choices) => ("choice", vec![("choices", json!(words(choices)))]),
        Control::List { min, max, most } => {
            ("list", vec![("min", json!(min)), ("max", json!(max)), ("most", json!(most))])
        }
        Control::Law { kinds, max_ms } => {
            ("distribution", vec![("kinds", json!(words(kinds))), ("max_ms", json!(max_ms))])
        }
    };
    if let Some(When { param, words }) = row.when {
        value["when"] = json!({"param": param, "words": words});
    }
    value["kind"] = json!(kind);
    for (name, limit) in limits {
        value[name] = limit;
    }
    // The default is JSON already.
    value["default"] = serde_json::from_str(&row.default).unwrap_or(Value::Null);
    value
}
