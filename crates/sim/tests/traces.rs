//! Traces: recording changes nothing, and every nanosecond of a request is accounted for.
//!
//! `BROWNOUT_CASES=10000 BROWNOUT_FIRST=0 cargo test -p brownout-sim --test traces` runs more cases.
#![allow(clippy::unwrap_used)]

mod common;
mod generator;

use std::collections::BTreeMap;

use brownout_sim::engine::Options;
use brownout_sim::observe::{Choice, Class, EndedRequest, Fate, Outcome, RequestName, Spent, Times, Trace};
use brownout_sim::system::{Intervention, Mode, System, Target, Verb};
use brownout_sim::timeline::{Budget, Timeline};
use brownout_sim::{Ns, Simulation};
use common::{MS, Plan, SECOND, constant, count, fault, number, three_tiers};
use generator::Rng;

const DENSE: Budget = Budget { bytes: 64 << 20, distance: 200, bytes_per_event: usize::MAX };
const MOST_EVENTS: u64 = 2_500;
const MANY: Choice = Choice { sample: 300, slowest: 5, failed: 20 };

/// Spans fit together, and their times leave no gap.
fn check(trace: &Trace) {
    let what = || format!("{trace:#?}");
    for (at, span) in trace.spans.iter().enumerate() {
        let mut upto = span.sent;
        for stretch in &span.stretches {
            assert_eq!(stretch.from, upto, "span {at} has a gap: {}", what());
            assert!(stretch.to > stretch.from, "span {at}: {}", what());
            upto = stretch.to;
        }
        if let Some(finished) = span.finished {
            assert_eq!(upto, finished, "span {at} ends elsewhere: {}", what());
        }
        if let Some(duration) = span.duration() {
            assert_eq!(span.division().iter().sum::<Ns>(), duration, "span {at}: {}", what());
        }
        let times = [Some(span.sent), span.arrived, span.started, span.answered, span.finished];
        assert!(times.iter().flatten().is_sorted(), "span {at}: {}", what());
        assert_eq!(span.parent.is_none(), at == 0, "span {at}: {}", what());
        for above in [span.parent, span.before].into_iter().flatten() {
            assert!(above < at && trace.spans[above].sent <= span.sent, "span {at}: {}", what());
        }
        if let Some(before) = span.before {
            assert_eq!(trace.spans[before].finished, Some(span.sent), "span {at}: {}", what());
            assert_eq!(trace.spans[before].parent, span.parent, "span {at}: {}", what());
        }
    }
    if let Some(latency) = trace.latency() {
        assert_eq!(trace.spans[0].duration(), Some(latency), "{}", what());
        assert_eq!(trace.division().iter().sum::<Ns>(), latency, "{}", what());
    }
}

/// The story is the one of this request: as long to the nanosecond, and with the same end.
fn check_against(trace: &Trace, request: &EndedRequest) {
    assert_eq!(trace.name, request.name);
    assert_eq!(trace.latency(), Some(request.latency), "{trace:#?}");
    assert_eq!(
        (trace.outcome, trace.client, trace.class),
        (Some(request.outcome), request.client, request.class)
    );
}

struct Case {
    system: System,
    options: Options,
    plan: Vec<Intervention>,
}

impl Case {
    fn new(rng: &mut Rng) -> (Self, Ns) {
        let system = generator::system(rng);
        let end = rng.pick(&[1_000_000, SECOND / 10, SECOND, 3 * SECOND, 30 * SECOND]);
        let options = Options { seed: rng.bits() >> 11, warmup: rng.pick(&[0, 0, end / 4]), duration: end };
        let plan = generator::plan(rng, &system, end, true);
        let case = Self { system, options, plan };
        let mut scout = case.start();
        while scout.events() < MOST_EVENTS && !scout.run_chunk(end, 64) {}
        let end = scout.now();
        (case, end)
    }

    fn start(&self) -> Simulation {
        Simulation::new(&self.system, self.options, &self.plan).unwrap()
    }
}

/// How much of all time was spent on what, over all requests of a case.
fn prove(seed: u64, spent: &mut BTreeMap<&'static str, Ns>) -> usize {
    let mut rng = Rng::new(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x0074_7261);
    let (case, end) = Case::new(&mut rng);
    let mut plain = case.start();
    plain.run_until(end);

    let mut watched = case.start();
    watched.choose_requests(MANY);
    let mut timeline = Timeline::with_budget(watched, DENSE);
    timeline.run_until(end);
    let chosen = timeline.simulation().chosen();
    assert_eq!(timeline.simulation().digest(), plain.digest(), "choosing changes the run");
    assert_eq!(timeline.simulation().report(), plain.report(), "choosing changes the run");
    let all: Vec<EndedRequest> =
        chosen.sample.iter().chain(&chosen.slowest).chain(&chosen.failed).copied().collect();
    let names: Vec<RequestName> = all.iter().map(|request| request.name).collect();

    // By going back, and by recording from the start, however the run is cut.
    let told = timeline.traces(&names);
    let mut recorded = case.start();
    recorded.record_requests(&names);
    let most = rng.pick(&[1, 7, 4_096]);
    while !recorded.run_chunk(end, most) {
        if rng.one_in(50) {
            recorded = recorded.clone();
        }
    }
    assert_eq!(recorded.digest(), plain.digest(), "recording changes the run");
    assert_eq!(recorded.report(), plain.report(), "recording changes the run");
    let straight = recorded.traces();
    let of = |traces: &[Trace], name| traces.iter().find(|trace| trace.name == name).cloned();
    for request in &all {
        // Nobody who found no room in the simulator has a story.
        let Some(trace) = of(&straight, request.name) else {
            assert_eq!((request.outcome, request.latency), (Outcome::Guarded, 0));
            continue;
        };
        check(&trace);
        check_against(&trace, request);
        for (words, ns) in Spent::CHOICES.iter().zip(trace.division()) {
            *spent.entry(words.name).or_default() += ns;
        }
        let again = of(&told, request.name).unwrap();
        check(&again);
        check_against(&again, request);
        assert_eq!(again.division(), trace.division());
        assert!(again.spans.len() <= trace.spans.len());
    }
    all.len()
}

fn env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn every_nanosecond_is_accounted_for() {
    let (first, cases) = (env("BROWNOUT_FIRST", 0), env("BROWNOUT_CASES", 200));
    let (mut requests, mut spent, mut broken) = (0, BTreeMap::new(), Vec::new());
    for seed in first..first + cases {
        let mut of_case = BTreeMap::new();
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| prove(seed, &mut of_case))) {
            Ok(some) => requests += some,
            Err(_) => broken.push(seed),
        }
        for (name, ns) in of_case {
            *spent.entry(name).or_insert(0.0) += ns as f64 / 1e9;
        }
        assert!(broken.len() < 5, "broken cases, among them {broken:?}");
    }
    println!("{requests} requests in {cases} cases; seconds by what they were spent on: {spent:?}");
    assert!(broken.is_empty(), "broken cases: {broken:?}");
    assert!(requests as u64 > 20 * cases, "{requests} requests in {cases} cases prove little");
}

/// A client, a web server that calls an application with one thread, and a database that answers slowly.
fn plain() -> Plan {
    Plan::default()
        .part(1, "client", &[("arrival", common::word("times")), ("times_s", times(&[1.0, 1.0]))])
        .part(3, "web", &[("dynamic_time", constant(2.0)), ("static_time", constant(2.0))])
        .part(5, "app", &[("threads", count(1)), ("service_time", constant(10.0))])
        .part(6, "db", &[("read_time", constant(5.0)), ("write_time", constant(5.0))])
        .edge(11, 1, 3, Mode::Sync, 20.0, 5_000.0)
        .edge(14, 3, 5, Mode::Sync, 0.5, 2_000.0)
        .edge(16, 5, 6, Mode::Sync, 0.25, 1_000.0)
}

fn times(seconds: &[f64]) -> brownout_sim::param::Value {
    brownout_sim::param::Value::List(seconds.into())
}

/// Two requests at one moment, counted out by hand: the second waits for the only thread.
#[test]
fn a_story_counted_out_by_hand() {
    let mut plan = plain();
    common::set(&mut plan.system.parts[0].params, "static_share", number(0.0));
    let mut start = plan.run(1, &[]);
    start.choose_requests(Choice { sample: 2, ..Choice::default() });
    let mut timeline = Timeline::new(start);
    timeline.run_until(3 * SECOND);
    let names: Vec<RequestName> = timeline.simulation().chosen().sample.iter().map(|one| one.name).collect();
    let mut traces = timeline.traces(&names);
    traces.sort_by_key(Trace::latency);
    let of = |trace: &Trace, spent: Spent| trace.division()[spent as usize] as f64 / MS as f64;
    // 2 x 20 ms there and back, 2 ms of the web server, 1 ms to the application and back, 10 ms of its own,
    // 0.5 ms to the database and back, and 5 ms there.
    assert_eq!(traces[0].latency(), Some(58 * MS + MS / 2));
    assert_eq!([Spent::There, Spent::Back].map(|spent| of(&traces[0], spent)), [20.75, 20.75]);
    assert_eq!([Spent::Wait, Spent::Service].map(|spent| of(&traces[0], spent)), [0.0, 17.0]);
    // The other one waits while the first works and waits for the database.
    assert_eq!(traces[1].latency(), Some(74 * MS));
    assert_eq!([Spent::Wait, Spent::Service].map(|spent| of(&traces[1], spent)), [15.5, 17.0]);
    assert_eq!(of(&traces[1], Spent::Calls) + of(&traces[1], Spent::Rest), 0.0);
    let parts: Vec<u32> = traces[1].spans.iter().map(|span| span.part).collect();
    assert_eq!(parts, [1, 3, 5, 6]);
    let app = &traces[1].spans[2];
    assert_eq!(app.arrived.map(|at| at - app.sent), Some(MS / 2));
    assert_eq!(app.started.map(|at| at - app.sent), Some(16 * MS));
    assert_eq!(app.duration(), Some(32 * MS));
}

/// Two who read one row at one moment: the second to write has read too early, pauses, and reads again.
#[test]
fn a_conflict_is_told_as_a_pause() {
    let mut plan = plain();
    let client = [("static_share", number(0.0)), ("read_share", number(0.0)), ("keys", count(1))];
    for (name, value) in client {
        common::set(&mut plan.system.parts[0].params, name, value);
    }
    common::set(&mut plan.system.parts[2].params, "threads", count(2));
    common::set(&mut plan.system.parts[2].params, "writes", common::word("compare_and_set"));
    let policy = &mut plan.system.edges[2].policy;
    policy.retries.0 = 1;
    policy.backoff_ms.0 = 30.0;
    policy.jitter = brownout_sim::system::Jitter::None;
    let mut start = plan.run(1, &[]);
    start.choose_requests(Choice { sample: 2, ..Choice::default() });
    let mut timeline = Timeline::new(start);
    timeline.run_until(3 * SECOND);
    let names: Vec<RequestName> = timeline.simulation().chosen().sample.iter().map(|one| one.name).collect();
    let mut traces = timeline.traces(&names);
    traces.iter().for_each(check);
    traces.sort_by_key(Trace::latency);
    // As above, and one call to the database more; then the pause and both calls again.
    assert_eq!([0, 1].map(|at| traces[at].latency()), [Some(64 * MS), Some(105 * MS)]);
    assert_eq!([0, 1].map(|at| traces[at].division()[Spent::Backoff as usize]), [0, 30 * MS]);
}

/// What all stories together say of a part is what the part itself has counted, to the nanosecond.
#[test]
fn stories_and_figures_agree() {
    let mut plan = three_tiers();
    // Ten at a moment, so that they wait for each other.
    let moments: Vec<f64> = (0..600).map(|n| 0.1 * f64::from(n / 10)).collect();
    common::set(&mut plan.system.parts[0].params, "arrival", common::word("times"));
    common::set(&mut plan.system.parts[0].params, "times_s", times(&moments));
    common::set(&mut plan.system.parts[4].params, "threads", count(2));
    common::set(&mut plan.system.parts[5].params, "workers", count(1));
    let mut start = plan.run(3, &[]);
    start.choose_requests(Choice { sample: 1_000, ..Choice::default() });
    let mut timeline = Timeline::with_budget(start, DENSE);
    timeline.run_until(60 * SECOND);
    let all: Vec<RequestName> = timeline.simulation().chosen().sample.iter().map(|one| one.name).collect();
    assert_eq!(all.len(), 600);
    let traces = timeline.traces(&all);
    let told = |part: u32, spent: Spent| -> u128 {
        let spans = traces.iter().flat_map(|trace| &trace.spans).filter(|span| span.part == part);
        let stretches = spans.flat_map(|span| &span.stretches).filter(|one| one.spent == spent);
        stretches.map(|one| u128::from(one.to - one.from)).sum()
    };
    let counted = timeline.simulation().distributions();
    // Health checks end at the web servers: application and database know requests alone.
    for part in [5, 6] {
        assert_eq!(told(part, Spent::Wait), counted[&Times::Wait(part)].sum(), "waits of part {part}");
        assert_eq!(told(part, Spent::Service), counted[&Times::Service(part)].sum(), "work of part {part}");
        assert!(told(part, Spent::Wait) > 0);
    }
}

/// A dead server behind a balancer, timeouts and retries: attempts are told one by one.
#[test]
fn attempts_and_handovers_are_told() {
    let mut plan = three_tiers();
    let policy = &mut plan.system.edges[0].policy;
    policy.retries.0 = 3;
    policy.backoff_ms.0 = 30.0;
    policy.jitter = brownout_sim::system::Jitter::None;
    let mut start = plan.run(1, &[fault(2 * SECOND, Verb::Kill, Target::whole(3))]);
    start.choose_requests(Choice { slowest: 20, failed: 20, ..Choice::default() });
    let mut timeline = Timeline::new(start);
    timeline.run_until(4 * SECOND);
    let chosen = timeline.simulation().chosen();
    let slowest = &chosen.slowest[0];
    assert_eq!(timeline.simulation().report().latency.max, Some(slowest.latency as f64 / 1e6));
    let names: Vec<RequestName> = chosen.slowest.iter().map(|one| one.name).collect();
    let traces = timeline.traces(&names);
    traces.iter().for_each(check);
    let retried = traces.iter().find(|trace| trace.division()[Spent::Backoff as usize] > 0).unwrap();
    let attempts: Vec<u32> = retried
        .spans
        .iter()
        .filter(|span| span.parent == Some(0) && span.before.is_none())
        .map(|span| span.attempt)
        .collect();
    assert_eq!(attempts, (0..attempts.len() as u32).collect::<Vec<_>>());
    assert!(attempts.len() > 1);
    assert!(retried.spans.iter().any(|span| span.fate == Fate::HandedOver && span.part == 2));
    assert!(retried.spans.iter().any(|span| span.outcome == Some(Outcome::Refused) && span.part == 3));
}

/// The sample has the mean, the classes and the times of the whole. Within 4.5 standard errors; fixed seeds.
#[test]
fn the_sample_is_like_the_whole() {
    let mut start = three_tiers().run(7, &[]);
    start.choose_requests(Choice { sample: 1_000, ..Choice::default() });
    start.run_until(200 * SECOND);
    let (chosen, report) = (start.chosen(), start.report());
    assert_eq!(chosen.sample.len(), 1_000);
    assert_eq!(chosen.ended, report.requests.succeeded + chosen.failures);
    assert!(chosen.ended > 30_000);
    let latencies: Vec<f64> = chosen.sample.iter().map(|one| one.latency as f64 / 1e6).collect();
    let mean = latencies.iter().sum::<f64>() / 1e3;
    let deviation = (latencies.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>() / 999.0).sqrt();
    let expected = report.latency.mean.unwrap();
    let error = deviation / 1e3_f64.sqrt();
    assert!((mean - expected).abs() < 4.5 * error, "{mean} ± {error}, expected {expected}");
    let is_near = |count: usize, share: f64| {
        let error = (1e3 * share * (1.0 - share)).sqrt();
        assert!((count as f64 - 1e3 * share).abs() < 4.5 * error, "{count} of 1000, expected {share}");
    };
    for class in &report.workloads[0].classes {
        let share = class.requests.succeeded as f64 / report.requests.succeeded as f64;
        is_near(chosen.sample.iter().filter(|one| one.class == class.class).count(), share);
    }
    for quarter in 0..4 {
        let within = |one: &&EndedRequest| one.name.issued / (50 * SECOND) == quarter;
        is_near(chosen.sample.iter().filter(within).count(), 0.25);
    }
    assert!(report.workloads[0].classes.iter().any(|class| class.class == Class::Write));
}
