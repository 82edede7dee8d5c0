//! What becomes of the calls of instances that die.

use std::collections::BTreeSet;

use super::calendar::Tag;
use super::cx::TRIED;
use super::{Core, Frame, FrameId, InstanceId, Phase};
use crate::observe::Outcome;

impl Core {
    /// Ends everything that runs in dying instances. They are marked dead already, and whoever died before
    /// has nothing left to bury.
    pub(super) fn bury(&mut self, dying: &[InstanceId]) {
        self.unfold_all(|core, client| !core.is_up(client));
        let mut dead: Vec<FrameId> = Vec::new();
        for (id, frame) in self.frames.live() {
            let here = matches!(
                frame.phase,
                Phase::Root | Phase::Process | Phase::Work | Phase::Branch | Phase::Join
            );
            if here && !self.is_up(frame.instance) {
                dead.push(id);
            }
        }
        // By age, not by place: places depend on what else runs.
        crate::order::sort_by_key(&mut dead, |id| (self.frames[*id].arrived, self.frames[*id].key, *id));
        for id in &dead {
            self.frames[*id].flags |= Frame::DYING;
        }
        // What an earlier change of the same edit had woken dies before it gets its turn.
        let frames = &self.frames;
        self.ready.retain(|id| !frames[*id].has(Frame::DYING));
        self.orphan_children();
        for instance in dying {
            self.instances[instance.0 as usize].died = self.now;
        }
        for instance in dying {
            for station in self.stations_of(*instance) {
                self.stations[station].clear(self.now);
                self.clear_regime(station);
            }
        }
        self.forget_callers(dying);
        for id in dead {
            self.end_dead(id);
        }
        self.forget_dead_look_ups(dying);
        self.forget_stale_entries();
    }

    /// Throws away what the calendar holds for the dead, once that is most of it.
    pub(super) fn forget_stale_entries(&mut self) {
        if self.calendar.len() > 4_096 + 2 * (self.frames.count() + self.lanes.len()) {
            let (frames, lanes, extras) = (&self.frames, &self.lanes, &self.extras);
            let is_under_way = |frame: &Frame| matches!(frame.phase, Phase::Request | Phase::Reply);
            self.calendar.retain(|entry| match entry.tag() {
                Tag::Message => {
                    let frame = &frames[FrameId(entry.id())];
                    frame.generation == entry.generation() && is_under_way(frame)
                }
                Tag::Resume | Tag::Cancel | Tag::Expire => {
                    frames[FrameId(entry.id())].generation == entry.generation()
                }
                Tag::Lane => lanes[entry.id() as usize].epoch == entry.generation(),
                Tag::Timeouts | Tag::Station => true,
                Tag::Alarm => extras
                    .get(FrameId(entry.id()), frames)
                    .is_some_and(|extra| extra.alarm == entry.generation()),
            });
        }
    }

    /// What the dying had called goes on, and nobody waits for it.
    fn orphan_children(&mut self) {
        let is_orphan = |frame: &Frame| {
            matches!(frame.phase, Phase::Request | Phase::Work | Phase::Reply | Phase::Lost)
                && !frame.has(Frame::ABANDONED)
                && !frame.parent.is_none()
                && !frame.parent.is_folded()
                && self.frames[frame.parent].has(Frame::DYING)
        };
        let mut children: Vec<FrameId> =
            self.frames.live().filter(|(_, frame)| is_orphan(frame)).map(|(id, _)| id).collect();
        crate::order::sort_by_key(&mut children, |id| (self.frames[*id].sent, self.frames[*id].key, *id));
        for id in children {
            self.orphan(id);
        }
    }

    fn end_dead(&mut self, id: FrameId) {
        if let Some(extra) = self.extras.get_mut(id) {
            extra.alarm = 0;
        }
        if self.frames[id].has_transaction() {
            self.end_transaction(id);
        }
        let row = &mut self.frames[id];
        row.held = 0;
        row.flags &= !(Frame::QUEUED | Frame::WORKS | Frame::DYING);
        let row = *row;
        self.renew(id);
        if row.has(Frame::DEADLINE) && !row.has(Frame::ABANDONED) && row.phase == Phase::Work {
            // Its caller still gives up in time, should the word of its death be lost.
            #[cfg(debug_assertions)]
            crate::planted::panic();
            let deadline = self.extra(id).deadline;
            self.expire_at(id, deadline);
        }
        match row.phase {
            Phase::Root => {
                let part = self.part_of(row.instance);
                self.count_request(part, row.class, Outcome::Reset, self.now - row.arrived);
                self.tell_of_end(id, Outcome::Reset);
                self.frames.free(id);
            }
            Phase::Process | Phase::Branch | Phase::Join => self.frames.free(id),
            _ if row.has(Frame::ABANDONED) => {
                let entry = self.routes.entry(row.route);
                let ledger = &mut self.edge_mut(entry).ledger;
                ledger.abandoned -= 1;
                ledger.lost += 1;
                #[cfg(debug_assertions)]
                if crate::planted::is(crate::planted::Defect::Miscount) {
                    ledger.lost -= 1;
                }
                self.uncount_all(id);
                self.frames.free(id);
            }
            _ => {
                let part = self.part_of(row.instance);
                self.part_mut(part).stats.replied[Outcome::Reset as usize] += 1;
                self.part_mut(part).stats.window_errors += 1;
                if self.is_dark(row.instance) {
                    // Nobody is left to tell the callers.
                    self.lose(id);
                } else if let Some(caller) = self.send_back(id, Outcome::Reset).frame() {
                    self.wake_once(caller);
                }
            }
        }
    }

    /// A caller that had sent two copies may be reset twice at one moment.
    pub(super) fn wake_once(&mut self, caller: FrameId) {
        if self.frames[caller].pc == TRIED {
            let extra = self.extra(caller);
            if std::mem::replace(&mut extra.woken, true) {
                return;
            }
        }
        self.ready.push_back(caller);
    }

    /// A look-up whose asker died is asked again by those who waited for it.
    fn forget_dead_look_ups(&mut self, dying: &[InstanceId]) {
        let parts: BTreeSet<u32> = crate::order::gather(dying.iter().map(|instance| self.part_of(*instance)));
        for slot in 0..self.edges.len() {
            let row = &self.edges[slot];
            let Some(id) = row.resolver.filter(|_| parts.contains(&row.from)) else { continue };
            let (resolver, frames) = (&mut self.resolvers[id as usize], &self.frames);
            let is_live = |asked: &(FrameId, u32)| frames[asked.0].generation == asked.1;
            resolver.waiting.retain(is_live);
            if resolver.asking.is_some_and(|asker| !is_live(&asker)) {
                resolver.asking = None;
                self.wake(id);
            }
        }
    }
}
