//! What policies keep, recounted: connections, trials of breakers, alarms.

use super::calendar::Tag;
use super::cx::{RESERVED, TRIED};
use super::{Core, FrameId};

impl Core {
    /// Adds to each station what frames hold of it as connections of a pool.
    pub(super) fn count_connections(&self, held: &mut [u32]) -> Result<(), String> {
        for (id, frame) in self.frames.live() {
            if !Self::is_calling(frame) {
                continue;
            }
            let extra = self.extras.get(id, &self.frames).ok_or("a call by policy without its notes")?;
            if extra.connections == 0 {
                continue;
            }
            let policy = self.edge(extra.edge).policy.map(|row| &self.policies[row as usize]);
            let caller = policy.and_then(|policy| policy.known(frame.instance));
            let pool = caller.and_then(|caller| caller.pool);
            let pool = pool.ok_or_else(|| format!("frame {} holds a connection of no pool", id.0))?;
            held[pool.0 as usize] += u32::from(extra.connections);
        }
        Ok(())
    }

    /// Trials that breakers count are calls under way, and every alarm is in the calendar once.
    pub(super) fn audit_policies(&self) -> Result<(), String> {
        if self.halted.is_some() {
            return Ok(());
        }
        let mut trials = std::collections::BTreeMap::new();
        let mut alarms = std::collections::BTreeMap::new();
        let kept = self.kept().map(|(_, entry)| entry);
        for entry in self.calendar.entries().chain(kept).filter(|entry| entry.tag() == Tag::Alarm) {
            *alarms.entry((entry.id(), entry.generation())).or_insert(0) += 1;
        }
        for (id, frame) in self.frames.live().filter(|(_, frame)| Self::is_calling(frame)) {
            let Some(extra) = self.extras.get(id, &self.frames) else { continue };
            if extra.trial != 0 {
                *trials.entry((self.edge(extra.edge).policy, frame.instance, extra.trial)).or_insert(0) += 1;
            }
            let waits = matches!(frame.pc, RESERVED | TRIED);
            if extra.alarm != 0 && !(waits && alarms.get(&(id.0, extra.alarm)) == Some(&1)) {
                return Err(format!("frame {} (pc {}) has an alarm that never comes", id.0, frame.pc));
            }
        }
        for (at, policy) in self.policies.iter().enumerate() {
            for caller in policy.callers() {
                let (trying, series) = caller.breaker.trying();
                let key = (Some(at as u32), caller.instance, series);
                let live = trials.get(&key).copied().unwrap_or(0);
                if caller.breaker.is_half_open() && live != trying {
                    return Err(format!("policy {at}: {trying} trials, but {live} live"));
                }
            }
        }
        Ok(())
    }

    /// How many things a caller in the midst of a call by policy waits for: one or two copies of it.
    pub(super) fn wants(&self, id: FrameId) -> u8 {
        if self.frames[id].pc == TRIED { self.awaited(id).count() as u8 } else { 1 }
    }
}
