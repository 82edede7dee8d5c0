//! A story as a row of steps, each with a sentence.

use brownout_scenario::Scenario;
use brownout_sim::Ns;
use brownout_sim::observe::{Fate, Spent, Trace};
use brownout_sim::order::sort_by_key;

use crate::words::{Tongue, ms, name_of};

/// One thing after another, as a reader follows them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) from: Ns,
    pub(crate) to: Ns,
    /// The part or the edge that it happens at.
    pub(crate) about: u32,
    pub(crate) spent: Option<Spent>,
    pub(crate) words: String,
    pub(crate) is_bad: bool,
}

/// No more steps than this are read by anybody.
const MOST: usize = 300;

pub(crate) fn steps(trace: &Trace, document: &Scenario, tongue: Tongue) -> Vec<Step> {
    let teller = Teller { trace, document, tongue };
    let mut steps = vec![teller.begin()];
    for at in 0..trace.spans.len() {
        teller.of_span(at, &mut steps);
    }
    steps.truncate(MOST);
    sort_by_key(&mut steps, |step| (step.from, step.to));
    steps.extend(teller.end());
    steps
}

struct Teller<'a> {
    trace: &'a Trace,
    document: &'a Scenario,
    tongue: Tongue,
}

impl Teller<'_> {
    fn name(&self, span: usize) -> String {
        let one = &self.trace.spans[span];
        name_of(self.document, one.part, one.instance, self.tongue)
    }

    /// Who sent this call: who handed it over, or who made it.
    fn sender(&self, span: usize) -> String {
        let one = &self.trace.spans[span];
        one.before.or(one.parent).map_or_else(String::new, |sender| self.name(sender))
    }

    /// Who has the answer.
    fn caller(&self, span: usize) -> String {
        self.trace.spans[span].parent.map_or_else(String::new, |caller| self.name(caller))
    }

    fn begin(&self) -> Step {
        let client = name_of(self.document, self.trace.client, 0, self.tongue);
        let class = self.tongue.class(self.trace.class);
        let at = self.trace.name.issued;
        let words = self.tongue.either(
            format!("{client}: a request is issued ({class})."),
            format!("{client}: 요청을 보냅니다({class})."),
        );
        Step { from: at, to: at, about: self.trace.client, spent: None, words, is_bad: false }
    }

    fn end(&self) -> Option<Step> {
        let (ended, outcome) = (self.trace.ended?, self.trace.outcome?);
        let client = name_of(self.document, self.trace.client, 0, self.tongue);
        let took = ms(ended - self.trace.name.issued);
        let how = self.tongue.outcome(outcome);
        let words = if outcome.is_ok() {
            self.tongue.either(
                format!("{client}: answered after {took} in all."),
                format!("{client}: 모두 {took} 만에 응답을 받았습니다."),
            )
        } else {
            self.tongue.either(
                format!("{client}: failed after {took} ({how})."),
                format!("{client}: {took} 만에 실패했습니다({how})."),
            )
        };
        let about = self.trace.client;
        Some(Step { from: ended, to: ended, about, spent: None, words, is_bad: !outcome.is_ok() })
    }

    fn of_span(&self, at: usize, steps: &mut Vec<Step>) {
        let one = &self.trace.spans[at];
        for stretch in one.stretches.iter().filter(|stretch| stretch.to > stretch.from) {
            // Who waits for calls is told by the calls.
            if matches!(stretch.spent, Spent::Calls | Spent::Rest) {
                continue;
            }
            let is_travel = matches!(stretch.spent, Spent::There | Spent::Back | Spent::Lost);
            steps.push(Step {
                from: stretch.from,
                to: stretch.to,
                about: one.edge.filter(|_| is_travel).unwrap_or(one.part),
                spent: Some(stretch.spent),
                words: self.sentence(at, stretch.spent, stretch.to - stretch.from),
                is_bad: matches!(stretch.spent, Spent::Lost | Spent::Backoff),
            });
        }
        if at > 0 && matches!(one.fate, Fate::GivenUp | Fate::NotSent) {
            let moment = one.end.unwrap_or(one.sent);
            let words = self.gave_up(at, one.fate == Fate::NotSent);
            let about = one.edge.unwrap_or(one.part);
            steps.push(Step { from: moment, to: moment, about, spent: None, words, is_bad: true });
        }
    }

    fn gave_up(&self, at: usize, never_sent: bool) -> String {
        let one = &self.trace.spans[at];
        let (caller, name) = (self.caller(at), self.name(at));
        let why = one.outcome.map_or("", |outcome| self.tongue.outcome(outcome));
        if never_sent {
            return self.tongue.either(
                format!("{caller}: nothing is sent to {name} ({why})."),
                format!("{caller} → {name}: 보내지 않습니다({why})."),
            );
        }
        let took = ms(one.duration().unwrap_or(0));
        self.tongue.either(
            format!("{caller}: stops waiting for {name} after {took} ({why})."),
            format!("{caller} → {name}: {took} 만에 기다리기를 그만둡니다({why})."),
        )
    }

    fn sentence(&self, at: usize, spent: Spent, lasted: Ns) -> String {
        let one = &self.trace.spans[at];
        let (name, took) = (self.name(at), ms(lasted));
        let (en, ko) = match spent {
            Spent::There => {
                let sender = self.sender(at);
                let again = if one.attempt > 0 && one.before.is_none() {
                    let nth = one.attempt + 1;
                    (format!(", attempt {nth}"), format!(", {nth}번째 시도"))
                } else {
                    Default::default()
                };
                let way = format!("{sender} → {name}");
                (
                    format!("{way}: on the way for {took}{}.", again.0),
                    format!("{way}: 가는 길 {took}{}.", again.1),
                )
            }
            Spent::Back => {
                let way = format!("{name} → {}", self.caller(at));
                let bad = one
                    .outcome
                    .filter(|outcome| !outcome.is_ok())
                    .map(|outcome| self.tongue.outcome(outcome));
                let bad = bad.map_or_else(String::new, |bad| format!(" ({bad})"));
                (
                    format!("{way}: the answer{bad} travels for {took}."),
                    format!("{way}: 응답{bad}이 돌아오는 길 {took}."),
                )
            }
            Spent::Wait => (
                format!("{name}: no worker is free; it waits in the queue for {took}."),
                format!("{name}: 빈 워커가 없어 대기열에서 {took} 기다립니다."),
            ),
            Spent::Service => {
                (format!("{name}: worked on for {took}."), format!("{name}: {took} 동안 처리합니다."))
            }
            Spent::LookUp => (
                format!("{name}: waits {took} for a name to be resolved."),
                format!("{name}: 이름 해석을 {took} 기다립니다."),
            ),
            Spent::Connection => (
                format!("{name}: waits {took} for a free connection."),
                format!("{name}: 빈 연결을 {took} 기다립니다."),
            ),
            Spent::Backoff => (
                format!("{name}: pauses for {took} before it tries again."),
                format!("{name}: 다시 시도하기 전에 {took} 쉽니다."),
            ),
            Spent::Lost => {
                let caller = self.caller(at);
                (
                    format!("{caller} → {name}: lost on the way; nobody knows for {took}."),
                    format!("{caller} → {name}: 가는 길에 유실되어 {took} 동안 아무도 모릅니다."),
                )
            }
            Spent::Calls | Spent::Rest => {
                (format!("{name}: other, {took}."), format!("{name}: 기타 {took}."))
            }
        };
        self.tongue.either(en, ko)
    }
}
