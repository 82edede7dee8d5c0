//! The connections that a firewall knows, and how often each address has come of late.
//!
//! A table of connections: those that their callers keep open, each from its first packet until nothing has passed
//! over it for the idle timeout; and those that carried one call, which stay for a while after it, as TCP's own
//! closing does (TIME-WAIT; RFC 9293, section 3.6.1; netfilter's `tcp_timeout_time_wait`). Rates are counted by the
//! generic cell rate algorithm (ITU-T I.371): one moment for each address, and no event.

use std::collections::VecDeque;

use super::Table;
use crate::Ns;

/// No place.
const NOWHERE: u32 = u32::MAX;

/// So many addresses are counted at most; beyond it, those that have not come of late are forgotten.
const MOST_ADDRESSES: usize = 1 << 16;

/// What a firewall knows of a connection's packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It belongs to a connection in the table.
    Yes,
    /// It says that its connection is open, of which nothing is known.
    No,
    /// It opens a connection, for which there is no room.
    Full,
}

/// A connection that its caller keeps open.
#[derive(Clone, Copy, Debug)]
struct Row {
    name: u64,
    seen: Ns,
    /// Neighbours in the order in which they were seen; of a free row, the next free one is after it.
    before: u32,
    after: u32,
}

/// What one instance of a firewall knows.
#[derive(Clone, Debug)]
pub(crate) struct Tracker {
    rows: Vec<Row>,
    places: Table<u32>,
    first: u32,
    last: u32,
    free: u32,
    /// Connections that carried one call: when, and how many.
    closing: VecDeque<(Ns, u32)>,
    closing_count: usize,
    /// By address, when its next call is due.
    due: Table<Ns>,
    /// All of them, in the order in which they are looked at.
    addresses: VecDeque<u64>,
}

impl Default for Tracker {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            places: Table::default(),
            first: NOWHERE,
            last: NOWHERE,
            free: NOWHERE,
            closing: VecDeque::new(),
            closing_count: 0,
            due: Table::default(),
            addresses: VecDeque::new(),
        }
    }
}

/// How long a table keeps what, and how much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) states: u32,
    pub(crate) idle: Ns,
    pub(crate) closed: Ns,
}

impl Tracker {
    /// Connections in the table at a moment; those that have expired by then are forgotten.
    pub(crate) fn count(&mut self, now: Ns, room: &Room) -> usize {
        while let Some(row) = self.rows.get(self.first as usize)
            && now - row.seen >= room.idle
        {
            self.forget(self.first);
        }
        while let Some((since, many)) = self.closing.front().copied()
            && now - since >= room.closed
        {
            self.closing.pop_front();
            self.closing_count -= many as usize;
        }
        self.places.len() + self.closing_count
    }

    /// As [`count`](Self::count), for those who only look.
    pub(crate) fn count_at(&self, now: Ns, room: &Room) -> usize {
        let idle = self.rows_in_order().take_while(|row| now - row.seen >= room.idle).count();
        let closed = self.closing.iter().take_while(|(since, _)| now - since >= room.closed);
        let closed: usize = closed.map(|(_, many)| *many as usize).sum();
        self.places.len() - idle + self.closing_count - closed
    }

    /// From the one that was seen first on.
    fn rows_in_order(&self) -> impl Iterator<Item = &Row> {
        std::iter::successors(self.rows.get(self.first as usize), |row| self.rows.get(row.after as usize))
    }

    /// A packet of a connection that its caller keeps open, or that it opens with it.
    pub(crate) fn pass(&mut self, name: u64, opens: bool, now: Ns, room: &Room) -> Known {
        let count = self.count(now, room);
        if let Some(place) = self.places.get(name) {
            self.unlink(place);
            self.link(place, now);
            return Known::Yes;
        }
        if !opens {
            return Known::No;
        }
        if count >= room.states as usize {
            return Known::Full;
        }
        let row = Row { name, seen: now, before: NOWHERE, after: NOWHERE };
        let place = match self.rows.get_mut(self.free as usize) {
            Some(free) => {
                let place = self.free;
                self.free = free.after;
                *free = row;
                place
            }
            None => {
                self.rows.push(row);
                self.rows.len() as u32 - 1
            }
        };
        self.places.put(name, place);
        self.link(place, now);
        Known::Yes
    }

    /// A connection that carries one call.
    pub(crate) fn pass_once(&mut self, now: Ns, room: &Room) -> Known {
        if self.count(now, room) >= room.states as usize {
            return Known::Full;
        }
        self.close(now, 1);
        Known::Yes
    }

    fn close(&mut self, now: Ns, many: u32) {
        self.closing_count += many as usize;
        match self.closing.back_mut() {
            Some((since, count)) if *since == now => *count += many,
            _ => self.closing.push_back((now, many)),
        }
    }

    /// Connections of nobody take all the room that there is.
    pub(crate) fn fill(&mut self, now: Ns, room: &Room) {
        let free = (room.states as usize).saturating_sub(self.count(now, room));
        if free > 0 {
            self.close(now, free as u32);
        }
    }

    /// Forgets all connections; addresses too.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether an address may call now: every `gap` once, and so many times ahead of that.
    pub(crate) fn admits(&mut self, address: u64, now: Ns, gap: Ns, burst: u32) -> bool {
        let due = self.due.get(address).map_or(now, |due| due.max(now));
        if due - now > gap.saturating_mul(u64::from(burst.saturating_sub(1))) {
            return false;
        }
        let is_new = self.due.get(address).is_none();
        if is_new {
            self.forget_addresses(now);
            // Those who come while too many are counted go uncounted.
            if self.due.len() >= MOST_ADDRESSES {
                return true;
            }
            self.addresses.push_back(address);
        }
        self.due.put(address, due.saturating_add(gap));
        true
    }

    /// Looks at a few addresses in turn, and forgets those that may call at once as if they never had.
    fn forget_addresses(&mut self, now: Ns) {
        for _ in 0..3 {
            let Some(address) = self.addresses.pop_front() else { return };
            if self.due.get(address).is_some_and(|due| due > now) {
                self.addresses.push_back(address);
            } else {
                self.due.remove(address);
            }
        }
    }

    /// Makes room for twice as many connections and addresses.
    pub(crate) fn reserve(&mut self) {
        const LEAST: usize = 1_024;
        self.rows.reserve(self.rows.len() + LEAST);
        self.places.reserve(self.places.len() + LEAST);
        self.closing.reserve(self.closing.len() + LEAST);
        if self.due.len() > 0 {
            self.due.reserve(self.due.len() + LEAST);
            self.addresses.reserve(self.addresses.len() + LEAST);
        }
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Row>()
            + self.places.bytes()
            + self.due.bytes()
            + self.addresses.capacity() * size_of::<u64>()
            + self.closing.capacity() * size_of::<(Ns, u32)>()
    }

    fn forget(&mut self, place: u32) {
        self.unlink(place);
        let row = &mut self.rows[place as usize];
        self.places.remove(row.name);
        row.after = self.free;
        self.free = place;
    }

    fn unlink(&mut self, place: u32) {
        let Row { before, after, .. } = self.rows[place as usize];
        match self.rows.get_mut(before as usize) {
            Some(row) => row.after = after,
            None => self.first = after,
        }
        match self.rows.get_mut(after as usize) {
            Some(row) => row.before = before,
            None => self.last = before,
        }
    }

    fn link(&mut self, place: u32, now: Ns) {
        let last = self.last;
        let row = &mut self.rows[place as usize];
        (row.seen, row.before, row.after) = (now, last, NOWHERE);
        match self.rows.get_mut(last as usize) {
            Some(row) => row.after = place,
            None => self.first = place,
        }
        self.last = place;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::{Stream, mix64};

    #[test]
    fn it_is_a_map_that_forgets() {
        let room = Room { states: 40, idle: 50, closed: 20 };
        let (stream, mut tracker) = (Stream::new(1, 2, 3), Tracker::default());
        let (mut open, mut closing) = (BTreeMap::new(), Vec::new());
        for now in 0..20_000_u64 {
            let mut draws = stream.at(now);
            open.retain(|_, seen| now - *seen < room.idle);
            closing.retain(|since| now - *since < room.closed);
            assert_eq!(tracker.count(now, &room), open.len() + closing.len(), "{now}");
            let is_full = open.len() + closing.len() >= 40;
            if draws.unit() < 0.3 {
                let known = tracker.pass_once(now, &room);
                assert_eq!(known, if is_full { Known::Full } else { Known::Yes });
                closing.extend((!is_full).then_some(now));
                continue;
            }
            let (name, opens) = (mix64(u64::from(draws.below(60))), draws.unit() < 0.5);
            let expected = match (open.contains_key(&name), opens) {
                (true, _) => Known::Yes,
                (_, false) => Known::No,
                _ if is_full => Known::Full,
                _ => Known::Yes,
            };
            assert_eq!(tracker.pass(name, opens, now, &room), expected, "{now}");
            if expected == Known::Yes {
                open.insert(name, now);
            }
        }
        tracker.fill(20_000, &room);
        assert_eq!(tracker.count(20_000, &room), 40);
        assert_eq!(tracker.count(20_020, &room), open.values().filter(|seen| 20_020 - **seen < 50).count());
        tracker.clear();
        assert_eq!(tracker.count(20_020, &room), 0);
    }

    /// One call each 10, three ahead: of calls at each moment, three pass at once and then every tenth.
    #[test]
    fn an_address_is_slowed_down() {
        let mut tracker = Tracker::default();
        let passed: Vec<u64> = (0..60).filter(|now| tracker.admits(7, *now, 10, 3)).collect();
        assert_eq!(passed, [0, 1, 2, 10, 20, 30, 40, 50]);
        // Many addresses at once are counted in bounded room.
        for address in 0..200_000_u64 {
            assert!(tracker.admits(mix64(address), 100 + address, 1_000_000_000, 1));
        }
        assert!(tracker.due.len() <= MOST_ADDRESSES && tracker.addresses.len() == tracker.due.len());
        // A long time later they are forgotten, some with each that comes.
        for address in 0..40_000_u64 {
            assert!(tracker.admits(mix64(address << 40), 2_000_000_000, 1, 1));
        }
        assert!(tracker.due.len() < 50_000, "{}", tracker.due.len());
    }
}
