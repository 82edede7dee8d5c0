//! The inspector: made from declarations alone, for a part, an edge, or the run.

use std::collections::BTreeSet;
use std::rc::Rc;

use brownout_scenario::{NOTES, Part, Scenario};
use brownout_sim::component::Kind;
use brownout_sim::param::Value;
use brownout_sim::system::{Edge, EdgeKind, Id, Limits, Mode};
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::{Callback, Html, Properties, TargetCast, component, html};

use super::field::{Given, ParamRow, SpecRef};
use super::number::{NumberRow, Range};
use super::readings::Readings;
use crate::actions::Act;
use crate::app::Dispatch;
use crate::canvas::icon::Icon;
use crate::state::Live;
use crate::state::lab::name_of;
use crate::state::params::Owner;
use crate::words::{Lang, format};

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub document: Rc<Scenario>,
    pub selection: Rc<BTreeSet<Id>>,
    /// Those that are offered here and make sense now.
    pub actions: Vec<Act>,
    pub live: Live,
    pub lang: Lang,
    pub editable: bool,
    pub dispatch: Dispatch,
}

#[component]
pub fn Inspector(props: &Props) -> Html {
    let m = props.lang.messages();
    let mut ids = props.selection.iter().copied();
    let content = match (ids.next(), ids.next()) {
        (None, _) => of_run(props),
        (Some(id), None) => match (props.document.part(id), props.document.edge(id)) {
            (Some(part), _) => of_part(props, part),
            (None, Some(edge)) => of_edge(props, edge),
            (None, None) => of_run(props),
        },
        (Some(_), Some(_)) => of_many(props),
    };
    html! { <section class="section inspector" aria-label={m.inspector}>{ content }</section> }
}

fn of_part(props: &Props, part: &Part) -> Html {
    let (m, lang, id) = (props.lang.messages(), props.lang, part.id);
    let spec = part.params.kind().spec();
    let dispatch = props.dispatch.clone();
    let rename = Callback::from(move |event: Event| {
        let name = event.target_unchecked_into::<HtmlInputElement>().value();
        dispatch.act(move |lab| lab.set_part(id, None, |part| part.name = name));
    });
    let dispatch = props.dispatch.clone();
    let set_count = Callback::from(move |(count, gesture): (f64, Option<u64>)| {
        dispatch.act(move |lab| lab.set_part(id, gesture, |part| part.count = count as u32));
    });
    let most = f64::from(Limits::V1.instances_per_part);
    html! {
        <>
            <div class="inspector-title">
                <Icon name={spec.icon} />
                <input id="inspector-name" value={part.name.clone()} placeholder={lang.of(spec.label)} aria-label={m.name}
                    maxlength="60" disabled={!props.editable} onchange={rename} />
                <span class="inspector-kind">{ lang.of(spec.label) }</span>
            </div>
            <Readings key={format!("readings-{id}")} {id} live={props.live.clone()} {lang} />
            <NumberRow key={format!("count-{id}")} label={m.instances} help={m.instances_help} name="count" value={f64::from(part.count)} whole=true unit=""
                scale=1.0 range={Range::plain(1.0, most)} {lang} disabled={!props.editable} on_change={set_count} />
            { rows(props, Owner::Part(id)) }
            { actions(props) }
        </>
    }
}

fn of_edge(props: &Props, edge: &Edge) -> Html {
    let (m, lang, id) = (props.lang.messages(), props.lang, edge.id);
    let kind = lang.of(EdgeKind::CHOICES[edge.kind as usize].label);
    let chooses = props.document.part(edge.from).is_some_and(|part| part.params.kind().spec().chooses);
    let kind_of = |id: Id| props.document.part(id).map(|part| part.params.kind());
    let note = match (kind_of(edge.from), kind_of(edge.to)) {
        (Some(Kind::Dns), _) => Some(m.note_record),
        (_, Some(Kind::Dns)) => Some(m.note_look_up),
        _ => None,
    };
    html! {
        <>
            <div class="inspector-title">
                <Icon name="wire" />
                <h2>{ name_of(&props.document, id) }</h2>
                <span class="inspector-kind">{ kind }</span>
            </div>
            <Readings key={format!("readings-{id}")} {id} live={props.live.clone()} {lang} />
            { mode(props, edge) }
            if !chooses { { weight(props, edge) } }
            { rows(props, Owner::Net(id)) }
            { rows(props, Owner::Policy(id)) }
            if let Some(note) = note { <p class="inspector-note">{ note }</p> }
            { actions(props) }
        </>
    }
}

fn mode(props: &Props, edge: &Edge) -> Html {
    let (m, id) = (props.lang.messages(), edge.id);
    let dispatch = props.dispatch.clone();
    let change = Callback::from(move |event: Event| {
        let index = event.target_unchecked_into::<HtmlSelectElement>().selected_index();
        if let Some(mode) = usize::try_from(index).ok().and_then(|index| Mode::ALL.get(index)) {
            dispatch.act(move |lab| lab.set_mode(id, *mode));
        }
    });
    html! {
        <div class="row"><label class="row-head" title={m.mode_help}>
            <span class="row-label">{ m.mode }</span>
            <select class="input" data-param="mode" disabled={!props.editable} onchange={change}>
                { for Mode::ALL.iter().map(|mode| html! {
                    <option selected={*mode == edge.mode}>{ props.lang.of(Mode::CHOICES[*mode as usize].label) }</option>
                }) }
            </select>
        </label></div>
    }
}

fn weight(props: &Props, edge: &Edge) -> Html {
    let (m, id) = (props.lang.messages(), edge.id);
    let dispatch = props.dispatch.clone();
    let switch = Callback::from(move |event: Event| {
        let on = event.target_unchecked_into::<HtmlInputElement>().checked();
        dispatch.act(move |lab| lab.set_edge(id, None, |edge| edge.weight = on.then_some(0.5)));
    });
    let dispatch = props.dispatch.clone();
    let set = Callback::from(move |(weight, gesture): (f64, Option<u64>)| {
        dispatch.act(move |lab| lab.set_edge(id, gesture, |edge| edge.weight = Some(weight)));
    });
    html! {
        <>
            <div class="row"><label class="row-head" title={m.weighted_help}>
                <span class="row-label">{ m.weighted }</span>
                <input type="checkbox" class="switch" role="switch" checked={edge.weight.is_some()}
                    disabled={!props.editable} onchange={switch} data-param="weighted" />
            </label></div>
            if let Some(weight) = edge.weight {
                <div class="row-sub">
                    <NumberRow label={m.weight} help={m.weighted_help} name="weight" value={weight} whole=false unit="" scale=1.0
                        range={Range::plain(0.0, Limits::V1.weight)} lang={props.lang} disabled={!props.editable} on_change={set} />
                </div>
            }
        </>
    }
}

/// What is shown while nothing is selected: the run.
fn of_run(props: &Props) -> Html {
    let m = props.lang.messages();
    let dispatch = props.dispatch.clone();
    let note = Callback::from(move |event: Event| {
        let notes = event.target_unchecked_into::<HtmlTextAreaElement>().value();
        dispatch.act(move |lab| lab.set_document_notes(notes));
    });
    html! {
        <>
            <div class="section-head"><h2>{ m.run_settings }</h2></div>
            { rows(props, Owner::Settings) }
            <p class="inspector-note">{ m.run_settings_note }</p>
            <label class="notes"><span class="row-label">{ m.notes }</span>
                <textarea class="input" rows="2" placeholder={m.notes_hint} value={props.document.notes.clone()}
                    maxlength={NOTES.to_string()} disabled={!props.editable} onchange={note} />
            </label>
        </>
    }
}

fn of_many(props: &Props) -> Html {
    let m = props.lang.messages();
    html! {
        <>
            <div class="section-head"><h2>{ (m.selected)(&format::count(props.selection.len() as u64)) }</h2></div>
            { actions(props) }
        </>
    }
}

fn rows(props: &Props, owner: Owner) -> Html {
    let all = owner.specs(&props.document);
    let value_of = |index| owner.value(&props.document, index).unwrap_or(Value::Flag(false));
    let specs = all.iter().enumerate().filter(|(_, spec)| spec.is_in_use(all, value_of));
    html! {
        { for specs.filter_map(|(index, spec)| {
            let value = owner.value(&props.document, index)?;
            let dispatch = props.dispatch.clone();
            let on_change = Callback::from(move |(value, gesture): Given| {
                dispatch.act(move |lab| lab.set_param(owner, index, value, gesture));
            });
            Some(html! {
                <ParamRow key={format!("{owner:?}-{}", spec.name)} spec={SpecRef(spec)} {value} lang={props.lang}
                    disabled={!props.editable} {on_change} />
            })
        }) }
    }
}

fn actions(props: &Props) -> Html {
    let buttons = props.actions.iter().map(|act| {
        let (act, action) = (*act, act.entry());
        let dispatch = props.dispatch.clone();
        html! {
            <button class={yew::classes!("button", "framed", action.is_danger().then_some("danger"))} data-action={action.id}
                title={action.tip(props.lang)} onclick={move |_| dispatch.perform(act)}>
                { act.label(props.lang) }
            </button>
        }
    });
    html! { <div class="inspector-actions">{ for buttons }</div> }
}
