//! Parts and connections as elements of the page. They are rendered when one of them changes; a drag is none of their
//! business: what is dragged is shown as one picture that is moved as a whole.

use std::collections::BTreeSet;
use std::rc::Rc;

use brownout_scenario::{Part, Scenario};
use brownout_sim::system::Id;
use yew::{AttrValue, Html, Properties, classes, component, html};

use super::card::{Card, Wire};
use super::geometry::{Geometry, Point, Rect};
use crate::desk::wiring;
use crate::state::Live;
use crate::words::Lang;

/// How far names reach beyond cards, seen from far away.
pub const NAMES: f64 = 160.0;

#[derive(Properties, Clone)]
pub struct Props {
    pub document: Rc<Scenario>,
    /// Each part as it is shared with its card.
    pub parts: Rc<Vec<Rc<Part>>>,
    /// Where they stand in the document.
    pub geometry: Rc<Geometry>,
    /// Where each edge's own element is, and what it is called.
    pub middles: Rc<Vec<Option<Point>>>,
    pub labels: Rc<Vec<AttrValue>>,
    /// Of each edge, whether it is cut.
    pub cuts: Rc<Vec<bool>>,
    pub selection: Rc<BTreeSet<Id>>,
    /// The parts that edges are being drawn from.
    pub wiring: Rc<BTreeSet<Id>>,
    /// What is being dragged.
    pub moving: Rc<Vec<Id>>,
    /// The frame that it would be dropped into.
    pub onto: Option<Id>,
    pub editable: bool,
    pub lang: Lang,
    pub live: Live,
}

/// Hundreds of parts are compared at every move of the pointer: what has changed is another `Rc`.
impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        let rest = |one: &Self| (one.onto, one.editable, one.lang);
        Rc::ptr_eq(&self.document, &other.document)
            && Rc::ptr_eq(&self.parts, &other.parts)
            && Rc::ptr_eq(&self.geometry, &other.geometry)
            && Rc::ptr_eq(&self.middles, &other.middles)
            && Rc::ptr_eq(&self.labels, &other.labels)
            && self.cuts == other.cuts
            && self.selection == other.selection
            && self.wiring == other.wiring
            && self.moving == other.moving
            && rest(self) == rest(other)
            && self.live == other.live
    }
}

#[component]
pub fn World(props: &Props) -> Html {
    let edges = props.document.edges.iter().zip(props.middles.iter()).zip(props.labels.iter());
    let handles = edges.enumerate().filter_map(|(index, ((edge, middle), label))| {
        let cut = props.cuts.get(index).copied().unwrap_or(false);
        let selected = props.selection.contains(&edge.id);
        let Point { x, y } = (*middle)?;
        let (key, label) = (format!("edge-{}", edge.id), label.clone());
        Some(html! { <Handle {key} id={edge.id} {x} {y} {label} {cut} {selected} lang={props.lang} /> })
    });
    // Frames lie beneath what is in them: they come first, the outermost before the others.
    let frames = props.geometry.frames().filter_map(|(id, _)| props.parts.iter().find(|part| part.id == id));
    let cards = props.parts.iter().filter(|part| !props.geometry.is_frame(part.id));
    // Browsers put what lies over a canvas that is painted often into layers, one for each of hundreds of cards, unless
    // something lies beneath all of them: then it is one layer for all.
    let all = props.geometry.cards().map(|(_, card)| card).reduce(Rect::union).unwrap_or_default();
    html! {
        <>
            <i class="backdrop" style={all.grown(NAMES).style()} />
            { for frames.map(|part| card(props, part)) }
            { for cards.map(|part| card(props, part)) }
            { for handles }
        </>
    }
}

fn card(props: &Props, part: &Rc<Part>) -> Html {
    let rect = props.geometry.card(part.id).unwrap_or_default();
    let sources = &props.wiring;
    let wire = if sources.is_empty() {
        Wire::None
    } else if sources.contains(&part.id) {
        Wire::Source
    } else if wiring::is_target(&props.document, sources, part.id) {
        Wire::Yes
    } else {
        Wire::No
    };
    let moving = props.moving.contains(&part.id);
    let holds = props.geometry.is_frame(part.id);
    let contents =
        if holds { props.parts.iter().filter(|other| other.inside == Some(part.id)).count() } else { 0 };
    let inside =
        part.inside.and_then(|id| props.document.part(id)).map(|place| AttrValue::from(place.name.clone()));
    html! {
        <Card key={part.id} part={part.clone()} x={rect.x} y={rect.y} frame={holds.then_some((rect.width, rect.height))} {contents} {inside}
            target={props.onto == Some(part.id)} selected={props.selection.contains(&part.id)} {moving} {wire}
            editable={props.editable} lang={props.lang} live={props.live.clone()} />
    }
}

#[derive(Properties, PartialEq)]
struct HandleProps {
    id: Id,
    x: f64,
    y: f64,
    label: AttrValue,
    cut: bool,
    selected: bool,
    lang: Lang,
}

/// A connection's own element: what is focused, pressed and read aloud.
#[component]
fn Handle(props: &HandleProps) -> Html {
    let HandleProps { id, x, y, label, cut, selected, lang } = props;
    let label =
        if *cut { AttrValue::from(format!("{label}, {}", lang.messages().is_cut)) } else { label.clone() };
    html! {
        <button class={classes!("edge-handle", selected.then_some("selected"))}
            data-edge={id.to_string()} data-cut={cut.then_some("true")} aria-label={label.clone()} title={label} aria-pressed={selected.to_string()}
            style={format!("left:{x}px;top:{y}px")} />
    }
}
