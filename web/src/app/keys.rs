//! Keys that mean the same everywhere on the page.

use brownout_sim::system::Id;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use crate::actions::{Press, Where, pressed};
use crate::canvas::gesture::{is_pressable, is_typing};
use crate::state::Lab;

/// Whether the page means something by this key, so that the browser must not.
pub fn takes(event: &KeyboardEvent) -> bool {
    if is_typing(event) || in_dialog() || copies_text(event) {
        return false;
    }
    let found = pressed(&Press::from(event), true);
    found.is_some_and(|(_, place)| place == Where::Page || on_canvas(event))
}

/// Takes a key. Whether the page must be rendered.
pub fn press(lab: &mut Lab, event: &KeyboardEvent) -> bool {
    if event.key() == "Escape" {
        return escape(lab);
    }
    if is_typing(event) || copies_text(event) || lab.dialog.is_some() || lab.menu.is_some() {
        return false;
    }
    let Some((action, place)) = pressed(&Press::from(event), lab.prefs.letters) else { return false };
    // Backspace on a button of the page is a slip, not a wish to delete.
    let on_control = is_pressable(event) && event.key() == "Backspace";
    if on_control || place == Where::Canvas && !on_canvas(event) {
        return false;
    }
    lab.focused = if on_canvas(event) { element_under(event) } else { None };
    lab.perform(action.act);
    lab.focused = None;
    true
}

fn target(event: &KeyboardEvent) -> Option<Element> {
    event.target().and_then(|target| target.dyn_into().ok())
}

/// Whether the canvas has the focus, or nothing has.
fn on_canvas(event: &KeyboardEvent) -> bool {
    target(event).is_some_and(|target| {
        target.tag_name() == "BODY" || target.closest("#canvas").ok().flatten().is_some()
    })
}

/// The part or the edge that has the focus.
fn element_under(event: &KeyboardEvent) -> Option<Id> {
    let element = target(event)?.closest("[data-part], [data-edge]").ok().flatten()?;
    let id = element.get_attribute("data-part").or_else(|| element.get_attribute("data-edge"))?;
    id.parse().ok()
}

/// Ends what is under way, one thing at a time.
fn escape(lab: &mut Lab) -> bool {
    // What the pointer brought up by resting somewhere goes as well.
    lab.live.cursor().put(None);
    if lab.dialog.take().is_some() {
        return true;
    }
    // What is being dragged goes back to where it was: the canvas sees to it.
    if lab.live.is_resting() {
        return false;
    }
    if lab.menu.is_some() {
        lab.close_menu();
    } else if !lab.wiring.is_empty() {
        lab.stop_wiring();
    } else {
        let nothing_else = lab.hint.take().is_none() && lab.prefs.sheet.take().is_none();
        if nothing_else && lab.selection.is_empty() {
            return false;
        }
        if nothing_else {
            lab.select([]);
        }
    }
    true
}

/// Ctrl+C where text is selected copies that text, as everywhere.
fn copies_text(event: &KeyboardEvent) -> bool {
    let copies = (event.ctrl_key() || event.meta_key()) && matches!(event.key().as_str(), "c" | "x");
    let selection = gloo::utils::window().get_selection().ok().flatten();
    copies && selection.is_some_and(|selection| !selection.is_collapsed())
}

fn in_dialog() -> bool {
    gloo::utils::document().query_selector("[role=dialog]").ok().flatten().is_some()
}
