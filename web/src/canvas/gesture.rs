//! What the pointers are doing, and where an event happened.

use std::collections::BTreeSet;
use std::rc::Rc;

use brownout_sim::system::Id;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, MouseEvent};

use super::geometry::Point;
use crate::desk::arrange::Guide;

/// Pixels that a pointer may tremble during a click.
pub const TREMBLE: f64 = 4.0;

/// What is being done with the pointer. Points are on the canvas, in CSS pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Gesture {
    #[default]
    None,
    Pan {
        start: Point,
        last: Point,
        moved: bool,
    },
    Move {
        pressed: Id,
        /// With everything inside of them.
        ids: Rc<Vec<Id>>,
        start: Point,
        /// In world units.
        by: Point,
        moved: bool,
        /// What a click without a move does.
        click: Click,
        /// Copies are dropped; what is selected stays.
        copies: bool,
        /// The lines on which the pressed card stands with others.
        guides: Vec<Guide>,
    },
    Box {
        start: Point,
        now: Point,
        /// To what is selected already.
        add: bool,
    },
    Wire {
        from: Rc<BTreeSet<Id>>,
        /// The connection whose end is being led elsewhere; `None` draws a new one.
        edge: Option<Id>,
        start: Point,
        now: Point,
        over: Option<Id>,
        moved: bool,
    },
    Pinch {
        distance: f64,
        middle: Point,
    },
}

/// What a click on a part does, once it is clear that it is no drag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Click {
    Nothing,
    /// One of several selected parts is selected alone.
    Alone,
    /// It is added to the selection, or taken away.
    Toggle,
}

/// What an event happened on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    Port(Id),
    Part(Id),
    Handle(Id),
    /// The end of a connection.
    End(Id),
    /// A button or another control of the canvas's own.
    Control,
    Pane,
}

/// The nearest element that says what it is.
pub fn spot(event: &Event) -> Spot {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return Spot::Pane;
    };
    let id = |element: &Element, name: &str| element.get_attribute(name).and_then(|text| text.parse().ok());
    let nearest = |selector: &str| target.closest(selector).ok().flatten();
    if let Some(id) = nearest("[data-edge-end]").and_then(|element| id(&element, "data-edge-end")) {
        return Spot::End(id);
    }
    if let Some(id) = nearest("[data-edge]").and_then(|element| id(&element, "data-edge")) {
        return Spot::Handle(id);
    }
    if let Some(part) = nearest("[data-part]").and_then(|element| id(&element, "data-part")) {
        return if nearest("[data-port]").is_some() { Spot::Port(part) } else { Spot::Part(part) };
    }
    if nearest("button, input, a, .menu").is_some() { Spot::Control } else { Spot::Pane }
}

/// Where on the canvas an event happened.
pub fn place(event: &MouseEvent, canvas: &Element) -> Point {
    let bounds = canvas.get_bounding_client_rect();
    Point::new(f64::from(event.client_x()) - bounds.left(), f64::from(event.client_y()) - bounds.top())
}

/// Whether a key belongs to the element that has the focus: text fields take all, buttons take Space and Enter.
pub fn is_typing(event: &Event) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return false;
    };
    match target.tag_name().to_ascii_lowercase().as_str() {
        "textarea" | "select" => true,
        "input" => !matches!(target.get_attribute("type").as_deref(), Some("checkbox" | "radio" | "button")),
        _ => target.has_attribute("contenteditable"),
    }
}

/// Whether Space would press what has the focus.
pub fn is_pressable(event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| {
        target.closest("button, a, summary, input, [role=button], [role=menuitem]").ok().flatten().is_some()
    })
}
