//! The design as an SVG drawing, with its document as metadata.

use std::fmt::Write as _;

use brownout_scenario::{Part, Scenario};

use crate::canvas::geometry::{Geometry, Path, Rect};
use crate::canvas::{icon, shortened};
use crate::words::Lang;

const OPENING: &str = "<metadata id=\"brownout\">";
const CLOSING: &str = "</metadata>";
/// Room around the outermost cards, and letters of a name that fit a card.
const MARGIN: f64 = 32.0;
const LETTERS: usize = 15;

/// The page's own colours, as they are now.
pub struct Colours {
    ground: String,
    panel: String,
    line: String,
    wire: String,
    text: String,
    dim: String,
    accent: String,
}

impl Colours {
    pub fn read() -> Self {
        let root = gloo::utils::document().document_element();
        let style = root.and_then(|root| gloo::utils::window().get_computed_style(&root).ok().flatten());
        let token = |name: &str| {
            let value = style.as_ref().and_then(|style| style.get_property_value(name).ok());
            value.map_or_else(|| "gray".to_owned(), |value| value.trim().to_owned())
        };
        Self {
            ground: token("--ground"),
            panel: token("--panel"),
            line: token("--line-strong"),
            wire: token("--dim"),
            text: token("--text"),
            dim: token("--dim"),
            accent: token("--accent"),
        }
    }
}

/// The drawing, and its size.
pub fn draw(document: &Scenario, geometry: &Geometry, colours: &Colours, lang: Lang) -> (String, (f64, f64)) {
    let all = geometry.cards().map(|(_, card)| card).reduce(Rect::union);
    let all = all.unwrap_or(Rect { x: 0.0, y: 0.0, width: 200.0, height: 100.0 }).grown(MARGIN);
    let Rect { x, y, width, height } = all;
    let Colours { ground, wire, .. } = colours;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"{x} {y} {width} {height}\" \
         font-family=\"Inter, system-ui, sans-serif\"><title>{}</title>{OPENING}{}{CLOSING}\
         <rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>\
         <g fill=\"none\" stroke=\"{wire}\" stroke-width=\"1.75\" stroke-linecap=\"round\">",
        escape(&document.name),
        escape(&document.to_json()),
    );
    for (_, Rect { x, y, width, height }) in geometry.frames() {
        let _ = write!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"14\" stroke-width=\"1\" stroke-opacity=\"0.5\"/>"
        );
    }
    for edge in &document.edges {
        if let Some(path) = geometry.path(edge.from, edge.to) {
            draw_path(&mut out, &path);
        }
    }
    out.push_str("</g>");
    for edge in &document.edges {
        if let (Some(name), Some(path)) = (document.edge_name(edge.id), geometry.path(edge.from, edge.to)) {
            draw_name(&mut out, name, &path, colours);
        }
    }
    for part in &document.parts {
        if let Some(card) = geometry.card(part.id).filter(|_| geometry.is_frame(part.id)) {
            let name =
                if part.name.is_empty() { lang.of(part.params.kind().spec().label) } else { &part.name };
            let (x, y, text) = (card.x + 14.0, card.y + 22.0, &colours.text);
            let _ = write!(
                out,
                "<text x=\"{x}\" y=\"{y}\" font-size=\"12.5\" font-weight=\"600\" fill=\"{text}\">{}</text>",
                escape(name)
            );
        } else if let Some(card) = geometry.card(part.id) {
            draw_card(&mut out, part, card, colours, lang);
        }
    }
    out.push_str("</svg>\n");
    (out, (width, height))
}

fn draw_path(out: &mut String, path: &Path) {
    let [a, b, c, d] = path.curve;
    let along = path.direction_at(1.0);
    let back = |side: f64| (d.x - along.x * 7.0 - along.y * side, d.y - along.y * 7.0 + along.x * side);
    let ((left_x, left_y), (right_x, right_y)) = (back(4.0), back(-4.0));
    let _ = write!(
        out,
        "<path d=\"M{} {}C{} {} {} {} {} {}M{left_x:.1} {left_y:.1}L{} {}L{right_x:.1} {right_y:.1}\"/>",
        a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y, d.x, d.y
    );
}

fn draw_card(out: &mut String, part: &Part, card: Rect, colours: &Colours, lang: Lang) {
    let spec = part.params.kind().spec();
    let Colours { panel, line, text, dim, accent, .. } = colours;
    let Rect { x, y, width, height } = card;
    let kind = lang.of(spec.label);
    let name = if part.name.is_empty() { kind } else { &part.name };
    let mut shown: String = name.chars().take(LETTERS).collect();
    if name.chars().count() > LETTERS {
        shown.push('…');
    }
    let count = if part.count > 1 { format!("{kind} ×{}", part.count) } else { kind.to_owned() };
    let _ = write!(
        out,
        "<g><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"10\" fill=\"{panel}\" stroke=\"{line}\"/>\
         <path transform=\"translate({} {})\" d=\"{}\" fill=\"none\" stroke=\"{accent}\" stroke-width=\"1.25\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>\
         <text x=\"{}\" y=\"{}\" font-size=\"12.5\" font-weight=\"600\" fill=\"{text}\">{}</text>\
         <text x=\"{}\" y=\"{}\" font-size=\"11\" fill=\"{dim}\">{}</text></g>",
        x + 10.0,
        y + 10.0,
        icon::drawing(spec.icon),
        x + 10.0,
        y + 45.0,
        escape(&shown),
        x + 10.0,
        y + 61.0,
        escape(&count),
    );
}

/// What a connection is called, above its middle.
fn draw_name(out: &mut String, name: &str, path: &Path, colours: &Colours) {
    let at = path.point_at(0.5);
    let _ = write!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"12\" text-anchor=\"middle\" fill=\"{}\" stroke=\"{}\" stroke-width=\"4\" paint-order=\"stroke\">{}</text>",
        at.x,
        at.y - 9.0,
        colours.text,
        colours.ground,
        escape(&shortened(name)),
    );
}

pub fn is_svg(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(512)];
    head.trim_ascii_start().starts_with(b"<") && head.windows(4).any(|four| four == b"<svg")
}

/// The document inside a drawing.
pub fn text(drawing: &str) -> Option<String> {
    let (_, rest) = drawing.split_once(OPENING)?;
    let (text, _) = rest.split_once(CLOSING)?;
    Some(text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}

fn escape(text: &str) -> String {
    let allowed = |letter: &char| !letter.is_control() || *letter == '\n';
    let text: String = text.chars().filter(allowed).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use brownout_scenario::{EdgeName, starter};

    use super::*;
    use crate::state::layout::{self, Flow};

    #[test]
    fn the_document_comes_out_as_it_went_in() {
        let colour = || "#123456".to_owned();
        let colours = Colours {
            ground: colour(),
            panel: colour(),
            line: colour(),
            wire: colour(),
            text: colour(),
            dim: colour(),
            accent: colour(),
        };
        let mut document = starter();
        document.name = "</metadata><script>alert(1)</script> & \"so on\" &lt;".to_owned();
        document.names.extend(EdgeName::new(document.edges[0].id, "<b>reads".to_owned()));
        document.parts[0].name = "<b>& many more letters than fit".to_owned();
        let geometry = layout::geometry(&document, Flow::Across);
        let (drawing, (width, height)) = draw(&document, &geometry, &colours, Lang::Ko);
        assert!(width > 900.0 && height > 200.0);
        assert!(is_svg(drawing.as_bytes()));
        assert!(!drawing.contains("<script") && !drawing.contains("<b>"));
        assert!(drawing.contains(">&lt;b&gt;reads</text>"));
        assert_eq!(text(&drawing).as_deref(), Some(document.to_json().as_str()));
        assert_eq!(text("<svg></svg>"), None);
        assert!(!is_svg(b"{\"version\":1}"));
    }
}
