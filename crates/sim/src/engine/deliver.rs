//! How messages go through a broker: published, handed to consumers, acknowledged or handed out again.
//!
//! A delivery is an ordinary call: it travels, waits in the consumer's queue and is lost as calls are, and its
//! answer is the acknowledgement. What the broker holds is in `resource/broker.rs`.

use std::collections::{BTreeMap, VecDeque};

use super::cx::DONE;
use super::flow::Timeouts;
use super::{Core, Frame, FrameId, InstanceId, InstanceState, Next, Ns, PartRow, Pc, Phase, SECOND, mix64};
use crate::observe::{Class, Outcome};
use crate::resource::{Broker, BrokerId, BrokerRules, Consumer, Message, Mirroring, Out, Table};

/// A message goes to its consumer.
pub(crate) const SEND: Pc = 1;
/// A consumer has answered, or has not.
pub(crate) const SENT: Pc = 2;
/// The time until a message is handed out again is over.
pub(crate) const LATER: Pc = 3;
/// Looks whether a consumer is back.
pub(crate) const KNOCK: Pc = 4;
pub(crate) const KNOCKED: Pc = 5;
/// Looks whether an instance is still dead whose messages it has copies of.
pub(crate) const INHERIT: Pc = 6;

/// What is known of messages that consumers have had: whether anybody has done what they ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handed {
    known: Table<HandedMessage>,
    /// Those that are settled and may still come to an end somewhere, in the order of settling.
    settled: VecDeque<u64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct HandedMessage {
    /// Messages of this name that are not settled.
    messages: u32,
    was_done: bool,
}

impl Handed {
    /// So many settled messages are remembered.
    const MOST: usize = 1 << 16;

    /// A message is handed out for the first time.
    fn begin(&mut self, key: u64) {
        let mut known = self.known.get(key).unwrap_or_default();
        known.messages += 1;
        self.known.put(key, known);
    }

    /// A message will never be handed out again. Where it was handed out once, and that is over, nobody can
    /// do it a second time.
    fn settle(&mut self, message: &Message, is_over: bool) {
        if message.deliveries == 0 {
            return;
        }
        let Some(mut known) = self.known.get(message.key) else { return };
        known.messages = known.messages.saturating_sub(1);
        self.known.put(message.key, known);
        if known.messages > 0 {
            return;
        }
        if is_over {
            self.known.remove(message.key);
            return;
        }
        self.settled.push_back(message.key);
        if self.settled.len() > Self::MOST
            && let Some(oldest) = self.settled.pop_front()
            && self.known.get(oldest).is_some_and(|known| known.messages == 0)
        {
            self.known.remove(oldest);
        }
    }

    /// Whether what a message asks for was done already.
    pub(crate) fn was_done(&self, key: u64) -> bool {
        self.known.get(key).is_some_and(|known| known.was_done)
    }

    /// What a message asks for is done; false where it was already.
    pub(crate) fn done(&mut self, key: u64) -> bool {
        let Some(known) = self.known.get(key) else { return true };
        self.known.put(key, HandedMessage { was_done: true, ..known });
        !known.was_done
    }

    /// What is remembered as not settled is what brokers still hold.
    pub(super) fn audit(&self, handed: &BTreeMap<u64, u32>) -> Result<(), String> {
        let live = self.known.iter().filter(|(_, known)| known.messages > 0);
        let known: BTreeMap<u64, u32> = crate::order::gather(live.map(|(key, known)| (key, known.messages)));
        if known == *handed {
            Ok(())
        } else {
            Err(format!("{} messages were handed out, but {} are remembered", handed.len(), self.known.len()))
        }
    }

    /// Makes room for twice as many.
    pub(super) fn reserve(&mut self) {
        let more = Self::MOST.saturating_sub(self.settled.len()).min(self.settled.len() + 256);
        self.settled.reserve(more);
        self.known.reserve(more);
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.known.bytes() + self.settled.capacity() * size_of::<u64>()
    }
}

impl Core {
    /// What the next instance of a broker holds.
    pub(crate) fn add_broker(&mut self, instance: InstanceId, rules: BrokerRules) {
        let (id, part) = (self.brokers.len() as BrokerId, self.part_of(instance));
        self.brokers.push(Broker::new(instance, rules));
        self.part_mut(part).brokers.push(id);
    }

    /// What an instance of a broker holds.
    pub(crate) fn broker_of(&self, part: u32, number: usize) -> BrokerId {
        self.parts[part as usize].brokers.get(number).copied().unwrap_or(0)
    }

    /// Messages that wait at all instances of a part.
    pub(super) fn queued_messages(&self, part: &PartRow) -> u32 {
        part.brokers.iter().map(|id| self.brokers[*id as usize].queued() as u32).sum()
    }

    fn broker(&mut self, id: BrokerId) -> &mut Broker {
        &mut self.brokers[id as usize]
    }

    /// A broker takes in the message of a publisher, who is answered when that is done; or makes him wait, or
    /// refuses.
    pub(crate) fn publish(&mut self, frame: FrameId, id: BrokerId) -> Next {
        self.release(frame);
        let broker = &self.brokers[id as usize];
        if broker.blocked.is_empty() && !broker.is_full() {
            self.accept(frame, id);
            return Next::Reply(Outcome::Ok);
        }
        if broker.rules.blocks && self.has_place_for_blocked(id) {
            let generation = self.frames[frame].generation;
            self.broker(id).blocked.push_back((frame, generation));
            return Next::Await { then: DONE };
        }
        self.broker(id).counts.refused += 1;
        Next::Reply(Outcome::Overloaded)
    }

    /// Publishers that were called off while they waited leave their places.
    fn has_place_for_blocked(&mut self, id: BrokerId) -> bool {
        let (broker, frames) = (&mut self.brokers[id as usize], &self.frames);
        let most = broker.rules.most_blocked as usize;
        if broker.blocked.len() >= most {
            broker.blocked.retain(|(frame, generation)| frames[*frame].generation == *generation);
        }
        broker.blocked.len() < most
    }

    fn accept(&mut self, frame: FrameId, id: BrokerId) {
        let data = if self.reads_keys { self.data_key(frame) } else { 0 };
        let (row, now) = (&self.frames[frame], self.now);
        let (key, class) = (row.key, row.class);
        let broker = &mut self.brokers[id as usize];
        for group in &mut broker.groups {
            // Copies for several groups are different work.
            let key = group.edge.map_or(key, |edge| mix64(key ^ u64::from(self.edges[edge as usize].id)));
            let number = broker.counts.accepted;
            let (since, deliveries, edge) = (now, 0, None);
            group.ready.push_back(Message { key, since, number, data, deliveries, edge, class });
            broker.counts.accepted += 1;
        }
        self.hand_out(id);
        let broker = self.broker(id);
        broker.most_queued = broker.most_queued.max(broker.queued());
    }

    /// Lets publishers in who waited for room.
    fn unblock(&mut self, id: BrokerId) {
        while !self.broker(id).is_full() {
            let Some((frame, generation)) = self.broker(id).blocked.pop_front() else { return };
            if self.frames[frame].generation == generation {
                self.accept(frame, id);
                self.ready.push_back(frame);
            }
        }
    }

    /// Hands messages that wait to consumers that can take them.
    pub(crate) fn hand_out(&mut self, id: BrokerId) {
        if !self.is_up(self.brokers[id as usize].instance) {
            return;
        }
        for group in 0..self.brokers[id as usize].groups.len() as u32 {
            while !self.brokers[id as usize].groups[group as usize].ready.is_empty() && !self.frames.is_full()
            {
                let Some(consumer) = self.broker(id).next_taker(group) else { break };
                self.hand_to(id, group, consumer);
            }
        }
    }

    fn hand_to(&mut self, id: BrokerId, group: u32, consumer: u32) {
        let broker = &mut self.brokers[id as usize];
        let edge = broker.groups[group as usize].edge;
        let Some(mut message) = broker.groups[group as usize].ready.pop_front() else { return };
        message.edge = edge;
        broker.consumers[consumer as usize].out += 1;
        broker.list(consumer);
        let (Message { key, class, data, .. }, instance) = (message, broker.instance);
        let note = broker.hand_out(message, consumer);
        let process =
            Frame { instance, phase: Phase::Process, pc: SEND, note, key, class, depth: 1, ..Frame::EMPTY };
        let Some(process) = self.spawn(process) else {
            // There is no room for anything any more: the message waits on.
            let broker = self.broker(id);
            broker.take_back(note);
            broker.put_back(message);
            broker.consumers[consumer as usize].out -= 1;
            broker.list(consumer);
            return;
        };
        if self.reads_keys {
            self.carry_key(process, data);
        }
        self.ready.push_back(process);
    }

    /// What happens next to a delivery, or to a look for a consumer.
    pub(crate) fn step_delivery(&mut self, frame: FrameId, id: BrokerId) -> Next {
        match self.frames[frame].pc {
            SEND => self.send_message(frame, id),
            SENT => self.sent_message(frame, id),
            LATER => self.hand_out_again(frame, id),
            KNOCK => self.knock(frame, id),
            INHERIT => self.take_over_messages(frame, id),
            _ => self.knocked(frame, id),
        }
    }

    fn send_message(&mut self, frame: FrameId, id: BrokerId) -> Next {
        let place = self.frames[frame].note;
        let broker = &mut self.brokers[id as usize];
        let Some(out) = broker.at_mut(place) else { return Next::Reply(Outcome::Ok) };
        out.message.deliveries = out.message.deliveries.saturating_add(1);
        let Out { message, consumer } = *out;
        if message.deliveries == 1 {
            self.handed.begin(message.key);
        } else {
            broker.counts.redelivered += 1;
        }
        let list = broker.rules.deliveries;
        let Consumer { edge, instance, .. } = broker.consumers[consumer as usize];
        Next::Told(self.call_one(frame, edge, Some(instance), Timeouts::List(list), SENT))
    }

    fn sent_message(&mut self, frame: FrameId, id: BrokerId) -> Next {
        let Frame { note: place, arrived, outcome, .. } = self.frames[frame];
        let outcome = Outcome::from_index(outcome);
        let Some(Out { consumer, .. }) = self.broker(id).at_mut(place).copied() else {
            return Next::Reply(Outcome::Ok);
        };
        self.broker(id).consumers[consumer as usize].out -= 1;
        let next = match outcome {
            Outcome::Ok => {
                self.acknowledged(id, place, arrived);
                Next::Reply(Outcome::Ok)
            }
            Outcome::Reset | Outcome::TimedOut => {
                self.gone(id, consumer);
                self.failed(id, place)
            }
            // An error reply: somebody has tried.
            Outcome::Upstream | Outcome::Conflict | Outcome::Expired => {
                if self.is_dead(id, place) {
                    self.failed(id, place)
                } else {
                    let due = arrived.saturating_add(self.broker(id).rules.redeliver);
                    Next::Sleep { time: due.saturating_sub(self.now), then: LATER }
                }
            }
            _ => {
                self.gone(id, consumer);
                self.never_reached(id, place);
                Next::Reply(Outcome::Ok)
            }
        };
        self.broker(id).list(consumer);
        self.unblock(id);
        self.hand_out(id);
        next
    }

    fn acknowledged(&mut self, id: BrokerId, place: u32, handed: Ns) {
        let now = self.now;
        let broker = &mut self.brokers[id as usize];
        let Some(message) = broker.take_back(place) else { return };
        broker.counts.acknowledged += 1;
        broker.times.messages += 1;
        broker.times.waited += u128::from(handed - message.since);
        broker.times.took += u128::from(now - message.since);
        broker.recent.count(now, SECOND, [1, 0]);
        self.handed.settle(&message, message.deliveries == 1);
    }

    /// Whether a message has failed as often as it may.
    fn is_dead(&mut self, id: BrokerId, place: u32) -> bool {
        let most = self.broker(id).rules.most_deliveries;
        most > 0 && self.broker(id).at_mut(place).is_some_and(|out| out.message.deliveries >= most)
    }

    /// A delivery came to nothing: the message waits for another, or is given up.
    fn failed(&mut self, id: BrokerId, place: u32) -> Next {
        let is_dead = self.is_dead(id, place);
        let broker = &mut self.brokers[id as usize];
        let Some(message) = broker.take_back(place) else { return Next::Reply(Outcome::Ok) };
        if is_dead {
            broker.counts.dead += 1;
            self.handed.settle(&message, false);
        } else if broker.put_back(message).is_none() {
            self.handed.settle(&message, false);
        }
        Next::Reply(Outcome::Ok)
    }

    /// Nobody took the message in: this was no delivery.
    fn never_reached(&mut self, id: BrokerId, place: u32) {
        let broker = &mut self.brokers[id as usize];
        let Some(mut message) = broker.take_back(place) else { return };
        if message.deliveries == 1 {
            self.handed.settle(&message, true);
        } else {
            broker.counts.redelivered -= 1;
        }
        message.deliveries -= 1;
        if broker.put_back(message).is_none() {
            self.handed.settle(&message, false);
        }
    }

    fn hand_out_again(&mut self, frame: FrameId, id: BrokerId) -> Next {
        let next = self.failed(id, self.frames[frame].note);
        self.unblock(id);
        self.hand_out(id);
        next
    }

    /// The connection of a consumer broke, or it is too full: it gets nothing until it is there again.
    fn gone(&mut self, id: BrokerId, consumer: u32) {
        let broker = &mut self.brokers[id as usize];
        let row = &mut broker.consumers[consumer as usize];
        if row.away || !row.wired {
            return;
        }
        let (instance, reconnect) = (broker.instance, broker.rules.reconnect);
        let class = Class::Probe as u8;
        let fresh = Frame { instance, phase: Phase::Process, class, note: consumer, ..Frame::EMPTY };
        let Some(process) = self.spawn(fresh) else { return };
        self.broker(id).consumers[consumer as usize].away = true;
        let flow = self.sleep(process, reconnect, KNOCK);
        self.go_later(flow);
    }

    fn knock(&mut self, frame: FrameId, id: BrokerId) -> Next {
        let at = self.frames[frame].note as usize;
        let broker = &mut self.brokers[id as usize];
        let list = broker.rules.knocks;
        let Consumer { edge, instance, wired, .. } = broker.consumers[at];
        if !wired {
            broker.consumers[at].away = false;
            return Next::Reply(Outcome::Ok);
        }
        self.frames[frame].flags |= Frame::KNOCK;
        Next::Told(self.call_one(frame, edge, Some(instance), Timeouts::List(list), KNOCKED))
    }

    fn knocked(&mut self, frame: FrameId, id: BrokerId) -> Next {
        let Frame { note: at, outcome, .. } = self.frames[frame];
        let broker = &mut self.brokers[id as usize];
        if outcome != Outcome::Ok as u8 && broker.consumers[at as usize].wired {
            return Next::Sleep { time: broker.rules.reconnect, then: KNOCK };
        }
        broker.consumers[at as usize].away = false;
        broker.list(at);
        self.hand_out(id);
        Next::Reply(Outcome::Ok)
    }

    /// An instance of a broker died. What it keeps, it has when it comes up again.
    pub(crate) fn crash_broker(&mut self, id: BrokerId) {
        let broker = &self.brokers[id as usize];
        let (rules, instance) = (broker.rules, broker.instance);
        let is_down = self.instances[instance.0 as usize].state == InstanceState::Down;
        let heir = self.mirror_of(id).filter(|_| is_down);
        let keeps = is_down && (rules.durable || heir.is_some());
        let lost = self.broker(id).crash(keeps);
        self.forget_messages(&lost);
        if let Some(heir) = heir {
            let is_late = rules.mirroring == Mirroring::Async;
            let copied = if is_late { self.now.saturating_sub(rules.mirror) } else { Ns::MAX };
            if !rules.durable {
                let lost = self.broker(id).lose_since(copied);
                self.forget_messages(&lost);
            }
            let broker = self.broker(id);
            (broker.heir, broker.copied) = (Some(heir), copied);
            self.await_death(id, heir);
        }
        // Copies that it had of those that are dead already die with it.
        for dead in 0..self.brokers.len() as BrokerId {
            let is_dead = !self.is_up(self.brokers[dead as usize].instance);
            if is_dead && self.brokers[dead as usize].heir == Some(id) {
                self.broker(dead).heir = None;
                if !self.brokers[dead as usize].rules.durable {
                    let lost = self.broker(dead).lose_since(0);
                    self.forget_messages(&lost);
                }
            }
        }
    }

    /// Whoever mirrors an instance of a broker: the next one that is up.
    pub(crate) fn mirror_of(&self, id: BrokerId) -> Option<BrokerId> {
        let broker = &self.brokers[id as usize];
        if broker.rules.mirroring == Mirroring::None {
            return None;
        }
        let row = &self.instances[broker.instance.0 as usize];
        let part = &self.parts[row.part as usize];
        let mut others = (1..part.present).map(|step| (row.number + step) % part.present);
        let next = others.find(|number| self.is_up(part.instances[*number as usize]))?;
        part.brokers.get(next as usize).copied()
    }

    /// The instance that mirrors one that died waits whether it comes back.
    fn await_death(&mut self, id: BrokerId, heir: BrokerId) {
        let (instance, takeover) =
            (self.brokers[heir as usize].instance, self.brokers[id as usize].rules.takeover);
        let class = Class::Probe as u8;
        let fresh =
            Frame { instance, phase: Phase::Process, class, note: id, sent: self.now, ..Frame::EMPTY };
        let Some(process) = self.spawn(fresh) else { return };
        let flow = self.sleep(process, takeover, INHERIT);
        self.go_later(flow);
    }

    /// An instance is still dead: whoever has copies of what it held hands them out.
    fn take_over_messages(&mut self, frame: FrameId, id: BrokerId) -> Next {
        let Frame { note: dead, sent: since, .. } = self.frames[frame];
        let instance = self.brokers[dead as usize].instance;
        let is_dead = !self.is_up(instance) && self.instances[instance.0 as usize].died == since;
        if !is_dead || self.brokers[dead as usize].heir != Some(id) {
            return Next::Reply(Outcome::Ok);
        }
        self.broker(dead).heir = None;
        for message in self.broker(dead).hand_down() {
            if !self.broker(id).inherit(message) {
                self.handed.settle(&message, false);
            }
        }
        let broker = self.broker(id);
        broker.most_queued = broker.most_queued.max(broker.queued());
        self.hand_out(id);
        Next::Reply(Outcome::Ok)
    }

    /// The edges behind a broker, or what it does with messages, have changed.
    pub(crate) fn rewire_broker(&mut self, id: BrokerId, part: u32) {
        let mut behind = Vec::new();
        for edge in &self.parts[part as usize].out {
            let to = &self.parts[self.edge(*edge).to as usize];
            let present = to.instances[..to.present as usize].iter();
            behind.extend(present.map(|instance| (*edge, *instance)));
        }
        let lost = self.broker(id).rewire(&behind);
        self.forget_messages(&lost);
        self.unblock(id);
        self.hand_out(id);
    }

    fn forget_messages(&mut self, lost: &[Message]) {
        for message in lost {
            self.handed.settle(message, false);
        }
    }
}
