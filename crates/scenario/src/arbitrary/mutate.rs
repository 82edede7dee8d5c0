//! Small changes of a record: most leave it valid, and many go to the limits of what is.

use brownout_sim::Ns;
use brownout_sim::param::{Domain, LAWS, Law, ParamSet, ParamSpec, Seconds, Value};
use brownout_sim::system::{Edge, EdgeKind, Id, Injection, Limits, Mode, Verb};

use super::pick::Random;
use super::{log, plan, system};
use crate::edit::{Edit, Set};
use crate::model::{Entry, Scenario, WarmUp};
use crate::record::{Done, LogEntry, Record};

/// Systems do not grow beyond this, or runs would become slow one generation after another.
const MOST_PARTS: usize = 40;

/// A record that is a few changes away from this one; `other` lends parts of itself.
///
/// A change that is refused is mostly taken back, so that most of the records are valid; one in sixteen is
/// left as it is.
pub fn mutate(record: &Record, other: &Record, seed: u64) -> Record {
    let mut random = Random::new(seed);
    let mut record = record.clone();
    for _ in 0..random.between(1, 4) {
        let mut changed = record.clone();
        change(&mut random, &mut changed, other);
        if changed.validate().is_ok() {
            record = changed;
        } else if random.chance(1.0 / 16.0) {
            return changed;
        }
    }
    record
}

fn change(random: &mut Random, record: &mut Record, other: &Record) {
    let document = &mut record.start;
    if document.parts.is_empty() {
        return splice(random, document, &other.start);
    }
    match random.below(16) {
        0..=3 => {
            let edit = log::edit(random, document, document.next_id());
            edit.apply(document);
        }
        4..=6 => to_a_limit(random, document),
        7 | 8 => fault(random, document),
        9 => retime(random, document),
        10 => twin(random, document),
        11 => splice(random, document, &other.start),
        12 => swap(random, document),
        13 => settings(random, document),
        _ => done_by_hand(random, record),
    }
}

/// One parameter at a limit, or so near or far that it means something else.
fn to_a_limit(random: &mut Random, document: &mut Scenario) {
    if random.chance(0.55) || document.edges.is_empty() {
        let mut part = random.one(&document.parts).clone();
        if random.chance(0.1) {
            part.count = *random.one(&[1, 2, 7, 64, Limits::V1.instances_per_part]);
        } else {
            let specs = part.params.kind().spec().params;
            let index = random.below(specs.len() as u32) as usize;
            // What its declaration does not allow stays as it is.
            let _ = part.params.set(index, limit(random, &specs[index]));
        }
        Edit::from(Set::part(part)).apply(document);
        return;
    }
    let mut edge = random.one(&document.edges).clone();
    match random.below(8) {
        0 => edge.mode = *random.one(Mode::ALL),
        1 => edge.weight = *random.one(&[None, Some(0.0), Some(1e-9), Some(1.0), Some(Limits::V1.weight)]),
        2 => to_limits(random, &mut edge.net),
        _ => to_limits(random, &mut edge.policy),
    }
    Edit::from(Set::edge(edge)).apply(document);
}

fn to_limits<P: ParamSet>(random: &mut Random, set: &mut P) {
    for _ in 0..random.between(1, 3) {
        let index = random.below(P::SPECS.len() as u32) as usize;
        let _ = set.set(index, limit(random, &P::SPECS[index]));
    }
}

fn limit(random: &mut Random, spec: &ParamSpec) -> Value {
    match (spec.domain, (spec.default)()) {
        (Domain::Flag, _) => Value::Flag(random.chance(0.5)),
        (Domain::Count { min, max }, _) => {
            let near = min.saturating_add(*random.one(&[1, 2, 10]));
            Value::Count(*random.one(&[min, near.min(max), max / 2, max.saturating_sub(1), max]))
        }
        (Domain::Number { min, max }, Value::Number(default)) => {
            let numbers = [min, max, min + 1e-9, default * 0.01, default * 100.0, max * 0.5];
            Value::Number(random.one(&numbers).clamp(min, max))
        }
        (Domain::Choice(choices), _) => Value::Choice(random.one(choices).name),
        (Domain::List { min, max, most }, _) => {
            let count = *random.one(&[0, 1, 2, most.min(200)]);
            let high = *random.one(&[min, max, max.min(5.0)]);
            Value::List((0..count).map(|_| random.number(min, high)).collect())
        }
        (Domain::Law { max_ms }, Value::Law(default)) => {
            let mean = default.mean_ms();
            Value::Law(law(random, &[0.0, 1e-6, mean, mean * 100.0, max_ms]))
        }
        // What the generator knows of it.
        (_, default) => random.value(spec).unwrap_or(default),
    }
}

fn law(random: &mut Random, means: &[f64]) -> Law {
    let mean = *random.one(means);
    if random.chance(0.5) { random.law(mean) } else { (random.one(LAWS).with_mean)(mean) }
}

/// More faults, which often coincide.
fn fault(random: &mut Random, document: &mut Scenario) {
    let end = document.options().duration;
    for _ in 0..random.between(1, 3) {
        let (verb, target) = plan::fault(random, document);
        let at = moment(random, document, end);
        let lasts = (verb != Verb::Restore && random.chance(0.6)).then(|| moment(random, document, end) + 1);
        let factor = plan::factor(random, verb);
        let injection = if random.chance(0.3) { plan::injection(random, end) } else { Injection::default() };
        let id = document.next_id();
        Edit::from(Set::entry(Entry { id, at, verb, target, lasts, factor, injection })).apply(document);
    }
}

/// A time of the run; often one at which something else happens, or its neighbour.
fn moment(random: &mut Random, document: &Scenario, end: Ns) -> Ns {
    if random.chance(0.3) && !document.timeline.is_empty() {
        return random.one(&document.timeline).at.saturating_add(u64::from(random.below(2)));
    }
    if random.chance(0.1) { 0 } else { plan::time(random, end) }
}

fn retime(random: &mut Random, document: &mut Scenario) {
    if document.timeline.is_empty() {
        return fault(random, document);
    }
    let end = document.options().duration;
    let mut entry = random.one(&document.timeline).clone();
    match random.below(5) {
        0 => {
            Edit::from(Set::Entry(entry.id, None)).apply(document);
            return;
        }
        1 => entry.id = document.next_id(),
        3 => to_limits(random, &mut entry.injection),
        2 => entry.lasts = Some(*random.one(&[1, 1_000_000, end.max(1)])),
        _ => {}
    }
    entry.at = moment(random, document, end);
    Edit::from(Set::entry(entry)).apply(document);
}

/// The same part again, called by and calling the same.
fn twin(random: &mut Random, document: &mut Scenario) {
    if document.parts.len() >= MOST_PARTS {
        return;
    }
    let old = random.one(&document.parts).id;
    let new = document.next_id();
    let Some(part) = document.part(old) else { return };
    let mut sets = vec![Set::part(crate::model::Part { id: new, ..part.clone() })];
    for edge in &document.edges {
        if edge.from == old || edge.to == old {
            let end = |id: Id| if id == old { new } else { id };
            let id = new + sets.len() as Id;
            sets.push(Set::edge(Edge { id, from: end(edge.from), to: end(edge.to), ..edge.clone() }));
        }
    }
    Edit(sets).apply(document);
}

/// Some of the parts of another document, with what leads from one to the other.
fn splice(random: &mut Random, document: &mut Scenario, other: &Scenario) {
    if document.parts.len() >= MOST_PARTS || other.parts.is_empty() {
        return;
    }
    let first = document.next_id();
    let keep = random.number(0.1, 1.0);
    let parts: Vec<_> = other.parts.iter().filter(|_| random.chance(keep)).collect();
    let has = |id: Id| parts.iter().any(|part| part.id == id);
    let mut sets: Vec<Set> = Vec::new();
    for part in &parts {
        let inside = part.inside.filter(|id| has(*id)).map(|id| first + id);
        sets.push(Set::part(crate::model::Part { id: first + part.id, inside, ..(*part).clone() }));
    }
    for edge in other.edges.iter().filter(|edge| has(edge.from) && has(edge.to)) {
        let (id, from, to) = (first + edge.id, first + edge.from, first + edge.to);
        sets.push(Set::edge(Edge { id, from, to, ..edge.clone() }));
    }
    if let (Some(to), false) = (parts.last(), document.parts.is_empty()) {
        let callers =
            |part: &&crate::model::Part| part.params.kind().spec().offers.contains(&EdgeKind::Calls);
        let from: Vec<_> = document.parts.iter().filter(callers).collect();
        if !from.is_empty() {
            let id = first + other.next_id();
            let caller = *random.one(&from);
            let mut edge = system::edge(random, id, caller, to);
            edge.to = first + to.id;
            sets.push(Set::edge(edge));
        }
    }
    Edit(sets).apply(document);
}

/// Two edges change their ends, or two parts of one type their parameters.
fn swap(random: &mut Random, document: &mut Scenario) {
    if random.chance(0.5) && !document.edges.is_empty() {
        let (mut one, mut two) = (random.one(&document.edges).clone(), random.one(&document.edges).clone());
        if one.id == two.id {
            (one.from, one.to) = (one.to, one.from);
        } else {
            std::mem::swap(&mut one.to, &mut two.to);
            std::mem::swap(&mut one.policy, &mut two.policy);
        }
        Edit(vec![Set::edge(one), Set::edge(two)]).apply(document);
        return;
    }
    let mut one = random.one(&document.parts).clone();
    let kind = one.params.kind();
    let same: Vec<_> = document.parts.iter().filter(|part| part.params.kind() == kind).collect();
    let mut two = (*random.one(&same)).clone();
    if one.id != two.id {
        std::mem::swap(&mut one.params, &mut two.params);
        std::mem::swap(&mut one.count, &mut two.count);
        Edit(vec![Set::part(one), Set::part(two)]).apply(document);
    }
}

fn settings(random: &mut Random, document: &mut Scenario) {
    let mut settings = document.settings.clone();
    match random.below(4) {
        0 => settings.seed.0 = random.next() >> 11,
        1 => {
            let share = *random.one(&[0.0, 0.5, 0.999]);
            settings.warmup_s = WarmUp::After(settings.duration_s.0 * share);
        }
        2 => settings.duration_s = Seconds(settings.duration_s.0 * random.number(0.3, 3.0)),
        _ => to_limits(random, &mut settings),
    }
    Edit::from(Set::Settings(settings)).apply(document);
}

/// Something more, something less, or the same at another time.
fn done_by_hand(random: &mut Random, record: &mut Record) {
    let end = record.start.options().duration;
    let number = record.log.iter().map(|entry| entry.seq + 1).max().unwrap_or(1);
    let at = 1 + if random.chance(0.3) && !record.log.is_empty() {
        random.one(&record.log).at
    } else {
        plan::time(random, end)
    };
    let place = random.below(record.log.len().max(1) as u32) as usize;
    let entry = match random.below(6) {
        0 if !record.log.is_empty() => {
            record.log.remove(place);
            return;
        }
        1 if !record.log.is_empty() => {
            record.log[place].at = at;
            record.log.sort_by_key(|entry| (entry.at, entry.seq));
            return;
        }
        2 if !record.log.is_empty() => LogEntry { seq: number, at, ..record.log[place].clone() },
        3 | 4 => {
            let document = record.document();
            let id = document.next_id().max(record.start.next_id());
            LogEntry { seq: number, at, done: Done::Edit(log::edit(random, &document, id)) }
        }
        _ => {
            let document = record.document();
            if document.parts.is_empty() {
                return;
            }
            let (verb, target) = plan::fault(random, &document);
            let factor = plan::factor(random, verb);
            LogEntry { seq: number, at, done: Done::Fault { verb, target, factor } }
        }
    };
    record.log.push(entry);
    record.log.sort_by_key(|entry| (entry.at, entry.seq));
}
