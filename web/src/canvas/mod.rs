//! The canvas: cards as elements of the page, edges and requests painted beneath them.

mod callouts;
mod card;
mod carry;
pub mod geometry;
pub mod gesture;
pub mod icon;
mod input;
mod instant;
mod keys;
pub mod marks;
pub mod menu;
mod minimap;
mod overlay;
mod scene;
mod scoreboard;
mod tools;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use brownout_scenario::{Part, Scenario};
use brownout_sim::param::Choice;
use brownout_sim::system::{Edge, EdgeKind, Id};
use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    FocusEvent, HtmlCanvasElement, KeyboardEvent, MouseEvent, PointerEvent, ResizeObserver, WheelEvent,
};
use yew::{AttrValue, Component, Context, Html, NodeRef, Properties, classes, html};

use self::callouts::Callouts;
use self::geometry::{Camera, Geometry, Path, Point};
use self::gesture::Gesture;
use self::instant::Instant;
use self::marks::Marks;
use self::minimap::Minimap;
pub use self::scene::shortened;
use self::scene::{Colours, Look, Scene};
use self::scoreboard::Scoreboard;
use self::tools::Tools;
use self::world::World;
use crate::app::Dispatch;
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
    /// Made for projectors.
    pub presenter: bool,
    /// The visitor looks, and changes nothing by accident.
    pub view_only: bool,
    pub editable: bool,
    /// The whole is shown in a corner while not all of it is in view.
    pub minimap: bool,
    /// More messages than this are not drawn one by one.
    pub dots: u32,
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
    /// The mouse has left the canvas.
    Left,
    Focused(FocusEvent),
    Wheel(WheelEvent),
    Menu(MouseEvent),
    LongPress,
    KeyDown(KeyboardEvent),
    DoubleClick(MouseEvent),
    Escape,
    SpaceDown,
    SpaceUp,
    Resized,
    /// Something that is rendered has changed.
    Stale,
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
    /// The frame that what is being dragged would be dropped into.
    into: Option<Id>,
    parts: Rc<Vec<Rc<Part>>>,
    /// The cards as they are shown: those being dragged are where the pointer has them.
    shown: Rc<Geometry>,
    /// Of each of the document's edges, as the cards stood and as the document was when they were found.
    paths: Vec<Option<Path>>,
    found_on: (Rc<Geometry>, Rc<Scenario>),
    /// The middle of each edge, where its own element is. It stays while parts are dragged: nobody sees it then.
    middles: Rc<Vec<Option<Point>>>,
    /// What each edge is called.
    labels: Rc<Vec<AttrValue>>,
    /// Of each edge, whether it is cut.
    cuts: Rc<Vec<bool>>,
    /// What is being dragged, and the layer that shows it.
    moving: Rc<Vec<Id>>,
    lifted: NodeRef,
    lifted_ids: Rc<Vec<Id>>,
    colours: Option<Colours>,
    looks: Vec<Look>,
    /// What was last told of each connection, and when.
    described: BTreeMap<Id, String>,
    described_at: f64,
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
            into: None,
            parts: Rc::default(),
            shown: Rc::default(),
            paths: Vec::new(),
            found_on: Default::default(),
            middles: Rc::default(),
            labels: Rc::default(),
            cuts: Rc::default(),
            moving: Rc::default(),
            lifted: NodeRef::default(),
            lifted_ids: Rc::default(),
            colours: None,
            looks: Vec::new(),
            described: BTreeMap::new(),
            described_at: 0.0,
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
                self.describe_edges(context.props());
                let changed = looks != self.looks;
                // A cut shows on the edge's handle, too.
                let cut = changed && self.take_looks(looks);
                if changed {
                    self.paint(context.props());
                }
                cut
            }
            Msg::Resized => self.measure(context.props()),
            Msg::Stale => true,
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
        if !Rc::ptr_eq(&new.document, &old.document) || new.lang != old.lang {
            self.described.clear();
        }
        if new.theme != old.theme || new.presenter != old.presenter {
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
            let looks = scene::looks(&context.props().document, last.as_ref().map(|frame| &frame.picture));
            if self.take_looks(looks) {
                context.link().send_message(Msg::Stale);
            }
            self.paint(context.props());
        }
        self.lift();
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
                onpointerleave={link.callback(|_| Msg::Left)} onfocusin={link.callback(Msg::Focused)}
                oncontextmenu={link.callback(Msg::Menu)} ondblclick={link.callback(Msg::DoubleClick)} onkeydown={link.callback(Msg::KeyDown)}>
                <canvas ref={&self.scene} aria-hidden="true" />
                <DotLayer live={props.live.clone()} geometry={self.shown.clone()} {camera} theme={props.theme}
                    lang={props.lang} limit={props.dots} />
                <div class="world" style={format!("transform:translate({dx}px,{dy}px) scale({zoom});--zoom:{zoom}")}>
                    <World document={props.document.clone()} parts={self.parts.clone()} geometry={props.geometry.clone()}
                        middles={self.middles.clone()} labels={self.labels.clone()} cuts={self.cuts.clone()}
                        selection={props.selection.clone()} wiring={self.wire_sources(props).clone()} moving={self.moving.clone()}
                        onto={self.into} editable={props.editable} lang={props.lang} live={props.live.clone()} />
                    { self.edge_end(props) }
                    { props.marks.view(&self.shown, |id| self.middle(&props.document, id), props.lang) }
                    { self.lifted() }
                </div>
                { self.overlay(props) }
                <Callouts live={props.live.clone()} document={props.document.clone()} geometry={self.shown.clone()}
                    {camera} size={self.size} lang={props.lang} />
                if props.document.parts.is_empty() && props.editable {
                    { self::tools::empty(m, &props.dispatch) }
                }
                if props.tools {
                    if props.minimap {
                        <Minimap geometry={self.shown.clone()} selection={props.selection.clone()} {camera} size={self.size}
                            dispatch={props.dispatch.clone()} />
                    }
                    <Scoreboard live={props.live.clone()} lang={props.lang} />
                    <Tools zoom={zoom} presenter={props.presenter} view_only={props.view_only} selecting={props.selecting} editable={props.editable} lang={props.lang} dispatch={props.dispatch.clone()} />
                }
                <Instant live={props.live.clone()} lang={props.lang} />
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
            brownout_sim::order::gather(self.parts.iter().map(|part| (part.id, part.clone())));
        let parts = document.parts.iter().map(|part| match old.get(&part.id) {
            Some(same) if **same == *part => same.clone(),
            _ => Rc::new(part.clone()),
        });
        self.parts = Rc::new(parts.collect());
    }

    /// Finds where cards and edges are, with what is being dragged.
    fn arrange(&mut self, props: &Props) {
        self.shown = match &self.gesture {
            Gesture::Move { ids, by, moved: true, copies: false, .. } => {
                self.moving = ids.clone();
                Rc::new(props.geometry.moved(ids, *by))
            }
            _ => {
                (self.moving, self.into) = (Rc::default(), None);
                props.geometry.clone()
            }
        };
        props.live.rest(!self.moving.is_empty());
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
            let middles = self.paths.iter().map(|path| path.as_ref().map(|path| path.point_at(0.5)));
            self.middles = Rc::new(middles.collect());
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
            let ends = label(name(edge.from), name(edge.to), props.lang.of(kind.label));
            AttrValue::from(match props.document.edge_name(edge.id) {
                Some(own) => format!("{own}: {ends}"),
                None => ends,
            })
        };
        self.labels = Rc::new(edges.map(of).collect());
    }

    /// What each connection carries, for whoever has it read aloud; once a second is enough to be told.
    fn describe_edges(&mut self, props: &Props) {
        let now = js_sys::Date::now();
        let (Some(root), Some(frame)) = (self.root.cast::<web_sys::Element>(), props.live.last()) else {
            return;
        };
        if !self.moving.is_empty() || (frame.playing && (now - self.described_at).abs() < 1_000.0) {
            return;
        }
        self.described_at = now;
        for gauge in &frame.picture.edges {
            let rate = crate::words::format::rate(props.lang, f64::from(gauge.rate));
            if self.described.get(&gauge.id) == Some(&rate) {
                continue;
            }
            let handle = root.query_selector(&format!("[data-edge=\"{}\"]", gauge.id)).ok().flatten();
            if let Some(handle) = handle {
                let _ = handle.set_attribute("aria-description", &rate);
            }
            self.described.insert(gauge.id, rate);
        }
    }

    /// Whether others are cut now.
    fn take_looks(&mut self, looks: Vec<Look>) -> bool {
        let cuts: Vec<bool> = looks.iter().map(|look| look.cut).collect();
        self.looks = looks;
        if *self.cuts == cuts {
            return false;
        }
        self.cuts = Rc::new(cuts);
        true
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
            frames: &self.shown,
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

    /// Where connections leave a part, in world units.
    fn port(&self, props: &Props, part: Id) -> Option<Point> {
        let card = self.shown.card(part)?;
        Some(match props.flow {
            Flow::Across => Point::new(card.right(), card.center().y),
            Flow::Down => Point::new(card.center().x, card.bottom()),
        })
    }

    /// The parts that edges are being drawn from.
    fn wire_sources<'a>(&'a self, props: &'a Props) -> &'a Rc<BTreeSet<Id>> {
        match &self.gesture {
            Gesture::Wire { from, moved: true, .. } => from,
            _ => &props.wiring,
        }
    }
}
