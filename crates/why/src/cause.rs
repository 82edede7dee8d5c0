//! What may be wrong, and the changed copy of a run in which it is not.

use brownout_scenario::Record;
use brownout_sim::component::AnyParams;
use brownout_sim::engine::Options;
use brownout_sim::param::{Law, Value};
use brownout_sim::system::{Action, Change, Edge, Id, Intervention, Net, Part, Policy, System, Target, Verb};
use brownout_sim::{Ns, Simulation};

/// A cause. Each has an element that it is about, and a change that takes it away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// A fault that struck, planned or by hand; without an end, it still holds.
    Fault {
        verb: Verb,
        target: Target,
        at: Ns,
        until: Option<Ns>,
    },
    /// A deployment.
    Deploy(Id),
    /// A part refuses what is beyond its rate limit.
    RateLimit(Id),
    /// A part sheds load, or lets in only so many at a time.
    Shedding(Id),
    /// A queue is too short for bursts.
    ShortQueue(Id),
    /// The connections of an edge are too few.
    Pool(Id),
    /// Retries and second copies multiply the load; the edge with most of them.
    Retries(Id),
    Loss(Id),
    Latency(Id),
    Bandwidth(Id),
    /// A part stands still again and again.
    Pauses(Id),
    /// Misses of one key are fetched many times over.
    Stampede(Id),
    /// Too few workers for the load.
    Capacity(Id),
    /// A machine has too few cores for the software on it.
    Cores(Id),
    /// Its work takes long, waiting or not.
    Slow(Id),
    /// A connection table is too small.
    States(Id),
    /// A cache is too small for what is asked.
    SmallCache(Id),
    Breaker(Id),
    Throttle(Id),
    /// Callers give up before an answer can be there.
    Timeout(Id),
    /// A queue is so long that who gets to its end is too late: only ever a help.
    LongQueue(Id),
    /// A balancer goes on sending to who fails: only ever a help.
    Ejection(Id),
    /// Callers wait for a connection for long: only ever a help.
    PatientPool(Id),
}

impl Cause {
    /// The part or edge that it is about.
    pub const fn about(&self) -> Id {
        match self {
            Self::Fault { target, .. } => target.id,
            Self::Deploy(id)
            | Self::RateLimit(id)
            | Self::Shedding(id)
            | Self::ShortQueue(id)
            | Self::Pool(id)
            | Self::Retries(id)
            | Self::Loss(id)
            | Self::Latency(id)
            | Self::Bandwidth(id)
            | Self::Pauses(id)
            | Self::Stampede(id)
            | Self::Capacity(id)
            | Self::Cores(id)
            | Self::Slow(id)
            | Self::States(id)
            | Self::SmallCache(id)
            | Self::Breaker(id)
            | Self::Throttle(id)
            | Self::Timeout(id)
            | Self::LongQueue(id)
            | Self::Ejection(id)
            | Self::PatientPool(id) => *id,
        }
    }

    /// What causes of one kind have in common: faults by what they do.
    pub(crate) fn kind(&self) -> (std::mem::Discriminant<Self>, Option<Verb>) {
        let verb = if let Self::Fault { verb, .. } = self { Some(*verb) } else { None };
        (std::mem::discriminant(self), verb)
    }

    /// Of causes whose removal helps as much, the more specific one is named: the lower number.
    pub(crate) const fn rank(&self) -> u8 {
        match self {
            Self::Fault { .. } | Self::Deploy(_) => 0,
            Self::RateLimit(_) | Self::Shedding(_) | Self::States(_) => 1,
            Self::Pool(_) | Self::Loss(_) | Self::Latency(_) | Self::Bandwidth(_) => 2,
            Self::ShortQueue(_) | Self::Pauses(_) => 3,
            Self::Stampede(_) => 4,
            Self::Retries(_) => 5,
            Self::Capacity(_) => 6,
            Self::Cores(_) => 7,
            Self::Slow(_) | Self::SmallCache(_) => 8,
            Self::Breaker(_) | Self::Throttle(_) => 9,
            Self::Timeout(_) => 10,
            Self::LongQueue(_) | Self::Ejection(_) | Self::PatientPool(_) => 11,
        }
    }

    /// Whether it keeps a failure alive whose trigger is gone.
    pub(crate) const fn sustains(&self) -> bool {
        matches!(self, Self::Retries(_) | Self::Pauses(_) | Self::Stampede(_))
    }

    /// Whether it can be what is wrong, and not only what would help.
    pub(crate) const fn is_cause(&self) -> bool {
        self.rank() < 11
    }

    /// A run of this record in which the cause is taken away.
    pub(crate) fn without(&self, record: &Record, options: Options) -> Option<Simulation> {
        let mut system = record.start.system();
        let mut plan = record.interventions();
        let changed = if let Self::Fault { verb, target, at, .. } = self {
            let before = plan.len();
            plan.retain(|step| !is_of(step, *verb, *target, *at));
            plan.len() < before
        } else {
            self.change(&mut system) | self.change_edits(&mut plan)
        };
        if !changed {
            return None;
        }
        let plan = system.possible(plan);
        Simulation::new(&system, options, &plan).ok()
    }

    fn change_edits(&self, plan: &mut [Intervention]) -> bool {
        let mut changed = false;
        for step in plan {
            let Action::Edit(changes) = &mut step.action else { continue };
            for change in changes {
                changed |= match change {
                    Change::PutPart(part) => self.change_part(part),
                    Change::PutEdge(edge) => self.change_edge(edge),
                    _ => false,
                };
            }
        }
        changed
    }

    fn change(&self, system: &mut System) -> bool {
        if let Self::Deploy(id) = self {
            system.edges.retain(|edge| edge.from != *id && edge.to != *id);
            let before = system.parts.len();
            system.parts.retain(|part| part.id != *id);
            return system.parts.len() < before;
        }
        let mut changed = false;
        for part in &mut system.parts {
            changed |= self.change_part(part);
        }
        for edge in &mut system.edges {
            changed |= self.change_edge(edge);
        }
        changed
    }

    fn change_part(&self, part: &mut Part) -> bool {
        if part.id != self.about() {
            return false;
        }
        let params = &mut part.params;
        match self {
            Self::RateLimit(_) => put(params, "limit_rps", Value::Number(0.0)),
            Self::Shedding(_) => {
                put(params, "shed", Value::Choice("none"))
                    | put(params, "concurrency", Value::Choice("fixed"))
            }
            Self::ShortQueue(_) => grow(params, "backlog", 20.0, 200),
            Self::Pauses(_) => put(params, "pause_every", Value::Law(Law::Constant { ms: 0.0 })),
            Self::Stampede(_) => put(params, "coalesce", Value::Flag(true)),
            Self::Capacity(_) => WORKERS.iter().any(|name| grow(params, name, 4.0, 0)),
            Self::Cores(_) => grow(params, "cores", 4.0, 0),
            Self::Slow(_) => faster(params),
            Self::States(_) => grow(params, "states", 100.0, 0),
            Self::SmallCache(_) => grow(params, "capacity", 20.0, 0),
            Self::LongQueue(_) => {
                let workers = workers(params).unwrap_or(1);
                put(params, "backlog", Value::Count(workers.saturating_mul(8)))
            }
            Self::Ejection(_) => put(params, "eject_after", Value::Count(5)),
            _ => false,
        }
    }

    fn change_edge(&self, edge: &mut Edge) -> bool {
        if matches!(self, Self::Retries(_)) {
            // Wherever they are made: each tier multiplies those before it.
            let Policy { retries, hedge_ms, .. } = &mut edge.policy;
            let had = retries.0 > 0 || hedge_ms.0 > 0.0;
            (retries.0, hedge_ms.0) = (0, 0.0);
            return had;
        }
        if edge.id != self.about() {
            return false;
        }
        let (net, policy) = (&mut edge.net, &mut edge.policy);
        match self {
            Self::Pool(_) => replace(&mut policy.pool_size.0, 0),
            Self::PatientPool(_) => {
                policy.pool_wait_ms.0 = 50.0;
                replace(&mut policy.pool_waiters.0, 10)
            }
            Self::Loss(_) => replace(&mut net.loss.0, 0.0),
            Self::Latency(_) => {
                net.jitter = Law::Constant { ms: 0.0 };
                replace(&mut net.latency_ms.0, Net::default().latency_ms.0)
            }
            Self::Bandwidth(_) => {
                net.slow_start.0 = false;
                replace(&mut net.bandwidth_mbps.0, 0.0)
            }
            Self::Breaker(_) => replace(&mut policy.breaker_share.0, 0.0),
            Self::Throttle(_) => replace(&mut policy.throttle_ratio.0, 0.0),
            Self::Timeout(_) => {
                let longer = policy.timeout_ms.0 * 5.0;
                replace(&mut policy.timeout_ms.0, longer)
            }
            _ => false,
        }
    }
}

/// What types call those who work at the same time.
const WORKERS: &[&str] = &["workers", "threads"];

/// How many of them each instance of a part has.
pub(crate) fn workers(params: &AnyParams) -> Option<u32> {
    WORKERS.iter().find_map(|name| params.count(name))
}

fn is_of(step: &Intervention, verb: Verb, target: Target, at: Ns) -> bool {
    match &step.action {
        Action::Do { verb: its, target: whom } | Action::Scale { verb: its, target: whom, .. } => {
            (*its, *whom, step.at) == (verb, target, at)
        }
        Action::End { verb: its, target: whom, since } => (*its, *whom, *since) == (verb, target, at),
        Action::Experiment(experiment) => (experiment.verb, experiment.target, step.at) == (verb, target, at),
        Action::Edit(_) => false,
    }
}

fn replace<T: PartialEq>(place: &mut T, value: T) -> bool {
    let differs = *place != value;
    *place = value;
    differs
}

fn put(params: &mut AnyParams, name: &str, value: Value) -> bool {
    let Some(at) = params.place(name) else { return false };
    params.get(at) != value && params.set(at, value).is_ok()
}

/// So many times as large and at least `least`, or as large as may be.
fn grow(params: &mut AnyParams, name: &str, times: f64, least: u32) -> bool {
    let Some(now) = params.count(name) else { return false };
    let mut wanted = (f64::from(now) * times).max(f64::from(least)) as u32;
    while wanted > now {
        if put(params, name, Value::Count(wanted)) {
            return true;
        }
        wanted = now + (wanted - now) / 2;
    }
    false
}

fn faster(params: &mut AnyParams) -> bool {
    let mut changed = false;
    for name in service_laws(params) {
        if let Some(Value::Law(law)) = params.named(name) {
            changed |= scaled(&law).is_some_and(|law| put(params, name, Value::Law(law)));
        }
    }
    changed
}

/// The times of a part's own work.
pub(crate) fn service_laws(params: &AnyParams) -> Vec<&'static str> {
    let not = ["pause_every", "pause_time", "think_time", "restart_time"];
    let specs = params.kind().spec().params.iter().enumerate();
    specs
        .filter(|(at, spec)| matches!(params.get(*at), Value::Law(_)) && !not.contains(&spec.name))
        .map(|(_, spec)| spec.name)
        .collect()
}

/// A quarter of it.
fn scaled(law: &Law) -> Option<Law> {
    let quarter = |ms: &f64| ms / 4.0;
    Some(match law {
        Law::Constant { ms } => Law::Constant { ms: quarter(ms) },
        Law::Exponential { mean_ms } => Law::Exponential { mean_ms: quarter(mean_ms) },
        Law::Uniform { min_ms, max_ms } => Law::Uniform { min_ms: quarter(min_ms), max_ms: quarter(max_ms) },
        Law::Lognormal { mean_ms, cv } => Law::Lognormal { mean_ms: quarter(mean_ms), cv: *cv },
        Law::Gamma { mean_ms, cv } => Law::Gamma { mean_ms: quarter(mean_ms), cv: *cv },
        Law::Pareto { mean_ms, shape } => Law::Pareto { mean_ms: quarter(mean_ms), shape: *shape },
        Law::Weibull { mean_ms, shape } => Law::Weibull { mean_ms: quarter(mean_ms), shape: *shape },
        Law::Hyperexponential { mean_ms, scv } => {
            Law::Hyperexponential { mean_ms: quarter(mean_ms), scv: *scv }
        }
        _ => return None,
    })
}

/// The faults of a run, as causes: when each struck, and when it was over.
pub(crate) fn faults(record: &Record, now: Ns) -> Vec<Cause> {
    let plan = record.interventions();
    let mut faults = Vec::new();
    for (index, step) in plan.iter().enumerate() {
        let (verb, target) = match &step.action {
            Action::Do { verb, target } | Action::Scale { verb, target, .. } => (*verb, *target),
            Action::Experiment(experiment) => (experiment.verb, experiment.target),
            _ => continue,
        };
        if verb == Verb::Restore || step.at > now {
            continue;
        }
        let ends = |later: &&Intervention| match &later.action {
            Action::End { verb: its, target: whom, since } => {
                (*its, *whom, *since) == (verb, target, step.at)
            }
            Action::Do { verb: Verb::Restore, target: whom } => whom.id == target.id,
            _ => false,
        };
        let until = match &step.action {
            Action::Experiment(experiment) => experiment.lasts.map(|lasts| step.at.saturating_add(lasts)),
            _ => plan[index + 1..].iter().find(ends).map(|end| end.at),
        };
        // What empties or fills a store is over at once.
        let until = if matches!(verb, Verb::Flush | Verb::Fill) { Some(step.at) } else { until };
        faults.push(Cause::Fault { verb, target, at: step.at, until: until.filter(|end| *end <= now) });
    }
    faults
}
