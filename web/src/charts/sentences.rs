//! Happenings as sentences, with the names that the document has now.

use std::collections::{BTreeMap, BTreeSet};

use brownout_sim::Ns;
use brownout_sim::component::{Metric, Rollout};
use brownout_sim::observe::{Happening, Outcome, What};
use brownout_sim::system::{Edge, EdgeKind, Id, Stage, Target, Verb};

use super::words::{Sentences, words};
use crate::words::{Lang, format};

/// How a line of the log is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Bad,
    Warning,
    Good,
    Plain,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at: Ns,
    pub text: String,
    pub tone: Tone,
    /// The part or edge that it is about.
    pub about: Option<Id>,
    /// How many happenings in a row said the same.
    pub times: usize,
    /// What an operator is told: an alert, or its end.
    pub alert: bool,
}

/// Names and wiring, as far as sentences need them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    parts: BTreeMap<Id, (String, u32)>,
    links: BTreeMap<Id, (Id, Id)>,
    calls: BTreeMap<Id, Vec<Id>>,
}

impl Names {
    /// Parts by id, name and number of instances.
    pub fn new<'a>(
        parts: impl IntoIterator<Item = (Id, String, u32)>,
        edges: impl IntoIterator<Item = &'a Edge>,
    ) -> Self {
        let parts = parts.into_iter().map(|(id, name, count)| (id, (name, count))).collect();
        let mut names = Self { parts, ..Self::default() };
        for edge in edges {
            names.links.insert(edge.id, (edge.from, edge.to));
            if edge.kind == EdgeKind::Calls {
                names.calls.entry(edge.from).or_default().push(edge.to);
            }
        }
        names
    }

    fn part(&self, id: Id, texts: &Sentences) -> String {
        self.parts.get(&id).map_or_else(|| (texts.unknown)(id), |(name, _)| name.clone())
    }

    fn target(&self, target: Target, texts: &Sentences) -> String {
        if let Some((from, to)) = self.links.get(&target.id) {
            return (texts.link)(&self.part(*from, texts), &self.part(*to, texts));
        }
        let name = self.part(target.id, texts);
        target.instance.map_or_else(|| name.clone(), |number| (texts.instance)(&name, number))
    }

    /// All that `checker` may send to, instance by instance.
    fn targets_of(&self, checker: Id) -> impl Iterator<Item = Target> + '_ {
        let called = self.calls.get(&checker).into_iter().flatten();
        called.flat_map(|id| {
            let count = self.parts.get(id).map_or(1, |(_, count)| *count);
            (1..=count).map(
                move |number| {
                    if count == 1 { Target::whole(*id) } else { Target::one(*id, number) }
                },
            )
        })
    }
}

/// Tells happenings in order. Knows who is out of whose rotation, and so where traffic goes.
#[derive(Debug)]
pub struct Teller {
    names: Names,
    lang: Lang,
    texts: &'static Sentences,
    out: BTreeSet<(Id, Id, Option<u32>)>,
    lines: Vec<Line>,
}

impl Teller {
    pub fn new(names: Names, lang: Lang) -> Self {
        let texts = &words(lang).sentences;
        Self { names, lang, texts, out: BTreeSet::new(), lines: Vec::new() }
    }

    /// Whether this is how it tells.
    pub fn tells(&self, names: &Names, lang: Lang) -> bool {
        self.names == *names && self.lang == lang
    }

    /// The same names and language, with nothing told.
    pub fn afresh(&mut self) -> Self {
        Self::new(std::mem::take(&mut self.names), self.lang)
    }

    /// All lines so far, oldest first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Tells what has happened since.
    pub fn tell(&mut self, happenings: &[Happening]) {
        let mut rest = happenings;
        while let Some((first, others)) = rest.split_first() {
            rest = if self.tell_last_straw(first, others.first()) {
                &others[1..]
            } else {
                self.tell_one(first);
                others
            };
        }
    }

    /// A failed check and its consequence, at the same moment, are one sentence.
    fn tell_last_straw(&mut self, first: &Happening, second: Option<&Happening>) -> bool {
        let Some(second) = second.filter(|second| second.at == first.at) else { return false };
        let (
            What::CheckFailed { checker, target, misses, cause },
            What::TakenOut { checker: same, target: gone, .. },
        ) = (&first.what, &second.what)
        else {
            return false;
        };
        if (checker, target) != (same, gone) {
            return false;
        }
        let failed = self.check_failed(*checker, *target, *misses, *cause);
        self.out.insert((*checker, target.id, target.instance));
        let text = format!("{failed}; {}", self.moved(*checker));
        self.push(first.at, text, Tone::Bad, Some(target.id), false);
        true
    }

    fn tell_one(&mut self, happening: &Happening) {
        let (texts, names) = (self.texts, &self.names);
        let part = |id: Id| names.part(id, texts);
        let (text, tone, about) = match &happening.what {
            What::Struck { verb, target } => {
                let name = names.target(*target, texts);
                let (text, tone) = match verb {
                    Verb::Kill => ((texts.killed)(&name), Tone::Bad),
                    Verb::Cut => ((texts.cut)(&name), Tone::Bad),
                    Verb::Restore => ((texts.restored)(&name), Tone::Good),
                    other => {
                        let verb = self.lang.of(Verb::CHOICES[*other as usize].label);
                        ((texts.struck)(&name, verb), Tone::Warning)
                    }
                };
                (text, tone, Some(target.id))
            }
            What::Experiment { verb, target, stage, targets } => {
                let name = names.target(*target, texts);
                let verb = self.lang.of(Verb::CHOICES[*verb as usize].label);
                let tone = match stage {
                    Stage::Began => Tone::Warning,
                    Stage::Stopped => Tone::Bad,
                    Stage::Ended => Tone::Good,
                };
                let stage = self.lang.of(Stage::CHOICES[*stage as usize].label);
                ((texts.experiment)(&name, verb, stage, *targets), tone, Some(target.id))
            }
            What::Promoted { target, after, lost } => {
                let name = names.target(*target, texts);
                let tone = if *lost == 0 { Tone::Good } else { Tone::Bad };
                ((texts.promoted)(&name, &format::span(*after), *lost), tone, Some(target.id))
            }
            What::Edited => (texts.edited.to_owned(), Tone::Plain, None),
            What::CheckFailed { checker, target, misses, cause } => {
                (self.check_failed(*checker, *target, *misses, *cause), Tone::Warning, Some(target.id))
            }
            What::TakenOut { checker, target, after } => {
                self.out.insert((*checker, target.id, target.instance));
                let (name, after) = (names.target(*target, texts), format::span(*after));
                let then = self.moved(*checker);
                ((texts.taken_out)(&part(*checker), &name, &after, &then), Tone::Bad, Some(target.id))
            }
            What::TakenIn { checker, target } => {
                self.out.remove(&(*checker, target.id, target.instance));
                let name = names.target(*target, texts);
                ((texts.taken_in)(&part(*checker), &name), Tone::Good, Some(target.id))
            }
            What::LookUpFailed { caller, dns, cause } => {
                let text = (texts.look_up_failed)(&part(*caller), &part(*dns), self.cause(*cause));
                (text, Tone::Warning, Some(*dns))
            }
            What::BreakerOpened { caller, callee } => {
                let text = (texts.breaker_opened)(&names.target(*caller, texts), &part(*callee));
                (text, Tone::Warning, Some(*callee))
            }
            What::BreakerClosed { caller, callee } => {
                let text = (texts.breaker_closed)(&names.target(*caller, texts), &part(*callee));
                (text, Tone::Good, Some(*callee))
            }
            What::Alerted { monitor, target, metric, after } => {
                let (name, after) = (names.target(*target, texts), format::span(*after));
                let wrong = match metric {
                    Metric::None => (texts.probes_fail)(&after),
                    metric => (texts.too_high)(self.metric(*metric), &after),
                };
                ((texts.alerted)(&part(*monitor), &name, &wrong), Tone::Bad, Some(target.id))
            }
            What::AlertOver { monitor, target, metric } => {
                let name = names.target(*target, texts);
                let about = if *metric == Metric::None { texts.probes } else { self.metric(*metric) };
                ((texts.alert_over)(&part(*monitor), &name, about), Tone::Good, Some(target.id))
            }
            What::Rollout { deployer, step, instances } => {
                let tone = match step {
                    Rollout::Failed | Rollout::RollsBack => Tone::Bad,
                    Rollout::Finished | Rollout::RolledBack => Tone::Good,
                    Rollout::Began | Rollout::Updated => Tone::Plain,
                };
                let step = self.lang.of(Rollout::CHOICES[*step as usize].label);
                ((texts.rollout)(&part(*deployer), step, *instances), tone, Some(*deployer))
            }
            What::Halted { reason } => ((texts.halted)(&self.lang.say(reason)), Tone::Bad, None),
        };
        let alert = matches!(happening.what, What::Alerted { .. } | What::AlertOver { .. });
        self.push(happening.at, text, tone, about, alert);
    }

    fn metric(&self, metric: Metric) -> &'static str {
        self.lang.of(Metric::CHOICES[metric as usize].label)
    }

    fn cause(&self, cause: Outcome) -> &'static str {
        self.lang.of(Outcome::CHOICES[cause as usize].label)
    }

    fn check_failed(&self, checker: Id, target: Target, misses: u32, cause: Outcome) -> String {
        let name = self.names.target(target, self.texts);
        (self.texts.check_failed)(&name, &self.names.part(checker, self.texts), misses, self.cause(cause))
    }

    /// Where a checker sends its traffic now.
    fn moved(&self, checker: Id) -> String {
        let left: Vec<String> = self
            .names
            .targets_of(checker)
            .filter(|target| !self.out.contains(&(checker, target.id, target.instance)))
            .map(|target| self.names.target(target, self.texts))
            .collect();
        if left.is_empty() { self.texts.nowhere.to_owned() } else { (self.texts.moved)(&left) }
    }

    fn push(&mut self, at: Ns, text: String, tone: Tone, about: Option<Id>, alert: bool) {
        match self.lines.last_mut() {
            Some(last) if last.text == text => {
                last.times += 1;
                last.at = at;
            }
            _ => self.lines.push(Line { at, text, tone, about, times: 1, alert }),
        }
    }
}

/// When a line happened, as the log writes it: `12.4 s`.
pub fn time(at: Ns) -> String {
    match at {
        0..1_000_000_000 => format::span(at),
        _ => format!("{:.1} s", at as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Ns = 12_400_000_000;

    fn names() -> Names {
        let parts = [(1, "lb", 1), (2, "web-1", 1), (3, "web-2", 1), (4, "app", 2), (5, "dns", 1)];
        let edges = [Edge::calls(10, 1, 2), Edge::calls(11, 1, 3)];
        Names::new(parts.map(|(id, name, count)| (id, name.to_owned(), count)), &edges)
    }

    fn lines(happenings: &[Happening], lang: Lang) -> Vec<Line> {
        let mut teller = Teller::new(names(), lang);
        teller.tell(happenings);
        teller.lines().to_vec()
    }

    fn told(whats: impl IntoIterator<Item = What>, lang: Lang) -> Vec<String> {
        let happenings: Vec<Happening> = whats.into_iter().map(|what| Happening { at: AT, what }).collect();
        lines(&happenings, lang).into_iter().map(|line| line.text).collect()
    }

    fn last_straw(id: Id) -> [What; 2] {
        let target = Target::whole(id);
        [
            What::CheckFailed { checker: 1, target, misses: 3, cause: Outcome::Refused },
            What::TakenOut { checker: 1, target, after: 4_000_000_000 },
        ]
    }

    #[test]
    fn the_last_straw_is_one_sentence() {
        assert_eq!(
            told(last_straw(3), Lang::En),
            [
                "health check of web-2 by lb failed for the third time (connection refused); traffic moved to web-1"
            ]
        );
        assert_eq!(
            told(last_straw(3), Lang::Ko),
            ["lb → web-2: 헬스 체크 3회 연속 실패 (연결 거부); 트래픽 이동 → web-1"]
        );
    }

    #[test]
    fn telling_in_parts_tells_the_same() {
        let whats: Vec<What> = last_straw(3).into_iter().chain(last_straw(2)).collect();
        let happenings: Vec<Happening> = whats.into_iter().map(|what| Happening { at: AT, what }).collect();
        let mut teller = Teller::new(names(), Lang::En);
        teller.tell(&happenings[..2]);
        teller.tell(&happenings[2..]);
        assert_eq!(teller.lines(), lines(&happenings, Lang::En));
    }

    #[test]
    fn nobody_left_is_said() {
        let both = last_straw(3).into_iter().chain(last_straw(2));
        assert!(told(both, Lang::En)[1].ends_with("no healthy target is left"), "both are out");
        let back = What::TakenIn { checker: 1, target: Target::whole(3) };
        let lines = told(last_straw(3).into_iter().chain([back]).chain(last_straw(2)), Lang::En);
        assert!(lines[2].ends_with("traffic moved to web-2"), "{lines:?}");
    }

    #[test]
    fn links_and_instances_have_names() {
        let whats = [
            What::Struck { verb: Verb::Cut, target: Target::whole(10) },
            What::Struck { verb: Verb::Kill, target: Target::one(4, 2) },
            What::Struck { verb: Verb::Restore, target: Target::whole(99) },
        ];
        assert_eq!(
            told(whats, Lang::En),
            ["the link lb → web-1 was cut", "app #2 was killed", "part 99 was restored"]
        );
    }

    #[test]
    fn the_same_again_is_counted() {
        let what = What::LookUpFailed { caller: 2, dns: 5, cause: Outcome::TimedOut };
        let happenings = vec![Happening { at: AT, what }; 7];
        let lines = lines(&happenings, Lang::En);
        assert_eq!((lines.len(), lines[0].times), (1, 7));
    }

    #[test]
    fn alerts_are_told_as_an_operator_gets_them() {
        let target = Target::whole(2);
        let metric = Metric::Queue;
        let whats = [
            What::Alerted { monitor: 1, target, metric, after: 30_000_000_000 },
            What::AlertOver { monitor: 1, target, metric },
        ];
        let happenings: Vec<Happening> = whats.into_iter().map(|what| Happening { at: AT, what }).collect();
        let lines = lines(&happenings, Lang::En);
        assert!(lines.iter().all(|line| line.alert), "{lines:?}");
        assert!(lines[0].text.starts_with("[FIRING] web-1: "), "{lines:?}");
        assert!(lines[1].text.starts_with("[RESOLVED] web-1: "), "{lines:?}");
    }

    #[test]
    fn times_have_a_tenth() {
        assert_eq!(time(AT), "12.4 s");
        assert_eq!(time(850_000), "850 µs");
    }
}
