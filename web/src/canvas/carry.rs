//! Dragging parts: what is taken along, what it snaps to, and the frame that it would be dropped into.

use std::rc::Rc;

use brownout_sim::system::Id;
use web_sys::PointerEvent;

use super::geometry::{Point, Rect};
use super::gesture::{Click, Gesture};
use super::input::pick;
use super::{Canvas, Props};
use crate::desk::{arrange, frames};

/// How near to a line with others a card snaps to it, in pixels.
const SNAP: f64 = 6.0;

impl Canvas {
    pub(super) fn press_part(&mut self, props: &Props, id: Id, at: Point, add: bool) {
        let selected = props.selection.contains(&id);
        if !props.editable {
            pick(props, id, add);
            return;
        }
        if !selected && !add {
            props.dispatch.act(move |lab| lab.select([id]));
        }
        let parts = props.selection.iter().copied().filter(|id| props.geometry.card(*id).is_some());
        let mut ids: Vec<Id> = if selected || add { parts.collect() } else { Vec::new() };
        if !selected {
            ids.push(id);
        }
        let click = match (add, ids.len()) {
            (true, _) => Click::Toggle,
            (false, 1) => Click::Nothing,
            _ => Click::Alone,
        };
        self.gesture = Gesture::Move {
            pressed: id,
            ids: Rc::new(props.geometry.with_contents(&ids)),
            start: at,
            by: Point::default(),
            moved: false,
            click,
            copies: false,
            guides: Vec::new(),
        };
    }

    /// Where what is being moved has come to: on a line with others, or on a fine grid; with Ctrl anywhere.
    pub(super) fn drag(&mut self, props: &Props, at: Point, event: &PointerEvent) {
        let zoom = props.camera.zoom;
        let Gesture::Move { pressed, ids, start, by, copies, guides, .. } = &mut self.gesture else { return };
        *copies = event.alt_key();
        let raw = Point::new((at.x - start.x) / zoom, (at.y - start.y) / zoom);
        let Some(card) = props.geometry.card(*pressed) else { return };
        let there = |by: Point| Rect { x: card.x + by.x, y: card.y + by.y, ..card };
        self.into =
            if *copies { None } else { frames::under(&props.geometry, &props.document, *pressed, ids, *by) };
        if event.ctrl_key() || event.meta_key() {
            (*by, *guides) = (Point::new(raw.x.round(), raw.y.round()), Vec::new());
            return;
        }
        // Cards stand on a line with cards; frames are of any size.
        let is_frame = props.geometry.is_frame(*pressed);
        let others =
            props.geometry.plain_cards().filter(|(id, _)| !is_frame && (*copies || !ids.contains(id)));
        let others: Vec<Rect> = others.map(|(_, card)| card).collect();
        let (x, y) = arrange::snap(there(raw), &others, SNAP / zoom);
        let grid = |raw: f64| (raw / 8.0).round() * 8.0;
        *by = Point::new(
            x.map_or_else(|| grid(raw.x), |x| raw.x + x),
            y.map_or_else(|| grid(raw.y), |y| raw.y + y),
        );
        *guides = arrange::guides(there(*by), &others);
    }
}
