//! `cargo xtask dist`: the static site, with what a visitor's browser will transfer.

use std::io;

use crate::failure::Failure;
use crate::page::{self, Profile};
use crate::process::Progress;
use crate::site::Site;
use crate::workspace;

pub fn run() -> Result<(), Failure> {
    let progress = Progress::begin();
    let folder = workspace::root().join("dist");
    page::build(Profile::Release, &folder, &progress)?;
    let site = Site::load(&folder)?;
    progress.say("compressing, to know the transfer size");
    print_sizes(&site)?;
    println!("dist/ is complete: copy it to any file host, at any path.");
    Ok(())
}

/// What is loaded only when a lesson or a template is opened.
pub fn is_for_later(name: &str) -> bool {
    ["tutor", "study", "styles/study", "lessons/", "templates/", "embed/"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// Bytes of every file that the first view loads, and of those that wait until a lesson or a template is: raw, and as brotli
/// would send it.
pub fn print_sizes(site: &Site) -> Result<(), Failure> {
    sizes(site, "first view", |name| !is_for_later(name))?;
    sizes(site, "later", is_for_later)
}

fn sizes(site: &Site, what: &str, has: impl Fn(&str) -> bool) -> Result<(), Failure> {
    println!("{what:<40} {:>11} {:>11}", "bytes", "brotli");
    let mut total = (0, 0);
    for (name, file) in site.files().filter(|(name, _)| has(name)) {
        let compressed = brotli_bytes(&file.bytes)?;
        println!("{name:<40} {:>11} {compressed:>11}", file.bytes.len());
        total.0 += file.bytes.len();
        total.1 += compressed;
    }
    println!("{:<40} {:>11} {:>11}", "total", total.0, total.1);
    Ok(())
}

/// Size after brotli at its strongest setting, which is how file hosts store static files.
pub fn brotli_bytes(bytes: &[u8]) -> Result<usize, Failure> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut io::Cursor::new(bytes), &mut compressed, &parameters)
        .map_err(|error| Failure::Sentence(format!("brotli could not compress: {error}")))?;
    Ok(compressed.len())
}
