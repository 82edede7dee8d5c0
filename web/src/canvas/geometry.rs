//! Where things are: cards, the curves between them, and the camera. Pure arithmetic, no browser.
//!
//! Two spaces: *world*, in which the document's `at` is measured (one unit is one CSS pixel at zoom 1), and
//! *screen*, CSS pixels from the top left corner of the canvas.

use std::collections::BTreeMap;

use brownout_sim::system::Id;

/// A part's card, in world units.
pub const CARD_WIDTH: f64 = 116.0;
pub const CARD_HEIGHT: f64 = 72.0;

/// A place or a distance, in the space that its name says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    pub fn lerp(self, to: Self, share: f64) -> Self {
        Self { x: self.x + (to.x - self.x) * share, y: self.y + (to.y - self.y) * share }
    }

    pub fn distance(self, to: Self) -> f64 {
        (to.x - self.x).hypot(to.y - self.y)
    }
}

impl std::ops::Add for Point {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { x: self.x + other.x, y: self.y + other.y }
    }
}

impl std::ops::Sub for Point {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { x: self.x - other.x, y: self.y - other.y }
    }
}

/// An upright rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    /// The card of a part whose top left corner is here.
    pub const fn card(at: Point) -> Self {
        Self { x: at.x, y: at.y, width: CARD_WIDTH, height: CARD_HEIGHT }
    }

    /// The rectangle that a drag from one corner to the other spans.
    pub fn spanned(a: Point, b: Point) -> Self {
        Self { x: a.x.min(b.x), y: a.y.min(b.y), width: (a.x - b.x).abs(), height: (a.y - b.y).abs() }
    }

    pub fn center(self) -> Point {
        Point::new(self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    pub fn right(self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(self) -> f64 {
        self.y + self.height
    }

    pub fn contains(self, point: Point) -> bool {
        (self.x..=self.right()).contains(&point.x) && (self.y..=self.bottom()).contains(&point.y)
    }

    pub fn touches(self, other: Self) -> bool {
        self.x <= other.right()
            && other.x <= self.right()
            && self.y <= other.bottom()
            && other.y <= self.bottom()
    }

    /// The smallest rectangle around both.
    pub fn union(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self {
            x,
            y,
            width: self.right().max(other.right()) - x,
            height: self.bottom().max(other.bottom()) - y,
        }
    }

    /// Where it is, as a style of an element.
    pub fn style(self) -> String {
        let Self { x, y, width, height } = self;
        format!("left:{x}px;top:{y}px;width:{width}px;height:{height}px")
    }

    pub fn grown(self, by: f64) -> Self {
        Self { x: self.x - by, y: self.y - by, width: self.width + 2.0 * by, height: self.height + 2.0 * by }
    }
}

/// A cubic curve with points sampled at equal distances along it, so that what moves on it moves evenly.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Start, two control points, end.
    pub curve: [Point; 4],
    pub length: f64,
    samples: [Point; Path::STEPS + 1],
}

impl Path {
    const STEPS: usize = 32;
    /// Points at equal parameters, from which those at equal distances are found.
    const FINE: usize = 96;

    /// The curve between two cards: out of the side that faces the other, into the side that faces back.
    pub fn between(from: Rect, to: Rect) -> Self {
        let (start, out, end, back) = ports(from, to);
        let reach = if out.x == 0.0 { (end.y - start.y).abs() } else { (end.x - start.x).abs() };
        let pull = (reach * 0.5).clamp(18.0, 140.0);
        let first = Point::new(start.x + out.x * pull, start.y + out.y * pull);
        let second = Point::new(end.x + back.x * pull, end.y + back.y * pull);
        Self::cubic([start, first, second, end])
    }

    pub fn cubic(curve: [Point; 4]) -> Self {
        let mut fine = [Point::default(); Self::FINE + 1];
        let mut along = [0.0; Self::FINE + 1];
        for index in 0..=Self::FINE {
            fine[index] = bezier(&curve, index as f64 / Self::FINE as f64);
            if index > 0 {
                along[index] = along[index - 1] + fine[index - 1].distance(fine[index]);
            }
        }
        let length = along[Self::FINE];
        let mut samples = [curve[0]; Self::STEPS + 1];
        let mut at = 0;
        for (step, sample) in samples.iter_mut().enumerate() {
            let wanted = length * step as f64 / Self::STEPS as f64;
            while at + 1 < Self::FINE && along[at + 1] < wanted {
                at += 1;
            }
            let piece = along[at + 1] - along[at];
            let share = if piece > 0.0 { (wanted - along[at]) / piece } else { 0.0 };
            *sample = fine[at].lerp(fine[at + 1], share.clamp(0.0, 1.0));
        }
        Self { curve, length, samples }
    }

    /// The point at this share (0 to 1) of the length.
    pub fn point_at(&self, share: f64) -> Point {
        let scaled = share.clamp(0.0, 1.0) * Self::STEPS as f64;
        let index = (scaled as usize).min(Self::STEPS - 1);
        self.samples[index].lerp(self.samples[index + 1], scaled - index as f64)
    }

    /// The direction of travel at this share of the length, of length 1.
    pub fn direction_at(&self, share: f64) -> Point {
        let index = ((share.clamp(0.0, 1.0) * Self::STEPS as f64) as usize).min(Self::STEPS - 1);
        let (a, b) = (self.samples[index], self.samples[index + 1]);
        let length = a.distance(b);
        if length > 0.0 {
            Point::new((b.x - a.x) / length, (b.y - a.y) / length)
        } else {
            Point::new(1.0, 0.0)
        }
    }

    /// How far a point is from the curve.
    pub fn distance_to(&self, point: Point) -> f64 {
        self.samples
            .windows(2)
            .map(|pair| distance_to_segment(point, pair[0], pair[1]))
            .fold(f64::INFINITY, f64::min)
    }

    /// The smallest rectangle that holds the curve.
    pub fn bounds(&self) -> Rect {
        let first = Rect { x: self.samples[0].x, y: self.samples[0].y, width: 0.0, height: 0.0 };
        self.samples.iter().fold(first, |bounds, point| {
            bounds.union(Rect { x: point.x, y: point.y, width: 0.0, height: 0.0 })
        })
    }
}

/// Start, direction out of it, end, direction out of it.
fn ports(from: Rect, to: Rect) -> (Point, Point, Point, Point) {
    let (a, b) = (from.center(), to.center());
    let across = (b.x - a.x).abs() - from.width.midpoint(to.width);
    let along = (b.y - a.y).abs() - from.height.midpoint(to.height);
    // A card almost straight above or below is reached through top and bottom, any other through its sides.
    if across < 24.0 && along > across {
        let down = if b.y >= a.y { 1.0 } else { -1.0 };
        let start = Point::new(a.x, if down > 0.0 { from.bottom() } else { from.y });
        let end = Point::new(b.x, if down > 0.0 { to.y } else { to.bottom() });
        (start, Point::new(0.0, down), end, Point::new(0.0, -down))
    } else {
        let right = if b.x >= a.x { 1.0 } else { -1.0 };
        let start = Point::new(if right > 0.0 { from.right() } else { from.x }, a.y);
        let end = Point::new(if right > 0.0 { to.x } else { to.right() }, b.y);
        (start, Point::new(right, 0.0), end, Point::new(-right, 0.0))
    }
}

fn bezier(curve: &[Point; 4], t: f64) -> Point {
    let u = 1.0 - t;
    let weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
    curve.iter().zip(weights).fold(Point::default(), |sum, (point, weight)| {
        Point::new(sum.x + point.x * weight, sum.y + point.y * weight)
    })
}

fn distance_to_segment(point: Point, a: Point, b: Point) -> f64 {
    let (along, rest) = (b - a, point - a);
    let length = along.x * along.x + along.y * along.y;
    let share =
        if length > 0.0 { ((rest.x * along.x + rest.y * along.y) / length).clamp(0.0, 1.0) } else { 0.0 };
    point.distance(a.lerp(b, share))
}

/// Where a part is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    rect: Rect,
    /// The part whose frame it stands in.
    inside: Option<Id>,
    /// Of a part that others can be inside of: how many frames it stands in.
    frame: Option<usize>,
}

/// What must be known of a part to find where it is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub id: Id,
    pub at: Point,
    pub inside: Option<Id>,
    /// Others can be inside of it: it is drawn as a frame around them.
    pub holds: bool,
}

/// Where every part's card is. Made anew when a card moves; compare by `Rc` pointer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Geometry {
    places: BTreeMap<Id, Place>,
    /// Outermost first.
    frames: Vec<Id>,
}

/// Room between a frame and what is in it, and above that for its name.
pub const FRAME_MARGIN: f64 = 20.0;
pub const FRAME_HEAD: f64 = 34.0;
/// A frame with nothing in it.
const EMPTY_FRAME: Point = Point { x: 196.0, y: 128.0 };
/// Frames within frames beyond this are not drawn around one another.
const DEEPEST: usize = 64;

impl Geometry {
    /// Cards where they are said to be, and frames around what is inside of them.
    pub fn new(standing: &[Standing]) -> Self {
        let mut geometry = Self::default();
        for Standing { id, at, inside, holds } in standing {
            let rect = if *holds { empty_frame(*at) } else { Rect::card(*at) };
            let place = Place { rect, inside: *inside, frame: holds.then_some(0) };
            geometry.places.insert(*id, place);
            if *holds {
                geometry.frames.push(*id);
            }
        }
        if !geometry.frames.is_empty() {
            geometry.surround();
        }
        geometry
    }

    /// Moves one with everything inside of it; the frames around it are found anew by [`Self::surround`].
    pub fn shift(&mut self, id: Id, by: Point) {
        for id in self.with_contents(&[id]) {
            if let Some(place) = self.places.get_mut(&id) {
                (place.rect.x, place.rect.y) = (place.rect.x + by.x, place.rect.y + by.y);
            }
        }
    }

    /// Finds how deep frames lie, and how large they are: the innermost first.
    pub fn surround(&mut self) {
        for id in self.frames.clone() {
            let depth = self.around(id).count();
            if let Some(place) = self.places.get_mut(&id) {
                place.frame = Some(depth);
            }
        }
        let depth = |geometry: &Self, id: Id| geometry.places.get(&id).and_then(|place| place.frame);
        let mut frames = std::mem::take(&mut self.frames);
        brownout_sim::order::sort_by_key(&mut frames, |id| {
            (depth(self, *id).unwrap_or(0) as u64) << 32 | u64::from(*id)
        });
        for id in frames.iter().rev() {
            let inner =
                self.places.values().filter(|place| place.inside == Some(*id)).map(|place| place.rect);
            let Some(inner) = inner.reduce(Rect::union) else { continue };
            let rect = Rect {
                x: inner.x - FRAME_MARGIN,
                y: inner.y - FRAME_HEAD,
                width: inner.width + 2.0 * FRAME_MARGIN,
                height: inner.height + FRAME_HEAD + FRAME_MARGIN,
            };
            if let Some(place) = self.places.get_mut(id) {
                place.rect = rect;
            }
        }
        self.frames = frames;
    }

    /// The same, with these and everything inside of them moved; the frames around them stay as they are.
    pub fn moved(&self, ids: &[Id], by: Point) -> Self {
        let mut moved = self.clone();
        for (id, place) in &mut moved.places {
            if ids.contains(id) {
                (place.rect.x, place.rect.y) = (place.rect.x + by.x, place.rect.y + by.y);
            }
        }
        moved
    }

    pub fn card(&self, part: Id) -> Option<Rect> {
        self.places.get(&part).map(|place| place.rect)
    }

    /// All cards and frames.
    pub fn cards(&self) -> impl Iterator<Item = (Id, Rect)> + '_ {
        self.places.iter().map(|(id, place)| (*id, place.rect))
    }

    /// Cards without frames.
    pub fn plain_cards(&self) -> impl Iterator<Item = (Id, Rect)> + '_ {
        self.places.iter().filter(|(_, place)| place.frame.is_none()).map(|(id, place)| (*id, place.rect))
    }

    /// Frames, the outermost first.
    pub fn frames(&self) -> impl DoubleEndedIterator<Item = (Id, Rect)> + '_ {
        self.frames.iter().filter_map(|id| Some((*id, self.card(*id)?)))
    }

    pub fn is_frame(&self, part: Id) -> bool {
        self.places.get(&part).is_some_and(|place| place.frame.is_some())
    }

    /// The frames around a part, the innermost first.
    pub fn around(&self, part: Id) -> impl Iterator<Item = Id> + '_ {
        let above = move |id: &Id| {
            self.places.get(id).and_then(|place| place.inside).filter(|id| self.places.contains_key(id))
        };
        std::iter::successors(above(&part), above).take(DEEPEST)
    }

    /// These, and everything inside of those among them that are frames; each once.
    pub fn with_contents(&self, ids: &[Id]) -> Vec<Id> {
        if !ids.iter().any(|id| self.is_frame(*id)) {
            return ids.to_vec();
        }
        let is_in = |id: &Id| ids.contains(id) || self.around(*id).any(|frame| ids.contains(&frame));
        self.places.keys().copied().filter(is_in).collect()
    }

    /// The way from any part to any other: an edge's own ends, or those of a request that followed a name.
    pub fn path(&self, from: Id, to: Id) -> Option<Path> {
        Some(Path::between(self.card(from)?, self.card(to)?))
    }
}

fn empty_frame(at: Point) -> Rect {
    Rect { x: at.x, y: at.y, width: EMPTY_FRAME.x, height: EMPTY_FRAME.y }
}

/// What of the world is seen: `screen = (world - origin) * zoom`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// The world point in the canvas's top left corner.
    pub origin: Point,
    pub zoom: f64,
}

impl Default for Camera {
    fn default() -> Self {
        Self { origin: Point::default(), zoom: 1.0 }
    }
}

impl Camera {
    pub const MIN_ZOOM: f64 = 0.1;
    pub const MAX_ZOOM: f64 = 4.0;

    pub fn screen(&self, world: Point) -> Point {
        Point::new((world.x - self.origin.x) * self.zoom, (world.y - self.origin.y) * self.zoom)
    }

    pub fn world(&self, screen: Point) -> Point {
        Point::new(self.origin.x + screen.x / self.zoom, self.origin.y + screen.y / self.zoom)
    }

    /// Moved so that what was under the pointer follows it.
    pub fn panned(&self, screen: Point) -> Self {
        Self {
            origin: Point::new(self.origin.x - screen.x / self.zoom, self.origin.y - screen.y / self.zoom),
            zoom: self.zoom,
        }
    }

    /// Zoomed by a factor about a point of the screen, which stays where it is.
    pub fn zoomed(&self, factor: f64, about: Point) -> Self {
        let zoom = (self.zoom * factor).clamp(Self::MIN_ZOOM, Self::MAX_ZOOM);
        let kept = self.world(about);
        Self { origin: Point::new(kept.x - about.x / zoom, kept.y - about.y / zoom), zoom }
    }

    /// Shows all of `bounds` in the middle of a canvas of this size, never larger than `largest`.
    pub fn fitting(bounds: Rect, canvas: Point, margin: f64, largest: f64) -> Self {
        let room = Point::new((canvas.x - 2.0 * margin).max(1.0), (canvas.y - 2.0 * margin).max(1.0));
        let zoom = (room.x / bounds.width.max(1.0)).min(room.y / bounds.height.max(1.0));
        let zoom = zoom.min(largest).clamp(Self::MIN_ZOOM, Self::MAX_ZOOM);
        let center = bounds.center();
        Self { origin: Point::new(center.x - canvas.x / 2.0 / zoom, center.y - canvas.y / 2.0 / zoom), zoom }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A card that is in no frame.
    pub fn plain(id: Id, x: f64, y: f64) -> Standing {
        Standing { id, at: Point::new(x, y), inside: None, holds: false }
    }

    #[test]
    fn frames_lie_around_what_is_in_them_and_move_with_it() {
        let frame = |id: Id, inside: Option<Id>| Standing { id, at: Point::default(), inside, holds: true };
        let inner = |id: Id, x: f64, inside: Id| Standing { inside: Some(inside), ..plain(id, x, 100.0) };
        // The document's order says nothing of what is around what.
        let geometry = Geometry::new(&[
            frame(1, Some(2)),
            frame(2, None),
            inner(3, 100.0, 1),
            inner(4, 300.0, 2),
            frame(5, None),
        ]);
        let rect = |id: Id| geometry.card(id).expect("exists");
        assert_eq!(geometry.frames().map(|(id, _)| id).collect::<Vec<_>>(), [2, 5, 1]);
        assert_eq!((rect(1).x, rect(1).right()), (100.0 - FRAME_MARGIN, 100.0 + CARD_WIDTH + FRAME_MARGIN));
        assert!(rect(2).union(rect(1)) == rect(2) && rect(2).union(rect(4)) == rect(2));
        assert!(rect(2).y <= rect(1).y - FRAME_HEAD, "room for both names");
        assert_eq!((rect(5).width, rect(5).height), (EMPTY_FRAME.x, EMPTY_FRAME.y));
        assert_eq!(geometry.around(3).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(geometry.with_contents(&[1]), [1, 3]);
        assert_eq!(geometry.with_contents(&[2]), [1, 2, 3, 4]);
        let moved = geometry.moved(&[3], Point::new(50.0, 0.0));
        assert_eq!(moved.card(3).map(|card| card.x), Some(150.0));
        assert_eq!(moved.card(1), geometry.card(1));
    }

    #[test]
    fn what_moves_on_a_path_moves_evenly() {
        let path = Path::between(Rect::card(Point::new(0.0, 0.0)), Rect::card(Point::new(400.0, 250.0)));
        let steps: Vec<f64> = (0..20)
            .map(|step| {
                path.point_at(f64::from(step) / 20.0).distance(path.point_at(f64::from(step + 1) / 20.0))
            })
            .collect();
        let mean = steps.iter().sum::<f64>() / 20.0;
        assert!(steps.iter().all(|step| (step - mean).abs() < mean * 0.1), "uneven steps {steps:?}");
        assert_eq!(path.point_at(0.0), path.curve[0]);
        assert!(path.point_at(1.0).distance(path.curve[3]) < 1e-6, "the path ends at its end");
    }

    #[test]
    fn a_card_below_is_reached_through_its_top() {
        let path = Path::between(Rect::card(Point::new(0.0, 0.0)), Rect::card(Point::new(10.0, 200.0)));
        assert_eq!(path.curve[0], Point::new(CARD_WIDTH / 2.0, CARD_HEIGHT));
        assert_eq!(path.curve[3], Point::new(10.0 + CARD_WIDTH / 2.0, 200.0));
    }

    #[test]
    fn the_camera_inverts_itself() {
        let camera = Camera { origin: Point::new(-30.0, 70.0), zoom: 1.7 };
        let point = Point::new(123.0, -45.0);
        assert!(camera.world(camera.screen(point)).distance(point) < 1e-9, "world(screen(x)) is x");
        let about = Point::new(200.0, 100.0);
        let zoomed = camera.zoomed(2.0, about);
        assert!(zoomed.world(about).distance(camera.world(about)) < 1e-9, "the point zoomed about stays");
    }

    #[test]
    fn everything_fits() {
        let geometry = Geometry::new(&[plain(1, -500.0, 0.0), plain(2, 900.0, 700.0)]);
        let bounds = geometry.cards().map(|(_, card)| card).reduce(Rect::union).expect("two cards");
        let camera = Camera::fitting(bounds, Point::new(800.0, 600.0), 40.0, 1.0);
        for (_, card) in geometry.cards() {
            let corner = camera.screen(Point::new(card.right(), card.bottom()));
            assert!(corner.x <= 800.0 && corner.y <= 600.0, "corner {corner:?} is off the canvas");
        }
    }
}
