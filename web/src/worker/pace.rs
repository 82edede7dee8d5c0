//! How fast simulated time runs against wall time. The wall clock is given in; nothing here reads one.

use brownout_sim::Ns;

/// How far behind the wall clock, in wall milliseconds, a run may fall before it stops trying to catch up.
const LARGEST_DEBT_MS: f64 = 50.0;
/// How long the reached speed is averaged over, in wall milliseconds.
const METER_MS: f64 = 250.0;

/// Says how far a playing run should be by now.
#[derive(Clone, Debug)]
pub struct Pace {
    speed: f64,
    /// Where wall time and simulated time were last set equal. The simulated time is kept in fractions, so that
    /// no speed is too slow to add up.
    wall_ms: f64,
    simulated: f64,
}

impl Pace {
    pub const SLOWEST: f64 = 1e-6;
    pub const FASTEST: f64 = 1e6;

    pub fn new(speed: f64) -> Self {
        let speed = if speed.is_finite() { speed.clamp(Self::SLOWEST, Self::FASTEST) } else { 1.0 };
        Self { speed, wall_ms: 0.0, simulated: 0.0 }
    }

    pub const fn speed(&self) -> f64 {
        self.speed
    }

    fn ns_per_ms(&self) -> f64 {
        self.speed * 1e6
    }

    /// Counts from here on.
    pub fn anchor(&mut self, wall_ms: f64, now: Ns) {
        (self.wall_ms, self.simulated) = (wall_ms, now as f64);
    }

    /// Where the run should be. What is too far behind is forgiven: it shows as a lower speed.
    pub fn target(&mut self, wall_ms: f64, now: Ns) -> Ns {
        let wanted = self.simulated + (wall_ms - self.wall_ms).max(0.0) * self.ns_per_ms();
        let most = now as f64 + LARGEST_DEBT_MS * self.ns_per_ms();
        if wanted > most {
            self.anchor(wall_ms, now);
            self.simulated = most;
            return most as Ns;
        }
        wanted as Ns
    }
}

/// Measures the speed that is really reached.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    since: Option<(f64, Ns)>,
    reached: Option<f64>,
}

impl Meter {
    /// Forgets everything: the run was paused or moved.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Takes note of where the run is, and gives the speed over the last quarter of a second.
    pub fn read(&mut self, wall_ms: f64, now: Ns, wanted: f64) -> f64 {
        let (since_ms, since) = *self.since.get_or_insert((wall_ms, now));
        let passed = wall_ms - since_ms;
        if passed >= METER_MS {
            self.reached = Some(now.saturating_sub(since) as f64 / (passed * 1e6));
            self.since = Some((wall_ms, now));
        }
        self.reached.unwrap_or(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_keeps_step_with_the_wall() {
        let mut pace = Pace::new(2.0);
        pace.anchor(1_000.0, 5);
        assert_eq!(pace.target(1_010.0, 5), 20_000_005, "10 ms at twice the speed");
    }

    #[test]
    fn the_slowest_speeds_add_up() {
        let mut pace = Pace::new(1e-4);
        pace.anchor(0.0, 0);
        let mut now = 0;
        for frame in 1..=600 {
            now = pace.target(f64::from(frame) * 16.67, now);
        }
        assert_eq!(now, 1_000_200, "ten seconds at a ten thousandth are one millisecond");
    }

    #[test]
    fn a_long_pause_of_the_machine_is_not_caught_up() {
        let mut pace = Pace::new(1.0);
        pace.anchor(0.0, 0);
        assert_eq!(pace.target(60_000.0, 0), 50_000_000, "50 ms at most");
        assert_eq!(pace.target(60_010.0, 50_000_000), 60_000_000, "and on from there");
    }

    #[test]
    fn the_reached_speed_is_told() {
        let mut meter = Meter::default();
        assert_eq!(meter.read(0.0, 0, 3.0), 3.0, "nothing is known yet");
        assert_eq!(meter.read(500.0, 250_000_000, 3.0), 0.5, "half of real time");
    }
}
