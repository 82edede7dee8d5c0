//! The simulation as a value, and its loop.

use std::sync::Arc;

use super::calendar::{Entry, Tag};
use super::cx::{DONE, ENGINE, ORDER};
use super::experiment::Experiments;
use super::share::rings_for;
use super::{Core, Digest, Frame, FrameId, Ns, Phase, Place, SECOND};
use crate::component::Parts;
use crate::network::LaneId;
use crate::observe::{Happening, Outcome, Window};
use crate::system::{Action, Intervention, System, SystemError};

/// No run goes beyond this time: 292 years.
const HORIZON: Ns = Ns::MAX / 2;

/// So many steps in one nanosecond count as one more event of a chunk.
const STEPS_OF_A_CHUNK: u32 = 256;

/// What a run is set to beside the system itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub seed: u64,
    /// When measuring begins.
    pub warmup: Ns,
    /// How long the run is planned to be. It only sets the length of the windows.
    pub duration: Ns,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, warmup: 0, duration: 300 * SECOND }
    }
}

/// A running system: a value that can be copied at any moment and goes on the same.
#[derive(Clone, Debug)]
pub struct Simulation {
    pub(super) core: Core,
    pub(super) parts: Parts,
    /// The design as it stands now; copies of a run share it until one of them is edited.
    pub(super) system: Arc<System>,
    pub(super) options: Options,
    /// Planned interventions in order of time, and how many of them have struck.
    plan: Arc<[Intervention]>,
    struck: usize,
    pub(super) experiments: Experiments,
    next_observation: Ns,
    /// When debug builds recount everything again, in events.
    #[cfg(debug_assertions)]
    audit_at: u64,
    /// The design was edited by hand: what was planned may no longer fit it.
    by_hand: bool,
}

impl Simulation {
    /// A system at time 0. What is planned for a time is done before anything else happens at that time.
    pub fn new(system: &System, options: Options, plan: &[Intervention]) -> Result<Self, SystemError> {
        system.validate()?;
        let mut plan = plan.to_vec();
        crate::order::sort_by_key(&mut plan, |intervention| intervention.at);
        system.check_interventions(&plan)?;
        let mut simulation = Self {
            core: Core::new(options.seed, window_length(options.duration)),
            parts: Parts::default(),
            system: Arc::default(),
            options,
            plan: plan.into(),
            struck: 0,
            experiments: Experiments::default(),
            next_observation: 0,
            #[cfg(debug_assertions)]
            audit_at: 0,
            by_hand: false,
        };
        simulation.core.digest.fold_bytes(crate::ENGINE_VERSION.as_bytes());
        simulation.core.measured_from = options.warmup;
        simulation.next_observation = simulation.observe_next();
        simulation.begin(system);
        Ok(simulation)
    }

    /// The simulated time: everything up to it has happened.
    pub fn now(&self) -> Ns {
        self.core.now
    }

    /// The hash over everything that has happened.
    pub fn digest(&self) -> Digest {
        self.core.digest
    }

    /// Events taken from the calendar.
    pub fn events(&self) -> u64 {
        self.core.executed
    }

    /// Requests, calls and processes that are live at this moment, counted by walking them: what memory
    /// follows, together with a list of timeouts for each edge.
    pub fn live(&self) -> usize {
        let sum =
            |frame: &Frame| usize::from(frame.phase != Phase::List) + usize::from(frame.parent.is_folded());
        self.core.frames.live().map(|(_, frame)| sum(frame)).sum()
    }

    /// Keys that all caches hold.
    pub fn keys(&self) -> usize {
        self.core.caches.iter().map(|cache| cache.store.len()).sum()
    }

    /// Places that the engine keeps for what is live, lists of timeouts included.
    pub fn places(&self) -> usize {
        self.core.frames.places()
    }

    /// Why the run stopped early, if it did.
    pub fn halted(&self) -> Option<&crate::param::Sentence> {
        self.core.halted.as_ref()
    }

    /// The design as it stands now.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// The complete windows so far; later ones are only ever appended.
    pub fn windows(&self) -> &[Window] {
        self.core.series.windows()
    }

    /// The mean latency of the good answers of each complete window, in nanoseconds.
    pub fn window_means(&self) -> &[Option<f64>] {
        self.core.series.means()
    }

    /// The fine windows so far, each a tenth of a window; kept for the first 20,000.
    pub fn fine_windows(&self) -> &[Window] {
        self.core.series.fine_windows()
    }

    /// The log so far; later lines are only ever appended.
    pub fn happenings(&self) -> &[Happening] {
        &self.core.happenings
    }

    /// Makes room for what is observed up to `t`: a run that has reached its size then allocates nothing.
    pub fn reserve_until(&mut self, t: Ns) {
        self.core.reserve(t);
        self.parts.reserve();
    }

    /// Executes all events with times up to `t`.
    pub fn run_until(&mut self, t: Ns) {
        while !self.run_chunk(t, 4096) {}
    }

    /// Executes at most `most` events with times up to `t`; true once there is none left. Interventions and
    /// long chains of steps in one nanosecond count as several events, so that every chunk is short.
    ///
    /// A browser optimises a loop only once it has returned to its caller: so run in chunks there.
    pub fn run_chunk(&mut self, t: Ns, most: u32) -> bool {
        let done = self.run_some(t, most);
        #[cfg(debug_assertions)]
        self.assert_sound();
        done
    }

    pub(super) fn run_some(&mut self, t: Ns, most: u32) -> bool {
        let t = t.min(HORIZON);
        let mut left = most;
        loop {
            if self.core.halted.is_some() || t < self.core.now {
                return true;
            }
            if left == 0 {
                return false;
            }
            let strike = self.next_strike();
            let observe = self.next_observation;
            let end = t.min(observe).min(if strike == 0 { 0 } else { strike - 1 });
            let run = if self.core.is_recording() { Self::run_events_recorded } else { Self::run_events };
            if strike != 0 && !run(self, end, &mut left) {
                return self.core.halted.is_some();
            }
            if self.core.halted.is_some() {
                return true;
            }
            if strike.min(observe) > t {
                self.advance(t);
                return true;
            }
            let rows = self.core.rows();
            if strike <= observe {
                self.advance(strike);
                self.strike_next();
                left = left.saturating_sub(16 + rows / 64);
            } else {
                self.advance(observe);
                self.observe();
                left = left.saturating_sub(1 + rows / 256);
            }
        }
    }

    /// When the next event or planned intervention is due, if there will be any.
    pub(crate) fn next_happening(&mut self) -> Option<Ns> {
        let event = self.core.calendar.next_time();
        let strike = Some(self.next_strike()).filter(|at| *at < HORIZON);
        event.into_iter().chain(strike).min().filter(|_| self.core.halted.is_none())
    }

    /// Executes the next single event or planned intervention; false where nothing will ever happen again.
    pub fn step_event(&mut self) -> bool {
        if self.core.halted.is_some() {
            return false;
        }
        let strike = Some(self.next_strike());
        let Some(next) = self.next_happening() else { return false };
        // Everything between, observations included, up to just before it.
        if next > self.core.now {
            self.run_until(next - 1);
        }
        if strike == Some(next) {
            self.advance(next);
            self.strike_next();
        } else {
            let mut left = 1;
            self.run_events(next, &mut left);
            self.core.look();
        }
        true
    }

    /// Changes the running system by hand. The intervention is stamped one nanosecond after now, so that it
    /// falls after everything that has happened; the stamp is returned.
    pub fn intervene(&mut self, action: &Action) -> Result<Ns, SystemError> {
        if self.core.halted.is_none() {
            self.run_until(self.core.now);
        }
        let at = self.core.now + 1;
        if self.core.halted.is_none() && self.is_planned_by(at) {
            self.advance(at);
            while self.is_planned_by(at) && self.core.halted.is_none() {
                self.strike_next();
            }
        }
        match action {
            Action::Edit(changes) => {
                self.system.after(changes)?;
                self.by_hand = true;
            }
            fault => self.system.check_action(fault)?,
        }
        if self.core.halted.is_some() {
            // Nothing happens any more, but the design can still be mended for the next run.
            if let Action::Edit(changes) = action {
                Arc::make_mut(&mut self.system).apply(changes);
            }
            return Ok(at);
        }
        self.advance(at);
        self.act(action);
        Ok(at)
    }

    fn is_planned_by(&self, at: Ns) -> bool {
        self.next_strike() <= at
    }

    fn begin(&mut self, system: &System) {
        use crate::system::Change;
        let parts = system.parts.iter().cloned().map(Change::PutPart);
        let changes: Vec<Change> = parts.chain(system.edges.iter().cloned().map(Change::PutEdge)).collect();
        self.act(&Action::Edit(changes));
        self.core.happenings.clear();
    }

    /// When the next planned intervention strikes, or the next of what experiments do.
    fn next_strike(&self) -> Ns {
        self.planned_next().min(self.experiments.next())
    }

    fn planned_next(&self) -> Ns {
        self.plan.get(self.struck).map_or(Ns::MAX, |planned| planned.at)
    }

    fn strike_next(&mut self) {
        if self.experiments.next() < self.planned_next() {
            return self.go_on_with_experiments();
        }
        let plan = Arc::clone(&self.plan);
        let planned = &plan[self.struck];
        self.struck += 1;
        // What is planned may meet a design that was edited by hand, in which its target is gone.
        let still_there = match &planned.action {
            Action::Edit(changes) => !self.by_hand || self.system.after(changes).is_ok(),
            fault => self.system.check_action(fault).is_ok(),
        };
        if still_there {
            self.act(&planned.action);
        }
    }

    fn advance(&mut self, t: Ns) {
        if t > self.core.now {
            self.core.now = t;
            self.core.steps_now = 0;
        }
    }

    /// Executes events up to and including `end`; false where `left` ran out first.
    pub(super) fn run_events(&mut self, end: Ns, left: &mut u32) -> bool {
        let mut remaining = *left;
        let done = self.run_most(end, &mut remaining);
        *left = remaining;
        done
    }

    #[inline(always)]
    fn run_most(&mut self, end: Ns, left: &mut u32) -> bool {
        while *left > 0 {
            let Some((at, entry)) = self.core.calendar.pop(end) else { return true };
            *left -= 1;
            if at > self.core.now {
                self.core.now = at;
                self.core.steps_now = 0;
            }
            let before = self.core.steps_now;
            match entry.tag() {
                Tag::Resume => {
                    let frame = FrameId(entry.resumed());
                    let row = &self.core.frames[frame];
                    if row.generation == entry.generation() {
                        // One step more is allowed, and nobody looks at each.
                        let is_done = row.pc == DONE && self.core.steps_now < self.core.steps_allowed;
                        let place = self.executed(frame, 1);
                        if is_done { self.finish(frame, place) } else { self.go(frame) }
                    }
                }
                Tag::Lane => {
                    let lane = LaneId(entry.id());
                    if let Some(frame) = self.core.lane_due(lane, entry.generation()) {
                        self.executed(frame, 2 + u64::from(lane.is_request()));
                        if let Some(frame) = self.core.lane_delivers(lane, frame).frame() {
                            self.go(frame);
                        }
                    }
                }
                Tag::Timeouts => {
                    while let Some(frame) = self.core.next_timed_out(FrameId(entry.id())) {
                        if self.core.paused > 0 && self.core.keep_timeout(frame) {
                            continue;
                        }
                        self.executed(frame, 4);
                        let caller = self.core.time_out(frame);
                        self.go(caller);
                        self.drain();
                        if self.core.halted.is_some() {
                            return false;
                        }
                    }
                }
                _ => self.run_rare(entry),
            }
            self.drain();
            // Time has not advanced since.
            let steps = self.core.steps_now.wrapping_sub(before);
            if steps >= STEPS_OF_A_CHUNK {
                if self.core.halted.is_some() {
                    return false;
                }
                *left = left.saturating_sub(steps / STEPS_OF_A_CHUNK);
            }
        }
        false
    }

    /// Events that only policies make, messages that keep no order, and stations that are more than plain.
    #[cold]
    fn run_rare(&mut self, entry: Entry) {
        let (frame, generation) = (FrameId(entry.id()), entry.generation());
        if self.core.paused > 0 && self.core.keep_rare(entry) {
            return;
        }
        match entry.tag() {
            Tag::Station if rings_for(entry.id()).is_some() => self.ring_link(entry.id()),
            Tag::Station => {
                let id = entry.id() as usize;
                self.core.station_rang(id);
                let mut is_first = true;
                while let Some(frame) = self.core.next_done(id, is_first) {
                    is_first = false;
                    self.executed(frame, 1);
                    self.go(frame);
                    self.drain();
                    if self.core.halted.is_some() {
                        return;
                    }
                }
            }
            Tag::Cancel if self.core.frames[frame].generation == generation => {
                self.executed(frame, 5);
                self.core.called_off(frame);
            }
            Tag::Alarm if self.core.is_alarm(frame, generation) => {
                self.executed(frame, 6);
                if let Some(next) = self.core.alarm(frame).frame() {
                    self.go(next);
                }
            }
            Tag::Message if self.core.is_under_way(frame, generation) => {
                self.executed(frame, 2 + u64::from(self.core.lane_of(frame).is_request()));
                if let Some(next) = self.core.message_due(frame).frame() {
                    self.go(next);
                }
            }
            Tag::Expire if self.core.is_awaited(frame, generation) => {
                self.executed(frame, 4);
                let caller = self.core.time_out(frame);
                self.go(caller);
            }
            _ => {}
        }
    }

    /// The alarm of a link that is shared evenly: whatever is across arrives.
    fn ring_link(&mut self, id: u32) {
        let Some(lane) = rings_for(id) else { return };
        self.core.link_rang(lane);
        while let Some(frame) = self.core.next_across(lane) {
            self.executed(frame, 2 + u64::from(lane.is_request()));
            if let Some(next) = self.core.message_due(frame).frame() {
                self.go(next);
            }
            self.drain();
            if self.core.halted.is_some() {
                return;
            }
        }
    }

    /// Takes an event into the digest: when, what, whose, where and how it went. Frames that belong to no
    /// request have the key 0. Where the frame is.
    #[inline]
    fn executed(&mut self, frame: FrameId, what: u64) -> Place {
        #[cfg(test)]
        super::allocations::at_event();
        let core = &mut self.core;
        let row = &core.frames[frame];
        core.executed += 1;
        let instance = core.instances.get(row.instance.0 as usize);
        let (stamp, place) = instance.map_or((0, Place::NONE), |row| (row.stamp, row.place()));
        let where_and_how =
            stamp | u64::from(row.class) << 16 | u64::from(row.outcome) << 12 | u64::from(row.pc) << 4 | what;
        core.digest.fold(core.now, row.key ^ where_and_how);
        place
    }

    /// Lets everything that is due at this very moment go on.
    #[inline]
    pub(super) fn drain(&mut self) {
        while let Some(frame) = self.core.ready.pop_front() {
            self.go(frame);
        }
    }

    /// As [`go`](Self::go), for a frame whose work is done.
    #[inline(always)]
    fn finish(&mut self, frame: FrameId, place: Place) {
        self.core.steps_now += 1;
        if let Some(next) = self.core.answer_at(frame, place, Outcome::Ok).frame() {
            self.go(next);
        }
    }

    /// Steps a frame, and whoever it hands over to, until something has to be waited for.
    #[inline]
    fn go(&mut self, mut frame: FrameId) {
        loop {
            self.core.steps_now += 1;
            if self.core.steps_now > self.core.steps_allowed
                && (self.is_circling() || self.core.holds_back(frame))
            {
                return;
            }
            let pc = self.core.frames[frame].pc;
            frame = if pc < ENGINE {
                self.parts.step(&mut self.core, frame)
            } else if pc == ORDER {
                self.carry_out_order(frame).next()
            } else {
                self.core.go_on(frame, pc)
            };
            if frame.is_none() {
                return;
            }
        }
    }

    /// After every batch of events; where very much is in flight, after as many as make the walk worth it.
    #[cfg(debug_assertions)]
    fn assert_sound(&mut self) {
        if self.core.executed < self.audit_at && self.core.executed > 0 {
            return;
        }
        self.audit_at = self.core.executed + u64::from(self.core.rows()) / 4;
        if let Err(error) = self.audit() {
            panic!("audit at {} ns: {error}", self.core.now);
        }
    }

    /// The next moment at which something is measured.
    fn observe_next(&self) -> Ns {
        let window = self.core.series.ends();
        let warmup = self.options.warmup;
        if warmup > 0 && self.core.now < warmup { window.min(warmup) } else { window }
    }

    fn observe(&mut self) {
        if self.core.now == self.core.series.ends() {
            if self.experiments.look() {
                let waits = self.core.is_waited();
                self.experiments.see(&self.core.series.open, waits);
            }
            self.core.close_window();
        }
        if self.core.now == self.options.warmup {
            self.core.restart_measuring();
        }
        self.next_observation = self.observe_next();
    }
}

/// One second, or longer where the run is so long that there would be too many windows.
fn window_length(duration: Ns) -> Ns {
    const MOST: Ns = 20_000;
    let mut length = SECOND;
    while duration / length > MOST {
        length *= 10;
    }
    length
}
