//! One way to write each value: compact for links, laid out for files.

use super::Json;

/// A list or an object is written on one line where it fits into this many columns.
const COLUMNS: usize = 110;

impl Json<'_> {
    /// Without any space.
    pub(crate) fn compact(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, "");
        out
    }

    /// For people: one part, edge or entry per line where it fits.
    pub(crate) fn pretty(&self) -> String {
        let mut out = String::new();
        self.lay_out(&mut out, 0, true);
        out.push('\n');
        out
    }

    /// On one line, with `space` behind colons and commas.
    fn write(&self, out: &mut String, space: &str) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(text) => out.push_str(text),
            Self::Text(text) => quote(text, out),
            Self::List(list) => {
                out.push('[');
                for (index, value) in list.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                        out.push_str(space);
                    }
                    value.write(out, space);
                }
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (index, (name, value)) in fields.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                        out.push_str(space);
                    }
                    quote(name, out);
                    out.push(':');
                    out.push_str(space);
                    value.write(out, space);
                }
                out.push('}');
            }
        }
    }

    fn lay_out(&self, out: &mut String, indent: usize, open: bool) {
        let empty = match self {
            Self::List(list) => list.is_empty(),
            Self::Object(fields) => fields.is_empty(),
            _ => true,
        };
        let column = out.len() - out.rfind('\n').map_or(0, |at| at + 1);
        if empty || (!open && !self.holds_objects_in_a_list()) {
            let start = out.len();
            self.write(out, " ");
            if empty || column + out[start..].chars().count() <= COLUMNS {
                return;
            }
            out.truncate(start);
        }
        let inner = indent + 2;
        match self {
            Self::List(list) => {
                out.push('[');
                for (index, value) in list.iter().enumerate() {
                    new_line(out, index, inner);
                    value.lay_out(out, inner, false);
                }
                new_line(out, 0, indent);
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (index, (name, value)) in fields.iter().enumerate() {
                    new_line(out, index, inner);
                    quote(name, out);
                    out.push_str(": ");
                    value.lay_out(out, inner, false);
                }
                new_line(out, 0, indent);
                out.push('}');
            }
            _ => self.write(out, " "),
        }
    }

    fn holds_objects_in_a_list(&self) -> bool {
        match self {
            Self::List(list) => list.iter().any(|value| matches!(value, Self::Object(_))),
            Self::Object(fields) => fields.iter().any(|(_, value)| value.holds_objects_in_a_list()),
            _ => false,
        }
    }
}

fn new_line(out: &mut String, index: usize, indent: usize) {
    if index > 0 {
        out.push(',');
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn quote(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn elements_stand_on_lines_of_their_own() {
        let text = r#"{"version":1,"parts":[{"id":1,"at":[1,2]},{"id":2}],"edges":[],"view":{"x":1}}"#;
        let value = parse(text).expect("valid");
        assert_eq!(value.compact(), text);
        let pretty = "{\n  \"version\": 1,\n  \"parts\": [\n    {\"id\": 1, \"at\": [1, 2]},\n    {\"id\": 2}\n  ],\n  \
                      \"edges\": [],\n  \"view\": {\"x\": 1}\n}\n";
        assert_eq!(value.pretty(), pretty);
        assert_eq!(parse(pretty).expect("valid"), value);
    }
}
