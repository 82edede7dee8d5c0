//! Workers: asked for, given, worked with, given back.

use super::calendar::{Entry, Tag};
use super::core::Waiting;
use super::cx::EXPIRED;
use super::flow::Flow;
use super::{Core, Frame, FrameId, Ns, Pc};
use crate::observe::Outcome;
use crate::resource::{Grant, StationId};

impl Core {
    /// Asks for a worker.
    #[inline]
    pub(crate) fn acquire(&mut self, frame: FrameId, slot: u8, then: Pc) -> Flow {
        match self.enter(frame, slot, then) {
            Grant::Taken => Flow::Go(frame),
            Grant::Queued => Flow::Wait,
            Grant::Full => self.answer(frame, Outcome::Overloaded),
            Grant::ByRegime => self.enter_regime(frame, slot, None),
        }
    }

    /// Asks for a worker and works with it for a time.
    #[inline]
    pub(crate) fn visit(&mut self, frame: FrameId, slot: u8, time: Ns, then: Pc) -> Flow {
        match self.enter(frame, slot, then) {
            Grant::Taken => self.serve(frame, time, then),
            Grant::Queued => {
                self.frames[frame].flags |= Frame::WORKS;
                self.waiting[frame.0 as usize].work = time;
                Flow::Wait
            }
            Grant::Full => self.answer(frame, Outcome::Overloaded),
            Grant::ByRegime => self.enter_regime(frame, slot, Some(time)),
        }
    }

    #[inline(always)]
    fn enter(&mut self, frame: FrameId, slot: u8, then: Pc) -> Grant {
        let row = &mut self.frames[frame];
        row.pc = then;
        let instance = row.instance;
        let station = self.station(instance, slot);
        if self.stations[station.0 as usize].is_rare {
            return self.enter_rare(frame, slot, station);
        }
        self.enter_plain(frame, slot, station)
    }

    #[cold]
    fn enter_rare(&mut self, frame: FrameId, slot: u8, station: StationId) -> Grant {
        let row = &mut self.stations[station.0 as usize];
        if row.shape.gap != 0 && !row.take_token(self.now) {
            return Grant::Full;
        }
        if row.by_regime { Grant::ByRegime } else { self.enter_plain(frame, slot, station) }
    }

    #[inline(always)]
    fn enter_plain(&mut self, frame: FrameId, slot: u8, station: StationId) -> Grant {
        let now = self.now;
        let row = &mut self.stations[station.0 as usize];
        let mut ahead = row.last();
        let mut grant = row.acquire(now, &mut self.frames, frame);
        if grant == Grant::Full && self.push_out(station) {
            let row = &mut self.stations[station.0 as usize];
            ahead = row.last();
            grant = row.acquire(now, &mut self.frames, frame);
        }
        match grant {
            Grant::Taken => self.granted(frame, slot, 0),
            Grant::Queued => self.wait_in(frame, station, ahead),
            Grant::Full | Grant::ByRegime => {}
        }
        grant
    }

    /// The queue is full: the oldest makes room where that is the rule.
    #[cold]
    fn push_out(&mut self, station: StationId) -> bool {
        let Some(oldest) = self.stations[station.0 as usize].to_push_out() else { return false };
        self.leave_queue(oldest);
        if let Flow::Go(caller) = self.answer(oldest, Outcome::Overloaded) {
            self.wake_once(caller);
        }
        true
    }

    /// A frame stands at the end of a station's queue.
    #[inline(always)]
    pub(super) fn wait_in(&mut self, frame: FrameId, station: StationId, ahead: FrameId) {
        self.frames[frame].flags |= Frame::QUEUED;
        let waiting = &mut self.waiting[frame.0 as usize];
        waiting.since = self.now;
        waiting.station = station;
        waiting.ahead = ahead;
        // Last come, first served: it stands before all others.
        let behind = self.frames[frame].next;
        if !behind.is_none() {
            self.waiting[behind.0 as usize].ahead = frame;
        }
    }

    /// Takes a frame out of the queue that it waits in.
    pub(super) fn leave_queue(&mut self, frame: FrameId) {
        let Waiting { station, ahead, .. } = self.waiting[frame.0 as usize];
        self.frames[frame].flags &= !(Frame::QUEUED | Frame::WORKS);
        let row = &mut self.stations[station.0 as usize];
        let behind = if row.by_regime {
            self.leave_line(frame, station, ahead)
        } else {
            row.unlink(self.now, &mut self.frames, frame, ahead)
        };
        if !behind.is_none() {
            self.waiting[behind.0 as usize].ahead = ahead;
        }
    }

    /// A worker was given to a frame.
    #[inline(always)]
    fn granted(&mut self, frame: FrameId, slot: u8, waited: Ns) {
        let row = &mut self.frames[frame];
        row.held |= 1 << slot;
        let instance = row.instance;
        let part = self.part_of(instance);
        let stats = &mut self.part_mut(part).stats;
        stats.visits += 1;
        stats.wait.record(waited);
    }

    /// A frame leaves the queue with a worker: it goes on, or begins the work that it came for.
    #[inline]
    pub(crate) fn admitted(&mut self, frame: FrameId, slot: u8) {
        let Waiting { since, work, .. } = self.waiting[frame.0 as usize];
        self.granted(frame, slot, self.now - since);
        let row = &mut self.frames[frame];
        let works = row.has(Frame::WORKS);
        let has_deadline = row.has(Frame::DEADLINE);
        row.flags &= !(Frame::QUEUED | Frame::WORKS);
        let then = row.pc;
        if has_deadline && self.is_expired(frame) {
            self.frames[frame].pc = EXPIRED;
            self.ready.push_back(frame);
        } else if !works || self.serve(frame, work, then) != Flow::Wait {
            self.ready.push_back(frame);
        }
    }

    /// Gives back every worker that a frame holds; those who waited for them go on after it.
    #[inline]
    pub(crate) fn release(&mut self, frame: FrameId) {
        let (mut held, instance) = (self.frames[frame].held, self.frames[frame].instance);
        self.frames[frame].held = 0;
        while held != 0 {
            let slot = held.trailing_zeros() as u8;
            held &= held - 1;
            let station = self.station(instance, slot);
            let row = &mut self.stations[station.0 as usize];
            if row.by_regime {
                self.leave_regime(frame, station);
            } else if let Some(next) = row.release(self.now, &self.frames) {
                self.admitted(next, slot);
            }
        }
    }

    /// Work with the workers that it holds.
    #[inline(always)]
    pub(super) fn serve(&mut self, frame: FrameId, time: Ns, then: Pc) -> Flow {
        let part = self.part_of(self.frames[frame].instance);
        self.part_mut(part).stats.service.record(time);
        self.sleep(frame, time, then)
    }

    #[inline(always)]
    pub(crate) fn sleep(&mut self, frame: FrameId, time: Ns, then: Pc) -> Flow {
        self.frames[frame].pc = then;
        if time == 0 {
            return Flow::Go(frame);
        }
        let entry = Entry::new(Tag::Resume, frame.0, self.frames[frame].generation);
        self.calendar.push(self.now.saturating_add(time), entry);
        Flow::Wait
    }

    /// Moves the moment at which a sleeping frame goes on; `Ns::MAX` is never.
    pub(crate) fn reschedule(&mut self, frame: FrameId, at: Ns) {
        let generation = self.frames.renew(frame);
        self.calendar.push(at, Entry::new(Tag::Resume, frame.0, generation));
    }
}
