//! One parameter for all that is selected.

use brownout_scenario::Scenario;
use brownout_scenario::edit::Set;
use brownout_sim::param::{ParamSpec, Value};

use crate::state::params::Owner;

/// A parameter that several have.
#[derive(Clone, Debug)]
pub struct Common {
    /// The declaration of the first.
    pub spec: &'static ParamSpec,
    /// The first one's.
    pub value: Value,
    /// Others have other values.
    pub mixed: bool,
    /// All that have it, and its place in their declarations.
    pub places: Vec<(Owner, usize)>,
}

/// The parameters that all of these have: the same name, the same limits.
pub fn common(document: &Scenario, owners: &[Owner]) -> Vec<Common> {
    let Some((first, rest)) = owners.split_first() else { return Vec::new() };
    let specs = first.specs(document);
    let value_of = |index| first.value(document, index).unwrap_or(Value::Flag(false));
    let of_all = specs.iter().enumerate().filter(|(_, spec)| spec.is_in_use(specs, value_of));
    let all = of_all.filter_map(|(index, spec)| {
        let mut places = vec![(*first, index)];
        for other in rest {
            let twin = |twin: &ParamSpec| twin.name == spec.name && twin.domain == spec.domain;
            places.push((*other, other.specs(document).iter().position(twin)?));
        }
        let value = first.value(document, index)?;
        let differs =
            |(owner, index): &(Owner, usize)| owner.value(document, *index).as_ref() != Some(&value);
        let mixed = places.iter().any(differs);
        Some(Common { spec, value, mixed, places })
    });
    all.collect()
}

/// The edit that gives them all this value.
pub fn set(document: &Scenario, places: &[(Owner, usize)], value: &Value) -> Vec<Set> {
    places.iter().filter_map(|(owner, index)| owner.set(document, *index, value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use brownout_scenario::edit::Edit;
    use brownout_scenario::starter;
    use brownout_sim::component::Kind;

    use super::*;

    #[test]
    fn servers_of_two_types_share_what_has_one_name_and_one_domain() {
        let mut document = starter();
        let owners: Vec<Owner> = document
            .parts
            .iter()
            .filter(|part| matches!(part.params.kind(), Kind::Web | Kind::App))
            .map(|part| Owner::Part(part.id))
            .collect();
        let all = common(&document, &owners);
        let backlog = all.iter().find(|common| common.spec.name == "backlog").expect("both have a backlog");
        assert_eq!(backlog.places.len(), owners.len());
        Edit(set(&document, &backlog.places, &Value::Count(7))).apply(&mut document);
        for owner in &owners {
            let index = owner.specs(&document).iter().position(|spec| spec.name == "backlog");
            assert_eq!(owner.value(&document, index.expect("declared")), Some(Value::Count(7)));
        }
        let again = common(&document, &owners);
        assert!(again.iter().all(|common| common.spec.name != "backlog" || !common.mixed));
    }
}
