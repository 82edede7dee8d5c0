//! For tests, in debug builds only: defects of the engine that a test switches on, to see that whoever looks for
//! defects finds them.

use std::cell::{Cell, RefCell};

/// A defect. Each sits where only some systems come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// A panic where an instance dies that works on a call with a deadline.
    Panic,
    /// Memory that is never given back, for every call that is called off.
    Leak,
    /// The engine loses count of a call that died with its server.
    Miscount,
    /// A loop without an end where an edge is cut.
    Loop,
}

thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
    static LEAKED: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Switches a defect on in this thread, or all of them off.
pub fn plant(defect: Option<Defect>) {
    PLANTED.set(defect);
    LEAKED.take();
}

/// Whether this defect is to show.
pub(crate) fn is(defect: Defect) -> bool {
    PLANTED.get() == Some(defect)
}

/// The place of [`Defect::Panic`].
pub(crate) fn panic() {
    assert!(!is(Defect::Panic), "a planted panic");
}

/// The place of [`Defect::Leak`].
pub(crate) fn leak() {
    if is(Defect::Leak) {
        LEAKED.with_borrow_mut(|leaked| leaked.push(vec![0; 1 << 20]));
    }
}

/// The place of [`Defect::Loop`].
pub(crate) fn endless() {
    while is(Defect::Loop) {
        std::hint::spin_loop();
    }
}
