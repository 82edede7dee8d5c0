//! An edge of a running system.

use super::{Cut, ResolverId, RouteId};
use crate::Ns;
use crate::engine::{FrameId, InstanceId};
use crate::observe::EdgeLedger;
use crate::system::{EdgeKind, Id, Mode};

/// The place of an edge, given in order of appearance and never reused.
pub(crate) type EdgeSlot = u16;

#[derive(Clone, Debug)]
pub(crate) struct EdgeRow {
    pub(crate) id: Id,
    pub(crate) kind: EdgeKind,
    /// Slots of the parts at its ends.
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) mode: Mode,
    pub(crate) weight: Option<f64>,
    /// Taken out of the design: calls under way end, no new ones begin.
    pub(crate) removed: bool,
    /// What it loses.
    pub(crate) cut: Cut,
    /// How much longer its messages take than it says itself: it leads from one place to another. Where its callers
    /// stand at several places, each message has its own way.
    pub(crate) distance: Ns,
    pub(crate) is_far: bool,
    /// What is sent over it arrives at the same moment: it is not cut and takes no time.
    pub(crate) is_instant: bool,
    /// Whether a call over it is more than sending a message: it leads to a name, or has a policy.
    pub(crate) is_plain: bool,
    /// Its policy does nothing but call again when a call has failed, and it leads to no name.
    pub(crate) only_retries: bool,
    /// The route of a call that crosses it alone.
    pub(crate) route: RouteId,
    /// Where the part at its end has one instance only, that one.
    pub(crate) sole: InstanceId,
    /// The list of timeouts that new calls join; none waits for ever.
    pub(crate) timeouts: FrameId,
    /// Where it leads to a name server: what the caller's resolver knows.
    pub(crate) resolver: Option<ResolverId>,
    /// Where its callers do more than give up after a timeout: what they remember.
    pub(crate) policy: Option<u32>,
    /// Next instance of the callee, in turn.
    pub(crate) turn: u32,
    pub(crate) ledger: EdgeLedger,
}
