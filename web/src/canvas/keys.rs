//! Keys that mean what they do only because of what they are pressed on; all others are in the list of actions.

use brownout_sim::system::Id;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusEvent, KeyboardEvent};

use super::Props;
use super::geometry::Point;
use super::gesture::{Spot, is_typing, spot};
use super::input::wire_to;

fn enter(props: &Props, event: &KeyboardEvent, on: Spot, add: bool) -> bool {
    let (Spot::Part(id) | Spot::Port(id) | Spot::Handle(id)) = on else { return false };
    event.prevent_default();
    event.stop_propagation();
    let wires = !props.wiring.is_empty();
    props.dispatch.act(move |lab| match (wires, on) {
        (true, Spot::Part(to) | Spot::Port(to)) => wire_to(lab, to, add),
        (false, Spot::Port(from)) => lab.start_wiring(&[from]),
        _ if add => lab.toggle(id),
        _ => lab.select([id]),
    });
    false
}

fn menu_by_key(props: &Props, event: &KeyboardEvent, focused: Option<Id>) -> bool {
    event.prevent_default();
    event.stop_propagation();
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(bounds) = target.map(|target| target.get_bounding_client_rect()) else { return false };
    let at = match focused {
        Some(_) => Point::new(bounds.left() + bounds.width() / 2.0, bounds.bottom() - 6.0),
        None => Point::new(bounds.left() + bounds.width() / 2.0, bounds.top() + bounds.height() / 2.0),
    };
    let about = focused.or_else(|| props.selection.iter().next().copied());
    props.dispatch.act(move |lab| lab.open_menu(at, about));
    false
}

/// Enter and the menu key.
pub(super) fn key(props: &Props, event: &KeyboardEvent) -> bool {
    if is_typing(event) {
        return false;
    }
    let on = spot(event);
    let focused = match on {
        Spot::Part(id) | Spot::Port(id) | Spot::Handle(id) => Some(id),
        _ => None,
    };
    let shift = event.shift_key();
    let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
    match event.key().as_str() {
        "Enter" if !modified => enter(props, event, on, shift),
        "ContextMenu" => menu_by_key(props, event, focused),
        "F10" if shift => menu_by_key(props, event, focused),
        _ => false,
    }
}

/// What the keyboard leads to is brought into view.
pub(super) fn reveal(props: &Props, event: &FocusEvent) {
    let nearest = |element: &Element, selector: &str| element.closest(selector).ok().flatten();
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let by_key = |element: &Element| {
        element.matches(":focus-visible").unwrap_or(false) && nearest(element, ".world").is_some()
    };
    let Some(element) = target.filter(by_key) else { return };
    let Some(root) = nearest(&element, "#canvas") else { return };
    let (canvas, own) = (root.get_bounding_client_rect(), element.get_bounding_client_rect());
    let fits = own.width() < canvas.width() && own.height() < canvas.height();
    let whole = own.left() >= canvas.left()
        && own.right() <= canvas.right()
        && own.top() >= canvas.top()
        && own.bottom() <= canvas.bottom();
    let apart = own.right() < canvas.left()
        || own.left() > canvas.right()
        || own.bottom() < canvas.top()
        || own.top() > canvas.bottom();
    // The canvas's own buttons lie on top of what it shows.
    let (x, y) = (own.left().midpoint(own.right()), own.top().midpoint(own.bottom()));
    let top = gloo::utils::document().element_from_point(x as f32, y as f32);
    let under = top.is_some_and(|top| nearest(&top, ".canvas-tools, .minimap, .hint").is_some());
    if apart || under || fits && !whole {
        let by = Point::new(
            (canvas.left() + canvas.right() - own.left() - own.right()) / 2.0,
            (canvas.top() + canvas.bottom() - own.top() - own.bottom()) / 2.0,
        );
        props.dispatch.act(move |lab| lab.camera = lab.camera.panned(by));
    }
}
