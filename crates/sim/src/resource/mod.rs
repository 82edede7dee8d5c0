//! What component types are made of. Resources belong to the engine, not to the component: so kill, audit,
//! gauges and the release of what a dead holder held are the same for all types.

mod broker;
mod fetches;
mod history;
mod index;
mod locks;
mod pages;
mod placement;
mod pool;
mod quorum;
mod regime;
mod replica;
mod rows;
mod station;
mod station_params;
mod store;
mod table;
mod tally;
mod tracker;
pub(crate) mod work_clock;

pub use broker::Mirroring;
pub(crate) use broker::{
    Broker, BrokerId, BrokerRules, Consumer, Group, Message, MessageCounts, MessageTimes, Out,
};
pub(crate) use fetches::{Asker, Fetches};
pub(crate) use history::{Histories, MAIN, Place};
pub(crate) use locks::{LockId, LockRules, LockWait, Locks, MOST_ROWS, Transaction};
pub use locks::{LockOrder, Locking};
pub(crate) use pages::Pages;
pub use placement::Placing;
pub(crate) use placement::{Placement, Ring, hash_of};
pub(crate) use pool::{Pool, PoolRules};
pub use quorum::Coordinator;
pub(crate) use quorum::{Hint, MOST_COPIES, Op, Quorum, QuorumId, QuorumRules};
pub(crate) use regime::Regime;
pub(crate) use replica::{Applier, GroupCounts, GroupId, GroupRules, Member, Replicas};
pub use replica::{Fencing, ReadFrom, Replication};
pub(crate) use rows::Rows;
pub(crate) use station::{Grant, Station, StationId, StationShape};
pub use station::{QueueOrder, WhenFull};
pub use station_params::{Concurrency, Express, Shed, StationParams};
pub use store::Evict;
pub(crate) use store::{Entry, Look, Store, StoreShape};
pub(crate) use table::Table;
pub(crate) use tally::Tally;
pub(crate) use tracker::{Known as KnownConnection, Room, Tracker};
pub(crate) use work_clock::Piece;
