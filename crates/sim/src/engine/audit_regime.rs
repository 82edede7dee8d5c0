//! Stations that are more than plain, recounted: who holds a share, whose work is under way, what is kept for
//! those that pause.

use super::calendar::{Entry, Tag};
use super::share::rings_for;
use super::{Core, FrameId};
use crate::resource::{Regime, Station};

impl Core {
    /// Those who wait at a station that works by its regime, line by line. Its counts agree with them and
    /// with the `held` who hold a worker or a share.
    pub(super) fn audit_regime(
        &self,
        at: usize,
        station: &Station,
        held: u32,
    ) -> Result<[Vec<FrameId>; 2], String> {
        let regime = &self.regimes[station.regime as usize];
        let lines = [
            station.queue(&self.frames).take(Self::QUEUE_WALK).collect::<Vec<_>>(),
            regime.express.queue(&self.frames).take(Self::QUEUE_WALK).collect(),
        ];
        let waiting = lines.iter().map(Vec::len).sum::<usize>() as u32;
        let (work, interrupted) = (regime.work.len() as u32, regime.interrupted.len() as u32);
        let counts = [regime.present, station.busy.count(), station.queued.count()];
        let expected = if regime.is_sharing {
            [held, work.min(station.shape.workers), work.saturating_sub(station.shape.workers)]
        } else {
            [held, held.wrapping_sub(interrupted), waiting + interrupted]
        };
        if counts != expected {
            return Err(format!(
                "station {at}: {counts:?} are present, served and waiting, but should be {expected:?}"
            ));
        }
        let has_room = station.busy.count() < station.shape.workers && !regime.is_paused;
        if waiting > 0 && (regime.is_sharing || has_room) {
            return Err(format!("station {at}: {waiting} wait, but there is room for them"));
        }
        Self::audit_work(regime).map_err(|error| format!("station {at}: {error}"))?;
        for piece in regime.work.pieces().chain(&regime.interrupted) {
            let frame = &self.frames[piece.frame];
            let station = self.station(frame.instance, regime.slot);
            if frame.held & 1 << regime.slot == 0 || station.0 as usize != at {
                return Err(format!("station {at}: works for frame {}, which holds nothing", piece.frame.0));
            }
        }
        for (place, piece) in regime.work.places() {
            let waiting = &self.waiting[piece.frame.0 as usize];
            if waiting.ahead != place || waiting.station != regime.station {
                return Err(format!("station {at}: frame {} does not know its place", piece.frame.0));
            }
        }
        Ok(lines)
    }

    /// Alarms ring one after another, and the next in time for the next piece of work.
    fn audit_work(regime: &Regime) -> Result<(), String> {
        let alarms = regime.work.alarms();
        if alarms.windows(2).any(|pair| pair[0] <= pair[1]) {
            return Err(format!("alarms are in disorder: {alarms:?}"));
        }
        match regime.work.due() {
            Some(due) if alarms.last().is_none_or(|alarm| *alarm > due + 1) => {
                Err(format!("work is done at {due} ns, but alarms ring at {alarms:?}"))
            }
            _ => Ok(()),
        }
    }

    /// Every alarm of a station is in the calendar, and as many instances are paused as it is said.
    pub(super) fn audit_conditions(&self) -> Result<(), String> {
        if self.halted.is_some() {
            return Ok(());
        }
        let mut alarms = vec![0_usize; self.regimes.len()];
        let is_station = |entry: &Entry| entry.tag() == Tag::Station && rings_for(entry.id()).is_none();
        for entry in self.calendar.entries().filter(is_station) {
            alarms[entry.id() as usize] += 1;
        }
        for (regime, alarms) in self.regimes.iter().zip(alarms) {
            let set = regime.work.alarms().len();
            if set != alarms {
                return Err(format!("station {}: {set} alarms, but {alarms} will ring", regime.station.0));
            }
        }
        self.audit_hosts()?;
        let paused = self.instances.iter().filter(|instance| instance.is_paused).count();
        if paused != self.paused as usize || (paused > 0 && self.steps_allowed > 0) {
            return Err(format!("{paused} instances are paused, but {} are counted", self.paused));
        }
        for (instance, entry) in self.kept() {
            if !self.instances[instance as usize].is_paused {
                return Err(format!("{entry:?} is kept for instance {instance}, which is not paused"));
            }
        }
        Ok(())
    }
}
