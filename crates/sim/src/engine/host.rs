//! Machines that software shares: as many pieces of work as a machine has cores get on at full speed; more share the
//! cores evenly. This is egalitarian processor sharing, as operating systems approximate it (L. Kleinrock, Queueing
//! Systems, volume 2, 1976, section 4.4), over all stations of all software inside.

use std::collections::BTreeMap;

use super::calendar::{Entry, Tag};
use super::{Core, InstanceId, InstanceState};
use crate::component::Kind;
use crate::resource::StationId;

/// One machine: a number of a part that software is inside of.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    cores: u32,
    /// Work takes so many times as long since memory is on disk.
    swapping: f64,
    /// How many pieces of work want a core, and at what pace each gets on.
    wanted: u32,
    pace: f64,
    /// The regimes of the stations inside.
    regimes: Vec<usize>,
}

impl Host {
    fn pace(&self) -> f64 {
        let share =
            if self.wanted > self.cores { f64::from(self.cores) / f64::from(self.wanted) } else { 1.0 };
        if self.swapping == 1.0 { share } else { share / self.swapping }
    }
}

/// All machines, by part and number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    rows: Vec<Host>,
    by_number: BTreeMap<(u32, u32), u32>,
    /// The cores of each part's machines.
    cores: BTreeMap<u32, u32>,
}

impl Hosts {
    /// Heap that they hold, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let regimes: usize = self.rows.iter().map(|host| host.regimes.capacity() * size_of::<usize>()).sum();
        self.rows.capacity() * size_of::<Host>() + regimes + (self.by_number.len() + self.cores.len()) * 24
    }
}

impl super::Build<'_> {
    /// A process begins in each instance that is up.
    pub(crate) fn start_processes(&mut self, delay: super::Ns, pc: super::Pc, note: u32) {
        for instance in self.core.parts[self.part as usize].instances.clone() {
            if self.core.is_up(instance) {
                let place = self.core.place_of(instance);
                super::Cx::new(self.core, super::FrameId::NONE, instance, place)
                    .start_process(delay, pc, note);
            }
        }
    }

    /// The part is a machine with so many cores.
    pub(crate) fn cores(&mut self, cores: u32) {
        let (core, part) = (&mut *self.core, self.part);
        core.hosts.cores.insert(part, cores);
        let mine: Vec<u32> =
            core.hosts.by_number.range((part, 0)..=(part, u32::MAX)).map(|(_, host)| *host).collect();
        for host in mine {
            core.hosts.rows[host as usize].cores = cores;
            core.repace(host, usize::MAX);
        }
    }
}

impl Core {
    /// The machine that an instance runs on: the innermost around it.
    pub(super) fn host_of(&self, instance: InstanceId) -> Option<(u32, u32)> {
        let row = &self.instances[instance.0 as usize];
        let mut number = row.number;
        for at in self.around(row.part).skip(1) {
            number %= self.parts[at as usize].present.max(1);
            if self.parts[at as usize].kind == Kind::Server {
                return Some((at, number));
            }
        }
        None
    }

    /// The instances on the machine of one instance of a host, in order.
    pub(crate) fn software_on(&self, machine: InstanceId) -> Vec<InstanceId> {
        let row = &self.instances[machine.0 as usize];
        let key = (row.part, row.number);
        let all = (0..self.instances.len() as u32).map(InstanceId);
        all.filter(|id| self.is_present(*id) && self.host_of(*id) == Some(key)).collect()
    }

    /// Puts the stations of all instances on the machines that they are on now.
    pub(super) fn settle_hosts(&mut self) {
        if self.hosts.cores.is_empty() {
            return;
        }
        let mut moved = Vec::new();
        for at in 0..self.instances.len() as u32 {
            let instance = InstanceId(at);
            if self.instances[at as usize].state == InstanceState::Leaving {
                continue;
            }
            let host = self.host_of(instance).map_or(u32::MAX, |key| self.host(key));
            for (station, slot) in self.slots_of(instance) {
                let known = self.regimes.get(self.stations[station].regime as usize);
                if known.map_or(u32::MAX, |regime| regime.host) == host {
                    continue;
                }
                let id = self.regime_of(station, slot);
                self.settle_regime(StationId(station as u32));
                self.move_to(id, host);
                moved.push((station, slot));
            }
        }
        self.refit(&moved);
    }

    fn host(&mut self, key: (u32, u32)) -> u32 {
        if let Some(host) = self.hosts.by_number.get(&key) {
            return *host;
        }
        let cores = self.hosts.cores.get(&key.0).copied().unwrap_or(1);
        let host = self.hosts.rows.len() as u32;
        self.hosts.rows.push(Host { cores, swapping: 1.0, wanted: 0, pace: 1.0, regimes: Vec::new() });
        self.hosts.by_number.insert(key, host);
        host
    }

    /// A station is on another machine from now on.
    fn move_to(&mut self, id: usize, host: u32) {
        let before = std::mem::replace(&mut self.regimes[id].host, host);
        let wanted = std::mem::take(&mut self.regimes[id].wanted);
        if let Some(row) = self.hosts.rows.get_mut(before as usize) {
            row.wanted -= wanted;
            row.regimes.retain(|other| *other != id);
            self.repace(before, usize::MAX);
        }
        self.regimes[id].cpu = self.hosts.rows.get(host as usize).map_or(1.0, |row| row.pace);
        if let Some(row) = self.hosts.rows.get_mut(host as usize) {
            row.regimes.push(id);
        }
    }

    /// A station has more work under way than before, or less: so have its neighbours' cores.
    pub(super) fn want_cores(&mut self, id: usize) {
        let regime = &mut self.regimes[id];
        let workers = self.stations[regime.station.0 as usize].shape.workers;
        let wanted = if regime.is_paused { 0 } else { (regime.work.len() as u32).min(workers.max(1)) };
        let before = std::mem::replace(&mut regime.wanted, wanted);
        let host = regime.host;
        let row = &mut self.hosts.rows[host as usize];
        row.wanted = row.wanted - before + wanted;
        self.repace(host, id);
    }

    /// The pace of all work on a machine after a change. The station that it came from sets its own clock.
    fn repace(&mut self, host: u32, from: usize) {
        let row = &mut self.hosts.rows[host as usize];
        let pace = row.pace();
        if row.pace == pace {
            return;
        }
        row.pace = pace;
        let neighbours = std::mem::take(&mut row.regimes);
        for id in neighbours.iter().copied() {
            let regime = &mut self.regimes[id];
            if id != from {
                regime.work.advance(self.now);
            }
            regime.cpu = pace;
            if id != from {
                regime.set_pace(self.stations[regime.station.0 as usize].shape.workers);
                if let Some(due) = regime.work.set_alarm() {
                    self.calendar.push(due, Entry::new(Tag::Station, id as u32, 0));
                }
            }
        }
        self.hosts.rows[host as usize].regimes = neighbours;
    }

    /// From now on, work on a machine takes so many times as long since its memory is on disk.
    pub(crate) fn swap(&mut self, machine: InstanceId, swapping: f64) {
        let row = &self.instances[machine.0 as usize];
        if let Some(host) = self.hosts.by_number.get(&(row.part, row.number)).copied() {
            self.hosts.rows[host as usize].swapping = swapping;
            self.repace(host, usize::MAX);
        }
    }

    /// Pieces of work that want a core of a machine.
    pub(crate) fn wanted_cores(&self, part: u32, number: u32) -> u32 {
        let host = self.hosts.by_number.get(&(part, number));
        host.map_or(0, |host| self.hosts.rows[*host as usize].wanted)
    }

    /// No machine does more than it can, and each knows what its software wants.
    pub(super) fn audit_hosts(&self) -> Result<(), String> {
        for (at, host) in self.hosts.rows.iter().enumerate() {
            let of = |id: &usize| &self.regimes[*id];
            let wanted: u32 = host.regimes.iter().map(|id| of(id).wanted).sum();
            let busy = |id: &usize| {
                let workers = self.stations[of(id).station.0 as usize].shape.workers;
                if of(id).is_paused { 0 } else { (of(id).work.len() as u32).min(workers.max(1)) }
            };
            let counted: u32 = host.regimes.iter().map(busy).sum();
            if wanted != host.wanted || counted != wanted {
                return Err(format!(
                    "machine {at}: {counted} pieces of work, but {} want a core",
                    host.wanted
                ));
            }
            if f64::from(wanted) * host.pace > f64::from(host.cores) * (1.0 + 1e-9) || host.pace > 1.0 {
                return Err(format!(
                    "machine {at}: {wanted} at {} are more than {} cores",
                    host.pace, host.cores
                ));
            }
            if host.regimes.iter().any(|id| of(id).host != at as u32 || of(id).cpu != host.pace) {
                return Err(format!("machine {at}: a station is elsewhere, or at another pace"));
            }
        }
        Ok(())
    }
}
