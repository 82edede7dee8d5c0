//! One direction of an edge: messages under way, in the order in which they arrive.
//!
//! A lane delivers in order (as a TCP connection does), so only its head needs a place in the calendar.

use std::collections::VecDeque;

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
    pub(crate) latency: Ns,
    messages: VecDeque<Message>,
}

impl Lane {
    /// Sends a message; true where it is the new head and must enter the calendar.
    ///
    /// After an edit that shortens the latency, what is under way still arrives first.
    #[inline]
    pub(crate) fn send(&mut self, now: Ns, frame: FrameId) -> Option<Ns> {
        let mut due = now.saturating_add(self.latency);
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

    pub(crate) fn head_due(&self) -> Option<Ns> {
        self.messages.front().map(|message| message.due)
    }

    /// Everything under way, earliest first.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter()
    }

    /// Loses everything that is under way.
    pub(crate) fn lose_all(&mut self) -> VecDeque<Message> {
        std::mem::take(&mut self.messages)
    }
}
