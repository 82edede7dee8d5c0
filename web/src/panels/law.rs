//! A distribution of times: its kind, and the fields of that kind.

use brownout_sim::param::{Domain, LAWS, Law, LawFieldKind, LawValue, Value};
use web_sys::{Event, HtmlSelectElement};
use yew::{Callback, Html, Properties, TargetCast, component, html};

use super::field::Given;
use super::number::{NumberRow, Range};
use super::text::TextRow;
use crate::words::Lang;

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub law: Law,
    pub max_ms: f64,
    pub label: &'static str,
    pub help: &'static str,
    pub name: &'static str,
    pub lang: Lang,
    pub disabled: bool,
    pub on_change: Callback<Given>,
}

#[component]
pub fn LawRows(props: &Props) -> Html {
    let spec = &LAWS[props.law.kind()];
    let on_change = props.on_change.clone();
    let (mean_ms, max_ms) = (props.law.mean_ms(), props.max_ms);
    let change = Callback::from(move |event: Event| {
        let index = event.target_unchecked_into::<HtmlSelectElement>().selected_index();
        if let Some(law) = usize::try_from(index).ok().and_then(|kind| of_kind(kind, mean_ms, max_ms)) {
            on_change.emit((Value::Law(law), None));
        }
    });
    html! {
        <div class="row">
            <label class="row-head" title={props.help}>
                <span class="row-label">{ props.label }</span>
                <select class="input" disabled={props.disabled} onchange={change} data-param={props.name}>
                    { for LAWS.iter().enumerate().map(|(kind, spec)| html! {
                        <option selected={kind == props.law.kind()}>{ props.lang.of(spec.label) }</option>
                    }) }
                </select>
            </label>
            <div class="row-sub">{ for (0..spec.fields.len()).map(|index| field(props, index)) }</div>
        </div>
    }
}

fn field(props: &Props, index: usize) -> Html {
    let law = props.law.clone();
    let spec = &LAWS[law.kind()].fields[index];
    let label = props.lang.of(spec.label);
    let LawFieldKind::Number { min, max } = spec.kind else {
        // The whole distribution as text: its other fields, if it has any, have rows of their own.
        return html! {
            <TextRow value={Value::Law(law)} domain={Domain::Law { max_ms: props.max_ms }} {label} help={props.help}
                name={spec.name} lang={props.lang} disabled={props.disabled} on_change={props.on_change.clone()} />
        };
    };
    let value = number(&law.fields()[index]);
    let is_time = spec.is_time();
    let max = if is_time { max.min(props.max_ms) } else { max };
    let on_change = props.on_change.reform(move |(number, gesture): (f64, Option<u64>)| {
        (Value::Law(with_field(&law, index, number)), gesture)
    });
    let range = Range::around(min, max, if is_time { 10.0 } else { min.max(1.0) });
    html! {
        <NumberRow {label} help={props.help} name={spec.name} {value} whole=false
            unit={if is_time { "ms" } else { "" }} scale=1.0 {range} lang={props.lang}
            disabled={props.disabled} {on_change} />
    }
}

const fn number(value: &LawValue) -> f64 {
    match value {
        LawValue::Number(number) => *number,
        _ => 0.0,
    }
}

/// The same distribution with another number in one field.
fn with_field(law: &Law, index: usize, number: f64) -> Law {
    if let Law::Uniform { min_ms, max_ms } = law {
        // The shortest time pushes the longest and the other way round.
        return if index == 0 {
            Law::Uniform { min_ms: number, max_ms: max_ms.max(number) }
        } else {
            Law::Uniform { min_ms: min_ms.min(number), max_ms: number }
        };
    }
    let mut fields = law.fields();
    fields[index] = LawValue::Number(number);
    Law::from_fields(law.kind(), fields).unwrap_or_else(|| law.clone())
}

/// A distribution of another kind with the same mean, or a shorter one where that would be too long.
fn of_kind(kind: usize, mean_ms: f64, max_ms: f64) -> Option<Law> {
    let domain = Domain::Law { max_ms };
    let law = |mean_ms: f64| LAWS.get(kind).map(|spec| (spec.with_mean)(mean_ms));
    law(mean_ms).filter(|law| Value::Law(law.clone()).check(&domain).is_ok()).or_else(|| law(max_ms * 0.1))
}
