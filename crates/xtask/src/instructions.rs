//! `cargo xtask instructions`: what a job and an event cost, in instructions, whatever else the machine does.
//!
//! Callgrind counts two runs of different lengths; their difference leaves out reading, starting and reporting.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use serde_json::Value;

use crate::failure::Failure;
use crate::{process, workspace};

#[derive(Debug, Args)]
pub struct Options {
    /// Only these models: m1, m1-unused, m2, m3, m4, parts60.
    models: Vec<String>,
}

const MODELS: [&str; 6] = ["m1", UNUSED, "m2", "m3", "m4", "parts60"];
/// M1 beside a part that nobody calls, which must cost hardly anything.
const UNUSED: &str = "m1-unused";
/// It keeps at least this share of the rate of M1.
const KEPT: f64 = 0.9;
/// Canonical events of the two runs, at least.
const EVENTS: [u32; 2] = [1_000_000, 2_000_000];

struct Counted {
    name: &'static str,
    per_job: f64,
    per_event: f64,
    top: Vec<String>,
}

pub fn run(options: &Options) -> Result<(), Failure> {
    if let Some(unknown) = options.models.iter().find(|name| !MODELS.contains(&name.as_str())) {
        return Err(Failure::Sentence(format!("{unknown}: there are {}", MODELS.join(", "))));
    }
    if !process::succeeds(Command::new("valgrind").arg("--version")) {
        println!("Instructions were not counted: valgrind is not installed.");
        return Ok(());
    }
    let folder = workspace::target_directory()?.join("instructions");
    fs::create_dir_all(&folder).map_err(Failure::file(&folder))?;
    let program = build()?;
    let mut all = Vec::new();
    for model in MODELS {
        if options.models.is_empty() || options.models.iter().any(|name| name == model) {
            let counted = count(model, &program, &folder)?;
            println!(
                "{:<10} {:>8.0} instructions for each job, {:>6.0} for each canonical event",
                counted.name, counted.per_job, counted.per_event
            );
            for line in &counted.top {
                println!("           {line}");
            }
            all.push(counted);
        }
    }
    let of = |name: &str| all.iter().find(|counted| counted.name == name).map(|counted| counted.per_job);
    match (of("m1"), of(UNUSED)) {
        (Some(alone), Some(beside)) if alone / beside < KEPT => Err(Failure::Sentence(format!(
            "with an unconnected part M1 keeps {:.0} % of its rate, less than {:.0} %",
            alone / beside * 100.0,
            KEPT * 100.0
        ))),
        (Some(alone), Some(beside)) => {
            println!("With an unconnected part M1 keeps {:.1} % of its rate.", alone / beside * 100.0);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The terminal, as it is released, with the names of functions.
fn build() -> Result<PathBuf, Failure> {
    let mut command = workspace::cargo();
    command.args(["build", "--release", "--package", "brownout-cli"]);
    command.args(["--config", "profile.release.debug=\"line-tables-only\""]);
    process::run(&mut command)?;
    Ok(workspace::target_directory()?.join("release/brownout"))
}

fn count(model: &'static str, program: &Path, folder: &Path) -> Result<Counted, Failure> {
    let out = |events: u32| folder.join(format!("{model}.{events}"));
    let [short, long] = EVENTS;
    let (before, after) =
        (callgrind(program, model, short, &out(short))?, callgrind(program, model, long, &out(long))?);
    let instructions = after.instructions - before.instructions;
    Ok(Counted {
        name: model,
        per_job: instructions / (after.jobs - before.jobs),
        per_event: instructions / (after.events - before.events),
        top: top(&out(long))?,
    })
}

struct Run {
    instructions: f64,
    jobs: f64,
    events: f64,
}

fn callgrind(program: &Path, model: &str, events: u32, out: &Path) -> Result<Run, Failure> {
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", out.display())).arg(program);
    command.args(["bench", "--model", model, "--events", &events.to_string()]);
    command.args(["--repeat", "1", "--format", "json"]);
    eprintln!("  $ {}", process::line(&command));
    let output =
        command.stdin(Stdio::null()).output().map_err(|source| process::start_failure(&command, source))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let instructions = said.lines().find_map(|line| line.split("Collected : ").nth(1)?.trim().parse().ok());
    let figures: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let figure = |name: &str| figures.as_ref()?.pointer(&format!("/models/0/{name}"))?.as_f64();
    let read = || Some(Run { instructions: instructions?, jobs: figure("jobs")?, events: figure("events")? });
    read().ok_or_else(|| Failure::Command {
        command: process::line(&command),
        status: output.status.to_string(),
    })
}

/// The simulator's own functions with the largest inclusive counts, below those that are the whole loop.
fn top(out: &Path) -> Result<Vec<String>, Failure> {
    let mut command = Command::new("callgrind_annotate");
    command.args(["--inclusive=yes", "--threshold=99.9"]).arg(out);
    Ok(functions(&process::output(&mut command)?))
}

fn functions(annotated: &str) -> Vec<String> {
    let mut found: Vec<(f64, String)> = Vec::new();
    for line in annotated.lines() {
        let Some((count, name)) = line.split_once("%)") else { continue };
        let Some(share) = count.rsplit('(').next().and_then(|text| text.trim().parse::<f64>().ok()) else {
            continue;
        };
        // `file.rs:crate::module::function [program]`
        let name = name.split(" [").next().unwrap_or_default().trim();
        let name = name.split_once(".rs:").map_or(name, |(_, name)| name);
        let known = found.iter().any(|(_, other)| other == name);
        if name.contains("brownout_sim") && share < 90.0 && !known {
            found.push((share, name.to_owned()));
        }
    }
    found.iter().take(3).map(|(share, name)| format!("{share:>5.1} % in {name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_read_from_the_annotation() {
        let text = "\
            9,000 (100.0%)  PROGRAM TOTALS\n\
            8,900 (98.9%)  run.rs:brownout_sim::engine::run::Simulation::run_some [/bin/brownout]\n\
            4,500 (50.0%)  crates/sim/src/engine/run.rs:brownout_sim::engine::run::go [/bin/brownout]\n\
            4,500 (50.0%)  calendar.rs:brownout_sim::engine::run::go [/bin/brownout]\n\
            1,800 (20.0%)  ???:malloc [libc]\n\
            900 (10.0%)  calendar.rs:brownout_sim::engine::calendar::Calendar::pop [/bin/brownout]\n";
        let wanted = [
            " 50.0 % in brownout_sim::engine::run::go",
            " 10.0 % in brownout_sim::engine::calendar::Calendar::pop",
        ];
        assert_eq!(functions(text), wanted);
    }
}
