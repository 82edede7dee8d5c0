//! What a gesture shows above the canvas: the box, the wire, the lines, and what is being dragged.

use brownout_sim::system::Id;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::{Html, html};

use super::geometry::{Camera, Point, Rect};
use super::gesture::Gesture;
use super::world::NAMES;
use super::{Canvas, Props};
use crate::desk::arrange::{Axis, Guide};

/// What makes an element a part of the design.
const OWN: [&str; 5] = ["data-part", "data-type", "tabindex", "role", "aria-label"];

impl Canvas {
    /// Puts pictures of the cards that are dragged into their layer. The cards themselves stay where they are, unseen:
    /// moving hundreds of elements would have the browser lay out and paint them at every move of the pointer, and one
    /// layer is moved as it is.
    pub(super) fn lift(&mut self) {
        let Some(layer) = self.lifted.cast::<Element>() else {
            self.lifted_ids = std::rc::Rc::default();
            return;
        };
        let Some(world) = layer.parent_element().filter(|_| self.lifted_ids != self.moving) else { return };
        layer.set_inner_html("");
        let cards = self.moving.iter().filter_map(|id| self.shown.card(*id));
        let all = cards.reduce(Rect::union).unwrap_or_default();
        if let Some(backdrop) = layer.owner_document().and_then(|page| page.create_element("i").ok()) {
            // As in the world: one layer for all of them.
            let Point { x, y } = self.by();
            let _ = backdrop.set_attribute("class", "backdrop");
            let _ = backdrop
                .set_attribute("style", &Rect { x: all.x - x, y: all.y - y, ..all }.grown(NAMES).style());
            let _ = layer.append_child(&backdrop);
        }
        for id in self.moving.iter() {
            let card = world.query_selector(&format!("[data-part=\"{id}\"]")).ok().flatten();
            let copy = card.and_then(|card| card.clone_node_with_deep(true).ok());
            if let Some(copy) = copy.and_then(|copy| copy.dyn_into::<Element>().ok()) {
                for name in OWN {
                    let _ = copy.remove_attribute(name);
                }
                let _ = copy.set_attribute("data-lifted", &id.to_string());
                let _ = layer.append_child(&copy);
            }
        }
        self.lifted_ids = self.moving.clone();
    }

    /// How far what is being dragged has come.
    fn by(&self) -> Point {
        if let Gesture::Move { by, moved: true, .. } = &self.gesture { *by } else { Point::default() }
    }

    /// The layer of what is being dragged.
    pub(super) fn lifted(&self) -> Html {
        match &self.gesture {
            Gesture::Move { by, moved: true, copies: false, .. } => html! {
                <div ref={&self.lifted} class="lifted" aria-hidden="true" inert={true} style={format!("transform:translate({}px,{}px)", by.x, by.y)} />
            },
            _ => html! {},
        }
    }

    /// The end of the one connection that is selected: dragged to another part it leads there.
    pub(super) fn edge_end(&self, props: &Props) -> Html {
        let one = props.editable && props.selection.len() == 1;
        let Some(id) = props.selection.first().copied().filter(|_| one) else { return html! {} };
        let paths = props.document.edges.iter().zip(&self.paths);
        let path = paths.filter(|(edge, _)| edge.id == id).find_map(|(_, path)| path.as_ref());
        path.map_or_else(Html::default, |path| {
            let Point { x, y } = path.point_at(1.0);
            html! { <i class="edge-end" data-edge-end={id.to_string()} title={props.lang.messages().reroute_tip} style={format!("left:{x}px;top:{y}px")} /> }
        })
    }

    /// Where a copy will stand.
    fn ghost(&self, id: Id, by: Point, props: &Props) -> Option<Html> {
        let (card, zoom) = (self.shown.card(id)?, props.camera.zoom);
        let Point { x, y } = props.camera.screen(Point::new(card.x, card.y) + by);
        let (width, height) = (card.width * zoom, card.height * zoom);
        Some(
            html! { <div class="copy-ghost" aria-hidden="true" style={format!("left:{x}px;top:{y}px;width:{width}px;height:{height}px")} /> },
        )
    }

    /// The selection box, the wire being drawn, the lines that cards snap to.
    pub(super) fn overlay(&self, props: &Props) -> Html {
        match &self.gesture {
            Gesture::Box { start, now, .. } => {
                let Rect { x, y, width, height } = Rect::spanned(*start, *now);
                html! { <div class="selection-box" style={format!("left:{x}px;top:{y}px;width:{width}px;height:{height}px")} /> }
            }
            Gesture::Wire { from, now, moved: true, .. } => {
                let curve = |from: &Id| {
                    let start = props.camera.screen(self.port(props, *from)?);
                    let pull = ((now.x - start.x) * 0.5).abs().clamp(18.0, 140.0);
                    let (first, second) = (start.x + pull, now.x - pull);
                    Some(format!(
                        "M{} {}C{first} {} {second} {} {} {}",
                        start.x, start.y, start.y, now.y, now.x, now.y
                    ))
                };
                let curves: String = from.iter().filter_map(curve).collect();
                html! { <svg class="wire-drag" aria-hidden="true"><path d={curves} /></svg> }
            }
            Gesture::Move { ids, by, moved: true, copies, guides, .. } => html! {
                <>
                    { for guides.iter().map(|guide| view_guide(guide, props.camera)) }
                    if *copies { { for ids.iter().filter_map(|id| self.ghost(*id, *by, props)) } }
                </>
            },
            _ => html! {},
        }
    }
}

/// A line on which the card that is being moved stands with others.
fn view_guide(guide: &Guide, camera: Camera) -> Html {
    let point = |along: f64| match guide.axis {
        Axis::Across => Point::new(along, guide.at),
        Axis::Down => Point::new(guide.at, along),
    };
    let Rect { x, y, width, height } =
        Rect::spanned(camera.screen(point(guide.from)), camera.screen(point(guide.to)));
    html! { <div class="guide" aria-hidden="true" style={format!("left:{x}px;top:{y}px;width:{width}px;height:{height}px")} /> }
}
