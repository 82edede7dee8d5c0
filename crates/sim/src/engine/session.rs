//! Calls to a store that servers share their sessions in: what such a call is about, and for how long it is kept.

use super::carry::Asks;
use super::{Core, Frame, FrameId, Ns};

impl Core {
    /// A server is about to ask the store of its sessions for one: what it calls now is about that session.
    pub(crate) fn ask_for_session(&mut self, frame: FrameId, asks: Asks, number: u32, until: Ns) {
        let carried = self.carried_mut(frame);
        (carried.asks, carried.token, carried.when) = (asks, number, until);
        self.forget_known_key(frame);
    }

    /// It has heard of it, and goes on with what the request is about.
    pub(crate) fn end_session_call(&mut self, frame: FrameId) -> (Asks, u32) {
        let carried = self.carried_mut(frame);
        let asked = (std::mem::replace(&mut carried.asks, Asks::Plain), carried.token);
        carried.when = 0;
        self.forget_known_key(frame);
        asked
    }

    /// The key of the data that a request is about, also while its frame asks for a session.
    pub(super) fn request_key(&mut self, frame: FrameId) -> u32 {
        if self.session_of(frame).is_none() {
            return self.data_key(frame);
        }
        let asks = std::mem::replace(&mut self.carried_mut(frame).asks, Asks::Plain);
        self.forget_known_key(frame);
        let key = self.data_key(frame);
        self.carried_mut(frame).asks = asks;
        self.forget_known_key(frame);
        key
    }

    /// Until when a session is to be kept that a call is about.
    pub(crate) fn session_until(&self, frame: FrameId) -> Ns {
        let row = &self.frames[frame];
        if row.has(Frame::ABANDONED) || row.has(Frame::DETACHED) {
            return self.carried(frame).map_or(0, |carried| carried.when);
        }
        let caller = self.asker(row.parent);
        let caller = (!caller.is_none()).then_some(caller).and_then(|caller| self.carried(caller));
        caller.map_or(0, |caller| caller.when)
    }
}
