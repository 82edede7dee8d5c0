//! Messages between a frame and the page around it. Version 1; names are promised in `docs/embed.md`.

use brownout_scenario::{Scenario, Shared, link, read_any};
use brownout_sim::system::{Target, Verb};
use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Window};

use super::Embed;
use crate::state::Lab;

/// The version of the protocol, in every message under the name `brownout`.
const PROTOCOL: u32 = 1;

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
        let Some((parent, peer)) = parent().zip(self.peer()) else { return };
        let message = Object::new();
        let _ = Reflect::set(&message, &"brownout".into(), &PROTOCOL.into());
        let _ = Reflect::set(&message, &"type".into(), &kind.into());
        for (name, value) in fields {
            let _ = Reflect::set(&message, &(*name).into(), value);
        }
        let _ = parent.post_message(&message, &peer);
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
            Some(t_s) => lab.seek((t_s * 1e9) as u64),
            None => return Err("t_s: must be a time in seconds".to_owned()),
        },
        "inject" => inject(lab, field)?,
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
        other => Err(format!("what: there is nothing called `{other}`")),
    }
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
