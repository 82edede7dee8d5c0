//! What a component type sees when a part is made or edited.

use super::{Core, Keys, Ns, Pauses, Sampler, Stream};
use crate::observe::Workloads;
use crate::param::Count;
use crate::resource::{Placement, Rows, StationId, StationParams, StationShape};

/// The purpose of the stream that pauses are drawn from.
const PAUSES: u32 = 0x7061_7573;

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
        let mut stations = Vec::new();
        for instance in present {
            for ((station, slot), shape) in core.slots_of(instance).zip(shapes) {
                if core.stations[station].by_regime {
                    core.settle_regime(StationId(station as u32));
                }
                core.stations[station].reshape(core.now, *shape);
                stations.push((station, slot));
            }
        }
        core.refit(&stations);
    }

    /// Declares the one station that a part serves at, and the pauses that its instances make.
    pub(crate) fn serves(&mut self, workers: Count, backlog: Count, params: &StationParams) {
        self.stations(&[StationShape::new(workers, backlog, params)]);
        let pauses = (params.pause_every.mean_ms() > 0.0).then(|| Pauses {
            every: Sampler::new(&params.pause_every),
            time: Sampler::new(&params.pause_time),
            per_call: params.pause_per_call_ms.ns(),
            stream: self.stream(PAUSES),
        });
        self.core.set_pauses(self.part, pauses);
        self.answers_kb(params.reply_kb.0);
    }

    pub(crate) fn answer_ttl(&mut self, ttl: Ns) {
        self.core.part_mut(self.part).answer_ttl = ttl;
    }

    pub(crate) fn deadline(&mut self, deadline: Ns) {
        self.core.part_mut(self.part).deadline = if deadline == 0 { Ns::MAX } else { deadline };
    }

    /// So many of the part's users share one address.
    pub(crate) fn behind_gateway(&mut self, share: f64) {
        self.core.part_mut(self.part).behind_gateway = share;
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
    pub(crate) fn reads_keys(&mut self) {
        self.core.unfold_all(|_, _| true);
        self.core.reads_keys = true;
    }

    /// Which instance of this part a call goes to.
    pub(crate) fn place(&mut self, placement: Placement) {
        let part = self.core.part_mut(self.part);
        part.placement = placement;
        part.placement.place(part.id, part.present);
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
