//! Parameters: read and written from their tables.

use brownout_sim::param::{Domain, LAWS, Law, ParamError, ParamSet, ParamSpec, Value};

use super::Style;
use super::output::Output;
use super::reader::{Object, Path, number, unknown_word, whole, word};
use crate::error::{Error, Problem};
use crate::json::Json;

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
        Domain::Number { .. } => Ok(Value::Number(number(json, path)?)),
        Domain::Choice(choices) => Ok(Value::Choice(choices[word(json, path, choices)?].name)),
        Domain::Law { .. } => read_law(json, path, style).map(Value::Law),
    }
}

fn write_value(value: &Value, style: Style) -> Json<'static> {
    match value {
        Value::Flag(on) => Json::Bool(*on),
        Value::Count(count) => Json::whole(u64::from(*count)),
        Value::Number(number) => Json::number(*number),
        Value::Choice(word) => Json::Text((*word).into()),
        Value::Law(law) => write_law(law, style),
    }
}

/// A value as the document writes it.
pub(crate) fn value_text(value: &Value) -> String {
    write_value(value, Style::Document).compact()
}

fn read_law(json: &Json<'_>, path: &Path<'_>, style: Style) -> Result<Law, Error> {
    let mut object = Object::open(json, path, style)?;
    for (kind, spec) in LAWS.iter().enumerate() {
        let Some(inner) = object.take_word(spec.name, spec.key) else { continue };
        let inner_path = object.at(spec.name);
        let mut inner = Object::open(inner, &inner_path, style)?;
        let mut fields = [0.0; 2];
        for (slot, field) in fields.iter_mut().zip(spec.fields) {
            let at = Path::Field(&inner_path, field.name);
            *slot = match inner.take_word(field.name, field.key) {
                Some(json) => number(json, &at)?,
                None => return at.refuse(Problem::Missing),
            };
        }
        inner.finish()?;
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

fn write_law(law: &Law, style: Style) -> Json<'static> {
    let spec = &LAWS[law.kind()];
    let mut inner = Output::new(style);
    for (field, value) in spec.fields.iter().zip(law.fields()) {
        inner.put_word(field.name, field.key, Json::number(value));
    }
    let mut out = Output::new(style);
    out.put_word(spec.name, spec.key, inner.done());
    out.done()
}
