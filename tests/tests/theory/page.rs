//! The page of theory: every value, expected and measured, as a table on the terminal and as `docs/theory.md`.

use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use brownout_scenario::{Shared, link};

use super::REPLICATIONS;
use super::cases::{Case, Collection, Expected, Run};
use super::harness::{Estimate, estimates, half_width};
use super::kept::Kept;
use super::variations::variations;
use super::{rings, transients};

/// A case and its values.
pub type Done = (Case, Vec<Estimate>);
type Job = Box<dyn Fn() -> Done + Sync>;

/// Replications of the cases whose standard error is known beforehand.
const TEN: u64 = 10;

/// Families of models, by the numbers of their cases.
const FAMILIES: &[(&str, &[u32])] = &[
    ("One server", &[1, 2, 6, 7, 8, 12, 13]),
    ("Several servers and balancers", &[3, 4, 9, 10, 11, 22]),
    ("Limits: bounded queues, pools, buckets", &[5, 17, 34]),
    ("Networks and closed loops", &[14, 15, 16]),
    ("Caches and names", &[18, 19, 20, 21, 23]),
    ("Failures and how they are noticed", &[24, 25, 26, 27, 28]),
    ("Copies and fan-out", &[29, 30, 31]),
    ("Retries and overload", &[32, 33, 35, 36, 38]),
    ("Transport", &[37]),
];

const HEAD: &str = "\
# Theory

What the simulator measures, beside what queueing theory says. `cargo xtask theory` runs all of it again, prints this
table and writes this page; `cargo xtask test` checks the same cases with fewer requests.

Each case is an ordinary document: no case has code of its own in the simulator. *open* leads to it in the lab, once
`cargo xtask serve` runs; the same link works in the terminal: `cargo run --release -- run '#v1.…'`.

Cases P01 and on come from a collection with a published answer each. Those whose number begins with a V are the same
models at other loads and with other laws; what is expected of them is computed from the closed form
(`tests/tests/theory/formulas.rs` names the source of each), so that nothing is tuned to the collection.

- **Measured** is the mean of independent replications (P: 10, V: 20), which share the units counted between them;
  each has a warm-up of its own. Runs that come to an end are repeated as often as the case asks for (2,000 times a
  backlog, 100 times a hundred writers) and taken in ten groups. Percentiles come from the histograms of the simulator, whose buckets are 0.8 % wide.
- **Half-width** is that of the 95 % confidence interval by Student's t over the replications.
- **Tolerance** is 4.5 standard errors of an honest run of as many units, and never below 0.2 % of the value. For P the
  standard error is sigma / sqrt(units), with sigma, the asymptotic standard deviation for one unit, estimated by the
  collection from another simulator (`tests/theory/cases.json`); for V it is that of the replications. Percentiles are
  allowed a bucket more.
- **Used** is the distance between measured and expected, in tolerances. Beyond 100 % the command fails.

Two cases of the collection are not in the tables, since what they ask for is read from the log of faults and not from
figures: P26 (two of three needed) and P27 (the second disk dies while the first is rebuilt). They are tests of random
faults, `crates/sim/tests/faults/experiments.rs`.

Times are in seconds, rates per second, everything else is a share or a count.
";

fn replications(case: &Case) -> u64 {
    if case.id.starts_with('V') { REPLICATIONS } else { TEN }
}

fn units(run: &Run) -> f64 {
    run.full.unwrap_or(run.count)
}

/// Runs every case at its full length, on all cores; prints and writes, and fails if a value is missed.
pub fn write() {
    let collection = Collection::read();
    let mut cases = collection.cases.clone();
    cases.extend(variations(&collection));
    let mut jobs: Vec<Job> = Vec::new();
    for case in cases {
        jobs.push(Box::new(move || (case.clone(), estimates(&case, replications(&case), 1, units))));
    }
    for case in transients::Collection::read().cases {
        jobs.push(Box::new(move || to_the_end(&case)));
    }
    jobs.push(Box::new(rings::on_the_page));
    let kept = Kept::open();
    let results: Vec<Mutex<Option<Done>>> = jobs.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((at, job, result)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            jobs.get(at).zip(results.get(at)).map(|(job, result)| (at, job, result))
        } {
            let Some(done) = kept.get_or_do(at, job) else { continue };
            *result.lock().unwrap() = Some(done);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let results: Vec<Done> = results.into_iter().filter_map(|result| result.into_inner().unwrap()).collect();
    if results.len() < jobs.len() {
        println!("{} of {} cases are done; the next call goes on from here.", results.len(), jobs.len());
        return;
    }
    let missed = print(&results);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/theory.md");
    std::fs::write(path, page(&results, &collection)).unwrap();
    println!("docs/theory.md is written.");
    assert!(missed.is_empty(), "missed: {missed:?}");
}

/// Runs that come to an end, as often as the case asks for, in ten groups.
fn to_the_end(of: &transients::Case) -> Done {
    let runs: Vec<transients::Measured> = (1..=of.runs).map(|seed| of.run(seed)).collect();
    let expected: Vec<Expected> = of
        .expected
        .iter()
        .map(|one| Expected {
            metric: one.metric.clone(),
            measure: one.measure.clone(),
            run: 0,
            part: of.part,
            value: one.value,
            sigma_1: Some(one.sigma_1),
            bias: one.bias,
        })
        .collect();
    let estimate = |expected: &Expected| {
        let groups =
            runs.chunks(runs.len() / TEN as usize).map(|runs| transients::measure(&expected.measure, runs));
        let error = expected.sigma_1.unwrap_or_default() / libm::sqrt(runs.len() as f64);
        Estimate {
            mean: transients::measure(&expected.measure, &runs),
            half_width: Some(half_width(&groups.collect::<Vec<f64>>())),
            tolerance: expected.tolerance(error),
        }
    };
    let estimates = expected.iter().map(estimate).collect();
    let run = Run {
        rate: 1.0,
        count: of.runs as f64,
        full: None,
        warmup: 0.0,
        cuts: None,
        deaths: None,
        sampled: None,
        document: of.document.clone(),
    };
    let (id, title, model) = (of.id.clone(), of.title.clone(), "to the end".to_owned());
    (Case { id, model, title, runs: vec![run], expected, note: None }, estimates)
}

fn print(results: &[Done]) -> Vec<String> {
    let mut missed = Vec::new();
    println!(
        "{:<5} {:<16} {:>12} {:>12} {:>12} {:>12} {:>6}",
        "case", "value", "expected", "measured", "half-width", "tolerance", "used"
    );
    for (case, estimates) in results {
        for (expected, estimate) in case.expected.iter().zip(estimates) {
            let [wanted, got, half, tolerance, used] = columns(expected, estimate);
            let name = &expected.metric;
            println!("{:<5} {name:<16} {wanted:>12} {got:>12} {half:>12} {tolerance:>12} {used:>6}", case.id);
            if estimate.used(expected) > 1.0 {
                missed.push(format!("{} {name}", case.id));
            }
        }
    }
    let values: usize = results.iter().map(|(_, estimates)| estimates.len()).sum();
    println!("{values} values of {} cases, {} missed", results.len(), missed.len());
    missed
}

fn columns(expected: &Expected, estimate: &Estimate) -> [String; 5] {
    let half_width = estimate.half_width.map_or("-".to_owned(), |half| digits(half, 2));
    [
        digits(expected.value, 5),
        digits(estimate.mean, 5),
        half_width,
        digits(estimate.tolerance, 2),
        format!("{:.0} %", estimate.used(expected) * 100.0),
    ]
}

/// A number with so many significant digits.
fn digits(value: f64, count: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let before = libm::floor(libm::log10(value.abs())) as i32 + 1;
    format!("{value:.*}", (count - before).clamp(0, 9) as usize)
}

fn number(case: &Case) -> u32 {
    let digits: String = case.id.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

fn page(results: &[Done], collection: &Collection) -> String {
    let mut page = HEAD.to_owned();
    let known = |number: &u32| FAMILIES.iter().any(|(_, numbers)| numbers.contains(number));
    let others: Vec<u32> =
        results.iter().map(|(case, _)| number(case)).filter(|number| !known(number)).collect();
    for (family, numbers) in FAMILIES.iter().copied().chain([("Others", others.as_slice())]) {
        let mut inside: Vec<_> = results.iter().filter(|(case, _)| numbers.contains(&number(case))).collect();
        if inside.is_empty() {
            continue;
        }
        inside.sort_by_key(|(case, _)| number(case));
        let heads = "| Case | Value | Expected | Measured | Half-width | Tolerance | Used |";
        write!(page, "\n## {family}\n\n{heads}\n|---|---|---:|---:|---:|---:|---:|\n").unwrap();
        for (case, estimates) in inside {
            let mut first = Some(format!("**{}** {}: {} {}", case.id, case.model, case.title, links(case)));
            for (expected, estimate) in case.expected.iter().zip(estimates) {
                let columns = columns(expected, estimate).join(" | ");
                let cell = first.take().unwrap_or_default();
                writeln!(page, "| {cell} | {} | {columns} |", expected.metric).unwrap();
            }
        }
    }
    notes(&mut page, results, collection);
    page
}

fn notes(page: &mut String, results: &[Done], collection: &Collection) {
    page.push_str("\n## How some models are drawn\n\n");
    for (case, _) in results {
        if let Some(note) = &case.note {
            writeln!(page, "- **{}** {note}", case.id).unwrap();
        }
    }
    if !collection.not_expressible_yet.is_empty() {
        page.push_str("\n## Not yet\n\nThese cases of the collection need what no part can do yet:\n\n");
        for open in &collection.not_expressible_yet {
            writeln!(page, "- **{}** {}: {}", open.id, open.model, open.needs).unwrap();
        }
    }
}

/// A link to every document of a case, with the time that twenty thousand units take.
fn links(case: &Case) -> String {
    let address = std::env::var("BROWNOUT_PAGE").unwrap_or_else(|_| "http://127.0.0.1:8080/".to_owned());
    let mut links = Vec::new();
    for (at, run) in case.runs.iter().enumerate() {
        // A thousand cuts do not fit into one.
        let most = if run.cuts.is_some() { 10.0 } else { 20_000.0 };
        let scenario = run.scenario(1, units(run).min(most));
        let Ok(payload) = link::encode(&Shared::Design(scenario)) else { continue };
        if payload.len() < 2_000 {
            let word = if case.runs.len() == 1 { "open".to_owned() } else { format!("open {}", at + 1) };
            links.push(format!("[{word}]({address}{payload})"));
        }
    }
    links.join(", ")
}
