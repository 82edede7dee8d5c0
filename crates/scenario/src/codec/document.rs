//! The document, element by element.

use std::cell::RefCell;

use brownout_sim::component::Kind;
use brownout_sim::param::{Choice, ParamSet as _};
use brownout_sim::system::{Edge, EdgeKind, Id, Injection, Limits, Mode, Target, Verb};

use super::output::Output;
use super::params::{read_params, read_set, read_set_object, write_params, write_set};
use super::reader::{Object, Path, id, number, pair, seconds, text, unknown_word, whole};
use super::{Style, VERSION, edge, edge_name, entry, goal, part, scenario};
use crate::error::{Error, Problem};
use crate::json::Json;
use crate::model::{EdgeName, Entry, Goal, Numbered, Op, Part, Scenario, Settings};
use crate::time::seconds_from_ns;
use crate::validate::{GOALS, NAME, NOTES};

pub(super) fn read_scenario(json: &Json<'_>, style: Style, path: &Path<'_>) -> Result<Scenario, Error> {
    let mut object = Object::open(json, path, style)?;
    let json = object.need(&scenario::VERSION)?;
    let version = whole(json, &object.at(scenario::VERSION.name), u64::from(u32::MAX))?;
    if version != VERSION {
        return Err(Error::NewerVersion { found: version, known: VERSION });
    }
    let settings = read_set(&mut object)?;
    let name = object.text(&scenario::NAME, NAME)?;
    let notes = object.text(&scenario::NOTES, NOTES)?;
    let limits = Limits::V1;
    let parts = elements(&mut object, &scenario::PARTS, limits.parts, read_part)?;
    let names = RefCell::new(Vec::new());
    let edges = elements(&mut object, &scenario::EDGES, limits.edges, |json, path, style| {
        let (edge, name) = read_named_edge(json, path, style)?;
        names.borrow_mut().extend(EdgeName::new(edge.id, name));
        Ok(edge)
    })?;
    let mut names = names.into_inner();
    brownout_sim::order::sort_by_key(&mut names, Numbered::id);
    let timeline = elements(&mut object, &scenario::TIMELINE, limits.interventions, read_entry)?;
    let goals = elements(&mut object, &scenario::GOALS, GOALS, read_goal)?;
    let view = object.take(&scenario::VIEW);
    let view = read_set_object(view, &object.at(scenario::VIEW.name), style)?;
    object.finish()?;
    Ok(Scenario { settings, name, notes, parts, edges, names, timeline, goals, view })
}

pub(super) fn write_scenario(document: &Scenario, style: Style) -> Json<'static> {
    let mut out = Output::new(style);
    out.put(&scenario::VERSION, Json::whole(VERSION));
    write_params(&mut out, Settings::SPECS, |index| document.settings.get(index));
    out.put_text(&scenario::NAME, &document.name);
    out.put_text(&scenario::NOTES, &document.notes);
    out.put_list(&scenario::PARTS, &document.parts, write_part);
    let named = |edge: &Edge, style| write_named_edge(edge, document.edge_name(edge.id), style);
    out.put_list(&scenario::EDGES, &document.edges, named);
    out.put_list(&scenario::TIMELINE, &document.timeline, write_entry);
    out.put_list(&scenario::GOALS, &document.goals, write_goal);
    out.put_object(&scenario::VIEW, write_set(&document.view, style));
    out.done()
}

/// A list of numbered elements, sorted by their numbers.
fn elements<T: Numbered>(
    object: &mut Object<'_, '_, '_>,
    field: &super::Field,
    limit: usize,
    read: impl Fn(&Json<'_>, &Path<'_>, Style) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let list = object.list(field, limit)?;
    let path = object.at(field.name);
    let mut all = Vec::with_capacity(list.len());
    for (index, json) in list.iter().enumerate() {
        all.push(read(json, &Path::Index(&path, index), object.style)?);
    }
    brownout_sim::order::sort_by_key(&mut all, Numbered::id);
    Ok(all)
}

pub(crate) fn read_part(json: &Json<'_>, path: &Path<'_>, style: Style) -> Result<Part, Error> {
    let mut object = Object::open(json, path, style)?;
    let id = object.id(&part::ID)?;
    let kind = read_type(&mut object)?;
    let name = object.text(&part::NAME, NAME)?;
    let inside = match object.take(&part::INSIDE) {
        Some(json) => Some(self::id(json, &object.at(part::INSIDE.name))?),
        None => None,
    };
    let count = match object.take(&part::COUNT) {
        Some(json) => whole(json, &object.at(part::COUNT.name), u64::from(u32::MAX))? as u32,
        None => 1,
    };
    let mut params = kind.defaults();
    if let Some(json) = object.take(&part::PARAMS) {
        let path = object.at(part::PARAMS.name);
        let mut inner = Object::open(json, &path, style)?;
        read_params(&mut inner, kind.spec().params, |index, value| params.set(index, value))?;
        inner.finish()?;
    }
    let at = match object.take(&part::AT) {
        Some(json) => {
            let path = object.at(part::AT.name);
            let [x, y] = pair(json, &path)?;
            Some([number(x, &Path::Index(&path, 0))?, number(y, &Path::Index(&path, 1))?])
        }
        None => None,
    };
    object.finish()?;
    Ok(Part { id, name, at, count, inside, params })
}

fn read_type(object: &mut Object<'_, '_, '_>) -> Result<Kind, Error> {
    let json = object.need(&part::TYPE)?;
    let path = object.at(part::TYPE.name);
    let name = text(json, &path, NAME)?;
    Kind::from_name(name)
        .map_or_else(|| path.refuse(unknown_word(name, Kind::ALL.iter().map(|kind| kind.spec().name))), Ok)
}

pub(crate) fn write_part(value: &Part, style: Style) -> Json<'static> {
    let mut out = Output::new(style);
    let spec = value.params.kind().spec();
    out.put(&part::ID, Json::whole(u64::from(value.id)));
    out.put(&part::TYPE, Json::Text(spec.name.into()));
    out.put_text(&part::NAME, &value.name);
    if let Some(inside) = value.inside {
        out.put(&part::INSIDE, Json::whole(u64::from(inside)));
    }
    if value.count != 1 {
        out.put(&part::COUNT, Json::whole(u64::from(value.count)));
    }
    let mut params = Output::new(style);
    write_params(&mut params, spec.params, |index| value.params.get(index));
    out.put_object(&part::PARAMS, params);
    if let Some([x, y]) = value.at {
        out.put(&part::AT, Json::List(vec![Json::number(x), Json::number(y)]));
    }
    out.done()
}

/// The edge of an edit: its name is set by itself.
pub(crate) fn read_edge(json: &Json<'_>, path: &Path<'_>, style: Style) -> Result<Edge, Error> {
    match read_named_edge(json, path, style)? {
        (edge, name) if name.is_empty() => Ok(edge),
        _ => Path::Field(path, edge::NAME.name).refuse(Problem::Unknown { suggestion: Some("edge_name") }),
    }
}

fn read_named_edge(json: &Json<'_>, path: &Path<'_>, style: Style) -> Result<(Edge, String), Error> {
    let mut object = Object::open(json, path, style)?;
    let read = Edge {
        id: object.id(&edge::ID)?,
        kind: object.choice(&edge::KIND, EdgeKind::CHOICES, EdgeKind::ALL)?,
        from: object.id(&edge::FROM)?,
        to: object.id(&edge::TO)?,
        mode: object.choice(&edge::MODE, Mode::CHOICES, Mode::ALL)?,
        weight: object.number(&edge::WEIGHT)?,
        net: {
            let json = object.take(&edge::NET);
            read_set_object(json, &object.at(edge::NET.name), style)?
        },
        policy: {
            let json = object.take(&edge::POLICY);
            read_set_object(json, &object.at(edge::POLICY.name), style)?
        },
    };
    let name = object.text(&edge::NAME, NAME)?;
    object.finish()?;
    Ok((read, name))
}

pub(crate) fn write_edge(value: &Edge, style: Style) -> Json<'static> {
    write_named_edge(value, None, style)
}

pub(crate) fn read_edge_name(json: &Json<'_>, path: &Path<'_>, style: Style) -> Result<EdgeName, Error> {
    let mut object = Object::open(json, path, style)?;
    let id = object.id(&edge_name::ID)?;
    let name = object.text(&edge_name::NAME, NAME)?;
    object.finish()?;
    EdgeName::new(id, name).map_or_else(|| Path::Field(path, edge_name::NAME.name).refuse(Problem::Empty), Ok)
}

pub(crate) fn write_edge_name(value: &EdgeName, style: Style) -> Json<'static> {
    let mut out = Output::new(style);
    out.put(&edge_name::ID, Json::whole(u64::from(value.id)));
    out.put_text(&edge_name::NAME, &value.name);
    out.done()
}

fn write_named_edge(value: &Edge, name: Option<&str>, style: Style) -> Json<'static> {
    let mut out = Output::new(style);
    out.put(&edge::ID, Json::whole(u64::from(value.id)));
    out.put_text(&edge::NAME, name.unwrap_or_default());
    put_choice(&mut out, &edge::KIND, EdgeKind::CHOICES, value.kind as usize);
    out.put(&edge::FROM, Json::whole(u64::from(value.from)));
    out.put(&edge::TO, Json::whole(u64::from(value.to)));
    put_choice(&mut out, &edge::MODE, Mode::CHOICES, value.mode as usize);
    if let Some(weight) = value.weight {
        out.put(&edge::WEIGHT, Json::number(weight));
    }
    out.put_object(&edge::NET, write_set(&value.net, style));
    out.put_object(&edge::POLICY, write_set(&value.policy, style));
    out.done()
}

/// A word that is left out where it is the first of its list.
fn put_choice(out: &mut Output, field: &super::Field, words: &'static [Choice], at: usize) {
    if at > 0 {
        out.put(field, Json::Text(words[at].name.into()));
    }
}

pub(crate) fn read_entry(json: &Json<'_>, path: &Path<'_>, style: Style) -> Result<Entry, Error> {
    let mut object = Object::open(json, path, style)?;
    let id = object.id(&entry::ID)?;
    let json = object.need(&entry::AT)?;
    let at = seconds(json, &object.at(entry::AT.name))?;
    let (verb, target, factor) = read_act(&mut object, &entry::DO, &entry::TARGET, &entry::FACTOR)?;
    let lasts = match object.take(&entry::FOR) {
        Some(json) => Some(seconds(json, &object.at(entry::FOR.name))?),
        None => None,
    };
    let injection = read_set(&mut object)?;
    object.finish()?;
    Ok(Entry { id, at, verb, target, lasts, factor, injection })
}

pub(crate) fn write_entry(value: &Entry, style: Style) -> Json<'static> {
    let mut out = Output::new(style);
    out.put(&entry::ID, Json::whole(u64::from(value.id)));
    out.put(&entry::AT, Json::Number(seconds_from_ns(value.at).into()));
    write_act(&mut out, &entry::DO, value.verb, &entry::TARGET, value.target);
    if let Some(lasts) = value.lasts {
        out.put(&entry::FOR, Json::Number(seconds_from_ns(lasts).into()));
    }
    write_factor(&mut out, &entry::FACTOR, value.factor);
    write_params(&mut out, Injection::SPECS, |index| value.injection.get(index));
    out.done()
}

/// What is done, to what, and how much of it.
pub(super) fn read_act(
    object: &mut Object<'_, '_, '_>,
    verb: &super::Field,
    target: &super::Field,
    factor: &super::Field,
) -> Result<(Verb, Target, f64), Error> {
    object.need(verb)?;
    let verb = object.choice(verb, Verb::CHOICES, Verb::ALL)?;
    let json = object.need(target)?;
    let target = read_target(json, &object.at(target.name))?;
    let given = object.number(factor)?;
    if given.is_some() && !verb.has_factor() {
        return object.at(factor.name).refuse(Problem::NoFactor);
    }
    Ok((verb, target, given.unwrap_or(Verb::FACTOR)))
}

/// A factor that is left out where it is the usual one.
pub(super) fn write_factor(out: &mut Output, field: &super::Field, factor: f64) {
    if factor != Verb::FACTOR {
        out.put(field, Json::number(factor));
    }
}

pub(super) fn write_act(
    out: &mut Output,
    do_: &super::Field,
    verb: Verb,
    target_: &super::Field,
    target: Target,
) {
    out.put(do_, Json::Text(Verb::CHOICES[verb as usize].name.into()));
    out.put(
        target_,
        match target.instance {
            None => Json::whole(u64::from(target.id)),
            Some(_) => Json::text(&target.to_string()),
        },
    );
}

/// `7`, or `"7/2"` for one instance.
fn read_target(json: &Json<'_>, path: &Path<'_>) -> Result<Target, Error> {
    const WANTED: Problem = Problem::Kind { wanted: "an id such as 7, or \"7/2\" for instance 2 of part 7" };
    match json {
        Json::Number(_) => id(json, path).map(Target::whole),
        Json::Text(text) => {
            let number = |text: &str| -> Option<u32> {
                let canonical = text == "0" || !text.starts_with(['0', '+']);
                text.parse().ok().filter(|_| canonical)
            };
            let parsed = text.split_once('/').and_then(|(id, instance)| {
                Some(Target::one(number(id)? as Id, number(instance).filter(|instance| *instance > 0)?))
            });
            parsed.map_or_else(|| path.refuse(WANTED), Ok)
        }
        _ => path.refuse(WANTED),
    }
}

pub(crate) fn read_goal(json: &Json<'_>, path: &Path<'_>, style: Style) -> Result<Goal, Error> {
    let mut object = Object::open(json, path, style)?;
    let id = object.id(&goal::ID)?;
    object.need(&goal::METRIC)?;
    let metric = object.text(&goal::METRIC, NAME)?;
    let over = match object.take(&goal::OVER) {
        Some(json) => {
            let path = object.at(goal::OVER.name);
            let [from, to] = pair(json, &path)?;
            Some([seconds(from, &Path::Index(&path, 0))?, seconds(to, &Path::Index(&path, 1))?])
        }
        None => None,
    };
    object.need(&goal::OP)?;
    let op = object.choice(&goal::OP, Op::CHOICES, Op::ALL)?;
    object.need(&goal::VALUE)?;
    let value = object.number(&goal::VALUE)?.unwrap_or_default();
    let tolerance = object.number(&goal::TOLERANCE)?.unwrap_or_default();
    object.finish()?;
    Ok(Goal { id, metric, over, op, value, tolerance })
}

pub(crate) fn write_goal(value: &Goal, style: Style) -> Json<'static> {
    let mut out = Output::new(style);
    out.put(&goal::ID, Json::whole(u64::from(value.id)));
    out.put(&goal::METRIC, Json::text(&value.metric));
    if let Some(over) = value.over {
        let seconds = |ns| Json::Number(seconds_from_ns(ns).into());
        out.put(&goal::OVER, Json::List(over.map(seconds).into()));
    }
    out.put(&goal::OP, Json::Text(Op::CHOICES[value.op as usize].name.into()));
    out.put(&goal::VALUE, Json::number(value.value));
    if value.tolerance != 0.0 {
        out.put(&goal::TOLERANCE, Json::number(value.tolerance));
    }
    out.done()
}
