//! When requests come: each kind of arrival against what is known of it.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::Simulation;
use brownout_sim::param::Value;
use brownout_sim::system::{Action, Change, Mode, Target, Verb};
use common::{MS, Plan, SECOND, constant, count, exp, failed, fault, number, set, word};

/// A population of this kind before one server with this service time; nothing lies between.
fn before_a_server(client: &[(&str, Value)], service: Value) -> Plan {
    let server = [("threads", count(1)), ("backlog", count(1_000_000)), ("service_time", service)];
    Plan::default().part(1, "client", client).part(2, "app", &server).edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
}

fn run(client: &[(&str, Value)], service: Value, seconds: u64) -> Simulation {
    let mut run = before_a_server(client, service).run(3, &[]);
    run.run_until(seconds * SECOND);
    run
}

fn wait_ms(run: &Simulation) -> f64 {
    run.report().components[1].wait.mean.unwrap()
}

fn list(all: &[f64]) -> Value {
    Value::List(all.into())
}

fn issued(run: &Simulation) -> Vec<u64> {
    run.windows().iter().map(|window| window.issued).collect()
}

#[track_caller]
fn near(got: f64, wanted: f64, tolerance: f64) {
    assert!((got - wanted).abs() < tolerance, "{got}, not {wanted} ± {tolerance}");
}

/// M/D/1 at 0.8: half the wait of M/M/1, 20 ms. 4 × 10^5 requests; the standard error of the mean is about
/// half that of M/M/1 (0.73 ms).
#[test]
fn m_d_1() {
    near(wait_ms(&run(&[("rate_rps", number(80.0))], constant(10.0), 5_000)), 20.0, 1.3);
}

/// D/M/1 at 0.8: sigma solves sigma = exp(-(1 - sigma) / 0.8), and the wait is sigma / (1 - sigma) services.
#[test]
fn evenly_spaced_arrivals_wait_as_d_m_1() {
    let mut sigma = 0.5;
    for _ in 0..200 {
        sigma = libm::exp(-(1.0 - sigma) / 0.8);
    }
    let run = run(&[("rate_rps", number(80.0)), ("arrival", word("even"))], exp(10.0), 5_000);
    near(wait_ms(&run), 10.0 * sigma / (1.0 - sigma), 1.0);
    assert!(issued(&run).iter().all(|issued| *issued == 80), "{:?}", &issued(&run)[..10]);
}

/// M^[X]/M/1 at 0.6: a response of (1 + E[X²] / E[X]) / 2 / (1 - 0.6) services of 10 ms.
#[test]
fn batches() {
    for (sizes, response) in [("fixed", 75.0), ("geometric", 125.0)] {
        let client = [("rate_rps", number(60.0)), ("batch", count(5)), ("sizes", word(sizes))];
        let run = run(&client, exp(10.0), 8_000);
        let report = run.report();
        near(report.requests.issued as f64 / 8_000.0, 60.0, 1.2);
        near(report.latency.mean.unwrap(), response, response * 0.05);
    }
}

/// Ten users who think for 100 ms before a server of 100/s: the machine repairman's 78.542/s and 27.321 ms.
#[test]
fn a_closed_loop_is_the_machine_repairman() {
    let client = [("arrival", word("closed")), ("users", count(10)), ("think_time", exp(100.0))];
    let run = run(&client, exp(10.0), 5_000);
    let report = run.report();
    near(report.requests.succeeded as f64 / 5_000.0, 78.542, 0.4);
    near(report.latency.mean.unwrap(), 27.321, 0.3);
    // Little's law for the loop: users = rate × (think + response).
    let cycle = 100.0 + report.latency.mean.unwrap();
    near(report.requests.succeeded as f64 / 5_000.0 * cycle / 1e3, 10.0, 0.1);
}

/// The longer of two closed networks in the theory: 20 users, three servers in a row (exact MVA).
#[test]
fn a_closed_network_follows_mean_value_analysis() {
    let server = |ms: f64| [("threads", count(1)), ("backlog", count(100)), ("service_time", exp(ms))];
    let client = [("arrival", word("closed")), ("users", count(20)), ("think_time", exp(200.0))];
    let plan = Plan::default()
        .part(1, "client", &client)
        .part(2, "app", &server(10.0))
        .part(3, "app", &server(20.0))
        .part(4, "app", &server(15.0))
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Forward, 0.0, 0.0)
        .edge(13, 3, 4, Mode::Forward, 0.0, 0.0);
    let mut run = plan.run(5, &[]);
    run.run_until(5_000 * SECOND);
    let report = run.report();
    near(report.requests.succeeded as f64 / 5_000.0, 48.377, 0.4);
    near(report.latency.mean.unwrap(), 213.416, 3.0);
}

/// Bursts of 200/s for 2 s on average between calms of 20/s for 6 s: 65/s, and counts of seconds as
/// scattered as those of the two-phase Markov-modulated process.
#[test]
fn bursts_have_their_mean_and_their_dispersion() {
    let (low, high, into, out) = (20.0, 200.0, 1.0 / 6.0, 1.0 / 2.0);
    let client = [
        ("arrival", word("bursts")),
        ("rate_rps", number(low)),
        ("burst_rps", number(high)),
        ("burst_s", number(2.0)),
        ("calm_s", number(6.0)),
    ];
    let run = run(&client, constant(0.0), 19_000);
    let counts: Vec<f64> = issued(&run).iter().map(|issued| *issued as f64).collect();
    let n = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / n;
    let variance = counts.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    let both: f64 = into + out;
    let wanted = (low * out + high * into) / both;
    let excess = 2.0 * (high - low) * (high - low) * into * out / (both * both * (low * out + high * into));
    let dispersion = 1.0 + excess * (1.0 - (1.0 - libm::exp(-both)) / both);
    // The mean is as scattered as that of counts over long times, of which the dispersion is 1 + excess.
    near(mean, wanted, 4.0 * libm::sqrt(wanted * (1.0 + excess) / n));
    near(variance / mean, dispersion, dispersion * 0.08);
}

/// From nothing to 100/s in 200 s, then level: 0.25/s more each half second; counts of 20 s within five
/// standard deviations.
#[test]
fn a_ramp_grows_evenly() {
    let client = [("rate_rps", number(100.0)), ("ramp_s", number(200.0))];
    let counts = issued(&run(&client, constant(0.0), 300));
    for (at, part) in counts.chunks(20).enumerate() {
        let middle = (at as f64 * 20.0 + 10.0).min(200.0);
        let wanted = if at < 10 { middle * 0.5 * 20.0 } else { 2_000.0 };
        near(part.iter().sum::<u64>() as f64, wanted, 5.0 * libm::sqrt(wanted));
    }
    let even = [client[0].clone(), client[1].clone(), ("arrival", word("even")), ("ramp_from", number(0.5))];
    let counts = issued(&run(&even, constant(0.0), 300));
    // From 50/s to 100/s: the first second has 50.1 of them, the hundredth 74.9.
    near(counts[0] as f64, 50.125, 1.01);
    near(counts[99] as f64, 74.875, 1.01);
    near(counts[250] as f64, 100.0, 1.01);
}

/// A day of 100 s: least at its start, most at its middle, 100/s over all.
#[test]
fn a_day_swings() {
    let client = [
        ("rate_rps", number(100.0)),
        ("day_s", number(100.0)),
        ("day_swing", number(0.8)),
        ("arrival", word("even")),
    ];
    let counts = issued(&run(&client, constant(0.0), 1_000));
    for day in counts.chunks(100) {
        near(day.iter().sum::<u64>() as f64, 10_000.0, 1.01);
        near(day[0] as f64, 20.0, 1.2);
        near(day[50] as f64, 180.0, 1.2);
        near(day[24] as f64 + day[25] as f64, 200.0, 2.2);
    }
    // Both at once, ending where the full height is reached.
    let ramped = [client.to_vec(), vec![("ramp_s", number(300.0))]].concat();
    let counts = issued(&run(&ramped, constant(0.0), 1_000));
    near(counts[..300].iter().sum::<u64>() as f64, 15_000.0, 2.0);
    near(counts[300..400].iter().sum::<u64>() as f64, 10_000.0, 2.0);
}

#[test]
fn recorded_rates_are_replayed() {
    let client = [
        ("arrival", word("rates")),
        ("rates_rps", list(&[10.0, 0.0, 400.0])),
        ("rates_step_s", number(10.0)),
        ("rates_repeat", Value::Flag(true)),
    ];
    let counts = issued(&run(&client, constant(0.0), 300));
    let of = |step: usize| counts.chunks(10).skip(step).step_by(3).flatten().sum::<u64>() as f64;
    near(of(0), 1_000.0, 160.0);
    near(of(1), 0.0, 0.5);
    near(of(2), 40_000.0, 1_000.0);
    let counts = issued(&run(&client[..3], constant(0.0), 300));
    assert_eq!(counts[30..].iter().sum::<u64>(), 0, "nobody comes after the record");
    assert!(counts[20..30].iter().sum::<u64>() > 3_500);
}

/// Rates that hold for different times, given out of order; before the first nobody comes.
#[test]
fn recorded_rates_have_moments_of_their_own() {
    let client = [
        ("arrival", word("rates")),
        ("rates_rps", list(&[400.0, 100.0, 0.0])),
        ("rates_at_s", list(&[45.0, 10.0, 30.0])),
        ("rates_step_s", number(5.0)),
        ("rates_repeat", Value::Flag(true)),
    ];
    let counts = issued(&run(&client, constant(0.0), 500));
    let of = |from: usize, to: usize| {
        counts.chunks(50).map(|round| round[from..to].iter().sum::<u64>()).sum::<u64>() as f64
    };
    near(of(0, 10) + of(30, 45), 0.0, 0.5);
    // Ten rounds of 20 s at 100/s and of 5 s at 400/s; 4.5 roots.
    near(of(10, 30), 20_000.0, 640.0);
    near(of(45, 50), 20_000.0, 640.0);
    let counts = issued(&run(&client[..4], constant(0.0), 500));
    assert_eq!(counts[50..].iter().sum::<u64>(), 0, "nobody comes after the record");
    near(counts[45..50].iter().sum::<u64>() as f64, 2_000.0, 200.0);
}

#[test]
fn recorded_times_are_replayed() {
    let client = [("arrival", word("times")), ("times_s", list(&[7.5, 0.0, 2.25, 2.25, 100.0]))];
    let run = run(&client, constant(1.0), 60);
    let counts = issued(&run);
    let busy: Vec<(usize, u64)> =
        counts.iter().copied().enumerate().filter(|(_, count)| *count > 0).collect();
    assert_eq!(busy, [(0, 1), (2, 2), (7, 1)]);
    // What falls into a time when the population is dead does not come later.
    let plan =
        [fault(SECOND, Verb::Kill, Target::whole(1)), fault(5 * SECOND, Verb::Restore, Target::whole(1))];
    let mut run = before_a_server(&client, constant(1.0)).run(3, &plan);
    run.run_until(60 * SECOND);
    assert_eq!(run.report().requests.issued, 2);
}

/// Visits of four requests, one after another, with 50 ms between: 40/s in all.
#[test]
fn visitors_send_one_request_after_another() {
    let client = [
        ("arrival", word("sessions")),
        ("rate_rps", number(40.0)),
        ("visit", count(4)),
        ("think_time", constant(50.0)),
    ];
    let run1 = run(&client, constant(1.0), 1_000);
    let report = run1.report();
    near(report.requests.issued as f64 / 1_000.0, 40.0, 2.0);
    // Visits come at random, so the requests of a second are as scattered as four times Poisson.
    let counts: Vec<f64> = issued(&run1).iter().map(|count| *count as f64).collect();
    let variance = counts.iter().map(|x| (x - 40.0) * (x - 40.0)).sum::<f64>() / counts.len() as f64;
    near(variance / 40.0, 3.6, 0.7);
    let geometric = [client.to_vec(), vec![("sizes", word("geometric"))]].concat();
    near(run(&geometric, constant(1.0), 1_000).report().requests.issued as f64 / 1_000.0, 40.0, 2.5);
    // Nobody is served twice who leaves content.
    let content = [client.to_vec(), vec![("stop_after_success", Value::Flag(true))]].concat();
    near(run(&content, constant(1.0), 1_000).report().requests.issued as f64 / 1_000.0, 10.0, 0.6);
}

/// 1,000 wait at the start, 80/s come, 100/s are served: empty after 50 s on average, and a standard
/// deviation of 4.74 s; the mean of eight runs within four standard errors.
#[test]
fn what_waits_at_the_start_is_worked_off() {
    let client = [("rate_rps", number(80.0)), ("start_with", count(1_000))];
    let mut sum = 0.0;
    for seed in 0..8 {
        let mut run = before_a_server(&client, exp(10.0)).run(seed, &[]);
        run.run_until(1);
        assert_eq!(run.report().requests.issued, 1_000);
        while run.report().requests.in_flight > 0 {
            run.run_until(run.now() + 5 * MS);
        }
        sum += run.now() as f64 / SECOND as f64;
    }
    near(sum / 8.0, 50.0, 4.0 * 4.74 / libm::sqrt(8.0));
}

/// Fifty users at a server that is dead at first: everybody goes on until the first success, and not beyond.
#[test]
fn users_leave_after_their_first_success() {
    let client = [
        ("arrival", word("closed")),
        ("users", count(50)),
        ("think_time", exp(200.0)),
        ("stop_after_success", Value::Flag(true)),
    ];
    let plan = [fault(0, Verb::Kill, Target::whole(2)), fault(5 * SECOND, Verb::Restore, Target::whole(2))];
    let mut run = before_a_server(&client, exp(10.0)).run(7, &plan);
    run.run_until(5 * SECOND);
    let before = run.report();
    assert!(failed(&before) > 500 && before.requests.succeeded == 0, "{:?}", before.requests);
    run.run_until(60 * SECOND);
    let report = run.report();
    assert_eq!((report.requests.succeeded, failed(&report)), (50, failed(&before)));
    assert_eq!(report.requests.in_flight, 0);
}

fn edit(run: &mut Simulation, params: &[(&str, Value)]) {
    let mut part = run.system().part(1).unwrap().clone();
    for (name, value) in params {
        set(&mut part.params, name, value.clone());
    }
    run.intervene(&Action::Edit(vec![Change::PutPart(part)])).unwrap();
}

/// From one kind of arrival to the next and back, with deaths between: every second has what its kind says,
/// and the audit after every chunk holds.
#[test]
fn the_kind_can_be_changed_while_it_runs() {
    let mut run = before_a_server(&[("rate_rps", number(100.0))], constant(1.0)).run(9, &[]);
    let seconds = |run: &mut Simulation, count: u64| {
        let before = run.report().requests.issued;
        run.run_until(run.now() + count * SECOND);
        run.audit().unwrap();
        (run.report().requests.issued - before) as f64 / count as f64
    };
    near(seconds(&mut run, 50), 100.0, 8.0);
    edit(&mut run, &[("arrival", word("even"))]);
    near(seconds(&mut run, 50), 100.0, 0.1);
    edit(&mut run, &[("rate_rps", number(0.0))]);
    near(seconds(&mut run, 50), 0.0, 0.1);
    edit(&mut run, &[("rate_rps", number(200.0))]);
    near(seconds(&mut run, 50), 200.0, 0.1);
    edit(&mut run, &[("arrival", word("closed")), ("users", count(20)), ("think_time", constant(99.0))]);
    near(seconds(&mut run, 50), 190.0, 15.0);
    edit(&mut run, &[("users", count(5))]);
    seconds(&mut run, 1);
    near(seconds(&mut run, 50), 50.0, 1.0);
    edit(&mut run, &[("users", count(10))]);
    seconds(&mut run, 1);
    near(seconds(&mut run, 50), 100.0, 2.0);
    run.intervene(&Action::Do { verb: Verb::Kill, target: Target::whole(1) }).unwrap();
    near(seconds(&mut run, 10), 0.0, 0.1);
    run.intervene(&Action::Do { verb: Verb::Restore, target: Target::whole(1) }).unwrap();
    seconds(&mut run, 1);
    near(seconds(&mut run, 50), 100.0, 2.0);
    edit(&mut run, &[("arrival", word("sessions")), ("think_time", constant(10.0))]);
    seconds(&mut run, 1);
    near(seconds(&mut run, 200), 200.0, 12.0);
    edit(&mut run, &[("arrival", word("bursts")), ("burst_rps", number(200.0))]);
    seconds(&mut run, 1);
    near(seconds(&mut run, 100), 200.0, 8.0);
    edit(&mut run, &[("arrival", word("times")), ("times_s", list(&[1.0, 1_000.0]))]);
    near(seconds(&mut run, 100), 0.0, 0.5);
    edit(&mut run, &[("arrival", word("poisson"))]);
    near(seconds(&mut run, 100), 200.0, 8.0);
}

/// What comes does not depend on what becomes of it: a dead server shifts no arrival of an open population.
#[test]
fn open_arrivals_are_the_same_whatever_happens_to_them() {
    for kind in ["poisson", "even", "bursts"] {
        let client = [("arrival", word(kind)), ("batch", count(3)), ("sizes", word("geometric"))];
        let plan = before_a_server(&client, exp(15.0));
        let mut calm = plan.run(5, &[]);
        calm.run_until(60 * SECOND);
        let mut struck = plan.run(5, &[fault(10 * SECOND, Verb::Kill, Target::whole(2))]);
        struck.run_until(60 * SECOND);
        assert_eq!(issued(&calm), issued(&struck), "{kind}");
        assert_ne!(calm.digest(), struck.digest());
    }
}

/// Two users who ask again at once where nobody answers would go on for ever in one nanosecond: the run
/// stops with a sentence.
#[test]
fn users_without_a_thought_stop_the_clock() {
    let client = [("arrival", word("closed")), ("users", count(2)), ("think_time", constant(0.0))];
    let mut run = before_a_server(&client, exp(1.0)).run(1, &[fault(SECOND, Verb::Kill, Target::whole(2))]);
    run.run_until(10 * SECOND);
    assert!(run.halted().is_some_and(|reason| reason.en().contains("stands still")));
}

/// A parameter that belongs to some words of a choice names a choice and words that exist.
#[test]
fn what_a_parameter_belongs_to_exists() {
    use brownout_sim::component::Kind;
    use brownout_sim::param::Domain;
    for kind in Kind::ALL {
        let specs = kind.spec().params;
        for when in specs.iter().filter_map(|spec| spec.when) {
            let choice = specs.iter().find(|spec| spec.name == when.param).unwrap();
            let Domain::Choice(words) = choice.domain else { panic!("{} is no choice", when.param) };
            assert!(
                when.words.iter().all(|word| words.iter().any(|choice| choice.name == *word)),
                "{when:?}"
            );
        }
        let defaults = kind.defaults();
        let used = specs.iter().filter(|spec| spec.is_in_use(specs, |at| defaults.get(at)));
        assert!(used.count() > 0);
    }
}
