//! Connections that cost something to open: kept open, used again, closed when they were idle for too long.
//!
//! Opening one takes a round trip (the handshake of TCP, RFC 9293, section 3.5) and a time set on the edge
//! (TLS, signing in, a process for the session). Who is dead refuses it, and a cut edge loses it. The call
//! that needs it travels only then; its timeout runs from the beginning.

use super::cx::{OPENED, REACHED};
use super::flow::Flow;
use super::policy::Wire;
use super::{Core, Frame, FrameId, InstanceId, Ns, mix64};
use crate::network::{EdgeSlot, LaneId, PolicyRow, RESTART};
use crate::observe::Outcome;

/// Names the handshake, beside the call: the square root of eleven in 64 bits.
const HANDSHAKE: u64 = 0x510e_527f_ade6_82d1;

impl Core {
    /// Sends a call by policy, over a connection that is open already or that it opens.
    pub(super) fn dispatch(&mut self, caller: FrameId, child: FrameId) -> Flow {
        let edge = self.extra(caller).edge;
        let rules = self.policies[self.policy_of(edge)].rules;
        if rules.connect == 0 {
            return self.transmit(child);
        }
        let peer = self.frames[child].instance;
        self.extra(caller).peers[0] = peer;
        if let Some(wire) = self.take_idle(caller, peer) {
            self.extra(caller).wires[0] = wire;
            return self.transmit(child);
        }
        self.extra(caller).wires[0] = Wire { name: self.idle.open(), is_fresh: true, window: 0 };
        self.edge_mut(edge).ledger.connects += 1;
        let way = self.handshake_takes(LaneId::requests(edge), child);
        self.sleep(child, way, REACHED)
    }

    /// How long half of a handshake takes over an edge.
    fn handshake_takes(&self, lane: LaneId, frame: FrameId) -> Ns {
        let way = self.lanes[lane.0 as usize].delay(mix64(self.frames[frame].key ^ HANDSHAKE));
        way.saturating_add(self.way_of(lane, frame))
    }

    /// Whether a handshake is lost, on the way there or back. Nobody tries again but the call's own retries.
    fn loses_handshake(&self, edge: EdgeSlot, frame: FrameId) -> bool {
        let name = mix64(self.frames[frame].key ^ HANDSHAKE);
        let ways = [LaneId::requests(edge), LaneId::replies(edge)];
        let cut = self.edge(edge).cut;
        let is_cut = !cut.is_none() && ways.into_iter().any(|lane| self.is_cut(lane, frame));
        is_cut || ways.into_iter().any(|lane| self.lanes[lane.0 as usize].loses(name))
    }

    /// Takes an idle connection to an instance, if there is one that still holds.
    fn take_idle(&mut self, caller: FrameId, peer: InstanceId) -> Option<Wire> {
        let edge = self.extra(caller).edge;
        let (policy, instance) = (self.policy_of(edge), self.frames[caller].instance);
        let (longest, now) = (self.policies[policy].rules.pool_idle, self.now);
        let died = self.instances.get(peer.0 as usize).map_or(0, |row| row.died);
        let peers = &mut self.policies[policy].caller(instance).peers;
        let (since, name, window) = self.idle.take(peers, peer)?;
        // A process that dies resets its connections: the caller knows when it comes to use one.
        let holds = (died == 0 || since > died) && (longest == 0 || now - since <= longest);
        if !holds {
            // Those below were idle for longer.
            self.idle.close_to(peers, peer);
        }
        let window = if now - since >= RESTART { 0 } else { window };
        holds.then_some(Wire { name, is_fresh: false, window })
    }

    /// Where it is written down which connection a call travels over, where such cost something to open.
    fn wire_at(&self, frame: FrameId) -> Option<(FrameId, usize)> {
        let row = &self.frames[frame];
        if row.has(Frame::ABANDONED) || row.parent.is_none() || row.parent.is_folded() {
            return None;
        }
        if !Self::is_calling(&self.frames[row.parent]) {
            return None;
        }
        let extra = self.extras.get(row.parent, &self.frames)?;
        let at = extra.copies.iter().position(|copy| *copy == frame)?;
        (extra.peers[at] != InstanceId::NONE).then_some((row.parent, at))
    }

    /// The connection that a call travels over, where such cost something to open.
    pub(crate) fn connection_of(&self, frame: FrameId) -> Option<Wire> {
        let (caller, at) = self.wire_at(frame)?;
        self.extras.get(caller, &self.frames).map(|extra| extra.wires[at])
    }

    /// How much is sent in one round over the connection of a call, where that is known.
    pub(super) fn window_of(&self, frame: FrameId) -> Option<f64> {
        self.connection_of(frame).filter(|wire| wire.window > 0).map(|wire| f64::from(wire.window))
    }

    /// The window of its connection has grown.
    pub(super) fn keep_window(&mut self, frame: FrameId, window: f64) {
        if let Some((caller, at)) = self.wire_at(frame) {
            self.extra(caller).wires[at].window = window as u32;
        }
    }

    /// The wish for a connection reaches the callee.
    pub(super) fn reached(&mut self, frame: FrameId) -> Flow {
        let (row, edge) = (self.frames[frame], self.routes.edge(self.frames[frame].route));
        if row.has(Frame::ABANDONED) {
            self.end_cancelled(frame);
            return Flow::WAIT;
        }
        if self.loses_handshake(edge, frame) {
            self.lose(frame);
            return Flow::WAIT;
        }
        if !self.is_up(row.instance) {
            return self.send_back(frame, Outcome::Refused);
        }
        let entry = self.routes.entry(row.route);
        let connect =
            self.edge(entry).policy.map_or(0, |policy| self.policies[policy as usize].rules.connect);
        let back = self.handshake_takes(LaneId::replies(edge), frame);
        self.sleep(frame, back.saturating_add(connect), OPENED)
    }

    /// The connection is open. Who has given up meanwhile sends nothing over it.
    pub(super) fn opened(&mut self, frame: FrameId) -> Flow {
        if self.frames[frame].has(Frame::ABANDONED) {
            self.end_cancelled(frame);
            return Flow::WAIT;
        }
        self.frames[frame].pc = 0;
        self.transmit(frame)
    }

    /// Attempts that have ended leave their connections behind: open where an answer came over them.
    pub(super) fn settle_connections(&mut self, caller: FrameId, outcome: Outcome) {
        let extra = *self.extra(caller);
        let (policy, instance) = (self.policy_of(extra.edge), self.frames[caller].instance);
        for (at, peer) in extra.peers.into_iter().enumerate() {
            let is_second = at == 1 && extra.copies[1] == extra.copies[0];
            if peer == InstanceId::NONE || self.is_child(extra.copies[at], caller) && !is_second {
                continue;
            }
            self.extra(caller).peers[at] = InstanceId::NONE;
            if outcome.is_reply() && self.policies[policy].rules.connect > 0 {
                let (now, Wire { name, window, .. }) = (self.now, extra.wires[at]);
                self.idle.keep(&mut self.policies[policy].caller(instance).peers, peer, now, [name, window]);
            }
        }
    }

    /// Closes all idle connections of an instance, or of everybody, under one policy.
    pub(super) fn close_idle(&mut self, policy: usize, of: Option<InstanceId>) {
        for caller in self.policies[policy].callers_mut() {
            if of.is_none_or(|instance| instance == caller.instance) {
                self.idle.close(&mut caller.peers);
            }
        }
    }

    pub(super) fn audit_idle(&self) -> Result<(), String> {
        let callers = self.policies.iter().flat_map(PolicyRow::callers);
        self.idle.audit(callers.flat_map(|caller| &caller.peers), self.now)
    }
}
