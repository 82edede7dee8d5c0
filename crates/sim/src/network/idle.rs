//! Connections that are open and that nobody uses at the moment.

use crate::Ns;
use crate::engine::InstanceId;

/// The end of a stack.
const NONE: u32 = u32::MAX;

/// So many idle connections are kept in all; beyond it, they are closed.
const MOST: usize = 1 << 20;

/// One instance of the callee, and the idle connections to it, the one used last on top.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) instance: InstanceId,
    top: u32,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    since: Ns,
    below: u32,
    name: u32,
    window: u32,
}

/// All idle connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Idle {
    rows: Vec<Row>,
    /// The first free row, counted from 1; 0 is none.
    free: u32,
    in_use: usize,
    peers: usize,
    /// Connections that were ever opened: the name of the last.
    opened: u32,
}

impl Idle {
    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Row>()
    }

    /// The name of a new connection, by which those on its way know it again.
    pub(crate) const fn open(&mut self) -> u32 {
        self.opened = self.opened.wrapping_add(1);
        self.opened
    }

    /// Keeps a connection that has just been used, if there is room: its name, and how much goes over it in one
    /// round.
    pub(crate) fn keep(&mut self, peers: &mut Vec<Peer>, instance: InstanceId, now: Ns, name: [u32; 2]) {
        if self.in_use >= MOST {
            return;
        }
        let at = match peers.binary_search_by_key(&instance, |peer| peer.instance) {
            Ok(at) => at,
            Err(_) if self.peers >= MOST => return,
            Err(at) => {
                self.peers += 1;
                peers.insert(at, Peer { instance, top: NONE });
                at
            }
        };
        let [name, window] = name;
        let row = Row { since: now, below: peers[at].top, name, window };
        peers[at].top = if self.free == 0 {
            self.rows.push(row);
            self.rows.len() as u32 - 1
        } else {
            let place = self.free - 1;
            self.free = self.rows[place as usize].below;
            self.rows[place as usize] = row;
            place
        };
        self.in_use += 1;
    }

    /// Takes out the connection to an instance that was used last; since when it is idle, its name and its window.
    pub(crate) fn take(&mut self, peers: &mut [Peer], instance: InstanceId) -> Option<(Ns, u32, u32)> {
        let at = peers.binary_search_by_key(&instance, |peer| peer.instance).ok()?;
        self.pop(&mut peers[at])
    }

    fn pop(&mut self, peer: &mut Peer) -> Option<(Ns, u32, u32)> {
        let place = peer.top;
        let row = *self.rows.get(place as usize)?;
        peer.top = row.below;
        self.rows[place as usize].below = self.free;
        self.free = place + 1;
        self.in_use -= 1;
        Some((row.since, row.name, row.window))
    }

    /// How many there are to an instance that were not idle before this time.
    pub(crate) fn count(&self, peers: &[Peer], instance: InstanceId, oldest: Ns) -> usize {
        let Ok(at) = peers.binary_search_by_key(&instance, |peer| peer.instance) else { return 0 };
        let row = |place: u32| self.rows.get(place as usize);
        let all = std::iter::successors(row(peers[at].top), |last| row(last.below));
        // Those below were idle for longer.
        all.take_while(|one| one.since >= oldest).count()
    }

    /// Closes the connections to one instance.
    pub(crate) fn close_to(&mut self, peers: &mut [Peer], instance: InstanceId) {
        while self.take(peers, instance).is_some() {}
    }

    /// Closes all connections of a caller.
    pub(crate) fn close(&mut self, peers: &mut Vec<Peer>) {
        for peer in peers.iter_mut() {
            while self.pop(peer).is_some() {}
        }
        self.peers -= peers.len();
        peers.clear();
    }

    /// Whether so many rows are in use as these stacks hold, and each is older than what lies on it.
    pub(crate) fn audit<'a>(&self, peers: impl Iterator<Item = &'a Peer>, now: Ns) -> Result<(), String> {
        let (mut count, mut known) = (0, 0);
        for peer in peers {
            known += 1;
            let (mut at, mut after) = (peer.top, now);
            while let Some(row) = self.rows.get(at as usize) {
                count += 1;
                if row.since > after || count > self.rows.len() {
                    return Err(format!("idle connections to instance {} are in disorder", peer.instance.0));
                }
                (at, after) = (row.below, row.since);
            }
        }
        if count == self.in_use && known == self.peers {
            Ok(())
        } else {
            Err(format!("{count} idle connections, but {} are counted", self.in_use))
        }
    }

    /// Forgets one, as a bug would. For the test of the audit.
    pub(crate) fn lose_one(&mut self) -> Option<()> {
        self.in_use = self.in_use.checked_sub(1)?;
        Some(())
    }
}
