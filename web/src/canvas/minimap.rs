//! The whole design in a corner, while not all of it is in view: where one is, and the way to elsewhere.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::rc::Rc;

use brownout_sim::system::Id;
use web_sys::{Element, PointerEvent};
use yew::{Callback, Html, Properties, TargetCast, component, html, use_state};

use super::geometry::{Camera, Geometry, Point, Rect};
use crate::app::Dispatch;

/// In pixels.
const WIDTH: f64 = 168.0;
const HEIGHT: f64 = 108.0;
/// Room around the outermost cards, in pixels.
const MARGIN: f64 = 8.0;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub geometry: Rc<Geometry>,
    pub selection: Rc<BTreeSet<Id>>,
    pub camera: Camera,
    /// Of the canvas, in CSS pixels.
    pub size: Point,
    pub dispatch: Dispatch,
}

/// How the whole is shown in the corner, where some of it is out of view.
fn overview(geometry: &Geometry, camera: Camera, size: Point) -> Option<Camera> {
    let all = geometry.cards().map(|(_, card)| card).reduce(Rect::union)?;
    let view = view(camera, size);
    let seen =
        view.contains(Point::new(all.x, all.y)) && view.contains(Point::new(all.right(), all.bottom()));
    // On a small screen it would be in the way.
    let room = size.x > 3.5 * WIDTH && size.y > 3.0 * HEIGHT;
    if seen || !room {
        return None;
    }
    let (wide, high) = (all.width.max(1.0), all.height.max(1.0));
    let zoom = ((WIDTH - 2.0 * MARGIN) / wide).min((HEIGHT - 2.0 * MARGIN) / high).min(0.2);
    let middle = all.center();
    Some(Camera { origin: Point::new(middle.x - WIDTH / 2.0 / zoom, middle.y - HEIGHT / 2.0 / zoom), zoom })
}

/// The part of the world that the canvas shows.
fn view(camera: Camera, size: Point) -> Rect {
    let Point { x, y } = camera.world(Point::default());
    Rect { x, y, width: size.x / camera.zoom, height: size.y / camera.zoom }
}

#[component]
pub fn Minimap(props: &Props) -> Html {
    let pressed = use_state(|| false);
    let Some(overview) = overview(&props.geometry, props.camera, props.size) else { return html! {} };
    let (dispatch, size) = (props.dispatch.clone(), props.size);
    let go = move |event: &PointerEvent| {
        let Some(map) =
            event.target_dyn_into::<Element>().and_then(|target| target.closest(".minimap").ok().flatten())
        else {
            return;
        };
        let bounds = map.get_bounding_client_rect();
        let at = Point::new(
            f64::from(event.client_x()) - bounds.left(),
            f64::from(event.client_y()) - bounds.top(),
        );
        let world = overview.world(at);
        dispatch.act(move |lab| {
            let middle = Point::new(size.x / 2.0, size.y / 2.0);
            lab.camera = lab.camera.panned(middle - lab.camera.screen(world));
        });
    };
    let down = {
        let (pressed, go) = (pressed.clone(), go.clone());
        Callback::from(move |event: PointerEvent| {
            event.stop_propagation();
            if let Some(map) = event.target_dyn_into::<Element>() {
                let _ = map.set_pointer_capture(event.pointer_id());
            }
            pressed.set(true);
            go(&event);
        })
    };
    let moved = {
        let pressed = pressed.clone();
        Callback::from(move |event: PointerEvent| {
            event.stop_propagation();
            if *pressed {
                go(&event);
            }
        })
    };
    let up = Callback::from(move |_: PointerEvent| pressed.set(false));
    // Two elements, however many cards there are.
    let cards = |chosen: bool| {
        let mut path = String::new();
        let cards = props.geometry.plain_cards();
        for (_, card) in cards.filter(|(id, _)| props.selection.contains(id) == chosen) {
            let Point { x, y } = overview.screen(Point::new(card.x, card.y));
            let (width, height) = (card.width * overview.zoom, card.height * overview.zoom);
            let _ = write!(path, "M{x:.1} {y:.1}h{width:.1}v{height:.1}h-{width:.1}z");
        }
        path
    };
    let boxed = |class: &'static str, rect: Rect| {
        let corner = overview.screen(Point::new(rect.x, rect.y));
        let (width, height) = (rect.width * overview.zoom, rect.height * overview.zoom);
        html! { <rect {class} x={corner.x.to_string()} y={corner.y.to_string()} width={width.to_string()} height={height.to_string()} /> }
    };
    html! {
        <svg class="minimap" data-testid="minimap" width={WIDTH.to_string()} height={HEIGHT.to_string()} aria-hidden="true"
            onpointerdown={down} onpointermove={moved} onpointerup={up.clone()} onpointercancel={up}>
            { for props.geometry.frames().map(|(id, frame)| boxed(if props.selection.contains(&id) { "frame chosen-frame" } else { "frame" }, frame)) }
            <path class="mini" d={cards(false)} />
            <path class="chosen" d={cards(true)} />
            { boxed("view", view(props.camera, props.size)) }
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::super::geometry::Standing;
    use super::*;

    #[test]
    fn it_is_there_only_while_something_is_out_of_view_and_shows_all() {
        let card = |id: Id, x: f64, y: f64| Standing { id, at: Point::new(x, y), inside: None, holds: false };
        let geometry = Geometry::new(&[card(1, 0.0, 0.0), card(2, 2_000.0, 900.0)]);
        let size = Point::new(900.0, 600.0);
        let all = geometry.cards().map(|(_, card)| card).reduce(Rect::union).expect("two cards");
        assert!(overview(&geometry, Camera::fitting(all, size, 40.0, 1.0), size).is_none());
        let map = overview(&geometry, Camera::default(), size).expect("the second card is out of view");
        for (_, card) in geometry.cards() {
            let end = map.screen(Point::new(card.right(), card.bottom()));
            let start = map.screen(Point::new(card.x, card.y));
            assert!(
                start.x >= 0.0 && start.y >= 0.0 && end.x <= WIDTH && end.y <= HEIGHT,
                "{card:?} is outside"
            );
        }
        assert!(overview(&geometry, Camera::default(), Point::new(390.0, 700.0)).is_none(), "not on a phone");
    }
}
