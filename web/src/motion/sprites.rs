//! From messages under way to sprites on the canvas. Pure: positions are those of the picture, nothing is
//! invented in between.

use std::collections::BTreeMap;
use std::rc::Rc;

use brownout_sim::Ns;
use brownout_sim::observe::{Class, Dot, Fall, Mark, Picture, Way};
use brownout_sim::system::Id;

use super::painter::{Size, Sprite};
use super::stamp::Shape;
use super::tokens::{Tokens, packed};
use crate::canvas::geometry::{Camera, Geometry, Path, Point};

/// Requests and replies keep to their own side of the edge, this far from its middle, in CSS pixels.
const LANE: f64 = 3.6;
/// How far a failed reply falls below its way until it arrives, in CSS pixels.
const FALL: f64 = 22.0;

/// How near a click must be to mean a message, in CSS pixels.
const REACH: f64 = 9.0;

/// The colours of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colors {
    read: u32,
    statics: u32,
    write: u32,
    probe: u32,
    failure: u32,
    /// Replies are mixed with this, so that they step back behind requests.
    ground: u32,
}

impl Colors {
    pub const fn new(tokens: &Tokens) -> Self {
        Self {
            read: packed(tokens.success),
            statics: packed(tokens.statics),
            write: packed(tokens.write),
            probe: packed(tokens.dim),
            failure: packed(tokens.failure),
            ground: packed(tokens.ground),
        }
    }

    const fn class(&self, class: Class) -> u32 {
        match class {
            Class::Static => self.statics,
            Class::Read => self.read,
            Class::Write => self.write,
            Class::Probe => self.probe,
        }
    }

    /// Two parts colour, one part ground.
    fn lighter(&self, color: u32) -> u32 {
        self.mixed(color, 85)
    }

    /// So many of 256 parts ground.
    fn mixed(&self, color: u32, ground: u32) -> u32 {
        let mix = |shift: u32| {
            ((color >> shift & 0xFF) * (256 - ground) + (self.ground >> shift & 0xFF) * ground) >> 8
        };
        mix(0) | mix(8) << 8 | mix(16) << 16
    }
}

const fn shape(class: Class, mark: Mark) -> Shape {
    match (class, mark) {
        (_, Mark::GivenUp) => Shape::Spark,
        (Class::Probe, _) => Shape::Diamond,
        (Class::Static, Mark::Plain) => Shape::Triangle,
        (Class::Read, Mark::Plain) => Shape::Circle,
        (Class::Write, Mark::Plain) => Shape::Square,
        (Class::Static, Mark::Retry) => Shape::HollowTriangle,
        (Class::Read, Mark::Retry) => Shape::Ring,
        (Class::Write, Mark::Retry) => Shape::HollowSquare,
    }
}

/// Where the canvas looks and how finely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lens {
    pub camera: Camera,
    /// Pixels of the buffer per CSS pixel.
    pub scale: f64,
    /// How large messages and their distances are; 1 at full zoom.
    pub size: f64,
}

/// Ways between cards, kept as long as neither card moves.
#[derive(Debug, Default)]
pub struct Ways {
    geometry: Option<Rc<Geometry>>,
    paths: BTreeMap<(Id, Id), Option<Path>>,
}

impl Ways {
    /// Forgets the ways between cards that have moved.
    pub fn set_geometry(&mut self, geometry: &Rc<Geometry>) {
        if !self.geometry.as_ref().is_some_and(|known| Rc::ptr_eq(known, geometry)) {
            let before = self.geometry.replace(Rc::clone(geometry)).unwrap_or_default();
            let stays = |id: &Id| before.card(*id) == geometry.card(*id);
            self.paths.retain(|(from, to), _| stays(from) && stays(to));
        }
    }

    /// The way from one part to another; `None` where one of them has no card.
    pub fn path(&mut self, from: Id, to: Id) -> Option<&Path> {
        let geometry = self.geometry.as_ref()?;
        self.paths.entry((from, to)).or_insert_with(|| geometry.path(from, to)).as_ref()
    }
}

/// How a picture was thinned: `drawn` of `of` messages are drawn, one in `one_in` by the hash of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    pub drawn: usize,
    pub of: usize,
    pub one_in: usize,
}

impl Default for Sample {
    fn default() -> Self {
        Self { drawn: 0, of: 0, one_in: 1 }
    }
}

impl Sample {
    /// How many messages each drawn one stands for; 1 where all are drawn.
    pub const fn factor(self) -> usize {
        self.one_in
    }
}

/// Whether a message is in a sample of one in `factor`: by its key, so that it is in every frame or in none.
fn is_sampled(key: u32, factor: u32) -> bool {
    (key.wrapping_mul(0x9E37_79B1) >> 8).is_multiple_of(factor)
}

/// Fills `out` with one sprite per message, at most about `limit`.
pub fn sprites(
    picture: &Picture,
    ways: &mut Ways,
    lens: Lens,
    colors: &Colors,
    limit: usize,
    out: &mut Vec<Sprite>,
) -> Sample {
    out.clear();
    let factor = picture.dots.len().div_ceil(limit.max(1)).max(1) as u32;
    let chosen = |dot: &&Dot| factor == 1 || is_sampled(dot.key, factor);
    let mut drawn = 0;
    for run in picture.dots.chunk_by(|a, b| (a.from, a.to) == (b.from, b.to)) {
        let Some(path) = run.first().and_then(|dot| ways.path(dot.from, dot.to)) else { continue };
        for dot in run.iter().filter(chosen) {
            out.push(sprite(dot, path, lens, colors));
            drawn += 1;
        }
    }
    lay(out);
    let one_in = picture.one_in.max(1) as usize * factor as usize;
    Sample { drawn, of: (picture.messages as usize).max(drawn), one_in }
}

/// Requests over replies, failures over all: later sprites are painted over earlier ones. Within each kind
/// the order stays.
fn lay(sprites: &mut Vec<Sprite>) {
    let height = |sprite: &Sprite| match (sprite.shape, sprite.size) {
        (Shape::Cross, _) => 2,
        (_, Size::Large) => 1,
        (_, Size::Small) => 0,
    };
    let mut laid = Vec::with_capacity(sprites.len());
    for wanted in 0..=2 {
        laid.extend(sprites.iter().filter(|sprite| height(sprite) == wanted));
    }
    *sprites = laid;
}

/// Where a message is drawn, in CSS pixels of the canvas.
fn place(dot: &Dot, path: &Path, lens: Lens) -> Point {
    let share = f64::from(dot.position);
    let direction = path.direction_at(share);
    let reply = dot.way == Way::Reply;
    let side = lens.size * if reply { -LANE } else { LANE };
    let mut at = lens.camera.screen(path.point_at(share));
    // To the right of the direction of travel, as on a road.
    at = at + Point::new(-direction.y * side, direction.x * side);
    if !dot.outcome.is_ok() && reply {
        let gone = 1.0 - share;
        at.y += gone * gone * FALL * lens.size;
    }
    at
}

/// How long a call that ended without an answer is seen falling, in milliseconds of the reader's clock; and how far it
/// falls, in CSS pixels.
const FALLS_MS: f64 = 700.0;
const DEPTH: f64 = 44.0;

/// Calls that ended a moment ago without an answer: crosses that fall off where the caller stands, while the run goes on
/// at a speed.
pub fn falls(
    (picture, speed): (&Picture, f64),
    ways: &mut Ways,
    lens: Lens,
    colors: &Colors,
    out: &mut Vec<Sprite>,
) {
    for fall in &picture.falls {
        let Some((share, at)) = falling(fall, picture.now, speed, ways, lens) else { continue };
        out.push(Sprite {
            x: (at.x * lens.scale) as f32,
            y: (at.y * lens.scale) as f32,
            shape: Shape::Cross,
            size: Size::Large,
            color: colors.mixed(colors.failure, (share * 200.0) as u32),
        });
    }
}

/// How far through its fall it is, and where.
fn falling(fall: &Fall, now: Ns, speed: f64, ways: &mut Ways, lens: Lens) -> Option<(f64, Point)> {
    let share = now.checked_sub(fall.at)? as f64 / 1e6 / speed.max(1e-6) / FALLS_MS;
    if share >= 1.0 {
        return None;
    }
    // Each at its own distance, so that several are several.
    let path = ways.path(fall.from, fall.to)?;
    let start = (8.0 + f64::from(fall.key % 16)) / path.length.max(40.0);
    let mut at = lens.camera.screen(path.point_at(start.min(0.5)));
    at.y += share * share * DEPTH * lens.size;
    Some((share, at))
}

/// The message that is drawn nearest to a place of the canvas, if it is near enough to be meant.
pub fn nearest(
    picture: &Picture,
    geometry: &Rc<Geometry>,
    camera: Camera,
    limit: usize,
    at: Point,
) -> Option<Dot> {
    let mut ways = Ways::default();
    ways.set_geometry(geometry);
    let lens = Lens { camera, scale: 1.0, size: super::scene::size_at(camera.zoom) };
    let factor = picture.dots.len().div_ceil(limit.max(1)).max(1) as u32;
    let drawn = picture.dots.iter().filter(|dot| factor == 1 || is_sampled(dot.key, factor));
    let mut best: Option<(f64, Dot)> = None;
    for dot in drawn {
        let Some(path) = ways.path(dot.from, dot.to) else { continue };
        let away = place(dot, path, lens) - at;
        let distance = away.x.hypot(away.y);
        if distance <= REACH && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, *dot));
        }
    }
    best.map(|(_, dot)| dot)
}

fn sprite(dot: &Dot, path: &Path, lens: Lens, colors: &Colors) -> Sprite {
    let reply = dot.way == Way::Reply;
    let at = place(dot, path, lens);
    let failed = !dot.outcome.is_ok();
    let color = colors.class(dot.class);
    let (shape, color) = match (failed, reply) {
        (true, _) => (Shape::Cross, colors.failure),
        (false, true) => (shape(dot.class, dot.mark), colors.lighter(color)),
        (false, false) => (shape(dot.class, dot.mark), color),
    };
    let size = if reply && !failed { Size::Small } else { Size::Large };
    Sprite { x: (at.x * lens.scale) as f32, y: (at.y * lens.scale) as f32, shape, size, color }
}

#[cfg(test)]
mod tests {
    use brownout_sim::observe::Outcome;

    use super::*;
    use crate::canvas::geometry::Standing;

    fn dot(key: u32, position: f32, way: Way, outcome: Outcome) -> Dot {
        Dot { edge: 3, from: 1, to: 2, position, way, class: Class::Read, outcome, key, mark: Mark::Plain }
    }

    /// Between two cards, 400 apart.
    fn ways() -> Ways {
        let mut ways = Ways::default();
        ways.set_geometry(&Rc::new(Geometry::new(&[1, 2].map(|id| Standing {
            id,
            at: Point::new(f64::from(id - 1) * 400.0, 0.0),
            inside: None,
            holds: false,
        }))));
        ways
    }

    fn drawn(dots: Vec<Dot>, limit: usize) -> (Vec<Sprite>, Sample) {
        let mut ways = ways();
        let picture = Picture { messages: dots.len() as u32, dots, ..Picture::default() };
        let lens = Lens { camera: Camera::default(), scale: 2.0, size: 1.0 };
        let mut out = Vec::new();
        let colors = Colors { read: 1, statics: 2, write: 3, probe: 4, failure: 5, ground: 6 };
        let sample = sprites(&picture, &mut ways, lens, &colors, limit, &mut out);
        (out, sample)
    }

    #[test]
    fn requests_and_replies_keep_to_their_sides() {
        let (out, _) =
            drawn(vec![dot(1, 0.5, Way::Request, Outcome::Ok), dot(2, 0.5, Way::Reply, Outcome::Ok)], 10);
        let (reply, request) = (out[0], out[1]);
        assert_eq!(reply.x, request.x, "both are half way");
        assert!((request.y - reply.y - 4.0 * LANE as f32).abs() < 0.01, "on two sides, at scale 2");
        assert_eq!((request.size, reply.size), (Size::Large, Size::Small));
    }

    #[test]
    fn a_failed_reply_is_a_cross_that_falls() {
        let (out, _) = drawn(
            vec![dot(1, 0.9, Way::Reply, Outcome::Refused), dot(2, 0.1, Way::Reply, Outcome::Refused)],
            10,
        );
        assert!(out.iter().all(|sprite| sprite.shape == Shape::Cross), "crosses");
        assert!(out[1].y > out[0].y + 20.0, "it has fallen further near its end");
    }

    #[test]
    fn every_class_retry_and_health_check_has_a_shape_of_its_own() {
        let marks = [Mark::Plain, Mark::Retry];
        let visitors = Class::VISITORS.iter().flat_map(|class| marks.map(|mark| shape(*class, mark)));
        let mut shapes: Vec<u8> =
            visitors.chain([shape(Class::Probe, Mark::Plain), Shape::Cross]).map(|one| one as u8).collect();
        shapes.sort_unstable();
        shapes.dedup();
        assert_eq!(shapes.len(), 8, "three classes twice, health checks, failures");
    }

    #[test]
    fn what_timed_out_falls_off_where_its_caller_stands_and_is_gone() {
        let mut ways = ways();
        let lens = Lens { camera: Camera::default(), scale: 1.0, size: 1.0 };
        let outcome = Outcome::TimedOut;
        let fall = Fall { at: 1_000_000, edge: 3, from: 1, to: 2, class: Class::Read, outcome, key: 4 };
        let mut at = |now: Ns, speed: f64| falling(&fall, now, speed, &mut ways, lens);
        assert!(at(999_999, 0.001).is_none(), "not before it happened");
        let (begun, first) = at(1_000_000, 0.001).expect("it begins");
        // At a thousandth of real time, 350 µs are 350 ms of the reader's.
        let (half, later) = at(1_350_000, 0.001).expect("it falls");
        assert!(begun == 0.0 && (half - 0.5).abs() < 1e-9, "{begun}, {half}");
        assert!(later.y > first.y + 10.0 && (later.x - first.x).abs() < 1e-9, "straight down");
        assert!(at(1_710_000, 0.001).is_none(), "and is gone");
        assert!(at(1_350_000, 1.0).is_some_and(|(share, _)| share < 0.001), "as long at any speed");
    }

    #[test]
    fn too_many_are_sampled_by_key() {
        let dots: Vec<Dot> = (0..30_000).map(|key| dot(key, 0.5, Way::Request, Outcome::Ok)).collect();
        let (out, sample) = drawn(dots, 5_000);
        assert!((4_000..6_000).contains(&out.len()), "{} drawn", out.len());
        assert_eq!((sample.of, sample.factor()), (30_000, 6), "one in six, as the hash has it");
    }
}
