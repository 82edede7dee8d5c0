//! What can go wrong, in sentences that say what to do next.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

#[derive(Debug, Error)]
pub enum Failure {
    #[error("{program} could not be started ({source}); install it or put it on the PATH")]
    Start { program: String, source: io::Error },
    #[error("`{command}` failed ({status}); its own message is above")]
    Command { command: String, status: String },
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error(
        "port {port} on 127.0.0.1 is taken by another program; stop that one or choose another with --port"
    )]
    PortTaken { port: u16 },
    #[error("port {port} on 127.0.0.1 cannot be opened ({source}); choose another with --port")]
    Port { port: u16, source: io::Error },
    #[error("wasm-bindgen could not process {path}: {reason}")]
    Bindgen { path: PathBuf, reason: String },
    #[error("{0}")]
    Sentence(String),
}

impl Failure {
    /// For `map_err` on file operations: keeps the path that the operating system's error lacks.
    pub fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
