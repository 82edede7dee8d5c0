//! Where parts stand.

use brownout_sim::system::Id;

use super::frames::{Parts, outermost};
use super::{Change, Desk};
use crate::canvas::geometry::Point;

/// The place of the document, in whole units, of a card that is shown there.
pub fn rounded(desk: &Desk, shown: Point) -> [f64; 2] {
    let at = desk.flow.document(shown);
    [at.x.round(), at.y.round()]
}

/// The edit that puts cards and frames there on the screen; frames take along what is in them.
pub fn put(desk: &Desk, places: impl IntoIterator<Item = (Id, Point)>) -> Change {
    let mut parts = Parts::new(desk);
    for (id, at) in places {
        let Some(card) = desk.geometry.card(id) else { continue };
        let by = at - Point::new(card.x, card.y);
        // A frame stands where its contents do, whatever the document says.
        if desk.geometry.is_frame(id) && by.x.abs() < 0.5 && by.y.abs() < 0.5 {
            continue;
        }
        for id in desk.geometry.with_contents(&[id]) {
            let Some(card) = desk.geometry.card(id) else { continue };
            let at = rounded(desk, Point::new(card.x, card.y) + by);
            parts.change(id, |part| part.at = Some(at));
        }
    }
    parts.sets().into()
}

/// Moves the chosen parts; what is in a frame stays in it.
pub fn shift(desk: &Desk, by: Point) -> Change {
    let roots = outermost(&desk.geometry, &desk.parts());
    let card = |id: Id| desk.geometry.card(id).map(|card| (id, Point::new(card.x, card.y) + by));
    put(desk, roots.into_iter().filter_map(card))
}
