//! Draws a [`Plot`] on a canvas. Texts are put there by the canvas itself: the chart library would measure
//! each of them in the page's layout.

use brownout_scenario::axis;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{PathElement, Polygon, Rectangle};
use plotters::series::{DashedLineSeries, LineSeries};
use plotters::style::{Color, RGBAColor, RGBColor, ShapeStyle};
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::data::{Curve, Plot, Series};
use crate::motion::{Rgb, Tokens};
use crate::words::format;

type Area = DrawingArea<CanvasBackend, Shift>;
type Chart<'a> = ChartContext<'a, CanvasBackend, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// In CSS pixels: room for the values at the left, above the topmost line, and for the time axis below.
pub const LEFT: f64 = 38.0;
const HEAD: f64 = 8.0;
const AXIS: f64 = 18.0;
const FONT_PX: f64 = 11.0;

/// What all charts share.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// The end of the time axis, in seconds.
    pub end: f64,
    pub now: f64,
    /// Where the reader points.
    pub cursor: Option<f64>,
    pub warmup: f64,
    pub faults: Vec<(f64, f64)>,
}

/// How a series is drawn. What two lines' colours say, their strokes say too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    pub color: Rgb,
    pub width: u32,
    /// Lengths of dash and gap, in CSS pixels.
    pub dash: Option<(u32, u32)>,
}

/// How this series is drawn; `index` is its place among the errors.
pub fn stroke(series: Series, index: usize, tokens: &Tokens) -> Stroke {
    let solid = |color, width| Stroke { color, width, dash: None };
    match series {
        Series::Goodput | Series::P50 => solid(tokens.success, 2),
        Series::Throughput => Stroke { color: tokens.dim, width: 1, dash: Some((5, 3)) },
        Series::P95 => Stroke { color: tokens.slow, width: 2, dash: Some((6, 3)) },
        Series::P99 => Stroke { color: tokens.failure, width: 2, dash: Some((2, 2)) },
        Series::Errors(_) => {
            let colors =
                [tokens.failure, tokens.slow, tokens.write, tokens.statics, tokens.dim, tokens.accent];
            solid(colors[index % colors.len()], 1)
        }
    }
}

/// A CSS colour.
pub fn css([red, green, blue]: Rgb) -> String {
    format!("rgb({red} {green} {blue})")
}

fn shade([red, green, blue]: Rgb, opacity: f64) -> RGBAColor {
    RGBColor(red, green, blue).mix(opacity)
}

/// Draws a chart on a canvas whose size in CSS pixels is given. What the library refuses is not drawn.
pub fn draw(
    canvas: &HtmlCanvasElement,
    plot: &Plot,
    shared: &Shared,
    tokens: &Tokens,
    size: (f64, f64),
    axis: bool,
) {
    let scale = gloo::utils::window().device_pixel_ratio().clamp(1.0, 3.0);
    let (width, height) =
        (((size.0 * scale).round() as u32).max(1), ((size.1 * scale).round() as u32).max(1));
    if (canvas.width(), canvas.height()) != (width, height) {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    let Some(context) = context(canvas) else { return };
    context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
    let foot = if axis { AXIS } else { 1.0 };
    if let Some(backend) = CanvasBackend::with_canvas_object(canvas.clone()) {
        let margins = [HEAD, LEFT, foot].map(|margin| (margin * scale) as u32);
        // The only refusals are of a canvas without size; the next drawing tries again.
        let _ = draw_plot(&backend.into_drawing_area(), plot, shared, tokens, margins, scale);
    }
    let labels = Labels { context: &context, size, scale, foot, tokens };
    labels.draw(plot, shared, axis);
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

fn draw_plot(
    area: &Area,
    plot: &Plot,
    shared: &Shared,
    tokens: &Tokens,
    [head, left, foot]: [u32; 3],
    scale: f64,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut chart = ChartBuilder::on(area)
        .margin_top(head)
        .margin_left(left)
        .margin_bottom(foot)
        .build_cartesian_2d(0.0..shared.end, 0.0..plot.top)?;
    let span = |chart: &mut Chart<'_>, (start, end): (f64, f64), color: RGBAColor| {
        let corners = [(start, 0.0), (end.min(shared.end), plot.top)];
        chart.draw_series([Rectangle::new(corners, color.filled())]).map(|_| ())
    };
    if shared.warmup > 0.0 {
        span(&mut chart, (0.0, shared.warmup), shade(tokens.dim, 0.08))?;
    }
    for fault in &shared.faults {
        // However short, a fault can be seen.
        let end = fault.1.max(fault.0 + shared.end / 200.0);
        span(&mut chart, (fault.0, end), shade(tokens.failure, 0.12))?;
    }
    let pixel = scale.round().max(1.0) as u32;
    let line = |chart: &mut Chart<'_>, points: Vec<(f64, f64)>, style: ShapeStyle| {
        chart.draw_series([PathElement::new(points, style)]).map(|_| ())
    };
    for share in [0.0, 0.5, 1.0] {
        let value = plot.top * share;
        let style = shade(tokens.line, 1.0).stroke_width(pixel);
        line(&mut chart, vec![(0.0, value), (shared.end, value)], style)?;
    }
    if plot.stacked {
        draw_stacked(&mut chart, plot, tokens)?;
    } else {
        draw_lines(&mut chart, plot, tokens, scale)?;
    }
    let playhead = shade(tokens.accent, 0.9).stroke_width(pixel);
    line(&mut chart, vec![(shared.now, 0.0), (shared.now, plot.top)], playhead)?;
    if let Some(cursor) = shared.cursor {
        let style = shade(tokens.text, 0.45).stroke_width(pixel);
        line(&mut chart, vec![(cursor, 0.0), (cursor, plot.top)], style)?;
    }
    area.present()?;
    Ok(())
}

/// The stretches of a curve in which every point has a value.
fn stretches(times: &[f64], curve: &Curve) -> Vec<Vec<(f64, f64)>> {
    let mut out: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for (time, value) in times.iter().zip(&curve.values) {
        match value {
            Some(value) => {
                if let Some(last) = out.last_mut() {
                    last.push((*time, *value));
                }
            }
            None => out.push(Vec::new()),
        }
    }
    out.retain(|stretch| !stretch.is_empty());
    out
}

fn draw_lines(
    chart: &mut Chart<'_>,
    plot: &Plot,
    tokens: &Tokens,
    scale: f64,
) -> Result<(), Box<dyn std::error::Error>> {
    for curve in &plot.curves {
        let stroke = stroke(curve.series, 0, tokens);
        let style = shade(stroke.color, 1.0).stroke_width((f64::from(stroke.width) * scale).round() as u32);
        let css_pixels = |length: u32| (f64::from(length) * scale).round() as u32;
        for mut points in stretches(&plot.times, curve) {
            if let [(time, value)] = points[..] {
                // A single window is a short dash, not nothing.
                let half = plot.window_s / 2.0;
                points = vec![(time - half, value), (time + half, value)];
            }
            match stroke.dash {
                None => chart.draw_series(LineSeries::new(points, style))?,
                Some((dash, gap)) => chart.draw_series(DashedLineSeries::new(
                    points,
                    css_pixels(dash),
                    css_pixels(gap),
                    style,
                ))?,
            };
        }
    }
    Ok(())
}

/// Layers on each other, the first at the bottom, each as high as its own value.
fn draw_stacked(
    chart: &mut Chart<'_>,
    plot: &Plot,
    tokens: &Tokens,
) -> Result<(), Box<dyn std::error::Error>> {
    let half = plot.window_s / 2.0;
    let mut below = vec![0.0; plot.times.len()];
    for (index, curve) in plot.curves.iter().enumerate() {
        let color = stroke(curve.series, index, tokens).color;
        let above: Vec<f64> =
            below.iter().zip(&curve.values).map(|(base, value)| base + value.unwrap_or(0.0)).collect();
        // Errors of a window are drawn as wide as the window is: a slope would show some where there were none.
        let step = |heights: &[f64]| -> Vec<(f64, f64)> {
            let pairs = plot.times.iter().zip(heights);
            pairs.flat_map(|(time, height)| [(time - half, *height), (time + half, *height)]).collect()
        };
        let mut outline = step(&above);
        outline.extend(step(&below).into_iter().rev());
        chart.draw_series([Polygon::new(outline, shade(color, 0.75).filled())])?;
        below = above;
    }
    Ok(())
}

/// The numbers beside a chart.
struct Labels<'a> {
    context: &'a CanvasRenderingContext2d,
    size: (f64, f64),
    scale: f64,
    foot: f64,
    tokens: &'a Tokens,
}

impl Labels<'_> {
    fn draw(&self, plot: &Plot, shared: &Shared, axis: bool) {
        let context = self.context;
        context.set_font(&format!("{}px {}", FONT_PX * self.scale, self.tokens.font));
        context.set_fill_style_str(&css(self.tokens.dim));
        context.set_text_align("right");
        context.set_text_baseline("middle");
        let bottom = self.size.1 - self.foot;
        let values: &[f64] = if plot.times.is_empty() { &[] } else { &[0.0, 0.5, 1.0] };
        for share in values {
            // The lowest one stands on the axis, so that it keeps clear of the times below.
            let y = bottom - (bottom - HEAD) * share - if *share == 0.0 { 5.0 } else { 0.0 };
            self.text(&value_label(plot.top * share), LEFT - 6.0, y);
        }
        if !axis {
            return;
        }
        context.set_text_baseline("top");
        let width = self.size.0 - LEFT;
        let step = axis::step(shared.end);
        let mut at = 0.0;
        while at <= shared.end + 1e-9 {
            let x = width * at / shared.end;
            context.set_text_align(if x > width - 12.0 { "right" } else { "center" });
            self.text(&axis::label(at), LEFT + x, bottom + 4.0);
            at += step;
        }
    }

    fn text(&self, text: &str, x: f64, y: f64) {
        let _ = self.context.fill_text(text, x * self.scale, y * self.scale);
    }
}

/// A value that fits beside the axis: `750`, `15 k`, `1.5 M`.
fn value_label(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{} M", format::number(value / 1e6)),
        value if value >= 1e4 => format!("{} k", format::number(value / 1e3)),
        _ => format::number(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_in_the_values_is_a_gap_in_the_line() {
        let curve =
            Curve { series: Series::P99, values: vec![None, Some(1.0), Some(2.0), None, None, Some(3.0)] };
        let times = [0.5, 1.5, 2.5, 3.5, 4.5, 5.5];
        assert_eq!(stretches(&times, &curve), [vec![(1.5, 1.0), (2.5, 2.0)], vec![(5.5, 3.0)]]);
    }

    #[test]
    fn values_fit_beside_the_axis() {
        assert_eq!(["750", "15 k", "1.5 M"].map(str::to_owned), [750.0, 15_000.0, 1.5e6].map(value_label));
    }
}
