//! What stands on the timeline: planned and actual faults, failed checks, who sends no traffic, takeovers, alerts,
//! outages and goals.

use std::collections::BTreeMap;

use brownout_scenario::{Goal, Op, Scenario};
use brownout_sim::Ns;
use brownout_sim::observe::{Happening, What, Window};
use brownout_sim::param::Words;
use brownout_sim::system::{Id, Target, Verb};

use crate::state::lab::name_of;
use crate::words::{Lang, format};

const OUTAGES: Words = Words::new("Outages", "서비스 장애");
const OUTAGE: Words = Words::new("over 1 % fail", "1 % 넘게 실패");
const CHECKS: Words = Words::new("checks fail", "헬스 체크 실패");
const TAKEOVER: Words = Words::new("takeover", "승격");
const ALERT: Words = Words::new("alert", "알림");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Planned,
    Fault,
    /// Health checks fail, until somebody believes it.
    Detection,
    /// A balancer sends no traffic.
    Shunned,
    /// From the last word of a primary to the promotion of another.
    Takeover,
    /// A monitor's alert.
    Alert,
    /// Visitors notice.
    Outage,
    Goal,
    Met,
    Missed,
}

impl Nature {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Fault => "fault",
            Self::Detection => "detection",
            Self::Shunned => "shunned",
            Self::Takeover => "takeover",
            Self::Alert => "alert",
            Self::Outage => "outage",
            Self::Goal => "goal",
            Self::Met => "met",
            Self::Missed => "missed",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    pub from: Ns,
    /// `None`: not over yet.
    pub to: Option<Ns>,
    pub nature: Nature,
    pub label: String,
    /// Of a planned fault, its id.
    pub entry: Option<Id>,
}

impl Bar {
    const fn since(from: Ns, nature: Nature, label: String) -> Self {
        Self { from, to: None, nature, label, entry: None }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lane {
    /// Keeps a lane's elements, and the focus on them, when others come and go.
    pub key: String,
    pub name: String,
    pub bars: Vec<Bar>,
}

pub(super) fn lanes(
    document: &Scenario,
    happenings: &[Happening],
    windows: &[Window],
    lang: Lang,
) -> Vec<Lane> {
    let m = lang.messages();
    let mut faults: BTreeMap<Id, Lane> = BTreeMap::new();
    let mut takeovers: BTreeMap<Id, Lane> = BTreeMap::new();
    let mut shunned: BTreeMap<(Id, Id), Lane> = BTreeMap::new();
    let label = |verb: Verb, target: Target| {
        let word = lang.of(Verb::CHOICES[verb as usize].label);
        target.instance.map_or_else(|| word.to_owned(), |instance| format!("{word} #{instance}"))
    };
    for entry in &document.timeline {
        let lane = faults.entry(entry.target.id).or_default();
        // What strikes again and again goes on to the end.
        let open = if entry.injection.is_plain() { entry.at } else { Ns::MAX };
        let to = Some(entry.lasts.map_or(open, |lasts| entry.at + lasts));
        lane.bars.push(Bar {
            from: entry.at,
            to,
            nature: Nature::Planned,
            label: label(entry.verb, entry.target),
            entry: Some(entry.id),
        });
    }
    for happening in happenings {
        match &happening.what {
            What::Struck { verb: Verb::Restore, target } => {
                close(&mut faults.entry(target.id).or_default().bars, Nature::Fault, happening.at);
            }
            What::Struck { verb, target } => {
                let bar = Bar::since(happening.at, Nature::Fault, label(*verb, *target));
                faults.entry(target.id).or_default().bars.push(bar);
            }
            What::CheckFailed { checker, target, misses, .. } => {
                let bars = &mut shunned.entry((*checker, target.id)).or_default().bars;
                // Once traffic stays away, failing checks are no news.
                if bars.iter().any(|bar| bar.nature == Nature::Shunned && bar.to.is_none()) {
                    continue;
                }
                match bars.last_mut().filter(|bar| bar.nature == Nature::Detection && *misses > 1) {
                    Some(bar) => bar.to = Some(happening.at),
                    None => bars.push(Bar {
                        to: Some(happening.at),
                        ..Bar::since(happening.at, Nature::Detection, lang.of(CHECKS).to_owned())
                    }),
                }
            }
            What::Promoted { target, after, .. } => {
                let bar = Bar::since(
                    happening.at.saturating_sub(*after),
                    Nature::Takeover,
                    lang.of(TAKEOVER).to_owned(),
                );
                let bars = &mut takeovers.entry(target.id).or_default().bars;
                bars.push(Bar { to: Some(happening.at), ..bar });
            }
            What::Alerted { monitor, target, .. } => {
                let bar = Bar::since(happening.at, Nature::Alert, lang.of(ALERT).to_owned());
                shunned.entry((*monitor, target.id)).or_default().bars.push(bar);
            }
            What::AlertOver { monitor, target, .. } => {
                let bars = &mut shunned.entry((*monitor, target.id)).or_default().bars;
                close(bars, Nature::Alert, happening.at);
            }
            What::TakenOut { checker, target, .. } => {
                let label = target.instance.map_or_else(String::new, |instance| format!("#{instance}"));
                let bar = Bar::since(happening.at, Nature::Shunned, (m.taken_out)(&label));
                shunned.entry((*checker, target.id)).or_default().bars.push(bar);
            }
            What::TakenIn { checker, target } => {
                close(
                    &mut shunned.entry((*checker, target.id)).or_default().bars,
                    Nature::Shunned,
                    happening.at,
                );
            }
            _ => {}
        }
    }
    let faults = faults.into_iter().map(|(id, lane)| Lane {
        key: format!("of {id}"),
        name: name_of(document, id),
        ..lane
    });
    let shunned = shunned.into_iter().map(|((checker, target), lane)| Lane {
        key: format!("{checker} of {target}"),
        name: format!("{} → {}", name_of(document, checker), name_of(document, target)),
        ..lane
    });
    let lost =
        Lane { key: "outages".to_owned(), name: lang.of(OUTAGES).to_owned(), bars: outages(windows, lang) };
    let takeovers = takeovers.into_iter().map(|(id, lane)| {
        let name = format!("{}: {}", name_of(document, id), lang.of(TAKEOVER));
        Lane { key: format!("takeover {id}"), name, ..lane }
    });
    let goals = document.goals.iter().map(|goal| aim(document, goal, windows));
    faults
        .chain(shunned)
        .chain(takeovers)
        .chain([lost])
        .chain(goals)
        .filter(|lane| !lane.bars.is_empty())
        .collect()
}

/// A goal, window by window where windows can tell; else only when it counts.
fn aim(document: &Scenario, goal: &Goal, windows: &[Window]) -> Lane {
    let words =
        format!("{} {} {}", goal.metric, Op::CHOICES[goal.op as usize].name, format::number(goal.value));
    let duration = document.options().duration;
    let [from, to] = goal.over.unwrap_or([document.options().warmup, duration]);
    let inside = windows.iter().filter(|window| window.start >= from && window.start + window.length <= to);
    let mut bars: Vec<Bar> = Vec::new();
    for window in inside {
        let Some(value) = value_of(window, &goal.metric) else { continue };
        let met = goal.op.holds(value, goal.value, goal.tolerance);
        let nature = if met { Nature::Met } else { Nature::Missed };
        let until = window.start + window.length;
        match bars.last_mut().filter(|bar| bar.nature == nature && bar.to == Some(window.start)) {
            Some(bar) => bar.to = Some(until),
            None => {
                bars.push(Bar { to: Some(until), ..Bar::since(window.start, nature, words.clone()) });
            }
        }
    }
    if bars.is_empty() {
        bars.push(Bar { to: Some(to), ..Bar::since(from, Nature::Goal, words.clone()) });
    }
    Lane { key: format!("goal {}", goal.id), name: words, bars }
}

/// What a window says of a metric; `None` where it says nothing.
fn value_of(window: &Window, metric: &str) -> Option<f64> {
    let per_second = |count: u64| count as f64 * 1e9 / window.length.max(1) as f64;
    let ms = |latency: Option<Ns>| latency.map(|latency| latency as f64 / 1e6);
    let ended: u64 = window.outcomes.iter().sum();
    match metric {
        "goodput_rps" => Some(per_second(window.good)),
        "throughput_rps" => Some(per_second(window.finished)),
        "availability" => (ended > 0).then(|| window.outcomes[0] as f64 / ended as f64),
        "latency_ms.p50" => ms(window.p50),
        "latency_ms.p95" => ms(window.p95),
        "latency_ms.p99" => ms(window.p99),
        _ => None,
    }
}

/// From the first window with less than 99 % good answers to the first with that many again: the effect, where a fault is
/// the cause.
fn outages(windows: &[Window], lang: Lang) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    let mut is_out = false;
    for window in windows.iter().filter(|window| window.finished > 0 || window.issued > 0) {
        let failed: u64 = window.outcomes.iter().skip(1).sum();
        let ended = window.outcomes[0] + failed;
        let bad = ended > 0 && failed * 100 > ended;
        match (bad, bars.last_mut().filter(|_| is_out)) {
            (true, Some(bar)) => bar.to = Some(window.start + window.length),
            (true, None) => {
                let to = Some(window.start + window.length);
                let label = lang.of(OUTAGE).to_owned();
                bars.push(Bar { from: window.start, to, nature: Nature::Outage, label, entry: None });
            }
            (false, _) => {}
        }
        is_out = bad;
    }
    bars
}

fn close(bars: &mut [Bar], nature: Nature, at: Ns) {
    for bar in bars.iter_mut().filter(|bar| bar.nature == nature && bar.to.is_none()) {
        bar.to = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use brownout_scenario::starter;
    use brownout_sim::observe::Outcome;

    use super::*;

    fn natures(happenings: &[(Ns, What)]) -> Vec<(&'static str, Ns, Option<Ns>)> {
        let happenings: Vec<Happening> =
            happenings.iter().map(|(at, what)| Happening { at: *at, what: what.clone() }).collect();
        let lanes = lanes(&starter(), &happenings, &[], Lang::En);
        lanes.iter().flat_map(|lane| &lane.bars).map(|bar| (bar.nature.class(), bar.from, bar.to)).collect()
    }

    #[test]
    fn detection_runs_from_the_first_miss_to_the_last_and_then_traffic_stays_away() {
        let target = Target::whole(4);
        let miss = |misses| What::CheckFailed { checker: 3, target, misses, cause: Outcome::Refused };
        let told = natures(&[
            (1, miss(1)),
            (3, miss(2)),
            (5, miss(3)),
            (5, What::TakenOut { checker: 3, target, after: 4 }),
            (9, What::TakenIn { checker: 3, target }),
        ]);
        assert_eq!(told, [("detection", 1, Some(5)), ("shunned", 5, Some(9))]);
    }

    #[test]
    fn takeovers_begin_with_the_silence_and_alerts_end() {
        let target = Target::one(4, 2);
        let metric = brownout_sim::component::Metric::None;
        let told = natures(&[
            (50, What::Promoted { target, after: 20, lost: 0 }),
            (60, What::Alerted { monitor: 9, target, metric, after: 5 }),
            (70, What::AlertOver { monitor: 9, target, metric }),
        ]);
        assert_eq!(told, [("alert", 60, Some(70)), ("takeover", 30, Some(50))]);
    }
}
