//! The one cursor: the instant that the reader points at, in whatever chart or on the timeline. All of them show it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use brownout_sim::Ns;

type Listener = Rc<dyn Fn(Option<Ns>)>;

#[derive(Default)]
struct Inner {
    at: Cell<Option<Ns>>,
    next: Cell<u64>,
    listeners: RefCell<Vec<(u64, Listener)>>,
}

#[derive(Clone, Default)]
pub struct Cursor(Rc<Inner>);

/// Where an arrow or another key leads.
const SHARE: Ns = 100;

impl Cursor {
    pub fn at(&self) -> Option<Ns> {
        self.0.at.get()
    }

    /// Points there, or nowhere.
    pub fn put(&self, at: Option<Ns>) {
        if self.0.at.replace(at) == at {
            return;
        }
        let listeners: Vec<Listener> =
            self.0.listeners.borrow().iter().map(|(_, listener)| listener.clone()).collect();
        for listener in listeners {
            listener(at);
        }
    }

    /// Calls `listener` whenever it moves, until what is returned is dropped.
    #[must_use]
    pub fn follow(&self, listener: impl Fn(Option<Ns>) + 'static) -> Following {
        let id = self.0.next.replace(self.0.next.get() + 1);
        self.0.listeners.borrow_mut().push((id, Rc::new(listener)));
        Following { cursor: self.clone(), id }
    }

    /// Moves it by a key, on an axis from 0 to `end`; `now` is where it begins. Whether the key is one of its own.
    pub fn press(&self, key: &str, far: bool, now: Ns, end: Ns) -> bool {
        let to = moved(self.at().unwrap_or(now), key, far, end);
        let goes = key == "Escape";
        if to.is_some() || goes {
            self.put(to);
        }
        to.is_some() || goes
    }
}

/// Where a key leads from an instant, if it leads anywhere.
fn moved(from: Ns, key: &str, far: bool, end: Ns) -> Option<Ns> {
    let step = (end / SHARE).max(1) * if far { 10 } else { 1 };
    match key {
        "ArrowLeft" => Some(from.saturating_sub(step)),
        "ArrowRight" => Some(from.saturating_add(step).min(end)),
        "Home" => Some(0),
        "End" => Some(end),
        _ => None,
    }
}

/// Ends when dropped.
pub struct Following {
    cursor: Cursor,
    id: u64,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.cursor.0.listeners.borrow_mut().retain(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_it_along_the_axis_and_take_it_away() {
        let end = 10_000_000_000;
        assert_eq!(moved(5_000_000_000, "ArrowLeft", false, end), Some(4_900_000_000));
        assert_eq!(moved(5_000_000_000, "ArrowRight", true, end), Some(6_000_000_000));
        assert_eq!(moved(50_000_000, "ArrowLeft", false, end), Some(0));
        assert_eq!(moved(end, "ArrowRight", false, end), Some(end));
        assert_eq!(moved(7, "Enter", false, end), None);
        let cursor = Cursor::default();
        assert!(cursor.press("End", false, 0, end) && cursor.at() == Some(end));
        assert!(!cursor.press("x", false, 0, end) && cursor.at() == Some(end));
        assert!(cursor.press("Escape", false, 0, end) && cursor.at().is_none());
    }

    #[test]
    fn all_who_follow_it_hear_of_it_once_and_no_longer_than_they_want() {
        let cursor = Cursor::default();
        let heard = Rc::new(RefCell::new(Vec::new()));
        let listen = |who: u8| {
            let heard = heard.clone();
            cursor.follow(move |at| heard.borrow_mut().push((who, at)))
        };
        let (first, _second) = (listen(1), listen(2));
        cursor.put(Some(3));
        cursor.put(Some(3));
        drop(first);
        cursor.put(None);
        assert_eq!(*heard.borrow(), [(1, Some(3)), (2, Some(3)), (2, None)]);
    }
}
