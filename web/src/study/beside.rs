//! Another future beside the run: the same page in a frame of its own, which is kept at the run's own moment. Draws are
//! common random numbers, so that what differs is what was changed.

use brownout_scenario::{Record, Scenario, Shared, link};
use brownout_sim::Ns;
use js_sys::Object;
use serde_json::json;
use wasm_bindgen::JsCast;
use web_sys::{Element, Window};
use yew::{Html, NodeRef, html};

use super::words;
use crate::app::Dispatch;
use crate::canvas::icon::Icon;
use crate::state::Lab;
use crate::state::storage::SHELF;
use crate::words::format;

/// The other future.
pub struct Beside {
    name: String,
    record: String,
    address: String,
    frame: NodeRef,
    /// The moment and the deeds that the tables were last asked for.
    compared: (Ns, usize),
}

impl Beside {
    /// Keeps it at a moment of the run.
    fn go(&self, now: Ns) {
        let message = Object::new();
        let fields = [("brownout", 1.into()), ("type", "seek".into()), ("t_s", (now as f64 / 1e9).into())];
        for (name, value) in fields {
            let _ = js_sys::Reflect::set(&message, &name.into(), &value);
        }
        let frame = self.frame.cast::<Element>();
        let window = frame.and_then(|frame| js_sys::Reflect::get(&frame, &"contentWindow".into()).ok());
        if let (Some(window), Ok(origin)) =
            (window.filter(wasm_bindgen::JsValue::is_object), gloo::utils::window().location().origin())
        {
            // A window of another frame is no instance of this one's class.
            let _ = window.unchecked_into::<Window>().post_message(&message, &origin);
        }
    }
}

impl Lab {
    /// The run so far becomes the parent, which is shown beside: whatever is changed from here on is another future.
    pub fn fork(&mut self) {
        if self.run.playing {
            self.pause();
        }
        let now = self.live.last().map_or(0, |frame| frame.now);
        let name = words::parent(self.prefs.lang, &format::span(now));
        let record = self.editor.record().clone();
        self.put_beside(name, &record);
        self.toast = Some(self.prefs.lang.of(words::FORKED).to_owned());
    }

    /// Shows one of the visitor's documents beside.
    pub fn compare_document(&mut self, id: &str) {
        let read = SHELF.document(id).and_then(|(_, text)| Scenario::from_json(&text).ok());
        if let Some(document) = read {
            self.dialog = None;
            self.put_beside(document.name.clone(), &Record::new(document));
        }
    }

    fn put_beside(&mut self, name: String, record: &Record) {
        let fragment = match link::encode(&Shared::Run(record.clone())) {
            Ok(fragment) => fragment,
            Err(error) => return self.complain(self.prefs.lang.sentence(&error)),
        };
        let (lang, theme) = (self.prefs.lang.code(), self.prefs.theme_shown().code());
        // Each has an address of its own, so that another takes its place.
        let number = crate::state::params::next_gesture();
        let address =
            format!("?embed=1&ui=none&run=0&links=0&lang={lang}&theme={theme}&tag={number}{fragment}");
        let record = record.to_json();
        self.study.beside =
            Some(Beside { name, record, address, frame: NodeRef::default(), compared: (Ns::MAX, 0) });
        self.refit = true;
        self.open_study();
        self.ask_compare();
    }

    pub fn close_beside(&mut self) {
        self.study.beside = None;
        self.study.panel = None;
        self.study.open = false;
        self.prefs.sheet = None;
        self.refit = true;
    }

    pub(super) fn ask_compare(&mut self) {
        let (now, deeds) = (self.live.last().map_or(0, |frame| frame.now), self.editor.record().log.len());
        let Some(beside) = &mut self.study.beside else { return };
        beside.compared = (now, deeds);
        let (other, name) = (beside.record.clone(), beside.name.clone());
        self.ask_study(json!({ "do": "compare", "other": other, "name": name }));
    }

    /// A frame of the run: the other future goes there too; at rest, the tables are made for it.
    pub fn lead_beside(&mut self, now: Ns, playing: bool) {
        let Some(beside) = &self.study.beside else { return };
        beside.go(now);
        let stale = beside.compared != (now, self.editor.record().log.len());
        if !playing && stale && self.study.open && self.study.progress.is_none() {
            self.ask_compare();
        }
    }
}

/// The other future's half of the canvas.
pub fn view(lab: &Lab, dispatch: &Dispatch) -> Html {
    let Some(beside) = &lab.study.beside else { return html! {} };
    let (close, ready) = (dispatch.clone(), dispatch.clone());
    let word = lab.words().close;
    // Once it has loaded, it is told where the run is.
    let ready = move |_: yew::Event| {
        ready.act(|lab| {
            let now = lab.live.last().map_or(0, |frame| frame.now);
            lab.lead_beside(now, true);
        });
    };
    html! {
        <section class="beside" aria-label={beside.name.clone()} data-testid="beside">
            <header>
                <h2>{ &beside.name }</h2>
                <button class="button icon-only" title={word} aria-label={word} data-testid="close-beside" onclick={move |_| close.act(Lab::close_beside)}><Icon name="close" /></button>
            </header>
            <iframe key={beside.address.clone()} ref={beside.frame.clone()} src={beside.address.clone()} title={beside.name.clone()} onload={ready}></iframe>
        </section>
    }
}
