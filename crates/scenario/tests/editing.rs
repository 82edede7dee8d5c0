//! Edits, their history and the record of a run that goes on meanwhile.

use brownout_scenario::edit::{Edit, Editor, GestureId, Set, Step};
use brownout_scenario::{Done, Lang, Record, Scenario, starter};
use brownout_sim::system::{Action, Edge, Target, Verb};
use brownout_sim::{Ns, Simulation};

const SECOND: Ns = 1_000_000_000;

/// What the page does with the steps of an editor: the running simulation is told, and answers.
fn tell(editor: &mut Editor, simulation: &mut Simulation, steps: impl IntoIterator<Item = Step>) {
    for step in steps {
        if let Some(action) = step.action {
            let at = simulation.intervene(&action).expect("the editor has checked it");
            editor.stamp(step.seq, at);
        }
    }
}

fn moved(document: &Scenario, id: u32, x: f64) -> Edit {
    let mut part = document.part(id).expect("exists").clone();
    part.at = Some([x, 0.0]);
    Set::part(part).into()
}

fn renamed(document: &Scenario, id: u32, name: &str) -> Edit {
    let mut part = document.part(id).expect("exists").clone();
    name.clone_into(&mut part.name);
    Set::part(part).into()
}

#[test]
fn undo_restores_every_byte_and_redo_every_change() {
    let mut editor = Editor::new(starter());
    let mut texts = vec![editor.document().to_json()];
    let removal = Edit::remove(editor.document(), &[4]);
    let mut more = editor.document().part(6).expect("exists").clone();
    more.count = 5;
    for edit in
        [moved(editor.document(), 1, 5.0), Set::part(more).into(), removal, Set::Name("New".into()).into()]
    {
        editor.do_edit(edit, None).expect("valid");
        texts.push(editor.document().to_json());
    }
    for text in texts.iter().rev().skip(1) {
        assert!(!editor.undo().is_empty());
        assert_eq!(editor.document().to_json(), *text);
    }
    assert!(!editor.can_undo());
    for text in texts.iter().skip(1) {
        assert!(!editor.redo().is_empty());
        assert_eq!(editor.document().to_json(), *text);
    }
    assert!(!editor.can_redo());
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut editor = Editor::new(starter());
    let before = editor.clone();
    let error = editor.do_edit(Set::Part(4, None), None).expect_err("its edges still hang on it");
    assert_eq!(error.to_string(), "edges[2].to: there is no part 4");
    let error = editor.do_edit(moved(before.document(), 4, 2e6), None).expect_err("too far away");
    assert_eq!(error.to_string(), "parts[3].at[0]: must be from -1000000 to 1000000, but is 2000000");
    let error = editor.do_fault(Verb::Kill, Target::one(6, 9)).expect_err("there are three");
    assert_eq!(error.to_string(), "target: part 6 has instances 1 to 3, not 9");
    assert_eq!(editor.document(), before.document());
    assert!(!editor.can_undo());
    assert!(editor.record().log.is_empty());
}

#[test]
fn a_gesture_is_one_step() {
    let mut editor = Editor::new(starter());
    let before = editor.document().to_json();
    editor.begin_gesture();
    for x in 0..50 {
        let step = editor.do_edit(moved(editor.document(), 1, f64::from(x)), None).expect("valid");
        assert_eq!(step.action, None);
    }
    editor.commit_gesture();
    assert_eq!(editor.undo_label().map(|label| label.text(Lang::En)).as_deref(), Some("move Visitors"));
    assert_eq!(editor.undo_label().map(|label| label.text(Lang::Ko)).as_deref(), Some("Visitors 이동"));
    assert_eq!(editor.record().log.len(), 1, "a drag is one entry of the record");
    editor.undo();
    assert_eq!(editor.document().to_json(), before);
    assert!(!editor.can_undo());

    editor.begin_gesture();
    editor.do_edit(moved(editor.document(), 1, 7.0), None).expect("valid");
    editor.abort_gesture();
    assert_eq!(editor.document().to_json(), before);
    assert!(!editor.can_undo() && editor.can_redo(), "an aborted gesture leaves the history alone");
}

#[test]
fn typing_into_one_field_is_one_step() {
    let mut editor = Editor::new(starter());
    for name in ["w", "we", "web"] {
        editor.do_edit(renamed(editor.document(), 4, name), Some(GestureId(1))).expect("valid");
    }
    editor.do_edit(renamed(editor.document(), 5, "other"), Some(GestureId(2))).expect("valid");
    editor.undo();
    assert_eq!(editor.document().part(4).expect("exists").name, "web");
    editor.undo();
    assert_eq!(editor.document(), &starter());
}

#[test]
fn ids_are_never_given_twice() {
    let mut editor = Editor::new(starter());
    let first = editor.next_id();
    editor.do_edit(Set::edge(Edge::calls(first, 4, 7)), None).expect("valid");
    editor.undo();
    assert_eq!(editor.next_id(), first + 1);
}

#[test]
fn a_fault_by_hand_is_undone_by_its_opposite() {
    let mut editor = Editor::new(starter());
    editor.do_fault(Verb::Kill, Target::one(6, 2)).expect("valid");
    editor.do_fault(Verb::Kill, Target::whole(6)).expect("valid");
    let actions: Vec<_> = editor.undo().into_iter().filter_map(|step| step.action).collect();
    let restore = |target| Action::Do { verb: Verb::Restore, target };
    assert_eq!(
        actions,
        [restore(Target::one(6, 1)), restore(Target::one(6, 3))],
        "the second instance was down before"
    );
    let actions: Vec<_> = editor.undo().into_iter().filter_map(|step| step.action).collect();
    assert_eq!(actions, [restore(Target::one(6, 2))]);
    editor.redo();
    editor.run_started();
    assert!(!editor.can_undo() && !editor.can_redo(), "a new run forgets faults by hand");
}

#[test]
fn a_record_replays_to_the_digest_of_the_run() {
    let mut editor = Editor::new(starter());
    editor.run_started();
    let mut simulation = editor.record().simulation().expect("valid");
    simulation.run_until(2 * SECOND);
    let step = editor.do_fault(Verb::Kill, Target::whole(4)).expect("valid");
    tell(&mut editor, &mut simulation, [step]);
    let step = editor.do_edit(moved(editor.document(), 4, 1.0), None).expect("valid");
    tell(&mut editor, &mut simulation, [step]);
    simulation.run_until(3 * SECOND);
    let removal = Edit::remove(editor.document(), &[5]);
    let step = editor.do_edit(removal, None).expect("valid");
    tell(&mut editor, &mut simulation, [step]);
    simulation.run_until(3 * SECOND + 77);
    for _ in 0..3 {
        let steps = editor.undo();
        tell(&mut editor, &mut simulation, steps);
    }
    let steps = editor.redo();
    tell(&mut editor, &mut simulation, steps);
    simulation.run_until(5 * SECOND);

    let text = editor.record().to_json();
    let record = Record::from_json(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(&record, editor.record());
    assert_eq!(&record.document(), editor.document());
    assert_eq!(record.log.iter().filter(|entry| matches!(entry.done, Done::Fault { .. })).count(), 3);
    let mut replay = record.simulation().expect("valid");
    replay.run_until(5 * SECOND);
    assert_eq!(replay.digest(), simulation.digest());

    let mut without = Record::new(starter()).simulation().expect("valid");
    without.run_until(5 * SECOND);
    assert_ne!(without.digest(), simulation.digest());
}

#[test]
fn a_planned_fault_on_a_part_that_was_removed_does_nothing() {
    let text = starter().to_json().replace(
        "\n  \"edges\"",
        "\n  \"timeline\": [{\"id\": 90, \"at_s\": 2.5, \"do\": \"kill\", \"target\": 5, \"for_s\": 1}],\n  \"edges\"",
    );
    let document = Scenario::from_json(&text).unwrap_or_else(|error| panic!("{error}"));
    let mut editor = Editor::new(document);
    editor.run_started();
    let mut simulation = editor.record().simulation().expect("valid");
    simulation.run_until(SECOND);
    let removal = Edit::remove(editor.document(), &[5]);
    let step = editor.do_edit(removal, None).expect("valid");
    assert!(editor.document().timeline.is_empty(), "what was planned for it goes with it");
    tell(&mut editor, &mut simulation, [step]);
    simulation.run_until(5 * SECOND);
    let mut replay =
        Record::from_json(&editor.record().to_json()).expect("valid").simulation().expect("valid");
    replay.run_until(5 * SECOND);
    assert_eq!(replay.digest(), simulation.digest());
}

#[test]
fn what_is_copied_is_pasted_under_new_ids() {
    let mut editor = Editor::new(starter());
    let (edit, pasted) = Edit::duplicate(editor.document(), &[4, 6, 7], [20.0, 20.0], editor.next_id());
    editor.do_edit(edit, None).expect("valid");
    assert_eq!(pasted, [15, 16, 17]);
    let document = editor.document();
    let beside = document.part(4).expect("exists").at.map(|[x, y]| [x + 20.0, y + 20.0]);
    assert_eq!(document.part(15).expect("exists").at, beside);
    assert_eq!(document.edges.len(), 9, "the edges between them came along, the one from outside did not");
    assert_eq!((document.edge(18).expect("exists").from, document.edge(18).expect("exists").to), (15, 16));
}

/// The visitor does something, goes back to an earlier moment and does something else there. What was done
/// later happens again where it still can.
#[test]
fn after_a_jump_back_the_record_is_still_the_run() {
    let mut editor = Editor::new(starter());
    editor.run_started();
    let mut late = editor.record().simulation().expect("valid");
    late.run_until(4 * SECOND);
    let mut done: Vec<(Ns, Action)> = Vec::new();
    let new = editor.next_id();
    let edits = [
        Edit::from(Set::edge(Edge { weight: Some(0.5), ..Edge::calls(new, 4, 7) })),
        Set::edge(Edge { weight: Some(0.2), ..Edge::calls(new + 1, 5, 7) }).into(),
    ];
    for edit in edits {
        let step = editor.do_edit(edit, None).expect("valid");
        let action = step.action.expect("felt");
        let at = late.intervene(&action).expect("valid");
        editor.stamp(step.seq, at);
        done.push((at, action));
    }

    let mut early = Record::new(starter()).simulation().expect("valid");
    early.run_until(2 * SECOND);
    let removal = Edit::remove(editor.document(), &[4]);
    let step = editor.do_edit(removal, None).expect("valid");
    let at = early.intervene(&step.action.expect("felt")).expect("valid at this moment too");
    editor.stamp(step.seq, at);
    let mut again = 0;
    for (at, action) in done {
        early.run_until(at - 1);
        again += u32::from(early.intervene(&action).is_ok());
    }
    assert_eq!(again, 1, "the edge to the part that is gone cannot be drawn again");
    early.run_until(6 * SECOND);

    let record = Record::from_json(&editor.record().to_json()).unwrap_or_else(|error| panic!("{error}"));
    let mut replay = record.simulation().expect("valid");
    replay.run_until(6 * SECOND);
    assert_eq!(replay.digest(), early.digest());
    assert_eq!(&record.document(), editor.document());
}

#[test]
fn several_struck_at_once_are_one_step() {
    let mut editor = Editor::new(starter());
    let all = [Target::whole(4), Target::whole(5)];
    assert_eq!(editor.do_faults(Verb::Kill, &all, Verb::FACTOR).expect("both can die").len(), 2);
    assert_eq!(
        editor.undo_label().map(|label| label.text(Lang::En)).as_deref(),
        Some("kill web-1 and 1 other")
    );
    let undone: Vec<_> = editor.undo().into_iter().filter_map(|step| step.action).collect();
    assert_eq!(undone, [5, 4].map(|id| Action::fault(Verb::Restore, Target::whole(id), Verb::FACTOR)));
    assert!(!editor.can_undo() && editor.can_redo());
    assert!(editor.do_faults(Verb::Kill, &[Target::whole(4), Target::whole(99)], Verb::FACTOR).is_err());
    assert!(!editor.can_undo(), "refused as a whole");
}

#[test]
fn the_history_survives_being_kept() {
    let mut editor = Editor::new(starter());
    let mut texts = vec![editor.document().to_json()];
    for step in 0..220_u32 {
        let edit = match step % 5 {
            4 => {
                Edit::remove(editor.document(), &[editor.document().parts.last().expect("some are left").id])
            }
            3 => {
                let mut copy = editor.document().part(1).expect("stays").clone();
                copy.id = editor.next_id();
                Set::part(copy).into()
            }
            _ => moved(editor.document(), 1 + step % 3, f64::from(step) + 1000.0),
        };
        editor.do_edit(edit, None).expect("valid");
        texts.push(editor.document().to_json());
    }
    editor.do_fault(Verb::Kill, Target::whole(4)).expect("it is up");
    for _ in 0..21 {
        editor.undo();
    }
    let (kept, done) = editor.kept_history(500);
    let kept = Record::from_json(&kept.to_json()).expect("written and read again");
    let next_id = editor.next_id();
    let mut editor = Editor::with_history(editor.document().clone(), &kept, done);
    assert!(editor.next_id() >= next_id, "ids are not given twice after a reload either");
    assert_eq!(editor.document().to_json(), texts[200]);
    for text in texts[..200].iter().rev() {
        assert!(!editor.undo().is_empty());
        assert_eq!(editor.document().to_json(), *text);
    }
    for text in &texts[1..] {
        assert!(!editor.redo().is_empty());
        assert_eq!(editor.document().to_json(), *text);
    }
    assert!(!editor.can_redo());
    let other = Editor::with_history(
        starter(),
        &Record { log: kept.log.clone(), ..Record::new(Scenario::default()) },
        3,
    );
    assert!(!other.can_undo() && !other.can_redo(), "the history of another document is left alone");
}

#[test]
fn one_document_becomes_another_in_one_step() {
    let mut editor = Editor::new(starter());
    let mut other = starter();
    other.parts.retain(|part| part.id != 4);
    other.edges.retain(|edge| edge.from != 4 && edge.to != 4);
    other.parts[0].name = "Others".to_owned();
    other.name = "Another".to_owned();
    for document in [other, Scenario::default(), starter()] {
        let before = editor.document().to_json();
        editor.do_edit(Edit::between(editor.document(), &document), None).expect("valid");
        assert_eq!(editor.document().to_json(), document.to_json());
        editor.undo();
        assert_eq!(editor.document().to_json(), before);
        editor.redo();
    }
}

#[test]
fn a_connection_has_a_name_that_goes_with_it() {
    let mut editor = Editor::new(starter());
    let edge = editor.document().edges[3].id;
    let before = editor.document().to_json();
    let step = editor.do_edit(Set::edge_name(edge, "주문"), None).expect("valid");
    assert_eq!(step.action, None, "a run does not feel it");
    assert_eq!(editor.document().edge_name(edge), Some("주문"));
    assert_eq!(editor.undo_label().map(|label| label.text(Lang::En)).as_deref(), Some("rename connection"));
    let text = editor.document().to_json();
    assert!(text.contains("\"name\": \"주문\""), "{text}");
    assert_eq!(Scenario::from_json(&text).as_ref(), Ok(editor.document()));
    let all: Vec<_> = editor.document().parts.iter().map(|part| part.id).collect();
    assert_eq!(editor.document().fragment(&all).edge_name(edge), Some("주문"), "copied with it");

    editor.do_edit(Edit::remove(editor.document(), &[edge]), None).expect("valid");
    assert_eq!(editor.document().edge_name(edge), None);
    editor.undo();
    assert_eq!(editor.document().to_json(), text);
    editor.do_edit(Set::edge_name(edge, ""), None).expect("valid");
    assert_eq!(editor.document().to_json(), before, "an empty name is none");
    let error = editor.do_edit(Set::edge_name(9_999, "nowhere"), None).expect_err("no such connection");
    assert_eq!(error.to_string(), "edges.9999: is missing");
    let long = editor.do_edit(Set::edge_name(edge, &"x".repeat(300)), None).expect_err("too long");
    assert_eq!(long.to_string(), "edges[3].name: holds 300 characters, more than 200");
}

#[test]
fn a_run_is_touched_by_what_it_feels_and_not_by_its_plan_or_layout() {
    let mut editor = Editor::new(starter());
    let mut simulation = editor.record().simulation().expect("valid");
    simulation.run_until(SECOND);
    let entry = brownout_scenario::Entry {
        id: 90,
        at: 2 * SECOND,
        verb: Verb::Kill,
        target: Target::whole(4),
        lasts: Some(SECOND),
        factor: Verb::FACTOR,
        injection: brownout_sim::system::Injection::default(),
    };
    for edit in
        [moved(editor.document(), 1, 5.0), renamed(editor.document(), 1, "x"), Set::entry(entry).into()]
    {
        let step = editor.do_edit(edit, None).expect("valid");
        tell(&mut editor, &mut simulation, [step]);
        assert!(!editor.record().is_touched());
    }
    let mut felt = editor.document().part(6).expect("exists").clone();
    felt.count += 1;
    let step = editor.do_edit(Set::part(felt), None).expect("valid");
    tell(&mut editor, &mut simulation, [step]);
    assert!(editor.record().is_touched());
    // Undone, it was felt for a while.
    let steps = editor.undo();
    tell(&mut editor, &mut simulation, steps);
    assert!(editor.record().is_touched());

    let mut editor = Editor::new(starter());
    let mut settings = editor.document().settings.clone();
    settings.seed.0 += 1;
    editor.do_edit(Set::Settings(settings), None).expect("valid");
    assert!(editor.record().is_touched(), "another seed is another run");
}
