//! `cargo xtask instructions`: what a job and an event cost, in instructions, whatever else the machine does.
//!
//! Callgrind counts two runs of different lengths; their difference leaves out reading, starting and reporting.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{process, workspace};

#[derive(Debug, Args)]
pub struct Options {
    /// Only these models: m1, m1-unused, m2, m3, m4, parts60.
    models: Vec<String>,
}

struct Model {
    name: &'static str,
    document: &'static str,
    /// Simulated seconds of the two runs.
    seconds: [u32; 2],
}

const MODELS: [Model; 6] = [
    Model { name: "m1", document: "fixtures/bench/m1.json", seconds: [20_000, 60_000] },
    Model { name: UNUSED, document: "fixtures/bench/m1.json", seconds: [20_000, 60_000] },
    Model { name: "m2", document: "fixtures/bench/m2.json", seconds: [6_000, 18_000] },
    Model { name: "m3", document: "fixtures/bench/m3.json", seconds: [2_000, 6_000] },
    Model { name: "m4", document: "fixtures/bench/m4.json", seconds: [1_500, 4_500] },
    Model { name: "parts60", document: "fixtures/parts60.json", seconds: [2, 8] },
];

/// M1 beside a part that nobody calls, which must cost hardly anything.
const UNUSED: &str = "m1-unused";
/// It keeps at least this share of the rate of M1.
const KEPT: f64 = 0.9;

struct Counted {
    name: &'static str,
    per_job: f64,
    per_event: f64,
    top: Vec<String>,
}

pub fn run(options: &Options) -> Result<(), Failure> {
    let known = |name: &String| MODELS.iter().any(|model| model.name == name);
    if let Some(unknown) = options.models.iter().find(|name| !known(name)) {
        let names: Vec<_> = MODELS.iter().map(|model| model.name).collect();
        return Err(Failure::Sentence(format!("{unknown}: there are {}", names.join(", "))));
    }
    if !process::succeeds(Command::new("valgrind").arg("--version")) {
        println!("Instructions were not counted: valgrind is not installed.");
        return Ok(());
    }
    let folder = workspace::target_directory()?.join("instructions");
    fs::create_dir_all(&folder).map_err(Failure::file(&folder))?;
    let program = build()?;
    let mut all = Vec::new();
    for model in &MODELS {
        if options.models.is_empty() || options.models.iter().any(|name| name == model.name) {
            let counted = model.count(&program, &folder)?;
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

impl Model {
    fn count(&self, program: &Path, folder: &Path) -> Result<Counted, Failure> {
        let document = self.document(folder)?;
        let mut runs = Vec::new();
        for seconds in self.seconds {
            runs.push(callgrind(
                program,
                &document,
                seconds,
                &folder.join(format!("{}.{seconds}", self.name)),
            )?);
        }
        let difference = |read: fn(&Run) -> f64| read(&runs[1]) - read(&runs[0]);
        let instructions = difference(|run| run.instructions);
        Ok(Counted {
            name: self.name,
            per_job: instructions / difference(|run| run.jobs),
            per_event: instructions / difference(|run| run.events),
            top: top(&folder.join(format!("{}.{}", self.name, self.seconds[1])))?,
        })
    }

    fn document(&self, folder: &Path) -> Result<PathBuf, Failure> {
        let path = workspace::root().join(self.document);
        if self.name != UNUSED {
            return Ok(path);
        }
        let text = fs::read_to_string(&path).map_err(Failure::file(&path))?;
        let unreadable = |error| Failure::Sentence(format!("{}: {error}", path.display()));
        let mut document: Value = serde_json::from_str(&text).map_err(unreadable)?;
        if let Some(parts) = document["parts"].as_array_mut() {
            parts.push(json!({"id": 100, "type": "app"}));
        }
        let changed = folder.join("m1-unused.json");
        fs::write(&changed, document.to_string()).map_err(Failure::file(&changed))?;
        Ok(changed)
    }
}

struct Run {
    instructions: f64,
    jobs: f64,
    events: f64,
}

fn callgrind(program: &Path, document: &Path, seconds: u32, out: &Path) -> Result<Run, Failure> {
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", out.display())).arg(program);
    command.arg("run").arg(document).args(["--duration", &format!("{seconds}s"), "--format", "json"]);
    eprintln!("  $ {}", process::line(&command));
    let output =
        command.stdin(Stdio::null()).output().map_err(|source| process::start_failure(&command, source))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let instructions = said.lines().find_map(|line| line.split("Collected : ").nth(1)?.trim().parse().ok());
    let figures: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let figure = |value: Option<&Value>| value.and_then(Value::as_f64);
    let read = figures.as_ref().and_then(|figures| {
        let jobs = figure(figures.pointer("/requests/succeeded"))?;
        Some(Run { instructions: instructions?, jobs, events: figure(figures.get("events"))? })
    });
    read.ok_or_else(|| Failure::Command {
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
