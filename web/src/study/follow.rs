//! Following one request: the run is led from hop to hop, each for as long as a reader needs, however long or short it is.

use brownout_sim::Ns;
use brownout_sim::system::Id;
use gloo::timers::callback::Interval;
use serde_json::{Value, json};

use crate::app::Dispatch;
use crate::state::Lab;

/// How often the run is led on, and how long a hop and a moment take, in milliseconds of the reader's clock.
const TICK_MS: u32 = 33;
const HOP_MS: f64 = 1_300.0;
const MOMENT_MS: f64 = 800.0;

pub(super) struct Follow {
    /// From, to, and what each is about.
    steps: Vec<(Ns, Ns, Id)>,
    at: usize,
    /// How long this step has been shown.
    shown_ms: f64,
    last_ms: f64,
    reached: Ns,
    _tick: Interval,
}

impl Follow {
    pub(super) fn begin(steps: &Value, dispatch: Dispatch) -> Option<Self> {
        let step = |step: &Value| {
            let [from, to, about] = [0, 1, 2].map(|at| step[at].as_u64());
            Some((from?, to?, about? as Id))
        };
        let steps: Vec<_> = steps.as_array()?.iter().filter_map(step).collect();
        let tick = Interval::new(TICK_MS, move || dispatch.act(Lab::follow_on));
        let reached = steps.first()?.0;
        Some(Self { steps, at: 0, shown_ms: 0.0, last_ms: js_sys::Date::now(), reached, _tick: tick })
    }

    /// Time goes on: where the run should be, and whether another step begins. None at the end.
    fn go_on(&mut self, now_ms: f64) -> Option<(Ns, bool)> {
        // A page that was out of sight does not skip what was not seen.
        self.shown_ms += (now_ms - self.last_ms).clamp(0.0, 200.0);
        self.last_ms = now_ms;
        let (from, to, _) = *self.steps.get(self.at)?;
        let lasts = if to > from { HOP_MS } else { MOMENT_MS };
        let next = self.shown_ms >= lasts;
        let share = (self.shown_ms / lasts).min(1.0);
        // Steps of calls at once overlap: time does not go back for them.
        self.reached = self.reached.max(from + ((to - from) as f64 * share) as Ns);
        if next {
            self.shown_ms = 0.0;
            self.at += 1;
            self.steps.get(self.at)?;
        }
        Some((self.reached, next))
    }
}

impl Lab {
    fn follow_on(&mut self) {
        let Some(follow) = &mut self.study.follow else { return };
        match follow.go_on(js_sys::Date::now()) {
            Some((to, next)) => {
                let (at, about) = (follow.at, follow.steps[follow.at].2);
                self.go_to(to);
                if next {
                    self.show_station(about);
                    self.ask_study(json!({ "do": "step", "at": at }));
                }
            }
            None => self.study.stop_following(),
        }
    }
}
