//! Progress of what takes long: a line where a person is watching, or lines where they were asked for.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use brownout_sim::Ns;

/// What ends sooner says nothing, unless it was asked to.
const PATIENCE: Duration = Duration::from_secs(1);
const BETWEEN: Duration = Duration::from_millis(200);
/// Lines in a file are read later.
const BETWEEN_LINES: Duration = Duration::from_secs(2);

/// When the next line is due, and how it is written.
struct Line {
    next: Option<Instant>,
    terminal: bool,
    shown: bool,
}

impl Line {
    fn new(asked: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let patience = if asked { Duration::ZERO } else { PATIENCE };
        Self { next: (terminal || asked).then(|| Instant::now() + patience), terminal, shown: false }
    }

    fn is_due(&mut self) -> bool {
        let clock = Instant::now();
        if self.next.is_none_or(|next| clock < next) {
            return false;
        }
        self.next = Some(clock + if self.terminal { BETWEEN } else { BETWEEN_LINES });
        true
    }

    fn show(&mut self, text: &str) {
        self.shown = true;
        // Progress that cannot be shown is no reason to stop.
        let _ = if self.terminal {
            write!(io::stderr(), "\r\x1b[K{text}")
        } else {
            writeln!(io::stderr(), "{text}")
        };
    }

    fn clear(&self) {
        if self.shown && self.terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// Progress of one run.
pub struct Progress {
    end: Ns,
    line: Line,
}

impl Progress {
    pub fn new(end: Ns, asked: bool) -> Self {
        Self { end, line: Line::new(asked) }
    }

    pub fn show(&mut self, now: Ns, events: u64) {
        if !self.line.is_due() {
            return;
        }
        let share = 100.0 * now as f64 / self.end.max(1) as f64;
        let (now, end, millions) = (now as f64 / 1e9, self.end as f64 / 1e9, events as f64 / 1e6);
        self.line.show(&format!("{share:3.0} %  {now:.1} of {end:.1} s  {millions:.1} M events"));
    }

    pub fn clear(&self) {
        self.line.clear();
    }
}

/// Progress of many things.
pub struct Count {
    what: &'static str,
    done: usize,
    all: usize,
    begin: Instant,
    line: Line,
}

impl Count {
    pub fn new(what: &'static str, all: usize, asked: bool) -> Self {
        Self { what, done: 0, all, begin: Instant::now(), line: Line::new(asked) }
    }

    pub fn one(&mut self) {
        self.done += 1;
        if !self.line.is_due() {
            return;
        }
        let left = self.begin.elapsed().as_secs_f64() / self.done as f64 * (self.all - self.done) as f64;
        let Self { what, done, all, .. } = self;
        let text = format!("{done} of {all} {what}, at most {left:.0} s to go");
        self.line.show(&text);
    }

    pub fn clear(&self) {
        self.line.clear();
    }
}
