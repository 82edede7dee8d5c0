//! The page: owns the state, takes tasks from everywhere, renders the frame around the canvas.

mod keys;
mod view;

use std::cell::Cell;
use std::rc::Rc;

use brownout_sim::Ns;
use brownout_sim::system::Id;
use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{
    ClipboardEvent, DragEvent, Element, HtmlElement, KeyboardEvent, MessageEvent, MouseEvent, StorageEvent,
};
use yew::{Callback, Component, Context, Html};

use crate::actions::Act;
use crate::canvas::geometry::Point;
use crate::canvas::gesture::is_typing;
use crate::embed::{self, Embed, Visibility};
use crate::state::lab::Focus;
use crate::state::{Lab, Notice, Prefs, storage};
use crate::worker::{Event, Simulator};

/// How long the visitor rests before the work is kept.
const AUTOSAVE_MS: u32 = 400;

/// How soon after the middle button a paste is the system's own.
const MIDDLE_MS: f64 = 300.0;

/// The history is longer and less dear.
const KEEP_HISTORY_MS: u32 = 4_000;

/// Something to be done to the state.
pub type Task = Box<dyn FnOnce(&mut Lab)>;

/// How components have things done: one queue, one owner.
#[derive(Clone, PartialEq)]
pub struct Dispatch(Callback<Task>);

impl Dispatch {
    pub fn act(&self, task: impl FnOnce(&mut Lab) + 'static) {
        self.0.emit(Box::new(task));
    }

    /// Performs an action of the table, if it makes sense now.
    pub fn perform(&self, act: Act) {
        self.act(move |lab| lab.perform(act));
    }
}

pub enum Msg {
    Do(Task),
    Simulator(Event),
    Key(KeyboardEvent),
    Message(MessageEvent),
    /// A text from the clipboard, where there is one.
    Pasted(Option<String>),
    HashChanged,
    Dragging(bool),
    Dropped(DragEvent),
    /// A frame came into sight or went out of it.
    Seen(bool),
    Autosave,
    KeepHistory,
    /// The page may be gone in a moment.
    Leaving,
    /// Another tab has kept something under this key.
    Stored(String),
    EndToast,
}

pub struct App {
    lab: Lab,
    dispatch: Dispatch,
    /// Made once, so that what takes them is not rendered for nothing.
    limits: Callback<()>,
    choose: Callback<(Ns, Option<Id>)>,
    pick: Callback<(Ns, Ns)>,
    seek: Callback<Ns>,
    dragging: bool,
    /// A frame out of sight goes on when it is seen again.
    paused_unseen: bool,
    autosave: Option<Timeout>,
    keep_history: Option<Timeout>,
    toast: Option<Timeout>,
    _listeners: Vec<EventListener>,
    _visibility: Option<Visibility>,
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(context: &Context<Self>) -> Self {
        let embed = Embed::read(&query_pairs());
        let mut prefs = Prefs::read();
        prefs.lang = embed.lang.unwrap_or(prefs.lang);
        prefs.theme = embed.theme.or(prefs.theme);
        prefs.show();
        let simulator = Simulator::spawn(context.link().callback(Msg::Simulator));
        let is_frame = embed.is_frame;
        let mut lab = Lab::new(simulator, prefs, embed);
        if !lab.embed.unknown.is_empty() {
            lab.notices.push(Notice::UnknownParameters(lab.embed.unknown.clone()));
        }
        if let Some(speed) = lab.embed.speed {
            lab.run.speed = speed;
        }
        lab.embed.ready();
        let dispatch = Dispatch(context.link().callback(Msg::Do));
        lab.dispatch = Some(dispatch.clone());
        lab.open_first(&fragment());
        let visibility = is_frame.then(|| Visibility::watch(context.link().callback(Msg::Seen))).flatten();
        let (limits, choose, pick) = (dispatch.clone(), dispatch.clone(), dispatch.clone());
        let seek = dispatch.clone();
        Self {
            lab,
            dispatch,
            limits: Callback::from(move |()| limits.perform(Act::Limits)),
            choose: Callback::from(move |(_, id): (Ns, Option<Id>)| choose.act(move |lab| lab.select(id))),
            pick: Callback::from(move |(from, to)| pick.act(move |lab| lab.study_stretch(from, to))),
            seek: Callback::from(move |to| seek.act(move |lab| lab.seek(to))),
            dragging: false,
            paused_unseen: false,
            autosave: None,
            keep_history: None,
            toast: None,
            _listeners: listeners(context),
            _visibility: visibility,
        }
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        let render = match message {
            Msg::Do(task) => {
                task(&mut self.lab);
                true
            }
            Msg::Simulator(event) => self.lab.hear(event),
            Msg::Key(event) => keys::press(&mut self.lab, &event),
            Msg::Message(event) => {
                embed::receive(&mut self.lab, &event);
                true
            }
            Msg::Pasted(text) => {
                let elsewhere = self.lab.dialog.is_some() || self.lab.menu.is_some();
                if !elsewhere {
                    self.lab.paste_text(text.as_deref());
                }
                !elsewhere
            }
            Msg::HashChanged => {
                self.lab.open_fragment(&fragment());
                true
            }
            Msg::Dragging(dragging) => std::mem::replace(&mut self.dragging, dragging) != dragging,
            Msg::Dropped(event) => {
                self.dragging = false;
                self.drop_file(&event);
                true
            }
            Msg::Seen(seen) => self.seen(seen),
            Msg::Autosave => {
                self.autosave = None;
                self.lab.autosave()
            }
            Msg::KeepHistory => {
                self.keep_history = None;
                self.lab.keep_history();
                false
            }
            Msg::Leaving => {
                self.lab.keep_all();
                false
            }
            Msg::Stored(key) => self.lab.stored_elsewhere(&key),
            Msg::EndToast => {
                self.toast = None;
                self.lab.toast = None;
                true
            }
        };
        self.after(context);
        render
    }

    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        let title = match self.lab.document.name.as_str() {
            "" => "Brownout".to_owned(),
            name => format!("{name} · Brownout"),
        };
        let document = gloo::utils::document();
        if document.title() != title {
            document.set_title(&title);
        }
        let Some(focus) = self.lab.focus.take() else { return };
        let selector = match focus {
            Focus::Part(id) => format!("[data-part=\"{id}\"]"),
            Focus::Edge(id) => format!("[data-edge=\"{id}\"]"),
            Focus::Canvas => "#canvas".to_owned(),
            Focus::Name => "#inspector-name".to_owned(),
            Focus::More => "[data-testid=more]".to_owned(),
        };
        let element = gloo::utils::document().query_selector(&selector).ok().flatten();
        if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let _ = element.focus();
            if let Some(input) = element.dyn_ref::<web_sys::HtmlInputElement>() {
                input.select();
            }
        }
    }

    fn view(&self, _: &Context<Self>) -> Html {
        self.page()
    }
}

impl App {
    /// What follows from any change: keeping the work, ending a toast.
    fn after(&mut self, context: &Context<Self>) {
        self.lab.follow_course();
        self.lab.follow_teach();
        if self.lab.unsaved() && self.autosave.is_none() {
            let link = context.link().clone();
            self.autosave = Some(Timeout::new(AUTOSAVE_MS, move || link.send_message(Msg::Autosave)));
        }
        if self.lab.history_due && self.keep_history.is_none() {
            let link = context.link().clone();
            self.keep_history =
                Some(Timeout::new(KEEP_HISTORY_MS, move || link.send_message(Msg::KeepHistory)));
        }
        if self.lab.toast.is_some() && self.toast.is_none() {
            let link = context.link().clone();
            self.toast = Some(Timeout::new(2_400, move || link.send_message(Msg::EndToast)));
        }
    }

    fn seen(&mut self, seen: bool) -> bool {
        if seen && std::mem::take(&mut self.paused_unseen) {
            self.lab.play();
        } else if !seen && self.lab.run.playing {
            self.paused_unseen = true;
            self.lab.pause();
        } else {
            return false;
        }
        true
    }

    fn drop_file(&self, event: &DragEvent) {
        let Some(transfer) = event.data_transfer() else { return };
        match transfer.files().and_then(|files| files.get(0)) {
            Some(file) => crate::dialogs::files::open(&file, self.dispatch.clone()),
            None => {
                if let Ok(text) = transfer.get_data("text/plain")
                    && !text.is_empty()
                {
                    self.dispatch.act(move |lab| lab.open_text(&text));
                }
            }
        }
    }
}

/// The query of the page's address, decoded.
fn query_pairs() -> Vec<(String, String)> {
    let query = gloo::utils::window().location().search().unwrap_or_default();
    let Ok(parameters) = web_sys::UrlSearchParams::new_with_str(&query) else { return Vec::new() };
    let mut pairs = Vec::new();
    for entry in parameters.entries().into_iter().flatten() {
        let entry: js_sys::Array = entry.unchecked_into();
        if let (Some(name), Some(value)) = (entry.get(0).as_string(), entry.get(1).as_string()) {
            pairs.push((name, value));
        }
    }
    pairs
}

/// Where on the canvas something was clicked that is no card, button or menu.
fn on_canvas(event: &MouseEvent) -> Option<Point> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let canvas = target.closest("#canvas").ok()??;
    if target.closest("[data-part], button, [role=menu]").ok()?.is_some() {
        return None;
    }
    let bounds = canvas.get_bounding_client_rect();
    Some(Point::new(f64::from(event.client_x()) - bounds.left(), f64::from(event.client_y()) - bounds.top()))
}

fn fragment() -> String {
    gloo::utils::window().location().hash().unwrap_or_default()
}

/// What is half typed into a field of the design counts: the page may be gone in a moment.
fn finish_typing() {
    let typing = gloo::utils::document().active_element().filter(|element| {
        element.matches("#inspector-name, .document-name, .notes textarea, input[data-param]:not([type=checkbox], [type=range])").unwrap_or(false)
    });
    let init = web_sys::EventInit::new();
    init.set_bubbles(true);
    if let (Some(field), Ok(event)) = (typing, web_sys::Event::new_with_event_init_dict("change", &init)) {
        let _ = field.dispatch_event(&event);
    }
}

/// What the page listens to as a whole.
fn listeners(context: &Context<App>) -> Vec<EventListener> {
    let (window, document) = (gloo::utils::window(), gloo::utils::document());
    let preventing = gloo::events::EventListenerOptions::enable_prevent_default();
    let keys = context.link().callback(Msg::Key);
    let pasted = context.link().callback(Msg::Pasted);
    let messages = context.link().callback(Msg::Message);
    let hash = context.link().callback(|()| Msg::HashChanged);
    let leaving = context.link().callback(|()| Msg::Leaving);
    let hidden = leaving.clone();
    let update = context.link().callback(Msg::Do);
    let stored = context.link().callback(Msg::Stored);
    let drag = context.link().callback(Msg::Dragging);
    let leave = drag.clone();
    let dropped = context.link().callback(Msg::Dropped);
    let pressed_at = Rc::new(Cell::new((0, 0)));
    let released_at = Rc::clone(&pressed_at);
    let clicked = context.link().callback(Msg::Do);
    let panned_at = Rc::new(Cell::new(0.0));
    let panned_until = Rc::clone(&panned_at);
    vec![
        EventListener::new(&document, "pointerdown", move |event| {
            if let Some(event) = event.dyn_ref::<MouseEvent>() {
                pressed_at.set((event.client_x(), event.client_y()));
            }
        }),
        EventListener::new(&document, "click", move |event| {
            if let Some(event) = event.dyn_ref::<MouseEvent>() {
                let (x, y) = released_at.get();
                // A drag ends with a click, too.
                if (event.client_x() - x).abs() < 4
                    && (event.client_y() - y).abs() < 4
                    && let Some(at) = on_canvas(event)
                {
                    clicked.emit(Box::new(move |lab| {
                        lab.click_dot(at);
                    }));
                }
            }
        }),
        EventListener::new_with_options(&document, "keydown", preventing, move |event| {
            if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
                // Decided here and now: a browser does not wait for the answer of a queue.
                if keys::takes(event) {
                    event.prevent_default();
                }
                keys.emit(event.clone());
            }
        }),
        EventListener::new(&document, "pointerup", move |event| {
            if event.dyn_ref::<MouseEvent>().is_some_and(|event| event.button() == 1) {
                panned_at.set(js_sys::Date::now());
            }
        }),
        EventListener::new_with_options(&document, "paste", preventing, move |event| {
            // Where the middle button pastes, it has just moved the canvas: that one paste is not meant.
            if js_sys::Date::now() - panned_until.take() < MIDDLE_MS {
                event.prevent_default();
                return;
            }
            if !is_typing(event)
                && let Some(event) = event.dyn_ref::<ClipboardEvent>()
            {
                event.prevent_default();
                let text = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok());
                pasted.emit(text.filter(|text| !text.is_empty()));
            }
        }),
        EventListener::new(&window, "message", move |event| {
            if let Some(event) = event.dyn_ref::<MessageEvent>() {
                messages.emit(event.clone());
            }
        }),
        EventListener::new(&window, "pagehide", move |_| {
            finish_typing();
            leaving.emit(());
        }),
        EventListener::new(&document, "visibilitychange", move |_| {
            finish_typing();
            hidden.emit(());
        }),
        EventListener::new(&window, "storage", move |event| {
            if let Some(key) = event.dyn_ref::<StorageEvent>().and_then(StorageEvent::key) {
                stored.emit(key);
            }
        }),
        EventListener::new_with_options(&window, "beforeunload", preventing, |event| {
            if storage::is_unkept() {
                event.prevent_default();
            }
        }),
        EventListener::new(&window, "brownout-update", move |_| {
            update.emit(Box::new(|lab| {
                if !lab.notices.contains(&Notice::Update) {
                    lab.notices.push(Notice::Update);
                }
            }));
        }),
        EventListener::new(&window, "hashchange", move |_| hash.emit(())),
        EventListener::new_with_options(&document, "dragover", preventing, move |event| {
            event.prevent_default();
            drag.emit(true);
        }),
        EventListener::new(&document, "dragleave", move |event| {
            let outside = event.dyn_ref::<DragEvent>().is_some_and(|event| event.related_target().is_none());
            if outside {
                leave.emit(false);
            }
        }),
        EventListener::new_with_options(&document, "drop", preventing, move |event| {
            event.prevent_default();
            if let Some(event) = event.dyn_ref::<DragEvent>() {
                dropped.emit(event.clone());
            }
        }),
    ]
}
