//! Fuzzing: documents and run records are changed at random, read and run. Whatever validates may neither panic nor
//! hang nor hold more memory than it should, and its books must balance.
//!
//! `cargo xtask fuzz` hunts for as long as one likes; `cargo xtask test` for a minute and 20,000 executions for each
//! kind of input; by itself this file only tries a few hundred. Everything depends on the seed alone.
#![cfg(all(debug_assertions, not(target_arch = "wasm32")))]
#![allow(clippy::unwrap_used)]

#[path = "fuzz/damage.rs"]
mod damage;
#[path = "fuzz/execute.rs"]
mod execute;
#[path = "fuzz/hunt.rs"]
mod hunt;
#[path = "fuzz/random.rs"]
mod random;

use std::path::{Path, PathBuf};
use std::time::Duration;

use brownout_sim::planted::{Defect, plant};
use execute::{Target, execute};
use hunt::{Budget, Find, HANGS, Hunt, keep};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn budget() -> Budget {
    Budget {
        executions: number("BROWNOUT_FUZZ_EXECUTIONS").unwrap_or(400),
        time: Duration::from_secs(number("BROWNOUT_FUZZ_SECONDS").unwrap_or(0)),
        seed: number("BROWNOUT_FUZZ_SEED").unwrap_or(1),
    }
}

/// The committed inputs of a target, in the order of their names.
fn corpus(target: Target) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(target.name());
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(&path).unwrap())).collect()
}

fn hunt(target: Target, budget: Budget) -> Result<Hunt, Find> {
    let mut hunt = Hunt::begin(target, budget.seed, &corpus(target))?;
    hunt.run(budget)?;
    Ok(hunt)
}

fn finds_nothing(target: Target) {
    match hunt(target, budget()) {
        Ok(hunt) => {
            let tally = hunt.tally;
            println!("{}: {tally}", target.name());
            assert!(tally.long * 2 >= tally.executions, "too few of them validate and run long: {tally}");
        }
        Err(find) => panic!("{}", keep(target, &find)),
    }
}

#[test]
fn documents_run_without_a_defect() {
    finds_nothing(Target::Document);
}

#[test]
fn records_run_without_a_defect() {
    finds_nothing(Target::Record);
}

/// A file that was found, or any other: `BROWNOUT_FUZZ_REPLAY=FILE`.
#[test]
fn a_file_is_replayed_if_asked_for() {
    let Some(path) = std::env::var_os("BROWNOUT_FUZZ_REPLAY") else { return };
    let text = std::fs::read_to_string(&path).unwrap();
    for target in Target::ALL {
        let executed = execute(target, &text, true);
        let seen = executed.map(|executed| (executed.record.is_some(), executed.events, executed.bytes));
        println!("{}: valid, events, bytes: {seen:?}", target.name());
        assert!(seen.is_ok(), "{seen:?}");
    }
}

/// How many executions it takes to find what was planted, beginning with nothing but the generator.
fn executions_until(defect: Defect, target: Target, wanted: &str) {
    plant(Some(defect));
    let budget = Budget { executions: 20_000, time: Duration::ZERO, seed: 7 };
    let found = Hunt::begin(target, budget.seed, &[]).and_then(|mut hunt| hunt.run(budget));
    let find = found.expect_err("the planted defect was not found");
    println!("{defect:?} in a {}: found after {} executions: {}", target.name(), find.execution, find.what);
    assert!(find.what.contains(wanted), "something else was found: {}", find.what);
    let again = [execute(target, &find.text, true), execute(target, &find.text, true)];
    assert!(again.iter().all(|again| again.as_ref().is_err_and(|what| what.contains(wanted))), "{again:?}");
    plant(None);
    assert!(execute(target, &find.text, true).is_ok(), "without the defect nothing is wrong");
}

#[test]
fn a_planted_panic_is_found() {
    executions_until(Defect::Panic, Target::Document, "a planted panic");
    executions_until(Defect::Panic, Target::Record, "a planted panic");
}

#[test]
fn a_planted_leak_is_found() {
    executions_until(Defect::Leak, Target::Document, "bytes held");
}

#[test]
fn a_planted_miscount_is_found() {
    executions_until(Defect::Miscount, Target::Record, "audit");
}

/// What hunts in the process that [`a_planted_endless_loop_is_found`] starts.
#[test]
fn hunt_for_a_planted_endless_loop() {
    if std::env::var_os("BROWNOUT_FUZZ_PATIENCE").is_some() {
        plant(Some(Defect::Loop));
        let budget = Budget { executions: 20_000, time: Duration::ZERO, seed: 7 };
        let _ = Hunt::begin(Target::Document, budget.seed, &[]).and_then(|mut hunt| hunt.run(budget));
    }
}

#[test]
fn a_planted_endless_loop_is_found() {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "hunt_for_a_planted_endless_loop", "--nocapture"]);
    let output = child.env("BROWNOUT_FUZZ_PATIENCE", "5").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(HANGS), "{said}");
    assert!(said.contains("it hangs"), "{said}");
}

/// Chooses the committed inputs anew, if asked for: few, small, and together they meet as much as can be.
#[test]
fn the_corpus_is_chosen_anew_if_asked_for() {
    if std::env::var_os("BROWNOUT_FUZZ_CORPUS").is_none() {
        return;
    }
    for target in Target::ALL {
        let hunt = hunt(target, budget()).unwrap_or_else(|find| panic!("{}", keep(target, &find)));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(target.name());
        for (path, _) in corpus(target) {
            std::fs::remove_file(path).unwrap();
        }
        let chosen = hunt.choose(INPUTS, LARGEST_INPUT);
        println!("{}: {} of {} inputs", target.name(), chosen.len(), hunt.tally.kept);
        for (index, text) in chosen.iter().enumerate() {
            std::fs::write(folder.join(format!("{index:02}.json")), format!("{text}\n")).unwrap();
        }
    }
}

/// How many inputs are committed for each target, and how large they may be.
const INPUTS: usize = 30;
const LARGEST_INPUT: usize = 8_000;

#[test]
fn the_corpus_is_small_and_valid() {
    for target in Target::ALL {
        let corpus = corpus(target);
        assert!((10..=2 * INPUTS).contains(&corpus.len()), "{} inputs", corpus.len());
        for (path, text) in corpus {
            assert!(text.len() <= 2 * LARGEST_INPUT, "{}: {} bytes", path.display(), text.len());
            let executed =
                execute(target, &text, true).unwrap_or_else(|what| panic!("{}: {what}", path.display()));
            assert!(executed.record.is_some(), "{} is not valid", path.display());
        }
    }
}
