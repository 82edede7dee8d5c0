//! Conservation, recounted from what is live.

use super::{Core, Frame, FrameId, Phase, Simulation};
use crate::observe::Class;

impl Simulation {
    /// Recounts everything that is counted twice, and says what does not agree.
    ///
    /// Per workload, issued = ended + in flight; per edge, both ledgers; per station, busy workers = frames
    /// that hold one, and waiting = frames that are in the queue.
    pub fn audit(&self) -> Result<(), String> {
        self.core.audit_workloads()?;
        self.core.audit_edges()?;
        self.core.audit_stations()
    }

    /// Takes one call out of the world without counting it, as a bug would. For the test of the audit.
    #[doc(hidden)]
    pub fn leak_one_call(&mut self) -> bool {
        let found = self.core.frames.live().find(|(_, frame)| frame.phase == Phase::Root).map(|(id, _)| id);
        if let Some(id) = found {
            self.core.frames[id].phase = Phase::List;
        }
        found.is_some()
    }
}

impl Core {
    /// Of each class of a client's requests, how many are live.
    pub(crate) fn in_flight(&self, part: u32) -> [u64; Class::VISITORS.len()] {
        let mut count = [0; Class::VISITORS.len()];
        for (_, frame) in self.frames.live() {
            if frame.phase == Phase::Root && self.part_of(frame.instance) == part {
                count[frame.class as usize] += 1;
            }
        }
        count
    }

    fn audit_workloads(&self) -> Result<(), String> {
        let mut live = vec![[0_u64; Class::VISITORS.len()]; self.parts.len()];
        for (_, frame) in self.frames.live() {
            if frame.phase == Phase::Root {
                live[self.part_of(frame.instance) as usize][frame.class as usize] += 1;
            }
        }
        for (part, live) in self.parts.iter().zip(live) {
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
            let mut bits = frame.held;
            while bits != 0 {
                held[self.station(frame.instance, bits.trailing_zeros() as u8).0 as usize] += 1;
                bits &= bits - 1;
            }
        }
        for (at, (station, held)) in self.stations.iter().zip(held).enumerate() {
            if station.busy != held {
                return Err(format!("station {at}: {} workers busy, but {held} held", station.busy));
            }
            let waiting: Vec<FrameId> = station.queue(&self.frames).take(Core::QUEUE_WALK).collect();
            if waiting.len() as u32 != station.queued {
                return Err(format!(
                    "station {at}: {} waiting, but {} in the queue",
                    station.queued,
                    waiting.len()
                ));
            }
            queued -= station.queued.min(queued);
        }
        if queued == 0 { Ok(()) } else { Err(format!("{queued} frames wait in no queue")) }
    }

    /// A queue is not longer than there are frames; a circle in one would be.
    const QUEUE_WALK: usize = super::Frames::MOST as usize + 1;
}
