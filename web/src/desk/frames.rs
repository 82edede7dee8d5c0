//! What is inside of what: frames around sites, zones and machines.

use std::collections::BTreeMap;

use brownout_scenario::edit::{Edit, Set};
use brownout_scenario::{Part, Scenario};
use brownout_sim::component::Kind;
use brownout_sim::system::Id;

use super::{Change, Desk, add, place};
use crate::canvas::geometry::{FRAME_HEAD, FRAME_MARGIN, Geometry, Point, Rect};

/// Parts as they will be: several changes of one part are one.
pub struct Parts<'a> {
    desk: &'a Desk,
    changed: BTreeMap<Id, Part>,
}

impl<'a> Parts<'a> {
    pub fn new(desk: &'a Desk) -> Self {
        Self { desk, changed: BTreeMap::new() }
    }

    pub fn change(&mut self, id: Id, change: impl FnOnce(&mut Part)) {
        let Some(part) = self.desk.document.part(id) else { return };
        change(self.changed.entry(id).or_insert_with(|| part.clone()));
    }

    /// Those that are not as they were.
    pub fn sets(self) -> Vec<Set> {
        let Self { desk, changed } = self;
        let differs = |part: &Part| desk.document.part(part.id) != Some(part);
        changed.into_values().filter(differs).map(Set::part).collect()
    }
}

/// Those of these that are inside of none of the others.
pub fn outermost(geometry: &Geometry, ids: &[Id]) -> Vec<Id> {
    let is_outer = |id: &Id| !geometry.around(*id).any(|frame| ids.contains(&frame));
    ids.iter().copied().filter(is_outer).collect()
}

/// The innermost frame at a place, but none of these.
pub fn at(geometry: &Geometry, place: Point, but: &[Id]) -> Option<Id> {
    let mut frames = geometry.frames().rev();
    frames.find(|(id, frame)| !but.contains(id) && frame.contains(place)).map(|(id, _)| id)
}

/// The frame that a part would be in, were its card's middle there.
pub fn holding(
    geometry: &Geometry,
    document: &Scenario,
    kind: Kind,
    middle: Point,
    but: &[Id],
) -> Option<Id> {
    let holds = |id: Id| document.part(id).is_some_and(|part| part.params.kind().holds(kind));
    let mut frames = geometry.frames().rev();
    frames.find(|(id, frame)| !but.contains(id) && frame.contains(middle) && holds(*id)).map(|(id, _)| id)
}

/// The frame that a part would be dropped into after a move, where that is another than the one that it is in.
pub fn under(geometry: &Geometry, document: &Scenario, id: Id, moved: &[Id], by: Point) -> Option<Id> {
    let (part, card) = (document.part(id)?, geometry.card(id)?);
    holding(geometry, document, part.params.kind(), card.center() + by, moved)
}

/// Moves these with everything inside of them, into the frames that they are dropped on and out of those that they
/// leave.
pub fn drop(desk: &Desk, ids: &[Id], by: Point) -> Change {
    let ids = desk.geometry.with_contents(ids);
    let mut parts = Parts::new(desk);
    for id in &ids {
        if let Some(card) = desk.geometry.card(*id) {
            let at = place::rounded(desk, Point::new(card.x, card.y) + by);
            parts.change(*id, |part| part.at = Some(at));
        }
    }
    let mut left = Vec::new();
    for id in outermost(&desk.geometry, &ids) {
        let inside = under(&desk.geometry, &desk.document, id, &ids, by);
        let before = desk.document.part(id).and_then(|part| part.inside);
        if inside != before {
            parts.change(id, |part| part.inside = inside);
            left.extend(before);
        }
    }
    // An empty frame stays where it was drawn around what has left it.
    for frame in left {
        let stays = |part: &Part| part.inside == Some(frame) && !ids.contains(&part.id);
        if let Some(rect) = desk.geometry.card(frame).filter(|_| !desk.document.parts.iter().any(stays)) {
            let at = place::rounded(desk, Point::new(rect.x, rect.y));
            parts.change(frame, |part| part.at = Some(at));
        }
    }
    parts.sets().into()
}

/// Whether the chosen parts can be put into a new part of this type.
pub fn can_group(desk: &Desk, kind: Kind) -> bool {
    let roots = outermost(&desk.geometry, &desk.parts());
    let fits = |id: &Id| desk.document.part(*id).is_some_and(|part| kind.holds(part.params.kind()));
    !roots.is_empty() && roots.iter().all(fits)
}

/// Puts the chosen parts into a new part of this type, which is inside of what all of them were inside of.
pub fn group(desk: &Desk, kind: Kind) -> Change {
    let roots = outermost(&desk.geometry, &desk.parts());
    let around = roots.iter().filter_map(|id| desk.geometry.card(*id)).reduce(Rect::union);
    let Some(around) = around.filter(|_| can_group(desk, kind)) else { return Change::default() };
    let holds = |id: &Id| desk.document.part(*id).is_some_and(|part| part.params.kind().holds(kind));
    let shared = |frame: &Id| roots.iter().all(|id| desk.geometry.around(*id).any(|one| one == *frame));
    let inside = desk.geometry.around(roots[0]).find(|frame| holds(frame) && shared(frame));
    let corner = Point::new(around.x - FRAME_MARGIN, around.y - FRAME_HEAD);
    let new = Part { inside, ..add::new_part(desk, kind, corner) };
    let id = new.id;
    let mut parts = Parts::new(desk);
    for root in roots {
        parts.change(root, |part| part.inside = Some(id));
    }
    let sets = std::iter::once(Set::part(new)).chain(parts.sets()).collect();
    Change { sets, select: Some(vec![id]) }
}

/// The chosen parts that hold others, or could.
pub fn chosen(desk: &Desk) -> Vec<Id> {
    desk.parts().into_iter().filter(|id| desk.geometry.is_frame(*id)).collect()
}

/// Takes the chosen frames away; what is inside of them stays where it is, in what they were inside of.
pub fn ungroup(desk: &Desk) -> Change {
    let frames = chosen(desk);
    let freed = desk.document.parts.iter().filter(|part| part.inside.is_some_and(|id| frames.contains(&id)));
    let select: Vec<Id> = freed.map(|part| part.id).filter(|id| !frames.contains(id)).collect();
    let sets = Edit::remove(&desk.document, &frames).0;
    Change { sets, select: (!select.is_empty()).then_some(select) }
}

/// Puts these parts into that one, or out of everything; those that it cannot hold stay where they are.
pub fn put_into(desk: &Desk, ids: &[Id], place: Option<Id>) -> Change {
    let mut parts = Parts::new(desk);
    for id in ids.iter().filter(|id| place.is_none_or(|place| can_hold(&desk.document, place, **id))) {
        parts.change(*id, |part| part.inside = place);
    }
    parts.sets().into()
}

/// Whether that part can be inside of this place.
pub fn can_hold(document: &Scenario, place: Id, id: Id) -> bool {
    let kind = |id: Id| document.part(id).map(|part| part.params.kind());
    let holds = kind(place).zip(kind(id)).is_some_and(|(place, kind)| place.holds(kind));
    let above = |id: &Id| document.part(*id).and_then(|part| part.inside);
    holds && std::iter::successors(Some(place), above).all(|one| one != id)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{apply, desk};
    use super::*;

    fn inside(desk: &Desk) -> Vec<Option<Id>> {
        desk.document.parts.iter().map(|part| part.inside).collect()
    }

    #[test]
    fn parts_are_grouped_and_set_free() {
        let mut desk = desk([[0.0, 0.0], [200.0, 0.0]]);
        apply(&mut desk, |desk| group(desk, Kind::Server));
        assert_eq!(inside(&desk), [Some(3), Some(3), None]);
        desk.chosen = std::rc::Rc::new([3].into());
        apply(&mut desk, |desk| group(desk, Kind::Site));
        assert_eq!(inside(&desk), [Some(3), Some(3), Some(4), None]);
        assert!(!can_group(&desk, Kind::Server), "a machine is in no machine");
        let frame = desk.geometry.card(4).expect("a frame");
        assert!(frame.union(desk.geometry.card(3).expect("a frame")) == frame);
        // The machine goes, and what ran on it stays in the site.
        apply(&mut desk, ungroup);
        assert_eq!(inside(&desk), [Some(4), Some(4), None]);
        desk.chosen = std::rc::Rc::new([4].into());
        apply(&mut desk, ungroup);
        assert_eq!(inside(&desk), [None, None]);
    }

    #[test]
    fn a_part_is_dragged_into_a_frame_and_out_of_it() {
        let mut desk = desk([[0.0, 0.0], [600.0, 0.0]]);
        desk.chosen = std::rc::Rc::new([1].into());
        apply(&mut desk, |desk| group(desk, Kind::Site));
        apply(&mut desk, |desk| drop(desk, &[2], Point::new(-590.0, 0.0)));
        assert_eq!(inside(&desk), [Some(3), Some(3), None]);
        // The whole frame takes along what is in it, and is inside of nothing of its own.
        let before = desk.geometry.card(3).expect("a frame");
        apply(&mut desk, |desk| drop(desk, &[3], Point::new(0.0, 50.0)));
        assert_eq!(inside(&desk), [Some(3), Some(3), None]);
        assert_eq!(desk.geometry.card(3).map(|rect| rect.y), Some(before.y + 50.0));
        assert_eq!(super::super::tests::places(&desk)[0], [0.0, 50.0]);
        apply(&mut desk, |desk| drop(desk, &[1, 2], Point::new(900.0, 0.0)));
        assert_eq!(inside(&desk), [None, None, None]);
        let empty = desk.geometry.card(3).expect("a frame");
        assert_eq!((empty.x, empty.y), (before.x, before.y + 50.0), "it stays where it was drawn");
        assert!(drop(&desk, &[1], Point::default()).sets.is_empty(), "no step of the history");
    }
}
