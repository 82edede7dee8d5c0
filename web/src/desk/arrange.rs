//! Lining parts up: aligned, evenly spread, laid out by what they call.

use std::collections::BTreeMap;

use brownout_sim::system::Id;

use super::{Change, Desk, place};
use crate::canvas::geometry::{Point, Rect};
use crate::state::layout::{COLUMN, Flow, ROW, depths};

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

fn cards(desk: &Desk) -> Vec<(Id, Rect)> {
    desk.parts().into_iter().filter_map(|id| Some((id, desk.geometry.card(id)?))).collect()
}

fn moved(desk: &Desk, places: impl IntoIterator<Item = (Id, Point)>) -> Change {
    places.into_iter().filter_map(|(id, at)| place::put(desk, id, at)).collect::<Vec<_>>().into()
}

/// Puts the chosen parts on one line: that of the outermost, or the middle of all.
pub fn align(desk: &Desk, side: Side) -> Change {
    let cards = cards(desk);
    let Some(all) = cards.iter().map(|(_, card)| *card).reduce(Rect::union) else { return Change::default() };
    moved(
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
    moved(
        desk,
        cards.into_iter().enumerate().map(|(index, (id, card))| {
            let at = along(&first) + step * index as f64;
            (id, if axis == Axis::Across { Point::new(at, card.y) } else { Point::new(card.x, at) })
        }),
    )
}

/// Columns by the longest chain of calls, rows in the order in which the visitor has them; the whole stays where it is.
pub fn lay_out(desk: &Desk) -> Change {
    let mut cards = cards(desk);
    if cards.len() < 2 {
        cards = desk.geometry.cards().collect();
    }
    let Some(all) = cards.iter().map(|(_, card)| *card).reduce(Rect::union) else { return Change::default() };
    let depths = depths(&desk.document);
    let depth = |id: Id| depths.get(&id).copied().unwrap_or(0);
    let mut columns: BTreeMap<usize, Vec<(Id, Rect)>> = BTreeMap::new();
    for (id, card) in cards {
        columns.entry(depth(id)).or_default().push((id, card));
    }
    let across = desk.flow == Flow::Across;
    let rank = |card: &Rect| if across { card.y } else { card.x };
    let (column, row) = if across { (COLUMN, ROW) } else { (ROW, COLUMN) };
    let middle = if across { all.center().y } else { all.center().x };
    let start = if across { all.x } else { all.y };
    let mut places = Vec::new();
    for (index, (_, mut members)) in columns.into_iter().enumerate() {
        brownout_sim::order::sort_by(&mut members, |(_, a), (_, b)| rank(a).total_cmp(&rank(b)));
        let size = members.first().map_or(0.0, |(_, card)| if across { card.height } else { card.width });
        let first = middle - size / 2.0 - row * (members.len() - 1) as f64 / 2.0;
        for (place, (id, _)) in members.into_iter().enumerate() {
            let (along, beside) = (start + column * index as f64, first + row * place as f64);
            let at = if across { Point::new(along, beside) } else { Point::new(beside, along) };
            places.push((id, at));
        }
    }
    moved(desk, places)
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
