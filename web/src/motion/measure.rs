//! What painting costs, for whoever measures the page.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::painter::{Painter, Size, Sprite, Surface};
use super::stamp::Shape;

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;
const EDGES: usize = 90;
const ROUNDS: usize = 41;

/// As many messages as asked for, evenly along straight edges between arbitrary points.
pub(super) fn messages(count: usize) -> Vec<Sprite> {
    let mut random = 1_u64;
    let mut next = |most: f32| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 40) as f32 / (1 << 24) as f32 * most
    };
    let per_edge = count.div_ceil(EDGES);
    let mut sprites = Vec::with_capacity(per_edge * EDGES);
    for _ in 0..EDGES {
        let mut point = || (next(WIDTH as f32), next(HEIGHT as f32));
        let ((x, y), (to_x, to_y)) = (point(), point());
        sprites.extend((0..per_edge).map(|index| {
            let share = index as f32 / per_edge as f32;
            Sprite {
                x: x + (to_x - x) * share,
                y: y + (to_y - y) * share,
                shape: shape(index),
                size: if index.is_multiple_of(2) { Size::Large } else { Size::Small },
                color: 0x00A0_B456,
            }
        }));
    }
    sprites.truncate(count);
    sprites
}

/// The mixture that a new client sends, with a few health checks and failures.
const fn shape(index: usize) -> Shape {
    match index % 20 {
        0..10 => Shape::Triangle,
        10..18 => Shape::Circle,
        18 => Shape::Square,
        _ if index.is_multiple_of(3) => Shape::Diamond,
        _ => Shape::Cross,
    }
}

/// Milliseconds (median) for clearing and painting so many messages on 1280 by 720 pixels, and for bringing them
/// onto a canvas and reading one pixel back.
#[wasm_bindgen]
pub fn measure_painting(count: usize) -> Vec<f64> {
    let Some(performance) = gloo::utils::window().performance() else { return Vec::new() };
    let Some(context) = canvas() else { return Vec::new() };
    let sprites = messages(count);
    let (mut painter, mut surface) = (Painter::new(1.0), Surface::new(WIDTH, HEIGHT));
    let (mut painted, mut shown) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started = performance.now();
        surface.fade(0);
        painter.paint(&sprites, &mut surface);
        painted.push(performance.now() - started);
        let bytes = Clamped(bytemuck::cast_slice(surface.pixels()));
        if let Ok(data) = ImageData::new_with_u8_clamped_array_and_sh(bytes, WIDTH as u32, HEIGHT as u32) {
            let _ = context.put_image_data(&data, 0.0, 0.0);
        }
        let _ = context.get_image_data(0.0, 0.0, 1.0, 1.0);
        shown.push(performance.now() - started);
    }
    [painted, shown].map(median).to_vec()
}

fn canvas() -> Option<CanvasRenderingContext2d> {
    let canvas: HtmlCanvasElement = gloo::utils::document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(WIDTH as u32);
    canvas.set_height(HEIGHT as u32);
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

fn median(mut times: Vec<f64>) -> f64 {
    brownout_sim::order::sort_by(&mut times, f64::total_cmp);
    times[times.len() / 2]
}
