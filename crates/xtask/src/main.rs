//! The project's own commands: `cargo xtask serve`, `dist`, `test`, `fuzz`, `theory`, `instructions`,
//! `check`, `shots`, `numbers`.
//!
//! Everything that they need beyond rustup, a C compiler and Node.js they fetch themselves, and say so.

mod check;
mod dist;
mod failure;
mod fuzz;
mod instructions;
mod licences;
mod offline;
mod page;
mod pictures;
mod process;
mod serve;
mod server;
mod site;
mod test;
mod theory;
mod wasm_test;
mod watch;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, serves, tests and checks Brownout.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the page and serve it on this machine.
    Serve(serve::Options),
    /// Build dist/, a static site for any file host and any sub-path.
    Dist,
    /// Run every test, and get what that needs.
    Test(test::Options),
    /// Hunt for documents and run records that break the engine.
    Fuzz(fuzz::Options),
    /// Compare the simulator with queueing theory at full length, and write docs/theory.md.
    Theory(theory::Options),
    /// Count the instructions of a job and an event, by callgrind.
    Instructions(instructions::Options),
    /// Check format, lints, types, documentation, licences: before every commit.
    Check,
    /// Take the pictures of the documentation, into docs/images/.
    Shots(pictures::Options),
    /// Measure transfer size and start time, as stated in the README.
    Numbers,
    /// Run one test binary that was compiled to wasm (cargo calls this).
    #[command(hide = true)]
    WasmTest(wasm_test::Options),
}

fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(options) => serve::run(options),
        Command::Dist => dist::run(),
        Command::Test(options) => return test::run(options),
        Command::Fuzz(options) => fuzz::run(options),
        Command::Theory(options) => theory::run(options),
        Command::Instructions(options) => instructions::run(options),
        Command::Check => check::run(),
        Command::Shots(options) => pictures::shots(options),
        Command::Numbers => pictures::numbers(),
        Command::WasmTest(options) => wasm_test::run(options),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    run(&Arguments::parse().command).unwrap_or_else(|failure| {
        eprintln!("error: {failure}");
        ExitCode::FAILURE
    })
}
