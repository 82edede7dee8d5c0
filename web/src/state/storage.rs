//! The browser's storage: preferences as they are, documents by the [`Shelf`].

use std::cell::Cell;

use web_sys::Storage;

use super::shelf::{Shelf, Store};

/// Parts that were copied.
pub const CLIPBOARD: &str = "brownout.clipboard";
/// The document that this tab has open, in the storage of the tab.
const TAB: &str = "brownout.tab";

fn local() -> Option<Storage> {
    // Refused in some private modes and in frames without storage: the page then says so and remembers nothing.
    gloo::utils::window().local_storage().ok().flatten()
}

pub fn get(key: &str) -> Option<String> {
    local()?.get_item(key).ok().flatten()
}

/// Says whether it was kept.
pub fn set(key: &str, value: &str) -> bool {
    local().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// What all tabs of this browser share.
#[derive(Clone, Copy, Debug)]
pub struct Local;

impl Store for Local {
    fn get(&self, key: &str) -> Option<String> {
        get(key)
    }

    fn set(&self, key: &str, value: &str) -> bool {
        set(key, value)
    }

    fn remove(&self, key: &str) {
        if let Some(storage) = local() {
            let _ = storage.remove_item(key);
        }
    }

    fn keys(&self) -> Vec<String> {
        let Some(storage) = local() else { return Vec::new() };
        let count = storage.length().unwrap_or(0);
        (0..count).filter_map(|index| storage.key(index).ok().flatten()).collect()
    }
}

/// The visitor's documents.
pub const SHELF: Shelf<Local> = Shelf(Local);

/// The document that this tab had open.
pub fn of_tab() -> Option<String> {
    gloo::utils::window().session_storage().ok().flatten()?.get_item(TAB).ok().flatten()
}

pub fn set_of_tab(id: &str) {
    if let Ok(Some(storage)) = gloo::utils::window().session_storage() {
        let _ = storage.set_item(TAB, id);
    }
}

/// A name that nothing else has.
pub fn new_name() -> String {
    let random = || (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
    format!("{:08x}{:08x}", random(), random())
}

thread_local! {
    static UNKEPT: Cell<bool> = const { Cell::new(false) };
}

/// Whether there is work that the browser does not keep: closing the page would lose it.
pub fn is_unkept() -> bool {
    UNKEPT.get()
}

pub fn set_unkept(unkept: bool) {
    UNKEPT.set(unkept);
}
