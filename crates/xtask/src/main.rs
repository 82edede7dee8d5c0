//! The project's own commands: `cargo xtask serve`, `dist`, `test`, `check`, `shots`, `numbers`.
//!
//! Everything that they need beyond rustup, a C compiler and Node.js they fetch themselves, and say so.

mod dist;
mod failure;
mod page;
mod process;
mod serve;
mod server;
mod site;
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
}

fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Serve(options) => serve::run(options),
        Command::Dist => dist::run(),
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
