//! Workers: asked for, given, worked with, given back.

use super::calendar::{Entry, Tag};
use super::core::Waiting;
use super::cx::EXPIRED;
use super::flow::Flow;
use super::{Core, Frame, FrameId, Ns, Pc, Place};
use crate::observe::Outcome;
use crate::resource::{Grant, StationId};

impl Core {
    /// Asks for a worker.
    #[inline]
    pub(crate) fn acquire(&mut self, frame: FrameId, place: Place, slot: u8, then: Pc) -> Flow {
        match self.enter(frame, place, slot, None, then) {
            Grant::Taken => Flow::go(frame),
            Grant::Queued => Flow::WAIT,
            Grant::Full => self.answer(frame, Outcome::Overloaded),
            Grant::ByRegime => self.enter_regime(frame, slot, None),
        }
    }

    /// Asks for a worker and works with it for a time.
    pub(crate) fn visit(&mut self, frame: FrameId, slot: u8, time: Ns, then: Pc) -> Flow {
        self.visit_at(frame, self.place_of(self.frames[frame].instance), slot, time, then)
    }

    /// As [`visit`](Self::visit), of a frame whose place is known.
    #[inline(always)]
    pub(crate) fn visit_at(&mut self, frame: FrameId, place: Place, slot: u8, time: Ns, then: Pc) -> Flow {
        match self.enter(frame, place, slot, Some(time), then) {
            Grant::Taken => self.serve(frame, place.part, time),
            Grant::Queued => Flow::WAIT,
            Grant::Full => self.answer(frame, Outcome::Overloaded),
            Grant::ByRegime => self.enter_regime(frame, slot, Some(time)),
        }
    }

    /// A worker, and so much work with it, if that is known.
    #[inline(always)]
    fn enter(&mut self, frame: FrameId, place: Place, slot: u8, work: Option<Ns>, then: Pc) -> Grant {
        self.frames[frame].pc = then;
        let station = StationId(place.first + u32::from(slot));
        if self.stations[station.0 as usize].is_rare {
            return self.enter_rare(frame, place, slot, work);
        }
        self.enter_plain(frame, place, slot, work)
    }

    #[cold]
    fn enter_rare(&mut self, frame: FrameId, place: Place, slot: u8, work: Option<Ns>) -> Grant {
        let row = &mut self.stations[place.first as usize + usize::from(slot)];
        if row.shape.gap != 0 && !row.take_token(self.now) {
            return Grant::Full;
        }
        if row.by_regime { Grant::ByRegime } else { self.enter_plain(frame, place, slot, work) }
    }

    #[inline(always)]
    fn enter_plain(&mut self, frame: FrameId, place: Place, slot: u8, work: Option<Ns>) -> Grant {
        let now = self.now;
        let station = StationId(place.first + u32::from(slot));
        let row = &mut self.stations[station.0 as usize];
        let mut ahead = row.last();
        let mut grant = row.acquire(now, &mut self.frames, frame);
        if grant == Grant::Full && self.push_out(station) {
            let row = &mut self.stations[station.0 as usize];
            ahead = row.last();
            grant = row.acquire(now, &mut self.frames, frame);
        }
        match grant {
            Grant::Taken => {
                self.frames[frame].held |= 1 << slot;
                let stats = &mut self.parts[place.part as usize].stats;
                stats.wait.record(0);
            }
            Grant::Queued => self.wait_in(frame, station, ahead, work),
            Grant::Full | Grant::ByRegime => {}
        }
        grant
    }

    /// The queue is full: the oldest makes room where that is the rule.
    #[cold]
    fn push_out(&mut self, station: StationId) -> bool {
        let Some(oldest) = self.stations[station.0 as usize].to_push_out() else { return false };
        self.leave_queue(oldest);
        if let Some(caller) = self.answer(oldest, Outcome::Overloaded).frame() {
            self.wake_once(caller);
        }
        true
    }

    /// A frame stands at the end of a station's queue, with this much work if that is known.
    #[inline(always)]
    pub(super) fn wait_in(&mut self, frame: FrameId, station: StationId, ahead: FrameId, work: Option<Ns>) {
        let row = &mut self.frames[frame];
        row.flags |= if work.is_some() { Frame::QUEUED | Frame::WORKS } else { Frame::QUEUED };
        // Last come, first served: it stands before all others.
        let behind = row.next;
        self.waiting[frame.0 as usize] = Waiting { since: self.now, work: work.unwrap_or(0), station, ahead };
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

    /// A frame leaves the queue with a worker: it goes on, or begins the work that it came for.
    pub(crate) fn admitted(&mut self, frame: FrameId, slot: u8) {
        let part = self.part_of(self.frames[frame].instance);
        self.admitted_at(frame, part, slot);
    }

    /// As [`admitted`](Self::admitted), for a frame at a part.
    #[inline(always)]
    fn admitted_at(&mut self, frame: FrameId, part: u32, slot: u8) {
        let Waiting { since, work, .. } = self.waiting[frame.0 as usize];
        let row = &mut self.frames[frame];
        let (flags, generation) = (row.flags, row.generation);
        row.flags = flags & !(Frame::QUEUED | Frame::WORKS);
        row.held |= 1 << slot;
        let stats = &mut self.parts[part as usize].stats;
        stats.wait.record(self.now - since);
        if flags & (Frame::DEADLINE | Frame::WORKS) != Frame::WORKS {
            return self.admitted_otherwise(frame, flags & Frame::WORKS != 0, work);
        }
        stats.service.record(work);
        if work == 0 {
            self.ready.push_back(frame);
            return;
        }
        let entry = Entry::new(Tag::Resume, frame.0, generation);
        self.calendar.push(self.now.saturating_add(work), entry);
    }

    /// It has a deadline, or comes for the worker alone.
    #[inline(never)]
    fn admitted_otherwise(&mut self, frame: FrameId, works: bool, work: Ns) {
        if self.frames[frame].has(Frame::DEADLINE) && self.is_expired(frame) {
            self.frames[frame].pc = EXPIRED;
            self.ready.push_back(frame);
            return;
        }
        let part = self.part_of(self.frames[frame].instance);
        if !works || self.serve(frame, part, work) != Flow::WAIT {
            self.ready.push_back(frame);
        }
    }

    /// Gives back every worker that a frame holds; those who waited for them go on after it.
    #[inline]
    pub(crate) fn release(&mut self, frame: FrameId) {
        let row = &mut self.frames[frame];
        let (held, instance) = (row.held, row.instance);
        row.held = 0;
        if held != 0 {
            self.take_back(frame, self.place_of(instance), held);
        }
    }

    /// Takes workers back, one bit for each station of an instance.
    #[inline(always)]
    pub(super) fn take_back(&mut self, frame: FrameId, place: Place, held: u8) {
        if held == 1 {
            self.take_one_back(frame, place, 0);
        } else {
            self.take_many_back(frame, place, held);
        }
    }

    #[inline(never)]
    fn take_many_back(&mut self, frame: FrameId, place: Place, mut held: u8) {
        while held != 0 {
            let slot = held.trailing_zeros() as u8;
            held &= held - 1;
            if 1 << slot == Frame::TRANSACTION {
                self.end_transaction(frame);
                continue;
            }
            self.take_one_back(frame, place, slot);
        }
    }

    #[inline(always)]
    fn take_one_back(&mut self, frame: FrameId, place: Place, slot: u8) {
        let id = StationId(place.first + u32::from(slot));
        let station = &mut self.stations[id.0 as usize];
        if station.by_regime {
            self.leave_regime(frame, id);
        } else if let Some(next) = station.release(self.now, &self.frames) {
            self.admitted_at(next, place.part, slot);
        }
    }

    /// Work with the workers that it holds, up to where its step goes on.
    #[inline(always)]
    pub(super) fn serve(&mut self, frame: FrameId, part: u32, time: Ns) -> Flow {
        let generation = self.frames[frame].generation;
        self.parts[part as usize].stats.service.record(time);
        if time == 0 {
            return Flow::go(frame);
        }
        self.calendar.push(self.now.saturating_add(time), Entry::new(Tag::Resume, frame.0, generation));
        Flow::WAIT
    }

    /// As [`sleep`](Self::sleep), until a time that is still to come, to go on where it is.
    #[inline(always)]
    pub(crate) fn sleep_on(&mut self, frame: FrameId, until: Ns) {
        let generation = self.frames[frame].generation;
        self.calendar.push(until, Entry::new(Tag::Resume, frame.0, generation));
    }

    #[inline(always)]
    pub(crate) fn sleep(&mut self, frame: FrameId, time: Ns, then: Pc) -> Flow {
        let row = &mut self.frames[frame];
        row.pc = then;
        if time == 0 {
            return Flow::go(frame);
        }
        let entry = Entry::new(Tag::Resume, frame.0, row.generation);
        self.calendar.push(self.now.saturating_add(time), entry);
        Flow::WAIT
    }

    /// Moves the moment at which a sleeping frame goes on; `Ns::MAX` is never.
    pub(crate) fn reschedule(&mut self, frame: FrameId, at: Ns) {
        let generation = self.renew(frame);
        self.calendar.push(at, Entry::new(Tag::Resume, frame.0, generation));
    }
}
