//! A simulation is a value: the same however it is run, copied, watched or edited.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::component::Kind;
use brownout_sim::engine::{Leak, Options};
use brownout_sim::param::Law;
use brownout_sim::param::Rate;
use brownout_sim::system::{Action, Change, Edge, Intervention, Mode, Part, Target, Verb};
use brownout_sim::{Simulation, component::AnyParams};
use common::{MS, SECOND, exp, fault, set, three_tiers};

fn faults() -> Vec<Intervention> {
    vec![
        fault(3 * SECOND, Verb::Kill, Target::whole(3)),
        fault(6 * SECOND, Verb::Cut, Target::whole(16)),
        fault(7 * SECOND, Verb::Restore, Target::whole(16)),
        fault(8 * SECOND, Verb::Restore, Target::whole(3)),
    ]
}

#[test]
fn chunks_steps_pictures_and_copies_change_nothing() {
    let whole = {
        let mut run = three_tiers().run(1, &faults());
        run.run_until(10 * SECOND);
        run.digest()
    };
    let mut chunks = three_tiers().run(1, &faults());
    while !chunks.run_chunk(10 * SECOND, 7) {
        assert!(chunks.picture(50).dots.len() <= 100);
    }
    assert_eq!(chunks.digest(), whole);

    let mut stepped = three_tiers().run(1, &faults());
    for _ in 0..5_000 {
        assert!(stepped.step_event());
    }
    let mut copy = stepped.clone();
    stepped.run_until(10 * SECOND);
    copy.run_until(4 * SECOND);
    copy.run_until(10 * SECOND);
    assert_eq!((stepped.digest(), copy.digest()), (whole, whole));
}

#[test]
fn seed_and_every_simulated_field_enter_the_digest() {
    let digest = |run: &Simulation| run.digest();
    let base = digest(&three_tiers().run(1, &[]));
    assert_ne!(base, digest(&three_tiers().run(2, &[])));
    let mut other = three_tiers();
    set(&mut other.system.parts[4].params, "service_time", exp(20.000_001));
    assert_ne!(base, digest(&other.run(1, &[])));
    let mut other = three_tiers();
    other.system.edges[0].policy.timeout_ms.0 = 4_999.0;
    assert_ne!(base, digest(&other.run(1, &[])));
}

/// What was done by hand, replayed from a list of times, gives the same run to the last event.
#[test]
fn a_live_run_equals_its_replay() {
    let mut live = three_tiers().run(5, &faults());
    let mut log = faults();
    let mut system = three_tiers().system;
    let mut by_hand = |live: &mut Simulation, action: Action| {
        let at = live.intervene(&action).unwrap();
        log.push(Intervention { at, action });
    };
    live.run_until(2 * SECOND);
    by_hand(&mut live, Action::Do { verb: Verb::Kill, target: Target::whole(4) });
    by_hand(&mut live, Action::Do { verb: Verb::Restore, target: Target::whole(4) });
    for _ in 0..100 {
        live.step_event();
    }
    let mut busier = system.parts[0].clone();
    if let AnyParams::Client(params) = &mut busier.params {
        params.rate_rps = Rate(400.0);
    }
    by_hand(&mut live, Action::Edit(vec![Change::PutPart(busier)]));
    live.run_until(4 * SECOND + 17);
    let cache = Part { id: 20, params: Kind::Db.defaults(), count: 2, inside: None };
    let edge = Edge::calls(21, 5, 20);
    by_hand(&mut live, Action::Edit(vec![Change::PutEdge(edge), Change::PutPart(cache)]));
    live.run_until(5 * SECOND);
    let mut elsewhere = system.edges[4].clone();
    elsewhere.to = 20;
    by_hand(&mut live, Action::Edit(vec![Change::PutEdge(elsewhere)]));
    live.run_until(5 * SECOND + 300 * MS);
    by_hand(
        &mut live,
        Action::Edit(vec![Change::RemoveEdge(13), Change::RemoveEdge(15), Change::RemovePart(4)]),
    );
    live.run_until(10 * SECOND);
    live.audit().unwrap();

    let mut replay = Simulation::new(&system, Options { seed: 5, ..Options::default() }, &log).unwrap();
    replay.run_until(10 * SECOND);
    assert_eq!(live.digest(), replay.digest());
    assert_eq!(live.report(), replay.report());
    system.parts.clear();
}

#[test]
fn an_unconnected_part_shifts_nobody() {
    let mut with = three_tiers();
    with.system.parts.push(Part { id: 30, params: Kind::Web.defaults(), count: 3, inside: None });
    with.system.parts.push(Part { id: 31, params: Kind::Client.defaults(), count: 1, inside: None });
    let (mut with, mut without) = (with.run(1, &faults()), three_tiers().run(1, &faults()));
    with.run_until(10 * SECOND);
    without.run_until(10 * SECOND);
    let (with, without) = (with.report(), without.report());
    for part in &without.components {
        assert_eq!(Some(part), with.components.iter().find(|other| other.id == part.id));
    }
    assert_eq!(with.edges, without.edges);
    assert_eq!(with.workloads[0], without.workloads[0]);
}

/// Another part more or less, and another route: what a request demands of the application stays the same.
#[test]
fn common_random_numbers_survive_a_change_of_design() {
    let service = |plan: common::Plan| {
        let mut run = plan.run(3, &[]);
        run.run_until(20 * SECOND);
        let report = run.report();
        report.components.iter().find(|part| part.id == 5).unwrap().service
    };
    let mut one_web = three_tiers();
    one_web.system.parts.retain(|part| part.id != 4);
    one_web.system.edges.retain(|edge| edge.from != 4 && edge.to != 4);
    let (two, one) = (service(three_tiers()), service(one_web));
    // The same requests with the same work, but for the few that one design had finished and the other not.
    assert!((two.mean.unwrap() - one.mean.unwrap()).abs() < 0.02, "{two:?} {one:?}");
    assert_eq!(two.max, one.max);
}

#[test]
fn a_rate_of_zero_can_be_raised_again() {
    let mut run = three_tiers().run(1, &[]);
    let quiet = |rate: f64| {
        let mut client = three_tiers().system.parts[0].clone();
        set(&mut client.params, "rate_rps", common::number(rate));
        Action::Edit(vec![Change::PutPart(client)])
    };
    run.run_until(SECOND);
    run.intervene(&quiet(0.0)).unwrap();
    run.run_until(5 * SECOND);
    let issued = run.report().requests.issued;
    run.run_until(50 * SECOND);
    assert_eq!(run.report().requests.issued, issued);
    assert_eq!(run.report().requests.in_flight, 0);
    run.intervene(&quiet(100.0)).unwrap();
    run.run_until(60 * SECOND);
    assert!((850..1_150).contains(&(run.report().requests.issued - issued)));
}

/// Every kind of loss, planted into a busy run, is found; and what finds it says what is missing.
#[test]
fn whatever_leaks_is_found() {
    let leaks = [
        (Leak::Request, "client 1: issued"),
        (Leak::Call, "calls open"),
        (Leak::Worker, "workers busy"),
        (Leak::QueueEntry, "in the queue"),
        (Leak::LedgerEntry, "calls open"),
        (Leak::Message, "waits for 0 things"),
        (Leak::Alarm, "waits for 0 things"),
        (Leak::Timeout, "has no alarm"),
        (Leak::Connection, "1 held"),
        (Leak::Count, "a balancer counts"),
        (Leak::Row, "but versions changed"),
        (Leak::LooseMessage, "travels by itself"),
        (Leak::Branch, "branches, but"),
        (Leak::Key, "keys, but"),
        (Leak::IdleConnection, "idle connections, but"),
        (Leak::Queued, "messages queued and"),
        (Leak::Acknowledged, "in what counts"),
    ];
    let mut plan = three_tiers();
    set(&mut plan.system.parts[5].params, "workers", common::count(1));
    set(&mut plan.system.parts[5].params, "read_time", exp(20.0));
    plan.system.edges[4].policy.fan_out.0 = 3;
    plan.system.edges[5].policy.pool_size.0 = 2;
    plan.system.edges[0].policy.connect_ms.0 = 1.0;
    set(&mut plan.system.parts[1].params, "algorithm", common::word("least"));
    plan.system.edges[3].net.jitter = Law::Exponential { mean_ms: 100.0 };
    set(&mut plan.system.parts[4].params, "writes", common::word("compare_and_set"));
    let plan = plan.part(7, "queue", &[]).edge(17, 3, 7, Mode::Async, 0.5, 0.0);
    let replicas = [("replication", common::word("async"))];
    let plan = plan.part(8, "cache", &[]).edge(18, 5, 8, Mode::Sync, 0.5, 0.0);
    let plan = plan.part(9, "db", &replicas).count(2).edge(19, 5, 9, Mode::Async, 0.5, 0.0);
    let mut run = plan.run(1, &[]);
    run.run_until(5 * SECOND);
    run.audit().unwrap();
    for (leak, sentence) in leaks {
        let mut damaged = run.clone();
        assert!(damaged.leak(leak), "{leak:?}: nothing to damage");
        let error = damaged.audit().unwrap_err();
        assert!(error.contains(sentence), "{leak:?}: {error}");
    }
}

#[test]
fn a_loop_in_no_time_stops_with_a_sentence() {
    let plan = common::Plan::default()
        .part(1, "client", &[])
        .part(2, "app", &[("service_time", common::constant(0.0))])
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 2, Mode::Forward, 0.0, 0.0)
        .weight(0.999_999_999);
    let mut run = plan.run(1, &[]);
    run.run_until(SECOND);
    assert!(run.halted().unwrap().en().contains("time stands still"), "{:?}", run.halted());
}
