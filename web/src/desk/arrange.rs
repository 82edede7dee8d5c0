//! Lining parts up: aligned, evenly spread, laid out by what they call.

use std::collections::BTreeMap;

use brownout_sim::system::Id;

use super::frames::outermost;
use super::{Change, Desk, place};
use crate::canvas::geometry::{CARD_HEIGHT, CARD_WIDTH, Geometry, Point, Rect};
use crate::state::layout::{COLUMN, Flow, ROW, depths_among};

/// The line that parts are put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Center,
    Right,
    Top,
    Middle,
    Bottom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    Across,
    Down,
}

/// The chosen cards and frames, without what frames among them take along.
fn cards(desk: &Desk) -> Vec<(Id, Rect)> {
    let ids = outermost(&desk.geometry, &desk.parts());
    ids.into_iter().filter_map(|id| Some((id, desk.geometry.card(id)?))).collect()
}

/// Puts the chosen parts on one line: that of the outermost, or the middle of all.
pub fn align(desk: &Desk, side: Side) -> Change {
    let cards = cards(desk);
    let Some(all) = cards.iter().map(|(_, card)| *card).reduce(Rect::union) else { return Change::default() };
    place::put(
        desk,
        cards.into_iter().map(|(id, card)| {
            let at = match side {
                Side::Left => Point::new(all.x, card.y),
                Side::Center => Point::new(all.center().x - card.width / 2.0, card.y),
                Side::Right => Point::new(all.right() - card.width, card.y),
                Side::Top => Point::new(card.x, all.y),
                Side::Middle => Point::new(card.x, all.center().y - card.height / 2.0),
                Side::Bottom => Point::new(card.x, all.bottom() - card.height),
            };
            (id, at)
        }),
    )
}

/// The same distance between each of the chosen parts and the next; the outermost stay.
pub fn distribute(desk: &Desk, axis: Axis) -> Change {
    let mut cards = cards(desk);
    let along = |card: &Rect| if axis == Axis::Across { card.x } else { card.y };
    brownout_sim::order::sort_by(&mut cards, |(_, a), (_, b)| along(a).total_cmp(&along(b)));
    let (Some((_, first)), Some((_, last))) = (cards.first().copied(), cards.last().copied()) else {
        return Change::default();
    };
    let step = (along(&last) - along(&first)) / (cards.len() - 1).max(1) as f64;
    place::put(
        desk,
        cards.into_iter().enumerate().map(|(index, (id, card))| {
            let at = along(&first) + step * index as f64;
            (id, if axis == Axis::Across { Point::new(at, card.y) } else { Point::new(card.x, at) })
        }),
    )
}

/// Columns by the longest chain of calls, rows in the order in which the visitor has them; the whole stays where it is.
/// What is in a frame stays together: of everything, and of one frame that is chosen, the inside is laid out too.
pub fn lay_out(desk: &Desk) -> Change {
    let chosen: Vec<Id> = cards(desk).into_iter().map(|(id, _)| id).collect();
    let mut geometry = (*desk.geometry).clone();
    let whole = chosen.len() < 2;
    let within = chosen.first().copied().filter(|id| geometry.is_frame(*id));
    if whole {
        let frames: Vec<Id> = geometry.frames().map(|(id, _)| id).collect();
        let wanted =
            |frame: &Id| within.is_none_or(|id| id == *frame || geometry.around(*frame).any(|one| one == id));
        let frames: Vec<Id> = frames.into_iter().filter(wanted).collect();
        for frame in frames.into_iter().rev() {
            let members = directly_inside(&geometry, Some(frame));
            level(desk, &mut geometry, &members);
        }
    }
    let members = match within {
        Some(_) if whole => Vec::new(),
        _ if whole => directly_inside(&geometry, None),
        _ => chosen,
    };
    level(desk, &mut geometry, &members);
    let leaves = geometry
        .cards()
        .filter(|(id, _)| !geometry.is_frame(*id) || directly_inside(&geometry, Some(*id)).is_empty());
    place::put(desk, leaves.map(|(id, card)| (id, Point::new(card.x, card.y))))
}

fn directly_inside(geometry: &Geometry, frame: Option<Id>) -> Vec<Id> {
    geometry.cards().map(|(id, _)| id).filter(|id| geometry.around(*id).next() == frame).collect()
}

/// Lays these out beside each other; what they call, or what is in them, says in which order.
fn level(desk: &Desk, geometry: &mut Geometry, members: &[Id]) {
    let card = |id: Id| geometry.card(id).map(|card| (id, card));
    let cards: Vec<(Id, Rect)> = members.iter().filter_map(|id| card(*id)).collect();
    let Some(all) = cards.iter().map(|(_, card)| *card).reduce(Rect::union) else { return };
    let member = |id: Id| std::iter::once(id).chain(geometry.around(id)).find(|id| members.contains(id));
    let calls = desk.document.edges.iter().filter_map(|edge| Some((member(edge.from)?, member(edge.to)?)));
    let calls: Vec<(Id, Id)> = calls.filter(|(from, to)| from != to).collect();
    let depths = depths_among(members.to_vec(), &calls);
    let mut columns: BTreeMap<usize, Vec<(Id, Rect)>> = BTreeMap::new();
    for (id, card) in cards {
        columns.entry(depths.get(&id).copied().unwrap_or(0)).or_default().push((id, card));
    }
    let across = desk.flow == Flow::Across;
    let rank = |card: &Rect| if across { card.y } else { card.x };
    // How far a card reaches along the calls and beside them, and the room between it and the next.
    let size = |card: &Rect| if across { (card.width, card.height) } else { (card.height, card.width) };
    let (wide, high) = (COLUMN - CARD_WIDTH, ROW - CARD_HEIGHT);
    let (between_columns, between_rows) = if across { (wide, high) } else { (high, wide) };
    let middle = if across { all.center().y } else { all.center().x };
    let mut along = if across { all.x } else { all.y };
    let mut moves = Vec::new();
    for (_, mut column) in columns {
        brownout_sim::order::sort_by(&mut column, |(_, a), (_, b)| rank(a).total_cmp(&rank(b)));
        let high: f64 = column.iter().map(|(_, card)| size(card).1).sum();
        let mut beside = middle - high.midpoint(between_rows * (column.len() - 1) as f64);
        let width = column.iter().map(|(_, card)| size(card).0).fold(0.0, f64::max);
        for (id, card) in column {
            let at = if across { Point::new(along, beside) } else { Point::new(beside, along) };
            moves.push((id, at - Point::new(card.x, card.y)));
            beside += size(&card).1 + between_rows;
        }
        along += width + between_columns;
    }
    for (id, by) in moves {
        geometry.shift(id, by);
    }
    geometry.surround();
}

/// A line on which the card that is being moved stands with others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guide {
    pub axis: Axis,
    /// Its place across itself, and its ends along itself.
    pub at: f64,
    pub from: f64,
    pub to: f64,
}

/// How far the card must go to stand with the nearest others on a line, and the lines: at most one of each axis, none
/// beyond `reach`. Cards are of one size, so their middles say it all.
pub fn snap(card: Rect, others: &[Rect], reach: f64) -> (Option<f64>, Option<f64>) {
    let nearest = |along: fn(Rect) -> f64| {
        let distances = others.iter().map(|other| along(*other) - along(card));
        distances.filter(|by| by.abs() <= reach).min_by(|a, b| a.abs().total_cmp(&b.abs()))
    };
    (nearest(|card| card.center().x), nearest(|card| card.center().y))
}

/// The lines on which a card stands with others.
pub fn guides(card: Rect, others: &[Rect]) -> Vec<Guide> {
    let line = |axis: Axis| {
        let middle = |card: Rect| if axis == Axis::Across { card.center().y } else { card.center().x };
        let start = |card: Rect| if axis == Axis::Across { card.x } else { card.y };
        let end = |card: Rect| if axis == Axis::Across { card.right() } else { card.bottom() };
        let on = others.iter().copied().filter(|other| (middle(*other) - middle(card)).abs() < 0.5);
        let (mut from, mut to, mut found) = (start(card), end(card), false);
        for other in on {
            (from, to, found) = (from.min(start(other)), to.max(end(other)), true);
        }
        found.then(|| Guide { axis, at: middle(card), from, to })
    };
    [line(Axis::Across), line(Axis::Down)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{apply, desk, places};
    use super::*;

    #[test]
    fn parts_are_put_on_a_line_and_spread_evenly() {
        let mut desk = desk([[0.0, 0.0], [100.0, 40.0], [400.0, 90.0]]);
        apply(&mut desk, |desk| align(desk, Side::Top));
        assert_eq!(places(&desk), [[0.0, 0.0], [100.0, 0.0], [400.0, 0.0]]);
        apply(&mut desk, |desk| distribute(desk, Axis::Across));
        assert_eq!(places(&desk), [[0.0, 0.0], [200.0, 0.0], [400.0, 0.0]]);
        assert!(align(&desk, Side::Top).sets.is_empty(), "what is so already is no step of the history");
    }

    #[test]
    fn a_layout_follows_the_calls_and_keeps_the_order() {
        let mut desk = desk([[300.0, 0.0], [0.0, 500.0], [10.0, 100.0]]);
        // 1 calls 2 and 3, and 3 stands above 2.
        super::super::tests::wire(&mut desk, &[(1, 2), (1, 3)]);
        apply(&mut desk, lay_out);
        let [first, second, third] = places(&desk)[..] else { panic!("three parts") };
        assert!(first[0] < second[0] && second[0] == third[0], "a column for each step");
        assert!(third[1] < second[1], "the visitor's order");
        assert!(lay_out(&desk).sets.is_empty(), "laid out once is laid out");
    }

    #[test]
    fn a_layout_keeps_what_is_in_a_frame_together() {
        let mut desk = desk([[0.0, 0.0], [500.0, 300.0], [100.0, 600.0], [900.0, 0.0]]);
        super::super::tests::wire(&mut desk, &[(1, 2), (2, 3), (3, 4)]);
        desk.chosen = std::rc::Rc::new([2, 3].into());
        apply(&mut desk, |desk| super::super::frames::group(desk, brownout_sim::component::Kind::Site));
        let frame = desk.document.largest_id();
        desk.chosen = std::rc::Rc::default();
        apply(&mut desk, lay_out);
        let card = |id: Id| desk.geometry.card(id).expect("exists");
        assert!(card(1).right() < card(frame).x && card(frame).right() < card(4).x, "a column for the frame");
        assert!(card(2).right() < card(3).x, "and columns in it");
        assert!(card(frame).union(card(2)).union(card(3)) == card(frame));
        assert!(lay_out(&desk).sets.is_empty(), "laid out once is laid out");
    }

    #[test]
    fn a_card_snaps_to_the_nearest_line_within_reach() {
        let card = |x: f64, y: f64| Rect::card(Point::new(x, y));
        let others = [card(100.0, 0.0), card(104.0, 300.0)];
        assert_eq!(snap(card(103.0, 150.0), &others, 6.0), (Some(1.0), None));
        assert_eq!(snap(card(120.0, 150.0), &others, 6.0), (None, None));
        let found = guides(card(104.0, 150.0), &others);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].axis, found[0].from, found[0].to), (Axis::Down, 150.0, 372.0));
    }
}
