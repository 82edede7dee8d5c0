//! New parts: alone, connected, beside others of their kind.

use std::collections::BTreeSet;

use brownout_scenario::Part;
use brownout_scenario::edit::Set;
use brownout_sim::component::Kind;
use brownout_sim::order::gather;
use brownout_sim::system::{Edge, Id};

use super::graph::Way;
use super::{Change, Desk, copies, frames, wiring};
use crate::canvas::geometry::{Point, Rect};
use crate::state::layout::{COLUMN, Flow, ROW};

/// How far apart cards must stand to count as apart.
const GAP: f64 = 12.0;

/// A new part of this type whose card stands there on the screen.
pub fn part(desk: &Desk, kind: Kind, shown: Point) -> Change {
    let middle = Rect::card(shown).center();
    let inside = frames::holding(&desk.geometry, &desk.document, kind, middle, &[]);
    let part = Part { inside, ..new_part(desk, kind, shown) };
    Change { select: Some(vec![part.id]), sets: vec![Set::part(part)] }
}

pub(super) fn new_part(desk: &Desk, kind: Kind, shown: Point) -> Part {
    let at = desk.flow.document(shown);
    Part {
        id: desk.next_id,
        name: free_name(desk, kind.spec().name),
        at: Some([at.x.round(), at.y.round()]),
        count: 1,
        inside: None,
        params: kind.defaults(),
    }
}

/// `web-1`, `web-2`, …: the first that no part has.
fn free_name(desk: &Desk, stem: &str) -> String {
    let taken: BTreeSet<&str> = gather(desk.document.parts.iter().map(|part| part.name.as_str()));
    (1..=u32::MAX)
        .map(|number| format!("{stem}-{number}"))
        .find(|name| !taken.contains(name.as_str()))
        .unwrap_or_else(|| stem.to_owned())
}

/// The types that a part there could have, the likeliest first: what parts like this one are connected with already,
/// else the next in the order of the palette.
pub fn kinds(desk: &Desk, from: Id, way: Way) -> Vec<Kind> {
    let Some(own) = desk.document.part(from).map(|part| part.params.kind()) else { return Vec::new() };
    let fits = |kind: &Kind| {
        let (source, target) = if way == Way::Back { (*kind, own) } else { (own, *kind) };
        wiring::kind_between(source, target).is_ok()
    };
    let kind_of = |id: Id| desk.document.part(id).map(|part| part.params.kind());
    let known = |kind: Kind| {
        let edges = desk.document.edges.iter().filter(|edge| {
            let (own_end, other) = if way == Way::Back { (edge.to, edge.from) } else { (edge.from, edge.to) };
            kind_of(own_end) == Some(own) && kind_of(other) == Some(kind)
        });
        edges.count()
    };
    // Calls go down the palette; names are looked up by few.
    let follows = |kind: Kind| if way == Way::Back { kind < own } else { kind > own };
    let distance = |kind: Kind| (kind as i32 - own as i32).abs();
    let mut kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(fits).collect();
    brownout_sim::order::sort_by_key(&mut kinds, |kind| {
        (usize::MAX - known(*kind), kind.is_looked_up(), !follows(*kind), distance(*kind))
    });
    kinds
}

/// A new part of this type, connected with that one; beside it, or where its card's middle is wanted on the screen.
pub fn connected(desk: &Desk, from: Id, way: Way, kind: Kind, wanted: Option<Point>) -> Change {
    let Some(card) = desk.geometry.card(from) else { return Change::default() };
    let at = match wanted {
        Some(middle) => Point::new(
            ((middle.x - card.width / 2.0) / 8.0).round() * 8.0,
            ((middle.y - card.height / 2.0) / 8.0).round() * 8.0,
        ),
        None => free_place(desk, from, card, way),
    };
    // Where it is dropped, or in what the other is in.
    let place = match wanted {
        Some(middle) => frames::holding(&desk.geometry, &desk.document, kind, middle, &[]),
        None => desk
            .geometry
            .around(from)
            .find(|frame| desk.document.part(*frame).is_some_and(|part| part.params.kind().holds(kind))),
    };
    let new = Part { inside: place, ..new_part(desk, kind, at) };
    let (id, mut document) = (new.id, (*desk.document).clone());
    document.parts.push(new.clone());
    let (from, to) = if way == Way::Back { (id, from) } else { (from, id) };
    let Ok(edge) = wiring::edge_between(&document, from, to) else { return Change::default() };
    Change { sets: vec![Set::part(new), Set::edge(Edge { id: id + 1, ..edge })], select: Some(vec![id]) }
}

/// Another like that one, with the same connections: the second server behind a balancer.
pub fn sibling(desk: &Desk, from: Id, way: Way) -> Change {
    let (Some(part), Some(card)) = (desk.document.part(from), desk.geometry.card(from)) else {
        return Change::default();
    };
    let at = desk.flow.document(free_place(desk, from, card, way));
    let taken = gather(desk.document.parts.iter().map(|part| part.name.clone()));
    let name = if part.name.is_empty() { String::new() } else { copies::copy_name(&part.name, &taken) };
    let id = desk.next_id;
    let mut sets = vec![Set::part(Part { id, name, at: Some([at.x.round(), at.y.round()]), ..part.clone() })];
    let edges = desk.document.edges.iter().filter(|edge| edge.from == from || edge.to == from);
    for (new, edge) in (id + 1..).zip(edges) {
        let end = |end: Id| if end == from { id } else { end };
        sets.push(Set::edge(Edge { id: new, from: end(edge.from), to: end(edge.to), ..edge.clone() }));
    }
    Change { sets, select: Some(vec![id]) }
}

/// The nearest free place that way of a card.
fn free_place(desk: &Desk, from: Id, card: Rect, way: Way) -> Point {
    let (column, row) = if desk.flow == Flow::Across {
        (Point::new(COLUMN, 0.0), Point::new(0.0, ROW))
    } else {
        (Point::new(0.0, ROW), Point::new(COLUMN, 0.0))
    };
    let scaled = |by: Point, times: f64| Point::new(by.x * times, by.y * times);
    let start = Point::new(card.x, card.y);
    let places = (0..200).map(|step| {
        let step = f64::from(step);
        match way {
            // Beside the line first, then farther from it on both sides.
            Way::On | Way::Back => {
                let side = if step % 2.0 == 0.0 { -(step / 2.0) } else { step.midpoint(1.0) };
                start + scaled(column, if way == Way::On { 1.0 } else { -1.0 }) + scaled(row, side)
            }
            Way::Before => start + scaled(row, -1.0 - step),
            Way::After => start + scaled(row, 1.0 + step),
        }
    });
    // The frames that the other is in grow with what is added to it.
    let around: Vec<Id> = desk.geometry.around(from).collect();
    let others: Vec<Rect> =
        desk.geometry.cards().filter(|(id, _)| !around.contains(id)).map(|(_, card)| card).collect();
    let is_free = |at: &Point| others.iter().all(|other| !other.grown(GAP).touches(Rect::card(*at)));
    places.clone().find(is_free).or_else(|| places.clone().next()).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{apply, desk, wire};
    use super::*;

    #[test]
    fn a_connected_part_stands_beside_and_is_called() {
        let mut desk = desk([[0.0, 0.0]]);
        apply(&mut desk, |desk| connected(desk, 1, Way::On, Kind::Db, None));
        apply(&mut desk, |desk| connected(desk, 1, Way::On, Kind::Db, None));
        apply(&mut desk, |desk| connected(desk, 1, Way::Back, Kind::Lb, None));
        let ends: Vec<(Id, Id)> = desk.document.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        assert_eq!(ends, [(1, 2), (1, 4), (6, 1)]);
        let at = |id: Id| desk.geometry.card(id).expect("exists");
        assert!(at(2).x > at(1).right() && at(4).x > at(1).right() && at(6).right() < at(1).x);
        assert!(!at(2).touches(at(4)), "they stand apart");
        assert_eq!(
            kinds(&desk, 1, Way::On).first(),
            Some(&Kind::Db),
            "what it calls already is the likeliest"
        );
        assert!(!kinds(&desk, 1, Way::Back).contains(&Kind::Db), "a database calls nobody");
    }

    #[test]
    fn a_sibling_has_the_same_connections() {
        let mut desk = desk([[0.0, 0.0], [200.0, 0.0], [400.0, 0.0]]);
        wire(&mut desk, &[(1, 2), (2, 3)]);
        apply(&mut desk, |desk| sibling(desk, 2, Way::After));
        let ends: Vec<(Id, Id)> =
            desk.document.edges.iter().skip(2).map(|edge| (edge.from, edge.to)).collect();
        assert_eq!(ends, [(1, 6), (6, 3)]);
        let place = desk.geometry.card(6).expect("exists");
        assert!(place.y > 72.0 && (place.x - 200.0).abs() < 1.0, "below: {place:?}");
    }
}
