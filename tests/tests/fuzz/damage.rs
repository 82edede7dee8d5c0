//! Damage that no editor does: to the JSON of a document, and to its bytes.

use serde_json::{Value, json};

use super::random::Random;

/// Numbers at which something ends.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "63",
    "64",
    "65",
    "255",
    "256",
    "1000",
    "1001",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "999999999",
    "1000000000",
    "9007199254740991",
    "9007199254740992",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "315576000",
    "315576001",
    "0.5",
    "1.0",
    "0.000000001",
    "0.0000000001",
    "1e-300",
    "1e300",
    "1e400",
    "-1e400",
    "1E+2",
    "123456789.123456789",
];

/// Pieces that a reader of JSON may trip over.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "null",
    "true",
    "-",
    "e9",
    "\\u0000",
    "\\ud800",
    "\u{feff}",
    "\u{0}",
    "//",
    "NaN",
    "\"id\":1,",
    "[[[[[[[[[[[[[[[[",
    "{\"parts\":[",
    "9999999999999999999999999",
];

/// One to three changes of the JSON; what remains is JSON.
pub fn json_damage(random: &mut Random, text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return byte_damage(random, text) };
    for _ in 0..=random.below(3) {
        let spare = pick(random, &mut value).clone();
        let place = pick(random, &mut value);
        change(random, place, spare);
    }
    value.to_string()
}

/// A value somewhere inside, the large containers left alone mostly.
fn pick<'a>(random: &mut Random, mut value: &'a mut Value) -> &'a mut Value {
    loop {
        let count = match &*value {
            Value::Object(all) => all.len(),
            Value::Array(all) => all.len(),
            _ => 0,
        };
        if count == 0 || random.chance(15) {
            return value;
        }
        let at = random.below(count);
        value = match value {
            Value::Object(all) => all.values_mut().nth(at).unwrap(),
            Value::Array(all) => &mut all[at],
            other => return other,
        };
    }
}

fn number(random: &mut Random) -> Value {
    serde_json::from_str(random.one::<&str>(NUMBERS)).unwrap_or(Value::Null)
}

fn change(random: &mut Random, value: &mut Value, spare: Value) {
    match value {
        Value::Array(all) if random.chance(80) => match random.below(5) {
            0 if !all.is_empty() => {
                let at = random.below(all.len());
                all.remove(at);
            }
            1 if !all.is_empty() => {
                let twin = random.one(all).clone();
                all.push(twin);
            }
            2 if !all.is_empty() => {
                let (one, two) = (random.below(all.len()), random.below(all.len()));
                all.swap(one, two);
            }
            3 => all.reverse(),
            _ => all.push(spare),
        },
        Value::Object(all) if random.chance(80) && !all.is_empty() => {
            let at = random.below(all.len());
            let name = all.keys().nth(at).cloned().unwrap_or_default();
            match random.below(4) {
                0 => drop(all.remove(&name)),
                1 => drop(all.insert(name + "x", spare)),
                2 => drop(all.insert(name, spare)),
                _ => {
                    let other = all.keys().nth(random.below(all.len())).cloned().unwrap_or_default();
                    if let Some(moved) = all.get(&name).cloned() {
                        all.insert(other, moved);
                    }
                }
            }
        }
        Value::Number(_) if random.chance(80) => *value = number(random),
        _ => {
            *value = match random.below(8) {
                0 => Value::Null,
                1 => json!(true),
                2 => json!([]),
                3 => json!({}),
                4 => json!("x".repeat(random.below(300))),
                5 => nested(random.below(200)),
                6 => number(random),
                _ => spare,
            }
        }
    }
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inside, _| json!([inside]))
}

/// Bytes that are changed, lost, doubled and put in; what remains is text, though hardly JSON.
pub fn byte_damage(random: &mut Random, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let to = (at + random.below(40)).min(bytes.len());
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 => drop(bytes.drain(at..to)),
            2 => {
                let twin = bytes[at..to].to_vec();
                bytes.splice(at..at, twin);
            }
            3 if random.chance(30) => bytes.truncate(at),
            4 => drop(bytes.splice(at..to, random.one(NUMBERS).bytes())),
            _ => drop(bytes.splice(at..at, random.one(PIECES).bytes())),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
