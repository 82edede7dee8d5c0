//! Charts of the run, and the log of what happened.

mod data;
mod sentences;
mod words;
