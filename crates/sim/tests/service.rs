//! How stations serve, and what faults do to work under way: against what is known of it.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::engine::Options;
use brownout_sim::observe::{ComponentReport, Outcome, Report};
use brownout_sim::param::{Law, Value};
use brownout_sim::system::{Action, Change, Intervention, Mode, Target, Verb};
use brownout_sim::{Ns, Simulation};
use common::{MS, Plan, SECOND, constant, count, exp, failed, fault, number, word};

const SHARING: (&str, Value) = ("order", Value::Choice("sharing"));

/// One server asked at random by people without end of patience.
fn plan(rate: f64, settings: &[(&str, Value)]) -> Plan {
    let mut params = vec![("workers", count(1)), ("backlog", count(1_000_000)), ("read_time", exp(10.0))];
    params.extend(settings.iter().cloned());
    Plan::default()
        .part(
            1,
            "client",
            &[("rate_rps", number(rate)), ("static_share", number(0.0)), ("read_share", number(1.0))],
        )
        .part(2, "db", &params)
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
}

fn run(plan: &Plan, faults: &[Intervention], until: Ns) -> Simulation {
    let mut run = plan.run(1, faults);
    run.run_until(until);
    run.audit().unwrap();
    assert_eq!(run.halted(), None);
    run
}

fn server(report: &Report) -> &ComponentReport {
    report.components.iter().find(|part| part.id == 2).unwrap()
}

fn near(what: &str, got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{what}: {got}, not {expected} ± {tolerance}");
}

/// M/G/1 with processor sharing: 1 / (mu - lambda) = 50 ms whatever the law. Over 240,000 requests and
/// a standard deviation of a batch that makes sigma_1 0.33 s (0.83 s hyperexponential): 4.5 standard errors.
#[test]
fn sharing_does_not_care_about_the_law() {
    let laws = [
        (exp(10.0), 3.0),
        (constant(10.0), 2.9),
        (Value::Law(Law::Hyperexponential { mean_ms: 10.0, scv: 4.0 }), 7.7),
    ];
    for (law, tolerance) in laws {
        let run = run(&plan(80.0, &[SHARING, ("read_time", law)]), &[], 3_000 * SECOND);
        let report = run.report();
        near("response", report.latency.mean.unwrap(), 50.0, tolerance);
        let db = server(&report);
        near("utilisation", db.utilisation.unwrap(), 0.8, 0.02);
        // Wait is residence less the work; Little's law holds for those present.
        near("wait", db.wait.mean.unwrap(), report.latency.mean.unwrap() - db.service.mean.unwrap(), 0.01);
        let present = db.queue_mean + db.utilisation.unwrap();
        near("present", present, db.throughput_rps * report.latency.mean.unwrap() / 1e3, 0.01);
    }
}

/// With two workers the number present is that of M/M/2, whose mean response is 1 / (mu (1 - rho²)).
#[test]
fn two_shared_workers_are_two() {
    let run = run(&plan(160.0, &[SHARING, ("workers", count(2))]), &[], 3_000 * SECOND);
    let report = run.report();
    near("response", report.latency.mean.unwrap(), 10.0 / (1.0 - 0.64), 1.6);
    near("utilisation", server(&report).utilisation.unwrap(), 0.8, 0.02);
}

/// Nobody waits for a worker where work is shared, but there are only so many places.
#[test]
fn shared_places_are_bounded() {
    let settings = [SHARING, ("backlog", count(4)), ("read_time", constant(10.0))];
    let run = run(&plan(300.0, &settings), &[], 100 * SECOND);
    let report = run.report();
    let db = server(&report);
    assert_eq!(db.queue_max, 4);
    near("goodput", report.goodput_rps, 100.0, 1.0);
    assert!(db.errors[Outcome::Overloaded as usize] > 15_000, "{db:?}");
    // Five share the worker: none takes longer than five times its work.
    assert!(report.latency.max.unwrap() <= 50.01, "{:?}", report.latency);
}

/// Two classes with the same law at one worker, 30 and 50 a second: A. Cobham 1954.
fn classes(settings: &[(&str, Value)]) -> [f64; 3] {
    let mut all = vec![("write_time", exp(10.0)), ("first", word("read"))];
    all.extend(settings.iter().cloned());
    let mut plan = plan(80.0, &all);
    common::set(&mut plan.system.parts[0].params, "read_share", number(30.0 / 80.0));
    let run = run(&plan, &[], 6_000 * SECOND);
    let report = run.report();
    let mean = |at: usize| report.workloads[0].classes[at].latency.mean.unwrap();
    [mean(1), mean(2), report.latency.mean.unwrap()]
}

#[test]
fn who_goes_first_waits_less_and_the_others_pay() {
    let [first, others, all] = classes(&[]);
    // Residual work 8 ms over (1 - 0.3), and over (1 - 0.3)(1 - 0.8).
    near("first", first, 10.0 + 8.0 / 0.7, 0.5);
    near("others", others, 10.0 + 8.0 / (0.7 * 0.2), 6.5);
    near("all", all, 50.0, 4.0);
}

/// Preemptive resume: those that go first see nobody else; the others wait for all (H. White and L. S.
/// Christie 1958).
#[test]
fn who_interrupts_sees_nobody_else() {
    let [first, others, all] = classes(&[("preempt", Value::Flag(true))]);
    near("first", first, 10.0 / 0.7, 0.25);
    near("others", others, (10.0 * 0.2 + 8.0) / (0.7 * 0.2), 6.5);
    near("all", all, 50.0, 4.0);
}

fn scale(at: Ns, verb: Verb, factor: f64) -> Intervention {
    Intervention { at, action: Action::Scale { verb, target: Target::whole(2), factor } }
}

fn end(at: Ns, verb: Verb, since: Ns) -> Intervention {
    Intervention { at, action: Action::End { verb, target: Target::whole(2), since } }
}

/// One request of 1 s of work; when it is answered.
fn answered(order: &'static str, faults: &[Intervention]) -> f64 {
    let settings = [("read_time", constant(1_000.0)), ("order", word(order))];
    let mut plan = plan(0.0, &settings);
    common::set(&mut plan.system.parts[0].params, "start_with", count(1));
    let run = run(&plan, faults, 100 * SECOND);
    let report = run.report();
    assert_eq!((report.requests.succeeded, failed(&report)), (1, 0));
    report.latency.max.unwrap()
}

/// Work under way goes on at the new speed from that instant on, and what was done stays done.
#[test]
fn what_is_left_of_the_work_goes_on_at_the_new_speed() {
    let ms = |at: u64| at * common::MS;
    for order in ["fifo", "sharing"] {
        let at = |faults: &[Intervention], expected: f64| {
            near(order, answered(order, faults), expected, 0.000_01);
        };
        at(&[], 1_000.0);
        // 0.4 s done, 0.6 s left at a third of the speed.
        at(&[scale(ms(400), Verb::Slow, 3.0)], 400.0 + 1_800.0);
        at(&[scale(ms(400), Verb::Slow, 3.0), end(ms(700), Verb::Slow, ms(400))], 700.0 + 500.0);
        // Factors multiply, and each ends for itself.
        let two = [
            scale(ms(200), Verb::Slow, 2.0),
            scale(ms(400), Verb::Slow, 4.0),
            end(ms(600), Verb::Slow, ms(200)),
            end(ms(800), Verb::Slow, ms(400)),
        ];
        at(&two, 800.0 + (1_000.0 - 200.0 - 100.0 - 25.0 - 50.0));
        // Pauses are counted.
        let pause = |at| fault(at, Verb::Pause, Target::whole(2));
        let pauses = [
            pause(ms(300)),
            pause(ms(500)),
            end(ms(900), Verb::Pause, ms(300)),
            end(ms(1_500), Verb::Pause, ms(500)),
        ];
        at(&pauses, 1_500.0 + 700.0);
        // A repair by hand ends all of them, and their own ends find nothing left to do.
        let repaired = [
            pause(ms(300)),
            scale(ms(350), Verb::Slow, 5.0),
            fault(ms(400), Verb::Restore, Target::whole(2)),
            pause(ms(600)),
            end(ms(700), Verb::Pause, ms(300)),
            end(ms(800), Verb::Pause, ms(600)),
        ];
        at(&repaired, 800.0 + (1_000.0 - 300.0 - 200.0));
    }
}

/// What was worked is what the workers were there for: 1,000 s, of which 250 s at half the speed and
/// 200 s at none. An overloaded server is never idle, so that the work done is the integral of its speed.
#[test]
fn work_done_is_the_integral_of_the_speed() {
    for order in ["fifo", "lifo", "sharing"] {
        let settings = [("order", word(order)), ("workers", count(3)), ("backlog", count(50))];
        let faults = [
            scale(100 * SECOND, Verb::Slow, 2.0),
            fault(300 * SECOND, Verb::Pause, Target::whole(2)),
            end(350 * SECOND, Verb::Slow, 100 * SECOND),
            end(500 * SECOND, Verb::Pause, 300 * SECOND),
        ];
        let run = run(&plan(600.0, &settings), &faults, 1_000 * SECOND);
        let report = run.report();
        let db = server(&report);
        let done = db.service.mean.unwrap() * db.throughput_rps;
        // At 3 workers: 100 s + 200 s / 2 + 500 s of 1,000 s. Those still at work are at most 53 requests.
        near(order, done, 3_000.0 * 0.7, 3.0);
    }
}

/// A paused server takes calls in, and whoever finds the queue full is refused; nobody is answered.
#[test]
fn a_pause_fills_the_queue() {
    let settings = [("backlog", count(20)), ("read_time", constant(1.0))];
    let pause = fault(10 * SECOND, Verb::Pause, Target::whole(2));
    let run = run(&plan(50.0, &settings), &[pause, end(20 * SECOND, Verb::Pause, 10 * SECOND)], 30 * SECOND);
    let report = run.report();
    let good: Vec<u64> = run.windows().iter().map(|window| window.good).collect();
    assert!(good[11..20].iter().all(|good| *good == 0), "{good:?}");
    let refused = report.requests.failed[Outcome::Overloaded as usize];
    near("refused", refused as f64, 500.0 - 20.0, 100.0);
    assert_eq!(run.windows()[25].failed(), 0);
}

/// Who is paused hears nothing: answers lie, and its clock is looked at when it goes on.
#[test]
fn answers_and_timeouts_wait_for_the_paused() {
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(5.0)), ("static_share", number(0.0))])
        .part(2, "app", &[("service_time", constant(1.0))])
        .part(
            3,
            "db",
            &[("workers", count(100)), ("read_time", constant(500.0)), ("write_time", constant(500.0))],
        )
        .edge(11, 1, 2, Mode::Sync, 1.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 1.0, 800.0);
    let pause = fault(10 * SECOND, Verb::Pause, Target::whole(2));
    let run = run(&plan, &[pause, end(13 * SECOND, Verb::Pause, 10 * SECOND)], 30 * SECOND);
    let report = run.report();
    assert_eq!(run.windows()[11].finished + run.windows()[12].finished, 0);
    // The answers came in time, while it was paused: nothing has timed out.
    assert_eq!(failed(&report), 0, "{:?}", report.requests);
    near("longest", report.latency.max.unwrap(), 3_500.0, 520.0);
}

#[test]
fn a_surge_multiplies_arrivals_and_users() {
    let surge = |at, factor| Intervention {
        at,
        action: Action::Scale { verb: Verb::Surge, target: Target::whole(1), factor },
    };
    let over = |at, since| Intervention {
        at,
        action: Action::End { verb: Verb::Surge, target: Target::whole(1), since },
    };
    let steps = [surge(100 * SECOND, 3.0), surge(200 * SECOND, 0.1), over(300 * SECOND, 100 * SECOND)];
    let fast = [("workers", count(100)), ("read_time", constant(0.1))];
    for arrival in ["poisson", "even", "sessions"] {
        let mut plan = plan(100.0, &fast);
        common::set(&mut plan.system.parts[0].params, "arrival", word(arrival));
        common::set(&mut plan.system.parts[0].params, "think_time", constant(1.0));
        let run = run(&plan, &steps, 400 * SECOND);
        let rate = |from: usize| {
            run.windows()[from..from + 100].iter().map(|window| window.issued).sum::<u64>() as f64 / 100.0
        };
        for (from, expected) in [(0, 100.0), (100, 300.0), (200, 30.0), (300, 10.0)] {
            // Visits of five: five times the variance.
            near(arrival, rate(from), expected, 10.0 * (expected / 100.0_f64).sqrt());
        }
    }
    let mut plan = plan(0.0, &fast);
    for (name, value) in [("arrival", word("closed")), ("users", count(50)), ("think_time", exp(1_000.0))] {
        common::set(&mut plan.system.parts[0].params, name, value);
    }
    let run = run(&plan, &steps, 400 * SECOND);
    for (from, expected) in [(50, 50.0), (150, 150.0), (250, 15.0), (350, 5.0)] {
        let issued: u64 = run.windows()[from..from + 50].iter().map(|window| window.issued).sum();
        near("users", issued as f64 / 50.0, expected, 0.6 * expected.sqrt() + 0.5);
    }
}

/// An alternating renewal process: paused for 10 / (90 + 10) of the time, whoever works meanwhile.
#[test]
fn pauses_of_its_own_take_their_share() {
    let settings = [
        ("pause_every", exp(900.0)),
        ("pause_time", exp(100.0)),
        ("workers", count(2)),
        ("backlog", count(100)),
    ];
    let run = run(&plan(400.0, &settings), &[], 4_000 * SECOND);
    let report = run.report();
    let db = server(&report);
    // Over 4,000 cycles the paused share has a standard error of 0.1 * 0.9 * sqrt(2 / 4,000) = 0.002.
    near("share", db.service.mean.unwrap() * db.throughput_rps / 2_000.0, 0.9, 0.009);
}

/// Four calls of 900 ms; after 500 ms of work a pause of 10 ms and 50 ms for each of them.
#[test]
fn pauses_grow_with_what_is_held() {
    let settings = [
        ("pause_every", constant(500.0)),
        ("pause_time", constant(10.0)),
        ("pause_per_call_ms", number(50.0)),
        ("read_time", constant(900.0)),
        ("workers", count(4)),
    ];
    let mut plan = plan(0.0, &settings);
    common::set(&mut plan.system.parts[0].params, "start_with", count(4));
    let report = run(&plan, &[], 2 * SECOND).report();
    let latency = &report.latency;
    assert_eq!((latency.mean, latency.max), (Some(900.0 + 210.0), Some(900.0 + 210.0)));
}

/// A million rows, a hundred in each block: all blocks, three levels and the row, one bucket; a range by hash is a scan.
#[test]
fn an_index_saves_blocks() {
    let time = |access, ranges: f64| {
        let settings = [
            ("access", word(access)),
            ("range_share", number(ranges)),
            ("read_time", constant(0.0)),
            ("block_ms", number(0.1)),
            ("workers", count(1_000)),
        ];
        let run = run(&plan(10.0, &settings), &[], 20 * SECOND);
        let report = run.report();
        let latency = report.latency.max.unwrap();
        let gauge = server(&report).gauges.iter().find(|gauge| gauge.name == "blocks_read").unwrap().value;
        // What is under way was read, too.
        assert!((gauge * 0.1 / latency - report.latency.count as f64).abs() < 21.0, "{access} {gauge}");
        (latency * 10.0 + 0.5) as u64
    };
    assert_eq!([time("scan", 0.0), time("btree", 0.0), time("hash", 0.0)], [10_000, 4, 1]);
    assert_eq!([time("scan", 1.0), time("btree", 1.0), time("hash", 1.0)], [10_000, 4, 10_000]);
}

/// Draws beyond the end of the clock never come, however long they are.
#[test]
fn what_never_fails_never_fails() {
    const HOUR: f64 = 3_600_000.0;
    let laws = [
        Law::Exponential { mean_ms: 1e6 * HOUR },
        Law::Exponential { mean_ms: 1e9 * HOUR },
        Law::Constant { ms: 1e9 * HOUR },
        Law::Pareto { mean_ms: 1e9 * HOUR, shape: 1.5 },
        Law::Lognormal { mean_ms: 1e9 * HOUR, cv: 100.0 },
    ];
    for law in laws {
        for instances in [1, 100] {
            let text = format!("{law:?}");
            let settings = [("pause_every", Value::Law(law.clone())), ("pause_time", constant(HOUR))];
            let plan = plan(1.0, &settings).count(instances);
            let run = run(&plan, &[], 600 * SECOND);
            let report = run.report();
            assert_eq!(report.requests.in_flight, 0, "{text}");
            assert!(report.latency.max.unwrap() < 500.0, "{text}: {:?}", report.latency);
        }
    }
    // Nor at the very end of the clock.
    let settings = [("pause_every", constant(1e9 * HOUR)), ("pause_time", constant(1.0))];
    let options = Options { duration: Ns::MAX, ..Options::default() };
    let mut run = Simulation::new(&plan(0.0, &settings).system, options, &[]).unwrap();
    run.run_until(Ns::MAX);
    assert_eq!(run.events(), 0);
}

/// At 120/s of 100/s nobody whose turn came after more than 100 ms is served, and those who are, are in time.
#[test]
fn shedding_keeps_those_served_in_time() {
    let shed = |how: &'static str| {
        let settings =
            [("shed", word(how)), ("shed_ms", number(100.0)), ("shed_interval_ms", number(1_000.0))];
        run(&plan(120.0, &settings), &[], 1_000 * SECOND).report()
    };
    let report = shed("waited");
    assert!(server(&report).wait.max.unwrap() < 1_000.0);
    assert!(report.latency.max.unwrap() < 100.0 + 200.0, "{:?}", report.latency);
    // Idle for 2.07 % of the time: M/M/1 with a patience of 100 ms (D. Y. Barrer, Operations Research 5, 1957).
    // A standard deviation over 1,000 s is about 0.4.
    near("waited", report.goodput_rps, 97.93, 1.2);
    let report = shed("newcomers");
    near("newcomers", report.goodput_rps, 95.0, 3.0);
    assert!(report.latency.mean.unwrap() < 150.0, "{:?}", report.latency);
    let report = shed("controlled");
    near("controlled", report.goodput_rps, 100.0, 2.0);
    let p99 = report.latency.p99.unwrap();
    assert!((100.0..1_100.0).contains(&p99), "{p99}");
    // A short burst is borne where the queue was empty just before; a fixed limit sheds most of it.
    let burst = |how: &'static str| {
        let settings = [
            ("shed", word(how)),
            ("shed_ms", number(50.0)),
            ("shed_interval_ms", number(2_000.0)),
            ("read_time", constant(10.0)),
        ];
        let mut plan = plan(0.0, &settings);
        common::set(&mut plan.system.parts[0].params, "start_with", count(100));
        run(&plan, &[], 10 * SECOND).report().requests.succeeded
    };
    assert_eq!([burst("none"), burst("waited"), burst("controlled")], [100, 6, 100]);
}

/// A limit that adapts holds latency near its aim under overload, and lets everything in without it.
#[test]
fn a_limit_that_adapts_finds_its_place() {
    let limited = |rate: f64| {
        let settings = [
            ("workers", count(4)),
            ("read_time", exp(40.0)),
            ("concurrency", word("aimd")),
            ("concurrency_ms", number(200.0)),
        ];
        run(&plan(rate, &settings), &[], 1_000 * SECOND).report()
    };
    let calm = limited(30.0);
    near("calm", calm.availability.unwrap(), 1.0, 0.02);
    let flooded = limited(200.0);
    near("flooded", flooded.goodput_rps, 100.0, 6.0);
    let mean = flooded.latency.mean.unwrap();
    assert!((60.0..200.0).contains(&mean), "{mean}");
}

/// The alarms of many stations and the frames of few calls are counted apart, also while somebody is paused.
#[test]
fn a_pause_among_many_shared_stations_holds_nobody_else_back() {
    let plan = plan(200.0, &[SHARING]).count(600);
    let pause = fault(SECOND, Verb::Pause, Target::one(2, 1));
    let report = run(&plan, &[pause], 20 * SECOND).report();
    assert!(report.requests.succeeded > 3_500, "{:?}", report.requests);
}

/// Visits of 31 requests of 20 ms each to 150 workers; visitors do not think.
fn pages(rate: f64, web: &[(&str, Value)]) -> Plan {
    let client = [
        ("rate_rps", number(31.0 * rate)),
        ("arrival", word("sessions")),
        ("visit", count(31)),
        ("think_time", constant(0.0)),
        ("static_share", number(1.0)),
    ];
    let web = [&[("static_time", constant(20.0)), ("workers", count(150))], web].concat();
    Plan::default().part(1, "client", &client).part(2, "web", &web).edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
}

fn gauge_of(report: &Report, id: u32, name: &str) -> f64 {
    let part = report.components.iter().find(|part| part.id == id).unwrap();
    part.gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

/// A worker is taken for the 0.62 s of a page and the 5 s after it: 20 pages a second take 112 of 150 workers by
/// Little's law, and 40 more than there are (150 / 5.62 = 26.7). Who waits by events takes 12.4, or 24.8.
#[test]
fn keep_alive_occupies_workers() {
    let report = |rate: f64, settings: &[(&str, Value)]| {
        let mut run = pages(rate, settings).run(1, &[]);
        run.run_until(30 * SECOND);
        run.measure_from_now();
        run.run_until(230 * SECOND);
        run.audit().unwrap();
        run.report()
    };
    let busy = |report: &Report| 150.0 * report.components[1].utilisation.unwrap();
    let kept = [("keepalive_s", number(5.0))];
    let event = [kept[0].clone(), ("model", word("event"))];
    let one = report(20.0, &kept);
    assert!((busy(&one) - 112.4).abs() < 5.0, "{}", busy(&one));
    assert_eq!(common::failed(&one), 0);
    assert!((gauge_of(&one, 2, "idle_connections") - 100.0).abs() < 35.0);
    // All but the first request of a page find the worker that answered the one before.
    let share = gauge_of(&one, 2, "kept_requests") / one.requests.issued as f64;
    assert!((share - 30.0 / 31.0).abs() < 0.002, "{share}");
    let (two, off, by_events) = (report(40.0, &kept), report(40.0, &[]), report(40.0, &event));
    assert!(busy(&two) > 149.0 && common::failed(&two) > 1_000, "{}", busy(&two));
    for report in [off, by_events] {
        assert!((busy(&report) - 24.8).abs() < 1.5 && common::failed(&report) == 0, "{}", busy(&report));
    }
}

/// Behind a proxy that keeps no connections to it, the same server has its workers for itself.
#[test]
fn a_proxy_takes_keep_alive_off_a_server() {
    let mut plan = pages(40.0, &[("keepalive_s", number(5.0))]).part(3, "proxy", &[]);
    plan.system.edges[0].to = 3;
    let plan = plan.edge(12, 3, 2, Mode::Sync, 0.0, 0.0);
    let mut run = plan.run(1, &[]);
    run.run_until(60 * SECOND);
    assert_eq!((common::failed(&run.report()), gauge_of(&run.report(), 2, "idle_connections")), (0, 0.0));
}

/// Workers that wait, through deaths, pauses, fewer workers and other settings; the audit counts along.
#[test]
fn kept_workers_among_everything() {
    let mut plan = pages(8.0, &[("keepalive_s", number(0.3)), ("workers", count(20))]);
    plan.system.parts[1].count = 2;
    let plan = plan.part(4, "app", &[("service_time", exp(5.0))]).edge(13, 2, 4, Mode::Sync, 0.0, 200.0);
    let mut run = plan.run(1, &[]);
    for step in 1..200_u64 {
        run.run_until(step * 50 * MS);
        let (verb, target) = match step % 5 {
            0 => (Verb::Kill, Target::one(2, 1 + (step / 5 % 2) as u32)),
            2 => (Verb::Pause, Target::one(2, 1)),
            3 => (Verb::Slow, Target::one(2, 2)),
            _ => (Verb::Restore, Target::whole(2)),
        };
        run.intervene(&Action::fault(verb, target, 2.0)).unwrap();
        let mut part = run.system().parts[1].clone();
        common::set(&mut part.params, "keepalive_s", number([0.3, 0.0, 2.0][step as usize % 3]));
        common::set(&mut part.params, "workers", count([20, 5, 40][step as usize / 3 % 3]));
        run.intervene(&Action::Edit(vec![Change::PutPart(part)])).unwrap();
        run.audit().unwrap();
    }
    assert!(run.report().requests.succeeded > 300);
}
