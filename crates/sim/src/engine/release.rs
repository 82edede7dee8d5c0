//! Versions of what runs: taken out of traffic, stopped, started, slow at first, and perhaps bad.

use std::collections::{BTreeMap, BTreeSet};

use super::cx::WARM;
use super::flow::Flow;
use super::{Core, Cx, Frame, FrameId, InstanceId, InstanceState, Ns, Pc, Phase, Simulation, Stream};
use crate::observe::{Class, Outcome};

/// The purpose of the stream that says which calls a bad version answers with an error.
const FAILS: u32 = 0x0062_6164;

/// What an instance runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Release {
    /// It is the version that is being rolled out.
    pub(crate) is_new: bool,
    /// Its work takes so many times as long.
    pub(crate) slower: f64,
    /// The share of its calls that it answers with an error.
    pub(crate) fails: f64,
    /// For so long after a start its work takes so many times as long again.
    pub(crate) cold_for: Ns,
    pub(crate) cold: f64,
}

/// What is known of versions: nothing of instances that nobody has deployed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Releases {
    rows: BTreeMap<u32, Release>,
    /// Instances that have started so lately that they are cold.
    cold: BTreeMap<u32, FrameId>,
    /// Instances that balancers send nothing to since they are about to stop.
    drained: BTreeSet<u32>,
    /// Instances that are stopped since they are not needed: they cost nothing.
    parked: BTreeSet<u32>,
    /// What is to be done to instances at once.
    order: Option<Order>,
}

/// Something that a step cannot do itself.
#[derive(Clone, Debug)]
struct Order {
    starts: bool,
    instances: Vec<InstanceId>,
    then: Pc,
}

impl Releases {
    /// Whether balancers send an instance nothing.
    pub(crate) fn holds_back(&self, instance: InstanceId) -> bool {
        self.drained.contains(&instance.0)
    }

    /// Heap that they hold, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.rows.len() * size_of::<(u32, Release)>() * 3 / 2
            + (self.cold.len() + self.drained.len() + self.parked.len()) * 12
    }
}

impl Cx<'_> {
    /// Stops instances, or starts them, and goes on. Only of a process that has just woken by itself.
    pub(crate) fn order(&mut self, starts: bool, instances: Vec<InstanceId>, then: Pc) -> Flow {
        self.core.releases.order = Some(Order { starts, instances, then });
        self.frame().pc = super::cx::ORDER;
        Flow::go(self.frame)
    }
}

impl Simulation {
    /// Does what a process ordered, which then goes on.
    #[cold]
    #[inline(never)]
    pub(super) fn carry_out_order(&mut self, frame: FrameId) -> Flow {
        let Some(Order { starts, instances, then }) = self.core.releases.order.take() else {
            return Flow::WAIT;
        };
        for instance in &instances {
            self.core.digest.fold(self.core.now, u64::from(instance.0) << 1 | u64::from(starts));
        }
        if starts {
            for instance in instances {
                if self.core.instances[instance.0 as usize].state == InstanceState::Down {
                    self.core.instances[instance.0 as usize].state = InstanceState::Up;
                    self.start(instance);
                }
            }
        } else {
            self.core.forget_dark(&instances);
            self.kill(&instances, InstanceState::Down);
        }
        self.core.frames[frame].pc = then;
        Flow::go(frame)
    }
}

impl Core {
    /// Balancers send an instance nothing more, or again what they would.
    pub(crate) fn drain(&mut self, instance: InstanceId, is_drained: bool) {
        if is_drained {
            self.releases.drained.insert(instance.0);
        } else if !self.releases.drained.remove(&instance.0) {
            return;
        }
        for view in &mut self.views {
            let mut is_known = false;
            for target in view.targets.iter_mut().filter(|target| target.instance == instance) {
                target.drained = is_drained;
                is_known = true;
            }
            if is_known {
                view.refresh();
            }
        }
    }

    /// An instance is not needed, or is again.
    pub(crate) fn park(&mut self, instance: InstanceId, is_parked: bool) {
        if is_parked {
            self.releases.parked.insert(instance.0);
        } else {
            self.releases.parked.remove(&instance.0);
        }
        self.drain(instance, is_parked);
    }

    /// Whether an instance is stopped since it is not needed.
    pub(crate) fn is_parked(&self, instance: InstanceId) -> bool {
        self.releases.parked.contains(&instance.0)
    }

    /// Visitors' calls that are on their way to an instance, or open there.
    pub(crate) fn open_calls(&self, instance: InstanceId) -> usize {
        let is_open = |frame: &Frame| {
            frame.instance == instance
                && matches!(frame.phase, Phase::Request | Phase::Work)
                && frame.class != Class::Probe as u8
                && !frame.has(Frame::ABANDONED)
        };
        self.frames.live().filter(|(_, frame)| is_open(frame)).count()
    }

    /// What an instance runs from its next start on.
    pub(crate) fn install(&mut self, instance: InstanceId, release: Release) {
        self.releases.rows.insert(instance.0, release);
    }

    /// What an instance runs is the old version from now on.
    pub(crate) fn grow_old(&mut self, instance: InstanceId) {
        if let Some(release) = self.releases.rows.get_mut(&instance.0) {
            release.is_new = false;
        }
    }

    /// Whether an instance runs the version that is being rolled out.
    pub(crate) fn is_new(&self, instance: InstanceId) -> bool {
        self.releases.rows.get(&instance.0).is_some_and(|release| release.is_new)
    }

    /// How many times slower than it should an instance is, for what it runs and since it has just started.
    pub(super) fn slowed_by_release(&self, instance: InstanceId) -> f64 {
        let Some(release) = self.releases.rows.get(&instance.0) else { return 1.0 };
        let is_cold = self.releases.cold.contains_key(&instance.0);
        release.slower * if is_cold { release.cold } else { 1.0 }
    }

    /// An instance comes up: it is cold, and as bad as what it runs.
    pub(super) fn begin_release(&mut self, instance: InstanceId) {
        let Some(release) = self.releases.rows.get(&instance.0).copied() else { return };
        if release.fails > 0.0 {
            self.instances[instance.0 as usize].state = InstanceState::Flawed;
        }
        if release.cold_for > 0 && release.cold != 1.0 {
            let place = self.place_of(instance);
            let mut cx = Cx::new(self, FrameId::NONE, instance, place);
            if let Some(process) = cx.start_process(release.cold_for, WARM, 0) {
                self.releases.cold.insert(instance.0, process);
            }
        }
    }

    /// An instance has died, and is not getting warm any more.
    pub(super) fn end_release(&mut self, instance: InstanceId) {
        self.releases.cold.remove(&instance.0);
    }

    /// An instance is warm.
    pub(super) fn warmed(&mut self, process: FrameId) -> Flow {
        let instance = self.frames[process].instance;
        self.frames.free(process);
        self.releases.cold.remove(&instance.0);
        self.put_in_condition(&[instance]);
        Flow::WAIT
    }

    /// A call reaches an instance whose version answers some with an error.
    pub(super) fn arrive_flawed(&mut self, frame: FrameId) -> Flow {
        let row = &self.frames[frame];
        let (instance, name, knocks) = (row.instance, self.message_name(frame), row.has(Frame::KNOCK));
        let fails = self.releases.rows.get(&instance.0).map_or(0.0, |release| release.fails);
        let part = self.part_of(instance);
        let stream = Stream::new(self.seed, self.parts[part as usize].id, FAILS);
        let flow = self.take_in(frame, part);
        // Whoever only knocks does not reach the software.
        if knocks || flow != Flow::go(frame) || !stream.at(name).chance(fails) {
            return flow;
        }
        self.answer(frame, Outcome::Upstream)
    }
}
