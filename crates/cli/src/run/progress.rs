//! One line of progress for runs that take long, and only where a person is watching.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use brownout_sim::Ns;

/// Runs that end sooner say nothing.
const PATIENCE: Duration = Duration::from_secs(1);
const BETWEEN: Duration = Duration::from_millis(200);

pub struct Progress {
    end: Ns,
    next: Option<Instant>,
    shown: bool,
}

impl Progress {
    pub fn new(end: Ns) -> Self {
        let next = io::stderr().is_terminal().then(|| Instant::now() + PATIENCE);
        Self { end, next, shown: false }
    }

    pub fn show(&mut self, now: Ns, events: u64) {
        let Some(next) = self.next else { return };
        let clock = Instant::now();
        if clock < next {
            return;
        }
        self.next = Some(clock + BETWEEN);
        self.shown = true;
        let share = 100.0 * now as f64 / self.end.max(1) as f64;
        let (now, end, millions) = (now as f64 / 1e9, self.end as f64 / 1e9, events as f64 / 1e6);
        // Progress that cannot be shown is no reason to stop.
        let _ = write!(io::stderr(), "\r\x1b[K{share:3.0} %  {now:.1} of {end:.1} s  {millions:.1} M events");
    }

    pub fn clear(&self) {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
