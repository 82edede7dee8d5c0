//! Every name of the format with its key in links, as the list of released keys remembers them.

use brownout_sim::component::Kind;
use brownout_sim::param::{Domain, LAWS, LawField, LawFieldKind, ParamSet, ParamSpec};
use brownout_sim::system::{EdgeKind, Injection, Mode, Net, Policy, Verb};

use crate::codec::{CONTEXTS, value_text};
use crate::model::{Op, Settings, View};

/// One name of the format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The object that it stands in.
    pub context: String,
    pub name: &'static str,
    pub key: &'static str,
    /// What an absent one means; `-` where that is not a value.
    pub default: String,
    pub since: u16,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { context, name, key, default, since } = self;
        write!(f, "{context} {name} {key} {default} {since}")
    }
}

/// All names and words of the format.
pub fn keys() -> Vec<Key> {
    let mut keys = Vec::new();
    for (context, fields) in CONTEXTS {
        for field in *fields {
            let (name, key, since) = (field.name, field.key, field.since);
            let default = default_of(context, name).to_owned();
            keys.push(Key { context: (*context).to_owned(), name, key, default, since });
        }
    }
    // The settings of a run stand in the document itself.
    keys.extend(keys_of("scenario", Settings::SPECS));
    keys.extend(keys_of("entry", Injection::SPECS));
    keys.extend(keys_of("view", View::SPECS));
    keys.extend(keys_of("net", Net::SPECS));
    keys.extend(keys_of("policy", Policy::SPECS));
    for kind in Kind::ALL {
        let spec = kind.spec();
        keys.push(word("word:type", spec.name));
        keys.extend(keys_of(&format!("params:{}", spec.name), spec.params));
    }
    for law in LAWS {
        keys.push(Key { key: law.key, ..word("law", law.name) });
        keys_of_law(&format!("law:{}", law.name), law.fields, &mut keys);
    }
    for (context, words) in
        [("kind", EdgeKind::CHOICES), ("mode", Mode::CHOICES), ("do", Verb::CHOICES), ("op", Op::CHOICES)]
    {
        keys.extend(words.iter().map(|choice| word(&format!("word:{context}"), choice.name)));
    }
    keys
}

fn keys_of_law(context: &str, fields: &[LawField], keys: &mut Vec<Key>) {
    for field in fields {
        keys.push(Key { key: field.key, ..word(context, field.name) });
        if let LawFieldKind::Items { of, .. } = field.kind {
            keys_of_law(&format!("{context}.{}", field.name), of, keys);
        }
    }
}

/// What stands for a field of the document itself that is left out.
fn default_of(context: &str, name: &str) -> &'static str {
    match (context, name) {
        ("part", "count") => "1",
        ("edge", "kind") => EdgeKind::CHOICES[0].name,
        ("edge", "mode") => Mode::CHOICES[0].name,
        ("goal", "tol") => "0",
        ("entry" | "log", "factor") => "2",
        _ => "-",
    }
}

/// A word that links hold as it is.
fn word(context: &str, word: &'static str) -> Key {
    Key { context: context.to_owned(), name: word, key: word, default: "-".to_owned(), since: 1 }
}

/// The names of one table of parameters.
pub fn keys_of(context: &str, specs: &[ParamSpec]) -> Vec<Key> {
    let mut keys = Vec::with_capacity(specs.len());
    for spec in specs {
        keys.push(Key {
            context: context.to_owned(),
            name: spec.name,
            key: spec.key,
            default: value_text(&(spec.default)()),
            since: spec.since,
        });
        if let Domain::Choice(choices) | Domain::NumberOr { words: choices, .. } = spec.domain {
            keys.extend(
                choices.iter().map(|choice| word(&format!("word:{context}.{}", spec.name), choice.name)),
            );
        }
    }
    keys
}
