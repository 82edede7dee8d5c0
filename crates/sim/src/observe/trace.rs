//! Traces: one request's whole story, with every nanosecond accounted for.
//!
//! A call handled at one place is a span (B. H. Sigelman and others: Dapper, a Large-Scale Distributed Systems
//! Tracing Infrastructure, Google 2010); the spans of one request are its trace. The time of a span is divided
//! into stretches, each spent on one thing, without gap or overlap.

use super::{Class, Outcome};
use crate::system::Id;
use crate::{Ns, choices};

choices! {
    /// What a stretch of time is spent on.
    pub enum Spent {
        /// In the queue before a worker.
        Wait = "wait", en "waiting for a worker", ko "워커 대기";
        /// With a worker, and not waiting for anybody.
        Service = "service", en "being worked on", ko "처리";
        /// On the way to the callee.
        There = "network_there", en "on the way there", ko "가는 길";
        /// The answer on its way back.
        Back = "network_back", en "on the way back", ko "오는 길";
        /// For the answers of calls that it made.
        Calls = "calls", en "waiting for its calls", ko "호출 응답 대기";
        /// For the answer of a name server, or for somebody else who asks it.
        LookUp = "look_up", en "waiting for a name", ko "이름 해석 대기";
        /// For a connection of the caller's pool.
        Connection = "connection", en "waiting for a connection", ko "연결 대기";
        /// The pause before another attempt.
        Backoff = "backoff", en "pausing before a retry", ko "재시도 전 대기";
        /// After the call or its answer was lost, until the caller gives up.
        Lost = "lost", en "lost on the way", ko "유실";
        /// Whatever else.
        Rest = "rest", en "other", ko "기타";
    }
}

/// Time by what it was spent on, in nanoseconds, in the order of [`Spent::ALL`].
pub type Division = [Ns; Spent::ALL.len()];

/// Names a request: no other was issued at this moment under this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestName {
    pub issued: Ns,
    pub key: u64,
}

/// Written as sixteen hexadecimal digits, `@`, and the nanosecond at which it was issued.
impl std::fmt::Display for RequestName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}@{}", self.key, self.issued)
    }
}

impl std::str::FromStr for RequestName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('@').and_then(|(key, issued)| {
            Some(Self { issued: issued.parse().ok()?, key: u64::from_str_radix(key, 16).ok()? })
        });
        parts.ok_or("expected the name of a request, such as 9f3ac0d1e2b3a4c5@12345678901")
    }
}

/// A request that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedRequest {
    pub name: RequestName,
    pub client: Id,
    pub class: Class,
    pub outcome: Outcome,
    /// From issue to the end, in nanoseconds.
    pub latency: Ns,
}

/// How many requests are chosen while a run goes on, each kind at most 1,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Out of all that ended, each with the same chance.
    pub sample: usize,
    /// Of the good answers, those that took longest.
    pub slowest: usize,
    /// Out of all that failed, each with the same chance.
    pub failed: usize,
}

/// The requests that were chosen so far, since measuring began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// How many ended, and how many of them failed: what the samples are of.
    pub ended: u64,
    pub failures: u64,
    /// In order of issue.
    pub sample: Vec<EndedRequest>,
    /// The slowest first.
    pub slowest: Vec<EndedRequest>,
    /// In order of issue.
    pub failed: Vec<EndedRequest>,
}

/// One thing that a span spent time on, up to where the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub from: Ns,
    pub to: Ns,
    pub spent: Spent,
}

/// How a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has not, as far as the run went.
    Open,
    /// Its caller had the answer.
    Answered,
    /// The next part answers in its place: the following span of the same call.
    HandedOver,
    /// Its caller stopped waiting for it: the timeout was over, another copy was faster, or the caller died.
    GivenUp,
    /// It was refused before anything was sent.
    NotSent,
    /// Nobody ever waited for it.
    Unawaited,
}

impl Fate {
    /// As reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::HandedOver => "handed_over",
            Self::GivenUp => "given_up",
            Self::NotSent => "not_sent",
            Self::Unawaited => "unawaited",
        }
    }
}

/// A request's stay at one place, and the way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The span that made the call; none is the client's own.
    pub parent: Option<usize>,
    /// The span that handed the call over to this one.
    pub before: Option<usize>,
    pub part: Id,
    /// Counted from 1.
    pub instance: u32,
    /// The edge that it came by; none is the client's own.
    pub edge: Option<Id>,
    /// Attempts of the same call before this one, second copies among them.
    pub attempt: u32,
    /// Sent while another attempt of the same call was still out.
    pub is_copy: bool,
    /// It only asks for a name.
    pub is_look_up: bool,
    pub sent: Ns,
    pub arrived: Option<Ns>,
    /// When it first had a worker.
    pub started: Option<Ns>,
    pub answered: Option<Ns>,
    /// When its caller had the answer, handed over or stopped waiting; of a span that nobody waits for, when
    /// its work was over.
    pub end: Option<Ns>,
    /// When nothing of it was left; after `end` where it was worked on in vain.
    pub finished: Option<Ns>,
    pub fate: Fate,
    /// As its caller saw it.
    pub outcome: Option<Outcome>,
    /// What it spent its time on, from `sent` to `finished`, or as far as the run went.
    pub stretches: Vec<Stretch>,
}

impl Span {
    /// From when it was sent to when its caller stopped waiting: the sum of its division.
    pub fn duration(&self) -> Option<Ns> {
        self.end.map(|end| end - self.sent)
    }

    /// What it spent its time on while somebody waited for it.
    pub fn division(&self) -> Division {
        let mut division = Division::default();
        let end = self.end.unwrap_or(Ns::MAX);
        for stretch in &self.stretches {
            division[stretch.spent as usize] += stretch.to.min(end).saturating_sub(stretch.from);
        }
        division
    }

    fn waits_for_calls(spent: Spent) -> bool {
        matches!(spent, Spent::Calls | Spent::LookUp)
    }
}

/// A request's whole story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    pub name: RequestName,
    pub client: Id,
    pub class: Class,
    /// None while it is in flight.
    pub ended: Option<Ns>,
    pub outcome: Option<Outcome>,
    /// In the order in which they began. The first is the client's own.
    pub spans: Vec<Span>,
    /// Calls that are not among them because there were too many.
    pub left_out: u64,
}

impl Trace {
    /// From issue to the end.
    pub fn latency(&self) -> Option<Ns> {
        self.ended.map(|ended| ended - self.name.issued)
    }

    /// Where the time went: at each moment, what the call did that the visitor was waiting for. Of several at
    /// once, that is the one whose end let its caller go on. The sum is the latency, to the nanosecond.
    pub fn division(&self) -> Division {
        let mut division = Division::default();
        self.divided(&mut |_, spent, time| division[spent as usize] += time);
        division
    }

    /// The same piece by piece: the span that it was spent in, on what, and for how long.
    pub fn divided(&self, add: &mut dyn FnMut(usize, Spent, Ns)) {
        if let (Some(root), Some(ended)) = (self.spans.first(), self.ended) {
            self.divide(0, root.sent, ended, add);
        }
    }

    /// Adds what a span did from `from` to `to`, within which it lived.
    fn divide(&self, span: usize, from: Ns, to: Ns, add: &mut dyn FnMut(usize, Spent, Ns)) {
        let mut done = from;
        for stretch in &self.spans[span].stretches {
            let (begin, end) = (stretch.from.max(done), stretch.to.min(to));
            if begin >= end {
                continue;
            }
            add(span, Spent::Rest, begin - done);
            if Span::waits_for_calls(stretch.spent) {
                self.divide_calls(span, stretch.spent, begin, end, add);
            } else {
                add(span, stretch.spent, end - begin);
            }
            done = end;
        }
        add(span, Spent::Rest, to.saturating_sub(done));
    }

    /// The same while it waits for calls: backwards from the one that let it go on.
    fn divide_calls(
        &self,
        span: usize,
        spent: Spent,
        from: Ns,
        to: Ns,
        add: &mut dyn FnMut(usize, Spent, Ns),
    ) {
        let mut upto = to;
        while upto > from {
            let ends = |call: &Span| call.end.unwrap_or(Ns::MAX);
            let awaited = |(_, call): &(usize, &Span)| {
                call.parent == Some(span) && call.fate != Fate::Unawaited && call.sent < upto
            };
            // Those that are out at this moment end at it or later: the sooner, the more they are the cause.
            let calls = || self.spans.iter().enumerate().skip(span + 1).filter(awaited);
            let open = calls().filter(|(_, call)| ends(call) >= upto);
            let cause =
                |(at, call): &(usize, &Span)| (ends(call), call.fate != Fate::Answered, usize::MAX - at);
            if let Some((at, call)) = open.min_by_key(cause) {
                let begin = call.sent.max(from);
                self.divide(at, begin, upto, add);
                upto = begin;
                continue;
            }
            // None is out: the wait for somebody else's look-up, or for a call that is not in the trace.
            let last = calls().map(|(_, call)| ends(call)).filter(|end| *end > from).max().unwrap_or(from);
            let what = if spent == Spent::Calls { Spent::Rest } else { spent };
            add(span, what, upto - last);
            upto = last;
        }
    }
}
