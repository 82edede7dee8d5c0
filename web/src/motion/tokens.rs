//! The design tokens that pixels need, read from the style sheet.

use super::painter::rgb;

/// A colour, red first.
pub type Rgb = [u8; 3];

/// The colours of the theme that is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Tokens {
    pub ground: Rgb,
    pub panel: Rgb,
    pub line: Rgb,
    pub text: Rgb,
    pub dim: Rgb,
    pub accent: Rgb,
    pub success: Rgb,
    pub slow: Rgb,
    pub failure: Rgb,
    pub write: Rgb,
    pub statics: Rgb,
    pub font: String,
}

impl Tokens {
    /// What the page's root element has now.
    pub fn read() -> Self {
        let style = gloo::utils::document()
            .document_element()
            .and_then(|root| gloo::utils::window().get_computed_style(&root).ok().flatten());
        Self::from_properties(|name| {
            style.as_ref().and_then(|style| style.get_property_value(name).ok()).unwrap_or_default()
        })
    }

    /// Custom properties by name; what is missing or unreadable is grey.
    fn from_properties(property: impl Fn(&str) -> String) -> Self {
        let color = |name: &str| parse(property(name).trim()).unwrap_or([128; 3]);
        let font = property("--font");
        Self {
            ground: color("--ground"),
            panel: color("--panel"),
            line: color("--line"),
            text: color("--text"),
            dim: color("--dim"),
            accent: color("--accent"),
            success: color("--success"),
            slow: color("--slow"),
            failure: color("--failure"),
            write: color("--write"),
            statics: color("--static"),
            font: if font.trim().is_empty() { "sans-serif".to_owned() } else { font.trim().to_owned() },
        }
    }
}

/// `#rrggbb`, as the style sheet writes every token.
fn parse(text: &str) -> Option<Rgb> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some([byte(0)?, byte(2)?, byte(4)?])
}

/// As the painter has colours.
pub const fn packed([red, green, blue]: Rgb) -> u32 {
    rgb(red, green, blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_and_rubbish_is_grey() {
        let tokens = Tokens::from_properties(|name| match name {
            "--ground" => " #0e1318".to_owned(),
            "--text" => "red".to_owned(),
            _ => String::new(),
        });
        assert_eq!(tokens.ground, [0x0e, 0x13, 0x18]);
        assert_eq!(tokens.text, [128; 3]);
        assert_eq!(tokens.font, "sans-serif");
    }
}
