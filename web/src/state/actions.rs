//! The one table of actions. Toolbar, menus, keys and the help dialog are made from it.

use brownout_sim::system::Verb;
use web_sys::KeyboardEvent;

use super::prefs::Prefs;
use super::{Dialog, Lab};
use crate::words::Messages;

/// A combination of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Control, or Command on a Mac.
    pub ctrl: bool,
    pub shift: bool,
    /// What the key writes, in lower case; or its position where `code` names one.
    pub writes: &'static str,
    /// The key's position, for keyboards whose letters are not Latin and for shifted digits.
    pub code: &'static str,
    /// As help and menus show it.
    pub label: &'static str,
}

const fn plain(key: &'static str, code: &'static str, label: &'static str) -> Key {
    Key { ctrl: false, shift: false, writes: key, code, label }
}

const fn ctrl(key: &'static str, code: &'static str, label: &'static str) -> Key {
    Key { ctrl: true, shift: false, writes: key, code, label }
}

const fn ctrl_shift(key: &'static str, code: &'static str, label: &'static str) -> Key {
    Key { ctrl: true, shift: true, writes: key, code, label }
}

const fn shift(key: &'static str, code: &'static str, label: &'static str) -> Key {
    Key { ctrl: false, shift: true, writes: key, code, label }
}

impl Key {
    fn fits(&self, event: &KeyboardEvent) -> bool {
        let ctrl = event.ctrl_key() || event.meta_key();
        if ctrl != self.ctrl || event.alt_key() {
            return false;
        }
        let pressed = event.key();
        // Signs such as `?` and `+` need Shift on some keyboards and not on others.
        let sign = self.writes.len() == 1 && !self.writes.as_bytes()[0].is_ascii_alphanumeric();
        if !sign && event.shift_key() != self.shift {
            return false;
        }
        let latin = pressed.len() == 1 && pressed.as_bytes()[0].is_ascii_alphabetic();
        pressed.to_lowercase() == self.writes
            || (!latin && !self.code.is_empty() && event.code() == self.code)
    }

    /// The label with the Mac's sign where that is what the visitor has.
    pub fn shown(&self) -> String {
        let platform = gloo::utils::window().navigator().platform().unwrap_or_default();
        if platform.starts_with("Mac") {
            self.label.replace("Ctrl+", "⌘").replace("Shift+", "⇧")
        } else {
            self.label.to_owned()
        }
    }
}

/// Where the help dialog lists an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Run,
    Edit,
    View,
    Document,
}

/// One thing that a visitor can do.
pub struct Action {
    pub id: &'static str,
    pub topic: Topic,
    pub label: fn(&Messages) -> &'static str,
    pub keys: &'static [Key],
    pub enabled: fn(&Lab) -> bool,
    pub perform: fn(&mut Lab),
}

fn always(_: &Lab) -> bool {
    true
}

fn editable(lab: &Lab) -> bool {
    lab.editable()
}

fn has_selection(lab: &Lab) -> bool {
    lab.editable() && !lab.selection.is_empty()
}

fn has_parts(lab: &Lab) -> bool {
    lab.editable() && !lab.selected_parts().is_empty()
}

fn one_part(lab: &Lab) -> bool {
    lab.editable() && lab.selection.len() == 1 && !lab.selected_parts().is_empty()
}

fn can(lab: &Lab, verb: Verb) -> bool {
    lab.selection.iter().any(|id| lab.knows_fault(*id, verb))
}

fn panel(lab: &mut Lab, change: fn(&mut Prefs)) {
    change(&mut lab.prefs);
    lab.prefs.keep();
}

/// Every action there is.
pub const ACTIONS: &[Action] = &[
    Action {
        id: "play",
        topic: Topic::Run,
        label: |m| m.play_pause,
        keys: &[plain(".", "", "Space")],
        enabled: always,
        perform: Lab::toggle_play,
    },
    Action {
        id: "step",
        topic: Topic::Run,
        label: |m| m.step,
        keys: &[plain("s", "KeyS", "S")],
        enabled: always,
        perform: Lab::step,
    },
    Action {
        id: "reset",
        topic: Topic::Run,
        label: |m| m.reset,
        keys: &[plain("0", "", "0")],
        enabled: always,
        perform: |lab| {
            lab.restart(false);
            lab.embed.paused();
        },
    },
    Action {
        id: "slower",
        topic: Topic::Run,
        label: |m| m.slower,
        keys: &[plain(",", "", ",")],
        enabled: always,
        perform: |lab| lab.set_speed(crate::bar::speed::beside(lab.run.speed, -1)),
    },
    Action {
        id: "faster",
        topic: Topic::Run,
        label: |m| m.faster,
        keys: &[plain("/", "", "/")],
        enabled: always,
        perform: |lab| lab.set_speed(crate::bar::speed::beside(lab.run.speed, 1)),
    },
    Action {
        id: "kill",
        topic: Topic::Run,
        label: |m| m.kill,
        keys: &[plain("k", "KeyK", "K")],
        enabled: |lab| can(lab, Verb::Kill),
        perform: |lab| lab.fault_selected(Verb::Kill),
    },
    Action {
        id: "pause",
        topic: Topic::Run,
        label: |m| m.pause_part,
        keys: &[],
        enabled: |lab| can(lab, Verb::Pause),
        perform: |lab| lab.fault_selected(Verb::Pause),
    },
    Action {
        id: "slow",
        topic: Topic::Run,
        label: |m| m.slow_part,
        keys: &[],
        enabled: |lab| can(lab, Verb::Slow),
        perform: |lab| lab.fault_selected(Verb::Slow),
    },
    Action {
        id: "surge",
        topic: Topic::Run,
        label: |m| m.surge,
        keys: &[],
        enabled: |lab| can(lab, Verb::Surge),
        perform: |lab| lab.fault_selected(Verb::Surge),
    },
    Action {
        id: "cut",
        topic: Topic::Run,
        label: |m| m.cut,
        keys: &[plain("x", "KeyX", "X")],
        enabled: |lab| can(lab, Verb::Cut),
        perform: |lab| lab.fault_selected(Verb::Cut),
    },
    Action {
        id: "restore",
        topic: Topic::Run,
        label: |m| m.restore,
        keys: &[plain("r", "KeyR", "R")],
        enabled: |lab| can(lab, Verb::Restore),
        perform: |lab| lab.fault_selected(Verb::Restore),
    },
    Action {
        id: "undo",
        topic: Topic::Edit,
        label: |m| m.undo,
        keys: &[ctrl("z", "KeyZ", "Ctrl+Z")],
        enabled: |lab| lab.editable() && lab.editor.can_undo(),
        perform: Lab::undo,
    },
    Action {
        id: "redo",
        topic: Topic::Edit,
        label: |m| m.redo,
        keys: &[ctrl_shift("z", "KeyZ", "Ctrl+Shift+Z"), ctrl("y", "KeyY", "Ctrl+Y")],
        enabled: |lab| lab.editable() && lab.editor.can_redo(),
        perform: Lab::redo,
    },
    Action {
        id: "connect",
        topic: Topic::Edit,
        label: |m| m.connect,
        keys: &[plain("c", "KeyC", "C")],
        enabled: one_part,
        perform: |lab| {
            if let Some(id) = lab.selected_parts().first() {
                lab.start_wiring(*id);
            }
        },
    },
    Action {
        id: "rename",
        topic: Topic::Edit,
        label: |m| m.rename,
        keys: &[plain("f2", "F2", "F2")],
        enabled: one_part,
        perform: |lab| {
            lab.prefs.side = true;
            lab.prefs.sheet = Some(super::Sheet::Inspector);
            lab.focus = Some(super::lab::Focus::Name);
        },
    },
    Action {
        id: "copy-parts",
        topic: Topic::Edit,
        label: |m| m.copy_parts,
        keys: &[ctrl("c", "KeyC", "Ctrl+C")],
        enabled: has_parts,
        perform: Lab::copy,
    },
    Action {
        id: "cut-parts",
        topic: Topic::Edit,
        label: |m| m.cut_parts,
        keys: &[ctrl("x", "KeyX", "Ctrl+X")],
        enabled: has_parts,
        perform: |lab| {
            lab.copy();
            let selection = (*lab.selection).clone();
            lab.remove(&selection);
        },
    },
    Action {
        id: "paste",
        topic: Topic::Edit,
        label: |m| m.paste,
        keys: &[ctrl("v", "KeyV", "Ctrl+V")],
        enabled: editable,
        perform: Lab::paste,
    },
    Action {
        id: "duplicate",
        topic: Topic::Edit,
        label: |m| m.duplicate,
        keys: &[ctrl("d", "KeyD", "Ctrl+D")],
        enabled: has_parts,
        perform: Lab::duplicate,
    },
    Action {
        id: "delete",
        topic: Topic::Edit,
        label: |m| m.delete,
        keys: &[plain("delete", "", "Delete"), plain("backspace", "", "Backspace")],
        enabled: has_selection,
        perform: |lab| {
            let selection = (*lab.selection).clone();
            lab.remove(&selection);
        },
    },
    Action {
        id: "select-all",
        topic: Topic::Edit,
        label: |m| m.select_all,
        keys: &[ctrl("a", "KeyA", "Ctrl+A")],
        enabled: editable,
        perform: |lab| {
            let all: Vec<_> = lab.document.parts.iter().map(|part| part.id).collect();
            lab.select(all);
        },
    },
    Action {
        id: "zoom-in",
        topic: Topic::View,
        label: |m| m.zoom_in,
        keys: &[ctrl("+", "", "Ctrl++"), ctrl("=", "Equal", "Ctrl+="), plain("+", "", "+")],
        enabled: always,
        perform: |lab| lab.zoom(1.25),
    },
    Action {
        id: "zoom-out",
        topic: Topic::View,
        label: |m| m.zoom_out,
        keys: &[ctrl("-", "", "Ctrl+-"), plain("-", "", "-")],
        enabled: always,
        perform: |lab| lab.zoom(0.8),
    },
    Action {
        id: "zoom-reset",
        topic: Topic::View,
        label: |m| m.zoom_reset,
        keys: &[ctrl("0", "Digit0", "Ctrl+0")],
        enabled: always,
        perform: |lab| lab.zoom(1.0 / lab.camera.zoom),
    },
    Action {
        id: "fit",
        topic: Topic::View,
        label: |m| m.fit,
        keys: &[shift("!", "Digit1", "Shift+1")],
        enabled: always,
        perform: |lab| lab.fit(false),
    },
    Action {
        id: "fit-selection",
        topic: Topic::View,
        label: |m| m.fit_selection,
        keys: &[shift("@", "Digit2", "Shift+2")],
        enabled: |lab| !lab.selection.is_empty(),
        perform: |lab| lab.fit(true),
    },
    Action {
        id: "palette",
        topic: Topic::View,
        label: |m| m.toggle_palette,
        keys: &[plain("[", "", "[")],
        enabled: always,
        perform: |lab| panel(lab, |prefs| prefs.palette = !prefs.palette),
    },
    Action {
        id: "side",
        topic: Topic::View,
        label: |m| m.toggle_side,
        keys: &[plain("]", "", "]")],
        enabled: always,
        perform: |lab| panel(lab, |prefs| prefs.side = !prefs.side),
    },
    Action {
        id: "dock",
        topic: Topic::View,
        label: |m| m.toggle_dock,
        keys: &[plain("\\", "", "\\")],
        enabled: always,
        perform: |lab| panel(lab, |prefs| prefs.dock = !prefs.dock),
    },
    Action {
        id: "theme",
        topic: Topic::View,
        label: |m| m.theme,
        keys: &[],
        enabled: always,
        perform: |lab| {
            lab.prefs.theme = Some(lab.prefs.theme_shown().other());
            lab.prefs.keep();
            lab.prefs.show();
        },
    },
    Action {
        id: "share",
        topic: Topic::Document,
        label: |m| m.share,
        keys: &[ctrl_shift("c", "KeyC", "Ctrl+Shift+C")],
        enabled: always,
        perform: |lab| lab.dialog = Some(Dialog::Share),
    },
    Action {
        id: "open",
        topic: Topic::Document,
        label: |m| m.open,
        keys: &[ctrl("o", "KeyO", "Ctrl+O")],
        enabled: |lab| !lab.embed.is_frame,
        perform: |lab| lab.dialog = Some(Dialog::Open { text: String::new(), error: None }),
    },
    Action {
        id: "save",
        topic: Topic::Document,
        label: |m| m.save,
        keys: &[ctrl("s", "KeyS", "Ctrl+S")],
        enabled: always,
        perform: crate::dialogs::files::save,
    },
    Action {
        id: "new",
        topic: Topic::Document,
        label: |m| m.new,
        keys: &[],
        enabled: |lab| !lab.embed.is_frame,
        perform: Lab::new_document,
    },
    Action {
        id: "starter",
        topic: Topic::Document,
        label: |m| m.open_starter,
        keys: &[],
        enabled: |lab| !lab.embed.is_frame,
        perform: Lab::open_starter,
    },
    Action {
        id: "before",
        topic: Topic::Document,
        label: |m| m.open_before,
        keys: &[],
        enabled: |lab| !lab.embed.is_frame && super::storage::work_before().is_some(),
        perform: Lab::open_before,
    },
    Action {
        id: "embed",
        topic: Topic::Document,
        label: |m| m.embed,
        keys: &[],
        enabled: always,
        perform: |lab| lab.dialog = Some(Dialog::Embed),
    },
    Action {
        id: "help",
        topic: Topic::Document,
        label: |m| m.help,
        keys: &[plain("?", "", "?"), plain("f1", "F1", "F1")],
        enabled: always,
        perform: |lab| lab.dialog = Some(Dialog::Help),
    },
    Action {
        id: "limits",
        topic: Topic::Document,
        label: |m| m.limits,
        keys: &[],
        enabled: always,
        perform: |lab| lab.dialog = Some(Dialog::Limits),
    },
];

/// The action with this id.
pub fn action(id: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.id == id)
}

/// The action that a key means.
pub fn action_of_key(event: &KeyboardEvent) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.keys.iter().any(|key| key.fits(event)))
}
