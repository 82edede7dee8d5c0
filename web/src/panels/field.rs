//! One parameter as a row of a form, made from its declaration alone.

use brownout_sim::param::{Choice, Domain, ParamSpec, Unit, Value};
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, InputEvent};
use yew::{Callback, Html, Properties, TargetCast, component, html};

use super::law::LawRows;
use super::number::{NumberRow, Range};
use super::text::TextRow;
use crate::words::{Lang, Messages};

/// A value that the visitor gave, and the gesture that it belongs to while a slider is being dragged.
pub type Given = (Value, Option<u64>);

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    /// Declarations are compared by name: there is one of each.
    pub spec: SpecRef,
    pub value: Value,
    pub lang: Lang,
    pub disabled: bool,
    pub on_change: Callback<Given>,
}

/// A declaration, compared by its place in memory.
#[derive(Clone, Copy, Debug)]
pub struct SpecRef(pub &'static ParamSpec);

impl PartialEq for SpecRef {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

#[component]
pub fn ParamRow(props: &Props) -> Html {
    let spec = props.spec.0;
    let (label, help) = (props.lang.of(spec.label), props.lang.of(spec.help));
    match (&spec.domain, &props.value) {
        (Domain::Flag, Value::Flag(on)) => flag(props, label, help, *on),
        (Domain::Choice(choices), Value::Choice(word)) => {
            let on_change = props.on_change.clone();
            let change = Callback::from(move |event: Event| {
                let index = event.target_unchecked_into::<HtmlSelectElement>().selected_index();
                if let Some(choice) = usize::try_from(index).ok().and_then(|index| choices.get(index)) {
                    on_change.emit((Value::Choice(choice.name), None));
                }
            });
            html! {
                <div class="row"><label class="row-head" title={help}>
                    <span class="row-label">{ label }</span>
                    <select class="input" disabled={props.disabled} onchange={change} data-param={spec.name}>
                        { for choices.iter().map(|choice| html! {
                            <option selected={choice.name == *word}>{ props.lang.of(choice.label) }</option>
                        }) }
                    </select>
                </label></div>
            }
        }
        (Domain::Law { max_ms }, Value::Law(law)) => html! {
            <LawRows law={law.clone()} max_ms={*max_ms} {label} {help} name={spec.name} lang={props.lang}
                disabled={props.disabled} on_change={props.on_change.clone()} />
        },
        (Domain::List { .. }, Value::List(_)) => html! {
            <TextRow value={props.value.clone()} domain={spec.domain} {label} {help} name={spec.name} lang={props.lang}
                disabled={props.disabled} on_change={props.on_change.clone()} />
        },
        (Domain::Count { min, max }, Value::Count(count)) => {
            let on_change = props.on_change.reform(|(number, gesture): (f64, Option<u64>)| {
                (Value::Count(number.round() as u32), gesture)
            });
            let default = default_number(spec);
            html! {
                <NumberRow {label} {help} name={spec.name} value={f64::from(*count)} whole=true unit="" scale=1.0
                    range={Range::around(f64::from(*min), f64::from(*max), default)} lang={props.lang}
                    disabled={props.disabled} {on_change} />
            }
        }
        (Domain::Number { min, max }, Value::Number(number)) => {
            let on_change = props.on_change.reform(|(number, gesture)| (Value::Number(number), gesture));
            let (scale, unit) =
                if spec.unit == Unit::Share { (100.0, "%") } else { (1.0, unit_word(spec.unit, props.lang)) };
            html! {
                <NumberRow {label} {help} name={spec.name} value={*number} whole=false {unit} {scale}
                    range={Range::around(*min, *max, default_number(spec))} lang={props.lang}
                    disabled={props.disabled} {on_change} />
            }
        }
        (Domain::NumberOr { min, max, words }, value) => number_or(props, (*min, *max), words, value),
        _ => html! {},
    }
}

/// A number, or a switch for the first of the words that stand for one.
fn number_or(props: &Props, (min, max): (f64, f64), words: &'static [Choice], value: &Value) -> Html {
    let spec = props.spec.0;
    let (label, help) = (props.lang.of(spec.label), props.lang.of(spec.help));
    let Some(word) = words.first() else { return html! {} };
    let default = default_number(spec);
    let switch = props.on_change.reform(move |event: InputEvent| {
        let is_word = event.target_unchecked_into::<HtmlInputElement>().checked();
        (if is_word { Value::Choice(word.name) } else { Value::Number(default) }, None)
    });
    let number = if let Value::Number(number) = value { Some(*number) } else { None };
    html! {
        <>
            if let Some(number) = number {
                <NumberRow {label} {help} name={spec.name} value={number} whole=false
                    unit={unit_word(spec.unit, props.lang)} scale=1.0 range={Range::around(min, max, default)}
                    lang={props.lang} disabled={props.disabled}
                    on_change={props.on_change.reform(|(number, gesture)| (Value::Number(number), gesture))} />
            }
            <div class="row"><label class="row-head" title={help}>
                <span class="row-label">{ label }{ ": " }{ props.lang.of(word.label) }</span>
                <input type="checkbox" class="switch" role="switch" checked={number.is_none()}
                    disabled={props.disabled} oninput={switch} />
            </label></div>
        </>
    }
}

fn flag(props: &Props, label: &'static str, help: &'static str, on: bool) -> Html {
    let change = props.on_change.reform(|event: InputEvent| {
        (Value::Flag(event.target_unchecked_into::<HtmlInputElement>().checked()), None)
    });
    html! {
        <div class="row"><label class="row-head" title={help}>
            <span class="row-label">{ label }</span>
            <input type="checkbox" class="switch" role="switch" checked={on} disabled={props.disabled} oninput={change}
                data-param={props.spec.0.name} />
        </label></div>
    }
}

fn default_number(spec: &ParamSpec) -> f64 {
    match (spec.default)() {
        Value::Count(count) => f64::from(count),
        Value::Number(number) => number,
        _ => 0.0,
    }
}

/// The unit as the reader's language writes it.
fn unit_word(unit: Unit, lang: Lang) -> &'static str {
    let Messages { per_second, .. } = lang.messages();
    match unit {
        Unit::PerSecond => per_second,
        unit => unit.symbol(),
    }
}
