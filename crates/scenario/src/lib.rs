//! The document that people save and share, and everything done to it.
//!
//! - [`Scenario`]: a system, its layout on the canvas, notes, planned interventions and goals.
//! - [`Record`]: a document as it stood at t = 0, and what was done during a run of it.
//! - [`edit`]: edits, their inverses, and the history.
//! - [`axis`]: the axes that timeline and charts share.
//! - [`arrivals`]: recorded times and rates from a table.
//! - [`link`]: either of them inside the address of a page.
//! - [`replicate`], [`sweep`]: several runs, and what they tell together.
//! - [`schema`], [`form`], [`reference`](mod@reference): what is derived from the declarations of parameters.
//!
//! Everything that is read from outside is bounded before it is built, and what is refused is refused with
//! a sentence that names the step, the field or the limit.

mod advice;
#[cfg(feature = "arbitrary")]
pub mod arbitrary;
pub mod arrivals;
pub mod axis;
mod codec;
mod digits;
pub mod edit;
mod error;
mod figures;
pub mod form;
mod json;
pub mod keys;
pub mod link;
mod migrate;
mod model;
pub mod otlp;
pub mod params;
mod record;
pub mod reference;
pub mod replicate;
pub mod schema;
mod starter;
pub mod sweep;
mod time;
mod validate;

pub use advice::{Advice, What};
pub use codec::{FILE_LIMIT, VERSION, read_any};
pub use digits::grouped;
pub use error::{DeflateProblem, Error, Input, JsonProblem, Lang, Problem};
pub use figures::{cost_per_million, figures};
pub use model::{EdgeName, Entry, Goal, LARGEST_SEED, Op, Part, Scenario, Seed, Settings, View, WarmUp};
pub use record::{Done, LogEntry, Record, Shared};
pub use starter::starter;
pub use time::LONGEST_S;
pub use validate::{GOALS, LARGEST_ID, NAME, NOTES, REACH};
