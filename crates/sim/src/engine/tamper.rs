//! For tests: changes one draw or one timestamp of a run, by as little as it can be changed.
//!
//! A digest that does not notice would be worthless.

use std::cell::Cell;

use super::calendar::Tag;
use super::{Ns, SECOND};
use crate::component::Kind;
use crate::param::{Count, Law, Rate, Seconds};
use crate::system::{Edge, Mode, Part, System};
use crate::{Digest, Simulation};

/// What to change, and how many of its kind go before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    Nothing,
    Time(u64),
    Schedule(u64),
    Choice(u64),
}

thread_local! {
    static PLAN: Cell<Plan> = const { Cell::new(Plan::Nothing) };
    static SEEN: Cell<[u64; 3]> = const { Cell::new([0; 3]) };
}

fn is_turn(kind: usize, wanted: impl Fn(Plan) -> Option<u64>) -> bool {
    let mut seen = SEEN.get();
    let at = seen[kind];
    seen[kind] += 1;
    SEEN.set(seen);
    wanted(PLAN.get()) == Some(at)
}

/// A drawn time, perhaps one nanosecond longer.
pub(crate) fn time(time: Ns) -> Ns {
    let longer = is_turn(0, |plan| if let Plan::Time(at) = plan { Some(at) } else { None });
    time + Ns::from(longer)
}

/// A time in the calendar, perhaps one nanosecond later. Alarms of lists of timeouts and of stations are left
/// alone: they are set early on purpose, and mostly for what has long been done.
pub(super) fn schedule(at: Ns, tag: Tag) -> Ns {
    if matches!(tag, Tag::Timeouts | Tag::Station) {
        return at;
    }
    let later = is_turn(1, |plan| if let Plan::Schedule(at) = plan { Some(at) } else { None });
    at.saturating_add(Ns::from(later))
}

/// A choice, perhaps another one.
pub(super) fn choice(chosen: u32, count: u32) -> u32 {
    let other = is_turn(2, |plan| if let Plan::Choice(at) = plan { Some(at) } else { None });
    if other && count > 1 { (chosen + 1) % count } else { chosen }
}

/// A number below 1 that something is chosen by, perhaps one that chooses otherwise.
pub(crate) fn unit(drawn: f64) -> f64 {
    if choice(0, 2) == 1 { (drawn + 0.5) % 1.0 } else { drawn }
}

/// One of a group of edges or the exit, perhaps another one.
pub(crate) fn choice_or_exit(chosen: Option<usize>, count: usize) -> Option<usize> {
    let exit = count as u32;
    let chosen = choice(chosen.map_or(exit, |at| at as u32), exit + 1);
    (chosen < exit).then_some(chosen as usize)
}

/// Everything that draws: arrivals, classes, weights, random balancing, service times, check phases.
pub(super) fn system() -> System {
    let part = |id, kind: Kind| Part { id, params: kind.defaults(), count: 1, inside: None };
    let mut parts = vec![
        part(1, Kind::Client),
        part(2, Kind::Lb),
        part(3, Kind::Web),
        part(4, Kind::App),
        part(5, Kind::Db),
    ];
    if let crate::component::AnyParams::Client(params) = &mut parts[0].params {
        params.rate_rps = Rate(60.0);
    }
    if let crate::component::AnyParams::Lb(params) = &mut parts[1].params {
        params.algorithm = crate::component::random_balancing();
        params.check_s = Seconds(0.3);
    }
    parts[2].count = 3;
    if let crate::component::AnyParams::App(params) = &mut parts[3].params {
        params.threads = Count(3);
        params.service_time = Law::Lognormal { mean_ms: 20.0, cv: 1.0 };
    }
    let mut edges =
        vec![Edge::calls(11, 1, 2), Edge::calls(12, 2, 3), Edge::calls(13, 3, 4), Edge::calls(14, 4, 5)];
    edges[1].mode = Mode::Forward;
    edges[3].weight = Some(0.7);
    System { parts, edges }
}

fn run(plan: Plan) -> (Digest, [u64; 3]) {
    PLAN.set(plan);
    SEEN.set([0; 3]);
    let Ok(mut simulation) = Simulation::new(&system(), super::Options::default(), &[]) else {
        panic!("the system is valid")
    };
    simulation.run_until(3 * SECOND);
    PLAN.set(Plan::Nothing);
    (simulation.digest(), SEEN.get())
}

/// Every time, schedule and choice of three seconds, one at a time. The last tenth is left out: what
/// begins there may lie beyond the end of the run.
#[test]
fn any_one_draw_or_timestamp_changes_the_digest() {
    let (honest, seen) = run(Plan::Nothing);
    assert_eq!(run(Plan::Nothing).0, honest);
    assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
    for kind in 0..3 {
        for at in 0..seen[kind] * 9 / 10 {
            let plan = [Plan::Time(at), Plan::Schedule(at), Plan::Choice(at)][kind];
            assert_ne!(run(plan).0, honest, "{plan:?} of {seen:?} went unnoticed");
        }
    }
}
