//! What every type does that keeps answers: looks a key up, gets what is missing from where it belongs,
//! passes writes on or keeps them for a while. Hits and misses follow from keys and time alone.
//!
//! Whoever waits holds no worker: caches are event-driven.

mod gauges;
mod write_back;

pub(super) use gauges::FETCHING;

use super::plan::Planned;
use crate::choices;
use crate::engine::{
    Asks, Build, CacheId, Core, Cx, DONE, Known, Next, Ns, Pc, Phase, Sampler, Stream, mix64,
};
use crate::observe::{Class, Outcome};
use crate::resource::StoreShape;
use crate::system::{Mode, Verb};

choices! {
    /// What a write does to what is stored.
    pub enum WritePolicy {
        /// Written where it belongs, then forgotten here.
        Invalidate = "invalidate", en "write to the origin, then delete here", ko "원본에 쓴 뒤 여기서 삭제";
        /// Written where it belongs, then here.
        Through = "through", en "write to the origin, then here (write-through)", ko "원본에 쓴 뒤 여기에도 쓰기(write-through)";
        /// Written here and answered; written where it belongs later.
        Back = "back", en "write here, to the origin later (write-back)", ko "여기에 먼저 쓰고 원본에는 나중에(write-back)";
        /// Written where it belongs. What is here stays until it expires.
        TtlOnly = "ttl_only", en "write to the origin only; entries expire", ko "원본에만 쓰고 만료를 기다림";
    }
}

choices! {
    /// What a cache in front of a site keeps.
    pub enum Keeps {
        Files = "files", en "files (static)", ko "파일(정적)";
        /// Pages of readers as well; a write deletes what it is about.
        Reads = "reads", en "files and reads", ko "파일과 읽기";
    }
}

choices! {
    /// Since when an entry's time to live counts.
    pub enum TtlFrom {
        Fill = "fill", en "when it was stored", ko "저장한 때부터";
        /// Sliding: every use makes it fresh again.
        Use = "use", en "when it was used last (sliding)", ko "마지막으로 쓴 때부터(슬라이딩)";
    }
}

const START: Pc = 0;
const SERVED: Pc = 1;
/// An answer to a call for what was missing, or for a write that is passed on.
const GOT: Pc = 2;
/// Somebody else's fetch is over.
const JOINED: Pc = 3;
/// Whoever led a fetch is gone: leads it.
pub(crate) const LEAD_FETCH: Pc = 4;
/// What is unwritten is written where it belongs.
const WRITE_ON: Pc = 5;
const WRITTEN_ON: Pc = 6;
/// What has expired is fetched again, while it is served.
const REFRESH: Pc = 7;
/// The word of a write reaches the other nodes.
const PURGE: Pc = 8;

/// The purposes of streams.
const TIMES: u32 = 1;
const EVICTIONS: u32 = 0x0063_6163;
const EARLY: u32 = 0x0065_6172;

/// What a type that caches is set to.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) shape: StoreShape,
    pub(super) time: Sampler,
    pub(super) writes: WritePolicy,
    /// So many keys may be unwritten, and so long they may stay so.
    pub(super) unwritten: u32,
    pub(super) write_every: Ns,
    /// Several misses of a key make one fetch.
    pub(super) coalesces: bool,
    /// How early a key is fetched again, in times of how long that takes.
    pub(super) early: f64,
    /// So long after it expired it is still served, while it is fetched again or when that fails.
    pub(super) while_revalidate: Ns,
    pub(super) if_error: Ns,
    pub(super) keeps: Keeps,
    /// Whoever waits for the origin holds a worker.
    pub(super) holds: bool,
    /// How long the word of a write takes to all nodes; without it only the node hears that passed it on.
    pub(super) purge: Option<Ns>,
}

/// A part that caches.
#[derive(Clone, Debug)]
pub(super) struct Caching {
    /// The slot of the part.
    pub(super) part: u32,
    settings: Settings,
    times: Stream,
    early: Stream,
}

/// Where random evictions are drawn.
pub(super) fn evictions(build: &Build<'_>) -> Stream {
    build.stream(EVICTIONS)
}

impl Caching {
    pub(super) fn new(settings: Settings, build: &mut Build<'_>) -> Self {
        build.reads_keys();
        Self { part: build.part, settings, times: build.stream(TIMES), early: build.stream(EARLY) }
    }

    pub(super) fn edit(&mut self, settings: Settings, build: &mut Build<'_>) {
        build.core.shape_caches(build.part, settings.shape, settings.unwritten);
        self.settings = settings;
    }

    pub(super) fn started(&self, cx: &mut Cx<'_>) {
        cx.core.give_cache(cx.instance, self.settings.shape, self.settings.unwritten);
    }

    pub(super) fn killed(cx: &mut Cx<'_>) {
        cx.core.clear_cache(cx.instance);
    }

    pub(super) fn struck(cx: &mut Cx<'_>, verb: Verb) {
        match verb {
            Verb::Flush => cx.core.flush_cache(cx.instance),
            Verb::Fill => cx.core.fill_cache(cx.instance),
            _ => {}
        }
    }

    pub(super) fn step(&self, cx: &mut Cx<'_>) -> Next {
        let id = cx.core.cache_of(cx.instance);
        match cx.pc() {
            START if cx.class() == Class::Probe => Next::Acquire { slot: 0, then: DONE },
            START => {
                let time = self.settings.time.draw(&mut cx.draws(self.times));
                Next::Visit { slot: 0, time, then: SERVED }
            }
            SERVED => self.served(cx, id),
            GOT => self.got(cx, id),
            JOINED if cx.outcome().is_ok() => Next::Reply(Outcome::Ok),
            JOINED => Next::Reply(Outcome::Upstream),
            LEAD_FETCH => self.begin_fetch(cx, id),
            WRITE_ON => self.write_on(cx, id),
            WRITTEN_ON => self.written_on(cx, id),
            PURGE => Self::purge(cx),
            _ => self.refresh(cx, id),
        }
    }

    fn served(&self, cx: &mut Cx<'_>, id: CacheId) -> Next {
        let key = cx.core.cache_key(cx.frame);
        let (asks, token) = cx.core.asked(cx.frame);
        match asks {
            Asks::Plain if cx.class() == Class::Write => return self.write(cx, id, key),
            Asks::Plain if !self.keeps(cx.class()) => return self.pass(cx, id),
            Asks::Plain => return self.read(cx, id, key),
            Asks::Get => {
                let known = cx.core.look_in_cache(id, key, self.draw_early(cx));
                let Known::Hit(token) = known else { return answer(cx, 0) };
                return answer(cx, token);
            }
            // As late as it comes: what it tells may be old by now.
            Asks::Fill => {
                let (since, now) = (cx.core.fill_since(cx.frame), cx.core.now);
                cx.core.caches[id as usize].put(key, token, since, now);
            }
            Asks::Set => cx.core.tell_cache(cx.instance, key, Some(token)),
            Asks::Drop => cx.core.tell_cache(cx.instance, key, None),
            Asks::Session | Asks::NewSession => return Self::keep_session(cx, id, key, asks),
        }
        Next::Reply(Outcome::Ok)
    }

    /// A server keeps its sessions here: they take room as all that is kept does.
    #[cold]
    fn keep_session(cx: &mut Cx<'_>, id: CacheId, key: u32, asks: Asks) -> Next {
        let until = cx.core.session_until(cx.frame);
        if asks == Asks::Session {
            let is_there = cx.core.touch_session(id, key, until);
            return answer(cx, if is_there { Core::SOME_VERSION } else { 0 });
        }
        cx.core.keep_session(id, key, until);
        Next::Reply(Outcome::Ok)
    }

    /// How early, in times of how long the fetch took, a fresh entry counts as expired for this visit.
    ///
    /// A. Vattani, F. Chierichetti, K. Lowenstein: Optimal probabilistic cache stampede prevention, PVLDB 8(8),
    /// 2015.
    fn draw_early(&self, cx: &Cx<'_>) -> f64 {
        if self.settings.early == 0.0 {
            0.0
        } else {
            self.settings.early * cx.draws(self.early).exponential()
        }
    }

    fn read(&self, cx: &mut Cx<'_>, id: CacheId, key: u32) -> Next {
        match cx.core.look_in_cache(id, key, self.draw_early(cx)) {
            Known::Hit(token) => answer(cx, token),
            Known::Old if self.may_serve_old(cx, id, key) => {
                let Some(token) = cx.core.serve_expired(id, key) else { return self.fetch(cx, id) };
                Self::begin_refresh(cx, id, key);
                answer(cx, token)
            }
            Known::Old | Known::Nothing if !cx.has_calls() => answer(cx, 0),
            Known::Old | Known::Nothing => self.fetch(cx, id),
        }
    }

    /// Whether what has expired is served while it is fetched again (RFC 5861, stale-while-revalidate).
    fn may_serve_old(&self, cx: &Cx<'_>, id: CacheId, key: u32) -> bool {
        let cache = &cx.core.caches[id as usize];
        let until = self.settings.while_revalidate;
        until > 0
            && cx.has_calls()
            && cache.store.peek(key).is_some_and(|entry| cx.core.now - entry.expires < until)
    }

    fn begin_refresh(cx: &mut Cx<'_>, id: CacheId, key: u32) {
        if cx.core.caches[id as usize].fetches.is_open(key) {
            return;
        }
        let row = *cx.frame();
        let Some(process) = cx.start_process(0, REFRESH, 0) else { return };
        cx.core.carry_key(process, key >> 1);
        let frame = &mut cx.core.frames[process];
        (frame.class, frame.key) = (row.class, mix64(row.key ^ u64::from(EARLY)));
        cx.core.joins_fetch(id, key, process);
    }

    fn refresh(&self, cx: &mut Cx<'_>, id: CacheId) -> Next {
        self.begin_fetch(cx, id)
    }

    fn keeps(&self, class: Class) -> bool {
        match class {
            Class::Static => true,
            Class::Read => self.settings.keeps == Keeps::Reads,
            Class::Write | Class::Probe => false,
        }
    }

    fn let_go(&self, cx: &mut Cx<'_>) {
        if !self.settings.holds {
            cx.core.release(cx.frame);
        }
    }

    /// Passes on what is not kept here.
    fn pass(&self, cx: &mut Cx<'_>, id: CacheId) -> Next {
        self.let_go(cx);
        begin(cx);
        self.call_on(cx, id)
    }

    /// Gets what is missing, or waits for somebody who does.
    fn fetch(&self, cx: &mut Cx<'_>, id: CacheId) -> Next {
        self.let_go(cx);
        let key = cx.core.cache_key(cx.frame);
        if self.settings.coalesces && cx.core.joins_fetch(id, key, cx.frame) {
            return Next::Await { then: JOINED };
        }
        self.begin_fetch(cx, id)
    }

    fn begin_fetch(&self, cx: &mut Cx<'_>, id: CacheId) -> Next {
        cx.core.caches[id as usize].tally.fetches += 1;
        begin(cx);
        self.call_on(cx, id)
    }

    /// The next call of the plan, or what comes after the last.
    fn call_on(&self, cx: &mut Cx<'_>, id: CacheId) -> Next {
        match next_call(cx, GOT) {
            Some(Next::Forward { edge }) => {
                // Whoever waits for an answer that does not pass here gets it himself.
                let key = cx.core.cache_key(cx.frame);
                cx.core.hand_fetch_over(id, key, cx.frame);
                Next::Forward { edge }
            }
            Some(next) => next,
            None => self.finished(cx, id),
        }
    }

    fn got(&self, cx: &mut Cx<'_>, id: CacheId) -> Next {
        if !cx.outcome().is_ok() {
            return self.failed(cx, id);
        }
        note_answer(cx);
        self.call_on(cx, id)
    }

    /// Everything was called and answered well.
    fn finished(&self, cx: &mut Cx<'_>, id: CacheId) -> Next {
        let key = cx.core.cache_key(cx.frame);
        let (token, since) = (version(cx), cx.core.carried_mut(cx.frame).when);
        if cx.class() == Class::Write {
            match self.settings.writes {
                WritePolicy::Invalidate => {
                    cx.core.tell_cache(cx.instance, key, None);
                    self.begin_purge(cx, key);
                }
                WritePolicy::Through | WritePolicy::Back => {
                    cx.core.tell_cache(cx.instance, key, Some(token));
                }
                WritePolicy::TtlOnly => {}
            }
        } else if self.keeps(cx.class()) {
            let now = cx.core.now;
            cx.core.caches[id as usize].put(key, token, since, now);
            cx.core.end_fetch(id, key, cx.frame, Outcome::Ok, token);
        }
        answer(cx, token)
    }

    /// What was to be had could not be: perhaps there is something old (RFC 5861, stale-if-error).
    fn failed(&self, cx: &mut Cx<'_>, id: CacheId) -> Next {
        if !self.keeps(cx.class()) {
            return Next::Reply(Outcome::Upstream);
        }
        let (key, now) = (cx.core.cache_key(cx.frame), cx.core.now);
        let entry = cx.core.caches[id as usize].store.peek(key);
        let is_kept = entry.is_some_and(|entry| now.saturating_sub(entry.expires) < self.settings.if_error);
        let old = match entry.map(|entry| entry.token).filter(|_| is_kept) {
            // Nobody is answered by this.
            Some(token) if cx.frame().phase == Phase::Process => Some(token),
            Some(_) => cx.core.serve_expired(id, key),
            None => None,
        };
        let outcome = if old.is_some() { Outcome::Ok } else { Outcome::Upstream };
        let heard = cx.core.end_fetch(id, key, cx.frame, outcome, old.unwrap_or(0));
        match old {
            Some(token) => {
                cx.core.caches[id as usize].tally.served_expired += heard;
                answer(cx, token)
            }
            None => Next::Reply(outcome),
        }
    }

    fn write(&self, cx: &mut Cx<'_>, id: CacheId, key: u32) -> Next {
        if !cx.has_calls() {
            // There is no other place for it.
            cx.core.tell_cache(cx.instance, key, Some(Core::SOME_VERSION));
            return Next::Reply(Outcome::Ok);
        }
        if self.settings.writes == WritePolicy::Back && self.keep_unwritten(cx, id, key) {
            return answer(cx, Core::UNWRITTEN);
        }
        self.pass(cx, id)
    }

    /// Sends the word of a write to the other nodes.
    fn begin_purge(&self, cx: &mut Cx<'_>, key: u32) {
        let Some(delay) = self.settings.purge else { return };
        match cx.start_process(delay, PURGE, 0) {
            Some(process) => {
                cx.core.carry_key(process, key >> 1);
                cx.core.frames[process].class = Class::Write as u8;
            }
            None => {
                let id = cx.core.cache_of(cx.instance);
                cx.core.caches[id as usize].tally.missed += 1;
            }
        }
    }

    fn purge(cx: &mut Cx<'_>) -> Next {
        let (key, part) = (cx.core.cache_key(cx.frame), cx.part() as usize);
        for number in 0..cx.core.parts[part].instances.len() {
            let instance = cx.core.parts[part].instances[number];
            if instance != cx.instance && cx.core.is_up(instance) {
                cx.core.tell_cache(instance, key, None);
            }
        }
        Next::Reply(Outcome::Ok)
    }
}

/// Answers well, with the version of what is in the answer; 0 is nothing.
fn answer(cx: &mut Cx<'_>, token: u32) -> Next {
    cx.frame().note = token;
    Next::Reply(Outcome::Ok)
}

/// Calls to where the data belong begin.
pub(super) fn begin(cx: &mut Cx<'_>) {
    let now = cx.core.now;
    let carried = cx.core.carried_mut(cx.frame);
    (carried.when, carried.version, carried.token, carried.asks) = (now, 0, 0, Asks::Plain);
    cx.frame().cursor = 0;
}

/// The call came back well, with the version of what was read or written, if there is one.
pub(super) fn note_answer(cx: &mut Cx<'_>) {
    let token = cx.core.answer;
    if token != 0 {
        cx.core.carried_mut(cx.frame).version = token;
    }
}

/// What was read or written; of what no database keeps, some version.
pub(super) fn version(cx: &mut Cx<'_>) -> u32 {
    match cx.core.carried_mut(cx.frame).version {
        0 => Core::SOME_VERSION,
        token => token,
    }
}

/// The next call of the plan; `None` after the last.
pub(super) fn next_call(cx: &mut Cx<'_>, then: Pc) -> Option<Next> {
    let part = cx.part() as usize;
    loop {
        let row = cx.frame();
        let (cursor, key) = (row.cursor, row.key);
        // An activity of the part's own has nobody to hand over.
        let is_own = row.phase == Phase::Process;
        let planned = cx.core.parts[part].plan.at(cursor, key);
        cx.frame().cursor = cursor.saturating_add(1);
        match planned {
            Planned::Call(edge, Mode::Sync) => return Some(Next::Call { edge, then }),
            Planned::Call(edge, Mode::Forward) if is_own => return Some(Next::Call { edge, then }),
            Planned::Call(edge, Mode::Forward) => return Some(Next::Forward { edge }),
            Planned::Call(edge, Mode::Async) => cx.core.cast(cx.frame, edge, None),
            Planned::Exit => {}
            Planned::End => return None,
        }
    }
}
