//! Keys that move to other shards, one after another, when the shards have changed.

use super::{MOVE, MOVE_READ, MOVED, Map, Shard};
use crate::engine::{Cx, FrameId, Next};
use crate::network::EdgeSlot;
use crate::observe::{Class, Outcome};

impl Shard {
    /// The shards have changed: keys that belong to others from now on begin to move.
    pub(super) fn reshard(&mut self, cx: &mut Cx<'_>) {
        let core = &*cx.core;
        let shard = |slot: &EdgeSlot| {
            let row = core.edge(*slot);
            (*slot, u64::from(row.id), row.weight.unwrap_or(1.0))
        };
        let out = &core.parts[self.part as usize].out;
        let mut shards: Vec<(EdgeSlot, u64, f64)> =
            out.iter().map(shard).filter(|(.., weight)| *weight > 0.0).collect();
        if core.now < self.joins && shards.len() > 1 {
            shards.pop();
        }
        if shards == self.now.shards {
            return;
        }
        let before = std::mem::replace(&mut self.now, Map { shards, ring: None });
        self.arrange(core);
        self.calls = vec![0; self.now.shards.len()];
        if before.shards.is_empty() || self.now.shards.is_empty() {
            return;
        }
        let moves = |key: &u32| self.moves(&before, *key);
        self.moved_share = self.sample().filter(moves).count() as f64 / self.sample().count() as f64;
        if self.every == 0 {
            self.before = None;
            return;
        }
        self.before = Some((before, 0));
        if self.mover.is_none() {
            self.mover = cx.start_process(0, MOVE, 0).unwrap_or(FrameId::NONE);
        }
    }

    /// Whether a key has another shard than it had before.
    fn moves(&self, before: &Map, key: u32) -> bool {
        let name = |map: &Map| self.place(map, key).map(|at| map.shards[at].1);
        name(before) != name(&self.now)
    }

    /// The next key that moves is read where it was.
    pub(super) fn move_next(&mut self, cx: &mut Cx<'_>) -> Next {
        /// Keys that stay are passed over, so many in one step.
        const AT_ONCE: u32 = 4_096;
        let Some((before, from)) = self.before.take() else { return self.end_moving() };
        let upto = from.saturating_add(AT_ONCE).min(self.keys);
        let next = (from..upto).find(|key| self.moves(&before, *key));
        let key = next.unwrap_or(upto);
        let edge = next.and_then(|key| self.place(&before, key)).map(|at| before.shards[at].0);
        self.before = Some((before, key));
        match edge {
            None if upto == self.keys => self.end_moving(),
            None => Next::Sleep { time: 1, then: MOVE },
            Some(edge) if cx.core.edge(edge).removed => self.write_moved(cx),
            Some(edge) => {
                cx.core.carry_key(cx.frame, key);
                cx.frame().class = Class::Read as u8;
                cx.frame().depth = 1;
                Next::Call { edge, then: MOVE_READ }
            }
        }
    }

    /// What was read is written where it belongs.
    pub(super) fn write_moved(&mut self, cx: &mut Cx<'_>) -> Next {
        let key = self.before.as_ref().map_or(0, |(_, key)| *key);
        let Some(edge) = self.place(&self.now, key).map(|at| self.now.shards[at].0) else {
            return self.end_moving();
        };
        cx.core.carry_key(cx.frame, key);
        cx.frame().class = Class::Write as u8;
        Next::Call { edge, then: MOVED }
    }

    fn end_moving(&mut self) -> Next {
        self.before = None;
        self.mover = FrameId::NONE;
        Next::Reply(Outcome::Ok)
    }

    /// A key has moved, or is tried again where that failed.
    pub(super) fn key_moved(&mut self, cx: &mut Cx<'_>) -> Next {
        if cx.outcome().is_ok()
            && let Some((_, from)) = &mut self.before
        {
            *from += 1;
            self.moved += 1;
        }
        let frame = cx.frame();
        frame.cursor = frame.cursor.wrapping_add(1).max(1);
        frame.key = frame.key.wrapping_add(1);
        Next::Sleep { time: self.every.max(1), then: MOVE }
    }
}
