//! Where things are: the repository, cargo's target directory, the packages.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::failure::Failure;
use crate::process;

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The root of the repository: two floors above this package.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The cargo that runs us, in the root of the repository.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// What `cargo metadata` knows, with the dependencies or only with our own packages.
pub fn metadata(with_dependencies: bool) -> Result<Value, Failure> {
    let mut command = cargo();
    command.args(["metadata", "--format-version", "1"]);
    if !with_dependencies {
        command.arg("--no-deps");
    }
    serde_json::from_str(&process::output(&mut command)?)
        .map_err(|error| Failure::Sentence(format!("cargo metadata printed something unreadable: {error}")))
}

pub fn target_directory() -> Result<PathBuf, Failure> {
    match metadata(false)?.get("target_directory").and_then(Value::as_str) {
        Some(path) => Ok(PathBuf::from(path)),
        None => Err(Failure::Sentence("cargo metadata names no target directory".to_owned())),
    }
}

/// Adds the wasm target to the toolchain in use when it is missing.
pub fn ensure_wasm_target() -> Result<(), Failure> {
    if has_wasm_target()? {
        return Ok(());
    }
    eprintln!("The Rust toolchain lacks the target {WASM_TARGET}; adding it.");
    process::run(Command::new("rustup").args(["target", "add", WASM_TARGET]).current_dir(root()))
}

pub fn has_wasm_target() -> Result<bool, Failure> {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let sysroot = process::output(rustc.args(["--print", "sysroot"]).current_dir(root()))?;
    Ok(Path::new(sysroot.trim()).join("lib/rustlib").join(WASM_TARGET).join("lib").is_dir())
}
