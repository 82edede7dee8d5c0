//! Files and the clipboard.

use brownout_scenario::FILE_LIMIT;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, Url};
use yew::Callback;

use crate::state::Lab;

/// Saves the document as a file.
pub fn save(lab: &mut Lab) {
    let (text, name) = (lab.document.to_json(), lab.file_name());
    if download(&text, &name).is_none() {
        lab.complain(lab.words().save_failed);
    }
}

/// Saves the run so far as a file: its start, and everything that was done since.
pub fn save_run(lab: &mut Lab) {
    let (text, name) = (lab.editor.record().to_json(), lab.file_name().replace(".json", "-run.json"));
    if download(&text, &name).is_none() {
        lab.complain(lab.words().save_failed);
    }
}

fn download(text: &str, name: &str) -> Option<()> {
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let parts = Array::of1(&JsValue::from_str(text));
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let document = gloo::utils::document();
    let link = document.create_element("a").ok()?.dyn_into::<HtmlAnchorElement>().ok()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    let _ = Url::revoke_object_url(&address);
    Some(())
}

/// Reads a file's text, never more than a document may have and one byte, so that its reader can refuse it.
pub fn read(file: &File, then: Callback<String>) {
    let Ok(part) = file.slice_with_f64_and_f64(0.0, FILE_LIMIT as f64 + 1.0) else { return };
    spawn_local(async move {
        let text = JsFuture::from(part.text()).await.ok().and_then(|text| text.as_string());
        then.emit(text.unwrap_or_default());
    });
}

/// Puts a text on the clipboard; whether that worked.
pub fn copy(text: String, then: Callback<bool>) {
    let clipboard = gloo::utils::window().navigator().clipboard();
    // Pages that are not served securely have none.
    if clipboard.is_undefined() {
        then.emit(false);
        return;
    }
    spawn_local(async move {
        then.emit(JsFuture::from(clipboard.write_text(&text)).await.is_ok());
    });
}

/// The text on the clipboard; `None` where the browser does not give it.
pub fn pasted(then: Callback<Option<String>>) {
    let clipboard = gloo::utils::window().navigator().clipboard();
    if clipboard.is_undefined() {
        then.emit(None);
        return;
    }
    spawn_local(async move {
        then.emit(JsFuture::from(clipboard.read_text()).await.ok().and_then(|text| text.as_string()));
    });
}

/// The page's own address, without query and fragment.
pub fn page_address() -> String {
    let location = gloo::utils::window().location();
    format!("{}{}", location.origin().unwrap_or_default(), location.pathname().unwrap_or_default())
}
