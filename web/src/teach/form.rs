//! The pieces that the forms of the desk are made of.

use brownout_scenario::Scenario;
use brownout_sim::param::Words;
use brownout_sim::system::Id;
use serde_json::{Value, json};
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::{Callback, Html, TargetCast, html};

use super::words;
use crate::app::Dispatch;
use crate::canvas::icon::Icon;
use crate::state::Lab;
use crate::words::Lang;

/// Performs something on the state.
pub(super) fn act<E: 'static>(dispatch: &Dispatch, task: impl Fn(&mut Lab) + Clone + 'static) -> Callback<E> {
    let dispatch = dispatch.clone();
    Callback::from(move |_: E| dispatch.act(task.clone()))
}

/// A field of a form, which holds its text until the form is added.
pub(super) fn field(
    lab: &Lab,
    dispatch: &Dispatch,
    name: &'static str,
    label: Words,
    hint: &'static str,
) -> Html {
    let (lang, dispatch) = (lab.prefs.lang, dispatch.clone());
    let change = move |event: Event| {
        let value = event.target_unchecked_into::<HtmlInputElement>().value();
        dispatch.act(move |lab| lab.fill(name, value));
    };
    html! {
        <label>{ lang.of(label) }<input class="input" data-teach={name} placeholder={hint} maxlength="400" value={lab.teach.field(name).to_owned()} onchange={change} /></label>
    }
}

/// A choice of a form.
pub(super) fn choice(
    lab: &Lab,
    dispatch: &Dispatch,
    name: &'static str,
    label: Words,
    options: Vec<(String, String)>,
) -> Html {
    let (lang, dispatch) = (lab.prefs.lang, dispatch.clone());
    let change = move |event: Event| {
        let value = event.target_unchecked_into::<HtmlSelectElement>().value();
        dispatch.act(move |lab| lab.fill(name, value));
    };
    html! { <label>{ lang.of(label) }{ select(name, lab.teach.field(name), options, Callback::from(change)) }</label> }
}

pub(super) fn select(
    name: &'static str,
    now: &str,
    options: Vec<(String, String)>,
    change: Callback<Event>,
) -> Html {
    // What nobody has chosen yet is the first.
    let known = options.iter().any(|(code, _)| code == now);
    let now = if known {
        now.to_owned()
    } else {
        options.first().map(|(code, _)| code.clone()).unwrap_or_default()
    };
    let option = |(code, word): (String, String)| {
        let selected = code == now;
        html! { <option {selected} value={code}>{ word }</option> }
    };
    html! { <select class="input" data-teach={name} onchange={change}>{ for options.into_iter().map(option) }</select> }
}

/// A switch of a form.
pub(super) fn switch(lab: &Lab, dispatch: &Dispatch, name: &'static str, label: Words) -> Html {
    let (lang, dispatch) = (lab.prefs.lang, dispatch.clone());
    let on = !lab.teach.field(name).is_empty();
    let change = move |event: Event| {
        let on = event.target_unchecked_into::<HtmlInputElement>().checked();
        dispatch.act(move |lab| lab.fill(name, if on { "1".to_owned() } else { String::new() }));
    };
    html! { <label class="inline"><input type="checkbox" class="switch" role="switch" data-teach={name} checked={on} onchange={change} />{ lang.of(label) }</label> }
}

/// Words of the draft itself: `title.en`, for example.
pub(super) fn text(
    lab: &Lab,
    dispatch: &Dispatch,
    at: [&'static str; 2],
    label: Words,
    rows: Option<&'static str>,
) -> Html {
    let lang = lab.prefs.lang;
    let value = lab.teach.draft[at[0]][at[1]].as_str().unwrap_or_default().to_owned();
    let name = format!("{}-{}", at[0], at[1]);
    let dispatch = dispatch.clone();
    let set = move |text: String| {
        dispatch.act(move |lab| {
            lab.draft(|draft| {
                if !draft[at[0]].is_object() {
                    draft[at[0]] = json!({});
                }
                draft[at[0]][at[1]] = text.into();
            });
        });
    };
    match rows {
        None => {
            let change = move |event: Event| set(event.target_unchecked_into::<HtmlInputElement>().value());
            html! { <label>{ lang.of(label) }<input class="input" data-teach={name} maxlength="200" {value} onchange={change} /></label> }
        }
        Some(rows) => {
            let change =
                move |event: Event| set(event.target_unchecked_into::<HtmlTextAreaElement>().value());
            html! { <label>{ lang.of(label) }<textarea class="input" data-teach={name} {rows} maxlength="20000" {value} onchange={change} /></label> }
        }
    }
}

/// A list of whole numbers of the draft, written with commas.
pub(super) fn seeds(lab: &Lab, dispatch: &Dispatch, hidden: bool, label: Words) -> Html {
    let lang = lab.prefs.lang;
    let place = if hidden { &lab.teach.draft["hidden"]["seeds"] } else { &lab.teach.draft["seeds"] };
    let all = place.as_array().into_iter().flatten().map(ToString::to_string);
    let value = all.collect::<Vec<_>>().join(", ");
    let name = if hidden { "hidden-seeds" } else { "seeds" };
    let dispatch = dispatch.clone();
    let change = move |event: Event| {
        let text = event.target_unchecked_into::<HtmlInputElement>().value();
        let seeds: Vec<u64> = text.split([',', ' ']).filter_map(|seed| seed.trim().parse().ok()).collect();
        dispatch.act(move |lab| {
            lab.draft(|draft| {
                let place = if hidden { &mut draft["hidden"]["seeds"] } else { &mut draft["seeds"] };
                *place = json!(seeds);
            });
        });
    };
    html! { <label>{ lang.of(label) }<input class="input" data-teach={name} inputmode="numeric" placeholder="1, 2, 3" {value} onchange={change} /></label> }
}

/// One line of a list of the draft, with a button that takes it away.
pub(super) fn line(
    lang: Lang,
    words: Html,
    dispatch: &Dispatch,
    remove: impl Fn(&mut Value) + Clone + 'static,
) -> Html {
    let onclick = act(dispatch, move |lab: &mut Lab| {
        let remove = remove.clone();
        lab.draft(move |draft| remove(draft));
    });
    html! {
        <li class="teach-line"><span>{ words }</span>
            <button class="button icon-only" title={lang.of(words::REMOVE)} aria-label={lang.of(words::REMOVE)} {onclick}><Icon name="close" /></button></li>
    }
}

/// A number as short as it can be written.
pub(super) fn plain(number: &Value) -> String {
    number.as_f64().map(|number| number.to_string()).unwrap_or_default()
}

/// The list at a place of the draft, made where it is missing.
pub(super) fn list(place: &mut Value) -> &mut Vec<Value> {
    if !place.is_array() {
        *place = json!([]);
    }
    // What was just made is one.
    place.as_array_mut().unwrap_or_else(|| unreachable!("a list was put here"))
}

pub(super) fn take_away(place: &mut Value, index: usize) {
    let all = list(place);
    if index < all.len() {
        all.remove(index);
    }
}

/// Parts and connections by name, for a choice.
pub(super) fn elements(document: &Scenario, lang: Lang) -> Vec<(String, String)> {
    let ids = document.parts.iter().map(|part| part.id).chain(document.edges.iter().map(|edge| edge.id));
    ids.map(|id| (id.to_string(), name(document, id, lang))).collect()
}

/// The name of a part, else its type; a connection by its ends.
pub fn name(document: &Scenario, id: Id, lang: Lang) -> String {
    let part = |id: Id| {
        document.part(id).map(|part| {
            if part.name.is_empty() {
                lang.of(part.params.kind().spec().label).to_owned()
            } else {
                part.name.clone()
            }
        })
    };
    let edge = || {
        let edge = document.edge(id)?;
        Some(format!("{} → {}", part(edge.from)?, part(edge.to)?))
    };
    part(id).or_else(edge).unwrap_or_else(|| format!("#{id}"))
}
