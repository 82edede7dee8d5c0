//! The page inside another page: its parameters and its messages. Documented in `docs/embed.md`.

mod messages;
mod parameters;
mod visibility;

pub use messages::receive;
pub use parameters::{Embed, Ui};
pub use visibility::Visibility;
