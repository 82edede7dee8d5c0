//! What a visitor does to the design. Every change goes through the editor, so that it can be undone.

use std::collections::BTreeSet;

use brownout_scenario::edit::{Edit, GestureId, Set, Step};
use brownout_scenario::{Part, Scenario};
use brownout_sim::component::Kind;
use brownout_sim::system::{Edge, Id, Target, Verb};

use super::lab::Focus;
use super::{Lab, layout, storage, wiring};
use crate::canvas::geometry::{CARD_HEIGHT, CARD_WIDTH, Point};
use crate::desk::copies;

impl Lab {
    /// Makes an edit; whether it was accepted. Edits of one gesture become one step.
    pub fn edit(&mut self, sets: Vec<Set>, gesture: Option<u64>) -> bool {
        if !self.editable() || sets.is_empty() {
            return false;
        }
        if gesture != self.nudging {
            self.nudging = None;
        }
        match self.editor.do_edit(Edit(sets), gesture.map(GestureId)) {
            Ok(step) => {
                self.tell(step);
                self.hint = None;
                self.changed = true;
                self.refresh();
                true
            }
            Err(error) => {
                self.complain(self.prefs.lang.sentence(&error));
                false
            }
        }
    }

    pub fn undo(&mut self) {
        let steps = self.editor.undo();
        self.after_history(steps);
    }

    pub fn redo(&mut self) {
        let steps = self.editor.redo();
        self.after_history(steps);
    }

    fn after_history(&mut self, steps: Vec<Step>) {
        for step in steps {
            self.tell(step);
        }
        self.hint = None;
        self.nudging = None;
        self.changed = true;
        self.refresh();
    }

    /// Puts a new part on the canvas, its middle at a world point, or at a free spot in view.
    pub fn add_part(&mut self, kind: Kind, middle: Option<Point>) {
        let at = match middle {
            Some(middle) => Point::new(
                ((middle.x - CARD_WIDTH / 2.0) / 8.0).round() * 8.0,
                ((middle.y - CARD_HEIGHT / 2.0) / 8.0).round() * 8.0,
            ),
            None => layout::free_spot(&self.geometry, self.middle_of_view()),
        };
        let at = self.flow.document(at);
        let id = self.editor.next_id();
        let part = Part {
            id,
            name: self.free_name(kind.spec().name),
            at: Some([at.x.round(), at.y.round()]),
            count: 1,
            inside: None,
            params: kind.defaults(),
        };
        if self.edit(vec![Set::Part(id, Some(part))], None) {
            self.select([id]);
            self.focus = Some(Focus::Part(id));
        }
    }

    fn middle_of_view(&self) -> Point {
        let canvas = self.canvas.unwrap_or(Point::new(800.0, 600.0));
        let middle = self.camera.world(Point::new(canvas.x / 2.0, canvas.y / 2.0));
        Point::new(middle.x - CARD_WIDTH / 2.0, middle.y - CARD_HEIGHT / 2.0)
    }

    /// `web-1`, `web-2`, …: the first that no part has.
    fn free_name(&self, stem: &str) -> String {
        let taken: BTreeSet<&str> = self.document.parts.iter().map(|part| part.name.as_str()).collect();
        (1..=u32::MAX)
            .map(|number| format!("{stem}-{number}"))
            .find(|name| !taken.contains(name.as_str()))
            .unwrap_or_else(|| stem.to_owned())
    }

    /// Keeps the selected parts for pasting, here or in another window of this browser.
    pub fn copy(&mut self) {
        storage::set(storage::CLIPBOARD, &copies::fragment(&self.desk()).to_json());
    }

    /// Puts what was copied into the middle of what is seen.
    pub fn paste(&mut self) {
        let copied = storage::get(storage::CLIPBOARD).and_then(|text| Scenario::from_json(&text).ok());
        let Some(fragment) = copied.filter(|fragment| !fragment.parts.is_empty()) else { return };
        let middle = self.middle_of_view() + Point::new(CARD_WIDTH / 2.0, CARD_HEIGHT / 2.0);
        self.change(|desk| copies::paste(desk, fragment, middle), None);
    }

    /// Connects two parts, or says why not.
    pub fn connect(&mut self, from: Id, to: Id) {
        self.wiring = None;
        match wiring::edge_between(&self.document, from, to) {
            Ok(edge) => {
                let id = self.editor.next_id();
                let edge = Edge { id, ..edge };
                if self.edit(vec![Set::Edge(id, Some(edge))], None) {
                    self.select([id]);
                }
            }
            Err(refusal) => self.complain((self.words().refusal)(refusal)),
        }
    }

    pub fn start_wiring(&mut self, from: Id) {
        if !self.editable() {
            return;
        }
        let offers = self.part(from).is_some_and(|part| !part.params.kind().spec().offers.is_empty());
        if offers {
            self.wiring = Some(from);
            let text = (self.words().wiring_hint)(&self.name_of(from));
            self.say(text);
        } else if let Some(part) = self.part(from) {
            let refusal = wiring::Refusal::NoStart(part.params.kind().spec().label);
            self.complain((self.words().refusal)(refusal));
        }
    }

    pub fn stop_wiring(&mut self) {
        if self.wiring.take().is_some() {
            self.hint = None;
        }
    }

    /// Breaks or repairs by hand.
    pub fn fault(&mut self, verb: Verb, target: Target) {
        match self.editor.do_fault(verb, target) {
            Ok(step) => {
                self.tell(step);
                self.hint = None;
            }
            Err(error) => self.complain(self.prefs.lang.sentence(&error)),
        }
    }

    /// Strikes or restores everything selected that knows the fault.
    pub fn fault_selected(&mut self, verb: Verb) {
        for id in self.selection.iter().copied().collect::<Vec<_>>() {
            if self.knows_fault(id, verb) {
                self.fault(verb, Target::whole(id));
            }
        }
    }

    /// Whether a fault by hand makes sense on this part or edge now.
    pub fn knows_fault(&self, id: Id, verb: Verb) -> bool {
        if !verb.runs() {
            return false;
        }
        let hurt = self.hurt.contains(&id);
        if let Some(part) = self.part(id) {
            let faults = part.params.kind().spec().faults;
            return match verb {
                Verb::Restore => hurt || self.struck.contains(&id),
                // What the frame has not shown yet is up.
                Verb::Kill => faults.contains(&verb) && (self.alive.contains(&id) || !hurt),
                verb => faults.contains(&verb),
            };
        }
        match verb {
            Verb::Cut => self.is_edge(id) && !hurt,
            Verb::Restore => self.is_edge(id) && hurt,
            _ => false,
        }
    }
}
