//! Workers that stay with a connection after an answer, until its next request or for a while.

use super::flow::Flow;
use super::{Core, Cx, Frame, FrameId, Ns, Pc, Phase, mix64};
use crate::component::Kind;

/// Tells connections that are kept by a policy from visitors: the square root of seventeen in 64 bits.
const KEPT: u64 = 0x1f83_d9ab_fb41_bd6b;

/// Tells a visitor's connections apart: the square root of nineteen in 64 bits.
const LANE: u64 = 0x5be0_cd19_137e_2179;

impl Core {
    /// Names the connection that a call came by: a visitor's, or one that its caller keeps open. `None` where it carries
    /// that one call.
    pub(crate) fn client_connection(&self, frame: FrameId) -> Option<u64> {
        let from = self.edge(self.routes.entry(self.frames[frame].route)).from;
        if self.parts[from as usize].kind == Kind::Client {
            return Some(mix64(
                self.user_of(frame).0.wrapping_add(LANE.wrapping_mul(self.lane_behind(frame))),
            ));
        }
        self.connection_of(frame).map(|wire| mix64(u64::from(wire.name) ^ KEPT))
    }

    /// Which of a visitor's connections a call of a client came by.
    fn lane_behind(&self, frame: FrameId) -> u64 {
        let parent = self.frames[frame].parent;
        if self.frames[frame].has(Frame::ABANDONED) || parent.is_none() || parent.is_folded() {
            return 0;
        }
        let request = self.asker(parent);
        let is_request = !request.is_none() && self.frames[request].phase == Phase::Root;
        let visitor = if is_request { self.frames[request].parent } else { FrameId::NONE };
        if visitor.is_none() { 0 } else { u64::from(self.visitor_by(visitor).1) }
    }

    /// The worker of a call stays behind, with a process that waits for so long. `None` where it cannot: where the
    /// station is more than plain, or there is no room.
    pub(crate) fn leave_worker(&mut self, frame: FrameId, name: u64, time: Ns, pc: Pc) -> Option<FrameId> {
        let (held, instance) = (self.frames[frame].held, self.frames[frame].instance);
        let is_plain = self.stations_of(instance).all(|station| !self.stations[station].by_regime);
        if held == 0 || !is_plain {
            return None;
        }
        let place = self.place_of(instance);
        let holder = Cx::new(self, FrameId::NONE, instance, place).start_process(time, pc, 0)?;
        self.frames[frame].held = 0;
        let row = &mut self.frames[holder];
        (row.held, row.key) = (held, name);
        Some(holder)
    }

    /// A call takes over the worker that waited for it, whose process ends. False where the worker has to be given back
    /// instead.
    pub(crate) fn inherit_worker(&mut self, holder: FrameId, frame: FrameId) -> bool {
        debug_assert_eq!(self.frames[holder].phase, Phase::Process);
        let instance = self.frames[holder].instance;
        let is_plain = self.stations_of(instance).all(|station| !self.stations[station].by_regime);
        if !is_plain {
            self.release(holder);
            self.frames.free(holder);
            return false;
        }
        self.frames[frame].held = self.frames[holder].held;
        self.frames[holder].held = 0;
        self.frames.free(holder);
        true
    }

    /// Works with the worker that a call holds already.
    pub(crate) fn serve_with(&mut self, frame: FrameId, time: Ns, then: Pc) -> Flow {
        let part = self.part_of(self.frames[frame].instance);
        self.frames[frame].pc = then;
        self.parts[part as usize].stats.wait.record(0);
        self.serve(frame, part, time)
    }
}
