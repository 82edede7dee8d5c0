//! What the words of the design mean, to the nanosecond: one request at a time, and who is first.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::engine::Options;
use brownout_sim::observe::{ComponentReport, EdgeReport, Outcome, Report};
use brownout_sim::param::Value;
use brownout_sim::system::{Action, Change, Id, Mode, System, Target, Verb};
use brownout_sim::{Ns, Simulation};
use common::{MS, Plan, SECOND, constant, count, fault, number, set, three_tiers, word};

fn edge(report: &Report, id: Id) -> &EdgeReport {
    report.edges.iter().find(|edge| edge.id == id).unwrap()
}

fn component(report: &Report, id: Id) -> &ComponentReport {
    report.components.iter().find(|part| part.id == id).unwrap()
}

fn failed(report: &Report, outcome: Outcome) -> u64 {
    report.requests.failed[outcome as usize]
}

fn put(system: &System, id: Id, name: &str, value: Value) -> Action {
    let mut part = system.part(id).unwrap().clone();
    set(&mut part.params, name, value);
    Action::Edit(vec![Change::PutPart(part)])
}

fn put_edge(system: &System, id: Id, latency_ms: f64, timeout_ms: f64) -> Action {
    let mut edge = system.edge(id).unwrap().clone();
    edge.net.latency_ms.0 = latency_ms;
    edge.policy.timeout_ms.0 = timeout_ms;
    Action::Edit(vec![Change::PutEdge(edge)])
}

/// Client 1 with reads only.
fn client() -> Plan {
    let reads = [("static_share", number(0.0)), ("read_share", number(1.0)), ("rate_rps", number(10.0))];
    Plan::default().part(1, "client", &reads)
}

fn app(plan: Plan, id: Id, ms: f64) -> Plan {
    plan.part(id, "app", &[("service_time", constant(ms))])
}

/// Runs until the first request is issued and makes it the only one; when that was.
fn one_request(plan: &Plan) -> (Simulation, Ns) {
    let mut run = plan.run(1, &[]);
    while run.report().requests.issued == 0 {
        run.step_event();
    }
    let issued = run.now();
    run.intervene(&put(&plan.system, 1, "rate_rps", number(0.0))).unwrap();
    (run, issued)
}

fn strike(run: &mut Simulation, verb: Verb, id: Id) {
    run.intervene(&Action::Do { verb, target: Target::whole(id) }).unwrap();
}

/// When the one request ends.
fn ends(run: &mut Simulation) -> Ns {
    while run.report().requests.in_flight > 0 {
        assert!(run.step_event(), "it never ends");
    }
    run.now()
}

#[test]
fn in_one_nanosecond_interventions_come_first() {
    let plan = app(client(), 2, 10.0).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    let (mut run, issued) = one_request(&plan);
    assert_eq!(ends(&mut run), issued + 10 * MS);
    let killed_at = |at: Ns| {
        let mut run = plan.run(1, &[fault(at, Verb::Kill, Target::whole(2))]);
        run.run_until(at);
        (failed(&run.report(), Outcome::Reset), run.report().requests.succeeded)
    };
    // At the very moment at which the answer would be ready, the crash is first.
    assert_eq!(killed_at(issued + 10 * MS), (1, 0));
    assert_eq!(killed_at(issued + 10 * MS + 1), (0, 1));
    // And a part that is dead when a request is issued at that moment refuses it.
    let mut run = plan.run(1, &[fault(issued, Verb::Kill, Target::whole(2))]);
    run.run_until(issued);
    assert_eq!(failed(&run.report(), Outcome::Refused), 1);
}

#[test]
fn in_one_nanosecond_observers_come_last() {
    let plan = app(client(), 2, 5_000.0).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    // Requests that die with their client at the end of a second still belong to that second.
    let options = Options { seed: 1, warmup: SECOND, ..Options::default() };
    let mut run =
        Simulation::new(&plan.system, options, &[fault(SECOND, Verb::Kill, Target::whole(1))]).unwrap();
    run.run_until(2 * SECOND);
    let died = failed(&run.report(), Outcome::Reset);
    assert!(died > 3);
    assert_eq!(run.windows()[0].outcomes[Outcome::Reset as usize], died);
    assert_eq!(run.windows()[1].failed(), 0);
    // Measuring began after them.
    assert_eq!(run.report().availability, None);
}

#[test]
fn interventions_of_one_moment_strike_in_their_order() {
    let plan = app(client(), 2, 10.0).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    let end = |verbs: [Verb; 2]| {
        let steps = verbs.map(|verb| fault(SECOND, verb, Target::whole(2)));
        let mut run = plan.run(1, &steps);
        run.run_until(10 * SECOND);
        failed(&run.report(), Outcome::Refused)
    };
    assert_eq!(end([Verb::Kill, Verb::Restore]), 0);
    assert!(end([Verb::Restore, Verb::Kill]) > 50);
}

#[test]
fn a_caller_that_gives_up_leaves_work_that_is_abandoned_and_then_late() {
    let plan = app(client(), 2, 300.0).edge(11, 1, 2, Mode::Sync, 10.0, 100.0);
    let (mut run, issued) = one_request(&plan);
    assert_eq!(ends(&mut run), issued + 100 * MS);
    let report = run.report();
    assert_eq!((edge(&report, 11).abandoned, edge(&report, 11).late, edge(&report, 11).open), (1, 0, 0));
    assert_eq!(run.picture(9).parts[1].busy, 1, "the work goes on");
    run.run_until(issued + 310 * MS - 1);
    assert_eq!(edge(&run.report(), 11).abandoned, 1);
    run.run_until(issued + 310 * MS);
    let report = run.report();
    assert_eq!((edge(&report, 11).abandoned, edge(&report, 11).late), (0, 1));
    assert_eq!(component(&report, 2).service.count, 1);
}

#[test]
fn a_crash_resets_open_callers_one_latency_later() {
    let plan = app(client(), 2, 300.0).edge(11, 1, 2, Mode::Sync, 10.0, 0.0);
    let (mut run, issued) = one_request(&plan);
    run.run_until(issued + 50 * MS - 1);
    strike(&mut run, Verb::Kill, 2);
    assert_eq!(ends(&mut run), issued + 60 * MS);
    assert_eq!(failed(&run.report(), Outcome::Reset), 1);
}

#[test]
fn the_dead_refuse_calls_where_they_arrive() {
    let plan = app(client(), 2, 300.0).edge(11, 1, 2, Mode::Sync, 10.0, 0.0);
    let (mut run, issued) = one_request(&plan);
    // Already on its way: refused one latency after it was sent, and told so one latency later.
    strike(&mut run, Verb::Kill, 2);
    assert_eq!(ends(&mut run), issued + 20 * MS);
    assert_eq!(failed(&run.report(), Outcome::Refused), 1);
}

#[test]
fn a_cut_edge_is_silent_and_what_was_on_it_stays_lost() {
    let plan = app(client(), 2, 30.0).edge(11, 1, 2, Mode::Sync, 10.0, 500.0);
    // The request, or the answer: whatever is on the edge.
    for (cut_at, work) in [(5, 0), (45, 1)] {
        let (mut run, issued) = one_request(&plan);
        run.run_until(issued + cut_at * MS - 1);
        strike(&mut run, Verb::Cut, 11);
        strike(&mut run, Verb::Restore, 11);
        assert_eq!(ends(&mut run), issued + 500 * MS);
        let report = run.report();
        assert_eq!((failed(&report, Outcome::TimedOut), edge(&report, 11).lost), (1, 1));
        assert_eq!(component(&report, 2).service.count, work);
    }
    // A cut while the work is done loses the answer as soon as it is sent; one healed in time loses nothing.
    let (mut run, issued) = one_request(&plan);
    run.run_until(issued + 20 * MS);
    strike(&mut run, Verb::Cut, 11);
    run.run_until(issued + 35 * MS);
    strike(&mut run, Verb::Restore, 11);
    assert_eq!(ends(&mut run), issued + 50 * MS);
    assert_eq!(run.report().requests.succeeded, 1);
}

#[test]
fn an_asynchronous_call_holds_up_nobody_and_is_done() {
    let plan = app(app(client(), 2, 10.0), 3, 400.0).edge(11, 1, 2, Mode::Sync, 1.0, 0.0).edge(
        12,
        2,
        3,
        Mode::Async,
        5.0,
        50.0,
    );
    let (mut run, issued) = one_request(&plan);
    assert_eq!(ends(&mut run), issued + 12 * MS);
    assert_eq!(edge(&run.report(), 12).open, 1);
    run.run_until(issued + SECOND);
    // No answer is awaited: no timeout either.
    assert_eq!((edge(&run.report(), 12).ok, edge(&run.report(), 12).failed.iter().sum::<u64>()), (1, 0));
}

#[test]
fn edges_are_called_in_the_order_of_their_ids_and_the_first_failure_ends_it() {
    let plan = app(app(app(client(), 2, 1.0), 3, 1.0), 4, 1.0)
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(21, 2, 4, Mode::Sync, 0.0, 20.0)
        .edge(22, 2, 3, Mode::Sync, 0.0, 20.0);
    let (mut run, issued) = one_request(&plan);
    assert_eq!(ends(&mut run), issued + 3 * MS);
    let (mut run, issued) = one_request(&plan);
    strike(&mut run, Verb::Cut, 21);
    assert_eq!(ends(&mut run), issued + 21 * MS);
    let report = run.report();
    assert_eq!((failed(&report, Outcome::Upstream), edge(&report, 22).issued), (1, 0));
}

#[test]
fn weights_up_to_one_are_probabilities_and_beyond_it_proportions() {
    let calls = |first: f64, second: f64| {
        let plan = app(app(app(client(), 2, 0.0), 3, 0.0), 4, 0.0)
            .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
            .edge(12, 2, 3, Mode::Sync, 0.0, 0.0)
            .weight(first)
            .edge(13, 2, 4, Mode::Sync, 0.0, 0.0)
            .weight(second);
        let mut plan = plan;
        set(&mut plan.system.parts[0].params, "rate_rps", number(1_000.0));
        let mut run = plan.run(1, &[]);
        run.run_until(20 * SECOND);
        let report = run.report();
        let all = report.requests.issued as f64;
        [12, 13].map(|id| edge(&report, id).issued as f64 / all)
    };
    // Of 20,000 draws; four standard deviations are at most 0.0142.
    let near = |got: [f64; 2], wanted: [f64; 2]| {
        assert!(
            got.iter().zip(wanted).all(|(got, wanted)| (got - wanted).abs() < 0.0142),
            "{got:?} {wanted:?}"
        );
    };
    near(calls(0.3, 0.5), [0.3, 0.5]);
    near(calls(0.6, 0.4), [0.6, 0.4]);
    near(calls(3.0, 1.0), [0.75, 0.25]);
    near(calls(0.9, 0.9), [0.5, 0.5]);
    near(calls(0.0, 0.2), [0.0, 0.2]);
}

#[test]
fn a_resolved_call_goes_by_the_record_and_never_by_the_name_server() {
    let plan = client()
        .part(2, "dns", &[("answer_time", constant(3.0)), ("ttl_s", number(1.0))])
        .part(3, "app", &[("service_time", constant(10.0))])
        .edge(11, 1, 2, Mode::Sync, 100.0, 5_000.0)
        .edge(12, 2, 3, Mode::Sync, 7.0, 20.0);
    // Asked (200 + 3 ms), then the record's own latency and timeout: 14 + 10 ms are too much for 20.
    let (mut run, issued) = one_request(&plan);
    assert_eq!(ends(&mut run), issued + 223 * MS);
    assert_eq!(failed(&run.report(), Outcome::TimedOut), 1);
    // The answer is kept: a second request does not ask, and does not need the name server alive.
    strike(&mut run, Verb::Kill, 2);
    let at = run.now();
    run.intervene(&put_edge(&plan.system, 12, 7.0, 0.0)).unwrap();
    run.intervene(&put(&plan.system, 1, "rate_rps", number(500.0))).unwrap();
    run.run_until(at + 500 * MS);
    let report = run.report();
    assert!(report.requests.succeeded > 10 && edge(&report, 11).issued == 1, "{:?}", report.requests);
    assert_eq!(component(&report, 2).throughput_rps * run.now() as f64 / 1e9, 1.0);
    let picture = run.picture(100);
    assert!(picture.dots.iter().any(|dot| dot.edge == 12 && dot.from == 1 && dot.to == 3), "{picture:?}");
}

#[test]
fn the_answer_to_a_handed_over_call_retraces_every_edge() {
    let cost = [("check", word("none")), ("cost_us", number(0.0))];
    let plan = app(client().part(2, "lb", &cost), 3, 5.0).edge(11, 1, 2, Mode::Sync, 10.0, 0.0).edge(
        12,
        2,
        3,
        Mode::Forward,
        20.0,
        0.0,
    );
    let (mut run, issued) = one_request(&plan);
    assert_eq!(ends(&mut run), issued + 65 * MS);
    // Between the two, the answer is on the first edge only while that is cut.
    let (mut run, issued) = one_request(&plan);
    run.run_until(issued + 56 * MS);
    strike(&mut run, Verb::Cut, 11);
    run.run_until(issued + SECOND);
    assert_eq!(edge(&run.report(), 11).open, 1, "lost for good: nobody tells the caller");
}

#[test]
fn answers_after_the_deadline_are_throughput_and_no_goodput() {
    let mut plan = app(client(), 2, 50.0).edge(11, 1, 2, Mode::Sync, 0.0, 1_000.0);
    set(&mut plan.system.parts[0].params, "deadline_ms", number(49.0));
    let report = |plan: &Plan| {
        let mut run = plan.run(1, &[]);
        run.run_until(20 * SECOND);
        run.report()
    };
    let late = report(&plan);
    assert!(late.availability == Some(1.0) && late.goodput_rps == 0.0 && late.throughput_rps > 8.0);
    set(&mut plan.system.parts[0].params, "deadline_ms", number(50.0));
    assert_eq!(report(&plan).goodput_rps, late.throughput_rps);
}

#[test]
fn measuring_begins_with_the_end_of_the_warm_up() {
    let plan = app(client(), 2, 50.0).edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    let options = Options { seed: 1, warmup: 10 * SECOND, ..Options::default() };
    let mut run = Simulation::new(&plan.system, options, &[]).unwrap();
    run.run_until(9 * SECOND);
    assert_eq!((run.report().throughput_rps, run.report().measured_from), (0.0, 9 * SECOND));
    let issued_by_then = {
        run.run_until(10 * SECOND);
        run.report().requests.issued
    };
    run.run_until(30 * SECOND);
    let report = run.report();
    assert_eq!(report.requests.issued, report.requests.succeeded + report.requests.in_flight);
    let measured = report.latency.count;
    // Those in flight at that moment end afterwards: at most a handful at 10/s and 50 ms.
    assert!(measured.abs_diff(report.requests.issued - issued_by_then) <= 5, "{measured}");
    assert_eq!((report.throughput_rps * 20.0).round() as u64, measured);
}

#[test]
fn fewer_instances_reset_what_they_were_working_on_and_more_start_empty() {
    let mut plan = app(client(), 2, 300.0).edge(11, 1, 2, Mode::Sync, 10.0, 0.0);
    plan.system.parts[1].count = 2;
    let counted = |instances: u32| {
        let mut part = plan.system.parts[1].clone();
        part.count = instances;
        Action::Edit(vec![Change::PutPart(part)])
    };
    let mut run = plan.run(1, &[]);
    run.run_until(2 * SECOND);
    let busy = run.picture(0).parts[1].busy;
    run.intervene(&counted(1)).unwrap();
    let left = run.picture(0).parts[1].busy;
    assert!(left < busy && run.picture(0).parts[1].up == [true]);
    let moved = run.now();
    run.run_until(moved + 10 * MS);
    assert_eq!(failed(&run.report(), Outcome::Reset), u64::from(busy - left));
    run.intervene(&counted(3)).unwrap();
    assert_eq!(run.picture(0).parts[1].up, [true; 3]);
    run.run_until(8 * SECOND);
    assert_eq!(component(&run.report(), 2).errors[Outcome::Reset as usize], u64::from(busy - left));
}

#[test]
fn fewer_workers_finish_their_work_and_take_none_until_enough_are_free() {
    let mut plan = client()
        .part(2, "app", &[("threads", count(8)), ("service_time", constant(1_000.0))])
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    set(&mut plan.system.parts[0].params, "rate_rps", number(100.0));
    let mut run = plan.run(1, &[]);
    run.run_until(900 * MS);
    assert_eq!(run.picture(0).parts[1].busy, 8);
    run.intervene(&put(&plan.system, 2, "threads", count(3))).unwrap();
    assert_eq!((run.picture(0).parts[1].busy, failed(&run.report(), Outcome::Reset)), (8, 0));
    run.run_until(2 * SECOND);
    assert_eq!(run.picture(0).parts[1].busy, 3);
    run.intervene(&put(&plan.system, 2, "threads", count(5))).unwrap();
    assert_eq!(run.picture(0).parts[1].busy, 5, "more begin with the queue at once");
}

#[test]
fn new_service_times_hold_for_requests_that_arrive_from_now_on() {
    let plan = client().part(2, "app", &[("threads", count(1)), ("service_time", constant(100.0))]).edge(
        11,
        1,
        2,
        Mode::Sync,
        0.0,
        0.0,
    );
    let (mut run, issued) = one_request(&plan);
    run.run_until(issued + 50 * MS);
    run.intervene(&put(&plan.system, 2, "service_time", constant(1.0))).unwrap();
    assert_eq!(ends(&mut run), issued + 100 * MS);
}

#[test]
fn a_shorter_latency_overtakes_nothing_and_a_new_timeout_holds_for_new_calls() {
    let plan = app(client(), 2, 0.0).edge(11, 1, 2, Mode::Sync, 100.0, 150.0);
    let (mut run, issued) = one_request(&plan);
    run.intervene(&put_edge(&plan.system, 11, 1.0, 10_000.0)).unwrap();
    run.intervene(&put(&plan.system, 1, "rate_rps", number(1_000.0))).unwrap();
    run.run_until(issued + 100 * MS - 1);
    assert_eq!(component(&run.report(), 2).residence.count, 0, "behind the first");
    run.run_until(issued + 101 * MS);
    let report = run.report();
    assert!(report.requests.succeeded > 50, "{:?}", report.requests);
    // The first is answered over the short way back, and within its old timeout.
    assert_eq!(report.latency.max, Some(101.0));
    // The old timeout holds for what was sent under it.
    let (mut run, issued) = one_request(&plan);
    run.intervene(&put_edge(&plan.system, 11, 100.0, 10_000.0)).unwrap();
    assert_eq!(ends(&mut run), issued + 150 * MS);
}

#[test]
fn calls_deeper_than_the_bound_are_refused_and_counted() {
    let plan = app(client(), 2, 0.0)
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 2, Mode::Sync, 1.0, 0.0)
        .weight(0.999_999);
    let (mut run, issued) = one_request(&plan);
    // 63 calls of 1 ms there, the refusal of the next, and the same way back.
    assert_eq!(ends(&mut run), issued + 126 * MS);
    assert_eq!((edge(&run.report(), 12).issued, failed(&run.report(), Outcome::Upstream)), (63, 1));
}

/// A second system beside the first, struck at the same moments, changes nothing in the first.
#[test]
fn strangers_that_die_at_the_same_moments_shift_nobody() {
    let mut steps = vec![
        fault(3 * SECOND, Verb::Kill, Target::whole(3)),
        fault(4 * SECOND, Verb::Kill, Target::whole(5)),
        fault(5 * SECOND, Verb::Restore, Target::whole(3)),
        fault(5 * SECOND, Verb::Restore, Target::whole(5)),
    ];
    let mut alone = three_tiers().run(1, &steps);
    let mut beside = three_tiers();
    for (kind, id) in [("lb", 40), ("web", 41), ("client", 42), ("dns", 43)] {
        beside = beside.part(id, kind, &[]).count(3);
    }
    beside = beside.edge(50, 42, 43, Mode::Sync, 0.5, 100.0).edge(51, 43, 40, Mode::Sync, 0.5, 100.0).edge(
        52,
        40,
        41,
        Mode::Forward,
        0.5,
        0.0,
    );
    for step in steps.clone() {
        for id in 40..44 {
            let Action::Do { verb, .. } = step.action else { continue };
            steps.push(fault(step.at, verb, Target::whole(id)));
        }
    }
    steps.sort_by_key(|step| step.at);
    let mut together = beside.run(1, &steps);
    alone.run_until(20 * SECOND);
    together.run_until(20 * SECOND);
    let (alone, together) = (alone.report(), together.report());
    for part in &alone.components {
        assert_eq!(part, component(&together, part.id));
    }
    for one in &alone.edges {
        assert_eq!(one, edge(&together, one.id));
    }
    assert_eq!(alone.workloads[0], together.workloads[0]);
    assert!(together.workloads[1].requests.issued > 1_000);
}
