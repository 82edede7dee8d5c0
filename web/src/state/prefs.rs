//! The visitor's preferences: language, theme, open panels. Kept in the browser, never in a document.

use super::storage;
use crate::look::Theme;
use crate::words::Lang;
use crate::worker::{FIRST_DOTS, MAX_DOTS};

const LANG: &str = "brownout.lang";
const THEME: &str = "brownout.theme";
const PANELS: &str = "brownout.panels";
const LETTERS: &str = "brownout.letters";
const DOTS: &str = "brownout.dots";

/// The part of the frame that a phone shows under the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    Course,
    Palette,
    Inspector,
    Charts,
    Log,
}

impl Sheet {
    pub const ALL: [Self; 5] = [Self::Course, Self::Palette, Self::Inspector, Self::Charts, Self::Log];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Course => "course",
            Self::Palette => "palette",
            Self::Inspector => "inspector",
            Self::Charts => "charts",
            Self::Log => "log",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Prefs {
    pub lang: Lang,
    /// `None` follows the visitor's system.
    pub theme: Option<Theme>,
    pub palette: bool,
    pub side: bool,
    pub dock: bool,
    /// Keys of a single letter do something.
    pub letters: bool,
    pub minimap: bool,
    pub sheet: Option<Sheet>,
    /// More messages than this are not drawn one by one.
    pub dots: u32,
}

impl Prefs {
    pub fn read() -> Self {
        let lang =
            storage::get(LANG).as_deref().and_then(Lang::from_tag).unwrap_or_else(Self::browser_language);
        let theme = storage::get(THEME).as_deref().and_then(Theme::from_code);
        let panels = storage::get(PANELS).unwrap_or_else(|| "psd".to_owned());
        Self {
            lang,
            theme,
            palette: panels.contains('p'),
            side: panels.contains('s'),
            dock: panels.contains('d'),
            minimap: !panels.contains('n'),
            letters: storage::get(LETTERS).is_none_or(|letters| letters != "off"),
            sheet: None,
            dots: storage::get(DOTS).and_then(|dots| dots.parse().ok()).unwrap_or(FIRST_DOTS).min(MAX_DOTS),
        }
    }

    fn browser_language() -> Lang {
        let navigator = gloo::utils::window().navigator();
        let first =
            navigator.languages().iter().find_map(|tag| tag.as_string().as_deref().and_then(Lang::from_tag));
        first.unwrap_or_default()
    }

    pub fn theme_shown(&self) -> Theme {
        self.theme.unwrap_or_else(Theme::of_system)
    }

    pub fn keep(&self) {
        storage::set(LANG, self.lang.code());
        if let Some(theme) = self.theme {
            storage::set(THEME, theme.code());
        }
        let letters = [(self.palette, 'p'), (self.side, 's'), (self.dock, 'd'), (!self.minimap, 'n')];
        let open: String = letters.iter().filter(|(open, _)| *open).map(|(_, letter)| letter).collect();
        storage::set(PANELS, &open);
        storage::set(DOTS, &self.dots.to_string());
        storage::set(LETTERS, if self.letters { "on" } else { "off" });
    }

    /// Tells the style sheets and assistive technology.
    pub fn show(&self) {
        if let Some(root) = gloo::utils::document().document_element() {
            let _ = root.set_attribute("data-theme", self.theme_shown().code());
            let _ = root.set_attribute("lang", self.lang.code());
        }
    }
}
