//! The simulator in a thread of its own: what the page holds of it, what runs there, and what they say.

mod action;
mod engine_room;
#[cfg(test)]
mod engine_room_tests;
mod entry;
mod frame;
mod pace;
mod protocol;
mod recovery;
mod simulator;
mod wire;

pub use entry::start;
pub use frame::{FIRST_DOTS, Frame, History, MAX_DOTS};
pub use simulator::{Event, Simulator};
