//! The longer ways that are taken where a bound of the simulator is near, or where somebody watches.
//!
//! Recording hides behind the guards that are there anyway: whoever makes a frame or a step compares a count
//! with what is allowed, and while requests are recorded, none is.

use super::flow::DEEPEST;
use super::{Core, Frame, FrameId, InstanceId, Ns, Phase, Simulation};
use crate::network::EdgeSlot;
use crate::observe::Outcome;

impl Core {
    /// Where there may be no room, or requests are recorded.
    #[cold]
    pub(super) fn spawn_guarded(&mut self, fresh: Frame) -> Option<FrameId> {
        let phase = fresh.phase;
        if self.frames.is_full() && (phase != Phase::Process || self.frames.is_exhausted()) {
            return None;
        }
        self.look();
        let frame = self.spawn_now(fresh);
        if phase == Phase::Root {
            self.tell_of_request(frame);
        }
        Some(frame)
    }

    /// Where there may be no room, or requests are recorded.
    #[cold]
    pub(super) fn open_call_guarded(
        &mut self,
        caller: FrameId,
        edge: EdgeSlot,
        to: Option<InstanceId>,
        list: FrameId,
    ) -> Option<FrameId> {
        let has_room = self.frames[caller].depth < DEEPEST && !self.frames.is_full();
        self.look();
        let child = has_room.then(|| self.open_call_now(caller, edge, to, list));
        match child {
            Some(child) => self.tell_of_call(child, caller),
            None => self.tell_of_refusal(caller, edge, Outcome::Guarded),
        }
        child
    }
}

impl Simulation {
    /// The same while requests are recorded: somebody looks after every event.
    #[cold]
    pub(super) fn run_events_recorded(&mut self, end: Ns, left: &mut u32) -> bool {
        while *left > 0 {
            let mut one = 1;
            let is_over = self.run_events(end, &mut one);
            self.core.look();
            if is_over || self.core.halted.is_some() {
                return is_over;
            }
            *left -= 1;
        }
        false
    }

    /// More steps than are allowed without a closer look. Stops the run if there are far too many.
    #[cold]
    pub(super) fn is_circling(&mut self) -> bool {
        self.core.look();
        let is_circling = self.core.steps_now > Core::STEPS_AT_ONCE;
        if is_circling {
            self.stop_circling();
        }
        is_circling
    }

    fn stop_circling(&mut self) {
        let at = super::Seconds(self.core.now);
        self.core.halt(crate::sentence!(
            "at {0} s the simulated time stands still: more than {1} steps in one nanosecond. Give an edge a latency or a part a service time",
            "{0}초에 시뮬레이션 시간이 멈췄습니다. 1나노초 안에 {1}단계를 넘게 실행했습니다. 연결에 지연 시간을 주거나 요소에 서비스 시간을 주십시오",
            at,
            Core::STEPS_AT_ONCE
        ));
    }
}
