//! What balancers do beside their algorithm: users sent back to where they were, newcomers that warm up, targets
//! that are left out since calls to them fail.

use super::flow::Flow;
use super::policy::{Extra, NO_EXTRA};
use super::{Core, FrameId, Ns, Pc, Phase, RELAY, mix64};
use std::sync::Arc;

use crate::component::{AnyParams, Kind};
use crate::network::{Circle, NOBODY, Persistence, View, ViewId};
use crate::observe::{Outcome, What};
use crate::resource::{Ring, hash_of};
use crate::system::{Mode, Target};

/// A balancer has an answer, and with it the cookie that says who gave it.
pub(crate) const LEARN: Pc = 4;

/// Tell apart what is drawn for one request or one user.
const WARMTH: u64 = 0x7761_726d;
const ADDRESS: u64 = 0x6164_6472;
const TAMPER: u64 = 0x7461_6d70;

/// Of a balancer that goes by addresses of pages: whether this user has put the name of another target into them, and
/// whether such names are signed.
fn tampering(view: &View, name: Option<u64>) -> Option<(bool, bool)> {
    let rules = &view.habits.as_ref().filter(|habits| habits.rules.persistence == Persistence::Url)?.rules;
    let drawn = mix64(name? ^ TAMPER) >> 11;
    Some(((drawn as f64) < rules.tampered * (1_u64 << 53) as f64, rules.is_signed))
}

impl Core {
    /// As [`balance`](Self::balance), for a balancer that does more than its algorithm.
    #[cold]
    #[inline(never)]
    pub(super) fn balance_by_habit(&mut self, frame: FrameId, id: ViewId) -> Flow {
        self.let_back_in(id);
        let mut name = self.name_for(frame, id);
        let now = self.now;
        let view = &mut self.views[id as usize];
        if let Some((tampered, is_signed)) = tampering(view, name) {
            // Whoever names the first target gets it; a signature that does not fit says nothing.
            let first = view.eligible().first().copied().filter(|_| tampered && !is_signed);
            if let Some(first) = first {
                return self.send_to(frame, id, first, None);
            }
            name = name.filter(|_| !tampered);
        }
        let view = &mut self.views[id as usize];
        let known = view.habits.as_ref().zip(name).and_then(|(habits, name)| habits.recall(name, now));
        let target = match known.filter(|target| view.is_eligible(*target)) {
            Some(target) => target,
            None => match self.choose_warm(frame, id) {
                Some(target) => target,
                None => return self.answer(frame, Outcome::NoTarget),
            },
        };
        self.send_to(frame, id, target, name)
    }

    /// The target of a call that is bound to none; who has just come gets less.
    fn choose_warm(&mut self, frame: FrameId, id: ViewId) -> Option<u32> {
        let (key, now) = (self.frames[frame].key, self.now);
        if self.views[id as usize].habits.as_ref().is_some_and(|habits| habits.rules.hashes) {
            return self.choose_by_key(frame, id);
        }
        let view = &mut self.views[id as usize];
        let every = view.habits.as_ref().map_or(0, |habits| habits.rules.look_every);
        let draws = view.stream.at(key);
        let target = match every {
            0 => view.choose(draws, NOBODY)?,
            every => view.look_and_choose(draws, every, now)?,
        };
        let habits = view.habits.as_ref()?;
        if habits.rules.slow_start == 0 {
            return Some(target);
        }
        let position = mix64(key ^ WARMTH);
        let warmth = habits.warmth(&view.targets[target as usize], now);
        if view.stream.at(position).unit() < warmth {
            Some(target)
        } else {
            view.choose(view.stream.at(position), target)
        }
    }

    /// The target that has the key of a call.
    fn choose_by_key(&mut self, frame: FrameId, id: ViewId) -> Option<u32> {
        if self.views[id as usize].circle.is_none() {
            self.draw_circle(id);
        }
        let bound = self.views[id as usize].habits.as_ref().map_or(0.0, |habits| habits.rules.load_bound);
        let hash = hash_of(self.cache_key(frame));
        self.views[id as usize].choose_on_circle(hash, bound)
    }

    /// Puts those who get calls on the circle. All instances of a balancer have the same.
    #[cold]
    #[inline(never)]
    fn draw_circle(&mut self, id: ViewId) {
        let salt = self.seed ^ u64::from(self.balancer_of(id));
        let view = &self.views[id as usize];
        let name = |target: &u32| {
            let row = &view.targets[*target as usize];
            (
                *target,
                self.instances[row.instance.0 as usize].stamp ^ u64::from(self.edges[row.edge as usize].id),
            )
        };
        let mut targets: Vec<(u32, u64)> = view.eligible().iter().map(name).collect();
        crate::order::sort_by_key(&mut targets, |(_, name)| *name);
        let named: Vec<(u64, f64)> =
            targets.iter().map(|(target, name)| (*name, view.targets[*target as usize].weight)).collect();
        let places = view.habits.as_ref().map_or(1, |habits| habits.rules.places);
        let circle = Circle { ring: Ring::of_targets(salt, &named, places), targets };
        let view = &mut self.views[id as usize];
        if let Some(before) = &view.circle_before {
            let name = |circle: &Circle, node: u32| circle.targets.get(node as usize).map(|(_, name)| *name);
            view.moved =
                circle.ring.moved(&before.ring, |now, then| name(&circle, now) == name(before, then));
        }
        let circle = Arc::new(circle);
        view.circle_before = Some(Arc::clone(&circle));
        view.circle = Some(circle);
    }

    fn send_to(&mut self, frame: FrameId, id: ViewId, target: u32, name: Option<u64>) -> Flow {
        let now = self.now;
        let view = &mut self.views[id as usize];
        let (row, counts) = (view.targets[target as usize], view.counts());
        let mode = self.edges[row.edge as usize].mode;
        let persistence = view.habits.as_ref().map_or(Persistence::None, |habits| habits.rules.persistence);
        // A cookie comes with an answer, which only a balancer that waits for it can read.
        let learns = persistence == Persistence::Cookie && mode == Mode::Sync;
        if let (Some(habits), Some(name), false) = (&mut view.habits, name, learns) {
            habits.remember(name, target, now);
        }
        match mode {
            Mode::Forward => {
                if counts {
                    view.opened(target);
                    self.note_open(frame, id, target, true);
                }
                self.forward(frame, row.edge, Some(row.instance))
            }
            Mode::Sync => {
                self.release(frame);
                self.frames[frame].note = target;
                let then = if learns { LEARN } else { RELAY };
                let extra =
                    Extra { edge: row.edge, then, to: Some(row.instance), view: id, target, ..NO_EXTRA };
                if self.edge(row.edge).policy.is_some() {
                    return self.call_as_ruled(frame, extra);
                }
                self.send_plain(frame, extra, None)
            }
            Mode::Async => {
                self.cast(frame, row.edge, Some(row.instance));
                self.answer(frame, Outcome::Ok)
            }
        }
    }

    /// A user gets the cookie of whoever gave a good answer; the balancer passes the answer on.
    pub(crate) fn learn(&mut self, frame: FrameId, id: ViewId) -> Outcome {
        let (outcome, now) = (Outcome::from_index(self.frames[frame].outcome), self.now);
        // What came with the answer goes on with it.
        let place = std::mem::replace(&mut self.frames[frame].note, self.answer);
        if !outcome.is_ok() {
            return Outcome::Upstream;
        }
        let name = self.name_for(frame, id);
        let view = &self.views[id as usize];
        let edge = view.targets.get(place as usize).map(|target| target.edge);
        // A retry may have gone elsewhere.
        let is_ruled = edge.is_some_and(|edge| self.edge(edge).policy.is_some());
        let target = if is_ruled { self.extra(frame).target } else { place };
        if let (Some(habits), Some(name)) = (&mut self.views[id as usize].habits, name) {
            habits.remember(name, target, now);
        }
        Outcome::Ok
    }

    /// By what the balancer knows the user of a call.
    fn name_for(&self, frame: FrameId, id: ViewId) -> Option<u64> {
        let habits = self.views[id as usize].habits.as_ref()?;
        match habits.rules.persistence {
            Persistence::None => None,
            Persistence::Cookie | Persistence::Url => Some(self.user_of(frame).0),
            Persistence::Source => Some(self.address_of(frame)),
        }
    }

    /// The user behind a call, and the client that he is of. Users of sessions and closed loops come again; of
    /// other arrivals, each is new.
    pub(crate) fn user_of(&self, frame: FrameId) -> (u64, Option<u32>) {
        let mut at = frame;
        loop {
            let row = &self.frames[at];
            if let Some(client) = Self::folded_client(row) {
                return self.user_behind(row.key, client);
            }
            match row.phase {
                Phase::Request | Phase::Work | Phase::Reply | Phase::Lost
                    if !row.has(super::Frame::ABANDONED) && !row.parent.is_none() =>
                {
                    at = row.parent;
                }
                Phase::Branch | Phase::Join if !row.parent.is_none() => at = row.parent,
                Phase::Root => {
                    let is_alone = row.parent.is_none();
                    let visitor =
                        if is_alone { row.key } else { self.frames[self.visitor_by(row.parent).0].key };
                    return self.user_behind(visitor, row.instance);
                }
                _ => return (row.key, None),
            }
        }
    }

    /// The visitor behind a call, where he comes again; not where each request is of somebody else.
    pub(crate) fn visitor_of(&self, frame: FrameId) -> Option<u64> {
        let mut at = frame;
        loop {
            let row = &self.frames[at];
            if Self::folded_client(row).is_some() || row.has(super::Frame::ABANDONED) || row.parent.is_none()
            {
                return None;
            }
            match row.phase {
                Phase::Request | Phase::Work | Phase::Reply | Phase::Lost | Phase::Branch | Phase::Join => {
                    at = row.parent;
                }
                Phase::Root => return Some(self.user_of(at).0),
                _ => return None,
            }
        }
    }

    /// A client's user, by the name of his visit or, where that is all there is, of his request.
    fn user_behind(&self, visitor: u64, client: super::InstanceId) -> (u64, Option<u32>) {
        let part = self.part_of(client);
        (mix64(visitor ^ self.seed ^ u64::from(self.parts[part as usize].id)), Some(part))
    }

    /// Whether a proxy on the way of a call has turned its address into an old one.
    pub(crate) fn is_rewritten(&self, frame: FrameId) -> bool {
        let mut at = frame;
        loop {
            let sender = &self.parts[self.sender_part(at) as usize];
            match &sender.params {
                AnyParams::Client(_) => return false,
                AnyParams::Proxy(params) if params.rewrites.0 => return true,
                _ => {}
            }
            let row = &self.frames[at];
            if Self::folded_client(row).is_some() || row.has(super::Frame::ABANDONED) || row.parent.is_none()
            {
                return false;
            }
            at = row.parent;
            while matches!(self.frames[at].phase, Phase::Branch | Phase::Join)
                && !self.frames[at].parent.is_none()
            {
                at = self.frames[at].parent;
            }
            // What is not a call, a visitor or a job, was sent by nobody.
            if !matches!(self.frames[at].phase, Phase::Request | Phase::Work | Phase::Reply | Phase::Lost) {
                return false;
            }
        }
    }

    /// The address that stands on a call: a visitor's, or that of the instance that sent it.
    pub(crate) fn sender_of(&self, frame: FrameId) -> u64 {
        let row = &self.frames[frame];
        let part = &self.parts[self.edge(self.routes.entry(row.route)).from as usize];
        if part.kind == Kind::Client {
            return self.address_of(frame);
        }
        let is_known = !row.has(super::Frame::ABANDONED) && !row.parent.is_none();
        let sender = if is_known { self.frames[row.parent].instance.0 } else { 0 };
        mix64(u64::from(part.id) << 32 ^ u64::from(sender) ^ ADDRESS)
    }

    /// The id of the part that sent a call.
    pub(crate) fn sending_part(&self, frame: FrameId) -> crate::system::Id {
        self.parts[self.sender_part(frame) as usize].id
    }

    /// The place of the part that sent a call.
    pub(crate) fn sender_part(&self, frame: FrameId) -> u32 {
        self.edge(self.routes.entry(self.frames[frame].route)).from
    }

    /// The address that a visitor's call comes from: that of a gateway, for as many users as are behind one.
    fn address_of(&self, frame: FrameId) -> u64 {
        let (user, client) = self.user_of(frame);
        let Some(part) = client.map(|client| &self.parts[client as usize]) else { return user };
        let drawn = mix64(user ^ ADDRESS) >> 11;
        if (drawn as f64) < part.behind_gateway * (1_u64 << 53) as f64 { u64::from(part.id) } else { user }
    }

    /// How a call to a target ended, as its balancer saw it.
    #[cold]
    #[inline(never)]
    pub(super) fn judge_target(&mut self, id: ViewId, target: u32, outcome: Outcome) {
        let now = self.now;
        let view = &mut self.views[id as usize];
        let Some(habits) = &mut view.habits else { return };
        let count = view.targets.iter().filter(|target| target.wired).count();
        let ejected = view.targets.iter().filter(|target| target.wired && target.ejected_until > 0).count();
        let row = &mut view.targets[target as usize];
        if !habits.judge(row, outcome, now) || row.ejected_until > 0 || !row.wired {
            return;
        }
        if (ejected + 1) as f64 > habits.rules.eject_most * count as f64 {
            return;
        }
        row.ejected_until = now.saturating_add(habits.rules.eject_for);
        let (instance, after) = (row.instance, now - row.failing_since);
        habits.returns = habits.returns.min(row.ejected_until);
        view.refresh();
        let (checker, target) = (self.balancer_of(id), self.target_of(instance));
        self.tell(What::TakenOut { checker, target, after });
    }

    /// Targets whose time out is over get calls again.
    fn let_back_in(&mut self, id: ViewId) {
        let now = self.now;
        let view = &mut self.views[id as usize];
        let Some(habits) = view.habits.as_mut().filter(|habits| habits.returns <= now) else { return };
        let mut back = Vec::new();
        for target in view.targets.iter_mut().filter(|target| target.ejected_until > 0) {
            if target.ejected_until <= now {
                (target.ejected_until, target.failures, target.since) = (0, 0, now);
                back.push(target.instance);
            }
        }
        let out = view.targets.iter().map(|target| target.ejected_until).filter(|until| *until > 0);
        habits.returns = out.min().unwrap_or(Ns::MAX);
        view.refresh();
        let checker = self.balancer_of(id);
        for instance in back {
            let target = self.target_of(instance);
            self.tell(What::TakenIn { checker, target });
        }
    }

    fn balancer_of(&self, id: ViewId) -> crate::system::Id {
        let instance = self.views[id as usize].owner;
        self.instances.get(instance.0 as usize).map_or(0, |row| self.parts[row.part as usize].id)
    }

    /// An instance, as the log names it.
    pub(crate) fn target_of(&self, instance: super::InstanceId) -> Target {
        let row = &self.instances[instance.0 as usize];
        let part = &self.parts[row.part as usize];
        if part.instances.len() == 1 { Target::whole(part.id) } else { Target::one(part.id, row.number + 1) }
    }
}
