//! `brownout`: the simulator in a terminal.
//!
//! Results go to standard output, progress and messages to standard error. The exit code is 0, 1 where a
//! result or an input is bad, and 2 where the command line is.

mod arguments;
mod arrivals;
mod bench;
mod check;
mod components;
mod decode;
mod failure;
mod grade;
mod input;
mod lessons;
mod link;
mod many;
mod output;
mod progress;
mod run;
mod schema;
mod trace;
mod why;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
use failure::Failure;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version are results; everything else is a usage error, which clap ends with 2.
        Err(error) => error.exit(),
    };
    let done = match &arguments.command {
        Command::Run(options) => run::run(options),
        Command::Sweep(options) => many::sweep(options),
        Command::Merge { files, format } => many::merge(files, *format),
        Command::Trace(options) => trace::trace(options),
        Command::Why(options) => why::why(options),
        Command::Lessons(options) => lessons::lessons(options),
        Command::Grade(options) => grade::grade(options),
        Command::Bench(options) => bench::bench(options),
        Command::Arrivals(options) => arrivals::arrivals(options),
        Command::Check { scenario } => check::check(scenario),
        Command::Link { scenario, page } => link::link(scenario, page.as_deref()),
        Command::Decode { link } => decode::decode(link),
        Command::Schema => schema::schema(),
        Command::Components { format, lang } => components::components(*format, *lang),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has heard enough: `brownout schema | head`.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("brownout: {failure}");
            failure.code()
        }
    }
}
