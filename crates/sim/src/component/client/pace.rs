//! The rate of arrivals over time, and how long it takes until the next one.
//!
//! Chance says how many expected arrivals lie between two arrivals: an exponential with mean 1, or exactly
//! one. The pace says when so many have come together. Whatever the rate does between, or is edited to,
//! this is exact.

use std::sync::Arc;

use super::{Arrival, Params};
use crate::engine::Ns;

pub(super) const NEVER: Ns = Ns::MAX;

/// What says when requests come, apart from chance. An arrival brings one batch, or one visit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pace {
    pub(super) arrival: Arrival,
    /// Mean nanoseconds from one arrival to the next: outside bursts and in them.
    gaps: [f64; 2],
    /// The same for each step of a replayed rate.
    steps: Arc<[f64]>,
    step: Ns,
    /// Since when each of them holds, where they are not equally long.
    starts: Arc<[Ns]>,
    repeats: bool,
    /// Replayed moments, in order.
    times: Arc<[Ns]>,
    shape: Shape,
    /// From when on nothing about the rate changes any more.
    steady_from: Ns,
}

/// When the next arrival is due, or something else happens to the rate before that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Due {
    pub(super) at: Ns,
    pub(super) arrives: bool,
    /// How many expected arrivals are still missing then.
    pub(super) left: f64,
}

impl Pace {
    pub(super) fn new(params: &Params) -> Self {
        let visit = if params.arrival == Arrival::Sessions { f64::from(params.visit.0) } else { 1.0 };
        let each = f64::from(params.batch.0) * visit * f64::from(params.objects.0);
        let gap = |rate: f64| if rate > 0.0 { (1e3 / (rate / each)) * 1e6 } else { f64::INFINITY };
        let mut times: Vec<Ns> = params.times_s.0.iter().map(|s| (s * 1e9 + 0.5) as Ns).collect();
        crate::order::sort(&mut times);
        let starts = params.rates_at_s.0.iter().map(|s| (s * 1e9 + 0.5) as Ns);
        let mut steps: Vec<(Ns, f64)> =
            starts.zip(params.rates_rps.0.iter().map(|rate| gap(*rate))).collect();
        crate::order::sort_by_key(&mut steps, |(start, _)| *start);
        let (starts, gaps): (Vec<Ns>, Vec<f64>) = steps.into_iter().unzip();
        let shape = Shape::new(params);
        let is_level = matches!(params.arrival, Arrival::Poisson | Arrival::Even | Arrival::Sessions);
        let is_steady = is_level && shape.swing == 0.0 && gap(params.rate_rps.0).is_finite();
        Self {
            arrival: params.arrival,
            gaps: [gap(params.rate_rps.0), gap(params.burst_rps.0)],
            steps: if params.rates_at_s.0.is_empty() {
                params.rates_rps.0.iter().map(|rate| gap(*rate)).collect()
            } else {
                gaps.into()
            },
            starts: starts.into(),
            step: params.rates_step_s.ns(),
            repeats: params.rates_repeat.0,
            times: times.into(),
            shape,
            steady_from: if is_steady { shape.ramp } else { NEVER },
        }
    }

    /// The first replayed moment that is not before this one.
    pub(super) fn first_from(&self, now: Ns) -> usize {
        self.times.partition_point(|time| *time < now)
    }

    /// When the next arrival is due, where nothing about the rate changes any more; a time that never comes where it
    /// does.
    #[inline(always)]
    pub(super) fn next_steady(&self, now: Ns, need: f64) -> Ns {
        if now < self.steady_from {
            return NEVER;
        }
        now.saturating_add(nearest(self.gaps[0] * need))
    }

    /// When the next arrival is due.
    pub(super) fn next(&self, now: Ns, need: f64, replayed: usize, in_burst: bool, phase_end: Ns) -> Due {
        let at = self.next_steady(now, need);
        if at < NEVER {
            return Due { at, arrives: true, left: 0.0 };
        }
        if self.arrival == Arrival::Times {
            self.replayed(replayed)
        } else {
            self.due(now, need, in_burst, phase_end)
        }
    }

    /// The replayed moment at this position.
    fn replayed(&self, at: usize) -> Due {
        let time = self.times.get(at).copied();
        Due { at: time.unwrap_or(NEVER), arrives: time.is_some(), left: 0.0 }
    }

    /// Nanoseconds between two arrivals as things stand, and until when they stand so.
    fn level(&self, now: Ns, in_burst: bool, phase_end: Ns) -> (f64, Ns) {
        match self.arrival {
            Arrival::Bursts => (self.gaps[usize::from(in_burst)], phase_end),
            Arrival::Rates if !self.starts.is_empty() => self.level_since_starts(now),
            Arrival::Rates => {
                let (passed, count) = (now / self.step, self.steps.len() as u64);
                let at = if self.repeats && count > 0 { passed % count } else { passed };
                let gap = usize::try_from(at).ok().and_then(|at| self.steps.get(at));
                let end = self.step.saturating_mul(passed + 1);
                gap.map_or((f64::INFINITY, NEVER), |gap| (*gap, end))
            }
            Arrival::Times | Arrival::Closed => (f64::INFINITY, NEVER),
            Arrival::Poisson | Arrival::Even | Arrival::Sessions => (self.gaps[0], NEVER),
        }
    }

    /// The same where recorded rates have moments of their own.
    fn level_since_starts(&self, now: Ns) -> (f64, Ns) {
        let end = self.starts.last().map_or(0, |last| last.saturating_add(self.step));
        let base = if self.repeats { now - now % end.max(1) } else { 0 };
        let passed = now - base;
        if passed >= end {
            return (f64::INFINITY, NEVER);
        }
        let next = self.starts.partition_point(|start| *start <= passed);
        let until = base.saturating_add(self.starts.get(next).copied().unwrap_or(end));
        let gap = next.checked_sub(1).and_then(|at| self.steps.get(at));
        (gap.copied().unwrap_or(f64::INFINITY), until)
    }

    /// When `need` expected arrivals have come together.
    #[inline(never)]
    fn due(&self, now: Ns, need: f64, in_burst: bool, phase_end: Ns) -> Due {
        let (gap, until) = self.level(now, in_burst, phase_end);
        // After an edit a phase may have ended before.
        let until = until.max(now);
        if gap.is_finite() {
            let at = now.saturating_add(self.shape.time_for(now, gap * need));
            if at <= until {
                return Due { at, arrives: at < NEVER, left: 0.0 };
            }
        }
        Due {
            at: until,
            arrives: false,
            left: (need - self.expected(now, until, in_burst, phase_end)).max(0.0),
        }
    }

    /// Expected arrivals from one moment to another, within which the level does not change.
    pub(super) fn expected(&self, from: Ns, to: Ns, in_burst: bool, phase_end: Ns) -> f64 {
        let (gap, _) = self.level(from, in_burst, phase_end);
        if gap.is_finite() { self.shape.integral(from, to) / gap } else { 0.0 }
    }
}

/// A factor on every rate: a ramp at the beginning, and the swing of the day.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shape {
    /// The ramp's first factor, and its length.
    from: f64,
    ramp: Ns,
    swing: f64,
    /// Radians in a nanosecond.
    omega: f64,
}

impl Shape {
    fn new(params: &Params) -> Self {
        let day = params.day_s.ns() as f64;
        let swings = day > 0.0 && params.day_swing.0 > 0.0;
        Self {
            from: params.ramp_from.0,
            ramp: params.ramp_s.ns(),
            swing: if swings { params.day_swing.0 } else { 0.0 },
            omega: if swings { std::f64::consts::TAU / day } else { 1.0 },
        }
    }

    fn is_flat_from(&self, now: Ns) -> bool {
        now >= self.ramp && self.swing == 0.0
    }

    /// The factor at a moment.
    fn factor(&self, at: Ns) -> f64 {
        let ramp = if at >= self.ramp {
            1.0
        } else {
            self.from + (1.0 - self.from) * (at as f64 / self.ramp as f64)
        };
        if self.swing == 0.0 { ramp } else { ramp * (1.0 - self.swing * libm::cos(self.omega * at as f64)) }
    }

    /// The integral of the factor over a time, in nanoseconds.
    fn integral(&self, from: Ns, to: Ns) -> f64 {
        if self.is_flat_from(from) {
            return (to - from) as f64;
        }
        let (a, b) = (self.from, (1.0 - self.from) / self.ramp.max(1) as f64);
        let split = self.ramp.clamp(from, to);
        self.stretch(a, b, from, split) + self.stretch(1.0, 0.0, split, to)
    }

    /// The integral of `(a + b t) (1 - swing cos(omega t))`.
    fn stretch(&self, a: f64, b: f64, from: Ns, to: Ns) -> f64 {
        if from == to {
            return 0.0;
        }
        let (t, u) = (from as f64, to as f64);
        let straight = (to - from) as f64 * (a + b * f64::midpoint(t, u));
        if self.swing == 0.0 {
            return straight;
        }
        let wave = |t: f64| {
            let (sin, cos) = (libm::sin(self.omega * t), libm::cos(self.omega * t));
            ((a + b * t) * sin + b * cos / self.omega) / self.omega
        };
        straight - self.swing * (wave(u) - wave(t))
    }

    /// How long it takes from `now` until the integral of the factor is `want`.
    fn time_for(&self, now: Ns, want: f64) -> Ns {
        if self.is_flat_from(now) {
            return nearest(want);
        }
        let missing = |time: Ns| want - self.integral(now, now.saturating_add(time));
        let (mut low, mut high) = (0, nearest(want).max(1));
        while missing(high) > 0.0 {
            if high > NEVER / 4 {
                return NEVER;
            }
            (low, high) = (high, high * 2);
        }
        // Newton's steps, and halves where they lead out of what is known.
        let (mut time, mut tries) = (high, 0);
        while high - low > 1 {
            tries += 1;
            let lacks = missing(time);
            if lacks > 0.0 {
                low = time;
            } else {
                high = time;
            }
            let step = time as f64 + lacks / self.factor(now.saturating_add(time));
            let tried = if step.is_finite() { nearest(step) } else { 0 };
            // Beside the last one, so that the other end closes in too.
            let tried = if lacks > 0.0 { tried.saturating_add(1) } else { tried.saturating_sub(1) };
            time = if tried > low && tried < high && tries < 60 { tried } else { low + (high - low) / 2 };
        }
        high
    }
}

/// `as` saturates: what lies beyond the horizon never comes.
fn nearest(ns: f64) -> Ns {
    (ns + 0.5) as i64 as Ns
}
