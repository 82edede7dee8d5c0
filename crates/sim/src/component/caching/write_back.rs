//! Writes that were answered and are still to be written where they belong: one activity of each instance writes
//! them on in rounds, one after the other. What was written twice meanwhile is written once.

use super::{Caching, WRITE_ON, WRITTEN_ON, begin, next_call, note_answer, version};
use crate::engine::{CacheId, Cx, FrameId, Next, mix64};
use crate::observe::{Class, Outcome};

impl Caching {
    /// Keeps a write for later. False where there is no room.
    pub(super) fn keep_unwritten(&self, cx: &mut Cx<'_>, id: CacheId, key: u32) -> bool {
        let now = cx.core.now;
        if cx.core.caches[id as usize].writer.is_none() {
            let Some(writer) = cx.start_process(self.settings.write_every, WRITE_ON, 0) else { return false };
            cx.core.frames[writer].class = Class::Write as u8;
            cx.core.caches[id as usize].writer = writer;
        }
        cx.core.caches[id as usize].put_unwritten(key, now)
    }

    /// Begins a round: what is unwritten now is written where it belongs, one after the other.
    pub(super) fn write_on(&self, cx: &mut Cx<'_>, id: CacheId) -> Next {
        if !cx.has_calls() {
            return self.write_later();
        }
        cx.core.carried_mut(cx.frame).count = cx.core.caches[id as usize].unwritten.len() as u32;
        self.write_one(cx, id)
    }

    fn write_later(&self) -> Next {
        Next::Sleep { time: self.settings.write_every.max(1), then: WRITE_ON }
    }

    fn write_one(&self, cx: &mut Cx<'_>, id: CacheId) -> Next {
        loop {
            let cache = &mut cx.core.caches[id as usize];
            let Some(entry) = cache.unwritten.first().copied() else {
                cache.writer = FrameId::NONE;
                return Next::Reply(Outcome::Ok);
            };
            if cx.core.carried_mut(cx.frame).count == 0 {
                return self.write_later();
            }
            cx.frame().key = mix64(u64::from(entry.token) << 32 | u64::from(cx.instance.0));
            cx.core.carry_key(cx.frame, entry.key >> 1);
            begin(cx);
            let carried = cx.core.carried_mut(cx.frame);
            carried.count -= 1;
            carried.token = entry.token;
            if let Some(next) = next_call(cx, WRITTEN_ON) {
                return next;
            }
            Self::note_written(cx, id);
        }
    }

    pub(super) fn written_on(&self, cx: &mut Cx<'_>, id: CacheId) -> Next {
        if !cx.outcome().is_ok() {
            return self.write_later();
        }
        note_answer(cx);
        if let Some(next) = next_call(cx, WRITTEN_ON) {
            return next;
        }
        Self::note_written(cx, id);
        self.write_one(cx, id)
    }

    fn note_written(cx: &mut Cx<'_>, id: CacheId) {
        let (key, token, now) = (cx.core.cache_key(cx.frame), version(cx), cx.core.now);
        let number = cx.core.carried_mut(cx.frame).token;
        cx.core.caches[id as usize].is_written(key, number, token, now);
    }
}
