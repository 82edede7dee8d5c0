//! Connections that are open and idle, and the memory that each takes of its server.
//!
//! Whoever waits by events holds no worker for them, and is full all the same once its memory is (D. Kegel: The C10K
//! problem, 1999).

use std::collections::VecDeque;

use super::{Core, InstanceId, Ns};
use crate::resource::Table;

/// Connections that visitors, and callers that keep theirs, have left open at one instance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    /// By name, until when.
    until: Table<Ns>,
    /// In the order in which they close, those that were used again among them.
    order: VecDeque<(Ns, u64)>,
}

impl Kept {
    fn close_old(&mut self, now: Ns) {
        while let Some((_, name)) = self.order.pop_front_if(|(due, _)| *due <= now) {
            if self.until.get(name).is_some_and(|until| until <= now) {
                self.until.remove(name);
            }
        }
    }

    /// Marks of connections that were used again since are taken out before there are more of them than of others.
    fn tidy(&mut self) {
        if self.order.len() >= 2 * self.until.len() + 64 {
            let until = &self.until;
            self.order.retain(|(due, name)| until.get(*name) == Some(*due));
        }
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.until.bytes() + self.order.capacity() * size_of::<(Ns, u64)>()
    }
}

impl Core {
    /// Each idle connection to a part takes so many megabytes of its server.
    pub(crate) fn set_connection_size(&mut self, part: u32, megabytes: f64) {
        if megabytes > 0.0 {
            self.connection_sizes.insert(part, megabytes);
        } else {
            self.connection_sizes.remove(&part);
        }
    }

    /// A connection is idle for so long at most.
    pub(crate) fn leave_connection(&mut self, instance: InstanceId, name: u64, time: Ns) {
        let now = self.now;
        let kept = self.kept_connections.entry(instance.0).or_default();
        kept.close_old(now);
        // In order, also where the time was shortened meanwhile.
        let due = now.saturating_add(time).max(kept.order.back().map_or(0, |(last, _)| *last));
        kept.until.put(name, due);
        kept.order.push_back((due, name));
        kept.tidy();
    }

    /// A connection that was idle is used.
    pub(crate) fn use_connection(&mut self, instance: InstanceId, name: u64) {
        if let Some(kept) = self.kept_connections.get_mut(&instance.0) {
            kept.until.remove(name);
        }
    }

    /// A dead instance has no connections.
    pub(crate) fn close_connections(&mut self, instance: InstanceId) {
        self.kept_connections.remove(&instance.0);
    }

    /// Connections to an instance that are open and idle: those that were left there, and those in the pools of its
    /// callers.
    pub(crate) fn idle_connections(&self, instance: InstanceId) -> usize {
        let left = self.kept_connections.get(&instance.0);
        let left = left.map_or(0, |kept| kept.until.iter().filter(|(_, until)| *until > self.now).count());
        let row = &self.instances[instance.0 as usize];
        let pooled = self.policies.iter().filter(|policy| policy.rules.connect > 0).map(|policy| {
            let longest = policy.rules.pool_idle;
            let oldest = if longest == 0 { 0 } else { self.now.saturating_sub(longest) };
            let oldest = oldest.max(if row.died == 0 { 0 } else { row.died + 1 });
            policy
                .callers()
                .iter()
                .map(|caller| self.idle.count(&caller.peers, instance, oldest))
                .sum::<usize>()
        });
        left + pooled.sum::<usize>()
    }

    /// Megabytes that the idle connections to an instance take.
    pub(crate) fn memory_of_connections(&self, instance: InstanceId) -> f64 {
        let size = self.connection_sizes.get(&self.instances[instance.0 as usize].part);
        size.map_or(0.0, |size| size * self.idle_connections(instance) as f64)
    }

    /// Heap that all of this holds, in bytes.
    pub(super) fn bytes_of_connections(&self) -> usize {
        let kept: usize = self.kept_connections.values().map(|kept| kept.bytes() + size_of::<Kept>()).sum();
        kept + self.connection_sizes.len() * 24
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection that is used again and again leaves no marks behind for as long as it might have been idle.
    #[test]
    fn marks_do_not_pile_up() {
        let mut kept = Kept::default();
        for at in 0..100_000 {
            kept.until.remove(at % 3);
            kept.until.put(at % 3, Ns::MAX - 100_000 + at);
            kept.order.push_back((Ns::MAX - 100_000 + at, at % 3));
            kept.tidy();
        }
        assert!(kept.order.len() < 100, "{}", kept.order.len());
        kept.close_old(Ns::MAX);
        assert_eq!((kept.until.len(), kept.order.len()), (0, 0));
    }
}
