//! The run record: a document and what was done.

use brownout_sim::Ns;
use brownout_sim::param::ParamSet;
use brownout_sim::system::{Id, Limits};

use super::document::{read_act, read_scenario, write_act, write_factor, write_scenario};
use super::output::Output;
use super::params::{read_set_object, write_set};
use super::reader::{Object, Path, id, list, text, whole};
use super::{
    Field, Style, VERSION, log, read_edge, read_edge_name, read_entry, read_goal, read_part,
    record_fields as fields, set, write_edge, write_edge_name, write_entry, write_goal, write_part,
};
use crate::edit::{Edit, Set};
use crate::error::{Error, Problem};
use crate::json::Json;
use crate::record::{Done, LogEntry, Record};
use crate::time::LONGEST;
use crate::validate::{NAME, NOTES};

/// The most elements of one logged edit: everything that a document may hold.
const SETS: usize = 25_000;

pub(super) fn is_record(json: &Json<'_>, style: Style) -> bool {
    let word = if style == Style::Link { fields::START.key } else { fields::START.name };
    matches!(json, Json::Object(all) if all.iter().any(|(name, _)| name == word))
}

pub(super) fn read_record(json: &Json<'_>, style: Style) -> Result<Record, Error> {
    let mut object = Object::open(json, &Path::Root, style)?;
    object.need(&fields::VERSION)?;
    let engine = object.text(&fields::ENGINE, NAME)?;
    let json = object.need(&fields::START)?;
    let start = read_scenario(json, style, &object.at(fields::START.name))?;
    let entries = object.list(&fields::LOG, Limits::V1.interventions)?;
    let path = object.at(fields::LOG.name);
    let mut log = Vec::with_capacity(entries.len());
    for (index, json) in entries.iter().enumerate() {
        log.push(read_log_entry(json, &Path::Index(&path, index), style)?);
    }
    object.finish()?;
    Ok(Record { engine, start, log })
}

pub(super) fn write_record(record: &Record, style: Style) -> Json<'static> {
    let mut out = Output::new(style);
    out.put(&fields::VERSION, Json::whole(VERSION));
    out.put_text(&fields::ENGINE, &record.engine);
    out.put(&fields::START, write_scenario(&record.start, style));
    out.put_list(&fields::LOG, &record.log, write_log_entry);
    out.done()
}

fn read_log_entry(json: &Json<'_>, path: &Path<'_>, style: Style) -> Result<LogEntry, Error> {
    let mut object = Object::open(json, path, style)?;
    let json = object.need(&log::SEQ)?;
    let seq = whole(json, &object.at(log::SEQ.name), crate::model::LARGEST_SEED)?;
    let json = object.need(&log::AT)?;
    let at: Ns = whole(json, &object.at(log::AT.name), LONGEST)?;
    let done = if let Some(json) = object.take(&log::EDIT) {
        Done::Edit(read_edit(json, &object.at(log::EDIT.name), style)?)
    } else {
        let (verb, target, factor) = read_act(&mut object, &log::DO, &log::TARGET, &log::FACTOR)?;
        Done::Fault { verb, target, factor }
    };
    object.finish()?;
    Ok(LogEntry { seq, at, done })
}

fn write_log_entry(entry: &LogEntry, style: Style) -> Json<'static> {
    let mut out = Output::new(style);
    out.put(&log::SEQ, Json::whole(entry.seq));
    out.put(&log::AT, Json::whole(entry.at));
    match &entry.done {
        Done::Fault { verb, target, factor } => {
            write_act(&mut out, &log::DO, *verb, &log::TARGET, *target);
            write_factor(&mut out, &log::FACTOR, *factor);
        }
        Done::Edit(edit) => {
            let sets = edit.0.iter().map(|element| write_element(element, style)).collect();
            out.put(&log::EDIT, Json::List(sets));
        }
    }
    out.done()
}

fn read_edit(json: &Json<'_>, path: &Path<'_>, style: Style) -> Result<Edit, Error> {
    let sets = list(json, path, SETS)?;
    let read = |(index, json): (usize, &Json<'_>)| read_element(json, &Path::Index(path, index), style);
    sets.iter().enumerate().map(read).collect::<Result<_, _>>().map(Edit)
}

/// One element of an edit: an object with exactly one field, which says what it is.
fn read_element(json: &Json<'_>, path: &Path<'_>, style: Style) -> Result<Set, Error> {
    let mut object = Object::open(json, path, style)?;
    let mut found = None;
    for (field, read) in READERS {
        let Some(json) = object.take(field) else { continue };
        if found.is_some() {
            return path.refuse(ONE);
        }
        found = Some(read(json, &object.at(field.name), style)?);
    }
    object.finish()?;
    found.map_or_else(|| path.refuse(ONE), Ok)
}

const ONE: Problem = Problem::Kind { wanted: "an object of exactly one field" };

type Reader = fn(&Json<'_>, &Path<'_>, Style) -> Result<Set, Error>;

const READERS: &[(&Field, Reader)] = &[
    (&set::PART, |json, path, style| read_part(json, path, style).map(Set::part)),
    (&set::NO_PART, |json, path, _| removed(json, path, |id| Set::Part(id, None))),
    (&set::EDGE, |json, path, style| read_edge(json, path, style).map(|edge| Set::Edge(edge.id, Some(edge)))),
    (&set::NO_EDGE, |json, path, _| removed(json, path, |id| Set::Edge(id, None))),
    (&set::EDGE_NAME, |json, path, style| {
        read_edge_name(json, path, style).map(|name| Set::EdgeName(name.id, Some(name)))
    }),
    (&set::NO_EDGE_NAME, |json, path, _| removed(json, path, |id| Set::EdgeName(id, None))),
    (&set::ENTRY, |json, path, style| {
        read_entry(json, path, style).map(|entry| Set::Entry(entry.id, Some(entry)))
    }),
    (&set::NO_ENTRY, |json, path, _| removed(json, path, |id| Set::Entry(id, None))),
    (&set::GOAL, |json, path, style| read_goal(json, path, style).map(|goal| Set::Goal(goal.id, Some(goal)))),
    (&set::NO_GOAL, |json, path, _| removed(json, path, |id| Set::Goal(id, None))),
    (&set::SETTINGS, |json, path, style| params(json, path, style).map(Set::Settings)),
    (&set::NAME, |json, path, _| text(json, path, NAME).map(|text| Set::Name(text.to_owned()))),
    (&set::NOTES, |json, path, _| text(json, path, NOTES).map(|text| Set::Notes(text.to_owned()))),
    (&set::VIEW, |json, path, style| params(json, path, style).map(Set::View)),
];

fn removed(json: &Json<'_>, path: &Path<'_>, set: impl Fn(Id) -> Set) -> Result<Set, Error> {
    id(json, path).map(set)
}

fn params<P: ParamSet>(json: &Json<'_>, path: &Path<'_>, style: Style) -> Result<P, Error> {
    read_set_object(Some(json), path, style)
}

fn write_element(element: &Set, style: Style) -> Json<'static> {
    let mut out = Output::new(style);
    let number = |id: &Id| Json::whole(u64::from(*id));
    match element {
        Set::Part(_, Some(part)) => out.put(&set::PART, write_part(part, style)),
        Set::Part(id, None) => out.put(&set::NO_PART, number(id)),
        Set::Edge(_, Some(edge)) => out.put(&set::EDGE, write_edge(edge, style)),
        Set::Edge(id, None) => out.put(&set::NO_EDGE, number(id)),
        Set::EdgeName(_, Some(name)) => out.put(&set::EDGE_NAME, write_edge_name(name, style)),
        Set::EdgeName(id, None) => out.put(&set::NO_EDGE_NAME, number(id)),
        Set::Entry(_, Some(entry)) => out.put(&set::ENTRY, write_entry(entry, style)),
        Set::Entry(id, None) => out.put(&set::NO_ENTRY, number(id)),
        Set::Goal(_, Some(goal)) => out.put(&set::GOAL, write_goal(goal, style)),
        Set::Goal(id, None) => out.put(&set::NO_GOAL, number(id)),
        Set::Settings(settings) => out.put(&set::SETTINGS, write_set(settings, style).done()),
        Set::Name(name) => out.put(&set::NAME, Json::text(name)),
        Set::Notes(notes) => out.put(&set::NOTES, Json::text(notes)),
        Set::View(view) => out.put(&set::VIEW, write_set(view, style).done()),
    }
    out.done()
}
