//! The shapes of messages, rasterised once per size and sub-pixel position.

/// What a message looks like. Shape says what colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A read.
    Circle,
    /// A static file.
    Triangle,
    /// A write.
    Square,
    /// A read that is tried again.
    Ring,
    /// Failed.
    Cross,
    /// Nobody waits for it any more.
    Spark,
    /// A static file and a write that are tried again.
    HollowTriangle,
    HollowSquare,
    /// A health check.
    Diamond,
}

impl Shape {
    pub const ALL: [Self; 9] = [
        Self::Circle,
        Self::Triangle,
        Self::Square,
        Self::Ring,
        Self::Cross,
        Self::Spark,
        Self::HollowTriangle,
        Self::HollowSquare,
        Self::Diamond,
    ];

    /// Whether a point is inside, for a shape of radius 1 around the origin.
    fn holds(self, x: f32, y: f32) -> bool {
        let distance = x * x + y * y;
        match self {
            Self::Circle => distance <= 1.0,
            Self::Triangle => {
                // Equal sides, the tip up, a little larger than its circle so that it weighs as much.
                let (half, y) = ((y + 1.25) * 0.577, y);
                y <= 0.85 && x.abs() <= half
            }
            Self::Square => x.abs() <= 0.88 && y.abs() <= 0.88,
            Self::Ring => (0.42..=1.0).contains(&distance),
            Self::Cross => {
                let (along, across) = ((x + y).abs(), (x - y).abs());
                along.min(across) <= 0.42 && along.max(across) <= 1.75
            }
            Self::Spark => distance <= 0.25,
            Self::HollowTriangle => {
                Self::Triangle.holds(x, y) && !Self::Triangle.holds(x * 2.3, (y - 0.12) * 2.3)
            }
            Self::HollowSquare => Self::Square.holds(x, y) && !Self::Square.holds(x * 2.0, y * 2.0),
            Self::Diamond => x.abs() + y.abs() <= 1.1,
        }
    }
}

/// A pixel of a stamp, relative to the pixel that the position falls into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub x: i16,
    pub y: i16,
    /// 1 to 255.
    pub coverage: u8,
}

/// One shape at one size and one sub-pixel position.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamp {
    pub cells: Vec<Cell>,
    /// For rows of the surface's width: offsets of the pixels that are wholly covered.
    pub solid: Vec<i32>,
    /// Offsets and coverage of the pixels that are partly covered.
    pub rim: Vec<(i32, u8)>,
}

/// Sub-pixel positions in each direction.
pub(super) const PHASES: usize = 4;
/// Samples per pixel in each direction.
const SAMPLES: i16 = 5;

impl Stamp {
    fn new(shape: Shape, radius: f32, phase_x: f32, phase_y: f32) -> Self {
        let reach = radius as i16 + 2;
        let sample = |index: i16| (f32::from(index) + 0.5) / f32::from(SAMPLES);
        let mut cells = Vec::new();
        for y in -reach..=reach {
            for x in -reach..=reach {
                let inside = (0..SAMPLES * SAMPLES).filter(|index| {
                    let at_x = f32::from(x) + sample(index % SAMPLES) - phase_x;
                    let at_y = f32::from(y) + sample(index / SAMPLES) - phase_y;
                    shape.holds(at_x / radius, at_y / radius)
                });
                let coverage = (inside.count() * 255 / (SAMPLES * SAMPLES) as usize) as u8;
                // The faintest and the fullest rims are not told from none and whole, but cost as much.
                let coverage = if coverage > 236 { 255 } else { coverage };
                if coverage > 18 {
                    cells.push(Cell { x, y, coverage });
                }
            }
        }
        Self { cells, ..Self::default() }
    }

    fn set_width(&mut self, width: i32) {
        self.solid.clear();
        self.rim.clear();
        for cell in &self.cells {
            let offset = i32::from(cell.y) * width + i32::from(cell.x);
            if cell.coverage == 255 {
                self.solid.push(offset);
            } else {
                self.rim.push((offset, cell.coverage));
            }
        }
    }
}

/// All stamps of one size.
#[derive(Clone, Debug)]
pub(super) struct Stamps {
    stamps: Vec<Stamp>,
    /// No pixel is further from the position than this.
    pub reach: i32,
}

impl Stamps {
    /// `radius` in pixels of the buffer.
    pub fn new(radius: f32) -> Self {
        let phase = |index: usize| (index as f32 + 0.5) / PHASES as f32;
        let mut stamps = Vec::with_capacity(Shape::ALL.len() * PHASES * PHASES);
        for shape in Shape::ALL {
            for index in 0..PHASES * PHASES {
                stamps.push(Stamp::new(shape, radius, phase(index % PHASES), phase(index / PHASES)));
            }
        }
        Self { stamps, reach: radius as i32 + 3 }
    }

    /// Must be called before stamps are used on a surface of another width.
    pub fn set_width(&mut self, width: usize) {
        for stamp in &mut self.stamps {
            stamp.set_width(width as i32);
        }
    }

    pub fn get(&self, shape: Shape, phase: usize) -> &Stamp {
        &self.stamps[shape as usize * PHASES * PHASES + phase]
    }
}
