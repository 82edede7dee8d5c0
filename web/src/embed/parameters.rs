//! The parameters of the page's address. What is not known is shown, never ignored.

use std::cell::{Cell, RefCell};

use brownout_sim::system::Id;

use crate::canvas::geometry::Rect;
use crate::charts::Chart;
use crate::look::Theme;
use crate::words::Lang;

/// The messages that can be chosen among; `ready`, `error` and `response` always come.
pub const EVENTS: &[&str] =
    &["loaded", "started", "paused", "finished", "metric", "goal", "edit", "fault", "resize"];

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
    /// Keep this part of the canvas in view instead.
    pub view: Option<Rect>,
    /// Charts beside the canvas.
    pub panel: Vec<Chart>,
    /// Parts and connections that the reader cannot change.
    pub lock: Vec<Id>,
    /// A link leads to the whole lab.
    pub links: bool,
    /// An entry of the plan that strikes as soon as the document is loaded.
    pub signal: Option<Id>,
    /// The messages that are sent; without names, all.
    pub events: Vec<String>,
    /// What every message that is sent bears, so that a page with several frames knows whose it is.
    pub tag: Option<String>,
    /// The wheel belongs to the frame, not to the page around it.
    pub wheel_zooms: bool,
    pub seed: Option<u64>,
    /// Start position, in nanoseconds.
    pub at: Option<u64>,
    /// The only origin that messages are taken from and sent to.
    pub origin: Option<String>,
    /// Parameters or values that mean nothing, as they were written.
    pub unknown: Vec<String>,
    /// What the page around was told last.
    pub told: Told,
}

/// What the page around was told last, so that it is not told again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub windows: Cell<usize>,
    /// By the page's clock.
    pub at_ms: Cell<f64>,
    pub size: Cell<(f64, f64)>,
    /// The path that was set last, and its gesture.
    pub knob: RefCell<Option<(String, u64)>>,
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
            view: None,
            panel: Vec::new(),
            lock: Vec::new(),
            links: true,
            signal: None,
            events: Vec::new(),
            tag: None,
            wheel_zooms: false,
            seed: None,
            at: None,
            origin: None,
            unknown: Vec::new(),
            told: Told::default(),
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
            "view" => {
                self.view = Some(rect(value)?);
                self.fit = false;
            }
            "panel" => self.panel = value.split(',').map(Chart::from_code).collect::<Option<_>>()?,
            "lock" => self.lock = value.split(',').map(|id| id.parse().ok()).collect::<Option<_>>()?,
            "links" => self.links = switch(value)?,
            "signal" => self.signal = Some(value.parse().ok()?),
            "events" => {
                let known = |name: &str| EVENTS.contains(&name).then(|| name.to_owned());
                self.events = value.split(',').map(known).collect::<Option<_>>()?;
            }
            "tag" => self.tag = Some(value.chars().take(120).collect()),
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

/// Left edge, top edge, width and height, in whole units of the canvas: `0.-80.900.400`.
fn rect(value: &str) -> Option<Rect> {
    let numbers: Option<Vec<f64>> =
        value.split('.').map(|number| number.parse::<i32>().ok().map(f64::from)).collect();
    match numbers?[..] {
        [x, y, width, height] if width > 0.0 && height > 0.0 => Some(Rect { x, y, width, height }),
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
    fn a_frame_is_told_what_to_show_and_to_send() {
        let embed = read(
            "embed=1&view=0.-80.900.400&panel=latency,errors&lock=4,5&links=0&signal=9&events=metric,fault&tag=a",
        );
        assert!(embed.unknown.is_empty(), "{:?}", embed.unknown);
        assert_eq!(embed.view, Some(Rect { x: 0.0, y: -80.0, width: 900.0, height: 400.0 }));
        assert_eq!((embed.panel, embed.lock), (vec![Chart::Latency, Chart::Errors], vec![4, 5]));
        assert_eq!((embed.links, embed.signal, embed.fit), (false, Some(9), false));
        assert_eq!((embed.events.len(), embed.tag.as_deref()), (2, Some("a")));
        let bad = "view=0.0.0.9&view=1.2&panel=dots&lock=x&links=2&signal=-1&events=ready";
        assert_eq!(read(bad).unknown, bad.split('&').collect::<Vec<_>>());
    }

    #[test]
    fn what_means_nothing_is_told() {
        let embed = read("ui=fancy&speed=NaN&speed=1/0&src=http://x&seed=-1&origin=javascript:1&wheel=zoom");
        let told = ["ui=fancy", "speed=NaN", "speed=1/0", "src=http://x", "seed=-1", "origin=javascript:1"];
        assert_eq!(embed.unknown, told);
        assert!(embed.wheel_zooms);
    }
}
