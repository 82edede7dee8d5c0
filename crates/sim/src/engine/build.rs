//! What a component type sees when a part is made or edited.

use super::{Core, Keys, Ns, Stream};
use crate::observe::Workloads;
use crate::resource::{Rows, StationShape};

/// The engine, while a part is made or takes new parameters.
pub(crate) struct Build<'a> {
    pub(crate) core: &'a mut Core,
    /// The slot of the part.
    pub(crate) part: u32,
}

impl Build<'_> {
    /// A random stream of this part. Its name is the part's id and the purpose: neither order nor layout.
    pub(crate) fn stream(&self, purpose: u32) -> Stream {
        Stream::new(self.core.seed, self.core.parts[self.part as usize].id, purpose)
    }

    /// Declares the stations that every instance has. On an edit, more workers begin with the queue at
    /// once; fewer take no new work until enough are free.
    pub(crate) fn stations(&mut self, shapes: &[StationShape]) {
        let core = &mut *self.core;
        let part = &mut core.parts[self.part as usize];
        part.shapes = shapes.to_vec();
        let present = part.instances[..part.present as usize].to_vec();
        for instance in present {
            for (slot, (station, shape)) in core.stations_of(instance).zip(shapes).enumerate() {
                core.stations[station].reshape(core.now, *shape);
                while let Some(frame) = core.stations[station].admit(&core.frames) {
                    core.admitted(frame, slot as u8);
                }
            }
        }
    }

    pub(crate) fn answer_ttl(&mut self, ttl: Ns) {
        self.core.part_mut(self.part).answer_ttl = ttl;
    }

    pub(crate) fn deadline(&mut self, deadline: Ns) {
        self.core.part_mut(self.part).deadline = deadline;
    }

    /// What the requests of this population are about, from now on.
    pub(crate) fn keys(&mut self, keys: Keys) {
        let now = self.core.now;
        let known = &mut self.core.part_mut(self.part).keys;
        if known.last().is_none_or(|(_, last)| *last != keys) {
            known.push((now, keys));
        }
    }

    /// Somebody reads the keys of requests: what cannot be found out later is written down from now on.
    pub(crate) const fn reads_keys(&mut self) {
        self.core.reads_keys = true;
    }

    /// Rows of the part's own.
    pub(crate) fn rows(&mut self) -> u32 {
        self.core.rows.push(Rows::default());
        self.core.rows.len() as u32 - 1
    }

    /// Makes the part a source of visitors' requests.
    pub(crate) fn workloads(&mut self) {
        let part = self.core.part_mut(self.part);
        part.workloads.get_or_insert_with(|| Box::new(Workloads::default()));
    }
}
