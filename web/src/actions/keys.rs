//! Combinations of keys: which events fit them, and how they are written.

use web_sys::KeyboardEvent;

/// Where a combination means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Wherever nobody types.
    Page,
    /// Only while the canvas has the focus: elsewhere these keys move through lists and fields.
    Canvas,
    /// Somebody else hears it (the clipboard, the canvas); written here so that it is shown.
    Elsewhere,
}

/// A combination of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Control, or Command on a Mac.
    pub ctrl: bool,
    pub shift: bool,
    pub alt: bool,
    /// What the key writes, in lower case; or its position where `code` names one.
    pub writes: &'static str,
    /// The key's position, for keyboards whose letters are not Latin and for shifted digits.
    pub code: &'static str,
    pub place: Where,
}

/// What was pressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Press {
    pub ctrl: bool,
    pub shift: bool,
    pub alt: bool,
    pub key: String,
    pub code: String,
}

impl From<&KeyboardEvent> for Press {
    fn from(event: &KeyboardEvent) -> Self {
        Self {
            ctrl: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
            key: event.key(),
            code: event.code(),
        }
    }
}

impl Key {
    pub const fn plain(writes: &'static str, code: &'static str) -> Self {
        Self { ctrl: false, shift: false, alt: false, writes, code, place: Where::Page }
    }

    pub const fn ctrl(self) -> Self {
        Self { ctrl: true, ..self }
    }

    pub const fn shift(self) -> Self {
        Self { shift: true, ..self }
    }

    pub const fn alt(self) -> Self {
        Self { alt: true, ..self }
    }

    /// Only while the canvas has the focus.
    pub const fn on_canvas(self) -> Self {
        Self { place: Where::Canvas, ..self }
    }

    /// Heard elsewhere.
    pub const fn elsewhere(self) -> Self {
        Self { place: Where::Elsewhere, ..self }
    }

    pub fn fits(&self, press: &Press) -> bool {
        if self.place == Where::Elsewhere || press.ctrl != self.ctrl || press.alt != self.alt {
            return false;
        }
        // Signs such as `?` and `+` need Shift on some keyboards and not on others.
        let sign = self.writes.len() == 1 && !self.writes.as_bytes()[0].is_ascii_alphanumeric();
        if !sign && press.shift != self.shift {
            return false;
        }
        let latin = press.key.len() == 1 && press.key.as_bytes()[0].is_ascii_alphabetic();
        press.key.to_lowercase() == self.writes
            || (!latin && !self.code.is_empty() && press.code == self.code)
    }

    /// A single letter, digit or sign: what speech input may write by accident, and visitors can switch off.
    pub fn is_letter(&self) -> bool {
        !self.ctrl && !self.alt && self.writes.len() == 1
    }

    /// As help and menus show it, with the Mac's signs where that is what the visitor has.
    pub fn shown(&self) -> String {
        let platform = gloo::utils::window().navigator().platform().unwrap_or_default();
        self.written(platform.starts_with("Mac"))
    }

    fn written(&self, mac: bool) -> String {
        let mut text = String::new();
        let held = [(self.ctrl, "Ctrl+", "⌘"), (self.alt, "Alt+", "⌥"), (self.shift, "Shift+", "⇧")];
        for (_, other, on_mac) in held.into_iter().filter(|(held, ..)| *held) {
            text.push_str(if mac { on_mac } else { other });
        }
        match self.writes {
            " " => text.push_str("Space"),
            "arrowleft" => text.push('←'),
            "arrowright" => text.push('→'),
            "arrowup" => text.push('↑'),
            "arrowdown" => text.push('↓'),
            _ if self.shift && self.code.starts_with("Digit") => text.push_str(&self.code[5..]),
            writes => {
                let mut letters = writes.chars();
                text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                text.push_str(letters.as_str());
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(key: &str, code: &str) -> Press {
        Press { key: key.to_owned(), code: code.to_owned(), ..Press::default() }
    }

    #[test]
    fn letters_are_found_by_their_place_on_keyboards_that_are_not_latin() {
        let kill = Key::plain("k", "KeyK");
        assert!(kill.fits(&press("k", "KeyK")));
        assert!(kill.fits(&press("ㅏ", "KeyK")), "the Korean layout");
        assert!(!kill.fits(&press("t", "KeyK")), "another Latin layout writes its own letters");
        assert!(!kill.fits(&Press { ctrl: true, ..press("k", "KeyK") }));
        assert!(!kill.fits(&Press { shift: true, ..press("K", "KeyK") }));
    }

    #[test]
    fn signs_do_not_ask_how_they_are_typed() {
        let help = Key::plain("?", "");
        assert!(help.fits(&Press { shift: true, ..press("?", "Slash") }));
        assert!(help.fits(&press("?", "Comma")));
    }

    #[test]
    fn keys_are_written_as_each_system_writes_them() {
        let redo = Key::plain("z", "KeyZ").ctrl().shift();
        assert_eq!((redo.written(false).as_str(), redo.written(true).as_str()), ("Ctrl+Shift+Z", "⌘⇧Z"));
        assert_eq!(Key::plain("!", "Digit1").shift().written(false), "Shift+1");
        assert_eq!(Key::plain("arrowup", "").alt().written(false), "Alt+↑");
        assert_eq!(Key::plain("delete", "").written(false), "Delete");
    }
}
