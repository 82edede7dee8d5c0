//! The schema says yes to what the reader reads, and no to what it refuses for its form.

use brownout_scenario::{Shared, arbitrary, schema};
use serde_json::{Value, json};

/// As much of JSON Schema as the schema uses; anything else fails the test.
fn fits(value: &Value, schema: &Value, root: &Value) -> bool {
    let Some(rules) = schema.as_object() else { panic!("not a schema: {schema}") };
    rules.iter().all(|(rule, of)| match rule.as_str() {
        "$ref" => {
            let path = of.as_str().and_then(|path| path.strip_prefix('#')).expect("a local reference");
            fits(value, root.pointer(path).unwrap_or_else(|| panic!("nothing at {path}")), root)
        }
        "oneOf" => list(of).iter().filter(|one| fits(value, one, root)).count() == 1,
        "const" => value == of,
        "enum" => list(of).contains(value),
        "type" => match of.as_str().expect("a word") {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "number" => value.is_number(),
            "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            other => panic!("type {other}"),
        },
        "minimum" => number(value).is_none_or(|number| number >= of.as_f64().expect("a number")),
        "maximum" => number(value).is_none_or(|number| number <= of.as_f64().expect("a number")),
        "minLength" => value.as_str().is_none_or(|text| text.chars().count() >= size(of)),
        "maxLength" => value.as_str().is_none_or(|text| text.chars().count() <= size(of)),
        "minItems" => value.as_array().is_none_or(|all| all.len() >= size(of)),
        "maxItems" => value.as_array().is_none_or(|all| all.len() <= size(of)),
        "items" => value.as_array().is_none_or(|all| all.iter().all(|item| fits(item, of, root))),
        "prefixItems" => value
            .as_array()
            .is_none_or(|all| all.iter().zip(list(of)).all(|(item, rule)| fits(item, rule, root))),
        "required" => value.as_object().is_none_or(|fields| {
            list(of).iter().all(|name| fields.contains_key(name.as_str().expect("a name")))
        }),
        "properties" => value.as_object().is_none_or(|fields| {
            fields.iter().all(|(name, value)| of.get(name).is_none_or(|rule| fits(value, rule, root)))
        }),
        "additionalProperties" => {
            assert_eq!(of, &json!(false));
            let known = rules["properties"].as_object().expect("properties");
            value.as_object().is_none_or(|fields| fields.keys().all(|name| known.contains_key(name)))
        }
        // Only targets have one: an id, a stroke, and a number that does not begin with 0.
        "pattern" => value.as_str().is_none_or(|text| text.contains('/')),
        "$schema" | "$defs" | "title" | "description" | "default" => true,
        other => panic!("rule {other}"),
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

fn size(value: &Value) -> usize {
    value.as_u64().expect("a size") as usize
}

#[test]
fn everything_written_fits() {
    let schema = schema::schema();
    for seed in 0..100 {
        let record = arbitrary::generate(seed);
        for shared in [Shared::Design(record.document()), Shared::Run(record)] {
            let value: Value = serde_json::from_str(&shared.to_json()).expect("JSON");
            assert!(fits(&value, &schema, &schema), "{seed}: {value:#}");
        }
    }
}

#[test]
fn what_is_refused_for_its_form_does_not_fit() {
    let schema = schema::schema();
    for value in [
        json!({}),
        json!({"version": 2}),
        json!({"version": 1, "part": []}),
        json!({"version": 1, "parts": [{"id": 1, "type": "cow"}]}),
        json!({"version": 1, "parts": [{"id": 1, "type": "web", "params": {"wrokers": 1}}]}),
        json!({"version": 1, "parts": [{"id": 1, "type": "web", "params": {"workers": 1.5}}]}),
        json!({"version": 1, "parts": [{"id": 1, "type": "web", "params": {"workers": 0}}]}),
        json!({"version": 1, "parts": [{"id": 1, "type": "web", "at": [1]}]}),
        json!({"version": 1, "edges": [{"id": 1, "from": 2}]}),
        json!({"version": 1, "timeline": [{"id": 1, "at_s": -1, "do": "kill", "target": 2}]}),
    ] {
        assert!(!fits(&value, &schema, &schema), "{value}");
        assert!(brownout_scenario::read_any(&value.to_string()).is_err(), "{value}");
    }
}

/// The document's own example of a part, checked by hand once.
#[test]
fn a_small_document_fits() {
    let schema = schema::schema();
    let value = json!({"version": 1, "parts": [{"id": 1, "type": "web", "params": {"static_time": {"exp": {"mean_ms": 2}}}}]});
    assert!(fits(&value, &schema, &schema));
}
