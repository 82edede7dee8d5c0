//! Ways through the graph: along calls, back to callers, to others beside.

use std::collections::BTreeSet;

use brownout_sim::system::Id;

use super::Desk;
use crate::canvas::geometry::Rect;
use crate::state::layout::Flow;

/// An arrow key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrow {
    Left,
    Up,
    Right,
    Down,
}

/// What an arrow means in a design that is drawn along its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To what is called.
    On,
    /// To the callers.
    Back,
    /// To those beside, on one side and on the other.
    Before,
    After,
}

impl Way {
    pub const fn of(arrow: Arrow, flow: Flow) -> Self {
        match (flow, arrow) {
            (Flow::Across, Arrow::Right) | (Flow::Down, Arrow::Down) => Self::On,
            (Flow::Across, Arrow::Left) | (Flow::Down, Arrow::Up) => Self::Back,
            (Flow::Across, Arrow::Up) | (Flow::Down, Arrow::Left) => Self::Before,
            (Flow::Across, Arrow::Down) | (Flow::Down, Arrow::Right) => Self::After,
        }
    }
}

/// The part that way from a part or a connection; the first of all where there is none to start from.
pub fn next(desk: &Desk, from: Option<Id>, way: Way) -> Option<Id> {
    let Some(from) = from else { return desk.document.parts.first().map(|part| part.id) };
    if let Some(edge) = desk.document.edge(from) {
        return match way {
            Way::On | Way::After => Some(edge.to),
            Way::Back | Way::Before => Some(edge.from),
        };
    }
    let own = desk.geometry.card(from)?;
    // How far beside, and how far along.
    let place = |card: Rect| {
        let by = card.center() - own.center();
        if desk.flow == Flow::Across { (by.y, by.x) } else { (by.x, by.y) }
    };
    let nearest = |ids: &mut dyn Iterator<Item = Id>| {
        let placed = ids.filter_map(|id| Some((id, place(desk.geometry.card(id)?))));
        let on_side = placed.filter(|(_, (beside, _))| match way {
            Way::Before => *beside < -1.0,
            Way::After => *beside > 1.0,
            Way::On | Way::Back => true,
        });
        let distance = |(_, (beside, along)): &(Id, (f64, f64))| beside.abs() + along.abs() * 2.0;
        on_side.min_by(|a, b| distance(a).total_cmp(&distance(b))).map(|(id, _)| id)
    };
    let edges = &desk.document.edges;
    match way {
        Way::On => nearest(&mut edges.iter().filter(|edge| edge.from == from).map(|edge| edge.to)),
        Way::Back => nearest(&mut edges.iter().filter(|edge| edge.to == from).map(|edge| edge.from)),
        Way::Before | Way::After => nearest(&mut siblings(desk, from).into_iter())
            .or_else(|| nearest(&mut desk.geometry.plain_cards().map(|(id, _)| id))),
    }
}

/// Parts with the same caller, or that call the same.
fn siblings(desk: &Desk, of: Id) -> BTreeSet<Id> {
    let edges = &desk.document.edges;
    let mut siblings = BTreeSet::new();
    for edge in edges {
        if edge.to == of {
            siblings.extend(edges.iter().filter(|other| other.from == edge.from).map(|other| other.to));
        } else if edge.from == of {
            siblings.extend(edges.iter().filter(|other| other.to == edge.to).map(|other| other.from));
        }
    }
    siblings.remove(&of);
    siblings
}

#[cfg(test)]
mod tests {
    use super::super::tests::{desk, wire};
    use super::*;

    #[test]
    fn arrows_walk_along_calls_and_between_those_beside() {
        // 1 calls 2 and 3, which call 4; 5 stands alone far below.
        let mut desk = desk([[0.0, 100.0], [200.0, 0.0], [200.0, 200.0], [400.0, 100.0], [900.0, 900.0]]);
        wire(&mut desk, &[(1, 2), (1, 3), (2, 4), (3, 4)]);
        let go = |from, way| next(&desk, Some(from), way);
        assert!(matches!(go(1, Way::On), Some(2 | 3)));
        assert_eq!(go(2, Way::After), Some(3));
        assert_eq!(go(3, Way::Before), Some(2));
        assert_eq!(go(3, Way::On), Some(4));
        assert!(matches!(go(4, Way::Back), Some(2 | 3)));
        assert_eq!(go(4, Way::On), None);
        assert_eq!(go(3, Way::After), Some(5), "without one beside, whatever lies that way");
        assert_eq!(next(&desk, None, Way::On), Some(1));
        assert_eq!(go(6, Way::On), Some(2), "from a connection to its end");
    }

    #[test]
    fn on_a_phone_down_is_on() {
        assert_eq!(Way::of(Arrow::Down, Flow::Down), Way::On);
        assert_eq!(Way::of(Arrow::Right, Flow::Across), Way::On);
    }
}
