//! Messages, recounted one by one.

use std::collections::BTreeMap;

use super::deliver::{LATER, SENT};
use super::{Core, Frame, FrameId, Phase};
use crate::component::Kind;
use crate::resource::{Broker, Consumer, Group};

impl Core {
    /// Accepted = acknowledged + queued + out + lost + dead letters; whoever has a message has one that is out;
    /// and no message waits while somebody could take it.
    pub(super) fn audit_messages(&self) -> Result<(), String> {
        if self.brokers.is_empty() || self.halted.is_some() {
            return Ok(());
        }
        // By instance, the deliveries that live: the place of each one's message, and where it stands.
        let mut deliveries: BTreeMap<u32, Vec<Frame>> = BTreeMap::new();
        let is_broker = |frame: &Frame| self.parts[self.part_of(frame.instance) as usize].kind == Kind::Queue;
        for (_, frame) in self.frames.live().filter(|(_, frame)| frame.phase == Phase::Process) {
            if is_broker(frame) && frame.pc <= LATER {
                deliveries.entry(frame.instance.0).or_default().push(*frame);
            }
        }
        let mut handed: BTreeMap<u64, u32> = BTreeMap::new();
        for broker in &self.brokers {
            let instance = broker.instance.0;
            let deliveries = deliveries.remove(&instance).unwrap_or_default();
            audit_broker(broker, &deliveries, self.is_up(broker.instance))
                .map_err(|error| format!("broker instance {instance}: {error}"))?;
            let can_hand_out = self.is_up(broker.instance) && !self.frames.is_full();
            let waits = |group: &Group| !group.ready.is_empty() && !group.takers.is_empty();
            if can_hand_out && broker.groups.iter().any(waits) {
                return Err(format!("broker instance {instance}: messages wait, and so do consumers"));
            }
            let ready = broker.groups.iter().flat_map(|group| &group.ready);
            for message in ready.chain(broker.all_out().map(|(_, out)| &out.message)) {
                if message.deliveries > 0 {
                    *handed.entry(message.key).or_default() += 1;
                }
            }
        }
        self.handed.audit(&handed)
    }

    /// Publishers that wait for room wait for nothing else.
    pub(super) fn audit_blocked(&self, mut bump: impl FnMut(FrameId)) {
        for broker in &self.brokers {
            for (frame, generation) in &broker.blocked {
                if self.frames[*frame].generation == *generation {
                    bump(*frame);
                }
            }
        }
    }

    /// A broker forgets a message. For the test of the audit.
    pub(super) fn leak_queued(&mut self) -> Option<()> {
        let mut groups = self.brokers.iter_mut().flat_map(|broker| &mut broker.groups);
        groups.find_map(|group| group.ready.pop_front()).map(|_| ())
    }
}

fn audit_broker(broker: &Broker, deliveries: &[Frame], is_up: bool) -> Result<(), String> {
    let (counts, queued, out) = (&broker.counts, broker.queued() as u64, broker.all_out().count() as u64);
    if counts.accepted != counts.acknowledged + queued + out + counts.lost + counts.dead {
        return Err(format!("{queued} messages queued and {out} out, but {counts:?}"));
    }
    if deliveries.len() as u64 != out || broker.out() as u64 != out {
        return Err(format!("{out} messages out, but {} deliveries", deliveries.len()));
    }
    let mut has = vec![0_u32; broker.consumers.len()];
    let places: BTreeMap<u32, u32> = broker.all_out().map(|(place, out)| (place, out.consumer)).collect();
    for delivery in deliveries {
        let consumer = places.get(&delivery.note).ok_or("a delivery without a message")?;
        has[*consumer as usize] += u32::from(delivery.pc <= SENT);
    }
    let mut listed = vec![0_u32; broker.consumers.len()];
    broker.groups.iter().flat_map(|group| &group.takers).for_each(|at| listed[*at as usize] += 1);
    for ((consumer, has), listed) in broker.consumers.iter().zip(has).zip(listed) {
        let Consumer { wired, away, out, .. } = *consumer;
        if out != has || listed != u32::from(consumer.listed) {
            return Err(format!("a consumer has {has} messages and stands {listed} times, but {consumer:?}"));
        }
        let can = wired && !away && out < broker.rules.prefetch && consumer.group != Consumer::NO_GROUP;
        if can && is_up && !consumer.listed {
            return Err(format!("nobody knows that a consumer could take a message: {consumer:?}"));
        }
    }
    Ok(())
}
