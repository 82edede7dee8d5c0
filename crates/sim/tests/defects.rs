//! What once went wrong, one test each, named after what was wrong.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::component::Kind;
use brownout_sim::engine::Options;
use brownout_sim::observe::{Outcome, Report, What};
use brownout_sim::system::{Action, Change, Edge, Intervention, Mode, Part, Target, Verb};
use brownout_sim::{Ns, Simulation};
use common::{MS, Plan, SECOND, constant, count, failed, fault, number, set, three_tiers, word};

fn one_server() -> Plan {
    Plan::default()
        .part(1, "client", &[("rate_rps", number(100.0)), ("static_share", number(0.0))])
        .part(2, "app", &[("service_time", constant(20.0))])
        .edge(11, 1, 2, Mode::Sync, 1.0, 1_000.0)
}

fn edit(changes: Vec<Change>) -> Action {
    Action::Edit(changes)
}

fn edge(report: &Report, id: u32) -> &brownout_sim::observe::EdgeReport {
    report.edges.iter().find(|edge| edge.id == id).unwrap()
}

fn component(report: &Report, id: u32) -> &brownout_sim::observe::ComponentReport {
    report.components.iter().find(|part| part.id == id).unwrap()
}

/// A run that had stopped went on to the end of the present chunk.
#[test]
fn a_stopped_run_went_on_until_its_chunk_was_over() {
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(1_000.0))])
        .part(2, "app", &[("service_time", constant(0.0))])
        .part(3, "app", &[])
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 2, Mode::Forward, 0.0, 0.0)
        .weight(0.999_999_999)
        .edge(13, 1, 3, Mode::Async, 0.0, 0.0);
    let run = |most: u32| {
        let mut run = plan.run(1, &[fault(500 * MS, Verb::Kill, Target::whole(3))]);
        while !run.run_chunk(SECOND, most) {}
        run
    };
    let (mut whole, one_by_one) = (run(100_000), run(1));
    assert!(whole.halted().is_some());
    assert_eq!((whole.now(), whole.digest()), (one_by_one.now(), one_by_one.digest()));
    // Nothing happens any more, but the design can still be mended.
    whole.intervene(&edit(vec![Change::RemoveEdge(12)])).unwrap();
    assert_eq!((whole.now(), whole.digest()), (one_by_one.now(), one_by_one.digest()));
    assert!(whole.system().edge(12).is_none());
}

/// A caller woken by the death of what it called, and killed by the same edit, was stepped after its death.
#[test]
fn an_edit_that_took_away_callee_and_caller_stepped_the_dead_caller() {
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(500.0))])
        .part(
            2,
            "db",
            &[("workers", count(10)), ("read_time", constant(500.0)), ("write_time", constant(500.0))],
        )
        .part(3, "app", &[("service_time", constant(0.0))])
        .edge(11, 1, 3, Mode::Sync, 0.0, 0.0)
        .edge(12, 3, 2, Mode::Sync, 0.0, 0.0);
    let mut run = plan.run(1, &[]);
    run.run_until(SECOND);
    let gone = [11, 12].map(Change::RemoveEdge).into_iter().chain([2, 3].map(Change::RemovePart));
    run.intervene(&edit(gone.collect())).unwrap();
    run.run_until(3 * SECOND);
    run.audit().unwrap();
}

/// Edges that an edit left alone led to the part that had been there before, and so to nobody.
#[test]
fn a_part_of_another_type_under_the_same_id_lost_its_edges() {
    let mut run = one_server().run(1, &[]);
    run.run_until(SECOND);
    let web = Part { id: 2, params: Kind::Web.defaults(), count: 1, inside: None };
    run.intervene(&edit(vec![Change::PutPart(web)])).unwrap();
    run.run_until(2 * SECOND);
    let before = run.report().requests.succeeded;
    run.run_until(4 * SECOND);
    assert!(run.report().requests.succeeded - before > 150, "{:?}", run.report().requests);
    run.audit().unwrap();
}

/// What one edit put and took away again ran although it was not in the design.
#[test]
fn what_an_edit_put_and_took_away_again_ran_all_the_same() {
    let mut run = one_server().run(1, &[]);
    let ghost = Part { id: 7, params: Kind::Client.defaults(), count: 1, inside: None };
    let changes = vec![
        Change::PutPart(ghost),
        Change::PutEdge(Edge::calls(12, 1, 2)),
        Change::RemoveEdge(12),
        Change::RemovePart(7),
    ];
    run.intervene(&edit(changes)).unwrap();
    run.audit().unwrap();
    run.run_until(SECOND);
    assert_eq!(run.report().workloads.len(), 1);
}

/// After a part was scaled down, callers went on calling the instances that were gone.
#[test]
fn instances_that_had_left_the_design_were_called_for_ever() {
    let mut plan = one_server();
    plan.system.parts[1].count = 4;
    let mut run = plan.run(1, &[]);
    run.run_until(SECOND);
    let mut fewer = plan.system.parts[1].clone();
    fewer.count = 1;
    run.intervene(&edit(vec![Change::PutPart(fewer)])).unwrap();
    run.run_until(2 * SECOND);
    let before = failed(&run.report());
    run.run_until(5 * SECOND);
    assert_eq!(failed(&run.report()), before);
}

/// Workers of instances that are gone counted as idle capacity.
#[test]
fn instances_that_had_left_the_design_diluted_utilisation() {
    let mut plan = one_server();
    set(&mut plan.system.parts[1].params, "threads", count(1));
    set(&mut plan.system.parts[1].params, "service_time", constant(5.0));
    plan.system.parts[1].count = 4;
    let options = Options { seed: 1, warmup: 2 * SECOND, ..Options::default() };
    let mut run = Simulation::new(&plan.system, options, &[]).unwrap();
    run.run_until(SECOND);
    let mut fewer = plan.system.parts[1].clone();
    fewer.count = 1;
    run.intervene(&edit(vec![Change::PutPart(fewer)])).unwrap();
    run.run_until(30 * SECOND);
    // 100/s at 5 ms on one thread.
    let busy = component(&run.report(), 2).utilisation.unwrap();
    assert!((0.45..0.55).contains(&busy), "{busy}");
}

/// A balancer whose calls await no answer chose a healthy target and then called whoever was next.
#[test]
fn a_balancer_sent_calls_without_answer_to_the_dead() {
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(100.0))])
        .part(2, "lb", &[("check_s", number(0.1)), ("check_timeout_s", number(0.1)), ("fall", count(1))])
        .part(3, "web", &[])
        .count(3)
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Async, 0.0, 0.0);
    let mut run = plan.run(1, &[fault(0, Verb::Kill, Target::one(3, 2))]);
    run.run_until(2 * SECOND);
    let refused = |run: &Simulation| edge(&run.report(), 12).failed[Outcome::Refused as usize];
    let before = refused(&run);
    run.run_until(6 * SECOND);
    // Only the checks of the dead one are refused: ten a second.
    assert!(refused(&run) - before <= 41, "{}", refused(&run) - before);
}

/// A check that was under way when checking was switched off took its target out for ever.
#[test]
fn a_check_answered_after_checking_was_switched_off_took_its_target_out() {
    let lb = [("check_s", number(1.0)), ("check_timeout_s", number(0.5)), ("fall", count(1))];
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(100.0))])
        .part(2, "lb", &lb)
        .part(3, "web", &[])
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Forward, 1.0, 0.0);
    let mut plan_without = plan.clone();
    set(&mut plan_without.system.parts[1].params, "check", word("none"));
    let off = Change::PutPart(plan_without.system.parts[1].clone());
    // Somewhere in this second a check is on its way to a target behind a cut edge.
    for at in 0..10 {
        let at: Ns = SECOND + at * 100 * MS;
        let mut run = plan.run(1, &[fault(SECOND, Verb::Cut, Target::whole(12))]);
        run.run_until(at);
        let taken_out = run.happenings().iter().any(|line| matches!(line.what, What::TakenOut { .. }));
        run.intervene(&edit(vec![off.clone()])).unwrap();
        run.run_until(at + SECOND);
        let still = run.happenings().iter().any(|line| matches!(line.what, What::TakenOut { .. }));
        assert_eq!(still, taken_out, "switched off at {at}");
        let gauges = component(&run.report(), 2).gauges.clone();
        assert_eq!(gauges.iter().find(|gauge| gauge.name == "healthy_targets").unwrap().value, 1.0);
    }
}

/// A part whose every visit looks up a name that leads back to itself never ends.
#[test]
fn a_circle_through_a_name_server_was_accepted() {
    let plan = Plan::default()
        .part(1, "client", &[])
        .part(2, "app", &[])
        .part(3, "dns", &[])
        .edge(11, 1, 2, Mode::Sync, 1.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 1.0, 0.0)
        .edge(13, 3, 2, Mode::Sync, 1.0, 0.0);
    let error = plan.system.validate().unwrap_err().to_string();
    assert!(error.contains("without an exit"), "{error}");
}

/// Edges with a weight are drawn from together at the place of the first: later ones are not "never called".
#[test]
fn a_weighted_edge_drawn_before_a_hand_over_was_refused() {
    let plan = Plan::default()
        .part(1, "client", &[])
        .part(2, "app", &[])
        .part(3, "db", &[])
        .part(4, "db", &[])
        .edge(11, 1, 2, Mode::Sync, 1.0, 0.0)
        .edge(12, 2, 3, Mode::Sync, 1.0, 0.0)
        .weight(0.5)
        .edge(13, 2, 4, Mode::Forward, 1.0, 0.0)
        .edge(14, 2, 4, Mode::Sync, 1.0, 0.0)
        .weight(0.2);
    plan.system.validate().unwrap();
    let mut run = plan.run(1, &[]);
    run.run_until(20 * SECOND);
    assert!(edge(&run.report(), 14).ok > 100);
}

/// A name server's answer after its caller had given up counted as a finished request.
#[test]
fn late_look_ups_counted_as_throughput() {
    let plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(100.0))])
        .part(2, "dns", &[("answer_time", constant(50.0))])
        .part(3, "web", &[])
        .edge(11, 1, 2, Mode::Sync, 1.0, 10.0)
        .edge(12, 2, 3, Mode::Sync, 1.0, 0.0);
    let mut run = plan.run(1, &[]);
    run.run_until(10 * SECOND);
    let report = run.report();
    assert!(edge(&report, 11).late > 5, "{:?}", edge(&report, 11));
    assert_eq!(report.throughput_rps, 0.0);
}

/// Nobody answered, and yet the refusal that came too late counted as a finished request.
#[test]
fn late_refusals_counted_as_throughput() {
    let mut plan = one_server();
    plan.system.edges[0].net.latency_ms.0 = 30.0;
    plan.system.edges[0].policy.timeout_ms.0 = 40.0;
    let mut run = plan.run(1, &[fault(0, Verb::Kill, Target::whole(2))]);
    run.run_until(10 * SECOND);
    let report = run.report();
    assert!(edge(&report, 11).late > 900);
    assert_eq!(report.throughput_rps, 0.0);
}

/// Latencies of edges were measured from the start of the run, not from the end of the warm-up.
#[test]
fn edges_measured_their_warm_up() {
    let plan = three_tiers();
    let options = Options { seed: 1, warmup: 5 * SECOND, ..Options::default() };
    let mut run = Simulation::new(&plan.system, options, &[]).unwrap();
    run.run_until(5 * SECOND);
    assert_eq!(edge(&run.report(), 11).latency.count, 0);
    assert!(edge(&run.report(), 11).ok > 800);
}

/// The damage of a later fault was told of an earlier one that had done none.
#[test]
fn a_fault_without_effect_was_blamed_for_the_next_one() {
    let plan = [
        fault(5 * SECOND, Verb::Kill, Target::whole(6)),
        fault(6 * SECOND, Verb::Restore, Target::whole(6)),
        fault(20 * SECOND, Verb::Kill, Target::whole(2)),
        fault(25 * SECOND, Verb::Restore, Target::whole(2)),
    ];
    let mut tiers = three_tiers();
    // Everything is static: the database is not needed.
    set(&mut tiers.system.parts[0].params, "static_share", number(1.0));
    let mut run = tiers.run(1, &plan);
    run.run_until(40 * SECOND);
    let outages = run.report().outages;
    assert_eq!((outages[0].recovered, outages[0].failed_requests), (Some(5 * SECOND), 0), "{outages:#?}");
    assert!(outages[1].failed_requests > 500 && outages[1].recovered.is_some(), "{outages:#?}");
}

/// A window in which nobody asked for anything was told as an outage.
#[test]
fn a_quiet_second_was_an_outage() {
    let mut plan = one_server();
    set(&mut plan.system.parts[0].params, "rate_rps", number(0.2));
    plan.system.parts.push(Part { id: 3, params: Kind::Web.defaults(), count: 1, inside: None });
    let mut run = plan.run(1, &[fault(10 * SECOND, Verb::Kill, Target::whole(3))]);
    run.run_until(100 * SECOND);
    assert_eq!(run.report().outages[0].recovered, Some(10 * SECOND));
}

/// A balancer notices that its edge is cut; the report said that nobody did.
#[test]
fn a_cut_edge_was_never_detected() {
    let mut run = three_tiers().run(1, &[fault(5 * SECOND, Verb::Cut, Target::whole(12))]);
    run.run_until(20 * SECOND);
    let detected = run.report().outages[0].detected.unwrap();
    assert!((7 * SECOND..9 * SECOND).contains(&detected), "{detected}");
}

/// A part or an edge that came back under its id stood twice in the report.
#[test]
fn an_id_stood_twice_in_the_report() {
    let plan = one_server();
    let mut run = plan.run(1, &[]);
    run.run_until(SECOND);
    let [client, app] = [&plan.system.parts[0], &plan.system.parts[1]].map(Clone::clone);
    let again =
        vec![Change::RemovePart(1), Change::RemovePart(2), Change::PutPart(client), Change::PutPart(app)];
    run.intervene(&edit(again)).unwrap();
    run.run_until(2 * SECOND);
    let report = run.report();
    assert_eq!((report.edges.len(), report.workloads.len(), report.components.len()), (1, 1, 2));
    assert_eq!(report.edges[0].issued, report.requests.issued);
    assert!(report.requests.issued > 150 && report.requests.failed[Outcome::Reset as usize] > 0);
}

/// Health checks have no request's name, and were all drawn however few dots were asked for.
#[test]
fn a_picture_held_more_dots_than_asked_for() {
    let mut plan = Plan::default().part(1, "lb", &[("check_s", number(0.01))]);
    plan = plan.part(2, "web", &[]).count(500).edge(11, 1, 2, Mode::Forward, 5.0, 0.0);
    let mut run = plan.run(1, &[]);
    run.run_until(SECOND);
    let picture = run.picture(50);
    assert!(picture.messages > 300 && picture.dots.len() <= 50, "{} dots", picture.dots.len());
    assert!(run.picture(10_000).dots.len() as u32 == picture.messages);
}

/// A long quarrel between balancers and their targets filled the log, and faults no longer stood in it.
#[test]
fn a_full_log_forgot_the_faults() {
    let mut plan = Plan::default().part(1, "client", &[("rate_rps", number(2.0))]);
    let checks = [("check_s", number(0.01)), ("check_timeout_s", number(0.01)), ("fall", count(100))];
    plan = plan.part(2, "lb", &checks).part(3, "web", &[]).count(200);
    plan = plan.edge(11, 1, 2, Mode::Sync, 1.0, 0.0).edge(12, 2, 3, Mode::Forward, 1.0, 0.0);
    let steps =
        [fault(SECOND, Verb::Kill, Target::whole(3)), fault(9 * SECOND, Verb::Cut, Target::whole(11))];
    let mut run = plan.run(1, &steps);
    run.run_until(10 * SECOND);
    assert_eq!(run.happenings().len(), 10_001);
    assert_eq!(run.report().outages.len(), 2);
}

/// A planned edit met a design that was edited by hand, and the run went on with one that is not valid.
#[test]
fn a_planned_edit_that_no_longer_fits_is_left_out() {
    let plan = one_server();
    let more = Part { id: 3, params: Kind::Db.defaults(), count: 1, inside: None };
    let changes = vec![Change::PutPart(more), Change::PutEdge(Edge::calls(12, 2, 3))];
    let planned = Intervention { at: 2 * SECOND, action: edit(changes) };
    let mut run = plan.run(1, &[planned]);
    run.run_until(SECOND);
    run.intervene(&edit(vec![Change::RemoveEdge(11), Change::RemovePart(2)])).unwrap();
    run.run_until(3 * SECOND);
    run.system().validate().unwrap();
    run.audit().unwrap();
    run.intervene(&edit(vec![Change::PutPart(plan.system.parts[1].clone())])).unwrap();
}

/// Every edit of a timeout left a list of timeouts behind, for ever.
#[test]
fn edits_of_a_timeout_left_their_lists_behind() {
    let plan = one_server();
    let mut run = plan.run(1, &[]);
    for at in 1..500 {
        run.run_until(at * 20 * MS);
        let mut other = plan.system.edges[0].clone();
        other.policy.timeout_ms.0 = 100.0 + at as f64 % 7.0;
        run.intervene(&edit(vec![Change::PutEdge(other)])).unwrap();
    }
    assert!(run.places() < 40, "{}", run.places());
}
