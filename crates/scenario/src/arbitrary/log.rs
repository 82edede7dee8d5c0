//! A random hand at the running system: edits, faults, undo and redo.

use brownout_sim::Ns;
use brownout_sim::component::Kind;
use brownout_sim::param::{Unit, Value};
use brownout_sim::system::{Id, Policy};

use super::pick::Random;
use super::{plan, system};
use crate::edit::{Edit, Editor, Set, Step};
use crate::model::{Part, Scenario};
use crate::record::Record;

pub(super) fn live(random: &mut Random, document: Scenario) -> Record {
    let end = document.options().duration;
    let mut editor = Editor::new(document);
    editor.run_started();
    let count = random.between(2, 10);
    let mut times: Vec<Ns> = (0..count).map(|_| 1 + plan::time(random, end)).collect();
    times.sort_unstable();
    for at in times {
        for step in act(random, &mut editor) {
            editor.stamp(step.seq, at);
        }
    }
    editor.record().clone()
}

fn act(random: &mut Random, editor: &mut Editor) -> Vec<Step> {
    match random.below(10) {
        0 => return editor.undo(),
        1 => return editor.redo(),
        2 | 3 if !editor.document().parts.is_empty() => {
            let (verb, target) = plan::fault(random, editor.document());
            let factor = plan::factor(random, verb);
            return editor.do_scaled_fault(verb, target, factor).into_iter().collect();
        }
        _ => {}
    }
    // What turns out to be invalid is refused, and another is tried.
    for _ in 0..20 {
        let edit = edit(random, editor.document(), editor.next_id());
        if let Ok(step) = editor.do_edit(edit, None) {
            return vec![step];
        }
    }
    Vec::new()
}

pub(super) fn edit(random: &mut Random, document: &Scenario, id: Id) -> Edit {
    if document.parts.is_empty() {
        return Set::Name(random.words(3)).into();
    }
    match random.below(8) {
        0 => add(random, document, id),
        1 => {
            let part = random.one(&document.parts);
            // Without the population that always comes a system has little to do.
            if first_client(document) == Some(part.id) {
                changed(random, document)
            } else {
                Edit::remove(document, &[part.id])
            }
        }
        2 if !document.edges.is_empty() => Edit::remove(document, &[random.one(&document.edges).id]),
        3 if !document.edges.is_empty() => rewire(random, document),
        4 if !document.edges.is_empty() => settings_of_edge(random, document),
        5 => moved(random, document),
        6 => {
            let (from, to) = (random.one(&document.parts), random.one(&document.parts));
            Set::edge(system::edge(random, id, from, to)).into()
        }
        _ => changed(random, document),
    }
}

/// A new part and an edge to it.
fn add(random: &mut Random, document: &Scenario, id: Id) -> Edit {
    let kind = *random.one(&Kind::ALL[1..]);
    let part = system::part(random, id, kind, 1.0);
    let from = random.one(&document.parts);
    let edge = system::edge(random, id + 1, from, &part);
    Edit(vec![Set::part(part), Set::edge(edge)])
}

/// Another end for an edge.
fn rewire(random: &mut Random, document: &Scenario) -> Edit {
    let mut edge = random.one(&document.edges).clone();
    edge.to = random.one(&document.parts).id;
    Set::edge(edge).into()
}

fn settings_of_edge(random: &mut Random, document: &Scenario) -> Edit {
    let mut edge = random.one(&document.edges).clone();
    edge.net = random.set();
    let (fan_out, need) = (edge.policy.fan_out, edge.policy.need);
    edge.policy = Policy { fan_out, need, ..system::policy(random) };
    Set::edge(edge).into()
}

/// What the simulation must not feel.
fn moved(random: &mut Random, document: &Scenario) -> Edit {
    let part = random.one(&document.parts).clone();
    let at = Some([random.number(0.0, 900.0), random.number(0.0, 500.0)]);
    Set::part(Part { at, name: random.words(2), ..part }).into()
}

fn first_client(document: &Scenario) -> Option<Id> {
    document.parts.iter().find(|part| part.params.kind() == Kind::Client).map(|part| part.id)
}

/// Other parameters, or another number of instances.
fn changed(random: &mut Random, document: &Scenario) -> Edit {
    let mut part = random.one(&document.parts).clone();
    if random.chance(0.3) {
        part.count = random.between(1, 4);
    } else {
        let specs = part.params.kind().spec().params;
        let index = random.below(specs.len() as u32) as usize;
        let rate = (specs[index].unit == Unit::PerSecond).then(|| part.params.get(index));
        let value = match rate {
            Some(Value::Number(rate)) => Some(Value::Number(rate * random.number(0.5, 1.5))),
            _ => random.value(&specs[index]),
        };
        if let Some(value) = value {
            // What its declaration does not allow stays as it is.
            let _ = part.params.set(index, value);
        }
        if first_client(document) == Some(part.id) {
            system::keep_coming(&mut part);
        }
    }
    Set::part(part).into()
}
