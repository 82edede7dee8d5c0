//! The simulator of Brownout: a deterministic discrete-event engine for web infrastructure.
//!
//! It knows no browser, file, clock or thread. A [`System`](system::System) is plain data; a
//! [`Simulation`] runs it; what happened is read from a [`Report`](observe::Report), from the frames
//! that animation is drawn from, and from the log of happenings.
//!
//! The same system, seed and interventions give the same [`digest`](Simulation::digest) on every machine,
//! in the browser and in the terminal: time is integer nanoseconds, random numbers are counter-based, and
//! transcendental functions come from `libm`.
//!
//! - [`param`]: one declaration per parameter; documents, forms, schema and words are derived from it.
//! - [`system`]: what is simulated, as plain data, with its validation.
//! - [`component`]: one file per component type.
//! - [`resource`]: what component types are made of and the engine owns.
//! - [`network`]: lanes, resolvers and the routes that replies take.
//! - [`engine`]: time, calendar, frames, random streams, the loop, audit.
//! - [`observe`]: histograms, series, reports, pictures, happenings.
//! - [`timeline`]: earlier moments of a run, kept: to any instant and back.

pub mod component;
pub mod engine;
pub mod network;
pub mod observe;
#[doc(hidden)]
pub mod order;
pub mod param;
#[cfg(debug_assertions)]
#[doc(hidden)]
pub mod planted;
pub mod resource;
pub mod system;
pub mod timeline;

#[cfg(feature = "bench")]
#[doc(hidden)]
pub use engine::bench;
pub use engine::{Digest, Ns, Simulation};

/// The version of the engine. It enters the digest: two engines that may differ never agree by chance.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");
