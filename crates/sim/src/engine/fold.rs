//! Requests without a frame of their own.
//!
//! Most visitors make one call and take its answer for their own: such a request and its call share one frame.
//! The frame is the call's, with the client in the place of the caller; all that the request would have in a
//! frame of its own (its name, its class, when it was issued) stands in the call's, too. Whoever needs the
//! request as a frame after all, unfolds it first: a timeout, a retry, the death of a client.

use super::cx::{ONCE, PASS};
use super::flow::Flow;
use super::{Core, Frame, FrameId, InstanceId, InstanceState, Ns, Phase};
use crate::network::{EdgeSlot, LaneId};
use crate::observe::{Class, Outcome};

/// Set in the place of a caller: it is the client of a request that shares the frame of its call.
const FOLDED: u32 = 1 << 31;
/// The call is tried again if it fails.
const AGAIN: u32 = 1 << 30;

impl FrameId {
    const fn request_of(client: InstanceId, again: bool) -> Self {
        Self(FOLDED | if again { AGAIN } else { 0 } | client.0)
    }

    /// Whether it names the client of a request without a frame of its own.
    #[inline(always)]
    pub(crate) const fn is_folded(self) -> bool {
        self.0 >= FOLDED && !self.is_none()
    }

    const fn is_tried_again(self) -> bool {
        self.is_folded() && self.0 & AGAIN != 0
    }

    pub(super) const fn client(self) -> InstanceId {
        InstanceId(self.0 & (AGAIN - 1))
    }
}

impl Core {
    /// Whether a request and its only call, over this edge, can share a frame.
    #[inline(always)]
    pub(crate) fn can_fold(&self, edge: EdgeSlot) -> bool {
        let row = &self.edges[edge as usize];
        (row.is_plain || row.only_retries) && !self.reads_keys && !self.frames.is_guarded()
    }

    /// Makes a visitor's request and its only call, which [`can_fold`](Self::can_fold) allows.
    #[inline(always)]
    pub(crate) fn issue_folded(
        &mut self,
        client: InstanceId,
        part: u32,
        edge: EdgeSlot,
        key: u64,
        class: Class,
    ) -> FrameId {
        self.count_issue(part, class);
        let row = &mut self.edges[edge as usize];
        row.ledger.issued += 1;
        row.ledger.open += 1;
        let (route, sole, list, is_instant) = (row.route, row.sole, row.timeouts, row.is_instant);
        let parent = FrameId::request_of(client, !row.is_plain);
        let instance = if sole == InstanceId::NONE { self.in_turn(edge, FrameId::NONE) } else { sole };
        let (class, sent) = (class as u8, self.now);
        // Whoever is there at once has it now.
        let row = self.instances.get(instance.0 as usize).filter(|_| is_instant);
        let Some(to) = row.filter(|row| row.state == InstanceState::Up).map(|row| row.part) else {
            return self.send_folded(edge, parent, instance, key, class);
        };
        let there = Frame { parent, instance, route, key, class, depth: 1, sent, ..Frame::EMPTY };
        let child = self.put_two(Frame { phase: Phase::Work, arrived: sent, ..there }, list);
        self.count_arrival(to);
        child
    }

    /// A request without a frame of its own goes on its way; who goes on, or none.
    #[inline(never)]
    fn send_folded(
        &mut self,
        edge: EdgeSlot,
        parent: FrameId,
        instance: InstanceId,
        key: u64,
        class: u8,
    ) -> FrameId {
        let row = &self.edges[edge as usize];
        let (route, list, is_instant) = (row.route, row.timeouts, row.is_instant);
        let (phase, sent) = (Phase::Request, self.now);
        let shape = Frame { parent, instance, route, key, class, depth: 1, sent, phase, ..Frame::EMPTY };
        let child = self.put_two(shape, list);
        let flow = if is_instant {
            self.arrive(child)
        } else {
            self.put_on_wire(edge, LaneId::requests(edge), child)
        };
        flow.next()
    }

    /// A frame that counts as two.
    #[inline(always)]
    fn put_two(&mut self, frame: Frame, list: FrameId) -> FrameId {
        let child = self.put_frame(frame);
        self.frames.count_hidden();
        if !list.is_none() {
            self.arm(list, child);
        }
        child
    }

    /// The call of a request without a frame of its own has ended, and so has the request.
    #[inline(always)]
    pub(super) fn end_folded(&mut self, part: u32, call: &Ended, outcome: Outcome, latency: Ns) -> Flow {
        self.frames.uncount_hidden();
        if self.has_stories {
            self.tell_of_end_of(call, outcome);
        }
        self.digest.fold(self.now ^ call.key, u64::from(outcome as u8) << 8 | outcome as u64);
        self.count_request(part, call.class, outcome, latency);
        Flow::WAIT
    }

    /// Before a call that failed is answered for: whoever tries it again has a frame.
    #[cold]
    pub(super) fn unfold_to_try_again(&mut self, call: FrameId) {
        if self.frames[call].parent.is_tried_again() {
            self.unfold(call);
        }
    }

    /// Whose call this is, as a frame.
    pub(super) fn caller_of(&mut self, call: FrameId) -> FrameId {
        let parent = self.frames[call].parent;
        if parent.is_folded() { self.unfold(call) } else { parent }
    }

    /// The instance whose call this is.
    pub(super) fn calling_instance(&self, call: &Frame) -> InstanceId {
        if call.parent.is_folded() { call.parent.client() } else { self.frames[call.parent].instance }
    }

    /// The client whose request is without a frame of its own beside this one.
    pub(super) fn folded_client(call: &Frame) -> Option<InstanceId> {
        call.parent.is_folded().then(|| call.parent.client())
    }

    /// Gives a request a frame of its own.
    #[cold]
    #[inline(never)]
    fn unfold(&mut self, call: FrameId) -> FrameId {
        let Frame { parent, key, class, sent, route, .. } = self.frames[call];
        let (instance, again) = (parent.client(), parent.is_tried_again());
        let pc = if again { ONCE } else { PASS };
        let root = Frame { instance, phase: Phase::Root, key, class, arrived: sent, pc, ..Frame::EMPTY };
        let root = self.put_frame(Frame { then: PASS, cursor: 1, next: call, ..root });
        self.frames.uncount_hidden();
        self.frames[call].parent = root;
        if again {
            let edge = self.routes.entry(route);
            self.begin_once(root, edge, PASS);
        }
        root
    }

    /// Gives every request that shares a frame one of its own, of some clients.
    #[cold]
    pub(super) fn unfold_all(&mut self, wanted: impl Fn(&Self, InstanceId) -> bool) {
        let folded = |frame: &Frame| Self::folded_client(frame).is_some_and(|client| wanted(self, client));
        let calls: Vec<FrameId> =
            self.frames.live().filter(|(_, frame)| folded(frame)).map(|(id, _)| id).collect();
        for call in calls {
            self.unfold(call);
        }
    }
}

/// What is known of a call that has ended.
pub(crate) struct Ended {
    pub(super) parent: FrameId,
    pub(super) sent: Ns,
    pub(super) note: u32,
    pub(super) key: u64,
    pub(super) class: u8,
}
