//! Looking closely at a run: the stories of single requests.
//!
//! What is shown is made in a thread of its own (`crates/study`), which runs the page's record again; it is loaded with
//! the first question. The page shows what comes and does what its buttons say.

pub mod beside;
mod follow;
mod panel;
mod tree;
mod words;

use std::rc::Rc;

use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use yew::{Html, html};

use self::follow::Follow;
use self::panel::Panel;
use crate::actions::Act;
use crate::app::Dispatch;
use crate::aside::Aside;
use crate::canvas::geometry::Point;
use crate::canvas::icon::Icon;
use crate::dialogs::files;
use crate::motion;
use crate::state::{Lab, Sheet};

const SCRIPT: &str = "./study-worker.js";
const STYLES: &str = "./styles/study.css";

/// What is looked at.
#[derive(Default)]
pub struct Study {
    pub open: bool,
    aside: Option<Aside>,
    panel: Option<Rc<Value>>,
    progress: Option<f64>,
    error: Option<String>,
    follow: Option<Follow>,
    pub beside: Option<beside::Beside>,
}

impl Study {
    pub fn stop_following(&mut self) {
        self.follow = None;
    }
}

impl Lab {
    /// Opens or closes the panel of stories.
    pub fn toggle_study(&mut self) {
        self.study.open = !self.study.open;
        self.study.follow = None;
        self.prefs.sheet = self.study.open.then_some(Sheet::Course);
        if self.study.open {
            self.open_study();
            self.look_again();
        }
    }

    fn open_study(&mut self) {
        self.course.open = false;
        self.teach.open = false;
        self.study.open = true;
        self.prefs.sheet = Some(Sheet::Course);
    }

    /// Another run begins: what was shown is of the last one.
    pub fn study_anew(&mut self) {
        self.study.follow = None;
        self.study.panel = None;
        if self.study.open {
            self.look_again();
        }
    }

    fn look_again(&mut self) {
        if self.study.beside.is_some() {
            self.ask_compare();
        } else {
            self.ask_study(json!({ "do": "list" }));
        }
    }

    /// The same in another language.
    pub fn study_words(&mut self) {
        if self.study.beside.is_some() {
            self.ask_compare();
        } else if self.study.open && self.study.panel.is_some() {
            self.ask_study(json!({ "do": "words" }));
        }
    }

    /// Asks about the run as it is now.
    fn ask_study(&mut self, mut question: Value) {
        let Some(dispatch) = self.dispatch.clone() else { return };
        question["lang"] = json!(self.prefs.lang.code());
        let needs_run =
            ["list", "story", "dot", "compare", "why", "scan", "charts", "forms", "runs", "sweep"];
        if question["do"].as_str().is_some_and(|what| needs_run.contains(&what)) {
            question["record"] = json!(self.editor.record().to_json());
            question["now"] = json!(self.live.last().map_or(0, |frame| frame.now));
            self.study.progress = Some(0.0);
        }
        let aside = self.study.aside.get_or_insert_with(|| {
            load_styles();
            Aside::start(SCRIPT, move |answer| dispatch.act(move |lab| lab.hear_study(&answer)))
        });
        aside.ask(question.to_string());
    }

    fn hear_study(&mut self, answer: &str) {
        let Ok(mut answer) = serde_json::from_str::<Value>(answer) else { return };
        if let Some(done) = answer["progress"].as_f64() {
            self.study.progress = Some(done);
            return;
        }
        self.study.progress = answer["spread"].is_array().then_some(0.0);
        self.study.error = answer["error"].as_str().map(str::to_owned);
        if answer["panel"].is_object() {
            self.study.panel = Some(Rc::new(answer["panel"].take()));
        } else if let (Some(name), Some(text)) =
            (answer["save"]["name"].as_str(), answer["save"]["text"].as_str())
            && !self.save_study(text, name, &answer["save"])
        {
            self.complain(self.words().save_failed);
        }
        // While futures were compared, the run may have come to rest somewhere else.
        let now = self.live.last().map_or(0, |frame| frame.now);
        self.lead_beside(now, self.run.playing);
    }

    /// Hands over a file; a drawing with a size is painted first.
    fn save_study(&self, text: &str, name: &str, save: &Value) -> bool {
        if let (Some(width), Some(height)) = (save["size"][0].as_f64(), save["size"][1].as_f64()) {
            crate::picture::save_painted(
                text.to_owned(),
                (width, height),
                name.to_owned(),
                self.dispatch.clone(),
            );
            return true;
        }
        let kind = save["type"].as_str().unwrap_or("application/json");
        files::download(&JsValue::from_str(text), kind, name).is_some()
    }

    /// What a button of the panel says.
    fn study_does(&mut self, what: &Value) {
        for one in what.as_array().into_iter().flatten() {
            if one["ask"].is_object() {
                self.ask_study(one["ask"].clone());
            } else if let Some(id) = one["show"].as_u64() {
                self.show_station(id as u32);
            } else if let Some(at) = one["seek"].as_u64() {
                if self.run.playing {
                    self.pause();
                }
                self.seek(at);
            } else if one["follow"].is_array() {
                if self.run.playing {
                    self.pause();
                }
                self.study.follow =
                    self.dispatch.clone().and_then(|dispatch| Follow::begin(&one["follow"], dispatch));
                self.ask_study(json!({ "do": "step", "at": 0 }));
            }
        }
    }

    /// Selects a part or an edge and brings it into view; the keyboard stays where it is.
    fn show_station(&mut self, id: u32) {
        if self.is_part(id) || self.is_edge(id) {
            self.select([id]);
            self.reveal(id);
        }
    }

    /// A click on the canvas while the run stands still: on a message, it tells its story. Whether it was one.
    pub fn click_dot(&mut self, at: Point) -> bool {
        let Some(frame) = self.live.last().filter(|frame| !frame.playing && !self.run.playing) else {
            return false;
        };
        let dot = motion::nearest(&frame.picture, &self.geometry, self.camera, self.prefs.dots as usize, at);
        let Some(dot) = dot else { return false };
        self.open_study();
        self.ask_study(json!({ "do": "dot", "key": dot.key }));
        true
    }

    /// The requests that ended in a stretch of time, as a point of a chart stands for it.
    pub fn study_stretch(&mut self, from: brownout_sim::Ns, to: brownout_sim::Ns) {
        self.open_study();
        self.ask_study(json!({ "do": "list", "from": from, "to": to }));
    }
}

/// The styles of the panel come with its first use.
fn load_styles() {
    let document = gloo::utils::document();
    if let (Some(head), Ok(link)) = (document.head(), document.create_element("link")) {
        let _ = link.set_attribute("rel", "stylesheet");
        let _ = link.set_attribute("href", STYLES);
        let _ = head.append_child(&link);
    }
}

/// The panel beside the canvas, while it is open.
pub fn view(lab: &Lab, dispatch: &Dispatch) -> Html {
    if !lab.study.open {
        return html! {};
    }
    let lang = lab.prefs.lang;
    let on = |task: fn(&mut Lab)| {
        let dispatch = dispatch.clone();
        move |_: yew::MouseEvent| dispatch.act(task)
    };
    let again = on(Lab::look_again);
    let stop = on(|lab| lab.study.stop_following());
    let study = &lab.study;
    let close = lang.messages().close;
    html! {
        <aside class="course study" aria-label={Act::Stories.label(lang)} data-testid="study">
            <header class="course-head">
                <h2>{ if study.beside.is_some() { lang.of(words::FUTURES) } else { Act::Stories.label(lang) } }</h2>
                if study.follow.is_some() {
                    <button class="button framed" data-testid="stop-following" onclick={stop}>{ lang.of(words::STOP) }</button>
                } else {
                    <button class="button" data-testid="look-again" onclick={again}>{ lang.of(words::AGAIN) }</button>
                }
                <button class="button icon-only" title={close} aria-label={close} onclick={on(|lab| lab.perform(Act::Stories))}><Icon name="close" /></button>
            </header>
            if let Some(done) = study.progress {
                <div class="study-progress" role="progressbar" aria-label={lang.of(words::LOOKING)} aria-valuemin="0" aria-valuemax="100"
                    aria-valuenow={format!("{:.0}", done * 100.0)}><i style={format!("width:{:.1}%", done * 100.0)}></i></div>
            }
            <div class="course-body" tabindex="0">
                if let Some(error) = &study.error { <p class="bad" role="alert">{ error }</p> }
                if let Some(panel) = &study.panel {
                    <Panel panel={panel.clone()} live={lab.live.clone()} dispatch={dispatch.clone()} />
                } else if study.error.is_none() {
                    <p class="dim" role="status">{ lang.of(words::LOOKING) }</p>
                }
            </div>
        </aside>
    }
}
