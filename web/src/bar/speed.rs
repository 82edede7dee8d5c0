//! How fast simulated time goes, from 1/10,000 to 10,000 times, in steps of 1, 2, 5.

use web_sys::{HtmlInputElement, InputEvent};
use yew::{Component, Context, Html, Properties, TargetCast, classes, html};

use crate::app::Dispatch;
use crate::state::{Live, Subscription};
use crate::words::{Lang, format};

/// The step of the fastest and, negative, of the slowest speed.
const LAST: i32 = 12;

/// The speed at a step: …, 0.2, 0.5, 1, 2, 5, ….
pub fn at(step: i32) -> f64 {
    let step = step.clamp(-LAST, LAST);
    [1.0, 2.0, 5.0][step.rem_euclid(3) as usize] * 10f64.powi(step.div_euclid(3))
}

/// The step that is nearest to a speed.
pub fn step_of(speed: f64) -> i32 {
    (-LAST..=LAST)
        .min_by(|a, b| {
            let distance = |step: i32| (at(step) / speed.max(1e-9)).ln().abs();
            distance(*a).total_cmp(&distance(*b))
        })
        .unwrap_or(0)
}

/// The speed some steps faster or slower.
pub fn beside(speed: f64, steps: i32) -> f64 {
    at(step_of(speed) + steps)
}

#[derive(Properties, Clone, PartialEq)]
pub struct Props {
    pub speed: f64,
    pub live: Live,
    pub lang: Lang,
    pub dispatch: Dispatch,
}

pub struct Reached;

pub struct Speed {
    /// Shown in place of the wanted speed where that cannot be held.
    reached: Option<String>,
    _subscription: Subscription,
}

impl Component for Speed {
    type Message = Reached;
    type Properties = Props;

    fn create(context: &Context<Self>) -> Self {
        let link = context.link().clone();
        let subscription = context.props().live.subscribe_calmly(move |_| link.send_message(Reached));
        Self { reached: None, _subscription: subscription }
    }

    fn update(&mut self, context: &Context<Self>, _: Reached) -> bool {
        let props = context.props();
        let short = props.live.last().filter(|frame| {
            frame.playing && frame.speed_reached > 0.0 && frame.speed_reached < props.speed * 0.9
        });
        let reached = short.map(|frame| format::speed(two_digits(frame.speed_reached)));
        let differs = reached != self.reached;
        self.reached = reached;
        differs
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let props = context.props();
        let m = props.lang.messages();
        let dispatch = props.dispatch.clone();
        let slid = move |event: InputEvent| {
            let step = event.target_unchecked_into::<HtmlInputElement>().value_as_number() as i32;
            dispatch.act(move |lab| lab.set_speed(at(step)));
        };
        let wanted = format::speed(props.speed);
        let title = match &self.reached {
            Some(reached) => (m.speed_short)(&wanted, reached),
            None => m.speed_help.to_owned(),
        };
        html! {
            <label class="speed" {title}>
                <span class={classes!("speed-value", self.reached.is_some().then_some("short"))} data-testid="speed">
                    { self.reached.clone().unwrap_or_else(|| wanted.clone()) }
                </span>
                <input type="range" min={(-LAST).to_string()} max={LAST.to_string()} step="1"
                    value={step_of(props.speed).to_string()} aria-label={m.speed} aria-valuetext={wanted} oninput={slid} />
            </label>
        }
    }
}

fn two_digits(value: f64) -> f64 {
    let unit = 10f64.powf(value.log10().floor() - 1.0);
    (value / unit).round() * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_speeds_are_inverse() {
        for step in -LAST..=LAST {
            assert_eq!(step_of(at(step)), step);
        }
        assert!((at(-LAST) - 1e-4).abs() < 1e-12, "the slowest is 1/10,000");
        assert!((at(LAST) - 1e4).abs() < 1e-6, "the fastest is 10,000");
        assert!((beside(1.0, -1) - 0.5).abs() < 1e-9, "one step slower");
    }
}
