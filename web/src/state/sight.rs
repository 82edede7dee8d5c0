//! What of the canvas is in view.

use brownout_sim::system::Id;

use super::Lab;
use super::lab::Focus;
use super::layout::Flow;
use crate::canvas::geometry::{Camera, Point, Rect};

/// How much of the canvas's upper edge the scoreboard takes, in pixels.
const SCOREBOARD: f64 = 68.0;

/// How much of its lower edge the tools take.
const TOOLS: f64 = 46.0;

impl Lab {
    /// Shows everything, or the selection.
    pub fn fit(&mut self, selection_only: bool) {
        let Some(canvas) = self.canvas else { return };
        self.camera = self.fitting(canvas, selection_only);
        self.fitted = (!selection_only).then_some(self.camera);
    }

    /// The camera that shows everything, or the selection, on a canvas of this size.
    fn fitting(&self, canvas: Point, selection_only: bool) -> Camera {
        let chosen = self.chosen();
        // Of a connection, both ends are shown.
        let ends = self.document.edges.iter().filter(|edge| chosen.contains(&edge.id));
        let ends: Vec<Id> = ends.flat_map(|edge| [edge.from, edge.to]).collect();
        let wanted = |id: &Id| !selection_only || chosen.contains(id) || ends.contains(id);
        let cards = self.geometry.cards().filter(|(id, _)| wanted(id));
        let Some(bounds) = cards.map(|(_, card)| card).reduce(Rect::union) else {
            return if selection_only { self.camera } else { Camera::default() };
        };
        let margin = if canvas.x < 560.0 { 20.0 } else { 40.0 };
        let largest = if self.presenter { 2.5 } else { 1.25 };
        let above = if self.presenter { SCOREBOARD * 1.9 } else { SCOREBOARD };
        let camera = Camera::fitting(bounds, canvas, margin, largest);
        // Where cards would lie under the scoreboard, or on a phone under the tools, they make room for them.
        let below = if canvas.x < 560.0 && !self.embed.is_frame { TOOLS } else { 0.0 };
        let ends = [Point::new(bounds.x, bounds.y), Point::new(bounds.x, bounds.bottom())];
        let [top, bottom] = ends.map(|end| camera.screen(end).y);
        if (top >= above && bottom <= canvas.y - below) || canvas.y <= 230.0 {
            return camera;
        }
        let room = Point::new(canvas.x, canvas.y - above - below + margin);
        Camera::fitting(bounds, room, margin, largest).panned(Point::new(0.0, above - margin))
    }

    pub fn zoom(&mut self, factor: f64) {
        let middle =
            self.canvas.map_or(Point::new(0.0, 0.0), |canvas| Point::new(canvas.x / 2.0, canvas.y / 2.0));
        self.camera = self.camera.zoomed(factor, middle);
    }

    /// The canvas has a size now, or another one.
    pub fn resized(&mut self, size: Point) {
        let before = self.canvas.replace(size);
        let first = before.is_none();
        // Who has not moved since everything was shown sees everything beside a panel, too.
        let shows_all = before.is_some_and(|before| before.x != size.x) && self.fitted == Some(self.camera);
        let height = gloo::utils::window().inner_height().ok().and_then(|height| height.as_f64());
        let flow = Flow::of_canvas(size.x, height.unwrap_or(size.y));
        let turned = std::mem::replace(&mut self.flow, flow) != flow;
        if turned {
            self.refresh();
        }
        self.tell_size();
        if first {
            self.look_at_document();
        } else if let Some(view) = self.embed.view {
            self.camera = Camera::fitting(view, size, 0.0, Camera::MAX_ZOOM);
        } else if turned || shows_all || self.embed.fit || self.presenter || std::mem::take(&mut self.refit) {
            self.fit(false);
        } else {
            self.show_selection(size);
        }
    }

    /// Tells the page around this frame how large everything would be at its actual size.
    pub(super) fn tell_size(&self) {
        let bounds = self.geometry.cards().map(|(_, card)| card).reduce(Rect::union);
        let (Some(canvas), Some(bounds)) = (self.canvas.filter(|_| self.embed.is_frame), bounds) else {
            return;
        };
        let window = gloo::utils::window();
        let size = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64());
        let (Some(width), Some(height)) = (size(window.inner_width()), size(window.inner_height())) else {
            return;
        };
        let (beside, above) = (width - canvas.x, height - canvas.y);
        let wanted = bounds.grown(40.0);
        self.embed.resize(beside + wanted.width, above + wanted.height + SCOREBOARD - 40.0);
    }

    /// Selects a part or an edge, gives it the focus, and brings it into view.
    pub fn show_element(&mut self, id: Id) {
        self.select([id]);
        self.focus = Some(if self.is_part(id) { Focus::Part(id) } else { Focus::Edge(id) });
        self.reveal(id);
    }

    /// Moves the camera where what is shown would not be seen.
    pub fn reveal(&mut self, id: Id) {
        let Some(canvas) = self.canvas else { return };
        let of_edge = || {
            let edge = self.edge(id)?;
            Some(self.geometry.card(edge.from)?.union(self.geometry.card(edge.to)?))
        };
        let Some(place) = self.geometry.card(id).or_else(of_edge) else { return };
        let (start, end) = (
            self.camera.screen(Point::new(place.x, place.y)),
            self.camera.screen(Point::new(place.right(), place.bottom())),
        );
        let seen = start.x >= 0.0
            && start.y >= SCOREBOARD.min(canvas.y / 4.0)
            && end.x <= canvas.x
            && end.y <= canvas.y;
        if !seen {
            let at = self.camera.screen(place.center());
            self.camera = self.camera.panned(Point::new(canvas.x / 2.0, canvas.y / 2.0) - at);
        }
    }

    /// Keeps the selected part in view when a panel takes its place.
    fn show_selection(&mut self, size: Point) {
        let selected = self.selection.iter().find_map(|id| self.geometry.card(*id));
        if let Some(card) = selected {
            let at = self.camera.screen(card.center());
            if at.y > size.y - 40.0 || at.x > size.x - 60.0 {
                let middle = Point::new(size.x / 2.0, size.y * 0.6);
                self.camera = self.camera.panned(middle - at);
            }
        }
    }
}
