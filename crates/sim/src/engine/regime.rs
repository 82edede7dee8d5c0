//! Stations that are more than plain: who is served how fast, who goes first, who is interrupted or shed.

use super::calendar::{Entry, Tag};
use super::cx::{DONE, ENGINE, EXPIRED, SHED};
use super::flow::Flow;
use super::{Core, Frame, FrameId, Ns, Phase, Waiting};
use crate::observe::{Class, Outcome};
use crate::resource::{Express, Piece, QueueOrder, Regime, Shed, StationId, WhenFull, work_clock};

impl Core {
    /// A frame asks a station for a worker, or for a share of them.
    #[cold]
    #[inline(never)]
    pub(super) fn enter_regime(&mut self, frame: FrameId, slot: u8, work: Option<Ns>) -> Flow {
        let now = self.now;
        let station = self.station(self.frames[frame].instance, slot);
        let at = station.0 as usize;
        let id = self.settle_regime(station);
        let shape = self.stations[at].shape;
        let is_express = self.is_express(frame, shape.first);
        if self.refuses(id, is_express) {
            return self.answer(frame, Outcome::Overloaded);
        }
        let (row, regime) = (&self.stations[at], &self.regimes[id]);
        if regime.is_sharing {
            return if u64::from(regime.present) < u64::from(shape.workers) + u64::from(shape.backlog) {
                self.hold(frame, id);
                self.begin_work(frame, id, 0, work)
            } else {
                self.answer(frame, Outcome::Overloaded)
            };
        }
        let has_worker = row.busy.count() < shape.workers && row.queued.count() == 0 && !regime.is_paused;
        let is_paused = regime.is_paused;
        let waiting = row.queued.count() - regime.interrupted.len() as u32;
        if has_worker || (is_express && shape.preempts && !is_paused && self.interrupt(id)) {
            if has_worker {
                self.stations[at].busy.rise(now);
            }
            self.hold(frame, id);
            return self.begin_work(frame, id, 0, work);
        }
        if waiting >= shape.backlog && !self.make_room(id, is_express) {
            return self.answer(frame, Outcome::Overloaded);
        }
        let (row, regime) = (&mut self.stations[at], &mut self.regimes[id]);
        if row.queued.count() == 0 {
            regime.filled = now;
        }
        let ahead = if is_express { regime.express.last } else { row.last() };
        if is_express {
            regime.express.join(&mut self.frames, frame, shape.order);
        } else {
            row.join(&mut self.frames, frame);
        }
        row.one_waits(now);
        self.wait_in(frame, station, ahead, work);
        Flow::WAIT
    }

    /// Brings a station and the clock of its work up to date.
    pub(super) fn settle_regime(&mut self, station: StationId) -> usize {
        let id = self.stations[station.0 as usize].regime as usize;
        self.regimes[id].work.advance(self.now);
        id
    }

    fn is_express(&self, frame: FrameId, first: Express) -> bool {
        let class = match first {
            Express::None => return false,
            Express::Static => Class::Static,
            Express::Read => Class::Read,
            Express::Write => Class::Write,
            Express::Probe => Class::Probe,
        };
        self.frames[frame].class == class as u8
    }

    /// Whether newcomers are turned away before anything else is asked.
    fn refuses(&mut self, id: usize, is_express: bool) -> bool {
        let regime = &mut self.regimes[id];
        let row = &self.stations[regime.station.0 as usize];
        let inside = if regime.is_sharing { regime.present } else { row.busy.count() + row.queued.count() };
        if regime.is_at_limit(&row.shape, inside) {
            return true;
        }
        if row.shape.shed != Shed::Newcomers || regime.is_sharing {
            return false;
        }
        // Those of a class that goes first do not wait for the others.
        let mine = self.oldest(id, true);
        let oldest = if is_express { mine } else { mine.or_else(|| self.oldest(id, false)) };
        oldest.is_some_and(|oldest| self.now - self.waiting[oldest.0 as usize].since > row.shape.shed_after)
    }

    /// Who has waited longest, among those of a class that goes first or among the others.
    fn oldest(&self, id: usize, is_express: bool) -> Option<FrameId> {
        let regime = &self.regimes[id];
        let row = &self.stations[regime.station.0 as usize];
        let [first, last] =
            if is_express { [regime.express.first, regime.express.last] } else { [row.first(), row.last()] };
        let oldest = if row.shape.order == QueueOrder::Lifo { last } else { first };
        (!oldest.is_none()).then_some(oldest)
    }

    /// The queue is full: the oldest makes room where that is the rule, but never one that goes first for
    /// one that does not.
    fn make_room(&mut self, id: usize, is_express: bool) -> bool {
        let shape = self.stations[self.regimes[id].station.0 as usize].shape;
        if shape.when_full != WhenFull::PushOut || shape.backlog == 0 {
            return false;
        }
        let ordinary = self.oldest(id, false);
        let Some(oldest) = ordinary.or_else(|| self.oldest(id, true).filter(|_| is_express)) else {
            return false;
        };
        self.leave_queue(oldest);
        self.turn_away(oldest);
        true
    }

    /// What had been let in to wait is answered with an error, in a step of its own: its caller may be
    /// hearing from another copy of the call at this very moment.
    fn turn_away(&mut self, frame: FrameId) {
        self.frames[frame].pc = SHED;
        self.ready.push_back(frame);
    }

    /// A frame holds a worker of the station, or a share.
    fn hold(&mut self, frame: FrameId, id: usize) {
        let regime = &mut self.regimes[id];
        regime.present += 1;
        self.frames[frame].held |= 1 << regime.slot;
    }

    /// An ordinary piece of work makes place for one that goes first; it is the next of its kind.
    fn interrupt(&mut self, id: usize) -> bool {
        let regime = &mut self.regimes[id];
        let Some(piece) = regime.work.interrupt(&mut self.waiting) else { return false };
        regime.interrupted.push(piece);
        let row = &mut self.stations[regime.station.0 as usize];
        row.one_waits(self.now);
        true
    }

    /// Begins what a frame came for, after having waited for so long. Where work can be held up by others,
    /// its wait is known only at its end: what it stayed beyond its own demand.
    fn begin_work(&mut self, frame: FrameId, id: usize, waited: Ns, work: Option<Ns>) -> Flow {
        let (station, part) = (self.regimes[id].station, self.part_of(self.frames[frame].instance));
        let shape = self.stations[station.0 as usize].shape;
        let demand = work.unwrap_or(0);
        let is_alone = self.regimes[id].host == u32::MAX;
        let is_counted = demand == 0 || (is_alone && !shape.holds_up_work());
        if is_counted {
            let stats = &mut self.part_mut(part).stats;
            stats.wait.record(waited);
            if work.is_some() {
                stats.service.record(demand);
            }
        }
        if demand == 0 {
            return Flow::go(frame);
        }
        let level = usize::from(!self.is_express(frame, shape.first));
        let base = self.now.saturating_add(demand).saturating_sub(waited);
        let piece = Piece::new(frame, demand, base, is_counted);
        let left = demand as f64;
        self.regimes[id].work.begin(piece, left, level, station, &mut self.waiting);
        self.retime(id);
        Flow::WAIT
    }

    /// Works with what a frame holds of the station at `slot`, which it came for without work.
    pub(super) fn work_with(&mut self, frame: FrameId, slot: u8, work: Ns) -> Flow {
        let station = self.station(self.frames[frame].instance, slot);
        if self.stations[station.0 as usize].by_regime {
            let id = self.settle_regime(station);
            return self.begin_work(frame, id, 0, Some(work));
        }
        let part = self.part_of(self.frames[frame].instance);
        self.serve(frame, part, work)
    }

    /// The pace of the work under way after a change, and the alarm for the next that is done.
    pub(super) fn retime(&mut self, id: usize) {
        if self.regimes[id].host != u32::MAX {
            self.want_cores(id);
        }
        let regime = &mut self.regimes[id];
        let row = &mut self.stations[regime.station.0 as usize];
        regime.set_pace(row.shape.workers);
        if regime.is_sharing {
            let count = regime.work.len() as u32;
            let busy = count.min(row.shape.workers);
            row.busy.set(busy, self.now);
            row.queued.set(count - busy, self.now);
            row.queue_max = row.queue_max.max(count - busy);
        }
        if let Some(due) = regime.work.set_alarm() {
            self.calendar.push(due, Entry::new(Tag::Station, id as u32, 0));
        }
    }

    /// The alarm of a station rings.
    pub(super) fn station_rang(&mut self, id: usize) {
        self.regimes[id].work.rang();
    }

    /// The next frame whose work is done at this moment, if there is one. The first time after an alarm, the next
    /// alarm is set anyway.
    pub(super) fn next_done(&mut self, id: usize, is_first: bool) -> Option<FrameId> {
        let regime = &mut self.regimes[id];
        regime.work.advance(self.now);
        let done = regime.work.take_done(&mut self.waiting);
        if done.is_none() && !is_first {
            return None;
        }
        if let Some(piece) = done
            && !piece.is_counted
        {
            let part = self.part_of(self.frames[piece.frame].instance);
            let waited = self.now.saturating_sub(piece.base);
            let stats = &mut self.part_mut(part).stats;
            stats.wait.record(waited);
            stats.service.record(piece.demand);
        }
        self.retime(id);
        done.map(|piece| piece.frame)
    }

    /// A frame gives back what it holds of a station; those who waited for it go on after it.
    #[cold]
    #[inline(never)]
    pub(super) fn leave_regime(&mut self, frame: FrameId, station: StationId) {
        let id = self.settle_regime(station);
        let regime = &mut self.regimes[id];
        regime.present -= 1;
        let mut had_worker = true;
        let was_at_work = regime.work.remove(frame, &mut self.waiting).is_some();
        if !was_at_work && let Some(at) = regime.interrupted.iter().position(|piece| piece.frame == frame) {
            regime.interrupted.remove(at);
            self.stations[station.0 as usize].queued.fall(self.now);
            had_worker = false;
        }
        let row = &mut self.stations[station.0 as usize];
        let inside = if regime.is_sharing { regime.present } else { row.busy.count() + row.queued.count() };
        regime.learn(&row.shape, self.now - self.frames[frame].arrived, inside, self.now);
        if had_worker && !regime.is_sharing {
            row.busy.fall(self.now);
        }
        let is_other = was_at_work || !regime.work.is_exact();
        self.admit_more(id, is_other);
    }

    /// Lets in whoever may be served now, sets the pace, and goes back to the plain way where that will do.
    pub(super) fn admit_regime(&mut self, id: usize) {
        self.admit_more(id, true);
    }

    /// As [`admit_regime`](Self::admit_regime), where the pace may be right as it is.
    #[inline(always)]
    fn admit_more(&mut self, id: usize, mut is_other: bool) {
        let at = self.regimes[id].station.0 as usize;
        loop {
            let (row, regime) = (&mut self.stations[at], &mut self.regimes[id]);
            if !regime.is_sharing && (regime.is_paused || row.busy.count() >= row.shape.workers) {
                break;
            }
            let express = regime.express.first;
            if express.is_none() && regime.interrupted.is_empty() && row.queued.count() == 0 {
                break;
            }
            is_other = true;
            if !express.is_none() {
                regime.express.leave(&mut self.frames, express, FrameId::NONE);
                row.queued.fall_if_any(self.now);
                self.take_turn(express, id);
            } else if let Some(piece) = regime.interrupted.pop() {
                row.queued.fall_if_any(self.now);
                row.busy.rise(self.now);
                let station = regime.station;
                regime.work.begin(piece, piece.finish, work_clock::ORDINARY, station, &mut self.waiting);
            } else if let Some(frame) = row.take_first(self.now, &self.frames) {
                self.take_turn(frame, id);
            } else {
                break;
            }
        }
        if is_other {
            self.retime(id);
        }
        let row = &mut self.stations[at];
        if self.regimes[id].is_idle() && !row.shape.needs_regime() {
            row.work_by_regime(false);
        }
    }

    /// A frame that waited is next: it is served, or shed.
    fn take_turn(&mut self, frame: FrameId, id: usize) {
        let Waiting { since, work, .. } = self.waiting[frame.0 as usize];
        let waited = self.now - since;
        let row = &mut self.frames[frame];
        let work = row.has(Frame::WORKS).then_some(work);
        let has_deadline = row.has(Frame::DEADLINE);
        row.flags &= !(Frame::QUEUED | Frame::WORKS);
        let station = self.regimes[id].station.0 as usize;
        if self.regimes[id].sheds(&self.stations[station].shape, waited, self.now) {
            self.turn_away(frame);
            return;
        }
        self.stations[station].busy.rise(self.now);
        self.hold(frame, id);
        if has_deadline && self.is_expired(frame) {
            self.begin_work(frame, id, waited, None);
            self.frames[frame].pc = EXPIRED;
            self.ready.push_back(frame);
        } else if self.begin_work(frame, id, waited, work) != Flow::WAIT {
            self.ready.push_back(frame);
        }
    }

    /// Takes a frame out of the queue of a station that is more than plain; who stood behind it.
    pub(super) fn leave_line(&mut self, frame: FrameId, station: StationId, ahead: FrameId) -> FrameId {
        let id = self.settle_regime(station);
        let row = &mut self.stations[station.0 as usize];
        if let Some(behind) = self.regimes[id].express.leave(&mut self.frames, frame, ahead) {
            row.queued.fall(self.now);
            return behind;
        }
        row.unlink(self.now, &mut self.frames, frame, ahead)
    }

    /// Fits stations to their new shapes and conditions, and lets in whoever may be served now. Those that
    /// were plain give up what the calendar holds for them: their work goes on by a clock of its own.
    pub(super) fn refit(&mut self, stations: &[(usize, u8)]) {
        self.engage(stations);
        for (at, slot) in stations.iter().copied() {
            let by_regime = self.stations[at].by_regime;
            self.stations[at].work_by_regime(by_regime);
            if !by_regime {
                while let Some(frame) = self.stations[at].admit(self.now, &self.frames) {
                    self.admitted(frame, slot);
                }
                continue;
            }
            let id = self.settle_regime(StationId(at as u32));
            let (row, regime) = (&mut self.stations[at], &mut self.regimes[id]);
            let shares = row.shape.order == QueueOrder::Sharing;
            if regime.is_sharing && !shares {
                row.busy.set(regime.present, self.now);
                row.queued.set(0, self.now);
            }
            regime.is_sharing = shares;
            self.admit_regime(id);
        }
    }

    /// Switches regimes on where they are needed.
    fn engage(&mut self, stations: &[(usize, u8)]) {
        let mut fresh = Vec::new();
        for (at, slot) in stations.iter().copied() {
            let known = self.stations[at].regime;
            let regime = self.regimes.get(known as usize);
            let is_held_up = regime
                .is_some_and(|regime| regime.is_paused || regime.speed != 1.0 || regime.host != u32::MAX);
            if self.stations[at].by_regime || !(is_held_up || self.stations[at].shape.needs_regime()) {
                continue;
            }
            let id = self.regime_of(at, slot);
            let regime = &mut self.regimes[id];
            regime.work.advance(self.now);
            regime.present = self.stations[at].busy.count();
            regime.filled = self.now;
            self.stations[at].work_by_regime(true);
            if self.stations[at].busy.count() > 0 {
                fresh.push(at);
            }
        }
        if !fresh.is_empty() {
            self.take_over(&fresh);
        }
    }

    /// The regime of a station, on or off.
    pub(super) fn regime_of(&mut self, at: usize, slot: u8) -> usize {
        if self.stations[at].regime == u32::MAX {
            self.stations[at].regime = self.regimes.len() as u32;
            self.regimes.push(Regime::new(StationId(at as u32), slot));
        }
        self.stations[at].regime as usize
    }

    /// Takes the work under way at these stations out of the calendar and under their own clocks.
    fn take_over(&mut self, fresh: &[usize]) {
        let mut is_fresh = vec![false; self.stations.len()];
        for at in fresh {
            is_fresh[*at] = true;
        }
        let (frames, instances) = (&self.frames, &self.instances);
        let place = |entry: Entry| -> Option<StationId> {
            let frame = (entry.tag() == Tag::Resume).then(|| &frames[FrameId(entry.id())])?;
            let works = frame.generation == entry.generation()
                && frame.phase == Phase::Work
                && frame.held & !Frame::TRANSACTION != 0
                && (frame.pc < ENGINE || frame.pc == DONE);
            let first = works.then(|| instances[frame.instance.0 as usize].first_station())?;
            Some(StationId(first + frame.held.trailing_zeros()))
                .filter(|station| is_fresh[station.0 as usize])
        };
        let taken = self.calendar.take_if(|entry| place(entry).is_some());
        let placed: Vec<(Ns, FrameId, StationId)> = taken
            .into_iter()
            .filter_map(|(due, entry)| Some((due, FrameId(entry.id()), place(entry)?)))
            .collect();
        for (due, frame, station) in placed {
            let row = &self.stations[station.0 as usize];
            let level = usize::from(!self.is_express(frame, row.shape.first));
            let left = due - self.now;
            let piece = Piece::new(frame, left, due, true);
            let id = row.regime as usize;
            self.regimes[id].work.begin(piece, left as f64, level, station, &mut self.waiting);
        }
    }

    /// Nobody is left at a station: its instance is dead.
    pub(super) fn clear_regime(&mut self, at: usize) {
        let id = self.stations[at].regime as usize;
        if let Some(regime) = self.regimes.get_mut(id) {
            regime.work.advance(self.now);
            regime.clear();
            if regime.host != u32::MAX {
                self.want_cores(id);
            }
        }
    }
}
