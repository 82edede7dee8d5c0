//! The figures as one long table, for spreadsheets: a path and a value per line.

use serde_json::Value;

/// Every figure with its path, as goals name it; windows of the series have their number in theirs.
pub fn csv(figures: &Value) -> String {
    let mut out = "metric,value\n".to_owned();
    walk(&mut out, "", figures);
    out
}

fn walk(out: &mut String, path: &str, value: &Value) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| walk(out, &below(name), value)),
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(index, value)| walk(out, &below(&index.to_string()), value));
        }
        Value::Null => line(out, path, ""),
        Value::String(text) => line(out, path, text),
        other => line(out, path, &other.to_string()),
    }
}

fn line(out: &mut String, path: &str, value: &str) {
    out.push_str(&quoted(path));
    out.push(',');
    out.push_str(&quoted(value));
    out.push('\n');
}

/// A text that begins like a formula is kept from being one.
pub fn quoted(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '@', '\t', '\r'])
        || (text.starts_with('-') && text.parse::<f64>().is_err());
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_become_lines() {
        let figures =
            serde_json::json!({"a": {"b": 1.5, "c": null}, "list": [{"name": "x, \"y\""}], "evil": "=1+1"});
        let lines = "metric,value\na.b,1.5\na.c,\nlist.0.name,\"x, \"\"y\"\"\"\nevil,'=1+1\n";
        assert_eq!(csv(&figures), lines);
    }
}
