//! One execution: a text is read, and if it is valid, run, with everything watched that can be.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use allocation_counter::measure;
use brownout_scenario::{Record, Scenario, Shared, figures, link};
use brownout_sim::Simulation;
use brownout_sim::observe::{Report, What};

/// What a text is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Document,
    Record,
}

impl Target {
    pub const ALL: [Self; 2] = [Self::Document, Self::Record];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Record => "record",
        }
    }

    fn read(self, text: &str) -> Result<Record, brownout_scenario::Error> {
        match self {
            Self::Document => Scenario::from_json(text).map(Record::new),
            Self::Record => Record::from_json(text),
        }
    }
}

/// A run is stopped after so many events.
pub const EVENTS: u64 = 5_000;
/// Events in a chunk, after each of which memory is looked at and the books are audited.
const CHUNK: u32 = 512;
/// A run is stopped after so many chunks, too: messages that are lost on their way are work, and no events.
const CHUNKS: u32 = 8_000;
/// A run that gets on in neither time nor events for so many chunks hangs.
const STILL: u32 = 4_000;
/// A run is stopped as well once so many calls are in flight: a client may send thousands at once.
const CROWD: usize = 200_000;
/// The most bytes that an execution may hold at one time, and beside them for every place of a call.
pub const BYTES: u64 = 64 << 20;
/// Its frame, what policies need beside it, the key that it knows of its request, its place on a link and in the
/// calendar; tables grow by an eighth, links double. A copy of the run has places of its own.
const BYTES_PER_PLACE: u64 = 400;
/// A cache that grows holds its old table beside the new one.
const BYTES_PER_KEY: u64 = 160;

/// What came of a text.
#[derive(Debug, Default)]
pub struct Executed {
    /// As it was read; `None` where it was refused.
    pub record: Option<Record>,
    pub events: u64,
    /// The most bytes held at one time.
    pub bytes: u64,
    /// What this execution met, hashed: refusals by kind, outcomes by type of part, faults, gauges.
    pub features: Vec<u64>,
}

/// Reads and runs a text; with `thorough` also writes it, copies the run, and reads figures in between.
/// An error is a defect.
pub fn execute(target: Target, text: &str, thorough: bool) -> Result<Executed, String> {
    let mut meter = Meter::default();
    let mut executed = Executed::default();
    match meter.stage("reading", || target.read(text))? {
        Ok(record) => {
            run(&record, thorough, &mut meter, &mut executed)?;
            executed.record = Some(record);
        }
        Err(error) => executed.features.push(feature(&("refused", without_details(&error.to_string())))),
    }
    meter.check("everything")?;
    executed.bytes = meter.most;
    Ok(executed)
}

fn run(record: &Record, thorough: bool, meter: &mut Meter, executed: &mut Executed) -> Result<(), String> {
    if thorough {
        meter.stage("writing", || written_again(record))??;
    }
    let mut simulation = meter
        .stage("building", || record.simulation())?
        .map_err(|error| format!("valid, but not to be run: {error}"))?;
    let end = record.start.options().duration;
    let mut twin = None;
    let (mut chunks, mut still) = (0, 0);
    loop {
        let before = (simulation.now(), simulation.events());
        let done = meter.stage("running", || simulation.run_chunk(end, CHUNK))?;
        meter.places = simulation.places() as u64;
        meter.keys = meter.keys.max(simulation.keys() as u64);
        meter.check("running")?;
        chunks += 1;
        still = if before == (simulation.now(), simulation.events()) { still + 1 } else { 0 };
        if still > STILL {
            return Err(format!("it hangs: {chunks} chunks, and the time is {} ns", simulation.now()));
        }
        if done || chunks > CHUNKS || simulation.events() >= EVENTS || simulation.places() > CROWD {
            break;
        }
        if thorough && chunks == 2 && simulation.places() < CROWD / 8 {
            meter.stage("looking", || look(&simulation, record))?;
            twin = Some(meter.stage("copying", || simulation.clone())?);
        }
    }
    meter.stage("auditing", || simulation.audit())??;
    let report = meter.stage("reporting", || simulation.report())?;
    if let Some(mut twin) = twin {
        // To the end of the same nanosecond, the copy step by step at first: chunks must not matter.
        let agrees = meter.stage("running a copy", || {
            let until = simulation.now();
            while !simulation.run_chunk(until, CHUNK) {}
            for _ in 0..20 {
                if twin.now() < until {
                    twin.step_event();
                }
            }
            while !twin.run_chunk(until, 64) {}
            // A step may have gone beyond.
            twin.now() != until || twin.digest() == simulation.digest()
        })?;
        if !agrees {
            return Err("a copy of the run went another way".to_owned());
        }
        // Both are held.
        meter.places += twin.places() as u64;
        meter.keys += twin.keys() as u64;
        meter.stage("looking", || look(&simulation, record))?;
    }
    executed.events = simulation.events();
    features(&simulation, &report, &mut executed.features);
    Ok(())
}

/// A record is written, read again from both of its forms, and must be the same.
fn written_again(record: &Record) -> Result<(), String> {
    let again = Record::from_json(&record.to_json()).map_err(|error| format!("not read again: {error}"))?;
    if again != *record {
        return Err("another record was read than was written".to_owned());
    }
    let shared = Shared::Run(again);
    let Ok(link) = link::encode(&shared) else { return Ok(()) };
    match link::decode(&link) {
        Ok(again) if again == shared => Ok(()),
        Ok(_) => Err("another record came out of its link".to_owned()),
        Err(error) => Err(format!("its own link is refused: {error}")),
    }
}

/// What the page does all the time.
fn look(simulation: &Simulation, record: &Record) {
    let report = simulation.report();
    std::hint::black_box(figures(&report, &record.start, None).to_string().len());
    std::hint::black_box(simulation.picture(1_000).dots.len());
    std::hint::black_box(simulation.distributions().len());
}

/// Memory that is held, stage by stage. Panics become errors.
#[derive(Default)]
struct Meter {
    held: i64,
    most: u64,
    /// Of calls, in the simulation that runs.
    places: u64,
    /// That all of its caches held together.
    keys: u64,
}

impl Meter {
    fn stage<T>(&mut self, name: &str, work: impl FnOnce() -> T) -> Result<T, String> {
        let mut result = None;
        let counted = measure(|| result = Some(catch_unwind(AssertUnwindSafe(work))));
        self.most = self.most.max(self.held.max(0) as u64 + counted.bytes_max);
        self.held += counted.bytes_current;
        match result {
            Some(Ok(result)) => Ok(result),
            Some(Err(panic)) => Err(format!("a panic while {name}: {}", message(panic.as_ref()))),
            None => Err(format!("no result of {name}")),
        }
    }

    fn check(&self, name: &str) -> Result<(), String> {
        let allowed = BYTES + BYTES_PER_PLACE * self.places + BYTES_PER_KEY * self.keys;
        if self.most <= allowed {
            return Ok(());
        }
        Err(format!(
            "{} bytes held after {name}, more than {allowed} for {} calls and {} keys",
            self.most, self.places, self.keys
        ))
    }
}

/// An audit may print all of a ledger: its beginning says what is wrong.
fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("(no message)");
    text.chars().take(400).collect()
}

fn feature(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// A sentence without numbers and quoted words: the kind of refusal.
fn without_details(sentence: &str) -> String {
    sentence.chars().filter(|letter| !letter.is_ascii_digit()).take(120).collect()
}

/// How much, roughly.
fn size(count: u64) -> u32 {
    u64::BITS - count.leading_zeros()
}

fn features(simulation: &Simulation, report: &Report, out: &mut Vec<u64>) {
    let mut add = |what: u64| out.push(what);
    for part in &report.components {
        let kind = part.kind as u32;
        for (outcome, count) in part.errors.iter().enumerate().filter(|(_, count)| **count > 0) {
            add(feature(&("error", kind, outcome, size(*count) / 4)));
        }
        for gauge in part.gauges.iter().filter(|gauge| gauge.value != 0.0) {
            add(feature(&("gauge", kind, gauge.name, gauge.value > 1.0)));
        }
        add(feature(&("queue", kind, size(u64::from(part.queue_max)) / 3)));
    }
    for edge in &report.edges {
        let ends = simulation.system().edge(edge.id).map(|edge| {
            let kind = |id| simulation.system().part(id).map(|part| part.params.kind() as u32);
            (kind(edge.from), kind(edge.to), edge.mode as u32)
        });
        for (outcome, count) in edge.failed.iter().enumerate().filter(|(_, count)| **count > 0) {
            add(feature(&("failed", ends, outcome, *count > 100)));
        }
        let counts = [
            edge.open,
            edge.late,
            edge.lost,
            edge.abandoned,
            edge.cancelled,
            edge.retries,
            edge.hedges,
            u64::from(edge.breakers_open),
        ];
        for (which, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            add(feature(&("edge", ends, which, size(*count) / 6)));
        }
    }
    for happening in simulation.happenings().iter().take(300) {
        add(match &happening.what {
            What::Struck { verb, target } => {
                let part = simulation.system().part(target.id);
                let kind = part.map(|part| part.params.kind() as u32);
                feature(&("struck", *verb as u32, kind, target.instance.is_some()))
            }
            What::CheckFailed { cause, .. } => feature(&("check", *cause as u32)),
            What::LookUpFailed { cause, .. } => feature(&("look-up", *cause as u32)),
            What::Halted { reason } => feature(&("halted", without_details(&reason.en()))),
            other => feature(&("happened", std::mem::discriminant(other))),
        });
    }
    add(feature(&("size", size(simulation.events()) / 2, size(simulation.places() as u64) / 2)));
}
