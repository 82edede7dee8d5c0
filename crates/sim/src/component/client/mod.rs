//! The user population: where requests come from and where their answers are counted.

mod pace;
mod page;
mod params;
mod source;
mod visit;

use super::plan::{make_next_call, proceed};
use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::engine::{
    Build, Core, Cx, Flow, FrameId, InstanceId, Keys, Next, Ns, PASS, Pc, Place, Sampler, Zipf,
    exponential_table, mix64,
};
use crate::network::EdgeSlot;
use crate::observe::{Class, Outcome};
use crate::param::{ParamSet, Words};
use crate::system::{EdgeKind, Mode, Verb};
use pace::Pace;
use page::Pages;
pub(crate) use params::Params;
use params::{Arrival, Sizes};
use source::{Source, Streams, name_first, name_next, nth, plan, turn};

const ARRIVALS: u32 = 1;
const CLASSES: u32 = 2;
const SIZES: u32 = 3;
const PHASES: u32 = 4;
const THINKS: u32 = 5;
const KEYS: u32 = 6;

const BEGIN: Pc = 0;
const ANSWERED: Pc = 1;
const ARRIVE: Pc = 2;
/// A visitor who comes again and again: sends a request, and hears how it went.
const ASK: Pc = 3;
const HEARD: Pc = 4;
/// What waits at the start is let in.
const START: Pc = 5;
/// Where the steps of pages begin.
const LATER_STEPS: Pc = 6;

/// Which kind of visitor a process is (in `cursor`): one of the closed loop, or one who came for a visit.
const USER: u16 = 0;
const VISITOR: u16 = 1;

/// Spaces of names beside that of arrivals.
const USERS: u64 = 1 << 62;
const WAITING: u64 = 2 << 62;

/// A running user population.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pace: Pace,
    static_share: f64,
    /// The share of static requests and reads together.
    static_or_read: f64,
    batch: u32,
    /// Arrivals are single requests.
    is_alone: bool,
    visit: u32,
    sizes: Sizes,
    pages: Pages,
    /// Mean lengths of the times between bursts, and of bursts.
    phases: [f64; 2],
    users: u32,
    think: Sampler,
    stops: bool,
    start_with: u32,
    streams: Streams,
    sources: Vec<Source>,
    /// Of each instance, what became of the users of its closed loop.
    crowds: Vec<Vec<User>>,
}

/// One user of the closed loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum User {
    Away,
    Here,
    /// Has had what he came for.
    Content,
}

/// What the requests are about.
fn keys(params: &Params, build: &Build<'_>) -> Keys {
    Keys { zipf: Zipf::new(params.keys.0, params.zipf.0), stream: build.stream(KEYS) }
}

impl Client {
    fn new(params: &Params, streams: Streams) -> Self {
        Self {
            pace: Pace::new(params),
            static_share: params.static_share.0,
            static_or_read: 1.0 - (1.0 - params.static_share.0) * (1.0 - params.read_share.0),
            batch: params.batch.0,
            is_alone: params.batch.0 == 1 && params.arrival != Arrival::Sessions && params.objects.0 == 1,
            visit: params.visit.0,
            sizes: params.sizes,
            pages: Pages::new(params.objects.0, params.connections.0),
            phases: [params.calm_s.ns() as f64, params.burst_s.ns() as f64],
            users: params.users.0,
            think: Sampler::new(&params.think_time),
            stops: params.stop_after_success.0,
            start_with: params.start_with.0,
            streams,
            sources: Vec::new(),
            crowds: Vec::new(),
        }
    }

    fn class(&self, key: u64) -> Class {
        // One number for both shares; what is certain is certain, since it is below 1.
        let drawn = self.streams.classes.of(key).unit();
        #[cfg(test)]
        let drawn = crate::engine::tamper_unit(drawn);
        if drawn < self.static_share {
            Class::Static
        } else if drawn < self.static_or_read {
            Class::Read
        } else {
            Class::Write
        }
    }

    /// How many, with this mean, a batch or a visit has.
    fn size(&self, mean: u32, key: u64) -> u32 {
        match self.sizes {
            Sizes::Geometric if mean > 1 => self.streams.sizes.of(key).geometric(f64::from(mean)),
            _ => mean,
        }
    }

    /// Makes a request, which begins once the present step is over.
    fn issue(&self, cx: &mut Cx<'_>, key: u64) -> Option<FrameId> {
        let request = self.open(cx, key)?;
        cx.core.ready.push_back(request);
        Some(request)
    }

    /// Makes a request, which somebody else lets go on.
    #[inline(always)]
    fn open(&self, cx: &mut Cx<'_>, key: u64) -> Option<FrameId> {
        cx.issue(key, self.class(key))
    }

    /// Whether a single request arrives that shares the frame of its only call: that of which number, over which edge.
    #[inline(always)]
    fn is_one_alone(&self, cx: &mut Cx<'_>) -> Option<(usize, EdgeSlot)> {
        let number = cx.frame().note as usize;
        if cx.pc() != ARRIVE || !self.is_alone || !self.sources[number].due.arrives {
            return None;
        }
        Self::only_call(cx).map(|edge| (number, edge))
    }

    /// A single request that shares the frame of its only call.
    #[inline(always)]
    fn arrive_alone(&mut self, cx: &mut Cx<'_>, number: usize, edge: EdgeSlot) -> FrameId {
        let now = cx.core.now;
        let source = &mut self.sources[number];
        let key = source.key;
        source.replayed += 1;
        name_next(&self.pace, &self.streams, source, number);
        plan(&self.pace, source, now);
        let due = source.due.at;
        if due == now {
            return arrive_with_the_next(self, cx.core, cx.frame, cx.instance, cx.place(), key);
        }
        // It sleeps before the request goes on, as it does where that has a frame of its own.
        cx.core.sleep_on(cx.frame, due);
        cx.core.issue_folded(cx.instance, cx.part, edge, key, self.class(key))
    }

    /// Any other arrival, or another rate.
    #[inline(never)]
    fn arrive(&mut self, cx: &mut Cx<'_>) -> FrameId {
        let (number, now) = (cx.frame().note as usize, cx.core.now);
        let mut first = None;
        let key = self.sources[number].key;
        if self.sources[number].due.arrives {
            first = self.let_in(cx, key);
            let source = &mut self.sources[number];
            source.replayed += 1;
            name_next(&self.pace, &self.streams, source, number);
        } else {
            let source = &mut self.sources[number];
            source.need = source.due.left;
            if now >= source.phase_end {
                turn(&self.phases, &self.streams, source, number, now);
            }
        }
        let source = &mut self.sources[number];
        plan(&self.pace, source, now);
        let time = source.due.at - now;
        Self::let_go_on(cx, first, time)
    }

    /// The next arrival is planned, and whoever came goes on.
    #[inline]
    fn let_go_on(cx: &mut Cx<'_>, first: Option<FrameId>, time: Ns) -> FrameId {
        let asleep = cx.core.sleep(cx.frame, time, ARRIVE);
        let Some(request) = first else { return asleep.next() };
        if asleep == Flow::WAIT && cx.core.has_nothing_ready() && cx.has_calls() {
            // A step like any other: a run stops after so many, whoever looks.
            cx.core.steps_now += 1;
            return make_next_call(cx.core, request, cx.part, ANSWERED, PASS).next();
        }
        cx.core.ready.push_back(request);
        asleep.next()
    }

    /// The only call that a request makes, where both can share a frame.
    #[inline(always)]
    fn only_call(cx: &Cx<'_>) -> Option<EdgeSlot> {
        let only = cx.core.parts[cx.part as usize].plan.only();
        only.filter(|edge| cx.core.can_fold(*edge) && cx.core.has_nothing_ready())
    }

    /// Lets a batch or a visitor in. Of a single request, its frame: it goes on at once.
    #[inline(always)]
    fn let_in(&self, cx: &mut Cx<'_>, key: u64) -> Option<FrameId> {
        if self.is_alone {
            self.open(cx, key)
        } else {
            self.let_many_in(&mut cx.again(), key);
            None
        }
    }

    #[inline(never)]
    fn let_many_in(&self, cx: &mut Cx<'_>, key: u64) {
        for n in 0..self.size(self.batch, key) {
            let key = nth(key, u64::from(n));
            if self.pace.arrival == Arrival::Sessions || self.pages.are_on() {
                self.greet(cx, key);
            } else {
                self.issue(cx, key);
            }
        }
    }

    /// Lets in what waits at the start.
    #[inline(never)]
    fn let_backlog_in(&self, cx: &mut Cx<'_>) -> Next {
        for n in 0..u64::from(self.start_with) {
            let key = self.streams.name(cx.number(), WAITING | n);
            if self.pages.are_on() {
                self.greet(cx, key);
            } else {
                self.issue(cx, key);
            }
        }
        Next::Reply(Outcome::Ok)
    }

    /// Begins what the kind of arrival needs, at the start or when another kind was chosen.
    fn begin(&self, source: &mut Source, number: usize, now: Ns) {
        let [calm, burst] = self.phases;
        source.replayed = self.pace.first_from(now);
        source.phase_end = Ns::MAX;
        if self.pace.arrival == Arrival::Bursts {
            // In a burst as often as bursts are; what is left of an exponential phase is exponential.
            let mut draws = self.streams.phases.of(self.streams.name(number, source.phase));
            source.in_burst = draws.unit() * (calm + burst) < calm;
            turn(&self.phases, &self.streams, source, number, now);
        }
    }
}

// What is called out of line takes its context in pieces: one that is lent would stand in memory, and room for it would be
// made wherever it might be lent.

/// A single request has arrived, and the next comes at the same moment.
#[cold]
#[inline(never)]
fn arrive_with_the_next(
    client: &Client,
    core: &mut Core,
    frame: FrameId,
    instance: InstanceId,
    place: Place,
    key: u64,
) -> FrameId {
    let mut cx = Cx::new(core, frame, instance, place);
    let first = client.open(&mut cx, key);
    Client::let_go_on(&mut cx, first, 0)
}

/// Every step but the arrival of a single request.
#[inline(never)]
fn go_otherwise(
    client: &mut Client,
    core: &mut Core,
    frame: FrameId,
    instance: InstanceId,
    place: Place,
) -> FrameId {
    let mut cx = Cx::new(core, frame, instance, place);
    if cx.pc() == ARRIVE {
        return client.arrive(&mut cx);
    }
    let next = client.step(&mut cx);
    cx.core.carry_out_shared(frame, place, next).next()
}

impl Component for Client {
    const SPEC: TypeSpec = TypeSpec {
        name: "client",
        label: Words::new("User population", "사용자 집단"),
        help: Words::new(
            "Many users who send requests and wait for answers. Everything the lab measures is measured here.",
            "요청을 보내고 응답을 기다리는 많은 사용자입니다. 모든 측정의 기준이 됩니다.",
        ),
        group: Group::PeopleAndNames,
        icon: "user",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[],
        faults: &[Verb::Kill, Verb::Surge],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 20.0, timeout_ms: 5_000.0 },
        chooses: false,
        sources: &[
            "J. F. C. Kingman, Poisson Processes (1993): arrivals of many independent visitors",
            "B. Schroeder, A. Wierman, M. Harchol-Balter, \"Open Versus Closed: A Cautionary Tale\", NSDI 2006: rates against visitors who wait",
            "W. Fischer, K. Meier-Hellstern, \"The Markov-modulated Poisson process (MMPP) cookbook\", Performance Evaluation 18 (1993): bursts",
            "L. Breslau et al., \"Web Caching and Zipf-like Distributions\", INFOCOM 1999: which keys are asked for",
            "RFC 9112, section 9.4: several connections of one visitor at once, for the objects of a page",
        ],
        gauges: &[
            GaugeKind { name: "pages", label: Words::new("Pages loaded", "다 받은 페이지") },
            GaugeKind {
                name: "broken_pages",
                label: Words::new("Pages not loaded whole", "다 받지 못한 페이지"),
            },
            GaugeKind { name: "page_ms", label: Words::new("Page time (ms)", "페이지 시간(ms)") },
            GaugeKind {
                name: "page_p95_ms",
                label: Words::new("Page time, 95 % (ms)", "페이지 시간 95%(ms)"),
            },
        ],
    };
    const IS_HOT: bool = true;
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        build.workloads();
        build.sends_kb(params.request_kb.0);
        build.deadline(params.deadline_ms.ns());
        build.behind_gateway(params.behind_gateway.0);
        build.stands_beside(params.same_subnet.0);
        build.keys(keys(params, build));
        let streams = Streams {
            arrivals: build.stream(ARRIVALS),
            classes: build.stream(CLASSES),
            sizes: build.stream(SIZES),
            phases: build.stream(PHASES),
            thinks: build.stream(THINKS),
            table: exponential_table(),
            salt: mix64(u64::from(build.core.parts[build.part as usize].id)),
        };
        Self::new(params, streams)
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            BEGIN if !cx.has_calls() => Next::Reply(Outcome::NoTarget),
            BEGIN => proceed(cx, ANSWERED, PASS),
            ANSWERED if cx.outcome().is_ok() => proceed(cx, ANSWERED, PASS),
            ANSWERED => Next::Reply(cx.outcome()),
            ARRIVE => {
                let next = self.arrive(cx);
                Next::Told(Flow::of(next))
            }
            ASK => self.ask(&mut cx.again()),
            HEARD => self.heard(&mut cx.again()),
            LATER_STEPS.. => self.step_page(&mut cx.again()),
            _ => self.let_backlog_in(&mut cx.again()),
        }
    }

    #[inline(always)]
    fn go(&mut self, cx: &mut Cx<'_>) -> FrameId {
        match self.is_one_alone(cx) {
            Some((number, edge)) => self.arrive_alone(cx, number, edge),
            None => go_otherwise(self, cx.core, cx.frame, cx.instance, cx.place()),
        }
    }

    /// A new rate holds from now on: what is still missing until the next arrival comes together at the new
    /// rate, which for memoryless arrivals is exact. Visits under way go on; users of a closed loop who are
    /// too many leave when they would ask again.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        build.sends_kb(params.request_kb.0);
        build.deadline(params.deadline_ms.ns());
        build.behind_gateway(params.behind_gateway.0);
        build.stands_beside(params.same_subnet.0);
        build.keys(keys(params, build));
        let fresh = Self::new(params, self.streams);
        let mut before = std::mem::replace(self, fresh);
        self.pages.inherit(&mut before.pages);
        (self.sources, self.crowds) = (before.sources, before.crowds);
        let now = build.core.now;
        for number in 0..self.sources.len() {
            let mut source = self.sources[number];
            if source.process.is_none() {
                continue;
            }
            if before.pace != self.pace || before.phases != self.phases {
                source.pass(&before.pace, now);
                if before.pace.arrival != self.pace.arrival || self.pace.arrival == Arrival::Times {
                    self.begin(&mut source, number, now);
                }
                plan(&self.pace, &mut source, now);
                self.sources[number] = source;
                build.core.reschedule(source.process, source.due.at);
            }
            let instance = build.core.parts[build.part as usize].instances[number];
            self.gather(build.core, instance, number);
        }
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        let (number, now) = (cx.number(), cx.core.now);
        if self.sources.len() <= number {
            self.sources.resize(number + 1, Source::NEW);
            self.crowds.resize(number + 1, Vec::new());
        }
        let mut source = self.sources[number];
        source.surge = cx.core.surge(cx.instance);
        name_first(&self.pace, &self.streams, &mut source, number);
        self.begin(&mut source, number, now);
        plan(&self.pace, &mut source, now);
        self.sources[number] = source;
        let wait = self.sources[number].due.at - now;
        self.sources[number].process = cx.start_process(wait, ARRIVE, number as u32).unwrap_or(FrameId::NONE);
        if self.start_with > 0 && self.sources[number].lives == 0 {
            cx.start_process(0, START, 0);
        }
        self.gather(cx.core, cx.instance, number);
        self.sources[number].lives += 1;
    }

    fn bytes(&self) -> usize {
        let users: usize = self.crowds.iter().map(|crowd| crowd.capacity() * size_of::<User>()).sum();
        users
            + self.pages.bytes()
            + self.crowds.capacity() * size_of::<Vec<User>>()
            + self.sources.capacity() * size_of::<Source>()
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        self.pages.gauges(core, out);
    }

    /// What is still missing until the next arrival comes together at the new rate; more users of a closed
    /// loop come at once, fewer leave when they would ask again. Recorded times stay as they are.
    fn surged(&mut self, cx: &mut Cx<'_>) {
        let (number, now, surge) = (cx.number(), cx.core.now, cx.core.surge(cx.instance));
        if self.sources[number].surge == surge {
            return;
        }
        if !self.sources[number].process.is_none() {
            let source = &mut self.sources[number];
            source.pass(&self.pace, now);
            source.surge = surge;
            plan(&self.pace, source, now);
            cx.core.reschedule(self.sources[number].process, self.sources[number].due.at);
        }
        self.sources[number].surge = surge;
        self.gather(cx.core, cx.instance, number);
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        let number = cx.number();
        self.sources[number].process = FrameId::NONE;
        for user in self.crowds.get_mut(number).into_iter().flatten() {
            if *user == User::Here {
                *user = User::Away;
            }
        }
    }
}
