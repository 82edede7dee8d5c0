//! Running other programs: every command is shown as it could be typed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::failure::Failure;

/// The command as a line for people, without environment.
pub fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or_default().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| {
        let word = word.to_string_lossy();
        if word.contains(' ') { format!("\"{word}\"") } else { word.into_owned() }
    }));
    words.join(" ")
}

/// Runs a command with its output passed through, after printing it.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    eprintln!("  $ {}", line(command));
    let status = command.stdin(Stdio::null()).status().map_err(|source| start_failure(command, source))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Command { command: line(command), status: status.to_string() })
    }
}

/// What a command prints on standard output, if it succeeds; errors go through to the terminal.
pub fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| start_failure(command, source))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Failure::Command { command: line(command), status: output.status.to_string() })
    }
}

/// Whether a command can be run and succeeds, in silence.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

pub fn start_failure(command: &Command, source: std::io::Error) -> Failure {
    Failure::Start { program: command.get_program().to_string_lossy().into_owned(), source }
}

/// Prints what a long command is doing, with the seconds since it began.
pub struct Progress {
    began: Instant,
}

impl Progress {
    pub fn begin() -> Self {
        Self { began: Instant::now() }
    }

    pub fn say(&self, what: &str) {
        eprintln!("[{:6.1} s] {what}", self.began.elapsed().as_secs_f64());
    }
}
