//! Brownout: the page.
//!
//! One wasm file with two entries: the page calls [`start_app`], its worker [`start_worker`].
#![allow(missing_debug_implementations)]
#![allow(clippy::disallowed_methods, reason = "what the page draws need not be bit-identical everywhere")]

mod actions;
mod app;
mod aside;
mod bar;
mod canvas;
mod charts;
mod course;
mod desk;
mod dialogs;
mod embed;
mod look;
mod motion;
mod panels;
mod picture;
mod state;
mod study;
mod summary;
mod teach;
mod templates;
mod words;
mod worker;

use wasm_bindgen::prelude::wasm_bindgen;

/// Entry of the page's thread, called by `static/boot.js`.
#[wasm_bindgen]
pub fn start_app() {
    let root = gloo::utils::document().get_element_by_id("app");
    if let Some(root) = root {
        yew::Renderer::<app::App>::with_root(root).render();
    }
}

/// Entry of the worker's thread, called by `static/worker.js`.
#[wasm_bindgen]
pub fn start_worker() {
    worker::start();
}
