//! Balancers, lanes, resolvers, the routes that replies take and what callers remember.

mod balancer;
mod channel;
mod cut;
mod edge;
mod fair;
mod habits;
mod idle;
mod lane;
mod last_calls;
mod order;
mod policy;
mod resolver;
mod rolling;
mod route;
mod varying;

pub(crate) use balancer::{Algorithm, Circle, MeasureRules, NOBODY, TargetView, View, ViewId};
pub(crate) use channel::{Channel, FIRST_WINDOW, RESTART, rounds};
pub(crate) use cut::Cut;
pub(crate) use edge::{EdgeRow, EdgeSlot};
pub use fair::Sharing;
pub(crate) use fair::{Fair, Sending};
pub(crate) use habits::{HabitRules, Persistence};
pub(crate) use idle::Idle;
pub(crate) use lane::{Lane, LaneId};
pub(crate) use policy::{Admission, PolicyRow, Rules, Turn};
pub(crate) use resolver::{Known, Resolver, ResolverId};
pub(crate) use rolling::Rolling;
pub(crate) use route::{RouteId, Routes};
pub use varying::Order;
pub(crate) use varying::Varying;
