//! How a command ends that does not succeed.

use std::process::ExitCode;

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{name}: {error}")]
    Read { name: String, error: std::io::Error },
    #[error("{name}: no such file, and not a link")]
    NotFound { name: String },
    #[error("{name}: {error}")]
    Refused { name: String, error: brownout_scenario::Error },
    #[error("{name}: {error}")]
    Arrivals { name: String, error: brownout_scenario::arrivals::ArrivalsError },
    /// A link that would not be read again.
    #[error(transparent)]
    Writer(#[from] brownout_scenario::Error),
    #[error("the run stopped early: {0}")]
    Halted(String),
    #[error("{0}")]
    Lesson(brownout_course::Refused),
    /// A goal that does not hold, or a mutation that does nothing.
    #[error("{0}")]
    Check(String),
    /// A measurement that must not be so.
    #[error("{0}")]
    Bench(String),
    #[error("standard output: {0}")]
    Output(#[from] std::io::Error),
    #[error("{0}")]
    Shard(String),
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    pub fn code(&self) -> ExitCode {
        ExitCode::from(if matches!(self, Self::Usage(_)) { 2 } else { 1 })
    }
}
