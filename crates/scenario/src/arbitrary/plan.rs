//! Random planned interventions and goals.

use brownout_sim::Ns;
use brownout_sim::component::Kind;
use brownout_sim::param::{Count, Seconds, Share};
use brownout_sim::system::{Among, Injection, Target, Verb};

use super::pick::Random;
use crate::model::{Entry, Goal, Op, Scenario};

pub(super) fn fill(random: &mut Random, document: &mut Scenario) {
    let end = document.options().duration;
    let mut id = document.largest_id();
    for _ in 0..random.below(5) {
        let (verb, target) = fault(random, document);
        id += random.between(1, 2);
        let lasts = (verb != Verb::Restore && random.chance(0.6)).then(|| time(random, end / 2) + 1);
        let factor = factor(random, verb);
        document.timeline.push(Entry {
            id,
            at: time(random, end),
            verb,
            target,
            lasts,
            factor,
            injection: Injection::default(),
        });
    }
    // By numbers of their own, so that the rest of the document is the same with them and without.
    let mut other = Random::new(document.settings.seed.0 ^ 0x6578_7065);
    if other.chance(0.2) {
        let (verb, target) = fault(&mut other, document);
        id += 1;
        let entry = Entry {
            id,
            at: time(&mut other, end / 2),
            verb,
            target,
            lasts: other.chance(0.5).then(|| time(&mut other, end) + 1),
            factor: factor(&mut other, verb),
            injection: injection(&mut other, end),
        };
        document.timeline.push(entry);
        if document.validate().is_err() {
            document.timeline.pop();
        }
    }
    for _ in 0..random.below(3) {
        id += 1;
        let op = *random.one(Op::ALL);
        let tolerance = if op == Op::Equal { random.number(0.0, 2.0) } else { 0.0 };
        let over = random.chance(0.5).then(|| {
            let from = time(random, end);
            [from, from + 1 + time(random, end)]
        });
        let metric = random.one(&["availability", "latency_ms.p99", "components.4.utilisation"]);
        let value = random.number(-10.0, 1_000.0);
        document.goals.push(Goal { id, metric: (*metric).to_owned(), over, op, value, tolerance });
    }
}

/// Whom else a fault strikes, how often, and what stops it.
pub(super) fn injection(random: &mut Random, end: Ns) -> Injection {
    let ms = end as f64 / 1e6;
    let mut injection = Injection {
        among: *random.one(Among::ALL),
        share: Share(if random.chance(0.5) { 1.0 } else { random.number(0.001, 1.0) }),
        number: Count(if random.chance(0.7) { 0 } else { random.between(1, 3) }),
        stop_below: Share(if random.chance(0.5) { 0.0 } else { random.number(0.0, 1.0) }),
        stop_after_s: Seconds(f64::from(random.between(1, 3))),
        ..Injection::default()
    };
    if random.chance(0.6) {
        injection.mtbf = random.law(ms / 5.0);
        injection.mttr = random.law(ms / 20.0);
    }
    injection
}

/// How much of a fault.
pub(super) fn factor(random: &mut Random, verb: Verb) -> f64 {
    if verb.has_factor() { random.number(0.2, 5.0) } else { Verb::FACTOR }
}

/// A moment before `end`; half of them on a whole millisecond, where other things happen too.
pub(super) fn time(random: &mut Random, end: Ns) -> Ns {
    let exact = (random.unit() * end as f64) as Ns;
    if random.chance(0.5) { exact / 1_000_000 * 1_000_000 } else { exact }
}

/// A fault or a repair that the system can have.
pub(super) fn fault(random: &mut Random, document: &Scenario) -> (Verb, Target) {
    let system = document.system();
    let verbs: Vec<Verb> = Verb::ALL.iter().copied().filter(|verb| verb.runs()).collect();
    loop {
        let target = if random.chance(0.3) && !document.edges.is_empty() {
            Target::whole(random.one(&document.edges).id)
        } else {
            let part = random.one(&document.parts);
            if random.chance(0.5) {
                Target::whole(part.id)
            } else {
                Target::one(part.id, random.between(1, part.count))
            }
        };
        let verb = *random.one(&verbs);
        // Without its clients a system has little to do: they are struck, but rarely.
        let is_client = document.part(target.id).is_some_and(|part| part.params.kind() == Kind::Client);
        // The first population keeps coming.
        let is_first = document.parts.first().is_some_and(|part| part.id == target.id);
        if is_client && (random.chance(0.8) || (is_first && verb == Verb::Kill)) {
            continue;
        }
        if system.check_fault(verb, target).is_ok() {
            return (verb, target);
        }
    }
}
