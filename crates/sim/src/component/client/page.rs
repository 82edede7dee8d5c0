//! Pages: a document, and the objects that it names, over several connections at once.
//!
//! A browser gets the document first. Then each of its connections asks for one object after another, until all have
//! been asked for (RFC 9112, section 9.4; browsers hold six connections to a host). Every one of them is a request of
//! its own; the page is there when the last answer is.

use super::source::nth;
use super::{Client, LATER_STEPS};
use crate::component::spec::Gauge;
use crate::engine::{Core, Cx, FrameId, Next, Ns, Pc};
use crate::observe::{Class, Histogram, Outcome};

/// The document is there, or is not to be had.
pub(super) const DOCUMENT: Pc = LATER_STEPS;
/// A connection asks for the next object.
pub(super) const OBJECT: Pc = LATER_STEPS + 1;
pub(super) const GOT: Pc = LATER_STEPS + 2;
/// Every connection is done.
pub(super) const LOADED: Pc = LATER_STEPS + 3;

/// Tells objects and connections of a page from the requests of a visit.
const OBJECTS: u64 = 1 << 40;
const CONNECTIONS: u64 = 1 << 41;

/// What a page is, and how long pages took.
#[derive(Clone, Debug, Default)]
pub(super) struct Pages {
    /// The document included; 1 is no page, but a request.
    pub(super) objects: u32,
    pub(super) connections: u32,
    stats: Option<Box<Stats>>,
}

#[derive(Clone, Debug, Default)]
struct Stats {
    /// Since when the times are measured.
    since: Ns,
    times: Histogram,
    whole: u64,
    broken: u64,
}

impl Pages {
    pub(super) fn new(objects: u32, connections: u32) -> Self {
        Self { objects, connections, stats: None }
    }

    pub(super) const fn are_on(&self) -> bool {
        self.objects > 1
    }

    /// Goes on counting where the pages of before the edit were.
    pub(super) fn inherit(&mut self, before: &mut Self) {
        self.stats = before.stats.take();
    }

    fn count(&mut self, core: &Core, time: Ns, is_whole: bool) {
        let stats = self.stats.get_or_insert_default();
        let since = core.measured_from.min(core.now);
        if stats.since != since {
            stats.since = since;
            stats.times.clear();
        }
        if is_whole {
            stats.whole += 1;
            stats.times.record(time);
        } else {
            stats.broken += 1;
        }
    }

    pub(super) fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        if !self.are_on() {
            return;
        }
        let Some(stats) = &self.stats else {
            out.extend(["pages", "broken_pages"].map(|name| Gauge { name, value: 0.0 }));
            return;
        };
        out.push(Gauge { name: "pages", value: stats.whole as f64 });
        out.push(Gauge { name: "broken_pages", value: stats.broken as f64 });
        if stats.since != core.measured_from.min(core.now) {
            return;
        }
        let times = [
            ("page_ms", stats.times.mean()),
            ("page_p95_ms", stats.times.quantile(0.95).map(|ns| ns as f64)),
        ];
        for (name, time) in times {
            out.extend(time.map(|ns| Gauge { name, value: ns / 1e6 }));
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.stats.as_ref().map_or(0, |stats| size_of::<Stats>() + stats.times.bytes())
    }
}

impl Client {
    /// A visitor asks for a document.
    pub(super) fn ask_for_page(&self, cx: &mut Cx<'_>, key: u64) -> Option<FrameId> {
        let request = self.issue(cx, key)?;
        let now = cx.core.now;
        let page = cx.frame();
        (page.arrived, page.then) = (now, 0);
        Some(request)
    }

    pub(super) fn step_page(&mut self, cx: &mut Cx<'_>) -> Next {
        match cx.pc() {
            DOCUMENT => self.read_document(cx),
            OBJECT => self.get_object(cx),
            GOT => {
                if !cx.outcome().is_ok() {
                    Self::spoil(cx);
                }
                self.get_object(cx)
            }
            _ => self.page_loaded(cx),
        }
    }

    /// The document names what else there is to get.
    fn read_document(&mut self, cx: &mut Cx<'_>) -> Next {
        let connections = self.pages.connections.min(self.pages.objects.saturating_sub(1));
        if !cx.outcome().is_ok() || connections == 0 {
            cx.frame().then = Pc::from(!cx.outcome().is_ok());
            return self.page_loaded(cx);
        }
        let Some(join) = cx.core.open_join(cx.frame, LOADED, connections) else {
            cx.frame().then = 1;
            return self.page_loaded(cx);
        };
        // The first object to ask for.
        cx.core.frames[join].sent = 0;
        let page = Self::name_of_page(cx, cx.frame);
        for number in 0..connections {
            let key = nth(page, CONNECTIONS | u64::from(number));
            cx.core.open_lane(join, key, number as u16, OBJECT);
        }
        cx.core.need_all(join);
        Next::Await { then: LOADED }
    }

    /// Names the document of the page under way.
    fn name_of_page(cx: &Cx<'_>, page: FrameId) -> u64 {
        let row = &cx.core.frames[page];
        nth(row.key, row.sent)
    }

    /// A connection asks for the next object, or has nothing left to ask for.
    fn get_object(&self, cx: &mut Cx<'_>) -> Next {
        let join = cx.frame().parent;
        let page = cx.core.frames[join].parent;
        loop {
            let number = cx.core.frames[join].sent;
            if number + 1 >= u64::from(self.pages.objects) {
                return cx.core.close_lane(cx.frame);
            }
            cx.core.frames[join].sent += 1;
            let key = nth(Self::name_of_page(cx, page), OBJECTS | number);
            if let Some(request) = cx.issue(key, Class::Static) {
                cx.core.frames[request].parent = cx.frame;
                cx.core.ready.push_back(request);
                return Next::Await { then: GOT };
            }
            Self::spoil(cx);
        }
    }

    /// An object of this connection's page is not to be had.
    fn spoil(cx: &mut Cx<'_>) {
        let join = cx.frame().parent;
        let page = cx.core.frames[join].parent;
        cx.core.frames[page].then = 1;
    }

    /// The page is there, or is as far as it will come.
    fn page_loaded(&mut self, cx: &mut Cx<'_>) -> Next {
        let row = *cx.frame();
        let is_whole = row.then == 0;
        self.pages.count(cx.core, cx.core.now - row.arrived, is_whole);
        let outcome = if is_whole { Outcome::Ok } else { Outcome::Upstream };
        let row = cx.frame();
        (row.then, row.outcome) = (0, outcome as u8);
        self.heard(cx)
    }
}
