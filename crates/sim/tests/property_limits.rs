//! Documents at the limits: taken in at once, run in short chunks, and never more memory than what is live.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use brownout_sim::component::Kind;
use brownout_sim::engine::Options;
use brownout_sim::system::{
    Action, Change, Edge, Id, Intervention, Limits, Mode, Part, System, Target, Verb,
};
use brownout_sim::{Ns, Simulation};
use common::{MS, SECOND, constant, count, fault, number, set};

/// Whatever is asked of the engine at the limits is done within so much time of a processor, in a build that
/// checks itself; what is quadratic takes many times as long.
const AT_ONCE: Duration = Duration::from_secs(4);

/// The processor time of this thread where the system tells it, else what the clock says: tests share their
/// machine with others.
fn clock() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = spent.and_then(|text| text.split(' ').next().and_then(|ns| ns.parse().ok()));
    spent.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

const PARTS: Id = Limits::V1.parts as Id;
const EDGES: Id = Limits::V1.edges as Id;
const STEPS: u64 = Limits::V1.interventions as u64;
const YEAR: Ns = 31_557_600 * SECOND;

fn since(start: Duration) -> Duration {
    clock().saturating_sub(start)
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = clock();
    let result = work();
    let took = since(start);
    println!("{what}: {took:.2?}");
    assert!(took < AT_ONCE, "{what} took {took:?}");
    result
}

fn part(id: Id, kind: Kind, instances: u32) -> Part {
    Part { id, params: kind.defaults(), count: instances, inside: None }
}

fn edge(id: Id, from: Id, to: Id, mode: Mode, weight: Option<f64>) -> Edge {
    let mut edge = Edge::calls(10_000 + id, from, to);
    (edge.mode, edge.weight) = (mode, weight);
    edge
}

/// One client before everything that there is room for.
fn behind_one_client(kind: Kind, edges: impl FnMut(Id) -> Edge, how_many: Id) -> System {
    let mut parts = vec![part(1, Kind::Client, 1)];
    parts.extend((2..=PARTS).map(|id| part(id, kind, 1)));
    let mut edges: Vec<Edge> = (0..how_many).map(edges).collect();
    edges[0] = edge(0, 1, 2, Mode::Sync, None);
    System { parts, edges }
}

/// Each part hands over to the next.
fn chain() -> System {
    behind_one_client(Kind::App, |at| edge(at, at + 1, at + 2, Mode::Forward, None), PARTS - 1)
}

/// One part calls all others, one after another.
fn star() -> System {
    behind_one_client(Kind::App, |at| edge(at, 2, at + 2, Mode::Sync, None), PARTS - 1)
}

/// Five edges from every part to parts anywhere, circles included; more often than not a visit ends there.
fn dense() -> System {
    let to = |at: Id| 2 + (at.wrapping_mul(2_654_435_761) >> 7) % (PARTS - 1);
    behind_one_client(Kind::App, |at| edge(at, 2 + at % (PARTS - 1), to(at), Mode::Sync, Some(0.09)), EDGES)
}

/// Balancers before balancers, five edges each, all checking all day.
fn balancers() -> System {
    let to = |at: Id| 2 + (at.wrapping_mul(2_654_435_761) >> 7) % (PARTS - 1);
    let mut system =
        behind_one_client(Kind::Lb, |at| edge(at, 2 + at % (PARTS - 1), to(at), Mode::Forward, None), EDGES);
    system.parts[PARTS as usize - 1] = part(PARTS, Kind::Web, 1);
    system.edges.retain(|edge| edge.from != PARTS);
    system.edges.push(edge(EDGES, 2, PARTS, Mode::Forward, None));
    for part in &mut system.parts[1..PARTS as usize - 1] {
        set(&mut part.params, "check_s", number(0.01));
    }
    system
}

/// Twenty parts of a thousand instances each, called by as many clients as can be.
fn crowds() -> System {
    let mut parts: Vec<Part> = (1..=9).map(|id| part(id, Kind::Client, 1_000)).collect();
    parts.extend((10..=19).map(|id| part(id, Kind::App, 1_000)));
    for part in &mut parts[..9] {
        set(&mut part.params, "rate_rps", number(10_000_000.0));
    }
    let edges = (0..9).map(|at| edge(at, at + 1, at + 10, Mode::Sync, None)).collect();
    System { parts, edges }
}

fn quiet_crowds() -> System {
    let mut system = crowds();
    for part in &mut system.parts[..9] {
        set(&mut part.params, "rate_rps", number(0.1));
    }
    system
}

fn options(duration: Ns) -> Options {
    Options { seed: 1, warmup: 0, duration }
}

#[test]
fn the_largest_designs_are_taken_in_and_run_at_once() {
    let named = [("chain", chain()), ("star", star()), ("dense", dense()), ("balancers", balancers())];
    for (name, system) in named.into_iter().chain([("crowds", crowds())]) {
        timed(&format!("{name}: validation"), || system.validate().unwrap());
        let mut run =
            timed(&format!("{name}: new"), || Simulation::new(&system, options(300 * SECOND), &[]).unwrap());
        for _ in 0..3 {
            timed(&format!("{name}: chunk"), || run.run_chunk(60 * SECOND, 4_096));
        }
        timed(&format!("{name}: report"), || run.report());
        timed(&format!("{name}: picture"), || run.picture(5_000));
        timed(&format!("{name}: copy"), || run.clone());
    }
}

fn plan_of(mut step: impl FnMut(u64) -> Action, at: impl Fn(u64) -> Ns) -> Vec<Intervention> {
    (0..STEPS).map(|index| Intervention { at: at(index), action: step(index) }).collect()
}

/// Runs `system` through a plan of as many steps as there may be, for one second at most.
fn through(name: &str, system: &System, plan: &[Intervention], until: Ns) -> Simulation {
    let mut run = timed(&format!("{name}: new"), || Simulation::new(system, options(until), plan).unwrap());
    let (start, mut longest, mut chunks) = (clock(), Duration::ZERO, 0);
    loop {
        let before = clock();
        let done = run.run_chunk(until, 4_096);
        longest = longest.max(since(before));
        chunks += 1;
        let spent = since(start);
        if done || spent > Duration::from_secs(1) {
            let now = run.now() as f64 / 1e9;
            println!("{name}: {chunks} chunks to {now} s in {spent:.2?}, the longest {longest:.2?}");
            break;
        }
    }
    assert!(longest < AT_ONCE / 2, "{name}: a chunk of {longest:?}");
    timed(&format!("{name}: report"), || run.report());
    run
}

#[test]
fn ten_thousand_faults_at_once_or_in_a_row() {
    let system = crowds();
    let strike = |index: u64| {
        let verb = if index.is_multiple_of(2) { Verb::Kill } else { Verb::Restore };
        Action::Do { verb, target: Target::whole(1 + (index / 2 % 19) as Id) }
    };
    through("faults at once", &system, &plan_of(strike, |_| 5_000), 6_000);
    let quiet = quiet_crowds();
    through("faults in a row", &quiet, &plan_of(strike, |index| index * 10 * MS), 100 * SECOND);
}

#[test]
fn ten_thousand_edits_of_settings() {
    let system = dense();
    let change = |index: u64| {
        let mut part = part(2 + (index % 1_999) as Id, Kind::App, 1);
        set(&mut part.params, "threads", count(1 + index as u32 % 50));
        let mut edge = system.edges[1 + index as usize % 9_000].clone();
        edge.policy.timeout_ms.0 = 1.0 + index as f64;
        Action::Edit(vec![Change::PutPart(part), Change::PutEdge(edge)])
    };
    through("settings", &system, &plan_of(change, |index| index * MS), 20 * SECOND);
}

fn rebuild(system: &System, index: u64) -> Action {
    let id = 2 + (index % 1_999) as Id;
    let instances = 1 + (index / 1_999 % 2) as u32;
    let mut edge = system.edges[1 + index as usize % 9_000].clone();
    edge.weight = Some(0.01 + (index % 7) as f64 / 100.0);
    Action::Edit(vec![Change::PutPart(part(id, Kind::App, instances)), Change::PutEdge(edge)])
}

#[test]
fn as_many_edits_of_structure_as_a_run_may_have() {
    let system = dense();
    let plan = plan_of(|index| rebuild(&system, index), |index| index * MS);
    let error = timed("structure: refused", || Simulation::new(&system, options(SECOND), &plan).unwrap_err());
    assert!(error.reason.en().contains("cannot be rebuilt so often"), "{error}");
    let possible = (Limits::V1.rebuilt / 12_000) as usize;
    through("structure", &system, &plan[..possible], 20 * SECOND);
}

/// All is taken away and all comes back, as often as a file may say so.
#[test]
fn everything_is_replaced_again_and_again() {
    let system = quiet_crowds();
    let change = |_| {
        let parts =
            system.parts.iter().flat_map(|part| [Change::RemovePart(part.id), Change::PutPart(part.clone())]);
        Action::Edit(parts.collect())
    };
    let run = through("replaced", &system, &plan_of(change, |index| index * MS), 20 * SECOND);
    assert!(run.halted().unwrap().en().contains("instances were made"), "{:?}", run.halted());
}

/// As many faults, windows and clients as a report can have.
#[test]
fn the_longest_report() {
    let mut parts: Vec<Part> = (1..=PARTS).map(|id| part(id, Kind::Client, 1)).collect();
    for part in &mut parts {
        set(&mut part.params, "rate_rps", number(0.001));
    }
    parts[1] = part(2, Kind::App, 1);
    let system = System { parts, edges: vec![edge(0, 1, 2, Mode::Sync, None)] };
    let strike = |_| Action::Do { verb: Verb::Kill, target: Target::whole(2) };
    let plan = plan_of(strike, |index| index * SECOND);
    let mut run = Simulation::new(&system, options(20_000 * SECOND), &plan).unwrap();
    // The bare windows: events of the clients are few.
    let start = clock();
    while !run.run_chunk(20_000 * SECOND, 4_096) && since(start) < Duration::from_secs(1) {}
    println!("{} s in {:?}", run.now() / SECOND, since(start));
    timed("report", || run.report());
}

/// Ten years in which nothing happens, and the end of the clock.
#[test]
fn idle_years_pass() {
    let mut system = System { parts: vec![part(1, Kind::Client, 1), part(2, Kind::Web, 1)], edges: vec![] };
    set(&mut system.parts[0].params, "rate_rps", number(0.0));
    system.edges.push(edge(0, 1, 2, Mode::Sync, None));
    let mut run = Simulation::new(&system, options(10 * YEAR), &[]).unwrap();
    timed("ten years", || run.run_until(10 * YEAR));
    assert_eq!(run.now(), 10 * YEAR);
    assert!(run.windows().len() <= 20_000);
    let mut run = Simulation::new(&system, options(Ns::MAX), &[fault(Ns::MAX, Verb::Kill, Target::whole(2))]);
    let run = run.as_mut().unwrap();
    timed("the end of the clock", || run.run_until(Ns::MAX));
    run.intervene(&Action::Do { verb: Verb::Kill, target: Target::whole(2) }).unwrap();
    timed("beyond it", || run.run_until(Ns::MAX));
    assert!(!run.report().outages.is_empty());
}

/// Nobody waits for an answer and none comes: calls pile up to the bound of the simulator and no further.
#[test]
fn calls_in_flight_are_bounded_and_what_is_beyond_is_counted() {
    let mut system = System { parts: vec![part(1, Kind::Client, 10), part(2, Kind::App, 1)], edges: vec![] };
    set(&mut system.parts[0].params, "rate_rps", number(10_000_000.0));
    set(&mut system.parts[1].params, "service_time", constant(3_600_000.0));
    set(&mut system.parts[1].params, "backlog", count(10_000_000));
    system.edges.push(edge(0, 1, 2, Mode::Sync, None));
    system.edges[0].policy.timeout_ms.0 = 0.0;
    let mut run = Simulation::new(&system, options(SECOND), &[]).unwrap();
    let start = clock();
    // Chunks of a million events: debug builds recount everything after each.
    while !run.run_chunk(60 * MS, 1_000_000) {}
    println!("piled up in {:?}", since(start));
    let report = timed("report", || run.report());
    assert!(report.requests.in_flight <= 1 << 22, "{:?}", report.requests);
    let refused: u64 = report.requests.failed.iter().sum();
    assert!(refused > 500_000, "{:?}", report.requests);
    let death = Action::Do { verb: Verb::Kill, target: Target::whole(2) };
    timed("the death of two million calls", || run.intervene(&death).unwrap());
    let moved = run.now();
    timed("what follows", || run.run_until(moved + 2 * MS));
}

/// Names are asked for while the one who asked first waits for ever; clients die and come back.
#[test]
fn a_look_up_without_end_keeps_nobody_dead() {
    let plan = common::Plan::default()
        .part(1, "client", &[("rate_rps", number(100_000.0))])
        .count(2)
        .part(2, "dns", &[])
        .part(3, "web", &[])
        .edge(11, 1, 2, Mode::Sync, 1.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 1.0, 0.0);
    let mut steps = vec![fault(0, Verb::Cut, Target::whole(11))];
    for at in 1..200 {
        steps.push(fault(at * MS, Verb::Kill, Target::one(1, 2)));
        steps.push(fault(at * MS, Verb::Restore, Target::one(1, 2)));
    }
    let mut run = plan.run(1, &steps);
    run.run_until(300 * MS);
    run.audit().unwrap();
    let report = run.report();
    assert!(report.requests.in_flight > 20_000, "{:?}", report.requests);
}

/// Every instance of a caller remembers what the policy of every edge needs: there is an end to that.
#[test]
fn what_callers_remember_is_bounded() {
    let mut parts: Vec<Part> = (1..=18).map(|id| part(id, Kind::Client, 1_000)).collect();
    for part in &mut parts {
        set(&mut part.params, "rate_rps", number(1_000_000.0));
    }
    parts.push(part(19, Kind::Web, 1));
    let edges = (0..900).map(|at| {
        let mut edge = edge(at, 1 + at / 50, 19, Mode::Sync, Some(1.0));
        edge.policy.retries.0 = 1;
        edge.policy.pool_size.0 = 10;
        edge
    });
    let system = System { parts, edges: edges.collect() };
    let run = |most: u32| {
        let mut run = Simulation::new(&system, options(SECOND), &[]).unwrap();
        while !run.run_chunk(MS, most) {}
        run
    };
    let (by_many, by_few) = (run(100_000), run(1_000));
    assert!(by_many.halted().unwrap().en().contains("policy of an edge"), "{:?}", by_many.halted());
    assert_eq!((by_many.digest(), by_many.now()), (by_few.digest(), by_few.now()));
}

/// Closed loops of more users than there may be calls: those who find no room cost nothing.
#[test]
fn users_without_number() {
    let mut crowd = part(1, Kind::Client, 1_000);
    set(&mut crowd.params, "arrival", common::word("closed"));
    set(&mut crowd.params, "users", count(100_000));
    let parts = (1..=19).map(|id| Part { id, ..crowd.clone() }).collect();
    let system = System { parts, edges: Vec::new() };
    let mut run = timed("users: new", || Simulation::new(&system, options(SECOND), &[]).unwrap());
    timed("users: chunk", || run.run_chunk(SECOND, 4_096));
    assert!(run.places() <= (1 << 22) + 100, "{}", run.places());
}

/// A balancer that starts when there may be no more calls checks its target once there may be again.
#[test]
fn a_balancer_among_millions_of_users_checks() {
    let mut crowd = part(1, Kind::Client, 64);
    set(&mut crowd.params, "arrival", common::word("closed"));
    set(&mut crowd.params, "users", count(100_000));
    set(&mut crowd.params, "think_time", constant(3_600_000.0));
    let parts = vec![crowd, part(2, Kind::Lb, 1), part(3, Kind::Web, 1)];
    let edges = vec![edge(0, 1, 2, Mode::Sync, None), edge(1, 2, 3, Mode::Forward, None)];
    let checks = edges[1].id;
    let mut run = Simulation::new(
        &System { parts, edges },
        options(60 * SECOND),
        &[fault(SECOND, Verb::Kill, Target::whole(1))],
    )
    .unwrap();
    while !run.run_chunk(60 * SECOND, 100_000) {}
    let report = run.report();
    let checked = report.edges.iter().find(|edge| edge.id == checks).unwrap().issued;
    assert!(checked >= 5, "{checked} checks in the minute after the users left");
}
