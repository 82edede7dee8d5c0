//! A distribution of times: its kind, and the fields of that kind.

use brownout_sim::param::{LAWS, Law, Value};
use web_sys::{Event, HtmlSelectElement};
use yew::{Callback, Html, Properties, TargetCast, component, html};

use super::field::Given;
use super::number::{NumberRow, Range};
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
    let law = props.law;
    let on_change = props.on_change.clone();
    let max_ms = props.max_ms;
    let change = Callback::from(move |event: Event| {
        let index = event.target_unchecked_into::<HtmlSelectElement>().selected_index();
        if let Some(law) = usize::try_from(index).ok().and_then(|kind| of_kind(kind, law.mean_ms(), max_ms)) {
            on_change.emit((Value::Law(law), None));
        }
    });
    html! {
        <div class="row">
            <label class="row-head" title={props.help}>
                <span class="row-label">{ props.label }</span>
                <select class="input" disabled={props.disabled} onchange={change} data-param={props.name}>
                    { for LAWS.iter().enumerate().map(|(kind, spec)| html! {
                        <option selected={kind == law.kind()}>{ props.lang.of(spec.label) }</option>
                    }) }
                </select>
            </label>
            <div class="row-sub">{ for (0..LAWS[law.kind()].fields.len()).map(|index| field(props, index)) }</div>
        </div>
    }
}

fn field(props: &Props, index: usize) -> Html {
    let law = props.law;
    let spec = &LAWS[law.kind()].fields[index];
    let is_time = spec.name == "ms" || spec.name.ends_with("_ms");
    let max = if is_time { spec.max.min(props.max_ms) } else { spec.max };
    let on_change = props.on_change.reform(move |(number, gesture): (f64, Option<u64>)| {
        let mut fields = law.fields();
        fields[index] = number;
        // The shortest time pushes the longest and the other way round.
        if LAWS[law.kind()].name == "uniform" {
            fields[1 - index] = if index == 0 { fields[1].max(number) } else { fields[0].min(number) };
        }
        (Value::Law(Law::from_fields(law.kind(), fields).unwrap_or(law)), gesture)
    });
    let range = Range::around(spec.min, max, if is_time { 10.0 } else { 1.0 });
    html! {
        <NumberRow label={props.lang.of(spec.label)} help={props.help} name={spec.name} value={law.fields()[index]}
            whole=false unit={if is_time { "ms" } else { "" }} scale=1.0 {range} lang={props.lang}
            disabled={props.disabled} {on_change} />
    }
}

/// A distribution of another kind with the same mean.
fn of_kind(kind: usize, mean_ms: f64, max_ms: f64) -> Option<Law> {
    let fields = match LAWS.get(kind)?.name {
        "uniform" => [mean_ms * 0.5, (mean_ms * 1.5).min(max_ms)],
        "lognormal" => [mean_ms, 1.0],
        _ => [mean_ms, 0.0],
    };
    Law::from_fields(kind, fields)
}
