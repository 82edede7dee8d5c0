//! The panels around the canvas.

pub mod field;
pub mod inspector;
pub mod lanes;
mod law;
pub mod number;
pub mod palette;
mod plan;
pub mod readings;
pub mod text;
pub mod timeline;
