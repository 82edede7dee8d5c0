//! Builds an object field by field, leaving out what is empty.

use std::borrow::Cow;

use super::{Field, Style};
use crate::json::Json;

pub(super) struct Output {
    style: Style,
    fields: Vec<(Cow<'static, str>, Json<'static>)>,
}

impl Output {
    pub(super) const fn new(style: Style) -> Self {
        Self { style, fields: Vec::new() }
    }

    pub(super) fn put(&mut self, field: &Field, value: Json<'static>) {
        self.put_word(field.name, field.key, value);
    }

    pub(super) fn put_word(&mut self, name: &'static str, key: &'static str, value: Json<'static>) {
        let word = if self.style == Style::Link { key } else { name };
        self.fields.push((Cow::Borrowed(word), value));
    }

    pub(super) fn put_text(&mut self, field: &Field, text: &str) {
        if !text.is_empty() {
            self.put(field, Json::text(text));
        }
    }

    pub(super) fn put_list<T>(
        &mut self,
        field: &Field,
        all: &[T],
        write: impl Fn(&T, Style) -> Json<'static>,
    ) {
        if !all.is_empty() {
            let style = self.style;
            self.put(field, Json::List(all.iter().map(|element| write(element, style)).collect()));
        }
    }

    /// An object of its own, unless nothing stands in it.
    pub(super) fn put_object(&mut self, field: &Field, inner: Self) {
        if !inner.fields.is_empty() {
            self.put(field, inner.done());
        }
    }

    pub(super) fn done(self) -> Json<'static> {
        Json::Object(self.fields)
    }

    pub(super) const fn style(&self) -> Style {
        self.style
    }
}
