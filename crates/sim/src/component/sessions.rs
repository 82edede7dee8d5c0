//! What servers remember of visitors who have logged in: in one place, in two, or in a store that all share.
//!
//! A visitor's cookie names the server that has his session (RFC 6265), and the one that has a copy of it. A server that
//! does not have it, and cannot get it, turns him away; where it is lost, he logs in anew with his next request.

use super::Kind;
use super::app::Params;
use super::spec::Gauge;
use crate::choices;
use crate::engine::{Asks, Build, Core, Cx, InstanceId, Ns, Pc, mix64};
use crate::network::EdgeSlot;
use crate::observe::Class;
use crate::resource::Table;

choices! {
    /// Where sessions are.
    pub enum Keeping {
        Nowhere = "none", en "no sessions", ko "세션 없음";
        Local = "local", en "in the server that made them", ko "만든 서버에만";
        Replicated = "replicated", en "in two servers", ko "두 서버에 복제";
        Shared = "shared", en "in a store that all share", ko "공유 저장소에";
    }
}

impl Keeping {
    /// Sessions in a store have keys there.
    pub(super) fn reads_keys(self, build: &mut Build<'_>) {
        if self == Self::Shared {
            build.reads_keys();
            build.core.shares_sessions = true;
        }
    }
}

/// The store has answered, or has not.
pub(super) const HEARD: Pc = 4;
/// Names the visit to the store beside those of all other calls.
const VISIT: u16 = u16::MAX;

/// As many sessions as are kept; who comes beyond is let in without one.
const MOST: usize = 1 << 18;
const NOBODY: u32 = u32::MAX;

/// Where one session is.
#[derive(Clone, Copy, Debug)]
struct Session {
    /// The numbers of the instances that have it.
    first: u32,
    second: u32,
    /// What a store knows it by.
    number: u32,
    /// When it was written last: whoever died since has lost it.
    stored: Ns,
    until: Ns,
}

/// The sessions of a part.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    how: Option<Keeping>,
    idle: Ns,
    fetch: Ns,
    part: u32,
    /// By visitor.
    all: Table<Session>,
    /// So many, and those that are over are looked for, from this time on.
    crowded: usize,
    look_after: Ns,
    missed: u64,
    lost: u64,
    copied: u64,
    unreached: u64,
}

/// What becomes of a visitor.
pub(super) enum Welcome {
    /// He is let in, after so long.
    In(Ns),
    Out,
    /// Whoever shares the sessions is asked over this edge.
    Ask(EdgeSlot),
}

impl Sessions {
    pub(super) fn set(&mut self, params: &Params, part: u32) {
        self.how = (params.sessions != Keeping::Nowhere).then_some(params.sessions);
        (self.idle, self.fetch, self.part) = (params.session_s.ns(), params.session_ms.ns(), part);
        self.crowded = self.crowded.max(1_024);
        if self.how.is_none() {
            self.all.clear();
        }
    }

    pub(super) const fn are_kept(&self) -> bool {
        self.how.is_some()
    }

    /// A visitor comes to an instance.
    #[inline(never)]
    pub(super) fn look(&mut self, cx: &mut Cx<'_>) -> Welcome {
        let (now, me) = (cx.core.now, cx.number() as u32);
        let Some((how, visitor)) = self.how.zip(cx.core.visitor_of(cx.frame)) else { return Welcome::In(0) };
        let name = mix64(visitor);
        self.forget_old(now);
        let known = self.all.get(name).filter(|session| session.until > now);
        if how == Keeping::Shared
            && let Some(edge) = self.store(cx.core)
        {
            return self.ask(cx, edge, known);
        }
        let Some(known) = known else {
            if self.all.len() < MOST {
                self.keep(cx.core, how, name, me, 0);
            }
            return Welcome::In(0);
        };
        let time = match how {
            Keeping::Nowhere => Some(0),
            Keeping::Local if self.has(cx.core, known.first, known.stored) => {
                (known.first == me).then_some(0)
            }
            Keeping::Replicated => {
                let mut holders = [known.first, known.second].into_iter();
                let is_here =
                    [known.first, known.second].contains(&me) && self.has(cx.core, me, known.stored);
                let is_there = holders.any(|number| self.has(cx.core, number, known.stored));
                if is_here { Some(0) } else { is_there.then_some(self.fetch) }
            }
            // Without a store there is nowhere to look.
            Keeping::Local | Keeping::Shared => None,
        };
        if let Some(time) = time {
            self.keep(cx.core, how, name, me, 0);
            return Welcome::In(time);
        }
        if how == Keeping::Local && self.has(cx.core, known.first, known.stored) {
            self.missed += 1;
        } else {
            self.lost += 1;
            self.all.remove(name);
        }
        Welcome::Out
    }

    /// Calls the store for the session of a visitor, or to keep a new one there: a query like any other.
    fn ask(&mut self, cx: &mut Cx<'_>, edge: EdgeSlot, known: Option<Session>) -> Welcome {
        let until = cx.core.now.saturating_add(self.idle);
        let (asks, class, number) = match known {
            Some(known) => (Asks::Session, Class::Read, known.number),
            None if self.all.len() >= MOST => return Welcome::In(0),
            None => {
                // Several parts may keep theirs in one store.
                cx.core.sessions_begun = cx.core.sessions_begun.wrapping_add(1);
                (Asks::NewSession, Class::Write, cx.core.sessions_begun)
            }
        };
        cx.core.ask_for_session(cx.frame, asks, number, until);
        let before = cx.class();
        cx.core.carried_mut(cx.frame).count = before as u32;
        let row = cx.frame();
        (row.class, row.cursor) = (class as u8, VISIT);
        Welcome::Ask(edge)
    }

    /// The store has answered, or has not: without its word nobody is let in.
    #[inline(never)]
    pub(super) fn heard(&mut self, cx: &mut Cx<'_>) -> Welcome {
        let (outcome, answer, me) = (cx.outcome(), cx.core.answer, cx.number() as u32);
        let (asks, number) = cx.core.end_session_call(cx.frame);
        let class = std::mem::take(&mut cx.core.carried_mut(cx.frame).count);
        let row = cx.frame();
        (row.class, row.cursor) = (class as u8, 0);
        if !outcome.is_ok() {
            self.unreached += 1;
            return Welcome::Out;
        }
        let Some(name) = cx.core.visitor_of(cx.frame).map(mix64) else { return Welcome::In(0) };
        if asks == Asks::Session && !Core::was_written(answer) {
            // Another request of his may have found that out already.
            if self.all.get(name).is_some_and(|known| known.number == number) {
                self.lost += 1;
                self.all.remove(name);
            }
            return Welcome::Out;
        }
        self.keep(cx.core, Keeping::Shared, name, me, number);
        Welcome::In(0)
    }

    /// Writes a session down, where it belongs now.
    fn keep(&mut self, core: &Core, how: Keeping, name: u64, me: u32, number: u32) {
        let second = if how == Keeping::Replicated { self.neighbour(core, me) } else { NOBODY };
        self.copied += u64::from(second != NOBODY);
        let (stored, until) = (core.now, core.now.saturating_add(self.idle));
        self.all.put(name, Session { first: me, second, number, stored, until });
    }

    /// The next instance that is up, beside this one.
    fn neighbour(&self, core: &Core, me: u32) -> u32 {
        let row = &core.parts[self.part as usize];
        let count = row.present;
        let after = (1..count).map(|step| (me + step) % count);
        let mut up = after.filter(|number| core.is_up(row.instances[*number as usize]));
        up.next().unwrap_or(NOBODY)
    }

    /// Whether an instance has what was written there at this time.
    fn has(&self, core: &Core, number: u32, stored: Ns) -> bool {
        let instance = core.parts[self.part as usize].instances.get(number as usize);
        instance.is_some_and(|instance| survives(core, *instance, stored))
    }

    /// The store that all share: the first database or cache that the part calls.
    fn store(&self, core: &Core) -> Option<EdgeSlot> {
        let mut out = core.parts[self.part as usize].out.iter().copied();
        out.find(|edge| matches!(core.parts[core.edge(*edge).to as usize].kind, Kind::Cache | Kind::Db))
    }

    /// Those that are over go, when there are many.
    fn forget_old(&mut self, now: Ns) {
        if self.all.len() < self.crowded || now < self.look_after {
            return;
        }
        let old = self.all.iter().filter(|(_, session)| session.until <= now).map(|(name, _)| name);
        let old: Vec<u64> = old.collect();
        for name in old {
            self.all.remove(name);
        }
        self.crowded = (2 * self.all.len()).clamp(1_024, MOST);
        // A table that stays full is not walked for everybody who comes.
        self.look_after = now.saturating_add((self.idle / 8).max(1));
    }

    pub(super) fn bytes(&self) -> usize {
        self.all.bytes()
    }

    pub(super) fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        if !self.are_kept() {
            return;
        }
        let now = core.now;
        let live = self.all.iter().filter(|(_, session)| session.until > now).count();
        let all = [
            ("sessions", live as u64),
            ("lost_sessions", self.lost),
            ("missed_sessions", self.missed),
            ("session_copies", self.copied),
            ("unreached_sessions", self.unreached),
        ];
        out.extend(all.map(|(name, value)| Gauge { name, value: value as f64 }));
    }
}

/// Whether an instance lives, and has not died since.
fn survives(core: &Core, instance: InstanceId, since: Ns) -> bool {
    core.is_up(instance) && core.instances[instance.0 as usize].died <= since
}
