//! What a visitor does to the design. Every change goes through the editor, so that it can be undone.

use std::collections::BTreeSet;
use std::rc::Rc;

use brownout_scenario::edit::{Edit, GestureId, Set, Step};
use brownout_scenario::{Shared, read_any};
use brownout_sim::component::Kind;
use brownout_sim::system::{Id, Target, Verb};
use yew::Callback;

use super::lab::{About, Focus, Grow};
use super::{Lab, Menu, layout, storage};
use crate::actions::Act;
use crate::canvas::geometry::{CARD_HEIGHT, CARD_WIDTH, Point};
use crate::desk::graph::{self, Arrow, Way};
use crate::desk::wiring::{self, Refusal};
use crate::desk::{add, copies};
use crate::dialogs::files;

impl Lab {
    /// Makes an edit; whether it was accepted. Edits of one gesture become one step.
    pub fn edit(&mut self, sets: Vec<Set>, gesture: Option<u64>) -> bool {
        if !self.editable() || sets.is_empty() {
            return false;
        }
        let lock = &self.embed.lock;
        let locked = |set: &Set| matches!(set, Set::Part(id, _) | Set::Edge(id, _) | Set::EdgeName(id, _) if lock.contains(id));
        if sets.iter().any(locked) {
            self.complain(self.words().locked);
            return false;
        }
        if let Some(rules) = self.course.rules().cloned()
            && let Some(refusal) = rules.refusal(&sets)
        {
            self.complain(refusal.say(self.prefs.lang));
            return false;
        }
        self.edit_anyhow(sets, gesture)
    }

    /// The same, also where the reader may not.
    pub fn edit_anyhow(&mut self, sets: Vec<Set>, gesture: Option<u64>) -> bool {
        if gesture != self.nudging {
            self.nudging = None;
        }
        match self.editor.do_edit(Edit(sets), gesture.map(GestureId)) {
            Ok(step) => {
                self.tell(step);
                self.hint = None;
                self.touch();
                self.refresh();
                self.tell_edit();
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
        self.touch();
        self.refresh();
        self.tell_edit();
        self.replan();
    }

    fn tell_edit(&self) {
        self.embed.edited(&self.document, self.editor.can_undo(), self.editor.can_redo());
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
        self.change(|desk| add::part(desk, kind, at), None);
    }

    /// Adds a part that way of the chosen one, connected: another like it beside it, or one whose type is asked for.
    pub fn grow(&mut self, arrow: Arrow) {
        let (way, desk) = (Way::of(arrow, self.flow), self.desk());
        let [from] = desk.parts()[..] else { return };
        if matches!(way, Way::Before | Way::After) {
            self.change(|desk| add::sibling(desk, from, way), None);
            return self.reveal_focus();
        }
        let Some(card) = self.geometry.card(from) else { return };
        let place =
            if way == Way::On { Point::new(card.right(), card.y) } else { Point::new(card.x, card.y) };
        self.ask_kind(Grow { from, way, at: None }, self.camera.screen(place));
    }

    /// Asks of which type a connected part shall be, at a place of the canvas.
    pub fn ask_kind(&mut self, grow: Grow, place: Point) {
        let m = self.words();
        let kinds = add::kinds(&self.desk(), grow.from, grow.way);
        match (kinds.first(), self.part(grow.from)) {
            (None, Some(part)) => {
                let label = part.params.kind().spec().label;
                let refusal =
                    if grow.way == Way::Back { Refusal::NoEnd(label) } else { Refusal::NoStart(label) };
                self.complain((m.refusal)(refusal));
            }
            (Some(kind), _) if kinds.len() == 1 => self.add_connected(grow, *kind),
            _ => {
                self.menu = Some(Menu { at: canvas_corner() + place, about: About::Grow(grow) });
            }
        }
    }

    pub fn add_connected(&mut self, grow: Grow, kind: Kind) {
        self.change(|desk| add::connected(desk, grow.from, grow.way, kind, grow.at), None);
        self.reveal_focus();
    }

    fn reveal_focus(&mut self) {
        if let Some(Focus::Part(id)) = self.focus {
            self.reveal(id);
        }
    }

    /// Goes to the part that way.
    pub fn walk(&mut self, arrow: Arrow) {
        let from = self.focused.or_else(|| self.selection.first().copied());
        if let Some(id) = graph::next(&self.desk(), from, Way::of(arrow, self.flow)) {
            self.show_element(id);
        }
    }

    fn middle_of_view(&self) -> Point {
        let canvas = self.canvas.unwrap_or(Point::new(800.0, 600.0));
        let middle = self.camera.world(Point::new(canvas.x / 2.0, canvas.y / 2.0));
        Point::new(middle.x - CARD_WIDTH / 2.0, middle.y - CARD_HEIGHT / 2.0)
    }

    /// Keeps the selected parts for pasting: here, in another window, or as text anywhere.
    pub fn copy(&mut self) {
        let text = copies::fragment(&self.desk()).to_json();
        storage::set(storage::CLIPBOARD, &text);
        files::copy(text, Callback::noop());
        self.toast = Some(self.words().copied.to_owned());
    }

    /// Puts what was copied where the mouse is, or into the middle of what is seen.
    pub fn paste(&mut self) {
        if let Some(dispatch) = self.dispatch.clone() {
            files::pasted(Callback::from(move |text: Option<String>| {
                dispatch.act(move |lab| lab.paste_text(text.as_deref()));
            }));
        }
    }

    /// Performs what was chosen in the menu; what is pasted comes where the menu was opened.
    pub fn choose_in_menu(&mut self, act: Act) {
        let place = self.menu.as_ref().filter(|menu| menu.about == About::Pane).map(|menu| menu.at);
        self.close_menu();
        if let (Act::Paste, Some(place)) = (act, place) {
            self.live.point(Some(place - canvas_corner()));
        }
        self.perform(act);
    }

    /// Puts a text from the clipboard on the canvas: parts that were copied, a whole document, a link. Without one, what
    /// was copied last in this browser.
    pub fn paste_text(&mut self, text: Option<&str>) {
        let kept = text.is_none().then(|| storage::get(storage::CLIPBOARD)).flatten();
        let Some(text) = text.map(str::to_owned).or(kept).filter(|_| self.editable()) else { return };
        let text = text.trim();
        let is_ours = text.starts_with('{') || text.contains("#v");
        let fragment = match read_any(text) {
            Ok(Shared::Design(document)) => document,
            Ok(Shared::Run(record)) => record.document(),
            Err(error) if is_ours => return self.complain(self.prefs.lang.sentence(&error)),
            Err(_) => return self.complain(self.words().paste_nothing),
        };
        let middle = self.middle_of_view() + Point::new(CARD_WIDTH / 2.0, CARD_HEIGHT / 2.0);
        let place = self.live.pointer().map_or(middle, |at| self.camera.world(at));
        self.change(|desk| copies::paste(desk, fragment, place), None);
    }

    /// Connects each of these parts with each of those, and says what cannot be. `more` targets may follow.
    pub fn connect(&mut self, from: &BTreeSet<Id>, to: &[Id], more: bool) {
        if !more {
            self.wiring = Rc::default();
        }
        let m = self.words();
        let (change, refused) = wiring::connect(&self.desk(), from, to);
        let made = change.sets.len();
        if let (0, Some(refusal)) = (made, refused.first()) {
            return self.complain((m.refusal)(*refusal));
        }
        if !self.edit(change.sets, None) {
            return;
        }
        if more {
            self.say((m.wiring_hint)(&self.names_of(from)));
        } else {
            self.select(change.select.unwrap_or_default());
            // What is connected already is no news.
            let news = refused.iter().find(|refusal| !matches!(refusal, Refusal::Already | Refusal::Itself));
            if let Some(refusal) = news {
                self.say(format!("{} {}", (m.connected)(made), (m.refusal)(*refusal)));
            }
        }
    }

    /// The name of one part, or how many they are.
    fn names_of(&self, ids: &BTreeSet<Id>) -> String {
        match ids.first() {
            Some(id) if ids.len() == 1 => self.name_of(*id),
            _ => (self.words().parts_count)(ids.len()),
        }
    }

    /// The next part that is chosen is where this connection leads.
    pub fn start_rerouting(&mut self, edge: Id) {
        let Some(from) = self.edge(edge).map(|edge| edge.from) else { return };
        self.start_wiring(&[from]);
        self.rerouting = (!self.wiring.is_empty()).then_some(edge);
    }

    /// Leads a connection to another part, with all its settings, or says why not.
    pub fn reroute(&mut self, edge: Id, to: Id) {
        if self.edge(edge).is_none_or(|edge| edge.to == to) {
            return;
        }
        match wiring::rerouted(&self.document, edge, to) {
            Ok(edge) => {
                self.edit(vec![Set::edge(edge)], None);
            }
            Err(refusal) => self.complain((self.words().refusal)(refusal)),
        }
    }

    pub fn start_wiring(&mut self, from: &[Id]) {
        if !self.editable() {
            return;
        }
        self.rerouting = None;
        let offers =
            |id: &&Id| self.part(**id).is_some_and(|part| !part.params.kind().spec().offers.is_empty());
        let sources: BTreeSet<Id> = brownout_sim::order::gather(from.iter().filter(offers).copied());
        if !sources.is_empty() {
            let text = (self.words().wiring_hint)(&self.names_of(&sources));
            self.wiring = Rc::new(sources);
            self.say(text);
        } else if let Some(part) = from.first().and_then(|id| self.part(*id)) {
            let refusal = Refusal::NoStart(part.params.kind().spec().label);
            self.complain((self.words().refusal)(refusal));
        }
    }

    pub fn stop_wiring(&mut self) {
        if !self.wiring.is_empty() {
            self.wiring = Rc::default();
            self.rerouting = None;
            self.hint = None;
        }
    }

    /// Breaks or repairs by hand, in one step of the history.
    pub fn fault(&mut self, verb: Verb, targets: &[Target], factor: f64) -> Result<(), String> {
        let steps = self.editor.do_faults(verb, targets, factor);
        let steps = steps.map_err(|error| self.prefs.lang.sentence(&error))?;
        for step in steps {
            self.tell(step);
        }
        self.hint = None;
        Ok(())
    }

    /// The same; where it is refused, the page says why.
    pub fn try_fault(&mut self, verb: Verb, targets: &[Target]) {
        if let Err(sentence) = self.fault(verb, targets, Verb::FACTOR) {
            self.complain(sentence);
        }
    }

    /// Strikes or restores everything selected that knows the fault.
    pub fn fault_selected(&mut self, verb: Verb) {
        let chosen = self.chosen();
        let known = chosen.iter().copied().filter(|id| self.knows_fault(*id, verb)).map(Target::whole);
        let known: Vec<Target> = known.collect();
        self.try_fault(verb, &known);
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
        let known = if verb == Verb::Restore { hurt } else { Verb::OF_EDGES.contains(&verb) && !hurt };
        known && self.is_edge(id)
    }
}

/// Where on the screen the canvas begins.
fn canvas_corner() -> Point {
    let canvas = gloo::utils::document().get_element_by_id("canvas");
    canvas.map_or(Point::default(), |canvas| {
        let bounds = canvas.get_bounding_client_rect();
        Point::new(bounds.left(), bounds.top())
    })
}
