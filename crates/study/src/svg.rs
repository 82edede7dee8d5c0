//! The charts of a panel as a file that stands by itself.

use std::fmt::Write as _;

use serde_json::Value;

use crate::plot::WIDTH;

const STYLE: &str = "svg{background:#fff;font:11px sans-serif;fill:#1d2329}\
    .line,.grid,.mark{fill:none}.line{stroke-width:1.4}.grid{stroke:#dfe2dd}.band{opacity:.2;stroke:none}\
    .line.c0{stroke:#0f717d}.line.c1{stroke:#874d00;stroke-dasharray:5 3}.line.c2{stroke:#674e8b;stroke-dasharray:2 2}\
    .line.c3{stroke:#c13a35;stroke-dasharray:7 2 2 2}.line.c4{stroke:#1866be;stroke-dasharray:1 3}\
    .band.c0{fill:#0f717d}.band.c1{fill:#874d00}.band.c2{fill:#674e8b}.band.c3{fill:#c13a35}.band.c4{fill:#1866be}\
    .shade{fill:#eceee9}.fault{fill:#f5d9d7}.bar{fill:#0f717d}.heat{fill:#c13a35}.mark{stroke:#1d2329;stroke-dasharray:3 2}\
    .value,.tick{fill:#5b656f;font-size:9px}";
/// How much larger than on the page, and the room above each chart for its name.
const SCALE: f64 = 2.0;
const HEAD: f64 = 24.0;

/// The charts of a panel as one drawing; its width and height.
pub(crate) fn file(panel: &Value) -> (String, f64, f64) {
    let mut plots = Vec::new();
    collect(panel, &mut plots);
    let tall = |svg: &Value| {
        let bounds = svg["a"]["viewBox"].as_str().unwrap_or_default();
        bounds.split(' ').nth(3).and_then(|height| height.parse::<f64>().ok()).unwrap_or(0.0) * SCALE
    };
    let height: f64 = plots.iter().map(|(_, svg)| tall(svg) + HEAD).sum::<f64>() + 20.0;
    let width = WIDTH * SCALE + 60.0;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\"><style>{STYLE}</style>"
    );
    let mut top = HEAD;
    for (title, svg) in &plots {
        let _ = write!(text, "<text x=\"30\" y=\"{}\">{}</text>", top - 6.0, escape(title));
        let _ = write!(text, "<g transform=\"translate(30 {top}) scale({SCALE})\">");
        for child in svg["k"].as_array().into_iter().flatten() {
            xml(child, &mut text);
        }
        text += "</g>";
        top += tall(svg) + HEAD;
    }
    (text + "</svg>", width, height)
}

fn collect<'a>(node: &'a Value, plots: &mut Vec<(String, &'a Value)>) {
    if node["t"] == "svg" {
        let word = |name: &str| node["a"][name].as_str().unwrap_or_default();
        let title = [word("aria-label"), word("aria-valuetext")];
        plots.push((title.join(": ").trim_end_matches([':', ' ']).to_owned(), node));
    }
    for child in node["k"].as_array().into_iter().flatten() {
        collect(child, plots);
    }
}

fn xml(node: &Value, text: &mut String) {
    if let Some(words) = node.as_str() {
        *text += &escape(words);
        return;
    }
    let tag = node["t"].as_str().unwrap_or("g");
    // The page's own lines.
    if node["c"] == "cursor" || node["c"] == "now" {
        return;
    }
    let _ = write!(text, "<{tag} class=\"{}\"", node["c"].as_str().unwrap_or_default());
    for (name, value) in node["a"].as_object().into_iter().flatten() {
        let _ = write!(text, " {name}=\"{}\"", escape(value.as_str().unwrap_or_default()));
    }
    *text += ">";
    for child in node["k"].as_array().into_iter().flatten() {
        xml(child, text);
    }
    let _ = write!(text, "</{tag}>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
