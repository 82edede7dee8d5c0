//! One address for several instances: who has it, and who takes it over.

use crate::engine::{Build, Cx, Next, Ns, Pc};
use crate::observe::{Outcome, What};
use crate::resource::Placement;

/// An instance's part in having the address: says so, or looks whether somebody does.
pub(super) const TURN: Pc = 100;

/// What those who share an address are set to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AddressRules {
    pub(super) is_shared: bool,
    pub(super) advert: Ns,
    /// Of the second instance.
    pub(super) priority: u32,
    pub(super) preempts: bool,
}

/// Who of several balancers has the address that they share, by the rules of VRRP (RFC 9568).
#[derive(Clone, Debug, Default)]
pub(super) struct Address {
    rules: AddressRules,
    /// By instance.
    routers: Vec<Router>,
    /// Counts how often they began: those of an earlier time end.
    begun: u32,
    takeovers: u64,
}

/// One of those who share an address.
#[derive(Clone, Copy, Debug, Default)]
struct Router {
    is_master: bool,
    /// When it last heard an advert of somebody whom it does not replace.
    heard: Ns,
}

impl Address {
    fn router(&mut self, number: usize) -> &mut Router {
        if self.routers.len() <= number {
            self.routers.resize(number + 1, Router::default());
        }
        &mut self.routers[number]
    }

    fn priority_of(&self, number: usize) -> u32 {
        (self.rules.priority + 1).saturating_sub(number as u32).max(1)
    }

    /// How long an instance hears nothing before it takes the address (RFC 9568, section 6.1).
    fn patience(&self, number: usize) -> Ns {
        let skew = self.rules.advert * u64::from(256 - self.priority_of(number)) / 256;
        3 * self.rules.advert + skew
    }

    /// Takes new rules. Who begins to share an address waits until nobody else is heard.
    pub(super) fn set(&mut self, rules: AddressRules, build: &mut Build<'_>) {
        let before = std::mem::replace(&mut self.rules, rules);
        if before.is_shared && !rules.is_shared {
            build.place(Placement::InTurn);
        }
        if rules.is_shared && !before.is_shared {
            self.begun += 1;
            let heard = build.core.now;
            self.routers.fill(Router { is_master: false, heard });
            build.start_processes(0, TURN, self.begun);
        }
    }

    /// An instance came up.
    pub(super) fn started(&mut self, cx: &mut Cx<'_>) {
        if self.rules.is_shared {
            self.begin(cx);
        }
    }

    /// An instance died; whoever calls the address calls a dead one until it is taken over.
    pub(super) fn killed(&mut self, cx: &Cx<'_>) {
        self.router(cx.number()).is_master = false;
    }

    /// How often it was taken over.
    pub(super) const fn takeovers(&self) -> u64 {
        self.takeovers
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.routers.capacity() * size_of::<Router>()
    }

    /// An instance begins: the first of all at the start of a run has the address.
    fn begin(&mut self, cx: &mut Cx<'_>) {
        let (number, now) = (cx.number(), cx.core.now);
        let is_master = now == 0 && number == 0;
        *self.router(number) = Router { is_master, heard: now };
        if is_master {
            self.take(cx);
        }
        cx.start_process(0, TURN, self.begun);
    }

    /// The log says who has lost the address, if that one is dead.
    fn tell(&mut self, cx: &mut Cx<'_>) {
        let (number, part) = (cx.number(), cx.part() as usize);
        let row = &cx.core.parts[part];
        let Placement::Held(before) = row.placement else { return };
        let Some(before) = row.instances.get(before as usize).copied() else { return };
        if !cx.core.is_up(before) {
            let after = cx.core.now - self.router(number).heard;
            let (checker, target) = (cx.core.parts[part].id, cx.core.target_of(before));
            cx.core.tell(What::TakenOut { checker, target, after });
        }
    }

    fn take(&mut self, cx: &mut Cx<'_>) {
        let number = cx.number();
        self.router(number).is_master = true;
        let part = cx.part();
        cx.core.part_mut(part).placement = Placement::Held(number as u32);
    }

    /// Says that it has the address, to all that live. Whoever has a higher priority and thinks that it has the
    /// address, too, keeps it.
    fn advertise(&mut self, cx: &mut Cx<'_>) {
        let (number, now, part) = (cx.number(), cx.core.now, cx.part() as usize);
        let mine = self.priority_of(number);
        let others = 0..cx.core.parts[part].present as usize;
        for other in others.filter(|other| *other != number) {
            if !cx.core.is_up(cx.core.parts[part].instances[other]) {
                continue;
            }
            let theirs = self.priority_of(other);
            let (preempts, row) = (self.rules.preempts, self.router(other));
            if row.is_master && theirs > mine {
                *self.router(number) = Router { is_master: false, heard: now };
                return;
            }
            if theirs < mine || !preempts {
                *row = Router { is_master: false, heard: now };
            }
        }
    }

    pub(super) fn take_turn(&mut self, cx: &mut Cx<'_>) -> Next {
        let (number, now) = (cx.number(), cx.core.now);
        if !self.rules.is_shared || cx.frame().note != self.begun {
            return Next::Reply(Outcome::Ok);
        }
        if !self.router(number).is_master {
            let due = self.router(number).heard.saturating_add(self.patience(number));
            if now < due {
                return Next::Sleep { time: due - now, then: TURN };
            }
            self.takeovers += 1;
            self.tell(cx);
            self.take(cx);
        }
        self.advertise(cx);
        Next::Sleep { time: self.rules.advert, then: TURN }
    }
}
