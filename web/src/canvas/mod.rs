//! The canvas: cards as elements of the page, edges and requests painted beneath them.

mod callouts;
mod card;
pub mod geometry;
pub mod gesture;
pub mod icon;
mod input;
mod keys;
pub mod marks;
pub mod menu;
mod minimap;
mod scene;
mod scoreboard;
mod tools;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use brownout_scenario::{Part, Scenario};
use brownout_sim::param::Choice;
use brownout_sim::system::{Edge, EdgeKind, Id};
use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlCanvasElement, KeyboardEvent, MouseEvent, PointerEvent, ResizeObserver, WheelEvent};
use yew::{AttrValue, Component, Context, Html, NodeRef, Properties, classes, component, html};

use self::callouts::Callouts;
use self::card::{Card, Wire};
use self::geometry::{Camera, Geometry, Path, Point, Rect};
use self::gesture::Gesture;
use self::marks::Marks;
use self::minimap::Minimap;
use self::scene::{Colours, Look, Scene};
use self::scoreboard::Scoreboard;
use self::tools::Tools;
use crate::app::Dispatch;
use crate::desk::arrange::{Axis, Guide};
use crate::desk::wiring;
use crate::look::Theme;
use crate::motion::DotLayer;
use crate::state::layout::Flow;
use crate::state::{Hint, Live, Subscription};
use crate::words::Lang;

/// Below this zoom a card's own text would be too small to read: it shows its icon, and its name below.
const FAR: f64 = 0.6;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub document: Rc<Scenario>,
    pub geometry: Rc<Geometry>,
    pub selection: Rc<BTreeSet<Id>>,
    pub camera: Camera,
    pub flow: Flow,
    pub wiring: Rc<BTreeSet<Id>>,
    /// A drag of the empty canvas selects an area.
    pub selecting: bool,
    pub hint: Option<Hint>,
    pub marks: Marks,
    pub live: Live,
    pub lang: Lang,
    pub theme: Theme,
    pub editable: bool,
    /// The whole is shown in a corner while not all of it is in view.
    pub minimap: bool,
    /// The wheel zooms and pans without asking; in a frame only when it has the focus.
    pub owns_wheel: bool,
    /// Scoreboard and zoom buttons are shown.
    pub tools: bool,
    pub dispatch: Dispatch,
}

pub enum Msg {
    Down(PointerEvent),
    Moved(PointerEvent),
    Up(PointerEvent),
    Cancel,
    Wheel(WheelEvent),
    Menu(MouseEvent),
    LongPress,
    KeyDown(KeyboardEvent),
    SpaceDown,
    SpaceUp,
    Resized,
    Frame,
}

pub struct Canvas {
    root: NodeRef,
    scene: NodeRef,
    size: Point,
    gesture: Gesture,
    /// Where each pressed pointer is.
    pointers: BTreeMap<i32, Point>,
    long_press: Option<Timeout>,
    space: Option<bool>,
    hovered: Option<Id>,
    parts: Vec<Rc<Part>>,
    /// The cards as they are shown: those being dragged are where the pointer has them.
    shown: Rc<Geometry>,
    /// Of each of the document's edges, as the cards stood and as the document was when they were found.
    paths: Vec<Option<Path>>,
    found_on: (Rc<Geometry>, Rc<Scenario>),
    /// The middle of each edge, where its own element is. It stays while parts are dragged: nobody sees it then.
    middles: Vec<Option<Point>>,
    /// What each edge is called.
    labels: Vec<AttrValue>,
    colours: Option<Colours>,
    looks: Vec<Look>,
    stale: bool,
    _subscription: Subscription,
    listeners: Vec<EventListener>,
    observer: Option<(ResizeObserver, Closure<dyn FnMut()>)>,
}

impl Component for Canvas {
    type Message = Msg;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let link = context.link().clone();
        let subscription = context.props().live.subscribe_calmly(move |_| link.send_message(Msg::Frame));
        let mut canvas = Self {
            root: NodeRef::default(),
            scene: NodeRef::default(),
            size: Point::new(0.0, 0.0),
            gesture: Gesture::None,
            pointers: BTreeMap::new(),
            long_press: None,
            space: None,
            hovered: None,
            parts: Vec::new(),
            shown: Rc::default(),
            paths: Vec::new(),
            found_on: Default::default(),
            middles: Vec::new(),
            labels: Vec::new(),
            colours: None,
            looks: Vec::new(),
            stale: true,
            _subscription: subscription,
            listeners: Vec::new(),
            observer: None,
        };
        canvas.take_parts(&context.props().document);
        canvas.name_edges(context.props());
        canvas.arrange(context.props());
        canvas
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        match message {
            Msg::Frame => {
                let last = context.props().live.last();
                let looks =
                    scene::looks(&context.props().document, last.as_ref().map(|frame| &frame.picture));
                let cuts = |looks: &[Look]| looks.iter().map(|look| look.cut).collect::<Vec<_>>();
                let cut = cuts(&looks) != cuts(&self.looks);
                if looks != self.looks {
                    self.looks = looks;
                    self.paint(context.props());
                }
                // A cut shows on the edge's handle, too.
                cut
            }
            Msg::Resized => self.measure(context.props()),
            message => self.input(context, message),
        }
    }

    fn changed(&mut self, context: &Context<Self>, old: &Props) -> bool {
        let new = context.props();
        if !Rc::ptr_eq(&new.document, &old.document) {
            self.take_parts(&new.document);
        }
        if !Rc::ptr_eq(&new.document, &old.document) || new.lang != old.lang {
            self.name_edges(new);
        }
        if new.theme != old.theme {
            self.colours = None;
        }
        let moved = !matches!(self.gesture, Gesture::Move { .. }) && !Rc::ptr_eq(&self.shown, &new.geometry);
        if moved || !Rc::ptr_eq(&new.geometry, &old.geometry) || !Rc::ptr_eq(&new.document, &old.document) {
            self.arrange(new);
        }
        self.stale = true;
        true
    }

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        if first {
            self.listen(context);
            self.observe(context);
            if self.measure(context.props()) {
                context.link().send_message(Msg::Resized);
            }
        }
        if std::mem::take(&mut self.stale) {
            let last = context.props().live.last();
            self.looks = scene::looks(&context.props().document, last.as_ref().map(|frame| &frame.picture));
            self.paint(context.props());
        }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        let m = props.lang.messages();
        let link = context.link();
        let camera = props.camera;
        let (zoom, dx, dy) = (camera.zoom, -camera.origin.x * camera.zoom, -camera.origin.y * camera.zoom);
        let grid = 24.0 * if zoom < 0.5 { 2.0 } else { 1.0 } * zoom;
        let background = format!("background-size:{grid}px {grid}px;background-position:{dx}px {dy}px");
        let panning = matches!(self.gesture, Gesture::Pan { moved: true, .. });
        html! {
            <div ref={&self.root} id="canvas" class="canvas" data-viewport="true" data-flow={props.flow.code()} data-far={(zoom < FAR).then_some("true")} tabindex="0" role="region" aria-label={m.canvas}
                data-panning={panning.then_some("true")} data-selecting={props.selecting.then_some("true")} data-space={self.space.is_some().then_some("true")}
                style={background}
                onpointerdown={link.callback(Msg::Down)} onpointermove={link.callback(Msg::Moved)}
                onpointerup={link.callback(Msg::Up)} onpointercancel={link.callback(|_| Msg::Cancel)}
                oncontextmenu={link.callback(Msg::Menu)} onkeydown={link.callback(Msg::KeyDown)}>
                <canvas ref={&self.scene} aria-hidden="true" />
                <DotLayer live={props.live.clone()} geometry={self.shown.clone()} {camera} theme={props.theme}
                    lang={props.lang} />
                <div class="world" style={format!("transform:translate({dx}px,{dy}px) scale({zoom});--zoom:{zoom}")}>
                    { for self.parts.iter().map(|part| self.card(part, props)) }
                    { for props.document.edges.iter().zip(&self.middles).enumerate().filter_map(|(index, (edge, middle))| {
                        let cut = self.looks.get(index).is_some_and(|look| look.cut);
                        let label = self.labels.get(index).cloned().unwrap_or_default();
                        let selected = props.selection.contains(&edge.id);
                        let Point { x, y } = (*middle)?;
                        Some(html! { <Handle key={format!("edge-{}", edge.id)} id={edge.id} {x} {y} {label} {cut} {selected} lang={props.lang} /> })
                    }) }
                    { self.edge_end(props) }
                    { props.marks.view(&self.shown, |id| self.middle(&props.document, id), props.lang) }
                </div>
                { self.overlay(props) }
                <Callouts live={props.live.clone()} document={props.document.clone()} geometry={self.shown.clone()}
                    {camera} size={self.size} lang={props.lang} />
                if props.document.parts.is_empty() && props.editable {
                    <div class="canvas-empty"><h2>{ m.empty_title }</h2><p>{ m.empty_text }</p></div>
                }
                if props.tools {
                    if props.minimap {
                        <Minimap geometry={self.shown.clone()} selection={props.selection.clone()} {camera} size={self.size}
                            dispatch={props.dispatch.clone()} />
                    }
                    <Scoreboard live={props.live.clone()} lang={props.lang} />
                    <Tools zoom={zoom} selecting={props.selecting} editable={props.editable} lang={props.lang} dispatch={props.dispatch.clone()} />
                }
                if let Some(hint) = &props.hint {
                    <p class={classes!("hint", hint.bad.then_some("bad"))} role="status" data-testid="hint">{ &hint.text }</p>
                }
            </div>
        }
    }
}

impl Canvas {
    /// Where the element of a connection is.
    fn middle(&self, document: &Scenario, id: Id) -> Option<Point> {
        let at = document.edges.binary_search_by_key(&id, |edge| edge.id).ok()?;
        self.middles.get(at).copied().flatten()
    }

    /// Keeps one shared copy of each part, and the old one where it has not changed.
    fn take_parts(&mut self, document: &Scenario) {
        let old: BTreeMap<Id, Rc<Part>> =
            brownout_sim::order::gather(self.parts.drain(..).map(|part| (part.id, part)));
        self.parts = document
            .parts
            .iter()
            .map(|part| match old.get(&part.id) {
                Some(same) if **same == *part => same.clone(),
                _ => Rc::new(part.clone()),
            })
            .collect();
    }

    /// Finds where cards and edges are, with what is being dragged.
    fn arrange(&mut self, props: &Props) {
        self.shown = match &self.gesture {
            Gesture::Move { ids, by, moved: true, copies: false, .. } => {
                Rc::new(Geometry::new(props.geometry.cards().map(|(id, card)| {
                    let shift = if ids.contains(&id) { *by } else { Point::default() };
                    (id, Point::new(card.x, card.y) + shift)
                })))
            }
            _ => props.geometry.clone(),
        };
        let (before, document) = &self.found_on;
        if Rc::ptr_eq(document, &props.document) {
            // Only what has moved: the others are hundreds, and this happens at every move of the pointer.
            let stays = |id: Id| before.card(id) == self.shown.card(id);
            for (edge, path) in props.document.edges.iter().zip(&mut self.paths) {
                if !stays(edge.from) || !stays(edge.to) {
                    *path = self.shown.path(edge.from, edge.to);
                }
            }
        } else {
            self.paths =
                props.document.edges.iter().map(|edge| self.shown.path(edge.from, edge.to)).collect();
        }
        self.found_on = (self.shown.clone(), props.document.clone());
        if self.middles.len() != self.paths.len()
            || !matches!(self.gesture, Gesture::Move { moved: true, .. })
        {
            self.middles =
                self.paths.iter().map(|path| path.as_ref().map(|path| path.point_at(0.5))).collect();
        }
        self.stale = true;
    }

    /// Measures the canvas; whether its size has changed.
    fn measure(&mut self, props: &Props) -> bool {
        let Some(root) = self.root.cast::<web_sys::Element>() else { return false };
        let size = Point::new(f64::from(root.client_width()), f64::from(root.client_height()));
        if size == self.size {
            return false;
        }
        self.size = size;
        self.stale = true;
        props.dispatch.act(move |lab| lab.resized(size));
        true
    }

    fn name_edges(&mut self, props: &Props) {
        let names: BTreeMap<Id, &str> = brownout_sim::order::gather(
            props.document.parts.iter().map(|part| (part.id, part.name.as_str())),
        );
        let name = |id: Id| names.get(&id).copied().unwrap_or_default();
        let label = props.lang.messages().edge_label;
        let edges = props.document.edges.iter();
        let of = |edge: &Edge| {
            let kind: &Choice = &EdgeKind::CHOICES[edge.kind as usize];
            AttrValue::from(label(name(edge.from), name(edge.to), props.lang.of(kind.label)))
        };
        self.labels = edges.map(of).collect();
    }

    fn paint(&mut self, props: &Props) {
        let Some(canvas) = self.scene.cast::<HtmlCanvasElement>() else { return };
        if self.colours.is_none() {
            self.colours = Colours::read();
        }
        let Some(colours) = &self.colours else { return };
        Scene {
            document: &props.document,
            paths: &self.paths,
            camera: props.camera,
            selection: &props.selection,
            hovered: self.hovered,
            looks: &self.looks,
            size: self.size,
            colours,
        }
        .paint(&canvas);
    }

    /// Follows the canvas's size: panels open and close, windows change.
    fn observe(&mut self, context: &Context<Self>) {
        let link = context.link().clone();
        let resized = Closure::<dyn FnMut()>::new(move || link.send_message(Msg::Resized));
        let observer = ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(root)) = (observer, self.root.cast::<web_sys::Element>()) {
            observer.observe(&root);
            self.observer = Some((observer, resized));
        }
    }

    fn card(&self, part: &Rc<Part>, props: &Props) -> Html {
        let card = self.shown.card(part.id).unwrap_or_default();
        let sources = self.wire_sources(props);
        let wire = if sources.is_empty() {
            Wire::None
        } else if sources.contains(&part.id) {
            Wire::Source
        } else if wiring::is_target(&props.document, sources, part.id) {
            Wire::Yes
        } else {
            Wire::No
        };
        let moving =
            matches!(&self.gesture, Gesture::Move { ids, moved: true, .. } if ids.contains(&part.id));
        html! {
            <Card key={part.id} part={part.clone()} x={card.x} y={card.y} selected={props.selection.contains(&part.id)}
                {moving} {wire} editable={props.editable} lang={props.lang} live={props.live.clone()} />
        }
    }

    /// Where connections leave a part, in world units.
    fn port(&self, props: &Props, part: Id) -> Option<Point> {
        let card = self.shown.card(part)?;
        Some(match props.flow {
            Flow::Across => Point::new(card.right(), card.center().y),
            Flow::Down => Point::new(card.center().x, card.bottom()),
        })
    }

    /// The parts that edges are being drawn from.
    fn wire_sources<'a>(&'a self, props: &'a Props) -> &'a BTreeSet<Id> {
        match &self.gesture {
            Gesture::Wire { from, moved: true, .. } => from,
            _ => &props.wiring,
        }
    }

    /// The end of the one connection that is selected: dragged to another part it leads there.
    fn edge_end(&self, props: &Props) -> Html {
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
    fn overlay(&self, props: &Props) -> Html {
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
