//! The runner that cargo calls for tests compiled to wasm: wasm-bindgen's own, inside this program.

use std::ffi::OsString;

use clap::Args;

use crate::failure::Failure;

#[derive(Debug, Args)]
pub struct Options {
    /// The wasm file, then what `cargo test` passes on.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub fn run(options: &Options) -> Result<(), Failure> {
    let arguments =
        [OsString::from("wasm-bindgen-test-runner")].into_iter().chain(options.arguments.iter().cloned());
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(arguments)
        .map_err(|error| Failure::Sentence(format!("{error:#}")))
}
