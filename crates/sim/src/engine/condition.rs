//! Faults that hold for a while: pauses, slow machines, surges. Each counts for itself, so that they may
//! overlap; what they come to together is an instance's condition.
//!
//! A paused instance does nothing: work under way stands still, answers and timeouts lie until it goes on.
//! The machine under it still takes calls in, which queue, and answers knocks.

use std::collections::BTreeMap;

use super::calendar::{Entry, Tag};
use super::cx::{BACK, GO_ON, PAUSE};
use super::flow::Flow;
use super::{Core, Cx, FrameId, InstanceId, Ns, Phase, Sampler, Stream, mix64};
use crate::network::EdgeSlot;
use crate::observe::Outcome;
use crate::resource::StationId;
use crate::system::{Target, Verb};

/// No more faults of this kind count at once, each of a part and of an instance.
const MOST: usize = 64;

/// How far factors may go together.
const FACTORS: [f64; 2] = [1e-9, 1e9];

/// One fault that holds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Strike {
    verb: Verb,
    factor: f64,
    /// When it struck: names it, together with its kind.
    at: Ns,
    /// It struck the whole part.
    is_whole: bool,
}

/// The faults that hold for one part: for all of it, and for single instances by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strikes {
    whole: Vec<Strike>,
    own: BTreeMap<u32, Vec<Strike>>,
}

impl Strikes {
    /// Heap that they hold, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let own: usize = self.own.values().map(Vec::capacity).sum();
        (self.whole.capacity() + own) * size_of::<Strike>()
    }

    fn take_in(&mut self, number: Option<u32>, strike: Strike) {
        let list = match number {
            Some(number) => self.own.entry(number).or_default(),
            None => &mut self.whole,
        };
        if list.len() < MOST {
            list.push(strike);
        }
    }

    /// Ends the fault of this kind that struck at this time.
    fn end(&mut self, number: Option<u32>, verb: Verb, at: Ns) {
        let is_it =
            |strike: &Strike| (strike.verb, strike.at, strike.is_whole) == (verb, at, number.is_none());
        let drop_one = |list: &mut Vec<Strike>| {
            if let Some(found) = list.iter().position(is_it) {
                list.remove(found);
            }
        };
        match number {
            Some(number) => drop_one(self.own.entry(number).or_default()),
            None => {
                drop_one(&mut self.whole);
                self.own.values_mut().for_each(drop_one);
            }
        }
    }

    /// Ends all faults: of the part, or of one of its instances, of which there are `count`.
    fn restore(&mut self, number: Option<u32>, count: u32) {
        let Some(number) = number else {
            *self = Self::default();
            return;
        };
        if !self.whole.is_empty() {
            for other in 0..count {
                let list = self.own.entry(other).or_default();
                list.extend(self.whole.iter().take(MOST.saturating_sub(list.len())));
            }
            self.whole.clear();
        }
        self.own.remove(&number);
    }

    /// Whether a fault of this kind holds for one instance.
    fn holds(&self, verb: Verb, number: u32) -> bool {
        let own = self.own.get(&number).map_or(&[][..], Vec::as_slice);
        self.whole.iter().chain(own).any(|strike| strike.verb == verb)
    }

    /// What the faults come to for one instance: pauses, and the factors of slowness and of surges.
    fn effect(&self, number: u32) -> (u32, f64, f64) {
        let own = self.own.get(&number).map_or(&[][..], Vec::as_slice);
        let (mut pauses, mut slow, mut surge) = (0, 1.0, 1.0);
        for strike in self.whole.iter().chain(own) {
            match strike.verb {
                Verb::Pause => pauses += 1,
                Verb::Slow => slow *= strike.factor,
                Verb::Surge => surge *= strike.factor,
                _ => {}
            }
        }
        let [least, most] = FACTORS;
        (pauses, slow.clamp(least, most), surge.clamp(least, most))
    }
}

/// The pauses that the instances of a part make by themselves.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pauses {
    pub(crate) every: Sampler,
    pub(crate) time: Sampler,
    /// What each call that is held adds to the time.
    pub(crate) per_call: Ns,
    pub(crate) stream: Stream,
}

/// What an instance keeps of its pauses.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// Makes its own pauses; none while it is dead, or where it makes none.
    process: FrameId,
    /// How many pauses of its own it has begun.
    begun: u64,
    /// It is in the midst of one of them.
    in_own: bool,
    /// What happened to it while it was paused, in order.
    kept: Vec<Entry>,
}

impl Condition {
    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.kept.capacity() * size_of::<Entry>()
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self { process: FrameId::NONE, begun: 0, in_own: false, kept: Vec::new() }
    }
}

impl Core {
    /// A fault strikes a part, or one of its instances.
    pub(super) fn strike(&mut self, part: u32, target: Target, verb: Verb, factor: f64) {
        let number = target.instance.map(|instance| instance - 1);
        let strike = Strike { verb, factor, at: self.now, is_whole: number.is_none() };
        self.strikes.entry(part).or_default().take_in(number, strike);
        self.weigh(part);
    }

    /// The fault of this kind that struck at this time is over.
    pub(super) fn end_strike(&mut self, part: u32, target: Target, verb: Verb, since: Ns) {
        if let Some(strikes) = self.strikes.get_mut(&part) {
            strikes.end(target.instance.map(|instance| instance - 1), verb, since);
            self.weigh(part);
        }
    }

    /// All faults of a part, or of one of its instances, are over.
    pub(super) fn restore_strikes(&mut self, part: u32, target: Target) {
        let count = self.parts[part as usize].instances.len() as u32;
        if let Some(strikes) = self.strikes.get_mut(&part) {
            strikes.restore(target.instance.map(|instance| instance - 1), count);
            self.weigh(part);
        }
    }

    fn weigh(&mut self, part: u32) {
        let instances = self.parts[part as usize].instances.clone();
        self.put_in_condition(&instances);
    }

    /// Whether any fault of this kind holds for a part.
    pub(super) fn is_struck(&self, part: u32) -> bool {
        self.strikes.get(&part).is_some_and(|strikes| {
            !strikes.whole.is_empty() || strikes.own.values().any(|own| !own.is_empty())
        })
    }

    /// Whether a fault of this kind holds for a number of a part.
    pub(super) fn holds_at(&self, part: u32, verb: Verb, number: u32) -> bool {
        self.strikes.get(&part).is_some_and(|strikes| strikes.holds(verb, number))
    }

    /// What the faults of a part do to one of its instances: how many pauses, and how many times slower.
    pub(super) fn struck_by(&self, part: u32, number: u32) -> (u32, f64) {
        let (pauses, slow, _) =
            self.strikes.get(&part).map_or((0, 1.0, 1.0), |strikes| strikes.effect(number));
        (pauses, slow)
    }

    /// Whether a fault of this kind holds for an instance.
    pub(crate) fn holds(&self, instance: InstanceId, verb: Verb) -> bool {
        let row = &self.instances[instance.0 as usize];
        self.strikes.get(&row.part).is_some_and(|strikes| strikes.holds(verb, row.number))
    }

    /// How many times as many visitors come to an instance of a client.
    pub(crate) fn surge(&self, instance: InstanceId) -> f64 {
        let row = &self.instances[instance.0 as usize];
        self.strikes.get(&row.part).map_or(1.0, |strikes| strikes.effect(row.number).2)
    }

    /// Brings what faults and pauses come to into effect.
    pub(super) fn put_in_condition(&mut self, instances: &[InstanceId]) {
        let mut stations = Vec::new();
        let mut thawed = Vec::new();
        for instance in instances {
            let row = self.instances[instance.0 as usize];
            let strikes = self.strikes.get(&row.part).filter(|_| self.is_present(*instance));
            let (pauses, slow, _) = strikes.map_or((0, 1.0, 1.0), |strikes| strikes.effect(row.number));
            let (more, slower) = self.weigh_places(row.part, row.number);
            let (pauses, slow) = (pauses + more, slow * slower * self.slowed_by_release(*instance));
            let in_own = self.conditions.get(&instance.0).is_some_and(|condition| condition.in_own);
            let (is_paused, speed) = (pauses > 0 || in_own, 1.0 / slow);
            if row.is_paused && !is_paused {
                thawed.push(*instance);
            }
            self.paused += u32::from(is_paused);
            self.paused -= u32::from(row.is_paused);
            self.instances[instance.0 as usize].is_paused = is_paused;
            for (at, slot) in self.slots_of(*instance) {
                self.set_pace(at, slot, is_paused, speed);
                stations.push((at, slot));
            }
        }
        let is_looked_at = self.paused > 0 || self.stories.is_recording();
        self.steps_allowed = if is_looked_at { 0 } else { Self::STEPS_AT_ONCE };
        self.refit(&stations);
        for instance in thawed {
            self.give_back(instance);
        }
    }

    fn set_pace(&mut self, at: usize, slot: u8, is_paused: bool, speed: f64) {
        if self.stations[at].regime == u32::MAX {
            if !is_paused && speed == 1.0 {
                return;
            }
            self.regime_of(at, slot);
        }
        let id = self.settle_regime(StationId(at as u32));
        self.regimes[id].is_paused = is_paused;
        self.regimes[id].speed = speed;
    }

    /// What was kept for an instance happens now, in its order.
    pub(super) fn give_back(&mut self, instance: InstanceId) {
        let Some(condition) = self.conditions.get_mut(&instance.0) else { return };
        for entry in std::mem::take(&mut condition.kept) {
            self.calendar.push(self.now, entry);
        }
    }

    /// Keeps what happens to a paused instance until it goes on.
    fn keep(&mut self, instance: InstanceId, entry: Entry) {
        self.conditions.entry(instance.0).or_default().kept.push(entry);
    }

    /// What is kept of all instances. For the audit.
    pub(super) fn kept(&self) -> impl Iterator<Item = (u32, Entry)> {
        let all = self.conditions.iter();
        all.flat_map(|(instance, condition)| condition.kept.iter().map(|entry| (*instance, *entry)))
    }

    /// Whether a frame may not go on since its instance is paused. A call that has just arrived may, into the
    /// queue.
    #[cold]
    #[inline(never)]
    pub(super) fn holds_back(&mut self, frame: FrameId) -> bool {
        if self.paused == 0 {
            return false;
        }
        let row = self.frames[frame];
        let acts = match row.phase {
            Phase::Work => row.pc != 0,
            Phase::Branch => true,
            Phase::Process => !matches!(row.pc, PAUSE | GO_ON),
            _ => false,
        };
        let is_held = acts && self.instances[row.instance.0 as usize].is_paused;
        if is_held {
            self.keep(row.instance, Entry::new(Tag::Resume, frame.0, row.generation));
        }
        is_held
    }

    /// An answer reaches its caller, who may be paused.
    #[cold]
    #[inline(never)]
    pub(super) fn deliver_or_keep(&mut self, frame: FrameId, edge: EdgeSlot) -> Flow {
        let caller = self.calling_instance(&self.frames[frame]);
        if !self.instances[caller.0 as usize].is_paused {
            let outcome = Outcome::from_index(self.frames[frame].outcome);
            return self.deliver(frame, edge, outcome);
        }
        self.frames[frame].pc = BACK;
        self.keep(caller, Entry::new(Tag::Resume, frame.0, self.frames[frame].generation));
        Flow::WAIT
    }

    /// An answer that was kept reaches its caller, if there still is one.
    #[cold]
    #[inline(never)]
    pub(super) fn come_back_late(&mut self, frame: FrameId) -> Flow {
        self.hop_back(frame)
    }

    /// A caller that is paused cannot give up: its clock is looked at when it goes on.
    #[cold]
    #[inline(never)]
    pub(super) fn keep_timeout(&mut self, frame: FrameId) -> bool {
        let caller = self.calling_instance(&self.frames[frame]);
        let is_paused = self.instances[caller.0 as usize].is_paused;
        if is_paused {
            self.frames.unlink_timeout(frame);
            self.keep(caller, Entry::new(Tag::Expire, frame.0, self.frames[frame].generation));
        }
        is_paused
    }

    /// Alarms of a paused caller, and words to a paused callee that nobody waits for it.
    #[cold]
    #[inline(never)]
    pub(super) fn keep_rare(&mut self, entry: Entry) -> bool {
        // Its id is no frame's.
        if entry.tag() == Tag::Station {
            return false;
        }
        let frame = FrameId(entry.id());
        let row = &self.frames[frame];
        let is_wanted = match entry.tag() {
            Tag::Expire => return self.is_awaited(frame, entry.generation()) && self.keep_timeout(frame),
            Tag::Cancel => row.generation == entry.generation() && row.phase == Phase::Work,
            Tag::Alarm => self.is_alarm(frame, entry.generation()),
            _ => false,
        };
        let instance = row.instance;
        let is_held = is_wanted && self.instances[instance.0 as usize].is_paused;
        if is_held {
            self.keep(instance, entry);
        }
        is_held
    }

    /// An instance came up: the faults of its part hold for it too, and it makes pauses of its own.
    pub(super) fn came_up(&mut self, instance: InstanceId) {
        self.put_in_condition(&[instance]);
        self.begin_pauses(instance);
    }

    /// An instance died, and with it a pause of its own. One that left the design has no faults any more.
    pub(super) fn went_down(&mut self, instance: InstanceId) {
        self.end_release(instance);
        let row = self.instances[instance.0 as usize];
        if !self.is_present(instance)
            && let Some(strikes) = self.strikes.get_mut(&row.part)
        {
            strikes.own.remove(&row.number);
        }
        if let Some(condition) = self.conditions.get_mut(&instance.0) {
            condition.process = FrameId::NONE;
            condition.in_own = false;
            self.give_back(instance);
        }
        if row.is_paused || self.strikes.contains_key(&row.part) {
            self.put_in_condition(&[instance]);
        }
    }

    /// A part's instances make pauses by these laws from now on; those under way end as they would have.
    pub(super) fn set_pauses(&mut self, part: u32, pauses: Option<Pauses>) {
        let row = &mut self.parts[part as usize];
        if row.pauses.as_deref() == pauses.as_ref() {
            return;
        }
        row.pauses = pauses.map(Box::new);
        let instances = row.instances.clone();
        for instance in instances {
            let known = self.conditions.get(&instance.0);
            let (process, in_own) =
                known.map_or((FrameId::NONE, false), |known| (known.process, known.in_own));
            if in_own {
                continue;
            }
            if !process.is_none() {
                self.frames.free(process);
                self.conditions.entry(instance.0).or_default().process = FrameId::NONE;
            }
            if self.is_up(instance) {
                self.begin_pauses(instance);
            }
        }
        self.forget_stale_entries();
    }

    fn begin_pauses(&mut self, instance: InstanceId) {
        let part = self.part_of(instance);
        if self.parts[part as usize].pauses.is_none() {
            return;
        }
        let gap = self.pause_draw(instance, 0);
        let place = self.place_of(instance);
        let mut cx = Cx::new(self, FrameId::NONE, instance, place);
        let process = cx.start_process(gap, PAUSE, 0).unwrap_or(FrameId::NONE);
        self.conditions.entry(instance.0).or_default().process = process;
    }

    /// The time until the next pause of an instance (0), or how long it lasts (1). Beyond every horizon it
    /// never comes.
    fn pause_draw(&self, instance: InstanceId, which: u64) -> Ns {
        let row = &self.instances[instance.0 as usize];
        let Some(pauses) = &self.parts[row.part as usize].pauses else { return 0 };
        let begun = self.conditions.get(&instance.0).map_or(0, |condition| condition.begun);
        let position = mix64((u64::from(row.number) << 40) ^ (begun << 1) ^ which);
        let mut draws = pauses.stream.at(position);
        let time = if which == 0 { &pauses.every } else { &pauses.time }.draw(&mut draws);
        if time >= Ns::MAX / 2 { Ns::MAX } else { time.max(1 - which) }
    }

    /// What the calls that an instance holds add to a pause that begins now.
    fn pause_for_calls(&self, instance: InstanceId) -> Ns {
        let part = self.part_of(instance) as usize;
        let per_call = self.parts[part].pauses.as_ref().map_or(0, |pauses| pauses.per_call);
        let stations = self.stations_of(instance).map(|at| &self.stations[at]);
        let calls: Ns =
            stations.map(|station| Ns::from(station.busy.count()) + Ns::from(station.queued.count())).sum();
        per_call.saturating_mul(calls)
    }

    /// A pause of an instance's own begins.
    pub(super) fn pause(&mut self, process: FrameId) -> Flow {
        let instance = self.frames[process].instance;
        let time = self.pause_draw(instance, 1).saturating_add(self.pause_for_calls(instance));
        self.conditions.entry(instance.0).or_default().in_own = true;
        self.put_in_condition(&[instance]);
        self.sleep(process, time, GO_ON)
    }

    /// It is over.
    pub(super) fn go_on_after(&mut self, process: FrameId) -> Flow {
        let instance = self.frames[process].instance;
        let condition = self.conditions.entry(instance.0).or_default();
        condition.in_own = false;
        condition.begun += 1;
        self.put_in_condition(&[instance]);
        if self.parts[self.part_of(instance) as usize].pauses.is_none() {
            self.frames.free(process);
            self.conditions.entry(instance.0).or_default().process = FrameId::NONE;
            return Flow::WAIT;
        }
        let gap = self.pause_draw(instance, 0);
        self.sleep(process, gap, PAUSE)
    }
}
