//! The resolver that every caller has implicitly: it caches answers of name servers until their TTL.
//!
//! Look-ups of one name are coalesced. A failed look-up is remembered for one second, the least that
//! RFC 9520 (section 3.2) asks for.

use super::EdgeSlot;
use crate::Ns;
use crate::engine::{FrameId, SECOND};

/// The place of a resolver.
pub(crate) type ResolverId = u32;

/// How long a failed look-up is remembered.
pub(crate) const FAILURE_TTL: Ns = SECOND;

/// What one caller knows of one name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolver {
    /// The record, valid up to and including this time.
    pub(crate) known: Option<(EdgeSlot, Ns)>,
    /// Look-ups fail without being tried until this time.
    pub(crate) failed_until: Option<Ns>,
    /// The frame that asks at the moment, with its generation.
    pub(crate) asking: Option<(FrameId, u32)>,
    /// The name is asked for at a resolver part, each time, and nothing is kept here.
    pub(crate) asks_always: bool,
    /// Those that wait for its answer, in order.
    pub(crate) waiting: Vec<(FrameId, u32)>,
}

/// What a resolver can say at once.
pub(crate) enum Known {
    Record(EdgeSlot),
    Failed,
    /// Somebody asks already.
    Asking,
    Nothing,
}

impl Resolver {
    pub(crate) fn look(&self, now: Ns) -> Known {
        match (self.known, self.failed_until) {
            (Some((record, until)), _) if now <= until => Known::Record(record),
            (_, Some(until)) if now < until => Known::Failed,
            _ if self.asking.is_some() => Known::Asking,
            _ => Known::Nothing,
        }
    }

    /// Takes in an answer or a failure; those that waited for it are still to be woken.
    pub(crate) fn answered(&mut self, now: Ns, record: Option<(EdgeSlot, Ns)>) {
        match record {
            Some((record, ttl)) => {
                self.known = Some((record, now.saturating_add(ttl)));
                self.failed_until = None;
            }
            None => {
                self.known = None;
                self.failed_until = Some(now.saturating_add(FAILURE_TTL));
            }
        }
        self.asking = None;
    }
}
