//! The inspector: made from declarations alone, for a part, an edge, or the run.

use std::collections::BTreeSet;
use std::rc::Rc;

use brownout_scenario::edit::Set;
use brownout_scenario::{NOTES, Part, Scenario};
use brownout_sim::component::Kind;
use brownout_sim::param::Value;
use brownout_sim::system::{Edge, EdgeKind, Id, Limits, Mode};
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::{Callback, Html, Properties, TargetCast, component, html};

use super::field::{Given, ParamRow, SpecRef};
use super::number::{NumberRow, Range};
use super::readings::Readings;
use crate::actions::{self, Act, Offer};
use crate::app::Dispatch;
use crate::canvas::icon::Icon;
use crate::course::Rules;
use crate::desk::frames;
use crate::desk::many::{self, Common};
use crate::state::Live;
use crate::state::lab::ends_of;
use crate::state::params::Owner;
use crate::words::{Lang, format};

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub document: Rc<Scenario>,
    pub selection: Rc<BTreeSet<Id>>,
    /// Those that are offered here and make sense now.
    pub actions: Vec<Act>,
    /// Those that put several parts in order and make sense now.
    pub arrange: Vec<Act>,
    pub live: Live,
    /// What an assignment lets be changed.
    pub rules: Option<Rc<Rules>>,
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

impl Props {
    /// Whether this may not be changed: `count`, `workers`, `policy.retries`.
    fn is_closed(&self, id: Id, name: &str) -> bool {
        let list = if self.document.part(id).is_some() { "parts" } else { "edges" };
        let closed = |rules: &Rc<Rules>| !rules.is_open(id, &format!("{list}.{id}.{name}"));
        !self.editable || self.rules.as_ref().is_some_and(closed)
    }

    /// Says why all fields are closed, where a lock does it.
    fn lock(&self, id: Id) -> Html {
        match self.rules.as_ref().filter(|rules| rules.is_locked(id)) {
            Some(_) => {
                html! { <p class="inspector-note inspector-lock" data-testid="locked-note"><Icon name="lock" />{ " " }{ self.lang.of(crate::course::LOCKED_HERE) }</p> }
            }
            None => html! {},
        }
    }
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
            { props.lock(id) }
            { advice(props, id) }
            <NumberRow key={format!("count-{id}")} label={m.instances} help={m.instances_help} name="count" value={f64::from(part.count)} whole=true unit=""
                scale=1.0 range={Range::plain(1.0, most)} {lang} disabled={props.is_closed(id, "count")} on_change={set_count} />
            { inside(props, &[id]) }
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
    let ends = ends_of(&props.document, id);
    let dispatch = props.dispatch.clone();
    let rename = Callback::from(move |event: Event| {
        let name = event.target_unchecked_into::<HtmlInputElement>().value();
        dispatch.act(move |lab| {
            lab.edit(vec![Set::edge_name(id, name.trim())], None);
        });
    });
    let note = match (kind_of(edge.from), kind_of(edge.to)) {
        (Some(Kind::Dns), _) => Some(m.note_record),
        (_, Some(kind)) if kind.is_looked_up() => Some(m.note_look_up),
        _ => None,
    };
    html! {
        <>
            <div class="inspector-title">
                <Icon name="wire" />
                <input id="inspector-name" key={format!("name-{id}")} value={props.document.edge_name(id).unwrap_or_default().to_owned()} placeholder={ends.clone()} aria-label={m.name}
                    maxlength="60" disabled={!props.editable} onchange={rename} />
                <span class="inspector-kind">{ kind }</span>
            </div>
            if props.document.edge_name(id).is_some() { <p class="inspector-ends">{ ends }</p> }
            <Readings key={format!("readings-{id}")} {id} live={props.live.clone()} {lang} />
            { props.lock(id) }
            { advice(props, id) }
            { mode(props, edge) }
            if !chooses { { weight(props, edge) } }
            { rows(props, Owner::Net(id)) }
            { rows(props, Owner::Policy(id)) }
            if let Some(note) = note { <p class="inspector-note">{ note }</p> }
            { actions(props) }
        </>
    }
}

/// What is legal here and probably not meant.
fn advice(props: &Props, id: Id) -> Html {
    let lang = props.lang.of_documents();
    html! {
        { for props.document.advice_on(id).iter().map(|advice| html! {
            <p class="inspector-note inspector-advice" data-testid="advice">{ advice.text(lang) }</p>
        }) }
    }
}

fn mode(props: &Props, edge: &Edge) -> Html {
    let (id, dispatch) = (edge.id, props.dispatch.clone());
    let set = Callback::from(move |mode| dispatch.act(move |lab| lab.set_mode(id, mode)));
    mode_row(props, edge.mode, props.is_closed(id, "mode"), set)
}

fn mode_row(props: &Props, mode: Mode, disabled: bool, set: Callback<Mode>) -> Html {
    let m = props.lang.messages();
    let change = Callback::from(move |event: Event| {
        let index = event.target_unchecked_into::<HtmlSelectElement>().selected_index();
        if let Some(mode) = usize::try_from(index).ok().and_then(|index| Mode::ALL.get(index)) {
            set.emit(*mode);
        }
    });
    html! {
        <div class="row"><label class="row-head" title={m.mode_help}>
            <span class="row-label">{ m.mode }</span>
            <select class="input" data-param="mode" {disabled} onchange={change}>
                { for Mode::ALL.iter().map(|one| html! {
                    <option selected={*one == mode}>{ props.lang.of(Mode::CHOICES[*one as usize].label) }</option>
                }) }
            </select>
        </label></div>
    }
}

fn weight(props: &Props, edge: &Edge) -> Html {
    let (m, id) = (props.lang.messages(), edge.id);
    let closed = props.is_closed(id, "weight");
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
                    disabled={closed} onchange={switch} data-param="weighted" />
            </label></div>
            if let Some(weight) = edge.weight {
                <div class="row-sub">
                    <NumberRow label={m.weight} help={m.weighted_help} name="weight" value={weight} whole=false unit="" scale=1.0
                        range={Range::plain(0.0, Limits::V1.weight)} lang={props.lang} disabled={closed} on_change={set} />
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

/// Several: how they stand, and the parameters that all of them have.
fn of_many(props: &Props) -> Html {
    let m = props.lang.messages();
    let parts: Vec<Id> =
        props.selection.iter().copied().filter(|id| props.document.part(*id).is_some()).collect();
    let edges: Vec<Id> =
        props.selection.iter().copied().filter(|id| props.document.edge(*id).is_some()).collect();
    let owners = |ids: &[Id], owner: fn(Id) -> Owner| ids.iter().map(|id| owner(*id)).collect::<Vec<_>>();
    html! {
        <>
            <div class="section-head"><h2>{ (m.selected)(&format::count(props.selection.len() as u64)) }</h2></div>
            if parts.len() > 1 { { arrangements(props) } }
            if !parts.is_empty() {
                <h3 class="many-head">{ (m.parts_count)(parts.len()) }</h3>
                { counts(props, &parts) }
                { inside(props, &parts) }
                { common_rows(props, &owners(&parts, Owner::Part)) }
            }
            if !edges.is_empty() {
                <h3 class="many-head">{ (m.edges_count)(edges.len()) }</h3>
                { modes(props, &edges) }
                { common_rows(props, &owners(&edges, Owner::Net)) }
                { common_rows(props, &owners(&edges, Owner::Policy)) }
            }
            { actions(props) }
        </>
    }
}

/// The actions that put several parts in order, as small buttons.
fn arrangements(props: &Props) -> Html {
    let buttons = actions::actions().iter().filter(|action| action.offer.has(Offer::MANY)).map(|action| {
        let (act, dispatch) = (action.act, props.dispatch.clone());
        html! {
            <button class="button icon-only" title={action.tip(props.lang)} aria-label={act.label(props.lang)} data-action={action.id}
                disabled={!props.arrange.contains(&act)} onclick={move |_| dispatch.perform(act)}><Icon name={action.icon} /></button>
        }
    });
    html! { <div class="many-arrange" role="group" aria-label={props.lang.messages().arrange}>{ for buttons }</div> }
}

/// What these parts are inside of, where the design has anything that could hold them.
fn inside(props: &Props, parts: &[Id]) -> Html {
    let (m, lang, document) = (props.lang.messages(), props.lang, &props.document);
    let fits = |place: Id| parts.iter().all(|id| frames::can_hold(document, place, *id));
    let places: Vec<&Part> = document.parts.iter().filter(|part| fits(part.id)).collect();
    let within: Vec<Option<Id>> = parts.iter().filter_map(|id| Some(document.part(*id)?.inside)).collect();
    if places.is_empty() && within.iter().all(Option::is_none) {
        return html! {};
    }
    let first = within.first().copied().flatten();
    let (ids, offered, dispatch) =
        (parts.to_vec(), places.iter().map(|part| part.id).collect::<Vec<Id>>(), props.dispatch.clone());
    let change = Callback::from(move |event: Event| {
        let index = event.target_unchecked_into::<HtmlSelectElement>().selected_index();
        // The first is none of them.
        let place = usize::try_from(index - 1).ok().and_then(|index| offered.get(index).copied());
        let ids = ids.clone();
        dispatch.act(move |lab| {
            lab.change(|desk| frames::put_into(desk, &ids, place), None);
        });
    });
    let disabled = parts.iter().any(|id| props.is_closed(*id, "inside"));
    let differ = within.iter().any(|one| *one != first);
    html! {
        <div class="row"><label class="row-head" title={m.inside_help}>
            <span class="row-label">{ m.inside }</span>
            <select key={format!("inside-{parts:?}")} class="input" data-param="inside" {disabled} onchange={change}>
                <option selected={first.is_none()}>{ m.inside_nothing }</option>
                { for places.iter().map(|part| html! {
                    <option selected={first == Some(part.id)}>{ if part.name.is_empty() { lang.of(part.params.kind().spec().label) } else { &part.name } }</option>
                }) }
            </select>
        </label>
        if differ { <p class="row-mixed"><span>{ m.mixed }</span></p> }
        </div>
    }
}

/// How many instances each of these parts stands for.
fn counts(props: &Props, parts: &[Id]) -> Html {
    let (m, lang) = (props.lang.messages(), props.lang);
    let counts: Vec<u32> = parts.iter().filter_map(|id| Some(props.document.part(*id)?.count)).collect();
    let Some(first) = counts.first().copied() else { return html! {} };
    let (ids, dispatch) = (parts.to_vec(), props.dispatch.clone());
    let set = Callback::from(move |(count, gesture): (f64, Option<u64>)| {
        let ids = ids.clone();
        dispatch.act(move |lab| lab.set_parts(&ids, gesture, |part| part.count = count as u32));
    });
    let most = f64::from(Limits::V1.instances_per_part);
    let disabled = parts.iter().any(|id| props.is_closed(*id, "count"));
    let again = set.reform(move |()| (f64::from(first), None));
    html! {
        <>
            <NumberRow key={format!("count-{parts:?}")} label={m.instances} help={m.instances_help} name="count" value={f64::from(first)} whole=true
                unit="" scale=1.0 range={Range::plain(1.0, most)} {lang} {disabled} on_change={set} />
            { mixed(props, counts.iter().any(|count| *count != first), again) }
        </>
    }
}

/// What the callers of these connections do.
fn modes(props: &Props, edges: &[Id]) -> Html {
    let all: Vec<Mode> = edges.iter().filter_map(|id| Some(props.document.edge(*id)?.mode)).collect();
    let Some(first) = all.first().copied() else { return html! {} };
    let (ids, dispatch) = (edges.to_vec(), props.dispatch.clone());
    let set = Callback::from(move |mode: Mode| {
        let ids = ids.clone();
        dispatch.act(move |lab| lab.set_edges(&ids, |edge| edge.mode = mode));
    });
    html! {
        <>
            { mode_row(props, first, edges.iter().any(|id| props.is_closed(*id, "mode")), set.clone()) }
            { mixed(props, all.iter().any(|mode| *mode != first), set.reform(move |()| first)) }
        </>
    }
}

/// Rows for what all of these have; a change is one step for all of them.
fn common_rows(props: &Props, owners: &[Owner]) -> Html {
    let rows = many::common(&props.document, owners).into_iter().map(|Common { spec, value, mixed: is_mixed, places }| {
        let dispatch = props.dispatch.clone();
        let set = Callback::from(move |(value, gesture): Given| {
            let places = places.clone();
            dispatch.act(move |lab| lab.set_params(&places, &value, gesture));
        });
        let again = { let value = value.clone(); set.reform(move |()| (value.clone(), None)) };
        html! {
            <>
                <ParamRow key={format!("{owners:?}-{}", spec.name)} spec={SpecRef(spec)} {value} lang={props.lang}
                    disabled={!props.editable} on_change={set} />
                { mixed(props, is_mixed, again) }
            </>
        }
    });
    html! { { for rows } }
}

/// Says that only the first has the value that is shown, and offers it to all.
fn mixed(props: &Props, is_mixed: bool, set: Callback<()>) -> Html {
    let m = props.lang.messages();
    if !is_mixed {
        return html! {};
    }
    html! {
        <p class="row-mixed">
            <span>{ m.mixed }</span>
            <button class="link-button" disabled={!props.editable} onclick={move |_| set.emit(())}>{ m.set_all }</button>
        </p>
    }
}

fn rows(props: &Props, owner: Owner) -> Html {
    let all = owner.specs(&props.document);
    let value_of = |index| owner.value(&props.document, index).unwrap_or(Value::Flag(false));
    let is_closed = |name: &str| match owner {
        Owner::Part(id) => props.is_closed(id, name),
        Owner::Net(id) => props.is_closed(id, &format!("net.{name}")),
        Owner::Policy(id) => props.is_closed(id, &format!("policy.{name}")),
        Owner::Settings => !props.editable || props.rules.is_some(),
    };
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
                    disabled={is_closed(spec.name)} {on_change} />
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
