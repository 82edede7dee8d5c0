//! What a component's step sees of the engine, and what it may ask for.

use super::calendar::{Entry, Tag};
use super::flow::{Flow, Timeouts};
use super::{Core, Draws, Frame, FrameId, InstanceId, Ns, Phase, Place, Stream};
use crate::network::{EdgeSlot, ViewId};
use crate::observe::{Class, Outcome};

/// Where a step goes on. 0 is the arrival; those from [`ENGINE`] on are the engine's own.
pub(crate) type Pc = u8;

pub(crate) const ENGINE: Pc = 236;
/// Something is done to instances, which a step cannot.
pub(crate) const ORDER: Pc = 236;
/// An instance that has started is warm.
pub(crate) const WARM: Pc = 237;
/// Takes in how the only attempt of a call has ended so far, which is tried again if it failed.
pub(crate) const ONCE: Pc = 238;
/// The wish for a connection has reached the callee.
pub(crate) const REACHED: Pc = 239;
/// A connection is open: the call can travel.
pub(crate) const OPENED: Pc = 240;
/// Tells a join how one of several calls ended.
pub(crate) const JOINED: Pc = 241;
/// Answers a call that was let in to wait with an error after all.
pub(crate) const SHED: Pc = 242;
/// An answer reaches a caller who was paused when it came.
pub(crate) const BACK: Pc = 243;
/// An instance begins a pause of its own.
pub(crate) const PAUSE: Pc = 244;
/// It goes on.
pub(crate) const GO_ON: Pc = 245;
/// Refuses a call whose deadline passed while it waited for a worker.
pub(crate) const EXPIRED: Pc = 246;
/// Tries a call again after a pause.
pub(crate) const RETRY: Pc = 247;
/// Sends a call once there is a connection for it.
pub(crate) const RESERVED: Pc = 248;
/// Takes in how an attempt ended.
pub(crate) const TRIED: Pc = 249;
/// Looks again whether a name is known.
pub(crate) const LOOK: Pc = 250;
/// Takes in the answer of a name server.
pub(crate) const ASKED: Pc = 251;
/// The work is done: answers well. A type's own step is not called again.
pub(crate) const DONE: Pc = 252;
/// Answers as the last call ended: well, or with an error reply.
pub(crate) const RELAY: Pc = 253;
/// Answers with the very outcome of the last call.
pub(crate) const PASS: Pc = 254;

/// What a call waits for next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    /// A worker of the station at `slot`; the engine answers `Overloaded` where the queue is full.
    Acquire { slot: u8, then: Pc },
    /// A worker of the station at `slot`, and this much work with it.
    Visit { slot: u8, time: Ns, then: Pc },
    /// The end of a request, or of calls made at once, that have it as their parent.
    Await { then: Pc },
    /// Nothing but time.
    Sleep { time: Ns, then: Pc },
    /// An answer from the part at the end of an edge, from its next instance in turn.
    Call { edge: EdgeSlot, then: Pc },
    /// The part at the end of the edge answers in its place.
    Forward { edge: EdgeSlot },
    /// An answer from one instance; nobody waits longer than the list of timeouts says, which is the edge's
    /// own where it is [`Next::BY_POLICY`].
    CallOne { edge: EdgeSlot, to: InstanceId, list: FrameId, then: Pc },
    /// An answer from a target that this instance of a balancer chooses, as the mode of its edge says.
    Balance { view: ViewId },
    /// Nothing: it is over, and this is the answer. What it holds is released.
    Reply(Outcome),
    /// The engine was told already.
    Told(Flow),
}

impl Next {
    /// The timeouts of the edge's policy.
    pub(crate) const BY_POLICY: FrameId = FrameId(u32::MAX - 1);
}

impl Core {
    /// As [`carry_out`](Self::carry_out), one for all types that make few steps.
    #[inline(never)]
    pub(crate) fn carry_out_shared(&mut self, frame: FrameId, place: Place, next: Next) -> Flow {
        self.carry_out(frame, place, next)
    }

    /// Does what a step asked for.
    #[inline(always)]
    pub(crate) fn carry_out(&mut self, frame: FrameId, place: Place, next: Next) -> Flow {
        match next {
            Next::Acquire { slot, then } => self.acquire(frame, place, slot, then),
            Next::Visit { slot, time, then } => self.visit_at(frame, place, slot, time, then),
            Next::Await { then } => {
                self.frames[frame].pc = then;
                Flow::WAIT
            }
            Next::Sleep { time, then } => self.sleep(frame, time, then),
            Next::Call { edge, then } => self.call(frame, edge, then),
            Next::Forward { edge } => self.forward(frame, edge, None),
            Next::CallOne { edge, to, list, then } => {
                self.call_one(frame, edge, Some(to), Timeouts::of(list), then)
            }
            Next::Balance { view } => self.balance(frame, view),
            Next::Reply(outcome) => self.answer_at(frame, place, outcome),
            Next::Told(flow) => flow,
        }
    }
}

/// The engine, as one step sees it.
pub(crate) struct Cx<'a> {
    pub(crate) core: &'a mut Core,
    /// The call that is handled; none in hooks.
    pub(crate) frame: FrameId,
    pub(crate) instance: InstanceId,
    /// The slot of the part that the instance is of.
    pub(crate) part: u32,
    /// The first station of the instance.
    first: u32,
}

impl<'a> Cx<'a> {
    #[inline(always)]
    pub(crate) const fn new(core: &'a mut Core, frame: FrameId, instance: InstanceId, place: Place) -> Self {
        Self { core, frame, instance, part: place.part, first: place.first }
    }
}

impl Cx<'_> {
    /// The same, to be lent to what is called out of line: where this one is not, it need not stand in memory.
    #[inline(always)]
    pub(crate) const fn again(&mut self) -> Cx<'_> {
        Cx { core: self.core, frame: self.frame, instance: self.instance, part: self.part, first: self.first }
    }

    #[inline(always)]
    pub(crate) const fn place(&self) -> Place {
        Place { part: self.part, first: self.first }
    }

    /// As [`Next::Visit`], told at once.
    #[inline(always)]
    pub(crate) fn visit(&mut self, slot: u8, time: Ns, then: Pc) -> Next {
        Next::Told(self.core.visit_at(self.frame, self.place(), slot, time, then))
    }

    #[inline]
    pub(crate) fn frame(&mut self) -> &mut Frame {
        &mut self.core.frames[self.frame]
    }

    #[inline]
    pub(crate) fn pc(&self) -> Pc {
        self.core.frames[self.frame].pc
    }

    #[inline]
    pub(crate) fn class(&self) -> Class {
        Class::from_index(self.core.frames[self.frame].class)
    }

    /// How the last call that it made ended.
    #[inline]
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome::from_index(self.core.frames[self.frame].outcome)
    }

    /// The numbers that this visit draws from a stream.
    #[inline]
    pub(crate) fn draws(&self, stream: Stream) -> Draws {
        stream.of(self.core.frames[self.frame].key)
    }

    /// The slot of the part that the instance is of.
    #[inline]
    pub(crate) fn part(&self) -> u32 {
        self.part
    }

    /// Whether the part calls any other.
    #[inline]
    pub(crate) fn has_calls(&self) -> bool {
        !self.core.parts[self.part() as usize].plan.is_empty()
    }

    /// Which of the part's instances this is, counted from 0.
    pub(crate) fn number(&self) -> usize {
        self.core.instances[self.instance.0 as usize].number as usize
    }

    /// Whether this instance does nothing at the moment but take calls in.
    pub(crate) fn is_paused(&self) -> bool {
        self.core.paused > 0 && self.core.instances[self.instance.0 as usize].is_paused
    }

    /// Starts an activity of this instance; it goes on at `pc` after `delay`.
    pub(crate) fn start_process(&mut self, delay: Ns, pc: Pc, note: u32) -> Option<FrameId> {
        let (instance, class) = (self.instance, Class::Probe as u8);
        let process = Frame { instance, phase: Phase::Process, pc, note, class, ..Frame::EMPTY };
        let frame = self.core.spawn(process)?;
        let now = self.core.now;
        let entry = Entry::new(Tag::Resume, frame.0, self.core.frames[frame].generation);
        self.core.calendar.push(now.saturating_add(delay), entry);
        Some(frame)
    }

    /// Makes a visitor's request, for its client to let go on. `None` where a bound of the
    /// simulator is reached: the request is counted as refused.
    #[inline(always)]
    pub(crate) fn issue(&mut self, key: u64, class: Class) -> Option<FrameId> {
        let part = self.part();
        self.core.count_issue(part, class);
        let (instance, class) = (self.instance, class as u8);
        let root = Frame { instance, phase: Phase::Root, key, class, ..Frame::EMPTY };
        let Some(frame) = self.core.spawn(root) else {
            self.core.count_request(part, class, Outcome::Guarded, 0);
            self.core.tell_of_no_room(instance, key, Class::from_index(class));
            return None;
        };
        Some(frame)
    }
}
