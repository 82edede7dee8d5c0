//! What requests carry that few parts read: the key of the data that they are about, and the version of it
//! that a write expects.
//!
//! A frame is full, and a key is a function of the request's name: whoever reads one walks up to the request, and all
//! on the way know it from then on. Where the way up ends, because a caller gave up or never waited, what was carried is written down.

use super::flow::visit_key;
use super::frame::grow_to;
use super::{Core, Frame, FrameId, Ns, Phase, mix64};
use crate::network::{EdgeSlot, Known};
use crate::observe::Outcome;

/// Tells the pause after a conflict apart from what else is drawn at a visit: the square root of three.
const CONFLICT: u64 = 0xbb67_ae85_84ca_a73b;

/// What a caller wants of a cache that it keeps itself (cache-aside).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// Whatever the call is about: the cache gets and stores by itself.
    Plain,
    /// What is stored under the key, if anything is.
    Get,
    /// Store this, which was read from where it belongs.
    Fill,
    /// Store this, which was just written where it belongs.
    Set,
    /// Forget what is stored.
    Drop,
    /// The session with this number: whether it is there. It is then kept for longer.
    Session,
    /// Keep a session with this number.
    NewSession,
}

impl Asks {
    const fn is_of_session(self) -> bool {
        matches!(self, Self::Session | Self::NewSession)
    }
}

/// Sessions have keys of their own, beyond those of all requests.
const FIRST_SESSION: u32 = 1 << 20;

/// Of a frame, what stands apart because only systems that read keys need it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carried {
    /// The life of the frame that this is about.
    generation: u32,
    /// Of a call that nobody waits for: the key of its request, the version that it expects, and what it asks
    /// of a cache.
    key: u32,
    expects: u32,
    asked: Asks,
    /// As a caller that keeps a cache, what it asks of it.
    pub(crate) asks: Asks,
    /// The version that this, or what is asked of the frame itself, is about; of what writes on for a cache,
    /// the number of the write.
    pub(crate) token: u32,
    /// As a caller that writes what it has read: whether it is at that, and with which step of its plan.
    pub(crate) writes: bool,
    pub(crate) step: u16,
    pub(crate) edge: EdgeSlot,
    /// What it has read. 0 is nothing.
    pub(crate) version: u32,
    /// How often this step met a conflict; of what writes on for a cache, how many keys are left of the
    /// present round.
    pub(crate) count: u32,
    /// The last pause after a conflict; of what gets something for a cache, since when.
    pub(crate) when: Ns,
    /// It stands in that pause.
    pub(crate) pauses: bool,
}

const NOTHING: Carried = Carried {
    generation: 0,
    key: 0,
    expects: 0,
    asked: Asks::Plain,
    asks: Asks::Plain,
    token: 0,
    writes: false,
    step: 0,
    edge: 0,
    version: 0,
    count: 0,
    when: 0,
    pauses: false,
};

/// Of a life of a frame, the key that was found at the end of its way up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownKey {
    generation: u32,
    key: u32,
}

impl KnownKey {
    /// No request has such a key.
    const NONE: Self = Self { generation: 0, key: u32::MAX };
}

impl Carried {
    /// The next step of the plan is another read and another write.
    pub(crate) const fn begin_step(&mut self, step: u16) {
        self.step = step;
        self.version = 0;
        self.count = 0;
        self.when = 0;
    }
}

impl Core {
    pub(super) fn carried(&self, frame: FrameId) -> Option<&Carried> {
        let carried = self.carried.get(frame.0 as usize)?;
        (carried.generation == self.frames[frame].generation).then_some(carried)
    }

    pub(crate) fn carried_mut(&mut self, frame: FrameId) -> &mut Carried {
        let (at, generation) = (frame.0 as usize, self.frames[frame].generation);
        if at >= self.carried.len() {
            self.make_carried(at);
        }
        let carried = &mut self.carried[at];
        if carried.generation != generation {
            *carried = Carried { generation, ..NOTHING };
        }
        carried
    }

    /// By an eighth more than are needed, not twice as many, since they are large.
    #[cold]
    fn make_carried(&mut self, at: usize) {
        grow_to(&mut self.carried, self.frames.places().max(at + 1), NOTHING);
    }

    /// A call is about to lose its caller, and with it the way up to its request.
    #[cold]
    pub(super) fn cut_off(&mut self, frame: FrameId) {
        let (key, expects) = (self.request_key(frame), self.expected_version(frame));
        let (asked, token) = self.asked(frame);
        let until = self.session_until(frame);
        let carried = self.carried_mut(frame);
        carried.key = key;
        carried.expects = expects;
        carried.asked = asked;
        if asked != Asks::Plain {
            carried.token = token;
        }
        if asked.is_of_session() {
            carried.when = until;
        }
    }

    /// What a call wants of a cache, and the version that this is about.
    pub(crate) fn asked(&self, frame: FrameId) -> (Asks, u32) {
        let row = &self.frames[frame];
        if row.has(Frame::ABANDONED) || row.has(Frame::DETACHED) {
            return self.carried(frame).map_or((Asks::Plain, 0), |carried| (carried.asked, carried.token));
        }
        let caller = self.asker(row.parent);
        let caller = (!caller.is_none()).then_some(caller).and_then(|caller| self.carried(caller));
        caller.map_or((Asks::Plain, 0), |caller| (caller.asks, caller.token))
    }

    /// What a call is about has to be found anew.
    pub(super) fn forget_known_key(&mut self, frame: FrameId) {
        if let Some(known) = self.known_keys.get_mut(frame.0 as usize) {
            *known = KnownKey { generation: self.frames[frame].generation, ..KnownKey::NONE };
        }
    }

    /// Whether what was read is something that had been written, and no empty row.
    pub(crate) const fn was_written(token: u32) -> bool {
        token != 0 && (token >> Self::VERSION_BITS == Self::ANY_ROWS || token & Self::VERSION != 1)
    }

    /// Since when a caller that keeps a cache got what it stores there now.
    pub(crate) fn fill_since(&self, frame: FrameId) -> Ns {
        let row = &self.frames[frame];
        if row.has(Frame::ABANDONED) || row.has(Frame::DETACHED) {
            return self.now;
        }
        let caller = self.asker(row.parent);
        let caller = (!caller.is_none()).then_some(caller).and_then(|caller| self.carried(caller));
        caller.map_or(self.now, |caller| caller.when.min(self.now))
    }

    /// Whether this is a live process of a part: one that moves keys.
    pub(crate) fn moves_keys(&self, process: FrameId, part: u32) -> bool {
        let row = &self.frames[process];
        row.phase == Phase::Process && self.part_of(row.instance) == part
    }

    /// Writes down what a process works on.
    pub(crate) fn carry_key(&mut self, process: FrameId, key: u32) {
        self.carried_mut(process).key = key;
    }

    /// The key of the data that the request behind a call is about, from 0 on. All its calls have the same: it is
    /// looked for once and then known to all on the way up, and to the calls that these make.
    pub(crate) fn data_key(&mut self, frame: FrameId) -> u32 {
        let known = self.known_key(frame);
        if known == u32::MAX { self.find_key(frame) } else { known }
    }

    fn known_key(&self, frame: FrameId) -> u32 {
        let known = self.known_keys.get(frame.0 as usize).copied().unwrap_or(KnownKey::NONE);
        if known.generation == self.frames[frame].generation { known.key } else { u32::MAX }
    }

    /// A call is about what its caller is about: where that is known, there is nothing to look for later.
    pub(super) fn pass_key_on(&mut self, caller: FrameId, child: FrameId) {
        let known = self.known_keys.get(caller.0 as usize).copied().unwrap_or(KnownKey::NONE);
        if known.generation == self.frames[caller].generation
            && let Some(mine) = self.known_keys.get_mut(child.0 as usize)
        {
            *mine = KnownKey { generation: self.frames[child].generation, key: known.key };
        }
    }

    #[inline(never)]
    fn find_key(&mut self, frame: FrameId) -> u32 {
        let mut at = frame;
        let key = loop {
            let known = self.known_key(at);
            if known != u32::MAX {
                break known;
            }
            match self.next_up(at) {
                Some(above) => at = above,
                None => break self.key_at(at),
            }
        };
        if self.known_keys.len() < self.frames.places() {
            grow_to(&mut self.known_keys, self.frames.places(), KnownKey::NONE);
        }
        let (top, mut at) = (at, frame);
        loop {
            let generation = self.frames[at].generation;
            // A process goes on to another key.
            if self.frames[at].phase != Phase::Process {
                self.known_keys[at.0 as usize] = KnownKey { generation, key };
            }
            match self.next_up(at) {
                Some(above) if at != top => at = above,
                _ => return key,
            }
        }
    }

    /// The session that a frame asks for at the moment: that is then what its calls are about.
    pub(super) fn session_of(&self, at: FrameId) -> Option<u32> {
        let carried =
            self.carried(at).filter(|carried| self.shares_sessions && carried.asks.is_of_session())?;
        Some(FIRST_SESSION + carried.token % FIRST_SESSION)
    }

    /// Who knows more of the request behind a call, if anybody does.
    fn next_up(&self, at: FrameId) -> Option<FrameId> {
        let row = &self.frames[at];
        let is_top = row.has(Frame::ABANDONED) || row.has(Frame::DETACHED);
        if is_top || self.shares_sessions && self.session_of(at).is_some() {
            return None;
        }
        match row.phase {
            Phase::Request | Phase::Work | Phase::Reply | Phase::Lost => Some(row.parent),
            Phase::Branch | Phase::Join if !row.parent.is_none() => Some(row.parent),
            _ => None,
        }
    }

    /// The key where the way up ends.
    fn key_at(&self, end: FrameId) -> u32 {
        let row = &self.frames[end];
        if let Some(key) = self.session_of(end) {
            return key;
        }
        if row.has(Frame::ABANDONED) || row.has(Frame::DETACHED) {
            return self.carried(end).map_or(0, |carried| carried.key);
        }
        match row.phase {
            Phase::Root => {
                let part = &self.parts[self.part_of(row.instance) as usize];
                // An edit of the keys is about requests that are issued after it.
                let since = part.keys.partition_point(|(since, _)| *since <= row.arrived);
                let keys = since.checked_sub(1).and_then(|at| part.keys.get(at));
                keys.map_or(0, |(_, keys)| keys.of(row.key))
            }
            // A message carries what the request behind it was about.
            Phase::Process => self.carried(end).map_or(0, |carried| carried.key),
            _ => 0,
        }
    }

    /// As [`data_key`](Self::data_key), without remembering anything.
    #[cfg(test)]
    fn data_key_afresh(&self, frame: FrameId) -> u32 {
        let mut at = frame;
        while let Some(above) = self.next_up(at) {
            at = above;
        }
        self.key_at(at)
    }

    /// The version that a write must find; 0 where it takes any.
    fn expected_version(&self, frame: FrameId) -> u32 {
        let row = &self.frames[frame];
        if row.has(Frame::ABANDONED) || row.has(Frame::DETACHED) {
            return self.carried(frame).map_or(0, |carried| carried.expects);
        }
        let caller = self.asker(row.parent);
        let caller = (!caller.is_none()).then_some(caller).and_then(|caller| self.carried(caller));
        caller.filter(|caller| caller.writes).map_or(0, |caller| caller.version)
    }

    /// A read tells the version of the row with its answer.
    pub(crate) fn read_row(&mut self, frame: FrameId, rows: u32) {
        let key = self.data_key(frame);
        self.frames[frame].note = self.token(rows, key);
    }

    /// A write takes effect and tells the new version, or finds that the row is not the one that was read.
    pub(crate) fn write_row(&mut self, frame: FrameId, rows: u32) -> Outcome {
        let (key, expected) = (self.data_key(frame), self.expected_version(frame));
        if expected != 0 && expected != self.token(rows, key) {
            return Outcome::Conflict;
        }
        self.rows[rows as usize].write(key);
        self.frames[frame].note = self.token(rows, key);
        Outcome::Ok
    }

    /// A write takes effect whatever it was to find; whether that was something else.
    pub(crate) fn overwrite_row(&mut self, frame: FrameId, rows: u32) -> bool {
        let (key, expected) = (self.data_key(frame), self.expected_version(frame));
        let replaces = expected != 0 && expected != self.token(rows, key);
        self.rows[rows as usize].write(key);
        self.frames[frame].note = self.token(rows, key);
        replaces
    }

    /// Names the present version of a row, and whose row it is: what answers and caches carry. Never 0.
    fn token(&self, rows: u32, key: u32) -> u32 {
        let version = self.rows[rows as usize].version(key);
        (rows + 1).min(Self::ANY_ROWS) << Self::VERSION_BITS | version & Self::VERSION
    }

    /// The token of a version before this one.
    pub(super) const fn older(token: u32) -> u32 {
        token & !Self::VERSION | token.wrapping_sub(1) & Self::VERSION
    }

    /// Whether the row has been written since this version of it was read. This is what is, and nobody in
    /// the system knows it. Of data that belong to no database, it is never so.
    pub(crate) fn is_stale(&self, token: u32, key: u32) -> bool {
        let rows = token >> Self::VERSION_BITS;
        if rows == 0 || rows == Self::ANY_ROWS || rows as usize > self.rows.len() {
            return false;
        }
        self.token(rows - 1, key) != token
    }

    const VERSION_BITS: u32 = 20;
    const VERSION: u32 = (1 << Self::VERSION_BITS) - 1;
    const ANY_ROWS: u32 = (1 << (32 - Self::VERSION_BITS)) - 1;
    /// A version of nobody knows what.
    pub(crate) const SOME_VERSION: u32 = Self::ANY_ROWS << Self::VERSION_BITS | 1;
    /// A version that has not been written where it belongs yet.
    pub(crate) const UNWRITTEN: u32 = Self::ANY_ROWS << Self::VERSION_BITS | 2;

    /// Whether a conflict is not the edge's to try again, but the caller's, from the read on.
    pub(super) fn reads_again(&self, caller: FrameId) -> bool {
        let asker = self.asker(caller);
        !asker.is_none() && self.carried(asker).is_some_and(|carried| carried.writes)
    }

    /// Whether a caller that met a conflict stands in the pause before it reads again.
    pub(super) fn pauses_after_conflict(&self, caller: FrameId) -> bool {
        self.carried(caller).is_some_and(|carried| carried.writes && carried.pauses)
    }

    /// The pause after which a caller that met a conflict reads and writes again, as the policy of the edge
    /// has it; `None` where it gives up.
    pub(crate) fn pause_after_conflict(&mut self, caller: FrameId, edge: EdgeSlot) -> Option<Ns> {
        let edge = self.led_on(edge);
        let policy = self.edge(edge).policy? as usize;
        let (row, Carried { count: attempt, when: pause, .. }) =
            (self.frames[caller], *self.carried_mut(caller));
        let rules = self.policies[policy].rules;
        if attempt >= rules.retries || !rules.retries_after(Outcome::Conflict) || self.edge(edge).removed {
            return None;
        }
        let position = mix64(visit_key(row.key, row.cursor) ^ CONFLICT);
        let pause = self.policies[policy].pause(attempt + 1, pause, position);
        let next = self.now.saturating_add(pause);
        let is_too_late = rules.propagates && self.deadline_of(caller).is_some_and(|until| until <= next);
        if is_too_late || !self.policies[policy].spend(row.instance) {
            return None;
        }
        let carried = self.carried_mut(caller);
        carried.count = attempt + 1;
        carried.when = pause;
        carried.pauses = true;
        Some(pause)
    }

    /// A call of a read and write that was started again is a retry, where it was issued.
    pub(crate) fn count_again(&mut self, caller: FrameId, edge: EdgeSlot, outcome: Outcome) {
        let is_again = self.carried_mut(caller).count > 0 && outcome != Outcome::Guarded;
        if is_again && self.edge(edge).resolver.is_none() {
            self.edge_mut(edge).ledger.retries += 1;
        }
    }

    /// The edge that calls on this one are made on: behind a name, that of the record.
    fn led_on(&self, edge: EdgeSlot) -> EdgeSlot {
        match self.edge(edge).resolver.map(|id| self.resolvers[id as usize].look(self.now)) {
            Some(Known::Record(record)) => record,
            _ => edge,
        }
    }

    /// Every write that was taken has changed the version of one row.
    pub(super) fn audit_rows(&self) -> Result<(), String> {
        for (at, rows) in self.rows.iter().enumerate() {
            let (changes, writes) = (rows.changes(), rows.writes());
            if changes != writes {
                return Err(format!("rows {at}: {writes} writes, but versions changed {changes} times"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::component::{AnyParams, Kind};
    use crate::engine::Options;
    use crate::param::Value;
    use crate::system::{Edge, Mode, Part, System};
    use crate::{Simulation, engine::MILLISECOND};

    /// Four layers with attempts, second copies, asynchronous calls and timeouts that are often too short.
    fn system() -> System {
        let kinds = [Kind::Client, Kind::Web, Kind::App, Kind::Db];
        let mut parts: Vec<Part> = (1..)
            .zip(kinds)
            .map(|(id, kind)| Part { id, params: kind.defaults(), count: 1, inside: None })
            .collect();
        let set = |params: &mut AnyParams, name: &str, value: Value| {
            let at = params.place(name).unwrap();
            params.set(at, value).unwrap();
        };
        set(&mut parts[0].params, "rate_rps", Value::Number(200.0));
        set(&mut parts[2].params, "writes", Value::Choice("compare_and_set"));
        let mut edges = vec![
            Edge::calls(11, 1, 2),
            Edge::calls(12, 2, 3),
            Edge::calls(13, 3, 4),
            Edge::calls(14, 3, 4),
            Edge::calls(15, 2, 4),
        ];
        edges[3].mode = Mode::Async;
        for (edge, timeout) in edges.iter_mut().zip([40.0, 30.0, 8.0, 1.0, 5.0]) {
            edge.policy.timeout_ms.0 = timeout;
            edge.policy.retries.0 = 2;
            edge.policy.backoff_ms.0 = 3.0;
            edge.policy.hedge_ms.0 = 4.0;
            edge.net.jitter = crate::param::Law::Exponential { mean_ms: 0.5 };
        }
        edges[2].policy.fan_out.0 = 2;
        edges[2].policy.need.0 = 1;
        System { parts, edges }
    }

    /// A call knows the key of its request for as long as it lives, whoever has given it up meanwhile.
    #[test]
    fn a_call_keeps_its_key() {
        let mut simulation = Simulation::new(&system(), Options::default(), &[]).unwrap();
        let mut known: BTreeMap<(FrameId, u32), u32> = BTreeMap::new();
        let (mut orphans, mut distinct) = (0, std::collections::BTreeSet::new());
        for step in 1..20_000 {
            simulation.run_until(step * MILLISECOND / 4);
            let core = &simulation.core;
            let mut now = BTreeMap::new();
            for (id, frame) in core.frames.live().filter(|(_, frame)| frame.phase != Phase::List) {
                let (name, key) = ((id, frame.generation), core.data_key_afresh(id));
                if let Some(before) = known.get(&name) {
                    assert_eq!(key, *before, "{frame:?}");
                    orphans += u32::from(frame.has(Frame::ABANDONED));
                }
                if frame.phase == Phase::Work && !frame.has(Frame::DETACHED) && !frame.has(Frame::ABANDONED) {
                    assert_eq!(key, core.data_key_afresh(frame.parent));
                }
                distinct.insert(key);
                now.insert(name, key);
            }
            known = now;
            // What is remembered is what would be found.
            for ((id, _), key) in &known {
                assert_eq!(simulation.core.data_key(*id), *key);
            }
        }
        assert!(orphans > 1_000 && distinct.len() > 100, "{orphans} orphans, {} keys", distinct.len());
    }
}
