//! Lanes, resolvers and the routes that replies take.

mod edge;
mod lane;
mod resolver;
mod route;

pub(crate) use edge::{EdgeRow, EdgeSlot};
pub(crate) use lane::{Lane, LaneId};
pub(crate) use resolver::{Known, Resolver, ResolverId};
pub(crate) use route::{RouteId, Routes};
