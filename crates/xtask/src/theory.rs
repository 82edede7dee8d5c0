//! `cargo xtask theory`: what queueing theory says and what the simulator measures, at full length.

use clap::Args;

use crate::failure::Failure;
use crate::{process, workspace};

#[derive(Debug, Args)]
pub struct Options {
    /// The address of the lab that the links of the page lead to.
    #[arg(long, default_value = "http://127.0.0.1:8080/")]
    page: String,
    /// Begin no further case after so many minutes; the next call goes on with those that are missing.
    #[arg(long)]
    minutes: Option<f64>,
}

pub fn run(options: &Options) -> Result<(), Failure> {
    let mut command = workspace::cargo();
    command.args(["test", "--release", "--package", "brownout-tests", "--test", "theory", "--"]);
    command.args(["--ignored", "--nocapture", "the_page_is_written"]);
    command.env("BROWNOUT_PAGE", &options.page);
    if let Some(minutes) = options.minutes {
        command.env("BROWNOUT_MINUTES", minutes.to_string());
        command.env("BROWNOUT_KEPT", workspace::target_directory()?.join("theory"));
    }
    process::run(&mut command)
}
