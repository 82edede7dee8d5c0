//! The document: a system, its layout on the canvas, its plan and its goals.

use brownout_sim::component::AnyParams;
use brownout_sim::engine::Options;
use brownout_sim::param::{Choice, Domain, ParamError, ParamType, Seconds, Unit, Value, Words};
use brownout_sim::system::{Edge, Experiment, Id, Injection, Intervention, System, Target, Verb};
use brownout_sim::{Ns, params};

use crate::error::Lang;
use crate::form::pick;

/// The largest seed: 2^53 - 1, so that every reader of JSON reads the same number.
pub const LARGEST_SEED: u64 = (1 << 53) - 1;

/// What random numbers start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    pub const fn domain(limits: &[f64]) -> Domain {
        Domain::Number { min: limits[0], max: limits[1] }
    }
}

impl ParamType for Seed {
    const UNIT: Unit = Unit::None;

    fn to_value(&self) -> Value {
        Value::Number(self.0 as f64)
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        match value {
            Value::Count(seed) => Ok(Self(u64::from(seed))),
            Value::Number(seed) if seed.fract() == 0.0 && (0.0..=LARGEST_SEED as f64).contains(&seed) => {
                Ok(Self(seed as u64))
            }
            _ => Err(ParamError::Kind { wanted: "a whole number" }),
        }
    }
}

/// When measuring begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WarmUp {
    /// After so many seconds.
    After(f64),
    /// Where pilot runs show that the system has settled; a run by itself is measured from its start.
    Auto,
}

impl WarmUp {
    const WORDS: &'static [Choice] = &[Choice { name: "auto", label: Words::new("automatic", "자동") }];

    pub const fn domain(limits: &[f64]) -> Domain {
        Domain::NumberOr { min: limits[0], max: limits[1], words: Self::WORDS }
    }

    /// How long a run by itself is not measured.
    pub fn ns(self) -> Ns {
        match self {
            Self::After(seconds) => Seconds(seconds).ns(),
            Self::Auto => 0,
        }
    }
}

impl ParamType for WarmUp {
    const UNIT: Unit = Unit::Seconds;

    fn to_value(&self) -> Value {
        match self {
            Self::After(seconds) => Value::Number(*seconds),
            Self::Auto => Value::Choice(Self::WORDS[0].name),
        }
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        match value {
            Value::Number(seconds) => Ok(Self::After(seconds)),
            Value::Count(seconds) => Ok(Self::After(f64::from(seconds))),
            Value::Choice(word) if word == Self::WORDS[0].name => Ok(Self::Auto),
            _ => Err(ParamError::Kind { wanted: "a number" }),
        }
    }
}

params! {
    /// What a run is set to.
    pub struct Settings {
        seed: Seed = Seed(1), [0, 9_007_199_254_740_991_u64], key "s", since 1,
            en "Seed" "The number that all chance starts from. The same seed gives the same run, to the last request.",
            ko "시드" "모든 난수의 출발점입니다. 시드가 같으면 마지막 요청까지 똑같이 실행됩니다.";
        duration_s: Seconds = Seconds(300.0), [0.001, 315_576_000], key "d", since 1,
            en "Duration" "How long the run lasts, in simulated time.",
            ko "실행 시간" "시뮬레이션 시간으로 잰 실행 길이입니다.";
        warmup_s: WarmUp = WarmUp::After(10.0), [0, 315_576_000], key "u", since 1,
            en "Warm-up" "Measuring begins after this time, when the empty system has filled up. Automatic: the terminal finds it by pilot runs (MSER-5); a run here is measured from its start.",
            ko "준비 시간" "빈 시스템이 채워진 뒤, 이 시간이 지나면 측정을 시작합니다. 자동이면 터미널은 시험 실행으로 찾고(MSER-5), 여기서는 처음부터 측정합니다.";
    }
}

params! {
    /// Where the visitor looks. At its defaults the page shows everything.
    pub struct View {
        x: Number = Number(0.0), [-1_000_000, 1_000_000], key "x", since 1,
            en "Left edge" "The canvas coordinate at the left edge of the window.",
            ko "왼쪽" "창의 왼쪽 끝에 있는 캔버스 좌표입니다.";
        y: Number = Number(0.0), [-1_000_000, 1_000_000], key "y", since 1,
            en "Top edge" "The canvas coordinate at the top edge of the window.",
            ko "위쪽" "창의 위쪽 끝에 있는 캔버스 좌표입니다.";
        zoom: Number = Number(1.0), [0.01, 100], key "z", since 1,
            en "Zoom" "Pixels per unit of the canvas.",
            ko "확대" "캔버스 한 단위당 픽셀 수입니다.";
        charts: Flag = Flag(false), [], key "c", since 1,
            en "Charts" "The charts are open at first.",
            ko "차트" "처음에 차트를 펼쳐 둡니다.";
    }
}

/// The document that people save and share: the design from t = 0 on and the planned interventions.
///
/// Parts, edges, entries and goals stand in ascending order of `id`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    pub settings: Settings,
    pub name: String,
    pub notes: String,
    pub parts: Vec<Part>,
    pub edges: Vec<Edge>,
    /// What the visitor calls connections; most have no name.
    pub names: Vec<EdgeName>,
    pub timeline: Vec<Entry>,
    pub goals: Vec<Goal>,
    pub view: View,
}

/// A component on the canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub id: Id,
    /// As the visitor calls it. Empty shows the type's own word.
    pub name: String,
    /// The upper left corner of its card; a part without one is placed by the page.
    pub at: Option<[f64; 2]>,
    /// How many identical instances.
    pub count: u32,
    pub inside: Option<Id>,
    /// The type and its parameters.
    pub params: AnyParams,
}

impl Part {
    /// A part of one instance, with this type and these parameters.
    pub fn new(id: Id, params: AnyParams) -> Self {
        Self { id, name: String::new(), at: None, count: 1, inside: None, params }
    }

    /// What the simulator knows of it.
    pub fn simulated(&self) -> brownout_sim::system::Part {
        brownout_sim::system::Part {
            id: self.id,
            params: self.params.clone(),
            count: self.count,
            inside: self.inside,
        }
    }
}

/// What the visitor calls a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeName {
    /// Of the connection.
    pub id: Id,
    /// Not empty.
    pub name: String,
}

impl EdgeName {
    /// A name, unless it is empty.
    pub fn new(id: Id, name: String) -> Option<Self> {
        (!name.is_empty()).then_some(Self { id, name })
    }
}

/// A planned intervention.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: Id,
    pub at: Ns,
    pub verb: Verb,
    pub target: Target,
    /// A fault ends by itself after this time.
    pub lasts: Option<Ns>,
    /// How much of it, where that is a matter of degree: so many times slower, so many times as many. Otherwise
    /// [`Verb::FACTOR`].
    pub factor: f64,
    /// Whom else it strikes, how often, and what stops it.
    pub injection: Injection,
}

impl Entry {
    /// The experiment that it is, where it is more than one fault that strikes its target once.
    pub fn experiment(&self) -> Option<Experiment> {
        let Self { id, verb, target, lasts, factor, ref injection, .. } = *self;
        let experiment = || Experiment { id, verb, target, factor, lasts, injection: injection.clone() };
        (!injection.is_plain()).then(experiment)
    }
}

/// How a goal compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
}

impl Op {
    pub const ALL: &'static [Self] = &[Self::Less, Self::AtMost, Self::More, Self::AtLeast, Self::Equal];

    /// As documents write them, in the order of [`ALL`](Self::ALL).
    pub const CHOICES: &'static [Choice] = &[
        Choice { name: "<", label: Words::new("less than", "미만") },
        Choice { name: "<=", label: Words::new("at most", "이하") },
        Choice { name: ">", label: Words::new("more than", "초과") },
        Choice { name: ">=", label: Words::new("at least", "이상") },
        Choice { name: "==", label: Words::new("equal to", "같음") },
    ];

    /// Whether a value compares so with a bound; the tolerance is that of values that count as equal.
    pub fn holds(self, value: f64, bound: f64, tolerance: f64) -> bool {
        match self {
            Self::Less => value < bound,
            Self::AtMost => value <= bound,
            Self::More => value > bound,
            Self::AtLeast => value >= bound,
            Self::Equal => (value - bound).abs() <= tolerance,
        }
    }
}

/// What the run is to reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    pub id: Id,
    /// A path into the report: `latency_ms.p99`.
    pub metric: String,
    /// The stretch of time that counts; without one, everything that is measured.
    pub over: Option<[Ns; 2]>,
    pub op: Op,
    pub value: f64,
    /// How far apart two values may be that count as equal.
    pub tolerance: f64,
}

impl Scenario {
    /// What is simulated.
    pub fn system(&self) -> System {
        System { parts: self.parts.iter().map(Part::simulated).collect(), edges: self.edges.clone() }
    }

    /// The planned interventions in the order in which they happen; a fault that ends by itself gives two.
    pub fn plan(&self) -> Vec<Intervention> {
        use brownout_sim::system::Action;
        let mut plan = Vec::with_capacity(self.timeline.len());
        for entry in &self.timeline {
            let (verb, target, since) = (entry.verb, entry.target, entry.at);
            if let Some(experiment) = entry.experiment() {
                plan.push(Intervention { at: since, action: Action::Experiment(Box::new(experiment)) });
                continue;
            }
            plan.push(Intervention { at: since, action: Action::fault(verb, target, entry.factor) });
            if let Some(lasts) = entry.lasts {
                let at = since.saturating_add(lasts);
                plan.push(Intervention { at, action: Action::End { verb, target, since } });
            }
        }
        brownout_sim::order::sort_by_key(&mut plan, |step| step.at);
        plan
    }

    /// What a run of it is set to.
    pub fn options(&self) -> Options {
        let Settings { seed, duration_s, warmup_s } = &self.settings;
        Options { seed: seed.0, warmup: warmup_s.ns(), duration: duration_s.ns() }
    }

    pub fn part(&self, id: Id) -> Option<&Part> {
        find(&self.parts, id).map(|at| &self.parts[at])
    }

    /// What a part is called: by its name, or, without one, by its type.
    pub fn called(&self, id: Id, lang: Lang) -> Option<&str> {
        let part = self.part(id)?;
        let own = part.name.as_str();
        Some(if own.trim().is_empty() { pick(part.params.kind().spec().label, lang) } else { own })
    }

    pub fn edge(&self, id: Id) -> Option<&Edge> {
        find(&self.edges, id).map(|at| &self.edges[at])
    }

    /// What the visitor calls a connection, if anything.
    pub fn edge_name(&self, id: Id) -> Option<&str> {
        find(&self.names, id).map(|at| self.names[at].name.as_str())
    }

    pub fn entry(&self, id: Id) -> Option<&Entry> {
        find(&self.timeline, id).map(|at| &self.timeline[at])
    }

    pub fn goal(&self, id: Id) -> Option<&Goal> {
        find(&self.goals, id).map(|at| &self.goals[at])
    }

    /// The largest id of anything in the document; 0 in an empty one.
    pub fn largest_id(&self) -> Id {
        let last = |id: Option<Id>| id.unwrap_or(0);
        last(self.parts.last().map(|part| part.id))
            .max(last(self.edges.last().map(|edge| edge.id)))
            .max(last(self.timeline.last().map(|entry| entry.id)))
            .max(last(self.goals.last().map(|goal| goal.id)))
    }

    /// An id that nothing in the document has. An [`Editor`](crate::edit::Editor) knows better: it also
    /// avoids those that were removed.
    pub fn next_id(&self) -> Id {
        self.largest_id() + 1
    }
}

/// Things with a number, kept in ascending order of it.
pub(crate) trait Numbered {
    fn id(&self) -> Id;
}

macro_rules! numbered {
    ($($type:ty),*) => { $( impl Numbered for $type { fn id(&self) -> Id { self.id } } )* };
}

numbered!(Part, Edge, EdgeName, Entry, Goal);

pub(crate) fn find<T: Numbered>(all: &[T], id: Id) -> Option<usize> {
    all.binary_search_by_key(&id, Numbered::id).ok()
}

/// Puts an element in its place, or takes away the one with this id. Returns what was there.
pub(crate) fn set<T: Numbered>(all: &mut Vec<T>, id: Id, element: Option<T>) -> Option<T> {
    match (all.binary_search_by_key(&id, Numbered::id), element) {
        (Ok(at), Some(element)) => Some(std::mem::replace(&mut all[at], element)),
        (Ok(at), None) => Some(all.remove(at)),
        (Err(at), Some(element)) => {
            all.insert(at, element);
            None
        }
        (Err(_), None) => None,
    }
}
