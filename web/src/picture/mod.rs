//! A picture of the design that carries its document, so that it can be opened again.

mod png;
mod svg;

use js_sys::Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, Url};

use crate::app::Dispatch;
use crate::dialogs::files;
use crate::state::Lab;
use crate::state::layout::{self, Flow};

/// Pixels of the picture per unit of the canvas, and at most in all.
const SHARP: f64 = 2.0;
const MOST_PIXELS: f64 = 16_000_000.0;

/// What a file holds for us, if it is a picture.
pub enum Inside {
    NoPicture,
    /// A picture without a document.
    Nothing,
    Document(String),
}

/// Looks for a document in a file.
pub fn inside(bytes: &[u8]) -> Inside {
    let found = if png::is_png(bytes) {
        png::text(bytes)
    } else if svg::is_svg(bytes) {
        svg::text(&String::from_utf8_lossy(bytes))
    } else {
        return Inside::NoPicture;
    };
    found.map_or(Inside::Nothing, Inside::Document)
}

/// The drawing as SVG text.
pub fn drawing(lab: &Lab) -> String {
    draw(lab).0
}

pub fn save_svg(lab: &mut Lab) {
    let (drawing, _) = draw(lab);
    if files::download(&JsValue::from_str(&drawing), "image/svg+xml", &lab.file_name("svg")).is_none() {
        lab.complain(lab.words().save_failed);
    }
}

pub fn save_png(lab: &mut Lab) {
    let (drawing, (width, height)) = draw(lab);
    let (json, name) = (lab.document.to_json(), lab.file_name("png"));
    let Some(dispatch) = lab.dispatch.clone() else { return };
    spawn_local(async move {
        let painted = paint(&drawing, width, height).await;
        let saved = painted.and_then(|bytes| {
            let bytes = png::with_text(&bytes, &json)?;
            files::download(&js_sys::Uint8Array::from(bytes.as_slice()), "image/png", &name)
        });
        if saved.is_none() {
            dispatch.act(|lab| lab.complain(lab.words().save_failed));
        }
    });
}

/// Paints a drawing, and saves it as a picture.
pub fn save_painted(drawing: String, (width, height): (f64, f64), name: String, dispatch: Option<Dispatch>) {
    spawn_local(async move {
        let painted = paint(&drawing, width, height).await;
        let saved = painted.and_then(|bytes| {
            files::download(&js_sys::Uint8Array::from(bytes.as_slice()), "image/png", &name)
        });
        if let (None, Some(dispatch)) = (saved, dispatch) {
            dispatch.act(|lab| lab.complain(lab.words().save_failed));
        }
    });
}

/// The drawing, and its size.
fn draw(lab: &Lab) -> (String, (f64, f64)) {
    let geometry = layout::geometry(&lab.document, Flow::Across);
    svg::draw(&lab.document, &geometry, &svg::Colours::read(), lab.prefs.lang)
}

/// The bytes of a PNG of this drawing.
async fn paint(drawing: &str, width: f64, height: f64) -> Option<Vec<u8>> {
    let options = BlobPropertyBag::new();
    options.set_type("image/svg+xml");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&drawing.into()), &options).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let image = HtmlImageElement::new().ok()?;
    image.set_src(&address);
    let loaded = JsFuture::from(image.decode()).await;
    let _ = Url::revoke_object_url(&address);
    loaded.ok()?;
    let scale = SHARP.min((MOST_PIXELS / (width * height)).sqrt());
    let canvas =
        gloo::utils::document().create_element("canvas").ok()?.dyn_into::<HtmlCanvasElement>().ok()?;
    canvas.set_width((width * scale) as u32);
    canvas.set_height((height * scale) as u32);
    let context = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
    let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height).ok()?;
    let blob = blob_of(&canvas).await?;
    let buffer = JsFuture::from(blob.array_buffer()).await.ok()?;
    Some(js_sys::Uint8Array::new(&buffer).to_vec())
}

async fn blob_of(canvas: &HtmlCanvasElement) -> Option<Blob> {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let done = Closure::once_into_js(move |blob: JsValue| {
            let _ = resolve.call1(&JsValue::NULL, &blob);
        });
        let _ = canvas.to_blob(done.unchecked_ref());
    });
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}
