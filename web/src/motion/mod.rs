//! Messages on their way, painted in Rust: which pixels, what shapes, and the layer that shows them.

mod layer;
mod measure;
mod painter;
mod scene;
mod sprites;
mod stamp;
mod tokens;
mod words;

pub use layer::DotLayer;
pub use sprites::nearest;
pub use tokens::{Rgb, Tokens};
