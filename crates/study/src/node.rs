//! What the page shows, as plain data: the page makes elements of it and knows nothing of what they mean.
//!
//! `{"t": tag, "c": class, "a": {name: value}, "k": [children], "do": what a click does}`; a text is a string.

use serde_json::{Map, Value, json};

/// An element on its way into a panel.
#[derive(Clone, Debug)]
pub(crate) struct Node(Map<String, Value>);

pub(crate) fn node(tag: &str, class: &str) -> Node {
    let mut map = Map::new();
    map.insert("t".to_owned(), json!(tag));
    if !class.is_empty() {
        map.insert("c".to_owned(), json!(class));
    }
    Node(map)
}

impl Node {
    #[expect(clippy::needless_pass_by_value, reason = "numbers, texts and names alike")]
    pub(crate) fn attribute(mut self, name: &str, value: impl ToString) -> Self {
        let all = self.0.entry("a").or_insert_with(|| json!({}));
        all[name] = json!(value.to_string());
        self
    }

    pub(crate) fn text(self, text: impl Into<String>) -> Self {
        self.put(Value::String(text.into()))
    }

    pub(crate) fn child(self, child: Self) -> Self {
        self.put(Value::Object(child.0))
    }

    pub(crate) fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        for child in children {
            self = self.child(child);
        }
        self
    }

    /// What the page does when it is pressed: a list, in order.
    pub(crate) fn does(mut self, what: Value) -> Self {
        self.0.insert("do".to_owned(), what);
        self
    }

    fn put(mut self, child: Value) -> Self {
        if let Value::Array(children) = self.0.entry("k").or_insert_with(|| json!([])) {
            children.push(child);
        }
        self
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// A button with a word.
pub(crate) fn button(class: &str, words: &str, what: Value) -> Node {
    node("button", class).attribute("type", "button").text(words).does(what)
}
