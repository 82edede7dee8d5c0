//! The worker's side: answers every message with itself, after saying that it is ready.

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

pub fn start() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let echo_scope = scope.clone();
    let echo = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let _ = echo_scope.post_message(&event.data());
    });
    scope.set_onmessage(Some(echo.as_ref().unchecked_ref()));
    // Lives as long as the worker does.
    echo.forget();
    let _ = scope.post_message(&JsValue::NULL);
}
