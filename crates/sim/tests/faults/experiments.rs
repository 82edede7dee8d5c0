//! Random faults and experiments. First what theory says of parts that fail and are repaired.

use brownout_sim::observe::{Happening, Report, What};
use brownout_sim::param::{Count, Law, Seconds, Share};
use brownout_sim::system::{
    Action, Among, Experiment, Injection, Intervention, Mode, Stage, System, Target, Verb,
};
use brownout_sim::{Ns, Simulation};

use super::common::{MS, Plan, SECOND, failed, fault, number, three_tiers};

const RANDOM: fn(f64, f64) -> Injection = |mtbf_s, mttr_s| Injection {
    mtbf: Law::Exponential { mean_ms: mtbf_s * 1e3 },
    mttr: Law::Exponential { mean_ms: mttr_s * 1e3 },
    ..Injection::default()
};

fn experiment(at: Ns, verb: Verb, target: Target, lasts: Option<Ns>, injection: Injection) -> Intervention {
    let experiment = Experiment { id: 900, verb, target, factor: 2.0, lasts, injection };
    Intervention { at, action: Action::Experiment(Box::new(experiment)) }
}

/// For how much of the time each instance of a part was down.
fn down(run: &Simulation, part: u32, count: u32) -> Vec<f64> {
    let mut since = vec![None; count as usize];
    let mut sum = vec![0; count as usize];
    for Happening { at, what } in run.happenings() {
        let What::Struck { verb, target } = what else { continue };
        let (true, Some(instance)) = (target.id == part, target.instance) else { continue };
        let place = instance as usize - 1;
        match verb {
            Verb::Restore => sum[place] += at - since[place].take().unwrap(),
            _ => assert_eq!(since[place].replace(*at), None, "one that is down does not fail"),
        }
    }
    let end = run.now();
    let whole = |(sum, since): (u64, Option<Ns>)| (sum + since.map_or(0, |at| end - at)) as f64 / end as f64;
    sum.into_iter().zip(since).map(whole).collect()
}

fn fleet(count: u32) -> Plan {
    Plan::default().part(1, "web", &[]).count(count)
}

/// An alternating renewal process is up for MTBF / (MTBF + MTTR) of the time, whatever the two distributions
/// are: 60 instances, 100 cycles each. With exponential times the standard error of the mean of all is
/// sqrt(2) × 0.2 × 0.8 / sqrt(6,000) = 0.003; four of them.
#[test]
fn availability_is_mtbf_over_mtbf_and_mttr() {
    let laws = |up: Law, down: Law| Injection { mtbf: up, mttr: down, ..Injection::default() };
    let all = [
        RANDOM(80.0, 20.0),
        laws(Law::Weibull { mean_ms: 80_000.0, shape: 2.0 }, Law::Constant { ms: 20_000.0 }),
        laws(Law::Uniform { min_ms: 0.0, max_ms: 160_000.0 }, Law::Lognormal { mean_ms: 20_000.0, cv: 1.0 }),
    ];
    for injection in all {
        let mut run = fleet(60).run(7, &[experiment(0, Verb::Kill, Target::whole(1), None, injection)]);
        run.run_until(10_000 * SECOND);
        let each = down(&run, 1, 60);
        let mean = each.iter().sum::<f64>() / 60.0;
        assert!((mean - 0.2).abs() < 0.012, "{mean}");
        // Each by its own clock.
        let apart: std::collections::BTreeSet<u64> = each.iter().map(|share| share.to_bits()).collect();
        assert!(apart.len() > 15, "{each:?}");
        run.audit().unwrap();
    }
}

/// A pair fails together as often as two that know nothing of each other: (1 - A)² of the time. 30 pairs.
#[test]
fn a_pair_is_down_together_for_the_product_of_both() {
    let mut run = fleet(60).run(11, &[experiment(0, Verb::Kill, Target::whole(1), None, RANDOM(80.0, 20.0))]);
    let (mut both, mut steps) = (0, 0);
    for at in 1..=5_000 {
        run.run_until(at * 2 * SECOND);
        let picture = run.picture(0);
        let up = &picture.parts[0].up;
        both += up.chunks(2).filter(|pair| !pair[0] && !pair[1]).count();
        steps += 30;
    }
    // 0.04 of 150,000 looks, which are alike for some 10 s: as good as 30,000, so 0.0011; four of them.
    let share = f64::from(both as u32) / f64::from(steps);
    assert!((share - 0.04).abs() < 0.0046, "{share}");
}

#[test]
fn the_same_seed_fails_the_same_and_another_does_not() {
    let plan = [experiment(SECOND, Verb::Kill, Target::whole(3), None, RANDOM(5.0, 2.0))];
    let run = |seed: u64, steps: u64| {
        let mut run = three_tiers().run(seed, &plan);
        for step in 1..=steps {
            run.run_until(30 * SECOND * step / steps);
        }
        run
    };
    let whole = run(3, 1);
    assert_eq!(whole.digest(), run(3, 997).digest(), "in one go and in pieces");
    assert_ne!(whole.digest(), run(4, 1).digest());
    let mut half = three_tiers().run(3, &plan);
    half.run_until(13 * SECOND);
    let mut fork = half.clone();
    fork.run_until(30 * SECOND);
    assert_eq!(fork.digest(), whole.digest(), "a copy goes on the same");
    let mut none = three_tiers().run(3, &[]);
    none.run_until(30 * SECOND);
    assert_eq!(failed(&none.report()), 0, "without the faults nothing fails");
    assert!(failed(&whole.report()) > 100, "{}", failed(&whole.report()));
}

/// What is drawn for one instance does not depend on how many others there are.
#[test]
fn another_part_shifts_nobodys_failures() {
    let strikes = |plan: Plan| -> Vec<(Ns, Target)> {
        let mut run = plan.run(5, &[experiment(0, Verb::Kill, Target::whole(1), None, RANDOM(8.0, 2.0))]);
        run.run_until(200 * SECOND);
        let of = |line: &Happening| match line.what {
            What::Struck { target, .. } if target.instance.is_some_and(|number| number <= 3) => {
                Some((line.at, target))
            }
            _ => None,
        };
        run.happenings().iter().filter_map(of).collect()
    };
    assert_eq!(strikes(fleet(3)), strikes(fleet(5)));
    assert!(strikes(fleet(3)).len() > 60);
}

fn began(run: &Simulation) -> u32 {
    let first = run.happenings().iter().find_map(|line| match line.what {
        What::Experiment { stage: Stage::Began, targets, .. } => Some(targets),
        _ => None,
    });
    first.unwrap()
}

#[test]
fn a_number_or_a_share_is_chosen_at_random_and_restored_in_the_end() {
    for (injection, wanted) in [
        (Injection { number: Count(3), ..Injection::default() }, 3),
        (Injection { share: Share(0.25), ..Injection::default() }, 5),
        (Injection { share: Share(0.001), ..Injection::default() }, 1),
        (Injection { number: Count(100), ..Injection::default() }, 20),
    ] {
        let mut chosen = std::collections::BTreeSet::new();
        for seed in 0..20 {
            let lasts = Some(5 * SECOND);
            let plan = [experiment(SECOND, Verb::Kill, Target::whole(1), lasts, injection.clone())];
            let mut run = fleet(20).run(seed, &plan);
            run.run_until(2 * SECOND);
            assert_eq!(began(&run), wanted);
            let up = run.picture(0).parts[0].up.clone();
            assert_eq!(up.iter().filter(|up| !**up).count(), wanted as usize);
            chosen.extend((0..20).filter(|at| !up[*at]));
            run.run_until(7 * SECOND);
            assert!(run.picture(0).parts[0].up.iter().all(|up| *up), "restored when it ends");
        }
        // 20 draws of one in 20 leave out a given one with chance 0.36; of three, with 0.04.
        assert!(chosen.len() >= 9, "{chosen:?}");
    }
}

#[test]
fn all_of_a_type_and_everything_inside_a_place() {
    let plan = || {
        Plan::default()
            .part(1, "site", &[])
            .part(2, "site", &[])
            .inside(1)
            .part(3, "web", &[])
            .inside(2)
            .part(4, "web", &[])
            .count(3)
            .part(5, "db", &[])
            .inside(1)
    };
    let struck = |among: Among, target: u32, verb: Verb, number: u32| -> Vec<String> {
        let injection = Injection { among, number: Count(number), ..Injection::default() };
        let mut run = plan().run(1, &[experiment(0, verb, Target::whole(target), None, injection)]);
        run.run_until(SECOND);
        let of = |line: &Happening| match line.what {
            What::Struck { target, .. } => Some(target.to_string()),
            _ => None,
        };
        run.happenings().iter().filter_map(of).collect()
    };
    assert_eq!(struck(Among::Type, 3, Verb::Slow, 0), ["3", "4"]);
    let mut each = struck(Among::Type, 3, Verb::Kill, 4);
    each.sort();
    assert_eq!(each, ["3/1", "4/1", "4/2", "4/3"]);
    assert_eq!(struck(Among::Inside, 1, Verb::Slow, 0), ["2", "3", "5"]);
    assert_eq!(struck(Among::Inside, 2, Verb::Kill, 0), ["3"]);
    assert_eq!(struck(Among::Target, 4, Verb::Kill, 0), ["4"], "as a plain fault");
}

#[test]
fn too_little_success_stops_an_experiment() {
    // Both servers die. Checks take them out, and nothing succeeds until somebody restores them.
    let kill = |stop_below: f64, after: f64| {
        let injection = Injection {
            among: Among::Type,
            stop_below: Share(stop_below),
            stop_after_s: Seconds(after),
            ..Injection::default()
        };
        let plan = [experiment(5 * SECOND, Verb::Kill, Target::whole(3), None, injection)];
        let mut run = three_tiers().run(2, &plan);
        run.run_until(40 * SECOND);
        run
    };
    let stopped = |run: &Simulation| {
        let lines = run.happenings().iter();
        let at = |line: &Happening| matches!(line.what, What::Experiment { stage: Stage::Stopped, .. });
        lines.filter(|line| at(line)).map(|line| line.at).next()
    };
    let run = kill(0.5, 4.0);
    // Seconds 5 to 9 are bad: it stops right after the fourth of them.
    assert_eq!(stopped(&run), Some(9 * SECOND + 1));
    let good: Vec<u64> = run.windows().iter().map(|window| window.good).collect();
    assert!(
        good[6..9].iter().all(|good| *good == 0) && good[20..].iter().all(|good| *good > 100),
        "{good:?}"
    );
    run.audit().unwrap();
    let on = kill(0.0, 4.0);
    assert_eq!(stopped(&on), None);
    assert!(on.windows()[20..].iter().all(|window| window.good == 0), "without the condition it goes on");
    assert_eq!(stopped(&kill(0.5, 60.0)), None, "not for so long");
}

/// Where nothing is answered at all, that is no success either.
#[test]
fn silence_stops_an_experiment_too() {
    let plan = Plan::default().part(1, "client", &[("rate_rps", number(50.0))]).part(2, "web", &[]).edge(
        3,
        1,
        2,
        Mode::Sync,
        1.0,
        60_000.0,
    );
    let injection = Injection { stop_below: Share(0.9), stop_after_s: Seconds(3.0), ..Injection::default() };
    let mut run = plan.run(1, &[experiment(5 * SECOND, Verb::Pause, Target::whole(2), None, injection)]);
    run.run_until(20 * SECOND);
    let stop = run
        .happenings()
        .iter()
        .find(|line| matches!(line.what, What::Experiment { stage: Stage::Stopped, .. }));
    assert!((8 * SECOND..=9 * SECOND + 1).contains(&stop.unwrap().at), "{stop:?}");
}

fn refused(system: &System, verb: Verb, target: Target, injection: Injection) -> String {
    let one = Experiment { id: 9, verb, target, factor: 2.0, lasts: None, injection };
    system.check_experiment(&one).unwrap_err().to_string()
}

#[test]
fn impossible_experiments_are_refused_by_name() {
    let system = three_tiers().system;
    let web = Target::whole(3);
    let inside = Injection { among: Among::Inside, ..Injection::default() };
    assert_eq!(refused(&system, Verb::Kill, web, inside), "among: there is nothing in 3 that knows `kill`");
    let one = Injection { number: Count(1), ..Injection::default() };
    assert!(refused(&system, Verb::Restore, web, one.clone()).starts_with("do: "));
    assert!(refused(&system, Verb::Cut, web, one.clone()).starts_with("do: "));
    assert!(refused(&system, Verb::Kill, Target::whole(999), one).starts_with("target: "));
    let often = Experiment {
        id: 9,
        verb: Verb::Kill,
        target: web,
        factor: 2.0,
        lasts: None,
        injection: RANDOM(0.001, 0.001),
    };
    assert!(often.check_length(&system, 300 * SECOND, 0).unwrap_err().to_string().starts_with("mtbf: "));
    assert!(often.check_length(&system, SECOND, 0).is_ok());
}

/// What strikes without end stops the run with a sentence, and in bounded time.
#[test]
fn endless_failures_stop_the_run() {
    let always = Injection { mtbf: Law::Constant { ms: 1e-6 }, ..RANDOM(1.0, 0.0) };
    let always = Injection { mttr: Law::Constant { ms: 1e-6 }, ..always };
    let mut run = fleet(1).run(1, &[experiment(0, Verb::Kill, Target::whole(1), None, always)]);
    run.run_until(10 * SECOND);
    assert!(run.halted().is_some_and(|reason| reason.en().contains("experiments")), "{:?}", run.halted());
}

/// Other faults, by hand and planned, and repairs may meet those of an experiment.
#[test]
fn experiments_and_other_faults_get_along() {
    let report = |plan: &[Intervention]| -> Report {
        let mut run = three_tiers().run(6, plan);
        for step in 1..=40 {
            run.run_until(step * SECOND / 2);
            run.audit().unwrap();
        }
        run.report()
    };
    let both = [
        experiment(SECOND, Verb::Kill, Target::whole(3), Some(15 * SECOND), RANDOM(1.0, 1.0)),
        experiment(SECOND, Verb::Slow, Target::whole(5), None, RANDOM(2.0, 2.0)),
        experiment(SECOND, Verb::Cut, Target::whole(16), None, RANDOM(4.0, 0.5)),
        fault(4 * SECOND, Verb::Kill, Target::whole(3)),
        fault(6 * SECOND + 7 * MS, Verb::Restore, Target::whole(3)),
        fault(9 * SECOND, Verb::Pause, Target::whole(5)),
        fault(10 * SECOND, Verb::Restore, Target::whole(5)),
    ];
    assert!(failed(&report(&both)) > 0);
}

/// A closed system of machines and a repairman would be no fleet: here each is repaired at once, so the number
/// that is down is binomial. Its variance over time tells clocks of their own from one clock for all.
#[test]
fn failures_come_one_by_one() {
    let mut run = fleet(50).run(13, &[experiment(0, Verb::Kill, Target::whole(1), None, RANDOM(90.0, 10.0))]);
    let (mut sum, mut squares, looks) = (0.0, 0.0, 400);
    for at in 1..=looks {
        run.run_until((100 + at * 20) * SECOND);
        let dead = run.picture(0).parts[0].up.iter().filter(|up| !**up).count() as f64;
        (sum, squares) = (sum + dead, squares + dead * dead);
    }
    let mean = sum / looks as f64;
    let variance = squares / looks as f64 - mean * mean;
    // Binomial(50, 0.1): mean 5 with a standard error of 0.12, variance 4.5 ± 0.35; one clock for all gives 225.
    assert!((mean - 5.0).abs() < 0.5 && (2.9..6.1).contains(&variance), "{mean} {variance}");
}

/// When how many instances of part 1 are down, from the log: each change, with the number from then on.
fn downs(run: &Simulation) -> Vec<(Ns, u32)> {
    let mut down = 0;
    let mut all = Vec::new();
    for Happening { at, what } in run.happenings() {
        let What::Struck { verb, target } = what else { continue };
        if target.instance.is_none() {
            continue;
        }
        down = if *verb == Verb::Restore { down - 1 } else { down + 1 };
        all.push((*at, down));
    }
    all
}

/// Two of three needed, each with a repair crew of its own (an hour is a second here): unavailability, mean time up and
/// mean time down, which is about half of a repair. 12 runs of 166,000 s are about 9,000 outages; the tolerances are 4.5
/// standard errors of that many.
#[test]
fn two_of_three_are_down_half_a_repair() {
    let (mut up, mut down, mut outages) = (0.0, 0.0, 0.0);
    for seed in 1..=12 {
        let plan = [experiment(0, Verb::Kill, Target::whole(1), None, RANDOM(100.0, 10.0))];
        let mut run = fleet(3).run(seed, &plan);
        run.run_until(166_000 * SECOND);
        let mut since = 0;
        let mut before = 0;
        for (at, now_down) in downs(&run) {
            if (now_down >= 2) != (before >= 2) {
                let time = (at - since) as f64 / 1e9;
                if now_down >= 2 {
                    up += time;
                } else {
                    down += time;
                }
                outages += f64::from(u8::from(now_down >= 2));
                since = at;
            }
            before = now_down;
        }
    }
    assert!(outages > 8_500.0, "{outages}");
    let near = |what: &str, got: f64, expected: f64, sigma: f64| {
        let tolerance = 4.5 * sigma / libm::sqrt(outages);
        assert!((got - expected).abs() < tolerance, "{what}: {got}, not {expected} ± {tolerance}");
    };
    near("unavailability", down / (up + down), 0.023_290_76, 0.031_1);
    near("mean up", up / outages, 216.666_67, 184.4);
    near("mean down", down / outages, 5.166_667, 4.929);
}

/// Eight disks, of which one may be lost until it is rebuilt: from all being good to the loss of data takes 2,054 hours
/// (a second each here), not the textbook's MTTF² / (n (n - 1) MTTR) = 1,786. Of 2,400 losses, 4.5 standard errors.
#[test]
fn the_second_disk_dies_while_the_first_is_rebuilt() {
    let losses = 2_400;
    let mut sum = 0.0;
    for seed in 1..=losses {
        let plan = [experiment(0, Verb::Kill, Target::whole(1), None, RANDOM(1_000.0, 10.0))];
        let mut run = fleet(8).run(seed, &plan);
        let lost = loop {
            run.run_until(run.now() + 2_000 * SECOND);
            if let Some((at, _)) = downs(&run).into_iter().find(|(_, down)| *down == 2) {
                break at;
            }
        };
        sum += lost as f64 / 1e9;
    }
    let (mean, tolerance) = (sum / losses as f64, 4.5 * 2_453.0 / libm::sqrt(losses as f64));
    assert!((mean - 2_053.571).abs() < tolerance, "{mean}, not 2,053.6 ± {tolerance}");
}
