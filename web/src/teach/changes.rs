//! What students may change: locks, parameters with limits, types, budget.

use brownout_sim::component::Kind;
use brownout_sim::param::{ParamSet, Words};
use brownout_sim::system::{Id, Net, Policy};
use serde_json::{Value, json};
use web_sys::{Event, HtmlInputElement, HtmlSelectElement};
use yew::{Callback, Html, TargetCast, html};

use super::form::{act, choice, elements, field, line, list, name, plain, seeds, select, take_away};
use super::{label_of, words};
use crate::app::Dispatch;
use crate::state::Lab;

pub(super) fn view(lab: &Lab, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    html! {
        <>
            <section class="teach-section" aria-label={lang.of(words::LOCKED)}>
                <h3>{ lang.of(words::LOCKED) }</h3>
                <p class="dim">{ lang.of(words::LOCKED_HELP) }</p>
                { locks(lab, dispatch) }
                <button class="button framed" data-testid="lock-selected" disabled={lab.selection.is_empty()} onclick={act(dispatch, Lab::lock_selected)}>{ lang.of(words::LOCK_SELECTED) }</button>
            </section>
            <section class="teach-section" aria-label={lang.of(words::OPEN)}>
                <h3>{ lang.of(words::OPEN) }</h3>
                { open(lab, dispatch) }
            </section>
            <section class="teach-section" aria-label={lang.of(words::TYPES)}>
                <h3>{ lang.of(words::TYPES) }</h3>
                { types(lab, dispatch, "types", words::ONLY) }
                { types(lab, dispatch, "forbidden", words::NOT) }
                { types(lab, dispatch, "required", words::MUST) }
                <div class="form-grid">{ budget(lab, dispatch) }{ seeds(lab, dispatch, false, words::SEEDS) }</div>
                <p class="dim">{ lang.of(words::SEEDS_HELP) }</p>
            </section>
        </>
    }
}

fn locks(lab: &Lab, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let locked = lab.teach.locked();
    let rows = elements(&lab.document, lang).into_iter().filter_map(|(id, name)| {
        let id: Id = id.parse().ok()?;
        let client = lab.document.part(id).is_some_and(|part| part.params.kind() == Kind::Client);
        let toggle = act(dispatch, move |lab: &mut Lab| lab.lock(&[id]));
        Some(html! {
            <li><label class="inline"><input type="checkbox" data-lock={id.to_string()} checked={client || locked.contains(&id)} disabled={client} onchange={toggle} />{ name }</label></li>
        })
    });
    html! { <ul class="teach-locks" tabindex="0" aria-label={lang.of(words::LOCKED)}>{ for rows }</ul> }
}

fn open(lab: &Lab, dispatch: &Dispatch) -> Html {
    let lang = lab.prefs.lang;
    let some = lab.teach.draft["open"].is_array();
    let mode = |only: bool, label: Words| {
        let onclick = act(dispatch, move |lab: &mut Lab| {
            lab.draft(|draft| draft["open"] = if only { json!([]) } else { Value::Null });
        });
        html! { <button role="radio" aria-checked={(some == only).to_string()} data-testid={if only { "open-some" } else { "open-all" }} {onclick}>{ lang.of(label) }</button> }
    };
    let said = |path: &str| {
        let id = path.split('.').nth(1).and_then(|id| id.parse().ok()).unwrap_or_default();
        let what = label_of(&lab.document, path).unwrap_or(words::EVERYTHING);
        format!("{}: {}", name(&lab.document, id, lang), lang.of(what))
    };
    let limits = lab.teach.draft["limits"].as_object();
    let paths = lab.teach.draft["open"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let paths: Vec<&str> = paths.collect();
    let limited =
        limits.into_iter().flatten().map(|(path, _)| path.as_str()).filter(|path| !paths.contains(path));
    let rows = paths.iter().copied().chain(limited).map(|path| {
        let range = limits
            .and_then(|limits| limits.get(path))
            .map(|range| format!(" ({} – {})", plain(&range[0]), plain(&range[1])));
        let own = path.to_owned();
        let words = html! { <>{ said(path) }{ range.unwrap_or_default() }</> };
        line(lang, words, dispatch, move |draft| {
            if let Some(at) =
                draft["open"].as_array().and_then(|open| open.iter().position(|one| *one == *own))
            {
                take_away(&mut draft["open"], at);
            }
            if let Some(limits) = draft["limits"].as_object_mut() {
                limits.remove(&own);
            }
        })
    });
    let element: Option<Id> = lab.teach.field("open-element").parse().ok();
    let nobody = (String::new(), "–".to_owned());
    let all = std::iter::once(nobody).chain(elements(&lab.document, lang)).collect();
    let whole = if some { vec![(String::new(), lang.of(words::EVERYTHING).to_owned())] } else { Vec::new() };
    let parameters =
        parameters(lab, element).into_iter().map(|(path, label)| (path, lang.of(label).to_owned()));
    let ready = element.is_some() && (some || lab.teach.number("open-least").is_some());
    html! {
        <>
            <div class="segments" role="radiogroup" aria-label={lang.of(words::OPEN)}>{ mode(false, words::OPEN_ALL) }{ mode(true, words::OPEN_SOME) }</div>
            <ul class="teach-list" data-testid="teach-open">{ for rows }</ul>
            <div class="form-grid teach-form">
                { choice(lab, dispatch, "open-element", words::ELEMENT, all) }
                { choice(lab, dispatch, "open-parameter", words::PARAMETER, whole.into_iter().chain(parameters).collect()) }
                { field(lab, dispatch, "open-least", words::LEAST, "") }
                { field(lab, dispatch, "open-most", words::MOST, "") }
                <button class="button framed teach-wide" data-testid="add-open" disabled={!ready} onclick={act(dispatch, Lab::add_open)}>{ lang.of(if some { words::ADD_OPEN } else { words::ADD_LIMITS }) }</button>
            </div>
        </>
    }
}

/// What of a part or a connection may be opened, as the rest of its path.
fn parameters(lab: &Lab, id: Option<Id>) -> Vec<(String, Words)> {
    let Some(id) = id else { return Vec::new() };
    let plain = |name: &str| {
        words::PLAIN
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(name, label)| ((*name).to_owned(), *label))
    };
    if let Some(part) = lab.document.part(id) {
        let specs = part.params.kind().spec().params.iter().map(|spec| (spec.name.to_owned(), spec.label));
        return plain("count").into_iter().chain(specs).collect();
    }
    let net = Net::SPECS.iter().map(|spec| (format!("net.{}", spec.name), spec.label));
    let policy = Policy::SPECS.iter().map(|spec| (format!("policy.{}", spec.name), spec.label));
    ["mode", "weight"].into_iter().filter_map(plain).chain(net).chain(policy).collect()
}

/// Types of one of the draft's lists, and one more.
fn types(lab: &Lab, dispatch: &Dispatch, list_name: &'static str, label: Words) -> Html {
    let lang = lab.prefs.lang;
    let chosen: Vec<&str> =
        lab.teach.draft[list_name].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let chips = chosen.iter().enumerate().map(|(index, name)| {
        let label = Kind::from_name(name).map_or(*name, |kind| lang.of(kind.spec().label));
        line(lang, html! { { label } }, dispatch, move |draft| {
            take_away(&mut draft[list_name], index);
            // An empty list would allow none; without one, all are.
            if draft[list_name].as_array().is_some_and(Vec::is_empty) {
                draft[list_name] = Value::Null;
            }
        })
    });
    let rest = Kind::ALL
        .iter()
        .map(|kind| kind.spec())
        .filter(|spec| spec.name != "client" && !chosen.contains(&spec.name));
    let rest = rest.map(|spec| (spec.name.to_owned(), lang.of(spec.label).to_owned()));
    let first = (String::new(), lang.of(words::ADD_TYPE).to_owned());
    let adds = dispatch.clone();
    let add = Callback::from(move |event: Event| {
        let field = event.target_unchecked_into::<HtmlSelectElement>();
        let name = field.value();
        field.set_selected_index(0);
        if !name.is_empty() {
            adds.act(move |lab| lab.draft(|draft| list(&mut draft[list_name]).push(name.into())));
        }
    });
    html! {
        <div class="teach-types">
            <label>{ lang.of(label) }{ select(list_name, "", std::iter::once(first).chain(rest).collect(), add) }</label>
            <ul class="teach-list">{ for chips }</ul>
        </div>
    }
}

fn budget(lab: &Lab, dispatch: &Dispatch) -> Html {
    let value = lab.teach.draft["instances"].as_u64().map(|most| most.to_string()).unwrap_or_default();
    let dispatch = dispatch.clone();
    let change = move |event: Event| {
        let most: Option<u64> = event.target_unchecked_into::<HtmlInputElement>().value().trim().parse().ok();
        dispatch.act(move |lab| lab.draft(|draft| draft["instances"] = json!(most)));
    };
    html! { <label>{ lab.prefs.lang.of(words::BUDGET) }<input class="input" data-teach="instances" inputmode="numeric" {value} onchange={change} /></label> }
}

impl Lab {
    fn lock_selected(&mut self) {
        let ids: Vec<Id> = self.selection.iter().copied().collect();
        self.lock(&ids);
    }

    /// Locks these; where all of them are locked, unlocks them.
    fn lock(&mut self, ids: &[Id]) {
        self.draft(|draft| {
            let locked = list(&mut draft["locked"]);
            let all = ids.iter().all(|id| locked.contains(&json!(id)));
            locked.retain(|one| !ids.iter().any(|id| *one == json!(id)));
            if !all {
                locked.extend(ids.iter().map(|id| json!(id)));
            }
        });
    }

    /// Lets what stands in the form be changed, within its limits.
    fn add_open(&mut self) {
        let teach = &self.teach;
        let Ok(id) = teach.field("open-element").parse::<Id>() else { return };
        let some = teach.draft["open"].is_array();
        let first = parameters(self, Some(id)).into_iter().next().map(|(name, _)| name).unwrap_or_default();
        let known =
            |name: &str| name.is_empty() || parameters(self, Some(id)).iter().any(|(known, _)| known == name);
        let mut name = teach.field("open-parameter").to_owned();
        if !known(&name) || (name.is_empty() && !some) {
            name = if some { String::new() } else { first };
        }
        let lists = if self.document.part(id).is_some() { "parts" } else { "edges" };
        let path = if name.is_empty() { format!("{lists}.{id}") } else { format!("{lists}.{id}.{name}") };
        let least = teach.number("open-least");
        let most = teach.number("open-most");
        let range = match (least, most) {
            (None, None) => None,
            (least, most) => Some([least.unwrap_or(0.0), most.unwrap_or(1e9)]),
        };
        for name in ["open-least", "open-most"] {
            self.teach.form.remove(name);
        }
        self.draft(|draft| {
            if some && !list(&mut draft["open"]).contains(&json!(path)) {
                list(&mut draft["open"]).push(json!(path));
            }
            if let Some(range) = range.filter(|_| !name.is_empty()) {
                if !draft["limits"].is_object() {
                    draft["limits"] = json!({});
                }
                draft["limits"][&path] = json!(range);
            }
        });
    }
}
