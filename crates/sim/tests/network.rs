//! Messages that take different times, against what is known of them.
#![allow(clippy::unwrap_used)]

mod common;

use brownout_sim::Simulation;
use brownout_sim::observe::{EdgeReport, Mark, Outcome, Report, Way};
use brownout_sim::param::Law;
use brownout_sim::system::{Action, Change, Mode, Order, Sharing, Target, Verb};
use common::{MS, Plan, SECOND, constant, count, fault, number, word};

/// 100 requests a second to a server that takes no time, over an edge of this jitter.
fn one_edge(jitter: Law, order: Order) -> Plan {
    let mut plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(100.0)), ("static_share", number(0.0))])
        .part(2, "app", &[("service_time", constant(0.0)), ("threads", count(10_000))])
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0);
    plan.system.edges[0].net.jitter = jitter;
    plan.system.edges[0].net.order = order;
    plan
}

fn edge(report: &Report) -> &EdgeReport {
    &report.edges[0]
}

fn exponential(mean_ms: f64) -> Law {
    Law::Exponential { mean_ms }
}

/// How many requests are on their way, on average over 20,000 looks.
fn under_way(run: &mut Simulation) -> f64 {
    let mut sum = 0_usize;
    for look in 1..=20_000 {
        run.run_until(look * 100 * MS);
        let picture = run.picture(10_000);
        assert_eq!(picture.messages as usize, picture.dots.len());
        assert!(picture.dots.iter().all(|dot| (0.0..=1.0).contains(&dot.position)));
        sum += picture.dots.iter().filter(|dot| dot.way == Way::Request).count();
    }
    sum as f64 / 20_000.0
}

/// Two exponential ways are a gamma of shape 2: mean 20 ms, median 16.783 ms. Over 200,000 answers the mean
/// has a standard error of 14.14 / √200,000 = 0.032 ms, the median one of 0.5 / (f √n) = 0.036 ms.
#[test]
fn each_way_is_drawn_by_itself() {
    let mut run = one_edge(exponential(10.0), Order::Any).run(1, &[]);
    run.run_until(2_000 * SECOND);
    let latency = edge(&run.report()).latency;
    assert!((latency.mean.unwrap() - 20.0).abs() < 4.5 * 0.032, "{latency:?}");
    assert!((latency.p50.unwrap() - 16.783).abs() < 4.5 * 0.036 + 0.008 * 16.8, "{latency:?}");
}

/// By Little, 100 a second that take 10 ms each are one at a time, spread as Poisson; looks 0.1 s apart are
/// nearly independent: 1 / √20,000 = 0.007.
#[test]
fn messages_that_may_overtake_take_as_long_as_drawn() {
    let mean = under_way(&mut one_edge(exponential(10.0), Order::Any).run(1, &[]));
    assert!((mean - 1.0).abs() < 4.5 * 0.008, "{mean}");
}

/// In order, a message arrives with the slowest before it: `P(W <= x) = (1 - e^-x) exp(-r e^-x)` for Poisson
/// sending and r messages in a mean time, of mean `Ein(r) + (1 - e^-r) / r`: 1.42872 for r = 1.
#[test]
fn messages_in_order_wait_for_the_slowest_before_them() {
    let mean = under_way(&mut one_edge(exponential(10.0), Order::Sent).run(1, &[]));
    assert!((mean - 1.428_72).abs() < 4.5 * 0.011, "{mean}");
}

/// A jitter that is always the same is a longer latency, to the last request; and none is none.
#[test]
fn a_constant_jitter_is_a_latency() {
    let report = |latency: f64, jitter: f64, order: Order| {
        let mut plan = one_edge(Law::Constant { ms: jitter }, order);
        plan.system.edges[0].net.latency_ms.0 = latency;
        let mut run = plan.run(1, &[]);
        run.run_until(50 * SECOND);
        run.report()
    };
    let long = report(7.5, 0.0, Order::Any);
    for (latency, jitter) in [(5.0, 2.5), (0.0, 7.5)] {
        for order in [Order::Any, Order::Sent] {
            let other = report(latency, jitter, order);
            assert_eq!((&other.latency, &other.series), (&long.latency, &long.series));
        }
    }
}

/// A cut loses what travels by itself as well; what was sent before an edit arrives when it was to.
#[test]
fn cuts_and_edits_know_of_every_message() {
    for order in [Order::Any, Order::Sent] {
        let mut plan = one_edge(exponential(200.0), order);
        plan.system.edges[0].policy.timeout_ms.0 = 1_000.0;
        let steps = [
            fault(2 * SECOND, Verb::Cut, Target::whole(11)),
            fault(3 * SECOND, Verb::Restore, Target::whole(11)),
        ];
        let mut run = plan.run(1, &steps);
        run.run_until(2 * SECOND - 1);
        assert!(run.picture(1_000).messages > 10);
        run.run_until(2 * SECOND);
        assert_eq!(run.picture(1_000).messages, 0);
        run.run_until(6 * SECOND);
        run.audit().unwrap();
        let now = run.picture(10_000).messages;
        assert!(now > 10);
        let mut plain = plan.system.edges[0].clone();
        plain.net.jitter = Law::Constant { ms: 0.0 };
        run.intervene(&Action::Edit(vec![Change::PutEdge(plain)])).unwrap();
        assert!(run.picture(10_000).messages >= now);
        run.run_until(20 * SECOND);
        run.audit().unwrap();
        assert_eq!(run.picture(10_000).messages, 0);
        let report = run.report();
        // All that was on its way at the cut, or sent before the repair, was given up.
        assert!(edge(&report).lost > 100, "{order:?}: {:?}", edge(&report));
        assert_eq!(edge(&report).abandoned, 0);
    }
}

/// Health checks have no name, and still each takes its own time.
#[test]
fn checks_do_not_all_take_equally_long() {
    let mut plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(1.0))])
        .part(
            2,
            "lb",
            &[
                ("check_s", number(0.1)),
                ("check_timeout_s", number(0.05)),
                ("fall", count(1)),
                ("rise", count(1)),
            ],
        )
        .part(3, "web", &[("static_time", constant(0.0))])
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Forward, 0.0, 0.0);
    plan.system.edges[1].net.jitter = exponential(10.0);
    let mut run = plan.run(1, &[]);
    run.run_until(1_000 * SECOND);
    // There and back in more than 50 ms: e^-5 (1 + 5) = 4.04 %, of 10,000 checks.
    let report = run.report();
    let checks = report.edges.iter().find(|edge| edge.id == 12).unwrap();
    let late = checks.failed[brownout_sim::observe::Outcome::TimedOut as usize];
    assert!((300..520).contains(&late), "{late} of {}", checks.issued);
}

/// Each message is lost by itself: with a tenth lost each way 0.81 of the calls are answered, the others given
/// up and lost; and with three retries all but 0.19⁴ of the requests. Over 50,000 requests the first has a
/// standard error of 0.0018, the second one of 0.00016.
#[test]
fn a_share_of_all_messages_is_lost() {
    for latency in [0.0, 4.0] {
        let mut plan = one_edge(Law::Constant { ms: 0.0 }, Order::Any);
        let settings = &mut plan.system.edges[0];
        settings.net.loss.0 = 0.1;
        settings.net.latency_ms.0 = latency;
        settings.policy.timeout_ms.0 = 50.0;
        let mut run = plan.run(1, &[]);
        run.run_until(500 * SECOND);
        run.audit().unwrap();
        let report = run.report();
        let share = report.availability.unwrap();
        assert!((share - 0.81).abs() < 4.5 * 0.0018, "{share}");
        let one = edge(&report);
        assert_eq!((one.late, one.abandoned), (0, 0));
        assert_eq!(one.lost, one.failed[brownout_sim::observe::Outcome::TimedOut as usize]);
        plan.system.edges[0].policy.retries.0 = 3;
        let mut run = plan.run(1, &[]);
        run.run_until(500 * SECOND);
        let failed = 1.0 - run.report().availability.unwrap();
        assert!((failed - 0.001_303).abs() < 4.5 * 0.000_17, "{failed}");
    }
}

/// A client, a balancer that hands over, and servers behind it: bodies of these kilobytes on links of such speed.
fn bodies(rate: f64, request_kb: f64, reply_kb: f64, mbps: f64, forwarding: &'static str) -> Plan {
    let client =
        [("rate_rps", number(rate)), ("static_share", number(0.0)), ("request_kb", number(request_kb))];
    let server = [
        ("service_time", constant(0.0)),
        ("threads", count(10_000)),
        ("backlog", count(100_000)),
        ("reply_kb", number(reply_kb)),
    ];
    let mut plan = Plan::default()
        .part(1, "client", &client)
        .part(2, "lb", &[("forwarding", word(forwarding)), ("cost_us", number(0.0)), ("check", word("none"))])
        .part(3, "app", &server)
        .edge(11, 1, 2, Mode::Sync, 0.0, 0.0)
        .edge(12, 2, 3, Mode::Forward, 0.0, 0.0);
    plan.system.edges[0].net.bandwidth_mbps.0 = mbps;
    plan
}

fn report_of(plan: &Plan, seconds: u64) -> Report {
    let mut run = plan.run(1, &[]);
    run.run_until(seconds * SECOND);
    run.audit().unwrap();
    run.report()
}

/// 100 kB at 100 Mbit/s take 8 ms, one after another: Poisson arrivals at half of that wait as at M/D/1, 4 ms. Of
/// 25,000 the standard error is below 0.1 ms.
#[test]
fn bandwidth_is_shared_by_what_crosses_it() {
    let report = report_of(&bodies(62.5, 0.0, 100.0, 100.0, "nat"), 400);
    let mean = report.latency.mean.unwrap();
    assert!((mean - 12.0).abs() < 0.4, "{mean}");
    let edge = &report.edges[0];
    assert!((edge.reply_mbps - 50.0).abs() < 1.5 && edge.request_mbps == 0.0, "{edge:?}");
    // Requests have a direction of their own.
    let report = report_of(&bodies(62.5, 100.0, 0.0, 100.0, "nat"), 400);
    assert!((report.latency.mean.unwrap() - 12.0).abs() < 0.4);
    let both = report_of(&bodies(62.5, 100.0, 100.0, 100.0, "nat"), 400);
    // They come evenly enough out of the one to wait for nobody at the other.
    assert!((both.latency.mean.unwrap() - 20.0).abs() < 0.5, "{:?}", both.latency);
    // Without a limit, or without bodies, nothing waits.
    for plan in [bodies(62.5, 100.0, 100.0, 0.0, "nat"), bodies(62.5, 0.0, 0.0, 100.0, "nat")] {
        assert_eq!(report_of(&plan, 10).latency.max.unwrap(), 0.0);
    }
}

/// All at the same time, in equal shares: M/G/1 with processor sharing, S / (1 - rho), whatever the sizes are. Half of
/// 8 ms at half load make 16 ms; at 0.8, 40 ms where one after another takes 24. Over 50,000 and 32,000 answers.
#[test]
fn a_link_that_is_shared_evenly_is_processor_sharing() {
    let fair = |mut plan: Plan| {
        plan.system.edges.iter_mut().for_each(|edge| edge.net.sharing = Sharing::Fair);
        plan
    };
    for (rate, seconds, expected, tolerance) in [(62.5, 800, 16.0, 0.5), (100.0, 600, 40.0, 4.0)] {
        let report = report_of(&fair(bodies(rate, 0.0, 100.0, 100.0, "nat")), seconds);
        let mean = report.latency.mean.unwrap();
        assert!((mean - expected).abs() < tolerance, "{rate}: {mean}, not {expected}");
        let sent = report.edges[0].reply_mbps;
        assert!((sent - rate * 0.8).abs() < 0.03 * rate, "{sent}");
    }
    let in_turn = report_of(&bodies(100.0, 0.0, 100.0, 100.0, "nat"), 600).latency.mean.unwrap();
    assert!((in_turn - 24.0).abs() < 3.0, "{in_turn}");
    // Nothing that is small waits behind what is large: without bodies there is nothing to share.
    assert_eq!(report_of(&fair(bodies(62.5, 0.0, 0.0, 100.0, "nat")), 10).latency.max.unwrap(), 0.0);
}

/// As many as there are share a link, and none is lost: 5,000 answers of 1 kB that begin at one moment are over at one
/// moment, when all 5 MB are across 8 Mbit/s. One that is set to ten times as much after half of that needs a twentieth
/// of the time for the rest.
#[test]
fn a_shared_link_has_room_for_all() {
    let mut plan = bodies(0.0, 0.0, 1.0, 8.0, "nat");
    common::set(&mut plan.system.parts[0].params, "start_with", count(5_000));
    plan.system.edges.iter_mut().for_each(|edge| edge.net.sharing = Sharing::Fair);
    let report = report_of(&plan, 10);
    assert_eq!((report.requests.succeeded, report.requests.in_flight), (5_000, 0));
    assert!((report.latency.max.unwrap() - 5_000.0).abs() < 0.01, "{:?}", report.latency);
    assert!((report.latency.mean.unwrap() - 5_000.0).abs() < 0.01, "{:?}", report.latency);
    let mut run = plan.run(1, &[]);
    run.run_until(2_500 * MS);
    let mut edge = plan.system.edges[0].clone();
    edge.net.bandwidth_mbps.0 = 80.0;
    run.intervene(&Action::Edit(vec![Change::PutEdge(edge)])).unwrap();
    run.run_until(10 * SECOND);
    run.audit().unwrap();
    assert!((run.report().latency.max.unwrap() - 2_750.0).abs() < 0.01, "{:?}", run.report().latency);
}

/// Cuts, edits and overload on a link that is shared evenly; the audit counts along.
#[test]
fn a_shared_link_among_everything() {
    let mut plan = bodies(300.0, 10.0, 100.0, 100.0, "nat");
    for edge in &mut plan.system.edges {
        edge.net.sharing = Sharing::Fair;
        edge.net.latency_ms.0 = 3.0;
        edge.policy.timeout_ms.0 = 5_000.0;
        edge.policy.cancel.0 = true;
    }
    plan.system.edges[0].net.slow_start.0 = true;
    let first = plan.system.edges[0].id;
    let mut run = plan.run(
        1,
        &[
            fault(5 * SECOND, Verb::Cut, Target::whole(first)),
            fault(7 * SECOND, Verb::Restore, Target::whole(first)),
        ],
    );
    for step in 1..=60_u64 {
        run.run_until(step * 250 * MS);
        run.audit().unwrap();
        let mut edge = plan.system.edges[0].clone();
        match step % 12 {
            3 => edge.net.sharing = Sharing::InTurn,
            6 => edge.net.bandwidth_mbps.0 = 0.0,
            9 => edge.net.bandwidth_mbps.0 = 1_000.0,
            _ => continue,
        }
        run.intervene(&Action::Edit(vec![Change::PutEdge(edge)])).unwrap();
        run.audit().unwrap();
    }
    assert_eq!(run.halted(), None);
    assert!(run.report().requests.succeeded > 500, "{:?}", run.report().requests);
}

/// 1 kB in and 100 kB out over 1 Gbit/s: answers that go through the balancer are 1,250 a second at most; those that
/// go past it take nothing of its links, and a tunnel makes requests longer.
#[test]
fn answers_pass_the_balancer_or_go_past_it() {
    let of = |forwarding| report_of(&bodies(2_000.0, 1.0, 100.0, 1_000.0, forwarding), 20);
    let through = of("nat");
    assert!((through.throughput_rps - 1_250.0).abs() < 15.0, "{}", through.throughput_rps);
    assert!((through.edges[0].reply_mbps - 1_000.0).abs() < 660.0);
    let past = of("direct");
    assert!((past.throughput_rps - 2_000.0).abs() < 40.0, "{}", past.throughput_rps);
    assert_eq!(past.edges[0].reply_mbps, 0.0);
    let wrapped = of("tunnel");
    let share = wrapped.edges[0].request_mbps / past.edges[0].request_mbps;
    assert!((share - 1.0).abs() < 1e-9, "the tunnel begins behind the balancer: {share}");
    // What the balancer itself answers does not go past it.
    let mut plan = bodies(100.0, 1.0, 100.0, 1_000.0, "direct");
    plan.system.edges.truncate(1);
    assert!(report_of(&plan, 10).requests.failed.iter().sum::<u64>() > 900);
}

/// Two parts on one machine send by one interface: 2 × 50 answers a second of 100 kB are 80 Mbit/s of its 100, and
/// wait for each other; on two machines each has its own.
#[test]
fn software_on_a_machine_shares_its_interface() {
    let plan = |machines: u32| {
        let app = |threads: u32| {
            [("service_time", constant(0.0)), ("threads", count(threads)), ("reply_kb", number(100.0))]
        };
        let client = [("rate_rps", number(50.0)), ("static_share", number(0.0))];
        Plan::default()
            .part(1, "client", &client)
            .part(2, "client", &client)
            .part(3, "app", &app(1_000))
            .inside(5)
            .part(4, "app", &app(1_000))
            .inside(if machines == 1 { 5 } else { 6 })
            .part(5, "server", &[("nic_mbps", number(100.0)), ("cores", count(64))])
            .part(6, "server", &[("nic_mbps", number(100.0))])
            .edge(11, 1, 3, Mode::Sync, 0.0, 0.0)
            .edge(12, 2, 4, Mode::Sync, 0.0, 0.0)
    };
    let (one, two) = (report_of(&plan(1), 400), report_of(&plan(2), 400));
    // M/D/1 at 0.8 and at 0.4: 8 ms and a wait of 16, or of 2.67.
    assert!((one.latency.mean.unwrap() - 24.0).abs() < 1.6, "{:?}", one.latency);
    assert!((two.latency.mean.unwrap() - 10.67).abs() < 0.3, "{:?}", two.latency);
    let sent = |report: &Report, id: u32| {
        let part = report.components.iter().find(|part| part.id == id).unwrap();
        part.gauges.iter().find(|gauge| gauge.name == "sent_mbps").unwrap().value
    };
    assert!((sent(&one, 5) - 80.0).abs() < 2.0 && sent(&one, 6) == 0.0);
    assert!((sent(&two, 5) - 40.0).abs() < 1.5 && (sent(&two, 6) - 40.0).abs() < 1.5);
}

/// Round trips of 100 ms: a connection, the request, and windows of 14.6 kB, 29.2 kB and so on. One that is kept open
/// goes on with the window that it has.
#[test]
fn bodies_start_slowly() {
    let plan = |kilobytes: f64, window: f64, kept: bool| {
        let mut plan = bodies(2.0, 0.0, kilobytes, 0.0, "nat");
        let edge = &mut plan.system.edges[0];
        edge.net.latency_ms.0 = 50.0;
        edge.net.slow_start.0 = true;
        edge.net.window_kb.0 = window;
        edge.policy.connect_ms.0 = 0.000_001;
        edge.policy.pool_idle_s.0 = if kept { 0.0 } else { 0.000_001 };
        plan
    };
    for (kilobytes, expected) in [(14.6, 200.0), (100.0, 400.0), (1_000.0, 800.0)] {
        let report = report_of(&plan(kilobytes, 1e6, false), 30);
        let [mean, max] = [report.latency.mean.unwrap(), report.latency.max.unwrap()];
        assert!((mean - expected).abs() < 0.01 && (max - expected).abs() < 0.01, "{kilobytes}: {mean} {max}");
    }
    // The receiver's window: 64 kB each 100 ms are 5.12 Mbit/s, however fast the network is.
    let report = report_of(&plan(10_000.0, 64.0, false), 100);
    let rate = 80.0 / (report.latency.mean.unwrap() / 1e3);
    assert!((rate - 5.12).abs() < 0.15, "{rate}");
    // Used again within a second, a connection needs no handshake and sends 100 kB in two rounds, then in one.
    let mut often = plan(100.0, 1e6, true);
    common::set(&mut often.system.parts[0].params, "rate_rps", number(20.0));
    let report = report_of(&often, 100);
    assert!(
        report.latency.p50.unwrap() < 210.0 && report.latency.max.unwrap() > 399.0,
        "{:?}",
        report.latency
    );
    // Without slow start a body is there after one round trip.
    let mut at_once = plan(100.0, 1e6, false);
    at_once.system.edges[0].net.slow_start.0 = false;
    assert!((report_of(&at_once, 30).latency.max.unwrap() - 200.0).abs() < 0.01);
}

/// Links that are narrowed, widened, cut and mended while full; the audit counts along.
#[test]
fn links_change_under_load() {
    let mut plan = bodies(150.0, 10.0, 100.0, 500.0, "nat");
    plan.system.edges[0].net.slow_start.0 = true;
    plan.system.edges[0].policy.timeout_ms.0 = 300.0;
    let mut run = plan.run(1, &[]);
    for step in 1..200_u64 {
        run.run_until(step * 50 * MS);
        let mut edge = run.system().edges[0].clone();
        edge.net.bandwidth_mbps.0 = [0.0, 100.0, 1_000.0, 500.0][step as usize % 4];
        edge.net.slow_start.0 = step % 3 == 0;
        run.intervene(&Action::Edit(vec![Change::PutEdge(edge)])).unwrap();
        let verb = if step % 2 == 0 { Verb::Cut } else { Verb::Restore };
        run.intervene(&Action::Do { verb, target: Target::whole(11) }).unwrap();
        run.audit().unwrap();
    }
    assert!(run.report().requests.succeeded > 500);
}

/// Pictures tell every call whose caller gave up, once, where that caller stands, and mark what is tried again.
#[test]
fn what_times_out_is_told_in_pictures_as_often_as_it_is_counted() {
    let mut plan = Plan::default()
        .part(1, "client", &[("rate_rps", number(40.0)), ("static_share", number(0.0))])
        .part(2, "app", &[("service_time", constant(60.0)), ("threads", count(1))])
        .edge(11, 1, 2, Mode::Sync, 5.0, 100.0);
    plan.system.edges[0].policy.retries.0 = 2;
    let mut run = plan.run(1, &[]);
    let (mut told, mut retries) = (std::collections::BTreeSet::new(), 0);
    for look in 1..=1_500 {
        run.run_until(look * 10 * MS);
        let picture = run.picture(10_000);
        for fall in picture.falls {
            assert_eq!((fall.edge, fall.from, fall.to, fall.outcome), (11, 1, 2, Outcome::TimedOut));
            assert!(fall.at <= picture.now);
            told.insert((fall.at, fall.key));
        }
        retries += picture.dots.iter().filter(|dot| dot.mark == Mark::Retry).count();
    }
    let counted = edge(&run.report()).failed[Outcome::TimedOut as usize];
    assert!(counted > 300, "{counted}");
    assert_eq!(told.len() as u64, counted);
    assert!(retries > 100, "{retries} retries");
}
