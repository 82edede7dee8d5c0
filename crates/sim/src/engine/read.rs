//! What a simulation shows: reports and pictures. Reading changes nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::audit::InFlight;
use super::caching::Cache;
use super::{Core, Frame, FrameId, InstanceState, Ns, Phase, Simulation};
use crate::component::Kind;
use crate::network::{Lane, LaneId, Sending};
use crate::observe::{
    Class, ClassReport, ComponentReport, Dot, EdgeGauge, EdgeLedger, EdgeReport, Histogram, Latency, Outcome,
    PartGauge, Picture, Recent, Report, RequestName, Requests, Times, Way, Workload, WorkloadReport,
    Workloads, per_second,
};
use crate::resource::MessageTimes;
use crate::system::Id;

impl Simulation {
    /// The figures of the run so far.
    pub fn report(&self) -> Report {
        let core = &self.core;
        let measured_from = core.measured_from.min(core.now);
        let span = core.now - measured_from;
        let workloads = core.workload_reports(span);
        let all = core.parts.iter().filter_map(|part| part.workloads.as_ref()).flat_map(|all| all.iter());
        let totals = Totals::of(all);
        Report {
            seed: core.seed,
            digest: core.digest,
            simulated: core.now,
            measured_from,
            events: core.parts.iter().map(|part| 2 * part.stats.visits()).sum(),
            calendar_events: core.executed,
            requests: self.requests(),
            throughput_rps: per_second(totals.finished, span),
            goodput_rps: per_second(totals.good, span),
            availability: totals.availability(),
            cost_per_hour: core.mean_cost_per_hour(span),
            latency: Latency::of(&totals.latency),
            workloads,
            components: core.component_reports(&self.parts, span),
            edges: core.edge_reports(),
            outages: core.outages(),
            series: core.series.windows().to_vec(),
            halted: core.halted.clone(),
        }
    }

    /// Begins to measure anew, at this instant. What happens is not changed by it: a copy of a run tells of the
    /// stretch from here on.
    pub fn measure_from_now(&mut self) {
        self.options.warmup = self.core.now;
        self.core.measured_from = self.core.now;
        self.core.restart_measuring();
    }

    /// The distributions behind the figures: those of several runs add up exactly.
    pub fn distributions(&self) -> BTreeMap<Times, Histogram> {
        let core = &self.core;
        let mut all = BTreeMap::<Times, Histogram>::new();
        let mut add = |what, times: &Histogram| all.entry(what).or_default().merge(times);
        for part in &core.parts {
            for workload in part.workloads.iter().flat_map(|all| all.iter()) {
                add(Times::Latency, &workload.latency);
                add(Times::Workload(part.id), &workload.latency);
            }
            if !part.removed {
                add(Times::Wait(part.id), &part.stats.wait);
                add(Times::Service(part.id), &part.stats.service);
                add(Times::Residence(part.id), &part.stats.residence);
            }
        }
        for edge in &core.edges {
            add(Times::Edge(edge.id), &edge.ledger.latency);
        }
        all
    }

    /// What became of all requests so far, without the rest of the report: cheap enough for every frame.
    pub fn requests(&self) -> Requests {
        let mut requests = Requests::default();
        for (part, in_flight) in self.core.parts.iter().zip(self.core.in_flight()) {
            for (workload, in_flight) in part.workloads.iter().flat_map(|all| all.iter()).zip(in_flight) {
                requests.add(&Requests::of(workload, in_flight));
            }
        }
        requests
    }

    /// What is to be seen at this moment, with at most `most` dots. Where there are more messages, a
    /// sample by request is drawn: the same requests from frame to frame.
    pub fn picture(&self, most: usize) -> Picture {
        let core = &self.core;
        let messages: usize = core.lanes.iter().map(|lane| lane.messages().count()).sum();
        let one_in = messages.div_ceil(most.max(1)).max(1) as u64;
        let mut dots = Vec::with_capacity(messages.min(most));
        for lane in 0..core.lanes.len() as u32 {
            core.draw_lane(LaneId(lane), one_in, most, &mut dots);
        }
        let mut parts: Vec<_> = core.parts.iter().map(|part| core.part_gauge(part)).collect();
        core.read_levels(&mut parts);
        let mut rows = core.parts.iter();
        parts.retain(|_| rows.next().is_some_and(|row| !row.removed));
        Picture {
            now: core.now,
            parts,
            edges: core
                .edges
                .iter()
                .filter(|edge| !edge.removed)
                .map(|edge| EdgeGauge {
                    id: edge.id,
                    cut: !edge.cut.is_none(),
                    rate: recent_rate(&edge.ledger.recent, 0, core.series.open.length),
                })
                .collect(),
            dots,
            falls: core.falls(),
            messages: messages as u32,
            cost_per_hour: core.cost_per_hour(),
            one_in: one_in as u32,
        }
    }

    /// The request behind a message of this moment's picture, by its key. None for health checks, and where
    /// nobody waits for it any more.
    pub fn request_behind(&self, key: u32) -> Option<RequestName> {
        let core = &self.core;
        let on_its_way = core.lanes.iter().flat_map(Lane::messages).map(|message| message.frame);
        let mut behind =
            on_its_way.filter(|id| core.frames[*id].key != 0 && fold_key(core.frames[*id].key) == key);
        behind.find_map(|frame| core.request_of(frame))
    }
}

/// A key as pictures have it.
pub(super) const fn fold_key(key: u64) -> u32 {
    (key >> 32) as u32 ^ key as u32
}

/// Several workloads together.
struct Totals {
    ended: [u64; Outcome::COUNT],
    good: u64,
    finished: u64,
    latency: Histogram,
}

impl Totals {
    fn of<'a>(workloads: impl Iterator<Item = &'a Workload>) -> Self {
        let mut totals =
            Self { ended: [0; Outcome::COUNT], good: 0, finished: 0, latency: Histogram::default() };
        for workload in workloads {
            for (outcome, count) in Outcome::ALL.iter().zip(workload.measured_ended()) {
                totals.ended[*outcome as usize] += count;
                totals.finished += if outcome.is_reply() { count } else { 0 };
            }
            totals.good += workload.measured_good;
            totals.finished += workload.measured_late;
            totals.latency.merge(&workload.latency);
        }
        totals
    }

    fn availability(&self) -> Option<f64> {
        let all: u64 = self.ended.iter().sum();
        (all > 0).then(|| self.ended[Outcome::Ok as usize] as f64 / all as f64)
    }
}

impl Requests {
    fn of(workload: &Workload, in_flight: u64) -> Self {
        let mut failed = workload.ended;
        failed[Outcome::Ok as usize] = 0;
        Self { issued: workload.issued, succeeded: workload.ended[Outcome::Ok as usize], failed, in_flight }
    }

    fn add(&mut self, other: &Self) {
        self.issued += other.issued;
        self.succeeded += other.succeeded;
        self.in_flight += other.in_flight;
        for (mine, theirs) in self.failed.iter_mut().zip(other.failed) {
            *mine += theirs;
        }
    }
}

fn workload_report(client: Id, workloads: &Workloads, in_flight: InFlight, span: Ns) -> WorkloadReport {
    let mut requests = Requests::default();
    let mut classes = Vec::new();
    for ((class, workload), in_flight) in Class::VISITORS.iter().zip(workloads.iter()).zip(in_flight) {
        let totals = Totals::of(std::iter::once(workload));
        let of_class = Requests::of(workload, in_flight);
        requests.add(&of_class);
        classes.push(ClassReport {
            class: *class,
            requests: of_class,
            throughput_rps: per_second(totals.finished, span),
            goodput_rps: per_second(totals.good, span),
            availability: totals.availability(),
            latency: Latency::of(&totals.latency),
        });
    }
    let totals = Totals::of(workloads.iter());
    WorkloadReport {
        client,
        requests,
        throughput_rps: per_second(totals.finished, span),
        goodput_rps: per_second(totals.good, span),
        availability: totals.availability(),
        latency: Latency::of(&totals.latency),
        classes,
    }
}

fn edge_report(id: Id, ledger: &EdgeLedger, breakers_open: u32) -> EdgeReport {
    let mut failed = ledger.ended;
    failed[Outcome::Ok as usize] = 0;
    EdgeReport {
        id,
        issued: ledger.issued,
        ok: ledger.ended[Outcome::Ok as usize],
        failed,
        open: ledger.open,
        late: ledger.late,
        lost: ledger.lost,
        abandoned: ledger.abandoned,
        cancelled: ledger.cancelled,
        retries: ledger.retries,
        hedges: ledger.hedges,
        connects: ledger.connects,
        breakers_open,
        request_mbps: 0.0,
        reply_mbps: 0.0,
        latency: Latency::of(&ledger.latency),
    }
}

impl Core {
    /// By client. One that was taken away and came back under its id has all its lives in one report.
    fn workload_reports(&self, span: Ns) -> Vec<WorkloadReport> {
        let mut clients: BTreeMap<Id, (Workloads, InFlight)> = BTreeMap::new();
        let mut order = Vec::new();
        for (part, in_flight) in self.parts.iter().zip(self.in_flight()) {
            let Some(workloads) = &part.workloads else { continue };
            match clients.get_mut(&part.id) {
                Some((known, flying)) => {
                    known.iter_mut().zip(workloads.iter()).for_each(|(known, other)| known.add(other));
                    flying.iter_mut().zip(in_flight).for_each(|(known, other)| *known += other);
                }
                None => {
                    order.push(part.id);
                    clients.insert(part.id, ((**workloads).clone(), in_flight));
                }
            }
        }
        let report = |id| clients.get(&id).map(|(all, flying)| workload_report(id, all, *flying, span));
        order.into_iter().filter_map(report).collect()
    }

    fn component_reports(&self, parts: &crate::component::Parts, span: Ns) -> Vec<ComponentReport> {
        self.parts
            .iter()
            .filter(|part| !part.removed)
            .map(|part| {
                let stats = &part.stats;
                let [busy, queue, workers] = self.part_areas(part);
                let mut errors = stats.replied;
                errors[Outcome::Ok as usize] = 0;
                let mut gauges = Vec::new();
                parts.gauges(self, part.kind, part.row, &mut gauges);
                ComponentReport {
                    id: part.id,
                    kind: part.kind,
                    offered_rps: per_second(stats.offered, span),
                    throughput_rps: per_second(stats.replied[Outcome::Ok as usize], span),
                    utilisation: (workers > 0).then(|| busy as f64 / workers as f64),
                    queue_mean: if span == 0 { 0.0 } else { queue as f64 / span as f64 },
                    queue_max: self.queue_max(part),
                    wait: Latency::of(&stats.wait),
                    service: Latency::of(&stats.service),
                    residence: Latency::of(&stats.residence),
                    errors,
                    cost_per_hour: part.cost.per_hour,
                    gauges,
                }
            })
            .collect()
    }

    /// By id. An edge that was given other ends has all its lives in one report.
    fn edge_reports(&self) -> Vec<EdgeReport> {
        let mut edges: BTreeMap<Id, Cow<'_, EdgeLedger>> = BTreeMap::new();
        for edge in &self.edges {
            match edges.entry(edge.id) {
                Entry::Vacant(place) => drop(place.insert(Cow::Borrowed(&edge.ledger))),
                Entry::Occupied(mut known) => known.get_mut().to_mut().add(&edge.ledger),
            }
        }
        let report = |(id, ledger): (Id, Cow<'_, EdgeLedger>)| {
            let mut report = edge_report(id, &ledger, self.breakers_open(id));
            [report.request_mbps, report.reply_mbps] = self.megabits_over(id);
            report
        };
        edges.into_iter().map(report).collect()
    }

    /// A number of the time that is measured, per second.
    pub(crate) fn per_measured_second(&self, sum: f64) -> f64 {
        let span = self.now.saturating_sub(self.measured_from);
        if span == 0 { 0.0 } else { sum * 1e9 / span as f64 }
    }

    /// Million bits per second over an edge, of requests and of replies.
    fn megabits_over(&self, id: Id) -> [f64; 2] {
        let Some(slot) = self.edge_slots.get(&id).copied() else { return [0.0; 2] };
        [LaneId::requests(slot), LaneId::replies(slot)].map(|lane| {
            let link = self.lanes[lane.0 as usize].link();
            self.per_measured_second(link.map_or(0.0, |link| link.channel.bytes() as f64 * 8e-6))
        })
    }

    /// How many callers send nothing on an edge because their breaker is not closed.
    fn breakers_open(&self, id: Id) -> u32 {
        let policy = self.edge_slots.get(&id).and_then(|slot| self.edge(*slot).policy);
        let callers = policy.map_or(&[][..], |row| self.policies[row as usize].callers());
        callers.iter().filter(|caller| !caller.breaker.is_closed()).count() as u32
    }

    /// Areas of all stations of a part: busy workers, waiting calls, workers; each times nanoseconds.
    fn part_areas(&self, part: &super::PartRow) -> [u128; 3] {
        let mut sum = [0; 3];
        for instance in &part.instances {
            for station in self.stations_of(*instance) {
                for (sum, area) in sum.iter_mut().zip(self.stations[station].areas(self.now)) {
                    *sum += area;
                }
            }
        }
        sum
    }

    fn queue_max(&self, part: &super::PartRow) -> u32 {
        let stations = part.instances.iter().flat_map(|instance| self.stations_of(*instance));
        stations.map(|station| self.stations[station].queue_max).max().unwrap_or(0)
    }

    fn part_gauge(&self, part: &super::PartRow) -> PartGauge {
        let mut gauge = PartGauge {
            id: part.id,
            up: Vec::new(),
            parked: Vec::new(),
            shunned: Vec::new(),
            struck: self.part_slots.get(&part.id).is_some_and(|slot| self.is_struck(*slot)),
            busy: 0,
            workers: 0,
            queued: 0,
            utilisation: utilisation(&part.stats.recent),
            rate: recent_rate(&part.stats.recent, 0, self.series.open.length),
            errors: recent_rate(&part.stats.recent, 1, self.series.open.length),
            filled: None,
            log: 0,
            behind: Vec::new(),
            lag: 0,
        };
        gauge.queued += self.queued_messages(part);
        for instance in &part.instances {
            let row = &self.instances[instance.0 as usize];
            if row.state == InstanceState::Leaving {
                continue;
            }
            gauge.up.push(row.state.is_up());
            gauge.parked.push(self.is_parked(*instance));
            gauge.shunned.push(row.shunned);
            for station in self.stations_of(*instance) {
                let station = &self.stations[station];
                gauge.busy += station.busy.count();
                gauge.workers += station.shape.workers;
                gauge.queued += station.queued.count();
            }
        }
        gauge
    }

    /// When each message will arrive that gets across a link that is shared evenly, as things stand.
    fn crossing(&self, id: LaneId) -> BTreeMap<FrameId, Ns> {
        let Some(fair) = self.lanes[id.0 as usize].fair() else { return BTreeMap::new() };
        let due = |one: &Sending| fair.outlook(one, self.now).saturating_add(one.way);
        crate::order::gather(fair.all().iter().map(|one| (one.frame, due(one))))
    }

    fn draw_lane(&self, id: LaneId, one_in: u64, most: usize, dots: &mut Vec<Dot>) {
        let edge = &self.edges[id.edge() as usize];
        let crossing = self.crossing(id);
        for message in self.lanes[id.0 as usize].messages() {
            if dots.len() >= most {
                return;
            }
            let frame = &self.frames[message.frame];
            // Health checks belong to no request: each is told by its place.
            let name = if frame.key == 0 { u64::from(message.frame.0) } else { frame.key };
            if one_in > 1 && !super::mix64(name).is_multiple_of(one_in) {
                continue;
            }
            let due = crossing.get(&message.frame).copied().unwrap_or(message.due);
            let span = (due - message.sent).max(1) as f32;
            let done = (self.now - message.sent.min(self.now)) as f32 / span;
            let way = if id.is_request() { Way::Request } else { Way::Reply };
            dots.push(Dot {
                edge: edge.id,
                from: self.parts[self.asking_part(frame, id) as usize].id,
                to: self.parts[edge.to as usize].id,
                position: if id.is_request() { done.min(1.0) } else { 1.0 - done.min(1.0) },
                way,
                class: Class::from_index(frame.class),
                outcome: if id.is_request() { Outcome::Ok } else { Outcome::from_index(frame.outcome) },
                key: fold_key(name),
                mark: self.mark_of(frame),
            });
        }
    }

    /// Up to the request that a call belongs to.
    fn request_of(&self, mut frame: FrameId) -> Option<RequestName> {
        loop {
            let row = &self.frames[frame];
            match row.phase {
                Phase::Root => return Some(RequestName { issued: row.arrived, key: row.key }),
                Phase::Free | Phase::Process | Phase::List => return None,
                _ if row.has(Frame::ABANDONED) || row.has(Frame::DETACHED) || row.parent.is_none() => {
                    return None;
                }
                _ if row.parent.is_folded() => return Some(RequestName { issued: row.sent, key: row.key }),
                _ => frame = row.parent,
            }
        }
    }

    /// Who is at the caller's end of the edge: not the name server whose record it is.
    pub(super) fn asking_part(&self, frame: &Frame, lane: LaneId) -> u32 {
        let edge = &self.edges[lane.edge() as usize];
        let is_record = self.parts[edge.from as usize].kind == Kind::Dns;
        if !is_record || frame.parent.is_none() || frame.parent.is_folded() {
            edge.from
        } else if frame.has(Frame::ABANDONED) {
            frame.parent.0
        } else if self.frames[frame.parent].phase == Phase::Free {
            edge.from
        } else {
            self.part_of(self.frames[frame.parent].instance)
        }
    }

    pub(super) fn close_window(&mut self) {
        for at in 0..self.parts.len() {
            let [busy, _, workers] = self.part_areas(&self.parts[at]);
            let stats = &mut self.parts[at].stats;
            let [busy_before, workers_before] = stats.window_areas;
            let since =
                |area: u128, before: u128| u64::try_from(area.saturating_sub(before)).unwrap_or(u64::MAX);
            let offered = stats.close_offered();
            let errors = std::mem::take(&mut stats.window_errors);
            stats.recent.push([offered, errors, since(busy, busy_before), since(workers, workers_before)]);
            stats.window_areas = [busy, workers];
        }
        for edge in &mut self.edges {
            edge.ledger.close_window();
        }
        self.series.close();
    }

    pub(super) fn restart_measuring(&mut self) {
        self.restart_choosing();
        for part in &mut self.parts {
            part.stats.restart_measuring();
            part.cost.restart(self.now);
            for workload in part.workloads.iter_mut().flat_map(|all| all.iter_mut()) {
                workload.restart_measuring();
            }
        }
        for edge in &mut self.edges {
            edge.ledger.latency.clear();
        }
        for lane in &mut self.lanes {
            if let Some(link) = lane.bytes_mut() {
                link.channel.count_anew();
            }
        }
        self.interfaces.count_anew();
        for station in &mut self.stations {
            station.restart_measuring(self.now);
        }
        for broker in &mut self.brokers {
            broker.times = MessageTimes::default();
            broker.most_queued = broker.queued();
        }
        self.caches.iter_mut().for_each(Cache::restart_measuring);
    }
}

/// A rate per second over the last fine windows.
fn recent_rate<const N: usize>(recent: &Recent<N>, at: usize, length: Ns) -> f32 {
    per_second(recent.sum(at), recent.count().saturating_mul(length)) as f32
}

/// Share of the workers busy over the last fine windows.
fn utilisation(recent: &Recent<4>) -> Option<f32> {
    let workers = recent.sum(3);
    (workers > 0).then(|| (recent.sum(2) as f64 / workers as f64) as f32)
}
