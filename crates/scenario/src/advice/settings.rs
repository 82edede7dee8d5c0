//! Settings that contradict each other: each is legal, and together they cannot do what they say.

use brownout_sim::component::{AnyParams, Kind};
use brownout_sim::param::Value;
use brownout_sim::system::EdgeKind;

use super::{Advice, What, shown};
use crate::model::{Part, Scenario};

impl Scenario {
    /// Advice about single fields.
    pub(super) fn advise_on_settings(&self, all: &mut Vec<Advice>) {
        for (index, part) in self.parts.iter().enumerate() {
            let (field, what) = match part.params.kind() {
                Kind::Client => match (nobody_comes(part), self.deadline_is_late(part)) {
                    (Some(field), _) => (field, What::NobodyComes),
                    (None, true) => ("deadline_ms", What::LateDeadline),
                    (None, false) => continue,
                },
                _ => continue,
            };
            all.push(Advice { path: format!("parts[{index}].params.{field}"), what, name: shown(part) });
        }
        for (index, edge) in self.edges.iter().enumerate() {
            let policy = &edge.policy;
            let field = |name: &str, what| Advice {
                path: format!("edges[{index}].policy.{name}"),
                what,
                name: String::new(),
            };
            if policy.need.0 > policy.fan_out.0 {
                all.push(field("need", What::MoreThanAsked));
            }
            if policy.timeout_ms.0 > 0.0 && policy.hedge_ms.0 >= policy.timeout_ms.0 {
                all.push(field("hedge_ms", What::NeverSecond));
            }
        }
    }

    /// Whether a client counts answers as in time that it does not wait for, on every connection.
    fn deadline_is_late(&self, part: &Part) -> bool {
        let AnyParams::Client(params) = &part.params else { return false };
        let mut calls =
            self.edges.iter().filter(|edge| edge.kind == EdgeKind::Calls && edge.from == part.id).peekable();
        let gives_up = |timeout: f64| timeout > 0.0 && timeout < params.deadline_ms.0;
        calls.peek().is_some() && calls.all(|edge| gives_up(edge.policy.timeout_ms.0))
    }
}

/// The field without which nobody comes.
fn nobody_comes(part: &Part) -> Option<&'static str> {
    let is_empty = |name: &str| matches!(part.params.named(name), Some(Value::List(all)) if all.is_empty());
    match part.params.word("arrival") {
        Some("times") => is_empty("times_s").then_some("times_s"),
        Some("rates") => is_empty("rates_rps").then_some("rates_rps"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advised(client: &str, policy: &str) -> Vec<(String, What)> {
        let document = format!(
            r#"{{"version":1,"parts":[{{"id":1,"type":"client","params":{{{client}}}}},{{"id":2,"type":"app"}}],
            "edges":[{{"id":3,"from":1,"to":2,"policy":{{{policy}}}}}]}}"#
        );
        let document = Scenario::from_json(&document).unwrap_or_else(|error| panic!("{error}"));
        document.advice().into_iter().map(|advice| (advice.path, advice.what)).collect()
    }

    #[test]
    fn what_contradicts_itself_is_advised_about_with_its_field() {
        let at = |path: &str, what| vec![(path.to_owned(), what)];
        assert_eq!(advised("", ""), []);
        let nobody = |field: &str| at(&format!("parts[0].params.{field}"), What::NobodyComes);
        assert_eq!(advised(r#""arrival":"times""#, ""), nobody("times_s"));
        assert_eq!(advised(r#""arrival":"times","times_s":[1]"#, ""), []);
        assert_eq!(advised(r#""arrival":"rates""#, ""), nobody("rates_rps"));
        let late = at("parts[0].params.deadline_ms", What::LateDeadline);
        assert_eq!(advised(r#""deadline_ms":900"#, r#""timeout_ms":800"#), late);
        assert_eq!(advised(r#""deadline_ms":900"#, r#""timeout_ms":900"#), []);
        assert_eq!(advised(r#""deadline_ms":900"#, r#""timeout_ms":0"#), []);
        let more = at("edges[0].policy.need", What::MoreThanAsked);
        assert_eq!(advised("", r#""fan_out":2,"need":3"#), more);
        assert_eq!(advised("", r#""fan_out":2,"need":2"#), []);
        let never = at("edges[0].policy.hedge_ms", What::NeverSecond);
        assert_eq!(advised("", r#""hedge_ms":500,"timeout_ms":500"#), never);
        assert_eq!(advised("", r#""hedge_ms":499,"timeout_ms":500"#), []);
    }

    #[test]
    fn advice_is_found_by_what_it_is_about() {
        let document = r#"{"version":1,"parts":[{"id":1,"type":"client"},{"id":2,"type":"app"},{"id":4,"type":"app"}],
            "edges":[{"id":3,"from":1,"to":2,"policy":{"need":3}}]}"#;
        let document = Scenario::from_json(document).unwrap_or_else(|error| panic!("{error}"));
        let on = |id| document.advice_on(id).into_iter().map(|advice| advice.what).collect::<Vec<_>>();
        assert_eq!(on(3), [What::MoreThanAsked]);
        assert_eq!(on(4), [What::NeverCalled]);
        assert_eq!((on(1), on(2), on(9)), (vec![], vec![], vec![]));
    }
}
