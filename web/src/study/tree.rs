//! Panels that come as data (`crates/study/src/node.rs`) as elements of the page. Nothing in them is HTML, and what is no
//! known element or attribute is not shown as one.

use serde_json::Value;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, MouseEvent};
use yew::virtual_dom::{AttrValue, VNode, VTag};
use yew::{Callback, Html, html};

use crate::app::Dispatch;

const ELEMENTS: [&str; 24] = [
    "div", "section", "p", "h3", "h4", "ol", "ul", "li", "button", "span", "b", "i", "small", "strong", "em",
    "form", "label", "input", "svg", "path", "rect", "line", "polyline", "text",
];
const ATTRIBUTES: [&str; 37] = [
    "name",
    "value",
    "viewBox",
    "preserveAspectRatio",
    "d",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "width",
    "height",
    "opacity",
    "aria-pressed",
    "type",
    "style",
    "title",
    "disabled",
    "tabindex",
    "role",
    "aria-hidden",
    "aria-current",
    "aria-label",
    "data-request",
    "data-kind",
    "data-span",
    "data-testid",
    "data-end",
    "data-values",
    "data-step",
    "text-anchor",
    "visibility",
    "aria-valuemin",
    "aria-valuemax",
    "aria-valuenow",
    "points",
];

pub(super) fn element(node: &Value, dispatch: &Dispatch) -> Html {
    if let Some(text) = node.as_str() {
        return VNode::from(text.to_owned());
    }
    let name = node["t"].as_str().unwrap_or_default();
    let Some(known) = ELEMENTS.iter().find(|known| **known == name) else { return html! {} };
    let mut tag = VTag::new(*known);
    if let Some(class) = node["c"].as_str() {
        tag.add_attribute("class", class.to_owned());
    }
    for (name, value) in node["a"].as_object().into_iter().flatten() {
        let known = ATTRIBUTES.iter().find(|known| *known == name);
        if let (Some(known), Some(value)) = (known, value.as_str()) {
            tag.add_attribute(known, AttrValue::from(value.to_owned()));
        }
    }
    if node["do"].is_array() {
        let (dispatch, what) = (dispatch.clone(), node["do"].clone());
        let press = Callback::from(move |event: MouseEvent| {
            let what = filled(&what, &event);
            // The element may be gone after what it does; the keyboard stays in the panel.
            let button = pressed(&event).and_then(|target| target.closest("button").ok().flatten());
            if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
                let _ = button.focus();
            }
            dispatch.act(move |lab| lab.study_does(&what));
        });
        tag.set_listeners(Box::new([Some(std::rc::Rc::new(yew::html::onclick::Wrapper::new(press)))]));
    }
    for child in node["k"].as_array().into_iter().flatten() {
        tag.add_child(element(child, dispatch));
    }
    tag.into()
}

/// The element that was pressed; what listens is the page's root.
fn pressed(event: &MouseEvent) -> Option<web_sys::Element> {
    event.target().and_then(|target| target.dyn_into().ok())
}

/// What a button does, with the fields of the form that it stands in.
fn filled(what: &Value, event: &MouseEvent) -> Value {
    let mut what = what.clone();
    for one in what.as_array_mut().into_iter().flatten() {
        if !one["form"].is_object() {
            continue;
        }
        event.prevent_default();
        let mut question = one["form"].take();
        let form = pressed(event).and_then(|target| target.closest("form").ok().flatten());
        let fields = form.and_then(|form| form.query_selector_all("[name]").ok());
        for at in 0..fields.as_ref().map_or(0, web_sys::NodeList::length) {
            let field = fields.as_ref().and_then(|fields| fields.get(at));
            if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok()) {
                question[field.name()] = Value::String(field.value());
            }
        }
        *one = serde_json::json!({ "ask": question });
    }
    what
}
