//! `cargo xtask shots` and `cargo xtask numbers`: the page in a browser, outside of the tests.

use clap::Args;

use crate::failure::Failure;
use crate::page::{self, Profile};
use crate::process::{self, Progress};
use crate::site::Site;
use crate::{dist, test, workspace};

#[derive(Debug, Args)]
pub struct Options {
    /// Only the pictures whose names contain one of these words.
    names: Vec<String>,
}

/// Takes the pictures of the documentation; each is also checked for clipped, overlapping and pale text.
pub fn shots(options: &Options) -> Result<(), Failure> {
    test::prepare_browser()?;
    let site = workspace::root().join("target/site-under-test");
    page::build(Profile::Release, &site, &Progress::begin())?;
    let images = workspace::root().join("docs/images");
    let mut command = test::browser_command(&site)?;
    process::run(command.arg("shots.mjs").args(&options.names).env("BROWNOUT_IMAGES", images))
}

/// Measures what the README's section of numbers states.
pub fn numbers() -> Result<(), Failure> {
    test::prepare_browser()?;
    let folder = workspace::root().join("dist");
    page::build(Profile::Release, &folder, &Progress::begin())?;
    let site = Site::load(&folder)?;
    let compressed: Vec<usize> = site
        .files()
        .filter(|(name, _)| !dist::is_for_later(name))
        .filter(|(name, _)| [".wasm", ".js", ".css", ".html"].iter().any(|end| name.ends_with(end)))
        .map(|(_, file)| dist::brotli_bytes(&file.bytes))
        .collect::<Result<_, _>>()?;
    println!(
        "Transfer size of wasm, JS, CSS and HTML by brotli: {:.1} kB",
        compressed.iter().sum::<usize>() as f64 / 1e3
    );
    process::run(test::browser_command(&folder)?.arg("numbers.mjs"))
}
