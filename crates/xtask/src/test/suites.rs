//! The suites: cargo's tests natively, fuzzing, the tests for wasm in wasm, and the page in a browser.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::probe::{browser, browser_tests};
use super::tally::Tally;
use crate::failure::Failure;
use crate::page::{self, Profile};
use crate::process::{self, Progress};
use crate::{fuzz, workspace};

/// An integration test of this name is run in wasm too, in whichever package it is.
const WASM_TEST_NAME: &str = "wasm";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    Native,
    Fuzz,
    Wasm,
    Browser,
}

impl Suite {
    pub const ALL: [Self; 4] = [Self::Native, Self::Fuzz, Self::Wasm, Self::Browser];

    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Fuzz => "fuzz",
            Self::Wasm => "wasm",
            Self::Browser => "browser",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Native => "Native tests of every package",
            Self::Fuzz => "Fuzzing of documents and run records",
            Self::Wasm => "Tests compiled to WebAssembly",
            Self::Browser => "Tests of the page in a browser",
        }
    }

    pub fn run(self, words: &[String]) -> Result<Tally, Failure> {
        match self {
            Self::Native => native(words),
            Self::Fuzz => fuzzing(words),
            Self::Wasm => wasm(words),
            Self::Browser => in_browser(words),
        }
    }
}

fn native(words: &[String]) -> Result<Tally, Failure> {
    let mut command = workspace::cargo();
    command.args(["test", "--workspace", "--no-fail-fast", "--"]).args(words);
    counted(&mut command)
}

/// For each kind of input at least a minute and a number of executions, in the build of the native tests.
fn fuzzing(words: &[String]) -> Result<Tally, Failure> {
    let mut command = fuzz::command(fuzz::SECONDS, fuzz::EXECUTIONS, 1);
    if words.is_empty() {
        command.arg(fuzz::HUNTS);
    }
    counted(command.args(words))
}

fn wasm(words: &[String]) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    // The runner takes one word at a time.
    let filters: Vec<Option<&String>> =
        if words.is_empty() { vec![None] } else { words.iter().map(Some).collect() };
    for package in wasm_tested_packages(&workspace::metadata(false)?) {
        for filter in &filters {
            let mut command = workspace::cargo();
            command.args(["test", "--target", workspace::WASM_TARGET, "--package", &package]);
            command.args(["--test", WASM_TEST_NAME, "--"]).args(filter);
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", this_program_as_runner()?);
            tally += counted(&mut command)?;
        }
    }
    Ok(tally)
}

/// Saves the detour over cargo that `.cargo/config.toml` takes when `cargo test` is called by hand.
fn this_program_as_runner() -> Result<OsString, Failure> {
    let mut runner = env::current_exe()
        .map_err(|error| Failure::Sentence(format!("this program does not know its own path: {error}")))?
        .into_os_string();
    runner.push(" wasm-test");
    Ok(runner)
}

fn wasm_tested_packages(metadata: &Value) -> Vec<String> {
    let is_wasm_test = |target: &Value| {
        target["name"] == WASM_TEST_NAME
            && target["kind"].as_array().is_some_and(|kinds| kinds.contains(&"test".into()))
    };
    metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|package| {
            package["targets"].as_array().is_some_and(|targets| targets.iter().any(is_wasm_test))
        })
        .filter_map(|package| package["name"].as_str().map(str::to_owned))
        .collect()
}

fn in_browser(words: &[String]) -> Result<Tally, Failure> {
    let site = workspace::root().join("target/site-under-test");
    page::build(Profile::Release, &site, &Progress::begin())?;
    let mut files = Vec::new();
    find_tests(&browser_tests(), &mut files)?;
    files.sort();
    let files = files.iter().map(|file| file.strip_prefix(browser_tests()).unwrap_or(file));
    let mut command = browser_command(&site)?;
    // One file at a time: they measure time, and two browsers on two cores would disturb each other.
    command.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]);
    command.args(words.iter().map(|word| format!("--test-name-pattern={word}"))).args(files);
    counted(&mut command)
}

/// Node.js in `tests/browser`, told where the built site and the browser are.
pub fn browser_command(site: &Path) -> Result<Command, Failure> {
    let browser = browser().ok_or_else(|| {
        Failure::Sentence("no Chromium was found in the PATH, in CHROME or with Playwright".into())
    })?;
    let mut command = Command::new("node");
    command.current_dir(browser_tests()).env("BROWNOUT_SITE", site).env("CHROME", browser);
    Ok(command)
}

fn find_tests(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let path = entry.map_err(Failure::file(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "node_modules" {
            find_tests(&path, found)?;
        } else if name.ends_with(".test.mjs") {
            found.push(path);
        }
    }
    Ok(())
}

/// Runs a test command, showing its output and counting in it; one that ends badly has at least one failure.
fn counted(command: &mut Command) -> Result<Tally, Failure> {
    println!("  $ {}", process::line(command));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| process::start_failure(command, source))?;
    let mut tally = Tally::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            tally.count(line.trim_end());
        }
    }
    let status = child.wait().map_err(|source| process::start_failure(command, source))?;
    if !status.success() && tally.failed == 0 {
        println!("`{}` ended with {status}; counted as one failure.", process::line(command));
        tally.failed = 1;
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_called_wasm_is_found_by_its_kind() {
        let metadata = serde_json::json!({"packages": [
            {"name": "one", "targets": [{"name": "wasm", "kind": ["test"]}, {"name": "one", "kind": ["lib"]}]},
            {"name": "two", "targets": [{"name": "wasm", "kind": ["lib"]}]},
        ]});
        assert_eq!(wasm_tested_packages(&metadata), ["one"]);
    }

    #[test]
    fn a_command_that_ends_badly_without_a_count_is_one_failure() {
        let tally = counted(Command::new("sh").args(["-c", "echo no result; exit 3"]));
        assert_eq!(tally.expect("sh starts"), Tally::one_failure());
        let tally = counted(Command::new("sh").args(["-c", "echo 'test result: ok. 2 passed; 0 failed'"]));
        assert_eq!(tally.expect("sh starts"), Tally { passed: 2, failed: 0 });
    }
}
