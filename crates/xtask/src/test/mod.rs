//! `cargo xtask test`: every test there is, natively, in wasm and in a browser.

mod plan;
mod probe;
mod suites;
mod tally;

use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use crate::failure::Failure;
use plan::{Plan, choose};
use probe::Probe;
use suites::Suite;
use tally::Tally;

#[derive(Debug, Args)]
pub struct Options {
    /// Install nothing: explain what is missing and stop.
    #[arg(long)]
    no_install: bool,
    /// `native`, `fuzz`, `wasm` or `browser` for one suite; any other word selects tests whose names contain it.
    filter: Vec<String>,
}

pub fn run(options: &Options) -> Result<ExitCode, Failure> {
    let (suites, words) = select(&options.filter);
    let plan = choose(&Probe::look()?, &suites);
    if options.no_install && !plan.is_complete() {
        println!("{}", plan.explanation().join("\n"));
        return Ok(ExitCode::FAILURE);
    }
    let broken = carry_out(&plan);

    let mut total = Tally::default();
    let mut lines = Vec::new();
    for suite in suites {
        println!("\n== {} ==", suite.title());
        let began = Instant::now();
        let tally = if broken.contains(&suite) {
            println!("Not run, because its set-up failed (see above); counted as one failure.");
            Tally::one_failure()
        } else {
            suite.run(&words).unwrap_or_else(|failure| {
                eprintln!("error: {failure}");
                Tally::one_failure()
            })
        };
        lines.push(format!(
            "{:<8} {:>5} passed, {:>3} failed, {:>6.1} s",
            suite.name(),
            tally.passed,
            tally.failed,
            began.elapsed().as_secs_f64()
        ));
        total += tally;
    }
    println!("\n{}", lines.join("\n"));
    if total == Tally::default() {
        println!("No test was selected by: {}", options.filter.join(" "));
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(if total.failed == 0 && total.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Brings in what driving a browser needs, for the commands that measure or photograph the page.
pub fn prepare_browser() -> Result<(), Failure> {
    let plan = choose(&Probe::look()?, &[Suite::Browser]);
    if carry_out(&plan).is_empty() {
        Ok(())
    } else {
        Err(Failure::Sentence("no browser can be driven; the reason is above".to_owned()))
    }
}

pub use suites::browser_command;

fn select(filter: &[String]) -> (Vec<Suite>, Vec<String>) {
    let named: Vec<Suite> =
        Suite::ALL.into_iter().filter(|suite| filter.iter().any(|word| word == suite.name())).collect();
    let words =
        filter.iter().filter(|word| Suite::ALL.iter().all(|suite| *word != suite.name())).cloned().collect();
    (if named.is_empty() { Suite::ALL.to_vec() } else { named }, words)
}

/// Runs the plan and returns the suites that cannot run, because something they need could not be had.
fn carry_out(plan: &Plan) -> Vec<Suite> {
    let mut broken: Vec<Suite> = Vec::new();
    for note in &plan.notes {
        println!("{note}");
    }
    for lack in &plan.lacks {
        println!("{}", lack.sentence);
        broken.extend(&lack.needed_by);
    }
    for step in &plan.steps {
        println!("{}", step.reason());
        if let Err(failure) = step.run() {
            eprintln!("error: {failure}");
            let Some(instead) = step.instead() else {
                broken.extend(step.needed_by());
                continue;
            };
            println!("{}", instead.reason());
            if let Err(failure) = instead.run() {
                eprintln!("error: {failure}");
                broken.extend(instead.needed_by());
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn suite_names_select_suites_and_other_words_select_tests() {
        assert_eq!(select(&words("")), (Suite::ALL.to_vec(), vec![]));
        assert_eq!(select(&words("browser drag")), (vec![Suite::Browser], words("drag")));
        assert_eq!(select(&words("digest")), (Suite::ALL.to_vec(), words("digest")));
    }
}
