//! `cargo xtask theory`: what queueing theory says and what the simulator measures, at full length.

use clap::Args;

use crate::failure::Failure;
use crate::{process, workspace};

#[derive(Debug, Args)]
pub struct Options {
    /// The address of the lab that the links of the page lead to.
    #[arg(long, default_value = "http://127.0.0.1:8080/")]
    page: String,
}

pub fn run(options: &Options) -> Result<(), Failure> {
    let mut command = workspace::cargo();
    command.args(["test", "--release", "--package", "brownout-tests", "--test", "theory", "--"]);
    command.args(["--ignored", "--nocapture", "the_page_is_written"]);
    process::run(command.env("BROWNOUT_PAGE", &options.page))
}
