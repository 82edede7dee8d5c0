//! The worker's side without the worker: owns the simulation, paces it, and answers requests.
//!
//! Pure Rust: the wall clock comes in as a parameter and answers go out into a list, so that everything here
//! is tested natively.

use brownout_scenario::{Lang, Record};
use brownout_sim::observe::Requests;
use brownout_sim::param::Sentence;
use brownout_sim::system::{Action, Intervention, SystemError};
use brownout_sim::timeline::Timeline;
use brownout_sim::{Ns, Simulation};

use super::action::{Stamped, WireAction};
use super::frame::{FIRST_DOTS, Frame, MAX_DOTS};
use super::pace::{Meter, Pace};
use super::protocol::{Answer, ProtocolError, Request};

/// Events between two looks at the clock: few enough to stay responsive, many enough for the loop to be fast.
pub const CHUNK_EVENTS: u32 = 4_096;
/// How long one call of [`EngineRoom::work`] may take, in wall milliseconds.
const SLICE_MS: f64 = 8.0;
/// The least time between two frames while the page keeps up, and while it is one behind.
const FRAME_MS: f64 = 7.0;
const LATE_FRAME_MS: f64 = 30.0;
/// Frames that the page may have before it has drawn them.
const MOST_UNSHOWN: u64 = 2;
/// How often all requests are recounted while playing, and progress of a replay is told.
const RECOUNT_MS: f64 = 250.0;
const PROGRESS_MS: f64 = 60.0;

/// When to call [`EngineRoom::work`] again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// At once, after looking at the messages that have come.
    Now,
    /// After this many wall milliseconds, or when a message comes.
    In(f64),
    /// When a message comes.
    Wait,
}

/// The place where the simulation runs.
#[derive(Debug)]
pub struct EngineRoom {
    run: u32,
    /// How many messages a frame shows one by one, at most.
    most: u32,
    engine: Option<Engine>,
}

impl Default for EngineRoom {
    fn default() -> Self {
        Self { run: 0, most: FIRST_DOTS, engine: None }
    }
}

#[derive(Debug)]
struct Engine {
    most: u32,
    /// The run with its past. Live commands made before a seek backwards happen again.
    timeline: Timeline,
    duration: Ns,
    playing: bool,
    /// Going to this time as fast as possible, from where.
    seeking: Option<(Ns, Ns)>,
    pace: Pace,
    meter: Meter,
    /// Commands that came on the way there; they are for the moment that was asked for.
    waiting: Vec<(u64, WireAction)>,
    /// Something has changed that no frame has shown.
    dirty: bool,
    frames: u64,
    shown: u64,
    last_frame_ms: f64,
    last_progress_ms: f64,
    windows_sent: usize,
    happenings_sent: usize,
    requests: Requests,
    counted_ms: f64,
}

impl EngineRoom {
    /// The number of the run that answers belong to.
    pub const fn run(&self) -> u32 {
        self.run
    }

    /// Events executed so far.
    pub fn events(&self) -> u64 {
        self.engine.as_ref().map_or(0, |engine| engine.simulation().events())
    }

    /// Takes one request from the page.
    pub fn handle(&mut self, request: Request, wall_ms: f64, out: &mut Vec<Answer>) {
        if let Request::Load { run, record, applied, until, play, speed } = request {
            self.run = run;
            self.engine = None;
            match Engine::load(&record, &applied, speed, wall_ms) {
                Ok(mut engine) => {
                    engine.most = self.most;
                    out.push(Answer::Loaded { duration: engine.duration });
                    if until > 0 {
                        engine.seek(until, wall_ms);
                    }
                    engine.playing = play;
                    self.engine = Some(engine);
                }
                Err(reason) => out.push(Answer::Broken { reason, events: 0 }),
            }
            return;
        }
        if let Request::Most(most) = request {
            self.most = most.clamp(1, MAX_DOTS);
            if let Some(engine) = &mut self.engine {
                (engine.most, engine.dirty) = (self.most, true);
            }
            return;
        }
        if request == Request::Ping {
            out.push(Answer::Pong);
            return;
        }
        if let Some(engine) = &mut self.engine {
            engine.handle(request, wall_ms, out);
        }
    }

    /// Simulates for a few milliseconds at most, and gives what there is to say.
    pub fn work(&mut self, clock: &dyn Fn() -> f64, out: &mut Vec<Answer>) -> Next {
        self.engine.as_mut().map_or(Next::Wait, |engine| engine.work(clock, out))
    }
}

/// The simulation of a record, with everything that was done during it, and its length.
fn open(record: &str) -> Result<(Simulation, Ns), Sentence> {
    let record = Record::from_json(record).map_err(|error| refused(&error))?;
    let simulation = record.simulation().map_err(|error| refused(&error))?;
    Ok((simulation, record.start.options().duration))
}

fn refused(error: &brownout_scenario::Error) -> Sentence {
    Sentence::both(error.to_string(), error.sentence(Lang::Ko))
}

impl Engine {
    fn load(record: &str, applied: &[Stamped], speed: f64, wall_ms: f64) -> Result<Self, Sentence> {
        let (simulation, duration) = open(record)?;
        let mut by_hand = Vec::with_capacity(applied.len());
        for Stamped { at, action } in applied {
            let action = Action::try_from(action).map_err(ProtocolError::sentence)?;
            by_hand.push(Intervention { at: *at, action });
        }
        Ok(Self {
            most: FIRST_DOTS,
            timeline: Timeline::new(simulation).with_interventions(by_hand),
            duration,
            playing: false,
            seeking: None,
            waiting: Vec::new(),
            pace: Pace::new(speed),
            meter: Meter::default(),
            dirty: true,
            frames: 0,
            shown: 0,
            last_frame_ms: f64::NEG_INFINITY,
            last_progress_ms: wall_ms,
            windows_sent: 0,
            happenings_sent: 0,
            requests: Requests::default(),
            counted_ms: f64::NEG_INFINITY,
        })
    }

    const fn simulation(&self) -> &Simulation {
        self.timeline.simulation()
    }

    fn handle(&mut self, request: Request, wall_ms: f64, out: &mut Vec<Answer>) {
        match request {
            Request::Play => self.set_playing(true, wall_ms),
            Request::Pause => self.set_playing(false, wall_ms),
            Request::Step => {
                self.set_playing(false, wall_ms);
                if self.seeking.is_none() && !self.ended() {
                    self.dirty = true;
                    self.timeline.step_event();
                }
            }
            Request::Seek(at) => self.seek(at, wall_ms),
            Request::Speed(speed) => {
                self.pace = Pace::new(speed);
                self.pace.anchor(wall_ms, self.simulation().now());
                self.meter.reset();
            }
            Request::Command { seq, action } if self.seeking.is_some() => self.waiting.push((seq, action)),
            Request::Command { seq, action } => self.command(seq, &action, out),
            Request::Shown { frame } => self.shown = self.shown.max(frame.min(self.frames)),
            Request::Load { .. } | Request::Ping | Request::Most(_) => {}
        }
    }

    fn set_playing(&mut self, playing: bool, wall_ms: f64) {
        self.playing = playing;
        self.dirty = true;
        self.meter.reset();
        self.pace.anchor(wall_ms, self.simulation().now());
    }

    fn ended(&self) -> bool {
        self.simulation().now() >= self.duration || self.simulation().halted().is_some()
    }

    fn seek(&mut self, at: Ns, wall_ms: f64) {
        let at = at.min(self.duration);
        self.dirty = true;
        self.meter.reset();
        self.timeline.go_near(at);
        self.windows_sent = self.windows_sent.min(self.simulation().windows().len());
        self.happenings_sent = self.happenings_sent.min(self.simulation().happenings().len());
        self.seeking = Some((self.simulation().now(), at));
        self.last_progress_ms = wall_ms;
    }

    fn command(&mut self, seq: u64, action: &WireAction, out: &mut Vec<Answer>) {
        let applied = Action::try_from(action)
            .map_err(ProtocolError::sentence)
            .and_then(|action| self.intervene(&action).map_err(|error| refused(&error.into())));
        match applied {
            Ok(at) => out.push(Answer::Applied { seq, at }),
            Err(reason) => out.push(Answer::Refused { seq, reason }),
        }
    }

    /// Applies an action after everything that has happened.
    fn intervene(&mut self, action: &Action) -> Result<Ns, SystemError> {
        self.dirty = true;
        self.timeline.intervene(action)
    }

    fn work(&mut self, clock: &dyn Fn() -> f64, out: &mut Vec<Answer>) -> Next {
        let started = clock();
        let behind = if self.seeking.is_some() {
            self.work_on_seek(started, clock, out)
        } else if self.playing {
            self.work_on_play(started, clock, out)
        } else {
            false
        };
        let wall_ms = clock();
        if self.seeking.is_none() {
            self.give_frame(wall_ms, out);
        }
        self.next(behind, wall_ms)
    }

    fn next(&self, behind: bool, wall_ms: f64) -> Next {
        if behind {
            return Next::Now;
        }
        let wants_frame = self.playing || self.dirty;
        if !wants_frame {
            return Next::Wait;
        }
        match self.frame_allowed_in(wall_ms) {
            Some(ms) => Next::In(ms.max(1.0)),
            // The simulation goes on while the page does not draw, in steps of its own.
            None if self.playing => Next::In(LATE_FRAME_MS),
            None => Next::Wait,
        }
    }

    /// Runs until `target`, the time budget or the end of the run. True once it is there.
    fn run_slice(&mut self, target: Ns, started: f64, clock: &dyn Fn() -> f64) -> bool {
        loop {
            if self.timeline.run_chunk(target, CHUNK_EVENTS) || self.simulation().halted().is_some() {
                return true;
            }
            if clock() - started >= SLICE_MS {
                return false;
            }
        }
    }

    fn work_on_seek(&mut self, started: f64, clock: &dyn Fn() -> f64, out: &mut Vec<Answer>) -> bool {
        let Some((from, target)) = self.seeking else { return false };
        let there = self.run_slice(target, started, clock);
        let wall_ms = clock();
        if there {
            self.seeking = None;
            self.dirty = true;
            self.pace.anchor(wall_ms, self.simulation().now());
            out.push(Answer::Replaying { done: 1.0 });
            for (seq, action) in std::mem::take(&mut self.waiting) {
                self.command(seq, &action, out);
            }
            return self.playing;
        }
        if wall_ms - self.last_progress_ms >= PROGRESS_MS {
            self.last_progress_ms = wall_ms;
            let done = (self.simulation().now() - from) as f64 / (target - from).max(1) as f64;
            out.push(Answer::Replaying { done: done as f32 });
        }
        true
    }

    fn work_on_play(&mut self, started: f64, clock: &dyn Fn() -> f64, out: &mut Vec<Answer>) -> bool {
        let target = self.pace.target(started, self.simulation().now()).min(self.duration);
        let there = self.run_slice(target, started, clock);
        if self.ended() {
            self.playing = false;
            self.dirty = true;
            out.push(Answer::Finished);
            return false;
        }
        !there
    }

    /// Wall milliseconds until a frame may be given; `None` while the page has enough to draw.
    fn frame_allowed_in(&self, wall_ms: f64) -> Option<f64> {
        let unshown = self.frames.saturating_sub(self.shown);
        let distance = match unshown {
            0 => FRAME_MS,
            _ if unshown < MOST_UNSHOWN => LATE_FRAME_MS,
            _ => return None,
        };
        Some((self.last_frame_ms + distance - wall_ms).max(0.0))
    }

    fn give_frame(&mut self, wall_ms: f64, out: &mut Vec<Answer>) {
        let wanted = self.playing || self.dirty;
        if !wanted || self.frame_allowed_in(wall_ms).is_none_or(|ms| ms > 0.0) {
            return;
        }
        self.dirty = false;
        self.frames += 1;
        self.last_frame_ms = wall_ms;
        if !self.playing || wall_ms - self.counted_ms >= RECOUNT_MS {
            self.counted_ms = wall_ms;
            self.requests = self.simulation().requests();
        }
        let frame = self.frame(wall_ms);
        self.windows_sent = self.simulation().windows().len();
        self.happenings_sent = self.simulation().happenings().len();
        out.push(Answer::Frame(Box::new(frame)));
    }

    fn frame(&mut self, wall_ms: f64) -> Frame {
        let simulation = self.timeline.simulation();
        let speed = self.pace.speed();
        Frame {
            seq: self.frames,
            now: simulation.now(),
            events: simulation.events(),
            speed_reached: if self.playing { self.meter.read(wall_ms, simulation.now(), speed) } else { 0.0 },
            playing: self.playing,
            digest: simulation.digest().to_string(),
            picture: simulation.picture(self.most as usize),
            windows_from: self.windows_sent,
            new_windows: simulation.windows()[self.windows_sent..].to_vec(),
            happenings_from: self.happenings_sent,
            new_happenings: simulation.happenings()[self.happenings_sent..].to_vec(),
            requests: self.requests.clone(),
            halted: simulation.halted().cloned(),
        }
    }
}
