//! Recording the stories of some requests.
//!
//! The recorder draws nothing, schedules nothing and is asked for nothing by those who simulate. It looks at
//! the frames of the requests that it follows after every event and before every step, and writes down what
//! has changed: what a frame spends its time on follows from the frame alone. Two things are told to it,
//! because they may be over before it looks: that a frame was made, and that an attempt was refused before
//! one was. Whatever it does not know is [`Spent::Rest`]; its stretches leave no gap.

use std::collections::BTreeSet;

use super::cx::{LOOK, ONCE, OPENED, REACHED, RESERVED, RETRY, TRIED};
use super::fold::Ended;
use super::{Core, Frame, FrameId, InstanceId, Ns, Phase, Simulation};
use crate::network::EdgeSlot;
use crate::observe::{
    Choice, Chosen, Class, EndedRequest, Fate, Outcome, RequestName, Span, Spent, Stretch, Trace,
};
use crate::system::Id;

use super::choose::Chooser;

/// What is observed of single requests. Off, it is one branch for each request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stories {
    chooser: Option<Box<Chooser>>,
    recorder: Option<Box<Recorder>>,
}

/// The stories that are being written.
#[derive(Clone, Debug, Default)]
struct Recorder {
    wanted: BTreeSet<RequestName>,
    traces: Vec<Trace>,
    followed: Vec<Followed>,
    /// Requests that were issued since it last looked. Their keys are not known before.
    issued: Vec<FrameId>,
    /// Those who wait for calls, by place, and whether they wait for names alone.
    callers: Vec<(FrameId, bool)>,
}

/// A live frame of a request that is followed.
#[derive(Clone, Copy, Debug)]
struct Followed {
    frame: FrameId,
    /// Who made the call, as long as it is waited for, and who is behind that where it is a branch.
    caller: FrameId,
    asker: FrameId,
    trace: usize,
    span: usize,
    spent: Spent,
    since: Ns,
    route: u16,
    instance: InstanceId,
    /// Its frame is gone.
    is_over: bool,
}

impl Recorder {
    /// A trace does not hold more spans than this; calls beyond it are counted.
    const MOST_SPANS: usize = 5_000;
    /// No more requests are followed in one run.
    const MOST_TRACES: usize = 5_000;

    /// Looks at everything that it follows, at this moment.
    fn look(&mut self, core: &Core) {
        for frame in std::mem::take(&mut self.issued) {
            self.meet(core, frame);
        }
        for at in 0..self.followed.len() {
            self.look_at(core, at);
        }
        self.find_callers(core);
        for at in 0..self.followed.len() {
            let one = self.followed[at];
            if !one.is_over {
                self.spend(core, at, self.spent(core, one.frame));
            }
        }
        self.followed.retain(|one| !one.is_over);
    }

    /// A request begins: one that is to be followed, or not.
    fn meet(&mut self, core: &Core, frame: FrameId) {
        let row = &core.frames[frame];
        let name = RequestName { issued: row.arrived, key: row.key };
        if row.phase != Phase::Root || !self.wanted.contains(&name) || self.traces.len() >= Self::MOST_TRACES
        {
            return;
        }
        self.traces.push(Trace {
            name,
            client: core.parts[core.part_of(row.instance) as usize].id,
            class: Class::from_index(row.class),
            ended: None,
            outcome: None,
            spans: Vec::new(),
            left_out: 0,
        });
        let trace = self.traces.len() - 1;
        let span = self.traces[trace].spans.len();
        self.traces[trace].spans.push(span_of(core, row, None));
        self.follow(core, frame, FrameId::NONE, trace, span);
    }

    fn follow(&mut self, core: &Core, frame: FrameId, caller: FrameId, trace: usize, span: usize) {
        let row = &core.frames[frame];
        let (spent, since) = (Spent::Rest, core.now);
        let (route, instance) = (row.route, row.instance);
        self.followed.push(Followed {
            frame,
            caller,
            asker: core.asker(caller),
            trace,
            span,
            spent,
            since,
            route,
            instance,
            is_over: false,
        });
    }

    fn followed(&self, frame: FrameId) -> Option<Followed> {
        self.followed.iter().find(|one| one.frame == frame && !one.is_over).copied()
    }

    /// A call was made.
    fn born(&mut self, core: &Core, child: FrameId, caller: FrameId) {
        let Some(above) = self.followed(core.asker(caller)) else { return };
        if self.traces[above.trace].spans.len() >= Self::MOST_SPANS {
            self.traces[above.trace].left_out += 1;
            return;
        }
        let row = &core.frames[child];
        let edge = core.routes.edge(row.route);
        let mut span = span_of(core, row, Some(edge));
        span.parent = Some(above.span);
        if core.edge(edge).policy.is_some() {
            // Of a first attempt that costs nothing extra, nothing extra is known.
            let extra = core.extras.get(caller, &core.frames).filter(|_| core.frames[caller].pc != ONCE);
            span.attempt = extra.map_or(0, |extra| extra.sent);
            span.is_copy = core.frames[caller].pc == TRIED;
        }
        let trace = &mut self.traces[above.trace];
        trace.spans.push(span);
        let last = trace.spans.len() - 1;
        self.follow(core, child, caller, above.trace, last);
    }

    /// An attempt was refused by its caller: nothing was sent.
    fn refused(&mut self, core: &Core, caller: FrameId, edge: EdgeSlot, outcome: Outcome) {
        let Some(above) = self.followed(core.asker(caller)) else { return };
        if self.traces[above.trace].spans.len() >= Self::MOST_SPANS {
            self.traces[above.trace].left_out += 1;
            return;
        }
        let row = core.edge(edge);
        let mut span = Span { part: core.parts[row.to as usize].id, edge: Some(row.id), ..nothing(core.now) };
        span.parent = Some(above.span);
        span.attempt = core.extras.get(caller, &core.frames).map_or(0, |extra| extra.sent);
        span.end = Some(core.now);
        span.finished = Some(core.now);
        span.fate = Fate::NotSent;
        span.outcome = Some(outcome);
        self.traces[above.trace].spans.push(span);
    }

    /// A request has ended; its frame is still there.
    fn ended(&mut self, core: &Core, frame: FrameId, outcome: Outcome) {
        let Some(at) = self.followed.iter().position(|one| one.frame == frame && !one.is_over) else {
            return;
        };
        let one = self.followed[at];
        self.close(core.now, at);
        let trace = &mut self.traces[one.trace];
        (trace.ended, trace.outcome) = (Some(core.now), Some(outcome));
        let span = &mut trace.spans[one.span];
        span.end = Some(core.now);
        span.fate = Fate::Answered;
        span.outcome = Some(outcome);
    }

    /// Closes the last stretch of a frame that is gone.
    fn close(&mut self, now: Ns, at: usize) {
        let one = &mut self.followed[at];
        one.is_over = true;
        let span = &mut self.traces[one.trace].spans[one.span];
        stretch(span, one.since, now, one.spent);
        span.finished = Some(now);
    }

    /// Writes down how far a call has come.
    fn look_at(&mut self, core: &Core, at: usize) {
        let (one, now) = (self.followed[at], core.now);
        let row = &core.frames[one.frame];
        if one.is_over || row.phase == Phase::Root {
            return;
        }
        let span = &mut self.traces[one.trace].spans[one.span];
        // What a frame held when it was freed is still there: whoever takes the place is told of first.
        if row.has(Frame::ABANDONED) && span.end.is_none() {
            span.end = Some(now);
            span.fate = Fate::GivenUp;
            let caller = &core.frames[one.caller];
            let has_timed_out = caller.outcome == Outcome::TimedOut as u8 && caller.phase != Phase::Free;
            span.outcome = has_timed_out.then_some(Outcome::TimedOut);
        }
        if row.has(Frame::DETACHED) {
            span.fate = Fate::Unawaited;
        }
        if row.phase == Phase::Free {
            if span.end.is_none() {
                span.end = Some(now);
                span.outcome = Some(Outcome::from_index(row.outcome));
                if span.fate == Fate::Open {
                    span.fate = Fate::Answered;
                }
            }
            self.close(now, at);
            return;
        }
        let goes_on = matches!(row.phase, Phase::Request | Phase::Work);
        if goes_on && (row.route != one.route || row.instance != one.instance) {
            self.hand_over(core, at);
        }
        let span = &mut self.traces[one.trace].spans[self.followed[at].span];
        match row.phase {
            Phase::Work if span.arrived.is_none() => span.arrived = Some(now),
            Phase::Reply if span.answered.is_none() => span.answered = Some(now),
            _ => {}
        }
    }

    /// The call goes on to another part, which answers in this one's place.
    fn hand_over(&mut self, core: &Core, at: usize) {
        let (one, now) = (self.followed[at], core.now);
        let row = &core.frames[one.frame];
        let trace = &mut self.traces[one.trace];
        if trace.spans.len() >= Self::MOST_SPANS {
            trace.left_out += 1;
            (self.followed[at].route, self.followed[at].instance) = (row.route, row.instance);
            return;
        }
        let mut next = span_of(core, row, Some(core.routes.edge(row.route)));
        let before = &mut trace.spans[one.span];
        stretch(before, one.since, now, one.spent);
        next.sent = now;
        next.parent = before.parent;
        next.before = Some(one.span);
        (next.attempt, next.is_copy) = (before.attempt, before.is_copy);
        // What nobody waits for any more goes on in vain.
        next.fate = before.fate;
        if before.end.is_some() {
            (next.end, next.outcome) = (Some(now), before.outcome);
        } else if before.fate == Fate::Open {
            before.fate = Fate::HandedOver;
        }
        before.end = before.end.or(Some(now));
        before.finished = Some(now);
        trace.spans.push(next);
        let span = trace.spans.len() - 1;
        let (route, instance) = (row.route, row.instance);
        self.followed[at] = Followed { span, since: now, route, instance, ..one };
    }

    /// Who waits for calls that it made, and whether these only ask for names.
    fn find_callers(&mut self, core: &Core) {
        self.callers.clear();
        for one in self.followed.iter().filter(|one| !one.is_over && !one.caller.is_none()) {
            let call = &core.frames[one.frame];
            if call.parent == one.caller && !call.has(Frame::ABANDONED) {
                let is_look_up = self.traces[one.trace].spans[one.span].is_look_up;
                self.callers.push((one.asker, is_look_up));
            }
        }
        // Of one caller's calls, those that ask for more come first.
        self.callers.sort_unstable();
        self.callers.dedup_by_key(|(caller, _)| *caller);
    }

    /// What a live frame spends its time on.
    fn spent(&self, core: &Core, frame: FrameId) -> Spent {
        let row = &core.frames[frame];
        match row.phase {
            Phase::Request if matches!(row.pc, REACHED | OPENED) => return Spent::Connection,
            Phase::Request => return Spent::There,
            Phase::Reply => return Spent::Back,
            Phase::Lost => return Spent::Lost,
            Phase::Root | Phase::Work => {}
            _ => return Spent::Rest,
        }
        if Core::is_calling(row) && row.pc == RETRY {
            return Spent::Backoff;
        }
        if core.pauses_after_conflict(frame) {
            return Spent::Backoff;
        }
        if Core::is_calling(row) && row.pc == RESERVED {
            return Spent::Connection;
        }
        if row.pc == LOOK {
            return Spent::LookUp;
        }
        if row.has(Frame::QUEUED) || core.waits_for_lock(frame) {
            return Spent::Wait;
        }
        if let Ok(at) = self.callers.binary_search_by_key(&frame, |(caller, _)| *caller) {
            return if self.callers[at].1 { Spent::LookUp } else { Spent::Calls };
        }
        // Its branches pause, or wait for connections.
        if core.join_of(frame).is_some() {
            return Spent::Calls;
        }
        if row.held & !Frame::TRANSACTION != 0 { Spent::Service } else { Spent::Rest }
    }

    /// From now on, a frame spends its time on this.
    fn spend(&mut self, core: &Core, at: usize, spent: Spent) {
        let one = &mut self.followed[at];
        let span = &mut self.traces[one.trace].spans[one.span];
        if spent == Spent::Service && span.started.is_none() {
            span.started = Some(core.now);
        }
        if spent != one.spent {
            stretch(span, one.since, core.now, one.spent);
            (one.spent, one.since) = (spent, core.now);
        }
    }

    /// The stories as far as they went.
    fn traces(&self, now: Ns) -> Vec<Trace> {
        let mut traces = self.traces.clone();
        for one in self.followed.iter().filter(|one| !one.is_over) {
            stretch(&mut traces[one.trace].spans[one.span], one.since, now, one.spent);
        }
        traces
    }

    /// Whether the request has ended and, if asked for, nothing of its work is left.
    fn is_over(&self, name: RequestName, altogether: bool) -> bool {
        let Some(at) = self.traces.iter().position(|trace| trace.name == name) else { return false };
        let ended = self.traces[at].ended.is_some();
        ended && !(altogether && self.followed.iter().any(|one| one.trace == at))
    }
}

/// A span that has not begun to be anything.
fn nothing(now: Ns) -> Span {
    Span {
        parent: None,
        before: None,
        part: 0,
        instance: 0,
        edge: None,
        attempt: 0,
        is_copy: false,
        is_look_up: false,
        sent: now,
        arrived: None,
        started: None,
        answered: None,
        end: None,
        finished: None,
        fate: Fate::Open,
        outcome: None,
        stretches: Vec::new(),
    }
}

fn span_of(core: &Core, row: &Frame, edge: Option<EdgeSlot>) -> Span {
    let at = core.instances.get(row.instance.0 as usize);
    let edge = edge.map(|edge| core.edge(edge));
    // An edge to a part without instances leads to nobody.
    let part: Id = match (at, edge) {
        (Some(at), _) => core.parts[at.part as usize].id,
        (None, Some(edge)) => core.parts[edge.to as usize].id,
        (None, None) => 0,
    };
    Span {
        part,
        instance: at.map_or(0, |at| at.number + 1),
        edge: edge.map(|edge| edge.id),
        is_look_up: edge.is_some_and(|edge| edge.resolver.is_some()),
        ..nothing(core.now)
    }
}

fn stretch(span: &mut Span, from: Ns, to: Ns, spent: Spent) {
    if to > from {
        match span.stretches.last_mut() {
            Some(last) if last.spent == spent && last.to == from => last.to = to,
            _ => span.stretches.push(Stretch { from, to, spent }),
        }
    }
}

impl Core {
    /// Whether recording is on. Then, everything goes through the cold paths that are told of.
    pub(super) fn is_recording(&self) -> bool {
        self.stories.recorder.is_some()
    }

    fn with_recorder(&mut self, tell: impl FnOnce(&mut Recorder, &Self)) {
        if let Some(mut recorder) = self.stories.recorder.take() {
            tell(&mut recorder, self);
            self.stories.recorder = Some(recorder);
        }
    }

    /// Lets the recorder look.
    #[cold]
    pub(super) fn look(&mut self) {
        self.with_recorder(Recorder::look);
    }

    /// A call was made. The recorder has looked just before.
    #[cold]
    pub(super) fn tell_of_call(&mut self, child: FrameId, caller: FrameId) {
        self.with_recorder(|recorder, core| recorder.born(core, child, caller));
    }

    /// A request was issued; it is not named yet.
    #[cold]
    pub(super) fn tell_of_request(&mut self, frame: FrameId) {
        self.with_recorder(|recorder, _| recorder.issued.push(frame));
    }

    /// An attempt was refused before anything was sent.
    #[cold]
    pub(super) fn tell_of_refusal(&mut self, caller: FrameId, edge: EdgeSlot, outcome: Outcome) {
        self.look();
        self.with_recorder(|recorder, core| recorder.refused(core, caller, edge, outcome));
    }

    /// A request has ended; its frame is still there.
    #[cold]
    pub(super) fn tell_of_end(&mut self, frame: FrameId, outcome: Outcome) {
        self.look();
        self.with_recorder(|recorder, core| recorder.ended(core, frame, outcome));
        let row = self.frames[frame];
        let name = RequestName { issued: row.arrived, key: row.key };
        self.choose(row.instance, name, Class::from_index(row.class), outcome);
    }

    /// A request without a frame of its own has ended. Such requests are never recorded.
    #[inline(always)]
    pub(super) fn tell_of_end_of(&mut self, call: &Ended, outcome: Outcome) {
        let name = RequestName { issued: call.sent, key: call.key };
        self.choose(call.parent.client(), name, Class::from_index(call.class), outcome);
    }

    /// A request found no room in the simulator: it ended before it began, and has no story.
    #[cold]
    pub(super) fn tell_of_no_room(&mut self, instance: InstanceId, key: u64, class: Class) {
        self.choose(instance, RequestName { issued: self.now, key }, class, Outcome::Guarded);
    }

    #[cold]
    #[inline(never)]
    fn choose(&mut self, instance: InstanceId, name: RequestName, class: Class, outcome: Outcome) {
        let client = self.parts[self.part_of(instance) as usize].id;
        let latency = self.now - name.issued;
        if let Some(chooser) = &mut self.stories.chooser {
            chooser.ended(&EndedRequest { name, client, class, outcome, latency });
        }
    }

    /// Heap that stories take.
    pub(super) fn bytes_of_stories(&self) -> usize {
        self.stories.chooser.as_ref().map_or(0, |chooser| size_of::<Chooser>() + chooser.bytes())
    }

    pub(super) fn restart_choosing(&mut self) {
        if let Some(chooser) = &mut self.stories.chooser {
            chooser.clear();
        }
    }
}

impl Stories {
    /// Whether everything is looked at before it goes on.
    pub(super) const fn is_recording(&self) -> bool {
        self.recorder.is_some()
    }
}

impl Simulation {
    /// Chooses requests from now on, out of those that end; nothing else changes. What was chosen before is
    /// forgotten.
    pub fn choose_requests(&mut self, choice: Choice) {
        self.core.stories.chooser = Some(Box::new(Chooser::new(choice)));
        self.core.has_stories = true;
    }

    /// The requests chosen so far, since measuring began.
    pub fn chosen(&self) -> Chosen {
        self.core.stories.chooser.as_deref().map(Chooser::chosen).unwrap_or_default()
    }

    /// Records the stories of these requests, as far as they are issued from now on. The run is the same to
    /// the last event, and slower.
    pub fn record_requests(&mut self, requests: &[RequestName]) {
        let wanted = requests.iter().copied().collect();
        self.core.stories.recorder = Some(Box::new(Recorder { wanted, ..Recorder::default() }));
        self.core.has_stories = true;
        self.core.frames.guard();
        self.core.steps_allowed = 0;
    }

    /// The stories recorded so far, in the order in which the requests were issued.
    pub fn traces(&self) -> Vec<Trace> {
        let recorder = self.core.stories.recorder.as_ref();
        recorder.map(|recorder| recorder.traces(self.core.now)).unwrap_or_default()
    }

    /// Whether a request that is recorded has ended and, if asked for, nothing of its work is left.
    pub(crate) fn is_recorded(&self, name: RequestName, altogether: bool) -> bool {
        self.core.stories.recorder.as_ref().is_some_and(|recorder| recorder.is_over(name, altogether))
    }
}
