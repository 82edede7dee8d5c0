//! Conservation, recounted from what is live.

use super::calendar::Tag;
use super::{Core, Frame, FrameId, Phase, Simulation};
use crate::component::Kind;
use crate::observe::Class;
use crate::resource::Station;

impl Simulation {
    /// Recounts everything that is counted twice, and says what does not agree.
    ///
    /// Per workload, issued = ended + in flight; per edge, both ledgers; per station, busy workers = frames
    /// that hold one, and waiting = frames that are in the queue; of every live frame, that it waits for one
    /// thing which will come; and that what runs is the design.
    pub fn audit(&self) -> Result<(), String> {
        self.core.audit_workloads()?;
        self.core.audit_edges()?;
        self.core.audit_stations()?;
        self.core.audit_waits()?;
        self.core.audit_policies()?;
        self.core.audit_counts()?;
        self.core.audit_rows()?;
        self.core.audit_stores()?;
        self.core.audit_conditions()?;
        self.core.audit_joins()?;
        self.core.audit_idle()?;
        self.core.audit_messages()?;
        self.audit_design()?;
        self.audit_balancers()
    }

    /// Whom balancers shun is known to those shunned, and every target of a living balancer is being checked.
    fn audit_balancers(&self) -> Result<(), String> {
        let core = &self.core;
        let mut checks = vec![0_usize; core.parts.len()];
        for (_, frame) in core.frames.live().filter(|(_, frame)| frame.phase == Phase::Process) {
            checks[core.part_of(frame.instance) as usize] += 1;
        }
        let mut shunning = 0;
        for (part, checks) in
            core.parts.iter().zip(checks).filter(|(part, _)| matches!(part.kind, Kind::Lb | Kind::Dns))
        {
            let mut gauges = Vec::new();
            self.parts.gauges(core, part.kind, part.row, &mut gauges);
            let value = |name| gauges.iter().find(|gauge| gauge.name == name).map_or(0, |g| g.value as usize);
            let (targets, healthy) = (value("targets"), value("healthy_targets"));
            shunning += targets - healthy;
            let is_off = part.params.word("check") == Some("none");
            if checks < targets && !is_off && core.halted.is_none() && !core.frames.is_full() {
                return Err(format!("checker {}: {targets} targets, but {checks} are checked", part.id));
            }
        }
        let shunned: usize = core.instances.iter().map(|instance| instance.shunned as usize).sum();
        if shunned == shunning {
            Ok(())
        } else {
            Err(format!("checkers shun {shunning} targets, but {shunned} know of it"))
        }
    }

    fn audit_design(&self) -> Result<(), String> {
        let core = &self.core;
        if core.halted.is_some() {
            return Ok(());
        }
        if self.system.parts.len() != core.part_slots.len()
            || self.system.edges.len() != core.edge_slots.len()
        {
            return Err("parts or edges run that are not in the design, or the other way round".to_owned());
        }
        for part in &self.system.parts {
            let row = core.part_slots.get(&part.id).map(|slot| &core.parts[*slot as usize]);
            let same = row.is_some_and(|row| {
                let up = row.instances.iter().filter(|instance| core.is_present(**instance)).count();
                row.params == part.params && !row.removed && up == part.count as usize
            });
            if !same {
                return Err(format!("part {} does not run as it is designed", part.id));
            }
        }
        for edge in &self.system.edges {
            let row = core.edge_slots.get(&edge.id).map(|slot| core.edge(*slot));
            let ends = [edge.from, edge.to].map(|id| core.part_slots.get(&id).copied());
            let same = row.is_some_and(|row| {
                (row.mode, row.weight) == (edge.mode, edge.weight)
                    && [Some(row.from), Some(row.to)] == ends
                    && !row.removed
            });
            if !same {
                return Err(format!("edge {} does not run as it is designed", edge.id));
            }
        }
        Ok(())
    }

    /// Damages the state as a bug would. For the test of the audit; false where there is nothing to damage.
    #[doc(hidden)]
    pub fn leak(&mut self, what: Leak) -> bool {
        self.core.leak(what).is_some()
    }
}

/// A damage that the audit must find.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leak {
    /// A visitor's request vanishes without being counted.
    Request,
    /// A call vanishes, and its edge does not know.
    Call,
    /// A worker is never given back.
    Worker,
    /// A frame falls out of the queue that it waits in.
    QueueEntry,
    /// An edge forgets that it has issued a call.
    LedgerEntry,
    /// An answer is never delivered, though nothing lost it.
    Message,
    /// What a frame sleeps for never comes.
    Alarm,
    /// A caller's timeout never comes.
    Timeout,
    /// A connection of a pool is never given back.
    Connection,
    /// A balancer forgets a call that is open.
    Count,
    /// A row forgets that it was written.
    Row,
    /// A cache has a key that nobody would ever throw out.
    Key,
    /// A message that keeps no order never arrives.
    LooseMessage,
    /// An open connection that nobody uses is forgotten.
    IdleConnection,
    /// One of several calls made at once falls out of the join that waits for it.
    Branch,
    /// A broker forgets a message.
    Queued,
    /// A replicated database forgets that it has acknowledged a write.
    Acknowledged,
    /// A lock is never given back.
    Lock,
}

/// Of each class, how many requests are live.
pub(super) type InFlight = [u64; Class::VISITORS.len()];

impl Core {
    fn leak(&mut self, what: Leak) -> Option<()> {
        let find = |is: fn(&Frame) -> bool| self.frames.live().find(|(_, frame)| is(frame)).map(|(id, _)| id);
        match what {
            Leak::Request => {
                let id = find(|frame| frame.phase == Phase::Root)?;
                self.frames[id].phase = Phase::List;
            }
            Leak::Call => {
                let id = find(|frame| frame.phase == Phase::Work)?;
                self.frames[id].phase = Phase::Process;
            }
            Leak::Worker => {
                let id = find(|frame| frame.held != 0)?;
                self.frames[id].held = 0;
            }
            Leak::QueueEntry => {
                let waits = |station: &&mut Station| station.queued.count() > 1 && !station.by_regime;
                let station = self.stations.iter_mut().find(waits)?;
                station.lose_one(&mut self.frames);
            }
            Leak::LedgerEntry => {
                self.edges.iter_mut().find(|edge| edge.ledger.issued > 0)?.ledger.issued -= 1;
            }
            Leak::Message => {
                self.lanes.iter_mut().find(|lane| lane.ordered().nth(1).is_some())?.arrive();
            }
            Leak::Alarm => {
                find(|frame| frame.phase == Phase::Work && frame.held != 0)?;
                self.calendar.retain(|entry| entry.tag() != Tag::Resume);
            }
            Leak::Timeout => {
                let armed = |frame: &Frame| frame.phase == Phase::List && frame.has(Frame::QUEUED);
                find(armed)?;
                self.calendar.retain(|entry| entry.tag() != Tag::Timeouts);
            }
            Leak::Connection => self.leak_connection()?,
            Leak::Count => self.leak_count()?,
            Leak::Row => self.rows.iter_mut().find(|rows| rows.writes() > 0)?.forget_one()?,
            Leak::Key => self.leak_key()?,
            Leak::LooseMessage => {
                self.lanes.iter().find(|lane| !lane.loose().is_empty())?;
                self.calendar.retain(|entry| entry.tag() != Tag::Message);
            }
            Leak::IdleConnection => self.idle.lose_one()?,
            Leak::Branch => self.leak_branch()?,
            Leak::Queued => self.leak_queued()?,
            Leak::Lock => {
                let locks = self.locks.iter().find(|locks| locks.held.all().next().is_some())?;
                let holder = locks.held.all().next()?.0.0;
                self.frames[holder].held &= !Frame::TRANSACTION;
            }
            Leak::Acknowledged => self.groups.iter_mut().find_map(|group| group.histories.leak())?,
        }
        Some(())
    }

    fn leak_connection(&mut self) -> Option<()> {
        let holds =
            |id: FrameId| self.extras.get(id, &self.frames).is_some_and(|extra| extra.connections > 0);
        let calling = |frame: &Frame| Self::is_calling(frame);
        let id = self.frames.live().find(|(id, frame)| calling(frame) && holds(*id))?.0;
        self.extra(id).connections = 0;
        Some(())
    }

    /// Of each part and each class of its requests, how many are live, by one walk.
    pub(super) fn in_flight(&self) -> Vec<InFlight> {
        let mut live = vec![InFlight::default(); self.parts.len()];
        for (_, frame) in self.frames.live() {
            let is_request = (frame.phase == Phase::Root).then_some(frame.instance);
            if let Some(client) = is_request.or(Self::folded_client(frame)) {
                live[self.part_of(client) as usize][frame.class as usize] += 1;
            }
        }
        live
    }

    fn audit_workloads(&self) -> Result<(), String> {
        for (part, live) in self.parts.iter().zip(self.in_flight()) {
            let Some(workloads) = &part.workloads else { continue };
            for (workload, live) in workloads.iter().zip(live) {
                let ended: u64 = workload.ended.iter().sum();
                if workload.issued != ended + live {
                    return Err(format!(
                        "client {}: issued {} requests, but {ended} ended and {live} are in flight",
                        part.id, workload.issued
                    ));
                }
            }
        }
        Ok(())
    }

    fn audit_edges(&self) -> Result<(), String> {
        let mut open = vec![0_u64; self.edges.len()];
        let mut abandoned = vec![0_u64; self.edges.len()];
        for (_, frame) in self.frames.live() {
            if !matches!(frame.phase, Phase::Request | Phase::Work | Phase::Reply | Phase::Lost) {
                continue;
            }
            let entry = self.routes.entry(frame.route) as usize;
            if frame.has(Frame::ABANDONED) { abandoned[entry] += 1 } else { open[entry] += 1 }
        }
        for ((edge, open), abandoned) in self.edges.iter().zip(open).zip(abandoned) {
            let ledger = &edge.ledger;
            if !ledger.balances() || ledger.open != open || ledger.abandoned != abandoned {
                return Err(format!(
                    "edge {}: {open} calls open, {abandoned} abandoned, but {ledger:?}",
                    edge.id
                ));
            }
        }
        Ok(())
    }

    fn audit_stations(&self) -> Result<(), String> {
        let mut held = vec![0_u32; self.stations.len()];
        let mut queued = 0_u32;
        for (_, frame) in self.frames.live() {
            queued += u32::from(frame.phase != Phase::List && frame.has(Frame::QUEUED));
            let mut bits = frame.held & !Frame::TRANSACTION;
            while bits != 0 {
                held[self.station(frame.instance, bits.trailing_zeros() as u8).0 as usize] += 1;
                bits &= bits - 1;
            }
        }
        self.count_connections(&mut held)?;
        for (at, (station, held)) in self.stations.iter().zip(held).enumerate() {
            if station.by_regime {
                for line in self.audit_regime(at, station, held)? {
                    self.audit_queue(at, &line)?;
                    queued -= (line.len() as u32).min(queued);
                }
                continue;
            }
            if station.busy.count() != held {
                return Err(format!("station {at}: {} workers busy, but {held} held", station.busy.count()));
            }
            let waiting: Vec<FrameId> = station.queue(&self.frames).take(Core::QUEUE_WALK).collect();
            if waiting.len() as u32 != station.queued.count() {
                return Err(format!(
                    "station {at}: {} waiting, but {} in the queue",
                    station.queued.count(),
                    waiting.len()
                ));
            }
            self.audit_queue(at, &waiting)?;
            queued -= station.queued.count().min(queued);
        }
        if queued == 0 { Ok(()) } else { Err(format!("{queued} frames wait in no queue")) }
    }

    /// Whoever waits knows where, and who stands before it.
    fn audit_queue(&self, at: usize, queue: &[FrameId]) -> Result<(), String> {
        let mut ahead = None;
        for frame in queue {
            let waiting = &self.waiting[frame.0 as usize];
            if waiting.station.0 as usize != at || ahead.is_some_and(|ahead| waiting.ahead != ahead) {
                return Err(format!("station {at}: frame {} does not know its place in the queue", frame.0));
            }
            ahead = Some(*frame);
        }
        Ok(())
    }

    /// A queue is not longer than there are frames; a circle in one would be.
    pub(super) const QUEUE_WALK: usize = super::Frames::MOST as usize + 1;
}
