//! What the page keeps in the visitor's own browser: preferences and the visitor's own work.

use web_sys::Storage;

const WORK: &str = "brownout.work";
const BEFORE: &str = "brownout.work.before";
const VISIT: &str = "brownout.visit";
/// Parts that were copied.
pub const CLIPBOARD: &str = "brownout.clipboard";

fn local() -> Option<Storage> {
    // Refused in some private modes and in frames without storage: the page then simply remembers nothing.
    gloo::utils::window().local_storage().ok().flatten()
}

pub fn get(key: &str) -> Option<String> {
    local()?.get_item(key).ok().flatten()
}

/// Says whether it was kept.
pub fn set(key: &str, value: &str) -> bool {
    local().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// Whose document is open, which decides where it is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slot {
    /// The visitor's own work.
    #[default]
    Own,
    /// A document that came by link; the visitor's own work lies untouched beside it.
    Visit,
    /// Nothing is kept: a frame in another page.
    Nowhere,
}

impl Slot {
    /// Keeps the document.
    pub fn save(self, document: &str) -> bool {
        match self {
            Self::Own => set(WORK, document),
            Self::Visit => set(VISIT, document),
            Self::Nowhere => true,
        }
    }
}

/// The visitor's own work, if there is any.
pub fn own_work() -> Option<String> {
    get(WORK)
}

/// Sets the present work aside before other work takes its place.
pub fn set_aside() {
    if let Some(work) = own_work() {
        set(BEFORE, &work);
    }
}

/// The work that was set aside.
pub fn work_before() -> Option<String> {
    get(BEFORE)
}
