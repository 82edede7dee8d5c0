//! Messages between a frame and the page around it. Version 1; names are promised in `docs/embed.md`.

use brownout_scenario::edit::Edit;
use brownout_scenario::{Scenario, Shared, link, read_any};
use brownout_sim::observe::{Happening, What};
use brownout_sim::system::{EdgeKind, Target, Verb};
use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Window};

use super::Embed;
use super::parameters::EVENTS;
use crate::state::Lab;
use crate::state::params::next_gesture;
use crate::worker::Frame;

/// The version of the protocol, in every message under the name `brownout`.
const PROTOCOL: u32 = 1;
/// The least time between two messages with figures, in milliseconds.
const METRIC_MS: f64 = 100.0;

impl Embed {
    /// The origin that messages go to and come from: the one that the address pins, else that of the page which
    /// loaded this frame, as the browser names it.
    fn peer(&self) -> Option<String> {
        if !self.is_frame {
            return None;
        }
        self.origin.clone().or_else(|| {
            let referrer = gloo::utils::document().referrer();
            web_sys::Url::new(&referrer).ok().map(|address| address.origin())
        })
    }

    fn send(&self, kind: &str, fields: &[(&str, JsValue)]) {
        let message = Object::new();
        for (name, value) in fields {
            let _ = Reflect::set(&message, &(*name).into(), value);
        }
        self.post(kind, &message);
    }

    fn post(&self, kind: &str, message: &Object) {
        let is_chosen = self.events.is_empty() || self.events.iter().any(|name| name == kind);
        if !is_chosen && EVENTS.contains(&kind) {
            return;
        }
        let Some((parent, peer)) = parent().zip(self.peer()) else { return };
        let _ = Reflect::set(message, &"brownout".into(), &PROTOCOL.into());
        let _ = Reflect::set(message, &"type".into(), &kind.into());
        if let Some(tag) = &self.tag {
            let _ = Reflect::set(message, &"tag".into(), &tag.as_str().into());
        }
        let _ = parent.post_message(message, &peer);
    }

    pub fn ready(&self) {
        self.send("ready", &[("protocol", PROTOCOL.into()), ("version", env!("CARGO_PKG_VERSION").into())]);
    }

    pub fn loaded(&self, document: &Scenario) {
        let (parts, edges) = (document.parts.len() as u32, document.edges.len() as u32);
        self.send(
            "loaded",
            &[("name", document.name.as_str().into()), ("parts", parts.into()), ("edges", edges.into())],
        );
    }

    pub fn started(&self) {
        self.send("started", &[]);
    }

    pub fn paused(&self) {
        self.send("paused", &[]);
    }

    pub fn finished(&self) {
        self.send("finished", &[]);
    }

    /// A goal of a lesson or of the document itself was judged, or judged otherwise than before. `verdict` has its id, value and bound.
    pub fn goal(&self, lesson: &str, run: &str, verdict: &serde_json::Value) {
        let number = |name: &str| verdict[name].as_f64().map_or(JsValue::NULL, JsValue::from);
        self.send(
            "goal",
            &[
                ("lesson", lesson.into()),
                ("run", run.into()),
                ("id", verdict["goal"].as_str().unwrap_or_default().into()),
                ("passed", (verdict["passed"] == true).into()),
                ("value", number("value")),
                ("bound", number("bound")),
            ],
        );
    }

    /// The design was changed.
    pub fn edited(&self, document: &Scenario, can_undo: bool, can_redo: bool) {
        let (parts, edges) = (document.parts.len() as u32, document.edges.len() as u32);
        self.send(
            "edit",
            &[
                ("name", document.name.as_str().into()),
                ("parts", parts.into()),
                ("edges", edges.into()),
                ("can_undo", can_undo.into()),
                ("can_redo", can_redo.into()),
            ],
        );
    }

    /// The size at which everything is seen at its actual size.
    pub fn resize(&self, width: f64, height: f64) {
        let size = (width.ceil(), height.ceil());
        if self.told.size.replace(size) != size {
            self.send("resize", &[("width", size.0.into()), ("height", size.1.into())]);
        }
    }

    /// Says what a frame of the run brings: faults, and figures once a window is full.
    pub fn follow(&self, lab: &Lab, frame: &Frame) {
        if !self.is_frame {
            return;
        }
        for Happening { at, what } in &frame.new_happenings {
            if let What::Struck { verb, target } = what {
                let word = Verb::CHOICES[*verb as usize].name;
                let at = *at as f64 / 1e9;
                self.send(
                    "fault",
                    &[("t_s", at.into()), ("do", word.into()), ("target", target.to_string().into())],
                );
            }
        }
        let windows = lab.live.history().windows.len();
        let now_ms = gloo::utils::window().performance().map_or(0.0, |clock| clock.now());
        let is_news = windows != self.told.windows.get();
        if windows > 0 && is_news && (!frame.playing || now_ms - self.told.at_ms.get() >= METRIC_MS) {
            self.told.windows.set(windows);
            self.told.at_ms.set(now_ms);
            self.post("metric", metrics(lab).unchecked_ref());
        }
    }

    pub fn error(&self, reason: &str) {
        self.send("error", &[("reason", reason.into())]);
    }

    fn respond(&self, id: &JsValue, answer: Result<JsValue, String>) {
        match answer {
            Ok(result) => {
                self.send("response", &[("id", id.clone()), ("ok", true.into()), ("result", result)]);
            }
            Err(reason) => {
                self.send(
                    "response",
                    &[("id", id.clone()), ("ok", false.into()), ("error", reason.as_str().into())],
                );
            }
        }
    }
}

/// The page around this frame.
fn parent() -> Option<Window> {
    let window = gloo::utils::window();
    let parent = window.parent().ok().flatten()?;
    (parent != window).then_some(parent)
}

/// Takes a message that came to the window. What is not for us, or not from the pinned origin, is dropped.
pub fn receive(lab: &mut Lab, event: &MessageEvent) {
    let is_parent = match (event.source(), parent()) {
        (Some(source), Some(parent)) => JsValue::from(source) == JsValue::from(parent),
        _ => false,
    };
    if !is_parent || lab.embed.peer() != Some(event.origin()) {
        return;
    }
    let data = event.data();
    let field = |name: &str| Reflect::get(&data, &name.into()).unwrap_or(JsValue::UNDEFINED);
    if !data.is_object() || field("brownout").as_f64() != Some(f64::from(PROTOCOL)) {
        return;
    }
    let kind = field("type").as_string().unwrap_or_default();
    let answer = perform(lab, &kind, &field);
    if let Err(reason) = &answer {
        lab.embed.error(reason);
    }
    lab.embed.respond(&field("id"), answer);
}

fn perform(lab: &mut Lab, kind: &str, field: &dyn Fn(&str) -> JsValue) -> Result<JsValue, String> {
    match kind {
        "load" => load(lab, field)?,
        "run" => {
            if let Some(speed) = field("speed").as_f64() {
                if !(1e-4..=1e4).contains(&speed) {
                    return Err(format!("speed: must be from 0.0001 to 10000, but is {speed}"));
                }
                lab.set_speed(speed);
            }
            if !lab.run.playing {
                lab.play();
            }
        }
        "pause" => lab.pause(),
        "reset" => {
            lab.restart(false);
            lab.embed.paused();
        }
        "seek" => match field("t_s").as_f64().filter(|t_s| (0.0..=3e8).contains(t_s)) {
            Some(t_s) => lab.seek((t_s * 1e9).round() as u64),
            None => return Err("t_s: must be a time in seconds".to_owned()),
        },
        "inject" => inject(lab, field)?,
        "set" => set(lab, field)?,
        "query" => return query(lab, &field("what").as_string().unwrap_or_default()),
        other => return Err(format!("type: there is no message `{other}`")),
    }
    Ok(JsValue::UNDEFINED)
}

/// A document as an object or a text, or a link.
fn load(lab: &mut Lab, field: &dyn Fn(&str) -> JsValue) -> Result<(), String> {
    let scenario = field("scenario");
    let text = match (field("link").as_string(), scenario.as_string()) {
        (Some(text), _) | (None, Some(text)) => text,
        (None, None) if scenario.is_object() => {
            JSON::stringify(&scenario).ok().and_then(|text| text.as_string()).ok_or("scenario: not JSON")?
        }
        (None, None) => return Err("load: needs `scenario` or `link`".to_owned()),
    };
    let shared = read_any(&text).map_err(|error| lab.prefs.lang.sentence(&error))?;
    let play = field("run").as_bool().unwrap_or(false);
    lab.show(shared, play);
    Ok(())
}

fn inject(lab: &mut Lab, field: &dyn Fn(&str) -> JsValue) -> Result<(), String> {
    let word = field("do").as_string().unwrap_or_default();
    let verb = Verb::ALL.iter().copied().find(|verb| Verb::CHOICES[*verb as usize].name == word);
    let verb = verb.ok_or_else(|| format!("do: there is no fault `{word}`"))?;
    let target = field("target");
    let text = target.as_string().or_else(|| target.as_f64().map(|id| format!("{id}"))).unwrap_or_default();
    let (id, instance) =
        text.split_once('/').map_or((text.as_str(), None), |(id, instance)| (id, Some(instance)));
    let id = id.parse().map_err(|_| format!("target: `{text}` names no part or edge"))?;
    let instance =
        instance.map(str::parse).transpose().map_err(|_| format!("target: `{text}` names no instance"))?;
    let factor = field("factor").as_f64().unwrap_or(Verb::FACTOR);
    lab.fault(verb, &[Target { id, instance }], factor)
}

/// One value of the document, by a path as a sweep has it: `parts.4.workers`, `edges.9.net.latency_ms`, `duration_s`.
fn set(lab: &mut Lab, field: &dyn Fn(&str) -> JsValue) -> Result<(), String> {
    let path = field("path").as_string().unwrap_or_default();
    let wrong = || format!("path: `{path}` leads nowhere");
    let json = JSON::parse(&lab.document.to_json()).map_err(|_| wrong())?;
    let mut steps: Vec<&str> = path.split('.').collect();
    let last = steps.pop().filter(|last| !last.is_empty()).ok_or_else(wrong)?;
    let mut place = json.clone();
    for (index, step) in steps.iter().enumerate() {
        place = enter(&place, step).ok_or_else(wrong)?;
        // A part's parameters are named without further ado.
        let in_part = index == 1 && steps[0] == "parts";
        let of_part = [Some(&last), steps.get(2)].iter().flatten().any(|name| PART_FIELDS.contains(name));
        if in_part && !of_part {
            place = enter(&place, "params").ok_or_else(wrong)?;
        }
    }
    Reflect::set(&place, &last.into(), &field("value")).map_err(|_| wrong())?;
    let text = JSON::stringify(&json).ok().and_then(|text| text.as_string()).ok_or_else(wrong)?;
    let document = Scenario::from_json(&text).map_err(|error| lab.prefs.lang.sentence(&error))?;
    let edit = Edit::between(&lab.document, &document);
    // The same knob again is the same gesture.
    let gesture = match lab.embed.told.knob.take() {
        Some((before, gesture)) if before == path => gesture,
        _ => next_gesture(),
    };
    let done = edit.0.is_empty() || lab.edit_anyhow(edit.0, Some(gesture));
    *lab.embed.told.knob.borrow_mut() = Some((path, gesture));
    let refusal = lab.hint.as_ref().map(|hint| hint.text.clone());
    if done { Ok(()) } else { Err(refusal.unwrap_or_default()) }
}

/// What a part has beside its parameters.
const PART_FIELDS: &[&str] = &["params", "name", "count", "at", "inside"];

/// One step into a document: an element of a list by its id, or a field, which is made where it is missing.
fn enter(place: &JsValue, step: &str) -> Option<JsValue> {
    if let Some(list) = place.dyn_ref::<js_sys::Array>() {
        let id: f64 = step.parse().ok()?;
        let is_it = |element: &JsValue| {
            Reflect::get(element, &"id".into()).ok().and_then(|id| id.as_f64()) == Some(id)
        };
        return list.iter().find(is_it);
    }
    let found = Reflect::get(place, &step.into()).ok()?;
    if !found.is_undefined() {
        return found.is_object().then_some(found);
    }
    let made = Object::new().into();
    Reflect::set(place, &step.into(), &made).ok()?;
    Some(made)
}

fn query(lab: &Lab, what: &str) -> Result<JsValue, String> {
    match what {
        "scenario" => {
            JSON::parse(&lab.document.to_json()).map_err(|_| "scenario: cannot be written".to_owned())
        }
        "link" => {
            let link = link::encode(&Shared::Run(lab.editor.record().clone()));
            link.map(JsValue::from).map_err(|error| lab.prefs.lang.sentence(&error))
        }
        "metrics" => Ok(metrics(lab)),
        "topology" => {
            let text = topology(lab).to_string();
            JSON::parse(&text).map_err(|_| "topology: cannot be written".to_owned())
        }
        // The same drawing as the visitor's own, with the document inside.
        "image" => Ok(JsValue::from(crate::picture::drawing(lab))),
        other => Err(format!("what: there is nothing called `{other}`")),
    }
}

/// What there is and how it is connected, without settings, and what is down, cut or slowed now.
fn topology(lab: &Lab) -> serde_json::Value {
    let state = |id| {
        let (hurt, struck) = (lab.hurt.contains(&id), lab.struck.contains(&id));
        let words = [
            (hurt && lab.is_edge(id), "cut"),
            (hurt && !lab.alive.contains(&id), "down"),
            (hurt, "partly down"),
        ];
        let found = words.into_iter().chain([(struck, "struck")]).find(|(is, _)| *is);
        found.map_or("up", |(_, word)| word)
    };
    let parts = lab.document.parts.iter().map(|part| {
        let kind = part.params.kind().spec().name;
        serde_json::json!({ "id": part.id, "name": part.name, "type": kind, "inside": part.inside, "state": state(part.id) })
    });
    let edges = lab.document.edges.iter().map(|edge| {
        let kind = EdgeKind::CHOICES[edge.kind as usize].name;
        serde_json::json!({ "id": edge.id, "name": lab.name_of(edge.id), "kind": kind, "from": edge.from, "to": edge.to, "state": state(edge.id) })
    });
    serde_json::json!({ "parts": parts.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>() })
}

/// The figures of the latest frame and the last full window.
fn metrics(lab: &Lab) -> JsValue {
    let object = Object::new();
    let set = |name: &str, value: JsValue| drop(Reflect::set(&object, &name.into(), &value));
    if let Some(frame) = lab.live.last() {
        set("t_s", (frame.now as f64 / 1e9).into());
        set("playing", frame.playing.into());
        set("digest", frame.digest.as_str().into());
        set("issued", (frame.requests.issued as f64).into());
        set("succeeded", (frame.requests.succeeded as f64).into());
        set("failed", (frame.requests.failed.iter().sum::<u64>() as f64).into());
        set("in_flight", (frame.requests.in_flight as f64).into());
    }
    if let Some(window) = lab.live.history().windows.last() {
        let per_second = 1e9 / window.length.max(1) as f64;
        let milliseconds = |ns: Option<u64>| ns.map_or(JsValue::NULL, |ns| (ns as f64 / 1e6).into());
        set("goodput_rps", (window.good as f64 * per_second).into());
        set("throughput_rps", (window.finished as f64 * per_second).into());
        set("p50_ms", milliseconds(window.p50));
        set("p95_ms", milliseconds(window.p95));
        set("p99_ms", milliseconds(window.p99));
    }
    object.unchecked_into()
}
