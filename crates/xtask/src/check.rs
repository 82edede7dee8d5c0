//! `cargo xtask check`: what runs before every commit. Everything is tried, so that one run shows all that is wrong.

use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::process::{self, Progress};
use crate::{licences, workspace};

/// The packages that the page is made of.
const PAGE_PACKAGES: [&str; 4] = ["brownout-sim", "brownout-scenario", "brownout-course", "brownout-web"];
const WASM_LINTS: &str = "crates/xtask/clippy-wasm";

type Check = (&'static str, fn() -> Result<(), Failure>);

const CHECKS: [Check; 8] = [
    ("format", || process::run(workspace::cargo().args(["fmt", "--all", "--check"]))),
    ("types, natively", || process::run(workspace::cargo().args(["check", "--workspace", "--all-targets"]))),
    ("types, in wasm", || process::run(&mut for_wasm("check"))),
    ("lints, natively", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
        process::run(workspace::cargo().args(arguments))
    }),
    ("lints, in wasm", || {
        let lints = workspace::root().join(WASM_LINTS);
        process::run(for_wasm("clippy").args(["--", "--deny", "warnings"]).env("CLIPPY_CONF_DIR", lints))
    }),
    ("documentation", || {
        let mut command = workspace::cargo();
        process::run(command.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))
    }),
    ("licences", || {
        let packages = licences::check()?;
        eprintln!("  {packages} packages, all under licences that deny.toml allows");
        Ok(())
    }),
    ("advisories", advisories),
];

pub fn run() -> Result<(), Failure> {
    workspace::ensure_wasm_target()?;
    let progress = Progress::begin();
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        progress.say(name);
        if let Err(failure) = check() {
            eprintln!("error: {failure}");
            failed.push(name);
        }
    }
    progress.say("done");
    if failed.is_empty() {
        println!("All {} checks passed.", CHECKS.len());
        Ok(())
    } else {
        Err(Failure::Sentence(format!("these checks failed: {}", failed.join("; "))))
    }
}

fn for_wasm(subcommand: &str) -> Command {
    let mut command = workspace::cargo();
    command.args([subcommand, "--target", workspace::WASM_TARGET, "--lib"]);
    command.args(PAGE_PACKAGES.iter().flat_map(|package| ["--package", package]));
    command
}

/// Known vulnerabilities. Needs cargo-deny and a database from the network, so that its absence is no failure.
fn advisories() -> Result<(), Failure> {
    if !process::succeeds(workspace::cargo().args(["deny", "--version"])) {
        println!("  Advisories were skipped: cargo-deny is not installed.");
        return Ok(());
    }
    let mut command = workspace::cargo();
    command.args(["deny", "check", "advisories"]).stdin(Stdio::null());
    let output = command.output().map_err(|source| process::start_failure(&command, source))?;
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Ok(())
    } else if text.contains("failed to fetch advisory database")
        || text.contains("failed to load advisory database")
    {
        println!("  Advisories were skipped: their database could not be fetched.");
        Ok(())
    } else {
        eprint!("{text}");
        Err(Failure::Command { command: process::line(&command), status: output.status.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_banned_natively_is_banned_in_wasm_too() {
        let read = |path: &str| fs::read_to_string(workspace::root().join(path)).expect(path);
        let in_wasm = read(&format!("{WASM_LINTS}/clippy.toml"));
        for line in read("clippy.toml").lines().filter(|line| !line.starts_with('#')) {
            assert!(in_wasm.contains(line), "{WASM_LINTS}/clippy.toml lacks: {line}");
        }
    }
}
