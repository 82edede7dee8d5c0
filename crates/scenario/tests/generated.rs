//! Generated documents: valid, the same when read again, and enough of a load for the engine.

use std::collections::BTreeSet;

use brownout_scenario::edit::{Edit, Editor, Set, Step};
use brownout_scenario::{Done, Part, Record, Scenario, Shared, arbitrary, keys, link};
use brownout_sim::Simulation;
use brownout_sim::component::Kind;
use brownout_sim::param::{Domain, LAWS, ParamSet, ParamSpec, Value};
use brownout_sim::system::{Action, Change, Injection, Mode, Net, Policy, Target, Verb};

const DOCUMENTS: u64 = 300;

#[test]
fn every_document_is_read_as_it_was_written() {
    let mut longest = 0;
    for seed in 0..DOCUMENTS {
        let record = arbitrary::generate(seed);
        record.validate().unwrap_or_else(|error| panic!("{seed}: {error}\n{}", record.to_json()));
        let text = record.to_json();
        let again = Record::from_json(&text).unwrap_or_else(|error| panic!("{seed}: {error}\n{text}"));
        assert_eq!(again, record, "{seed}");
        assert_eq!(again.to_json(), text, "{seed}");
        let document = record.document();
        assert_eq!(Scenario::from_json(&document.to_json()).as_ref(), Ok(&document), "{seed}");
        for shared in [Shared::Design(document), Shared::Run(record)] {
            let link = link::encode(&shared).unwrap_or_else(|error| panic!("{seed}: {error}"));
            longest = longest.max(link.len());
            let again = link::decode(&link).unwrap_or_else(|error| panic!("{seed}: {error}"));
            assert_eq!(again, shared, "{seed}");
        }
    }
    println!("{DOCUMENTS} documents and records, the longest link has {longest} characters");
}

#[test]
fn an_edit_and_its_inverse_change_nothing() {
    for seed in 0..DOCUMENTS {
        let record = arbitrary::generate(seed);
        let mut document = record.start.clone();
        for entry in &record.log {
            let Done::Edit(edit) = &entry.done else { continue };
            let before = document.to_json();
            let inverse = edit.apply(&mut document);
            let after = document.to_json();
            let forward = inverse.apply(&mut document);
            assert_eq!(document.to_json(), before, "{seed}");
            forward.apply(&mut document);
            assert_eq!(document.to_json(), after, "{seed}");
        }
    }
}

/// What a generated set of documents must have used of one table.
fn words_of(specs: &[ParamSpec], get: impl Fn(usize) -> Value, context: &str, used: &mut BTreeSet<String>) {
    for (index, spec) in specs.iter().enumerate() {
        match get(index) {
            Value::Choice(word) => used.insert(format!("{context}.{}={word}", spec.name)),
            Value::Law(law) => used.insert(format!("law {}", LAWS[law.kind()].name)),
            value => value != (spec.default)() && used.insert(format!("{context}.{}", spec.name)),
        };
    }
}

fn wanted(specs: &[ParamSpec], context: &str, wanted: &mut BTreeSet<String>) {
    for spec in specs {
        match spec.domain {
            Domain::Choice(choices) => {
                wanted
                    .extend(choices.iter().map(|choice| format!("{context}.{}={}", spec.name, choice.name)));
            }
            Domain::Law { .. } => {}
            _ => {
                wanted.insert(format!("{context}.{}", spec.name));
            }
        }
    }
}

fn everything() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for kind in Kind::ALL {
        all.insert(format!("type {}", kind.spec().name));
        wanted(kind.spec().params, kind.spec().name, &mut all);
    }
    wanted(Net::SPECS, "net", &mut all);
    wanted(Policy::SPECS, "policy", &mut all);
    all.extend(LAWS.iter().map(|law| format!("law {}", law.name)));
    all.extend(Mode::CHOICES.iter().map(|mode| format!("mode {}", mode.name)));
    let verbs = Verb::ALL.iter().filter(|verb| verb.runs());
    all.extend(verbs.map(|verb| format!("do {}", Verb::CHOICES[*verb as usize].name)));
    let others = [
        "exit",
        "proportions",
        "planned",
        "by hand",
        "instance",
        "new part",
        "removed part",
        "changed part",
        "rewired",
        "experiment",
    ];
    wanted(Injection::SPECS, "entry", &mut all);
    all.extend(others.map(str::to_owned));
    all
}

fn note(record: &Record, used: &mut BTreeSet<String>) {
    let document = &record.start;
    for part in &document.parts {
        let spec = part.params.kind().spec();
        used.insert(format!("type {}", spec.name));
        words_of(spec.params, |index| part.params.get(index), spec.name, used);
        let weights: Vec<f64> = document
            .edges
            .iter()
            .filter(|edge| edge.from == part.id)
            .filter_map(|edge| edge.weight)
            .collect();
        if !weights.is_empty() {
            used.insert(if weights.iter().sum::<f64>() <= 1.0 { "exit" } else { "proportions" }.to_owned());
        }
    }
    for edge in &document.edges {
        used.insert(format!("mode {}", Mode::CHOICES[edge.mode as usize].name));
        words_of(Net::SPECS, |index| edge.net.get(index), "net", used);
        words_of(Policy::SPECS, |index| edge.policy.get(index), "policy", used);
    }
    let mut system = document.system();
    for (planned, step) in document.plan().iter().map(|step| (true, step)) {
        note_action(planned, &step.action, &system, used);
    }
    for entry in record.interventions() {
        note_action(false, &entry.action, &system, used);
        if let Action::Edit(changes) = &entry.action {
            system.apply(changes);
        }
    }
}

fn note_action(
    planned: bool,
    action: &Action,
    system: &brownout_sim::system::System,
    used: &mut BTreeSet<String>,
) {
    match action {
        Action::Do { verb, target }
        | Action::Scale { verb, target, .. }
        | Action::End { verb, target, .. } => {
            used.insert(format!("do {}", Verb::CHOICES[*verb as usize].name));
            used.insert(if planned { "planned" } else { "by hand" }.to_owned());
            if target.instance.is_some() {
                used.insert("instance".to_owned());
            }
        }
        Action::Experiment(experiment) => {
            used.insert("experiment".to_owned());
            words_of(Injection::SPECS, |index| experiment.injection.get(index), "entry", used);
        }
        Action::Edit(changes) => {
            for change in changes {
                let what = match change {
                    Change::PutPart(part) if system.part(part.id).is_some() => "changed part",
                    Change::PutPart(_) => "new part",
                    Change::RemovePart(_) => "removed part",
                    Change::PutEdge(edge) if system.edge(edge.id).is_some_and(|old| old.to != edge.to) => {
                        "rewired"
                    }
                    _ => continue,
                };
                used.insert(what.to_owned());
            }
        }
    }
}

#[test]
fn two_hundred_documents_use_everything() {
    let mut used = BTreeSet::new();
    let mut parts = 0;
    for seed in 0..200 {
        let record = arbitrary::generate(seed);
        assert!((6..=16).contains(&record.start.parts.len()), "{seed}");
        parts += record.start.parts.len();
        note(&record, &mut used);
    }
    assert!(parts >= 2_000, "{parts} parts in 200 documents");
    let missing: Vec<String> = everything().difference(&used).cloned().collect();
    assert!(missing.is_empty(), "never used: {missing:?}");
    assert!(keys::keys().len() > everything().len() / 4, "the lists come from the same declarations");
}

#[test]
fn two_hundred_documents_run_long_enough() {
    let (mut least, mut most, mut sum, mut halted) = (u64::MAX, 0, 0, 0);
    for seed in 0..200 {
        let record = arbitrary::generate(seed);
        let mut simulation = record.simulation().unwrap_or_else(|error| panic!("{seed}: {error}"));
        simulation.run_until(record.start.options().duration);
        let events = simulation.events();
        assert!(events >= 10_000, "{seed}: only {events} events\n{}", record.to_json());
        (least, most, sum) = (least.min(events), most.max(events), sum + events);
        halted += u32::from(simulation.halted().is_some());
    }
    println!("200 documents: {least} to {most} events, {} on average, {halted} halted", sum / 200);
    assert!(halted <= 10, "{halted} of 200 runs stopped early");
}

/// What is done by hand to a running simulation and what its record replays is the same.
#[test]
fn live_runs_and_replays_agree() {
    for seed in 0..60 {
        let record = arbitrary::generate(seed);
        let end = record.start.options().duration;
        let mut editor = Editor::new(record.start.clone());
        editor.run_started();
        let mut live = editor.record().simulation().unwrap_or_else(|error| panic!("{seed}: {error}"));
        for entry in &record.log {
            live.run_until(entry.at);
            let step = match &entry.done {
                Done::Fault { verb, target, factor } => editor.do_scaled_fault(*verb, *target, *factor),
                Done::Edit(edit) => editor.do_edit(edit.clone(), None),
            };
            let step = step.unwrap_or_else(|error| panic!("{seed}: {error}"));
            if let Some(action) = step.action {
                let at = live.intervene(&action).unwrap_or_else(|error| panic!("{seed}: {error}"));
                editor.stamp(step.seq, at);
            }
        }
        live.run_until(end);
        let text = editor.record().to_json();
        let again = Record::from_json(&text).unwrap_or_else(|error| panic!("{seed}: {error}"));
        let mut replay = again.simulation().unwrap_or_else(|error| panic!("{seed}: {error}"));
        replay.run_until(end);
        assert_eq!(replay.digest(), live.digest(), "{seed}");
    }
}

/// What was done in the editor is done in a run that goes on, at its next moment.
fn tell(editor: &mut Editor, live: &mut Simulation, steps: Vec<Step>) {
    for step in steps {
        let Some(action) = &step.action else { continue };
        match live.intervene(action) {
            Ok(at) => editor.stamp(step.seq, at),
            Err(_) => editor.refused(step.seq),
        }
    }
}

/// Whatever is done is undone byte for byte, made again likewise, and a run that goes on meanwhile is its record's.
#[test]
fn every_step_is_taken_back_and_made_again_while_the_run_goes_on() {
    for seed in 200..260 {
        let record = arbitrary::generate(seed);
        let end = record.start.options().duration;
        let mut editor = Editor::new(record.start.clone());
        editor.run_started();
        let mut live = editor.record().simulation().unwrap_or_else(|error| panic!("{seed}: {error}"));
        let start = editor.document().to_json();
        for entry in &record.log {
            live.run_until(entry.at);
            let steps = match &entry.done {
                Done::Fault { verb, target, factor } => editor.do_faults(*verb, &[*target], *factor),
                Done::Edit(edit) => editor.do_edit(edit.clone(), None).map(|step| vec![step]),
            };
            tell(&mut editor, &mut live, steps.unwrap_or_else(|error| panic!("{seed}: {error}")));
        }
        let (all, middle) = (editor.document().to_json(), live.now());
        let mut back = 0;
        while editor.can_undo() {
            back += 1;
            live.run_until((middle + back * 1_000_000).min(end));
            let steps = editor.undo();
            tell(&mut editor, &mut live, steps);
        }
        assert_eq!(editor.document().to_json(), start, "{seed}: undone");
        while editor.can_redo() {
            let steps = editor.redo();
            tell(&mut editor, &mut live, steps);
        }
        assert_eq!(editor.document().to_json(), all, "{seed}: made again");
        let (kept, done) = editor.kept_history(500);
        let mut reloaded = Editor::with_history(editor.document().clone(), &kept, done);
        while reloaded.can_undo() {
            reloaded.undo();
        }
        assert_eq!(reloaded.document().to_json(), start, "{seed}: undone after a reload");
        live.run_until(end);
        let mut replay = editor.record().simulation().unwrap_or_else(|error| panic!("{seed}: {error}"));
        // What was done at the very end fell after it.
        replay.run_until(live.now());
        assert_eq!(replay.digest(), live.digest(), "{seed}");
    }
}

/// Parts are put into places, taken out, moved from one to another and struck with them, connections are named, and some
/// of it is undone and made again, all while the run goes on: the design comes back byte for byte, and the run is its
/// record's.
#[test]
fn live_edits_of_places_and_names_are_undone_and_replayed() {
    let (mut put, mut struck, mut named) = (0, 0, 0);
    for seed in 300..330 {
        let mut document = arbitrary::generate(seed).start;
        let end = document.options().duration;
        let first = document.largest_id() + 1;
        let kinds = Kind::ALL.iter().filter(|kind| kind.is_place());
        let places = (first..).zip(kinds).map(|(id, kind)| Set::part(Part::new(id, kind.defaults())));
        Edit(places.collect()).apply(&mut document);
        document.validate().unwrap_or_else(|error| panic!("{seed}: {error}"));
        let places: Vec<u32> =
            document.parts.iter().filter(|part| part.params.kind().is_place()).map(|part| part.id).collect();

        let mut state = seed;
        let mut below = |end: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % end
        };
        let mut editor = Editor::new(document);
        editor.run_started();
        let mut live = editor.record().simulation().unwrap_or_else(|error| panic!("{seed}: {error}"));
        let start = editor.document().to_json();
        for round in 1..=24 {
            live.run_until(end * round / 40);
            let place = places[below(places.len())];
            let steps = match below(8) {
                0 => editor.undo(),
                1 => editor.redo(),
                2 => {
                    struck += 1;
                    let verb = if below(3) == 0 { Verb::Restore } else { Verb::Kill };
                    editor.do_faults(verb, &[Target::whole(place)], Verb::FACTOR).unwrap_or_default()
                }
                3 if !editor.document().edges.is_empty() => {
                    let id = editor.document().edges[below(editor.document().edges.len())].id;
                    named += 1;
                    let name = ["", "reads", "쓰기"][below(3)];
                    editor.do_edit(Set::edge_name(id, name), None).map(|step| vec![step]).expect("valid")
                }
                4 => {
                    let edge = editor.document().edges.first().map(|edge| edge.id);
                    let removal = Edit::remove(editor.document(), edge.as_slice());
                    editor.do_edit(removal, None).map(|step| vec![step]).unwrap_or_default()
                }
                _ => {
                    let parts = &editor.document().parts;
                    let part = parts[below(parts.len())].clone();
                    let inside = (below(4) > 0 && part.id != place).then_some(place);
                    let edit = Set::part(Part { inside, ..part });
                    // What cannot hold it refuses.
                    let step = editor.do_edit(edit, None);
                    put += u32::from(step.is_ok());
                    step.map(|step| vec![step]).unwrap_or_default()
                }
            };
            tell(&mut editor, &mut live, steps);
        }
        let all = editor.document().to_json();
        let again = Scenario::from_json(&all).unwrap_or_else(|error| panic!("{seed}: {error}"));
        assert_eq!(&again, editor.document(), "{seed}: read as it was written");
        let link = link::encode(&Shared::Run(editor.record().clone())).expect("fits");
        assert_eq!(link::decode(&link), Ok(Shared::Run(editor.record().clone())), "{seed}");
        while editor.can_redo() {
            let steps = editor.redo();
            tell(&mut editor, &mut live, steps);
        }
        let all = editor.document().to_json();
        while editor.can_undo() {
            let steps = editor.undo();
            tell(&mut editor, &mut live, steps);
        }
        assert_eq!(editor.document().to_json(), start, "{seed}: undone");
        while editor.can_redo() {
            let steps = editor.redo();
            tell(&mut editor, &mut live, steps);
        }
        assert_eq!(editor.document().to_json(), all, "{seed}: made again");
        live.run_until(end);
        let record = Record::from_json(&editor.record().to_json()).expect("valid");
        let mut replay = record.simulation().unwrap_or_else(|error| panic!("{seed}: {error}"));
        replay.run_until(live.now());
        assert_eq!(replay.digest(), live.digest(), "{seed}");
    }
    assert!(put > 100 && struck > 30 && named > 30, "{put} put, {struck} struck, {named} named");
}
