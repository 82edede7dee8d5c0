//! Files and the clipboard.

use brownout_scenario::FILE_LIMIT;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, Url};
use yew::Callback;

use crate::app::Dispatch;
use crate::picture::{self, Inside};
use crate::state::{Dialog, Lab};

/// Saves the document as a file.
pub fn save(lab: &mut Lab) {
    save_text(lab, &lab.document.to_json(), "json");
}

/// Saves the run so far as a file: its start, and everything that was done since.
pub fn save_run(lab: &mut Lab) {
    save_text(lab, &lab.editor.record().to_json(), "run.json");
}

fn save_text(lab: &mut Lab, text: &str, ending: &str) {
    if download(&JsValue::from_str(text), "application/json", &lab.file_name(ending)).is_none() {
        lab.complain(lab.words().save_failed);
    }
}

/// Hands the browser a file of one part, a text or bytes.
pub fn download(part: &JsValue, kind: &str, name: &str) -> Option<()> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(part), &options).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let document = gloo::utils::document();
    let link = document.create_element("a").ok()?.dyn_into::<HtmlAnchorElement>().ok()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    let _ = Url::revoke_object_url(&address);
    Some(())
}

/// Opens a file: a document, a run record, or a picture with either inside. Never reads more than a document may have
/// and one byte, so that its reader can refuse it.
pub fn open(file: &File, dispatch: Dispatch) {
    let Ok(part) = file.slice_with_f64_and_f64(0.0, FILE_LIMIT as f64 + 1.0) else { return };
    spawn_local(async move {
        let buffer = JsFuture::from(part.array_buffer()).await.unwrap_or_default();
        let bytes = js_sys::Uint8Array::new(&buffer).to_vec();
        dispatch.act(move |lab| match picture::inside(&bytes) {
            Inside::NoPicture => lab.open_text(&String::from_utf8_lossy(&bytes)),
            Inside::Document(text) => lab.open_text(&text),
            Inside::Nothing => {
                let error = Some(lab.words().picture_empty.to_owned());
                lab.dialog = Some(Dialog::Open { text: String::new(), error });
            }
        });
    });
}

/// The text of a file of the page's own, where there is one.
pub async fn fetched(address: &str) -> Option<String> {
    let response = JsFuture::from(gloo::utils::window().fetch_with_str(address)).await.ok()?;
    let response = response.dyn_into::<web_sys::Response>().ok().filter(web_sys::Response::ok)?;
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
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

/// The same, and the visitor is told.
pub fn copy_and_tell(text: String, dispatch: &Dispatch) {
    let dispatch = dispatch.clone();
    let told = Callback::from(move |done: bool| {
        dispatch.act(move |lab| {
            let m = lab.words();
            lab.toast = Some(if done { m.copied } else { m.copy_failed }.to_owned());
        });
    });
    copy(text, told);
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
