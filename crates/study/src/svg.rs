//! Charts as elements, on one time axis. The page and the exported file show the same.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::node::{Node, node};

pub(crate) const WIDTH: f64 = 300.0;
pub(crate) const HEIGHT: f64 = 76.0;

/// A line, with the class that names its look (`c0` to `c4`).
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) values: Vec<Option<f64>>,
    /// Half-widths of the band around it.
    pub(crate) band: Vec<f64>,
}

pub(crate) struct Plot {
    pub(crate) title: String,
    pub(crate) unit: &'static str,
    /// From and to on the horizontal axis.
    pub(crate) span: [f64; 2],
    pub(crate) lines: Vec<Line>,
    /// Shaded up to here: the warm-up.
    pub(crate) shaded: f64,
    /// Marked upright: the cursor, or the knee.
    pub(crate) mark: Option<f64>,
    pub(crate) bars: bool,
}

fn place(plot: &Plot, at: f64) -> f64 {
    let [from, to] = plot.span;
    ((at - from) / (to - from).max(1e-9)).clamp(0.0, 1.0) * WIDTH
}

pub(crate) fn chart(plot: &Plot, seeks: bool) -> Node {
    let tops = plot.lines.iter().flat_map(|line| {
        let bands = line.band.iter().copied().chain(std::iter::repeat(0.0));
        line.values.iter().zip(bands).filter_map(|(value, band)| value.map(|value| value + band))
    });
    let top = tops.fold(0.0, f64::max).max(1e-9) * 1.05;
    let y = |value: f64| HEIGHT - (value / top).clamp(0.0, 1.0) * (HEIGHT - 10.0);
    let mut svg = node("svg", "plot")
        .attribute("viewBox", format!("0 0 {WIDTH} {HEIGHT}"))
        .attribute("role", "img")
        .attribute("aria-label", format!("{}: {}", plot.title, described(plot)));
    if plot.shaded > plot.span[0] {
        svg = svg.child(rect("shade", 0.0, 0.0, place(plot, plot.shaded), HEIGHT));
    }
    for (at, line) in plot.lines.iter().enumerate() {
        let step = WIDTH / line.values.len().max(1) as f64;
        let x = |index: usize| (index as f64 + 0.5) * step;
        if plot.bars {
            for (index, value) in line.values.iter().enumerate() {
                let height = HEIGHT - y(value.unwrap_or(0.0));
                svg = svg.child(rect(
                    "bar",
                    index as f64 * step,
                    HEIGHT - height,
                    (step - 0.5).max(0.3),
                    height,
                ));
            }
            continue;
        }
        let mut path = String::new();
        let mut pen_up = true;
        for (index, value) in line.values.iter().enumerate() {
            let Some(value) = value else {
                pen_up = true;
                continue;
            };
            let _ = write!(path, "{}{:.1} {:.1}", if pen_up { "M" } else { "L" }, x(index), y(*value));
            pen_up = false;
        }
        if line.band.len() == line.values.len() {
            let known = |index: &usize| line.values[*index].is_some();
            let edge = |index: usize, sign: f64| {
                let value = line.values[index].unwrap_or(0.0) + sign * line.band[index];
                format!("{:.1} {:.1}", x(index), y(value.max(0.0)))
            };
            let upper = (0..line.values.len()).filter(known).map(|index| edge(index, 1.0));
            let lower = (0..line.values.len()).rev().filter(known).map(|index| edge(index, -1.0));
            let points: Vec<String> = upper.chain(lower).collect();
            if !points.is_empty() {
                svg = svg.child(
                    node("path", &format!("band c{}", at % 5))
                        .attribute("d", format!("M{}Z", points.join("L"))),
                );
            }
        }
        svg = svg.child(node("path", &format!("line c{}", at % 5)).attribute("d", path));
    }
    if let Some(mark) = plot.mark {
        let x = format!("{:.1}", place(plot, mark));
        svg = svg.child(
            node("line", "mark")
                .attribute("x1", &x)
                .attribute("x2", &x)
                .attribute("y1", 0)
                .attribute("y2", HEIGHT),
        );
    }
    let [from, to] = plot.span;
    if seeks {
        // One click goes to that moment: canvas, timeline and every chart show it.
        let count = plot.lines.first().map_or(1, |line| line.values.len()).max(1);
        let step = WIDTH / count as f64;
        for index in 0..count {
            let at = from + (to - from) * (index as f64 + 1.0) / count as f64;
            svg = svg.child(
                rect("hit", index as f64 * step, 0.0, step, HEIGHT)
                    .does(json!([{ "seek": (at * 1e9) as u64 }, { "ask": { "do": "cursor", "at": at } }])),
            );
        }
    }
    let legend = plot.lines.iter().enumerate().filter(|(_, line)| !line.name.is_empty()).map(|(at, line)| {
        node("li", "").child(node("i", &format!("key c{}", at % 5))).text(line.name.clone())
    });
    node("section", "plot-box")
        .child(node("h3", "").text(plot.title.clone()).child(node("small", "dim").text(format!(
            "{} · max {}",
            plot.unit,
            short(top / 1.05)
        ))))
        .child(svg)
        .child(node("ul", "plot-legend").children(legend))
}

fn described(plot: &Plot) -> String {
    let last = |line: &Line| line.values.iter().rev().flatten().next().copied().map_or("–".to_owned(), short);
    let lines: Vec<String> = plot.lines.iter().map(|line| format!("{} {}", line.name, last(line))).collect();
    format!("{} {}", lines.join(", "), plot.unit)
}

pub(crate) fn rect(class: &str, x: f64, y: f64, width: f64, height: f64) -> Node {
    node("rect", class)
        .attribute("x", format!("{x:.1}"))
        .attribute("y", format!("{y:.1}"))
        .attribute("width", format!("{width:.1}"))
        .attribute("height", format!("{height:.1}"))
}

pub(crate) fn short(value: f64) -> String {
    let decimals = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

/// The charts of a panel as one drawing that stands by itself.
pub(crate) fn file(panel: &Value) -> (String, f64, f64) {
    let mut plots = Vec::new();
    collect(panel, &mut plots);
    let tall = HEIGHT + 28.0;
    let (width, height) = (WIDTH * 2.0 + 60.0, (plots.len() as f64 * tall + 20.0).max(60.0));
    let style = "svg{background:#fff;font:10px sans-serif}.line{fill:none;stroke-width:1.2}.band{opacity:.2;stroke:none}\
        .line.c0{stroke:#127a86}.line.c1{stroke:#b3700b}.line.c2{stroke:#7653b5}.line.c3{stroke:#c0362c}.line.c4{stroke:#2b6cb0}\
        .band.c0{fill:#127a86}.band.c1{fill:#b3700b}.band.c2{fill:#7653b5}.band.c3{fill:#c0362c}.band.c4{fill:#2b6cb0}\
        .shade{fill:#eceee9}.bar{fill:#127a86}.heat{fill:#c0362c}.mark{stroke:#1d2329;stroke-dasharray:3 2}.hit{fill:none}";
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\"><style>{style}</style>"
    );
    for (at, (title, svg)) in plots.iter().enumerate() {
        let top = 20.0 + at as f64 * tall;
        let _ = write!(text, "<text x=\"30\" y=\"{}\">{}</text>", top - 4.0, escape(title));
        let _ = write!(text, "<g transform=\"translate(30 {top}) scale(2 1)\">");
        for child in svg["k"].as_array().into_iter().flatten() {
            xml(child, &mut text);
        }
        text += "</g>";
    }
    (text + "</svg>", width, height)
}

fn collect<'a>(node: &'a Value, plots: &mut Vec<(String, &'a Value)>) {
    if node["t"] == "svg" {
        plots.push((node["a"]["aria-label"].as_str().unwrap_or_default().to_owned(), node));
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
    if node["c"] == "hit" {
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
