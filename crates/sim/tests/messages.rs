//! Message queues and workers: what is lost, what is done twice, and how a backlog comes and goes.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::Simulation;
use brownout_sim::observe::{ComponentReport, Outcome};
use brownout_sim::param::Value;
use brownout_sim::system::{Action, Change, Intervention, Mode, Target, Verb};
use common::{MS, Plan, SECOND, constant, count, exp, failed, fault, number, set, word};

const CLIENT: u32 = 1;
const QUEUE: u32 = 2;
const WORKER: u32 = 3;

/// Publishers 1, queue 2, workers 3: nothing takes time but the work itself.
fn pipeline(rate: f64, workers: u32, job: Value) -> Plan {
    let worker = [("job_time", job), ("ack_time", constant(0.0))];
    Plan::default()
        .part(CLIENT, "client", &[("rate_rps", number(rate))])
        .part(QUEUE, "queue", &[("enqueue_time", constant(0.0)), ("prefetch", count(1))])
        .part(WORKER, "worker", &worker)
        .count(workers)
        .edge(11, CLIENT, QUEUE, Mode::Sync, 0.0, 0.0)
        .edge(12, QUEUE, WORKER, Mode::Sync, 0.0, 0.0)
}

fn with(mut plan: Plan, part: u32, name: &str, value: Value) -> Plan {
    let part = plan.system.parts.iter_mut().find(|known| known.id == part).unwrap();
    set(&mut part.params, name, value);
    plan
}

fn flag(on: bool) -> Value {
    Value::Flag(on)
}

fn component(run: &Simulation, id: u32) -> ComponentReport {
    run.report().components.into_iter().find(|part| part.id == id).unwrap()
}

fn gauge(run: &Simulation, id: u32, name: &str) -> f64 {
    component(run, id).gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

/// Accepted, acknowledged, waiting, with consumers, lost, dead letters.
fn ledger(run: &Simulation) -> [f64; 6] {
    run.audit().unwrap();
    let names = ["accepted", "acknowledged", "backlog", "out", "lost", "dead_letters"];
    let all = names.map(|name| gauge(run, QUEUE, name));
    assert!((all[0] - all[1..].iter().sum::<f64>()).abs() < 0.5, "{all:?}");
    all
}

/// Workers behind a queue are servers behind one line: M/M/4 by Erlang's C formula.
#[test]
fn workers_share_one_line() {
    let mut run = pipeline(320.0, 4, exp(10.0)).run(1, &[]);
    run.run_until(3_000 * SECOND);
    // Offered load 3.2 on 4 servers: C = 0.5964, Wq = C / (400 - 320). The standard deviation of the mean wait
    // over 960,000 messages is 0.11 ms.
    let wait = gauge(&run, QUEUE, "wait_mean_ms");
    assert!((wait - 7.4554).abs() < 0.45, "{wait}");
    let done = gauge(&run, QUEUE, "done_mean_ms");
    assert!((done - wait - 10.0).abs() < 0.1, "{done}");
    assert!((component(&run, WORKER).utilisation.unwrap() - 0.8).abs() < 0.01);
}

/// The publisher neither waits for the work nor notices that nobody works; the backlog grows by what comes, and
/// goes at the rate that is left over.
#[test]
fn a_backlog_grows_while_nobody_works_and_drains_at_the_rate_left_over() {
    let plan = [
        fault(100 * SECOND, Verb::Kill, Target::whole(WORKER)),
        fault(160 * SECOND, Verb::Restore, Target::whole(WORKER)),
    ];
    let mut run = pipeline(50.0, 4, constant(1_000.0 / 15.0)).run(1, &plan);
    run.run_until(160 * SECOND);
    let backlog = gauge(&run, QUEUE, "backlog");
    // 60 s at 50/s: 3,000, within four standard deviations of a Poisson count.
    assert!((backlog - 3_000.0).abs() < 220.0, "{backlog}");
    assert!(gauge(&run, QUEUE, "oldest_s") > 59.0);
    // The four workers are back at this very moment.
    assert!((0.0..=4.0).contains(&(gauge(&run, QUEUE, "backlog_max") - backlog)));
    run.run_until(260 * SECOND);
    assert!((gauge(&run, QUEUE, "drain_rps") - 60.0).abs() < 2.0);
    // What is left of it after 100 s at 60 - 50 a second, and when it is gone.
    let left = gauge(&run, QUEUE, "backlog");
    assert!((backlog - left - 1_000.0).abs() < 300.0, "{backlog} {left}");
    let mut emptied = 260;
    while gauge(&run, QUEUE, "backlog") > 0.0 {
        emptied += 1;
        run.run_until(emptied * SECOND);
    }
    let expected = backlog / 10.0;
    assert!((emptied as f64 - 160.0 - expected).abs() < 0.2 * expected, "{emptied} {expected}");
    assert_eq!(failed(&run.report()), 0);
    assert_eq!(gauge(&run, WORKER, "jobs_done"), ledger(&run)[1]);
}

/// The same stop with direct calls: nobody is served.
#[test]
fn without_the_queue_the_stop_is_an_outage() {
    let plan = [fault(10 * SECOND, Verb::Kill, Target::whole(WORKER))];
    let mut direct = pipeline(50.0, 4, constant(60.0));
    direct.system.edges = Plan::default().edge(11, CLIENT, WORKER, Mode::Sync, 0.0, 0.0).system.edges;
    let mut run = direct.run(1, &plan);
    run.run_until(20 * SECOND);
    assert!(run.windows()[11..].iter().all(|window| window.good == 0 && window.failed() > 10));
}

/// What a queue answers depends on itself alone.
#[test]
fn publishing_takes_as_long_as_accepting() {
    let slow = with(pipeline(10.0, 1, constant(1_000.0)), QUEUE, "enqueue_time", constant(2.0));
    let mut run = slow.run(1, &[]);
    run.run_until(100 * SECOND);
    let latency = run.report().latency;
    assert!(latency.p99.unwrap() < 4.5 && latency.p50.unwrap() >= 1.99, "{latency:?}");
    assert!(gauge(&run, QUEUE, "backlog") > 500.0);
}

#[test]
fn a_broker_that_keeps_nothing_loses_every_message_one_by_one() {
    for durable in [false, true] {
        let plan = [
            fault(20 * SECOND, Verb::Kill, Target::whole(QUEUE)),
            fault(25 * SECOND, Verb::Restore, Target::whole(QUEUE)),
        ];
        let base = with(pipeline(50.0, 2, constant(100.0)), QUEUE, "durable", flag(durable));
        let mut run = base.run(1, &plan);
        run.run_until(20 * SECOND - 1);
        let [accepted, acknowledged, backlog, out, ..] = ledger(&run);
        assert!(backlog > 400.0 && out == 2.0, "{backlog} {out}");
        run.run_until(24 * SECOND);
        let [.., lost, _] = ledger(&run);
        assert_eq!(lost, if durable { 0.0 } else { accepted - acknowledged });
        // While it is down, publishers are refused.
        let refused = run.report().requests.failed[Outcome::Refused as usize];
        assert!(refused > 150, "{refused}");
        run.run_until(60 * SECOND);
        let [accepted_in_the_end, acknowledged_in_the_end, ..] = ledger(&run);
        assert!(accepted_in_the_end > accepted && acknowledged_in_the_end > acknowledged + 600.0);
        // Both workers were at it when the broker forgot that it had asked them: those two are done again, or
        // not, but none that were kept are missing.
        let again = gauge(&run, WORKER, "jobs_done_again");
        assert_eq!(again, if durable { 2.0 } else { 0.0 });
    }
}

/// What becomes of the job of a worker that dies in the midst of it.
fn crash_of_a_worker(params: &[(&str, Value)]) -> Simulation {
    let mut plan = with(pipeline(20.0, 2, constant(50.0)), QUEUE, "reconnect_s", number(0.2));
    for (name, value) in params {
        plan = with(plan, WORKER, name, value.clone());
    }
    let faults: Vec<Intervention> = (1..=40)
        .flat_map(|at| {
            let kill = fault(at * SECOND, Verb::Kill, Target::one(WORKER, 1));
            [kill, fault(at * SECOND + 100 * MS, Verb::Restore, Target::one(WORKER, 1))]
        })
        .collect();
    let mut run = plan.run(3, &faults);
    run.run_until(45 * SECOND);
    set(&mut plan.system.parts[0].params, "rate_rps", number(0.0));
    run.intervene(&Action::Edit(vec![Change::PutPart(plan.system.parts[0].clone())])).unwrap();
    run.run_until(120 * SECOND);
    assert_eq!(ledger(&run)[2..4], [0.0, 0.0], "everything is over");
    run
}

#[test]
fn acknowledged_after_the_work_no_job_is_lost() {
    let run = crash_of_a_worker(&[]);
    let [accepted, acknowledged, ..] = ledger(&run);
    assert_eq!(accepted, acknowledged);
    assert_eq!(gauge(&run, WORKER, "jobs_done"), accepted);
    assert!(gauge(&run, QUEUE, "redelivered") > 5.0);
    assert_eq!(gauge(&run, WORKER, "jobs_lost"), 0.0);
}

#[test]
fn acknowledged_on_receipt_jobs_die_with_their_worker() {
    let run = crash_of_a_worker(&[("acknowledge", word("on_receipt"))]);
    let [accepted, acknowledged, ..] = ledger(&run);
    assert_eq!(accepted, acknowledged, "the broker knows nothing of it");
    let (done, lost) = (gauge(&run, WORKER, "jobs_done"), gauge(&run, WORKER, "jobs_lost"));
    assert!(lost > 5.0, "{lost}");
    assert_eq!(done + lost, accepted);
}

#[test]
fn between_effect_and_acknowledgement_a_crash_makes_a_job_take_effect_twice() {
    let slow_to_say = [("job_time", constant(5.0)), ("ack_time", constant(45.0))];
    let plain = crash_of_a_worker(&slow_to_say);
    let twice = gauge(&plain, WORKER, "jobs_done_again");
    assert!(twice > 5.0, "{twice}");
    assert_eq!(gauge(&plain, WORKER, "jobs_done"), ledger(&plain)[0] + twice);
    let [job, ack] = slow_to_say;
    let careful = crash_of_a_worker(&[job, ack, ("idempotent", flag(true))]);
    assert_eq!(gauge(&careful, WORKER, "jobs_done_again"), 0.0);
    assert_eq!(gauge(&careful, WORKER, "jobs_done"), ledger(&careful)[0]);
    assert!(gauge(&careful, WORKER, "jobs_skipped") > 5.0);
}

/// A job that takes longer than its message is waited for is done by several.
#[test]
fn slow_jobs_are_handed_out_again() {
    for (redeliver, is_again) in [(0.15, true), (1.0, false)] {
        let base = pipeline(2.0, 4, constant(200.0));
        let base = with(base, QUEUE, "redeliver_s", number(redeliver));
        let mut run = with(base, QUEUE, "deliveries", count(0)).run(1, &[]);
        run.run_until(100 * SECOND);
        ledger(&run);
        let (redelivered, again) =
            (gauge(&run, QUEUE, "redelivered"), gauge(&run, WORKER, "jobs_done_again"));
        assert_eq!((redelivered > 50.0, again > 50.0), (is_again, is_again), "{redelivered} {again}");
    }
}

/// A job that always fails is tried so often, at those intervals, and then set aside.
#[test]
fn what_always_fails_becomes_a_dead_letter() {
    let mut plan = with(pipeline(5.0, 4, constant(1.0)), QUEUE, "redeliver_s", number(0.5))
        .part(4, "db", &[])
        .edge(13, WORKER, 4, Mode::Sync, 0.0, 100.0);
    plan.system.edges.sort_by_key(|edge| edge.id);
    let faults = [
        fault(10 * SECOND, Verb::Kill, Target::whole(4)),
        fault(20 * SECOND, Verb::Restore, Target::whole(4)),
    ];
    let mut run = plan.run(1, &faults);
    run.run_until(10 * SECOND);
    assert_eq!((ledger(&run)[5], gauge(&run, QUEUE, "redelivered")), (0.0, 0.0));
    run.run_until(40 * SECOND);
    let [accepted, acknowledged, .., dead] = ledger(&run);
    // Those of the first eight of the ten seconds have their five deliveries, 0.5 s apart, within them.
    assert!((30.0..60.0).contains(&dead), "{dead}");
    assert_eq!(accepted, acknowledged + dead);
    assert_eq!(failed(&run.report()), 0, "publishers know nothing of it");
    assert!(gauge(&run, QUEUE, "redelivered") > 4.0 * dead);
}

#[test]
fn a_full_queue_refuses_or_holds_publishers_up() {
    let full = |way: &'static str| {
        let plan = with(pipeline(50.0, 1, constant(100.0)), QUEUE, "capacity", count(100));
        let mut run = with(plan, QUEUE, "when_full", word(way)).run(1, &[]);
        run.run_until(60 * SECOND);
        ledger(&run);
        run
    };
    let refusing = full("refuse");
    let report = refusing.report();
    // 10/s are done; all others are refused once the hundred places are taken.
    let overloaded = report.requests.failed[Outcome::Overloaded as usize] as f64;
    assert!((overloaded - (40.0 * 60.0 - 100.0)).abs() < 250.0, "{overloaded}");
    assert_eq!(gauge(&refusing, QUEUE, "full_refused"), overloaded);
    let held: f64 = ["backlog", "out"].map(|name| gauge(&refusing, QUEUE, name)).iter().sum();
    assert!((99.0..=100.0).contains(&held), "{held}");
    let blocking = full("block");
    // Publishers go on at the pace of the consumers.
    let report = blocking.report();
    assert_eq!(gauge(&blocking, QUEUE, "blocked"), 1_000.0);
    let published = report.requests.succeeded as f64;
    assert!((published - 700.0).abs() < 5.0, "{published}");
    assert!(report.latency.max.unwrap() > 10_000.0, "{:?}", report.latency);
}

#[test]
fn a_topic_gives_every_part_a_copy_and_its_instances_one_between_them() {
    let two = |delivery: &'static str| {
        let plan = with(pipeline(20.0, 2, constant(10.0)), QUEUE, "delivery", word(delivery))
            .part(4, "worker", &[("job_time", constant(10.0)), ("ack_time", constant(0.0))])
            .count(3)
            .edge(13, QUEUE, 4, Mode::Sync, 0.0, 0.0);
        let mut run = plan.run(1, &[]);
        run.run_until(50 * SECOND);
        let published = run.report().requests.succeeded as f64;
        (published, ledger(&run)[1], gauge(&run, WORKER, "jobs_done"), gauge(&run, 4, "jobs_done"))
    };
    let (published, acknowledged, one, other) = two("shared");
    assert!(acknowledged == one + other && (published - acknowledged).abs() < 5.0);
    assert!(one > 300.0 && other > 500.0, "{one} {other}");
    let (published, acknowledged, one, other) = two("each");
    assert_eq!(acknowledged, one + other);
    assert!((published - one).abs() < 5.0 && (published - other).abs() < 5.0, "{published} {one} {other}");
}

/// With one message at a time a consumer idles while acknowledgement and message travel.
#[test]
fn prefetch_hides_the_round_trip() {
    let rate = |prefetch: u32| {
        let mut plan = with(pipeline(200.0, 1, constant(10.0)), QUEUE, "prefetch", count(prefetch));
        plan.system.edges[1].net.latency_ms.0 = 5.0;
        let mut run = plan.run(1, &[]);
        run.run_until(100 * SECOND);
        gauge(&run, WORKER, "jobs_done") / 100.0
    };
    let (one, two) = (rate(1), rate(2));
    assert!((one - 50.0).abs() < 1.0 && (two - 100.0).abs() < 1.0, "{one} {two}");
}

/// A cut connection is silence: messages come back when their time is over, and the consumer when it is there.
#[test]
fn behind_a_cut_messages_come_back_and_consumers_return() {
    let faults = [
        fault(10 * SECOND, Verb::Cut, Target::whole(12)),
        fault(20 * SECOND, Verb::Restore, Target::whole(12)),
    ];
    let mut plan = with(pipeline(20.0, 2, constant(20.0)), QUEUE, "redeliver_s", number(3.0));
    plan.system.edges[1].net.latency_ms.0 = 1.0;
    let mut run = plan.run(1, &faults);
    run.run_until(12 * SECOND);
    assert_eq!(ledger(&run)[3], 2.0);
    run.run_until(19 * SECOND);
    assert_eq!(ledger(&run)[3], 0.0, "both are known to be away");
    run.run_until(60 * SECOND);
    let [accepted, acknowledged, backlog, out, lost, dead] = ledger(&run);
    assert!(backlog + out < 10.0 && lost + dead == 0.0 && acknowledged > accepted - 10.0);
}

/// Without consumers a queue keeps what it gets; whoever is connected later gets it, in order.
#[test]
fn a_queue_waits_for_its_first_consumer() {
    let whole = pipeline(10.0, 1, constant(1.0));
    let mut alone = whole.clone();
    let wire = alone.system.edges.pop().unwrap();
    let mut run = alone.run(1, &[]);
    run.run_until(20 * SECOND);
    assert!(ledger(&run)[2] > 150.0);
    run.intervene(&Action::Edit(vec![Change::PutEdge(wire)])).unwrap();
    run.run_until(30 * SECOND);
    let [accepted, acknowledged, ..] = ledger(&run);
    assert!(accepted - acknowledged < 2.0);
    run.intervene(&Action::Edit(vec![Change::RemoveEdge(12)])).unwrap();
    run.run_until(40 * SECOND);
    assert!(ledger(&run)[2] > 60.0);
}

#[test]
fn what_is_paused_or_slow_holds_up_only_its_own_work() {
    let faults = [
        fault(10 * SECOND, Verb::Pause, Target::one(WORKER, 1)),
        Intervention { at: 30 * SECOND, action: Action::fault(Verb::Slow, Target::one(WORKER, 2), 10.0) },
    ];
    let mut run = pipeline(20.0, 2, constant(25.0)).run(1, &faults);
    run.run_until(29 * SECOND);
    // One worker does all that comes: half of its time.
    assert!(ledger(&run)[2] < 20.0);
    run.run_until(60 * SECOND);
    // Then it does four a second of twenty.
    assert!((ledger(&run)[2] - 16.0 * 30.0).abs() < 120.0, "{:?}", ledger(&run));
    let faults = [
        fault(10 * SECOND, Verb::Pause, Target::whole(QUEUE)),
        fault(20 * SECOND, Verb::Restore, Target::whole(QUEUE)),
    ];
    let mut run = pipeline(20.0, 2, constant(25.0)).run(1, &faults);
    run.run_until(19 * SECOND);
    let before = ledger(&run);
    assert!(before[1] < 10.5 * 25.0, "nothing is acknowledged meanwhile: {before:?}");
    run.run_until(40 * SECOND);
    let after = ledger(&run);
    assert!(after[0] - after[1] < 10.0 && after[1] > 700.0, "{after:?}");
}

/// Jobs that a second of messages allows, and how many messages each took.
fn coordinated(how: &'static str, members: u32) -> (f64, f64, f64) {
    let plan = with(pipeline(1_000.0, members, constant(1.0)), WORKER, "coordination", word(how));
    let plan = with(plan, QUEUE, "prefetch", count(20));
    let mut run = with(plan, WORKER, "message_time", constant(10.0)).run(1, &[]);
    run.run_until(60 * SECOND);
    run.audit().unwrap();
    let (done, messages) = (gauge(&run, WORKER, "jobs_done"), gauge(&run, WORKER, "messages"));
    (done / 60.0, messages / done, gauge(&run, WORKER, "busiest_desk"))
}

/// A master works on one message for each job, whoever does it; among peers each pair has one, and each of the two
/// half of the work.
#[test]
fn a_master_is_a_bottleneck_and_peers_are_each_others() {
    for members in [2, 5, 10] {
        let (rate, messages, busy) = coordinated("master", members);
        assert!((rate - 100.0).abs() < 2.0 && (messages - 1.0).abs() < 0.1, "{members}: {rate} {messages}");
        assert!((busy - 1.0).abs() < 0.1, "{busy}");
        let (rate, messages, _) = coordinated("peers", members);
        let n = f64::from(members);
        let expected = 100.0 / ((n - 1.0) / 2.0);
        assert!((rate - expected.min(1_000.0)).abs() < 0.03 * expected, "{members}: {rate} {expected}");
        assert!((messages / (n * (n - 1.0) / 2.0) - 1.0).abs() < 0.25, "{members}: {messages}");
        let (rate, messages, busy) = coordinated("none", members);
        assert!((rate - 1_000.0).abs() < 20.0 && messages == 0.0 && busy == 0.0, "{members}: {rate}");
    }
}

/// Nobody begins a job from the death of the master until another takes over; then everything goes on.
#[test]
fn without_a_master_nothing_begins_until_another_takes_over() {
    let done_by_second = |how: &'static str, takeover_s: f64| {
        let plan = with(pipeline(50.0, 4, constant(20.0)), WORKER, "coordination", word(how));
        let plan = with(plan, WORKER, "takeover_s", number(takeover_s));
        let mut run = plan.run(1, &[fault(10 * SECOND, Verb::Kill, Target::one(WORKER, 1))]);
        let mut done = Vec::new();
        for second in 1..=40 {
            run.run_until(second * SECOND);
            done.push(gauge(&run, WORKER, "jobs_done"));
        }
        let [accepted, acknowledged, ..] = ledger(&run);
        assert!(accepted - acknowledged < 10.0, "all is made up for");
        done.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<f64>>()
    };
    let done = done_by_second("master", 5.0);
    assert!(done[..9].iter().all(|done| *done > 25.0), "{done:?}");
    // What was assigned already is done yet.
    assert!(done[10..14].iter().all(|done| *done == 0.0) && done[9] < 4.0, "{done:?}");
    assert!(done[14..16].iter().all(|done| *done > 100.0), "three workers at 50 a second: {done:?}");
    let quicker = done_by_second("master", 1.0);
    assert!(quicker[9] < 4.0 && quicker[10] > 90.0, "{quicker:?}");
    let peers = done_by_second("peers", 5.0);
    assert!(peers.iter().all(|done| *done > 25.0), "{peers:?}");
}

/// Whoever has waited longest gets the next message, whatever is edited elsewhere.
#[test]
fn an_edit_elsewhere_shifts_no_message() {
    let figures = |edits: bool| {
        let slow =
            Intervention { at: SECOND, action: Action::fault(Verb::Slow, Target::one(WORKER, 1), 3.0) };
        let plan = pipeline(40.0, 3, exp(20.0));
        let mut run = plan.run(1, &[slow]);
        for second in 2..30 {
            run.run_until(second * SECOND);
            if edits {
                let params = plan.system.parts[2].params.clone();
                let part = brownout_sim::system::Part { id: 90, params, count: 1, inside: None };
                let change = if second % 2 == 0 { Change::PutPart(part) } else { Change::RemovePart(90) };
                run.intervene(&Action::Edit(vec![change])).unwrap();
            }
        }
        run.run_until(60 * SECOND);
        ["wait_mean_ms", "done_mean_ms", "acknowledged"].map(|name| gauge(&run, QUEUE, name))
    };
    assert_eq!(figures(false), figures(true));
}

/// A hundred messages a second, half of them at each of two instances, and nobody to take them until 40 s. The first
/// instance dies at 20 s with a thousand messages.
fn mirrored(settings: &[(&str, Value)], faults: &[Intervention]) -> Simulation {
    let mut plan = with(pipeline(100.0, 4, constant(1.0)), QUEUE, "durable", flag(false));
    plan.system.parts[1].count = 2;
    for (name, value) in settings {
        plan = with(plan, QUEUE, name, value.clone());
    }
    let dead = fault(20 * SECOND, Verb::Kill, Target { id: QUEUE, instance: Some(1) });
    let mut all = vec![fault(0, Verb::Kill, Target::whole(WORKER)), dead];
    all.extend_from_slice(faults);
    all.push(fault(40 * SECOND, Verb::Restore, Target::whole(WORKER)));
    let mut run = plan.run(1, &all);
    for second in 1..=60 {
        run.run_until(second * SECOND);
        run.audit().unwrap();
    }
    run
}

/// Without copies a dead instance takes its messages with it; with copies the other hands them out, but for those that
/// were under way to it: 50 a second for as long as that takes.
#[test]
fn copies_survive_the_death_of_an_instance() {
    let lost = |run: &Simulation| ledger(run)[4];
    let none = lost(&mirrored(&[], &[]));
    assert!((none - 1_000.0).abs() < 130.0, "{none}");
    let sync = mirrored(&[("mirroring", word("sync"))], &[]);
    assert_eq!(ledger(&sync)[4], 0.0);
    assert_eq!(ledger(&sync)[0], ledger(&sync)[1] + ledger(&sync)[2] + ledger(&sync)[3]);
    assert!(ledger(&sync)[1] > 3_500.0, "{:?}", ledger(&sync));
    let behind = |ms: f64| mirrored(&[("mirroring", word("async")), ("mirror_ms", number(ms))], &[]);
    assert_eq!(lost(&behind(0.0)), 0.0);
    let late = lost(&behind(2_000.0));
    assert!((late - 100.0).abs() < 40.0, "{late}");
    // What is copied before the answer is answered a round trip later.
    let settings = [("mirroring", word("sync")), ("mirror_ms", number(20.0))];
    let latency = mirrored(&settings, &[]).report().latency.p95.unwrap();
    assert!((latency - 40.0).abs() < 0.5, "{latency}");
}

/// What is on a disk and was not copied yet is not handed out by whoever has the copies: 50 a second for two seconds wait
/// until the dead instance is back, and no copy is done twice.
#[test]
fn what_was_not_copied_stays_on_the_disk() {
    let late = [("mirroring", word("async")), ("mirror_ms", number(2_000.0)), ("durable", flag(true))];
    let [_, _, queued, _, lost, _] = ledger(&mirrored(&late, &[]));
    assert!(lost == 0.0 && (queued - 100.0).abs() < 40.0, "{queued} wait, {lost} are lost");
    let back = fault(50 * SECOND, Verb::Restore, Target { id: QUEUE, instance: Some(1) });
    let run = mirrored(&late, &[back]);
    let [accepted, acknowledged, queued, out, lost, _] = ledger(&run);
    assert!(lost == 0.0 && queued < 20.0, "{:?}", ledger(&run));
    assert_eq!(accepted, acknowledged + queued + out);
    // Nothing was copied but what is there at once.
    let once = [("mirroring", word("async")), ("mirror_ms", number(0.0)), ("durable", flag(true))];
    assert!(ledger(&mirrored(&once, &[]))[2] < 20.0);
}

/// Whoever has the copies dies too: then they are gone, unless they are on disk as well.
#[test]
fn copies_die_with_whoever_has_them() {
    let second = fault(22 * SECOND, Verb::Kill, Target { id: QUEUE, instance: Some(2) });
    let lost = ledger(&mirrored(&[("mirroring", word("sync"))], std::slice::from_ref(&second)))[4];
    assert!((lost - 2_100.0).abs() < 200.0, "{lost}");
    let durable = [("mirroring", word("sync")), ("durable", flag(true))];
    assert_eq!(ledger(&mirrored(&durable, &[second]))[4], 0.0);
    // One that is back before the takeover goes on with what it held.
    let back = fault(23 * SECOND, Verb::Restore, Target { id: QUEUE, instance: Some(1) });
    let run = mirrored(&[("mirroring", word("sync"))], &[back]);
    assert_eq!(ledger(&run)[4], 0.0);
    assert!(ledger(&run)[1] > 5_000.0, "{:?}", ledger(&run));
}
