//! Parameters: read and written from their tables.

use brownout_sim::param::{
    Domain, LAWS, Law, LawField, LawFieldKind, LawValue, ParamError, ParamSet, ParamSpec, Value,
};

use super::Style;
use super::output::Output;
use super::reader::{Object, Path, list, number, unknown_word, whole, word};
use crate::error::{Error, Problem};
use crate::json::{Json, parse};

/// Reads the parameters of a table out of an object; the ones that are absent keep their values.
pub(crate) fn read_params(
    object: &mut Object<'_, '_, '_>,
    specs: &[ParamSpec],
    mut set: impl FnMut(usize, Value) -> Result<(), ParamError>,
) -> Result<(), Error> {
    for (index, spec) in specs.iter().enumerate() {
        let Some(json) = object.take_word(spec.name, spec.key) else { continue };
        let path = object.at(spec.name);
        let value = read_value(json, &spec.domain, &path, object.style)?;
        set(index, value).or_else(|error| path.refuse(error.into()))?;
    }
    Ok(())
}

/// Writes those parameters of a table that are not at their defaults.
pub(crate) fn write_params(out: &mut Output, specs: &[ParamSpec], get: impl Fn(usize) -> Value) {
    for (index, spec) in specs.iter().enumerate() {
        let value = get(index);
        if value != (spec.default)() {
            let json = write_value(&value, out.style());
            out.put_word(spec.name, spec.key, json);
        }
    }
}

pub(crate) fn read_set<P: ParamSet>(object: &mut Object<'_, '_, '_>) -> Result<P, Error> {
    let mut set = P::default();
    read_params(object, P::SPECS, |index, value| set.set(index, value))?;
    Ok(set)
}

/// An object that holds nothing but the parameters of one set; without one, the defaults.
pub(crate) fn read_set_object<P: ParamSet>(
    json: Option<&Json<'_>>,
    path: &Path<'_>,
    style: Style,
) -> Result<P, Error> {
    let Some(json) = json else { return Ok(P::default()) };
    let mut object = Object::open(json, path, style)?;
    let set = read_set(&mut object)?;
    object.finish()?;
    Ok(set)
}

pub(crate) fn write_set<P: ParamSet>(set: &P, style: Style) -> Output {
    let mut out = Output::new(style);
    write_params(&mut out, P::SPECS, |index| set.get(index));
    out
}

pub(crate) fn write_set_json<P: ParamSet>(set: &P, style: Style) -> Json<'static> {
    write_set(set, style).done()
}

fn read_value(json: &Json<'_>, domain: &Domain, path: &Path<'_>, style: Style) -> Result<Value, Error> {
    match domain {
        Domain::Flag => match json {
            Json::Bool(on) => Ok(Value::Flag(*on)),
            _ => path.refuse(Problem::Kind { wanted: "true or false" }),
        },
        Domain::Count { .. } => Ok(Value::Count(whole(json, path, u64::from(u32::MAX))? as u32)),
        Domain::NumberOr { words, .. } if matches!(json, Json::Text(_)) => {
            Ok(Value::Choice(words[word(json, path, words)?].name))
        }
        Domain::Number { .. } | Domain::NumberOr { .. } => Ok(Value::Number(number(json, path)?)),
        Domain::Choice(choices) => Ok(Value::Choice(choices[word(json, path, choices)?].name)),
        Domain::List { most, .. } => Ok(Value::List(read_each(json, path, *most, number)?.into())),
        Domain::Law { .. } => read_law(json, path, style).map(Value::Law),
    }
}

fn write_value(value: &Value, style: Style) -> Json<'static> {
    match value {
        Value::Flag(on) => Json::Bool(*on),
        Value::Count(count) => Json::whole(u64::from(*count)),
        Value::Number(number) => Json::number(*number),
        Value::Choice(word) => Json::Text((*word).into()),
        Value::List(all) => Json::List(all.iter().map(|number| Json::number(*number)).collect()),
        Value::Law(law) => write_law(law, style),
    }
}

/// A value as the document writes it, read again.
pub(crate) fn value_from_text(text: &str, domain: &Domain) -> Result<Value, Error> {
    let path = Path::Root;
    let value = read_value(&parse(text)?, domain, &path, Style::Document)?;
    value.check(domain).or_else(|error| path.refuse(error.into()))?;
    Ok(value)
}

/// A value as the document writes it.
pub(crate) fn value_text(value: &Value) -> String {
    write_value(value, Style::Document).compact()
}

fn read_law(json: &Json<'_>, path: &Path<'_>, style: Style) -> Result<Law, Error> {
    let mut object = Object::open(json, path, style)?;
    for (kind, spec) in LAWS.iter().enumerate() {
        let Some(inner) = object.take_word(spec.name, spec.key) else { continue };
        let fields = read_fields(inner, spec.fields, &object.at(spec.name), style)?;
        object.finish()?;
        return Law::from_fields(kind, fields).map_or_else(|| path.refuse(Problem::Missing), Ok);
    }
    match json {
        Json::Object(fields) if !fields.is_empty() => {
            path.refuse(unknown_word(&fields[0].0, LAWS.iter().map(|spec| spec.name)))
        }
        _ => path.refuse(Problem::Kind { wanted: "a distribution" }),
    }
}

/// An object with exactly these fields.
fn read_fields(
    json: &Json<'_>,
    fields: &[LawField],
    path: &Path<'_>,
    style: Style,
) -> Result<Vec<LawValue>, Error> {
    let mut object = Object::open(json, path, style)?;
    let mut values = Vec::with_capacity(fields.len());
    for field in fields {
        let at = Path::Field(path, field.name);
        match object.take_word(field.name, field.key) {
            Some(json) => values.push(read_field(json, field, &at, style)?),
            None => return at.refuse(Problem::Missing),
        }
    }
    object.finish()?;
    Ok(values)
}

fn read_field(json: &Json<'_>, field: &LawField, path: &Path<'_>, style: Style) -> Result<LawValue, Error> {
    Ok(match field.kind {
        LawFieldKind::Number { .. } => LawValue::Number(number(json, path)?),
        LawFieldKind::Law => LawValue::Law(read_law(json, path, style)?),
        LawFieldKind::Rows { of, most } => {
            LawValue::Rows(read_each(json, path, most, |row, at| read_row(row, of, at, style))?)
        }
        LawFieldKind::Items { of, most } => {
            LawValue::Rows(read_each(json, path, most, |row, at| read_fields(row, of, at, style))?)
        }
    })
}

fn read_each<T>(
    json: &Json<'_>,
    path: &Path<'_>,
    most: usize,
    read: impl Fn(&Json<'_>, &Path<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let all = list(json, path, most)?.iter().enumerate();
    all.map(|(index, one)| read(one, &Path::Index(path, index))).collect()
}

/// A list of exactly these fields, in their order.
fn read_row(
    json: &Json<'_>,
    fields: &[LawField],
    path: &Path<'_>,
    style: Style,
) -> Result<Vec<LawValue>, Error> {
    let values = list(json, path, fields.len())?;
    if values.len() < fields.len() {
        return path.refuse(Problem::Missing);
    }
    let both = fields.iter().zip(values).enumerate();
    both.map(|(index, (field, json))| read_field(json, field, &Path::Index(path, index), style)).collect()
}

fn write_law(law: &Law, style: Style) -> Json<'static> {
    let spec = &LAWS[law.kind()];
    let mut out = Output::new(style);
    out.put_word(spec.name, spec.key, write_fields(spec.fields, &law.fields(), style));
    out.done()
}

fn write_fields(fields: &[LawField], values: &[LawValue], style: Style) -> Json<'static> {
    let mut out = Output::new(style);
    for (field, value) in fields.iter().zip(values) {
        out.put_word(field.name, field.key, write_field(field, value, style));
    }
    out.done()
}

fn write_field(field: &LawField, value: &LawValue, style: Style) -> Json<'static> {
    match (field.kind, value) {
        (_, LawValue::Number(number)) => Json::number(*number),
        (_, LawValue::Law(law)) => write_law(law, style),
        (LawFieldKind::Items { of, .. }, LawValue::Rows(rows)) => {
            Json::List(rows.iter().map(|row| write_fields(of, row, style)).collect())
        }
        (LawFieldKind::Rows { of, .. }, LawValue::Rows(rows)) => {
            let row = |row: &Vec<LawValue>| {
                Json::List(
                    of.iter().zip(row).map(|(field, value)| write_field(field, value, style)).collect(),
                )
            };
            Json::List(rows.iter().map(row).collect())
        }
        // No law holds a list where its declaration has none.
        (_, LawValue::Rows(_)) => Json::List(Vec::new()),
    }
}
