//! Time, calendar, frames, random streams, the loop, audit.

#[cfg(test)]
mod allocations;
mod audit;
mod audit_messages;
mod audit_policy;
mod audit_regime;
mod audit_waits;
mod balance;
#[cfg(feature = "bench")]
pub mod bench;
mod build;
mod bury;
mod bytes;
mod caching;
mod calendar;
mod cancel;
mod carry;
mod change;
mod choose;
mod condition;
mod connect;
mod core;
mod count;
mod cx;
mod deliver;
mod digest;
mod experiment;
mod failover;
mod flow;
mod fold;
mod fork;
mod frame;
mod guard;
mod habit;
mod heap;
mod host;
mod lay;
mod look_up;
mod outages;
mod pack;
mod place;
mod policy;
mod random;
mod read;
mod record;
mod regime;
mod release;
mod replicate;
mod reply;
mod reserve;
mod run;
mod sampler;
#[cfg(test)]
mod tamper;
mod team;
mod time;
mod travel;
mod watch;
mod work;
mod ziggurat;
mod zipf;

pub use audit::Leak;
pub use digest::Digest;
pub use run::{Options, Simulation};
pub use time::{MILLISECOND, Ns, SECOND, Seconds};

pub(crate) use self::core::{Core, InstanceId, InstanceState, PartRow, Place, Waiting};
pub(crate) use build::Build;
pub(crate) use caching::{CacheId, Known};
pub(crate) use carry::Asks;
pub(crate) use condition::Pauses;
pub(crate) use cx::{Cx, DONE, Next, PASS, Pc, RELAY};
pub(crate) use flow::Flow;
pub(crate) use fork::MOST_BRANCHES;
pub(crate) use frame::{Frame, FrameId, Frames, Phase};
pub(crate) use habit::LEARN;
pub(crate) use pack::Packed;
pub(crate) use random::{Draws, Stream, mix64};
pub(crate) use release::Release;
pub(crate) use replicate::{APPEND, SEEN};
pub(crate) use sampler::Sampler;
#[cfg(test)]
pub(crate) use tamper::{choice_or_exit as tamper_choice, time as tamper_time, unit as tamper_unit};
pub(crate) use team::{Coordination, GRANTED, TAKE_OVER, TOLD, Team, TeamId};
pub(crate) use ziggurat::{Ziggurat, exponential, exponential_table};
pub(crate) use zipf::{Keys, Zipf};
