//! A clock and a voice, natively and in WebAssembly.

/// Milliseconds since some moment.
#[cfg(not(target_arch = "wasm32"))]
pub fn clock() -> impl FnMut() -> f64 {
    let begin = std::time::Instant::now();
    move || begin.elapsed().as_secs_f64() * 1e3
}

#[cfg(target_arch = "wasm32")]
pub fn clock() -> impl FnMut() -> f64 {
    use wasm_bindgen_test::__rt::wasm_bindgen::JsCast as _;
    let performance = js_sys::Reflect::get(&js_sys::global(), &"performance".into()).unwrap_or_default();
    let now = js_sys::Reflect::get(&performance, &"now".into()).unwrap_or_default();
    let now: js_sys::Function = now.unchecked_into();
    move || now.call0(&performance).ok().and_then(|ms| ms.as_f64()).unwrap_or(f64::NAN)
}

/// Prints a line.
pub fn say(line: &str) {
    #[cfg(target_arch = "wasm32")]
    wasm_bindgen_test::console_log!("{line}");
    #[cfg(not(target_arch = "wasm32"))]
    println!("{line}");
}
