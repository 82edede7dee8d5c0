//! Generated systems, faults and edits: whatever validates runs without a panic, its books balance at every
//! step, and it is the same run however it is chunked, stepped, copied, watched or replayed.
//!
//! `BROWNOUT_CASES=100000 BROWNOUT_FIRST=0 cargo test -p brownout-sim --test property` runs more of them.
#![allow(clippy::unwrap_used)]

mod generator;

use brownout_sim::engine::Options;
use brownout_sim::observe::{Outcome, Report};
use brownout_sim::system::{Action, Intervention, System, Target, Verb};
use brownout_sim::{Ns, Simulation};
use generator::Rng;

const SECOND: Ns = 1_000_000_000;

/// Events after which a case ends, wherever it stands.
const BUDGET: u64 = 2_500;

/// One generated case and what was done while it ran.
struct Case {
    system: System,
    options: Options,
    plan: Vec<Intervention>,
    log: Vec<Intervention>,
    end: Ns,
}

impl Case {
    fn start(&self) -> Simulation {
        Simulation::new(&self.system, self.options, &self.plan).unwrap()
    }

    /// Everything planned and done, as a record lists it: without planned faults whose target was removed.
    fn record(&self) -> Vec<Intervention> {
        let mut all: Vec<(bool, Intervention)> = Vec::new();
        all.extend(self.plan.iter().map(|step| (true, step.clone())));
        all.extend(self.log.iter().map(|step| (false, step.clone())));
        all.sort_by_key(|(_, step)| step.at);
        let mut system = self.system.clone();
        all.retain(|(is_planned, step)| match &step.action {
            Action::Edit(changes) => {
                system.apply(changes);
                true
            }
            fault => !is_planned || system.check_action(fault).is_ok(),
        });
        all.into_iter().map(|(_, step)| step).collect()
    }
}

fn check(simulation: &Simulation) {
    simulation.audit().unwrap();
}

/// The books as a reader of the report sees them, and every number a number.
fn check_report(report: &Report) {
    let all = &report.requests;
    assert_eq!(all.issued, all.succeeded + all.failed.iter().sum::<u64>() + all.in_flight, "{all:?}");
    for edge in &report.edges {
        let timed_out = edge.failed[Outcome::TimedOut as usize];
        let failed = edge.failed.iter().sum::<u64>() - timed_out;
        let given_up = edge.issued - edge.ok - failed - edge.open;
        assert!(timed_out <= given_up, "{edge:?}");
        assert_eq!(given_up, edge.late + edge.lost + edge.cancelled + edge.abandoned, "{edge:?}");
    }
    let text = format!("{report:?}");
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
}

fn run_to(simulation: &mut Simulation, t: Ns, most: u32, limit: u64) -> bool {
    while simulation.events() < limit {
        let done = simulation.run_chunk(t, most);
        check(simulation);
        if done {
            return true;
        }
    }
    false
}

/// Runs a system and does things to it while it runs.
fn live(rng: &mut Rng) -> (Case, Simulation) {
    let system = generator::system(rng);
    let end = rng.pick(&[1_000, 1_000_000, SECOND / 10, SECOND - 1, SECOND, 3 * SECOND, 30 * SECOND]);
    let options = Options {
        seed: rng.bits() >> 11,
        warmup: rng.pick(&[0, 0, 1, end / 2, SECOND, 2 * SECOND + 1]),
        duration: rng.pick(&[1, end, 10_000_000 * SECOND]),
    };
    let mode = rng.below(3);
    let plan = if mode == 0 { Vec::new() } else { generator::plan(rng, &system, end, mode == 1) };
    let mut case = Case { system, options, plan, log: Vec::new(), end };
    let mut simulation = case.start();
    let actions = if mode == 1 { 0 } else { rng.below(10) };
    for at in 0..actions {
        let now = simulation.now();
        let gap = rng.below(1 + (end - now.min(end)) / (actions - at));
        let t = match rng.below(6) {
            0 => now,
            1 => now + 1,
            2 => (now / SECOND + 1) * SECOND - rng.below(3),
            _ => now + gap,
        };
        if !run_to(&mut simulation, t.max(now), 256, BUDGET) {
            break;
        }
        let mut design = simulation.system().clone();
        let Some(action) = generator::action(rng, &mut design, true) else { continue };
        let stamp = simulation.intervene(&action).unwrap();
        check(&simulation);
        assert_eq!(*simulation.system(), design);
        case.log.push(Intervention { at: stamp, action });
    }
    let end = end.max(simulation.now());
    if !run_to(&mut simulation, end, 256, BUDGET) {
        // Wherever it stands, the present nanosecond is finished.
        let now = simulation.now();
        simulation.run_until(now);
    }
    case.end = simulation.now();
    check(&simulation);
    (case, simulation)
}

/// The same once more, in little steps, looked at all the while.
fn step_by_step(rng: &mut Rng, case: &Case) -> Simulation {
    let mut run = case.start();
    let mut go_to = |run: &mut Simulation, t: Ns| {
        let mut steps = 0;
        while steps < 40 && rng.one_in(2) {
            let mut next = run.clone();
            if !next.step_event() || next.now() > t {
                break;
            }
            check(&next);
            *run = next;
            steps += 1;
        }
        let most = 1 + rng.below(60) as u32;
        while !run.run_chunk(t, most) {
            if rng.one_in(20) {
                let picture = run.picture(rng.below(40) as usize);
                let on_wire = picture.dots.iter().all(|dot| (0.0..=1.0).contains(&dot.position));
                assert!(on_wire, "{picture:?}");
                check_report(&run.report());
            }
        }
    };
    for done in &case.log {
        go_to(&mut run, done.at - 1);
        assert_eq!(run.intervene(&done.action).unwrap(), done.at);
    }
    go_to(&mut run, case.end);
    run
}

/// Everything dies, and what was on its way arrives: nothing is left.
fn bury(mut run: Simulation) {
    let parts: Vec<_> = run.system().parts.iter().map(|part| part.id).collect();
    for id in parts {
        run.intervene(&Action::Do { verb: Verb::Kill, target: Target::whole(id) }).unwrap();
    }
    let now = run.now();
    // The longest way of a call: a few edges of an hour each.
    run.run_until(now + 24 * 3_600 * SECOND);
    check(&run);
    assert!(run.live() == 0 || run.halted().is_some(), "{} frames outlive everything", run.live());
    let requests = run.report().requests;
    assert!(requests.in_flight == 0 || run.halted().is_some(), "{requests:?}");
}

fn prove(seed: u64) -> u64 {
    let mut rng = Rng::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x6361_7365);
    let (case, whole) = live(&mut rng);
    let report = whole.report();
    check_report(&report);
    let picture = format!("{:?}", whole.picture(1_000));
    assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");

    let record = case.record();
    let mut replay = Simulation::new(&case.system, case.options, &record).unwrap();
    if !record.is_empty() && rng.one_in(2) {
        // A copy goes on the same, and what it is a copy of does not notice.
        replay.run_until(record[rng.below(record.len() as u64) as usize].at.min(case.end));
        let mut copy = replay.clone();
        copy.run_until(case.end);
        assert_eq!(copy.digest(), whole.digest(), "a copy");
    }
    replay.run_until(case.end);
    assert_eq!(replay.digest(), whole.digest(), "the replay of the record");
    assert_eq!(replay.report(), report, "the replay of the record");

    let steps = step_by_step(&mut rng, &case);
    assert_eq!(steps.digest(), whole.digest(), "step by step");
    assert_eq!(steps.report(), report, "step by step");
    if case.plan.is_empty() && case.options.duration > 1_000 * SECOND {
        bury(steps);
    }
    whole.events()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn whatever_validates_runs_soundly_and_the_same() {
    let (first, cases) = (number("BROWNOUT_FIRST", 0), number("BROWNOUT_CASES", 600));
    let mut events = 0;
    let mut broken = Vec::new();
    for seed in first..first + cases {
        match std::panic::catch_unwind(|| prove(seed)) {
            Ok(some) => events += some,
            Err(_) => broken.push(seed),
        }
        assert!(broken.len() < 5, "broken cases, among them {broken:?}");
    }
    assert!(broken.is_empty(), "broken cases: {broken:?}");
    assert!(events / cases > 200, "{events} events in {cases} cases are too few to prove anything");
}
