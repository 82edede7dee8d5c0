//! A number: a field for exact values and, where it makes sense, a slider for quick ones.

use web_sys::{Event, HtmlInputElement, InputEvent};
use yew::{Callback, Component, Context, Html, Properties, TargetCast, html};

use crate::state::params::next_gesture;
use crate::words::{Lang, format};

/// Steps of a slider.
const STEPS: f64 = 200.0;

/// What a slider spans, and what the field takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub min: f64,
    pub max: f64,
    /// `None` where a slider would say nothing.
    slider: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Span {
    low: f64,
    high: f64,
    /// Equal steps multiply.
    logarithmic: bool,
}

impl Range {
    /// A slider reaches a hundred times below and above the default, within the limits: further out one types.
    pub fn around(min: f64, max: f64, default: f64) -> Self {
        // Seeds and the like have no scale that a hand could slide on.
        let slider = if max > 1e12 {
            None
        } else if max - min <= 200.0 && (min > 0.0 || max <= 1.0 || default == 0.0) {
            Some(Span { low: min, high: max, logarithmic: false })
        } else if default > 0.0 {
            let (low, high) = ((default / 100.0).max(min), (default * 100.0).min(max));
            Some(Span { low: if min >= 1.0 { low.max(1.0) } else { low }, high, logarithmic: true })
        } else {
            None
        };
        Self { min, max, slider: slider.filter(|span| span.high > span.low) }
    }

    /// Only a field.
    pub const fn plain(min: f64, max: f64) -> Self {
        Self { min, max, slider: None }
    }
}

impl Span {
    fn position(self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        (share.clamp(0.0, 1.0) * STEPS).round()
    }

    fn value(self, position: f64, whole: bool) -> f64 {
        let share = position / STEPS;
        let value = if self.logarithmic {
            self.low * (self.high / self.low).powf(share)
        } else {
            self.low + (self.high - self.low) * share
        };
        let rounded = if whole { value.round() } else { two_digits(value) };
        rounded.clamp(self.low, self.high)
    }
}

/// The nearest number with two significant digits: what a slider can mean.
fn two_digits(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let unit = 10f64.powf(value.abs().log10().floor() - 1.0);
    let rounded = (value / unit).round() * unit;
    // Without the noise of binary fractions.
    format!("{rounded:.10}").parse().unwrap_or(rounded)
}

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub label: &'static str,
    pub help: &'static str,
    pub name: &'static str,
    pub value: f64,
    pub whole: bool,
    pub unit: &'static str,
    /// What is shown is the value times this.
    pub scale: f64,
    pub range: Range,
    pub lang: Lang,
    pub disabled: bool,
    pub on_change: Callback<(f64, Option<u64>)>,
}

pub enum Msg {
    Typed(String),
    Slid(f64),
    SlideEnd,
}

pub struct NumberRow {
    /// What was typed and not taken.
    refused: Option<String>,
    gesture: Option<u64>,
}

impl Component for NumberRow {
    type Message = Msg;
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self { refused: None, gesture: None }
    }

    fn changed(&mut self, context: &Context<Self>, old: &Props) -> bool {
        if context.props().value != old.value || context.props().name != old.name {
            self.refused = None;
        }
        true
    }

    fn update(&mut self, context: &Context<Self>, message: Msg) -> bool {
        let props = context.props();
        match message {
            Msg::Typed(text) => match read(&text, props) {
                Some(value) => {
                    self.refused = None;
                    if value != props.value {
                        props.on_change.emit((value, None));
                    }
                }
                None => self.refused = Some(text),
            },
            Msg::Slid(position) => {
                let gesture = *self.gesture.get_or_insert_with(next_gesture);
                if let Some(span) = props.range.slider {
                    let value = span.value(position, props.whole);
                    if value != props.value {
                        props.on_change.emit((value, Some(gesture)));
                    }
                }
                return false;
            }
            Msg::SlideEnd => {
                self.gesture = None;
                return false;
            }
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        let m = props.lang.messages();
        let typed = context
            .link()
            .callback(|event: Event| Msg::Typed(event.target_unchecked_into::<HtmlInputElement>().value()));
        let shown = self.refused.clone().unwrap_or_else(|| plain(props.value * props.scale));
        let limits = (m.range)(
            &format::number(props.range.min * props.scale),
            &format::number(props.range.max * props.scale),
        );
        let error = format!("error-{}", props.name);
        html! {
            <div class="row">
                <label class="row-head" title={props.help}>
                    <span class="row-label">{ props.label }</span>
                    <span class="row-value">
                        <input class="number" type="text" inputmode="decimal" value={shown} disabled={props.disabled}
                            aria-invalid={self.refused.is_some().then_some("true")}
                            aria-describedby={self.refused.is_some().then(|| error.clone())} onchange={typed} data-param={props.name} />
                        if !props.unit.is_empty() { <span class="row-unit">{ props.unit }</span> }
                    </span>
                </label>
                if self.refused.is_some() { <p id={error} class="row-error" role="alert">{ limits }</p> }
                { slider(context) }
            </div>
        }
    }
}

impl NumberRow {}

/// The number as one types it: no commas, no noise.
fn plain(value: f64) -> String {
    let text = format!("{value:.9}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The value that was typed, if the parameter can have it.
fn read(text: &str, props: &Props) -> Option<f64> {
    let typed: f64 = text.trim().replace([',', ' ', '%'], "").parse().ok()?;
    let value = typed / props.scale;
    let whole = !props.whole || value.fract() == 0.0;
    (whole && value >= props.range.min && value <= props.range.max).then_some(value)
}

fn slider(context: &Context<NumberRow>) -> Html {
    let props = context.props();
    let Some(span) = props.range.slider else { return html! {} };
    let slid = context.link().callback(|event: InputEvent| {
        Msg::Slid(event.target_unchecked_into::<HtmlInputElement>().value_as_number())
    });
    let end = context.link().callback(|_: Event| Msg::SlideEnd);
    let text = format!("{} {}", format::number(props.value * props.scale), props.unit);
    html! {
        <input type="range" min="0" max={STEPS.to_string()} step="1" value={span.position(props.value).to_string()}
            aria-label={props.label} aria-valuetext={text} disabled={props.disabled} oninput={slid} onchange={end} />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slider_comes_back_to_where_it_was() {
        for (min, max, default) in [(0.0, 10_000_000.0, 50.0), (0.0, 1.0, 0.5), (1.0, 10_000.0, 150.0)] {
            let range = Range::around(min, max, default);
            let span = range.slider.expect("a slider");
            assert!(span.low >= min && span.high <= max, "the slider stays within the limits");
            let value = span.value(span.position(default), false);
            assert!((value / default - 1.0).abs() < 0.05, "{default} became {value}");
        }
    }

    #[test]
    fn numbers_are_shown_as_they_are_typed() {
        assert_eq!(plain(0.5), "0.5");
        assert_eq!(plain(1000.0), "1000");
        assert_eq!(plain(0.0), "0");
    }
}
