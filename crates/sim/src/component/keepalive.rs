//! Connections that stay open after an answer, and the workers that stay with them.
//!
//! A server that gives each connection a process or a thread has one of them wait for the next request of that
//! connection; one that waits for events gives it to somebody else (RFC 9112, section 9.3; D. Kegel: The C10K problem,
//! 1999). Visitors have a connection each; other callers those that their policy keeps.

use crate::choices;
use crate::engine::{Cx, Frame, FrameId, Next, Ns, Pc};
use crate::observe::Outcome;
use crate::resource::Table;

choices! {
    /// What waits for the next request of a connection.
    pub enum Model {
        /// The worker that answered the last one.
        Worker = "worker", en "a worker for each connection", ko "연결마다 워커 하나";
        /// A list of events.
        Event = "event", en "events: no worker waits", ko "이벤트 방식: 기다리는 워커 없음";
    }
}

/// A worker has waited for long enough.
pub(super) const CLOSE: Pc = 21;
/// An answer is ready: what becomes of its worker?
pub(super) const KEEP: Pc = 22;

/// The workers of a part that wait for the next request of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct KeepAlive {
    /// How long; 0 is not at all.
    time: Ns,
    /// How long connections stay open that take memory meanwhile, with a worker or without; 0 where they take none.
    open: Ns,
    /// By instance: by connection, who holds its worker.
    waiting: Vec<Table<FrameId>>,
    /// Requests that found their worker waiting.
    again: u64,
}

impl KeepAlive {
    pub(super) fn set(&mut self, time: Ns, model: Model, takes_memory: bool) {
        self.time = if model == Model::Worker { time } else { 0 };
        self.open = if takes_memory { time } else { 0 };
    }

    /// Whether workers wait for requests, or still wait by what was set before.
    pub(super) const fn is_on(&self) -> bool {
        self.time > 0 || self.open > 0
    }

    pub(super) const fn takes_memory(&self) -> bool {
        self.open > 0
    }

    fn of(&mut self, number: usize) -> &mut Table<FrameId> {
        if self.waiting.len() <= number {
            self.waiting.resize(number + 1, Table::default());
        }
        &mut self.waiting[number]
    }

    /// Begins the work on a request, with the worker that waits for it or another.
    pub(super) fn serve(&mut self, cx: &mut Cx<'_>, time: Ns, then: Pc) -> Next {
        let number = cx.number();
        if self.open > 0
            && let Some(name) = cx.core.client_connection(cx.frame)
        {
            cx.core.use_connection(cx.instance, name);
        }
        if let Some(name) = cx.core.client_connection(cx.frame)
            && let Some(holder) = self.of(number).get(name)
        {
            self.of(number).remove(name);
            if cx.core.inherit_worker(holder, cx.frame) {
                self.again += 1;
                return Next::Told(cx.core.serve_with(cx.frame, time, then));
            }
        }
        cx.visit(0, time, then)
    }

    /// Whether a worker waits for what has just come.
    pub(super) fn has_worker(&mut self, cx: &Cx<'_>) -> bool {
        let name = cx.core.client_connection(cx.frame);
        name.is_some_and(|name| self.of(cx.number()).get(name).is_some())
    }

    /// Answers well; the worker stays with the connection.
    pub(super) fn keep(&mut self, cx: &mut Cx<'_>) -> Next {
        let (number, time) = (cx.number(), self.time);
        // Whoever has given up has closed the connection.
        let is_used = !cx.frame().has(Frame::ABANDONED);
        // Those that callers keep in their pools are counted there.
        if self.open > 0
            && is_used
            && cx.core.connection_of(cx.frame).is_none()
            && let Some(name) = cx.core.client_connection(cx.frame)
        {
            cx.core.leave_connection(cx.instance, name, self.open);
        }
        let is_open = time > 0 && is_used;
        if let Some(name) = cx.core.client_connection(cx.frame).filter(|_| is_open)
            && let Some(holder) = cx.core.leave_worker(cx.frame, name, time, CLOSE)
        {
            self.of(number).put(name, holder);
        }
        Next::Reply(Outcome::Ok)
    }

    /// A worker has waited for long enough: it is free.
    pub(super) fn close(&mut self, cx: &mut Cx<'_>) -> Next {
        let (number, name) = (cx.number(), cx.frame().key);
        if self.of(number).get(name) == Some(cx.frame) {
            self.of(number).remove(name);
        }
        Next::Reply(Outcome::Ok)
    }

    pub(super) fn killed(&mut self, cx: &mut Cx<'_>) {
        self.of(cx.number()).clear();
        cx.core.close_connections(cx.instance);
    }

    /// Workers that wait for a request at the moment, and how often one came.
    pub(super) fn counts(&self) -> [f64; 2] {
        [self.waiting.iter().map(Table::len).sum::<usize>() as f64, self.again as f64]
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.waiting.iter().map(Table::bytes).sum::<usize>()
            + self.waiting.capacity() * size_of::<Table<FrameId>>()
    }
}
