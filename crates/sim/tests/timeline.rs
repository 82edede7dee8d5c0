//! A run with its past: wherever it goes, it is the run that went there straight.
//!
//! `BROWNOUT_CASES=10000 BROWNOUT_FIRST=0 cargo test -p brownout-sim --test timeline` runs more cases.
#![allow(clippy::unwrap_used)]

mod common;
mod generator;

use brownout_sim::engine::Options;
use brownout_sim::system::{Action, Intervention, System, Target, Verb};
use brownout_sim::timeline::{Budget, Timeline};
use brownout_sim::{Ns, Simulation};
use common::{MS, SECOND, fault, three_tiers};
use generator::Rng;

/// Moments as dense as in a long run, in runs of some thousand events.
const DENSE: Budget = Budget { bytes: 64 << 20, distance: 50, bytes_per_event: usize::MAX };

/// Events after which a case ends.
const MOST_EVENTS: u64 = 2_000;

/// What two runs at one instant have in common if they are one run.
fn assert_same(run: &Simulation, other: &Simulation, what: &str) {
    assert_eq!(run.now(), other.now(), "{what}: time");
    assert_eq!(run.digest(), other.digest(), "{what}: digest at {}", run.now());
    assert_eq!(run.events(), other.events(), "{what}: events");
    assert_eq!(run.live(), other.live(), "{what}: live");
    assert_eq!(run.report(), other.report(), "{what}: report");
    assert_eq!(run.windows(), other.windows(), "{what}: windows");
    assert_eq!(run.window_means(), other.window_means(), "{what}: means");
    assert_eq!(run.fine_windows(), other.fine_windows(), "{what}: fine windows");
    assert_eq!(run.happenings(), other.happenings(), "{what}: happenings");
    assert_eq!(run.distributions(), other.distributions(), "{what}: distributions");
    // In a run that has stopped, only what is done by hand still changes the design.
    assert!(run.halted().is_some() || run.system() == other.system(), "{what}: design");
    run.audit().unwrap();
}

struct Case {
    system: System,
    options: Options,
    plan: Vec<Intervention>,
}

impl Case {
    fn start(&self) -> Simulation {
        Simulation::new(&self.system, self.options, &self.plan).unwrap()
    }

    /// A run that goes straight to `t`, with everything by hand planned from the start.
    fn straight(&self, by_hand: &[Intervention], t: Ns) -> Simulation {
        let mut all = self.plan.clone();
        all.extend_from_slice(by_hand);
        all.sort_by_key(|step| step.at);
        let all = self.system.possible(all);
        let mut run = Simulation::new(&self.system, self.options, &all).unwrap();
        run.run_until(t);
        run
    }
}

fn case(rng: &mut Rng) -> (Case, Ns) {
    let system = generator::system(rng);
    let end = rng.pick(&[1_000_000, SECOND / 10, SECOND, 3 * SECOND, 30 * SECOND]);
    let options = Options {
        seed: rng.bits() >> 11,
        warmup: rng.pick(&[0, 0, end / 2, SECOND]),
        duration: rng.pick(&[1, end]),
    };
    let plan = if rng.one_in(2) { Vec::new() } else { generator::plan(rng, &system, end, false) };
    let case = Case { system, options, plan };
    // An instant up to which there are not too many events.
    let mut scout = case.start();
    while scout.events() < MOST_EVENTS && !scout.run_chunk(end, 64) {}
    (case, scout.now())
}

/// Goes forwards to `t`, or to where there have been too many events.
fn go_on(timeline: &mut Timeline, t: Ns) -> Ns {
    while timeline.simulation().events() < MOST_EVENTS && !timeline.run_chunk(t, 64) {}
    let now = timeline.now();
    timeline.run_until(now);
    now
}

/// Some way to get to `t`: straight, in chunks, or event by event.
fn go(rng: &mut Rng, timeline: &mut Timeline, t: Ns) {
    match rng.below(4) {
        0 => timeline.run_until(t),
        1 => while !timeline.run_chunk(t, 1 + rng.below(60) as u32) {},
        2 => {
            for _ in 0..rng.below(30) {
                let mut ahead = timeline.fork();
                if !ahead.step_event() || ahead.now() > t {
                    break;
                }
                *timeline = ahead;
            }
            timeline.seek(t);
        }
        _ => timeline.seek(t),
    }
}

fn prove(seed: u64) -> u64 {
    let mut rng = Rng::new(seed.wrapping_mul(0x9e6c_63d0_876a_3f1b) ^ 0x0074_696d);
    let (case, end) = case(&mut rng);
    let mut timeline = Timeline::with_budget(case.start(), DENSE);
    // Forwards, with things done by hand.
    for _ in 0..rng.below(6) {
        let now = timeline.now();
        let gap = rng.below(1 + (end - now.min(end)) / 3);
        let t = go_on(&mut timeline.fork(), now + gap);
        go(&mut rng, &mut timeline, t);
        let mut design = timeline.simulation().system().clone();
        if let Some(action) = generator::action(&mut rng, &mut design, true) {
            timeline.intervene(&action).unwrap();
        }
    }
    let end = end.max(timeline.now());
    let end = go_on(&mut timeline, end);
    assert_same(timeline.simulation(), &case.straight(timeline.by_hand(), end), "forwards");
    let whole = timeline.clone();
    // To instants in any order, those at and around what was done among them.
    for _ in 0..4 {
        let t = match timeline.by_hand() {
            [] => rng.below(end + 1),
            some => match rng.below(3) {
                0 => (some[rng.below(some.len() as u64) as usize].at + rng.below(3)).saturating_sub(1),
                _ => rng.below(end + 1),
            },
        };
        timeline.seek(t);
        assert_same(timeline.simulation(), &case.straight(timeline.by_hand(), t), "there");
    }
    // Another past: the fork is the run that it says it is, and its parent notices nothing.
    let mut fork = timeline.fork();
    let mut design = fork.simulation().system().clone();
    if let Some(action) = generator::action(&mut rng, &mut design, true) {
        // What was done in the very next nanosecond comes first, and may have made it impossible.
        if let Ok(at) = fork.intervene(&action) {
            assert!(fork.by_hand().iter().all(|step| step.at <= end.max(at)));
        }
        if rng.one_in(2) {
            fork.forget_future();
        }
    }
    let t = fork.now() + rng.below(1 + end - fork.now().min(end));
    let t = go_on(&mut fork, t);
    fork.seek(t);
    assert_same(fork.simulation(), &case.straight(fork.by_hand(), t), "the fork");
    let back = rng.below(t + 1);
    fork.seek(back);
    assert_same(fork.simulation(), &case.straight(fork.by_hand(), back), "the fork, back");
    timeline.seek(end);
    assert_same(timeline.simulation(), whole.simulation(), "the parent");
    timeline.moments() as u64
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn wherever_it_goes_it_is_the_run_that_went_there_straight() {
    let (first, cases) = (number("BROWNOUT_FIRST", 0), number("BROWNOUT_CASES", 150));
    let mut moments = 0;
    let mut broken = Vec::new();
    for seed in first..first + cases {
        match std::panic::catch_unwind(|| prove(seed)) {
            Ok(some) => moments += some,
            Err(_) => broken.push(seed),
        }
        assert!(broken.len() < 5, "broken cases, among them {broken:?}");
    }
    assert!(broken.is_empty(), "broken cases: {broken:?}");
    assert!(moments > 4 * cases, "{moments} moments kept in {cases} cases are too few to prove anything");
}

fn faults() -> Vec<Intervention> {
    vec![
        fault(3 * SECOND, Verb::Kill, Target::whole(3)),
        fault(6 * SECOND, Verb::Cut, Target::whole(16)),
        fault(7 * SECOND, Verb::Restore, Target::whole(16)),
    ]
}

/// Small budgets hold, the start stays, and moments lie denser near the playhead than far from it.
#[test]
fn moments_stay_within_their_budget_and_near_the_playhead() {
    let start = three_tiers().run(1, &faults());
    let mut timeline =
        Timeline::with_budget(start.clone(), Budget { bytes: 2 << 20, distance: 100, ..DENSE });
    timeline.run_until(60 * SECOND);
    assert!(timeline.bytes() <= 2 << 20, "{} bytes", timeline.bytes());
    let times: Vec<Ns> = timeline.moment_times().collect();
    assert_eq!(times[0], 0);
    assert!(times.len() > 20, "{times:?}");
    let [first, last] = [times[1] - times[0], times[times.len() - 1] - times[times.len() - 2]];
    assert!(first > 3 * last, "{times:?}");
    timeline.seek(5 * SECOND + 17);
    let mut straight = start;
    straight.run_until(5 * SECOND + 17);
    assert_same(timeline.simulation(), &straight, "within a small budget");
}

/// What was done before going back happens again; what can no longer be done is left out.
#[test]
fn another_past_is_another_run_from_there() {
    let mut timeline = Timeline::with_budget(three_tiers().run(1, &[]), DENSE);
    let kill = |id| Action::Do { verb: Verb::Kill, target: Target::whole(id) };
    timeline.run_until(2 * SECOND);
    let at = timeline.intervene(&kill(4)).unwrap();
    timeline.run_until(4 * SECOND);
    timeline.seek(SECOND);
    let gone = timeline.simulation().system().clone();
    let edit: Vec<_> = gone
        .edges
        .iter()
        .filter(|edge| edge.from == 4 || edge.to == 4)
        .map(|edge| brownout_sim::system::Change::RemoveEdge(edge.id))
        .chain([brownout_sim::system::Change::RemovePart(4)])
        .collect();
    timeline.intervene(&Action::Edit(edit)).unwrap();
    assert_eq!(timeline.by_hand().len(), 2);
    timeline.run_until(4 * SECOND);
    assert_eq!(timeline.by_hand()[1].at, at);
    let struck = timeline.simulation().happenings().iter().filter(|line| line.at == at).count();
    assert_eq!(struck, 0, "the part to be killed is gone");
    timeline.seek(SECOND + 500 * MS);
    timeline.forget_future();
    assert_eq!(timeline.by_hand().len(), 1);
}
