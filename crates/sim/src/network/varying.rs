//! Latency that differs from message to message, and messages that never arrive.

use super::{Channel, Fair, Sharing};
use crate::Ns;
use crate::choices;
use crate::engine::{Sampler, Stream};
use crate::system::Net;

/// The purposes of an edge's streams, one for each direction.
const REQUESTS: u32 = 0x006e_6574;
const REPLIES: u32 = 0x006e_6562;
const LOST_REQUESTS: u32 = 0x006c_6f73;
const LOST_REPLIES: u32 = 0x006c_6f62;

choices! {
    /// Whether messages may overtake each other.
    pub enum Order {
        /// Each message travels by itself, as those of different connections do. The calls of one edge are
        /// those of many visitors: this is the default, since one slow message must not delay all others.
        Any = "any", en "messages may overtake", ko "순서 없음";
        /// All in one connection: whatever is sent later arrives no earlier.
        Sent = "sent", en "in the order of sending", ko "보낸 순서대로";
    }
}

/// The time that messages of one direction take: always as long, and something drawn on top.
#[derive(Clone, Debug)]
pub(crate) struct Varying {
    base: Ns,
    sampler: Sampler,
    stream: Stream,
    pub(crate) order: Order,
    /// The share of messages that is lost, each by itself.
    loss: f64,
    losses: Stream,
    /// Where bytes take time: the link, and how TCP sends over it.
    pub(crate) bytes: Option<Bytes>,
    /// Where all that cross the link share it evenly.
    pub(crate) fair: Option<Fair>,
}

/// How bytes get over one direction of an edge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes {
    pub(crate) channel: Channel,
    /// The largest window, where bodies go in rounds.
    pub(crate) window: Option<f64>,
}

impl Bytes {
    /// `None` where bytes take no time: `is_shared` says that the sender's machine is of limited speed.
    fn new(net: &Net, is_shared: bool) -> Option<Self> {
        let window = net.slow_start.0.then_some(net.window_kb.0 * 1e3);
        let mut channel = Channel::default();
        channel.set(net.bandwidth_mbps.0);
        (net.bandwidth_mbps.0 > 0.0 || window.is_some() || is_shared).then_some(Self { channel, window })
    }
}

impl Varying {
    /// `None` where all messages arrive and take equally long: how long, is said by
    /// [`constant`](Self::constant). All take `distance` more; `is_far`, each its own way on top.
    pub(crate) fn new(
        net: &Net,
        seed: u64,
        edge: u32,
        is_request: bool,
        distance: Ns,
        is_far: bool,
        is_shared: bool,
    ) -> Option<Self> {
        let sampler = Sampler::new(&net.jitter);
        let is_constant = matches!(sampler, Sampler::Constant(_));
        let bytes = Bytes::new(net, is_shared);
        if is_constant && net.loss.0 == 0.0 && !is_far && bytes.is_none() {
            return None;
        }
        let (times, losses) = if is_request { (REQUESTS, LOST_REQUESTS) } else { (REPLIES, LOST_REPLIES) };
        let is_fair = net.sharing == Sharing::Fair && net.bandwidth_mbps.0 > 0.0;
        Some(Self {
            fair: is_fair.then(|| Fair::new(net.bandwidth_mbps.0)),
            base: net.latency_ms.ns().saturating_add(distance),
            sampler,
            stream: Stream::new(seed, edge, times),
            // Those that take equally long keep their order of themselves.
            order: if is_far || is_fair || bytes.is_some_and(|bytes| bytes.window.is_some()) {
                Order::Any
            } else if is_constant {
                Order::Sent
            } else {
                net.order
            },
            loss: net.loss.0,
            losses: Stream::new(seed, edge, losses),
            bytes,
        })
    }

    /// How long a message takes at least.
    pub(crate) const fn base(&self) -> Ns {
        self.base
    }

    /// How long every message takes, where nothing is drawn.
    pub(crate) fn constant(net: &Net) -> Ns {
        let base = net.latency_ms.ns();
        match Sampler::new(&net.jitter) {
            Sampler::Constant(more) => base.saturating_add(more),
            _ => base,
        }
    }

    /// Whether the message with this name is lost on the way.
    pub(crate) fn loses(&self, name: u64) -> bool {
        self.loss > 0.0 && self.losses.at(name).chance(self.loss)
    }

    /// How long the message with this name takes.
    pub(crate) fn delay(&self, name: u64) -> Ns {
        self.base.saturating_add(self.sampler.draw(&mut self.stream.at(name)))
    }
}
