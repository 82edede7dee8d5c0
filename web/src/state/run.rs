//! The run: what the simulator in the worker is told, and what it says.

use brownout_scenario::edit::Step;
use brownout_scenario::{Done, Record};
use brownout_sim::Ns;
use brownout_sim::order::gather;

use super::{Dialog, Lab};
use crate::worker::{Event, Frame};

/// Simulated seconds per second that a run starts with: slow enough to follow one request by eye.
pub const FIRST_SPEED: f64 = 0.02;

/// How long a command may take until frames show it.
const SETTLE_MS: f64 = 400.0;

fn now_ms() -> f64 {
    gloo::utils::window().performance().map_or(0.0, |performance| performance.now())
}

/// What the page knows of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub playing: bool,
    /// Wanted; what is reached is in the frames.
    pub speed: f64,
    pub finished: bool,
    /// How far a replay has come, while one is under way.
    pub replaying: Option<f32>,
    pub broken: bool,
    /// The simulator stopped by itself.
    pub halted: bool,
    /// When play or pause was asked for, in milliseconds of the page's clock.
    pub commanded: f64,
    /// Nothing has been simulated yet: edits may still become part of the start.
    pub fresh: bool,
    /// Where a run that begins anew is on its way to.
    pub returning: Option<Ns>,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            playing: false,
            speed: FIRST_SPEED,
            finished: false,
            replaying: None,
            broken: false,
            halted: false,
            commanded: now_ms(),
            fresh: true,
            returning: None,
        }
    }
}

impl Lab {
    /// Starts the present document from its beginning.
    pub fn start_run(&mut self, play: bool) {
        self.editor.run_started();
        self.refresh();
        let record = self.editor.record().clone();
        self.load(&record, play);
    }

    /// From the beginning: a shared run to which nothing was done since happens again as it was.
    pub fn restart(&mut self, play: bool) {
        if self.replayed > 0 && self.editor.record().log.len() == self.replayed {
            let record = self.editor.record().clone();
            self.load(&record, play);
            self.run.fresh = false;
        } else {
            self.replayed = 0;
            self.start_run(play);
        }
    }

    /// Hands a record to the worker.
    pub fn load(&mut self, record: &Record, play: bool) {
        self.live.clear();
        self.course.run_begins();
        self.run = Run { playing: play, speed: self.run.speed, fresh: !play, ..Run::default() };
        self.simulator.set_speed(self.run.speed);
        self.simulator.load(record, play);
        self.study_anew();
        self.embed.loaded(&self.document);
    }

    /// Tells the running simulation what the editor did.
    pub fn tell(&mut self, step: Step) {
        if let Some(action) = step.action {
            self.simulator.command(step.seq, action);
        }
    }

    pub fn play(&mut self) {
        self.study.stop_following();
        if self.run.broken || self.run.finished {
            self.restart(true);
        } else if self.run.fresh && !self.has_faults() {
            // What was built before the first moment belongs to the start, not to the log of the run.
            self.start_run(true);
        } else {
            self.run.playing = true;
            self.run.fresh = false;
            self.run.commanded = now_ms();
            self.simulator.play();
        }
        self.embed.started();
    }

    /// Whether faults were made by hand in this run.
    pub fn has_faults(&self) -> bool {
        self.editor.record().log.iter().any(|entry| matches!(entry.done, Done::Fault { .. }))
    }

    pub fn pause(&mut self) {
        self.run.playing = false;
        self.run.commanded = now_ms();
        self.simulator.pause();
        self.embed.paused();
    }

    pub fn toggle_play(&mut self) {
        if self.run.playing { self.pause() } else { self.play() }
    }

    pub fn step(&mut self) {
        if self.run.playing {
            self.pause();
        }
        self.run.fresh = false;
        self.simulator.step();
    }

    pub fn seek(&mut self, to: Ns) {
        self.study.stop_following();
        self.run.returning = None;
        self.go_to(to);
    }

    /// The same, by whatever leads the reader through the run.
    pub fn go_to(&mut self, to: Ns) {
        self.run.finished = false;
        self.run.fresh = false;
        self.simulator.seek(to);
    }

    pub fn set_speed(&mut self, speed: f64) {
        self.run.speed = speed;
        self.simulator.set_speed(speed);
    }

    /// More messages than this are not drawn one by one.
    pub fn set_dots(&mut self, most: u32) {
        self.prefs.dots = most;
        self.prefs.keep();
        self.simulator.set_most(most);
    }

    /// Notes what is down; whether that has changed.
    fn see_health(&mut self, frame: &Frame) -> bool {
        let parts = &frame.picture.parts;
        let down = parts.iter().filter(|part| part.count_down()[0] > 0).map(|part| part.id);
        let cut = frame.picture.edges.iter().filter(|edge| edge.cut).map(|edge| edge.id);
        let hurt = gather(down.chain(cut));
        let alive = gather(parts.iter().filter(|part| part.up.iter().any(|up| *up)).map(|part| part.id));
        let struck = gather(parts.iter().filter(|part| part.struck).map(|part| part.id));
        let changed = self.hurt != hurt || self.alive != alive || self.struck != struck;
        self.hurt = hurt;
        self.alive = alive;
        self.struck = struck;
        changed
    }

    /// The simulator may stop a run by itself, and says why.
    fn see_halt(&mut self, frame: &Frame) -> bool {
        let told = std::mem::replace(&mut self.run.halted, frame.halted.is_some());
        match &frame.halted {
            Some(reason) if !told => {
                let reason = self.prefs.lang.say(reason);
                self.complain(reason);
                true
            }
            _ => false,
        }
    }

    /// Takes what the worker says. Whether the page must be rendered.
    pub fn hear(&mut self, event: Event) -> bool {
        match event {
            Event::Frame(frame) => {
                // A frame may still tell how it was before the last command.
                let settled = now_ms() - self.run.commanded > SETTLE_MS;
                let playing = self.run.playing != frame.playing && settled;
                if playing {
                    self.run.playing = frame.playing;
                }
                let replayed = self.run.replaying.take().is_some();
                if self.run.returning.is_some_and(|to| frame.now >= to) {
                    self.run.returning = None;
                }
                let health = self.see_health(&frame) | self.see_halt(&frame);
                let arrived = self.judge_goals(frame.now);
                self.live.publish(&frame);
                self.lead_beside(frame.now, self.run.playing);
                self.embed.follow(self, &frame);
                playing || replayed || health || arrived
            }
            Event::Applied { seq, at } => {
                self.editor.stamp(seq, at);
                false
            }
            Event::Refused { seq, reason } => {
                self.editor.refused(seq);
                let reason = self.prefs.lang.say(&reason);
                self.complain(reason);
                true
            }
            Event::Finished => {
                self.run.playing = false;
                self.run.finished = true;
                self.embed.finished();
                true
            }
            // What is near is there before anybody could see a bar.
            Event::Replaying { done } if done >= 1.0 && self.run.replaying.is_none() => false,
            Event::Replaying { done } => {
                self.run.replaying = Some(done);
                true
            }
            Event::Broken { reason } => {
                self.run.playing = false;
                self.run.broken = true;
                let reason = self.prefs.lang.say(&reason);
                self.embed.error(&reason);
                self.dialog = Some(Dialog::Broken(reason));
                true
            }
            Event::Ready | Event::Loaded => false,
        }
    }
}
