//! The same as data.

use brownout_scenario::Scenario;
use serde_json::{Value as Json, json};

use super::{Claim, Evidence, Said, claims, damage_said};
use crate::inquiry::{Diagnosis, Tried};
use crate::scan::Damage;

fn said_json(said: &Said) -> Json {
    json!({"en": said.en, "ko": said.ko})
}

/// A diagnosis as data.
pub fn diagnosis_json(found: &Diagnosis) -> Json {
    let tried = |tried: &Tried| {
        json!({
            "cause": format!("{:?}", tried.cause),
            "about": tried.cause.about(),
            "bad_share": tried.without.share(),
            "benefit": found.benefit(tried),
        })
    };
    let evidence = |one: &Evidence| {
        let mut value = json!({
            "metric": one.metric, "from_s": one.from as f64 / 1e9, "to_s": one.to as f64 / 1e9, "value": one.value,
        });
        if let Some((expected, form)) = one.theory {
            value["theory"] = json!({"form": form, "value": expected});
        }
        value
    };
    let claim = |claim: &Claim| {
        json!({
            "kind": claim.kind,
            "said": said_json(&claim.said),
            "about": claim.about,
            "at_s": claim.at.map(|at| at as f64 / 1e9),
            "evidence": claim.evidence.iter().map(evidence).collect::<Vec<_>>(),
        })
    };
    json!({
        "alarm": found.is_alarm(),
        "bad_share": found.health.share(),
        "cause": found.cause.as_ref().map(tried),
        "trigger": found.trigger.as_ref().map(tried),
        "tried": found.tried.iter().map(tried).collect::<Vec<_>>(),
        "claims": claims(found).iter().map(claim).collect::<Vec<_>>(),
    })
}

/// A scan as data.
pub fn scan_json(damages: &[Damage], document: &Scenario) -> Json {
    let damage = |damage: &Damage| {
        json!({
            "target": damage.target.to_string(),
            "at_s": damage.at as f64 / 1e9,
            "bad_share": damage.after.share(),
            "bad_share_settled": damage.settled.share(),
            "bad_share_before": damage.before.share(),
            "single_point": damage.is_single_point(),
            "said": said_json(&damage_said(damage, document)),
        })
    };
    damages.iter().map(damage).collect()
}
