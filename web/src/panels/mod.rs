//! The panels around the canvas.

pub mod field;
pub mod inspector;
pub mod law;
pub mod number;
pub mod palette;
pub mod readings;
pub mod text;
pub mod timeline;
