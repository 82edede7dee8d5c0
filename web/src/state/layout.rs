//! A place on the canvas for parts whose document gives none: columns by distance from where requests start.

use std::collections::BTreeMap;

use brownout_scenario::Scenario;
use brownout_sim::system::Id;

use crate::canvas::geometry::{CARD_HEIGHT, CARD_WIDTH, Geometry, Point, Rect};

const COLUMN: f64 = CARD_WIDTH + 88.0;
const ROW: f64 = CARD_HEIGHT + 44.0;

/// Where every part stands: where the document says, else where its calls suggest.
pub fn geometry(document: &Scenario) -> Geometry {
    let depths = depths(document);
    let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
    Geometry::new(document.parts.iter().map(|part| {
        let at = part.at.map_or_else(
            || {
                let depth = depths.get(&part.id).copied().unwrap_or(0);
                let row = rows.entry(depth).or_insert(0);
                *row += 1;
                Point::new(depth as f64 * COLUMN, (*row - 1) as f64 * ROW)
            },
            |[x, y]| Point::new(x, y),
        );
        (part.id, at)
    }))
}

/// The longest chain of calls that leads to each part; a cycle ends the chain.
fn depths(document: &Scenario) -> BTreeMap<Id, usize> {
    let mut depths: BTreeMap<Id, usize> = document.parts.iter().map(|part| (part.id, 0)).collect();
    for _ in 0..document.parts.len().min(64) {
        let mut grew = false;
        for edge in &document.edges {
            let above = depths.get(&edge.from).copied().unwrap_or(0);
            if let Some(depth) = depths.get_mut(&edge.to)
                && *depth <= above
                && above < 63
            {
                *depth = above + 1;
                grew = true;
            }
        }
        if !grew {
            break;
        }
    }
    depths
}

/// A free spot for a new card, near `wanted`.
pub fn free_spot(geometry: &Geometry, wanted: Point) -> Point {
    let snapped = Point::new((wanted.x / 8.0).round() * 8.0, (wanted.y / 8.0).round() * 8.0);
    let is_free = |at: Point| geometry.cards().all(|(_, card)| !card.grown(15.0).touches(Rect::card(at)));
    for ring in 0..40 {
        let distance = f64::from(ring) * 24.0;
        let steps = (ring * 6).max(1);
        for step in 0..steps {
            let angle = std::f64::consts::TAU * f64::from(step) / f64::from(steps);
            let at = Point::new(
                ((snapped.x + distance * 1.4 * angle.cos()) / 8.0).round() * 8.0,
                ((snapped.y + distance * angle.sin()) / 8.0).round() * 8.0,
            );
            if is_free(at) {
                return at;
            }
        }
    }
    snapped
}
