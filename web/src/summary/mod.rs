//! The whole lab in sentences, for whoever listens instead of looking: what there is, what flows, what fails, and what is
//! near its limit.

mod words;

use std::collections::BTreeMap;

use brownout_scenario::Scenario;
use brownout_sim::observe::{PartGauge, Picture, Window};
use brownout_sim::system::Id;

use self::words::Texts;
use crate::state::lab::name_of;
use crate::words::{Lang, format};
use crate::worker::Frame;

/// More of a kind than this are counted, not named.
const NAMED: usize = 24;
/// From this share on, a part is near its limit.
const NEAR: f32 = 0.7;

/// The lab as it is now.
pub fn sentences(
    document: &Scenario,
    frame: Option<&Frame>,
    last: Option<&Window>,
    lang: Lang,
) -> Vec<String> {
    let texts = Texts::of(lang);
    let mut said = vec![there(document, texts, lang)];
    said.extend(places(document, texts));
    said.extend(calls(document, texts));
    match frame {
        Some(frame) => {
            said.push(run(frame, last, texts, lang));
            said.push(failing(document, &frame.picture, texts, lang));
            said.push(limits(document, &frame.picture, texts));
        }
        None => said.push(texts.not_started.to_owned()),
    }
    said
}

/// So many of each type, in the order of the palette.
fn there(document: &Scenario, texts: &Texts, lang: Lang) -> String {
    if document.parts.is_empty() {
        return texts.empty.to_owned();
    }
    let mut types: BTreeMap<_, usize> = BTreeMap::new();
    for part in &document.parts {
        *types.entry(part.params.kind()).or_default() += 1;
    }
    let types = types.iter().map(|(kind, count)| (texts.of_type)(lang.of(kind.spec().label), *count));
    let m = lang.messages();
    (texts.there)(
        &(m.parts_count)(document.parts.len()),
        &(m.edges_count)(document.edges.len()),
        &list(types.collect(), texts),
    )
}

fn places(document: &Scenario, texts: &Texts) -> Option<String> {
    let name = |id: Id| name_of(document, id);
    let holds = document.parts.iter().filter_map(|place| {
        let inside = document.parts.iter().filter(|part| part.inside == Some(place.id));
        let inside: Vec<String> = inside.map(|part| name(part.id)).collect();
        (!inside.is_empty()).then(|| (texts.holds)(&name(place.id), &list(inside, texts)))
    });
    let holds: Vec<String> = holds.collect();
    (!holds.is_empty()).then(|| holds.join(" "))
}

/// Who asks whom.
fn calls(document: &Scenario, texts: &Texts) -> Option<String> {
    let asks = document.parts.iter().filter_map(|part| {
        let targets =
            document.edges.iter().filter(|edge| edge.from == part.id).map(|edge| name_of(document, edge.to));
        let targets: Vec<String> = targets.collect();
        (!targets.is_empty()).then(|| (texts.asks)(&name_of(document, part.id), &list(targets, texts)))
    });
    let asks: Vec<String> = asks.collect();
    let more = asks.len().saturating_sub(NAMED);
    let mut said = asks.into_iter().take(NAMED).collect::<Vec<_>>().join(" ");
    if more > 0 {
        said = format!("{said} {}", (texts.more)(more));
    }
    (!said.is_empty()).then_some(said)
}

fn run(frame: &Frame, last: Option<&Window>, texts: &Texts, lang: Lang) -> String {
    let failed: u64 = frame.requests.failed.iter().sum();
    let counts = [frame.requests.issued, frame.requests.succeeded, failed, frame.requests.in_flight];
    let time = format::clock(frame.now);
    let mut said = (texts.run)(frame.playing, &time, &counts.map(format::count));
    if let Some(window) = last {
        let goodput = format::rate(lang, window.good as f64 * 1e9 / window.length.max(1) as f64);
        said = format!("{said} {}", (texts.lately)(&goodput, window.p99.map(format::span).as_deref()));
    }
    said
}

fn failing(document: &Scenario, picture: &Picture, texts: &Texts, lang: Lang) -> String {
    let parts = picture.parts.iter().filter_map(|part| {
        let [down, parked] = part.count_down();
        let all = part.up.len() - parked;
        let name = name_of(document, part.id);
        if down > 0 {
            return Some((texts.down)(&name, down, all));
        }
        let errors = f64::from(part.errors);
        (errors >= 0.5).then(|| (texts.errors)(&name, &format::rate(lang, errors)))
    });
    let cut =
        picture.edges.iter().filter(|edge| edge.cut).map(|edge| (texts.cut)(&name_of(document, edge.id)));
    let all: Vec<String> = parts.chain(cut).collect();
    if all.is_empty() { texts.sound.to_owned() } else { all.join(" ") }
}

fn limits(document: &Scenario, picture: &Picture, texts: &Texts) -> String {
    let near = |part: &&PartGauge| part.utilisation.is_some_and(|share| share >= NEAR) || part.queued > 0;
    let near = picture.parts.iter().filter(near).map(|part| {
        let share = format::share(f64::from(part.utilisation.unwrap_or(0.0)));
        (texts.near)(&name_of(document, part.id), &share, part.queued)
    });
    let near: Vec<String> = near.take(NAMED).collect();
    if near.is_empty() { texts.idle.to_owned() } else { near.join(" ") }
}

/// The first of them by name, and how many more there are.
fn list(mut all: Vec<String>, texts: &Texts) -> String {
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    let said = all.join(", ");
    if more > 0 { format!("{said} {}", (texts.more)(more)) } else { said }
}

#[cfg(test)]
mod tests {
    use brownout_scenario::starter;

    use super::*;

    #[test]
    fn the_starter_is_told_in_both_languages() {
        let document = starter();
        for lang in [Lang::En, Lang::Ko] {
            let said = sentences(&document, None, None, lang).join("\n");
            for part in &document.parts {
                assert!(said.contains(&part.name), "{} in {said}", part.name);
            }
        }
        let said = sentences(&document, None, None, Lang::En);
        assert!(said[0].starts_with("7 parts and 7 connections: "), "{}", said[0]);
        assert!(said[1].contains("Balancer asks web-1, web-2."), "{}", said[1]);
        assert_eq!(sentences(&Scenario::default(), None, None, Lang::En)[0], "The canvas is empty.");
    }

    #[test]
    fn what_fails_and_what_is_near_its_limit_is_named() {
        let document = starter();
        let gauge = |id: Id, up: Vec<bool>, share: f32, queued: u32| PartGauge {
            id,
            up,
            parked: Vec::new(),
            shunned: Vec::new(),
            workers: 4,
            busy: 4,
            queued,
            utilisation: Some(share),
            struck: Default::default(),
            rate: 10.0,
            errors: 0.0,
            filled: None,
            log: 0,
            behind: Vec::new(),
            lag: 0,
        };
        let picture = Picture {
            parts: vec![gauge(4, vec![false], 0.0, 0), gauge(7, vec![true], 0.97, 12)],
            ..Picture::default()
        };
        let texts = Texts::of(Lang::En);
        assert_eq!(failing(&document, &picture, texts, Lang::En), "web-1 is down.");
        assert_eq!(limits(&document, &picture, texts), "Primary is 97 % busy, and 12 calls wait there.");
    }
}
