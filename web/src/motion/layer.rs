//! The layer of moving messages, between the edges and the cards.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::render::{AnimationFrame, request_animation_frame};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlCanvasElement, ResizeObserver};
use yew::{Callback, Component, Context, Html, NodeRef, Properties, html};

use super::scene::{Scene, View};
use super::sprites::Sample;
use super::words;
use crate::canvas::geometry::{Camera, Geometry};
use crate::look::Theme;
use crate::state::{Live, Subscription};
use crate::words::Lang;

#[derive(Clone, Debug, PartialEq, Properties)]
pub struct Props {
    pub live: Live,
    pub geometry: Rc<Geometry>,
    pub camera: Camera,
    pub theme: Theme,
    pub lang: Lang,
    /// Above this many messages, links are streams, a sample is drawn on them, and its factor is told.
    pub limit: u32,
}

/// Draws every message under way where it is at the frame's moment.
pub struct DotLayer {
    canvas: NodeRef,
    painting: Rc<Painting>,
    live: Live,
    subscription: Option<Subscription>,
    resized: Option<(ResizeObserver, Closure<dyn FnMut()>)>,
    factor: usize,
}

#[derive(Debug)]
pub enum Message {
    /// One drawn message stands for this many.
    Sampled(usize),
}

/// What frames and animation share with the component.
struct Painting {
    scene: RefCell<Option<Scene>>,
    scheduled: RefCell<Option<AnimationFrame>>,
    factor: RefCell<usize>,
    on_sample: Callback<Sample>,
}

impl Painting {
    /// Paints once, before the browser next draws.
    fn schedule(self: &Rc<Self>) {
        if self.scheduled.borrow().is_some() {
            return;
        }
        let painting = Rc::clone(self);
        let handle = request_animation_frame(move |wall_ms| {
            painting.scheduled.borrow_mut().take();
            painting.paint(wall_ms);
        });
        *self.scheduled.borrow_mut() = Some(handle);
    }

    fn paint(&self, wall_ms: f64) {
        let Some(sample) = self.scene.borrow_mut().as_mut().map(|scene| scene.paint(wall_ms)) else { return };
        let factor = self.factor.replace(sample.factor());
        if factor != sample.factor() {
            self.on_sample.emit(sample);
        }
    }

    fn with_scene(self: &Rc<Self>, change: impl FnOnce(&mut Scene)) {
        if let Some(scene) = self.scene.borrow_mut().as_mut() {
            change(scene);
        }
        self.schedule();
    }
}

fn prefers_stillness() -> bool {
    let query = gloo::utils::window().match_media("(prefers-reduced-motion: reduce)");
    query.ok().flatten().is_some_and(|query| query.matches())
}

fn view_of(props: &Props) -> View {
    View {
        geometry: Rc::clone(&props.geometry),
        camera: props.camera,
        limit: props.limit as usize,
        still: prefers_stillness(),
    }
}

fn listen(live: &Live, painting: &Rc<Painting>) -> Subscription {
    let painting = Rc::clone(painting);
    live.subscribe(move |frame| painting.with_scene(|scene| scene.set_frame(Rc::clone(frame))))
}

impl Component for DotLayer {
    type Message = Message;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let on_sample = context.link().callback(|sample: Sample| Message::Sampled(sample.factor()));
        let painting = Rc::new(Painting {
            scene: RefCell::default(),
            scheduled: RefCell::default(),
            factor: RefCell::new(1),
            on_sample,
        });
        let live = context.props().live.clone();
        Self {
            canvas: NodeRef::default(),
            subscription: Some(listen(&live, &painting)),
            painting,
            live,
            resized: None,
            factor: 1,
        }
    }

    fn update(&mut self, _: &Context<Self>, message: Message) -> bool {
        let Message::Sampled(factor) = message;
        std::mem::replace(&mut self.factor, factor) != factor
    }

    fn changed(&mut self, context: &Context<Self>, old: &Props) -> bool {
        let props = context.props();
        if self.live != props.live {
            self.live = props.live.clone();
            drop(self.subscription.replace(listen(&self.live, &self.painting)));
        }
        let themed = old.theme != props.theme;
        self.painting.with_scene(|scene| {
            scene.set_view(view_of(props));
            if themed {
                scene.set_theme();
            }
        });
        old.lang != props.lang
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let note = (self.factor > 1).then(|| words::sampled(context.props().lang, self.factor));
        html! {
            <>
                <canvas ref={self.canvas.clone()} class="dots-canvas" aria-hidden="true" />
                if let Some(note) = note {
                    <p class="dots-note">{ note }</p>
                }
            </>
        }
    }

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        if !first {
            return;
        }
        let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() else { return };
        *self.painting.scene.borrow_mut() = Scene::new(canvas.clone(), view_of(context.props()));
        self.painting.with_scene(|scene| {
            scene.measure();
            if let Some(frame) = context.props().live.last() {
                scene.set_frame(frame);
            }
        });
        let painting = Rc::clone(&self.painting);
        let resized = Closure::<dyn FnMut()>::new(move || painting.with_scene(super::scene::Scene::measure));
        if let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            observer.observe(&canvas);
            self.resized = Some((observer, resized));
        }
    }

    fn destroy(&mut self, _: &Context<Self>) {
        if let Some((observer, _)) = &self.resized {
            observer.disconnect();
        }
        self.painting.scheduled.borrow_mut().take();
        self.painting.scene.borrow_mut().take();
    }
}
