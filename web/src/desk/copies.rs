//! Taking parts away, and putting copies of them on the canvas.

use std::collections::BTreeSet;

use brownout_scenario::Scenario;
use brownout_scenario::edit::Edit;
use brownout_sim::order::gather;

use super::{Change, Desk};
use crate::canvas::geometry::{CARD_HEIGHT, CARD_WIDTH, Point, Rect};
use crate::state::layout;

/// Takes the chosen parts and edges away, with what is inside of them, and the edges and plans that hang on them.
pub fn remove(desk: &Desk) -> Change {
    let ids: Vec<_> = desk.chosen.iter().copied().collect();
    let ids = desk.geometry.with_contents(&ids);
    Edit::remove(&desk.document, &ids).0.into()
}

/// Copies the chosen parts, and the edges among them, a little further down, or wherever there is room beside them.
pub fn duplicate(desk: &Desk) -> Change {
    let ids = desk.geometry.with_contents(&desk.parts());
    let own = || ids.iter().filter_map(|id| desk.geometry.card(*id));
    let at = |card: Rect, by: Point| Rect { x: card.x + by.x, y: card.y + by.y, ..card };
    let is_free = |by: &Point| {
        let mut others = desk.geometry.plain_cards();
        !others.any(|(_, other)| own().any(|card| at(card, *by).grown(4.0).touches(other)))
    };
    let (down, beside) = (Point::new(24.0, CARD_HEIGHT + 24.0), Point::new(CARD_WIDTH + 24.0, 0.0));
    let far = |times: u32| {
        let times = f64::from(times);
        [down, beside].map(|by| Point::new(by.x * times, by.y * times))
    };
    copy(desk, (1..=8).flat_map(far).find(is_free).unwrap_or(down))
}

/// Copies the chosen parts, and the edges among them, so far away.
pub fn copy(desk: &Desk, by: Point) -> Change {
    let by = desk.flow.document(by);
    put(desk, fragment(desk), [by.x.round(), by.y.round()])
}

/// The chosen parts with what is inside of them and the edges among them, each with its place: what a clipboard holds.
pub fn fragment(desk: &Desk) -> Scenario {
    let mut fragment = desk.document.fragment(&desk.geometry.with_contents(&desk.parts()));
    for part in &mut fragment.parts {
        if let Some(card) = desk.geometry.card(part.id) {
            let at = desk.flow.document(Point::new(card.x, card.y));
            part.at = Some([at.x.round(), at.y.round()]);
        }
    }
    fragment
}

/// Puts a copy of everything in `fragment` on the canvas, its middle where it is `wanted` on the screen.
pub fn paste(desk: &Desk, mut fragment: Scenario, wanted: Point) -> Change {
    let cards = layout::geometry(&fragment, desk.flow);
    let Some(bounds) = cards.cards().map(|(_, card)| card).reduce(Rect::union) else {
        return Change::default();
    };
    for part in &mut fragment.parts {
        if let (None, Some(card)) = (part.at, cards.card(part.id)) {
            let at = desk.flow.document(Point::new(card.x, card.y));
            part.at = Some([at.x.round(), at.y.round()]);
        }
    }
    let by = desk.flow.document(wanted - bounds.center());
    let mut by = [(by.x / 8.0).round() * 8.0, (by.y / 8.0).round() * 8.0];
    // What is pasted twice does not lie on itself.
    let covers = |by: [f64; 2]| {
        fragment.parts.iter().filter_map(|part| part.at).any(|[x, y]| {
            let place = Some([x + by[0], y + by[1]]);
            desk.document.parts.iter().any(|part| part.at == place)
        })
    };
    for _ in 0..100 {
        if !covers(by) {
            break;
        }
        by = by.map(|by| by + 24.0);
    }
    put(desk, fragment, by)
}

fn put(desk: &Desk, mut fragment: Scenario, by: [f64; 2]) -> Change {
    let mut taken: BTreeSet<String> = gather(desk.document.parts.iter().map(|part| part.name.clone()));
    for part in &mut fragment.parts {
        if !part.name.is_empty() && taken.contains(&part.name) {
            part.name = copy_name(&part.name, &taken);
        }
        taken.insert(part.name.clone());
    }
    let (Edit(sets), ids) = Edit::paste(&fragment, by, desk.next_id);
    Change { sets, select: Some(ids) }
}

/// `web-1` is copied to the first of `web-2`, `web-3`, … that is free.
pub fn copy_name(name: &str, taken: &BTreeSet<String>) -> String {
    let stem = match name.rsplit_once('-') {
        Some((stem, digits)) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            stem
        }
        _ => name,
    };
    (2..=u32::MAX)
        .map(|number| format!("{stem}-{number}"))
        .find(|copy| !taken.contains(copy))
        .unwrap_or_else(|| name.to_owned())
}
