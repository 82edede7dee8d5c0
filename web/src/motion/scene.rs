//! The canvas that messages are painted on: its size, its pixels, and what is painted when.

use std::rc::Rc;

use brownout_sim::observe::{Picture, Way};
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::painter::{Painter, Sprite, Surface};
use super::sprites::{Colors, Lens, Sample, Ways, falls, sprites};
use super::tokens::Tokens;
use crate::canvas::geometry::{Camera, Geometry};
use crate::worker::Frame;

/// More pixels than this per CSS pixel cost time and cannot be seen on something that moves.
const FINEST: f64 = 2.0;
/// How long a message glows on after it was seen, in milliseconds: many pass in less than a frame.
const GLOW_MS: f64 = 32.0;

/// What the layer is asked to show.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub geometry: Rc<Geometry>,
    pub camera: Camera,
    pub limit: usize,
    /// Numbers instead of motion.
    pub still: bool,
}

pub struct Scene {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    view: View,
    tokens: Tokens,
    colors: Colors,
    frame: Option<Rc<Frame>>,
    /// Simulated per wall time, as it was when the run last went on.
    speed: f64,
    scale: f64,
    /// The size of messages that the painter was made for.
    size: f64,
    surface: Surface,
    painter: Painter,
    ways: Ways,
    sprites: Vec<Sprite>,
    /// What is painted must not glow on: it is from elsewhere.
    stale: bool,
    painted_at: f64,
    marked: bool,
}

impl Scene {
    pub fn new(canvas: HtmlCanvasElement, view: View) -> Option<Self> {
        let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let tokens = Tokens::read();
        Some(Self {
            canvas,
            context,
            view,
            colors: Colors::new(&tokens),
            tokens,
            frame: None,
            speed: 0.02,
            scale: 1.0,
            size: 1.0,
            surface: Surface::default(),
            painter: Painter::new(1.0),
            ways: Ways::default(),
            sprites: Vec::new(),
            stale: true,
            painted_at: 0.0,
            marked: false,
        })
    }

    pub fn set_view(&mut self, view: View) {
        self.stale |= self.view != view;
        self.view = view;
    }

    pub fn set_frame(&mut self, frame: Rc<Frame>) {
        // A run that went back, or another run.
        self.stale |= self.frame.as_ref().is_none_or(|last| last.now > frame.now || last.seq >= frame.seq);
        if frame.speed_reached > 0.0 {
            self.speed = frame.speed_reached;
        }
        self.frame = Some(frame);
    }

    /// Reads the theme's colours again.
    pub fn set_theme(&mut self) {
        self.tokens = Tokens::read();
        self.colors = Colors::new(&self.tokens);
        self.stale = true;
    }

    /// Takes the element's size, in CSS pixels.
    pub fn measure(&mut self) {
        let scale = gloo::utils::window().device_pixel_ratio().clamp(1.0, FINEST);
        let width = (f64::from(self.canvas.client_width()) * scale).round() as usize;
        let height = (f64::from(self.canvas.client_height()) * scale).round() as usize;
        if (width, height) != (self.surface.width, self.surface.height) {
            self.canvas.set_width(width as u32);
            self.canvas.set_height(height as u32);
            self.surface = Surface::new(width, height);
            self.stale = true;
        }
        self.set_size(scale, self.size);
    }

    fn set_size(&mut self, scale: f64, size: f64) {
        if (scale, size) != (self.scale, self.size) {
            (self.scale, self.size) = (scale, size);
            self.painter = Painter::new((scale * size) as f32);
            self.stale = true;
        }
    }

    /// Paints the last frame. Says how it was thinned.
    pub fn paint(&mut self, wall_ms: f64) -> Sample {
        let Some(frame) = self.frame.clone() else { return Sample::default() };
        if self.surface.width == 0 || self.surface.height == 0 {
            return Sample::default();
        }
        self.ways.set_geometry(&self.view.geometry);
        if self.view.still {
            self.paint_counters(&frame.picture);
            return Sample::default();
        }
        self.set_size(self.scale, size_at(self.view.camera.zoom));
        let before = self.surface.lit_rows();
        self.surface.fade(self.glow(&frame, wall_ms));
        self.painted_at = wall_ms;
        self.stale = false;
        let lens = Lens { camera: self.view.camera, scale: self.scale, size: self.size };
        let sample =
            sprites(&frame.picture, &mut self.ways, lens, &self.colors, self.view.limit, &mut self.sprites);
        let moment = (&frame.picture, self.speed);
        falls(moment, &mut self.ways, lens, &self.colors, &mut self.sprites);
        self.painter.paint(&self.sprites, &mut self.surface);
        self.upload(before);
        self.mark_first();
        sample
    }

    /// How much of the old picture is kept, of 256. A run that stands still shows this moment and no other.
    fn glow(&self, frame: &Frame, wall_ms: f64) -> u32 {
        if self.stale || !frame.playing {
            return 0;
        }
        let passed = (wall_ms - self.painted_at).max(0.0) / GLOW_MS;
        (256.0 / (1.0 + passed + passed * passed / 2.0)) as u32
    }

    /// Puts the rows on the canvas in which something is or was to be seen.
    fn upload(&self, before: Option<(usize, usize)>) {
        let after = self.surface.lit_rows();
        let Some((first, last)) = union(before, after) else { return };
        let width = self.surface.width;
        let bytes: &[u8] = bytemuck::cast_slice(&self.surface.pixels()[first * width..last * width]);
        let data =
            ImageData::new_with_u8_clamped_array_and_sh(Clamped(bytes), width as u32, (last - first) as u32);
        if let Ok(data) = data {
            let _ = self.context.put_image_data(&data, 0.0, first as f64);
        }
    }

    /// Tells whoever measures when the first request was seen moving.
    fn mark_first(&mut self) {
        if self.marked || self.sprites.is_empty() {
            return;
        }
        self.marked = true;
        if let Some(performance) = gloo::utils::window().performance() {
            let _ = performance.mark("first-request");
        }
    }

    /// For readers who asked for no motion: how many messages are on each way.
    fn paint_counters(&mut self, picture: &Picture) {
        let context = &self.context;
        context.clear_rect(0.0, 0.0, self.surface.width as f64, self.surface.height as f64);
        context.set_font(&format!("600 {}px {}", 12.0 * self.scale, self.tokens.font));
        context.set_text_align("center");
        context.set_text_baseline("middle");
        let mut dots: Vec<_> = picture.dots.iter().collect();
        dots.sort_by_key(|dot| (dot.from, dot.to));
        for run in dots.chunk_by(|a, b| (a.from, a.to) == (b.from, b.to)) {
            let Some(path) = self.ways.path(run[0].from, run[0].to) else { continue };
            let fell = picture.falls.iter().filter(|fall| (fall.from, fall.to) == (run[0].from, run[0].to));
            let failed = run.iter().filter(|dot| dot.way == Way::Reply && !dot.outcome.is_ok()).count()
                + fell.filter(|fall| picture.now - fall.at.min(picture.now) < 1_000_000_000).count();
            let at = self.view.camera.screen(path.point_at(0.5));
            let text =
                if failed > 0 { format!("{} · {failed} ×", run.len()) } else { run.len().to_string() };
            let color = if failed > 0 { self.tokens.failure } else { self.tokens.text };
            pill(context, &text, (at.x * self.scale, at.y * self.scale), self.scale, color, &self.tokens);
        }
        if !self.marked && !dots.is_empty() {
            self.sprites.resize(1, NOTHING);
            self.mark_first();
        }
    }
}

/// How large messages are at a zoom. They shrink more slowly than cards do, and in steps, so that stamps are
/// seldom made anew.
pub(super) fn size_at(zoom: f64) -> f64 {
    (zoom.sqrt() * 8.0).round().clamp(4.0, 10.0) / 8.0
}

/// Stands for a counter where only the presence of something matters.
const NOTHING: Sprite =
    Sprite { x: 0.0, y: 0.0, shape: super::stamp::Shape::Spark, size: super::painter::Size::Small, color: 0 };

fn union(a: Option<(usize, usize)>, b: Option<(usize, usize)>) -> Option<(usize, usize)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (one, other) => one.or(other),
    }
}

/// A CSS colour.
pub fn css([red, green, blue]: super::tokens::Rgb) -> String {
    format!("rgb({red} {green} {blue})")
}

fn pill(
    context: &CanvasRenderingContext2d,
    text: &str,
    (x, y): (f64, f64),
    scale: f64,
    color: super::tokens::Rgb,
    tokens: &Tokens,
) {
    let (width, height) = ((text.len() as f64 * 7.0 + 12.0) * scale, 18.0 * scale);
    context.set_fill_style_str(&css(tokens.panel));
    context.set_stroke_style_str(&css(tokens.line));
    context.begin_path();
    let _ = context.round_rect_with_f64(x - width / 2.0, y - height / 2.0, width, height, height / 2.0);
    context.fill();
    context.stroke();
    context.set_fill_style_str(&css(color));
    let _ = context.fill_text(text, x, y);
}
