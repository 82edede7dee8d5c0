//! A frame that nobody sees does not run.

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{IntersectionObserver, IntersectionObserverEntry};
use yew::Callback;

/// Watches whether the page's root is on the screen.
pub struct Visibility {
    observer: IntersectionObserver,
    _seen: Closure<dyn FnMut(Array)>,
}

impl Visibility {
    pub fn watch(on_change: Callback<bool>) -> Option<Self> {
        let seen = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            if let Ok(entry) =
                entries.get(entries.length().saturating_sub(1)).dyn_into::<IntersectionObserverEntry>()
            {
                on_change.emit(entry.is_intersecting());
            }
        });
        let observer = IntersectionObserver::new(seen.as_ref().unchecked_ref()).ok()?;
        observer.observe(&gloo::utils::document().get_element_by_id("app")?);
        Some(Self { observer, _seen: seen })
    }
}

impl Drop for Visibility {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
