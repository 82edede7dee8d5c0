//! The parameters of the page's address. What is not known is shown, never ignored.

use crate::look::Theme;
use crate::words::Lang;

/// How much of the page a frame shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ui {
    Full,
    /// The bar and the canvas.
    #[default]
    Controls,
    /// The canvas alone.
    None,
}

impl Ui {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Controls => "controls",
            Self::None => "none",
        }
    }
}

/// What the page's address asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Embed {
    pub is_frame: bool,
    pub ui: Ui,
    /// Begin running; without it, yes.
    pub run: Option<bool>,
    pub speed: Option<f64>,
    pub edit: bool,
    pub theme: Option<Theme>,
    pub lang: Option<Lang>,
    pub title: Option<String>,
    /// Keep everything in view when the frame changes its size.
    pub fit: bool,
    /// The wheel belongs to the frame, not to the page around it.
    pub wheel_zooms: bool,
    pub seed: Option<u64>,
    /// Start position, in nanoseconds.
    pub at: Option<u64>,
    /// The only origin that messages are taken from and sent to.
    pub origin: Option<String>,
    /// Parameters or values that mean nothing, as they were written.
    pub unknown: Vec<String>,
}

impl Default for Embed {
    fn default() -> Self {
        Self {
            is_frame: false,
            ui: Ui::default(),
            run: None,
            speed: None,
            edit: true,
            theme: None,
            lang: None,
            title: None,
            fit: false,
            wheel_zooms: false,
            seed: None,
            at: None,
            origin: None,
            unknown: Vec::new(),
        }
    }
}

impl Embed {
    /// Reads the query of an address, decoded into pairs.
    pub fn read(pairs: &[(String, String)]) -> Self {
        let mut embed = Self::default();
        embed.is_frame = pairs.iter().any(|(name, value)| name == "embed" && value == "1");
        embed.fit = embed.is_frame;
        embed.edit = !embed.is_frame;
        for (name, value) in pairs {
            if embed.take(name, value).is_none() {
                embed.unknown.push(format!("{name}={value}"));
            }
        }
        embed
    }

    /// `None` where name or value mean nothing.
    fn take(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "embed" => drop(switch(value)?),
            "ui" => {
                self.ui = [Ui::Full, Ui::Controls, Ui::None].into_iter().find(|ui| ui.code() == value)?;
            }
            "run" => self.run = Some(switch(value)?),
            "edit" => self.edit = switch(value)?,
            "fit" => self.fit = switch(value)?,
            "speed" => self.speed = Some(number(value).filter(|speed| (1e-4..=1e4).contains(speed))?),
            "theme" if value == "auto" => self.theme = None,
            "theme" => self.theme = Some(Theme::from_code(value)?),
            "lang" => self.lang = Some(Lang::from_tag(value)?),
            "title" => self.title = Some(value.chars().take(120).collect()),
            "wheel" => {
                self.wheel_zooms = match value {
                    "page" => false,
                    "zoom" => true,
                    _ => return None,
                };
            }
            "seed" => {
                self.seed = Some(value.parse().ok().filter(|seed| *seed <= brownout_scenario::LARGEST_SEED)?);
            }
            "at" => self.at = Some((number(value).filter(|at| (0.0..=3e8).contains(at))? * 1e9) as u64),
            "origin" => self.origin = Some(origin(value)?),
            _ => return None,
        }
        Some(())
    }
}

fn switch(value: &str) -> Option<bool> {
    match value {
        "0" | "false" => Some(false),
        "1" | "true" => Some(true),
        _ => None,
    }
}

/// A number, also as a fraction: `1/200`.
fn number(value: &str) -> Option<f64> {
    let number = match value.split_once('/') {
        Some((above, below)) => above.parse::<f64>().ok()? / below.parse::<f64>().ok()?,
        None => value.parse().ok()?,
    };
    number.is_finite().then_some(number)
}

/// `https://example.org`, without a path.
fn origin(value: &str) -> Option<String> {
    let (scheme, host) = value.split_once("://")?;
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    (matches!(scheme, "http" | "https") && !host.is_empty() && plain).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Embed {
        let pairs: Vec<(String, String)> = text
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Embed::read(&pairs)
    }

    #[test]
    fn a_frame_is_read_only_unless_it_says_otherwise() {
        let embed = read("embed=1&ui=none&speed=1/200&theme=dark&lang=ko-KR&origin=https://example.org");
        assert!(embed.is_frame && embed.fit && !embed.edit);
        assert_eq!((embed.ui, embed.speed, embed.theme), (Ui::None, Some(0.005), Some(Theme::Dark)));
        assert_eq!((embed.lang, embed.origin.as_deref()), (Some(Lang::Ko), Some("https://example.org")));
        assert!(embed.unknown.is_empty(), "{:?}", embed.unknown);
        assert!(read("embed=1&edit=1").edit);
    }

    #[test]
    fn what_means_nothing_is_told() {
        let embed = read("ui=fancy&speed=NaN&speed=1/0&src=http://x&seed=-1&origin=javascript:1&wheel=zoom");
        let told = ["ui=fancy", "speed=NaN", "speed=1/0", "src=http://x", "seed=-1", "origin=javascript:1"];
        assert_eq!(embed.unknown, told);
        assert!(embed.wheel_zooms);
    }
}
