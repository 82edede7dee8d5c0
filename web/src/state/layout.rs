//! A place on the canvas for parts whose document gives none: columns by distance from where requests start.

use std::collections::BTreeMap;

use brownout_scenario::Scenario;
use brownout_sim::system::Id;

use crate::canvas::geometry::{CARD_HEIGHT, CARD_WIDTH, Geometry, Point, Rect, Standing};

pub const COLUMN: f64 = CARD_WIDTH + 88.0;
pub const ROW: f64 = CARD_HEIGHT + 44.0;

/// Which way calls run on the screen. Documents are drawn from left to right; on a phone that is held upright the
/// same design runs from top to bottom. The document knows nothing of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    #[default]
    Across,
    Down,
}

impl Flow {
    /// Cards are wider than high: what is a comfortable distance across is too much down, and the other way round.
    const DOWN: Point = Point { x: 0.86, y: 0.62 };

    /// The way that suits a canvas of this width in a window of this height.
    pub fn of_canvas(width: f64, window_height: f64) -> Self {
        if width < 560.0 && window_height > width { Self::Down } else { Self::Across }
    }

    /// Where a place of the document is shown. Works for distances too.
    pub fn shown(self, at: Point) -> Point {
        match self {
            Self::Across => at,
            Self::Down => Point::new(at.y * Self::DOWN.x, at.x * Self::DOWN.y),
        }
    }

    /// The place of the document that is shown here. Works for distances too.
    pub fn document(self, shown: Point) -> Point {
        match self {
            Self::Across => shown,
            Self::Down => Point::new(shown.y / Self::DOWN.y, shown.x / Self::DOWN.x),
        }
    }

    pub const fn code(self) -> &'static str {
        match self {
            Self::Across => "across",
            Self::Down => "down",
        }
    }
}

/// Where every part stands: where the document says, else where its calls suggest.
pub fn geometry(document: &Scenario, flow: Flow) -> Geometry {
    let depths = depths(document);
    let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
    let standing = document.parts.iter().map(|part| {
        let at = part.at.map_or_else(
            || {
                let depth = depths.get(&part.id).copied().unwrap_or(0);
                let row = rows.entry(depth).or_insert(0);
                *row += 1;
                Point::new(depth as f64 * COLUMN, (*row - 1) as f64 * ROW)
            },
            |[x, y]| Point::new(x, y),
        );
        let holds = part.params.kind().is_place();
        Standing { id: part.id, at: flow.shown(at), inside: part.inside, holds }
    });
    Geometry::new(&standing.collect::<Vec<_>>())
}

/// The longest chain of calls that leads to each part; a cycle ends the chain.
pub fn depths(document: &Scenario) -> BTreeMap<Id, usize> {
    let ids = document.parts.iter().map(|part| part.id);
    let calls: Vec<(Id, Id)> = document.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    depths_among(ids.collect(), &calls)
}

/// The same, of anything that calls.
pub fn depths_among(ids: Vec<Id>, calls: &[(Id, Id)]) -> BTreeMap<Id, usize> {
    let most = ids.len().min(64);
    let mut depths: BTreeMap<Id, usize> = brownout_sim::order::gather(ids.into_iter().map(|id| (id, 0)));
    for _ in 0..most {
        let mut grew = false;
        for (from, to) in calls {
            let above = depths.get(from).copied().unwrap_or(0);
            if let Some(depth) = depths.get_mut(to)
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
    let is_free = |at: Point| geometry.cards().all(|(_, card)| !card.grown(31.0).touches(Rect::card(at)));
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
