//! Prose as elements of the page. Nothing in it is HTML: what is no known element is not shown as one.

use serde_json::Value;
use yew::virtual_dom::{VNode, VTag};
use yew::{Html, html};

/// The elements that prose may have.
const ELEMENTS: [&str; 12] =
    ["p", "h4", "ul", "ol", "li", "blockquote", "pre", "hr", "code", "strong", "em", "br"];

/// Blocks, one after another.
pub(super) fn blocks(blocks: &Value) -> Html {
    html! { <>{ for blocks.as_array().into_iter().flatten().map(piece) }</> }
}

fn piece(piece: &Value) -> Html {
    match piece {
        Value::String(text) => VNode::from(text.clone()),
        Value::Array(all) => {
            let name = all.first().and_then(Value::as_str).unwrap_or_default();
            if let Some(known) = ELEMENTS.iter().find(|known| **known == name) {
                element(known, &all[1..])
            } else if name == "a"
                && let Some(address) = all.get(1).and_then(Value::as_str)
            {
                let inner = all[2..].iter().map(self::piece);
                html! { <a href={address.to_owned()} target="_blank" rel="noopener">{ for inner }</a> }
            } else {
                html! {}
            }
        }
        _ => html! {},
    }
}

fn element(name: &'static str, inner: &[Value]) -> Html {
    let mut tag = VTag::new(name);
    for one in inner {
        tag.add_child(piece(one));
    }
    tag.into()
}
