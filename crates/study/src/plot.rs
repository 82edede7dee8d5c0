//! Charts: what they show, drawn by `plotters`, as all charts of the page are. What it draws becomes elements
//! ([`Elements`]), so that the page's styles give them their colours and a saved file is the same drawing.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::rc::Rc;

use brownout_scenario::{axis, grouped};
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::IntoDrawingArea;
use plotters::element::{PathElement, Polygon, Rectangle};
use plotters::series::LineSeries;
use plotters::style::{Color, RGBColor, ShapeStyle};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, DrawingBackend, DrawingErrorKind};

use crate::node::{Node, node};

pub(crate) const WIDTH: f64 = 300.0;
/// Of what is drawn in, and of the marks below it.
const HEIGHT: f64 = 78.0;
const FOOT: f64 = 15.0;
const STRIP: f64 = 10.0;
/// The library counts in whole pixels; each unit of a drawing is so many of them.
const FINE: f64 = 10.0;

/// How something looks: a name for the styles. Colours of the library stand for these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Shade,
    Fault,
    Grid,
    Bar,
    Heat,
    Mark,
    /// One of five, which differ by colour and by dash.
    Line(usize),
    Band(usize),
}

const LOOKS: [&str; 16] = [
    "shade", "fault", "grid", "bar", "heat", "mark", "line c0", "line c1", "line c2", "line c3", "line c4",
    "band c0", "band c1", "band c2", "band c3", "band c4",
];

impl Look {
    const fn style(self) -> RGBColor {
        let at = match self {
            Self::Shade => 0,
            Self::Fault => 1,
            Self::Grid => 2,
            Self::Bar => 3,
            Self::Heat => 4,
            Self::Mark => 5,
            Self::Line(at) => 6 + at % 5,
            Self::Band(at) => 11 + at % 5,
        };
        RGBColor(at as u8, 0, 0)
    }
}

/// A line: values where there are any, and half-widths of the band around them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, Option<f64>)>,
    pub(crate) band: Vec<f64>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Plot {
    pub(crate) title: String,
    pub(crate) unit: &'static str,
    /// From and to on the horizontal axis.
    pub(crate) span: [f64; 2],
    /// Marks below it.
    pub(crate) marks: Vec<(f64, String)>,
    pub(crate) lines: Vec<Line>,
    /// Shaded up to here: the warm-up.
    pub(crate) warmup: f64,
    /// Shaded from and to: faults.
    pub(crate) faults: Vec<(f64, f64)>,
    /// Marked upright: the knee.
    pub(crate) mark: Option<f64>,
    pub(crate) bars: bool,
    /// The horizontal axis is that of time, in seconds, with so much of it to a point; cursor and playhead stand in it.
    pub(crate) time: Option<f64>,
}

impl Plot {
    /// On the time axis, up to `end` seconds.
    pub(crate) fn of_time(title: &str, unit: &'static str, end: f64, step: f64, lines: Vec<Line>) -> Self {
        let distance = axis::step(end);
        let marks = (0..=(end / distance + 1e-9) as usize).map(|at| distance * at as f64);
        Self {
            title: title.to_owned(),
            unit,
            span: [0.0, end],
            marks: marks.map(|second| (second, axis::label(second))).collect(),
            lines,
            time: Some(step),
            ..Self::default()
        }
    }

    fn top(&self) -> f64 {
        let tops = self.lines.iter().flat_map(|line| {
            let bands = line.band.iter().copied().chain(std::iter::repeat(0.0));
            line.points.iter().zip(bands).filter_map(|((_, value), band)| value.map(|value| value + band))
        });
        axis::top(tops.fold(0.0, f64::max))
    }

    fn share(&self, at: f64) -> f64 {
        let [from, to] = self.span;
        ((at - from) / (to - from).max(1e-9)).clamp(0.0, 1.0)
    }

    fn described(&self) -> String {
        let last = |line: &Line| {
            let last = line.points.iter().rev().find_map(|(_, value)| *value);
            last.map_or_else(|| "–".to_owned(), short)
        };
        let lines: Vec<String> =
            self.lines.iter().map(|line| format!("{} {}", line.name, last(line)).trim().to_owned()).collect();
        format!("{} {}", lines.join(", "), self.unit)
    }
}

type Chart<'a> = ChartContext<'a, Elements, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Where the library draws: every shape becomes an element.
#[derive(Clone, Default)]
struct Elements {
    size: (u32, u32),
    drawn: Rc<RefCell<Vec<Node>>>,
}

impl Elements {
    fn put(&self, tag: &str, color: BackendColor, attributes: &[(&str, String)]) {
        let look = LOOKS.get(usize::from(color.rgb.0)).copied().unwrap_or_default();
        let mut element = node(tag, look);
        for (name, value) in attributes {
            element = element.attribute(name, value);
        }
        if color.alpha < 1.0 {
            element = element.attribute("opacity", format!("{:.2}", color.alpha));
        }
        self.drawn.borrow_mut().push(element);
    }

    fn path(&self, points: impl IntoIterator<Item = BackendCoord>, color: BackendColor, end: &str) {
        let mut text = String::new();
        for (at, (x, y)) in points.into_iter().enumerate() {
            let _ = write!(text, "{}{} {}", if at == 0 { "M" } else { "L" }, units(x), units(y));
        }
        self.put("path", color, &[("d", text + end)]);
    }
}

fn units(pixels: i32) -> f64 {
    f64::from(pixels) / FINE
}

type Done = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Elements {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Done {
        Ok(())
    }

    fn present(&mut self) -> Done {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Done {
        self.path([(x, y), (x + 1, y)], color, "");
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Done {
        self.path([from, to], style.color(), "");
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        _: bool,
    ) -> Done {
        let attributes = [
            ("x", units(left).to_string()),
            ("y", units(top).to_string()),
            ("width", units((right - left).max(1)).to_string()),
            ("height", units((bottom - top).max(0)).to_string()),
        ];
        self.put("rect", style.color(), &attributes);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Done {
        self.path(path, style.color(), "");
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Done {
        self.path(points, style.color(), "Z");
        Ok(())
    }
}

/// What `paint` draws on a chart of this height, as elements.
fn drawn(
    height: f64,
    [from, to]: [f64; 2],
    top: f64,
    paint: impl FnOnce(&mut Chart<'_>) -> Drawn,
) -> Vec<Node> {
    let elements = Elements { size: ((WIDTH * FINE) as u32, (height * FINE) as u32), ..Elements::default() };
    let nodes = elements.drawn.clone();
    {
        let area = elements.into_drawing_area();
        let chart = ChartBuilder::on(&area).build_cartesian_2d(from..to.max(from + 1e-9), 0.0..top.max(1e-9));
        if let Ok(mut chart) = chart {
            // Nothing that is drawn into memory is refused.
            let _ = paint(&mut chart);
        }
    }
    nodes.take()
}

fn style(look: Look) -> ShapeStyle {
    ShapeStyle { color: look.style().to_rgba(), filled: false, stroke_width: 2 }
}

fn block(chart: &mut Chart<'_>, corners: [(f64, f64); 2], look: Look, opacity: f64) -> Drawn {
    chart.draw_series([Rectangle::new(corners, look.style().mix(opacity).filled())])?;
    Ok(())
}

fn paint(plot: &Plot, top: f64, chart: &mut Chart<'_>) -> Drawn {
    let [from, to] = plot.span;
    if plot.warmup > from {
        block(chart, [(from, top), (plot.warmup.min(to), 0.0)], Look::Shade, 1.0)?;
    }
    for (start, end) in &plot.faults {
        // However short, a fault can be seen.
        let end = end.max(start + (to - from) / 200.0).min(to);
        block(chart, [(*start, top), (end, 0.0)], Look::Fault, 1.0)?;
    }
    for share in [0.0, 0.5, 1.0] {
        let ends = [(from, top * share), (to, top * share)];
        chart.draw_series([PathElement::new(ends, style(Look::Grid))])?;
    }
    for (at, line) in plot.lines.iter().enumerate() {
        if plot.bars {
            for (x, value) in &line.points {
                let corners = [(x - 0.45, value.unwrap_or(0.0)), (x + 0.45, 0.0)];
                block(chart, corners, Look::Bar, 1.0)?;
            }
            continue;
        }
        let known: Vec<(f64, f64, f64)> = line
            .points
            .iter()
            .zip(line.band.iter().copied().chain(std::iter::repeat(0.0)))
            .filter_map(|((x, value), band)| value.map(|value| (*x, value, band)))
            .collect();
        if !line.band.is_empty() && known.len() > 1 {
            let upper = known.iter().map(|(x, value, band)| (*x, value + band));
            let lower = known.iter().rev().map(|(x, value, band)| (*x, (value - band).max(0.0)));
            let around: Vec<(f64, f64)> = upper.chain(lower).collect();
            chart.draw_series([Polygon::new(around, Look::Band(at).style().filled())])?;
        }
        // A gap in the values is a gap in the line; a single value is a short dash.
        for stretch in line.points.split(|(_, value)| value.is_none()) {
            let mut points: Vec<(f64, f64)> =
                stretch.iter().filter_map(|(x, value)| Some((*x, (*value)?))).collect();
            if let [(x, value)] = points[..] {
                let half = plot.time.unwrap_or((to - from) / 60.0) / 2.0;
                points = vec![(x - half, value), (x + half, value)];
            }
            chart.draw_series(LineSeries::new(points, style(Look::Line(at))))?;
        }
    }
    if let Some(mark) = plot.mark {
        chart.draw_series([PathElement::new([(mark, 0.0), (mark, top)], style(Look::Mark))])?;
    }
    Ok(())
}

fn text(class: &str, x: f64, y: f64, anchor: &str, words: &str) -> Node {
    node("text", class)
        .attribute("x", format!("{x:.1}"))
        .attribute("y", format!("{y:.1}"))
        .attribute("text-anchor", anchor)
        .text(words)
}

/// Lines that the page moves: where the reader points, and where the run is.
fn pointers(height: f64) -> [Node; 2] {
    ["now", "cursor"].map(|class| {
        node("line", class)
            .attribute("x1", 0)
            .attribute("x2", 0)
            .attribute("y1", 0)
            .attribute("y2", height)
            .attribute("visibility", "hidden")
    })
}

/// The chart with its title and legend.
pub(crate) fn chart(plot: &Plot) -> Node {
    let top = plot.top();
    let mut svg = node("svg", "plot")
        .attribute("viewBox", format!("0 0 {WIDTH} {}", HEIGHT + FOOT))
        .attribute("aria-label", &plot.title);
    svg = if plot.time.is_some() {
        svg.attribute("data-end", (plot.span[1] * 1e9) as u64)
            .attribute("role", "slider")
            .attribute("tabindex", 0)
            .attribute("aria-valuemin", 0)
            .attribute("aria-valuemax", plot.span[1])
            .attribute("aria-valuenow", 0)
            .attribute("aria-valuetext", plot.described())
    } else {
        svg.attribute("role", "img").attribute("aria-label", format!("{}: {}", plot.title, plot.described()))
    };
    svg = svg.children(drawn(HEIGHT, plot.span, top * 1.06, |chart| paint(plot, top, chart)));
    for share in [0.5, 1.0] {
        let y = HEIGHT - HEIGHT * share / 1.06;
        svg = svg.child(text("value", 2.0, y + 10.0, "start", &short(top * share)));
    }
    for (at, words) in &plot.marks {
        let x = plot.share(*at) * WIDTH;
        let anchor = match x {
            x if x < 8.0 => "start",
            x if x > WIDTH - 8.0 => "end",
            _ => "middle",
        };
        svg = svg.child(text("tick", x, HEIGHT + FOOT - 3.0, anchor, words));
    }
    if plot.time.is_some() {
        svg = svg.children(pointers(HEIGHT));
    }
    let head = node("h3", "").text(plot.title.clone()).child(node("small", "dim").text(plot.unit));
    node("section", "plot-box").child(head).child(svg).child(legend(plot))
}

/// Names, and in time the values at the cursor.
fn legend(plot: &Plot) -> Node {
    let row = |(at, line): (usize, &Line)| {
        let mut row = node("li", "");
        if plot.lines.len() > 1 || !line.name.is_empty() {
            row = row.child(node("i", &format!("key c{}", at % 5))).text(format!("{} ", line.name));
        }
        match plot.time {
            Some(step) => row.child(values(line, step, plot.span[1])),
            None => row,
        }
    };
    let shown =
        plot.lines.iter().enumerate().filter(|(_, line)| plot.time.is_some() || !line.name.is_empty());
    node("ul", "plot-legend").children(shown.map(row))
}

/// A text for each step of the axis; empty where there is no value.
fn values(line: &Line, step: f64, end: f64) -> Node {
    let mut texts = vec![String::new(); (end / step) as usize + 1];
    for (x, value) in &line.points {
        if let (Some(text), Some(value)) = (texts.get_mut((x / step) as usize), value) {
            *text = short(*value);
        }
    }
    let last = texts.iter().rev().find(|text| !text.is_empty()).cloned().unwrap_or_default();
    node("b", "")
        .attribute("data-values", texts.join("|"))
        .attribute("data-step", (step * 1e9) as u64)
        .text(last)
}

/// A strip on the time axis, as dark as the values are high.
pub(crate) fn strip(label: &str, end: f64, step: f64, values: &[f64]) -> Node {
    let cells = drawn(STRIP, [0.0, end], 1.0, |chart| {
        for (at, value) in values.iter().enumerate() {
            let from = at as f64 * step;
            block(chart, [(from, 1.0), (from + step, 0.0)], Look::Heat, value.clamp(0.02, 1.0))?;
        }
        Ok(())
    });
    node("svg", "strip")
        .attribute("viewBox", format!("0 0 {WIDTH} {STRIP}"))
        .attribute("preserveAspectRatio", "none")
        .attribute("role", "img")
        .attribute("aria-label", label)
        .attribute("data-end", (end * 1e9) as u64)
        .children(cells)
        .children(pointers(STRIP))
}

/// With three digits that count.
pub(crate) fn short(value: f64) -> String {
    let decimals = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        grouped(&text)
    }
}
