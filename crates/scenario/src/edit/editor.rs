//! The document under the visitor's hands, its history, and the record of the run that is going on.

use std::collections::{BTreeMap, BTreeSet};

use brownout_sim::Ns;
use brownout_sim::system::{Action, Id, Target, Verb};

use super::history::{Act, BothWays, History, Stage};
use super::{Edit, Label, Set};
use crate::error::Error;
use crate::model::{Part, Scenario};
use crate::record::{Done, LogEntry, Record, room};
use crate::validate::{LARGEST_ID, check_factor};

/// One in so many places of a record is kept for undoing.
const RESERVE: usize = 10;

/// Names one gesture, such as the typing into one field. Edits of the same gesture are one step back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GestureId(pub u64);

/// One thing done: what a running simulation must be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The number under which the simulation answers; see [`Editor::stamp`].
    pub seq: u64,
    /// `None` where a running system does not feel it: layout, names, plan, goals.
    pub action: Option<Action>,
}

/// The document, its history, and the record of the current run.
///
/// Undo restores the document byte for byte and appends the inverse to the record, which is never
/// rewritten: what was done stays done at its time.
#[derive(Clone, Debug)]
pub struct Editor {
    document: Scenario,
    history: History,
    /// What was done since the last call that the history counts as one.
    gesture: Option<(Label, Edit, Edit)>,
    record: Record,
    /// Done, but the simulation has not said yet when it took effect.
    pending: BTreeMap<u64, Done>,
    /// The last entry of the log that no simulation felt.
    silent: Option<u64>,
    next_seq: u64,
    /// When the last thing took effect.
    latest: Ns,
    largest_id: Id,
    /// The faults by hand that hold: of instances of parts, counted from 1, and of edges as 0.
    struck: BTreeMap<(Id, u32), Vec<(Verb, f64)>>,
}

impl Editor {
    /// Begins with this document, an empty history and a run that has not begun.
    pub fn new(document: Scenario) -> Self {
        Self::from_record(Record::new(document))
    }

    /// Begins where a run record ends.
    pub fn from_record(record: Record) -> Self {
        let document = record.document();
        let next_seq = record.log.iter().map(|entry| entry.seq + 1).max().unwrap_or(1);
        let latest = record.log.last().map_or(0, |entry| entry.at);
        let largest_id = record.start.largest_id().max(document.largest_id());
        let mut editor = Self {
            document,
            history: History::default(),
            gesture: None,
            record,
            pending: BTreeMap::new(),
            silent: None,
            next_seq,
            latest,
            largest_id,
            struck: BTreeMap::new(),
        };
        editor.see_log();
        editor
    }

    /// Ids that the log used are never given again; what it broke by hand is down.
    fn see_log(&mut self) {
        let log = std::mem::take(&mut self.record.log);
        for entry in &log {
            match &entry.done {
                Done::Edit(edit) => self.see_ids(edit),
                Done::Fault { verb, target, factor } => {
                    self.strike((*verb, *target, *factor));
                }
            }
        }
        self.record.log = log;
    }

    pub const fn document(&self) -> &Scenario {
        &self.document
    }

    /// The record of the current run: its start, and everything whose time is known.
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// An id that nothing has or had while this editor lives. An edit that needs several counts up from it.
    pub fn next_id(&self) -> Id {
        if self.largest_id < LARGEST_ID {
            return self.largest_id + 1;
        }
        let used: BTreeSet<Id> = brownout_sim::order::gather(ids(&self.document));
        (1..=LARGEST_ID).find(|id| !used.contains(id)).unwrap_or(LARGEST_ID)
    }

    /// Makes an edit, or refuses it as a whole. Edits with the same `coalesce` are one step of the history;
    /// inside a gesture ([`begin_gesture`](Self::begin_gesture)) nothing is, until it is committed.
    pub fn do_edit(&mut self, edit: impl Into<Edit>, coalesce: Option<GestureId>) -> Result<Step, Error> {
        let edit = edit.into().compact();
        if edit.is_idle(&self.document) {
            return Ok(Step { seq: self.take_seq(), action: None });
        }
        self.check_room()?;
        let label = Label::of_edit(&edit, &self.document);
        let (step, inverse) = self.make(&edit)?;
        match &mut self.gesture {
            Some((_, forward, backward)) => {
                *forward = std::mem::take(forward).then(edit);
                *backward = inverse.then(std::mem::take(backward));
            }
            None => self.history.push_edit(label, edit, inverse, coalesce),
        }
        Ok(step)
    }

    /// Strikes or repairs by hand. It is a step of the history; undoing it appends the opposite.
    pub fn do_fault(&mut self, verb: Verb, target: Target) -> Result<Step, Error> {
        self.do_scaled_fault(verb, target, Verb::FACTOR)
    }

    /// The same with a factor: of what is no matter of degree, the usual one.
    pub fn do_scaled_fault(&mut self, verb: Verb, target: Target, factor: f64) -> Result<Step, Error> {
        let steps = self.do_faults(verb, &[target], factor)?;
        let nothing = Step { seq: 0, action: None };
        Ok(steps.into_iter().next().unwrap_or(nothing))
    }

    /// The same to several at once, in one step of the history; refused as a whole.
    pub fn do_faults(&mut self, verb: Verb, targets: &[Target], factor: f64) -> Result<Vec<Step>, Error> {
        self.check_room()?;
        let system = self.document.system();
        for target in targets {
            system.check_fault(verb, *target)?;
        }
        check_factor(verb, factor, || "factor".to_owned())?;
        self.commit_gesture();
        let forward: Vec<Act> = targets.iter().map(|target| (verb, *target, factor)).collect();
        let mut inverse = Vec::new();
        for act in &forward {
            let mut undoing = self.strike(*act);
            undoing.append(&mut inverse);
            inverse = undoing;
        }
        let steps = forward.iter().map(|act| self.note_fault(*act)).collect();
        if let (Some(first), false) = (targets.first(), inverse.is_empty()) {
            let label = Label::of_fault(verb, *first, targets.len() - 1, &self.document);
            self.history.push(Stage::Fault { label, forward, inverse });
        }
        Ok(steps)
    }

    /// Takes back the last step. The running simulation is to be told every step of the answer, in order;
    /// it is empty where there was nothing to undo.
    pub fn undo(&mut self) -> Vec<Step> {
        self.commit_gesture();
        let Some(stage) = self.history.back() else { return Vec::new() };
        match stage {
            Stage::Edit { inverse, .. } => self.restore(&inverse),
            Stage::Fault { inverse, .. } => self.act_again(inverse),
        }
    }

    /// Makes again what was undone last.
    pub fn redo(&mut self) -> Vec<Step> {
        self.commit_gesture();
        let Some(stage) = self.history.forth() else { return Vec::new() };
        match stage {
            Stage::Edit { forward, .. } => self.restore(&forward),
            Stage::Fault { forward, .. } => self.act_again(forward),
        }
    }

    fn act_again(&mut self, acts: Vec<Act>) -> Vec<Step> {
        let again = |act| {
            self.strike(act);
            self.note_fault(act)
        };
        acts.into_iter().map(again).collect()
    }

    /// The edits that can be undone and made again, at most so many of either, as a log on the document before them;
    /// and how many of them are done. What was done by hand belongs to a run and is not among them.
    pub fn kept_history(&self, most: usize) -> (Record, usize) {
        let (past, future) = self.history.edits(most);
        let mut start = self.document.clone();
        for (_, inverse) in past.iter().rev() {
            inverse.apply(&mut start);
        }
        let done = past.len();
        let all = past.into_iter().chain(future).zip(1..);
        let entry = |((forward, _), seq): (BothWays<'_>, u64)| LogEntry {
            seq,
            at: 0,
            done: Done::Edit(forward.clone()),
        };
        let log = all.map(entry).collect();
        (Record { log, ..Record::new(start) }, done)
    }

    /// Begins with this document and the history that led to it. One that led to another is left alone.
    pub fn with_history(document: Scenario, kept: &Record, done: usize) -> Self {
        let mut editor = Self::new(document);
        let mut at = kept.start.clone();
        let mut stages = Vec::with_capacity(kept.log.len());
        for (index, entry) in kept.log.iter().enumerate() {
            if index == done && at != editor.document {
                return editor;
            }
            let Done::Edit(forward) = &entry.done else { return editor };
            let label = Label::of_edit(forward, &at);
            let inverse = forward.apply(&mut at);
            stages.push(Stage::Edit { label, forward: forward.clone(), inverse, gesture: None });
        }
        if done < stages.len() || at == editor.document {
            for entry in &kept.log {
                if let Done::Edit(edit) = &entry.done {
                    editor.see_ids(edit);
                }
            }
            editor.history = History::of(stages, done);
        }
        editor
    }

    pub fn can_undo(&self) -> bool {
        self.gesture.as_ref().is_some_and(|(_, forward, _)| !forward.0.is_empty()) || self.history.can_undo()
    }

    pub fn can_redo(&self) -> bool {
        self.history.can_redo()
    }

    /// What [`undo`](Self::undo) would take back.
    pub fn undo_label(&self) -> Option<&Label> {
        self.history.undo_label()
    }

    /// What [`redo`](Self::redo) would make again.
    pub fn redo_label(&self) -> Option<&Label> {
        self.history.redo_label()
    }

    /// From here on edits are visible and running, but one step of the history together.
    pub fn begin_gesture(&mut self) {
        self.commit_gesture();
        self.gesture = Some((Label::default(), Edit::default(), Edit::default()));
    }

    /// Ends a gesture; what it did is one step of the history. Without one, nothing happens.
    pub fn commit_gesture(&mut self) {
        let Some((_, forward, backward)) = self.gesture.take() else { return };
        if backward.is_idle(&self.document) {
            return;
        }
        let mut before = self.document.clone();
        backward.apply(&mut before);
        self.history.push_edit(Label::of_edit(&forward, &before), forward, backward, None);
    }

    /// Ends a gesture and takes back what it did.
    pub fn abort_gesture(&mut self) -> Option<Step> {
        let (_, _, backward) = self.gesture.take()?;
        if backward.is_idle(&self.document) {
            return None;
        }
        self.restore(&backward).pop()
    }

    /// A run begins at t = 0 with the document as it stands. What was done by hand in the last run is over,
    /// and leaves the history.
    pub fn run_started(&mut self) {
        self.commit_gesture();
        self.record = Record::new(self.document.clone());
        self.pending.clear();
        self.silent = None;
        self.latest = 0;
        self.struck.clear();
        self.history.drop_faults();
    }

    /// The simulation said when the step with this number took effect.
    pub fn stamp(&mut self, seq: u64, at: Ns) {
        if let Some(done) = self.pending.remove(&seq) {
            self.latest = at;
            self.enter(LogEntry { seq, at, done });
        }
    }

    /// The simulation refused the step with this number: it is not part of the run.
    pub fn refused(&mut self, seq: u64) {
        self.pending.remove(&seq);
    }

    /// Steps that the simulation has not answered yet, in order: what a fresh one must be told again.
    pub fn unanswered(&self) -> Vec<u64> {
        self.pending.keys().copied().collect()
    }

    /// Checks the whole of what the edit would leave, then makes it. Returns its inverse too.
    fn make(&mut self, edit: &Edit) -> Result<(Step, Edit), Error> {
        let changes = edit.changes(&self.document);
        let mut after = self.document.clone();
        let inverse = edit.apply(&mut after);
        let about_plan = edit.0.iter().any(|set| matches!(set, Set::Entry(..)));
        if changes.is_empty() && !about_plan {
            after.check_form()?;
        } else {
            after.validate()?;
        }
        self.document = after;
        self.see_ids(edit);
        for set in &edit.0 {
            if let Set::Part(id, None) | Set::Edge(id, None) = set {
                self.struck.retain(|(struck, _), _| struck != id);
            }
        }
        let action = (!changes.is_empty()).then_some(Action::Edit(changes));
        Ok((self.note(Done::Edit(edit.clone()), action), inverse))
    }

    /// Applies an edit of the history. It was checked when it was made, on the very same document.
    fn restore(&mut self, edit: &Edit) -> Vec<Step> {
        self.make(edit).map(|(step, _)| step).into_iter().collect()
    }

    fn note_fault(&mut self, (verb, target, factor): Act) -> Step {
        self.note(Done::Fault { verb, target, factor }, Some(Action::fault(verb, target, factor)))
    }

    /// Gives it a number. What the simulation does not feel takes effect at once, with what came before.
    fn note(&mut self, done: Done, action: Option<Action>) -> Step {
        let seq = self.take_seq();
        if action.is_some() {
            self.pending.insert(seq, done);
        } else {
            self.enter_silently(seq, done);
        }
        Step { seq, action }
    }

    /// A drag of a hundred moves is one entry.
    fn enter_silently(&mut self, seq: u64, done: Done) {
        let before = self.silent.replace(seq);
        if let (Done::Edit(edit), Some(last)) = (&done, self.record.log.last_mut())
            && let Done::Edit(earlier) = &mut last.done
            && before == Some(last.seq)
            && last.seq + 1 == seq
        {
            *earlier = std::mem::take(earlier).then(edit.clone());
            last.seq = seq;
            return;
        }
        self.enter(LogEntry { seq, at: self.latest, done });
    }

    fn enter(&mut self, entry: LogEntry) {
        let place = self.record.log.partition_point(|other| (other.at, other.seq) < (entry.at, entry.seq));
        self.record.log.insert(place, entry);
    }

    /// Takes in what is struck or repaired, and says what would put it back.
    fn strike(&mut self, (verb, target, factor): Act) -> Vec<Act> {
        let all: Vec<u32> = match (target.instance, self.document.part(target.id)) {
            (Some(instance), _) => vec![instance],
            (None, Some(part)) => (1..=part.count).collect(),
            (None, None) => vec![0],
        };
        let before = |one: &u32| self.struck.get(&(target.id, *one)).cloned().unwrap_or_default();
        let before: Vec<_> = all.iter().map(|one| (*one, before(one))).collect();
        if verb == Verb::Restore {
            self.struck.retain(|(id, one), _| *id != target.id || !all.contains(one));
            // A repair of what is not struck by hand undoes a planned fault.
            if before.iter().all(|(_, faults)| faults.is_empty()) {
                let is_edge = self.document.edge(target.id).is_some();
                return vec![(if is_edge { Verb::Cut } else { Verb::Kill }, target, Verb::FACTOR)];
            }
            return again(target, all.len(), &before);
        }
        // What is dead or cut is not so twice; other faults add up.
        let is_once = matches!(verb, Verb::Kill | Verb::Cut);
        let is_touched = |faults: &[(Verb, f64)]| !is_once || !faults.iter().any(|(other, _)| *other == verb);
        let touched: Vec<_> = before.into_iter().filter(|(_, faults)| is_touched(faults)).collect();
        for (one, _) in &touched {
            self.struck.entry((target.id, *one)).or_default().push((verb, factor));
        }
        let repair = |target| (Verb::Restore, target, Verb::FACTOR);
        let mut inverse = if touched.len() == all.len() {
            vec![repair(target)]
        } else {
            touched.iter().map(|(one, _)| repair(Target::one(target.id, *one))).collect()
        };
        inverse.extend(again(target, all.len(), &touched));
        inverse
    }

    fn see_ids(&mut self, edit: &Edit) {
        for set in &edit.0 {
            if let Set::Part(id, _) | Set::Edge(id, _) | Set::Entry(id, _) | Set::Goal(id, _) = set {
                self.largest_id = self.largest_id.max(*id);
            }
        }
    }

    const fn take_seq(&mut self) -> u64 {
        let seq = self.next_seq;
        self.next_seq += 1;
        seq
    }

    fn check_room(&self) -> Result<(), Error> {
        let all = room(&self.document).min(room(&self.record.start));
        // Some room is kept for undoing.
        let limit = all - all / RESERVE;
        let planned = 2 * self.record.start.timeline.len();
        if self.record.log.len() + self.pending.len() + planned.min(limit / 2) >= limit {
            return Err(Error::RecordFull { limit });
        }
        Ok(())
    }
}

/// Strikes again what held before: the whole, of so many, where all of it was struck alike.
fn again(target: Target, count: usize, before: &[(u32, Vec<(Verb, f64)>)]) -> Vec<Act> {
    let Some((_, first)) = before.first() else { return Vec::new() };
    if before.len() == count && before.iter().all(|(_, faults)| faults == first) {
        return first.iter().map(|(verb, factor)| (*verb, target, *factor)).collect();
    }
    let each = |(one, faults): &(u32, Vec<(Verb, f64)>)| {
        let target = Target::one(target.id, *one);
        faults.iter().map(|(verb, factor)| (*verb, target, *factor)).collect::<Vec<_>>()
    };
    before.iter().flat_map(each).collect()
}

fn ids(document: &Scenario) -> impl Iterator<Item = Id> {
    let parts = document.parts.iter().map(|part: &Part| part.id);
    parts.chain(document.edges.iter().map(|edge| edge.id))
}
