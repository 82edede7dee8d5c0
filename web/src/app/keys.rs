//! Keys that mean the same everywhere on the page.

use web_sys::KeyboardEvent;

use crate::canvas::gesture::{is_pressable, is_typing};
use crate::state::Lab;
use crate::state::actions::action_of_key;

/// Whether the page means something by this key, so that the browser must not.
pub fn takes(event: &KeyboardEvent) -> bool {
    !is_typing(event) && !in_dialog() && !copies_text(event) && action_of_key(event).is_some()
}

/// Takes a key. Whether the page must be rendered.
pub fn press(lab: &mut Lab, event: &KeyboardEvent) -> bool {
    if event.key() == "Escape" {
        return escape(lab);
    }
    if is_typing(event) || copies_text(event) || lab.dialog.is_some() || lab.menu.is_some() {
        return false;
    }
    let Some(action) = action_of_key(event) else { return false };
    // Backspace on a button of the page is a slip, not a wish to delete.
    let on_control = is_pressable(event) && event.key() == "Backspace";
    if on_control || !(action.enabled)(lab) {
        return false;
    }
    (action.perform)(lab);
    true
}

/// Ends what is under way, one thing at a time.
fn escape(lab: &mut Lab) -> bool {
    if lab.dialog.take().is_some() {
        return true;
    }
    if lab.menu.is_some() {
        lab.close_menu();
    } else if lab.wiring.is_some() {
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
