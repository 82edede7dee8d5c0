//! "Why" as a panel: sentences, each with its evidence; what they are about is selected, and their moment is gone to.

use brownout_scenario::Scenario;
use brownout_why::{Claim, Damage, Diagnosis, Evidence, claims, damage_said};
use serde_json::{Value, json};

use crate::node::{Node, button, node};
use crate::words::{self, Tongue};

pub(crate) fn panel(found: &Diagnosis, tongue: Tongue) -> Node {
    let all = claims(found);
    let mut view = node("div", "why").attribute("data-testid", "why");
    let sections = [
        (words::WHY_STATE, &["state"][..]),
        (words::WHY_CAUSE, &["cause", "trigger"]),
        (words::WHY_COURSE, &["first", "dragged"]),
        (words::WHY_LIMIT, &["limit"]),
        (words::WHERE, &["share", "held"]),
        (words::WHY_HELP, &["help"]),
        (words::WHY_THEORY, &["theory"]),
    ];
    for (title, kinds) in sections {
        let of: Vec<&Claim> = all.iter().filter(|claim| kinds.contains(&claim.kind)).collect();
        if of.is_empty() {
            continue;
        }
        let lines = of
            .into_iter()
            .map(|claim| node("li", "why-claim").child(line(claim, tongue)).children(proof(claim)));
        view = view.child(
            node("section", "")
                .attribute("data-kind", kinds[0])
                .child(node("h3", "").text(tongue.of(title)))
                .child(node("ul", "").children(lines)),
        );
    }
    let scan = json!([{ "ask": { "do": "scan" } }]);
    view.child(button("button framed", tongue.of(words::SCAN), scan).attribute("data-testid", "scan"))
}

fn line(claim: &Claim, tongue: Tongue) -> Node {
    let mut does = Vec::new();
    if let Some(at) = claim.at {
        does.push(json!({ "seek": at }));
    }
    if let Some(id) = claim.about {
        does.push(json!({ "show": id }));
    }
    let words = claim.said.get(tongue.lang());
    if does.is_empty() {
        return node("p", "").text(words);
    }
    button("why-line", words, Value::Array(does))
}

fn proof(claim: &Claim) -> Option<Node> {
    if claim.evidence.is_empty() {
        return None;
    }
    let row = |one: &Evidence| {
        let (from, to) = (one.from as f64 / 1e9, one.to as f64 / 1e9);
        let theory = one.theory.map_or_else(String::new, |(value, form)| format!("; {form}: {value:.3}"));
        node("li", "").text(format!("{} = {:.3} ({from:.0}–{to:.0} s){theory}", one.metric, one.value))
    };
    Some(node("ul", "why-proof dim").children(claim.evidence.iter().map(row)))
}

pub(crate) fn damages(found: &[Damage], document: &Scenario, tongue: Tongue) -> Node {
    let rows = found.iter().map(|damage| {
        let does = json!([{ "show": damage.target.id }, { "seek": damage.at }]);
        let words = damage_said(damage, document).get(tongue.lang()).to_owned();
        let class = if damage.is_single_point() { "why-line bad" } else { "why-line" };
        let share = (damage.after.share() * 100.0).clamp(0.0, 100.0);
        node("li", "why-claim")
            .child(button(class, &words, does).attribute("data-part", damage.target.id))
            .child(node("i", "why-share").attribute("style", format!("width:{share:.1}%")))
    });
    node("div", "why")
        .attribute("data-testid", "damages")
        .child(node("p", "dim").text(tongue.of(words::SCAN_HELP)))
        .child(node("ul", "").children(rows))
}
