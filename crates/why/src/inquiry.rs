//! The inquiry: measure, suspect, and try each suspicion in a changed copy of the run.

use brownout_scenario::{Record, Scenario};
use brownout_sim::component::Kind;
use brownout_sim::observe::{Choice, ComponentReport, EdgeReport, EndedRequest, Outcome, RequestName};
use brownout_sim::order::gather;
use brownout_sim::param::Value;
use brownout_sim::system::{EdgeKind, Id};
use brownout_sim::{Ns, Simulation};

use crate::cause::{Cause, faults, workers};
use crate::measure::{Health, Run, Sample, Stretch, Symptom, symptoms, trouble};
use crate::spent::Spending;

/// Suspicions of one kind that are tried, at most: those that the measurements speak for most. A bound on all of them
/// together would let many of one kind crowd out the only one of another.
const MOST: usize = 3;
/// Requests of the whole run whose names are kept; the stories of those in the stretch that matters are recorded.
const SAMPLE: usize = 1_000;
const SECOND: Ns = 1_000_000_000;

/// A suspicion that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    pub cause: Cause,
    /// Over everything that was measured, without the cause.
    pub without: Health,
    /// The same after the trigger was over, where there is such a time.
    pub after: Option<Health>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    pub document: Scenario,
    /// What was looked at: from the end of the warm-up to the playhead.
    pub from: Ns,
    pub to: Ns,
    pub health: Health,
    /// The first and the last moment at which something was wrong.
    pub trouble: Option<(Ns, Ns)>,
    /// The cause that is named first; none where nothing is wrong, or nothing that was tried explains it.
    pub cause: Option<Tried>,
    /// The fault that started what the cause keeps alive.
    pub trigger: Option<Tried>,
    /// Everything that was tried, what helped most first.
    pub tried: Vec<Tried>,
    /// Who failed when.
    pub symptoms: Vec<Symptom>,
    /// The figures of the stretch in which things were wrong, or of all that was measured.
    pub stretch: Stretch,
    pub samples: Vec<Sample>,
    /// Where the time of requests in that stretch went, by their spans.
    pub spent: Spending,
}

impl Diagnosis {
    pub fn is_alarm(&self) -> bool {
        self.health.is_alarming()
    }

    pub fn component(&self, id: Id) -> Option<&ComponentReport> {
        self.stretch.report.components.iter().find(|part| part.id == id)
    }

    pub fn edge(&self, id: Id) -> Option<&EdgeReport> {
        self.stretch.report.edges.iter().find(|edge| edge.id == id)
    }

    /// By how much of the harm a change takes away.
    pub fn benefit(&self, tried: &Tried) -> f64 {
        benefit(self.health, tried.without)
    }
}

fn benefit(before: Health, after: Health) -> f64 {
    if before.bad == 0 { 0.0 } else { 1.0 - after.share() / before.share() }
}

enum Stage {
    /// The run as it was.
    Whole(Box<Run>),
    /// Up to the stretch that matters, and through it.
    Before(Box<Run>),
    Stretch(Box<Run>, Box<brownout_sim::observe::Report>),
    /// Suspicions, from the last to the first.
    Trying(Option<(Cause, Box<Run>)>),
    Done,
}

/// An inquiry under way: [`work`](Self::work) goes on with it for some events at a time.
pub struct Inquiry {
    record: Record,
    from: Ns,
    to: Ns,
    stage: Stage,
    found: Option<Diagnosis>,
    left: Vec<Cause>,
    all: usize,
    trigger_ends: Option<Ns>,
    after: Option<(Ns, Health)>,
}

impl std::fmt::Debug for Inquiry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inquiry").field("to", &self.to).field("left", &self.left).finish_non_exhaustive()
    }
}

impl Inquiry {
    /// Asks why the run of this record is as it is at `now`.
    pub fn new(record: Record, now: Ns) -> Result<Self, brownout_scenario::Error> {
        let options = record.start.options();
        // Whole windows: what is in an open one is not known yet.
        let to = (now / SECOND * SECOND).max(SECOND);
        let from = options.warmup.min(to / 2) / SECOND * SECOND;
        let mut run = Run::new(record.simulation()?, to, Some(SECOND.max(to / 600)));
        run.simulation.choose_requests(Choice { sample: SAMPLE, ..Choice::default() });
        let stage = Stage::Whole(Box::new(run));
        Ok(Self {
            record,
            from,
            to,
            stage,
            found: None,
            left: Vec::new(),
            all: 0,
            trigger_ends: None,
            after: None,
        })
    }

    /// How far it is, from 0 to 1.
    pub fn progress(&self) -> f64 {
        let part = |run: &Run| run.simulation.now() as f64 / run.to.max(1) as f64;
        match &self.stage {
            Stage::Whole(run) => 0.1 * part(run),
            Stage::Before(run) | Stage::Stretch(run, _) => 0.1 + 0.1 * part(run),
            Stage::Trying(now) => {
                let now = now.as_ref().map_or(0.0, |(_, run)| part(run));
                0.2 + 0.8 * (self.all as f64 - self.left.len() as f64 - 1.0 + now) / self.all.max(1) as f64
            }
            Stage::Done => 1.0,
        }
    }

    /// Goes on; the answer once it is there.
    pub fn work(&mut self, events: u32) -> Option<Diagnosis> {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Whole(mut run) => {
                if run.work(events) {
                    self.measured(&run);
                } else {
                    self.stage = Stage::Whole(run);
                }
            }
            Stage::Before(mut run) => {
                self.stage = if run.work(events) {
                    let before = Box::new(run.simulation.report());
                    run.simulation.measure_from_now();
                    run.to = self.found.as_ref().map_or(run.to, |found| found.stretch.to);
                    Stage::Stretch(run, before)
                } else {
                    Stage::Before(run)
                };
            }
            Stage::Stretch(mut run, before) => {
                if run.work(events) {
                    self.suspect(&run.simulation, &before);
                } else {
                    self.stage = Stage::Stretch(run, before);
                }
            }
            Stage::Trying(now) => self.try_on(now, events),
            Stage::Done => return self.found.take(),
        }
        None
    }

    /// Everything at once.
    pub fn finish(mut self) -> Diagnosis {
        loop {
            if let Some(found) = self.work(1 << 20) {
                return found;
            }
        }
    }

    fn measured(&mut self, run: &Run) {
        let windows = run.simulation.windows();
        self.to = self.to.min(run.simulation.now());
        let trouble = trouble(windows, self.from, self.to);
        let health = run.health(self.from, self.to);
        let (from, to) = trouble.filter(|_| health.is_alarming()).unwrap_or((self.from, self.to));
        let stretch = Stretch { from, to, report: run.simulation.report() };
        let symptoms = if health.is_alarming() {
            symptoms(&run.samples, from.saturating_sub(3 * SECOND), to)
        } else {
            Vec::new()
        };
        self.found = Some(Diagnosis {
            document: self.record.document(),
            from: self.from,
            to: self.to,
            health,
            trouble: trouble.filter(|_| health.is_alarming()),
            cause: None,
            trigger: None,
            tried: Vec::new(),
            symptoms,
            stretch,
            samples: run.samples.clone(),
            spent: Spending::default(),
        });
        self.whole(run);
        if let Ok(mut again) = self.record.simulation() {
            let ended = |one: &&EndedRequest| one.name.issued >= from && one.name.issued + one.latency <= to;
            let chosen = run.simulation.chosen();
            let names: Vec<RequestName> = gather(chosen.sample.iter().filter(ended).map(|one| one.name));
            again.record_requests(&names);
            self.stage = Stage::Before(Box::new(Run::new(again, from, None)));
        }
    }

    /// When the faults are over: what is wrong long after keeps itself alive.
    fn whole(&mut self, run: &Run) {
        let over = |cause: &Cause| match cause {
            Cause::Fault { at, until, .. } => until.map(|end| end + (end - at).max(8 * SECOND)),
            _ => None,
        };
        let faults = faults(&self.record, self.to);
        // One that still holds explains what is wrong now.
        let ends: Option<Vec<Ns>> = faults.iter().map(over).collect();
        let Some(end) = ends.and_then(|ends| ends.into_iter().max()) else { return };
        if end + 5 * SECOND < self.to {
            let health = run.health(end, self.to);
            if health.bad >= 10 && health.share() > 0.3 {
                (self.trigger_ends, self.after) = (Some(end), Some((end, health)));
            }
        }
    }

    fn suspect(&mut self, simulation: &Simulation, before: &brownout_sim::observe::Report) {
        let Some(found) = &mut self.found else { return };
        found.stretch = Stretch::of(before, simulation.report(), found.stretch.from, found.stretch.to);
        found.spent = Spending::of(&simulation.traces());
        if found.is_alarm() {
            self.left = suspicions(found, &self.record);
            self.left.reverse();
        }
        self.all = self.left.len();
        self.stage = Stage::Trying(None);
    }

    fn try_on(&mut self, now: Option<(Cause, Box<Run>)>, events: u32) {
        if let Some((cause, mut run)) = now {
            if !run.work(events) {
                self.stage = Stage::Trying(Some((cause, run)));
                return;
            }
            if let Some(found) = &mut self.found {
                let without = run.health(self.from, self.to);
                let after = self.trigger_ends.map(|end| run.health(end, self.to));
                found.tried.push(Tried { cause, without, after });
            }
        }
        while let Some(cause) = self.left.pop() {
            if let Some(simulation) = cause.without(&self.record, self.record.start.options()) {
                let run = Run::new(simulation, self.to, None);
                self.stage = Stage::Trying(Some((cause, Box::new(run))));
                return;
            }
        }
        self.judge();
    }

    /// Names the cause.
    fn judge(&mut self) {
        let Some(found) = &mut self.found else { return };
        let health = found.health;
        let gain = |tried: &Tried| benefit(health, tried.without);
        let best = |candidates: Vec<&Tried>| {
            let most = candidates.iter().map(|tried| gain(tried)).fold(0.0, f64::max);
            let near = candidates.into_iter().filter(|tried| most >= 0.3 && gain(tried) >= 0.9 * most);
            near.min_by(|a, b| {
                (a.cause.rank(), gain(b))
                    .partial_cmp(&(b.cause.rank(), gain(a)))
                    .unwrap_or(std::cmp::Ordering::Equal)
            })
            .cloned()
        };
        let is_fault = |tried: &&Tried| matches!(tried.cause, Cause::Fault { .. });
        let fault = best(found.tried.iter().filter(is_fault).collect());
        let causes = || found.tried.iter().filter(|tried| tried.cause.is_cause());
        found.cause = best(causes().collect());
        // A fault that explains half of it comes before what would merely have borne it.
        if let Some(fault) = fault.filter(|fault| gain(fault) >= 0.5) {
            let sustaining = self.after.and_then(|(_, after)| {
                let cured = |tried: &&Tried| {
                    tried.cause.sustains() && tried.after.is_some_and(|then| benefit(after, then) >= 0.6)
                };
                let share = |tried: &&Tried| tried.after.map_or(1.0, |then| then.share());
                causes().filter(cured).min_by(|a, b| share(a).total_cmp(&share(b))).cloned()
            });
            match sustaining {
                Some(cause) => (found.cause, found.trigger) = (Some(cause), Some(fault)),
                None => found.cause = Some(fault),
            }
        }
        brownout_sim::order::sort_by_key(&mut found.tried, |tried| (tried.without.share() * 1e9) as u64);
    }
}

/// Suspicions, each with how much the measurements speak for it.
#[derive(Default)]
struct Suspicions(Vec<(f64, Cause)>);

impl Suspicions {
    fn add(&mut self, weight: f64, cause: Cause) {
        if !self.0.iter().any(|(_, known)| *known == cause) {
            self.0.push((weight, cause));
        }
    }

    /// The strongest of each kind, the more specific kinds first.
    fn strongest(mut self) -> Vec<Cause> {
        // Larger weights first; the order of the design where they are equal.
        brownout_sim::order::sort_by(&mut self.0, |a, b| b.0.total_cmp(&a.0));
        let mut kept: Vec<Cause> = Vec::new();
        for (_, cause) in self.0 {
            if kept.iter().filter(|other| other.kind() == cause.kind()).count() < MOST {
                kept.push(cause);
            }
        }
        brownout_sim::order::sort_by_key(&mut kept, Cause::rank);
        kept
    }
}

/// What may be wrong, by what was measured; the more specific first.
fn suspicions(found: &Diagnosis, record: &Record) -> Vec<Cause> {
    let mut suspected = Suspicions::default();
    // Those that struck last before the trouble, or in it, are the likely ones.
    let begin = found.stretch.from;
    for cause in faults(record, found.to) {
        if let Cause::Fault { at, .. } = cause {
            suspected.add(-(at.abs_diff(begin) as f64), cause);
        }
    }
    let report = &found.stretch.report;
    for part in &report.components {
        of_part(found, part, &mut suspected);
    }
    of_machines(found, &mut suspected);
    let latency = report.latency.mean.unwrap_or(0.0);
    for edge in &report.edges {
        of_edge(found, edge, latency, &mut suspected);
    }
    let most = report.edges.iter().filter(|edge| (edge.retries + edge.hedges) * 20 > edge.issued);
    if let Some(edge) = most.max_by_key(|edge| edge.retries + edge.hedges) {
        suspected.add(1.0, Cause::Retries(edge.id));
    }
    suspected.strongest()
}

fn of_part(found: &Diagnosis, part: &ComponentReport, suspected: &mut Suspicions) {
    let Some(design) = found.document.part(part.id) else { return };
    let (params, id) = (&design.params, part.id);
    let gauge =
        |name: &str| part.gauges.iter().find(|gauge| gauge.name == name).map_or(0.0, |gauge| gauge.value);
    let is = |name: &str, word: &str| params.word(name) == Some(word);
    if part.kind == Kind::Deploy && is("scales", "none") {
        suspected.add(1.0, Cause::Deploy(id));
    }
    let refused = part.errors[Outcome::Overloaded as usize] as f64;
    if refused > 0.0 {
        if matches!(params.named("limit_rps"), Some(Value::Number(limit)) if limit > 0.0) {
            suspected.add(refused, Cause::RateLimit(id));
        }
        if params.place("shed").is_some() && !(is("shed", "none") && is("concurrency", "fixed")) {
            suspected.add(refused, Cause::Shedding(id));
        }
        if params.count("backlog").is_some_and(|room| part.queue_max >= room) {
            suspected.add(refused, Cause::ShortQueue(id));
        }
    }
    let samples =
        found.samples.iter().filter(|sample| (found.stretch.from..=found.stretch.to).contains(&sample.at));
    let gauges = samples.flat_map(|sample| &sample.parts).filter(|gauge| gauge.id == id);
    let busiest = gauges.filter_map(|gauge| gauge.utilisation).fold(0.0_f32, f32::max);
    let workers = workers(params);
    let share = part.utilisation.unwrap_or(0.0);
    if workers.is_some() && (busiest >= 0.9 || share > 0.8) {
        // Of two that are full, the one before which more wait.
        let weight = share.max(f64::from(busiest)) * 1e9 + part.queue_mean;
        suspected.add(weight, Cause::Capacity(id));
        if found.document.edges.iter().any(|edge| edge.to == id && edge.kind == EdgeKind::Calls) {
            suspected.add(weight, Cause::LongQueue(id));
        }
    }
    if matches!(params.named("pause_every"), Some(Value::Law(law)) if law != brownout_sim::param::Law::Constant { ms: 0.0 })
    {
        suspected.add(part.residence.mean.unwrap_or(0.0), Cause::Pauses(id));
    }
    let repeated = gauge("repeated_fetches");
    if params.named("coalesce") == Some(Value::Flag(false)) && repeated > 0.0 {
        suspected.add(repeated, Cause::Stampede(id));
    }
    if gauge("evictions") > 0.0 && part.kind != Kind::Cdn {
        suspected.add(gauge("evictions"), Cause::SmallCache(id));
    }
    if gauge("full_dropped") > 0.0 {
        suspected.add(gauge("full_dropped"), Cause::States(id));
    }
    if part.kind == Kind::Lb {
        suspected.add(part.errors.iter().sum::<u64>() as f64, Cause::Ejection(id));
    }
    let service = part.service.mean.unwrap_or(0.0);
    if part.kind != Kind::Client && service > 0.25 * found.stretch.report.latency.mean.unwrap_or(f64::MAX) {
        suspected.add(service, Cause::Slow(id));
    }
}

/// Machines whose software keeps most of their cores at work: by Little's law, its rate times the time of its work.
fn of_machines(found: &Diagnosis, suspected: &mut Suspicions) {
    let machines = found.document.parts.iter().filter(|part| part.params.kind() == Kind::Server);
    for host in machines {
        let Some(cores) = host.params.count("cores") else { continue };
        let inside = |part: &&ComponentReport| {
            found.document.part(part.id).is_some_and(|design| design.inside == Some(host.id))
        };
        let report = &found.stretch.report;
        let at_work = |part: &ComponentReport| part.throughput_rps * part.service.mean.unwrap_or(0.0) / 1e3;
        let working: f64 = report.components.iter().filter(inside).map(at_work).sum();
        let wants = report.components.iter().find(|part| part.id == host.id);
        let wants = wants.and_then(|part| part.gauges.iter().find(|gauge| gauge.name == "wanted_cores"));
        let room = f64::from(cores) * f64::from(host.count.max(1));
        let share = working.max(wants.map_or(0.0, |gauge| gauge.value)) / room.max(1.0);
        if share >= 0.6 {
            suspected.add(share, Cause::Cores(host.id));
        }
    }
}

fn of_edge(found: &Diagnosis, edge: &EdgeReport, latency: f64, suspected: &mut Suspicions) {
    let Some(design) = found.document.edge(edge.id) else { return };
    let (net, policy, id) = (&design.net, &design.policy, edge.id);
    let failed = |outcome: Outcome| edge.failed[outcome as usize] as f64;
    if policy.pool_size.0 > 0 {
        let callers = found.document.part(design.from).map_or(1, |part| part.count);
        let open = edge.issued as f64 / found.stretch.seconds() * edge.latency.mean.unwrap_or(0.0) / 1e3;
        let room = f64::from(policy.pool_size.0) * f64::from(callers);
        let without = failed(Outcome::NoConnection);
        if without > 0.0 || open > 0.6 * room {
            suspected.add(without + open / room, Cause::Pool(id));
            suspected.add(without + open / room, Cause::PatientPool(id));
        }
    }
    // What is lost now and then explains no more than itself, and what waited for it.
    let lost = (edge.lost as f64).max(net.loss.0 * edge.issued as f64);
    if net.loss.0 > 0.0 && lost * 20.0 >= found.health.bad as f64 {
        suspected.add(lost, Cause::Loss(id));
    }
    let jitter = crate::theory::moments(&net.jitter).map_or(1.0, |(mean, _)| mean);
    let trip = 2.0 * (net.latency_ms.0 + jitter);
    if trip > 5.0 && trip > 0.2 * latency.min(policy.timeout_ms.0.max(1.0)) {
        suspected.add(trip * edge.issued as f64, Cause::Latency(id));
    }
    let carried = edge.request_mbps.max(edge.reply_mbps) / net.bandwidth_mbps.0.max(1e-9);
    if net.bandwidth_mbps.0 > 0.0 && carried > 0.5 {
        suspected.add(carried, Cause::Bandwidth(id));
    }
    if failed(Outcome::CircuitOpen) > 0.0 {
        suspected.add(failed(Outcome::CircuitOpen), Cause::Breaker(id));
    }
    if failed(Outcome::Throttled) > 0.0 {
        suspected.add(failed(Outcome::Throttled), Cause::Throttle(id));
    }
    let late = failed(Outcome::TimedOut);
    if late * 100.0 > edge.issued as f64 {
        suspected.add(late, Cause::Timeout(id));
    }
}
