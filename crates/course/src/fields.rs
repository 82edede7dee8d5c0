//! Everything that is simulated of the parts and edges of a document, path by path.

use std::collections::BTreeMap;

use brownout_scenario::{Scenario, params};
use brownout_sim::param::{ParamSet, ParamSpec, Value, Words};
use brownout_sim::system::{EdgeKind, Mode, Net, Policy};

/// What stands at a path.
#[derive(Clone, Debug)]
pub enum Held {
    /// The type of a part or an edge, or how an edge is called.
    Word(&'static str),
    /// A number of instances, an id or a weight.
    Number(f64),
    Nothing,
    Param(&'static ParamSpec, Value),
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Word(one), Self::Word(other)) => one == other,
            (Self::Number(one), Self::Number(other)) => one == other,
            (Self::Nothing, Self::Nothing) => true,
            (Self::Param(_, one), Self::Param(_, other)) => one == other,
            _ => false,
        }
    }
}

impl Held {
    /// As a number, where it is one; the mean of a distribution, in milliseconds.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) | Self::Param(_, Value::Number(number)) => Some(*number),
            Self::Param(_, Value::Count(count)) => Some(f64::from(*count)),
            Self::Param(_, Value::Law(law)) => Some(law.mean_ms()),
            _ => None,
        }
    }

    pub fn text(&self) -> String {
        match self {
            Self::Word(word) => (*word).to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Nothing => "–".to_owned(),
            Self::Param(_, value) => params::text_of(value),
        }
    }

    /// What the page calls it, where it is a parameter.
    pub const fn label(&self) -> Option<Words> {
        match self {
            Self::Param(spec, _) => Some(spec.label),
            _ => None,
        }
    }
}

/// By path, such as `parts.4.workers` or `edges.9.policy.retries`. Parameters at their defaults are there as well.
pub fn fields(document: &Scenario) -> BTreeMap<String, Held> {
    let mut all = BTreeMap::new();
    for part in &document.parts {
        let at = |name: &str| format!("parts.{}.{name}", part.id);
        let spec = part.params.kind().spec();
        all.insert(at("type"), Held::Word(spec.name));
        all.insert(at("count"), Held::Number(f64::from(part.count)));
        all.insert(at("inside"), part.inside.map_or(Held::Nothing, |id| Held::Number(f64::from(id))));
        for (index, one) in spec.params.iter().enumerate() {
            all.insert(at(one.name), Held::Param(one, part.params.get(index)));
        }
    }
    for edge in &document.edges {
        let at = |name: &str| format!("edges.{}.{name}", edge.id);
        all.insert(at("kind"), Held::Word(EdgeKind::CHOICES[edge.kind as usize].name));
        all.insert(at("mode"), Held::Word(Mode::CHOICES[edge.mode as usize].name));
        all.insert(at("from"), Held::Number(f64::from(edge.from)));
        all.insert(at("to"), Held::Number(f64::from(edge.to)));
        all.insert(at("weight"), edge.weight.map_or(Held::Nothing, Held::Number));
        for (index, one) in Net::SPECS.iter().enumerate() {
            all.insert(at(&format!("net.{}", one.name)), Held::Param(one, edge.net.get(index)));
        }
        for (index, one) in Policy::SPECS.iter().enumerate() {
            all.insert(at(&format!("policy.{}", one.name)), Held::Param(one, edge.policy.get(index)));
        }
    }
    all
}

/// `edges.*.policy` matches `edges.7.policy.timeout_ms`.
pub fn matches(pattern: &str, path: &str) -> bool {
    let mut steps = path.split('.');
    pattern.split('.').all(|wanted| steps.next().is_some_and(|step| wanted == "*" || wanted == step))
}

/// The part or the edge that a path is about.
pub fn id_of(path: &str) -> Option<u32> {
    path.split('.').nth(1)?.parse().ok()
}
