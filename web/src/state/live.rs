//! Frames reach what shows them without a render of the page: whoever shows live values subscribes here.

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;

use super::Cursor;
use crate::canvas::geometry::Point;
use crate::worker::{Frame, History};

/// The least time between two values that are meant to be read.
const CALM_MS: f64 = 80.0;

/// The same while something is dragged: whoever drags looks elsewhere.
const DRAGGED_MS: f64 = 400.0;

type Listener = Rc<dyn Fn(&Rc<Frame>)>;

#[derive(Default)]
struct Inner {
    listeners: RefCell<Vec<(u64, Listener)>>,
    next: Cell<u64>,
    last: RefCell<Option<Rc<Frame>>>,
    resting: Cell<bool>,
    pointer: Cell<Option<Point>>,
    history: RefCell<History>,
    cursor: Cursor,
}

/// The stream of frames, the latest of them, and the run's history so far.
#[derive(Clone, Default)]
pub struct Live(Rc<Inner>);

impl PartialEq for Live {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

impl Live {
    /// Calls `listener` with every frame until the subscription is dropped.
    #[must_use]
    pub fn subscribe(&self, listener: impl Fn(&Rc<Frame>) + 'static) -> Subscription {
        let id = self.0.next.get();
        self.0.next.set(id + 1);
        self.0.listeners.borrow_mut().push((id, Rc::new(listener)));
        Subscription { live: self.clone(), id }
    }

    /// The same, but no more often than an eye can read: some times a second while playing, always while paused.
    #[must_use]
    pub fn subscribe_calmly(&self, listener: impl Fn(&Rc<Frame>) + 'static) -> Subscription {
        let last = Cell::new(f64::NEG_INFINITY);
        let live = Rc::downgrade(&self.0);
        self.subscribe(move |frame| {
            let now = js_sys::Date::now();
            let resting = live.upgrade().is_some_and(|live| live.resting.get());
            let apart = if resting { DRAGGED_MS } else { CALM_MS };
            if !frame.playing || (now - last.get()).abs() >= apart {
                last.set(now);
                listener(frame);
            }
        })
    }

    /// The same, but not while something is dragged: hundreds of gauges that are painted anew would make it stutter.
    #[must_use]
    pub fn subscribe_at_rest(&self, listener: impl Fn(&Rc<Frame>) + 'static) -> Subscription {
        let live = Rc::downgrade(&self.0);
        self.subscribe_calmly(move |frame| {
            if live.upgrade().is_some_and(|live| !live.resting.get()) {
                listener(frame);
            }
        })
    }

    /// Something is being dragged, or is no longer.
    pub fn rest(&self, resting: bool) {
        self.0.resting.set(resting);
    }

    /// Where on the canvas a mouse is now: nothing is rendered for it.
    pub fn point(&self, at: Option<Point>) {
        self.0.pointer.set(at);
    }

    pub fn pointer(&self) -> Option<Point> {
        self.0.pointer.get()
    }

    pub fn is_resting(&self) -> bool {
        self.0.resting.get()
    }

    pub fn last(&self) -> Option<Rc<Frame>> {
        self.0.last.borrow().clone()
    }

    /// Windows and happenings of the whole run so far.
    pub fn history(&self) -> Ref<'_, History> {
        self.0.history.borrow()
    }

    /// The instant that the reader points at.
    pub fn cursor(&self) -> &Cursor {
        &self.0.cursor
    }

    pub fn publish(&self, frame: &Rc<Frame>) {
        self.0.history.borrow_mut().take(frame);
        *self.0.last.borrow_mut() = Some(frame.clone());
        // A listener may subscribe or leave while it is called.
        let listeners: Vec<Listener> =
            self.0.listeners.borrow().iter().map(|(_, listener)| listener.clone()).collect();
        for listener in listeners {
            listener(frame);
        }
    }

    /// Forgets the run that is over.
    pub fn clear(&self) {
        *self.0.history.borrow_mut() = History::default();
        *self.0.last.borrow_mut() = None;
        self.0.cursor.put(None);
    }
}

/// Ends when dropped.
pub struct Subscription {
    live: Live,
    id: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.live.0.listeners.borrow_mut().retain(|(id, _)| *id != self.id);
    }
}
