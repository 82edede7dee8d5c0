//! Planned faults, placed, moved and stretched on the timeline: commands on the document, each of which can be undone.

use brownout_scenario::Entry;
use brownout_scenario::edit::Set;
use brownout_sim::Ns;
use brownout_sim::param::Words;
use brownout_sim::system::{Id, Injection, Target, Verb};

use crate::state::Lab;
use crate::words::{Lang, format};

const NOBODY: Words = Words::new(
    "Select a part or a connection that can fail; the fault is then planned for it.",
    "고장 날 수 있는 부품이나 연결을 먼저 선택하세요. 그 대상의 장애를 계획합니다.",
);
const LATER: Words = Words::new(
    "The plan is changed. Because something was changed or broken by hand in this run, it holds from the next start on.",
    "계획을 바꿨습니다. 이번 실행에서 직접 바꾸거나 일으킨 것이 있어, 다음 시작부터 적용됩니다.",
);

/// How long a planned fault lasts at first, as a share of what the timeline shows.
const FIRST: Ns = 5;
/// How finely faults are placed, and how far a key moves one, as shares of what the timeline shows.
const GRID: Ns = 200;
const STEP: Ns = 100;

/// What a gesture or a key does to a planned fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    Move,
    Stretch,
}

/// The fault somewhere else, or longer or shorter, by so much time.
pub fn shifted(entry: &Entry, shift: Shift, by: i64, end: Ns) -> Entry {
    let grid = (end / GRID).max(1);
    let round = |at: i64| (at.max(0) as Ns + grid / 2) / grid * grid;
    let mut entry = entry.clone();
    match shift {
        Shift::Move => entry.at = round(entry.at as i64 + by).min(end),
        Shift::Stretch => {
            let until = round((entry.at + entry.lasts.unwrap_or(0)) as i64 + by);
            entry.lasts = Some(until.saturating_sub(entry.at).max(grid));
        }
    }
    entry
}

/// How far an arrow moves or stretches; further with Ctrl.
pub fn step(end: Ns, far: bool) -> i64 {
    (end / STEP) as i64 * if far { 10 } else { 1 }
}

/// What a planned fault is, and how it is changed by keys.
pub fn described(entry: &Entry, what: &str, target: &str, lang: Lang) -> String {
    let at = format::span(entry.at);
    let lasts = entry.lasts.map(format::span);
    match (lang, lasts) {
        (Lang::En, Some(lasts)) => format!(
            "Planned: {what}, {target}, at {at} for {lasts}. Arrows move it, Shift with arrows changes how long it lasts, Delete removes it."
        ),
        (Lang::En, None) => format!(
            "Planned: {what}, {target}, at {at}. Arrows move it, Shift with arrows gives it an end, Delete removes it."
        ),
        (Lang::Ko, Some(lasts)) => format!(
            "계획: {what}, {target}, {at}부터 {lasts} 동안. 화살표로 옮기고, Shift+화살표로 길이를 바꾸고, Delete로 지웁니다."
        ),
        (Lang::Ko, None) => format!(
            "계획: {what}, {target}, {at}. 화살표로 옮기고, Shift+화살표로 끝을 정하고, Delete로 지웁니다."
        ),
    }
}

impl Lab {
    /// Plans a fault of what is selected, at a moment.
    pub fn plan_fault(&mut self, at: Ns, end: Ns) {
        let Some((id, verb)) = self.selection.iter().find_map(|id| Some((*id, self.first_fault(*id)?)))
        else {
            self.say(self.prefs.lang.of(NOBODY));
            return;
        };
        let entry = Entry {
            id: self.editor.next_id(),
            at,
            verb,
            target: Target::whole(id),
            lasts: Some((end / FIRST).max(1)),
            factor: Verb::FACTOR,
            injection: Injection::default(),
        };
        let grid = end / GRID;
        let entry = shifted(&entry, Shift::Move, if at == 0 { grid as i64 } else { 0 }, end);
        if self.edit(vec![Set::entry(entry)], None) {
            self.prefs.dock = true;
            self.replan();
        }
    }

    /// Plans one at the playhead.
    pub fn plan_here(&mut self) {
        let now = self.live.last().map_or(0, |frame| frame.now);
        let end = super::timeline::end_of_axis(&self.document, now);
        self.plan_fault(now, end);
    }

    fn first_fault(&self, id: Id) -> Option<Verb> {
        if let Some(part) = self.part(id) {
            return part.params.kind().spec().faults.iter().copied().find(|verb| verb.runs());
        }
        self.is_edge(id).then_some(Verb::Cut)
    }

    pub fn remove_planned(&mut self, id: Id) {
        if self.edit(vec![Set::Entry(id, None)], None) {
            self.replan();
        }
    }

    /// The run is what it would have been with the plan as it is now: it starts again, and goes to where it was.
    pub fn replan(&mut self) {
        if self.editor.record().start.timeline == self.document.timeline {
            return;
        }
        // From the beginning on, the edited design would be another run than the one that was seen.
        let touched = self.editor.record().is_touched() || !self.editor.unanswered().is_empty();
        if self.has_faults() || (touched && !self.run.fresh) {
            self.say(self.prefs.lang.of(LATER));
            return;
        }
        // Changed again before it was back, it is still on its way to the same moment.
        let now = self.run.returning.unwrap_or_else(|| self.live.last().map_or(0, |frame| frame.now));
        let (playing, fresh) = (self.run.playing, self.run.fresh);
        self.start_run(playing);
        self.run.fresh = fresh;
        if now > 0 {
            self.simulator.seek(now);
            self.run.returning = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: Ns, lasts: Option<Ns>) -> Entry {
        let target = Target::whole(3);
        let injection = Injection::default();
        Entry { id: 9, at, verb: Verb::Kill, target, lasts, factor: Verb::FACTOR, injection }
    }

    #[test]
    fn faults_are_moved_and_stretched_on_the_grid_and_stay_on_the_axis() {
        let end = 10_000_000_000;
        let some = entry(2_000_000_000, Some(1_000_000_000));
        let moved = shifted(&some, Shift::Move, 1_020_000_000, end);
        assert_eq!((moved.at, moved.lasts), (3_000_000_000, Some(1_000_000_000)));
        assert_eq!(shifted(&some, Shift::Move, -9_000_000_000, end).at, 0);
        assert_eq!(shifted(&some, Shift::Move, i64::MAX / 2, end).at, end);
        assert_eq!(shifted(&some, Shift::Stretch, 500_000_000, end).lasts, Some(1_500_000_000));
        assert_eq!(shifted(&some, Shift::Stretch, -5_000_000_000, end).lasts, Some(end / GRID));
        assert_eq!(shifted(&entry(0, None), Shift::Stretch, step(end, false), end).lasts, Some(100_000_000));
    }
}
