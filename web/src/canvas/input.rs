//! Pointers, wheel and keys on the canvas.

use std::collections::BTreeSet;
use std::rc::Rc;

use brownout_sim::order::gather;
use brownout_sim::system::Id;
use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};
use yew::Context;

use super::geometry::{Point, Rect};
use super::gesture::{Click, Gesture, Spot, TREMBLE, is_pressable, is_typing, place as place_of, spot};
use super::{Canvas, Msg, Props, keys};
use crate::actions::Act;
use crate::desk::graph::Way;
use crate::desk::{copies, frames, wiring};
use crate::state::Lab;
use crate::state::lab::{Focus, Grow};

/// How near to a port a finger must be, in pixels.
const FINGER: f64 = 24.0;

/// Selects an element, or adds it to the selection or takes it away.
pub(super) fn pick(props: &Props, id: Id, add: bool) {
    props.dispatch.act(move |lab| {
        if add {
            lab.toggle(id);
        } else {
            lab.select([id]);
        }
        // Keys must not mean what a click has just taken away.
        if !lab.selection.contains(&id) {
            lab.focus = Some(Focus::Canvas);
        }
    });
}

/// How long a finger rests before the menu opens.
const LONG_PRESS_MS: u32 = 500;

impl Canvas {
    /// Listeners that must be able to keep the browser from scrolling.
    pub(super) fn listen(&mut self, context: &Context<Self>) {
        let options = EventListenerOptions::enable_prevent_default();
        if let Some(root) = self.root.cast::<Element>() {
            let link = context.link().clone();
            self.listeners.push(EventListener::new_with_options(&root, "wheel", options, move |event| {
                if let Some(event) = event.dyn_ref::<WheelEvent>() {
                    link.send_message(Msg::Wheel(event.clone()));
                }
            }));
        }
        let document = gloo::utils::document();
        let link = context.link().clone();
        self.listeners.push(EventListener::new_with_options(&document, "keydown", options, move |event| {
            let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
            if event.key() == "Escape" {
                link.send_message(Msg::Escape);
            }
            let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
            if event.key() == " " && !modified && !is_typing(event) && !is_pressable(event) {
                event.prevent_default();
                if !event.repeat() {
                    link.send_message(Msg::SpaceDown);
                }
            }
        }));
        let link = context.link().clone();
        self.listeners.push(EventListener::new(&document, "keyup", move |event| {
            if event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == " ") {
                link.send_message(Msg::SpaceUp);
            }
        }));
    }

    /// Whether the canvas must be rendered.
    pub(super) fn input(&mut self, context: &Context<Self>, message: Msg) -> bool {
        let props = context.props();
        match message {
            Msg::Down(event) => self.down(context, &event),
            Msg::Moved(event) => self.moved(props, &event),
            Msg::Up(event) => self.up(props, &event),
            Msg::DoubleClick(event) => self.rename(props, &event),
            Msg::Escape if self.is_dragging() => self.input(context, Msg::Cancel),
            Msg::Cancel => {
                self.pointers.clear();
                self.long_press = None;
                self.gesture = Gesture::None;
                self.arrange(props);
                true
            }
            Msg::Focused(event) => {
                keys::reveal(props, &event);
                false
            }
            Msg::Left => {
                props.live.point(None);
                false
            }
            Msg::Wheel(event) => self.wheel(props, &event),
            Msg::Menu(event) => self.menu(props, &event),
            Msg::LongPress => self.open_long_press(props),
            Msg::KeyDown(event) => keys::key(props, &event),
            Msg::SpaceDown => {
                self.space = Some(false);
                true
            }
            Msg::SpaceUp => {
                // A tap plays and pauses; a press that was used for panning does not.
                if self.space.take() == Some(false) {
                    props.dispatch.act(Lab::toggle_play);
                }
                true
            }
            Msg::Escape | Msg::Resized | Msg::Stale | Msg::Frame => false,
        }
    }

    fn down(&mut self, context: &Context<Self>, event: &PointerEvent) -> bool {
        let props = context.props();
        let Some(root) = self.root.cast::<Element>() else { return false };
        let at = place_of(event, &root);
        let on = self.exact_spot(props, event, at);
        if on == Spot::Control || event.button() == 2 {
            return false;
        }
        self.pointers.insert(event.pointer_id(), at);
        let _ = root.set_pointer_capture(event.pointer_id());
        props.dispatch.act(|lab| lab.menu = None);
        if self.pointers.len() == 2 {
            return self.start_pinch(props);
        }
        if event.pointer_type() == "touch" {
            let link = context.link().clone();
            self.long_press = Some(Timeout::new(LONG_PRESS_MS, move || link.send_message(Msg::LongPress)));
        }
        if event.button() == 1 || self.space.is_some() {
            event.prevent_default();
            self.space = self.space.map(|_| true);
            self.gesture = Gesture::Pan { start: at, last: at, moved: true };
            return true;
        }
        self.press(props, on, at, event.shift_key() || event.ctrl_key() || event.meta_key());
        true
    }

    /// Browsers move a finger's touch to the nearest button: a port is meant only where it is.
    fn exact_spot(&self, props: &Props, event: &PointerEvent, at: Point) -> Spot {
        match spot(event) {
            Spot::Port(id) if event.pointer_type() == "touch" => {
                let port = self.port(props, id).map(|port| props.camera.screen(port));
                if port.is_some_and(|port| port.distance(at) < FINGER) {
                    Spot::Port(id)
                } else {
                    Spot::Part(id)
                }
            }
            on => on,
        }
    }

    fn press(&mut self, props: &Props, on: Spot, at: Point, add: bool) {
        if let (false, Spot::Part(to) | Spot::Port(to)) = (props.wiring.is_empty(), on) {
            props.dispatch.act(move |lab| wire_to(lab, to, add));
            return;
        }
        let draws_box = add || props.selecting;
        if !(on == Spot::Pane && draws_box) {
            props.dispatch.act(|lab| {
                lab.stop_wiring();
                lab.hint = None;
            });
        }
        match on {
            Spot::Port(from) if props.editable => {
                // From one of several selected parts, all of them are connected.
                let of_many = props.selection.contains(&from) && props.selection.len() > 1;
                let parts =
                    || props.selection.iter().copied().filter(|id| props.geometry.card(*id).is_some());
                let from = Rc::new(if of_many { gather(parts()) } else { gather([from]) });
                self.gesture =
                    Gesture::Wire { from, edge: None, start: at, now: at, over: None, moved: false };
            }
            Spot::End(id) => {
                let Some(edge) = props.document.edge(id).filter(|_| props.editable) else { return };
                let from = Rc::new(gather([edge.from]));
                self.gesture =
                    Gesture::Wire { from, edge: Some(id), start: at, now: at, over: None, moved: false };
            }
            Spot::Port(id) | Spot::Part(id) => {
                // A finger has no Shift, nor has everyone who has a mouse: in select mode a tap adds.
                self.press_part(props, id, at, add || props.selecting);
            }
            Spot::Handle(id) => pick(props, id, add),
            Spot::Pane => match self.edge_at(props, at) {
                Some(id) => pick(props, id, add),
                None if draws_box => self.gesture = Gesture::Box { start: at, now: at, add },
                None => self.gesture = Gesture::Pan { start: at, last: at, moved: false },
            },
            Spot::Control => {}
        }
    }

    fn start_pinch(&mut self, props: &Props) -> bool {
        self.long_press = None;
        let mut points = self.pointers.values().copied();
        if let (Some(a), Some(b)) = (points.next(), points.next()) {
            self.gesture = Gesture::Pinch { distance: a.distance(b), middle: a.lerp(b, 0.5) };
        }
        self.arrange(props);
        true
    }

    fn moved(&mut self, props: &Props, event: &PointerEvent) -> bool {
        let Some(root) = self.root.cast::<Element>() else { return false };
        let at = place_of(event, &root);
        let rests = event.pointer_type() != "touch" && spot(event) != Spot::Control;
        props.live.point(rests.then_some(at));
        if self.pointers.is_empty() {
            return self.hover(props, event, at);
        }
        if let Some(pointer) = self.pointers.get_mut(&event.pointer_id()) {
            *pointer = at;
        }
        match &mut self.gesture {
            Gesture::None => return false,
            Gesture::Pan { start, last, moved } => {
                if !*moved && start.distance(at) < TREMBLE {
                    return false;
                }
                *moved = true;
                let by = at - *last;
                *last = at;
                props.dispatch.act(move |lab| lab.camera = lab.camera.panned(by));
            }
            Gesture::Move { start, moved, .. } => {
                if !*moved && start.distance(at) < TREMBLE {
                    return false;
                }
                *moved = true;
                self.drag(props, at, event);
            }
            Gesture::Box { now, .. } => *now = at,
            Gesture::Wire { start, now, over, moved, .. } => {
                *moved |= start.distance(at) >= TREMBLE;
                *now = at;
                let world = props.camera.world(at);
                *over = props
                    .geometry
                    .plain_cards()
                    .find(|(_, card)| card.grown(6.0).contains(world))
                    .map(|(id, _)| id);
            }
            Gesture::Pinch { .. } => return self.pinch(props),
        }
        self.long_press = None;
        if matches!(self.gesture, Gesture::Wire { .. }) {
            self.explain_wire(props);
        }
        if matches!(self.gesture, Gesture::Move { .. }) {
            self.arrange(props);
        }
        true
    }

    /// Says in words why the part under the pointer cannot be the target.
    fn explain_wire(&self, props: &Props) {
        let Gesture::Wire { from, edge, over, moved: true, .. } = &self.gesture else { return };
        let present = edge.and_then(|edge| props.document.edge(edge)).map(|edge| edge.to);
        let refusal = |over: Id| {
            let mut refusals =
                from.iter().map(|from| wiring::edge_between(&props.document, *from, over).err());
            // One that can be connected is enough.
            refusals.clone().all(|refusal| refusal.is_some()).then(|| refusals.next().flatten()).flatten()
        };
        let refusal = over.filter(|over| !from.contains(over) && present != Some(*over)).and_then(refusal);
        let hint = refusal.map(|refusal| (props.lang.messages().refusal)(refusal));
        if props.hint.as_ref().map(|hint| &hint.text) != hint.as_ref() {
            props.dispatch.act(move |lab| match hint {
                Some(text) => lab.complain(text),
                None => lab.hint = None,
            });
        }
    }

    fn pinch(&mut self, props: &Props) -> bool {
        let mut points = self.pointers.values().copied();
        let (Some(a), Some(b)) = (points.next(), points.next()) else { return false };
        let Gesture::Pinch { distance, middle } = &mut self.gesture else { return false };
        let (wide, center) = (a.distance(b), a.lerp(b, 0.5));
        let (factor, by) = (wide / distance.max(1.0), center - *middle);
        *distance = wide;
        *middle = center;
        props.dispatch.act(move |lab| lab.camera = lab.camera.panned(by).zoomed(factor, center));
        true
    }

    fn hover(&mut self, props: &Props, event: &PointerEvent, at: Point) -> bool {
        let hovered = match spot(event) {
            Spot::Handle(id) => Some(id),
            Spot::Pane => self.edge_at(props, at),
            _ => None,
        };
        if hovered != self.hovered {
            self.hovered = hovered;
            self.paint(props);
        }
        false
    }

    fn up(&mut self, props: &Props, event: &PointerEvent) -> bool {
        self.long_press = None;
        let known = self.pointers.remove(&event.pointer_id()).is_some();
        if !known {
            return false;
        }
        match std::mem::take(&mut self.gesture) {
            Gesture::Pan { start, moved: false, .. } => {
                // A click into a frame, beside what is in it, selects the frame.
                let frame = frames::at(&props.geometry, props.camera.world(start), &[]);
                props.dispatch.act(move |lab| lab.select(frame));
            }
            Gesture::Move { by, moved: true, copies: true, .. } => props.dispatch.act(move |lab| {
                lab.change(|desk| copies::copy(desk, by), None);
            }),
            Gesture::Move { pressed, ids, by, moved: true, .. } => {
                props.dispatch.act(move |lab| {
                    // What was dragged with Shift is selected with the rest.
                    let all: Vec<Id> = lab.selection.iter().copied().chain([pressed]).collect();
                    lab.change(|desk| frames::drop(desk, &ids, by), None);
                    lab.select(all);
                });
                // The cards stay where they were dropped until the document has them there.
                return false;
            }
            Gesture::Move { pressed, click: Click::Alone, .. } => pick(props, pressed, false),
            Gesture::Move { pressed, click: Click::Toggle, .. } => pick(props, pressed, true),
            Gesture::Box { start, now, add } => select_box(props, start, now, add),
            Gesture::Wire { edge: Some(edge), over, moved: true, .. } => props.dispatch.act(move |lab| {
                lab.hint = None;
                if let Some(over) = over {
                    lab.reroute(edge, over);
                }
            }),
            Gesture::Wire { edge: Some(edge), .. } => {
                props.dispatch.act(move |lab| lab.start_rerouting(edge));
            }
            Gesture::Wire { from, over, now, moved: true, .. } => props.dispatch.act(move |lab| {
                lab.hint = None;
                match over {
                    Some(over) if !from.contains(&over) => lab.connect(&from, &[over], false),
                    Some(_) => {}
                    None => drop_wire(lab, &from, now),
                }
            }),
            Gesture::Wire { from, .. } => props.dispatch.act(move |lab| {
                let from: Vec<Id> = from.iter().copied().collect();
                lab.start_wiring(&from);
                lab.select(from);
            }),
            _ => {}
        }
        self.arrange(props);
        true
    }

    /// The edge under a point of the canvas.
    fn edge_at(&self, props: &Props, at: Point) -> Option<Id> {
        let world = props.camera.world(at);
        let near = 7.0 / props.camera.zoom;
        props
            .document
            .edges
            .iter()
            .zip(&self.paths)
            .filter_map(|(edge, path)| Some((edge.id, path.as_ref()?)))
            .filter(|(_, path)| path.bounds().grown(near).contains(world))
            .map(|(id, path)| (id, path.distance_to(world)))
            .filter(|(_, distance)| *distance <= near)
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(id, _)| id)
    }

    fn wheel(&mut self, props: &Props, event: &WheelEvent) -> bool {
        let Some(root) = self.root.cast::<Element>() else { return false };
        let zooms = event.ctrl_key() || event.meta_key();
        // In a frame the page around it scrolls, unless the visitor works in the frame.
        if !props.owns_wheel && !zooms && !gloo::utils::document().has_focus().unwrap_or(false) {
            return false;
        }
        event.prevent_default();
        let scale = if event.delta_mode() == WheelEvent::DOM_DELTA_LINE { 16.0 } else { 1.0 };
        let (dx, dy) = (event.delta_x() * scale, event.delta_y() * scale);
        if zooms {
            let (factor, at) = ((-dy * 0.004).clamp(-0.5, 0.5).exp(), place_of(event, &root));
            props.dispatch.act(move |lab| lab.camera = lab.camera.zoomed(factor, at));
        } else {
            let by = if event.shift_key() && dx == 0.0 { Point::new(-dy, 0.0) } else { Point::new(-dx, -dy) };
            props.dispatch.act(move |lab| lab.camera = lab.camera.panned(by));
        }
        false
    }

    fn menu(&mut self, props: &Props, event: &MouseEvent) -> bool {
        event.prevent_default();
        let Some(root) = self.root.cast::<Element>() else { return false };
        let about = match spot(event) {
            Spot::Part(id) | Spot::Port(id) | Spot::Handle(id) | Spot::End(id) => Some(id),
            Spot::Control => return false,
            Spot::Pane => self.edge_at(props, place_of(event, &root)),
        };
        let at = Point::new(f64::from(event.client_x()), f64::from(event.client_y()));
        self.gesture = Gesture::None;
        self.pointers.clear();
        props.dispatch.act(move |lab| lab.open_menu(at, about));
        true
    }

    const fn is_dragging(&self) -> bool {
        matches!(
            self.gesture,
            Gesture::Move { moved: true, .. } | Gesture::Wire { moved: true, .. } | Gesture::Box { .. }
        )
    }

    /// A double click on a part or a connection gives it a name. The canvas has the pointer then: what is meant is what lies
    /// there.
    fn rename(&self, props: &Props, event: &MouseEvent) -> bool {
        let Some(root) = self.root.cast::<Element>() else { return false };
        let at = place_of(event, &root);
        let world = props.camera.world(at);
        let card = props.geometry.plain_cards().filter(|(_, card)| card.contains(world)).last();
        let about = card.map(|(id, _)| id).or_else(|| self.edge_at(props, at));
        // Where a press adds and takes away, two of them do both.
        let adds = props.selecting || event.shift_key() || event.ctrl_key() || event.meta_key();
        let free = props.editable && !adds && props.wiring.is_empty() && spot(event) != Spot::Control;
        if let Some(id) = about.filter(|_| free) {
            props.dispatch.act(move |lab| {
                lab.select([id]);
                lab.perform(Act::Rename);
            });
        }
        false
    }

    fn open_long_press(&mut self, props: &Props) -> bool {
        self.long_press = None;
        let about = match &self.gesture {
            Gesture::Move { pressed, moved: false, .. } => Some(*pressed),
            Gesture::Pan { start, moved: false, .. } => self.edge_at(props, *start),
            Gesture::Box { start, now, .. } if start == now => self.edge_at(props, *start),
            _ => return false,
        };
        let (Some(root), Some(at)) = (self.root.cast::<Element>(), self.pointers.values().next().copied())
        else {
            return false;
        };
        let bounds = root.get_bounding_client_rect();
        let at = Point::new(at.x + bounds.left(), at.y + bounds.top());
        self.gesture = Gesture::None;
        self.pointers.clear();
        props.dispatch.act(move |lab| lab.open_menu(at, about));
        true
    }
}

/// A connection that ends on the empty canvas asks what shall be there.
fn drop_wire(lab: &mut Lab, from: &BTreeSet<Id>, place: Point) {
    if let (Some(from), 1) = (from.first().copied(), from.len()) {
        let at = Some(lab.camera.world(place));
        lab.ask_kind(Grow { from, way: Way::On, at }, place);
    }
}

/// Connects what waits for a target with it.
pub(super) fn wire_to(lab: &mut Lab, to: Id, more: bool) {
    let from = lab.wiring.clone();
    if let Some(edge) = lab.rerouting {
        lab.stop_wiring();
        return lab.reroute(edge, to);
    }
    if from.contains(&to) && !more { lab.stop_wiring() } else { lab.connect(&from, &[to], more) }
}

/// Selects what lies in the box, or connects what waits for targets with it.
fn select_box(props: &Props, start: Point, now: Point, add: bool) {
    let area = Rect::spanned(props.camera.world(start), props.camera.world(now));
    let inside: Vec<Id> = props
        .geometry
        .cards()
        .filter(
            |(id, card)| {
                if props.geometry.is_frame(*id) { area.union(*card) == area } else { card.touches(area) }
            },
        )
        .map(|(id, _)| id)
        .collect();
    props.dispatch.act(move |lab| {
        let from = lab.wiring.clone();
        if !from.is_empty() && lab.rerouting.is_none() {
            return lab.connect(&from, &inside, false);
        }
        let before = if add { lab.selection.iter().copied().collect() } else { Vec::new() };
        lab.select(before.into_iter().chain(inside));
    });
}
