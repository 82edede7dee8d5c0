//! The edges, on a canvas of their own that is painted only when the document, the view or a gauge changes.

use std::collections::BTreeSet;

use brownout_scenario::Scenario;
use brownout_sim::component::Kind;
use brownout_sim::observe::Picture;
use brownout_sim::system::{Edge, Id, Mode};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::geometry::{Camera, Geometry, Path, Point, Rect};

/// What an edge's gauge means for its drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub cut: bool,
    /// Its target is down.
    pub dead: bool,
    /// Width in quarters of a pixel beyond the thinnest.
    pub width: u8,
    /// Where there are too many messages to be seen one by one: width in quarters of a pixel, in proportion to the rate.
    pub stream: u8,
}

/// The widest stream, in quarters of a pixel.
const WIDEST: f64 = 56.0;

/// The looks of all edges, in the document's order.
pub fn looks(document: &Scenario, picture: Option<&Picture>) -> Vec<Look> {
    let Some(picture) = picture else { return vec![Look::default(); document.edges.len()] };
    let down = |id: Id| {
        picture.parts.binary_search_by_key(&id, |part| part.id).is_ok_and(|at| {
            let part = &picture.parts[at];
            (0..part.up.len()).all(|instance| part.is_down(instance))
        })
    };
    let most =
        if picture.one_in > 1 { picture.edges.iter().map(|edge| edge.rate).fold(0.0, f32::max) } else { 0.0 };
    document
        .edges
        .iter()
        .map(|edge| {
            let gauge = picture.edges.binary_search_by_key(&edge.id, |gauge| gauge.id).ok();
            let gauge = gauge.map(|at| &picture.edges[at]);
            let rate = gauge.map_or(0.0, |gauge| f64::from(gauge.rate));
            Look {
                cut: gauge.is_some_and(|gauge| gauge.cut),
                dead: down(edge.to) || down(edge.from),
                width: (rate.max(0.0).ln_1p() * 1.25).min(11.0) as u8,
                stream: if most > 0.0 { (rate / f64::from(most) * WIDEST).ceil() as u8 } else { 0 },
            }
        })
        .collect()
}

/// Everything that the painting depends on.
pub struct Scene<'a> {
    pub document: &'a Scenario,
    /// Of each of the document's edges, in order.
    pub paths: &'a [Option<Path>],
    pub camera: Camera,
    pub selection: &'a BTreeSet<Id>,
    pub hovered: Option<Id>,
    pub looks: &'a [Look],
    /// Where the frames are that lie beneath everything.
    pub frames: &'a Geometry,
    /// In CSS pixels.
    pub size: Point,
    pub colours: &'a Colours,
}

/// How an edge is drawn. Edges that are drawn alike are one stroke.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Style {
    /// 0 plain, 1 marked, 2 cut: what is more important lies above.
    tone: u8,
    dash: u8,
    /// In quarters of a pixel.
    width: u8,
}

/// As the style of frames has it.
const FRAME_RADIUS: f64 = 14.0;

/// How large the names of connections are, how far above the line, and how much room they have at their sides, in world
/// units; and the zoom from which on they could be read.
const NAME_SIZE: f64 = 12.0;
const NAME_ABOVE: f64 = 13.0;
const NAME_ROOM: f64 = 4.0;
const NAME_ZOOM: f64 = 0.6;

/// No dashes; of what is cut or leads to the dead; of a name; of a call that nobody waits for.
const DASHES: [&[f64]; 4] = [&[], &[0.5, 6.0], &[3.0, 4.0], &[9.0, 5.0]];

pub struct Colours {
    wire: String,
    dim: String,
    accent: String,
    failure: String,
    frame: String,
    stream: String,
    ground: String,
    text: String,
    font: String,
}

impl Colours {
    /// Those of the present theme.
    pub fn read() -> Option<Self> {
        let root = gloo::utils::document().document_element()?;
        let style = gloo::utils::window().get_computed_style(&root).ok().flatten()?;
        let token = |name: &str| style.get_property_value(name).unwrap_or_default().trim().to_owned();
        Some(Self {
            wire: token("--wire"),
            dim: token("--dim"),
            accent: token("--accent"),
            failure: token("--failure"),
            frame: token("--frame"),
            stream: token("--success"),
            ground: token("--ground"),
            text: token("--text"),
            font: token("--font"),
        })
    }
}

impl Scene<'_> {
    /// Paints all edges anew.
    pub fn paint(&self, canvas: &HtmlCanvasElement) {
        let ratio = gloo::utils::window().device_pixel_ratio();
        let (width, height) = ((self.size.x * ratio).round() as u32, (self.size.y * ratio).round() as u32);
        if canvas.width() != width || canvas.height() != height {
            canvas.set_width(width);
            canvas.set_height(height);
        }
        let context = canvas.get_context("2d").ok().flatten();
        let Some(context) = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok())
        else {
            return;
        };
        let _ = context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
        let scale = self.camera.zoom * ratio;
        let (dx, dy) = (-self.camera.origin.x * scale, -self.camera.origin.y * scale);
        let _ = context.set_transform(scale, 0.0, 0.0, scale, dx, dy);
        context.set_fill_style_str(&self.colours.frame);
        for (_, Rect { x, y, width, height }) in self.frames.frames() {
            context.begin_path();
            let _ = context.round_rect_with_f64(x, y, width, height, FRAME_RADIUS);
            context.fill();
        }
        context.set_line_cap("round");
        let mut styled: Vec<(Style, &Path)> = Vec::with_capacity(self.paths.len());
        for (index, edge) in self.document.edges.iter().enumerate() {
            let Some(path) = self.paths.get(index).and_then(Option::as_ref) else { continue };
            styled.push((self.style(index, edge), path));
        }
        brownout_sim::order::sort_by_key(&mut styled, |(style, _)| *style);
        for alike in styled.chunk_by(|(one, _), (other, _)| one == other) {
            let Style { tone, dash, width } = alike[0].0;
            let Colours { wire, dim, accent, failure, .. } = self.colours;
            let (colour, tip) = [(wire, dim), (accent, accent), (failure, failure)][usize::from(tone)];
            context.set_stroke_style_str(colour);
            context.set_line_width(f64::from(width) / 4.0);
            let _ = context.set_line_dash(&dash_array(DASHES[usize::from(dash)]));
            context.begin_path();
            for (_, path) in alike {
                trace(&context, path);
            }
            context.stroke();
            let _ = context.set_line_dash(&dash_array(&[]));
            context.set_stroke_style_str(tip);
            context.set_line_width(1.5);
            context.begin_path();
            for (_, path) in alike {
                arrow(&context, path);
            }
            context.stroke();
        }
        self.paint_streams(&context);
        if !self.document.names.is_empty() && self.camera.zoom >= NAME_ZOOM {
            self.paint_names(&context);
        }
    }

    /// The width is the rate, the widest that of the busiest link.
    fn paint_streams(&self, context: &CanvasRenderingContext2d) {
        context.set_stroke_style_str(&self.colours.stream);
        context.set_line_cap("butt");
        context.set_global_alpha(0.4);
        for (path, look) in self.paths.iter().zip(self.looks) {
            let Some(path) = path.as_ref().filter(|_| look.stream > 0 && !look.cut) else { continue };
            context.set_line_width(f64::from(look.stream) / 4.0);
            context.begin_path();
            trace(context, path);
            context.stroke();
        }
        context.set_global_alpha(1.0);
    }

    /// What the visitor calls connections, above the middle of each.
    fn paint_names(&self, context: &CanvasRenderingContext2d) {
        context.set_font(&format!("{NAME_SIZE}px {}", self.colours.font));
        context.set_text_align("center");
        context.set_text_baseline("middle");
        for (edge, path) in self.document.edges.iter().zip(self.paths) {
            let (Some(name), Some(path)) = (self.document.edge_name(edge.id), path) else { continue };
            let at = path.point_at(0.5);
            let shown = shortened(name);
            let wide = context.measure_text(&shown).map_or(0.0, |measured| measured.width());
            let (x, y) = (at.x - wide / 2.0 - NAME_ROOM, at.y - NAME_ABOVE - NAME_SIZE * 0.7);
            context.set_fill_style_str(&self.colours.ground);
            context.begin_path();
            let (width, height) = (wide + 2.0 * NAME_ROOM, NAME_SIZE * 1.4);
            let _ = context.round_rect_with_f64(x, y, width, height, NAME_ROOM);
            context.fill();
            context.set_fill_style_str(&self.colours.text);
            let _ = context.fill_text(&shown, at.x, at.y - NAME_ABOVE);
        }
    }

    fn style(&self, index: usize, edge: &Edge) -> Style {
        let look = self.looks.get(index).copied().unwrap_or_default();
        let marked = self.selection.contains(&edge.id) || self.hovered == Some(edge.id);
        let from_dns = self.document.part(edge.from).is_some_and(|part| part.params.kind() == Kind::Dns);
        let dash = match () {
            () if look.cut || look.dead => 1,
            () if from_dns => 2,
            () if edge.mode == Mode::Async => 3,
            () => 0,
        };
        let tone = if look.cut { 2 } else { u8::from(marked) };
        // Two pixels at least: a thinner line is paler than its colour.
        Style { tone, dash, width: if from_dns { 8 } else { 8 + look.width } }
    }
}

/// As much of a name as there is room for between two cards.
pub fn shortened(name: &str) -> String {
    const LETTERS: usize = 24;
    let mut shown: String = name.chars().take(LETTERS).collect();
    if name.chars().count() > LETTERS {
        shown.push('…');
    }
    shown
}

fn dash_array(dashes: &[f64]) -> JsValue {
    dashes.iter().map(|dash| JsValue::from_f64(*dash)).collect::<Array>().into()
}

fn trace(context: &CanvasRenderingContext2d, path: &Path) {
    let [start, first, second, end] = path.curve;
    context.move_to(start.x, start.y);
    context.bezier_curve_to(first.x, first.y, second.x, second.y, end.x, end.y);
}

/// A small chevron before the end says who asks whom.
fn arrow(context: &CanvasRenderingContext2d, path: &Path) {
    let at = (1.0 - 8.0 / path.length.max(16.0)).max(0.5);
    let (tip, along) = (path.point_at(at), path.direction_at(at));
    let across = Point::new(-along.y, along.x);
    context.move_to(tip.x - along.x * 5.0 + across.x * 3.5, tip.y - along.y * 5.0 + across.y * 3.5);
    context.line_to(tip.x, tip.y);
    context.line_to(tip.x - along.x * 5.0 - across.x * 3.5, tip.y - along.y * 5.0 - across.y * 3.5);
}
