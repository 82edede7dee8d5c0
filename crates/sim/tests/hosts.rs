//! Software that shares a machine: its cores, its memory and its end.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::Simulation;
use brownout_sim::observe::Outcome;
use brownout_sim::param::Value;
use brownout_sim::system::{Mode, Target, Verb};
use common::{Plan, SECOND, constant, count, exp, failed, fault, number, word};

/// Two clients, 1 and 2, each with a web server of its own, 3 and 4; both are on the server 9.
fn shared(rates: [f64; 2], time: &Value, server: &[(&str, Value)]) -> Plan {
    let client = |rate: f64, how: &'static str| {
        vec![("rate_rps", number(rate)), ("arrival", word(how)), ("static_share", number(1.0))]
    };
    let how = if matches!(time, Value::Law(brownout_sim::param::Law::Constant { .. })) {
        "even"
    } else {
        "poisson"
    };
    Plan::default()
        .part(1, "client", &client(rates[0], how))
        .part(2, "client", &client(rates[1], how))
        .part(3, "web", &[("static_time", time.clone())])
        .inside(9)
        .part(4, "web", &[("static_time", time.clone())])
        .inside(9)
        .part(9, "server", server)
        .edge(11, 1, 3, Mode::Sync, 0.0, 1_000.0)
        .edge(12, 2, 4, Mode::Sync, 0.0, 1_000.0)
}

fn run(plan: &Plan, seconds: u64) -> Simulation {
    let mut run = plan.run(1, &[]);
    for second in 1..=seconds.min(20) {
        run.run_until(second * SECOND);
        run.audit().unwrap();
    }
    run.run_until(seconds * SECOND);
    run.audit().unwrap();
    run
}

fn mean_of(run: &Simulation, client: u32) -> f64 {
    let report = run.report();
    report.workloads.iter().find(|one| one.client == client).unwrap().latency.mean.unwrap()
}

#[test]
fn work_that_meets_shares_the_cores() {
    // 20 ms of work each, ten times a second; the second comes some moments after the first, always as many.
    let means = |cores: u32, speed: f64| {
        let server = [("cores", count(cores)), ("speed", number(speed))];
        let run = run(&shared([10.0, 10.0], &constant(20.0), &server), 10);
        [mean_of(&run, 1), mean_of(&run, 2)]
    };
    let near = |got: [f64; 2], wanted: f64| got.iter().all(|one| (one - wanted).abs() < 1e-3);
    // While they overlap each has half: both stay for 40 ms less what they are apart.
    let apart = 40.0 - means(1, 1.0)[0];
    assert!((0.0..20.0).contains(&apart) && near(means(1, 1.0), 40.0 - apart), "{:?}", means(1, 1.0));
    assert!(near(means(1, 2.0), (20.0 - apart).max(10.0)), "{:?}", means(1, 2.0));
    assert!(near(means(2, 1.0), 20.0) && near(means(8, 4.0), 5.0));
    // On machines of their own they do not feel each other.
    let mut plan = shared([10.0, 10.0], &constant(20.0), &[("cores", count(1))]);
    plan.system.parts[2].inside = None;
    let apart = run(&plan, 10);
    assert!((mean_of(&apart, 1) - 20.0).abs() < 1e-6 && (mean_of(&apart, 2) - 20.0).abs() < 1e-6);
}

#[test]
fn a_shared_core_is_processor_sharing() {
    // M/M/1-PS: S / (1 - rho), whoever's work it is. 10 ms, 60/s together: 25 ms.
    let run = run(&shared([40.0, 20.0], &exp(10.0), &[("cores", count(1))]), 3_000);
    for client in [1, 2] {
        let mean = mean_of(&run, client);
        assert!((mean / 25.0 - 1.0).abs() < 0.05, "{client}: {mean}, not 25 ms within 5 % over 60,000 calls");
    }
}

#[test]
fn a_machine_does_no_more_than_its_cores_can() {
    // 10 ms of work: 2 cores do 200/s, of 600/s that are asked for.
    let run = run(&shared([300.0, 300.0], &constant(10.0), &[("cores", count(2))]), 20);
    let done: f64 =
        run.report().components.iter().filter(|part| part.id < 5).map(|part| part.throughput_rps).sum();
    assert!((195.0..=201.0).contains(&done), "{done}");
}

#[test]
fn a_noisy_neighbour_slows_the_quiet_one() {
    let quiet = |noise: f64, together: bool| {
        let mut plan = shared([10.0, noise], &constant(10.0), &[("cores", count(2))]);
        if !together {
            plan.system.parts[2].inside = None;
        }
        mean_of(&run(&plan, 10), 1)
    };
    assert!((quiet(50.0, true) - 10.0).abs() < 0.01, "two cores are enough for both");
    assert!(quiet(500.0, true) > 50.0);
    assert!((quiet(500.0, false) - 10.0).abs() < 0.01);
}

#[test]
fn the_loss_of_a_machine_is_silent_and_takes_all_that_runs_on_it() {
    let lost =
        [fault(5 * SECOND, Verb::Kill, Target::whole(9)), fault(8 * SECOND, Verb::Restore, Target::whole(9))];
    let mut run = shared([10.0, 10.0], &constant(1.0), &[]).run(1, &lost);
    run.run_until(20 * SECOND);
    let report = run.report();
    assert_eq!(report.requests.failed[Outcome::TimedOut as usize], 60, "{:?}", report.requests);
    assert_eq!(failed(&report), 60, "both are gone, and nobody says so");
    assert_eq!(run.windows()[18].good, 20);
    run.audit().unwrap();
    // Four instances on two machines: one machine takes two of them.
    let mut plan = shared([40.0, 40.0], &constant(1.0), &[]);
    plan.system.parts[2].count = 4;
    plan.system.parts[4].count = 2;
    let mut run = plan.run(1, &[fault(5 * SECOND, Verb::Kill, Target::one(9, 1))]);
    run.run_until(10 * SECOND - 1);
    let picture = run.picture(0);
    let up = |id| picture.parts.iter().find(|part| part.id == id).unwrap().up.clone();
    assert_eq!((up(9), up(3), up(4)), (vec![false, true], vec![false, true, false, true], vec![false]));
    run.audit().unwrap();
}

#[test]
fn memory_that_does_not_fit_slows_down_or_kills() {
    // 1,000 MB; two processes of 200, and 10 MB for each of the calls that are open: room for 60.
    let memory = |how: &'static str| {
        vec![
            ("cores", count(128)),
            ("memory", word(how)),
            ("memory_mb", count(1_000)),
            ("process_mb", count(200)),
            ("call_mb", number(10.0)),
        ]
    };
    // 400 ms of work: 40/s hold 16 at a time and fit; 200/s hold 80 and do not.
    let slow = |rate: f64, how| mean_of(&run(&shared([rate, 0.0], &constant(400.0), &memory(how)), 20), 1);
    let mild = shared([40.0, 0.0], &constant(400.0), &memory("swap"));
    assert!((mean_of(&run(&mild, 20), 1) - 400.0).abs() < 0.01);
    assert!((slow(200.0, "unlimited") - 400.0).abs() < 0.01);
    let swapped = shared([200.0, 0.0], &constant(400.0), &memory("swap"));
    // What waits takes memory, too: it thrashes, and next to nothing is done in time.
    let report = run(&swapped, 20).report();
    assert!(failed(&report) > 3_000, "{:?}", report.requests);
    // The one with the calls is the largest.
    let killed = run(&shared([200.0, 10.0], &constant(400.0), &memory("kill")), 20);
    let picture = killed.picture(0);
    let up = |id| picture.parts.iter().find(|part| part.id == id).unwrap().up.clone();
    assert_eq!((up(3), up(4), up(9)), (vec![false], vec![true], vec![true]));
    assert!(killed.report().requests.failed[Outcome::Reset as usize] > 50);
}

/// Room for 60 calls, of 200 a second that each last 400 ms: full after 0.3 s, seen within 0.1 s, and up again a second
/// later.
#[test]
fn a_process_that_was_killed_for_memory_starts_again() {
    let memory = [
        ("cores", count(128)),
        ("memory", word("kill")),
        ("memory_mb", count(1_000)),
        ("process_mb", count(200)),
        ("call_mb", number(10.0)),
        ("restart_time", constant(1_000.0)),
    ];
    let run = run(&shared([200.0, 10.0], &constant(400.0), &memory), 20);
    run.audit().unwrap();
    let report = run.report();
    let server = report.components.iter().find(|part| part.id == 9).unwrap();
    let killed = server.gauges.iter().find(|gauge| gauge.name == "killed_processes").unwrap().value;
    assert!((12.0..=16.0).contains(&killed), "{killed}");
    // What came while it was down was refused, and what it held is lost.
    let failed = |why| report.requests.failed[why as usize] as f64;
    assert!(failed(Outcome::Refused) > 10.0 * 180.0 && failed(Outcome::Reset) > 10.0 * 50.0);
}

#[test]
fn only_software_is_on_a_machine() {
    let mut plan = shared([1.0, 1.0], &constant(1.0), &[]);
    plan.system.parts[0].inside = Some(9);
    let refused = plan.system.validate().unwrap_err().to_string();
    assert!(refused.starts_with("parts[0].inside: "), "{refused}");
    assert!(plan.system.parts[4].params.set(0, count(0)).is_err());
}

/// Ten requests at once, 100 ms each: two find workers, eight have theirs started, 50 ms each. A second later all ten
/// are there; twenty seconds later eight have ended. Each there takes 10 MB.
#[test]
fn workers_are_started_and_end() {
    let at: Vec<f64> = [1.0, 2.0, 30.0].into_iter().flat_map(|at| [at; 10]).collect();
    let client =
        [("arrival", word("times")), ("times_s", Value::List(at.into())), ("static_share", number(1.0))];
    let plan = |least: u32| {
        let web = [
            ("workers", count(10)),
            ("least_workers", count(least)),
            ("spawn_ms", number(50.0)),
            ("worker_mb", number(10.0)),
            ("static_time", constant(100.0)),
        ];
        let server = [
            ("cores", count(100)),
            ("memory", word("swap")),
            ("process_mb", count(0)),
            ("call_mb", number(0.0)),
        ];
        Plan::default()
            .part(1, "client", &client)
            .part(2, "web", &web)
            .inside(9)
            .part(9, "server", &server)
            .edge(11, 1, 2, Mode::Sync, 0.0, 1_000.0)
    };
    let gauge = |run: &Simulation, part: u32, name: &str| {
        let report = run.report();
        let part = report.components.iter().find(|row| row.id == part).unwrap();
        part.gauges.iter().find(|gauge| gauge.name == name).unwrap().value
    };
    let mut run = plan(2).run(1, &[]);
    let expected = [(1, 2.0, 0.0, 20.0), (2, 10.0, 8.0, 100.0), (10, 10.0, 8.0, 100.0)];
    let later = [(29, 2.0, 8.0, 20.0), (31, 10.0, 16.0, 100.0), (60, 2.0, 16.0, 20.0)];
    for (second, there, spawned, memory) in expected.into_iter().chain(later) {
        run.run_until(second * SECOND - 50_000_000);
        run.audit().unwrap();
        assert_eq!(gauge(&run, 2, "workers_there"), there, "{second}");
        assert_eq!(gauge(&run, 2, "spawned_workers"), spawned, "{second}");
        assert_eq!(gauge(&run, 9, "memory_mb"), memory, "{second}");
    }
    // 14 of 100 ms, 16 of 150.
    let mean = run.report().latency.mean.unwrap();
    assert!((mean - 3_800.0 / 30.0).abs() < 1e-3, "{mean}");
    let mut run = plan(10).run(1, &[]);
    run.run_until(60 * SECOND);
    assert_eq!(gauge(&run, 2, "spawned_workers"), 0.0);
    assert!((run.report().latency.mean.unwrap() - 100.0).abs() < 1e-3);
    assert_eq!(gauge(&run, 9, "memory_mb"), 100.0);
}

/// A worker idles from the end of its request: one that worked from 1 s to 11 s is there at 14 s, and would not be had
/// its ten seconds begun with the request; one that was given back at 24 s is gone at 40 s.
#[test]
fn a_worker_idles_from_when_it_is_given_back() {
    let client = [
        ("arrival", word("times")),
        ("times_s", Value::List([1.0, 14.0, 40.0].to_vec().into())),
        ("static_share", number(1.0)),
    ];
    let web = [
        ("least_workers", count(0)),
        ("spawn_ms", number(500.0)),
        ("worker_idle_s", number(10.0)),
        ("static_time", constant(10_000.0)),
    ];
    let plan =
        Plan::default().part(1, "client", &client).part(2, "web", &web).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    let mut run = plan.run(1, &[]);
    let report = |run: &mut Simulation, second: u64| {
        run.run_until(second * SECOND);
        run.audit().unwrap();
        let report = run.report();
        let of =
            |name: &str| report.components[1].gauges.iter().find(|gauge| gauge.name == name).unwrap().value;
        (of("workers_there"), of("spawned_workers"), report.latency.max)
    };
    assert_eq!(report(&mut run, 13), (1.0, 1.0, Some(10_500.0)));
    assert_eq!(report(&mut run, 33), (1.0, 1.0, Some(10_500.0)));
    assert_eq!(report(&mut run, 35), (0.0, 1.0, Some(10_500.0)));
    assert_eq!(report(&mut run, 60), (1.0, 2.0, Some(10_500.0)));
    assert_eq!(report(&mut run, 61).0, 0.0);
}

/// A hundred visitors who think for 10 s keep their connections for 15: each takes its half megabyte, whoever waits by
/// workers or by events. Who thinks for an exponential time of 10 s and keeps it for 5 has it for 1 - 1/sqrt(e) of the time.
/// Pools of callers keep theirs too, and a dead process none.
#[test]
fn idle_connections_take_memory() {
    let memory = |run: &Simulation| {
        let report = run.report();
        let server = report.components.iter().find(|row| row.id == 9).unwrap();
        server.gauges.iter().find(|gauge| gauge.name == "memory_mb").unwrap().value
    };
    let server =
        [("cores", count(100)), ("memory", word("swap")), ("process_mb", count(0)), ("call_mb", number(0.0))];
    let visitors = |model: &'static str, think: Value, keepalive_s: f64, megabytes: f64| {
        let client = [
            ("arrival", word("closed")),
            ("users", count(100)),
            ("think_time", think),
            ("static_share", number(1.0)),
        ];
        let web = [
            ("keepalive_s", number(keepalive_s)),
            ("model", word(model)),
            ("connection_mb", number(megabytes)),
            ("static_time", constant(1.0)),
        ];
        Plan::default()
            .part(1, "client", &client)
            .part(2, "web", &web)
            .inside(9)
            .part(9, "server", &server)
            .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
    };
    let even = || constant(10_000.0);
    for model in ["worker", "event"] {
        let all = [
            (even(), 15.0, 0.5, 50.0, 0.5),
            (exp(10_000.0), 5.0, 0.5, 19.7, 9.0),
            (even(), 15.0, 0.0, 0.0, 0.0),
        ];
        for (think, keepalive_s, megabytes, expected, off) in all {
            let mut run = visitors(model, think, keepalive_s, megabytes).run(1, &[]);
            run.run_until(60 * SECOND);
            run.audit().unwrap();
            assert!((memory(&run) - expected).abs() <= off, "{model}, {keepalive_s} s: {}", memory(&run));
        }
    }
    let kill = common::fault(60 * SECOND, Verb::Kill, Target::whole(2));
    let mut run = visitors("event", even(), 15.0, 0.5).run(1, &[kill]);
    run.run_until(61 * SECOND);
    run.audit().unwrap();
    assert_eq!(memory(&run), 0.0);
    // Twenty calls at one moment leave twenty connections.
    let mut plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(0.0)), ("start_with", count(20))])
        .part(2, "app", &[("service_time", constant(0.0)), ("threads", count(100))])
        .part(3, "db", &[("connection_mb", number(10.0)), ("workers", count(100))])
        .inside(9)
        .part(9, "server", &server)
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 0.5, 0.0);
    plan.system.edges[1].policy.connect_ms.0 = 1.0;
    for (idle_s, expected) in [(0.0, 200.0), (30.0, 200.0), (5.0, 0.0)] {
        plan.system.edges[1].policy.pool_idle_s.0 = idle_s;
        let mut run = plan.run(1, &[]);
        run.run_until(20 * SECOND);
        run.audit().unwrap();
        assert_eq!(memory(&run), expected, "{idle_s}");
    }
}
