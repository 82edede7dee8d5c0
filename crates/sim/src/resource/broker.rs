//! What a message broker holds: messages in order, those that are out at consumers, and who consumes.
//!
//! Messages are counted one by one: accepted = acknowledged + queued + out + lost + dead letters.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::Ns;
use crate::choices;
use crate::engine::{FrameId, InstanceId, SECOND};
use crate::network::{EdgeSlot, Rolling};

choices! {
    /// Whether the next instance has a copy of what an instance holds.
    pub enum Mirroring {
        None = "none", en "no copies", ko "사본 없음";
        Async = "async", en "copied after the answer", ko "응답한 뒤 복사";
        Sync = "sync", en "copied before the answer", ko "응답하기 전에 복사";
    }
}

/// The place of what one instance of a broker holds.
pub(crate) type BrokerId = u32;

/// One message, or one copy of it for one group of consumers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    /// Names it, and what it demands of whoever works on it.
    pub(crate) key: u64,
    /// When it was accepted.
    pub(crate) since: Ns,
    /// Counts what the broker accepted: the order that it keeps.
    pub(crate) number: u64,
    /// What its request is about, where anybody reads that.
    pub(crate) data: u32,
    /// How often it was handed to a consumer.
    pub(crate) deliveries: u32,
    /// The edge that its group stands for, once it was handed out.
    pub(crate) edge: Option<EdgeSlot>,
    pub(crate) class: u8,
}

/// Somebody to whom messages are handed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Consumer {
    pub(crate) edge: EdgeSlot,
    pub(crate) instance: InstanceId,
    /// The group that it is of; [`Consumer::NO_GROUP`] once its subscription has ended.
    pub(crate) group: u32,
    /// Messages that it has and has not acknowledged.
    pub(crate) out: u32,
    /// Still behind one of the broker's edges.
    pub(crate) wired: bool,
    /// Its connection broke, and it has not come back yet.
    pub(crate) away: bool,
    /// It stands among those who can take a message.
    pub(crate) listed: bool,
}

impl Consumer {
    pub(crate) const NO_GROUP: u32 = u32::MAX;
}

/// Those who share messages: each goes to one of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// The edge that it stands for; none where one group has all.
    pub(crate) edge: Option<EdgeSlot>,
    /// What waits, in order.
    pub(crate) ready: VecDeque<Message>,
    /// Consumers that can take a message, whoever has waited longest first.
    pub(crate) takers: VecDeque<u32>,
}

/// What a broker does with messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BrokerRules {
    /// Every connected part gets each message, and not just one of them.
    pub(crate) each: bool,
    pub(crate) durable: bool,
    pub(crate) capacity: u32,
    /// Publishers wait where there is no room, so many at most; others are refused.
    pub(crate) blocks: bool,
    pub(crate) most_blocked: u32,
    /// Messages that a consumer may have and not have acknowledged.
    pub(crate) prefetch: u32,
    /// A message that has failed so often is a dead letter. 0 sets no limit.
    pub(crate) most_deliveries: u32,
    pub(crate) redeliver: Ns,
    pub(crate) reconnect: Ns,
    pub(crate) mirroring: Mirroring,
    /// One way to the instance that mirrors, and how long it takes until that takes over.
    pub(crate) mirror: Ns,
    pub(crate) takeover: Ns,
    /// The lists in which deliveries and knocks time out.
    pub(crate) deliveries: FrameId,
    pub(crate) knocks: FrameId,
}

impl Default for BrokerRules {
    fn default() -> Self {
        Self {
            each: false,
            durable: true,
            capacity: 0,
            blocks: false,
            most_blocked: 0,
            prefetch: 1,
            most_deliveries: 0,
            redeliver: 0,
            reconnect: 0,
            mirroring: Mirroring::None,
            mirror: 0,
            takeover: 0,
            deliveries: FrameId::NONE,
            knocks: FrameId::NONE,
        }
    }
}

/// What became of the messages of one broker.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MessageCounts {
    pub(crate) accepted: u64,
    pub(crate) acknowledged: u64,
    /// Gone with a crash, or with the subscription that they waited for.
    pub(crate) lost: u64,
    pub(crate) dead: u64,
    /// Deliveries beyond a message's first.
    pub(crate) redelivered: u64,
    /// Messages that were not accepted since there was no room.
    pub(crate) refused: u64,
}

impl MessageCounts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.dead += other.dead;
        self.redelivered += other.redelivered;
        self.refused += other.refused;
    }
}

/// How long acknowledged messages took since they were accepted, and how much of that they had waited to be
/// handed out, in all, since measuring began.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MessageTimes {
    pub(crate) messages: u64,
    pub(crate) waited: u128,
    pub(crate) took: u128,
}

/// A message that was handed out, and the consumer that got it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Out {
    pub(crate) message: Message,
    pub(crate) consumer: u32,
}

/// What one instance of a broker holds.
#[derive(Clone, Debug)]
pub(crate) struct Broker {
    pub(crate) instance: InstanceId,
    pub(crate) rules: BrokerRules,
    pub(crate) groups: Vec<Group>,
    /// Places are never reused: a delivery names its consumer by it.
    pub(crate) consumers: Vec<Consumer>,
    /// Messages that consumers have, or that wait to be handed out again; free places hold none.
    out: Vec<Option<Out>>,
    free: Vec<u32>,
    /// Who has copies of what it holds, while it is down.
    pub(crate) heir: Option<BrokerId>,
    /// There are copies of what was accepted before this time, where it is down.
    pub(crate) copied: Ns,
    /// Publishers that wait for room, with the generation of their frames.
    pub(crate) blocked: VecDeque<(FrameId, u32)>,
    pub(crate) counts: MessageCounts,
    pub(crate) times: MessageTimes,
    /// The most that ever waited, since measuring began.
    pub(crate) most_queued: usize,
    /// Messages acknowledged within the last second.
    pub(crate) recent: Rolling,
}

impl Broker {
    pub(crate) fn new(instance: InstanceId, rules: BrokerRules) -> Self {
        Self {
            instance,
            rules,
            groups: vec![Group::default()],
            consumers: Vec::new(),
            out: Vec::new(),
            free: Vec::new(),
            heir: None,
            copied: Ns::MAX,
            blocked: VecDeque::new(),
            counts: MessageCounts::default(),
            times: MessageTimes::default(),
            most_queued: 0,
            recent: Rolling::default(),
        }
    }

    /// Messages that wait.
    pub(crate) fn queued(&self) -> usize {
        self.groups.iter().map(|group| group.ready.len()).sum()
    }

    /// Messages that were handed out and are neither acknowledged nor back.
    pub(crate) const fn out(&self) -> usize {
        self.out.len() - self.free.len()
    }

    /// Whether another message would be more than it can hold.
    pub(crate) fn is_full(&self) -> bool {
        self.queued() + self.out() + self.groups.len() > self.rules.capacity as usize
    }

    /// Acknowledgements per second, over the last second.
    pub(crate) fn drain_rps(&self, now: Ns) -> f64 {
        let covered = (SECOND - SECOND / 16 + now % (SECOND / 16)).min(now);
        let acknowledged = self.recent.clone().sums(now, SECOND)[0];
        if covered == 0 { 0.0 } else { f64::from(acknowledged) * SECOND as f64 / covered as f64 }
    }

    /// The oldest message that waits.
    pub(crate) fn oldest(&self) -> Option<Ns> {
        self.groups.iter().filter_map(|group| group.ready.front()).map(|message| message.since).min()
    }

    /// Writes down that a message is out; its place.
    pub(crate) fn hand_out(&mut self, message: Message, consumer: u32) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.out.push(None);
            self.out.len() as u32 - 1
        });
        self.out[place as usize] = Some(Out { message, consumer });
        place
    }

    /// The message at a place, while it is out.
    pub(crate) fn at_mut(&mut self, place: u32) -> Option<&mut Out> {
        self.out.get_mut(place as usize)?.as_mut()
    }

    /// All messages that are out, by place.
    pub(crate) fn all_out(&self) -> impl Iterator<Item = (u32, &Out)> {
        (0..).zip(&self.out).filter_map(|(place, out)| Some((place, out.as_ref()?)))
    }

    /// A message is out no more.
    pub(crate) fn take_back(&mut self, place: u32) -> Option<Message> {
        let out = self.out.get_mut(place as usize)?.take()?;
        self.free.push(place);
        Some(out.message)
    }

    /// Puts a message back where it stood; the group in which it waits now. Where its subscription has ended,
    /// it is lost.
    pub(crate) fn put_back(&mut self, message: Message) -> Option<u32> {
        let Some(group) = self.group_of(message.edge) else {
            self.counts.lost += 1;
            return None;
        };
        let ready = &mut self.groups[group as usize].ready;
        let at = ready.partition_point(|other| other.number < message.number);
        ready.insert(at, message);
        Some(group)
    }

    /// The group that stands for an edge, or the one that has all.
    fn group_of(&self, edge: Option<EdgeSlot>) -> Option<u32> {
        let its = self.groups.iter().position(|group| group.edge == edge);
        its.or_else(|| self.groups.iter().position(|group| group.edge.is_none())).map(|at| at as u32)
    }

    /// Lists a consumer among those that can take a message, if it can.
    pub(crate) fn list(&mut self, at: u32) {
        let prefetch = self.rules.prefetch;
        let consumer = &mut self.consumers[at as usize];
        let can = consumer.wired && !consumer.away && consumer.out < prefetch;
        let Some(group) = self.groups.get_mut(consumer.group as usize).filter(|_| can && !consumer.listed)
        else {
            return;
        };
        consumer.listed = true;
        group.takers.push_back(at);
    }

    /// The next consumer that can take a message of a group.
    pub(crate) fn next_taker(&mut self, group: u32) -> Option<u32> {
        while let Some(at) = self.groups[group as usize].takers.pop_front() {
            let prefetch = self.rules.prefetch;
            let consumer = &mut self.consumers[at as usize];
            consumer.listed = false;
            if consumer.wired && !consumer.away && consumer.group == group && consumer.out < prefetch {
                return Some(at);
            }
        }
        None
    }

    /// Takes in who consumes now. Messages that wait for a subscription that has ended are lost, and these are
    /// they, unless nobody is left: then they wait on.
    pub(crate) fn rewire(&mut self, behind: &[(EdgeSlot, InstanceId)]) -> Vec<Message> {
        if self.is_wired_to(behind) {
            // What other edits leave as it was goes on as it did; a larger prefetch holds at once.
            (0..self.consumers.len() as u32).for_each(|at| self.list(at));
            return Vec::new();
        }
        let lost = self.regroup(behind);
        self.counts.lost += lost.len() as u64;
        for consumer in &mut self.consumers {
            consumer.wired = false;
            consumer.listed = false;
            consumer.group = Consumer::NO_GROUP;
        }
        let places = self.consumers.iter().enumerate();
        let known: BTreeMap<_, _> =
            crate::order::gather(places.map(|(at, known)| ((known.edge, known.instance), at)));
        for (edge, instance) in behind {
            if let Some(at) = known.get(&(*edge, *instance)) {
                self.consumers[*at].wired = true;
                continue;
            }
            self.consumers.push(Consumer {
                edge: *edge,
                instance: *instance,
                group: Consumer::NO_GROUP,
                out: 0,
                wired: true,
                away: false,
                listed: false,
            });
        }
        let groups: BTreeMap<_, u32> =
            crate::order::gather(self.groups.iter().map(|group| group.edge).zip(0..));
        for at in 0..self.consumers.len() {
            let group = groups.get(&Some(self.consumers[at].edge)).or_else(|| groups.get(&None));
            self.consumers[at].group = group.copied().unwrap_or(Consumer::NO_GROUP);
            self.list(at as u32);
        }
        lost
    }

    /// Whether these are those who consume already, in the groups that they should be in.
    fn is_wired_to(&self, behind: &[(EdgeSlot, InstanceId)]) -> bool {
        let wired = self.consumers.iter().filter(|consumer| consumer.wired);
        let mut edges: Vec<Option<EdgeSlot>> = behind.iter().map(|(edge, _)| Some(*edge)).collect();
        edges.dedup();
        let is_grouped = match (self.rules.each, edges.is_empty()) {
            (false, _) => self.groups.len() == 1 && self.groups[0].edge.is_none(),
            (true, true) => true,
            (true, false) => self.groups.iter().map(|group| group.edge).eq(edges),
        };
        let wired: BTreeSet<_> =
            crate::order::gather(wired.map(|consumer| (consumer.edge, consumer.instance)));
        is_grouped && wired.len() == behind.len() && behind.iter().all(|place| wired.contains(place))
    }

    /// One group for all, or one for each edge.
    fn regroup(&mut self, behind: &[(EdgeSlot, InstanceId)]) -> Vec<Message> {
        let mut edges: Vec<EdgeSlot> = behind.iter().map(|(edge, _)| *edge).collect();
        edges.dedup();
        let before = std::mem::take(&mut self.groups);
        if !self.rules.each {
            let mut ready: Vec<Message> = before.into_iter().flat_map(|group| group.ready).collect();
            crate::order::sort_by_key(&mut ready, |message| message.number);
            self.groups.push(Group { ready: ready.into(), ..Group::default() });
            return Vec::new();
        }
        if edges.is_empty() {
            self.groups = before;
            self.groups.iter_mut().for_each(|group| group.takers.clear());
            return Vec::new();
        }
        let mut lost = Vec::new();
        let mut before: BTreeMap<_, _> =
            crate::order::gather(before.into_iter().map(|group| (group.edge, group)));
        for edge in &edges {
            let its = before.remove(&Some(*edge)).unwrap_or_default();
            self.groups.push(Group { edge: Some(*edge), ..its });
        }
        for group in before.into_values() {
            // What waited while nobody was there to choose belongs to whoever comes first.
            if group.edge.is_none() {
                let mut ready: Vec<Message> = self.groups[0].ready.drain(..).chain(group.ready).collect();
                crate::order::sort_by_key(&mut ready, |message| message.number);
                self.groups[0].ready = ready.into();
            } else {
                lost.extend(group.ready);
            }
        }
        self.groups.iter_mut().for_each(|group| group.takers.clear());
        lost
    }

    /// All that waits and was copied, each with the edge that its group stands for, in the order of acceptance: somebody
    /// else has it from now on. What was not copied stays on the disk.
    pub(crate) fn hand_down(&mut self) -> Vec<Message> {
        let (mut all, copied) = (Vec::new(), self.copied);
        for group in &mut self.groups {
            let edge = group.edge;
            let its = group.ready.iter().filter(|message| message.since < copied);
            all.extend(its.map(|message| Message { edge, ..*message }));
            group.ready.retain(|message| message.since >= copied);
        }
        crate::order::sort_by_key(&mut all, |message| message.number);
        self.counts.accepted -= all.len() as u64;
        all
    }

    /// What has not been copied yet is lost.
    pub(crate) fn lose_since(&mut self, since: Ns) -> Vec<Message> {
        let mut lost = Vec::new();
        for group in &mut self.groups {
            lost.extend(group.ready.iter().filter(|message| message.since >= since));
            group.ready.retain(|message| message.since < since);
        }
        self.counts.lost += lost.len() as u64;
        lost
    }

    /// Takes over what another had.
    pub(crate) fn inherit(&mut self, message: Message) -> bool {
        let number = self.counts.accepted;
        self.counts.accepted += 1;
        self.put_back(Message { number, ..message }).is_some()
    }

    /// The process died: all connections are gone, and with them whatever is not kept on disk. These are lost.
    pub(crate) fn crash(&mut self, keeps: bool) -> Vec<Message> {
        self.blocked.clear();
        for consumer in &mut self.consumers {
            (consumer.out, consumer.away, consumer.listed) = (0, false, false);
        }
        self.groups.iter_mut().for_each(|group| group.takers.clear());
        self.free.clear();
        let out: Vec<Message> =
            std::mem::take(&mut self.out).into_iter().flatten().map(|out| out.message).collect();
        if keeps {
            return out.into_iter().filter(|message| self.put_back(*message).is_none()).collect();
        }
        let ready = self.groups.iter_mut().flat_map(|group| group.ready.drain(..));
        let lost: Vec<Message> = ready.chain(out).collect();
        self.counts.lost += lost.len() as u64;
        lost
    }

    /// Makes room for twice as many messages.
    pub(crate) fn reserve(&mut self) {
        const LEAST: usize = 256;
        for group in &mut self.groups {
            group.ready.reserve(group.ready.len() + LEAST);
            group.takers.reserve(group.takers.len() + LEAST);
        }
        self.out.reserve(self.out.len() + LEAST);
        self.free.reserve(self.free.len() + LEAST);
        self.blocked.reserve(self.blocked.len() + LEAST);
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let groups = self.groups.iter().map(|group| {
            group.ready.capacity() * size_of::<Message>() + group.takers.capacity() * size_of::<u32>()
        });
        groups.sum::<usize>()
            + self.groups.capacity() * size_of::<Group>()
            + self.consumers.capacity() * size_of::<Consumer>()
            + self.out.capacity() * size_of::<Option<Out>>()
            + self.free.capacity() * size_of::<u32>()
            + self.blocked.capacity() * size_of::<(FrameId, u32)>()
    }
}
