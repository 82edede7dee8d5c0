//! `cargo xtask fuzz`: hunts for documents and run records that break the engine, for as long as one likes.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::failure::Failure;
use crate::{process, workspace};

/// What `cargo xtask test` spends on each kind of input, at least.
pub const SECONDS: u64 = 60;
pub const EXECUTIONS: u64 = 20_000;
/// The tests that hunt have these words in their names.
pub const HUNTS: &str = "without_a_defect";

#[derive(Debug, Args)]
pub struct Options {
    /// How long, for each kind of input.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// How many executions at least, for each kind of input.
    #[arg(long, default_value_t = EXECUTIONS)]
    executions: u64,
    /// Another seed hunts elsewhere.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// `document` or `record`; without it, both at once.
    #[arg(long)]
    target: Option<String>,
    /// Only read and run this file, as a find says it.
    #[arg(long)]
    replay: Option<PathBuf>,
    /// Choose the committed inputs in tests/fuzz anew from what this hunt meets.
    #[arg(long)]
    write_corpus: bool,
}

/// The command that hunts: the same build as that of all other native tests.
pub fn command(seconds: u64, executions: u64, seed: u64) -> Command {
    let mut command = workspace::cargo();
    command.args(["test", "--workspace", "--test", "fuzz", "--", "--nocapture"]);
    command.env("BROWNOUT_FUZZ_SECONDS", seconds.to_string());
    command.env("BROWNOUT_FUZZ_EXECUTIONS", executions.to_string());
    command.env("BROWNOUT_FUZZ_SEED", seed.to_string());
    command
}

pub fn run(options: &Options) -> Result<(), Failure> {
    let mut command = command(options.seconds, options.executions, options.seed);
    if let Some(path) = &options.replay {
        let path = path.canonicalize().map_err(Failure::file(path))?;
        command.env("BROWNOUT_FUZZ_REPLAY", path).arg("replayed");
    } else if options.write_corpus {
        command.env("BROWNOUT_FUZZ_CORPUS", "1").arg("the_corpus_is_chosen_anew");
    } else {
        match options.target.as_deref() {
            None => command.arg(HUNTS),
            Some("document") => command.arg("documents_run"),
            Some("record") => command.arg("records_run"),
            Some(other) => {
                return Err(Failure::Sentence(format!("--target {other}: there are document and record")));
            }
        };
    }
    process::run(&mut command)
}
