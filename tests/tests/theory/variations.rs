//! The same models at other loads and with other laws: what is expected comes from the closed forms, not from any
//! list, so that nothing can have been tuned to it.

use serde_json::{Value, json};

use super::cases::{Case, Collection, Expected, Run};
use super::formulas::{
    MMc, batch_wait, bounded, constant_service_loss, constant_service_wait, erlang_b, finite_source,
    impatient, mean_values, pollaczek_khinchine, round_robin_rate, second_copy,
};

/// One run of a case with other numbers.
struct Variation<'a> {
    of: &'a str,
    run: usize,
    title: &'a str,
    /// Units per second and in all.
    rate: f64,
    count: f64,
    /// Places in the document and what they hold instead.
    changes: Vec<(&'a str, Value)>,
    expected: Vec<(&'a str, f64)>,
}

impl Variation<'_> {
    fn case(self, cases: &[Case]) -> Case {
        let metrics =
            |case: &&Case| self.expected.iter().all(|(metric, _)| find(case, self.run, metric).is_some());
        let case = cases.iter().filter(|case| case.id == self.of).find(metrics);
        let case = case.unwrap_or_else(|| panic!("{}: it measures something else", self.of));
        let mut document = case.runs[self.run].document.clone();
        for (place, value) in self.changes {
            let (parent, field) = place.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap_or_else(|| panic!("{}: {place}", self.of))[field] = value;
        }
        let expected = self.expected.iter().map(|(metric, value)| {
            let public = find(case, self.run, metric).unwrap();
            let metric = metric.trim_end_matches("_exp").trim_end_matches("_fixed").to_owned();
            let bias = public.bias * value / public.value;
            Expected { metric, value: *value, sigma_1: None, bias, run: 0, ..public.clone() }
        });
        let (count, full) = (self.count / 2.0, Some(self.count * 4.0));
        let warmup = if case.runs[self.run].warmup == 0.0 { 0.0 } else { (count / 200.0).max(200.0) };
        let run = Run { rate: self.rate, count, full, warmup, document, ..case.runs[self.run].clone() };
        Case {
            id: self.of.replace('P', "V"),
            model: case.model.clone(),
            title: self.title.to_owned(),
            runs: vec![run],
            expected: expected.collect(),
            note: None,
        }
    }
}

fn find<'a>(case: &'a Case, run: usize, metric: &str) -> Option<&'a Expected> {
    case.expected.iter().find(|expected| expected.run == run && expected.metric == metric)
}

const RATE: &str = "/parts/0/params/rate_rps";
const THREADS: &str = "/parts/1/params/threads";
const BACKLOG: &str = "/parts/1/params/backlog";
const SERVICE: &str = "/parts/1/params/service_time";

fn exp(ms: f64) -> Value {
    json!({"exp": {"mean_ms": ms}})
}

pub fn variations(collection: &Collection) -> Vec<Case> {
    let all = [queues(), several_servers(), limits(), networks(), callers()];
    all.into_iter().flatten().map(|variation| variation.case(&collection.cases)).collect()
}

/// A single server at another load; what it is called in the list.
fn single(of: &'static str, title: &'static str, lambda: f64, ms: f64, count: f64) -> Variation<'static> {
    let queue = MMc { lambda, mu: 1e3 / ms, c: 1 };
    Variation {
        of,
        run: 0,
        title,
        rate: lambda,
        count,
        changes: vec![(RATE, json!(lambda)), (SERVICE, exp(ms))],
        expected: vec![
            ("W", queue.response()),
            ("Wq", queue.wait()),
            ("L", queue.in_system()),
            ("utilisation", lambda * ms / 1e3),
            ("p50", queue.quantile(0.5)),
            ("p95", queue.quantile(0.95)),
            ("p99", queue.quantile(0.99)),
        ],
    }
}

/// Any law of service at a single server: only its mean (in ms) and its squared variation count.
fn any_law(title: &'static str, lambda: f64, ms: f64, scv: f64, law: Value) -> Variation<'static> {
    let mean = ms / 1e3;
    let wait = pollaczek_khinchine(lambda, mean, mean * mean * (1.0 + scv));
    Variation {
        of: "P01",
        run: 0,
        title,
        rate: lambda,
        count: 1.5e6,
        changes: vec![(RATE, json!(lambda)), (SERVICE, law)],
        expected: vec![("W", wait + mean), ("Wq", wait), ("utilisation", lambda * mean)],
    }
}

fn queues() -> Vec<Variation<'static>> {
    let constant = |q| 0.008 + constant_service_wait(75.0, 0.008, q);
    let two_kinds = (0.7 * 4.0 + 0.3 * 20.0, 2.0 * (0.7 * 16.0 + 0.3 * 400.0));
    let two_kinds_wait = pollaczek_khinchine(70.0, two_kinds.0 / 1e3, two_kinds.1 / 1e6);
    let batch = batch_wait(60.0, 3.0, 0.01, 1e-4);
    vec![
        single("P01", "Three tenths of the load", 75.0, 4.0, 6e5),
        single("P02", "Seven tenths of the load", 140.0, 5.0, 2e6),
        Variation {
            of: "P06",
            run: 0,
            title: "Constant service of 8 ms, six tenths of the load",
            rate: 75.0,
            count: 1e6,
            changes: vec![(RATE, json!(75)), (SERVICE, json!({"const": {"ms": 8}}))],
            expected: vec![
                ("W", pollaczek_khinchine(75.0, 0.008, 64e-6) + 0.008),
                ("Wq", pollaczek_khinchine(75.0, 0.008, 64e-6)),
                ("p50", constant(0.5)),
                ("p95", constant(0.95)),
                ("p99", constant(0.99)),
            ],
        },
        any_law("Uniform service", 60.0, 10.0, 1.0 / 12.0, json!({"uniform": {"min_ms": 5, "max_ms": 15}})),
        any_law(
            "Gamma service, variation 0.5",
            60.0,
            10.0,
            0.25,
            json!({"gamma": {"mean_ms": 10, "cv": 0.5}}),
        ),
        any_law(
            "Lognormal service, variation 1.2",
            60.0,
            10.0,
            1.44,
            json!({"lognormal": {"mean_ms": 10, "cv": 1.2}}),
        ),
        any_law(
            "Hyperexponential service, squared variation 3",
            60.0,
            10.0,
            3.0,
            json!({"hyperexp": {"mean_ms": 10, "scv": 3}}),
        ),
        Variation {
            of: "P07",
            run: 0,
            title: "Seven reads of 4 ms to three writes of 20 ms",
            rate: 70.0,
            count: 2e6,
            changes: vec![
                ("/parts/0/params/read_share", json!(0.7)),
                ("/parts/1/params/read_time", exp(4.0)),
                ("/parts/1/params/write_time", exp(20.0)),
            ],
            expected: vec![
                ("W", two_kinds_wait + two_kinds.0 / 1e3),
                ("Wq", two_kinds_wait),
                ("utilisation", 70.0 * two_kinds.0 / 1e3),
            ],
        },
        Variation {
            of: "P12",
            run: 0,
            title: "Bursts of three, constant service",
            rate: 60.0,
            count: 1e6,
            changes: vec![("/parts/0/params/batch", json!(3)), (SERVICE, json!({"const": {"ms": 10}}))],
            expected: vec![("W", batch + 0.01), ("Wq", batch)],
        },
    ]
}

fn pooled(title: &'static str, lambda: f64, ms: f64, c: u32, count: f64) -> Variation<'static> {
    let queue = MMc { lambda, mu: 1e3 / ms, c };
    Variation {
        of: "P03",
        run: 0,
        title,
        rate: lambda,
        count,
        changes: vec![(RATE, json!(lambda)), (THREADS, json!(c)), (SERVICE, exp(ms))],
        expected: vec![
            ("p_wait", queue.waits()),
            ("Wq", queue.wait()),
            ("W", queue.response()),
            ("p99", queue.quantile(0.99)),
        ],
    }
}

fn several_servers() -> Vec<Variation<'static>> {
    let round_robin = round_robin_rate(140.0, 100.0, 2);
    let two = |run, expected| Variation {
        of: "P09",
        run,
        title: if run == 0 { "Two servers in turn" } else { "Two servers at random" },
        rate: 140.0,
        count: 2e6,
        changes: vec![(RATE, json!(140)), ("/parts/2/count", json!(2))],
        expected,
    };
    let thin = |title, law: Value, lambda: f64, c: u32| Variation {
        of: "P04",
        run: 0,
        title,
        rate: lambda,
        count: 1e6,
        changes: vec![(RATE, json!(lambda)), (THREADS, json!(c)), (SERVICE, law)],
        expected: vec![
            ("blocking_exp", erlang_b(lambda, c)),
            ("utilisation_exp", lambda * (1.0 - erlang_b(lambda, c)) / f64::from(c)),
        ],
    };
    vec![
        pooled("Two workers, six tenths of the load", 60.0, 20.0, 2, 1e6),
        pooled("Eight workers, 85 % of the load", 170.0, 40.0, 8, 3e6),
        thin("Five slots, lognormal service", json!({"lognormal": {"mean_ms": 1000, "cv": 1.5}}), 3.0, 5),
        thin("Twenty slots, gamma service", json!({"gamma": {"mean_ms": 1000, "cv": 0.5}}), 18.0, 20),
        two(0, vec![("W_rr", 1.0 / round_robin), ("p99_rr", libm::log(100.0) / round_robin)]),
        two(1, vec![("W_random", 1.0 / 30.0)]),
    ]
}

fn limits() -> Vec<Variation<'static>> {
    let (four, eight) = (bounded(8.0, 10.0, 1, 4), bounded(40.0, 10.0, 3, 8));
    let pool = impatient(90.0, 20.0, 4, 0.03);
    let bucket = constant_service_loss(120.0, 0.01, 3);
    let lossy = |run, expected| Variation {
        of: "P34",
        run,
        title: if run == 0 {
            "A bucket of three tokens beyond its rate"
        } else {
            "The queue that loses the same"
        },
        rate: 120.0,
        count: 1e6,
        changes: vec![
            (RATE, json!(120)),
            if run == 0 { ("/parts/1/params/limit_burst", json!(3)) } else { (BACKLOG, json!(2)) },
        ],
        expected,
    };
    vec![
        Variation {
            of: "P05",
            run: 0,
            title: "Room for four, below the capacity",
            rate: 8.0,
            count: 1e6,
            changes: vec![(RATE, json!(8)), (BACKLOG, json!(3))],
            expected: vec![
                ("blocking", four.blocking),
                ("W", four.response),
                ("throughput", four.throughput),
                ("L", four.in_system),
                ("p50", four.quantile(0.5)),
                ("p99", four.quantile(0.99)),
            ],
        },
        Variation {
            of: "P05",
            run: 0,
            title: "Three workers and room for eight, in overload",
            rate: 40.0,
            count: 1e6,
            changes: vec![(RATE, json!(40)), (THREADS, json!(3)), (BACKLOG, json!(5))],
            expected: vec![
                ("blocking", eight.blocking),
                ("W", eight.response),
                ("throughput", eight.throughput),
            ],
        },
        Variation {
            of: "P17",
            run: 0,
            title: "Pool of 4 connections in overload, 30 ms acquire timeout",
            rate: 90.0,
            count: 1e6,
            changes: vec![
                (RATE, json!(90)),
                (THREADS, json!(4)),
                (SERVICE, exp(50.0)),
                ("/edges/0/policy/pool_size", json!(4)),
                ("/edges/0/policy/pool_wait_ms", json!(30)),
            ],
            expected: vec![
                ("p_timeout", pool.gives_up),
                ("p_wait", pool.waits),
                ("W", pool.response),
                ("utilisation", pool.utilisation),
                ("p99", pool.quantile(0.99)),
            ],
        },
        lossy(0, vec![("drop", bucket), ("passed", 120.0 * (1.0 - bucket))]),
        lossy(1, vec![("drop", bucket)]),
    ]
}

fn networks() -> Vec<Variation<'static>> {
    let (closed, closed_response) = mean_values(&[0.015, 0.01, 0.005], 8, 0.1);
    let (few, few_response) = finite_source(6, 0.05, 50.0, 2);
    // Visits for each request, by the equations of traffic: 1.25 of web and app, 0.5 of db.
    let station = |visits: f64, ms: f64| 1.0 / (1e3 / ms - 30.0 * visits);
    let (web, app, db) = (station(1.25, 15.0), station(1.25, 20.0), station(0.5, 40.0));
    vec![
        Variation {
            of: "P14",
            run: 0,
            title: "Other ways through the network",
            rate: 30.0,
            count: 2e6,
            changes: vec![
                (RATE, json!(30)),
                (SERVICE, exp(15.0)),
                ("/parts/2/params/service_time", exp(20.0)),
                ("/parts/3/params/service_time", exp(40.0)),
                ("/edges/1/weight", json!(0.6)),
                ("/edges/2/weight", json!(0.2)),
                ("/edges/3/weight", json!(0.4)),
            ],
            expected: vec![
                ("W_total", 1.25 * (web + app) + 0.5 * db),
                ("W_web", web),
                ("W_app", app),
                ("W_db", db),
            ],
        },
        Variation {
            of: "P15",
            run: 0,
            title: "8 users, think 100 ms, three other tiers",
            rate: closed,
            count: 1e6,
            changes: vec![
                ("/parts/0/params/users", json!(8)),
                ("/parts/0/params/think_time", exp(100.0)),
                (SERVICE, exp(15.0)),
                ("/parts/2/params/service_time", exp(10.0)),
                ("/parts/3/params/service_time", exp(5.0)),
            ],
            expected: vec![("throughput", closed), ("response", closed_response)],
        },
        Variation {
            of: "P16",
            run: 0,
            title: "6 users, two workers",
            rate: few,
            count: 1e6,
            changes: vec![
                ("/parts/0/params/users", json!(6)),
                ("/parts/0/params/think_time", exp(50.0)),
                (THREADS, json!(2)),
                (SERVICE, exp(20.0)),
            ],
            expected: vec![("throughput", few), ("W_closed", few_response)],
        },
        Variation {
            of: "P19",
            run: 0,
            title: "A name that lives for four requests",
            rate: 40.0,
            count: 1e6,
            changes: vec![(RATE, json!(40)), ("/parts/1/params/ttl_s", json!(0.1))],
            expected: vec![("hit_fixed", 4.0 / 5.0), ("origin_rate_fixed", 40.0 / 5.0)],
        },
    ]
}

fn callers() -> Vec<Variation<'static>> {
    let (mean, p99, second) = second_copy(0.01, 0.01, 0.99);
    let (_, p999, _) = second_copy(0.01, 0.01, 0.999);
    vec![
        Variation {
            of: "P24",
            run: 0,
            title: "Checks every 2.5 s, two misses, 1 s timeout",
            rate: 1.0 / 60.0,
            count: 2e3,
            changes: vec![
                ("/parts/0/params/check_s", json!(2.5)),
                ("/parts/0/params/check_timeout_s", json!(1)),
                ("/parts/0/params/fall", json!(2)),
            ],
            // Half an interval until the next check, another interval, and the timeout of the last.
            expected: vec![("mean", 1.25 + 2.5 + 1.0), ("sd", 2.5 / libm::sqrt(12.0))],
        },
        Variation {
            of: "P31",
            run: 0,
            title: "Exponential leaves, a second copy after their mean",
            rate: 100.0,
            count: 1e6,
            changes: vec![
                ("/parts/2/params/service_time", exp(10.0)),
                ("/parts/3/params/service_time", exp(10.0)),
                ("/edges/0/policy/hedge_ms", json!(10)),
            ],
            expected: vec![("p99", p99), ("p99.9", p999), ("extra_load", second), ("mean", mean)],
        },
        Variation {
            of: "P32",
            run: 0,
            title: "Half of the attempts fail, two retries",
            rate: 100.0,
            count: 4e5,
            changes: vec![("/edges/1/weight", json!(0.5)), ("/edges/0/policy/retries", json!(2))],
            expected: vec![("attempts", 1.75), ("success", 0.875)],
        },
        Variation {
            of: "P32",
            run: 1,
            title: "Three, two and one attempts in three layers",
            rate: 1.0,
            count: 2e3,
            changes: vec![
                ("/edges/0/policy/retries", json!(2)),
                ("/edges/1/policy/retries", json!(1)),
                ("/edges/2/policy/retries", json!(0)),
            ],
            expected: vec![("calls_3_layers", 6.0)],
        },
        Variation {
            of: "P35",
            run: 0,
            title: "A throttle that lets through one and a half times the capacity",
            rate: 1.0,
            count: 2e4,
            changes: vec![(RATE, json!(250)), ("/edges/0/policy/throttle_ratio", json!(1.5))],
            expected: vec![("sent", 150.0), ("accepted", 100.0), ("local_reject", 0.4)],
        },
    ]
}
