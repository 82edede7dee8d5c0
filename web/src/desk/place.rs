//! Where parts stand.

use brownout_scenario::Part;
use brownout_scenario::edit::Set;
use brownout_sim::system::Id;

use super::{Change, Desk};
use crate::canvas::geometry::Point;

/// The edit that puts a part's card there on the screen.
pub fn put(desk: &Desk, id: Id, shown: Point) -> Option<Set> {
    let part = desk.document.part(id)?;
    let at = desk.flow.document(shown);
    let at = Some([at.x.round(), at.y.round()]);
    (part.at != at).then(|| Set::part(Part { at, ..part.clone() }))
}

/// Moves the chosen parts.
pub fn shift(desk: &Desk, by: Point) -> Change {
    move_parts(desk, &desk.parts(), by)
}

/// Moves these parts.
pub fn move_parts(desk: &Desk, ids: &[Id], by: Point) -> Change {
    let sets = ids.iter().filter_map(|id| {
        let card = desk.geometry.card(*id)?;
        put(desk, *id, Point::new(card.x, card.y) + by)
    });
    sets.collect::<Vec<_>>().into()
}
