//! The course: lessons as data, the checker of goals, and the grading of answers.
//!
//! - [`Lesson`]: named documents, steps, and [`Goal`]s that are measured in runs of these documents.
//! - [`measure`]: a document under a seed, and its figures over stretches of time.
//! - [`check`]: all goals of a lesson, and whether every mutation turns its goal red.
//! - [`coverage`](mod@coverage): which rows of the catalogue some goal covers, and what the others need.
//! - [`prose`]: the words of a lesson, in Markdown without anything that could harm a page.
//! - [`assignment`], [`grade`](mod@grade): what a teacher asks, and what became of a student's answer.
//! - [`compare`](mod@compare): two designs side by side, and what their runs came to.
//!
//! Pure Rust without clock, files or threads: the same checker runs in the page, in a frame and in the terminal.

pub mod assignment;
pub mod change;
pub mod check;
pub mod compare;
pub mod coverage;
mod error;
mod fields;
pub mod goal;
pub mod grade;
pub mod lesson;
#[cfg(feature = "library")]
pub mod library;
pub mod measure;
pub mod metric;
pub mod prose;
mod read;

pub use check::judge_run;
pub use error::Refused;
pub use goal::{Bound, Goal, Verdict};
pub use lesson::{Lesson, Mutation, Run, Step, Text};
