//! One direction of an edge: messages under way, in the order in which they arrive.
//!
//! A lane delivers in order (as a TCP connection does), so only its head needs a place in the calendar. Where
//! latencies vary and messages may overtake each other, each has a place there of its own.

use std::collections::VecDeque;

use super::varying::Bytes;
use super::{Fair, Order, Varying};
use crate::Ns;
use crate::engine::FrameId;

/// Lanes come in pairs: `2 × slot` carries requests of an edge, `2 × slot + 1` its replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LaneId(pub(crate) u32);

impl LaneId {
    pub(crate) const fn requests(edge: u16) -> Self {
        Self(2 * edge as u32)
    }

    pub(crate) const fn replies(edge: u16) -> Self {
        Self(2 * edge as u32 + 1)
    }

    pub(crate) const fn edge(self) -> u16 {
        (self.0 / 2) as u16
    }

    pub(crate) const fn is_request(self) -> bool {
        self.0 & 1 == 0
    }
}

/// A message under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    pub(crate) due: Ns,
    pub(crate) sent: Ns,
    pub(crate) frame: FrameId,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Lane {
    /// How long every message takes; [`VARIES`](Self::VARIES) where they take different times.
    pub(crate) latency: Ns,
    /// Counts how often everything on it was lost: what the calendar holds for it from before is stale.
    pub(crate) epoch: u32,
    messages: VecDeque<Message>,
    /// Messages that keep no order. Each frame's `next` is its place here while it travels.
    loose: Vec<Message>,
    varying: Option<Box<Varying>>,
}

impl Lane {
    /// A latency that no edge has.
    pub(crate) const VARIES: Ns = Ns::MAX;

    /// A new latency, for what is sent from now on; what was getting across a link that is shared evenly no more.
    pub(crate) fn set(&mut self, latency: Ns, varying: Option<Varying>, now: Ns) -> Option<Fair> {
        self.latency = if varying.is_some() { Self::VARIES } else { latency };
        let before = std::mem::replace(&mut self.varying, varying.map(Box::new));
        // What is on the link stays there.
        let before = before?;
        if let Some(bytes) = self.bytes_mut()
            && let Some(before) = before.bytes
        {
            bytes.channel.go_on_from(&before.channel);
        }
        let before = before.fair?;
        let Some(fair) = self.fair_mut() else { return Some(before) };
        fair.go_on_from(before, now);
        None
    }

    /// Where it is shared evenly: by whom, to look at.
    pub(crate) fn fair(&self) -> Option<&Fair> {
        self.varying.as_ref()?.fair.as_ref()
    }

    /// How bytes get over it, where they take time.
    pub(crate) fn bytes_mut(&mut self) -> Option<&mut Bytes> {
        self.varying.as_mut()?.bytes.as_mut()
    }

    /// Where it is shared evenly: by whom.
    pub(crate) fn fair_mut(&mut self) -> Option<&mut Fair> {
        self.varying.as_mut()?.fair.as_mut()
    }

    /// A message that keeps no order is due at another time.
    pub(crate) fn put_off(&mut self, place: u32, due: Ns) {
        if let Some(message) = self.loose.get_mut(place as usize) {
            message.due = due;
        }
    }

    /// As [`bytes_mut`](Self::bytes_mut), to look at.
    pub(crate) fn link(&self) -> Option<&Bytes> {
        self.varying.as_ref()?.bytes.as_ref()
    }

    /// How long a message takes at least.
    pub(crate) fn base(&self) -> Ns {
        self.varying.as_ref().map_or(self.latency, |varying| varying.base())
    }

    /// Makes room for twice as many messages.
    pub(crate) fn reserve(&mut self) {
        self.messages.reserve(self.messages.len() + 256);
        self.loose.reserve(self.loose.len() + 256);
        if let Some(fair) = self.fair_mut() {
            fair.reserve();
        }
    }

    /// How long a message of this name takes.
    pub(crate) fn delay(&self, name: u64) -> Ns {
        self.varying.as_ref().map_or(self.latency, |varying| varying.delay(name))
    }

    /// Whether a message of this name is lost on the way.
    pub(crate) fn loses(&self, name: u64) -> bool {
        self.varying.as_ref().is_some_and(|varying| varying.loses(name))
    }

    pub(crate) fn order(&self) -> Order {
        self.varying.as_ref().map_or(Order::Sent, |varying| varying.order)
    }

    /// Takes in a message that keeps no order; its place.
    pub(crate) fn let_loose(&mut self, now: Ns, due: Ns, frame: FrameId) -> u32 {
        self.loose.push(Message { due, sent: now, frame });
        self.loose.len() as u32 - 1
    }

    /// Takes out the message at a place; whose message has that place now.
    pub(crate) fn catch(&mut self, place: u32) -> Option<FrameId> {
        self.loose.swap_remove(place as usize);
        self.loose.get(place as usize).map(|message| message.frame)
    }

    /// Messages that keep no order.
    pub(crate) fn loose(&self) -> &[Message] {
        &self.loose
    }

    /// Sends a message; true where it is the new head and must enter the calendar.
    ///
    /// After an edit that shortens the latency, what is under way still arrives first.
    #[inline]
    pub(crate) fn send(&mut self, now: Ns, frame: FrameId) -> Option<Ns> {
        self.send_for(now, now.saturating_add(self.latency), frame)
    }

    /// Sends a message that would arrive at this time, if nothing else is before it.
    #[inline]
    pub(crate) fn send_for(&mut self, now: Ns, mut due: Ns, frame: FrameId) -> Option<Ns> {
        let first = match self.messages.back() {
            Some(last) => {
                due = due.max(last.due);
                false
            }
            None => true,
        };
        self.messages.push_back(Message { due, sent: now, frame });
        first.then_some(due)
    }

    /// Takes out the head; the new head's time, if there is one.
    #[inline]
    pub(crate) fn arrive(&mut self) -> (Option<Message>, Option<Ns>) {
        let head = self.messages.pop_front();
        (head, self.messages.front().map(|message| message.due))
    }

    pub(crate) fn head(&self) -> Option<FrameId> {
        self.messages.front().map(|message| message.frame)
    }

    /// What is under way in order, earliest first.
    pub(crate) fn ordered(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter()
    }

    /// Everything under way: first what keeps an order, then what does not.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter().chain(&self.loose)
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let fair = self.fair().map_or(0, Fair::bytes);
        let varying = self.varying.as_ref().map_or(0, |_| size_of::<Varying>()) + fair;
        (self.messages.capacity() + self.loose.capacity()) * size_of::<Message>() + varying
    }

    /// Whether a message sent now arrives now.
    pub(crate) fn is_instant(&self) -> bool {
        self.latency == 0 && self.messages.is_empty()
    }

    /// Loses everything that is under way.
    pub(crate) fn lose_all(&mut self) -> VecDeque<Message> {
        self.epoch = self.epoch.wrapping_add(1);
        if let Some(fair) = self.fair_mut() {
            fair.lose_all();
        }
        let mut all = std::mem::take(&mut self.messages);
        all.extend(self.loose.drain(..));
        all
    }
}
