//! Charts of the run, and the log of what happened.

mod data;
mod log;
mod panel;
mod plotting;
mod sentences;
mod words;

pub use data::Chart;
pub use log::{EventLog, names_of};
pub use panel::Charts;
pub use sentences::{Line, Teller, Tone, time};
