//! The JSON Schema of the document and the run record, derived from the declarations.

use brownout_sim::component::Kind;
use brownout_sim::param::{Choice, Domain, LAWS, LawField, LawFieldKind, LawSpec, ParamSet, ParamSpec};
use brownout_sim::system::{EdgeKind, Injection, Limits, Mode, Net, Policy, Verb};
use serde_json::{Map, Value, json};

use crate::codec::{
    Field, VERSION, edge, edge_name, entry, goal, log, part, record_fields as record, scenario, set,
    value_text,
};
use crate::model::{LARGEST_SEED, Op, Settings, View};
use crate::time::{LONGEST, LONGEST_S};
use crate::validate::{GOALS, LARGEST_ID, NAME, NOTES, REACH};

/// The schema (draft 2020-12) of everything that a file may hold.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Brownout scenario or run record",
        "oneOf": [{"$ref": "#/$defs/scenario"}, {"$ref": "#/$defs/record"}],
        "$defs": {
            "scenario": scenario_schema(),
            "record": record_schema(),
            "part": {"oneOf": Kind::ALL.iter().map(|kind| part_schema(*kind)).collect::<Vec<_>>()},
            "edge": edge_schema(true),
            "entry": entry_schema(),
            "goal": goal_schema(),
            "logEntry": {"oneOf": [
                closed(
                    log_base(),
                    &[(&log::DO, words(Verb::CHOICES)), (&log::TARGET, reference("target"))],
                    &[(&log::FACTOR, factor())],
                ),
                closed(log_base(), &[(&log::EDIT, json!({"type": "array", "items": reference("set")}))], &[]),
            ]},
            "set": {"oneOf": sets()},
            "settings": params(Settings::SPECS),
            "net": params(Net::SPECS),
            "policy": params(Policy::SPECS),
            "view": params(View::SPECS),
            "id": whole(0, u64::from(LARGEST_ID)),
            "time": {"type": "number", "minimum": 0, "maximum": LONGEST_S,
                     "description": "Seconds, with at most 9 decimals"},
            "target": {"oneOf": [reference("id"), {"type": "string", "pattern": "^(0|[1-9][0-9]*)/[1-9][0-9]*$"}]},
            "law": law(),
        },
    })
}

/// The schema of an object that holds the parameters of one table.
pub fn params(specs: &[ParamSpec]) -> Value {
    json!({"type": "object", "properties": properties(specs), "additionalProperties": false})
}

fn properties(specs: &[ParamSpec]) -> Map<String, Value> {
    specs.iter().map(|spec| (spec.name.to_owned(), property(spec))).collect()
}

fn property(spec: &ParamSpec) -> Value {
    let mut schema = match spec.domain {
        Domain::Flag => json!({"type": "boolean"}),
        Domain::Count { min, max } => whole(u64::from(min), u64::from(max)),
        Domain::Number { min, max } => json!({"type": "number", "minimum": min, "maximum": max}),
        Domain::NumberOr { min, max, words: choices } => json!({
            "oneOf": [{"type": "number", "minimum": min, "maximum": max}, words(choices)],
        }),
        Domain::Choice(choices) => words(choices),
        Domain::List { min, max, most } => json!({
            "type": "array",
            "items": {"type": "number", "minimum": min, "maximum": max},
            "maxItems": most,
        }),
        Domain::Law { .. } => reference("law"),
    };
    schema["title"] = json!(spec.label.en);
    schema["description"] = json!(spec.help.en);
    schema["default"] = serde_json::from_str(&value_text(&(spec.default)())).unwrap_or(Value::Null);
    schema
}

fn law() -> Value {
    let kind = |law: &LawSpec| {
        json!({
            "type": "object",
            "properties": {law.name: law_fields(law.fields)},
            "required": [law.name],
            "additionalProperties": false,
        })
    };
    json!({"oneOf": LAWS.iter().map(kind).collect::<Vec<_>>()})
}

/// An object with exactly these fields of a distribution.
fn law_fields(fields: &[LawField]) -> Value {
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let properties: Map<_, _> =
        fields.iter().map(|field| (field.name.to_owned(), law_field(field))).collect();
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}

fn law_field(field: &LawField) -> Value {
    let rows =
        |of: Value, most: usize| json!({"type": "array", "items": of, "minItems": 1, "maxItems": most});
    match field.kind {
        LawFieldKind::Number { min, max } => json!({"type": "number", "minimum": min, "maximum": max}),
        LawFieldKind::Law => reference("law"),
        LawFieldKind::Items { of, most } => rows(law_fields(of), most),
        LawFieldKind::Rows { of, most } => {
            let each: Vec<Value> = of.iter().map(law_field).collect();
            let row =
                json!({"type": "array", "prefixItems": each, "minItems": of.len(), "maxItems": of.len()});
            rows(row, most)
        }
    }
}

/// An object of these required and optional fields and no others.
fn closed(base: Map<String, Value>, required: &[(&Field, Value)], optional: &[(&Field, Value)]) -> Value {
    let mut names: Vec<String> = base.keys().cloned().collect();
    names.extend(required.iter().map(|(field, _)| field.name.to_owned()));
    let mut properties = base;
    for (field, schema) in required.iter().chain(optional) {
        properties.insert(field.name.to_owned(), schema.clone());
    }
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}

fn scenario_schema() -> Value {
    let limits = Limits::V1;
    let mut schema = closed(
        Map::new(),
        &[(&scenario::VERSION, json!({"const": VERSION}))],
        &[
            (&scenario::NAME, text(NAME)),
            (&scenario::NOTES, text(NOTES)),
            (&scenario::PARTS, list("part", limits.parts)),
            (&scenario::EDGES, list("edge", limits.edges)),
            (&scenario::TIMELINE, list("entry", limits.interventions)),
            (&scenario::GOALS, list("goal", GOALS)),
            (&scenario::VIEW, reference("view")),
        ],
    );
    if let Some(all) = schema["properties"].as_object_mut() {
        all.extend(properties(Settings::SPECS));
    }
    schema
}

fn record_schema() -> Value {
    closed(
        Map::new(),
        &[(&record::VERSION, json!({"const": VERSION})), (&record::START, reference("scenario"))],
        &[(&record::ENGINE, text(NAME)), (&record::LOG, list("logEntry", Limits::V1.interventions))],
    )
}

fn part_schema(kind: Kind) -> Value {
    let spec = kind.spec();
    let coordinate = json!({"type": "number", "minimum": -REACH, "maximum": REACH});
    let mut schema = closed(
        Map::new(),
        &[(&part::ID, reference("id")), (&part::TYPE, json!({"const": spec.name}))],
        &[
            (&part::NAME, text(NAME)),
            (&part::INSIDE, reference("id")),
            (&part::COUNT, whole(1, u64::from(Limits::V1.instances_per_part))),
            (&part::PARAMS, params(spec.params)),
            (&part::AT, json!({"type": "array", "items": coordinate, "minItems": 2, "maxItems": 2})),
        ],
    );
    schema["title"] = json!(spec.label.en);
    schema["description"] = json!(spec.help.en);
    schema
}

/// In an edit the name is an element of its own.
fn edge_schema(named: bool) -> Value {
    let mut schema = closed(
        Map::new(),
        &[(&edge::ID, reference("id")), (&edge::FROM, reference("id")), (&edge::TO, reference("id"))],
        &[
            (&edge::KIND, words(EdgeKind::CHOICES)),
            (&edge::MODE, words(Mode::CHOICES)),
            (&edge::WEIGHT, json!({"type": "number", "minimum": 0, "maximum": Limits::V1.weight})),
            (&edge::NET, reference("net")),
            (&edge::POLICY, reference("policy")),
        ],
    );
    if named {
        schema["properties"][edge::NAME.name] = text(NAME);
    }
    schema
}

fn edge_name_schema() -> Value {
    let mut name = text(NAME);
    name["minLength"] = json!(1);
    closed(Map::new(), &[(&edge_name::ID, reference("id")), (&edge_name::NAME, name)], &[])
}

fn entry_schema() -> Value {
    let mut schema = closed(
        Map::new(),
        &[
            (&entry::ID, reference("id")),
            (&entry::AT, reference("time")),
            (&entry::DO, words(Verb::CHOICES)),
            (&entry::TARGET, reference("target")),
        ],
        &[(&entry::FOR, reference("time")), (&entry::FACTOR, factor())],
    );
    if let Some(all) = schema["properties"].as_object_mut() {
        all.extend(properties(Injection::SPECS));
    }
    schema
}

/// How much slower, or how many times as many; of `slow` and `surge` only.
fn factor() -> Value {
    let [least, most] = Verb::FACTORS;
    json!({"type": "number", "minimum": least, "maximum": most, "default": Verb::FACTOR})
}

fn goal_schema() -> Value {
    let over = json!({"type": "array", "items": reference("time"), "minItems": 2, "maxItems": 2});
    closed(
        Map::new(),
        &[
            (&goal::ID, reference("id")),
            (&goal::METRIC, json!({"type": "string", "minLength": 1, "maxLength": NAME})),
            (&goal::OP, words(Op::CHOICES)),
            (&goal::VALUE, json!({"type": "number"})),
        ],
        &[(&goal::OVER, over), (&goal::TOLERANCE, json!({"type": "number", "minimum": 0}))],
    )
}

fn log_base() -> Map<String, Value> {
    let seq = (log::SEQ.name.to_owned(), whole(0, LARGEST_SEED));
    Map::from_iter([seq, (log::AT.name.to_owned(), whole(0, LONGEST))])
}

/// One element of an edit each.
fn sets() -> Vec<Value> {
    let one = |field: &Field, schema: Value| closed(Map::new(), &[(field, schema)], &[]);
    vec![
        one(&set::PART, reference("part")),
        one(&set::NO_PART, reference("id")),
        one(&set::EDGE, edge_schema(false)),
        one(&set::NO_EDGE, reference("id")),
        one(&set::EDGE_NAME, edge_name_schema()),
        one(&set::NO_EDGE_NAME, reference("id")),
        one(&set::ENTRY, reference("entry")),
        one(&set::NO_ENTRY, reference("id")),
        one(&set::GOAL, reference("goal")),
        one(&set::NO_GOAL, reference("id")),
        one(&set::SETTINGS, reference("settings")),
        one(&set::NAME, text(NAME)),
        one(&set::NOTES, text(NOTES)),
        one(&set::VIEW, reference("view")),
    ]
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn list(of: &str, most: usize) -> Value {
    json!({"type": "array", "items": reference(of), "maxItems": most})
}

fn text(most: usize) -> Value {
    json!({"type": "string", "maxLength": most})
}

fn whole(min: u64, max: u64) -> Value {
    json!({"type": "integer", "minimum": min, "maximum": max})
}

fn words(choices: &[Choice]) -> Value {
    json!({"enum": choices.iter().map(|choice| choice.name).collect::<Vec<_>>()})
}
