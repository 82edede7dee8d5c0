//! A desk for tests, and what holds for every edit that is made on one.

use brownout_scenario::edit::{Edit, Editor};
use brownout_scenario::{Part, Scenario, arbitrary};
use brownout_sim::component::Kind;
use brownout_sim::system::{Edge, Id};

use super::*;
use crate::actions::{Does, actions};
use crate::canvas::geometry::Point;
use crate::desk::graph::Way;
use crate::desk::{add, copies, frames, wiring};
use crate::state::layout;

/// Application servers at these places, all of them chosen.
pub fn desk<const N: usize>(places: [[f64; 2]; N]) -> Desk {
    let mut document = Scenario::default();
    for (id, at) in (1..).zip(places) {
        let params = Kind::App.defaults();
        document.parts.push(Part { id, name: String::new(), at: Some(at), count: 1, inside: None, params });
    }
    let chosen = document.parts.iter().map(|part| part.id).collect();
    of(document, chosen)
}

fn of(document: Scenario, chosen: BTreeSet<Id>) -> Desk {
    Desk {
        geometry: Rc::new(layout::geometry(&document, Flow::Across)),
        flow: Flow::Across,
        chosen: Rc::new(chosen),
        next_id: document.largest_id() + 1,
        document: Rc::new(document),
    }
}

pub fn places(desk: &Desk) -> Vec<[f64; 2]> {
    desk.document.parts.iter().filter_map(|part| part.at).collect()
}

pub fn wire(desk: &mut Desk, ends: &[(Id, Id)]) {
    let mut document = (*desk.document).clone();
    for (from, to) in ends {
        document.edges.push(Edge::calls(document.largest_id() + 1, *from, *to));
    }
    *desk = of(document, (*desk.chosen).clone());
}

pub fn apply(desk: &mut Desk, make: impl FnOnce(&Desk) -> Change) {
    let mut document = (*desk.document).clone();
    Edit(make(desk).sets).apply(&mut document);
    *desk = of(document, (*desk.chosen).clone());
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit.max(1) as u64) as usize
    }
}

/// Something that a visitor may do, with what it is called.
fn gesture(random: &mut Random, desk: &Desk, copied: &Scenario) -> (&'static str, Change) {
    let edits: Vec<_> = actions()
        .iter()
        .filter_map(|action| match action.does {
            Does::Edit(make) | Does::Nudge(make) => Some((action.id, make)),
            _ => None,
        })
        .collect();
    let any = |random: &mut Random| {
        desk.document.parts.get(random.below(desk.document.parts.len())).map(|part| part.id)
    };
    let by = Point::new(random.below(400) as f64 - 200.0, random.below(400) as f64 - 200.0);
    let ways = [Way::On, Way::Back, Way::Before, Way::After];
    let (from, way) = (any(random).unwrap_or(1), ways[random.below(ways.len())]);
    match random.below(edits.len() + 9) {
        0 => ("drag", frames::drop(desk, &desk.parts(), by)),
        1 => ("drop a copy", copies::copy(desk, by)),
        2 => ("paste", copies::paste(desk, copied.clone(), by)),
        3 => {
            let targets: Vec<Id> = (0..3).filter_map(|_| any(random)).collect();
            let from = desk.parts().into_iter().collect();
            ("wire", wiring::connect(desk, &from, &targets).0)
        }
        4 => ("add a part", add::part(desk, Kind::Web, by)),
        5 => ("add a sibling", add::sibling(desk, from, way)),
        6 => {
            let kinds = add::kinds(desk, from, way);
            let kind = kinds.get(random.below(kinds.len())).copied();
            (
                "add a connected part",
                kind.map(|kind| add::connected(desk, from, way, kind, None)).unwrap_or_default(),
            )
        }
        7 => {
            let places: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| kind.is_place()).collect();
            ("group", frames::group(desk, places[random.below(places.len())]))
        }
        8 => ("put into", frames::put_into(desk, &desk.parts(), any(random))),
        index => (edits[index - 9].0, (edits[index - 9].1)(desk)),
    }
}

#[test]
fn any_sequence_of_gestures_is_undone_and_redone_byte_for_byte() {
    let mut performed = BTreeSet::new();
    for seed in 0..16 {
        let mut random = Random(seed);
        let start = arbitrary::scenario(seed);
        let copied = arbitrary::scenario(seed + 1_000).fragment(&[1, 2, 3]);
        let mut editor = Editor::new(start.clone());
        let mut texts = vec![start.to_json()];
        for _ in 0..40 {
            let document = editor.document().clone();
            let all: Vec<Id> = document
                .parts
                .iter()
                .map(|part| part.id)
                .chain(document.edges.iter().map(|edge| edge.id))
                .collect();
            let chosen =
                (0..random.below(6)).filter_map(|_| all.get(random.below(all.len())).copied()).collect();
            let desk = Desk { next_id: editor.next_id(), ..of(document, chosen) };
            let (name, change) = gesture(&mut random, &desk, &copied);
            // A refused edit leaves no trace; one without effect is no step.
            if editor.do_edit(Edit(change.sets), None).is_ok() && editor.document() != &*desk.document {
                performed.insert(name);
                texts.push(editor.document().to_json());
            }
            assert!(editor.document().to_json() == texts[texts.len() - 1], "seed {seed}, {name}");
        }
        for text in texts.iter().rev().skip(1) {
            assert!(!editor.undo().is_empty(), "seed {seed}: every gesture is one step");
            assert!(&editor.document().to_json() == text, "seed {seed}: undo");
        }
        assert!(!editor.can_undo(), "seed {seed}: nothing is left to undo");
        for text in &texts[1..] {
            editor.redo();
            assert!(&editor.document().to_json() == text, "seed {seed}: redo");
        }
        assert!(!editor.can_redo(), "seed {seed}");
    }
    for action in actions().iter().filter(|action| matches!(action.does, Does::Edit(_) | Does::Nudge(_))) {
        assert!(performed.contains(action.id), "{} never changed anything", action.id);
    }
    let others =
        ["drag", "drop a copy", "paste", "wire", "add a part", "add a sibling", "add a connected part"];
    for name in others.into_iter().chain(["group", "put into"]) {
        assert!(performed.contains(name), "{name} never changed anything");
    }
}

#[test]
fn what_is_pasted_twice_does_not_lie_on_itself() {
    let mut desk = desk([[0.0, 0.0]]);
    let copied = (*desk.document).clone();
    for _ in 0..3 {
        apply(&mut desk, |desk| copies::paste(desk, copied.clone(), Point::new(400.0, 300.0)));
    }
    let places = places(&desk);
    assert_eq!(places.len(), 4);
    assert!((1..4).all(|index| !places[..index].contains(&places[index])), "{places:?}");
}

#[test]
fn many_are_connected_with_many_as_far_as_that_is_possible() {
    let mut desk = desk([[0.0, 0.0], [0.0, 100.0], [200.0, 0.0], [200.0, 100.0]]);
    wire(&mut desk, &[(1, 3)]);
    let (change, refused) = wiring::connect(&desk, &BTreeSet::from([1, 2]), &[2, 3, 4]);
    assert_eq!(change.sets.len(), 4, "1 to 2 and 4, 2 to 3 and 4");
    assert_eq!(refused, [wiring::Refusal::Already, wiring::Refusal::Itself]);
    assert_eq!(change.select, Some(vec![6, 7, 8, 9]), "each has an id of its own");
}
