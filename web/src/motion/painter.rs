//! Paints messages into a buffer of pixels. No browser: the same bytes come out everywhere.
//!
//! Pixels are what a canvas takes: red in the lowest byte, alpha in the highest, colours not multiplied by
//! alpha. The buffer starts transparent; [`Surface::fade`] lets what was painted before glow out.

use super::stamp::{PHASES, Shape, Stamp, Stamps};

/// One message to be painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sprite {
    /// In pixels of the buffer.
    pub x: f32,
    pub y: f32,
    pub shape: Shape,
    pub size: Size,
    /// Red in the lowest byte; the highest is not looked at.
    pub color: u32,
}

/// Requests are large, replies beside them small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Large,
    Small,
}

/// A colour as sprites have it.
pub const fn rgb(red: u8, green: u8, blue: u8) -> u32 {
    red as u32 | ((green as u32) << 8) | ((blue as u32) << 16)
}

const COLOR: u32 = 0x00FF_FFFF;
/// Rows that are cleared and uploaded together.
const BAND_ROWS: usize = 32;

/// Pixels, and which of them may be painted on.
#[derive(Clone, Debug, Default)]
pub struct Surface {
    pub width: usize,
    pub height: usize,
    pixels: Vec<u32>,
    /// Of each band of rows, whether anything in it may be visible.
    lit: Vec<bool>,
}

impl Surface {
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![0; width * height], lit: vec![false; height.div_ceil(BAND_ROWS)] }
    }

    pub fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// First and last row (not included) of what may be visible; `None` where nothing is.
    pub fn lit_rows(&self) -> Option<(usize, usize)> {
        let first = self.lit.iter().position(|lit| *lit)?;
        let last = self.lit.iter().rposition(|lit| *lit)?;
        Some((first * BAND_ROWS, ((last + 1) * BAND_ROWS).min(self.height)))
    }

    /// Makes everything `kept` / 256 as opaque as it was. 0 clears.
    pub fn fade(&mut self, kept: u32) {
        let width = self.width;
        for (band, lit) in self.pixels.chunks_mut(BAND_ROWS * width.max(1)).zip(&mut self.lit) {
            if !*lit {
                continue;
            }
            if kept == 0 {
                band.fill(0);
                *lit = false;
                continue;
            }
            let mut seen = 0;
            for pixel in band {
                let alpha = ((*pixel >> 24) * kept) >> 8;
                // Below a tenth the glow is not seen and its colour no longer exact.
                *pixel = if alpha < 24 { 0 } else { (*pixel & COLOR) | (alpha << 24) };
                seen |= *pixel;
            }
            *lit = seen != 0;
        }
    }

    fn light(&mut self, first_row: usize, last_row: usize) {
        for band in &mut self.lit[first_row / BAND_ROWS..=last_row / BAND_ROWS] {
            *band = true;
        }
    }
}

/// The stamps for one density of pixels.
#[derive(Clone, Debug)]
pub struct Painter {
    large: Stamps,
    small: Stamps,
    width: usize,
}

impl Painter {
    /// `scale` is pixels of the buffer per CSS pixel.
    pub fn new(scale: f32) -> Self {
        Self { large: Stamps::new(3.6 * scale), small: Stamps::new(2.7 * scale), width: 0 }
    }

    /// Paints the sprites in their order, later ones over earlier ones.
    pub fn paint(&mut self, sprites: &[Sprite], surface: &mut Surface) {
        if self.width != surface.width {
            self.width = surface.width;
            self.large.set_width(self.width);
            self.small.set_width(self.width);
        }
        for sprite in sprites {
            self.paint_one(sprite, surface);
        }
    }

    fn paint_one(&self, sprite: &Sprite, surface: &mut Surface) {
        let stamps = if sprite.size == Size::Large { &self.large } else { &self.small };
        let (width, height, reach) = (surface.width as i32, surface.height as i32, stamps.reach);
        // Also false where the position is no number.
        let near = sprite.x > -(reach as f32)
            && sprite.y > -(reach as f32)
            && sprite.x < (width + reach) as f32
            && sprite.y < (height + reach) as f32;
        if !near {
            return;
        }
        let (floor_x, floor_y) = (sprite.x.floor(), sprite.y.floor());
        let (x, y) = (floor_x as i32, floor_y as i32);
        let phase = |rest: f32| ((rest * PHASES as f32) as usize).min(PHASES - 1);
        let phase = phase(sprite.x - floor_x) + PHASES * phase(sprite.y - floor_y);
        let stamp = stamps.get(sprite.shape, phase);
        let color = sprite.color & COLOR;
        let whole = x >= reach && y >= reach && x + reach < width && y + reach < height;
        if whole {
            surface.light((y - reach) as usize, (y + reach) as usize);
            paint_whole(stamp, (y * width + x) as usize, color, &mut surface.pixels);
        } else {
            let last = (y + reach).clamp(0, height - 1) as usize;
            surface.light((y - reach).clamp(0, height - 1) as usize, last);
            paint_clipped(stamp, (x, y), color, (width, height), &mut surface.pixels);
        }
    }
}

/// A stamp that lies wholly inside; `center` is the index of its position's pixel.
fn paint_whole(stamp: &Stamp, center: usize, color: u32, pixels: &mut [u32]) {
    let opaque = color | 0xFF00_0000;
    for offset in &stamp.solid {
        if let Some(pixel) = pixels.get_mut(center.wrapping_add_signed(*offset as isize)) {
            *pixel = opaque;
        }
    }
    for (offset, coverage) in &stamp.rim {
        if let Some(pixel) = pixels.get_mut(center.wrapping_add_signed(*offset as isize)) {
            *pixel = over(color, u32::from(*coverage), *pixel);
        }
    }
}

fn paint_clipped(stamp: &Stamp, at: (i32, i32), color: u32, size: (i32, i32), pixels: &mut [u32]) {
    for cell in &stamp.cells {
        let (x, y) = (at.0 + i32::from(cell.x), at.1 + i32::from(cell.y));
        if (0..size.0).contains(&x) && (0..size.1).contains(&y) {
            let pixel = &mut pixels[(y * size.0 + x) as usize];
            *pixel = over(color, u32::from(cell.coverage), *pixel);
        }
    }
}

/// A colour over a pixel. Without branches: what lies below is as good as random. Where both are partly
/// transparent, which happens only where rims meet, the colour is near the exact one, which needs a division.
#[inline]
fn over(color: u32, coverage: u32, below: u32) -> u32 {
    const LANES: u32 = 0x00FF_00FF;
    let under = below >> 24;
    let alpha = coverage + under - ((coverage * under + 255) >> 8);
    let share = coverage.max(255 - under);
    let share = share + (share >> 7);
    // Two channels at a time; what a difference borrows from its neighbour is less than one step of colour.
    let even = below & LANES;
    let even = even.wrapping_add((color & LANES).wrapping_sub(even).wrapping_mul(share) >> 8) & LANES;
    let odd = below & 0xFF00;
    let odd = odd.wrapping_add(((color & 0xFF00).wrapping_sub(odd) >> 8).wrapping_mul(share)) & 0xFF00;
    (alpha << 24) | even | odd
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: u32 = rgb(229, 83, 75);

    fn one(shape: Shape, x: f32, y: f32) -> Sprite {
        Sprite { x, y, shape, size: Size::Large, color: RED }
    }

    fn painted(sprites: &[Sprite]) -> Surface {
        let mut surface = Surface::new(40, 30);
        Painter::new(1.0).paint(sprites, &mut surface);
        surface
    }

    /// The sum of all alphas, in pixels.
    fn weight(surface: &Surface) -> f32 {
        surface.pixels().iter().map(|pixel| (pixel >> 24) as f32 / 255.0).sum()
    }

    /// FNV-1a over the bytes.
    fn hash(surface: &Surface) -> u64 {
        let bytes = surface.pixels().iter().flat_map(|pixel| pixel.to_le_bytes());
        bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
    }

    #[test]
    fn every_shape_is_another_picture() {
        let mut hashes: Vec<u64> =
            Shape::ALL.iter().map(|shape| hash(&painted(&[one(*shape, 20.3, 15.6)]))).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), Shape::ALL.len(), "two shapes look the same");
    }

    #[test]
    fn the_same_sprites_give_the_same_bytes() {
        let sprites: Vec<Sprite> = (0..500)
            .map(|index| Sprite {
                color: RED.rotate_left(index as u32 % 24),
                ..one(
                    Shape::ALL[index % 6],
                    (index * 7 % 400) as f32 / 10.0,
                    (index * 13 % 300) as f32 / 10.0,
                )
            })
            .collect();
        assert_eq!(
            hash(&painted(&sprites)),
            4_791_295_477_544_843_729,
            "the picture changed: look at it, then change this number"
        );
    }

    #[test]
    fn a_circle_has_the_weight_of_its_area_wherever_it_is() {
        for (x, y) in [(20.0, 15.0), (20.2, 15.9), (20.5, 15.5), (20.74, 15.26)] {
            let area = weight(&painted(&[one(Shape::Circle, x, y)]));
            assert!((area - 40.7).abs() < 1.0, "area {area} at {x}, {y}");
        }
    }

    #[test]
    fn a_position_between_pixels_shows() {
        let (a, b) = (painted(&[one(Shape::Circle, 20.1, 15.0)]), painted(&[one(Shape::Circle, 20.4, 15.0)]));
        assert_ne!(a.pixels(), b.pixels(), "three tenths of a pixel are seen");
    }

    #[test]
    fn what_is_off_the_edge_is_clipped() {
        let corner = weight(&painted(&[one(Shape::Square, 0.0, 0.0)]));
        let whole = weight(&painted(&[one(Shape::Square, 20.0, 15.0)]));
        assert!((corner - whole / 4.0).abs() < 2.0, "a quarter is left, {corner} of {whole}");
        let sprites = [
            one(Shape::Circle, -50.0, 10.0),
            one(Shape::Circle, 1e9, 1e9),
            one(Shape::Circle, f32::NAN, 5.0),
            one(Shape::Circle, 5.0, f32::INFINITY),
        ];
        assert_eq!(weight(&painted(&sprites)), 0.0, "nothing that is far away is painted");
    }

    #[test]
    fn a_rim_over_a_dot_mixes_both_colors() {
        assert_eq!(over(rgb(255, 0, 0), 128, rgb(0, 0, 255) | 0xFF00_0000) >> 24, 255, "stays opaque");
        let mixed = over(rgb(255, 0, 0), 128, rgb(0, 0, 255) | 0xFF00_0000);
        assert!((120..=136).contains(&(mixed & 0xFF)), "half red: {mixed:08x}");
        assert!((120..=136).contains(&((mixed >> 16) & 0xFF)), "half blue: {mixed:08x}");
    }

    #[test]
    fn glow_goes_out() {
        let mut surface = painted(&[one(Shape::Circle, 20.0, 15.0)]);
        let bright = weight(&surface);
        surface.fade(200);
        assert!(weight(&surface) < bright, "it fades");
        for _ in 0..20 {
            surface.fade(200);
        }
        assert_eq!(surface.lit_rows(), None, "and is dark in the end");
        assert_eq!(weight(&surface), 0.0);
    }

    /// Run with `--release -- --ignored --nocapture` for the figures.
    #[test]
    #[ignore = "a measurement"]
    fn time_for_fifty_thousand() {
        let on_edges = super::super::measure::messages(50_000);
        // Neighbours far from each other, as no picture has them.
        let mut anywhere: Vec<Sprite> = (0..50_000).map(|at| on_edges[at * 7_919 % 50_000]).collect();
        for (index, sprite) in anywhere.iter_mut().enumerate() {
            sprite.x = (index * 977 % 1_280) as f32;
        }
        for (name, sprites) in [("along 90 edges", &on_edges), ("anywhere", &anywhere)] {
            let mut surface = Surface::new(1280, 720);
            let mut painter = Painter::new(1.0);
            let mut times: Vec<f64> = (0..100)
                .map(|_| {
                    let started = std::time::Instant::now();
                    surface.fade(0);
                    painter.paint(sprites, &mut surface);
                    started.elapsed().as_secs_f64() * 1e3
                })
                .collect();
            times.sort_by(f64::total_cmp);
            println!("{} {name}: best {:.2} ms, median {:.2} ms", sprites.len(), times[0], times[50]);
        }
    }
}
